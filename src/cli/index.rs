//! `souwen index`: brings the index in step, and tells what was done and what could not be read.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use souwen::analysis::dictionary::Dictionary;
use souwen::corpus::{Limits, Problem, ProblemKind};
use souwen::index::{self, SyncOptions, SyncReport};
use souwen::messages::Message;
use souwen::render::json;

use super::args::IndexArgs;
use super::console::{Console, finish};
use super::failure::{Failure, shown};
use super::place::Place;
use super::progress::Bar;
use super::settings::Settings;
use super::{Exit, dictionary};

/// Problems of one kind that are named one by one: a few show what it is about, and nobody reads thousands.
const MAX_TOLD_OF_KIND: usize = 10;

/// Does it. Single articles that cannot be read are problems, not a failure: the others are in.
pub(super) fn run(args: &IndexArgs, place: &Place, settings: &Settings, console: &Console) -> Result<Exit, Failure> {
    let corpus = place.corpus(args.corpus.as_deref())?;
    let quiet = args.quiet || args.json;
    let dictionary = dictionary(place, settings, console)?;
    let options = SyncOptions {
        rebuild: args.rebuild,
        verify_content: args.verify_content,
        allow_mass_delete: args.allow_mass_delete,
        ..options(settings)
    };
    let report = sync(&place.dir, &corpus, &dictionary, &options, &Bar::new(console, quiet))?;
    if !quiet {
        tell_problems(&report, args.verbose, console);
    }
    if args.json {
        let mut out = console.out();
        json::write_line(&mut out, "sync", &Summary::of(&report, &place.dir, &corpus))?;
        finish(out)?;
    } else if !args.quiet {
        let mut out = console.out();
        for line in summary(&report, console) {
            writeln!(out, "{line}")?;
        }
        finish(out)?;
    }
    Ok(Exit::Success)
}

/// Makes the index that a search found missing, telling so.
pub(super) fn build_first(
    place: &Place,
    corpus: &Path,
    dictionary: &Arc<Dictionary>,
    settings: &Settings,
    console: &Console,
) -> Result<(), Failure> {
    console.say(Message::BuildingFirstIndex { corpus: &shown(corpus) });
    let report = sync(&place.dir, corpus, dictionary, &options(settings), &Bar::new(console, false))?;
    tell_problems(&report, false, console);
    let lines = summary(&report, console).join("\n") + "\n";
    console.add(lines.as_bytes());
    Ok(())
}

/// What the settings say about indexing.
pub(super) fn options(settings: &Settings) -> SyncOptions {
    SyncOptions {
        threads: settings.threads.value,
        memory_bytes: usize::try_from(settings.memory.value).unwrap_or(usize::MAX),
        commit_every: settings.commit_every.value,
        zone: settings.zone.as_ref().map(|zone| zone.value.clone()),
        limits: Limits {
            max_file_bytes: settings.max_file_size.value,
            max_line_bytes: usize::try_from(settings.max_line_size.value).unwrap_or(usize::MAX),
            max_expansion: settings.max_expansion.value,
            ..Limits::default()
        },
        ..SyncOptions::default()
    }
}

/// Brings an index in step, showing how far it is.
pub(super) fn sync(
    dir: &Path,
    corpus: &Path,
    dictionary: &Arc<Dictionary>,
    options: &SyncOptions,
    bar: &Bar<'_>,
) -> Result<SyncReport, Failure> {
    let progress = |progress| bar.report(progress);
    index::sync(dir, corpus, dictionary, options, &progress).map_err(Failure::index(dir))
}

