//! A hub in memory, on a real socket, that does what a test tells it to.

use crate::menu;
use futures_util::{SinkExt, StreamExt};
use kitchen::{
    At, Decided, EpochId, Event, EventKind, NewOrder, Operation, OperationId, Order, OrderId, Setup, decide,
    decide_menu,
};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;
use tokio::task::{JoinHandle, JoinSet};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::CloseFrame;
use tokio_util::sync::CancellationToken;
use wire::hub::{
    Fault, Hello, HubMessage, PROTOCOL, Refused, Resume, SNAPSHOT_PART, ScreenMessage, Snapshot, Welcome,
    hello_refusal,
};

/// A hub that listens on loopback until it is stopped. Its log outlives [`ScriptedHub::stop`].
#[derive(Debug)]
pub struct ScriptedHub {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    cancel: CancellationToken,
    task: JoinHandle<()>,
}

/// How the hub treats a screen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Behaviour {
    /// As it should.
    #[default]
    Normal,
    /// Accepts TCP and says nothing.
    AcceptOnly,
    /// Upgrades and says nothing.
    UpgradeOnly,
    /// Upgrades and closes.
    DropAfterUpgrade,
    /// Welcomes, and then says nothing at all: a black hole.
    Mute,
}

#[derive(Debug)]
struct State {
    setup: Setup,
    epoch: EpochId,
    token: String,
    orders: BTreeMap<OrderId, Order>,
    log: Vec<Event>,
    /// The log begins after this; screens behind it get a snapshot.
    compacted: u64,
    applied: BTreeMap<OperationId, u64>,
    /// Refuse operations with this.
    refuse: Option<Fault>,
    arrivals: Vec<OperationId>,
    hellos: Vec<Hello>,
    acks: Vec<(u64, u64)>,
    behaviour: Behaviour,
    sockets: usize,
    alive: usize,
    most_alive: usize,
    lose: u32,
    ahead_ms: i64,
    out: broadcast::Sender<String>,
    cut: CancellationToken,
}

impl ScriptedHub {
    /// A hub with the kitchen of [`crate::setup`] and the token `secret`, on a free port.
    ///
    /// # Panics
    /// When loopback cannot be listened on.
    pub async fn start() -> Self {
        let (out, _) = broadcast::channel(16_384);
        let state = Arc::new(Mutex::new(State {
            setup: menu::setup(),
            epoch: "epoch-1".into(),
            token: "secret".to_owned(),
            orders: BTreeMap::new(),
            log: Vec::new(),
            compacted: 0,
            applied: BTreeMap::new(),
            refuse: None,
            arrivals: Vec::new(),
            hellos: Vec::new(),
            acks: Vec::new(),
            behaviour: Behaviour::Normal,
            sockets: 0,
            alive: 0,
            most_alive: 0,
            lose: 0,
            ahead_ms: 0,
            out,
            cut: CancellationToken::new(),
        }));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let address = listener.local_addr().expect("an address");
        let mut hub = Self { address, state, running: None };
        hub.listen(listener);
        hub
    }

    fn listen(&mut self, listener: TcpListener) {
        let cancel = CancellationToken::new();
        let state = self.state.clone();
        let stop = cancel.clone();
        let task = tokio::spawn(async move {
            let mut screens = JoinSet::new();
            loop {
                tokio::select! {
                    () = stop.cancelled() => break,
                    accepted = listener.accept() => {
                        let Ok((stream, _)) = accepted else { break };
                        screens.spawn(serve(stream, state.clone()));
                    }
                    Some(_) = screens.join_next() => {}
                }
            }
            screens.shutdown().await;
        });
        self.running = Some(Running { cancel, task });
    }

    /// Where screens connect.
    #[must_use]
    pub fn url(&self) -> String {
        format!("ws://{}{}", self.address, wire::hub::PATH)
    }

    /// Stops listening and drops every screen; the log stays.
    pub async fn stop(&mut self) {
        if let Some(Running { cancel, task }) = self.running.take() {
            cancel.cancel();
            let _ = task.await;
        }
    }

    /// Listens again, on the same port.
    pub async fn go_on(&mut self) {
        let address = self.address;
        let listener = crate::eventually("the port is free again", || async move {
            let socket = tokio::net::TcpSocket::new_v4().ok()?;
            socket.set_reuseaddr(true).ok()?;
            socket.bind(address).ok()?;
            socket.listen(1024).ok()
        })
        .await;
        self.listen(listener);
    }

