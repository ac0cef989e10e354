//! The end of the whole application, under real signals and by its window (rule R6), and what is left of it (rule R1.5).
//!
//! Nothing in the program helps these tests; see `hub/tests/shutdown.rs`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]
#![cfg(target_os = "linux")]

mod support;

use std::fs::File;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use support::process::{Process, children_of, signal};
use support::{Desktop, Pos, SOON, until};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use x11rb::protocol::xproto::{AtomEnum, ClientMessageEvent, ConnectionExt, EventMask, Window};

/// The application without a driver between it and its end.
struct Brigade {
    process: Process,
    data: PathBuf,
}

impl Brigade {
    /// Starts it and waits until its hub takes orders and its window is there.
    async fn start(desktop: &Desktop, more: &[&str]) -> Self {
        let data = desktop.folder("kitchen");
        let output = File::options().create(true).append(true).open(desktop.home().join("app.log")).unwrap();
        let process = Process::start(
            desktop
                .command(env!("CARGO_BIN_EXE_brigade"))
                .arg("--data")
                .arg(&data)
                .args(["--size", "1024x768", "--listen", "127.0.0.1:0"])
                .args(more)
                .stdout(output.try_clone().unwrap())
                .stderr(output),
        );
        let brigade = Self { process, data };
        until("its window", SOON, async || desktop.window("Brigade").is_some().then_some(())).await;
        brigade
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.data.join("logs/brigade.log")).unwrap_or_default()
    }

    fn signal(&self, name: &str) {
        signal(name, &self.process.id().to_string());
    }

    /// Waits for its end: the exit code, and how long it took.
    async fn ended(&mut self) -> (Option<i32>, Duration) {
        let began = Instant::now();
        let code = until("the application to end", Duration::from_secs(30), async || {
            self.process.child().try_wait().unwrap().map(|status| status.code())
        })
        .await;
        (code, began.elapsed())
    }

    /// The processes that its web view runs in.
    fn helpers(&self) -> Vec<u32> {
        children_of(self.process.id()).into_iter().map(|(id, _)| id).collect()
    }
}

/// Waits until a screen that is connected to the hub is closed, and tells the code.
async fn joined(pos: &Pos) -> tokio::task::JoinHandle<Option<u16>> {
    let url = format!("{}/ws", pos.base().replace("http://", "ws://"));
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    let hello = json!({
        "type": "hello", "protocol": 1, "app": "test", "device_id": "other-pc", "role": "display", "token": pos.token(),
    });
    socket.send(Message::text(hello.to_string())).await.unwrap();
    let first = socket.next().await.unwrap().unwrap();
    assert!(first.to_text().unwrap().contains("welcome"), "{first}");
    tokio::spawn(async move {
        while let Some(Ok(message)) = socket.next().await {
            if let Message::Close(frame) = message {
                return frame.map(|frame| frame.code.into());
            }
        }
        None
    })
}

/// Asserts that these words are in the text, each after the one before.
fn in_order(text: &str, words: &[&str]) {
    let mut rest = text;
    for word in words {
        let Some(at) = rest.find(word) else { panic!("no {word:?} in its place in\n{text}") };
        rest = &rest[at + word.len()..];
    }
}

const IN_ORDER: [&str; 8] = [
    "display ended",
    "step=\"accepting\"",
    "step=\"sockets\"",
    "log closed",
    "step=\"database\"",
    "hub::shutdown: ended",
    "brigade ends",
    "no task is left",
];

/// Processes that have ended or belong to somebody else by now are gone.
fn is_gone(id: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{id}/stat"))
        .ok()
        .and_then(|stat| stat.rsplit_once(") ").map(|(_, rest)| rest.starts_with('Z')))
        .unwrap_or(true)
}

