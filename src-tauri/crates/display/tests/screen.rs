//! The whole display core over a real socket, against a scripted hub.

mod common;

use common::{Screen, changes, config, mount};
use display::frame::{CardLineState, ConnectionState, CountsOf, Done, Go, LineWait, Press, PressLine, Tab};
use display::{Clock, Kitchen, Role, Sound, SystemClock, Token, Window};
use kitchen::{At, ModifierClass, OperationId};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use testkit::{Behaviour, ScriptedHub, draft, eventually, line};
use tokio::time::timeout;
use wire::hub::Fault;

#[tokio::test]
async fn an_order_comes_to_the_glass_and_a_bump_to_the_hub() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    let mut sounds = screen.kitchen.sounds();
    let seq = hub.place(
        "o1",
        draft("12", vec![line("steak", 2, &["medium rare", "allergy sesame"]), line("fries", 1, &[])]),
    );
    screen.until("the order", |w| w.card("o1").is_some()).await;
    let card = screen.window.card("o1").unwrap().clone();
    assert!(card.fresh && !card.pending);
    assert_eq!((card.done, card.total, card.lines.len(), card.bump.len()), (0, 1, 2, 1));
    assert_eq!(card.lines[0].modifiers[0].text, "sesame");
    assert_eq!(card.lines[0].modifiers[0].class, ModifierClass::Allergy);
    timeout(Duration::from_secs(2), sounds.recv()).await.expect("it rings").unwrap();
    eventually("stored and painted are acknowledged", || async {
        (hub.acks().last() == Some(&(seq, seq))).then_some(())
    })
    .await;

    let pressed = screen.bump("o1").await;
    screen.until("the bump", |w| w.card("o1").is_none()).await;
    let toast = screen.window.frame.toasts.clone().unwrap().pop().unwrap();
    assert_eq!(Some(toast.operation.clone()), pressed.operation);
    eventually("the hub has it", || async { (hub.applied() == [toast.operation.clone()]).then_some(()) })
        .await;
    screen.until("nothing unsent", |w| w.unsent() == 0).await;

    screen.press(Press::Unbump { order: "o1".into(), operation: toast.operation }).await.unwrap();
    screen.until("it is back", |w| w.card("o1").is_some()).await;
    assert_eq!(screen.window.card("o1").unwrap().since, card.since, "a recall keeps its age");
    assert_eq!(screen.window.frame.toasts.as_deref(), Some(&[][..]));
    screen.kitchen.shutdown().await;
}

#[tokio::test]
async fn a_bump_while_the_hub_is_down_is_shown_at_once_and_arrives_once() {
    let (folder, mut hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    hub.place("o1", draft("1", vec![line("steak", 1, &[])]));
    hub.place("o2", draft("2", vec![line("bass", 1, &[])]));
    screen.until("the orders", |w| w.cards.len() == 2).await;
    hub.stop().await;
    screen.until("not live", |w| w.connection() != ConnectionState::Live).await;
    let first = screen.bump("o1").await.operation.unwrap();
    screen.until("the bump", |w| w.card("o1").is_none() && w.unsent() == 1).await;
    screen.until("offline", |w| w.connection() == ConnectionState::Offline).await;
    assert_eq!(screen.window.orders(), ["o2"], "the board stays and works");
    screen.kitchen.shutdown().await;

    // Another run of the program: the board is there before any hub, with the bump on it.
    let mut screen = Screen::start(folder.path(), &hub).await;
    assert!(screen.window.frame.head.as_ref().unwrap().ready);
    assert_eq!((screen.window.orders(), screen.window.unsent()), (vec!["o2".to_owned()], 1));
    let second = screen.bump("o2").await.operation.unwrap();
    hub.go_on().await;
    screen.until("all sent", |w| w.unsent() == 0 && w.connection() == ConnectionState::Live).await;
    assert_eq!(hub.applied(), [first.clone(), second.clone()]);
    // A machine that stands still for seconds makes the link start over and send again; nothing else ever comes.
    assert!(hub.arrivals().iter().all(|id| *id == first || *id == second), "{:?}", hub.arrivals());
    screen.kitchen.shutdown().await;
}

#[tokio::test]
async fn an_operation_without_an_answer_is_sent_again_and_applied_once() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    for n in 0..10 {
        hub.place(&format!("o{n}"), draft("1", vec![line("steak", 1, &[])]));
    }
    screen.until("orders", |w| w.frame.head.as_ref().unwrap().station_open == 10).await;
    for n in 0..5 {
        screen.bump(&format!("o{n}")).await;
        hub.cut();
    }
    screen.until("all sent", |w| w.unsent() == 0 && w.frame.head.as_ref().unwrap().station_open == 5).await;
    assert_eq!(hub.applied().len(), 5);
    assert!(hub.sockets().2 <= 1, "R3: one socket at a time");
    screen.kitchen.shutdown().await;
}

