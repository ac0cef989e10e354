//! The WebRTC side of one call: answers an offer, then carries messages and sound until something ends it.
//!
//! One task owns the connection, the turn that is being spoken and the session; nothing of it is shared. Nothing is missed
//! between the offer and the task: what comes before it has begun waits in the connection's own queues.

use super::audio::Incoming;
use super::calls::Place;
use super::ears::{Deaf, Ears, Heard, Sayings};
use super::session::{Act, Realtime};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use rtc::ice::mdns::MulticastDnsMode;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};
use voice::protocol::{CHANNEL, ServerMessage};
use webrtc::data_channel::{DataChannel, DataChannelEvent};
use webrtc::media_stream::track_remote::{TrackRemote, TrackRemoteEvent};
use webrtc::peer_connection::{
    MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCIceGatheringState,
    RTCPeerConnectionState, RTCSessionDescription, SettingEngineBuilder,
};

/// Candidates are this machine's own addresses: they are there at once.
const GATHERING: Duration = Duration::from_secs(2);

/// From the answer to an open channel; a client that has gone meanwhile keeps no place for longer.
const OPENING: Duration = Duration::from_secs(30);

/// A client that takes no message for so long is gone.
const SENDING: Duration = Duration::from_secs(5);

/// What closing may take before it is left to the drop.
const CLOSING: Duration = Duration::from_secs(1);

/// A killed client is `disconnected` after the first and `failed` after the second on top of it.
const ICE: [Duration; 3] = [Duration::from_secs(2), Duration::from_secs(6), Duration::from_millis(500)];

/// What the connection tells besides messages and sound; a full queue means that it is over anyway.
const SIGNALS: usize = 32;

/// Turns of one session that are listened to at the same time; somebody speaks one after the other.
const TURNS: usize = 4;

/// A connection that has been answered and waits for its client.
pub(super) struct Answered {
    /// The answer, for the client.
    pub(super) sdp: String,
    connection: Arc<dyn PeerConnection>,
    signals: mpsc::Receiver<Signal>,
}

/// What the connection tells.
enum Signal {
    Gathered,
    State(RTCPeerConnectionState),
    Channel(Arc<dyn DataChannel>),
    Track(Arc<dyn TrackRemote>),
}

struct Handler {
    signals: mpsc::Sender<Signal>,
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        if state == RTCIceGatheringState::Complete {
            let _ = self.signals.try_send(Signal::Gathered);
        }
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        let _ = self.signals.try_send(Signal::State(state));
    }

    async fn on_data_channel(&self, channel: Arc<dyn DataChannel>) {
        let _ = self.signals.try_send(Signal::Channel(channel));
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let _ = self.signals.try_send(Signal::Track(track));
    }
}

/// Answers an offer; whatever was made is closed again when it cannot be.
///
/// # Errors
/// What is wrong with the offer, for whoever made it.
pub(super) async fn answer(offer: String, addresses: Vec<String>) -> Result<Answered, String> {
    let said = |error: webrtc::error::Error| error.to_string();
    let offer = RTCSessionDescription::offer(offer).map_err(said)?;
    let (to_call, mut signals) = mpsc::channel(SIGNALS);
    let connection = build(Handler { signals: to_call }, addresses).await.map_err(said)?;
    let answered = async {
        connection.set_remote_description(offer).await.map_err(said)?;
        let answer = connection.create_answer(None).await.map_err(said)?;
        connection.set_local_description(answer).await.map_err(said)?;
        // Nothing else comes before the client has the answer, but states, which nobody needs.
        let gathered = async { while !matches!(signals.recv().await, Some(Signal::Gathered) | None) {} };
        if timeout(GATHERING, gathered).await.is_err() {
            tracing::warn!(target: "hub::voice", "not all candidates are there; answered with those that are");
        }
        let answer = connection.local_description().await.ok_or("there is no answer")?;
        Ok(answer.sdp)
    };
    match answered.await {
        Ok(sdp) => Ok(Answered { sdp, connection, signals }),
        Err(why) => {
            let _ = timeout(CLOSING, connection.close()).await;
            Err(why)
        }
    }
}

