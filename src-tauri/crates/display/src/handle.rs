//! The handle: what windows may ask of the kitchen, and how it is started and ended.

use crate::actor::{Actor, Request};
use crate::clock::{Clock, SystemClock};
use crate::frame::{
    Connection, ConnectionChange, Frame, Go, Grid, Mounted, Press, Pressed, TalkPress, TurnRecord,
};
use crate::offer::By;
use crate::spoken::Spoken;
use crate::talk::{StateTimeout, TranscriptFinal, Voice};
use crate::view::Role;
use journal::{Journal, OpenError};
use kitchen::StationId;
use link::{Credentials, Link};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio::task::JoinHandle;
use ts_rs::TS;
use wire::hub::Fault;

/// A running display. Clones are handles to the same one.
#[derive(Debug, Clone)]
pub struct Kitchen {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    requests: mpsc::Sender<Request>,
    notifications: broadcast::Sender<Notification>,
    sounds: broadcast::Sender<Ring>,
    task: Mutex<Option<JoinHandle<()>>>,
}

/// What a display needs to run.
#[derive(Debug, Clone)]
pub struct Config {
    /// Its own folder; one display per folder.
    pub data: PathBuf,
    /// Where its hub is.
    pub hub: HubAddress,
    /// A PEM file with the authority that signed the hub's certificate, if this computer does not know it.
    pub authority: Option<PathBuf>,
    /// What lets it in there.
    pub token: Token,
    /// Program and version, for the hub's status page.
    pub app: String,
    /// What a view shows before anybody has chosen; none: the first station of the setup.
    pub station: Option<StationId>,
    /// The screen's own clock.
    pub clock: Arc<dyn Clock>,
    /// How patient the link is.
    pub timing: link::Timing,
    /// What it needs to be talked to; none: it has no talk button.
    pub voice: Option<Voice>,
}

impl Config {
    /// A display on this machine's clock with a hub on the same network.
    #[must_use]
    pub fn new(data: PathBuf, hub: HubAddress, token: Token) -> Self {
        Self {
            data,
            hub,
            authority: None,
            token,
            app: concat!("brigade/", env!("CARGO_PKG_VERSION")).to_owned(),
            station: None,
            clock: Arc::new(SystemClock::default()),
            timing: link::Timing::lan(),
            voice: None,
        }
    }
}

/// Where a hub is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubAddress {
    /// `ws://host:port/ws`.
    pub url: String,
    /// As a person would say it: host and port; empty for this computer.
    pub label: String,
}

/// What lets a display in at its hub. Never logged, never part of an address.
#[derive(Clone)]
pub enum Token {
    /// In a file, read whenever a connection is made, so that it can be replaced under a running display.
    File(PathBuf),
    /// From whoever knows; told whether the one at hand was refused.
    Source(Arc<TokenSource>),
}

/// Gives a token, or says why there is none.
pub type TokenSource = dyn Fn(Credentials) -> std::io::Result<String> + Send + Sync;

impl Token {
    pub(crate) fn fetch(&self, credentials: Credentials) -> std::io::Result<String> {
        let token = match self {
            Self::File(path) => std::fs::read_to_string(path)?,
            Self::Source(source) => source(credentials)?,
        };
        Ok(token.trim().to_owned())
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Source(_) => f.write_str("Source(***)"),
        }
    }
}

/// Why a display cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its folder or its journal.
    #[error(transparent)]
    Journal(#[from] OpenError),
    /// The hub's address.
    #[error(transparent)]
    Link(#[from] link::StartError),
}

/// A window that shows a view. The view is named after the window and outlives it.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// Its name, the same over restarts.
    pub label: String,
    /// What it may do.
    pub role: Role,
    /// CSS pixels per millimetre, when the monitor says.
    pub px_per_mm: Option<f64>,
}

impl Window {
    /// A cook's window on a monitor that does not say how large it is.
    #[must_use]
    pub fn cook(label: impl Into<String>) -> Self {
        Self { label: label.into(), role: Role::Cook, px_per_mm: None }
    }
}

/// Rare things that are told without being asked (law 6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notification {
    /// The state of the link is another.
    ConnectionChange(Box<ConnectionChange>),
    /// So many attempts failed in a row.
    ConnectionMaxAttempts {
        /// How many.
        attempts: u32,
    },
    /// A turn is in another state (R5.8).
    TurnStateChange(Box<TurnRecord>),
    /// A state of a turn lasted too long; the change to idle follows (R5.4).
    StateTimeout(Box<StateTimeout>),
    /// Words of the cook are final.
    TranscriptFinal(Box<TranscriptFinal>),
}