#[tokio::test]
async fn a_refusal_is_rolled_back_and_said_on_the_card() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    hub.place("o1", draft("1", vec![line("steak", 1, &[])]));
    screen.until("the order", |w| w.card("o1").is_some()).await;
    hub.refuse(Some(Fault::new("order_voided")));
    screen.bump("o1").await;
    screen.until("the refusal", |w| w.card("o1").is_some_and(|card| card.problem.is_some())).await;
    let notice = screen.window.frame.notices.as_ref().unwrap()[0].clone();
    assert_eq!((notice.fault.code.as_str(), screen.window.unsent()), ("order_voided", 0));
    assert_eq!(screen.window.frame.toasts.as_deref(), Some(&[][..]), "nothing to take back");
    screen.go(Go::Dismiss { notice: notice.id }).await;
    screen.until("dismissed", |w| w.frame.notices.as_ref().unwrap().is_empty()).await;

    hub.refuse(Some(Fault::new("log_busy").passing()));
    screen.bump("o1").await;
    eventually("it came", || async { (hub.arrivals().len() == 2).then_some(()) }).await;
    hub.refuse(None);
    screen.until("tried again", |w| w.unsent() == 0 && w.card("o1").is_none()).await;
    screen.kitchen.shutdown().await;
}

#[tokio::test]
async fn two_displays_converge_and_a_line_touch_shows_on_both() {
    let hub = ScriptedHub::start().await;
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut one = Screen::start(one.path(), &hub).await;
    let mut two = Screen::start(two.path(), &hub).await;
    one.until_live().await;
    two.until_live().await;
    hub.place("o1", draft("1", vec![line("steak", 3, &[]), line("bass", 1, &[])]));
    one.until("the order", |w| w.card("o1").is_some()).await;
    two.until("the order", |w| w.card("o1").is_some()).await;
    let card = one.window.card("o1").unwrap().clone();
    let touched = PressLine { line: card.lines[0].id.clone(), upto: 3 };
    one.press(Press::Finish { order: card.order.clone(), seen: card.seen, line: touched }).await.unwrap();
    two.until("the line is done", |w| {
        w.card("o1").is_some_and(|card| card.lines[0].state == CardLineState::Done && !card.pending)
    })
    .await;
    // Both bump what they see at the same moment.
    let (a, b) = tokio::join!(one.bump("o1"), two.bump("o1"));
    assert!(a.operation.is_some() && b.operation.is_some());
    one.until("gone", |w| w.cards.is_empty() && w.unsent() == 0).await;
    two.until("gone", |w| w.cards.is_empty() && w.unsent() == 0).await;
    one.kitchen.shutdown().await;
    two.kitchen.shutdown().await;
}

#[tokio::test]
async fn a_quick_done_and_undone_ends_as_undone() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    hub.place("o1", draft("1", vec![line("steak", 1, &[])]));
    screen.until("the order", |w| w.card("o1").is_some()).await;
    let card = screen.window.card("o1").unwrap().clone();
    let on = PressLine { line: card.lines[0].id.clone(), upto: 1 };
    let finish = Press::Finish { order: card.order.clone(), seen: card.seen, line: on.clone() };
    let reopen = Press::Reopen { order: card.order.clone(), seen: card.seen, lines: vec![on.line] };
    let (a, b, c) = tokio::join!(screen.press(finish.clone()), screen.press(reopen), screen.press(finish));
    assert!(
        a.unwrap().operation.is_some() && b.unwrap().operation.is_some() && c.unwrap().operation.is_some()
    );
    screen.until("sent", |w| w.unsent() == 0 && w.card("o1").is_some_and(|c| c.done == 1)).await;
    assert_eq!(hub.applied().len(), 3);
    screen.kitchen.shutdown().await;
}

