//! The shell: puts the parts of Brigade together inside one desktop application.
//!
//! This is the only code that names tauri. It opens the window, decodes what the page asks, forwards it and
//! encodes the answer; it decides nothing about orders. The rooms it joins (the hub, the display) know
//! nothing of windows, so that each of them can be tested and run without one.
//!
//! The invariant: the house is started before the window opens and ended, in order and within ten seconds, before the
//! process ends, whichever way it is asked to: by its window, by a signal, or by a room that cannot go on.

mod autostart;
mod commands;
mod house;
mod microphone;
mod options;
mod reloads;
pub mod renderer;
mod settings;
mod sound;
mod voice;
mod window;

pub use options::{Options, Size, Switch};

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use display::Notification;
use hub::Signals;
use logbook::{Deadline, Handle, Logbook};
use tauri::{AppHandle, Emitter, Manager, RunEvent};
use tokio::runtime::Runtime;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use commands::Front;
use house::{Ended, House};
use settings::Settings;
use wire::hub::Fault;

/// The whole shutdown may take this long (rule R6.2); past it the process ends with 1, whatever hangs.
const SHUTDOWN: Duration = Duration::from_secs(10);

/// Of these, the rooms' share; the rest is for the window and the process itself.
const ROOMS: Duration = Duration::from_millis(9_500);

/// What may still run when all was asked to end: a task that was told so and has not had its turn yet.
const LAST_TURNS: Duration = Duration::from_millis(500);

