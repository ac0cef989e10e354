//! The end, in order (rule R6): no new connections, sockets closed with 1001, voice calls ended, what is queued committed, the database
//! closed, and a last word about what is still alive. A step that hangs is logged and skipped.

use crate::Core;
use std::future::Future;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long each step may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Until nobody accepts any more.
    pub accepting: Duration,
    /// Until all sockets are closed.
    pub sockets: Duration,
    /// Until all voice calls are ended.
    pub voice: Duration,
    /// Until the database is closed.
    pub database: Duration,
    /// For all of it; past this the program exits with 1.
    pub all: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            accepting: Duration::from_secs(1),
            sockets: Duration::from_secs(3),
            voice: Duration::from_secs(2),
            database: Duration::from_secs(2),
            all: Duration::from_secs(10),
        }
    }
}

/// How a hub ended.
#[derive(Debug, Clone, Default)]
pub struct Ending {
    /// What was done, in order.
    pub steps: Vec<Step>,
    /// Tasks that are still there.
    pub alive: usize,
    /// Whether it took no longer than it may.
    pub in_time: bool,
}

/// One step of it.
#[derive(Debug, Clone)]
pub struct Step {
    /// Which.
    pub name: &'static str,
    /// How long it took.
    pub took: Duration,
    /// Whether it came to its end.
    pub finished: bool,
}

pub(crate) async fn run(core: &Arc<Core>, thread: Option<JoinHandle<()>>, limits: Limits) -> Ending {
    let began = Instant::now();
    let mut steps = Vec::new();
    core.stop_accepting.cancel();
    steps.push(step("accepting", limits.accepting, core.accepting_stopped.cancelled()).await);

    core.stop_sockets.cancel();
    core.tasks.close();
    steps.push(step("sockets", limits.sockets, core.tasks.wait()).await);

    steps.push(step("voice", limits.voice, core.voice.stop()).await);

    core.readers.close();
    core.writer.close();
    let closed = step("database", limits.database, core.writer.ended()).await;
    if let (true, Some(thread)) = (closed.finished, thread)
        && thread.join().is_err()
    {
        tracing::error!(target: "hub::shutdown", "the writer had panicked");
    }
    steps.push(closed);

    let alive = core.tasks.len();
    let in_time = began.elapsed() <= limits.all;
    if alive > 0 || !in_time {
        tracing::warn!(target: "hub::shutdown", alive, in_time, "ended, not everything is down");
    } else {
        tracing::info!(target: "hub::shutdown", ms = began.elapsed().as_millis() as u64, "ended");
    }
    Ending { steps, alive, in_time }
}

async fn step(name: &'static str, limit: Duration, work: impl Future<Output = ()>) -> Step {
    let began = Instant::now();
    let finished = tokio::time::timeout(limit, work).await.is_ok();
    let took = began.elapsed();
    if finished {
        tracing::info!(target: "hub::shutdown", step = name, ms = took.as_millis() as u64, "done");
    } else {
        tracing::error!(target: "hub::shutdown", step = name, ms = took.as_millis() as u64, "hangs, skipped");
    }
    Step { name, took, finished }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn r6_3_a_step_that_hangs_is_skipped_at_its_limit() {
        let step = step("sockets", Duration::from_secs(3), std::future::pending()).await;
        assert!(!step.finished);
    }
}
