//! What must hold for every order and every sequence of acts.

mod support;

use kitchen::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, VecDeque};
use support::*;

/// What two orders must agree in when they were reached by different ways: everything but the counting of versions and
/// the order in which bumps are remembered.
fn essence(order: &Order) -> Order {
    let mut bumps = order.bumps.clone();
    bumps.sort_by(|a, b| a.operation.cmp(&b.operation));
    Order { bumps, version: 0, ..order.clone() }
}

fn named(act: &Act) -> Option<Vec<LineId>> {
    match act {
        Act::Start { lines, .. }
        | Act::Unstart { lines, .. }
        | Act::Finish { lines, .. }
        | Act::Reopen { lines, .. }
        | Act::Bump { lines, .. }
        | Act::Acknowledge { lines, .. }
        | Act::Advance { lines, .. }
        | Act::VoidLines { lines } => Some(lines.iter().map(|touch| touch.line.clone()).collect()),
        Act::Transfer { lines, .. } => Some(lines.clone()),
        Act::ChangeLine { line, .. } => Some(vec![line.clone()]),
        Act::AddLines { .. }
        | Act::Rush
        | Act::Unrush
        | Act::Hold { .. }
        | Act::Release
        | Act::Park
        | Act::Take { .. }
        | Act::PutBack { .. }
        | Act::Unpark
        | Act::Fire { .. }
        | Act::Unfire { .. } => Some(Vec::new()),
        Act::Unbump { .. }
        | Act::VoidOrder { .. }
        | Act::Stock { .. }
        | Act::Configure { .. }
        | Act::Unknown => None,
    }
}

fn is_whole(plan: &Plan) -> bool {
    (10..16).contains(&plan.verb) || plan.verb > 20
}

