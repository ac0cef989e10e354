//! The back end's order status: a strict machine, one step at a time.

use kitchen::OrderStatus;

/// How far the back end says an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Legal, unused by its own programs.
    New,
    /// As every order starts.
    Pending,
    /// Accepted.
    Confirmed,
    /// Being made.
    Preparing,
    /// Done; the guest gets a text message for it. There is no way back.
    Ready,
    /// Fetched.
    PickedUp,
    /// Over.
    Completed,
    /// Taken back, and refunded if it was paid.
    Cancelled,
}

/// The one table: the word on the wire, and what it means to a kitchen.
const TABLE: [(Status, &str, OrderStatus); 8] = [
    (Status::New, "new", OrderStatus::Pending),
    (Status::Pending, "pending", OrderStatus::Pending),
    (Status::Confirmed, "confirmed", OrderStatus::Confirmed),
    (Status::Preparing, "preparing", OrderStatus::Preparing),
    (Status::Ready, "ready", OrderStatus::Ready),
    (Status::PickedUp, "picked-up", OrderStatus::Completed),
    (Status::Completed, "completed", OrderStatus::Completed),
    (Status::Cancelled, "cancelled", OrderStatus::Cancelled),
];

impl Status {
    /// Every status, in the order of an order's life.
    pub const ALL: [Self; 8] = [
        Self::New,
        Self::Pending,
        Self::Confirmed,
        Self::Preparing,
        Self::Ready,
        Self::PickedUp,
        Self::Completed,
        Self::Cancelled,
    ];

    /// Those of orders that a kitchen may still have work with, in the order in which they are to be read: an order that
    /// moves on while the lists are read is then met in a later one.
    pub const OPEN: [Self; 5] = [Self::New, Self::Pending, Self::Confirmed, Self::Preparing, Self::Ready];

    /// The status of that word; `picked_up` and `canceled` are understood too.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        let word = word.trim().to_ascii_lowercase().replace('_', "-");
        let word = if word == "canceled" { "cancelled" } else { word.as_str() };
        TABLE.iter().find(|(_, text, _)| *text == word).map(|(status, _, _)| *status)
    }

    /// Its word on the wire.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.row().1
    }

    /// What it means to a kitchen.
    #[must_use]
    pub fn kitchen(self) -> OrderStatus {
        self.row().2
    }

    /// What the back end is to be told when a kitchen says so. A kitchen never cancels.
    #[must_use]
    pub fn of_kitchen(status: OrderStatus) -> Option<Self> {
        match status {
            OrderStatus::Cancelled => None,
            OrderStatus::Completed => Some(Self::Completed),
            OrderStatus::Pending | OrderStatus::Confirmed | OrderStatus::Preparing | OrderStatus::Ready => {
                TABLE.iter().rev().find(|(_, _, kitchen)| *kitchen == status).map(|(status, _, _)| *status)
            }
        }
    }

    /// The one status that comes next on the way to `goal`; none when it is there, beyond, or over.
    #[must_use]
    pub fn step_towards(self, goal: Self) -> Option<Self> {
        if self >= goal || goal == Self::Cancelled {
            return None;
        }
        match self {
            Self::New => Some(Self::Pending),
            Self::Pending => Some(Self::Confirmed),
            Self::Confirmed => Some(Self::Preparing),
            Self::Preparing => Some(Self::Ready),
            Self::Ready | Self::PickedUp => Some(goal),
            Self::Completed | Self::Cancelled => None,
        }
    }

    /// Whether the server takes that step.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        match self {
            Self::Completed | Self::Cancelled => false,
            _ if next == Self::Cancelled => true,
            Self::New => next == Self::Pending,
            Self::Pending => next == Self::Confirmed,
            Self::Confirmed => next == Self::Preparing,
            Self::Preparing => next == Self::Ready,
            Self::Ready => matches!(next, Self::PickedUp | Self::Completed),
            Self::PickedUp => next == Self::Completed,
        }
    }

    /// Whether a step to it cannot be taken back and is noticed outside the kitchen.
    #[must_use]
    pub fn is_irreversible(self) -> bool {
        self >= Self::Ready
    }

    /// Whether the back end will never change it again.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled)
    }

    fn row(self) -> &'static (Self, &'static str, OrderStatus) {
        &TABLE[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_variants_and_its_words_come_back() {
        for (index, (status, word, kitchen)) in TABLE.into_iter().enumerate() {
            assert_eq!(status as usize, index);
            assert_eq!(Status::ALL[index], status);
            assert_eq!(Status::of(word), Some(status));
            assert_eq!(status.word(), word);
            assert_eq!(status.kitchen(), kitchen);
        }
        assert_eq!(Status::of("picked_up"), Some(Status::PickedUp));
        assert_eq!(Status::of("CANCELED"), Some(Status::Cancelled));
        assert_eq!(Status::of("served"), None);
    }

    #[test]
    fn a_kitchen_status_has_one_word_and_a_kitchen_never_cancels() {
        for (kitchen, word) in [
            (OrderStatus::Pending, "pending"),
            (OrderStatus::Confirmed, "confirmed"),
            (OrderStatus::Preparing, "preparing"),
            (OrderStatus::Ready, "ready"),
            (OrderStatus::Completed, "completed"),
        ] {
            assert_eq!(Status::of_kitchen(kitchen).map(Status::word), Some(word));
        }
        assert_eq!(Status::of_kitchen(OrderStatus::Cancelled), None);
    }

    #[test]
    fn every_walk_takes_only_steps_that_the_server_takes_and_arrives() {
        for from in Status::ALL {
            for goal in Status::ALL {
                let mut at = from;
                let mut steps = 0;
                while let Some(next) = at.step_towards(goal) {
                    assert!(at.may_become(next), "{at:?} -> {next:?}");
                    assert_ne!(next, Status::Cancelled);
                    at = next;
                    steps += 1;
                    assert!(steps < 8);
                }
                if goal != Status::Cancelled && from < goal {
                    assert_eq!(at, goal, "from {from:?}");
                }
            }
        }
        assert_eq!(Status::Pending.step_towards(Status::Ready), Some(Status::Confirmed));
    }
}
