//! Does what the machine says: requests, the socket, the log, the shelf. One task; whatever it starts ends with it.
//!
//! It decides nothing. What has to be on the disk before something else is done is on the disk before it is done; all
//! else runs beside the machine, bounded by the machine's own limits, and comes back as an input.

use super::config::UpstreamConfig;
use super::kitchen::Kitchen;
use super::panel::Panel;
use super::restaurant_os::{Answer, Config, Input, Lost, Machine, Method, Output, Request, Seen};
use super::shelf::{Change, Shelf, ShelfError};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use kitchen::At;
use link::{
    CloseVerdict, Credentials, Dialect, Event as LinkEvent, Input as LinkInput, Link, Phase, Speaker, Timing,
    Verdict,
};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use wire::hub::{Fault, LARGEST_FRAME};
use wire::restaurant_os::{Frame, SYSTEM};

/// Why an upstream cannot go on.
#[derive(Debug, thiserror::Error)]
pub(super) enum DriverError {
    #[error("upstream.sqlite: {0}")]
    Shelf(#[from] ShelfError),
    #[error("the back end's certificate: {0}")]
    Trust(#[from] link::TrustError),
    #[error("the socket: {0}")]
    Socket(#[from] link::StartError),
    #[error("a task of it: {0}")]
    Task(#[from] tokio::task::JoinError),
    #[error("the link has ended")]
    LinkEnded,
}

/// Runs an upstream until it is stopped. `folder` is where it keeps its own file, `epoch` the life of the hub's log.
pub(super) async fn run<K: Kitchen>(
    config: UpstreamConfig,
    kitchen: K,
    epoch: String,
    folder: PathBuf,
    panel: Arc<Panel>,
    stop: CancellationToken,
) -> Result<(), DriverError> {
    let owner = format!("{} {epoch}", config.account());
    let path = folder.join("upstream.sqlite");
    let open = move || -> Result<_, ShelfError> {
        let shelf = Shelf::open(&path, &owner)?;
        let (rows, login) = (shelf.rows()?, shelf.login()?);
        Ok((shelf, rows, login))
    };
    let (shelf, rows, login) = tokio::task::spawn_blocking(open).await??;
    let authority = config.authority.clone();
    // Reads files: the computer's own list of authorities.
    let trust = tokio::task::spawn_blocking(move || link::Trust::load(authority.as_deref())).await??;
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_keepalive(Some(KEEPALIVE));
    let tls = hyper_rustls::HttpsConnectorBuilder::new()
        .with_tls_config((*trust.client_config()).clone())
        .https_or_http()
        .enable_http1()
        .wrap_connector(tcp);
    let client = HttpClient::builder(TokioExecutor::new()).pool_idle_timeout(IDLE).build(tls);
    let greeted = Arc::new(Greeted::default());
    let link_config = link::Config {
        url: config.socket_url(),
        authority: config.authority.clone(),
        timing: Timing { liveness: LIVENESS, ..Timing::back_end() },
        largest_message: LARGEST_FRAME,
        seed: seed(),
    };
    let link = Link::start(&link_config, SocketDialect { greeted: greeted.clone() })?;
    let machine_config = Config {
        restaurant: config.restaurant.clone(),
        credentials: config.credentials.clone(),
        seed: seed(),
    };
    let machine = Machine::new(machine_config, login, rows.clone(), kitchen.now());
    tracing::info!(target: "hub::upstream", base_url = config.base_url, restaurant = config.restaurant, "upstream started");
    let driver = Driver {
        base_url: config.base_url,
        machine,
        kitchen,
        shelf: Some(shelf),
        client,
        speaker: link.speaker(),
        running: JoinSet::new(),
        wishes: VecDeque::new(),
        recording: 0,
        greet: None,
        greeted,
        greeted_before: 0,
        panel,
    };
    driver.run(link, rows, stop).await
}

/// The back end answers our ping every 25 s; two that are lost make a dead link.
const LIVENESS: Duration = Duration::from_secs(60);

/// How long to wait for `connected` before greeting all the same.
const CONNECTED_LIMIT: Duration = Duration::from_secs(3);

/// Wishes of the machine that are with the writer at once; the rest wait here.
const MOST_RECORDING: usize = 64;

/// The largest answer that is read, bytes: a page of a hundred large orders is far below it.
const LARGEST_ANSWER: usize = 16 * 1024 * 1024;

/// The system asks a silent back end after this whether it is there.
const KEEPALIVE: Duration = Duration::from_secs(15);

/// A connection that nobody used for so long is closed: shorter than what servers and routers are used to.
const IDLE: Duration = Duration::from_secs(30);

/// Pause before the log is read again after a read that failed.
const READ_AGAIN: Duration = Duration::from_secs(1);

/// How long its end may take: the link's own limit is shorter, and so is the hub's patience with its sockets.
pub(super) const LONGEST_END: Duration = Duration::from_millis(2_500);

/// HTTP and HTTPS to the back end, believing whom the link believes. Follows no redirect.
type Client = HttpClient<HttpsConnector<HttpConnector>, Full<Bytes>>;

fn seed() -> u64 {
    let mut bytes = [0; 8];
    crate::text::fill(&mut bytes);
    u64::from_ne_bytes(bytes)
}

struct Driver<K> {
    base_url: String,
    machine: Machine,
    kitchen: K,
    /// None while it is with the disk.
    shelf: Option<Shelf>,
    client: Client,
    speaker: Speaker,
    running: JoinSet<Done>,
    wishes: VecDeque<Wish>,
    recording: usize,
    greet: Option<Greet>,
    greeted: Arc<Greeted>,
    /// `connected` frames of earlier connections.
    greeted_before: u64,
    panel: Arc<Panel>,
}

struct Greet {
    generation: u64,
    renewed: bool,
    at_last: Instant,
}

enum Done {
    Recorded(Input),
    Answered(Input),
}

enum Wish {
    Take { reference: String, draft: Box<kitchen::NewOrder> },
    Do { reference: String, operation: kitchen::Operation },
}

enum Woken {
    Stop,
    Done(Result<Done, tokio::task::JoinError>),
    Link(Option<LinkEvent>),
    /// Something rang: look again.
    Bell,
    Greet,
    Deadline,
    Retry,
}

impl<K: Kitchen> Driver<K> {
    async fn run(
        mut self,
        mut link: Link,
        rows: Vec<Seen>,
        stop: CancellationToken,
    ) -> Result<(), DriverError> {
        let ended = self.go_on(&mut link, &rows, &stop).await;
        self.running.shutdown().await;
        link.shutdown().await;
        tracing::info!(target: "hub::upstream", "upstream ended");
        ended
    }

    async fn go_on(
        &mut self,
        link: &mut Link,
        rows: &[Seen],
        stop: &CancellationToken,
    ) -> Result<(), DriverError> {
        let mut bell = self.kitchen.bell();
        let mut cursor = None;
        let mut read_again: Option<Instant> = None;
        loop {
            if read_again.is_none_or(|at| at <= Instant::now()) {
                read_again = match self.read_log(&mut cursor, rows).await {
                    Ok(()) => None,
                    Err(fault) => {
                        tracing::warn!(target: "hub::upstream", code = fault.code, "the log cannot be read for now");
                        Some(Instant::now() + READ_AGAIN)
                    }
                };
            }
            self.perform().await?;
            self.panel.show(self.machine.standing(), self.kitchen.now());
            let woken = self.wait(link, &mut bell, read_again, stop).await;
            let now = self.kitchen.now();
            match woken {
                Woken::Stop => return Ok(()),
                Woken::Link(None) => return Err(DriverError::LinkEnded),
                Woken::Done(done) => match done? {
                    Done::Recorded(input) => {
                        self.recording -= 1;
                        self.machine.handle(input, now);
                    }
                    Done::Answered(input) => self.machine.handle(input, now),
                },
                Woken::Bell => {}
                Woken::Link(Some(event)) => self.link_event(event, now),
                Woken::Greet => self.greet_now(now),
                Woken::Deadline => self.machine.handle_timeout(now),
                Woken::Retry => {
                    self.say(LinkInput::Retry);
                    self.machine.handle(Input::Retry, now);
                }
            }
        }
    }

    async fn wait(
        &mut self,
        link: &mut Link,
        bell: &mut tokio::sync::watch::Receiver<u64>,
        read_again: Option<Instant>,
        stop: &CancellationToken,
    ) -> Woken {
        let machine_at = self.machine.next_deadline().map(|at| self.instant(at));
        let deadline = [machine_at, read_again].into_iter().flatten().min();
        let greet_at = self.greet.as_ref().map(|greet| greet.at_last);
        let is_greeted =
            self.greet.is_some() && self.greeted.count.load(Ordering::Acquire) > self.greeted_before;
        if is_greeted {
            return Woken::Greet;
        }
        tokio::select! {
            () = stop.cancelled() => Woken::Stop,
            Some(done) = self.running.join_next(), if !self.running.is_empty() => Woken::Done(done),
            event = link.next_event() => Woken::Link(event),
            changed = bell.changed() => if changed.is_ok() { Woken::Bell } else { Woken::Stop },
            () = self.panel.retry_asked() => Woken::Retry,
            () = self.greeted.bell.notified(), if self.greet.is_some() => Woken::Bell,
            () = sleep_until(greet_at) => Woken::Greet,
            () = sleep_until(deadline) => Woken::Deadline,
        }
    }

    /// The moment of a real clock at which the hub's says that.
    fn instant(&self, at: At) -> Instant {
        let ms = at.since(self.kitchen.now()) as f64 / self.kitchen.factor();
        // A little late rather than again and again a little early.
        Instant::now() + Duration::from_secs_f64(ms / 1_000.0) + Duration::from_millis(1)
    }

    /// Tells the machine what the hub's log has that it does not know yet.
    async fn read_log(&mut self, cursor: &mut Option<u64>, rows: &[Seen]) -> Result<(), Fault> {
        loop {
            let seq = match *cursor {
                Some(seq) => seq,
                None => {
                    let (seq, orders) = self.kitchen.orders(rows.to_vec()).await?;
                    let now = self.kitchen.now();
                    self.machine.handle(Input::House(self.kitchen.settings()), now);
                    for order in orders {
                        self.machine.handle(Input::Kitchen(Box::new(order)), now);
                    }
                    *cursor = Some(seq);
                    seq
                }
            };
            let Some(events) = self.kitchen.events_after(seq).await? else {
                *cursor = None;
                continue;
            };
            if events.is_empty() {
                return Ok(());
            }
            let now = self.kitchen.now();
            for event in events {
                *cursor = Some(event.seq);
                if let Some(settings) = event.settings {
                    self.machine.handle(Input::House(settings), now);
                }
                if let Some(order) = event.order.filter(|order| order.source.system == SYSTEM) {
                    // Our own acts are no touch.
                    if event.operation.is_some_and(|id| !id.as_str().starts_with(SYSTEM)) {
                        self.panel.touched(&order.id);
                    }
                    self.machine.handle(Input::Kitchen(Box::new(order)), now);
                }
            }
        }
    }

    async fn perform(&mut self) -> Result<(), ShelfError> {
        let mut changes = Vec::new();
        while let Some(output) = self.machine.poll_output() {
            match output {
                Output::Keep(seen) => changes.push(Change::Keep(seen)),
                Output::Forget { reference } => changes.push(Change::Forget(reference)),
                Output::KeepLogin(login) => {
                    changes.push(Change::Login(login));
                    self.shelve(std::mem::take(&mut changes)).await?;
                }
                Output::Http(request) => {
                    let (client, url) = (self.client.clone(), format!("{}{}", self.base_url, request.path));
                    self.running.spawn(async move {
                        let id = request.id;
                        let outcome = ask(&client, &url, request).await;
                        Done::Answered(Input::Http { request: id, outcome })
                    });
                }
                Output::Take { reference, draft } => self.wishes.push_back(Wish::Take { reference, draft }),
                Output::Do { reference, operation } => {
                    self.wishes.push_back(Wish::Do { reference, operation });
                }
                Output::Connect => self.say(LinkInput::Connect),
                Output::Greeting { generation, text } => self.say(LinkInput::Greeting { generation, text }),
                Output::NoGreeting { generation, reason } => {
                    self.say(LinkInput::NoGreeting { generation, reason: reason.to_owned() });
                }
                Output::Say { generation, text } => self.say(LinkInput::Send { generation, text }),
                Output::Explain { order, fault } => self.panel.explain(order, fault, self.kitchen.now()),
                Output::Explained { code } => self.panel.settled(code),
            }
        }
        self.shelve(changes).await?;
        while self.recording < MOST_RECORDING
            && let Some(wish) = self.wishes.pop_front()
        {
            self.recording += 1;
            // The writer has it when this returns; so acts on one order stay in order.
            match wish {
                Wish::Take { reference, draft } => {
                    let taken = self.kitchen.take(&reference, *draft);
                    self.running.spawn(async move {
                        let outcome = taken.await.map(Box::new);
                        Done::Recorded(Input::Recorded { reference, outcome })
                    });
                }
                Wish::Do { reference, operation } => {
                    let acted = self.kitchen.act(operation);
                    self.running.spawn(async move {
                        let outcome = acted.await.map(Box::new);
                        Done::Recorded(Input::Recorded { reference, outcome })
                    });
                }
            }
        }
        Ok(())
    }

    async fn shelve(&mut self, changes: Vec<Change>) -> Result<(), ShelfError> {
        if changes.is_empty() {
            return Ok(());
        }
        let Some(mut shelf) = self.shelf.take() else { return Ok(()) };
        let made = tokio::task::spawn_blocking(move || {
            let made = shelf.make(&changes);
            (shelf, made)
        });
        // The runtime goes down: what was not kept is read again.
        let Ok((shelf, made)) = made.await else { return Ok(()) };
        self.shelf = Some(shelf);
        made
    }

    fn say(&self, input: LinkInput) {
        if self.speaker.say(input).is_err() {
            tracing::warn!(target: "hub::upstream", "the link takes no more for now");
        }
    }

    fn link_event(&mut self, event: LinkEvent, now: At) {
        match event {
            LinkEvent::Changed { to: Phase::Live, generation, .. } => {
                let generation = generation.unwrap_or_default();
                self.machine.handle(Input::Live { generation }, now);
            }
            LinkEvent::Changed { to: Phase::Connecting, .. } => {
                self.greet = None;
                self.greeted_before = self.greeted.count.load(Ordering::Acquire);
            }
            LinkEvent::Changed { to: Phase::Authenticating, .. }
            | LinkEvent::AttemptLimit { .. }
            | LinkEvent::RoundTrip { .. } => {}
            LinkEvent::Changed {
                to: Phase::Idle | Phase::Waiting | Phase::Closing | Phase::Refused, ..
            } => {
                self.greet = None;
                self.machine.handle(Input::Down, now);
            }
            LinkEvent::Greet { generation, credentials } => {
                let renewed = credentials == Credentials::Renewed;
                self.greet = Some(Greet { generation, renewed, at_last: Instant::now() + CONNECTED_LIMIT });
            }
            LinkEvent::Frame { text, .. } => self.machine.handle(Input::Frame(text), now),
        }
    }

    fn greet_now(&mut self, now: At) {
        if let Some(Greet { generation, renewed, .. }) = self.greet.take() {
            self.machine.handle(Input::Greet { generation, renewed }, now);
        }
    }
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

async fn ask(client: &Client, url: &str, request: Request) -> Result<Answer, Lost> {
    let limit = Duration::from_millis(request.limit_ms);
    let (id, path) = (request.id, request.path.clone());
    // The path only: a query is nobody's business in a log.
    let answered = match tokio::time::timeout(limit, exchange(client, url, request)).await {
        Ok(answered) => answered,
        Err(_) => Err((Lost::Unanswered, "nothing within the limit".to_owned())),
    };
    match answered {
        Ok(answer) => {
            tracing::debug!(target: "hub::upstream", request = id, path, status = answer.status, "answered");
            Ok(answer)
        }
        Err((lost, error)) => {
            tracing::info!(target: "hub::upstream", request = id, path, error, "no answer");
            Err(lost)
        }
    }
}

async fn exchange(client: &Client, url: &str, request: Request) -> Result<Answer, (Lost, String)> {
    let method = match request.method {
        Method::Get => hyper::Method::GET,
        Method::Post => hyper::Method::POST,
        Method::Patch => hyper::Method::PATCH,
    };
    let mut builder = hyper::Request::builder().method(method).uri(url);
    for (name, value) in request.headers {
        builder = builder.header(name, value);
    }
    let body = Full::new(request.body.map(Bytes::from).unwrap_or_default());
    let request = builder.body(body).map_err(|error| (Lost::Unsent, error.to_string()))?;
    let response = client.request(request).await.map_err(|error| {
        let lost = if error.is_connect() { Lost::Unsent } else { Lost::Unanswered };
        (lost, link::distrust(&error).unwrap_or_else(|| whole(&error)))
    })?;
    let (head, body) = response.into_parts();
    let retry_after_s = head
        .headers
        .get("retry-after")
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.trim().parse().ok());
    let body = Limited::new(body, LARGEST_ANSWER).collect().await;
    let body = body.map_err(|error| (Lost::Unanswered, error.to_string()))?.to_bytes();
    Ok(Answer {
        status: head.status.as_u16(),
        retry_after_s,
        body: String::from_utf8_lossy(&body).into_owned(),
    })
}

/// An error with its causes.
fn whole(error: &dyn std::error::Error) -> String {
    std::iter::successors(error.source(), |inner| inner.source())
        .fold(error.to_string(), |text, inner| format!("{text}: {inner}"))
}

/// How often the back end has said `connected`, seen from the link's own task.
#[derive(Debug, Default)]
struct Greeted {
    count: AtomicU64,
    bell: Notify,
}

/// The back end's frames, as far as a connection cares.
#[derive(Debug)]
struct SocketDialect {
    greeted: Arc<Greeted>,
}

impl Dialect for SocketDialect {
    fn judge(&self, text: &str) -> Verdict {
        // Almost everything is about orders; those are read once, by the machine.
        if text.contains("\"order:") {
            return Verdict::Traffic;
        }
        match Frame::read(text) {
            Frame::Connected { auth_required: true } => {
                self.greeted.count.fetch_add(1, Ordering::Release);
                self.greeted.bell.notify_one();
                Verdict::Traffic
            }
            Frame::Connected { auth_required: false } | Frame::Accepted => Verdict::Accepted,
            Frame::Refused { reason } => Verdict::Refused { reason },
            Frame::Created(_)
            | Frame::Updated(_)
            | Frame::SyncComplete
            | Frame::Pong
            | Frame::Error { .. }
            | Frame::Unknown { .. } => Verdict::Traffic,
        }
    }

    fn judge_close(&self, code: u16) -> CloseVerdict {
        if code == wire::hub::CLOSE_POLICY { CloseVerdict::Credentials } else { CloseVerdict::Ordinary }
    }
}
