//! A ticket: one order as one station sees it at one moment.

use crate::{At, Line, Order, Settings, StationId, Urgency, Work};

/// One order as one station sees it at one moment.
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
    /// The moment its age counts from: when the first course went to the stations that something is still asked of here.
    /// A recall does not move it.
    pub since: At,
    /// Nobody is to cook it now.
    pub held: bool,
    /// Nothing is asked here but that somebody fires its next course: only the pass shows that.
    pub waits: bool,
}

/// A line with this station's work on it.
#[derive(Debug, Clone, Copy)]
pub struct TicketLine<'a> {
    /// The line.
    pub line: &'a Line,
    /// This station's part.
    pub work: &'a Work,
    /// Pieces that are asked of this station by now: none before their course is fired, and no more than the station
    /// before has done.
    pub asked: u32,
}

impl TicketLine<'_> {
    /// Whether it asks something of the station now: pieces to make, or a void to be seen.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.work.bumped < self.asked || self.work.owes_acknowledgement()
    }

    /// Whether every wanted piece is done here.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.work.done >= self.line.live()
    }

    /// Pieces to be made now.
    #[must_use]
    pub fn to_make(&self) -> u32 {
        self.asked.saturating_sub(self.work.done)
    }

    /// Pieces that will be asked for later.
    #[must_use]
    pub fn to_come(&self) -> u32 {
        self.line.live().saturating_sub(self.asked.max(self.work.done))
    }
}

impl<'a> Ticket<'a> {
    /// The ticket of an order at a station; none if the station has no line of it.
    #[must_use]
    pub fn of(order: &'a Order, station: &'a StationId, now: At) -> Option<Self> {
        let mut own = Vec::new();
        let mut elsewhere = Vec::new();
        for line in &order.lines {
            match line.work_at(station) {
                Some(work) => {
                    let asked = if order.is_line_fired(line, now) { line.reached(work) } else { 0 };
                    own.push(TicketLine { line, work, asked });
                }
                None => elsewhere.push(line),
            }
        }
        let open = own.iter().filter(|own| own.is_open());
        let since = open.filter_map(|own| order.course_fires_at(own.line.course)).min();
        let since = since.unwrap_or_else(|| order.clock_started_at());
        let held = order.is_held(now);
        let asks = own.iter().any(TicketLine::is_open);
        let waits = station.is_expo() && !asks && order.waits_for_a_hand(now);
        (!own.is_empty()).then_some(Self { order, station, own, elsewhere, since, held, waits })
    }

    /// Whether it belongs on the glass now: something on it is asked of the station. An order of which every station has
    /// done what was fired stays at the pass as long as somebody has to fire the rest: nobody else would know of it.
    #[must_use]
    pub fn is_on_glass(&self) -> bool {
        let asks = || self.own.iter().any(TicketLine::is_open);
        self.order.is_open() && !self.order.is_parked() && (self.waits || asks())
    }

    /// How pressing it is.
    #[must_use]
    pub fn urgency(&self, settings: &Settings, now: At) -> Urgency {
        Urgency::of(self, settings, now)
    }
}
