//! This screen's copy of the hub's log, and what it owes the hub: everything between the link and the glass that is not
//! a socket, a disk or a clock.
//!
//! The invariant: the board only ever moves by the next event or by a whole snapshot of one life of the log. Whatever
//! does not fit (a gap, a part that is missing, another epoch, an answer that does not come) ends the connection, and the
//! next hello says how far the board really is. Every wait here has an end ([`Log::next_deadline`]).

use crate::outbox::Outbox;
use journal::{Batch, Cursor, Kept};
use kitchen::{
    At, Board, EpochId, Event, Operation, OperationId, Order, OrderId, RestaurantId, Setup, Standing,
};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use wire::hub::{Fault, HubMessage, Notices, Refused, Resume, Snapshot, Welcome, hello_refusal};

/// A part of a snapshot follows the one before it within this, or the connection is given up.
const PART_LIMIT: Duration = Duration::from_secs(20);
/// Orders that a snapshot may hold: ten of the busiest days there are. A hub that sends more is none.
const MOST_ORDERS: usize = 50_000;
/// A connection that was given up and is still there is given up again after this.
const GIVE_UP_AGAIN: Duration = Duration::from_secs(1);
/// Orders named in one line of the log.
const MOST_NAMED: usize = 50;

/// See the module.
pub(crate) struct Log {
    pub(crate) board: Board,
    pub(crate) outbox: Outbox,
    pub(crate) unwritten: Unwritten,
    /// There is a board: the hub has once told everything.
    pub(crate) ready: bool,
    /// Whose log the board is from, and which life of it.
    pub(crate) restaurant: Option<RestaurantId>,
    pub(crate) epoch: Option<EpochId>,
    reading: Reading,
    /// The next hello asks for everything, whatever the board holds.
    want_snapshot: bool,
    wants: Vec<Want>,
}

/// Where the reading is. Times are the driver's.
#[derive(Debug)]
enum Reading {
    /// No accepted connection whose welcome has been read.
    Apart,
    /// A snapshot is on its way on that connection.
    Loading { generation: u64, part_due: Duration, loading: Box<Loading> },
    /// Events come on that connection.
    Following { generation: u64 },
    /// That connection makes no sense any more and is being replaced.
    GivenUp { generation: u64, again: Duration },
}

/// A snapshot on its way.
#[derive(Debug)]
struct Loading {
    seq: Option<u64>,
    next_part: u32,
    setup: Option<Setup>,
    orders: Vec<Order>,
    /// The snapshot is of this life of the log.
    welcome: Welcome,
}

/// What was received and is not on the disk yet.
#[derive(Debug, Default)]
pub(crate) struct Unwritten {
    pub(crate) orders: BTreeSet<OrderId>,
    pub(crate) forgotten: BTreeSet<OrderId>,
    pub(crate) settled: Vec<OperationId>,
    pub(crate) whole: bool,
    pub(crate) setup: bool,
    pub(crate) cursor: bool,
    pub(crate) preferences: BTreeMap<String, String>,
    pub(crate) views: BTreeMap<String, String>,
}

/// What is to be done about something the hub said.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Want {
    /// The link is to replace this connection.
    Reconnect { generation: u64 },
    /// The link is to leave the hub alone: it is another restaurant's.
    Leave,
    /// The hub's clock said this a moment ago.
    Time(At),
    /// A connection was accepted: nothing has been acknowledged on it.
    Welcomed,
    /// What views show may be otherwise.
    Look,
    /// Menu, stations or settings may be others.
    Setup,
    /// The hub refused an operation for good. `order` is what it was about, if this screen still knew.
    OperationRefused { id: OperationId, order: Option<OrderId>, fault: Fault },
    /// The hub says this besides its log.
    Notices(Notices),
    /// The hub does not let this screen in.
    ScreenRefused(Fault),
    /// The hub's log is an older copy of itself: it has forgotten these orders, or what became of them.
    Forgot { orders: Vec<OrderId> },
}

impl Log {
    /// What a journal held.
    pub(crate) fn restored(kept: &mut Kept, nothing: Setup) -> Self {
        let mut board = Board::new(nothing.clone());
        let (mut restaurant, mut epoch) = (None, None);
        let cursor = kept.cursor.take();
        let ready = cursor.is_some();
        if let Some(cursor) = cursor {
            let orders = std::mem::take(&mut kept.orders);
            board.replace(kept.setup.take().unwrap_or(nothing), orders, cursor.seq);
            restaurant = Some(cursor.restaurant);
            epoch = Some(cursor.epoch);
        }
        let outbox = std::mem::take(&mut kept.outbox);
        board.restore_all(outbox.iter().map(|queued| queued.operation.clone()));
        Self {
            board,
            outbox: Outbox::restored(outbox),
            unwritten: Unwritten::default(),
            ready,
            restaurant,
            epoch,
            reading: Reading::Apart,
            want_snapshot: false,
            wants: Vec::new(),
        }
    }

