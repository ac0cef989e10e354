//! The one writer: every change of the log goes through its thread.
//!
//! It takes whatever is queued, carries it out in one transaction, and commits once: one `fsync` for as many orders as came
//! meanwhile (group commit). Only after the commit do callers hear of it and screens see it. If the commit fails, nothing
//! has happened: the callers get a passing fault, and what the writer holds in memory is read again from the database.

use crate::clock::{HubClock, STEP_MS};
use crate::feed::{self, Feed};
use crate::folder::Folder;
use crate::life::{self, Life, Why, Witness};
use crate::screens::Screens;
use crate::store::{self, Outcome, ScreenRow, StoreError};
use crate::text;
use kitchen::{
    At, Dealer, Decided, EightySix, EpochId, Event, EventKind, Line, LiveScreens, Menu, NewOrder, Operation,
    OperationId, Order, OrderId, Queue, Refusal, Settings, Setup, Station, decide, decide_setup,
    is_left_over, is_on_setup, park, reroute,
};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::{oneshot, watch};
use tokio_tungstenite::tungstenite::Utf8Bytes;
use wire::hub::{Fault, LARGEST_FRAME};

/// Requests waiting for the writer. Every connection has a bounded number under way, so this is met only when the disk
/// stands still; then callers are told at once instead of waiting in the dark.
pub(crate) const QUEUE: usize = 8_192;

/// Requests in one transaction: enough for a burst, few enough that the first caller does not wait for the last.
const MOST_PER_COMMIT: usize = 256;

/// How often a quiet writer looks around: wall clock, screens, write-ahead log.
const LOOK_AROUND: Duration = Duration::from_secs(1);

/// How far screens are is written with the next commit, or after this many quiet looks around: an `ack` costs no `fsync`.
const SCREENS_EVERY: u32 = 5;

/// How often old rows are looked for, in quiet looks around (about a minute).
const FORGET_EVERY: u32 = 60;

/// How long operations, keys and events are kept: a screen that was switched off for a month may still deliver.
pub(crate) const KEPT_MS: i64 = 30 * 24 * 3_600 * 1_000;

/// How often it is looked whether a business day has begun that leaves something behind. Nobody waits for it.
const PARK_EVERY_MS: i64 = 60_000;

/// The most bytes of one event: it has to fit a frame, with room for the message around it.
const LARGEST_EVENT: usize = LARGEST_FRAME - 64 * 1024;

/// What the writer is asked to do.
#[derive(Debug)]
pub(crate) enum Work {
    /// A new order.
    Take { draft: NewOrder, key: Option<Key>, from: Origin },
    /// An act on an order.
    Do { operation: Operation, key: Option<Key> },
    /// Another menu.
    Menu(Menu),
    /// Other stations.
    Stations(Vec<Station>),
    /// Other settings.
    Settings(Settings),
    /// Other screens live than before: what those that are gone had is anybody's, or another's.
    Deal,
    /// What is left over from before the business day of now is parked.
    BeginDay,
    /// A screen has read further in that life of the log than the log reaches: another one begins, if it is still that.
    Renew { epoch: EpochId },
}

/// Who brings an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A POS, which can be told no and ask its guest.
    Pos,
    /// A back end, where the order exists already.
    BackEnd,
}

/// The `Idempotency-Key` of a request, with the hash of what it asked for.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) key: String,
    pub(crate) hash: [u8; 32],
}

/// What became of it. It is in the database.
#[derive(Debug, Clone)]
pub(crate) struct Done {
    /// The last event it caused, or the log's end.
    pub(crate) seq: u64,
    /// The order after it.
    pub(crate) order: Option<Order>,
    /// Whether this request changed anything; false when it had been carried out before or all was so already.
    pub(crate) recorded: bool,
    /// Whether a key said that it had been carried out before.
    pub(crate) repeated: bool,
}

/// Counters of this run.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) commits: AtomicU64,
    pub(crate) events: AtomicU64,
    pub(crate) clock_steps: AtomicU64,
    /// The last commit failed: not ready.
    pub(crate) failing: AtomicBool,
}

/// The way to the writer.
#[derive(Clone)]
pub(crate) struct Writer {
    inbox: SyncSender<Message>,
    alive: watch::Receiver<()>,
}

enum Message {
    Request(Box<(Work, Answer)>),
    Close,
}

/// What the writer's thread shares with the rest of the hub.
pub(crate) struct Shared {
    pub(crate) clock: Arc<HubClock>,
    pub(crate) feed: Arc<Feed>,
    pub(crate) screens: Arc<Screens>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) setup: Arc<RwLock<Arc<Setup>>>,
    pub(crate) life: Arc<watch::Sender<Life>>,
}

impl Writer {
    /// Starts the thread on a database that has a setup.
    pub(crate) fn start(
        db: Connection,
        folder: Folder,
        witness: Witness,
        shared: Shared,
    ) -> Result<(Self, JoinHandle<()>), StoreError> {
        let head = Head::read(&db)?;
        let (inbox, requests) = sync_channel(QUEUE);
        let (alive_in, alive) = watch::channel(());
        let mut thread = Thread {
            db,
            head,
            witness,
            shared,
            quiet: 0,
            looks: 0,
            park_after: At(0),
            day_begun: None,
            dealt: LiveScreens::new(),
        };
        let handle = std::thread::Builder::new()
            .name("hub-writer".to_owned())
            .spawn(move || {
                thread.run(&requests);
                // The database is closed before the folder is free, and that before anybody hears of the end.
                drop(thread);
                drop(folder);
                drop(alive_in);
            })
            .map_err(|error| StoreError::Sqlite(rusqlite::Error::ToSqlConversionFailure(Box::new(error))))?;
        Ok((Self { inbox, alive }, handle))
    }

