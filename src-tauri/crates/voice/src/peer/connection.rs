//! One WebRTC connection, from the secret to the hangup.
//!
//! The order is R2.1's: peer connection with its handlers, media track, data channel with all its handlers, offer, local
//! description, SDP exchange, answer. What the peer says is forwarded raw. Whatever was made is in [`Made`] from the moment
//! it exists and is closed from there, however the connection ends: channel first, then the peer.

use super::codec::SILENCE;
use super::http::Http;
use super::secrets::{Call, Pass, RefusedError, Secrets};
use crate::audio::RATE;
use crate::protocol::CHANNEL;
use rtc::ice::mdns::MulticastDnsMode;
use rtc::media::Sample;
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::media_engine::MIME_TYPE_OPUS;
use rtc::rtp_transceiver::PayloadType;
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodec, RTCRtpCodingParameters, RTCRtpEncodingParameters, RtpCodecKind,
};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};
use webrtc::data_channel::{DataChannel, DataChannelEvent, RTCDataChannelInit};
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::media_stream::track_local::static_sample::TrackLocalStaticSample;
use webrtc::media_stream::track_remote::TrackRemote;
use webrtc::peer_connection::{
    MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCConfigurationBuilder,
    RTCIceGatheringState, RTCIceServer, RTCPeerConnectionState, RTCSessionDescription, SettingEngineBuilder,
};

/// How the other side is found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Network {
    /// `stun:host:port`; none are needed on a kitchen's own network.
    pub ice_servers: Vec<String>,
}

/// A connection's task, as its owner holds it.
pub(super) struct Connection {
    pub(super) generation: u64,
    pub(super) task: JoinHandle<Ended>,
    pub(super) inbound: mpsc::Receiver<Inbound>,
    pub(super) outbound: mpsc::Sender<Outbound>,
    pub(super) close: Option<oneshot::Sender<()>>,
}

/// What comes from a connection.
#[derive(Debug)]
pub(super) enum Inbound {
    /// The channel is open.
    Opened,
    /// A message, raw.
    Text(String),
}

/// What goes to it.
#[derive(Debug)]
pub(super) enum Outbound {
    /// A message.
    Text(String),
    /// 20 ms of sound, encoded.
    Packet(Vec<u8>),
    /// 20 ms of nothing.
    Silence,
}

/// How a connection ended.
#[derive(Debug)]
pub(super) struct Ended {
    /// 1008 when we were not let in.
    pub(super) code: Option<u16>,
    pub(super) reason: String,
    /// The peer's own code, when it answered and would not.
    pub(super) refusal: Option<String>,
}

/// Messages between a connection and its owner.
const INBOUND: usize = 256;
/// Two seconds of sound, with the events between.
const OUTBOUND: usize = 128;
/// Candidates of this machine's own addresses are there at once; those of a STUN server may never come.
const GATHERING: Duration = Duration::from_secs(2);
/// What closing may take before it is left to the drop.
const CLOSING: Duration = Duration::from_secs(1);
/// The close code that means: it is about who we are.
const POLICY: u16 = 1008;
const FRAME: Duration = Duration::from_millis(20);
const SSRC: u32 = 0x6272_6967;

/// A step of connecting, in the order of R2.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Secret,
    Peer,
    Track,
    Channel,
    Offer,
    Gather,
    Call,
    Answer,
    Codec,
}

