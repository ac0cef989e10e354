//! A kitchen to work in: a hub as a process, a POS, and screens as other PCs, with the menu and the stations of
//! `testkit::evening`. And the hands of a cook: a press is made from the card on the glass, as the page makes it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use display::frame::{AllDayCount, Card, CardLine, CardLineState, Frame, Go, Press, PressLine};
use kitchen::{LineId, StationId};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::evening;

use super::{DisplayProcess, Hub, Pos};

/// A hub and where its screens are.
pub(crate) struct Premises {
    folder: TempDir,
    hub: Hub,
    pub(crate) pos: Pos,
    token: PathBuf,
    pace: f64,
}

impl Premises {
    /// A kitchen in which a minute is a minute.
    pub(crate) async fn open() -> Self {
        Self::at_pace(1.0).await
    }

    /// One in which so many minutes pass in a real one.
    pub(crate) async fn at_pace(pace: f64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("hub");
        let mut command = Hub::command(&data, SocketAddr::from(([127, 0, 0, 1], 0)));
        command.arg("--pace").arg(pace.to_string());
        let (hub, pos) = Hub::start_as(command, &data).await;
        let house = evening::house();
        pos.done(Method::PUT, "menu", Some(serde_json::to_value(&house.menu).unwrap())).await;
        pos.set_stations(serde_json::to_value(&house.stations).unwrap()).await;
        // The end of a business day is not what is tested with it, whatever time it is.
        let minute = (pos.status().await["time_ms"].as_i64().unwrap() / 60_000 + 720) % 1_440;
        let premises = Self { token: folder.path().join("token"), folder, hub, pos, pace };
        premises.settings(json!({ "time_zone": "UTC", "day_starts_minute": minute })).await;
        std::fs::write(&premises.token, premises.pos.token()).unwrap();
        premises
    }

    /// Where the hub listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.hub.address()
    }

    /// The hub's database.
    pub(crate) fn log(&self) -> PathBuf {
        self.hub.folder().join("hub.sqlite")
    }

    /// Where a screen of that name keeps its things.
    pub(crate) fn place(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Changes some of the house rules.
    pub(crate) async fn settings(&self, some: Value) {
        self.pos.done(Method::PUT, "settings", Some(some)).await;
    }

    /// Adds a station to those of the house.
    pub(crate) async fn with_station(&self, station: Value) {
        let mut stations = serde_json::to_value(evening::house().stations).unwrap();
        stations.as_array_mut().unwrap().push(station);
        self.pos.set_stations(stations).await;
    }

    /// Switches a screen on and looks at a station there. The same name is the same PC.
    pub(crate) async fn screen(&self, name: &str, station: &str) -> DisplayProcess {
        self.screen_through(name, station, self.address()).await
    }

    /// The same with its way to the hub through somewhere else.
    pub(crate) async fn screen_through(&self, name: &str, station: &str, hub: SocketAddr) -> DisplayProcess {
        let place = self.place(name);
        let url = format!("ws://{hub}/ws");
        let mut screen = DisplayProcess::start_at_pace(&place, &url, &self.token, self.pace);
        let known =
            |frame: &Frame| frame.head.as_ref().is_some_and(|head| head.ready && head.stations.len() > 1);
        screen.see("the house's stations", known).await;
        screen.look_at(station).await;
        screen
    }

    /// An order of a table: items and pieces. Its lines are called `l1`, `l2` and so on.
    pub(crate) async fn order(&self, table: &str, items: &[(&str, u32)]) -> String {
        self.pos.post(json!({ "table_number": table, "items": items_of(items) })).await
    }

    /// What the hub answers to an act that is posted to it.
    pub(crate) async fn act(&self, order: &str, act: Value) -> (StatusCode, Value) {
        self.pos.ask(Method::POST, &format!("orders/{order}/acts"), Some(act)).await
    }

    /// Changes a line as a POS does.
    pub(crate) async fn change(&self, order: &str, line: &str, change: Value) {
        let path = format!("orders/{order}/items/{}", line.replace('#', "%23"));
        self.pos.done(Method::PATCH, &path, Some(change)).await;
    }

    /// What the hub has of a station's work on a line.
    pub(crate) async fn work(&self, order: &str, line: &str, station: &str) -> Value {
        let order = self.pos.read(order).await;
        let found = order["items"].as_array().unwrap().iter().find(|item| item["id"] == line);
        let found = found.unwrap_or_else(|| panic!("no {line} in {order}"));
        let work = found["work"].as_array().unwrap().iter().find(|work| work["station"] == station);
        work.cloned().unwrap_or_default()
    }

    /// Pieces done and pieces bumped.
    pub(crate) async fn done_and_bumped(&self, order: &str, line: &str, station: &str) -> (u64, u64) {
        let work = self.work(order, line, station).await;
        let pieces = |of: &str| work[of].as_u64().unwrap_or_else(|| panic!("no {of} at {station}: {work}"));
        (pieces("done"), pieces("bumped"))
    }

    /// How many events the hub's log holds.
    pub(crate) async fn events(&self) -> u64 {
        self.pos.status().await["seq"].as_u64().unwrap()
    }
}

/// Items as a POS posts them, with lines called `l1`, `l2` and so on.
pub(crate) fn items_of(items: &[(&str, u32)]) -> Value {
    let item = |(index, (item, pieces)): (usize, &(&str, u32))| json!({ "id": format!("l{}", index + 1), "menu_item_id": item, "name": item, "quantity": pieces });
    items.iter().enumerate().map(item).collect()
}

