//! The whole way between a hub and a glass, in virtual time: the session machine, the copy of the log, the outbox, the
//! clock and a journal, driven through everything that a network, a server and a user can do, against a hub of a few
//! lines. What must always hold is asserted at every step; what must hold in the end, once everything is quiet.

use crate::clock::{Clock, HubTime};
use crate::dialect::HubDialect;
use crate::log::{Log, Lost, Want};
use journal::{Batch, Kept, Queued};
use kitchen::{
    Act, At, Decided, Event, EventKind, Operation, OperationId, Order, OrderId, Refusal, Setup, Touch, decide,
};
use link::{Credentials, Event as LinkEvent, Input, Output, Phase, Session, Timing};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use wire::hub::{
    Fault, Hello, HubMessage, LARGEST_FRAME, PROTOCOL, Refused, Resume, ScreenMessage, Snapshot, Welcome,
    hello_refusal,
};

/// A hub at its simplest: one log, every operation applied once.
struct Hub {
    life: u32,
    setup: Setup,
    log: Vec<Event>,
    orders: BTreeMap<OrderId, Order>,
    outcomes: BTreeMap<OperationId, Result<u64, Refusal>>,
    /// The log begins after this.
    compacted: u64,
    placed: u32,
    token: u32,
    /// Says "not now" to operations.
    busy: bool,
    now: i64,
    /// An older copy that nobody has noticed: nothing new happens before the first screen is back.
    unnoticed: bool,
}

impl Hub {
    fn seq(&self) -> u64 {
        self.log.len() as u64
    }

    fn epoch(&self) -> kitchen::EpochId {
        format!("life-{}", self.life).as_str().into()
    }

    fn record(&mut self, kind: EventKind, order: Order, operation: Option<OperationId>) -> u64 {
        let seq = self.seq() + 1;
        self.orders.insert(order.id.clone(), order.clone());
        let (menu, stations, settings) = (None, None, None);
        let (at, order) = (At(self.now), Some(order));
        self.log.push(Event { seq, at, kind, order, operation, menu, stations, settings });
        seq
    }

    fn take(&mut self, operation: &Operation) -> Result<u64, Refusal> {
        if let Some(outcome) = self.outcomes.get(&operation.id) {
            return outcome.clone();
        }
        let outcome = match self.orders.get(&operation.order) {
            None => Err(Refusal::UnknownOrder),
            Some(order) => match decide(order, operation, &self.setup, At(self.now)) {
                Ok(Decided { kind, order: Some(next) }) => {
                    Ok(self.record(kind, next, Some(operation.id.clone())))
                }
                Ok(Decided { order: None, .. }) => Ok(self.seq()),
                Err(refusal) => Err(refusal),
            },
        };
        self.outcomes.insert(operation.id.clone(), outcome.clone());
        outcome
    }

    fn place(&mut self) {
        if self.unnoticed {
            return;
        }
        self.placed += 1;
        let lines = vec![testkit::line("steak", 2, &[]), testkit::line("fries", 1, &[])];
        let id = format!("o{}", self.placed);
        let order = testkit::order(&id, At(self.now), testkit::draft("1", lines));
        self.record(EventKind::OrderCreated, order, None);
    }

    fn void(&mut self, nth: usize) {
        let Some(order) = self.orders.values().nth(nth % self.orders.len().max(1)).cloned() else { return };
        if self.unnoticed {
            return;
        }
        let lines = vec![Touch { line: order.lines[0].id.clone(), upto: 1 }];
        let operation = operation(&format!("pos-{}", self.seq()), &order, Act::VoidLines { lines }, self.now);
        if let Ok(Decided { kind, order: Some(next) }) = decide(&order, &operation, &self.setup, At(self.now))
        {
            self.record(kind, next, None);
        }
    }

