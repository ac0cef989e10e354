//! An evening: thirty open tickets, those that were bumped lately, forty dishes; and what a cook may say of them.
//!
//! The situation is what the display makes of a station's glass (`display/src/spoken.rs`), and its grammar is the real one.

use crate::chance::Chance;
use std::collections::{BTreeMap, BTreeSet};
use voice::protocol::grammar::Saying;
use voice::spoken::{
    Availability, Command, ENGLISH, Grammar, Situation, SpokenItem, SpokenLine, SpokenTicket, Verb,
};

/// Orders at tables, which stand on the glass ...
const TABLES: [u32; 20] = [1, 2, 3, 4, 5, 7, 8, 9, 11, 12, 14, 15, 16, 20, 21, 23, 30, 31, 32, 40];
/// ... those to be fetched ...
const NAMES: [&str; 10] =
    ["Smith", "Garcia", "Lee", "Johnson", "Patel", "Brown", "Miller", "Davis", "Wilson", "Anderson"];
/// ... and tables whose orders have been bumped: as many as can be recalled by word.
const BUMPED: [u32; 20] = [6, 10, 13, 17, 18, 19, 22, 24, 25, 26, 27, 28, 29, 33, 34, 35, 36, 37, 38, 39];

/// The number of the day's first order of these; the others count on.
const FIRST: u32 = 87;

const DISHES: [&str; 40] = [
    "Ribeye",
    "Smash burger",
    "Caesar salad",
    "Salmon",
    "Fish & chips",
    "Margherita pizza",
    "Pepperoni pizza",
    "Carbonara",
    "Lasagne",
    "Mushroom risotto",
    "Chicken wings",
    "Onion rings",
    "Fries",
    "Sweet potato fries",
    "Tomato soup",
    "Clam chowder",
    "Lobster roll",
    "Shrimp tacos",
    "Beef tacos",
    "Quesadilla",
    "Nachos",
    "Pulled pork",
    "Brisket",
    "Baby back ribs",
    "Coleslaw",
    "Mac & cheese",
    "Club sandwich",
    "Pastrami on rye",
    "Greek salad",
    "Cobb salad",
    "Duck breast",
    "Lamb chops",
    "Pork belly",
    "Crab cakes",
    "Calamari",
    "Tiramisu",
    "Cheesecake",
    "Chocolate brownie",
    "Apple pie",
    "Ice cream",
];

/// Plurals that the grammar allows and nobody says.
const UNSAID: [&str; 13] = [
    "salmons",
    "carbonaras",
    "lasagnes",
    "risottos",
    "chowders",
    "porks",
    "briskets",
    "coleslaws",
    "cheeses",
    "ryes",
    "bellies",
    "calamaris",
    "tiramisus",
];

/// What can be said that evening.
pub(crate) fn grammar() -> Grammar {
    Grammar::build(&ENGLISH, &situation())
}

/// The same while a question waits for an answer.
pub(crate) fn asking() -> Grammar {
    Grammar::build(&ENGLISH, &Situation { is_asking: true, ..situation() })
}

/// What is said to a question: the answer's id, and words for it.
pub(crate) const ANSWERS: [(&str, &str); 6] = [
    ("yes", "yes"),
    ("yes", "yes please"),
    ("yes", "do it"),
    ("no", "no"),
    ("no", "cancel"),
    ("no", "never mind"),
];

/// The same while orders are known by nothing but their table or their name: as they are mostly called.
fn by_label() -> Grammar {
    let mut situation = situation();
    for ticket in &mut situation.tickets {
        ticket.number.clear();
        ticket.position = ticket.position.and(Some(u32::MAX));
    }
    Grammar::build(&ENGLISH, &situation)
}

fn situation() -> Situation {
    let dish = |at: usize| DISHES[at % DISHES.len()];
    let called = |number: u32, table: Option<u32>, name: Option<&str>| SpokenTicket {
        order: format!("o{number}").into(),
        number: format!("{number:04}"),
        table: table.map(|table| table.to_string()),
        name: name.map(str::to_owned),
        position: None,
        can: vec![Verb::Recall],
        lines: Vec::new(),
    };
    let bumped = BUMPED.iter().map(|table| (Some(*table), None));
    let tables = TABLES.iter().map(|table| (Some(*table), None));
    let open = tables.chain(NAMES.iter().map(|name| (None, Some(*name))));
    let mut numbers = FIRST..;
    let mut number = || numbers.next().unwrap_or(FIRST);
    let gone: Vec<SpokenTicket> = bumped.map(|(table, name)| called(number(), table, name)).collect();
    let standing = (1_u32..).zip(open).map(|(position, (table, name))| {
        let mut ticket = called(number(), table, name);
        let (rushed, held) = (position % 9 == 4, position % 11 == 6);
        ticket.position = Some(position);
        ticket.can = vec![
            Verb::Bump,
            if position % 3 == 2 { Verb::Unstart } else { Verb::Start },
            if rushed { Verb::Unrush } else { Verb::Rush },
            if held { Verb::Release } else { Verb::Hold },
            Verb::Transfer,
            Verb::Park,
            // The screens of this station take their tickets.
            if position % 2 == 0 { Verb::Take } else { Verb::PutBack },
        ];
        if position % 4 == 1 {
            ticket.can.push(Verb::Fire);
        }
        if position % 8 == 3 {
            ticket.can.push(Verb::Acknowledge);
        }
        let lines = (0..3).map(|at| dish(position as usize * 7 + at * 3));
        let mut can = ticket.can[..2].to_vec();
        if position % 5 == 0 {
            ticket.can.push(Verb::Reopen);
            can.push(Verb::Reopen);
        }
        ticket.lines = lines
            .map(|dish| SpokenLine { item: dish.into(), name: dish.to_owned(), can: can.clone() })
            .collect();
        ticket
    });
    let out = |at: usize| if at % 10 == 9 { Availability::EightySixed } else { Availability::Available };
    let item = |(at, dish): (usize, &&str)| SpokenItem {
        item: (*dish).into(),
        name: (*dish).to_owned(),
        availability: out(at),
    };
    Situation {
        tickets: standing.collect::<Vec<_>>().into_iter().chain(gone).collect(),
        items: DISHES.iter().enumerate().map(item).collect(),
        stations: ["Grill", "Fry", "Salad", "Dessert"].map(|name| (name.into(), name.to_owned())).to_vec(),
        pages: 4,
        can_undo: true,
        can_recall_last: true,
        is_asking: false,
    }
}

