//! What talking comes to: pure, driven by presses, by what the client and the microphone say, and by time.
//!
//! One turn at a time, of one view. It remembers what could be spoken of when its button went down, so that a word, like a
//! touch, is about what was on the glass then. The invariant: every turn ends with exactly one outcome on its view, or is
//! dropped with its view; only words that were awaited, and surely mean one thing, do anything; whatever else was meant is
//! asked; a state that the client does not leave by itself is left here (R5.7).

mod words;

use super::panel::{Panel, ms};
use super::{Kept, Shown, StateTimeout, TranscriptFinal, told};
use crate::frame::{
    MicrophoneChoice, Outcome, Said, SpokenAct, SpokenWords, Talk, TalkMode, TalkPress, TalkTurn, TurnRecord,
};
use crate::handle::{Notification, Sound};
use crate::spoken::{Meaning, Spoken};
use kitchen::At;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use voice::audio::State;
use voice::peer::{Command as Say, Event, Standing, Tally};
use voice::spoken::{Command, ENGLISH, Grammar};
use voice::turn::{self, Cause, Limits, Phase, Then};
use wire::hub::Fault;

/// A moment: ours, and what the hub's clock says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Now {
    /// Since the room was opened.
    pub(super) real: Duration,
    pub(super) at: At,
    /// How many of the hub's milliseconds pass in a real one.
    pub(super) pace: f64,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Output {
    /// Told to the client.
    Client(Say),
    /// Carried out; [`Room::acted`] is told what came of it.
    Mean {
        id: u32,
        view: String,
        meaning: Box<Meaning>,
    },
    Tell(Notification),
    Ring(Sound),
    Keep(Kept),
    /// Another microphone.
    Choose(Option<String>),
    /// What microphones there are.
    List,
    /// The client is beyond help: another one.
    Restart,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Room {
    kept: Kept,
    host: String,
    limits: Limits,
    then: Then,
    microphone: State,
    peer: Standing,
    /// Why the last attempt to reach the peer came to nothing; none once it was reached.
    away: Option<Fault>,
    /// When it is tried again, and the pause before the time after that.
    again: Option<Duration>,
    pause: Duration,
    /// It waits to be begun again.
    has_failed: bool,
    turn: Option<Turn>,
    acting: BTreeMap<u32, Acting>,
    glasses: BTreeMap<String, Glass>,
    last_said: u32,
    opened: At,
    panel: Panel,
    heard_level: Option<Duration>,
    outputs: VecDeque<Output>,
}

#[derive(Debug)]
struct Turn {
    view: String,
    spoken: Arc<Spoken>,
    grammar: Grammar,
    /// The client's number of it, once it has begun there.
    number: Option<u64>,
    phase: Phase,
    /// When it entered that phase.
    entered: Duration,
    since: At,
    pressed: Duration,
    released: Option<Duration>,
    words: String,
    /// Why it is going to end without words.
    fault: Option<Fault>,
    ending: Ending,
}

/// How far it is known what a turn comes to.
#[derive(Debug, PartialEq)]
enum Ending {
    Open,
    /// Words that may mean one of these; the peer's answer may still say which.
    Maybe(Vec<Command>),
    /// The peer has called a function, and may call more.
    Called,
    /// It is known; whatever comes now is too late.
    Over,
}

/// Something that was understood and is being carried out.
#[derive(Debug)]
struct Acting {
    view: String,
    words: String,
    took: Option<Duration>,
    act: SpokenAct,
    /// The peer's call that wants to know.
    call: Option<String>,
}

/// What a view shows of what was said.
#[derive(Debug)]
struct Glass {
    since: At,
    said: Option<Said>,
    /// When it leaves the glass.
    gone: Duration,
    question: Option<Question>,
    has_panel: bool,
}

/// What may have been meant.
#[derive(Debug)]
struct Question {
    choices: Vec<(SpokenAct, Meaning)>,
}

/// A touch that is shorter holds no word.
const SHORTEST: Duration = Duration::from_millis(250);
/// The level is told five times a second at most (law 6).
const LEVEL: Duration = Duration::from_millis(200);
/// What the client may be late by before it counts as stuck.
const GRACE: Duration = Duration::from_secs(2);
/// Answers that one turn may ask for, each with its limit.
const ROUNDS: u32 = 4;
/// The pause before a peer that was not there is tried again, and the longest one.
const PAUSE: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(60)];
/// How long things stay on the glass: as long as a cook with full hands takes to read them.
const DONE: Duration = Duration::from_secs(4);
const ASKED: Duration = Duration::from_secs(15);
const ANSWERED: Duration = Duration::from_secs(10);
const REFUSED: Duration = Duration::from_secs(7);
const DROPPED: Duration = Duration::from_secs(2);

