//! An order and its lines: what was asked for, and how far each station has come with it.
//!
//! The invariant: for every station that works on a line, `bumped <= done`, and neither shrinks except through an
//! unbump or a reopen that names it. What a station still owes is always `live - bumped`.

use crate::{At, CategoryId, Claim, LineId, MenuItemId, Modifier, OperationId, OrderId, StationId};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// One order of one restaurant, whole. Every event carries it like this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The hub's id.
    pub id: OrderId,
    /// The number that guests and servers say; not unique across days.
    pub number: String,
    /// Which system sent it and what it calls it.
    pub source: Source,
    /// Dine-in, pickup, ...
    #[serde(rename = "type")]
    pub order_type: OrderType,
    /// Table label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// Seat label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seat: Option<String>,
    /// How many guests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guests: Option<u32>,
    /// Who serves it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_name: Option<String>,
    /// Whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_name: Option<String>,
    /// A note on the whole order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// When it was promised to the guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promised_at: Option<At>,
    /// Who takes it away, and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub courier: Option<Courier>,
    /// When a scheduled order goes to the stations; absent = at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fire_at: Option<At>,
    /// When somebody sent it to the stations ahead of `fire_at`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fired_at: Option<At>,
    /// The course plan; empty = everything at once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub courses: Vec<Course>,
    /// Goes before all others.
    #[serde(default)]
    pub rush: bool,
    /// Nobody is to cook it now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<Hold>,
    /// Since when it is put aside as left over from an earlier day: on nobody's glass until somebody brings it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parked_at: Option<At>,
    /// Whose its tickets are, where the screens of a station do not share them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<Claim>,
    /// Shown, never changed here.
    #[serde(default)]
    pub payment: Payment,
    /// Open, closed or voided.
    pub state: OrderState,
    /// Starts at 1, grows by 1 with every event about this order.
    pub version: u64,
    /// When its source took it, if that was well before the hub did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placed_at: Option<At>,
    /// When the hub took it.
    pub created_at: At,
    /// When the hub last changed it.
    pub updated_at: At,
    /// What was ordered. Lines are voided, never removed.
    pub lines: Vec<Line>,
    /// The latest bumps, oldest first: what an unbump puts back. At most [`Order::BUMPS_KEPT`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bumps: Vec<Bump>,
}

impl Order {
    /// How many bumps an order remembers; a ticket bumped line by line at every station stays below it.
    pub const BUMPS_KEPT: usize = 64;

    /// A scheduled order is spoken of so long before it fires (KITCHEN_FACTS, Defaults).
    pub const WARN_BEFORE_FIRE_MS: i64 = 5 * 60_000;

    /// Whether nobody is to cook it now. A hold with an end releases itself by the clock alone.
    #[must_use]
    pub fn is_held(&self, now: At) -> bool {
        self.hold.as_ref().is_some_and(|hold| hold.until.is_none_or(|until| until > now))
    }

    /// When a course goes or went to the stations; none while it waits for somebody, or for the course before it. Lines
    /// without a course, or of one that is not in the plan, go with the order.
    #[must_use]
    pub fn course_fires_at(&self, number: Option<u8>) -> Option<At> {
        let began = self.clock_started_at();
        let mut before = None;
        for (index, course) in self.courses.iter().enumerate() {
            let by_clock = match (index, course.after_minutes) {
                (0, _) => Some(began),
                (_, Some(minutes)) => before.map(|at: At| at.plus(i64::from(minutes) * 60_000)),
                (_, None) => None,
            };
            let fires = course.fired_at.into_iter().chain(by_clock).min();
            if Some(course.number) == number {
                return fires;
            }
            before = fires;
        }
        Some(began)
    }

    /// Whether the stations are to see that line now.
    #[must_use]
    pub fn is_line_fired(&self, line: &Line, now: At) -> bool {
        self.is_fired(now) && line.course.is_none_or(|number| self.is_course_fired(number, now))
    }

    /// Whether a course of a fired order is fired. What the hub has recorded holds whatever a screen's clock says, so that
    /// one that is a little behind hides nothing.
    #[must_use]
    pub fn is_course_fired(&self, number: u8, now: At) -> bool {
        match self.courses.iter().position(|course| course.number == number) {
            None | Some(0) => true,
            Some(index) => {
                self.courses[index].fired_at.is_some()
                    || self.course_fires_at(Some(number)).is_some_and(|at| at <= now)
            }
        }
    }

    /// The course that somebody can fire next: the first of the plan that waits.
    #[must_use]
    pub fn next_course(&self, now: At) -> Option<&Course> {
        self.courses.iter().find(|course| {
            !self.is_course_fired(course.number, now)
                && self.lines.iter().any(|line| line.course == Some(course.number) && line.live() > 0)
        })
    }

