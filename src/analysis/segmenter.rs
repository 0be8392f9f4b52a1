//! Cuts runs of Chinese characters into words: jieba's search mode, without its guesses at unknown words (HMM).
//!
//! Two ways that cut alike. [`Jieba`] itself serves short texts, loaded with just the words that occur in them.
//! [`WordTable`] serves indexing, where segmenting takes more time than anything else: it finds the same best path in
//! tables made for that, at two fifths of the cost.
//!
//! The best path, as jieba defines it: of all ways to cover a run with words of the dictionary, the one with the largest
//! sum of `ln(frequency / total)`; of equals, the one whose first word is longer. A character at which no word begins is a
//! word by itself, with the frequency 1.

use std::cell::RefCell;
use std::ops::Range;

use jieba_rs::Jieba;

/// Cuts runs of Chinese characters.
pub(crate) trait Segmenter {
    /// Hands over the words of `run`, in characters: for each word of the best path, first the dictionary's words of two
    /// characters inside it, then those of three, then the word.
    fn cut_for_search(&self, run: &str, found: impl FnMut(Range<usize>));
}

impl Segmenter for Jieba {
    fn cut_for_search(&self, run: &str, mut found: impl FnMut(Range<usize>)) {
        self.cut_for_search(run, false).iter().for_each(|token| found(token.start..token.end));
    }
}

/// Every word of a dictionary, found by its first characters.
#[derive(Debug)]
pub struct WordTable {
    /// Values of the words of one character, by the character.
    singles: Vec<f64>,
    /// Words of two characters.
    pairs: Table,
    /// Words of three characters.
    triples: Table,
    /// For each slot of `triples`, the range in `longer` of the words that begin so.
    ranges: Vec<Range<u32>>,
    /// Words of four and more characters, those with the same three first together.
    longer: Vec<Longer>,
    /// Their further characters.
    tails: Vec<char>,
    /// Value of a character at which no word begins.
    unknown: f64,
}

/// Value of what is no word, told by [`f64::is_nan`]. The value of a word is `ln(frequency) - ln(total)`: two logarithms, as jieba takes them, for
/// the last bit decides between equals.
const NO_WORD: f64 = f64::NAN;

/// A word of four or more characters.
#[derive(Debug)]
struct Longer {
    /// Range in [`WordTable::tails`].
    tail: Range<u32>,
    value: f64,
}

impl WordTable {
    /// Takes the words that `each_word` hands over in the order of their bytes, and the sum of all frequencies.
    pub(crate) fn new(total: u64, each_word: impl FnOnce(&mut dyn FnMut(&str, u64))) -> Self {
        let ln_total = (total as f64).ln();
        let mut table = Self {
            singles: Vec::new(),
            pairs: Table::default(),
            triples: Table::default(),
            ranges: Vec::new(),
            longer: Vec::new(),
            tails: Vec::new(),
            unknown: -ln_total,
        };
        let mut pairs: Vec<Slot> = Vec::new();
        let mut triples: Vec<(Slot, Range<u32>)> = Vec::new();
        each_word(&mut |word, frequency| {
            // jieba cuts the text at any other character, and so never finds such a word
            if word.chars().all(is_chinese_to_jieba) {
                table.add(word, (frequency as f64).ln() - ln_total, &mut pairs, &mut triples);
            }
        });
        table.pairs = Table::new(pairs.iter().copied());
        table.triples = Table::new(triples.iter().map(|(slot, _)| *slot));
        table.ranges = vec![0..0; table.triples.slots.len()];
        for (slot, range) in triples {
            let at = table.triples.find(slot.key & !HAS_LONGER).expect("it was put in");
            table.ranges[at] = range;
        }
        table
    }

    /// Adds one word. In sorted order, the words that begin with the same characters follow each other, shorter ones
    /// first.
    fn add(&mut self, word: &str, value: f64, pairs: &mut Vec<Slot>, triples: &mut Vec<(Slot, Range<u32>)>) {
        let mut chars = word.chars();
        let Some(first) = chars.next() else { return };
        let Some(second) = chars.next() else {
            let place = first as usize;
            self.singles.resize(self.singles.len().max(place + 1), NO_WORD);
            self.singles[place] = value;
            return;
        };
        let key = extended(u64::from(first), second);
        if pairs.last().is_none_or(|last| last.key & !HAS_LONGER != key) {
            pairs.push(Slot { key, value: NO_WORD });
        }
        let Some(pair) = pairs.last_mut() else { return };
        let Some(third) = chars.next() else {
            pair.value = value;
            return;
        };
        pair.key |= HAS_LONGER;
        let key = extended(key, third);
        let end = self.longer.len() as u32;
        if triples.last().is_none_or(|(last, _)| last.key & !HAS_LONGER != key) {
            triples.push((Slot { key, value: NO_WORD }, end..end));
        }
        let Some((triple, range)) = triples.last_mut() else { return };
        if chars.as_str().is_empty() {
            triple.value = value;
            return;
        }
        triple.key |= HAS_LONGER;
        let start = self.tails.len() as u32;
        self.tails.extend(chars);
        self.longer.push(Longer { tail: start..self.tails.len() as u32, value });
        range.end = end + 1;
    }

