//! The recogniser and its thread: one utterance at a time, off the threads that answer people.
//!
//! The model is read when somebody first presses to speak, and given back to the system when nobody has for long. What waits for it is bounded; who comes on top is told so. A panic in it costs that utterance and the loaded model,
//! nothing else (rule R6.1).

use recogniser::{Certainty, Grammar, HearError, Likely, ModelError, Recogniser};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;
use voice::protocol::grammar::{Candidate, Match, Saying, Verdict};

/// Utterances that wait: more than screens speak at once, and no more than are heard in a few seconds.
const WAITING: usize = 8;

/// Nobody has spoken for so long: the model's memory is given back.
const IDLE: Duration = Duration::from_secs(10 * 60);

/// What can be said in one session, and its tree once somebody has needed it.
#[derive(Debug)]
pub(super) struct Sayings {
    revision: u64,
    list: Vec<recogniser::Saying>,
    tree: OnceLock<Grammar>,
}

impl Sayings {
    pub(super) fn new(revision: u64, sayings: Vec<Saying>) -> Self {
        let list = sayings.into_iter().map(|saying| recogniser::Saying { id: saying.id, say: saying.say });
        Self { revision, list: list.collect(), tree: OnceLock::new() }
    }

    #[cfg(test)]
    pub(super) fn revision(&self) -> u64 {
        self.revision
    }
}

/// What was heard in an utterance.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) transcript: String,
    pub(super) matched: Option<Match>,
}

/// Why nothing was heard.
#[derive(Debug, thiserror::Error)]
pub(super) enum Deaf {
    /// No model.
    #[error("the hub has no speech model; its folder can be named with BRIGADE_VOICE_MODEL")]
    Missing,
    /// It cannot be used.
    #[error("the speech model cannot be used: {0}")]
    Model(#[from] ModelError),
    /// This utterance cannot be judged.
    #[error(transparent)]
    Sound(#[from] HearError),
    /// Too many speak at once.
    #[error("too many speak at once; try again")]
    Busy,
    /// It failed.
    #[error("listening failed")]
    Failed,
}

impl Deaf {
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Missing => "speech_model_missing",
            Self::Model(_) => "speech_model_unusable",
            Self::Sound(HearError::NoSound) => "audio_empty",
            Self::Sound(HearError::TooLong { .. }) => "audio_too_long",
            Self::Busy => "busy",
            Self::Sound(HearError::Compute(_)) | Self::Failed => "listening_failed",
        }
    }
}

enum Job {
    /// Somebody begins to speak.
    Prepare(Arc<Sayings>),
    Hear {
        sound: Vec<f32>,
        sayings: Option<Arc<Sayings>>,
        answer: oneshot::Sender<Result<Heard, Deaf>>,
    },
}

/// See the module.
pub(super) struct Ears {
    model: Option<PathBuf>,
    /// The thread, once somebody needed it; none again after the end.
    thread: Mutex<Thread>,
    is_loaded: Arc<AtomicBool>,
}

enum Thread {
    NotYet,
    Runs { jobs: SyncSender<Job>, thread: JoinHandle<()> },
    Ended,
}

impl Ears {
    /// With a model in that folder, or with none.
    pub(super) fn new(model: Option<PathBuf>) -> Self {
        Self { model, thread: Mutex::new(Thread::NotYet), is_loaded: Arc::default() }
    }

    /// Whether there is a model to load.
    pub(super) fn has_model(&self) -> bool {
        self.model.is_some()
    }

    /// Whether the model is in memory.
    pub(super) fn is_loaded(&self) -> bool {
        self.is_loaded.load(Ordering::Relaxed)
    }

    /// Makes ready for these. If it cannot be done now, it is done with the first utterance.
    pub(super) fn prepare(&self, sayings: Arc<Sayings>) {
        let _ = self.put(Job::Prepare(sayings));
    }

    /// Listens to a turn. Without sayings, or when none of them was said, the words are whatever they are.
    pub(super) async fn hear(&self, sound: Vec<f32>, sayings: Option<Arc<Sayings>>) -> Result<Heard, Deaf> {
        let (answer, heard) = oneshot::channel();
        self.put(Job::Hear { sound, sayings, answer })?;
        heard.await.unwrap_or(Err(Deaf::Failed))
    }

    /// Ends the thread, after the utterance it is at; blocks for that long.
    pub(super) fn stop(&self) {
        let thread = std::mem::replace(&mut *self.locked(), Thread::Ended);
        if let Thread::Runs { jobs, thread } = thread {
            drop(jobs);
            if thread.join().is_err() {
                tracing::error!(target: "hub::voice", "the listening thread had panicked");
            }
        }
    }

