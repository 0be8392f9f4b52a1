//! The figures for people: tables, a histogram, the slowest queries, and what to bear in mind.

use std::io::{self, Write};

use jiff::tz::TimeZone;
use souwen::bench::compare::{Comparison, Difference, Ratios, Slowdown};
use souwen::bench::report::{Bucket, Latencies, Machine, Report, SlowQuery, Start};
use souwen::bench::{Finds, Kind};
use souwen::messages::Message;
use souwen::render::{sanitize, terminal, width};

use super::super::console::Console;
use super::super::{bytes, table};

/// Columns of the longest bar.
const MAX_BAR_COLS: usize = 50;
/// Columns that the other cells of a row of the histogram take.
const BESIDE_BAR_COLS: usize = 30;
/// Blanks before what belongs to a query.
const INDENT_COLS: usize = 4;
/// A rate is missed when less than this share of it was reached.
const REACHED: f64 = 0.95;

/// Writes all of it.
pub(super) fn write_report(out: &mut dyn Write, report: &Report, console: &Console) -> io::Result<()> {
    table::write(out, &setting_rows(report, console))?;
    writeln!(out)?;
    table::write(out, &latency_rows(report, console))?;

    writeln!(out, "\n{}", console.text(Message::HistogramHeading))?;
    let style = console.style(TimeZone::UTC, None);
    let bar_cols = style.width_cols.saturating_sub(BESIDE_BAR_COLS).clamp(10, MAX_BAR_COLS);
    table::write(out, &histogram_rows(&report.histogram, bar_cols))?;

    writeln!(out, "\n{}", console.text(Message::SlowestHeading))?;
    for (rank, slow) in (1..).zip(&report.slowest) {
        let number = format!("{rank:>2}. ");
        let room_cols = style.width_cols.saturating_sub(width::cols(&number));
        writeln!(out, "{number}{}", width::truncate(&sanitize::clean(&slow.query), room_cols))?;
        writeln!(out, "{:INDENT_COLS$}{}", "", slow_line(slow, console))?;
        terminal::write_explanation(out, &slow.plan, INDENT_COLS, &style)?;
    }
    Ok(())
}

/// What was measured, where, and how.
fn setting_rows(report: &Report, console: &Console) -> Vec<[String; 2]> {
    let text = |message: Message<'_>| console.text(message);
    let setting = &report.setting;
    let index = &setting.index;
    let (queries, threads) = (setting.queries as u64, setting.threads as u64);
    let log = match &setting.log {
        None => text(Message::QueriesBuiltIn { queries }),
        Some(file) => text(Message::QueriesOfFile { queries, file }),
    };
    let amount = match (setting.rounds, setting.duration_seconds) {
        (Some(rounds), _) => text(Message::EachAsked { rounds }),
        (None, seconds) => text(Message::AskedFor { seconds: seconds.unwrap_or_default() }),
    };
    let load = match setting.rate {
        None => text(Message::ClosedLoop { threads }),
        Some(rate) => text(Message::OpenLoop { rate, threads }),
    };
    let limit = setting.limit as u64;
    vec![
        [text(Message::Program), setting.souwen.clone()],
        [text(Message::MachineLabel), machine(&setting.machine, console)],
        [text(Message::StatIndex), index.path.clone()],
        [
            String::new(),
            text(Message::IndexFigures {
                articles: index.articles,
                segments: index.segments,
                size: &bytes::human(index.bytes),
            }),
        ],
        [text(Message::EvalQueries), console.lang.list(&[log, amount])],
        [text(Message::Load), load],
        [
            text(Message::StartLabel),
            text(match setting.start {
                Start::Warm => Message::WarmStart,
                Start::Cold => Message::ColdStart,
            }),
        ],
        [
            text(Message::Answers),
            text(if setting.snippets {
                Message::HitsWithSnippets { limit }
            } else {
                Message::HitsWithoutSnippets { limit }
            }),
        ],
        [
            text(Message::TimeTaken),
            text(Message::Answered {
                answers: report.all.count,
                seconds: report.seconds,
                per_second: report.achieved_per_second,
            }),
        ],
    ]
}

/// `AMD EPYC 7B13, 2 cores, Linux 6.1, x86_64`.
pub(super) fn machine(machine: &Machine, console: &Console) -> String {
    let unknown = || console.text(Message::Unknown);
    let cores = console.text(Message::Cores { cores: machine.cores as u64 });
    console.lang.list(&[machine.cpu.clone().unwrap_or_else(unknown), cores, machine.os.clone()])
}

