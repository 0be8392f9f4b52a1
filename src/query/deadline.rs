//! How long an answer may take. Knows the clock, which nothing else of a search reads: a moment that is set at its
//! beginning and asked for in every loop that an unlucky query makes long.
//!
//! A loop of the engine cannot fail, so what finds documents for it ends early once time is up ([`TimedQuery`], and the
//! queries of `any.rs`, `exact.rs` and `near.rs`), and whoever asked the engine then calls [`Deadline::check`]: what was cut short
//! is never taken for an answer.

use std::time::{Duration, Instant};

use tantivy::query::{EmptyScorer, EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::{DocId, DocSet, Score, SegmentReader, TERMINATED};

use crate::error::Error;

/// The moment from which on an answer is of no use. [`Default`] is never.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Deadline(Option<(Instant, Duration)>);

impl Deadline {
    /// So long from now; never for a time beyond what the clock can tell.
    pub(crate) fn after(timeout: Option<Duration>) -> Self {
        Self(timeout.and_then(|timeout| Some((Instant::now().checked_add(timeout)?, timeout))))
    }

    pub(crate) fn has_passed(self) -> bool {
        self.0.is_some_and(|(at, _)| Instant::now() >= at)
    }

    /// # Errors
    /// [`Error::TimedOut`] once it has passed.
    pub(crate) fn check(self) -> Result<(), Error> {
        match self.0 {
            Some((at, timeout)) if Instant::now() >= at => Err(Error::TimedOut { timeout }),
            _ => Ok(()),
        }
    }
}

/// Asks a deadline in a hot loop.
#[derive(Debug, Clone)]
pub(crate) struct Watch {
    deadline: Deadline,
    steps: u32,
    has_passed: bool,
}

impl Watch {
    /// Steps between two looks at the clock. A step takes from 5 ns to a millisecond, a look 30 ns.
    const STEPS: u32 = 64;

    pub(crate) fn new(deadline: Deadline) -> Self {
        Self { deadline, steps: 0, has_passed: false }
    }

    /// Whether to stop.
    pub(crate) fn is_over(&mut self) -> bool {
        self.steps += 1;
        if self.steps >= Self::STEPS {
            self.steps = 0;
            self.has_passed |= self.deadline.has_passed();
        }
        self.has_passed
    }
}

/// Finds what another query finds, until time is up.
///
/// The engine leaves out blocks of documents when all that it unites are plain terms; in a `TimedQuery` it cannot. So only
/// what profits little from that is wrapped: phrases, ranges, and unions of very many terms.
#[derive(Debug)]
pub(crate) struct TimedQuery {
    query: Box<dyn Query>,
    deadline: Deadline,
}

impl TimedQuery {
    pub(crate) fn new(query: Box<dyn Query>, deadline: Deadline) -> Self {
        Self { query, deadline }
    }
}

impl Clone for TimedQuery {
    fn clone(&self) -> Self {
        Self::new(self.query.box_clone(), self.deadline)
    }
}

impl Query for TimedQuery {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(TimedWeight { weight: self.query.weight(scoring)?, deadline: self.deadline }))
    }
}

struct TimedWeight {
    weight: Box<dyn Weight>,
    deadline: Deadline,
}

impl Weight for TimedWeight {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        // opening many phrases, each of which looks for its first document, takes longer than anything else
        if self.deadline.has_passed() {
            return Ok(Box::new(EmptyScorer));
        }
        let scorer = self.weight.scorer(reader, boost)?;
        Ok(Box::new(TimedScorer { scorer, watch: Watch::new(self.deadline) }))
    }

    fn explain(&self, reader: &SegmentReader, doc: DocId) -> tantivy::Result<Explanation> {
        self.weight.explain(reader, doc)
    }
}

struct TimedScorer {
    scorer: Box<dyn Scorer>,
    watch: Watch,
}

impl DocSet for TimedScorer {
    fn advance(&mut self) -> DocId {
        if self.watch.is_over() { TERMINATED } else { self.scorer.advance() }
    }

    fn seek(&mut self, target: DocId) -> DocId {
        if self.watch.is_over() { TERMINATED } else { self.scorer.seek(target) }
    }

    fn doc(&self) -> DocId {
        if self.watch.has_passed { TERMINATED } else { self.scorer.doc() }
    }

    fn size_hint(&self) -> u32 {
        self.scorer.size_hint()
    }
}

impl Scorer for TimedScorer {
    fn score(&mut self) -> Score {
        self.scorer.score()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_passes_only_where_there_is_one() {
        assert!(!Deadline::default().has_passed() && Deadline::default().check().is_ok());
        assert!(!Deadline::after(Some(Duration::MAX)).has_passed());
        assert!(!Deadline::after(Some(Duration::from_secs(1000))).has_passed());
        let passed = Deadline::after(Some(Duration::ZERO));
        assert!(passed.has_passed() && matches!(passed.check(), Err(Error::TimedOut { .. })));
    }

    #[test]
    fn a_watch_stops_soon_and_for_good() {
        let mut watch = Watch::new(Deadline::after(Some(Duration::ZERO)));
        let steps = (0..).find(|_| watch.is_over()).unwrap();
        assert!(steps <= Watch::STEPS && watch.is_over());
        let mut watch = Watch::new(Deadline::default());
        assert!(!(0..10_000).any(|_| watch.is_over()));
    }
}