impl Notification {
    /// The name it is emitted under.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::ConnectionChange(_) => "connection:change",
            Self::ConnectionMaxAttempts { .. } => "connection:max-attempts",
            Self::TurnStateChange(_) => "turn-state:change",
            Self::StateTimeout(_) => "state-timeout",
            Self::TranscriptFinal(_) => "transcript:final",
        }
    }
}

/// A sound that is due now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ring {
    /// Which.
    pub sound: Sound,
    /// How loud, 0-100.
    pub volume: u8,
}

/// Which sound, the most pressing first. What is voided, changed or new sounds again until somebody is at the screen or has
/// touched it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[ts(export)]
#[serde(rename_all = "snake_case")]
pub enum Sound {
    /// The hub is not heard any more: no new order can come.
    LinkLost,
    /// Pieces or a whole order were taken back: somebody cooks for nobody.
    Voided,
    /// A line was added, or is wanted otherwise.
    Changed,
    /// An order, or a course of one, that nobody could have seen.
    NewOrder,
    /// At the pass: every station has sent its part.
    Ready,
    /// A ticket is late.
    Late,
    /// What was said is done, or answered.
    Heard,
    /// What was said may have meant several things: somebody has to say.
    Asked,
    /// What was said was not understood, or cannot be done.
    Refused,
}

impl Sound {
    /// All of them, as a person would go through them.
    pub const ALL: [Self; 6] =
        [Self::NewOrder, Self::Changed, Self::Voided, Self::Late, Self::Ready, Self::LinkLost];
}

/// Requests that may wait for the actor. A window has one pull and a few presses under way.
const REQUESTS: usize = 256;
/// Rare things that a slow listener may be behind.
const NOTIFICATIONS: usize = 64;
/// What a whole shutdown may take: link 3 s, journal 2 s, and what was under way.
const SHUTDOWN: Duration = Duration::from_secs(8);

