//! A microphone that nobody holds: a sink that leads nowhere, heard where it would come out, and synthetic voices.

use std::process::Stdio;

use super::process::Process;
use super::sound_server::SoundServer;
use super::{Desktop, SOON, until};

/// The only microphone of a desktop.
#[derive(Debug)]
pub(crate) struct Microphone<'a> {
    desktop: &'a Desktop,
    /// The server, and somebody who listens.
    server: Option<(SoundServer, Process)>,
}

/// Who speaks: two programs by different people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Voice {
    /// Made of formants.
    Espeak,
    /// Made from a recorded woman.
    Flite,
}

/// What is played there comes out of the microphone.
const SINK: &str = "mouth";

impl<'a> Microphone<'a> {
    /// Starts a sound server where the programs of this desktop look for one, with a loudspeaker and this microphone.
    pub(crate) async fn of(desktop: &'a Desktop) -> Self {
        let mut microphone = Self { desktop, server: None };
        microphone.plug().await;
        microphone
    }

    /// Starts the sound server again.
    pub(crate) async fn plug(&mut self) {
        let server = SoundServer::start(self.desktop, &["kitchen", SINK]).await;
        // A sink that leads nowhere gives what is heard there every two seconds, unless somebody wants it sooner; a
        // microphone gives it at once. So somebody always does.
        let listener = Process::start(
            self.desktop
                .command("parec")
                .arg(format!("--device={SINK}.monitor"))
                .args(["--raw", "--latency-msec=20"])
                .stdout(Stdio::null())
                .stderr(Stdio::null()),
        );
        self.server = Some((server, listener));
        until("the sound server to take orders", SOON, async || {
            let source = format!("{SINK}.monitor");
            let told = |words: &[&str]| {
                let mut pactl = self.desktop.command("pactl");
                pactl.args(words).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
            };
            (told(&["set-default-source", &source]) && told(&["set-default-sink", "kitchen"])).then_some(())
        })
        .await;
    }

    /// Kills the sound server.
    pub(crate) fn pull(&mut self) {
        if let Some((server, _listener)) = self.server.take() {
            server.kill();
        }
    }

    /// A voice says something into it; returns when it is said.
    pub(crate) async fn hears(&self, voice: Voice, words: &str) {
        let file = self.desktop.home().join("said.wav");
        let mut speaks = match voice {
            Voice::Espeak => self.desktop.command("espeak-ng"),
            Voice::Flite => self.desktop.command("flite"),
        };
        match voice {
            Voice::Espeak => speaks.args(["-v", "en-us", "-s", "150", "-w"]).arg(&file).arg(words),
            Voice::Flite => speaks.args(["-voice", "slt", "-t", words, "-o"]).arg(&file),
        };
        let spoken = speaks.status();
        assert!(
            spoken.is_ok_and(|status| status.success()),
            "{voice:?} does not speak: `cargo xtask test` installs it"
        );
        let mut player = self.desktop.command("paplay");
        player.arg(format!("--device={SINK}")).arg(&file);
        let played = tokio::task::spawn_blocking(move || player.status()).await.unwrap();
        assert!(played.is_ok_and(|status| status.success()), "nothing was played");
    }
}
