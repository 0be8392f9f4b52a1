//! What the term dictionaries of the segments say of terms, kept: up to three queries of one search and its ranking ask for
//! the same terms, and so do the searches after it, for Chinese news is written in few thousand characters. Of those that
//! are frequent, and of filters, the documents are kept, too ([`kept`](super::kept)).
//!
//! Knows one commit of an index. What is kept is bounded, whatever is asked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use foldhash::fast::RandomState;
use tantivy::postings::TermInfo;
use tantivy::query::{Bm25StatisticsProvider, Query as EngineQuery};
use tantivy::schema::Field;
use tantivy::{SegmentReader, Term};

use super::ast::Query;
use super::deadline::Deadline;
use super::kept::{DocBits, KeptDocs, KeptQuery, Key};
use super::postings::{Lists, Postings};

/// Terms are kept for so many segments in all: some 8 MB.
const MAX_KEPT: usize = 1 << 17;

/// The terms of an index. Serves as the engine's statistics.
pub(crate) struct Lexicon {
    segments: Vec<SegmentReader>,
    /// The postings of each.
    lists: Vec<Lists>,
    kept: Mutex<Kept>,
    tokens: Mutex<HashMap<Field, u64, RandomState>>,
    docs: KeptDocs,
}

/// Terms in two generations: when the younger is full, it takes the place of the elder, so that what is asked for often
/// stays.
#[derive(Default)]
struct Kept {
    younger: HashMap<Term, Arc<Entry>, RandomState>,
    elder: HashMap<Term, Arc<Entry>, RandomState>,
    /// Entries that were ever made.
    entries: u64,
}

/// A term, and in each segment where its postings are; looked up when that is first asked for.
pub(crate) struct Entry {
    /// No other entry of the lexicon has it; from 1 on.
    number: u64,
    term: Term,
    infos: Box<[OnceLock<Option<TermInfo>>]>,
    documents: OnceLock<u64>,
}

impl Lexicon {
    pub(crate) fn new(segments: &[SegmentReader]) -> Self {
        let lists = segments.iter().map(|_| Lists::default()).collect();
        let docs = KeptDocs::new(segments);
        Self { segments: segments.to_vec(), lists, kept: Mutex::default(), tokens: Mutex::default(), docs }
    }

    /// To be called when a search begins: what one search asks for more than once is not kept for that.
    pub(crate) fn begin_search(&self) {
        self.docs.begin_search();
    }

    /// Finds what `engine` finds, which is what `filter`, a part of a query that does not score, asks for.
    pub(crate) fn filter(
        &self,
        filter: &Query,
        engine: Box<dyn EngineQuery>,
        deadline: Deadline,
    ) -> Box<dyn EngineQuery> {
        let sets = serde_json::to_string(filter).ok().and_then(|tree| self.docs.sets(Key::Filter(tree)));
        match sets {
            Some(sets) => Box::new(KeptQuery { engine: engine.into(), sets, deadline }),
            None => engine,
        }
    }

