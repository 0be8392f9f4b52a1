//! An article as every stage after reading knows it: plain data, nothing about files formats, tantivy or terminals.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One news article, read and cleaned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Article {
    /// Stable across refreshes and rebuilds of the same corpus folder.
    pub id: ArticleId,
    /// File below the corpus folder, `/`-separated; not valid UTF-8 is shown with replacement characters.
    pub path: String,
    /// One line, may be empty when neither the file nor its name gives one.
    pub title: String,
    /// Body as [`PlainText`].
    pub body: PlainText,
    /// Outlet or person that signs the article.
    pub author: Option<String>,
    /// Moment of publication; `None` when the source names none (never "now").
    pub date: Option<Timestamp>,
    /// Every section the article stands in.
    pub categories: Vec<CategoryPath>,
    /// Address of the original.
    pub url: Option<String>,
}

/// Sixty bits of a hash of where an article comes from (its file, and its key inside the file where that holds many).
///
/// Shown as twelve characters of Crockford's base 32 in lower case (no `i`, `l`, `o`, `u`); any unique prefix of them
/// names the article as well. Among 10,000,000 articles the chance that any two share an id is 4 in 100,000.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArticleId(u64);

/// Crockford's base 32 (<https://www.crockford.com/base32.html>), lower case.
const BASE32: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

impl ArticleId {
    /// Characters of a whole id.
    pub const CHARS: usize = 12;
    /// Characters people are shown: enough to be unique in most folders, and a prefix is accepted everywhere.
    pub const SHORT_CHARS: usize = 8;

    /// The id of the article `entry` of the file `path` below the corpus; `entry` is empty where the file is the article.
    #[must_use]
    pub fn of(path: &[u8], entry: &str) -> Self {
        let mut hash = xxhash_rust::xxh3::Xxh3::new();
        hash.update(path);
        if !entry.is_empty() {
            hash.update(b"\0");
            hash.update(entry.as_bytes());
        }
        Self(hash.digest() >> 4)
    }

    /// Back from the number that [`ArticleId::to_u64`] gave.
    #[must_use]
    pub const fn from_u64(bits: u64) -> Self {
        Self(bits)
    }

    /// The id as a number below 2⁶⁰, for fast columns.
    #[must_use]
    pub const fn to_u64(self) -> u64 {
        self.0
    }

    /// The first [`ArticleId::SHORT_CHARS`] characters.
    #[must_use]
    pub fn short(self) -> String {
        let mut text = self.to_string();
        text.truncate(Self::SHORT_CHARS);
        text
    }

    /// Least and greatest id that begin with `prefix`; `None` when it is no prefix of any id.
    #[must_use]
    pub fn range_of_prefix(prefix: &str) -> Option<(Self, Self)> {
        let chars = prefix.len();
        if chars == 0 || chars > Self::CHARS {
            return None;
        }
        let mut bits = 0u64;
        for c in prefix.bytes() {
            let digit = match c.to_ascii_lowercase() {
                b'o' => 0,
                b'i' | b'l' => 1,
                c => BASE32.iter().position(|&b| b == c)? as u64,
            };
            bits = bits << 5 | digit;
        }
        let rest = 5 * (Self::CHARS - chars) as u32;
        Some((Self(bits << rest), Self((bits + 1).wrapping_shl(rest).wrapping_sub(1))))
    }
}

impl fmt::Display for ArticleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0u8; Self::CHARS];
        for (i, c) in text.iter_mut().rev().enumerate() {
            *c = BASE32[(self.0 >> (5 * i)) as usize & 31];
        }
        f.write_str(std::str::from_utf8(&text).expect("base 32 is ASCII"))
    }
}

impl fmt::Debug for ArticleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ArticleId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        match Self::range_of_prefix(text) {
            Some((first, last)) if first == last => Ok(first),
            _ => Err(NotAnId),
        }
    }
}

/// The text is not the twelve characters of an [`ArticleId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an article id")]
pub struct NotAnId;

impl Serialize for ArticleId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ArticleId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Text with one paragraph a line: no empty lines, no blanks at either end of a line, white space runs collapsed to one
/// blank, and no control character but `\n`. Every offset that souwen reports is a byte offset into such a text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlainText(String);

impl PlainText {
    /// Cleans `raw`, in which `\n` ends a paragraph, into the invariants above.
    #[must_use]
    pub fn from_lines(raw: &str) -> Self {
        let mut text = String::with_capacity(raw.len());
        for line in raw.split('\n') {
            let mark = text.len();
            push_collapsed(&mut text, line);
            if text.len() > mark {
                text.push('\n');
            }
        }
        text.pop();
        Self(text)
    }

    /// Back from what [`PlainText::as_str`] gave.
    #[must_use]
    pub(crate) const fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The text; paragraphs are its lines.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Takes the text out.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }

    /// Paragraphs in order.
    pub fn paragraphs(&self) -> impl Iterator<Item = &str> {
        self.0.lines()
    }
}

/// One line without control characters, white space runs collapsed to one blank, none at the ends: the shape of every
/// title, author and category name.
#[must_use]
pub fn one_line(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    push_collapsed(&mut text, raw);
    text
}

/// Appends `line` in the shape of [`one_line`].
fn push_collapsed(text: &mut String, line: &str) {
    let start = text.len();
    for piece in line.split(|c: char| c.is_whitespace() || c.is_control()).filter(|piece| !piece.is_empty()) {
        if text.len() > start {
            text.push(' ');
        }
        text.push_str(piece);
    }
}

/// A section with the sections above it, outermost first: 新媒体 / 虎嗅 / 首页资讯. Never empty, no level is empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CategoryPath(Vec<String>);

impl CategoryPath {
    /// A path of these levels, cleaned by [`one_line`]; empty levels are left out, `None` when none remains.
    pub fn new<S: AsRef<str>>(levels: impl IntoIterator<Item = S>) -> Option<Self> {
        let levels: Vec<String> =
            levels.into_iter().map(|level| one_line(level.as_ref())).filter(|level| !level.is_empty()).collect();
        (!levels.is_empty()).then_some(Self(levels))
    }

    /// Level names, outermost first.
    #[must_use]
    pub fn levels(&self) -> &[String] {
        &self.0
    }
}

impl fmt::Display for CategoryPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" / "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_its_text() {
        let id = ArticleId::of("新媒体/虎嗅/一篇.md".as_bytes(), "");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.to_string().to_uppercase().parse(), Ok(id));
        assert_eq!(id.to_string().len(), ArticleId::CHARS);
        let (first, last) = ArticleId::range_of_prefix(&id.short()).unwrap();
        assert!(first <= id && id <= last && first < last);
    }

    #[test]
    fn an_id_prefix_at_the_end_of_the_range_is_still_a_range() {
        let (first, last) = ArticleId::range_of_prefix("z").unwrap();
        assert!(first < last);
        assert_eq!(last.to_string(), "zzzzzzzzzzzz");
    }

    #[test]
    fn other_text_is_no_id() {
        for text in ["", "u", "微软", "0123456789abc"] {
            assert_eq!(ArticleId::range_of_prefix(text), None, "{text}");
        }
        assert_eq!("abc".parse::<ArticleId>(), Err(NotAnId));
    }

    #[test]
    fn plain_text_keeps_paragraphs_and_nothing_else() {
        let text = PlainText::from_lines("\u{3000}\u{3000}甲 \t 乙\r\n\n \n丙\u{1b}[31m丁\u{7}");
        assert_eq!(text.as_str(), "甲 乙\n丙 [31m丁");
    }
}