    /// An older copy of its own data. What it noticed of it is another life of the log.
    fn restore(&mut self, keep: u64, noticed: bool) {
        let keep = keep.min(self.seq());
        self.log.truncate(usize::try_from(keep).unwrap());
        self.orders.clear();
        for order in self.log.iter().filter_map(|event| event.order.clone()) {
            self.orders.insert(order.id.clone(), order);
        }
        let kept: BTreeSet<_> = self.log.iter().filter_map(|event| event.operation.clone()).collect();
        self.outcomes.retain(|id, _| kept.contains(id));
        self.compacted = self.compacted.min(keep);
        if noticed {
            self.life += 1;
        }
        self.unnoticed = !noticed;
    }
}

fn operation(id: &str, order: &Order, act: Act, now: i64) -> Operation {
    Operation { id: id.into(), device: None, at: At(now), order: order.id.clone(), seen: order.version, act }
}

/// A connection, with what is under way on it in both directions.
struct Wire {
    generation: u64,
    up: VecDeque<String>,
    down: VecDeque<String>,
    /// The hub's place in its log for this screen, once greeted.
    cursor: Option<u64>,
    /// The hub's end is gone, and nobody has told the screen.
    is_half_open: bool,
}

/// How the next connections are met.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Door {
    Open,
    Shut,
    /// Accepts and never upgrades.
    Mute,
    /// Upgrades and drops.
    Drops,
}

#[derive(Debug, Default)]
struct Hands(AtomicI64);

impl Clock for Hands {
    fn elapsed(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.load(Ordering::Relaxed)).unwrap())
    }
    fn wall(&self) -> At {
        // An hour wrong, and nobody's business.
        At(self.0.load(Ordering::Relaxed) + 3_600_000)
    }
}

struct World {
    hub: Hub,
    wire: Option<Wire>,
    door: Door,
    /// Nothing moves on the network.
    is_dark: bool,
    /// A socket that is to be closed takes its time.
    is_slow_to_close: bool,
    closing: Option<u64>,

    session: Session<HubDialect>,
    /// The driver's time.
    now: Duration,
    /// Counts through suspend.
    hands: Arc<Hands>,
    time: HubTime,
    /// Between the driver and the actor.
    events: VecDeque<LinkEvent>,
    log: Log,
    kept: Kept,
    made: Vec<Operation>,
    /// The hub told that it had these, and lost its memory: nothing brings them back.
    excused: BTreeSet<OperationId>,
    forgot: usize,
    phase: Phase,
    token: u32,
    wanted: bool,
}

impl World {
    fn new(seed: u64) -> Self {
        let hands = Arc::new(Hands::default());
        let setup = testkit::setup();
        let (orders, outcomes) = (BTreeMap::new(), BTreeMap::new());
        let hub = Hub {
            life: 1,
            setup: setup.clone(),
            log: Vec::new(),
            orders,
            outcomes,
            compacted: 0,
            placed: 0,
            token: 1,
            busy: false,
            now: 1_700_000_000_000,
            unnoticed: false,
        };
        let mut kept = Kept::default();
        Self {
            hub,
            wire: None,
            door: Door::Open,
            is_dark: false,
            is_slow_to_close: false,
            closing: None,
            session: Session::new(HubDialect, Timing::lan(), seed),
            now: Duration::ZERO,
            time: HubTime::new(hands.clone(), 0),
            hands,
            events: VecDeque::new(),
            log: Log::restored(&mut kept, setup),
            kept,
            made: Vec::new(),
            excused: BTreeSet::new(),
            forgot: 0,
            phase: Phase::Idle,
            token: 1,
            wanted: false,
        }
    }

    // --- the driver --------------------------------------------------------------------------------------------

    fn give(&mut self, input: Input) {
        self.session.handle(input, self.now);
        self.perform();
    }

