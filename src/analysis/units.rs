//! Splits folded text into units, the smallest things that can be asked for: one Han character, one run of letters, one
//! run of digits, one symbol. Pure; the word rules of `latin` and the segmenter build on these.
//!
//! Units define what "contains" means. White space between them is ignored (`2021 年` is `2021年`). Punctuation separates:
//! any run of it, with the blanks around, is one break, and which marks it holds makes no difference. A string is
//! contained where its units follow each other with breaks at the same places. Latin words and numbers count as a whole;
//! the symbols `+ # % & @ $ = < >`, currency signs, `°`, `±`, `×`, `÷`, `‰`, arrows and pictographs are units of their
//! own, so that `C++` is not `C#`.

use std::ops::Range;

use super::normalize::{is_han, is_hangul, is_kana};

/// Bump when the same text gives other units than before: indexes made earlier must then be rebuilt.
pub(crate) const VERSION: u32 = 1;

/// What a unit is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnitKind {
    /// One Chinese character.
    Han,
    /// One kana or hangul syllable.
    Syllable,
    /// A run of letters of an alphabet.
    Letters,
    /// A run of digits.
    Digits,
    /// A symbol that carries meaning.
    Symbol,
}

/// One unit of a folded text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// What it is made of.
    pub kind: UnitKind,
    /// Bytes in the folded text.
    pub bytes: Range<usize>,
    /// Place in the text: [`Unit::STEP`] more than the unit before, and one more again after a break. Two units are
    /// therefore neighbours exactly when their positions differ by `STEP`, and neighbours across one break exactly when
    /// they differ by `STEP + 1`: no other sequence of units adds up to these.
    pub position: u32,
    /// Whether white space stands right before it.
    pub after_blank: bool,
}

impl Unit {
    /// Distance of neighbouring units.
    pub const STEP: u32 = 2;
    /// Longer runs of letters or digits are cut into several units of this many bytes: no word is that long, and terms
    /// must stay small whatever a file holds.
    pub const MAX_BYTES: usize = 120;

    /// Whether punctuation stands between `before` and this unit.
    #[must_use]
    pub fn breaks_from(&self, before: &Self) -> bool {
        self.position - before.position > Self::STEP
    }
}

/// The units of a folded text, in order. Breaks at either end leave no trace.
#[must_use]
pub fn units(folded: &str) -> Vec<Unit> {
    let mut units: Vec<Unit> = Vec::with_capacity(folded.len() / 3);
    Stretches::new(folded).for_each(|stretch| units.extend(stretch.units(0)));
    units
}

/// Units that follow each other without anything between them: Chinese characters of three bytes, or a single unit.
#[derive(Debug)]
pub(crate) struct Stretch {
    pub(crate) first: Unit,
    /// Units in all.
    pub(crate) count: usize,
}

impl Stretch {
    /// Its units from the one of this number on.
    pub(crate) fn units(&self, from: usize) -> impl Iterator<Item = Unit> + Clone + use<> {
        let Unit { kind, ref bytes, position, after_blank } = self.first;
        let (first, len) = (bytes.start, bytes.len());
        (from..self.count).map(move |number| {
            let start = first + len * number;
            let position = position + Unit::STEP * number as u32;
            Unit { kind, bytes: start..start + len, position, after_blank: after_blank && number == 0 }
        })
    }
}

/// The units of a folded text, in stretches: most of a text is Chinese characters, which need no look one by one.
#[derive(Debug, Clone)]
pub(crate) struct Stretches<'t> {
    folded: &'t str,
    at: usize,
    /// Of the next unit.
    position: u32,
    is_first: bool,
    after_break: bool,
    after_blank: bool,
}

impl<'t> Stretches<'t> {
    pub(crate) fn new(folded: &'t str) -> Self {
        Self { folded, at: 0, position: 0, is_first: true, after_break: false, after_blank: false }
    }

    /// The next units: `count` of them, each as long as the first one.
    fn stretch(&mut self, kind: UnitKind, bytes: Range<usize>, count: usize) -> Stretch {
        let position = self.position + u32::from(self.after_break && !self.is_first);
        let after_blank = self.after_blank && !self.is_first;
        self.at = bytes.start + bytes.len() * count;
        self.position = position + Unit::STEP * count as u32;
        (self.is_first, self.after_break, self.after_blank) = (false, false, false);
        Stretch { first: Unit { kind, bytes, position, after_blank }, count }
    }

    /// Where the run of letters or digits ends that begins at `start`, as far as one unit goes.
    fn run_end(&self, kind: UnitKind, start: usize) -> usize {
        let run = self.folded[start..].char_indices();
        let ends = run.map(|(at, c)| (at + c.len_utf8(), c));
        let is_in = |&(end, c): &(usize, char)| end <= Unit::MAX_BYTES && class(c) == Class::Unit(kind);
        ends.take_while(is_in).last().map_or(start, |(end, _)| start + end)
    }
}

impl Iterator for Stretches<'_> {
    type Item = Stretch;

    fn next(&mut self) -> Option<Stretch> {
        loop {
            let start = self.at;
            let count = common_han(&self.folded.as_bytes()[start..]);
            if count > 0 {
                return Some(self.stretch(UnitKind::Han, start..start + 3, count));
            }
            let c = self.folded[start..].chars().next()?;
            let end = start + c.len_utf8();
            match class(c) {
                Class::Unit(kind @ (UnitKind::Letters | UnitKind::Digits)) => {
                    return Some(self.stretch(kind, start..self.run_end(kind, start), 1));
                }
                Class::Unit(kind) => return Some(self.stretch(kind, start..end, 1)),
                Class::Blank => self.after_blank = true,
                Class::Break => (self.after_break, self.after_blank) = (true, false),
            }
            self.at = end;
        }
    }
}

