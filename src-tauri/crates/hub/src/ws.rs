//! The WebSocket of a screen: hello, then everything or what is missing, then the log as it grows; operations the other way.
//!
//! A connection is one task with its own place in the log. It fetches what follows when the bell rings, so nothing is queued
//! for it; a screen that does not read for [`SEND_LIMIT`], or is silent for [`SILENCE_LIMIT`], is closed and comes back.

use crate::feed;
use crate::http::Refused;
use crate::life::Life;
use crate::writer::{Done, Work};
use crate::{APP, Core, store, text};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use futures_util::stream::FuturesOrdered;
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use kitchen::{DeviceId, EpochId, OperationId};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
use tokio_util::sync::CancellationToken;
use wire::hub::{
    CLOSE_REPLACED, Fault, HEARTBEAT_MS, Hello, HubMessage, LARGEST_FRAME, PROTOCOL, RETRY_AFTER,
    Refused as Refusal, Resume, ScreenMessage, Welcome, hello_refusal,
};

/// From the upgrade to the hello. A screen says it in the same breath; who does not is no screen.
const HELLO_LIMIT: Duration = Duration::from_secs(5);

/// A message that the other side does not take for this long means that nobody is there.
const SEND_LIMIT: Duration = Duration::from_secs(10);

/// After this much silence from a screen the hub asks (WebSocket ping).
const ASK_AFTER: Duration = Duration::from_secs(5);

/// A screen silent for this long, asked twice, is gone.
const SILENCE_LIMIT: Duration = Duration::from_secs(15);

/// For the other side to answer a close.
const CLOSE_LIMIT: Duration = Duration::from_secs(1);

/// Operations of one screen on their way through the writer. At this many the hub reads no more from it until one is done:
/// a week's backlog flows at the pace of the disk, and in order.
const MOST_UNDER_WAY: usize = 64;

/// A screen that found no place asks again after so many seconds: places become free when somebody goes home.
const FULL_RETRY_S: u32 = 5;

/// The longest device id, app and role.
const LONGEST_NAME: usize = 200;

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// `GET /ws`
pub(crate) async fn upgrade(
    State(core): State<Arc<Core>>,
    mut request: Request,
) -> Result<Response, Refused> {
    let Some(key) = key_of(request.headers()) else { return Err(Fault::new("upgrade_expected").into()) };
    let Ok(place) = core.greeting_places.clone().try_acquire_owned() else {
        return Err(Fault::new(hello_refusal::FULL).passing().into());
    };
    let upgrade = hyper::upgrade::on(&mut request);
    let tasks = core.tasks.clone();
    tasks.spawn(async move {
        match timeout(HELLO_LIMIT, upgrade).await {
            Ok(Ok(upgraded)) => greet(&core, upgraded, place).await,
            Ok(Err(error)) => tracing::debug!(target: "hub::ws", %error, "no upgrade"),
            Err(_) => tracing::debug!(target: "hub::ws", "the upgrade took too long"),
        }
    });
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    let accept = HeaderValue::from_str(&derive_accept_key(&key));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept.map_err(|_| Fault::new("upgrade_expected"))?);
    Ok(response)
}

fn key_of(headers: &HeaderMap) -> Option<Vec<u8>> {
    let says = |name: header::HeaderName, word: &str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        value.split(',').any(|part| part.trim().eq_ignore_ascii_case(word))
    };
    let is_upgrade = says(header::UPGRADE, "websocket")
        && says(header::CONNECTION, "upgrade")
        && says(header::SEC_WEBSOCKET_VERSION, "13");
    headers.get(header::SEC_WEBSOCKET_KEY).filter(|_| is_upgrade).map(|key| key.as_bytes().to_vec())
}

/// Why a connection ends.
enum End {
    /// The other side closed, or the network did.
    Gone,
    /// The hub is going down.
    Stopping,
    /// A newer connection of the same device took its place.
    Replaced,
    /// The other side does not read or does not answer.
    Dead,
    /// Its token was revoked.
    Revoked,
    /// Another life of the log has begun.
    Renewed,
    /// The hub cannot read its own log.
    Broken,
}

impl End {
    fn close(&self) -> Option<(CloseCode, &'static str)> {
        match self {
            Self::Gone | Self::Dead => None,
            Self::Stopping => Some((CloseCode::Away, "hub is shutting down")),
            Self::Replaced => Some((CloseCode::Library(CLOSE_REPLACED), "replaced by a newer connection")),
            Self::Revoked => Some((CloseCode::Policy, "token revoked")),
            Self::Renewed => Some((CloseCode::Restart, "another life of the log")),
            Self::Broken => Some((CloseCode::Error, "try again")),
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Stopping => "stopping",
            Self::Replaced => "replaced",
            Self::Dead => "dead",
            Self::Revoked => "revoked",
            Self::Renewed => "renewed",
            Self::Broken => "broken",
        }
    }
}

