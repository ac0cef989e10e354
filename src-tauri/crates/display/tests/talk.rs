//! The board is talked to: real displays, WebRTC over loopback, and on the other side the real hub with its recogniser, or
//! a peer that fails.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

mod common;

use common::{Screen, config, mount};
use display::frame::{
    CardLineState, Done, MicrophoneChoice, MicrophoneState, Outcome, PeerState, Press, Said, SpokenAnswer,
    SpokenVerb, Talk, TalkMode, TalkPress, TalkTurn, TicketLabel,
};
use display::talk::{Held, Microphone, Microphones, Voice};
use display::{Config, Kitchen, Notification, Role, Sound, Token, Window};
use hub::{Hub, HubConfig};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use testkit::{ScriptedHub, draft, line};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use voice::audio::{FRAME, Frame, Lost, State};
use voice::peer::{Authorization, Config as Client, Secrets};

/// A microphone that hears what a test plays to it.
#[derive(Debug, Default)]
struct Studio {
    ends: Mutex<Option<Ends>>,
    opened: AtomicU32,
    /// So many openings panic first.
    panics: AtomicU32,
}

#[derive(Debug)]
struct Ends {
    frames: mpsc::Sender<Frame>,
    state: watch::Sender<State>,
    level: watch::Sender<u8>,
}

#[derive(Debug)]
struct Nothing;

impl Held for Nothing {
    fn choose(&self, _: Option<String>) {}
}

impl Microphones for Studio {
    fn open(&self, _: Option<&str>) -> std::io::Result<Microphone> {
        self.opened.fetch_add(1, Ordering::SeqCst);
        let again = self.panics.load(Ordering::SeqCst);
        if again > 0 {
            self.panics.store(again - 1, Ordering::SeqCst);
            panic!("a driver of a microphone fails");
        }
        let (frames, heard) = mpsc::channel(50);
        let (state, state_rx) = watch::channel(State::Ready { device: "studio".into() });
        let (level, level_rx) = watch::channel(0);
        *self.ends.lock().unwrap() = Some(Ends { frames, state, level });
        Ok(Microphone { frames: heard, state: state_rx, level: level_rx, held: Box::new(Nothing) })
    }

    fn list(&self) -> Vec<MicrophoneChoice> {
        vec![MicrophoneChoice { id: "s".into(), name: "studio".into() }]
    }
}

impl Studio {
    fn is(&self, state: State) {
        self.ends.lock().unwrap().as_ref().expect("it is open").state.send_replace(state);
    }

    fn is_as_loud_as(&self, level: u8) {
        self.ends.lock().unwrap().as_ref().expect("it is open").level.send_replace(level);
    }

    /// Plays a recording in its own time.
    async fn play(&self, frames: Vec<Frame>) {
        let microphone = self.ends.lock().unwrap().as_ref().expect("it is open").frames.clone();
        let mut beat = tokio::time::interval(Duration::from_millis(20));
        for frame in frames {
            beat.tick().await;
            microphone.send(frame).await.expect("somebody listens");
        }
    }
}

/// A recording of the recogniser's own tests, at the rate of a microphone.
fn clip(name: &str) -> Vec<Frame> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../recogniser/tests/clips").join(name);
    let bytes = std::fs::read(path).unwrap();
    let samples = bytes[44..].chunks_exact(2).map(|two| i32::from(i16::from_le_bytes([two[0], two[1]])));
    let samples: Vec<i32> = samples.collect();
    let between = |pair: &[i32]| {
        [0, 1, 2].map(|third| i16::try_from((pair[0] * (3 - third) + pair[1] * third) / 3).unwrap())
    };
    let samples: Vec<i16> = samples.windows(2).flat_map(between).collect();
    let spoken = samples.chunks_exact(FRAME).map(|frame| Frame(Box::new(frame.try_into().unwrap())));
    // Nobody speaks in the moment the button goes down, nor lets go in that of the last sound.
    let silence = || std::iter::repeat_n(Frame::silence(), 15);
    silence().chain(spoken).chain(silence()).collect()
}

