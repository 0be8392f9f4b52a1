//! HOT PATH 1: brings the index in step with the corpus folder.
//!
//! 1. Walk the folder; files whose size and time are those of the manifest are unchanged and not opened.
//! 2. One thread reads the others into chunks, within a memory budget.
//! 3. Workers parse chunks into articles. One whose content hash the manifest knows is unchanged; the others are analysed
//!    and go into the worker's segment, after deleting what they replace. A segment that is full is written and handed to
//!    the engine, which merges.
//! 4. Commit, at the end and every so many articles in between: first the manifest under a new name, then the commit that
//!    names it. Whatever kills the run, index and manifest agree, and the next run goes on from there.
//!
//! Nothing here removes an article because its file could not be read; only a file that is gone, or was read to its end
//! without it, removes an article.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::time::Instant;

use crossbeam_channel::Sender;
use jiff::Timestamp;
use serde::Serialize;
use tantivy::indexer::LogMergePolicy;
use tantivy::query::{BooleanQuery, Occur, Query, TermQuery};
use tantivy::schema::IndexRecordOption;
use tantivy::{IndexWriter, Term};

use super::budget::{Budget, Share};
use super::document::store;
use super::lock::WriterLock;
use super::manifest::{FileEntry, Manifest, Stamp};
use super::open::{self, ArticleIndex, Commit, FORMAT, parse_zone};
use super::schema::{Fields, schema};
use super::segment::SegmentBuilder;
use crate::analysis::Analyzer;
use crate::analysis::dictionary::Dictionary;
use crate::analysis::fingerprint::Fingerprint;
use crate::article::{Article, ArticleId};
use crate::corpus::{self, Chunk, Limits, Problem, ProblemKind, ReadOptions, SourceFile};
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
    /// Articles between two commits.
    pub commit_every: u64,
    /// Zone of dates that name none, see [`parse_zone`]; `None` keeps that of the index, or is [`DEFAULT_ZONE`].
    pub zone: Option<String>,
    /// Bounds on what is read.
    pub limits: Limits,
}

/// China's time: that of the sources.
pub const DEFAULT_ZONE: &str = "+08:00";