    fn perform(&mut self) {
        while let Some(output) = self.session.poll_output() {
            match output {
                Output::Open { generation } => {
                    assert!(self.wire.is_none() && self.closing.is_none(), "a second socket");
                    let (up, down) = (VecDeque::new(), VecDeque::new());
                    self.wire = Some(Wire { generation, up, down, cursor: None, is_half_open: false });
                }
                Output::Send { generation, text } => {
                    let wire = self.wire.as_mut().expect("a socket to send on");
                    assert_eq!(wire.generation, generation);
                    wire.up.push_back(text);
                    assert!(wire.up.len() <= 200, "what is under way is bounded");
                }
                Output::Close { generation, .. } => {
                    if self.is_slow_to_close {
                        self.closing = Some(generation);
                        continue;
                    }
                    self.gone(generation, Some(1000));
                }
                Output::Drop { generation } => self.gone(generation, None),
                Output::Event(event) => self.events.push_back(event),
                // Nobody answers it: a way that cannot be measured ends no connection.
                Output::Ping { .. } | Output::Settled(_) | Output::Met(_) => {}
            }
        }
        if self.session.phase() != Phase::Idle && self.session.phase() != Phase::Closing {
            assert!(self.session.next_deadline().is_some(), "{:?} has no end", self.session.phase());
        }
    }

    fn gone(&mut self, generation: u64, code: Option<u16>) {
        let wire = self.wire.take().expect("a socket to be gone");
        assert_eq!(wire.generation, generation);
        self.closing = None;
        self.session.handle(Input::Closed { generation, code, reason: "gone".into() }, self.now);
        self.perform();
    }

    fn cut(&mut self, code: Option<u16>) {
        if let Some(generation) = self.wire.as_ref().map(|wire| wire.generation) {
            self.gone(generation, code);
        }
    }

    fn pass(&mut self, ms: u64) {
        self.now += Duration::from_millis(ms);
        self.sleep(ms);
        self.session.handle_timeout(self.now);
        self.perform();
    }

    /// Time that the driver's timers do not see.
    fn sleep(&mut self, ms: u64) {
        let ms = i64::try_from(ms).unwrap();
        self.hands.0.fetch_add(ms, Ordering::Relaxed);
        self.hub.now += ms;
    }

    // --- the actor ---------------------------------------------------------------------------------------------

    fn turn(&mut self) {
        while let Some(event) = self.events.pop_front() {
            self.hear(event);
        }
        let wants = self.log.handle_timeout(self.now);
        self.fulfil(wants);
        self.send();
    }

    fn hear(&mut self, event: LinkEvent) {
        match event {
            LinkEvent::Changed { from, to, wait, .. } => {
                assert_eq!(from, self.phase, "each change is told once, in order");
                assert_ne!(from, to);
                assert_eq!(
                    wait.is_some(),
                    matches!(to, Phase::Waiting | Phase::Refused),
                    "a wait has a length"
                );
                self.phase = to;
                if to != Phase::Live {
                    self.log.parted();
                }
            }
            LinkEvent::Greet { generation, credentials } => {
                if credentials == Credentials::Renewed {
                    self.token = self.hub.token;
                }
                let (epoch, seq) = self.log.place();
                let hello = Hello {
                    protocol: PROTOCOL,
                    app: "model".into(),
                    device_id: "d".into(),
                    restaurant_id: self.log.restaurant.clone(),
                    role: "display".into(),
                    station: None,
                    epoch,
                    seq,
                    token: self.token.to_string(),
                };
                let text = serde_json::to_string(&ScreenMessage::Hello(hello)).unwrap();
                self.give(Input::Greeting { generation, text });
            }
            LinkEvent::Frame { generation, text } => {
                if let Ok(message) = serde_json::from_str::<HubMessage>(&text) {
                    let before = (self.log.epoch.clone(), self.log.board.seq());
                    let is_event = matches!(message, HubMessage::Event(_));
                    let wants = self.log.hear(generation, message, self.now);
                    let after = (self.log.epoch.clone(), self.log.board.seq());
                    if is_event {
                        assert!(after == before || after == (before.0, before.1 + 1), "one event, one step");
                    }
                    self.fulfil(wants);
                    self.send();
                }
            }
            LinkEvent::RoundTrip { .. } | LinkEvent::AttemptLimit { .. } => {}
        }
    }

    fn fulfil(&mut self, wants: Vec<Want>) {
        for want in wants {
            match want {
                Want::Reconnect { generation } => self.give(Input::Reconnect { generation }),
                Want::Time(at) => self.time.hear(at),
                Want::Forgot { .. } => self.forgot += 1,
                Want::Leave => panic!("there is only one restaurant"),
                Want::Welcomed
                | Want::Look
                | Want::Setup
                | Want::Notices(_)
                | Want::OperationRefused { .. }
                | Want::ScreenRefused(_) => {}
            }
        }
    }

