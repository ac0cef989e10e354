//! The room's task: it owns the client and the microphone, does what the room says, and is begun again when it fails.
//!
//! It waits for the actor, never the actor for it. It ends when nobody tells it anything any more: the client says good
//! night to its peer, the microphone is let go, each within its time.

use super::room::{Now, Output, Room};
use super::{Kept, Microphone, Moment, Said, Shown, Told, Voice};
use crate::actor::{Reply, Request};
use crate::frame::{MicrophoneChoice, SpokenAnswer};
use crate::spoken::Meaning;
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};
use voice::peer::Client;
use wire::hub::Fault;

/// The pause after a first failure; it doubles with each that follows, up to the second.
const PAUSE: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(60)];
/// Work that went well for this long has recovered.
const RECOVERED: Duration = Duration::from_secs(60);
/// What letting go of a microphone may take before it is left behind.
const LET_GO: Duration = Duration::from_secs(1);

/// Why the room had to be begun again.
#[derive(Debug, thiserror::Error)]
enum FailedError {
    #[error("the microphone cannot be looked after: {0}")]
    Microphone(std::io::Error),
    #[error("nobody looks after the microphone any more")]
    Unheard,
    #[error("the voice client cannot be started: {0}")]
    Client(std::io::Error),
    #[error("the voice client does not answer")]
    Stuck,
}

/// What the hub's clock says, as last told by the actor.
struct Clock {
    opened: Instant,
    moment: Moment,
}

impl Clock {
    fn now(&self) -> Now {
        let instant = Instant::now();
        Now { real: instant.duration_since(self.opened), at: self.moment.at(instant), pace: self.moment.pace }
    }
}

/// Runs the room until nobody tells it anything any more.
pub(super) async fn run(
    voice: Voice,
    kept: Kept,
    moment: Moment,
    mut inbox: mpsc::Receiver<Told>,
    actor: mpsc::WeakSender<Request>,
) {
    let mut clock = Clock { opened: Instant::now(), moment };
    let open = |kept, at| {
        let (limits, then) = (voice.client.limits, voice.client.then);
        Room::new(kept, voice.host.clone(), limits, then, at)
    };
    let mut room = open(kept, moment.at);
    let mut pause = PAUSE[0];
    loop {
        let began = Instant::now();
        let work = serve(&voice, &mut room, &mut clock, &mut inbox, &actor);
        let ended = AssertUnwindSafe(work).catch_unwind().await;
        let why = match ended {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(_) => {
                // What it was about to do is not known any more.
                room = open(room.kept().clone(), clock.now().at);
                "panicked".to_owned()
            }
        };
        if began.elapsed() >= RECOVERED {
            pause = PAUSE[0];
        }
        let again_in_ms = pause.as_millis();
        tracing::error!(target: "display::talk", why, again_in_ms, "the voice room failed, and is begun again");
        room.failed(clock.now());
        if show(&room, &clock, &actor).await.is_none() || refuse(&mut inbox, pause).await.is_none() {
            return;
        }
        pause = (pause * 2).min(PAUSE[1]);
    }
}

/// Nobody can talk meanwhile. None: nobody is to.
async fn refuse(inbox: &mut mpsc::Receiver<Told>, pause: Duration) -> Option<()> {
    let until = Instant::now() + pause;
    while let Ok(told) = tokio::time::timeout_at(until, inbox.recv()).await {
        match told? {
            Told::Press { reply, .. } => {
                let _ = reply.send(Err(Fault::new("voice_failed").passing()));
            }
            Told::Left { .. } => {}
        }
    }
    Some(())
}

enum Woken {
    Told(Option<Told>),
    Event(Option<voice::peer::Event>),
    Microphone(bool),
    Level(bool),
    Acted(u32, Result<Option<SpokenAnswer>, Fault>),
    Listed(Vec<MicrophoneChoice>),
    Time,
}

