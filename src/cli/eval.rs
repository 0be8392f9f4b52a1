//! `souwen eval`: the ranking measured on queries with known answers, through the same search as everybody's.

use std::collections::HashMap;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use flate2::read::MultiGzDecoder;
use serde::Serialize;
use souwen::article::ArticleId;
use souwen::eval::{self, Measures};
use souwen::index::{self, ArticleIndex, SyncOptions};
use souwen::messages::Message;
use souwen::render::json;

use super::args::EvalArgs;
use super::console::{Console, finish};
use super::failure::Failure;
use super::place::Place;
use super::progress::Bar;
use super::settings::Settings;
use super::{Exit, dictionary, search, synonyms, table};

/// Indexes the corpus, or takes the index in force; asks every query; tells how good the answers were.
pub(super) fn run(args: &EvalArgs, settings: &Settings, console: &Console) -> Result<Exit, Failure> {
    let queries = read(&args.queries)?;
    let judgments = eval::parse_judgments(&read(&args.qrels)?);
    let place = Place::find(settings)?;
    let dictionary = dictionary(&place, settings, console)?;
    // removed at the end, whatever it is
    let temporary;
    let (index, names) = match &args.corpus {
        Some(corpus) => {
            let names = names_in(corpus)?;
            temporary = tempfile::tempdir().map_err(Failure::file(&std::env::temp_dir()))?;
            let options = SyncOptions {
                threads: settings.threads.value,
                memory_bytes: usize::try_from(settings.memory.value).unwrap_or(usize::MAX),
                ..SyncOptions::default()
            };
            let bar = Bar::new(console, args.json);
            let dir = temporary.path();
            index::sync(dir, corpus, &dictionary, &options, &|progress| bar.report(progress))
                .map_err(Failure::index(dir))?;
            (ArticleIndex::open(dir).map_err(Failure::index(dir))?, names)
        }
        None => {
            let index = search::open(&place)?;
            search::check_analysis(&index, &dictionary, &place, console)?;
            let corpus = index.commit().corpus.clone();
            let names = if corpus.is_file() { names_in(&corpus)? } else { HashMap::new() };
            (index, names)
        }
    };
    let searcher = index.searcher(Arc::clone(&dictionary)).map_err(Failure::index(&place.dir))?;
    let searcher = searcher.with_synonyms(synonyms(&place, settings, console)?);
    let names = if names.is_empty() { ids(&searcher, &place)? } else { names };

    let mut run = String::new();
    let started = Instant::now();
    let queries: Vec<(&str, &str)> = eval::parse_queries(&queries).collect();
    let measures = eval::evaluate(&searcher, queries.iter().copied(), &judgments, &names, &mut run)
        .map_err(Failure::index(&place.dir))?;
    let queries_per_second = queries.len() as f64 / started.elapsed().as_secs_f64().max(1e-9);
    if let Some(path) = &args.run {
        fs::write(path, run).map_err(Failure::file(path))?;
    }

    let mut out = console.out();
    if args.json {
        json::write_line(&mut out, "eval", &Outcome { measures: &measures, queries_per_second })?;
    } else {
        table::write(&mut out, &rows(&measures, queries_per_second, console))?;
    }
    finish(out)?;
    Ok(Exit::Success)
}

/// The measures for programs.
#[derive(Serialize)]
struct Outcome<'a> {
    #[serde(flatten)]
    measures: &'a Measures,
    queries_per_second: f64,
}

/// The measures for people.
fn rows(measures: &Measures, queries_per_second: f64, console: &Console) -> Vec<[String; 2]> {
    let Measures { queries, ndcg_10, mrr_10, success_1, recall_100 } = *measures;
    let row = |name: &str, value: f64| [name.to_owned(), format!("{value:.4}")];
    vec![
        [console.text(Message::EvalQueries), queries.to_string()],
        row("nDCG@10", ndcg_10),
        row("MRR@10", mrr_10),
        row("success@1", success_1),
        row("recall@100", recall_100),
        [console.text(Message::EvalSpeed), format!("{queries_per_second:.0}")],
    ]
}

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(Failure::file(path))
}

/// The names of the documents of a JSON Lines file, plain or compressed.
fn names_in(corpus: &Path) -> Result<HashMap<ArticleId, String>, Failure> {
    let file = fs::File::open(corpus).map_err(Failure::file(corpus))?;
    let mut lines = String::new();
    let read = if corpus.extension().is_some_and(|ending| ending == "gz") {
        MultiGzDecoder::new(file).read_to_string(&mut lines)
    } else {
        std::io::BufReader::new(file).read_to_string(&mut lines)
    };
    read.map_err(Failure::file(corpus))?;
    Ok(eval::parse_names(corpus.file_name().unwrap_or_default().as_encoded_bytes(), &lines))
}

/// In an index of a folder, articles go by their ids.
fn ids(searcher: &souwen::search::Searcher, place: &Place) -> Result<HashMap<ArticleId, String>, Failure> {
    let mut ids = HashMap::new();
    let mut take = |article: souwen::article::Article| {
        ids.insert(article.id, article.id.to_string());
    };
    searcher.each_article(&mut take).map_err(Failure::index(&place.dir))?;
    Ok(ids)
}
