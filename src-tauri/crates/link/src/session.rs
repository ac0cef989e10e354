//! The session machine: one state, whose variants carry everything that belongs to that state and to no other.
//!
//! The invariant: between an [`Output::Open`] and the [`Input::Closed`] of the same generation no other `Open` is
//! given out. So there is never more than one socket, and what an old one still says names a generation that nobody
//! listens to.

use crate::jitter::Jitter;
use std::collections::VecDeque;
use std::time::Duration;

/// One connection, as a pure machine. Times are since any fixed moment of the driver's choice.
#[derive(Debug)]
pub struct Session<D> {
    dialect: D,
    timing: Timing,
    jitter: Jitter,
    state: State,
    /// The last generation that was given out.
    generation: u64,
    outputs: VecDeque<Output>,
}

/// How patient a session is. Every figure has its reason with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// From opening to accepted. A server that accepts TCP and then says nothing must not hold a screen for ever.
    pub attempt: Duration,
    /// Silence after which an accepted connection is dead: half-open sockets never report an end by themselves.
    pub liveness: Duration,
    /// The first wait after a failure.
    pub base: Duration,
    /// The longest wait between attempts.
    pub cap: Duration,
    /// The wait after the server has refused twice: somebody has to change something, and may do so any time.
    pub refused: Duration,
    /// How long a close may take before the socket is dropped.
    pub close: Duration,
    /// How often the way to an accepted server and back is measured, for people; none: never.
    pub ping: Option<Duration>,
    /// What a long outage does.
    pub limit: AttemptLimit,
}

impl Timing {
    /// To a hub on the same network (R3.5): quick, because a kitchen stands still meanwhile. The hub says a heartbeat
    /// each second, so 2.5 s of silence is two lost ones; with the 0.5 s of a frame's way that keeps "stale" below 3 s.
    #[must_use]
    pub fn lan() -> Self {
        Self {
            attempt: Duration::from_secs(10),
            liveness: Duration::from_millis(2_500),
            base: Duration::from_millis(200),
            cap: Duration::from_secs(1),
            refused: Duration::from_secs(30),
            close: Duration::from_secs(1),
            ping: Some(Duration::from_secs(5)),
            limit: AttemptLimit::None,
        }
    }

    /// To a back end over the internet (R3.5): gentle, because it serves many.
    #[must_use]
    pub fn back_end() -> Self {
        Self {
            liveness: Duration::from_secs(90),
            base: Duration::from_secs(2),
            cap: Duration::from_secs(30),
            ping: None,
            ..Self::lan()
        }
    }
}

/// What happens when many attempts in a row have failed. The event is given out once per outage in either case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AttemptLimit {
    /// Nobody asks.
    #[default]
    None,
    /// Say so after that many, and go on at the cap: a kiosk has nobody to press retry.
    Announce(u32),
    /// Say so after that many, and rest until asked again.
    Stop(u32),
}

/// What a frame means to the session. Implemented once per protocol.
pub trait Dialect: std::fmt::Debug {
    /// Judges one inbound frame. Must not fail: what it cannot read is traffic.
    fn judge(&self, text: &str) -> Verdict;

    /// Judges the close code of a server.
    fn judge_close(&self, code: u16) -> CloseVerdict {
        if code == POLICY { CloseVerdict::Credentials } else { CloseVerdict::Ordinary }
    }
}

/// What a server's close means to the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseVerdict {
    /// Connections end: another one is tried.
    Ordinary,
    /// It is about who we are: once more with new credentials.
    Credentials,
    /// We are not wanted here, whatever we say: rest, and try again slowly.
    Unwanted,
}

/// What a frame means to the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The server accepts the greeting.
    Accepted,
    /// The server does not accept who we are; the same again is useless.
    Refused {
        /// For logs.
        reason: String,
    },
    /// The server cannot now; worth another try.
    Busy {
        /// For logs.
        reason: String,
        /// Not before that long, if the server said so.
        after: Option<Duration>,
    },
    /// Anything else.
    Traffic,
}

