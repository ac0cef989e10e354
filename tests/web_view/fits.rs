//! The glass on the four screens it is made for: nothing cut off, nothing too small for a finger.

use std::path::Path;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{App, Board, Pos, SOON, until};
use crate::{BURGER, FRIES, RIBEYE, Screen};

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_clipped_and_every_target_is_a_fingers_size_on_1920x1080() {
    everything_fits(1920, 1080).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_clipped_and_every_target_is_a_fingers_size_on_1366x768() {
    everything_fits(1366, 768).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_clipped_and_every_target_is_a_fingers_size_on_1024x768() {
    everything_fits(1024, 768).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_clipped_and_every_target_is_a_fingers_size_on_1080x1920() {
    everything_fits(1080, 1920).await;
}

/// A hard Friday on one glass: every page of every view is looked at, and pictures are kept for people.
async fn everything_fits(width: u32, height: u32) {
    let screen = Screen::open(width, height).await;
    let (app, pos) = screen.start_kitchen().await;
    let board = screen.board(&app).await;
    let look = Look { screen: &screen, app: &app, board: &board };
    let orders = a_hard_friday(&pos).await;
    board.open_tickets_are(orders.len() as u64).await;

    look.at_all_pages("station").await;
    board.tab("expo").await;
    look.at_all_pages("expo").await;
    for tab in ["all_day", "scheduled"] {
        board.tab(tab).await;
        look.at(tab).await;
    }
    board.tab("station").await;
    // With all that the bar at the bottom can hold at once: counts, pages, chips, and UNDO.
    look.at_a_page_with_a_bump().await;
    board.touch("main.grid .bump").await;
    board.see("the toast", "return document.querySelector('.toast') !== null").await;
    look.back_at_the_first_page().await;
    pos.table("Terrace 7", &[(BURGER, 1)]).await;
    pos.table("8", &[(BURGER, 1)]).await;
    pos.table("9", &[(BURGER, 1)]).await;
    board.see("chips", "return document.querySelectorAll('.chip').length > 0").await;
    look.at("station-bar").await;
    board.tab("recall").await;
    look.at("recall").await;
    board.tab("station").await;
    for (sheet, opener) in [
        ("station-sheet", ".bar .station"),
        ("connection-sheet", ".bar .state .plain:not(.square)"),
        ("settings-sheet", ".bar .state .plain.square"),
    ] {
        board.touch(opener).await;
        board.see(sheet, "return document.querySelector('dialog[open]') !== null").await;
        look.at(sheet).await;
        if sheet != "settings-sheet" {
            board.key("Escape");
            board.see("the sheet gone", "return document.querySelector('dialog[open]') === null").await;
        }
    }
    // Loudness of each sound, what is asked at the end of service, the panel of voice, and where owners change stations and rules: all from the settings.
    board.touch("dialog[open] .button.wide:first-child").await;
    board.see("sounds-sheet", "return document.querySelector('dialog[open] .sounds') !== null").await;
    look.at("sounds-sheet").await;
    board.key("Escape");
    board.see("the sheet gone", "return document.querySelector('dialog[open]') === null").await;
    board.touch(".bar .state .plain.square").await;
    board.see("settings", "return document.querySelector('dialog[open]') !== null").await;
    board.touch("dialog[open] .button.wide:last-child").await;
    board.see("house-sheet", "return document.querySelector('dialog[open] .house-head') !== null").await;
    look.at("house-sheet").await;
    board.key("Escape");
    board.see("the sheet gone", "return document.querySelector('dialog[open]') === null").await;
    board.key("F7");
    board.see("voice-sheet", "return document.querySelector('dialog[open]') !== null").await;
    look.at("voice-sheet").await;
    board.key("Escape");
    board.see("the sheet gone", "return document.querySelector('dialog[open]') === null").await;
    board.key("e");
    board.see("closing-sheet", "return document.querySelector('dialog[open] .open-tickets') !== null").await;
    look.at("closing-sheet").await;
    board.key("Escape");
    board.see("the sheet gone", "return document.querySelector('dialog[open]') === null").await;
    board.touch(".bar .state .plain.square").await;
    board.see("settings", "return document.querySelector('dialog[open]') !== null").await;
    // And once more for eyes that want it large.
    board.touch("dialog[open] .setting .button:last-child").await;
    board
        .see(
            "large text",
            "return getComputedStyle(document.documentElement).getPropertyValue('--text') > 1.1",
        )
        .await;
    board.key("Escape");
    board.see("the sheet gone", "return document.querySelector('dialog[open]') === null").await;
    look.at_all_pages("station-large").await;
    app.close().await;
}

/// Twenty lines, long names, every class of modifier, allergies, changes and voids; then plain ones, pages of them.
/// Gives the orders that stand at the grill.
async fn a_hard_friday(pos: &Pos) -> Vec<String> {
    let long = "Slow-roasted shoulder of lamb with rosemary potatoes";
    let mut orders = Vec::new();
    let twenty: Vec<Value> = (1..=20)
        .map(|n| match n % 4 {
            0 => json!({ "name": BURGER, "quantity": n, "modifiers": ["no onion", "extra bacon", "sub gluten-free bun"] }),
            1 => json!({ "name": RIBEYE, "quantity": 1, "seat": n.to_string(), "modifiers": ["medium rare"] }),
            2 => json!({ "menu_item_id": "salmon", "name": long, "quantity": 2, "course": 2 }),
            _ => json!({ "name": FRIES, "quantity": 1 }),
        })
        .collect();
    orders.push(
        pos.post(json!({ "type": "dine-in", "table_number": "Patio 14B", "guests": 20, "rush": true,
            "server_name": "Maximiliana-Francesca O'Shaughnessy", "items": twenty }))
            .await,
    );
    orders.push(
        pos.post(json!({
            "type": "delivery", "customer_name": "Bartholomew Featherstonehaugh-Cholmondeley III",
            "courier_name": "Anastasia", "notes": "ring twice, leave with the neighbour, no cutlery please",
            "promised_at": "2099-01-01T18:30:00Z",
            "items": [
                { "menu_item_id": "burger", "name": "Donaudampfschifffahrtskapitänsschnitzel", "quantity": 12,
                  "modifiers": ["severe allergy: peanuts, tree nuts and sesame", "no mayonnaise", "well done",
                      "extra extra crispy onions", "sub sweet potato wedges for fries", "cut into quarters"],
                  "notes": "the guest is highly allergic to shellfish, please use a clean pan" },
                { "name": RIBEYE, "quantity": 100, "modifiers": ["blue rare"] },
            ],
        }))
        .await,
    );
    for (n, kind) in ["drive-thru", "pickup", "online", "kiosk"].into_iter().enumerate() {
        orders.push(
            pos.post(json!({ "type": kind, "items": [
                { "name": BURGER, "quantity": n + 1, "modifiers": ["no pickles", "extra cheese", "allergy dairy"] },
                { "name": "Hot wings", "quantity": 6 },
                { "name": "Caesar salad", "quantity": 1, "modifiers": ["dressing on the side"] },
            ] }))
            .await,
        );
    }
    for table in 21..=32 {
        orders.push(pos.table(&table.to_string(), &[(BURGER, 2), (RIBEYE, 1), (FRIES, 2)]).await);
    }
    // What changes after the cooks have seen it.
    let changed = &orders[6];
    pos.add(changed, json!([{ "name": "Cedar plank salmon", "quantity": 2, "modifiers": ["no lemon"] }]))
        .await;
    let items = pos.read(changed).await["items"].clone();
    let path = format!(
        "orders/{changed}/items/{}",
        items[0]["id"].as_str().unwrap().replace('#', "%23").replace(' ', "%20")
    );
    pos.done(Method::DELETE, &path, None).await;
    pos.done(Method::DELETE, &format!("orders/{}", orders[7]), Some(json!({ "reason": "guest left" }))).await;
    pos.post(json!({ "type": "pickup", "customer_name": "Tomorrow's birthday party of the Featherstones",
        "fire_at": "2099-01-01T18:00:00Z", "items": [{ "name": long, "quantity": 40 }] }))
        .await;
    orders
}

/// Eyes that see what is cut off, and keep pictures.
pub(crate) struct Look<'a> {
    pub(crate) screen: &'a Screen,
    pub(crate) app: &'a App,
    pub(crate) board: &'a Board<'a>,
}

impl Look<'_> {
    /// Every page of the view, one after the other, and back to the first.
    async fn at_all_pages(&self, name: &str) {
        self.at(name).await;
        while self.turn().await {
            self.at(&format!("{name}-{}", self.page().await.0)).await;
        }
        self.back_at_the_first_page().await;
    }

    /// A ticket of many columns may fill a whole page, and has one BUMP, at its end.
    async fn at_a_page_with_a_bump(&self) {
        while self.app.run("return document.querySelector('main.grid .bump')").await == Value::Null {
            assert!(self.turn().await, "no page has a BUMP");
        }
    }

    async fn back_at_the_first_page(&self) {
        while let (page @ 2.., _) = self.page().await {
            self.board.key("Prior");
            until("the page before", SOON, async || (self.page().await.0 < page).then_some(())).await;
        }
    }

    /// The next page, if there is one.
    async fn turn(&self) -> bool {
        let (page, pages) = self.page().await;
        if page < pages {
            self.board.key("Next");
            until("the next page", SOON, async || (self.page().await.0 > page).then_some(())).await;
        }
        page < pages
    }

    /// The page that is shown, and how many there are.
    async fn page(&self) -> (u32, u32) {
        let mark = self.app.run("return document.querySelector('.page')?.innerText ?? '1 / 1'").await;
        let (page, pages) = mark.as_str().unwrap().split_once(" / ").unwrap();
        (page.parse().unwrap(), pages.parse().unwrap())
    }

    /// Takes a picture, and waits until nothing is cut off, off the glass, or too small for a finger.
    pub(crate) async fn at(&self, name: &str) {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("shots");
        std::fs::create_dir_all(&folder).unwrap();
        let begun = Instant::now();
        loop {
            let found = self.app.run(FINDINGS).await;
            let is_settled = self.app.run("return document.fonts.status === 'loaded'").await == true;
            if is_settled && found == json!([]) {
                break;
            }
            if begun.elapsed() > Duration::from_secs(5) {
                self.screen
                    .desktop
                    .screenshot(&folder.join(format!("{name}-{}-wrong.png", self.screen.size)));
                panic!("{name} at {}: {found:#}", self.screen.size);
            }
        }
        self.screen.desktop.screenshot(&folder.join(format!("{name}-{}.png", self.screen.size)));
    }
}

/// What is cut off, off the glass, or too small for a finger; each as a sentence.
const FINDINGS: &str = include_str!("findings.js");
