//! Documents kept as bits: those that hold a frequent term, and those that a filter finds. Chinese news is written with a
//! thousand frequent characters, and a section or a span of dates is asked for again and again. Whether a document is among
//! them takes a look at one bit then, where the postings of the term have to be decoded block by block.
//!
//! Knows one commit of an index. Nothing is kept of what a single search asks for: a fresh process reads what it needs, and
//! no more. What is kept is bounded, whatever is asked.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use foldhash::fast::RandomState;
use tantivy::index::SegmentId;
use tantivy::query::{EnableScoring, Explanation, Query as EngineQuery, Scorer, Weight};
use tantivy::{DocId, DocSet, Score, SegmentReader, TERMINATED};

use super::deadline::Deadline;
use super::exact::explain_match;

/// Bytes that are kept at most. With a million documents, a set takes 125 kB, and about 900 characters are
/// [frequent](KeptDocs::is_frequent).
const MAX_BYTES: usize = 128 << 20;
/// Sets that are kept at most, where they are small.
const MAX_SETS: usize = 1 << 14;

/// Terms of a set: a unit in the title, in the body, or the word that it is.
const MAX_TERMS: usize = 3;

/// What the documents of a set have in common.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Key {
    /// One of these terms, by their numbers in the lexicon; the rest are 0.
    Terms([u64; MAX_TERMS]),
    /// What a filter asks for, see [`Filter`](super::exact::Way::Filter): its tree as JSON.
    Filter(String),
}

impl Key {
    /// `None` for too many terms.
    pub(super) fn terms(numbers: impl Iterator<Item = u64>) -> Option<Self> {
        let mut terms = [0; MAX_TERMS];
        for (place, number) in numbers.enumerate() {
            *terms.get_mut(place)? = number;
        }
        Some(Self::Terms(terms))
    }
}

/// For each segment, a set of documents; made when it is first asked for.
pub(super) type Sets = Arc<[(SegmentId, OnceLock<Arc<DocBits>>)]>;

/// The documents of an index that searches ask for.
pub(super) struct KeptDocs {
    segments: Vec<(SegmentId, u32)>,
    documents: usize,
    searches: AtomicU64,
    asked: Mutex<HashMap<Key, Asked, RandomState>>,
}

struct Asked {
    /// Numbers of the searches that asked for it first and last.
    first: u64,
    last: u64,
    sets: Sets,
}

impl KeptDocs {
    pub(super) fn new(segments: &[SegmentReader]) -> Self {
        let segments: Vec<_> = segments.iter().map(|segment| (segment.segment_id(), segment.max_doc())).collect();
        let documents = segments.iter().map(|(_, documents)| *documents as usize).sum();
        Self { segments, documents, searches: AtomicU64::new(0), asked: Mutex::default() }
    }

    /// To be called when a search begins.
    pub(super) fn begin_search(&self) {
        self.searches.fetch_add(1, Ordering::Relaxed);
    }

    /// The documents of `key`, if a search before this one asked for them.
    pub(super) fn sets(&self, key: Key) -> Option<Sets> {
        let now = self.searches.load(Ordering::Relaxed);
        // what is kept is whole at any moment
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = asked.get_mut(&key) {
            known.last = now;
            return (known.first != now).then(|| Arc::clone(&known.sets));
        }
        if asked.len() >= self.room() {
            // a quarter at once, for this looks at all
            let mut last: Vec<u64> = asked.values().map(|known| known.last).collect();
            let quarter = last.len() / 4;
            let oldest = *last.select_nth_unstable(quarter).1;
            asked.retain(|_, known| known.last > oldest);
        }
        let sets = self.segments.iter().map(|(segment, _)| (*segment, OnceLock::new())).collect();
        asked.insert(key, Asked { first: now, last: now, sets });
        None
    }

    /// Sets that may be kept.
    fn room(&self) -> usize {
        (MAX_BYTES / (self.documents / 8).max(1)).clamp(1, MAX_SETS)
    }

    /// Whether terms that `holding` of `documents` hold are worth a set: the frequent ones are asked for most often and cost
    /// most, and all that count as such have room.
    pub(super) fn is_frequent(&self, holding: u32, documents: u32) -> bool {
        let share = (self.room() / 64).clamp(2, 256);
        holding as usize * share >= documents as usize
    }
}

/// Finds what `engine`, a filter, finds. Scores are 0.
#[derive(Debug, Clone)]
pub(super) struct KeptQuery {
    pub(super) engine: Arc<dyn EngineQuery>,
    pub(super) sets: Sets,
    pub(super) deadline: Deadline,
}

impl EngineQuery for KeptQuery {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        let engine = self.engine.weight(scoring)?;
        Ok(Box::new(KeptWeight { engine, sets: Arc::clone(&self.sets), deadline: self.deadline }))
    }
}

struct KeptWeight {
    engine: Box<dyn Weight>,
    sets: Sets,
    deadline: Deadline,
}

impl Weight for KeptWeight {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let id = reader.segment_id();
        let Some((_, kept)) = self.sets.iter().find(|(segment, _)| *segment == id) else {
            return self.engine.scorer(reader, boost);
        };
        if let Some(set) = kept.get() {
            return Ok(Box::new(Bits::new(Arc::clone(set))));
        }
        let mut found = self.engine.scorer(reader, boost)?;
        let mut words = DocBits::room(reader.max_doc());
        while found.doc() != TERMINATED {
            DocBits::insert(&mut words, &[found.doc()]);
            found.advance();
        }
        let set = Arc::new(DocBits::new(words));
        // what was cut short is not all
        if !self.deadline.has_passed() {
            kept.get_or_init(|| Arc::clone(&set));
        }
        Ok(Box::new(Bits::new(set)))
    }

    fn explain(&self, reader: &SegmentReader, doc: DocId) -> tantivy::Result<Explanation> {
        explain_match(self, reader, doc, "a filter")
    }
}

