//! A short storm over a whole kitchen; `cargo xtask bench chaos` is the long one.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

mod storm;
#[path = "../support/mod.rs"]
mod support;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use storm::Plan;
use support::display_process::serve_if_asked;

/// No test: the screens of the storm are this, in processes of their own.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "started by the storm, as a display"]
async fn a_display_for_the_other_tests() {
    serve_if_asked().await;
}

/// The seed is printed; `BENCH_SEED` sets it.
#[tokio::test(flavor = "multi_thread")]
async fn r6_04_a_storm_of_cuts_kills_torn_logs_and_a_full_disk_loses_nothing_and_doubles_nothing() {
    let given = std::env::var("BENCH_SEED").ok().and_then(|seed| seed.parse().ok());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |since| since.as_secs());
    let report = storm::run(&Plan {
        seed: given.unwrap_or(now),
        orders: 400,
        cuts: 15,
        long_cuts: 1,
        long: Duration::from_secs(6),
        kills: 8,
        full_disks: 1,
        hands: Duration::from_millis(250),
    })
    .await;
    report.print();
    assert!(report.is_clean(), "seed {}", report.seed);
}
