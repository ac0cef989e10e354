//! Rules R7.1, R7.2 and R7.3, on real files.

use super::*;
use crate::outlet::Sink;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Instant, SystemTime};
use tracing::subscriber::with_default;

fn screen() -> Outlet {
    Outlet::start("log-screen", outlet::Stream(std::io::sink()), None)
}

/// Runs `work` with the log in `data`, and gives back what is in its file afterwards.
fn logged(data: &Path, work: impl FnOnce()) -> String {
    let (subscriber, logbook) = Logbook::with(data, "test", Limits::default(), screen(), true);
    with_default(subscriber, work);
    drop(logbook);
    std::fs::read_to_string(data.join("logs/test.log")).unwrap_or_default()
}

#[test]
fn r7_01_errors_are_logged_at_every_level_and_values_are_fields() {
    for level in ["off", "error", "info", "hub=off,off"] {
        let data = tempfile::tempdir().unwrap();
        std::fs::write(data.path().join("log-level"), level).unwrap();
        let text = logged(data.path(), || {
            let span = tracing::info_span!("operation", id = "01J");
            let _here = span.enter();
            tracing::error!(target: "hub::log", order = 7, state = ?Some("torn"), "a read failed");
            tracing::warn!(target: "shell", "a warning");
        });
        let line = text
            .lines()
            .find(|line| line.contains("a read failed"))
            .unwrap_or_else(|| panic!("{level}: {text}"));
        for part in ["ERROR", "hub::log", "order=7", "state=Some(\"torn\")"] {
            assert!(line.contains(part), "{part} in {line}");
        }
        let moment = line.split_whitespace().next().unwrap();
        assert!(moment.starts_with("20") && moment.ends_with('Z') && moment.contains('T'), "{moment}");
        assert_eq!(text.contains("a warning"), level == "info", "{level}: {text}");
        assert_eq!(line.contains("operation{id=\"01J\"}"), level == "info", "{line}");
        assert!(!text.contains('\u{1b}'), "no colours in a file");
    }
}

#[test]
fn r7_02_connection_changes_and_timeouts_are_kept_at_every_level() {
    for level in ["off", "error", "link=off,off", "info"] {
        let data = tempfile::tempdir().unwrap();
        std::fs::write(data.path().join("log-level"), level).unwrap();
        let text = logged(data.path(), || {
            tracing::info!(target: "link", from = "Live", to = "Waiting", cause = "silence", "connection");
            tracing::info!(target: "link::session", "below it");
            tracing::info!(target: "hub::ws", device = "d", "screen joined");
            tracing::debug!(target: "link", "chatter");
            tracing::info!(target: "linkage", "another component");
        });
        for part in
            ["link: connection", "cause=\"silence\"", "link::session: below it", "hub::ws: screen joined"]
        {
            assert!(text.contains(part), "{level}: {part} in {text}");
        }
        assert!(!text.contains("chatter"), "{text}");
        assert_eq!(text.contains("another component"), level == "info", "{level}: {text}");
    }
}

fn sizes(folder: &Path) -> Vec<(PathBuf, u64)> {
    let mut all: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.path(), entry.metadata().unwrap().len()))
        .collect();
    all.sort();
    all
}

#[test]
fn r7_03_files_turn_over_by_size_and_never_take_more_than_their_share() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { file: 10_000, files: 8, all: 45_000, ..Limits::default() };
    let mut files = Turnover::new(folder.path(), "test", limits);
    let mut most = 0;
    for n in 0..5_000_u32 {
        files
            .write(format!("{n:06} {}\n", "x".repeat((n % 190) as usize)).as_bytes(), SystemTime::now())
            .unwrap();
        let sizes = sizes(folder.path());
        let all: u64 = sizes.iter().map(|(_, bytes)| bytes).sum();
        most = most.max(all);
        assert!(all <= limits.all && sizes.len() <= limits.files, "after {n}: {sizes:?}");
        assert!(sizes.iter().all(|(_, bytes)| *bytes <= limits.file), "after {n}: {sizes:?}");
    }
    assert!(most > limits.all - 2 * limits.file, "and it uses it: {most}");
    // What is kept is the end, whole and in order.
    let oldest_first = (1..8).rev().map(|n| format!("test.{n}.log")).chain(["test.log".to_owned()]);
    let text: String =
        oldest_first.filter_map(|name| std::fs::read_to_string(folder.path().join(name)).ok()).collect();
    let numbers: Vec<u32> = text.lines().map(|line| line[..6].parse().unwrap()).collect();
    assert_eq!(numbers, (numbers[0]..5_000).collect::<Vec<_>>());
}

