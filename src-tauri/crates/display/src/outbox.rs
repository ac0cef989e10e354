//! What was done here and the hub has not confirmed, on its way there.
//!
//! Two laws. Operations of one ticket go one after the other, each after the answer to the one before it, so that they are
//! decided in the order they were made; tickets do not wait for each other. And what is done now goes before what has
//! waited: a ticket that was touched since the connection was made passes every ticket that was not, so that a cook's bump
//! is not held up by a week of others.

use journal::Queued;
use kitchen::{At, Operation, OperationId, OrderId};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Operations under way at once: as many as a hub takes from one screen before it stops reading.
const WINDOW: usize = 64;
/// Places of the window that a backlog leaves free: what is done now finds one without waiting for an answer.
const KEPT_FREE: usize = 16;
/// Wait after the hub could not take an operation for the moment; each time in a row doubles it, up to the longest. A disk
/// that is full stays so until somebody comes, and a backlog must not knock on it all the while.
const AGAIN: Duration = Duration::from_secs(1);
const AGAIN_AT_LONGEST: Duration = Duration::from_secs(15);
/// An operation without an answer for this long: the answer is lost, or the hub. A commit takes milliseconds.
const ANSWER_LIMIT: Duration = Duration::from_secs(15);

/// Durable operations that the hub has not settled.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    /// By age.
    entries: BTreeMap<u64, Entry>,
    next: u64,
    by_id: BTreeMap<OperationId, u64>,
    tickets: BTreeMap<OrderId, Queue>,
    /// The first that is not settled or applied of each ticket, if it can be sent.
    ready: BTreeSet<(Lane, u64)>,
    /// Those that are to be sent again, not before that (driver's time).
    later: BTreeSet<(Duration, u64)>,
    /// On the connection, not answered, since when (driver's time). Never more than [`WINDOW`].
    under_way: BTreeMap<u64, Duration>,
    generation: u64,
    /// What is older was here before the connection was made.
    backlog_ends: u64,
}

#[derive(Debug)]
struct Entry {
    queued: Queued,
    way: Way,
    /// It has left this screen at some time: the hub may know it.
    left: bool,
    /// So often in a row the hub could not take it.
    put_off: u32,
}

/// The operations of one ticket.
#[derive(Debug, Default)]
struct Queue {
    keys: BTreeSet<u64>,
    ready: Option<(Lane, u64)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Lane {
    /// Its ticket was touched on this connection.
    Now,
    /// It has waited for the connection.
    Backlog,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// To be sent.
    Here,
    /// To be sent again, not before (driver's time).
    Later(Duration),
    /// On the connection, not answered.
    Sent,
    /// The hub has it; its event is on the way.
    Applied,
    /// Being taken back before it was ever sent.
    Held,
}

impl Outbox {
    /// From an earlier run. Any of them may have left.
    pub(crate) fn restored(queued: Vec<Queued>) -> Self {
        let mut outbox = Self::default();
        for queued in queued {
            outbox.add(queued, true);
        }
        outbox
    }

    /// A new operation, durable by now.
    pub(crate) fn push(&mut self, operation: Operation) {
        self.add(Queued { operation, not_before: None }, false);
    }

    /// The same of one that is not to leave before its time.
    pub(crate) fn push_queued(&mut self, queued: Queued) {
        self.add(queued, false);
    }

    fn add(&mut self, queued: Queued, left: bool) {
        let key = self.next;
        self.next += 1;
        let order = queued.operation.order.clone();
        self.by_id.insert(queued.operation.id.clone(), key);
        self.tickets.entry(order.clone()).or_default().keys.insert(key);
        self.entries.insert(key, Entry { queued, way: Way::Here, left, put_off: 0 });
        self.look_at(&order);
    }

    /// What is to be sent on a connection now; counted as sent.
    pub(crate) fn take(&mut self, generation: u64, now: At, elapsed: Duration) -> Vec<Operation> {
        if generation != self.generation {
            self.begin(generation);
        }
        while let Some(&(at, key)) = self.later.first()
            && at <= elapsed
        {
            self.later.pop_first();
            self.go(key, Way::Here);
        }
        let mut chosen = Vec::new();
        for &(lane, key) in &self.ready {
            let places = if lane == Lane::Now { WINDOW } else { WINDOW - KEPT_FREE };
            if self.under_way.len() + chosen.len() >= places {
                break;
            }
            let due = |entry: &Entry| entry.queued.not_before.is_none_or(|moment| moment <= now.0);
            if self.entries.get(&key).is_some_and(due) {
                chosen.push(key);
            }
        }
        let mut taken = Vec::new();
        for key in chosen {
            self.go(key, Way::Sent);
            self.under_way.insert(key, elapsed);
            if let Some(entry) = self.entries.get_mut(&key) {
                entry.left = true;
                taken.push(entry.queued.operation.clone());
            }
        }
        taken
    }

