//! Back ends that a hub takes orders from and reports to.
//!
//! An upstream is a pure machine, which is told what happened and says what is to be done, and a driver, which does it.
//! The kitchen never waits for one: what cooks do is decided by the hub's own log, and the upstream walks after it.

mod config;
mod driver;
mod kitchen;
pub mod restaurant_os;
mod shelf;

pub use config::{ConfigError, UpstreamConfig};
pub(crate) use driver::{Panel, start};
