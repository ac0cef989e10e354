//! What an evening leaves behind. An order that is still open when another business day has begun, and that nobody has
//! touched since, is parked: it leaves every glass, is counted, and waits to be looked at or brought back. The hub
//! writes it down when the day has begun, or at its next start, so that every screen reads it in the one log.
//!
//! The invariant: nothing that somebody works on is parked. What was touched since the day began is of today; a kitchen
//! that cooks through the night keeps each ticket until it has been quiet for [`QUIET_MS`].

use crate::{At, Order};

/// An order that something happened to within this time is still being cooked, whatever the calendar says.
pub const QUIET_MS: i64 = 3_600_000;

/// Whether an order is left over from before the business day that began at `day_start`. What the clock alone will
/// still do something to, such as a scheduled order or one on hold until tomorrow, is not.
#[must_use]
pub fn is_left_over(order: &Order, day_start: At, now: At) -> bool {
    if !order.is_open() || order.parked_at.is_some() {
        return false;
    }
    if !order.is_fired(now) || order.changes_at(now).is_some() {
        return false;
    }
    let last = last_sign(order);
    last < day_start && now.since(last) >= QUIET_MS
}

/// The order, put aside.
#[must_use]
pub fn park(order: &Order, at: At) -> Order {
    Order { parked_at: Some(at), version: order.version + 1, updated_at: at, ..order.clone() }
}

/// The last moment at which somebody, or the clock, did something to it.
fn last_sign(order: &Order) -> At {
    let courses = order.courses.iter().filter_map(|course| order.course_fires_at(Some(course.number)));
    let released = order.hold.as_ref().and_then(|hold| hold.until);
    courses.chain(released).chain([order.clock_started_at()]).fold(order.updated_at, At::max)
}
