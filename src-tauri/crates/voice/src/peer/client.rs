//! The client: one task that owns the turn, the transcripts and the session, and does what they say.
//!
//! Nothing of it blocks: sound and events wait in one ordered queue while there is no session, so that what is said
//! during a connect is not lost and a commit never overtakes the sound it is about. While nobody talks a lost session is
//! not replaced before the next press: a peer that ends idle sessions is right to do so.

use super::codec::Encoder;
use super::connection::{Connection, Inbound, Network, Outbound, Setup};
use super::http::Http;
use super::log;
use super::secrets::Secrets;
use crate::audio::Frame;
use crate::protocol::grammar::{GrammarPart, Match, Saying, VERSION};
use crate::protocol::{ClientEvent, ClientMessage, Item, ItemId, ServerEvent, ServerMessage, Session};
use crate::transcripts::{Speaker, Taken, Transcripts};
use crate::turn::{self, Input, Limits, Output, Phase, Then, Turns};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::{CancellationToken, DropGuard};

/// A running client. Dropping it ends it; [`Client::shutdown`] waits for it.
#[derive(Debug)]
pub struct Client {
    commands: mpsc::Sender<Command>,
    tally: watch::Receiver<Tally>,
    /// None once it was waited for.
    task: Option<JoinHandle<()>>,
    cancel: CancellationToken,
    _ends_with_the_client: DropGuard,
}

/// Whom to talk to, and how patiently.
#[derive(Debug, Clone)]
pub struct Config {
    /// How to be let in.
    pub secrets: Secrets,
    /// A PEM file with the authority that signed the peer's certificate, if this computer does not know it.
    pub authority: Option<PathBuf>,
    /// How the other side is found.
    pub network: Network,
    /// What comes after the words: a peer that answers is asked for its answer.
    pub then: Then,
    /// How long a turn's states may last.
    pub limits: Limits,
    /// How patient a connect is.
    pub timing: link::Timing,
    /// Sessions end after an hour without warning: before that a new one is made while nobody talks.
    pub renew_after: Duration,
    /// Of the jitter.
    pub seed: u64,
}

impl Config {
    /// A peer on the kitchen's own network, with the limits of the rules.
    #[must_use]
    pub fn new(secrets: Secrets) -> Self {
        Self {
            secrets,
            authority: None,
            network: Network::default(),
            then: Then::Done,
            limits: Limits::default(),
            timing: link::Timing { liveness: NEVER, ping: None, ..link::Timing::lan() },
            renew_after: RENEW_AFTER,
            seed: u64::from(std::process::id()),
        }
    }
}

/// What a client is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Make the session now, so that the first press need not wait.
    Warm,
    /// The talk button went down.
    Press {
        /// What can be said now.
        sayings: Arc<Vec<Saying>>,
    },
    /// It went up.
    Release,
    /// The press was none; or the answer is not wanted.
    Cancel,
    /// The emergency brake.
    Reset,
    /// There is no microphone.
    MicrophoneLost,
    /// The output of a function that the peer called.
    Output {
        /// Which call.
        call_id: String,
        /// For the peer to read.
        output: String,
    },
}

/// What a client tells.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Something happened to the turn.
    Turn(turn::Event),
    /// The talk button went down while a turn was under way.
    Busy {
        /// Where the turn is.
        state: Phase,
    },
    /// Words of the cook. Once per item.
    Words {
        /// The peer's name for them.
        item: ItemId,
        /// As heard.
        text: String,
        /// What a peer that knows the grammar makes of them.
        found: Option<Match>,
        /// It was decided by the grammar of the latest press.
        current: bool,
        /// They are those of the turn that waited for them. Only such words may do anything.
        awaited: bool,
    },
    /// There are no words of the cook for an item.
    NoWords {
        /// The peer's name for it.
        item: ItemId,
        /// The peer's code for why.
        code: Option<String>,
        /// It is the turn that waited.
        awaited: bool,
    },
    /// Words of the peer.
    Answer {
        /// As written.
        text: String,
    },
    /// The peer wants a function called. It waits for [`Command::Output`].
    Call {
        /// Names the call.
        call_id: String,
        /// The function.
        name: String,
        /// JSON.
        arguments: String,
    },
    /// The session stands otherwise.
    Peer(Standing),
}

