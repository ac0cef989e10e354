//! The hub's own realtime peer: screens call it over WebRTC, speak, and are told what was said.
//!
//! ```text
//! screen --token--> secret --secret, offer--> call (a task of its own)
//!   track --Opus--> audio (order, decoding, the turn) --\
//!   channel <-----> session (the protocol, pure) --------+--> ears (the recogniser, on its thread)
//! ```
//!
//! It opens nothing without a token, hears only calls that a secret opened, keeps no sound, and acts on nothing: what was
//! said goes back to the screen, which decides.

mod audio;
mod calls;
mod ears;
mod peer;
pub(crate) mod rest;
mod secrets;
mod session;

use calls::Calls;
use ears::Ears;
use secrets::Secrets;
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// See the module.
pub(crate) struct Voice {
    secrets: Mutex<Secrets>,
    calls: Calls,
    ears: Arc<Ears>,
    /// Where calls listen.
    addresses: Vec<String>,
}

impl Voice {
    /// A peer that is reached where the hub is, with the speech model of that folder or one that is found.
    pub(crate) fn new(listen: IpAddr, model: Option<PathBuf>) -> Self {
        Self {
            secrets: Mutex::default(),
            calls: Calls::default(),
            ears: Arc::new(Ears::new(model.or_else(ears::find_model))),
            addresses: addresses(listen),
        }
    }

    /// Begins to look for forgotten calls (rule R1.1).
    pub(crate) fn start(&self) {
        self.calls.start();
    }

    /// Ends the timer, every call, and the recogniser (rules R1.3 and R6.2).
    pub(crate) async fn stop(&self) {
        self.calls.stop().await;
        let ears = self.ears.clone();
        // It blocks for as long as it takes to hear the utterance it is at.
        if tokio::task::spawn_blocking(move || ears.stop()).await.is_err() {
            tracing::error!(target: "hub::voice", "the recogniser did not end");
        }
    }

    /// Tells everything to end without waiting for it.
    pub(crate) fn abandon(&self) {
        self.calls.abandon();
    }

    /// For the status page (rule R1.4).
    pub(crate) fn status(&self) -> Value {
        json!({
            "timer_running": self.calls.is_timed(),
            "sessions": self.calls.live(),
            "model": match (self.ears.has_model(), self.ears.is_loaded()) {
                (false, _) => "missing",
                (true, false) => "not_loaded",
                (true, true) => "loaded",
            },
        })
    }
}

/// A hub that listens everywhere is called everywhere; "everywhere" does not find the loopback by itself.
fn addresses(listen: IpAddr) -> Vec<String> {
    let any = |ip: IpAddr| std::net::SocketAddr::new(ip, 0).to_string();
    if listen.is_unspecified() {
        vec![any(IpAddr::V4(Ipv4Addr::UNSPECIFIED)), any(IpAddr::V4(Ipv4Addr::LOCALHOST))]
    } else {
        vec![any(listen)]
    }
}
