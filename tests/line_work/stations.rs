//! Who cooks what, and what the pass sees of it.

use display::frame::LinePlace;
use serde_json::json;

use crate::support::{Premises, Pressed};

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_that_waits_cannot_send_out_what_a_station_still_cooks() {
    let kitchen = Premises::open().await;
    kitchen.settings(json!({ "pass_waits": true })).await;
    let mut grill = kitchen.screen("grill", "grill").await;
    let mut pass = kitchen.screen("pass", "expo").await;
    let order = kitchen.order("7", &[("steak", 2), ("wine", 1)]).await;
    let cooked_by = |stations: &[&str]| LinePlace::Own {
        cooking: stations.iter().map(|name| (*name).to_owned()).collect(),
    };
    let card = pass.card("whom it waits for", &order, |card| card.waits_for.is_some()).await;
    assert_eq!(card.waits_for.as_deref(), Some(&["GRILL".to_owned()][..]));
    assert_eq!(card.line("l1").unwrap().place, cooked_by(&["GRILL"]));
    assert_eq!(card.line("l2").unwrap().place, cooked_by(&[]));
    let events = kitchen.events().await;
    assert_eq!(pass.press(card.bump()), Err("still_cooking".to_owned()));
    let (status, answer) = kitchen
        .act(&order, json!({ "act": "bump", "station": "expo", "lines": [{ "line": "l1", "upto": 2 }] }))
        .await;
    assert_eq!((status.as_u16(), &answer["code"]), (409, &"still_cooking".into()));
    assert_eq!(kitchen.events().await, events);

    let card = grill.card("the ticket", &order, |card| card.total == 1).await;
    assert_eq!(card.waits_for, None);
    grill.press(card.bump()).unwrap();
    grill.tickets_are(&[]).await;
    let card = pass.card("that it can go", &order, |card| card.waits_for.is_none()).await;
    assert_eq!(card.line("l1").unwrap().place, cooked_by(&[]));
    assert_eq!(kitchen.pos.read(&order).await["status"], "ready", "nobody cooks wine");
    pass.press(card.bump()).unwrap();
    pass.tickets_are(&[]).await;
    grill.see("an empty pass", |glass| glass.head.as_ref().unwrap().expo_open == 0).await;
    assert_eq!(kitchen.pos.read(&order).await["status"], "completed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_before_the_pass_sees_its_stations_and_sends_on_what_it_bumps() {
    let kitchen = Premises::open().await;
    kitchen
        .with_station(json!({ "id": "hot", "name": "Hot pass", "role": "expo", "covers": ["grill", "fry"] }))
        .await;
    let mut hot = kitchen.screen("hot", "hot").await;
    let mut other = kitchen.screen("other", "grill").await;
    let order = kitchen.order("7", &[("steak", 1), ("fries", 1), ("pizza", 1)]).await;
    let card = hot.card("its stations' lines", &order, |card| card.total == 2).await;
    let named: Vec<&str> = card.bump.iter().map(|line| line.line.as_str()).collect();
    assert_eq!(named, ["l1", "l2"]);
    other.card("the ticket at the grill", &order, |card| card.total == 1).await;

    hot.press(card.bump()).unwrap();
    for screen in [&mut hot, &mut other] {
        screen.tickets_are(&[]).await;
    }
    for (line, station, bumped) in
        [("l1", "grill", 1), ("l1", "hot", 1), ("l2", "fry", 1), ("l1", "expo", 0), ("l3", "make", 0)]
    {
        assert_eq!(
            kitchen.done_and_bumped(&order, line, station).await,
            (bumped, bumped),
            "{line} at {station}"
        );
    }
    for screen in [&mut hot, &mut other] {
        screen.look_at("expo").await;
        let card = screen.card("the ticket at the pass", &order, |card| card.total == 3).await;
        assert!(matches!(&card.line("l3").unwrap().place, LinePlace::Own { cooking } if !cooking.is_empty()));
        assert_eq!(card.line("l1").unwrap().place, LinePlace::Own { cooking: vec![] });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_station_has_its_part_says_who_else_cooks_it_and_what_nobody_cooks_stands_at_the_pass() {
    let kitchen = Premises::open().await;
    kitchen
        .with_station(
            json!({ "id": "car", "name": "Window", "categories": ["grill"], "order_types": ["drive_thru"] }),
        )
        .await;
    let mut one = kitchen.screen("one", "fry").await;
    let mut two = kitchen.screen("two", "build").await;
    let order = kitchen.order("7", &[("burger", 2), ("wine", 1)]).await;
    for (screen, other) in [(&mut one, "BUILD"), (&mut two, "FRY")] {
        let card = screen.card("the burgers", &order, |card| card.total == 1).await;
        assert_eq!(card.line("l1").unwrap().also.as_deref(), Some(&[other.to_owned()][..]));
        let wine = card.line("l2").expect("the picture of the whole table");
        assert_eq!(wine.place, LinePlace::Elsewhere { stations: vec![] });
        let named: Vec<&str> = card.bump.iter().map(|line| line.line.as_str()).collect();
        assert_eq!(named, ["l1"]);
    }
    let card = one.card("the burgers", &order, |card| card.total == 1).await;
    one.press(card.bump()).unwrap();
    one.tickets_are(&[]).await;
    two.card("the burgers still", &order, |card| card.done == 0).await;
    one.see("the bump confirmed", |glass| glass.connection.as_ref().unwrap().unsent == 0).await;
    assert_eq!(kitchen.done_and_bumped(&order, "l1", "fry").await, (2, 2));
    assert_eq!(kitchen.done_and_bumped(&order, "l1", "build").await, (0, 0));

    for screen in [&mut one, &mut two] {
        screen.look_at("expo").await;
        let card = screen.card("all of it", &order, |card| card.total == 2).await;
        assert_eq!(card.line("l1").unwrap().place, LinePlace::Own { cooking: vec!["BUILD".to_owned()] });
        assert_eq!(card.line("l2").unwrap().place, LinePlace::Own { cooking: vec![] });
    }
    // The window is only for those who come by car.
    let by_car = kitchen.pos.post(json!({
        "type": "drive-thru", "customer_name": "Kim",
        "items": [{ "id": "l1", "menu_item_id": "steak", "name": "steak", "quantity": 1 }],
    }));
    let by_car = by_car.await;
    let at_table = kitchen.order("8", &[("steak", 1)]).await;
    one.look_at("car").await;
    two.look_at("grill").await;
    one.tickets_are(&[&by_car]).await;
    two.tickets_are(&[&by_car, &at_table]).await;
    assert!(kitchen.work(&at_table, "l1", "car").await.is_null());
    assert_eq!(kitchen.done_and_bumped(&by_car, "l1", "car").await, (0, 0));
}
