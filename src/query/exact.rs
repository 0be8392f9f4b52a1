//! A query of the engine for what an article must hold: words, units in a row, and what these make together.
//!
//! The engine's own conjunction and phrase read the positions of every article that holds all units of one string, which
//! for frequent characters are most articles, before they look at the other strings. This one asks in two rounds: first
//! postings only, of all that is asked for, the rarest first; then positions, in the few articles that are left. An
//! article that holds a string as a word needs no look at its positions at all.

use std::fmt;
use std::sync::Arc;

use tantivy::fieldnorm::FieldNormReader;
use tantivy::postings::{Postings, SegmentPostings};
use tantivy::query::{Bm25Weight, EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, DocSet, Score, SeekDangerResult, SegmentReader, TERMINATED, TantivyError, Term};

use super::deadline::{Deadline, Watch};
use super::lexicon::{Entry, Lexicon};
use super::lower::UnitKey;

/// Units with their places in a row.
pub(super) type Located<T = Term> = Vec<(u32, T)>;
/// The same, looked up.
pub(super) type Known = Located<Arc<Entry>>;

/// A way to hold what was asked for: first as words and terms, then as what the index makes of them.
#[derive(Debug)]
pub(crate) enum Way<W = (Term, Score), F = Box<dyn Query>, R = Located> {
    /// A word with its weight. The only thing that scores.
    Word(W),
    /// What a query of the engine finds.
    Filter(F),
    /// Units in a row in one field.
    Row(R),
    /// One of these; its score is the best of theirs.
    Any(Vec<Self>),
    /// All of these; its score is their sum.
    Every(Vec<Self>),
}

impl Way {
    /// `units` in a row in one of `fields`, or `word`, which is this string: where it occurs, so does the string.
    pub(crate) fn string(fields: &[Field], units: &[UnitKey], word: Option<(Term, Score)>) -> Self {
        let rows = fields.iter().map(|&field| Self::Row(located(field, units)));
        Self::Any(word.map(Self::Word).into_iter().chain(rows).collect())
    }

    fn weighed(&self, lexicon: &Lexicon, scoring: EnableScoring<'_>) -> tantivy::Result<Weighed> {
        let all = |ways: &[Self]| {
            ways.iter().map(|way| way.weighed(lexicon, scoring)).collect::<tantivy::Result<Vec<_>>>()
        };
        Ok(match self {
            Self::Word((term, weight)) => Way::Word(WeighedWord::new(lexicon, scoring, term, *weight)?),
            Self::Filter(query) => Way::Filter(query.weight(unscored(scoring))?),
            Self::Row(units) => Way::Row(known(lexicon, units)),
            Self::Any(ways) => Way::Any(all(ways)?),
            Self::Every(ways) => Way::Every(all(ways)?),
        })
    }
}

