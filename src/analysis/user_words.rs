//! The file format of user dictionaries, jieba's: `word [frequency] [tag]`, one word a line, `#` begins a comment. Pure.
//!
//! A list remembers its lines as they were written, so that a program that changes one word leaves comments, tags and order
//! alone. A bad line costs only itself.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::dictionary::UserWord;
use super::normalize::{Normalized, is_han};

/// Longer words are sentences.
pub const MAX_WORD_CHARS: usize = 20;
/// The built-in dictionary counts 60 million words; a word of a higher frequency would swallow its neighbours.
pub const MAX_FREQUENCY: u64 = 1_000_000_000;

/// A user dictionary, line by line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WordList {
    lines: Vec<Line>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Line {
    Word {
        word: String,
        frequency: Option<u64>,
        tag: Option<String>,
    },
    /// A comment, an empty line, or one that cannot be understood.
    Other(String),
}

/// A line that has no effect, or another one than it seems.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadLine {
    /// Counted from 1.
    pub line: usize,
    /// As it stands in the file.
    pub text: String,
    /// What is wrong with it.
    pub fault: WordFault,
}

/// What is wrong with a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WordFault {
    /// It holds something else than Han characters, and the dictionary is only asked about these.
    NotHan,
    /// It is one character, and these are found without a dictionary.
    TooShort,
    /// It is longer than [`MAX_WORD_CHARS`].
    TooLong,
    /// The line holds control characters.
    ControlCharacter,
    /// The frequency is no number from 1 to [`MAX_FREQUENCY`].
    BadFrequency,
    /// More follows than a frequency and a tag.
    TooManyColumns,
    /// The word, or another spelling of it, stands on this line already; the later one counts.
    Duplicate(usize),
}

/// What [`WordList::set`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The word is new.
    Added,
    /// It had another frequency.
    Changed,
    /// It stood there just so.
    Unchanged,
}

impl WordList {
    /// Reads a file, and tells which of its lines are bad.
    #[must_use]
    pub fn parse(text: &str) -> (Self, Vec<BadLine>) {
        let (mut list, mut bad) = (Self::default(), Vec::new());
        let mut known: HashMap<String, usize> = HashMap::new();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for (number, raw) in (1..).zip(text.lines()) {
            let line = parse_line(raw).unwrap_or_else(|fault| {
                bad.push(BadLine { line: number, text: raw.to_owned(), fault });
                Line::Other(raw.to_owned())
            });
            if let Line::Word { word, .. } = &line
                && let Some(first) = known.insert(fold(word), number)
            {
                bad.push(BadLine { line: number, text: raw.to_owned(), fault: WordFault::Duplicate(first) });
            }
            list.lines.push(line);
        }
        (list, bad)
    }

    /// The words, in the order of the file.
    pub fn words(&self) -> impl Iterator<Item = UserWord> {
        self.lines.iter().filter_map(|line| match line {
            Line::Word { word, frequency, .. } => Some(UserWord { word: word.clone(), frequency: *frequency }),
            Line::Other(_) => None,
        })
    }

    /// Puts in `word`, or gives it this frequency; every spelling that folds to the same counts as the word.
    pub fn set(&mut self, word: &str, frequency: Option<u64>) -> Change {
        let wanted = fold(word);
        let mut change = Change::Added;
        for line in &mut self.lines {
            if let Line::Word { word, frequency: old, .. } = line
                && fold(word) == wanted
            {
                change = if *old == frequency { Change::Unchanged } else { Change::Changed };
                *old = frequency;
            }
        }
        if change == Change::Added {
            self.lines.push(Line::Word { word: word.to_owned(), frequency, tag: None });
        }
        change
    }

    /// Takes out every spelling of `word`; `false` when there is none.
    pub fn remove(&mut self, word: &str) -> bool {
        let (wanted, before) = (fold(word), self.lines.len());
        self.lines.retain(|line| !matches!(line, Line::Word { word, .. } if fold(word) == wanted));
        self.lines.len() < before
    }

    /// The text of the file.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for line in &self.lines {
            match line {
                Line::Other(line) => text.push_str(line),
                Line::Word { word, frequency, tag } => {
                    text.push_str(word);
                    if let Some(frequency) = frequency {
                        write!(text, " {frequency}").expect("a string takes every write");
                    }
                    if let Some(tag) = tag {
                        write!(text, " {tag}").expect("a string takes every write");
                    }
                }
            }
            text.push('\n');
        }
        text
    }
}

