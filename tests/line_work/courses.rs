//! Courses by hand, after the one before and by the clock; orders whose time has not come.

use display::frame::{CardLineState, Frame, Go, LinePlace, LineWait, Press, Tab};
use serde_json::{Value, json};

use crate::support::{OnGlass, Premises, Pressed};
use crate::{ALL_THE_TIME, MINUTES_AS_SECONDS};

/// A table with a first and a second course; what is said of the second one's firing.
async fn coursed(kitchen: &Premises, first: &str, second: &str, fires: Value) -> String {
    let mut later = json!({ "number": 2, "name": "Mains" });
    later.as_object_mut().unwrap().extend(fires.as_object().cloned().unwrap_or_default());
    let order = json!({
        "table_number": "7",
        "courses": [{ "number": 1 }, later],
        "items": [
            { "id": "l1", "menu_item_id": first, "name": first, "quantity": 1, "course": 1 },
            { "id": "l2", "menu_item_id": second, "name": second, "quantity": 2, "course": 2 },
        ],
    });
    kitchen.pos.post(order).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_course_stands_grey_until_somebody_fires_it_and_can_be_taken_back() {
    let kitchen = Premises::at_pace(ALL_THE_TIME).await;
    let mut grill = kitchen.screen("grill", "grill").await;
    let mut pass = kitchen.screen("pass", "expo").await;
    let order = coursed(&kitchen, "steak", "steak", json!({})).await;
    let waits = Some(LineWait::Course);
    for screen in [&mut grill, &mut pass] {
        let card = screen.line("the second course, grey", &order, "l2", |line| line.waits == waits).await;
        assert_eq!((card.bump.len(), card.total), (1, 1));
        let next = card.next_course.expect("a course to fire");
        assert_eq!((next.number, next.name.as_deref(), next.fires_at), (2, Some("Mains"), None));
        let count = screen.look().count("steak").cloned().unwrap();
        assert_eq!((count.open, count.later), (1, Some(2)));
    }
    assert!(kitchen.pos.read(&order).await["courses"][1]["fired_at"].is_null());

    let card = pass.card("the ticket", &order, |card| card.next_course.is_some()).await;
    pass.press(card.fire_next()).unwrap();
    for screen in [&mut grill, &mut pass] {
        let card = screen.line("the second course", &order, "l2", |line| line.waits.is_none()).await;
        assert_eq!((card.total, card.next_course.clone()), (2, None));
    }
    assert!(kitchen.pos.read(&order).await["courses"][1]["fired_at"].is_string());
    let undo = pass.undo().await;
    pass.press(undo).unwrap();
    for screen in [&mut grill, &mut pass] {
        screen.line("the second course, grey again", &order, "l2", |line| line.waits == waits).await;
    }
    assert!(kitchen.pos.read(&order).await["courses"][1]["fired_at"].is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_eats_its_first_course_stays_at_the_pass_until_somebody_fires_the_next() {
    let kitchen = Premises::open().await;
    let mut grill = kitchen.screen("grill", "grill").await;
    let mut pass = kitchen.screen("pass", "expo").await;
    let order = coursed(&kitchen, "steak", "steak", json!({})).await;
    let other = kitchen.order("8", &[("steak", 1)]).await;
    pass.tickets_are(&[&order, &other]).await;
    let card = grill.card("the first course", &order, |card| card.total == 1).await;
    grill.press(card.bump()).unwrap();
    let made = LinePlace::Own { cooking: vec![] };
    let card = pass.line("that it is made", &order, "l1", |line| line.place == made).await;
    pass.press(card.bump()).unwrap();
    grill
        .see("that it has gone out", |glass| {
            glass.card(&order).is_none() && glass.head.as_ref().unwrap().expo_open == 2
        })
        .await;
    let glass = pass.tickets_are(&[&other, &order]).await;
    let card = glass.card(&order).unwrap();
    assert!(card.bump.is_empty() && card.next_course.is_some());
    let waiting = pass.card("the table still", &order, |card| !card.pending).await;
    assert_eq!(kitchen.done_and_bumped(&order, "l1", "expo").await, (1, 1));

    pass.press(waiting.fire_next()).unwrap();
    for screen in [&mut grill, &mut pass] {
        let card = screen.line("the second course", &order, "l2", |line| line.waits.is_none()).await;
        assert_eq!(card.bump.len(), 1);
    }
    assert!(kitchen.pos.read(&order).await["courses"][1]["fired_at"].is_string());

    // A table that wants no first course waits for none.
    let mains = json!({
        "table_number": "9", "courses": [{ "number": 1 }, { "number": 2 }],
        "items": [{ "id": "l1", "menu_item_id": "steak", "name": "steak", "quantity": 1, "course": 2 }],
    });
    let mains = kitchen.pos.post(mains).await;
    for screen in [&mut grill, &mut pass] {
        screen.line("the mains", &mains, "l1", |line| line.waits.is_none()).await;
    }
    assert_eq!(kitchen.done_and_bumped(&mains, "l1", "grill").await, (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_course_goes_by_itself_when_the_one_before_is_done() {
    let kitchen = Premises::open().await;
    kitchen.settings(json!({ "courses": "when_done" })).await;
    let mut grill = kitchen.screen("grill", "grill").await;
    let mut fry = kitchen.screen("fry", "fry").await;
    let order = coursed(&kitchen, "steak", "fries", json!({})).await;
    let card = grill.card("the first course", &order, |card| card.total == 1).await;
    assert!(fry.look().orders().is_empty(), "nothing is asked of fry yet");
    grill.press(card.finish("l1")).unwrap();
    let card = grill.line_is(&order, "l1", CardLineState::Done).await;
    grill.press(card.bump()).unwrap();
    grill.tickets_are(&[]).await;
    let card = fry.card("the second course", &order, |card| card.total == 1).await;
    assert_eq!(card.line("l2").unwrap().waits, None);
    assert!(kitchen.pos.read(&order).await["courses"][1]["fired_at"].is_string());
    assert_eq!(kitchen.done_and_bumped(&order, "l1", "grill").await, (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_course_goes_by_the_clock_on_both_screens_at_the_same_moment() {
    let kitchen = Premises::at_pace(MINUTES_AS_SECONDS).await;
    let mut grill = kitchen.screen("grill", "grill").await;
    let mut fry = kitchen.screen("fry", "fry").await;
    let mut pass = kitchen.screen("pass", "expo").await;
    let order = coursed(&kitchen, "steak", "fries", json!({ "after_minutes": 8 })).await;
    let first = grill.card("the first course", &order, |card| card.total == 1).await;
    let at_pass = pass.line("the second course, grey", &order, "l2", |line| line.waits.is_some()).await;
    let fires = at_pass.next_course.unwrap().fires_at.expect("a moment");
    assert_eq!(fires.since(first.since), 480_000);
    let events = kitchen.events().await;
    let card = fry.card("the second course", &order, |card| card.total == 1).await;
    assert!(fry.look().now >= fires);
    assert_eq!(card.since, fires, "its age counts from then");
    pass.line("the second course", &order, "l2", |line| line.waits.is_none()).await;
    let kept = kitchen.pos.read(&order).await;
    assert!(kept["courses"][1]["fired_at"].is_null(), "by the clock alone");
    assert_eq!(kitchen.events().await, events);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduled_order_waits_in_its_own_list_and_goes_at_its_time_or_when_somebody_says_now() {
    let kitchen = Premises::at_pace(MINUTES_AS_SECONDS).await;
    let mut one = kitchen.screen("one", "grill").await;
    let mut two = kitchen.screen("two", "grill").await;
    let now = kitchen.pos.status().await["time_ms"].as_i64().unwrap();
    let items = json!([{ "id": "l1", "menu_item_id": "steak", "name": "steak", "quantity": 2 }]);
    let at = |minutes: i64| json!({ "type": "pickup", "customer_name": "Ana Okafor", "fire_at": now + minutes * 60_000, "items": items });
    let tonight = kitchen.pos.post(at(600)).await;
    let soon = kitchen.pos.post(at(10)).await;
    for screen in [&mut one, &mut two] {
        screen.go(Go::Tab { tab: Tab::Scheduled });
        let rows = |glass: &Frame| -> Vec<String> {
            glass.rows.iter().flatten().map(|row| row.order.0.clone()).collect()
        };
        screen
            .see("both orders, the sooner one first", |glass| rows(glass) == [soon.clone(), tonight.clone()])
            .await;
        screen.go(Go::Tab { tab: Tab::Station });
    }
    assert_eq!(kitchen.pos.read(&tonight).await["status"], "pending");

    // By itself.
    for screen in [&mut one, &mut two] {
        let glass = screen.tickets_are(&[&soon]).await;
        let card = glass.card(&soon).unwrap();
        assert_eq!(card.since.0, now + 10 * 60_000, "its age counts from its time");
        assert!(glass.now >= card.since);
        assert_eq!(glass.head.unwrap().scheduled, 1);
    }
    assert_eq!(kitchen.pos.read(&soon).await["status"], "confirmed");

    // By hand, from the list.
    one.go(Go::Tab { tab: Tab::Scheduled });
    let glass = one.see("the list", |glass| glass.rows.iter().flatten().count() == 1).await;
    let row = glass.rows.unwrap().remove(0);
    assert_eq!((row.at.0, row.lines), (now + 600 * 60_000, vec!["2 steak".to_owned()]));
    one.press(Press::Fire { order: row.order, seen: row.seen, course: None }).unwrap();
    one.go(Go::Tab { tab: Tab::Station });
    for screen in [&mut two, &mut one] {
        let glass = screen.tickets_are(&[&soon, &tonight]).await;
        assert_eq!(glass.head.unwrap().scheduled, 0);
    }
    let kept = kitchen.pos.read(&tonight).await;
    assert!(kept["fired_at"].is_string() && kept["status"] == "confirmed", "{kept}");
}
