//! Operations on their way to the hub. Pure: the actor tells it what is durable, what was sent and what the hub said.
//!
//! The invariant: of one ticket only one operation is under way at a time, so their order is kept whatever is refused,
//! repeated or lost on the way. Tickets do not wait for each other.

use journal::Queued;
use kitchen::{At, Operation, OperationId, OrderId};
use std::collections::BTreeSet;
use std::time::Duration;

/// Operations under way at once. A week's backlog must not fill the link's queue.
const WINDOW: usize = 64;
/// Wait after the hub could not take an operation for the moment.
const AGAIN: Duration = Duration::from_secs(2);

/// Durable operations that the hub has not settled, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    queued: Queued,
    way: Way,
    /// It has left this screen at some time: the hub may know it.
    left: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// To be sent.
    Here,
    /// To be sent again, not before (driver's time).
    Later(Duration),
    /// On this connection, not answered.
    Sent { generation: u64 },
    /// The hub has it; its event is on the way.
    Applied,
    /// Being taken back before it was ever sent.
    Held,
}

impl Outbox {
    /// From an earlier run. Any of them may have left.
    pub(crate) fn restored(queued: Vec<Queued>) -> Self {
        let entries = queued.into_iter().map(|queued| Entry { queued, way: Way::Here, left: true }).collect();
        Self { entries }
    }

    /// A new operation, durable by now.
    pub(crate) fn push(&mut self, operation: Operation) {
        let queued = Queued { operation, not_before: None };
        self.entries.push(Entry { queued, way: Way::Here, left: false });
    }

    /// What is to be sent on a connection now; counted as sent.
    pub(crate) fn take(&mut self, generation: u64, now: At, elapsed: Duration) -> Vec<Operation> {
        let mut waiting: BTreeSet<OrderId> = BTreeSet::new();
        let mut under_way = self.entries.iter().filter(|entry| entry.way == Way::Sent { generation }).count();
        let mut taken = Vec::new();
        for entry in &mut self.entries {
            let order = &entry.queued.operation.order;
            let due = entry.queued.not_before.is_none_or(|moment| moment <= now.0);
            let ready = match entry.way {
                Way::Applied => continue,
                Way::Here => due,
                Way::Later(at) => due && at <= elapsed,
                Way::Sent { generation: on } => on != generation && due,
                Way::Held => false,
            };
            if ready && !waiting.contains(order) && under_way < WINDOW {
                under_way += 1;
                entry.way = Way::Sent { generation };
                entry.left = true;
                taken.push(entry.queued.operation.clone());
            }
            waiting.insert(order.clone());
        }
        taken
    }

    /// When there will be something to take although nothing happens.
    pub(crate) fn next_try(&self, elapsed: Duration) -> Option<Duration> {
        let later = self.entries.iter().filter_map(|entry| match entry.way {
            // Past that moment it waits for another operation of its ticket, not for time.
            Way::Later(at) => (at > elapsed).then_some(at),
            Way::Here | Way::Sent { .. } | Way::Applied | Way::Held => None,
        });
        later.min()
    }

    /// The hub has it.
    pub(crate) fn applied(&mut self, id: &OperationId) {
        self.set(id, Way::Applied);
    }

    /// The hub cannot take it now.
    pub(crate) fn later(&mut self, id: &OperationId, elapsed: Duration) {
        self.set(id, Way::Later(elapsed + AGAIN));
    }

    /// Keeps an operation from being sent, if it never was and nothing of its ticket came after it. Says whether it did.
    pub(crate) fn hold(&mut self, id: &OperationId) -> bool {
        let Some(index) = self.entries.iter().position(|entry| &entry.queued.operation.id == id) else {
            return false;
        };
        let order = &self.entries[index].queued.operation.order;
        let last = !self.entries[index + 1..].iter().any(|entry| &entry.queued.operation.order == order);
        let held = last && !self.entries[index].left && self.entries[index].way == Way::Here;
        if held {
            self.entries[index].way = Way::Held;
        }
        held
    }

