//! Orders on their way in: what a source asks for, before the hub has named, classified and routed it.

use crate::{
    At, CategoryId, Courier, Course, CourseRule, Line, LineId, Menu, MenuItem, MenuItemId, Modifier, Order,
    OrderId, OrderState, OrderType, Payment, Setup, Source, StationId, Work,
};
use serde::{Deserialize, Serialize};

/// An order as its source describes it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewOrder {
    /// The source's number; the hub counts one up when it is absent.
    pub number: Option<String>,
    /// Where it comes from.
    pub source: Source,
    /// How it reaches its guest.
    pub order_type: OrderType,
    /// Table label.
    pub table: Option<String>,
    /// Seat label.
    pub seat: Option<String>,
    /// How many guests.
    pub guests: Option<u32>,
    /// Who serves it.
    pub server_name: Option<String>,
    /// Whose it is.
    pub customer_name: Option<String>,
    /// A note on the whole order.
    pub notes: Option<String>,
    /// When it was promised.
    pub promised_at: Option<At>,
    /// Who takes it away.
    pub courier: Option<Courier>,
    /// When it goes to the stations; absent = at once.
    pub fire_at: Option<At>,
    /// When its source took it, where it came late: its age counts from then. Absent = now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placed_at: Option<At>,
    /// The course plan.
    pub courses: Vec<Course>,
    /// Goes before all others.
    pub rush: bool,
    /// As reported.
    pub payment: Payment,
    /// What is ordered, at least one.
    pub lines: Vec<NewLine>,
}

/// A line as its source describes it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewLine {
    /// The source's id of the line, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The menu item; absent = the name stands for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<MenuItemId>,
    /// Its part of the menu, if the menu does not know the item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<CategoryId>,
    /// Shown name.
    pub name: String,
    /// Pieces, 1 to [`NewLine::MOST`].
    pub quantity: u32,
    /// How it is wanted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub modifiers: Vec<String>,
    /// A note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// Its course.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub course: Option<u8>,
    /// Whose it is at the table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seat: Option<String>,
    /// The source's id of the line it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
}

impl NewLine {
    /// The most pieces of one line; more is taken for a slip of the finger.
    pub const MOST: u32 = 999;
}

/// Why an order cannot be taken. `field` is the path in the draft, such as `lines[2].quantity`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    /// An order without a line.
    #[error("an order needs at least one line")]
    NoLines,
    /// A line without a name.
    #[error("{field} is empty")]
    NoName {
        /// Where.
        field: String,
    },
    /// Zero pieces or too many.
    #[error("{field} must be between 1 and {most}", most = NewLine::MOST)]
    BadQuantity {
        /// Where.
        field: String,
    },
    /// More lines than a ticket can carry.
    #[error("an order has at most {most} lines", most = NewOrder::MOST_LINES)]
    TooManyLines,
}

impl DraftError {
    /// Stable code for the wire.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoLines => "order_without_lines",
            Self::NoName { .. } => "line_without_name",
            Self::BadQuantity { .. } => "bad_quantity",
            Self::TooManyLines => "too_many_lines",
        }
    }

    /// The path of the offending field.
    #[must_use]
    pub fn field(&self) -> &str {
        match self {
            Self::NoLines | Self::TooManyLines => "items",
            Self::NoName { field } | Self::BadQuantity { field } => field,
        }
    }
}

impl NewOrder {
    /// The most lines of one order.
    pub const MOST_LINES: usize = 500;