impl Now {
    fn plus(&self, span: Duration) -> At {
        self.at.plus(i64::try_from(span.mul_f64(self.pace).as_millis()).unwrap_or(i64::MAX))
    }
}

impl Room {
    pub(super) fn new(kept: Kept, host: String, limits: Limits, then: Then, opened: At) -> Self {
        Self {
            kept,
            host,
            limits,
            then,
            microphone: State::Opening,
            peer: Standing::Away { reason: None, code: None },
            away: None,
            again: None,
            pause: PAUSE[0],
            has_failed: false,
            turn: None,
            acting: BTreeMap::new(),
            glasses: BTreeMap::new(),
            last_said: 0,
            opened,
            panel: Panel::default(),
            heard_level: None,
            outputs: VecDeque::new(),
        }
    }

    pub(super) fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// What served it has failed: the turn that was under way is lost.
    pub(super) fn failed(&mut self, now: Now) {
        self.has_failed = true;
        self.outputs.clear();
        self.acting.clear();
        (self.microphone, self.peer) = (State::Opening, Standing::Away { reason: None, code: None });
        if self.turn.as_ref().is_some_and(|turn| turn.ending != Ending::Over) {
            self.conclude(Outcome::Failed { fault: Fault::new("voice_failed").passing() }, now);
        }
        self.turn = None;
    }

    /// It is served again.
    pub(super) fn begun(&mut self) {
        self.has_failed = false;
    }

    /// When [`Room::handle_timeout`] is to be called next.
    pub(super) fn next_deadline(&self) -> Option<Duration> {
        let shown = self.glasses.values().filter(|glass| glass.said.is_some()).map(|glass| glass.gone);
        let stuck = self.turn.as_ref().map(|turn| self.stuck_at(turn));
        shown.chain(stuck).chain(self.again.filter(|_| self.turn.is_none())).min()
    }

    pub(super) fn handle_timeout(&mut self, now: Now) {
        if self.is_stuck(now) {
            let Some(turn) = self.turn.take() else { return };
            tracing::error!(target: "display::talk", state = %turn.phase, "the turn is stuck; the client is replaced");
            self.acting.retain(|_, acting| acting.call.is_none());
            self.outputs.push_back(Output::Restart);
            if turn.ending != Ending::Over {
                let fault = Fault::new("talk_timed_out").with("state", turn.phase).passing();
                self.say(&turn.view, turn.words, None, Outcome::Failed { fault }, now);
            }
        }
        if self.turn.is_none() && self.again.is_some_and(|again| again <= now.real) {
            self.again = None;
            self.pause = (self.pause * 2).min(PAUSE[1]);
            self.outputs.push_back(Output::Client(Say::Warm));
        }
        for glass in self.glasses.values_mut() {
            if glass.said.is_some() && glass.gone <= now.real {
                (glass.said, glass.question) = (None, None);
            }
        }
    }

    // --- the button ----------------------------------------------------------------------------------------------

