//! The driver: gives the session its clock, its socket and its owner.
//!
//! One task per link, and under it at most one socket task, which it joins before it opens the next. Every queue is
//! bounded: a slow owner makes the driver stop reading (TCP carries that back to the server), a server that does not
//! read makes it replace the connection. Nothing the owner does can block it: commands are tried, never waited for.

use crate::session::{Cause, Dialect, Event, Input, Output, Phase, Session, Standing, Timing};
use crate::trust::{Trust, TrustError, distrust};
use futures_util::{SinkExt, StreamExt};
use socket2::{SockRef, TcpKeepalive};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderMap, StatusCode, Uri, header};
use tokio_tungstenite::tungstenite::protocol::frame::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::{Message, WebSocketConfig};
use tokio_tungstenite::tungstenite::{self, Utf8Bytes};
use tokio_util::sync::{CancellationToken, DropGuard};

/// A running link. Dropping it ends the link as well; [`Link::shutdown`] waits for it.
#[derive(Debug)]
pub struct Link {
    events: mpsc::Receiver<Event>,
    speaker: Speaker,
    task: JoinHandle<()>,
    cancel: CancellationToken,
    _ends_with_the_link: DropGuard,
}

/// Where to, and how patiently.
#[derive(Debug, Clone)]
pub struct Config {
    /// `ws://host:port/path` or `wss://host:port/path`. It never carries a secret: addresses end in logs.
    pub url: String,
    /// A PEM file with an authority of the kitchen's own, believed beside those of this computer; for `wss://`.
    pub authority: Option<PathBuf>,
    /// See [`Timing`].
    pub timing: Timing,
    /// The largest message accepted, bytes.
    pub largest_message: usize,
    /// Seed of the jitter.
    pub seed: u64,
}

/// Why a link could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// Not an address of a WebSocket.
    #[error("{url:?} is not an address like ws://host:port/path")]
    BadAddress {
        /// What was given.
        url: String,
    },
    /// Nobody can be trusted at a `wss://` address.
    #[error(transparent)]
    Trust(#[from] TrustError),
}

/// Why a connect did not come to a live connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// The shared attempt failed.
    #[error(transparent)]
    Failed(#[from] Cause),
    /// The link is being shut down.
    #[error("the link has ended")]
    Ended,
}

/// Commands waiting for the driver. Sends are small and the owner keeps its own window, so this is never full in health.
const COMMANDS: usize = 4_096;
/// Events waiting for the owner.
const EVENTS: usize = 512;
/// Events the driver holds back itself before it stops reading the socket.
const HELD_BACK: usize = 64;
/// Frames between the socket task and the driver.
const INBOUND: usize = 256;
/// Frames waiting to be written. Beyond that the server does not read: the connection is replaced.
const OUTBOUND: usize = 1_024;
/// The system asks a silent other side after this, and then this often: whatever the liveness limit of a server is, and
/// whatever a router on the way forgets.
const KEEPALIVE_AFTER: Duration = Duration::from_secs(15);
const KEEPALIVE_EVERY: Duration = Duration::from_secs(5);
/// How long a shutdown waits for the driver before it is cut off.
const SHUTDOWN: Duration = Duration::from_secs(3);

impl Link {
    /// Starts a link that does not connect until it is asked to. Needs a tokio runtime.
    ///
    /// # Errors
    /// When the address is none.
    pub fn start(config: &Config, dialect: impl Dialect + Send + 'static) -> Result<Self, StartError> {
        let address = Address::of(config)?;
        let (commands, commands_rx) = mpsc::channel(COMMANDS);
        let (events_tx, events) = mpsc::channel(EVENTS);
        let cancel = CancellationToken::new();
        let driver = Driver {
            address,
            session: Session::new(dialect, config.timing, config.seed),
            started: Instant::now(),
            commands: commands_rx,
            events: events_tx,
            held_back: VecDeque::new(),
            waiters: Vec::new(),
            standing_for: None,
            socket: None,
            cancel: cancel.clone(),
        };
        let task = tokio::spawn(driver.run());
        Ok(Self {
            events,
            speaker: Speaker { commands },
            task,
            _ends_with_the_link: cancel.clone().drop_guard(),
            cancel,
        })
    }

    /// The next event; none when the link has ended. Cancel-safe.
    pub async fn next_event(&mut self) -> Option<Event> {
        self.events.recv().await
    }

    /// The next event if there is one already.
    pub fn ready_event(&mut self) -> Option<Event> {
        self.events.try_recv().ok()
    }

