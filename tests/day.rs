//! The end of a day, over the whole: a hub whose night passes in a moment, and displays as processes of their own.
//!
//! The hub runs in this process, because its clock is moved; what its screens hear of it comes over real sockets.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

mod support;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use display::frame::{CloseHow, Go, Press, Tab};
use hub::{HubConfig, MachineTime, TimeSource};
use serde_json::json;
use support::display_process::{Deed, serve_if_asked};
use support::{DisplayProcess, Pos};
use tempfile::TempDir;

/// No test: the displays that the others start are this, in processes of their own.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "started by the other tests, as a display"]
async fn a_display_for_the_other_tests() {
    serve_if_asked().await;
}

const HOUR: i64 = 3_600_000;
const BURGER: &str = "Smash burger";
const FRIES: &str = "Hand-cut fries";

/// The machine's time, that much later.
struct Later(i64);

impl TimeSource for Later {
    fn counted_ms(&self) -> i64 {
        MachineTime.counted_ms()
    }

    fn wall_ms(&self) -> i64 {
        MachineTime.wall_ms() + self.0
    }
}

struct House {
    folder: TempDir,
    token: PathBuf,
}

impl House {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { token: folder.path().join("token"), folder }
    }

    /// The hub on its folder, its clock so much later than the machine's.
    async fn hub(&self, listen: SocketAddr, later: i64) -> (hub::Hub, Pos) {
        let data = self.folder.path().join("hub");
        let config = HubConfig { listen, time: Arc::new(Later(later)), ..HubConfig::new(&data) };
        let hub = hub::Hub::start(config).await.unwrap();
        std::fs::write(&self.token, hub.token()).unwrap();
        (hub, Pos::of_hub(&data).await)
    }

    fn screen(&self, name: &str, hub: &hub::Hub) -> DisplayProcess {
        let path: &Path = &self.folder.path().join(name);
        DisplayProcess::start(path, &hub.url(), &self.token)
    }
}

/// How much later than the machine's time it is ten in the evening of the restaurant, which is given a day like UTC's.
async fn ten_in_the_evening(pos: &Pos) -> i64 {
    let hour = MachineTime.wall_ms() / HOUR % 24;
    let settings = json!({ "time_zone": "UTC", "day_starts_minute": 240 });
    pos.done(reqwest::Method::PUT, "settings", Some(settings)).await;
    (22 - hour) * HOUR
}

