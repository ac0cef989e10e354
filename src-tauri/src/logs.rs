//! Where the program's words go: to whoever started it, and to files that somebody can read after a bad night.

use std::io::IsTerminal;
use std::path::Path;

use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// Days of log that are kept: two weeks of shifts, for the complaint that comes after the weekend.
const DAYS: usize = 14;

/// Starts logging to standard error and to `logs/` in the data folder. What is written last is on disk once the guard is
/// dropped. A folder that cannot be written costs the files and nothing else.
pub(crate) fn start(data: &Path) -> Option<WorkerGuard> {
    let filter = || EnvFilter::try_from_env("BRIGADE_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let screen = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_filter(filter());
    let files = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("brigade")
        .filename_suffix("log")
        .max_log_files(DAYS)
        .build(data.join("logs"));
    let (files, guard, problem) = match files {
        Ok(appender) => {
            let (writer, guard) = tracing_appender::non_blocking(appender);
            let layer =
                tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(false).with_filter(filter());
            (Some(layer), Some(guard), None)
        }
        Err(error) => (None, None, Some(error)),
    };
    // A second start in one process (tests) keeps the first one's choice.
    let _ = tracing_subscriber::registry().with(screen).with(files).try_init();
    if let Some(error) = problem {
        tracing::error!(target: "shell", %error, "no log files: the data folder cannot be written");
    }
    guard
}