impl DisplayProcess {
    /// Goes to a station and waits until it stands there.
    pub(crate) async fn look_at(&mut self, station: &str) {
        self.go(Go::Station { station: station.into() });
        let there =
            |frame: &Frame| frame.head.as_ref().is_some_and(|head| head.station.id.as_str() == station);
        self.see(&format!("the station {station}"), there).await;
    }

    /// Waits until an order's card is as wanted.
    pub(crate) async fn card(&mut self, what: &str, order: &str, wanted: impl Fn(&Card) -> bool) -> Card {
        let glass = self.see(what, |frame| frame.card(order).is_some_and(&wanted)).await;
        glass.card(order).unwrap().clone()
    }

    /// Waits until a line is as wanted, and gives the card that it is on.
    pub(crate) async fn line(
        &mut self,
        what: &str,
        order: &str,
        line: &str,
        wanted: impl Fn(&CardLine) -> bool,
    ) -> Card {
        self.card(what, order, |card| card.line(line).is_some_and(&wanted)).await
    }

    /// Waits until a line is that far.
    pub(crate) async fn line_is(&mut self, order: &str, line: &str, state: CardLineState) -> Card {
        self.line(&format!("{line} {state:?}"), order, line, |line| line.state == state).await
    }

    /// Waits until exactly these tickets stand there, in this order.
    pub(crate) async fn tickets_are(&mut self, orders: &[&str]) -> Frame {
        self.see(&format!("the tickets {orders:?}"), |frame| frame.orders() == orders).await
    }

    /// The offer to take the last thing back, as soon as it stands there.
    pub(crate) async fn undo(&mut self) -> Press {
        let glass =
            self.see("an offer to undo", |frame| frame.toasts.iter().flatten().next().is_some()).await;
        let toast = glass.toasts.iter().flatten().next_back().unwrap();
        Press::Undo { order: toast.order.clone(), operation: toast.operation.clone() }
    }
}

/// What stands on a glass.
pub(crate) trait OnGlass {
    /// An order's card.
    fn card(&self, order: &str) -> Option<&Card>;
    /// The orders, as they stand.
    fn orders(&self) -> Vec<&str>;
    /// The count of an item.
    fn count(&self, item: &str) -> Option<&AllDayCount>;
}

impl OnGlass for Frame {
    fn card(&self, order: &str) -> Option<&Card> {
        self.cards.iter().find(|card| card.order.as_str() == order)
    }

    fn orders(&self) -> Vec<&str> {
        self.cards.iter().map(|card| card.order.as_str()).collect()
    }

    fn count(&self, item: &str) -> Option<&AllDayCount> {
        self.counts.iter().flatten().find(|count| count.item.as_str() == item)
    }
}

/// The presses that a card is good for.
pub(crate) trait Pressed {
    /// A line of it.
    fn line(&self, id: &str) -> Option<&CardLine>;
    /// A touch on a line names the pieces that stand there.
    fn touch(&self, line: &str) -> PressLine;
    fn start(&self) -> Press;
    fn unstart(&self) -> Press;
    fn bump(&self) -> Press;
    fn finish(&self, line: &str) -> Press;
    fn reopen(&self, line: &str) -> Press;
    fn acknowledge(&self, line: &str) -> Press;
    fn rush(&self) -> Press;
    fn hold(&self, minutes: Option<u32>) -> Press;
    fn release(&self) -> Press;
    fn fire_next(&self) -> Press;
    fn transfer(&self, to: &str, lines: &[&str]) -> Press;
}

impl Pressed for Card {
    fn line(&self, id: &str) -> Option<&CardLine> {
        self.lines.iter().find(|line| line.id.as_str() == id)
    }

    fn touch(&self, line: &str) -> PressLine {
        let line = self.line(line).unwrap_or_else(|| panic!("no {line} on {self:#?}"));
        PressLine { line: line.id.clone(), upto: line.quantity }
    }

    fn start(&self) -> Press {
        Press::Start { order: self.order.clone(), seen: self.seen, lines: self.bump.clone() }
    }

    fn unstart(&self) -> Press {
        Press::Unstart { order: self.order.clone(), seen: self.seen, lines: self.bump.clone() }
    }

    fn bump(&self) -> Press {
        Press::Bump { order: self.order.clone(), seen: self.seen, lines: self.bump.clone() }
    }

    fn finish(&self, line: &str) -> Press {
        Press::Finish { order: self.order.clone(), seen: self.seen, line: self.touch(line) }
    }

    fn reopen(&self, line: &str) -> Press {
        Press::Reopen { order: self.order.clone(), seen: self.seen, lines: vec![line.into()] }
    }

    fn acknowledge(&self, line: &str) -> Press {
        Press::Acknowledge { order: self.order.clone(), seen: self.seen, lines: vec![self.touch(line)] }
    }

    fn rush(&self) -> Press {
        Press::Rush { order: self.order.clone(), seen: self.seen }
    }

    fn hold(&self, minutes: Option<u32>) -> Press {
        Press::Hold { order: self.order.clone(), seen: self.seen, minutes }
    }

    fn release(&self) -> Press {
        Press::Release { order: self.order.clone(), seen: self.seen }
    }

    fn fire_next(&self) -> Press {
        let course = self.next_course.as_ref().map(|course| course.number);
        Press::Fire { order: self.order.clone(), seen: self.seen, course }
    }

    fn transfer(&self, to: &str, lines: &[&str]) -> Press {
        let lines = lines.iter().map(|line| LineId::from(*line)).collect();
        Press::Transfer { order: self.order.clone(), seen: self.seen, to: StationId::from(to), lines }
    }
}

/// The journal of the screen whose things are there.
pub(crate) fn journal_of(place: &Path) -> PathBuf {
    place.join("display.db")
}