async fn build(handler: Handler, addresses: Vec<String>) -> webrtc::error::Result<Arc<dyn PeerConnection>> {
    let mut media = MediaEngine::default();
    media.register_default_codecs()?;
    let [disconnected, failed, keep_alive] = ICE.map(Some);
    let settings = SettingEngineBuilder::new()
        .with_ice_timeouts(disconnected, failed, keep_alive)
        .with_multicast_dns_mode(MulticastDnsMode::Disabled)
        .build();
    let connection = PeerConnectionBuilder::new()
        .with_media_engine(media)
        .with_setting_engine(settings)
        .with_handler(Arc::new(handler))
        .with_udp_addrs(addresses)
        .build()
        .await?;
    Ok(Arc::new(connection))
}

/// One call, from its answer to its end.
pub(super) struct Call {
    pub(super) place: Place,
    pub(super) answered: Answered,
    pub(super) session: Realtime,
    pub(super) ears: Arc<Ears>,
}

/// An utterance that is being listened to.
type Turn = Pin<Box<dyn Future<Output = (String, Result<Heard, Deaf>)> + Send>>;

impl Call {
    pub(super) async fn run(self) {
        let Self { place, answered, session, ears } = self;
        let id = place.id().to_owned();
        let Answered { connection, signals, .. } = answered;
        let mut talk =
            Talk { signals, session, ears, channel: None, sayings: None, turns: FuturesUnordered::new() };
        let why = tokio::select! {
            () = place.ended() => "ended by the hub",
            why = talk.go_on(&place) => why,
        };
        tracing::info!(target: "hub::voice", call = id, why, "call ended");
        let closing = async {
            if let Some(channel) = &talk.channel {
                let _ = channel.close().await;
            }
            connection.close().await
        };
        match timeout(CLOSING, closing).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::debug!(target: "hub::voice", call = id, %error, "did not close by itself");
            }
            Err(_) => {
                tracing::warn!(target: "hub::voice", call = id, "closing took too long and is left to the drop");
            }
        }
        drop(place);
    }
}

struct Talk {
    signals: mpsc::Receiver<Signal>,
    session: Realtime,
    ears: Arc<Ears>,
    channel: Option<Arc<dyn DataChannel>>,
    sayings: Option<Arc<Sayings>>,
    turns: FuturesUnordered<Turn>,
}

