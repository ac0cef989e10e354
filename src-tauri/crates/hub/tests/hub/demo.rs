//! The demo kitchen, alive: its own orders over real HTTP, and never to anybody else.

use crate::common::{Kitchen, Screen, hello, until};
use hub::demo::{Pos, PosConfig, Tally};
use hub::{FastTime, Hub};
use std::sync::Arc;
use std::time::Duration;

#[tokio::test]
async fn the_demo_kitchen_orders_from_itself_and_nothing_is_refused() {
    let data = tempfile::tempdir().unwrap();
    let mut config = crate::common::config(data.path());
    config.first_setup = hub::demo::setup();
    let hub = Hub::start(config).await.unwrap();
    let config = PosConfig { per_minute: 6_000.0, ..PosConfig::default() };
    let pos = Pos::start(hub.local_addr(), hub.token(), config);
    until("it orders", async || pos.tally().orders >= 150).await;
    assert_eq!(pos.tally().failures, 0, "{:?}", pos.tally());
    assert!(pos.tally().changes >= 5, "{:?}", pos.tally());
    pos.stop().await;
    let screen = Screen::join(hub.addr(), &hello("d", hub.token())).await;
    assert!(screen.board.setup().settings.demo);
    let orders: Vec<_> = screen.board.orders().collect();
    let has = |what: &dyn Fn(&kitchen::Order) -> bool| orders.iter().any(|order| what(order));
    use kitchen::ModifierClass::{Allergy, Removal};
    let class = |class| {
        move |order: &kitchen::Order| {
            order.lines.iter().any(|line| line.modifiers.iter().any(|modifier| modifier.class == class))
        }
    };
    assert!(has(&class(Allergy)) && has(&class(Removal)));
    assert!(has(&|order| order.table.is_some()) && has(&|order| order.customer_name.is_some()));
    assert!(orders.iter().all(|order| order.lines.iter().all(|line| line.prep_work().count() == 1)));
    hub.shutdown().await;
}

#[tokio::test]
async fn no_demo_order_reaches_a_real_kitchen() {
    let kitchen = Kitchen::open().await;
    let before = kitchen.hub.status()["http_connections"].clone();
    assert_eq!(before, 0);
    let pos = Pos::start(kitchen.hub.addr(), kitchen.hub.token(), PosConfig::default());
    until("it asked", async || kitchen.hub.status()["http_connections"] != 0).await;
    tokio::time::timeout(Duration::from_secs(2), async {
        while pos.tally() == Tally::default() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await
    .expect_err("it neither ordered nor was refused");
    pos.stop().await;
    assert_eq!(kitchen.pos.seq().await, 0);
}

#[tokio::test]
async fn a_day_passes_in_seconds_when_time_is_fast() {
    let kitchen = Kitchen::with(|config| config.time = Arc::new(FastTime::new(10_000.0))).await;
    let first = kitchen.pos.place(&crate::common::an_order()).await;
    let began = kitchen.hub.now();
    until("an hour has passed", async || kitchen.hub.now().since(began) > 3_600_000).await;
    let second = kitchen.pos.place(&crate::common::an_order()).await;
    let at =
        |order: &serde_json::Value| order["created_at"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert!((at(&second) - at(&first)).as_secs() > 3_600);
}
