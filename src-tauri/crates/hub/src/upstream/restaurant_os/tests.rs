//! The machine in virtual time, between a dumb model of the back end and a dumb model of the hub's log.

use super::*;
use kitchen::{Line, Setup, StationId};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const OURS: &str = "11111111-1111-4111-8111-111111111111";
const UNDO_MS: i64 = 5_000;
/// Half past eight on some evening.
const START: At = At(1_790_000_000_000);

/// A row of the back end.
#[derive(Debug, Clone)]
struct Row {
    restaurant: &'static str,
    status: Status,
    version: u64,
    created: At,
    updated: At,
    items: Value,
    extra: Value,
}

impl Row {
    fn json(&self, id: &str) -> Value {
        let moment = |at: At| jiff::Timestamp::from_millisecond(at.0).unwrap().to_string();
        let mut row = json!({
            "id": id, "restaurant_id": self.restaurant, "order_number": format!("20260921-{id}"),
            "status": self.status.word(), "version": self.version, "items": self.items,
            "created_at": moment(self.created), "updated_at": moment(self.updated),
        });
        for (name, value) in self.extra.as_object().into_iter().flatten() {
            row[name] = value.clone();
        }
        row
    }
}

/// How the back end misbehaves.
#[derive(Debug, Clone, Default)]
struct Mood {
    /// Nothing gets through, neither requests nor frames.
    away: bool,
    /// Requests are carried out, their answers are lost.
    mute: bool,
    /// Frames are not sent.
    silent: bool,
    /// The answer of every request, if it is always the same.
    always: Option<Answer>,
    /// Milliseconds from the frame to the answer.
    slow_ms: i64,
    login: Option<Answer>,
}

struct World {
    now: At,
    machine: Machine,
    mood: Mood,
    rows: BTreeMap<String, Row>,
    /// What happens later: `(when, count)`.
    later: BTreeMap<(At, u64), Input>,
    count: u64,
    connected: bool,
    wants_socket: bool,
    generation: u64,
    token_ends: At,
    tokens: u64,
    setup: Setup,
    orders: BTreeMap<String, kitchen::Order>,
    applied: BTreeMap<String, u64>,
    // what outlives a crash
    kept: BTreeMap<String, Seen>,
    kept_login: Option<HeldLogin>,
    // what was seen
    asked: Vec<(At, Request)>,
    steps: Vec<(At, String, Status)>,
    explained: Vec<Fault>,
    logins: Vec<At>,
    hub_fails: u32,
}

fn config() -> Config {
    Config { restaurant: OURS.into(), credentials: Credentials::Pin { pin: "2468".into() }, seed: 1 }
}

fn setup() -> Setup {
    let mut setup = Setup {
        menu: kitchen::Menu::default(),
        stations: vec![kitchen::Station {
            takes_rest: true,
            ..kitchen::Station::new("grill", "Grill", kitchen::StationRole::Prep)
        }],
        settings: Settings::new("r".into(), "R"),
    };
    setup.settings.undo_seconds = (UNDO_MS / 1_000) as u32;
    setup
}

fn answer(status: u16, body: impl Into<String>) -> Answer {
    Answer { status, retry_after_s: None, body: body.into() }
}

impl World {
    fn new() -> Self {
        Self::with(Mood { slow_ms: 300, ..Mood::default() })
    }

    fn with(mood: Mood) -> Self {
        let mut world = Self {
            now: START,
            machine: Machine::new(config(), None, vec![], START),
            mood,
            rows: BTreeMap::new(),
            later: BTreeMap::new(),
            count: 0,
            connected: false,
            wants_socket: false,
            generation: 0,
            token_ends: START,
            tokens: 0,
            setup: setup(),
            orders: BTreeMap::new(),
            applied: BTreeMap::new(),
            kept: BTreeMap::new(),
            kept_login: None,
            asked: vec![],
            steps: vec![],
            explained: vec![],
            logins: vec![],
            hub_fails: 0,
        };
        let settings = world.setup.settings.clone();
        world.input(Input::House(settings));
        world
    }

    /// A world that has logged in, connected and read everything.
    fn settled() -> Self {
        let mut world = Self::new();
        world.run(20_000);
        assert!(world.machine.standing().live);
        world
    }

    fn after(&mut self, ms: i64, input: Input) {
        self.count += 1;
        self.later.insert((self.now.plus(ms), self.count), input);
    }

    fn input(&mut self, input: Input) {
        self.machine.handle(input, self.now);
        self.perform();
    }

    fn run(&mut self, ms: i64) {
        let end = self.now.plus(ms);
        let mut turns = 0;
        loop {
            turns += 1;
            assert!(turns < 200_000, "the machine spins");
            let next = self.later.keys().next().map(|(at, _)| *at);
            let deadline = self.machine.next_deadline();
            let Some(at) = [next, deadline].into_iter().flatten().min().filter(|at| *at <= end) else {
                break;
            };
            self.now = self.now.max(at);
            if next.is_some_and(|next| next <= self.now) {
                let ((_, _), input) = self.later.pop_first().unwrap();
                self.input(input);
            } else {
                self.machine.handle_timeout(self.now);
                self.perform();
            }
        }
        self.now = end;
    }