    /// Queues a request. The answer comes after the commit.
    pub(crate) fn submit(&self, work: Work) -> Result<oneshot::Receiver<Result<Done, Fault>>, Fault> {
        let (answer, answered) = oneshot::channel();
        match self.inbox.try_send(Message::Request(Box::new((work, answer)))) {
            Ok(()) => Ok(answered),
            Err(TrySendError::Full(_)) => Err(Fault::new("hub_busy").passing()),
            Err(TrySendError::Disconnected(_)) => Err(stopping()),
        }
    }

    /// Queues a request and waits for its commit.
    pub(crate) async fn ask(&self, work: Work) -> Result<Done, Fault> {
        self.submit(work)?.await.unwrap_or_else(|_| Err(stopping()))
    }

    /// Asks the thread to commit what is queued and to close the database.
    pub(crate) fn close(&self) {
        if self.inbox.try_send(Message::Close).is_err() {
            tracing::warn!(target: "hub::log", "the writer's queue is full or closed; it ends when its callers do");
        }
    }

    /// Waits for the thread's end.
    pub(crate) async fn ended(&self) {
        let mut alive = self.alive.clone();
        while alive.changed().await.is_ok() {}
    }

    /// Whether the thread runs.
    pub(crate) fn is_alive(&self) -> bool {
        self.alive.has_changed().is_ok()
    }
}

/// The fault of a hub on its way out.
pub(crate) fn stopping() -> Fault {
    Fault::new("hub_stopping").passing()
}

/// What the writer holds in memory. A batch works on a copy, which replaces it when the batch is committed.
#[derive(Clone)]
struct Head {
    seq: u64,
    at: At,
    life: Life,
    setup: Arc<Setup>,
    /// The business day that `number` counts in, `YYYYMMDD`.
    day: String,
    number: u64,
    dealer: Dealer,
    /// Of orders.
    ids: ulid::Generator,
}

impl Head {
    fn read(db: &Connection) -> Result<Self, StoreError> {
        let (seq, at) = store::end_of_log(db)?;
        Ok(Self {
            seq,
            at,
            life: life::read(db)?.ok_or(StoreError::Missing)?,
            setup: Arc::new(store::setup(db)?.ok_or(StoreError::Missing)?),
            day: store::meta(db, "number_day")?.unwrap_or_default(),
            number: store::meta(db, "number_last")?.and_then(|text| text.parse().ok()).unwrap_or(0),
            dealer: Dealer::default(),
            ids: ulid::Generator::new(),
        })
    }
}

struct Thread {
    db: Connection,
    head: Head,
    witness: Witness,
    shared: Shared,
    /// Looks around since the last request.
    quiet: u32,
    /// Looks around in all.
    looks: u32,
    /// Before this nobody need look for what is left over.
    park_after: At,
    /// The business day of which nothing more can be left over.
    day_begun: Option<At>,
    /// The screens that tickets were dealt among last.
    dealt: LiveScreens,
}

type Answer = oneshot::Sender<Result<Done, Fault>>;

