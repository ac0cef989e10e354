//! Screens speak to the hub: a real WebRTC client, over loopback, with the real hub.

use crate::common::{Kitchen, Pos, SOON, until};
use reqwest::StatusCode;
use rtc::ice::mdns::MulticastDnsMode;
use rtc::media::Sample;
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::media_engine::MIME_TYPE_OPUS;
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodec, RTCRtpCodingParameters, RTCRtpEncodingParameters, RtpCodecKind,
};
use serde_json::{Value, json};
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

const SECRETS: &str = "/api/v1/realtime/client_secrets";
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
struct Client {
    connection: Arc<dyn PeerConnection>,
    channel: Arc<dyn DataChannel>,
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
    async fn connects(pos: &Pos) -> (Self, Pos, String) {
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

    async fn hears(&mut self) -> Value {
        timeout(SOON, self.said.recv()).await.expect("the hub says something").expect("the channel is open")
    }

    async fn says(&self, message: Value) {
        self.channel.send_text(&message.to_string()).await.unwrap();
    }

    /// A second of a tone on the track, faster than it sounds.
    async fn sounds(&self) {
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

    async fn goes(self) {
        self.connection.close().await.unwrap();
        self.reader.abort();
    }
}

async fn call(caller: &Pos, offer: String) -> reqwest::Response {
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

fn sessions(kitchen: &Kitchen) -> u64 {
    kitchen.hub.status()["voice"]["sessions"].as_u64().unwrap()
}

#[tokio::test]
async fn r1_04_a_turn_goes_through_its_events_and_the_status_tells_of_sessions_and_timer() {
    let kitchen = Kitchen::open().await;
    assert_eq!(kitchen.hub.status()["voice"]["timer_running"], true);
    let (mut client, caller, location) = Client::connects(&kitchen.pos).await;
    let greeting = client.hears().await;
    assert_eq!(
        (&greeting["type"], &greeting["session"]["brigade"]["grammar"]),
        (&json!("session.created"), &json!(1))
    );
    assert_eq!(sessions(&kitchen), 1);

    client.says(json!({"type": "input_audio_buffer.clear"})).await;
    assert_eq!(client.hears().await["type"], "input_audio_buffer.cleared");
    // The first packets make the track known to the hub; until then it holds too little for a turn.
    let item = loop {
        client.sounds().await;
        client.says(json!({"type": "input_audio_buffer.commit", "event_id": "mine"})).await;
        let answer = client.hears().await;
        match answer["type"].as_str().unwrap() {
            "input_audio_buffer.committed" => break answer["item_id"].clone(),
            "error" => assert_eq!(answer["error"]["code"], "input_audio_buffer_commit_empty"),
            other => panic!("{other}"),
        }
    };
    for kind in ["conversation.item.added", "conversation.item.done"] {
        let said = client.hears().await;
        assert_eq!((&said["type"], &said["item"]["id"]), (&json!(kind), &item));
    }
    let failed = client.hears().await;
    assert_eq!(failed["type"], "conversation.item.input_audio_transcription.failed");
    assert_eq!((&failed["item_id"], &failed["error"]["code"]), (&item, &json!("speech_model_unusable")));

    for (message, code) in [
        (json!({"type": "no.such.event", "event_id": "mine"}), "unknown_event"),
        (json!({"type": "session.update", "event_id": "mine", "session": {}}), "missing_required_parameter"),
    ] {
        client.says(message).await;
        let error = client.hears().await;
        assert_eq!((&error["error"]["code"], &error["error"]["event_id"]), (&json!(code), &json!("mine")));
    }

    let path = format!("{location}/hangup");
    let stranger = Pos { token: "ek_guess".to_owned(), ..caller.clone() };
    assert_eq!(stranger.raw("POST", &path, &[], None).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(caller.raw("POST", &path, &[], None).await.status(), StatusCode::OK);
    until("the call is over", async || sessions(&kitchen) == 0).await;
    client.goes().await;
    kitchen.reopen().await;
}

#[tokio::test]
async fn r2_01_whoever_calls_hears_session_created_first_many_at_once() {
    let kitchen = Kitchen::open().await;
    for _ in 0..2 {
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..5 {
            let pos = kitchen.pos.clone();
            calls.spawn(async move {
                let (mut client, ..) = Client::connects(&pos).await;
                assert_eq!(client.hears().await["type"], "session.created");
                client
            });
        }
        let clients = calls.join_all().await;
        assert_eq!(sessions(&kitchen), 5);
        for client in clients {
            client.channel.close().await.unwrap();
            client.goes().await;
        }
        until("nobody is left", async || sessions(&kitchen) == 0).await;
    }
}

#[tokio::test]
async fn r6_02_open_calls_end_with_the_hub() {
    let kitchen = Kitchen::open().await;
    let (mut client, ..) = Client::connects(&kitchen.pos).await;
    client.hears().await;
    let ending = kitchen.hub.shutdown().await;
    assert!(ending.in_time && ending.alive == 0, "{ending:?}");
    assert!(ending.steps.iter().all(|step| step.finished), "{ending:?}");
    assert_eq!(sessions(&kitchen), 0);
    client.goes().await;
}

#[tokio::test]
async fn nothing_opens_without_its_secret_and_strange_offers_are_refused() {
    let kitchen = Kitchen::open().await;
    let offer = an_offer().await;
    assert_eq!(
        call(&kitchen.pos, offer.clone()).await.status(),
        StatusCode::UNAUTHORIZED,
        "the token is no secret"
    );
    let secret: Value = kitchen.pos.raw("POST", SECRETS, &[], None).await.json().await.unwrap();
    let caller = Pos { token: secret["value"].as_str().unwrap().to_owned(), ..kitchen.pos.clone() };
    let cut: String = offer.chars().take(offer.len() / 2).collect();
    for bad in [
        String::new(),
        "v=0".to_owned(),
        "\u{0}\u{1}".to_owned(),
        offer.replace("a=fingerprint", "a=finger"),
        cut,
    ] {
        let answer = call(&caller, bad.clone()).await;
        let status = answer.status();
        // A cut offer may still be one that can be answered; its call then never opens, and is forgotten.
        assert!(status == StatusCode::BAD_REQUEST || status == StatusCode::CREATED, "{status}: {bad}");
    }
    assert_eq!(call(&caller, "v=0".to_owned()).await.json::<Value>().await.unwrap()["code"], "bad_offer");
    assert_eq!(kitchen.pos.get("/status").await["ready"], true);
}
