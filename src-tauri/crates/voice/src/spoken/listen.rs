//! From what was heard to what was meant.
//!
//! A peer that knows the grammar has decided already; its word is checked against the grammar of this moment, and against
//! what it would have written freely: of all that can be said nothing is "don't", so "don't bump twelve" fits "bump twelve"
//! best. The words of any other peer are compared with every form: by words, where a number is only ever itself, words that
//! mean nothing cost nearly nothing, and a word that turns the sentence round forbids everything.

use super::words::plain;
use super::{Command, Grammar};
use crate::protocol::grammar::{Match, Verdict};
use std::collections::{BTreeMap, BTreeSet};

/// What was meant by what was heard.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// The words, as they are shown.
    pub words: String,
    /// How sure it is that this was meant.
    pub sureness: Sureness,
    /// 0 to 1: of the best meaning.
    pub confidence: f64,
}

/// How sure it is what was meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sureness {
    /// This.
    Sure(Command),
    /// Perhaps one of these, the likeliest first; somebody has to say.
    Ask(Vec<Command>),
    /// Nothing that can be said now.
    Nothing,
}

/// From here on the words say it clearly.
const SURE: f64 = 0.85;
/// From here on it is worth a question.
const MAYBE: f64 = 0.6;
/// So much clearer than the second meaning it has to be.
const GAP: f64 = 0.15;
/// So much better (a natural logarithm) one of two numbers that sound alike has to fit: "forty" was taken for "fourteen" by
/// 2.6, and of 52 right ones on all voices 6 are nearer than that.
const ALIKE: f64 = 3.0;
/// Choices that a person can take in at a glance.
const MOST_CHOICES: usize = 4;
/// Nobody commands with more words.
const MOST_WORDS: usize = 24;

impl Grammar {
    /// What a peer that knows the grammar has matched, judged by the grammar of this moment: what it was sure of
    /// counts as sure only if the same words mean the same thing now.
    #[must_use]
    pub fn judge(&self, words: &str, found: &Match) -> Heard {
        let nothing = || Heard { words: words.to_owned(), sureness: Sureness::Nothing, confidence: 0.0 };
        let Some(id) = found.id.as_deref().filter(|_| found.verdict != Verdict::None) else {
            return nothing();
        };
        let mut meant = self.meanings(id);
        if meant.is_empty() {
            return nothing();
        }
        let same_words = self.forms.get(&found.heard).is_some_and(|ids| ids[..] == [id.to_owned()]);
        let confidence = if found.gap > 0.0 { found.gap / (1.0 + found.gap) } else { 0.0 };
        let mut twins = self.twins(&found.heard);
        twins.extend(self.alike(found));
        twins.retain(|twin| !meant.contains(twin));
        let is_free = twins.is_empty() && !self.turned(&plain(&found.free), &found.heard);
        let sureness = match (found.verdict, &meant[..]) {
            (Verdict::Sure, [one]) if same_words && is_free => Sureness::Sure(one.clone()),
            (Verdict::Sure | Verdict::Ask, _) => {
                meant.extend(twins);
                meant.extend(found.others.iter().flat_map(|other| self.meanings(&other.id)));
                Sureness::Ask(few(meant))
            }
            (Verdict::None, _) => Sureness::Nothing,
        };
        Heard { words: words.to_owned(), sureness, confidence }
    }

    /// What free words mean.
    #[must_use]
    pub fn listen(&self, words: &str) -> Heard {
        let spoken = plain(words);
        let all: Vec<&str> = spoken.split(' ').filter(|word| !word.is_empty()).collect();
        let nothing = |confidence| Heard { words: words.to_owned(), sureness: Sureness::Nothing, confidence };
        if all.is_empty() || all.len() > MOST_WORDS {
            return nothing(0.0);
        }
        if let Some([id]) = self.forms.get(&spoken).map(Vec::as_slice)
            && let [one] = &self.meanings(id)[..]
        {
            return Heard { words: words.to_owned(), sureness: Sureness::Sure(one.clone()), confidence: 1.0 };
        }
        let ranked = self.ranked(&all);
        let Some((best, form, _)) = ranked.first().cloned() else { return nothing(0.0) };
        if best < MAYBE || self.turned(&spoken, form) {
            return nothing(best);
        }
        let second = ranked.get(1).map_or(0.0, |(score, ..)| *score);
        let near = ranked.iter().filter(|(score, ..)| *score >= MAYBE && best - score < GAP);
        let meant: Vec<Command> = near.filter_map(|(_, _, id)| self.commands.get(*id).cloned()).collect();
        let sureness = match &meant[..] {
            [one] if best >= SURE && best - second >= GAP => Sureness::Sure(one.clone()),
            _ => Sureness::Ask(few(meant)),
        };
        Heard { words: words.to_owned(), sureness, confidence: best }
    }

