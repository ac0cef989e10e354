//! The hub as others meet it: over real sockets, from real clients, and as a process that is killed.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[cfg(feature = "voice")]
mod caller;
mod common;
mod demo;
mod epoch;
mod openapi;
mod process;
mod rest;
#[cfg(feature = "voice")]
mod voice;
mod ws;
