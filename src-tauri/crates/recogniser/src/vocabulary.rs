//! Text as the network writes it: pieces of words, each with a number.

use crate::ModelError;
use std::collections::HashMap;

/// A piece's number.
pub(crate) type Token = u32;

/// Where every text begins.
pub(crate) const START: Token = 50_257;
/// Asks for a text without times in it.
pub(crate) const WITHOUT_TIMES: Token = 50_362;
/// Where every text ends; all pieces of text come before it.
pub(crate) const END: Token = 50_256;
/// How many numbers there are, those with a meaning of their own included.
pub(crate) const TOKENS: usize = 51_864;

/// Pieces and their numbers.
pub(crate) struct Vocabulary {
    pieces: Vec<Box<[u8]>>,
    numbers: HashMap<Box<[u8]>, Token>,
}

impl Vocabulary {
    /// Reads a list of pieces, one a line in the order of their numbers, in the alphabet that GPT-2 made for bytes.
    pub(crate) fn read(list: &str) -> Result<Self, ModelError> {
        let alphabet = alphabet();
        let piece = |line: &str| line.chars().map(|letter| alphabet.get(&letter).copied()).collect();
        let pieces: Option<Vec<Box<[u8]>>> = list.lines().take(END as usize).map(piece).collect();
        let pieces = pieces.filter(|pieces| pieces.len() == END as usize).ok_or_else(|| {
            ModelError::Format("the vocabulary is not the one this model was trained with".to_owned())
        })?;
        let numbers = pieces.iter().cloned().zip(0..).collect();
        Ok(Self { pieces, numbers })
    }

    /// The numbers of a text of words; each word is taken apart for itself, with the blank before it.
    pub(crate) fn tokens(&self, text: &str) -> Vec<Token> {
        let mut tokens = Vec::new();
        for word in text.split_whitespace() {
            let mut run = String::from(" ");
            for (at, letter) in word.char_indices() {
                let last = run.chars().last().filter(|last| *last != ' ');
                if last.is_some_and(|last| !is_one_run(last, letter, &word[at..])) {
                    tokens.extend(self.word(run.as_bytes()));
                    run.clear();
                }
                run.push(letter);
            }
            tokens.extend(self.word(run.as_bytes()));
        }
        tokens
    }

    /// The numbers of pieces that follow each other without a blank.
    pub(crate) fn attached(&self, pieces: &[&str]) -> Vec<Token> {
        pieces.iter().flat_map(|piece| self.word(piece.as_bytes())).collect()
    }

    /// What ends a sentence.
    pub(crate) fn ends(&self) -> Vec<Token> {
        self.attached(&[".", "?", "!"])
    }

    /// The text of numbers; those that are no text are left out.
    pub(crate) fn text(&self, tokens: &[Token]) -> String {
        let pieces = tokens.iter().filter_map(|token| self.pieces.get(*token as usize));
        let bytes: Vec<u8> = pieces.flat_map(|piece| piece.iter().copied()).collect();
        String::from_utf8_lossy(&bytes).trim().to_owned()
    }

    /// Joins neighbours for as long as some pair of them is a piece, the earliest piece first.
    fn word(&self, word: &[u8]) -> Vec<Token> {
        let number = |from: usize, to: usize| self.numbers.get(&word[from..to]).copied();
        let mut cuts: Vec<usize> = (0..=word.len()).collect();
        while let Some((_, joined)) =
            (1..cuts.len() - 1).filter_map(|at| Some((number(cuts[at - 1], cuts[at + 1])?, at))).min()
        {
            cuts.remove(joined);
        }
        cuts.windows(2).filter_map(|cut| number(cut[0], cut[1])).collect()
    }
}

/// What stands after an apostrophe and is written in one run with it.
const SHORTENED: [&str; 7] = ["s", "t", "re", "ve", "m", "ll", "d"];

/// Letters, digits and signs never share a piece; but the end of "what's" does.
fn is_one_run(last: char, letter: char, rest: &str) -> bool {
    let kind = |letter: char| (letter.is_alphabetic(), letter.is_numeric());
    kind(last) == kind(letter) || (last == '\'' && SHORTENED.contains(&rest))
}

/// GPT-2 writes bytes that are no visible letters as letters from 256 on.
fn alphabet() -> HashMap<char, u8> {
    let is_seen = |byte: u8| matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF);
    let mut spare = (256..).filter_map(char::from_u32);
    let mut letter = |byte: u8| if is_seen(byte) { Some(char::from(byte)) } else { spare.next() };
    (0..=255).filter_map(|byte| Some((letter(byte)?, byte))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_letters_of_their_own() {
        let alphabet = alphabet();
        assert_eq!(alphabet.len(), 256);
        assert_eq!(alphabet.get(&'a'), Some(&b'a'));
        assert_eq!(alphabet.get(&'\u{120}'), Some(&b' '), "the blank is the letter that pieces begin with");
    }

    #[test]
    fn neighbours_are_joined_the_earliest_piece_first() {
        let mut list: Vec<String> = (0..END).map(|at| format!("xx{at}")).collect();
        for (number, piece) in
            ["b", "u", "m", "p", "\u{120}", "mp", "\u{120}b", "um", "ump"].iter().enumerate()
        {
            list[number] = (*piece).to_owned();
        }
        let vocabulary = Vocabulary::read(&list.join("\n")).unwrap();
        // "mp" comes before "um": so "ump" can never be joined from "um" and "p", but from "u" and "mp".
        assert_eq!(vocabulary.tokens("bump"), [6, 8]);
        assert_eq!(vocabulary.text(&[6, 8, END, TOKENS as u32]), "bump");
        assert!(Vocabulary::read("a\nb").is_err());
    }
}