    /// Whether a kitchen can cook it.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn check(&self) -> Result<(), DraftError> {
        if self.lines.is_empty() {
            return Err(DraftError::NoLines);
        }
        if self.lines.len() > Self::MOST_LINES {
            return Err(DraftError::TooManyLines);
        }
        check_lines(&self.lines)
    }

    /// The name of the first item in it that is out.
    #[must_use]
    pub fn item_out(&self, menu: &Menu) -> Option<&str> {
        let is_out =
            |line: &&NewLine| line.item.as_ref().and_then(|id| menu.item(id)).is_some_and(MenuItem::is_out);
        self.lines.iter().find(is_out).map(|line| line.name.as_str())
    }

    /// The order it becomes, taken at `at` under that id and number: lines named, modifiers classified, work routed.
    ///
    /// # Errors
    /// See [`NewOrder::check`].
    pub fn open(self, id: OrderId, number: String, at: At, setup: &Setup) -> Result<Order, DraftError> {
        self.check()?;
        let mut order = Order {
            id,
            number,
            source: self.source,
            order_type: self.order_type,
            table: self.table,
            seat: self.seat,
            guests: self.guests,
            server_name: self.server_name,
            customer_name: self.customer_name,
            notes: self.notes,
            promised_at: self.promised_at,
            courier: self.courier,
            fire_at: self.fire_at,
            fired_at: None,
            courses: planned(self.courses, setup),
            rush: self.rush,
            hold: None,
            parked_at: None,
            claims: Vec::new(),
            payment: self.payment,
            state: OrderState::Open,
            version: 1,
            // A source whose clock is ahead makes no order younger than it is.
            placed_at: self.placed_at.filter(|placed| *placed < at),
            created_at: at,
            updated_at: at,
            lines: Vec::new(),
            bumps: Vec::new(),
        };
        add_lines(&mut order, self.lines, setup);
        fire_the_first(&mut order);
        Ok(order)
    }
}

/// The course plan in the order it is served. A course that says nothing of its firing follows the house rule.
fn planned(mut courses: Vec<Course>, setup: &Setup) -> Vec<Course> {
    courses.sort_by_key(|course| course.number);
    courses.dedup_by_key(|course| course.number);
    for course in courses.iter_mut().filter(|course| course.after_minutes.is_none() && !course.when_done) {
        match setup.settings.courses {
            CourseRule::ByHand => {}
            CourseRule::WhenDone => course.when_done = true,
            CourseRule::AfterMinutes(minutes) => course.after_minutes = Some(minutes),
        }
    }
    courses
}

/// A course that nobody ordered of keeps no other waiting: the first with a line goes with the order.
fn fire_the_first(order: &mut Order) {
    let is_ordered = |course: &Course| order.lines.iter().any(|line| line.course == Some(course.number));
    if let Some(first @ 1..) = order.courses.iter().position(is_ordered) {
        order.courses[first].fired_at = Some(order.clock_started_at());
    }
}

/// Whether every line has a name and a sane quantity.
pub(crate) fn check_lines(lines: &[NewLine]) -> Result<(), DraftError> {
    for (index, line) in lines.iter().enumerate() {
        if line.name.trim().is_empty() {
            return Err(DraftError::NoName { field: format!("items[{index}].name") });
        }
        if !(1..=NewLine::MOST).contains(&line.quantity) {
            return Err(DraftError::BadQuantity { field: format!("items[{index}].quantity") });
        }
    }
    Ok(())
}

/// Adds routed lines to an order and gives back the ids they got. A source's line id is kept when it is new to the
/// order; otherwise the line is named by its item and an ordinal.
pub(crate) fn add_lines(order: &mut Order, drafts: Vec<NewLine>, setup: &Setup) -> Vec<LineId> {
    let mut added = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let item = draft.item.unwrap_or_else(|| MenuItemId(draft.name.trim().to_lowercase()));
        let id = free_line_id(order, draft.id.as_deref(), &item);
        let category =
            draft.category.or_else(|| setup.menu.item(&item).and_then(|found| found.category.clone()));
        let mut work = setup.work_for(&item, category.as_ref(), order.order_type);
        work.push(Work::at(StationId::expo()));
        order.lines.push(Line {
            id: id.clone(),
            item,
            category,
            name: draft.name.trim().to_owned(),
            quantity: draft.quantity,
            voided: 0,
            modifiers: draft
                .modifiers
                .into_iter()
                .filter(|m| !m.trim().is_empty())
                .map(Modifier::new)
                .collect(),
            notes: draft.notes.filter(|notes| !notes.trim().is_empty()),
            course: draft.course,
            seat: draft.seat,
            parent: draft.parent.map(LineId),
            added_at: None,
            work,
        });
        added.push(id);
    }
    added
}

fn free_line_id(order: &Order, wanted: Option<&str>, item: &MenuItemId) -> LineId {
    let taken = |id: &str| order.lines.iter().any(|line| line.id.as_str() == id);
    if let Some(wanted) = wanted.filter(|id| !id.is_empty() && !taken(id)) {
        return LineId::from(wanted);
    }
    let named = (1..).map(|ordinal| format!("{item}#{ordinal}")).find(|id| !taken(id));
    LineId(named.unwrap_or_default())
}
