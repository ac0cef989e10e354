//! A private sound server for one desktop, with sinks that lead nowhere.

use std::process::{Command, Stdio};

use super::process::Process;
use super::{Desktop, SOON, until};

/// Samples a second.
pub(crate) const RATE: usize = 48_000;

/// Where the programs of a desktop look for sound. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct SoundServer {
    process: Process,
}

impl SoundServer {
    /// Starts it with sinks of these names, and waits until it listens. The first one is what is heard.
    pub(crate) async fn start(desktop: &Desktop, sinks: &[&str]) -> Self {
        Self::start_in(desktop, "run/pulse", sinks).await
    }

    /// The same where only those find it who know the folder.
    pub(crate) async fn start_in(desktop: &Desktop, folder: &str, sinks: &[&str]) -> Self {
        let socket = desktop.folder(folder).join("native");
        // One that was killed leaves it behind.
        let _ = std::fs::remove_file(&socket);
        let native = format!("module-native-protocol-unix auth-anonymous=1 socket={}", socket.display());
        let mut command = desktop.command("pulseaudio");
        command
            .args(["-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "--disable-shm=yes"])
            .args(["--realtime=no", "--high-priority=no", "-L", &native]);
        for sink in sinks {
            let sink = format!("module-null-sink sink_name={sink} rate={RATE} channels=2 format=s16le");
            command.args(["-L", &sink]);
        }
        let mut process = Process::start(quiet(&mut command));
        let listening = until("the sound server to listen", SOON, async || {
            (socket.exists() || !process.runs()).then(|| socket.exists())
        });
        assert!(listening.await, "pulseaudio does not start: run it by hand to see why");
        Self { process }
    }

    /// Ends it as a crash would.
    pub(crate) fn kill(mut self) {
        self.process.kill();
    }
}

fn quiet(command: &mut Command) -> &mut Command {
    command.stdout(Stdio::null()).stderr(Stdio::null())
}
