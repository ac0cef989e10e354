//! The end of `brigade-hub` as a process, under real signals (rule R6): in order, each step hung once, and past the limit.
//!
//! Nothing in the program helps these tests. Each step is hung by what would hang it in a kitchen: a slow kernel (`strace`
//! delays `accept`), a client that never finishes its request, a disk that never gives the speech model, another program that
//! holds the database.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

#[cfg(feature = "voice")]
#[path = "hub/caller.rs"]
#[allow(dead_code, reason = "the other tests use the rest")]
mod caller;
#[path = "hub/common.rs"]
#[allow(dead_code, unused_imports, reason = "the other tests use the rest")]
mod common;

use common::{Pos, Process, SOON, Screen, an_order, hello, until};
use hub::{Hub, MachineTime, Signals, TimeSource};
use logbook::Logbook;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The hub's own account, in its log file.
fn log(data: &Path) -> String {
    std::fs::read_to_string(data.join("logs/brigade-hub.log")).unwrap_or_default()
}

/// Asserts that these words are in the text, each after the one before.
fn in_order(text: &str, words: &[&str]) {
    let mut rest = text;
    for word in words {
        let Some(at) = rest.find(word) else { panic!("no {word:?} in its place in\n{text}") };
        rest = &rest[at + word.len()..];
    }
}

fn start(data: &Path) -> Process {
    start_as(Process::command(data), data)
}

fn start_as(command: Command, data: &Path) -> Process {
    // Not the environment but the owner's file: these tests read all that is said.
    std::fs::write(data.join("log-level"), "info").unwrap();
    Process::spawn(command, data)
}

