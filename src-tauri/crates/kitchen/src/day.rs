//! Time as the kitchen knows it: the hub's clock in milliseconds, and the business day that a restaurant counts in.

use jiff::{Timestamp, ToSpan, tz::TimeZone};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A moment on the hub's clock: milliseconds since the Unix epoch, UTC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(transparent)]
#[ts(type = "number")]
pub struct At(pub i64);

impl At {
    /// Milliseconds from `earlier` to this moment; never negative.
    #[must_use]
    pub fn since(self, earlier: At) -> i64 {
        self.0.saturating_sub(earlier.0).max(0)
    }

    /// This moment moved by `ms` milliseconds.
    #[must_use]
    pub fn plus(self, ms: i64) -> At {
        At(self.0.saturating_add(ms))
    }
}

/// When the business day that holds `now` began. `starts_minute` is minutes after local midnight (0-1439): with 240,
/// an order at 01:30 still belongs to yesterday. A start that daylight saving skips is moved forward, as clocks are.
#[must_use]
pub fn business_day_start(now: At, zone: &TimeZone, starts_minute: u16) -> At {
    let Ok(timestamp) = Timestamp::from_millisecond(now.0) else { return At(0) };
    let local = timestamp.to_zoned_datetime(zone.clone());
    let start_on = |date: jiff::civil::Date| {
        let minute = i16::try_from(starts_minute.min(1439)).unwrap_or(0);
        let wall = date.at((minute / 60) as i8, (minute % 60) as i8, 0, 0);
        zone.to_ambiguous_zoned_datetime(wall)
            .compatible()
            .map_or(At(0), |z| At(z.timestamp().as_millisecond()))
    };
    let today = start_on(local.date());
    if today <= now {
        return today;
    }
    local.date().checked_sub(1.day()).map_or(today, start_on)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> At {
        At(text.parse::<Timestamp>().unwrap().as_millisecond())
    }

    #[test]
    fn after_midnight_belongs_to_yesterday() {
        let zone = TimeZone::UTC;
        assert_eq!(business_day_start(at("2026-06-02T01:30:00Z"), &zone, 240), at("2026-06-01T04:00:00Z"));
        assert_eq!(business_day_start(at("2026-06-02T04:00:00Z"), &zone, 240), at("2026-06-02T04:00:00Z"));
    }

    #[test]
    fn daylight_saving_moves_the_start_with_the_wall_clock() {
        // Central Europe as a POSIX rule, so that the test needs no zone files: spring forward 2026-03-29 02:00.
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        assert_eq!(business_day_start(at("2026-03-29T10:00:00Z"), &zone, 150), at("2026-03-29T01:30:00Z"));
        assert_eq!(business_day_start(at("2026-03-30T10:00:00Z"), &zone, 240), at("2026-03-30T02:00:00Z"));
    }

    #[test]
    fn since_is_never_negative() {
        assert_eq!(At(5).since(At(9)), 0);
    }
}
