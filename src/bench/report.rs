//! The times of a run, summed up: plain data that is shown, saved and compared.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::kind::{Finds, Kind};
use super::load::{Amount, Cell, Extremes, Load, Samples};
use super::{Prepared, log};
use crate::search::results::Total;

/// What was measured, and on what. Fields are only added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// What was measured, where, and how.
    #[serde(flatten)]
    pub setting: Setting,
    /// Whether somebody ended the run early.
    pub interrupted: bool,
    /// From the first question to the last answer.
    pub seconds: f64,
    /// Answers in each of these seconds, by all threads.
    pub achieved_per_second: f64,
    /// Over all queries.
    pub all: Latencies,
    /// By what a query asks for.
    pub kinds: BTreeMap<Kind, Latencies>,
    /// By how much a query finds.
    pub finds: BTreeMap<Finds, Latencies>,
    /// Counts of all latencies.
    pub histogram: Vec<Bucket>,
    /// The slowest queries, slowest first.
    pub slowest: Vec<SlowQuery>,
}

/// What was measured, where, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    /// When.
    pub measured: Timestamp,
    /// Version and commit of the program.
    pub souwen: String,
    /// The machine.
    pub machine: Machine,
    /// The index.
    pub index: IndexFigures,
    /// Where the queries came from: a file, or `None` for the built-in ones.
    pub log: Option<String>,
    /// See [`log::hash`], in hexadecimal.
    pub log_hash: String,
    /// Queries in it.
    pub queries: usize,
    /// Warm or cold.
    pub start: Start,
    /// Threads that asked.
    pub threads: usize,
    /// Times that each query was asked, where that was set.
    pub rounds: Option<u64>,
    /// Length of the run in seconds, where that was set.
    pub duration_seconds: Option<f64>,
    /// Questions a second, where that was set: an open loop.
    pub rate: Option<f64>,
    /// Hits on a page.
    pub limit: usize,
    /// Whether snippets were cut.
    pub snippets: bool,
}

/// The machine, as far as it can be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// Its processor, in the words of its maker.
    pub cpu: Option<String>,
    /// Threads that run at the same time.
    pub cores: usize,
    /// Its operating system and architecture.
    pub os: String,
}

/// The index, for who reads the figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexFigures {
    /// Its folder.
    pub path: String,
    /// Articles that can be found.
    pub articles: u64,
    /// Segments of the engine.
    pub segments: u64,
    /// Bytes on disk.
    pub bytes: u64,
}

/// What had happened before a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Start {
    /// The index was open, and every query had been asked once.
    Warm,
    /// Nothing in the process, which was started for this question. The files lay in the memory of the system all the
    /// same.
    Cold,
}

/// Latencies of some queries, in microseconds, to three significant digits.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Latencies {
    /// How many.
    pub count: u64,
    /// A half was answered within this time.
    pub p50_us: f64,
    /// Nine in ten.
    pub p90_us: f64,
    /// 99 in a hundred.
    pub p99_us: f64,
    /// 999 in a thousand.
    pub p99_9_us: f64,
    /// All.
    pub max_us: f64,
    /// What the threads answer in a second when they have nothing else to do and never wait.
    pub queries_per_second: f64,
}

/// Latencies up to a bound, above that of the bucket before.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bucket {
    /// The bound, in microseconds.
    pub up_to_us: f64,
    /// How many.
    pub count: u64,
}

/// One of the slowest queries, by its best time: what it costs when nothing else disturbs it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SlowQuery {
    /// As it stands in the log.
    pub query: String,
    /// What it asks for.
    pub kind: Kind,
    /// Articles that hold all of it.
    pub total: Total,
    /// Least time of an answer.
    pub best_us: f64,
    /// Greatest time of an answer.
    pub worst_us: f64,
    /// How it was understood, one line a step.
    pub plan: Vec<String>,
}

/// Queries that a report names.
const SLOWEST: usize = 10;

/// Bounds of buckets within a power of ten.
const STEPS: [u64; 3] = [1, 2, 5];

impl Setting {
    /// What a load says of it.
    pub fn set_load(&mut self, load: &Load) {
        self.threads = load.threads;
        self.rate = load.rate;
        (self.rounds, self.duration_seconds) = match load.amount {
            Amount::Rounds(rounds) => (Some(rounds), None),
            Amount::Time(time) => (None, Some(time.as_secs_f64())),
        };
    }
}