    /// What to speak to it with.
    #[must_use]
    pub fn speaker(&self) -> Speaker {
        self.speaker.clone()
    }

    /// Closes the connection with 1000 and waits for every task of the link, a few seconds at most.
    pub async fn shutdown(&mut self) {
        self.cancel.cancel();
        self.events.close();
        if tokio::time::timeout(SHUTDOWN, &mut self.task).await.is_err() {
            tracing::error!(target: "link", "the link did not end in time and is cut off");
            self.task.abort();
        }
    }
}

/// Says things to a link; clones say them to the same one.
#[derive(Debug, Clone)]
pub struct Speaker {
    commands: mpsc::Sender<Command>,
}

#[derive(Debug)]
enum Command {
    Connect { met: oneshot::Sender<Standing>, outcome: oneshot::Sender<Result<(), Cause>> },
    Input(Input),
}

impl Speaker {
    /// Connects, or shares the attempt that is under way, and waits for its result (R3.2). When there is a connection it
    /// does nothing and says so (R3.1).
    ///
    /// # Errors
    /// When the shared attempt fails or is called off.
    pub async fn connect(&self) -> Result<Standing, ConnectError> {
        let (met, standing) = oneshot::channel();
        let (outcome, settled) = oneshot::channel();
        let command = Command::Connect { met, outcome };
        self.commands.send(command).await.map_err(|_| ConnectError::Ended)?;
        let standing = standing.await.map_err(|_| ConnectError::Ended)?;
        settled.await.map_err(|_| ConnectError::Ended)??;
        Ok(standing)
    }

    /// Gives a command without waiting for anything.
    ///
    /// # Errors
    /// Hands the input back when the queue is full or the link has ended.
    pub fn say(&self, input: Input) -> Result<(), Input> {
        self.commands.try_send(Command::Input(input)).map_err(|error| match error.into_inner() {
            Command::Input(input) => input,
            Command::Connect { .. } => Input::Connect,
        })
    }
}

#[derive(Clone)]
struct Address {
    url: String,
    host: String,
    port: u16,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    largest_message: usize,
}

impl Address {
    fn of(config: &Config) -> Result<Self, StartError> {
        let bad = || StartError::BadAddress { url: config.url.clone() };
        let uri: Uri = config.url.parse().map_err(|_| bad())?;
        let host = uri.host().ok_or_else(bad)?.trim_matches(['[', ']']).to_owned();
        let tls = match uri.scheme_str() {
            Some("ws") => None,
            Some("wss") => {
                let trust = Trust::load(config.authority.as_deref())?;
                let name = ServerName::try_from(host.clone()).map_err(|_| bad())?;
                Some((TlsConnector::from(trust.client_config()), name))
            }
            _ => return Err(bad()),
        };
        let port = uri.port_u16().unwrap_or(if tls.is_some() { 443 } else { 80 });
        Ok(Self { url: config.url.clone(), host, port, tls, largest_message: config.largest_message })
    }
}

struct Driver<D> {
    address: Address,
    session: Session<D>,
    started: Instant,
    commands: mpsc::Receiver<Command>,
    events: mpsc::Sender<Event>,
    /// Events that the owner has no room for yet.
    held_back: VecDeque<Event>,
    waiters: Vec<oneshot::Sender<Result<(), Cause>>>,
    /// Whoever asked the connect that is being handled.
    standing_for: Option<oneshot::Sender<Standing>>,
    socket: Option<Socket>,
    cancel: CancellationToken,
}

struct Socket {
    generation: u64,
    task: JoinHandle<Result<Ended, NotOpened>>,
    inbound: mpsc::Receiver<Inbound>,
    outbound: mpsc::Sender<Outbound>,
    close: Option<oneshot::Sender<u16>>,
}

enum Inbound {
    Opened,
    Text(String),
    Heard,
    Ponged,
}

enum Outbound {
    Text(String),
    Ping,
}

impl From<Outbound> for Message {
    fn from(outbound: Outbound) -> Self {
        match outbound {
            Outbound::Text(text) => Self::Text(text.into()),
            Outbound::Ping => Self::Ping(tungstenite::Bytes::new()),
        }
    }
}

struct Ended {
    code: Option<u16>,
    reason: String,
}

/// A socket that never opened.
struct NotOpened {
    cause: Cause,
    after: Option<Duration>,
}

enum Woken {
    Cancelled,
    OwnerGone,
    Command(Option<Command>),
    Delivered,
    Inbound(Option<Inbound>),
    Deadline,
}

