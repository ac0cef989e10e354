//! Time on tickets is the hub's (law 8): a local clock that counts through suspend, and an offset learned from what the
//! hub says. A screen whose own clock is an hour wrong, or steps, shows right ages.

use kitchen::At;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A screen's own clock.
pub trait Clock: std::fmt::Debug + Send + Sync + 'static {
    /// Time since any fixed moment; counts through suspend, never steps.
    fn elapsed(&self) -> Duration;

    /// What the machine believes the time of day to be: a guess until the hub has spoken.
    fn wall(&self) -> At;

    /// How many of its milliseconds pass in a real one; another one than 1 only in simulated time. Above 0.
    fn factor(&self) -> f64 {
        1.0
    }
}

/// The machine's clock, optionally running faster, so that a day can pass in minutes with every tick really happening.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    factor: f64,
    started: Duration,
    wall_at_start: At,
}

impl SystemClock {
    /// A clock that runs `factor` times as fast as the world, from now on.
    #[must_use]
    pub fn running(factor: f64) -> Self {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { factor, started: boot_time(), wall_at_start: At(millis(wall)) }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::running(1.0)
    }
}

impl Clock for SystemClock {
    fn elapsed(&self) -> Duration {
        (boot_time().saturating_sub(self.started)).mul_f64(self.factor)
    }

    fn wall(&self) -> At {
        self.wall_at_start.plus(millis(self.elapsed()))
    }

    fn factor(&self) -> f64 {
        self.factor
    }
}

#[cfg(target_os = "linux")]
fn boot_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

#[cfg(not(target_os = "linux"))]
fn boot_time() -> Duration {
    // Elsewhere the standard clock counts through suspend.
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    START.get_or_init(std::time::Instant::now).elapsed()
}

/// The hub's clock as this screen knows it.
#[derive(Debug)]
pub(crate) struct HubTime {
    clock: Arc<dyn Clock>,
    /// The hub's clock minus ours.
    offset: i64,
    /// The latest differences heard. Each is too small by the time its message was under way, so the largest is right.
    heard: VecDeque<i64>,
    /// The latest moment that was given out.
    shown: i64,
}

/// How many differences are kept: a slow drift is followed within so many heartbeats.
const KEPT: usize = 8;
/// A difference that far off is another clock, not a slow message; in real time.
const STEP_MS: u64 = 5_000;

impl HubTime {
    /// Before the hub has spoken: the machine's own time of day, corrected by what the hub's was ahead of it last.
    pub(crate) fn new(clock: Arc<dyn Clock>, ahead_ms: i64) -> Self {
        let offset = clock.wall().0 + ahead_ms - millis(clock.elapsed());
        Self { clock, offset, heard: VecDeque::new(), shown: i64::MIN }
    }

    /// The hub's clock said this a moment ago.
    pub(crate) fn hear(&mut self, server_time: At) {
        let difference = server_time.0 - millis(self.clock.elapsed());
        if self.heard.back().is_some_and(|last| (last - difference).abs() > self.step_ms()) {
            tracing::warn!(target: "display", step_ms = difference - self.offset, "the hub's clock was moved");
            self.heard.clear();
        }
        self.heard.push_back(difference);
        if self.heard.len() > KEPT {
            self.heard.pop_front();
        }
        self.offset = self.heard.iter().copied().max().unwrap_or(difference);
    }

    /// What the hub's clock says now. Small corrections never turn it back; a clock that was really moved is followed.
    pub(crate) fn now(&mut self) -> At {
        let now = millis(self.clock.elapsed()) + self.offset;
        if now > self.shown || self.shown.saturating_sub(now) > self.step_ms() {
            self.shown = now;
        }
        At(self.shown)
    }

    /// In simulated time a message that is as slow as ever is under way for more of the hub's milliseconds.
    fn step_ms(&self) -> i64 {
        self.hub_ms(Duration::from_millis(STEP_MS))
    }

    /// How far the hub's clock is ahead of the machine's time of day.
    pub(crate) fn ahead_ms(&self) -> i64 {
        millis(self.clock.elapsed()) + self.offset - self.clock.wall().0
    }

    /// How long to really wait until the hub's clock says `at`.
    pub(crate) fn until(&self, now: At, at: At) -> Duration {
        Duration::from_millis(u64::try_from(at.since(now)).unwrap_or(0)).div_f64(self.factor())
    }

    /// How many of the hub's milliseconds pass in a real span.
    pub(crate) fn hub_ms(&self, real: Duration) -> i64 {
        millis(real.mul_f64(self.factor()))
    }

