//! Against a peer whose code is not ours: Python's aiortc, in its own environment.

use super::{Bench, DEADLINE, secrets_at, until, within};
use crate::audio::Frame;
use crate::peer::{Command, Event};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};

/// Where `cargo xtask test` has put it.
fn python() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(3).unwrap();
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let python = target.join("aiortc/bin/python");
    assert!(
        python.is_file(),
        "{} is not there: `cargo xtask test` makes it (Debian's package python3-venv is needed)",
        python.display()
    );
    python
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r2_01_a_peer_that_is_not_ours_hears_two_turns() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/peer/tests/aiortc/peer.py");
    let mut peer = tokio::process::Command::new(python())
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(peer.stdout.take().unwrap()).lines();
    let port =
        within("the port", lines.next_line()).await.unwrap().expect("it starts; its complaint is above");

    let mut bench = Bench::talk_to(secrets_at(format!("http://127.0.0.1:{port}")), |_| {});
    for expected in ["loud", "silent"] {
        bench.press(&[]);
        match expected {
            "loud" => bench.speak(30).await,
            _ => {
                for _ in 0..30 {
                    bench.frames.send(Frame::silence()).await.unwrap();
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
        }
        bench.say(Command::Release);
        let words = bench.wait("words", |event| matches!(event, Event::Words { .. })).await;
        let Event::Words { text, awaited, .. } = words else { unreachable!() };
        assert_eq!((text.as_str(), awaited), (expected, true));
        bench.idle().await;
        // What it still has in its jitter buffer is of this turn.
        let sent = bench.client.tally().packets;
        until("silence flows", || bench.client.tally().packets > sent + 50).await;
    }
    bench.client.shutdown().await;
    drop(peer.stdin.take());
    assert!(tokio::time::timeout(DEADLINE, peer.wait()).await.unwrap().unwrap().success());
}