/// Why the application could not run; the text is for whoever started it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The data folder could not be made or written.
    #[error("cannot use the data folder {path}: {source}; choose another one with --data DIR")]
    DataFolder {
        /// The folder asked for.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The settings file is there and cannot be used.
    #[error("cannot use the settings in {path}: {reason}; mend the file or move it away")]
    Settings {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The address of the other hub makes no sense.
    #[error("`{given}` is no hub's address; write it like http://192.168.1.20:7411")]
    HubUrl {
        /// As it was given.
        given: String,
    },
    /// The autostart entry could not be written or removed.
    #[error("cannot change the autostart entry {path}: {source}")]
    Autostart {
        /// The entry's file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// This system has no home folder to keep an autostart entry or data in.
    #[error("no home folder is known for this user: set HOME, or give a data folder with --data DIR")]
    NoHome,
    /// The system gave no threads or no signals.
    #[error("cannot start: {0}")]
    System(#[from] std::io::Error),
    /// The window system or the web view refused.
    #[error("the window could not be opened: {0}")]
    Window(#[from] tauri::Error),
}

/// Runs the application until it is closed; gives back the code to leave with.
///
/// # Errors
/// When the settings, the data folder, the window system or the web view cannot be used.
pub fn run(options: &Options) -> Result<u8, Error> {
    if let Some(switch) = options.autostart {
        return autostart::switch(switch).map(|()| 0);
    }
    let data = options.data_folder().ok_or(Error::NoHome)?;
    std::fs::create_dir_all(&data).map_err(|source| Error::DataFolder { path: data.clone(), source })?;
    let settings = Settings::read(options, data.clone())?;
    let logbook = Logbook::open(&data, "brigade");
    tracing::info!(
        target: "shell", version = env!("CARGO_PKG_VERSION"), data = %data.display(), demo = settings.demo,
        joined = settings.join.is_some(), "brigade starts"
    );

    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    tauri::async_runtime::set(runtime.handle().clone());
    // Before anything can take long: a signal that comes while the house starts is not lost.
    let signals = runtime.block_on(async { Signals::new() })?;
    let house = runtime.block_on(House::start(&settings)).map(Arc::new);
    let built = build(options, &settings, &house);
    let app = match built {
        Ok(app) => app,
        Err(error) => {
            runtime.block_on(end(house.ok().as_deref()));
            return Err(error.into());
        }
    };
    let closing = Arc::new(Closing::new(logbook.handle()));
    let mut tasks =
        vec![runtime.spawn(watch(app.handle().clone(), signals, house.clone().ok(), Arc::clone(&closing)))];
    if let Ok(house) = &house {
        tasks.push(runtime.spawn(tell(app.handle().clone(), house.kitchen.notifications())));
    }

    let (rooms, outcome) = (house.ok(), Arc::clone(&closing));
    let house = rooms.clone();
    let _ = app.run_return(move |app, event| {
        let RunEvent::ExitRequested { api, .. } = event else { return };
        if closing.is_over() {
            return;
        }
        api.prevent_exit();
        if !closing.begin() {
            tracing::info!(target: "shell", "already shutting down");
            return;
        }
        let (app, house, closing) = (app.clone(), house.clone(), Arc::clone(&closing));
        tauri::async_runtime::spawn(async move {
            closing.finish(end(house.as_deref()).await);
            app.exit(0);
        });
    });
    runtime.block_on(async {
        // Only where the window system ended without asking.
        if outcome.begin() {
            outcome.finish(end(rooms.as_deref()).await);
        }
        for task in tasks {
            task.abort();
            let _ = task.await;
        }
    });
    drop(rooms);
    report(&runtime);
    // What hangs now was logged as it was left behind; the process goes without it.
    runtime.shutdown_timeout(Duration::from_millis(200));
    drop(logbook);
    Ok(u8::from(!outcome.is_good()))
}

fn build(
    options: &Options,
    settings: &Settings,
    house: &Result<Arc<House>, Fault>,
) -> tauri::Result<tauri::App> {
    let front = Front { house: house.clone(), data: settings.data.clone(), px_per_mm: OnceLock::new() };
    let (data, size, fullscreen) = (settings.data.clone(), options.size, settings.fullscreen);
    tauri::Builder::default()
        .invoke_handler(tauri::generate_handler![
            commands::about,
            commands::mount,
            commands::unmount,
            commands::next_frame,
            commands::painted,
            commands::set_grid,
            commands::press,
            commands::go,
            commands::talk,
            commands::connection_retry,
        ])
        .manage(front)
        .setup(move |app| {
            let window = window::open(app.handle(), &data, size, fullscreen)?;
            let _ = app.state::<Front>().px_per_mm.set(window::px_per_mm(&window));
            Ok(())
        })
        .build(tauri::generate_context!())
}

/// How far the end of the application is.
#[derive(Debug)]
struct Closing {
    begun: AtomicBool,
    /// A room could not go on.
    failed: AtomicBool,
    ended: OnceLock<Ended>,
    deadline: OnceLock<Deadline>,
    logbook: Handle,
}

impl Closing {
    fn new(logbook: Handle) -> Self {
        Self {
            begun: AtomicBool::new(false),
            failed: AtomicBool::new(false),
            ended: OnceLock::new(),
            deadline: OnceLock::new(),
            logbook,
        }
    }

    /// The end was asked for: from now on its time runs.
    fn start(&self) -> &Deadline {
        self.deadline.get_or_init(|| Deadline::start(SHUTDOWN, self.logbook.clone()))
    }

    /// Whether this call is the first to begin with it.
    fn begin(&self) -> bool {
        self.start();
        !self.begun.swap(true, Ordering::SeqCst)
    }

    fn has_begun(&self) -> bool {
        self.begun.load(Ordering::SeqCst)
    }

    fn fail(&self) {
        self.failed.store(true, Ordering::SeqCst);
    }

    fn finish(&self, ended: Ended) {
        let _ = self.ended.set(ended);
    }

    fn is_over(&self) -> bool {
        self.ended.get().is_some()
    }

    /// Whether it was asked for, and all rooms ended in their time: the process leaves with 0 then, else with 1, so that
    /// whoever started it can start it again.
    fn is_good(&self) -> bool {
        let in_time = self.deadline.get().is_none_or(|deadline| !deadline.is_past());
        in_time && self.ended.get() == Some(&Ended::InOrder) && !self.failed.load(Ordering::SeqCst)
    }
}

/// Ends the house within its time.
async fn end(house: Option<&House>) -> Ended {
    let Some(house) = house else { return Ended::InOrder };
    let ended = tokio::time::timeout(ROOMS, house.shutdown()).await.unwrap_or(Ended::Late);
    tracing::info!(target: "shell", ?ended, "brigade ends");
    ended
}

/// The last word: what is still alive (rule R6.2).
fn report(runtime: &Runtime) {
    let metrics = runtime.metrics();
    let all_ended = async {
        while metrics.num_alive_tasks() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    match runtime.block_on(async { tokio::time::timeout(LAST_TURNS, all_ended).await }) {
        Ok(()) => tracing::info!(target: "shell", "brigade has ended, no task is left"),
        Err(_) => {
            let tasks = metrics.num_alive_tasks();
            tracing::error!(target: "shell", tasks, "brigade has ended, tasks are left behind");
        }
    }
}

/// Asks for the end when the system does (SIGTERM, SIGINT), or when a room cannot go on.
async fn watch(app: AppHandle, mut signals: Signals, house: Option<Arc<House>>, closing: Arc<Closing>) {
    let gone = async {
        match &house {
            Some(house) => house.ended_room().await,
            None => std::future::pending().await,
        }
    };
    tokio::pin!(gone);
    let mut is_gone = false;
    loop {
        tokio::select! {
            signal = signals.next() => {
                closing.start();
                tracing::info!(target: "shell", signal, "asked to end");
            }
            room = &mut gone, if !is_gone => {
                is_gone = true;
                if closing.has_begun() {
                    continue;
                }
                closing.fail();
                tracing::error!(target: "shell", room, "cannot go on without it");
            }
        }
        app.exit(0);
    }
}

/// Hands the few named events on to the page.
async fn tell(app: AppHandle, mut notifications: Receiver<Notification>) {
    loop {
        let notification = match notifications.recv().await {
            Ok(notification) => notification,
            Err(RecvError::Lagged(missed)) => {
                tracing::warn!(target: "shell", missed, "the page was told too late and misses events");
                continue;
            }
            Err(RecvError::Closed) => return,
        };
        let name = notification.name();
        let told = match notification {
            Notification::ConnectionChange(change) => app.emit(name, change),
            Notification::ConnectionMaxAttempts { attempts } => app.emit(name, attempts),
            Notification::TurnStateChange(change) => app.emit(name, change),
            Notification::StateTimeout(timeout) => app.emit(name, timeout),
            Notification::TranscriptFinal(words) => app.emit(name, words),
        };
        if let Err(error) = told {
            tracing::warn!(target: "shell", %error, name, "an event did not reach the page");
        }
    }
}
