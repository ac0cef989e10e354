//! A dinner service of two hours, three hundred orders: add-ons, voids, changes, courses, holds, rushes, transfers, recalls
//! and an item that runs out, on five screens of which one dies and one loses its network. At the end the hub, every board,
//! the counts and the history agree to the line.

#![allow(clippy::unwrap_used, reason = "a helper of a test may fail like the test")]

mod support;

use kitchen::*;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use support::NOW;
use testkit::evening::{self, Chance, Hand, KINDS, ORDERS, RUNS_OUT, SERVICE_MS, STEPS, Thought};

const SCREENS: [&str; 5] = ["grill", "fry", "build", "make", "expo"];

/// The hub at its simplest, with a clock, a menu, and an account of what every act moved.
struct Hub {
    setup: Setup,
    orders: BTreeMap<OrderId, Order>,
    log: Vec<Event>,
    answers: BTreeMap<OperationId, Result<u64, Refusal>>,
}

impl Hub {
    fn record(
        &mut self,
        at: At,
        kind: EventKind,
        order: Option<Order>,
        operation: Option<OperationId>,
    ) -> u64 {
        let seq = self.log.len() as u64 + 1;
        if let Some(order) = &order {
            self.orders.insert(order.id.clone(), order.clone());
        }
        let menu = (kind == EventKind::MenuSet).then(|| self.setup.menu.clone());
        self.log.push(Event { seq, at, kind, order, operation, menu, stations: None, settings: None });
        seq
    }

    fn take(&mut self, operation: &Operation, at: At) -> Result<u64, Refusal> {
        if let Some(answer) = self.answers.get(&operation.id) {
            return answer.clone();
        }
        let id = Some(operation.id.clone());
        let answer = if operation.order == OrderId::menu() {
            decide_menu(&self.setup.menu, operation).map(|menu| match menu {
                Some(menu) => {
                    self.setup.menu = menu;
                    self.record(at, EventKind::MenuSet, None, id)
                }
                None => self.log.len() as u64,
            })
        } else {
            match decide(&self.orders[&operation.order], operation, &self.setup, at) {
                Ok(Decided { kind, order: Some(next) }) => Ok(self.record(at, kind, Some(next), id)),
                Ok(Decided { order: None, .. }) => Ok(self.log.len() as u64),
                Err(refusal) => Err(refusal),
            }
        };
        self.answers.insert(operation.id.clone(), answer.clone());
        answer
    }
}

struct Screen {
    station: StationId,
    board: Board,
    up: VecDeque<Operation>,
    heard: usize,
    /// Cut off until then.
    cut: At,
    /// The bumps that this screen made, for its recalls.
    bumps: Vec<(OrderId, OperationId)>,
    made: u32,
}

impl Screen {
    fn new(station: &str, hub: &Hub) -> Self {
        let mut board = Board::new(hub.setup.clone());
        board.replace(hub.setup.clone(), hub.orders.values().cloned(), hub.log.len() as u64);
        let heard = hub.log.len();
        Self {
            station: station.into(),
            board,
            up: VecDeque::new(),
            heard,
            cut: NOW,
            bumps: Vec::new(),
            made: 0,
        }
    }

    fn act(&mut self, order: OrderId, act: Act, now: At) -> Option<OperationId> {
        self.made += 1;
        let id = OperationId(format!("{}-{}", self.station, self.made));
        let seen = self.board.confirmed(&order).map_or(0, |order| order.version);
        let operation = Operation { id: id.clone(), device: None, at: now, order, seen, act };
        self.board.propose(operation.clone(), now).ok()?;
        self.up.push_back(operation);
        Some(id)
    }

    /// Sends what waits and hears what was said, unless it is cut off. Some of it goes twice.
    fn exchange(&mut self, hub: &mut Hub, now: At, chance: &mut Chance) {
        if now < self.cut {
            return;
        }
        while let Some(operation) = self.up.pop_front() {
            if chance.one_in(10) {
                let _ = hub.take(&operation, now);
            }
            match hub.take(&operation, now) {
                Ok(seq) => self.board.applied(&operation.id, seq),
                Err(_) => {
                    self.board.withdraw(&operation.id);
                }
            }
        }
        for event in &hub.log[self.heard..] {
            assert!(matches!(self.board.apply(event.clone()), Standing::Applied(_)));
        }
        self.heard = hub.log.len();
    }