    fn perform(&mut self) {
        while let Some(output) = self.machine.poll_output() {
            match output {
                Output::Http(request) => self.serve(&request),
                Output::Connect => {
                    assert!(!self.wants_socket, "asked to connect twice");
                    self.wants_socket = true;
                    self.open_socket();
                }
                Output::Greeting { generation, text } => {
                    let frame: Value = serde_json::from_str(&text).unwrap();
                    assert_eq!(frame["restaurant_id"], OURS);
                    if generation == self.generation && !self.mood.away {
                        self.connected = true;
                        self.after(50, Input::Live { generation });
                    }
                }
                Output::NoGreeting { .. } => {}
                Output::Say { generation, text } => {
                    assert_eq!((generation, text), (self.generation, dialect::ping()));
                }
                Output::Take { reference, draft } => {
                    let outcome = self.take(&reference, *draft);
                    self.after(3, Input::Recorded { reference, outcome });
                }
                Output::Do { reference, operation } => {
                    let outcome = self.act(&operation);
                    self.after(3, Input::Recorded { reference, outcome });
                }
                Output::Keep(seen) => {
                    self.kept.insert(seen.reference.clone(), seen);
                }
                Output::Forget { reference } => {
                    self.kept.remove(&reference);
                }
                Output::KeepLogin(login) => self.kept_login = Some(login),
                Output::Explain { fault, .. } => self.explained.push(fault),
                Output::Explained { .. } => {}
            }
        }
    }

    fn open_socket(&mut self) {
        self.generation += 1;
        if !self.mood.away {
            self.after(20, Input::Greet { generation: self.generation, renewed: false });
        }
    }

    // ---- the hub

    fn take(&mut self, reference: &str, draft: NewOrder) -> Result<Box<kitchen::Order>, Fault> {
        if self.hub_fails > 0 {
            self.hub_fails -= 1;
            return Err(Fault::new("storage_failed").passing());
        }
        let known = self.orders.values().find(|o| o.source.reference.as_deref() == Some(reference));
        if let Some(order) = known {
            return Ok(Box::new(order.clone()));
        }
        draft.check().map_err(|error| Fault::new(error.code()))?;
        let id = format!("k-{reference}");
        let number = draft.number.clone().unwrap_or_default();
        let order = draft.open(id.clone().into(), number, self.now, &self.setup).unwrap();
        self.orders.insert(id, order.clone());
        self.after(1, Input::Kitchen(Box::new(order.clone())));
        Ok(Box::new(order))
    }

    fn act(&mut self, operation: &Operation) -> Result<Box<kitchen::Order>, Fault> {
        if self.hub_fails > 0 {
            self.hub_fails -= 1;
            return Err(Fault::new("storage_failed").passing());
        }
        let order = self.orders.get(operation.order.as_str()).unwrap().clone();
        if self.applied.contains_key(operation.id.as_str()) {
            return Ok(Box::new(order));
        }
        let decided = kitchen::decide(&order, operation, &self.setup, self.now);
        let decided = decided.map_err(|refusal| Fault::new(refusal.code()))?;
        self.applied.insert(operation.id.0.clone(), 0);
        let order = decided.order.unwrap_or(order);
        self.orders.insert(order.id.0.clone(), order.clone());
        self.after(1, Input::Kitchen(Box::new(order.clone())));
        Ok(Box::new(order))
    }

    /// A cook's act.
    fn cook(&mut self, id: &str, act: impl FnOnce(&kitchen::Order) -> Act) -> Option<OperationId> {
        let order = self.orders.get(&format!("k-{id}"))?;
        self.count += 1;
        let operation = Operation {
            id: OperationId(format!("cook{}", self.count)),
            device: None,
            at: self.now,
            order: order.id.clone(),
            seen: order.version,
            act: act(order),
        };
        let fails = std::mem::take(&mut self.hub_fails);
        let done = self.act(&operation);
        self.hub_fails = fails;
        done.ok().map(|_| operation.id)
    }

    fn bump(&mut self, id: &str, station: &str) -> Option<OperationId> {
        self.cook(id, |order| Act::Bump { station: station.into(), lines: all(order) })
    }

    fn start(&mut self, id: &str) {
        self.cook(id, |order| Act::Start { station: "grill".into(), lines: all(order) });
    }

    /// A bump of the last bump's order is taken back.
    fn recall(&mut self, id: &str) {
        let bump = self.kitchen(id).bumps.last().map(|bump| bump.operation.clone());
        if let Some(bump) = bump {
            self.cook(id, |_| Act::Unbump { bump, also: vec![] });
        }
    }

    fn kitchen(&self, id: &str) -> &kitchen::Order {
        &self.orders[&format!("k-{id}")]
    }

    // ---- the back end

    fn place(&mut self, id: &str) {
        self.place_with(id, json!({}));
    }

