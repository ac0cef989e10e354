//! Back ends that a hub takes orders from and reports to.
//!
//! An upstream is a pure machine, which is told what happened and says what is to be done, and a driver, which does it.
//! The kitchen never waits for one: what cooks do is decided by the hub's own log, and the upstream walks after it.

mod config;
mod driver;
mod kitchen;
mod panel;
pub mod restaurant_os;
mod shelf;

pub use config::{ConfigError, UpstreamConfig};
pub(crate) use panel::Panel;

use crate::{Core, side};
use std::path::PathBuf;
use std::sync::Arc;

/// Runs an upstream of that hub until the hub closes its sockets. What fails or panics in it is begun again after a
/// pause, from what it kept; nobody else notices.
pub(crate) async fn run(config: UpstreamConfig, core: Arc<Core>, folder: PathBuf) {
    let epoch = core.life.borrow().epoch.0.clone();
    let (stop, panel) = (core.stop_sockets.clone(), core.upstream.clone());
    let begin = || {
        driver::run(config.clone(), core.clone(), epoch.clone(), folder.clone(), panel.clone(), stop.clone())
    };
    tokio::select! {
        biased;
        () = side::again_and_again("upstream", begin) => {}
        // Only while it pauses or hangs: otherwise it ends by itself, in order.
        () = late(&stop) => tracing::error!(target: "hub::upstream", "does not end, left behind"),
    }
}

async fn late(stop: &tokio_util::sync::CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(driver::LONGEST_END).await;
}
