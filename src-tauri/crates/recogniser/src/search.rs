//! Finds what was said: what fits best of all that can be said now, or is likeliest of all that can be written.

use crate::grammar::{Grammar, ROOT};
use crate::network::{Decoding, LONGEST_TEXT, Likely, Network, Writable};
use crate::vocabulary::{END, Token, WITHOUT_TIMES};
use candle_core::Result;
use std::collections::BTreeMap;

/// Texts followed side by side at most: in noise the first word is one of many.
const BEAM: usize = 24;

/// A text that fits this much worse (in natural logarithms) than the best of its length is not followed. Of what is said
/// clearly that leaves a few, and listening is quick.
const BESIDE: f32 = 12.0;

/// A text that fits this much worse (in natural logarithms) than a complete one is not followed: no question offers it. On the
/// tuning voices (seed 12) 20 texts, 12 and 10 found the same as 40 texts, 16 and 15.
const FAR: f32 = 10.0;

/// This share of what words are likely before anything is heard is taken off. On the tuning voices (seeds 11 to 13) the right
/// command came first for 135 of 153 with 0.15, 143 with 0.3, 145 with 0.35, 146 with 0.4 and 144 with 0.5; and the more is
/// taken off, the nearer comes what is no command.
const SHARE: f32 = 0.35;

/// One saying, and how well it fits.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    pub(crate) saying: usize,
    /// How likely all its wordings are together, less the share of what they are likely anyway. Natural logarithms, both.
    pub(crate) fit: f32,
    /// How likely the wording that fits best is.
    pub(crate) score: f32,
    /// That wording.
    pub(crate) words: String,
}

/// A text on its way.
struct Begun {
    at: usize,
    last: Token,
    fit: f32,
    score: f32,
    /// Which of the step before it goes on from.
    from: u32,
}

/// What fits the sound.
pub(crate) struct Fitting {
    /// The sayings that fit, the best first.
    pub(crate) found: Vec<Found>,
    /// What was written with nothing to choose from.
    pub(crate) free: Free,
}

/// A text written with nothing to choose from, piece by piece the likeliest.
#[derive(Debug, Default)]
pub(crate) struct Free {
    pub(crate) pieces: Vec<Token>,
    /// Natural logarithm, its end included.
    pub(crate) score: f32,
    has_ended: bool,
}

/// Which sayings fit the sound; and beside them, in the same steps, what it says to somebody who expects nothing: at most
/// `most` pieces of it.
pub(crate) fn among(
    network: &Network,
    mut decoding: Decoding,
    grammar: &Grammar,
    most: usize,
) -> Result<Fitting> {
    let writable = grammar.writable();
    let mut likely = network.begin(&mut decoding, writable)?;
    let mut texts = vec![Begun { at: ROOT, last: WITHOUT_TIMES, fit: 0.0, score: 0.0, from: 0 }];
    let mut free = Free::default();
    free.write(&likely, 0, most);
    // Both begin from the same row.
    let mut free_row = 0;
    let mut found: BTreeMap<usize, Heard> = BTreeMap::new();
    let mut best = f32::NEG_INFINITY;
    loop {
        let mut next: Vec<Begun> = Vec::new();
        for (row, text) in texts.iter().enumerate() {
            let fit = |piece: Token| likely.of(row, piece) - SHARE * grammar.prior(text.last, piece);
            if grammar.complete(text.at).next().is_some() {
                // After a full stop the end is as good as certain.
                let ends = || grammar.ends().iter().chain([&END]).copied();
                let score = text.score + sum(ends().map(|end| likely.of(row, end)));
                let prior = sum(ends().map(|end| grammar.prior(text.last, end)));
                let complete = text.fit + score - text.score - SHARE * prior;
                for (saying, words) in grammar.complete(text.at) {
                    found.entry(saying).or_default().add(complete, score, words);
                    best = best.max(complete);
                }
            }
            next.extend(grammar.next(text.at).map(|(last, at)| Begun {
                at,
                last,
                fit: text.fit + fit(last),
                score: text.score + likely.of(row, last),
                from: row as u32,
            }));
        }
        meet(grammar, &mut next);
        next.sort_by(|a, b| b.fit.total_cmp(&a.fit));
        next.truncate(BEAM);
        let first = next.first().map_or(f32::NEG_INFINITY, |text| text.fit);
        next.retain(|text| text.fit > first - BESIDE && text.fit > best - FAR);
        let mut rows: Vec<(u32, Token)> = next.iter().map(|text| (text.from, text.last)).collect();
        rows.extend(free.last().map(|last| (free_row, last)));
        if rows.is_empty() || decoding.said() == LONGEST_TEXT {
            break;
        }
        let (from, last): (Vec<u32>, Vec<Token>) = rows.into_iter().unzip();
        decoding.keep(&from)?;
        likely = network.say(&mut decoding, &last, writable)?;
        if free.last().is_some() {
            free_row = last.len() as u32 - 1;
            free.write(&likely, last.len() - 1, most);
        }
        texts = next;
    }
    let mut found: Vec<Found> = found.into_iter().filter_map(|(saying, heard)| heard.found(saying)).collect();
    found.sort_by(|a, b| b.fit.total_cmp(&a.fit));
    Ok(Fitting { found, free })
}