#[tokio::test]
async fn an_undo_of_what_never_left_cancels_it() {
    let (folder, mut hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    hub.place("o1", draft("1", vec![line("steak", 1, &[])]));
    screen.until("the order", |w| w.card("o1").is_some()).await;
    hub.stop().await;
    screen.until("not live", |w| w.connection() != ConnectionState::Live).await;
    let operation = screen.bump("o1").await.operation.unwrap();
    screen.until("bumped", |w| w.card("o1").is_none()).await;
    let undone = screen.press(Press::Unbump { order: "o1".into(), operation }).await.unwrap();
    assert_eq!(undone.operation, None);
    screen.until("back", |w| w.card("o1").is_some() && w.unsent() == 0).await;
    screen.kitchen.shutdown().await;
    hub.go_on().await;
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    assert!(screen.window.card("o1").is_some());
    assert!(hub.arrivals().is_empty());
    screen.kitchen.shutdown().await;
}

#[tokio::test]
async fn a_lost_event_is_noticed_and_read_again() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    hub.lose(1);
    hub.place("o1", draft("1", vec![line("steak", 1, &[])]));
    hub.place("o2", draft("2", vec![line("steak", 1, &[])]));
    screen.until("both", |w| w.cards.len() == 2).await;
    // And one after which nothing else is said but the heartbeat.
    hub.lose(1);
    hub.place("o3", draft("3", vec![line("steak", 1, &[])]));
    screen.until("the third", |w| w.cards.len() == 3).await;
    assert!(hub.hellos().iter().skip(1).all(|hello| hello.seq.is_some()), "resumed, not read anew");
    screen.kitchen.shutdown().await;
}

#[tokio::test]
async fn a_press_that_the_disk_does_not_take_is_said_and_shows_nothing() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    let seq = hub.place("o1", draft("1", vec![line("steak", 1, &[])]));
    screen.until("the order", |w| w.card("o1").is_some()).await;
    eventually("it is stored", || async { (hub.acks().last()?.0 == seq).then_some(()) }).await;
    let other = rusqlite::Connection::open(folder.path().join("display.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let card = screen.window.card("o1").unwrap().clone();
    let press = Press::Bump { order: card.order, seen: card.seen, lines: card.bump };
    let fault = screen.press(press.clone()).await.unwrap_err();
    assert_eq!((fault.code.as_str(), fault.retry), ("disk_failed", true));
    // What is received is shown all the same, and written as soon as it can be.
    let seq = hub.place("o2", draft("2", vec![line("steak", 1, &[])]));
    screen.until("the next order", |w| w.card("o2").is_some()).await;
    assert!(screen.window.card("o1").is_some() && screen.window.unsent() == 0);
    assert!(hub.arrivals().is_empty());
    other.execute_batch("ROLLBACK").unwrap();
    eventually("it is stored after all", || async { (hub.acks().last()?.0 == seq).then_some(()) }).await;
    screen.press(press).await.unwrap();
    screen.until("bumped", |w| w.card("o1").is_none() && w.unsent() == 0).await;
    screen.kitchen.shutdown().await;
}

#[tokio::test]
async fn a_restored_hub_is_read_anew_and_gets_what_it_lost() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    hub.place("o1", draft("1", vec![line("steak", 1, &[])]));
    hub.place("o2", draft("2", vec![line("steak", 1, &[])]));
    screen.until("both", |w| w.cards.len() == 2).await;
    hub.refuse(Some(Fault::new("log_busy").passing()));
    let operation = screen.bump("o1").await.operation.unwrap();
    eventually("it came", || async { (!hub.arrivals().is_empty()).then_some(()) }).await;
    hub.refuse(None);
    hub.restore("epoch-2", 1);
    screen
        .until("the restored log", |w| w.card("o2").is_none() && w.card("o1").is_none() && w.unsent() == 0)
        .await;
    assert_eq!(hub.applied(), [operation], "what was pending is kept");
    assert_eq!(hub.hellos().last().unwrap().epoch.as_ref().unwrap().as_str(), "epoch-1");
    screen.kitchen.shutdown().await;
    let screen = Screen::start(folder.path(), &hub).await;
    assert!(screen.window.card("o2").is_none());
    screen.kitchen.shutdown().await;
}

#[tokio::test]
async fn a_snapshot_of_many_parts_is_one_board() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    for n in 0..450 {
        hub.place(&format!("o{n:03}"), draft("1", vec![line("steak", 1, &[])]));
    }
    hub.compact();
    let mut screen = Screen::start(folder.path(), &hub).await;
    assert!(!screen.window.frame.head.as_ref().unwrap().ready, "loading is no empty kitchen");
    screen.until_live().await;
    let head = screen.window.frame.head.clone().unwrap();
    assert_eq!((head.station_open, head.expo_open), (450, 450));
    let counts = screen.window.frame.counts.clone().unwrap();
    assert_eq!((counts.len(), counts[0].open), (1, 450));
    screen.kitchen.shutdown().await;
}

