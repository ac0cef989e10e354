//! The turn machine: one push-to-talk exchange after another, none of which can hang (R5).
//!
//! ```text
//! idle -> recording -> committing -> waiting_user_final -> (waiting_response) -> idle
//! ```
//!
//! Time comes in; what is to be done comes out of [`Turns::poll_output`]. The invariant: every state but idle carries
//! exactly one moment at which it moves on by itself, so there is never a second timer and never a wait without one.
//! A timer that belongs to a state that was left cannot fire, because it left with the state.

use crate::protocol::ItemId;
use std::collections::VecDeque;
use std::time::Duration;

/// One exchange at a time. Times are since any fixed moment of the driver's choice.
#[derive(Debug)]
pub struct Turns {
    limits: Limits,
    state: State,
    /// Grows with every recording.
    turn: u64,
    /// Turns that ended without their words, by the peer's name for them: the words may still come.
    missed: VecDeque<ItemId>,
    outputs: VecDeque<Output>,
}

/// How long each state may last (R5.1-R5.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Nobody talks to a kitchen display for longer; a foot on the switch must not record for ever.
    pub recording: Duration,
    /// From release to commit: what the microphone and the network still hold has to land first.
    pub tail: Duration,
    /// From release until somebody is told that it takes long.
    pub committing_slow: Duration,
    /// From release to the peer's `committed`.
    pub committing: Duration,
    /// From `committed` to the words.
    pub user_final: Duration,
    /// From asking to the answer.
    pub response: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            recording: Duration::from_secs(45),
            tail: Duration::from_millis(250),
            committing_slow: Duration::from_secs(2),
            committing: Duration::from_secs(5),
            user_final: Duration::from_secs(10),
            response: Duration::from_secs(15),
        }
    }
}

/// Where a turn is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Nobody talks.
    Idle,
    /// The microphone is heard.
    Recording,
    /// The talk button is up; the peer has not confirmed it.
    Committing,
    /// The peer works on the words.
    WaitingUserFinal,
    /// The peer works on an answer.
    WaitingResponse,
}

impl Phase {
    /// As the rules write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Recording => "recording",
            Self::Committing => "committing",
            Self::WaitingUserFinal => "waiting_user_final",
            Self::WaitingResponse => "waiting_response",
        }
    }
}

impl std::fmt::Display for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// Each variant carries the one moment at which it moves on by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Idle,
    Recording { until: Duration },
    Committing { released: Duration, step: Step },
    WaitingUserFinal { item: ItemId, until: Duration },
    WaitingResponse { until: Duration, rounds: u32 },
}

/// How far a commit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Audio may still be under way.
    Tail,
    /// The commit is sent.
    Sent,
    /// And it takes long.
    Slow,
}

/// What happens to a turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// The talk button went down.
    Start,
    /// It went up.
    Stop,
    /// All audio has landed: do not wait for the tail's end.
    Commit,
    /// The press was no speech: a touch too short, or a change of mind.
    Cancel,
    /// The peer has closed the turn's audio and named it.
    Committed(ItemId),
    /// The peer would not: nothing was in it.
    CommitRefused,
    /// The words of a turn are there.
    Words(ItemId, Then),
    /// There will be no words for it.
    NoWords(ItemId),
    /// A function that the peer called has given its output, and the answer goes on.
    ResponseAgain,
    /// The answer is complete, or there will be none.
    ResponseDone,
    /// No microphone.
    MicrophoneLost,
    /// No peer.
    Disconnected,
}

/// What comes after the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// Nothing: they are a command, or they are not.
    Done,
    /// The peer is asked for its answer.
    Answer,
}

/// What the driver has to do, and what happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Do.
    Do(Act),
    /// Tell.
    Event(Event),
}

