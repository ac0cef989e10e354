//! The house: which rooms run in this process, and in which order they start and end.
//!
//! Alone, a PC runs its hub and its display; joined to another PC's hub, only a display. The demo kitchen is a restaurant
//! of its own with folders of its own, so that no demo order can ever stand in a real kitchen's log or outbox.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use display::{AttemptLimit, HubAddress, Kitchen, Ring, StartError, Token};
use hub::demo::{Pos, PosConfig};
use hub::upstream::{ConfigError, UpstreamConfig};
use hub::{Hub, HubConfig, Side};
use kitchen::StationId;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use wire::hub::Fault;

use crate::settings::Settings;
use crate::sound::{Speaker, SpeakerGone};

/// So many attempts in vain make `connection:max-attempts`: at the cap of a second, some ten of them. They go on.
const MANY_ATTEMPTS: u32 = 12;

/// Everything that runs, the window aside.
pub(crate) struct House {
    pub(crate) kitchen: Kitchen,
    hub: Option<Hub>,
    pos: Mutex<Option<Pos>>,
    ears: Mutex<Option<Side>>,
}

/// How the house ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Every room in its time.
    InOrder,
    /// Something hung and was left behind.
    Late,
}

impl House {
    /// Starts what the settings ask for.
    ///
    /// # Errors
    /// A fault in the page's terms; nothing is left running.
    pub(crate) async fn start(settings: &Settings) -> Result<Self, Fault> {
        let (hub, pos) = match &settings.join {
            Some(_) => (None, None),
            None => {
                let hub = start_hub(settings).await?;
                let pos = settings.demo.then(|| order_from(&hub, settings));
                (Some(hub), pos)
            }
        };
        let started = Kitchen::start(display_config(settings, hub.as_ref())).await;
        let kitchen = match started {
            Ok(kitchen) => kitchen,
            Err(error) => {
                drop(pos);
                if let Some(hub) = hub {
                    hub.shutdown().await;
                }
                return Err(display_fault(&error, &settings.data));
            }
        };
        let ears = listen_to(&kitchen);
        Ok(Self { kitchen, hub, pos: Mutex::new(pos), ears: Mutex::new(Some(ears)) })
    }

    /// Waits until a room that nothing works without has ended, and names it.
    pub(crate) async fn ended_room(&self) -> &'static str {
        match &self.hub {
            Some(hub) => tokio::select! {
                () = hub.failed() => "hub",
                () = self.kitchen.ended() => "display",
            },
            None => {
                self.kitchen.ended().await;
                "display"
            }
        }
    }

    /// Ends everything, in order: nobody orders any more, the display stores what it holds, the hub closes its log.
    pub(crate) async fn shutdown(&self) -> Ended {
        if let Some(pos) = take(&self.pos) {
            pos.stop().await;
        }
        self.kitchen.shutdown().await;
        if let Some(ears) = take(&self.ears) {
            ears.stop().await;
        }
        match &self.hub {
            Some(hub) if !hub.shutdown().await.in_time => Ended::Late,
            Some(_) | None => Ended::InOrder,
        }
    }
}

fn take<T>(held: &Mutex<Option<T>>) -> Option<T> {
    held.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Plays what the kitchen is to hear until the display ends. A loudspeaker's trouble is nobody else's.
fn listen_to(kitchen: &Kitchen) -> Side {
    let kitchen = kitchen.clone();
    Side::start("sound", move || listen(kitchen.sounds()))
}

async fn listen(mut rings: Receiver<Ring>) -> Result<(), SpeakerGone> {
    let speaker = Speaker::start()?;
    loop {
        match rings.recv().await {
            Ok(ring) => speaker.play(ring.sound, ring.volume)?,
            // Sounds that were missed are too late to mean anything.
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return Ok(()),
        }
    }
}

async fn start_hub(settings: &Settings) -> Result<Hub, Fault> {
    let folder = settings.data.join(if settings.demo { "demo" } else { "hub" });
    let mut config = HubConfig::new(&folder);
    config.listen = settings.listen;
    if settings.demo {
        config.first_setup = hub::demo::setup();
        config.same_restaurant = true;
    }
    if let Some(file) = &settings.upstream_config {
        config.upstream = Some(UpstreamConfig::read(file).map_err(|error| upstream_fault(&error, file))?);
    }
    let started = match Hub::start(config.clone()).await {
        // A demo must not fail because a real hub has the port; a real one must not move where no POS finds it.
        Err(hub::HubError::Listen { .. }) if settings.demo => {
            config.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
            Hub::start(config).await
        }
        other => other,
    };
    started.map_err(|error| hub_fault(&error, &folder))
}

/// A kitchen that is to have a back end is not run without: its orders would be missing, and nobody would know.
fn upstream_fault(error: &ConfigError, file: &Path) -> Fault {
    tracing::error!(target: "shell", error = %whole(error), "the back end's file cannot be used");
    Fault::new("upstream_config_unusable").with("file", file.display()).with("reason", whole(error))
}

fn hub_fault(error: &hub::HubError, folder: &Path) -> Fault {
    tracing::error!(target: "shell", error = %whole(error), "the hub did not start");
    let code = match error {
        hub::HubError::InUse { .. } => "hub_folder_in_use",
        hub::HubError::Listen { addr, .. } => return Fault::new("hub_port_in_use").with("address", addr),
        hub::HubError::OtherRestaurant { .. } => "hub_other_restaurant",
        hub::HubError::Folder { .. } | hub::HubError::Store(_) | hub::HubError::Stopped => {
            "hub_folder_unusable"
        }
    };
    Fault::new(code).with("folder", folder.display()).with("reason", whole(error))
}

fn order_from(hub: &Hub, settings: &Settings) -> Pos {
    let config = PosConfig { per_minute: settings.demo_rate, ..PosConfig::default() };
    Pos::start(hub.local_addr(), hub.token(), config)
}

fn display_config(settings: &Settings, hub: Option<&Hub>) -> display::Config {
    let (folder, address, token) = match (&settings.join, hub) {
        (Some(join), _) => ("display-joined", join.address(), Token::File(join.token_file.clone())),
        (None, hub) => {
            let folder = if settings.demo { "display-demo" } else { "display" };
            let url = hub.map(Hub::url).unwrap_or_default();
            let token = hub.map(|hub| hub.token().to_owned()).unwrap_or_default();
            let source = move |_| Ok(token.clone());
            (folder, HubAddress { url, label: String::new() }, Token::Source(Arc::new(source)))
        }
    };
    let mut config = display::Config::new(settings.data.join(folder), address, token);
    config.authority = settings.join.as_ref().and_then(|join| join.authority.clone());
    config.station = settings.station.as_deref().map(StationId::from);
    config.timing.limit = AttemptLimit::Announce(MANY_ATTEMPTS);
    config.voice = crate::voice::of(settings, hub);
    config
}

fn display_fault(error: &StartError, folder: &Path) -> Fault {
    tracing::error!(target: "shell", error = %whole(error), "the display did not start");
    let code = match error {
        StartError::Journal(journal::OpenError::Locked { .. }) => "display_folder_in_use",
        StartError::Journal(_) => "display_folder_unusable",
        StartError::Link(_) => "hub_address_wrong",
    };
    Fault::new(code).with("folder", folder.display()).with("reason", whole(error))
}

/// An error with everything that caused it, for the log.
fn whole(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}
