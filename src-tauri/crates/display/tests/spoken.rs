//! Spoken commands on a real display: words, what they mean on the glass, and what the hub gets.

mod common;

use common::Screen;
use display::frame::{
    AnswerTicket, CardLineState, ConnectionState, Go, Press, SpokenAnswer, Tab, Taken, TicketLabel,
};
use display::spoken::{Meaning, Spoken};
use kitchen::{Act, At, Operation, Queue};
use testkit::{ScriptedHub, draft, eventually, line};
use voice::spoken::{Command, ENGLISH, Grammar, Sureness, Verb};
use wire::hub::Fault;

async fn spoken(screen: &Screen) -> Spoken {
    screen.kitchen.spoken(&screen.window.view, screen.window.mount).await.expect("a mounted view")
}

/// What words come to on what was on the glass.
fn meaning(spoken: &Spoken, words: &str) -> Option<Meaning> {
    match Grammar::build(&ENGLISH, &spoken.situation).listen(words).sureness {
        Sureness::Sure(command) => spoken.meaning(&command),
        Sureness::Ask(_) | Sureness::Nothing => None,
    }
}

/// Says it, and does what it comes to.
async fn say(screen: &mut Screen, words: &str) {
    let spoken = spoken(screen).await;
    say_of(screen, &spoken, words).await.expect("it is taken");
}

/// The same of what was on the glass at another moment.
async fn say_of(screen: &mut Screen, spoken: &Spoken, words: &str) -> Result<(), Fault> {
    let (view, mount) = (screen.window.view.clone(), screen.window.mount);
    match meaning(spoken, words) {
        Some(Meaning::Press(press)) => screen.kitchen.press_by_word(&view, mount, press).await.map(drop),
        Some(Meaning::Go(go)) => screen.kitchen.go(&view, mount, go).await,
        other => panic!("{words:?} came to {other:?}"),
    }
}

#[tokio::test]
async fn words_do_what_touches_do_and_can_be_taken_back() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    hub.change_setup(|setup| setup.settings.undo_seconds = 1);
    hub.place("o12", draft("12", vec![line("steak", 2, &[]), line("fries", 1, &[])]));
    hub.place("o4", draft("4", vec![line("steak", 1, &[])]));
    screen.until("the orders", |w| w.cards.len() == 2).await;

    say(&mut screen, "start table twelve").await;
    screen
        .until("begun", |w| w.card("o12").is_some_and(|card| card.lines[0].state == CardLineState::Started))
        .await;
    say(&mut screen, "rush table four please").await;
    screen.until("rushed", |w| w.card("o4").is_some_and(|card| card.rush)).await;
    assert_eq!(screen.window.orders(), ["o4", "o12"]);
    say(&mut screen, "bump table 12").await;
    screen.until("bumped", |w| w.card("o12").is_none() && w.unsent() == 0).await;
    // Also when its toast is gone, for a word takes longer than a touch.
    screen.until("the toast is gone", |w| w.frame.toasts.as_ref().is_none_or(Vec::is_empty)).await;
    assert!(spoken(&screen).await.situation.can_undo);
    say(&mut screen, "undo that").await;
    screen.until("taken back", |w| w.card("o12").is_some() && w.unsent() == 0).await;
    say(&mut screen, "bump the first one").await;
    screen.until("bumped", |w| w.card("o4").is_none()).await;
    say(&mut screen, "recall table four").await;
    screen.until("recalled", |w| w.card("o4").is_some()).await;
    say(&mut screen, "bump the ribeyes on table twelve").await;
    screen.until("bumped", |w| w.card("o12").is_none()).await;
    say(&mut screen, "recall last").await;
    screen.until("recalled", |w| w.card("o12").is_some()).await;
    say(&mut screen, "hold table twelve").await;
    screen.until("held", |w| w.card("o12").is_some_and(|card| card.held)).await;
    say(&mut screen, "release table twelve").await;
    screen.until("released", |w| w.card("o12").is_some_and(|card| !card.held)).await;
    say(&mut screen, "show all day").await;
    screen.until("counts", |w| w.frame.head.as_ref().unwrap().tab == Tab::AllDay).await;
    screen.until("all sent", |w| w.unsent() == 0).await;
    screen.kitchen.shutdown().await;
}

