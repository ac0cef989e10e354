//! One press that means many tickets, with one undo: BUMP ALL of a table, and the end of service.
//!
//! Each ticket gets an operation of its own, as if a finger had gone from one to the next: so nothing is touched that was
//! not on the glass, what somebody else has changed meanwhile stays, and what cannot be done to one is said on it. A void
//! cannot be taken back; so it leaves this screen when the time to undo is over, and until then its ticket is parked.

use crate::actor::Actor;
use crate::card;
use crate::frame::{CloseHow, Done, PressTicket, Pressed, TicketLabel, Toast};
use crate::offer::{Hand, Offer, Undo};
use crate::press::{new_id, touches};
use journal::Queued;
use kitchen::{Act, Operation, OperationId, Order, OrderId, OrderType, decide, is_on_setup};
use std::collections::BTreeMap;
use wire::hub::Fault;

/// How long the end of service can be taken back at least: many tickets want a longer look than one.
const UNDO_ALL_MS: i64 = 10_000;

/// Which tickets are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    /// Those of one table, to be bumped. What another screen has taken is theirs.
    Table,
    /// All that are still open.
    Service(CloseHow),
}

/// What one press does to many tickets, or takes back of it.
pub(crate) struct Many {
    pub(crate) queued: Vec<Queued>,
    /// Operations that never left this screen, taken back.
    pub(crate) cancelled: Vec<OperationId>,
    /// What is offered to be taken back.
    offer: Option<Offer>,
    /// The toast that it answers.
    undoes: Option<OperationId>,
}

impl Many {
    /// The first of them stands for all.
    pub(crate) fn pressed(&self) -> Pressed {
        Pressed { operation: self.queued.first().map(|queued| queued.operation.id.clone()) }
    }
}

impl Actor {
    /// Decides on each ticket as it is shown now. An error: none of them could be done.
    pub(crate) fn do_many(
        &mut self,
        view: &str,
        of: Of,
        tickets: Vec<PressTicket>,
        ahead: &mut BTreeMap<OrderId, Order>,
    ) -> Result<Option<Many>, Fault> {
        let held = self.views.get(view).ok_or_else(|| Fault::new("mount_gone").passing())?;
        let station = held.touched_station(&self.log.board);
        let usual = i64::from(self.log.board.setup().settings.undo_seconds) * 1_000;
        let until = self.now.plus(if of == Of::Table { usual } else { usual.max(UNDO_ALL_MS) });
        let (mut queued, mut undo, mut waiting) = (Vec::new(), Vec::new(), Vec::new());
        let mut refused = None;
        for PressTicket { order, seen, lines } in tickets {
            let first = match of {
                Of::Table | Of::Service(CloseHow::Bump) => {
                    Act::Bump { station: station.clone(), lines: touches(lines) }
                }
                Of::Service(CloseHow::Park | CloseHow::Void) => Act::Park,
            };
            let operation = self.operation(order.clone(), seen, first);
            let allowed = if of == Of::Table { self.refuse_taken(&order, &station) } else { Ok(()) };
            match allowed.and_then(|()| self.decide_ahead(&operation, ahead)) {
                Ok(true) => {}
                Ok(false) => continue,
                Err(fault) => {
                    self.problems.insert(order, fault.clone());
                    refused = Some(fault);
                    continue;
                }
            }
            let act = match &operation.act {
                Act::Bump { .. } => Act::Unbump { bump: operation.id.clone(), also: Vec::new() },
                _ => Act::Unpark,
            };
            undo.push(Undo { operation: operation.id.clone(), order: order.clone(), act });
            queued.push(Queued { operation, not_before: None });
            if of == Of::Service(CloseHow::Void) {
                let void = self.operation(order, seen, Act::VoidOrder { reason: None });
                // It is parked by now, and what is parked can be voided.
                if matches!(self.decide_ahead(&void, ahead), Ok(true)) {
                    waiting.push(void.id.clone());
                    queued.push(Queued { operation: void, not_before: Some(until.0) });
                }
            }
        }
        if refused.is_some() {
            self.all_stale();
        }
        let Some(Undo { operation, order, .. }) = undo.first().cloned() else {
            return refused.map_or(Ok(None), Err);
        };
        let first = self.log.board.order(&order).filter(|_| of == Of::Table);
        let toast = Toast {
            operation,
            label: first.map_or_else(|| TicketLabel::Name(String::new()), card::label),
            order_type: first.map_or_else(OrderType::default, |order| order.order_type),
            order,
            until,
            what: match of {
                Of::Table => None,
                Of::Service(CloseHow::Bump) => Some(Done::BumpedAll),
                Of::Service(CloseHow::Park) => Some(Done::ParkedAll),
                Of::Service(CloseHow::Void) => Some(Done::VoidedAll),
            },
            count: None,
        };
        let offer = Some(Offer { toast, undo, held: waiting });
        Ok(Some(Many { queued, cancelled: Vec::new(), offer, undoes: None }))
    }

