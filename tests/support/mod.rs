//! Real processes for whole-system tests: a screen of their own, the application in its web view, a driver.
//!
//! Invariant: whatever a test starts here is ended when its value is dropped, by process group, whether the
//! test passed, failed or panicked; nothing is found by name. Waiting is always for a condition, with a
//! deadline.

#![allow(dead_code, unused_imports, reason = "each test binary uses the part it needs")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

mod app;
mod back_end;
pub(crate) mod board;
mod desktop;
pub(crate) mod display_process;
mod framebuffer;
mod hub;
mod kitchen;
pub(crate) mod loudspeaker;
mod microphone;
mod pos;
pub(crate) mod premises;
pub(crate) mod process;
mod sound_server;

pub(crate) use app::App;
pub(crate) use back_end::BackEnd;
pub(crate) use board::Board;
pub(crate) use desktop::Desktop;
pub(crate) use display_process::DisplayProcess;
pub(crate) use framebuffer::Framebuffer;
pub(crate) use hub::Hub;
pub(crate) use microphone::{Microphone, Voice};
pub(crate) use pos::Pos;
pub(crate) use premises::{OnGlass, Premises, Pressed};

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// How long a test waits for something a person would call immediate, on a slow and busy machine.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// Asks `attempt` again and again until it answers with a value, and returns it.
///
/// # Panics
/// When `limit` passes first; `what` says what was waited for.
pub(crate) async fn until<T>(what: &str, limit: Duration, mut attempt: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(value) = attempt().await {
            return value;
        }
        assert!(Instant::now() < deadline, "waited {limit:?} in vain: {what}");
        sleep(Duration::from_millis(20)).await;
    }
}
