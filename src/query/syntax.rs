//! The characters and words that mean something in a query: what the parser
//! looks for and `Display` therefore has to escape. Tables and predicates only.

use super::ast::Field;

/// The ASCII character that a full-width one stands for (`：` is `:`, `　` is a
/// space); any other character is its own twin. Chinese input methods produce
/// these, so syntax is always compared through this function. Text is kept as
/// it was typed: folding it is the analyser's business.
pub(super) fn twin(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).expect("the block mirrors printable ASCII"),
        _ => c,
    }
}

/// `text` with full-width letters folded and ASCII in lower case: the form in
/// which names of fields and dates are looked up.
pub(super) fn folded(text: &str) -> String {
    text.chars().map(|c| twin(c).to_ascii_lowercase()).collect()
}

/// The kinds of quotation marks. 《》 are no quotes: they belong to titles.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Quote {
    /// `"` and `＂`
    Straight,
    /// `“`, `”`, `„`, `‟` in any combination: input methods often give the
    /// wrong one of the pair.
    Curly,
    /// `「…」`
    Corner,
    /// `『…』`
    WhiteCorner,
}

impl Quote {
    pub(super) fn opened_by(c: char) -> Option<Quote> {
        match c {
            '"' | '＂' => Some(Quote::Straight),
            '“' | '”' | '„' | '‟' => Some(Quote::Curly),
            '「' => Some(Quote::Corner),
            '『' => Some(Quote::WhiteCorner),
            _ => None,
        }
    }

    pub(super) fn closed_by(self, c: char) -> bool {
        match self {
            Quote::Straight | Quote::Curly => Quote::opened_by(c) == Some(self),
            Quote::Corner => c == '」',
            Quote::WhiteCorner => c == '』',
        }
    }

    /// The kind whose marks may close this one if its own never come (`“微软"`).
    pub(super) fn stand_in(self) -> Option<Quote> {
        match self {
            Quote::Straight => Some(Quote::Curly),
            Quote::Curly => Some(Quote::Straight),
            Quote::Corner | Quote::WhiteCorner => None,
        }
    }
}

/// Whether a backslash inside quotes takes away the meaning of `c`.
pub(super) fn escapable_in_quotes(c: char) -> bool {
    c == '\\' || c == '」' || c == '』' || Quote::opened_by(c).is_some()
}

/// Whether `c` ends the word before it.
pub(super) fn breaks_word(c: char) -> bool {
    c.is_whitespace() || matches!(twin(c), '(' | ')' | '|') || Quote::opened_by(c).is_some()
}

/// Whether a backslash outside quotes takes away the meaning of `c`. Before any
/// other character a backslash is text, so `C:\Users` stays what it is.
pub(super) fn escapable(c: char) -> bool {
    breaks_word(c) || matches!(twin(c), '-' | ':' | '*' | '^' | '~' | '&' | '\\')
}

/// Bytes of the word at the start of `rest`, escapes included; 0 if there is none.
pub(super) fn word_len(rest: &str) -> usize {
    let mut chars = rest.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if breaks_word(c) {
            return at;
        }
        if c == '\\' {
            chars.next_if(|&(_, next)| escapable(next));
        }
    }
    rest.len()
}

/// Whether a `-` directly before `rest` excludes. Before white space, another
/// dash or mere signs (`->`, `-_-`, `--`) it is text.
pub(super) fn can_negate(rest: &str) -> bool {
    let Some(first) = rest.chars().next() else {
        return false;
    };
    if twin(first) == '(' || Quote::opened_by(first).is_some() {
        return true;
    }
    let word = &rest[..word_len(rest)];
    let is_star = !word.is_empty() && word.chars().all(|c| twin(c) == '*');
    twin(first) != '-' && (is_star || word.chars().any(char::is_alphanumeric))
}

/// A token that joins or negates clauses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Operator {
    And,
    Or,
    Not,
}

/// The operator at the start of `rest` with its length in bytes. A word is an
/// operator only if it stands alone: 或者 and `ANDROID` are text. `|` needs no
/// space around it.
pub(super) fn operator(rest: &str) -> Option<(Operator, usize)> {
    let pipes: usize = rest.chars().take_while(|&c| twin(c) == '|').map(char::len_utf8).sum();
    if pipes > 0 {
        return Some((Operator::Or, pipes));
    }
    [("AND", Operator::And), ("&&", Operator::And), ("OR", Operator::Or), ("或", Operator::Or), ("NOT", Operator::Not)]
        .into_iter()
        .find_map(|(name, operator)| {
            let mut chars = rest.char_indices();
            let same = name.chars().all(|n| chars.next().is_some_and(|(_, c)| twin(c) == n));
            let len = chars.offset();
            (same && chars.next().is_none_or(|(_, c)| breaks_word(c))).then_some((operator, len))
        })
}

