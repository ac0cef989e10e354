//! A display: one board, kept by one actor, looked at through views.
//!
//! ```text
//! hub <-- link --> Kitchen actor (board, outbox, views) <-- requests -- windows (through the shell)
//!                        |                                   frames -->
//!                     journal
//! ```
//!
//! [`Kitchen`] is the handle: its methods are what windows may ask, one to one with the shell's commands. Everything
//! behind it is owned by one task, which ends when [`Kitchen::shutdown`] says so, and joins all it has started.
//!
//! Knows nothing of: tauri, windows beyond their names, HTML, languages. A view is asked for and answered; nothing is
//! ever pushed at one but rare, named notices (law 6).

mod actor;
mod bell;
mod card;
mod clock;
mod dialect;
pub mod frame;
mod handle;
mod house;
mod layout;
mod log;
mod many;
#[cfg(test)]
mod model;
mod offer;
mod outbox;
mod press;
pub mod spoken;
pub mod talk;
mod told;
mod view;

pub use clock::{Clock, SystemClock};
pub use handle::{
    Config, HubAddress, Kitchen, Notification, Ring, Sound, StartError, Token, TokenSource, Window,
};
pub use link::AttemptLimit;
pub use view::Role;
