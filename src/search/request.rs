//! What a caller asks: plain data that a command line, a server and another engine fill in alike.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::query::ast::Query;

/// One search. [`Default`] asks for the first ten articles of an empty query, by relevance, with snippets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SearchRequest {
    /// The query tree, filters included (an option `--author X` is an [`And`](Query::And) with `author:X`).
    pub query: Query,
    /// Order of the hits.
    pub sort: Sort,
    /// Hits on a page, at most [`SearchRequest::MAX_LIMIT`].
    pub limit: usize,
    /// Hits left out before the page.
    pub offset: usize,
    /// Leave out articles that lack some of the words, even when the page is not full.
    pub all_words: bool,
    /// Count categories, authors and months over all matches.
    pub facets: bool,
    /// Say for each hit how its score came about.
    pub explain: bool,
    /// Length of a snippet in characters; 0 leaves the snippets out.
    pub snippet_chars: usize,
    /// How long the answer may take; without one, as long as it takes. The search ends with
    /// [`Error::TimedOut`](crate::error::Error::TimedOut) at most one article, or one short step of the engine, later.
    pub timeout: Option<Duration>,
}

impl SearchRequest {
    /// A page holds no more than this, so that no request can ask for unbounded memory.
    pub const MAX_LIMIT: usize = 10_000;
}

impl Default for SearchRequest {
    fn default() -> Self {
        Self {
            query: Query::All,
            sort: Sort::Relevance,
            limit: 10,
            offset: 0,
            all_words: false,
            facets: false,
            explain: false,
            snippet_chars: 120,
            timeout: None,
        }
    }
}

/// Order of the hits. Ties are broken by article id, so pages never overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sort {
    /// Best score first.
    #[default]
    Relevance,
    /// Latest date first; articles without a date come last.
    Newest,
    /// Earliest date first; articles without a date come last.
    Oldest,
}
