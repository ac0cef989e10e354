//! Start, bump and its undo, recall and review, rush, hold, transfer.

use display::frame::{CardLineState, Done, Frame, Go, LinePlace, Press, PressLine, Row, Tab};
use kitchen::StationId;

use crate::support::{OnGlass, Premises, Pressed};
use crate::{ALL_THE_TIME, MINUTES_AS_SECONDS};

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_that_is_begun_is_begun_on_both_screens_and_can_be_put_down_again() {
    let kitchen = Premises::open().await;
    let mut one = kitchen.screen("one", "grill").await;
    let mut two = kitchen.screen("two", "grill").await;
    let order = kitchen.order("7", &[("steak", 2), ("steak", 1)]).await;
    let card = one.card("the ticket", &order, |card| card.total == 2).await;
    one.press(card.start()).unwrap();
    for screen in [&mut one, &mut two] {
        screen.line_is(&order, "l1", CardLineState::Started).await;
        screen.line_is(&order, "l2", CardLineState::Started).await;
    }
    assert!(kitchen.work(&order, "l2", "grill").await["started_at"].is_string());
    assert_eq!(kitchen.pos.read(&order).await["status"], "preparing");

    // Put down by the other one.
    let card = two.card("the ticket", &order, |card| !card.pending).await;
    two.press(card.unstart()).unwrap();
    for screen in [&mut two, &mut one] {
        screen.line_is(&order, "l1", CardLineState::Queued).await;
    }
    assert!(kitchen.work(&order, "l1", "grill").await["started_at"].is_null());
    assert_eq!(kitchen.pos.read(&order).await["status"], "confirmed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_is_done_and_not_done_and_a_bump_takes_the_ticket_off_until_it_is_undone() {
    let kitchen = Premises::at_pace(ALL_THE_TIME).await;
    let mut one = kitchen.screen("one", "grill").await;
    let mut two = kitchen.screen("two", "grill").await;
    let order = kitchen.order("7", &[("steak", 2), ("steak", 1)]).await;
    let card = one.card("the ticket", &order, |card| card.total == 2).await;
    one.press(card.finish("l1")).unwrap();
    one.press(card.finish("l2")).unwrap();
    for screen in [&mut one, &mut two] {
        screen.card("two lines done", &order, |card| card.done == 2).await;
    }
    assert_eq!(kitchen.done_and_bumped(&order, "l1", "grill").await, (2, 0));

    let card = two.card("the ticket", &order, |card| card.done == 2).await;
    two.press(card.reopen("l2")).unwrap();
    for screen in [&mut two, &mut one] {
        screen.line_is(&order, "l2", CardLineState::Queued).await;
    }
    assert_eq!(kitchen.done_and_bumped(&order, "l2", "grill").await, (0, 0));

    let card = one.line_is(&order, "l2", CardLineState::Queued).await;
    one.press(card.bump()).unwrap();
    for screen in [&mut one, &mut two] {
        screen.tickets_are(&[]).await;
    }
    assert_eq!(kitchen.done_and_bumped(&order, "l2", "grill").await, (1, 1));
    let undo = one.undo().await;
    one.press(undo).unwrap();
    for screen in [&mut two, &mut one] {
        screen.line_is(&order, "l1", CardLineState::Done).await;
        screen.line_is(&order, "l2", CardLineState::Queued).await;
    }
    assert_eq!(kitchen.done_and_bumped(&order, "l1", "grill").await, (2, 0));
    assert_eq!(kitchen.done_and_bumped(&order, "l2", "grill").await, (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bump_is_taken_back_from_the_other_screen_by_its_name_and_only_once() {
    let kitchen = Premises::open().await;
    let mut one = kitchen.screen("one", "grill").await;
    let mut two = kitchen.screen("two", "grill").await;
    let order = kitchen.order("7", &[("steak", 2)]).await;
    // An empty glass is a bump that was seen only where the ticket was seen before.
    two.tickets_are(&[&order]).await;
    let card = one.card("the ticket", &order, |card| card.total == 1).await;
    let bump = one.press(card.bump()).unwrap().expect("a bump");
    two.tickets_are(&[]).await;

    let unbump = || Press::Unbump { order: order.as_str().into(), operation: bump.as_str().into() };
    two.press(unbump()).unwrap();
    for screen in [&mut two, &mut one] {
        screen.line_is(&order, "l1", CardLineState::Queued).await;
    }
    assert_eq!(kitchen.done_and_bumped(&order, "l1", "grill").await, (0, 0));
    assert_eq!(one.press(unbump()), Err("bump_unknown".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recall_finds_a_ticket_by_words_and_brings_it_back_with_its_age_to_its_place_on_all_its_stations() {
    let kitchen = Premises::open().await;
    // Burgers are cooked at both.
    let mut fry = kitchen.screen("fry", "fry").await;
    let mut build = kitchen.screen("build", "build").await;
    let mut orders = Vec::new();
    for table in ["11", "12", "13"] {
        orders.push(kitchen.order(table, &[("burger", 2), ("wine", 1)]).await);
    }
    let [first, wanted, last] = [&orders[0], &orders[1], &orders[2]];
    let mut ages = Vec::new();
    for screen in [&mut fry, &mut build] {
        let glass = screen.tickets_are(&[first, wanted, last]).await;
        let card = glass.card(wanted).unwrap();
        ages.push(card.since);
        screen.press(card.bump()).unwrap();
    }
    // Something else goes, too: what is found is found by words, not by being the last.
    let card = fry.card("the last ticket", last, |card| card.total == 1).await;
    fry.press(card.bump()).unwrap();
    fry.tickets_are(&[first]).await;
    build.tickets_are(&[first, last]).await;

    fry.go(Go::Tab { tab: Tab::Recall });
    let rows = |glass: &Frame| glass.rows.clone().unwrap_or_default();
    fry.see("both bumps", |glass| rows(glass).len() == 2).await;
    for (search, found) in [("burger pizza", 0), ("BURG 12", 1)] {
        fry.go(Go::Search { text: search.to_owned() });
        fry.see(&format!("what {search:?} finds"), |glass| {
            let head = glass.head.as_ref().unwrap();
            head.search.as_deref() == Some(search) && rows(glass).len() == found
        })
        .await;
    }
    let row: Row = rows(&fry.look()).remove(0);
    assert_eq!(
        (row.order.as_str(), row.since, row.lines),
        (wanted.as_str(), ages[0], vec!["2 burger".to_owned()])
    );
    fry.press(Press::Recall { order: row.order, operation: row.bump.unwrap() }).unwrap();
    fry.go(Go::Tab { tab: Tab::Station });

    for (screen, stand) in [(&mut build, vec![first, wanted, last]), (&mut fry, vec![first, wanted])] {
        let stand: Vec<&str> = stand.into_iter().map(String::as_str).collect();
        let glass = screen.tickets_are(&stand).await;
        let card = glass.card(wanted).unwrap();
        assert_eq!((card.since, card.done), (ages[0], 0), "as old as it is, and as it was");
    }
    for station in ["fry", "build"] {
        assert_eq!(kitchen.done_and_bumped(wanted, "l1", station).await, (0, 0));
    }
    assert_eq!(kitchen.done_and_bumped(last, "l1", "fry").await, (2, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn to_look_at_a_ticket_that_is_gone_changes_nothing_anywhere() {
    let kitchen = Premises::open().await;
    let mut one = kitchen.screen("one", "grill").await;
    let mut two = kitchen.screen("two", "grill").await;
    let order = kitchen.order("7", &[("steak", 2), ("pizza", 1)]).await;
    let other = kitchen.order("8", &[("steak", 1)]).await;
    let card = one.card("the ticket", &order, |card| card.total == 1).await;
    one.press(card.bump()).unwrap();
    let before = two.tickets_are(&[&other]).await.cards.remove(0);
    let (events, kept) = (kitchen.events().await, kitchen.pos.read(&order).await);

    one.go(Go::Tab { tab: Tab::Recall });
    one.go(Go::Review { order: Some(order.as_str().into()) });
    let glass = one.see("the whole order", |glass| {
        glass.review.as_ref().and_then(|review| review.card.as_ref()).is_some()
    });
    let card = glass.await.review.unwrap().card.unwrap();
    assert_eq!(card.order.as_str(), order);
    let names: Vec<&str> = card.lines.iter().map(|line| line.name.as_str()).collect();
    assert_eq!(names, ["steak", "pizza"], "the whole of it, not the grill's part");
    one.go(Go::Review { order: None });
    one.go(Go::Tab { tab: Tab::Station });

    // What comes after it comes right after it: nothing was written meanwhile.
    let next = kitchen.order("9", &[("steak", 1)]).await;
    for screen in [&mut one, &mut two] {
        screen.tickets_are(&[&other, &next]).await;
    }
    assert_eq!(kitchen.events().await, events + 1);
    assert_eq!(kitchen.pos.read(&order).await, kept);
    let after = two.look().cards.remove(0);
    assert_eq!((after.seen, after.lines), (before.seen, before.lines));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rush_goes_first_everywhere_and_can_be_cancelled_for_three_seconds() {
    let kitchen = Premises::at_pace(ALL_THE_TIME).await;
    let mut one = kitchen.screen("one", "grill").await;
    let mut two = kitchen.screen("two", "expo").await;
    let first = kitchen.order("1", &[("steak", 1)]).await;
    let second = kitchen.order("2", &[("steak", 1)]).await;
    let glass = one.tickets_are(&[&first, &second]).await;
    let pressed = glass.now;
    one.press(glass.card(&second).unwrap().rush()).unwrap();
    for screen in [&mut one, &mut two] {
        let glass = screen.tickets_are(&[&second, &first]).await;
        assert!(glass.card(&second).unwrap().rush);
    }
    assert_eq!(kitchen.pos.read(&second).await["rush"], true);
    let toast = one.look().toasts.unwrap_or_default().pop().expect("an offer to cancel");
    let lasts = toast.until.since(pressed);
    assert!(toast.what == Some(Done::Rushed) && (3_000..4_000).contains(&lasts), "{lasts} ms: {toast:?}");
    assert!(two.look().toasts.unwrap_or_default().is_empty(), "the offer is made where the rush was");
    let undo = one.undo().await;
    one.press(undo).unwrap();
    for screen in [&mut two, &mut one] {
        let glass = screen.tickets_are(&[&first, &second]).await;
        assert!(!glass.card(&second).unwrap().rush);
    }
    assert_eq!(kitchen.pos.read(&second).await["rush"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rush_that_nobody_cancels_in_time_stays() {
    let kitchen = Premises::open().await;
    let mut one = kitchen.screen("one", "grill").await;
    let mut two = kitchen.screen("two", "grill").await;
    let first = kitchen.order("1", &[("steak", 1)]).await;
    let second = kitchen.order("2", &[("steak", 1)]).await;
    let glass = one.tickets_are(&[&first, &second]).await;
    let rush = one.press(glass.card(&second).unwrap().rush()).unwrap().expect("a rush");
    two.tickets_are(&[&second, &first]).await;
    one.see("that the offer is over", |glass| {
        glass.orders() == [&second, &first] && glass.toasts.iter().flatten().next().is_none()
    })
    .await;
    let undo = Press::Undo { order: second.as_str().into(), operation: rush.into() };
    assert_eq!(one.press(undo), Err("undo_over".to_owned()));
    for screen in [&mut one, &mut two] {
        screen.tickets_are(&[&second, &first]).await;
    }
    assert_eq!(kitchen.pos.read(&second).await["rush"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_waits_at_the_end_for_whoever_releases_it() {
    let kitchen = Premises::open().await;
    let mut one = kitchen.screen("one", "grill").await;
    let mut two = kitchen.screen("two", "expo").await;
    let first = kitchen.order("1", &[("steak", 1)]).await;
    let second = kitchen.order("2", &[("steak", 1)]).await;
    one.tickets_are(&[&first, &second]).await;
    let card = one.card("the first ticket", &first, |card| !card.held).await;
    one.press(card.hold(None)).unwrap();
    for screen in [&mut one, &mut two] {
        let glass = screen.tickets_are(&[&second, &first]).await;
        let card = glass.card(&first).unwrap();
        assert!(card.held && card.held_until.is_none());
        let count = glass.count("steak").unwrap();
        assert_eq!((count.open, count.later), (1, Some(1)), "nobody is to cook it now");
    }
    assert_eq!(kitchen.pos.read(&first).await["held"], true);

    let card = two.card("the ticket", &first, |card| card.held && !card.pending).await;
    two.press(card.release()).unwrap();
    for screen in [&mut one, &mut two] {
        let glass = screen.tickets_are(&[&first, &second]).await;
        assert!(!glass.card(&first).unwrap().held);
    }
    assert_eq!(kitchen.pos.read(&first).await["held"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_with_an_end_releases_itself_on_both_screens_without_a_word() {
    let kitchen = Premises::at_pace(MINUTES_AS_SECONDS).await;
    let mut one = kitchen.screen("one", "grill").await;
    let mut two = kitchen.screen("two", "grill").await;
    let first = kitchen.order("1", &[("steak", 1)]).await;
    let second = kitchen.order("2", &[("steak", 1)]).await;
    one.tickets_are(&[&first, &second]).await;
    let card = one.card("the first ticket", &first, |card| !card.held).await;
    one.press(card.hold(Some(8))).unwrap();
    let mut ends = Vec::new();
    for screen in [&mut one, &mut two] {
        let card = screen.card("that it is held", &first, |card| card.held && !card.pending).await;
        ends.push(card.held_until.expect("an end"));
    }
    assert_eq!(ends[0], ends[1]);
    let events = kitchen.events().await;
    assert!(kitchen.pos.read(&first).await["held_until"].is_string());
    for screen in [&mut one, &mut two] {
        let glass = screen.tickets_are(&[&first, &second]).await;
        assert!(!glass.card(&first).unwrap().held);
        assert!(glass.now >= ends[0], "released at {:?}, before {:?}", glass.now, ends[0]);
    }
    let kept = kitchen.pos.read(&first).await;
    assert_eq!((&kept["held"], &kept["held_until"]), (&false.into(), &serde_json::Value::Null));
    assert_eq!(kitchen.events().await, events);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_is_sent_to_another_station_goes_there_with_what_is_done_of_it_and_comes_back() {
    let kitchen = Premises::at_pace(ALL_THE_TIME).await;
    let mut grill = kitchen.screen("grill", "grill").await;
    let mut fry = kitchen.screen("fry", "fry").await;
    let order = kitchen.order("7", &[("steak", 3)]).await;
    let card = grill.card("the ticket", &order, |card| card.total == 1).await;
    let one_piece = PressLine { upto: 1, ..card.touch("l1") };
    grill.press(Press::Finish { order: card.order.clone(), seen: card.seen, line: one_piece }).unwrap();
    let card = grill.line("a piece done", &order, "l1", |line| line.done == 1).await;
    grill.press(card.transfer("fry", &["l1"])).unwrap();
    let sent = fry.line("the line", &order, "l1", |line| line.from.as_deref() == Some("GRILL")).await;
    let line = sent.line("l1").unwrap();
    assert_eq!((line.quantity, line.done), (3, 1));
    grill.tickets_are(&[]).await;
    assert_eq!(kitchen.work(&order, "l1", "fry").await["came_from"], "grill");
    assert_eq!(kitchen.done_and_bumped(&order, "l1", "fry").await, (1, 0));
    assert!(kitchen.work(&order, "l1", "grill").await.is_null());

    let undo = grill.undo().await;
    grill.press(undo).unwrap();
    fry.tickets_are(&[]).await;
    let back = grill.card("the ticket", &order, |card| card.total == 1).await;
    assert_eq!(back.line("l1").unwrap().done, 1);
    assert_eq!(kitchen.done_and_bumped(&order, "l1", "grill").await, (1, 0));
    let nowhere = card.transfer("bar", &["l1"]);
    assert_eq!(grill.press(nowhere), Err("station_unknown".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_made_goes_on_to_the_oven_piece_by_piece() {
    let kitchen = Premises::open().await;
    let mut make = kitchen.screen("make", "make").await;
    let mut oven = kitchen.screen("oven", "oven").await;
    let order = kitchen.order("7", &[("pizza", 3)]).await;
    let card = make.card("the ticket", &order, |card| card.total == 1).await;
    oven.tickets_are(&[]).await;
    let one_piece = PressLine { upto: 1, ..card.touch("l1") };
    make.press(Press::Finish { order: card.order.clone(), seen: card.seen, line: one_piece }).unwrap();
    let there = oven.line("the first pizza", &order, "l1", |line| line.quantity == 1).await;
    assert_eq!((there.line("l1").unwrap().to_come, there.bump[0].upto), (Some(2), 1));
    oven.press(there.bump()).unwrap();
    oven.tickets_are(&[]).await;

    let card = make.line("a pizza made", &order, "l1", |line| line.done == 1).await;
    make.press(card.bump()).unwrap();
    make.tickets_are(&[]).await;
    let there = oven.card("the others", &order, |card| !card.pending && card.touch("l1").upto == 3).await;
    assert_eq!((there.line("l1").unwrap().to_come, there.line("l1").unwrap().done), (None, 1));
    assert_eq!(kitchen.done_and_bumped(&order, "l1", "make").await, (3, 3));
    assert_eq!(kitchen.done_and_bumped(&order, "l1", "oven").await, (1, 1));
    assert_eq!(kitchen.work(&order, "l1", "oven").await["after"], "make");
    oven.press(there.bump()).unwrap();
    oven.tickets_are(&[]).await;
    make.look_at(StationId::EXPO).await;
    let made = LinePlace::Own { cooking: vec![] };
    let at_pass = make.line("that it is made", &order, "l1", |line| line.place == made).await;
    make.press(at_pass.bump()).unwrap();
    for screen in [&mut make, &mut oven] {
        screen
            .see("that it is gone", |glass| glass.head.as_ref().is_some_and(|head| head.expo_open == 0))
            .await;
    }
    assert_eq!(kitchen.pos.read(&order).await["status"], "completed");
}