async fn greet(core: &Arc<Core>, upgraded: Upgraded, greeting: OwnedSemaphorePermit) {
    let config = WebSocketConfig::default()
        .max_message_size(Some(LARGEST_FRAME))
        .max_frame_size(Some(LARGEST_FRAME))
        .max_write_buffer_size(4 * LARGEST_FRAME);
    let mut socket =
        WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
    let hello = tokio::select! {
        () = core.stop_sockets.cancelled() => {
            return close(&mut socket, CloseCode::Away, "hub is shutting down").await;
        }
        hello = timeout(HELLO_LIMIT, first_message(&mut socket)) => hello.unwrap_or(First::Other),
    };
    let verdict = match hello {
        First::Gone => return,
        First::Other => Err(Fault::new(hello_refusal::HELLO)),
        First::Hello(hello) => judge(core, &hello).await.map(|place| (hello, place)),
    };
    drop(greeting);
    match verdict {
        Ok((hello, place)) => {
            serve(core, socket, &hello).await;
            drop(place);
        }
        Err(fault) => {
            tracing::warn!(target: "hub::ws", code = fault.code, "hello refused");
            let reason = fault.code.clone();
            let refused = HubMessage::Refused(Refusal { id: None, fault });
            if send(&mut socket, [encode(&refused)]).await.is_ok() {
                close(&mut socket, CloseCode::Policy, &reason).await;
            }
        }
    }
}

enum First {
    Hello(Box<Hello>),
    Other,
    Gone,
}

async fn first_message(socket: &mut Socket) -> First {
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => {
                return match serde_json::from_str(&text) {
                    Ok(ScreenMessage::Hello(hello)) => First::Hello(Box::new(hello)),
                    Ok(
                        ScreenMessage::Operation(_)
                        | ScreenMessage::Ack { .. }
                        | ScreenMessage::Look { .. }
                        | ScreenMessage::Retry
                        | ScreenMessage::Unknown,
                    )
                    | Err(_) => First::Other,
                };
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Binary(_) | Message::Frame(_))) => return First::Other,
            Some(Ok(Message::Close(_)) | Err(_)) | None => return First::Gone,
        }
    }
}

/// Whether the screen may come in, and its place then. The token is asked first: who has none learns nothing.
async fn judge(core: &Core, hello: &Hello) -> Result<OwnedSemaphorePermit, Fault> {
    if !core.tokens.admit(&hello.token).await? {
        return Err(Fault::new(hello_refusal::TOKEN));
    }
    if hello.protocol != PROTOCOL {
        return Err(Fault::new(hello_refusal::PROTOCOL).with("hub", PROTOCOL).with("screen", hello.protocol));
    }
    if hello.restaurant_id.as_ref().is_some_and(|restaurant| restaurant != &core.restaurant) {
        return Err(Fault::new(hello_refusal::RESTAURANT).with("hub", &core.restaurant));
    }
    let names = [hello.device_id.as_str(), &hello.app, &hello.role];
    if hello.device_id.as_str().is_empty() || names.iter().any(|name| name.len() > LONGEST_NAME) {
        return Err(Fault::new(hello_refusal::HELLO));
    }
    let place = core.screen_places.clone().try_acquire_owned();
    place.map_err(|_| Fault::new(hello_refusal::FULL).with(RETRY_AFTER, FULL_RETRY_S).passing())
}

async fn serve(core: &Arc<Core>, mut socket: Socket, hello: &Hello) {
    if !has_read_what_is_here(core, hello).await {
        return close(&mut socket, CloseCode::Error, "try again").await;
    }
    // Before the epoch is said: another life that begins from here on is not missed.
    let mut life = core.life.subscribe();
    let epoch = life.borrow_and_update().epoch.clone();
    let end = core.feed.end();
    let (resume, cursor) = match known_place(core, hello, &epoch, end).await {
        Some(seq) => (Resume::Events, seq),
        None => (Resume::Snapshot, 0),
    };
    let replaced = CancellationToken::new();
    let generation = core.screens.join(hello, cursor, core.clock.now(), replaced.clone());
    tracing::info!(
        target: "hub::ws", device = %hello.device_id, app = hello.app, ?resume, cursor, end, "screen joined"
    );
    let welcome = HubMessage::Welcome(Welcome {
        protocol: PROTOCOL,
        app: APP.to_owned(),
        restaurant_id: core.restaurant.clone(),
        epoch,
        seq: end,
        server_time: core.clock.now(),
        resume,
    });
    let mut screen = Screen {
        core,
        socket: &mut socket,
        device: &hello.device_id,
        token: &hello.token,
        generation,
        cursor,
        told: 0,
        last_sent: Instant::now(),
        last_heard: Instant::now(),
    };
    let ended = match screen.begin(&welcome, resume).await {
        Ok(()) => screen.run(&replaced, &mut life).await,
        Err(end) => end,
    };
    core.screens.leave(&hello.device_id, generation, core.clock.now());
    tracing::info!(target: "hub::ws", device = %hello.device_id, why = ended.word(), "screen left");
    if let Some((code, reason)) = ended.close() {
        close(&mut socket, code, reason).await;
    }
}