    fn send(&mut self) {
        let now = self.time.now();
        if let Some((generation, operations)) = self.log.send(now, self.now) {
            for operation in operations {
                let text = serde_json::to_string(&ScreenMessage::Operation(operation)).unwrap();
                self.give(Input::Send { generation, text });
            }
        }
    }

    fn press(&mut self, nth: usize, how: u8) {
        let shown: Vec<Order> = self.log.board.orders().cloned().collect();
        let Some(order) = shown.get(nth % shown.len().max(1)) else { return };
        let lines: Vec<Touch> =
            order.lines.iter().map(|line| Touch { line: line.id.clone(), upto: line.live() }).collect();
        let station = "grill".into();
        let act = match how {
            0 => Act::Finish { station, lines },
            1 => match order.bumps.last() {
                Some(bump) => Act::Unbump { bump: bump.operation.clone(), also: vec![] },
                None => return,
            },
            _ => Act::Bump { station, lines },
        };
        let id = format!("op-{}", self.made.len());
        let operation = operation(&id, order, act, self.time.now().0);
        if decide(order, &operation, self.log.board.setup(), operation.at).is_err() {
            return;
        }
        // Durable before done.
        self.kept.outbox.push(Queued { operation: operation.clone(), not_before: None });
        self.made.push(operation.clone());
        self.log.board.propose(operation.clone(), operation.at).unwrap();
        self.log.outbox.push(operation);
    }

    // --- the disk ----------------------------------------------------------------------------------------------

    fn write(&mut self, works: bool) {
        self.log.settle();
        let Some(batch) = self.log.batch() else { return };
        if !works {
            self.log.write_again(Lost::of(&batch));
            return;
        }
        let Batch { settled, whole, orders, forgotten, cursor, setup, .. } = batch;
        let settled: BTreeSet<OperationId> = settled.into_iter().collect();
        self.kept.outbox.retain(|queued| !settled.contains(&queued.operation.id));
        let fresh: BTreeSet<_> = orders.iter().map(|order| order.id.clone()).collect();
        self.kept.orders.retain(|held| !whole && !fresh.contains(&held.id) && !forgotten.contains(&held.id));
        self.kept.orders.extend(orders);
        self.kept.cursor = cursor.or(self.kept.cursor.take());
        self.kept.setup = setup.or(self.kept.setup.take());
    }

    /// The screen loses power and starts again from what its journal holds.
    fn restart(&mut self) {
        self.wire = None;
        self.closing = None;
        self.events.clear();
        self.session = Session::new(HubDialect, Timing::lan(), self.made.len() as u64);
        self.phase = Phase::Idle;
        let mut kept = self.kept.clone();
        self.log = Log::restored(&mut kept, testkit::setup());
        self.time = HubTime::new(self.hands.clone(), 0);
        self.wanted = true;
        self.give(Input::Connect);
    }

    // --- the hub's side ----------------------------------------------------------------------------------------

    /// The socket opens, or not.
    fn knock(&mut self) {
        let Some(wire) = &self.wire else { return };
        let generation = wire.generation;
        if self.session.phase() != Phase::Connecting || self.is_dark {
            return;
        }
        match self.door {
            Door::Open => self.give(Input::Opened { generation }),
            Door::Mute => {}
            Door::Shut => self.cut(None),
            Door::Drops => {
                self.give(Input::Opened { generation });
                self.cut(None);
            }
        }
    }

