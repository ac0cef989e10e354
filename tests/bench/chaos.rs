//! `cargo xtask bench chaos`: 10,000 orders, cooks at three screens, 100 cut links, 100 kills, torn logs and full disks,
//! and at the end the count of what was lost and what came twice.
//!
//! `BENCH_ORDERS` makes it shorter, with everything else in proportion; `BENCH_SEED` repeats the chance of another run. It
//! ends with 1 when anything was lost or doubled; for being slow it cannot fail.

#![allow(clippy::unwrap_used, reason = "a measurement that cannot go on should stop where it is")]

#[path = "../chaos/storm/mod.rs"]
mod storm;
#[path = "../support/mod.rs"]
mod support;

use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use storm::Plan;
use support::display_process::{is_asked, serve_if_asked};

/// Orders of the whole storm.
const ORDERS: usize = 10_000;

#[tokio::main]
async fn main() -> ExitCode {
    if is_asked() {
        serve_if_asked().await;
        return ExitCode::SUCCESS;
    }
    let given = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let orders = given("BENCH_ORDERS").map_or(ORDERS, |orders| orders as usize);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |since| since.as_secs());
    let share = |of: usize| (of * orders / ORDERS).max(1);
    let report = storm::run(&Plan {
        seed: given("BENCH_SEED").unwrap_or(now),
        orders,
        cuts: share(100),
        long_cuts: share(20),
        long: Duration::from_secs(61),
        kills: share(100),
        full_disks: share(10),
        hands: Duration::from_millis(200),
    })
    .await;
    report.print();
    if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
