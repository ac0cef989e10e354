//! The board: the hub's log folded into orders, with this display's own pending operations laid over them.
//!
//! The invariant: what is shown of an order is always its latest confirmed version with the pending operations on it
//! decided again, in the order they were made. So a refused operation vanishes by itself and a confirmed one changes
//! nothing on the glass.

use crate::pending::Pending;
use crate::{
    At, Decided, Event, EventKind, Operation, OperationId, Order, OrderId, Refusal, Setup, StationId, Ticket,
    decide, decide_setup, is_on_setup,
};
use std::collections::{BTreeMap, BTreeSet};

/// All orders that a display knows, as they are to be shown.
#[derive(Debug, Clone)]
pub struct Board {
    setup: Setup,
    seq: u64,
    confirmed: BTreeMap<OrderId, Order>,
    pending: Pending,
    /// Orders with pending operations, as they will be if the hub agrees.
    proposed: BTreeMap<OrderId, Order>,
    /// The setup with pending acts on the menu, if there are any.
    proposed_setup: Option<Setup>,
}

/// What a step changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// These orders show otherwise, or are new, or are gone.
    pub orders: BTreeSet<OrderId>,
    /// Menu, stations or settings are others.
    pub setup: bool,
}

/// What an event was to the board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// The next one; it changed this.
    Applied(Change),
    /// Known already.
    Old,
    /// Events between are missing: nothing was applied, the link has to resume.
    Gap {
        /// The sequence number that was expected.
        expected: u64,
    },
}

impl Board {
    /// A board without orders, at the start of a log.
    #[must_use]
    pub fn new(setup: Setup) -> Self {
        Self {
            setup,
            seq: 0,
            confirmed: BTreeMap::new(),
            pending: Pending::default(),
            proposed: BTreeMap::new(),
            proposed_setup: None,
        }
    }

    /// Takes a snapshot for what is confirmed. Pending operations stay: the hub has not spoken about them.
    pub fn replace(&mut self, setup: Setup, orders: impl IntoIterator<Item = Order>, seq: u64) -> Change {
        let mut touched: BTreeSet<OrderId> = self.confirmed.keys().cloned().collect();
        self.confirmed = orders.into_iter().map(|order| (order.id.clone(), order)).collect();
        touched.extend(self.confirmed.keys().cloned());
        self.setup = setup;
        self.seq = seq;
        self.pending.reached(seq);
        self.propose_all_again();
        Change { orders: touched, setup: true }
    }

    /// Takes one event of the log.
    pub fn apply(&mut self, event: Event) -> Standing {
        if event.seq <= self.seq {
            return Standing::Old;
        }
        if event.seq != self.seq + 1 {
            return Standing::Gap { expected: self.seq + 1 };
        }
        self.seq = event.seq;
        let mut change = Change::default();
        if let Some(menu) = event.menu {
            self.setup.menu = menu;
            change.setup = true;
        }
        if let Some(stations) = event.stations {
            self.setup.stations = stations;
            change.setup = true;
        }
        if let Some(settings) = event.settings {
            self.setup.settings = settings;
            change.setup = true;
        }
        change.orders.extend(event.operation.as_ref().and_then(|id| self.pending.remove(id)));
        change.orders.extend(self.pending.reached(self.seq));
        if let Some(order) = event.order {
            change.orders.insert(order.id.clone());
            if self.confirmed.get(&order.id).is_none_or(|held| held.version < order.version) {
                self.confirmed.insert(order.id.clone(), order);
            }
        }
        if change.setup {
            self.propose_all_again();
        } else {
            for order in &change.orders {
                self.propose_again(order);
            }
        }
        Standing::Applied(change)
    }

    /// Shows an operation that this display made, ahead of the hub. `at` is the hub's clock.
    ///
    /// # Errors
    /// A [`Refusal`], as the hub would give it on what is shown now; nothing is kept then.
    pub fn propose(&mut self, operation: Operation, at: At) -> Result<Decided, Refusal> {
        if is_on_setup(&operation.act) {
            decide_setup(self.setup(), &operation)?;
            self.restore(operation);
            return Ok(Decided { kind: EventKind::MenuSet, order: None });
        }
        let order = self.order(&operation.order).ok_or(Refusal::UnknownOrder)?;
        let decided = decide(order, &operation, &self.setup, at)?;
        if let Some(next) = decided.order.clone() {
            self.proposed.insert(operation.order.clone(), next);
        }
        self.pending.add(operation);
        Ok(decided)
    }

    /// Takes up an operation from an earlier run of the display, whether or not it can be shown.
    pub fn restore(&mut self, operation: Operation) {
        let order = operation.order.clone();
        self.pending.add(operation);
        self.propose_again(&order);
    }

    /// The same for all of them at once, oldest first.
    pub fn restore_all(&mut self, operations: impl IntoIterator<Item = Operation>) {
        for operation in operations {
            self.pending.add(operation);
        }
        self.propose_all_again();
    }

    /// The hub applied an operation, in the event `seq` or before it.
    pub fn applied(&mut self, id: &OperationId, seq: u64) {
        self.pending.applied(id, seq);
        for order in self.pending.reached(self.seq) {
            self.propose_again(&order);
        }
    }

    /// Another life of the hub's log: what it applied in the last one may not be in this one.
    pub fn doubt(&mut self) {
        self.pending.doubt();
    }

    /// The hub refused an operation, or it was taken back before it was sent: it is no longer shown. Gives back the
    /// order it was about.
    pub fn withdraw(&mut self, id: &OperationId) -> Option<OrderId> {
        let order = self.pending.remove(id)?;
        self.propose_again(&order);
        Some(order)
    }