    fn serve(&mut self, most: usize) {
        let Some(mut wire) = self.wire.take() else { return };
        if self.is_dark || wire.is_half_open {
            self.wire = Some(wire);
            return;
        }
        let mut close = None;
        for _ in 0..most {
            let Some(text) = wire.up.pop_front() else { break };
            match serde_json::from_str::<ScreenMessage>(&text) {
                Ok(ScreenMessage::Hello(hello)) if wire.cursor.is_none() => match self.admit(&hello) {
                    Ok((messages, cursor)) => {
                        wire.down.extend(messages.iter().map(|m| serde_json::to_string(m).unwrap()));
                        wire.cursor = Some(cursor);
                    }
                    Err(fault) => {
                        let refused = HubMessage::Refused(Refused { id: None, fault });
                        wire.down.push_back(serde_json::to_string(&refused).unwrap());
                        close = Some(1008);
                    }
                },
                Ok(ScreenMessage::Operation(operation)) if wire.cursor.is_some() => {
                    let id = operation.id.clone();
                    let refused = |fault| HubMessage::Refused(Refused { id: Some(id.clone()), fault });
                    let answer = if self.hub.busy {
                        refused(Fault::new("hub_busy").passing())
                    } else {
                        match self.hub.take(&operation) {
                            Ok(seq) => HubMessage::Applied { id, seq },
                            Err(refusal) => refused(Fault::new(refusal.code())),
                        }
                    };
                    wire.down.push_back(serde_json::to_string(&answer).unwrap());
                }
                Ok(_) | Err(_) => {}
            }
        }
        if let Some(cursor) = &mut wire.cursor {
            for event in self.hub.log.iter().filter(|event| event.seq > *cursor) {
                wire.down
                    .push_back(serde_json::to_string(&HubMessage::Event(Box::new(event.clone()))).unwrap());
            }
            *cursor = self.hub.seq();
        }
        let frames = if close.is_some() { std::mem::take(&mut wire.down) } else { VecDeque::new() };
        let generation = wire.generation;
        self.wire = Some(wire);
        for text in frames {
            self.give(Input::Frame { generation, text });
        }
        if close.is_some() && self.wire.as_ref().is_some_and(|wire| wire.generation == generation) {
            self.cut(close);
        }
    }

    fn admit(&mut self, hello: &Hello) -> Result<(Vec<HubMessage>, u64), Fault> {
        if hello.token != self.hub.token.to_string() {
            return Err(Fault::new(hello_refusal::TOKEN));
        }
        if hello.epoch == Some(self.hub.epoch()) && hello.seq > Some(self.hub.seq()) {
            // It has read what this log does not hold.
            self.hub.life += 1;
        }
        self.hub.unnoticed = false;
        let end = self.hub.seq();
        let known = hello
            .seq
            .filter(|seq| hello.epoch == Some(self.hub.epoch()) && *seq >= self.hub.compacted && *seq <= end);
        let mut messages = vec![HubMessage::Welcome(Welcome {
            protocol: PROTOCOL,
            app: "hub".into(),
            restaurant_id: "kitchen-1".into(),
            epoch: self.hub.epoch(),
            seq: end,
            server_time: At(self.hub.now),
            resume: if known.is_some() { Resume::Events } else { Resume::Snapshot },
        })];
        if known.is_none() {
            let orders: Vec<Order> = self.hub.orders.values().cloned().collect();
            let mut parts: Vec<Vec<Order>> = orders.chunks(3).map(<[Order]>::to_vec).collect();
            if parts.is_empty() {
                parts.push(Vec::new());
            }
            let last = parts.len() - 1;
            for (part, orders) in parts.into_iter().enumerate() {
                messages.push(HubMessage::Snapshot(Snapshot {
                    seq: end,
                    part: u32::try_from(part).unwrap(),
                    last: part == last,
                    setup: (part == 0).then(|| self.hub.setup.clone()),
                    orders,
                }));
            }
        }
        Ok((messages, known.unwrap_or(end)))
    }

    fn beat(&mut self) {
        let server_time = At(self.hub.now);
        if let Some(wire) = &mut self.wire
            && let (Some(seq), false) = (wire.cursor, wire.is_half_open)
        {
            let beat = HubMessage::Heartbeat { server_time, seq };
            wire.down.push_back(serde_json::to_string(&beat).unwrap());
        }
    }

    fn deliver(&mut self, most: usize) {
        for _ in 0..most {
            if self.is_dark {
                return;
            }
            let Some(wire) = &mut self.wire else { return };
            let generation = wire.generation;
            let Some(text) = wire.down.pop_front() else { return };
            if text.len() > LARGEST_FRAME {
                // The socket takes no frame of that size and ends.
                self.cut(Some(1009));
                return;
            }
            self.give(Input::Frame { generation, text });
        }
    }