    pub(super) fn press(
        &mut self,
        view: &str,
        press: TalkPress,
        spoken: Option<Box<Spoken>>,
        now: Now,
    ) -> Result<(), Fault> {
        match press {
            TalkPress::Down => return self.down(view, spoken, now),
            TalkPress::Up => {
                if self.kept.mode == TalkMode::Hold {
                    self.release(view, now);
                }
            }
            TalkPress::Cancel => self.cancel(view, now),
            TalkPress::Choose { said, choice } => {
                let glass = self.glasses.get_mut(view).filter(|glass| glass.asks(said));
                let question = glass.and_then(|glass| Some((glass.question.take()?, glass.said.take()?)));
                let place = usize::try_from(choice).unwrap_or(usize::MAX);
                let chosen = question.and_then(|(question, said)| {
                    let (act, meaning) = question.choices.into_iter().nth(place)?;
                    Some((act, meaning, said.words))
                });
                let (act, meaning, words) = chosen.ok_or_else(|| Fault::new("question_over"))?;
                self.mean(Acting { view: view.to_owned(), words, took: None, act, call: None }, meaning);
            }
            TalkPress::Dismiss { said } => {
                if let Some(glass) = self.glasses.get_mut(view)
                    && glass.said.as_ref().is_some_and(|held| held.id == said)
                {
                    (glass.said, glass.question) = (None, None);
                }
            }
            TalkPress::Mode { mode } => {
                self.kept.mode = mode;
                self.outputs.push_back(Output::Keep(self.kept.clone()));
            }
            TalkPress::Microphone { id } => {
                self.kept.microphone.clone_from(&id);
                let kept = self.kept.clone();
                self.outputs.extend([Output::Keep(kept), Output::Choose(id), Output::List]);
            }
            TalkPress::Panel { open } => {
                self.glass(view, now).has_panel = open;
                if open {
                    self.outputs.extend([Output::List, Output::Client(Say::Warm)]);
                }
            }
            TalkPress::Reset => self.outputs.push_back(Output::Client(Say::Reset)),
        }
        Ok(())
    }

    /// Whoever held the button of that view is not there any more.
    pub(super) fn left(&mut self, view: &str, now: Now) {
        if self.turn.as_ref().is_some_and(|turn| turn.view == view && turn.released.is_none()) {
            self.cancel(view, now);
        }
        if let Some(glass) = self.glasses.get_mut(view) {
            glass.has_panel = false;
        }
    }

    fn down(&mut self, view: &str, spoken: Option<Box<Spoken>>, now: Now) -> Result<(), Fault> {
        if let Some(turn) = &self.turn {
            if turn.view == view && turn.released.is_none() {
                if self.kept.mode == TalkMode::Toggle {
                    self.release(view, now);
                }
                // A key repeats itself while it is held.
                return Ok(());
            }
            return Err(Fault::new("talk_busy").with("state", turn.phase).passing());
        }
        if let State::Lost(lost) = self.microphone {
            let fault = Fault::new(lost.code()).passing();
            // Somebody may have plugged it in this moment.
            self.outputs.push_back(Output::Choose(self.kept.microphone.clone()));
            self.say(view, String::new(), None, Outcome::Failed { fault }, now);
            return Ok(());
        }
        let mut spoken = spoken.map(|spoken| *spoken).unwrap_or_default();
        let answering = self.limits.recording + ASKED;
        let glass = self.glass(view, now);
        spoken.situation.is_asking = glass.question.is_some();
        match (&mut glass.said, &glass.question) {
            // It stays until it is answered.
            (Some(said), Some(_)) => (glass.gone, said.until) = (now.real + answering, now.plus(answering)),
            (said, _) => *said = None,
        }
        let grammar = Grammar::build(&ENGLISH, &spoken.situation);
        self.outputs.push_back(Output::Client(Say::Press { sayings: Arc::new(grammar.sayings()) }));
        self.turn = Some(Turn {
            view: view.to_owned(),
            spoken: Arc::new(spoken),
            grammar,
            number: None,
            phase: Phase::Idle,
            entered: now.real,
            since: now.at,
            pressed: now.real,
            released: None,
            words: String::new(),
            fault: None,
            ending: Ending::Open,
        });
        Ok(())
    }