    /// Operations that are no longer pending, for whatever reason, since this was asked last.
    pub fn take_settled(&mut self) -> Vec<OperationId> {
        self.pending.take_settled()
    }

    /// Drops closed and voided orders that nobody can see any more, last changed before `before`.
    pub fn forget(&mut self, before: At) -> usize {
        let held = self.confirmed.len();
        self.confirmed.retain(|_, order| order.is_open() || order.updated_at >= before);
        held - self.confirmed.len()
    }

    /// Menu, stations, settings, as they are shown.
    #[must_use]
    pub fn setup(&self) -> &Setup {
        self.proposed_setup.as_ref().unwrap_or(&self.setup)
    }

    /// Menu, stations, settings, as the hub confirmed them last.
    #[must_use]
    pub fn confirmed_setup(&self) -> &Setup {
        &self.setup
    }

    /// The last event it holds.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// An order as it is shown.
    #[must_use]
    pub fn order(&self, id: &OrderId) -> Option<&Order> {
        self.proposed.get(id).or_else(|| self.confirmed.get(id))
    }

    /// An order as the hub confirmed it last.
    #[must_use]
    pub fn confirmed(&self, id: &OrderId) -> Option<&Order> {
        self.confirmed.get(id)
    }

    /// All orders as they are shown.
    pub fn orders(&self) -> impl Iterator<Item = &Order> {
        self.confirmed.iter().map(|(id, order)| self.proposed.get(id).unwrap_or(order))
    }

    /// Operations that the hub has not confirmed, oldest first.
    pub fn pending(&self) -> impl Iterator<Item = &Operation> {
        self.pending.iter()
    }

    /// Whether the hub has yet to confirm that operation.
    #[must_use]
    pub fn is_pending(&self, id: &OperationId) -> bool {
        self.pending.contains(id)
    }

    /// The latest event that the hub has announced for an operation and not sent.
    #[must_use]
    pub fn awaits(&self) -> Option<u64> {
        self.pending.awaits()
    }

    /// The orders with operations that the hub has not confirmed.
    pub fn pending_orders(&self) -> impl Iterator<Item = &OrderId> {
        self.pending.orders()
    }

    /// A station's tickets in the order they are cooked: rush first, then by age, which a recall does not touch; what is
    /// held, or waits for its next course, comes last.
    #[must_use]
    pub fn tickets<'a>(&'a self, station: &'a StationId, now: At) -> Vec<Ticket<'a>> {
        let mut tickets: Vec<Ticket<'_>> = self
            .orders()
            .filter_map(|order| Ticket::of(order, station, now))
            .filter(Ticket::is_on_glass)
            .collect();
        tickets.sort_by(|a, b| {
            let key = |ticket: &Ticket<'a>| (ticket.held || ticket.waits, !ticket.order.rush, ticket.since);
            key(a)
                .cmp(&key(b))
                .then_with(|| a.order.created_at.cmp(&b.order.created_at))
                .then_with(|| a.order.id.cmp(&b.order.id))
        });
        tickets
    }

    /// The next moment after `now` at which the clock alone puts something on a glass, or releases it.
    #[must_use]
    pub fn changes_at(&self, now: At) -> Option<At> {
        self.orders().filter(|order| order.is_open()).filter_map(|order| order.changes_at(now)).min()
    }

    /// Orders whose time has not come, the next one first.
    #[must_use]
    pub fn scheduled(&self, now: At) -> Vec<&Order> {
        let mut waiting: Vec<&Order> =
            self.orders().filter(|order| order.is_open() && !order.is_fired(now)).collect();
        waiting.sort_by(|a, b| a.fire_at.cmp(&b.fire_at).then_with(|| a.id.cmp(&b.id)));
        waiting
    }

    /// What was put aside from earlier days, the oldest first.
    #[must_use]
    pub fn parked(&self) -> Vec<&Order> {
        let mut parked: Vec<&Order> = self.orders().filter(|order| order.is_parked()).collect();
        parked.sort_by(|a, b| a.clock_started_at().cmp(&b.clock_started_at()).then_with(|| a.id.cmp(&b.id)));
        parked
    }

    fn propose_all_again(&mut self) {
        self.proposed.clear();
        self.propose_menu_again();
        let orders: Vec<OrderId> = self.pending.orders().cloned().collect();
        for order in orders {
            self.propose_again(&order);
        }
    }

    fn propose_menu_again(&mut self) {
        self.proposed_setup = None;
        for operation in self.pending.on(&OrderId::menu()) {
            let shown = self.proposed_setup.as_ref().unwrap_or(&self.setup);
            if let Ok(Some(setup)) = decide_setup(shown, operation) {
                self.proposed_setup = Some(setup);
            }
        }
    }

    /// Decides the pending operations on one order again, on top of what is confirmed of it.
    fn propose_again(&mut self, id: &OrderId) {
        if id.as_str() == OrderId::MENU {
            return self.propose_menu_again();
        }
        self.proposed.remove(id);
        let Some(confirmed) = self.confirmed.get(id) else { return };
        let mut proposed: Option<Order> = None;
        for operation in self.pending.on(id) {
            let order = proposed.as_ref().unwrap_or(confirmed);
            // A refusal here is not an error: the hub will say so itself, or has already done the same thing.
            if let Ok(Decided { order: Some(next), .. }) = decide(order, operation, &self.setup, operation.at)
            {
                proposed = Some(next);
            }
        }
        if let Some(next) = proposed {
            self.proposed.insert(id.clone(), next);
        }
    }
}