    /// Whether its next course goes when somebody fires it, and not before.
    #[must_use]
    pub fn waits_for_a_hand(&self, now: At) -> bool {
        let by_itself =
            |course: &Course| course.when_done || self.course_fires_at(Some(course.number)).is_some();
        self.is_fired(now) && self.next_course(now).is_some_and(|course| !by_itself(course))
    }

    /// The next moment after `now` at which the clock alone changes what the stations are to see of it.
    #[must_use]
    pub fn changes_at(&self, now: At) -> Option<At> {
        let courses = self.courses.iter().filter_map(|course| self.course_fires_at(Some(course.number)));
        let released = self.hold.as_ref().and_then(|hold| hold.until);
        let warned = self.fire_at.map(|moment| moment.plus(-Self::WARN_BEFORE_FIRE_MS));
        self.fire_at.into_iter().chain(warned).chain(courses).chain(released).filter(|at| *at > now).min()
    }

    /// Whether every word of a search is in its number, table, names or items. Of the number it is the part that is shown:
    /// a hub's numbers begin with the date, in which half of all table numbers are; as a whole it finds its order, too.
    #[must_use]
    pub fn matches(&self, search: &str) -> bool {
        let texts = [Some(self.short_number()), self.table.as_deref(), self.customer_name.as_deref()];
        let items = self.lines.iter().map(|line| line.name.as_str());
        let own: Vec<String> = texts.into_iter().flatten().chain(items).map(str::to_lowercase).collect();
        let number = self.number.to_lowercase();
        search.split_whitespace().all(|word| {
            let word = word.to_lowercase();
            word == number || own.iter().any(|text| text.contains(&word))
        })
    }

    /// Whether the stations are to see it: fired by hand, or its time has come.
    #[must_use]
    pub fn is_fired(&self, now: At) -> bool {
        self.fired_at.is_some() || self.fire_at.is_none_or(|moment| moment <= now)
    }

    /// Whether it is scheduled and its time is near: the stations can get ready for it.
    #[must_use]
    pub fn is_fired_soon(&self, now: At) -> bool {
        !self.is_fired(now)
            && self.fire_at.is_some_and(|moment| moment <= now.plus(Self::WARN_BEFORE_FIRE_MS))
    }

    /// The moment its age counts from: when it was or will be fired, else when it was taken, by its source if that was
    /// earlier. Never moved by a recall.
    #[must_use]
    pub fn clock_started_at(&self) -> At {
        let taken = self.placed_at.unwrap_or(self.created_at);
        self.fired_at.or(self.fire_at.map(|moment| moment.max(taken))).unwrap_or(taken)
    }

    /// The line of that id.
    #[must_use]
    pub fn line(&self, id: &LineId) -> Option<&Line> {
        self.lines.iter().find(|line| &line.id == id)
    }

    /// Whether some station still has something to do with it or to acknowledge in it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        match self.state {
            OrderState::Open => true,
            OrderState::Closed { .. } => false,
            OrderState::Voided { .. } => {
                self.lines.iter().any(|line| line.work.iter().any(|work| work.owes_acknowledgement()))
            }
        }
    }

    /// Whether it is open and put aside: on nobody's glass, kept in the list of parked ones.
    #[must_use]
    pub fn is_parked(&self) -> bool {
        self.parked_at.is_some() && self.is_open()
    }

    /// The status that POS systems and back ends know, derived from lines and tickets. Its other direction is
    /// [`crate::Act::Advance`]. This is the one table for every source.
    ///
    /// | status | when |
    /// |---|---|
    /// | `pending` | not fired yet |
    /// | `confirmed` | fired, nobody has started |
    /// | `preparing` | something is started or done |
    /// | `ready` | every station has bumped its part |
    /// | `completed` | closed |
    /// | `cancelled` | voided |
    #[must_use]
    pub fn status(&self, now: At) -> OrderStatus {
        match self.state {
            OrderState::Closed { .. } => OrderStatus::Completed,
            OrderState::Voided { .. } => OrderStatus::Cancelled,
            OrderState::Open if !self.is_fired(now) => OrderStatus::Pending,
            OrderState::Open => {
                let mut live = self.lines.iter().filter(|line| line.live() > 0).peekable();
                if live.peek().is_some() && live.all(Line::is_ready) {
                    OrderStatus::Ready
                } else if self.lines.iter().any(|line| line.state() > LineState::Queued && line.live() > 0) {
                    OrderStatus::Preparing
                } else {
                    OrderStatus::Confirmed
                }
            }
        }
    }

    /// What a cook calls it: the table, else the customer's last name, else the last part of the number
    /// (KITCHEN_FACTS, Customer and order data). The UI adds the word for "table" in its language.
    #[must_use]
    pub fn label(&self) -> OrderLabel<'_> {
        if let Some(table) = self.table.as_deref().map(str::trim).filter(|table| !table.is_empty()) {
            return OrderLabel::Table(table);
        }
        let last_name = self.customer_name.as_deref().and_then(surname);
        match last_name.filter(|name| !name.eq_ignore_ascii_case("guest")) {
            Some(name) => OrderLabel::Name(name),
            None => OrderLabel::Number(self.short_number()),
        }
    }

    /// The last part of the number: `0042` of `20260102-0042`.
    #[must_use]
    pub fn short_number(&self) -> &str {
        self.number.rsplit(['-', '/', ' ']).next().filter(|part| !part.is_empty()).unwrap_or(&self.number)
    }
}

