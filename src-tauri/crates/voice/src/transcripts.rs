//! What was said, turn by turn: built from a peer's events in whatever order they come, with any of them missing.
//!
//! The invariant: an entry's words are those of its completion if that had any, else all deltas in the order they came.
//! So no order of events and no lost one changes the words of a completed turn, and no text is ever dropped but by the
//! bounds. Words are given out as final once per item.

use crate::protocol::grammar::Match;
use crate::protocol::{ItemId, PeerError, ServerEvent};
use std::collections::VecDeque;

/// The latest things said.
#[derive(Debug, Default)]
pub struct Transcripts {
    /// Oldest first, at most [`Transcripts::KEPT`].
    entries: VecDeque<Entry>,
}

/// One item of the conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The peer's name for it.
    pub item: ItemId,
    /// Who spoke.
    pub speaker: Speaker,
    /// How far it is.
    pub state: State,
    /// All deltas, as they came.
    built: String,
    /// What the completion said; empty ones count for nothing.
    said: String,
}

/// Who spoke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    /// The cook.
    Cook,
    /// The peer.
    Peer,
}

/// How far an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Words may still come.
    Growing,
    /// These are the words.
    Final,
    /// There will be none but those that are there.
    Failed,
}

/// What an event came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Taken {
    /// Nothing that transcripts are about, or known already.
    Nothing,
    /// An entry is new.
    Created {
        /// Which.
        item: ItemId,
    },
    /// An entry has more words.
    Grown {
        /// Which.
        item: ItemId,
        /// It should have been created by an event of its own, which has not come.
        unknown: bool,
    },
    /// An entry's words are final. Said once per item.
    Final {
        /// Which.
        item: ItemId,
        /// Its words.
        text: String,
        /// What the peer makes of them, if it knows the grammar.
        found: Option<Match>,
        /// It should have been created by an event of its own, which has not come.
        unknown: bool,
    },
    /// There will be no words for an item. Said once per item.
    Failed {
        /// Which.
        item: ItemId,
        /// As the peer says it.
        reason: String,
        /// The peer's code for it.
        code: Option<String>,
        /// It should have been created by an event of its own, which has not come.
        unknown: bool,
    },
    /// The event names no item: nothing was created (R2.7).
    NoItem,
}

/// Longer texts are cut: nobody says so much in 45 seconds.
const LONGEST: usize = 10_000;

impl Entry {
    fn new(item: ItemId, speaker: Speaker) -> Self {
        Self { item, speaker, state: State::Growing, built: String::new(), said: String::new() }
    }

    /// Its words, as far as they are there.
    #[must_use]
    pub fn text(&self) -> &str {
        if self.said.is_empty() { &self.built } else { &self.said }
    }
}

impl Transcripts {
    /// How many are kept.
    pub const KEPT: usize = 50;

    /// Takes an event of the peer.
    pub fn take(&mut self, event: &ServerEvent) -> Taken {
        use Speaker::{Cook, Peer};
        match event {
            ServerEvent::ItemAdded { item, .. } | ServerEvent::ItemDone { item, .. } => {
                if item.kind != "message" && !item.kind.is_empty() {
                    return Taken::Nothing;
                }
                self.create(&item.id, if item.role.as_deref() == Some("assistant") { Peer } else { Cook })
            }
            ServerEvent::TranscriptionDelta { item_id, delta, .. } => self.grow(item_id, Cook, delta),
            ServerEvent::OutputTextDelta { item_id, delta }
            | ServerEvent::OutputTranscriptDelta { item_id, delta } => self.grow(item_id, Peer, delta),
            ServerEvent::TranscriptionCompleted { item_id, transcript, brigade_match, .. } => {
                self.complete(item_id, Cook, transcript, brigade_match.as_ref())
            }
            ServerEvent::OutputTextDone { item_id, text } => self.complete(item_id, Peer, text, None),
            ServerEvent::OutputTranscriptDone { item_id, transcript } => {
                self.complete(item_id, Peer, transcript, None)
            }
            ServerEvent::TranscriptionFailed { item_id, error, .. } => self.fail(item_id, error),
            ServerEvent::SessionCreated { .. }
            | ServerEvent::SessionUpdated { .. }
            | ServerEvent::Committed { .. }
            | ServerEvent::Cleared
            | ServerEvent::SpeechStarted { .. }
            | ServerEvent::SpeechStopped { .. }
            | ServerEvent::ResponseCreated { .. }
            | ServerEvent::OutputItemAdded { .. }
            | ServerEvent::OutputItemDone { .. }
            | ServerEvent::FunctionCallDelta { .. }
            | ServerEvent::FunctionCall { .. }
            | ServerEvent::ResponseDone { .. }
            | ServerEvent::RateLimits { .. }
            | ServerEvent::Error { .. }
            | ServerEvent::Unknown(_) => Taken::Nothing,
        }
    }

