//! The microphone: one device after another, whatever kitchens do to their cables and sound servers.
//!
//! ```text
//! sound server -- callback --ring--> supervisor --frames--> voice client
//!                 (stream thread)        |-------state, level---> panel
//! ```
//!
//! A stream lives on the thread that made it, and that thread is never waited for: dropping a stream whose server has died
//! can hang for ever. The callback neither allocates nor blocks. "Ready" means that samples have come; no callback for
//! [`SILENT`] means that the microphone is lost, because not every loss is reported.

#![expect(clippy::disallowed_methods, reason = "a driver: it measures how long no sound has come")]

#[cfg(target_os = "linux")]
mod cookie;
mod stream;

use crate::audio::{FRAME, Frame, RATE};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use stream::{Stream, Told};
use tokio::sync::{mpsc, watch};

pub use crate::audio::{Lost, State};
#[cfg(target_os = "linux")]
pub use cookie::show_cookie;
pub use stream::{Device, devices};

/// A microphone that is being looked after. Dropping it lets go of it.
#[derive(Debug)]
pub struct Microphone {
    wishes: SyncSender<Wish>,
    state: watch::Receiver<State>,
    level: watch::Receiver<u8>,
    thread: Option<JoinHandle<()>>,
}

enum Wish {
    /// Another device; none: the computer's default one.
    Use(Option<String>),
    End,
}

/// Without a callback for so long the microphone is lost. Callbacks come 50 times a second.
pub const SILENT: Duration = Duration::from_millis(600);
/// Opening takes less than 0.2 s where it works.
const OPENING: Duration = Duration::from_millis(900);
/// The first wait before it is opened again, and the longest: to look for a microphone costs a little, and many screens
/// never have one.
const PAUSE: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(3)];
/// How often what has come is fetched.
const FETCH: Duration = Duration::from_millis(10);
/// How often the level is told.
const LEVEL: Duration = Duration::from_millis(200);
/// Frames that the client may be behind: more would be old.
const FRAMES: usize = 50;
/// What letting go may take before the thread is left behind.
const END: Duration = Duration::from_millis(500);

impl Microphone {
    /// Begins to look after a device: the one of that id, else the computer's default one.
    ///
    /// # Errors
    /// When there is no thread for it.
    pub fn start(device: Option<String>) -> std::io::Result<(Self, mpsc::Receiver<Frame>)> {
        let (wishes, wished) = sync_channel(4);
        let (frames, heard) = mpsc::channel(FRAMES);
        let (state_tx, state) = watch::channel(State::Opening);
        let (level_tx, level) = watch::channel(0);
        let supervisor = Supervisor { wished, frames, state: state_tx, level: level_tx, device };
        let thread =
            std::thread::Builder::new().name("microphone".to_owned()).spawn(move || supervisor.run())?;
        Ok((Self { wishes, state, level, thread: Some(thread) }, heard))
    }

    /// Changes to another device; none: the computer's default one.
    pub fn use_device(&self, device: Option<String>) {
        // Full: somebody is choosing faster than devices can be opened; the last ones are as good.
        let _ = self.wishes.try_send(Wish::Use(device));
    }

    /// How it is, now and whenever it changes.
    #[must_use]
    pub fn state(&self) -> watch::Receiver<State> {
        self.state.clone()
    }

    /// How loud it is, 0 to 100, at most five times a second.
    #[must_use]
    pub fn level(&self) -> watch::Receiver<u8> {
        self.level.clone()
    }
}

impl Drop for Microphone {
    fn drop(&mut self) {
        let _ = self.wishes.try_send(Wish::End);
        let Some(thread) = self.thread.take() else { return };
        let deadline = Instant::now() + END;
        while !thread.is_finished() && Instant::now() < deadline {
            std::thread::park_timeout(FETCH);
        }
        if thread.is_finished() {
            let _ = thread.join();
        }
    }
}

struct Supervisor {
    wished: Receiver<Wish>,
    frames: mpsc::Sender<Frame>,
    state: watch::Sender<State>,
    level: watch::Sender<u8>,
    device: Option<String>,
}

/// Why a stream is over.
enum Over {
    Lost(Lost),
    Chosen,
    Ended,
}