/// The same without scores.
pub(super) fn unscored(scoring: EnableScoring<'_>) -> EnableScoring<'_> {
    match scoring {
        EnableScoring::Enabled { searcher, .. } => EnableScoring::disabled_from_searcher(searcher),
        disabled @ EnableScoring::Disabled { .. } => disabled,
    }
}

/// Units with their places in a row.
pub(super) fn located(field: Field, units: &[UnitKey]) -> Located {
    units.iter().map(|unit| (unit.position, Term::from_field_text(field, &unit.text))).collect()
}

pub(super) fn known(lexicon: &Lexicon, units: &Located) -> Known {
    units.iter().map(|(place, term)| (*place, lexicon.entry(term))).collect()
}

/// A word of a query of one index; without a weight it does not score.
pub(super) struct WeighedWord {
    entry: Arc<Entry>,
    pub(super) weight: Option<Bm25Weight>,
}

impl WeighedWord {
    pub(super) fn new(
        lexicon: &Lexicon,
        scoring: EnableScoring<'_>,
        term: &Term,
        weight: Score,
    ) -> tantivy::Result<Self> {
        let bm25 = match scoring {
            EnableScoring::Enabled { statistics_provider, .. } => {
                Some(Bm25Weight::for_terms(statistics_provider, std::slice::from_ref(term))?.boost_by(weight))
            }
            EnableScoring::Disabled { .. } => None,
        };
        Ok(Self { entry: lexicon.entry(term), weight: bm25 })
    }

    /// `None` where no document of the segment holds it.
    pub(super) fn open(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Option<Word>> {
        let option = if self.weight.is_some() { IndexRecordOption::WithFreqs } else { IndexRecordOption::Basic };
        let Some(postings) = self.entry.postings(reader, option)? else { return Ok(None) };
        Ok(Some(Word {
            postings: Box::new(postings),
            lengths: reader.get_fieldnorms_reader(self.entry.term().field())?,
            weight: self.weight.as_ref().map(|weight| weight.boost_by(boost)),
        }))
    }
}

/// A word in the documents of a segment.
pub(super) struct Word {
    pub(super) postings: Box<SegmentPostings>,
    lengths: FieldNormReader,
    weight: Option<Bm25Weight>,
}

impl Word {
    /// The score of the document that the postings stand at: as the engine scores a term.
    pub(super) fn score(&self) -> Score {
        let score = |weight: &Bm25Weight| {
            weight.score(self.lengths.fieldnorm_id(self.postings.doc()), self.postings.term_freq())
        };
        self.weight.as_ref().map_or(0.0, score)
    }
}

/// Finds the documents that hold something in one of some ways.
#[derive(Clone)]
pub(crate) struct HoldsQuery {
    way: Arc<Way>,
    lexicon: Arc<Lexicon>,
    deadline: Deadline,
}

impl HoldsQuery {
    pub(crate) fn new(way: Way, lexicon: &Arc<Lexicon>, deadline: Deadline) -> Self {
        Self { way: Arc::new(way), lexicon: Arc::clone(lexicon), deadline }
    }
}

impl fmt::Debug for HoldsQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HoldsQuery({:?})", self.way)
    }
}

impl Query for HoldsQuery {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(HoldsWeight { way: self.way.weighed(&self.lexicon, scoring)?, deadline: self.deadline }))
    }
}

struct HoldsWeight {
    way: Weighed,
    deadline: Deadline,
}

impl Weight for HoldsWeight {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let mut scorer = HoldsScorer::open(self, reader, boost)?;
        scorer.settle(0);
        Ok(Box::new(scorer))
    }

    fn scorer_danger(
        &self,
        reader: &SegmentReader,
        target: DocId,
        boost: Score,
    ) -> tantivy::Result<(SeekDangerResult, Box<dyn Scorer>)> {
        let mut scorer = HoldsScorer::open(self, reader, boost)?;
        Ok((scorer.seek_danger(target), Box::new(scorer)))
    }

    fn explain(&self, reader: &SegmentReader, doc: DocId) -> tantivy::Result<Explanation> {
        explain_match(self, reader, doc, "words or units in a row")
    }
}

/// The explanation of a match that is told by its score alone.
pub(super) fn explain_match(
    weight: &dyn Weight,
    reader: &SegmentReader,
    doc: DocId,
    what: &'static str,
) -> tantivy::Result<Explanation> {
    let mut scorer = weight.scorer(reader, 1.0)?;
    if scorer.doc() > doc || scorer.seek(doc) != doc {
        return Err(TantivyError::InvalidArgument(format!("document {doc} does not match")));
    }
    Ok(Explanation::new(what, scorer.score()))
}

/// A way of a query of one index.
type Weighed = Way<WeighedWord, Box<dyn Weight>, Known>;
/// A way in one segment.
type Opened = Way<Word, Box<dyn Scorer>, Row>;