    /// The program dies and starts again: what the journal kept is there, the rest is told anew.
    fn die(&mut self, hub: &Hub) {
        let pending: Vec<Operation> = self.board.pending().cloned().collect();
        let (bumps, made) = (std::mem::take(&mut self.bumps), self.made);
        *self = Self { bumps, made, ..Self::new(&self.station.0.clone(), hub) };
        for operation in pending {
            self.board.restore(operation.clone());
            self.up.push_back(operation);
        }
    }

    /// What a cook does with a moment.
    fn work(&mut self, now: At, chance: &mut Chance) {
        let station = self.station.clone();
        let tickets = self.board.tickets(&station, now);
        let Some(ticket) = tickets.get(chance.below(3) as usize).or(tickets.first()) else { return };
        let order = ticket.order.clone();
        let open: Vec<Touch> = ticket
            .own
            .iter()
            .filter(|own| own.is_open())
            .map(|own| Touch { line: own.line.id.clone(), upto: own.asked })
            .collect();
        let next = order.next_course(now).map(|course| course.number);
        let Some(first) = open.first().cloned().map(|touch| vec![touch]) else {
            self.act(order.id, Act::Fire { course: next }, now);
            return;
        };
        let act = match Hand::next(chance) {
            Hand::Start => Act::Start { station, lines: open },
            Hand::Finish => Act::Finish { station, lines: first },
            Hand::Reopen => Act::Reopen { station, lines: vec![Touch { upto: 0, ..first[0].clone() }] },
            Hand::Rush => Act::Rush,
            Hand::Unrush => Act::Unrush,
            Hand::Hold => Act::Hold { until: Some(now.plus(120_000)) },
            Hand::Release => Act::Release,
            Hand::Transfer { to } if !station.is_expo() => {
                Act::Transfer { from: station, to, lines: vec![first[0].line.clone()] }
            }
            Hand::Fire if next.is_some() => Act::Fire { course: next },
            Hand::Recall if !self.bumps.is_empty() => {
                let (order, bump) = self.bumps.swap_remove(chance.below(self.bumps.len() as u64) as usize);
                self.act(order, Act::Unbump { bump, also: vec![] }, now);
                return;
            }
            Hand::Stock { left } => {
                let act = Act::Stock { item: RUNS_OUT.into(), name: RUNS_OUT.into(), left };
                self.act(OrderId::menu(), act, now);
                return;
            }
            Hand::Transfer { .. } | Hand::Fire | Hand::Recall | Hand::Bump => {
                Act::Bump { station, lines: open }
            }
        };
        let is_bump = matches!(act, Act::Bump { .. });
        if let Some(id) = self.act(order.id.clone(), act, now)
            && is_bump
        {
            self.bumps.push((order.id, id));
        }
    }
}

/// The POS changes its mind about an order that is open.
fn second_thought(hub: &mut Hub, now: At, chance: &mut Chance, n: u64) {
    let open: Vec<Order> = hub.orders.values().filter(|order| order.is_open()).cloned().collect();
    let Some(order) = open.get(chance.below(open.len().max(1) as u64) as usize) else { return };
    let named = &order.lines[chance.below(order.lines.len() as u64) as usize];
    let act = match Thought::next(chance) {
        Thought::More => Act::AddLines { lines: vec![evening::line("fries", 1)] },
        Thought::Fewer => {
            Act::VoidLines { lines: vec![Touch { line: named.id.clone(), upto: named.voided + 1 }] }
        }
        Thought::Otherwise => Act::ChangeLine {
            line: named.id.clone(),
            modifiers: Some(vec![format!("extra {n}")]),
            notes: None,
        },
        Thought::Gone => Act::VoidOrder { reason: None },
    };
    let operation = Operation {
        id: OperationId(format!("pos-{n}")),
        device: None,
        at: now,
        order: order.id.clone(),
        seen: 0,
        act,
    };
    let _ = hub.take(&operation, now);
}

#[test]
fn after_a_service_hub_boards_counts_and_history_agree_to_the_line() {
    for seed in 0..3 {
        play(seed);
    }
}

