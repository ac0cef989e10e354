//! The order server of one kitchen: takes orders over HTTP, keeps them in SQLite, sends them to every screen.
//!
//! ```text
//! POS --HTTP--> rest --\                        /--> feed --> ws --> screens
//!                       +--> writer --commit--> +
//! screens --> ws ------/     (one thread)       \--> answers (201, applied)
//! ```
//!
//! * `writer` is the only one that changes the log: whatever is queued goes into one transaction and one `fsync`, and nobody
//!   hears of it before. `store` is the only SQL.
//! * `ws` gives every screen its own place in the log; it fetches from `feed` (memory) or from the database, so that a slow
//!   screen costs nothing and no queue grows.
//! * `rest` and `ws` make operations and requests; the rules are in `kitchen`, the shapes in `wire`.
//! * Every task is tracked, every wait has an end, and [`Hub::shutdown`] goes in order.
//!
//! The invariant: what was answered with 201, 200 or `applied` is in the log, once, and stays there.

mod clock;
pub mod demo;
mod feed;
mod folder;
mod http;
mod life;
mod readers;
mod rest;
mod screens;
mod serve;
mod shutdown;
mod side;
mod status;
mod store;
mod text;
mod tokens;
pub mod upstream;
#[cfg(feature = "voice")]
mod voice;
#[cfg(not(feature = "voice"))]
#[path = "voice_absent.rs"]
mod voice;
mod writer;
mod ws;

pub use clock::{FastTime, MachineTime, TimeSource};
pub use folder::default_folder;
pub use serve::{Signals, serve_until_told};
pub use shutdown::{Ending, Limits as ShutdownLimits, Step};
pub use side::Side;
pub use store::{StoreError, TokenRow};
pub use tokens::{list_tokens, new_token, revoke_token};

use clock::HubClock;
use feed::Feed;
use folder::Folder;
use kitchen::{At, EpochId, RestaurantId, Settings, Setup, Station, StationRole};
use life::{Life, Why, Witness};
use readers::Readers;
use screens::Screens;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use tokens::Tokens;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use writer::{Counters, Writer};

/// The port of a hub when nobody says.
pub const DEFAULT_PORT: u16 = 7411;

/// Name and version, as screens and the status see it.
pub const APP: &str = concat!("brigade-hub/", env!("CARGO_PKG_VERSION"));

/// What a hub is to be.
#[derive(Clone)]
pub struct HubConfig {
    /// The data folder; made if it is not there. One process at a time.
    pub data: PathBuf,
    /// Where to listen. Loopback unless somebody wants other machines to join; port 0 takes any free one.
    pub listen: SocketAddr,
    /// The kitchen, used at the very first start only; from then on the database knows.
    pub first_setup: Setup,
    /// Refuse to start when the folder belongs to another restaurant than `first_setup` says: so that the demo kitchen and
    /// a real one never share a folder.
    pub same_restaurant: bool,
    /// Where time comes from.
    pub time: Arc<dyn TimeSource>,
    /// How much at a time.
    pub limits: Limits,
    /// How long the steps of a shutdown may take.
    pub shutdown: ShutdownLimits,
    /// The back end that orders come from, if there is one.
    pub upstream: Option<upstream::UpstreamConfig>,
    /// The folder of the speech model; None: where the environment or an installed package has it.
    pub voice_model: Option<PathBuf>,
}

impl HubConfig {
    /// A hub on loopback with an empty kitchen: one station that takes everything.
    #[must_use]
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self {
            data: data.into(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, DEFAULT_PORT)),
            first_setup: first_setup(),
            same_restaurant: false,
            time: Arc::new(MachineTime),
            limits: Limits::default(),
            shutdown: ShutdownLimits::default(),
            upstream: None,
            voice_model: None,
        }
    }
}

/// How much a hub takes on at a time. Who comes later is told to try again.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connected screens.
    pub screens: usize,
    /// HTTP connections; a screen is one until its hello is in.
    pub http: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { screens: 64, http: 256 }
    }
}