impl<D: Dialect> Driver<D> {
    async fn run(mut self) {
        let mut stopping = false;
        loop {
            self.perform();
            if stopping && self.socket.is_none() {
                break;
            }
            match self.wait(stopping).await {
                Woken::Cancelled | Woken::OwnerGone | Woken::Command(None) => {
                    stopping = true;
                    self.held_back.clear();
                    self.input(Input::Disconnect);
                }
                Woken::Command(Some(Command::Input(input))) => self.input(input),
                Woken::Command(Some(Command::Connect { met, outcome })) => {
                    self.waiters.retain(|waiter| !waiter.is_closed());
                    self.waiters.push(outcome);
                    self.standing_for = Some(met);
                    self.input(Input::Connect);
                }
                Woken::Delivered => {}
                Woken::Inbound(Some(inbound)) => self.inbound(inbound),
                Woken::Inbound(None) => self.join().await,
                Woken::Deadline => {
                    // Silence is no silence while frames wait here for a slow owner.
                    if let (false, Some(socket)) = (self.held_back.is_empty(), &self.socket) {
                        let generation = socket.generation;
                        self.input(Input::Heard { generation });
                    }
                    self.session.handle_timeout(self.started.elapsed());
                }
            }
            if stopping {
                self.held_back.clear();
            }
        }
        tracing::debug!(target: "link", url = %self.address.url, "link ended");
    }

    async fn wait(&mut self, stopping: bool) -> Woken {
        let deadline = self.session.next_deadline().map(|at| self.started + at);
        let may_read = self.held_back.len() < HELD_BACK || self.session.phase() == Phase::Closing;
        tokio::select! {
            biased;
            () = self.cancel.cancelled(), if !stopping => Woken::Cancelled,
            command = self.commands.recv(), if !stopping => Woken::Command(command),
            permit = self.events.reserve(), if !stopping && !self.held_back.is_empty() => match permit {
                Ok(permit) => {
                    if let Some(event) = self.held_back.pop_front() {
                        permit.send(event);
                    }
                    Woken::Delivered
                }
                Err(_) => Woken::OwnerGone,
            },
            inbound = next_inbound(self.socket.as_mut()), if may_read => Woken::Inbound(inbound),
            () = sleep_until(deadline) => Woken::Deadline,
        }
    }

    fn input(&mut self, input: Input) {
        self.session.handle(input, self.started.elapsed());
    }

    fn inbound(&mut self, inbound: Inbound) {
        let Some(generation) = self.socket.as_ref().map(|socket| socket.generation) else { return };
        self.input(match inbound {
            Inbound::Opened => Input::Opened { generation },
            Inbound::Text(text) => Input::Frame { generation, text },
            Inbound::Heard => Input::Heard { generation },
            Inbound::Ponged => Input::Ponged { generation },
        });
    }

    /// The socket task has said its last: waits for its end, so that the next opens only after it.
    async fn join(&mut self) {
        let Some(mut socket) = self.socket.take() else { return };
        let generation = socket.generation;
        let dropped = |reason: &str| Ended { code: None, reason: reason.to_owned() };
        let ended = match (&mut socket.task).await {
            Ok(Ok(ended)) => ended,
            Ok(Err(NotOpened { cause, after })) => {
                return self.input(Input::Failed { generation, cause, after });
            }
            Err(error) if error.is_cancelled() => dropped("dropped"),
            Err(error) => {
                tracing::error!(target: "link", %error, "the socket task panicked");
                dropped("panicked")
            }
        };
        let Ended { code, reason } = ended;
        self.input(Input::Closed { generation, code, reason });
    }

