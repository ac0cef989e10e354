//! How likely words are before anything is heard.
//!
//! The network has read more than it has heard: in doubt it writes what people say in general, "hold four" rather than
//! "bump the pulled pork on three". All commands are as good as each other, so a share of what it would have written anyway
//! is taken off (a language model's weight, in speech recognition's terms). For that it is asked, without any sound, what may
//! follow each piece. Only the last piece counts: over the tuning voices that chose as well as asking with the whole text, and
//! it costs nothing while somebody waits.

use crate::network::{Before, Network};
use crate::vocabulary::{Token, WITHOUT_TIMES};
use candle_core::Result;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

/// What has been asked so far: the next grammar is mostly made of the same pieces.
#[derive(Default)]
pub(crate) struct Priors {
    before: Mutex<BTreeMap<Token, Before>>,
}

/// Of pairs of pieces, how likely the second is to follow the first: natural logarithms.
pub(crate) type Pairs = HashMap<(Token, Token), f32>;

impl Priors {
    /// Of each of these pieces ([`WITHOUT_TIMES`]: the beginning), how likely each of its own is to follow.
    pub(crate) fn of(&self, network: &Network, next: &BTreeMap<Token, BTreeSet<Token>>) -> Result<Pairs> {
        let pieces: BTreeSet<Token> = next.values().flatten().copied().collect();
        let pieces: Vec<Token> = pieces.into_iter().collect();
        if pieces.is_empty() {
            return Ok(Pairs::new());
        }
        let mut known = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Vacant(beginning) = known.entry(WITHOUT_TIMES) {
            beginning.insert(network.before_all()?);
        }
        let fresh: Vec<Token> = next.keys().copied().filter(|piece| !known.contains_key(piece)).collect();
        known.extend(fresh.iter().copied().zip(network.before(&fresh)?));

        let before: Vec<&Before> = next.keys().filter_map(|piece| known.get(piece)).collect();
        let mut pairs = Pairs::new();
        for ((first, wanted), likely) in next.iter().zip(network.follow(&before, &pieces)?) {
            let likely = pieces.iter().zip(likely).filter(|(piece, _)| wanted.contains(piece));
            pairs.extend(likely.map(|(piece, likely)| ((*first, *piece), likely)));
        }
        Ok(pairs)
    }
}
