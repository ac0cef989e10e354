//! Spoken commands: what can be said now, and what was meant by what was heard.
//!
//! ```text
//! Situation (tickets, menu, pages) -> Grammar -> sayings, for a peer that decides among them
//!                                        ^------- words heard, from a peer that only writes them down
//! ```
//!
//! The invariant: an act comes out as sure only if its form stands for one meaning in the grammar of this moment and the
//! next best meaning is clearly farther away. Everything else is asked, or is nothing. The words themselves are in one
//! file per language.

mod english;
mod grammar;
mod listen;
mod tools;
mod words;

pub use english::ENGLISH;
pub use grammar::Grammar;
pub use listen::{Heard, Sureness};
pub use tools::{sentence, tools};
pub use words::{Language, Row};

use kitchen::{MenuItemId, OrderId, StationId};

/// What somebody may speak of now: what is on the glass, and the menu.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Situation {
    /// Tickets in the order they stand, then those whose time has not come, those put aside, and those that can be recalled,
    /// the latest bump first.
    pub tickets: Vec<SpokenTicket>,
    /// Today's menu.
    pub items: Vec<SpokenItem>,
    /// Where a ticket can go, and whose view can be shown.
    pub stations: Vec<(StationId, String)>,
    /// How many pages there are.
    pub pages: u32,
    /// Something was done that can be taken back.
    pub can_undo: bool,
    /// Something can be recalled without naming it.
    pub can_recall_last: bool,
    /// A question waits for yes or no.
    pub is_asking: bool,
}

impl Situation {
    /// Leaves only what changes nothing: questions, and where to look.
    pub fn look_only(&mut self) {
        for ticket in &mut self.tickets {
            ticket.can.clear();
            ticket.lines.clear();
        }
        for item in &mut self.items {
            item.availability = Availability::Fixed;
        }
        (self.can_undo, self.can_recall_last) = (false, false);
    }
}

/// A ticket that can be spoken of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpokenTicket {
    /// The order.
    pub order: OrderId,
    /// Its short number.
    pub number: String,
    /// Its table.
    pub table: Option<String>,
    /// Whose it is: the last name.
    pub name: Option<String>,
    /// Where it stands on the glass, from 1; none for those that do not.
    pub position: Option<u32>,
    /// What can be done with it now.
    pub can: Vec<Verb>,
    /// Lines that something can be done with.
    pub lines: Vec<SpokenLine>,
}

/// A line that something can be done with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpokenLine {
    /// What it is.
    pub item: MenuItemId,
    /// As the POS wrote it.
    pub name: String,
    /// What can be done with it now.
    pub can: Vec<Verb>,
}

/// A dish that can be spoken of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpokenItem {
    /// Which.
    pub item: MenuItemId,
    /// Shown name.
    pub name: String,
    /// Whether saying that it has run out, or is back, does something now.
    pub availability: Availability,
}

/// Whether a dish can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Availability {
    /// It can, and may run out.
    Available,
    /// It has run out, and may come back.
    EightySixed,
    /// Nobody may say so here.
    Fixed,
}

/// What can be done with tickets and lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// It is done and leaves the glass.
    Bump,
    /// Somebody begins.
    Start,
    /// Nobody has begun after all.
    Unstart,
    /// Back onto the glass.
    Recall,
    /// Before all others.
    Rush,
    /// In its turn again.
    Unrush,
    /// Nobody is to cook it now.
    Hold,
    /// They may again.
    Release,
    /// To the stations ahead of its time.
    Fire,
    /// Another station is to make it.
    Transfer,
    /// It is this screen's.
    Take,
    /// It is anybody's again.
    PutBack,
    /// Its changes, or that it is no longer wanted, were seen.
    Acknowledge,
    /// It is put aside, off every glass.
    Park,
    /// What was done is not done after all.
    Reopen,
}

impl Verb {
    /// Stable, for ids and tools.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bump => "bump",
            Self::Start => "start",
            Self::Unstart => "unstart",
            Self::Recall => "recall",
            Self::Rush => "rush",
            Self::Unrush => "unrush",
            Self::Hold => "hold",
            Self::Release => "release",
            Self::Fire => "fire",
            Self::Transfer => "transfer",
            Self::Take => "take",
            Self::PutBack => "put_back",
            Self::Acknowledge => "acknowledge",
            Self::Park => "park",
            Self::Reopen => "reopen",
        }
    }
}