#[tokio::test(flavor = "multi_thread")]
async fn r6_01_signals_and_the_windows_close_each_start_one_end_in_order() {
    let desktop = Desktop::open(1024, 768).await;
    for how in ["TERM", "INT", "close"] {
        let mut brigade = Brigade::start(&desktop, &["--no-demo"]).await;
        let pos = Pos::of(&brigade.data).await;
        pos.set_up_one_station().await;
        let order = pos.order(how, 2).await;
        let screen = joined(&pos).await;
        let before = brigade.log().len();
        match how {
            "close" => close_window(&desktop, "Brigade"),
            signal => {
                brigade.signal(signal);
                // At once: the end takes a dozen milliseconds.
                brigade.signal(signal);
                brigade.signal("INT");
            }
        }
        let (code, took) = brigade.ended().await;
        println!("{how}: exit {code:?} after {took:?}");
        let log = brigade.log()[before..].to_owned();
        assert_eq!(code, Some(0), "{log}");
        assert!(took < Duration::from_secs(5), "{took:?}");
        assert_eq!(screen.await.unwrap(), Some(1001), "{how}: {log}");
        in_order(&log, &IN_ORDER);
        assert_eq!(log.matches("brigade ends").count(), 1, "one end: {log}");
        assert!(!log.contains("skipped") && !log.contains("ERROR"), "{log}");
        assert!(!brigade.data.join("hub/hub.sqlite-wal").exists(), "everything is in the database itself");
        // What was acknowledged is there in the next run.
        drop(brigade);
        let mut again = Brigade::start(&desktop, &["--no-demo"]).await;
        let pos = Pos::of(&again.data).await;
        assert_eq!(pos.read(&order).await["customer_name"], how);
        again.signal("TERM");
        assert_eq!(again.ended().await.0, Some(0));
    }
}

/// A client in the middle of a request holds up the sockets' step; the second signal comes while it does.
#[tokio::test(flavor = "multi_thread")]
async fn r6_03_a_step_that_hangs_is_skipped_in_the_application_too() {
    let desktop = Desktop::open(1024, 768).await;
    let mut brigade = Brigade::start(&desktop, &["--no-demo"]).await;
    let pos = Pos::of(&brigade.data).await;
    let _request = unfinished_request(&pos).await;
    brigade.signal("TERM");
    until("the end to begin", SOON, async || brigade.log().contains("asked to end").then_some(())).await;
    brigade.signal("TERM");
    brigade.signal("INT");
    let (code, took) = brigade.ended().await;
    println!("sockets hung: exit {code:?} after {took:?}");
    let log = brigade.log();
    in_order(&log, &["hangs, skipped step=\"sockets\"", "done step=\"database\"", "brigade ends"]);
    assert_eq!((code, took.as_millis() < 6_000), (Some(0), true), "{took:?} {log}");
    assert_eq!(log.matches("already shutting down").count(), 2, "{log}");
    assert_eq!(log.matches("asked to end").count(), 3, "{log}");
}

