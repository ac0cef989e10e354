//! What can be said now, as a tree of pieces of words.

use crate::vocabulary::{Token, Vocabulary};
use std::collections::BTreeMap;

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
}

/// A place in the tree: what may come next, and what would be complete here.
#[derive(Debug, Default)]
struct Node {
    next: BTreeMap<Token, usize>,
    /// Places in `wordings`.
    complete: Vec<usize>,
}

/// The root's place.
pub(crate) const ROOT: usize = 0;

impl Grammar {
    pub(crate) fn new(vocabulary: &Vocabulary, sayings: &[Saying]) -> Self {
        let mut grammar = Self { ids: Vec::new(), wordings: Vec::new(), nodes: vec![Node::default()] };
        for saying in sayings {
            let id = grammar.ids.len();
            grammar.ids.push(saying.id.clone());
            for words in &saying.say {
                for written in spellings(words) {
                    grammar.add(&vocabulary.tokens(&written), id, words);
                }
            }
        }
        grammar
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

    fn add(&mut self, tokens: &[Token], id: usize, words: &str) {
        if tokens.is_empty() {
            return;
        }
        let mut at = ROOT;
        for token in tokens {
            let fresh = self.nodes.len();
            at = *self.nodes[at].next.entry(*token).or_insert(fresh);
            if at == fresh {
                self.nodes.push(Node::default());
            }
        }
        let wording = self.wordings.len();
        self.wordings.push((id, words.to_owned()));
        self.nodes[at].complete.push(wording);
    }

    /// What may follow at a place, and the place it leads to.
    pub(crate) fn next(&self, at: usize) -> impl Iterator<Item = (Token, usize)> + '_ {
        self.nodes[at].next.iter().map(|(token, node)| (*token, *node))
    }

    /// What would be complete at a place: which saying, in which words.
    pub(crate) fn complete(&self, at: usize) -> impl Iterator<Item = (usize, &str)> + '_ {
        self.nodes[at].complete.iter().map(|wording| {
            let (id, words) = &self.wordings[*wording];
            (*id, words.as_str())
        })
    }

    pub(crate) fn id(&self, saying: usize) -> &str {
        &self.ids[saying]
    }
}

/// The ways the network writes the words: it likes sentences, so a capital and a full stop are among them.
fn spellings(words: &str) -> Vec<String> {
    let mut letters = words.chars();
    let sentence = match letters.next() {
        Some(first) => format!("{}{}", first.to_uppercase(), letters.as_str()),
        None => return Vec::new(),
    };
    vec![words.to_owned(), format!("{words}."), format!("{sentence}."), sentence]
}
