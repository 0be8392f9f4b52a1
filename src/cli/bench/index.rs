//! `souwen bench index`: makes an index in a temporary folder, as `souwen index` does, and tells what that cost.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use souwen::bench::indexing::IndexingReport;
use souwen::bench::report::Machine;
use souwen::index::ArticleIndex;
use souwen::messages::Message;
use souwen::render::json;

use super::super::args::BenchIndexArgs;
use super::super::console::{Console, finish};
use super::super::failure::{Failure, shown};
use super::super::place::Place;
use super::super::progress::Bar;
use super::super::settings::Settings;
use super::super::{Exit, bytes, dictionary, index, interrupt, stats, table};
use super::{machine, text};

/// Measures.
pub(super) fn run(
    args: &BenchIndexArgs,
    place: &Place,
    settings: &Settings,
    console: &Console,
) -> Result<Exit, Failure> {
    let corpus = place.corpus(args.corpus.as_deref())?;
    let dictionary = dictionary(place, settings, console)?;
    let temporary = std::env::temp_dir();
    let folder = tempfile::Builder::new().prefix("souwen-bench-").tempdir().map_err(Failure::file(&temporary))?;
    let dir = folder.path();
    interrupt::on_interrupt({
        let (dir, told) = (dir.to_owned(), Failure::Interrupted.text(console.lang));
        let console = console.clone();
        move || {
            remove(&dir);
            console.error(&told);
            std::process::exit(Exit::Error as i32);
        }
    });

    let sync = index::sync(dir, &corpus, &dictionary, &index::options(settings), &Bar::new(console, args.json))?;
    // what follows reads the articles once more, which is not part of making the index
    let peak_memory_bytes = machine::peak_memory_bytes();
    let made = ArticleIndex::open(dir).map_err(Failure::index(dir))?;
    let searcher = made.searcher(Arc::clone(&dictionary)).map_err(Failure::index(dir))?;
    let report = IndexingReport::new(&sync, &made, &searcher).map_err(Failure::index(dir))?;
    let measured = Measured {
        souwen: machine::souwen(),
        machine: machine::describe(),
        corpus: shown(&corpus.canonicalize().unwrap_or(corpus)),
        threads: settings.threads.value,
        memory_bytes: settings.memory.value,
        peak_memory_bytes,
        report,
    };

    let mut out = console.out();
    if args.json {
        json::write_line(&mut out, "bench_index", &measured)?;
    } else {
        table::write(&mut out, &rows(&measured, console))?;
    }
    finish(out)?;
    Ok(Exit::Success)
}

/// Removes the folder although somebody is writing there: what comes in meanwhile goes in the next round.
fn remove(dir: &Path) {
    for _ in 0..10 {
        if fs::remove_dir_all(dir).is_ok() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// What is measured, for programs. Fields are only added.
#[derive(Serialize)]
struct Measured {
    souwen: String,
    machine: Machine,
    corpus: String,
    threads: usize,
    memory_bytes: u64,
    peak_memory_bytes: Option<u64>,
    #[serde(flatten)]
    report: IndexingReport,
}

/// What is measured, for people.
fn rows(measured: &Measured, console: &Console) -> Vec<[String; 2]> {
    let text = |message: Message<'_>| console.text(message);
    let report = &measured.report;
    let memory = bytes::exact(measured.memory_bytes);
    let peak = measured.peak_memory_bytes.map_or_else(|| text(Message::Unknown), bytes::human);
    let (mb_per_second, articles_per_second) = (report.megabytes_per_second, report.articles_per_second);
    let mut rows = vec![
        [text(Message::Program), measured.souwen.clone()],
        [text(Message::MachineLabel), text::machine(&measured.machine, console)],
        [text(Message::StatCorpus), measured.corpus.clone()],
        [text(Message::Load), text(Message::IndexingLoad { threads: measured.threads as u64, memory: &memory })],
        [
            text(Message::Source),
            text(Message::FilesOf { files: report.files, size: &bytes::human(report.source_bytes) }),
        ],
        [text(Message::TimeTaken), format!("{:.2} s", report.seconds)],
        [text(Message::Speed), text(Message::IndexingSpeed { mb_per_second, articles_per_second })],
        [text(Message::PeakMemory), peak],
        [text(Message::StatArticles), report.sizes.articles.to_string()],
        [text(Message::ExtractedText), bytes::human(report.text_bytes)],
    ];
    let of_text = text(Message::TimesTheText { ratio: report.bytes_per_text_byte });
    rows.extend(stats::size_rows(&report.sizes, console).into_iter().enumerate().map(|(row, [label, size])| {
        // the first row is the whole
        [label, if row == 0 { format!("{size}, {of_text}") } else { size }]
    }));
    rows
}
