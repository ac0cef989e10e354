//! A ticket: one order as one station sees it at one moment.

use crate::{At, Bump, Line, Order, Settings, Setup, StationId, StationRole, Urgency, Work};
use std::collections::BTreeSet;

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

/// How far one station is with an order, as the pass sees it. Counts are lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress<'a> {
    /// Which.
    pub station: &'a StationId,
    /// Lines that it cooks.
    pub lines: u32,
    /// Of those, done.
    pub done: u32,
    /// Of those, bumped there: they are at the pass.
    pub sent: u32,
}

/// Whose lines a pass sends on.
enum Pass<'s> {
    /// The last one: everybody's.
    Last,
    /// One before it.
    Of(&'s [StationId]),
}

impl<'s> Pass<'s> {
    fn of(station: &StationId, setup: &'s Setup) -> Option<Self> {
        match setup.station(station) {
            _ if station.is_expo() => Some(Self::Last),
            Some(pass) if pass.role == StationRole::Expo => Some(Self::Of(&pass.covers)),
            Some(_) | None => None,
        }
    }

    fn covers(&self, station: &StationId) -> bool {
        match self {
            Self::Last => !station.is_expo(),
            Self::Of(covered) => covered.contains(station),
        }
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

    /// Whether its glass is that of a pass.
    #[must_use]
    pub fn is_at_pass(&self, setup: &Setup) -> bool {
        Pass::of(self.station, setup).is_some()
    }

    /// On the glass of a pass: the stations that still have something of what is open here.
    #[must_use]
    pub fn awaited(&self, setup: &Setup) -> BTreeSet<&'a StationId> {
        let Some(pass) = Pass::of(self.station, setup) else { return BTreeSet::new() };
        let open = self.own.iter().filter(|own| own.is_open());
        let work = open.flat_map(|own| own.line.prep_work().filter(|work| work.bumped < own.line.live()));
        work.map(|work| &work.station).filter(|station| pass.covers(station)).collect()
    }

    /// On the glass of a pass: how far each station is with its lines of what is fired, in the order of the lines.
    #[must_use]
    pub fn progress(&self, setup: &Setup) -> Vec<Progress<'a>> {
        let mut progress: Vec<Progress<'a>> = Vec::new();
        let Some(pass) = Pass::of(self.station, setup) else { return progress };
        for own in self.own.iter().filter(|own| own.line.live() > 0 && own.asked > 0) {
            let live = own.line.live();
            for work in own.line.prep_work().filter(|work| pass.covers(&work.station)) {
                let held = progress.iter().position(|held| held.station == &work.station);
                let index = held.unwrap_or_else(|| {
                    progress.push(Progress { station: &work.station, lines: 0, done: 0, sent: 0 });
                    progress.len() - 1
                });
                progress[index].lines += 1;
                progress[index].done += u32::from(work.done >= live);
                progress[index].sent += u32::from(work.bumped >= live);
            }
        }
        progress
    }

    /// On the glass of a pass: when the last station sent the last of its part; none while one still cooks.
    #[must_use]
    pub fn ready_at(&self, setup: &Setup) -> Option<At> {
        let pass = Pass::of(self.station, setup)?;
        let progress = self.progress(setup);
        if progress.is_empty() || progress.iter().any(|station| station.sent < station.lines) {
            return None;
        }
        let sent = |bump: &&Bump| bump.moves.iter().any(|moved| pass.covers(&moved.station));
        self.order.bumps.iter().filter(sent).map(|bump| bump.at).max()
    }

    /// How pressing it is.
    #[must_use]
    pub fn urgency(&self, settings: &Settings, now: At) -> Urgency {
        Urgency::of(self, settings, now)
    }
}