    /// Cuts every connection, without a close.
    pub fn cut(&self) {
        let mut state = self.state();
        state.cut.cancel();
        state.cut = CancellationToken::new();
    }

    /// How the next screens are treated; [`Behaviour::Mute`] strikes those that are here as well.
    pub fn behave(&self, behaviour: Behaviour) {
        self.state().behaviour = behaviour;
    }

    /// The only token that is let in from now on.
    pub fn set_token(&self, token: &str) {
        self.state().token = token.to_owned();
    }

    /// Refuses every new operation with that, until told otherwise.
    pub fn refuse(&self, fault: Option<Fault>) {
        self.state().refuse = fault;
    }

    /// Keeps the next events from the screens that are here, as a broken hub would.
    pub fn lose(&self, events: u32) {
        self.state().lose = events;
    }

    /// Sets the hub's clock that much ahead of this machine's.
    pub fn set_ahead(&self, ms: i64) {
        self.state().ahead_ms = ms;
    }

    /// Forgets the log up to now: who is behind gets a snapshot.
    pub fn compact(&self) {
        let mut state = self.state();
        state.compacted = state.seq();
    }

    /// A restored backup: the first `keep` events under a new epoch, and all operations after them forgotten.
    pub fn restore(&self, epoch: &str, keep: u64) {
        let mut state = self.state();
        state.epoch = epoch.into();
        state.log.retain(|event| event.seq <= keep);
        state.orders.clear();
        let log = state.log.clone();
        for order in log.into_iter().filter_map(|event| event.order) {
            state.orders.insert(order.id.clone(), order);
        }
        state.applied.retain(|_, seq| *seq <= keep);
        drop(state);
        self.cut();
    }

    /// A POS places an order.
    ///
    /// # Panics
    /// When the draft is one that no hub takes.
    pub fn place(&self, id: &str, draft: NewOrder) -> u64 {
        let mut state = self.state();
        let at = state.now();
        let order = menu::order(id, at, draft);
        state.record(EventKind::OrderCreated, Some(order), None)
    }