/// How often each kind of thing is said. What is not named here is one kind together: undo, next page, what's late, ...
const KINDS: [(&str, usize); 26] = [
    ("bump", 6),
    ("start", 2),
    ("unstart", 1),
    ("recall", 2),
    ("rush", 2),
    ("unrush", 1),
    ("hold", 2),
    ("hold-for", 1),
    ("release", 1),
    ("fire", 1),
    ("take", 1),
    ("put_back", 1),
    ("acknowledge", 1),
    ("park", 1),
    ("reopen", 1),
    ("line", 3),
    ("transfer", 1),
    ("86", 3),
    ("left", 1),
    ("back", 1),
    ("count", 2),
    ("on", 1),
    ("show", 1),
    ("station", 1),
    ("page", 1),
    (OTHER, 3),
];
const OTHER: &str = "other";

/// Everything that somebody may say, by kind.
pub(crate) struct Sayable {
    kinds: BTreeMap<&'static str, Vec<Saying>>,
    /// The wordings of [`by_label`].
    by_label: BTreeSet<String>,
}

impl Sayable {
    pub(crate) fn of(grammar: &Grammar) -> Self {
        let mut kinds: BTreeMap<&'static str, Vec<Saying>> = BTreeMap::new();
        for saying in grammar.sayings() {
            // Of what may mean several things nobody can tell what would be right.
            if let [command] = &grammar.meanings(&saying.id)[..] {
                kinds.entry(kind(command)).or_default().push(saying);
            }
        }
        let by_label = by_label().sayings().into_iter().flat_map(|saying| saying.say).collect();
        Self { kinds, by_label }
    }

    /// A command's id, and words for it. An order is called by its table or its name as often as in all other ways together;
    /// then every kind of sentence is as likely as any other, then every way to say its number.
    pub(crate) fn something(&self, chance: &mut Chance) -> (&str, &str) {
        let mut at = chance.below(KINDS.iter().map(|(_, weight)| weight).sum());
        let kind = KINDS.iter().find(|(_, weight)| {
            let is_it = at < *weight;
            at = at.saturating_sub(*weight);
            is_it
        });
        let sayings = &self.kinds[kind.map_or(OTHER, |(kind, _)| kind)];
        let saying = &sayings[chance.below(sayings.len())];
        let wanted = chance.below(2) == 0;
        let said = || saying.say.iter().filter(|words| is_said(words));
        let by_label = |words: &&String| self.by_label.contains(*words);
        let words = if wanted && said().any(|words| by_label(&words)) {
            any(chance, said().filter(by_label))
        } else {
            any(chance, said())
        };
        (&saying.id, words)
    }
}

/// One of these wordings: first the sentence, then its number.
fn any<'a>(chance: &mut Chance, wordings: impl Iterator<Item = &'a String>) -> &'a str {
    let mut sentences: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for words in wordings {
        let kept: Vec<&str> = words.split(' ').filter(|word| !(ENGLISH.is_number)(word)).collect();
        sentences.entry(kept.join(" ")).or_default().push(words);
    }
    let sentences: Vec<&Vec<&str>> = sentences.values().collect();
    let ways = sentences[chance.below(sentences.len())];
    ways[chance.below(ways.len())]
}

/// Whether anybody talks like that. The grammar allows more than people say, which costs it little.
fn is_said(words: &str) -> bool {
    let words: Vec<&str> = words.split(' ').collect();
    // Digits are for reading.
    let is_written = |word: &&str| word.contains(|c: char| c.is_ascii_digit());
    let is_unsaid = |word: &&str| is_written(word) || UNSAID.contains(word);
    // Nobody says a number's leading zeros, or "table three oh".
    let is_nought = |word: &&str| ["oh", "zero"].contains(word);
    let is_odd = |number: &[&str]| {
        let begins = number.first().is_some_and(is_nought);
        begins || (number.len() == 2 && is_nought(&number[1]))
    };
    let mut numbers = words.split(|word| !(ENGLISH.is_number)(word));
    let agrees = match words[..] {
        [.., dish, "is", "back"] => !dish.ends_with('s'),
        [.., dish, "are", "back"] => dish.ends_with('s'),
        _ => true,
    };
    agrees && !words.iter().any(is_unsaid) && !numbers.any(is_odd)
}

fn kind(command: &Command) -> &'static str {
    let id = command.id();
    let first = id.split(':').next().unwrap_or_default();
    match command {
        Command::Lines { .. } => "line",
        _ => KINDS.iter().map(|(kind, _)| *kind).find(|kind| *kind == first).unwrap_or(OTHER),
    }
}
