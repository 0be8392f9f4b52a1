//! `souwen stats`: what the index holds and what it was made with.

use jiff::tz::TimeZone;
use souwen::index::Stats;
use souwen::index::stats::Sizes;
use souwen::messages::Message;
use souwen::render::{json, terminal};

use super::args::StatsArgs;
use super::console::{Console, finish};
use super::failure::{Failure, shown};
use super::place::Place;
use super::{Exit, bytes, search, table};

/// Describes the index.
pub(super) fn run(args: &StatsArgs, place: &Place, console: &Console) -> Result<Exit, Failure> {
    let index = search::open(place)?;
    let stats = index.stats().map_err(Failure::index(&place.dir))?;
    let mut out = console.out();
    if args.json {
        json::write_line(&mut out, "stats", &stats)?;
    } else {
        table::write(&mut out, &rows(&stats, place, &index.zone(), console))?;
        terminal::write_facets(&mut out, &stats.facets, &console.style(index.zone(), None))?;
    }
    finish(out)?;
    Ok(Exit::Success)
}

/// The figures for people.
fn rows(stats: &Stats, place: &Place, zone: &TimeZone, console: &Console) -> Vec<[String; 2]> {
    let text = |message: Message<'_>| console.text(message);
    let day = |moment: jiff::Timestamp| moment.to_zoned(zone.clone()).strftime("%Y-%m-%d").to_string();
    let commit = &stats.commit;
    let committed = commit.committed.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string();

    let sizes = &stats.sizes;
    let mut rows = vec![[text(Message::StatArticles), sizes.articles.to_string()]];
    if let Some((first, last)) = stats.first.zip(stats.last) {
        let (first, last) = (day(first), day(last));
        let dates = Message::DatesFromTo { first: &first, last: &last };
        rows.push([text(Message::StatDates), text(dates)]);
    }
    if stats.undated > 0 {
        rows.push([text(Message::StatUndated), stats.undated.to_string()]);
    }
    rows.extend([
        [text(Message::StatCorpus), shown(&commit.corpus)],
        [text(Message::StatIndex), shown(&place.dir.canonicalize().unwrap_or_else(|_| place.dir.clone()))],
        [text(Message::StatCommitted), committed],
        [text(Message::StatZone), commit.zone.clone()],
        [text(Message::StatFormat), commit.format.to_string()],
        [text(Message::StatAnalysis), commit.fingerprint.rules.clone()],
        [text(Message::StatDictionary), format!("{:016x}", commit.fingerprint.dictionary)],
        [text(Message::StatSegments), sizes.segments.to_string()],
    ]);
    if sizes.deleted > 0 {
        rows.push([text(Message::StatDeleted), sizes.deleted.to_string()]);
    }
    rows.extend(size_rows(sizes, console));
    rows
}

/// What the index takes on disk, and its parts.
pub(super) fn size_rows(sizes: &Sizes, console: &Console) -> Vec<[String; 2]> {
    let part = |(part, size): &(String, u64)| [format!("  {}", part_name(part, console)), bytes::human(*size)];
    let size = [console.text(Message::StatSize), bytes::human(sizes.bytes)];
    [size].into_iter().chain(sizes.parts.iter().map(part)).collect()
}

/// The name of a part of the index; one that has no name yet keeps the library's.
fn part_name(part: &str, console: &Console) -> String {
    console.text(match part {
        "text" => Message::PartText,
        "positions" => Message::PartPositions,
        "postings" => Message::PartPostings,
        "terms" => Message::PartTerms,
        "columns" => Message::PartColumns,
        "lengths" => Message::PartLengths,
        "manifest" => Message::PartManifest,
        "other" => Message::PartOther,
        _ => return part.to_owned(),
    })
}
