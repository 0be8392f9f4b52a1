//! One segment in the making: articles come in, files of the engine come out.
//!
//! Postings are kept in the order in which they come, as one list of term numbers for each field. When the segment is
//! full, each list is turned round by counting, and written term by term. Memory is thus filled and read in order, where a
//! table of one growing list for each term would jump about in it.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::io;

use foldhash::fast::RandomState;
use tantivy::directory::TerminatingWrite;
use tantivy::fastfield::FastFieldsWriter;
use tantivy::fieldnorm::{FieldNormReader, FieldNormReaders, FieldNormsSerializer, FieldNormsWriter};
use tantivy::index::{SegmentComponent, SegmentMeta};
use tantivy::postings::{FieldSerializer, InvertedIndexSerializer};
use tantivy::schema::{Field, IndexRecordOption, Schema};
use tantivy::store::StoreWriter;
use tantivy::{DocId, Index, Segment};

use super::document::{all_category_terms, columns};
use super::schema::Fields;
use crate::analysis::units::Unit;
use crate::analysis::words::Word;
use crate::analysis::{Analyzed, Analyzer};
use crate::article::Article;

/// Collects the articles of one segment.
pub(crate) struct SegmentBuilder {
    segment: Segment,
    schema: Schema,
    fields: Fields,
    analyzer: Analyzer,
    /// In the order of their fields in the schema.
    postings: Vec<Postings>,
    norms: FieldNormsWriter,
    columns: FastFieldsWriter,
    store: StoreWriter,
    articles: DocId,
    run: u64,
}

impl SegmentBuilder {
    /// Begins a segment; `run` tells its articles from those of earlier runs.
    pub(crate) fn new(index: &Index, fields: Fields, analyzer: &Analyzer, run: u64) -> tantivy::Result<Self> {
        let segment = index.new_segment();
        let schema = index.schema();
        let settings = index.settings();
        let store = StoreWriter::new(
            segment.open_write(SegmentComponent::Store)?,
            settings.docstore_compression,
            settings.docstore_blocksize,
            false,
        )?;
        let indexed = schema.fields().filter(|(_, entry)| entry.is_indexed());
        let postings = indexed.map(|(field, entry)| {
            Postings::new(field, entry.field_type().index_record_option().unwrap_or(IndexRecordOption::Basic))
        });
        Ok(Self {
            postings: postings.collect(),
            norms: FieldNormsWriter::for_schema(&schema),
            columns: FastFieldsWriter::from_schema_and_tokenizer_manager(
                &schema,
                index.fast_field_tokenizer().clone(),
            )?,
            store,
            articles: 0,
            run,
            analyzer: analyzer.clone(),
            fields,
            schema,
            segment,
        })
    }

    /// Adds an article with its stored form.
    pub(crate) fn add(&mut self, article: &Article, stored: &[u8]) -> tantivy::Result<()> {
        let fields = self.fields;
        let title = self.analyzer.analyze(&article.title);
        let body = self.analyzer.analyze(article.body.as_str());
        let title_words = title.words_in_any_order();
        self.postings_of(fields.text).push_words(&title_words);
        self.postings_of(fields.title).push_words(&title_words);
        self.postings_of(fields.text).push_words(&body.words_in_any_order());
        self.postings_of(fields.title_units).push_units(&title);
        self.postings_of(fields.body_units).push_units(&body);
        for (field, text) in [(fields.author, &article.author), (fields.url, &article.url)] {
            if let Some(text) = text {
                let analyzed = self.analyzer.analyze(text);
                self.postings_of(field).push_units(&analyzed);
            }
        }
        for term in all_category_terms(&article.categories) {
            self.postings_of(fields.category).push(term.as_bytes());
        }
        self.postings_of(fields.id).push(&article.id.to_u64().to_be_bytes());
        let run = self.run.to_be_bytes();
        self.postings_of(fields.run).push(&run);
        for postings in &mut self.postings {
            let tokens = postings.end_article();
            self.norms.record(self.articles, postings.field, tokens);
        }
        let document = columns(&fields, article, stored);
        self.columns.add_document(&document)?;
        self.store.store(&document, &self.schema)?;
        self.articles += 1;
        Ok(())
    }