#[tokio::test]
async fn a_wrong_token_is_said_and_a_new_one_lets_in() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let token = folder.path().join("token");
    std::fs::write(&token, "wrong").unwrap();
    let mut config = config(&folder.path().join("data"), &hub.url());
    config.token = Token::File(token.clone());
    let kitchen = Kitchen::start(config).await.unwrap();
    let mut notifications = kitchen.notifications();
    let window = mount(&kitchen, "main").await;
    let mut screen = Screen { kitchen, window };
    screen.until("refused", |w| w.connection() == ConnectionState::Refused).await;
    assert_eq!(
        screen.window.frame.connection.as_ref().unwrap().fault.as_ref().unwrap().code,
        "token_refused"
    );
    assert_eq!(hub.sockets().0, 2, "R3.10: once more, then rest");
    std::fs::write(&token, "secret\n").unwrap();
    screen.kitchen.retry_connection().await.unwrap();
    screen.until_live().await;
    let refused = ConnectionState::Refused;
    let expected = [(ConnectionState::Connecting, refused), (refused, ConnectionState::Live)];
    assert_eq!(changes(&mut notifications), expected, "R3.9: each change once");
    screen.kitchen.shutdown().await;
}

#[tokio::test]
async fn another_restaurants_hub_gets_nothing_onto_the_board() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    screen.kitchen.shutdown().await;
    let other = ScriptedHub::start().await;
    other.change_setup(|setup| setup.settings.restaurant = "kitchen-2".into());
    other.place("x", draft("1", vec![line("steak", 1, &[])]));
    let mut screen = Screen::start(folder.path(), &other).await;
    screen.until("refused", |w| w.connection() == ConnectionState::Refused).await;
    assert!(screen.window.cards.is_empty());
    screen.kitchen.shutdown().await;
}

#[tokio::test]
async fn r3_11_a_black_hole_shows_as_offline_within_three_seconds() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    hub.behave(Behaviour::Mute);
    let muted = std::time::Instant::now();
    screen.until("offline", |w| w.connection() != ConnectionState::Live).await;
    assert!(muted.elapsed() < Duration::from_secs(3), "{:?}", muted.elapsed());
    assert_eq!(screen.window.connection(), ConnectionState::Offline);
    screen.kitchen.shutdown().await;
}

#[tokio::test]
async fn an_hour_wrong_clock_shows_right_ages_and_keeps_them_over_a_restart() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    hub.set_ahead(3_600_000);
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    let right = |now: At| (now.0 - hub.now().0).abs() < 1_000;
    hub.place("o1", draft("1", vec![line("steak", 1, &[])]));
    screen.until("the order", |w| w.card("o1").is_some()).await;
    assert!(right(screen.window.frame.now));
    screen.kitchen.shutdown().await;
    let away = config(folder.path(), "ws://127.0.0.1:1/ws");
    let screen = Screen::with(away).await;
    assert!(right(screen.window.frame.now), "with no hub to ask");
    screen.kitchen.shutdown().await;
}

/// As on a disk that stands still.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_is_slow_to_come_holds_up_no_touch() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let mut screen = Screen::start(folder.path(), &hub).await;
    hub.place("o1", draft("1", vec![line("steak", 1, &[])]));
    screen.until("the order", |w| w.card("o1").is_some()).await;
    screen.kitchen.shutdown().await;
    let (release, released) = std::sync::mpsc::channel::<()>();
    let released = Mutex::new(released);
    let mut config = config(folder.path(), &hub.url());
    config.token = Token::Source(Arc::new(move |_| {
        let _ = released.lock().unwrap().recv();
        Ok("secret".to_owned())
    }));
    let mut screen = Screen::with(config).await;
    eventually("the hub waits for a greeting", || async { (hub.sockets().1 == 1).then_some(()) }).await;
    screen.bump("o1").await;
    screen.until("the bump", |w| w.card("o1").is_none() && w.unsent() == 1).await;
    assert_ne!(screen.window.connection(), ConnectionState::Live);
    drop(release);
    screen.until("sent", |w| w.connection() == ConnectionState::Live && w.unsent() == 0).await;
    screen.kitchen.shutdown().await;
}

/// A clock that counts through suspend, as the machine's own does.
#[derive(Debug, Default)]
struct Slept {
    awake: SystemClock,
    asleep_ms: AtomicU64,
}

impl Clock for Slept {
    fn elapsed(&self) -> Duration {
        self.awake.elapsed() + Duration::from_millis(self.asleep_ms.load(Ordering::SeqCst))
    }

    fn wall(&self) -> At {
        self.awake.wall()
    }
}

