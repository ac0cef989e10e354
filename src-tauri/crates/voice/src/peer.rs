//! The display's side of a realtime session.
//!
//! ```text
//! owner --commands--> Client --frames, events--> Connection (one per generation) == WebRTC == peer
//! owner <--events---- Client <---raw messages---
//! ```
//!
//! [`Client`] is one task that owns a turn machine, the transcripts and the same locked session machine as the link:
//! one connection at a time, shared attempts, backoff, generations. [`connection`] makes one WebRTC connection in the
//! order of R2.1 and forwards raw messages; it reads none of them. [`Secrets`] knows the ways to be let in.

mod client;
mod codec;
mod connection;
mod http;
mod log;
mod secrets;

pub use client::{Client, Command, Config, Event, Standing, Tally};
pub use connection::Network;
pub use secrets::{Authorization, Secrets};

#[cfg(test)]
mod tests;