/// What the driver has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Let the peer forget what it has heard, then let it hear the microphone.
    Listen,
    /// Let it hear silence again.
    Hush,
    /// Tell it that this was a turn.
    Commit,
    /// Let it forget what it heard.
    Discard,
    /// Ask it for an answer.
    AskResponse,
    /// Tell it that no answer is wanted any more.
    CancelResponse,
    /// It is as good as dead: end this session and make another.
    GiveUpPeer,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A state was left for another (R5.8).
    Changed {
        /// Which exchange.
        turn: u64,
        /// Left.
        from: Phase,
        /// Entered.
        to: Phase,
        /// Why.
        cause: Cause,
    },
    /// A state has lasted too long; the move to idle follows (R5.4).
    TimedOut {
        /// Which exchange.
        turn: u64,
        /// Where it was.
        state: Phase,
        /// How long it may last.
        after: Duration,
        /// What did not come.
        reason: &'static str,
    },
    /// The peer takes long to confirm; nothing is lost yet.
    Slow {
        /// Which exchange.
        turn: u64,
    },
    /// Something that changes nothing here.
    Ignored {
        /// What came.
        what: &'static str,
        /// Where the machine is.
        state: Phase,
    },
    /// Somebody has pulled the emergency brake.
    ForceReset {
        /// Where it was.
        from: Phase,
    },
}

/// Why a state was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The talk button went down.
    Pressed,
    /// It went up.
    Released,
    /// The press was no speech.
    Cancelled,
    /// The peer has the audio.
    Committed,
    /// The peer found nothing in it.
    Empty,
    /// The words are there.
    Heard,
    /// There are no words.
    NotUnderstood,
    /// It is there.
    Answered,
    /// It took too long.
    TimedOut,
    /// No microphone.
    MicrophoneLost,
    /// No peer.
    Disconnected,
    /// Somebody has pulled the emergency brake.
    Reset,
}

impl Cause {
    /// As the rules would write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pressed => "pressed",
            Self::Released => "released",
            Self::Cancelled => "cancelled",
            Self::Committed => "committed",
            Self::Empty => "empty",
            Self::Heard => "heard",
            Self::NotUnderstood => "not_understood",
            Self::Answered => "answered",
            Self::TimedOut => "timed_out",
            Self::MicrophoneLost => "microphone_lost",
            Self::Disconnected => "disconnected",
            Self::Reset => "reset",
        }
    }
}

/// Why a start is refused (R5.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("cannot start in state {state}")]
pub struct NotIdle {
    /// Where the machine is.
    pub state: Phase,
}

/// Answers asked for in one turn: a peer that calls functions for ever is cut off.
const MOST_ROUNDS: u32 = 4;
/// Turns without words that are remembered.
const MOST_MISSED: usize = 16;