    fn perform(&mut self) {
        while let Some(output) = self.session.poll_output() {
            match output {
                Output::Open { generation } => {
                    debug_assert!(self.socket.is_none(), "one connection, ever");
                    self.socket = Some(Socket::open(generation, &self.address));
                }
                Output::Send { generation, text } => {
                    let Some(socket) = self.socket.as_ref().filter(|s| s.generation == generation) else {
                        continue;
                    };
                    // A socket whose end has not been read yet takes nothing either: that end is on its way here.
                    if let Err(TrySendError::Full(_)) = socket.outbound.try_send(Outbound::Text(text)) {
                        tracing::warn!(target: "link", generation, "the server does not read; replacing the connection");
                        self.input(Input::Reconnect { generation });
                    }
                }
                Output::Ping { generation } => {
                    if let Some(socket) = self.socket.as_ref().filter(|s| s.generation == generation) {
                        // A queue that is full will be noticed by what is sent next.
                        let _ = socket.outbound.try_send(Outbound::Ping);
                    }
                }
                Output::Close { generation, code } => {
                    if let Some(socket) = self.socket.as_mut().filter(|s| s.generation == generation)
                        && let Some(close) = socket.close.take()
                    {
                        // The task may have ended by itself already; its end is reported all the same.
                        let _ = close.send(code);
                    }
                }
                Output::Drop { generation } => {
                    if let Some(socket) = self.socket.as_ref().filter(|s| s.generation == generation) {
                        socket.task.abort();
                    }
                }
                Output::Event(event) => {
                    log(&event);
                    self.held_back.push_back(event);
                }
                Output::Settled(outcome) => {
                    for waiter in self.waiters.drain(..) {
                        // Whoever no longer waits need not know.
                        let _ = waiter.send(outcome.clone());
                    }
                }
                Output::Met(standing) => {
                    tracing::debug!(target: "link", ?standing, "asked to connect");
                    if let Some(asker) = self.standing_for.take() {
                        let _ = asker.send(standing);
                    }
                }
            }
        }
        while !self.held_back.is_empty() {
            match self.events.try_reserve() {
                Ok(permit) => {
                    if let Some(event) = self.held_back.pop_front() {
                        permit.send(event);
                    }
                }
                Err(_) => break,
            }
        }
    }
}

async fn next_inbound(socket: Option<&mut Socket>) -> Option<Inbound> {
    match socket {
        Some(socket) => socket.inbound.recv().await,
        None => std::future::pending().await,
    }
}

async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

fn log(event: &Event) {
    match event {
        Event::Changed { from, to, generation, attempts, cause, wait, waits_for } => {
            let cause = cause.as_ref().map(tracing::field::display);
            let wait_ms = wait.map(|wait| wait.as_millis());
            tracing::info!(target: "link", ?from, ?to, generation, attempts, cause, wait_ms, ?waits_for, "connection");
        }
        Event::AttemptLimit { attempts } => {
            tracing::warn!(target: "link", attempts, "many attempts failed in a row");
        }
        Event::RoundTrip { took } => {
            tracing::trace!(target: "link", took_us = took.as_micros(), "round trip");
        }
        Event::Greet { .. } | Event::Frame { .. } => {}
    }
}

impl Socket {
    fn open(generation: u64, address: &Address) -> Self {
        let (inbound_tx, inbound) = mpsc::channel(INBOUND);
        let (outbound, outbound_rx) = mpsc::channel(OUTBOUND);
        let (close, close_rx) = oneshot::channel();
        let address = address.clone();
        let task = tokio::spawn(async move {
            let socket = open(&address).await?;
            Ok(converse(socket, inbound_tx, outbound_rx, close_rx).await)
        });
        Self { generation, task, inbound, outbound, close: Some(close) }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // The driver joins every socket; this is for a driver that is itself cut off.
        self.task.abort();
    }
}

/// What a WebSocket runs on: TCP, with or without TLS.
trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

type Open = WebSocketStream<Box<dyn Stream>>;

async fn open(address: &Address) -> Result<Open, NotOpened> {
    let unreachable = |error: std::io::Error| {
        let at = format!("{}:{}", address.host, address.port);
        NotOpened { cause: Cause::Unreachable { reason: format!("{at}: {error}") }, after: None }
    };
    let stream = TcpStream::connect((address.host.as_str(), address.port)).await.map_err(unreachable)?;
    // Orders and touches are small and wait for nobody.
    stream.set_nodelay(true).map_err(unreachable)?;
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE_AFTER).with_interval(KEEPALIVE_EVERY);
    if let Err(error) = SockRef::from(&stream).set_tcp_keepalive(&keepalive) {
        tracing::debug!(target: "link", %error, "no TCP keepalive");
    }
    let stream: Box<dyn Stream> = match &address.tls {
        None => Box::new(stream),
        Some((connector, name)) => match connector.connect(name.clone(), stream).await {
            Ok(stream) => Box::new(stream),
            Err(error) => {
                return Err(match distrust(&error) {
                    Some(reason) => NotOpened { cause: Cause::NotTrusted { reason }, after: None },
                    None => unreachable(error),
                });
            }
        },
    };
    let config = WebSocketConfig::default()
        .max_message_size(Some(address.largest_message))
        .max_frame_size(Some(address.largest_message));
    let closed = |error: &tungstenite::Error| {
        let cause = Cause::Closed { code: None, reason: error.to_string() };
        NotOpened { cause, after: None }
    };
    let request = address.url.as_str().into_client_request().map_err(|error| closed(&error))?;
    match tokio_tungstenite::client_async_with_config(request, stream, Some(config)).await {
        Ok((socket, _)) => Ok(socket),
        Err(tungstenite::Error::Http(answer)) => Err(not_upgraded(answer.status(), answer.headers())),
        Err(error) => Err(closed(&error)),
    }
}