/// What a page counts with stands still while the PC sleeps, and nothing else on its glass changes.
#[tokio::test]
async fn law_8_after_a_sleep_a_page_that_waits_is_told_the_time_at_once() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let clock = Arc::new(Slept::default());
    let mut config = config(folder.path(), &hub.url());
    config.clock = clock.clone();
    let mut screen = Screen::with(config).await;
    screen.until_live().await;
    clock.asleep_ms.store(3_600_000, Ordering::SeqCst);
    hub.set_ahead(3_600_000);
    let awake = std::time::Instant::now();
    screen.until("the time after it", |w| (w.frame.now.0 - hub.now().0).abs() < 1_500).await;
    assert!(awake.elapsed() < Duration::from_secs(3), "{:?}", awake.elapsed());
    screen.kitchen.shutdown().await;
}

#[tokio::test]
async fn time_alone_changes_the_glass() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    hub.change_setup(|setup| {
        setup.settings.undo_seconds = 1;
        setup.settings.time_zone = "Asia/Kolkata".to_owned();
        for rule in &mut setup.settings.thresholds {
            (rule.warn_seconds, rule.late_seconds) = (1, 2);
        }
    });
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    assert_eq!(
        screen.window.frame.head.as_ref().unwrap().utc_offset_minutes,
        330,
        "zones travel with the program"
    );
    let mut sounds = screen.kitchen.sounds();
    hub.place("o1", draft("1", vec![line("steak", 1, &[])]));
    let mut later = draft("2", vec![line("bass", 1, &[])]);
    later.fire_at = Some(hub.now().plus(700));
    hub.place("o2", later);
    screen.until("one scheduled", |w| w.frame.head.as_ref().unwrap().scheduled == 1).await;
    timeout(Duration::from_secs(1), sounds.recv()).await.expect("it rings").unwrap();
    screen.until("it fires by itself", |w| w.card("o2").is_some()).await;
    timeout(Duration::from_secs(1), sounds.recv()).await.expect("and rings").unwrap();
    screen.bump("o2").await;
    screen.until("a toast", |w| w.frame.toasts.as_ref().unwrap().len() == 1).await;
    screen.until("soon", |w| w.card("o1").unwrap().urgency == kitchen::Urgency::Soon).await;
    screen.until("the toast goes", |w| w.frame.toasts.as_ref().unwrap().is_empty()).await;
    screen.until("late", |w| w.card("o1").unwrap().urgency == kitchen::Urgency::Late).await;
    assert_eq!(screen.window.frame.head.as_ref().unwrap().late, 1);
    screen.kitchen.shutdown().await;
}

#[tokio::test]
async fn a_guests_window_looks_but_does_not_touch() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    let window = Window { label: "guests".into(), role: Role::Guest, px_per_mm: None };
    let mounted = screen.kitchen.mount(window).await.unwrap();
    let refused = screen.kitchen.press("guests", mounted.frame.mount, Press::BumpSelected).await;
    assert_eq!(refused.unwrap_err().code, "not_allowed");
    screen.kitchen.shutdown().await;
}

#[tokio::test]
async fn pages_chips_selection_and_the_bump_bar() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    for n in 0..10 {
        hub.place(&format!("o{n}"), draft(&n.to_string(), vec![line("steak", 1, &[])]));
    }
    screen.until("a second page", |w| w.frame.head.as_ref().unwrap().station_open == 10).await;
    assert_eq!(screen.window.orders(), ["o0", "o1", "o2", "o3", "o4", "o5", "o6", "o7"]);
    screen.until("chips", |w| w.frame.chips.as_ref().unwrap().len() == 2).await;
    let chips = screen.window.frame.chips.clone().unwrap();
    assert_eq!((chips[0].order.as_str(), chips[0].page), ("o8", 2));
    screen.go(Go::Order { order: "o9".into() }).await;
    screen.until("the second page", |w| w.orders() == ["o8", "o9"]).await;
    assert!(screen.window.frame.chips.as_ref().unwrap().is_empty(), "looked at");

    screen.go(Go::SelectStep { by: 1 }).await;
    screen.until("a selection", |w| w.frame.head.as_ref().unwrap().selected.as_deref() == Some("o8/1")).await;
    screen.go(Go::SelectStep { by: -1 }).await;
    screen
        .until("the page follows", |w| {
            let head = w.frame.head.as_ref().unwrap();
            head.page == 1 && head.selected.as_deref() == Some("o7/1")
        })
        .await;
    screen.go(Go::Select { position: 1 }).await;
    screen.press(Press::BumpSelected).await.unwrap();
    screen
        .until("o1 is gone, its follower is selected", |w| {
            w.card("o1").is_none() && w.frame.head.as_ref().unwrap().selected.as_deref() == Some("o2/1")
        })
        .await;
    screen.press(Press::RecallLast).await.unwrap();
    screen.until("o1 is back in its place", |w| w.orders()[1] == "o1").await;

    screen.go(Go::Tab { tab: Tab::Recall }).await;
    screen.until("no cards", |w| w.cards.is_empty()).await;
    screen.go(Go::Tab { tab: Tab::Station }).await;
    screen.until("cards", |w| !w.cards.is_empty()).await;
    let first: OperationId = screen.bump("o0").await.operation.unwrap();
    screen.bump("o1").await;
    screen.go(Go::Tab { tab: Tab::Recall }).await;
    screen.until("rows", |w| w.frame.rows.as_ref().unwrap().len() == 2).await;
    let rows = screen.window.frame.rows.clone().unwrap();
    assert_eq!(rows[1].bump, Some(first));
    assert_eq!(rows[1].lines, ["1 Ribeye"]);
    screen.kitchen.shutdown().await;
}