/// Percentiles in milliseconds: of all, by kind, by what is found.
fn latency_rows(report: &Report, console: &Console) -> Vec<[String; 8]> {
    let text = |message: Message<'_>| console.text(message);
    let head = [&text(Message::ColumnCount), "p50", "p90", "p99", "p99.9", "max", &text(Message::EvalSpeed)];
    let mut rows = vec![row(text(Message::Milliseconds), head)];
    let figures = |label: String, latencies: &Latencies| {
        let Latencies { count, p50_us, p90_us, p99_us, p99_9_us, max_us, queries_per_second } = *latencies;
        let [p50, p90, p99, p99_9, max] = [p50_us, p90_us, p99_us, p99_9_us, max_us].map(milliseconds);
        let (count, speed) = (count.to_string(), format!("{queries_per_second:.0}"));
        row(label, [&count, &p50, &p90, &p99, &p99_9, &max, &speed])
    };
    let gap = || std::iter::repeat_with(String::new).take(8).collect::<Vec<_>>().try_into().expect("there are eight");
    rows.push(figures(text(Message::AllQueries), &report.all));
    rows.push(gap());
    rows.extend(report.kinds.iter().map(|(kind, latencies)| figures(text(of_kind(*kind)), latencies)));
    rows.push(gap());
    rows.extend(report.finds.iter().map(|(finds, latencies)| figures(text(of_finds(*finds)), latencies)));
    rows
}

/// A label and figures with their last digits in line.
fn row(label: String, cells: [&str; 7]) -> [String; 8] {
    // wide enough for a day of milliseconds, and for every heading
    let widths_cols: [usize; 7] = [8, 8, 8, 8, 8, 8, 10];
    let mut row = [const { String::new() }; 8];
    row[0] = label;
    for ((place, cell), width_cols) in row[1..].iter_mut().zip(cells).zip(widths_cols) {
        *place = format!("{}{cell}", " ".repeat(width_cols.saturating_sub(width::cols(cell))));
    }
    row
}

fn milliseconds(microseconds: f64) -> String {
    format!("{:.3}", microseconds / 1e3)
}

/// Bound, bar and count of each bucket.
fn histogram_rows(buckets: &[Bucket], bar_cols: usize) -> Vec<[String; 3]> {
    let most = buckets.iter().map(|bucket| bucket.count).max().unwrap_or(0);
    let row = |&Bucket { up_to_us, count }: &Bucket| {
        let bound = format!("{:>12} ms", milliseconds(up_to_us));
        [bound, width::pad(&bar(count as f64 / most.max(1) as f64, bar_cols), bar_cols), count.to_string()]
    };
    buckets.iter().map(row).collect()
}

/// A bar of `share` times `width_cols`, to an eighth of a column; what is not nothing is seen.
fn bar(share: f64, width_cols: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    if share <= 0.0 {
        return String::new();
    }
    let eighths = ((share.min(1.0) * width_cols as f64 * 8.0).round() as usize).max(1);
    "█".repeat(eighths / 8) + EIGHTHS[eighths % 8]
}

fn slow_line(slow: &SlowQuery, console: &Console) -> String {
    let articles = slow.total.articles;
    let more = if slow.total.at_least { "+" } else { "" };
    let kind = console.text(of_kind(slow.kind));
    let (best_ms, worst_ms) = (slow.best_us / 1e3, slow.worst_us / 1e3);
    console.text(Message::SlowQuery { kind: &kind, articles, more, best_ms, worst_ms })
}

/// Writes ratios to another run.
pub(super) fn write_comparison(
    out: &mut dyn Write,
    name: &str,
    before: &Report,
    comparison: &Comparison,
    console: &Console,
) -> io::Result<()> {
    let date = before.setting.measured.strftime("%Y-%m-%d %H:%MZ").to_string();
    let heading = Message::ComparedWith { name, souwen: &before.setting.souwen, date: &date };
    writeln!(out, "\n{}", console.text(heading))?;
    let head = ["p50", "p90", "p99", "p99.9", "max"].map(|figure| format!("{figure:>7}"));
    let figures = |label: Message<'_>, ratios: &Ratios| {
        let Ratios { p50, p90, p99, p99_9, max } = *ratios;
        cells(console.text(label), [p50, p90, p99, p99_9, max].map(|ratio| format!("{ratio:>7.2}")))
    };
    let mut rows = vec![cells(String::new(), head), figures(Message::AllQueries, &comparison.all)];
    rows.extend(comparison.kinds.iter().map(|(kind, ratios)| figures(of_kind(*kind), ratios)));
    table::write(out, &rows)
}

