//! The demo kitchen: a restaurant of its own, in its own database, that orders from itself.
//!
//! Its menu and stations are in `kitchen`; the simulated POS in `pos` places orders over real HTTP, like any POS, and
//! refuses to speak to a hub that does not call itself a demo.

mod kitchen;
mod pos;

pub use self::kitchen::setup;
pub use pos::{Pos, PosConfig, Tally};