fn play(seed: u64) {
    let mut chance = Chance::new(seed);
    let mut house = evening::house();
    house.settings.courses = CourseRule::WhenDone;
    let mut hub = Hub { setup: house, orders: BTreeMap::new(), log: Vec::new(), answers: BTreeMap::new() };
    let mut screens: Vec<Screen> = SCREENS.iter().map(|station| Screen::new(station, &hub)).collect();
    let step = SERVICE_MS / STEPS as i64;
    let mut placed = 0;
    for tick in 0..STEPS {
        let now = NOW.plus(tick as i64 * step);
        if tick % 4 == 0 {
            placed += 1;
            let id = OrderId(format!("o{placed}"));
            let order =
                evening::order(&mut chance, placed).open(id, placed.to_string(), now, &hub.setup).unwrap();
            hub.record(now, EventKind::OrderCreated, Some(order), None);
        }
        if chance.one_in(8) {
            second_thought(&mut hub, now, &mut chance, tick);
        }
        for screen in &mut screens {
            for _ in 0..2 {
                screen.work(now, &mut chance);
            }
            screen.exchange(&mut hub, now, &mut chance);
        }
        match tick {
            400 => screens[0].cut = now.plus(600_000),
            700 => screens[1].cut = now.plus(60_000),
            702 => screens[1].die(&hub),
            _ => {}
        }
    }
    // Everybody is heard and hears; the last of the food goes out.
    let mut now = NOW.plus(SERVICE_MS).plus(600_000);
    for _ in 0..2_000 {
        now = now.plus(1_000);
        for screen in &mut screens {
            screen.exchange(&mut hub, now, &mut chance);
        }
        agree(&hub, &screens, now);
        if hub.orders.values().all(|order| !order.is_open()) {
            break;
        }
        for order in hub.orders.values().filter(|order| order.is_open()).cloned().collect::<Vec<_>>() {
            close(&mut screens, &order, now);
        }
    }
    assert_eq!(hub.orders.len(), ORDERS as usize, "no order is lost or doubled");
    let left: Vec<_> = hub.orders.values().filter(|order| order.is_open()).map(|order| &order.id).collect();
    assert!(left.is_empty(), "evening {seed}: open for ever: {left:?}");
    history(&hub);
}

/// Every station bumps what it has of an order; what no course has fired is fired.
fn close(screens: &mut [Screen], order: &Order, now: At) {
    if let Some(course) = order.next_course(now) {
        screens[4].act(order.id.clone(), Act::Fire { course: Some(course.number) }, now);
    }
    for station in ["grill", "fry", "build", "make", "oven", "expo"] {
        let station = StationId::from(station);
        let lines: Vec<Touch> = Ticket::of(order, &station, now)
            .iter()
            .flat_map(|ticket| ticket.own.iter().filter(|own| own.is_open()))
            .map(|own| Touch { line: own.line.id.clone(), upto: own.asked })
            .collect();
        if !lines.is_empty() {
            screens[4].act(order.id.clone(), Act::Bump { station, lines }, now);
        }
    }
}

/// Every board shows what the hub has, and its counts are those of the hub's open tickets.
fn agree(hub: &Hub, screens: &[Screen], now: At) {
    let mut truth = Board::new(hub.setup.clone());
    truth.replace(hub.setup.clone(), hub.orders.values().cloned(), hub.log.len() as u64);
    for screen in screens.iter().filter(|screen| screen.heard == hub.log.len()) {
        assert_eq!(screen.board.pending().count(), 0);
        assert!(screen.board.orders().eq(hub.orders.values()), "{} shows otherwise", screen.station);
        assert_eq!(screen.board.setup().menu, hub.setup.menu);
        let counts = |board: &Board| all_day(&board.tickets(&screen.station, now));
        assert_eq!(counts(&screen.board), counts(&truth));
    }
}

/// The log tells the whole story: versions without a gap, each operation once, and its end is what the hub has.
fn history(hub: &Hub) {
    let told_of: BTreeSet<String> = hub.log.iter().map(|event| format!("{:?}", event.kind)).collect();
    for kind in KINDS {
        assert!(told_of.contains(&format!("{kind:?}")), "no evening without {kind:?}");
    }
    let (mut versions, mut done) = (BTreeMap::new(), BTreeSet::new());
    let mut told = Board::new(hub.setup.clone());
    for event in &hub.log {
        if let Some(order) = &event.order {
            let before = versions.insert(order.id.clone(), order.version).unwrap_or(0);
            assert_eq!(order.version, before + 1);
        }
        assert!(event.operation.as_ref().is_none_or(|id| done.insert(id.clone())), "an act is told twice");
        assert!(matches!(told.apply(event.clone()), Standing::Applied(_)));
    }
    assert!(told.orders().eq(hub.orders.values()));
}