#[tokio::test]
async fn views_are_kept_over_a_restart() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    assert_eq!(screen.window.frame.head.as_ref().unwrap().station.name, "Grill");
    screen.go(Go::Station { station: "fry".into() }).await;
    screen.go(Go::Volume { sound: Sound::Late, volume: 30 }).await;
    screen.kitchen.shutdown().await;
    let screen = Screen::start(folder.path(), &hub).await;
    let head = screen.window.frame.head.clone().unwrap();
    assert_eq!(head.station.name, "Fry");
    let volumes: Vec<(Sound, u8)> = head.sounds.iter().map(|held| (held.sound, held.volume)).collect();
    assert_eq!(volumes, Sound::ALL.map(|sound| (sound, if sound == Sound::Late { 30 } else { 80 })));
    screen.kitchen.shutdown().await;
}

#[tokio::test]
async fn a_second_display_in_the_same_folder_is_refused() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let screen = Screen::start(folder.path(), &hub).await;
    let again = Kitchen::start(config(folder.path(), &hub.url())).await;
    assert!(matches!(again, Err(display::StartError::Journal(_))));
    screen.kitchen.shutdown().await;
    screen.kitchen.shutdown().await;
    assert_eq!(screen.kitchen.retry_connection().await.unwrap_err().code, "display_ending");
    eventually("no socket is left", || async { (hub.sockets().1 == 0).then_some(()) }).await;
}

#[tokio::test]
async fn r7_04_no_token_in_anything_that_can_be_printed() {
    let token = Token::Source(Arc::new(|_| Ok("secret".to_owned())));
    assert!(!format!("{token:?}").contains("secret"));
}

#[tokio::test]
async fn a_ticket_is_started_rushed_held_and_released_and_a_toast_takes_it_back() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    hub.place("o1", draft("1", vec![line("steak", 1, &[])]));
    hub.place("o2", draft("2", vec![line("bass", 2, &[])]));
    screen.until("the orders", |w| w.orders() == ["o1", "o2"]).await;
    let card = screen.window.card("o2").unwrap().clone();
    let (order, seen) = (card.order.clone(), card.seen);
    let lines = card.bump.clone();
    screen.press(Press::Start { order: order.clone(), seen, lines: lines.clone() }).await.unwrap();
    screen.until("begun", |w| w.card("o2").is_some_and(|c| c.lines[0].state == CardLineState::Started)).await;
    screen.press(Press::Unstart { order: order.clone(), seen, lines }).await.unwrap();
    screen.until("calm", |w| w.card("o2").is_some_and(|c| c.lines[0].state == CardLineState::Queued)).await;

    let rush = screen.press(Press::Rush { order: order.clone(), seen }).await.unwrap().operation.unwrap();
    screen.until("it goes first", |w| w.orders() == ["o2", "o1"]).await;
    let toast = screen.window.frame.toasts.clone().unwrap().pop().unwrap();
    assert_eq!((&toast.operation, toast.what), (&rush, Some(Done::Rushed)));
    let offered = toast.until.since(screen.window.frame.now);
    assert!((2_000..=3_000).contains(&offered), "three seconds: {offered}");
    screen.press(Press::Undo { order: order.clone(), operation: rush.clone() }).await.unwrap();
    screen.until("back in its place", |w| w.orders() == ["o1", "o2"]).await;
    let again = screen.press(Press::Undo { order: order.clone(), operation: rush }).await;
    assert_eq!(again.unwrap_err().code, "undo_over");

    screen.press(Press::Hold { order: "o1".into(), seen: 1, minutes: Some(5) }).await.unwrap();
    screen.until("held, and last", |w| w.orders() == ["o2", "o1"] && w.card("o1").unwrap().held).await;
    assert!(screen.window.card("o1").unwrap().held_until.is_some());
    screen.press(Press::Release { order: "o1".into(), seen: 1 }).await.unwrap();
    screen.until("released", |w| w.orders() == ["o1", "o2"]).await;
    screen.until("all sent", |w| w.unsent() == 0).await;
    screen.kitchen.shutdown().await;
}

