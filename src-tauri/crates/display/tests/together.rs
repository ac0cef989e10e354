//! What goes together: lines that are to be done together, and the tickets of one table.

mod common;

use common::{Model, Screen};
use display::frame::{Go, LineStart, Press, PressTicket, Tab};
use kitchen::{NewOrder, OrderId};
use testkit::{ScriptedHub, draft, eventually, line};

fn head(window: &Model) -> &display::frame::Head {
    window.frame.head.as_ref().expect("a head")
}

/// BUMP ALL, with these tickets as they stand on the glass.
fn bump_all(window: &Model, orders: &[&str]) -> Press {
    let ticket = |order: &&str| {
        let card = window.card(order).expect("it is on the glass").clone();
        PressTicket { order: card.order, seen: card.seen, lines: card.bump }
    };
    Press::BumpTable { tickets: orders.iter().map(ticket).collect() }
}

#[tokio::test]
async fn a_line_that_takes_less_is_begun_later_and_time_alone_says_when() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    hub.change_setup(|setup| {
        for item in &mut setup.menu.items {
            item.prep_minutes = [("steak", 2), ("bass", 1), ("fries", 1)]
                .into_iter()
                .find_map(|(id, minutes)| (item.id.as_str() == id).then_some(minutes));
        }
    });
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    // Taken almost a minute ago, so that the wait is short.
    let placed_at = hub.now().plus(-54_000);
    let lines = || vec![line("steak", 1, &[]), line("bass", 2, &[])];
    hub.place("o1", NewOrder { placed_at: Some(placed_at), ..draft("1", lines()) });
    screen.until("the order", |w| w.card("o1").is_some()).await;
    let card = screen.window.card("o1").unwrap().clone();
    assert!(card.lines.iter().all(|line| line.start.is_none()) && card.done_at.is_none(), "off unless set");

    hub.change_setup(|setup| setup.settings.coordinate = true);
    hub.place(
        "o2",
        NewOrder {
            placed_at: Some(placed_at),
            ..draft("2", vec![line("steak", 1, &[]), line("fries", 1, &[])])
        },
    );
    let at = placed_at.plus(60_000);
    let waits = LineStart::Later { at, with: "Ribeye".to_owned() };
    let start = |w: &Model, order: &str, nth: usize| w.card(order).unwrap().lines[nth].start.clone();
    screen.until("coordinated", |w| w.card("o1").unwrap().done_at == Some(placed_at.plus(120_000))).await;
    assert_eq!(start(&screen.window, "o1", 0), Some(LineStart::Now));
    assert_eq!(start(&screen.window, "o1", 1), Some(waits.clone()));
    let card = screen.window.card("o1").unwrap();
    assert_eq!((card.total, card.bump.len(), card.start_at), (2, 2, None), "nothing is hidden or barred");

    // The fry sees a ticket that waits as a whole.
    screen.go(Go::Station { station: "fry".into() }).await;
    screen.until("fry", |w| w.card("o2").is_some_and(|card| card.start_at == Some(at))).await;
    screen.until("its time comes", |w| start(w, "o2", 0) == Some(LineStart::Now)).await;
    assert!(screen.window.frame.now >= at && screen.window.card("o2").unwrap().start_at.is_none());
    let card = screen.window.card("o2").unwrap().clone();
    screen.press(Press::Start { order: card.order, seen: card.seen, lines: card.bump }).await.unwrap();
    screen.until("begun", |w| start(w, "o2", 0).is_none()).await;
    screen.kitchen.shutdown().await;
}

#[tokio::test]
async fn the_tickets_of_a_table_stand_together_and_go_together() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    for (id, table) in [("o1", "12"), ("o2", "3"), ("o3", "12"), ("o4", ""), ("o5", "12"), ("o6", "")] {
        hub.place(id, draft(table, vec![line("steak", 1, &[])]));
    }
    let as_they_came = ["o1", "o2", "o3", "o4", "o5", "o6"];
    screen.until("the orders", |w| w.orders() == as_they_came).await;
    assert!(screen.window.cards.values().all(|card| card.table.is_none()), "off unless set");
    screen.go(Go::ByTable { on: true }).await;
    screen.until("together", |w| w.orders() == ["o1", "o3", "o5", "o2", "o4", "o6"]).await;
    let place =
        |w: &Model, order: &str| w.card(order).unwrap().table.as_ref().map(|t| (t.position, t.tickets));
    assert_eq!(
        ["o1", "o3", "o5", "o2", "o4"].map(|order| place(&screen.window, order)),
        [Some((1, 3)), Some((2, 3)), Some((3, 3)), None, None]
    );
    assert_eq!(head(&screen.window).by_table, Some(true));

    // One touch, an act for each, and one touch back.
    let bump = bump_all(&screen.window, &["o1", "o3", "o5"]);
    screen.press(bump).await.unwrap();
    screen.until("gone", |w| w.orders() == ["o2", "o4", "o6"]).await;
    eventually("three operations", || async { (hub.applied().len() == 3).then_some(()) }).await;
    let toasts = screen.window.frame.toasts.clone().unwrap();
    let [toast] = &toasts[..] else { panic!("one toast for all: {toasts:?}") };
    assert_eq!(toast.count, Some(3));
    let undo = Press::Undo { order: toast.order.clone(), operation: toast.operation.clone() };
    screen.press(undo).await.unwrap();
    screen.until("back", |w| w.orders() == ["o1", "o3", "o5", "o2", "o4", "o6"]).await;
    assert_eq!(screen.window.frame.toasts.as_deref(), Some(&[][..]));
    screen.until("all sent", |w| w.unsent() == 0).await;

    // A ticket bumped by another screen in between is no reason to hold the others back.
    let bump = bump_all(&screen.window, &["o1", "o3"]);
    hub.act(kitchen::Operation {
        id: "other".into(),
        device: None,
        at: hub.now(),
        order: "o1".into(),
        seen: 3,
        act: kitchen::Act::Bump { station: "grill".into(), lines: vec![testkit::touch("steak#1", 1)] },
    })
    .unwrap();
    screen.press(bump).await.unwrap();
    screen.until("both gone", |w| w.card("o1").is_none() && w.card("o3").is_none()).await;
    screen.kitchen.shutdown().await;

    let screen = Screen::start(folder.path(), &hub).await;
    assert_eq!(head(&screen.window).by_table, Some(true), "kept over a restart");
    screen.kitchen.shutdown().await;
}