    /// Lets a held one go after all.
    pub(crate) fn release(&mut self, id: &OperationId) {
        self.set(id, Way::Here);
    }

    /// Another life of the hub's log: what it applied in the last one may not be in this one.
    pub(crate) fn doubt(&mut self) {
        for entry in &mut self.entries {
            if entry.way == Way::Applied {
                entry.way = Way::Here;
            }
        }
    }

    /// Drops those that are settled, and names them.
    pub(crate) fn settle(&mut self, mut pending: impl FnMut(&OperationId) -> bool) -> Vec<OperationId> {
        let mut settled = Vec::new();
        self.entries.retain(|entry| {
            let id = &entry.queued.operation.id;
            let kept = pending(id);
            if !kept {
                settled.push(id.clone());
            }
            kept
        });
        settled
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// When the oldest was made.
    pub(crate) fn oldest(&self) -> Option<At> {
        self.entries.iter().map(|entry| entry.queued.operation.at).min()
    }

    fn set(&mut self, id: &OperationId, way: Way) {
        for entry in self.entries.iter_mut().filter(|entry| &entry.queued.operation.id == id) {
            entry.way = way;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kitchen::Act;

    fn operation(id: &str, order: &str) -> Operation {
        let act = Act::Unbump { bump: "x".into() };
        Operation { id: id.into(), device: None, at: At(1), order: order.into(), seen: 1, act }
    }

    fn taken(outbox: &mut Outbox, generation: u64, elapsed: u64) -> Vec<String> {
        let taken = outbox.take(generation, At(0), Duration::from_secs(elapsed));
        taken.into_iter().map(|operation| operation.id.0).collect()
    }

    #[test]
    fn order_is_kept_per_ticket_and_tickets_do_not_wait_for_each_other() {
        let mut outbox = Outbox::default();
        for (id, order) in [("a1", "a"), ("b1", "b"), ("a2", "a"), ("a3", "a")] {
            outbox.push(operation(id, order));
        }
        assert_eq!(taken(&mut outbox, 1, 0), ["a1", "b1"]);
        assert!(taken(&mut outbox, 1, 0).is_empty());
        outbox.later(&"a1".into(), Duration::ZERO);
        assert!(taken(&mut outbox, 1, 1).is_empty(), "a2 does not overtake");
        assert_eq!(taken(&mut outbox, 1, 2), ["a1"]);
        outbox.applied(&"a1".into());
        assert_eq!(taken(&mut outbox, 1, 2), ["a2"]);
        // Another connection: whatever has no answer goes again, the oldest of each ticket first.
        assert_eq!(taken(&mut outbox, 2, 2), ["b1", "a2"]);
    }

    #[test]
    fn only_what_never_left_can_be_taken_back_in_silence() {
        let mut outbox = Outbox::default();
        outbox.push(operation("a1", "a"));
        assert!(outbox.hold(&"a1".into()));
        assert!(taken(&mut outbox, 1, 0).is_empty());
        outbox.release(&"a1".into());
        assert_eq!(taken(&mut outbox, 1, 0), ["a1"]);
        assert!(!outbox.hold(&"a1".into()));
        outbox.push(operation("b1", "b"));
        outbox.push(operation("b2", "b"));
        assert!(!outbox.hold(&"b1".into()), "something came after it");
        let mut restored =
            Outbox::restored(vec![Queued { operation: operation("c", "c"), not_before: None }]);
        assert!(!restored.hold(&"c".into()));
    }

    #[test]
    fn a_backlog_goes_in_windows() {
        let mut outbox = Outbox::default();
        for n in 0..200 {
            outbox.push(operation(&format!("{n}"), &format!("o{n}")));
        }
        assert_eq!(taken(&mut outbox, 1, 0).len(), WINDOW);
        outbox.applied(&"0".into());
        assert_eq!(taken(&mut outbox, 1, 0), ["64"]);
    }
}
