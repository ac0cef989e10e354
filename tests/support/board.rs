//! The glass as a person meets it: what stands on the page, and fingers and keys that come through the X server.
//!
//! What is read is read from the document that the web view shows, never from the kitchen behind it. A touch is a press
//! of the X display's own pointer at the middle of what is touched, so that whatever lies over it is hit instead, as it
//! would be on a real screen.

use std::sync::Mutex;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, sleep_until};

use super::{App, Desktop, SOON};

/// A finger does not come down twice within this. The board takes faster ones at the same spot for a bounce.
const FINGER_REST: Duration = Duration::from_millis(300);

/// One application's page on its desktop.
#[derive(Debug)]
pub(crate) struct Board<'a> {
    desktop: &'a Desktop,
    app: &'a App,
    last_touch: Mutex<Option<Instant>>,
}

/// A card as it stands in the document.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Ticket {
    pub(crate) order: String,
    pub(crate) label: String,
    /// The row under the label: type, number, server, guests, marks.
    pub(crate) about: String,
    /// `m:ss`, as it stands there.
    pub(crate) age: String,
    /// Column and first row, counted from 1.
    pub(crate) place: (u32, u32),
    /// The selected one has the mark of the keyboard.
    pub(crate) selected: bool,
    /// What the touch bar at its foot says.
    pub(crate) foot: String,
    pub(crate) note: Option<String>,
    pub(crate) lines: Vec<Line>,
}

/// A line of a card.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Line {
    /// Its id and state when it is the station's own.
    pub(crate) id: Option<String>,
    pub(crate) state: Option<String>,
    pub(crate) quantity: String,
    pub(crate) name: String,
    /// Class and text of each modifier, and of the line's note if it warns of an allergy.
    pub(crate) modifiers: Vec<(String, String)>,
    /// Tags beside the name: changes, courses, who cooks it.
    pub(crate) tags: Vec<String>,
}

impl Ticket {
    /// The age in seconds.
    pub(crate) fn seconds(&self) -> u32 {
        self.age.split(':').fold(0, |sum, part| sum * 60 + part.parse::<u32>().expect("an age is in figures"))
    }
}

/// Reads all cards of the page, in the order in which they stand: down the columns.
const TICKETS: &str = r#"
    const text = (element) => element ? element.textContent.trim().replace(/\s+/g, " ") : "";
    return [...document.querySelectorAll("main.grid > .ticket")].map((ticket) => {
        const style = getComputedStyle(ticket);
        return {
            order: ticket.dataset.order,
            label: text(ticket.querySelector(".label")),
            about: text(ticket.querySelector(".about")),
            age: text(ticket.querySelector(".age")),
            place: [Number(style.gridColumnStart), Number(style.gridRowStart)],
            selected: ticket.getAttribute("aria-current") === "true",
            foot: text(ticket.querySelector(".foot")),
            note: ticket.querySelector(".order-note") ? text(ticket.querySelector(".order-note")) : null,
            lines: [...ticket.querySelectorAll(".line")].map((line) => ({
                id: line.dataset.line ?? null,
                state: line.dataset.state ?? null,
                quantity: text(line.querySelector(".quantity")),
                name: text(line.querySelector(".item")),
                modifiers: [...line.querySelectorAll(".modifier")].map((modifier) =>
                    [modifier.className.replace("modifier", "").trim(), text(modifier)]),
                tags: [...line.querySelectorAll(".tag")].map(text),
            })),
        };
    }).sort((a, b) => a.place[0] - b.place[0] || a.place[1] - b.place[1]);
"#;