async fn serve(
    voice: &Voice,
    room: &mut Room,
    clock: &mut Clock,
    inbox: &mut mpsc::Receiver<Told>,
    actor: &mpsc::WeakSender<Request>,
) -> Result<(), FailedError> {
    let microphone = voice.microphones.open(room.kept().microphone.as_deref());
    let Microphone { frames, mut state, mut level, held } = microphone.map_err(FailedError::Microphone)?;
    let (mut client, mut events) =
        Client::start(voice.client.clone(), frames).map_err(FailedError::Client)?;
    let mut acts = Acts::new();
    let mut listing: JoinSet<Vec<MicrophoneChoice>> = JoinSet::new();
    let mut shown: Option<Shown> = None;
    room.begun();
    room.microphone(state.borrow_and_update().clone());
    let ended = loop {
        let mut is_stuck = false;
        let mut is_alone = false;
        while let Some(output) = room.poll_output() {
            let said = match output {
                Output::Client(command) => {
                    is_stuck |= client.say(command).is_err();
                    continue;
                }
                Output::Restart => {
                    is_stuck = true;
                    continue;
                }
                Output::Choose(id) => {
                    held.choose(id);
                    continue;
                }
                Output::List => {
                    let microphones = voice.microphones.clone();
                    if listing.is_empty() {
                        listing.spawn_blocking(move || microphones.list());
                    }
                    continue;
                }
                Output::Mean { id, view, meaning } => match *meaning {
                    Meaning::Press(press) => {
                        let reply = carried_out(&mut acts, id, |_| None);
                        Said::Press { view, press, reply }
                    }
                    Meaning::Go(go) => {
                        let reply = carried_out(&mut acts, id, |()| None);
                        Said::Go { view, go, reply }
                    }
                    Meaning::Ask(question) => {
                        let reply = carried_out(&mut acts, id, Some);
                        Said::Ask { view, question, reply }
                    }
                },
                Output::Tell(notification) => Said::Tell(notification),
                Output::Ring(sound) => Said::Ring(sound),
                Output::Keep(kept) => Said::Keep(kept),
            };
            is_alone |= tell(actor, said).await.is_none();
        }
        let now = room.shown(clock.now());
        if shown.as_ref() != Some(&now) {
            is_alone |= tell(actor, Said::Shown(Box::new(now.clone()))).await.is_none();
            shown = Some(now);
        }
        if is_alone {
            break Ok(());
        }
        if is_stuck {
            break Err(FailedError::Stuck);
        }
        let due = room.next_deadline().map(|due| clock.opened + due);
        let woken = tokio::select! {
            told = inbox.recv() => Woken::Told(told),
            event = events.recv() => Woken::Event(event),
            changed = state.changed() => Woken::Microphone(changed.is_ok()),
            changed = level.changed(), if room.has_panel() => Woken::Level(changed.is_ok()),
            Some(Ok((id, result))) = acts.join_next() => Woken::Acted(id, result),
            Some(Ok(devices)) = listing.join_next() => Woken::Listed(devices),
            () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => Woken::Time,
        };
        match woken {
            Woken::Told(None) => break Ok(()),
            Woken::Told(Some(Told::Press { view, press, spoken, moment, reply })) => {
                clock.moment = moment;
                let _ = reply.send(room.press(&view, press, spoken, clock.now()));
            }
            Woken::Told(Some(Told::Left { view })) => room.left(&view, clock.now()),
            Woken::Event(Some(event)) => {
                room.hear(event, clock.now());
                room.counted(client.tally());
            }
            Woken::Event(None) => break Err(FailedError::Stuck),
            Woken::Microphone(true) => room.microphone(state.borrow_and_update().clone()),
            Woken::Level(true) => room.level(*level.borrow_and_update(), client.tally(), clock.now()),
            Woken::Microphone(false) | Woken::Level(false) => break Err(FailedError::Unheard),
            Woken::Acted(id, result) => room.acted(id, result, clock.now()),
            Woken::Listed(devices) => room.listed(devices),
            Woken::Time => room.handle_timeout(clock.now()),
        }
    };
    acts.abort_all();
    let let_go = tokio::task::spawn_blocking(move || drop(held));
    let (_, let_go) = tokio::join!(client.shutdown(), timeout(LET_GO, let_go));
    if let_go.is_err() {
        tracing::error!(target: "display::talk", "the microphone is not let go, and left behind");
    }
    ended
}

/// What was meant, while it is being carried out: its id, and then the answer if it was a question.
type Acts = JoinSet<(u32, Result<Option<SpokenAnswer>, Fault>)>;

/// Waits for what comes of something that was meant.
fn carried_out<T: Send + 'static>(
    acts: &mut Acts,
    id: u32,
    answer: impl Fn(T) -> Option<SpokenAnswer> + Send + 'static,
) -> Reply<T> {
    let (reply, result) = oneshot::channel();
    acts.spawn(async move {
        let ending = |_| Err(Fault::new("display_ending"));
        (id, result.await.unwrap_or_else(ending).map(answer))
    });
    reply
}

async fn show(room: &Room, clock: &Clock, actor: &mpsc::WeakSender<Request>) -> Option<()> {
    tell(actor, Said::Shown(Box::new(room.shown(clock.now())))).await
}

/// None: there is no actor any more.
async fn tell(actor: &mpsc::WeakSender<Request>, said: Said) -> Option<()> {
    actor.upgrade()?.send(Request::Room(said)).await.ok()
}