/// What happens to a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// The owner wants a connection.
    Connect,
    /// The owner wants none.
    Disconnect,
    /// A person pressed "retry now": the wait is over.
    Retry,
    /// The owner has lost the thread of what the server says: that connection is to be replaced, if it is the one.
    Reconnect {
        /// Which.
        generation: u64,
    },
    /// The owner's greeting for a connection, in answer to [`Event::Greet`].
    Greeting {
        /// Which.
        generation: u64,
        /// The first frame.
        text: String,
    },
    /// The owner has no credentials to greet with.
    NoGreeting {
        /// Which.
        generation: u64,
        /// Why, for logs.
        reason: String,
    },
    /// A frame of the owner's.
    Send {
        /// The connection it was written for; on any other it is dropped.
        generation: u64,
        /// The frame.
        text: String,
    },
    /// The socket is open.
    Opened {
        /// Which.
        generation: u64,
    },
    /// A frame came in.
    Frame {
        /// On which socket.
        generation: u64,
        /// The frame.
        text: String,
    },
    /// Something without meaning came in: a ping, or frames that wait for the owner.
    Heard {
        /// On which socket.
        generation: u64,
    },
    /// The answer to the ping that was sent last.
    Ponged {
        /// On which socket.
        generation: u64,
    },
    /// The socket never opened, and its task is joined.
    Failed {
        /// Which.
        generation: u64,
        /// Why.
        cause: Cause,
        /// Not before that long, if the server said so.
        after: Option<Duration>,
    },
    /// The socket is gone and its task is joined.
    Closed {
        /// Which.
        generation: u64,
        /// The close code, if the server sent one.
        code: Option<u16>,
        /// For logs.
        reason: String,
    },
}

/// What a session wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Open a socket.
    Open {
        /// Under this number.
        generation: u64,
    },
    /// Send a frame.
    Send {
        /// On this socket.
        generation: u64,
        /// The frame.
        text: String,
    },
    /// Ask whether somebody is there, and report [`Input::Ponged`].
    Ping {
        /// On this socket.
        generation: u64,
    },
    /// Close the socket with a code and report [`Input::Closed`] when it is joined.
    Close {
        /// Which.
        generation: u64,
        /// The close code.
        code: u16,
    },
    /// Drop the socket without a word and report [`Input::Closed`] when it is joined.
    Drop {
        /// Which.
        generation: u64,
    },
    /// Tell the owner.
    Event(Event),
    /// Tell everybody who asked to connect since the last of these.
    Settled(Result<(), Cause>),
    /// What a [`Input::Connect`] met.
    Met(Standing),
}

/// What the owner is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The phase changed. Given out once per change, never without one (R3.9).
    Changed {
        /// Before.
        from: Phase,
        /// After.
        to: Phase,
        /// The connection of the phase after it, if it has one.
        generation: Option<u64>,
        /// Failed attempts in this outage.
        attempts: u32,
        /// Why, when something went wrong.
        cause: Option<Cause>,
        /// How long it waits now.
        wait: Option<Duration>,
        /// What it waits for.
        waits_for: Option<WaitReason>,
    },
    /// The socket is open: answer with [`Input::Greeting`].
    Greet {
        /// For this connection.
        generation: u64,
        /// Which credentials it wants.
        credentials: Credentials,
    },
    /// A frame of the accepted connection; the accepting frame is the first. A refusing frame is given out as well.
    Frame {
        /// On which connection.
        generation: u64,
        /// The frame.
        text: String,
    },
    /// How long a ping of the accepted connection took to the server and back.
    RoundTrip {
        /// So long.
        took: Duration,
    },
    /// That many attempts have failed in a row.
    AttemptLimit {
        /// How many.
        attempts: u32,
    },
}

/// Where a session is, for people and logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Nobody wants a connection.
    Idle,
    /// Between attempts.
    Waiting,
    /// Opening the socket.
    Connecting,
    /// The socket is open, the server has not accepted.
    Authenticating,
    /// Accepted and heard from.
    Live,
    /// Getting rid of a socket.
    Closing,
    /// The server does not want us; tried again now and then.
    Refused,
}