impl Report {
    /// Sums up. `plan` tells how a query was understood.
    ///
    /// # Errors
    /// Those of `plan`.
    pub fn new<E>(
        setting: Setting,
        queries: &[Prepared],
        samples: &Samples,
        plan: impl Fn(&log::Logged) -> Result<Vec<String>, E>,
    ) -> Result<Self, E> {
        let mut all = Cell::default();
        let (mut kinds, mut finds) = (BTreeMap::<Kind, Cell>::new(), BTreeMap::<Finds, Cell>::new());
        for (&(kind, found), cell) in &samples.cells {
            all.add(cell);
            kinds.entry(kind).or_default().add(cell);
            finds.entry(found).or_default().add(cell);
        }
        let threads = setting.threads;
        let seconds = samples.elapsed.as_secs_f64();
        let achieved_per_second = if seconds > 0.0 { samples.answered() as f64 / seconds } else { 0.0 };
        let slowest = slowest(queries, samples).into_iter().map(|(query, times)| {
            let Prepared { logged, kind, total, .. } = query;
            let (best_us, worst_us) = (microseconds(times.least), microseconds(times.most));
            let (query, plan) = (logged.text.clone(), plan(logged)?);
            Ok(SlowQuery { query, kind: *kind, total: *total, best_us, worst_us, plan })
        });
        Ok(Self {
            setting,
            interrupted: false,
            seconds,
            achieved_per_second,
            all: Latencies::of(&all, threads),
            kinds: kinds.iter().map(|(kind, cell)| (*kind, Latencies::of(cell, threads))).collect(),
            finds: finds.iter().map(|(finds, cell)| (*finds, Latencies::of(cell, threads))).collect(),
            histogram: buckets(&all),
            slowest: slowest.collect::<Result<_, E>>()?,
        })
    }
}

impl Latencies {
    fn of(cell: &Cell, threads: usize) -> Self {
        let at = |share: f64| cell.latency.value_at_quantile(share) as f64 / 1e3;
        let busy = cell.busy.as_secs_f64();
        let count = cell.latency.len();
        Self {
            count,
            p50_us: at(0.5),
            p90_us: at(0.9),
            p99_us: at(0.99),
            p99_9_us: at(0.999),
            max_us: at(1.0),
            queries_per_second: if busy > 0.0 { count as f64 * threads as f64 / busy } else { 0.0 },
        }
    }
}

fn microseconds(time: Duration) -> f64 {
    time.as_nanos() as f64 / 1e3
}

/// The slowest queries by their best time, slowest first.
fn slowest<'a>(queries: &'a [Prepared], samples: &Samples) -> Vec<(&'a Prepared, Extremes)> {
    let mut timed: Vec<_> =
        queries.iter().zip(&samples.queries).filter_map(|(query, times)| Some((query, (*times)?))).collect();
    timed.sort_by_key(|(_, times)| std::cmp::Reverse(times.least));
    timed.truncate(SLOWEST);
    timed
}

/// Counts up to 1, 2, 5, 10, 20 … microseconds, from the first bucket that holds something to the last.
fn buckets(cell: &Cell) -> Vec<Bucket> {
    let bounds_ns: Vec<u64> = (3..13).flat_map(|power| STEPS.map(|step| step * 10u64.pow(power))).collect();
    let mut counts = vec![0; bounds_ns.len()];
    for value in cell.latency.iter_recorded() {
        // of what the histogram cannot tell apart the least, so that a time on a bound does not pass it
        let least_ns = cell.latency.lowest_equivalent(value.value_iterated_to());
        let bucket = bounds_ns.partition_point(|&bound_ns| bound_ns < least_ns).min(counts.len() - 1);
        counts[bucket] += value.count_at_value();
    }
    let is_empty = |count: &u64| *count == 0;
    let first = counts.iter().take_while(|count| is_empty(count)).count();
    let last = counts.len() - counts.iter().rev().take_while(|count| is_empty(count)).count();
    let bucket = |at: usize| Bucket { up_to_us: bounds_ns[at] as f64 / 1e3, count: counts[at] };
    (first..last).map(bucket).collect()
}

#[cfg(test)]
pub(crate) mod fixtures {
    use super::*;