    fn place_with(&mut self, id: &str, extra: Value) {
        let items = json!([{"id": format!("{id}-1"), "name": "Burger", "quantity": 2},
                           {"id": format!("{id}-2"), "name": "Fries", "quantity": 1}]);
        let row = Row {
            restaurant: OURS,
            status: Pending,
            version: 1,
            created: self.now,
            updated: self.now,
            items,
            extra,
        };
        self.rows.insert(id.to_owned(), row);
        self.broadcast(id, "order:created");
    }

    /// Somebody at the back end moves it, legally or not.
    fn set(&mut self, id: &str, status: Status) {
        let row = self.rows.get_mut(id).unwrap();
        row.status = status;
        row.version += 1;
        row.updated = self.now;
        self.broadcast(id, "order:updated");
    }

    /// A payment: no new version, but a new moment.
    fn pay(&mut self, id: &str) {
        self.rows.get_mut(id).unwrap().updated = self.now;
        self.broadcast(id, "order:updated");
    }

    fn broadcast(&mut self, id: &str, kind: &str) {
        if self.connected && !self.mood.away && !self.mood.silent {
            let order = self.rows[id].json(id);
            let frame = json!({"type": kind, "payload": {"order": order}}).to_string();
            self.after(5, Input::Frame(frame));
        }
    }

    fn cut(&mut self) {
        self.mood.away = true;
        self.connected = false;
        self.later
            .retain(|_, input| !matches!(input, Input::Frame(_) | Input::Greet { .. } | Input::Live { .. }));
        self.input(Input::Down);
    }

    fn mend(&mut self) {
        self.mood.away = false;
        if self.wants_socket && !self.connected {
            self.open_socket();
        }
    }

    /// The hub's process dies and comes back.
    fn crash(&mut self) {
        self.connected = false;
        self.wants_socket = false;
        self.later.clear();
        let rows = self.kept.values().cloned().collect();
        self.machine = Machine::new(config(), self.kept_login.clone(), rows, self.now);
        let settings = self.setup.settings.clone();
        self.input(Input::House(settings));
        for order in self
            .orders
            .values()
            .filter(|o| o.is_open() || self.kept_reference(o))
            .cloned()
            .collect::<Vec<_>>()
        {
            self.input(Input::Kitchen(Box::new(order)));
        }
    }

    fn kept_reference(&self, order: &kitchen::Order) -> bool {
        order.source.reference.as_ref().is_some_and(|reference| self.kept.contains_key(reference))
    }

    fn serve(&mut self, request: &Request) {
        self.asked.push((self.now, request.clone()));
        let id = request.id;
        if self.mood.away {
            return self.after(100, Input::Http { request: id, outcome: Err(Lost::Unsent) });
        }
        let answer = match &self.mood.always {
            Some(answer) if !request.path.contains("/auth/") => answer.clone(),
            _ => self.respond(request),
        };
        let outcome = if self.mood.mute { Err(Lost::Unanswered) } else { Ok(answer) };
        let wait = if self.mood.mute { 15_000 } else { 20 + self.mood.slow_ms };
        self.after(wait, Input::Http { request: id, outcome });
    }

    fn respond(&mut self, request: &Request) -> Answer {
        let header =
            |name: &str| request.headers.iter().find(|(held, _)| *held == name).map(|(_, v)| v.clone());
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let path = path.strip_prefix("/api/v1").unwrap();
        if path == "/auth/pin-login" {
            self.logins.push(self.now);
            if let Some(answer) = &self.mood.login {
                return answer.clone();
            }
            self.tokens += 1;
            self.token_ends = self.now.plus(12 * 3_600_000);
            return answer(
                200,
                json!({"token": format!("t{}", self.tokens), "expiresIn": 43_200}).to_string(),
            );
        }
        if header("authorization") != Some(format!("Bearer t{}", self.tokens)) || self.now >= self.token_ends
        {
            return answer(401, json!({"error": {"message": "Token expired"}}).to_string());
        }
        if request.method == Method::Patch {
            let csrf = header("x-csrf-token");
            if csrf.is_none() || header("cookie") != csrf.map(|csrf| format!("csrf_token={csrf}")) {
                return answer(403, json!({"error": "CSRF token required"}).to_string());
            }
            let id =
                path.strip_prefix("/orders/").and_then(|p| p.strip_suffix("/status")).unwrap().to_owned();
            let body: Value = serde_json::from_str(request.body.as_deref().unwrap()).unwrap();
            let step = Status::of(body["status"].as_str().unwrap()).unwrap();
            assert_ne!(step, Status::Cancelled, "a kitchen never cancels");
            let Some(row) = self.rows.get(&id) else { return answer(404, "{}") };
            if !row.status.may_become(step) {
                return answer(500, json!({"error": {"message": "Internal server error"}}).to_string());
            }
            self.steps.push((self.now, id.clone(), step));
            self.set(&id, step);
            return answer(200, self.rows[&id].json(&id).to_string());
        }
        if let Some(id) = path.strip_prefix("/orders/") {
            let row = self.rows.get(id);
            return row.map_or_else(|| answer(404, "{}"), |row| answer(200, row.json(id).to_string()));
        }
        assert_eq!(path, "/orders");
        let value = |name: &str| {
            query.split('&').filter_map(|pair| pair.split_once('=')).find(|(n, _)| *n == name).map(|(_, v)| v)
        };
        let mut rows: Vec<(&String, &Row)> = self
            .rows
            .iter()
            .filter(|(_, row)| row.restaurant == OURS && Some(row.status.word()) == value("status"))
            .collect();
        rows.sort_by_key(|(id, row)| (std::cmp::Reverse(row.created), (*id).clone()));
        let number = |name: &str| value(name).and_then(|v| v.parse::<usize>().ok()).unwrap();
        let page = rows.into_iter().skip(number("offset")).take(number("limit"));
        answer(200, Value::Array(page.map(|(id, row)| row.json(id)).collect()).to_string())
    }

