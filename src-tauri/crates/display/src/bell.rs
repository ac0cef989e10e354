//! When the new-order sound is due: at once for an order nobody could have seen, and again until somebody has been at the
//! screen or the ticket is begun (KITCHEN_FACTS, Ergonomics: a kitchen is about as loud as a motorway).
//!
//! Pure: what is on the glass and the time come in, whether to ring comes out.

use kitchen::{At, OrderId};
use std::collections::{BTreeMap, BTreeSet};

/// Between two sounds for the same untouched orders: long enough to be told apart from another order.
const AGAIN_MS: i64 = 8_000;
/// After so many repeats nobody is there to hear them.
const MOST_REPEATS: u32 = 6;

/// What has been announced, and what still rings.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    /// Orders that were on the glass before; a recall is no new order.
    known: BTreeSet<OrderId>,
    ringing: BTreeSet<OrderId>,
    repeats: u32,
    last: Option<At>,
}

/// An order on some glass of this display.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard {
    /// Nobody has touched it and it is young.
    Fresh,
    /// Anything else.
    Seen,
}

/// What listening came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Rung {
    /// The sound is due now.
    pub(crate) now: bool,
    /// Orders that came to the glass since the last time, and are fresh.
    pub(crate) new: BTreeSet<OrderId>,
}

impl Bell {
    /// Takes what is on the glass.
    pub(crate) fn listen(&mut self, glass: &BTreeMap<OrderId, Heard>, now: At) -> Rung {
        let mut new = BTreeSet::new();
        for (order, heard) in glass {
            if self.known.insert(order.clone()) && *heard == Heard::Fresh {
                new.insert(order.clone());
            }
        }
        self.ringing.retain(|order| glass.get(order) == Some(&Heard::Fresh));
        self.ringing.extend(new.iter().cloned());
        if !new.is_empty() {
            self.repeats = 0;
            self.last = Some(now);
            return Rung { now: true, new };
        }
        let due = self.due().is_some_and(|due| due <= now);
        if due {
            self.repeats += 1;
            self.last = Some(now);
        }
        Rung { now: due, new }
    }

    /// Somebody is at the screen.
    pub(crate) fn silence(&mut self) {
        self.ringing.clear();
    }

    /// When it is to listen again even if nothing happens.
    pub(crate) fn due(&self) -> Option<At> {
        if self.ringing.is_empty() || self.repeats >= MOST_REPEATS {
            return None;
        }
        self.last.map(|last| last.plus(AGAIN_MS))
    }

    /// Forgets orders that are gone for good.
    pub(crate) fn keep(&mut self, known: impl Fn(&OrderId) -> bool) {
        self.known.retain(known);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glass(orders: &[(&str, Heard)]) -> BTreeMap<OrderId, Heard> {
        orders.iter().map(|(id, heard)| (OrderId::from(*id), *heard)).collect()
    }

    #[test]
    fn the_first_order_on_an_empty_screen_rings_and_a_recall_does_not() {
        let mut bell = Bell::default();
        assert!(bell.listen(&glass(&[("a", Heard::Fresh)]), At(0)).now);
        assert!(!bell.listen(&glass(&[]), At(10)).now);
        assert!(!bell.listen(&glass(&[("a", Heard::Fresh)]), At(20)).now);
        assert!(!bell.listen(&glass(&[("a", Heard::Fresh), ("old", Heard::Seen)]), At(30)).now);
    }

    #[test]
    fn it_rings_again_until_somebody_touches_or_begins_and_not_for_ever() {
        let fresh = glass(&[("a", Heard::Fresh)]);
        let mut bell = Bell::default();
        bell.listen(&fresh, At(0));
        assert!(!bell.listen(&fresh, At(7_999)).now);
        assert!(bell.listen(&fresh, At(8_000)).now);
        assert_eq!(bell.due(), Some(At(16_000)));
        let times = (9..200).filter(|s| bell.listen(&fresh, At(s * 1_000)).now).count();
        assert_eq!(times, 5);

        let mut bell = Bell::default();
        bell.listen(&fresh, At(0));
        bell.silence();
        assert_eq!(bell.due(), None);

        let mut bell = Bell::default();
        bell.listen(&fresh, At(0));
        bell.listen(&glass(&[("a", Heard::Seen)]), At(10));
        assert_eq!(bell.due(), None);
    }
}
