//! Proposes words that a dictionary lacks, from the texts alone: strings of Han characters that hold together inside and
//! stand freely outside. Pure; the texts come folded, and are gone through several times.
//!
//! 1. Strings of 2 to 6 characters are counted, one pass for each length. A string is counted only where a table of hashed
//!    counts, filled in the pass before, says that it may be frequent enough: so memory follows the number of frequent
//!    strings, not that of all strings.
//! 2. Cohesion is the pointwise mutual information (Church and Hanks 1990, "Word association norms, mutual information, and
//!    lexicography") of the two parts, for the worst of all ways to part the string: `min ln(p(ab) / (p(a) p(b)))`.
//! 3. Freedom is the entropy of the characters beside it, left or right, whichever is less (branching entropy: Harris 1955,
//!    "From phoneme to morpheme"; Jin and Tanaka-Ishii 2006, "Unsupervised segmentation of Chinese text by use of branching
//!    entropy"). One last pass counts the neighbours of what holds together.
//! 4. What the dictionary knows, what begins or ends with a function word, and parts of a better longer string go out; the
//!    rest is ranked by the product of cohesion, freedom and the logarithm of the count.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use serde::Serialize;

use crate::analysis::normalize::is_han;

/// Longest string that is looked at, in characters.
const MAX_CHARS: usize = 6;
/// Hashed counters, one byte each. At a billion characters a few of them are too high; that costs time only.
const COUNTERS: usize = 1 << 25;
/// Less mutual information, in nats, and the parts meet by chance: 4 nats are 55 times as often as chance would have it.
const MIN_COHESION: f64 = 4.0;
/// Less entropy, in nats, and the string is a piece of something longer: `ln 4` is as free as four equally frequent
/// neighbours.
const MIN_FREEDOM: f64 = 1.386;
/// A part that stands outside the longer string less often than this share of its count is no word of its own.
const MAX_INSIDE: f64 = 0.6;
/// Characters of an example before and after the word.
const EXAMPLE_CHARS: usize = 20;

/// How to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiscoverOptions {
    /// Words to propose.
    pub limit: usize,
    /// Occurrences that a word must have at least.
    pub min_count: u32,
}

impl Default for DiscoverOptions {
    fn default() -> Self {
        Self { limit: 100, min_count: 20 }
    }
}

/// A string that looks like a word.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Discovery {
    /// The string, folded.
    pub word: String,
    /// How often it occurs.
    pub count: u32,
    /// Mutual information of its parts, in nats.
    pub cohesion: f64,
    /// Entropy of its neighbours, in nats.
    pub freedom: f64,
    /// What it is ranked by.
    pub score: f64,
    /// Where it stands for the first time, with what stands around it.
    pub example: String,
}

/// What is known of words beforehand.
pub trait Known {
    /// Whether the segmenter keeps `word` whole already.
    fn is_whole(&self, word: &str) -> bool;
    /// Whether a word may neither begin nor end with `word`, because that is grammar.
    fn is_function(&self, word: &str) -> bool;
    /// Characters of each piece that the segmenter cuts `word` into.
    fn pieces(&self, word: &str) -> Vec<usize>;
}

/// Hands every text to its argument; called once for each pass.
pub type Texts<'a, E> = dyn FnMut(&mut dyn FnMut(&str)) -> Result<(), E> + 'a;

/// Looks for words in `texts`, best first.
///
/// # Errors
/// What `texts` says.
pub fn discover<E>(
    texts: &mut Texts<'_, E>,
    known: &dyn Known,
    options: &DiscoverOptions,
) -> Result<Vec<Discovery>, E> {
    let counts = Counts::of(texts, options.min_count.max(2))?;
    let mut candidates = counts.candidates(known);
    count_neighbours(texts, &mut candidates)?;
    let mut found: Vec<(Gram, Discovery)> =
        candidates.into_iter().filter_map(|(gram, candidate)| Some((gram, candidate.judge(gram, known)?))).collect();
    found.sort_by(|(_, a), (_, b)| b.score.total_cmp(&a.score).then_with(|| a.word.cmp(&b.word)));
    Ok(without_parts(found, options.limit))
}

/// Up to six characters of 21 bits each, the last one lowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Gram(u128);

const CHAR_BITS: u32 = 21;

impl Gram {
    fn of(chars: &[char]) -> Self {
        Self(chars.iter().fold(0, |bits, &c| bits << CHAR_BITS | u128::from(u32::from(c))))
    }

