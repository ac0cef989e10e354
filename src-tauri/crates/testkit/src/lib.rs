//! Fakes for tests: a kitchen to order from, a hub that does what a test tells it to, and a network that misbehaves.
//!
//! Only ever a dev-dependency. Nothing here is a mock of our own code: [`ScriptedHub`] speaks the real protocol over
//! real sockets and judges operations with the real rules, it only keeps its log in memory and misbehaves on demand.

pub mod chaos;
pub mod evening;
mod hub;
mod menu;
pub mod restaurant_os;

pub use hub::{Behaviour, ScriptedHub};
pub use menu::{draft, line, order, setup, touch};

use std::future::Future;
use std::time::Duration;

/// Waits until `condition` gives something, and fails the test loudly when it does not in time.
///
/// # Panics
/// After ten seconds.
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut condition: impl FnMut() -> F) -> T {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    loop {
        if let Some(found) = condition().await {
            return found;
        }
        assert!(tokio::time::Instant::now() < deadline, "never came true: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
