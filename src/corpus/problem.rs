//! What can be wrong with a file or an article in it: plain data, to be counted, translated and shown elsewhere.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Something that went wrong while reading, or a remark on something odd.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub struct Problem {
    /// File below the corpus folder as [`SourceFile::path`](super::SourceFile::path). May hold control characters, which
    /// `Display` replaces.
    pub path: String,
    /// Line of the file, from 1, where it lies in one.
    pub line: Option<u64>,
    /// What kind of problem.
    pub kind: ProblemKind,
    /// Particulars that need no translation: a value or a name from the file, a bound, or what a library or the system
    /// says, in its own words. Without control characters; may be empty.
    pub detail: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // file names may hold line ends and terminal escapes
        for c in self.path.chars() {
            write!(f, "{}", if c.is_control() { '\u{fffd}' } else { c })?;
        }
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.kind)?;
        if !self.detail.is_empty() {
            write!(f, ": {}", self.detail)?;
        }
        Ok(())
    }
}

/// Kinds of problems, by which they are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// The file system or the decompressor refused to give the content.
    Unreadable,
    /// A FIFO, device, socket, or a symbolic link that leads nowhere or round in a circle.
    NotAFile,
    /// A [`Limits`](super::Limits) was met.
    TooLarge,
    /// Binary data.
    NotText,
    /// A file that nobody would take for an article: an image, a style sheet.
    NotAnArticle,
    /// Some bytes have no meaning in the file's encoding.
    BadEncoding,
    /// The front matter is not valid.
    BadFrontMatter,
    /// A date that cannot be understood; the article is taken without.
    BadDate,
    /// No JSON, or JSON that holds no article.
    BadJson,
    /// A feed that cannot be read.
    BadFeed,
    /// Neither title nor text.
    Empty,
    /// The front matter does not end; all of the file was taken for text.
    UnclosedFrontMatter,
    /// A title, a name or an address is longer than any should be; it was cut or left out.
    Shortened,
    /// What is compressed is larger by far than compressed text is.
    Bloated,
}

impl ProblemKind {
    /// Every kind, in the order of the declaration.
    pub const ALL: [Self; 14] = [
        Self::Unreadable,
        Self::NotAFile,
        Self::TooLarge,
        Self::NotText,
        Self::NotAnArticle,
        Self::BadEncoding,
        Self::BadFrontMatter,
        Self::BadDate,
        Self::BadJson,
        Self::BadFeed,
        Self::Empty,
        Self::UnclosedFrontMatter,
        Self::Shortened,
        Self::Bloated,
    ];

    /// Whether an article (or a file that may hold some) is missing from the index because of it. Otherwise the article
    /// was taken and this is a remark, or the file is [`NotAnArticle`](Self::NotAnArticle).
    #[must_use]
    pub const fn costs_the_article(self) -> bool {
        !self.is_remark() && !matches!(self, Self::NotAnArticle)
    }

    /// Whether the article was taken all the same.
    #[must_use]
    pub const fn is_remark(self) -> bool {
        matches!(
            self,
            Self::BadEncoding | Self::BadFrontMatter | Self::UnclosedFrontMatter | Self::BadDate | Self::Shortened
        )
    }

    /// Its name in JSON and in tables of messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::NotAFile => "not_a_file",
            Self::TooLarge => "too_large",
            Self::NotText => "not_text",
            Self::NotAnArticle => "not_an_article",
            Self::BadEncoding => "bad_encoding",
            Self::BadFrontMatter => "bad_front_matter",
            Self::BadDate => "bad_date",
            Self::BadJson => "bad_json",
            Self::BadFeed => "bad_feed",
            Self::Empty => "empty",
            Self::UnclosedFrontMatter => "unclosed_front_matter",
            Self::Shortened => "shortened",
            Self::Bloated => "bloated",
        }
    }
}

impl fmt::Display for ProblemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Unreadable => "cannot be read",
            Self::NotAFile => "not a regular file",
            Self::TooLarge => "too large",
            Self::NotText => "not text",
            Self::NotAnArticle => "not an article",
            Self::BadEncoding => "damaged encoding",
            Self::BadFrontMatter => "odd front matter",
            Self::BadDate => "date not understood",
            Self::BadJson => "not a JSON article",
            Self::BadFeed => "feed not understood",
            Self::Empty => "empty",
            Self::UnclosedFrontMatter => "front matter without end",
            Self::Shortened => "too long, cut",
            Self::Bloated => "unpacks to too much",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_json() {
        for kind in ProblemKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }
}
