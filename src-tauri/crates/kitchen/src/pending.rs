//! Operations that the hub has not confirmed, found by age, by name and by order: a week's backlog costs no more per
//! step than one operation does.

use crate::{Operation, OperationId, OrderId};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone, Default)]
pub(crate) struct Pending {
    /// By age.
    entries: BTreeMap<u64, Operation>,
    next: u64,
    by_id: BTreeMap<OperationId, u64>,
    by_order: BTreeMap<OrderId, BTreeSet<u64>>,
    /// The hub applied these, in an event that has not arrived yet; by the event.
    awaited: BTreeSet<(u64, u64)>,
    /// No longer pending, and not told yet.
    settled: Vec<OperationId>,
}

impl Pending {
    /// Adds the latest one; the same one again changes nothing.
    pub(crate) fn add(&mut self, operation: Operation) {
        if self.by_id.contains_key(&operation.id) {
            return;
        }
        let key = self.next;
        self.next += 1;
        self.by_id.insert(operation.id.clone(), key);
        self.by_order.entry(operation.order.clone()).or_default().insert(key);
        self.entries.insert(key, operation);
    }

    /// The hub applied it in that event.
    pub(crate) fn applied(&mut self, id: &OperationId, seq: u64) {
        if let Some(key) = self.by_id.get(id) {
            self.awaited.retain(|(_, held)| held != key);
            self.awaited.insert((seq, *key));
        }
    }

    /// What the hub is said to have applied may be unknown to it: nothing is awaited any more.
    pub(crate) fn doubt(&mut self) {
        self.awaited.clear();
    }

    /// It is over. Gives back its order.
    pub(crate) fn remove(&mut self, id: &OperationId) -> Option<OrderId> {
        let key = *self.by_id.get(id)?;
        self.awaited.retain(|(_, held)| *held != key);
        self.drop_entry(key)
    }

    /// The events up to that one are here: what they hold is over. Gives back the orders.
    pub(crate) fn reached(&mut self, seq: u64) -> Vec<OrderId> {
        let mut orders = Vec::new();
        while let Some(&(event, key)) = self.awaited.first()
            && event <= seq
        {
            self.awaited.pop_first();
            orders.extend(self.drop_entry(key));
        }
        orders
    }

    fn drop_entry(&mut self, key: u64) -> Option<OrderId> {
        let operation = self.entries.remove(&key)?;
        self.by_id.remove(&operation.id);
        if let Some(keys) = self.by_order.get_mut(&operation.order) {
            keys.remove(&key);
            if keys.is_empty() {
                self.by_order.remove(&operation.order);
            }
        }
        self.settled.push(operation.id);
        Some(operation.order)
    }

    /// Those that ended since the last call.
    pub(crate) fn take_settled(&mut self) -> Vec<OperationId> {
        std::mem::take(&mut self.settled)
    }

    /// All, oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Operation> {
        self.entries.values()
    }

    /// Those on one order, oldest first.
    pub(crate) fn on(&self, order: &OrderId) -> impl Iterator<Item = &Operation> {
        self.by_order.get(order).into_iter().flatten().filter_map(|key| self.entries.get(key))
    }

    pub(crate) fn contains(&self, id: &OperationId) -> bool {
        self.by_id.contains_key(id)
    }

    /// The latest event that is awaited.
    pub(crate) fn awaits(&self) -> Option<u64> {
        self.awaited.last().map(|(event, _)| *event)
    }

    /// The orders that have any.
    pub(crate) fn orders(&self) -> impl Iterator<Item = &OrderId> {
        self.by_order.keys()
    }
}
