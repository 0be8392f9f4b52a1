//! HOT PATH 1: brings the index in step with the corpus folder.
//!
//! 1. Walk the folder (`plan.rs`); files whose size and time are those of the manifest are unchanged and not opened, unless
//!    they had only just changed when they were read: then a later change may not show.
//! 2. One thread (`run.rs`, as all that follows) reads the others into chunks, within a memory budget.
//! 3. Workers parse chunks into articles. One whose content hash the manifest knows is unchanged; the others are analysed
//!    and go into the worker's segment. A segment that is full is written and handed to the engine, which merges.
//! 4. Commit, at the end and every so many articles in between: first what was replaced or is gone is deleted, all at once,
//!    then the manifest is written under a new name, then the commit that names it. Whatever kills the run, index and
//!    manifest agree, and the next run goes on from there.
//!
//! Nothing here removes an article because its file could not be read; only a file that is gone, or was read to its end
//! without it, removes an article. Where that would remove most of the index, the run is refused (`mass_delete.rs`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use jiff::Timestamp;
use serde::Serialize;
use tantivy::Directory;

use super::directory::{OpenFolder, for_writing};
use super::lock::WriterLock;
use super::manifest::Manifest;
use super::mass_delete::Guard;
use super::open::{self, ArticleIndex, Commit, FORMAT, parse_zone};
use super::plan::Plan;
use super::run::Run;
use crate::analysis::Analyzer;
use crate::analysis::dictionary::Dictionary;
use crate::analysis::fingerprint::Fingerprint;
use crate::corpus::{self, Limits, Problem};
use crate::error::Error;

/// How to sync.
#[derive(Debug, Clone)]
pub struct SyncOptions {
    /// Threads that parse, and threads that analyse and write: up to this many of each.
    pub threads: usize,
    /// Bytes that articles on their way and segments in the making may take, whatever the corpus. What the process needs
    /// besides (dictionary, manifest, code) is about 100 MB.
    pub memory_bytes: usize,
    /// Start over instead of comparing with what the index holds.
    pub rebuild: bool,
    /// Read even the files that look unchanged.
    pub verify_content: bool,
    /// Remove articles however many they are; otherwise see [`Error::MassDelete`].
    pub allow_mass_delete: bool,
    /// Raised by the caller to end early. What was read so far is committed, and the next run goes on from there; only
    /// what can be replaced as a whole alone is [left as it was](Error::Stopped).
    pub stop: Arc<AtomicBool>,
    /// Articles between two commits.
    pub commit_every: u64,
    /// Zone of dates that name none, see [`parse_zone`]; `None` keeps that of the index, or is [`DEFAULT_ZONE`].
    pub zone: Option<String>,
    /// Bounds on what is read.
    pub limits: Limits,
}

/// China's time: that of the sources.
pub const DEFAULT_ZONE: &str = "+08:00";

/// A step costs about 0.2 s of one core (merging, the manifest), a tenth of what it takes to index 10,000 posts; with so many
/// articles a step it is about a hundredth, and a killed run loses less than half a minute of work.
const COMMIT_EVERY_ARTICLES: u64 = 100_000;

impl Default for SyncOptions {
    fn default() -> Self {
        Self {
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            memory_bytes: 512 << 20,
            rebuild: false,
            verify_content: false,
            allow_mass_delete: false,
            stop: Arc::default(),
            commit_every: COMMIT_EVERY_ARTICLES,
            zone: None,
            limits: Limits::default(),
        }
    }
}