/// The server answered the upgrade with something else.
fn not_upgraded(status: StatusCode, headers: &HeaderMap) -> NotOpened {
    let reason = format!("HTTP {status}");
    let after = retry_after(headers);
    let cause = match status {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => Cause::Busy { reason },
        _ => Cause::Closed { code: None, reason },
    };
    NotOpened { cause, after }
}

/// `Retry-After`, in seconds or as a moment. A moment is held against the server's own clock: ours may be an hour wrong.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let asked = text(header::RETRY_AFTER)?;
    if let Ok(seconds) = asked.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = httpdate::parse_http_date(asked).ok()?;
    at.duration_since(httpdate::parse_http_date(text(header::DATE)?).ok()?).ok()
}

async fn converse(
    socket: Open,
    inbound: mpsc::Sender<Inbound>,
    mut outbound: mpsc::Receiver<Outbound>,
    mut close: oneshot::Receiver<u16>,
) -> Ended {
    if inbound.send(Inbound::Opened).await.is_err() {
        return Ended { code: None, reason: "nobody listens".to_owned() };
    }
    let (mut sink, mut source) = socket.split();
    let read = async {
        let mut code = None;
        let mut reason = String::new();
        while let Some(message) = source.next().await {
            let said = match message {
                Ok(Message::Text(text)) => Inbound::Text(text.as_str().to_owned()),
                Ok(Message::Close(frame)) => {
                    if let Some(CloseFrame { code: sent, reason: why }) = frame {
                        code = Some(u16::from(sent));
                        reason = why.as_str().to_owned();
                    }
                    continue;
                }
                Ok(Message::Pong(_)) => Inbound::Ponged,
                Ok(Message::Binary(_) | Message::Ping(_) | Message::Frame(_)) => Inbound::Heard,
                Err(error) => {
                    if reason.is_empty() {
                        reason = error.to_string();
                    }
                    break;
                }
            };
            if inbound.send(said).await.is_err() {
                break;
            }
        }
        Ended { code, reason }
    };
    let write = async {
        loop {
            tokio::select! {
                biased;
                code = &mut close => {
                    let code = code.unwrap_or(1000).into();
                    let frame = CloseFrame { code, reason: Utf8Bytes::default() };
                    sink.send(Message::Close(Some(frame))).await?;
                    // The reader sees the server's answer and ends both.
                    std::future::pending::<()>().await;
                }
                first = outbound.recv() => match first {
                    Some(first) => {
                        sink.feed(first.into()).await?;
                        while let Ok(next) = outbound.try_recv() {
                            sink.feed(next.into()).await?;
                        }
                        sink.flush().await?;
                    }
                    None => std::future::pending::<()>().await,
                },
            }
        }
        #[allow(unreachable_code, reason = "gives the loop its error type")]
        Ok::<(), tungstenite::Error>(())
    };
    // Both halves live in one task and are polled on their own: a write that blocks never stops the reading.
    tokio::select! {
        ended = read => ended,
        Err(error) = write => Ended { code: None, reason: error.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(pairs: &[(header::HeaderName, &str)]) -> Option<Duration> {
        let headers = pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect();
        not_upgraded(StatusCode::SERVICE_UNAVAILABLE, &headers).after
    }

    #[test]
    fn r3_10_a_retry_time_is_read_in_both_forms_and_by_the_servers_own_clock() {
        use header::{DATE, RETRY_AFTER};
        assert_eq!(after(&[(RETRY_AFTER, "7")]), Some(Duration::from_secs(7)));
        let (asked, said) = ("Wed, 21 Oct 2015 07:28:30 GMT", "Wed, 21 Oct 2015 07:28:00 GMT");
        assert_eq!(after(&[(RETRY_AFTER, asked), (DATE, said)]), Some(Duration::from_secs(30)));
        for bad in ["soon", "-1", "1e9", said] {
            assert_eq!(after(&[(RETRY_AFTER, bad)]), None, "{bad}");
        }
    }
}