fn talking(mut config: Config, url: &str, token: &str, studio: &Arc<Studio>) -> Config {
    let token = token.to_owned();
    let secrets = Secrets::Endpoint {
        url: url.to_owned(),
        authorization: Authorization::Source(Arc::new(move || Ok(token.clone()))),
        session: Box::default(),
    };
    let client = Client::new(secrets);
    config.voice = Some(Voice { client, host: String::new(), microphones: studio.clone() });
    config
}

/// Talks to a peer that is not there.
fn talking_to_nobody(folder: &Path, hub: &ScriptedHub, studio: &Arc<Studio>) -> Config {
    let mut config = talking(config(folder, &hub.url()), "http://127.0.0.1:9", "t", studio);
    if let Some(voice) = &mut config.voice {
        voice.client.limits.committing = Duration::from_millis(1_500);
    }
    config
}

async fn press(screen: &Screen, press: TalkPress) -> Result<(), wire::hub::Fault> {
    screen.kitchen.talk(&screen.window.view, screen.window.mount, press).await
}

fn talk(window: &common::Model) -> &Talk {
    window.frame.talk.as_ref().expect("it can be talked to")
}

async fn until_said(screen: &mut Screen, what: &str, wanted: impl Fn(&Said) -> bool) -> Said {
    // The model is loaded first, on a machine that compiles beside it.
    let patience = Duration::from_secs(60);
    screen.until_within(patience, what, |w| talk(w).said.as_ref().is_some_and(&wanted)).await;
    talk(&screen.window).said.clone().unwrap()
}

async fn until_failed(screen: &mut Screen, code: &str) {
    let is_it = |said: &Said| matches!(&said.outcome, Outcome::Failed { fault } if fault.code == code);
    until_said(screen, code, is_it).await;
}

/// A peer that answers every request with this.
async fn answering(status: &'static str, body: &'static str) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut asked = [0; 4_096];
            let _ = socket.read(&mut asked).await;
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
            let _ = socket.write_all(answer.as_bytes()).await;
        }
    });
    (url, server)
}

fn model() -> PathBuf {
    let folder = std::env::var_os("BRIGADE_VOICE_MODEL");
    folder
        .expect(
            "BRIGADE_VOICE_MODEL names the speech model's folder; cargo xtask test fetches it and sets it",
        )
        .into()
}

async fn hub_that_hears(folder: &Path) -> Hub {
    let mut config = HubConfig::new(folder);
    config.listen = "127.0.0.1:0".parse().unwrap();
    config.first_setup = testkit::setup();
    config.voice_model = Some(model());
    Hub::start(config).await.unwrap()
}

