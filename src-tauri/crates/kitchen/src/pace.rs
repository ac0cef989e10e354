//! Cook-time coordination: when each line is to be begun, so that all that goes out together is done together.
//!
//! It is advice: nothing is hidden and no act is refused by it. What goes together is a course, across all stations; an
//! order without a plan is one course, and what is ordered later while it is cooked goes by itself. Its time is that of its longest line, from the moment it was fired; every other
//! line is to be begun as much later as it takes less. A line whose item has no time is left alone.

use crate::{At, Line, LineId, Order, Setup};
use std::collections::BTreeMap;

/// When the lines of one order are to be begun. Empty where the house does not coordinate.
#[derive(Debug, Clone, Default)]
pub struct Pace<'a> {
    starts: BTreeMap<&'a LineId, Start<'a>>,
}

/// When a line is to be begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start<'a> {
    /// Not later than this.
    pub at: At,
    /// When everything that goes with it is to be done.
    pub done_at: At,
    /// Its part among what goes with it.
    pub part: Part<'a>,
}

/// The part of a line among those that go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    /// All take as long: there is nothing to coordinate.
    Alike,
    /// It takes longest; the others follow it.
    Leads,
    /// It takes less, and is to be ready with that one.
    Follows(&'a Line),
    /// What it followed is done already: nothing is left to wait for.
    Trails,
}

/// What that comes to for a line that nobody has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timing<'a> {
    /// Best not begun before, so that it is ready with that line.
    Later {
        /// When it is to be begun.
        at: At,
        /// The longest of what goes with it.
        with: &'a Line,
    },
    /// It is to be begun now.
    Now,
}

/// A line and its minutes.
type Timed<'a> = (&'a Line, u32);

impl<'a> Pace<'a> {
    /// The pace of an order, with the times of the menu.
    #[must_use]
    pub fn of(order: &'a Order, setup: &Setup) -> Self {
        if !setup.settings.coordinate {
            return Self::default();
        }
        let mut together: BTreeMap<(Option<u8>, At), Vec<Timed<'a>>> = BTreeMap::new();
        for line in order.lines.iter().filter(|line| line.live() > 0) {
            let Some(minutes) = setup.menu.item(&line.item).and_then(|item| item.prep_minutes) else {
                continue;
            };
            let course =
                line.course.filter(|number| order.courses.iter().any(|course| course.number == *number));
            let Some(fires) = order.course_fires_at(course) else { continue };
            let went = line.added_at.map_or(fires, |added| fires.max(added));
            together.entry((course, went)).or_default().push((line, minutes));
        }
        let starts = together.into_iter().flat_map(|((_, went), lines)| starts(went, &lines)).collect();
        Self { starts }
    }

    /// When that line is to be begun; none: nothing is known of it, or nothing coordinated.
    #[must_use]
    pub fn start(&self, line: &LineId) -> Option<Start<'a>> {
        self.starts.get(line).copied()
    }

    /// The next moment after `now` at which a line is to be begun.
    #[must_use]
    pub fn changes_at(&self, now: At) -> Option<At> {
        self.starts.values().map(|start| start.at).filter(|at| *at > now).min()
    }
}

impl<'a> Start<'a> {
    /// What is to be said of a line that nobody has begun.
    #[must_use]
    pub fn timing(&self, now: At) -> Option<Timing<'a>> {
        match self.part {
            Part::Alike => None,
            Part::Follows(with) if now < self.at => Some(Timing::Later { at: self.at, with }),
            Part::Leads | Part::Trails | Part::Follows(_) => Some(Timing::Now),
        }
    }
}

/// The starts of lines that go together from one moment on. Of several that take longest the first is the one to name.
fn starts<'a>(went: At, lines: &[Timed<'a>]) -> Vec<(&'a LineId, Start<'a>)> {
    let longest = lines.iter().map(|(_, minutes)| *minutes).max().unwrap_or(0);
    let shortest = lines.iter().map(|(_, minutes)| *minutes).min().unwrap_or(0);
    let after = |minutes: u32| went.plus(i64::from(minutes) * 60_000);
    let mut leaders = lines.iter().filter(|(_, minutes)| *minutes == longest).map(|(line, _)| *line);
    let leader = leaders.find(|line| line.done() < line.live());
    let start = |(line, minutes): &Timed<'a>| {
        let part = match leader {
            _ if longest == shortest => Part::Alike,
            _ if *minutes == longest => Part::Leads,
            Some(leader) => Part::Follows(leader),
            None => Part::Trails,
        };
        (&line.id, Start { at: after(longest - minutes), done_at: after(longest), part })
    };
    lines.iter().map(start).collect()
}
