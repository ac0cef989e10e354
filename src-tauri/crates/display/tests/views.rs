//! R4: what is mounted gets every change once and in order; what is not gets nothing.

mod common;

use common::{Model, Screen, config, mount};
use display::frame::{Go, Press, Tab};
use display::{Kitchen, Window};
use kitchen::{Act, Operation, StationId};
use std::time::{Duration, Instant};
use testkit::{ScriptedHub, draft, eventually, line, touch};
use tokio::time::timeout;

#[tokio::test]
async fn r4_01_mounting_never_waits_for_the_hub_and_can_be_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let kitchen = Kitchen::start(config(folder.path(), "ws://127.0.0.1:1/ws")).await.unwrap();
    let began = Instant::now();
    let mounts: Vec<_> = (0..50)
        .map(|_| {
            let kitchen = kitchen.clone();
            tokio::spawn(async move { kitchen.mount(Window::cook("main")).await.unwrap() })
        })
        .collect();
    let mut generations = Vec::new();
    for mounted in mounts {
        generations.push(mounted.await.unwrap().frame.mount);
    }
    assert!(began.elapsed() < Duration::from_secs(2));
    generations.sort_unstable();
    generations.dedup();
    assert_eq!(generations.len(), 50, "each is its own; only the last one may ask");
    let mut answered = 0;
    for generation in generations {
        answered += usize::from(kitchen.painted("main", generation, 1).await.is_ok());
    }
    assert_eq!(answered, 1);
    kitchen.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r4_02_ten_thousand_mounts_under_load_and_no_stale_delivery() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    let kitchen = screen.kitchen.clone();
    let (done, mut is_done) = tokio::sync::watch::channel(false);
    let load = async {
        let mut n = 0;
        while !*is_done.borrow_and_update() {
            if n < 40 {
                hub.place(&format!("o{n}"), draft("1", vec![line("steak", 1, &[])]));
            } else {
                let lines = vec![touch("steak#1", u32::from(n % 80 < 40))];
                let station = "grill".into();
                let act =
                    if n % 80 < 40 { Act::Finish { station, lines } } else { Act::Reopen { station, lines } };
                let (id, order) = (format!("other-{n}").into(), format!("o{}", n % 40).into());
                hub.act(Operation { id, device: None, at: hub.now(), order, seen: 1, act }).unwrap();
            }
            n += 1;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let mounts = async {
        let mut late = Vec::new();
        let mut last = 0;
        for round in 0..10_000u32 {
            let mounted = kitchen.mount(Window::cook("main")).await.unwrap();
            let mount = mounted.frame.mount;
            assert!(mount > last);
            last = mount;
            if round % 4 != 3 {
                // A pull that its window abandons: whatever comes of it must not be a frame of a later mount.
                let kitchen = kitchen.clone();
                let revision = mounted.frame.revision;
                late.push((
                    mount,
                    tokio::spawn(async move { kitchen.next_frame("main", mount, revision).await }),
                ));
            }
            if round % 3 == 0 {
                kitchen.unmount("main", mount).await.unwrap();
                assert_eq!(kitchen.next_frame("main", mount, 1).await.unwrap_err().code, "mount_gone");
            }
        }
        for (mount, pull) in late {
            match timeout(Duration::from_secs(2), pull).await.expect("no pull is left hanging").unwrap() {
                Ok(frame) => assert_eq!(frame.mount, mount, "a stale delivery"),
                Err(fault) => assert_eq!(fault.code, "mount_gone"),
            }
        }
        done.send(true).unwrap();
    };
    tokio::join!(load, mounts);
    kitchen.shutdown().await;
}

#[tokio::test]
async fn r4_03_a_whole_frame_and_every_change_after_it_are_the_picture() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    for n in 0..30 {
        hub.place(&format!("o{n}"), draft(&n.to_string(), vec![line("steak", 1 + n % 3, &["rare"])]));
        if n % 4 == 0 {
            screen.until("an order", |w| !w.cards.is_empty()).await;
            let first = screen.window.orders()[0].clone();
            screen.bump(&first).await;
            screen.until("the bump", |w| w.card(&first).is_none()).await;
        }
        if n % 5 == 0 {
            screen.go(Go::Page { page: 1 + n % 2 }).await;
        }
    }
    screen
        .until("quiet", |w| {
            w.unsent() == 0
                && w.cards.values().all(|card| !card.pending)
                && w.frame.head.as_ref().unwrap().station_open == 22
        })
        .await;
    let (view, held, revision) = (screen.window.view.clone(), screen.window.mount, screen.window.revision);
    // A gap: a revision that never was gives everything.
    let whole = screen.kitchen.next_frame(&view, held, revision + 1_000).await.unwrap();
    let whole = Model::new(&view, whole);
    assert_eq!(whole.shown(), screen.window.shown());
    screen.kitchen.shutdown().await;
}

