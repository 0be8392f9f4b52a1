//! `souwen watch`: keeps the index in step with its folder until told to end.
//!
//! 1. What the system tells of changes only wakes this loop; it is not kept, so a burst of any size takes no memory, and
//!    an overflow of the system's queue loses nothing.
//! 2. Once the folder has been quiet for a moment, or has not been for a while, a batch runs: an ordinary sync, which walks
//!    the folder and finds out what changed. Only then is the index locked, so that others may write in between.
//! 3. Once a minute the folder is listened to anew and walked whatever happened: so a disk that came back, or a change on
//!    the far side of a network, is found too.

use std::collections::HashSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use jiff::{Timestamp, Zoned};
use notify::event::{AccessKind, AccessMode, ModifyKind};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use serde::Serialize;
use souwen::analysis::dictionary::Dictionary;
use souwen::error::Error;
use souwen::index::{SyncOptions, SyncReport};
use souwen::messages::Message;
use souwen::render::json;

use super::args::WatchArgs;
use super::console::{Console, finish};
use super::failure::{Failure, shown};
use super::place::Place;
use super::progress::Bar;
use super::settings::Settings;
use super::{Exit, dictionary, index, interrupt};

/// A batch begins when nothing has changed for so long: who writes many files seldom pauses longer between two.
const QUIET: Duration = Duration::from_millis(300);
/// It begins at the latest after this, so that articles can be found within two seconds.
const MAX_WAIT: Duration = Duration::from_secs(1);
/// How often all files are looked at where changes are told.
const ROUND: Duration = Duration::from_secs(60);
/// How often they are where changes are not told, and while something is in the way.
const POLL: Duration = Duration::from_secs(1);
/// Polling rests at least so many times as long as a look takes: a tenth of a core is enough.
const REST: u32 = 9;

/// Does it; ends when told to.
pub(super) fn run(args: &WatchArgs, place: &Place, settings: &Settings, console: &Console) -> Result<Exit, Failure> {
    let corpus = place.corpus(args.corpus.as_deref())?;
    let (wake, woken) = crossbeam_channel::bounded(1);
    let options = index::options(settings);
    interrupt::on_interrupt({
        let (stop, wake) = (Arc::clone(&options.stop), wake.clone());
        move || {
            stop.store(true, Ordering::Relaxed);
            // when it is full, somebody is woken already
            let _ = wake.try_send(());
        }
    });
    let dictionary = dictionary(place, settings, console)?;
    let is_polling = args.poll;
    let mut watch = Watch {
        args,
        place,
        corpus,
        dictionary,
        options,
        console,
        wake,
        woken,
        is_polling,
        listener: None,
        is_lost: Arc::default(),
        told: None,
        told_problems: HashSet::new(),
    };
    watch.run()
}

/// A folder that is watched.
struct Watch<'a> {
    args: &'a WatchArgs,
    place: &'a Place,
    corpus: PathBuf,
    dictionary: Arc<Dictionary>,
    options: SyncOptions,
    console: &'a Console,
    /// Holds one token when there is something to look at.
    wake: Sender<()>,
    woken: Receiver<()>,
    is_polling: bool,
    /// Listens as long as it lives.
    listener: Option<RecommendedWatcher>,
    /// Raised when the folder itself went away, and with it whatever listens to it.
    is_lost: Arc<AtomicBool>,
    /// What was last said to be in the way, so that it is said once.
    told: Option<String>,
    /// Problems of the last batch: a folder that cannot be read is one of every batch.
    told_problems: HashSet<String>,
}

