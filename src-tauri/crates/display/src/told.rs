//! What the hub says besides its log: where its back end stands, and what people have to be told of it.
//!
//! Pure. The hub always says the whole; this remembers which of it was read here, so that it does not come back with every
//! connection.

use crate::frame::{Notice, Upstream};
use kitchen::{At, Board, OrderId, StationId, Ticket};
use std::collections::BTreeMap;
use wire::hub::{Fault, Notices};

use crate::card;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Told {
    held: Notices,
    /// Of those that hold, and by the hub's name for it.
    marks: BTreeMap<String, Mark>,
}

#[derive(Debug, Clone, Copy)]
struct Mark {
    /// What the windows call it.
    number: u32,
    /// Somebody has read it in the strip.
    is_read: bool,
    /// Somebody has touched its order since.
    is_touched: bool,
}

impl Told {
    /// The hub has said this; `next_number` gives each new notice a number for the windows.
    pub(crate) fn hear(&mut self, notices: Notices, mut next_number: impl FnMut() -> u32) {
        let mut before = std::mem::take(&mut self.marks);
        for notice in &notices.notices {
            let mark = before.remove(&notice.id).unwrap_or_else(|| {
                tracing::warn!(
                    target: "display", code = notice.fault.code, order = notice.order.as_ref().map(OrderId::as_str),
                    "the hub has something to say"
                );
                Mark { number: next_number(), is_read: false, is_touched: false }
            });
            self.marks.insert(notice.id.clone(), mark);
        }
        self.held = notices;
    }

    /// Where the back end stands, with what is wrong with it as a whole; none: the hub has none.
    pub(crate) fn upstream(&self) -> Option<Upstream> {
        let wire::hub::Upstream { state, since, unreported, oldest_unreported } =
            self.held.upstream.clone()?;
        let of_all = self.held.notices.iter().filter(|notice| notice.order.is_none());
        let faults = of_all.map(|notice| notice.fault.clone()).collect();
        Some(Upstream { state, since, unreported, oldest_unreported, faults })
    }

    /// What stands on the ticket of an order until somebody touches it.
    pub(crate) fn of(&self, order: &OrderId) -> Option<&Fault> {
        let about = |notice: &&wire::hub::Notice| notice.order.as_ref() == Some(order);
        let held = self.held.notices.iter().rev().find(about)?;
        let touched = self.marks.get(&held.id).is_some_and(|mark| mark.is_touched);
        (!touched).then_some(&held.fault)
    }

    /// What is shown beside the tickets: of the whole back end, and of orders of that station that have no ticket on its
    /// glass to stand on.
    pub(crate) fn beside(
        &self,
        board: &Board,
        station: &StationId,
        now: At,
        has_ticket: impl Fn(&OrderId) -> bool,
    ) -> Vec<Notice> {
        let mut shown = Vec::new();
        for notice in &self.held.notices {
            let Some(mark) = self.marks.get(&notice.id).filter(|mark| !mark.is_read && !mark.is_touched)
            else {
                continue;
            };
            let order = match &notice.order {
                None => None,
                Some(id) if has_ticket(id) => continue,
                Some(id) => match board.order(id).filter(|order| Ticket::of(order, station, now).is_some()) {
                    Some(order) => Some(order),
                    None => continue,
                },
            };
            shown.push(Notice {
                id: mark.number,
                fault: notice.fault.clone(),
                label: order.map(card::label),
                order_type: order.map(|order| order.order_type),
            });
        }
        shown
    }

    /// Somebody has read that one.
    pub(crate) fn dismiss(&mut self, number: u32) {
        for mark in self.marks.values_mut().filter(|mark| mark.number == number) {
            mark.is_read = true;
        }
    }

    /// Somebody has touched that order here; the hub will hear of it.
    pub(crate) fn touched(&mut self, order: &OrderId) {
        for notice in self.held.notices.iter().filter(|notice| notice.order.as_ref() == Some(order)) {
            if let Some(mark) = self.marks.get_mut(&notice.id) {
                mark.is_touched = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kitchen::{Event, EventKind};

    fn notice(id: &str, order: Option<&str>) -> wire::hub::Notice {
        let fault = Fault::new("upstream_cannot_recall");
        wire::hub::Notice { id: id.into(), at: At(1), order: order.map(OrderId::from), fault }
    }

    fn told(told: &mut Told, notices: Vec<wire::hub::Notice>) {
        let mut number = 100;
        told.hear(Notices { upstream: None, notices }, || {
            number += 1;
            number
        });
    }

    #[test]
    fn what_was_read_or_touched_does_not_come_back_and_what_is_said_anew_does() {
        let mut board = Board::new(testkit::setup());
        let draft = testkit::draft("1", vec![testkit::line("steak", 1, &[])]);
        let order = testkit::order("o1", At(1), draft);
        let event = |order| Event {
            seq: 1,
            at: At(1),
            kind: EventKind::OrderCreated,
            order: Some(order),
            operation: None,
            menu: None,
            stations: None,
            settings: None,
        };
        board.apply(event(order));
        let (id, expo) = (OrderId::from("o1"), StationId::expo());
        let mut held = Told::default();
        let beside = |held: &Told, ticket: bool| -> Vec<u32> {
            held.beside(&board, &expo, At(1), |_| ticket).iter().map(|notice| notice.id).collect()
        };
        told(&mut held, vec![notice("a", None), notice("b", Some("o1")), notice("c", Some("gone"))]);
        assert!(held.of(&id).is_some());
        assert_eq!(beside(&held, true), [101], "on its ticket and not beside it as well");
        assert_eq!(beside(&held, false), [101, 102]);
        held.dismiss(101);
        held.touched(&id);
        assert!(held.of(&id).is_none() && beside(&held, false).is_empty());
        // Another connection, the same hub.
        told(&mut held, vec![notice("a", None), notice("b", Some("o1"))]);
        assert!(held.of(&id).is_none() && beside(&held, false).is_empty());
        told(&mut held, vec![notice("a", None), notice("d", Some("o1"))]);
        assert!(held.of(&id).is_some());
    }
}
