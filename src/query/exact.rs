//! A query of the engine for what an article must hold: words, units in a row, and what these make together.
//!
//! The engine's own conjunction and phrase read the positions of every article that holds all units of one string, which
//! for frequent characters are most articles, before they look at the other strings. This one asks in two rounds: first
//! postings only, of all words and units that are asked for, the rarest first; then positions, in the few articles that are
//! left. An article that holds a string as a word needs no look at its positions at all.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use foldhash::fast::RandomState;
use tantivy::fieldnorm::FieldNormReader;
use tantivy::query::{Bm25StatisticsProvider, Bm25Weight, EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::schema::Field;
use tantivy::{DocId, DocSet, Score, SeekDangerResult, SegmentReader, TERMINATED, TantivyError, Term};

use super::deadline::{Deadline, Watch};
use super::kept::{Bits, DocBits};
use super::lexicon::{Entry, InSegment, Lexicon};
use super::lower::UnitKey;
use super::postings::Postings;
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
    pub(super) field: Field,
    pub(super) entry: Arc<Entry>,
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
        let Some(postings) = segment.postings(&self.entry)? else { return Ok(None) };
        Ok(Some(Word {
            postings,
            lengths: segment.reader().get_fieldnorms_reader(self.field)?,
            weight: self.weight.as_ref().map(|weight| weight.boost_by(boost)),
        }))
    }
}

/// A word in the documents of a segment.
pub(super) struct Word {
    postings: Box<Postings>,
    lengths: FieldNormReader,
    weight: Option<Bm25Weight>,
}

impl Word {
    /// The score of the document that the postings stand at: as the engine scores a term.
    fn score(&mut self) -> Score {
        let length = self.lengths.fieldnorm_id(self.postings.doc());
        self.weight.as_ref().map_or(0.0, |weight| weight.score(length, self.postings.frequency()))
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

    fn for_each_pruning(
        &self,
        mut threshold: Score,
        reader: &SegmentReader,
        callback: &mut dyn FnMut(DocId, Score) -> Score,
    ) -> tantivy::Result<()> {
        let mut scorer = HoldsScorer::open(self, reader, 1.0)?;
        let mut offer = |doc, score| {
            if score > threshold {
                threshold = callback(doc, score);
            }
        };
        if self.way.is_of_words() {
            scorer.each_stretch(|docs, way, place| docs.iter().for_each(|&doc| offer(doc, way.score(doc, place))));
            return Ok(());
        }
        let mut doc = scorer.settle(0);
        while doc != TERMINATED {
            offer(doc, scorer.score());
            doc = scorer.advance();
        }
        Ok(())
    }

    fn count(&self, reader: &SegmentReader) -> tantivy::Result<u32> {
        let mut scorer = HoldsScorer::open(self, reader, 1.0)?;
        if self.way.is_of_words() {
            return Ok(scorer.count_candidates(reader));
        }
        let (mut count, alive) = (0, reader.alive_bitset());
        scorer.each_stretch(|docs, way, place| {
            let is_alive = |doc| alive.is_none_or(|alive| alive.is_alive(doc));
            count += docs.iter().filter(|&&doc| is_alive(doc) && way.holds(doc, place)).count() as u32;
        });
        Ok(count)
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
    fn candidates(&self, segment: &InSegment, deadline: Deadline) -> tantivy::Result<Option<Candidates>> {
        Ok(match self {
            Self::Word(word) => {
                let term = std::iter::once(&word.entry);
                match segment.set(term.clone(), deadline)? {
                    Some(set) => Some(Candidates::of_set(set)),
                    None => Candidates::of_terms(segment, term)?,
                }
            }
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
                    // a set of the documents that hold it in any field does for each
                    let anywhere = rows.iter().filter(|_| !held.is_empty());
                    let anywhere = anywhere.filter_map(|row| unit_of(row, number)).chain(word);
                    let kept = segment.set(anywhere, deadline)?;
                    let held = held.iter().filter_map(|row| unit_of(row, number)).chain(word);
                    kept.map_or_else(|| Candidates::of_terms(segment, held), |set| Ok(Some(Candidates::of_set(set))))
                };
                let units = (0..units).map(unit).collect::<tantivy::Result<Option<Vec<_>>>>()?;
                units.map(Candidates::every)
            }
            Self::Any(ways) => {
                let ways = ways.iter().filter_map(|way| way.candidates(segment, deadline).transpose());
                Candidates::any(ways.collect::<tantivy::Result<_>>()?)
            }
            Self::Every(ways) => {
                let ways = ways.iter().map(|way| way.candidates(segment, deadline));
                ways.collect::<tantivy::Result<Option<Vec<_>>>>()?.map(Candidates::every)
            }
        })
    }

