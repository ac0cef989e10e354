//! The end of service: what is to become of every ticket that is still open, in one press with one undo.
//!
//! Each ticket gets an operation of its own, as if a finger had gone from one to the next: so nothing is touched that was
//! not on the glass, what somebody else has changed meanwhile stays, and another screen that works on one of them is not
//! in the way. A void cannot be taken back; so it leaves this screen when the time to undo is over, and until then its
//! ticket is parked.

use crate::actor::Actor;
use crate::frame::{CloseHow, Done, PressTicket, Pressed, TicketLabel, Toast};
use crate::press::{new_id, touches};
use crate::view::Offer;
use journal::Queued;
use kitchen::{Act, Operation, OperationId, Order, OrderId, OrderType, decide};
use std::collections::BTreeMap;
use wire::hub::Fault;

/// How long it can be taken back at least: many tickets want a longer look than one.
const UNDO_ALL_MS: i64 = 10_000;

/// What one press does to many tickets.
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
    /// Decides on each ticket as it is shown now; what cannot be done to one is said on it.
    pub(crate) fn close_all(
        &mut self,
        view: &str,
        how: CloseHow,
        tickets: Vec<PressTicket>,
        ahead: &mut BTreeMap<OrderId, Order>,
    ) -> Result<Option<Many>, Fault> {
        let held = self.views.get(view).ok_or_else(|| Fault::new("mount_gone").passing())?;
        let station = held.shown_station(&self.log.board);
        let usual = i64::from(self.log.board.setup().settings.undo_seconds) * 1_000;
        let until = self.now.plus(usual.max(UNDO_ALL_MS));
        let (mut queued, mut all, mut waiting) = (Vec::new(), Vec::new(), Vec::new());
        let mut refused = None;
        for PressTicket { order, seen, lines } in tickets {
            let first = match how {
                CloseHow::Bump => Act::Bump { station: station.clone(), lines: touches(lines) },
                CloseHow::Park | CloseHow::Void => Act::Park,
            };
            let operation = self.operation(order.clone(), seen, first);
            let undo = match how {
                CloseHow::Bump => Act::Unbump { bump: operation.id.clone(), also: Vec::new() },
                CloseHow::Park | CloseHow::Void => Act::Unpark,
            };
            match self.decide_ahead(&operation, ahead) {
                Ok(true) => queued.push(Queued { operation, not_before: None }),
                Ok(false) => continue,
                Err(fault) => {
                    self.problems.insert(order, fault.clone());
                    refused = Some(fault);
                    continue;
                }
            }
            all.push((order.clone(), undo));
            if how == CloseHow::Void {
                let void = self.operation(order, seen, Act::VoidOrder { reason: None });
                // It is parked by now, and what is parked can be voided.
                if matches!(self.decide_ahead(&void, ahead), Ok(true)) {
                    waiting.push(void.id.clone());
                    queued.push(Queued { operation: void, not_before: Some(until.0) });
                }
            }
        }
        let Some(first) = queued.first().map(|queued| queued.operation.id.clone()) else {
            return refused.map_or(Ok(None), Err);
        };
        let done = match how {
            CloseHow::Bump => Done::BumpedAll,
            CloseHow::Park => Done::ParkedAll,
            CloseHow::Void => Done::VoidedAll,
        };
        let (order, undo) = all[0].clone();
        let toast = Toast {
            operation: first,
            order,
            label: TicketLabel::Name(String::new()),
            order_type: OrderType::default(),
            until,
            tickets: None,
            what: Some(done),
            count: u32::try_from(all.len()).ok(),
        };
        let offer = Some(Offer { toast, undo, all, held: waiting, together: None });
        Ok(Some(Many { queued, cancelled: Vec::new(), offer, undoes: None }))
    }

    /// Takes a press on many tickets back; none: that toast is not of one.
    pub(crate) fn undo_all(
        &mut self,
        view: &str,
        operation: &OperationId,
        ahead: &mut BTreeMap<OrderId, Order>,
    ) -> Option<Many> {
        let offers = &self.views.get(view)?.offers;
        let offer = offers.iter().find(|offer| &offer.toast.operation == operation)?;
        let (all, held) = (offer.all.clone(), offer.held.clone());
        if all.is_empty() {
            return None;
        }
        let cancelled: Vec<OperationId> = held.into_iter().filter(|id| self.log.outbox.hold(id)).collect();
        let mut queued = Vec::new();
        for (order, act) in all {
            let seen = self.log.board.confirmed(&order).map_or(0, |order| order.version);
            let undo = self.operation(order, seen, act);
            // What somebody has taken back already needs it no more.
            if matches!(self.decide_ahead(&undo, ahead), Ok(true)) {
                queued.push(Queued { operation: undo, not_before: None });
            }
        }
        Some(Many { queued, cancelled, offer: None, undoes: Some(operation.clone()) })
    }

    /// They are durable: shown, and on their way.
    pub(crate) fn many_made(&mut self, view: &str, many: Many) {
        let Many { queued, cancelled, offer, undoes } = many;
        for id in &cancelled {
            self.log.board.withdraw(id);
        }
        for queued in queued {
            self.show_made(&queued.operation);
            self.log.outbox.push_queued(queued);
        }
        if let Some(undone) = undoes {
            self.drop_toast(&undone);
        }
        if let (Some(offer), Some(held)) = (offer, self.views.get_mut(view)) {
            held.offers.push(offer);
        }
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