/// How many Chinese characters of the common block `text` begins with, each in three bytes.
fn common_han(text: &[u8]) -> usize {
    let is_common = |&&[first, second, _]: &&[u8; 3]| (0xE4B8..0xEA00).contains(&u16::from_be_bytes([first, second]));
    text.as_chunks().0.iter().take_while(is_common).count()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Unit(UnitKind),
    Blank,
    Break,
}

/// Classes of the ASCII characters, by their codes.
static ASCII: [Class; 128] = {
    let mut classes = [Class::Break; 128];
    let mut code = 0;
    while code < 128 {
        classes[code] = match code as u8 {
            b'a'..=b'z' => Class::Unit(UnitKind::Letters),
            b'0'..=b'9' => Class::Unit(UnitKind::Digits),
            b'+' | b'#' | b'%' | b'&' | b'@' | b'$' | b'=' | b'<' | b'>' => Class::Unit(UnitKind::Symbol),
            b' ' | b'\t' => Class::Blank,
            // the end of a paragraph separates as punctuation does
            _ => Class::Break,
        };
        code += 1;
    }
    classes
};

fn class(c: char) -> Class {
    if let Some(&class) = ASCII.get(c as usize) {
        return class;
    }
    match c {
        c if is_common_break(c) => Class::Break,
        c if is_han(c) => Class::Unit(UnitKind::Han),
        c if is_kana(c) || is_hangul(c) => Class::Unit(UnitKind::Syllable),
        c if is_symbol(c) => Class::Unit(UnitKind::Symbol),
        c if c.is_numeric() => Class::Unit(UnitKind::Digits),
        // spacing marks of Indic scripts are no letters to `is_alphabetic` but belong to their word
        c if c.is_alphabetic() => Class::Unit(UnitKind::Letters),
        c if c.is_whitespace() => Class::Blank,
        _ => Class::Break,
    }
}

/// The most frequent of the marks that all other rules leave over: commas and stops, dashes, quotation marks and brackets.
const fn is_common_break(c: char) -> bool {
    matches!(c, '、'..='〃' | '〈'..='】' | '—'..='‟' | '…')
}

fn is_symbol(c: char) -> bool {
    matches!(c, '¢'..='¥' | '°' | '±' | '×' | '÷' | '‰' | '\u{20A0}'..='\u{20CF}' | '\u{2190}'..='\u{23FF}'
        | '\u{2600}'..='\u{27BF}' | '\u{2B00}'..='\u{2BFF}' | '\u{1F000}'..='\u{1FAFF}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn common_breaks_are_nothing_else() {
        let is_other = |c: char| {
            let is_letter = is_han(c) || is_kana(c) || is_hangul(c) || c.is_alphabetic();
            is_letter || is_symbol(c) || c.is_numeric() || c.is_whitespace()
        };
        let breaks: Vec<char> = ('\0'..=char::MAX).filter(|&c| is_common_break(c)).collect();
        assert!(breaks.len() > 20 && !breaks.iter().any(|&c| is_other(c)), "{breaks:?}");
    }

    /// Units separated by blanks, breaks shown as `|`.
    fn shown(folded: &str) -> String {
        let units = units(folded);
        let mut shown = String::new();
        for (i, unit) in units.iter().enumerate() {
            if i > 0 {
                shown.push_str(if unit.breaks_from(&units[i - 1]) { " | " } else { " " });
            }
            shown.push_str(&folded[unit.bytes.clone()]);
        }
        shown
    }

    #[track_caller]
    fn check(folded: &str, expected: &str) {
        assert_eq!(shown(folded), expected, "{folded:?}");
    }

    #[test]
    fn splits_at_the_borders_people_know() {
        check("2021 年 9 月关闭azure区块链", "2021 年 9 月 关 闭 azure 区 块 链");
        check("gpt-4、5g和3.5%", "gpt | 4 | 5 g 和 3 | 5 %");
        check("c++与c#", "c + + 与 c #");
        check("“服务”。\n在“", "服 务 | 在");
        check("pd1728_a", "pd 1728 | a");
        check("ガン 한국", "ガ ン 한 국");
        check("，。", "");
    }

    #[test]
    fn endless_words_become_units_of_bounded_size() {
        let text = "a".repeat(10 * Unit::MAX_BYTES + 1);
        let units = units(&text);
        assert_eq!(units.len(), 11);
        assert!(units.iter().all(|unit| unit.bytes.len() <= Unit::MAX_BYTES));
    }

    proptest! {
        #[test]
        fn positions_tell_neighbours_exactly(text in "[中国a1，。 +\n]{0,30}") {
            let units = units(&text);
            for (i, a) in units.iter().enumerate() {
                for (j, b) in units.iter().enumerate().skip(i + 1) {
                    let gap = &text[a.bytes.end..b.bytes.start];
                    let broken = gap.contains(['，', '。', '\n']);
                    let step = b.position - a.position;
                    prop_assert_eq!(step == Unit::STEP, j == i + 1 && !broken);
                    prop_assert_eq!(step == Unit::STEP + 1, j == i + 1 && broken);
                }
            }
        }
    }
}