/// The exit code, and how long the end took.
async fn ended(mut process: Process) -> (Option<i32>, Duration) {
    let began = Instant::now();
    loop {
        if let Some(status) = process.child.try_wait().unwrap() {
            return (status.code(), began.elapsed());
        }
        assert!(began.elapsed() < Duration::from_secs(30), "the process does not end");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A client that is in the middle of a request and stays there.
async fn unfinished_request(process: &Process) -> TcpStream {
    let mut stream = TcpStream::connect(process.addr).await.unwrap();
    let head = format!(
        "POST /api/v1/orders HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {}\r\nContent-Length: 1000\r\n\r\n{{",
        process.pos.token
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    until("the hub has taken the connection", async || {
        process.pos.get("/status").await["http_connections"].as_u64().unwrap() >= 2
    })
    .await;
    stream
}

const ACCEPTING: &str = "step=\"accepting\"";
const SOCKETS: &str = "step=\"sockets\"";
const VOICE: &str = "step=\"voice\"";
const DATABASE: &str = "step=\"database\"";

#[tokio::test]
async fn r6_02_sigterm_and_sigint_end_it_in_order_and_more_of_them_are_only_logged() {
    for signal in ["-TERM", "-INT"] {
        let data = tempfile::tempdir().unwrap();
        let process = start(data.path());
        let mut screen = Screen::join(process.addr, &hello("d", &process.pos.token)).await;
        process.pos.place(&an_order()).await;
        screen.reach(1).await;
        // Something to wait for, so that the second signal comes while the end is under way.
        let mut request = unfinished_request(&process).await;
        process.signal(signal);
        until("the end has begun", async || log(data.path()).contains("shutting down")).await;
        process.signal("-TERM");
        process.signal("-INT");
        assert_eq!(screen.closed().await, Some(1001));
        until("a second signal was seen", async || log(data.path()).contains("already shutting down")).await;
        request.shutdown().await.unwrap();
        drop(request);
        let (code, took) = ended(process).await;
        assert_eq!(code, Some(0));
        assert!(took < Duration::from_secs(3), "{took:?}");
        let log = log(data.path());
        in_order(
            &log,
            &["shutting down signal=", ACCEPTING, SOCKETS, VOICE, DATABASE, "hub::shutdown: ended"],
        );
        assert_eq!(log.matches("shutting down signal=").count() - log.matches("already").count(), 1, "{log}");
        assert!(!log.contains("skipped") && !data.path().join("hub.sqlite-wal").exists(), "{log}");
    }
}

#[tokio::test]
async fn r6_03_accepting_that_hangs_is_skipped() {
    let data = tempfile::tempdir().unwrap();
    if !Command::new("strace").arg("-V").output().is_ok_and(|output| output.status.success()) {
        assert!(std::env::var_os("CI").is_none(), "strace is needed to make accept slow");
        println!("NOT TESTED: strace is not installed");
        return;
    }
    let mut command = Command::new("strace");
    // The second thread of the runtime is held in `accept` for a while after a connection came.
    command.args(["-D", "-f", "-qq", "-o", "/dev/null", "-e", "trace=accept4"]);
    command.args(["-e", "inject=accept4:delay_exit=2500000:when=3+"]);
    command.arg(env!("CARGO_BIN_EXE_brigade-hub")).args(Process::arguments(data.path()));
    let process = start_as(command, data.path());
    let mut screen = Screen::join(process.addr, &hello("d", &process.pos.token)).await;
    let mut stuck = Vec::new();
    for _ in 0..3 {
        stuck.push(TcpStream::connect(process.addr).await.unwrap());
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    process.signal("-TERM");
    assert_eq!(screen.closed().await, Some(1001), "the next step is taken all the same");
    drop(stuck);
    let (code, took) = ended(process).await;
    let log = log(data.path());
    in_order(&log, &["hangs, skipped step=\"accepting\"", SOCKETS, DATABASE, "hub::shutdown: ended"]);
    println!("accepting hung: exit {code:?} after {took:?}");
    assert_eq!(code, Some(0), "{log}");
}

#[tokio::test]
async fn r6_03_sockets_that_hang_are_skipped() {
    let data = tempfile::tempdir().unwrap();
    let process = start(data.path());
    let mut screen = Screen::join(process.addr, &hello("d", &process.pos.token)).await;
    let order = process.pos.place(&an_order()).await;
    let mut request = unfinished_request(&process).await;
    process.signal("-TERM");
    assert_eq!(screen.closed().await, Some(1001), "the others are closed all the same");
    let (code, took) = ended(process).await;
    println!("sockets hung: exit {code:?} after {took:?}");
    assert_eq!(code, Some(0));
    assert!((2_500..6_000).contains(&took.as_millis()), "{took:?}");
    let log = log(data.path());
    in_order(&log, &["done step=\"accepting\"", "hangs, skipped step=\"sockets\"", "done step=\"database\""]);
    assert!(log.contains("alive=1"), "it is said what was left behind: {log}");
    assert!(!data.path().join("hub.sqlite-wal").exists(), "and the database was closed: {log}");
    let mut nothing = Vec::new();
    let _ =
        tokio::time::timeout(SOON, request.read_to_end(&mut nothing)).await.expect("the socket is closed");
    let process = start(data.path());
    assert_eq!(process.pos.get(&format!("/orders/{}", order["id"].as_str().unwrap())).await, order);
    process.kill();
}

#[cfg(feature = "voice")]
#[tokio::test]
async fn r6_03_voice_that_hangs_is_skipped() {
    let data = tempfile::tempdir().unwrap();
    // Opening a pipe that nobody writes to takes for ever, as reading from a dying disk does.
    let model = tempfile::tempdir().unwrap();
    for file in [recogniser::MODEL_FILE, recogniser::VOCABULARY_FILE] {
        assert!(Command::new("mkfifo").arg(model.path().join(file)).status().unwrap().success());
    }
    let mut command = Process::command(data.path());
    command.env("BRIGADE_VOICE_MODEL", model.path());
    let process = start_as(command, data.path());
    let order = process.pos.place(&an_order()).await;
    let mut screen = Screen::join(process.addr, &hello("d", &process.pos.token)).await;
    let (mut client, ..) = caller::Client::connects(&process.pos).await;
    assert_eq!(client.hears().await["type"], "session.created");
    let sayings = serde_json::json!([{"id": "s", "say": ["bump twelve"]}]);
    let grammar = serde_json::json!({"revision": 1, "part": 0, "of": 1, "sayings": sayings});
    let session = serde_json::json!({"type": "transcription", "brigade_grammar": grammar});
    client.says(serde_json::json!({"type": "session.update", "session": session})).await;
    assert_eq!(client.hears().await["type"], "session.updated");
    client.says(serde_json::json!({"type": "input_audio_buffer.clear"})).await;
    assert_eq!(client.hears().await["type"], "input_audio_buffer.cleared", "the model is being read");
    process.signal("-TERM");
    assert_eq!(screen.closed().await, Some(1001));
    let (code, took) = ended(process).await;
    println!("voice hung: exit {code:?} after {took:?}");
    let text = log(data.path());
    assert_eq!(code, Some(0), "{text}");
    assert!((1_500..5_000).contains(&took.as_millis()), "{took:?}");
    in_order(&text, &["done step=\"accepting\"", "done step=\"sockets\"", "hangs, skipped step=\"voice\""]);
    in_order(&text, &["hangs, skipped step=\"voice\"", "done step=\"database\"", "hub::shutdown: ended"]);
    assert!(!data.path().join("hub.sqlite-wal").exists(), "the database was closed: {text}");
    client.goes().await;
    let process = start(data.path());
    assert_eq!(process.pos.get(&format!("/orders/{}", order["id"].as_str().unwrap())).await, order);
    process.kill();
}

#[tokio::test]
async fn r6_03_a_database_that_hangs_is_skipped_and_what_was_acknowledged_is_there() {
    let data = tempfile::tempdir().unwrap();
    let process = start(data.path());
    let order = process.pos.place(&an_order()).await;
    let other = rusqlite::Connection::open(data.path().join("hub.sqlite")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    // The writer now waits with this one, which is therefore never acknowledged.
    let pos = process.pos.clone();
    let waiting = tokio::spawn(async move {
        pos.try_raw("POST", "/api/v1/orders", &[], Some(an_order().to_string())).await
    });
    until("the writer waits", async || {
        process.pos.get("/status").await["http_connections"].as_u64().unwrap() >= 2
    })
    .await;
    process.signal("-TERM");
    let (code, took) = ended(process).await;
    println!("database hung: exit {code:?} after {took:?}");
    assert_eq!(code, Some(0));
    assert!(took < Duration::from_secs(9), "{took:?}");
    let text = log(data.path());
    in_order(&text, &["done step=\"accepting\"", SOCKETS, "hangs, skipped step=\"database\""]);
    let answer = waiting.await.unwrap();
    assert!(
        answer.is_err() || !answer.unwrap().status().is_success(),
        "nothing is acknowledged that is not stored"
    );
    drop(other);
    let process = start(data.path());
    assert_eq!(process.pos.get(&format!("/orders/{}", order["id"].as_str().unwrap())).await, order);
    assert_eq!(process.pos.seq().await, 1);
    process.kill();
}

#[tokio::test]
async fn r6_03_past_the_whole_limit_it_exits_with_1() {
    let data = tempfile::tempdir().unwrap();
    let process = start(data.path());
    let _request = unfinished_request(&process).await;
    process.signal("-TERM");
    until("the end has begun", async || log(data.path()).contains("shutting down")).await;
    // A machine that stood still: the whole process, longer than all of its end may take.
    process.signal("-STOP");
    tokio::time::sleep(Duration::from_millis(10_200)).await;
    process.signal("-CONT");
    let (code, took) = ended(process).await;
    assert_eq!(code, Some(1), "{}", log(data.path()));
    assert!(took < Duration::from_secs(2), "{took:?}");
}

/// Where the child below has its data.
const FOLDER: &str = "HUB_TEST_FOLDER";

/// Time that panics in the writer's thread once a file says so.
struct Bomb(std::path::PathBuf);

impl TimeSource for Bomb {
    fn counted_ms(&self) -> i64 {
        let here = std::thread::current();
        assert!(here.name() != Some("hub-writer") || !self.0.exists(), "the writer's clock is out");
        MachineTime.counted_ms()
    }

    fn wall_ms(&self) -> i64 {
        MachineTime.wall_ms()
    }
}

#[tokio::test]
async fn r6_01_a_panic_of_the_writer_ends_the_hub_in_order() {
    let data = tempfile::tempdir().unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["child_whose_writer_panics", "--exact", "--nocapture", "--include-ignored"]);
    command.env(FOLDER, data.path()).stdout(Stdio::null()).stderr(Stdio::null());
    let child = command.spawn().unwrap();
    until("it listens", async || data.path().join("hub.address").exists()).await;
    let address = std::fs::read_to_string(data.path().join("hub.address")).unwrap();
    let token = std::fs::read_to_string(common::token_file(data.path())).unwrap();
    let addr = address.trim().parse().unwrap();
    let process = Process { child, addr, pos: Pos::new(addr, token.trim()) };
    let mut screen = Screen::join(process.addr, &hello("d", &process.pos.token)).await;
    let order = process.pos.place(&an_order()).await;
    screen.reach(1).await;
    std::fs::write(data.path().join("bomb"), "").unwrap();
    assert_eq!(screen.closed().await, Some(1001));
    let (code, _) = ended(process).await;
    assert_eq!(code, Some(1), "so that it is started again");
    let text = log(data.path());
    in_order(&text, &["ERROR panic:", "the writer's clock is out", "way=", "the hub cannot go on"]);
    in_order(&text, &["the hub cannot go on", ACCEPTING, SOCKETS, DATABASE, "the writer had panicked"]);
    let process = start(data.path());
    assert_eq!(process.pos.get(&format!("/orders/{}", order["id"].as_str().unwrap())).await, order);
    process.kill();
}

#[test]
#[ignore = "started by r6_01"]
fn child_whose_writer_panics() {
    let Some(data) = std::env::var_os(FOLDER) else { return };
    let data = Path::new(&data);
    let logbook = Logbook::open(data, "brigade-hub");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (ending, _deadline) = runtime.block_on(async {
        let mut config = common::config(data);
        config.time = Arc::new(Bomb(data.join("bomb")));
        let signals = Signals::new().unwrap();
        let hub = Hub::start(config).await.unwrap();
        hub::serve_until_told(hub, None, signals, logbook.handle()).await
    });
    drop(logbook);
    std::process::exit(i32::from(!ending.in_time));
}

/// A write-ahead log that ends anywhere after the last commit that was answered, or holds anything there.
#[tokio::test]
async fn r6_04_a_log_torn_after_its_last_acknowledged_commit_loses_nothing() {
    const CUTS: u64 = 60;
    let data = tempfile::tempdir().unwrap();
    let process = start(data.path());
    // Somebody who reads keeps the log from being begun anew, so that its length tells what was acknowledged when.
    let reader = rusqlite::Connection::open(data.path().join("hub.sqlite")).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema").unwrap();
    let mut acknowledged = Vec::new();
    for _ in 0..40 {
        acknowledged.push(process.pos.place(&an_order()).await["id"].as_str().unwrap().to_owned());
    }
    let wal = data.path().join("hub.sqlite-wal");
    let safe = std::fs::metadata(&wal).unwrap().len();
    // More, which nobody waits for.
    let more: Vec<_> = (0..4)
        .map(|_| {
            let pos = process.pos.clone();
            tokio::spawn(async move {
                while pos.try_raw("POST", "/api/v1/orders", &[], Some(an_order().to_string())).await.is_ok() {
                }
            })
        })
        .collect();
    until("more is written", async || std::fs::metadata(&wal).unwrap().len() > safe + 400_000).await;
    process.kill();
    for task in more {
        task.await.unwrap();
    }
    let whole = std::fs::read(&wal).unwrap();
    let end = whole.len() as u64;
    // Before the reader's own end tidies up.
    let database = std::fs::read(data.path().join("hub.sqlite")).unwrap();
    drop(reader);
    let mut chance = 0x9E37_79B9_u64;
    let mut most = 0;
    for cut in 0..CUTS {
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let at = if cut == 0 { safe } else { safe + (chance >> 33) % (end - safe) };
        let torn = tempfile::tempdir().unwrap();
        std::fs::copy(data.path().join("hub.token"), torn.path().join("hub.token")).unwrap();
        std::fs::write(torn.path().join("hub.sqlite"), &database).unwrap();
        let mut log = whole[..at as usize].to_vec();
        if cut % 2 == 1 {
            // Not cut but never written: the disk shows what was there before.
            log.resize(whole.len(), 0xA5);
        }
        std::fs::write(torn.path().join("hub.sqlite-wal"), log).unwrap();
        let hub = Hub::start(common::config(torn.path())).await.unwrap();
        let pos = Pos::new(hub.addr(), hub.token());
        let seq = pos.seq().await;
        assert!(seq >= acknowledged.len() as u64, "cut at {at}, safe {safe}: {seq}");
        most = most.max(seq);
        for id in &acknowledged {
            assert_eq!(pos.send("GET", &format!("/orders/{id}"), None).await.0, 200, "{id} at {at}");
        }
        let ending = hub.shutdown().await;
        assert!(ending.in_time && ending.alive == 0, "{ending:?}");
    }
    assert!(most > acknowledged.len() as u64, "some cuts were in the middle of more");
    println!(
        "{CUTS} cuts: all {} acknowledged orders there each time, at most {most} in all",
        acknowledged.len()
    );
}

#[tokio::test]
async fn r7_05_the_level_of_a_running_hub_follows_the_owners_file() {
    let data = tempfile::tempdir().unwrap();
    let process = start(data.path());
    let asked = |text: &str| text.matches("DEBUG hub::http: answered").count();
    process.pos.place(&an_order()).await;
    assert_eq!(asked(&log(data.path())), 0);
    std::fs::write(data.path().join("log-level"), "info,hub::http=debug\n").unwrap();
    until("requests are logged", async || {
        process.pos.get("/status").await;
        asked(&log(data.path())) > 0
    })
    .await;
    std::fs::write(data.path().join("log-level"), "off\n").unwrap();
    until("the level is off", async || log(data.path()).contains("level=\"off\"")).await;
    let before = asked(&log(data.path()));
    let mut screen = Screen::join(process.addr, &hello("late screen", &process.pos.token)).await;
    process.pos.place(&an_order()).await;
    screen.reach(2).await;
    drop(screen);
    until("R7.2: it joined and left", async || {
        let log = log(data.path());
        let joined = log.lines().any(|line| line.contains("screen joined") && line.contains("late screen"));
        joined && log.lines().any(|line| line.contains("screen left") && line.contains("late screen"))
    })
    .await;
    assert_eq!(asked(&log(data.path())), before);
    assert!(!log(data.path()).contains(&process.pos.token), "R7.4");
    process.signal("-TERM");
    assert_eq!(ended(process).await.0, Some(0));
}
