//! `brigade-hub` as a process of its own, as it runs on another PC.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::process::{Process, signal};
use super::{Pos, SOON, until};

/// A hub of its own. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Hub {
    process: Process,
    folder: PathBuf,
    log: PathBuf,
}

impl Hub {
    /// Starts a hub on `folder`, on any free port, and waits until it takes orders.
    pub(crate) async fn start(folder: &Path) -> (Self, Pos) {
        Self::start_at(folder, SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    /// The same on a port that is known: the one it had before.
    pub(crate) async fn start_at(folder: &Path, listen: SocketAddr) -> (Self, Pos) {
        Self::start_as(Self::command(folder, listen), folder).await
    }

    /// What starts a hub; more can be said to it.
    pub(crate) fn command(folder: &Path, listen: SocketAddr) -> Command {
        let mut command = Command::new(program());
        command.arg("serve").arg("--listen").arg(listen.to_string()).arg("--data").arg(folder);
        command
    }

    /// Starts a hub on `folder` by a command and waits until it takes orders.
    pub(crate) async fn start_as(mut command: Command, folder: &Path) -> (Self, Pos) {
        std::fs::create_dir_all(folder).unwrap();
        let log = folder.with_extension("log");
        let output = File::options().create(true).append(true).open(&log).unwrap();
        let mut process = Process::start(command.stdout(output.try_clone().unwrap()).stderr(output));
        // One that cannot start says so now, not after a long wait for its address.
        let folder = folder.to_owned();
        let pos = tokio::select! {
            pos = Pos::of_hub(&folder) => pos,
            () = ended(&mut process) => panic!("the hub did not start:\n{}", read(&log)),
        };
        (Self { process, folder, log }, pos)
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        let text = std::fs::read_to_string(self.folder.join("hub.address")).unwrap();
        text.trim().parse().unwrap()
    }

    /// Its data folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// All that hubs on this folder have said.
    pub(crate) fn log(&self) -> String {
        read(&self.log)
    }

    /// What `brigade-hub token` answers, as its owner would ask it beside the running hub.
    pub(crate) fn tokens(&self, words: &[&str]) -> String {
        let mut command = Command::new(program());
        let output = command.arg("token").args(words).arg("--data").arg(&self.folder).output().unwrap();
        assert!(output.status.success(), "token {words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Ends it as a power cut would.
    pub(crate) fn kill(mut self) {
        self.process.kill();
    }

    /// Asks it to end and waits until it has.
    pub(crate) async fn stop(mut self) {
        signal("TERM", &self.process.id().to_string());
        until("the hub to end", SOON, async || (!self.process.runs()).then_some(())).await;
    }
}

async fn ended(process: &mut Process) {
    while process.runs() {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

/// The program lies beside the application; `cargo test --workspace` builds both.
fn program() -> PathBuf {
    let program = Path::new(env!("CARGO_BIN_EXE_brigade")).with_file_name("brigade-hub");
    assert!(program.is_file(), "{} is not built: cargo build -p hub", program.display());
    program
}

fn read(log: &Path) -> String {
    std::fs::read_to_string(log).unwrap_or_default()
}
