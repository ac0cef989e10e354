//! The kitchen's ears: short tones from this PC's loudspeaker.
//!
//! Tones are made here and not in the page, so that they sound at boot, without a permission and without media plugins.
//! One thread sees to it that sounds are heard; each try to play one has a thread of its own, which opens the device and
//! lets go of it after, because kitchens unplug things. A sound server that hangs costs that try and never anything else:
//! [`Speaker::play`] does not wait. A sound that fails is tried again while it means something: after a start of the PC
//! the sound server is often the last to be there.

use std::f32::consts::TAU;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{BufferSize, FromSample, SampleFormat, SizedSample};
use display::Sound;

/// A tone: its pitch in hertz (0 = silence) and its length in milliseconds.
type Tone = (f32, u32);

/// Rising, for something that came; falling, for something that went; a trill, for something that is otherwise; low and
/// even, for trouble. Each can be told from the others over a hood, by its shape and not by its pitch: all lie between 440
/// and 1,320 Hz, where kitchens are quietest and small speakers loudest.
fn tones(sound: Sound) -> &'static [Tone] {
    match sound {
        Sound::NewOrder => &[(660.0, 110), (880.0, 110), (1320.0, 220)],
        // Whoever speaks is near, and waits: short ones.
        Sound::Heard => &[(880.0, 70), (1175.0, 90)],
        Sound::Asked => &[(880.0, 90), (0.0, 60), (880.0, 90)],
        Sound::Refused => &[(587.0, 90), (440.0, 140)],
        Sound::Changed => {
            &[(990.0, 80), (784.0, 80), (990.0, 80), (784.0, 80), (990.0, 80), (784.0, 80), (990.0, 160)]
        }
        Sound::Voided => &[(1175.0, 160), (784.0, 160), (494.0, 360)],
        Sound::Late => {
            &[(1047.0, 90), (0.0, 70), (1047.0, 90), (0.0, 70), (1047.0, 90), (0.0, 70), (1047.0, 90)]
        }
        Sound::Ready => &[(784.0, 90), (0.0, 50), (1175.0, 420)],
        Sound::LinkLost => &[(440.0, 450), (0.0, 150), (440.0, 450)],
    }
}

/// How long a sound may take from the press to its end before the device counts as hung.
const LONGEST: Duration = Duration::from_secs(3);

/// How much later than its stream a sound may be heard.
const LATENCY: Duration = Duration::from_millis(300);

/// What is asked of the sound server at a time, in frames: its default fetches seconds at once and starts late.
#[cfg(target_os = "linux")]
const PIECE: u32 = 960;

/// A try that takes longer is left behind: neither ALSA nor a sound server promises an answer.
const LONGEST_TRY: Duration = Duration::from_secs(4);

/// So many tries may be left behind at once; past that no other is made until one of them ends.
const MOST_TRIES: usize = 4;

/// When a sound that failed is tried again.
#[derive(Debug, Clone, Copy)]
struct Patience {
    /// After the first failure; each one in a row doubles it.
    first: Duration,
    /// The longest wait: a PC may have no loudspeaker at all, and looking for one costs time and makes ALSA talk.
    longest: Duration,
    /// After so long a sound means nothing any more; what still rings is asked for again by then.
    meaning: Duration,
}

const PATIENCE: Patience = Patience {
    first: Duration::from_millis(250),
    longest: Duration::from_secs(15),
    meaning: Duration::from_secs(8),
};

impl Patience {
    fn after(&self, failures: u32) -> Duration {
        self.first.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(self.longest)
    }
}

/// The thread that owns the device is gone, or never came.
#[derive(Debug, thiserror::Error)]
#[error("the thread that plays sounds is gone")]
pub(crate) struct SpeakerGone;

/// The loudspeaker.
#[derive(Debug)]
pub(crate) struct Speaker {
    requests: Option<SyncSender<(Sound, u8)>>,
    thread: Option<JoinHandle<()>>,
}

impl Speaker {
    /// Starts the thread that owns the device. Nothing is opened before the first sound.
    pub(crate) fn start() -> Result<Self, SpeakerGone> {
        let (requests, waiting) = sync_channel(1);
        let tries = Tries { longest: LONGEST_TRY, running: Arc::default() };
        let play = move |sound, volume| tries.make(move || sound_once(sound, volume));
        let thread = std::thread::Builder::new()
            .name("speaker".to_owned())
            .spawn(move || serve(&waiting, PATIENCE, play));
        let thread = thread.map_err(|error| {
            tracing::error!(target: "sound", %error, "no thread for sounds: this screen stays silent");
            SpeakerGone
        })?;
        Ok(Self { requests: Some(requests), thread: Some(thread) })
    }