#[derive(Debug, thiserror::Error)]
enum ConnectError {
    #[error("at step {step:?}: {source}")]
    WebRtc {
        step: Step,
        #[source]
        source: webrtc::error::Error,
    },
    #[error("at step {step:?}: {source}")]
    Refused {
        step: Step,
        #[source]
        source: RefusedError,
    },
    #[error("at step {step:?}: {what}")]
    Odd { step: Step, what: &'static str },
    #[error("{0}")]
    Lost(String),
}

/// What is needed to connect.
#[derive(Clone)]
pub(super) struct Setup {
    pub(super) secrets: Secrets,
    pub(super) network: Network,
    pub(super) http: Http,
    /// Fails there, to see that everything made before is closed.
    #[cfg(test)]
    pub(super) fails_at: Option<Step>,
}

impl Connection {
    /// Begins to connect. Needs a tokio runtime.
    pub(super) fn open(generation: u64, setup: Setup) -> Self {
        let (to_owner, inbound) = mpsc::channel(INBOUND);
        let (outbound, from_owner) = mpsc::channel(OUTBOUND);
        let (close, closed) = oneshot::channel();
        let task = tokio::spawn(run(generation, setup, to_owner, from_owner, closed));
        Self { generation, task, inbound, outbound, close: Some(close) }
    }
}

async fn run(
    generation: u64,
    setup: Setup,
    to_owner: mpsc::Sender<Inbound>,
    from_owner: mpsc::Receiver<Outbound>,
    closed: oneshot::Receiver<()>,
) -> Ended {
    let mut made = Made::default();
    let ended = tokio::select! {
        biased;
        // Also when the owner is gone.
        _ = closed => Ended { code: Some(1000), reason: "closed here".to_owned(), refusal: None },
        error = made.serve(generation, &setup, to_owner, from_owner) => {
            let code = matches!(error, ConnectError::Refused { source: RefusedError::Credentials(_), .. });
            let refusal = match &error {
                ConnectError::Refused { source: RefusedError::Status { code, .. }, .. } => code.clone(),
                ConnectError::Refused { .. }
                | ConnectError::WebRtc { .. }
                | ConnectError::Odd { .. }
                | ConnectError::Lost(_) => None,
            };
            Ended { code: code.then_some(POLICY), reason: error.to_string(), refusal }
        }
    };
    made.close(generation, &setup.http, &ended).await;
    ended
}

/// Everything that a connection has made so far.
#[derive(Default)]
struct Made {
    call: Option<(Pass, Call)>,
    peer: Option<Arc<dyn PeerConnection>>,
    channel: Option<Arc<dyn DataChannel>>,
    /// Reads the channel.
    loops: JoinSet<()>,
    /// Reads whatever tracks the peer sends: they must flow, nobody listens.
    tracks: Arc<Mutex<JoinSet<()>>>,
}

/// What WebRTC tells besides messages.
enum Signal {
    Gathered,
    State(RTCPeerConnectionState),
    ChannelGone,
}

/// Rare; a full queue means that the connection is over anyway.
const SIGNALS: usize = 32;

struct Handler {
    signals: mpsc::Sender<Signal>,
    tracks: Arc<Mutex<JoinSet<()>>>,
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

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let mut tracks = self.tracks.lock().unwrap_or_else(PoisonError::into_inner);
        tracks.spawn(async move { while track.poll().await.is_some() {} });
    }
}

impl Made {
    /// Connects and then carries messages and sound, until something ends it.
    async fn serve(
        &mut self,
        generation: u64,
        setup: &Setup,
        to_owner: mpsc::Sender<Inbound>,
        mut from_owner: mpsc::Receiver<Outbound>,
    ) -> ConnectError {
        let (signals, mut told) = mpsc::channel(SIGNALS);
        let voice = match self.connect(generation, setup, to_owner, signals, &mut told).await {
            Ok(voice) => voice,
            Err(error) => return error,
        };
        loop {
            tokio::select! {
                signal = told.recv() => match signal {
                    Some(Signal::State(state)) => {
                        tracing::info!(target: "voice", generation, %state, "peer connection");
                        if matches!(state, RTCPeerConnectionState::Failed | RTCPeerConnectionState::Closed) {
                            return ConnectError::Lost(format!("the peer connection is {state}"));
                        }
                    }
                    Some(Signal::ChannelGone) => return ConnectError::Lost("the peer closed the channel".to_owned()),
                    Some(Signal::Gathered) => {}
                    None => return ConnectError::Lost("the peer connection is gone".to_owned()),
                },
                said = from_owner.recv() => {
                    let sent = match said {
                        Some(Outbound::Text(text)) => match &self.channel {
                            Some(channel) => channel.send_text(&text).await,
                            None => Ok(()),
                        },
                        Some(Outbound::Packet(packet)) => voice.send(packet.into()).await,
                        Some(Outbound::Silence) => voice.send(SILENCE.into()).await,
                        None => return ConnectError::Lost("its owner is gone".to_owned()),
                    };
                    if let Err(error) = sent {
                        return ConnectError::Lost(format!("sending: {error}"));
                    }
                }
            }
        }
    }

