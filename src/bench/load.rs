//! HOT PATH of measuring: asks the queries of a log again and again and times each. Nothing is done between two clock
//! readings but asking.
//!
//! Without a rate every thread asks its next query when the last one is answered (a closed loop), so a slow answer
//! delays the questions behind it and keeps them out of the figures. At a rate (an open loop) the moment of every
//! question is fixed before the run, and its latency counts from that moment, whether or not a thread was free: what
//! people would wait who do not know of each other. See Gil Tene, "How NOT to Measure Latency" (2013), on this
//! coordinated omission.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::kind::{Finds, Kind};
use super::{Logged, Prepared};

/// How to ask.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Load {
    /// How much.
    pub amount: Amount,
    /// Threads that ask, at least one.
    pub threads: usize,
    /// Questions a second, of all threads together; `None` for a closed loop.
    pub rate: Option<f64>,
}

/// How much to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// Every query so many times.
    Rounds(u64),
    /// For so long. At a rate, that sets the number of questions; all of them are asked, however long it takes, because
    /// leaving out the late ones would leave out the worst.
    Time(Duration),
}

/// Why a run ended.
#[derive(Debug)]
pub enum End<E> {
    /// All was asked.
    Complete,
    /// Somebody said stop.
    Stopped,
    /// A question could not be answered.
    Failed(E),
}

/// All times of a run.
#[derive(Debug)]
pub struct Samples {
    /// By kind and by what is found.
    pub(super) cells: BTreeMap<(Kind, Finds), Cell>,
    /// Of each query of the log, in its order; `None` where it was never asked.
    pub(super) queries: Vec<Option<Extremes>>,
    /// From the first question to the last answer.
    pub(super) elapsed: Duration,
}

/// Times of queries of one sort.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    /// What somebody waited, in nanoseconds.
    pub(super) latency: Histogram<u64>,
    /// Time spent on answering; at a rate less than what was waited.
    pub(super) busy: Duration,
}

/// Times that answering one query took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extremes {
    pub(super) least: Duration,
    pub(super) most: Duration,
}

/// Significant digits of a recorded time.
const DIGITS: u8 = 3;

/// How often progress is told.
const TICK: Duration = Duration::from_millis(20);

/// A sleeping thread wakes up late by some tens of microseconds; this long before a question it stays awake.
const AWAKE: Duration = Duration::from_micros(300);

/// Asks `queries`, in an order that has nothing to do with theirs, but is the same in every run. `ask` answers one;
/// `progress` is told from time to time how much of the run is done, from 0 to 1.
pub fn run<T, E: Send>(
    queries: &[Prepared],
    load: &Load,
    stop: &AtomicBool,
    progress: &dyn Fn(f64),
    ask: &(dyn Fn(&Logged) -> Result<T, E> + Sync),
) -> (Samples, End<E>) {
    let started = Instant::now();
    let schedule = Schedule::new(queries.len(), load, started);
    let failed = AtomicBool::new(false);
    let work = || {
        let mut recorder = Recorder::new(queries, started);
        let outcome = recorder.work(&schedule, stop, &failed, ask);
        failed.fetch_or(outcome.is_err(), Ordering::Relaxed);
        (recorder, outcome)
    };
    let done = thread::scope(|scope| {
        let threads: Vec<_> = (0..load.threads.max(1)).map(|_| scope.spawn(work)).collect();
        while !threads.iter().all(thread::ScopedJoinHandle::is_finished) {
            progress(schedule.share_done());
            thread::park_timeout(TICK);
        }
        let join = |thread: thread::ScopedJoinHandle<'_, _>| thread.join().expect("a question does not panic");
        threads.into_iter().map(join).collect::<Vec<_>>()
    });
    let mut samples = Samples { cells: BTreeMap::new(), queries: vec![None; queries.len()], elapsed: Duration::ZERO };
    let mut end = if stop.load(Ordering::Relaxed) { End::Stopped } else { End::Complete };
    for (recorder, outcome) in done {
        samples.add(recorder.samples);
        if let (Err(error), End::Complete) = (outcome, &end) {
            end = End::Failed(error);
        }
    }
    (samples, end)
}

/// Which query is asked when.
struct Schedule {
    order: Vec<usize>,
    /// Questions of the run; without bound where only the time counts.
    total: u64,
    next: AtomicU64,
    started: Instant,
    /// Between two questions at a rate.
    interval: Option<Duration>,
    /// Moment after which nothing is asked.
    deadline: Option<Instant>,
}

