//! A sync at work: threads that read files and hand articles to the engine, and the commits in between. See
//! [`sync`](super::sync) for the flow.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use crossbeam_channel::Sender;
use jiff::Timestamp;
use tantivy::index::SegmentId;
use tantivy::indexer::NoMergePolicy;
use tantivy::query::doc_predicate_query::{DocPredicateQuery, FunctionPredicate};
use tantivy::{Directory, IndexWriter, SegmentReader};

use super::budget::{Budget, Share};
use super::document::store;
use super::manifest::{FileEntry, Manifest};
use super::mass_delete::Guard;
use super::merging;
use super::open::{Commit, parse_zone};
use super::plan::Plan;
use super::schema::{Fields, ID, schema};
use super::segment::SegmentBuilder;
use super::sync::{Progress, SyncOptions, SyncReport, Target};
use crate::analysis::Analyzer;
use crate::article::{Article, ArticleId};
use crate::corpus::{self, Chunk, Problem, ProblemKind, ReadOptions, SourceFile};
use crate::error::Error;

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
    /// Articles added since the last commit.
    uncommitted: u64,
    /// Whether the manifest differs from that of the last commit.
    is_dirty: bool,
    /// Articles of earlier runs that the next commit deletes.
    replaced: HashSet<ArticleId>,
    /// Content hashes of articles whose file is gone, and how many there are of each, less those that turned up elsewhere.
    gone: HashMap<u64, u64>,
    failed: Option<Error>,
}