#[tokio::test]
async fn questions_are_answered_from_the_glass() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    hub.place("o12", draft("12", vec![line("steak", 2, &[])]));
    hub.place("o4", draft("4", vec![line("steak", 3, &[])]));
    screen.until("the orders", |w| w.cards.len() == 2).await;
    let name = screen.window.card("o12").unwrap().lines[0].name.clone();
    let now = spoken(&screen).await;
    let answer = |words: &str| match meaning(&now, words) {
        Some(Meaning::Ask(question)) => now.answer(&question).expect("it is on the glass"),
        other => panic!("{words:?} came to {other:?}"),
    };
    let how_many = answer(&format!("how many {name}"));
    assert_eq!(how_many, SpokenAnswer::Count { items: vec![name.clone()], pieces: 5 });
    assert_eq!(answer("how many tickets"), SpokenAnswer::Open { tickets: 2 });
    let card = screen.window.card("o12").unwrap();
    assert_eq!(card.label, TicketLabel::Table("12".to_owned()));
    let ticket = AnswerTicket { label: card.label.clone(), order_type: card.order_type };
    assert_eq!(
        answer("what's on table twelve"),
        SpokenAnswer::Lines { ticket, lines: vec![format!("2 {name}")] }
    );
    assert_eq!(answer("what's late"), SpokenAnswer::Late { tickets: Vec::new() });
    screen.kitchen.shutdown().await;
}

#[tokio::test]
async fn what_is_put_aside_comes_back_with_its_age() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    hub.place("o12", draft("12", vec![line("steak", 2, &[])]));
    screen.until("the order", |w| w.card("o12").is_some()).await;
    let since = screen.window.card("o12").unwrap().since;
    say(&mut screen, "park table twelve").await;
    screen.until("parked", |w| w.card("o12").is_none() && w.unsent() == 0).await;
    say(&mut screen, "bring back table twelve").await;
    screen.until("back", |w| w.card("o12").is_some_and(|card| card.since == since)).await;
    screen.kitchen.shutdown().await;
}

#[tokio::test]
async fn what_is_done_is_not_done_after_all() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    hub.place("o12", draft("12", vec![line("steak", 2, &[]), line("bass", 1, &[])]));
    screen.until("the order", |w| w.card("o12").is_some()).await;
    let is = |w: &common::Model, state: CardLineState| {
        w.card("o12").is_some_and(|card| card.lines.iter().filter(|line| line.state == state).count() == 1)
    };
    let card = screen.window.card("o12").unwrap().clone();
    let finish = Press::Finish { order: card.order, seen: card.seen, line: card.bump[0].clone() };
    screen.press(finish).await.unwrap();
    screen.until("done", |w| is(w, CardLineState::Done)).await;
    say(&mut screen, "reopen the ribeyes on table twelve").await;
    screen.until("to be made", |w| !is(w, CardLineState::Done)).await;
    // Also what has left with a word, while its ticket is here.
    say(&mut screen, "bump the ribeyes on table twelve").await;
    screen.until("gone", |w| is(w, CardLineState::Bumped)).await;
    say(&mut screen, "reopen table twelve").await;
    screen.until("to be made", |w| !is(w, CardLineState::Bumped) && w.unsent() == 0).await;
    assert_eq!(meaning(&spoken(&screen).await, "reopen table twelve"), None, "nothing is done");
    screen.kitchen.shutdown().await;
}

