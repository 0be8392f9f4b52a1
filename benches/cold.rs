//! The first query of a process: opening the index and answering once, inside this process and as a whole run of the
//! program; the page cache is warm.
//!
//! The obvious pipeline loads jieba's dictionary first; souwen loads the words that occur in the query.

mod common;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use criterion::Criterion;
use souwen::index::ArticleIndex;
use souwen::search::results::SearchResults;
use tantivy_jieba::jieba_rs::Jieba;

use common::baseline::{Baseline, Hit};

/// A query as people type it.
const TYPED: &str = "微软 区块链";

fn main() {
    let indexed = common::Indexed::new();
    let baseline_dir = tempfile::tempdir().expect("there is room for an index");
    common::baseline::build(&common::corpus(), baseline_dir.path());
    let mut criterion =
        Criterion::default().sample_size(20).measurement_time(Duration::from_secs(3)).configure_from_args();
    let mut group = criterion.benchmark_group("cold");
    group.bench_function("open and first page", |bencher| bencher.iter(|| ours(indexed.dir.path())));
    group.bench_function("run of the program", |bencher| bencher.iter(|| program(indexed.dir.path())));
    group.sample_size(10);
    group.bench_function("obvious open and first page", |bencher| bencher.iter(|| theirs(baseline_dir.path())));
    group.finish();
    criterion.final_summary();
}

fn ours(dir: &Path) -> SearchResults {
    let index = ArticleIndex::open(dir).expect("it was just built");
    let searcher = index.searcher(common::dictionary()).expect("it was just built");
    searcher.search(&common::request(TYPED)).expect("it was just built")
}

fn theirs(dir: &Path) -> Vec<Hit> {
    Baseline::open(dir, Some(Jieba::new())).page(TYPED)
}

fn program(dir: &Path) {
    let mut search = Command::new(env!("CARGO_BIN_EXE_souwen"));
    search.arg("search").args(TYPED.split(' ')).arg("--index").arg(dir).stdout(Stdio::null());
    let status = search.status().expect("cargo built the program");
    // 0 found, 1 nothing found
    assert!(matches!(status.code(), Some(0 | 1)), "{status}");
}
