//! `souwen verify`: whether the index is damaged, and what helps; or what it finds, compared with what the articles hold.

use std::io::Write;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;
use souwen::analysis::dictionary::Dictionary;
use souwen::index::{SyncOptions, SyncReport};
use souwen::messages::Message;
use souwen::query::Query;
use souwen::query::ast::{Mode, Text};
use souwen::render::json;
use souwen::verify::{Damage, DamageKind, Disagreement, Fault, Inspection, Oracle, OracleReport, inspect};

use super::args::VerifyArgs;
use super::bytes::human;
use super::console::{Console, finish};
use super::failure::{Failure, shown};
use super::place::Place;
use super::progress::Bar;
use super::settings::Settings;
use super::{Exit, dictionary, index, search, synonyms};

/// Units of the longest string that is drawn.
const MAX_UNITS: usize = 12;

/// Does what was asked.
pub(super) fn run(args: &VerifyArgs, place: &Place, settings: &Settings, console: &Console) -> Result<Exit, Failure> {
    match args.oracle {
        Some(strings) => ask_oracle(strings, args, place, settings, console),
        None => check(args, place, settings, console),
    }
}

/// Looks for damage; `--repair` then makes the index anew and looks again.
fn check(args: &VerifyArgs, place: &Place, settings: &Settings, console: &Console) -> Result<Exit, Failure> {
    let dictionary = dictionary(place, settings, console)?;
    let inspected = || {
        let bar = Bar::new(console, args.json);
        let progress = |share| bar.share(Message::Verifying, share);
        inspect(&place.dir, &dictionary, settings.threads.value, &progress).map_err(Failure::index(&place.dir))
    };
    let mut inspection = inspected()?;
    let mut repair = None;
    if args.repair && !inspection.is_whole() {
        if !args.json {
            let lines = damage_lines(&inspection, console).join("\n") + "\n";
            console.add(lines.as_bytes());
        }
        repair = Some(rebuild(place, &dictionary, settings, args.json, console)?);
        inspection = inspected()?;
    }
    let mut out = console.out();
    if args.json {
        let outcome = Checked { whole: inspection.is_whole(), inspection: &inspection, repair: repair.as_ref() };
        json::write_line(&mut out, "verify", &outcome)?;
    } else {
        for line in damage_lines(&inspection, console) {
            writeln!(out, "{line}")?;
        }
        let Inspection { articles, files, bytes, damage_count: count, .. } = inspection;
        let bytes = &human(bytes);
        writeln!(
            out,
            "{}",
            console.text(match count {
                0 => Message::IndexWhole { articles, files, bytes },
                _ => Message::IndexIsDamaged { count },
            })
        )?;
    }
    finish(out)?;
    Ok(if inspection.is_whole() { Exit::Success } else { Exit::NothingFound })
}

/// The outcome for programs.
#[derive(Serialize)]
struct Checked<'a> {
    whole: bool,
    #[serde(flatten)]
    inspection: &'a Inspection,
    /// What making the index anew did; `null` when it was not made anew.
    repair: Option<&'a SyncReport>,
}

/// Makes the index anew; leaves it as it is when there is nothing to make it from.
fn rebuild(
    place: &Place,
    dictionary: &Arc<Dictionary>,
    settings: &Settings,
    quiet: bool,
    console: &Console,
) -> Result<SyncReport, Failure> {
    let corpus = place.remembered_corpus().ok_or_else(|| Failure::CorpusForgotten { dir: place.dir.clone() })?;
    if !quiet {
        console.say(Message::Repairing { corpus: &shown(&corpus) });
    }
    let options = SyncOptions { rebuild: true, ..index::options(settings) };
    index::sync(&place.dir, &corpus, dictionary, &options, &Bar::new(console, quiet))
}

/// What is wrong, for people.
fn damage_lines(inspection: &Inspection, console: &Console) -> Vec<String> {
    let mut lines: Vec<String> = inspection.damage.iter().map(|damage| damage_line(damage, console)).collect();
    let more = inspection.damage_count - inspection.damage.len() as u64;
    if more > 0 {
        lines.push(console.text(Message::MoreRows { rows: more }));
    }
    lines
}

