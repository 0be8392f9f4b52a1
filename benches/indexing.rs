//! HOT PATH 1, a folder of articles to an index: `souwen index` against the obvious pipeline, on the same files in the
//! same run, and the refresh when nothing changed.
//!
//! Measured: walking, reading (page cache warm), parsing, analysis, writing, commit and merges, the dictionary loaded anew
//! by souwen; tantivy-jieba's is loaded once for all its runs.
//! Not measured: disks that have to be waited for.
#![allow(clippy::print_stdout, reason = "a bench reports")]

mod common;

use std::path::Path;
use std::time::{Duration, Instant};
use std::{env, fs};

use criterion::Criterion;

/// Runs of each side. A run takes seconds on the large corpora.
const RUNS: usize = 5;

fn main() {
    let corpus = common::corpus();
    let kept = tempfile::tempdir().expect("there is room for an index");
    let report = common::build(&corpus, kept.path());
    let megabytes = report.bytes as f64 / 1e6;
    println!("{}: {} files, {} articles, {megabytes:.1} MB", corpus.display(), report.files, report.articles);

    // cargo passes `--bench` when it measures, and nothing when it only tries the benches
    let runs = if env::args().any(|argument| argument == "--bench") { RUNS } else { 1 };
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    // in turn, so that both meet the same machine
    for _ in 0..runs {
        ours.push(Run::of(|dir| _ = common::build(&corpus, dir)));
        theirs.push(Run::of(|dir| _ = common::baseline::build(&corpus, dir)));
    }
    let (ours, theirs) = (Run::median(&ours), Run::median(&theirs));
    for (name, run) in [("souwen", &ours), ("obvious pipeline", &theirs)] {
        let (wall, cpu) = (run.wall.as_secs_f64(), run.cpu.as_secs_f64());
        println!("{name}: median of {runs} runs {wall:.2} s, {:.1} MB/s; CPU time {cpu:.2} s", megabytes / wall);
    }
    let ratio = |ours: Duration, theirs: Duration| theirs.as_secs_f64() / ours.as_secs_f64();
    println!(
        "souwen is {:.2} times as fast, by CPU time {:.2} times\n",
        ratio(ours.wall, theirs.wall),
        ratio(ours.cpu, theirs.cpu)
    );

    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    criterion.bench_function("refresh, nothing changed", |bencher| {
        bencher.iter(|| common::build(&corpus, kept.path()));
    });
    criterion.final_summary();
}

/// What one run took.
struct Run {
    wall: Duration,
    /// Of all threads; steadier than `wall` on a busy machine. Zero where the system does not tell.
    cpu: Duration,
}

impl Run {
    /// Runs `build` in an empty folder.
    fn of(build: impl Fn(&Path)) -> Self {
        let dir = tempfile::tempdir().expect("there is room for an index");
        let (started, before) = (Instant::now(), cpu_time());
        build(dir.path());
        Self { wall: started.elapsed(), cpu: cpu_time().saturating_sub(before) }
    }

    fn median(runs: &[Self]) -> Self {
        let middle = |time: fn(&Self) -> Duration| common::median(&mut runs.iter().map(time).collect::<Vec<_>>());
        Self { wall: middle(|run| run.wall), cpu: middle(|run| run.cpu) }
    }
}

/// CPU time that the process has used, from Linux's `/proc`, in its steps of 10 ms.
fn cpu_time() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // after the name of the program in parentheses: user and system time are fields 14 and 15 of all
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok());
    Duration::from_millis(10 * ticks.sum::<u64>())
}