    /// Somebody else's operation.
    ///
    /// # Errors
    /// The code of the refusal.
    pub fn act(&self, operation: Operation) -> Result<u64, &'static str> {
        self.state().take(operation)
    }

    /// Changes the setup and tells everybody.
    pub fn change_setup(&self, change: impl FnOnce(&mut Setup)) {
        let mut state = self.state();
        change(&mut state.setup);
        state.record(EventKind::SettingsSet, None, None);
    }

    /// An order as the hub has it.
    #[must_use]
    pub fn order(&self, id: &str) -> Option<Order> {
        self.state().orders.get(&OrderId::from(id)).cloned()
    }

    /// All orders as the hub has them.
    #[must_use]
    pub fn orders(&self) -> Vec<Order> {
        self.state().orders.values().cloned().collect()
    }

    /// The hub's clock.
    #[must_use]
    pub fn now(&self) -> At {
        self.state().now()
    }

    /// The end of the log.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.state().seq()
    }

    /// Every operation that came in, in order, repeats included.
    #[must_use]
    pub fn arrivals(&self) -> Vec<OperationId> {
        self.state().arrivals.clone()
    }

    /// The operations that are in the log.
    #[must_use]
    pub fn applied(&self) -> Vec<OperationId> {
        self.state().log.iter().filter_map(|event| event.operation.clone()).collect()
    }

    /// Every hello that came in.
    #[must_use]
    pub fn hellos(&self) -> Vec<Hello> {
        self.state().hellos.clone()
    }

    /// Every acknowledgement that came in: stored, painted.
    #[must_use]
    pub fn acks(&self) -> Vec<(u64, u64)> {
        self.state().acks.clone()
    }

    /// Sockets accepted so far, alive now, and the most that were alive at once.
    #[must_use]
    pub fn sockets(&self) -> (usize, usize, usize) {
        let state = self.state();
        (state.sockets, state.alive, state.most_alive)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn seq(&self) -> u64 {
        self.log.last().map_or(0, |event| event.seq)
    }

    fn now(&self) -> At {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        At(i64::try_from(since.as_millis()).unwrap_or(i64::MAX) + self.ahead_ms)
    }

    fn record(&mut self, kind: EventKind, order: Option<Order>, operation: Option<OperationId>) -> u64 {
        let seq = self.seq() + 1;
        let settings = matches!(kind, EventKind::SettingsSet).then(|| self.setup.settings.clone());
        let stations = matches!(kind, EventKind::SettingsSet).then(|| self.setup.stations.clone());
        let menu = matches!(kind, EventKind::MenuSet).then(|| self.setup.menu.clone());
        let event = Event { seq, at: self.now(), kind, order, operation, menu, stations, settings };
        if let Some(order) = &event.order {
            self.orders.insert(order.id.clone(), order.clone());
        }
        self.log.push(event.clone());
        if self.lose > 0 {
            self.lose -= 1;
        } else {
            self.tell(&HubMessage::Event(Box::new(event)));
        }
        seq
    }

    fn take(&mut self, operation: Operation) -> Result<u64, &'static str> {
        if let Some(seq) = self.applied.get(&operation.id) {
            return Ok(*seq);
        }
        if operation.order == OrderId::menu() {
            let menu = decide_menu(&self.setup.menu, &operation).map_err(|refusal| refusal.code())?;
            let seq = match menu {
                Some(menu) => {
                    self.setup.menu = menu;
                    self.record(EventKind::MenuSet, None, Some(operation.id.clone()))
                }
                None => self.seq(),
            };
            self.applied.insert(operation.id, seq);
            return Ok(seq);
        }
        let order = self.orders.get(&operation.order).ok_or("order_unknown")?;
        let Decided { kind, order } =
            decide(order, &operation, &self.setup, self.now()).map_err(|refusal| refusal.code())?;
        let seq = match order {
            Some(order) => self.record(kind, Some(order), Some(operation.id.clone())),
            None => self.seq(),
        };
        self.applied.insert(operation.id, seq);
        Ok(seq)
    }

    fn tell(&self, message: &HubMessage) {
        // Nobody may be listening.
        let _ = self.out.send(text(message));
    }

    /// What a screen is told after its hello, and what it hears from then on: taken together, so that nothing falls
    /// between.
    fn welcome(&self, hello: &Hello) -> (Vec<String>, broadcast::Receiver<String>) {
        let seq = self.seq();
        let resumes = hello.epoch.as_ref() == Some(&self.epoch)
            && hello.seq.is_some_and(|held| held >= self.compacted && held <= seq);
        let mut messages = vec![text(&HubMessage::Welcome(Welcome {
            protocol: PROTOCOL,
            app: "scripted/0".to_owned(),
            restaurant_id: self.setup.settings.restaurant.clone(),
            epoch: self.epoch.clone(),
            seq,
            server_time: self.now(),
            resume: if resumes { Resume::Events } else { Resume::Snapshot },
        }))];
        if resumes {
            let held = hello.seq.unwrap_or(0);
            let missed = self.log.iter().filter(|event| event.seq > held);
            messages.extend(missed.map(|event| text(&HubMessage::Event(Box::new(event.clone())))));
        } else {
            let orders: Vec<Order> = self.orders.values().cloned().collect();
            let parts = orders.chunks(SNAPSHOT_PART).count().max(1);
            for part in 0..parts {
                let chunk = orders.chunks(SNAPSHOT_PART).nth(part).unwrap_or_default().to_vec();
                messages.push(text(&HubMessage::Snapshot(Snapshot {
                    seq,
                    part: u32::try_from(part).unwrap_or(u32::MAX),
                    last: part + 1 == parts,
                    setup: (part == 0).then(|| self.setup.clone()),
                    orders: chunk,
                })));
            }
        }
        (messages, self.out.subscribe())
    }
}

fn text(message: &HubMessage) -> String {
    serde_json::to_string(message).expect("a message is JSON")
}

struct Counted(Arc<Mutex<State>>);

