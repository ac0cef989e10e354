//! One rate budget for everything that the kitchen asks of the back end.

use kitchen::At;

/// A bucket that fills with time; a request empties it by a second. The back end allows 1,000 requests in 15 minutes to
/// everybody behind one address; 30 at once and one each second after that are at most 930.
#[derive(Debug)]
pub(super) struct Budget {
    saved_ms: i64,
    counted_at: At,
    /// Until when the back end wants to hear nothing.
    quiet_until: Option<At>,
}

/// Requests that may be made at once after a quiet time: a re-read of a busy evening, or a burst of bumps.
const BURST: i64 = 30;

/// Milliseconds that pay for one request.
const PRICE_MS: i64 = 1_000;

impl Budget {
    pub(super) fn full(now: At) -> Self {
        Self { saved_ms: BURST * PRICE_MS, counted_at: now, quiet_until: None }
    }

    /// Takes one request's worth if there is one.
    pub(super) fn take(&mut self, now: At) -> bool {
        if self.ready_at(now) > now {
            return false;
        }
        self.saved_ms = self.saved_ms(now) - PRICE_MS;
        self.counted_at = self.counted_at.max(now);
        true
    }

    /// When the next request may be made.
    pub(super) fn ready_at(&self, now: At) -> At {
        let paid = now.plus((PRICE_MS - self.saved_ms(now)).max(0));
        self.quiet_until.map_or(paid, |until| until.max(paid))
    }

    /// The back end said 429: nothing at all for so long, and no burst after it.
    pub(super) fn pause(&mut self, now: At, for_ms: i64) {
        let until = now.plus(for_ms.max(0));
        self.saved_ms = -for_ms.max(0);
        self.counted_at = self.counted_at.max(now);
        self.quiet_until = Some(self.quiet_until.map_or(until, |held| held.max(until)));
    }

    fn saved_ms(&self, now: At) -> i64 {
        self.saved_ms.saturating_add(now.since(self.counted_at)).min(BURST * PRICE_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_quarter_of_an_hour_has_more_than_the_back_end_allows() {
        let mut budget = Budget::full(At(0));
        let mut taken = Vec::new();
        for now in (0..3_600_000).step_by(100) {
            while budget.take(At(now)) {
                taken.push(now);
            }
        }
        for (index, start) in taken.iter().enumerate() {
            let within = taken[index..].iter().take_while(|at| **at < start + 900_000).count();
            assert!(within <= 931, "{within} from {start}");
        }
        assert!(taken.len() > 3_500);
    }

    #[test]
    fn a_429_is_obeyed_and_no_burst_follows_it() {
        let mut budget = Budget::full(At(0));
        budget.pause(At(0), 60_000);
        assert!(budget.ready_at(At(0)) >= At(60_000));
        assert!(!budget.take(At(60_000)));
        assert!(budget.take(At(61_000)));
        assert!(!budget.take(At(61_000)));
        assert!(budget.take(At(62_000)));
    }
}
