//! Speech in the kitchen.
//!
//! ```text
//! microphone -> track -> realtime peer (hub, or cloud) -> events -> transcripts -> turn -> command
//! ```
//!
//! What is always compiled is pure: [`protocol`] says what goes over the data channel and the two REST calls. It is
//! shared with the hub, which is one of the peers.
//!
//! Knows nothing of: windows, the board's storage, languages other than by their tables.

pub mod protocol;
