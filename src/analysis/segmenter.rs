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
use std::collections::HashMap;
use std::ops::Range;

use foldhash::fast::FixedState;
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

/// Every word of a dictionary, found by its first characters. A word's number is its place in the order of bytes.
#[derive(Debug)]
pub struct WordTable {
    /// Words of one character, by the character.
    singles: Vec<Entry>,
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
    /// The different values that words have, from 1 on; few, for rare words have few different frequencies.
    values: Vec<f64>,
    /// Value of a character at which no word begins.
    unknown: f64,
    /// The words one after the other, and where each ends.
    texts: String,
    ends: Vec<u32>,
}

/// What is known of a word.
#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    /// Place of its value in [`WordTable::values`]; 0 for what is no word. The value is `ln(frequency) - ln(total)`: two
    /// logarithms, as jieba takes them, for the last bit decides between equals.
    value: u32,
    /// See [`WordTable`].
    number: u32,
}

impl Entry {
    const fn is_word(self) -> bool {
        self.value != 0
    }
}

/// A word of four or more characters.
#[derive(Debug)]
struct Longer {
    /// Range in [`WordTable::tails`].
    tail: Range<u32>,
    entry: Entry,
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
            values: vec![f64::NAN],
            unknown: -ln_total,
            texts: String::new(),
            ends: Vec::new(),
        };
        let mut pairs: Vec<Slot> = Vec::new();
        let mut triples: Vec<(Slot, Range<u32>)> = Vec::new();
        let mut values: HashMap<u64, u32, FixedState> = HashMap::default();
        each_word(&mut |word, frequency| {
            // jieba cuts the text at any other character, and so never finds such a word
            if word.chars().all(is_chinese_to_jieba) {
                let value = *values.entry(frequency).or_insert_with(|| {
                    table.values.push((frequency as f64).ln() - ln_total);
                    table.values.len() as u32 - 1
                });
                table.add(word, value, &mut pairs, &mut triples);
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
    fn add(&mut self, word: &str, value: u32, pairs: &mut Vec<Slot>, triples: &mut Vec<(Slot, Range<u32>)>) {
        let entry = Entry { value, number: self.ends.len() as u32 };
        self.texts.push_str(word);
        self.ends.push(self.texts.len() as u32);
        let mut chars = word.chars();
        let Some(first) = chars.next() else { return };
        let Some(second) = chars.next() else {
            let place = first as usize;
            self.singles.resize(self.singles.len().max(place + 1), Entry::default());
            self.singles[place] = entry;
            return;
        };
        let key = extended(u64::from(first), second);
        if pairs.last().is_none_or(|last| last.key & !HAS_LONGER != key) {
            pairs.push(Slot { key, entry: Entry::default() });
        }
        let Some(pair) = pairs.last_mut() else { return };
        let Some(third) = chars.next() else {
            pair.entry = entry;
            return;
        };
        pair.key |= HAS_LONGER;
        let key = extended(key, third);
        let end = self.longer.len() as u32;
        if triples.last().is_none_or(|(last, _)| last.key & !HAS_LONGER != key) {
            triples.push((Slot { key, entry: Entry::default() }, end..end));
        }
        let Some((triple, range)) = triples.last_mut() else { return };
        if chars.as_str().is_empty() {
            triple.entry = entry;
            return;
        }
        triple.key |= HAS_LONGER;
        let start = self.tails.len() as u32;
        self.tails.extend(chars);
        self.longer.push(Longer { tail: start..self.tails.len() as u32, entry });
        range.end = end + 1;
    }

    /// How many words there are; their numbers are those below.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.ends.len() as u32
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The word with a number below [`WordTable::len`].
    #[must_use]
    pub fn text(&self, number: u32) -> &str {
        let number = number as usize;
        let start = if number == 0 { 0 } else { self.ends[number - 1] };
        &self.texts[start as usize..self.ends[number] as usize]
    }

    /// HOT: [`Segmenter::cut_for_search`], telling the number of each word, too. What is in no dictionary has none.
    pub(crate) fn cut(&self, run: &str, mut found: impl FnMut(Range<usize>, Option<u32>)) {
        SCRATCH.with_borrow_mut(|Scratch { chars, pairs, triples, path }| {
            chars.clear();
            chars.extend(run.chars());
            // all of one kind at once, so that these looks into far memory do not wait for each other
            pairs.clear();
            pairs.extend(chars.windows(2).map(|pair| self.pairs.get(extended(u64::from(pair[0]), pair[1]))));
            pairs.push(Slot::default());
            triples.clear();
            triples.extend(pairs.iter().enumerate().map(|(at, pair)| match chars.get(at + 2) {
                Some(&third) if pair.key & HAS_LONGER != 0 => {
                    self.triples.find(extended(pair.key & !HAS_LONGER, third))
                }
                _ => None,
            }));
            path.clear();
            path.resize(chars.len() + 1, Step { value: 0.0, length: 0, entry: Entry::default() });
            for at in (0..chars.len()).rev() {
                let mut best = Step { value: f64::NEG_INFINITY, length: 0, entry: Entry::default() };
                let mut consider = |length: usize, entry: Entry| {
                    if entry.is_word() {
                        let value = self.values[entry.value as usize] + path[at + length].value;
                        if value > best.value || value == best.value && length > best.length {
                            best = Step { value, length, entry };
                        }
                    }
                };
                consider(1, self.singles.get(chars[at] as usize).copied().unwrap_or_default());
                consider(2, pairs[at].entry);
                if let Some(triple) = triples[at] {
                    consider(3, self.triples.slots[triple].entry);
                    for longer in self.longer_than(triple) {
                        let tail = &self.tails[longer.tail.start as usize..longer.tail.end as usize];
                        if chars[at + 3..].starts_with(tail) {
                            consider(3 + tail.len(), longer.entry);
                        }
                    }
                }
                if best.length == 0 {
                    best = Step { value: self.unknown + path[at + 1].value, length: 1, ..best };
                }
                path[at] = best;
            }
            let mut start = 0;
            while start < chars.len() {
                let Step { length, entry, .. } = path[start];
                let end = start + length;
                let mut inner = |at: usize, length: usize, entry: Entry| {
                    if entry.is_word() {
                        found(at..at + length, Some(entry.number));
                    }
                };
                if length > 2 {
                    (start..end - 1).for_each(|at| inner(at, 2, pairs[at].entry));
                }
                if length > 3 {
                    let triples = (start..end - 2).filter_map(|at| Some((at, triples[at]?)));
                    triples.for_each(|(at, triple)| inner(at, 3, self.triples.slots[triple].entry));
                }
                found(start..end, entry.is_word().then_some(entry.number));
                start = end;
            }
        });
    }

    /// The words that go on behind the three characters in a slot of `triples`.
    fn longer_than(&self, triple: usize) -> &[Longer] {
        if self.triples.slots[triple].key & HAS_LONGER == 0 {
            return &[];
        }
        let Range { start, end } = self.ranges[triple];
        &self.longer[start as usize..end as usize]
    }
}

/// What is kept between runs, so that no run has to ask for memory.
#[derive(Default)]
struct Scratch {
    chars: Vec<char>,
    /// What is known of each character and the next.
    pairs: Vec<Slot>,
    /// The place in the table of these and the one after.
    triples: Vec<Option<usize>>,
    /// The best path from each character on, and from the end.
    path: Vec<Step>,
}

#[derive(Debug, Clone, Copy)]
struct Step {
    /// Sum of the values from here to the end.
    value: f64,
    /// Characters of the word, and what is known of it.
    length: usize,
    entry: Entry,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

impl Segmenter for WordTable {
    fn cut_for_search(&self, run: &str, mut found: impl FnMut(Range<usize>)) {
        self.cut(run, |chars, _| found(chars));
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
    entry: Entry,
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

    /// The slot of `key`, or an empty one.
    fn get(&self, key: u64) -> Slot {
        self.find(key).map_or_else(Slot::default, |at| self.slots[at])
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
    use super::super::normalize::Normalized;
    use super::super::units::units;
    use super::super::words::words;
    use super::*;
    use proptest::prelude::*;
    use std::io::BufRead;
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
        let mut lines = 0;
        for post in posts.into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file()) {
            let text = std::fs::read(post.path()).unwrap();
            for line in String::from_utf8_lossy(&text).split(['\n', '。']) {
                lines += 1;
                for run in line.split(|c| !super::super::normalize::is_han(c)).filter(|run| !run.is_empty()) {
                    for Ways { jieba, table, .. } in &*BOTH {
                        let expected = cut(jieba, run);
                        assert_eq!(cut(table, run), expected, "{run}");
                    }
                }
            }
        }
        assert!(lines > 50_000, "{lines}");
    }

    /// What a query is cut with holds the words of its text only, as here of a line of news.
    #[track_caller]
    fn slices_cut_as_the_whole_dictionary(count: usize) {
        let Some(shared) = std::env::var_os("SOUWEN_SHARED") else { return };
        let file =
            std::fs::File::open(std::path::Path::new(&shared).join("quality/crud-news/corpus.jsonl.gz")).unwrap();
        let articles = std::io::BufReader::new(flate2::read::MultiGzDecoder::new(file)).lines();
        let mut lines = 0;
        for article in articles.map(|line| serde_json::from_str::<serde_json::Value>(&line.unwrap()).unwrap()) {
            let body = article["body"].as_str().unwrap();
            for line in body.split(['\n', '。']).filter(|line| !line.is_empty()).take(count - lines) {
                lines += 1;
                let folded = Normalized::new(line);
                let units = units(folded.as_str());
                for Ways { dictionary, jieba, .. } in &*BOTH {
                    let slice = dictionary.slice(folded.as_str());
                    let [cut, expected] = [&slice, jieba].map(|segmenter| words(segmenter, folded.as_str(), &units));
                    assert_eq!(cut, expected, "{line}");
                }
            }
        }
        assert_eq!(lines, count);
    }

    #[test]
    fn a_slice_of_the_dictionary_cuts_real_lines_as_all_of_it() {
        slices_cut_as_the_whole_dictionary(2000);
    }

    #[test]
    #[ignore = "takes half a minute; cargo test -- --ignored slice_of_the_dictionary"]
    fn a_slice_of_the_dictionary_cuts_a_hundred_thousand_real_lines_as_all_of_it() {
        slices_cut_as_the_whole_dictionary(100_000);
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
