//! Speech in the kitchen.
//!
//! ```text
//! microphone -> track -> realtime peer (hub, or cloud) -> events -> transcripts -> turn -> command
//! ```
//!
//! What is always compiled is pure: [`protocol`] says what goes over the data channel and the two REST calls, and is
//! shared with the hub, which is one of the peers; [`transcripts`] builds what was said from a peer's events; [`turn`]
//! takes one push-to-talk exchange after another from press to words, each step bounded; [`spoken`] knows what can be said
//! now, and what was meant.
//!
//! The drivers are features, so that a headless hub pulls no sound library: `peer` is one side of a WebRTC session,
//! `capture` the microphone.
//!
//! Knows nothing of: windows, the board's storage, languages other than by their tables.

pub mod audio;
#[cfg(feature = "capture")]
pub mod capture;
#[cfg(feature = "peer")]
pub mod peer;
pub mod protocol;
pub mod spoken;
pub mod transcripts;
pub mod turn;