async fn place(hub: &Hub, table: &str) -> String {
    let answer = reqwest::Client::new()
        .post(format!("http://{}/api/v1/orders", hub.local_addr()))
        .bearer_auth(hub.token())
        .header("Idempotency-Key", format!("key-{table}"))
        .json(&serde_json::json!({
            "table_number": table, "items": [{"menu_item_id": "steak", "name": "steak", "quantity": 1}],
        }))
        .send()
        .await
        .unwrap();
    let order: serde_json::Value = answer.json().await.unwrap();
    order["id"].as_str().expect("an id").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_said_into_the_microphone_is_done_on_the_board_and_in_the_hub() {
    let (folder, studio) = (tempfile::tempdir().unwrap(), Arc::new(Studio::default()));
    let hub = hub_that_hears(&folder.path().join("hub")).await;
    let token = hub.token().to_owned();
    let mut config = config(&folder.path().join("display"), &hub.url());
    config.token = Token::Source(Arc::new(move |_| Ok(token.clone())));
    let url = format!("http://{}/api/v1/realtime", hub.local_addr());
    let mut config = talking(config, &url, hub.token(), &studio);
    if let Some(voice) = &mut config.voice {
        voice.client.limits.user_final = Duration::from_secs(40);
    }
    let mut screen = Screen::with(config).await;
    let mut sounds = screen.kitchen.sounds();
    let mut told = screen.kitchen.notifications();
    screen.until_live().await;
    let (twelve, four) = (place(&hub, "12").await, place(&hub, "4").await);
    screen.until("the orders", |w| w.card(&twelve).is_some() && w.card(&four).is_some()).await;

    press(&screen, TalkPress::Down).await.unwrap();
    screen.until("listening", |w| talk(w).turn == TalkTurn::Listening).await;
    studio.play(clip("bump-table-twelve.wav")).await;
    press(&screen, TalkPress::Up).await.unwrap();
    let said = until_said(&mut screen, "an outcome", |_| true).await;
    let act = match said.outcome.clone() {
        Outcome::Done { act } => act,
        // In doubt it asks, and somebody says which.
        Outcome::Asked { choices } => {
            press(&screen, TalkPress::Choose { said: said.id, choice: 0 }).await.unwrap();
            choices[0].clone()
        }
        other => panic!("{other:?} of {:?}", said.words),
    };
    assert_eq!((act.verb, act.label), (SpokenVerb::Bump, Some(TicketLabel::Table("12".into()))));
    assert!(said.words.to_lowercase().contains("bump"), "{}", said.words);
    screen.until("bumped", |w| w.card(&twelve).is_none() && w.unsent() == 0).await;
    assert!(screen.window.card(&four).is_some(), "and nothing else");
    screen
        .until("the offer to undo", |w| w.frame.toasts.as_ref().is_some_and(|toasts| !toasts.is_empty()))
        .await;

    // An order that comes while somebody asks how many there are is counted: it is on the glass beside the answer.
    press(&screen, TalkPress::Down).await.unwrap();
    studio.play(clip("how-many-tickets.wav")).await;
    let six = place(&hub, "6").await;
    screen.until("one more", |w| w.card(&six).is_some()).await;
    press(&screen, TalkPress::Up).await.unwrap();
    let said = until_said(&mut screen, "an outcome", |next| next.id > said.id).await;
    let answer = match said.outcome {
        Outcome::Asked { choices } => {
            assert_eq!(choices[0].verb, SpokenVerb::HowManyOpen);
            let seven = place(&hub, "7").await;
            screen.until("yet one more", |w| w.card(&seven).is_some()).await;
            press(&screen, TalkPress::Choose { said: said.id, choice: 0 }).await.unwrap();
            let said = until_said(&mut screen, "the answer", |next| next.id > said.id).await;
            (said.outcome, 3)
        }
        outcome => (outcome, 2),
    };
    let (outcome, tickets) = answer;
    assert_eq!(outcome, Outcome::Answered { answer: SpokenAnswer::Open { tickets } });

    // A word may have been misheard: it is offered to be taken back, also what a touch is not.
    let known = talk(&screen.window).said.as_ref().map_or(0, |said| said.id);
    press(&screen, TalkPress::Down).await.unwrap();
    studio.play(clip("start-table-four.wav")).await;
    press(&screen, TalkPress::Up).await.unwrap();
    let said = until_said(&mut screen, "an outcome", |next| next.id > known).await;
    if let Outcome::Asked { .. } = said.outcome {
        press(&screen, TalkPress::Choose { said: said.id, choice: 0 }).await.unwrap();
    }
    let is = |w: &common::Model, state: CardLineState| w.card(&four).unwrap().lines[0].state == state;
    screen.until("begun", |w| is(w, CardLineState::Started)).await;
    let toast = screen.window.frame.toasts.clone().unwrap().pop().expect("an offer");
    assert_eq!((toast.what, toast.order.as_str()), (Some(Done::Started), four.as_str()));
    let undo = Press::Undo { order: toast.order, operation: toast.operation };
    screen.press(undo).await.unwrap();
    screen.until("not begun", |w| is(w, CardLineState::Queued) && w.unsent() == 0).await;

    // Something else, which is no command, changes nothing.
    press(&screen, TalkPress::Down).await.unwrap();
    studio.play(clip("something-else.wav")).await;
    press(&screen, TalkPress::Up).await.unwrap();
    until_said(&mut screen, "not understood", |said| said.outcome == Outcome::NotUnderstood).await;
    assert!(screen.window.card(&four).is_some());

    // What was asked about has left the glass by the time of the answer.
    let known = talk(&screen.window).said.as_ref().map_or(0, |said| said.id);
    press(&screen, TalkPress::Down).await.unwrap();
    studio.play(clip("whats-on-table-four.wav")).await;
    screen.bump(&four).await;
    screen.until("bumped", |w| w.card(&four).is_none()).await;
    press(&screen, TalkPress::Up).await.unwrap();
    let mut said = until_said(&mut screen, "an outcome", |next| next.id > known).await;
    if let Outcome::Asked { choices } = &said.outcome {
        assert_eq!(choices[0].verb, SpokenVerb::WhatsOn);
        press(&screen, TalkPress::Choose { said: said.id, choice: 0 }).await.unwrap();
        let asked = said.id;
        said = until_said(&mut screen, "the answer", |next| next.id > asked).await;
    }
    let Outcome::Answered { answer: SpokenAnswer::Lines { ticket, lines } } = said.outcome else {
        panic!("{said:?}")
    };
    assert_eq!((ticket.label, lines), (TicketLabel::Table("4".into()), Vec::<String>::new()));

    let mut names = std::collections::BTreeSet::new();
    while let Ok(notification) = told.try_recv() {
        names.insert(notification.name());
        if let Notification::TranscriptFinal(words) = notification {
            assert!(words.awaited);
        }
    }
    assert!(names.contains("turn-state:change") && names.contains("transcript:final"), "{names:?}");
    let mut rung = Vec::new();
    while let Ok(ring) = sounds.try_recv() {
        rung.push(ring.sound);
    }
    assert!(rung.contains(&Sound::Refused) && (rung.contains(&Sound::Heard) || rung.contains(&Sound::Asked)));
    screen.kitchen.shutdown().await;
    hub.shutdown().await;
}

#[tokio::test]
async fn a_display_that_is_not_talked_to_shows_no_button() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), ScriptedHub::start().await);
    let screen = Screen::start(folder.path(), &hub).await;
    assert_eq!(screen.window.frame.talk, None);
    assert_eq!(press(&screen, TalkPress::Down).await.unwrap_err().code, "voice_absent");
    screen.kitchen.shutdown().await;
}

