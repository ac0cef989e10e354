//! What a cook is told of the link: in the frames of the panel, and as the two rare events.

mod common;

use common::{Screen, changes, config};
use display::Notification;
use display::frame::ConnectionState::{Connecting, Live, Offline};
use link::{AttemptLimit, Timing};
use std::time::Duration;
use testkit::{Behaviour, ScriptedHub, draft, line};

#[tokio::test]
async fn r3_07_and_r3_09_what_is_emitted_is_emitted_once_and_never_without_a_change() {
    let (folder, mut hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let mut config = config(folder.path(), &hub.url());
    config.timing = Timing {
        liveness: Duration::from_millis(300),
        base: Duration::from_millis(20),
        cap: Duration::from_millis(40),
        limit: AttemptLimit::Announce(3),
        ..Timing::lan()
    };
    hub.place("o1", draft("1", vec![line("steak", 1, &[])]));
    let kitchen = display::Kitchen::start(config).await.unwrap();
    let (mut told, mut limits) = (kitchen.notifications(), kitchen.notifications());
    let window = common::mount(&kitchen, "main").await;
    let mut screen = Screen { kitchen, window };
    let limit_reached = |limits: &mut tokio::sync::broadcast::Receiver<Notification>| {
        let mut reached = Vec::new();
        while let Ok(notification) = limits.try_recv() {
            if let Notification::ConnectionMaxAttempts { attempts } = notification {
                reached.push(attempts);
            }
        }
        reached
    };
    let mut all = Vec::new();
    for _ in 0..2 {
        screen.until_live().await;
        assert_eq!((screen.window.link().attempts, screen.window.link().next_attempt_at), (0, None));
        hub.stop().await;
        // Many more attempts than the limit, and bumps, which change the frames and not the state.
        screen.until("attempts are counted", |w| w.connection() == Offline && w.link().attempts > 6).await;
        let waits = |w: &common::Model| w.link().next_attempt_at.is_some_and(|at| at > w.link().since);
        screen.until("the next attempt has a time", waits).await;
        if screen.window.card("o1").is_some() {
            screen.bump("o1").await;
            screen.until("worked while stale", |w| w.unsent() == 1 && w.card("o1").is_none()).await;
            assert!(screen.window.link().oldest_unsent.is_some());
        }
        assert_eq!(limit_reached(&mut limits), [3], "R3.7: once in an outage");
        hub.go_on().await;
        screen.until_live().await;
        all.extend(changes(&mut told));
    }
    // A connection that comes back within the liveness limit may be offline only for a moment; none may stand still.
    assert!(all.iter().all(|(from, to)| from != to), "{all:?}");
    assert!(all.windows(2).all(|pair| pair[0].1 == pair[1].0), "no change is left out: {all:?}");
    assert_eq!(all.first().map(|(from, _)| *from), Some(Connecting));
    assert_eq!(all.iter().filter(|(_, to)| *to == Offline).count(), 2, "{all:?}");
    assert_eq!(all.last().map(|(_, to)| *to), Some(Live));
    screen.kitchen.shutdown().await;
}

#[tokio::test]
async fn the_way_to_the_hub_is_measured_while_it_is_live() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let mut config = config(folder.path(), &hub.url());
    config.timing = Timing { ping: Some(Duration::from_millis(50)), ..Timing::lan() };
    let mut screen = Screen::with(config).await;
    screen.until_live().await;
    screen.until("measured", |w| w.link().round_trip_ms.is_some_and(|ms| (1..2_000).contains(&ms))).await;
    hub.behave(Behaviour::AcceptOnly);
    hub.cut();
    screen.until("not live", |w| w.connection() != Live && w.link().round_trip_ms.is_none()).await;
    screen.kitchen.shutdown().await;
}
