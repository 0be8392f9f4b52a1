//! `souwen search`: the words and the filters become one request; the page is printed in the format asked for.

use std::sync::Arc;
use std::time::Instant;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use souwen::analysis::dictionary::Dictionary;
use souwen::analysis::fingerprint::Fingerprint;
use souwen::error::Error;
use souwen::index::ArticleIndex;
use souwen::index::open::OtherAnalysis;
use souwen::messages::Message;
use souwen::query::parse::known_fields;
use souwen::query::{DateRange, Field, Mode, NoteKind, Parsed, Query, Span, Text, parse, parse_date_span};
use souwen::render::{json, paths, terminal, tsv};
use souwen::search::request::SearchRequest;

use super::args::{Format, SearchArgs};
use super::console::{Console, finish};
use super::failure::{Failure, shown};
use super::place::{Place, corpus_here};
use super::settings::Settings;
use super::{Exit, dictionary, index, synonyms};

/// Searches, and makes the index first when there is none but a folder of articles.
pub(super) fn run(args: &SearchArgs, place: &Place, settings: &Settings, console: &Console) -> Result<Exit, Failure> {
    // a date that is none should not cost a wait for the index; which zone it is in makes no difference to that
    filters(args, &Timestamp::now().to_zoned(TimeZone::UTC))?;
    let dictionary = dictionary(place, settings, console)?;
    let (index, started) = open_or_build(place, &dictionary, settings, console)?;
    check_analysis(&index, &dictionary, place, console)?;

    let now = Timestamp::now().to_zoned(index.zone());
    let Parsed { query, notes } = parse(&args.query.join(" "), &now);
    notes.iter().for_each(|note| tell_note(&note.kind, console));

    let style = console.style(index.zone(), Some(index.commit().corpus.clone()));
    let format = args.format();
    let limit = settings.limit.value;
    let request = SearchRequest {
        query: Query::and([query].into_iter().chain(filters(args, &now)?)),
        sort: args.sort,
        limit,
        offset: limit.saturating_mul(args.page as usize - 1),
        all_words: args.all,
        facets: args.facets,
        explain: args.explain,
        snippet_chars: match format {
            Format::Text => terminal::snippet_chars(&style),
            Format::Json => SearchRequest::default().snippet_chars,
            Format::Tsv | Format::Paths => 0,
        },
        timeout: Some(settings.timeout.value),
    };
    let searcher = index.searcher(dictionary).map_err(Failure::index(&place.dir))?;
    let searcher = searcher.with_synonyms(synonyms(place, settings, console)?);
    let results = searcher.search(&request).map_err(Failure::index(&place.dir))?;
    let elapsed = started.elapsed();

    let mut out = console.out();
    match format {
        Format::Text => terminal::write_results(&mut out, &results, elapsed, &style)?,
        Format::Json => json::write_results(&mut out, &results, &style.zone)?,
        Format::Tsv => tsv::write_results(&mut out, &results, &style.zone)?,
        Format::Paths => paths::write_results(&mut out, &results)?,
    }
    finish(out)?;
    if format != Format::Text {
        let mut hints = Vec::new();
        terminal::write_hints(&mut hints, &results.hints, &console.error_style(style.zone))?;
        console.add(&hints);
    }
    let counted = limit == 0 && results.total.articles > 0;
    Ok(if results.hits.is_empty() && !counted { Exit::NothingFound } else { Exit::Success })
}

/// The index, and the moment since which the user waits for his answer only.
fn open_or_build(
    place: &Place,
    dictionary: &Arc<Dictionary>,
    settings: &Settings,
    console: &Console,
) -> Result<(ArticleIndex, Instant), Failure> {
    let started = Instant::now();
    match (ArticleIndex::open(&place.dir), corpus_here()) {
        (Err(Error::NoIndex(_)), Some(corpus)) => {
            index::build_first(place, &corpus, dictionary, settings, console)?;
            let started = Instant::now();
            Ok((open(place)?, started))
        }
        (opened, _) => Ok((opened.map_err(Failure::index(&place.dir))?, started)),
    }
}

/// The index, which must be there.
pub(super) fn open(place: &Place) -> Result<ArticleIndex, Failure> {
    ArticleIndex::open(&place.dir).map_err(Failure::index(&place.dir))
}

/// Refuses an index whose terms mean nothing to this program; warns where some may.
pub(super) fn check_analysis(
    index: &ArticleIndex,
    dictionary: &Dictionary,
    place: &Place,
    console: &Console,
) -> Result<(), Failure> {
    match index.other_analysis(&Fingerprint::new(dictionary)) {
        Some(OtherAnalysis::Rules) => Err(Failure::OtherAnalysis { dir: place.dir.clone() }),
        Some(OtherAnalysis::Dictionary) => {
            console.warn(Message::OlderArticlesCutOtherwise { index: &shown(&place.dir) });
            Ok(())
        }
        None => Ok(()),
    }
}

/// The filters given as options, as parts of the query.
fn filters(args: &SearchArgs, now: &Zoned) -> Result<Vec<Query>, Failure> {
    let any_of = |field, names: &[String]| {
        let texts = names.iter().map(|name| Query::Text(Text::new(name, Mode::Words).in_field(field)));
        (!names.is_empty()).then(|| Query::or(texts))
    };
    let filters = [any_of(Field::Category, &args.category), any_of(Field::Author, &args.author), dates(args, now)?];
    Ok(filters.into_iter().flatten().collect())
}

/// From the first instant of `--since` to the last of `--until`.
fn dates(args: &SearchArgs, now: &Zoned) -> Result<Option<Query>, Failure> {
    let (mut range, mut typed) = (DateRange::new(None, None), Vec::new());
    if let Some(since) = &args.since {
        range.from = Some(span("--since", since, now)?.start);
        typed.push(format!("--since {since}"));
    }
    if let Some(until) = &args.until {
        range.until = Some(span("--until", until, now)?.end);
        typed.push(format!("--until {until}"));
    }
    range.typed = typed.join(" ");
    Ok((!typed.is_empty()).then_some(Query::Date(range)))
}

fn span(option: &'static str, value: &str, now: &Zoned) -> Result<Span, Failure> {
    parse_date_span(value, now).ok_or_else(|| Failure::BadDate { option, value: value.to_owned() })
}

/// Tells what was read otherwise than it looks.
pub(super) fn tell_note(note: &NoteKind, console: &Console) {
    let fields;
    console.note(match note {
        NoteKind::UnknownField(field) => {
            fields = console.lang.list(&known_fields().collect::<Vec<_>>());
            Message::UnknownField { field, fields: &fields }
        }
        NoteKind::UnreadableDate(date) => Message::UnreadableDate { date },
        NoteKind::UnclosedQuote => Message::UnclosedQuote,
        NoteKind::UnclosedGroup => Message::UnclosedGroup,
        NoteKind::UnopenedGroup => Message::UnopenedGroup,
        NoteKind::TooDeep => Message::GroupsTooDeep,
        NoteKind::LoneOperator(operator) => Message::LoneOperator { operator },
        NoteKind::TooLong => Message::QueryTooLong,
        NoteKind::TooManyClauses => Message::TooManyClauses,
    });
}
