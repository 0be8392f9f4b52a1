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
use std::cmp::Reverse;
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

/// Every word of a dictionary. A word's number is its place in the order of bytes.
///
/// A trie in a double array (Aoe, An Efficient Digital Search Algorithm by Using a Double-Array Structure, 1989): each node
/// is a beginning of words and has a base; the node with one more character stands at the base plus the character's number.
/// Whether it does takes one look and no branch, so that many looks into far memory are under way at the same time. And
/// frequent characters have small numbers, so that what text asks for all the time stands together.
#[derive(Debug)]
pub struct WordTable {
    /// By the character, its number: from 2 on for those that words have; [`IN_NO_WORD`] for all others that jieba takes for
    /// Chinese; [`BOUNDARY`] for what it does not.
    ids: Vec<u32>,
    /// For each slot, that of the node whose child stands there; [`NONE`] where none does. The slots up to the largest number
    /// are those of single characters, which are nobody's children.
    parents: Vec<u32>,
    /// For each slot, what is known of the beginning. The first is that of none.
    nodes: Vec<Node>,
    /// Value of a character at which no word begins.
    unknown: f64,
    /// The words one after the other, and where each ends.
    texts: String,
    ends: Vec<u32>,
}

/// A beginning of words. Takes sixteen bytes, of which no two lines of a cache get a part each.
#[derive(Debug, Clone, Copy)]
struct Node {
    /// If it is a word, `ln(frequency) - ln(total)`: two logarithms, as jieba takes them, for the last bit decides between
    /// equals. Otherwise no number, and so not more than any.
    value: f64,
    /// If it is a word, see [`WordTable`].
    number: u32,
    /// The slot of its children, but for their numbers; 0 when it has none.
    base: u32,
}

impl Node {
    const NO_WORD: Self = Self { value: f64::NAN, number: 0, base: 0 };

    fn word(&self) -> Option<u32> {
        (!self.value.is_nan()).then_some(self.number)
    }
}

/// No slot: there are not as many.
const NONE: u32 = u32::MAX;

/// Number of a character at which jieba cuts the run before it looks for a path. What comes before it must not see what comes
/// after it: between paths of the same words the last bit of the sum decides.
const BOUNDARY: u32 = 0;
/// Number of a Chinese character that is in no word.
const IN_NO_WORD: u32 = 1;

/// Words that have their first bytes in common.
struct Group {
    words: Range<u32>,
    /// How many bytes.
    bytes: usize,
    /// The slot of these bytes.
    slot: u32,
}

impl WordTable {
    /// Takes the words that `each_word` hands over in the order of their bytes, and the sum of all frequencies.
    pub(crate) fn new(total: u64, each_word: impl FnOnce(&mut dyn FnMut(&str, u64))) -> Self {
        let ln_total = (total as f64).ln();
        let mut table = Self {
            ids: Vec::new(),
            parents: Vec::new(),
            nodes: Vec::new(),
            unknown: -ln_total,
            texts: String::new(),
            ends: Vec::new(),
        };
        let mut values = Vec::new();
        let mut frequencies = Vec::new();
        each_word(&mut |word, frequency| {
            // jieba cuts the text at any other character, and so never finds such a word
            if !word.is_empty() && word.chars().all(is_chinese_to_jieba) {
                values.push((frequency as f64).ln() - ln_total);
                for c in word.chars() {
                    frequencies.resize(frequencies.len().max(c as usize + 1), 0_u64);
                    frequencies[c as usize] += frequency + 1;
                }
                table.texts.push_str(word);
                table.ends.push(table.texts.len() as u32);
            }
        });
        let last = table.number(&frequencies);
        table.fill(last, &values);
        table
    }