/// Why a hub cannot start, or its tokens cannot be changed.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// The data folder cannot be used.
    #[error("the data folder {} cannot be used", path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Another process serves it.
    #[error("the data folder {} is in use by another hub", path.display())]
    InUse {
        /// Which.
        path: PathBuf,
    },
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It belongs to another restaurant.
    #[error("the data folder belongs to the restaurant {found}, not to {wanted}")]
    OtherRestaurant {
        /// Whose it is.
        found: RestaurantId,
        /// Who asked.
        wanted: RestaurantId,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {addr}")]
    Listen {
        /// Which.
        addr: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The runtime is going down.
    #[error("the hub was stopped while it started")]
    Stopped,
}

/// A running hub. Dropping it stops it without waiting; [`Hub::shutdown`] is the way.
pub struct Hub {
    core: Arc<Core>,
    addr: SocketAddr,
    token: String,
    thread: Mutex<Option<std::thread::JoinHandle<()>>>,
    limits: ShutdownLimits,
    is_ending: AtomicBool,
}

/// What all parts of a hub share.
pub(crate) struct Core {
    /// Which life of the log this is; another one when a screen proves that the log is an older copy of itself.
    pub(crate) life: Arc<watch::Sender<Life>>,
    pub(crate) restaurant: RestaurantId,
    pub(crate) limits: Limits,
    pub(crate) clock: Arc<HubClock>,
    pub(crate) started_at: At,
    pub(crate) setup: Arc<RwLock<Arc<Setup>>>,
    pub(crate) feed: Arc<Feed>,
    pub(crate) screens: Arc<Screens>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) readers: Arc<Readers>,
    pub(crate) tokens: Tokens,
    pub(crate) writer: Writer,
    /// Places for HTTP connections.
    pub(crate) http_places: Arc<Semaphore>,
    /// Places for sockets that have not said who they are.
    pub(crate) greeting_places: Arc<Semaphore>,
    /// Places for screens.
    pub(crate) screen_places: Arc<Semaphore>,
    pub(crate) tasks: TaskTracker,
    pub(crate) stop_accepting: CancellationToken,
    pub(crate) accepting_stopped: CancellationToken,
    pub(crate) stop_sockets: CancellationToken,
    /// What people can see of the back end.
    pub(crate) upstream: Arc<upstream::Panel>,
    /// Whom screens speak to.
    pub(crate) voice: voice::Voice,
}

impl Core {
    /// Menu, stations and settings as last committed.
    pub(crate) fn setup(&self) -> Arc<Setup> {
        self.setup.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Hub {
    /// Opens the data folder, listens, and serves until [`Hub::shutdown`].
    ///
    /// # Errors
    /// See [`HubError`]. Nothing is left running then.
    pub async fn start(config: HubConfig) -> Result<Self, HubError> {
        let opened =
            tokio::task::spawn_blocking(move || Opened::open(&config).map(|opened| (opened, config)));
        let (opened, config) = opened.await.map_err(|_| HubError::Stopped)??;
        let listen = config.listen;
        let listener =
            TcpListener::bind(listen).await.map_err(|source| HubError::Listen { addr: listen, source })?;
        let addr = listener.local_addr().map_err(|source| HubError::Listen { addr: listen, source })?;
        opened.folder.keep_address(reached_locally(addr))?;
        let clock = Arc::new(HubClock::new(config.time.clone(), opened.end.1));
        let setup = Arc::new(RwLock::new(Arc::new(opened.setup)));
        let feed = Arc::new(Feed::new(opened.end.0));
        let screens = Arc::new(Screens::new(opened.screens));
        let counters = Arc::new(Counters::default());
        let life = Arc::new(watch::Sender::new(opened.life));
        let readers = Readers::new(opened.folder.database());
        let shared = writer::Shared {
            clock: clock.clone(),
            feed: feed.clone(),
            screens: screens.clone(),
            counters: counters.clone(),
            setup: setup.clone(),
            life: life.clone(),
        };
        let (writer, thread) = Writer::start(opened.db, opened.folder, opened.witness, shared)?;
        let restaurant = setup.read().unwrap_or_else(PoisonError::into_inner).settings.restaurant.clone();
        let core = Arc::new(Core {
            life,
            restaurant,
            limits: config.limits,
            started_at: clock.now(),
            clock,
            setup,
            feed,
            screens,
            counters,
            tokens: Tokens::new(readers.clone()),
            readers,
            writer,
            http_places: Arc::new(Semaphore::new(config.limits.http)),
            greeting_places: Arc::new(Semaphore::new(config.limits.screens)),
            screen_places: Arc::new(Semaphore::new(config.limits.screens)),
            tasks: TaskTracker::new(),
            stop_accepting: CancellationToken::new(),
            accepting_stopped: CancellationToken::new(),
            stop_sockets: CancellationToken::new(),
            upstream: Arc::default(),
            voice: voice::Voice::new(addr.ip(), config.voice_model),
        });
        core.voice.start();
        core.tasks.spawn(http::accept(listener, core.clone()));
        if let Some(upstream) = config.upstream {
            core.tasks.spawn(upstream::run(upstream, core.clone(), config.data));
        }
        tracing::info!(
            target: "hub", %addr, restaurant = %core.restaurant, epoch = %core.life.borrow().epoch, seq = core.feed.end(),
            "hub started"
        );
        Ok(Self {
            core,
            addr,
            token: opened.token,
            thread: Mutex::new(Some(thread)),
            limits: config.shutdown,
            is_ending: AtomicBool::new(false),
        })
    }

    /// The address it listens on.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The address by which this machine reaches it: loopback when it listens on all.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        reached_locally(self.addr)
    }

    /// The WebSocket for a screen on this machine.
    #[must_use]
    pub fn url(&self) -> String {
        format!("ws://{}{}", self.local_addr(), wire::hub::PATH)
    }

    /// The local token, for the screen in the same program. Never logged.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Which restaurant it serves.
    #[must_use]
    pub fn restaurant(&self) -> &RestaurantId {
        &self.core.restaurant
    }

    /// Which life of the log this is.
    #[must_use]
    pub fn epoch(&self) -> EpochId {
        self.core.life.borrow().epoch.clone()
    }

    /// The hub's clock.
    #[must_use]
    pub fn now(&self) -> At {
        self.core.clock.now()
    }

    /// What `/api/v1/status` says.
    #[must_use]
    pub fn status(&self) -> serde_json::Value {
        status::of(&self.core)
    }

    /// Waits until the hub cannot go on by itself: its writer has ended, or nobody takes connections any more. The program
    /// shuts down then (rule R6.1).
    pub async fn failed(&self) {
        tokio::select! {
            () = self.core.writer.ended() => {}
            () = self.core.accepting_stopped.cancelled() => {}
        }
    }

    /// How long its end may take.
    #[must_use]
    pub fn shutdown_limits(&self) -> ShutdownLimits {
        self.limits
    }

    /// Stops in order: accepting, sockets, voice, database; each step within its limit (rule R6.2). A second call only warns.
    pub async fn shutdown(&self) -> Ending {
        if self.is_ending.swap(true, Ordering::SeqCst) {
            tracing::warn!(target: "hub::shutdown", "already shutting down");
            return Ending::default();
        }
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        shutdown::run(&self.core, thread, self.limits).await
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        if !self.is_ending.load(Ordering::SeqCst) {
            self.core.stop_accepting.cancel();
            self.core.stop_sockets.cancel();
            self.core.voice.abandon();
            self.core.writer.close();
        }
    }
}

/// A hub that listens on all addresses is reached on loopback.
fn reached_locally(addr: SocketAddr) -> SocketAddr {
    let ip = match addr.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, addr.port())
}