fn go(screen: &mut DisplayProcess, go: Go) {
    screen.act(&Deed::Go { to: go }).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_evening_leaves_is_parked_over_a_night_off_said_in_the_morning_and_brought_back() {
    let house = House::new();
    let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
    let (hub, pos) = house.hub(anywhere, 0).await;
    let evening = ten_in_the_evening(&pos).await;
    pos.set_up_three_stations().await;
    hub.shutdown().await;
    // Time does not go back over a restart: the evening is the next one.
    let evening = if evening < 0 { evening + 24 * HOUR } else { evening };
    let (hub, pos) = house.hub(anywhere, evening).await;
    let address = hub.addr();
    let mut one = house.screen("one", &hub);
    let two = house.screen("two", &hub);
    let left = pos.table("12", &[(BURGER, 2), (FRIES, 1)]).await;
    let fire_at = hub.now().plus(14 * HOUR).0;
    let booked = pos
        .post(json!({ "type": "pickup", "fire_at": fire_at, "items": [{ "name": BURGER, "quantity": 1 }] }))
        .await;
    for screen in [&one, &two] {
        screen.until("the ticket of the evening", |picture| picture.orders() == [&left]).await;
    }
    hub.shutdown().await;
    two.kill();

    // The hub is switched on at eight in the morning. One screen has stayed on, the other comes back with its journal.
    let (hub, pos) = house.hub(address, evening + 10 * HOUR).await;
    let mut two = house.screen("two", &hub);
    for screen in [&one, &two] {
        let picture = screen
            .until("the morning", |picture| {
                picture.connection == "live" && picture.tickets.is_empty() && picture.parked == 1
            })
            .await;
        assert_eq!(picture.notices, ["parked_overnight"]);
    }
    let told = pos.read(&left).await;
    assert!(told["parked_at"].is_string() && told["open"] == true, "{told}");
    let parked = pos.done(reqwest::Method::GET, "orders?parked=true", None).await;
    assert_eq!((parked.as_array().unwrap().len(), &parked[0]["id"]), (1, &json!(left)));
    assert!(pos.read(&booked).await["parked_at"].is_null(), "what is ordered for today is not of yesterday");

    // Read on one screen, it is still to be read on the other.
    go(&mut one, Go::Dismiss { notice: 0 });
    one.until("the note read", |picture| picture.notices.is_empty() && picture.parked == 1).await;
    assert_eq!(two.picture().notices, ["parked_overnight"]);

    go(&mut two, Go::Tab { tab: Tab::Recall });
    two.until("it in the list", |picture| picture.rows == [left.as_str()]).await;
    let press = Press::Unpark { order: left.as_str().into(), seen: 2 };
    two.act(&Deed::Press { what: press }).unwrap();
    one.until("the ticket back", |picture| picture.orders() == [&left] && picture.parked == 0).await;
    let back = pos.read(&left).await;
    assert_eq!((&back["created_at"], back["parked_at"].is_null()), (&told["created_at"], true));
    hub.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_service_is_one_press_on_what_was_seen_with_one_undo() {
    let house = House::new();
    let (hub, pos) = house.hub(SocketAddr::from(([127, 0, 0, 1], 0)), 0).await;
    pos.set_up_three_stations().await;
    let mut one = house.screen("one", &hub);
    let two = house.screen("two", &hub);
    let mut orders = Vec::new();
    for table in 1..=4 {
        orders.push(pos.table(&table.to_string(), &[(BURGER, 1)]).await);
    }
    let all: Vec<&str> = orders.iter().map(String::as_str).collect();
    two.until("all", |picture| picture.orders() == all).await;
    go(&mut one, Go::Tab { tab: Tab::Expo });
    go(&mut one, Go::Closing { asked: true });
    let asked = one.until("the question", |picture| picture.closing.len() == 4).await.closing;
    // Placed after it was asked: nobody has seen it, so nothing happens to it.
    let late = pos.table("9", &[(BURGER, 1)]).await;
    one.until("a late order", |picture| picture.shows(&late)).await;

    let first = |how| Press::Close { how, tickets: asked.clone() };
    one.act(&Deed::Press { what: first(CloseHow::Park) }).unwrap();
    two.until("all parked but one", |picture| picture.orders() == [&late] && picture.parked == 4).await;
    let undo = one.until("one undo", |picture| picture.undo.len() == 1).await.undo.remove(0);
    let press = Press::Undo { order: orders[0].as_str().into(), operation: undo.as_str().into() };
    one.act(&Deed::Press { what: press }).unwrap();
    two.until("all of them back", |picture| picture.tickets.len() == 5 && picture.parked == 0).await;

    // Seen again as they are now, and bumped at the pass, which sends them out everywhere.
    let asked = one.until("as it is now", |picture| picture.closing.len() == 5).await.closing;
    one.act(&Deed::Press { what: Press::Close { how: CloseHow::Bump, tickets: asked } }).unwrap();
    two.until("an empty board", |picture| picture.tickets.is_empty()).await;
    for order in &orders {
        assert_eq!(pos.bumped_at(order, "grill").await, [1]);
    }

    // A void waits until it can no longer be taken back; its ticket is off the glass at once.
    let gone = pos.table("10", &[(BURGER, 1)]).await;
    let shown = one.until("the last one", |picture| picture.closing.len() == 1).await;
    // The bump before may still be offered to be taken back.
    let (asked, offered) = (shown.closing, shown.undo);
    one.act(&Deed::Press { what: Press::Close { how: CloseHow::Void, tickets: asked.clone() } }).unwrap();
    two.until("it parked", |picture| picture.tickets.is_empty() && picture.parked == 1).await;
    assert!(pos.read(&gone).await["cancelled_at"].is_null(), "not before the time to undo is over");
    let is_new = |undo: &String| !offered.contains(undo);
    let shown = one.until("an undo", |picture| picture.undo.iter().any(is_new)).await;
    let undo = shown.undo.into_iter().find(is_new).unwrap();
    let press = Press::Undo { order: gone.as_str().into(), operation: undo.as_str().into() };
    one.act(&Deed::Press { what: press }).unwrap();
    two.until("it back", |picture| picture.orders() == [&gone]).await;
    let asked = one.until("the same again", |picture| picture.closing.len() == 1).await.closing;
    one.act(&Deed::Press { what: Press::Close { how: CloseHow::Void, tickets: asked } }).unwrap();
    let voided = support::until("the void", support::SOON, async || {
        let told = pos.read(&gone).await;
        (!told["cancelled_at"].is_null()).then_some(told)
    })
    .await;
    assert_eq!(voided["open"], false, "and nobody has to see it");
    two.until("nothing", |picture| picture.tickets.is_empty() && picture.parked == 0).await;
    hub.shutdown().await;
}
