//! What is offered to be taken back: by one touch or word, for a moment, on the view it was done on.
//!
//! A finger sees what it points at, and mostly mends it by pointing again; it is offered what is gone from under it, or
//! is seen elsewhere. A word may have been misheard, so whatever it did is offered. Only that somebody has seen a change
//! cannot be taken back.

use crate::card;
use crate::frame::{Done, TicketLabel, Toast};
use kitchen::{
    Act, At, Bump, LineId, MenuItem, Operation, OperationId, Order, OrderId, OrderType, Queue, Setup,
    StationId, Touch, Work,
};
use std::collections::{BTreeMap, BTreeSet};

/// How long a rush can be cancelled from its toast (KITCHEN_FACTS: three seconds). It is shown at once everywhere.
const CANCEL_RUSH_MS: i64 = 3_000;

/// How long a change of the stations or the rules can be taken back at least: its effect is looked at first.
const UNDO_HOUSE_MS: i64 = 30_000;

/// So long after its toast is gone it can still be taken back by a word, which has to be thought of, said and heard.
const LATE_WORD_MS: i64 = 10_000;

/// How a press reached this screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// A finger or a key.
    Touch,
    /// A spoken word.
    Word,
}

/// How a press reached this screen, and when: the disk may have been busy since.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hand {
    pub(crate) by: By,
    pub(crate) at: At,
}

/// What was done on this view and can be taken back for a moment, by one touch.
#[derive(Debug, Clone)]
pub(crate) struct Offer {
    /// Named after the first of what it takes back.
    pub(crate) toast: Toast,
    /// Never empty.
    pub(crate) undo: Vec<Undo>,
    /// Operations that wait for the end of the offer before they leave this screen.
    pub(crate) held: Vec<OperationId>,
}

/// An operation, and an act that takes it back.
#[derive(Debug, Clone)]
pub(crate) struct Undo {
    pub(crate) operation: OperationId,
    pub(crate) order: OrderId,
    pub(crate) act: Act,
}

impl Offer {
    /// What is offered of an operation on an order that stood so before and after it, if anything is.
    pub(crate) fn on_order(
        operation: &Operation,
        (before, after): (&Order, &Order),
        setup: &Setup,
        by: By,
    ) -> Option<Self> {
        let (what, acts) = match by {
            By::Touch => touched(operation, after),
            By::Word => touched(operation, after).or_else(|| spoken(operation, before, setup)),
        }?;
        let usual = i64::from(setup.settings.undo_seconds) * 1_000;
        let ms = if what == Done::Rushed && by == By::Touch { CANCEL_RUSH_MS } else { usual };
        let called = (card::label(before), before.order_type);
        Self::of(operation, called, what, acts, operation.at.plus(ms))
    }

    /// The same of one on the menu or the house.
    pub(crate) fn on_setup(operation: &Operation, before: &Setup) -> Option<Self> {
        let usual = i64::from(before.settings.undo_seconds) * 1_000;
        let (what, name, back, ms) = match &operation.act {
            Act::Stock { item, name, .. } => {
                let left = before.menu.item(item).and_then(MenuItem::stock);
                let back = Act::Stock { item: item.clone(), name: name.clone(), left };
                (Done::Stocked, name.clone(), back, usual)
            }
            Act::Configure { before, after } => {
                let back = Act::Configure { before: after.clone(), after: before.clone() };
                (Done::Configured, String::new(), back, usual.max(UNDO_HOUSE_MS))
            }
            _ => return None,
        };
        let called = (TicketLabel::Name(name), OrderType::default());
        Self::of(operation, called, what, vec![back], operation.at.plus(ms))
    }

    fn of(
        operation: &Operation,
        (label, order_type): (TicketLabel, OrderType),
        what: Done,
        acts: Vec<Act>,
        until: At,
    ) -> Option<Self> {
        let (id, order) = (operation.id.clone(), operation.order.clone());
        let undo = |act| Undo { operation: id.clone(), order: order.clone(), act };
        let undo: Vec<Undo> = acts.into_iter().map(undo).collect();
        let what = (what != Done::Bumped).then_some(what);
        let toast = Toast { operation: id, order, label, order_type, until, what, count: None };
        (!undo.is_empty()).then_some(Self { toast, undo, held: Vec::new() })
    }

    /// The same, so many milliseconds later.
    pub(crate) fn later(mut self, ms: i64) -> Self {
        self.toast.until = self.toast.until.plus(ms.max(0));
        self
    }

    /// Whether its toast is on the glass.
    pub(crate) fn is_shown(&self, now: At) -> bool {
        self.toast.until > now
    }