/// How the session stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// None, and none is wanted now.
    Away {
        /// What went wrong with the last one, for logs and the panel; none if it ended on purpose.
        reason: Option<String>,
        /// The peer's own code for it, when it answered and would not.
        code: Option<String>,
    },
    /// On the way.
    Connecting,
    /// There.
    Live {
        /// It decides among what can be said now.
        decides: bool,
    },
    /// We are not let in.
    Refused {
        /// For logs and the panel.
        reason: String,
    },
}

/// What was counted, for diagnostics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Connections that came to a session.
    pub sessions: u32,
    /// Sound packets of 20 ms given to the network, silence included.
    pub packets: u64,
    /// Of the last turn: from commit to the peer's confirmation.
    pub round_trip: Option<Duration>,
    /// Of the last turn: from commit to the words.
    pub words_after: Option<Duration>,
    /// Messages that could not be read, or meant nothing.
    pub unread: u64,
}

const NEVER: Duration = Duration::from_secs(100 * 24 * 3_600);
const RENEW_AFTER: Duration = Duration::from_secs(50 * 60);
/// Commands of fingers and of one owner.
const COMMANDS: usize = 64;
/// Events that the owner may be behind.
const EVENTS: usize = 256;
/// An owner that takes longer has stopped.
const OWNER: Duration = Duration::from_secs(1);
/// Frames that wait for a session: a whole recording.
const MOST_QUEUED: usize = 45 * 50 + 100;
/// Frames sent per tick while catching up: four times as fast as they were said.
const CATCH_UP: usize = 4;
const TICK: Duration = Duration::from_millis(20);
/// What an end may take before the task is cut off (R6.2).
const SHUTDOWN: Duration = Duration::from_secs(2);

impl Client {
    /// Starts a client that connects when it is first pressed or warmed. `frames` is the microphone. Needs a tokio
    /// runtime.
    ///
    /// # Errors
    /// When there is no Opus, for want of memory, or nobody could be trusted: the authority's file cannot be read.
    pub fn start(
        config: Config,
        frames: mpsc::Receiver<Frame>,
    ) -> Result<(Self, mpsc::Receiver<Event>), std::io::Error> {
        let encoder = Encoder::new().map_err(std::io::Error::other)?;
        let http = match config.secrets.is_secure() {
            true => Http::secure(config.authority.as_deref()).map_err(std::io::Error::other)?,
            false => Http::plain(),
        };
        let setup = Setup {
            secrets: config.secrets.clone(),
            network: config.network.clone(),
            http,
            #[cfg(test)]
            fails_at: None,
        };
        let (commands, told) = mpsc::channel(COMMANDS);
        let (events, events_rx) = mpsc::channel(EVENTS);
        let (tally_tx, tally) = watch::channel(Tally::default());
        let cancel = CancellationToken::new();
        let driver = Driver {
            session: link::Session::new(Dialect, config.timing, config.seed),
            turns: Turns::new(config.limits),
            transcripts: Transcripts::default(),
            config,
            setup,
            encoder,
            started: Instant::now(),
            commands: told,
            frames: Some(frames),
            events,
            cancel: cancel.clone(),
            connection: None,
            ready: None,
            replacing: false,
            queue: VecDeque::new(),
            listening: false,
            last_frame: Duration::ZERO,
            sayings: Arc::default(),
            sent: None,
            revision: 0,
            named: 0,
            commit: None,
            calls: Vec::new(),
            answer: Answer::None,
            standing: Standing::Away { reason: None, code: None },
            refusal: None,
            tally: Tally::default(),
            tally_tx,
        };
        let task = tokio::spawn(driver.run());
        let client = Self {
            commands,
            tally,
            task: Some(task),
            _ends_with_the_client: cancel.clone().drop_guard(),
            cancel,
        };
        Ok((client, events_rx))
    }

    /// Gives a command without waiting.
    ///
    /// # Errors
    /// Hands the command back when the client has ended, or does not keep up.
    pub fn say(&self, command: Command) -> Result<(), Command> {
        self.commands.try_send(command).map_err(mpsc::error::TrySendError::into_inner)
    }

    /// What was counted so far.
    #[must_use]
    pub fn tally(&self) -> Tally {
        *self.tally.borrow()
    }