/// Texts that say the same go on as the one that fits best, and as well as all of them together.
fn meet(grammar: &Grammar, next: &mut Vec<Begun>) {
    let mut met: BTreeMap<usize, usize> = BTreeMap::new();
    let mut kept: Vec<Begun> = Vec::with_capacity(next.len());
    for text in next.drain(..) {
        match met.get(&text.at).filter(|_| grammar.is_after_word(text.at)) {
            Some(place) => {
                let fit = sum([kept[*place].fit, text.fit].into_iter());
                if text.fit > kept[*place].fit {
                    kept[*place] = text;
                }
                kept[*place].fit = fit;
            }
            None => {
                met.insert(text.at, kept.len());
                kept.push(text);
            }
        }
    }
    *next = kept;
}

/// The logarithm of the sum of what these are logarithms of.
fn sum(logarithms: impl Iterator<Item = f32>) -> f32 {
    logarithms.fold(f32::NEG_INFINITY, |sum, next| {
        let (most, least) = if sum > next { (sum, next) } else { (next, sum) };
        if most.is_finite() { most + (least - most).exp().ln_1p() } else { most }
    })
}

/// What was written with nothing to choose from, at most `most` pieces.
pub(crate) fn freely(
    network: &Network,
    mut decoding: Decoding,
    writable: &Writable,
    most: usize,
) -> Result<Free> {
    let mut free = Free::default();
    free.write(&network.begin(&mut decoding, writable)?, 0, most);
    while let Some(last) = free.last().filter(|_| decoding.said() < LONGEST_TEXT) {
        free.write(&network.say(&mut decoding, &[last], writable)?, 0, most);
    }
    Ok(free)
}

impl Free {
    fn write(&mut self, likely: &Likely<'_>, row: usize, most: usize) {
        let (piece, score) = likely.likeliest(row);
        self.score += score;
        if piece == END {
            self.has_ended = true;
            return;
        }
        self.pieces.push(piece);
        let again = repeated(&self.pieces);
        self.has_ended = again > 0 || self.pieces.len() >= most;
        self.pieces.truncate(self.pieces.len() - again);
    }

    /// What it goes on from; none: it has ended.
    fn last(&self) -> Option<Token> {
        self.pieces.last().copied().filter(|_| !self.has_ended)
    }
}

/// How many of the last pieces only say again what stands before them: the network has lost itself, and would go on so. What
/// fills fewer pieces than this may have been said: "one one one".
fn repeated(pieces: &[Token]) -> usize {
    const LEAST: usize = 6;
    let spans = (1..=pieces.len() / 2).map(|period| (period, period * LEAST.div_ceil(period).max(2)));
    let mut again = spans.filter(|(period, span)| {
        let start = pieces.len().checked_sub(*span);
        start.is_some_and(|start| pieces[start + period..] == pieces[start..pieces.len() - period])
    });
    again.next().map_or(0, |(period, span)| span - period)
}

/// The wordings of one saying that were met.
#[derive(Default)]
struct Heard {
    fits: Vec<f32>,
    /// Fit, score and words of the one that fits best.
    best: Option<(f32, f32, String)>,
}

impl Heard {
    fn add(&mut self, fit: f32, score: f32, words: &str) {
        self.fits.push(fit);
        if self.best.as_ref().is_none_or(|(best, ..)| fit > *best) {
            self.best = Some((fit, score, words.to_owned()));
        }
    }

    fn found(self, saying: usize) -> Option<Found> {
        let (_, score, words) = self.best?;
        Some(Found { saying, fit: sum(self.fits.into_iter()), score, words })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_says_itself_again_ends() {
        assert_eq!(repeated(&[7, 1, 2, 3]), 0);
        assert_eq!(repeated(&[1, 1, 1, 1, 1]), 0, "that can be said");
        assert_eq!(repeated(&[7, 1, 1, 1, 1, 1, 1]), 5);
        assert_eq!(repeated(&[1, 2, 1, 2]), 0);
        assert_eq!(repeated(&[1, 2, 1, 2, 1, 2]), 4);
        assert_eq!(repeated(&[7, 1, 2, 3, 1, 2, 3]), 3);
        assert_eq!(repeated(&[7, 1, 2, 3, 1, 2]), 0);
        assert_eq!(repeated(&[1, 2, 3, 4, 5, 6, 7, 1, 2, 3, 4, 5, 6, 7]), 7);
    }

    #[test]
    fn logarithms_are_summed() {
        let half = 0.5_f32.ln();
        assert!(sum([half, half].into_iter()).abs() < 1e-6);
        assert_eq!(sum([f32::NEG_INFINITY, half].into_iter()), half);
        assert_eq!(sum(std::iter::empty()), f32::NEG_INFINITY);
    }
}