    // --- everything that can happen ----------------------------------------------------------------------------

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Connect => {
                self.wanted = true;
                self.give(Input::Connect);
            }
            Step::Disconnect => {
                self.wanted = false;
                self.give(Input::Disconnect);
            }
            Step::Retry => self.give(Input::Retry),
            Step::Press(nth, how) => {
                self.press(nth, how);
                self.send();
            }
            Step::Turn => self.turn(),
            Step::Write(works) => self.write(works),
            Step::Restart => self.restart(),
            Step::Place => self.hub.place(),
            Step::Void(nth) => self.hub.void(nth),
            Step::Busy(busy) => self.hub.busy = busy,
            Step::Token => {
                self.hub.token += 1;
                if self.wire.as_ref().is_some_and(|wire| wire.cursor.is_some()) {
                    self.cut(Some(1008));
                }
            }
            Step::Compact => self.hub.compacted = self.hub.seq(),
            Step::Restore(back, noticed) => {
                // What the screen has been told it knows; what is on the way is lost with the process.
                self.turn();
                self.cut(Some(1001));
                let before: BTreeSet<OperationId> = self.hub.outcomes.keys().cloned().collect();
                self.hub.restore(self.hub.seq().saturating_sub(back), noticed);
                let forgotten = before.into_iter().filter(|id| !self.hub.outcomes.contains_key(id));
                self.excused.extend(forgotten.filter(|id| !self.log.board.is_pending(id)));
            }
            Step::HubClock(ms) => self.hub.now += ms,
            Step::Knock => self.knock(),
            Step::Serve(most) => self.serve(most),
            Step::Beat => self.beat(),
            Step::Deliver(most) => self.deliver(most),
            Step::Door(door) => self.door = door,
            Step::Dark(dark) => self.is_dark = dark,
            Step::HalfOpen => {
                if let Some(wire) = &mut self.wire {
                    wire.is_half_open = true;
                }
            }
            Step::SlowToClose(slow) => self.is_slow_to_close = slow,
            Step::Cut(code) => self.cut(code),
            Step::Spoil { up, nth, how } => {
                let Some(wire) = &mut self.wire else { return };
                let queue = if up { &mut wire.up } else { &mut wire.down };
                if queue.is_empty() {
                    return;
                }
                let nth = nth % queue.len();
                match how {
                    Spoil::Twice => {
                        let text = queue[nth].clone();
                        queue.insert(nth, text);
                    }
                    Spoil::Swap => queue.swap(nth, 0),
                    Spoil::Cut => {
                        let half = queue[nth].len() / 2;
                        queue[nth].truncate(half);
                    }
                    Spoil::Garbage => queue.insert(nth, "\u{0}welcome{\"refused\"}".to_owned()),
                    Spoil::Lose => drop(queue.remove(nth)),
                    Spoil::Huge => queue.insert(nth, "x".repeat(LARGEST_FRAME + 1)),
                }
            }
            Step::Round => {
                self.pass(100);
                self.knock();
                self.turn();
                self.serve(usize::MAX);
                self.deliver(usize::MAX);
                self.turn();
            }
            Step::Pass(ms) => self.pass(ms),
            Step::Suspend(ms) => self.sleep(ms),
        }
        let owes = self.log.following().is_some() && self.log.outbox.answer_due().is_some();
        assert!(!owes || self.log.next_deadline(self.now).is_some(), "an operation waits without an end");
    }

    /// Everything works again, and time goes on.
    fn heal(&mut self) {
        self.door = Door::Open;
        self.is_dark = false;
        self.is_slow_to_close = false;
        self.hub.busy = false;
        if self.wire.as_ref().is_some_and(|wire| wire.is_half_open) && self.phase == Phase::Idle {
            self.cut(None);
        }
    }

    fn live_for(&mut self, ms: u64) {
        for _ in 0..ms / 500 {
            self.pass(500);
            self.knock();
            self.turn();
            self.serve(usize::MAX);
            self.beat();
            self.deliver(usize::MAX);
            self.turn();
            self.write(true);
        }
    }

    fn check_quiet(&mut self) {
        assert_eq!(self.session.phase(), Phase::Live);
        assert_eq!(self.log.board.seq(), self.hub.seq());
        assert_eq!(self.log.epoch, Some(self.hub.epoch()));
        let shown: BTreeMap<OrderId, Order> =
            self.log.board.orders().map(|order| (order.id.clone(), order.clone())).collect();
        assert!(shown == self.hub.orders, "the board is not the hub's");
        assert_eq!((self.log.outbox.len(), self.log.board.pending().count()), (0, 0), "nothing is owed");
        let kept: BTreeMap<OrderId, Order> =
            self.kept.orders.iter().map(|order| (order.id.clone(), order.clone())).collect();
        assert!(kept == self.hub.orders, "the journal is not the hub's");
        assert_eq!(self.kept.orders.len(), kept.len(), "each order once");
        assert!(self.kept.outbox.is_empty());
        assert_eq!(self.kept.cursor.as_ref().map(|cursor| cursor.seq), Some(self.hub.seq()));
        let mut once = BTreeSet::new();
        for event in &self.hub.log {
            if let Some(id) = &event.operation {
                assert!(once.insert(id.clone()), "{id} was applied twice");
            }
        }
        for Operation { id, .. } in &self.made {
            assert!(self.hub.outcomes.contains_key(id) || self.excused.contains(id), "{id} never arrived");
        }
        let late = self.hub.now - self.time.now().0;
        assert!((0..=1).contains(&late), "tickets are {late} ms too young");
    }
}