    async fn connect(
        &mut self,
        generation: u64,
        setup: &Setup,
        to_owner: mpsc::Sender<Inbound>,
        signals: mpsc::Sender<Signal>,
        told: &mut mpsc::Receiver<Signal>,
    ) -> Result<Voice, ConnectError> {
        let at = |step| move |source| ConnectError::WebRtc { step, source };
        let refused = |step| move |source| ConnectError::Refused { step, source };

        setup.reach(Step::Secret)?;
        let pass = setup.secrets.mint(&setup.http).await.map_err(refused(Step::Secret))?;

        setup.reach(Step::Peer)?;
        let handler = Handler { signals: signals.clone(), tracks: self.tracks.clone() };
        let peer = build(setup, handler).await.map_err(at(Step::Peer))?;
        self.peer = Some(peer.clone());

        setup.reach(Step::Track)?;
        let track = Arc::new(track().map_err(at(Step::Track))?);
        let sender = peer.add_track(track.clone() as Arc<dyn TrackLocal>).await.map_err(at(Step::Track))?;

        setup.reach(Step::Channel)?;
        let options = RTCDataChannelInit { ordered: true, ..RTCDataChannelInit::default() };
        let channel = peer.create_data_channel(CHANNEL, Some(options)).await.map_err(at(Step::Channel))?;
        self.channel = Some(channel.clone());
        self.loops.spawn(read(generation, channel, to_owner, signals));

        setup.reach(Step::Offer)?;
        let offer = peer.create_offer(None).await.map_err(at(Step::Offer))?;
        peer.set_local_description(offer).await.map_err(at(Step::Offer))?;

        setup.reach(Step::Gather)?;
        let gathered = async { while !matches!(told.recv().await, Some(Signal::Gathered) | None) {} };
        if tokio::time::timeout(GATHERING, gathered).await.is_err() {
            tracing::warn!(target: "voice", generation, "not all candidates are there; going on with those that are");
        }
        let offer = peer
            .local_description()
            .await
            .ok_or(ConnectError::Odd { step: Step::Gather, what: "there is no local description" })?;

        setup.reach(Step::Call)?;
        let call = pass.call(&setup.http, offer.sdp).await.map_err(refused(Step::Call))?;
        let answer = call.answer.clone();
        self.call = Some((pass, call));

        setup.reach(Step::Answer)?;
        let answer = RTCSessionDescription::answer(answer).map_err(at(Step::Answer))?;
        peer.set_remote_description(answer).await.map_err(at(Step::Answer))?;

        setup.reach(Step::Codec)?;
        let parameters = sender.get_parameters().await.map_err(at(Step::Codec))?;
        let codec = parameters.rtp_parameters.codecs.first();
        let payload_type = codec
            .ok_or(ConnectError::Odd { step: Step::Codec, what: "the peer takes no Opus" })?
            .payload_type;
        Ok(Voice { track, payload_type })
    }

    /// Channel, then peer, then the tasks that read them; the peer is told last, for it is the slowest.
    async fn close(&mut self, generation: u64, http: &Http, ended: &Ended) {
        let closing = async {
            if let Some(channel) = self.channel.take() {
                let clean = ended.code == Some(1000);
                log_channel(generation, "closing", &*channel, Some(&ended.reason), clean).await;
                let _ = channel.close().await;
            }
            if let Some(peer) = self.peer.take()
                && let Err(error) = peer.close().await
            {
                tracing::warn!(target: "voice", generation, %error, "the peer connection did not close");
            }
            if let Some((pass, call)) = self.call.take() {
                pass.hang_up(http, &call).await;
            }
        };
        if tokio::time::timeout(CLOSING, closing).await.is_err() {
            tracing::warn!(target: "voice", generation, "closing took too long and is left to the drop");
        }
        self.loops.shutdown().await;
        let mut tracks = std::mem::take(&mut *self.tracks.lock().unwrap_or_else(PoisonError::into_inner));
        tracks.shutdown().await;
    }
}

impl Setup {
    #[cfg(test)]
    fn reach(&self, step: Step) -> Result<(), ConnectError> {
        match self.fails_at {
            Some(fails) if fails == step => Err(ConnectError::Odd { step, what: "told to fail" }),
            Some(_) | None => Ok(()),
        }
    }

    #[cfg(not(test))]
    fn reach(&self, step: Step) -> Result<(), ConnectError> {
        tracing::trace!(target: "voice", ?step, "connecting");
        Ok(())
    }
}

/// The way of sound.
struct Voice {
    track: Arc<TrackLocalStaticSample>,
    payload_type: PayloadType,
}

impl Voice {
    async fn send(&self, data: bytes::Bytes) -> webrtc::error::Result<()> {
        #[expect(
            clippy::disallowed_methods,
            reason = "a driver: the sample carries the moment it was written"
        )]
        let sample = Sample { data, duration: FRAME, ..Sample::new(Instant::now()) };
        self.track.sample_writer(SSRC, self.payload_type).write_sample(&sample).await
    }
}

