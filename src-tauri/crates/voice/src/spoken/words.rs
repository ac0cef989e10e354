//! What a language has to bring. A new operation's words are one [`Row`]; a new language is one file like `english`.

use super::{Availability, Command, Verb};

/// The words of one language.
#[derive(Debug)]
pub struct Language {
    /// ISO 639-1.
    pub code: &'static str,
    /// What is said to do something with a ticket or its lines.
    pub rows: &'static [Row],
    /// For a row's words on some lines: `{verb}`, `{item}`, `{ticket}`.
    pub lines: &'static [&'static str],
    /// `{table}`, of which there are several tickets.
    pub bump_table: &'static [&'static str],
    /// `{ticket}`, `{minutes}`.
    pub hold_for: &'static [&'static str],
    /// `{ticket}`, `{station}`.
    pub transfer: &'static [&'static str],
    /// `{item}`.
    pub eighty_six: &'static [&'static str],
    /// `{number}`, `{item}`.
    pub left: &'static [&'static str],
    /// `{item}`.
    pub back_on: &'static [&'static str],
    /// `{item}`.
    pub how_many: &'static [&'static str],
    /// `{ticket}`.
    pub what_is_on: &'static [&'static str],
    /// `{ticket}`.
    pub show_ticket: &'static [&'static str],
    /// `{station}`.
    pub show_station: &'static [&'static str],
    /// `{page}`.
    pub show_page: &'static [&'static str],
    /// What needs nothing named.
    pub fixed: &'static [(Command, &'static [&'static str])],
    /// The words before a table.
    pub table: &'static [&'static str],
    /// The words before an order's number.
    pub number: &'static [&'static str],
    /// The words before a name.
    pub name: &'static [&'static str],
    /// The first, the second, ... on the glass: all forms of each.
    pub positions: &'static [&'static [&'static str]],
    /// All spoken forms of a run of digits, the digits themselves among them, most natural first.
    pub digits: fn(&str) -> Vec<String>,
    /// A dish's name for one and for several.
    pub counted: fn(&str) -> Vec<String>,
    /// Is a number, or a part of one: never taken for another word.
    pub is_number: fn(&str) -> bool,
    /// Words that mean nothing here.
    pub fillers: &'static [&'static str],
    /// Words that help little to tell commands apart, and are often swallowed.
    pub weak: &'static [&'static str],
    /// Words that turn a sentence into its opposite: with one that is not part of a command nothing is done.
    pub guards: &'static [&'static str],
    /// What is written for the word before a number, though it is a guard elsewhere: (written, meant).
    pub short_for_number: (&'static str, &'static str),
    /// What recognisers write instead of a word: (written, meant).
    pub sounds_like: &'static [(&'static str, &'static str)],
    /// The number, as a word or in digits, that sounds nearly like this one.
    pub alike: fn(&str) -> Option<String>,
    /// A number right before a word that sounds like it is heard as that word alone: (number, word).
    pub swallowed: &'static [(&'static str, &'static str)],
}

/// What is said to do one thing.
#[derive(Debug)]
pub struct Row {
    /// The thing.
    pub verb: Verb,
    /// Stand before a ticket, or before some of its lines. The first one is what tools say.
    pub say: &'static [&'static str],
    /// Whole sentences besides: `{ticket}`, which here is never a bare number.
    pub also: &'static [&'static str],
}

impl Language {
    /// The sentences that say how a dish stands otherwise.
    pub(super) fn availability(&self, now: Availability) -> &'static [&'static str] {
        match now {
            Availability::Available => self.eighty_six,
            Availability::EightySixed => self.back_on,
            Availability::Fixed => &[],
        }
    }

    /// All spoken forms of a label such as `12`, `A4` or `Bar 3`; a few at most.
    pub(super) fn label(&self, label: &str) -> Vec<String> {
        let mut forms = vec![String::new()];
        for run in runs(&plain(label)) {
            let said = if run.starts_with(|c: char| c.is_ascii_digit()) {
                (self.digits)(run)
            } else {
                vec![run.to_owned()]
            };
            let longer = |form: &String| {
                let with = |said: &String| format!("{form} {said}").trim_start().to_owned();
                said.iter().map(with).collect::<Vec<_>>()
            };
            forms = forms.iter().flat_map(longer).take(MOST_FORMS).collect();
        }
        let written = plain(label);
        forms.retain(|form| !form.is_empty() && *form != written);
        // As recognisers write it, after the ways that it is said.
        if !written.is_empty() {
            forms.insert(forms.len().min(2), written);
        }
        forms
    }
}

/// Forms of one label: beyond that nobody says them.
const MOST_FORMS: usize = 10;

/// Lower-case words with single spaces, accents taken off, `&` spoken, apostrophes kept inside words.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut depth = 0u32;
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            '&' | '+' => plain.push_str(" and "),
            '\'' | '’' => plain.push('\''),
            c if c.is_alphanumeric() => plain.push(bare(c)),
            _ => plain.push(' '),
        }
    }
    let words = plain.split_whitespace().map(|word| word.trim_matches('\'')).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// Runs of digits, and words.
fn runs(plain: &str) -> Vec<&str> {
    let mut runs = Vec::new();
    for word in plain.split(' ') {
        let mut rest = word;
        while let Some(first) = rest.chars().next() {
            let digit = first.is_ascii_digit();
            let end = rest.find(|c: char| c.is_ascii_digit() != digit).unwrap_or(rest.len());
            let (run, after) = rest.split_at(end);
            runs.push(run);
            rest = after;
        }
    }
    runs
}

/// A letter without its accent.
fn bare(c: char) -> char {
    match c {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => 'a',
        'ç' => 'c',
        'è' | 'é' | 'ê' | 'ë' => 'e',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'ñ' => 'n',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' => 'o',
        'ù' | 'ú' | 'û' | 'ü' => 'u',
        'ý' | 'ÿ' => 'y',
        c => c,
    }
}