    /// Gives the characters their numbers, the most frequent first; says which is the last.
    fn number(&mut self, frequencies: &[u64]) -> u32 {
        let mut chars: Vec<usize> = (0..frequencies.len()).filter(|&c| frequencies[c] > 0).collect();
        chars.sort_unstable_by_key(|&c| (Reverse(frequencies[c]), c));
        let id = |c| if is_chinese_to_jieba(c) { IN_NO_WORD } else { BOUNDARY };
        self.ids = (0..=LAST_CHINESE as u32).map(|c| char::from_u32(c).map_or(BOUNDARY, id)).collect();
        for (id, &c) in (IN_NO_WORD + 1..).zip(&chars) {
            self.ids[c] = id;
        }
        IN_NO_WORD + chars.len() as u32
    }

    /// Makes the trie, level by level, so that short beginnings, which are asked for most, stand together.
    fn fill(&mut self, last: u32, values: &[f64]) {
        let mut slots = Slots::after(last);
        let mut level = vec![Group { words: 0..self.len(), bytes: 0, slot: 0 }];
        let mut children = Vec::new();
        while !level.is_empty() {
            let mut next = Vec::new();
            for group in level {
                self.children_of(&group, &mut children);
                let is_root = group.bytes == 0;
                let base = if is_root { 0 } else { slots.place(&children) };
                // room for all, so that looking for a child needs no question whether there is a slot
                let len = self.nodes.len().max((base + last) as usize + 1);
                self.nodes.resize(len, Node::NO_WORD);
                self.parents.resize(len, NONE);
                self.nodes[group.slot as usize].base = base;
                for &(id, ref words, bytes) in &children {
                    let slot = base + id;
                    slots.take(slot);
                    self.parents[slot as usize] = if is_root { NONE } else { group.slot };
                    let first = words.start;
                    let is_word = self.text(first).len() == bytes;
                    if is_word {
                        self.nodes[slot as usize] = Node { value: values[first as usize], number: first, base: 0 };
                    }
                    let longer = first + u32::from(is_word)..words.end;
                    if !longer.is_empty() {
                        next.push(Group { words: longer, bytes, slot });
                    }
                }
            }
            level = next;
        }
    }

    /// What the words of a group begin with, one character more than they have in common: its number, the words and their
    /// common bytes. The most frequent character comes first.
    fn children_of(&self, group: &Group, children: &mut Vec<(u32, Range<u32>, usize)>) {
        children.clear();
        let mut last = None;
        for word in group.words.clone() {
            let Some(c) = self.text(word)[group.bytes..].chars().next() else { continue };
            match children.last_mut().filter(|_| last == Some(c)) {
                Some((_, words, _)) => words.end = word + 1,
                None => children.push((self.id(c), word..word + 1, group.bytes + c.len_utf8())),
            }
            last = Some(c);
        }
        children.sort_unstable_by_key(|&(id, ..)| id);
    }

    fn id(&self, c: char) -> u32 {
        self.ids.get(c as usize).copied().unwrap_or(BOUNDARY)
    }