    /// HOT: hands over the words that `chars` begins with, as their lengths in characters and values. `pair` is the place
    /// of its first two.
    fn each_word_at(&self, chars: &[char], pair: Option<usize>, mut word: impl FnMut(usize, f64)) {
        let mut word = |length, value| {
            if !f64::is_nan(value) {
                word(length, value);
            }
        };
        word(1, self.singles.get(chars[0] as usize).copied().unwrap_or(NO_WORD));
        let Some(pair) = pair.map(|at| self.pairs.slots[at]) else { return };
        word(2, pair.value);
        let (true, &[_, _, third, ref rest @ ..]) = (pair.key & HAS_LONGER != 0, chars) else { return };
        let Some(at) = self.triples.find(extended(pair.key & !HAS_LONGER, third)) else { return };
        word(3, self.triples.slots[at].value);
        if self.triples.slots[at].key & HAS_LONGER == 0 {
            return;
        }
        for longer in &self.longer[self.ranges[at].start as usize..self.ranges[at].end as usize] {
            let tail = &self.tails[longer.tail.start as usize..longer.tail.end as usize];
            if rest.starts_with(tail) {
                word(3 + tail.len(), longer.value);
            }
        }
    }
}

/// What is kept between runs, so that no run has to ask for memory.
#[derive(Default)]
struct Scratch {
    chars: Vec<char>,
    /// For each character, the place of it and the next in the table.
    pairs: Vec<Option<usize>>,
    /// The best path from each character on, and from the end.
    path: Vec<Step>,
}

#[derive(Debug, Clone, Copy)]
struct Step {
    /// Sum of the values from here to the end.
    value: f64,
    /// Characters of the word.
    length: usize,
    /// Whether words of two and of three characters begin here.
    has_pair: bool,
    has_triple: bool,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

impl Segmenter for WordTable {
    fn cut_for_search(&self, run: &str, mut found: impl FnMut(Range<usize>)) {
        SCRATCH.with_borrow_mut(|Scratch { chars, pairs, path }| {
            chars.clear();
            chars.extend(run.chars());
            // all at once, so that these looks into far memory do not wait for each other
            pairs.clear();
            pairs.extend(chars.windows(2).map(|pair| self.pairs.find(extended(u64::from(pair[0]), pair[1]))));
            pairs.push(None);
            path.clear();
            path.resize(chars.len() + 1, Step { value: 0.0, length: 0, has_pair: false, has_triple: false });
            for at in (0..chars.len()).rev() {
                let unknown = Step { value: self.unknown, length: 1, has_pair: false, has_triple: false };
                let mut best = Step { value: f64::NEG_INFINITY, length: 0, ..unknown };
                self.each_word_at(&chars[at..], pairs[at], |length, value| {
                    best.has_pair |= length == 2;
                    best.has_triple |= length == 3;
                    let value = value + path[at + length].value;
                    if value > best.value || value == best.value && length > best.length {
                        (best.value, best.length) = (value, length);
                    }
                });
                if best.length == 0 {
                    best = Step { value: self.unknown + path[at + 1].value, ..unknown };
                }
                path[at] = best;
            }
            let mut start = 0;
            while start < chars.len() {
                let end = start + path[start].length;
                for length in 2..(end - start).min(4) {
                    let begins = |step: &Step| if length == 2 { step.has_pair } else { step.has_triple };
                    (start..=end - length).filter(|&at| begins(&path[at])).for_each(|at| found(at..at + length));
                }
                found(start..end);
                start = end;
            }
        });
    }
}

/// Whether jieba takes a character for Chinese.
fn is_chinese_to_jieba(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{2A6DF}'
        | '\u{2A700}'..='\u{2EBEF}' | '\u{2F800}'..='\u{2FA1F}')
}

/// A key for the characters of `key` and one more; three characters of 21 bits fit beside [`HAS_LONGER`].
fn extended(key: u64, next: char) -> u64 {
    key << 21 | u64::from(next)
}

/// Set in the key of a slot where longer words begin with its characters.
const HAS_LONGER: u64 = 1 << 63;

/// A table with open addressing: keys and values side by side, so that a look costs one line of memory.
#[derive(Debug, Default)]
struct Table {
    slots: Vec<Slot>,
    /// Bits to shift a hash by for a place in `slots`.
    shift: u32,
    /// A bit for each hash of [`FILTER_BITS`] bits that a key has: small enough to stay near, it answers for most of what
    /// is in no dictionary.
    filter: Vec<u64>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    /// 0 where the slot is free.
    key: u64,
    value: f64,
}

/// 128 KB; with 200,000 keys, one in five other hashes passes.
const FILTER_BITS: u32 = 20;

