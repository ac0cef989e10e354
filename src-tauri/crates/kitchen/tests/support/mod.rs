//! A small kitchen for the tests, and a hub of a dozen lines: the reference that boards are compared with.
#![allow(dead_code, missing_docs, unreachable_pub, clippy::unwrap_used)]

use kitchen::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

pub use testkit::evening::{course_of, house as setup, line};

pub const NOW: At = At(1_700_000_000_000);

pub fn order(id: &str, lines: Vec<NewLine>) -> Order {
    NewOrder { lines, ..NewOrder::default() }
        .open(id.into(), format!("20260101-{id}"), NOW, &setup())
        .unwrap()
}

pub fn touch(line: &str, upto: u32) -> Touch {
    Touch { line: line.into(), upto }
}

pub fn operation(id: &str, order: &Order, act: Act) -> Operation {
    Operation { id: id.into(), device: None, at: NOW, order: order.id.clone(), seen: order.version, act }
}

/// The order after an act that must be accepted.
pub fn after(order: &Order, id: &str, act: Act) -> Order {
    decide(order, &operation(id, order, act), &setup(), NOW).unwrap().order.unwrap_or_else(|| order.clone())
}

pub fn stations() -> Vec<StationId> {
    ["grill", "fry", "build", "make", "oven", "expo"].into_iter().map(StationId::from).collect()
}

/// An order of up to four lines; `n` makes its id.
pub fn any_order(n: usize) -> impl Strategy<Value = Order> {
    let item = prop::sample::select(vec!["steak", "fries", "burger", "wine", "pizza"]);
    let course = prop::option::of(1u8..4);
    let plan = prop::sample::select(vec![None, Some(CourseRule::ByHand), Some(CourseRule::WhenDone)]);
    (prop::collection::vec((item, 1u32..4, course), 1..5), plan).prop_map(move |(lines, plan)| {
        let lines = lines.into_iter().map(|(i, q, course)| NewLine { course, ..line(i, q) }).collect();
        let mut setup = setup();
        setup.settings.courses = plan.unwrap_or_default();
        let courses = plan.map_or(vec![], |_| (1..4).map(course_of).collect());
        let draft = NewOrder { lines, courses, ..NewOrder::default() };
        draft.open(format!("o{n}").into(), format!("20260101-o{n}"), NOW, &setup).unwrap()
    })
}

/// An act that names lines by their position in the order; `earlier` are operations whose bumps may be taken back.
#[derive(Debug, Clone)]
pub struct Plan {
    pub verb: u8,
    pub station: usize,
    pub lines: BTreeSet<usize>,
    pub upto: u32,
    pub earlier: usize,
}

pub fn any_plan() -> impl Strategy<Value = Plan> {
    (0u8..24, 0usize..6, prop::collection::btree_set(0usize..5, 1..4), 0u32..4, any::<prop::sample::Index>())
        .prop_map(|(verb, station, lines, upto, earlier)| Plan {
            verb,
            station,
            lines,
            upto,
            earlier: earlier.index(16),
        })
}

impl Plan {
    pub fn act(&self, order: &Order, operations: &[OperationId]) -> Act {
        let station = stations()[self.station].clone();
        let lines: Vec<Touch> = self
            .lines
            .iter()
            .filter_map(|index| order.lines.get(*index))
            .map(|line| Touch { line: line.id.clone(), upto: self.upto })
            .collect();
        match self.verb {
            0 => Act::Start { station, lines },
            1 => Act::Finish { station, lines },
            2 => Act::Reopen { station, lines },
            3 | 4 => Act::Bump { station, lines },
            5 if !operations.is_empty() => {
                let named = |n: usize| operations[n % operations.len()].clone();
                let also = if self.upto > 1 { vec![named(self.earlier + 1)] } else { vec![] };
                Act::Unbump { bump: named(self.earlier), also }
            }
            9 => Act::Unstart { station, lines },
            10 => Act::Rush,
            11 => Act::Unrush,
            12 => Act::Hold { until: (self.upto > 0).then(|| NOW.plus(i64::from(self.upto) * 500)) },
            13 => Act::Release,
            14 => Act::Fire { course: (self.upto > 0).then_some(self.upto as u8) },
            15 => Act::Unfire { course: (self.upto > 0).then_some(self.upto as u8) },
            16 | 17 => Act::Transfer {
                from: station,
                to: stations()[self.earlier % 5].clone(),
                lines: lines.into_iter().map(|touch| touch.line).collect(),
            },
            18 if !lines.is_empty() => Act::ChangeLine {
                line: lines[0].line.clone(),
                modifiers: Some(vec![format!("extra {}", self.upto)]),
                notes: None,
            },
            21 | 22 => Act::Park,
            23 => Act::Unpark,
            6 => Act::VoidLines { lines },
            7 => Act::AddLines { lines: vec![line("fries", self.upto.max(1))] },
            _ => Act::Acknowledge { station, lines },
        }
    }
}

/// The hub at its simplest: one log, every operation applied once.
pub struct Reference {
    pub setup: Setup,
    pub orders: std::collections::BTreeMap<OrderId, Order>,
    pub log: Vec<Event>,
    pub answers: std::collections::BTreeMap<OperationId, Result<u64, Refusal>>,
}

impl Reference {
    pub fn new(orders: Vec<Order>) -> Self {
        let mut hub =
            Self { setup: setup(), orders: Default::default(), log: Vec::new(), answers: Default::default() };
        for order in orders {
            hub.record(EventKind::OrderCreated, order, None);
        }
        hub
    }

    fn record(&mut self, kind: EventKind, order: Order, operation: Option<OperationId>) -> u64 {
        let seq = self.log.len() as u64 + 1;
        self.orders.insert(order.id.clone(), order.clone());
        let nothing = (None, None, None);
        let (menu, stations, settings) = nothing;
        self.log.push(Event { seq, at: NOW, kind, order: Some(order), operation, menu, stations, settings });
        seq
    }

    pub fn take(&mut self, operation: &Operation) -> Result<u64, Refusal> {
        if let Some(answer) = self.answers.get(&operation.id) {
            return answer.clone();
        }
        let order = self.orders[&operation.order].clone();
        let answer = match decide(&order, operation, &self.setup, NOW.plus(1000)) {
            Ok(Decided { kind, order: Some(next) }) => {
                Ok(self.record(kind, next, Some(operation.id.clone())))
            }
            Ok(Decided { order: None, .. }) => Ok(self.log.len() as u64),
            Err(refusal) => Err(refusal),
        };
        self.answers.insert(operation.id.clone(), answer.clone());
        answer
    }
}