    fn text(self, out: &mut Vec<char>) {
        out.clear();
        let mut bits = self.0;
        while bits != 0 {
            out.extend(char::from_u32((bits & ((1 << CHAR_BITS) - 1)) as u32));
            bits >>= CHAR_BITS;
        }
        out.reverse();
    }

    fn hash(self) -> u64 {
        let mixed = (self.0 as u64 ^ ((self.0 >> 64) as u64).rotate_left(29)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed ^ (mixed >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93)
    }
}

/// Hashes [`Gram`]s by their own mixing: the standard hasher would take most of the time.
#[derive(Debug, Default, Clone, Copy)]
struct GramHasher(u64);

impl Hasher for GramHasher {
    fn write_u128(&mut self, bits: u128) {
        self.0 = Gram(bits).hash();
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 29)
    }
}

type GramMap<T> = HashMap<Gram, T, BuildHasherDefault<GramHasher>>;

/// Hands over every run of Han characters of a text, with what stands before it.
fn runs(text: &str, run: &mut Vec<char>, take: &mut dyn FnMut(&[char], char)) {
    run.clear();
    let mut before = EDGE;
    for c in text.chars() {
        if is_han(c) {
            run.push(c);
            continue;
        }
        if !run.is_empty() {
            take(run, before);
            run.clear();
        }
        // what counts, such as the `号` of `3号`, follows all kinds of numbers and is not free for it
        before = if c.is_alphanumeric() { NUMBER } else { EDGE };
    }
    if !run.is_empty() {
        take(run, before);
    }
}

/// How often every frequent string occurs.
struct Counts {
    /// Strings of each length, from one character on.
    by_chars: Vec<GramMap<u32>>,
    /// Characters in all.
    total: f64,
    min_count: u32,
}

impl Counts {
    fn of<E>(texts: &mut Texts<'_, E>, min_count: u32) -> Result<Self, E> {
        let mut counts = Self { by_chars: Vec::new(), total: 0.0, min_count };
        let enough = u8::try_from(min_count).unwrap_or(u8::MAX);
        let mut hashed: Vec<u8> = Vec::new();
        let mut run = Vec::new();
        for chars in 1..=MAX_CHARS {
            let mut exact: GramMap<u32> = GramMap::default();
            let mut next = vec![0u8; if chars < MAX_CHARS { COUNTERS } else { 0 }];
            let mut total = 0u64;
            texts(&mut |text| {
                runs(text, &mut run, &mut |run, _| {
                    total += run.len() as u64;
                    // a string is as frequent as its parts at most
                    let mut before = false;
                    for at in 0..(run.len() + 1).saturating_sub(chars) {
                        let gram = Gram::of(&run[at..at + chars]);
                        let frequent = chars == 1 || hashed[gram.hash() as usize % COUNTERS] >= enough;
                        if frequent {
                            *exact.entry(gram).or_default() += 1;
                            if before && chars < MAX_CHARS {
                                let longer = Gram::of(&run[at - 1..at + chars]);
                                let counter = &mut next[longer.hash() as usize % COUNTERS];
                                *counter = counter.saturating_add(1);
                            }
                        }
                        before = frequent;
                    }
                });
            })?;
            if chars > 1 {
                exact.retain(|_, count| *count >= min_count);
            }
            counts.total = total as f64;
            counts.by_chars.push(exact);
            hashed = next;
        }
        Ok(counts)
    }

    fn count(&self, chars: &[char]) -> f64 {
        f64::from(self.by_chars[chars.len() - 1].get(&Gram::of(chars)).copied().unwrap_or(self.min_count))
    }

    /// Mutual information of the parts of `chars`, for the worst way to part it.
    fn cohesion(&self, chars: &[char], count: u32) -> f64 {
        let splits = (1..chars.len()).map(|at| self.count(&chars[..at]) * self.count(&chars[at..]));
        (f64::from(count) * self.total / splits.fold(1.0, f64::max)).ln()
    }

    /// What holds together and is no word yet.
    fn candidates(&self, known: &dyn Known) -> GramMap<Candidate> {
        let mut candidates = GramMap::default();
        let mut chars = Vec::new();
        for (&gram, &count) in self.by_chars[1..].iter().flatten() {
            gram.text(&mut chars);
            let cohesion = self.cohesion(&chars, count);
            if cohesion < MIN_COHESION {
                continue;
            }
            let word: String = chars.iter().collect();
            if !is_phrase(&chars, known) && !known.is_whole(&word) {
                candidates.insert(gram, Candidate { count, cohesion, ..Candidate::default() });
            }
        }
        candidates
    }
}

