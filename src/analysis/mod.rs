//! Text to terms: the one chain that both the index and every query go through.
//!
//! 1. [`normalize`] folds width, case, accents and traditional characters, and keeps the way back to the original;
//! 2. [`mod@units`] splits the folded text into the units that "contains" is defined over: these are the terms of the
//!    character fields, with positions;
//! 3. [`mod@words`] finds words among the units, Han runs by jieba ([`segmenter`]) with the words of [`dictionary`], letters
//!    and numbers by our own rules: these are the terms of the word fields;
//!    [`user_words`] reads the words that users add;
//! 4. [`fingerprint`] tells which version of all this an index was made with.
//!
//! Nothing outside this folder names jieba, and inside it only [`segmenter`] and [`dictionary`] do.

pub mod dictionary;
pub mod fingerprint;
pub mod normalize;
pub mod segmenter;
pub mod units;
pub mod user_words;
pub mod words;

use std::sync::Arc;

use dictionary::Dictionary;
use normalize::Normalized;
use segmenter::WordTable;
use units::{Unit, units};
use words::{Word, words};

/// The analysis chain with a dictionary. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Analyzer {
    dictionary: Arc<Dictionary>,
    /// Every word of the dictionary, loaded; without it, each text gets a segmenter of its own with the words it needs.
    whole: Option<Arc<WordTable>>,
}

impl Analyzer {
    /// For queries and other short texts: starts at once, costs about 0.1 ms for each line of text.
    #[must_use]
    pub const fn for_queries(dictionary: Arc<Dictionary>) -> Self {
        Self { dictionary, whole: None }
    }

    /// For many texts: takes 0.1 s to start.
    #[must_use]
    pub fn for_articles(dictionary: Arc<Dictionary>) -> Self {
        let whole = Some(Arc::new(dictionary.whole()));
        Self { dictionary, whole }
    }

    /// The dictionary the chain segments with.
    #[must_use]
    pub fn dictionary(&self) -> &Dictionary {
        &self.dictionary
    }

    /// Runs the chain over `text`.
    #[must_use]
    pub fn analyze(&self, text: &str) -> Analyzed {
        let normalized = Normalized::new(text);
        let units = units(normalized.as_str());
        Analyzed { normalized, units, analyzer: self.clone() }
    }
}

/// A text after folding and splitting; its words are found when asked for.
#[derive(Debug, Clone)]
pub struct Analyzed {
    /// The folded text.
    pub normalized: Normalized,
    /// Its units.
    pub units: Vec<Unit>,
    analyzer: Analyzer,
}

impl Analyzed {
    /// The words, sorted by start, then by length.
    #[must_use]
    pub fn words(&self) -> Vec<Word<'_>> {
        let mut words = self.words_in_any_order();
        words.sort_by_key(|word| (word.bytes.start, word.bytes.end));
        words
    }

    /// The words in no order, which is all that a field without positions needs.
    #[must_use]
    pub(crate) fn words_in_any_order(&self) -> Vec<Word<'_>> {
        let folded = self.normalized.as_str();
        match &self.analyzer.whole {
            Some(table) => words(&**table, folded, &self.units),
            None => words(&self.analyzer.dictionary.slice(folded), folded, &self.units),
        }
    }

    /// The folded text of a unit.
    #[must_use]
    pub fn unit_text(&self, unit: &Unit) -> &str {
        &self.normalized.as_str()[unit.bytes.clone()]
    }
}