impl Weighed {
    /// `None` where no document of the segment holds it.
    fn open(&self, reader: &SegmentReader, boost: Score, deadline: Deadline) -> tantivy::Result<Option<Opened>> {
        Ok(match self {
            Self::Word(word) => word.open(reader, boost)?.map(Way::Word),
            Self::Filter(filter) => {
                Some(filter.scorer(reader, 1.0)?).filter(|filter| filter.doc() < TERMINATED).map(Way::Filter)
            }
            Self::Row(units) => Row::open(reader, units, deadline)?.map(Way::Row),
            Self::Any(ways) => {
                let ways = ways.iter().filter_map(|way| way.open(reader, boost, deadline).transpose());
                Some(ways.collect::<tantivy::Result<Vec<_>>>()?).filter(|ways| !ways.is_empty()).map(Way::Any)
            }
            Self::Every(ways) => {
                let ways = ways.iter().map(|way| way.open(reader, boost, deadline));
                let mut ways: Option<Vec<Opened>> = ways.collect::<tantivy::Result<_>>()?;
                if let Some(ways) = &mut ways {
                    // the rarest first, for it leaves the least to look at
                    ways.sort_by_key(Way::size_hint);
                }
                ways.map(Way::Every)
            }
        })
    }
}

impl Opened {
    /// HOT, first round: a document at or after `target` before which no document holds this, by postings alone.
    fn next(&mut self, mut target: DocId) -> DocId {
        match self {
            Self::Word(word) => seek(&mut *word.postings, target),
            Self::Filter(filter) => seek(filter, target),
            Self::Row(row) => row.seek(target),
            Self::Any(ways) => {
                let mut next = TERMINATED;
                for way in ways {
                    next = next.min(way.next(target));
                    if next == target {
                        break;
                    }
                }
                next
            }
            Self::Every(ways) => 'again: loop {
                for way in &mut *ways {
                    let next = way.next(target);
                    if next > target {
                        target = next;
                        continue 'again;
                    }
                }
                break target;
            },
        }
    }

    /// HOT, second round: whether `doc`, which [`next`](Self::next) has given, holds this.
    fn holds(&mut self, doc: DocId) -> bool {
        match self {
            Self::Word(_) | Self::Filter(_) => true,
            Self::Row(row) => row.len() == 1 || !row.starts().is_empty(),
            Self::Any(ways) => ways.iter_mut().any(|way| way.next(doc) == doc && way.holds(doc)),
            Self::Every(ways) => ways.iter_mut().all(|way| way.holds(doc)),
        }
    }

    /// The score of `doc`, which holds this.
    fn score(&mut self, doc: DocId) -> Score {
        match self {
            Self::Word(word) => word.score(),
            Self::Filter(_) | Self::Row(_) => 0.0,
            Self::Every(ways) => ways.iter_mut().map(|way| way.score(doc)).sum(),
            Self::Any(ways) => {
                let score = |way: &mut Self| {
                    let scores = !matches!(way, Self::Row(_)) && way.next(doc) == doc && way.holds(doc);
                    if scores { way.score(doc) } else { 0.0 }
                };
                ways.iter_mut().map(score).fold(0.0, Score::max)
            }
        }
    }

    fn size_hint(&self) -> u32 {
        match self {
            Self::Word(word) => word.postings.size_hint(),
            Self::Filter(filter) => filter.size_hint(),
            Self::Row(row) => row.size_hint(),
            Self::Any(ways) => ways.iter().map(Self::size_hint).fold(0, u32::saturating_add),
            Self::Every(ways) => ways.iter().map(Self::size_hint).min().unwrap_or(0),
        }
    }
}

struct HoldsScorer {
    /// `None` where no document holds it.
    way: Option<Opened>,
    doc: DocId,
    watch: Watch,
}

impl HoldsScorer {
    fn open(weight: &HoldsWeight, reader: &SegmentReader, boost: Score) -> tantivy::Result<Self> {
        Ok(Self { way: weight.way.open(reader, boost, weight.deadline)?, doc: 0, watch: Watch::new(weight.deadline) })
    }

    /// Moves to the first match at or after `target`.
    fn settle(&mut self, mut target: DocId) -> DocId {
        self.doc = loop {
            let Some(way) = &mut self.way else { break TERMINATED };
            target = way.next(target);
            if target >= TERMINATED || way.holds(target) {
                break target;
            }
            if self.watch.is_over() {
                break TERMINATED;
            }
            target += 1;
        };
        self.doc
    }
}