impl Talk {
    /// Goes on until the client or the network ends it; says why.
    async fn go_on(&mut self, place: &Place) -> &'static str {
        let Ok(mut incoming) = Incoming::new() else { return "there is no decoder" };
        let mut track: Option<Arc<dyn TrackRemote>> = None;
        let mut is_open = false;
        let opening = Instant::now() + OPENING;
        loop {
            let channel = self.channel.clone();
            tokio::select! {
                // Sound first: what was said before a commit belongs to it.
                biased;
                packet = next_packet(track.as_ref()) => match packet {
                    Some((number, payload)) => incoming.packet(number, payload),
                    None => track = None,
                },
                signal = self.signals.recv() => match signal {
                    Some(Signal::State(state)) => {
                        tracing::debug!(target: "hub::voice", call = place.id(), %state, "peer connection");
                        if matches!(state, RTCPeerConnectionState::Failed | RTCPeerConnectionState::Closed) {
                            return "the connection is lost";
                        }
                    }
                    Some(Signal::Channel(channel)) => self.take_channel(channel).await,
                    Some(Signal::Track(new)) => track = track.or(Some(new)),
                    Some(Signal::Gathered) => {}
                    None => return "the connection is gone",
                },
                event = next_event(channel.as_ref()) => match event {
                    Some(DataChannelEvent::OnOpen) => {
                        is_open = true;
                        place.touch();
                        tracing::info!(target: "hub::voice", call = place.id(), label = CHANNEL, "data channel open");
                        let greeting = self.session.greeting();
                        if !self.say(&greeting).await {
                            return "the client takes no messages";
                        }
                    }
                    Some(DataChannelEvent::OnMessage(message)) => {
                        place.touch();
                        let text = String::from_utf8_lossy(&message.data);
                        let acts = self.session.handle(&text, incoming.held());
                        if !self.act(acts, &mut incoming).await {
                            return "the client takes no messages";
                        }
                    }
                    Some(DataChannelEvent::OnClose) | None => return "the client closed the channel",
                    Some(DataChannelEvent::OnError) => {
                        tracing::warn!(target: "hub::voice", call = place.id(), label = CHANNEL, "data channel error");
                    }
                    Some(_) => {}
                },
                Some((item, heard)) = self.turns.next() => {
                    if !self.tell(&item, heard).await {
                        return "the client takes no messages";
                    }
                }
                () = tokio::time::sleep_until(opening), if !is_open => return "the client never came",
            }
        }
    }

    /// The first channel of the right name is the one; others are closed.
    async fn take_channel(&mut self, channel: Arc<dyn DataChannel>) {
        let label = channel.label().await.unwrap_or_default();
        if label == CHANNEL && self.channel.is_none() {
            self.channel = Some(channel);
        } else {
            tracing::warn!(target: "hub::voice", label, "a channel that nobody listens to is closed");
            let _ = channel.close().await;
        }
    }

    async fn act(&mut self, acts: Vec<Act>, incoming: &mut Incoming) -> bool {
        for act in acts {
            match act {
                Act::Say(message) => {
                    if !self.say(&message).await {
                        return false;
                    }
                }
                Act::Clear => {
                    incoming.clear();
                    // A press: the model is read while somebody speaks, and not before anybody does.
                    if let Some(sayings) = &self.sayings {
                        self.ears.prepare(sayings.clone());
                    }
                }
                Act::Listen { item } => {
                    let (sound, ears, sayings) = (incoming.take(), self.ears.clone(), self.sayings.clone());
                    let is_busy = self.turns.len() >= TURNS;
                    self.turns.push(Box::pin(async move {
                        let heard = if is_busy { Err(Deaf::Busy) } else { ears.hear(sound, sayings).await };
                        (item, heard)
                    }));
                }
                Act::Allow(sayings) => self.sayings = Some(sayings),
            }
        }
        true
    }

    async fn tell(&mut self, item: &str, heard: Result<Heard, Deaf>) -> bool {
        let said = match heard {
            Ok(heard) => self.session.heard(item, heard.transcript, heard.matched),
            Err(deaf) => {
                tracing::warn!(target: "hub::voice", item, error = %deaf, "a turn was not heard");
                vec![self.session.deaf(item, deaf.code(), deaf.to_string())]
            }
        };
        for message in said {
            if !self.say(&message).await {
                return false;
            }
        }
        true
    }

    async fn say(&mut self, message: &ServerMessage) -> bool {
        let Some(channel) = &self.channel else { return true };
        let sent = timeout_at(Instant::now() + SENDING, channel.send_text(&message.to_text())).await;
        matches!(sent, Ok(Ok(())))
    }
}

/// The next packet of sound with its number; None: the track is over. Without a track: never.
async fn next_packet(track: Option<&Arc<dyn TrackRemote>>) -> Option<(u16, Vec<u8>)> {
    let Some(track) = track else { return std::future::pending().await };
    loop {
        match track.poll().await {
            Some(TrackRemoteEvent::OnRtpPacket(packet)) => {
                return Some((packet.header.sequence_number, packet.payload.to_vec()));
            }
            Some(TrackRemoteEvent::OnEnded) | None => return None,
            Some(_) => {}
        }
    }
}

/// The channel's next event; without a channel: never.
async fn next_event(channel: Option<&Arc<dyn DataChannel>>) -> Option<DataChannelEvent> {
    match channel {
        Some(channel) => channel.poll().await,
        None => std::future::pending().await,
    }
}
