//! The script of a dinner service: what guests order, what they think better of, and what cooks do with a moment, all
//! drawn from one seed.
//!
//! The kitchen's own test plays it over boards in memory, the system's over a hub and displays as processes. The script
//! knows nothing of how an order stands: what cannot be done at its moment the player does not do.

use kitchen::{
    CategoryId, Course, EventKind, Menu, MenuItem, MenuItemId, NewLine, NewOrder, Portion, Settings, Setup,
    Station, StationId, StationRole,
};

/// Guests' orders of one evening.
pub const ORDERS: u64 = 300;

/// How long a service lasts, in milliseconds of the hub's clock.
pub const SERVICE_MS: i64 = 2 * 3_600_000;

/// Steps of an evening: an order comes in every fourth, and every cook has a moment in each.
pub const STEPS: u64 = ORDERS * 4;

/// The item that runs out now and then.
pub const RUNS_OUT: &str = "steak";

/// The stations of [`house`], those that cook first.
pub const STATIONS: [&str; 6] = ["grill", "fry", "build", "make", "oven", "expo"];

/// What no evening passes without.
pub const KINDS: [EventKind; 14] = [
    EventKind::OrderCreated,
    EventKind::OrderChanged,
    EventKind::OrderVoided,
    EventKind::LinesStarted,
    EventKind::LinesFinished,
    EventKind::LinesReopened,
    EventKind::LinesBumped,
    EventKind::LinesUnbumped,
    EventKind::PriorityChanged,
    EventKind::OrderHeld,
    EventKind::OrderReleased,
    EventKind::CourseFired,
    EventKind::LinesTransferred,
    EventKind::MenuSet,
];

/// Chance that is the same for the same seed, on every machine.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// What follows from a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `most`, which is not 0.
    pub fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }

    /// Once in so many times.
    pub fn one_in(&mut self, chances: u64) -> bool {
        self.below(chances) == 0
    }

    /// One of these, if there are any.
    pub fn one_of<'a, T>(&mut self, these: &'a [T]) -> Option<&'a T> {
        // Drawn in any case: what follows does not depend on what there was.
        let index = self.below(these.len().max(1) as u64);
        these.get(usize::try_from(index).unwrap_or(usize::MAX))
    }
}

/// Grill, fry and build share the burger; what is made goes to the oven; nobody cooks wine.
#[must_use]
pub fn house() -> Setup {
    let prep = |id: &str, categories: &[&str], items: &[&str]| Station {
        categories: categories.iter().map(|id| CategoryId::from(*id)).collect(),
        items: items.iter().map(|id| MenuItemId::from(*id)).collect(),
        ..Station::new(id, id.to_uppercase(), StationRole::Prep)
    };
    let item = |id: &str, category: &str, recipe: &[(&str, u32)]| MenuItem {
        category: Some(category.into()),
        recipe: recipe
            .iter()
            .map(|(name, amount)| Portion {
                ingredient: (*name).to_owned(),
                amount: *amount,
                unit: "g".to_owned(),
            })
            .collect(),
        ..MenuItem::new(id, id)
    };
    Setup {
        menu: Menu {
            categories: vec![],
            items: vec![
                item("steak", "grill", &[("beef", 300)]),
                item("fries", "fried", &[("potato", 200)]),
                item("burger", "grill", &[("beef", 150), ("bun", 80)]),
                item("wine", "bar", &[]),
                item("pizza", "dough", &[("flour", 180)]),
            ],
        },
        stations: vec![
            prep("grill", &["grill"], &[]),
            prep("fry", &["fried"], &["burger"]),
            prep("build", &[], &["burger"]),
            Station { hands_on_to: Some("oven".into()), ..prep("make", &["dough"], &[]) },
            prep("oven", &[], &[]),
        ],
        settings: Settings::new("r".into(), "Test kitchen"),
    }
}

/// That many pieces of an item of [`house`].
#[must_use]
pub fn line(item: &str, quantity: u32) -> NewLine {
    NewLine { item: Some(item.into()), name: item.to_owned(), quantity, ..NewLine::default() }
}

/// A course that says nothing of its firing.
#[must_use]
pub fn course_of(number: u8) -> Course {
    Course { number, name: None, fired_at: None, after_minutes: None, when_done: false }
}

/// What the `n`-th guests order, at the table of that number.
pub fn order(chance: &mut Chance, n: u64) -> NewOrder {
    let items = ["steak", "fries", "burger", "wine", "pizza"];
    let coursed = chance.one_in(5);
    let lines = (0..=chance.below(4))
        .map(|_| NewLine {
            course: coursed.then(|| 1 + chance.below(2) as u8),
            ..line(chance.one_of(&items).expect("a menu with items"), 1 + chance.below(3) as u32)
        })
        .collect();
    let courses = if coursed { vec![course_of(1), course_of(2)] } else { vec![] };
    NewOrder { table: Some(n.to_string()), lines, courses, ..NewOrder::default() }
}

/// What guests think better of once they have ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thought {
    /// One more of something.
    More,
    /// One piece less of a line.
    Fewer,
    /// A line otherwise.
    Otherwise,
    /// They leave.
    Gone,
}

impl Thought {
    /// What it is this time.
    pub fn next(chance: &mut Chance) -> Self {
        match chance.below(8) {
            0..=2 => Self::More,
            3 | 4 => Self::Fewer,
            5 | 6 => Self::Otherwise,
            _ => Self::Gone,
        }
    }
}

/// What a cook does with a moment at a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hand {
    /// Begins all that is open.
    Start,
    /// The first open line is done.
    Finish,
    /// The first open line is not done after all.
    Reopen,
    /// It goes first.
    Rush,
    /// It does not.
    Unrush,
    /// Not for two minutes.
    Hold,
    /// Now after all.
    Release,
    /// The first open line is another's.
    Transfer {
        /// Whose.
        to: StationId,
    },
    /// Its next course.
    Fire,
    /// Not this ticket, but one that was bumped here comes back.
    Recall,
    /// [`RUNS_OUT`] is out, or there is plenty.
    Stock {
        /// 0 = it is out, none = plenty.
        left: Option<u32>,
    },
    /// All that is open is done and goes.
    Bump,
}

impl Hand {
    /// What it is this time.
    pub fn next(chance: &mut Chance) -> Self {
        match chance.below(20) {
            0 | 1 => Self::Start,
            2 | 3 => Self::Finish,
            4 => Self::Reopen,
            5 => Self::Rush,
            6 => Self::Unrush,
            7 => Self::Hold,
            8 => Self::Release,
            9 => Self::Transfer { to: chance.one_of(&STATIONS[..3]).copied().unwrap_or("grill").into() },
            10 => Self::Fire,
            11 => Self::Recall,
            12 if chance.one_in(10) => Self::Stock { left: (!chance.one_in(2)).then_some(0) },
            _ => Self::Bump,
        }
    }
}