#[tokio::test]
async fn a_hub_without_a_model_says_so_at_once() {
    let (folder, hub, studio) =
        (tempfile::tempdir().unwrap(), ScriptedHub::start().await, Arc::new(Studio::default()));
    let (url, server) = answering(
        "503 Service Unavailable",
        r#"{"code":"speech_model_missing","params":{},"retry":false,"message":"-"}"#,
    )
    .await;
    let mut screen = Screen::with(talking(config(folder.path(), &hub.url()), &url, "t", &studio)).await;
    assert_eq!(talk(&screen.window).fault, None, "nobody knows before somebody asks");
    press(&screen, TalkPress::Down).await.unwrap();
    until_failed(&mut screen, "speech_model_missing").await;
    screen
        .until("the button says why", |w| {
            talk(w).fault.as_ref().is_some_and(|f| f.code == "speech_model_missing")
        })
        .await;
    screen.until("at rest", |w| talk(w).turn == TalkTurn::Ready).await;
    screen.kitchen.shutdown().await;
    server.abort();
}

/// R5.3 and R5.4, with a real client: a peer that is not there does not hold the button, and the glass says so.
#[tokio::test]
async fn r5_03_without_a_peer_the_turn_ends_and_says_so() {
    let (folder, hub, studio) =
        (tempfile::tempdir().unwrap(), ScriptedHub::start().await, Arc::new(Studio::default()));
    let mut screen = Screen::with(talking_to_nobody(folder.path(), &hub, &studio)).await;
    let mut told = screen.kitchen.notifications();
    press(&screen, TalkPress::Down).await.unwrap();
    studio.play(vec![Frame::silence(); 20]).await;
    press(&screen, TalkPress::Up).await.unwrap();
    until_failed(&mut screen, "voice_away").await;
    let mut names = Vec::new();
    while let Ok(notification) = told.try_recv() {
        names.push(notification.name());
    }
    let timeout = names.iter().position(|name| *name == "state-timeout").expect("it is told");
    assert_eq!(names[timeout + 1..], ["turn-state:change"], "before the move to idle");
    screen.kitchen.shutdown().await;
}

