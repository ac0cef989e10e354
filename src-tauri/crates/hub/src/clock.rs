//! The hub's clock, by which every ticket's age is counted.
//!
//! It is anchored to the wall clock once, at start, and from then on follows a clock that only counts: through suspend,
//! across daylight saving, and whatever anybody does to the wall clock. It never goes back, within one run by itself and
//! over restarts because it starts no earlier than the last event. A wall clock that was moved is recorded as an event;
//! the hub follows it forward only while no order is open, so that no ticket ages by an hour in one second.

use kitchen::At;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Where time comes from. Tests and benchmarks bring their own.
pub trait TimeSource: Send + Sync + 'static {
    /// Milliseconds that only count, also while the machine is suspended. The origin means nothing.
    fn counted_ms(&self) -> i64;

    /// Milliseconds since 1970 by the wall clock.
    fn wall_ms(&self) -> i64;

    /// How many of its milliseconds pass in one of a real clock; timers that wait in kitchen time divide by it.
    fn factor(&self) -> f64 {
        1.0
    }
}

/// The machine's own clocks.
#[derive(Debug, Clone, Copy, Default)]
pub struct MachineTime;

impl TimeSource for MachineTime {
    #[cfg(target_os = "linux")]
    fn counted_ms(&self) -> i64 {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        time.tv_sec * 1_000 + time.tv_nsec / 1_000_000
    }

    #[cfg(not(target_os = "linux"))]
    fn counted_ms(&self) -> i64 {
        use std::sync::OnceLock;
        use std::time::Instant;
        static ORIGIN: OnceLock<Instant> = OnceLock::new();
        i64::try_from(ORIGIN.get_or_init(Instant::now).elapsed().as_millis()).unwrap_or(i64::MAX)
    }

    fn wall_ms(&self) -> i64 {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// Time that runs `factor` times as fast as the machine's, from the moment it was made: a day in minutes, with every
/// tick really happening.
#[derive(Debug, Clone, Copy)]
pub struct FastTime {
    factor: f64,
    counted_from: i64,
    wall_from: i64,
}

impl FastTime {
    /// Starts now.
    #[must_use]
    pub fn new(factor: f64) -> Self {
        Self { factor, counted_from: MachineTime.counted_ms(), wall_from: MachineTime.wall_ms() }
    }

    fn passed(&self) -> i64 {
        let real = MachineTime.counted_ms() - self.counted_from;
        (real as f64 * self.factor) as i64
    }
}

impl TimeSource for FastTime {
    fn counted_ms(&self) -> i64 {
        self.passed()
    }

    fn wall_ms(&self) -> i64 {
        self.wall_from + self.passed()
    }

    fn factor(&self) -> f64 {
        self.factor
    }
}

/// A wall clock that differs from the hub's by more than this much more than before was moved by somebody, milliseconds.
/// Slow corrections by a time server stay far below it between two looks.
pub(crate) const STEP_MS: i64 = 1_000;

/// The hub's clock.
pub(crate) struct HubClock {
    source: Arc<dyn TimeSource>,
    /// Wall time minus counted time, as anchored.
    anchor: AtomicI64,
    /// What was last said.
    last: AtomicI64,
    /// Wall clock minus hub clock when last looked.
    offset: AtomicI64,
}

impl HubClock {
    /// A clock that says `floor` or later.
    pub(crate) fn new(source: Arc<dyn TimeSource>, floor: At) -> Self {
        let (wall, counted) = (source.wall_ms(), source.counted_ms());
        let start = wall.max(floor.0);
        Self {
            source,
            anchor: AtomicI64::new(start - counted),
            last: AtomicI64::new(start),
            offset: AtomicI64::new(wall - start),
        }
    }

    /// This moment. Never earlier than an earlier answer.
    pub(crate) fn now(&self) -> At {
        let now = self.anchor.load(Ordering::Relaxed) + self.source.counted_ms();
        At(self.last.fetch_max(now, Ordering::Relaxed).max(now))
    }

    /// How far the wall clock has been moved since the last look, if it was. Forward is positive.
    pub(crate) fn step(&self) -> Option<i64> {
        let offset = self.offset_ms();
        let before = self.offset.load(Ordering::Relaxed);
        ((offset - before).abs() > STEP_MS).then(|| {
            self.offset.store(offset, Ordering::Relaxed);
            offset - before
        })
    }

    /// Whether [`HubClock::step`] has something to tell.
    pub(crate) fn is_stepped(&self) -> bool {
        (self.offset_ms() - self.offset.load(Ordering::Relaxed)).abs() > STEP_MS
    }

    /// Goes to the wall clock if that is ahead; for a kitchen without an open order.
    pub(crate) fn follow(&self) {
        let ahead = self.offset_ms();
        if ahead > STEP_MS {
            self.anchor.fetch_add(ahead, Ordering::Relaxed);
            self.offset.store(0, Ordering::Relaxed);
        }
    }

    /// See [`TimeSource::factor`].
    pub(crate) fn factor(&self) -> f64 {
        self.source.factor()
    }

    /// Wall clock minus hub clock.
    pub(crate) fn offset_ms(&self) -> i64 {
        self.source.wall_ms() - (self.anchor.load(Ordering::Relaxed) + self.source.counted_ms())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Hands {
        counted: AtomicI64,
        wall: AtomicI64,
    }

    impl TimeSource for Hands {
        fn counted_ms(&self) -> i64 {
            self.counted.load(Ordering::Relaxed)
        }
        fn wall_ms(&self) -> i64 {
            self.wall.load(Ordering::Relaxed)
        }
    }

    fn pass(hands: &Hands, ms: i64) {
        hands.counted.fetch_add(ms, Ordering::Relaxed);
        hands.wall.fetch_add(ms, Ordering::Relaxed);
    }

    #[test]
    fn it_starts_no_earlier_than_the_last_event_and_goes_on_from_there() {
        let hands = Arc::new(Hands::default());
        hands.wall.store(1_000, Ordering::Relaxed);
        let clock = HubClock::new(hands.clone(), At(50_000));
        assert_eq!(clock.now(), At(50_000));
        pass(&hands, 10);
        assert_eq!(clock.now(), At(50_010));
        assert_eq!(clock.step(), None);
    }

    #[test]
    fn a_moved_wall_clock_is_noticed_once_and_not_followed() {
        let hands = Arc::new(Hands::default());
        let clock = HubClock::new(hands.clone(), At(0));
        for hour in [3_600_000_i64, -7_200_000] {
            pass(&hands, 500);
            let before = clock.now();
            hands.wall.fetch_add(hour, Ordering::Relaxed);
            assert_eq!(clock.now(), before);
            assert_eq!(clock.step(), Some(hour));
            assert_eq!(clock.step(), None);
        }
    }

    #[test]
    fn it_follows_forward_and_never_back() {
        let hands = Arc::new(Hands::default());
        let clock = HubClock::new(hands.clone(), At(0));
        hands.wall.fetch_add(3_600_000, Ordering::Relaxed);
        clock.follow();
        assert_eq!(clock.now(), At(3_600_000));
        hands.wall.fetch_sub(7_200_000, Ordering::Relaxed);
        clock.follow();
        assert_eq!(clock.now(), At(3_600_000));
        pass(&hands, 1);
        assert_eq!(clock.now(), At(3_600_001));
    }
}
