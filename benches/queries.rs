//! HOT PATH 2, a query to a page of ten hits, warm and on one thread, kind by kind; and against the obvious pipeline,
//! which gives ten hits for the same words joined by OR.
//!
//! `ids` ends with the ranking; `page` fetches the articles, marks the words and cuts snippets. Parsing the query is part
//! of both sides. The obvious pipeline knows no filters, dates and quotes: there it is not asked.
#![allow(clippy::print_stdout, reason = "a bench reports")]

mod common;

use std::fs;
use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::Criterion;
use souwen::search::request::{SearchRequest, Sort};

use common::baseline::Baseline;

/// Kinds of queries: name, query, order, and whether the obvious pipeline can be asked the same.
const KINDS: [(&str, &str, Sort, bool); 10] = [
    ("one word", "经济", Sort::Relevance, true),
    ("one rare word", "区块链", Sort::Relevance, true),
    ("several words", "教育 改革 学校", Sort::Relevance, true),
    ("unspaced", "人工智能发展规划", Sort::Relevance, true),
    ("quoted", "\"人工智能\"", Sort::Relevance, false),
    ("prefix", "GP*", Sort::Relevance, false),
    ("filtered by section", "经济 category:传统媒体", Sort::Relevance, false),
    ("filtered by date", "经济 after:2014 before:2026", Sort::Relevance, false),
    ("newest first", "经济", Sort::Newest, false),
    ("no hit", "\"量子蜂蜜罐头\"", Sort::Relevance, false),
];

/// One in so many terms of the query log is asked.
const LOG_STEP: usize = 10;

fn main() {
    let indexed = common::Indexed::new();
    let baseline_dir = tempfile::tempdir().expect("there is room for an index");
    common::baseline::build(&common::corpus(), baseline_dir.path());
    let baseline = Baseline::open(baseline_dir.path(), None);
    let searcher = &indexed.searcher;
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();

    for (kind, typed, sort, is_comparable) in KINDS {
        let asked = || SearchRequest { sort, ..common::request(typed) };
        let found = searcher.search(&asked()).expect("the index is whole");
        println!("{kind}: {typed}: {} articles", found.total.articles);
        let mut group = criterion.benchmark_group(kind);
        group.bench_function("ids", |bencher| bencher.iter(|| searcher.ids(black_box(&asked()))));
        group.bench_function("page", |bencher| bencher.iter(|| searcher.search(black_box(&asked()))));
        if is_comparable {
            group.bench_function("obvious ids", |bencher| bencher.iter(|| baseline.ids(black_box(typed))));
            group.bench_function("obvious page", |bencher| bencher.iter(|| baseline.page(black_box(typed))));
        }
        group.finish();
    }
    criterion.final_summary();
    if let Some(shared) = common::shared() {
        let log = fs::read_to_string(shared.join("queries/weibo-hot.txt")).unwrap_or_default();
        let terms: Vec<&str> = log.lines().filter(|term| !term.is_empty()).step_by(LOG_STEP).collect();
        if !terms.is_empty() {
            println!("\n{} terms of a search box, each once:", terms.len());
            print("souwen, ids", &terms, |term| drop(searcher.ids(&common::request(term))));
            print("souwen, page", &terms, |term| drop(searcher.search(&common::request(term))));
            print("obvious pipeline, ids", &terms, |term| _ = black_box(baseline.ids(term)));
            std::panic::set_hook(Box::new(|_| {}));
            print("obvious pipeline, page", &terms, |term| drop(baseline.page(term)));
        }
    }
}

/// Times `ask` for each term, after one round that nobody times.
fn print(name: &str, terms: &[&str], ask: impl Fn(&str)) {
    terms.iter().take(100).for_each(|term| ask(term));
    let timed = |term: &&str| {
        let started = Instant::now();
        ask(term);
        started.elapsed()
    };
    let mut times: Vec<Duration> = terms.iter().map(timed).collect();
    println!("{name}: {}", common::percentiles(&mut times));
}
