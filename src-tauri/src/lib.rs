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
mod logs;
mod options;
pub mod renderer;
mod settings;
mod sound;
mod window;

pub use options::{Options, Size, Switch};

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use display::Notification;
use tauri::{AppHandle, Emitter, Manager, RunEvent};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use commands::Front;
use house::{Ended, House};
use settings::Settings;
use wire::hub::Fault;

/// The whole shutdown may take this long (rule R6.2); past it the process ends with 1.
const SHUTDOWN: Duration = Duration::from_secs(10);

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
    let _logs = logs::start(&data);
    tracing::info!(
        target: "shell", version = env!("CARGO_PKG_VERSION"), data = %data.display(), demo = settings.demo,
        joined = settings.join.is_some(), "brigade starts"
    );

    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    tauri::async_runtime::set(runtime.handle().clone());
    let house = runtime.block_on(House::start(&settings)).map(Arc::new);
    let built = build(options, &settings, &house);
    let app = match built {
        Ok(app) => app,
        Err(error) => {
            runtime.block_on(end(house.ok().as_deref()));
            return Err(error.into());
        }
    };
    let closing = Arc::new(Closing::default());
    runtime.spawn(watch(app.handle().clone(), house.clone().ok(), Arc::clone(&closing)));
    if let Ok(house) = &house {
        runtime.spawn(tell(app.handle().clone(), house.kitchen.notifications()));
    }

    let outcome = Arc::clone(&closing);
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
        let (app, house, closing) = (app.clone(), house.clone().ok(), Arc::clone(&closing));
        tauri::async_runtime::spawn(async move {
            closing.finish(end(house.as_deref()).await);
            app.exit(0);
        });
    });
    // What hangs now was logged as it was left behind; the process goes without it.
    runtime.shutdown_timeout(Duration::from_millis(200));
    Ok(u8::from(outcome.ended() != Some(Ended::InOrder)))
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
#[derive(Debug, Default)]
struct Closing {
    begun: AtomicBool,
    ended: OnceLock<Ended>,
}

impl Closing {
    /// Whether this call is the first to ask.
    fn begin(&self) -> bool {
        !self.begun.swap(true, Ordering::SeqCst)
    }

    fn has_begun(&self) -> bool {
        self.begun.load(Ordering::SeqCst)
    }

    fn finish(&self, ended: Ended) {
        let _ = self.ended.set(ended);
    }

    fn is_over(&self) -> bool {
        self.ended.get().is_some()
    }

    fn ended(&self) -> Option<Ended> {
        self.ended.get().copied()
    }
}

/// Ends the house within its time.
async fn end(house: Option<&House>) -> Ended {
    let Some(house) = house else { return Ended::InOrder };
    let ended = tokio::time::timeout(SHUTDOWN, house.shutdown()).await.unwrap_or(Ended::Late);
    tracing::info!(target: "shell", ?ended, "brigade ends");
    ended
}

/// Asks for the end when the system does (SIGTERM, SIGINT), or when a room cannot go on.
async fn watch(app: AppHandle, house: Option<Arc<House>>, closing: Arc<Closing>) {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::error!(target: "shell", "no signals on this system: close the window to end Brigade");
        return;
    };
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
            _ = terminate.recv() => tracing::info!(target: "shell", "asked to end by SIGTERM"),
            _ = interrupt.recv() => tracing::info!(target: "shell", "asked to end by SIGINT"),
            room = &mut gone, if !is_gone => {
                is_gone = true;
                if closing.has_begun() {
                    continue;
                }
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
            Notification::ConnectionChange(connection) => app.emit(name, connection),
            Notification::ConnectionMaxAttempts { attempts } => app.emit(name, attempts),
        };
        if let Err(error) = told {
            tracing::warn!(target: "shell", %error, name, "an event did not reach the page");
        }
    }
}