    /// The entry of `term`, whether or not any segment holds it. Reads nothing.
    pub(crate) fn entry(&self, term: &Term) -> Arc<Entry> {
        // what is kept is whole at any moment
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = kept.younger.get(term) {
            return Arc::clone(entry);
        }
        let known = kept.elder.remove(term);
        let new = || {
            let infos = self.segments.iter().map(|_| OnceLock::new()).collect();
            kept.entries += 1;
            Arc::new(Entry { number: kept.entries, term: term.clone(), infos, documents: OnceLock::new() })
        };
        let entry = known.unwrap_or_else(new);
        if kept.younger.len() >= MAX_KEPT / 2 / self.segments.len().max(1) {
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
        let holding = |ordinal| Ok(self.info(entry, ordinal)?.map_or(0, |info| u64::from(info.doc_freq)));
        let all = (0..self.segments.len()).map(holding).sum::<tantivy::Result<u64>>()?;
        Ok(*entry.documents.get_or_init(|| all))
    }

    fn info<'e>(&self, entry: &'e Entry, ordinal: usize) -> tantivy::Result<Option<&'e TermInfo>> {
        let info = &entry.infos[ordinal];
        if let Some(known) = info.get() {
            return Ok(known.as_ref());
        }
        let found = self.segments[ordinal].inverted_index(entry.term.field())?.get_term_info(&entry.term)?;
        Ok(info.get_or_init(|| found).as_ref())
    }

    /// What it says of `segment`, one of those that it was made of.
    pub(crate) fn in_segment(self: &Arc<Self>, segment: &SegmentReader) -> InSegment {
        let id = segment.segment_id();
        let ordinal = self.segments.iter().position(|known| known.segment_id() == id);
        InSegment { lexicon: Arc::clone(self), ordinal: ordinal.expect("a query asks the index it was made for") }
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

/// One segment, with what is known of its terms.
#[derive(Clone)]
pub(crate) struct InSegment {
    lexicon: Arc<Lexicon>,
    ordinal: usize,
}

impl InSegment {
    pub(crate) fn reader(&self) -> &SegmentReader {
        &self.lexicon.segments[self.ordinal]
    }

    /// The number of documents of the segment that hold the term, deleted ones included.
    pub(crate) fn documents(&self, entry: &Entry) -> tantivy::Result<u32> {
        Ok(self.lexicon.info(entry, self.ordinal)?.map_or(0, |info| info.doc_freq))
    }

    /// The documents that hold one of some terms, where these are frequent, and a search before this one asked for them. None
    /// are looked for once `deadline` has passed.
    pub(crate) fn set<'e>(
        &self,
        entries: impl Iterator<Item = &'e Arc<Entry>> + Clone,
        deadline: Deadline,
    ) -> tantivy::Result<Option<Arc<DocBits>>> {
        let holding = entries.clone().map(|entry| self.documents(entry));
        let holding = holding.sum::<tantivy::Result<u32>>()?;
        let docs = &self.lexicon.docs;
        if !docs.is_frequent(holding, self.reader().max_doc()) {
            return Ok(None);
        }
        let key = Key::terms(entries.clone().map(|entry| entry.number));
        let Some(sets) = key.and_then(|key| docs.sets(key)) else { return Ok(None) };
        let kept = &sets[self.ordinal].1;
        if let Some(set) = kept.get() {
            return Ok(Some(Arc::clone(set)));
        }
        if deadline.has_passed() {
            return Ok(None);
        }
        let mut words = DocBits::room(self.reader().max_doc());
        for entry in entries {
            let Some(mut postings) = self.postings(entry)? else { continue };
            postings.advance_block();
            while !postings.rest_of_block().is_empty() {
                DocBits::insert(&mut words, postings.rest_of_block());
                postings.advance_block();
            }
        }
        Ok(Some(Arc::clone(kept.get_or_init(|| Arc::new(DocBits::new(words))))))
    }

    /// The postings of the term; `None` where no document of the segment holds it.
    pub(crate) fn postings(&self, entry: &Entry) -> tantivy::Result<Option<Box<Postings>>> {
        let Some(info) = self.lexicon.info(entry, self.ordinal)? else { return Ok(None) };
        let lists = &self.lexicon.lists[self.ordinal];
        Ok(Some(lists.open(self.reader(), entry.term.field(), info)?))
    }
}

#[cfg(test)]
mod tests {
    use tantivy::doc;
    use tantivy::query::Bm25StatisticsProvider;

    use super::*;

    fn index() -> (tantivy::Searcher, Field) {
        let mut schema = tantivy::schema::Schema::builder();
        let field = schema.add_text_field("text", tantivy::schema::TEXT);
        let index = tantivy::Index::create_in_ram(schema.build());
        let mut writer: tantivy::IndexWriter = index.writer_with_num_threads(1, 15_000_000).unwrap();
        writer.set_merge_policy(Box::new(tantivy::indexer::NoMergePolicy));
        for texts in [["a b", "b"], ["b c", "c"]] {
            for text in texts {
                writer.add_document(doc!(field => text)).unwrap();
            }
            writer.commit().unwrap();
        }
        (index.reader().unwrap().searcher(), field)
    }

    #[test]
    fn says_what_the_engine_says() {
        let (searcher, field) = index();
        let lexicon = Arc::new(Lexicon::new(searcher.segment_readers()));
        for text in ["a", "b", "c", "d"] {
            let term = Term::from_field_text(field, text);
            assert_eq!(lexicon.doc_freq(&term).unwrap(), searcher.doc_freq(&term).unwrap(), "{text}");
            for segment in searcher.segment_readers() {
                let index = segment.inverted_index(field).unwrap();
                let here = lexicon.in_segment(segment);
                let entry = lexicon.entry(&term);
                assert_eq!(here.documents(&entry).unwrap(), index.doc_freq(&term).unwrap(), "{text}");
                let postings = here.postings(&entry).unwrap();
                assert_eq!(postings.is_some(), index.doc_freq(&term).unwrap() > 0, "{text}");
            }
        }
        assert_eq!(lexicon.total_num_tokens(field).unwrap(), searcher.total_num_tokens(field).unwrap());
        assert_eq!(lexicon.total_num_docs().unwrap(), 4);
    }

    #[test]
    fn what_is_kept_is_bounded_and_what_is_asked_for_often_stays() {
        let (searcher, field) = index();
        let lexicon = Lexicon::new(searcher.segment_readers());
        let often = Term::from_field_text(field, "often");
        let entry = lexicon.entry(&often);
        for number in 0..MAX_KEPT {
            lexicon.entry(&Term::from_field_text(field, &number.to_string()));
            if number % 1000 == 0 {
                assert!(Arc::ptr_eq(&entry, &lexicon.entry(&often)));
            }
        }
        let kept = lexicon.kept.lock().unwrap();
        assert!((kept.younger.len() + kept.elder.len()) * searcher.segment_readers().len() <= MAX_KEPT);
        drop(kept);
        let rare = Arc::clone(&lexicon.entry(&Term::from_field_text(field, "0")));
        assert_eq!(lexicon.documents(&rare).unwrap(), 0);
    }
}
