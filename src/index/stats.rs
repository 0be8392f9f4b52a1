//! What an index holds, in figures.

use std::collections::BTreeMap;
use std::fs;

use jiff::Timestamp;
use serde::Serialize;
use tantivy::query::AllQuery;

use super::guard::guarded;
use super::open::{ArticleIndex, Commit};
use super::schema::DATE;
use crate::error::Error;
use crate::search::facets;
use crate::search::results::Facets;

/// Figures of one commit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stats {
    /// How much there is.
    #[serde(flatten)]
    pub sizes: Sizes,
    /// Articles without a date.
    pub undated: u64,
    /// Earliest and latest date.
    pub first: Option<Timestamp>,
    /// See `first`.
    pub last: Option<Timestamp>,
    /// Categories, authors and months of all articles.
    pub facets: Facets,
    /// What the commit says about itself.
    pub commit: Commit,
}

/// How much there is: what can be told without looking into the articles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sizes {
    /// Articles that can be found.
    pub articles: u64,
    /// Removed articles whose space has not come back yet.
    pub deleted: u64,
    /// Segments of the engine.
    pub segments: u64,
    /// Bytes on disk.
    pub bytes: u64,
    /// Bytes by part, largest first.
    pub parts: Vec<(String, u64)>,
}

impl ArticleIndex {
    /// Counts everything.
    ///
    /// # Errors
    /// What the file system or the engine says.
    pub fn stats(&self) -> Result<Stats, Error> {
        guarded(|| self.all_stats())
    }

    fn all_stats(&self) -> Result<Stats, Error> {
        let searcher = self.reader()?.searcher();
        let dates = dates(&searcher)?;
        Ok(Stats {
            sizes: self.sizes_of(&searcher)?,
            undated: dates.undated,
            first: dates.first,
            last: dates.last,
            facets: facets::count(&searcher, &AllQuery, &self.zone())?,
            commit: self.commit().clone(),
        })
    }

    /// Articles, segments and bytes.
    ///
    /// # Errors
    /// What the file system or the engine says.
    pub fn sizes(&self) -> Result<Sizes, Error> {
        self.sizes_of(&self.reader()?.searcher())
    }

    fn sizes_of(&self, searcher: &tantivy::Searcher) -> Result<Sizes, Error> {
        let parts = self.parts()?;
        Ok(Sizes {
            articles: searcher.num_docs(),
            deleted: searcher.segment_readers().iter().map(|segment| u64::from(segment.num_deleted_docs())).sum(),
            segments: searcher.segment_readers().len() as u64,
            bytes: parts.iter().map(|(_, bytes)| bytes).sum(),
            parts,
        })
    }

    /// Bytes of the files of the folder by what they hold, after tantivy's endings.
    fn parts(&self) -> Result<Vec<(String, u64)>, Error> {
        let mut parts: BTreeMap<&str, u64> = BTreeMap::new();
        for entry in fs::read_dir(&self.dir).map_err(Error::io(&self.dir))? {
            let entry = entry.map_err(Error::io(&self.dir))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let part = match name.rsplit('.').next().unwrap_or_default() {
                "store" => "text",
                "pos" => "positions",
                "idx" => "postings",
                "term" => "terms",
                "fast" => "columns",
                "fieldnorm" => "lengths",
                _ if name.starts_with("manifest-") => "manifest",
                _ => "other",
            };
            *parts.entry(part).or_default() += entry.metadata().map_err(Error::io(entry.path()))?.len();
        }
        let mut parts: Vec<(String, u64)> = parts.into_iter().map(|(part, bytes)| (part.to_owned(), bytes)).collect();
        parts.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
        Ok(parts)
    }
}

/// Dates of all articles.
#[derive(Debug, Default)]
pub(crate) struct Dates {
    pub(crate) first: Option<Timestamp>,
    pub(crate) last: Option<Timestamp>,
    pub(crate) undated: u64,
}

pub(crate) fn dates(searcher: &tantivy::Searcher) -> Result<Dates, Error> {
    let mut span: Option<(i64, i64)> = None;
    let mut undated = 0;
    for segment in searcher.segment_readers() {
        let column = segment.fast_fields().i64(DATE)?;
        for doc in segment.doc_ids_alive() {
            match column.first(doc) {
                Some(date) => {
                    let (first, last) = span.unwrap_or((date, date));
                    span = Some((first.min(date), last.max(date)));
                }
                None => undated += 1,
            }
        }
    }
    let moment = |seconds| Timestamp::from_second(seconds).ok();
    Ok(Dates {
        first: span.and_then(|(first, _)| moment(first)),
        last: span.and_then(|(_, last)| moment(last)),
        undated,
    })
}