#[test]
fn r7_03_files_turn_over_by_age_and_two_weeks_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let mut files = Turnover::new(folder.path(), "test", Limits::default());
    let start = SystemTime::now();
    let hours = |n: u64| start + Duration::from_secs(3_600 * n);
    for n in 0..24 * 30 {
        files.write(format!("hour {n}\n").as_bytes(), hours(n)).unwrap();
    }
    let names: Vec<_> = sizes(folder.path()).into_iter().map(|(path, _)| path).collect();
    assert_eq!(names.len(), 14, "{names:?}");
    let text = std::fs::read_to_string(folder.path().join("test.log")).unwrap();
    assert_eq!((text.lines().count(), text.lines().next()), (24, Some("hour 696")));
    // A clock that goes back, and forth again, hides nothing.
    files.write(b"back\n", start).unwrap();
    files.write(b"forth\n", hours(24 * 30 - 1)).unwrap();
    let text = std::fs::read_to_string(folder.path().join("test.log")).unwrap();
    assert!(text.ends_with("back\nforth\n"), "{text}");
    // Another run goes on where this one stopped.
    drop(files);
    Turnover::new(folder.path(), "test", Limits::default()).write(b"again\n", SystemTime::now()).unwrap();
    assert!(std::fs::read_to_string(folder.path().join("test.log")).unwrap().ends_with("forth\nagain\n"));
}

/// As it is set for a kitchen: filled with more than it may keep.
#[test]
fn r7_03_filled_with_its_real_limits() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits::default();
    let mut files = Turnover::new(folder.path(), "test", limits);
    let line = vec![b'x'; 32 * 1024];
    let mut written = 0;
    while written < limits.all + 3 * limits.file {
        files.write(&line, SystemTime::now()).unwrap();
        written += line.len() as u64;
    }
    let sizes = sizes(folder.path());
    let all: u64 = sizes.iter().map(|(_, bytes)| bytes).sum();
    println!("{} MiB logged, {} MiB kept in {} files", written >> 20, all >> 20, sizes.len());
    assert!(all <= limits.all && sizes.len() <= limits.files, "{sizes:?}");
    assert!(all > limits.all - 2 * limits.file, "{all}");
}

/// A disk that stands still until it is told to go on.
struct Stuck {
    go_on: Receiver<()>,
    lines: SyncSender<String>,
}

impl Sink for Stuck {
    fn write(&mut self, line: &[u8], _: SystemTime) -> std::io::Result<()> {
        // An end of the sender is the sign to go on.
        let _ = self.go_on.recv();
        let _ = self.lines.send(String::from_utf8_lossy(line).into_owned());
        Ok(())
    }
}

#[test]
fn r7_03_a_disk_that_stands_still_holds_up_nobody_and_what_is_left_out_is_counted() {
    let ((go, go_on), (lines, written)) = (sync_channel(0), sync_channel(200_000));
    let mut outlet = Outlet::start("stuck", Stuck { go_on, lines }, None);
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(outlet.way()).finish();
    const GIVEN: u64 = 50_000;
    let began = Instant::now();
    let mut longest = Duration::ZERO;
    with_default(subscriber, || {
        for n in 0..GIVEN {
            let one = Instant::now();
            tracing::info!(n, "line");
            longest = longest.max(one.elapsed());
        }
    });
    println!("{GIVEN} lines in {:?}, the slowest call {longest:?}", began.elapsed());
    assert!(longest < Duration::from_millis(500), "{longest:?}");
    drop(go);
    outlet.way().flush(Duration::from_secs(20));
    outlet.close(Duration::from_secs(20));
    let written: Vec<String> = written.try_iter().collect();
    let left_out: u64 = written
        .iter()
        .filter(|line| line.contains("were left out"))
        .map(|line| line.split(' ').nth(2).unwrap().parse::<u64>().unwrap())
        .sum();
    let kept = written.iter().filter(|line| line.contains("n=")).count() as u64;
    assert!(left_out > 0 && kept > 0);
    assert_eq!(kept + left_out, GIVEN, "every line is written or counted");
}

#[test]
fn a_folder_that_cannot_be_written_costs_the_lines_and_says_so_when_it_can_again() {
    let data = tempfile::tempdir().unwrap();
    std::fs::write(data.path().join("logs"), "in the way").unwrap();
    let (subscriber, logbook) = Logbook::with(data.path(), "test", Limits::default(), screen(), false);
    with_default(subscriber, || {
        tracing::error!("lost");
        logbook.flush();
        std::fs::remove_file(data.path().join("logs")).unwrap();
        tracing::error!("kept");
    });
    drop(logbook);
    let text = std::fs::read_to_string(data.path().join("logs/test.log")).unwrap();
    assert!(
        text.contains("kept") && text.contains("1 lines could not be written") && !text.contains("lost"),
        "{text}"
    );
}