impl Schedule {
    fn new(queries: usize, load: &Load, started: Instant) -> Self {
        let (total, deadline) = match (load.amount, load.rate) {
            _ if queries == 0 => (0, None),
            (Amount::Rounds(rounds), _) => (rounds.saturating_mul(queries as u64), None),
            (Amount::Time(time), Some(rate)) => ((time.as_secs_f64() * rate).round() as u64, None),
            (Amount::Time(time), None) => (u64::MAX, Some(started + time)),
        };
        // neighbours in a log are of one kind: multiples of the golden ratio lie far apart (Knuth, TAOCP 3, 6.4)
        let mut order: Vec<usize> = (0..queries).collect();
        order.sort_by_key(|&query| (query as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let interval = load.rate.map(|rate| Duration::from_secs_f64(1.0 / rate));
        Self { order, total, next: AtomicU64::new(0), started, interval, deadline }
    }

    /// The next query, and at a rate the moment to ask it.
    fn next(&self) -> Option<(usize, Option<Instant>)> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        if number >= self.total || self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return None;
        }
        let query = self.order[(number % self.order.len() as u64) as usize];
        Some((query, self.interval.map(|interval| self.started + interval.mul_f64(number as f64))))
    }

    fn share_done(&self) -> f64 {
        match self.deadline {
            Some(deadline) => self.started.elapsed().as_secs_f64() / (deadline - self.started).as_secs_f64(),
            None => self.next.load(Ordering::Relaxed) as f64 / self.total.max(1) as f64,
        }
        .min(1.0)
    }
}

/// Waits until `moment`, or until somebody says stop.
fn wait_until(moment: Instant, stop: &AtomicBool) {
    const NAP: Duration = Duration::from_millis(50);
    while !stop.load(Ordering::Relaxed) {
        let left = moment.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        } else if left > AWAKE {
            thread::sleep((left - AWAKE).min(NAP));
        } else {
            std::hint::spin_loop();
        }
    }
}

/// The times of one thread.
struct Recorder<'a> {
    queries: &'a [Prepared],
    started: Instant,
    samples: Samples,
}

impl<'a> Recorder<'a> {
    fn new(queries: &'a [Prepared], started: Instant) -> Self {
        let samples = Samples { cells: BTreeMap::new(), queries: vec![None; queries.len()], elapsed: Duration::ZERO };
        Self { queries, started, samples }
    }

    fn work<T, E>(
        &mut self,
        schedule: &Schedule,
        stop: &AtomicBool,
        failed: &AtomicBool,
        ask: &(dyn Fn(&Logged) -> Result<T, E> + Sync),
    ) -> Result<(), E> {
        while let Some((query, planned)) = schedule.next() {
            if let Some(planned) = planned {
                wait_until(planned, stop);
            }
            if stop.load(Ordering::Relaxed) || failed.load(Ordering::Relaxed) {
                break;
            }
            let logged = &self.queries[query].logged;
            let asked = Instant::now();
            let answer = ask(logged)?;
            let answered = Instant::now();
            drop(answer);
            self.record(query, planned.unwrap_or(asked), asked, answered);
        }
        Ok(())
    }

    fn record(&mut self, query: usize, planned: Instant, asked: Instant, answered: Instant) {
        let Prepared { kind, finds, .. } = self.queries[query];
        let Samples { cells, queries, elapsed } = &mut self.samples;
        let took = answered - asked;
        let cell = cells.entry((kind, finds)).or_default();
        cell.record(answered.saturating_duration_since(planned), took);
        let extremes = queries[query].get_or_insert(Extremes { least: took, most: took });
        *extremes = Extremes { least: extremes.least.min(took), most: extremes.most.max(took) };
        *elapsed = answered - self.started;
    }
}

impl Default for Cell {
    fn default() -> Self {
        let latency = Histogram::new(DIGITS).expect("a histogram can have this precision");
        Self { latency, busy: Duration::ZERO }
    }
}

impl Cell {
    pub(super) fn record(&mut self, latency: Duration, busy: Duration) {
        let nanoseconds = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
        self.latency.record(nanoseconds).expect("the histogram grows with what it holds");
        self.busy += busy;
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.latency.add(&other.latency).expect("the histogram grows with what it holds");
        self.busy += other.busy;
    }
}

impl Samples {
    fn add(&mut self, other: Self) {
        for (key, cell) in other.cells {
            self.cells.entry(key).or_default().add(&cell);
        }
        for (mine, theirs) in self.queries.iter_mut().zip(other.queries) {
            *mine = match (*mine, theirs) {
                (Some(mine), Some(theirs)) => {
                    Some(Extremes { least: mine.least.min(theirs.least), most: mine.most.max(theirs.most) })
                }
                (mine, theirs) => mine.or(theirs),
            };
        }
        self.elapsed = self.elapsed.max(other.elapsed);
    }