    /// Ends the session and waits for every task of it, 2 s at most.
    pub async fn shutdown(&mut self) {
        self.cancel.cancel();
        let Some(mut task) = self.task.take() else {
            tracing::warn!(target: "voice", "asked to shut down twice");
            return;
        };
        if tokio::time::timeout(SHUTDOWN, &mut task).await.is_err() {
            tracing::error!(target: "voice", "the voice client did not end in time and is cut off");
            task.abort();
        }
    }
}

/// A session is accepted by its first word.
#[derive(Debug)]
struct Dialect;

impl link::Dialect for Dialect {
    fn judge(&self, text: &str) -> link::Verdict {
        match ServerMessage::parse(text).map(|message| message.event) {
            Ok(ServerEvent::SessionCreated { .. }) => link::Verdict::Accepted,
            Ok(_) | Err(_) => link::Verdict::Traffic,
        }
    }
}

/// What waits for its turn on the wire.
enum Queued {
    Text(String),
    Frame(Frame),
}

/// A session that has said its first word.
struct Ready {
    since: Duration,
    decides: bool,
}

/// A commit that waits for its confirmation and its words.
struct Commit {
    event_id: String,
    /// Sound was sent faster than it was said: it needs a tail of its own to land.
    hurried: bool,
    sent: Option<Duration>,
}

/// How far an answer with functions is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    None,
    /// Functions were called; the answer is not over.
    Growing,
    /// The answer is over, outputs are owed.
    Owing,
}

struct Driver {
    session: link::Session<Dialect>,
    turns: Turns,
    transcripts: Transcripts,
    config: Config,
    setup: Setup,
    encoder: Encoder,
    started: Instant,
    commands: mpsc::Receiver<Command>,
    /// None when the microphone's end is gone for good.
    frames: Option<mpsc::Receiver<Frame>>,
    events: mpsc::Sender<Event>,
    cancel: CancellationToken,
    connection: Option<Connection>,
    ready: Option<Ready>,
    /// The session is gone because another one is wanted at once.
    replacing: bool,
    /// In the order in which it has to be sent.
    queue: VecDeque<Queued>,
    listening: bool,
    /// When the last frame was sent.
    last_frame: Duration,
    sayings: Arc<Vec<Saying>>,
    /// What this session was told last.
    sent: Option<Arc<Vec<Saying>>>,
    revision: u64,
    /// Client events named so far.
    named: u64,
    commit: Option<Commit>,
    /// Calls without output.
    calls: Vec<String>,
    answer: Answer,
    standing: Standing,
    /// The peer's own code for why the last connection came to nothing.
    refusal: Option<String>,
    tally: Tally,
    tally_tx: watch::Sender<Tally>,
}

enum Woken {
    Cancelled,
    Command(Option<Command>),
    Frame(Option<Frame>),
    Inbound(Option<Inbound>),
    Tick,
    Deadline,
}

