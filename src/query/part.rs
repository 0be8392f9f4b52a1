//! A part of a query that an article may hold or lack: a word, or units in a row. In one segment, a part tells in three steps
//! which documents hold it, and what that scores at most: for a window of documents at once, by the postings that stand
//! there; for a document, by what else its postings say; and last by positions.

use std::ops::Range;
use std::sync::Arc;

use tantivy::fieldnorm::FieldNormReader;
use tantivy::query::{Bm25Weight, EnableScoring, Query, Scorer, Weight};
use tantivy::schema::Field;
use tantivy::{DocId, DocSet, Score, TERMINATED, Term};

use super::deadline::Deadline;
use super::exact::{Known, Lazy, Located, Row, WeighedWord, frequency_of_row, known, located, seek, sure, unscored};
use super::kept::{Bits, DocBits};
use super::lexicon::{Entry, InSegment, Lexicon};
use super::lower::UnitKey;
use super::postings::Postings;

/// Something that an article may hold; its score is that of BM25.
#[derive(Debug)]
pub(crate) enum Part {
    /// A word with its weight.
    Word(Term, Score),
    /// Units in a row in one field. These fields say nothing of the length of a text. With the same in all fields, by which
    /// it is told where a unit stands nowhere.
    Row(Located, Arc<[Located]>),
    /// What is found by, but not scored.
    Unscored(Box<dyn Query>),
}

impl Part {
    /// A row in each of `fields`.
    pub(crate) fn rows(fields: &[Field], units: &[UnitKey]) -> Vec<Self> {
        let rows: Arc<[Located]> = fields.iter().map(|&field| located(field, units)).collect();
        rows.iter().map(|row| Self::Row(row.clone(), Arc::clone(&rows))).collect()
    }

    pub(super) fn weighed(&self, lexicon: &Lexicon, scoring: EnableScoring<'_>) -> tantivy::Result<Weighed> {
        Ok(match self {
            Self::Word(term, weight) => Weighed::Word(WeighedWord::new(lexicon, scoring, term, *weight)?),
            Self::Row(units, anywhere) => {
                let terms: Vec<Term> = units.iter().map(|(_, term)| term.clone()).collect();
                let weight = match scoring {
                    EnableScoring::Enabled { statistics_provider, .. } => {
                        Some(Bm25Weight::for_terms(statistics_provider, &terms)?)
                    }
                    EnableScoring::Disabled { .. } => None,
                };
                let anywhere = anywhere.iter().map(|row| known(lexicon, row)).collect();
                Weighed::Row { units: known(lexicon, units).into(), anywhere, weight }
            }
            Self::Unscored(query) => Weighed::Unscored(query.weight(unscored(scoring))?),
        })
    }
}

/// A part of a query of one index; without a weight it does not score.
pub(super) enum Weighed {
    Word(WeighedWord),
    Row { units: Arc<Known>, anywhere: Vec<Known>, weight: Option<Bm25Weight> },
    Unscored(Box<dyn Weight>),
}

/// Documents that are known to hold a unit in any field tell enough of one field, if they are no more than so many times
/// those that hold it there.
const MAX_SURPLUS: u32 = 2;

/// The engine's length of a text in a field that says nothing of it.
const NO_LENGTH: u8 = 1;

impl Weighed {
    /// `None` where no document of the segment holds it. `order` is its place in the query.
    pub(super) fn open(
        &self,
        segment: &InSegment,
        boost: Score,
        order: usize,
        deadline: Deadline,
    ) -> tantivy::Result<Option<Stream>> {
        let mut among: Option<Bits> = None;
        let mut add = |set: Option<Arc<DocBits>>| match (set.map(Bits::new), &mut among) {
            (Some(bits), Some(among)) => among.and(bits),
            (Some(bits), among) => *among = Some(bits),
            (None, _) => {}
        };
        let mut terms = Vec::new();
        let (held, size, weight) = match self {
            Self::Word(word) => {
                let size = segment.documents(&word.entry)?;
                if size == 0 {
                    return Ok(None);
                }
                add(segment.set(std::iter::once(&word.entry), deadline)?);
                if among.is_none() {
                    terms.push(Arc::clone(&word.entry));
                }
                let lengths = segment.reader().get_fieldnorms_reader(word.field)?;
                let held = Held::Word { entry: Arc::clone(&word.entry), lengths, postings: Lazy::Closed(()) };
                (held, size, word.weight.as_ref())
            }
            Self::Row { units, anywhere, weight } => {
                let size = frequency_of_row(segment, units)?;
                if size == 0 {
                    return Ok(None);
                }
                for (number, (_, entry)) in units.iter().enumerate() {
                    let set = segment.set(anywhere.iter().map(|row| &row[number].1), deadline)?;
                    let documents = segment.documents(entry)?;
                    let is_near = |set: &Arc<DocBits>| set.count() <= documents.saturating_mul(MAX_SURPLUS);
                    if !set.as_ref().is_some_and(is_near) {
                        terms.push(Arc::clone(entry));
                    }
                    add(set);
                }
                (Held::Row(Lazy::Closed(Arc::clone(units))), size, weight.as_ref())
            }
            Self::Unscored(query) => {
                let scorer = query.scorer(segment.reader(), 1.0)?;
                let size = scorer.size_hint();
                (Held::Unscored(scorer), size, None)
            }
        };
        let weight = weight.map(|weight| weight.boost_by(boost));
        // the engine's own most is that of the longest text, and a short one may score more
        let most = weight.as_ref().map_or(0.0, |weight| weight.score(0, u32::MAX));
        Ok(Some(Stream {
            held,
            among,
            terms,
            gone_through: Vec::new(),
            listed: Listed::default(),
            other: Listed::default(),
            mask: [0; _],
            weight,
            size,
            most,
            order,
            is_here: false,
            here: 0.0,
        }))
    }
}

