//! A peer that does what it is told: the other side of a session, over real HTTP, DTLS, SCTP and RTP on the loopback.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::task::{JoinHandle, JoinSet};
use webrtc::data_channel::{DataChannel, DataChannelEvent};
use webrtc::media_stream::track_remote::{TrackRemote, TrackRemoteEvent};
use webrtc::peer_connection::{
    MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCIceGatheringState,
    RTCSessionDescription,
};

/// How the next call goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    /// As it should.
    Well,
    /// No secret.
    NoSecret(u16),
    /// The offer is refused.
    OfferRefused(u16),
    /// The answer is no description.
    Garbage,
    /// The answer is right, and nobody is behind it.
    NobodyThere,
    /// The channel opens and nothing is said.
    Mute,
}

/// How the next turn goes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Turn {
    /// Confirmed, and these words.
    Words(&'static str),
    /// Confirmed, and these words with a match of that id.
    Match(&'static str, String),
    /// The commit is refused.
    Empty,
    /// Not confirmed.
    Unconfirmed,
    /// Confirmed, no words.
    Wordless,
    /// Confirmed, the words fail.
    Failed,
    /// These raw messages; `ITEM` stands for the turn's item.
    Raw(Vec<&'static str>),
}

pub(crate) struct Answerer {
    pub(crate) url: String,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    calls: Mutex<VecDeque<Call>>,
    turns: Mutex<VecDeque<Turn>>,
    answers: Mutex<VecDeque<Vec<&'static str>>>,
    said: Mutex<Vec<Value>>,
    live: Mutex<Vec<Live>>,
    knows_grammar: Mutex<bool>,
    offers: AtomicU32,
    hangups: AtomicU32,
    packets: AtomicU64,
    items: AtomicU32,
}

struct Live {
    peer: Arc<dyn PeerConnection>,
    tasks: Arc<Mutex<JoinSet<()>>>,
}

impl Answerer {
    pub(crate) async fn start() -> Self {
        let shared = Arc::new(Shared::default());
        let app = Router::new()
            .route("/client_secrets", post(secret))
            .route("/calls", post(call))
            .route("/calls/{id}/hangup", post(hangup))
            .with_state(shared.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, shared, server }
    }

    pub(crate) fn next_calls(&self, calls: impl IntoIterator<Item = Call>) {
        locked(&self.shared.calls).extend(calls);
    }

    pub(crate) fn next_turns(&self, turns: impl IntoIterator<Item = Turn>) {
        locked(&self.shared.turns).extend(turns);
    }

    /// What follows each `response.create`.
    pub(crate) fn next_answers(&self, answers: impl IntoIterator<Item = Vec<&'static str>>) {
        locked(&self.shared.answers).extend(answers);
    }

    pub(crate) fn knows_grammar(&self) {
        *locked(&self.shared.knows_grammar) = true;
    }

    /// Everything that clients have said so far.
    pub(crate) fn said(&self) -> Vec<Value> {
        locked(&self.shared.said).clone()
    }

    pub(crate) fn types(&self) -> Vec<String> {
        self.said().iter().map(|said| said["type"].as_str().unwrap().to_owned()).collect()
    }

    pub(crate) fn offers(&self) -> u32 {
        self.shared.offers.load(Ordering::SeqCst)
    }

    pub(crate) fn hangups(&self) -> u32 {
        self.shared.hangups.load(Ordering::SeqCst)
    }

    pub(crate) fn packets(&self) -> u64 {
        self.shared.packets.load(Ordering::SeqCst)
    }

    /// Closes all connections properly, as a peer that ends idle sessions.
    pub(crate) async fn end_sessions(&self) {
        let live = std::mem::take(&mut *locked(&self.shared.live));
        for one in live {
            let mut tasks = std::mem::take(&mut *locked(&one.tasks));
            tasks.shutdown().await;
            one.peer.close().await.unwrap();
        }
    }

    pub(crate) async fn stop(self) {
        self.end_sessions().await;
        self.server.abort();
        let _ = self.server.await;
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap()
}

async fn secret(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    if headers[header::AUTHORIZATION] != "Bearer marked-token" {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let mut calls = locked(&shared.calls);
    if let Some(Call::NoSecret(status)) = calls.front().copied() {
        calls.pop_front();
        return StatusCode::from_u16(status).unwrap().into_response();
    }
    json!({"value": "ek_marked", "expires_at": 4_000_000_000u64, "session": {"type": "transcription"}})
        .to_string()
        .into_response()
}

async fn hangup(State(shared): State<Arc<Shared>>, Path(id): Path<String>, headers: HeaderMap) -> StatusCode {
    assert_eq!(headers[header::AUTHORIZATION], "Bearer ek_marked");
    assert!(id.starts_with("rtc_"));
    shared.hangups.fetch_add(1, Ordering::SeqCst);
    StatusCode::OK
}

async fn call(State(shared): State<Arc<Shared>>, headers: HeaderMap, offer: Bytes) -> Response {
    assert_eq!(headers[header::AUTHORIZATION], "Bearer ek_marked");
    assert_eq!(headers[header::CONTENT_TYPE], "application/sdp");
    let number = shared.offers.fetch_add(1, Ordering::SeqCst) + 1;
    let how = locked(&shared.calls).pop_front().unwrap_or(Call::Well);
    match how {
        Call::OfferRefused(status) => return StatusCode::from_u16(status).unwrap().into_response(),
        Call::Garbage => return (StatusCode::CREATED, "<html>hello</html>").into_response(),
        Call::Well | Call::NobodyThere | Call::Mute | Call::NoSecret(_) => {}
    }
    let offer = String::from_utf8(offer.to_vec()).unwrap();
    assert!(offer.contains("m=audio") && offer.contains("m=application") && offer.contains("a=candidate"));

    let (gathered_tx, mut gathered) = tokio::sync::mpsc::channel(1);
    let tasks = Arc::new(Mutex::new(JoinSet::new()));
    let handler = Handler { shared: shared.clone(), tasks: tasks.clone(), gathered: gathered_tx, how };
    let mut media = MediaEngine::default();
    media.register_default_codecs().unwrap();
    let peer: Arc<dyn PeerConnection> = Arc::new(
        PeerConnectionBuilder::new()
            .with_media_engine(media)
            .with_handler(Arc::new(handler))
            .with_udp_addrs(vec!["127.0.0.1:0".to_owned()])
            .build()
            .await
            .unwrap(),
    );
    peer.set_remote_description(RTCSessionDescription::offer(offer).unwrap()).await.unwrap();
    let answer = peer.create_answer(None).await.unwrap();
    peer.set_local_description(answer).await.unwrap();
    tokio::time::timeout(Duration::from_secs(5), gathered.recv()).await.unwrap();
    let answer = peer.local_description().await.unwrap().sdp;
    if how == Call::NobodyThere {
        peer.close().await.unwrap();
    } else {
        locked(&shared.live).push(Live { peer, tasks });
    }
    let place = [(header::LOCATION, format!("/api/v1/realtime/calls/rtc_{number}"))];
    (StatusCode::CREATED, place, answer).into_response()
}

struct Handler {
    shared: Arc<Shared>,
    tasks: Arc<Mutex<JoinSet<()>>>,
    gathered: tokio::sync::mpsc::Sender<()>,
    how: Call,
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        if state == RTCIceGatheringState::Complete {
            let _ = self.gathered.try_send(());
        }
    }

    async fn on_data_channel(&self, channel: Arc<dyn DataChannel>) {
        locked(&self.tasks).spawn(converse(self.shared.clone(), channel, self.how));
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let shared = self.shared.clone();
        locked(&self.tasks).spawn(async move {
            while let Some(event) = track.poll().await {
                if let TrackRemoteEvent::OnRtpPacket(_) = event {
                    shared.packets.fetch_add(1, Ordering::SeqCst);
                }
            }
        });
    }
}

async fn converse(shared: Arc<Shared>, channel: Arc<dyn DataChannel>, how: Call) {
    assert_eq!(channel.label().await.unwrap(), crate::protocol::CHANNEL);
    assert!(channel.ordered().await.unwrap());
    while let Some(event) = channel.poll().await {
        match event {
            DataChannelEvent::OnOpen if how != Call::Mute => {
                let mut session = json!({"type": "transcription", "id": "sess_1"});
                if *locked(&shared.knows_grammar) {
                    session["brigade"] = json!({"grammar": 1});
                }
                let first = json!({"type": "session.created", "event_id": "e0", "session": session});
                channel.send_text(&first.to_string()).await.unwrap();
            }
            DataChannelEvent::OnMessage(message) => {
                let said: Value = serde_json::from_slice(&message.data).unwrap();
                for text in reply(&shared, &said) {
                    channel.send_text(&text).await.unwrap();
                }
                locked(&shared.said).push(said);
            }
            _ => {}
        }
    }
}

fn reply(shared: &Shared, said: &Value) -> Vec<String> {
    let raw = |texts: Vec<&str>, item: &str| texts.iter().map(|text| text.replace("ITEM", item)).collect();
    match said["type"].as_str().unwrap() {
        "session.update" => vec![json!({"type": "session.updated", "session": {}}).to_string()],
        "input_audio_buffer.clear" => vec![json!({"type": "input_audio_buffer.cleared"}).to_string()],
        "response.create" => raw(locked(&shared.answers).pop_front().unwrap_or_default(), ""),
        "input_audio_buffer.commit" => {
            let item = format!("item_{}", shared.items.fetch_add(1, Ordering::SeqCst) + 1);
            let turn = locked(&shared.turns).pop_front().unwrap_or(Turn::Unconfirmed);
            let words = |words: &str, found: Option<Value>| {
                let mut completed = json!({
                    "type": "conversation.item.input_audio_transcription.completed",
                    "item_id": item, "content_index": 0, "transcript": words});
                if let Some(found) = found {
                    completed["brigade_match"] = found;
                }
                completed
            };
            let last = match turn {
                Turn::Words(said) => vec![words(said, None)],
                Turn::Match(said, id) => vec![words(
                    said,
                    Some(json!(
                    {"revision": 1, "verdict": "sure", "id": id, "score": -1.0, "gap": 3.0, "heard": said})),
                )],
                Turn::Wordless => vec![],
                Turn::Failed => vec![json!({
                    "type": "conversation.item.input_audio_transcription.failed", "item_id": item,
                    "content_index": 0, "error": {"message": "no"}})],
                Turn::Unconfirmed => return vec![],
                Turn::Empty => {
                    let error = json!({"type": "invalid_request_error", "code": "input_audio_buffer_commit_empty",
                        "message": "empty", "event_id": said["event_id"]});
                    return vec![json!({"type": "error", "error": error}).to_string()];
                }
                Turn::Raw(texts) => return raw(texts, &item),
            };
            let spoken = json!({"id": item, "type": "message", "role": "user"});
            let first = [
                json!({"type": "input_audio_buffer.committed", "item_id": item}),
                json!({"type": "conversation.item.added", "item": spoken}),
                json!({"type": "conversation.item.done", "item": spoken}),
            ];
            first.iter().chain(&last).map(Value::to_string).collect()
        }
        _ => vec![],
    }
}
