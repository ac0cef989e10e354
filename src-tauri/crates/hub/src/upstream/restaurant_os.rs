//! A Restaurant OS back end as an upstream of the hub, as a pure machine.
//!
//! ```text
//! socket frames, answers -> Machine -> orders and acts for the hub's log
//! orders of the hub's log ->        -> requests, greetings, rows to keep, things to explain
//! ```
//!
//! Downwards: every row of the back end, from whichever source, is merged by (version, moment); what is news in it becomes
//! an act with an id made from the row, so that the hub applies it once. Upwards: each order has a goal, read from the
//! hub's own log, and walks to it one status at a time. The goal needs no storage of its own: the log that survives a
//! crash is the intent that survives a crash, and the undo window of a step that cannot be taken back counts from the
//! bump in it.
//!
//! The invariants: at most one step under way per order; no step to `ready` or beyond before the undo window of its bump
//! is over; never a cancellation; never more requests than the budget pays for; nothing about another restaurant.
//!
//! Knows nothing of: sockets, storage, the time of day, and who else listens to the hub.

mod budget;
mod entry;
mod login;
mod request;
mod reread;
#[cfg(test)]
mod tests;

pub use entry::Seen;
pub use login::{Credentials, HeldLogin, LoginStanding};
pub use request::{Answer, Lost, Method, Request};

use budget::Budget;
use entry::{Doubt, Entry, Taken, Telling, Walk, Way, What, goal};
use kitchen::{Act, At, CloseWhen, NewOrder, Operation, OperationId, OrderId, OrderStatus, Settings, Touch};
use login::{Login, Outcome};
use request::Writer;
use reread::{Due, Reading, Scope};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use wire::hub::Fault;
use wire::restaurant_os as dialect;
use wire::restaurant_os::{Frame, LineChange, Order, Problem, SYSTEM, Status, Token};

/// Who and where.
#[derive(Debug, Clone)]
pub struct Config {
    /// The restaurant's UUID; the back end takes no other name for it.
    pub restaurant: String,
    /// Who the hub is there.
    pub credentials: Credentials,
    /// Seed of the jitter and of the CSRF value.
    pub seed: u64,
}

/// What happens to the upstream.
#[derive(Debug)]
pub enum Input {
    /// The house rules, at first and whenever they change.
    House(Settings),
    /// An order from here as the hub's log has it: each open one at first, then with every event.
    Kitchen(Box<kitchen::Order>),
    /// What became of an [`Output::Take`] or [`Output::Do`], once for each: the order after it.
    Recorded {
        /// The back end's id.
        reference: String,
        /// The order, or why not.
        outcome: Result<Box<kitchen::Order>, Fault>,
    },
    /// What became of an [`Output::Http`], once for each.
    Http {
        /// Its id.
        request: u64,
        /// What came back.
        outcome: Result<Answer, Lost>,
    },
    /// The socket is open, the back end has said that it is there, and waits for a greeting.
    Greet {
        /// For which connection.
        generation: u64,
        /// The token of the last greeting was refused.
        renewed: bool,
    },
    /// The greeting was accepted.
    Live {
        /// On this connection.
        generation: u64,
    },
    /// The socket is gone.
    Down,
    /// A frame of the accepted connection.
    Frame(String),
    /// A person pressed "retry now".
    Retry,
}

/// What the upstream wants done.
#[derive(Debug)]
pub enum Output {
    /// Ask the back end, and report [`Input::Http`].
    Http(Request),
    /// Connect the socket, and keep it connected.
    Connect,
    /// Greet with this.
    Greeting {
        /// On this connection.
        generation: u64,
        /// The frame. Holds the token.
        text: String,
    },
    /// There is nothing to greet with.
    NoGreeting {
        /// On this connection.
        generation: u64,
        /// Why, for logs.
        reason: &'static str,
    },
    /// Say this.
    Say {
        /// On this connection.
        generation: u64,
        /// The frame.
        text: String,
    },
    /// Take an order into the log, once per reference for ever, and report [`Input::Recorded`].
    Take {
        /// The back end's id.
        reference: String,
        /// The order.
        draft: Box<NewOrder>,
    },
    /// Carry out an act, and report [`Input::Recorded`].
    Do {
        /// The back end's id of the order.
        reference: String,
        /// The act.
        operation: Operation,
    },
    /// Keep this row in place of an older one of the same reference.
    Keep(Seen),
    /// The row of this reference is needed no more.
    Forget {
        /// The back end's id.
        reference: String,
    },
    /// Keep this, readable by the owner only. Before anything that comes after it is done.
    KeepLogin(HeldLogin),
    /// Tell the cooks.
    Explain {
        /// About this order; none: about the upstream.
        order: Option<OrderId>,
        /// What.
        fault: Fault,
    },
    /// What was explained about the upstream by that code holds no longer.
    Explained {
        /// Which.
        code: &'static str,
    },
}