/// Why a wait has the length it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WaitReason {
    /// The next attempt, by our own patience.
    Backoff,
    /// The next attempt, not before the server said.
    AskedByServer,
    /// Somebody has to change something.
    Refused,
}

/// What a connect met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It started an attempt.
    Started,
    /// An attempt was under way or scheduled; its result is shared.
    Underway,
    /// There was a live connection; nothing was done.
    AlreadyLive,
}

/// Which credentials a greeting is to carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Credentials {
    /// Those at hand.
    Held,
    /// Fetched anew: the server has refused those at hand.
    Renewed,
}

/// Why a connection or an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// The owner wanted it.
    #[error("disconnected on purpose")]
    Intended,
    /// Not accepted in time.
    #[error("no answer within the limit of an attempt")]
    AttemptTimeout,
    /// Nothing was heard for too long.
    #[error("nothing heard within the liveness limit")]
    Silence,
    /// The socket closed, or never opened.
    #[error("the socket closed ({code:?}): {reason}")]
    Closed {
        /// The close code, if there was one.
        code: Option<u16>,
        /// For logs.
        reason: String,
    },
    /// The server refused who we are.
    #[error("refused: {reason}")]
    Refused {
        /// For logs.
        reason: String,
    },
    /// The server wants another client in our place.
    #[error("not wanted: {reason}")]
    Unwanted {
        /// For logs.
        reason: String,
    },
    /// Nobody answers at that address.
    #[error("not reached: {reason}")]
    Unreachable {
        /// For logs.
        reason: String,
    },
    /// Whoever answers cannot show to be the server.
    #[error("not trusted: {reason}")]
    NotTrusted {
        /// For logs and for whoever set it up.
        reason: String,
    },
    /// The server cannot now.
    #[error("busy: {reason}")]
    Busy {
        /// For logs.
        reason: String,
    },
    /// The owner asked for another connection.
    #[error("replaced")]
    Replaced,
}

/// The close code of a connection that its owner no longer wants.
const NORMAL: u16 = 1000;
/// The close code by which servers say that it is about who we are.
const POLICY: u16 = 1008;
/// Extra wait in permille of the delay: up to a quarter (R3.5).
const JITTER_PERMILLE: u32 = 250;

/// The longest wait that a server may ask for. A person's retry ends it at any time.
const LONGEST_ASKED: Duration = Duration::from_secs(3_600);

#[derive(Debug)]
enum State {
    Idle,
    Waiting { until: Duration, pause: Duration, why: WaitReason, attempt: Attempt },
    Connecting { generation: u64, deadline: Duration, attempt: Attempt },
    Authenticating { generation: u64, deadline: Duration, attempt: Attempt },
    Live { generation: u64, last_heard: Duration, ping: Ping },
    Closing { generation: u64, give_up_at: Option<Duration>, next: Next },
    Refused { until: Duration, pause: Duration },
}

/// Measuring the way there and back.
#[derive(Debug, Clone, Copy)]
enum Ping {
    Never,
    Due {
        at: Duration,
    },
    /// No other is sent before its answer: the liveness limit says when there is none.
    Sent {
        at: Duration,
    },
}

/// What an outage knows about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Attempt {
    /// Attempts that have failed since the last accepted connection.
    failed: u32,
    credentials: Credentials,
}

impl Attempt {
    const FIRST: Self = Self { failed: 0, credentials: Credentials::Held };
}

/// What follows a close.
#[derive(Debug)]
enum Next {
    Idle,
    Open(Attempt),
    Wait { delay: Duration, why: WaitReason, attempt: Attempt },
    Refused,
}

impl<D: Dialect> Session<D> {
    /// A session that nobody has asked to connect.
    #[must_use]
    pub fn new(dialect: D, timing: Timing, seed: u64) -> Self {
        Self {
            dialect,
            timing,
            jitter: Jitter::seeded(seed),
            state: State::Idle,
            generation: 0,
            outputs: VecDeque::new(),
        }
    }