/// Whether grammar shows that `chars` is more than a word.
fn is_phrase(chars: &[char], known: &dyn Known) -> bool {
    let is_any = |chars: &[char], words: &dyn Fn(&str) -> bool| words(&chars.iter().collect::<String>());
    let at_edge = |edge: usize, words: &dyn Fn(&str) -> bool| {
        is_any(&chars[..edge], words) || is_any(&chars[chars.len() - edge..], words)
    };
    let edges = 1..=2.min(chars.len() - 1);
    edges.clone().any(|edge| at_edge(edge, &|word| known.is_function(word) || REPORTING.contains(&word)))
        || chars[1..chars.len() - 1].iter().any(|c| JOINING.contains(c))
}

/// Verbs that stand beside the name of everyone who says something.
const REPORTING: [&str; 14] =
    ["说", "称", "指出", "强调", "表示", "宣布", "报道", "讲话", "认为", "介绍", "会见", "主持", "出席", "发表"];
/// Characters that join two words.
const JOINING: [char; 12] = ['的', '和', '与', '及', '或', '同', '对', '在', '将', '被', '把', '是'];

/// A string that holds together.
#[derive(Debug, Default)]
struct Candidate {
    count: u32,
    cohesion: f64,
    left: Vec<(char, u32)>,
    right: Vec<(char, u32)>,
    example: String,
}

/// Stands for punctuation and for the ends of a text.
const EDGE: char = ' ';
/// Stands for a digit or a letter.
const NUMBER: char = '0';

fn count_neighbours<E>(texts: &mut Texts<'_, E>, candidates: &mut GramMap<Candidate>) -> Result<(), E> {
    let mut run = Vec::new();
    texts(&mut |text| {
        runs(text, &mut run, &mut |run, before| {
            for at in 0..run.len() {
                for chars in 2..=MAX_CHARS.min(run.len() - at) {
                    let Some(candidate) = candidates.get_mut(&Gram::of(&run[at..at + chars])) else { continue };
                    let left = at.checked_sub(1).map_or(before, |at| run[at]);
                    let right = run.get(at + chars).copied().unwrap_or(EDGE);
                    add(&mut candidate.left, left);
                    add(&mut candidate.right, right);
                    if candidate.example.is_empty() {
                        candidate.example = example(text, &run[at..at + chars]);
                    }
                }
            }
        });
    })
}

fn add(neighbours: &mut Vec<(char, u32)>, c: char) {
    match neighbours.binary_search_by_key(&c, |&(c, _)| c) {
        Ok(at) => neighbours[at].1 += 1,
        Err(at) => neighbours.insert(at, (c, 1)),
    }
}

/// The first place of `word` in `text`, with what stands around it in its line.
fn example(text: &str, word: &[char]) -> String {
    let word: String = word.iter().collect();
    let Some(line) = text.lines().find(|line| line.contains(&word)) else { return word };
    let (before, after) = line.split_once(&word).unwrap_or_default();
    let skip = before.chars().count().saturating_sub(EXAMPLE_CHARS);
    let before: String = before.chars().skip(skip).collect();
    let after: String = after.chars().take(EXAMPLE_CHARS).collect();
    format!("{before}{word}{after}")
}

/// Entropy in nats. Ends of a run are all different: punctuation may stand beside every word.
fn entropy(neighbours: &[(char, u32)]) -> f64 {
    let total: u32 = neighbours.iter().map(|&(_, count)| count).sum();
    let total = f64::from(total);
    let part = |&(c, count): &(char, u32)| {
        let count = f64::from(count);
        if c == EDGE { count / total * total.ln() } else { -(count / total) * (count / total).ln() }
    };
    neighbours.iter().map(part).sum()
}

impl Candidate {
    /// What is known of it, if it stands freely.
    fn judge(self, gram: Gram, known: &dyn Known) -> Option<Discovery> {
        let freedom = entropy(&self.left).min(entropy(&self.right));
        if freedom < MIN_FREEDOM {
            return None;
        }
        let mut chars = Vec::new();
        gram.text(&mut chars);
        let word: String = chars.into_iter().collect();
        let score = self.cohesion * freedom * f64::from(self.count).ln() * novelty(&known.pieces(&word));
        let Self { count, cohesion, example, .. } = self;
        Some(Discovery { word, count, cohesion, freedom, score, example })
    }
}