fn damage_line(Damage { part, kind, article, detail: reason }: &Damage, console: &Console) -> String {
    let article = &article.map(|article| article.to_string()).unwrap_or_default();
    console.text(match kind {
        DamageKind::Missing => Message::FileIsMissing { part },
        DamageKind::Changed => Message::FileHasChanged { part },
        DamageKind::Unreadable => Message::PartUnreadable { part, reason },
        DamageKind::Unlisted => Message::ArticleUnlisted { article },
        DamageKind::Lost => Message::ArticleLost { article },
        DamageKind::Repeated => Message::ArticleRepeated { article },
        DamageKind::Stored => Message::ArticleStoredOtherwise { article },
        DamageKind::Terms => Message::TermsDiffer { article, part },
        DamageKind::Column => Message::ColumnDiffers { article, part },
    })
}

/// Draws strings and compares; disagreements are told one by one.
fn ask_oracle(
    strings: usize,
    args: &VerifyArgs,
    place: &Place,
    settings: &Settings,
    console: &Console,
) -> Result<Exit, Failure> {
    let index = search::open(place)?;
    let dictionary = dictionary(place, settings, console)?;
    search::check_analysis(&index, &dictionary, place, console)?;
    let searcher = index.searcher(dictionary).map_err(Failure::index(&place.dir))?;
    let searcher = searcher.with_synonyms(synonyms(place, settings, console)?);
    let oracle = Oracle::new(&searcher).map_err(Failure::index(&place.dir))?;

    let seed = args.seed.unwrap_or_else(seed_of_now);
    let mut random = Random(seed);
    let drawn = std::iter::from_fn(|| oracle.draw(MAX_UNITS, &mut |below| random.below(below)));
    let words = |string: &str| Query::Text(Text::new(string, Mode::Words));
    let report = oracle.compare(&searcher, drawn.take(strings), &words).map_err(Failure::index(&place.dir))?;

    let mut out = console.out();
    if args.json {
        json::write_line(&mut out, "verify", &Outcome { seed, report: &report })?;
    } else {
        for line in lines(&report, seed, console) {
            writeln!(out, "{line}")?;
        }
    }
    finish(out)?;
    Ok(if report.disagreement_count == 0 { Exit::Success } else { Exit::NothingFound })
}

/// The report for programs.
#[derive(Serialize)]
struct Outcome<'a> {
    seed: u64,
    #[serde(flatten)]
    report: &'a OracleReport,
}

/// The report for people.
fn lines(report: &OracleReport, seed: u64, console: &Console) -> Vec<String> {
    let OracleReport { strings, contained, disagreement_count, disagreements, .. } = report;
    let strings = *strings as u64;
    let mut lines: Vec<String> = disagreements.iter().map(|found| told(found, console)).collect();
    let more = disagreement_count - disagreements.len() as u64;
    if more > 0 {
        lines.push(console.text(Message::MoreRows { rows: more }));
    }
    lines.push(console.text(match disagreement_count {
        0 => Message::OracleAgrees { strings, contained: *contained, seed },
        _ => Message::OracleDisagrees { strings, disagreements: *disagreement_count, seed },
    }));
    lines
}

fn told(Disagreement { string, article, fault }: &Disagreement, console: &Console) -> String {
    let article = &article.to_string();
    console.text(match fault {
        Fault::MissedQuoted => Message::MissedQuoted { string, article },
        Fault::WronglyQuoted => Message::WronglyQuoted { string, article },
        Fault::MissedUnquoted => Message::MissedUnquoted { string, article },
    })
}

fn seed_of_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs())
}

/// SplitMix64 (Steele, Lea and Flood 2014): the same strings for the same seed, on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) as usize % limit.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_numbers_again() {
        let numbers = |seed| {
            let mut random = Random(seed);
            std::iter::repeat_with(move || random.below(1000)).take(50).collect::<Vec<_>>()
        };
        assert_eq!(numbers(7), numbers(7));
        assert_ne!(numbers(7), numbers(8));
        assert_eq!(Random(1).below(0), 0);
    }
}
