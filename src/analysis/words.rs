//! Finds the words among the units of a folded text: Han runs go to jieba, the rest follows rules of our own.
//!
//! - Han: jieba's search mode without HMM, so a word comes with the shorter words inside it (see `data/README.md` for the
//!   dictionary; what no dictionary knows is found through the character fields).
//! - Letters: English words are reduced to their stem (Snowball), other alphabets are taken as they are.
//! - Codes: letters and digits joined by nothing or one of `- _ . ' @ &`, with a trailing `+`, `++`, `#` or `%`, are one
//!   word without the hyphens (`GPT-4` is `gpt4`, `PD1728_A` is `pd1728a`), beside their parts of two or more characters.
//! - Numbers: `1,000` is `1000`, `3.5` stays `3.5`, and with a calendar character also `2021年`.
//! - Kana and hangul: the run.
//! - Symbols and punctuation are no words.

use std::borrow::Cow;
use std::ops::Range;

use frostem::{Algorithm, Stemmer};

use super::segmenter::{Segmenter, WordTable};
use super::units::{Unit, UnitKind};

/// Bump when the same text gives other words than before: indexes made earlier must then be rebuilt.
pub(crate) const VERSION: u32 = 3;

/// Codes of more units than this are taken as their parts only: they are addresses or noise, and nobody types them whole.
const MAX_CODE_UNITS: usize = 12;
/// Kana or hangul of a word: a longer run is many, and terms must stay small whatever a file holds.
const MAX_SYLLABLES: usize = 40;
/// Letters of a word before its ending is worth cutting off.
const MIN_STEM_BYTES: usize = 3;
/// Characters that make a number the name of a day, month or year.
const CALENDAR: [char; 4] = ['年', '月', '日', '号'];

/// How a word relates to the others at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WordKind {
    /// Part of the plainest reading: the leaves follow each other without a gap and without overlap.
    Leaf,
    /// Made up of leaves.
    Compound,
    /// Inside a leaf, or across two.
    Inner,
}

/// One word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word<'t> {
    /// What is looked up in the index.
    pub term: Cow<'t, str>,
    /// Bytes in the folded text.
    pub bytes: Range<usize>,
    /// Index of its first unit.
    pub unit: usize,
    /// See [`WordKind`].
    pub kind: WordKind,
}

/// The words of `folded`, whose units are `units`, in no order.
#[must_use]
pub(crate) fn words<'t>(segmenter: &impl Segmenter, folded: &'t str, units: &[Unit]) -> Vec<Word<'t>> {
    let mut words = Vec::with_capacity(units.len());
    each_stretch(folded, units, &mut words, |words, run| han(segmenter, folded, units, run, words));
    words
}

/// A word as the index sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Term<'t> {
    /// A word of the dictionary, by its number in the [`WordTable`].
    Known(u32),
    /// Any other.
    Other(&'t str),
}