    /// A report as a run makes it.
    pub(crate) fn report() -> Report {
        let latencies = |count: u64, p50_us: f64| Latencies {
            count,
            p50_us,
            p90_us: p50_us * 2.0,
            p99_us: p50_us * 4.0,
            p99_9_us: p50_us * 8.0,
            max_us: p50_us * 8.0,
            queries_per_second: 1e6 / p50_us,
        };
        Report {
            setting: Setting {
                measured: Timestamp::UNIX_EPOCH,
                souwen: "0.1.0 (0123abc)".to_owned(),
                machine: Machine { cpu: Some("Abacus 9".to_owned()), cores: 2, os: "Linux 6.1, x86_64".to_owned() },
                index: IndexFigures { path: "/新闻/index".to_owned(), articles: 148, segments: 1, bytes: 1_234_567 },
                log: None,
                log_hash: "00000000000000ff".to_owned(),
                queries: 2,
                start: Start::Warm,
                threads: 1,
                rounds: Some(10),
                duration_seconds: None,
                rate: None,
                limit: 10,
                snippets: true,
            },
            interrupted: false,
            seconds: 0.01,
            achieved_per_second: 2000.0,
            all: latencies(20, 250.0),
            kinds: [(Kind::OneWord, latencies(10, 200.0)), (Kind::Quoted, latencies(10, 300.0))].into(),
            finds: [(Finds::Nothing, latencies(10, 200.0)), (Finds::Many, latencies(10, 300.0))].into(),
            histogram: vec![Bucket { up_to_us: 200.0, count: 8 }, Bucket { up_to_us: 500.0, count: 12 }],
            slowest: vec![SlowQuery {
                query: "\"中国\"".to_owned(),
                kind: Kind::Quoted,
                total: Total { articles: 100, at_least: false },
                best_us: 280.0,
                worst_us: 2400.0,
                plan: vec!["query: \"中国\"".to_owned()],
            }],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(latencies: impl IntoIterator<Item = Duration>) -> Cell {
        let mut cell = Cell::default();
        latencies.into_iter().for_each(|latency| cell.record(latency, latency));
        cell
    }

    #[test]
    fn percentiles_are_those_of_the_sorted_times() {
        // a long tail, as latencies have one
        let mut times_ns: Vec<u64> = (1..=9_973u64).map(|i| 40_000 + i * 7_919 % 9_973 * (1 + i % 17).pow(3)).collect();
        let latencies = Latencies::of(&cell(times_ns.iter().map(|&time| Duration::from_nanos(time))), 1);
        times_ns.sort_unstable();
        assert_eq!(latencies.count, times_ns.len() as u64);
        for (share, got_us) in [
            (0.5, latencies.p50_us),
            (0.9, latencies.p90_us),
            (0.99, latencies.p99_us),
            (0.999, latencies.p99_9_us),
            (1.0, latencies.max_us),
        ] {
            let rank = (share * times_ns.len() as f64).ceil() as usize;
            let exact_us = times_ns[rank - 1] as f64 / 1e3;
            assert!((got_us / exact_us - 1.0).abs() <= 0.001, "{share}: {got_us} for {exact_us}");
        }
    }

    #[test]
    fn threads_that_never_wait_answer_so_many_queries() {
        let latencies = Latencies::of(&cell([Duration::from_millis(1), Duration::from_millis(3)]), 2);
        assert!((latencies.queries_per_second - 1000.0).abs() < 1e-9);
        assert_eq!(Latencies::of(&Cell::default(), 2).queries_per_second, 0.0);
    }

    #[test]
    fn buckets_reach_from_the_fastest_answer_to_the_slowest() {
        let counts = |times_us: &[u64]| {
            let buckets = buckets(&cell(times_us.iter().map(|&time| Duration::from_micros(time))));
            buckets.iter().map(|bucket| (bucket.up_to_us as u64, bucket.count)).collect::<Vec<_>>()
        };
        assert_eq!(counts(&[]), []);
        assert_eq!(counts(&[100, 90, 101, 900]), [(100, 2), (200, 1), (500, 0), (1_000, 1)]);
        assert_eq!(counts(&[0]), [(1, 1)]);
        assert_eq!(counts(&[5_000_000]), [(5_000_000, 1)]);
    }
}
