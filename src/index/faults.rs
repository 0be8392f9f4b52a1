//! A folder that fails on demand: whatever write, rename, delete or flush goes wrong, the index holds its last commit and
//! the next run completes it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tantivy::Directory;
use tantivy::directory::error::{DeleteError, LockError, OpenReadError, OpenWriteError};
use tantivy::directory::{
    AntiCallToken, DirectoryLock, FileHandle, Lock, TerminatingWrite, WatchCallback, WatchHandle, WritePtr,
};

use super::directory::for_writing;
use super::open::{MANAGED, META, is_segment_file};
use super::sync::{SyncOptions, SyncReport, sync, sync_in};
use super::{ArticleIndex, checksums, lock};
use crate::analysis::dictionary::Dictionary;
use crate::error::Error;

/// Counts the operations that change a folder, and fails from a certain one on.
#[derive(Debug, Clone)]
struct Faults {
    done: Arc<AtomicUsize>,
    /// Number of the first operation that fails.
    first: usize,
    /// How many fail: one, as of a bad sector, or all that follow, as of a full disk.
    count: usize,
    kind: io::ErrorKind,
}

impl Faults {
    fn pass(&self) -> io::Result<()> {
        let number = self.done.fetch_add(1, Ordering::Relaxed);
        if number >= self.first && number - self.first < self.count { Err(self.kind.into()) } else { Ok(()) }
    }
}

#[derive(Debug, Clone)]
struct FaultyFolder {
    folder: Box<dyn Directory>,
    faults: Faults,
}

struct FaultyFile {
    file: WritePtr,
    faults: Faults,
}

impl Write for FaultyFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.faults.pass()?;
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.faults.pass()?;
        self.file.flush()
    }
}

impl TerminatingWrite for FaultyFile {
    fn terminate_ref(&mut self, token: AntiCallToken) -> io::Result<()> {
        self.faults.pass()?;
        self.file.flush()?;
        self.file.get_mut().terminate_ref(token)
    }
}

impl Directory for FaultyFolder {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        self.folder.get_file_handle(path)
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        let refused = |error| DeleteError::IoError { io_error: Arc::new(error), filepath: path.to_owned() };
        self.faults.pass().map_err(refused)?;
        self.folder.delete(path)
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.folder.exists(path)
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        let refused = |error| OpenWriteError::IoError { io_error: Arc::new(error), filepath: path.to_owned() };
        self.faults.pass().map_err(refused)?;
        let file = FaultyFile { file: self.folder.open_write(path)?, faults: self.faults.clone() };
        Ok(io::BufWriter::new(Box::new(file)))
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        self.folder.atomic_read(path)
    }

    fn atomic_write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.faults.pass()?;
        self.folder.atomic_write(path, bytes)?;
        // after the rename, before it is durable
        self.faults.pass()
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.faults.pass()?;
        self.folder.sync_directory()
    }

    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        self.folder.acquire_lock(lock)
    }

    fn watch(&self, callback: WatchCallback) -> tantivy::Result<WatchHandle> {
        self.folder.watch(callback)
    }
}

/// Titles by path.
type Held = BTreeMap<String, String>;

fn held(index: &Path) -> Held {
    let searcher = ArticleIndex::open(index).unwrap().searcher(Arc::new(Dictionary::default())).unwrap();
    let mut held = Held::new();
    searcher
        .each_article(&mut |article| {
            let twice = held.insert(article.path, article.title);
            assert_eq!(twice, None, "an article is there twice");
        })
        .unwrap();
    held
}

fn options(rebuild: bool) -> SyncOptions {
    SyncOptions { threads: 1, memory_bytes: 64 << 20, commit_every: 3, rebuild, ..SyncOptions::default() }
}