    /// Bytes of memory that the segment takes until it is written, those for turning its largest field round included.
    pub(crate) fn bytes(&self) -> usize {
        let tokens = self.postings.iter().map(|postings| postings.tokens.len()).max().unwrap_or(0);
        let turned = tokens * size_of::<(DocId, u32)>();
        let kept: usize = self.postings.iter().map(Postings::bytes).sum();
        kept + turned + self.columns.mem_usage() + self.norms.mem_usage() + self.store.mem_usage()
    }

    /// Writes the segment.
    pub(crate) fn finish(mut self) -> tantivy::Result<SegmentMeta> {
        self.norms.fill_up_to_max_doc(self.articles);
        let norms = FieldNormsSerializer::from_write(self.segment.open_write(SegmentComponent::FieldNorms)?)?;
        self.norms.serialize(norms, None)?;
        let norms = FieldNormReaders::open(self.segment.open_read(SegmentComponent::FieldNorms)?)?;
        let mut serializer = InvertedIndexSerializer::open(&self.segment)?;
        for postings in self.postings {
            if !postings.tokens.is_empty() {
                let norms = norms.get_field(postings.field)?;
                postings.write(&mut serializer, norms)?;
            }
        }
        serializer.close()?;
        let mut columns = self.segment.open_write(SegmentComponent::FastFields)?;
        self.columns.serialize(&mut columns, None)?;
        columns.terminate()?;
        self.store.close()?;
        Ok(self.segment.with_max_doc(self.articles).meta().clone())
    }

    fn postings_of(&mut self, field: Field) -> &mut Postings {
        let at = self.postings.iter().position(|postings| postings.field == field);
        &mut self.postings[at.expect("every field of the schema that is asked for has postings")]
    }
}

/// Where a token stands.
trait Place: Copy + Default {
    fn new(article: DocId, position: u32) -> Self;
    fn article(self) -> DocId;
    fn position(self) -> Option<u32>;
}

/// In a field that keeps positions.
impl Place for (DocId, u32) {
    fn new(article: DocId, position: u32) -> Self {
        (article, position)
    }
    fn article(self) -> DocId {
        self.0
    }
    fn position(self) -> Option<u32> {
        Some(self.1)
    }
}

/// In a field that keeps none.
impl Place for DocId {
    fn new(article: DocId, _: u32) -> Self {
        article
    }
    fn article(self) -> DocId {
        self
    }
    fn position(self) -> Option<u32> {
        None
    }
}

/// Marks a token whose position is one more than the token before alone would give: one that follows a break.
const AFTER_BREAK: u32 = 1 << 31;

/// The postings of one field, in the order in which they came.
struct Postings {
    field: Field,
    option: IndexRecordOption,
    terms: Terms,
    /// The number of each token's term, with [`AFTER_BREAK`].
    tokens: Vec<u32>,
    /// Where the tokens of each article end.
    ends: Vec<u32>,
}

impl Postings {
    fn new(field: Field, option: IndexRecordOption) -> Self {
        Self { field, option, terms: Terms::default(), tokens: Vec::new(), ends: Vec::new() }
    }

    /// Adds a token to the current article.
    fn push(&mut self, term: &[u8]) {
        let number = self.terms.number(term);
        self.tokens.push(number);
    }