    fn release(&mut self, view: &str, now: Now) {
        let Some(turn) = self.turn.as_mut().filter(|turn| turn.view == view && turn.released.is_none())
        else {
            return;
        };
        turn.released = Some(now.real);
        turn.since = now.at;
        let say = if now.real.saturating_sub(turn.pressed) < SHORTEST {
            turn.fault = Some(Fault::new("talk_too_short").passing());
            Say::Cancel
        } else {
            Say::Release
        };
        self.outputs.push_back(Output::Client(say));
    }

    fn cancel(&mut self, view: &str, now: Now) {
        let Some(turn) = self.turn.as_mut().filter(|turn| turn.view == view) else { return };
        turn.released.get_or_insert(now.real);
        self.outputs.push_back(Output::Client(Say::Cancel));
        self.conclude(Outcome::Dropped, now);
    }

    // --- the client ----------------------------------------------------------------------------------------------

    pub(super) fn hear(&mut self, event: Event, now: Now) {
        match event {
            Event::Turn(event) => self.turn_event(&event, now),
            Event::Busy { state } => {
                if let Some(turn) = self.turn.take() {
                    let fault = Fault::new("talk_busy").with("state", state).passing();
                    self.say(&turn.view, String::new(), None, Outcome::Failed { fault }, now);
                }
            }
            Event::Words { text, found, current, awaited, .. } => {
                self.panel.heard(SpokenWords { at: now.at, by_peer: false, words: text.clone() });
                let words = TranscriptFinal { at: now.at, words: text.clone(), awaited };
                self.outputs.push_back(Output::Tell(Notification::TranscriptFinal(Box::new(words))));
                if awaited {
                    self.words(text, found.filter(|_| current).as_ref(), now);
                }
            }
            Event::NoWords { code, awaited, .. } => {
                if let (Some(turn), true, Some(code)) = (self.turn.as_mut(), awaited, code) {
                    turn.fault.get_or_insert(Fault::new(code));
                }
            }
            Event::Answer { text } => {
                self.panel.heard(SpokenWords { at: now.at, by_peer: true, words: text });
            }
            Event::Call { call_id, name, arguments } => self.called(call_id, &name, &arguments, now),
            Event::Peer(standing) => self.stands(standing, now),
        }
    }

    fn turn_event(&mut self, event: &turn::Event, now: Now) {
        match *event {
            turn::Event::Changed { turn: number, from, to, cause } => {
                let record = TurnRecord {
                    at: now.at,
                    turn: u32::try_from(number).unwrap_or(u32::MAX),
                    from: from.name().to_owned(),
                    to: to.name().to_owned(),
                    cause: cause.name().to_owned(),
                };
                self.outputs.push_back(Output::Tell(told(&record)));
                self.panel.changed(record);
                let Some(turn) = &mut self.turn else { return };
                if from == Phase::Idle {
                    turn.number = Some(number);
                }
                if turn.number != Some(number) {
                    return;
                }
                (turn.phase, turn.entered, turn.since) = (to, now.real, now.at);
                if to == Phase::Idle {
                    self.ended(cause, now);
                }
            }
            turn::Event::TimedOut { turn: number, state, after, reason } => {
                let timeout = StateTimeout {
                    turn: u32::try_from(number).unwrap_or(u32::MAX),
                    state: state.name().to_owned(),
                    after_ms: ms(after),
                    reason: reason.to_owned(),
                };
                self.outputs.push_back(Output::Tell(Notification::StateTimeout(Box::new(timeout))));
                let away = self.away.clone().unwrap_or_else(|| Fault::new("voice_away").passing());
                let Some(turn) = self.turn.as_mut().filter(|turn| turn.number == Some(number)) else {
                    return;
                };
                let is_there = matches!(self.peer, Standing::Live { .. });
                let timed_out = |code| Fault::new(code).with("state", state).with("seconds", after.as_secs());
                let fault = match state {
                    Phase::Recording => timed_out("talk_too_long"),
                    Phase::Committing if !is_there => away,
                    Phase::Idle | Phase::Committing | Phase::WaitingUserFinal | Phase::WaitingResponse => {
                        timed_out("talk_timed_out").passing()
                    }
                };
                turn.fault.get_or_insert(fault);
            }
            // In the log, and in the change that follows.
            turn::Event::Slow { .. } | turn::Event::Ignored { .. } | turn::Event::ForceReset { .. } => {}
        }
    }

