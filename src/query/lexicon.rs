//! What the term dictionaries of the segments say of terms, kept: up to three queries of one search and its ranking ask for
//! the same terms, and so do the searches after it, for Chinese news is written in few thousand characters.
//!
//! Knows one commit of an index. What is kept is bounded, whatever is asked.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use foldhash::fast::RandomState;
use tantivy::index::SegmentId;
use tantivy::postings::{SegmentPostings, TermInfo};
use tantivy::query::Bm25StatisticsProvider;
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{SegmentReader, Term};

/// Terms are kept for so many segments in all: some 8 MB.
const MAX_KEPT: usize = 1 << 17;

/// The terms of an index. Serves as the engine's statistics.
pub(crate) struct Lexicon {
    segments: Vec<SegmentReader>,
    ids: Arc<[SegmentId]>,
    kept: Mutex<Kept>,
    tokens: Mutex<HashMap<Field, u64, RandomState>>,
}

/// Terms in two generations: when the younger is full, it takes the place of the elder, so that what is asked for often
/// stays.
#[derive(Default)]
struct Kept {
    younger: HashMap<Term, Arc<Entry>, RandomState>,
    elder: HashMap<Term, Arc<Entry>, RandomState>,
}

impl Lexicon {
    pub(crate) fn new(segments: &[SegmentReader]) -> Self {
        let ids = segments.iter().map(SegmentReader::segment_id).collect();
        Self { segments: segments.to_vec(), ids, kept: Mutex::default(), tokens: Mutex::default() }
    }

    /// The entry of `term`, whether or not any segment holds it. Reads nothing.
    pub(crate) fn entry(&self, term: &Term) -> Arc<Entry> {
        // what is kept is whole at any moment
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = kept.younger.get(term) {
            return Arc::clone(entry);
        }
        let entry = kept.elder.remove(term).unwrap_or_else(|| Arc::new(Entry::new(term, &self.ids)));
        if kept.younger.len() >= MAX_KEPT / 2 / self.ids.len().max(1) {
            kept.elder = std::mem::take(&mut kept.younger);
        }
        kept.younger.insert(term.clone(), Arc::clone(&entry));
        entry
    }

    /// The number of documents that hold the term of `entry`, deleted ones included.
    pub(crate) fn documents(&self, entry: &Entry) -> tantivy::Result<u64> {
        if let Some(&known) = entry.documents.get() {
            return Ok(known);
        }
        let holding = |(ordinal, segment)| Ok(entry.info_at(ordinal, segment)?.map_or(0, |info| u64::from(info.doc_freq)));
        let all = self.segments.iter().enumerate().map(holding).sum::<io::Result<u64>>()?;
        Ok(*entry.documents.get_or_init(|| all))
    }
}

impl Bm25StatisticsProvider for Lexicon {
    fn total_num_tokens(&self, field: Field) -> tantivy::Result<u64> {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(&known) = tokens.get(&field) {
            return Ok(known);
        }
        let in_segment = |segment: &SegmentReader| Ok(segment.inverted_index(field)?.total_num_tokens());
        let all = self.segments.iter().map(in_segment).sum::<tantivy::Result<u64>>()?;
        tokens.insert(field, all);
        Ok(all)
    }

    fn total_num_docs(&self) -> tantivy::Result<u64> {
        Ok(self.segments.iter().map(|segment| u64::from(segment.max_doc())).sum())
    }

    fn doc_freq(&self, term: &Term) -> tantivy::Result<u64> {
        self.documents(&self.entry(term))
    }
}

/// A term, and in each segment where its postings are; looked up when that is first asked for.
pub(crate) struct Entry {
    term: Term,
    ids: Arc<[SegmentId]>,
    infos: Box<[OnceLock<Option<TermInfo>>]>,
    documents: OnceLock<u64>,
}

impl Entry {
    fn new(term: &Term, ids: &Arc<[SegmentId]>) -> Self {
        let infos = ids.iter().map(|_| OnceLock::new()).collect();
        Self { term: term.clone(), ids: Arc::clone(ids), infos, documents: OnceLock::new() }
    }

    pub(crate) fn term(&self) -> &Term {
        &self.term
    }

    /// What `segment`, one of those of the lexicon, says of the term; `None` where no document holds it.
    fn info(&self, segment: &SegmentReader) -> io::Result<Option<&TermInfo>> {
        let id = segment.segment_id();
        let ordinal = self.ids.iter().position(|&known| known == id).expect("a query runs over the index it was made for");
        self.info_at(ordinal, segment)
    }

    fn info_at(&self, ordinal: usize, segment: &SegmentReader) -> io::Result<Option<&TermInfo>> {
        let info = &self.infos[ordinal];
        if let Some(known) = info.get() {
            return Ok(known.as_ref());
        }
        let index = segment.inverted_index(self.term.field()).map_err(io::Error::other)?;
        let found = index.get_term_info(&self.term)?;
        Ok(info.get_or_init(|| found).as_ref())
    }

    /// Whether a document of `segment` holds the term.
    pub(crate) fn is_in(&self, segment: &SegmentReader) -> io::Result<bool> {
        Ok(self.info(segment)?.is_some())
    }

    /// The postings of the term in `segment`; `None` where no document holds it.
    pub(crate) fn postings(
        &self,
        segment: &SegmentReader,
        option: IndexRecordOption,
    ) -> tantivy::Result<Option<SegmentPostings>> {
        let Some(info) = self.info(segment)? else { return Ok(None) };
        Ok(Some(segment.inverted_index(self.term.field())?.read_postings_from_terminfo(info, option)?))
    }
}
