//! A screen, and the cook in front of it who touches whatever is there, now and then takes it back, and remembers what
//! the screen said was done.
//!
//! One thread owns the process. Others may kill it at any moment, in the middle of a touch too; the thread notices, starts
//! it again on the same folder, and the cook goes on.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use kitchen::{At, Order, StationId, Ticket};
use tokio::sync::{Notify, watch};

use super::Plan;
use super::dice::Dice;
use super::house::tear;
use super::report::Kind;
use crate::support::display_process::{Deed, Picture, Seen};
use crate::support::process::signal;
use crate::support::{DisplayProcess, SOON, until};

/// What a screen looks at.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Post {
    Station(&'static str),
    Pass,
}

impl Post {
    fn station(self) -> StationId {
        match self {
            Self::Station(id) => StationId::from(id),
            Self::Pass => StationId::expo(),
        }
    }

    /// Whether a screen here shows a ticket of the order.
    pub(crate) fn shows(self, order: &Order) -> bool {
        Ticket::of(order, &self.station(), At(i64::MAX)).is_some_and(|ticket| ticket.is_on_glass())
    }

    /// The ticket's own lines and how they are, as they should stand on the glass.
    pub(crate) fn lines(self, order: &Order) -> Vec<(String, String)> {
        let station = self.station();
        let ticket = Ticket::of(order, &station, At(i64::MAX)).expect("a ticket here");
        let own = ticket.own.iter().filter(|own| own.line.live() > 0 || own.is_open());
        own.map(|own| {
            let (live, work) = (own.line.live(), own.work);
            let state = match () {
                () if live == 0 => "voided",
                () if work.bumped >= live => "bumped",
                () if work.done >= live => "done",
                () if work.started_at.is_some() || work.done > 0 => "started",
                () => "queued",
            };
            (own.line.id.0.clone(), state.to_owned())
        })
        .collect()
    }
}

/// What a cook was told.
#[derive(Debug, Default)]
pub(crate) struct Account {
    /// Operations that the screen said were done.
    pub(crate) done: Vec<String>,
    /// Bumps taken back before they left the screen, for all that is known.
    pub(crate) withdrawn: BTreeSet<String>,
    /// Touches that the screen refused or that changed nothing.
    pub(crate) nothing: usize,
}

pub(crate) struct Screen {
    pub(crate) name: &'static str,
    pub(crate) data: PathBuf,
    post: Post,
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    process: AtomicU32,
    pictures: Mutex<watch::Receiver<Picture>>,
    account: Mutex<Account>,
    /// The journal is to be torn before the next start.
    torn: AtomicBool,
    resting: AtomicBool,
    ending: AtomicBool,
    trouble: Mutex<Trouble>,
    calmed: Notify,
}

/// What is wrong around the screen now.
#[derive(Debug, Default)]
struct Trouble {
    active: usize,
    /// Counts them.
    number: u64,
    /// The last one that ended, when none is active and nobody has asked yet.
    ended: Option<(Kind, Instant)>,
}

impl Screen {
    pub(crate) fn start(
        name: &'static str,
        post: Post,
        data: PathBuf,
        hub: SocketAddr,
        token: &Path,
        plan: &Plan,
        seed: u64,
    ) -> Self {
        let url = format!("ws://{hub}/ws");
        let process = DisplayProcess::start(&data, &url, token);
        let shared = Arc::new(Shared {
            process: AtomicU32::new(process.id()),
            pictures: Mutex::new(process.pictures()),
            account: Mutex::default(),
            torn: AtomicBool::new(false),
            resting: AtomicBool::new(false),
            ending: AtomicBool::new(false),
            trouble: Mutex::default(),
            calmed: Notify::new(),
        });
        let cook = Cook {
            process,
            again: (data.clone(), url, token.to_owned()),
            post,
            shared: shared.clone(),
            dice: Dice::new(seed),
            bumps: Vec::new(),
            hands: plan.hands,
        };
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || cook.work()).unwrap();
        Self { name, data, post, shared, thread: Mutex::new(Some(thread)) }
    }

    pub(crate) fn post(&self) -> Post {
        self.post
    }

    pub(crate) fn picture(&self) -> Picture {
        self.shared.pictures.lock().unwrap().borrow().clone()
    }

    /// The current is cut, and comes back as soon as the cook has noticed.
    pub(crate) async fn kill(&self, torn: bool) {
        self.trouble();
        self.shared.torn.store(torn, Ordering::SeqCst);
        let process = || self.shared.process.load(Ordering::SeqCst);
        let killed = process();
        signal("KILL", &format!("-{killed}"));
        until("a screen to be switched on again", SOON, async || (process() != killed).then_some(())).await;
    }

    /// Something goes wrong.
    pub(crate) fn trouble(&self) {
        self.shared.trouble.lock().unwrap().begin();
    }

    /// It is over, since then.
    pub(crate) fn calm(&self, kind: Kind, since: Instant) {
        self.shared.calm(kind, since);
    }

    /// Waits until nothing is wrong, and says what it was that ended last, when, and its number.
    pub(crate) async fn calmed(&self) -> (Kind, Instant, u64) {
        loop {
            let notified = self.shared.calmed.notified();
            {
                let mut trouble = self.shared.trouble.lock().unwrap();
                let number = trouble.number;
                if trouble.active == 0
                    && let Some((kind, since)) = trouble.ended.take()
                {
                    return (kind, since, number);
                }
            }
            notified.await;
        }
    }

    /// Whether something has gone wrong since.
    pub(crate) fn troubled_since(&self, number: u64) -> bool {
        self.shared.trouble.lock().unwrap().number != number
    }

    /// The cook puts the hands down.
    pub(crate) fn rest(&self) {
        self.shared.resting.store(true, Ordering::SeqCst);
    }

    /// Ends it in order.
    pub(crate) fn end(&self) {
        self.shared.ending.store(true, Ordering::SeqCst);
        let thread = self.thread.lock().unwrap().take().expect("ended once");
        thread.join().expect("the cook of a screen");
    }

    pub(crate) fn account<T>(&self, read: impl FnOnce(&Account) -> T) -> T {
        read(&self.shared.account.lock().unwrap())
    }
}