/// A sync at work.
pub(super) struct Run<'a> {
    fields: Fields,
    folder: Box<dyn Directory>,
    dir: PathBuf,
    guard: Guard,
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
    /// Segments of earlier runs.
    earlier: Arc<HashSet<SegmentId>>,
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
    pub(super) fn new(
        target: Target,
        plan: Plan,
        analyzer: &Analyzer,
        options: &'a SyncOptions,
        progress: &'a (dyn Fn(Progress) + Sync),
    ) -> Result<Self, Error> {
        let Target { index, folder, dir, manifest, commit, is_new, guard } = target;
        let writer: IndexWriter = index.writer_with_num_threads(1, IDLE_WRITER_BYTES)?;
        // what a run left that failed in the middle of a commit stands in the way of this one's files of the same name
        writer.garbage_collect_files().wait()?;
        // see `merging.rs`: it waits until the last commit is done
        writer.set_merge_policy(Box::new(NoMergePolicy));
        if is_new {
            writer.delete_all_documents()?;
        }
        let zone = parse_zone(&commit.zone).ok_or_else(|| Error::Zone(commit.zone.clone()))?;
        Ok(Self {
            fields: schema().1,
            folder,
            dir,
            commit,
            // articles that go now may come back with files that are read at the end, if these were moved
            at_once: options.rebuild || guard.is_most(in_files(&manifest, &plan.gone)),
            plan,
            guard,
            options,
            read_options: ReadOptions { zone, limits: options.limits.clone() },
            progress,
            earlier: Arc::new(writer.index().searchable_segment_ids()?.into_iter().collect()),
            writer: RwLock::new(writer),
            state: Mutex::new(State {
                manifest,
                reading: HashMap::new(),
                report: SyncReport::default(),
                uncommitted: 0,
                is_dirty: is_new,
                replaced: HashSet::new(),
                gone: HashMap::new(),
                failed: None,
            }),
            turn: Condvar::new(),
            segments: Mutex::new(Vec::new()),
            analyzer: analyzer.clone(),
        })
    }

    /// Does it all; consumes the run, because a failed one cannot go on.
    pub(super) fn finish(self) -> Result<SyncReport, Error> {
        self.remove_gone();
        let (sender, receiver) = crossbeam_channel::bounded(QUEUE_MESSAGES);
        std::thread::scope(|scope| {
            let run = &self;
            scope.spawn(move || run.read(&sender));
            for _ in 0..self.options.threads.max(1) {
                let receiver = receiver.clone();
                scope.spawn(move || receiver.iter().try_for_each(|message| run.take(message)));
            }
            // when the workers break off, their messages go with them, and the reading thread does not wait for room
            drop(receiver);
        });
        if let Some(error) = self.state().failed.take() {
            return Err(error);
        }
        if self.is_stopped() && self.at_once {
            return Err(Error::Stopped);
        }
        if self.state().is_dirty {
            (self.progress)(Progress::Committing);
            self.commit_now()?;
        }
        let Self { writer, state, plan, options, .. } = self;
        let mut writer = writer.into_inner().unwrap_or_else(PoisonError::into_inner);
        merging::merge(&mut writer, options.threads)?;
        writer.wait_merging_threads()?;
        let State { manifest, mut report, .. } = state.into_inner().unwrap_or_else(PoisonError::into_inner);
        plan.account(&mut report, manifest);
        Ok(report)
    }

    fn is_stopped(&self) -> bool {
        self.options.stop.load(Ordering::Relaxed)
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

    /// Deletes articles of earlier runs: all of them at once, for each time takes a look at the ids of all articles. The engine
    /// asks every segment that is there by the next commit, and those of this run are not meant.
    fn delete(&self, writer: &IndexWriter, replaced: HashSet<ArticleId>) -> tantivy::Result<()> {
        let (earlier, replaced) = (Arc::clone(&self.earlier), Arc::new(replaced));
        let in_segment = move |segment: &SegmentReader| {
            let is_earlier = earlier.contains(&segment.segment_id());
            let (ids, replaced) = (segment.fast_fields().u64(ID)?, Arc::clone(&replaced));
            let is_replaced = move |id| replaced.contains(&ArticleId::from_u64(id));
            Ok(move |doc| is_earlier && ids.first(doc).is_some_and(&is_replaced))
        };
        writer.delete_query(Box::new(DocPredicateQuery::from(FunctionPredicate::from(in_segment))))?;
        Ok(())
    }

    fn remove_gone(&self) {
        let mut state = self.state();
        let State { manifest, report, is_dirty, replaced, gone, .. } = &mut *state;
        for path in &self.plan.gone {
            let entry = manifest.files.remove(path).unwrap_or_default();
            for (id, hash) in entry.ids(path) {
                replaced.insert(id);
                report.removed += 1;
                *gone.entry(hash).or_default() += 1;
            }
            *is_dirty = true;
        }
    }

    /// The reading thread: files in the order of the walk, chunks as the memory allows.
    fn read(&self, messages: &Sender<Message>) {
        let chunks_budget = Budget::new(self.options.memory_bytes / CHUNKS_PART);
        for (file, source) in self.plan.read.iter().enumerate() {
            if self.is_stopped() {
                return;
            }
            self.begin(file, source);
            let mut chunks = 0;
            let outcome = corpus::read_chunks(source, &self.options.limits, &mut |chunk| {
                let share = chunks_budget.take(chunk.bytes.len());
                let message = Message::Chunk { file, sequence: chunks, chunk, share };
                chunks += 1;
                let goes_on = messages.send(message).is_ok() && !self.is_stopped();
                if goes_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            });
            // a file that is not read to its end stays open, and the next run reads it again
            if self.is_stopped() {
                return;
            }
            if messages.send(Message::End { file, chunks, outcome }).is_err() || self.state().failed.is_some() {
                return;
            }
        }
    }

    fn begin(&self, file: usize, source: &SourceFile) {
        let mut state = self.state();
        let current = state
            .manifest
            .files
            .get(&source.raw_path)
            .map(|entry| entry.ids(&source.raw_path).collect())
            .unwrap_or_default();
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
            Message::End { file, chunks, outcome } => {
                self.end(file, chunks, outcome);
                Ok(())
            }
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
            self.add_article(&writer, article, &stored)?;
            let mut state = self.state();
            let State { reading, report, uncommitted, is_dirty, replaced, gone, .. } = &mut *state;
            reading.entry(file).or_default().current.insert(article.id, hash);
            if known.is_some() {
                replaced.insert(article.id);
                report.changed += 1;
            } else {
                report.added += 1;
                if let Some(left) = gone.get_mut(&hash).filter(|left| **left > 0) {
                    *left -= 1;
                    report.moved += 1;
                }
            }
            *uncommitted += 1;
            *is_dirty = true;
        }
        let mut state = self.state();
        state.report.bytes += bytes;
        let is_due = state.uncommitted >= self.options.commit_every && !self.at_once;
        let reading = state.reading.entry(file).or_default();
        reading.problems.extend(parsed.problems);
        reading.problems.truncate(MAX_PROBLEMS_OF_FILE);
        reading.done += 1;
        self.close_if_done(&mut state, file);
        drop((state, writer));
        if is_due { self.commit_now() } else { Ok(()) }
    }

    /// Adds an article to a segment in the making; a full one goes to the engine.
    fn add_article(&self, writer: &IndexWriter, article: &Article, stored: &[u8]) -> Result<(), Error> {
        let in_the_making = self.segments().pop();
        let mut segment = match in_the_making {
            Some(segment) => segment,
            None => SegmentBuilder::new(writer.index(), self.fields, &self.analyzer)?,
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
    fn end(&self, file: usize, chunks: u64, outcome: Result<(), Problem>) {
        let mut state = self.state();
        state.reading.entry(file).or_default().end = Some((chunks, outcome));
        self.close_if_done(&mut state, file);
    }

    /// When all of a file is with the engine: removes what it no longer holds, and records it.
    fn close_if_done(&self, state: &mut State, file: usize) {
        let is_done = |reading: &Reading| reading.end.as_ref().is_some_and(|(chunks, _)| *chunks == reading.done);
        if !state.reading.get(&file).is_some_and(is_done) {
            return;
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
                reading.current.remove(&id);
                state.replaced.insert(id);
                state.report.removed += 1;
            }
        }
        let stamp = (!unread).then(|| self.plan.stamp(file));
        let entry = FileEntry { stamp, ..reading.entry(&source.raw_path) };
        let before = state.manifest.files.insert(source.raw_path.clone(), entry.clone());
        state.is_dirty |= before != Some(entry);
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
            let path = &self.plan.read[file].raw_path;
            manifest.files.insert(path.clone(), reading.entry(path));
        }
        let SyncReport { removed, moved, .. } = state.report;
        let replaced = std::mem::take(&mut state.replaced);
        state.uncommitted = 0;
        state.is_dirty = false;
        drop(state);
        let is_rebuild = self.options.rebuild;
        let removed = if is_rebuild { self.guard.removed_by_rebuild(manifest.articles()) } else { removed - moved };
        self.guard.check(removed, self.plan.is_folder_empty)?;
        if !replaced.is_empty() {
            self.delete(&writer, replaced)?;
        }
        let name = manifest.save(&*self.folder, &self.dir)?;
        let commit = Commit { committed: Timestamp::now(), manifest: name.clone(), ..self.commit.clone() };
        let mut prepared = writer.prepare_commit()?;
        prepared.set_payload(&serde_json::to_string(&commit).expect("a commit is plain data"));
        prepared.commit()?;
        Manifest::remove_others(&*self.folder, &self.dir, &name)
    }
}

/// Articles that a manifest holds of these files.
fn in_files(manifest: &Manifest, paths: &[Vec<u8>]) -> u64 {
    paths.iter().filter_map(|path| manifest.files.get(path)).map(|entry| entry.articles.len() as u64).sum()
}

impl Reading {
    /// The record of what the index holds of this file, as not read to its end.
    fn entry(&self, path: &[u8]) -> FileEntry {
        let mut articles: Vec<(ArticleId, u64)> = self.current.iter().map(|(&id, &hash)| (id, hash)).collect();
        articles.sort_unstable();
        let articles = FileEntry::list(path, articles.into_iter());
        FileEntry { stamp: None, articles, problems: self.problems.clone() }
    }
}

/// Messages between reading and parsing; their bytes are bounded by the budget.
const QUEUE_MESSAGES: usize = 256;
