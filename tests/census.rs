//! Nothing is left of a kitchen that was shut down (rule R1.5): no task, no thread, no socket, no file.
//!
//! Alone in its process, so that what is counted is its own. The hub and the display core are the real ones, over real
//! sockets and real files; what a cycle does touches every part of both: an order goes in, is seen, is bumped, and comes back
//! as applied.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]
#![cfg(target_os = "linux")]

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use display::frame::{Frame, MicrophoneChoice, Press, PressLine};
use display::talk::{Held, Microphone, Microphones, Voice};
use display::{Config, HubAddress, Kitchen, Token, Window};
use hub::demo::{Pos, PosConfig};
use hub::{Hub, HubConfig};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use voice::audio::State;
use voice::peer::{Authorization, Config as Client, Secrets};

/// Cycles that are counted.
const CYCLES: usize = 1_000;

/// Cycles before that: the runtime's threads for blocking work come once and stay.
const FIRST: usize = 20;

/// What a process has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Census {
    tasks: usize,
    threads: usize,
    sockets: usize,
    files: usize,
}

impl Census {
    fn take() -> Self {
        let all = |what: &str| std::fs::read_dir(format!("/proc/self/{what}")).unwrap().flatten();
        let is_socket = |path: &Path| {
            std::fs::read_link(path).is_ok_and(|link| link.to_string_lossy().starts_with("socket:"))
        };
        let (sockets, files): (Vec<_>, Vec<_>) = all("fd").partition(|entry| is_socket(&entry.path()));
        Self {
            tasks: Handle::current().metrics().num_alive_tasks(),
            threads: all("task").count(),
            sockets: sockets.len(),
            files: files.len(),
        }
    }

    fn is_within(self, other: Self) -> bool {
        self.tasks <= other.tasks
            && self.threads <= other.threads
            && self.sockets <= other.sockets
            && self.files <= other.files
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r1_05_nothing_is_left_of_a_hub_and_a_display_that_were_started_and_ended_1000_times() {
    let mut data = tempfile::tempdir().unwrap();
    for _ in 0..FIRST {
        cycle(data.path()).await;
    }
    let before = settled(None).await;
    let memory = resident();
    let began = Instant::now();
    for n in 0..CYCLES {
        // A kitchen's first day, again and again: a log that grows would be counted as what it is not.
        if n % 50 == 0 {
            data = tempfile::tempdir().unwrap();
        }
        cycle(data.path()).await;
    }
    let took = began.elapsed();
    let after = settled(Some(before)).await;
    println!(
        "{CYCLES} cycles in {took:?}: {before:?} -> {after:?}; memory {} -> {} MiB",
        memory >> 20,
        resident() >> 20
    );
    assert!(after.is_within(before), "{before:?} -> {after:?}");
}

/// The census once the last closed connections have been noticed; with a limit, once it is within that.
async fn settled(limit: Option<Census>) -> Census {
    let end = Instant::now() + Duration::from_secs(12);
    let mut last = Census::take();
    let mut since = Instant::now();
    loop {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let now = Census::take();
        if now != last {
            (last, since) = (now, Instant::now());
        }
        let is_good = limit.is_none_or(|limit| now.is_within(limit));
        if (is_good && since.elapsed() > Duration::from_millis(300)) || Instant::now() > end {
            return now;
        }
    }
}

/// One short day of a kitchen.
async fn cycle(data: &Path) {
    let mut config = HubConfig::new(data.join("hub"));
    config.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    config.first_setup = hub::demo::setup();
    let hub = Hub::start(config).await.unwrap();
    let address = HubAddress { url: hub.url(), label: String::new() };
    let token = hub.token().to_owned();
    let token = Token::Source(Arc::new(move |_| Ok(token.clone())));
    let mut config = Config::new(data.join("display"), address, token);
    config.voice = Some(voice_of(&hub));
    let kitchen = Kitchen::start(config).await.unwrap();
    let (_notifications, _sounds) = (kitchen.notifications(), kitchen.sounds());

    let mounted = kitchen.mount(Window::cook("main")).await.unwrap();
    let mut frame = mounted.frame;
    let pos = Pos::start(hub.local_addr(), hub.token(), PosConfig { at_start: 1, ..PosConfig::default() });
    let mut bumped = None;
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        assert!(Instant::now() < end, "the order does not come and go: {frame:?}");
        if bumped.is_none() {
            bumped = bump(&kitchen, &mounted.view, &frame).await;
        }
        let is_sent = frame.connection.as_ref().is_some_and(|connection| connection.unsent == 0);
        if bumped.is_some() && is_sent && hub.status()["events"].as_u64() >= Some(2) {
            break;
        }
        let next = kitchen.next_frame(&mounted.view, frame.mount, frame.revision);
        // The hub's count may come after the last frame.
        if let Ok(next) = tokio::time::timeout(Duration::from_millis(100), next).await {
            frame = next.unwrap();
            kitchen.painted(&mounted.view, frame.mount, frame.revision).await.unwrap();
        }
    }

    pos.stop().await;
    kitchen.shutdown().await;
    let ending = hub.shutdown().await;
    assert!(
        ending.in_time && ending.alive == 0 && ending.steps.iter().all(|step| step.finished),
        "{ending:?}"
    );
}

/// A microphone in a silent room.
#[derive(Debug)]
struct Silent;

/// Its end.
#[derive(Debug)]
struct Ends {
    _frames: mpsc::Sender<voice::audio::Frame>,
    _state: watch::Sender<State>,
    _level: watch::Sender<u8>,
}

impl Held for Ends {
    fn choose(&self, _: Option<String>) {}
}

impl Microphones for Silent {
    fn open(&self, _: Option<&str>) -> std::io::Result<Microphone> {
        let (frames, heard) = mpsc::channel(1);
        let (state, state_rx) = watch::channel(State::Ready { device: String::new() });
        let (level, level_rx) = watch::channel(0);
        let held = Box::new(Ends { _frames: frames, _state: state, _level: level });
        Ok(Microphone { frames: heard, state: state_rx, level: level_rx, held })
    }

    fn list(&self) -> Vec<MicrophoneChoice> {
        Vec::new()
    }
}

/// It is talked to through its hub.
fn voice_of(hub: &Hub) -> Voice {
    let token = hub.token().to_owned();
    let secrets = Secrets::Endpoint {
        url: format!("http://{}/api/v1/realtime", hub.local_addr()),
        authorization: Authorization::Source(Arc::new(move || Ok(token.clone()))),
        session: Box::default(),
    };
    Voice { client: Client::new(secrets), host: String::new(), microphones: Arc::new(Silent) }
}

/// BUMP on the first card of the frame, if there is one.
async fn bump(kitchen: &Kitchen, view: &str, frame: &Frame) -> Option<()> {
    let card = frame.cards.first()?;
    let lines = card.bump.iter().map(|l| PressLine { line: l.line.clone(), upto: l.upto }).collect();
    let press = Press::Bump { order: card.order.clone(), seen: card.seen, lines };
    kitchen.press(view, frame.mount, press).await.unwrap();
    Some(())
}

/// Bytes of memory in use.
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4_096
}