/// Whether `word` as a whole would be read as an operator. One of `|` is no word: each of these is escaped by itself.
pub(super) fn is_operator(word: &str) -> bool {
    !word.starts_with(breaks_word) && operator(word).is_some_and(|(_, len)| len == word.len())
}

/// Which end of a date a date clause speaks of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum DateKey {
    After,
    Before,
    On,
}

impl DateKey {
    pub(super) fn name(self) -> &'static str {
        match self {
            DateKey::After => "after",
            DateKey::Before => "before",
            DateKey::On => "date",
        }
    }
}

/// What may stand before a colon.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Key {
    Text(Field),
    Date(DateKey),
}

/// Every name of every key, the canonical one first. Compared with [`folded`].
pub(super) const KEYS: [(Key, &[&str]); 8] = [
    (Key::Text(Field::Title), &["title", "标题", "標題"]),
    (Key::Text(Field::Body), &["body", "正文", "内容", "內容"]),
    (Key::Text(Field::Category), &["category", "cat", "分类", "分類", "栏目", "欄目"]),
    (Key::Text(Field::Author), &["author", "source", "作者", "来源", "來源"]),
    (Key::Text(Field::Url), &["url", "link", "链接", "鏈接", "連結", "网址", "網址"]),
    (Key::Date(DateKey::After), &["after", "之后", "之後"]),
    (Key::Date(DateKey::Before), &["before", "之前"]),
    (Key::Date(DateKey::On), &["date", "日期"]),
];

/// Characters of the longest name in [`KEYS`]; a longer word before a colon
/// need not be looked at.
const MAX_KEY_CHARS: usize = 8;

/// The part of `word` before its first colon, if short enough to be a name,
/// with the byte position of that colon.
pub(super) fn name_before_colon(word: &str) -> Option<(&str, usize)> {
    let (colon, _) = word.char_indices().take(MAX_KEY_CHARS + 1).find(|&(_, c)| twin(c) == ':')?;
    Some((&word[..colon], colon))
}

/// The key at the start of `word` with the byte position of its colon.
pub(super) fn key(word: &str) -> Option<(Key, usize)> {
    let (name, colon) = name_before_colon(word)?;
    let name = folded(name);
    let (key, _) = KEYS.iter().find(|(_, names)| names.contains(&name.as_str()))?;
    Some((*key, colon))
}

/// Whether `word` looks like `name:value` with a name we do not know. Times,
/// URLs, drives (`C:\`) and sentences with a full-width colon do not.
pub(super) fn unknown_key(word: &str) -> Option<&str> {
    let (name, colon) = name_before_colon(word)?;
    let mut rest = word[colon..].chars();
    let colon = rest.next()?;
    if rest.next().is_none_or(|c| matches!(twin(c), '/' | '\\')) {
        return None;
    }
    let latin = name.chars().all(|c| twin(c).is_ascii_alphabetic() || twin(c) == '_');
    let han = colon == ':' && name.chars().all(|c| !c.is_ascii() && c.is_alphabetic()) && name.chars().count() <= 4;
    (!name.is_empty() && (latin || han)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_names_are_folded_unique_and_short() {
        let names: Vec<&str> = KEYS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        for (i, name) in names.iter().enumerate() {
            assert_eq!(folded(name), *name);
            assert!(name.chars().count() <= MAX_KEY_CHARS, "{name}");
            assert!(!names[..i].contains(name), "{name} twice");
        }
    }

    #[test]
    fn operators_stand_alone() {
        for (rest, expected) in [
            ("AND x", Some((Operator::And, 3))),
            ("ＡＮＤ　x", Some((Operator::And, 9))),
            ("&& x", Some((Operator::And, 2))),
            ("&&x", None),
            ("OR", Some((Operator::Or, 2))),
            ("OR(", Some((Operator::Or, 2))),
            ("ORACLE", None),
            ("or x", None),
            ("或 x", Some((Operator::Or, 3))),
            ("或者 x", None),
            ("||x", Some((Operator::Or, 2))),
            ("｜x", Some((Operator::Or, 3))),
            ("NOT x", Some((Operator::Not, 3))),
            ("NOTE", None),
            ("", None),
        ] {
            assert_eq!(operator(rest), expected, "{rest}");
        }
    }
}
