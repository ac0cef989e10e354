//! What a kitchen hears of a whole display: which sound for what, and when it stops.

mod common;

use common::{PATIENCE, Screen};
use display::frame::{CardLineState, ConnectionState, Go, Press, PressLine, Tab};
use display::{Ring, Sound};
use kitchen::{Act, ChangeKind, Operation, Touch};
use testkit::{Behaviour, ScriptedHub, draft, line, touch};
use tokio::sync::broadcast::Receiver;
use tokio::time::timeout;

/// The next sound, whatever it is.
async fn next(sounds: &mut Receiver<Ring>) -> Sound {
    timeout(PATIENCE, sounds.recv()).await.expect("it sounds").expect("a display").sound
}

/// Everything that sounded and was not asked for yet.
fn more(sounds: &mut Receiver<Ring>) -> Vec<Sound> {
    std::iter::from_fn(|| sounds.try_recv().ok()).map(|ring| ring.sound).collect()
}

/// An act of the POS, at a moment of its own: what came in the same millisecond as something before is no other news.
async fn pos(hub: &ScriptedHub, id: &str, order: &str, act: Act) {
    let before = hub.now();
    while hub.now() <= before {
        tokio::task::yield_now().await;
    }
    let (id, order) = (id.into(), order.into());
    hub.act(Operation { id, device: None, at: hub.now(), order, seen: 1, act }).expect("it is applied");
}

#[tokio::test]
async fn new_changed_and_voided_lines_have_sounds_of_their_own_and_stay_marked_until_touched() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    let mut sounds = screen.kitchen.sounds();
    hub.place("o1", draft("1", vec![line("steak", 3, &[]), line("bass", 1, &[])]));
    screen.until("the order", |w| w.card("o1").is_some()).await;
    assert_eq!(next(&mut sounds).await, Sound::NewOrder);

    pos(&hub, "more", "o1", Act::AddLines { lines: vec![line("steak", 1, &["rare"])] }).await;
    assert_eq!(next(&mut sounds).await, Sound::Changed);
    let other =
        Act::ChangeLine { line: "bass#1".into(), modifiers: Some(vec!["no salt".into()]), notes: None };
    pos(&hub, "other", "o1", other).await;
    assert_eq!(next(&mut sounds).await, Sound::Changed);
    pos(&hub, "less", "o1", Act::VoidLines { lines: vec![touch("steak#1", 1)] }).await;
    assert_eq!(next(&mut sounds).await, Sound::Voided);
    let marks = |w: &common::Model| -> Vec<Option<(ChangeKind, u32)>> {
        let lines = &w.card("o1").unwrap().lines;
        lines.iter().map(|line| line.change.as_ref().map(|change| (change.kind, change.was))).collect()
    };
    let marked =
        [Some((ChangeKind::Voided, 3)), Some((ChangeKind::Changed, 1)), Some((ChangeKind::Added, 0))];
    screen.until("all three are marked", |w| marks(w) == marked).await;
    assert_eq!(screen.window.card("o1").unwrap().lines[0].quantity, 2, "and shows what is left of it");

    // A touch on one takes its mark, and no other.
    let card = screen.window.card("o1").unwrap().clone();
    let on = PressLine { line: card.lines[1].id.clone(), upto: 1 };
    screen.press(Press::Finish { order: card.order, seen: card.seen, line: on }).await.unwrap();
    screen.until("that mark is gone", |w| marks(w) == [marked[0], None, marked[2]]).await;
    assert_eq!(screen.window.card("o1").unwrap().lines[1].state, CardLineState::Done);
    assert_eq!(more(&mut sounds), [], "each of them once");
    screen.kitchen.shutdown().await;
}

#[tokio::test]
async fn an_order_voided_while_it_is_cooked_stays_until_somebody_has_seen_it() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    hub.place("o1", draft("1", vec![line("steak", 2, &[])]));
    screen.until("the order", |w| w.card("o1").is_some()).await;
    let card = screen.window.card("o1").unwrap().clone();
    screen.press(Press::Start { order: card.order, seen: card.seen, lines: card.bump }).await.unwrap();
    screen.until("begun", |w| w.card("o1").unwrap().lines[0].state == CardLineState::Started).await;
    let mut sounds = screen.kitchen.sounds();
    pos(&hub, "gone", "o1", Act::VoidOrder { reason: None }).await;
    assert_eq!(next(&mut sounds).await, Sound::Voided);
    screen.until("it says so", |w| w.card("o1").is_some_and(|card| card.voided)).await;
    let card = screen.window.card("o1").unwrap().clone();
    assert_eq!(
        card.lines[0].change.as_ref().map(|change| (change.kind, change.was)),
        Some((ChangeKind::Voided, 2))
    );
    assert!(screen.bump("o1").await.operation.is_some());
    screen.until("seen", |w| w.card("o1").is_none()).await;
    screen.kitchen.shutdown().await;
}

