//! The extension: what can be said now, and what a peer makes of what it heard.
//!
//! A peer that knows it says `session.created.session.brigade = {"grammar": 1}`. Only to such a peer the client sends its
//! sayings, in parts, each a `session.update` of its own; the peer decides among them once all parts of a revision are
//! there, and until then among those of the last complete one.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version described here.
pub const VERSION: u32 = 1;

/// The largest part, in bytes of JSON.
pub const LARGEST_PART: usize = 32 * 1024;

/// More parts than that are refused: 2 MB hold thousands of tickets.
pub const MOST_PARTS: u32 = 64;

/// One part of all that can be said now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrammarPart {
    /// Grows with every change; a match names it.
    pub revision: u64,
    /// Counts from 0.
    pub part: u32,
    /// How many there are.
    pub of: u32,
    /// In this part.
    pub sayings: Vec<Saying>,
}

/// One thing that can be meant, in all the ways it is said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saying {
    /// Opaque to the peer; the same meaning has one id within a revision.
    pub id: String,
    /// Lower-case words with single spaces; numbers both spelled and as digits.
    pub say: Vec<String>,
}

/// What a peer makes of what it heard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Match {
    /// The grammar it was decided by.
    pub revision: u64,
    /// How sure it is.
    pub verdict: Verdict,
    /// The best saying; absent if there is none at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Of the best one: the logarithm of a likelihood, 0 at best.
    #[serde(default)]
    pub score: f64,
    /// To the second best one.
    #[serde(default)]
    pub gap: f64,
    /// The words of the best saying, as the peer understood them.
    #[serde(default)]
    pub heard: String,
    /// What the peer would write if it expected nothing; empty if it does not tell. A "don't" that no saying has stands here.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub free: String,
    /// The next best, best first; a few.
    #[serde(default)]
    pub others: Vec<Candidate>,
}

/// How sure a peer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Do it.
    Sure,
    /// Somebody has to say yes.
    Ask,
    /// None of these was said. Also what a newer peer says that is not known here.
    #[serde(other)]
    None,
}

/// Another saying that it might have been.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Of the saying.
    pub id: String,
    /// As [`Match::score`].
    pub score: f64,
}

impl GrammarPart {
    /// Cuts all sayings into parts of at most [`LARGEST_PART`] bytes; at least one part. What does not fit into
    /// [`MOST_PARTS`] is left out, the last ones first.
    #[must_use]
    pub fn cut(revision: u64, sayings: Vec<Saying>) -> Vec<Self> {
        /// The braces, names and numbers around the sayings.
        const FRAME: usize = 256;
        let mut parts: Vec<Vec<Saying>> = vec![Vec::new()];
        let mut size = FRAME;
        for saying in sayings {
            let bytes = serde_json::to_string(&saying).map_or(0, |text| text.len() + 1);
            if size + bytes > LARGEST_PART {
                if parts.len() >= MOST_PARTS as usize {
                    break;
                }
                parts.push(Vec::new());
                size = FRAME;
            }
            size += bytes;
            if let Some(last) = parts.last_mut() {
                last.push(saying);
            }
        }
        let of = u32::try_from(parts.len()).unwrap_or(MOST_PARTS);
        (0..).zip(parts).map(|(part, sayings)| Self { revision, part, of, sayings }).collect()
    }
}

/// Collects parts; for the peer's side. Holds one complete grammar and at most one that is still arriving.
#[derive(Debug, Default)]
pub struct Assembly {
    arriving: Option<Arriving>,
}

#[derive(Debug)]
struct Arriving {
    revision: u64,
    of: u32,
    parts: BTreeMap<u32, Vec<Saying>>,
}

/// Why a part is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PartError {
    /// Its number is not below the number of parts, or there are none or too many.
    #[error("part {part} of {of} is none")]
    Number {
        /// As it was sent.
        part: u32,
        /// As it was sent.
        of: u32,
    },
    /// Another part of the same revision said another number of parts.
    #[error("the revision has {held} parts, not {of}")]
    Count {
        /// What was said first.
        held: u32,
        /// What is said now.
        of: u32,
    },
}

impl Assembly {
    /// Takes a part; gives the whole, in the order of the parts, once the last one of a revision is there. Parts of an
    /// older revision than the one that is arriving are passed over; one of a newer revision begins anew.
    ///
    /// # Errors
    /// A [`PartError`]; nothing is changed then.
    pub fn take(&mut self, part: GrammarPart) -> Result<Option<(u64, Vec<Saying>)>, PartError> {
        if part.of == 0 || part.of > MOST_PARTS || part.part >= part.of {
            return Err(PartError::Number { part: part.part, of: part.of });
        }
        if self.arriving.as_ref().is_some_and(|held| held.revision > part.revision) {
            return Ok(None);
        }
        if self.arriving.as_ref().is_none_or(|held| held.revision < part.revision) {
            self.arriving = Some(Arriving { revision: part.revision, of: part.of, parts: BTreeMap::new() });
        }
        let Some(held) = self.arriving.as_mut() else { return Ok(None) };
        if held.of != part.of {
            return Err(PartError::Count { held: held.of, of: part.of });
        }
        held.parts.insert(part.part, part.sayings);
        if held.parts.len() < held.of as usize {
            return Ok(None);
        }
        let whole =
            self.arriving.take().map(|held| (held.revision, held.parts.into_values().flatten().collect()));
        Ok(whole)
    }
}