#[tokio::test]
async fn a_microphone_that_goes_is_said_and_one_that_comes_back_is_used() {
    let (folder, hub, studio) =
        (tempfile::tempdir().unwrap(), ScriptedHub::start().await, Arc::new(Studio::default()));
    let mut screen = Screen::with(talking_to_nobody(folder.path(), &hub, &studio)).await;
    press(&screen, TalkPress::Down).await.unwrap();
    screen.until("listening", |w| talk(w).turn == TalkTurn::Listening).await;
    studio.is(State::Lost(Lost::Server));
    until_failed(&mut screen, "microphone_lost").await;
    screen
        .until("the button says why", |w| {
            talk(w).fault.as_ref().is_some_and(|f| f.code == "microphone_server")
        })
        .await;
    studio.is(State::Ready { device: "another".into() });
    // That its peer is not there is another thing.
    let heard = |fault: &wire::hub::Fault| !fault.code.starts_with("microphone_");
    screen.until("it works again", |w| talk(w).fault.as_ref().is_none_or(heard)).await;
    screen.kitchen.shutdown().await;
}

#[tokio::test]
async fn one_view_at_a_time_and_guests_set_nothing() {
    let (folder, hub, studio) =
        (tempfile::tempdir().unwrap(), ScriptedHub::start().await, Arc::new(Studio::default()));
    let mut screen = Screen::with(talking_to_nobody(folder.path(), &hub, &studio)).await;
    let other = mount(&screen.kitchen, "other").await;
    press(&screen, TalkPress::Down).await.unwrap();
    let refused = screen.kitchen.talk(&other.view, other.mount, TalkPress::Down).await.unwrap_err();
    assert_eq!(refused.code, "talk_busy");
    // Its window is made anew while the button is down: nobody is there to let go of it.
    screen.until("listening", |w| talk(w).turn == TalkTurn::Listening).await;
    screen.window = mount(&screen.kitchen, "main").await;
    screen.until("let go", |w| talk(w).turn == TalkTurn::Ready).await;
    assert_eq!(
        press(&screen, TalkPress::Choose { said: 99, choice: 0 }).await.unwrap_err().code,
        "question_over"
    );

    let guest = Window { role: Role::Guest, ..Window::cook("guest") };
    let guest = screen.kitchen.mount(guest).await.unwrap();
    let (view, number) = (guest.view, guest.frame.mount);
    for press in
        [TalkPress::Mode { mode: TalkMode::Toggle }, TalkPress::Panel { open: true }, TalkPress::Reset]
    {
        assert_eq!(screen.kitchen.talk(&view, number, press).await.unwrap_err().code, "not_allowed");
    }
    screen.kitchen.shutdown().await;
}