#[tokio::test]
async fn changes_and_what_is_no_longer_wanted_are_seen_by_word() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    hub.place("o12", draft("12", vec![line("steak", 1, &[])]));
    screen.until("the order", |w| w.card("o12").is_some()).await;
    assert_eq!(meaning(&spoken(&screen).await, "seen table twelve"), None, "nothing has changed");
    let act = |id: &str, act: Act| {
        let seen = hub.order("o12").unwrap().version;
        hub.act(Operation { id: id.into(), device: None, at: At(0), order: "o12".into(), seen, act })
            .unwrap();
    };
    act("more", Act::AddLines { lines: vec![line("bass", 1, &[])] });
    let marks = |w: &common::Model| {
        w.card("o12").map_or(0, |card| card.lines.iter().filter(|line| line.change.is_some()).count())
    };
    screen.until("marked", |w| marks(w) == 1).await;
    // Whoever said so did not see what came while they spoke.
    let then = spoken(&screen).await;
    act("yet-more", Act::AddLines { lines: vec![line("steak", 1, &[])] });
    screen.until("marked", |w| marks(w) == 2).await;
    let refused = say_of(&mut screen, &then, "seen table twelve").await;
    assert_eq!(refused.unwrap_err().code, "changed_meanwhile");
    assert_eq!(marks(&screen.window), 2);
    say(&mut screen, "seen table twelve").await;
    screen.until("seen", |w| marks(w) == 0 && w.unsent() == 0).await;
    assert_eq!(screen.window.card("o12").unwrap().bump.len(), 3, "all of it is still to be made");
    act("gone", Act::VoidOrder { reason: None });
    screen.until("voided", |w| w.card("o12").is_some_and(|card| card.voided)).await;
    say(&mut screen, "table twelve is seen").await;
    screen.until("off the glass", |w| w.card("o12").is_none()).await;
    screen.kitchen.shutdown().await;
}

#[tokio::test]
async fn a_ticket_is_taken_and_put_back_where_screens_take_them() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    hub.place("o12", draft("12", vec![line("steak", 1, &[])]));
    screen.until("the order", |w| w.card("o12").is_some()).await;
    assert_eq!(meaning(&spoken(&screen).await, "take table twelve"), None, "all screens share it");
    hub.change_setup(|setup| {
        for station in &mut setup.stations {
            station.queue = Queue::Pull;
        }
    });
    let whose = |w: &common::Model| w.card("o12").and_then(|card| card.taken.clone());
    screen.until("nobody's", |w| whose(w) == Some(Taken::Nobodys)).await;
    say(&mut screen, "take table twelve").await;
    screen.until("ours", |w| whose(w) == Some(Taken::Ours)).await;
    say(&mut screen, "put table twelve back").await;
    screen.until("nobody's", |w| whose(w) == Some(Taken::Nobodys) && w.unsent() == 0).await;
    screen.kitchen.shutdown().await;
}

#[tokio::test]
async fn tickets_of_one_table_are_told_apart_and_bumped_together() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    for (id, table) in [("one", "12"), ("two", "12"), ("other", "4")] {
        hub.place(id, draft(table, vec![line("steak", 1, &[])]));
    }
    screen.until("the orders", |w| w.cards.len() == 3).await;
    let now = spoken(&screen).await;
    let act = |order: &str| now.act(&Command::Ticket { verb: Verb::Bump, order: order.into() });
    assert_eq!(act("one").label, act("two").label);
    assert!(act("one").number.is_some() && act("one").number != act("two").number);
    assert_eq!(act("other").number, None, "its table says which");
    say(&mut screen, "bump all of table twelve").await;
    screen.until("both are bumped", |w| w.orders() == ["other"]).await;
    say(&mut screen, "undo").await;
    screen.until("both are back", |w| w.cards.len() == 3).await;
    screen.kitchen.shutdown().await;
}