/// Documents that are looked for together, a multiple of 64: what is written for so many stays in the processor's cache.
pub(super) const WINDOW: DocId = 8192;
/// Documents of a window, a bit for each.
pub(super) type Mask = [u64; WINDOW as usize / 64];

/// Documents of a window, and how often each holds a part, at most.
#[derive(Default)]
struct Listed {
    docs: Vec<DocId>,
    frequencies: Vec<u32>,
    at: usize,
}

impl Listed {
    fn clear(&mut self) {
        self.docs.clear();
        self.frequencies.clear();
        self.at = 0;
    }

    /// HOT: leaves those that `other` holds, too.
    fn meet(&mut self, other: &Self) {
        let (mut kept, mut at) = (0, 0);
        for i in 0..self.docs.len() {
            let doc = self.docs[i];
            at += other.docs[at..].iter().take_while(|&&other| other < doc).count();
            if other.docs.get(at) == Some(&doc) {
                self.docs[kept] = doc;
                self.frequencies[kept] = self.frequencies[i].min(other.frequencies[at]);
                kept += 1;
            }
        }
        self.docs.truncate(kept);
        self.frequencies.truncate(kept);
    }

    /// HOT: marks these in `mask`, and no others. Windows begin at multiples of their length.
    fn mark(&self, mask: &mut Mask) {
        mask.fill(0);
        for doc in &self.docs {
            let place = doc % WINDOW;
            mask[place as usize / 64] |= 1 << (place % 64);
        }
    }

    /// HOT: how often `doc` holds it; `None` for one that is not listed. What is asked rises.
    fn frequency(&mut self, doc: DocId) -> Option<u32> {
        self.at += self.docs[self.at..].iter().take_while(|&&other| other < doc).count();
        (self.docs.get(self.at) == Some(&doc)).then(|| self.frequencies[self.at])
    }
}

/// What tells of one document after the other whether it holds a part; opened when it is first asked.
enum Held {
    Word { entry: Arc<Entry>, lengths: FieldNormReader, postings: Lazy<(), Box<Postings>> },
    Row(Lazy<Arc<Known>, Row>),
    Unscored(Box<dyn Scorer>),
}

/// A part in one segment, with what is known of its scores.
pub(super) struct Stream {
    held: Held,
    /// No other document holds it, where that is known.
    among: Option<Bits>,
    /// Terms that it takes, but for those of which `among` tells enough; until it begins.
    terms: Vec<Arc<Entry>>,
    /// Postings of these, where they are gone through.
    gone_through: Vec<Postings>,
    /// What these hold of the window.
    listed: Listed,
    /// Room to work in.
    other: Listed,
    /// Those documents of the window that may hold it.
    mask: Mask,
    weight: Option<Bm25Weight>,
    /// Documents that hold it, at most.
    pub(super) size: u32,
    /// No document scores more.
    pub(super) most: Score,
    /// Place among the parts of the query.
    pub(super) order: usize,
    /// Whether the candidate holds it, and what that scores, at most.
    pub(super) is_here: bool,
    pub(super) here: Score,
}

impl Stream {
    /// To be called before it is asked for windows: opens the postings that are gone through. One that stands `beside` so many
    /// documents, if that is said, goes through these only if they are few: documents are looked for by others.
    pub(super) fn begin(&mut self, segment: &InSegment, beside: Option<u32>) {
        /// To look a document up costs as much as to go through so many postings.
        const LOOK: u32 = 8;
        let most = beside.unwrap_or(u32::MAX).min(self.size).saturating_mul(LOOK);
        let documents = |entry: &Arc<Entry>| sure(segment.documents(entry));
        self.terms.sort_by_key(documents);
        for entry in self.terms.drain(..).filter(|entry| documents(entry) <= most) {
            self.gone_through.extend(sure(segment.postings(&entry)).map(|postings| *postings));
        }
    }