#[tokio::test]
async fn the_panel_shows_devices_level_and_peer_and_choices_outlive_a_restart() {
    let (folder, hub, studio) =
        (tempfile::tempdir().unwrap(), ScriptedHub::start().await, Arc::new(Studio::default()));
    let mut screen = Screen::with(talking_to_nobody(folder.path(), &hub, &studio)).await;
    press(&screen, TalkPress::Mode { mode: TalkMode::Toggle }).await.unwrap();
    press(&screen, TalkPress::Microphone { id: Some("s".into()) }).await.unwrap();
    assert!(talk(&screen.window).panel.is_none());
    press(&screen, TalkPress::Panel { open: true }).await.unwrap();
    studio.is_as_loud_as(40);
    screen
        .until("the panel", |w| {
            let panel = talk(w).panel.as_ref();
            panel.is_some_and(|panel| {
                panel.devices.len() == 1
                    && panel.level == 40
                    && panel.microphone == MicrophoneState::Ready
                    && panel.heard.as_deref() == Some("studio")
                    && panel.peer == PeerState::Away
                    && panel.reason.is_some()
            })
        })
        .await;
    press(&screen, TalkPress::Panel { open: false }).await.unwrap();
    screen.until("closed", |w| talk(w).panel.is_none() && talk(w).mode == TalkMode::Toggle).await;
    screen.kitchen.shutdown().await;

    let mut screen = Screen::with(talking_to_nobody(folder.path(), &hub, &studio)).await;
    assert_eq!(talk(&screen.window).mode, TalkMode::Toggle);
    press(&screen, TalkPress::Panel { open: true }).await.unwrap();
    let chosen = |w: &common::Model| talk(w).panel.as_ref().is_some_and(|p| p.chosen.as_deref() == Some("s"));
    screen.until("the microphone", chosen).await;
    screen.kitchen.shutdown().await;
}

/// R6.1: a panic in voice begins that task again and shuts nothing down.
#[tokio::test]
async fn r6_01_a_panic_of_the_voice_room_costs_nobody_else_anything() {
    let (folder, hub, studio) =
        (tempfile::tempdir().unwrap(), ScriptedHub::start().await, Arc::new(Studio::default()));
    studio.panics.store(1, Ordering::SeqCst);
    let mut screen = Screen::with(talking_to_nobody(folder.path(), &hub, &studio)).await;
    screen.until("it says so", |w| talk(w).fault.as_ref().is_some_and(|f| f.code == "voice_failed")).await;
    assert_eq!(press(&screen, TalkPress::Down).await.unwrap_err().code, "voice_failed");
    screen.until_live().await;
    hub.place("o12", draft("12", vec![line("steak", 1, &[])]));
    screen.until("the order", |w| w.card("o12").is_some()).await;
    screen.bump("o12").await;
    screen.until("it is begun again", |w| talk(w).fault.is_none()).await;
    press(&screen, TalkPress::Down).await.unwrap();
    screen.until("listening", |w| talk(w).turn == TalkTurn::Listening).await;
    assert_eq!(studio.opened.load(Ordering::SeqCst), 2);
    screen.kitchen.shutdown().await;
}

/// R1.5 and R6.2: the room ends with its display, in its time, whatever it is at.
#[tokio::test]
async fn r1_05_no_task_is_left_of_a_display_that_was_talked_to() {
    let hub = ScriptedHub::start().await;
    let metrics = tokio::runtime::Handle::current().metrics();
    let before = metrics.num_alive_tasks();
    for round in 0..20u32 {
        let (folder, studio) = (tempfile::tempdir().unwrap(), Arc::new(Studio::default()));
        let kitchen = Kitchen::start(talking_to_nobody(folder.path(), &hub, &studio)).await.unwrap();
        let window = mount(&kitchen, "main").await;
        if round % 2 == 0 {
            kitchen.talk(&window.view, window.mount, TalkPress::Down).await.unwrap();
        }
        let begun = std::time::Instant::now();
        kitchen.shutdown().await;
        assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    }
    testkit::eventually("nothing is left", || async {
        (metrics.num_alive_tasks() <= before + 2).then_some(())
    })
    .await;
}
