//! From words to what they come to: done, asked, answered, or nothing.

use super::{
    ANSWERED, ASKED, Acting, DONE, DROPPED, Ending, Glass, Now, Output, Question, REFUSED, Room, Turn,
};
use crate::frame::{Outcome, Said, SpokenAct, SpokenAnswer};
use crate::handle::Sound;
use crate::spoken::Meaning;
use crate::talk::panel::ms;
use serde_json::json;
use std::time::Duration;
use voice::peer::Command as Say;
use voice::protocol::grammar::Match;
use voice::spoken::{Command, ENGLISH, Sureness, sentence};
use voice::turn::{Phase, Then};
use wire::hub::Fault;

impl Room {
    pub(super) fn words(&mut self, text: String, found: Option<&Match>, now: Now) {
        let answers = self.then == Then::Answer && found.is_none();
        let Some(turn) = self.turn.as_mut().filter(|turn| turn.ending == Ending::Open) else { return };
        turn.words = text;
        let heard = match found {
            Some(found) => turn.grammar.judge(&turn.words, found),
            // Also what was decided by an older grammar is judged by that of this press.
            None => turn.grammar.listen(&turn.words),
        };
        match heard.sureness {
            Sureness::Sure(command) => {
                self.understood(&command, None, now);
                if answers {
                    self.outputs.push_back(Output::Client(Say::Cancel));
                }
            }
            Sureness::Ask(choices) if answers => turn.ending = Ending::Maybe(choices),
            Sureness::Ask(choices) => self.ask(&choices, now),
            // Nothing, or something for the peer to make out.
            Sureness::Nothing => {}
        }
    }

    /// One thing was meant.
    fn understood(&mut self, command: &Command, call: Option<String>, now: Now) {
        let Some(turn) = &mut self.turn else { return };
        let took = turn.released.map(|released| now.real.saturating_sub(released));
        let (view, words, spoken) = (turn.view.clone(), turn.words.clone(), turn.spoken.clone());
        turn.ending = if call.is_some() { Ending::Called } else { Ending::Over };
        let asked = self.glasses.get_mut(&view);
        match command {
            Command::Yes => {
                let question = asked.and_then(|glass| glass.question.take());
                match question.and_then(|question| question.choices.into_iter().next()) {
                    Some((act, meaning)) => self.mean(Acting { view, words, took, act, call }, meaning),
                    None => self.say(&view, words, took, Outcome::NotUnderstood, now),
                }
            }
            Command::No => {
                if let Some(glass) = asked {
                    glass.question = None;
                }
                self.say(&view, words, took, Outcome::Dropped, now);
            }
            command => match spoken.meaning(command) {
                Some(meaning) => {
                    let act = spoken.act(command);
                    self.mean(Acting { view, words, took, act, call }, meaning);
                }
                None => self.say(&view, words, took, Outcome::NotUnderstood, now),
            },
        }
    }

    /// Something of these was meant.
    pub(super) fn ask(&mut self, choices: &[Command], now: Now) {
        // A no that was not meant costs a question.
        if let Some(no @ Command::No) = choices.first() {
            return self.understood(no, None, now);
        }
        let Some(turn) = &mut self.turn else { return };
        turn.ending = Ending::Over;
        let took = turn.released.map(|released| now.real.saturating_sub(released));
        let (view, words, spoken) = (turn.view.clone(), turn.words.clone(), turn.spoken.clone());
        let choices: Vec<(SpokenAct, Meaning)> = choices
            .iter()
            .filter_map(|command| Some((spoken.act(command), spoken.meaning(command)?)))
            .collect();
        if choices.is_empty() {
            // An unsure yes to a question, among others: it stays.
            return self.say(&view, words, took, Outcome::NotUnderstood, now);
        }
        let acts = choices.iter().map(|(act, _)| act.clone()).collect();
        self.glass(&view, now).question = None;
        self.say(&view, words, took, Outcome::Asked { choices: acts }, now);
        self.glass(&view, now).question = Some(Question { choices });
    }

