//! The chain as tantivy tokenizers: one for the word fields, one for the character fields.

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use super::Analyzer;

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

/// Tokens computed in advance, their text in one arena.
#[derive(Debug)]
pub struct Tokens {
    arena: String,
    /// End of each term in the arena, and its position.
    ends: Vec<(usize, usize)>,
    next: usize,
    start: usize,
    token: Token,
}

impl Tokens {
    fn with_capacity(bytes: usize, tokens: usize) -> Self {
        let arena = String::with_capacity(bytes);
        Self { arena, ends: Vec::with_capacity(tokens), next: 0, start: 0, token: Token::default() }
    }

    fn push(&mut self, term: &str, position: usize) {
        self.arena.push_str(term);
        self.ends.push((self.arena.len(), position));
    }
}

impl TokenStream for Tokens {
    fn advance(&mut self) -> bool {
        let Some(&(end, position)) = self.ends.get(self.next) else { return false };
        self.token.text.clear();
        self.token.text.push_str(&self.arena[self.start..end]);
        self.token.position = position;
        self.start = end;
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
        let words = analyzed.unsorted_words();
        let mut tokens = Tokens::with_capacity(text.len() * 3 / 2, words.len());
        for word in &words {
            tokens.push(&word.term, word.unit);
        }
        tokens
    }
}

impl Tokenizer for UnitTokenizer {
    type TokenStream<'a> = Tokens;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Tokens {
        let analyzed = self.0.analyze(text);
        let mut tokens = Tokens::with_capacity(text.len(), analyzed.units.len());
        for unit in &analyzed.units {
            tokens.push(analyzed.unit_text(unit), unit.position as usize);
        }
        tokens
    }
}