impl Supervisor {
    fn run(mut self) {
        let mut pause = PAUSE[0];
        loop {
            let (over, worked) = self.listen();
            if worked {
                pause = PAUSE[0];
            }
            match over {
                Over::Ended => return,
                Over::Chosen => continue,
                Over::Lost(lost) => {
                    self.tell(State::Lost(lost));
                    self.level.send_replace(0);
                }
            }
            match self.wished.recv_timeout(pause) {
                Ok(Wish::Use(device)) => self.device = device,
                Ok(Wish::End) | Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {}
            }
            pause = (pause * 2).min(PAUSE[1]);
        }
    }

    /// Opens the device and passes on what it gives, until it is over; says whether anything came.
    fn listen(&mut self) -> (Over, bool) {
        let Ok(mut stream) = Stream::open(self.device.clone()) else {
            return (Over::Lost(Lost::Server), false);
        };
        let opened = Instant::now();
        let mut heard: Option<Instant> = None;
        let mut device = String::new();
        let mut cutter = Cutter::new(RATE);
        let mut loudest = 0;
        let mut told_level = opened;
        loop {
            match self.wished.recv_timeout(FETCH) {
                Ok(Wish::Use(device)) => {
                    self.device = device;
                    self.tell(State::Opening);
                    return (Over::Chosen, true);
                }
                Ok(Wish::End) | Err(RecvTimeoutError::Disconnected) => return (Over::Ended, true),
                Err(RecvTimeoutError::Timeout) => {}
            }
            let now = Instant::now();
            match stream.told() {
                Some(Told::Playing { name, rate }) => {
                    device = name;
                    cutter = Cutter::new(rate);
                }
                Some(Told::Lost(lost)) => return (Over::Lost(lost), heard.is_some()),
                // The next one is opened at once.
                Some(Told::Moved) => return (Over::Chosen, true),
                None => {}
            }
            let came = stream.drain(|sample| {
                if let Some(frame) = cutter.push(sample) {
                    loudest = loudest.max(frame.level());
                    // A client that is behind, or gone: what is old is of no use.
                    let _ = self.frames.try_send(frame);
                }
            });
            if came {
                heard = Some(now);
                self.tell(State::Ready { device: device.clone() });
            }
            let silent = match heard {
                Some(last) => now.saturating_duration_since(last) > SILENT,
                None => now.saturating_duration_since(opened) > OPENING,
            };
            if silent {
                return (Over::Lost(Lost::Silent), heard.is_some());
            }
            if now.saturating_duration_since(told_level) >= LEVEL {
                self.level.send_replace(loudest);
                (loudest, told_level) = (0, now);
            }
        }
    }

    fn tell(&self, state: State) {
        if *self.state.borrow() == state {
            return;
        }
        match &state {
            State::Lost(lost) => tracing::warn!(target: "voice", ?lost, "no microphone"),
            State::Opening | State::Ready { .. } => tracing::info!(target: "voice", ?state, "microphone"),
        }
        self.state.send_replace(state);
    }
}

/// Cuts samples into frames at our rate. Another rate is brought to it by straight lines between samples: speech has
/// little above what that harms, and sound servers convert by themselves.
struct Cutter {
    step: f64,
    at: f64,
    last: f32,
    frame: Box<[i16; FRAME]>,
    filled: usize,
}

impl Cutter {
    fn new(rate: u32) -> Self {
        let step = f64::from(rate) / f64::from(RATE);
        Self { step, at: 0.0, last: 0.0, frame: Box::new([0; FRAME]), filled: 0 }
    }

    /// Takes a sample; gives a frame when one is full. A rate below a fiftieth of ours would lose samples.
    fn push(&mut self, sample: f32) -> Option<Frame> {
        let mut full = None;
        while self.at < 1.0 {
            #[expect(clippy::cast_possible_truncation, reason = "a sample between two others")]
            let between = (f64::from(self.last) * (1.0 - self.at) + f64::from(sample) * self.at) as f32;
            #[expect(clippy::cast_possible_truncation, reason = "clamped")]
            let value = (between.clamp(-1.0, 1.0) * f32::from(i16::MAX)) as i16;
            self.frame[self.filled] = value;
            self.filled += 1;
            if self.filled == FRAME {
                self.filled = 0;
                full = Some(Frame(std::mem::replace(&mut self.frame, Box::new([0; FRAME]))));
            }
            self.at += self.step;
        }
        self.at -= 1.0;
        self.last = sample;
        full
    }
}

#[cfg(test)]
mod tests;