async fn build(setup: &Setup, handler: Handler) -> webrtc::error::Result<Arc<dyn PeerConnection>> {
    /// A killed peer is `disconnected` after 2 s and `failed` after 6 more; the turn's own limits are shorter.
    const ICE: [Duration; 3] = [Duration::from_secs(2), Duration::from_secs(6), Duration::from_millis(500)];
    let mut media = MediaEngine::default();
    media.register_default_codecs()?;
    let [disconnected, failed, keep_alive] = ICE.map(Some);
    let settings = SettingEngineBuilder::new()
        .with_ice_timeouts(disconnected, failed, keep_alive)
        .with_multicast_dns_mode(MulticastDnsMode::Disabled)
        .build();
    let servers = setup.network.ice_servers.iter();
    let servers =
        servers.map(|url| RTCIceServer { urls: vec![url.clone()], ..RTCIceServer::default() }).collect();
    // The unspecified address finds all of this machine's but the loopback.
    let address = if setup.secrets.is_loopback() { "127.0.0.1:0" } else { "0.0.0.0:0" };
    let peer = PeerConnectionBuilder::new()
        .with_configuration(RTCConfigurationBuilder::new().with_ice_servers(servers).build())
        .with_media_engine(media)
        .with_setting_engine(settings)
        .with_handler(Arc::new(handler))
        .with_udp_addrs(vec![address.to_owned()])
        .build()
        .await?;
    Ok(Arc::new(peer))
}

fn track() -> webrtc::error::Result<TrackLocalStaticSample> {
    let codec = RTCRtpCodec {
        mime_type: MIME_TYPE_OPUS.to_owned(),
        clock_rate: RATE,
        channels: 2,
        sdp_fmtp_line: "minptime=10;useinbandfec=1".to_owned(),
        rtcp_feedback: Vec::new(),
    };
    let coding = RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters {
            ssrc: Some(SSRC),
            ..RTCRtpCodingParameters::default()
        },
        codec,
        ..RTCRtpEncodingParameters::default()
    };
    let stream = MediaStreamTrack::new(
        "brigade".to_owned(),
        "microphone".to_owned(),
        "microphone".to_owned(),
        RtpCodecKind::Audio,
        vec![coding],
    );
    #[expect(clippy::disallowed_methods, reason = "a driver: the track's own clock starts now")]
    TrackLocalStaticSample::new(Instant::now(), stream)
}

/// Forwards what the channel says, raw, and logs how it stands (R2.3).
async fn read(
    generation: u64,
    channel: Arc<dyn DataChannel>,
    to_owner: mpsc::Sender<Inbound>,
    signals: mpsc::Sender<Signal>,
) {
    while let Some(event) = channel.poll().await {
        let inbound = match event {
            DataChannelEvent::OnOpen => {
                log_channel(generation, "open", &*channel, None, true).await;
                Inbound::Opened
            }
            DataChannelEvent::OnMessage(message) => match String::from_utf8(message.data.to_vec()) {
                Ok(text) => Inbound::Text(text),
                Err(_) => {
                    tracing::warn!(target: "voice", generation, bytes = message.data.len(), "a message that is no text");
                    continue;
                }
            },
            DataChannelEvent::OnError => {
                log_channel(generation, "error", &*channel, None, false).await;
                continue;
            }
            DataChannelEvent::OnClose => {
                log_channel(generation, "closed", &*channel, Some("closed by the peer"), true).await;
                break;
            }
            // Closing, how much waits, and whatever else there may be.
            _ => continue,
        };
        if to_owner.send(inbound).await.is_err() {
            return;
        }
    }
    let _ = signals.try_send(Signal::ChannelGone);
}

async fn log_channel(
    generation: u64,
    what: &str,
    channel: &dyn DataChannel,
    reason: Option<&str>,
    clean: bool,
) {
    // One that the peer has closed knows neither any more.
    let label = channel.label().await.unwrap_or_else(|_| CHANNEL.to_owned());
    let state = channel.ready_state().await;
    let ready_state = state.map_or_else(|_| "closed".to_owned(), |state| state.to_string());
    let buffered = channel.outstanding_bytes().await.unwrap_or_default();
    tracing::info!(
        target: "voice", generation, label, ready_state, buffered, reason, clean, "data channel {what}"
    );
}