fn write(corpus: &Path, name: &str, title: &str) {
    fs::write(corpus.join(name), format!("# {title}\n\n江湾地铁今日通车。")).unwrap();
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// That every file of `old`, but the list of files that the engine may remove, is in `now` as it was.
#[track_caller]
fn assert_is_there(old: &Path, now: &Path, at: &str) {
    for entry in fs::read_dir(old).unwrap() {
        let name = entry.unwrap().file_name();
        let read = |dir: &Path| fs::read(dir.join(&name)).ok();
        assert!(name == MANAGED || name == lock::FILE || read(old) == read(now), "{}, {at}", name.display());
    }
}

/// That the folder holds no file of a segment but those of the index and those that its next commit removes.
#[track_caller]
fn assert_nothing_is_left(dir: &Path, at: &str) {
    let index = ArticleIndex::open(dir).unwrap();
    let (files, managed) =
        (checksums::files(dir, Some(&index)).unwrap(), index.tantivy.directory().list_managed_files());
    for entry in fs::read_dir(dir).unwrap() {
        let name = PathBuf::from(entry.unwrap().file_name());
        assert!(
            !is_segment_file(&name) || files.contains(&name) || managed.contains(&name),
            "{}, {at}",
            name.display()
        );
    }
}

/// What is there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    Nothing,
    Index,
    /// An index that cannot be opened.
    Broken,
}

/// What happens to an index.
#[derive(Debug, Clone, Copy)]
struct Case {
    before: Before,
    rebuild: bool,
    /// See [`Faults`].
    count: usize,
    kind: io::ErrorKind,
}

const REFRESH: Case =
    Case { before: Before::Index, rebuild: false, count: usize::MAX, kind: io::ErrorKind::StorageFull };
const FIRST_RUN: Case = Case { before: Before::Nothing, ..REFRESH };
const REBUILD: Case = Case { rebuild: true, ..REFRESH };
const REPAIR: Case = Case { before: Before::Broken, ..REBUILD };
const BAD_SECTOR: Case = Case { count: 1, kind: io::ErrorKind::Other, ..REFRESH };

/// Lets every `stride`th operation be the first that fails, until a run meets none that does.
fn fail_everywhere(Case { before, rebuild, count, kind }: Case, stride: usize) {
    let dir = tempfile::tempdir().unwrap();
    let (corpus, first, words) = (dir.path().join("corpus"), dir.path().join("first"), Arc::new(Dictionary::default()));
    fs::create_dir(&corpus).unwrap();
    for i in 0..6 {
        write(&corpus, &format!("{i}.md"), &format!("旧{i}"));
    }
    let mut old = Held::new();
    if before != Before::Nothing {
        sync(&first, &corpus, &words, &options(false), &|_| {}).unwrap();
        old = held(&first);
    }
    if before == Before::Broken {
        let list = first.join(META);
        let otherwise = fs::read_to_string(&list).unwrap().replacen("segments", "Segments", 1);
        fs::write(&list, otherwise).unwrap();
    }
    write(&corpus, "0.md", "改");
    write(&corpus, "1.md", "也改");
    fs::remove_file(corpus.join("2.md")).unwrap();
    for i in 6..10 {
        write(&corpus, &format!("{i}.md"), &format!("新{i}"));
    }
    let fresh = dir.path().join("fresh");
    sync(&fresh, &corpus, &words, &options(false), &|_| {}).unwrap();
    let new = held(&fresh);

    let mut failed_runs = 0;
    for first_fault in (0..).step_by(stride) {
        let index = dir.path().join(format!("index-{first_fault}"));
        if before != Before::Nothing {
            copy(&first, &index);
        }
        let faults = Faults { done: Arc::default(), first: first_fault, count, kind };
        let open = |dir: &Path| -> Result<Box<dyn Directory>, Error> {
            Ok(Box::new(FaultyFolder { folder: for_writing(dir)?, faults: faults.clone() }))
        };
        let outcome: Result<SyncReport, Error> = sync_in(&index, &corpus, &words, &options(rebuild), &|_| {}, &open);
        let at = format!("fault {first_fault}: {outcome:?}");
        match ArticleIndex::open(&index) {
            Ok(_) => {
                for (path, title) in held(&index) {
                    assert!(old.get(&path) == Some(&title) || new.get(&path) == Some(&title), "{path} {title}, {at}");
                }
                if rebuild {
                    assert!(held(&index) == old || held(&index) == new, "half a rebuild, {at}");
                }
                let kept = |path: &&String| old.contains_key(*path) && new.contains_key(*path);
                let now = held(&index);
                assert!(
                    old.keys().filter(kept).all(|path| now.contains_key(path)),
                    "a committed article is lost, {at}"
                );
            }
            Err(Error::NoIndex(_)) => assert_eq!(before, Before::Nothing, "{at}"),
            Err(Error::Damaged { .. }) if before == Before::Broken => assert_is_there(&first, &index, &at),
            Err(error) => panic!("{error}, {at}"),
        }
        failed_runs += usize::from(outcome.is_err());
        if outcome.is_ok() {
            assert_eq!(held(&index), new, "{at}");
        }
        let is_broken = before == Before::Broken;
        sync(&index, &corpus, &words, &options(is_broken), &|_| {}).unwrap_or_else(|error| panic!("{error}, {at}"));
        assert_eq!(held(&index), new, "{at}");
        assert_nothing_is_left(&index, &at);
        fs::remove_dir_all(&index).unwrap();
        if faults.done.load(Ordering::Relaxed) <= first_fault {
            break;
        }
    }
    assert!(failed_runs * stride > 20, "{failed_runs} runs failed");
}