#[tokio::test]
async fn a_change_on_another_page_has_its_chip() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    for n in 0..9 {
        hub.place(&format!("o{n}"), draft(&n.to_string(), vec![line("steak", 1, &[])]));
    }
    screen.until("a second page", |w| w.frame.head.as_ref().unwrap().pages == 2).await;
    screen.go(Go::Page { page: 2 }).await;
    screen.until("looked at", |w| w.orders() == ["o8"] && w.frame.chips.as_ref().unwrap().is_empty()).await;
    screen
        .press(Press::Start {
            order: "o0".into(),
            seen: 1,
            lines: vec![PressLine { line: "steak#1".into(), upto: 1 }],
        })
        .await
        .unwrap();
    pos(&hub, "less", "o0", Act::VoidLines { lines: vec![Touch { line: "steak#1".into(), upto: 1 }] }).await;
    screen
        .until("the chip", |w| {
            let chips = w.frame.chips.as_deref().unwrap_or_default();
            chips.iter().any(|chip| {
                chip.order.as_str() == "o0" && chip.change == Some(ChangeKind::Voided) && chip.page == 1
            })
        })
        .await;
    screen.kitchen.shutdown().await;
}

#[tokio::test]
async fn the_pass_hears_once_that_a_ticket_is_ready_and_a_late_one_is_heard_without_a_window() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    hub.change_setup(|setup| {
        for rule in &mut setup.settings.thresholds {
            (rule.warn_seconds, rule.late_seconds) = (1, 3);
        }
    });
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    screen.go(Go::Tab { tab: Tab::Expo }).await;
    let mut sounds = screen.kitchen.sounds();
    let mut heard = Vec::new();
    hub.place("o1", draft("1", vec![line("steak", 1, &[]), line("fries", 1, &[]), line("bread", 1, &[])]));
    screen.until("at the pass", |w| w.card("o1").is_some()).await;
    until(&mut sounds, &mut heard, Sound::NewOrder).await;
    let bump = |station: &str, line: &str| Act::Bump { station: station.into(), lines: vec![touch(line, 1)] };
    pos(&hub, "grill", "o1", bump("grill", "steak#1")).await;
    screen.until("the grill has sent it", |w| w.card("o1").is_some_and(|card| card.seen == 2)).await;
    heard.extend(more(&mut sounds));
    assert!(!heard.contains(&Sound::Ready), "fry still cooks");
    pos(&hub, "fry", "o1", bump("fry", "fries#1")).await;
    until(&mut sounds, &mut heard, Sound::Ready).await;
    // Nobody looks any more; what is late is said all the same.
    screen.kitchen.unmount(&screen.window.view, screen.window.mount).await.unwrap();
    if !heard.contains(&Sound::Late) {
        until(&mut sounds, &mut heard, Sound::Late).await;
    }
    pos(&hub, "back", "o1", Act::Unbump { bump: "fry".into(), also: vec![] }).await;
    pos(&hub, "again", "o1", bump("fry", "fries#1")).await;
    until(&mut sounds, &mut heard, Sound::Ready).await;
    heard.extend(more(&mut sounds));
    let times = |sound| heard.iter().filter(|held| **held == sound).count();
    assert_eq!((times(Sound::Late), times(Sound::Ready)), (1, 2), "each time it became so: {heard:?}");
    screen.kitchen.shutdown().await;
}

/// Listens until that sound comes.
async fn until(sounds: &mut Receiver<Ring>, heard: &mut Vec<Sound>, wanted: Sound) {
    loop {
        let sound = next(sounds).await;
        heard.push(sound);
        if sound == wanted {
            return;
        }
    }
}

#[tokio::test]
async fn a_lost_link_is_heard_and_each_sound_can_be_tried_and_set() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    let mut sounds = screen.kitchen.sounds();
    screen.go(Go::Volume { sound: Sound::LinkLost, volume: 40 }).await;
    let quiet = Ring { sound: Sound::LinkLost, volume: 40 };
    assert_eq!(timeout(PATIENCE, sounds.recv()).await.expect("it is played").unwrap(), quiet);
    hub.behave(Behaviour::Mute);
    screen.until("offline", |w| w.connection() == ConnectionState::Offline).await;
    assert_eq!(timeout(PATIENCE, sounds.recv()).await.expect("it sounds").unwrap(), quiet);
    screen.kitchen.shutdown().await;
}