impl Kitchen {
    /// Opens the journal, puts its board up at once, and begins to connect.
    ///
    /// # Errors
    /// When the folder is in use, written by a newer program or unusable, or the hub's address is none.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let folder = config.data.clone();
        let opened = tokio::task::spawn_blocking(move || Journal::open(&folder))
            .await
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))?;
        let (requests, inbox) = mpsc::channel(REQUESTS);
        let (notifications, _) = broadcast::channel(NOTIFICATIONS);
        let (sounds, _) = broadcast::channel(NOTIFICATIONS);
        let seed = u64::try_from(config.clock.wall().0).unwrap_or(0) ^ u64::from(std::process::id());
        let link = Link::start(
            &link::Config {
                url: config.hub.url.clone(),
                authority: config.authority.clone(),
                timing: config.timing,
                largest_message: wire::hub::LARGEST_FRAME,
                seed,
            },
            crate::dialect::HubDialect,
        )?;
        let room = requests.downgrade();
        let actor = Actor::new(config, opened, link, (room, inbox), notifications.clone(), sounds.clone());
        let task = tokio::spawn(actor.run());
        let task = Mutex::new(Some(task));
        Ok(Self { inner: Arc::new(Inner { requests, notifications, sounds, task }) })
    }

    /// Makes or takes over the view of a window and gives its whole picture. The window's earlier mount is over.
    ///
    /// # Errors
    /// When the display is ending.
    pub async fn mount(&self, window: Window) -> Result<Mounted, Fault> {
        self.ask(|reply| Request::Mount { window, reply }).await
    }

    /// The window goes away; nothing is wanted any more. A mount that is over already is fine.
    ///
    /// # Errors
    /// When the display is ending.
    pub async fn unmount(&self, view: &str, mount: u32) -> Result<(), Fault> {
        let view = view.to_owned();
        self.ask(|reply| Request::Unmount { view, mount, reply }).await
    }

    /// Waits, some 12 s at most, for a change after `revision`. A frame whose revision is its base says that nothing
    /// happened and all is well. Dropping the future is fine.
    ///
    /// # Errors
    /// `mount_gone` when the view has been mounted again or unmounted: mount it anew.
    pub async fn next_frame(&self, view: &str, mount: u32, revision: u32) -> Result<Frame, Fault> {
        let view = view.to_owned();
        self.ask(|reply| Request::NextFrame { view, mount, revision, reply }).await
    }

    /// The picture of a revision is on the glass.
    ///
    /// # Errors
    /// As [`Kitchen::next_frame`].
    pub async fn painted(&self, view: &str, mount: u32, revision: u32) -> Result<(), Fault> {
        let view = view.to_owned();
        self.ask(|reply| Request::Painted { view, mount, revision, reply }).await
    }

    /// How much fits on the glass.
    ///
    /// # Errors
    /// As [`Kitchen::next_frame`].
    pub async fn set_grid(&self, view: &str, mount: u32, grid: Grid) -> Result<(), Fault> {
        let view = view.to_owned();
        self.ask(|reply| Request::SetGrid { view, mount, grid, reply }).await
    }

    /// A press; answered once it is on the disk and on the glass, network or not.
    ///
    /// # Errors
    /// A fault for a person: the kitchen's own refusal, `not_allowed` for a guest's window, `disk_full`, `mount_gone`.
    pub async fn press(&self, view: &str, mount: u32, press: Press) -> Result<Pressed, Fault> {
        let view = view.to_owned();
        self.ask(|reply| Request::Press { view, mount, press, by: By::Touch, reply }).await
    }

    /// What a spoken word came to, see [`Spoken::meaning`]: as [`Kitchen::press`], and whatever it did is offered back.
    ///
    /// # Errors
    /// As [`Kitchen::press`]; `changed_meanwhile`.
    pub async fn press_by_word(&self, view: &str, mount: u32, press: Press) -> Result<Pressed, Fault> {
        let view = view.to_owned();
        self.ask(|reply| Request::Press { view, mount, press, by: By::Word, reply }).await
    }

    /// Where the view should look next; the next frame shows it.
    ///
    /// # Errors
    /// As [`Kitchen::next_frame`]; `order_unknown`, `station_unknown`.
    pub async fn go(&self, view: &str, mount: u32, go: Go) -> Result<(), Fault> {
        let view = view.to_owned();
        self.ask(|reply| Request::Go { view, mount, go, reply }).await
    }

    /// What can be spoken of on a view now: taken when the talk button goes down.
    ///
    /// # Errors
    /// As [`Kitchen::next_frame`].
    pub async fn spoken(&self, view: &str, mount: u32) -> Result<Spoken, Fault> {
        let view = view.to_owned();
        self.ask(|reply| Request::Spoken { view, mount, reply }).await
    }

    /// A press of the talk button, or on what was said; the next frames show what comes of it.
    ///
    /// # Errors
    /// As [`Kitchen::next_frame`]; `voice_absent` for a display that is not talked to, `talk_busy` while a turn is under way,
    /// `not_allowed` for a guest's window, `question_over`.
    pub async fn talk(&self, view: &str, mount: u32, press: TalkPress) -> Result<(), Fault> {
        let view = view.to_owned();
        self.ask(|reply| Request::Talk { view, mount, press, reply }).await
    }

    /// A person wants the link tried now.
    ///
    /// # Errors
    /// When the display is ending.
    pub async fn retry_connection(&self) -> Result<(), Fault> {
        self.ask(|reply| Request::Retry { reply }).await
    }

    /// The state of the link.
    ///
    /// # Errors
    /// When the display is ending.
    pub async fn connection(&self) -> Result<Connection, Fault> {
        self.ask(|reply| Request::Connection { reply }).await
    }

    /// Rare things from now on.
    #[must_use]
    pub fn notifications(&self) -> broadcast::Receiver<Notification> {
        self.inner.notifications.subscribe()
    }

    /// Sounds from now on.
    #[must_use]
    pub fn sounds(&self) -> broadcast::Receiver<Ring> {
        self.inner.sounds.subscribe()
    }

    /// Ends the display in order: no more requests, link closed, journal written and closed. Bounded; a second call
    /// waits for nothing.
    pub async fn shutdown(&self) {
        let task = self.inner.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut task) = task else {
            tracing::warn!(target: "display", "asked to shut down twice");
            return;
        };
        let asked = self.inner.requests.send(Request::Shutdown);
        // An actor that does not take requests any more is past asking.
        let _ = tokio::time::timeout(Duration::from_secs(1), asked).await;
        match tokio::time::timeout(SHUTDOWN, &mut task).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(target: "display", %error, "the display had failed"),
            Err(_) => {
                tracing::error!(target: "display", "the display did not end in time and is cut off");
                task.abort();
            }
        }
    }

    /// Waits until the display has ended, by whatever cause.
    pub async fn ended(&self) {
        self.inner.requests.closed().await;
    }

    async fn ask<T>(
        &self,
        request: impl FnOnce(oneshot::Sender<Result<T, Fault>>) -> Request,
    ) -> Result<T, Fault> {
        let (reply, answer) = oneshot::channel();
        let ending = || Fault::new("display_ending");
        self.inner.requests.send(request(reply)).await.map_err(|_| ending())?;
        answer.await.map_err(|_| ending())?
    }
}