/// What a sync did.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct SyncReport {
    /// Files in the corpus folder: `with_articles + without_articles + skipped`.
    pub files: u64,
    /// Files that gave an article, now or in an earlier run.
    pub with_articles: u64,
    /// Files that should have given one; each has a problem.
    pub without_articles: u64,
    /// Files of another kind, such as images.
    pub skipped: u64,
    /// Articles that are new.
    pub added: u64,
    /// Articles that say something else than before.
    pub changed: u64,
    /// Articles that stayed as they were.
    pub unchanged: u64,
    /// Articles that are gone.
    pub removed: u64,
    /// Of the removed, those whose file is gone while another brought the same article: these were added, too.
    pub moved: u64,
    /// Articles in the index now.
    pub articles: u64,
    /// Articles lost and remarks on others, by kind: `problems` and `older_problems` together.
    pub problems_by_kind: BTreeMap<&'static str, u64>,
    /// Problems of the files that this run read or could not read.
    pub problems: Vec<Problem>,
    /// Problems of files that have not changed since an earlier run, which told them.
    pub older_problems: Vec<Problem>,
    /// Bytes read.
    pub bytes: u64,
    /// Time taken, seconds.
    pub seconds: f64,
}

impl SyncReport {
    /// Megabytes (10⁶) read for each second.
    #[must_use]
    pub fn megabytes_per_second(&self) -> f64 {
        self.bytes as f64 / 1e6 / self.seconds.max(1e-9)
    }
}

/// How far a sync is; for progress bars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Comparing the folder with the index; files seen so far.
    Walking(u64),
    /// Bytes to read.
    Total(u64),
    /// Bytes read and parsed, since the last call.
    Read(u64),
    /// Writing the last segments.
    Committing,
}

/// Brings the index in `dir` in step with the articles below `corpus`; creates it when there is none.
///
/// # Errors
/// [`Error::NoCorpus`], [`Error::CorpusGone`], [`Error::MassDelete`], [`Error::Locked`], [`Error::Stopped`];
/// [`Error::Format`], [`Error::OtherAnalysis`], [`Error::OtherCorpus`], [`Error::OtherZone`] or [`Error::Damaged`] where
/// only [`SyncOptions::rebuild`] helps; or what the file system or the engine says. The index is then as it was after the
/// last commit.
pub fn sync(
    dir: &Path,
    corpus: &Path,
    dictionary: &Arc<Dictionary>,
    options: &SyncOptions,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<SyncReport, Error> {
    sync_in(dir, corpus, dictionary, options, progress, &for_writing)
}

/// [`sync`] in the folder that `open_folder` gives for `dir`.
pub(super) fn sync_in(
    dir: &Path,
    corpus: &Path,
    dictionary: &Arc<Dictionary>,
    options: &SyncOptions,
    progress: &(dyn Fn(Progress) + Sync),
    open_folder: OpenFolder<'_>,
) -> Result<SyncReport, Error> {
    let started = Instant::now();
    let folder = corpus.canonicalize().ok().filter(|path| path.is_dir() || path.is_file());
    let corpus = folder.ok_or_else(|| no_corpus(dir, corpus))?;
    if let Err(error @ Error::NotOurs(_)) = ArticleIndex::open(dir) {
        return Err(error);
    }
    let _lock = WriterLock::acquire(dir)?;
    open::remove_unfinished(dir)?;
    let target = Target::open(dir, &corpus, &Fingerprint::new(dictionary), options, open_folder)?;
    let words = || Analyzer::for_articles(Arc::clone(dictionary));
    let (plan, loaded) = std::thread::scope(|scope| {
        // a new index needs every word, whatever the folder holds
        let loading = target.is_new.then(|| scope.spawn(words));
        let plan = Plan::new(&corpus, &target.manifest, options.verify_content, progress);
        (plan, loading.map(|words| words.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))))
    });
    let mut report = if plan.is_empty() && !target.is_new {
        let mut report = SyncReport::default();
        plan.account(&mut report, target.manifest);
        report
    } else {
        let analyzer = loaded.unwrap_or_else(|| match plan.bytes {
            ..=FEW_BYTES => Analyzer::for_queries(Arc::clone(dictionary)),
            _ => words(),
        });
        Run::new(target, plan, &analyzer, options, progress)?.finish()?
    };
    open::remove_strays(dir)?;
    report.seconds = started.elapsed().as_secs_f64();
    Ok(report)
}