/// The last word of a name that is no generational suffix; of nothing but suffixes, the last.
fn surname(name: &str) -> Option<&str> {
    let is_suffix = |word: &str| {
        let bare = word.trim_matches(['.', ',']).to_lowercase();
        matches!(
            bare.as_str(),
            "jr" | "jnr" | "sr" | "snr" | "junior" | "senior" | "ii" | "iii" | "iv" | "2nd" | "3rd" | "4th"
        )
    };
    let mut words = name.split_whitespace().rev();
    let last = words.clone().next();
    words.find(|word| !is_suffix(word)).or(last).map(|word| word.trim_end_matches(','))
}

/// What a cook calls an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderLabel<'a> {
    /// A table.
    Table(&'a str),
    /// A customer's last name.
    Name(&'a str),
    /// A short order number.
    Number(&'a str),
}

/// Which system sent an order, and its own name for it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// `pos`, `demo`, `restaurant-os`, ...
    pub system: String,
    /// The order's id over there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

/// How an order reaches its guest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum OrderType {
    /// At a table.
    #[default]
    #[serde(alias = "dine-in", alias = "dineIn")]
    DineIn,
    /// Fetched by the guest.
    #[serde(alias = "takeout")]
    Pickup,
    /// Brought by a courier.
    Delivery,
    /// Through the window of a car.
    #[serde(alias = "drive-thru", alias = "driveThru")]
    DriveThru,
    /// Ordered online.
    Online,
    /// Ordered at a kiosk.
    Kiosk,
    /// Ordered by voice.
    Voice,
}

/// Who takes an order away.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Courier {
    /// Name or service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When they come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<At>,
}

/// One course of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Course {
    /// Counts from 1; lines name it.
    pub number: u8,
    /// Shown name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When it went to the stations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fired_at: Option<At>,
    /// It fires by itself so many minutes after the course before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_minutes: Option<u32>,
    /// It fires by itself when the stations have bumped the course before it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub when_done: bool,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// An order that nobody is to cook now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// When it releases itself; absent = by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<At>,
}

/// Payment as the POS reports it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Payment {
    /// Not said.
    #[default]
    Unknown,
    /// Open.
    Unpaid,
    /// Settled.
    Paid,
    /// Tried in vain.
    Failed,
    /// Given back.
    Refunded,
}

/// Where an order is in its life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum OrderState {
    /// Being made.
    Open,
    /// Finished; recall opens it again.
    Closed {
        /// When.
        at: At,
    },
    /// Taken back by the POS.
    Voided {
        /// When.
        at: At,
        /// Why, in the words of whoever did it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
}

/// The status that POS systems and back ends speak of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// Taken, not fired.
    #[serde(alias = "new")]
    Pending,
    /// Fired.
    Confirmed,
    /// Somebody works on it.
    Preparing,
    /// Done at every station.
    Ready,
    /// Handed over. Back ends that say `picked-up` mean the same to a kitchen.
    #[serde(alias = "picked-up", alias = "picked_up", alias = "served")]
    Completed,
    /// Voided.
    #[serde(alias = "voided")]
    Cancelled,
}

/// One ordered item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Unique in its order.
    pub id: LineId,
    /// What it is.
    pub item: MenuItemId,
    /// Its part of the menu, as the order said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<CategoryId>,
    /// As the POS wrote it.
    pub name: String,
    /// Pieces ordered, voided ones included.
    pub quantity: u32,
    /// Pieces taken back.
    #[serde(default)]
    pub voided: u32,
    /// How it is wanted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub modifiers: Vec<Modifier>,
    /// A note on this line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// Its course.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub course: Option<u8>,
    /// Whose it is at the table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seat: Option<String>,
    /// The line it belongs to, for the parts of a combo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<LineId>,
    /// When it came to an order that the stations were cooking already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub added_at: Option<At>,
    /// Progress at each station that works on it, and at expo, which is always the last.
    pub work: Vec<Work>,
}