    /// Takes back what a toast offers, be it one ticket or many; none: that toast is gone, or is not of tickets.
    pub(crate) fn undo_offer(
        &mut self,
        view: &str,
        toast: &OperationId,
        hand: Hand,
        ahead: &mut BTreeMap<OrderId, Order>,
    ) -> Result<Option<Many>, Fault> {
        let offers = self.views.get(view).map(|held| held.offers.as_slice()).unwrap_or_default();
        let mut open = offers.iter().filter(|offer| offer.is_open(hand.by, hand.at));
        let offer = open.find(|offer| &offer.toast.operation == toast);
        let Some(Offer { undo, held, .. }) = offer.cloned() else { return Ok(None) };
        if undo.iter().any(|undo| is_on_setup(&undo.act)) {
            return Ok(None);
        }
        let mut cancelled: Vec<OperationId> =
            held.into_iter().filter(|id| self.log.outbox.hold(id)).collect();
        let (mut queued, mut refused) = (Vec::new(), None);
        for Undo { operation, order, act } in undo {
            // With it, all that it had done.
            if cancelled.contains(&operation) {
                continue;
            }
            let seen = self.log.board.confirmed(&order).map_or(0, |order| order.version);
            let is_first = !ahead.contains_key(&order);
            let back = self.operation(order, seen, act);
            match self.decide_ahead(&back, ahead) {
                Ok(true) if is_first && self.log.outbox.hold(&operation) => cancelled.push(operation),
                Ok(true) => queued.push(Queued { operation: back, not_before: None }),
                // Somebody has taken it back already.
                Ok(false) => {}
                Err(fault) => refused = Some(fault),
            }
        }
        match refused {
            Some(fault) if queued.is_empty() && cancelled.is_empty() => Err(fault),
            _ => Ok(Some(Many { queued, cancelled, offer: None, undoes: Some(toast.clone()) })),
        }
    }

    /// They are durable: shown, and on their way.
    pub(crate) fn many_made(&mut self, view: &str, many: Many) {
        let Many { queued, cancelled, offer, undoes } = many;
        for id in &cancelled {
            self.log.board.withdraw(id);
            self.over(id);
        }
        for queued in queued {
            self.show_made(&queued.operation);
            self.log.outbox.push_queued(queued);
        }
        let Some(held) = self.views.get_mut(view) else { return };
        held.offers.retain(|offer| Some(&offer.toast.operation) != undoes.as_ref());
        held.offers.extend(offer);
    }

    fn operation(&mut self, order: OrderId, seen: u64, act: Act) -> Operation {
        let id = OperationId(new_id(&mut self.ulids, self.now));
        Operation { id, device: Some(self.device.clone()), at: self.now, order, seen, act }
    }

    /// Whether it does something to the order as it will be after what waits for the disk.
    fn decide_ahead(
        &self,
        operation: &Operation,
        ahead: &mut BTreeMap<OrderId, Order>,
    ) -> Result<bool, Fault> {
        let shown = ahead.get(&operation.order).or_else(|| self.log.board.order(&operation.order));
        let shown = shown.ok_or_else(|| Fault::new("order_unknown"))?;
        let decided = decide(shown, operation, self.log.board.setup(), self.now);
        let decided = decided.map_err(|refusal| Fault::new(refusal.code()))?;
        let Some(next) = decided.order else { return Ok(false) };
        ahead.insert(operation.order.clone(), next);
        Ok(true)
    }
}