/// Whether `word` can stand in a dictionary.
///
/// # Errors
/// What is wrong with it.
pub fn check_word(word: &str) -> Result<(), WordFault> {
    if word.chars().any(char::is_control) {
        return Err(WordFault::ControlCharacter);
    }
    let folded = fold(word);
    if folded.is_empty() || !folded.chars().all(is_han) {
        return Err(WordFault::NotHan);
    }
    match folded.chars().count() {
        ..2 => Err(WordFault::TooShort),
        2..=MAX_WORD_CHARS => Ok(()),
        _ => Err(WordFault::TooLong),
    }
}

/// Whether a word may have this frequency.
#[must_use]
pub const fn is_frequency(frequency: u64) -> bool {
    frequency >= 1 && frequency <= MAX_FREQUENCY
}

fn fold(word: &str) -> String {
    Normalized::new(word).as_str().to_owned()
}

fn parse_line(raw: &str) -> Result<Line, WordFault> {
    let text = raw.trim();
    if text.is_empty() || text.starts_with('#') {
        return Ok(Line::Other(raw.to_owned()));
    }
    if text.chars().any(|c| c.is_control() && c != '\t') {
        return Err(WordFault::ControlCharacter);
    }
    let mut columns = text.split_whitespace();
    let word = columns.next().unwrap_or_default();
    let rest: Vec<&str> = columns.take_while(|column| !column.starts_with('#')).collect();
    check_word(word)?;
    let frequency =
        |column: &str| column.parse().ok().filter(|&frequency| is_frequency(frequency)).ok_or(WordFault::BadFrequency);
    let (frequency, tag) = match rest[..] {
        [] => (None, None),
        // jieba takes a tag without a frequency
        [tag] if tag.bytes().all(|b| b.is_ascii_alphabetic()) => (None, Some(tag)),
        [number] => (Some(frequency(number)?), None),
        [number, tag] => (Some(frequency(number)?), Some(tag)),
        _ => return Err(WordFault::TooManyColumns),
    };
    Ok(Line::Word { word: word.to_owned(), frequency, tag: tag.map(str::to_owned) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn faults(text: &str) -> Vec<(usize, WordFault)> {
        WordList::parse(text).1.into_iter().map(|bad| (bad.line, bad.fault)).collect()
    }

    #[test]
    fn reads_the_format_of_jieba() {
        let (list, bad) =
            WordList::parse("\u{feff}# 公司\n江湾日报 30 nt\n\n元宇宙\n李小福 nr\n云计算\t5\r\n台積電 9 # 繁\n");
        assert_eq!(bad, []);
        let words: Vec<_> = list.words().map(|word| (word.word, word.frequency)).collect();
        let expected =
            [("江湾日报", Some(30)), ("元宇宙", None), ("李小福", None), ("云计算", Some(5)), ("台積電", Some(9))];
        assert_eq!(words, expected.map(|(word, frequency)| (word.to_owned(), frequency)));
    }

    #[test]
    fn bad_lines_are_named_and_cost_only_themselves() {
        let text = "GPT\n元宇宙 很多\n云\n元宇宙\n元宇宙 0\n云计算 3 n x\n\u{7}云计算\n元宇宙 7\nT恤 5\n臺灣\n台湾 1\n";
        assert_eq!(
            faults(text),
            [
                (1, WordFault::NotHan),
                (2, WordFault::BadFrequency),
                (3, WordFault::TooShort),
                (5, WordFault::BadFrequency),
                (6, WordFault::TooManyColumns),
                (7, WordFault::ControlCharacter),
                (8, WordFault::Duplicate(4)),
                (9, WordFault::NotHan),
                (11, WordFault::Duplicate(10)),
            ]
        );
        assert_eq!(faults(&"长".repeat(21)), [(1, WordFault::TooLong)]);
        assert_eq!(WordList::parse(text).0.words().count(), 4);
    }

    #[test]
    fn changes_leave_the_other_lines_alone() {
        let (mut list, _) = WordList::parse("# 公司\n江湾日报 30 nt\n?? 坏\n元宇宙\n");
        assert_eq!(list.set("江湾日报", Some(40)), Change::Changed);
        assert_eq!(list.set("江湾日报", Some(40)), Change::Unchanged);
        assert_eq!(list.set("大模型", None), Change::Added);
        assert!(list.remove("元宇宙") && !list.remove("元宇宙"));
        assert_eq!(list.to_text(), "# 公司\n江湾日报 40 nt\n?? 坏\n大模型\n");
    }

    proptest! {
        #[test]
        fn a_written_list_reads_as_the_same(text in "([元宇宙大模型a#]{1,4}[ \t]{0,2}[0-9]{0,3} ?[a-z]{0,2}\n){0,6}") {
            let list = WordList::parse(&text).0;
            prop_assert_eq!(WordList::parse(&list.to_text()).0, list);
        }
    }
}
