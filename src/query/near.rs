//! A query of the engine for words that stand close together, in any order.

use std::fmt;
use std::sync::Arc;

use tantivy::query::{EmptyScorer, EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::schema::Field;
use tantivy::{DocId, DocSet, Score, SegmentReader, TERMINATED};

use super::deadline::Deadline;
use super::exact::{Known, Located, Row, explain_match, known, located};
use super::lexicon::Lexicon;
use super::lower::UnitKey;
use crate::analysis::units::Unit;

/// Finds the documents in which every group of units occurs and all of them lie within a window that holds at most
/// `distance` other units. Punctuation counts as half a unit.
#[derive(Clone)]
pub(crate) struct NearQuery {
    groups: Vec<Located>,
    distance: u32,
    lexicon: Arc<Lexicon>,
    deadline: Deadline,
}

impl NearQuery {
    pub(crate) fn new(
        field: Field,
        groups: &[&[UnitKey]],
        distance: u32,
        lexicon: &Arc<Lexicon>,
        deadline: Deadline,
    ) -> Self {
        let groups = groups.iter().map(|units| located(field, units)).collect();
        Self { groups, distance, lexicon: Arc::clone(lexicon), deadline }
    }
}

impl fmt::Debug for NearQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NearQuery({} groups, distance {})", self.groups.len(), self.distance)
    }
}

impl Query for NearQuery {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        let groups = self.groups.iter().map(|units| known(&self.lexicon, units)).collect();
        let Self { distance, deadline, .. } = *self;
        Ok(Box::new(NearWeight { groups, lexicon: Arc::clone(&self.lexicon), distance, deadline }))
    }
}

struct NearWeight {
    groups: Vec<Known>,
    lexicon: Arc<Lexicon>,
    distance: u32,
    deadline: Deadline,
}

impl Weight for NearWeight {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let segment = self.lexicon.in_segment(reader);
        let mut groups = Vec::new();
        for units in &self.groups {
            let Some(row) = Row::open(&segment, units, self.deadline)? else { return Ok(Box::new(EmptyScorer)) };
            groups.push(row);
        }
        let Self { distance, deadline, .. } = *self;
        let mut scorer =
            NearScorer { groups, distance, score: boost, doc: 0, deadline, places: Vec::new(), last: Vec::new() };
        scorer.settle(0);
        Ok(Box::new(scorer))
    }

    fn explain(&self, reader: &SegmentReader, doc: DocId) -> tantivy::Result<Explanation> {
        explain_match(self, reader, doc, "words close together")
    }
}

struct NearScorer {
    groups: Vec<Row>,
    distance: u32,
    score: Score,
    doc: DocId,
    deadline: Deadline,
    /// In the current document, start, end and group of all places, by start; and of each group the last place so far.
    places: Vec<(u32, u32, usize)>,
    last: Vec<Option<(u32, u32)>>,
}

impl NearScorer {
    /// Moves to the first match at or after `target`.
    fn settle(&mut self, mut target: DocId) -> DocId {
        loop {
            target = self.first_common(target);
            if target == TERMINATED || self.is_near() {
                self.doc = target;
                return target;
            }
            // the places of a document take much longer than a look at the clock
            target = if self.deadline.has_passed() { TERMINATED } else { target + 1 };
        }
    }

    /// The first document at or after `target` that holds every unit of every group.
    fn first_common(&mut self, mut target: DocId) -> DocId {
        'again: loop {
            for group in &mut self.groups {
                let doc = group.seek(target);
                if doc > target {
                    target = doc;
                    continue 'again;
                }
            }
            return target;
        }
    }

    /// Whether the current document has a window that is narrow enough.
    fn is_near(&mut self) -> bool {
        let mut wanted_units = 0;
        let Self { groups, places, last, .. } = self;
        places.clear();
        for (number, group) in groups.iter_mut().enumerate() {
            let length = group.last_place();
            wanted_units += group.len() as u32;
            let before = places.len();
            places.extend(group.starts().iter().map(|&start| (start, start + length, number)));
            if places.len() == before {
                return false;
            }
        }
        places.sort_unstable();
        last.clear();
        last.resize(groups.len(), None);
        let mut missing = groups.len();
        places.iter().any(|&(start, end, group)| {
            missing -= usize::from(last[group].replace((start, end)).is_none());
            if missing > 0 {
                return false;
            }
            let all = last.iter().flatten();
            let (first, end) = all.fold((start, end), |(first, end), place| (first.min(place.0), end.max(place.1)));
            ((end - first) / Unit::STEP + 1).saturating_sub(wanted_units) <= self.distance
        })
    }
}

impl DocSet for NearScorer {
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
        self.groups.iter().map(Row::size_hint).min().unwrap_or(0)
    }
}

impl Scorer for NearScorer {
    fn score(&mut self) -> Score {
        self.score
    }
}