/// Hands over the terms of [`words`], in no order, with no more work than the index needs.
pub(crate) fn each_term(table: &WordTable, folded: &str, units: &[Unit], mut take: impl FnMut(Term<'_>)) {
    let mut others = Vec::new();
    each_stretch(folded, units, &mut others, |_, run| {
        let text = &folded[units[run.start].bytes.start..units[run.end - 1].bytes.end];
        table.cut(text, |chars, number| match number {
            Some(number) => take(Term::Known(number)),
            None => take(Term::Other(&folded[units[run.start + chars.start].bytes.clone()])),
        });
    });
    others.iter().for_each(|word| take(Term::Other(&word.term)));
}

/// Walks over the units: the words of each run of Han characters are found by `han`, those of all else go to `words`.
fn each_stretch<'t>(
    folded: &'t str,
    units: &[Unit],
    words: &mut Vec<Word<'t>>,
    mut han: impl FnMut(&mut Vec<Word<'t>>, Range<usize>),
) {
    let mut at = 0;
    while at < units.len() {
        at = match units[at].kind {
            UnitKind::Han => {
                let end = run_end(units, at, |unit| unit.kind == UnitKind::Han);
                han(words, at..end);
                end
            }
            UnitKind::Letters | UnitKind::Digits => code(folded, units, at, words),
            UnitKind::Syllable => {
                let end =
                    run_end(&units[..units.len().min(at + MAX_SYLLABLES)], at, |unit| unit.kind == UnitKind::Syllable);
                push(words, folded, units, at..end, WordKind::Leaf, None);
                end
            }
            UnitKind::Symbol => at + 1,
        };
    }
}

/// Index after the run of touching units that begins at `at`.
fn run_end(units: &[Unit], at: usize, belongs: impl Fn(&Unit) -> bool) -> usize {
    let mut end = at + 1;
    while end < units.len() && belongs(&units[end]) && units[end].bytes.start == units[end - 1].bytes.end {
        end += 1;
    }
    end
}

fn push<'t>(
    words: &mut Vec<Word<'t>>,
    folded: &'t str,
    units: &[Unit],
    span: Range<usize>,
    kind: WordKind,
    term: Option<Cow<'t, str>>,
) {
    let bytes = units[span.start].bytes.start..units[span.end - 1].bytes.end;
    let term = term.unwrap_or(Cow::Borrowed(&folded[bytes.clone()]));
    words.push(Word { term, bytes, unit: span.start, kind });
}

/// The words of the Han run that the units `run` are.
fn han<'t>(segmenter: &impl Segmenter, folded: &'t str, units: &[Unit], run: Range<usize>, words: &mut Vec<Word<'t>>) {
    let text = &folded[units[run.start].bytes.start..units[run.end - 1].bytes.end];
    let first = words.len();
    segmenter.cut_for_search(text, |chars| {
        push(words, folded, units, run.start + chars.start..run.start + chars.end, WordKind::Inner, None);
    });
    // each word of the cut comes right after the shorter ones inside it, so from the back the word comes first
    let mut word_end = words.len();
    while word_end > first {
        let word = word_end - 1;
        let mut inner = word;
        while inner > first && words[inner - 1].unit >= words[word].unit {
            inner -= 1;
        }
        mark_leaves(&mut words[inner..word_end]);
        word_end = inner;
    }
}