/// An order with some history behind it.
fn lived_in() -> impl Strategy<Value = (Order, Vec<OperationId>)> {
    (any_order(0), prop::collection::vec(any_plan(), 0..12)).prop_map(|(mut order, plans)| {
        let mut operations = Vec::new();
        for (n, plan) in plans.iter().enumerate() {
            let act = plan.act(&order, &operations);
            let op = operation(&format!("before-{n}"), &order, act);
            if let Ok(Decided { order: Some(next), .. }) = decide(&order, &op, &setup(), NOW) {
                order = next;
                operations.push(op.id);
            }
        }
        (order, operations)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn counts_stay_in_bounds((order, _) in lived_in()) {
        for line in &order.lines {
            prop_assert!(line.voided <= line.quantity);
            prop_assert!(line.work.last().is_some_and(|work| work.station.is_expo()));
            for work in &line.work {
                prop_assert!(work.bumped <= work.done && work.done <= line.quantity, "{line:?}");
            }
        }
    }

    #[test]
    fn a_line_not_named_is_never_touched((order, operations) in lived_in(), plan in any_plan()) {
        let act = plan.act(&order, &operations);
        let named = named(&act);
        if let (Some(named), Ok(Decided { order: Some(next), .. })) =
            (named, decide(&order, &operation("x", &order, act), &setup(), NOW))
        {
            for (was, is) in order.lines.iter().zip(&next.lines) {
                prop_assert!(named.contains(&was.id) || was == is);
            }
        }
    }

    #[test]
    fn acts_on_different_lines_commute((order, ops) in lived_in(), mut a in any_plan(), mut b in any_plan()) {
        // Whole-order acts and lines that do not exist yet are not acts on different lines.
        if [&a, &b].iter().any(|plan| [5, 7].contains(&plan.verb)) || (is_whole(&a) && is_whole(&b)) { return Ok(()) }
        // What is done to a parked order brings it back; parking what was worked on puts it aside: the last one counts.
        if a.verb > 20 || b.verb > 20 || order.parked_at.is_some() { return Ok(()) }
        a.lines.retain(|line| !b.lines.contains(line));
        b.lines.retain(|line| !a.lines.contains(line));
        let (first, second) = (a.act(&order, &ops), b.act(&order, &ops));
        let step = |order: &Order, id: &str, act: &Act| {
            decide(order, &operation(id, order, act.clone()), &setup(), NOW).map(|d| d.order.unwrap_or_else(|| order.clone()))
        };
        let (Ok(one), Ok(other)) = (step(&order, "a", &first), step(&order, "b", &second)) else { return Ok(()) };
        // What fires a course is an act on that course's lines, also what fires it by ending the one before.
        if one.courses != order.courses || other.courses != order.courses { return Ok(()) }
        // Voiding the last live line ends the order; what comes after is refused, whichever that is.
        let (Ok(one), Ok(other)) = (step(&one, "b", &second), step(&other, "a", &first)) else { return Ok(()) };
        prop_assert_eq!(essence(&one), essence(&other));
    }

    #[test]
    fn an_act_twice_is_an_act_once((order, operations) in lived_in(), plan in any_plan()) {
        let act = plan.act(&order, &operations);
        // What is routed elsewhere is no longer where the act names it.
        prop_assume!(!matches!(act, Act::AddLines { .. } | Act::Unbump { .. } | Act::Transfer { .. }));
        let op = operation("x", &order, act);
        if let Ok(Decided { order: Some(once), .. }) = decide(&order, &op, &setup(), NOW)
            && let Ok(twice) = decide(&once, &op, &setup(), NOW)
        {
            prop_assert_eq!(twice.order, None);
        }
    }

    #[test]
    fn an_unbump_restores_exactly_what_the_bump_moved((order, ops) in lived_in(), mut plan in any_plan()) {
        plan.verb = 3;
        let bump = operation("bump", &order, plan.act(&order, &ops));
        let Ok(Decided { order: Some(bumped), .. }) = decide(&order, &bump, &setup(), NOW) else { return Ok(()) };
        let back = operation("back", &bumped, Act::Unbump { bump: "bump".into(), also: vec![] });
        match decide(&bumped, &back, &setup(), NOW) {
            Ok(Decided { order: Some(restored), .. }) => {
                let counts = |o: &Order| -> Vec<(u32, u32)> {
                    o.lines.iter().flat_map(|l| l.work.iter().map(|w| (w.done, w.bumped))).collect()
                };
                prop_assert_eq!(counts(&order), counts(&restored));
                prop_assert_eq!(order.clock_started_at(), restored.clock_started_at());
            }
            // Only the acknowledgement of a void moved; there is nothing to take back.
            Err(Refusal::UnknownBump) => prop_assert_eq!(bumped.bumps.len(), order.bumps.len()),
            other => prop_assert!(matches!(order.state, OrderState::Voided { .. }), "{other:?}"),
        }
    }

    #[test]
    fn counts_equal_the_open_tickets(orders in (any_order(0), any_order(1), any_order(2)), plans in prop::collection::vec((0usize..3, any_plan()), 0..20)) {
        let mut hub = Reference::new(vec![orders.0, orders.1, orders.2]);
        let mut made = Vec::new();
        for (n, (which, plan)) in plans.iter().enumerate() {
            let order = hub.orders.values().nth(*which).unwrap().clone();
            let op = operation(&format!("p{n}"), &order, plan.act(&order, &made));
            if hub.take(&op).is_ok() { made.push(op.id); }
        }
        let mut board = Board::new(setup());
        for event in &hub.log { prop_assert!(matches!(board.apply(event.clone()), Standing::Applied(_))); }
        let whole: u32 = all_day_of_kitchen(board.orders(), NOW).iter().map(|count| count.open + count.later).sum();
        let undone = |order: &Order| order.lines.iter().map(|l| l.live().saturating_sub(l.done())).sum::<u32>();
        let in_sight = |order: &&Order| order.is_open() && !order.is_parked();
        prop_assert_eq!(whole, hub.orders.values().filter(in_sight).map(undone).sum::<u32>());
        for station in stations() {
            let tickets = board.tickets(&station, NOW);
            let counts = all_day(&tickets);
            let counted: u32 = counts.iter().map(|count| count.open + count.later).sum();
            let owed: u32 = tickets.iter().flat_map(|t| &t.own).map(|o| o.line.live().saturating_sub(o.work.done)).sum();
            prop_assert_eq!(counted, owed);
            let now: u32 = tickets.iter().filter(|t| !t.held).flat_map(|t| &t.own).map(TicketLine::to_make).sum();
            prop_assert_eq!(counts.iter().map(|count| count.open).sum::<u32>(), now);
            for count in &counts {
                let by_variant = |pieces: fn(&Variant) -> u32| count.variants.iter().map(pieces).sum::<u32>();
                prop_assert_eq!((by_variant(|v| v.open), by_variant(|v| v.later)), (count.open, count.later));
            }
            // Every line that still asks something of a station is on exactly one ticket there.
            for order in hub.orders.values().filter(in_sight) {
                let asks = order.lines.iter().any(|l| {
                    order.is_line_fired(l, NOW) && l.work_at(&station).is_some_and(|w| w.bumped < l.reached(w))
                });
                let shown = tickets.iter().filter(|t| t.order.id == order.id).count();
                prop_assert!(shown <= 1 && (!asks || shown == 1));
            }
        }
    }

    #[test]
    fn a_line_always_shows_somewhere_until_it_is_bumped_everywhere((order, _) in lived_in()) {
        let is_fired = |line: &&Line| order.is_line_fired(line, NOW);
        let owed = order.lines.iter().filter(is_fired).any(|line| line.work.iter().any(|work| work.bumped < line.live()));
        let shown = stations().iter().any(|s| Ticket::of(&order, s, NOW).is_some_and(|t| t.is_on_glass()));
        prop_assert!(!owed || shown || order.is_parked());
        // And an open order whose fired part is done waits for a course that fires itself; for a hand it waits at the pass.
        let waits = order.is_open() && !shown && !order.is_parked();
        prop_assert!(!waits || order.next_course(NOW).is_some() && !order.waits_for_a_hand(NOW));
    }

    #[test]
    fn snapshot_and_changes_equal_the_state(order in any_order(0), plans in prop::collection::vec(any_plan(), 1..16), cut in any::<prop::sample::Index>()) {
        let mut hub = Reference::new(vec![order]);
        let mut made = Vec::new();
        let mut snapshots = vec![(1u64, hub.orders.clone())];
        for (n, plan) in plans.iter().enumerate() {
            let order = hub.orders.values().next().unwrap().clone();
            let op = operation(&format!("p{n}"), &order, plan.act(&order, &made));
            if hub.take(&op).is_ok() { made.push(op.id); }
            snapshots.push((hub.log.len() as u64, hub.orders.clone()));
        }
        let (seq, orders) = &snapshots[cut.index(snapshots.len())];
        let mut board = Board::new(setup());
        board.replace(setup(), orders.values().cloned(), *seq);
        for event in &hub.log {
            let standing = board.apply(event.clone());
            prop_assert_eq!(event.seq <= *seq, standing == Standing::Old);
        }
        prop_assert_eq!(board.orders().cloned().collect::<Vec<_>>(), hub.orders.into_values().collect::<Vec<_>>());
    }
}

/// One display with its two pipes: operations on their way to the hub, and what the hub has said and it has not heard.
struct Screen {
    board: Board,
    up: VecDeque<Operation>,
    heard: usize,
    answers: VecDeque<(OperationId, Result<u64, Refusal>)>,
}

#[derive(Debug, Clone)]
enum Step {
    Act(usize, usize, Plan),
    Send(usize),
    SendTwice(usize),
    Hear(usize),
    Answer(usize),
    Reread(usize),
}

fn any_step() -> impl Strategy<Value = Step> {
    let screen = 0usize..3;
    prop_oneof![
        4 => (screen.clone(), 0usize..2, any_plan()).prop_map(|(s, o, p)| Step::Act(s, o, p)),
        3 => screen.clone().prop_map(Step::Send),
        1 => screen.clone().prop_map(Step::SendTwice),
        4 => screen.clone().prop_map(Step::Hear),
        3 => screen.clone().prop_map(Step::Answer),
        1 => screen.prop_map(Step::Reread),
    ]
}

impl Screen {
    fn answer(&mut self, (id, answer): (OperationId, Result<u64, Refusal>)) {
        match answer {
            Ok(seq) => self.board.applied(&id, seq),
            Err(_) => {
                self.board.withdraw(&id);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn all_displays_converge_to_the_hubs_order(one in any_order(0), two in any_order(1), steps in prop::collection::vec(any_step(), 1..80)) {
        let mut hub = Reference::new(vec![one, two]);
        let mut screens: Vec<Screen> = (0..3).map(|_| {
            let mut board = Board::new(setup());
            board.replace(setup(), hub.orders.values().cloned(), 2);
            Screen { board, up: VecDeque::new(), heard: 2, answers: VecDeque::new() }
        }).collect();
        let mut made: BTreeMap<OrderId, Vec<OperationId>> = BTreeMap::new();
        let mut count = 0;
        for step in steps {
            match step {
                Step::Act(s, o, plan) => {
                    let id = OrderId(format!("o{o}"));
                    let Some(order) = screens[s].board.order(&id).cloned() else { continue };
                    count += 1;
                    let known = made.entry(id).or_default();
                    let act = plan.act(&order, known);
                    // Add-ons come from the POS, not from a screen.
                    if matches!(act, Act::AddLines { .. }) {
                        let _ = hub.take(&operation(&format!("pos{count}"), &order, act));
                        continue;
                    }
                    let op = operation(&format!("op{count}"), &order, act);
                    if screens[s].board.propose(op.clone(), NOW).is_ok() {
                        known.push(op.id.clone());
                        screens[s].up.push_back(op);
                    }
                }
                Step::Send(s) => if let Some(op) = screens[s].up.pop_front() {
                    let answer = hub.take(&op);
                    screens[s].answers.push_back((op.id, answer));
                },
                Step::SendTwice(s) => if let Some(op) = screens[s].up.front().cloned() {
                    let _ = hub.take(&op);
                },
                Step::Hear(s) => if let Some(event) = hub.log.get(screens[s].heard).cloned() {
                    screens[s].heard += 1;
                    prop_assert!(matches!(screens[s].board.apply(event), Standing::Applied(_)));
                },
                Step::Answer(s) => if let Some(answer) = screens[s].answers.pop_front() { screens[s].answer(answer); },
                Step::Reread(s) => {
                    let seq = hub.log.len();
                    screens[s].board.replace(setup(), hub.orders.values().cloned(), seq as u64);
                    screens[s].heard = seq;
                }
            }
        }
        for screen in &mut screens {
            while let Some(op) = screen.up.pop_front() {
                let answer = hub.take(&op);
                screen.answers.push_back((op.id, answer));
            }
        }
        for screen in &mut screens {
            while let Some(answer) = screen.answers.pop_front() { screen.answer(answer); }
            for event in &hub.log[screen.heard..] { screen.board.apply(event.clone()); }
            prop_assert_eq!(screen.board.pending().count(), 0);
            let shown: Vec<Order> = screen.board.orders().cloned().collect();
            prop_assert_eq!(shown, hub.orders.values().cloned().collect::<Vec<_>>());
        }
    }
}
