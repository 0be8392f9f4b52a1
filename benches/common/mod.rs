//! What the benches share: the articles they run on, an index of them, and the [`baseline`] that souwen is compared with.
//!
//! The articles are those of `corpus/`, or, where `SOUWEN_SHARED` names an optional folder of test corpora, its
//! `corpora/feed-posts` and `corpora/cctv-posts.tar.gz` together: real posts, 24,786 files, 50 MB.
#![allow(dead_code, reason = "each bench uses a part of it")]

pub(crate) mod baseline;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use std::{env, fs};

use jiff::Zoned;
use souwen::analysis::dictionary::Dictionary;
use souwen::article::Article;
use souwen::index::{ArticleIndex, SyncOptions, SyncReport, sync};
use souwen::query::{Query, parse};
use souwen::search::Searcher;
use souwen::search::request::SearchRequest;
use tempfile::TempDir;

/// That of the program, for both sides.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Threads of both sides: the baseline's number is part of its definition.
pub(crate) const THREADS: usize = 2;
/// Memory of both sides for segments in the making.
pub(crate) const MEMORY_BYTES: usize = 512 << 20;

/// The optional folder of test corpora.
pub(crate) fn shared() -> Option<PathBuf> {
    env::var_os("SOUWEN_SHARED").map(PathBuf::from).filter(|folder| folder.join("corpora").is_dir())
}

/// The folder of articles to run on.
pub(crate) fn corpus() -> PathBuf {
    match shared() {
        Some(shared) => unpacked(&shared.join("corpora")),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus"),
    }
}

/// A copy of the test corpora below the target folder, made once. Copied, not linked, so that both sides walk one tree.
fn unpacked(corpora: &Path) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-corpus");
    if !folder.is_dir() {
        let making = folder.with_extension("making");
        let _ = fs::remove_dir_all(&making);
        fs::create_dir_all(&making).expect("the target folder can be written");
        run(Command::new("tar").arg("xzf").arg(corpora.join("cctv-posts.tar.gz")).arg("-C").arg(&making));
        run(Command::new("cp").arg("-R").arg(corpora.join("feed-posts")).arg(&making));
        fs::rename(&making, &folder).expect("both stand in one folder");
    }
    folder
}

fn run(command: &mut Command) {
    let status = command.status().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(status.success(), "{command:?}: {status}");
}

/// Builds souwen's index of `corpus` in `dir`, as `souwen index` does.
pub(crate) fn build(corpus: &Path, dir: &Path) -> SyncReport {
    let options = SyncOptions { threads: THREADS, memory_bytes: MEMORY_BYTES, ..SyncOptions::default() };
    sync(dir, corpus, &dictionary(), &options, &|_| {}).expect("the corpus can be indexed")
}

/// The built-in dictionary.
pub(crate) fn dictionary() -> Arc<Dictionary> {
    Arc::new(Dictionary::default())
}

/// An index of the corpus on disk, and a searcher of it.
pub(crate) struct Indexed {
    pub(crate) dir: TempDir,
    pub(crate) searcher: Searcher,
}

impl Indexed {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().expect("there is room for an index");
        build(&corpus(), dir.path());
        let index = ArticleIndex::open(dir.path()).expect("it was just built");
        let searcher = index.searcher(dictionary()).expect("it was just built");
        Self { dir, searcher }
    }

    /// Up to `most` articles, spread over the whole index.
    pub(crate) fn articles(&self, most: usize) -> Vec<Article> {
        let step = (self.searcher.articles() as usize / most).max(1);
        let (mut articles, mut number) = (Vec::new(), 0);
        let mut take = |article| {
            if number % step == 0 && articles.len() < most {
                articles.push(article);
            }
            number += 1;
        };
        self.searcher.each_article(&mut take).expect("it was just built");
        articles
    }
}

/// `typed` as the tree that the command line would make of it.
pub(crate) fn query(typed: &str) -> Query {
    let now: Zoned = "2026-11-22T12:00:00+08:00[+08:00]".parse().expect("a moment");
    parse(typed, &now).query
}

/// The request that `souwen search` would make of `typed`.
pub(crate) fn request(typed: &str) -> SearchRequest {
    SearchRequest { query: query(typed), ..SearchRequest::default() }
}

/// The middle of some times, and what share of them lies below other marks: `p50 1.0 ms, p90 …`.
pub(crate) fn percentiles(times: &mut [Duration]) -> String {
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share).round() as usize].as_secs_f64() * 1e3;
    let (p50, p90, p99, max) = (at(0.5), at(0.9), at(0.99), at(1.0));
    format!("p50 {p50:.3} ms, p90 {p90:.3} ms, p99 {p99:.3} ms, max {max:.3} ms")
}

/// The middle of some times.
pub(crate) fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