/// Where the upstream stands, for the connection panel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Whether the socket is accepted.
    pub live: bool,
    /// The login.
    pub login: LoginStanding,
    /// Requests failed in a row because the back end was away.
    pub failed: u32,
    /// Orders of which the back end does not know how far the kitchen is.
    pub unreported: usize,
    /// Since when, for the oldest of them.
    pub oldest_unreported: Option<At>,
    /// Orders whose report the back end does not take.
    pub stuck: usize,
}

/// Requests under way at once. The budget allows one a second; more would only pile up before a slow server.
const IN_FLIGHT: usize = 4;

/// Steps that are refused so often in a row are given up until something changes.
const MOST_REFUSALS: u32 = 5;

/// Between two pings of ours.
const PING_MS: i64 = 25_000;

/// Orders older than that which the kitchen does not know are not put on the glass: somebody forgot them over there.
const OLDEST_MS: i64 = 24 * 3_600_000;

/// An order that comes so long after the back end took it has come late.
const LATE_MS: i64 = 60_000;

/// Orders that are over on both sides are remembered so long, for frames that come late.
const REMEMBERED_MS: i64 = 24 * 3_600_000;

/// How long to wait after a 429 that does not say.
const UNSAID_PAUSE_MS: i64 = 60_000;

/// How long to wait before a row is told again to a hub that could not take it.
const HUB_BUSY_MS: i64 = 1_000;

/// How long to wait after a 403: somebody has to change the account over there.
const FORBIDDEN_MS: i64 = 60_000;

/// The upstream.
#[derive(Debug)]
pub struct Machine {
    restaurant: String,
    writer: Writer,
    login: Login,
    budget: Budget,
    close_when: CloseWhen,
    undo_ms: i64,
    now: At,
    entries: BTreeMap<String, Entry>,
    /// Orders with a walk to take or a row to tell.
    active: BTreeSet<String>,
    under_way: BTreeMap<u64, Purpose>,
    reading: Option<Reading>,
    next_reading: Due,
    /// The last request was none for a page.
    page_is_next: bool,
    trouble: Option<Trouble>,
    /// Since when the back end answers; none: it does not. What was done before is backlog.
    up_since: Option<At>,
    socket: Socket,
    /// The token of the last greeting.
    greeted_with: Option<u64>,
    /// Told already, so as not to say it twice.
    forbidden: bool,
    /// Orders that were too old to take.
    too_old: BTreeSet<String>,
    too_old_said: usize,
    hub_retry_at: Option<At>,
    outputs: VecDeque<Output>,
}

#[derive(Debug)]
enum Socket {
    /// There was no token yet.
    Unasked,
    Down,
    /// Waits for a token to greet with.
    Greeting {
        generation: u64,
    },
    Live {
        generation: u64,
        ping_at: At,
    },
}

#[derive(Debug, Clone, Copy)]
struct Trouble {
    failed: u32,
    until: At,
}

#[derive(Debug, Clone)]
enum Purpose {
    Login { failed_before: u32 },
    Step { reference: String, step: Status, serial: u64 },
    Look { reference: String, why: Doubt, serial: u64 },
    Page { serial: u64 },
}

#[derive(Debug)]
enum Job {
    Login,
    Step { reference: String, step: Status },
    Look { reference: String, why: Doubt },
    Page,
}

impl Machine {
    /// An upstream that knows what an earlier run kept.
    #[must_use]
    pub fn new(config: Config, login: Option<HeldLogin>, rows: Vec<Seen>, now: At) -> Self {
        let mut entries = BTreeMap::new();
        for row in rows {
            let taken = Some(Taken { freshness: row.freshness, status: row.status, at: now });
            entries.insert(row.reference, Entry { seen: taken, told: taken, ..Entry::new() });
        }
        let mut machine = Self {
            writer: Writer::new(config.seed),
            login: Login::new(config.credentials, login),
            restaurant: config.restaurant,
            budget: Budget::full(now),
            close_when: CloseWhen::default(),
            undo_ms: 5_000,
            now,
            entries,
            active: BTreeSet::new(),
            under_way: BTreeMap::new(),
            reading: None,
            page_is_next: false,
            next_reading: Due { at: now.plus(reread::WITHOUT_SOCKET_MS), scope: Scope::Everything },
            trouble: None,
            up_since: None,
            socket: Socket::Unasked,
            greeted_with: None,
            forbidden: false,
            too_old: BTreeSet::new(),
            too_old_said: 0,
            hub_retry_at: None,
            outputs: VecDeque::new(),
        };
        if machine.login.token(now).is_some() {
            machine.connect();
        }
        machine
    }

    /// What is to be done next; none: nothing until the next input or deadline.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Machine::handle_timeout`] is to be called; it is harmless at any other time.
    #[must_use]
    pub fn next_deadline(&self) -> Option<At> {
        let ping_at = match self.socket {
            Socket::Live { ping_at, .. } => Some(ping_at),
            Socket::Unasked | Socket::Down | Socket::Greeting { .. } => None,
        };
        [self.next_request_at(), ping_at, self.hub_retry_at].into_iter().flatten().min()
    }