    /// Another connection: whatever has no answer goes again, and nothing of it is new any more.
    fn begin(&mut self, generation: u64) {
        self.generation = generation;
        self.backlog_ends = self.next;
        for entry in self.entries.values_mut() {
            entry.put_off = 0;
        }
        for key in std::mem::take(&mut self.under_way).into_keys() {
            if let Some(entry) = self.entries.get_mut(&key) {
                entry.way = Way::Here;
            }
        }
        let orders: Vec<OrderId> = self.tickets.keys().cloned().collect();
        for order in orders {
            self.look_at(&order);
        }
    }

    /// When there will be something to take although nothing happens.
    pub(crate) fn next_try(&self, elapsed: Duration) -> Option<Duration> {
        // Past that moment it waits for another operation of its ticket, not for time.
        self.later.iter().map(|(at, _)| *at).find(|at| *at > elapsed)
    }

    /// When an answer is overdue.
    pub(crate) fn answer_due(&self) -> Option<Duration> {
        self.under_way.values().min().map(|sent| *sent + ANSWER_LIMIT)
    }

    /// The hub has it.
    pub(crate) fn applied(&mut self, id: &OperationId) {
        self.set(id, Way::Applied);
    }

    /// The hub cannot take it now.
    pub(crate) fn later(&mut self, id: &OperationId, elapsed: Duration) {
        let Some(key) = self.by_id.get(id).copied() else { return };
        let Some(entry) = self.entries.get_mut(&key) else { return };
        let wait = AGAIN.saturating_mul(1 << entry.put_off.min(8)).min(AGAIN_AT_LONGEST);
        entry.put_off += 1;
        self.go(key, Way::Later(elapsed + wait));
    }

    /// Keeps an operation from being sent, if it never was and nothing of its ticket came after it. Says whether it did.
    pub(crate) fn hold(&mut self, id: &OperationId) -> bool {
        let Some(key) = self.by_id.get(id) else { return false };
        let held = self.entries.get(key).is_some_and(|entry| {
            let queue = self.tickets.get(&entry.queued.operation.order);
            let is_last = queue.is_some_and(|queue| queue.keys.last() == Some(key));
            is_last && !entry.left && entry.way == Way::Here
        });
        if held {
            self.set(id, Way::Held);
        }
        held
    }

    /// Lets a held one go after all.
    pub(crate) fn release(&mut self, id: &OperationId) {
        self.set(id, Way::Here);
    }

    /// Another life of the hub's log: what it applied in the last one may not be in this one.
    pub(crate) fn doubt(&mut self) {
        let applied = self.entries.iter().filter(|(_, entry)| entry.way == Way::Applied);
        for key in applied.map(|(key, _)| *key).collect::<Vec<_>>() {
            self.go(key, Way::Here);
        }
    }

    /// It is settled: the hub has spoken and its event is here, or it was taken back.
    pub(crate) fn settle(&mut self, id: &OperationId) {
        let Some(key) = self.by_id.remove(id) else { return };
        self.under_way.remove(&key);
        let Some(entry) = self.entries.remove(&key) else { return };
        if let Way::Later(at) = entry.way {
            self.later.remove(&(at, key));
        }
        let order = entry.queued.operation.order;
        if let Some(queue) = self.tickets.get_mut(&order) {
            queue.keys.remove(&key);
        }
        self.look_at(&order);
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// When the oldest was made.
    pub(crate) fn oldest(&self) -> Option<At> {
        self.entries.first_key_value().map(|(_, entry)| entry.queued.operation.at)
    }

    fn set(&mut self, id: &OperationId, way: Way) {
        if let Some(key) = self.by_id.get(id) {
            self.go(*key, way);
        }
    }

    fn go(&mut self, key: u64, way: Way) {
        self.under_way.remove(&key);
        let Some(entry) = self.entries.get_mut(&key) else { return };
        if let Way::Later(at) = entry.way {
            self.later.remove(&(at, key));
        }
        entry.way = way;
        if let Way::Later(at) = way {
            self.later.insert((at, key));
        }
        let order = entry.queued.operation.order.clone();
        self.look_at(&order);
    }

    /// Finds what of a ticket can be sent.
    fn look_at(&mut self, order: &OrderId) {
        let Some(queue) = self.tickets.get_mut(order) else { return };
        if let Some(held) = queue.ready.take() {
            self.ready.remove(&held);
        }
        if queue.keys.is_empty() {
            self.tickets.remove(order);
            return;
        }
        let lane = match queue.keys.last() {
            Some(last) if *last >= self.backlog_ends => Lane::Now,
            _ => Lane::Backlog,
        };
        let first =
            queue.keys.iter().find(|key| self.entries.get(key).is_some_and(|e| e.way != Way::Applied));
        if let Some(key) = first
            && self.entries.get(key).is_some_and(|entry| entry.way == Way::Here)
        {
            queue.ready = Some((lane, *key));
            self.ready.insert((lane, *key));
        }
    }
}

#[cfg(test)]
mod tests;
