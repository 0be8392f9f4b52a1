//! The chain as tantivy tokenizers: one for the word fields, one for the character fields.

use std::ops::Range;

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use super::{Analyzed, Analyzer};

/// Name of the tokenizer of word fields in the schema.
pub const WORDS: &str = "souwen_words";
/// Name of the tokenizer of character fields in the schema.
pub const UNITS: &str = "souwen_units";

/// Terms of the word fields. These keep no positions: words overlap, and nearness is a matter of the character fields.
#[derive(Debug, Clone)]
pub struct WordTokenizer(pub Analyzer);

/// Terms of the character fields, at the positions of their units.
#[derive(Debug, Clone)]
pub struct UnitTokenizer(pub Analyzer);

/// Tokens computed in advance: parts of the folded text, and behind it the terms that are no part of it.
#[derive(Debug)]
pub struct Tokens {
    text: String,
    /// Bytes of each term in `text`, and its position.
    terms: Vec<(Range<usize>, u32)>,
    next: usize,
    token: Token,
}

impl Tokens {
    fn new(text: String, terms: Vec<(Range<usize>, u32)>) -> Self {
        Self { text, terms, next: 0, token: Token::default() }
    }
}

impl TokenStream for Tokens {
    fn advance(&mut self) -> bool {
        let Some((bytes, position)) = self.terms.get(self.next) else { return false };
        self.token.text.clear();
        self.token.text.push_str(&self.text[bytes.clone()]);
        self.token.position = *position as usize;
        self.next += 1;
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

impl Tokenizer for WordTokenizer {
    type TokenStream<'a> = Tokens;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Tokens {
        let analyzed = self.0.analyze(text);
        let folded = analyzed.normalized.as_str();
        let mut others = String::new();
        let terms = analyzed.unsorted_words().into_iter().map(|word| {
            let in_place = word.bytes.start..word.bytes.start + word.term.len();
            // word fields keep no positions
            if folded.get(in_place.clone()) == Some(&word.term) {
                (in_place, 0)
            } else {
                let start = folded.len() + others.len();
                others.push_str(&word.term);
                (start..start + word.term.len(), 0)
            }
        });
        let terms = terms.collect();
        let mut text = analyzed.normalized.into_string();
        text.push_str(&others);
        Tokens::new(text, terms)
    }
}

impl Tokenizer for UnitTokenizer {
    type TokenStream<'a> = Tokens;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Tokens {
        let Analyzed { normalized, units, .. } = self.0.analyze(text);
        Tokens::new(normalized.into_string(), units.into_iter().map(|unit| (unit.bytes, unit.position)).collect())
    }
}