    /// What the next hello says the board holds.
    pub(crate) fn place(&self) -> (Option<EpochId>, Option<u64>) {
        let resume = !self.want_snapshot && self.ready;
        (self.epoch.clone().filter(|_| resume), resume.then(|| self.board.seq()))
    }

    /// The connection is gone, or not accepted yet.
    pub(crate) fn parted(&mut self) {
        self.reading = Reading::Apart;
    }

    /// The accepted connection whose log is on the board.
    pub(crate) fn following(&self) -> Option<u64> {
        match self.reading {
            Reading::Following { generation } => Some(generation),
            Reading::Apart | Reading::Loading { .. } | Reading::GivenUp { .. } => None,
        }
    }

    /// Operations to be sent now, and on which connection. Nothing is sent into a log that is not on the board yet.
    pub(crate) fn send(&mut self, now: At, elapsed: Duration) -> Option<(u64, Vec<Operation>)> {
        let generation = self.following()?;
        Some((generation, self.outbox.take(generation, now, elapsed)))
    }

    /// When [`Log::handle_timeout`] is to be called, or there is something to send although nothing happens.
    pub(crate) fn next_deadline(&self, elapsed: Duration) -> Option<Duration> {
        match &self.reading {
            Reading::Apart => None,
            Reading::Loading { part_due, .. } => Some(*part_due),
            Reading::GivenUp { again, .. } => Some(*again),
            Reading::Following { .. } => {
                self.outbox.next_try(elapsed).into_iter().chain(self.outbox.answer_due()).min()
            }
        }
    }

    /// Takes the passing of a deadline; does nothing before it.
    pub(crate) fn handle_timeout(&mut self, elapsed: Duration) -> Vec<Want> {
        match &self.reading {
            Reading::Loading { part_due, .. } if *part_due <= elapsed => {
                self.want_snapshot = true;
                self.lost_the_thread("the snapshot does not go on", elapsed);
            }
            Reading::Following { .. } if self.outbox.answer_due().is_some_and(|due| due <= elapsed) => {
                self.lost_the_thread("an operation has no answer", elapsed);
            }
            Reading::GivenUp { again, .. } if *again <= elapsed => {
                self.lost_the_thread("the connection is still there", elapsed);
            }
            Reading::Apart
            | Reading::Loading { .. }
            | Reading::Following { .. }
            | Reading::GivenUp { .. } => {}
        }
        std::mem::take(&mut self.wants)
    }

    /// Takes one message of an accepted connection.
    pub(crate) fn hear(&mut self, generation: u64, message: HubMessage, elapsed: Duration) -> Vec<Want> {
        match message {
            HubMessage::Welcome(welcome) => self.welcomed(generation, welcome, elapsed),
            HubMessage::Snapshot(part) => self.snapshot(generation, part, elapsed),
            HubMessage::Event(event) => self.event(generation, *event, elapsed),
            HubMessage::Heartbeat { server_time, seq } => {
                self.wants.push(Want::Time(server_time));
                if self.following() == Some(generation) && seq > self.board.seq() {
                    self.lost_the_thread("the hub is further than what it sent", elapsed);
                }
            }
            HubMessage::Applied { id, seq } => {
                // What a connection says that is not followed is said again on the next.
                if self.following() == Some(generation) {
                    tracing::debug!(target: "display", operation = %id, seq, "applied");
                    self.outbox.applied(&id);
                    self.board.applied(&id, seq);
                    self.wants.push(Want::Look);
                }
            }
            HubMessage::Refused(Refused { id: Some(id), fault }) if fault.retry => {
                tracing::warn!(target: "display", operation = %id, code = fault.code, "refused for now");
                self.outbox.later(&id, elapsed);
            }
            HubMessage::Refused(Refused { id: Some(id), fault }) => {
                tracing::warn!(target: "display", operation = %id, code = fault.code, "refused");
                let order = self.board.withdraw(&id);
                self.wants.push(Want::OperationRefused { id, order, fault });
            }
            HubMessage::Refused(Refused { id: None, fault }) => {
                tracing::error!(target: "display", code = fault.code, "the hub does not let this screen in");
                self.wants.push(Want::ScreenRefused(fault));
            }
            HubMessage::Notices(notices) => self.wants.push(Want::Notices(notices)),
            HubMessage::Unknown => {}
        }
        self.settle();
        std::mem::take(&mut self.wants)
    }