#[tokio::test]
async fn r4_04_a_reload_is_a_new_mount_and_the_old_one_is_dropped() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    screen.go(Go::Tab { tab: Tab::Expo }).await;
    screen.until("expo", |w| w.frame.head.as_ref().unwrap().tab == Tab::Expo).await;
    let (kitchen, old) = (screen.kitchen.clone(), screen.window.clone());
    let waiting = tokio::spawn(async move { kitchen.next_frame(&old.view, old.mount, old.revision).await });
    let again = mount(&screen.kitchen, "main").await;
    assert_eq!(waiting.await.unwrap().unwrap_err().code, "mount_gone");
    assert_eq!(again.frame.head.as_ref().unwrap().tab, Tab::Expo, "it looks where it looked");
    screen.kitchen.shutdown().await;
}

/// Both stations cook the line, so nothing but the glass can tell which of them was meant.
#[tokio::test]
async fn a_touch_acts_at_the_station_that_stands_on_the_glass_and_not_at_the_one_that_is_on_its_way() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    hub.place("o1", draft("1", vec![line("steak", 1, &[])]));
    let expo = StationId::expo();
    let bumped_at = |station: &StationId| {
        let order = hub.order("o1");
        order.and_then(|order| order.lines[0].work_at(station).map(|work| work.bumped)).unwrap_or(0)
    };
    screen.until("the order at the grill", |window| window.card("o1").is_some()).await;
    let card = screen.window.card("o1").unwrap().clone();
    screen.go(Go::Station { station: expo.clone() }).await;
    let bump = Press::Bump { order: card.order.clone(), seen: card.seen, lines: card.bump.clone() };
    screen.press(bump).await.unwrap();
    eventually("the bump at the hub", || async { (bumped_at(&"grill".into()) == 1).then_some(()) }).await;
    assert_eq!(bumped_at(&expo), 0, "the pass was not on the glass yet");

    // Once it is, it is meant.
    screen
        .until("the order at the pass", |window| {
            window.frame.head.as_ref().is_some_and(|head| head.station.id == expo)
                && window.card("o1").is_some()
        })
        .await;
    screen.bump("o1").await;
    eventually("the bump of the pass", || async { (bumped_at(&expo) == 1).then_some(()) }).await;
}

#[tokio::test]
async fn r4_05_unmounting_every_view_does_not_drop_the_link() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    screen.kitchen.unmount(&screen.window.view, screen.window.mount).await.unwrap();
    let mut sounds = screen.kitchen.sounds();
    let seq = hub.place("o1", draft("1", vec![line("steak", 1, &[])]));
    timeout(Duration::from_secs(2), sounds.recv()).await.expect("it rings all the same").unwrap();
    eventually("it is stored", || async { (hub.acks().last()?.0 == seq).then_some(()) }).await;
    assert_eq!(hub.sockets().0, 1);
    screen.window = mount(&screen.kitchen, "main").await;
    assert!(screen.window.card("o1").is_some());
    screen.kitchen.shutdown().await;
}

#[tokio::test]
async fn a_burst_becomes_few_frames() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let mut screen = Screen::start(folder.path(), &hub).await;
    screen.until_live().await;
    let before = screen.window.revision;
    for n in 0..200 {
        hub.place(&format!("o{n}"), draft("1", vec![line("steak", 1, &[])]));
    }
    screen.until("all", |w| w.frame.head.as_ref().unwrap().station_open == 200).await;
    assert!(screen.window.revision - before < 60, "{} frames", screen.window.revision - before);
    screen.kitchen.shutdown().await;
}

#[tokio::test]
async fn r1_05_nothing_is_left_after_a_shutdown() {
    let hub = ScriptedHub::start().await;
    let folder = tempfile::tempdir().unwrap();
    let metrics = tokio::runtime::Handle::current().metrics();
    let before = metrics.num_alive_tasks();
    for cycle in 0..30 {
        let mut screen = Screen::start(folder.path(), &hub).await;
        if cycle % 2 == 0 {
            screen.until_live().await;
        }
        screen.kitchen.shutdown().await;
    }
    // The hub's own tasks for the closed sockets end a moment later.
    eventually("no task is left", || async { (metrics.num_alive_tasks() <= before).then_some(()) }).await;
    assert_eq!(hub.sockets().1, 0);
}