    /// Where it stands.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let behind = || self.active.iter().filter_map(|id| self.entries.get(id)).filter(|e| e.is_behind());
        Standing {
            live: matches!(self.socket, Socket::Live { .. }),
            login: self.login.standing(self.now),
            failed: self.trouble.map_or(0, |trouble| trouble.failed),
            unreported: behind().count(),
            oldest_unreported: behind().map(|entry| entry.raised_at).min(),
            stuck: behind().filter(|entry| entry.walk == Walk::Stuck).count(),
        }
    }

    /// Takes one input.
    pub fn handle(&mut self, input: Input, now: At) {
        self.now = self.now.max(now);
        match input {
            Input::House(settings) => {
                self.close_when = settings.close_when;
                self.undo_ms = i64::from(settings.undo_seconds) * 1_000;
                for reference in self.entries.keys().cloned().collect::<Vec<_>>() {
                    self.look_over(&reference);
                }
            }
            Input::Kitchen(order) => self.kitchen(order),
            Input::Recorded { reference, outcome } => self.recorded(&reference, outcome),
            Input::Http { request, outcome } => self.answered(request, outcome),
            Input::Greet { generation, renewed } => self.greet(generation, renewed),
            Input::Live { generation } => {
                self.socket = Socket::Live { generation, ping_at: self.now.plus(PING_MS) };
                self.login.greeting_accepted();
                self.trouble = self.trouble.map(|trouble| Trouble { until: self.now, ..trouble });
                // Whatever was sent while we were away was sent to nobody.
                self.reading = None;
                self.next_reading = Due { at: self.now, scope: Scope::Everything };
                self.unstick();
            }
            Input::Down => {
                let was_live = matches!(self.socket, Socket::Live { .. });
                if !matches!(self.socket, Socket::Unasked) {
                    self.socket = Socket::Down;
                }
                if was_live && self.reading.is_none() {
                    self.next_reading =
                        Due { at: self.now.plus(reread::WITHOUT_SOCKET_MS), scope: Scope::New };
                }
            }
            Input::Frame(text) => self.frame(&text),
            Input::Retry => {
                self.login.hurry();
                self.trouble = self.trouble.map(|trouble| Trouble { until: self.now, ..trouble });
                self.unstick();
            }
        }
        self.pump();
    }

    /// Takes the passing of time.
    pub fn handle_timeout(&mut self, now: At) {
        self.now = self.now.max(now);
        if let Socket::Live { generation, ping_at } = &mut self.socket
            && *ping_at <= self.now
        {
            *ping_at = self.now.plus(PING_MS);
            let generation = *generation;
            self.outputs.push_back(Output::Say { generation, text: dialect::ping() });
        }
        if self.hub_retry_at.is_some_and(|at| at <= self.now) {
            self.hub_retry_at = None;
            for reference in self.active.iter().cloned().collect::<Vec<_>>() {
                self.tell(&reference);
            }
        }
        self.pump();
    }

    // ---- the kitchen's side

    fn kitchen(&mut self, order: Box<kitchen::Order>) {
        if order.source.system != SYSTEM {
            return;
        }
        let Some(reference) = order.source.reference.clone() else { return };
        let entry = self.entries.entry(reference.clone()).or_insert_with(Entry::new);
        if entry.kitchen.as_ref().is_some_and(|held| held.version >= order.version) {
            return;
        }
        entry.kitchen = Some(order);
        self.look_over(&reference);
        self.tell(&reference);
    }

    /// The hub has answered one of our wishes about an order.
    fn recorded(&mut self, reference: &str, outcome: Result<Box<kitchen::Order>, Fault>) {
        let refused = match outcome {
            Ok(order) => {
                self.kitchen(order);
                None
            }
            Err(fault) => Some(fault),
        };
        let Some(entry) = self.entries.get_mut(reference) else { return };
        let Some(telling) = &mut entry.telling else { return };
        telling.left = telling.left.saturating_sub(1);
        let mut explain = None;
        if let Some(fault) = refused {
            if fault.retry {
                telling.again = true;
            } else if telling.what == What::Order {
                let number = telling.row.number.clone().unwrap_or_else(|| reference.to_owned());
                explain = Some(
                    Fault::new("upstream_order_unreadable").with("order", number).with("reason", &fault.code),
                );
            } else {
                tracing::info!(target: "hub::upstream", reference, code = fault.code, "the kitchen does not follow the back end here");
            }
        }
        if telling.left == 0
            && let Some(Telling { row, what, again, .. }) = entry.telling.take()
        {
            let known = entry.kitchen.is_some();
            if again {
                entry.waiting.get_or_insert(row);
                self.hub_retry_at = Some(self.now.plus(HUB_BUSY_MS));
            } else if what == What::Order && known {
                // Now that the kitchen has it: how far is it already?
                entry.waiting.get_or_insert(row);
            } else {
                entry.told = Some(Taken::of(&row, self.now));
                self.keep(reference);
            }
            if !again {
                self.tell(reference);
            }
        }
        if let Some(fault) = explain {
            self.outputs.push_back(Output::Explain { order: None, fault });
        }
        self.look_over(reference);
    }

    fn keep(&mut self, reference: &str) {
        if let Some(told) = self.entries.get(reference).and_then(|entry| entry.told) {
            self.outputs.push_back(Output::Keep(Seen {
                reference: reference.to_owned(),
                freshness: told.freshness,
                status: told.status,
            }));
        }
    }

    /// Tells the kitchen the newest row, unless it is still busy with an older one.
    fn tell(&mut self, reference: &str) {
        let Some(entry) = self.entries.get_mut(reference) else { return };
        if entry.telling.is_some() {
            return;
        }
        let Some(row) = entry.waiting.take() else { return };
        let Some(kitchen) = &entry.kitchen else {
            let mut draft = Box::new(dialect::draft(&row));
            draft.placed_at = placed_at(&row, entry.way, self.now);
            entry.telling = Some(Telling { row, left: 1, what: What::Order, again: false });
            self.active.insert(reference.to_owned());
            self.outputs.push_back(Output::Take { reference: reference.to_owned(), draft });
            return;
        };
        let acts = acts(&row, kitchen, entry.told.and_then(|told| told.status), entry.asked, self.now);
        let (order, seen) = (kitchen.id.clone(), kitchen.version);
        if acts.is_empty() {
            entry.told = Some(Taken::of(&row, self.now));
            self.keep(reference);
            self.look_over(reference);
            return;
        }
        let fresh = row.freshness();
        entry.telling = Some(Telling { row, left: acts.len(), what: What::Changes, again: false });
        self.active.insert(reference.to_owned());
        for (index, act) in acts.into_iter().enumerate() {
            // Made from the row: told again after a crash, it is the same operation.
            let id = format!("{SYSTEM}:{reference}:{}.{}:{index}", fresh.version, fresh.updated_us);
            let operation = Operation {
                id: OperationId(id),
                device: None,
                at: self.now,
                order: order.clone(),
                seen,
                act,
            };
            self.outputs.push_back(Output::Do { reference: reference.to_owned(), operation });
        }
    }

    /// Reads the goal anew, notices a recall, and whether there is something to do.
    fn look_over(&mut self, reference: &str) {
        let Some(entry) = self.entries.get_mut(reference) else { return };
        if let Some(kitchen) = &entry.kitchen {
            let goal = goal(kitchen, self.close_when, self.now);
            if goal > entry.goal {
                entry.raised_at = kitchen.updated_at;
            }
            if goal != entry.goal {
                (entry.refused, entry.not_before) = (0, At(0));
                if entry.walk == Walk::Stuck {
                    entry.walk = Walk::Rest;
                }
            }
            entry.goal = goal;
        }
        let recalled = entry.notices_recall();
        if let (true, Some(kitchen), Some(status)) = (recalled, &entry.kitchen, entry.status()) {
            let fault = Fault::new("upstream_cannot_recall")
                .with("order", kitchen.short_number())
                .with("status", status.word());
            self.outputs.push_back(Output::Explain { order: Some(kitchen.id.clone()), fault });
        }
        let idle = entry.is_told() && !entry.is_behind() && matches!(entry.walk, Walk::Rest | Walk::Stuck);
        if idle {
            self.active.remove(reference);
        } else {
            self.active.insert(reference.to_owned());
        }
    }

    // ---- the back end's side

    fn frame(&mut self, text: &str) {
        match Frame::read(text) {
            Frame::Created(order) => self.merge(order, Way::Told),
            // Of an order whose making was missed it is the first that is heard.
            Frame::Updated(order) => self.merge(order, Way::Read),
            Frame::Error { message } => {
                tracing::warn!(target: "hub::upstream", message, "the back end complains");
            }
            Frame::Connected { .. }
            | Frame::Accepted
            | Frame::Refused { .. }
            | Frame::SyncComplete
            | Frame::Pong
            | Frame::Unknown { .. } => {}
        }
    }

    /// Takes a row from wherever it came, if it is newer than what is known.
    fn merge(&mut self, row: Box<Order>, way: Way) {
        if row.is_foreign(&self.restaurant) {
            tracing::warn!(target: "hub::upstream", "dropped an order of another restaurant");
            return;
        }
        let freshness = row.freshness();
        let reference = row.id.clone();
        match self.entries.get(&reference) {
            Some(entry) if entry.seen.is_some_and(|seen| seen.freshness >= freshness) => return,
            Some(_) => {}
            None if row.status.is_some_and(|status| status > Status::Ready) => return,
            None if self.is_too_old(&row) => {
                self.too_old.insert(reference);
                return;
            }
            None => {}
        }
        let entry = self.entries.entry(reference.clone()).or_insert_with(|| Entry { way, ..Entry::new() });
        if row.status != entry.status() {
            (entry.refused, entry.not_before) = (0, At(0));
            if entry.walk == Walk::Stuck {
                entry.walk = Walk::Rest;
            }
        }
        entry.seen = Some(Taken::of(&row, self.now));
        entry.waiting = Some(row);
        self.tell(&reference);
        self.look_over(&reference);
    }

    fn is_too_old(&self, row: &Order) -> bool {
        let created = row.created_at.map_or(self.now, |at| At(at.as_millisecond()));
        !row.is_scheduled && self.now.since(created) > OLDEST_MS
    }

    fn greet(&mut self, generation: u64, renewed: bool) {
        if let (true, Some(serial)) = (renewed, self.greeted_with) {
            self.login.greeting_refused(serial);
        }
        self.socket = Socket::Greeting { generation };
        self.answer_greeting();
    }

    fn answer_greeting(&mut self) {
        let Socket::Greeting { generation } = self.socket else { return };
        if let Some((token, serial)) = self.login.greeting_token(self.now) {
            let text = dialect::auth(token, &self.restaurant);
            self.socket = Socket::Down;
            self.greeted_with = Some(serial);
            self.outputs.push_back(Output::Greeting { generation, text });
        } else if self.login.due_at(self.now).is_some_and(|at| at > self.now) {
            self.socket = Socket::Down;
            self.outputs.push_back(Output::NoGreeting { generation, reason: "no login for now" });
        }
    }

    fn connect(&mut self) {
        if matches!(self.socket, Socket::Unasked) {
            self.socket = Socket::Down;
            self.outputs.push_back(Output::Connect);
        }
    }

    fn unstick(&mut self) {
        for entry in self.entries.values_mut().filter(|entry| entry.walk == Walk::Stuck) {
            entry.walk = Walk::Rest;
            (entry.refused, entry.not_before) = (0, At(0));
        }
    }

    // ---- requests

    fn pump(&mut self) {
        while self.under_way.len() < IN_FLIGHT && self.trouble.is_none_or(|trouble| trouble.until <= self.now)
        {
            let Some(job) = self.next_job() else { break };
            if !self.budget.take(self.now) {
                break;
            }
            self.send(job);
        }
    }

    /// The most pressing thing that may be asked now: the login, what a cook has just done in turns with the lists, what no list
    /// shows, and at last what was done while the back end was away.
    fn next_job(&self) -> Option<Job> {
        if self.login.due_at(self.now).is_some_and(|at| at <= self.now) {
            return Some(Job::Login);
        }
        self.login.token(self.now)?;
        let live_since = self.up_since.unwrap_or(At(i64::MAX));
        let mut best: Option<((u8, At), Job)> = None;
        for reference in &self.active {
            let Some(entry) = self.entries.get(reference) else { continue };
            let Some((job, at)) = job_of(reference, entry, self.undo_ms) else { continue };
            if at > self.now {
                continue;
            }
            let class = match job {
                Job::Look { why: Doubt::Missing, .. } => 2,
                _ if entry.raised_at >= live_since => 0,
                _ => 3,
            };
            let key = (class, entry.raised_at);
            if best.as_ref().is_none_or(|(held, _)| key < *held) {
                best = Some((key, job));
            }
        }
        let page_due = self.page_at().is_some_and(|at| at <= self.now);
        match best {
            // In turns: a busy kitchen reports without end, and an order that it has not heard of must not wait for that.
            Some(((0, _), job)) if !(page_due && self.page_is_next) => Some(job),
            _ if page_due => Some(Job::Page),
            best => best.map(|(_, job)| job),
        }
    }

    /// When the next request is due, for whichever reason, and paid for.
    fn next_request_at(&self) -> Option<At> {
        if self.under_way.len() >= IN_FLIGHT {
            return None;
        }
        let mut due = self.login.due_at(self.now);
        if self.login.token(self.now).is_some() {
            due = [due, self.page_at()].into_iter().flatten().min();
            for reference in &self.active {
                let entry = self.entries.get(reference);
                let at = entry.and_then(|entry| job_of(reference, entry, self.undo_ms)).map(|(_, at)| at);
                due = [due, at].into_iter().flatten().min();
            }
        }
        let trouble = self.trouble.map_or(At(0), |trouble| trouble.until);
        due.map(|due| due.max(trouble).max(self.budget.ready_at(self.now)))
    }

    fn page_at(&self) -> Option<At> {
        match &self.reading {
            Some(reading) if reading.waiting_for.is_some() => None,
            Some(_) => Some(self.now),
            None => Some(self.next_reading.at),
        }
    }

    fn send(&mut self, job: Job) {
        let serial = self.login.token(self.now).map_or(0, |(_, serial)| serial);
        let token = self.login.token(self.now).map(|(token, _)| token);
        self.page_is_next = !matches!(job, Job::Page);
        let (request, purpose) = match job {
            Job::Login => {
                let failed_before = self.login.failed();
                let request = self.writer.login(self.login.credentials(), &self.restaurant);
                let kept = self.login.begin(self.now);
                self.outputs.push_back(Output::KeepLogin(kept));
                (request, Purpose::Login { failed_before })
            }
            Job::Step { reference, step } => {
                let request = self.writer.step(token, &reference, step);
                if let Some(entry) = self.entries.get_mut(&reference) {
                    entry.walk = Walk::Asking { request: request.id, step };
                    entry.asked = entry.asked.max(Some(step));
                }
                (request, Purpose::Step { reference, step, serial })
            }
            Job::Look { reference, why } => {
                let request = self.writer.look(token, &reference);
                if let Some(entry) = self.entries.get_mut(&reference) {
                    entry.walk = Walk::Looking { request: request.id, why };
                }
                (request, Purpose::Look { reference, why, serial })
            }
            Job::Page => {
                if self.reading.is_none() {
                    let known = self
                        .entries
                        .iter()
                        .filter(|(_, entry)| entry.walk != Walk::Stuck && may_be_missing(entry))
                        .map(|(reference, _)| reference.clone())
                        .collect();
                    self.reading = Some(Reading::new(self.next_reading.scope, known));
                }
                let page = self.reading.as_ref().and_then(Reading::next_page).unwrap_or_default();
                let request = self.writer.page(token, &page);
                if let Some(reading) = &mut self.reading {
                    reading.waiting_for = Some(request.id);
                }
                (request, Purpose::Page { serial })
            }
        };
        self.under_way.insert(request.id, purpose);
        self.outputs.push_back(Output::Http(request));
    }

    fn answered(&mut self, request: u64, outcome: Result<Answer, Lost>) {
        let Some(purpose) = self.under_way.remove(&request) else { return };
        self.weigh(&purpose, &outcome);
        match purpose {
            Purpose::Login { failed_before } => self.login_answered(failed_before, outcome),
            Purpose::Step { reference, step, .. } => self.step_answered(request, &reference, step, &outcome),
            Purpose::Look { reference, why, .. } => self.look_answered(request, &reference, why, &outcome),
            Purpose::Page { .. } => self.page_answered(request, outcome),
        }
    }

    /// What an answer says about the back end as a whole.
    fn weigh(&mut self, purpose: &Purpose, outcome: &Result<Answer, Lost>) {
        let away = match outcome {
            Err(_) => true,
            Ok(answer) => matches!(answer.status, 502..=504),
        };
        let failed = self.trouble.map_or(0, |trouble| trouble.failed);
        if away {
            let wait = backoff_ms(failed);
            let wait = wait + wait * self.writer.permille() / 4_000;
            self.trouble = Some(Trouble { failed: failed + 1, until: self.now.plus(wait) });
            self.up_since = None;
            return;
        }
        let Ok(answer) = outcome else { return };
        if answer.status < 500 && answer.status != 429 {
            self.trouble = None;
            self.up_since.get_or_insert(self.now);
        }
        match (answer.status, purpose) {
            (429, Purpose::Login { .. }) if answer.is_json() => {}
            (429, _) => {
                let said = Problem::read(&answer.body).retry_after_s.or(answer.retry_after_s);
                let wait =
                    said.map_or(UNSAID_PAUSE_MS, |s| i64::try_from(s.min(86_400)).unwrap_or(0) * 1_000);
                tracing::warn!(target: "hub::upstream", wait_ms = wait, "the back end wants fewer requests");
                self.budget.pause(self.now, wait);
            }
            (401, Purpose::Step { serial, .. } | Purpose::Look { serial, .. } | Purpose::Page { serial })
                if self.login.drop_token(*serial) =>
            {
                tracing::info!(target: "hub::upstream", "the token is not taken any more; logging in");
            }
            (403, Purpose::Step { .. } | Purpose::Look { .. } | Purpose::Page { .. }) => {
                self.trouble = Some(Trouble { failed: failed + 1, until: self.now.plus(FORBIDDEN_MS) });
                if !self.forbidden {
                    self.forbidden = true;
                    self.outputs.push_back(Output::Explain {
                        order: None,
                        fault: Fault::new("upstream_forbidden").passing(),
                    });
                }
            }
            (200..=299, _) if self.forbidden => {
                self.forbidden = false;
                self.outputs.push_back(Output::Explained { code: "upstream_forbidden" });
            }
            _ => {}
        }
    }

    fn login_answered(&mut self, failed_before: u32, outcome: Result<Answer, Lost>) {
        let outcome = match outcome {
            Ok(answer) => match answer.status {
                200..=299 => {
                    Token::of_login(&answer.body).map_or(Outcome::Later { after_ms: None }, Outcome::Token)
                }
                429 => {
                    let said = Problem::read(&answer.body).retry_after_s.or(answer.retry_after_s);
                    let after_ms = said.map(|s| i64::try_from(s.min(86_400)).unwrap_or(0) * 1_000);
                    Outcome::Later { after_ms: Some(after_ms.unwrap_or(UNSAID_PAUSE_MS)) }
                }
                400 | 401 | 403 | 404 => Outcome::Refused,
                _ => Outcome::Later { after_ms: None },
            },
            Err(Lost::Unsent) => Outcome::Unsent,
            Err(Lost::Unanswered) => Outcome::Later { after_ms: None },
        };
        let (kept, refused) = self.login.end(outcome, failed_before, self.now);
        self.outputs.push_back(Output::KeepLogin(kept));
        if refused {
            let fault = Fault::new("upstream_login_refused");
            self.outputs.push_back(Output::Explain { order: None, fault });
        }
        if self.login.token(self.now).is_some() {
            self.connect();
        }
        self.answer_greeting();
    }

    fn step_answered(&mut self, request: u64, reference: &str, step: Status, outcome: &Result<Answer, Lost>) {
        let now = self.now;
        let mut rows = Vec::new();
        let mut fault = None;
        let walk = match outcome {
            Ok(answer) => match answer.status {
                200..=299 => match dialect::orders(&answer.body) {
                    Some(found) if !found.is_empty() => {
                        rows = found;
                        Walk::Rest
                    }
                    Some(_) | None => Walk::Doubt { look_at: now, why: Doubt::Step(step) },
                },
                // None of these reached the order.
                401 | 403 | 429 => Walk::Rest,
                400 => {
                    fault = Some("upstream_step_refused");
                    Walk::Stuck
                }
                404 => {
                    fault = Some("upstream_order_gone");
                    Walk::Stuck
                }
                // An illegal step, a step that somebody else has taken already, a lost race: all are a 500.
                _ => Walk::Doubt { look_at: now, why: Doubt::Step(step) },
            },
            Err(Lost::Unsent) => Walk::Rest,
            Err(Lost::Unanswered) => Walk::Doubt { look_at: now, why: Doubt::Unheard(step) },
        };
        if let Some(entry) = self.entries.get_mut(reference)
            && entry.walk == (Walk::Asking { request, step })
        {
            entry.walk = walk;
        }
        for row in rows {
            self.merge(Box::new(row), Way::Read);
        }
        if let Some(code) = fault {
            self.explain_step(reference, code, step);
        }
        self.look_over(reference);
    }

    fn look_answered(&mut self, request: u64, reference: &str, why: Doubt, outcome: &Result<Answer, Lost>) {
        let now = self.now;
        let asking = |entry: &Entry| entry.walk == (Walk::Looking { request, why });
        let found = match outcome {
            Ok(answer) if (200..=299).contains(&answer.status) => dialect::orders(&answer.body),
            Ok(_) | Err(_) => None,
        };
        let mut fault = None;
        if let Some(found) = found {
            if let Some(entry) = self.entries.get_mut(reference).filter(|entry| asking(entry)) {
                entry.walk = Walk::Rest;
            }
            for row in found {
                self.merge(Box::new(row), Way::Read);
            }
            if let (Some(entry), Doubt::Step(step)) = (self.entries.get_mut(reference), why)
                && entry.walk == Walk::Rest
                && entry.status().is_some_and(|status| status < step)
            {
                entry.refused += 1;
                entry.not_before = now.plus(backoff_ms(entry.refused - 1));
                if entry.refused >= MOST_REFUSALS {
                    entry.walk = Walk::Stuck;
                    fault = Some(("upstream_step_refused", step));
                }
            }
        } else if let Some(entry) = self.entries.get_mut(reference).filter(|entry| asking(entry)) {
            let gone = matches!(outcome, Ok(answer) if answer.status == 404);
            let later = match outcome {
                // The login and the budget say when.
                Ok(answer) if matches!(answer.status, 401 | 403 | 429) => now,
                Ok(_) | Err(_) => now.plus(backoff_ms(entry.refused)),
            };
            entry.walk = if gone {
                fault = Some(("upstream_order_gone", entry.status().unwrap_or(Status::Pending)));
                Walk::Stuck
            } else {
                entry.refused = entry.refused.saturating_add(1);
                Walk::Doubt { look_at: later, why }
            };
        }
        if let Some((code, step)) = fault {
            self.explain_step(reference, code, step);
        }
        self.look_over(reference);
    }

    fn explain_step(&mut self, reference: &str, code: &str, step: Status) {
        let Some(kitchen) = self.entries.get(reference).and_then(|entry| entry.kitchen.as_ref()) else {
            return;
        };
        let fault = Fault::new(code).with("order", kitchen.short_number()).with("status", step.word());
        self.outputs.push_back(Output::Explain { order: Some(kitchen.id.clone()), fault });
    }

    fn page_answered(&mut self, request: u64, outcome: Result<Answer, Lost>) {
        let awaited = self.reading.as_ref().is_some_and(|reading| reading.waiting_for == Some(request));
        let rows = match &outcome {
            Ok(answer) if (200..=299).contains(&answer.status) => dialect::orders(&answer.body),
            Ok(_) | Err(_) => None,
        };
        let Some(rows) = rows else {
            if let Some(reading) = self.reading.as_mut().filter(|_| awaited) {
                reading.waiting_for = None;
            }
            if outcome.is_ok_and(|answer| !matches!(answer.status, 401 | 403 | 429 | 502..=504)) {
                let failed = self.trouble.map_or(0, |trouble| trouble.failed);
                self.trouble = Some(Trouble { failed: failed + 1, until: self.now.plus(backoff_ms(failed)) });
            }
            return;
        };
        // A page of a reading that was given up is as good as a frame: its rows are merged all the same.
        let ids: Vec<String> = rows.iter().map(|row| row.id.clone()).collect();
        for row in rows {
            self.merge(Box::new(row), Way::Read);
        }
        if !awaited {
            return;
        }
        let Some(reading) = &mut self.reading else { return };
        reading.take(&ids);
        if reading.next_page().is_none()
            && let Some(reading) = self.reading.take()
        {
            self.read_all(reading);
        }
    }

    fn read_all(&mut self, reading: Reading) {
        let whole = reading.scope() == Scope::Everything;
        for reference in reading.missing() {
            if let Some(entry) = self.entries.get_mut(&reference).filter(|entry| entry.walk == Walk::Rest) {
                entry.walk = Walk::Doubt { look_at: self.now, why: Doubt::Missing };
                self.active.insert(reference);
            }
        }
        let live = matches!(self.socket, Socket::Live { .. });
        self.next_reading = if live {
            Due { at: self.now.plus(reread::EVERY_MS), scope: Scope::Everything }
        } else {
            Due { at: self.now.plus(reread::WITHOUT_SOCKET_MS), scope: Scope::New }
        };
        if whole && self.too_old.len() > self.too_old_said {
            self.too_old_said = self.too_old.len();
            let fault = Fault::new("upstream_old_orders").with("count", self.too_old.len());
            self.outputs.push_back(Output::Explain { order: None, fault });
        }
        if whole {
            self.forget();
        }
    }

    fn forget(&mut self) {
        let now = self.now;
        let over = |entry: &Entry| {
            entry.is_over() && entry.seen.is_none_or(|seen| now.since(seen.at) > REMEMBERED_MS)
        };
        let gone: Vec<String> =
            self.entries.iter().filter(|(_, e)| over(e)).map(|(reference, _)| reference.clone()).collect();
        for reference in gone {
            self.entries.remove(&reference);
            self.active.remove(&reference);
            self.outputs.push_back(Output::Forget { reference });
        }
    }
}

