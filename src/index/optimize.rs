//! Makes one segment of many, and gives back the space of removed articles.
//!
//! Refreshes keep the number of segments small by themselves (`merging.rs`); this is for who wants the last of it: before an
//! index is copied elsewhere, or after a large part of the corpus has gone.

use std::path::Path;
use std::time::Instant;

use serde::Serialize;
use tantivy::IndexWriter;
use tantivy::indexer::NoMergePolicy;

use super::directory::for_writing;
use super::lock::WriterLock;
use super::open::ArticleIndex;
use super::run::IDLE_WRITER_BYTES;
use super::stats::Sizes;
use crate::error::Error;

/// What [`optimize`] did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OptimizeReport {
    /// How much there was.
    pub before: Sizes,
    /// How much there is now.
    pub after: Sizes,
    /// Time taken, seconds.
    pub seconds: f64,
}

/// Merges all segments of the index in `dir` into one without removed articles. Articles, and what searches find, stay as
/// they are; searches go on meanwhile. Until the end, the old segments and the new one are on disk together.
///
/// # Errors
/// [`Error::Locked`], those of [`ArticleIndex::open`], or what the file system or the engine says. The index is then as it
/// was.
pub fn optimize(dir: &Path) -> Result<OptimizeReport, Error> {
    let started = Instant::now();
    // the lock makes the folder, and there should be none where there is no index
    ArticleIndex::open(dir)?;
    let _lock = WriterLock::acquire(dir)?;
    let index = ArticleIndex::open_in(dir, &for_writing)?;
    let before = index.sizes()?;
    if before.segments > 1 || before.deleted > 0 {
        let mut writer: IndexWriter = index.tantivy.writer_with_num_threads(1, IDLE_WRITER_BYTES)?;
        writer.set_merge_policy(Box::new(NoMergePolicy));
        writer.merge(&index.tantivy.searchable_segment_ids()?).wait()?;
        writer.garbage_collect_files().wait()?;
        writer.wait_merging_threads()?;
    }
    let after = ArticleIndex::open(dir)?.sizes()?;
    Ok(OptimizeReport { before, after, seconds: started.elapsed().as_secs_f64() })
}