/// So few articles are analysed sooner with just the words that occur in them than all words are loaded.
const FEW_BYTES: u64 = 64 << 10;

/// That there is no such folder; which means something else where the index was made from it.
fn no_corpus(dir: &Path, corpus: &Path) -> Error {
    let articles = open::remembered_articles(dir);
    let is_of = |remembered: &PathBuf| std::path::absolute(corpus).is_ok_and(|asked| asked == *remembered);
    match open::remembered_corpus(dir).filter(is_of) {
        Some(corpus) if articles > 0 => Error::CorpusGone { corpus, articles },
        _ => Error::NoCorpus(corpus.to_owned()),
    }
}

/// The index that is brought in step, and what it holds so far.
pub(super) struct Target {
    pub(super) index: tantivy::Index,
    /// The folder of the index, `dir`.
    pub(super) folder: Box<dyn Directory>,
    pub(super) dir: PathBuf,
    pub(super) manifest: Manifest,
    pub(super) commit: Commit,
    /// Whether it holds nothing, or nothing that counts.
    pub(super) is_new: bool,
    pub(super) guard: Guard,
}

impl Target {
    fn open(
        dir: &Path,
        corpus: &Path,
        fingerprint: &Fingerprint,
        options: &SyncOptions,
        open_folder: OpenFolder<'_>,
    ) -> Result<Self, Error> {
        let (opened, is_unreadable) = match ArticleIndex::open_in(dir, open_folder) {
            Ok(index) => (Some(index), false),
            Err(Error::NoIndex(_)) => (None, false),
            Err(Error::NotOurs(path)) => return Err(Error::NotOurs(path)),
            Err(_) if options.rebuild => (None, true),
            Err(error) => return Err(error),
        };
        let zone = options.zone.clone().or_else(|| open::remembered_zone(dir));
        let zone = zone.unwrap_or_else(|| DEFAULT_ZONE.to_owned());
        let commit = Commit {
            format: FORMAT,
            fingerprint: fingerprint.clone(),
            corpus: corpus.to_owned(),
            zone,
            committed: Timestamp::UNIX_EPOCH,
            manifest: String::new(),
        };
        // what cannot be read may not say how many it holds, but it holds some
        let articles = open::remembered_articles(dir).max(is_unreadable.into());
        let is_of_other = open::remembered_corpus(dir).is_some_and(|remembered| remembered != corpus);
        let guard = Guard { corpus: corpus.to_owned(), articles, is_of_other, is_off: options.allow_mass_delete };
        let folder = open_folder(dir)?;
        let Some(opened) = opened else {
            // what cannot be read may name any number of articles: it is replaced by whatever there is, but not by nothing
            if !corpus::walk(corpus).any(|file| file.is_ok()) {
                guard.check(articles, true)?;
            }
            let guard = Guard { articles: 0, ..guard };
            let index = open::create(dir, folder.box_clone())?;
            let manifest = Manifest::default();
            return Ok(Self { index, folder, dir: dir.to_owned(), manifest, commit, is_new: true, guard });
        };
        let old = opened.commit();
        let manifest = if options.rebuild {
            Manifest::default()
        } else {
            match opened.other_analysis(fingerprint) {
                Some(other) => return Err(Error::OtherAnalysis(other)),
                None if parse_zone(&old.zone) != parse_zone(&commit.zone) => {
                    return Err(Error::OtherZone { of: old.zone.clone(), asked: commit.zone });
                }
                None if old.corpus != commit.corpus => {
                    return Err(Error::OtherCorpus { of: old.corpus.clone(), asked: corpus.to_owned() });
                }
                None => Manifest::load(dir, &old.manifest)?,
            }
        };
        let is_new = options.rebuild;
        Ok(Self { index: opened.tantivy, folder, dir: dir.to_owned(), manifest, commit, is_new, guard })
    }
}
