//! A ticket: one order as one station sees it.

use crate::{At, Line, Order, Settings, StationId, Urgency, Work};

/// One order as one station sees it.
#[derive(Debug, Clone)]
pub struct Ticket<'a> {
    /// The order behind it.
    pub order: &'a Order,
    /// Whose glass.
    pub station: &'a StationId,
    /// The lines this station works on, in the order's order.
    pub own: Vec<TicketLine<'a>>,
    /// The lines of other stations.
    pub elsewhere: Vec<&'a Line>,
}

/// A line with this station's work on it.
#[derive(Debug, Clone, Copy)]
pub struct TicketLine<'a> {
    /// The line.
    pub line: &'a Line,
    /// This station's part.
    pub work: &'a Work,
}

impl TicketLine<'_> {
    /// Whether it still asks something of the station: pieces to make, or a void to be seen.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.work.bumped < self.line.live() || self.work.owes_acknowledgement()
    }

    /// Whether every wanted piece is done here.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.work.done >= self.line.live()
    }
}

impl<'a> Ticket<'a> {
    /// The ticket of an order at a station; none if the station has no line of it.
    #[must_use]
    pub fn of(order: &'a Order, station: &'a StationId) -> Option<Self> {
        let mut own = Vec::new();
        let mut elsewhere = Vec::new();
        for line in &order.lines {
            match line.work_at(station) {
                Some(work) => own.push(TicketLine { line, work }),
                None => elsewhere.push(line),
            }
        }
        (!own.is_empty()).then_some(Self { order, station, own, elsewhere })
    }

    /// Whether it belongs on the glass now: its order is fired and something on it is still asked of the station.
    #[must_use]
    pub fn is_on_glass(&self, now: At) -> bool {
        self.order.is_open() && self.order.is_fired(now) && self.own.iter().any(TicketLine::is_open)
    }

    /// How pressing it is.
    #[must_use]
    pub fn urgency(&self, settings: &Settings, now: At) -> Urgency {
        Urgency::of(self.order, self.station, settings, now)
    }
}
