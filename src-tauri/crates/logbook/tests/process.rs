//! Logging as a whole process has it: its level, its panics, and the last resort of its end.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

use logbook::{Deadline, Logbook};
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

const FOLDER: &str = "LOGBOOK_TEST_FOLDER";

/// Runs one of the children below in a process of its own.
fn child(name: &str, data: &Path) -> Output {
    Command::new(std::env::current_exe().expect("a test knows its own program"))
        .args([name, "--exact", "--nocapture", "--include-ignored"])
        .env(FOLDER, data)
        .env_remove("BRIGADE_LOG")
        .output()
        .expect("the child runs")
}

fn text(data: &Path) -> String {
    std::fs::read_to_string(data.join("logs/test.log")).unwrap_or_default()
}

#[test]
fn r7_05_the_level_follows_the_file_while_the_program_runs() {
    let data = tempfile::tempdir().unwrap();
    let output = child("child_whose_level_changes", data.path());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let screen = String::from_utf8(output.stderr).unwrap();
    for text in [text(data.path()), screen] {
        assert!(text.contains("from now on this is logged level=\"info,hub::http=debug\""), "{text}");
        assert!(text.contains("this is no log level") && text.contains("loud"), "{text}");
    }
}

#[test]
#[ignore = "started by r7_05"]
fn child_whose_level_changes() {
    let Some(data) = std::env::var_os(FOLDER) else { return };
    let data = Path::new(&data);
    let logbook = Logbook::open(data, "test");
    // The same line again and again, until it does or does not come through.
    let follows = |level: Option<&str>, debug: bool, info: bool| {
        match level {
            Some(level) => std::fs::write(data.join("log-level"), format!("{level}\n")).unwrap(),
            None => std::fs::remove_file(data.join("log-level")).unwrap(),
        }
        let end = Instant::now() + Duration::from_secs(10);
        for n in 0.. {
            tracing::debug!(target: "hub::http", "fine {level:?} {n};");
            tracing::info!(target: "hub::http", "coarse {level:?} {n};");
            logbook.flush();
            let text = text(data);
            let seen = |what: &str| text.contains(&format!("{what} {level:?} {n};"));
            if seen("fine") == debug && seen("coarse") == info {
                return;
            }
            assert!(Instant::now() < end, "{level:?}");
            std::thread::park_timeout(Duration::from_millis(20));
        }
    };
    follows(Some("debug"), true, true);
    follows(Some("error"), false, false);
    follows(Some("info,hub::http=debug"), true, true);
    // What makes no sense changes nothing, and is said.
    std::fs::write(data.join("log-level"), "loud").unwrap();
    let end = Instant::now() + Duration::from_secs(10);
    while !text(data).contains("this is no log level") {
        assert!(Instant::now() < end);
        std::thread::park_timeout(Duration::from_millis(20));
    }
    follows(Some("loud"), true, true);
    follows(Some("off"), false, false);
    follows(None, false, true);
}

#[test]
fn r7_01_a_panic_is_logged_with_the_way_to_it() {
    let data = tempfile::tempdir().unwrap();
    std::fs::write(data.path().join("log-level"), "off").unwrap();
    let output = child("child_with_a_task_that_panics", data.path());
    assert!(output.status.success());
    for text in [text(data.path()), String::from_utf8(output.stderr).unwrap()] {
        for part in ["ERROR panic:", "thread=\"grill\"", "no more salt", "process.rs:", "way=", "salt_shaker"]
        {
            assert!(text.contains(part), "{part} in {text}");
        }
    }
}

#[test]
#[ignore = "started by r7_01"]
fn child_with_a_task_that_panics() {
    let Some(data) = std::env::var_os(FOLDER) else { return };
    let _logbook = Logbook::open(Path::new(&data), "test");
    let thread = std::thread::Builder::new().name("grill".to_owned()).spawn(salt_shaker).unwrap();
    assert!(thread.join().is_err(), "and its owner hears of it");
}

#[inline(never)]
fn salt_shaker() {
    panic!("no more {}", "salt");
}

#[test]
fn r6_03_past_the_whole_limit_the_process_exits_with_1_whatever_hangs() {
    let data = tempfile::tempdir().unwrap();
    let output = child("child_whose_end_hangs", data.path());
    assert_eq!(output.status.code(), Some(1));
    assert!(text(data.path()).contains("the end took too long"), "{}", text(data.path()));
}

#[test]
#[ignore = "started by r6_03"]
fn child_whose_end_hangs() {
    let Some(data) = std::env::var_os(FOLDER) else { return };
    let logbook = Logbook::open(Path::new(&data), "test");
    // One that is in time changes nothing.
    drop(Deadline::start(Duration::from_millis(50), logbook.handle()));
    let _deadline = Deadline::start(Duration::from_millis(300), logbook.handle());
    loop {
        std::thread::park();
    }
}