    /// Plays a sound at a volume of 0 to 100. While one sounds and another waits, a third is left out: it would come
    /// too late to mean anything.
    pub(crate) fn play(&self, sound: Sound, volume: u8) -> Result<(), SpeakerGone> {
        let Some(requests) = self.requests.as_ref().filter(|_| volume > 0) else { return Ok(()) };
        match requests.try_send((sound, volume)) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(_)) => {
                tracing::warn!(target: "sound", ?sound, "still playing: left out");
                Ok(())
            }
            Err(TrySendError::Disconnected(_)) => Err(SpeakerGone),
        }
    }
}

impl Drop for Speaker {
    fn drop(&mut self) {
        self.requests = None;
        let Some(thread) = self.thread.take() else { return };
        let deadline = Instant::now() + LONGEST;
        while !thread.is_finished() && Instant::now() < deadline {
            std::thread::park_timeout(Duration::from_millis(10));
        }
        if thread.is_finished() {
            let _ = thread.join();
        } else {
            // ALSA is known to hang for ever when its server died under a stream; the process is ending anyway.
            tracing::warn!(target: "sound", "the sound device does not let go; leaving it behind");
        }
    }
}

/// Tries to play something, each on a thread of its own.
struct Tries {
    longest: Duration,
    /// Those under way, the ones left behind among them.
    running: Arc<()>,
}

impl Tries {
    /// Gives what came of it, or says that it does not end.
    fn make(&self, play: impl FnOnce() -> Result<(), String> + Send + 'static) -> Result<(), String> {
        if Arc::strong_count(&self.running) > MOST_TRIES {
            return Err("the sound server does not answer, again and again".to_owned());
        }
        let (told, outcome) = sync_channel(1);
        let running = self.running.clone();
        let playing = move || {
            let _ = told.send(play());
            drop(running);
        };
        std::thread::Builder::new()
            .name("sound".to_owned())
            .spawn(playing)
            .map_err(|error| error.to_string())?;
        outcome
            .recv_timeout(self.longest)
            .unwrap_or_else(|_| Err("the sound server does not answer".to_owned()))
    }
}

/// A sound that is to be heard.
#[derive(Debug, Clone, Copy)]
struct Due {
    sound: Sound,
    volume: u8,
    asked: Instant,
}

