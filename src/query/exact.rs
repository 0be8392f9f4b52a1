//! A query of the engine for what an article must hold: words, units in a row, and what these make together.
//!
//! The engine's own conjunction and phrase read the positions of every article that holds all units of one string, which
//! for frequent characters are most articles, before they look at the other strings. This one asks in two rounds: first
//! postings only, of all words and units that are asked for, the rarest first; then positions, in the few articles that are
//! left. An article that holds a string as a word needs no look at its positions at all.

use std::fmt;
use std::sync::Arc;

use tantivy::fieldnorm::FieldNormReader;
use tantivy::postings::{Postings, SegmentPostings};
use tantivy::query::{Bm25StatisticsProvider, Bm25Weight, EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, DocSet, Score, SeekDangerResult, SegmentReader, TERMINATED, TantivyError, Term};

use super::deadline::{Deadline, Watch};
use super::lexicon::{Entry, InSegment, Lexicon};
use super::lower::UnitKey;
use crate::analysis::units::UnitKind;

/// Units with their places in a row.
pub(super) type Located<T = Term> = Vec<(u32, T)>;
/// The same, looked up.
pub(super) type Known = Located<Arc<Entry>>;

/// A way to hold what was asked for: first as words and terms, then as what the index makes of them.
#[derive(Debug)]
pub(crate) enum Way<W = (Term, Score), F = Box<dyn Query>, R = Located> {
    /// A word with its weight. The only thing that scores.
    Word(W),
    /// What a query of the engine finds; a part of the outermost way only.
    Filter(F),
    /// Units in a row in one of some fields, or the word that this string is: where the word occurs, so does the string.
    String { word: Option<W>, rows: Vec<R>, is_han: bool },
    /// One of these; its score is the best of theirs.
    Any(Vec<Self>),
    /// All of these; its score is their sum.
    Every(Vec<Self>),
}

impl Way {
    /// `units` in a row in one of `fields`, or `word`.
    pub(crate) fn string(fields: &[Field], units: &[UnitKey], word: Option<(Term, Score)>) -> Self {
        let rows = fields.iter().map(|&field| located(field, units)).collect();
        Self::String { word, rows, is_han: units.iter().all(|unit| unit.kind == UnitKind::Han) }
    }