/// A set of documents of a segment, a bit for each.
#[derive(Debug)]
pub(crate) struct DocBits {
    words: Box<[u64]>,
    count: u32,
}

impl DocBits {
    /// Words for so many documents, none of them in the set.
    pub(super) fn room(documents: DocId) -> Vec<u64> {
        vec![0; documents.div_ceil(64) as usize]
    }

    /// HOT: puts `docs` into the set that `words` are.
    pub(super) fn insert(words: &mut [u64], docs: &[DocId]) {
        for &doc in docs {
            words[doc as usize / 64] |= 1 << (doc % 64);
        }
    }

    pub(super) fn new(words: Vec<u64>) -> Self {
        let count = words.iter().map(|word| word.count_ones()).sum();
        Self { words: words.into(), count }
    }

    /// How many there are.
    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// HOT: whether `doc`, one of the segment, is in the set.
    pub(crate) fn contains(&self, doc: DocId) -> bool {
        self.words[doc as usize / 64] & (1 << (doc % 64)) != 0
    }
}

/// The documents of a segment that are in every one of some sets, at least one.
pub(super) struct Bits {
    /// The smallest first.
    sets: Vec<Arc<DocBits>>,
    doc: DocId,
}

impl Bits {
    pub(super) fn new(set: Arc<DocBits>) -> Self {
        let mut bits = Self { sets: vec![set], doc: 0 };
        bits.doc = bits.first_from(0);
        bits
    }

    /// Leaves those that are in `other`, too.
    pub(super) fn and(&mut self, other: Self) {
        for set in other.sets {
            // strings have characters in common
            if !self.sets.iter().any(|known| Arc::ptr_eq(known, &set)) {
                self.sets.push(set);
            }
        }
        self.sets.sort_by_key(|set| set.count);
        self.doc = self.first_from(self.doc);
    }

    /// HOT.
    pub(super) fn contains(&self, doc: DocId) -> bool {
        self.sets.iter().all(|set| set.contains(doc))
    }

    /// HOT: takes those out of `mask`, a bit for each document from `start` on, that are not in every set. `start` is a
    /// multiple of 64.
    pub(super) fn keep(&self, start: DocId, mask: &mut [u64]) {
        for set in &self.sets {
            let words = set.words.get(start as usize / 64..).unwrap_or_default();
            let (known, behind) = mask.split_at_mut(words.len().min(mask.len()));
            known.iter_mut().zip(words).for_each(|(kept, word)| *kept &= word);
            behind.fill(0);
        }
    }

    /// The first at or after `from`, and the end of the stretch from there on that is worth a look at once.
    pub(super) fn stretch(&self, from: DocId) -> (DocId, DocId) {
        /// Documents of a stretch: some kilobytes of their numbers.
        const LENGTH: DocId = 4096;
        let first = self.first_from(from);
        (first, first.saturating_add(LENGTH).min(TERMINATED))
    }

    /// HOT: appends those of `stretch`.
    pub(super) fn collect(&self, stretch: Range<DocId>, docs: &mut Vec<DocId>) {
        let mut doc = self.first_from(stretch.start);
        while doc < stretch.end {
            let place = doc / 64;
            let mut rest = self.word(place) & from_on(doc);
            while rest != 0 {
                docs.push(place * 64 + rest.trailing_zeros());
                rest &= rest - 1;
            }
            doc = self.first_from((place + 1) * 64);
        }
        while docs.last().is_some_and(|&doc| doc >= stretch.end) {
            docs.pop();
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> u32 {
        (0..self.words()).map(|place| self.word(place).count_ones()).sum()
    }

    fn words(&self) -> u32 {
        self.sets[0].words.len() as u32
    }

    /// The documents from `place` times 64 on.
    fn word(&self, place: u32) -> u64 {
        self.sets.iter().fold(u64::MAX, |word, set| word & set.words[place as usize])
    }

    /// HOT: the first document at or after `target`.
    pub(super) fn first_from(&self, target: DocId) -> DocId {
        let place = target / 64;
        if place >= self.words() {
            return TERMINATED;
        }
        let first = |place: u32, word: u64| (word != 0).then(|| place * 64 + word.trailing_zeros());
        let later = || (place + 1..self.words()).find_map(|place| first(place, self.word(place)));
        first(place, self.word(place) & from_on(target)).or_else(later).unwrap_or(TERMINATED)
    }
}

/// The bits of `doc` and those behind it in its word.
fn from_on(doc: DocId) -> u64 {
    u64::MAX << (doc % 64)
}

impl DocSet for Bits {
    fn advance(&mut self) -> DocId {
        self.seek(self.doc.saturating_add(1))
    }

    fn seek(&mut self, target: DocId) -> DocId {
        self.doc = self.first_from(target);
        self.doc
    }

    fn doc(&self) -> DocId {
        self.doc
    }

    fn size_hint(&self) -> u32 {
        self.sets[0].count
    }
}

impl Scorer for Bits {
    fn score(&mut self) -> Score {
        0.0
    }
}