/// Lets a run with a commit for each article fail at each of its last operations, among them those that merge its segments,
/// and looks whether what the next run deletes stays away.
#[test]
fn what_is_deleted_stays_away_where_the_run_before_could_not_merge() {
    let dir = tempfile::tempdir().unwrap();
    let (corpus, first, words) = (dir.path().join("corpus"), dir.path().join("first"), Arc::new(Dictionary::default()));
    let options = SyncOptions { commit_every: 1, ..options(false) };
    fs::create_dir(&corpus).unwrap();
    (0..8).for_each(|i| write(&corpus, &format!("{i}.md"), &format!("旧{i}")));
    sync(&first, &corpus, &words, &options, &|_| {}).unwrap();
    (0..5).for_each(|i| write(&corpus, &format!("{i}.md"), &format!("新{i}")));
    let edited = dir.path().join("edited");
    let run = |index: &Path, first_fault: usize| {
        copy(&first, index);
        let faults = Faults { done: Arc::default(), first: first_fault, count: usize::MAX, kind: io::ErrorKind::Other };
        let open = |dir: &Path| -> Result<Box<dyn Directory>, Error> {
            Ok(Box::new(FaultyFolder { folder: for_writing(dir)?, faults: faults.clone() }))
        };
        _ = sync_in(index, &corpus, &words, &options, &|_| {}, &open);
        faults.done.load(Ordering::Relaxed)
    };
    let operations = run(&edited, usize::MAX);
    let expected = held(&edited);

    let mut unmerged = 0;
    for first_fault in (operations / 2..operations).step_by(STRIDE) {
        let index = dir.path().join(format!("index-{first_fault}"));
        run(&index, first_fault);
        let segments = ArticleIndex::open(&index).unwrap().tantivy.searchable_segment_ids().unwrap();
        unmerged += usize::from(segments.len() > 4);
        // the first that the next run deletes is in the segment from which the run before deleted last
        let article = corpus.join("7.md");
        let kept = fs::read(&article).unwrap();
        fs::remove_file(&article).unwrap();
        sync(&index, &corpus, &words, &options, &|_| {}).unwrap();
        fs::write(&article, kept).unwrap();
        let mut now = held(&index);
        assert_eq!(now.remove("7.md"), None, "fault {first_fault}");
        assert!(expected.iter().filter(|(path, _)| *path != "7.md").eq(&now), "fault {first_fault}: {now:?}");
    }
    assert!(unmerged > 3, "{unmerged} runs left segments that should be merged");
}

/// Prime, so that the operations that fail are of all kinds.
const STRIDE: usize = 13;

#[test]
fn a_full_disk_costs_a_refresh_at_most_its_last_step() {
    fail_everywhere(REFRESH, STRIDE);
}

#[test]
fn a_full_disk_costs_a_first_run_at_most_its_last_step() {
    fail_everywhere(FIRST_RUN, STRIDE);
}

#[test]
fn a_single_error_of_the_disk_does_no_more() {
    fail_everywhere(BAD_SECTOR, STRIDE);
}

#[test]
fn a_rebuild_that_fails_leaves_the_old_index() {
    fail_everywhere(REBUILD, STRIDE);
}

#[test]
fn a_repair_that_fails_leaves_the_broken_index() {
    fail_everywhere(REPAIR, STRIDE);
}

#[test]
#[ignore = "takes 5 minutes; run with cargo test --lib -- --ignored no_fault_at_all"]
fn no_fault_at_all_costs_more_than_the_last_step() {
    for case in [REFRESH, FIRST_RUN, REBUILD, REPAIR, BAD_SECTOR] {
        fail_everywhere(case, 1);
    }
}
