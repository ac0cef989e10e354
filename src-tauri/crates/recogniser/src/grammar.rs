//! What can be said now, as a tree of words; each word in the ways the network writes it.

use crate::network::{Network, Writable};
use crate::prior::{Pairs, Priors};
use crate::vocabulary::{END, Token, Vocabulary, WITHOUT_TIMES};
use candle_core::Result;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// One thing that can be said, in all the ways it can be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saying {
    /// What it means to whoever asks; opaque here.
    pub id: String,
    /// Its wordings: lower-case words.
    pub say: Vec<String>,
}

/// Everything that can be said now. Made once, used for every utterance until it changes.
#[derive(Debug)]
pub struct Grammar {
    ids: Vec<String>,
    wordings: Vec<(usize, String)>,
    nodes: Vec<Node>,
    ends: Vec<Token>,
    writable: Writable,
    priors: Pairs,
}

/// A place in the tree: after a word, or within one. All ways to write a word lead to the same place.
#[derive(Debug, Default)]
struct Node {
    /// A piece may end one word and begin another, so it may lead to several places.
    next: BTreeMap<Token, Vec<usize>>,
    /// Places in `wordings`.
    complete: Vec<usize>,
    is_after_word: bool,
}

/// The root's place.
pub(crate) const ROOT: usize = 0;

/// Numbers that are written in digits as well as in words.
const DIGITS: [(&str, &str); 22] = [
    ("oh", "0"),
    ("zero", "0"),
    ("one", "1"),
    ("two", "2"),
    ("three", "3"),
    ("four", "4"),
    ("five", "5"),
    ("six", "6"),
    ("seven", "7"),
    ("eight", "8"),
    ("nine", "9"),
    ("ten", "10"),
    ("eleven", "11"),
    ("twelve", "12"),
    ("thirteen", "13"),
    ("fourteen", "14"),
    ("fifteen", "15"),
    ("sixteen", "16"),
    ("seventeen", "17"),
    ("eighteen", "18"),
    ("nineteen", "19"),
    ("twenty", "20"),
];

/// "One hundred and nine" is often written "100 and 9".
const HUNDRED: (&str, &str) = ("one hundred", "100");

impl Grammar {
    pub(crate) fn new(
        vocabulary: &Vocabulary,
        network: &Network,
        priors: &Priors,
        sayings: &[Saying],
    ) -> Result<Self> {
        let (mut ids, mut wordings, mut nodes) = (Vec::new(), Vec::new(), vec![Node::default()]);
        let mut planting = Planting { vocabulary, words: HashMap::new(), written: HashMap::new() };
        for saying in sayings {
            let id = ids.len();
            ids.push(saying.id.clone());
            for words in &saying.say {
                let wording = wordings.len();
                wordings.push((id, words.clone()));
                planting.plant(&mut nodes, wording, words);
                if words.contains(HUNDRED.0) {
                    planting.plant(&mut nodes, wording, &words.replace(HUNDRED.0, HUNDRED.1));
                }
            }
        }
        let ends = vocabulary.ends();
        let mut next = followers(&nodes, &ends);
        // A dash is not said: that it is unlikely speaks for nothing.
        let dash = vocabulary.attached(&["-"]);
        next.values_mut().for_each(|next| next.retain(|piece| !dash.contains(piece)));
        let priors = priors.of(network, &next)?;
        let pieces = nodes.iter().flat_map(|node| node.next.keys()).chain(&ends).copied();
        let writable = network.writable(pieces)?;
        Ok(Self { ids, wordings, nodes, ends, writable, priors })
    }

    /// How many things can be said.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether nothing can be said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// What may follow at a place, and the places it leads to.
    pub(crate) fn next(&self, at: usize) -> impl Iterator<Item = (Token, usize)> + '_ {
        self.nodes[at].next.iter().flat_map(|(token, nodes)| nodes.iter().map(|node| (*token, *node)))
    }

    /// Texts that meet at a place say the same, however they are written.
    pub(crate) fn is_after_word(&self, at: usize) -> bool {
        self.nodes[at].is_after_word
    }

    /// What would be complete at a place: which saying, in which words.
    pub(crate) fn complete(&self, at: usize) -> impl Iterator<Item = (usize, &str)> + '_ {
        self.nodes[at].complete.iter().map(|wording| {
            let (id, words) = &self.wordings[*wording];
            (*id, words.as_str())
        })
    }

    /// What may stand at the end of a sentence.
    pub(crate) fn ends(&self) -> &[Token] {
        &self.ends
    }

    /// What its words are written with, and everything else.
    pub(crate) fn writable(&self) -> &Writable {
        &self.writable
    }

    /// How likely a piece is to follow another before anything is heard: a natural logarithm.
    pub(crate) fn prior(&self, first: Token, next: Token) -> f32 {
        self.priors.get(&(first, next)).copied().unwrap_or(0.0)
    }

    pub(crate) fn id(&self, saying: usize) -> &str {
        &self.ids[saying]
    }
}