    /// What is to be done next; none: nothing until the next input or deadline.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Session::handle_timeout`] is to be called.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Duration> {
        match &self.state {
            State::Idle => None,
            State::Waiting { until, .. } | State::Refused { until, .. } => Some(*until),
            State::Connecting { deadline, .. } | State::Authenticating { deadline, .. } => Some(*deadline),
            State::Live { last_heard, ping, .. } => {
                let silence = *last_heard + self.timing.liveness;
                Some(match ping {
                    Ping::Due { at } => silence.min(*at),
                    Ping::Never | Ping::Sent { .. } => silence,
                })
            }
            State::Closing { give_up_at, .. } => *give_up_at,
        }
    }

    /// Where it is.
    #[must_use]
    pub fn phase(&self) -> Phase {
        match self.state {
            State::Idle => Phase::Idle,
            State::Waiting { .. } => Phase::Waiting,
            State::Connecting { .. } => Phase::Connecting,
            State::Authenticating { .. } => Phase::Authenticating,
            State::Live { .. } => Phase::Live,
            State::Closing { .. } => Phase::Closing,
            State::Refused { .. } => Phase::Refused,
        }
    }

    /// Takes one input.
    pub fn handle(&mut self, input: Input, now: Duration) {
        match input {
            Input::Connect => self.connect(now),
            Input::Disconnect => self.disconnect(now),
            Input::Retry => self.retry(now),
            Input::Reconnect { generation } => self.reconnect(generation),
            Input::Greeting { generation, text } => {
                if matches!(self.state, State::Authenticating { generation: held, .. } if held == generation)
                {
                    self.outputs.push_back(Output::Send { generation, text });
                }
            }
            Input::NoGreeting { generation, reason } => {
                if matches!(self.state, State::Authenticating { generation: held, .. } if held == generation)
                {
                    self.refused(generation, reason);
                }
            }
            Input::Send { generation, text } => {
                if matches!(self.state, State::Live { generation: held, .. } if held == generation) {
                    self.outputs.push_back(Output::Send { generation, text });
                }
            }
            Input::Opened { generation } => {
                if let State::Connecting { generation: held, deadline, attempt } = self.state
                    && held == generation
                {
                    self.enter(State::Authenticating { generation, deadline, attempt }, None);
                    let credentials = attempt.credentials;
                    self.tell(Event::Greet { generation, credentials });
                }
            }
            Input::Frame { generation, text } => self.frame(generation, text, now),
            Input::Heard { generation } => {
                if let State::Live { generation: held, last_heard, .. } = &mut self.state
                    && *held == generation
                {
                    *last_heard = now;
                }
            }
            Input::Failed { generation, cause, after } => {
                if matches!(self.state, State::Connecting { generation: held, .. } if held == generation) {
                    let attempt = self.attempt().unwrap_or(Attempt::FIRST);
                    self.ended_by(attempt, after, cause, now);
                } else {
                    self.closed(generation, None, cause.to_string(), now);
                }
            }
            Input::Ponged { generation } => self.ponged(generation, now),
            Input::Closed { generation, code, reason } => self.closed(generation, code, reason, now),
        }
    }

    /// Takes the passing of a deadline; does nothing before it.
    pub fn handle_timeout(&mut self, now: Duration) {
        if self.next_deadline().is_none_or(|deadline| now < deadline) {
            return;
        }
        match self.state {
            State::Idle => {}
            State::Waiting { attempt, .. } => self.open(attempt, now),
            State::Refused { .. } => {
                self.open(Attempt { failed: 1, credentials: Credentials::Renewed }, now);
            }
            State::Connecting { generation, attempt, .. }
            | State::Authenticating { generation, attempt, .. } => {
                self.drop_failed(generation, attempt, None, Cause::AttemptTimeout);
            }
            State::Live { generation, last_heard, .. } if last_heard + self.timing.liveness <= now => {
                self.drop_failed(generation, Attempt::FIRST, None, Cause::Silence);
            }
            State::Live { generation, ref mut ping, .. } => {
                *ping = Ping::Sent { at: now };
                self.outputs.push_back(Output::Ping { generation });
            }
            State::Closing { generation, ref mut give_up_at, .. } => {
                *give_up_at = None;
                self.outputs.push_back(Output::Drop { generation });
            }
        }
    }

    fn connect(&mut self, now: Duration) {
        let standing = match &mut self.state {
            State::Idle => {
                self.open(Attempt::FIRST, now);
                Standing::Started
            }
            State::Waiting { .. }
            | State::Refused { .. }
            | State::Connecting { .. }
            | State::Authenticating { .. } => Standing::Underway,
            State::Closing { next, .. } => match next {
                Next::Idle => {
                    *next = Next::Open(Attempt::FIRST);
                    Standing::Started
                }
                Next::Open(_) | Next::Wait { .. } | Next::Refused => Standing::Underway,
            },
            State::Live { .. } => Standing::AlreadyLive,
        };
        self.outputs.push_back(Output::Met(standing));
        if standing == Standing::AlreadyLive {
            self.settle(Ok(()));
        }
    }

    fn disconnect(&mut self, now: Duration) {
        match &mut self.state {
            State::Idle => {}
            State::Waiting { .. } | State::Refused { .. } => self.enter(State::Idle, Some(Cause::Intended)),
            State::Connecting { generation, .. } | State::Authenticating { generation, .. } => {
                let generation = *generation;
                self.drop_socket(generation, Next::Idle, Some(Cause::Intended));
            }
            State::Live { generation, .. } => {
                let generation = *generation;
                self.outputs.push_back(Output::Close { generation, code: NORMAL });
                let give_up_at = Some(now + self.timing.close);
                self.enter(
                    State::Closing { generation, give_up_at, next: Next::Idle },
                    Some(Cause::Intended),
                );
            }
            State::Closing { next, .. } => *next = Next::Idle,
        }
        self.settle(Err(Cause::Intended));
    }

    fn retry(&mut self, now: Duration) {
        match &mut self.state {
            State::Waiting { attempt, .. } => {
                let attempt = *attempt;
                self.open(attempt, now);
            }
            State::Refused { .. } => {
                self.open(Attempt { failed: 1, credentials: Credentials::Renewed }, now);
            }
            State::Closing { next, .. } => match next {
                Next::Wait { attempt, .. } => *next = Next::Open(*attempt),
                Next::Refused => {
                    *next = Next::Open(Attempt { failed: 1, credentials: Credentials::Renewed });
                }
                Next::Idle | Next::Open(_) => {}
            },
            // Under way already, or not wanted.
            State::Idle | State::Connecting { .. } | State::Authenticating { .. } | State::Live { .. } => {}
        }
    }

    fn reconnect(&mut self, generation: u64) {
        if matches!(self.state, State::Live { generation: held, .. } if held == generation) {
            self.drop_failed(generation, Attempt::FIRST, None, Cause::Replaced);
        }
    }

    fn frame(&mut self, generation: u64, text: String, now: Duration) {
        match &mut self.state {
            State::Authenticating { generation: held, attempt, .. } if *held == generation => {
                let attempt = *attempt;
                match self.dialect.judge(&text) {
                    Verdict::Accepted => {
                        let ping = self.next_ping(now);
                        self.enter(State::Live { generation, last_heard: now, ping }, None);
                        self.settle(Ok(()));
                        self.tell(Event::Frame { generation, text });
                    }
                    Verdict::Refused { reason } => {
                        self.tell(Event::Frame { generation, text });
                        self.refused(generation, reason);
                    }
                    Verdict::Busy { reason, after } => {
                        self.tell(Event::Frame { generation, text });
                        self.drop_failed(generation, attempt, after, Cause::Busy { reason });
                    }
                    // Before the server has accepted, nothing it says counts.
                    Verdict::Traffic => {}
                }
            }
            State::Live { generation: held, last_heard, .. } if *held == generation => {
                *last_heard = now;
                match self.dialect.judge(&text) {
                    Verdict::Refused { reason } => {
                        self.tell(Event::Frame { generation, text });
                        self.refused(generation, reason);
                    }
                    Verdict::Accepted | Verdict::Busy { .. } | Verdict::Traffic => {
                        self.tell(Event::Frame { generation, text });
                    }
                }
            }
            State::Idle
            | State::Waiting { .. }
            | State::Connecting { .. }
            | State::Authenticating { .. }
            | State::Live { .. }
            | State::Closing { .. }
            | State::Refused { .. } => {}
        }
    }

    fn ponged(&mut self, generation: u64, now: Duration) {
        let next = self.next_ping(now);
        let State::Live { generation: held, last_heard, ping } = &mut self.state else { return };
        if *held != generation {
            return;
        }
        *last_heard = now;
        if let Ping::Sent { at } = *ping {
            *ping = next;
            self.tell(Event::RoundTrip { took: now.saturating_sub(at) });
        }
    }

    fn next_ping(&self, now: Duration) -> Ping {
        self.timing.ping.map_or(Ping::Never, |every| Ping::Due { at: now + every })
    }

    /// The server does not want these credentials: once more with new ones, then rest (R3.10).
    fn refused(&mut self, generation: u64, reason: String) {
        let cause = Cause::Refused { reason };
        match self.attempt() {
            Some(Attempt { credentials: Credentials::Held, failed }) => {
                let attempt = Attempt { failed: failed + 1, credentials: Credentials::Renewed };
                self.drop_socket(generation, Next::Open(attempt), Some(cause));
            }
            Some(Attempt { credentials: Credentials::Renewed, .. }) | None => {
                self.drop_socket(generation, Next::Refused, Some(cause.clone()));
                self.settle(Err(cause));
            }
        }
    }

    fn closed(&mut self, generation: u64, code: Option<u16>, reason: String, now: Duration) {
        match &mut self.state {
            State::Connecting { generation: held, attempt, .. }
            | State::Authenticating { generation: held, attempt, .. }
                if *held == generation =>
            {
                let attempt = *attempt;
                self.ended(attempt, code, reason, now);
            }
            State::Live { generation: held, .. } if *held == generation => {
                self.ended(Attempt::FIRST, code, reason, now);
            }
            State::Closing { generation: held, next, .. } if *held == generation => {
                match std::mem::replace(next, Next::Idle) {
                    Next::Idle => self.enter(State::Idle, None),
                    Next::Open(attempt) => self.open(attempt, now),
                    Next::Wait { delay, why, attempt } => {
                        self.enter(State::Waiting { until: now + delay, pause: delay, why, attempt }, None);
                    }
                    Next::Refused => {
                        let pause = self.timing.refused;
                        self.enter(State::Refused { until: now + pause, pause }, None);
                    }
                }
            }
            State::Idle
            | State::Waiting { .. }
            | State::Connecting { .. }
            | State::Authenticating { .. }
            | State::Live { .. }
            | State::Closing { .. }
            | State::Refused { .. } => {}
        }
    }

    /// The socket ended by itself.
    fn ended(&mut self, attempt: Attempt, code: Option<u16>, reason: String, now: Duration) {
        match (
            code.map_or(CloseVerdict::Ordinary, |code| self.dialect.judge_close(code)),
            attempt.credentials,
        ) {
            (CloseVerdict::Ordinary, _) => {}
            (CloseVerdict::Credentials, Credentials::Held) => {
                self.open(Attempt { failed: attempt.failed + 1, credentials: Credentials::Renewed }, now);
                return;
            }
            (CloseVerdict::Credentials, Credentials::Renewed) => {
                self.rest(Cause::Refused { reason }, now);
                return;
            }
            (CloseVerdict::Unwanted, _) => {
                self.rest(Cause::Unwanted { reason }, now);
                return;
            }
        }
        self.ended_by(attempt, None, Cause::Closed { code, reason }, now);
    }

    /// The attempt or the connection is over; another one is tried.
    fn ended_by(&mut self, attempt: Attempt, after: Option<Duration>, cause: Cause, now: Duration) {
        match self.after_failure(attempt, after) {
            Next::Wait { delay, why, attempt } => {
                let until = now + delay;
                self.enter(State::Waiting { until, pause: delay, why, attempt }, Some(cause.clone()));
            }
            Next::Idle | Next::Open(_) | Next::Refused => self.enter(State::Idle, Some(cause.clone())),
        }
        self.settle(Err(cause));
    }

    /// Nothing to be done but to try again slowly: somebody has to change something.
    fn rest(&mut self, cause: Cause, now: Duration) {
        let pause = self.timing.refused;
        self.enter(State::Refused { until: now + pause, pause }, Some(cause.clone()));
        self.settle(Err(cause));
    }

    fn drop_failed(&mut self, generation: u64, attempt: Attempt, after: Option<Duration>, cause: Cause) {
        let next = self.after_failure(attempt, after);
        self.drop_socket(generation, next, Some(cause.clone()));
        self.settle(Err(cause));
    }

    fn drop_socket(&mut self, generation: u64, next: Next, cause: Option<Cause>) {
        self.outputs.push_back(Output::Drop { generation });
        self.enter(State::Closing { generation, give_up_at: None, next }, cause);
    }

    /// Counts a failed attempt and says what comes after it.
    fn after_failure(&mut self, attempt: Attempt, at_least: Option<Duration>) -> Next {
        let failed = attempt.failed.saturating_add(1);
        let attempt = Attempt { failed, ..attempt };
        match self.timing.limit {
            AttemptLimit::Announce(limit) if failed == limit => {
                self.tell(Event::AttemptLimit { attempts: failed });
            }
            AttemptLimit::Stop(limit) if failed >= limit => {
                self.tell(Event::AttemptLimit { attempts: failed });
                return Next::Idle;
            }
            AttemptLimit::None | AttemptLimit::Announce(_) | AttemptLimit::Stop(_) => {}
        }
        let doubled = self.timing.base.saturating_mul(1 << (failed - 1).min(20)).min(self.timing.cap);
        let delay = doubled + doubled * (self.jitter.permille() * JITTER_PERMILLE / 999) / 1000;
        // A server that says "in a year" does not mean it.
        match at_least.map(|asked| asked.min(LONGEST_ASKED)) {
            Some(asked) if asked > delay => {
                Next::Wait { delay: asked, why: WaitReason::AskedByServer, attempt }
            }
            Some(_) | None => Next::Wait { delay, why: WaitReason::Backoff, attempt },
        }
    }

    fn open(&mut self, attempt: Attempt, now: Duration) {
        self.generation += 1;
        let generation = self.generation;
        self.outputs.push_back(Output::Open { generation });
        let deadline = now + self.timing.attempt;
        self.enter(State::Connecting { generation, deadline, attempt }, None);
    }

    fn attempt(&self) -> Option<Attempt> {
        match &self.state {
            State::Connecting { attempt, .. }
            | State::Authenticating { attempt, .. }
            | State::Waiting { attempt, .. } => Some(*attempt),
            // What was accepted once may be so again with fresh credentials.
            State::Live { .. } => Some(Attempt::FIRST),
            State::Idle | State::Closing { .. } | State::Refused { .. } => None,
        }
    }

    fn enter(&mut self, state: State, cause: Option<Cause>) {
        let from = self.phase();
        self.state = state;
        let to = self.phase();
        if from == to {
            return;
        }
        let (generation, attempts, wait) = match &self.state {
            State::Idle => (None, 0, None),
            State::Waiting { attempt, pause, why, .. } => (None, attempt.failed, Some((*pause, *why))),
            State::Connecting { generation, attempt, .. }
            | State::Authenticating { generation, attempt, .. } => (Some(*generation), attempt.failed, None),
            State::Live { generation, .. } => (Some(*generation), 0, None),
            State::Closing { generation, next, .. } => match next {
                Next::Open(attempt) | Next::Wait { attempt, .. } => (Some(*generation), attempt.failed, None),
                Next::Idle | Next::Refused => (Some(*generation), 0, None),
            },
            State::Refused { pause, .. } => (None, 0, Some((*pause, WaitReason::Refused))),
        };
        let (wait, waits_for) = wait.unzip();
        self.tell(Event::Changed { from, to, generation, attempts, cause, wait, waits_for });
    }

    fn settle(&mut self, outcome: Result<(), Cause>) {
        self.outputs.push_back(Output::Settled(outcome));
    }

    fn tell(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }
}