    /// The peer wants something done. It can do nothing that could not be said.
    pub(super) fn called(&mut self, call_id: String, name: &str, arguments: &str, now: Now) {
        let is_open = |turn: &&Turn| turn.ending != Ending::Over;
        let said = sentence(&ENGLISH, name, arguments);
        let heard = self
            .turn
            .as_ref()
            .filter(is_open)
            .and_then(|turn| Some(turn.grammar.listen(&said?).sureness))
            .unwrap_or(Sureness::Nothing);
        match heard {
            Sureness::Sure(command) => self.understood(&command, Some(call_id), now),
            Sureness::Ask(choices) => {
                self.ask(&choices, now);
                self.output(call_id, &json!({"ok": false, "reason": "the cook is asked which one"}));
            }
            Sureness::Nothing => {
                self.output(call_id, &json!({"ok": false, "reason": "this cannot be done now"}));
            }
        }
    }

    fn output(&mut self, call_id: String, output: &serde_json::Value) {
        self.outputs.push_back(Output::Client(Say::Output { call_id, output: output.to_string() }));
    }

    pub(super) fn mean(&mut self, acting: Acting, meaning: Meaning) {
        self.last_said += 1;
        let (id, view) = (self.last_said, acting.view.clone());
        self.acting.insert(id, acting);
        self.outputs.push_back(Output::Mean { id, view, meaning: Box::new(meaning) });
    }

    /// What was meant has been carried out, with the answer if it was a question; or it could not be.
    pub(in crate::talk) fn acted(&mut self, id: u32, result: Result<Option<SpokenAnswer>, Fault>, now: Now) {
        let Some(Acting { view, words, took, act, call }) = self.acting.remove(&id) else { return };
        if let Some(call_id) = call {
            let output = match &result {
                Ok(None) => json!({"ok": true}),
                Ok(Some(answer)) => json!({"ok": true, "answer": answer}),
                Err(fault) => json!({"ok": false, "reason": fault.code}),
            };
            self.output(call_id, &output);
        }
        // It is on the board by now; somebody may have been asked something since.
        let is_asking =
            |glass: &Glass| glass.question.is_some() && glass.said.as_ref().is_some_and(|said| said.id > id);
        if result.is_ok() && self.glasses.get(&view).is_some_and(is_asking) {
            return;
        }
        let outcome = match result {
            Ok(None) => Outcome::Done { act },
            Ok(Some(answer)) => Outcome::Answered { answer },
            Err(fault) => Outcome::Failed { fault },
        };
        self.say(&view, words, took, outcome, now);
    }

    /// The turn comes to this, whatever still comes of it.
    pub(super) fn conclude(&mut self, outcome: Outcome, now: Now) {
        let Some(turn) = &mut self.turn else { return };
        turn.ending = Ending::Over;
        let (view, words) = (turn.view.clone(), turn.words.clone());
        self.say(&view, words, None, outcome, now);
    }

    pub(super) fn say(
        &mut self,
        view: &str,
        words: String,
        took: Option<Duration>,
        outcome: Outcome,
        now: Now,
    ) {
        let (lasts, sound) = match &outcome {
            Outcome::Done { .. } => (DONE, Some(Sound::Heard)),
            Outcome::Answered { .. } => (ANSWERED, Some(Sound::Heard)),
            Outcome::Asked { .. } => (ASKED, Some(Sound::Asked)),
            Outcome::NotUnderstood | Outcome::Failed { .. } => (REFUSED, Some(Sound::Refused)),
            Outcome::Dropped => (DROPPED, None),
        };
        // It would hear itself.
        let listens = self.turn.as_ref().is_some_and(|turn| turn.phase == Phase::Recording);
        self.outputs.extend(sound.filter(|_| !listens).map(Output::Ring));
        self.last_said += 1;
        let id = self.last_said;
        let glass = self.glass(view, now);
        // A question whose answer was not understood is still a question.
        if let (Some(said), Some(_), Outcome::NotUnderstood) = (&mut glass.said, &glass.question, &outcome) {
            (glass.gone, said.until) = (now.real + ASKED, now.plus(ASKED));
            return;
        }
        (glass.gone, glass.question) = (now.real + lasts, None);
        let took_ms = took.map(ms);
        glass.said = Some(Said { id, words, took_ms, until: now.plus(lasts), outcome });
    }
}