impl Driver {
    async fn run(mut self) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut stopping = false;
        loop {
            self.perform().await;
            if stopping && self.connection.is_none() {
                break;
            }
            match self.wait(&mut tick, stopping).await {
                Woken::Cancelled | Woken::Command(None) => {
                    stopping = true;
                    self.turn(Input::Disconnected);
                    self.input(link::Input::Disconnect);
                }
                Woken::Command(Some(command)) => self.command(command).await,
                Woken::Frame(Some(frame)) => {
                    if self.listening && self.queue.len() < MOST_QUEUED {
                        self.queue.push_back(Queued::Frame(frame));
                    }
                }
                Woken::Frame(None) => self.frames = None,
                Woken::Inbound(Some(inbound)) => self.inbound(inbound),
                Woken::Inbound(None) => self.join().await,
                Woken::Tick => self.send(),
                Woken::Deadline => {
                    let now = self.now();
                    self.session.handle_timeout(now);
                    self.turns.handle_timeout(now);
                    self.renew();
                }
            }
        }
        tracing::debug!(target: "voice", "the voice client has ended");
    }

    async fn wait(&mut self, tick: &mut tokio::time::Interval, stopping: bool) -> Woken {
        let renew = self.ready.as_ref().map(|ready| ready.since + self.config.renew_after);
        let renew = renew.filter(|_| self.turns.phase() == Phase::Idle);
        let due =
            [self.session.next_deadline(), self.turns.next_deadline(), renew].into_iter().flatten().min();
        let due = due.map(|due| self.started + due);
        tokio::select! {
            biased;
            () = self.cancel.cancelled(), if !stopping => Woken::Cancelled,
            command = self.commands.recv(), if !stopping => Woken::Command(command),
            inbound = next_inbound(self.connection.as_mut()) => Woken::Inbound(inbound),
            frame = next_frame(self.frames.as_mut()), if !stopping => Woken::Frame(frame),
            () = sleep_until(due) => Woken::Deadline,
            _ = tick.tick(), if self.ready.is_some() => Woken::Tick,
        }
    }

    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    fn input(&mut self, input: link::Input) {
        self.session.handle(input, self.started.elapsed());
    }

    async fn command(&mut self, command: Command) {
        match command {
            Command::Warm => self.input(link::Input::Connect),
            Command::Press { sayings } => {
                self.sayings = sayings;
                if self.turns.phase() == Phase::Idle && self.ready.is_some() {
                    self.tell_grammar();
                }
                if let Err(busy) = self.turns.handle(Input::Start, self.now()) {
                    self.tell(Event::Busy { state: busy.state }).await;
                    return;
                }
                if self.ready.is_none() {
                    // An attempt that is under way is shared; a wait is cut short.
                    self.input(link::Input::Connect);
                    self.input(link::Input::Retry);
                }
            }
            Command::Release => self.turn(Input::Stop),
            Command::Cancel => self.turn(Input::Cancel),
            Command::MicrophoneLost => self.turn(Input::MicrophoneLost),
            Command::Reset => self.turns.force_reset(),
            Command::Output { call_id, output } => {
                let Some(place) = self.calls.iter().position(|held| *held == call_id) else { return };
                self.calls.remove(place);
                self.queue_event(ClientEvent::ItemCreate { item: Item::output(call_id, output) });
                self.answered_calls();
            }
        }
    }

    /// Once every function that an answer has called has given its output, the answer goes on.
    fn answered_calls(&mut self) {
        if self.answer == Answer::Owing && self.calls.is_empty() {
            self.answer = Answer::None;
            self.turn(Input::ResponseAgain);
        }
    }

    /// What comes of it is performed by the loop.
    fn turn(&mut self, input: Input) {
        // Only a start can be refused.
        let _ = self.turns.handle(input, self.now());
    }

    /// Does what the machines say until they say no more.
    async fn perform(&mut self) {
        loop {
            if let Some(output) = self.turns.poll_output() {
                match output {
                    Output::Do(act) => self.act(act),
                    Output::Event(event) => {
                        log::turn(&event);
                        self.tell(Event::Turn(event)).await;
                    }
                }
            } else if let Some(output) = self.session.poll_output() {
                self.session_says(output).await;
            } else {
                return;
            }
        }
    }

    fn act(&mut self, act: turn::Act) {
        match act {
            turn::Act::Listen => {
                self.encoder.forget();
                self.queue_event(ClientEvent::Clear);
                self.listening = true;
            }
            turn::Act::Hush => self.listening = false,
            turn::Act::Commit => {
                let hurried = self.queue.len() > 2 * CATCH_UP;
                let event_id = self.queue_event(ClientEvent::Commit);
                self.commit = Some(Commit { event_id, hurried, sent: None });
            }
            turn::Act::Discard => {
                self.queue.clear();
                self.queue_event(ClientEvent::Clear);
            }
            turn::Act::AskResponse => {
                self.queue_event(ClientEvent::ResponseCreate { response: None });
            }
            turn::Act::CancelResponse => {
                self.calls.clear();
                self.answer = Answer::None;
                self.queue_event(ClientEvent::ResponseCancel { response_id: None });
            }
            turn::Act::GiveUpPeer => {
                self.queue.clear();
                self.replace_session();
            }
        }
    }

    async fn session_says(&mut self, output: link::Output) {
        match output {
            link::Output::Open { generation } => {
                debug_assert!(self.connection.is_none(), "one connection, ever");
                self.connection = Some(Connection::open(generation, self.setup.clone()));
            }
            link::Output::Close { generation, .. } | link::Output::Drop { generation } => {
                let held = self.connection.as_mut().filter(|held| held.generation == generation);
                if let Some(close) = held.and_then(|held| held.close.take()) {
                    // It may have ended by itself already; its end is reported all the same.
                    let _ = close.send(());
                }
            }
            link::Output::Event(event) => {
                log::session(&event);
                match event {
                    link::Event::Changed { from, to, cause, .. } => {
                        self.session_changed(from, to, cause).await;
                    }
                    link::Event::Frame { text, .. } => self.message(&text).await,
                    // The secret has said who we are.
                    link::Event::Greet { .. }
                    | link::Event::RoundTrip { .. }
                    | link::Event::AttemptLimit { .. } => {}
                }
            }
            link::Output::Send { .. }
            | link::Output::Ping { .. }
            | link::Output::Settled(_)
            | link::Output::Met(_) => {}
        }
    }

    async fn session_changed(&mut self, from: link::Phase, to: link::Phase, cause: Option<link::Cause>) {
        use link::Phase as At;
        if from == At::Live {
            self.ready = None;
            self.sent = None;
            self.queue.clear();
            self.calls.clear();
            self.answer = Answer::None;
            self.turn(Input::Disconnected);
        }
        let reason = cause.filter(|cause| *cause != link::Cause::Intended).map(|cause| cause.to_string());
        let standing = match to {
            At::Connecting | At::Authenticating => {
                self.replacing = false;
                Standing::Connecting
            }
            At::Closing | At::Waiting | At::Idle if self.replacing => Standing::Connecting,
            At::Closing | At::Waiting | At::Idle => {
                if to == At::Waiting && self.turns.phase() == Phase::Idle {
                    self.input(link::Input::Disconnect);
                }
                match (reason, &self.standing) {
                    (Some(reason), _) => Standing::Away { reason: Some(reason), code: self.refusal.clone() },
                    // What went wrong was told on the way here.
                    (None, told @ (Standing::Away { .. } | Standing::Refused { .. })) => told.clone(),
                    (None, Standing::Connecting | Standing::Live { .. }) if to == At::Closing => return,
                    (None, Standing::Connecting | Standing::Live { .. }) => {
                        Standing::Away { reason: None, code: None }
                    }
                }
            }
            At::Refused => {
                self.turn(Input::Disconnected);
                self.input(link::Input::Disconnect);
                Standing::Refused { reason: reason.unwrap_or_default() }
            }
            // Told with the session's first word.
            At::Live => return,
        };
        self.stand(standing).await;
    }

    async fn stand(&mut self, standing: Standing) {
        if self.standing != standing {
            self.standing = standing.clone();
            self.tell(Event::Peer(standing)).await;
        }
    }

    fn inbound(&mut self, inbound: Inbound) {
        let Some(generation) = self.connection.as_ref().map(|connection| connection.generation) else {
            return;
        };
        self.input(match inbound {
            Inbound::Opened => link::Input::Opened { generation },
            Inbound::Text(text) => link::Input::Frame { generation, text },
        });
    }

    /// The connection has said its last: waits for its end, so that the next opens only after it.
    async fn join(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        let (code, reason) = match connection.task.await {
            Ok(ended) => {
                self.refusal = ended.refusal;
                (ended.code, ended.reason)
            }
            Err(error) => {
                tracing::error!(target: "voice", %error, "the connection's task panicked");
                (None, "panicked".to_owned())
            }
        };
        self.input(link::Input::Closed { generation: connection.generation, code, reason });
    }

    /// A message of the live session (R2.2: only here it is read).
    async fn message(&mut self, text: &str) {
        let event = match ServerMessage::parse(text) {
            Ok(message) => message.event,
            Err(error) => {
                self.count(|tally| tally.unread += 1);
                tracing::warn!(target: "voice", error = ?error.classify(), bytes = text.len(), "unreadable message");
                return;
            }
        };
        let taken = self.transcripts.take(&event);
        match event {
            ServerEvent::SessionCreated { session } => self.created(&session).await,
            ServerEvent::Committed { item_id, .. } => self.committed(item_id),
            ServerEvent::FunctionCall { call_id, name, arguments } => {
                if self.turns.phase() == Phase::WaitingResponse && !call_id.is_empty() {
                    self.answer = Answer::Growing;
                    self.calls.push(call_id.clone());
                    self.tell(Event::Call { call_id, name, arguments }).await;
                }
            }
            ServerEvent::ResponseDone { .. } => {
                if self.answer == Answer::None {
                    self.turn(Input::ResponseDone);
                } else {
                    self.answer = Answer::Owing;
                    self.answered_calls();
                }
            }
            ServerEvent::Error { error } => {
                tracing::error!(
                    target: "voice", kind = error.kind, code = error.code, message = error.message,
                    param = error.param, event_id = error.event_id, "the peer reports an error"
                );
                let commit = self.commit.as_ref().map(|commit| commit.event_id.as_str());
                if error.event_id.is_some() && error.event_id.as_deref() == commit {
                    self.turn(Input::CommitRefused);
                }
                if error.code.as_deref() == Some("session_expired") {
                    self.replace_session();
                }
            }
            ServerEvent::Unknown(raw) => {
                self.count(|tally| tally.unread += 1);
                let kind = raw["type"].as_str().unwrap_or_default();
                tracing::debug!(target: "voice", kind, "an event that is not known, or not in its shape");
            }
            ServerEvent::SessionUpdated { .. }
            | ServerEvent::Cleared
            | ServerEvent::SpeechStarted { .. }
            | ServerEvent::SpeechStopped { .. }
            | ServerEvent::ItemAdded { .. }
            | ServerEvent::ItemDone { .. }
            | ServerEvent::TranscriptionDelta { .. }
            | ServerEvent::TranscriptionCompleted { .. }
            | ServerEvent::TranscriptionFailed { .. }
            | ServerEvent::ResponseCreated { .. }
            | ServerEvent::OutputItemAdded { .. }
            | ServerEvent::OutputItemDone { .. }
            | ServerEvent::OutputTextDelta { .. }
            | ServerEvent::OutputTextDone { .. }
            | ServerEvent::OutputTranscriptDelta { .. }
            | ServerEvent::OutputTranscriptDone { .. }
            | ServerEvent::FunctionCallDelta { .. }
            | ServerEvent::RateLimits { .. } => {}
        }
        self.taken(taken).await;
    }

    async fn taken(&mut self, taken: Taken) {
        match taken {
            Taken::Nothing | Taken::Created { .. } => {}
            Taken::Grown { item, unknown } => warn_unknown(&item, unknown),
            Taken::Final { item, text, found, unknown } => {
                warn_unknown(&item, unknown);
                if self.transcripts.entry(&item).is_some_and(|entry| entry.speaker == Speaker::Peer) {
                    self.tell(Event::Answer { text }).await;
                    return;
                }
                let sent = self.commit.as_ref().and_then(|commit| commit.sent);
                let now = self.now();
                let then = if found.is_some() { Then::Done } else { self.config.then };
                self.turns.handle_timeout(now);
                let before = self.turns.phase();
                self.turn(Input::Words(item.clone(), then));
                let awaited = before != Phase::Idle && before != self.turns.phase();
                if awaited {
                    self.count(|tally| tally.words_after = sent.map(|sent| now.saturating_sub(sent)));
                }
                let current = found.as_ref().is_some_and(|found| found.revision == self.revision);
                self.tell(Event::Words { item, text, found, current, awaited }).await;
            }
            Taken::Failed { item, reason, code, unknown } => {
                warn_unknown(&item, unknown);
                tracing::warn!(target: "voice", item, reason, code, "the peer has no words for a turn");
                let before = self.turns.phase();
                self.turn(Input::NoWords(item.clone()));
                let awaited = before != Phase::Idle && before != self.turns.phase();
                self.tell(Event::NoWords { item, code, awaited }).await;
            }
            Taken::NoItem => {
                tracing::error!(target: "voice", "an event without item id; nothing was made of it");
            }
        }
    }

    /// The session's first word: now what waits may go, after what the session has to know first.
    async fn created(&mut self, session: &Session) {
        let decides = session.brigade.is_some_and(|extension| extension.grammar >= VERSION);
        self.ready = Some(Ready { since: self.now(), decides });
        self.count(|tally| tally.sessions += 1);
        let waiting = std::mem::take(&mut self.queue);
        if let Some(first) = self.config.secrets.first_word() {
            self.queue.push_back(Queued::Text(first.to_string()));
        }
        if self.turns.phase() != Phase::Idle {
            self.tell_grammar();
        }
        self.queue.extend(waiting);
        self.stand(Standing::Live { decides }).await;
    }

    fn committed(&mut self, item: ItemId) {
        if item.is_empty() {
            tracing::error!(target: "voice", "a commit was confirmed without an item id");
            return;
        }
        let (now, sent) = (self.now(), self.commit.as_ref().and_then(|commit| commit.sent));
        self.count(|tally| tally.round_trip = sent.map(|sent| now.saturating_sub(sent)));
        self.turn(Input::Committed(item));
    }

    /// Tells a peer that decides what can be said now, if it does not know yet.
    fn tell_grammar(&mut self) {
        let decides = self.ready.as_ref().is_some_and(|ready| ready.decides);
        if !decides || self.sent.as_ref() == Some(&self.sayings) {
            return;
        }
        self.revision += 1;
        self.sent = Some(self.sayings.clone());
        for part in GrammarPart::cut(self.revision, self.sayings.to_vec()) {
            let session = Session {
                kind: Some("transcription".to_owned()),
                brigade_grammar: Some(part),
                ..Session::default()
            };
            self.queue_event(ClientEvent::SessionUpdate { session: Box::new(session) });
        }
    }

    /// Puts an event into the queue; gives its name.
    fn queue_event(&mut self, event: ClientEvent) -> String {
        self.named += 1;
        let event_id = format!("brigade_{}", self.named);
        let message = ClientMessage { event_id: Some(event_id.clone()), event };
        self.queue.push_back(Queued::Text(message.to_text()));
        event_id
    }

    /// One tick of the wire: what waits, a few frames at a time; silence when nothing does.
    fn send(&mut self) {
        let Some(connection) = &self.connection else { return };
        let now = self.started.elapsed();
        let mut frames = 0;
        while frames < CATCH_UP
            && let Some(next) = self.queue.pop_front()
        {
            if let (Queued::Text(text), Some(commit)) = (&next, &self.commit)
                && commit.hurried
                && text.contains(&commit.event_id)
                && now < self.last_frame + self.config.limits.tail
            {
                self.queue.push_front(next);
                break;
            }
            let out = match &next {
                Queued::Text(text) => Outbound::Text(text.clone()),
                Queued::Frame(frame) => match self.encoder.encode(frame) {
                    Ok(packet) => Outbound::Packet(packet),
                    Err(error) => {
                        tracing::error!(target: "voice", %error, "a frame could not be encoded");
                        continue;
                    }
                },
            };
            if connection.outbound.try_send(out).is_err() {
                // The network does not take more now; the limits of the turn decide how long that may be.
                self.queue.push_front(next);
                return;
            }
            match next {
                Queued::Frame(_) => {
                    frames += 1;
                    self.last_frame = now;
                    self.tally.packets += 1;
                }
                Queued::Text(text) => {
                    if let Some(commit) = &mut self.commit
                        && commit.sent.is_none()
                        && text.contains(&commit.event_id)
                    {
                        commit.sent = Some(now);
                    }
                }
            }
        }
        if frames == 0 && !self.listening && connection.outbound.try_send(Outbound::Silence).is_ok() {
            self.tally.packets += 1;
        }
        if self.tally.packets.is_multiple_of(50) {
            self.tally_tx.send_replace(self.tally);
        }
    }

    /// A session that nobody uses is replaced before the peer ends it.
    fn renew(&mut self) {
        let now = self.now();
        let old = self.ready.as_ref().is_some_and(|ready| now >= ready.since + self.config.renew_after);
        if old && self.turns.phase() == Phase::Idle {
            tracing::info!(target: "voice", "the session is renewed");
            self.replace_session();
        }
    }

    fn replace_session(&mut self) {
        let Some(generation) = self.connection.as_ref().map(|connection| connection.generation) else {
            return;
        };
        self.replacing = self.ready.is_some();
        self.input(link::Input::Reconnect { generation });
    }

    fn count(&mut self, change: impl FnOnce(&mut Tally)) {
        change(&mut self.tally);
        self.tally_tx.send_replace(self.tally);
    }

    async fn tell(&mut self, event: Event) {
        if self.events.send_timeout(event, OWNER).await.is_err() && !self.events.is_closed() {
            tracing::error!(target: "voice", "the owner of the voice client does not keep up; an event is lost");
        }
    }
}

fn warn_unknown(item: &str, unknown: bool) {
    if unknown {
        tracing::warn!(target: "voice", item, "words of an item that was not announced");
    }
}

async fn next_inbound(connection: Option<&mut Connection>) -> Option<Inbound> {
    match connection {
        Some(connection) => connection.inbound.recv().await,
        None => std::future::pending().await,
    }
}

async fn next_frame(frames: Option<&mut mpsc::Receiver<Frame>>) -> Option<Frame> {
    match frames {
        Some(frames) => frames.recv().await,
        None => std::future::pending().await,
    }
}

async fn sleep_until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}
