mod aiortc;
mod answerer;
mod logged;

use super::client::{Client, Command, Config, Event, Standing};
use super::connection::{Connection, Inbound, Network, Outbound, Setup, Step};
use super::http::Http;
use super::secrets::{Authorization, Secrets};
use crate::audio::{FRAME, Frame};
use crate::protocol::grammar::Saying;
use crate::turn::{self, Cause, Limits, Phase, Then};
use answerer::{Answerer, Call, Turn};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

const DEADLINE: Duration = Duration::from_secs(20);

fn secrets(answerer: &Answerer) -> Secrets {
    secrets_at(answerer.url.clone())
}

fn secrets_at(url: String) -> Secrets {
    Secrets::Endpoint {
        url,
        authorization: Authorization::Source(Arc::new(|| Ok("marked-token".to_owned()))),
        session: Box::default(),
    }
}

fn setup(answerer: &Answerer, fails_at: Option<Step>) -> Setup {
    Setup { secrets: secrets(answerer), network: Network::default(), http: Http::plain(), fails_at }
}

async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, future).await.unwrap_or_else(|_| panic!("not in time: {what}"))
}

async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    within(what, async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

/// Everything that was spawned is gone again: the scheduler counts.
async fn no_tasks_but(held: usize) {
    let metrics = tokio::runtime::Handle::current().metrics();
    until("all tasks have ended", || metrics.num_alive_tasks() <= held).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r2_01_the_first_word_is_never_lost_in_100_connects() {
    let answerer = Answerer::start().await;
    for round in 0..10 {
        let connections = (0..10).map(|n| Connection::open(round * 10 + n, setup(&answerer, None)));
        let mut connections: Vec<Connection> = connections.collect();
        for connection in &mut connections {
            let first = within("open", connection.inbound.recv()).await;
            assert!(matches!(first, Some(Inbound::Opened)), "{first:?}");
            let second = within("the first word", connection.inbound.recv()).await;
            let Some(Inbound::Text(text)) = second else { panic!("{second:?}") };
            assert!(text.contains("session.created"), "{text}");
        }
        for mut connection in connections {
            connection.close.take().unwrap().send(()).unwrap();
            let ended = within("the end", connection.task).await.unwrap();
            assert_eq!(ended.code, Some(1000));
        }
    }
    assert_eq!((answerer.offers(), answerer.hangups()), (100, 100));
    answerer.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r2_02_messages_pass_unread_both_ways() {
    let answerer = Answerer::start().await;
    answerer.next_turns([Turn::Raw(vec!["not json at all", "{\"type\":\"confetti\"}", "\u{e9}\u{1F525}"])]);
    let mut connection = Connection::open(1, setup(&answerer, None));
    within("open", connection.inbound.recv()).await;
    within("the first word", connection.inbound.recv()).await;
    let long = "x".repeat(50_000);
    let messages = [
        format!(r#"{{"type":"odd","long":"{long}"}}"#),
        r#"{"type":"input_audio_buffer.commit"}"#.to_owned(),
    ];
    for text in messages {
        connection.outbound.send(Outbound::Text(text)).await.unwrap();
    }
    for expected in ["not json at all", "{\"type\":\"confetti\"}", "\u{e9}\u{1F525}"] {
        let got = within("a message", connection.inbound.recv()).await;
        assert!(matches!(&got, Some(Inbound::Text(text)) if text == expected), "{got:?}");
    }
    assert_eq!(answerer.said()[0]["long"].as_str().unwrap().len(), 50_000);
    drop(connection.close.take());
    within("the end", connection.task).await.unwrap();
    answerer.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r2_08_a_failure_at_any_step_leaves_nothing_behind() {
    let answerer = Answerer::start().await;
    let setups = [
        Step::Secret,
        Step::Peer,
        Step::Track,
        Step::Channel,
        Step::Offer,
        Step::Gather,
        Step::Call,
        Step::Answer,
        Step::Codec,
    ];
    let held = tokio::runtime::Handle::current().metrics().num_alive_tasks();
    for step in setups {
        let connection = Connection::open(1, setup(&answerer, Some(step)));
        let ended = within("the end", connection.task).await.unwrap();
        assert!(ended.reason.contains(&format!("{step:?}")), "{}", ended.reason);
        answerer.end_sessions().await;
    }
    // The HTTP connections kept for the next request are tasks of their own; they end with their client.
    no_tasks_but(held + 2).await;
    answerer.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r2_08_what_the_peer_answers_instead_is_reported() {
    let answerer = Answerer::start().await;
    let held = tokio::runtime::Handle::current().metrics().num_alive_tasks();
    for (call, code, reason) in [
        (Call::NoSecret(401), Some(1008), "401"),
        (Call::NoSecret(503), None, "503"),
        (Call::OfferRefused(403), Some(1008), "403"),
        (Call::OfferRefused(500), None, "500"),
        (Call::Garbage, None, "no description"),
    ] {
        answerer.next_calls([call]);
        let connection = Connection::open(1, setup(&answerer, None));
        let ended = within("the end", connection.task).await.unwrap();
        assert_eq!(ended.code, code, "{call:?}");
        assert!(ended.reason.contains(reason), "{call:?}: {}", ended.reason);
        assert!(!ended.reason.contains("marked"), "{}", ended.reason);
    }
    no_tasks_but(held + 2).await;
    answerer.stop().await;
    // And nobody there at all.
    let gone = secrets_at("http://127.0.0.1:9".to_owned());
    let setup = Setup { secrets: gone, network: Network::default(), http: Http::plain(), fails_at: None };
    let ended = within("the end", Connection::open(1, setup).task).await.unwrap();
    assert_eq!(ended.code, None);
}

/// A client with its two ends.
struct Bench {
    client: Client,
    events: mpsc::Receiver<Event>,
    frames: mpsc::Sender<Frame>,
}

impl Bench {
    fn start(answerer: &Answerer, change: impl FnOnce(&mut Config)) -> Self {
        Self::talk_to(secrets(answerer), change)
    }

    fn talk_to(secrets: Secrets, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::new(secrets);
        change(&mut config);
        let (frames, microphone) = mpsc::channel(64);
        let (client, events) = Client::start(config, microphone).unwrap();
        Self { client, events, frames }
    }

    fn say(&self, command: Command) {
        self.client.say(command).unwrap();
    }

    fn press(&self, sayings: &[Saying]) {
        self.say(Command::Press { sayings: Arc::new(sayings.to_vec()) });
    }

    /// Speaks for that many frames, in their own time.
    async fn speak(&self, frames: usize) {
        for n in 0..frames {
            let tone = std::array::from_fn(|i| if (i + n * FRAME) % 100 < 50 { 6_000 } else { -6_000 });
            self.frames.send(Frame(Box::new(tone))).await.unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn next(&mut self) -> Event {
        within("an event", self.events.recv()).await.expect("the client lives")
    }

    async fn wait(&mut self, what: &str, mut wanted: impl FnMut(&Event) -> bool) -> Event {
        within(what, async {
            loop {
                let event = self.events.recv().await.expect("the client lives");
                if wanted(&event) {
                    return event;
                }
            }
        })
        .await
    }

    async fn live(&mut self) {
        self.wait("live", |event| matches!(event, Event::Peer(Standing::Live { .. }))).await;
    }

    async fn idle(&mut self) -> Cause {
        let idle = |event: &Event| matches!(event, Event::Turn(turn::Event::Changed { to: Phase::Idle, .. }));
        match self.wait("idle", idle).await {
            Event::Turn(turn::Event::Changed { cause, .. }) => cause,
            other => panic!("{other:?}"),
        }
    }
}

fn saying(id: &str, say: &str) -> Saying {
    Saying { id: id.to_owned(), say: vec![say.to_owned()] }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_turn_goes_from_press_to_words() {
    let answerer = Answerer::start().await;
    answerer.next_turns([Turn::Words("bump table twelve"), Turn::Words("recall last")]);
    let mut bench = Bench::start(&answerer, |_| {});
    bench.say(Command::Warm);
    bench.live().await;
    bench.press(&[saying("b", "bump table twelve")]);
    bench.speak(20).await;
    bench.say(Command::Release);
    let words = bench.wait("words", |event| matches!(event, Event::Words { .. })).await;
    let Event::Words { text, found, awaited, .. } = words else { unreachable!() };
    assert_eq!((text.as_str(), found, awaited), ("bump table twelve", None, true));
    assert_eq!(bench.idle().await, Cause::Heard);
    // A peer that does not know the grammar is not sent it; the commit comes after the sound.
    assert_eq!(answerer.types(), ["input_audio_buffer.clear", "input_audio_buffer.commit"]);
    assert!(answerer.packets() >= 20, "{}", answerer.packets());
    assert!(bench.client.tally().round_trip.is_some_and(|took| took < Duration::from_secs(2)));

    // Between presses the track carries silence.
    let before = answerer.packets();
    until("silence flows", || answerer.packets() > before + 20).await;

    bench.press(&[]);
    bench.speak(10).await;
    bench.say(Command::Release);
    bench.wait("words", |event| matches!(event, Event::Words { text, .. } if text == "recall last")).await;
    let mut client = bench.client;
    client.shutdown().await;
    assert_eq!((answerer.offers(), answerer.hangups()), (1, 1));
    answerer.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_said_while_connecting_is_not_lost() {
    let answerer = Answerer::start().await;
    answerer.next_turns([Turn::Words("rush forty two")]);
    let mut bench = Bench::start(&answerer, |_| {});
    bench.press(&[]);
    bench.speak(15).await;
    bench.say(Command::Release);
    bench.wait("words", |event| matches!(event, Event::Words { awaited: true, .. })).await;
    assert!(answerer.packets() >= 15, "{}", answerer.packets());
    bench.client.shutdown().await;
    answerer.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_grammar_goes_to_a_peer_that_knows_it_once_per_change() {
    let answerer = Answerer::start().await;
    answerer.knows_grammar();
    answerer.next_turns([
        Turn::Match("bump twelve", "b".into()),
        Turn::Match("bump twelve", "b".into()),
        Turn::Match("bump twelve", "b".into()),
    ]);
    let mut bench = Bench::start(&answerer, |config| config.then = Then::Answer);
    let first: Vec<Saying> =
        (0..3_000).map(|n| saying(&format!("s{n}"), &format!("bump table {n}"))).collect();
    for sayings in [&first[..], &first[..], &first[..1]] {
        bench.press(sayings);
        bench.speak(5).await;
        bench.say(Command::Release);
        let words = bench.wait("words", |event| matches!(event, Event::Words { .. })).await;
        let Event::Words { found: Some(found), .. } = words else { panic!("{words:?}") };
        assert_eq!(found.id.as_deref(), Some("b"));
        assert_eq!(bench.idle().await, Cause::Heard, "a match needs no answer");
    }
    let parts: Vec<_> =
        answerer.said().iter().filter_map(|said| said["session"].get("brigade_grammar").cloned()).collect();
    let of_first = parts.iter().filter(|part| part["revision"] == 1);
    let sayings: usize = of_first.clone().map(|part| part["sayings"].as_array().unwrap().len()).sum();
    assert_eq!(sayings, 3_000);
    assert!(of_first.count() > 1);
    assert_eq!(parts.iter().filter(|part| part["revision"] == 2).count(), 1);
    assert!(parts.iter().all(|part| part["revision"].as_u64() < Some(3)));
    bench.client.shutdown().await;
    answerer.stop().await;
}

fn quick() -> Limits {
    Limits {
        committing_slow: Duration::from_millis(400),
        committing: Duration::from_millis(1_000),
        user_final: Duration::from_millis(800),
        response: Duration::from_millis(800),
        ..Limits::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_way_of_a_peer_to_fail_a_turn_holds_it_up() {
    let answerer = Answerer::start().await;
    answerer.next_turns([
        Turn::Empty,
        Turn::Wordless,
        Turn::Failed,
        Turn::Unconfirmed,
        Turn::Raw(vec![
            "rubbish", "[]", "{}", r#"{"type":"input_audio_buffer.committed"}"#,
            r#"{"type":"conversation.item.input_audio_transcription.delta","item_id":"ITEM","delta":"undo"}"#,
            r#"{"type":"conversation.item.input_audio_transcription.completed","item_id":"ITEM","transcript":""}"#,
        ]),
    ]);
    let mut bench = Bench::start(&answerer, |config| config.limits = quick());
    bench.say(Command::Warm);
    bench.live().await;
    for cause in [Cause::Empty, Cause::TimedOut, Cause::NotUnderstood, Cause::TimedOut, Cause::Heard] {
        bench.press(&[]);
        bench.speak(5).await;
        bench.say(Command::Release);
        assert_eq!(bench.idle().await, cause);
    }
    // Only the unconfirmed commit has cost the session.
    assert_eq!(answerer.offers(), 2);
    bench.client.shutdown().await;
    answerer.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_calls_functions_gets_their_output() {
    let answerer = Answerer::start().await;
    answerer.next_turns([Turn::Words("get rid of twelve")]);
    answerer.next_answers([
        vec![
            r#"{"type":"response.created","response":{"id":"r1","status":"in_progress"}}"#,
            r#"{"type":"response.function_call_arguments.done","call_id":"c1","name":"bump_ticket","arguments":"{\"ticket\":\"12\"}"}"#,
            r#"{"type":"response.done","response":{"id":"r1","status":"completed"}}"#,
        ],
        vec![
            r#"{"type":"response.output_text.done","item_id":"a1","text":"Done."}"#,
            r#"{"type":"response.done","response":{"id":"r2","status":"completed"}}"#,
        ],
    ]);
    let mut bench = Bench::start(&answerer, |config| config.then = Then::Answer);
    bench.press(&[]);
    bench.speak(5).await;
    bench.say(Command::Release);
    let call = bench.wait("a call", |event| matches!(event, Event::Call { .. })).await;
    let Event::Call { call_id, name, arguments } = call else { unreachable!() };
    assert_eq!((name.as_str(), arguments.as_str()), ("bump_ticket", r#"{"ticket":"12"}"#));
    bench.say(Command::Output { call_id, output: r#"{"ok":true}"#.into() });
    bench.wait("an answer", |event| matches!(event, Event::Answer { text } if text == "Done.")).await;
    assert_eq!(bench.idle().await, Cause::Answered);
    let types = answerer.types();
    assert_eq!(types[2..], ["response.create", "conversation.item.create", "response.create"]);
    bench.client.shutdown().await;
    answerer.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r2_09_live_is_said_when_it_is_and_every_change_once() {
    let answerer = Answerer::start().await;
    let mut bench = Bench::start(&answerer, |_| {});
    for _ in 0..5 {
        bench.say(Command::Warm);
    }
    assert_eq!(bench.next().await, Event::Peer(Standing::Connecting));
    assert_eq!(bench.next().await, Event::Peer(Standing::Live { decides: false }));
    assert_eq!(answerer.offers(), 1, "one attempt for all who ask");
    // The peer ends the idle session: nothing is tried before the next press.
    answerer.end_sessions().await;
    let away = bench.next().await;
    assert!(matches!(away, Event::Peer(Standing::Away { reason: Some(_), .. })), "{away:?}");
    assert_eq!(answerer.offers(), 1);
    answerer.next_turns([Turn::Words("undo")]);
    bench.press(&[]);
    bench.speak(3).await;
    bench.say(Command::Release);
    bench.wait("words", |event| matches!(event, Event::Words { .. })).await;
    assert_eq!(answerer.offers(), 2);
    bench.client.shutdown().await;
    bench.client.shutdown().await;
    answerer.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_lets_nobody_in_is_told_apart() {
    let answerer = Answerer::start().await;
    answerer.next_calls([Call::NoSecret(401), Call::NoSecret(401)]);
    let mut bench = Bench::start(&answerer, |_| {});
    bench.say(Command::Warm);
    let refused = bench.wait("refused", |event| matches!(event, Event::Peer(Standing::Refused { .. }))).await;
    assert!(!format!("{refused:?}").contains("marked"));
    bench.client.shutdown().await;
    answerer.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_is_renewed_while_nobody_talks() {
    let answerer = Answerer::start().await;
    let mut bench = Bench::start(&answerer, |config| config.renew_after = Duration::from_millis(700));
    bench.say(Command::Warm);
    bench.live().await;
    assert_eq!(bench.next().await, Event::Peer(Standing::Connecting), "quietly: it is never said to be away");
    assert_eq!(bench.next().await, Event::Peer(Standing::Live { decides: false }));
    assert_eq!(answerer.offers(), 2);
    bench.client.shutdown().await;
    answerer.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r5_05_a_mute_or_absent_peer_does_not_hold_the_button() {
    let answerer = Answerer::start().await;
    answerer.next_calls([Call::Mute, Call::NobodyThere]);
    let mut bench = Bench::start(&answerer, |config| {
        config.limits = quick();
        config.timing.attempt = Duration::from_secs(2);
    });
    for _ in 0..2 {
        bench.press(&[]);
        bench.speak(5).await;
        bench.say(Command::Release);
        assert_eq!(bench.idle().await, Cause::TimedOut);
    }
    let held = Duration::from_secs(2);
    tokio::time::timeout(held + Duration::from_secs(1), bench.client.shutdown()).await.unwrap();
    answerer.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r1_05_a_hundred_clients_leave_no_task() {
    let held = tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let answerer = Answerer::start().await;
    for n in 0..100u32 {
        let mut bench = Bench::start(&answerer, |_| {});
        bench.say(Command::Warm);
        if n % 10 == 0 {
            bench.live().await;
        }
        bench.press(&[]);
        bench.client.shutdown().await;
    }
    answerer.stop().await;
    no_tasks_but(held + 2).await;
}

/// The contract of a Restaurant OS server: the pair against forged requests, the restaurant, no cookie but that one; the
/// offer goes to the endpoint of the beta's shape with the model and the minted secret.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restaurant_os_server_mints_and_another_takes_the_call() {
    use axum::extract::Query;
    use axum::http::HeaderMap;
    use std::collections::BTreeMap;
    let (offered, mut offers) = mpsc::channel(1);
    let mint = |headers: HeaderMap, body: String| async move {
        assert_eq!(headers["cookie"], "csrf_token=brigade");
        assert_eq!(headers["x-csrf-token"], "brigade");
        assert_eq!(headers["x-restaurant-id"], "r1");
        assert_eq!(headers["authorization"], "Bearer marked-token");
        assert_eq!(body, r#"{"context":"server"}"#);
        r#"{"client_secret":{"value":"ek_marked","expires_at":1},"model":"m1","menu_context":"soup","expires_at":1}"#
    };
    let take = move |Query(query): Query<BTreeMap<String, String>>, headers: HeaderMap| async move {
        offered.send((query["model"].clone(), headers["authorization"].clone())).await.unwrap();
        axum::http::StatusCode::IM_A_TEAPOT
    };
    let app = axum::Router::new()
        .route("/api/v1/realtime/session", axum::routing::post(mint))
        .route("/v1/realtime", axum::routing::post(take));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    let secrets = Secrets::RestaurantOs {
        url: format!("{host}/api/v1"),
        authorization: Some(Authorization::Source(Arc::new(|| Ok("marked-token".to_owned())))),
        restaurant: "r1".to_owned(),
        calls: format!("{host}/v1/realtime"),
        model: "unused".to_owned(),
    };
    let first = secrets.first_word().unwrap();
    assert_eq!(
        first["session"]["turn_detection"],
        serde_json::Value::Null,
        "it was minted for an open microphone"
    );
    let setup = Setup { secrets, network: Network::default(), http: Http::plain(), fails_at: None };
    let ended = within("the end", Connection::open(1, setup).task).await.unwrap();
    assert!(ended.reason.contains("418"), "{}", ended.reason);
    let (model, authorization) = within("the offer", offers.recv()).await.unwrap();
    assert_eq!((model.as_str(), authorization.to_str().unwrap()), ("m1", "Bearer ek_marked"));
    server.abort();
}