/// Sees to it that the screen has read nothing in this life of the log that the log does not hold: begins another life if
/// it has. False: that cannot be done now.
async fn has_read_what_is_here(core: &Core, hello: &Hello) -> bool {
    let epoch = core.life.borrow().epoch.clone();
    let end = core.feed.end();
    if hello.epoch.as_ref() != Some(&epoch) || hello.seq <= Some(end) {
        return true;
    }
    tracing::error!(target: "hub::ws", device = %hello.device_id, seq = hello.seq, end, "screen is ahead of the log");
    core.writer.ask(Work::Renew { epoch }).await.is_ok()
}

/// The place in this log from which the screen can go on, if it can.
async fn known_place(core: &Core, hello: &Hello, epoch: &EpochId, end: u64) -> Option<u64> {
    let seq = hello.seq.filter(|seq| hello.epoch.as_ref() == Some(epoch) && *seq <= end)?;
    if core.feed.after(seq).is_some() {
        return Some(seq);
    }
    let start = core.readers.read(|db| store::start_of_log(db)).await.ok()?;
    (start <= seq + 1).then_some(seq)
}

/// One screen's connection after its hello.
struct Screen<'a> {
    core: &'a Arc<Core>,
    socket: &'a mut Socket,
    device: &'a DeviceId,
    token: &'a str,
    generation: u64,
    /// The last event that was sent.
    cursor: u64,
    /// The last revision of the notices that was sent.
    told: u64,
    last_sent: Instant,
    last_heard: Instant,
}