impl Turns {
    /// A machine at rest.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits, state: State::Idle, turn: 0, missed: VecDeque::new(), outputs: VecDeque::new() }
    }

    /// Takes what happened. Timers that were due by `now` go first.
    ///
    /// # Errors
    /// [`NotIdle`] for a start while an exchange is under way; nothing is changed.
    pub fn handle(&mut self, input: Input, now: Duration) -> Result<(), NotIdle> {
        self.handle_timeout(now);
        match input {
            Input::Start => return self.start(now),
            Input::Stop => self.stop(now),
            Input::Commit => self.commit(),
            Input::Cancel => self.cancel(),
            Input::Committed(item) => self.committed(item, now),
            Input::CommitRefused => match self.state {
                State::Committing { step: Step::Sent | Step::Slow, .. } => {
                    self.enter(State::Idle, Cause::Empty);
                }
                State::Idle
                | State::Recording { .. }
                | State::Committing { step: Step::Tail, .. }
                | State::WaitingUserFinal { .. }
                | State::WaitingResponse { .. } => self.ignore("commit refused"),
            },
            Input::Words(item, then) => self.words(&item, Cause::Heard, then, now),
            Input::NoWords(item) => self.words(&item, Cause::NotUnderstood, Then::Done, now),
            Input::ResponseAgain => self.asked_again(now),
            Input::ResponseDone => match self.state {
                State::WaitingResponse { .. } => self.enter(State::Idle, Cause::Answered),
                State::Idle
                | State::Recording { .. }
                | State::Committing { .. }
                | State::WaitingUserFinal { .. } => self.ignore("an answer"),
            },
            Input::MicrophoneLost => match self.state {
                State::Recording { .. } => {
                    self.act(Act::Hush);
                    self.act(Act::Discard);
                    self.enter(State::Idle, Cause::MicrophoneLost);
                }
                // What was said is with the peer already, or nearly.
                State::Idle
                | State::Committing { .. }
                | State::WaitingUserFinal { .. }
                | State::WaitingResponse { .. } => {}
            },
            Input::Disconnected => {
                if matches!(self.state, State::Recording { .. } | State::Committing { step: Step::Tail, .. })
                {
                    self.act(Act::Hush);
                }
                // The next session names its turns anew.
                self.missed.clear();
                self.enter(State::Idle, Cause::Disconnected);
            }
        }
        Ok(())
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Duration) {
        while let Some(due) = self.next_deadline()
            && due <= now
        {
            self.fire();
        }
    }

    /// When [`Turns::handle_timeout`] is to be called next. One moment, in every state but idle.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Duration> {
        match &self.state {
            State::Idle => None,
            State::Recording { until }
            | State::WaitingUserFinal { until, .. }
            | State::WaitingResponse { until, .. } => Some(*until),
            State::Committing { released, step } => Some(
                *released
                    + match step {
                        Step::Tail => self.limits.tail,
                        Step::Sent => self.limits.committing_slow,
                        Step::Slow => self.limits.committing,
                    },
            ),
        }
    }

    /// What is to be done next, or what happened.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Where the turn is.
    #[must_use]
    pub fn phase(&self) -> Phase {
        match self.state {
            State::Idle => Phase::Idle,
            State::Recording { .. } => Phase::Recording,
            State::Committing { .. } => Phase::Committing,
            State::WaitingUserFinal { .. } => Phase::WaitingUserFinal,
            State::WaitingResponse { .. } => Phase::WaitingResponse,
        }
    }

    /// The exchange that is under way, or the last one.
    #[must_use]
    pub fn turn(&self) -> u64 {
        self.turn
    }

    /// Whether a state has outlived its moment: its driver has not called [`Turns::handle_timeout`].
    #[must_use]
    pub fn is_stuck(&self, now: Duration) -> bool {
        self.next_deadline().is_some_and(|due| due < now)
    }

    /// To idle, from anywhere; told once (R5.7).
    pub fn force_reset(&mut self) {
        self.tell(Event::ForceReset { from: self.phase() });
        self.abandon();
        self.enter(State::Idle, Cause::Reset);
    }

    fn start(&mut self, now: Duration) -> Result<(), NotIdle> {
        if self.state != State::Idle {
            return Err(NotIdle { state: self.phase() });
        }
        self.turn += 1;
        self.act(Act::Listen);
        self.enter(State::Recording { until: now + self.limits.recording }, Cause::Pressed);
        Ok(())
    }

    fn stop(&mut self, now: Duration) {
        match self.state {
            State::Recording { .. } => {
                self.enter(State::Committing { released: now, step: Step::Tail }, Cause::Released);
            }
            State::Idle
            | State::Committing { .. }
            | State::WaitingUserFinal { .. }
            | State::WaitingResponse { .. } => self.ignore("stop"),
        }
    }

    fn commit(&mut self) {
        match &mut self.state {
            State::Committing { step: step @ Step::Tail, .. } => {
                *step = Step::Sent;
                self.act(Act::Hush);
                self.act(Act::Commit);
            }
            State::Idle
            | State::Recording { .. }
            | State::Committing { .. }
            | State::WaitingUserFinal { .. }
            | State::WaitingResponse { .. } => self.ignore("commit"),
        }
    }

    fn cancel(&mut self) {
        match &self.state {
            State::Recording { .. } | State::Committing { step: Step::Tail, .. } => {
                self.act(Act::Hush);
                self.act(Act::Discard);
                self.enter(State::Idle, Cause::Cancelled);
            }
            State::WaitingUserFinal { .. } => {
                self.miss();
                self.enter(State::Idle, Cause::Cancelled);
            }
            State::WaitingResponse { .. } => {
                self.act(Act::CancelResponse);
                self.enter(State::Idle, Cause::Cancelled);
            }
            // The peer has to name the turn first, so that its words are known when they come.
            State::Committing { step: Step::Sent | Step::Slow, .. } | State::Idle => self.ignore("cancel"),
        }
    }

    fn committed(&mut self, item: ItemId, now: Duration) {
        match self.state {
            State::Committing { step: Step::Sent | Step::Slow, .. } => {
                let until = now + self.limits.user_final;
                self.enter(State::WaitingUserFinal { item, until }, Cause::Committed);
            }
            State::Idle
            | State::Recording { .. }
            | State::Committing { .. }
            | State::WaitingUserFinal { .. }
            | State::WaitingResponse { .. } => {
                // The peer's own idea of a turn: its words must not be taken for those of another.
                self.remember(item);
                self.ignore("committed");
            }
        }
    }

    fn words(&mut self, item: &ItemId, cause: Cause, then: Then, now: Duration) {
        let known = self.missed.contains(item);
        self.missed.retain(|missed| missed != item);
        let ours = match &self.state {
            State::WaitingUserFinal { item: held, .. } => held == item,
            // The word that it was committed is lost; these are the words of nothing earlier.
            State::Committing { step: Step::Sent | Step::Slow, .. } => !known,
            State::Idle
            | State::Recording { .. }
            | State::Committing { step: Step::Tail, .. }
            | State::WaitingResponse { .. } => false,
        };
        match then {
            _ if !ours => self.ignore("words of another turn"),
            Then::Done => self.enter(State::Idle, cause),
            Then::Answer => {
                self.act(Act::AskResponse);
                let until = now + self.limits.response;
                self.enter(State::WaitingResponse { until, rounds: 1 }, cause);
            }
        }
    }

    fn asked_again(&mut self, now: Duration) {
        match &mut self.state {
            State::WaitingResponse { until, rounds } if *rounds < MOST_ROUNDS => {
                *until = now + self.limits.response;
                *rounds += 1;
                self.act(Act::AskResponse);
            }
            State::WaitingResponse { .. } => self.enter(State::Idle, Cause::NotUnderstood),
            State::Idle
            | State::Recording { .. }
            | State::Committing { .. }
            | State::WaitingUserFinal { .. } => self.ignore("a function's output"),
        }
    }

    /// The state's moment has come.
    fn fire(&mut self) {
        let (after, reason) = match &mut self.state {
            State::Idle => return,
            State::Committing { step: Step::Tail, .. } => return self.commit(),
            State::Committing { step: step @ Step::Sent, .. } => {
                *step = Step::Slow;
                return self.tell(Event::Slow { turn: self.turn });
            }
            State::Recording { .. } => (self.limits.recording, "the talk button was not let go"),
            State::Committing { .. } => (self.limits.committing, "the peer did not confirm the audio"),
            State::WaitingUserFinal { .. } => (self.limits.user_final, "no words came"),
            State::WaitingResponse { .. } => (self.limits.response, "no answer came"),
        };
        self.tell(Event::TimedOut { turn: self.turn, state: self.phase(), after, reason });
        self.abandon();
        self.enter(State::Idle, Cause::TimedOut);
    }

    /// Ends what the state has begun, so that nothing of it can reach the next turn.
    fn abandon(&mut self) {
        match &self.state {
            State::Idle => {}
            State::Recording { .. } | State::Committing { step: Step::Tail, .. } => {
                self.act(Act::Hush);
                self.act(Act::Discard);
            }
            // A late confirmation could not be told from that of the next turn.
            State::Committing { step: Step::Sent | Step::Slow, .. } => self.act(Act::GiveUpPeer),
            State::WaitingUserFinal { .. } => self.miss(),
            State::WaitingResponse { .. } => self.act(Act::CancelResponse),
        }
    }

    /// Keeps the peer's name of a turn that goes without its words.
    fn miss(&mut self) {
        if let State::WaitingUserFinal { item, .. } = &self.state {
            let item = item.clone();
            self.remember(item);
        }
    }

    fn remember(&mut self, item: ItemId) {
        self.missed.push_back(item);
        if self.missed.len() > MOST_MISSED {
            self.missed.pop_front();
        }
    }

    fn enter(&mut self, state: State, cause: Cause) {
        let from = self.phase();
        self.state = state;
        let to = self.phase();
        if from != to {
            self.tell(Event::Changed { turn: self.turn, from, to, cause });
        }
    }

    fn ignore(&mut self, what: &'static str) {
        self.tell(Event::Ignored { what, state: self.phase() });
    }

    fn act(&mut self, act: Act) {
        self.outputs.push_back(Output::Do(act));
    }

    fn tell(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }
}

#[cfg(test)]
mod tests;