    fn put(&self, job: Job) -> Result<(), Deaf> {
        let model = self.model.clone().ok_or(Deaf::Missing)?;
        let mut thread = self.locked();
        if matches!(*thread, Thread::NotYet) {
            let (jobs, list) = sync_channel(WAITING);
            let is_loaded = self.is_loaded.clone();
            let started = std::thread::Builder::new()
                .name("ears".to_owned())
                .spawn(move || Listening { model, is_loaded, loaded: None }.run(&list))
                .map_err(|_| Deaf::Failed)?;
            *thread = Thread::Runs { jobs, thread: started };
        }
        match &*thread {
            Thread::Runs { jobs, .. } => jobs.try_send(job).map_err(|error| match error {
                TrySendError::Full(_) => Deaf::Busy,
                TrySendError::Disconnected(_) => Deaf::Failed,
            }),
            Thread::NotYet | Thread::Ended => Err(Deaf::Failed),
        }
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, Thread> {
        self.thread.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The thread's own.
struct Listening {
    model: PathBuf,
    is_loaded: Arc<AtomicBool>,
    loaded: Option<Recogniser>,
}

impl Listening {
    fn run(mut self, jobs: &Receiver<Job>) {
        loop {
            match jobs.recv_timeout(IDLE) {
                Ok(job) => self.work(job),
                Err(RecvTimeoutError::Timeout) => self.unload(),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.unload();
    }

    fn work(&mut self, job: Job) {
        match job {
            Job::Prepare(sayings) => {
                let ready = catch_unwind(AssertUnwindSafe(|| {
                    self.recogniser().map(|recogniser| {
                        sayings.tree.get_or_init(|| recogniser.grammar(&sayings.list));
                    })
                }));
                match ready {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => tracing::error!(target: "hub::voice", %error, "no speech model"),
                    Err(_) => self.unload(),
                }
            }
            Job::Hear { sound, sayings, answer } if !answer.is_closed() => {
                let heard = catch_unwind(AssertUnwindSafe(|| self.hear(&sound, sayings.as_deref())));
                let heard = heard.unwrap_or_else(|_| {
                    self.unload();
                    Err(Deaf::Failed)
                });
                // Who asked may have gone meanwhile.
                let _ = answer.send(heard);
            }
            // Nobody waits for it any more.
            Job::Hear { .. } => {}
        }
    }

    fn hear(&mut self, sound: &[f32], sayings: Option<&Sayings>) -> Result<Heard, Deaf> {
        let recogniser = self.recogniser()?;
        let Some(sayings) = sayings else {
            return Ok(Heard { transcript: recogniser.transcribe(sound)?, matched: None });
        };
        let tree = sayings.tree.get_or_init(|| recogniser.grammar(&sayings.list));
        let verdict = recogniser.recognise(sound, tree)?;
        let candidate = |likely: Likely| Candidate { id: likely.id, score: f64::from(likely.score) };
        let words = verdict.best.as_ref().map(|best| best.words.clone()).unwrap_or_default();
        let transcript = if verdict.certainty == Certainty::None { &verdict.text } else { &words }.clone();
        let matched = Match {
            revision: sayings.revision,
            verdict: match verdict.certainty {
                Certainty::Sure => Verdict::Sure,
                Certainty::Ask => Verdict::Ask,
                Certainty::None => Verdict::None,
            },
            score: verdict.best.as_ref().map_or(0.0, |best| f64::from(best.score)),
            id: verdict.best.map(|best| best.id),
            // JSON has no infinity; a likelihood apart by this much is as good.
            gap: verdict.evidence.map_or(0.0, |evidence| f64::from(evidence.gap.min(99.0))),
            heard: words,
            free: verdict.text,
            others: verdict.others.into_iter().map(candidate).collect(),
        };
        Ok(Heard { transcript, matched: Some(matched) })
    }

    fn recogniser(&mut self) -> Result<&Recogniser, ModelError> {
        if self.loaded.is_none() {
            let began = std::time::Instant::now();
            self.loaded = Some(Recogniser::load(&self.model)?);
            self.is_loaded.store(true, Ordering::Relaxed);
            let ms = began.elapsed().as_millis() as u64;
            tracing::info!(target: "hub::voice", folder = %self.model.display(), ms, "speech model read");
        }
        self.loaded.as_ref().ok_or_else(|| ModelError::Format("it was not kept".to_owned()))
    }

    fn unload(&mut self) {
        if self.loaded.take().is_some() {
            self.is_loaded.store(false, Ordering::Relaxed);
            tracing::info!(target: "hub::voice", "speech model given back");
        }
    }
}

/// Where the model is: where the environment says, else where a package or a person puts it.
pub(super) fn find_model() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("BRIGADE_VOICE_MODEL").filter(|value| !value.is_empty()) {
        return Some(named.into());
    }
    let places = [crate::default_folder("voice"), Some(PathBuf::from("/usr/share/brigade/voice"))];
    places.into_iter().flatten().find(|folder| is_model(folder))
}

fn is_model(folder: &Path) -> bool {
    [recogniser::MODEL_FILE, recogniser::VOCABULARY_FILE].iter().all(|name| folder.join(name).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn without_a_model_that_is_said_and_a_broken_one_as_well() {
        let ears = Ears::new(None);
        assert_eq!(ears.hear(vec![0.0; 16_000], None).await.unwrap_err().code(), "speech_model_missing");
        let folder = tempfile::tempdir().unwrap();
        let ears = Ears::new(Some(folder.path().to_owned()));
        for _ in 0..2 {
            assert_eq!(ears.hear(vec![0.0; 16_000], None).await.unwrap_err().code(), "speech_model_unusable");
        }
        assert!(!ears.is_loaded());
        ears.stop();
        assert_eq!(ears.hear(vec![0.0; 16_000], None).await.unwrap_err().code(), "listening_failed");
        ears.stop();
    }
}
