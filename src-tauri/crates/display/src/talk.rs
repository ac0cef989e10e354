//! The voice room: from the talk button to a command on the board.
//!
//! ```text
//! window --TalkPress--> actor --Told--> driver (room, client, microphone) == WebRTC == peer
//! window <---frames---- actor <--Said--  (what is shown, what is to be done)
//! ```
//!
//! The actor gives what could be spoken of when the button went down, carries out what was understood as if it had been
//! touched, and shows. Everything else is in a task of its own: [`room`] decides and is pure, [`driver`] owns the client
//! and the microphone. The invariant: the actor never waits for that task, and whatever happens there, a panic included,
//! costs a turn and nothing else; the task is begun again (rule R6.1).

mod driver;
mod panel;
mod room;

use crate::actor::{Actor, Reply, Request};
use crate::frame::{
    Go, MicrophoneChoice, Press, Pressed, SpokenAnswer, Talk, TalkMode, TalkPress, TalkTurn, TurnRecord,
};
use crate::handle::{Notification, Sound};
use crate::offer::By;
use crate::spoken::Spoken;
use crate::view::Role;
use kitchen::At;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use voice::audio::{Frame, State};
use voice::spoken::Question;
use wire::hub::Fault;

/// What a display needs to be talked to.
#[derive(Debug, Clone)]
pub struct Voice {
    /// Whom it asks what was said, and how patiently.
    pub client: voice::peer::Config,
    /// As a person would say whose peer that is: host and port; empty for the hub's own.
    pub host: String,
    /// Where sound comes from.
    pub microphones: Arc<dyn Microphones>,
}

/// The microphones of this computer. The shell has real ones; tests speak through a channel.
pub trait Microphones: std::fmt::Debug + Send + Sync {
    /// Begins to look after the one of that id, else the computer's default one. Does not wait for it.
    ///
    /// # Errors
    /// When nothing can look after it.
    fn open(&self, id: Option<&str>) -> std::io::Result<Microphone>;

    /// Those there are to choose from. May take seconds.
    fn list(&self) -> Vec<MicrophoneChoice>;
}

/// A microphone that is looked after.
#[derive(Debug)]
pub struct Microphone {
    /// What it hears, all the time.
    pub frames: mpsc::Receiver<Frame>,
    /// How it is.
    pub state: watch::Receiver<State>,
    /// How loud it is, 0 to 100.
    pub level: watch::Receiver<u8>,
    /// Lets go of it when dropped, which may take half a second.
    pub held: Box<dyn Held>,
}

/// What can be asked of a microphone that is looked after.
pub trait Held: std::fmt::Debug + Send {
    /// Changes to the one of that id; none: the computer's default one.
    fn choose(&self, id: Option<String>);
}

/// A state of a turn lasted too long (R5.4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StateTimeout {
    /// Which turn.
    pub turn: u32,
    /// Where it was.
    pub state: String,
    /// How long it may last.
    pub after_ms: u32,
    /// What did not come.
    pub reason: String,
}

/// Words of the cook, final.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TranscriptFinal {
    /// When.
    pub at: At,
    /// The words.
    pub words: String,
    /// They are those of the turn that waited for them.
    pub awaited: bool,
}

/// What is kept over restarts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    #[serde(default)]
    mode: TalkMode,
    /// None: the computer's default one.
    #[serde(default)]
    microphone: Option<String>,
}

/// What the actor tells the room.
#[derive(Debug)]
pub(crate) enum Told {
    Press {
        view: String,
        press: TalkPress,
        /// What could be spoken of when the button went down; none for presses that begin nothing.
        spoken: Option<Box<Spoken>>,
        moment: Moment,
        reply: Reply<()>,
    },
    /// Whoever held the button of that view is not there any more.
    Left { view: String },
}

/// What the room tells the actor.
#[derive(Debug)]
pub(crate) enum Said {
    /// This is how talking stands.
    Shown(Box<Shown>),
    /// This was meant, as if it had been touched,
    Press { view: String, press: Press, reply: Reply<Pressed> },
    /// or as if somebody had gone there,
    Go { view: String, go: Go, reply: Reply<()> },
    /// or asked.
    Ask { view: String, question: Question, reply: Reply<SpokenAnswer> },
    /// To be told without being asked.
    Tell(Notification),
    /// To be heard.
    Ring(Sound),
    /// To be kept.
    Keep(Kept),
}

/// How talking stands, on every view.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shown {
    /// On those that nobody has talked to yet.
    idle: Talk,
    views: BTreeMap<String, Talk>,
}

/// The hub's clock at a moment of ours.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) at: At,
    pub(crate) instant: Instant,
    /// How many of the hub's milliseconds pass in a real one.
    pub(crate) pace: f64,
}

impl Moment {
    /// What the hub's clock says at another moment.
    fn at(&self, instant: Instant) -> At {
        self.at.plus(self.hub_ms(instant.saturating_duration_since(self.instant)))
    }

    fn hub_ms(&self, real: Duration) -> i64 {
        i64::try_from(real.mul_f64(self.pace).as_millis()).unwrap_or(i64::MAX)
    }
}

/// Presses that may wait for the room: it has stopped when there are more.
const TOLD: usize = 32;
/// What its end may take (R6.2).
const END: Duration = Duration::from_millis(2_500);
/// The name of the preference in the journal.
const TALK: &str = "talk";

/// The actor's side of the room.
pub(crate) struct Front {
    /// None: the display is not talked to.
    room: Option<(mpsc::Sender<Told>, JoinHandle<()>)>,
    shown: Option<Shown>,
}