    /// Whether every candidate holds it.
    fn is_of_words(&self) -> bool {
        match self {
            Self::Word(_) | Self::Filter(_) => true,
            Self::String { .. } => false,
            Self::Any(ways) | Self::Every(ways) => ways.iter().all(Self::is_of_words),
        }
    }

    /// Second round: what looks closely at candidates.
    fn opened(&self, segment: &InSegment, deadline: Deadline) -> tantivy::Result<Opened> {
        let all =
            |ways: &[Self]| ways.iter().map(|way| way.opened(segment, deadline)).collect::<tantivy::Result<Vec<_>>>();
        let opened = |word: &Arc<WeighedWord>| {
            let holding = segment.set(std::iter::once(&word.entry), deadline)?;
            tantivy::Result::Ok(LookedFor { holding, word: Lazy::Closed(Arc::clone(word)) })
        };
        Ok(match self {
            Self::Word(word) => Way::Word(opened(word)?),
            Self::Filter(_) => Way::Filter(()),
            Self::String { word, rows, is_han } => Way::String {
                word: word.as_ref().map(opened).transpose()?,
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

fn unit_of(row: &Known, number: usize) -> Option<&Arc<Entry>> {
    row.get(number).map(|(_, entry)| entry)
}

/// Documents of the segment that hold the rarest unit.
pub(super) fn frequency_of_row(segment: &InSegment, row: &Known) -> tantivy::Result<u32> {
    let mut units = row.iter().map(|(_, entry)| segment.documents(entry));
    let Some(first) = units.next() else { return Ok(0) };
    units.try_fold(first?, |least, documents| Ok(least.min(documents?)))
}

/// Finds documents of a segment by postings alone, a stretch of the segment at a time: to go through lists side by side costs a
/// fraction of what it costs to move all of them from document to document. Stretches follow each other, and what is asked
/// of one rises.
enum Candidates {
    /// A term. Its postings are opened when they are first asked for: where a rarer one rules out all documents, that never
    /// happens.
    Term { entry: Arc<Entry>, frequency: u32, postings: Lazy<(), Box<Postings>> },
    /// Documents that are known.
    Bits(Bits),
    /// A query of the engine.
    Filter(Filter),
    /// One of these, the most frequent first.
    Any(Vec<Self>),
    /// All of these, the rarest first, then what is known, then the others, the rarer ones first.
    Every(Vec<Self>),
}

impl Candidates {
    /// What holds one of some terms.
    fn of_terms<'e>(
        segment: &InSegment,
        entries: impl Iterator<Item = &'e Arc<Entry>>,
    ) -> tantivy::Result<Option<Self>> {
        let mut terms = Vec::new();
        for entry in entries {
            let frequency = segment.documents(entry)?;
            if frequency > 0 {
                terms.push(Self::Term { entry: Arc::clone(entry), frequency, postings: Lazy::Closed(()) });
            }
        }
        Ok(Self::any(terms))
    }

    fn of_set(set: Arc<DocBits>) -> Self {
        Self::Bits(Bits::new(set))
    }

    fn of_filter(filter: Box<dyn Scorer>) -> Option<Self> {
        match filter.downcast::<Bits>() {
            Ok(bits) => (bits.doc() < TERMINATED).then_some(Self::Bits(*bits)),
            Err(filter) => {
                let filter = Filter::new(filter);
                (filter.at < TERMINATED).then_some(Self::Filter(filter))
            }
        }
    }

    fn any(mut ways: Vec<Self>) -> Option<Self> {
        if ways.len() > 1 {
            ways.sort_by_key(|way| Reverse(way.cost()));
            Some(Self::Any(ways))
        } else {
            ways.pop()
        }
    }

    fn every(ways: Vec<Self>) -> Self {
        let mut all: Vec<Self> = Vec::with_capacity(ways.len());
        let mut known: Option<Bits> = None;
        let mut add = |part| match (part, &mut known) {
            (Self::Bits(bits), Some(known)) => known.and(bits),
            (Self::Bits(bits), known) => *known = Some(bits),
            // strings have characters in common
            (part, _) if all.iter().any(|known| known.is_same(&part)) => {}
            (part, _) => all.push(part),
        };
        for way in ways {
            match way {
                Self::Every(parts) => parts.into_iter().for_each(&mut add),
                part => add(part),
            }
        }
        all.sort_by_key(Self::cost);
        if let Some(bits) = known.map(Self::Bits) {
            // where they are not rare enough to lead, they follow: a look at them costs least
            let is_first = all.first().is_none_or(|way| bits.cost() < way.cost());
            all.insert(usize::from(!is_first), bits);
        }
        if let Some(Self::Filter(filter)) = all.first_mut() {
            filter.leads = true;
        }
        if all.len() == 1 { all.remove(0) } else { Self::Every(all) }
    }

    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Term { entry: a, .. }, Self::Term { entry: b, .. }) => Arc::ptr_eq(a, b),
            (Self::Any(a), Self::Any(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is_same(b)),
            _ => false,
        }
    }

    fn cost(&self) -> u32 {
        match self {
            Self::Term { frequency, .. } => *frequency,
            Self::Bits(bits) => bits.size_hint(),
            Self::Filter(filter) => filter.size_hint(),
            Self::Any(ways) => ways.iter().map(Self::cost).fold(0, u32::saturating_add),
            Self::Every(ways) => ways.first().map_or(0, Self::cost),
        }
    }

    /// A document at or after `from` before which none is found, and the end of the stretch from there on that can be asked
    /// for at once.
    fn stretch(&mut self, from: DocId, segment: &InSegment) -> (DocId, DocId) {
        match self {
            Self::Term { entry, postings, .. } => postings_of(entry, postings, segment).stretch(from),
            Self::Bits(bits) => bits.stretch(from),
            Self::Filter(filter) => filter.stretch(from),
            Self::Any(ways) => {
                let stretches = ways.iter_mut().map(|way| way.stretch(from, segment));
                let none = (TERMINATED, TERMINATED);
                stretches.fold(none, |(first, end), way| (first.min(way.0), end.min(way.1)))
            }
            Self::Every(ways) => ways.first_mut().map_or((TERMINATED, TERMINATED), |way| way.stretch(from, segment)),
        }
    }

    /// HOT, first round: all documents of a stretch that are found.
    fn collect(&mut self, stretch: Range<DocId>, docs: &mut Vec<DocId>, segment: &InSegment) {
        docs.clear();
        match self {
            Self::Term { entry, postings, .. } => postings_of(entry, postings, segment).collect(stretch, docs),
            Self::Bits(bits) => bits.collect(stretch, docs),
            Self::Filter(filter) => filter.collect(stretch, docs),
            Self::Any(ways) => {
                let mut more = Vec::new();
                for way in ways {
                    way.collect(stretch.clone(), if docs.is_empty() { &mut *docs } else { &mut more }, segment);
                    docs.append(&mut more);
                }
                docs.sort();
                docs.dedup();
            }
            Self::Every(ways) => {
                let Some((first, others)) = ways.split_first_mut() else { return };
                first.collect(stretch, docs, segment);
                let mut is_found = Vec::new();
                others.iter_mut().for_each(|way| way.keep(docs, &mut is_found, segment));
            }
        }
    }

    /// HOT, first round: leaves those of `docs` that are found. `is_found` is room to work in.
    fn keep(&mut self, docs: &mut Vec<DocId>, is_found: &mut Vec<bool>, segment: &InSegment) {
        match self {
            Self::Term { entry, postings, .. } => return postings_of(entry, postings, segment).keep(docs),
            Self::Bits(bits) => return docs.retain(|&doc| bits.contains(doc)),
            Self::Filter(_) | Self::Any(_) | Self::Every(_) => {}
        }
        is_found.clear();
        is_found.resize(docs.len(), false);
        self.mark(docs, is_found, segment);
        let mut is_found = is_found.iter();
        docs.retain(|_| is_found.next() == Some(&true));
    }

    /// HOT, first round: marks those of `docs` that are found. What is marked already needs no look.
    fn mark(&mut self, docs: &[DocId], is_found: &mut [bool], segment: &InSegment) {
        let unmarked = docs.iter().copied().zip(&mut *is_found).filter(|(_, is_found)| !**is_found);
        match self {
            _ if docs.is_empty() => {}
            Self::Term { entry, postings, .. } => {
                let postings = postings_of(entry, postings, segment);
                unmarked.for_each(|(doc, is_found)| *is_found = postings.seek(doc) == doc);
            }
            Self::Bits(bits) => unmarked.for_each(|(doc, is_found)| *is_found = bits.contains(doc)),
            Self::Filter(filter) => unmarked.for_each(|(doc, is_found)| *is_found = filter.finds(doc)),
            Self::Any(ways) => ways.iter_mut().for_each(|way| way.mark(docs, is_found, segment)),
            Self::Every(ways) => {
                let (mut kept, mut room): (Vec<DocId>, _) = (unmarked.map(|(doc, _)| doc).collect(), Vec::new());
                ways.iter_mut().for_each(|way| way.keep(&mut kept, &mut room, segment));
                let mut kept = kept.into_iter().peekable();
                for (doc, is_found) in docs.iter().zip(is_found) {
                    *is_found |= kept.next_if_eq(doc).is_some();
                }
            }
        }
    }
}

/// `opened`, of the term of `entry`.
fn postings_of<'p>(entry: &Entry, opened: &'p mut Lazy<(), Box<Postings>>, segment: &InSegment) -> &'p mut Postings {
    opened.get(|()| segment.postings(entry)).expect("a term that documents hold")
}