impl<'a> Board<'a> {
    /// The page of `app`, once it shows a board that its hub keeps up to date.
    pub(crate) async fn of(desktop: &'a Desktop, app: &'a App) -> Self {
        let board = Self::of_any(desktop, app).await;
        board.see("a live link", r#"return document.querySelector(".bar .link.live") !== null"#).await;
        board
    }

    /// The page of `app`, once it shows a board, whether there is a hub or not.
    pub(crate) async fn of_any(desktop: &'a Desktop, app: &'a App) -> Self {
        let board = Self::of_nothing(desktop, app);
        let ready = r#"return document.querySelector("[data-open-tickets]") !== null
            && document.querySelector(".loading") === null"#;
        board.see("a board", ready).await;
        board
    }

    /// The page of `app`, whatever it shows.
    pub(crate) fn of_nothing(desktop: &'a Desktop, app: &'a App) -> Self {
        Self { desktop, app, last_touch: Mutex::new(None) }
    }

    /// Waits until the script (a function's body) returns something that is not nothing, and gives it.
    pub(crate) async fn see(&self, what: &str, script: &str) -> Value {
        in_time(async || match self.app.run(script).await {
            Value::Null | Value::Bool(false) => Err(format!("{what}; the page says: {}", self.words().await)),
            seen => Ok(seen),
        })
        .await
    }

    /// All words on the page.
    async fn words(&self) -> String {
        self.app.run("return document.body.innerText").await.as_str().unwrap_or_default().replace('\n', " | ")
    }

    /// All cards of the page, as they stand.
    pub(crate) async fn tickets(&self) -> Vec<Ticket> {
        serde_json::from_value(self.app.run(TICKETS).await).expect("the page's own shape")
    }

    /// The orders on the page, as they stand.
    pub(crate) async fn orders(&self) -> Vec<String> {
        self.tickets().await.into_iter().map(|ticket| ticket.order).collect()
    }

    /// Waits until the page shows the order's card as `wanted`, and gives it.
    pub(crate) async fn ticket_that(
        &self,
        what: &str,
        order: &str,
        wanted: impl Fn(&Ticket) -> bool,
    ) -> Ticket {
        in_time(async || {
            let tickets = self.tickets().await;
            let found = tickets.iter().find(|ticket| ticket.order == order && wanted(ticket)).cloned();
            found.ok_or_else(|| format!("{what} of {order}; the page: {tickets:#?}"))
        })
        .await
    }

    /// Waits until the order's card is on the page.
    pub(crate) async fn ticket(&self, order: &str) -> Ticket {
        self.ticket_that("the ticket", order, |_| true).await
    }

    /// Waits until the page holds exactly these orders, in this order.
    pub(crate) async fn page_of(&self, orders: &[&str]) {
        in_time(async || {
            let shown = self.orders().await;
            if shown == orders { Ok(()) } else { Err(format!("{orders:?}; there are {shown:?}")) }
        })
        .await;
    }

    /// The figure at the Station tab.
    pub(crate) async fn open_tickets(&self) -> u64 {
        let shown = self
            .app
            .run(r#"return Number(document.querySelector("[data-open-tickets]").dataset.openTickets)"#);
        shown.await.as_u64().expect("a figure")
    }

    /// Waits until there are so many open tickets at the station, those on other pages included.
    pub(crate) async fn open_tickets_are(&self, count: u64) {
        in_time(async || match self.open_tickets().await {
            shown if shown == count => Ok(()),
            shown => Err(format!("{count} open tickets; there are {shown}")),
        })
        .await;
    }

    /// Touches what the CSS selector finds first, with the X display's own pointer.
    pub(crate) async fn touch(&self, selector: &str) {
        let place = self.place_of(selector).await;
        self.touch_at(place).await;
    }

    /// The middle of what the CSS selector finds first, in pixels of the screen. Waits until it is there.
    pub(crate) async fn place_of(&self, selector: &str) -> (f64, f64) {
        let find = format!(
            r#"const box = document.querySelector({})?.getBoundingClientRect();
               return box?.width > 0 ? [box.x + box.width / 2, box.y + box.height / 2] : null;"#,
            json!(selector)
        );
        let place = self.see(selector, &find).await;
        (place[0].as_f64().expect("a number"), place[1].as_f64().expect("a number"))
    }

    /// Touches a place of the screen.
    pub(crate) async fn touch_at(&self, (x, y): (f64, f64)) {
        self.rest().await;
        self.xdotool(&["mousemove", &format!("{x:.0}"), &format!("{y:.0}"), "click", "1"]);
    }

    /// Clicks through WebDriver, which acts inside the web view.
    pub(crate) async fn click(&self, selector: &str) {
        self.rest().await;
        let element = self.app.page().find(fantoccini::Locator::Css(selector)).await;
        element
            .unwrap_or_else(|error| panic!("{selector}: {error}"))
            .click()
            .await
            .expect("it can be clicked");
    }

    /// Puts a finger down on what the CSS selector finds first, and leaves it there.
    pub(crate) async fn hold(&self, selector: &str) {
        let (x, y) = self.place_of(selector).await;
        self.rest().await;
        self.xdotool(&["mousemove", &format!("{x:.0}"), &format!("{y:.0}"), "mousedown", "1"]);
    }

    /// Takes the finger away.
    pub(crate) fn let_go(&self) {
        self.xdotool(&["mouseup", "1"]);
    }

    /// Holds a key down, by its X name.
    pub(crate) fn key_down(&self, name: &str) {
        self.xdotool(&["keydown", name]);
    }

    /// Lets go of it.
    pub(crate) fn key_up(&self, name: &str) {
        self.xdotool(&["keyup", name]);
    }

    /// Types a key, by its X name, at the keyboard.
    pub(crate) fn key(&self, name: &str) {
        self.xdotool(&["key", name]);
    }

    /// Touches a tab and waits until it is the one that is shown.
    pub(crate) async fn tab(&self, name: &str) {
        let tab = format!(".tabs .tab:nth-child({})", TABS.iter().position(|tab| *tab == name).unwrap() + 1);
        self.touch(&tab).await;
        self.see(name, &format!("return document.querySelector('{tab}').getAttribute('aria-current')")).await;
    }

    /// Lets the finger rest since the last touch.
    async fn rest(&self) {
        let next = self.last_touch.lock().unwrap().map(|last| last + FINGER_REST);
        if let Some(next) = next {
            sleep_until(next).await;
        }
        *self.last_touch.lock().unwrap() = Some(Instant::now());
    }

    fn xdotool(&self, words: &[&str]) {
        let status = self.desktop.command("xdotool").args(words).status();
        assert!(status.is_ok_and(|status| status.success()), "xdotool {words:?} failed");
    }
}

/// The tabs as they stand in the bar.
const TABS: [&str; 5] = ["station", "expo", "all_day", "scheduled", "recall"];

/// Asks again and again until `attempt` has it. An error says what was missed and what was there instead.
async fn in_time<T>(mut attempt: impl AsyncFnMut() -> Result<T, String>) -> T {
    let begun = Instant::now();
    loop {
        match attempt().await {
            Ok(value) => return value,
            Err(missed) => assert!(begun.elapsed() < SOON, "never on the glass: {missed}"),
        }
        sleep(Duration::from_millis(20)).await;
    }
}

/// Selects the card of an order; more can be said after it.
pub(crate) fn card(order: &str) -> String {
    format!("main.grid > .ticket[data-order='{order}']")
}

/// Selects an own line of an order's card.
pub(crate) fn line(order: &str, line: &str) -> String {
    format!("{} [data-line='{line}']", card(order))
}