impl Front {
    /// Opens the room, if there is to be one.
    pub(crate) fn open(
        voice: Option<Voice>,
        kept: Option<&String>,
        moment: Moment,
        actor: mpsc::WeakSender<Request>,
    ) -> Self {
        let Some(voice) = voice else { return Self { room: None, shown: None } };
        let kept: Kept = kept.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let shown = Some(Shown::nothing(kept.mode, moment.at));
        let (told, inbox) = mpsc::channel(TOLD);
        let task = tokio::spawn(driver::run(voice, kept, moment, inbox, actor));
        Self { room: Some((told, task)), shown }
    }

    /// How talking stands on a view.
    pub(crate) fn shown(&self, view: &str) -> Option<Talk> {
        let shown = self.shown.as_ref()?;
        Some(shown.views.get(view).unwrap_or(&shown.idle).clone())
    }

    /// Whoever held the button of a view is not there any more.
    pub(crate) fn left(&self, view: &str) {
        if let Some((told, _)) = &self.room {
            // A room that does not keep up ends the turn by its own limit.
            let _ = told.try_send(Told::Left { view: view.to_owned() });
        }
    }

    /// Ends the room in order, within its time.
    pub(crate) async fn close(&mut self) {
        let Some((told, mut task)) = self.room.take() else { return };
        drop(told);
        match tokio::time::timeout(END, &mut task).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(target: "display::talk", %error, "the voice room had failed"),
            Err(_) => {
                tracing::error!(target: "display::talk", "the voice room did not end in time and is cut off");
                task.abort();
            }
        }
    }
}

impl Shown {
    fn nothing(mode: TalkMode, since: At) -> Self {
        let idle = Talk { turn: TalkTurn::Ready, since, mode, fault: None, said: None, panel: None };
        Self { idle, views: BTreeMap::new() }
    }
}

impl Actor {
    pub(crate) fn moment(&self) -> Moment {
        Moment { at: self.now, instant: Instant::now(), pace: self.time.factor() }
    }

    /// A press of a talk button, or on what was said.
    pub(crate) fn talk(&mut self, view: String, mount: u32, press: TalkPress, reply: Reply<()>) {
        let role = match self.view(&view, mount) {
            Ok(held) => held.role,
            Err(fault) => {
                let _ = reply.send(Err(fault));
                return;
            }
        };
        let allowed = match press {
            TalkPress::Down | TalkPress::Up | TalkPress::Cancel => true,
            TalkPress::Choose { .. } | TalkPress::Dismiss { .. } => true,
            TalkPress::Mode { .. }
            | TalkPress::Microphone { .. }
            | TalkPress::Panel { .. }
            | TalkPress::Reset => role == Role::Cook,
        };
        let Some((told, _)) = self.talk.room.as_ref().filter(|_| allowed) else {
            let code = if allowed { "voice_absent" } else { "not_allowed" };
            let _ = reply.send(Err(Fault::new(code)));
            return;
        };
        let spoken = (press == TalkPress::Down).then(|| self.views.get(&view)).flatten();
        let spoken = spoken.map(|held| Box::new(self.spoken(held)));
        let press = Told::Press { view, press, spoken, moment: self.moment(), reply };
        if let Err(refused) = told.try_send(press)
            && let Told::Press { reply, .. } = refused.into_inner()
        {
            let _ = reply.send(Err(Fault::new("voice_away").passing()));
        }
    }

    /// What the room says.
    pub(crate) fn room_said(&mut self, said: Said) {
        match said {
            Said::Shown(shown) => {
                self.talk.shown = Some(*shown);
                for (id, view) in &mut self.views {
                    let talk = self.talk.shown(id);
                    if view.talk != talk {
                        view.talk = talk;
                        view.stale = true;
                    }
                }
            }
            Said::Press { view, press, reply } => match self.spoken_to(&view) {
                Ok(Role::Cook) => self.queue_press(view, press, By::Word, reply),
                Ok(Role::Guest) => drop(reply.send(Err(Fault::new("not_allowed")))),
                Err(gone) => drop(reply.send(Err(gone))),
            },
            Said::Go { view, go, reply } => {
                drop(reply.send(self.spoken_to(&view).and_then(|_| self.go(&view, go))));
            }
            Said::Ask { view, question, reply } => {
                drop(reply.send(self.spoken_to(&view).and_then(|_| self.answer(&view, &question))));
            }
            // Nobody may be listening.
            Said::Tell(notification) => drop(self.notifications.send(notification)),
            Said::Ring(sound) => self.sound(sound),
            Said::Keep(kept) => match serde_json::to_string(&kept) {
                Ok(text) => drop(self.log.unwritten.preferences.insert(TALK.to_owned(), text)),
                Err(error) => tracing::error!(target: "display::talk", %error, "nothing of it can be kept"),
            },
        }
    }

    /// Somebody is there, as by a touch.
    fn spoken_to(&mut self, view: &str) -> Result<Role, Fault> {
        self.bell.silence();
        self.views.get(view).map(|held| held.role).ok_or_else(|| Fault::new("mount_gone").passing())
    }

    /// What was kept of talking.
    pub(crate) fn kept_talk(preferences: &BTreeMap<String, String>) -> Option<&String> {
        preferences.get(TALK)
    }
}

/// A change of a turn, told as it is kept.
fn told(record: &TurnRecord) -> Notification {
    Notification::TurnStateChange(Box::new(record.clone()))
}