    /// The first document at or after `target`, where no window was yet, that may hold it.
    pub(super) fn first_from(&mut self, target: DocId) -> DocId {
        match (self.gone_through.first_mut(), &self.among, &mut self.held) {
            (Some(postings), ..) => postings.seek(target),
            (None, Some(among), _) => among.first_from(target),
            (None, None, Held::Unscored(scorer)) => seek(scorer, target),
            (None, None, _) => target,
        }
    }

    /// HOT: moves to a window that lies behind those before it. Whether documents are looked for by it is said.
    pub(super) fn move_to(&mut self, window: &Range<DocId>, is_needed: bool) {
        self.listed.clear();
        let Listed { docs, frequencies, .. } = &mut self.listed;
        match (&mut self.held, self.gone_through.split_first_mut()) {
            // it does not score: where documents are looked for by others, it is of no use
            (Held::Unscored(scorer), _) => {
                let mut doc = if is_needed { seek(scorer, window.start) } else { TERMINATED };
                while doc < window.end {
                    docs.push(doc);
                    frequencies.push(1);
                    doc = scorer.advance();
                }
                self.listed.mark(&mut self.mask);
            }
            (_, Some((first, others))) => {
                first.list(window.clone(), docs, frequencies);
                for postings in others {
                    self.other.clear();
                    postings.list(window.clone(), &mut self.other.docs, &mut self.other.frequencies);
                    self.listed.meet(&self.other);
                }
                self.listed.mark(&mut self.mask);
            }
            (_, None) => self.mask = [u64::MAX; _],
        }
        if let Some(among) = &self.among {
            among.keep(window.start, &mut self.mask);
        }
    }

    /// Those documents of the window that may hold it.
    pub(super) fn mask(&self) -> &Mask {
        &self.mask
    }

    /// HOT: looks at the document at `place` of the window by its bit.
    pub(super) fn glance(&mut self, place: DocId) {
        let place = place % WINDOW;
        self.is_here = self.mask[place as usize / 64] & (1 << (place % 64)) != 0;
        self.here = if self.is_here { self.most } else { 0.0 };
    }

    /// HOT: looks at `doc`, which may hold it, by what is listed. What is asked rises.
    pub(super) fn look(&mut self, doc: DocId) {
        let length = match &self.held {
            Held::Word { lengths, .. } => lengths.fieldnorm_id(doc),
            Held::Row(_) | Held::Unscored(_) => NO_LENGTH,
        };
        // a row stands nowhere more often than its rarest unit
        if let (Some(weight), Some(frequency)) = (&self.weight, self.listed.frequency(doc)) {
            self.here = weight.score(length, frequency);
        }
    }

    /// The same by postings that were not listed.
    pub(super) fn look_up(&mut self, doc: DocId, segment: &InSegment, deadline: Deadline) {
        let (length, frequency) = match &mut self.held {
            Held::Word { entry, lengths, postings } if self.gone_through.is_empty() => {
                let postings = postings.get(|()| segment.postings(entry));
                let frequency =
                    |postings: &mut Box<Postings>| (postings.seek(doc) == doc).then(|| postings.frequency());
                (lengths.fieldnorm_id(doc), postings.and_then(frequency))
            }
            Held::Row(row) => {
                let row = row.get(|units| Row::open(segment, units, deadline));
                (NO_LENGTH, row.and_then(|row| (row.probe(doc) == doc).then(|| row.most_starts())))
            }
            Held::Word { .. } | Held::Unscored(_) => return,
        };
        self.is_here = frequency.is_some();
        self.here =
            self.weight.as_ref().zip(frequency).map_or(0.0, |(weight, frequency)| weight.score(length, frequency));
    }

    /// Reads positions, where only these tell, in the document that was [looked up](Self::look_up).
    pub(super) fn look_closely(&mut self) {
        if let Held::Row(Lazy::Open(Some(row))) = &mut self.held
            && row.len() > 1
        {
            let count = row.starts().len() as u32;
            self.is_here = count > 0;
            self.here = self.weight.as_ref().filter(|_| count > 0).map_or(0.0, |weight| weight.score(NO_LENGTH, count));
        }
    }
}

/// Leaves in `mask` what is in `other`, too.
pub(super) fn meet(mask: &mut Mask, other: &Mask) {
    mask.iter_mut().zip(other).for_each(|(word, other)| *word &= other);
}