impl Default for SyncOptions {
    fn default() -> Self {
        Self {
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            memory_bytes: 512 << 20,
            rebuild: false,
            commit_every: 1_000_000,
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
/// [`Error::NoCorpus`], [`Error::Locked`]; [`Error::Format`], [`Error::OtherAnalysis`], [`Error::OtherCorpus`],
/// [`Error::OtherZone`] or [`Error::Damaged`] where only [`SyncOptions::rebuild`] helps; or what the file system or the engine says. The index is
/// then as it was after the last commit.
pub fn sync(
    dir: &Path,
    corpus: &Path,
    dictionary: &Arc<Dictionary>,
    options: &SyncOptions,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<SyncReport, Error> {
    let started = Instant::now();
    let folder = corpus.canonicalize().ok().filter(|path| path.is_dir() || path.is_file());
    let corpus = folder.ok_or_else(|| Error::NoCorpus(corpus.to_owned()))?;
    if let Err(error @ Error::NotOurs(_)) = ArticleIndex::open(dir) {
        return Err(error);
    }
    let _lock = WriterLock::acquire(dir)?;
    let target = Target::open(dir, &corpus, &Fingerprint::new(dictionary), options)?;
    let plan = Plan::new(&corpus, &target.manifest, progress);
    let mut report = if plan.is_empty() && !target.is_new {
        let mut report = SyncReport::default();
        account(&mut report, target.manifest, plan);
        report
    } else {
        Run::new(target, plan, &Analyzer::for_articles(Arc::clone(dictionary)), options, progress)?.finish()?
    };
    report.seconds = started.elapsed().as_secs_f64();
    Ok(report)
}

/// The index that is brought in step, and what it holds so far.
struct Target {
    index: tantivy::Index,
    manifest: Manifest,
    commit: Commit,
    dir: PathBuf,
    /// Whether it holds nothing, or nothing that counts.
    is_new: bool,
}

impl Target {
    fn open(dir: &Path, corpus: &Path, fingerprint: &Fingerprint, options: &SyncOptions) -> Result<Self, Error> {
        let opened = match ArticleIndex::open(dir) {
            Ok(index) => Some(index),
            Err(Error::NoIndex(_)) => None,
            Err(Error::NotOurs(path)) => return Err(Error::NotOurs(path)),
            Err(_) if options.rebuild => None,
            Err(error) => return Err(error),
        };
        let old_zone = opened.as_ref().map(|index| index.commit().zone.as_str());
        let zone = options.zone.as_deref().or(old_zone).unwrap_or(DEFAULT_ZONE).to_owned();
        let commit = Commit {
            format: FORMAT,
            fingerprint: fingerprint.clone(),
            corpus: corpus.to_owned(),
            zone,
            committed: Timestamp::UNIX_EPOCH,
            manifest: String::new(),
        };
        let Some(opened) = opened else {
            let index = open::create(dir)?;
            return Ok(Self { index, manifest: Manifest::default(), commit, dir: dir.to_owned(), is_new: true });
        };
        let manifest = if options.rebuild {
            Manifest::default()
        } else {
            let old = opened.commit();
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
        Ok(Self { index: opened.tantivy, manifest, commit, dir: dir.to_owned(), is_new: options.rebuild })
    }
}

/// What differs between the folder and the manifest.
struct Plan {
    /// Files to read.
    read: Vec<SourceFile>,
    /// Files of the manifest that are gone.
    gone: Vec<Vec<u8>>,
    /// What the walk could not look at; each is a file or folder.
    refused: Vec<Problem>,
    /// Bytes of the files to read.
    bytes: u64,
}

impl Plan {
    fn new(corpus: &Path, manifest: &Manifest, progress: &(dyn Fn(Progress) + Sync)) -> Self {
        let mut plan = Self { read: Vec::new(), gone: Vec::new(), refused: Vec::new(), bytes: 0 };
        let mut kept = HashSet::new();
        for (seen, file) in (1..).zip(corpus::walk(corpus)) {
            match file {
                Ok(file) => {
                    let known = manifest.files.get_key_value(&file.raw_path);
                    if let Some((path, _)) = known {
                        kept.insert(path.as_slice());
                    }
                    if known.is_none_or(|(_, entry)| entry.stamp != Some(Stamp::of(&file))) {
                        plan.bytes += file.size;
                        plan.read.push(file);
                    }
                }
                Err(problem) => plan.refused.push(problem),
            }
            progress(Progress::Walking(seen));
        }
        let is_refused = |path: &[u8]| {
            let path = String::from_utf8_lossy(path);
            plan.refused.iter().any(|problem| {
                let below = path.strip_prefix(problem.path.as_str());
                problem.path.is_empty() || below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
        };
        let gone = manifest.files.keys().filter(|path| !kept.contains(path.as_slice()) && !is_refused(path));
        plan.gone = gone.cloned().collect();
        progress(Progress::Total(plan.bytes));
        plan
    }

    fn is_empty(&self) -> bool {
        self.read.is_empty() && self.gone.is_empty()
    }
}

/// Counts what the index holds after the run, and which of it the run did not touch.
fn account(report: &mut SyncReport, manifest: Manifest, plan: Plan) {
    report.articles = manifest.articles();
    report.unchanged = report.articles - report.added - report.changed;
    let read: HashSet<&[u8]> = plan.read.iter().map(|file| file.raw_path.as_slice()).collect();
    for (path, mut entry) in manifest.files {
        report.files += 1;
        let skipped = || entry.problems.iter().all(|problem| problem.kind == ProblemKind::NotAnArticle);
        match entry.articles.is_empty() {
            false => report.with_articles += 1,
            true if skipped() => report.skipped += 1,
            true => report.without_articles += 1,
        }
        entry.problems.retain(|problem| problem.kind != ProblemKind::NotAnArticle);
        let is_new = read.contains(path.as_slice());
        if is_new { &mut report.problems } else { &mut report.older_problems }.extend(entry.problems);
    }
    report.files += plan.refused.len() as u64;
    report.without_articles += plan.refused.len() as u64;
    report.problems.extend(plan.refused);
    for problem in report.problems.iter().chain(&report.older_problems) {
        *report.problems_by_kind.entry(problem.kind.name()).or_default() += 1;
    }
}

impl Stamp {
    fn of(file: &SourceFile) -> Self {
        Self { size: file.size, modified_ns: file.modified_ns }
    }
}

/// A message from the reading thread.
enum Message {
    /// Chunk number `sequence` of a file.
    Chunk { file: usize, sequence: u64, chunk: Chunk, share: Share },
    /// After the last chunk.
    End { file: usize, chunks: u64, outcome: Result<(), Problem> },
}

/// A file that is being read.
#[derive(Default)]
struct Reading {
    /// What the index holds of this file right now.
    current: HashMap<ArticleId, u64>,
    /// Ids met in this run.
    seen: HashSet<ArticleId>,
    problems: Vec<Problem>,
    /// Chunks whose ids have been settled, in order; the next one waits for its turn.
    settled: u64,
    /// Chunks whose articles are with the engine.
    done: u64,
    /// Number of chunks and how reading ended, once known.
    end: Option<(u64, Result<(), Problem>)>,
}

/// What the threads of a run share under one lock.
struct State {
    manifest: Manifest,
    reading: HashMap<usize, Reading>,
    report: SyncReport,
    uncommitted: u64,
    failed: Option<Error>,
}

/// A sync at work.
struct Run<'a> {
    fields: Fields,
    dir: PathBuf,
    commit: Commit,
    plan: Plan,
    /// Whether the index may be replaced only as a whole.
    at_once: bool,
    options: &'a SyncOptions,
    read_options: ReadOptions,
    progress: &'a (dyn Fn(Progress) + Sync),
    /// Adding articles and recording them is done under the read lock, committing under the write lock: so what is
    /// committed is what is recorded.
    writer: RwLock<IndexWriter>,
    /// Number of this run, larger than those of earlier ones: the stamp of the last commit before it.
    run: u64,
    analyzer: Analyzer,
    /// Segments in the making that no worker is adding to.
    segments: Mutex<Vec<SegmentBuilder>>,
    state: Mutex<State>,
    turn: Condvar,
}

/// Memory for chunks between reading and parsing, as a part of the whole; the rest is for segments in the making.
const CHUNKS_PART: usize = 8;
/// Segments that are made with less memory than this are so small that merging them takes most of the time.
const MIN_SEGMENT_BYTES: usize = 8 << 20;
/// The least that the engine wants for indexing threads of its own. They get no articles and take no memory.
pub(super) const IDLE_WRITER_BYTES: usize = 15_000_000;
/// Problems that are kept of one file: enough to see what is wrong with it.
const MAX_PROBLEMS_OF_FILE: usize = 20;

impl<'a> Run<'a> {
    fn new(
        target: Target,
        plan: Plan,
        analyzer: &Analyzer,
        options: &'a SyncOptions,
        progress: &'a (dyn Fn(Progress) + Sync),
    ) -> Result<Self, Error> {
        let Target { index, manifest, commit, dir, is_new } = target;
        let writer: IndexWriter = index.writer_with_num_threads(1, IDLE_WRITER_BYTES)?;
        let mut policy = LogMergePolicy::default();
        policy.set_del_docs_ratio_before_merge(MAX_DELETED_RATIO);
        writer.set_merge_policy(Box::new(policy));
        if is_new {
            writer.delete_all_documents()?;
        }
        let zone = parse_zone(&commit.zone).ok_or_else(|| Error::Zone(commit.zone.clone()))?;
        Ok(Self {
            fields: schema().1,
            dir,
            commit,
            plan,
            at_once: options.rebuild,
            options,
            read_options: ReadOptions { zone, limits: options.limits.clone() },
            progress,
            run: writer.commit_opstamp(),
            writer: RwLock::new(writer),
            state: Mutex::new(State {
                manifest,
                reading: HashMap::new(),
                report: SyncReport::default(),
                uncommitted: 0,
                failed: None,
            }),
            turn: Condvar::new(),
            segments: Mutex::new(Vec::new()),
            analyzer: analyzer.clone(),
        })
    }

    /// Does it all; consumes the run, because a failed one cannot go on.
    fn finish(self) -> Result<SyncReport, Error> {
        self.remove_gone()?;
        let (sender, receiver) = crossbeam_channel::bounded(QUEUE_MESSAGES);
        std::thread::scope(|scope| {
            let run = &self;
            scope.spawn(move || run.read(&sender));
            for _ in 0..self.options.threads.max(1) {
                let receiver = receiver.clone();
                scope.spawn(move || receiver.iter().try_for_each(|message| run.take(message)));
            }
        });
        if let Some(error) = self.state().failed.take() {
            return Err(error);
        }
        (self.progress)(Progress::Committing);
        self.commit_now()?;
        let Self { writer, state, plan, .. } = self;
        writer.into_inner().unwrap_or_else(PoisonError::into_inner).wait_merging_threads()?;
        let State { manifest, mut report, .. } = state.into_inner().unwrap_or_else(PoisonError::into_inner);
        account(&mut report, manifest, plan);
        Ok(report)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn segments(&self) -> MutexGuard<'_, Vec<SegmentBuilder>> {
        self.segments.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn writer(&self) -> RwLockReadGuard<'_, IndexWriter> {
        self.writer.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Deletes an article of an earlier run. The engine applies this to every segment that is there by the next commit, and
    /// so it has to be said that those of this run are not meant.
    fn delete(&self, writer: &IndexWriter, id: ArticleId) -> Result<(), Error> {
        let number = |field, number| -> Box<dyn Query> {
            Box::new(TermQuery::new(Term::from_field_u64(field, number), IndexRecordOption::Basic))
        };
        let replaced = BooleanQuery::new(vec![
            (Occur::Must, number(self.fields.id, id.to_u64())),
            (Occur::MustNot, number(self.fields.run, self.run)),
        ]);
        writer.delete_query(Box::new(replaced))?;
        Ok(())
    }

    fn remove_gone(&self) -> Result<(), Error> {
        let writer = self.writer();
        let mut state = self.state();
        for path in &self.plan.gone {
            let entry = state.manifest.files.remove(path).unwrap_or_default();
            for (id, _) in entry.ids() {
                self.delete(&writer, id)?;
                state.report.removed += 1;
            }
        }
        Ok(())
    }

    /// The reading thread: files in the order of the walk, chunks as the memory allows.
    fn read(&self, messages: &Sender<Message>) {
        let chunks_budget = Budget::new(self.options.memory_bytes / CHUNKS_PART);
        for (file, source) in self.plan.read.iter().enumerate() {
            self.begin(file, source);
            let mut chunks = 0;
            let outcome = corpus::read_chunks(source, &self.options.limits, &mut |chunk| {
                let share = chunks_budget.take(chunk.bytes.len());
                let message = Message::Chunk { file, sequence: chunks, chunk, share };
                chunks += 1;
                if messages.send(message).is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            });
            if messages.send(Message::End { file, chunks, outcome }).is_err() || self.state().failed.is_some() {
                return;
            }
        }
    }

    fn begin(&self, file: usize, source: &SourceFile) {
        let mut state = self.state();
        let current = state.manifest.files.get(&source.raw_path).map(|entry| entry.ids().collect()).unwrap_or_default();
        state.reading.insert(file, Reading { current, ..Reading::default() });
    }

    /// A worker's part: breaks off when the run has failed.
    fn take(&self, message: Message) -> ControlFlow<()> {
        let done = match message {
            Message::Chunk { file, sequence, chunk, share } => {
                let bytes = chunk.bytes.len() as u64;
                let parsed = corpus::parse(&chunk, &self.read_options);
                drop((chunk, share));
                (self.progress)(Progress::Read(bytes));
                self.add(file, sequence, parsed, bytes)
            }
            Message::End { file, chunks, outcome } => self.end(file, chunks, outcome),
        };
        let mut state = self.state();
        if let Err(error) = done {
            state.failed.get_or_insert(error);
            self.turn.notify_all();
        }
        if state.failed.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Hands the articles of a chunk to the engine.
    fn add(&self, file: usize, sequence: u64, parsed: corpus::Parsed, bytes: u64) -> Result<(), Error> {
        let mut articles = parsed.articles;
        self.settle_ids(file, sequence, &mut articles);
        let writer = self.writer();
        for article in &articles {
            let (stored, hash) = store(article);
            let known = self.state().reading.get(&file).and_then(|reading| reading.current.get(&article.id).copied());
            if known == Some(hash) {
                continue;
            }
            if known.is_some() {
                self.delete(&writer, article.id)?;
            }
            self.add_article(&writer, article, &stored)?;
            let mut state = self.state();
            let State { reading, report, uncommitted, .. } = &mut *state;
            reading.entry(file).or_default().current.insert(article.id, hash);
            *if known.is_some() { &mut report.changed } else { &mut report.added } += 1;
            *uncommitted += 1;
        }
        let mut state = self.state();
        state.report.bytes += bytes;
        let is_due = state.uncommitted >= self.options.commit_every && !self.at_once;
        let reading = state.reading.entry(file).or_default();
        reading.problems.extend(parsed.problems);
        reading.problems.truncate(MAX_PROBLEMS_OF_FILE);
        reading.done += 1;
        self.close_if_done(&writer, &mut state, file)?;
        drop((state, writer));
        if is_due { self.commit_now() } else { Ok(()) }
    }

    /// Adds an article to a segment in the making; a full one goes to the engine.
    fn add_article(&self, writer: &IndexWriter, article: &Article, stored: &[u8]) -> Result<(), Error> {
        let in_the_making = self.segments().pop();
        let mut segment = match in_the_making {
            Some(segment) => segment,
            None => SegmentBuilder::new(writer.index(), self.fields, &self.analyzer, self.run)?,
        };
        segment.add(article, stored)?;
        let for_segments = self.options.memory_bytes - self.options.memory_bytes / CHUNKS_PART;
        if segment.bytes() < (for_segments / self.options.threads.max(1)).max(MIN_SEGMENT_BYTES) {
            self.segments().push(segment);
        } else {
            writer.add_segment(segment.finish()?)?;
        }
        Ok(())
    }

    /// Makes the ids of a chunk differ from those of the chunks before it, in the order of the file whichever worker is
    /// first, so that ids do not depend on chance.
    fn settle_ids(&self, file: usize, sequence: u64, articles: &mut [Article]) {
        let waits = |state: &mut State| {
            state.failed.is_none() && state.reading.get(&file).is_some_and(|reading| reading.settled < sequence)
        };
        let mut state = self.turn.wait_while(self.state(), waits).unwrap_or_else(PoisonError::into_inner);
        let reading = state.reading.entry(file).or_default();
        for article in articles {
            let first = article.id;
            let mut count = 0;
            while !reading.seen.insert(article.id) {
                count += 1;
                article.id = corpus::repeated_id(first, count);
            }
        }
        reading.settled += 1;
        drop(state);
        self.turn.notify_all();
    }

    /// Notes that a file was read to its end, or why not.
    fn end(&self, file: usize, chunks: u64, outcome: Result<(), Problem>) -> Result<(), Error> {
        let writer = self.writer();
        let mut state = self.state();
        state.reading.entry(file).or_default().end = Some((chunks, outcome));
        self.close_if_done(&writer, &mut state, file)
    }

    /// When all of a file is with the engine: removes what it no longer holds, and records it.
    fn close_if_done(&self, writer: &IndexWriter, state: &mut State, file: usize) -> Result<(), Error> {
        let is_done = |reading: &Reading| reading.end.as_ref().is_some_and(|(chunks, _)| *chunks == reading.done);
        if !state.reading.get(&file).is_some_and(is_done) {
            return Ok(());
        }
        let mut reading = state.reading.remove(&file).unwrap_or_default();
        let outcome = reading.end.take().map_or(Ok(()), |(_, outcome)| outcome);
        let source = &self.plan.read[file];
        let unread = outcome.as_ref().is_err_and(|problem| problem.kind == ProblemKind::Unreadable);
        reading.problems.extend(outcome.err());
        if !unread {
            let gone: Vec<ArticleId> =
                reading.current.keys().filter(|id| !reading.seen.contains(id)).copied().collect();
            for id in gone {
                self.delete(writer, id)?;
                reading.current.remove(&id);
                state.report.removed += 1;
            }
        }
        let stamp = (!unread).then(|| Stamp::of(source));
        let entry = FileEntry { stamp, ..reading.entry() };
        state.manifest.files.insert(source.raw_path.clone(), entry);
        Ok(())
    }

    /// Commits what is recorded. Files in the middle of being read are recorded as such, and read again by a next run.
    fn commit_now(&self) -> Result<(), Error> {
        let mut writer = self.writer.write().unwrap_or_else(PoisonError::into_inner);
        let segments = std::mem::take(&mut *self.segments());
        std::thread::scope(|scope| {
            let finished: Vec<_> = segments.into_iter().map(|segment| scope.spawn(|| segment.finish())).collect();
            finished.into_iter().try_for_each(|segment| {
                writer.add_segment(segment.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?)
            })
        })?;
        let mut state = self.state();
        let mut manifest = state.manifest.clone();
        for (&file, reading) in &state.reading {
            manifest.files.insert(self.plan.read[file].raw_path.clone(), reading.entry());
        }
        state.uncommitted = 0;
        drop(state);
        let name = manifest.save(&self.dir)?;
        let commit = Commit { committed: Timestamp::now(), manifest: name.clone(), ..self.commit.clone() };
        let mut prepared = writer.prepare_commit()?;
        prepared.set_payload(&serde_json::to_string(&commit).expect("a commit is plain data"));
        prepared.commit()?;
        Manifest::remove_others(&self.dir, &name)
    }
}

impl Reading {
    /// The record of what the index holds of this file, as not read to its end.
    fn entry(&self) -> FileEntry {
        let mut articles: Vec<(u64, u64)> = self.current.iter().map(|(id, &hash)| (id.to_u64(), hash)).collect();
        articles.sort_unstable();
        FileEntry { stamp: None, articles, problems: self.problems.clone() }
    }
}

/// Segments with a larger share of deleted articles are merged, so that their space comes back.
const MAX_DELETED_RATIO: f32 = 0.3;
/// Messages between reading and parsing; their bytes are bounded by the budget.
const QUEUE_MESSAGES: usize = 256;