    /// Operations that the board no longer holds have been settled.
    pub(crate) fn settle(&mut self) {
        for id in self.board.take_settled() {
            self.outbox.settle(&id);
            self.unwritten.settled.push(id);
        }
    }

    fn welcomed(&mut self, generation: u64, welcome: Welcome, elapsed: Duration) {
        let read = match &self.reading {
            Reading::Apart => false,
            Reading::Loading { generation: held, .. }
            | Reading::Following { generation: held }
            | Reading::GivenUp { generation: held, .. } => *held == generation,
        };
        if read {
            tracing::warn!(target: "display", generation, "a second welcome on one connection is passed over");
            return;
        }
        if self.restaurant.as_ref().is_some_and(|ours| *ours != welcome.restaurant_id) {
            // A hub should have refused us; nothing of another kitchen may get on this board.
            tracing::error!(target: "display", theirs = %welcome.restaurant_id, "the hub is another restaurant's");
            self.reading = Reading::Apart;
            self.wants.push(Want::ScreenRefused(Fault::new(hello_refusal::RESTAURANT)));
            self.wants.push(Want::Leave);
            return;
        }
        // A hub that has something to say besides its log says it next.
        self.wants.extend([
            Want::Time(welcome.server_time),
            Want::Welcomed,
            Want::Notices(Notices::default()),
        ]);
        let same_log = self.epoch.as_ref() == Some(&welcome.epoch);
        tracing::info!(
            target: "display", generation, epoch = %welcome.epoch, same_log, theirs = welcome.seq,
            ours = self.board.seq(), resume = ?welcome.resume, "welcome"
        );
        if !same_log || self.board.awaits() > Some(welcome.seq) {
            // What the last log had applied, this one may never have heard of.
            self.outbox.doubt();
            self.board.doubt();
        }
        match welcome.resume {
            Resume::Snapshot => {
                let loading = Loading { seq: None, next_part: 0, setup: None, orders: Vec::new(), welcome };
                let (part_due, loading) = (elapsed + PART_LIMIT, Box::new(loading));
                self.reading = Reading::Loading { generation, part_due, loading };
            }
            Resume::Events => {
                let fits = same_log && self.ready && !self.want_snapshot && welcome.seq >= self.board.seq();
                self.reading = Reading::Following { generation };
                if !fits {
                    self.want_snapshot = true;
                    self.lost_the_thread("events of a log that is not on the board", elapsed);
                }
            }
        }
    }

    fn snapshot(&mut self, from: u64, part: Snapshot, elapsed: Duration) {
        let Reading::Loading { generation, part_due, loading } = &mut self.reading else { return };
        if *generation != from {
            return;
        }
        let fits = part.part == loading.next_part
            && loading.seq.is_none_or(|seq| seq == part.seq)
            && loading.orders.len() + part.orders.len() <= MOST_ORDERS;
        if !fits {
            self.want_snapshot = true;
            self.lost_the_thread("a part of the snapshot is missing, or it has no end", elapsed);
            return;
        }
        *part_due = elapsed + PART_LIMIT;
        loading.seq = Some(part.seq);
        loading.next_part += 1;
        loading.orders.extend(part.orders);
        if part.setup.is_some() {
            loading.setup = part.setup;
        }
        if !part.last {
            return;
        }
        let generation = *generation;
        let setup = loading.setup.take();
        let orders = std::mem::take(&mut loading.orders);
        let (restaurant, epoch) = (loading.welcome.restaurant_id.clone(), loading.welcome.epoch.clone());
        self.reading = Reading::Following { generation };
        let Some(setup) = setup else {
            self.want_snapshot = true;
            self.lost_the_thread("a snapshot without a setup", elapsed);
            return;
        };
        tracing::info!(target: "display", seq = part.seq, orders = orders.len(), "snapshot");
        if self.epoch.as_ref().is_some_and(|ours| *ours != epoch) {
            self.tell_forgotten(&orders);
        }
        self.board.replace(setup, orders, part.seq);
        self.restaurant = Some(restaurant);
        self.epoch = Some(epoch);
        self.ready = true;
        self.want_snapshot = false;
        self.unwritten.whole = true;
        self.unwritten.setup = true;
        self.unwritten.cursor = true;
        self.unwritten.forgotten.clear();
        self.unwritten.orders.clear();
        self.wants.extend([Want::Setup, Want::Look]);
    }

