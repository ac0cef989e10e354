//! One order on both sides: what the back end says of it, what the kitchen has done, and the walk from one to the other.

use kitchen::{At, CloseWhen, OrderStatus};
use wire::restaurant_os::{Freshness, Order, Status};

/// What of an order outlives the hub's process: which row of the back end's was taken last. A row that says the same
/// again is no news, so a recall in the kitchen is not undone by reading `ready` once more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The back end's id.
    pub reference: String,
    /// How new the row was.
    pub freshness: Freshness,
    /// Its status, if it was one.
    pub status: Option<Status>,
}

/// An order that both sides know, or that is on its way to the kitchen.
#[derive(Debug)]
pub(super) struct Entry {
    /// How its first row came.
    pub(super) way: Way,
    /// The newest row of the back end's.
    pub(super) seen: Option<Taken>,
    /// The last row that the kitchen has been told of.
    pub(super) told: Option<Taken>,
    /// The row that the kitchen is being told of.
    pub(super) telling: Option<Telling>,
    /// The newest row, if the kitchen is not told of it yet.
    pub(super) waiting: Option<Box<Order>>,
    /// The order as the hub's log has it.
    pub(super) kitchen: Option<Box<kitchen::Order>>,
    /// How far the kitchen's work is to be reported.
    pub(super) goal: Option<Status>,
    /// When that rose last.
    pub(super) raised_at: At,
    /// The furthest step that was asked of the back end: a row that says so is our own echo.
    pub(super) asked: Option<Status>,
    pub(super) walk: Walk,
    /// Steps in a row that the back end refused although it should take them.
    pub(super) refused: u32,
    /// No step before that, after a refusal.
    pub(super) not_before: At,
    pub(super) recall: Recall,
}

/// A row on its way into the hub's log.
#[derive(Debug)]
pub(super) struct Telling {
    pub(super) row: Box<Order>,
    /// Answers that are still to come.
    pub(super) left: usize,
    pub(super) what: What,
    /// The hub could not; the row has to be told again.
    pub(super) again: bool,
}

/// How a row comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// The back end told of it the moment it was made.
    Told,
    /// It was asked for.
    Read,
}

/// What the kitchen is being told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// That there is such an order.
    Order,
    /// What is new about it.
    Changes,
}

/// A row that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) freshness: Freshness,
    pub(super) status: Option<Status>,
    pub(super) at: At,
}

impl Taken {
    pub(super) fn of(row: &Order, at: At) -> Self {
        Self { freshness: row.freshness(), status: row.status, at }
    }
}

/// Where the walk of an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Walk {
    /// Nothing is under way.
    Rest,
    /// A step was asked for.
    Asking { request: u64, step: Status },
    /// Nobody knows whether the last step was taken: look again, then.
    Doubt { look_at: At, why: Doubt },
    /// Looking.
    Looking { request: u64, why: Doubt },
    /// The back end does not take the step. Rests until either side moves or the connection is new.
    Stuck,
}

/// Why an order is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doubt {
    /// A step was refused, whether rightly or not.
    Step(Status),
    /// The answer to a step was lost.
    Unheard(Status),
    /// The kitchen has it open and no list shows it.
    Missing,
}

/// Whether a cook has to be told that the back end cannot go back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Recall {
    /// The kitchen has not finished the order.
    Behind,
    /// It has, and got so far.
    Level(Status),
    /// It went back where the back end cannot, and that was said.
    Told,
}

impl Entry {
    pub(super) fn new() -> Self {
        Self {
            way: Way::Read,
            seen: None,
            told: None,
            telling: None,
            waiting: None,
            kitchen: None,
            goal: None,
            raised_at: At(0),
            asked: None,
            walk: Walk::Rest,
            refused: 0,
            not_before: At(0),
            recall: Recall::Behind,
        }
    }

    /// The back end's status as it was seen last.
    pub(super) fn status(&self) -> Option<Status> {
        self.seen.and_then(|seen| seen.status)
    }

    /// Whether the kitchen knows all that the back end says.
    pub(super) fn is_told(&self) -> bool {
        self.waiting.is_none() && self.telling.is_none()
    }

    /// Whether neither side will ever change it again.
    pub(super) fn is_over(&self) -> bool {
        self.status().is_some_and(Status::is_final)
            && self.is_told()
            && self.kitchen.as_ref().is_none_or(|order| !order.is_open())
    }

    /// The step that is to be asked for next, and the earliest moment for it.
    pub(super) fn next_step(&self, undo_ms: i64) -> Option<(Status, At)> {
        if self.walk != Walk::Rest {
            return None;
        }
        let step = self.status()?.step_towards(self.goal?)?;
        let held_until = if step.is_irreversible() {
            let bumped_at = self.kitchen.as_ref().and_then(|order| order.bumps.last()).map(|bump| bump.at);
            bumped_at.map_or(At(0), |at| at.plus(undo_ms))
        } else {
            At(0)
        };
        Some((step, held_until.max(self.not_before)))
    }

    /// Whether the kitchen has gone further than the back end knows.
    pub(super) fn is_behind(&self) -> bool {
        match (self.status(), self.goal) {
            (Some(status), Some(goal)) => status.step_towards(goal).is_some(),
            (_, None) | (None, _) => false,
        }
    }

    /// Whether the kitchen has just gone back from where the back end cannot: true once per recall.
    pub(super) fn notices_recall(&mut self) -> bool {
        let goal = self.goal.unwrap_or(Status::New);
        let finished = goal >= Status::Ready;
        match self.recall {
            Recall::Behind | Recall::Told if finished => {
                self.recall = Recall::Level(goal);
                false
            }
            Recall::Behind | Recall::Told => false,
            Recall::Level(reached) if goal >= reached => {
                self.recall = Recall::Level(goal);
                false
            }
            Recall::Level(_) => {
                let cannot = self.status().is_some_and(|status| {
                    status.is_irreversible() && status != Status::Cancelled && goal < status
                });
                if !cannot && self.is_asking_irreversibly() {
                    // Too late to call it off, too early to say so.
                    return false;
                }
                self.recall = match (finished, cannot) {
                    (true, _) => Recall::Level(goal),
                    (false, true) => Recall::Told,
                    (false, false) => Recall::Behind,
                };
                cannot
            }
        }
    }

    fn is_asking_irreversibly(&self) -> bool {
        match self.walk {
            Walk::Asking { step, .. } => step.is_irreversible(),
            Walk::Doubt { why, .. } | Walk::Looking { why, .. } => match why {
                Doubt::Step(step) | Doubt::Unheard(step) => step.is_irreversible(),
                Doubt::Missing => false,
            },
            Walk::Rest | Walk::Stuck => false,
        }
    }
}

/// How far the back end is to follow the kitchen; none: it has nothing to report. A kitchen without a pass has made the
/// food when its order closes, and knows nothing of the guest.
pub(super) fn goal(order: &kitchen::Order, close_when: CloseWhen, now: At) -> Option<Status> {
    match order.status(now) {
        // The back end has no word for it but the next one: scheduled, and fired by hand ahead of its time.
        OrderStatus::Confirmed if order.fire_at.is_some() && order.fired_at.is_some() => {
            Some(Status::Preparing)
        }
        OrderStatus::Pending | OrderStatus::Confirmed | OrderStatus::Cancelled => None,
        OrderStatus::Completed if close_when == CloseWhen::Ready => Some(Status::Ready),
        status @ (OrderStatus::Preparing | OrderStatus::Ready | OrderStatus::Completed) => {
            Status::of_kitchen(status)
        }
    }
}
