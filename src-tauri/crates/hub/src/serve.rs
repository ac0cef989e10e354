//! Serving until told to stop: what the program does with a hub once it runs.

use crate::demo::Pos;
use crate::{Ending, Hub};
use logbook::{Deadline, Handle};

/// Serves until SIGTERM, SIGINT, or until the hub cannot go on, then ends it in order (rule R6.1). A second signal is logged
/// and changes nothing; past the whole limit the process exits with 1, whatever hangs (rule R6.3).
///
/// The ending counts as not in time when it was the hub that failed: the program exits with 1 then, so that whoever started
/// it can start it again. The deadline is given back to watch over what comes afterwards, until the process is gone.
pub async fn serve_until_told(
    hub: Hub,
    pos: Option<Pos>,
    mut signals: Signals,
    logbook: Handle,
) -> (Ending, Deadline) {
    let signal = tokio::select! {
        name = signals.next() => Some(name),
        () = hub.failed() => None,
    };
    let deadline = Deadline::start(hub.shutdown_limits().all, logbook);
    match signal {
        Some(name) => tracing::info!(target: "hub::shutdown", signal = name, "shutting down"),
        None => tracing::error!(target: "hub::shutdown", "the hub cannot go on: shutting down"),
    }
    let ending = async {
        if let Some(pos) = pos {
            pos.stop().await;
        }
        hub.shutdown().await
    };
    tokio::pin!(ending);
    let mut ending = loop {
        tokio::select! {
            ending = &mut ending => break ending,
            name = signals.next() => tracing::warn!(target: "hub::shutdown", signal = name, "already shutting down"),
        }
    };
    ending.in_time &= signal.is_some() && !deadline.is_past();
    (ending, deadline)
}

/// The system's wish that the program ends.
#[derive(Debug)]
pub struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    /// Listens from now on: a signal that comes while the program starts is not lost.
    ///
    /// # Errors
    /// When the system has none to give.
    pub fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// The next one's name.
    pub async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    /// Listens from now on.
    ///
    /// # Errors
    /// Never on this system.
    pub fn new() -> std::io::Result<Self> {
        Ok(Self {})
    }

    /// The next one's name.
    pub async fn next(&mut self) -> &'static str {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        "ctrl-c"
    }
}
