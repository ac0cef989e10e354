//! What a back end cannot do is explained on the glass: a scripted Restaurant OS, the real hub, a real display core.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

mod common;

use common::{Model, Screen, config};
use display::frame::Press;
use display::{Config, Token};
use hub::upstream::UpstreamConfig;
use hub::upstream::restaurant_os::Credentials;
use hub::{Hub, HubConfig};
use std::path::Path;
use std::sync::Arc;
use testkit::eventually;
use testkit::restaurant_os::{NewRow, RESTAURANT, RestaurantOs, Traps};
use wire::hub::UpstreamState;
use wire::restaurant_os::Status;

async fn start_hub(folder: &Path, back: &RestaurantOs, pin: &str) -> Hub {
    let mut config = HubConfig::new(folder);
    config.listen = "127.0.0.1:0".parse().unwrap();
    config.first_setup = testkit::setup();
    config.first_setup.settings.undo_seconds = 1;
    let credentials = Credentials::Pin { pin: pin.to_owned() };
    config.upstream = Some(UpstreamConfig {
        base_url: back.url(),
        restaurant: RESTAURANT.to_owned(),
        credentials,
        authority: None,
    });
    Hub::start(config).await.unwrap()
}

fn joined(folder: &Path, hub: &Hub) -> Config {
    let mut config = config(folder, &hub.url());
    let token = hub.token().to_owned();
    config.token = Token::Source(Arc::new(move |_| Ok(token.clone())));
    config
}

fn upstream(window: &Model) -> Option<UpstreamState> {
    window.link().upstream.as_ref().map(|upstream| upstream.state)
}