    /// The slot of the child with the character `id` of the node at `parent`; 0 when it has none.
    fn child(&self, parent: u32, id: u32) -> u32 {
        let slot = self.nodes[parent as usize].base + id;
        if self.parents[slot as usize] == parent { slot } else { 0 }
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
        SCRATCH.with_borrow_mut(|Scratch { ids, pairs, triples, path }| {
            ids.clear();
            ids.extend(run.chars().map(|c| self.id(c)));
            // all of one kind at once, so that these looks into far memory do not wait for each other
            pairs.clear();
            pairs.extend(ids.windows(2).map(|ids| self.child(ids[0], ids[1])));
            pairs.push(0);
            triples.clear();
            triples.extend(pairs.iter().zip(&ids[2.min(ids.len())..]).map(|(&pair, &id)| self.child(pair, id)));
            triples.resize(ids.len(), 0);
            path.clear();
            path.resize(ids.len() + 1, Step { value: 0.0, length: 0, slot: 0 });
            for at in (0..ids.len()).rev() {
                let mut best = Step { value: f64::NEG_INFINITY, length: 1, slot: 0 };
                let mut consider = |length: usize, slot: u32| {
                    let value = self.nodes[slot as usize].value + path[at + length].value;
                    // they come in the order of their lengths, and of equals the longer one is best
                    if value >= best.value {
                        best = Step { value, length: length as u32, slot };
                    }
                };
                consider(1, ids[at]);
                if pairs[at] != 0 {
                    consider(2, pairs[at]);
                    let (mut slot, mut length) = (triples[at], 3);
                    while slot != 0 {
                        consider(length, slot);
                        slot = ids.get(at + length).map_or(0, |&id| self.child(slot, id));
                        length += 1;
                    }
                }
                if best.slot == 0 {
                    best.value = if ids[at] == BOUNDARY { 0.0 } else { self.unknown + path[at + 1].value };
                }
                path[at] = best;
            }
            let mut start = 0;
            while start < ids.len() {
                let Step { length, slot, .. } = path[start];
                let (length, word) = (length as usize, self.nodes[slot as usize].word());
                let end = start + length;
                let mut inner = |at: usize, length: usize, slot: u32| {
                    if let Some(number) = self.nodes[slot as usize].word() {
                        found(at..at + length, Some(number));
                    }
                };
                if length > 2 {
                    (start..end - 1).for_each(|at| inner(at, 2, pairs[at]));
                }
                if length > 3 {
                    (start..end - 2).for_each(|at| inner(at, 3, triples[at]));
                }
                found(start..end, word);
                start = end;
            }
        });
    }
}

/// Which slots of a double array in the making are taken.
struct Slots {
    /// A bit for each slot; those behind the last word are free.
    taken: Vec<u64>,
    /// By the number of children, in bits: up to where there is hardly room for so many. Behind the single characters, so
    /// that no base is below zero.
    full: [u32; u32::BITS as usize],
}

/// So many places are tried before those that were tried are no longer.
const MAX_TRIES: u32 = 32;

impl Slots {
    /// None is taken behind the slot `last`, where the first base stands.
    fn after(last: u32) -> Self {
        Self { taken: Vec::new(), full: [last + 1; u32::BITS as usize] }
    }

    /// The base at which all children stand in free slots; their numbers rise.
    fn place(&mut self, children: &[(u32, Range<u32>, usize)]) -> u32 {
        let (first, others) = children.split_first().expect("a group has words");
        let class = children.len().ilog2() as usize;
        let mut slot = self.free_from(self.full[class]);
        self.full[class] = slot;
        // next to a place that is too narrow for many is another such place
        let step = (children.len() as u32 / 16).max(1);
        let mut tries = 0;
        while others.iter().any(|other| self.is_taken(slot - first.0 + other.0)) {
            slot = self.free_from(slot + step);
            tries += 1;
        }
        if tries > MAX_TRIES {
            self.full[class] = slot;
        }
        slot - first.0
    }

    fn is_taken(&self, slot: u32) -> bool {
        self.taken.get(slot as usize / 64).is_some_and(|taken| taken >> (slot % 64) & 1 == 1)
    }

    /// The first free slot from `slot` on.
    fn free_from(&self, slot: u32) -> u32 {
        let mut at = slot as usize / 64;
        // what stands before it counts as taken
        let mut taken = self.taken.get(at).copied().unwrap_or(0) | ((1 << (slot % 64)) - 1);
        while taken == u64::MAX {
            at += 1;
            taken = self.taken.get(at).copied().unwrap_or(0);
        }
        at as u32 * 64 + taken.trailing_ones()
    }

    fn take(&mut self, slot: u32) {
        let at = slot as usize / 64;
        self.taken.resize(self.taken.len().max(at + 1), 0);
        self.taken[at] |= 1 << (slot % 64);
    }
}

/// What is kept between runs, so that no run has to ask for memory.
#[derive(Default)]
struct Scratch {
    /// The numbers of the characters.
    ids: Vec<u32>,
    /// The slot of each character and the next; 0 for none, where no word stands.
    pairs: Vec<u32>,
    /// The slot of these and the one after.
    triples: Vec<u32>,
    /// The best path from each character on, and from the end.
    path: Vec<Step>,
}

