//! How soon a page whose process died is loaded again: at once the first time, then ever later while it keeps dying.
//!
//! Pure; time is passed in. A page that dies as soon as it is loaded must not take the whole PC with it.

use std::time::Duration;

/// The wait after a second death in a row; it doubles with each that follows.
const FIRST_WAIT: Duration = Duration::from_millis(250);

/// No wait is longer: somebody may have mended it meanwhile.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// A page that lived for so long has recovered: its next death counts as a first one.
const RECOVERED: Duration = Duration::from_secs(60);

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Reloads {
    /// Deaths in a row.
    deaths: u32,
    /// When the page was, or will be, loaded again last.
    loaded_at: Option<Duration>,
}

impl Reloads {
    /// The page's process has died; how long to wait before it is loaded again. `now` is since any fixed moment.
    pub(crate) fn died(&mut self, now: Duration) -> Duration {
        let lived = self.loaded_at.map(|loaded| now.saturating_sub(loaded));
        if lived.is_none_or(|lived| lived >= RECOVERED) {
            self.deaths = 0;
        }
        let wait = match self.deaths {
            0 => Duration::ZERO,
            more => FIRST_WAIT.saturating_mul(1 << (more - 1).min(16)).min(LONGEST_WAIT),
        };
        self.deaths = self.deaths.saturating_add(1);
        self.loaded_at = Some(now + wait);
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r4_04_a_page_that_keeps_dying_is_loaded_ever_more_slowly_and_never_given_up() {
        let (mut reloads, mut now) = (Reloads::default(), Duration::from_secs(1_000));
        let mut waits = Vec::new();
        for _ in 0..11 {
            let wait = reloads.died(now);
            waits.push(wait.as_millis());
            // It dies half a second after it was loaded.
            now += wait + Duration::from_millis(500);
        }
        assert_eq!(waits, [0, 250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
        assert_eq!(reloads.died(now + Duration::from_secs(59)), LONGEST_WAIT, "not long enough");
        assert_eq!(reloads.died(now + Duration::from_secs(59) + LONGEST_WAIT + RECOVERED), Duration::ZERO);
    }
}
