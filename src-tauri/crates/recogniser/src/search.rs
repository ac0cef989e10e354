//! Finds what was said: the likeliest of all that can be said now, or of all that can be written.

use crate::grammar::{Grammar, ROOT};
use crate::network::{Decoding, LONGEST_TEXT, Network};
use crate::vocabulary::{END, START, Token, WITHOUT_TIMES};
use candle_core::Result;
use std::collections::BTreeMap;

/// Texts followed side by side at most: in noise the first word is one of many.
const BEAM: usize = 16;

/// A text that is this much (in natural logarithms) less likely than the likeliest of its length is not followed. Of what is
/// said clearly that leaves a few, and listening is quick.
const BESIDE: f32 = 8.0;

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

/// What fits the sound.
pub(crate) struct Fitting {
    /// The sayings that fit, the likeliest first.
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
    let mut likely = begin(network, &mut decoding)?;
    let mut texts = vec![Begun { at: ROOT, last: WITHOUT_TIMES, score: 0.0, from: 0 }];
    let mut free = Free::default();
    free.write(&likely[0], most);
    // Both begin from the same row.
    let mut free_row = 0;
    let mut found: BTreeMap<usize, Heard> = BTreeMap::new();
    let mut best = f32::NEG_INFINITY;
    loop {
        let mut next: Vec<Begun> = Vec::new();
        for (from, (text, likely)) in (0..).zip(texts.iter().zip(&likely)) {
            // After a full stop the end is as good as certain.
            let ends = grammar.ends().iter().map(|end| likely[*end as usize]);
            let complete = text.score + sum(likely[END as usize], ends);
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
        meet(grammar, &mut next);
        next.sort_by(|a, b| b.score.total_cmp(&a.score));
        next.truncate(BEAM);
        let likeliest = next.first().map_or(f32::NEG_INFINITY, |text| text.score);
        next.retain(|text| text.score > likeliest - BESIDE && text.score > best - FAR);
        let mut rows: Vec<(u32, Token)> = next.iter().map(|text| (text.from, text.last)).collect();
        rows.extend(free.last().map(|last| (free_row, last)));
        if rows.is_empty() || decoding.said() == LONGEST_TEXT {
            break;
        }
        decoding.keep(&rows.iter().map(|(from, _)| *from).collect::<Vec<_>>())?;
        likely = network.say(&mut decoding, &rows.iter().map(|(_, last)| *last).collect::<Vec<_>>())?;
        if free.last().is_some() {
            free_row = rows.len() as u32 - 1;
            free.write(&likely[rows.len() - 1], most);
        }
        texts = next;
    }
    let mut found: Vec<Found> = found.into_iter().map(|(saying, heard)| heard.found(saying)).collect();
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    Ok(Fitting { found, free })
}

/// Texts that say the same go on as the likelier of them, as likely as all of them together.
fn meet(grammar: &Grammar, next: &mut Vec<Begun>) {
    let mut met: BTreeMap<usize, usize> = BTreeMap::new();
    let mut kept: Vec<Begun> = Vec::with_capacity(next.len());
    for text in next.drain(..) {
        match met.get(&text.at).filter(|_| grammar.is_after_word(text.at)) {
            Some(place) => {
                let score = sum(kept[*place].score, std::iter::once(text.score));
                if text.score > kept[*place].score {
                    kept[*place] = text;
                }
                kept[*place].score = score;
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
fn sum(first: f32, others: impl Iterator<Item = f32>) -> f32 {
    others.fold(first, |sum, next| {
        let (most, least) = if sum > next { (sum, next) } else { (next, sum) };
        if most.is_finite() { most + (least - most).exp().ln_1p() } else { most }
    })
}

/// What was written with nothing to choose from, at most `most` pieces.
pub(crate) fn freely(network: &Network, mut decoding: Decoding, most: usize) -> Result<Free> {
    let mut likely = begin(network, &mut decoding)?;
    let mut free = Free::default();
    free.write(&likely[0], most);
    while let Some(last) = free.last().filter(|_| decoding.said() < LONGEST_TEXT) {
        likely = network.say(&mut decoding, &[last])?;
        free.write(&likely[0], most);
    }
    Ok(free)
}

impl Free {
    fn write(&mut self, likely: &[f32], most: usize) {
        let pieces = likely[..=END as usize].iter().zip(0..);
        let best = pieces.max_by(|a, b| a.0.total_cmp(b.0));
        let (score, piece) = best.map_or((0.0, END), |(score, piece)| (*score, piece));
        self.score += score;
        if piece == END {
            self.has_ended = true;
            return;
        }
        self.pieces.push(piece);
        self.has_ended = self.pieces.len() >= most;
    }

    /// What it goes on from; none: it has ended.
    fn last(&self) -> Option<Token> {
        self.pieces.last().copied().filter(|_| !self.has_ended)
    }
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
        let (_, pieces, words) = self.best.unwrap_or((f32::NEG_INFINITY, 1, String::new()));
        let score = sum(f32::NEG_INFINITY, self.scores.iter().copied());
        Found { saying, score, mean: score / pieces as f32, words }
    }
}
