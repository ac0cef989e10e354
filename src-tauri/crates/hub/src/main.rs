//! `brigade-hub`: the order server as a program of its own, and its tokens.

use clap::{Args, Parser, Subcommand};
use hub::demo::{Pos, PosConfig};
use hub::upstream::UpstreamConfig;
use hub::{DEFAULT_PORT, Ending, FastTime, Hub, HubConfig, HubError, Signals};
use logbook::{Deadline, Logbook};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// The order server of a Brigade kitchen.
#[derive(Parser)]
#[command(name = "brigade-hub", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve a kitchen until told to stop (SIGTERM, SIGINT).
    Serve(Serve),
    /// Make, list and revoke tokens; the hub may be running.
    Token {
        #[command(subcommand)]
        command: TokenCommand,
    },
}

#[derive(Args)]
struct Serve {
    #[command(flatten)]
    folder: DataFolder,
    /// Where to listen. Other machines can join only if this is not loopback, such as 0.0.0.0:7411.
    #[arg(long, default_value_t = SocketAddr::from((Ipv4Addr::LOCALHOST, DEFAULT_PORT)), env = "BRIGADE_HUB_LISTEN")]
    listen: SocketAddr,
    /// Take orders from a Restaurant OS back end and report to it. The file holds base_url, restaurant_id (a UUID), and email
    /// and password or pin; nobody but its owner may read it.
    #[arg(long, value_name = "FILE", conflicts_with = "demo", env = "BRIGADE_HUB_UPSTREAM")]
    upstream_config: Option<PathBuf>,
    /// Serve the demo kitchen, which orders from itself, from a data folder of its own.
    #[arg(long)]
    demo: bool,
    /// Orders a minute that the demo kitchen places.
    #[arg(long, default_value_t = 4.0, requires = "demo")]
    rate: f64,
    /// What the demo kitchen's chance starts from.
    #[arg(long, default_value_t = 1, requires = "demo")]
    seed: u64,
    /// Simulated time: so many of this kitchen's minutes pass in a real one. For tests; its screens have to run alike.
    #[arg(long, hide = true, default_value_t = 1.0, value_parser = pace)]
    pace: f64,
}

fn pace(text: &str) -> Result<f64, String> {
    let pace: f64 = text.parse().map_err(|_| "a number".to_owned())?;
    if pace.is_finite() && pace > 0.0 { Ok(pace) } else { Err("above 0".to_owned()) }
}

#[derive(Args)]
struct DataFolder {
    /// The data folder [default: brigade/hub, for the demo kitchen brigade/demo, where the system keeps a user's data].
    #[arg(long, env = "BRIGADE_HUB_DATA")]
    data: Option<PathBuf>,
}

impl DataFolder {
    fn path(&self, name: &str) -> Result<PathBuf, String> {
        let path = self.data.clone().or_else(|| hub::default_folder(name));
        path.ok_or_else(|| "no data folder: say --data <folder>".to_owned())
    }
}

#[derive(Subcommand)]
enum TokenCommand {
    /// Make a token and print it: it is shown this once and kept nowhere.
    New {
        #[command(flatten)]
        folder: DataFolder,
        /// What it is for: "POS", "screen at the grill".
        #[arg(long, default_value = "")]
        label: String,
    },
    /// List all tokens by id.
    List {
        #[command(flatten)]
        folder: DataFolder,
    },
    /// Revoke a token: who uses it is out within a second.
    Revoke {
        #[command(flatten)]
        folder: DataFolder,
        /// Its id, from `token list`.
        id: String,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        Command::Serve(serve) => return run(serve),
        Command::Token { command } => tokens(command),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("brigade-hub: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(serve: Serve) -> ExitCode {
    let failed = |error: &dyn std::fmt::Display| {
        eprintln!("brigade-hub: {error}");
        ExitCode::FAILURE
    };
    let folder = match serve.folder.path(if serve.demo { "demo" } else { "hub" }) {
        Ok(folder) => folder,
        Err(message) => return failed(&message),
    };
    let logbook = Logbook::open(&folder, "brigade-hub");
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    let ended = runtime.block_on(serve_in(folder, serve, &logbook));
    // What hangs now hangs on a disk: the process goes without it.
    runtime.shutdown_timeout(Duration::from_millis(100));
    match ended {
        Ok((ending, _deadline)) if ending.in_time => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(message) => failed(&message),
    }
}

async fn serve_in(folder: PathBuf, serve: Serve, logbook: &Logbook) -> Result<(Ending, Deadline), String> {
    // Before anything can take long: a signal that comes while the hub starts is not lost.
    let signals = Signals::new().map_err(|error| error.to_string())?;
    let mut config = HubConfig::new(folder);
    config.listen = serve.listen;
    config.same_restaurant = serve.demo;
    if serve.pace != 1.0 {
        config.time = Arc::new(FastTime::new(serve.pace));
    }
    if serve.demo {
        config.first_setup = hub::demo::setup();
    }
    if let Some(file) = &serve.upstream_config {
        config.upstream = Some(UpstreamConfig::read(file).map_err(|error| whole(&error))?);
    }
    let hub = Hub::start(config).await.map_err(|error| whole(&error))?;
    println!("listening on {}", hub.addr());
    let pos = serve.demo.then(|| {
        let time_factor = serve.pace;
        let config =
            PosConfig { per_minute: serve.rate, seed: serve.seed, time_factor, ..PosConfig::default() };
        Pos::start(hub.local_addr(), hub.token(), config)
    });
    Ok(hub::serve_until_told(hub, pos, signals, logbook.handle()).await)
}

fn tokens(command: TokenCommand) -> Result<(), String> {
    let failed = |error: HubError| whole(&error);
    match command {
        TokenCommand::New { folder, label } => {
            println!("{}", hub::new_token(&folder.path("hub")?, &label).map_err(failed)?);
        }
        TokenCommand::List { folder } => {
            for token in hub::list_tokens(&folder.path("hub")?).map_err(failed)? {
                let state = if token.revoked_at.is_some() { "revoked" } else { "good" };
                println!("{}  {state:<8}{}", token.id, token.label);
            }
        }
        TokenCommand::Revoke { folder, id } => {
            if !hub::revoke_token(&folder.path("hub")?, &id).map_err(failed)? {
                return Err(format!("there is no good token {id}"));
            }
        }
    }
    Ok(())
}

/// An error with its causes.
fn whole(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