    fn weighed(&self, lexicon: &Lexicon, scoring: EnableScoring<'_>) -> tantivy::Result<Weighed> {
        let all =
            |ways: &[Self]| ways.iter().map(|way| way.weighed(lexicon, scoring)).collect::<tantivy::Result<Vec<_>>>();
        let weighed = |(term, weight): &(Term, Score)| WeighedWord::new(lexicon, scoring, term, *weight).map(Arc::new);
        Ok(match self {
            Self::Word(word) => Way::Word(weighed(word)?),
            Self::Filter(query) => Way::Filter(query.weight(unscored(scoring))?),
            Self::String { word, rows, is_han } => Way::String {
                word: word.as_ref().map(weighed).transpose()?,
                rows: rows.iter().map(|units| known(lexicon, units).into()).collect(),
                is_han: *is_han,
            },
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
    field: Field,
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
        let (field, entry) = (term.field(), lexicon.entry(term));
        let bm25 = match scoring {
            EnableScoring::Enabled { .. } => {
                let (tokens, documents) = (lexicon.total_num_tokens(field)?, lexicon.total_num_docs()?);
                let average_length = tokens as Score / documents as Score;
                let holding = lexicon.documents(&entry)?;
                let bm25 = Bm25Weight::for_one_term_without_explain(holding, documents, average_length);
                Some(bm25.boost_by(weight))
            }
            EnableScoring::Disabled { .. } => None,
        };
        Ok(Self { field, entry, weight: bm25 })
    }

    /// `None` where no document of the segment holds it.
    pub(super) fn open(&self, segment: &InSegment, boost: Score) -> tantivy::Result<Option<Word>> {
        let option = if self.weight.is_some() { IndexRecordOption::WithFreqs } else { IndexRecordOption::Basic };
        let Some(postings) = segment.postings(&self.entry, option)? else { return Ok(None) };
        Ok(Some(Word {
            postings: Box::new(postings),
            lengths: segment.reader().get_fieldnorms_reader(self.field)?,
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
        let way = self.way.weighed(&self.lexicon, scoring)?;
        Ok(Box::new(HoldsWeight { way, lexicon: Arc::clone(&self.lexicon), deadline: self.deadline }))
    }
}

struct HoldsWeight {
    way: Weighed,
    lexicon: Arc<Lexicon>,
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
type Weighed = Way<Arc<WeighedWord>, Box<dyn Weight>, Arc<Known>>;

impl Weighed {
    /// First round: what finds the documents that may hold this; `None` where no document of the segment does.
    fn candidates(&self, segment: &InSegment) -> tantivy::Result<Option<Candidates>> {
        Ok(match self {
            Self::Word(word) => Candidates::of_term(segment, &word.entry)?,
            Self::Filter(filter) => Candidates::of_filter(filter.scorer(segment.reader(), 1.0)?),
            Self::String { word, rows, is_han } => {
                let mut held = Vec::with_capacity(rows.len());
                for row in rows {
                    if frequency_of_row(segment, row)? > 0 {
                        held.push(row);
                    }
                }
                // a word of Chinese characters is cut from these, others may be written in another way
                let word = word.as_ref().filter(|_| !is_han || held.is_empty()).map(|word| &word.entry);
                let units = held.iter().map(|row| row.len()).max().unwrap_or(1);
                let unit = |number: usize| {
                    let unit = held.iter().filter_map(|row| Some(&row.get(number)?.1));
                    let terms = unit.chain(word).map(|entry| Candidates::of_term(segment, entry));
                    Ok(Candidates::any(terms.filter_map(Result::transpose).collect::<tantivy::Result<_>>()?))
                };
                let units = (0..units).map(unit).collect::<tantivy::Result<Option<Vec<_>>>>()?;
                units.map(Candidates::every)
            }
            Self::Any(ways) => {
                let ways = ways.iter().filter_map(|way| way.candidates(segment).transpose());
                Candidates::any(ways.collect::<tantivy::Result<_>>()?)
            }
            Self::Every(ways) => {
                let ways = ways.iter().map(|way| way.candidates(segment));
                ways.collect::<tantivy::Result<Option<Vec<_>>>>()?.map(Candidates::every)
            }
        })
    }

    /// Second round: what looks closely at candidates.
    fn opened(&self, segment: &InSegment) -> tantivy::Result<Opened> {
        let all = |ways: &[Self]| ways.iter().map(|way| way.opened(segment)).collect::<tantivy::Result<Vec<_>>>();
        Ok(match self {
            Self::Word(word) => Way::Word(Lazy::Closed(Arc::clone(word))),
            Self::Filter(_) => Way::Filter(()),
            Self::String { word, rows, is_han } => Way::String {
                word: word.as_ref().map(|word| Lazy::Closed(Arc::clone(word))),
                rows: rows.iter().map(|row| Lazy::Closed(Arc::clone(row))).collect(),
                is_han: *is_han,
            },
            Self::Any(ways) => Way::Any(all(ways)?),
            Self::Every(ways) => {
                // the rarest first, for it rules out most
                let frequencies = ways.iter().map(|way| way.frequency(segment));
                let frequencies = frequencies.collect::<tantivy::Result<Vec<u32>>>()?;
                let mut ways: Vec<_> = frequencies.into_iter().zip(all(ways)?).collect();
                ways.sort_by_key(|(frequency, _)| *frequency);
                Way::Every(ways.into_iter().map(|(_, way)| way).collect())
            }
        })
    }

    /// Documents of the segment that hold this, at most, but for filters.
    fn frequency(&self, segment: &InSegment) -> tantivy::Result<u32> {
        let all = |ways: &[Self]| ways.iter().map(|way| way.frequency(segment)).collect::<tantivy::Result<Vec<_>>>();
        let sum = |frequencies: Vec<u32>| frequencies.into_iter().fold(0, u32::saturating_add);
        Ok(match self {
            Self::Word(word) => segment.documents(&word.entry)?,
            Self::Filter(_) => u32::MAX,
            Self::String { word, rows, .. } => {
                let word = word.iter().map(|word| segment.documents(&word.entry));
                let rows = rows.iter().map(|row| frequency_of_row(segment, row));
                sum(word.chain(rows).collect::<tantivy::Result<_>>()?)
            }
            Self::Any(ways) => sum(all(ways)?),
            Self::Every(ways) => all(ways)?.into_iter().min().unwrap_or(0),
        })
    }
}

/// Documents of the segment that hold the rarest unit.
fn frequency_of_row(segment: &InSegment, row: &Known) -> tantivy::Result<u32> {
    let units = row.iter().map(|(_, entry)| segment.documents(entry)).collect::<tantivy::Result<Vec<_>>>()?;
    Ok(units.into_iter().min().unwrap_or(0))
}

/// Finds documents of a segment by postings alone.
struct Candidates {
    /// None is found from the last target up to here, and whether this is one. Kept beside each other, for most looks end here.
    at: DocId,
    is_found: bool,
    by: By,
}

enum By {
    /// A term. Its postings are opened when they are first asked for: where a rarer one rules out all documents, that never
    /// happens.
    Term { entry: Arc<Entry>, frequency: u32, postings: Option<Box<SegmentPostings>> },
    /// A query of the engine.
    Filter { filter: Box<dyn Scorer>, leads: bool },
    /// One of these.
    Any(Vec<Candidates>),
    /// All of these, the rarest first.
    Every(Vec<Candidates>),
}

impl Candidates {
    fn new(by: By) -> Self {
        Self { at: 0, is_found: false, by }
    }

    fn of_term(segment: &InSegment, entry: &Arc<Entry>) -> tantivy::Result<Option<Self>> {
        let frequency = segment.documents(entry)?;
        let by = || By::Term { entry: Arc::clone(entry), frequency, postings: None };
        Ok((frequency > 0).then(|| Self::new(by())))
    }

    fn of_filter(filter: Box<dyn Scorer>) -> Option<Self> {
        let at = filter.doc();
        (at < TERMINATED).then_some(Self { at, is_found: true, by: By::Filter { filter, leads: false } })
    }

    fn any(mut ways: Vec<Self>) -> Option<Self> {
        if ways.len() > 1 { Some(Self::new(By::Any(ways))) } else { ways.pop() }
    }

    fn every(ways: Vec<Self>) -> Self {
        let mut all: Vec<Self> = Vec::with_capacity(ways.len());
        for way in ways {
            let parts = if let By::Every(parts) = way.by { parts } else { vec![way] };
            for part in parts {
                // strings have characters in common
                if !all.iter().any(|known| known.is_same(&part)) {
                    all.push(part);
                }
            }
        }
        all.sort_by_key(Self::cost);
        if let Some(Self { by: By::Filter { leads, .. }, .. }) = all.first_mut() {
            *leads = true;
        }
        Self::new(By::Every(all))
    }

    fn is_same(&self, other: &Self) -> bool {
        match (&self.by, &other.by) {
            (By::Term { entry: a, .. }, By::Term { entry: b, .. }) => Arc::ptr_eq(a, b),
            (By::Any(a), By::Any(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is_same(b)),
            _ => false,
        }
    }

    fn cost(&self) -> u32 {
        match &self.by {
            By::Term { frequency, .. } => *frequency,
            By::Filter { filter, .. } => filter.size_hint(),
            By::Any(ways) => ways.iter().map(Self::cost).fold(0, u32::saturating_add),
            By::Every(ways) => ways.first().map_or(0, Self::cost),
        }
    }

    /// HOT: `target`, if it is found; otherwise a later document before which none is. Targets rise from call to call.
    #[inline]
    fn step(&mut self, target: DocId, segment: &InSegment) -> DocId {
        if self.at < target || self.at == target && !self.is_found {
            self.move_to(target, segment);
        }
        self.at
    }

    fn move_to(&mut self, target: DocId, segment: &InSegment) {
        (self.at, self.is_found) = match &mut self.by {
            By::Term { entry, postings, .. } => {
                if postings.is_none() {
                    *postings = sure(segment.postings(entry, IndexRecordOption::Basic)).map(Box::new);
                }
                (postings.as_mut().map_or(TERMINATED, |postings| seek(&mut **postings, target)), true)
            }
            By::Filter { filter, leads: true } => (filter.seek(target), true),
            // a range of dates looks up one date, where it would look for the next document in the range
            By::Filter { filter, leads: false } => match filter.seek_danger(target) {
                SeekDangerResult::Found => (target, true),
                SeekDangerResult::SeekLowerBound(next) => (next, false),
            },
            By::Any(ways) => {
                let mut next = TERMINATED;
                for way in ways {
                    next = next.min(way.step(target, segment));
                    if next == target {
                        break;
                    }
                }
                (next, next == target)
            }
            By::Every(ways) => {
                let later = ways.iter_mut().map(|way| way.step(target, segment)).find(|&next| next > target);
                (later.unwrap_or(target), later.is_none())
            }
        };
    }

    /// HOT, first round: the first document at or after `target` that is found; none once time is up.
    fn next(&mut self, mut target: DocId, segment: &InSegment, watch: &mut Watch) -> DocId {
        while target < TERMINATED {
            let next = self.step(target, segment);
            if next == target {
                return target;
            }
            target = if watch.is_over() { TERMINATED } else { next };
        }
        TERMINATED
    }
}

/// What was read of a term that was looked up before; where that fails, files are damaged, see
/// [`guarded`](crate::index::guard::guarded): a document set cannot fail.
fn sure<T>(read: tantivy::Result<T>) -> T {
    read.unwrap_or_else(|error| panic!("{error}"))
}

/// Something in one segment that is opened when it is first asked for.
enum Lazy<K, T> {
    Closed(K),
    /// `None` where no document of the segment holds it.
    Open(Option<T>),
}

impl<K, T> Lazy<K, T> {
    fn get(&mut self, open: impl FnOnce(&K) -> tantivy::Result<Option<T>>) -> Option<&mut T> {
        if let Self::Closed(known) = self {
            *self = Self::Open(sure(open(known)));
        }
        match self {
            Self::Open(opened) => opened.as_mut(),
            Self::Closed(_) => None,
        }
    }
}

/// A way in one segment, for documents one after the other.
type Opened = Way<Lazy<Arc<WeighedWord>, Word>, (), Lazy<Arc<Known>, Row>>;

impl Lazy<Arc<WeighedWord>, Word> {
    fn at(&mut self, doc: DocId, place: &Place) -> Option<&Word> {
        let word = self.get(|word| word.open(&place.segment, place.boost))?;
        (seek(&mut *word.postings, doc) == doc).then_some(word)
    }
}

impl Lazy<Arc<Known>, Row> {
    fn is_at(&mut self, doc: DocId, place: &Place) -> bool {
        let row = self.get(|units| Row::open(&place.segment, units, place.deadline));
        row.is_some_and(|row| row.probe(doc) == doc && (row.len() == 1 || !row.starts().is_empty()))
    }
}

/// Where a way is looked for, and how.
struct Place {
    segment: InSegment,
    boost: Score,
    deadline: Deadline,
}

impl Opened {
    /// HOT, second round: whether `doc`, a candidate, holds this.
    fn holds(&mut self, doc: DocId, place: &Place) -> bool {
        match self {
            Self::Word(word) => word.at(doc, place).is_some(),
            Self::Filter(()) => true,
            Self::String { word, rows, .. } => {
                word.as_mut().is_some_and(|word| word.at(doc, place).is_some())
                    || rows.iter_mut().any(|row| row.is_at(doc, place))
            }
            Self::Any(ways) => ways.iter_mut().any(|way| way.holds(doc, place)),
            Self::Every(ways) => ways.iter_mut().all(|way| way.holds(doc, place)),
        }
    }

    /// The score of `doc`, which holds this.
    fn score(&mut self, doc: DocId, place: &Place) -> Score {
        match self {
            Self::Word(word) | Self::String { word: Some(word), .. } => word.at(doc, place).map_or(0.0, Word::score),
            Self::String { word: None, .. } | Self::Filter(()) => 0.0,
            Self::Every(ways) => ways.iter_mut().map(|way| way.score(doc, place)).sum(),
            Self::Any(ways) => {
                let score = |way: &mut Self| if way.holds(doc, place) { way.score(doc, place) } else { 0.0 };
                ways.iter_mut().map(score).fold(0.0, Score::max)
            }
        }
    }
}

struct HoldsScorer {
    place: Place,
    /// `None` where no document holds it.
    candidates: Option<Candidates>,
    way: Opened,
    doc: DocId,
    watch: Watch,
}

impl HoldsScorer {
    fn open(weight: &HoldsWeight, reader: &SegmentReader, boost: Score) -> tantivy::Result<Self> {
        let segment = weight.lexicon.in_segment(reader);
        let (candidates, way) = (weight.way.candidates(&segment)?, weight.way.opened(&segment)?);
        let (deadline, watch) = (weight.deadline, Watch::new(weight.deadline));
        Ok(Self { place: Place { segment, boost, deadline }, candidates, way, doc: 0, watch })
    }

    /// Moves to the first match at or after `target`.
    fn settle(&mut self, mut target: DocId) -> DocId {
        self.doc = loop {
            let Some(candidates) = &mut self.candidates else { break TERMINATED };
            target = candidates.next(target, &self.place.segment, &mut self.watch);
            if target >= TERMINATED || self.way.holds(target, &self.place) {
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
        if target >= TERMINATED || self.watch.is_over() {
            return SeekDangerResult::SeekLowerBound(TERMINATED);
        }
        let next = self.candidates.as_mut().map_or(TERMINATED, |some| some.step(target, &self.place.segment));
        if next > target {
            SeekDangerResult::SeekLowerBound(next)
        } else if self.way.holds(target, &self.place) {
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
        self.candidates.as_ref().map_or(0, Candidates::cost)
    }
}

impl Scorer for HoldsScorer {
    fn score(&mut self) -> Score {
        self.way.score(self.doc, &self.place)
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
    pub(super) fn open(segment: &InSegment, known: &Known, deadline: Deadline) -> tantivy::Result<Option<Self>> {
        if frequency_of_row(segment, known)? == 0 {
            return Ok(None);
        }
        let mut units = Vec::with_capacity(known.len());
        // a single unit stands in a row wherever it stands
        let option = if known.len() == 1 { IndexRecordOption::Basic } else { IndexRecordOption::WithFreqsAndPositions };
        for (place, entry) in known {
            match segment.postings(entry, option)? {
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