/// A query of the engine among others.
pub(crate) struct Filter {
    filter: Box<dyn Scorer>,
    /// Whether it finds the fewest documents: it is asked for the next one then. A range of dates looks up one date if it is
    /// asked for one document, and searches for the next one in the range otherwise.
    leads: bool,
    /// None is found from the last target up to here, and whether this is one.
    at: DocId,
    is_found: bool,
}

impl Filter {
    pub(crate) fn new(filter: Box<dyn Scorer>) -> Self {
        let at = filter.doc();
        Self { filter, leads: false, at, is_found: true }
    }

    /// About how many documents it finds.
    pub(crate) fn size_hint(&self) -> u32 {
        self.filter.size_hint()
    }

    /// Whether all that it finds is known beforehand.
    pub(crate) fn is_known(&self) -> bool {
        self.filter.is::<Bits>()
    }

    /// Whether `doc` is found; what is asked rises.
    pub(crate) fn finds(&mut self, doc: DocId) -> bool {
        if self.at < doc || self.at == doc && !self.is_found {
            (self.at, self.is_found) = match self.filter.seek_danger(doc) {
                SeekDangerResult::Found => (doc, true),
                SeekDangerResult::SeekLowerBound(next) => (next, false),
            };
        }
        self.at == doc && self.is_found
    }

