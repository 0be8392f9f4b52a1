//! A run set against one that was saved.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::kind::Kind;
use super::report::{Latencies, Report};

/// Version of saved runs.
pub const FORMAT: u32 = 1;

/// A saved run as it stands in its file.
#[derive(Serialize, Deserialize)]
struct Saved<R> {
    format: u32,
    report: R,
}

/// Why a saved run cannot be compared with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Another version of souwen wrote it.
    #[error("saved runs of format {0} are not known")]
    Format(u32),
    /// It is no saved run, or one that was changed.
    #[error("{0}")]
    Damaged(String),
}

/// The text of a file that keeps `report`.
#[must_use]
pub fn to_json(report: &Report) -> String {
    let json = serde_json::to_string_pretty(&Saved { format: FORMAT, report });
    json.expect("a report is plain data") + "\n"
}

/// Reads such a file.
///
/// # Errors
/// [`Unreadable`].
pub fn from_json(text: &str) -> Result<Report, Unreadable> {
    #[derive(Deserialize)]
    struct Versioned {
        format: u32,
    }
    let damaged = |error: serde_json::Error| Unreadable::Damaged(error.to_string());
    let Versioned { format } = serde_json::from_str(text).map_err(damaged)?;
    if format != FORMAT {
        return Err(Unreadable::Format(format));
    }
    Ok(serde_json::from_str::<Saved<Report>>(text).map_err(damaged)?.report)
}

/// How much slower a run is than another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Over all queries.
    pub all: Ratios,
    /// By kind, of kinds that both have.
    pub kinds: BTreeMap<Kind, Ratios>,
    /// What must be the same for the ratios to say something about souwen, and is not.
    pub differences: Vec<Difference>,
}

/// Latencies of one run divided by those of another: above 1 is slower.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[allow(missing_docs, reason = "see `Latencies`")]
pub struct Ratios {
    pub p50: f64,
    pub p90: f64,
    pub p99: f64,
    pub p99_9: f64,
    pub max: f64,
}

/// A circumstance that differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    /// Another processor, number of cores or system.
    Machine,
    /// More or fewer articles.
    Articles,
    /// Other queries.
    Queries,
    /// Warm against cold.
    Start,
    /// Closed against open loop, or another rate.
    Rate,
    /// Other numbers of threads.
    Threads,
    /// Other numbers of hits on a page.
    Limit,
    /// With snippets against without.
    Snippets,
}

/// The worst that a comparison shows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Slowdown {
    /// Which figure.
    pub figure: &'static str,
    /// Of which kind of queries; `None` for all together.
    pub kind: Option<Kind>,
    /// See [`Ratios`].
    pub ratio: f64,
}

impl Comparison {
    /// Sets `now` against `before`.
    #[must_use]
    pub fn new(now: &Report, before: &Report) -> Self {
        let both = |(kind, now): (&Kind, &Latencies)| Some((*kind, Ratios::new(now, before.kinds.get(kind)?)));
        Self {
            all: Ratios::new(&now.all, &before.all),
            kinds: now.kinds.iter().filter_map(both).collect(),
            differences: differences(now, before),
        }
    }

    /// The greatest slowdown that is more than chance: of p50, p90 and p99 over all queries and of p50 by kind. Rarer
    /// times are those of a few questions, and anything may happen to these.
    #[must_use]
    pub fn slowdown(&self) -> Slowdown {
        let of_all = [("p50", self.all.p50), ("p90", self.all.p90), ("p99", self.all.p99)]
            .map(|(figure, ratio)| Slowdown { figure, kind: None, ratio });
        let of_kinds =
            self.kinds.iter().map(|(kind, ratios)| Slowdown { figure: "p50", kind: Some(*kind), ratio: ratios.p50 });
        let worst = of_all.into_iter().chain(of_kinds).max_by(|a, b| a.ratio.total_cmp(&b.ratio));
        worst.expect("there are always those of all queries")
    }
}

impl Ratios {
    fn new(now: &Latencies, before: &Latencies) -> Self {
        // no time is shorter than a nanosecond
        let ratio = |now_us: f64, before_us: f64| now_us.max(1e-3) / before_us.max(1e-3);
        Self {
            p50: ratio(now.p50_us, before.p50_us),
            p90: ratio(now.p90_us, before.p90_us),
            p99: ratio(now.p99_us, before.p99_us),
            p99_9: ratio(now.p99_9_us, before.p99_9_us),
            max: ratio(now.max_us, before.max_us),
        }
    }
}

fn differences(now: &Report, before: &Report) -> Vec<Difference> {
    let (now, before) = (&now.setting, &before.setting);
    let checks = [
        (Difference::Machine, now.machine != before.machine),
        (Difference::Articles, now.index.articles != before.index.articles),
        (Difference::Queries, now.log_hash != before.log_hash),
        (Difference::Start, now.start != before.start),
        (Difference::Rate, now.rate != before.rate),
        (Difference::Threads, now.threads != before.threads),
        (Difference::Limit, now.limit != before.limit),
        (Difference::Snippets, now.snippets != before.snippets),
    ];
    checks.into_iter().filter_map(|(difference, differs)| differs.then_some(difference)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::report::fixtures::report;

    #[test]
    fn a_saved_run_comes_back_whole() {
        let report = report();
        assert_eq!(from_json(&to_json(&report)), Ok(report));
    }

    #[test]
    fn another_version_is_told_from_damage() {
        let text = to_json(&report()).replace("\"format\": 1", "\"format\": 7");
        assert_eq!(from_json(&text), Err(Unreadable::Format(7)));
        assert_eq!(from_json("{\"format\": 7}"), Err(Unreadable::Format(7)));
        for text in ["", "{}", "[1]", "{\"format\": 1, \"report\": {}}"] {
            assert!(matches!(from_json(text), Err(Unreadable::Damaged(_))), "{text}");
        }
    }

    #[test]
    fn a_run_is_as_fast_as_itself() {
        let comparison = Comparison::new(&report(), &report());
        assert_eq!(comparison.all, Ratios { p50: 1.0, p90: 1.0, p99: 1.0, p99_9: 1.0, max: 1.0 });
        assert_eq!(comparison.kinds.len(), report().kinds.len());
        assert_eq!(comparison.differences, []);
    }

    #[test]
    fn the_worst_of_the_steady_figures_is_named() {
        let before = report();
        let mut now = report();
        now.all.p90_us *= 1.5;
        now.all.max_us *= 9.0;
        let slowdown = |now: &Report| Comparison::new(now, &before).slowdown();
        assert_eq!(slowdown(&now), Slowdown { figure: "p90", kind: None, ratio: 1.5 });
        now.kinds.get_mut(&Kind::Quoted).unwrap().p50_us *= 2.0;
        assert_eq!(slowdown(&now), Slowdown { figure: "p50", kind: Some(Kind::Quoted), ratio: 2.0 });
        now.kinds.remove(&Kind::Quoted);
        assert_eq!(slowdown(&now).figure, "p90");
    }

    #[test]
    fn what_differs_besides_souwen_is_named() {
        let before = report();
        let mut now = report();
        now.setting.machine.cores += 1;
        now.setting.threads += 1;
        now.setting.souwen = "another".to_owned();
        assert_eq!(Comparison::new(&now, &before).differences, [Difference::Machine, Difference::Threads]);
    }
}
