//! The realtime protocol: JSON events on the data channel [`CHANNEL`], and two REST calls before it.
//!
//! The shape is the generally available one. The beta's names are understood on receipt, never sent. What neither side
//! knows is kept raw ([`ServerEvent::Unknown`]), because an unknown event must never end a session. The kitchen's own
//! extension, the grammar of what can be said now, is in [`grammar`]; `docs/VOICE_PROTOCOL.md` describes the whole.

mod client;
pub mod grammar;
mod rest;
mod server;
mod session;

pub use client::{ClientEvent, ClientMessage};
pub use rest::{ClientSecret, ExpiresAfter, SecretRequest};
pub use server::{ServerEvent, ServerMessage};
pub use session::{
    Audio, Content, Extension, Input, Item, Noise, PeerError, Rates, Response, Session, Speaker, Tool,
    Transcription,
};

/// The label of the data channel: ordered, made by whoever makes the offer.
pub const CHANNEL: &str = "oai-events";

/// Mints a short-lived secret. Authorised by the hub's token.
pub const SECRETS_PATH: &str = "/api/v1/realtime/client_secrets";

/// Takes an offer (`application/sdp`) and answers 201 with the answer and a `Location`. Authorised by the secret.
/// `{CALLS_PATH}/{id}/hangup` ends the call.
pub const CALLS_PATH: &str = "/api/v1/realtime/calls";

/// The largest message either side sends, in bytes: every WebRTC stack takes 64 KB.
pub const LARGEST_MESSAGE: usize = 60 * 1024;

/// Names a turn's audio and its words. Given by the peer; opaque. Empty when a peer has left it out.
pub type ItemId = String;

#[cfg(test)]
mod tests;