#[derive(Debug, Clone)]
enum Step {
    Connect,
    Disconnect,
    Retry,
    Press(usize, u8),
    Turn,
    Write(bool),
    Restart,
    Place,
    Void(usize),
    Busy(bool),
    Token,
    Compact,
    Restore(u64, bool),
    HubClock(i64),
    Knock,
    Serve(usize),
    Beat,
    Deliver(usize),
    Door(Door),
    Dark(bool),
    HalfOpen,
    SlowToClose(bool),
    Cut(Option<u16>),
    Spoil {
        up: bool,
        nth: usize,
        how: Spoil,
    },
    /// A tenth of a second in which all that can move does.
    Round,
    Pass(u64),
    Suspend(u64),
}

#[derive(Debug, Clone, Copy)]
enum Spoil {
    Twice,
    Swap,
    Cut,
    Garbage,
    Lose,
    Huge,
}

fn step() -> impl Strategy<Value = Step> {
    let spoil = prop::sample::select(vec![
        Spoil::Twice,
        Spoil::Swap,
        Spoil::Cut,
        Spoil::Garbage,
        Spoil::Lose,
        Spoil::Huge,
    ]);
    let door = prop::sample::select(vec![Door::Open, Door::Open, Door::Shut, Door::Mute, Door::Drops]);
    let code =
        prop::sample::select(vec![None, None, Some(1000), Some(1001), Some(1008), Some(1011), Some(4001)]);
    prop_oneof![
        // What usually happens, so that most runs are somewhere.
        20 => Just(Step::Round),
        4 => Just(Step::Turn),
        4 => Just(Step::Knock),
        6 => (1usize..8).prop_map(Step::Serve),
        6 => (1usize..8).prop_map(Step::Deliver),
        6 => Just(Step::Place),
        16 => (0usize..8, 0u8..5).prop_map(|(nth, how)| Step::Press(nth, how)),
        4 => Just(Step::Beat),
        4 => Just(Step::Connect),
        3 => any::<bool>().prop_map(Step::Write),
        6 => prop_oneof![4 => 1u64..400, 2 => 400u64..40_000, 1 => Just(7_200_000)].prop_map(Step::Pass),
        // And what may.
        1 => Just(Step::Disconnect),
        1 => Just(Step::Retry),
        1 => Just(Step::Restart),
        1 => (0usize..8).prop_map(Step::Void),
        1 => any::<bool>().prop_map(Step::Busy),
        1 => Just(Step::Token),
        1 => Just(Step::Compact),
        1 => (0u64..12, any::<bool>()).prop_map(|(back, noticed)| Step::Restore(back, noticed)),
        1 => prop_oneof![Just(3_600_000i64), Just(-3_600_000i64)].prop_map(Step::HubClock),
        1 => door.prop_map(Step::Door),
        1 => any::<bool>().prop_map(Step::Dark),
        1 => Just(Step::HalfOpen),
        1 => any::<bool>().prop_map(Step::SlowToClose),
        2 => code.prop_map(Step::Cut),
        6 => (any::<bool>(), 0usize..16, spoil).prop_map(|(up, nth, how)| Step::Spoil { up, nth, how }),
        1 => (1u64..20_000_000).prop_map(Step::Suspend),
    ]
}

