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
mod trigrams;
pub mod units;
pub mod user_words;
pub mod words;

use std::ops::Range;
use std::sync::{Arc, Mutex};

use dictionary::{Dictionary, Slice};
use normalize::{Normalized, is_han};
use segmenter::WordTable;
use units::{Unit, units};
use words::{Term, Word, each_term, words};

/// The analysis chain with a dictionary. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Analyzer {
    dictionary: Arc<Dictionary>,
    loaded: Loaded,
}

/// Words of the dictionary that the segmenter has.
#[derive(Debug, Clone)]
enum Loaded {
    All(Arc<WordTable>),
    /// What the texts before needed; each adds its own. To begin anew with each takes longer than all else about a query.
    Some(Arc<Mutex<Slice>>),
}

impl Analyzer {
    /// For queries and other short texts: starts at once, costs some microseconds for each word that is new.
    #[must_use]
    pub fn for_queries(dictionary: Arc<Dictionary>) -> Self {
        Self { dictionary, loaded: Loaded::Some(Arc::default()) }
    }

    /// For many texts: takes 0.1 s to start.
    #[must_use]
    pub fn for_articles(dictionary: Arc<Dictionary>) -> Self {
        let loaded = Loaded::All(Arc::new(dictionary.whole()));
        Self { dictionary, loaded }
    }

    /// Every word with its number, for an analyzer [for articles](Self::for_articles).
    pub(crate) const fn table(&self) -> Option<&Arc<WordTable>> {
        match &self.loaded {
            Loaded::All(table) => Some(table),
            Loaded::Some(_) => None,
        }
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

    /// Whether `part` of a folded text, which is Chinese characters, is only a part of a longer word there: 马克 in 马克思,
    /// but not 人民 in 人民代表大会, which is made of words. Looks words up and cuts nothing, so that it costs little in a long
    /// text.
    #[must_use]
    pub(crate) fn is_part_of_word(&self, folded: &str, part: Range<usize>) -> bool {
        let dictionary = &*self.dictionary;
        // a longer word holds what stands in a row from its first character to the last of the part, or the other way round
        let ends_behind = |start: usize| folded[start..].char_indices().map(move |(at, c)| start + at + c.len_utf8());
        let may_begin = |&(start, c): &(usize, char)| {
            let three = ends_behind(start).take_while(|&end| end <= part.end).take(3).last();
            is_han(c) && three.is_some_and(|end| dictionary.may_hold(&folded[start..end]))
        };
        let starts_before = |end: usize| folded[..end].char_indices().rev().map(|(start, _)| start);
        let may_end = |&(end, c): &(usize, char)| {
            let three = starts_before(end).take_while(|&start| start >= part.start).take(3).last();
            is_han(c) && three.is_some_and(|start| dictionary.may_hold(&folded[start..end]))
        };
        let before = folded[..part.start].char_indices().rev().take(MAX_REST_CHARS);
        let behind = ends_behind(part.end).zip(folded[part.end..].chars()).take(MAX_REST_CHARS);
        let first = before.take_while(may_begin).last().map_or(part.start, |(start, _)| start);
        let end = behind.take_while(may_end).last().map_or(part.end, |(end, _)| end);
        if (first..end) == part {
            return false;
        }
        let mut starts = folded[first..part.start].char_indices().map(|(at, _)| first + at).chain([part.start]);
        starts.any(|start| {
            let mut is_part = false;
            dictionary.each_prefix(&folded[start..end], |word, _| {
                let word_end = start + word.len();
                is_part |= word_end >= part.end
                    && !(is_made_of_words(dictionary, &folded[start..part.start])
                        && is_made_of_words(dictionary, &folded[part.end..word_end]));
            });
            is_part
        })
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
        let folded = self.normalized.as_str();
        let mut words = match &self.analyzer.loaded {
            Loaded::All(table) => words(&**table, folded, &self.units),
            Loaded::Some(slice) => {
                let mut slice = slice.lock().unwrap_or_else(|poisoned| {
                    // whoever left it may not have added all
                    let mut slice = poisoned.into_inner();
                    *slice = Slice::default();
                    slice
                });
                self.analyzer.dictionary.add_words_of(folded, &mut slice);
                words(slice.jieba(), folded, &self.units)
            }
        };
        words.sort_by_key(|word| (word.bytes.start, word.bytes.end));
        words
    }

    /// Hands over the terms of the words in no order, which is all that a field without positions needs. With an analyzer
    /// for queries, none of them is [`Term::Known`].
    pub(crate) fn each_term(&self, mut take: impl FnMut(Term<'_>)) {
        match self.analyzer.table() {
            Some(table) => each_term(table, self.normalized.as_str(), &self.units, take),
            None => self.words().iter().for_each(|word| take(Term::Other(&word.term))),
        }
    }

    /// The folded text of a unit.
    #[must_use]
    pub fn unit_text(&self, unit: &Unit) -> &str {
        &self.normalized.as_str()[unit.bytes.clone()]
    }
}

/// A word has no more characters than this on either side of another word that it hides.
const MAX_REST_CHARS: usize = 6;

/// Whether the folded `text` can be cut into words of two characters or more.
fn is_made_of_words(dictionary: &Dictionary, text: &str) -> bool {
    let mut is_made = text.is_empty();
    dictionary.each_prefix(text, |word, _| {
        is_made = is_made || word.chars().nth(1).is_some() && is_made_of_words(dictionary, &text[word.len()..]);
    });
    is_made
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::dictionary::UserWord;
    use super::*;

    /// The same by a look at every stretch of the text around the part.
    fn is_part_of_some_word(text: &str, dictionary: &Dictionary, span: Range<usize>) -> bool {
        let chars: Vec<char> = text.chars().collect();
        let text = |chars: &[char]| String::from_iter(chars);
        let is_run = |chars: &[char]| chars.iter().all(|&c| c != '，');
        let starts = span.start.saturating_sub(MAX_REST_CHARS)..=span.start;
        starts
            .flat_map(|start| (span.end..=chars.len().min(span.end + MAX_REST_CHARS)).map(move |end| (start, end)))
            .any(|(start, end)| {
                (start..end) != span
                    && is_run(&chars[start..end])
                    && dictionary.frequency(&text(&chars[start..end])).is_some()
                    && !(is_made_of_words(dictionary, &text(&chars[start..span.start]))
                        && is_made_of_words(dictionary, &text(&chars[span.end..end])))
            })
    }

    proptest! {
        #[test]
        fn a_part_of_a_word_is_one_of_any_word_around_it(
            words in prop::collection::vec(
                prop::sample::select(vec![
                    "马克思", "马克", "克", "人民代表大会", "人民", "代表", "中华人民共和国", "社会主义", "主义", "的", "，",
                    "一", "不可思议", "思", "澜江大桥", "大桥", "江",
                ]),
                1..9,
            ),
            start in 0usize..30,
            length in 1usize..5,
        ) {
            let user_words = [UserWord { word: "澜江大桥".to_owned(), frequency: None }];
            let dictionary = Arc::new(Dictionary::new(&user_words));
            let text = words.concat();
            let chars = text.chars().count();
            let start = start % chars;
            let span = start..chars.min(start + length);
            prop_assume!(!text.chars().skip(span.start).take(span.len()).any(|c| c == '，'));
            let analyzer = Analyzer::for_queries(Arc::clone(&dictionary));
            let byte = |chars: usize| text.chars().take(chars).map(char::len_utf8).sum::<usize>();
            let part = byte(span.start)..byte(span.end);
            prop_assert_eq!(analyzer.is_part_of_word(&text, part), is_part_of_some_word(&text, &dictionary, span));
        }
    }
}