#[derive(Debug, Clone, Copy)]
struct Step {
    /// Sum of the values from here to the end.
    value: f64,
    /// Characters of the word, and its slot; 0 for a character at which no word begins.
    length: u32,
    slot: u32,
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
        | '\u{2A700}'..='\u{2EBEF}' | '\u{2F800}'..=LAST_CHINESE)
}

/// The last character that jieba takes for Chinese.
const LAST_CHINESE: char = '\u{2FA1F}';

#[cfg(test)]
mod tests {
    use super::super::dictionary::{Dictionary, Slice, UserWord};
    use super::super::normalize::Normalized;
    use super::super::units::units;
    use super::super::words::words;
    use super::*;
    use proptest::prelude::*;
    use std::io::BufRead;
    use std::sync::{LazyLock, Mutex};

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

    /// 代|代代 and 代代|代 are the same words, so that nothing but the rounding of the sums decides: it must not see what stands
    /// behind a character that jieba does not take for Chinese.
    #[test]
    fn paths_of_the_same_words_are_told_apart_as_by_jieba() {
        for tail in ["", "𠮷日究近上", "𠮷日究近上𰻞面研命发", "𰻞面研命发", "〇〇二", "々", "𠮷", "𰻞𰻞"]
        {
            let run = format!("代代代{tail}");
            for Ways { jieba, table, .. } in &*BOTH {
                assert_eq!(cut(table, &run), cut(jieba, &run), "{run}");
            }
        }
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

    /// What a query is cut with holds the words of the queries so far only, as here of lines of news.
    #[track_caller]
    fn slices_cut_as_the_whole_dictionary(count: usize) {
        let Some(shared) = std::env::var_os("SOUWEN_SHARED") else { return };
        let file =
            std::fs::File::open(std::path::Path::new(&shared).join("quality/crud-news/corpus.jsonl.gz")).unwrap();
        let articles = std::io::BufReader::new(flate2::read::MultiGzDecoder::new(file)).lines();
        let mut lines = 0;
        // one for all lines, as an analyzer for queries has
        let mut slices: Vec<Slice> = BOTH.iter().map(|_| Slice::default()).collect();
        for article in articles.map(|line| serde_json::from_str::<serde_json::Value>(&line.unwrap()).unwrap()) {
            let body = article["body"].as_str().unwrap();
            for line in body.split(['\n', '。']).filter(|line| !line.is_empty()).take(count - lines) {
                lines += 1;
                let folded = Normalized::new(line);
                let units = units(folded.as_str());
                for (Ways { dictionary, jieba, .. }, slice) in BOTH.iter().zip(&mut slices) {
                    dictionary.add_words_of(folded.as_str(), slice);
                    let [cut, expected] =
                        [slice.jieba(), jieba].map(|segmenter| words(segmenter, folded.as_str(), &units));
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

    /// What all runs of the test below added, for each of both.
    static GROWN: LazyLock<[Mutex<Slice>; 2]> = LazyLock::new(Default::default);

    proptest! {
        /// Characters of news text in any order: frequent ones, so that words and their overlaps come up all the time; and
        /// some that jieba does not take for Chinese, or that have more than 16 bits.
        #[test]
        fn all_ways_cut_alike(
            run in "[中国人民共和大会在区块链的技术一不了有新发展研究生命起源上市公司全面代表江湾日报近平二〇々𠮷野𰻞]{1,40}",
        ) {
            for (Ways { dictionary, jieba, table }, grown) in BOTH.iter().zip(&*GROWN) {
                let expected = cut(jieba, &run);
                prop_assert_eq!(cut(table, &run), expected.clone());
                prop_assert_eq!(cut(dictionary.slice(&run).jieba(), &run), expected.clone());
                let mut grown = grown.lock().unwrap();
                dictionary.add_words_of(&run, &mut grown);
                prop_assert_eq!(cut(grown.jieba(), &run), expected);
            }
        }
    }
}