/// What was meant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Command {
    /// An act on a ticket.
    Ticket {
        /// What.
        verb: Verb,
        /// Which.
        order: OrderId,
    },
    /// An act on some lines of a ticket.
    Lines {
        /// What.
        verb: Verb,
        /// Of which ticket.
        order: OrderId,
        /// All lines of these dishes.
        items: Vec<MenuItemId>,
    },
    /// All tickets of a table are done.
    BumpTable {
        /// Which.
        orders: Vec<OrderId>,
    },
    /// Nobody is to cook it for so long.
    HoldFor {
        /// Which ticket.
        order: OrderId,
        /// How long.
        minutes: u32,
    },
    /// Another station is to make it.
    Transfer {
        /// Which ticket.
        order: OrderId,
        /// Where to.
        to: StationId,
    },
    /// A dish has run out.
    EightySix {
        /// Which.
        item: MenuItemId,
    },
    /// Only so many of a dish are left.
    Left {
        /// Which.
        item: MenuItemId,
        /// How many.
        pieces: u32,
    },
    /// It is back.
    BackOn {
        /// Which.
        item: MenuItemId,
    },
    /// The latest bump on this view, taken back.
    RecallLast,
    /// The latest spoken act, taken back.
    Undo,
    /// Something is asked.
    Ask(Question),
    /// Something is to be shown.
    Show(Sight),
    /// To a question.
    Yes,
    /// To a question.
    No,
}

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// How many of these are still to be made.
    HowMany(Vec<MenuItemId>),
    /// Which tickets are late.
    Late,
    /// How many tickets there are.
    Open,
    /// What is on a ticket.
    On(OrderId),
}

/// What can be shown.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sight {
    /// The station's own tickets.
    Own,
    /// All orders, as the pass sees them.
    Expo,
    /// Counts.
    AllDay,
    /// Orders whose time has not come.
    Scheduled,
    /// What was bumped.
    Recall,
    /// One page on.
    NextPage,
    /// One page back.
    PreviousPage,
    /// That page, from 1.
    Page(u32),
    /// The page of a ticket.
    Order(OrderId),
    /// Another station's tickets.
    Station(StationId),
}

impl Command {
    /// Says the same of the same meaning, whatever the situation; opaque to peers.
    #[must_use]
    pub fn id(&self) -> String {
        let join = |items: &[MenuItemId]| items.iter().map(MenuItemId::as_str).collect::<Vec<_>>().join("+");
        let all = |orders: &[OrderId]| orders.iter().map(OrderId::as_str).collect::<Vec<_>>().join("+");
        match self {
            Self::Ticket { verb, order } => format!("{}:{order}", verb.name()),
            Self::Lines { verb, order, items } => format!("{}:{order}:{}", verb.name(), join(items)),
            Self::Transfer { order, to } => format!("transfer:{order}:{to}"),
            Self::BumpTable { orders } => format!("bump-table:{}", all(orders)),
            Self::HoldFor { order, minutes } => format!("hold-for:{order}:{minutes}"),
            Self::EightySix { item } => format!("86:{item}"),
            Self::Left { item, pieces } => format!("left:{item}:{pieces}"),
            Self::BackOn { item } => format!("back:{item}"),
            Self::RecallLast => "recall-last".to_owned(),
            Self::Undo => "undo".to_owned(),
            Self::Yes => "yes".to_owned(),
            Self::No => "no".to_owned(),
            Self::Ask(Question::HowMany(items)) => format!("count:{}", join(items)),
            Self::Ask(Question::Late) => "late".to_owned(),
            Self::Ask(Question::Open) => "open".to_owned(),
            Self::Ask(Question::On(order)) => format!("on:{order}"),
            Self::Show(sight) => match sight {
                Sight::Own => "show-own".to_owned(),
                Sight::Expo => "show-expo".to_owned(),
                Sight::AllDay => "show-all-day".to_owned(),
                Sight::Scheduled => "show-scheduled".to_owned(),
                Sight::Recall => "show-recall".to_owned(),
                Sight::NextPage => "page-next".to_owned(),
                Sight::PreviousPage => "page-previous".to_owned(),
                Sight::Page(page) => format!("page:{page}"),
                Sight::Order(order) => format!("show:{order}"),
                Sight::Station(station) => format!("station:{station}"),
            },
        }
    }
}

#[cfg(test)]
mod tests;
