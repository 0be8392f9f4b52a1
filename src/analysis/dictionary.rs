//! The words the segmenter knows: the built-in dictionary, compiled in as a finite state map, and the user's own.
//!
//! A dictionary gives two segmenters that cut alike: one that holds every word, for indexing, and one that holds just
//! the words that occur in short texts, for queries, at a hundredth of the cost.

use std::borrow::Cow;
use std::collections::BTreeMap;

use fst::raw::{CompiledAddr, Node, Output};
use fst::{Map, Streamer, map};
use jieba_rs::Jieba;

use super::normalize::Normalized;
use super::segmenter::WordTable;
use super::trigrams;

include!(concat!(env!("OUT_DIR"), "/dictionary.rs"));
static BUILT_IN: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/dictionary.fst"));
/// For each of [`FIRST_CHARACTERS`], the node of the map behind it, and the output up to there, as build.rs wrote them.
static BEHIND_FIRST: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/first-characters.bin"));
/// The [`trigrams`] of its words.
static TRIGRAMS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/trigrams.bin"));
/// A map without words: who has none of his own need not wait for the builder of maps to clear its megabyte of memory.
static NO_WORDS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/no-words.fst"));

/// No text that is segmented holds this character, so a word made of it is never found; it carries the frequencies of
/// all the words that were not loaded.
const NEVER_IN_TEXT: char = '\u{F8FF}';

/// A word that a user added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserWord {
    /// As typed; folded before it is used.
    pub word: String,
    /// Occurrences in a corpus as large as the one the built-in dictionary was counted in (60 million words); without
    /// one, the least that keeps the word whole.
    pub frequency: Option<u64>,
}

/// Those words of a dictionary that occur in some texts, in jieba. It cuts these texts as one with all words does: the best
/// cut depends only on the words that occur in a text, on their frequencies, and on the sum of all frequencies.
#[derive(Debug)]
pub struct Slice {
    jieba: Jieba,
    words: usize,
    /// Of these words.
    frequencies: u64,
}

impl Slice {
    /// The segmenter.
    #[must_use]
    pub const fn jieba(&self) -> &Jieba {
        &self.jieba
    }
}

impl Default for Slice {
    fn default() -> Self {
        Self { jieba: Jieba::empty(), words: 0, frequencies: 0 }
    }
}

/// Words with their frequencies.
#[derive(Debug, Clone)]
pub struct Dictionary {
    built_in: Map<&'static [u8]>,
    /// Folded words of the user; they replace built-in ones.
    user: Map<Cow<'static, [u8]>>,
    /// Of all words.
    trigrams: Cow<'static, [u8]>,
    total: u64,
}

impl Dictionary {
    /// The built-in dictionary with `user` words beside it; of a word named twice, the later entry counts.
    #[must_use]
    pub fn new(user: &[UserWord]) -> Self {
        let built_in = Map::new(BUILT_IN).expect("build.rs wrote a whole map");
        let none = Map::new(Cow::Borrowed(NO_WORDS)).expect("build.rs wrote a whole map");
        let trigrams = Cow::Borrowed(TRIGRAMS);
        let mut dictionary = Self { built_in, user: none, trigrams, total: TOTAL_FREQUENCY };
        let mut words = BTreeMap::new();
        for UserWord { word, frequency } in user {
            let word = Normalized::new(word).as_str().to_owned();
            if !word.is_empty() {
                let frequency = frequency.unwrap_or_else(|| dictionary.frequency_that_keeps_whole(&word));
                words.insert(word, frequency);
            }
        }
        for (word, frequency) in &words {
            dictionary.total = dictionary.total - dictionary.frequency(word).unwrap_or(0) + frequency;
            trigrams::add(dictionary.trigrams.to_mut(), word);
        }
        if !words.is_empty() {
            let map = Map::from_iter(words).expect("a BTreeMap is sorted");
            dictionary.user = map.map_data(Cow::Owned).expect("it was a map before");
        }
        dictionary
    }