    // ---- what must hold

    fn steps_of(&self, id: &str) -> Vec<Status> {
        self.steps.iter().filter(|(_, held, _)| held == id).map(|(_, _, step)| *step).collect()
    }

    fn explained(&self, code: &str) -> usize {
        self.explained.iter().filter(|fault| fault.code == code).count()
    }

    fn check_budget(&self) {
        let times: Vec<At> = self.asked.iter().map(|(at, _)| *at).collect();
        for (index, start) in times.iter().enumerate() {
            let within = times[index..].iter().take_while(|at| at.since(*start) < 900_000).count();
            assert!(within < 1_000, "{within} requests in a quarter of an hour");
        }
    }
}

fn all(order: &kitchen::Order) -> Vec<Touch> {
    order.lines.iter().map(|line| Touch { line: line.id.clone(), upto: line.quantity }).collect()
}

use Status::{Completed, Confirmed, Pending, PickedUp, Preparing, Ready};

#[test]
fn it_logs_in_connects_and_reads_every_list_of_open_orders() {
    let mut world = World::new();
    for (id, status) in [("a", Pending), ("b", Confirmed), ("c", Preparing), ("d", Ready), ("e", Completed)] {
        world.place(id);
        world.set(id, status);
    }
    world.run(20_000);
    assert_eq!(world.logins.len(), 1);
    let statuses: Vec<OrderStatus> = world.orders.values().map(|order| order.status(world.now)).collect();
    use OrderStatus as Here;
    assert_eq!(statuses, [Here::Confirmed, Here::Confirmed, Here::Preparing, Here::Ready]);
    assert!(world.steps.is_empty());
}

#[test]
fn a_bump_walks_step_by_step_and_ready_waits_out_the_undo_window() {
    let mut world = World::settled();
    world.place("a");
    world.run(1_000);
    let bumped_at = world.now;
    world.bump("a", "grill");
    world.run(4_000);
    assert_eq!(world.steps_of("a"), [Confirmed, Preparing]);
    world.run(3_000);
    assert_eq!(world.steps_of("a"), [Confirmed, Preparing, Ready]);
    let ready_at = world.steps.last().unwrap().0;
    assert!(ready_at >= bumped_at.plus(UNDO_MS) && ready_at < bumped_at.plus(UNDO_MS + 500));
    world.bump("a", "expo");
    world.run(10_000);
    assert_eq!(world.rows["a"].status, Completed);
    assert_eq!(world.machine.standing().unreported, 0);
    assert!(world.explained.is_empty());
}

#[test]
fn an_undo_in_time_keeps_ready_from_being_sent() {
    let mut world = World::settled();
    world.place("a");
    world.run(1_000);
    world.bump("a", "grill");
    world.run(4_900);
    world.recall("a");
    world.run(60_000);
    assert_eq!(world.steps_of("a"), [Confirmed, Preparing]);
    assert!(world.explained.is_empty());
    world.bump("a", "grill");
    world.run(10_000);
    assert_eq!(world.rows["a"].status, Ready);
}

#[test]
fn the_undo_window_outlives_a_crash() {
    let mut world = World::settled();
    world.place("a");
    world.run(1_000);
    let bumped_at = world.now;
    world.bump("a", "grill");
    world.run(2_000);
    world.crash();
    world.run(60_000);
    let (at, _, step) = world.steps.last().unwrap();
    assert_eq!(*step, Ready);
    assert!(*at >= bumped_at.plus(UNDO_MS));
    world.crash();
    world.run(60_000);
    assert_eq!(world.logins.len(), 1, "the token outlived it too");
}

