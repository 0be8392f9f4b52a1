//! Measures how fast queries are answered and how fast an index is made: the library behind `souwen bench`.
//!
//! 1. [`log`] reads the queries, the built-in ones or a user's.
//! 2. [`Asker::prepare`] asks each of them once, which nobody times, and tells its [`Kind`] and how much it [`Finds`].
//! 3. [`load::run`] asks them again and again, one after the other or at a fixed rate, and keeps every time.
//! 4. [`report`] sums the times up: percentiles by kind, a histogram, the slowest queries with their plans.
//! 5. [`compare`] sets a report against one that was saved.
//!
//! What is timed is a whole answer, from the typed string to the hits with their snippets, as `souwen search` gives it;
//! printing them is not. A caller may time something else with the same queries, such as a run of the program.
//!
//! An [`Instant`](std::time::Instant) is the only clock here. Nothing prints, starts processes or looks at the machine.

pub mod compare;
pub mod indexing;
pub mod kind;
pub mod load;
pub mod log;
pub mod report;

use jiff::Zoned;

pub use kind::{Finds, Kind};
pub use log::Logged;

use crate::error::Error;
use crate::query::{Query, parse};
use crate::search::Searcher;
use crate::search::request::SearchRequest;
use crate::search::results::{SearchResults, Total};

/// Answers the queries of a log as `souwen search` does.
#[derive(Clone)]
pub struct Asker {
    /// One for all threads.
    pub searcher: Searcher,
    /// The moment that dates in queries are seen from.
    pub now: Zoned,
    /// Hits on a page.
    pub limit: usize,
    /// See [`SearchRequest::snippet_chars`].
    pub snippet_chars: usize,
}

/// A query of a log, and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// As it stands in the log.
    pub logged: Logged,
    /// What it asks for.
    pub kind: Kind,
    /// How many articles hold all of it, in classes.
    pub finds: Finds,
    /// The same, counted.
    pub total: Total,
}

impl Asker {
    /// Asks a query once, untimed: that fills the caches, and tells what the query is.
    ///
    /// # Errors
    /// As [`Searcher::search`].
    pub fn prepare(&self, logged: Logged) -> Result<Prepared, Error> {
        let kind = Kind::of(&self.query(&logged), logged.sort);
        let total = self.ask(&logged)?.total;
        let finds = Finds::of(total.articles, self.searcher.articles());
        Ok(Prepared { logged, kind, finds, total })
    }

    /// From the typed string to the page of hits.
    ///
    /// # Errors
    /// As [`Searcher::search`].
    pub fn ask(&self, logged: &Logged) -> Result<SearchResults, Error> {
        self.searcher.search(&self.request(logged))
    }

    /// The query as it was understood, one line a step.
    ///
    /// # Errors
    /// As [`Searcher::search`].
    pub fn plan(&self, logged: &Logged) -> Result<Vec<String>, Error> {
        let results = self.searcher.search(&SearchRequest { explain: true, ..self.request(logged) })?;
        Ok(results.understood.unwrap_or_default())
    }

    fn query(&self, logged: &Logged) -> Query {
        parse(&logged.text, &self.now).query
    }

    fn request(&self, logged: &Logged) -> SearchRequest {
        SearchRequest {
            query: self.query(logged),
            sort: logged.sort,
            limit: self.limit,
            snippet_chars: self.snippet_chars,
            ..SearchRequest::default()
        }
    }
}
