//! The best documents of an index by the engine's score, segment after segment.
//!
//! The engine's own collector looks for the best of each segment and merges these. This one takes what it has found into
//! the next segment, where only better documents are looked for: of eleven segments, ten are skipped through.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use tantivy::{DocAddress, Score};

/// A document with its score. Greater is better; among equals, the first of the index is.
struct Ranked {
    score: Score,
    address: DocAddress,
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        self.score.total_cmp(&other.score).then_with(|| other.address.cmp(&self.address))
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Ranked {}

/// The best documents of those that were offered, in whatever order.
pub(super) struct Top {
    /// The worst of them on top.
    best: BinaryHeap<Reverse<Ranked>>,
    limit: usize,
}

impl Top {
    /// Keeps `limit` documents, at least one.
    pub(super) fn new(limit: usize) -> Self {
        Self { best: BinaryHeap::new(), limit: limit.max(1) }
    }

    /// What a document that stands behind the best so far must score more than.
    pub(super) fn threshold(&self) -> Score {
        match self.best.peek() {
            Some(Reverse(worst)) if self.best.len() >= self.limit => worst.score,
            _ => Score::MIN,
        }
    }

    /// HOT: takes a document in, if it is one of the best; says the new [`threshold`](Self::threshold).
    pub(super) fn offer(&mut self, score: Score, address: DocAddress) -> Score {
        let offered = Reverse(Ranked { score, address });
        if self.best.len() < self.limit {
            self.best.push(offered);
        } else if let Some(mut worst) = self.best.peek_mut()
            && offered < *worst
        {
            *worst = offered;
        }
        self.threshold()
    }

    /// The documents, best first.
    pub(super) fn into_sorted(self) -> Vec<(Score, DocAddress)> {
        let sorted = self.best.into_sorted_vec();
        sorted.into_iter().map(|Reverse(Ranked { score, address })| (score, address)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_are_kept_and_of_equals_the_first() {
        let mut top = Top::new(2);
        assert_eq!(top.threshold(), Score::MIN);
        let thresholds = [(0, 1.0), (1, 3.0), (2, 1.0), (3, 3.0), (4, 2.0)]
            .map(|(doc, score)| top.offer(score, DocAddress::new(0, doc)));
        assert_eq!(thresholds, [Score::MIN, 1.0, 1.0, 3.0, 3.0]);
        assert_eq!(top.into_sorted(), [(3.0, DocAddress::new(0, 1)), (3.0, DocAddress::new(0, 3))]);
    }

    #[test]
    fn of_equals_the_first_is_better_whenever_it_comes() {
        let mut top = Top::new(2);
        for doc in [7, 5, 9, 2] {
            top.offer(1.0, DocAddress::new(0, doc));
        }
        assert_eq!(top.into_sorted(), [(1.0, DocAddress::new(0, 2)), (1.0, DocAddress::new(0, 5))]);
    }
}
