//! The last resort of a shutdown (rule R6.3): past its whole limit, the process ends with 1, whatever hangs.

use crate::Handle;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

/// Ends the process unless it is dropped in time. A thread of its own, because what hangs may be the runtime or the window.
#[derive(Debug)]
pub struct Deadline {
    _in_time: SyncSender<()>,
    at: Instant,
}

impl Deadline {
    /// Starts the time.
    #[must_use]
    pub fn start(limit: Duration, logbook: Handle) -> Self {
        let at = Instant::now() + limit;
        let (in_time, waiting) = sync_channel::<()>(1);
        let thread = std::thread::Builder::new().name("deadline".to_owned()).spawn(move || {
            if waiting.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                let limit_ms = limit.as_millis() as u64;
                tracing::error!(target: "shutdown", limit_ms, "the end took too long: the process goes without it");
                logbook.flush();
                std::process::exit(1);
            }
        });
        if let Err(error) = thread {
            tracing::error!(target: "shutdown", %error, "no thread to watch over the end");
        }
        Self { _in_time: in_time, at }
    }

    /// Whether it is over already: the end may come to its last step before the thread has its turn, after a machine stood still.
    #[must_use]
    pub fn is_past(&self) -> bool {
        Instant::now() > self.at
    }
}
