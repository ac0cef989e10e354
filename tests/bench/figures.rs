//! What the benchmarks of the real application share: clocks, shares of sorted values, rows, and memory.

#![allow(dead_code, reason = "each benchmark uses the part it needs")]

use std::time::{SystemTime, UNIX_EPOCH};

use crate::support::process::children_of;

/// The machine's wall clock, which the page reads too, in milliseconds.
pub(crate) fn wall_ms() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64() * 1000.0)
}

/// The head of a table of [`row`]s.
pub(crate) fn head() {
    println!("\n{:<34} {:>6} {:>9} {:>9} {:>9} {:>9}", "", "count", "p50 ms", "p95 ms", "p99 ms", "max ms");
}

/// One line of the table.
pub(crate) fn row(name: &str, values: &[f64]) {
    let [p50, p95, p99, most] = [0.5, 0.95, 0.99, 1.0].map(|share| at(values, share));
    println!("{name:<34} {:>6} {p50:>9.1} {p95:>9.1} {p99:>9.1} {most:>9.1}", values.len());
}

/// The value below which `share` of all lie.
pub(crate) fn at(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let index = ((sorted.len() as f64 * share).ceil() as usize).clamp(1, sorted.len().max(1)) - 1;
    sorted.get(index).copied().unwrap_or(f64::NAN)
}

/// Proportional set size of a process and of each below it, in MB: shared pages count by their share.
pub(crate) struct Memory(Vec<(String, f64)>);

impl Memory {
    pub(crate) fn of(process: u32) -> Self {
        let read =
            |what: &str| std::fs::read_to_string(format!("/proc/{process}/{what}")).unwrap_or_default();
        let own = read("smaps_rollup")
            .lines()
            .find_map(|line| line.strip_prefix("Pss:")?.trim().strip_suffix(" kB")?.parse::<f64>().ok());
        let mut shares = vec![(read("comm").trim().to_owned(), own.unwrap_or(0.0) / 1024.0)];
        shares.extend(children_of(process).into_iter().flat_map(|(child, _)| Self::of(child).0));
        Self(shares)
    }

    pub(crate) fn total(&self) -> f64 {
        self.0.iter().map(|(_, mb)| mb).sum()
    }

    /// Of the process itself, without those below it.
    pub(crate) fn own(&self) -> f64 {
        self.0.first().map_or(f64::NAN, |(_, mb)| *mb)
    }
}

impl std::fmt::Display for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let each: Vec<String> = self.0.iter().map(|(name, mb)| format!("{name} {mb:.0}")).collect();
        write!(f, "{:.0} MB ({})", self.total(), each.join(", "))
    }
}
