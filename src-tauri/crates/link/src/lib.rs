//! The locked connection (REALTIME_RULES, R3): at most one socket to one server, whatever the network does and
//! whatever its owner asks for.
//!
//! ```text
//! owner --commands--> driver --inputs--> Session (pure)
//! owner <--events---- driver <--outputs--
//!                        |
//!                     socket task (one per generation, joined before the next)
//! ```
//!
//! [`Session`] decides everything and touches nothing: time comes in, outputs come out. [`Link`] is the driver: the only
//! place that reads a clock, opens a socket and spawns. Frames are opaque text; what a frame means to the session is
//! judged by a [`Dialect`], what it means to the kitchen by the owner.
//!
//! Knows nothing of: orders, tokens (the owner says the greeting), storage, windows.

mod driver;
mod jitter;
mod session;
mod trust;

pub use driver::{Config, ConnectError, Link, Speaker, StartError};
pub use session::{
    AttemptLimit, Cause, CloseVerdict, Credentials, Dialect, Event, Input, Output, Phase, Session, Standing,
    Timing, Verdict, WaitReason,
};
pub use trust::{Trust, TrustError, distrust};
