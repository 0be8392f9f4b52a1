//! A query of the engine for a string: units that follow each other without a gap, in any of some fields.
//!
//! The engine's own phrase query reads the positions of every article that holds all units, which for frequent characters
//! are most articles. This one asks two cheaper things first: whether the article holds the string as a word, which is a
//! posting and no position; and whether the rarest units stand side by side.

use std::fmt;

use tantivy::postings::{Postings, SegmentPostings};
use tantivy::query::{EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, DocSet, Score, SegmentReader, TERMINATED, TantivyError, Term};

use super::deadline::{Deadline, Watch};
use super::lower::UnitKey;

/// Finds the documents that hold `units` in a row in one of the fields. Its score is constant.
#[derive(Clone)]
pub(crate) struct ExactQuery {
    rows: Vec<Vec<(u32, Term)>>,
    /// A word that is this string: where it occurs, so does the string.
    word: Option<Term>,
    deadline: Deadline,
}

impl ExactQuery {
    pub(crate) fn new(fields: &[Field], units: &[UnitKey], word: Option<Term>, deadline: Deadline) -> Self {
        Self { rows: fields.iter().map(|&field| located(field, units)).collect(), word, deadline }
    }
}

/// Units with their places in a row.
pub(super) fn located(field: Field, units: &[UnitKey]) -> Vec<(u32, Term)> {
    units.iter().map(|unit| (unit.position, Term::from_field_text(field, &unit.text))).collect()
}

impl fmt::Debug for ExactQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ExactQuery({:?}, word {:?})", self.rows, self.word)
    }
}

impl Query for ExactQuery {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for ExactQuery {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let rows = self.rows.iter().map(|units| Row::open(reader, units));
        let rows = rows.filter_map(Result::transpose).collect::<tantivy::Result<Vec<Row>>>()?;
        let word = match &self.word {
            Some(word) => reader.inverted_index(word.field())?.read_postings(word, IndexRecordOption::Basic)?,
            None => None,
        };
        let mut scorer = ExactScorer { rows, word, score: boost, doc: 0, watch: Watch::new(self.deadline) };
        scorer.settle(0);
        Ok(Box::new(scorer))
    }

    fn explain(&self, reader: &SegmentReader, doc: DocId) -> tantivy::Result<Explanation> {
        explain_constant(self, reader, doc, "units in a row")
    }
}

/// The explanation of a match whose score is constant.
pub(super) fn explain_constant(
    weight: &dyn Weight,
    reader: &SegmentReader,
    doc: DocId,
    what: &'static str,
) -> tantivy::Result<Explanation> {
    let mut scorer = weight.scorer(reader, 1.0)?;
    if scorer.doc() > doc || scorer.seek(doc) != doc {
        return Err(TantivyError::InvalidArgument(format!("document {doc} does not match")));
    }
    Ok(Explanation::new(what, 1.0))
}

struct ExactScorer {
    rows: Vec<Row>,
    word: Option<SegmentPostings>,
    score: Score,
    doc: DocId,
    watch: Watch,
}

impl ExactScorer {
    /// HOT: moves to the first match at or after `target`.
    fn settle(&mut self, mut target: DocId) -> DocId {
        self.doc = loop {
            let with_word = self.word.as_mut().map_or(TERMINATED, |word| seek(word, target));
            if with_word == target {
                break target;
            }
            let candidate = self.rows.iter_mut().map(|row| row.seek(target)).min().unwrap_or(TERMINATED);
            if with_word <= candidate {
                break with_word;
            }
            if self.rows.iter_mut().any(|row| row.doc == candidate && !row.starts().is_empty()) {
                break candidate;
            }
            if self.watch.is_over() {
                break TERMINATED;
            }
            target = candidate + 1;
        };
        self.doc
    }
}

impl DocSet for ExactScorer {
    fn advance(&mut self) -> DocId {
        if self.doc == TERMINATED { TERMINATED } else { self.settle(self.doc + 1) }
    }

    fn seek(&mut self, target: DocId) -> DocId {
        self.settle(target)
    }

    fn doc(&self) -> DocId {
        self.doc
    }

    fn size_hint(&self) -> u32 {
        self.rows.iter().map(Row::size_hint).max().unwrap_or(0)
    }
}

impl Scorer for ExactScorer {
    fn score(&mut self) -> Score {
        self.score
    }
}

/// Units that may stand in a row, in the documents of a segment.
pub(super) struct Row {
    /// Place in the row, and postings; the rarest first, for it leaves the least to look at.
    units: Vec<(u32, SegmentPostings)>,
    /// The document that was sought; it holds every unit.
    doc: DocId,
    starts: Vec<u32>,
    positions: Vec<u32>,
}

impl Row {
    /// `None` when the segment does not hold one of the units.
    pub(super) fn open(reader: &SegmentReader, located: &[(u32, Term)]) -> tantivy::Result<Option<Self>> {
        let mut units = Vec::new();
        for (place, term) in located {
            let index = reader.inverted_index(term.field())?;
            match index.read_postings(term, IndexRecordOption::WithFreqsAndPositions)? {
                Some(postings) => units.push((*place, postings)),
                None => return Ok(None),
            }
        }
        units.sort_by_key(|(_, postings)| postings.doc_freq());
        Ok(Some(Self { units, doc: 0, starts: Vec::new(), positions: Vec::new() }))
    }

    /// The first document at or after `target` that holds every unit.
    pub(super) fn seek(&mut self, mut target: DocId) -> DocId {
        self.doc = 'again: loop {
            if target == TERMINATED {
                break target;
            }
            for (_, postings) in &mut self.units {
                let doc = seek(postings, target);
                if doc > target {
                    target = doc;
                    continue 'again;
                }
            }
            break target;
        };
        self.doc
    }

    /// HOT: where the units stand in a row in the document that was sought.
    pub(super) fn starts(&mut self) -> &[u32] {
        let Self { units, starts, positions, .. } = self;
        starts.clear();
        let Some(((first_place, first), others)) = units.split_first_mut() else { return starts };
        first.positions(starts);
        let before_the_text = starts.partition_point(|position| position < first_place);
        starts.drain(..before_the_text);
        starts.iter_mut().for_each(|position| *position -= *first_place);
        for (place, postings) in others {
            postings.positions(positions);
            let (mut kept, mut at) = (0, 0);
            for i in 0..starts.len() {
                let wanted = starts[i] + *place;
                while at < positions.len() && positions[at] < wanted {
                    at += 1;
                }
                if positions.get(at) == Some(&wanted) {
                    starts[kept] = starts[i];
                    kept += 1;
                }
            }
            starts.truncate(kept);
            if starts.is_empty() {
                break;
            }
        }
        starts
    }

    /// Number of the units.
    pub(super) fn len(&self) -> usize {
        self.units.len()
    }

    /// Place of the last unit.
    pub(super) fn last_place(&self) -> u32 {
        self.units.iter().map(|(place, _)| *place).max().unwrap_or(0)
    }

    pub(super) fn size_hint(&self) -> u32 {
        self.units.first().map_or(0, |(_, postings)| postings.size_hint())
    }
}

/// The first document at or after `target`; does not move postings that are there already.
fn seek(postings: &mut SegmentPostings, target: DocId) -> DocId {
    let doc = postings.doc();
    if doc >= target { doc } else { postings.seek(target) }
}