#[tokio::test]
async fn a_course_is_fired_from_the_card_and_a_scheduled_order_from_its_row() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    let mut meal = draft("1", vec![line("bass", 1, &[]), line("steak", 1, &[])]);
    meal.lines[0].course = Some(1);
    meal.lines[1].course = Some(2);
    meal.courses = [1, 2]
        .map(|number| kitchen::Course {
            number,
            name: None,
            fired_at: None,
            after_minutes: None,
            when_done: false,
        })
        .to_vec();
    hub.place("o1", meal);
    let mut later = draft("2", vec![line("steak", 1, &[])]);
    later.fire_at = Some(hub.now().plus(3_600_000));
    hub.place("o2", later);
    screen.until("both", |w| w.card("o1").is_some() && w.frame.head.as_ref().unwrap().scheduled == 1).await;
    let card = screen.window.card("o1").unwrap().clone();
    assert_eq!(card.lines[1].waits, Some(LineWait::Course));
    assert_eq!((card.total, card.bump.len()), (1, 1), "BUMP names only what is asked for");
    let next = card.next_course.clone().unwrap().number;
    assert_eq!(next, 2);
    screen.press(Press::Fire { order: "o1".into(), seen: card.seen, course: Some(next) }).await.unwrap();
    screen
        .until("fired", |w| w.card("o1").is_some_and(|c| c.bump.len() == 2 && c.next_course.is_none()))
        .await;

    screen.go(Go::Tab { tab: Tab::Scheduled }).await;
    screen.until("the row", |w| w.frame.rows.as_ref().unwrap().len() == 1).await;
    let row = screen.window.frame.rows.clone().unwrap().pop().unwrap();
    screen.press(Press::Fire { order: row.order, seen: row.seen, course: None }).await.unwrap();
    screen.go(Go::Tab { tab: Tab::Station }).await;
    screen.until("on the glass", |w| w.card("o2").is_some()).await;
    screen.kitchen.shutdown().await;
}

#[tokio::test]
async fn a_transfer_goes_to_the_other_glass_and_its_toast_brings_it_back() {
    let hub = ScriptedHub::start().await;
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut grill = Screen::start(one.path(), &hub).await;
    let mut fry = Screen::start(two.path(), &hub).await;
    grill.until_live().await;
    fry.until_live().await;
    fry.go(Go::Station { station: "fry".into() }).await;
    hub.place("o1", draft("1", vec![line("steak", 1, &[])]));
    grill.until("the order", |w| w.card("o1").is_some()).await;
    let card = grill.window.card("o1").unwrap().clone();
    let lines = vec![card.lines[0].id.clone()];
    let mut sounds = fry.kitchen.sounds();
    let transfer = Press::Transfer { order: "o1".into(), seen: card.seen, to: "fry".into(), lines };
    let operation = grill.press(transfer).await.unwrap().operation.unwrap();
    grill.until("gone here", |w| w.card("o1").is_none()).await;
    fry.until("there, and it says where from", |w| {
        w.card("o1").is_some_and(|card| {
            card.lines[0].from.as_deref() == Some("Grill")
                && card.since == hub.order("o1").unwrap().created_at
        })
    })
    .await;
    timeout(Duration::from_secs(2), sounds.recv()).await.expect("work that is sent over rings").unwrap();
    grill.press(Press::Undo { order: "o1".into(), operation }).await.unwrap();
    grill.until("back", |w| w.card("o1").is_some()).await;
    fry.until("gone there", |w| w.card("o1").is_none()).await;
    grill.kitchen.shutdown().await;
    fry.kitchen.shutdown().await;
}