impl Counted {
    fn new(state: &Arc<Mutex<State>>) -> Self {
        let mut held = state.lock().unwrap_or_else(PoisonError::into_inner);
        held.sockets += 1;
        held.alive += 1;
        held.most_alive = held.most_alive.max(held.alive);
        Self(state.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).alive -= 1;
    }
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    let counted = Counted::new(&state);
    let lock = || state.lock().unwrap_or_else(PoisonError::into_inner);
    let (behaviour, cut) = {
        let state = lock();
        (state.behaviour, state.cut.clone())
    };
    if behaviour == Behaviour::AcceptOnly {
        // Reads, so that it sees the end of the stream.
        let mut buffer = [0; 1024];
        loop {
            tokio::select! {
                () = cut.cancelled() => return,
                read = stream.read(&mut buffer) => if matches!(read, Ok(0) | Err(_)) { return },
            }
        }
    }
    let Ok(mut socket) = tokio_tungstenite::accept_async(stream).await else { return };
    if behaviour == Behaviour::DropAfterUpgrade {
        return;
    }
    // Ends before the socket does: a client that opens its next one as soon as this one is gone never has two.
    let alive = counted;
    let mut out: Option<broadcast::Receiver<String>> = None;
    let mut beat = tokio::time::interval(Duration::from_millis(wire::hub::HEARTBEAT_MS));
    loop {
        tokio::select! {
            () = cut.cancelled() => return,
            _ = beat.tick(), if out.is_some() => {
                let message = {
                    let state = lock();
                    if state.behaviour == Behaviour::Mute { continue }
                    HubMessage::Heartbeat { server_time: state.now(), seq: state.seq() }
                };
                if socket.send(Message::text(text(&message))).await.is_err() { return }
            }
            message = async {
                match out.as_mut() {
                    Some(out) => out.recv().await.ok(),
                    None => std::future::pending().await,
                }
            } => {
                let Some(message) = message else { return };
                if lock().behaviour == Behaviour::Mute { continue }
                if socket.send(Message::text(message)).await.is_err() { return }
            }
            message = socket.next() => {
                let Some(Ok(message)) = message else { return };
                let Message::Text(said) = message else { continue };
                let Ok(said) = serde_json::from_str::<ScreenMessage>(said.as_str()) else { continue };
                match said {
                    ScreenMessage::Hello(hello) => {
                        let answer = {
                            let mut state = lock();
                            state.hellos.push(hello.clone());
                            if state.behaviour == Behaviour::UpgradeOnly {
                                continue;
                            }
                            let ours = state.setup.settings.restaurant.clone();
                            if hello.token != state.token {
                                Err(hello_refusal::TOKEN)
                            } else if hello.restaurant_id.as_ref().is_some_and(|theirs| *theirs != ours) {
                                Err(hello_refusal::RESTAURANT)
                            } else {
                                Ok(state.welcome(&hello))
                            }
                        };
                        match answer {
                            Ok((messages, receiver)) => {
                                out = Some(receiver);
                                for message in messages {
                                    if socket.send(Message::text(message)).await.is_err() { return }
                                }
                            }
                            Err(code) => {
                                let refused = HubMessage::Refused(Refused { id: None, fault: Fault::new(code) });
                                let _ = socket.send(Message::text(text(&refused))).await;
                                let frame = CloseFrame { code: wire::hub::CLOSE_POLICY.into(), reason: code.into() };
                                let _ = socket.close(Some(frame)).await;
                                while let Some(Ok(_)) = socket.next().await {}
                                return;
                            }
                        }
                    }
                    ScreenMessage::Operation(operation) => {
                        let id = operation.id.clone();
                        let answer = {
                            let mut state = lock();
                            if state.behaviour == Behaviour::Mute { continue }
                            state.arrivals.push(id.clone());
                            match state.refuse.clone() {
                                Some(fault) => HubMessage::Refused(Refused { id: Some(id), fault }),
                                None => match state.take(operation) {
                                    Ok(seq) => HubMessage::Applied { id, seq },
                                    Err(code) => {
                                        HubMessage::Refused(Refused { id: Some(id), fault: Fault::new(code) })
                                    }
                                },
                            }
                        };
                        if socket.send(Message::text(text(&answer))).await.is_err() { return }
                    }
                    ScreenMessage::Ack { stored_seq, painted_seq } => {
                        lock().acks.push((stored_seq, painted_seq));
                    }
                    ScreenMessage::Look { .. } | ScreenMessage::Retry | ScreenMessage::Unknown => {}
                }
            }
        }
        let _ = &alive;
    }
}
