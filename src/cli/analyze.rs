//! `souwen analyze`: the terms that a text is cut into, for whoever wonders why something is found or not.

use std::io::Write;
use std::ops::Range;
use std::sync::Arc;

use serde::Serialize;
use souwen::analysis::dictionary::Dictionary;
use souwen::analysis::units::UnitKind;
use souwen::analysis::words::WordKind;
use souwen::analysis::{Analyzed, Analyzer};
use souwen::messages::Message;
use souwen::render::json;

use super::args::AnalyzeArgs;
use super::console::{Console, finish};
use super::failure::Failure;
use super::{Exit, table};

/// Prints them.
pub(super) fn run(args: &AnalyzeArgs, dictionary: &Arc<Dictionary>, console: &Console) -> Result<Exit, Failure> {
    let text = args.text.join(" ");
    let analyzed = Analyzer::for_queries(Arc::clone(dictionary)).analyze(&text);
    let terms = Terms::of(&text, &analyzed);
    let mut out = console.out();
    if args.json {
        json::write_line(&mut out, "analysis", &terms)?;
    } else {
        terms.write(&mut out, console)?;
    }
    finish(out)?;
    Ok(Exit::Success)
}

/// What becomes of a text.
#[derive(Serialize)]
struct Terms<'a> {
    text: &'a str,
    /// Terms of the word fields.
    words: Vec<Term<'a>>,
    /// Terms of the character fields.
    units: Vec<Term<'a>>,
}

/// One term.
#[derive(Serialize)]
struct Term<'a> {
    term: String,
    kind: &'static str,
    /// See [`Unit::position`](souwen::analysis::units::Unit::position).
    position: u32,
    /// Where it stands in the text: start and end, which is excluded.
    bytes: [usize; 2],
    chars: [usize; 2],
    /// What stands there.
    original: &'a str,
    #[serde(skip)]
    label: Message<'static>,
}

impl<'a> Terms<'a> {
    fn of(text: &'a str, analyzed: &Analyzed) -> Self {
        let starts: Vec<usize> = text.char_indices().map(|(byte, _)| byte).collect();
        let chars_before = |byte: usize| starts.partition_point(|start| *start < byte);
        let term = |term: &str, (kind, label), unit: usize, folded: &Range<usize>| {
            let Range { start, end } = analyzed.normalized.original(folded.clone());
            Term {
                term: term.to_owned(),
                kind,
                position: analyzed.units[unit].position,
                bytes: [start, end],
                chars: [chars_before(start), chars_before(end)],
                original: &text[start..end],
                label,
            }
        };
        let words = analyzed.words();
        let words = words.iter().map(|word| term(&word.term, word_kind(word.kind), word.unit, &word.bytes));
        let units = (0..).zip(&analyzed.units);
        let units = units.map(|(at, unit)| term(analyzed.unit_text(unit), unit_kind(unit.kind), at, &unit.bytes));
        Self { text, words: words.collect(), units: units.collect() }
    }

    fn write(&self, out: &mut dyn Write, console: &Console) -> std::io::Result<()> {
        write_terms(out, Message::WordTerms, &self.words, console)?;
        writeln!(out)?;
        write_terms(out, Message::UnitTerms, &self.units, console)
    }
}

fn write_terms(
    out: &mut dyn Write,
    heading: Message<'_>,
    terms: &[Term<'_>],
    console: &Console,
) -> std::io::Result<()> {
    let columns = [
        heading,
        Message::ColumnKind,
        Message::ColumnPosition,
        Message::ColumnChars,
        Message::ColumnBytes,
        Message::ColumnOriginal,
    ];
    let header = columns.map(|column| console.text(column));
    let range = |[start, end]: [usize; 2]| format!("{start}..{end}");
    let rows = terms.iter().map(|term| {
        let Term { bytes, chars, position, .. } = *term;
        let kind = console.text(term.label);
        [term.term.clone(), kind, position.to_string(), range(chars), range(bytes), term.original.to_owned()]
    });
    table::write(out, &[header].into_iter().chain(rows).collect::<Vec<_>>())
}

/// Names of a kind, in JSON and for people.
fn word_kind(kind: WordKind) -> (&'static str, Message<'static>) {
    match kind {
        WordKind::Leaf => ("leaf", Message::KindLeaf),
        WordKind::Compound => ("compound", Message::KindCompound),
        WordKind::Inner => ("inner", Message::KindInner),
    }
}

/// See [`word_kind`].
fn unit_kind(kind: UnitKind) -> (&'static str, Message<'static>) {
    match kind {
        UnitKind::Han => ("han", Message::KindHan),
        UnitKind::Syllable => ("syllable", Message::KindSyllable),
        UnitKind::Letters => ("letters", Message::KindLetters),
        UnitKind::Digits => ("digits", Message::KindDigits),
        UnitKind::Symbol => ("symbol", Message::KindSymbol),
    }
}