    fn push_words(&mut self, words: &[Word<'_>]) {
        // the looks into memory of the first pass do not wait for each other, those of the second find it near
        words.iter().for_each(|word| self.terms.touch(word.term.as_bytes()));
        words.iter().for_each(|word| self.push(word.term.as_bytes()));
    }

    /// Adds every unit of a text to the current article.
    fn push_units(&mut self, text: &Analyzed) {
        let mut before = None;
        for unit in &text.units {
            self.push(text.unit_text(unit).as_bytes());
            if before.is_some_and(|before| unit.breaks_from(before)) {
                *self.tokens.last_mut().expect("it was just pushed") |= AFTER_BREAK;
            }
            before = Some(unit);
        }
    }

    /// Ends the current article; gives the number of its tokens.
    fn end_article(&mut self) -> u32 {
        let start = self.ends.last().copied().unwrap_or(0);
        let end = u32::try_from(self.tokens.len()).expect("a segment is full long before it has 2³² tokens");
        self.ends.push(end);
        end - start
    }

    fn bytes(&self) -> usize {
        4 * (self.tokens.capacity() + self.ends.capacity() + self.terms.len()) + self.terms.bytes()
    }

    /// Writes the postings term by term.
    fn write(self, serializer: &mut InvertedIndexSerializer, norms: Option<FieldNormReader>) -> io::Result<()> {
        let field = serializer.new_field(self.field, self.tokens.len() as u64, norms)?;
        if self.option.has_positions() { self.write_as::<(DocId, u32)>(field) } else { self.write_as::<DocId>(field) }
    }

    fn write_as<P: Place>(self, mut field: FieldSerializer<'_>) -> io::Result<()> {
        let (places, starts) = self.turned::<P>();
        let mut deltas = Vec::new();
        self.terms.try_for_each_sorted(|term, number| {
            let number = number as usize;
            let places = &places[starts[number] as usize..starts[number + 1] as usize];
            write_term(&mut field, term, places, self.option.has_freq(), &mut deltas)
        })?;
        field.close()
    }

    /// The places of every token, those of each term together and in order, and where those of each term start, with the
    /// end of the last.
    fn turned<P: Place>(&self) -> (Vec<P>, Vec<u32>) {
        // counted two places on and summed up, the start of a term stands one place on; filling moves it to the term's end,
        // which is the start of the next term, and so where that belongs
        let mut starts = vec![0; self.terms.len() + 2];
        for token in &self.tokens {
            starts[(token % AFTER_BREAK) as usize + 2] += 1;
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut places = vec![P::default(); self.tokens.len()];
        let mut first = 0;
        for (article, &end) in (0..).zip(&self.ends) {
            let mut position = 0;
            for &token in &self.tokens[first..end as usize] {
                position += token / AFTER_BREAK;
                let next: &mut u32 = &mut starts[(token % AFTER_BREAK) as usize + 1];
                places[*next as usize] = P::new(article, position);
                *next += 1;
                position += Unit::STEP;
            }
            first = end as usize;
        }
        (places, starts)
    }
}

fn write_term(
    field: &mut FieldSerializer<'_>,
    term: &[u8],
    places: &[impl Place],
    has_frequencies: bool,
    deltas: &mut Vec<u32>,
) -> io::Result<()> {
    let articles = || places.chunk_by(|a, b| a.article() == b.article());
    field.new_term(term, articles().count() as u32, has_frequencies)?;
    for places in articles() {
        let frequency = if has_frequencies { places.len() as u32 } else { 0 };
        deltas.clear();
        let mut before = 0;
        let positions = places.iter().filter_map(|place| place.position());
        deltas.extend(positions.map(|position| position - std::mem::replace(&mut before, position)));
        field.write_doc(places[0].article(), frequency, deltas);
    }
    field.close_term()
}

/// The terms of a field, numbered in the order in which they came. Short ones are kept as numbers that hold their bytes,
/// so that finding one takes a single look into memory.
#[derive(Default)]
struct Terms {
    /// Numbers of single Chinese characters, plus one, from [`FIRST_HAN`] on; empty before the first. Nearly all units and
    /// a third of all words are found here without a search.
    han: Vec<u32>,
    han_len: usize,
    /// Other terms of up to [`SHORT_BYTES`] bytes, as [`short`] numbers: most words.
    short: ShortTerms,
    /// Terms of up to [`MIDDLE_BYTES`] bytes, as [`middle`] numbers.
    middle: HashMap<u128, u32, RandomState>,
    long: HashMap<Box<[u8]>, u32, RandomState>,
    /// Bytes of the texts of `long`.
    long_bytes: usize,
}

/// The block that holds all but rare characters (Unicode, CJK Unified Ideographs).
const FIRST_HAN: char = '\u{4E00}';
const LAST_HAN: char = '\u{9FFF}';
const SHORT_BYTES: usize = 7;
const MIDDLE_BYTES: usize = 15;

/// The bytes of a term, zeros up to [`SHORT_BYTES`], and the number of its bytes.
fn short(term: &[u8]) -> u64 {
    let mut bytes = [0; SHORT_BYTES + 1];
    bytes[..term.len()].copy_from_slice(term);
    bytes[SHORT_BYTES] = term.len() as u8;
    u64::from_be_bytes(bytes)
}

/// The first bytes of a term, zeros up to [`MIDDLE_BYTES`], and the number of its bytes as far as they fit. In the order
/// of these numbers, terms stand as in the order of their bytes, but for those that agree in all that fits.
fn middle(term: &[u8]) -> u128 {
    let mut bytes = [0; MIDDLE_BYTES + 1];
    let fitting = term.len().min(MIDDLE_BYTES);
    bytes[..fitting].copy_from_slice(&term[..fitting]);
    bytes[MIDDLE_BYTES] = term.len().min(MIDDLE_BYTES + 1) as u8;
    u128::from_be_bytes(bytes)
}

/// The [`middle`] number of the term with a [`short`] number.
fn middle_of_short(short: u64) -> u128 {
    let [text @ .., len] = short.to_be_bytes();
    middle(&text[..usize::from(len)])
}

/// Place in [`Terms::han`] of the character that a term is.
fn han_place(term: &[u8]) -> Option<usize> {
    let &[a, b, c] = term else { return None };
    let code = u32::from(a & 0x0F) << 12 | u32::from(b & 0x3F) << 6 | u32::from(c & 0x3F);
    // three bytes that are no character begin with less
    let is_han = a >= 0xE0 && (u32::from(FIRST_HAN)..=u32::from(LAST_HAN)).contains(&code);
    is_han.then(|| (code - u32::from(FIRST_HAN)) as usize)
}

impl Terms {
    fn len(&self) -> usize {
        self.han_len + self.short.len + self.middle.len() + self.long.len()
    }

    fn number(&mut self, term: &[u8]) -> u32 {
        let next = self.len() as u32;
        if let Some(place) = han_place(term) {
            if self.han.is_empty() {
                self.han = vec![0; LAST_HAN as usize - FIRST_HAN as usize + 1];
            }
            let number = &mut self.han[place];
            if *number == 0 {
                *number = next + 1;
                self.han_len += 1;
            }
            return *number - 1;
        }
        if term.len() <= SHORT_BYTES {
            return self.short.number_or_insert(short(term), next);
        }
        if term.len() <= MIDDLE_BYTES {
            return *self.middle.entry(middle(term)).or_insert(next);
        }
        self.long.get(term).copied().unwrap_or_else(|| {
            self.long_bytes += term.len();
            self.long.insert(term.into(), next);
            next
        })
    }

    /// Brings the memory near that [`Terms::number`] will look into.
    fn touch(&self, term: &[u8]) {
        if term.len() <= SHORT_BYTES && han_place(term).is_none() {
            std::hint::black_box(self.short.slots[self.short.place(short(term))].0);
        }
    }

    /// Hands over the terms in the order of their bytes, each with its number.
    fn try_for_each_sorted<E>(&self, mut take: impl FnMut(&[u8], u32) -> Result<(), E>) -> Result<(), E> {
        let han = (FIRST_HAN..=LAST_HAN).zip(&self.han).filter(|(_, number)| **number != 0);
        let han = han.map(|(c, number)| (middle(c.encode_utf8(&mut [0; 4]).as_bytes()), [].as_slice(), number - 1));
        let filled = self.short.slots.iter().filter(|(short, _)| *short != 0);
        let short = filled.map(|&(short, number)| (middle_of_short(short), [].as_slice(), number));
        let others = self.middle.iter().map(|(&middle, &number)| (middle, [].as_slice(), number));
        let long = self.long.iter().map(|(term, &number)| (middle(term), &**term, number));
        let mut terms: Vec<(u128, &[u8], u32)> = han.chain(short).chain(others).chain(long).collect();
        terms.sort_unstable();
        terms.into_iter().try_for_each(|(middle, long, number)| {
            let bytes = middle.to_be_bytes();
            let whole = bytes.get(..usize::from(bytes[MIDDLE_BYTES])).filter(|_| long.is_empty());
            take(whole.unwrap_or(long), number)
        })
    }

    fn bytes(&self) -> usize {
        // beside each entry, the tables of the library keep one byte
        self.han.len() * size_of::<u32>()
            + self.short.slots.len() * size_of::<(u64, u32)>()
            + self.middle.capacity() * (size_of::<(u128, u32)>() + 1)
            + self.long.capacity() * (size_of::<(Box<[u8]>, u32)>() + 1)
            + self.long_bytes
    }
}

/// A table with open addressing from [`short`] numbers to the numbers of terms, keys and values side by side.
struct ShortTerms {
    /// A power of two of them, at most half of them filled; 0 is no short number, for no term is empty.
    slots: Vec<(u64, u32)>,
    len: usize,
    /// Odd and drawn by chance, so that no text can be written whose terms all fall on one place. The upper bits of the
    /// product are the hash (Dietzfelbinger and others 1997).
    factor: u64,
}

impl Default for ShortTerms {
    fn default() -> Self {
        Self { slots: vec![(0, 0); 1 << 10], len: 0, factor: RandomState::default().hash_one(0) | 1 }
    }
}

impl ShortTerms {
    fn place(&self, short: u64) -> usize {
        (short.wrapping_mul(self.factor) >> (u64::BITS - self.slots.len().trailing_zeros())) as usize
    }

    /// The slot that holds `short`, or the free one where it belongs.
    fn slot(&mut self, short: u64) -> &mut (u64, u32) {
        let mut at = self.place(short);
        while self.slots[at].0 != short && self.slots[at].0 != 0 {
            at = (at + 1) & (self.slots.len() - 1);
        }
        &mut self.slots[at]
    }

    fn number_or_insert(&mut self, short: u64, next: u32) -> u32 {
        let slot = self.slot(short);
        if slot.0 == short {
            return slot.1;
        }
        *slot = (short, next);
        self.len += 1;
        if self.len * 2 > self.slots.len() {
            let larger = vec![(0, 0); self.slots.len() * 2];
            for filled in std::mem::replace(&mut self.slots, larger).into_iter().filter(|slot| slot.0 != 0) {
                *self.slot(filled.0) = filled;
            }
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn terms_come_back_in_the_order_of_their_bytes(words in prop::collection::vec("[ab中国一鿿\u{0}]{1,12}", 0..60)) {
            let mut terms = Terms::default();
            let numbers: Vec<u32> = words.iter().map(|word| terms.number(word.as_bytes())).collect();
            let mut sorted = Vec::new();
            let collected: Result<(), ()> = terms.try_for_each_sorted(|term, number| {
                sorted.push((term.to_vec(), number));
                Ok(())
            });
            collected.unwrap();
            let mut expected: Vec<_> = words.iter().map(|word| word.clone().into_bytes()).zip(numbers).collect();
            expected.sort();
            expected.dedup();
            prop_assert_eq!(sorted, expected);
        }
    }
}