/// A disk that stands still under the screen's journal, and then one under the hub's log: somebody else holds the file.
#[tokio::test(flavor = "multi_thread")]
async fn r6_03_a_journal_or_a_log_that_hangs_is_skipped_and_all_that_was_acknowledged_is_there() {
    let desktop = Desktop::open(1024, 768).await;
    for (file, skipped) in [
        ("display/display.db", "the last writes were not made"),
        ("hub/hub.sqlite", "hangs, skipped step=\"database\""),
    ] {
        let mut brigade = Brigade::start(&desktop, &["--no-demo"]).await;
        let pos = Pos::of(&brigade.data).await;
        pos.set_up_one_station().await;
        let order = pos.order(file, 2).await;
        let before = brigade.log().len();
        let other = rusqlite::Connection::open(brigade.data.join(file)).unwrap();
        other.busy_timeout(SOON).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        // Something to write, which is therefore never acknowledged.
        let waiting = {
            let pos = pos.clone();
            tokio::spawn(async move {
                let order = json!({ "customer_name": "late", "items": [{ "name": "Soup" }] });
                pos.try_ask(reqwest::Method::POST, "orders", Some(order)).await
            })
        };
        until("the order to be under way", SOON, async || {
            let status = pos.status().await;
            let taken = waiting.is_finished() || status["http_connections"].as_u64() >= Some(2);
            taken.then_some(())
        })
        .await;
        brigade.signal("TERM");
        let (code, took) = brigade.ended().await;
        println!("{file} held: exit {code:?} after {took:?}");
        let log = brigade.log()[before..].to_owned();
        in_order(&log, &["asked to end", skipped, "brigade ends"]);
        assert_eq!((code, took.as_millis() < 10_000), (Some(0), true), "{took:?} {log}");
        let answer = waiting.await.unwrap();
        let is_taken = answer.is_ok_and(|(status, _)| status.is_success());
        assert!(is_taken != file.starts_with("hub"), "acknowledged is what is stored");
        drop(other);
        drop(brigade);
        let mut again = Brigade::start(&desktop, &["--no-demo"]).await;
        let pos = Pos::of(&again.data).await;
        assert_eq!(pos.read(&order).await["customer_name"], file);
        again.signal("TERM");
        assert_eq!(again.ended().await.0, Some(0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r6_03_past_the_whole_limit_the_application_exits_with_1() {
    let desktop = Desktop::open(1024, 768).await;
    let mut brigade = Brigade::start(&desktop, &["--no-demo"]).await;
    let pos = Pos::of(&brigade.data).await;
    let _request = unfinished_request(&pos).await;
    brigade.signal("TERM");
    until("the end to begin", SOON, async || brigade.log().contains("asked to end").then_some(())).await;
    // A machine that stood still, for longer than all of the end may take.
    brigade.signal("STOP");
    tokio::time::sleep(Duration::from_millis(10_200)).await;
    brigade.signal("CONT");
    let (code, took) = brigade.ended().await;
    assert_eq!(code, Some(1), "{}", brigade.log());
    assert!(took < Duration::from_secs(3), "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn r1_05_nothing_is_left_of_the_application_after_20_runs() {
    const RUNS: usize = 20;
    let desktop = Desktop::open(1024, 768).await;
    let began = Instant::now();
    for run in 1..=RUNS {
        let mut brigade = Brigade::start(&desktop, &["--demo-rate", "600"]).await;
        let pos = Pos::of_hub(&brigade.data.join("demo")).await;
        let screens = until("its own screen to be connected", SOON, async || {
            let status = pos.status().await;
            status["screens"]
                .as_array()
                .filter(|list| list.iter().any(|s| s["connected"] == true))
                .map(Vec::len)
        })
        .await;
        assert_eq!(screens, 1, "the same screen in every run");
        let helpers =
            until("its page", SOON, async || Some(brigade.helpers()).filter(|helpers| !helpers.is_empty()))
                .await;
        brigade.signal("TERM");
        assert_eq!(brigade.ended().await.0, Some(0), "run {run}: {}", brigade.log());
        let log = brigade.log();
        assert_eq!(log.matches("no task is left").count(), run, "{log}");
        assert!(!log.contains("left behind") && !log.contains("panic"), "{log}");
        until("the page's processes to end", SOON, async || {
            helpers.iter().all(|id| is_gone(*id)).then_some(())
        })
        .await;
        let address = pos.base().trim_start_matches("http://");
        assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
        for (folder, name) in
            [("demo", "hub.sqlite-wal"), ("demo", "hub.address"), ("display-demo", "display.db-wal")]
        {
            assert!(!brigade.data.join(folder).join(name).exists(), "{name} after run {run}");
        }
    }
    println!("{RUNS} runs of the application in {:?}, nothing left", began.elapsed());
}

/// A client that is in the middle of a request and stays there.
async fn unfinished_request(pos: &Pos) -> TcpStream {
    let mut stream = TcpStream::connect(pos.base().trim_start_matches("http://")).await.unwrap();
    let before = pos.status().await["http_connections"].as_u64().unwrap();
    let head = format!(
        "POST /api/v1/orders HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {}\r\nContent-Length: 1000\r\n\r\n{{",
        pos.token()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // Its head is read at once by an idle hub; the status is asked over another connection, which is counted too.
    until("the hub to have it", SOON, async || {
        (pos.status().await["http_connections"].as_u64().unwrap() >= before.max(2)).then_some(())
    })
    .await;
    stream
}

/// Asks a window to close as a window manager does when its button is pressed.
fn close_window(desktop: &Desktop, title: &str) {
    let id = desktop.window(title).expect("its window");
    let (connection, _) = x11rb::connect(Some(desktop.display())).unwrap();
    let atom = |name: &str| connection.intern_atom(false, name.as_bytes()).unwrap().reply().unwrap().atom;
    let (protocols, delete) = (atom("WM_PROTOCOLS"), atom("WM_DELETE_WINDOW"));
    let window: Window = id;
    let offered =
        connection.get_property(false, window, protocols, AtomEnum::ATOM, 0, 32).unwrap().reply().unwrap();
    assert!(offered.value32().unwrap().any(|offered| offered == delete), "the window can be asked to close");
    let message = ClientMessageEvent::new(32, window, protocols, [delete, x11rb::CURRENT_TIME, 0, 0, 0]);
    connection.send_event(false, window, EventMask::NO_EVENT, message).unwrap();
    // Its answer says that the server has the event: from a client that is gone before it is read, it takes none.
    connection.get_input_focus().unwrap().reply().unwrap();
}