fn cells(label: String, [a, b, c, d, e]: [String; 5]) -> [String; 6] {
    [label, a, b, c, d, e]
}

/// Tells what makes the figures worth less than they look.
pub(super) fn tell_caveats(report: &Report, comparison: Option<(&str, &Comparison)>, console: &Console) {
    if cfg!(debug_assertions) {
        console.warn(Message::DebugBuild);
    }
    if report.interrupted {
        console.warn(Message::MeasuredInPart { answers: report.all.count });
    }
    if let Some(rate) = report.setting.rate.filter(|rate| report.achieved_per_second < rate * REACHED) {
        console.warn(Message::RateMissed { rate, achieved: report.achieved_per_second });
    }
    if let Some((name, comparison)) = comparison
        && !comparison.differences.is_empty()
    {
        let names: Vec<String> =
            comparison.differences.iter().map(|difference| console.text(of_difference(*difference))).collect();
        console.warn(Message::MeasuredOtherwise { name, differences: &console.lang.list(&names) });
    }
}

/// Tells why the exit code is 1.
pub(super) fn tell_slowdown(slowdown: Slowdown, most: f64, console: &Console) {
    let kind = console.text(slowdown.kind.map_or(Message::AllQueries, of_kind));
    let Slowdown { figure, ratio, .. } = slowdown;
    console.warn(Message::TooSlow { figure, kind: &kind, ratio, most });
}

fn of_kind(kind: Kind) -> Message<'static> {
    match kind {
        Kind::OneWord => Message::KindOneWord,
        Kind::Unspaced => Message::KindUnspaced,
        Kind::SeveralWords => Message::KindSeveralWords,
        Kind::InField => Message::KindInField,
        Kind::Quoted => Message::KindQuoted,
        Kind::Prefix => Message::KindPrefix,
        Kind::Near => Message::KindNear,
        Kind::Either => Message::KindEither,
        Kind::Excluding => Message::KindExcluding,
        Kind::Filtered => Message::KindFiltered,
        Kind::Sorted => Message::KindSorted,
    }
}

fn of_finds(finds: Finds) -> Message<'static> {
    match finds {
        Finds::Nothing => Message::FindsNothing,
        Finds::Few => Message::FindsFew { most: Finds::RARE },
        Finds::Some => Message::FindsSome,
        Finds::Many => Message::FindsMany { one_in: Finds::FREQUENT },
    }
}

fn of_difference(difference: Difference) -> Message<'static> {
    match difference {
        Difference::Machine => Message::OtherMachine,
        Difference::Articles => Message::OtherArticles,
        Difference::Queries => Message::OtherQueries,
        Difference::Start => Message::OtherStart,
        Difference::Rate => Message::OtherRate,
        Difference::Threads => Message::OtherThreads,
        Difference::Limit => Message::OtherLimit,
        Difference::Snippets => Message::OtherSnippets,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_drawn_to_an_eighth_of_a_column() {
        for (share, drawn) in [
            (0.0, ""),
            (1e-9, "▏"),
            (1.0 / 32.0, "▏"),
            (0.125, "▌"),
            (0.25, "█"),
            (0.99, "████"),
            (0.9, "███▋"),
            (1.0, "████"),
            (7.0, "████"),
        ] {
            assert_eq!(bar(share, 4), drawn, "{share}");
        }
    }

    #[test]
    fn a_histogram_is_as_wide_as_its_fullest_bucket() {
        let buckets = [(200.0, 5), (500.0, 20), (1000.0, 0), (2000.0, 1)];
        let rows = histogram_rows(&buckets.map(|(up_to_us, count)| Bucket { up_to_us, count }), 8);
        let mut out = Vec::new();
        table::write(&mut out, &rows).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap(), @r"
               0.200 ms  ██        5
               0.500 ms  ████████  20
               1.000 ms            0
               2.000 ms  ▍         1
        ");
        assert!(histogram_rows(&[], 8).is_empty());
    }
}
