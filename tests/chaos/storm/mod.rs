//! A storm over a whole kitchen: a hub, three screens and a back end as they are, processes and sockets, and everything
//! between them and to them that has ever gone wrong, while orders come and cooks work.
//!
//! What is at stake is counted at the end from the files themselves: the hub's log, the journals of the screens, and the
//! accounts that the POS and the cooks have kept of what they were told was done. Chance comes from one seed; what the
//! machine's own timing adds to it cannot be repeated.

mod audit;
mod backend;
mod dice;
mod house;
mod pos;
mod report;
mod screen;
mod trouble;

pub(crate) use report::Report;

use std::sync::Arc;
use std::time::Duration;

use tokio::task::{JoinSet, LocalSet};

use dice::Dice;
use house::House;
use pos::Till;

/// How long everything may take to come to rest once the weather is good again.
const REST: Duration = Duration::from_secs(120);

/// How much of everything.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// What chance starts from.
    pub(crate) seed: u64,
    /// Orders by the POS; every twentieth comes by the back end instead.
    pub(crate) orders: usize,
    /// Links cut, the long ones among them.
    pub(crate) cuts: usize,
    /// Links cut for as long as `long`.
    pub(crate) long_cuts: usize,
    /// How long a long one is, at least.
    pub(crate) long: Duration,
    /// `kill -9` of the hub and of screens.
    pub(crate) kills: usize,
    /// Times that the hub's disk is full.
    pub(crate) full_disks: usize,
    /// The least between two acts of one cook.
    pub(crate) hands: Duration,
}

/// Orders a second.
const STEADY: f64 = 20.0;
/// Orders a second in a burst: 200 in 5 s.
const BURST: f64 = 40.0;
/// A burst begins so often, and lasts so long.
const BURST_EVERY: Duration = Duration::from_secs(30);
const BURST_LASTS: Duration = Duration::from_secs(5);
/// The first burst begins after this.
const BURST_AFTER: Duration = Duration::from_secs(8);

/// When each order comes, from the start.
fn moments(orders: usize) -> Vec<Duration> {
    let mut at = 0.0;
    let in_burst = |at: f64| {
        let since = at - BURST_AFTER.as_secs_f64();
        since >= 0.0 && since % BURST_EVERY.as_secs_f64() < BURST_LASTS.as_secs_f64()
    };
    (0..orders)
        .map(|_| {
            at += 1.0 / if in_burst(at) { BURST } else { STEADY };
            Duration::from_secs_f64(at)
        })
        .collect()
}

/// Lets the storm pass over a kitchen and counts.
pub(crate) async fn run(plan: &Plan) -> Report {
    LocalSet::new().run_until(pass(plan)).await
}

async fn pass(plan: &Plan) -> Report {
    println!("storm: seed {} | {plan:?}", plan.seed);
    let mut dice = Dice::new(plan.seed);
    let moments = moments(plan.orders);
    let length = moments.last().copied().unwrap_or_default();
    let house = Arc::new(House::open(plan, &mut dice).await);
    let till = Arc::new(Till::open(&house));

    let mut weather = JoinSet::new();
    trouble::spawn_all(&mut weather, &house, plan, length, &mut dice);
    let mut watchers = JoinSet::new();
    house.spawn_watchers(&mut watchers);
    let completer = tokio::task::spawn_local(pos::hand_over(house.clone()));
    till.serve(&house, moments, Dice::new(dice.next())).await;
    while let Some(ended) = weather.join_next().await {
        ended.expect("a piece of weather");
    }
    println!("storm: over after {:?}; waiting for rest", house.begun.elapsed());
    till.all_answered(REST).await;
    completer.abort();
    house.rest(REST).await;
    watchers.shutdown().await;
    let glass = house.close().await;
    audit::count(&house, &till, &glass, plan)
}
