//! Work on the side: sound, the demo POS, later voice, printing, updates. Its end ends nothing else.
//!
//! The invariant (rule R6.1): work that panics or fails is begun again, after a pause that grows while it keeps failing, and
//! nobody else notices. It has an owner, who stops it and waits for it (rule R1.5).

use futures_util::FutureExt;
use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// The pause after a first failure; it doubles with each that follows.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// No pause is longer: somebody may have plugged the cable in again.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Work that went well for this long has recovered: its next failure counts as a first one.
const RECOVERED: Duration = Duration::from_secs(60);

/// How long an owner waits for the end.
const STOP: Duration = Duration::from_secs(2);

/// Work that is begun again when it fails. Dropping it ends it; [`Side::stop`] waits for that.
#[derive(Debug)]
pub struct Side {
    name: &'static str,
    stop: CancellationToken,
    task: Option<JoinHandle<()>>,
}

impl Side {
    /// Begins the work. `begin` is called for every beginning; work that ends with `Ok` is over for good.
    pub fn start<B, W, E>(name: &'static str, begin: B) -> Self
    where
        B: FnMut() -> W + Send + 'static,
        W: Future<Output = Result<(), E>> + Send + 'static,
        E: std::fmt::Display + Send + 'static,
    {
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let task = tokio::spawn(async move {
            tokio::select! {
                () = stopped.cancelled() => {}
                () = again_and_again(name, begin) => {}
            }
        });
        Self { name, stop, task: Some(task) }
    }

    /// Stops the work and waits for its end. Work that does not end is left behind, and that is said.
    pub async fn stop(mut self) {
        self.stop.cancel();
        let Some(mut task) = self.task.take() else { return };
        if tokio::time::timeout(STOP, &mut task).await.is_err() {
            tracing::error!(target: "side", work = self.name, "does not stop, left behind");
            task.abort();
        }
    }
}

impl Drop for Side {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

pub(crate) async fn again_and_again<B, W, E>(name: &'static str, mut begin: B)
where
    B: FnMut() -> W,
    W: Future<Output = Result<(), E>>,
    E: std::fmt::Display,
{
    let mut pause = FIRST_PAUSE;
    loop {
        let began = Instant::now();
        let work = async { begin().await };
        let failed = match AssertUnwindSafe(work).catch_unwind().await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(panic) => format!("panicked: {}", said(&*panic)),
        };
        if began.elapsed() >= RECOVERED {
            pause = FIRST_PAUSE;
        }
        tracing::error!(
            target: "side", work = name, why = failed, again_in_ms = pause.as_millis() as u64,
            "failed, and is begun again"
        );
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no text")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    /// When each beginning was, seconds after the start.
    async fn beginnings(lasts: Duration, in_all: Duration) -> Vec<u64> {
        let (start, times) = (Instant::now(), Arc::new(Mutex::new(Vec::new())));
        let noted = times.clone();
        let side = Side::start("test", move || {
            noted.lock().unwrap().push(start.elapsed().as_secs());
            async move {
                tokio::time::sleep(lasts).await;
                if start.elapsed().as_secs().is_multiple_of(2) {
                    panic!("the cable is out");
                }
                Err("the cable is out")
            }
        });
        tokio::time::sleep(in_all).await;
        side.stop().await;
        let times = times.lock().unwrap();
        times.clone()
    }

    #[tokio::test(start_paused = true)]
    async fn r6_01_side_work_that_panics_or_fails_is_begun_again_with_growing_pauses() {
        let times = beginnings(Duration::ZERO, Duration::from_secs(250)).await;
        assert_eq!(times, [0, 1, 3, 7, 15, 31, 63, 123, 183, 243]);
        let times = beginnings(Duration::from_secs(90), Duration::from_secs(300)).await;
        assert_eq!(times, [0, 91, 182, 273], "after a good while a failure is a first one");
    }

    #[tokio::test(start_paused = true)]
    async fn r1_05_stopped_side_work_is_gone() {
        let held = Arc::new(());
        let inside = held.clone();
        let side = Side::start("test", move || {
            let inside = inside.clone();
            async move {
                std::future::pending::<()>().await;
                drop(inside);
                Ok::<(), String>(())
            }
        });
        tokio::task::yield_now().await;
        side.stop().await;
        assert_eq!(Arc::strong_count(&held), 1, "and nothing of it is kept");
    }

    #[tokio::test(start_paused = true)]
    async fn work_that_is_done_is_not_begun_again() {
        let times = Arc::new(Mutex::new(0));
        let counted = times.clone();
        let side = Side::start("test", move || {
            *counted.lock().unwrap() += 1;
            async { Ok::<(), String>(()) }
        });
        tokio::time::sleep(Duration::from_secs(600)).await;
        side.stop().await;
        assert_eq!(*times.lock().unwrap(), 1);
    }
}