impl Line {
    /// Pieces that are still wanted.
    #[must_use]
    pub fn live(&self) -> u32 {
        self.quantity.saturating_sub(self.voided)
    }

    /// Its work at a station.
    #[must_use]
    pub fn work_at(&self, station: &StationId) -> Option<&Work> {
        self.work.iter().find(|work| &work.station == station)
    }

    /// Pieces that a station's work can be done on: all that are wanted, or what the station before has done.
    #[must_use]
    pub fn reached(&self, work: &Work) -> u32 {
        let before = work.after.as_ref().and_then(|station| self.work_at(station));
        before.map_or(self.live(), |before| before.done.min(self.live()))
    }

    /// Its work at the stations that cook it.
    pub fn prep_work(&self) -> impl Iterator<Item = &Work> {
        self.work.iter().filter(|work| !work.station.is_expo())
    }

    /// Whether every cooking station has bumped what is wanted of it. A line that nobody cooks is ready at once.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.prep_work().all(|work| work.bumped >= self.live())
    }

    /// Pieces done at every cooking station; for a line that nobody cooks, pieces done at expo.
    #[must_use]
    pub fn done(&self) -> u32 {
        let prep = self.prep_work().map(|work| work.done).min();
        prep.or_else(|| self.work.first().map(|work| work.done)).unwrap_or(0).min(self.live())
    }

    /// The line's state over all stations.
    #[must_use]
    pub fn state(&self) -> LineState {
        if self.live() == 0 {
            LineState::Voided
        } else if self.done() >= self.live() {
            LineState::Done
        } else if self.work.iter().any(|work| work.started_at.is_some() || work.done > 0) {
            LineState::Started
        } else {
            LineState::Queued
        }
    }
}

/// How far a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum LineState {
    /// Nobody has begun.
    Queued,
    /// Somebody has.
    Started,
    /// Finished.
    Done,
    /// Taken back.
    Voided,
}

/// What one station has done with one line. Counts are pieces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// Where.
    pub station: StationId,
    /// Finished pieces.
    #[serde(default)]
    pub done: u32,
    /// Finished pieces that have left this station's glass.
    #[serde(default)]
    pub bumped: u32,
    /// When somebody began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<At>,
    /// A change after firing that this station has not touched yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// Pieces come here when that station has done them: make, then oven.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<StationId>,
    /// Somebody sent it here from that station. It is not routed again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub came_from: Option<StationId>,
}

impl Work {
    /// Untouched work at a station.
    #[must_use]
    pub fn at(station: StationId) -> Self {
        Self { station, done: 0, bumped: 0, started_at: None, change: None, after: None, came_from: None }
    }

    /// Whether a void here waits for somebody to see it.
    #[must_use]
    pub fn owes_acknowledgement(&self) -> bool {
        self.change.as_ref().is_some_and(|change| change.kind == ChangeKind::Voided)
    }

    /// Whether nobody has touched it, so that it may be routed elsewhere.
    #[must_use]
    pub fn is_untouched(&self) -> bool {
        self.done == 0 && self.bumped == 0 && self.started_at.is_none()
    }
}

/// A change after firing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What happened.
    pub kind: ChangeKind,
    /// When.
    pub at: At,
    /// Live pieces before it.
    pub was: u32,
}

/// What happened to a line after firing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// The line is new.
    Added,
    /// Its quantity or its modifiers are others.
    Changed,
    /// Pieces were taken back.
    Voided,
}

/// One bump: who did it and what it moved, so that taking it back restores exactly that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bump {
    /// The operation that did it.
    pub operation: OperationId,
    /// On whose glass.
    pub station: StationId,
    /// When.
    pub at: At,
    /// What it moved.
    pub moves: Vec<Move>,
}

/// What one bump moved of one line at one station. Counts are pieces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// Which line.
    pub line: LineId,
    /// At which station.
    pub station: StationId,
    /// Pieces it finished.
    pub done: u32,
    /// Pieces it took off the glass.
    pub bumped: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_called_by_the_surname() {
        for (name, called) in [
            ("Ana Okafor", Some("Okafor")),
            ("Okafor", Some("Okafor")),
            ("Martin King III", Some("King")),
            ("Martin King Jr.", Some("King")),
            ("Sammy Davis, Jr.", Some("Davis")),
            ("Robert Downey SR", Some("Downey")),
            ("Henry Ford 2nd", Some("Ford")),
            ("Anna V", Some("V")),
            ("Iv", Some("Iv")),
            ("Jr. III", Some("III")),
            ("  ", None),
        ] {
            assert_eq!(surname(name), called, "{name:?}");
        }
    }
}