    /// Frequency of a folded word; `None` when it is not in the dictionary.
    #[must_use]
    pub fn frequency(&self, word: &str) -> Option<u64> {
        self.user.get(word).or_else(|| self.built_in.get(word))
    }

    /// Whether the three characters of `text`, folded, may stand in a row in a word: no where that is sure. Yes for a text of
    /// any other length.
    pub(super) fn may_hold(&self, text: &str) -> bool {
        trigrams::may_hold(&self.trigrams, text)
    }

    /// Differs between two dictionaries that may cut any text differently.
    #[must_use]
    pub fn hash(&self) -> u64 {
        let mut hash = xxhash_rust::xxh3::Xxh3::with_seed(HASH);
        hash.update(self.user.as_fst().as_bytes());
        hash.digest()
    }

    /// A segmenter that knows every word. Takes 0.1 s and 40 MB.
    #[must_use]
    pub fn whole(&self) -> WordTable {
        WordTable::new(self.total, |word| self.each_word(word))
    }

    /// Hands over every word with its frequency, in the order of their bytes.
    fn each_word(&self, word: &mut dyn FnMut(&str, u64)) {
        if self.user.is_empty() {
            // nothing to unite: a third of the time
            let mut words = self.built_in.stream();
            while let Some((text, frequency)) = words.next() {
                word(std::str::from_utf8(text).expect("words are text"), frequency);
            }
            return;
        }
        let mut words = map::OpBuilder::new().add(&self.built_in).add(&self.user).union();
        while let Some((text, frequencies)) = words.next() {
            // the user's map comes last, and so replaces the built-in one
            let frequency = frequencies.iter().max_by_key(|found| found.index).expect("one of them holds the word");
            word(std::str::from_utf8(text).expect("words are text"), frequency.value);
        }
    }

    /// Every word in jieba itself, which all other ways of cutting are held against.
    #[cfg(test)]
    pub(super) fn whole_in_jieba(&self) -> Jieba {
        let mut jieba = Jieba::empty();
        self.each_word(&mut |word, frequency| _ = jieba.add_word(word, Some(frequency as usize), None));
        jieba
    }

    /// A segmenter that cuts `text`, folded, exactly as [`Dictionary::whole`] does.
    #[must_use]
    pub fn slice(&self, text: &str) -> Slice {
        let mut slice = Slice::default();
        self.add_words_of(text, &mut slice);
        slice
    }

    /// Adds what `slice`, one of this dictionary, needs to cut `text`, folded.
    pub(crate) fn add_words_of(&self, text: &str, slice: &mut Slice) {
        /// So many words take a megabyte.
        const MAX_WORDS: usize = 1 << 14;
        if slice.words > MAX_WORDS {
            *slice = Slice::default();
        }
        let mut words = BTreeMap::new();
        for (start, _) in text.char_indices() {
            // the user's words come last and so replace the built-in ones
            self.each_prefix(&text[start..], |word, frequency| _ = words.insert(word, frequency));
        }
        for (word, frequency) in words {
            if !slice.jieba.has_word(word) {
                slice.jieba.add_word(word, Some(frequency as usize), None);
                slice.words += 1;
                slice.frequencies += frequency;
            }
        }
        let rest = self.total - slice.frequencies;
        slice.jieba.add_word(NEVER_IN_TEXT.encode_utf8(&mut [0; 4]), Some(rest as usize), None);
    }

    /// Hands over every word that `text`, folded, begins with, and its frequency: first the built-in words, then the user's.
    pub(crate) fn each_prefix<'t>(&self, text: &'t str, mut found: impl FnMut(&'t str, u64)) {
        match behind_first(text) {
            Some((_, u32::MAX, _)) => {}
            Some((length, address, output)) => {
                let node = self.built_in.as_fst().node(address as CompiledAddr);
                prefixes(&self.built_in, text, (length, node, Output::new(output.into())), &mut found);
            }
            None => prefixes(&self.built_in, text, start(&self.built_in), &mut found),
        }
        // who has no words of his own does not look for them
        if !self.user.is_empty() {
            prefixes(&self.user, text, start(&self.user), &mut found);
        }
    }