#[test]
fn a_recall_after_ready_is_explained_once_and_changes_nothing_over_there() {
    let mut world = World::settled();
    world.place("a");
    world.run(1_000);
    world.bump("a", "grill");
    world.run(10_000);
    assert_eq!(world.rows["a"].status, Ready);
    world.recall("a");
    world.run(700_000);
    assert_eq!(world.explained("upstream_cannot_recall"), 1);
    assert_eq!(world.rows["a"].status, Ready);
    assert_eq!(
        world.kitchen("a").status(world.now),
        OrderStatus::Confirmed,
        "reading `ready` again must not bump it"
    );
    world.crash();
    world.run(700_000);
    assert_eq!(world.kitchen("a").status(world.now), OrderStatus::Confirmed);
    world.bump("a", "grill");
    world.run(10_000);
    assert_eq!(world.kitchen("a").status(world.now), OrderStatus::Ready);
    world.recall("a");
    world.run(10_000);
    assert_eq!(world.explained("upstream_cannot_recall"), 2);
}

#[test]
fn an_undo_that_crosses_ready_on_its_way_is_explained() {
    let mut world = World::settled();
    world.mood.slow_ms = 2_000;
    world.place("a");
    world.run(1_000);
    world.bump("a", "grill");
    world.run(UNDO_MS - 2);
    assert_eq!(world.steps_of("a").last(), Some(&Preparing));
    // So that the answer, not a frame, is the first to say it.
    world.mood.silent = true;
    world.run(500);
    assert_eq!(world.steps_of("a").last(), Some(&Ready));
    world.recall("a");
    world.run(10_000);
    assert_eq!(world.explained("upstream_cannot_recall"), 1);
    assert_eq!(world.kitchen("a").status(world.now), OrderStatus::Confirmed);
}

#[test]
fn a_row_that_says_the_same_status_again_does_not_undo_a_recall() {
    let mut world = World::settled();
    world.place("a");
    for status in [Confirmed, Preparing, Ready] {
        world.set("a", status);
    }
    world.run(1_000);
    assert_eq!(world.kitchen("a").status(world.now), OrderStatus::Ready);
    world.recall("a");
    world.run(1_000);
    let recalled = world.kitchen("a").status(world.now);
    assert!(rank(recalled) < rank(OrderStatus::Ready));
    world.pay("a");
    world.run(1_000);
    world.crash();
    world.run(60_000);
    assert_eq!(world.kitchen("a").status(world.now), recalled);
    assert_eq!(world.explained("upstream_cannot_recall"), 1);
}

#[test]
fn rows_that_come_faster_than_the_hub_writes_are_told_once() {
    let mut world = World::settled();
    world.place("a");
    world.run(1_000);
    let more = json!([{"id": "a-1", "name": "Burger", "quantity": 3}, {"id": "a-2", "name": "Fries"},
                      {"id": "a-3", "name": "Slaw"}]);
    world.rows.get_mut("a").unwrap().items = more;
    for _ in 0..5 {
        world.pay("a");
        world.now = world.now.plus(1);
    }
    world.run(1_000);
    let live: Vec<u32> = world.kitchen("a").lines.iter().map(Line::live).collect();
    assert_eq!(live, [2, 1, 1, 1]);
}