    /// Oldest first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter()
    }

    /// The entry of an item.
    #[must_use]
    pub fn entry(&self, item: &str) -> Option<&Entry> {
        self.entries.iter().rev().find(|entry| entry.item == item)
    }

    fn create(&mut self, item: &ItemId, speaker: Speaker) -> Taken {
        if item.is_empty() {
            return Taken::NoItem;
        }
        if let Some(held) = self.entries.iter_mut().rev().find(|entry| &entry.item == item) {
            held.speaker = speaker;
            return Taken::Nothing;
        }
        self.push(item, speaker);
        Taken::Created { item: item.clone() }
    }

    fn grow(&mut self, item: &ItemId, speaker: Speaker, delta: &str) -> Taken {
        let Some((entry, unknown)) = self.find_or_make(item, speaker) else { return Taken::NoItem };
        append(&mut entry.built, delta);
        if delta.is_empty() && !unknown {
            return Taken::Nothing;
        }
        Taken::Grown { item: item.clone(), unknown }
    }

    fn complete(&mut self, item: &ItemId, speaker: Speaker, text: &str, found: Option<&Match>) -> Taken {
        let Some((entry, unknown)) = self.find_or_make(item, speaker) else { return Taken::NoItem };
        if entry.said.is_empty() {
            append(&mut entry.said, text);
        }
        if entry.state != State::Growing {
            return Taken::Nothing;
        }
        entry.state = State::Final;
        let text = entry.text().to_owned();
        Taken::Final { item: item.clone(), text, found: found.cloned(), unknown }
    }

    fn fail(&mut self, item: &ItemId, error: &PeerError) -> Taken {
        let Some((entry, unknown)) = self.find_or_make(item, Speaker::Cook) else { return Taken::NoItem };
        if entry.state != State::Growing {
            return Taken::Nothing;
        }
        entry.state = State::Failed;
        let (reason, code) = (error.message.clone(), error.code.clone());
        Taken::Failed { item: item.clone(), reason, code, unknown }
    }

    fn find_or_make(&mut self, item: &ItemId, speaker: Speaker) -> Option<(&mut Entry, bool)> {
        if item.is_empty() {
            return None;
        }
        let unknown = self.entry(item).is_none();
        if unknown {
            self.push(item, speaker);
        }
        let entry = self.entries.iter_mut().rev().find(|entry| &entry.item == item)?;
        Some((entry, unknown))
    }

    fn push(&mut self, item: &ItemId, speaker: Speaker) {
        if self.entries.len() >= Self::KEPT {
            self.entries.pop_front();
        }
        self.entries.push_back(Entry::new(item.clone(), speaker));
    }
}

/// Appends exactly, up to the bound.
fn append(held: &mut String, text: &str) {
    let room = LONGEST.saturating_sub(held.len());
    if text.len() <= room {
        held.push_str(text);
        return;
    }
    let end = (0..=room).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    held.push_str(&text[..end]);
}

#[cfg(test)]
mod tests;