    fn stretch(&mut self, from: DocId) -> (DocId, DocId) {
        /// Documents of a stretch, at most.
        const LENGTH: DocId = 4096;
        let first = if self.leads { seek(&mut self.filter, from) } else { from.max(self.at) };
        (first, first.saturating_add(LENGTH).min(TERMINATED))
    }

    fn collect(&mut self, stretch: Range<DocId>, docs: &mut Vec<DocId>) {
        if !self.leads {
            docs.extend(stretch.filter(|&doc| self.finds(doc)));
            return;
        }
        let mut doc = seek(&mut self.filter, stretch.start);
        while doc < stretch.end {
            docs.push(doc);
            doc = self.filter.advance();
        }
    }
}

/// What was read of a term that was looked up before; where that fails, files are damaged, see
/// [`guarded`](crate::index::guard::guarded): a document set cannot fail.
pub(super) fn sure<T>(read: tantivy::Result<T>) -> T {
    read.unwrap_or_else(|error| panic!("{error}"))
}

/// Something in one segment that is opened when it is first asked for.
pub(super) enum Lazy<K, T> {
    Closed(K),
    /// `None` where no document of the segment holds it.
    Open(Option<T>),
}

impl<K, T> Lazy<K, T> {
    pub(super) fn get(&mut self, open: impl FnOnce(&K) -> tantivy::Result<Option<T>>) -> Option<&mut T> {
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
type Opened = Way<LookedFor, (), Lazy<Arc<Known>, Row>>;

/// A word that is looked for in one document after the other.
struct LookedFor {
    /// Documents that hold it, where these are known.
    holding: Option<Arc<DocBits>>,
    word: Lazy<Arc<WeighedWord>, Word>,
}

impl LookedFor {
    /// HOT.
    fn is_at(&mut self, doc: DocId, place: &Place) -> bool {
        match &self.holding {
            Some(holding) => holding.contains(doc),
            None => self.at(doc, place).is_some(),
        }
    }

    fn at(&mut self, doc: DocId, place: &Place) -> Option<&mut Word> {
        let word = self.word.get(|word| word.open(&place.segment, place.boost))?;
        (word.postings.seek(doc) == doc).then_some(word)
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
            Self::Word(word) => word.is_at(doc, place),
            Self::Filter(()) => true,
            Self::String { word, rows, .. } => {
                word.as_mut().is_some_and(|word| word.is_at(doc, place))
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
    /// Candidates of a stretch that ends at `end`.
    docs: Vec<DocId>,
    next: usize,
    end: DocId,
    /// Length of the stretch.
    span: DocId,
    doc: DocId,
    watch: Watch,
}

impl HoldsScorer {
    /// Documents that are looked at together where they are asked for with gaps between.
    const SPAN: DocId = 64;

    fn open(weight: &HoldsWeight, reader: &SegmentReader, boost: Score) -> tantivy::Result<Self> {
        let segment = weight.lexicon.in_segment(reader);
        let (deadline, watch) = (weight.deadline, Watch::new(weight.deadline));
        let (candidates, way) = (weight.way.candidates(&segment, deadline)?, weight.way.opened(&segment, deadline)?);
        let place = Place { segment, boost, deadline };
        Ok(Self { place, candidates, way, docs: Vec::new(), next: 0, end: 0, span: Self::SPAN, doc: 0, watch })
    }

    /// The first candidate at or after `target` in its stretch, or where that ends. A new stretch is at most `span` long.
    fn candidate(&mut self, target: DocId, span: DocId) -> DocId {
        if target >= self.end {
            let Some(candidates) = &mut self.candidates else { return TERMINATED };
            let (first, end) = candidates.stretch(target, &self.place.segment);
            self.end = first.saturating_add(span).min(end);
            self.next = 0;
            candidates.collect(first..self.end, &mut self.docs, &self.place.segment);
        }
        self.next += self.docs[self.next..].iter().take_while(|&&doc| doc < target).count();
        self.docs.get(self.next).copied().unwrap_or(self.end)
    }

    /// The number of the candidates, without those that are deleted; fewer once time is up.
    fn count_candidates(&mut self, reader: &SegmentReader) -> u32 {
        let alive = reader.alive_bitset();
        match (&self.candidates, alive) {
            (Some(Candidates::Term { frequency, .. }), None) => return *frequency,
            (Some(Candidates::Bits(bits)), None) => return bits.count(),
            _ => {}
        }
        let mut count = 0;
        self.each_stretch(|docs, _, _| {
            count += alive.map_or(docs.len(), |alive| docs.iter().filter(|&&doc| alive.is_alive(doc)).count());
        });
        count as u32
    }

    /// HOT: hands over all candidates, a stretch at a time, with what looks closely at them; no more once time is up.
    fn each_stretch(&mut self, mut take: impl FnMut(&[DocId], &mut Opened, &Place)) {
        let (Some(candidates), place) = (&mut self.candidates, &self.place) else { return };
        let mut target = 0;
        while target < TERMINATED && !self.watch.is_over() {
            let (first, end) = candidates.stretch(target, &place.segment);
            candidates.collect(first..end, &mut self.docs, &place.segment);
            take(&self.docs, &mut self.way, place);
            target = end;
        }
    }

    /// Moves to the first match at or after `target`.
    fn settle(&mut self, mut target: DocId) -> DocId {
        self.doc = loop {
            if target >= TERMINATED || self.watch.is_over() {
                break TERMINATED;
            }
            if let Some(gap) = target.checked_sub(self.end) {
                // who goes on from document to document asks for all that follow
                self.span = if gap <= self.span { self.span.saturating_mul(2) } else { Self::SPAN };
            }
            let next = self.candidate(target, self.span);
            if next < self.end && self.way.holds(next, &self.place) {
                break next;
            }
            target = if next < self.end { next + 1 } else { next };
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
        if target >= self.end {
            // asked for one document, and the next may be far away
            let candidates = self.candidates.as_mut();
            let first = candidates.map_or(TERMINATED, |some| some.stretch(target, &self.place.segment).0);
            if first > target {
                return SeekDangerResult::SeekLowerBound(first);
            }
        }
        let next = self.candidate(target, 1);
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

struct UnitOfRow {
    place: u32,
    postings: Box<Postings>,
    /// How often the row holds the unit, up to here.
    times: u32,
}

/// Units that may stand in a row, in the documents of a segment.
pub(super) struct Row {
    /// The rarest first, for it leaves the least to look at.
    units: Vec<UnitOfRow>,
    /// Whether a unit stands in it more than once.
    is_repetitive: bool,
    /// The document that was sought; it holds every unit.
    doc: DocId,
    starts: Vec<u32>,
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
        let mut times = HashMap::<*const Entry, u32, RandomState>::default();
        for (place, entry) in known {
            let times = times.entry(Arc::as_ptr(entry)).or_default();
            *times += 1;
            match segment.postings(entry)? {
                Some(postings) if !deadline.has_passed() => {
                    units.push(UnitOfRow { place: *place, postings, times: *times })
                }
                _ => return Ok(None),
            }
        }
        units.sort_by_key(|unit| unit.postings.count());
        let is_repetitive = units.iter().any(|unit| unit.times > 1);
        let watch = Watch::new(deadline);
        Ok(Some(Self { units, is_repetitive, doc: 0, starts: Vec::new(), watch }))
    }

    /// The first document at or after `target` that holds every unit; none once time is up.
    pub(super) fn seek(&mut self, mut target: DocId) -> DocId {
        self.doc = 'again: loop {
            if target == TERMINATED || self.watch.is_over() {
                break TERMINATED;
            }
            for unit in &mut self.units {
                let doc = unit.postings.seek(target);
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
        self.doc =
            self.units.iter_mut().map(|unit| unit.postings.seek(target)).find(|&doc| doc > target).unwrap_or(target);
        self.doc
    }

    /// HOT: where the units stand in a row in the document that was sought; nowhere once time is up.
    pub(super) fn starts(&mut self) -> &[u32] {
        self.starts.clear();
        if self.is_repetitive && self.most_starts() == 0 {
            return &self.starts;
        }
        let Self { units, starts, watch, .. } = self;
        let Some((UnitOfRow { place, postings, .. }, others)) = units.split_first_mut() else { return starts };
        postings.each_position(postings.place(), |position| {
            // before the text none begins
            starts.extend(position.checked_sub(*place));
            true
        });
        for UnitOfRow { place, postings, .. } in others {
            if watch.is_over() {
                starts.clear();
            }
            if starts.is_empty() {
                break;
            }
            let (mut kept, mut at) = (0, 0);
            postings.each_position(postings.place(), |position| {
                at += starts[at..].iter().take_while(|&&start| start + *place < position).count();
                let Some(&start) = starts.get(at) else { return false };
                starts[kept] = start;
                kept += usize::from(start + *place == position);
                true
            });
            starts.truncate(kept);
        }
        starts
    }

    /// How often the units stand in a row in the document that was sought, at most.
    pub(super) fn most_starts(&mut self) -> u32 {
        // a row holds a unit twice where the text does
        let most = |unit: &mut UnitOfRow| unit.postings.frequency().saturating_sub(unit.times - 1);
        self.units.iter_mut().map(most).min().unwrap_or(0)
    }

    /// Number of the units.
    pub(super) fn len(&self) -> usize {
        self.units.len()
    }

    /// Place of the last unit.
    pub(super) fn last_place(&self) -> u32 {
        self.units.iter().map(|unit| unit.place).max().unwrap_or(0)
    }

    pub(super) fn size_hint(&self) -> u32 {
        self.units.first().map_or(0, |unit| unit.postings.count())
    }
}

/// The first document at or after `target`; does not move postings that are there already.
pub(super) fn seek(postings: &mut impl DocSet, target: DocId) -> DocId {
    let doc = postings.doc();
    if doc >= target { doc } else { postings.seek(target) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tantivy::query::{BooleanQuery, TermQuery};
    use tantivy::schema::IndexRecordOption;

    use super::*;
    use crate::query::any::tests::MANY;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        /// Words and a filter find what the engine finds by them, with the same scores, whether or not a search before asked
        /// for them; and what is counted is their number.
        #[test]
        fn words_and_a_filter_find_what_the_engine_finds(words in "[a-p]{1,3}", filter in "[a-p]", limit in 1usize..200) {
            let (_, searcher, field, lexicon) = &*MANY;
            let term = |letter: char| Term::from_field_text(*field, &letter.to_string());
            let found_by = |letter, option| -> Box<dyn Query> { Box::new(TermQuery::new(term(letter), option)) };
            let filter = filter.chars().next().unwrap();
            let mut different: Vec<char> = words.chars().collect();
            different.sort_unstable();
            different.dedup();

            let scored = different.iter().map(|&letter| found_by(letter, IndexRecordOption::WithFreqs)).collect();
            let engine = BooleanQuery::intersection(scored);

            lexicon.begin_search();
            let mut ways: Vec<Way> = different.iter().map(|&letter| Way::Word((term(letter), 1.0))).collect();
            let asked = crate::query::parse(&format!("title:{filter}"), &jiff::Zoned::now()).query;
            let known = lexicon.filter(&asked, found_by(filter, IndexRecordOption::Basic), Deadline::default());
            ways.push(Way::Filter(known));
            let holds = HoldsQuery::new(Way::Every(ways), lexicon, Deadline::default());

            for segment in searcher.segment_readers() {
                let mut scores = Vec::new();
                let weight = engine.weight(EnableScoring::enabled_from_searcher(searcher)).unwrap();
                weight.for_each(segment, &mut |doc, score| scores.push((score, doc))).unwrap();
                let held = found_by(filter, IndexRecordOption::Basic);
                let held = held.weight(EnableScoring::disabled_from_searcher(searcher)).unwrap();
                let mut is_held = DocBits::room(segment.max_doc());
                held.for_each_no_score(segment, &mut |docs| DocBits::insert(&mut is_held, docs)).unwrap();
                let is_held = DocBits::new(is_held);
                scores.retain(|&(_, doc)| is_held.contains(doc));
                let weight = holds.weight(EnableScoring::enabled_from_searcher(searcher)).unwrap();
                prop_assert_eq!(weight.count(segment).unwrap() as usize, scores.len());
                scores.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
                scores.truncate(limit);

                let mut best: Vec<(Score, DocId)> = Vec::new();
                weight
                    .for_each_pruning(Score::MIN, segment, &mut |doc, score| {
                        best.push((score, doc));
                        best.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
                        best.truncate(limit);
                        best.get(limit - 1).map_or(Score::MIN, |last| last.0)
                    })
                    .unwrap();
                prop_assert_eq!(best, scores);
            }
        }
    }
}
