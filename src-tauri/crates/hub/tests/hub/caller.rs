//! A screen that calls the hub to speak to it: a real WebRTC client, over loopback.

use crate::common::{Pos, SOON};
use reqwest::StatusCode;
use rtc::ice::mdns::MulticastDnsMode;
use rtc::media::Sample;
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::media_engine::MIME_TYPE_OPUS;
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodec, RTCRtpCodingParameters, RTCRtpEncodingParameters, RtpCodecKind,
};
use serde_json::Value;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::time::timeout;
use webrtc::data_channel::{DataChannel, DataChannelEvent};
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::media_stream::track_local::static_sample::TrackLocalStaticSample;
use webrtc::peer_connection::{
    MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCIceGatheringState,
    RTCSessionDescription, SettingEngineBuilder,
};

pub(crate) const SECRETS: &str = "/api/v1/realtime/client_secrets";
const CALLS: &str = "/api/v1/realtime/calls";
const SSRC: u32 = 7;

struct Gathered(mpsc::Sender<()>);

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Gathered {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        if state == RTCIceGatheringState::Complete {
            let _ = self.0.try_send(());
        }
    }
}

/// A client that has made its offer.
pub(crate) struct Client {
    connection: Arc<dyn PeerConnection>,
    pub(crate) channel: Arc<dyn DataChannel>,
    track: Arc<TrackLocalStaticSample>,
    said: mpsc::Receiver<Value>,
    offer: String,
    reader: tokio::task::JoinHandle<()>,
}

impl Client {
    async fn offers() -> Self {
        let (gathered, mut is_gathered) = mpsc::channel(1);
        let mut media = MediaEngine::default();
        media.register_default_codecs().unwrap();
        let settings =
            SettingEngineBuilder::new().with_multicast_dns_mode(MulticastDnsMode::Disabled).build();
        let connection = PeerConnectionBuilder::new()
            .with_media_engine(media)
            .with_setting_engine(settings)
            .with_handler(Arc::new(Gathered(gathered)))
            .with_udp_addrs(vec!["127.0.0.1:0".to_owned()])
            .build()
            .await
            .unwrap();
        let codec = RTCRtpCodec {
            mime_type: MIME_TYPE_OPUS.to_owned(),
            clock_rate: 48_000,
            channels: 2,
            sdp_fmtp_line: "minptime=10;useinbandfec=1".to_owned(),
            rtcp_feedback: Vec::new(),
        };
        let ssrc = RTCRtpCodingParameters { ssrc: Some(SSRC), ..RTCRtpCodingParameters::default() };
        let coding = RTCRtpEncodingParameters {
            rtp_coding_parameters: ssrc,
            codec,
            ..RTCRtpEncodingParameters::default()
        };
        let name = || "test".to_owned();
        let stream = MediaStreamTrack::new(name(), name(), name(), RtpCodecKind::Audio, vec![coding]);
        let track = Arc::new(TrackLocalStaticSample::new(Instant::now(), stream).unwrap());
        connection.add_track(track.clone() as Arc<dyn TrackLocal>).await.unwrap();
        let channel = connection.create_data_channel("oai-events", None).await.unwrap();
        let (to_test, said) = mpsc::channel(64);
        let reading = channel.clone();
        let reader = tokio::spawn(async move {
            while let Some(event) = reading.poll().await {
                if let DataChannelEvent::OnMessage(message) = event {
                    let _ = to_test.send(serde_json::from_slice(&message.data).unwrap()).await;
                }
            }
        });
        let offer = connection.create_offer(None).await.unwrap();
        connection.set_local_description(offer).await.unwrap();
        timeout(SOON, is_gathered.recv()).await.unwrap();
        let offer = connection.local_description().await.unwrap().sdp;
        Self { connection: Arc::new(connection), channel, track, said, offer, reader }
    }

    /// Calls the hub and is answered.
    pub(crate) async fn connects(pos: &Pos) -> (Self, Pos, String) {
        let secret = pos.raw("POST", SECRETS, &[], Some("{}".to_owned())).await;
        assert_eq!(secret.status(), StatusCode::OK);
        let secret: Value = secret.json().await.unwrap();
        let caller = Pos { token: secret["value"].as_str().unwrap().to_owned(), ..pos.clone() };
        let client = Self::offers().await;
        let answer = call(&caller, client.offer.clone()).await;
        assert_eq!(answer.status(), StatusCode::CREATED);
        let location = answer.headers()["location"].to_str().unwrap().to_owned();
        let answer = RTCSessionDescription::answer(answer.text().await.unwrap()).unwrap();
        client.connection.set_remote_description(answer).await.unwrap();
        (client, caller, location)
    }

    pub(crate) async fn hears(&mut self) -> Value {
        timeout(SOON, self.said.recv()).await.expect("the hub says something").expect("the channel is open")
    }

    pub(crate) async fn says(&self, message: Value) {
        self.channel.send_text(&message.to_string()).await.unwrap();
    }

    /// A second of a tone on the track, faster than it sounds.
    pub(crate) async fn sounds(&self) {
        let mut encoder = opus::Encoder::new(48_000, opus::Channels::Mono, opus::Application::Voip).unwrap();
        let tone: Vec<f32> = (0..960).map(|at| (at as f32 * 0.05).sin() * 0.5).collect();
        let senders = self.connection.get_senders().await;
        let codecs = senders[0].get_parameters().await.unwrap().rtp_parameters.codecs;
        for _ in 0..50 {
            let data = encoder.encode_vec_float(&tone, 1_000).unwrap().into();
            let sample = Sample { data, duration: Duration::from_millis(20), ..Sample::new(Instant::now()) };
            self.track.sample_writer(SSRC, codecs[0].payload_type).write_sample(&sample).await.unwrap();
        }
    }

    pub(crate) async fn goes(self) {
        self.connection.close().await.unwrap();
        self.reader.abort();
    }
}

pub(crate) async fn call(caller: &Pos, offer: String) -> reqwest::Response {
    let request = caller.client.post(format!("{}{CALLS}", caller.base)).bearer_auth(&caller.token);
    request.header("content-type", "application/sdp").body(offer).send().await.unwrap()
}

/// An offer of a client that goes away again.
pub(crate) async fn an_offer() -> String {
    let client = Client::offers().await;
    let offer = client.offer.clone();
    client.goes().await;
    offer
}

/// The id of a call that somebody makes.
pub(crate) async fn call_id(caller: &Pos) -> String {
    let answer = call(caller, an_offer().await).await;
    answer.headers()["location"].to_str().unwrap().rsplit('/').next().unwrap().to_owned()
}