/// Plays what is asked for until nobody can ask any more. A sound asked for later takes the place of one still due.
fn serve(
    waiting: &Receiver<(Sound, u8)>,
    patience: Patience,
    mut play: impl FnMut(Sound, u8) -> Result<(), String>,
) {
    let mut due: Option<Due> = None;
    let mut not_before = Instant::now();
    let mut failures = 0;
    let mut said = None;
    loop {
        let next = match due {
            Some(_) => waiting.recv_timeout(not_before.saturating_duration_since(Instant::now())),
            None => waiting.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match next {
            Ok((sound, volume)) => due = Some(Due { sound, volume, asked: Instant::now() }),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        if Instant::now() < not_before {
            continue;
        }
        let Some(Due { sound, volume, asked }) = due else { continue };
        let problem = play(sound, volume).err();
        if problem.is_some() {
            failures += 1;
            not_before = Instant::now() + patience.after(failures);
        } else {
            failures = 0;
        }
        if problem.is_none() || not_before.saturating_duration_since(asked) >= patience.meaning {
            due = None;
        }
        // A PC without a loudspeaker would fill the log with one line per order.
        if problem != said {
            match &problem {
                Some(error) => {
                    tracing::warn!(target: "sound", error, "no sound: check the loudspeaker and its cable");
                }
                None => tracing::info!(target: "sound", "sound works"),
            }
            said = problem;
        }
    }
}

fn sound_once(sound: Sound, volume: u8) -> Result<(), String> {
    let (device, buffer) = output_device().ok_or("there is no loudspeaker")?;
    let supported = device.default_output_config().map_err(|error| error.to_string())?;
    let mut config: cpal::StreamConfig = supported.into();
    config.buffer_size = buffer;
    match supported.sample_format() {
        SampleFormat::F32 => play_on::<f32>(&device, &config, sound, volume),
        SampleFormat::I16 => play_on::<i16>(&device, &config, sound, volume),
        SampleFormat::I32 => play_on::<i32>(&device, &config, sound, volume),
        SampleFormat::U8 => play_on::<u8>(&device, &config, sound, volume),
        other => Err(format!("the loudspeaker wants {other} samples, which are not supported")),
    }
}

/// The sound server's loudspeaker where one runs, else the system's own; and how much to hand it at a time.
fn output_device() -> Option<(cpal::Device, BufferSize)> {
    #[cfg(target_os = "linux")]
    voice::capture::show_cookie();
    #[cfg(target_os = "linux")]
    match cpal::host_from_id(cpal::HostId::PulseAudio).map(|host| host.default_output_device()) {
        Ok(Some(device)) => return Some((device, BufferSize::Fixed(PIECE))),
        Ok(None) => tracing::debug!(target: "sound", "the sound server has no loudspeaker"),
        Err(error) => tracing::debug!(target: "sound", %error, "no sound server"),
    }
    cpal::default_host().default_output_device().map(|device| (device, BufferSize::Default))
}

fn play_on<T: SizedSample + FromSample<f32>>(
    device: &cpal::Device,
    config: &cpal::StreamConfig,
    sound: Sound,
    volume: u8,
) -> Result<(), String> {
    let channels = usize::from(config.channels.max(1));
    let samples = wave(tones(sound), config.sample_rate, volume);
    let length = Duration::from_secs_f64(samples.len() as f64 / f64::from(config.sample_rate.max(1)));
    let mut samples = samples.into_iter();
    let (told, outcome) = sync_channel::<Result<(), String>>(2);
    let failed = told.clone();
    let mut is_told = false;
    let stream = device
        .build_output_stream(
            *config,
            move |frames: &mut [T], _: &cpal::OutputCallbackInfo| {
                for frame in frames.chunks_mut(channels) {
                    let sample = samples.next();
                    if sample.is_none() && !is_told {
                        is_told = told.try_send(Ok(())).is_ok();
                    }
                    frame.fill(T::from_sample(sample.unwrap_or(0.0)));
                }
            },
            move |error| {
                let _ = failed.try_send(Err(error.to_string()));
            },
            Some(LONGEST),
        )
        .map_err(|error| error.to_string())?;
    stream.play().map_err(|error| error.to_string())?;
    let begun = Instant::now();
    match outcome.recv_timeout(LONGEST) {
        Ok(Ok(())) => {}
        Ok(Err(error)) => return Err(error),
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
            return Err("the loudspeaker does not take the sound".to_owned());
        }
    }
    // Taken is not heard: a sound server fetches a whole sound at once and plays it from its own buffer.
    let left = (length + LATENCY).saturating_sub(begun.elapsed());
    match outcome.recv_timeout(left) {
        Ok(Err(error)) => Err(error),
        Ok(Ok(())) | Err(_) => Ok(()),
    }
}

/// Mono samples between -1 and 1. The third harmonic makes the tone carry; the ramps keep it from clicking; the tail of
/// silence lets the device play out what it has buffered.
fn wave(tones: &[Tone], rate: u32, volume: u8) -> Vec<f32> {
    let rate = rate as f32;
    let loudness = (f32::from(volume.min(100)) / 100.0).powi(2) * 0.7;
    let ramp = rate * 0.008;
    let mut samples = Vec::new();
    for &(pitch, milliseconds) in tones {
        let count = rate * milliseconds as f32 / 1000.0;
        for n in 0..count as u32 {
            let n = n as f32;
            let envelope = (n / ramp).min((count - n) / ramp).clamp(0.0, 1.0);
            let phase = TAU * pitch * n / rate;
            samples.push((phase.sin() * 0.8 + (3.0 * phase).sin() * 0.2) * envelope * loudness);
        }
    }
    samples.extend(std::iter::repeat_n(0.0, (rate * 0.15) as usize));
    samples
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[test]
    fn every_sound_can_be_told_from_the_others_and_is_soon_over() {
        let heard = |sound| tones(sound).iter().map(|(pitch, _)| *pitch).filter(|pitch| *pitch > 0.0);
        let melody = |sound| -> Vec<std::cmp::Ordering> {
            let pitches: Vec<f32> = heard(sound).collect();
            pitches.windows(2).map(|pair| pair[1].total_cmp(&pair[0])).collect()
        };
        for (index, sound) in Sound::ALL.into_iter().enumerate() {
            let length: u32 = tones(sound).iter().map(|(_, milliseconds)| milliseconds).sum();
            assert!((400..1_200).contains(&length), "{sound:?} lasts {length} ms");
            assert!(heard(sound).all(|pitch| (440.0..=1320.0).contains(&pitch)), "{sound:?}");
            for other in &Sound::ALL[index + 1..] {
                assert_ne!(melody(sound), melody(*other), "{sound:?} and {other:?} have one melody");
            }
        }
    }

    #[test]
    fn a_wave_is_as_long_as_its_tones_never_clips_and_follows_the_volume() {
        let peak = |volume| {
            wave(tones(Sound::NewOrder), 48_000, volume).into_iter().fold(0.0f32, |a, b| a.max(b.abs()))
        };
        assert_eq!(wave(&[(440.0, 100)], 48_000, 50).len(), 4_800 + 7_200);
        assert!(peak(100) <= 0.75 && peak(100) > 0.4);
        assert!(peak(50) < peak(100) && peak(0) == 0.0);
    }

    const HASTE: Patience = Patience {
        first: Duration::from_millis(1),
        longest: Duration::from_millis(20),
        meaning: Duration::from_secs(60),
    };

    /// A loudspeaker that fails so often first; every try is told, with whether it was heard.
    fn speaker_that_fails(
        times: u32,
        patience: Patience,
    ) -> (SyncSender<(Sound, u8)>, Receiver<bool>, JoinHandle<()>) {
        let (requests, waiting) = sync_channel(1);
        let (told, tries) = sync_channel(64);
        let mut left = times;
        let thread = std::thread::spawn(move || {
            serve(&waiting, patience, |_, _| {
                let heard = left == 0;
                left = left.saturating_sub(1);
                let _ = told.try_send(heard);
                if heard { Ok(()) } else { Err("the sound server is still starting".to_owned()) }
            });
        });
        (requests, tries, thread)
    }

    const SOON: Duration = Duration::from_secs(20);

    #[test]
    fn the_first_sound_is_heard_once_though_the_sound_server_is_late() {
        let (requests, tries, thread) = speaker_that_fails(5, HASTE);
        requests.send((Sound::NewOrder, 50)).unwrap();
        let outcome: Vec<bool> = (0..6).map(|_| tries.recv_timeout(SOON).unwrap()).collect();
        assert_eq!(outcome, [false, false, false, false, false, true]);
        // The next try is of the next sound: what was heard is not played again.
        requests.send((Sound::NewOrder, 50)).unwrap();
        assert!(tries.recv_timeout(SOON).unwrap());
        drop(requests);
        thread.join().unwrap();
        assert!(tries.try_recv().is_err(), "a sound is played once");
    }

    #[test]
    fn a_sound_that_means_nothing_any_more_is_left_and_the_end_waits_for_no_sound() {
        let patience = Patience { meaning: Duration::ZERO, ..HASTE };
        let (requests, tries, thread) = speaker_that_fails(2, patience);
        for heard in [false, false, true] {
            requests.send((Sound::NewOrder, 50)).unwrap();
            assert_eq!(tries.recv_timeout(SOON), Ok(heard), "one try each");
        }
        drop(requests);
        thread.join().unwrap();

        let patience = Patience { first: SOON, longest: SOON, meaning: SOON * 2 };
        let (requests, tries, thread) = speaker_that_fails(9, patience);
        requests.send((Sound::NewOrder, 50)).unwrap();
        assert_eq!(tries.recv_timeout(SOON), Ok(false));
        let begun = Instant::now();
        drop(requests);
        thread.join().unwrap();
        assert!(begun.elapsed() < SOON / 2, "it waited for the next try");
    }

    #[test]
    fn a_sound_server_that_never_answers_costs_a_try_and_not_the_sounds_after_it() {
        let tries = Tries { longest: Duration::from_millis(20), running: Arc::default() };
        let (release, released) = sync_channel::<()>(0);
        let released = Arc::new(Mutex::new(released));
        let hang = || {
            let released = released.clone();
            move || {
                let _ = released.lock().unwrap().recv();
                Ok(())
            }
        };
        for _ in 0..MOST_TRIES - 1 {
            assert!(tries.make(hang()).is_err());
        }
        assert_eq!(Tries { longest: SOON, ..tries }.make(|| Ok(())), Ok(()));
        let tries = Tries { longest: Duration::from_millis(20), running: Arc::default() };
        for _ in 0..MOST_TRIES {
            assert!(tries.make(hang()).is_err());
        }
        let refused = tries.make(|| panic!("no more threads are left to a server that hangs"));
        assert!(refused.unwrap_err().contains("again and again"));
        drop(release);
        let deadline = Instant::now() + SOON;
        while Arc::strong_count(&tries.running) > 1 {
            assert!(Instant::now() < deadline, "the tries that were left behind do not end");
            std::thread::yield_now();
        }
        assert_eq!(Tries { longest: SOON, ..tries }.make(|| Ok(())), Ok(()), "it answers again");
    }

    #[test]
    fn a_late_sound_server_is_tried_often_at_first_and_not_all_the_time() {
        let tries: Vec<Duration> = (1..8).map(|failures| PATIENCE.after(failures)).collect();
        let in_time: Duration = tries[..5].iter().sum();
        assert!(
            in_time < PATIENCE.meaning,
            "five more tries while the first ring means something: {tries:?}"
        );
        assert_eq!(tries[6], PATIENCE.longest);
    }
}