impl Thread {
    fn run(&mut self, requests: &Receiver<Message>) {
        loop {
            self.begin_day();
            self.deal_again();
            let first = match requests.recv_timeout(LOOK_AROUND) {
                Ok(Message::Request(request)) => *request,
                Ok(Message::Close) | Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    self.look_around();
                    continue;
                }
            };
            let mut batch = vec![first];
            let mut closing = false;
            while batch.len() < MOST_PER_COMMIT && !closing {
                match requests.try_recv() {
                    Ok(Message::Request(request)) => batch.push(*request),
                    Ok(Message::Close) => closing = true,
                    Err(_) => break,
                }
            }
            self.quiet = 0;
            self.serve(batch);
            if closing {
                break;
            }
        }
        self.close();
    }

    /// One transaction for all; if that fails, one for each, so that one request cannot spoil its neighbours.
    fn serve(&mut self, batch: Vec<(Work, Answer)>) {
        let (work, answers): (Vec<Work>, Vec<Answer>) = batch.into_iter().unzip();
        let results = match self.commit(&work) {
            Ok(results) => results,
            Err(_) if work.len() == 1 => vec![Err(storage_failed())],
            Err(_) => self.one_by_one(&work),
        };
        for (answer, result) in answers.into_iter().zip(results) {
            // Who asked may have gone; what was done is done.
            let _ = answer.send(result);
        }
    }

    fn one_by_one(&mut self, work: &[Work]) -> Vec<Result<Done, Fault>> {
        // A disk that fails twice in a row fails for all: do not let them wait for each try.
        let mut failures = 0;
        let mut results = Vec::with_capacity(work.len());
        for one in work {
            let result = if failures < 2 { self.commit(std::slice::from_ref(one)).ok() } else { None };
            let result = result.and_then(|mut results| results.pop());
            failures = if result.is_some() { 0 } else { failures + 1 };
            results.push(result.unwrap_or_else(|| Err(storage_failed())));
        }
        results
    }

    /// Carries out the work, commits, and only then lets anybody know.
    fn commit(&mut self, work: &[Work]) -> Result<Vec<Result<Done, Fault>>, StoreError> {
        let screens = self.shared.screens.take_changed();
        let step = self.shared.clock.step();
        let tried = transact(&mut self.db, &self.head, &self.shared, work, &screens, step);
        let failing = tried.is_err();
        if self.shared.counters.failing.swap(failing, Ordering::Relaxed) && !failing {
            tracing::info!(target: "hub::log", "the database takes commits again");
        }
        match tried {
            Ok(Committed { head, texts, results, wrote }) => {
                if wrote {
                    self.shared.counters.commits.fetch_add(1, Ordering::Relaxed);
                    self.shared.counters.events.fetch_add(texts.len() as u64, Ordering::Relaxed);
                    tracing::debug!(target: "hub::log", requests = work.len(), events = texts.len(), seq = head.seq, "committed");
                }
                if !Arc::ptr_eq(&head.setup, &self.head.setup) {
                    *self.shared.setup.write().unwrap_or_else(PoisonError::into_inner) = head.setup.clone();
                }
                self.witness.note(&head.life.epoch, head.seq);
                if head.life != self.head.life {
                    tracing::error!(
                        target: "hub::log", before = %self.head.life.epoch, epoch = %head.life.epoch, seq = head.seq,
                        "a screen has read further than this log reaches, which is an older copy of itself: a new life of it begins"
                    );
                    self.shared.life.send_replace(head.life.clone());
                }
                self.head = head;
                self.shared.feed.publish(texts);
                Ok(results)
            }
            Err(error) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::error!(target: "hub::log", %error, cause, requests = work.len(), "commit failed, nothing was changed");
                self.shared.screens.put_back(&screens);
                match Head::read(&self.db) {
                    Ok(head) => self.head = head,
                    Err(error) => tracing::error!(target: "hub::log", %error, "the log's end cannot be read"),
                }
                Err(error)
            }
        }
    }

    /// What a quiet second is good for.
    fn look_around(&mut self) {
        self.quiet += 1;
        self.looks = self.looks.wrapping_add(1);
        if self.shared.clock.is_stepped()
            || (self.quiet.is_multiple_of(SCREENS_EVERY) && self.shared.screens.is_changed())
        {
            // A failure is logged where it happens; the next look tries again.
            let _ = self.commit(&[]);
        }
        let ahead = self.shared.clock.offset_ms() > STEP_MS;
        if ahead && store::count_on_glass(&self.db).is_ok_and(|open| open == 0) {
            tracing::info!(target: "hub::clock", ahead_ms = self.shared.clock.offset_ms(), "no order is open: going to the wall clock");
            self.shared.clock.follow();
        }
        if self.quiet == 1 {
            self.witness.sync();
            self.checkpoint("PASSIVE");
        }
        if self.looks.is_multiple_of(FORGET_EVERY)
            && let Err(error) = self.forget()
        {
            tracing::warn!(target: "hub::log", %error, "old rows could not be forgotten");
        }
    }

    /// Deals tickets anew when other screens live than before; in a kitchen that shares all its tickets there is nothing to
    /// deal.
    fn deal_again(&mut self) {
        if self.head.setup.stations.iter().all(|station| station.queue == Queue::Shared) {
            return;
        }
        let live = self.shared.screens.live(self.shared.clock.now());
        if live != self.dealt && self.commit(&[Work::Deal]).is_ok() {
            self.dealt = live;
        }
    }

    /// Parks what an earlier business day left behind: when another one has begun, or at the first start after that.
    fn begin_day(&mut self) {
        let now = self.shared.clock.now();
        if now < self.park_after {
            return;
        }
        self.park_after = now.plus(PARK_EVERY_MS);
        let day_start = text::day_began(&self.head.setup.settings, now);
        if self.day_begun == Some(day_start) {
            return;
        }
        // A failure is logged where it happens; the next look tries again.
        let Ok(open) = store::orders_on_glass(&self.db) else { return };
        let left = open.iter().any(|order| is_left_over(order, day_start, now));
        if left && self.commit(&[Work::BeginDay]).is_err() {
            return;
        }
        // What is not quiet yet may still be left over of that day; what was touched since it began never is.
        let may_be = |order: &Order| {
            !order.is_parked() && order.updated_at < day_start && !is_left_over(order, day_start, now)
        };
        self.day_begun = (!open.iter().any(may_be)).then_some(day_start);
    }

    fn forget(&mut self) -> Result<(), StoreError> {
        let before = self.shared.clock.now().plus(-KEPT_MS);
        if store::is_older(&self.db, before)? {
            let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let gone = store::forget(&tx, before)?;
            tx.commit()?;
            tracing::debug!(target: "hub::log", gone, "old rows forgotten");
        }
        Ok(())
    }

    fn checkpoint(&self, how: &str) {
        let moved =
            self.db.query_row(&format!("PRAGMA wal_checkpoint({how})"), [], |row| row.get::<_, i64>(2));
        if let Err(error) = moved {
            tracing::warn!(target: "hub::log", %error, "checkpoint failed; the next one will do it");
        }
    }

    fn close(&mut self) {
        if self.shared.screens.is_changed() {
            let _ = self.commit(&[]);
        }
        self.witness.sync();
        self.checkpoint("TRUNCATE");
        tracing::info!(target: "hub::log", seq = self.head.seq, "log closed");
    }
}

struct Committed {
    head: Head,
    texts: Vec<Utf8Bytes>,
    results: Vec<Result<Done, Fault>>,
    wrote: bool,
}

