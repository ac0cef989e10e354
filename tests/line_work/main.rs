//! What a line of cooks does with tickets, each capability over a whole system: a hub as a process, two displays as
//! processes of their own, real sockets. Every test looks at both glasses and asks the hub.
//!
//! Where time has to pass, the kitchen is one in which minutes pass in seconds: its hub and its displays run at the same
//! pace.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

mod changes;
mod counts;
mod courses;
mod stations;
mod stock;
#[path = "../support/mod.rs"]
mod support;
mod ticket_work;

use support::display_process::serve_if_asked;

/// No test: the displays that the others start are this, in processes of their own.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "started by the other tests, as a display"]
async fn a_display_for_the_other_tests() {
    serve_if_asked().await;
}

/// A minute is a second.
const MINUTES_AS_SECONDS: f64 = 60.0;

/// A second is ten: an offer to undo is still there when a slow machine comes to it.
const ALL_THE_TIME: f64 = 0.1;
