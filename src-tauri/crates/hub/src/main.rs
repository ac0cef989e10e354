//! `brigade-hub`: the order server as a program of its own, and its tokens.

use clap::{Args, Parser, Subcommand};
use hub::demo::{Pos, PosConfig};
use hub::{DEFAULT_PORT, Ending, Hub, HubConfig, HubError};
use std::io::IsTerminal;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tracing_subscriber::EnvFilter;

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
    /// Serve the demo kitchen, which orders from itself, from a data folder of its own.
    #[arg(long)]
    demo: bool,
    /// Orders a minute that the demo kitchen places.
    #[arg(long, default_value_t = 4.0, requires = "demo")]
    rate: f64,
    /// What the demo kitchen's chance starts from.
    #[arg(long, default_value_t = 1, requires = "demo")]
    seed: u64,
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
    let filter = EnvFilter::try_from_env("BRIGADE_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
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
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("brigade-hub: {error}");
            return ExitCode::FAILURE;
        }
    };
    let ended = runtime.block_on(serve_until_told(serve));
    // What hangs now hangs on a disk: the process goes without it.
    runtime.shutdown_timeout(Duration::from_millis(100));
    match ended {
        Ok(ending) if ending.in_time => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("brigade-hub: {message}");
            ExitCode::FAILURE
        }
    }
}

async fn serve_until_told(serve: Serve) -> Result<Ending, String> {
    // Before anything can take long: a signal that comes while the hub starts is not lost.
    let mut signals = Signals::new().map_err(|error| error.to_string())?;
    let mut config = HubConfig::new(serve.folder.path(if serve.demo { "demo" } else { "hub" })?);
    config.listen = serve.listen;
    config.same_restaurant = serve.demo;
    if serve.demo {
        config.first_setup = hub::demo::setup();
    }
    let hub = Hub::start(config).await.map_err(|error| whole(&error))?;
    println!("listening on {}", hub.addr());
    let pos = serve.demo.then(|| {
        let config = PosConfig { per_minute: serve.rate, seed: serve.seed, ..PosConfig::default() };
        Pos::start(hub.local_addr(), hub.token(), config)
    });
    let failed = tokio::select! {
        name = signals.next() => {
            tracing::info!(target: "hub::shutdown", signal = name, "shutting down");
            false
        }
        () = hub.failed() => {
            tracing::error!(target: "hub::shutdown", "the writer has ended: shutting down");
            true
        }
    };
    if let Some(pos) = pos {
        pos.stop().await;
    }
    let ending = hub.shutdown();
    tokio::pin!(ending);
    let mut ending = loop {
        tokio::select! {
            ending = &mut ending => break ending,
            name = signals.next() => tracing::warn!(target: "hub::shutdown", signal = name, "already shutting down"),
        }
    };
    ending.in_time &= !failed;
    Ok(ending)
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

#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> &'static str {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        "ctrl-c"
    }
}