fn transact(
    db: &mut Connection,
    head: &Head,
    shared: &Shared,
    work: &[Work],
    screens: &[ScreenRow],
    step: Option<i64>,
) -> Result<Committed, StoreError> {
    let before = db.total_changes();
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let live = shared.screens.live(shared.clock.now());
    let mut book = Book { tx: &tx, clock: &shared.clock, live, head: head.clone(), texts: Vec::new() };
    if let Some(step_ms) = step {
        shared.counters.clock_steps.fetch_add(1, Ordering::Relaxed);
        tracing::warn!(target: "hub::clock", step_ms, "the wall clock was moved; tickets keep their age");
        book.record(&book.event(EventKind::ClockStepped))?;
    }
    let results = work.iter().map(|work| book.perform(work)).collect::<Result<Vec<_>, _>>()?;
    for screen in screens {
        store::keep_screen(&tx, screen)?;
    }
    let Book { head, texts, .. } = book;
    tx.commit()?;
    Ok(Committed { head, texts, results, wrote: db.total_changes() != before })
}

/// A batch being carried out. Outer errors spoil the transaction; inner ones are refusals and belong to one caller.
struct Book<'a> {
    tx: &'a Transaction<'a>,
    clock: &'a HubClock,
    live: LiveScreens,
    head: Head,
    texts: Vec<Utf8Bytes>,
}

type Verdict = Result<Result<Done, Fault>, StoreError>;

