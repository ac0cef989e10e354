//! How pressing a ticket is. Decided here, in one place for screens, sounds and reports, from ages on the hub's clock.

use crate::{At, Order, Settings, StationId, ThresholdRule, Ticket};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How pressing a ticket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// In time.
    Fresh,
    /// Soon late.
    Soon,
    /// Late.
    Late,
}

impl Urgency {
    /// The urgency of a ticket. What nobody is to cook now presses nobody; released, it is as old as it is.
    #[must_use]
    pub fn of(ticket: &Ticket<'_>, settings: &Settings, now: At) -> Self {
        if ticket.held || ticket.waits {
            return Self::Fresh;
        }
        let (warn, late) = limits(ticket.order, ticket.station, settings);
        match now.since(ticket.since) {
            age if age >= late => Self::Late,
            age if age >= warn => Self::Soon,
            _ => Self::Fresh,
        }
    }

    /// When a ticket became late, or will be; none while nobody is to cook it, and where nothing is ever late.
    #[must_use]
    pub fn late_at(ticket: &Ticket<'_>, settings: &Settings) -> Option<At> {
        let (_, late) = limits(ticket.order, ticket.station, settings);
        (!ticket.held && late < i64::MAX).then(|| ticket.since.plus(late))
    }

    /// The next moment after `now` at which [`Urgency::of`] gives another answer, if there is one.
    #[must_use]
    pub fn changes_at(ticket: &Ticket<'_>, settings: &Settings, now: At) -> Option<At> {
        let (warn, late) = limits(ticket.order, ticket.station, settings);
        let began = ticket.since;
        [began.plus(warn), began.plus(late)].into_iter().filter(|moment| *moment > now).min()
    }
}

/// Warn and late ages in milliseconds. Without any rule nothing is ever late.
fn limits(order: &Order, station: &StationId, settings: &Settings) -> (i64, i64) {
    let weight =
        |rule: &ThresholdRule| u8::from(rule.station.is_some()) * 2 + u8::from(rule.order_type.is_some());
    let fits = |rule: &&ThresholdRule| {
        rule.station.as_ref().is_none_or(|s| s == station)
            && rule.order_type.is_none_or(|t| t == order.order_type)
    };
    let mut best: Option<&ThresholdRule> = None;
    for rule in settings.thresholds.iter().filter(fits) {
        if best.is_none_or(|held| weight(rule) > weight(held)) {
            best = Some(rule);
        }
    }
    best.map_or((i64::MAX, i64::MAX), |rule| {
        (i64::from(rule.warn_seconds) * 1000, i64::from(rule.late_seconds.max(rule.warn_seconds)) * 1000)
    })
}
