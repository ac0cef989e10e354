//! The display core against the real hub, in one process and over its real socket.

mod common;

use common::{Screen, config};
use display::frame::{ConnectionState, Press};
use display::{Config, Token};
use hub::{Hub, HubConfig};
use std::path::Path;
use std::sync::Arc;
use testkit::eventually;

async fn start_hub(folder: &Path, listen: std::net::SocketAddr) -> Hub {
    let mut config = HubConfig::new(folder);
    config.listen = listen;
    config.first_setup = testkit::setup();
    // The port of the hub before it may take a moment to be free.
    eventually("the hub starts", || async { Hub::start(config.clone()).await.ok() }).await
}

fn joined(folder: &Path, hub: &Hub) -> Config {
    let mut config = config(folder, &hub.url());
    let token = hub.token().to_owned();
    config.token = Token::Source(Arc::new(move |_| Ok(token.clone())));
    config
}

async fn post(hub: &Hub, table: &str, item: &str) -> String {
    let answer = reqwest::Client::new()
        .post(format!("http://{}/api/v1/orders", hub.local_addr()))
        .bearer_auth(hub.token())
        .header("Idempotency-Key", format!("key-{table}"))
        .json(&serde_json::json!({
            "table_number": table,
            "items": [{"menu_item_id": item, "name": item, "quantity": 2}],
        }))
        .send()
        .await
        .expect("the hub answers");
    let status = answer.status();
    let order: serde_json::Value = answer.json().await.expect("JSON");
    assert_eq!(status.as_u16(), 201, "{order}");
    order["id"].as_str().expect("an id").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_goes_the_whole_way_and_two_screens_agree() {
    let folder = tempfile::tempdir().unwrap();
    let hub = start_hub(&folder.path().join("hub"), "127.0.0.1:0".parse().unwrap()).await;
    let mut one = Screen::with(joined(&folder.path().join("one"), &hub)).await;
    let mut two = Screen::with(joined(&folder.path().join("two"), &hub)).await;
    one.until_live().await;
    two.until_live().await;
    let id = post(&hub, "12", "steak").await;
    one.until("the order", |w| w.card(&id).is_some()).await;
    two.until("the order", |w| w.card(&id).is_some()).await;
    let operation = one.bump(&id).await.operation.unwrap();
    two.until("bumped on the other screen", |w| w.card(&id).is_none()).await;
    one.until("settled", |w| w.unsent() == 0).await;
    two.press(Press::Unbump { order: id.as_str().into(), operation }).await.unwrap();
    let settled =
        |w: &common::Model| w.unsent() == 0 && w.card(&id).is_some_and(|c| c.seen == 3 && !c.pending);
    one.until("recalled from the other screen", settled).await;
    two.until("recalled", settled).await;
    let (a, b) = (one.window.card(&id).unwrap(), two.window.card(&id).unwrap());
    assert_eq!((a.seen, &a.lines), (b.seen, &b.lines));
    one.kitchen.shutdown().await;
    two.kitchen.shutdown().await;
    hub.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hub_that_goes_and_comes_gets_every_bump_once() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("hub");
    let hub = start_hub(&data, "127.0.0.1:0".parse().unwrap()).await;
    let addr = hub.addr();
    let mut screen = Screen::with(joined(&folder.path().join("screen"), &hub)).await;
    screen.until_live().await;
    let mut ids = Vec::new();
    for table in ["1", "2", "3"] {
        ids.push(post(&hub, table, "bass").await);
    }
    screen.until("the orders", |w| w.cards.len() == 3).await;
    hub.shutdown().await;
    drop(hub);
    screen.until("not live", |w| w.connection() != ConnectionState::Live).await;
    screen.bump(&ids[0]).await;
    screen.bump(&ids[1]).await;
    screen.until("bumped", |w| w.cards.len() == 1 && w.unsent() == 2).await;
    let hub = start_hub(&data, addr).await;
    screen.until("sent", |w| w.unsent() == 0 && w.connection() == ConnectionState::Live).await;
    assert_eq!(screen.window.orders(), [ids[2].clone()]);
    let late = post(&hub, "4", "steak").await;
    screen.until("the stream goes on", |w| w.card(&late).is_some()).await;
    screen.kitchen.shutdown().await;
    hub.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_of_a_screen_rests_when_it_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let hub = start_hub(&folder.path().join("hub"), "127.0.0.1:0".parse().unwrap()).await;
    let mut first = Screen::with(joined(&folder.path().join("one"), &hub)).await;
    first.until_live().await;
    first.kitchen.shutdown().await;
    std::fs::create_dir(folder.path().join("copy")).unwrap();
    std::fs::copy(folder.path().join("one/display.db"), folder.path().join("copy/display.db")).unwrap();
    let mut first = Screen::with(joined(&folder.path().join("one"), &hub)).await;
    first.until_live().await;
    let mut copy = Screen::with(joined(&folder.path().join("copy"), &hub)).await;
    copy.until_live().await;
    first.until("it rests", |w| w.connection() == ConnectionState::Refused).await;
    assert_eq!(
        first.window.frame.connection.as_ref().unwrap().fault.as_ref().unwrap().code,
        "screen_replaced"
    );
    first.kitchen.shutdown().await;
    copy.kitchen.shutdown().await;
    hub.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hub_set_back_to_an_older_copy_gets_what_is_owed_once_and_the_screen_shows_what_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let (data, backup) = (folder.path().join("hub"), folder.path().join("backup.sqlite"));
    let hub = start_hub(&data, "127.0.0.1:0".parse().unwrap()).await;
    let addr = hub.addr();
    let (one, two) = (post(&hub, "1", "bass").await, post(&hub, "2", "bass").await);
    hub.shutdown().await;
    drop(hub);
    std::fs::copy(data.join("hub.sqlite"), &backup).unwrap();
    let hub = start_hub(&data, addr).await;
    let mut screen = Screen::with(joined(&folder.path().join("screen"), &hub)).await;
    screen.until_live().await;
    let three = post(&hub, "3", "bass").await;
    screen.until("the orders", |w| w.cards.len() == 3).await;
    screen.bump(&one).await;
    screen.until("settled", |w| w.unsent() == 0 && w.cards.len() == 2).await;
    let first_life = hub.epoch();
    hub.shutdown().await;
    drop(hub);
    screen.until("not live", |w| w.connection() != ConnectionState::Live).await;
    screen.bump(&two).await;
    std::fs::copy(&backup, data.join("hub.sqlite")).unwrap();
    assert!(screen.window.card(&three).is_some(), "the screen's rows stay until the hub has spoken");
    let hub = start_hub(&data, addr).await;
    assert_ne!(hub.epoch(), first_life);
    // What the hub has forgotten is on the glass again, what it never had is gone, and what was owed has arrived.
    let back = |w: &common::Model| w.unsent() == 0 && w.orders() == [one.clone()];
    screen.until("the hub's own", back).await;
    let notices = screen.window.frame.notices.clone().unwrap_or_default();
    let told: Vec<_> =
        notices.iter().map(|notice| (&*notice.fault.code, &*notice.fault.params["orders"])).collect();
    assert_eq!(told, [("hub_restored", "2")], "order one is older than it was, order three is unknown");
    let late = post(&hub, "4", "steak").await;
    screen.until("the stream goes on", |w| w.card(&late).is_some()).await;
    screen.kitchen.shutdown().await;
    hub.shutdown().await;
}
