//! Whether an index is what it should be.
//!
//! 1. [`inspect`] looks at all that is on disk, and believes nothing:
//!    1. every file is as it was written (`index/checksums.rs`);
//!    2. the index holds the articles of the manifest, each once and in the same words;
//!    3. every stored article, analysed anew, gives just the postings, lengths and columns that the index has (`articles.rs`).
//! 2. [`Oracle`] asks queries and compares the answers with a plain scan of the stored articles (`oracle.rs`): it checks
//!    the search, too, and the analysis, which the first takes for granted.

mod articles;
mod oracle;

use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use serde::Serialize;

use crate::analysis::Analyzer;
use crate::analysis::dictionary::Dictionary;
use crate::analysis::fingerprint::Fingerprint;
use crate::article::ArticleId;
use crate::error::Error;
use crate::index::ArticleIndex;
use crate::index::checksums::{self, FileFault};
use crate::index::guard::guarded;
use crate::index::lock::WriterLock;
use crate::index::manifest::Manifest;
pub use oracle::{Disagreement, Fault, Oracle, OracleReport};

/// What [`inspect`] found.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Inspection {
    /// Articles whose terms were compared: all of them, or none where files are damaged.
    pub articles: u64,
    /// Files of the index.
    pub files: u64,
    /// Bytes of these files.
    pub bytes: u64,
    /// What is wrong, at most [`Inspection::MAX_DAMAGE`].
    pub damage: Vec<Damage>,
    /// How much is wrong.
    pub damage_count: u64,
    /// Time taken, seconds.
    pub seconds: f64,
}

impl Inspection {
    /// More is counted but not kept.
    pub const MAX_DAMAGE: usize = 100;

    /// Whether nothing is wrong.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.damage_count == 0
    }

    fn add(&mut self, damage: Damage) {
        self.damage_count += 1;
        if self.damage.len() < Self::MAX_DAMAGE {
            self.damage.push(damage);
        }
    }

    /// Adds what a part of the inspection found.
    fn add_all(&mut self, part: Self) {
        let unkept = part.damage_count - part.damage.len() as u64;
        part.damage.into_iter().for_each(|damage| self.add(damage));
        self.damage_count += unkept;
    }
}

/// One thing that is wrong with an index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Damage {
    /// The file, or the field of the index.
    pub part: String,
    /// What is wrong with it.
    pub kind: DamageKind,
    /// The article, where it is about one.
    pub article: Option<ArticleId>,
    /// What the file system or the engine says.
    pub detail: String,
}

/// How a part of an index can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DamageKind {
    /// The file is not there.
    Missing,
    /// The file is not as it was written.
    Changed,
    /// It cannot be read.
    Unreadable,
    /// The article is in the index, but no file of the manifest has it.
    Unlisted,
    /// A file of the manifest has the article, but it is not in the index.
    Lost,
    /// The article is there more than once.
    Repeated,
    /// The stored article is not the one that was taken in.
    Stored,
    /// The terms of the field are not those of the stored article.
    Terms,
    /// The column does not hold what the stored article says.
    Column,
}

impl Damage {
    fn of_part(part: impl Into<String>, kind: DamageKind, detail: impl Into<String>) -> Self {
        Self { part: part.into(), kind, article: None, detail: detail.into() }
    }

    fn of_article(article: ArticleId, part: impl Into<String>, kind: DamageKind) -> Self {
        Self { part: part.into(), kind, article: Some(article), detail: String::new() }
    }

    fn of_file(part: String, fault: FileFault) -> Self {
        match fault {
            FileFault::Missing => Self::of_part(part, DamageKind::Missing, ""),
            FileFault::Changed => Self::of_part(part, DamageKind::Changed, ""),
            FileFault::Refused(error) => Self::of_part(part, DamageKind::Unreadable, error.to_string()),
        }
    }
}