/// What is read from the data folder at start.
struct Opened {
    folder: Folder,
    db: rusqlite::Connection,
    life: Life,
    witness: Witness,
    setup: Setup,
    end: (u64, At),
    screens: Vec<store::ScreenRow>,
    token: String,
}

impl Opened {
    fn open(config: &HubConfig) -> Result<Self, HubError> {
        let folder = Folder::claim(&config.data)?;
        let mut db = store::open(&folder.database())?;
        let setup = match (store::epoch(&db)?, store::setup(&db)?) {
            (Some(_), Some(setup)) => setup,
            _ => first_start(&mut db, &config.first_setup)?,
        };
        let wanted = &config.first_setup.settings.restaurant;
        if config.same_restaurant && &setup.settings.restaurant != wanted {
            let found = setup.settings.restaurant;
            return Err(HubError::OtherRestaurant { found, wanted: wanted.clone() });
        }
        let (life, witness) = life::open(&mut db, &folder, At(config.time.wall_ms()))?;
        let kept = match folder.token() {
            Some(token) => Some(token).filter(|token| tokens::is_good(&db, token).unwrap_or(false)),
            None => None,
        };
        let token = match kept {
            Some(token) => token,
            None => {
                let token = tokens::create(&db, "this machine")?;
                folder.keep_token(&token)?;
                token
            }
        };
        Ok(Self {
            end: store::end_of_log(&db)?,
            screens: store::screens(&db)?,
            folder,
            db,
            life,
            witness,
            setup,
            token,
        })
    }
}

fn first_start(db: &mut rusqlite::Connection, setup: &Setup) -> Result<Setup, StoreError> {
    let tx = db.transaction()?;
    let Life { epoch, .. } = life::begin(&tx, Why::First, At(MachineTime.wall_ms()))?;
    store::keep_menu(&tx, &setup.menu)?;
    store::keep_stations(&tx, &setup.stations)?;
    store::keep_settings(&tx, &setup.settings)?;
    tx.commit()?;
    tracing::info!(target: "hub::log", restaurant = %setup.settings.restaurant, %epoch, "a new log begins");
    Ok(setup.clone())
}

/// A kitchen nobody has configured: one station that cooks everything, in the machine's time zone.
fn first_setup() -> Setup {
    let restaurant =
        RestaurantId(format!("kitchen-{}", text::new_id(At(MachineTime.wall_ms())).to_lowercase()));
    let mut settings = Settings::new(restaurant, "Kitchen");
    if let Some(zone) = jiff::tz::TimeZone::system().iana_name() {
        settings.time_zone = zone.to_owned();
    }
    let all = Station { takes_rest: true, ..Station::new("kitchen", "Kitchen", StationRole::Prep) };
    Setup { menu: kitchen::Menu::default(), stations: vec![all], settings }
}
