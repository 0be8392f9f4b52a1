//! What making an index cost and came to.

use serde::Serialize;

use crate::error::Error;
use crate::index::stats::Sizes;
use crate::index::{ArticleIndex, SyncReport};
use crate::search::Searcher;

/// An index that was just made, in figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IndexingReport {
    /// Files that were seen.
    pub files: u64,
    /// Bytes that were read.
    pub source_bytes: u64,
    /// Time taken, from the first look at the folder to the last commit.
    pub seconds: f64,
    /// Megabytes (10⁶) of source read in a second.
    pub megabytes_per_second: f64,
    /// Articles taken in a second.
    pub articles_per_second: f64,
    /// UTF-8 bytes of titles and plain texts: what there is to find.
    pub text_bytes: u64,
    /// What the index takes for it.
    #[serde(flatten)]
    pub sizes: Sizes,
    /// Bytes of the index for each byte of text.
    pub bytes_per_text_byte: f64,
}

impl IndexingReport {
    /// Of the `index` that `sync` has made; `searcher` is one of it.
    ///
    /// # Errors
    /// What the file system or the engine says.
    pub fn new(sync: &SyncReport, index: &ArticleIndex, searcher: &Searcher) -> Result<Self, Error> {
        let mut text_bytes = 0;
        searcher
            .each_article(&mut |article| text_bytes += (article.title.len() + article.body.as_str().len()) as u64)?;
        let sizes = index.sizes()?;
        Ok(Self {
            files: sync.files,
            source_bytes: sync.bytes,
            seconds: sync.seconds,
            megabytes_per_second: sync.megabytes_per_second(),
            articles_per_second: sync.articles as f64 / sync.seconds.max(1e-9),
            text_bytes,
            bytes_per_text_byte: sizes.bytes as f64 / text_bytes.max(1) as f64,
            sizes,
        })
    }
}