/// Decides which of the words `[shorter.., whole]` are the leaves: the shorter ones where they tile the whole, else the
/// whole itself.
fn mark_leaves(words: &mut [Word<'_>]) {
    let Some((whole, shorter)) = words.split_last_mut() else { return };
    let mut tiles: Vec<usize> = Vec::new();
    if tile(shorter, whole.bytes.start, whole.bytes.end, &mut tiles) {
        whole.kind = WordKind::Compound;
        for tile in tiles {
            shorter[tile].kind = WordKind::Leaf;
        }
    } else {
        whole.kind = WordKind::Leaf;
    }
}

/// Finds words that follow each other from `start` to `end`; depth is bounded by the characters of one dictionary word.
fn tile(words: &[Word<'_>], start: usize, end: usize, tiles: &mut Vec<usize>) -> bool {
    if start == end {
        return true;
    }
    for (i, word) in words.iter().enumerate().filter(|(_, word)| word.bytes.start == start) {
        tiles.push(i);
        if tile(words, word.bytes.end, end, tiles) {
            return true;
        }
        tiles.pop();
    }
    false
}

/// The words of the code, number or plain word at `at`; gives the index after it.
fn code<'t>(folded: &'t str, units: &[Unit], at: usize, words: &mut Vec<Word<'t>>) -> usize {
    let joined = |end: usize| -> bool {
        let (before, unit) = (&units[end - 1], &units[end]);
        // as bytes: short patterns are compared without a call
        match (&folded.as_bytes()[before.bytes.end..unit.bytes.start], unit.kind) {
            (b"" | b"-" | b"_" | b"." | b"'" | b"\xE2\x80\x99", UnitKind::Letters | UnitKind::Digits) => true,
            (b",", UnitKind::Digits) => is_thousands(before, unit),
            (b"", UnitKind::Symbol) => {
                matches!(&folded.as_bytes()[unit.bytes.clone()], b"@" | b"&")
                    && units.get(end + 1).is_some_and(|next| {
                        next.bytes.start == unit.bytes.end && matches!(next.kind, UnitKind::Letters | UnitKind::Digits)
                    })
            }
            _ => false,
        }
    };
    let mut end = at + 1;
    while end < units.len() && joined(end) {
        end += 1;
    }
    let bare_end = end;
    end = suffix_end(folded, units, end);
    if end - at == 1 {
        let term = plain_term(folded, &units[at]);
        push(words, folded, units, at..end, WordKind::Leaf, Some(term));
        calendar(folded, units, at..end, words);
        return end;
    }
    let is_word = end - at <= MAX_CODE_UNITS;
    let numbers = numbers(folded, units, at..bare_end);
    for part in at..bare_end {
        let number = numbers.partition_point(|number| number.end <= part);
        let in_number = numbers.get(number).is_some_and(|number| number.contains(&part));
        if !in_number && units[part].kind != UnitKind::Symbol && (units[part].bytes.len() > 1 || !is_word) {
            let kind = if is_word { WordKind::Inner } else { WordKind::Leaf };
            push(words, folded, units, part..part + 1, kind, Some(plain_term(folded, &units[part])));
        }
    }
    for number in numbers {
        let is_whole = number == (at..end);
        let kind = if is_whole || !is_word { WordKind::Leaf } else { WordKind::Inner };
        if is_whole || units[number.end - 1].bytes.end - units[number.start].bytes.start > 1 {
            let bytes = units[number.start].bytes.start..units[number.end - 1].bytes.end;
            let term = folded[bytes].replace(',', "");
            push(words, folded, units, number.clone(), kind, Some(Cow::Owned(term)));
        }
        if is_whole {
            return end;
        }
    }
    if is_word {
        let bytes = units[at].bytes.start..units[end - 1].bytes.end;
        let term: String =
            folded[bytes].chars().filter(|c| !matches!(c, '-' | '_' | '\'' | '\u{2019}' | ',')).collect();
        push(words, folded, units, at..end, WordKind::Leaf, Some(Cow::Owned(term)));
    }
    end
}

/// Whether a comma between `before` and `unit` groups thousands: three digits after it, and no more than three before.
fn is_thousands(before: &Unit, unit: &Unit) -> bool {
    before.kind == UnitKind::Digits && unit.bytes.len() == 3 && before.bytes.len() <= 3
}

/// A word of one unit.
fn plain_term<'t>(folded: &'t str, unit: &Unit) -> Cow<'t, str> {
    stem(&folded[unit.bytes.clone()], unit.kind)
}

/// The stem of a unit of English letters; any other unit as it is.
pub(crate) fn stem(text: &str, kind: UnitKind) -> Cow<'_, str> {
    if kind == UnitKind::Letters && text.len() >= MIN_STEM_BYTES && text.is_ascii() {
        Stemmer::new(Algorithm::English).stem(text)
    } else {
        Cow::Borrowed(text)
    }
}

/// Index after the `+`, `++`, `#` or `%` that belongs to the word that ends at `end`: nothing may be joined to it behind.
fn suffix_end(folded: &str, units: &[Unit], end: usize) -> usize {
    let touches = |i: usize| i < units.len() && units[i].bytes.start == units[i - 1].bytes.end;
    let symbol = |i: usize, allowed: &[u8]| {
        touches(i) && matches!(folded.as_bytes()[units[i].bytes.clone()], [symbol] if allowed.contains(&symbol))
    };
    let suffix_end = if symbol(end, b"+") && symbol(end + 1, b"+") {
        end + 2
    } else if symbol(end, b"+#%") {
        end + 1
    } else {
        return end;
    };
    let continues = touches(suffix_end) && !matches!(units[suffix_end].kind, UnitKind::Han | UnitKind::Syllable);
    if continues { end } else { suffix_end }
}