#[tokio::test]
async fn of_a_table_that_is_bumped_at_once_what_is_refused_says_so_on_its_card() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    hub.change_setup(|setup| setup.settings.pass_waits = true);
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    screen.go(Go::Tab { tab: Tab::Expo }).await;
    screen.go(Go::ByTable { on: true }).await;
    hub.place("o1", draft("12", vec![line("steak", 1, &[])]));
    hub.place("o2", draft("12", vec![line("bread", 1, &[])]));
    hub.place("o3", draft("12", vec![line("bread", 2, &[])]));
    screen.until("the table", |w| w.cards.len() == 3).await;
    let bump = bump_all(&screen.window, &["o1", "o2", "o3"]);
    screen.press(bump).await.unwrap();
    screen
        .until("two are gone, the third says why not", |w| {
            w.card("o1")
                .is_some_and(|card| card.problem.as_ref().is_some_and(|fault| fault.code == "still_cooking"))
                && w.card("o2").is_none()
                && w.card("o3").is_none()
        })
        .await;
    screen.until("sent", |w| w.unsent() == 0).await;
    assert_eq!(hub.applied().len(), 2);
    assert!(hub.order("o1").unwrap().bumps.is_empty());
    // Nothing that was refused is in the way of what comes next.
    let (order, seen) = (OrderId::from("o1"), screen.window.card("o1").unwrap().seen);
    screen.press(Press::Rush { order, seen }).await.unwrap();
    screen
        .until("said and done", |w| w.card("o1").is_some_and(|card| card.rush && card.problem.is_none()))
        .await;
    screen.kitchen.shutdown().await;
}

#[tokio::test]
async fn a_scheduled_order_is_spoken_of_before_it_fires_and_the_pass_sees_each_station() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    let in_minutes = |minutes: i64, table: &str| {
        let fire_at = Some(hub.now().plus(minutes * 60_000 + 4_000));
        NewOrder { fire_at, ..draft(table, vec![line("steak", 1, &[])]) }
    };
    hub.place("o1", in_minutes(5, "1"));
    hub.place("o2", in_minutes(60, "2"));
    screen.go(Go::Tab { tab: Tab::Scheduled }).await;
    let soon =
        |w: &Model| -> Vec<Option<bool>> { w.frame.rows.iter().flatten().map(|row| row.soon).collect() };
    screen.until("both wait", |w| head(w).scheduled == 2 && soon(w) == [None, None]).await;
    assert_eq!(head(&screen.window).scheduled_soon, 0);
    screen
        .until("five minutes before", |w| soon(w) == [Some(true), None] && head(w).scheduled_soon == 1)
        .await;

    hub.place("o3", draft("3", vec![line("steak", 1, &[]), line("bass", 1, &[]), line("fries", 1, &[])]));
    screen.go(Go::Tab { tab: Tab::Expo }).await;
    screen.until("at the pass", |w| w.card("o3").is_some()).await;
    let progress = |w: &Model| -> Vec<(String, u32, u32, bool)> {
        let stations = w.card("o3").unwrap().progress.clone().unwrap();
        stations.into_iter().map(|held| (held.name, held.done, held.lines, held.sent)).collect()
    };
    let of = |name: &str, done, lines, sent| (name.to_owned(), done, lines, sent);
    assert_eq!(progress(&screen.window), [of("Grill", 0, 2, false), of("Fry", 0, 1, false)]);
    let act = |id: &str, act| {
        let (id, order) = (id.into(), "o3".into());
        hub.act(kitchen::Operation { id, device: None, at: hub.now(), order, seen: 1, act }).unwrap();
    };
    let lines = vec![testkit::touch("bass#1", 1)];
    act("done", kitchen::Act::Finish { station: "grill".into(), lines });
    let lines = vec![testkit::touch("fries#1", 1)];
    act("sent", kitchen::Act::Bump { station: "fry".into(), lines });
    screen
        .until("one of two, and all", |w| progress(w) == [of("Grill", 1, 2, false), of("Fry", 1, 1, true)])
        .await;
    screen.go(Go::Tab { tab: Tab::Station }).await;
    screen.until("the grill", |w| w.card("o3").is_some_and(|card| card.progress.is_none())).await;
    screen.kitchen.shutdown().await;
}
