//! Where the programs' words go: to whoever started them, and to files that somebody can read after a bad night.
//!
//! ```text
//! <data>/
//!   log-level        not there: `info`. Else what to log, as `debug`, or `info,hub::http=debug`; read every second
//!   logs/
//!     <name>.log     what is written now; a new one is begun at 10 MiB and after a day
//!     <name>.1.log   what was written before; 13 of them and 100 MiB in all at most, the oldest go
//! ```
//!
//! The invariant: whoever logs never waits. A line goes into a bounded queue, and when that is full, because a disk or a
//! terminal stands still, it is left out; how many were is said as soon as there is room. Whatever the level, errors are
//! kept, and so is every change of a connection (rules R7.1 and R7.2).

mod deadline;
mod level;
mod outlet;
mod panics;
mod turnover;

pub use deadline::Deadline;
pub use turnover::Limits;

use level::Wanted;
use outlet::Outlet;
use std::io::IsTerminal;
use std::path::Path;
use std::time::Duration;
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::{DefaultFields, Writer};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use turnover::Turnover;

/// How long the end may wait for what is still to be written.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Logging, while it is held. Dropping it writes out what waits.
#[derive(Debug)]
pub struct Logbook {
    files: Outlet,
    screen: Outlet,
}

impl Logbook {
    /// Logs to standard error and below `data`, for this process and until the value is dropped. What is wanted is read from
    /// `log-level` in that folder, else from the environment (`BRIGADE_LOG`), else it is `info`. Panics are logged too,
    /// with the way to them. A folder that cannot be written costs the files and nothing else.
    #[must_use]
    pub fn open(data: &Path, name: &'static str) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let screen = Outlet::start("log-screen", outlet::Stream(std::io::stderr()), None);
        let (subscriber, logbook) = Self::with(data, name, Limits::default(), screen, is_terminal);
        // A second one in the same process keeps the first one's choice.
        if subscriber.try_init().is_ok() {
            panics::log_them(logbook.handle());
        }
        logbook
    }

    fn with(
        data: &Path,
        name: &'static str,
        limits: Limits,
        screen: Outlet,
        ansi: bool,
    ) -> (impl Subscriber + Send + Sync, Self) {
        let (filter, wanted) = Wanted::new(data);
        let files = Outlet::start("log-files", Turnover::new(&data.join("logs"), name, limits), Some(wanted));
        let to_screen = tracing_subscriber::fmt::layer().with_writer(screen.way()).with_ansi(ansi);
        let to_files = tracing_subscriber::fmt::layer()
            .fmt_fields(Plain(DefaultFields::new()))
            .with_writer(files.way())
            .with_ansi(false);
        let both = to_screen.and_then(to_files).with_filter(filter);
        (tracing_subscriber::registry().with(both), Self { files, screen })
    }

    /// Waits, for a moment at most, until what was logged so far is written.
    pub fn flush(&self) {
        self.handle().flush();
    }

    /// For whoever ends the process past all others.
    #[must_use]
    pub fn handle(&self) -> Handle {
        Handle { files: self.files.way(), screen: self.screen.way() }
    }
}

impl Drop for Logbook {
    fn drop(&mut self) {
        self.files.close(LAST_WORDS);
        self.screen.close(LAST_WORDS);
    }
}

/// A way to write out what waits, from anywhere.
#[derive(Debug, Clone)]
pub struct Handle {
    files: outlet::Way,
    screen: outlet::Way,
}

impl Handle {
    /// See [`Logbook::flush`].
    pub fn flush(&self) {
        self.files.flush(LAST_WORDS);
        self.screen.flush(LAST_WORDS);
    }
}

/// Fields as they are by default, under a name of their own: formatted spans are shared between outputs of the same name,
/// and the colours of a terminal do not belong in a file.
struct Plain(DefaultFields);

impl<'w> FormatFields<'w> for Plain {
    fn format_fields<R: tracing_subscriber::field::RecordFields>(
        &self,
        writer: Writer<'w>,
        fields: R,
    ) -> std::fmt::Result {
        self.0.format_fields(writer, fields)
    }
}

#[cfg(test)]
mod tests;