fn play(steps: &[Step]) {
    let mut world = World::new(steps.len() as u64);
    for step in steps {
        world.step(step);
    }
    world.heal();
    if !world.wanted {
        world.live_for(30_000);
        assert_eq!((world.session.phase(), world.wire.is_some()), (Phase::Idle, false), "as asked last");
    }
    world.step(&Step::Connect);
    // The longest waits in a row: an answer that never came, a refusal's rest, an attempt, a snapshot.
    world.live_for(120_000);
    world.check_quiet();
}

#[test]
fn a_weeks_backlog_drains_in_windows_and_a_touch_of_now_passes_it() {
    const TICKETS: usize = 2_000;
    const BACKLOG: usize = 20_000;
    let mut world = World::new(1);
    for _ in 0..=TICKETS {
        world.hub.place();
    }
    world.step(&Step::Connect);
    world.live_for(3_000);
    // A week without a hub, and then a power cut.
    let orders: Vec<Order> = world.log.board.orders().cloned().collect();
    world.door = Door::Shut;
    world.cut(None);
    for n in 0..BACKLOG {
        let order = &orders[n % TICKETS];
        let station = "grill".into();
        let upto = if (n / TICKETS).is_multiple_of(2) { 2 } else { 0 };
        let lines = vec![Touch { line: order.lines[0].id.clone(), upto }];
        let act = if upto > 0 { Act::Finish { station, lines } } else { Act::Reopen { station, lines } };
        let operation = operation(&format!("week-{n:05}"), order, act, world.hub.now);
        world.kept.outbox.push(Queued { operation: operation.clone(), not_before: None });
        world.made.push(operation);
    }
    world.restart();
    assert_eq!(world.log.outbox.len(), BACKLOG);
    assert_eq!(world.log.outbox.oldest(), Some(world.made[0].at), "its age is known");
    world.door = Door::Open;
    for _ in 0..40 {
        world.step(&Step::Round);
    }
    let left = world.log.outbox.len();
    assert!(left > BACKLOG / 2 && left < BACKLOG, "{left}");
    // Somebody touches the ticket that nobody had touched.
    let touched = world.log.board.orders().position(|order| order.id == orders[TICKETS].id).unwrap();
    world.step(&Step::Press(touched, 2));
    let now = world.made.last().unwrap().id.clone();
    assert!(!now.as_str().starts_with("week"), "it was a touch of now");
    world.step(&Step::Round);
    assert!(world.hub.outcomes.contains_key(&now), "it does not wait for the week");
    let rounds = BACKLOG.div_ceil(40);
    for _ in 0..rounds {
        world.step(&Step::Round);
    }
    assert_eq!(world.log.outbox.len(), 0, "drained in whole windows");
    world.live_for(10_000);
    world.check_quiet();
    let mut last: BTreeMap<OrderId, OperationId> = BTreeMap::new();
    for event in &world.hub.log {
        if let (Some(id), Some(order)) = (&event.operation, &event.order) {
            let before = last.insert(order.id.clone(), id.clone());
            assert!(before.is_none_or(|before| before < *id), "{id} came before its turn");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// R3.13 and the laws of the board, over everything at once.
    #[test]
    fn r3_13_whatever_happens_the_board_is_the_hubs_and_every_operation_arrives_once(
        steps in prop::collection::vec(step(), 1..150)
    ) {
        play(&steps);
    }
}
