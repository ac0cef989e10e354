//! Finds what was said: the likeliest of all that can be said now, or of all that can be written.

use crate::grammar::{Grammar, ROOT};
use crate::network::{Decoding, LONGEST_TEXT, Network};
use crate::vocabulary::{END, START, Token, WITHOUT_TIMES};
use candle_core::Result;
use std::collections::BTreeMap;

/// Texts followed side by side: each saying is there in several spellings, and they crowd each other.
const BEAM: usize = 10;

/// A text that is this much (in natural logarithms) less likely than a complete one is not followed: no threshold asks so far.
const FAR: f32 = 15.0;

/// One saying, and how likely all its wordings are together.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    pub(crate) saying: usize,
    /// Natural logarithm.
    pub(crate) score: f32,
    /// The same for each piece of its likeliest wording, its end included.
    pub(crate) mean: f32,
    /// Its likeliest wording.
    pub(crate) words: String,
}

/// A text on its way.
struct Begun {
    at: usize,
    last: Token,
    score: f32,
    /// Which of the step before it goes on from.
    from: u32,
}

/// The sayings that fit the sound, the likeliest first.
pub(crate) fn among(network: &Network, mut decoding: Decoding, grammar: &Grammar) -> Result<Vec<Found>> {
    let mut likely = begin(network, &mut decoding)?;
    let mut texts = vec![Begun { at: ROOT, last: WITHOUT_TIMES, score: 0.0, from: 0 }];
    let mut found: BTreeMap<usize, Heard> = BTreeMap::new();
    let mut best = f32::NEG_INFINITY;
    loop {
        let mut next: Vec<Begun> = Vec::new();
        for (from, (text, likely)) in (0..).zip(texts.iter().zip(&likely)) {
            let complete = text.score + likely[END as usize];
            for (saying, words) in grammar.complete(text.at) {
                found.entry(saying).or_default().add(complete, decoding.said() - 1, words);
                best = best.max(complete);
            }
            next.extend(grammar.next(text.at).map(|(last, at)| Begun {
                at,
                last,
                score: text.score + likely[last as usize],
                from,
            }));
        }
        next.sort_by(|a, b| b.score.total_cmp(&a.score));
        next.truncate(BEAM);
        next.retain(|text| text.score > best - FAR);
        if next.is_empty() || decoding.said() == LONGEST_TEXT {
            break;
        }
        decoding.keep(&next.iter().map(|text| text.from).collect::<Vec<_>>())?;
        likely = network.say(&mut decoding, &next.iter().map(|text| text.last).collect::<Vec<_>>())?;
        texts = next;
    }
    let mut found: Vec<Found> = found.into_iter().map(|(saying, heard)| heard.found(saying)).collect();
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    Ok(found)
}

/// What was written with nothing to choose from, piece by piece the likeliest, at most `most` pieces.
pub(crate) fn freely(network: &Network, mut decoding: Decoding, most: usize) -> Result<Vec<Token>> {
    let mut likely = begin(network, &mut decoding)?;
    let mut text = Vec::new();
    while text.len() < most && decoding.said() < LONGEST_TEXT {
        let pieces = &likely[0][..=END as usize];
        let last = (0..).zip(pieces).max_by(|a, b| a.1.total_cmp(b.1)).map_or(END, |(token, _)| token);
        if last == END {
            break;
        }
        text.push(last);
        likely = network.say(&mut decoding, &[last])?;
    }
    Ok(text)
}

fn begin(network: &Network, decoding: &mut Decoding) -> Result<Vec<Vec<f32>>> {
    network.say(decoding, &[START])?;
    network.say(decoding, &[WITHOUT_TIMES])
}

/// The wordings of one saying that were met.
#[derive(Default)]
struct Heard {
    scores: Vec<f32>,
    /// Score, pieces and words of the likeliest.
    best: Option<(f32, usize, String)>,
}

impl Heard {
    fn add(&mut self, score: f32, pieces: usize, words: &str) {
        self.scores.push(score);
        if self.best.as_ref().is_none_or(|(best, ..)| score > *best) {
            self.best = Some((score, pieces, words.to_owned()));
        }
    }

    fn found(self, saying: usize) -> Found {
        let (most, pieces, words) = self.best.unwrap_or((f32::NEG_INFINITY, 1, String::new()));
        let sum: f32 = self.scores.iter().map(|score| (score - most).exp()).sum();
        let score = most + sum.ln();
        Found { saying, score, mean: score / pieces as f32, words }
    }
}