    /// How many of the hub's milliseconds pass in a real one.
    pub(crate) fn factor(&self) -> f64 {
        self.clock.factor()
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[derive(Debug, Default)]
    struct Fake(Mutex<(i64, i64)>);

    impl Fake {
        fn set(&self, elapsed: i64, wall: i64) {
            *self.0.lock().unwrap() = (elapsed, wall);
        }
    }

    impl Clock for Fake {
        fn elapsed(&self) -> Duration {
            Duration::from_millis(u64::try_from(self.0.lock().unwrap().0).unwrap())
        }
        fn wall(&self) -> At {
            At(self.0.lock().unwrap().1)
        }
    }

    #[test]
    fn a_screen_an_hour_wrong_or_stepping_shows_the_hubs_time() {
        let fake = Arc::new(Fake::default());
        fake.set(10_000, 3_600_000);
        let mut time = HubTime::new(fake.clone(), 0);
        assert_eq!(time.now(), At(3_600_000), "a guess before the hub has spoken");
        time.hear(At(50_000));
        assert_eq!(time.now(), At(50_000));
        fake.set(12_000, 9_999_999);
        assert_eq!(time.now(), At(52_000), "its own time of day is nobody's business");
        assert_eq!(time.ahead_ms(), 52_000 - 9_999_999);
        assert_eq!(HubTime::new(fake, 52_000 - 9_999_999).now(), At(52_000), "kept over a restart");
    }

    /// A ticket of a kitchen that cooks through the night in which the clocks are put back, on a screen whose own clock is
    /// an hour off, is moved while it runs, and sleeps for a while: its age is what has really passed.
    #[test]
    fn law_8_ages_are_right_whatever_the_screens_own_clock_does() {
        const HOUR: i64 = 3_600_000;
        // 25 October 2026, 00:30 UTC: half an hour before clocks go back in Berlin.
        let created = At(1_792_888_200_000);
        let zone = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
        let local_hour = |at: At| zone.to_datetime(jiff::Timestamp::from_millisecond(at.0).unwrap()).hour();
        for wrong in [-HOUR, 0, HOUR] {
            let fake = Arc::new(Fake::default());
            fake.set(0, created.0 + wrong);
            let mut time = HubTime::new(fake.clone(), 0);
            let (mut passed, mut moved, mut before) = (0, wrong, At(i64::MIN));
            for second in 0..7_200 {
                passed += 1_000;
                // Its owner corrects it, a time server overdoes it, daylight saving is taken for a step by a bad system.
                moved += match second {
                    1_000 => -2 * HOUR,
                    2_000 => 3 * HOUR,
                    3_000 => -HOUR,
                    _ => 0,
                };
                // An hour of sleep in the middle: the clock that counts goes on.
                if second == 4_000 {
                    passed += HOUR;
                }
                fake.set(passed, created.0 + passed + moved);
                if second > 0 {
                    let now = time.now();
                    assert_eq!(now.since(created), passed, "wrong by {wrong} at {second}");
                    assert!(now > before, "it never goes back");
                    before = now;
                }
                // The hub is heard, but not while the screen sleeps or for a minute after.
                if !(4_000..4_060).contains(&second) {
                    time.hear(At(created.0 + passed));
                }
            }
            assert_eq!(before.since(created), 7_200_000 + HOUR);
            assert_eq!(
                (local_hour(created), local_hour(before)),
                (2, 4),
                "three hours later it is 4:30, not 5:30"
            );
        }
    }

    #[test]
    fn slow_messages_do_not_turn_it_back() {
        let fake = Arc::new(Fake::default());
        let mut time = HubTime::new(fake.clone(), 0);
        time.hear(At(100_000));
        fake.set(1_000, 0);
        assert_eq!(time.now(), At(101_000));
        // This one was under way for 700 ms.
        time.hear(At(100_300));
        assert_eq!(time.now(), At(101_000));
        for second in 2..20 {
            fake.set(second * 1_000, 0);
            time.hear(At(100_000 + second * 1_000 - 200));
            let now = time.now();
            assert!(now >= At(100_000 + second * 1_000 - 200) && now <= At(100_000 + second * 1_000));
        }
    }

    #[test]
    fn in_simulated_time_a_slow_message_is_no_other_clock() {
        #[derive(Debug)]
        struct Fast(Arc<Fake>);
        impl Clock for Fast {
            fn elapsed(&self) -> Duration {
                self.0.elapsed()
            }
            fn wall(&self) -> At {
                self.0.wall()
            }
            fn factor(&self) -> f64 {
                60.0
            }
        }
        let fake = Arc::new(Fake::default());
        let mut time = HubTime::new(Arc::new(Fast(fake.clone())), 0);
        time.hear(At(100_000));
        assert_eq!(time.now(), At(100_000));
        // A second later, and under way for 200 ms of the world's.
        fake.set(60_000, 0);
        time.hear(At(100_000 + 60_000 - 12_000));
        assert_eq!(time.now(), At(160_000));
    }

    #[test]
    fn suspend_counts_and_a_moved_hub_is_followed() {
        let fake = Arc::new(Fake::default());
        let mut time = HubTime::new(fake.clone(), 0);
        time.hear(At(1_000_000));
        fake.set(7_200_000, 0);
        assert_eq!(time.now(), At(8_200_000));
        time.hear(At(500_000));
        assert_eq!(time.now(), At(500_000));
    }
}