/// Names what could not be read, and then what was odd about what could, both only where this run met it. `verbose` runs
/// name every problem.
pub(super) fn tell_problems(report: &SyncReport, verbose: bool, console: &Console) {
    let older = if verbose { &report.older_problems[..] } else { &[] };
    let mut problems: Vec<&Problem> = report.problems.iter().chain(older).collect();
    problems.sort_by_key(|problem| (!problem.kind.costs_the_article(), problem.kind));
    let mut limits: Vec<&str> = problems.iter().filter_map(|problem| limit(problem)).collect();
    limits.dedup();
    let mut is_all = true;
    for of_kind in problems.chunk_by(|a, b| a.kind == b.kind) {
        let (told, more) = of_kind.split_at(if verbose { of_kind.len() } else { of_kind.len().min(MAX_TOLD_OF_KIND) });
        for problem in told {
            let place = problem.line.map_or_else(|| problem.path.clone(), |line| format!("{}:{line}", problem.path));
            console.warn(Message::ProblemIn { place: &place, reason: &reason(problem, console) });
        }
        if !more.is_empty() {
            let kind = &console.text(Message::of_kind(of_kind[0].kind));
            console.warn(Message::MoreProblems { problems: more.len() as u64, kind });
            is_all = false;
        }
    }
    if !verbose && !report.older_problems.is_empty() {
        console.note(Message::OlderProblems { problems: report.older_problems.len() as u64 });
        is_all = false;
    }
    for option in limits {
        console.hint(Message::RaisesLimit { option });
    }
    if !is_all {
        console.hint(Message::VerboseNamesProblems);
    }
}

/// The option for the limit that was met, if one was.
fn limit(problem: &Problem) -> Option<&'static str> {
    match (problem.kind, problem.line) {
        (ProblemKind::TooLarge, None) => Some("--max-file-size"),
        (ProblemKind::TooLarge, Some(_)) => Some("--max-line-size"),
        (ProblemKind::Bloated, _) => Some("--max-expansion"),
        _ => None,
    }
}

/// The kind of a problem with its particulars.
fn reason(Problem { kind, detail, .. }: &Problem, console: &Console) -> String {
    let kind_text = &console.text(Message::of_kind(*kind));
    match kind {
        _ if detail.is_empty() => kind_text.clone(),
        ProblemKind::BadDate => console.text(Message::KindOfValue { kind: kind_text, value: detail }),
        _ => console.text(Message::KindWithDetail { kind: kind_text, detail }),
    }
}

/// The outcome, line by line.
fn summary(report: &SyncReport, console: &Console) -> Vec<String> {
    let SyncReport { added, changed, unchanged, removed, moved, articles, files, seconds, .. } = *report;
    let outcome = if added + changed + removed == 0 {
        Message::NothingChanged { articles }
    } else {
        Message::IndexSummary { added, changed, unchanged, removed }
    };
    let outcome = Some(console.text(outcome));
    let moved = (moved > 0).then(|| console.text(Message::Moved { moved }));
    let SyncReport { with_articles, without_articles, skipped, .. } = *report;
    let seen = Some(console.text(Message::FilesSeen { files, with_articles, without_articles, skipped }));
    let mut lines: Vec<String> = [outcome, moved, seen].into_iter().flatten().collect();
    let problems: u64 = report.problems_by_kind.values().sum();
    if problems > 0 {
        let kinds = ProblemKind::ALL.iter().filter_map(|kind| {
            let problems = *report.problems_by_kind.get(kind.name())?;
            let kind = console.text(Message::of_kind(*kind));
            Some(console.text(Message::ProblemsOfKind { kind: &kind, problems }))
        });
        let kinds = console.lang.list(&kinds.collect::<Vec<_>>());
        lines.push(console.text(Message::Problems { problems, kinds: &kinds }));
    }
    lines.push(if report.bytes > 0 {
        console.text(Message::IndexSpeed { seconds, megabytes_per_second: report.megabytes_per_second() })
    } else {
        console.text(Message::IndexTime { seconds })
    });
    lines
}

/// The same for programs.
#[derive(Serialize)]
struct Summary<'a> {
    index: String,
    corpus: String,
    megabytes_per_second: f64,
    #[serde(flatten)]
    report: &'a SyncReport,
}

impl<'a> Summary<'a> {
    fn of(report: &'a SyncReport, dir: &Path, corpus: &Path) -> Self {
        let absolute = |path: &Path| shown(&path.canonicalize().unwrap_or_else(|_| path.to_owned()));
        Self {
            index: absolute(dir),
            corpus: absolute(corpus),
            megabytes_per_second: report.megabytes_per_second(),
            report,
        }
    }
}