#[test]
fn our_own_echo_starts_no_line_that_nobody_started() {
    let mut world = World::settled();
    world.place("a");
    world.run(1_000);
    world.cook("a", |order| Act::Start { station: "grill".into(), lines: vec![all(order)[0].clone()] });
    world.run(60_000);
    assert_eq!(world.rows["a"].status, Preparing);
    let started = |line: &Line| line.work_at(&StationId::from("grill")).unwrap().started_at.is_some();
    assert_eq!(world.kitchen("a").lines.iter().map(started).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn what_others_do_over_there_happens_here() {
    let mut world = World::settled();
    for id in ["a", "b", "c"] {
        world.place(id);
        world.set(id, Confirmed);
        world.set(id, Preparing);
    }
    world.set("b", Ready);
    world.set("c", Status::Cancelled);
    world.run(1_000);
    assert_eq!(world.kitchen("a").status(world.now), OrderStatus::Preparing);
    assert_eq!(world.kitchen("b").status(world.now), OrderStatus::Ready);
    assert!(
        !world.orders.contains_key("k-c") || world.kitchen("c").status(world.now) == OrderStatus::Cancelled
    );
    world.set("b", PickedUp);
    world.run(1_000);
    assert_eq!(world.kitchen("b").status(world.now), OrderStatus::Completed);
    assert!(world.steps.is_empty());
}

#[test]
fn a_500_is_looked_into_and_a_step_that_somebody_else_took_is_a_step() {
    let mut world = World::settled();
    world.place("a");
    world.run(1_000);
    world.mood.silent = true;
    world.set("a", Confirmed);
    world.set("a", Preparing);
    world.bump("a", "grill");
    world.run(UNDO_MS + 3_000);
    assert_eq!(world.rows["a"].status, Ready);
    assert_eq!(world.steps_of("a"), [Ready]);
    assert!(world.explained.is_empty());
}

#[test]
fn a_step_that_is_always_refused_is_given_up_explained_and_tried_again_later() {
    let mut world = World::settled();
    world.place("a");
    world.run(1_000);
    world.start("a");
    world.rows.get_mut("a").unwrap().extra = json!({"status": "pending"});
    world.rows.get_mut("a").unwrap().status = Status::New;
    world.run(120_000);
    assert_eq!(world.explained("upstream_step_refused"), 1);
    assert_eq!(world.machine.standing().stuck, 1);
    let asked = world.asked.len();
    world.run(200_000);
    assert!(world.asked.len() < asked + 10, "it rests");
    world.rows.get_mut("a").unwrap().extra = json!({});
    world.rows.get_mut("a").unwrap().status = Pending;
    world.input(Input::Retry);
    world.run(10_000);
    assert_eq!(world.rows["a"].status, Preparing);
}

#[test]
fn an_answer_that_is_lost_is_not_a_step_that_is_lost_nor_one_taken_twice() {
    let mut world = World::settled();
    world.place("a");
    world.run(1_000);
    world.mood.mute = true;
    world.mood.silent = true;
    world.start("a");
    world.run(2_000);
    world.mood.mute = false;
    world.mood.silent = false;
    world.run(120_000);
    assert_eq!(world.steps_of("a"), [Confirmed, Preparing]);
}

#[test]
fn while_the_back_end_is_away_the_kitchen_goes_on_and_catches_up_later() {
    let mut world = World::settled();
    for n in 0..20 {
        world.place(&format!("o{n:02}"));
        world.run(100);
    }
    world.cut();
    for n in 0..20 {
        world.bump(&format!("o{n:02}"), "grill");
        world.run(60_000);
    }
    assert_eq!(world.machine.standing().unreported, 20);
    world.place("new");
    world.mend();
    world.run(2_000);
    assert!(world.orders.contains_key("k-new"), "what came meanwhile is read at once");
    world.run(120_000);
    assert!((0..20).all(|n| world.rows[&format!("o{n:02}")].status == Ready));
    world.check_budget();
}

#[test]
fn live_bumps_go_before_the_backlog() {
    let mut world = World::settled();
    for n in 0..200 {
        world.place(&format!("o{n:03}"));
        world.run(50);
    }
    world.place("live");
    world.run(1_000);
    world.cut();
    for n in 0..200 {
        world.bump(&format!("o{n:03}"), "grill");
    }
    world.run(60_000);
    world.mend();
    world.run(30_000);
    assert!(world.machine.standing().unreported > 100);
    let bumped_at = world.now;
    world.bump("live", "grill");
    world.run(UNDO_MS + 5_000);
    let (at, _, _) = world.steps.iter().rfind(|(_, id, _)| id == "live").unwrap();
    assert_eq!(world.rows["live"].status, Ready, "{} ms after the bump", at.since(bumped_at));
    world.run(900_000);
    assert_eq!(world.machine.standing().unreported, 0);
    world.check_budget();
}

/// Found by the storm: in a kitchen that reports more than a step a second, the lists were never read again.
#[test]
fn an_order_that_came_while_nobody_listened_does_not_wait_for_ever_behind_the_reports_of_a_busy_kitchen() {
    let mut world = World::settled();
    for n in 0..200 {
        world.place(&format!("o{n:03}"));
        world.run(50);
    }
    let bumps = |world: &mut World, orders: std::ops::Range<usize>| {
        for n in orders {
            world.bump(&format!("o{n:03}"), "grill");
            world.run(300);
        }
    };
    bumps(&mut world, 0..100);
    world.connected = false;
    world.input(Input::Down);
    world.place("unheard");
    world.open_socket();
    bumps(&mut world, 100..200);
    assert!(world.orders.contains_key("k-unheard"));
    world.check_budget();
}

#[test]
fn a_429_in_plain_text_stops_everything_for_as_long_as_it_says() {
    let mut world = World::settled();
    world.place("a");
    world.run(1_000);
    let mut enough = answer(429, "Too many requests from this IP, please try again later.");
    enough.retry_after_s = Some(120);
    world.mood.always = Some(enough);
    world.start("a");
    world.run(2_000);
    world.mood.always = None;
    let asked = world.asked.len();
    world.run(117_000);
    assert_eq!(world.asked.len(), asked);
    world.run(10_000);
    assert_eq!(world.rows["a"].status, Preparing);
}

#[test]
fn a_token_is_renewed_before_its_end_and_a_refused_one_by_one_login() {
    let mut world = World::settled();
    world.run(11 * 3_600_000 + 50 * 60_000);
    assert_eq!(world.logins.len(), 1);
    world.run(3_600_000);
    assert_eq!(world.logins.len(), 2);
    // Revoked over there.
    world.tokens += 1;
    world.place("a");
    world.run(1_000);
    world.start("a");
    world.run(20_000);
    assert_eq!(world.logins.len(), 3);
    assert_eq!(world.rows["a"].status, Preparing);
}

#[test]
fn a_refused_login_is_not_tried_again_and_again_and_is_explained_once() {
    let mut world = World::with(Mood { login: Some(answer(401, "{}")), ..Mood::default() });
    world.run(3_500_000);
    assert_eq!(world.logins.len(), 1);
    assert_eq!(world.explained("upstream_login_refused"), 1);
    for _ in 0..20 {
        world.input(Input::Retry);
        world.run(10_000);
    }
    assert!(world.logins.len() <= 3, "a person in a hurry locks nobody out");
}

#[test]
fn frames_of_other_restaurants_are_dropped() {
    let mut world = World::settled();
    world.place_with("a", json!({"restaurant_id": "22222222-2222-4222-8222-222222222222"}));
    world.run(1_000);
    assert!(world.orders.is_empty());
}

#[test]
fn pages_join_and_orders_behind_the_first_page_are_found() {
    let mut world = World::new();
    for n in 0..350 {
        world.place(&format!("o{n:03}"));
        world.now = world.now.plus(10);
    }
    world.run(60_000);
    assert_eq!(world.orders.len(), 350);
}

#[test]
fn lost_frames_are_made_good_by_the_next_reading() {
    let mut world = World::settled();
    world.mood.silent = true;
    world.place("a");
    world.run(310_000);
    assert!(world.orders.contains_key("k-a"));
    world.set("a", Status::Cancelled);
    world.run(310_000);
    assert_eq!(world.kitchen("a").status(world.now), OrderStatus::Cancelled);
}

#[test]
fn orders_that_were_finished_while_we_were_away_leave_the_glass() {
    let mut world = World::settled();
    for id in ["a", "b", "c"] {
        world.place(id);
    }
    world.run(1_000);
    world.cut();
    world.run(60_000);
    world.set("a", Completed);
    world.set("b", Status::Cancelled);
    world.rows.remove("c");
    world.mend();
    world.run(30_000);
    assert_eq!(world.kitchen("a").status(world.now), OrderStatus::Completed);
    assert_eq!(world.kitchen("b").status(world.now), OrderStatus::Cancelled);
    assert!(world.kitchen("c").is_open(), "nothing is taken off the glass because a list does not show it");
    assert_eq!(world.explained("upstream_order_gone"), 1);
}

#[test]
fn without_a_socket_new_orders_still_come() {
    let mut world = World::settled();
    world.connected = false;
    world.input(Input::Down);
    world.place("a");
    world.run(20_000);
    assert!(world.orders.contains_key("k-a"));
    let polls = world.asked.iter().filter(|(at, _)| *at > world.now.plus(-20_000)).count();
    assert!(polls <= 2);
}

#[test]
fn a_hub_that_cannot_write_is_told_again() {
    let mut world = World::settled();
    world.hub_fails = 5;
    world.place("a");
    world.run(1_000);
    world.set("a", Confirmed);
    world.set("a", Preparing);
    world.run(20_000);
    assert_eq!(world.kitchen("a").status(world.now), OrderStatus::Preparing);
}

#[test]
fn forgotten_orders_of_long_ago_do_not_flood_the_glass_and_that_is_said() {
    let mut world = World::new();
    for n in 0..10 {
        world.place_with(&format!("old{n}"), json!({"created_at": "2026-01-01T00:00:00Z"}));
    }
    world.place_with("scheduled", json!({"created_at": "2026-01-01T00:00:00Z", "is_scheduled": true}));
    world.run(400_000);
    assert_eq!(world.orders.keys().collect::<Vec<_>>(), ["k-scheduled"]);
    assert_eq!(world.explained("upstream_old_orders"), 1);
}

#[test]
fn an_order_that_cannot_be_cooked_is_said_and_taken_when_it_can() {
    let mut world = World::settled();
    world.place_with("a", json!({"items": null}));
    world.run(1_000);
    assert_eq!(world.explained("upstream_order_unreadable"), 1);
    world.rows.get_mut("a").unwrap().extra = json!({});
    world.set("a", Confirmed);
    world.run(1_000);
    assert!(world.orders.contains_key("k-a"));
}

#[test]
fn a_kitchen_without_a_pass_reports_ready_and_leaves_the_handing_over_to_others() {
    let mut world = World::settled();
    world.setup.settings.close_when = CloseWhen::Ready;
    let settings = world.setup.settings.clone();
    world.input(Input::House(settings));
    world.place("a");
    world.run(1_000);
    world.bump("a", "grill");
    world.run(60_000);
    assert_eq!(world.rows["a"].status, Ready);
    world.set("a", Completed);
    world.run(1_000);
    assert!(world.explained.is_empty());
}

#[test]
fn what_is_over_on_both_sides_is_forgotten_after_a_day() {
    let mut world = World::settled();
    world.place("a");
    world.run(1_000);
    world.bump("a", "expo");
    world.run(60_000);
    assert_eq!(world.rows["a"].status, Completed);
    assert_eq!(world.kept.len(), 1);
    world.run(25 * 3_600_000);
    assert!(world.kept.is_empty() && world.machine.entries.is_empty() && world.machine.active.is_empty());
}

#[test]
fn nothing_secret_is_printed() {
    let world = World::settled();
    let text = format!("{:?} {:?} {:?}", world.machine, world.asked, world.kept_login);
    assert!(!text.contains("2468"), "the PIN");
    assert!(!text.contains("\"t1\"") && !text.contains("Bearer"), "the token");
}

/// Everything that may happen to it.
#[derive(Debug, Clone)]
enum Deed {
    Place,
    Start(usize),
    Bump(usize, bool),
    Recall(usize),
    Set(usize, Status),
    Cancel(usize),
    Cut,
    Mend,
    Mute(bool),
    Silent(bool),
    HubFails(u32),
    Crash,
    Slow(i64),
    Pass(i64),
}

fn deed() -> impl Strategy<Value = Deed> {
    let order = 0..8_usize;
    prop_oneof![
        4 => Just(Deed::Place),
        3 => order.clone().prop_map(Deed::Start),
        6 => (order.clone(), any::<bool>()).prop_map(|(n, pass)| Deed::Bump(n, pass)),
        3 => order.clone().prop_map(Deed::Recall),
        2 => (order.clone(), prop_oneof![Just(Confirmed), Just(Preparing), Just(Ready), Just(PickedUp), Just(Completed)])
            .prop_map(|(n, status)| Deed::Set(n, status)),
        1 => order.prop_map(Deed::Cancel),
        2 => Just(Deed::Cut),
        3 => Just(Deed::Mend),
        1 => any::<bool>().prop_map(Deed::Mute),
        1 => any::<bool>().prop_map(Deed::Silent),
        1 => (0..4_u32).prop_map(Deed::HubFails),
        2 => Just(Deed::Crash),
        1 => (0..5_000_i64).prop_map(Deed::Slow),
        10 => prop_oneof![0..200_i64, 0..20_000_i64, 0..400_000_i64].prop_map(Deed::Pass),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Whatever happens: every order reaches the kitchen once, the back end is never told `ready` within an undo window,
    /// and after quiet both sides agree wherever they can.
    #[test]
    fn both_sides_agree_after_quiet(deeds in proptest::collection::vec(deed(), 1..60)) {
        let mut world = World::settled();
        let mut placed = 0;
        let mut bumps: Vec<(At, String)> = vec![];
        for deed in deeds {
            let id = |n: usize| format!("o{n}");
            match deed {
                Deed::Place => {
                    world.place(&id(placed));
                    placed += 1;
                }
                Deed::Start(n) => world.start(&id(n)),
                Deed::Bump(n, pass) => {
                    if world.bump(&id(n), if pass { "expo" } else { "grill" }).is_some() {
                        bumps.push((world.now, id(n)));
                    }
                }
                Deed::Recall(n) => {
                    if world.orders.contains_key(&format!("k-{}", id(n))) {
                        world.recall(&id(n));
                    }
                }
                Deed::Set(n, status) => {
                    if world.rows.get(&id(n)).is_some_and(|row| row.status.may_become(status)) {
                        world.set(&id(n), status);
                    }
                }
                Deed::Cancel(n) => {
                    if world.rows.get(&id(n)).is_some_and(|row| row.status.may_become(Status::Cancelled)) {
                        world.set(&id(n), Status::Cancelled);
                    }
                }
                Deed::Cut => world.cut(),
                Deed::Mend => world.mend(),
                Deed::Mute(mute) => world.mood.mute = mute,
                Deed::Silent(silent) => world.mood.silent = silent,
                Deed::HubFails(times) => world.hub_fails = times,
                Deed::Crash => world.crash(),
                Deed::Slow(ms) => world.mood.slow_ms = ms,
                Deed::Pass(ms) => world.run(ms),
            }
            world.run(1);
        }
        world.mood = Mood { slow_ms: 300, ..Mood::default() };
        world.hub_fails = 0;
        world.mend();
        world.run(1_000_000);
        world.check_budget();
        for (id, row) in &world.rows {
            let here: Vec<&kitchen::Order> =
                world.orders.values().filter(|order| order.source.reference.as_ref() == Some(id)).collect();
            prop_assert!(here.len() <= 1, "twice: {id}");
            let Some(order) = here.first() else {
                // Over before the kitchen ever heard of it.
                prop_assert!(row.status > Ready, "lost: {id} {row:?}");
                continue;
            };
            let status = order.status(world.now);
            if row.status == Status::Cancelled {
                prop_assert_eq!(status, OrderStatus::Cancelled, "{}", id);
                continue;
            }
            let goal = goal(order, CloseWhen::Passed, world.now).unwrap_or(Status::New);
            prop_assert!(row.status >= goal, "{id}: the kitchen is at {status:?}, the back end at {:?}", row.status);
        }
        for (at, id, step) in &world.steps {
            if step.is_irreversible() {
                // What crosses the step on its way cannot hold it back; a bump of what is bumped moves nothing.
                let held = |bumped: At| (2..UNDO_MS).contains(&at.since(bumped));
                let early = bumps.iter().any(|(bumped, of)| of == id && held(*bumped));
                let moved = world.kitchen(id).bumps.iter().any(|bump| held(bump.at));
                prop_assert!(!(early && moved), "{step:?} of {id} within the undo window");
            }
        }
    }
}
