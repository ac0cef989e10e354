//! What is told at the end.

use std::collections::BTreeMap;
use std::time::Duration;

/// What went wrong, and what is measured after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Reset,
    Refused,
    Stalled,
    CutAfter,
    Garbled,
    Slow,
    Long,
    HubKilled,
    HubTorn,
    ScreenKilled,
    ScreenTorn,
    DiskFull,
    DiskFreed,
    BackEnd,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Reset => "cable: reset",
            Self::Refused => "cable: out for seconds",
            Self::Stalled => "cable: black hole for seconds",
            Self::CutAfter => "cable: cut after some bytes",
            Self::Garbled => "cable: garbled",
            Self::Slow => "cable: slow or narrow",
            Self::Long => "cable: long cut",
            Self::HubKilled => "hub: kill -9",
            Self::HubTorn => "hub: kill -9, log torn",
            Self::ScreenKilled => "screen: kill -9",
            Self::ScreenTorn => "screen: kill -9, journal torn",
            Self::DiskFull => "hub's disk full, boards",
            Self::DiskFreed => "hub's disk full, first 201",
            Self::BackEnd => "back end's cable, orders in the log",
        }
    }

    /// Whether the aim for boards on the kitchen's own network is about it. A back end is asked again no sooner than
    /// after 2 s and no later than 30 s (R3.5); a full disk holds operations back for 2 s.
    fn is_resync(self) -> bool {
        !matches!(self, Self::DiskFull | Self::DiskFreed | Self::BackEnd)
    }
}

/// What was measured on the way.
#[derive(Debug, Default)]
pub(crate) struct Samples {
    taken: BTreeMap<Kind, Vec<Duration>>,
    /// Measurements that ended because the next trouble came before the board was right, within 2 s.
    pub(crate) overtaken: usize,
    pub(crate) cuts: usize,
    pub(crate) kills: usize,
}

impl Samples {
    pub(crate) fn add(&mut self, kind: Kind, taken: Duration) {
        self.taken.entry(kind).or_default().push(taken);
    }
}

/// The outcome of a storm.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) seed: u64,
    pub(crate) orders: usize,
    pub(crate) by_back_end: usize,
    pub(crate) operations: usize,
    pub(crate) withdrawn: usize,
    pub(crate) refused: usize,
    pub(crate) events: u64,
    pub(crate) repeats: u64,
    /// In words, each.
    pub(crate) lost: Vec<String>,
    pub(crate) doubled: Vec<String>,
    /// Boards that are not the hub's.
    pub(crate) different: Vec<String>,
    pub(crate) samples: Samples,
}

impl Report {
    pub(crate) fn print(&self) {
        println!(
            "\n{:<38} {:>6} {:>9} {:>9} {:>9}",
            "until the board is the hub's again", "count", "p50 ms", "p99 ms", "max ms"
        );
        for (kind, taken) in &self.samples.taken {
            println!(
                "{:<38} {:>6} {:>9.0} {:>9.0} {:>9.0}",
                kind.name(),
                taken.len(),
                at(taken, 0.5),
                at(taken, 0.99),
                at(taken, 1.0)
            );
        }
        println!("seed {}; overtaken by the next trouble within 2 s: {}", self.seed, self.samples.overtaken);
        println!(
            "{} orders by the POS ({} requests repeated), {} by the back end; {} operations done, {} taken back before \
             they left, {} refused by the hub; {} events",
            self.orders,
            self.repeats,
            self.by_back_end,
            self.operations,
            self.withdrawn,
            self.refused,
            self.events
        );
        for (what, all) in [("lost", &self.lost), ("doubled", &self.doubled), ("different", &self.different)]
        {
            for one in all.iter().take(20) {
                println!("{what}: {one}");
            }
        }
        let resync: Vec<Duration> = self
            .samples
            .taken
            .iter()
            .filter(|(kind, _)| kind.is_resync())
            .flat_map(|(_, taken)| taken.clone())
            .collect();
        println!(
            "bench chaos orders={} operations={} cuts={} kills={} lost={} doubled={} resync_p99_ms={:.0} resync_max_ms={:.0}",
            self.orders + self.by_back_end,
            self.operations,
            self.samples.cuts,
            self.samples.kills,
            self.lost.len() + self.different.len(),
            self.doubled.len(),
            at(&resync, 0.99),
            at(&resync, 1.0)
        );
    }

    /// Whether nothing was lost, doubled or shown otherwise than it is.
    pub(crate) fn is_clean(&self) -> bool {
        self.lost.is_empty() && self.doubled.is_empty() && self.different.is_empty()
    }
}

/// The value below which `share` of all lie, in milliseconds.
fn at(values: &[Duration], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let index = ((sorted.len() as f64 * share).ceil() as usize).clamp(1, sorted.len().max(1)) - 1;
    sorted.get(index).map_or(f64::NAN, |value| value.as_secs_f64() * 1_000.0)
}
