//! What guests change after their order was fired.

use display::frame::{Card, CardLineState, LineChange};
use kitchen::ChangeKind;
use serde_json::json;

use crate::support::{OnGlass, Premises, Pressed, SOON, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_is_added_is_marked_until_it_is_touched_and_finished_ones_do_not_come_back() {
    let kitchen = Premises::open().await;
    let mut one = kitchen.screen("one", "grill").await;
    let mut two = kitchen.screen("two", "grill").await;
    let order = kitchen.order("7", &[("steak", 2)]).await;
    two.tickets_are(&[&order]).await;
    let card = one.card("the ticket", &order, |card| card.total == 1).await;
    one.press(card.bump()).unwrap();
    two.tickets_are(&[]).await;

    kitchen
        .pos
        .add(&order, json!([{ "id": "more", "menu_item_id": "steak", "name": "steak", "quantity": 1 }]))
        .await;
    for screen in [&mut one, &mut two] {
        let added = Some(LineChange { kind: ChangeKind::Added, was: 0 });
        let card = screen.line("the new line, marked", &order, "more", |line| line.change == added).await;
        assert_eq!(card.line("l1").unwrap().state, CardLineState::Bumped);
        let named: Vec<&str> = card.bump.iter().map(|line| line.line.as_str()).collect();
        assert_eq!((named, card.total), (vec!["more"], 1), "what is done is nobody's again");
    }
    assert_eq!(kitchen.done_and_bumped(&order, "l1", "grill").await, (2, 2));
    assert_eq!(kitchen.done_and_bumped(&order, "more", "grill").await, (0, 0));

    let card = two.card("the ticket", &order, |card| card.total == 1).await;
    two.press(card.acknowledge("more")).unwrap();
    for screen in [&mut two, &mut one] {
        screen.line("the new line, seen", &order, "more", |line| line.change.is_none()).await;
    }
    // A bump of the ticket as it stood before the last line came finishes that line nowhere.
    kitchen
        .pos
        .add(&order, json!([{ "id": "last", "menu_item_id": "steak", "name": "steak", "quantity": 1 }]))
        .await;
    one.line("the last line", &order, "last", |line| line.change.is_some()).await;
    one.press(card.bump()).unwrap();
    for screen in [&mut one, &mut two] {
        screen.line_is(&order, "more", CardLineState::Bumped).await;
        screen.line_is(&order, "last", CardLineState::Queued).await;
    }
    assert_eq!(kitchen.done_and_bumped(&order, "last", "grill").await, (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_is_changed_shows_how_it_is_wanted_now_and_is_marked_until_it_is_touched() {
    let kitchen = Premises::open().await;
    let mut one = kitchen.screen("one", "grill").await;
    let mut two = kitchen.screen("two", "grill").await;
    let order = kitchen.order("7", &[("steak", 2)]).await;
    one.card("the ticket", &order, |card| card.total == 1).await;
    kitchen.change(&order, "l1", json!({ "modifiers": ["well done"], "notes": "no salt" })).await;
    for screen in [&mut one, &mut two] {
        let changed = Some(LineChange { kind: ChangeKind::Changed, was: 2 });
        let card = screen.line("the line, marked", &order, "l1", |line| line.change == changed).await;
        let line = card.line("l1").unwrap();
        assert_eq!((line.modifiers[0].text.as_str(), line.note.as_deref()), ("well done", Some("no salt")));
    }
    assert_eq!(kitchen.pos.read(&order).await["items"][0]["modifiers"][0]["name"], "well done");

    // To begin it is to have seen it.
    let card = one.card("the ticket", &order, |card| !card.pending).await;
    one.press(card.start()).unwrap();
    for screen in [&mut one, &mut two] {
        let card = screen.line_is(&order, "l1", CardLineState::Started).await;
        assert_eq!(card.line("l1").unwrap().change, None);
    }
    assert!(kitchen.work(&order, "l1", "grill").await["started_at"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn pieces_that_are_taken_back_are_told_with_how_many_there_were() {
    let kitchen = Premises::open().await;
    let mut one = kitchen.screen("one", "grill").await;
    let mut two = kitchen.screen("two", "grill").await;
    let order = kitchen.order("7", &[("steak", 3), ("steak", 1)]).await;
    one.card("the ticket", &order, |card| card.total == 2).await;
    kitchen.change(&order, "l1", json!({ "quantity": 1 })).await;
    kitchen.change(&order, "l2", json!({ "voided": 1 })).await;
    for screen in [&mut one, &mut two] {
        let fewer = Some(LineChange { kind: ChangeKind::Voided, was: 3 });
        let card = screen
            .line("fewer pieces", &order, "l1", |line| line.change == fewer && line.quantity == 1)
            .await;
        assert_eq!(card.line("l1").unwrap().state, CardLineState::Queued);
        let none = Some(LineChange { kind: ChangeKind::Voided, was: 1 });
        screen
            .line("a line taken back", &order, "l2", |line| {
                line.change == none && line.state == CardLineState::Voided
            })
            .await;
    }
    let kept = kitchen.pos.read(&order).await;
    assert_eq!((&kept["items"][0]["voided"], &kept["items"][1]["voided"]), (&2.into(), &1.into()));

    let card = one.card("the ticket", &order, |card| card.total == 1).await;
    one.press(card.acknowledge("l1")).unwrap();
    one.press(card.acknowledge("l2")).unwrap();
    for screen in [&mut one, &mut two] {
        let card = screen.card("one line left", &order, |card| card.line("l2").is_none()).await;
        assert_eq!((card.line("l1").unwrap().change.clone(), card.bump[0].upto), (None, 1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_taken_back_while_it_cooks_stays_until_each_glass_has_seen_it() {
    let kitchen = Premises::open().await;
    let mut grill = kitchen.screen("grill", "grill").await;
    let mut pass = kitchen.screen("pass", "expo").await;
    let order = kitchen.order("7", &[("steak", 2)]).await;
    let unbegun = kitchen.order("8", &[("steak", 1)]).await;
    let card = grill.card("the ticket", &order, |card| card.total == 1).await;
    grill.press(card.start()).unwrap();
    let begun = |card: &Card| {
        !card.pending && card.line("l1").is_some_and(|line| line.state == CardLineState::Started)
    };
    grill.card("that it is begun", &order, begun).await;
    kitchen.pos.done(reqwest::Method::DELETE, &format!("orders/{order}?reason=guest%20left"), None).await;
    for screen in [&mut grill, &mut pass] {
        let card = screen.card("that it is taken back", &order, |card| card.voided).await;
        assert_eq!(card.line("l1").unwrap().state, CardLineState::Voided);
        assert!(screen.look().card(&unbegun).is_some_and(|card| !card.voided));
    }
    let kept = kitchen.pos.read(&order).await;
    assert_eq!((&kept["status"], &kept["open"]), (&"cancelled".into(), &true.into()));
    assert_eq!(grill.look().count("steak").unwrap().open, 1, "what is taken back is not counted");

    let card = grill.card("the ticket", &order, |card| card.voided).await;
    grill.press(card.bump()).unwrap();
    grill.tickets_are(&[&unbegun]).await;
    let card = pass.card("the ticket all the same", &order, |card| card.voided && !card.pending).await;
    assert_eq!(kitchen.pos.read(&order).await["open"], true);
    pass.press(card.bump()).unwrap();
    for screen in [&mut pass, &mut grill] {
        screen.tickets_are(&[&unbegun]).await;
    }
    let closed = until("the hub to hear of it", SOON, async || {
        let kept = kitchen.pos.read(&order).await;
        (kept["open"] == false).then_some(kept)
    });
    assert_eq!(closed.await["cancel_reason"], "guest left");
}
