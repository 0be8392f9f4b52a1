//! `souwen show`: one article, readable, named by its id or the beginning of it.

use jiff::Timestamp;
use souwen::article::Article;
use souwen::messages::Message;
use souwen::query::parse;
use souwen::render::{article, json};

use super::args::ShowArgs;
use super::console::{Console, finish};
use super::failure::Failure;
use super::place::Place;
use super::settings::Settings;
use super::{Exit, dictionary, pager, search, synonyms, table};

/// Articles that are named when an id fits more than one.
const MAX_CANDIDATES: usize = 20;

/// Shows it.
pub(super) fn run(args: &ShowArgs, place: &Place, settings: &Settings, console: &Console) -> Result<Exit, Failure> {
    let index = search::open(place)?;
    let dictionary = dictionary(place, settings, console)?;
    if args.query.is_some() {
        search::check_analysis(&index, &dictionary, place, console)?;
    }
    let searcher = index.searcher(dictionary).map_err(Failure::index(&place.dir))?;
    let searcher = searcher.with_synonyms(synonyms(place, settings, console)?);
    let id = args.id.trim();
    let found = searcher.by_id(id, MAX_CANDIDATES + 1).map_err(Failure::index(&place.dir))?;
    let shown = match found.as_slice() {
        [] => {
            console.error(&console.text(Message::UnknownArticle { id }));
            return Ok(Exit::NothingFound);
        }
        [article] => article,
        candidates => {
            tell_candidates(id, candidates, console);
            return Ok(Exit::Error);
        }
    };

    let zone = index.zone();
    let (title_marks, body_marks) = match &args.query {
        Some(query) => {
            let parsed = parse(query, &Timestamp::now().to_zoned(zone.clone()));
            parsed.notes.iter().for_each(|note| search::tell_note(&note.kind, console));
            searcher.marks(&parsed.query, shown)
        }
        None => Default::default(),
    };
    if args.json {
        let mut out = console.out();
        json::write_article(&mut out, shown, &title_marks, &body_marks, &zone)?;
        finish(out)?;
        return Ok(Exit::Success);
    }
    let style = console.style(zone, Some(index.commit().corpus.clone()));
    if console.is_terminal {
        let mut text = Vec::new();
        article::write_article(&mut text, shown, &title_marks, &body_marks, &style)?;
        pager::show(&text, console)?;
    } else {
        let mut out = console.out();
        article::write_article(&mut out, shown, &title_marks, &body_marks, &style)?;
        finish(out)?;
    }
    Ok(Exit::Success)
}

/// Names the articles that an id could mean.
fn tell_candidates(id: &str, candidates: &[Article], console: &Console) {
    let more = if candidates.len() > MAX_CANDIDATES { "+" } else { "" };
    let candidates = &candidates[..candidates.len().min(MAX_CANDIDATES)];
    let message = Message::AmbiguousId { id, candidates: candidates.len() as u64, more };
    console.error(&console.text(message));
    let rows: Vec<[String; 2]> = candidates.iter().map(|a| [format!("  {}", a.id), a.title.clone()]).collect();
    let mut lines = Vec::new();
    if table::write(&mut lines, &rows).is_ok() {
        console.add(&lines);
    }
}