    /// Questions that were answered.
    #[must_use]
    pub fn answered(&self) -> u64 {
        self.cells.values().map(|cell| cell.latency.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::search::request::Sort;
    use crate::search::results::Total;

    fn prepared(texts: &[&str]) -> Vec<Prepared> {
        let one = |text: &&str| Prepared {
            logged: Logged { text: (*text).to_owned(), sort: Sort::Relevance },
            kind: if text.len() > 1 { Kind::SeveralWords } else { Kind::OneWord },
            finds: Finds::Few,
            total: Total { articles: 1, at_least: false },
        };
        texts.iter().map(one).collect()
    }

    fn go(
        queries: &[Prepared],
        load: Load,
        ask: &(dyn Fn(&Logged) -> Result<(), String> + Sync),
    ) -> (Samples, End<String>) {
        run(queries, &load, &AtomicBool::new(false), &|_| {}, ask)
    }

    #[test]
    fn every_query_is_asked_so_many_times_by_however_many_threads() {
        let queries = prepared(&["a", "b", "c d", "e"]);
        for threads in [1, 3] {
            let asked = Mutex::new(BTreeMap::<String, u64>::new());
            let load = Load { amount: Amount::Rounds(5), threads, rate: None };
            let (samples, end) = go(&queries, load, &|logged| {
                *asked.lock().unwrap().entry(logged.text.clone()).or_default() += 1;
                Ok(())
            });
            assert!(matches!(end, End::Complete));
            assert_eq!(samples.answered(), 20);
            assert_eq!(asked.into_inner().unwrap().into_values().collect::<Vec<_>>(), [5; 4]);
            assert_eq!(samples.cells[&(Kind::SeveralWords, Finds::Few)].latency.len(), 5);
            assert!(samples.queries.iter().all(|extremes| extremes.is_some_and(|times| times.least <= times.most)));
        }
    }

    #[test]
    fn a_wait_behind_a_slow_answer_counts_at_a_rate_only() {
        let slow_first = |next: &AtomicBool| {
            if !next.swap(true, Ordering::Relaxed) {
                thread::sleep(Duration::from_millis(200));
            }
            Ok(())
        };
        let queries = prepared(&["a"]);
        let median_ms = |rate| {
            let next = AtomicBool::new(false);
            let load = Load { amount: Amount::Rounds(20), threads: 1, rate };
            let (samples, _) = go(&queries, load, &|_| slow_first(&next));
            samples.cells[&(Kind::OneWord, Finds::Few)].latency.value_at_quantile(0.5) / 1_000_000
        };
        assert!(median_ms(None) < 50, "answers that nobody waited for are fast");
        assert!(median_ms(Some(1000.0)) > 100, "all questions came while the first was being answered");
    }

    #[test]
    fn a_rate_and_a_time_make_a_number_of_questions() {
        let queries = prepared(&["a", "b"]);
        let load = Load { amount: Amount::Time(Duration::from_millis(200)), threads: 2, rate: Some(100.0) };
        let (samples, _) = go(&queries, load, &|_| Ok(()));
        assert_eq!(samples.answered(), 20);
        assert!(samples.elapsed >= Duration::from_millis(190), "{:?}", samples.elapsed);
    }

    #[test]
    fn a_closed_loop_ends_in_time() {
        let load = Load { amount: Amount::Time(Duration::from_millis(50)), threads: 1, rate: None };
        let (samples, end) = go(&prepared(&["a"]), load, &|_| {
            thread::sleep(Duration::from_millis(1));
            Ok(())
        });
        assert!(matches!(end, End::Complete) && samples.answered() > 0);
        assert!(samples.elapsed < Duration::from_secs(5), "{:?}", samples.elapsed);
    }

    #[test]
    fn what_cannot_be_answered_ends_the_run_and_so_does_a_stop() {
        let load = Load { amount: Amount::Rounds(1000), threads: 2, rate: None };
        let (samples, end) = go(&prepared(&["a", "b"]), load, &|logged| match logged.text.as_str() {
            "a" => Ok(()),
            _ => Err("no".to_owned()),
        });
        assert!(matches!(end, End::Failed(error) if error == "no") && samples.answered() < 2000);

        let stop = AtomicBool::new(false);
        let load = Load { amount: Amount::Rounds(1000), threads: 1, rate: Some(1.0) };
        let ask = |_: &Logged| -> Result<(), String> {
            stop.store(true, Ordering::Relaxed);
            Ok(())
        };
        let (samples, end) = run(&prepared(&["a"]), &load, &stop, &|_| {}, &ask);
        assert!(matches!(end, End::Stopped));
        assert_eq!(samples.answered(), 1);
    }

    #[test]
    fn no_queries_are_no_run() {
        let load = Load { amount: Amount::Time(Duration::from_secs(60)), threads: 2, rate: None };
        assert_eq!(go(&[], load, &|_| Ok(())).0.answered(), 0);
    }
}