    /// Whether a word that is not in the form turns it round. "No. 12" is written for "number twelve".
    fn turned(&self, spoken: &str, form: &str) -> bool {
        let language = self.language;
        let is_said = |word: &str| form.split(' ').any(|held| held == word);
        let is_short = |word: &str, next: Option<&&str>| {
            let (_, long) = language.short_for_number;
            word == language.short_for_number.0
                && is_said(long)
                && next.is_some_and(|next| (language.is_number)(next))
        };
        let words: Vec<&str> = spoken.split(' ').collect();
        words.iter().enumerate().any(|(at, word)| {
            language.guards.contains(word) && !is_said(word) && !is_short(word, words.get(at + 1))
        })
    }

    /// What else sounds like these words, because a number in them, or one that is not, sounds like the word after it.
    fn twins(&self, heard: &str) -> Vec<Command> {
        let words: Vec<&str> = heard.split(' ').map(|word| one_digit(word).unwrap_or(word)).collect();
        let mut twins = Vec::new();
        for (at, word) in words.iter().enumerate() {
            for (number, _) in self.language.swallowed.iter().filter(|(_, after)| after == word) {
                let before = at.checked_sub(1).filter(|before| words[*before] == *number);
                let mut twin = words.clone();
                match before {
                    Some(before) => {
                        twin.remove(before);
                    }
                    None => twin.insert(at, number),
                }
                twins.extend(self.forms.get(&twin.join(" ")).into_iter().flatten());
            }
        }
        twins.into_iter().filter_map(|id| self.commands.get(id).cloned()).collect()
    }

    /// What means the same of a number that sounds nearly like the one that was heard, and fits nearly as well.
    fn alike(&self, found: &Match) -> Vec<Command> {
        let near = found.others.iter().filter(|other| found.score - other.score < ALIKE);
        let near: Vec<Command> = near.flat_map(|other| self.meanings(&other.id)).collect();
        let words: Vec<&str> = found.heard.split(' ').collect();
        let mut alike = Vec::new();
        for (at, word) in words.iter().enumerate() {
            let Some(other) = (self.language.alike)(word) else { continue };
            let mut form = words.clone();
            form[at] = &other;
            alike.extend(self.forms.get(&form.join(" ")).into_iter().flatten());
        }
        let alike = alike.into_iter().filter_map(|id| self.commands.get(id).cloned());
        alike.filter(|command| near.contains(command)).collect()
    }

    /// The best form of every meaning, best first: how well it fits, the form, the meaning's id.
    fn ranked(&self, spoken: &[&str]) -> Vec<(f64, &str, &str)> {
        let judge = Judge::new(self, spoken);
        let mut best: BTreeMap<&str, (f64, &str)> = BTreeMap::new();
        for (form, ids) in &self.forms {
            let score = judge.score(form);
            if score <= 0.0 {
                continue;
            }
            for id in ids {
                let held = best.entry(id).or_insert((score, form));
                if held.0 < score {
                    *held = (score, form);
                }
            }
        }
        let mut ranked: Vec<(f64, &str, &str)> =
            best.into_iter().map(|(id, (score, form))| (score, form, id)).collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.2.cmp(b.2)));
        ranked
    }
}

fn few(commands: Vec<Command>) -> Vec<Command> {
    let mut seen = BTreeSet::new();
    commands.into_iter().filter(|command| seen.insert(command.clone())).take(MOST_CHOICES).collect()
}

