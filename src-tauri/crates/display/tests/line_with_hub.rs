//! The work of the line over the real hub: the house decides by REST, and two displays say the same.

mod common;

use common::{Model, Screen, config};
use display::frame::{Go, LineStart, Press, PressTicket, Tab};
use display::{Config, Token};
use hub::{Hub, HubConfig};
use kitchen::ChangeKind;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

async fn start_hub(folder: &Path) -> Hub {
    let mut config = HubConfig::new(folder);
    config.listen = "127.0.0.1:0".parse().expect("an address");
    config.first_setup = testkit::setup();
    Hub::start(config).await.expect("the hub starts")
}

fn joined(folder: &Path, hub: &Hub) -> Config {
    let mut config = config(folder, &hub.url());
    let token = hub.token().to_owned();
    config.token = Token::Source(Arc::new(move |_| Ok(token.clone())));
    config
}

async fn ask(hub: &Hub, method: reqwest::Method, path: &str, body: &Value) -> Value {
    let answer = reqwest::Client::new()
        .request(method, format!("http://{}/api/v1{path}", hub.local_addr()))
        .bearer_auth(hub.token())
        .json(body)
        .send()
        .await
        .expect("the hub answers");
    let status = answer.status();
    let answer: Value = answer.json().await.expect("JSON");
    assert!(status.is_success(), "{path}: {status} {answer}");
    answer
}

async fn place(hub: &Hub, table: &str, items: &[&str]) -> String {
    let items: Vec<Value> =
        items.iter().map(|item| json!({"menu_item_id": item, "name": item, "quantity": 1})).collect();
    let order = json!({"table_number": table, "items": items});
    let order = ask(hub, reqwest::Method::POST, "/orders", &order).await;
    order["id"].as_str().expect("an id").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_house_coordinates_and_every_screen_says_when_a_line_is_to_be_begun() {
    let folder = tempfile::tempdir().unwrap();
    let hub = start_hub(&folder.path().join("hub")).await;
    let mut grill = Screen::with(joined(&folder.path().join("grill"), &hub)).await;
    let mut fry = Screen::with(joined(&folder.path().join("fry"), &hub)).await;
    grill.until_live().await;
    fry.until_live().await;
    fry.go(Go::Station { station: "fry".into() }).await;
    let menu = json!({"items": [
        {"id": "steak", "name": "Ribeye", "category": "grill", "prep_time_minutes": 12},
        {"id": "fries", "name": "Fries", "category": "fry", "prep_time_minutes": 4},
    ]});
    ask(&hub, reqwest::Method::PUT, "/menu", &menu).await;
    let order = place(&hub, "7", &["steak", "fries"]).await;
    grill.until("the order", |w| w.card(&order).is_some_and(|card| card.lines[0].start.is_none())).await;
    fry.until("the order", |w| w.card(&order).is_some_and(|card| card.lines[0].start.is_none())).await;

    ask(&hub, reqwest::Method::PUT, "/settings", &json!({"coordinate": true})).await;
    let start = |w: &Model| w.card(&order).unwrap().lines[0].start.clone();
    grill.until("at once", |w| start(w) == Some(LineStart::Now)).await;
    fry.until("later", |w| matches!(start(w), Some(LineStart::Later { .. }))).await;
    let (one, two) = (grill.window.card(&order).unwrap(), fry.window.card(&order).unwrap());
    assert_eq!(one.done_at, Some(one.since.plus(12 * 60_000)), "ready together");
    assert_eq!((two.done_at, two.start_at), (one.done_at, Some(one.since.plus(8 * 60_000))));
    let with = "steak".to_owned();
    assert_eq!(start(&fry.window), Some(LineStart::Later { at: one.since.plus(8 * 60_000), with }));

    // What it was to be ready with is done early: nothing is left to wait for.
    grill.bump(&order).await;
    fry.until("now", |w| start(w) == Some(LineStart::Now)).await;
    ask(&hub, reqwest::Method::PUT, "/settings", &json!({"coordinate": false})).await;
    fry.until("off", |w| start(w).is_none()).await;
    grill.kitchen.shutdown().await;
    fry.kitchen.shutdown().await;
    hub.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_goes_together_on_one_screen_and_is_gone_and_back_on_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let hub = start_hub(&folder.path().join("hub")).await;
    let mut one = Screen::with(joined(&folder.path().join("one"), &hub)).await;
    let mut two = Screen::with(joined(&folder.path().join("two"), &hub)).await;
    one.until_live().await;
    two.until_live().await;
    one.go(Go::ByTable { on: true }).await;
    let first = place(&hub, "12", &["steak"]).await;
    let between = place(&hub, "3", &["steak"]).await;
    let second = place(&hub, "12", &["bass"]).await;
    one.until("together", |w| w.orders() == [first.clone(), second.clone(), between.clone()]).await;
    two.until("as they came", |w| w.orders() == [first.clone(), between.clone(), second.clone()]).await;
    let ticket = |order: &String| {
        let card = one.window.card(order).unwrap().clone();
        PressTicket { order: card.order, seen: card.seen, lines: card.bump }
    };
    let bump = Press::BumpTable { tickets: vec![ticket(&first), ticket(&second)] };
    one.press(bump).await.unwrap();
    two.until("both gone", |w| w.orders() == [between.clone()]).await;
    one.until("sent", |w| w.unsent() == 0 && w.orders() == [between.clone()]).await;
    let toast = one.window.frame.toasts.clone().unwrap().pop().unwrap();
    one.press(Press::Undo { order: toast.order, operation: toast.operation }).await.unwrap();
    two.until("both back", |w| w.orders() == [first.clone(), between.clone(), second.clone()]).await;
    one.kitchen.shutdown().await;
    two.kitchen.shutdown().await;
    hub.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_is_marked_on_every_screen_until_its_own_hand_has_touched_it() {
    let folder = tempfile::tempdir().unwrap();
    let hub = start_hub(&folder.path().join("hub")).await;
    let mut grill = Screen::with(joined(&folder.path().join("grill"), &hub)).await;
    let mut pass = Screen::with(joined(&folder.path().join("pass"), &hub)).await;
    grill.until_live().await;
    pass.until_live().await;
    pass.go(Go::Tab { tab: Tab::Expo }).await;
    let order = place(&hub, "5", &["steak"]).await;
    grill.until("the order", |w| w.card(&order).is_some()).await;
    let card = grill.window.card(&order).unwrap().clone();
    grill.press(Press::Start { order: card.order, seen: card.seen, lines: card.bump }).await.unwrap();
    grill.until("sent", |w| w.unsent() == 0).await;
    ask(&hub, reqwest::Method::POST, &format!("/orders/{order}/acts"), &json!({"act": "void_order"})).await;
    let voided = |w: &Model| {
        let line = w.card(&order).filter(|card| card.voided).map(|card| card.lines[0].clone());
        line.and_then(|line| line.change)
            .is_some_and(|change| change.kind == ChangeKind::Voided && change.was == 1)
    };
    grill.until("voided at the grill", voided).await;
    pass.until("voided at the pass", voided).await;
    grill.bump(&order).await;
    grill.until("seen at the grill", |w| w.card(&order).is_none() && w.unsent() == 0).await;
    assert!(pass.window.card(&order).is_some_and(|card| card.voided), "the pass has a hand of its own");
    pass.bump(&order).await;
    pass.until("seen at the pass", |w| w.card(&order).is_none()).await;
    grill.kitchen.shutdown().await;
    pass.kitchen.shutdown().await;
    hub.shutdown().await;
}