#[tokio::test]
async fn undo_means_the_latest_act_and_no_other() {
    let (folder, mut hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    hub.change_setup(|setup| setup.settings.undo_seconds = 1);
    hub.place("o9", draft("9", vec![line("steak", 1, &[])]));
    hub.place("o12", draft("12", vec![line("steak", 1, &[])]));
    screen.until("the orders", |w| w.cards.len() == 2).await;
    // What was bumped by word is brought back by word, and that can be taken back: also before the hub has any of it.
    hub.stop().await;
    screen.until("alone", |w| w.connection() != ConnectionState::Live).await;
    say(&mut screen, "bump table nine").await;
    say(&mut screen, "bump table twelve").await;
    screen.until("both are bumped", |w| w.cards.is_empty()).await;
    say(&mut screen, "recall last").await;
    screen.until("back", |w| w.orders() == ["o12"]).await;
    say(&mut screen, "undo").await;
    screen.until("bumped again", |w| w.cards.is_empty()).await;
    hub.go_on().await;
    screen.until("all is sent", |w| w.unsent() == 0).await;
    say(&mut screen, "recall table nine").await;
    screen.until("back", |w| w.orders() == ["o9"]).await;
    screen.until("the toasts are gone", |w| w.frame.toasts.as_ref().is_none_or(Vec::is_empty)).await;
    assert!(spoken(&screen).await.situation.can_undo);
    // A touch that has no offer of its own: what was before it is not what "undo" means now.
    let card = screen.window.card("o9").unwrap().clone();
    screen.press(Press::Start { order: card.order, seen: card.seen, lines: card.bump }).await.unwrap();
    assert!(!spoken(&screen).await.situation.can_undo);
    screen.kitchen.shutdown().await;
}

#[tokio::test]
async fn what_is_held_or_voided_is_not_bumped_with_its_table() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    for id in ["open", "held", "gone"] {
        hub.place(id, draft("12", vec![line("steak", 1, &[])]));
    }
    screen.until("the orders", |w| w.cards.len() == 3).await;
    let act = |order: &str, act: Act| {
        let seen = hub.order(order).unwrap().version;
        let (id, order) = (format!("on-{order}").as_str().into(), order.into());
        hub.act(Operation { id, device: None, at: At(0), order, seen, act }).unwrap();
    };
    act("held", Act::Hold { until: None });
    act("gone", Act::VoidOrder { reason: None });
    screen.until("voided", |w| w.card("gone").is_some_and(|card| card.voided)).await;
    assert_eq!(meaning(&spoken(&screen).await, "bump all of table twelve"), None, "one alone is not all");
    hub.place("more", draft("12", vec![line("steak", 1, &[])]));
    screen.until("one more", |w| w.card("more").is_some()).await;
    say(&mut screen, "bump all of table twelve").await;
    screen.until("both are bumped", |w| w.cards.len() == 2).await;
    assert!(screen.window.card("held").is_some() && screen.window.card("gone").is_some());
    screen.kitchen.shutdown().await;
}

#[tokio::test]
async fn a_late_word_never_reaches_past_what_was_on_the_glass() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    hub.place("o12", draft("12", vec![line("steak", 1, &[])]));
    screen.until("the order", |w| w.card("o12").is_some()).await;
    let pressed = spoken(&screen).await;
    // While the cook speaks, the guest orders more.
    let more = Act::AddLines { lines: vec![line("steak", 1, &[])] };
    let seen = hub.order("o12").unwrap().version;
    hub.act(Operation { id: "more".into(), device: None, at: At(0), order: "o12".into(), seen, act: more })
        .unwrap();
    screen.until("more", |w| w.card("o12").is_some_and(|card| card.lines.len() == 2)).await;
    let Some(Meaning::Press(press)) = meaning(&pressed, "bump table twelve") else { panic!("it is a press") };
    screen.press(press).await.unwrap();
    screen
        .until("the first one is bumped", |w| {
            w.card("o12")
                .is_some_and(|card| card.lines.iter().any(|line| line.state == CardLineState::Bumped))
        })
        .await;
    assert_eq!(screen.window.card("o12").unwrap().bump.len(), 1, "what nobody saw is still to be made");
    screen.kitchen.shutdown().await;
}

#[tokio::test]
async fn only_what_can_be_done_now_is_offered() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    let empty = spoken(&screen).await;
    assert_eq!(meaning(&empty, "bump table twelve"), None);
    assert_eq!(meaning(&empty, "recall last"), None);
    assert_eq!(meaning(&empty, "undo"), None);
    assert_eq!(empty.meaning(&Command::Yes), None);
    hub.place("o12", draft("12", vec![line("steak", 1, &[])]));
    screen.until("the order", |w| w.card("o12").is_some()).await;
    let now = spoken(&screen).await;
    assert_eq!(meaning(&now, "release table twelve"), None, "it is not held");
    assert_eq!(meaning(&now, "ribeye back on"), None, "it has not run out");
    say(&mut screen, "eighty six the ribeye").await;
    screen.until("out", |w| w.card("o12").is_some_and(|card| card.lines[0].out == Some(true))).await;
    say(&mut screen, "ribeye back on").await;
    screen.until("back", |w| w.card("o12").is_some_and(|card| card.lines[0].out != Some(true))).await;
    let sent = hub.arrivals().len();
    assert_eq!(meaning(&now, "show expo"), Some(Meaning::Go(Go::Tab { tab: Tab::Expo })));
    screen.kitchen.shutdown().await;
    eventually("nothing else was sent", || async { (hub.arrivals().len() == sent).then_some(()) }).await;
}