/// What differences cost, in words of weight 1.
mod cost {
    /// A number that was not said, or said besides.
    pub(super) const NUMBER: f64 = 2.0;
    /// A word of no meaning here said besides.
    pub(super) const FILLER: f64 = 0.05;
    /// Another word said besides.
    pub(super) const EXTRA: f64 = 0.7;
    /// A weak word swallowed.
    pub(super) const WEAK: f64 = 0.15;
    /// Any other word swallowed.
    pub(super) const MISSING: f64 = 1.3;
    /// Another word in its place.
    pub(super) const OTHER: f64 = 1.7;
    /// A known mishearing.
    pub(super) const SOUNDS_LIKE: f64 = 0.2;
    /// The weight of a weak word in a form.
    pub(super) const WEAK_WEIGHT: f64 = 0.3;
}

/// Compares forms with one utterance.
struct Judge<'a> {
    grammar: &'a Grammar,
    spoken: &'a [&'a str],
    /// What each spoken word costs beyond the form.
    extra: Vec<f64>,
    /// The cost of reading the n-th spoken word as a word of the vocabulary.
    readings: BTreeMap<&'a str, Vec<f64>>,
}

impl<'a> Judge<'a> {
    fn new(grammar: &'a Grammar, spoken: &'a [&'a str]) -> Self {
        let language = grammar.language;
        let extra = |word: &&str| match () {
            () if (language.is_number)(word) => cost::NUMBER,
            () if language.fillers.contains(word) => cost::FILLER,
            () => cost::EXTRA,
        };
        let mut judge =
            Self { grammar, spoken, extra: spoken.iter().map(extra).collect(), readings: BTreeMap::new() };
        for word in grammar.forms.keys().flat_map(|form| form.split(' ')) {
            if !judge.readings.contains_key(word) {
                judge.readings.insert(word, spoken.iter().map(|said| judge.reading(said, word)).collect());
            }
        }
        judge
    }

    /// The cost of reading one word as another.
    fn reading(&self, said: &str, meant: &str) -> f64 {
        let language = self.grammar.language;
        if said == meant || one_digit(said) == Some(meant) || one_digit(meant) == Some(said) {
            return 0.0;
        }
        if language.sounds_like.contains(&(said, meant)) {
            return cost::SOUNDS_LIKE;
        }
        if (language.is_number)(said) || (language.is_number)(meant) {
            return cost::NUMBER;
        }
        let (said, meant) = (said.replace('\'', ""), meant.replace('\'', ""));
        let longest = said.chars().count().max(meant.chars().count());
        #[expect(clippy::cast_precision_loss, reason = "words are short")]
        let likeness = 1.0 - distance(&said, &meant) as f64 / longest.max(1) as f64;
        // "burgers" for "burger" is nearly it; "bass" for "bump" is not.
        if likeness >= 0.65 { 1.0 - likeness } else { cost::OTHER }
    }

    /// 1 for the same words, 0 and below for nothing alike.
    fn score(&self, form: &str) -> f64 {
        let words: Vec<&str> = form.split(' ').collect();
        let mut row: Vec<f64> = std::iter::once(0.0)
            .chain(self.extra.iter().scan(0.0, |sum, extra| {
                *sum += extra;
                Some(*sum)
            }))
            .collect();
        let mut weight = 0.0;
        for word in words {
            let weak = self.grammar.language.weak.contains(&word);
            let number = (self.grammar.language.is_number)(word);
            let missing = match () {
                () if number => cost::NUMBER,
                () if weak => cost::WEAK,
                () => cost::MISSING,
            };
            weight += if weak && !number { cost::WEAK_WEIGHT } else { 1.0 };
            let readings = self.readings.get(word);
            let mut diagonal = row[0];
            row[0] += missing;
            for n in 0..self.spoken.len() {
                let read = readings.map_or(cost::OTHER, |readings| readings[n]);
                let cheapest = (diagonal + read).min(row[n + 1] + missing).min(row[n] + self.extra[n]);
                diagonal = row[n + 1];
                row[n + 1] = cheapest;
            }
        }
        let total = row.last().copied().unwrap_or_default();
        1.0 - total / weight
    }
}

/// Recognisers write one digit as they like.
fn one_digit(word: &str) -> Option<&'static str> {
    const WORDS: [&str; 10] = ["oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    let [digit @ b'0'..=b'9'] = word.as_bytes() else { return None };
    Some(WORDS[usize::from(digit - b'0')])
}

/// How many letters have to be changed.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let cheapest = (diagonal + usize::from(from != *to)).min(row[j + 1] + 1).min(row[j] + 1);
            diagonal = row[j + 1];
            row[j + 1] = cheapest;
        }
    }
    row[b.len()]
}