/// What an order wants asked, and from when.
fn job_of(reference: &str, entry: &Entry, undo_ms: i64) -> Option<(Job, At)> {
    if let Walk::Doubt { look_at, why } = entry.walk {
        return Some((Job::Look { reference: reference.to_owned(), why }, look_at));
    }
    let (step, at) = entry.next_step(undo_ms)?;
    Some((Job::Step { reference: reference.to_owned(), step }, at))
}

/// When the back end took an order that comes late. One that is told of comes at once, whatever the clock over there says;
/// of one that was read later that clock is all there is.
fn placed_at(row: &Order, way: Way, now: At) -> Option<At> {
    let created = At(row.created_at?.as_millisecond());
    (way == Way::Read && now.since(created) > LATE_MS).then_some(created)
}

/// Whether a list of open orders should show it.
fn may_be_missing(entry: &Entry) -> bool {
    let open_there = entry.status().is_none_or(|status| status <= Status::Ready);
    let open_here = entry.kitchen.as_ref().is_some_and(|order| order.is_open());
    // Finished here before this run has seen its row: it may be over there by now, and then no list shows it.
    let told = entry.told.and_then(|told| told.status);
    let unheard = entry.status().is_none() && entry.goal.is_some() && !told.is_some_and(Status::is_final);
    (open_here || unheard) && open_there
}

