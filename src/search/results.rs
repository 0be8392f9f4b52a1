//! What a search gives back: plain data, from which `render` makes text, colour or JSON.

use std::ops::Range;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::article::{ArticleId, CategoryPath};

/// The page asked for, and what is known of the rest.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SearchResults {
    /// Articles that hold every word of the query and pass every filter.
    pub total: Total,
    /// The page, best first. Hits with [`Hit::missing`] words follow all hits without.
    pub hits: Vec<Hit>,
    /// Present when the request asked for them.
    pub facets: Option<Facets>,
    /// Why nothing was found, and what would find something; empty when hits are complete.
    pub hints: Vec<Hint>,
    /// Present when the request asked for an explanation: the query as understood, one line a step.
    pub understood: Option<Vec<String>>,
}

/// A count of articles. Counting may stop early where nobody needs the exact figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Total {
    /// Articles counted.
    pub articles: u64,
    /// Whether there may be more than `articles`.
    pub at_least: bool,
}

/// One article on the page.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Hit {
    /// Place among all hits, from 1.
    pub rank: usize,
    /// See [`ArticleId`].
    pub id: ArticleId,
    /// File below the corpus folder.
    pub path: String,
    /// The title with the words that matched.
    pub title: Marked,
    /// Outlet or person.
    pub author: Option<String>,
    /// Moment of publication.
    pub date: Option<Timestamp>,
    /// Every section the article stands in.
    pub categories: Vec<CategoryPath>,
    /// Address of the original.
    pub url: Option<String>,
    /// Score; comparable within one search only.
    pub score: f32,
    /// The sentences that matter; `None` when the request asked for none or the body is empty.
    pub snippet: Option<Snippet>,
    /// Words of the query that the article does not hold, as the user typed them.
    pub missing: Vec<String>,
    /// How the score came about, one line a part, when asked for.
    pub explanation: Option<Vec<String>>,
}

/// A line of text and the parts of it that answer the query.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Marked {
    /// The text.
    pub text: String,
    /// Byte ranges of `text`: sorted, not empty, apart from one another, on character borders.
    pub marks: Vec<Range<usize>>,
}

/// A passage of the body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Snippet {
    /// The passage with its marks, without any `…`.
    pub passage: Marked,
    /// Where the passage starts in the body, in bytes.
    pub byte_start: usize,
    /// Whether the passage starts inside a sentence.
    pub cut_before: bool,
    /// Whether the passage ends inside a sentence.
    pub cut_after: bool,
}

/// Counts over all matches, most frequent first, ties by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Facets {
    /// Every level of every path; an article counts once for each.
    pub categories: Vec<(CategoryPath, u64)>,
    /// Outlets and persons.
    pub authors: Vec<(String, u64)>,
    /// `YYYY-MM` in the time zone of the index, newest first.
    pub months: Vec<(String, u64)>,
}

/// A likely cause of an empty page, and the way out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Hint {
    /// The index holds no article at all.
    EmptyIndex,
    /// No article holds this word.
    NoSuchWord {
        /// The word as typed.
        word: String,
    },
    /// The query finds `articles` articles without this filter.
    FilterExcludesAll {
        /// The filter in query syntax.
        filter: String,
        /// How many articles the rest of the query finds.
        articles: u64,
    },
    /// The dates asked for lie outside those of the index.
    DatesOutside {
        /// First and last date in the index.
        first: Timestamp,
        /// See `first`.
        last: Timestamp,
    },
    /// The page lies behind the last hit.
    PageBehindLast {
        /// Number of hits there are.
        hits: u64,
    },
    /// Every word occurs, but no article holds them together; without `all_words` some hold a part.
    NotTogether {
        /// How many articles hold at least one of the words.
        articles: u64,
    },
}
