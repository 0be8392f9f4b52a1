//! A query of the engine for words that stand close together, in any order.

use std::fmt;

use tantivy::postings::{Postings, SegmentPostings};
use tantivy::query::{EmptyScorer, EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, DocSet, Score, SegmentReader, TERMINATED, TantivyError, Term};

use super::lower::UnitKey;
use crate::analysis::units::Unit;

/// Finds the documents in which every group of units occurs and all of them lie within a window that holds at most
/// `distance` other units. Punctuation counts as half a unit.
#[derive(Clone)]
pub(crate) struct NearQuery {
    groups: Vec<Vec<(u32, Term)>>,
    distance: u32,
}

impl NearQuery {
    pub(crate) fn new(field: Field, groups: &[&[UnitKey]], distance: u32) -> Self {
        let located = |unit: &UnitKey| (unit.position, Term::from_field_text(field, &unit.text));
        Self { groups: groups.iter().map(|units| units.iter().map(located).collect()).collect(), distance }
    }
}

impl fmt::Debug for NearQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NearQuery({} groups, distance {})", self.groups.len(), self.distance)
    }
}

impl Query for NearQuery {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for NearQuery {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let mut groups = Vec::new();
        for group in &self.groups {
            let mut units = Vec::new();
            for (position, term) in group {
                let index = reader.inverted_index(term.field())?;
                let Some(postings) = index.read_postings(term, IndexRecordOption::WithFreqsAndPositions)? else {
                    return Ok(Box::new(EmptyScorer));
                };
                units.push((*position, postings));
            }
            groups.push(units);
        }
        let mut scorer = NearScorer { groups, distance: self.distance, score: boost, doc: 0 };
        scorer.settle(0);
        Ok(Box::new(scorer))
    }

    fn explain(&self, reader: &SegmentReader, doc: DocId) -> tantivy::Result<Explanation> {
        let mut scorer = self.scorer(reader, 1.0)?;
        if scorer.doc() > doc || scorer.seek(doc) != doc {
            return Err(TantivyError::InvalidArgument(format!("document {doc} does not match")));
        }
        Ok(Explanation::new("words close together", 1.0))
    }
}

struct NearScorer {
    groups: Vec<Vec<(u32, SegmentPostings)>>,
    distance: u32,
    score: Score,
    doc: DocId,
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
            target += 1;
        }
    }

    /// The first document at or after `target` that holds every unit.
    fn first_common(&mut self, mut target: DocId) -> DocId {
        'again: loop {
            if target == TERMINATED {
                return TERMINATED;
            }
            for (_, postings) in self.groups.iter_mut().flatten() {
                let doc = if postings.doc() < target { postings.seek(target) } else { postings.doc() };
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
        // (start, end, group), by start
        let mut places: Vec<(u32, u32, usize)> = Vec::new();
        for (number, group) in self.groups.iter_mut().enumerate() {
            let length = group.last().map_or(0, |(position, _)| *position);
            wanted_units += group.len() as u32;
            places.extend(starts(group).into_iter().map(|start| (start, start + length, number)));
        }
        places.sort_unstable();
        let mut last: Vec<Option<(u32, u32)>> = vec![None; self.groups.len()];
        places.into_iter().any(|(start, end, group)| {
            last[group] = Some((start, end));
            let Some(all) = last.iter().copied().collect::<Option<Vec<_>>>() else { return false };
            let first = all.iter().map(|place| place.0).min().unwrap_or(start);
            let end = all.iter().map(|place| place.1).max().unwrap_or(end);
            ((end - first) / Unit::STEP + 1).saturating_sub(wanted_units) <= self.distance
        })
    }
}

/// Where the units of a group stand in a row in the current document.
fn starts(group: &mut [(u32, SegmentPostings)]) -> Vec<u32> {
    let mut starts: Vec<u32> = Vec::new();
    let mut positions = Vec::new();
    for (i, (offset, postings)) in group.iter_mut().enumerate() {
        positions.clear();
        postings.positions(&mut positions);
        let shifted = positions.iter().filter_map(|position| position.checked_sub(*offset));
        if i == 0 {
            starts.extend(shifted);
        } else {
            let shifted: Vec<u32> = shifted.collect();
            starts.retain(|start| shifted.binary_search(start).is_ok());
        }
    }
    starts
}

impl DocSet for NearScorer {
    fn advance(&mut self) -> DocId {
        self.settle(self.doc + 1)
    }

    fn seek(&mut self, target: DocId) -> DocId {
        self.settle(target)
    }

    fn doc(&self) -> DocId {
        self.doc
    }

    fn size_hint(&self) -> u32 {
        self.groups.iter().flatten().map(|(_, postings)| postings.size_hint()).min().unwrap_or(0)
    }
}

impl Scorer for NearScorer {
    fn score(&mut self) -> Score {
        self.score
    }
}