fn problem(window: &Model, order: &str) -> Option<String> {
    window.card(order).and_then(|card| card.problem.as_ref()).map(|fault| fault.code.clone())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recall_that_the_back_end_cannot_follow_is_said_on_the_ticket_until_it_is_touched() {
    let folder = tempfile::tempdir().unwrap();
    let back = RestaurantOs::start(Traps::default()).await;
    let hub = start_hub(&folder.path().join("hub"), &back, "3333").await;
    // The pass sees every line; what the stations do comes by it as well.
    let mut config = joined(&folder.path().join("one"), &hub);
    config.station = Some(kitchen::StationId::expo());
    let mut screen = Screen::with(config.clone()).await;
    screen.until("the back end is live", |w| upstream(w) == Some(UpstreamState::Live)).await;
    let row = back.place(&NewRow::default());
    screen.until("the order", |w| w.cards.len() == 1).await;
    let id = screen.window.orders()[0].clone();
    let bump = screen.bump(&id).await.operation.unwrap();
    eventually("it is out over there", || async {
        (back.status(&row) == Some(Status::Completed)).then_some(())
    })
    .await;
    let reached = back.status(&row);
    screen.press(Press::Unbump { order: id.as_str().into(), operation: bump }).await.unwrap();
    screen
        .until("it is said on the ticket", |w| problem(w, &id).as_deref() == Some("upstream_cannot_recall"))
        .await;
    assert!(screen.window.frame.notices.as_ref().is_none_or(Vec::is_empty), "and not beside it as well");

    // Who connects later is told what still holds.
    config.data = folder.path().join("two");
    let mut late = Screen::with(config).await;
    late.until("a late screen is told", |w| problem(w, &id).is_some()).await;

    // Touched on one screen it is read on all.
    let card = screen.window.card(&id).unwrap().clone();
    let (order, seen, line) = (card.order.clone(), card.seen, card.bump[0].clone());
    screen.press(Press::Finish { order, seen, line }).await.unwrap();
    screen.until("it is read", |w| w.card(&id).is_some() && problem(w, &id).is_none()).await;
    late.until("it is read there too", |w| w.card(&id).is_some() && problem(w, &id).is_none()).await;
    assert_eq!(back.status(&row), reached, "nothing was taken back over there");
    assert!(back.asked().iter().all(|asked| !asked.body.contains("cancel")));
    screen.kitchen.shutdown().await;
    late.kitchen.shutdown().await;
    hub.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_back_end_that_is_away_is_shown_since_when_with_what_waits_for_it_and_a_person_can_try_now() {
    let folder = tempfile::tempdir().unwrap();
    let back = RestaurantOs::start(Traps::default()).await;
    let hub = start_hub(&folder.path().join("hub"), &back, "3333").await;
    let mut config = joined(&folder.path().join("one"), &hub);
    config.station = Some(kitchen::StationId::expo());
    let mut screen = Screen::with(config).await;
    screen.until("the back end is live", |w| upstream(w) == Some(UpstreamState::Live)).await;
    let row = back.place(&NewRow::default());
    screen.until("the order", |w| w.cards.len() == 1).await;
    let id = screen.window.orders()[0].clone();
    back.traps(|traps| traps.refuse = true);
    back.cut();
    screen.until("it is not live", |w| upstream(w) != Some(UpstreamState::Live)).await;
    let since = screen.window.link().upstream.as_ref().unwrap().since;
    screen.bump(&id).await;
    let waits = |w: &Model| {
        let upstream = w.link().upstream.as_ref().unwrap();
        upstream.state == UpstreamState::Away
            && upstream.unreported == 1
            && upstream.oldest_unreported.is_some()
    };
    screen.until("away, with what waits for it", waits).await;
    assert_eq!(screen.window.link().upstream.as_ref().unwrap().since, since, "since it was live last");
    back.traps(|traps| traps.refuse = false);
    screen.kitchen.retry_connection().await.unwrap();
    let level = |w: &Model| {
        let upstream = w.link().upstream.as_ref().unwrap();
        upstream.state == UpstreamState::Live && upstream.unreported == 0
    };
    screen.until("live, and everything reported", level).await;
    assert!(back.status(&row) >= Some(Status::Ready));
    screen.kitchen.shutdown().await;
    hub.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_that_is_refused_is_said_in_the_panel_and_beside_the_tickets() {
    let folder = tempfile::tempdir().unwrap();
    let back = RestaurantOs::start(Traps::default()).await;
    let hub = start_hub(&folder.path().join("hub"), &back, "9999").await;
    let mut screen = Screen::with(joined(&folder.path().join("one"), &hub)).await;
    screen.until("refused", |w| upstream(w) == Some(UpstreamState::Refused)).await;
    let said = |w: &Model| {
        w.link().upstream.iter().any(|u| u.faults.iter().any(|f| f.code == "upstream_login_refused"))
    };
    screen.until("in the panel", said).await;
    let beside = screen.window.frame.notices.clone().unwrap_or_default();
    assert_eq!(
        beside.iter().map(|notice| notice.fault.code.as_str()).collect::<Vec<_>>(),
        ["upstream_login_refused"]
    );
    screen.go(display::frame::Go::Dismiss { notice: beside[0].id }).await;
    screen.until("read", |w| w.frame.notices.as_ref().is_none_or(Vec::is_empty)).await;
    assert!(said(&screen.window), "it still holds");
    screen.kitchen.shutdown().await;
    hub.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_came_late_has_its_own_age_and_one_that_changed_over_there_is_there_once() {
    let folder = tempfile::tempdir().unwrap();
    let back = RestaurantOs::start(Traps::default()).await;
    let hub = start_hub(&folder.path().join("hub"), &back, "3333").await;
    let mut config = joined(&folder.path().join("one"), &hub);
    config.station = Some(kitchen::StationId::expo());
    let mut screen = Screen::with(config).await;
    screen.until("the back end is live", |w| upstream(w) == Some(UpstreamState::Live)).await;
    let prompt = back.place(&NewRow::default());
    screen.until("the order", |w| w.cards.len() == 1).await;
    let id = screen.window.orders()[0].clone();
    let card = screen.window.card(&id).unwrap();
    assert!(card.taken_at.is_none() && card.lines.len() == 2);

    // Wanted otherwise now: the old pieces are struck out, the new ones marked, nothing is there twice.
    back.change(&prompt, |row| row["items"][0]["modifiers"] = serde_json::json!(["no onion"]));
    let live = |w: &Model| -> Vec<(String, u32, Vec<String>)> {
        let lines = w.card(&id).map(|card| card.lines.clone()).unwrap_or_default();
        let live = lines.into_iter().filter(|line| line.state != display::frame::CardLineState::Voided);
        live.map(|line| (line.name, line.quantity, line.modifiers.into_iter().map(|m| m.text).collect()))
            .collect()
    };
    let expected =
        vec![("Fries".to_owned(), 1, vec![]), ("Burger".to_owned(), 2, vec!["no onion".to_owned()])];
    screen.until("the change", |w| live(w) == expected).await;
    assert_eq!(
        screen.window.card(&id).unwrap().lines.len(),
        3,
        "and what was taken back is still to be seen"
    );

    // While nobody listens an order is placed, a quarter of an hour ago by the time it is heard of.
    back.traps(|traps| traps.refuse = true);
    back.cut();
    screen.until("not live", |w| upstream(w) != Some(UpstreamState::Live)).await;
    let placed = hub.now().plus(-900_000);
    let late = back.place(&NewRow::default());
    let moment = jiff::Timestamp::from_millisecond(placed.0).unwrap().to_string();
    back.change(&late, |row| row["created_at"] = moment.as_str().into());
    back.traps(|traps| traps.refuse = false);
    screen.kitchen.retry_connection().await.unwrap();
    let is_late = |w: &Model| w.cards.values().any(|card| card.since == placed);
    screen.until("the late order, with its own age", is_late).await;
    let card = screen.window.cards.values().find(|card| card.since == placed).unwrap();
    assert!(card.fresh, "it is new here all the same");
    assert_eq!(card.urgency, kitchen::Urgency::Late);
    assert!(card.taken_at.is_some_and(|taken| taken.since(placed) >= 900_000));
    assert_eq!(screen.window.orders()[0], card.order.0, "the oldest goes first");
    screen.kitchen.shutdown().await;
    hub.shutdown().await;
}
