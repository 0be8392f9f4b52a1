//! `souwen bench`: asks a log of queries and tells how long the answers took. `index.rs` is `souwen bench index`.

mod index;
mod machine;
mod runs;
mod text;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use serde::Serialize;
use souwen::bench::compare::{Comparison, Slowdown};
use souwen::bench::load::{self, Amount, End, Load, Samples};
use souwen::bench::report::{IndexFigures, Report, Setting, Start};
use souwen::bench::{Asker, Logged, Prepared, log};
use souwen::index::ArticleIndex;
use souwen::messages::Message;
use souwen::render::json;
use souwen::search::request::{SearchRequest, Sort};

use super::args::{BenchArgs, BenchWhat};
use super::console::{Console, finish};
use super::failure::{Failure, shown};
use super::place::Place;
use super::progress::Bar;
use super::settings::Settings;
use super::{Exit, dictionary, interrupt, search, synonyms};

/// Measures.
pub(super) fn run(args: &BenchArgs, place: &Place, settings: &Settings, console: &Console) -> Result<Exit, Failure> {
    match &args.what {
        Some(BenchWhat::Index(args)) => index::run(args, place, settings, console),
        None => queries(args, place, settings, console),
    }
}

/// Asks, sums up, compares and saves.
fn queries(args: &BenchArgs, place: &Place, settings: &Settings, console: &Console) -> Result<Exit, Failure> {
    let log = read_log(args.queries.as_deref())?;
    // a name that is none should not cost a run
    let before = args.compare.as_deref().map(|name| Ok::<_, Failure>((name, runs::load(name)?))).transpose()?;
    let index = search::open(place)?;
    let stop = interrupt::flag();
    let asker = asker(args, &index, place, settings, console)?;
    let mut setting = setting(args, &log, &index, place, settings)?;
    if setting.index.articles == 0 {
        return Err(Failure::EmptyIndex);
    }

    let bar = Bar::new(console, args.json);
    let queries = prepare(&asker, log, &stop, &bar, place)?;
    let amount = args.duration.map_or(Amount::Rounds(args.repeat), Amount::Time);
    let load = Load { amount, threads: args.threads, rate: args.rate };
    setting.set_load(&load);
    let (samples, interrupted) = measure(args, &asker, &queries, &load, &stop, &bar, place)?;
    drop(bar);
    let plan = |logged: &Logged| asker.plan(logged).map_err(Failure::index(&place.dir));
    let report = Report { interrupted, ..Report::new(setting, &queries, &samples, plan)? };

    let comparison = before.as_ref().map(|(name, before)| (*name, before, Comparison::new(&report, before)));
    let mut out = console.out();
    if args.json {
        json::write_line(&mut out, "bench", &report)?;
        if let Some((name, _, comparison)) = &comparison {
            let value = Compared { name, slowdown: comparison.slowdown(), comparison };
            json::write_line(&mut out, "bench_compare", &value)?;
        }
    } else {
        text::write_report(&mut out, &report, console)?;
        if let Some((name, before, comparison)) = &comparison {
            text::write_comparison(&mut out, name, before, comparison, console)?;
        }
    }
    finish(out)?;
    text::tell_caveats(&report, comparison.as_ref().map(|(name, _, comparison)| (*name, comparison)), console);
    if report.interrupted {
        return Ok(Exit::Error);
    }
    if let Some(name) = &args.save {
        let path = runs::save(name, &report)?;
        console.say(Message::RunSaved { name, file: &shown(&path) });
    }
    let slowdown = comparison.map(|(_, _, comparison)| comparison.slowdown());
    match args.max_slowdown.zip(slowdown).filter(|(most, slowdown)| slowdown.ratio > *most) {
        Some((most, slowdown)) => {
            text::tell_slowdown(slowdown, most, console);
            Ok(Exit::NothingFound)
        }
        None => Ok(Exit::Success),
    }
}

/// A comparison, for programs. Fields are only added.
#[derive(Serialize)]
struct Compared<'a> {
    name: &'a str,
    slowdown: Slowdown,
    #[serde(flatten)]
    comparison: &'a Comparison,
}

fn read_log(file: Option<&Path>) -> Result<Vec<Logged>, Failure> {
    let Some(file) = file else { return Ok(log::built_in()) };
    let log = log::parse(&fs::read_to_string(file).map_err(Failure::file(file))?);
    if log.is_empty() { Err(Failure::NoQueries { file: file.to_owned() }) } else { Ok(log) }
}