    /// Another life of the log begins: names what this screen knew and that life does not. The hub's log is the truth of
    /// the kitchen, so the rows go; whoever has to find out what was lost finds it in this screen's log.
    fn tell_forgotten(&mut self, told: &[Order]) {
        let told: BTreeMap<&OrderId, u64> = told.iter().map(|order| (&order.id, order.version)).collect();
        let known = self.board.orders().filter_map(|order| self.board.confirmed(&order.id));
        let forgotten: Vec<OrderId> = known
            .filter(|order| match told.get(&order.id) {
                Some(version) => *version < order.version,
                // A closed one may only be too old to be told.
                None => order.is_open(),
            })
            .map(|order| order.id.clone())
            .collect();
        if forgotten.is_empty() {
            return;
        }
        for some in forgotten.chunks(MOST_NAMED) {
            tracing::error!(
                target: "display", orders = ?some.iter().map(OrderId::as_str).collect::<Vec<_>>(),
                in_all = forgotten.len(), "the hub has forgotten orders, or what became of them, that were on this screen"
            );
        }
        self.wants.push(Want::Forgot { orders: forgotten });
    }

    fn event(&mut self, from: u64, event: Event, elapsed: Duration) {
        // Events that come while a snapshot loads are in it or follow it.
        if self.following() != Some(from) {
            return;
        }
        let (kind, seq) = (event.kind, event.seq);
        let order = event.order.as_ref().map(|order| order.id.clone());
        match self.board.apply(event) {
            Standing::Applied(change) => {
                tracing::debug!(target: "display", seq, ?kind, order = order.as_ref().map(|id| id.as_str()), "event");
                self.unwritten.orders.extend(change.orders);
                self.unwritten.cursor = true;
                if change.setup {
                    self.unwritten.setup = true;
                    self.wants.push(Want::Setup);
                }
                self.wants.push(Want::Look);
            }
            Standing::Old => {}
            Standing::Gap { expected } => {
                tracing::error!(target: "display", expected, seq, "events are missing");
                self.lost_the_thread("events are missing", elapsed);
            }
        }
    }

    /// Another connection is needed, whose hello says how far the board is.
    fn lost_the_thread(&mut self, why: &str, elapsed: Duration) {
        let generation = match self.reading {
            Reading::Apart => return,
            Reading::Loading { generation, .. }
            | Reading::Following { generation }
            | Reading::GivenUp { generation, .. } => generation,
        };
        tracing::warn!(target: "display", why, seq = self.board.seq(), "resuming by another connection");
        self.reading = Reading::GivenUp { generation, again: elapsed + GIVE_UP_AGAIN };
        self.wants.push(Want::Reconnect { generation });
    }

    /// Everything unwritten, as it is now: orders and the cursor that goes with them.
    pub(crate) fn batch(&mut self) -> Option<Batch> {
        let Unwritten { orders, forgotten, settled, whole, setup, cursor, preferences, views } =
            std::mem::take(&mut self.unwritten);
        let orders = if whole {
            self.board.orders().filter_map(|order| self.board.confirmed(&order.id)).cloned().collect()
        } else {
            orders.iter().filter_map(|id| self.board.confirmed(id)).cloned().collect()
        };
        let cursor = match (&self.restaurant, &self.epoch) {
            (Some(restaurant), Some(epoch)) if cursor => {
                Some(Cursor { restaurant: restaurant.clone(), epoch: epoch.clone(), seq: self.board.seq() })
            }
            _ => None,
        };
        let batch = Batch {
            operations: Vec::new(),
            settled,
            whole,
            orders,
            forgotten: forgotten.into_iter().collect(),
            cursor,
            setup: setup.then(|| self.board.confirmed_setup().clone()),
            views,
            preferences,
        };
        (!batch.is_empty()).then_some(batch)
    }

    /// What a batch held could not be written: whatever it was, everything is right again after the next.
    pub(crate) fn write_again(&mut self, batch: Lost) {
        let Lost { settled, preferences, views } = batch;
        self.unwritten.whole = true;
        self.unwritten.setup = true;
        self.unwritten.cursor = true;
        self.unwritten.settled.extend(settled);
        for (name, value) in preferences {
            self.unwritten.preferences.entry(name).or_insert(value);
        }
        for (id, value) in views {
            self.unwritten.views.entry(id).or_insert(value);
        }
    }
}

/// What of a batch cannot be made again from the board.
#[derive(Debug)]
pub(crate) struct Lost {
    pub(crate) settled: Vec<OperationId>,
    pub(crate) preferences: BTreeMap<String, String>,
    pub(crate) views: BTreeMap<String, String>,
}

impl Lost {
    /// To be kept while the batch is with the disk.
    pub(crate) fn of(batch: &Batch) -> Self {
        Self {
            settled: batch.settled.clone(),
            preferences: batch.preferences.clone(),
            views: batch.views.clone(),
        }
    }
}