impl Screen<'_> {
    async fn begin(&mut self, welcome: &HubMessage, resume: Resume) -> Result<(), End> {
        self.send([encode(welcome)]).await?;
        if resume == Resume::Events {
            return Ok(());
        }
        let now = self.core.clock.now();
        let read =
            self.core.readers.read(move |db| store::snapshot(db, |settings| text::day_began(settings, now)));
        let (seq, parts) = read.await.map_err(|_| End::Broken)?;
        for part in parts {
            self.send([Utf8Bytes::from(part)]).await?;
        }
        self.cursor = seq;
        Ok(())
    }

    async fn run(&mut self, replaced: &CancellationToken, life: &mut watch::Receiver<Life>) -> End {
        let mut bell = self.core.feed.bell();
        let mut notices = self.core.upstream.revision();
        if let Err(end) = self.tell_notices().await {
            return end;
        }
        let mut under_way = FuturesOrdered::new();
        let mut second = interval(Duration::from_secs(1));
        second.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let is_behind = self.core.feed.end() > self.cursor;
            let silence_ends = self.last_sent + Duration::from_millis(HEARTBEAT_MS);
            let step = tokio::select! {
                () = self.core.stop_sockets.cancelled() => Err(End::Stopping),
                () = replaced.cancelled() => Err(End::Replaced),
                _ = life.changed() => Err(End::Renewed),
                () = std::future::ready(()), if is_behind => self.catch_up().await,
                rung = bell.changed(), if !is_behind => rung.map_err(|_| End::Broken),
                Ok(()) = notices.changed() => self.tell_notices().await,
                Some((id, answer)) = under_way.next(), if !under_way.is_empty() => self.settle(id, answer).await,
                heard = self.socket.next(), if under_way.len() < MOST_UNDER_WAY => match self.hear(heard) {
                    Ok(Some(operation)) => {
                        let id = operation.id.clone();
                        tracing::debug!(target: "hub::ws", device = %self.device, operation = %id, "operation");
                        let asked = self.core.writer.submit(Work::Do { operation, key: None });
                        under_way.push_back(async move {
                            let answer = match asked {
                                Ok(answer) => answer.await.unwrap_or_else(|_| Err(crate::writer::stopping())),
                                Err(fault) => Err(fault),
                            };
                            (id, answer)
                        });
                        Ok(())
                    }
                    Ok(None) => Ok(()),
                    Err(end) => Err(end),
                },
                () = sleep_until(silence_ends) => self.beat().await,
                _ = second.tick() => self.look_after().await,
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    /// Sends the next events.
    async fn catch_up(&mut self) -> Result<(), End> {
        let events = match self.core.feed.after(self.cursor) {
            Some(events) => events,
            None => {
                let cursor = self.cursor;
                let read =
                    self.core.readers.read(move |db| store::events_after(db, cursor, feed::BATCH)).await;
                let texts = read.map_err(|_| End::Broken)?.ok_or(End::Broken)?;
                texts.iter().map(|text| feed::message(text)).collect()
            }
        };
        let sent = events.len() as u64;
        self.send(events).await?;
        self.cursor += sent;
        Ok(())
    }

    /// Takes in what the screen says. Gives back an operation; everything else is done with at once.
    fn hear(
        &mut self,
        heard: Option<Result<Message, tokio_tungstenite::tungstenite::Error>>,
    ) -> Result<Option<kitchen::Operation>, End> {
        self.last_heard = Instant::now();
        let text = match heard {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Binary(_) | Message::Frame(_))) => {
                return Ok(None);
            }
            Some(Ok(Message::Close(_))) | None => return Err(End::Gone),
            Some(Err(error)) => {
                tracing::debug!(target: "hub::ws", device = %self.device, %error, "connection lost");
                return Err(End::Gone);
            }
        };
        match serde_json::from_str(&text) {
            Ok(ScreenMessage::Operation(operation)) => return Ok(Some(operation)),
            Ok(ScreenMessage::Ack { stored_seq, painted_seq }) => {
                let (at, most) = (self.core.clock.now(), self.core.feed.end());
                let (stored, painted) = (stored_seq.min(most), painted_seq.min(most));
                self.core.screens.acknowledge(self.device, self.generation, stored, painted, at);
            }
            Ok(ScreenMessage::Look { station }) => {
                self.core.screens.look(self.device, self.generation, station);
            }
            Ok(ScreenMessage::Retry) => self.core.upstream.ask_retry(),
            Ok(ScreenMessage::Hello(_) | ScreenMessage::Unknown) => {}
            Err(error) => {
                tracing::warn!(target: "hub::ws", device = %self.device, %error, "a message that cannot be read");
            }
        }
        Ok(None)
    }

    /// Tells what became of an operation.
    async fn settle(&mut self, id: OperationId, answer: Result<Done, Fault>) -> Result<(), End> {
        let message = match answer {
            Ok(done) => HubMessage::Applied { id, seq: done.seq },
            Err(fault) => {
                tracing::info!(target: "hub::ws", device = %self.device, operation = %id, code = fault.code, "refused");
                HubMessage::Refused(Refusal { id: Some(id), fault })
            }
        };
        self.send([encode(&message)]).await
    }

    /// What holds besides the log, if it is other than what was said last.
    async fn tell_notices(&mut self) -> Result<(), End> {
        let revision = *self.core.upstream.revision().borrow();
        if revision == self.told {
            return Ok(());
        }
        self.told = revision;
        self.send([encode(&HubMessage::Notices(self.core.upstream.notices()))]).await
    }

    async fn beat(&mut self) -> Result<(), End> {
        // What has happened by now comes first, so a heartbeat never names an event that is still to come.
        let beat = HubMessage::Heartbeat { server_time: self.core.clock.now(), seq: self.cursor };
        self.send([encode(&beat)]).await
    }

    /// Once a second: is the screen there, and may it be?
    async fn look_after(&mut self) -> Result<(), End> {
        let silence = self.last_heard.elapsed();
        if silence >= SILENCE_LIMIT {
            return Err(End::Dead);
        }
        if self.core.tokens.admit(self.token).await == Ok(false) {
            return Err(End::Revoked);
        }
        self.tell_notices().await?;
        if silence >= ASK_AFTER {
            let asked = self.socket.send(Message::Ping(tokio_tungstenite::tungstenite::Bytes::new()));
            timeout(SEND_LIMIT, asked).await.map_err(|_| End::Dead)?.map_err(|_| End::Gone)?;
        }
        Ok(())
    }

    async fn send(&mut self, texts: impl IntoIterator<Item = Utf8Bytes>) -> Result<(), End> {
        send(self.socket, texts).await?;
        self.last_sent = Instant::now();
        Ok(())
    }
}

async fn send(socket: &mut Socket, texts: impl IntoIterator<Item = Utf8Bytes>) -> Result<(), End> {
    let sending = async {
        for text in texts {
            socket.feed(Message::Text(text)).await?;
        }
        socket.flush().await
    };
    timeout(SEND_LIMIT, sending).await.map_err(|_| End::Dead)?.map_err(|_| End::Gone)
}

async fn close(socket: &mut Socket, code: CloseCode, reason: &str) {
    let closing = async {
        let frame = CloseFrame { code, reason: reason.into() };
        if socket.close(Some(frame)).await.is_ok() {
            // Until the other side has closed too; what it still says comes too late.
            while let Some(Ok(_)) = socket.next().await {}
        }
    };
    let _ = timeout(CLOSE_LIMIT, closing).await;
}

fn encode(message: &HubMessage) -> Utf8Bytes {
    serde_json::to_string(message).expect("messages of the hub have only text keys").into()
}