/// As `souwen search` sets about it.
fn asker(
    args: &BenchArgs,
    index: &ArticleIndex,
    place: &Place,
    settings: &Settings,
    console: &Console,
) -> Result<Asker, Failure> {
    let dictionary = dictionary(place, settings, console)?;
    search::check_analysis(index, &dictionary, place, console)?;
    let searcher = index.searcher(dictionary).map_err(Failure::index(&place.dir))?;
    Ok(Asker {
        searcher: searcher.with_synonyms(synonyms(place, settings, console)?),
        now: Timestamp::now().to_zoned(index.zone()),
        limit: settings.limit.value,
        snippet_chars: if args.no_snippets { 0 } else { SearchRequest::default().snippet_chars },
    })
}

fn setting(
    args: &BenchArgs,
    log: &[Logged],
    index: &ArticleIndex,
    place: &Place,
    settings: &Settings,
) -> Result<Setting, Failure> {
    let sizes = index.sizes().map_err(Failure::index(&place.dir))?;
    let path = place.dir.canonicalize().unwrap_or_else(|_| place.dir.clone());
    Ok(Setting {
        measured: Timestamp::now(),
        souwen: machine::souwen(),
        machine: machine::describe(),
        index: IndexFigures {
            path: shown(&path),
            articles: sizes.articles,
            segments: sizes.segments,
            bytes: sizes.bytes,
        },
        log: args.queries.as_deref().map(shown),
        log_hash: format!("{:016x}", log::hash(log)),
        queries: log.len(),
        start: if args.cold { Start::Cold } else { Start::Warm },
        threads: args.threads,
        rounds: None,
        duration_seconds: None,
        rate: None,
        limit: settings.limit.value,
        snippets: !args.no_snippets,
    })
}

/// Asks each query once, untimed.
fn prepare(
    asker: &Asker,
    log: Vec<Logged>,
    stop: &AtomicBool,
    bar: &Bar<'_>,
    place: &Place,
) -> Result<Vec<Prepared>, Failure> {
    let queries = log.len();
    let one = |(number, logged): (usize, Logged)| {
        if stop.load(Ordering::Relaxed) {
            return Err(Failure::Interrupted);
        }
        bar.share(Message::WarmingUp, number as f64 / queries as f64);
        asker.prepare(logged).map_err(Failure::index(&place.dir))
    };
    log.into_iter().enumerate().map(one).collect()
}

/// Times the answers, in this process or as many new ones; and tells whether the user ended that early.
fn measure(
    args: &BenchArgs,
    asker: &Asker,
    queries: &[Prepared],
    load: &Load,
    stop: &AtomicBool,
    bar: &Bar<'_>,
    place: &Place,
) -> Result<(Samples, bool), Failure> {
    let progress = |share: f64| bar.share(Message::Asking, share);
    let (samples, end) = if args.cold {
        let program = std::env::current_exe().map_err(Failure::file(Path::new("souwen")))?;
        let search = |logged: &Logged| cold_search(&program, logged, args, place);
        load::run(queries, load, stop, &progress, &search)
    } else {
        let ask = |logged: &Logged| asker.ask(logged).map_err(Failure::index(&place.dir));
        load::run(queries, load, stop, &progress, &ask)
    };
    let interrupted = match end {
        End::Complete => false,
        End::Stopped | End::Failed(Failure::Interrupted) => true,
        End::Failed(failure) => return Err(failure),
    };
    if samples.answered() == 0 {
        return Err(Failure::Interrupted);
    }
    Ok((samples, interrupted))
}

/// Runs `souwen search` as somebody at a prompt would. Environment and configuration are those of this process.
fn cold_search(program: &Path, logged: &Logged, args: &BenchArgs, place: &Place) -> Result<(), Failure> {
    let mut search = Command::new(program);
    search.arg("search").arg("--index").arg(&place.dir).args(["--color", "never"]);
    match logged.sort {
        Sort::Relevance => {}
        Sort::Newest => _ = search.args(["--sort", "newest"]),
        Sort::Oldest => _ = search.args(["--sort", "oldest"]),
    }
    if args.no_snippets {
        search.arg("--paths");
    }
    search.arg("--").arg(&logged.text).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let output = search.output().map_err(Failure::file(program))?;
    match output.status.code() {
        Some(0 | 1) => Ok(()),
        // Ctrl+C reaches the whole group of processes
        None => Err(Failure::Interrupted),
        Some(_) => {
            let told = String::from_utf8_lossy(&output.stderr);
            let reason = told.lines().next().unwrap_or_default().to_owned();
            Err(Failure::ColdSearch { query: logged.text.clone(), reason })
        }
    }
}
