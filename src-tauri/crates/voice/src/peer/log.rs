//! What is always logged of connections and turns (R2.3, R7): fields, never words or secrets.

use crate::turn;

pub(super) fn turn(event: &turn::Event) {
    match event {
        turn::Event::Changed { turn, from, to, cause } => {
            tracing::info!(target: "voice", turn, %from, %to, ?cause, "turn");
        }
        turn::Event::TimedOut { turn, state, after, reason } => {
            let after_ms = after.as_millis();
            tracing::warn!(target: "voice", turn, %state, after_ms, reason, "turn timed out");
        }
        turn::Event::Slow { turn } => tracing::warn!(target: "voice", turn, "the peer takes long to confirm"),
        turn::Event::Ignored { what, state } => tracing::warn!(target: "voice", what, %state, "ignored"),
        turn::Event::ForceReset { from } => tracing::warn!(target: "voice", %from, "turn reset by force"),
    }
}

pub(super) fn session(event: &link::Event) {
    match event {
        link::Event::Changed { from, to, generation, attempts, cause, wait, waits_for } => {
            let cause = cause.as_ref().map(tracing::field::display);
            let wait_ms = wait.map(|wait| wait.as_millis());
            tracing::info!(target: "voice", ?from, ?to, generation, attempts, cause, wait_ms, ?waits_for, "session");
        }
        link::Event::Greet { .. }
        | link::Event::Frame { .. }
        | link::Event::RoundTrip { .. }
        | link::Event::AttemptLimit { .. } => {}
    }
}