    /// Whether it can still be taken back. What has waited for the end of the toast has left by then.
    pub(crate) fn is_open(&self, by: By, now: At) -> bool {
        let late = match by {
            By::Word if self.held.is_empty() => LATE_WORD_MS,
            By::Word | By::Touch => 0,
        };
        self.toast.until.plus(late) > now
    }

    /// As it is shown, with how many tickets it brings back.
    pub(crate) fn shown(&self) -> Toast {
        let tickets: BTreeSet<&OrderId> = self.undo.iter().map(|undo| &undo.order).collect();
        let count = u32::try_from(tickets.len()).ok().filter(|tickets| *tickets > 1);
        Toast { count, ..self.toast.clone() }
    }
}

/// What is offered however it was done.
fn touched(operation: &Operation, after: &Order) -> Option<(Done, Vec<Act>)> {
    let (what, back) = match &operation.act {
        // That somebody has seen a void cannot be taken back.
        Act::Bump { .. } if after.bumps.iter().all(|bump| bump.operation != operation.id) => return None,
        Act::Bump { .. } => (Done::Bumped, Act::Unbump { bump: operation.id.clone(), also: Vec::new() }),
        Act::Rush => (Done::Rushed, Act::Unrush),
        Act::Hold { .. } => (Done::Held, Act::Release),
        Act::Park => (Done::Parked, Act::Unpark),
        Act::Fire { course } => (Done::Fired, Act::Unfire { course: *course }),
        Act::Transfer { from, to, lines } => {
            let back = Act::Transfer { from: to.clone(), to: from.clone(), lines: lines.clone() };
            (Done::Transferred, back)
        }
        Act::Start { .. }
        | Act::Unstart { .. }
        | Act::Finish { .. }
        | Act::Reopen { .. }
        | Act::Unbump { .. }
        | Act::Acknowledge { .. }
        | Act::Unrush
        | Act::Release
        | Act::Unpark
        | Act::Take { .. }
        | Act::PutBack { .. }
        | Act::Unfire { .. }
        | Act::Advance { .. }
        | Act::AddLines { .. }
        | Act::VoidLines { .. }
        | Act::ChangeLine { .. }
        | Act::VoidOrder { .. }
        | Act::Stock { .. }
        | Act::Configure { .. }
        | Act::Unknown => return None,
    };
    Some((what, vec![back]))
}

/// What is offered besides when a word did it.
fn spoken(operation: &Operation, before: &Order, setup: &Setup) -> Option<(Done, Vec<Act>)> {
    let one = |what, back| Some((what, vec![back]));
    // Who begins with what is nobody's has taken it.
    let put_back = |station: &StationId| {
        let is_nobodys = setup.queue_of(station) == Queue::Pull && before.claim_at(station).is_none();
        is_nobodys.then(|| Act::PutBack { station: station.clone() })
    };
    match &operation.act {
        Act::Start { station, lines } => {
            let lines = some(lines, |touch| !is_begun(before, touch, station))?;
            let back = Act::Unstart { station: station.clone(), lines };
            Some((Done::Started, std::iter::once(back).chain(put_back(station)).collect()))
        }
        Act::Unstart { station, lines } => {
            let lines = some(lines, |touch| is_begun(before, touch, station))?;
            let back = Act::Start { station: station.clone(), lines };
            Some((Done::Unstarted, std::iter::once(back).chain(put_back(station)).collect()))
        }
        Act::Reopen { station, lines } => {
            let were = |pieces: fn(&Work) -> u32| {
                let were = lines.iter().filter_map(|touch| {
                    let upto = pieces(before.line(&touch.line)?.work_at(station)?);
                    (upto > touch.upto).then(|| Touch { line: touch.line.clone(), upto })
                });
                Some(were.collect::<Vec<_>>()).filter(|lines| !lines.is_empty())
            };
            let unclaim = put_back(station);
            let station = || station.clone();
            let finish = were(|work| work.done).map(|lines| Act::Finish { station: station(), lines });
            let bump = were(|work| work.bumped).map(|lines| Act::Bump { station: station(), lines });
            Some((Done::Reopened, finish.into_iter().chain(bump).chain(unclaim).collect()))
        }
        Act::Unbump { bump, also } => {
            // As they went, the pass after the stations.
            let meant = |held: &&Bump| &held.operation == bump || also.contains(&held.operation);
            let again = before.bumps.iter().filter(meant).filter_map(|bump| bump_again(before, bump));
            Some((Done::Recalled, again.collect()))
        }
        Act::Unrush => one(Done::Unrushed, Act::Rush),
        Act::Release => one(Done::Released, Act::Hold { until: before.hold.as_ref()?.until }),
        Act::Unpark => one(Done::Unparked, Act::Park),
        Act::Take { station, .. } => one(Done::Taken, Act::PutBack { station: station.clone() }),
        Act::PutBack { station } => {
            let screen = before.claim_at(station)?.screen;
            one(Done::PutBack, Act::Take { station: station.clone(), screen })
        }
        _ => None,
    }
}