impl Trouble {
    fn begin(&mut self) {
        self.active += 1;
        self.number += 1;
        self.ended = None;
    }
}

impl Shared {
    fn calm(&self, kind: Kind, since: Instant) {
        let mut trouble = self.trouble.lock().unwrap();
        trouble.active -= 1;
        if trouble.active == 0 {
            trouble.ended = Some((kind, since));
        }
        drop(trouble);
        self.calmed.notify_one();
    }
}

struct Cook {
    process: DisplayProcess,
    again: (PathBuf, String, PathBuf),
    post: Post,
    shared: Arc<Shared>,
    dice: Dice,
    /// Orders and bumps, oldest first.
    bumps: Vec<(String, String)>,
    hands: Duration,
}

impl Cook {
    fn work(mut self) {
        self.look();
        loop {
            if self.shared.ending.load(Ordering::SeqCst) {
                break;
            }
            if !self.process.runs() {
                self.restart();
            } else if !self.shared.resting.load(Ordering::SeqCst) {
                self.touch();
            }
            std::thread::park_timeout(self.dice.between(self.hands / 2, self.hands * 2));
        }
        self.process.end();
    }

    /// Every screen is switched on anew at the post it belongs to; a new one as soon as it knows of that post.
    fn look(&mut self) {
        let deed = match self.post {
            Post::Station(id) => Deed::Station { id: id.to_owned() },
            Post::Pass => Deed::Expo,
        };
        while matches!(self.process.try_act(&deed), Some(Err(_))) {
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }

    fn restart(&mut self) {
        let (data, url, token) = self.again.clone();
        let torn = self.shared.torn.swap(false, Ordering::SeqCst);
        if torn {
            tear(&data.join("display.db-wal"), &mut self.dice);
        }
        let started = Instant::now();
        self.process = DisplayProcess::start(&data, &url, &token);
        self.shared.process.store(self.process.id(), Ordering::SeqCst);
        *self.shared.pictures.lock().unwrap() = self.process.pictures();
        self.look();
        self.shared.calm(if torn { Kind::ScreenTorn } else { Kind::ScreenKilled }, started);
    }

    /// One touch of something that is there.
    fn touch(&mut self) {
        let picture = self.shared.pictures.lock().unwrap().borrow().clone();
        let lines = |states: &[&str]| -> Vec<(String, usize)> {
            let of = |ticket: &Seen| {
                let fits = |state: &str| states.contains(&state);
                let found = ticket.lines.iter().position(|(_, state)| fits(state));
                found.map(|line| (ticket.order.clone(), line))
            };
            picture.tickets.iter().filter_map(of).collect()
        };
        let bump = |dice: &mut Dice| {
            dice.one_of(&picture.tickets).map(|ticket| Deed::Bump { order: ticket.order.clone() })
        };
        let take_back = |bump: Option<&(String, String)>| {
            bump.map(|(order, operation)| Deed::Unbump { order: order.clone(), operation: operation.clone() })
        };
        let deed = match self.dice.below(100) {
            0..50 => bump(&mut self.dice),
            50..75 => {
                let open = lines(&["queued", "started"]);
                self.dice
                    .one_of(&open)
                    .map(|(order, line)| Deed::Finish { order: order.clone(), line: *line })
            }
            75..83 => {
                let done = lines(&["done"]);
                self.dice
                    .one_of(&done)
                    .map(|(order, line)| Deed::Reopen { order: order.clone(), line: *line })
            }
            // Undo, and recall of something older.
            83..93 => take_back(self.bumps.last()),
            _ => take_back(self.dice.one_of(&self.bumps)),
        };
        let Some(deed) = deed else { return };
        let outcome = self.process.try_act(&deed);
        let mut account = self.shared.account.lock().unwrap();
        match (&deed, outcome) {
            (_, Some(Ok(Some(operation)))) => {
                account.done.push(operation.clone());
                if let Deed::Bump { order } = deed {
                    self.bumps.push((order, operation));
                }
            }
            // A bump that never left the screen is taken back without a word to anybody; and of a screen that was
            // killed meanwhile nobody knows.
            (Deed::Unbump { operation, .. }, Some(Ok(None)) | None) => {
                account.withdrawn.insert(operation.clone());
            }
            _ => account.nothing += 1,
        }
        if self.bumps.len() > 60 {
            self.bumps.remove(0);
        }
    }
}
