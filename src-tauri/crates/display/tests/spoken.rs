//! Spoken commands on a real display: words, what they mean on the glass, and what the hub gets.

mod common;

use common::Screen;
use display::frame::{AnswerTicket, CardLineState, Go, SpokenAnswer, Tab, TicketLabel};
use display::spoken::{Meaning, Spoken};
use kitchen::{Act, At, Operation};
use testkit::{ScriptedHub, draft, eventually, line};
use voice::spoken::{Command, ENGLISH, Grammar, Sureness};

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
    match meaning(&spoken(screen).await, words) {
        Some(Meaning::Press(press)) => {
            screen.press(press).await.expect("it is taken");
        }
        Some(Meaning::Go(go)) => screen.go(go).await,
        other => panic!("{words:?} came to {other:?}"),
    }
}

#[tokio::test]
async fn words_do_what_touches_do_and_can_be_taken_back() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
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
        Some(Meaning::Answer(answer)) => answer,
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