/// How much of a string the dictionary cannot account for: what falls into single characters side by side is what no
/// dictionary knows, while known words side by side are mostly a phrase.
fn novelty(pieces: &[usize]) -> f64 {
    let chars: usize = pieces.iter().sum();
    let single = |at: usize| pieces.get(at) == Some(&1);
    let novel = (0..pieces.len()).filter(|&at| single(at) && (single(at + 1) || at > 0 && single(at - 1))).count();
    let phrase = if chars > 4 { LONG_PHRASE } else { SHORT_PHRASE };
    phrase + (1.0 - phrase) * novel as f64 / chars.max(1) as f64
}

/// What a string of known words counts for, beside one of unknown characters, with up to four characters...
const SHORT_PHRASE: f64 = 0.36;
/// ... and with more.
const LONG_PHRASE: f64 = 0.25;

/// Drops strings that stand mostly inside a longer one, and longer ones that only add to a better part; of the rest, the
/// first `limit`.
fn without_parts(found: Vec<(Gram, Discovery)>, limit: usize) -> Vec<Discovery> {
    let counts: HashMap<&str, u32> = found.iter().map(|(_, found)| (found.word.as_str(), found.count)).collect();
    let mut inside: HashMap<String, u32> = HashMap::new();
    for (word, &count) in &counts {
        let starts: Vec<usize> = word.char_indices().map(|(at, _)| at).chain([word.len()]).collect();
        for (i, &start) in starts.iter().enumerate() {
            for &end in &starts[i + 1..] {
                let part = &word[start..end];
                if part.len() < word.len() && counts.contains_key(part) {
                    let most = inside.entry(part.to_owned()).or_default();
                    *most = count.max(*most);
                }
            }
        }
    }
    let is_part = |found: &Discovery| {
        inside.get(&found.word).is_some_and(|&inside| f64::from(inside) > MAX_INSIDE * f64::from(found.count))
    };
    let mut kept: Vec<Discovery> = Vec::new();
    let words: Vec<Discovery> =
        found.iter().filter(|(_, found)| !is_part(found)).map(|(_, found)| found.clone()).collect();
    for found in words {
        if kept.len() == limit {
            break;
        }
        let overlaps = kept.iter().any(|better| found.word.contains(&better.word) || better.word.contains(&found.word));
        if !overlaps {
            kept.push(found);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nothing;

    impl Known for Nothing {
        fn is_whole(&self, word: &str) -> bool {
            word == "记者"
        }

        fn is_function(&self, word: &str) -> bool {
            word == "在"
        }

        fn pieces(&self, word: &str) -> Vec<usize> {
            vec![1; word.chars().count()]
        }
    }

    /// Texts in which `江湾日报` and `记者` stand among characters in no order, and `号晚` after numbers.
    fn texts() -> Vec<String> {
        let others: Vec<char> = ('一'..='龥').step_by(29).collect();
        let mut state = 1u64;
        let mut some = |chars: usize| -> String {
            let mut other = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                others[(state >> 33) as usize % others.len()]
            };
            (0..chars).map(|_| other()).collect()
        };
        (0..400)
            .map(|at| {
                let word = if at % 2 == 0 { "江湾日报" } else { "记者" };
                format!("{}{word}{}。{at}号晚{}", some(60), some(60), some(5))
            })
            .collect()
    }

    fn found(options: DiscoverOptions) -> Vec<Discovery> {
        let texts = texts();
        let mut passes = |take: &mut dyn FnMut(&str)| -> Result<(), ()> {
            texts.iter().for_each(|text| take(text));
            Ok(())
        };
        discover(&mut passes, &Nothing, &options).unwrap()
    }

    #[test]
    fn an_unknown_word_is_found_whole_and_a_known_one_is_not() {
        let found = found(DiscoverOptions::default());
        let words: Vec<(&str, u32)> = found.iter().map(|found| (found.word.as_str(), found.count)).collect();
        assert_eq!(words, [("江湾日报", 200)]);
        assert!(found[0].example.contains("江湾日报") && found[0].cohesion > MIN_COHESION);
    }

    #[test]
    fn rare_strings_are_left_out() {
        assert_eq!(found(DiscoverOptions { min_count: 201, ..DiscoverOptions::default() }), []);
        assert_eq!(found(DiscoverOptions { limit: 0, ..DiscoverOptions::default() }), []);
    }

    #[test]
    fn strings_keep_their_characters() {
        let mut chars = Vec::new();
        Gram::of(&['江', '𠮷', '日']).text(&mut chars);
        assert_eq!(chars, ['江', '𠮷', '日']);
    }
}