fn bump_again(before: &Order, bump: &Bump) -> Option<Act> {
    // At the pass one bump moves a line at every station.
    let mut lines: BTreeMap<&LineId, u32> = BTreeMap::new();
    for moved in bump.moves.iter().filter(|moved| moved.bumped > 0) {
        let work = before.line(&moved.line).and_then(|line| line.work_at(&moved.station))?;
        let upto = lines.entry(&moved.line).or_default();
        *upto = work.bumped.max(*upto);
    }
    let lines: Vec<Touch> =
        lines.into_iter().map(|(line, upto)| Touch { line: line.clone(), upto }).collect();
    (!lines.is_empty()).then(|| Act::Bump { station: bump.station.clone(), lines })
}

fn is_begun(order: &Order, touch: &Touch, station: &StationId) -> bool {
    let work = order.line(&touch.line).and_then(|line| line.work_at(station));
    work.is_some_and(|work| work.started_at.is_some())
}

fn some(lines: &[Touch], wanted: impl Fn(&Touch) -> bool) -> Option<Vec<Touch>> {
    let lines: Vec<Touch> = lines.iter().filter(|touch| wanted(touch)).cloned().collect();
    (!lines.is_empty()).then_some(lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kitchen::{Decided, Settings, decide};
    use testkit::{draft, line, order, setup, touch};

    const AT: At = At(1_000);

    /// Whose screens take their tickets.
    fn house() -> Setup {
        let mut setup = setup();
        for station in &mut setup.stations {
            station.queue = Queue::Pull;
        }
        setup
    }

    fn placed() -> Order {
        order("o12", At(0), draft("12", vec![line("steak", 2, &[]), line("bass", 1, &[])]))
    }

    fn operation(id: &str, act: Act) -> Operation {
        Operation { id: id.into(), device: Some("here".into()), at: AT, order: "o12".into(), seen: 0, act }
    }

    fn done(order: &Order, operation: &Operation) -> Order {
        done_in(&house(), order, operation)
    }

    fn done_in(house: &Setup, order: &Order, operation: &Operation) -> Order {
        let Decided { order: next, .. } = decide(order, operation, house, AT).expect("it is allowed");
        // What is so already stays.
        next.unwrap_or_else(|| order.clone())
    }

    fn after(order: &Order, acts: &[Act]) -> Order {
        let one = |order: Order, act: &Act| done(&order, &operation("before", act.clone()));
        acts.iter().fold(order.clone(), one)
    }

    /// What matters on the glass.
    fn told(order: &Order) -> impl PartialEq + std::fmt::Debug {
        let work = order.lines.iter().flat_map(|line| &line.work).map(|work| {
            (work.station.clone(), work.done, work.bumped, work.started_at.is_some(), work.change.is_some())
        });
        let claims = order.claims.iter().map(|claim| claim.device.clone()).collect::<Vec<_>>();
        (work.collect::<Vec<_>>(), order.rush, order.hold.clone(), order.parked_at.is_some(), claims)
    }

    /// Everything that a word can do to a ticket, each after what has to be before it.
    fn deeds() -> Vec<(Vec<Act>, Act, Done)> {
        let station = || StationId::from("grill");
        let lines = || vec![touch("steak#1", 2), touch("bass#1", 1)];
        let one = || vec![touch("steak#1", 2)];
        let (start, bump) = (
            |lines| Act::Start { station: station(), lines },
            |lines| Act::Bump { station: station(), lines },
        );
        let hold = Act::Hold { until: Some(At(900_000)) };
        let take = Act::Take { station: station(), screen: Some(2) };
        vec![
            (vec![], start(lines()), Done::Started),
            (vec![start(one())], start(lines()), Done::Started),
            (vec![start(one())], Act::Unstart { station: station(), lines: lines() }, Done::Unstarted),
            (
                vec![Act::Finish { station: station(), lines: one() }],
                Act::Reopen { station: station(), lines: vec![touch("steak#1", 0)] },
                Done::Reopened,
            ),
            (
                vec![bump(one())],
                Act::Reopen { station: station(), lines: vec![touch("steak#1", 0)] },
                Done::Reopened,
            ),
            (
                vec![take.clone(), start(one()), Act::PutBack { station: station() }],
                Act::Unstart { station: station(), lines: one() },
                Done::Unstarted,
            ),
            (vec![], bump(one()), Done::Bumped),
            (vec![bump(one())], Act::Unbump { bump: "before".into(), also: Vec::new() }, Done::Recalled),
            (vec![], Act::Rush, Done::Rushed),
            (vec![Act::Rush], Act::Unrush, Done::Unrushed),
            (vec![], hold.clone(), Done::Held),
            (vec![hold], Act::Release, Done::Released),
            (vec![], Act::Park, Done::Parked),
            (vec![Act::Park], Act::Unpark, Done::Unparked),
            (vec![], take.clone(), Done::Taken),
            (vec![take], Act::PutBack { station: station() }, Done::PutBack),
        ]
    }

    #[test]
    fn what_a_word_has_done_is_taken_back_whole() {
        for (before, act, what) in deeds() {
            let before = after(&placed(), &before);
            let operation = operation("deed", act);
            let then = done(&before, &operation);
            let offer =
                Offer::on_order(&operation, (&before, &then), &house(), By::Word).expect("it is offered");
            assert_eq!(offer.toast.what, (what != Done::Bumped).then_some(what));
            assert!(offer.toast.until > AT);
            assert_eq!(offer.shown().count, None, "one ticket, however many acts");
            assert_ne!(told(&then), told(&before), "{what:?} does something");
            let acts: Vec<Act> = offer.undo.into_iter().map(|undo| undo.act).collect();
            assert_eq!(told(&after(&then, &acts)), told(&before), "{what:?}");
        }
    }

    #[test]
    fn a_touch_is_offered_only_what_is_gone_from_under_it() {
        let offered = |(before, act, what): (Vec<Act>, Act, Done)| {
            let before = after(&placed(), &before);
            let operation = operation("deed", act);
            let then = done(&before, &operation);
            Offer::on_order(&operation, (&before, &then), &house(), By::Touch).map(|_| what)
        };
        let offered: Vec<Done> = deeds().into_iter().filter_map(offered).collect();
        assert_eq!(offered, [Done::Bumped, Done::Rushed, Done::Held, Done::Parked]);
    }

    #[test]
    fn a_word_may_come_later_than_a_finger() {
        let (before, rush) = (placed(), operation("deed", Act::Rush));
        let then = done(&before, &rush);
        let offer = Offer::on_order(&rush, (&before, &then), &house(), By::Word).unwrap();
        let later = offer.clone().later(700);
        assert_eq!(later.toast.until.since(offer.toast.until), 700, "the disk was slow");
        let open = |late: i64| {
            let now = offer.toast.until.plus(late);
            (offer.is_shown(now), offer.is_open(By::Touch, now), offer.is_open(By::Word, now))
        };
        assert_eq!(open(-1), (true, true, true));
        assert_eq!(open(0), (false, false, true));
        assert_eq!(open(LATE_WORD_MS), (false, false, false));
        let held = Offer { held: vec!["void".into()], ..offer.clone() };
        assert!(!held.is_open(By::Word, held.toast.until), "it has left");
    }

    #[test]
    fn what_everybody_had_bumped_is_bumped_again_everywhere() {
        let bump = |id: &str, station: StationId| {
            let lines = vec![touch("steak#1", 2), touch("bass#1", 1)];
            operation(id, Act::Bump { station, lines })
        };
        // Also where the pass may not send out what a station has not.
        let house = Setup { settings: Settings { pass_waits: true, ..house().settings }, ..house() };
        let done = |order: &Order, operation: &Operation| done_in(&house, order, operation);
        let sent = done(&placed(), &bump("grill", "grill".into()));
        let gone = done(&sent, &bump("pass", StationId::expo()));
        let recall = operation("recall", Act::Unbump { bump: "pass".into(), also: vec!["grill".into()] });
        let back = done(&gone, &recall);
        let offer = Offer::on_order(&recall, (&gone, &back), &house, By::Word).expect("it is offered");
        assert_eq!((offer.undo.len(), offer.shown().count), (2, None));
        let acts = offer.undo.into_iter().map(|undo| operation("again", undo.act));
        assert_eq!(told(&acts.fold(back, |order, act| done(&order, &act))), told(&gone));
    }

    #[test]
    fn that_something_was_seen_cannot_be_taken_back() {
        let lines = || vec![touch("steak#1", 2), touch("bass#1", 1)];
        let voided = after(&placed(), &[Act::VoidOrder { reason: None }]);
        for (before, act) in [
            (placed(), Act::Acknowledge { station: "grill".into(), lines: lines() }),
            (voided, Act::Bump { station: "grill".into(), lines: lines() }),
        ] {
            let operation = operation("deed", act);
            let then = done(&before, &operation);
            for by in [By::Touch, By::Word] {
                assert!(
                    Offer::on_order(&operation, (&before, &then), &house(), by).is_none(),
                    "{operation:?}"
                );
            }
        }
    }
}
