//! One part of `cargo xtask test`: a command, what it printed, and what that says.

use std::io::{BufRead, BufReader, Write};
use std::process::Command;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::report::Tally;

/// Longer than the slowest part on a fresh two-core machine; a part that hangs must not hide the others' results.
const LIMIT: Duration = Duration::from_secs(50 * 60);

/// What became of a part.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) end: End,
    pub(crate) took: Duration,
    pub(crate) tally: Tally,
}

/// How a part ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Passed,
    Failed,
    /// Its input had not changed since it last passed.
    Unchanged,
    /// Something it stands on failed first.
    NotRun,
}

/// Whether a part's lines are shown as they come, or together when it has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Show {
    Live,
    AtEnd,
}

impl Part {
    /// Runs `command` to its end; returns the part and all it printed. `read` finds the tests in that.
    pub(crate) fn run(
        name: &str,
        mut command: Command,
        show: Show,
        read: impl FnOnce(&str) -> Tally,
    ) -> Self {
        let begun = Instant::now();
        if show == Show::Live {
            println!("\n== {name}");
        }
        let (printed, passed) = match spoken(&mut command, show) {
            Ok(outcome) => outcome,
            Err(error) => {
                (format!("{} could not run: {error}\n", command.get_program().to_string_lossy()), false)
            }
        };
        if show == Show::AtEnd || printed.ends_with("could not run") {
            // One write, so that a part running beside this one cannot cut into it.
            let _ = write!(std::io::stdout().lock(), "\n== {name}\n{printed}");
        }
        let mut tally = read(&printed);
        let passed = passed && tally.failed == 0;
        if tally.passed + tally.failed == 0 {
            tally.checks(passed);
        } else if !passed && tally.failed == 0 {
            // The tests that ran passed, but not everything could run.
            tally.failed = 1;
        }
        let end = if passed { End::Passed } else { End::Failed };
        Self { name: name.to_owned(), end, took: begun.elapsed(), tally }
    }

    /// A part that was not started, and why that is.
    pub(crate) fn skipped(name: &str, end: End) -> Self {
        let mut tally = Tally::default();
        tally.checks(end == End::Unchanged);
        Self { name: name.to_owned(), end, took: Duration::ZERO, tally }
    }

    pub(crate) fn passed(&self) -> bool {
        matches!(self.end, End::Passed | End::Unchanged)
    }
}

/// Runs the command with both its outputs in one stream; returns that and whether it succeeded.
fn spoken(command: &mut Command, show: Show) -> std::io::Result<(String, bool)> {
    let (reader, writer) = std::io::pipe()?;
    command.stdin(std::process::Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    let mut child = command.spawn()?;
    // The command holds our copies of the pipe's end; without this the stream would never end.
    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());

    let (sender, lines) = mpsc::sync_channel(1024);
    std::thread::spawn(move || {
        for line in BufReader::new(reader).split(b'\n').map_while(Result::ok) {
            if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                break;
            }
        }
    });
    let deadline = Instant::now() + LIMIT;
    let mut printed = String::new();
    loop {
        match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(line) => {
                if show == Show::Live {
                    println!("{line}");
                }
                printed.push_str(&line);
                printed.push('\n');
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => return Ok((printed, child.wait()?.success())),
            Err(mpsc::RecvTimeoutError::Timeout) => {
                child.kill()?;
                child.wait()?;
                eprintln!("ended: it ran longer than {} minutes", LIMIT.as_secs() / 60);
                return Ok((printed, false));
            }
        }
    }
}