impl Book<'_> {
    fn perform(&mut self, work: &Work) -> Verdict {
        match work {
            Work::Take { draft, key, from } => self.take(draft, key.as_ref(), *from),
            Work::Do { operation, key } => self.act(operation, key.as_ref()),
            Work::Menu(menu) => {
                let setup = Setup { menu: menu.clone(), ..(*self.head.setup).clone() };
                let event = Event { menu: Some(menu.clone()), ..self.event(EventKind::MenuSet) };
                self.configure(setup, &event)
            }
            Work::Stations(stations) => {
                let setup = Setup { stations: stations.clone(), ..(*self.head.setup).clone() };
                let event = Event { stations: Some(stations.clone()), ..self.event(EventKind::StationsSet) };
                self.configure(setup, &event)
            }
            Work::Settings(settings) => {
                let setup = Setup { settings: settings.clone(), ..(*self.head.setup).clone() };
                let event = Event { settings: Some(settings.clone()), ..self.event(EventKind::SettingsSet) };
                self.configure(setup, &event)
            }
            Work::Deal => self.deal(),
            Work::BeginDay => self.park_left_over(),
            Work::Renew { epoch } => {
                let renewed = self.head.life.epoch == *epoch;
                if renewed {
                    self.head.life = life::begin(self.tx, Why::ScreenAhead, self.now())?;
                }
                Ok(Ok(Done { seq: self.head.seq, order: None, recorded: renewed, repeated: false }))
            }
        }
    }

    fn take(&mut self, draft: &NewOrder, key: Option<&Key>, from: Origin) -> Verdict {
        if let Some(repeated) = self.repeated(key)? {
            return Ok(repeated);
        }
        if let Err(error) = draft.check() {
            return Ok(Err(Fault::new(error.code()).with("field", error.field())));
        }
        let may_refuse = from == Origin::Pos && self.head.setup.settings.eighty_six == EightySix::Refuse;
        if let Some(item) = draft.item_out(&self.head.setup.menu).filter(|_| may_refuse) {
            return Ok(Err(Fault::new("item_out").with("item", item)));
        }
        let at = self.now();
        let id = OrderId(text::next_id(&mut self.head.ids, at));
        let number = match &draft.number {
            Some(number) => number.clone(),
            None => self.next_number(at)?,
        };
        let order = match draft.clone().open(id, number, at, &self.head.setup) {
            Ok(order) => self.dealt(order),
            Err(error) => return Ok(Err(Fault::new(error.code()).with("field", error.field()))),
        };
        let event = Event { order: Some(order.clone()), ..self.event(EventKind::OrderCreated) };
        if !self.record(&event)? {
            return Ok(Err(Fault::new("order_too_large")));
        }
        self.keep_key(key, &order.id, at)?;
        self.take_off_stock(&order.lines)?;
        Ok(Ok(Done { seq: self.head.seq, order: Some(order), recorded: true, repeated: false }))
    }

    /// What of an order was counted is fewer now.
    fn take_off_stock(&mut self, lines: &[Line]) -> Result<(), StoreError> {
        let taken = lines.iter().map(|line| (&line.item, line.quantity));
        match self.head.setup.menu.after_taking(taken) {
            Some(menu) => self.keep_menu(menu, None).map(|_| ()),
            None => Ok(()),
        }
    }

    /// Another menu that routes nothing anew. False: it would not fit a frame.
    fn keep_menu(&mut self, menu: Menu, operation: Option<OperationId>) -> Result<bool, StoreError> {
        let event = Event { menu: Some(menu.clone()), operation, ..self.event(EventKind::MenuSet) };
        if !self.record(&event)? {
            return Ok(false);
        }
        store::keep_menu(self.tx, &menu)?;
        self.head.setup = Arc::new(Setup { menu, ..(*self.head.setup).clone() });
        Ok(true)
    }

    /// An act on the menu, the stations or the rules.
    fn judge_setup(&mut self, operation: &Operation) -> Verdict {
        let setup = match decide_setup(&self.head.setup, operation) {
            Err(refusal) => return Ok(Err(refused(&refusal))),
            Ok(None) => {
                return Ok(Ok(Done { seq: self.head.seq, order: None, recorded: false, repeated: false }));
            }
            Ok(Some(setup)) => setup,
        };
        let now = self.head.setup.clone();
        if setup.menu != now.menu {
            let kept = self.keep_menu(setup.menu, Some(operation.id.clone()))?;
            let too_large = || Fault::new("body_too_large").with("most", LARGEST_EVENT);
            let done = Done { seq: self.head.seq, order: None, recorded: true, repeated: false };
            return Ok(kept.then_some(done).ok_or_else(too_large));
        }
        if jiff::tz::TimeZone::get(&setup.settings.time_zone).is_err() {
            return Ok(Err(Fault::new("time_zone_unknown").with("zone", &setup.settings.time_zone)));
        }
        let stations = (setup.stations != now.stations).then(|| setup.stations.clone());
        let settings = (setup.settings != now.settings).then(|| setup.settings.clone());
        let kind = if stations.is_some() { EventKind::StationsSet } else { EventKind::SettingsSet };
        let operation = Some(operation.id.clone());
        let event = Event { stations, settings, operation, ..self.event(kind) };
        self.configure(setup, &event)
    }

    fn act(&mut self, operation: &Operation, key: Option<&Key>) -> Verdict {
        if let Some(repeated) = self.repeated(key)? {
            return Ok(repeated);
        }
        match store::outcome(self.tx, &operation.id)? {
            Some(Outcome::Applied(seq)) => {
                let order = store::order(self.tx, &operation.order)?;
                return Ok(Ok(Done { seq, order, recorded: false, repeated: true }));
            }
            Some(Outcome::Refused(fault)) => return Ok(Err(fault)),
            None => {}
        }
        let at = self.now();
        let verdict = match &operation.act {
            act if is_on_setup(act) => self.judge_setup(operation)?,
            _ => self.judge(operation, at)?,
        };
        let outcome = match &verdict {
            Ok(done) => Outcome::Applied(done.seq),
            Err(fault) => Outcome::Refused(fault.clone()),
        };
        store::keep_outcome(self.tx, &operation.id, &operation.order, at, &outcome)?;
        if verdict.is_ok() {
            self.keep_key(key, &operation.order, at)?;
        }
        Ok(verdict)
    }

    fn judge(&mut self, operation: &Operation, at: At) -> Verdict {
        let Some(order) = store::order(self.tx, &operation.order)? else {
            return Ok(Err(refused(&Refusal::UnknownOrder)));
        };
        let (kind, next) = match decide(&order, operation, &self.head.setup, at) {
            Err(refusal) => return Ok(Err(refused(&refusal))),
            Ok(Decided { order: None, .. }) => {
                let seq = self.head.seq;
                return Ok(Ok(Done { seq, order: Some(order), recorded: false, repeated: false }));
            }
            Ok(Decided { kind, order: Some(next) }) => (kind, self.dealt(next)),
        };
        let operation = Some(operation.id.clone());
        if !self.record(&Event { order: Some(next.clone()), operation, ..self.event(kind) })? {
            return Ok(Err(Fault::new("order_too_large")));
        }
        self.take_off_stock(next.lines.get(order.lines.len()..).unwrap_or_default())?;
        Ok(Ok(Done { seq: self.head.seq, order: Some(next), recorded: true, repeated: false }))
    }

    /// Takes the setup and routes the untouched work of open orders by it.
    fn configure(&mut self, setup: Setup, event: &Event) -> Verdict {
        if setup == *self.head.setup {
            return Ok(Ok(Done { seq: self.head.seq, order: None, recorded: false, repeated: false }));
        }
        if !self.record(event)? {
            return Ok(Err(Fault::new("body_too_large").with("most", LARGEST_EVENT)));
        }
        if let Some(menu) = &event.menu {
            store::keep_menu(self.tx, menu)?;
        }
        if let Some(stations) = &event.stations {
            store::keep_stations(self.tx, stations)?;
        }
        if let Some(settings) = &event.settings {
            store::keep_settings(self.tx, settings)?;
        }
        self.head.setup = Arc::new(setup);
        for order in store::orders_on_glass(self.tx)? {
            if let Some(next) = reroute(&order, &self.head.setup, self.now()) {
                self.record(&Event { order: Some(next), ..self.event(EventKind::OrderRerouted) })?;
            }
        }
        self.deal()?.ok();
        Ok(Ok(Done { seq: self.head.seq, order: None, recorded: true, repeated: false }))
    }

    /// The order with its tickets dealt to those that live.
    fn dealt(&mut self, order: Order) -> Order {
        let at = self.now();
        Order { claims: self.head.dealer.deal(&order, &self.head.setup, &self.live, at), ..order }
    }

    /// Deals the tickets of all open orders. It is nobody's deed, so no order counts as touched by it.
    fn deal(&mut self) -> Verdict {
        let mut recorded = false;
        for order in store::orders_on_glass(self.tx)? {
            let dealt = self.dealt(order.clone());
            if dealt.claims != order.claims {
                let order = Some(Order { version: order.version + 1, ..dealt });
                recorded |= self.record(&Event { order, ..self.event(EventKind::TicketDealt) })?;
            }
        }
        Ok(Ok(Done { seq: self.head.seq, order: None, recorded, repeated: false }))
    }

    fn park_left_over(&mut self) -> Verdict {
        let now = self.now();
        let day_start = text::day_began(&self.head.setup.settings, now);
        let mut parked = 0;
        for order in store::orders_on_glass(self.tx)? {
            if is_left_over(&order, day_start, now) {
                let order = Some(park(&order, now));
                parked += u32::from(self.record(&Event { order, ..self.event(EventKind::OrderParked) })?);
            }
        }
        tracing::info!(target: "hub::log", parked, "what an earlier day left open is parked");
        Ok(Ok(Done { seq: self.head.seq, order: None, recorded: parked > 0, repeated: false }))
    }

    /// What a key stood for when it came before.
    fn repeated(&self, key: Option<&Key>) -> Result<Option<Result<Done, Fault>>, StoreError> {
        let Some(key) = key else { return Ok(None) };
        let Some((hash, order)) = store::key(self.tx, &key.key)? else { return Ok(None) };
        if hash != key.hash {
            return Ok(Some(Err(Fault::new("idempotency_key_reused"))));
        }
        let order = store::order(self.tx, &order)?;
        Ok(Some(Ok(Done { seq: self.head.seq, order, recorded: false, repeated: true })))
    }

    fn keep_key(&self, key: Option<&Key>, order: &OrderId, at: At) -> Result<(), StoreError> {
        key.map_or(Ok(()), |key| store::keep_key(self.tx, &key.key, &key.hash, order, at))
    }

    /// The hub's clock, and never before the log's end.
    fn now(&self) -> At {
        self.clock.now().max(self.head.at)
    }

    /// The next entry of the log, without what it is about.
    fn event(&self, kind: EventKind) -> Event {
        Event {
            seq: self.head.seq + 1,
            at: self.now(),
            kind,
            order: None,
            operation: None,
            menu: None,
            stations: None,
            settings: None,
        }
    }

    /// Appends an event and its projection. False, and nothing recorded: it would not fit a frame.
    fn record(&mut self, event: &Event) -> Result<bool, StoreError> {
        let body = serde_json::to_string(event)?;
        if body.len() > LARGEST_EVENT {
            return Ok(false);
        }
        store::append(self.tx, event, &body)?;
        if let Some(order) = &event.order {
            store::keep_order(self.tx, event.seq, order)?;
        }
        self.texts.push(feed::message(&body));
        self.head.seq = event.seq;
        self.head.at = event.at;
        Ok(true)
    }

    /// `20260102-0042`: the business day and a count that starts with it.
    fn next_number(&mut self, at: At) -> Result<String, StoreError> {
        let day = text::business_day(&self.head.setup.settings, at);
        if day != self.head.day {
            store::keep_meta(self.tx, "number_day", &day)?;
            self.head.day = day;
            self.head.number = 0;
        }
        self.head.number += 1;
        store::keep_meta(self.tx, "number_last", &self.head.number.to_string())?;
        Ok(format!("{}-{:04}", self.head.day, self.head.number))
    }
}