    fn stands(&mut self, standing: Standing, now: Now) {
        let tried = self.peer == Standing::Connecting;
        match &standing {
            Standing::Live { .. } => (self.away, self.again, self.pause) = (None, None, PAUSE[0]),
            Standing::Away { code: Some(code), .. } => self.away = Some(Fault::new(code.clone())),
            // A session that is over was reached.
            Standing::Away { reason: Some(_), .. } if tried => {
                self.away = Some(Fault::new("voice_away").passing());
            }
            Standing::Refused { .. } => self.away = Some(Fault::new("voice_refused")),
            Standing::Away { .. } | Standing::Connecting => {}
        }
        self.peer = standing;
        if self.away.is_some() && self.peer != Standing::Connecting {
            self.again.get_or_insert(now.real + self.pause);
        }
        // It answers, and will not: to try again while somebody waits is of no use.
        if let Standing::Away { code: Some(code), .. } = &self.peer
            && self.turn.is_some()
        {
            let fault = Fault::new(code.clone());
            self.outputs.push_back(Output::Client(Say::Reset));
            self.conclude(Outcome::Failed { fault }, now);
        }
    }

    /// The turn is over: with what it is known to come to, or with why it came to nothing.
    fn ended(&mut self, cause: Cause, now: Now) {
        let Some(turn) = &mut self.turn else { return };
        let ending = std::mem::replace(&mut turn.ending, Ending::Over);
        let fault = turn.fault.take();
        let failed = |fault: Option<Fault>, otherwise: Outcome| match fault {
            Some(fault) => Outcome::Failed { fault },
            None => otherwise,
        };
        let outcome = match (ending, cause) {
            (Ending::Over | Ending::Called, _) => None,
            (Ending::Maybe(choices), Cause::Answered | Cause::Heard) => {
                self.ask(&choices, now);
                None
            }
            (Ending::Maybe(_) | Ending::Open, cause) => Some(match cause {
                Cause::Heard | Cause::Answered | Cause::NotUnderstood | Cause::Empty => {
                    failed(fault, Outcome::NotUnderstood)
                }
                Cause::MicrophoneLost => {
                    failed(fault, Outcome::Failed { fault: Fault::new("microphone_lost").passing() })
                }
                Cause::TimedOut | Cause::Disconnected => {
                    let away = self.away.clone().unwrap_or_else(|| Fault::new("voice_away").passing());
                    failed(fault, Outcome::Failed { fault: away })
                }
                Cause::Pressed | Cause::Released | Cause::Committed | Cause::Cancelled | Cause::Reset => {
                    failed(fault, Outcome::Dropped)
                }
            }),
        };
        if let Some(outcome) = outcome {
            self.conclude(outcome, now);
        }
        if let Some(turn) = self.turn.take() {
            self.glass(&turn.view, now).since = now.at;
        }
    }

    fn glass(&mut self, view: &str, now: Now) -> &mut Glass {
        self.glasses.entry(view.to_owned()).or_insert_with(|| Glass {
            since: now.at,
            said: None,
            gone: now.real,
            question: None,
            has_panel: false,
        })
    }

    // --- how things are ------------------------------------------------------------------------------------------