/// What of a row is news to the kitchen, as acts. A status counts only when it changed: the kitchen may have gone back
/// since, which the back end cannot.
fn acts(
    row: &Order,
    kitchen: &kitchen::Order,
    told: Option<Status>,
    asked: Option<Status>,
    now: At,
) -> Vec<Act> {
    let mut acts = Vec::new();
    let here = kitchen.status(now);
    if here == OrderStatus::Cancelled {
        return acts;
    }
    if row.status == Some(Status::Cancelled) {
        return vec![Act::VoidOrder { reason: None }];
    }
    let mut lines: Vec<Touch> =
        kitchen.lines.iter().map(|line| Touch { line: line.id.clone(), upto: line.quantity }).collect();
    for change in dialect::line_changes(row, kitchen) {
        acts.push(match change {
            LineChange::Added(added) => {
                let ids = added.iter().filter_map(|line| Some((line.id.clone()?, line.quantity)));
                lines.extend(ids.map(|(id, upto)| Touch { line: id.into(), upto }));
                Act::AddLines { lines: added }
            }
            LineChange::Voided(lines) => Act::VoidLines { lines },
        });
    }
    let Some(status) = row.status.filter(|status| Some(*status) != told && Some(*status) > asked) else {
        return acts;
    };
    let to = status.kitchen();
    if rank(to) >= rank(OrderStatus::Preparing) && rank(to) > rank(here) {
        acts.push(Act::Advance { to, lines });
    }
    acts
}

fn rank(status: OrderStatus) -> u8 {
    match status {
        OrderStatus::Pending => 0,
        OrderStatus::Confirmed => 1,
        OrderStatus::Preparing => 2,
        OrderStatus::Ready => 3,
        OrderStatus::Completed => 4,
        OrderStatus::Cancelled => 5,
    }
}

/// How long to wait after the `failed`th failure in a row (R3.5): 2 s, doubled, at most 30 s.
fn backoff_ms(failed: u32) -> i64 {
    (2_000_i64 << failed.min(10)).min(30_000)
}