fn refused(refusal: &Refusal) -> Fault {
    let fault = Fault::new(refusal.code());
    match refusal {
        Refusal::BadLines(error) => fault.with("field", error.field()),
        Refusal::BadHouse { what, station } => fault.with("what", what).with("station", station),
        Refusal::UnknownOrder
        | Refusal::UnknownLine
        | Refusal::NotAtThisStation
        | Refusal::OrderVoided
        | Refusal::UnknownBump
        | Refusal::NothingNamed
        | Refusal::UnknownCourse
        | Refusal::UnknownStation
        | Refusal::AlreadyBegun
        | Refusal::StillCooking
        | Refusal::HouseChanged
        | Refusal::TakenElsewhere
        | Refusal::NotFired
        | Refusal::UnknownAct => fault,
    }
}

fn storage_failed() -> Fault {
    Fault::new("storage_failed").passing()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::TimeSource;
    use kitchen::{Act, NewLine, Touch};
    use std::sync::atomic::AtomicI64;

    #[derive(Default)]
    struct Hands {
        counted: AtomicI64,
        wall: AtomicI64,
    }

    impl TimeSource for Hands {
        fn counted_ms(&self) -> i64 {
            self.counted.load(Ordering::Relaxed)
        }
        fn wall_ms(&self) -> i64 {
            self.wall.load(Ordering::Relaxed)
        }
    }

    /// The writer's thread without its thread.
    fn writer(data: &std::path::Path, hands: &Arc<Hands>) -> Thread {
        let mut db = store::open(&crate::folder::database(data)).unwrap();
        if store::setup(&db).unwrap().is_none() {
            crate::first_start(&mut db, &crate::demo::setup()).unwrap();
        }
        let head = Head::read(&db).unwrap();
        let shared = Shared {
            clock: Arc::new(HubClock::new(hands.clone(), head.at)),
            feed: Arc::new(Feed::new(head.seq)),
            screens: Arc::default(),
            counters: Arc::default(),
            setup: Arc::new(RwLock::new(head.setup.clone())),
            life: Arc::new(watch::Sender::new(head.life.clone())),
        };
        let witness = Witness::open(&Folder::claim(data).unwrap()).unwrap();
        Thread {
            db,
            head,
            witness,
            shared,
            quiet: 0,
            looks: 0,
            park_after: At(0),
            day_begun: None,
            dealt: LiveScreens::new(),
        }
    }

    fn post(key: &str, number: &str, notes: usize) -> Work {
        let line = NewLine { name: "Fries".to_owned(), quantity: 1, ..NewLine::default() };
        let draft = NewOrder {
            number: Some(number.to_owned()),
            notes: Some("x".repeat(notes)),
            lines: vec![line],
            ..NewOrder::default()
        };
        Work::Take { draft, key: Some(Key { key: key.to_owned(), hash: [7; 32] }), from: Origin::Pos }
    }

    fn serve(thread: &mut Thread, work: Vec<Work>) -> Vec<Result<Done, Fault>> {
        let (batch, answers): (Vec<_>, Vec<_>) = work
            .into_iter()
            .map(|work| {
                let (answer, answered) = oneshot::channel();
                ((work, answer), answered)
            })
            .unzip();
        thread.serve(batch);
        answers.into_iter().map(|mut answered| answered.try_recv().unwrap()).collect()
    }

    /// The log as it is on disk: contiguous, and as long as the feed says.
    fn audit(thread: &Thread) -> u64 {
        let texts = store::events_after(&thread.db, 0, 10_000).unwrap().expect("a contiguous log");
        let end = texts.len() as u64;
        assert_eq!((thread.head.seq, thread.shared.feed.end()), (end, end));
        end
    }

    #[test]
    fn many_requests_are_one_commit() {
        let data = tempfile::tempdir().unwrap();
        let mut thread = writer(data.path(), &Arc::default());
        let results = serve(&mut thread, (0..100).map(|n| post(&n.to_string(), "1", 0)).collect());
        let seqs: Vec<_> = results.into_iter().map(|result| result.unwrap().seq).collect();
        assert_eq!(seqs, (1..=100).collect::<Vec<_>>());
        assert_eq!(thread.shared.counters.commits.load(Ordering::Relaxed), 1);
        assert_eq!(audit(&thread), 100);
    }

    #[test]
    fn one_that_cannot_be_stored_does_not_spoil_its_neighbours() {
        let data = tempfile::tempdir().unwrap();
        let mut thread = writer(data.path(), &Arc::default());
        thread
            .db
            .execute_batch(
                "CREATE TEMP TRIGGER poison BEFORE INSERT ON main.orders WHEN NEW.number = 'poison'
                 BEGIN SELECT RAISE(ABORT, 'poison'); END",
            )
            .unwrap();
        let work = vec![post("a", "1", 0), post("b", "poison", 0), post("c", "3", 0), post("d", "4", 0)];
        let results = serve(&mut thread, work);
        let seqs: Vec<_> = results.iter().map(|result| result.as_ref().map(|done| done.seq).ok()).collect();
        assert_eq!(seqs, [Some(1), None, Some(2), Some(3)]);
        assert_eq!(results[1].as_ref().unwrap_err(), &storage_failed());
        assert_eq!(audit(&thread), 3);
    }

    #[test]
    fn a_full_disk_is_a_passing_fault_and_nothing_is_published() {
        let data = tempfile::tempdir().unwrap();
        let mut thread = writer(data.path(), &Arc::default());
        serve(&mut thread, vec![post("first", "1", 0)]).pop().unwrap().unwrap();
        let limit =
            |thread: &Thread, pages: i64| thread.db.pragma_update(None, "max_page_count", pages).unwrap();
        let pages: i64 = thread.db.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
        limit(&thread, pages);
        let large: Vec<_> = (0..5).map(|n| post(&format!("k{n}"), "2", 50_000)).collect();
        for result in serve(&mut thread, large) {
            assert_eq!(result.unwrap_err(), storage_failed());
        }
        assert!(thread.shared.counters.failing.load(Ordering::Relaxed), "not ready");
        assert_eq!(audit(&thread), 1);
        limit(&thread, 1_000_000);
        let again: Vec<_> = (0..5).map(|n| post(&format!("k{n}"), "2", 50_000)).collect();
        for (n, result) in serve(&mut thread, again).into_iter().enumerate() {
            let done = result.unwrap();
            assert_eq!((done.seq, done.recorded, done.repeated), (n as u64 + 2, true, false));
        }
        assert!(!thread.shared.counters.failing.load(Ordering::Relaxed));
        assert_eq!(audit(&thread), 6);
    }

    #[test]
    fn a_moved_wall_clock_is_an_event_and_tickets_keep_their_age() {
        let data = tempfile::tempdir().unwrap();
        let hands = Arc::new(Hands::default());
        hands.wall.store(1_800_000_000_000, Ordering::Relaxed);
        let mut thread = writer(data.path(), &hands);
        let first = serve(&mut thread, vec![post("a", "1", 0)]).pop().unwrap().unwrap().order.unwrap();
        for hour in [3_600_000_i64, -7_200_000] {
            hands.wall.fetch_add(hour, Ordering::Relaxed);
            hands.counted.fetch_add(1_000, Ordering::Relaxed);
            hands.wall.fetch_add(1_000, Ordering::Relaxed);
            thread.look_around();
            thread.look_around();
        }
        let kinds: Vec<Event> = store::events_after(&thread.db, 1, 10)
            .unwrap()
            .unwrap()
            .iter()
            .map(|text| serde_json::from_str(text).unwrap())
            .collect();
        assert_eq!(kinds.iter().map(|e| e.kind).collect::<Vec<_>>(), [EventKind::ClockStepped; 2]);
        assert_eq!(thread.shared.clock.now().since(first.created_at), 2_000);
        // No order is open any more: now it may go to the wall clock, if that is ahead.
        hands.wall.fetch_add(36_000_000, Ordering::Relaxed);
        let void = Operation {
            id: OperationId::from("v"),
            device: None,
            at: At(0),
            order: first.id.clone(),
            seen: 1,
            act: Act::VoidOrder { reason: None },
        };
        let lines = vec![Touch { line: first.lines[0].id.clone(), upto: 1 }];
        let seen = |id: &str, station: &str| Operation {
            id: OperationId::from(id),
            act: Act::Acknowledge { station: station.into(), lines: lines.clone() },
            ..void.clone()
        };
        let stations: Vec<_> = first.lines[0].work.iter().map(|work| work.station.0.clone()).collect();
        let mut work = vec![Work::Do { operation: void.clone(), key: None }];
        work.extend(stations.iter().map(|station| Work::Do { operation: seen(station, station), key: None }));
        for result in serve(&mut thread, work) {
            result.unwrap();
        }
        thread.look_around();
        assert_eq!(thread.shared.clock.now().0, hands.wall.load(Ordering::Relaxed));
        audit(&thread);
    }

    #[test]
    fn a_new_business_day_parks_what_the_last_one_left_open_once_and_also_after_a_night_off() {
        const HOUR: i64 = 3_600_000;
        let data = tempfile::tempdir().unwrap();
        let hands = Arc::new(Hands::default());
        // 2026-06-01T22:00:00Z; the demo kitchen's day starts at four in UTC.
        let evening = 1_780_351_200_000;
        hands.wall.store(evening, Ordering::Relaxed);
        let pass = |ms: i64| {
            hands.wall.fetch_add(ms, Ordering::Relaxed);
            hands.counted.fetch_add(ms, Ordering::Relaxed);
        };
        let mut thread = writer(data.path(), &hands);
        let settings = Settings { time_zone: "UTC".to_owned(), ..thread.head.setup.settings.clone() };
        serve(&mut thread, vec![Work::Settings(settings)]).pop().unwrap().unwrap();
        let taken = |thread: &mut Thread, key: &str| {
            serve(thread, vec![post(key, key, 0)]).pop().unwrap().unwrap().order.unwrap()
        };
        let first = taken(&mut thread, "a");
        thread.begin_day();
        pass(6 * HOUR - 1);
        thread.begin_day();
        let held = |thread: &Thread, order: &Order| store::order(&thread.db, &order.id).unwrap().unwrap();
        assert_eq!(held(&thread, &first), first, "the day is not over");
        pass(PARK_EVERY_MS);
        thread.begin_day();
        let parked = held(&thread, &first);
        assert!(parked.is_parked() && parked.is_open() && parked.version == first.version + 1);
        let events = audit(&thread);
        pass(PARK_EVERY_MS);
        thread.begin_day();
        assert_eq!(audit(&thread), events, "once");

        // In the next night the hub is off, and its wall clock is wrong when it comes back: earlier than the log.
        let second = taken(&mut thread, "b");
        drop(thread);
        hands.wall.store(evening, Ordering::Relaxed);
        let mut thread = writer(data.path(), &hands);
        thread.begin_day();
        assert!(!held(&thread, &second).is_parked(), "time does not go back, and does not leap");
        drop(thread);
        hands.wall.store(evening + 48 * HOUR, Ordering::Relaxed);
        let mut thread = writer(data.path(), &hands);
        thread.begin_day();
        assert!(held(&thread, &second).is_parked() && held(&thread, &first).is_parked());
        assert_eq!(store::count_on_glass(&thread.db).unwrap(), 0);
        let (_, parts) = store::snapshot(&mut thread.db, |_| At(i64::MAX)).unwrap();
        assert!(parts.concat().contains(first.id.as_str()), "a screen that starts is told of it");
        audit(&thread);
    }

    #[test]
    fn time_never_goes_back_over_a_restart() {
        let data = tempfile::tempdir().unwrap();
        let hands = Arc::new(Hands::default());
        hands.wall.store(1_800_000_000_000, Ordering::Relaxed);
        let mut thread = writer(data.path(), &hands);
        let first = serve(&mut thread, vec![post("a", "1", 0)]).pop().unwrap().unwrap().order.unwrap();
        drop(thread);
        hands.wall.store(1_000_000, Ordering::Relaxed);
        let mut thread = writer(data.path(), &hands);
        let second = serve(&mut thread, vec![post("b", "2", 0)]).pop().unwrap().unwrap().order.unwrap();
        assert!(second.created_at >= first.created_at);
        audit(&thread);
    }

    #[test]
    fn what_is_a_month_old_is_forgotten_from_the_front_and_the_order_stays() {
        let data = tempfile::tempdir().unwrap();
        let hands = Arc::new(Hands::default());
        hands.wall.store(1_800_000_000_000, Ordering::Relaxed);
        let mut thread = writer(data.path(), &hands);
        let old = serve(&mut thread, vec![post("a", "1", 0)]).pop().unwrap().unwrap().order.unwrap();
        hands.counted.fetch_add(KEPT_MS + 1_000, Ordering::Relaxed);
        hands.wall.fetch_add(KEPT_MS + 1_000, Ordering::Relaxed);
        serve(&mut thread, vec![post("b", "2", 0)]).pop().unwrap().unwrap();
        thread.forget().unwrap();
        assert_eq!(store::start_of_log(&thread.db).unwrap(), 2);
        assert_eq!(store::events_after(&thread.db, 0, 10).unwrap(), None, "it says that it cannot");
        assert_eq!(store::events_after(&thread.db, 1, 10).unwrap().unwrap().len(), 1);
        assert!(
            store::key(&thread.db, "a").unwrap().is_none() && store::key(&thread.db, "b").unwrap().is_some()
        );
        assert_eq!(store::order(&thread.db, &old.id).unwrap(), Some(old));
    }

    #[test]
    fn an_order_that_would_not_fit_a_frame_is_refused() {
        let data = tempfile::tempdir().unwrap();
        let mut thread = writer(data.path(), &Arc::default());
        let line = NewLine { name: "y".repeat(12_000), quantity: 1, ..NewLine::default() };
        let draft = NewOrder { lines: vec![line; 500], ..NewOrder::default() };
        let refused = serve(&mut thread, vec![Work::Take { draft, key: None, from: Origin::Pos }])
            .pop()
            .unwrap()
            .unwrap_err();
        assert_eq!((refused.code.as_str(), refused.retry), ("order_too_large", false));
        assert_eq!(audit(&thread), 0);
    }
}