    /// The least frequency at which jieba prefers the folded `word` to its parts.
    #[must_use]
    pub fn frequency_that_keeps_whole(&self, word: &str) -> u64 {
        self.slice(word).jieba().suggest_freq(word) as u64
    }
}

impl Default for Dictionary {
    fn default() -> Self {
        Self::new(&[])
    }
}

/// Where the built-in map goes on behind the first character of `text`, if that is one of [`FIRST_CHARACTERS`]: its
/// length, the address of the node, [`u32::MAX`] where no word begins with it, and the output.
fn behind_first(text: &str) -> Option<(usize, u32, u32)> {
    let first = text.chars().next().filter(|c| FIRST_CHARACTERS.contains(c))?;
    let at = (u32::from(first) - u32::from(*FIRST_CHARACTERS.start())) as usize * 8;
    let number = |at: usize| u32::from_le_bytes([0, 1, 2, 3].map(|byte| BEHIND_FIRST[at + byte]));
    Some((first.len_utf8(), number(at), number(at + 4)))
}

/// The beginning of every key.
fn start<D: AsRef<[u8]>>(map: &Map<D>) -> (usize, Node<'_>, Output) {
    (0, map.as_fst().root(), Output::zero())
}

/// Hands over every key of `map` that `text` begins with, from the node on that stands behind its first `length` bytes.
fn prefixes<'t, D: AsRef<[u8]>>(
    map: &Map<D>,
    text: &'t str,
    (length, mut node, mut output): (usize, Node<'_>, Output),
    found: &mut impl FnMut(&'t str, u64),
) {
    let fst = map.as_fst();
    let mut end = length;
    loop {
        if node.is_final() {
            found(&text[..end], output.cat(node.final_output()).value());
        }
        let Some(at) = text.as_bytes().get(end).and_then(|&byte| node.find_input(byte)) else { return };
        let transition = node.transition(at);
        output = output.cat(transition.out);
        node = fst.node(transition.addr);
        end += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_a_beginning_of_itself() {
        let dictionary = Dictionary::default();
        let mut words = 0;
        dictionary.each_word(&mut |word, frequency| {
            let mut found = None;
            dictionary.each_prefix(word, |beginning, of_it| found = Some((beginning, of_it)));
            assert_eq!(found, Some((word, frequency)));
            words += 1;
        });
        assert!(words > 300_000, "{words}");
    }

    #[test]
    fn no_three_characters_of_a_word_are_missed_and_few_others_pass() {
        let user_words = [UserWord { word: "江湾日报".to_owned(), frequency: None }];
        let (without, with) = (Dictionary::default(), Dictionary::new(&user_words));
        assert!(!without.may_hold("江湾日") && with.may_hold("江湾日") && with.may_hold("湾日报"));
        let (mut passed, mut others) = (0, 0);
        with.each_word(&mut |word, _| {
            let chars: Vec<char> = word.chars().collect();
            for inside in chars.windows(3) {
                assert!(with.may_hold(&String::from_iter(inside)), "{word}");
            }
            let text: String = chars.iter().rev().take(3).collect();
            if text.chars().nth(2).is_some() {
                others += 1;
                passed += usize::from(without.may_hold(&text));
            }
        });
        assert!(passed * 5 < others, "{passed} of {others} words read backwards pass");
    }

    #[test]
    fn a_user_word_is_kept_whole() {
        let user_words = [UserWord { word: "江湾日报".to_owned(), frequency: None }];
        let (without, with) = (Dictionary::default(), Dictionary::new(&user_words));
        let is_whole = |dictionary: &Dictionary| {
            let words = dictionary.slice("江湾日报记者");
            words.jieba().cut("江湾日报记者", false).iter().any(|token| token.word == "江湾日报")
        };
        assert!(!is_whole(&without));
        assert!(is_whole(&with));
        assert_ne!(with.hash(), without.hash());
        assert_eq!(with.hash(), Dictionary::new(&user_words).hash());
    }
}
