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
    /// Orders that were on the glass before, with the moment of the newest work announced; a recall is no new work.
    known: BTreeMap<OrderId, At>,
    ringing: BTreeSet<OrderId>,
    repeats: u32,
    last: Option<At>,
}

/// An order on some glass of this display.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard {
    /// Something on it is young and nobody has touched that: the ticket, a course of it, or what was added or sent here.
    Fresh {
        /// When that came.
        since: At,
    },
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
            let came = match heard {
                Heard::Fresh { since } => *since,
                Heard::Seen => At(0),
            };
            let before = self.known.get(order).copied();
            if before.is_none_or(|known| known < came) {
                self.known.insert(order.clone(), came);
                if came > At(0) {
                    new.insert(order.clone());
                }
            }
        }
        self.ringing.retain(|order| matches!(glass.get(order), Some(Heard::Fresh { .. })));
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
        self.known.retain(|order, _| known(order));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRESH: Heard = Heard::Fresh { since: At(1) };

    fn glass(orders: &[(&str, Heard)]) -> BTreeMap<OrderId, Heard> {
        orders.iter().map(|(id, heard)| (OrderId::from(*id), *heard)).collect()
    }

    #[test]
    fn the_first_order_on_an_empty_screen_rings_and_a_recall_does_not() {
        let mut bell = Bell::default();
        assert!(bell.listen(&glass(&[("a", FRESH)]), At(0)).now);
        assert!(!bell.listen(&glass(&[]), At(10)).now);
        assert!(!bell.listen(&glass(&[("a", FRESH)]), At(20)).now);
        assert!(!bell.listen(&glass(&[("a", FRESH), ("old", Heard::Seen)]), At(30)).now);
    }

    #[test]
    fn a_course_or_an_added_line_of_a_known_order_rings_once_more() {
        let mut bell = Bell::default();
        assert!(bell.listen(&glass(&[("a", FRESH), ("b", Heard::Seen)]), At(0)).now);
        assert!(!bell.listen(&glass(&[("a", Heard::Seen), ("b", Heard::Seen)]), At(10)).now);
        let later = Heard::Fresh { since: At(900) };
        let rung = bell.listen(&glass(&[("a", later), ("b", later)]), At(900));
        assert!(rung.now && rung.new.len() == 2);
        assert!(!bell.listen(&glass(&[("a", later), ("b", later)]), At(910)).now);
    }

    #[test]
    fn it_rings_again_until_somebody_touches_or_begins_and_not_for_ever() {
        let fresh = glass(&[("a", FRESH)]);
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