#[tokio::test]
async fn a_recall_is_searched_reviewed_and_brings_the_ticket_back_everywhere() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    hub.place("o1", draft("7", vec![line("steak", 1, &[]), line("fries", 1, &[])]));
    hub.place("o2", draft("8", vec![line("bass", 1, &[])]));
    screen.until("the orders", |w| w.cards.len() == 2).await;
    let since = screen.window.card("o1").unwrap().since;
    screen.bump("o1").await;
    screen.bump("o2").await;
    screen.until("gone from the grill", |w| w.cards.is_empty()).await;
    screen.go(Go::Tab { tab: Tab::Expo }).await;
    screen.until("at the pass", |w| w.card("o1").is_some()).await;
    screen.bump("o1").await;
    screen.until("closed", |w| w.card("o1").is_none()).await;

    screen.go(Go::Tab { tab: Tab::Recall }).await;
    screen.until("what the grill bumped", |w| w.frame.rows.as_ref().unwrap().len() == 2).await;
    screen.go(Go::Search { text: "ribeye 7".into() }).await;
    screen.until("found", |w| w.frame.rows.as_ref().unwrap().len() == 1).await;
    assert_eq!(screen.window.frame.head.as_ref().unwrap().search.as_deref(), Some("ribeye 7"));
    let row = screen.window.frame.rows.clone().unwrap().pop().unwrap();
    assert_eq!((row.order.as_str(), row.since), ("o1", since));
    screen.go(Go::Review { order: Some(row.order.clone()) }).await;
    screen
        .until("the whole order", |w| {
            let card = w.frame.review.as_ref().and_then(|review| review.card.as_ref());
            card.is_some_and(|card| card.lines.len() == 2 && card.since == since)
        })
        .await;
    assert!(hub.order("o1").unwrap().bumps.len() == 2, "looking changes nothing");
    screen.go(Go::Review { order: None }).await;
    screen.press(Press::Recall { order: row.order, operation: row.bump.unwrap() }).await.unwrap();
    screen.go(Go::Tab { tab: Tab::Expo }).await;
    screen.until("back at the pass", |w| w.card("o1").is_some_and(|card| card.since == since)).await;
    screen.go(Go::Tab { tab: Tab::Station }).await;
    screen.until("and at the grill", |w| w.orders() == ["o1"]).await;
    screen.until("all sent", |w| w.unsent() == 0).await;
    let order = hub.order("o1").unwrap();
    assert!(order.bumps.is_empty() && order.line(&"fries#1".into()).unwrap().work[0].bumped == 0);
    screen.kitchen.shutdown().await;
}

#[tokio::test]
async fn a_pass_that_waits_says_for_whom() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    hub.change_setup(|setup| setup.settings.pass_waits = true);
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    hub.place("o1", draft("1", vec![line("bass", 1, &[])]));
    screen.until("the order", |w| w.card("o1").is_some()).await;
    screen.go(Go::Tab { tab: Tab::Expo }).await;
    screen
        .until("the pass waits", |w| {
            w.card("o1").is_some_and(|card| {
                card.waits_for.as_deref().is_some_and(|names| names.contains(&"Grill".to_owned()))
            })
        })
        .await;
    let card = screen.window.card("o1").unwrap().clone();
    let bump = Press::Bump { order: card.order, seen: card.seen, lines: card.bump };
    assert_eq!(screen.press(bump).await.unwrap_err().code, "still_cooking");
    screen.kitchen.shutdown().await;
}

#[tokio::test]
async fn an_item_is_eighty_sixed_from_the_counts_marked_on_the_tickets_and_brought_back() {
    let (folder, mut hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    hub.place(
        "o1",
        draft("1", vec![line("steak", 2, &[]), line("steak", 1, &["rare"]), line("fries", 4, &[])]),
    );
    screen.until("the order", |w| w.card("o1").is_some()).await;
    let counts = screen.window.frame.counts.clone().unwrap();
    assert_eq!((counts.len(), counts[0].open), (1, 3));
    assert_eq!(counts[0].variants.as_ref().unwrap().len(), 2);
    screen.go(Go::Counts { of: CountsOf::Kitchen }).await;
    screen.until("the whole kitchen", |w| w.frame.counts.as_ref().unwrap().len() == 2).await;
    screen.go(Go::Mark { item: Some(counts[0].item.clone()) }).await;
    let marked = |w: &common::Model| {
        w.card("o1").unwrap().lines.iter().filter(|line| line.marked == Some(true)).count()
    };
    screen.until("both lines are marked", |w| marked(w) == 2).await;

    hub.stop().await;
    screen.until("not live", |w| w.connection() != ConnectionState::Live).await;
    let stock = Press::Stock { item: "steak".into(), name: "Ribeye".into(), left: Some(0) };
    let operation = screen.press(stock.clone()).await.unwrap().operation.unwrap();
    let out = |w: &common::Model| w.card("o1").unwrap().lines[0].out == Some(true);
    screen.until("out, also without a hub", |w| out(w) && w.unsent() == 1).await;
    screen.press(Press::Undo { order: kitchen::OrderId::menu(), operation }).await.unwrap();
    screen.until("undone: it never left", |w| !out(w) && w.unsent() == 0).await;
    screen.press(stock).await.unwrap();
    screen
        .until("out", |w| out(w) && w.frame.counts.as_ref().unwrap().iter().any(|c| c.left == Some(0)))
        .await;
    hub.go_on().await;
    screen.until("the hub has it", |w| w.unsent() == 0 && out(w)).await;
    screen.kitchen.shutdown().await;
}