/// Checks the index in `dir`, which was made with `dictionary`, with so many threads. `progress` is told how much is done,
/// from 0 to 1. Nobody can write to the index meanwhile. Takes about 100 bytes of memory for each article.
///
/// # Errors
/// What keeps it from being checked: [`Error::NoIndex`], [`Error::NotOurs`], [`Error::Format`], [`Error::Locked`], and
/// [`Error::OtherAnalysis`] when all files are as they were written, but terms cannot be compared. Damage is none.
pub fn inspect(
    dir: &Path,
    dictionary: &Arc<Dictionary>,
    threads: usize,
    progress: &(dyn Fn(f64) + Sync),
) -> Result<Inspection, Error> {
    let started = Instant::now();
    progress(0.0);
    // before the lock, which makes the folder
    let _ = opened(dir)?;
    let _lock = lock(dir)?;
    let index = opened(dir)?;
    let mut inspection = Inspection::default();
    check_files(dir, index.as_ref().ok(), threads, &mut inspection)?;
    match index {
        Err(reason) if inspection.is_whole() => inspection.add(Damage::of_part("", DamageKind::Unreadable, reason)),
        Ok(index) if inspection.is_whole() => {
            if let Some(other) = index.other_analysis(&Fingerprint::new(dictionary)) {
                return Err(Error::OtherAnalysis(other));
            }
            let manifest = Manifest::load(dir, &index.commit().manifest)?;
            let analyzer = Analyzer::for_articles(Arc::clone(dictionary));
            let compared =
                guarded(|| articles::compare(&index, &manifest, &analyzer, threads, progress, &mut inspection));
            match compared {
                // no byte has changed, and yet the engine cannot read what it wrote
                Err(Error::Damaged { part }) => inspection.add(Damage::of_part("", DamageKind::Unreadable, part)),
                compared => compared?,
            }
        }
        _ => {}
    }
    inspection.seconds = started.elapsed().as_secs_f64();
    Ok(inspection)
}

/// The index, or in what way it is damaged.
fn opened(dir: &Path) -> Result<Result<ArticleIndex, String>, Error> {
    match ArticleIndex::open(dir) {
        Ok(index) => Ok(Ok(index)),
        Err(Error::Damaged { part }) => Ok(Err(part)),
        Err(error) => Err(error),
    }
}

/// Keeps writers away, where there can be any.
fn lock(dir: &Path) -> Result<Option<WriterLock>, Error> {
    use std::io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
    match WriterLock::acquire(dir) {
        Ok(lock) => Ok(Some(lock)),
        Err(Error::Io { source, .. }) if matches!(source.kind(), PermissionDenied | ReadOnlyFilesystem) => Ok(None),
        Err(error) => Err(error),
    }
}

fn check_files(
    dir: &Path,
    index: Option<&ArticleIndex>,
    threads: usize,
    inspection: &mut Inspection,
) -> Result<(), Error> {
    let files = checksums::files(dir, index)?;
    inspection.files = files.len() as u64;
    let checked = in_parallel(threads, files.len(), &|at| checksums::check(dir, &files[at]));
    for (file, checked) in files.iter().zip(checked) {
        match checked {
            Ok(bytes) => inspection.bytes += bytes,
            Err(fault) => inspection.add(Damage::of_file(file.display().to_string(), fault)),
        }
    }
    Ok(())
}

/// Does the tasks `0..count` on several threads, and gives what came out, in order.
fn in_parallel<T: Send>(threads: usize, count: usize, task: &(dyn Fn(usize) -> T + Sync)) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, T)>> = Mutex::default();
    std::thread::scope(|scope| {
        let work = || {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                if at >= count {
                    return;
                }
                let result = task(at);
                done.lock().unwrap_or_else(PoisonError::into_inner).push((at, result));
            }
        };
        let workers: Vec<_> = (0..threads.clamp(1, count.max(1))).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

/// How much of a known amount of work is done, over all threads.
struct Share<'a> {
    done: AtomicU64,
    total: u64,
    progress: &'a (dyn Fn(f64) + Sync),
}

impl<'a> Share<'a> {
    fn new(total: u64, progress: &'a (dyn Fn(f64) + Sync)) -> Self {
        Self { done: AtomicU64::new(0), total, progress }
    }

    fn add(&self, work: u64) {
        let done = self.done.fetch_add(work, Ordering::Relaxed) + work;
        (self.progress)(done as f64 / self.total.max(1) as f64);
    }
}