/// Runs of digits joined by `.` or `,`.
fn numbers(folded: &str, units: &[Unit], span: Range<usize>) -> Vec<Range<usize>> {
    let mut numbers: Vec<Range<usize>> = Vec::new();
    for i in span {
        if units[i].kind != UnitKind::Digits {
            continue;
        }
        match numbers.last_mut() {
            Some(number)
                if number.end == i
                    && number.len() < MAX_CODE_UNITS
                    && matches!(&folded[units[i - 1].bytes.end..units[i].bytes.start], "." | ",") =>
            {
                number.end = i + 1;
            }
            _ => numbers.push(i..i + 1),
        }
    }
    numbers
}

/// `2021年`, beside the number alone.
fn calendar<'t>(folded: &'t str, units: &[Unit], number: Range<usize>, words: &mut Vec<Word<'t>>) {
    let Some(next) = units.get(number.end) else { return };
    let is_calendar = folded[next.bytes.clone()].starts_with(CALENDAR) && !next.breaks_from(&units[number.end - 1]);
    if units[number.start].kind == UnitKind::Digits && is_calendar {
        let term = format!("{}{}", &folded[units[number.start].bytes.clone()], &folded[next.bytes.clone()]);
        push(words, folded, units, number.start..number.end + 1, WordKind::Compound, Some(Cow::Owned(term)));
    }
}

#[cfg(test)]
mod tests {
    use super::super::dictionary::Dictionary;
    use super::super::normalize::Normalized;
    use super::super::units::units;
    use super::*;

    /// Terms by start; leaves plain, compounds in `[]`, inner words in `()`.
    fn shown(text: &str) -> String {
        let normalized = Normalized::new(text);
        let folded = normalized.as_str();
        let slice = Dictionary::default().slice(folded);
        let mut words = words(slice.jieba(), folded, &units(folded));
        words.sort_by_key(|word| (word.bytes.start, word.bytes.end));
        let shown = words.iter().map(|word| match word.kind {
            WordKind::Leaf => word.term.to_string(),
            WordKind::Compound => format!("[{}]", word.term),
            WordKind::Inner => format!("({})", word.term),
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(shown(text), expected, "{text:?}");
    }

    #[test]
    fn numbers_codes_and_units_are_words() {
        check("C++ C# 10% 3.5 1,000 5G", "c++ c# (10) 10% 3.5 1000 5g");
        check("GPT-4 gpt4 PD1728_A", "(gpt) gpt4 (gpt) gpt4 (pd) pd1728a (1728)");
        check("iPhone 15 Pro", "iphon 15 pro");
        check("R&D AT&T", "r&d (at) at&t");
        check("a.b@example.com", "a.b@example.com (exampl) (com)");
        check("https://example.com/a", "https (exampl) example.com (com) a");
        check("C++11 1+1=4", "c 11 1 1 4");
    }

    #[test]
    fn a_number_and_its_calendar_character_are_also_one_word() {
        check("2021年9月", "2021 [2021年] 年 9 [9月] 月");
        check("2021 年", "2021 [2021年] 年");
    }

    #[test]
    fn english_words_lose_their_endings() {
        check("stocks stock Stock's", "stock stock (stock) stocks");
    }

    proptest::proptest! {
        #[test]
        fn a_stem_begins_as_its_word_does(word in "[a-z]{1,3}[aeiouy]{0,2}[a-z]{0,3}(s|es|ies|ied|ing|ly|y|ed|ational|iveness)?") {
            let stem = stem(&word, UnitKind::Letters);
            proptest::prop_assert_eq!(stem.chars().next(), word.chars().next(), "{}", stem);
        }
    }

    #[test]
    fn long_chinese_words_are_made_of_leaves() {
        check("人民代表大会", "人民 [人民代表大会] 代表 大会");
        check("微软关闭服务", "微软 关闭 服务");
    }

    #[test]
    fn kana_and_hangul_runs_are_words() {
        check("ガンダム 한국", "ガンダム 한국");
    }
}