impl Table {
    fn new(filled: impl ExactSizeIterator<Item = Slot>) -> Self {
        // from 3/8 to 3/4 full
        let size = (filled.len() * 4 / 3 + 1).next_power_of_two();
        let mut table = Self {
            slots: vec![Slot::default(); size],
            shift: u64::BITS - size.trailing_zeros().max(1),
            filter: vec![0; 1 << (FILTER_BITS - 6)],
        };
        for slot in filled {
            let hash = hash(slot.key & !HAS_LONGER);
            let mut at = (hash >> table.shift) as usize;
            while table.slots[at].key != 0 {
                at = (at + 1) & (size - 1);
            }
            table.slots[at] = slot;
            let bit = hash >> (u64::BITS - FILTER_BITS);
            table.filter[(bit >> 6) as usize] |= 1 << (bit & 63);
        }
        table
    }

    /// The place of `key` in `slots`.
    fn find(&self, key: u64) -> Option<usize> {
        let hash = hash(key);
        let bit = hash >> (u64::BITS - FILTER_BITS);
        if self.filter[(bit >> 6) as usize] >> (bit & 63) & 1 == 0 {
            return None;
        }
        let mut at = (hash >> self.shift) as usize;
        loop {
            match self.slots[at].key {
                0 => return None,
                found if found & !HAS_LONGER == key => return Some(at),
                _ => at = (at + 1) & (self.slots.len() - 1),
            }
        }
    }
}

/// The upper bits of the product with 2⁶⁴ over the golden ratio (Knuth, The Art of Computer Programming, volume 3, 6.4).
fn hash(key: u64) -> u64 {
    key.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

#[cfg(test)]
mod tests {
    use super::super::dictionary::{Dictionary, UserWord};
    use super::*;
    use proptest::prelude::*;
    use std::sync::LazyLock;

    /// One dictionary, and the ways of cutting with it: jieba with every word is what the others are held against.
    struct Ways {
        dictionary: Dictionary,
        jieba: Jieba,
        table: WordTable,
    }

    /// Without and with words of a user.
    static BOTH: LazyLock<[Ways; 2]> = LazyLock::new(|| {
        let word = |word: &str, frequency| UserWord { word: word.to_owned(), frequency };
        let words = [
            word("江湾日报", None),
            word("近平", Some(3)),
            word("区块", Some(90_000)),
            word("的区", Some(1)),
            word("面研究", Some(0)),
            word("𠮷野", Some(70)),
            word("𠮷", Some(9)),
            word("二〇一二", Some(500)),
        ];
        [&[][..], &words].map(|words| {
            let dictionary = Dictionary::new(words);
            Ways { jieba: dictionary.whole_in_jieba(), table: dictionary.whole(), dictionary }
        })
    });

    fn cut(segmenter: &impl Segmenter, run: &str) -> Vec<Range<usize>> {
        let mut words = Vec::new();
        segmenter.cut_for_search(run, |word| words.push(word));
        words
    }

    #[test]
    fn a_word_comes_after_the_shorter_ones_inside_it() {
        let [without, _] = &*BOTH;
        assert_eq!(cut(&without.table, "人民代表大会"), [0..2, 2..4, 4..6, 0..6]);
        assert_eq!(cut(&without.table, "为人民"), [0..1, 1..3]);
        assert!(cut(&without.table, "").is_empty());
    }

    #[test]
    fn real_lines_are_cut_alike() {
        let Some(shared) = std::env::var_os("SOUWEN_SHARED") else { return };
        let posts = walkdir::WalkDir::new(std::path::Path::new(&shared).join("corpora/feed-posts"));
        let (mut lines, mut runs) = (0, 0);
        for post in posts.into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file()) {
            let text = std::fs::read(post.path()).unwrap();
            for line in String::from_utf8_lossy(&text).split(['\n', '。']) {
                lines += 1;
                for run in line.split(|c| !super::super::normalize::is_han(c)).filter(|run| !run.is_empty()) {
                    runs += 1;
                    for Ways { dictionary, jieba, table } in &*BOTH {
                        let expected = cut(jieba, run);
                        assert_eq!(cut(table, run), expected, "{run}");
                        if runs % 10 == 0 {
                            assert_eq!(cut(&dictionary.slice(run), run), expected, "{run}");
                        }
                    }
                }
            }
        }
        assert!(lines > 50_000, "{lines}");
    }

    proptest! {
        /// Characters of news text in any order: frequent ones, so that words and their overlaps come up all the time; and
        /// some that jieba does not take for Chinese, or that have more than 16 bits.
        #[test]
        fn all_ways_cut_alike(
            run in "[中国人民共和大会在区块链的技术一不了有新发展研究生命起源上市公司全面代表江湾日报近平二〇々𠮷野𰻞]{1,40}",
        ) {
            for Ways { dictionary, jieba, table } in &*BOTH {
                let expected = cut(jieba, &run);
                prop_assert_eq!(cut(table, &run), expected.clone());
                prop_assert_eq!(cut(&dictionary.slice(&run), &run), expected);
            }
        }
    }
}
