//! HOT PATH 1, a folder of articles to an index: `souwen index` against the obvious pipeline, on the same files in the
//! same run, and the refresh when nothing changed.
//!
//! Measured: walking, reading (page cache warm), parsing, analysis, writing, commit and merges, the dictionary loaded anew
//! by souwen; tantivy-jieba's is loaded once for all its runs.
//! Not measured: disks that have to be waited for.
#![allow(clippy::print_stdout, reason = "a bench reports")]

mod common;

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use criterion::{Criterion, SamplingMode, Throughput};

/// Runs of each side. A run takes seconds on the large corpora.
const RUNS: usize = 10;

fn main() {
    let corpus = common::corpus();
    let mut criterion =
        Criterion::default().sample_size(RUNS).warm_up_time(Duration::from_millis(1)).configure_from_args();

    let warm = tempfile::tempdir().expect("there is room for an index");
    let report = common::build(&corpus, warm.path());
    let (files, articles, megabytes) = (report.files, report.articles, report.bytes as f64 / 1e6);
    println!("{}: {files} files, {articles} articles, {megabytes:.1} MB", corpus.display());

    let mut group = criterion.benchmark_group("index");
    group.sampling_mode(SamplingMode::Flat).throughput(Throughput::Bytes(report.bytes));
    // one run of each in turn, so that both meet the same machine
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for name in ["souwen", "obvious pipeline"] {
        let (ours, theirs) = (&mut ours, &mut theirs);
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|iterations| {
                let mut time = Duration::ZERO;
                for _ in 0..iterations {
                    if ours.len() <= theirs.len() {
                        ours.push(timed(|dir| _ = common::build(&corpus, dir)));
                    }
                    if theirs.len() < ours.len() {
                        theirs.push(timed(|dir| _ = black_box(common::baseline::build(&corpus, dir))));
                    }
                    time += *if name == "souwen" { ours.last() } else { theirs.last() }.expect("both just ran");
                }
                time
            });
        });
    }
    group.finish();
    if !ours.is_empty() {
        let (ours, theirs) = (common::median(&mut ours), common::median(&mut theirs));
        let rate = |time: Duration| megabytes / time.as_secs_f64();
        println!(
            "median: souwen {:.2} s ({:.1} MB/s), obvious pipeline {:.2} s ({:.1} MB/s); souwen is {:.2} times as fast\n",
            ours.as_secs_f64(),
            rate(ours),
            theirs.as_secs_f64(),
            rate(theirs),
            theirs.as_secs_f64() / ours.as_secs_f64()
        );
    }

    criterion.bench_function("refresh/nothing changed", |bencher| bencher.iter(|| common::build(&corpus, warm.path())));
    criterion.final_summary();
}

/// How long `build` takes in an empty folder.
fn timed(build: impl Fn(&Path)) -> Duration {
    let dir = tempfile::tempdir().expect("there is room for an index");
    let started = Instant::now();
    build(dir.path());
    started.elapsed()
}
