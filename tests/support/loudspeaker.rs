//! A loudspeaker that nobody hears, and ears at it.

use std::io::Read;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use super::process::Process;
pub(crate) use super::sound_server::RATE;
use super::sound_server::SoundServer;
use super::{Desktop, SOON, until};

/// The only loudspeaker of a desktop, with all that has come out of it.
#[derive(Debug)]
pub(crate) struct Loudspeaker {
    heard: Arc<Mutex<Vec<f32>>>,
    /// Where its server listens.
    socket: PathBuf,
    /// Where programs look for one.
    place: PathBuf,
    _recorder: Process,
    _server: SoundServer,
}

impl Loudspeaker {
    /// One that the programs of this desktop find.
    pub(crate) async fn of(desktop: &Desktop) -> Self {
        let loudspeaker = Self::unplugged(desktop).await;
        loudspeaker.plug_in();
        loudspeaker
    }

    /// One that nobody finds yet. There are ears at it already: whatever is played is heard.
    pub(crate) async fn unplugged(desktop: &Desktop) -> Self {
        let folder = "run/loudspeaker";
        let server = SoundServer::start_in(desktop, folder, &["kitchen"]).await;
        let socket = desktop.folder(folder).join("native");
        let mut recorder = Process::start(
            desktop
                .command("parec")
                .args([
                    "--device=kitchen.monitor",
                    "--format=float32le",
                    "--channels=1",
                    "--raw",
                    "--latency-msec=20",
                ])
                .arg(format!("--rate={RATE}"))
                .env("PULSE_SERVER", format!("unix:{}", socket.display()))
                .stdout(Stdio::piped())
                .stderr(Stdio::null()),
        );
        let mut output = recorder.child().stdout.take().unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ears = heard.clone();
        // Ends with the recorder, whose output ends then.
        std::thread::spawn(move || {
            let mut piece = [0; 4 * 480];
            while output.read_exact(&mut piece).is_ok() {
                let samples = piece
                    .chunks_exact(4)
                    .map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]]));
                ears.lock().unwrap().extend(samples);
            }
        });
        until("the ears to hear silence", SOON, async || (!heard.lock().unwrap().is_empty()).then_some(()))
            .await;
        let place = desktop.folder("run/pulse").join("native");
        Self { heard, socket, place, _recorder: recorder, _server: server }
    }

    /// From now on programs find it.
    pub(crate) fn plug_in(&self) {
        std::os::unix::fs::symlink(&self.socket, &self.place).unwrap();
    }

    /// How many samples have come out of it.
    pub(crate) fn now(&self) -> usize {
        self.heard.lock().unwrap().len()
    }

    /// The samples since one.
    pub(crate) fn since(&self, first: usize) -> Vec<f32> {
        self.heard.lock().unwrap().get(first..).unwrap_or_default().to_vec()
    }
}

/// The largest of all samples.
pub(crate) fn peak(samples: &[f32]) -> f32 {
    samples.iter().fold(0.0, |peak, sample| peak.max(sample.abs()))
}

/// How much of a pitch (hertz) is in the samples, 1 for a pure tone of amplitude 1 (Goertzel).
pub(crate) fn pitch(samples: &[f32], hertz: f32) -> f32 {
    let turn = 2.0 * (std::f32::consts::TAU * hertz / RATE as f32).cos();
    let (mut last, mut before) = (0.0f32, 0.0f32);
    for sample in samples {
        (last, before) = (sample + turn * last - before, last);
    }
    let power = last * last + before * before - turn * last * before;
    2.0 * power.max(0.0).sqrt() / samples.len().max(1) as f32
}