impl DocSet for HoldsScorer {
    fn advance(&mut self) -> DocId {
        if self.doc == TERMINATED { TERMINATED } else { self.settle(self.doc + 1) }
    }

    fn seek(&mut self, target: DocId) -> DocId {
        self.settle(target)
    }

    fn seek_danger(&mut self, target: DocId) -> SeekDangerResult {
        let next = self.way.as_mut().map_or(TERMINATED, |way| way.next(target));
        if target >= TERMINATED || next > target {
            return SeekDangerResult::SeekLowerBound(next.max(target));
        }
        if self.watch.is_over() {
            return SeekDangerResult::SeekLowerBound(TERMINATED);
        }
        if self.way.as_mut().is_some_and(|way| way.holds(target)) {
            self.doc = target;
            SeekDangerResult::Found
        } else {
            SeekDangerResult::SeekLowerBound(target + 1)
        }
    }

    fn doc(&self) -> DocId {
        self.doc
    }

    fn size_hint(&self) -> u32 {
        self.way.as_ref().map_or(0, Way::size_hint)
    }
}

impl Scorer for HoldsScorer {
    fn score(&mut self) -> Score {
        let doc = self.doc;
        self.way.as_mut().map_or(0.0, |way| way.score(doc))
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
    /// A row may be thousands of units long.
    watch: Watch,
}

impl Row {
    /// `None` when the segment does not hold one of the units, or time is up.
    pub(super) fn open(reader: &SegmentReader, known: &Known, deadline: Deadline) -> tantivy::Result<Option<Self>> {
        let mut units = Vec::with_capacity(known.len());
        // a single unit stands in a row wherever it stands
        let option = if known.len() == 1 { IndexRecordOption::Basic } else { IndexRecordOption::WithFreqsAndPositions };
        for (_, entry) in known {
            if !entry.is_in(reader)? {
                return Ok(None);
            }
        }
        for (place, entry) in known {
            match entry.postings(reader, option)? {
                Some(postings) if !deadline.has_passed() => units.push((*place, postings)),
                _ => return Ok(None),
            }
        }
        units.sort_by_key(|(_, postings)| postings.doc_freq());
        let watch = Watch::new(deadline);
        Ok(Some(Self { units, doc: 0, starts: Vec::new(), positions: Vec::new(), watch }))
    }

    /// The first document at or after `target` that holds every unit; none once time is up.
    pub(super) fn seek(&mut self, mut target: DocId) -> DocId {
        self.doc = 'again: loop {
            if target == TERMINATED || self.watch.is_over() {
                break TERMINATED;
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

    /// Whether `target` holds every unit: gives it, or a later document before which none does.
    pub(super) fn probe(&mut self, target: DocId) -> DocId {
        self.doc = self
            .units
            .iter_mut()
            .map(|(_, postings)| seek(postings, target))
            .find(|&doc| doc > target)
            .unwrap_or(target);
        self.doc
    }

    /// HOT: where the units stand in a row in the document that was sought; nowhere once time is up.
    pub(super) fn starts(&mut self) -> &[u32] {
        let Self { units, starts, positions, watch, .. } = self;
        starts.clear();
        let Some(((first_place, first), others)) = units.split_first_mut() else { return starts };
        first.positions(starts);
        let before_the_text = starts.partition_point(|position| position < first_place);
        starts.drain(..before_the_text);
        starts.iter_mut().for_each(|position| *position -= *first_place);
        for (place, postings) in others {
            if watch.is_over() {
                starts.clear();
                break;
            }
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

    /// How often the units stand in a row in the document that was sought, at most.
    pub(super) fn most_starts(&self) -> u32 {
        self.units.iter().map(|(_, postings)| postings.term_freq()).min().unwrap_or(0)
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
pub(super) fn seek(postings: &mut impl DocSet, target: DocId) -> DocId {
    let doc = postings.doc();
    if doc >= target { doc } else { postings.seek(target) }
}