impl Watch<'_> {
    fn run(&mut self) -> Result<Exit, Failure> {
        self.console.say(Message::Watching { corpus: &shown(&self.corpus) });
        let mut is_first = true;
        let mut listening_since: Option<Instant> = None;
        loop {
            // the first batch makes the index folder, whose files are no news
            let is_lost = self.is_lost.swap(false, Ordering::Relaxed);
            let is_due = is_lost || listening_since.is_none_or(|since| since.elapsed() >= ROUND);
            let started = Instant::now();
            if !is_first && !self.is_polling && is_due {
                listening_since = self.listen().then(Instant::now);
            }
            match self.batch(is_first) {
                Ok(()) => self.told = None,
                Err(Failure::Index { error: Error::Stopped, .. }) => return Ok(Exit::Success),
                Err(failure) if is_passing(&failure, is_first) => {
                    self.tell(&failure);
                    // the folder may be another by now than the one that is listened to
                    listening_since = None;
                }
                Err(failure) => return Err(failure),
            }
            let again_at_once = std::mem::take(&mut is_first) && !self.is_polling;
            let rest = if listening_since.is_none() { POLL.max(started.elapsed() * REST) } else { ROUND };
            if !again_at_once {
                self.wait(rest);
            }
            if self.options.stop.load(Ordering::Relaxed) {
                return Ok(Exit::Success);
            }
        }
    }

    /// Listens anew. `false` when that cannot be done now; where it can never be, the folder is polled from now on.
    fn listen(&mut self) -> bool {
        self.listener = None;
        let Ok(corpus) = self.corpus.canonicalize() else { return false };
        let index = self.place.dir.canonicalize().ok();
        let (wake, is_lost, root) = (self.wake.clone(), Arc::clone(&self.is_lost), corpus.clone());
        let hear = move |event: notify::Result<notify::Event>| {
            if event.as_ref().is_ok_and(|event| is_end_of(&root, event)) {
                is_lost.store(true, Ordering::Relaxed);
            }
            // an error, such as that of a full queue, may hide anything
            if event.as_ref().map_or(true, |event| is_news(event, index.as_deref())) {
                let _ = wake.try_send(());
            }
        };
        let listener = notify::recommended_watcher(hear).and_then(|mut listener| {
            // by itself first: a folder that goes away at this moment is an error then, while a tree that cannot be walked
            // is taken for one without folders
            listener.watch(&corpus, RecursiveMode::NonRecursive)?;
            listener.watch(&corpus, RecursiveMode::Recursive)?;
            Ok(listener)
        });
        match listener {
            Ok(listener) => self.listener = Some(listener),
            // it went away meanwhile
            Err(_) if !corpus.exists() => {}
            Err(error) => {
                self.console.note(Message::PollingInstead { reason: &error.to_string() });
                self.is_polling = true;
            }
        }
        self.listener.is_some()
    }

    /// Returns when there was a change and then quiet, after `rest` at the latest, or when all is to end.
    fn wait(&self, rest: Duration) {
        if self.woken.recv_timeout(rest).is_err() {
            return;
        }
        let first = Instant::now();
        while first.elapsed() < MAX_WAIT
            && !self.options.stop.load(Ordering::Relaxed)
            && self.woken.recv_timeout(QUIET).is_ok()
        {}
    }

    /// One sync, and a line about it. The first is always told, the others when they changed something.
    fn batch(&mut self, is_first: bool) -> Result<(), Failure> {
        let bar = Bar::new(self.console, self.args.json);
        let mut report = index::sync(&self.place.dir, &self.corpus, &self.dictionary, &self.options, &bar)?;
        drop(bar);
        let problems: HashSet<String> = report.problems.iter().map(ToString::to_string).collect();
        report.problems.retain(|problem| !self.told_problems.contains(&problem.to_string()));
        self.told_problems = problems;
        if !is_first {
            report.older_problems.clear();
        }
        index::tell_problems(&report, false, self.console);
        let SyncReport { added, changed, removed, articles, .. } = report;
        if !is_first && added + changed + removed == 0 {
            return Ok(());
        }
        let mut out = self.console.out();
        if self.args.json {
            json::write_line(&mut out, "batch", &Batch::of(&report))?;
        } else {
            let time = &Zoned::now().strftime("%Y-%m-%d %H:%M:%S").to_string();
            let batch = Message::Batch { time, added, changed, removed, articles };
            writeln!(out, "{}", self.console.text(batch))?;
        }
        finish(out)
    }

    /// Says what is in the way, once.
    fn tell(&mut self, failure: &Failure) {
        let text = failure.text(self.console.lang);
        if self.told.as_ref() != Some(&text) {
            self.console.error(&text);
            self.console.hint(Message::WatchingOn);
            self.told = Some(text);
        }
    }
}

/// Whether this may be over by itself. The rest needs the user, as it does for `souwen index`.
fn is_passing(failure: &Failure, is_first: bool) -> bool {
    let Failure::Index { error, .. } = failure else { return false };
    match error {
        Error::NoCorpus(_) => !is_first,
        Error::CorpusGone { .. } | Error::MassDelete { .. } | Error::Locked { .. } => true,
        Error::Io { .. } | Error::Engine(_) => !is_first,
        _ => false,
    }
}

/// Whether the event may mean another article: reading does not, nor does what happens in the index itself.
fn is_news(event: &notify::Event, index: Option<&Path>) -> bool {
    let is_reading = match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => false,
        EventKind::Access(_) => true,
        _ => false,
    };
    let is_own = |path: &PathBuf| index.is_some_and(|index| path.starts_with(index));
    event.need_rescan() || !is_reading && (event.paths.is_empty() || !event.paths.iter().all(is_own))
}

/// Whether the folder was removed or renamed.
fn is_end_of(folder: &PathBuf, event: &notify::Event) -> bool {
    matches!(event.kind, EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_))) && event.paths.contains(folder)
}

/// A batch for programs.
#[derive(Serialize)]
struct Batch {
    time: Timestamp,
    added: u64,
    changed: u64,
    removed: u64,
    moved: u64,
    articles: u64,
    /// Problems that are new; they are told on standard error.
    problems: usize,
    seconds: f64,
}

impl Batch {
    fn of(report: &SyncReport) -> Self {
        let SyncReport { added, changed, removed, moved, articles, seconds, .. } = *report;
        Self {
            time: Timestamp::now(),
            added,
            changed,
            removed,
            moved,
            articles,
            problems: report.problems.len(),
            seconds,
        }
    }
}