    pub(super) fn microphone(&mut self, state: State) {
        if let State::Lost(_) = state {
            self.panel.level = 0;
            if let Some(turn) = self.turn.as_mut().filter(|turn| turn.released.is_none()) {
                turn.fault.get_or_insert(Fault::new("microphone_lost").passing());
                self.outputs.push_back(Output::Client(Say::MicrophoneLost));
            }
        }
        if self.microphone != state && self.has_panel() {
            self.outputs.push_back(Output::List);
        }
        self.microphone = state;
    }

    pub(super) fn listed(&mut self, devices: Vec<MicrophoneChoice>) {
        self.panel.devices = devices;
    }

    /// Whether somebody looks at the diagnostics.
    pub(super) fn has_panel(&self) -> bool {
        self.glasses.values().any(|glass| glass.has_panel)
    }

    pub(super) fn level(&mut self, level: u8, tally: Tally, now: Now) {
        if self.heard_level.is_some_and(|last| now.real < last + LEVEL) {
            return;
        }
        self.heard_level = Some(now.real);
        (self.panel.level, self.panel.tally) = (level, tally);
    }

    pub(super) fn counted(&mut self, tally: Tally) {
        self.panel.tally = tally;
    }

    pub(super) fn kept(&self) -> &Kept {
        &self.kept
    }

    fn stuck_at(&self, turn: &Turn) -> Duration {
        let limit = match turn.phase {
            // The client has not taken the press yet.
            Phase::Idle => Duration::ZERO,
            Phase::Recording => self.limits.recording,
            Phase::Committing => self.limits.committing,
            Phase::WaitingUserFinal => self.limits.user_final,
            Phase::WaitingResponse => self.limits.response * ROUNDS,
        };
        turn.entered + limit + GRACE
    }

    fn is_stuck(&self, now: Now) -> bool {
        self.turn.as_ref().is_some_and(|turn| self.stuck_at(turn) <= now.real)
    }

    fn microphone_fault(&self) -> Option<Fault> {
        match self.microphone {
            State::Lost(lost) => Some(Fault::new(lost.code()).passing()),
            // Ready is what has been heard of: who speaks before that speaks to nobody.
            State::Opening => Some(Fault::new("microphone_opening").passing()),
            State::Ready { .. } => None,
        }
    }

    /// How talking stands, on every view.
    pub(super) fn shown(&self, now: Now) -> Shown {
        let failed = self.has_failed.then(|| Fault::new("voice_failed").passing());
        let idle = Talk {
            turn: TalkTurn::Ready,
            since: self.opened,
            mode: self.kept.mode,
            fault: failed.or_else(|| self.microphone_fault()).or_else(|| self.away.clone()),
            said: None,
            panel: None,
        };
        let views = self.glasses.iter().map(|(id, glass)| {
            let turn = self.turn.as_ref().filter(|turn| &turn.view == id);
            let panel = glass.has_panel.then(|| {
                let chosen = self.kept.microphone.as_ref();
                let stuck = self.is_stuck(now);
                Box::new(self.panel.shown(chosen, &self.microphone, &self.peer, &self.host, stuck))
            });
            let talk = Talk {
                turn: turn.map_or(TalkTurn::Ready, Turn::shown),
                since: turn.map_or(glass.since, |turn| turn.since),
                said: glass.said.clone(),
                panel,
                ..idle.clone()
            };
            (id.clone(), talk)
        });
        let views = views.collect();
        Shown { idle, views }
    }
}

impl Turn {
    fn shown(&self) -> TalkTurn {
        match self.phase {
            Phase::Idle | Phase::Recording if self.released.is_some() => TalkTurn::Sending,
            Phase::Idle | Phase::Recording => TalkTurn::Listening,
            Phase::Committing => TalkTurn::Sending,
            Phase::WaitingUserFinal | Phase::WaitingResponse => TalkTurn::Thinking,
        }
    }
}

impl Glass {
    fn asks(&self, said: u32) -> bool {
        self.question.is_some() && self.said.as_ref().is_some_and(|held| held.id == said)
    }
}

#[cfg(test)]
mod tests;