/// Of every piece, all that may follow it somewhere.
fn followers(nodes: &[Node], ends: &[Token]) -> BTreeMap<Token, BTreeSet<Token>> {
    let mut led: Vec<BTreeSet<Token>> = vec![BTreeSet::new(); nodes.len()];
    led[ROOT].insert(WITHOUT_TIMES);
    for (piece, places) in nodes.iter().flat_map(|node| &node.next) {
        for place in places {
            led[*place].insert(*piece);
        }
    }
    let mut next: BTreeMap<Token, BTreeSet<Token>> = BTreeMap::new();
    for (node, led) in nodes.iter().zip(led) {
        for piece in led {
            let next = next.entry(piece).or_default();
            next.extend(node.next.keys());
            if !node.complete.is_empty() {
                next.extend(ends.iter().chain([&END]));
            }
        }
    }
    next
}

/// What is needed only while the tree is made.
struct Planting<'a> {
    vocabulary: &'a Vocabulary,
    /// Where a word leads from a place.
    words: HashMap<(usize, String), usize>,
    written: HashMap<String, Vec<Vec<Token>>>,
}

impl Planting<'_> {
    fn plant(&mut self, nodes: &mut Vec<Node>, wording: usize, words: &str) {
        let mut at = ROOT;
        for word in words.split_whitespace() {
            let place = (at, word.to_owned());
            at = match self.words.get(&place) {
                Some(known) => *known,
                None => {
                    let after = fresh(nodes, true);
                    let written = self.written.entry(word.to_owned());
                    for tokens in written.or_insert_with(|| written_ways(self.vocabulary, word)) {
                        branch(nodes, at, tokens, after);
                    }
                    self.words.insert(place, after);
                    after
                }
            };
        }
        let complete = &mut nodes[at].complete;
        if at != ROOT && !complete.contains(&wording) {
            complete.push(wording);
        }
    }
}

fn fresh(nodes: &mut Vec<Node>, is_after_word: bool) -> usize {
    nodes.push(Node { is_after_word, ..Node::default() });
    nodes.len() - 1
}

/// One way to write a word that leads from one place to another.
fn branch(nodes: &mut Vec<Node>, from: usize, tokens: &[Token], to: usize) {
    let Some((last, before)) = tokens.split_last() else { return };
    let mut at = from;
    for token in before {
        let places = nodes[at].next.get(token).map_or(&[][..], Vec::as_slice);
        let within = places.iter().copied().find(|place| !nodes[*place].is_after_word);
        at = within.unwrap_or_else(|| {
            let place = fresh(nodes, false);
            nodes[at].next.entry(*token).or_default().push(place);
            place
        });
    }
    let places = nodes[at].next.entry(*last).or_default();
    if !places.contains(&to) {
        places.push(to);
    }
}

/// The ways the network writes a word: it likes sentences and names, so a capital is among them, and it likes digits, with
/// a dash between those that were said one by one.
fn written_ways(vocabulary: &Vocabulary, word: &str) -> Vec<Vec<Token>> {
    let mut letters = word.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    let capital: String = first.chain(letters).collect();
    let mut ways = vec![vocabulary.tokens(word)];
    if capital != word {
        ways.push(vocabulary.tokens(&capital));
    }
    if let Some((_, digits)) = DIGITS.iter().find(|(spelled, _)| *spelled == word) {
        ways.push(vocabulary.tokens(digits));
        if digits.len() == 1 {
            ways.push(vocabulary.attached(&["-", digits]));
        }
    }
    ways
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_follow_a_piece_is_known_across_words_and_wordings() {
        let mut list: Vec<String> = (0..END).map(|at| format!("xx{at}")).collect();
        // Longer pieces are joined from shorter ones; `_` stands for the blank that begins a word.
        let pieces = "_go _Go _on _On _two _Two _2 _g _G _o _O _t _tw _T _Tw";
        for (number, piece) in pieces.split(' ').enumerate() {
            list[number] = piece.replace('_', "\u{120}");
        }
        let vocabulary = Vocabulary::read(&list.join("\n")).unwrap();
        let mut nodes = vec![Node::default()];
        let mut planting =
            Planting { vocabulary: &vocabulary, words: HashMap::new(), written: HashMap::new() };
        planting.plant(&mut nodes, 0, "go on");
        planting.plant(&mut nodes, 1, "go two");
        planting.plant(&mut nodes, 2, "go");
        let full_stop = 40_000;
        let next = followers(&nodes, &[full_stop]);
        let of = |piece: Token| next[&piece].iter().copied().collect::<Vec<_>>();
        assert_eq!(of(WITHOUT_TIMES), [0, 1]);
        assert_eq!(of(0), [2, 3, 4, 5, 6, full_stop, END]);
        assert_eq!(of(0), of(1), "however it is written");
        assert_eq!(of(6), [full_stop, END]);
    }
}
