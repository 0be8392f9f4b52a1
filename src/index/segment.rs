//! One segment in the making: articles come in, files of the engine come out.
//!
//! Postings are kept in the order in which they come, as one list of term numbers for each field. When the segment is
//! full, each list is turned round by counting, and written term by term. Memory is thus filled and read in order, where a
//! table of one growing list for each term would jump about in it.
//!
//! Articles of about the same length stand together, in the order in which they came. The engine writes positions in blocks
//! of 128, each number as wide as the largest of its block, and how large that is depends on where the longest article ends.

use std::collections::HashMap;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use foldhash::fast::RandomState;
use tantivy::directory::TerminatingWrite;
use tantivy::fastfield::FastFieldsWriter;
use tantivy::fieldnorm::{FieldNormReader, FieldNormReaders, FieldNormsSerializer, FieldNormsWriter};
use tantivy::index::{SegmentComponent, SegmentMeta};
use tantivy::indexer::DocIdMapping;
use tantivy::postings::{FieldSerializer, InvertedIndexSerializer};
use tantivy::schema::{Field, IndexRecordOption, Schema};
use tantivy::store::StoreWriter;
use tantivy::{DocId, Index, Segment};

use super::document::{all_category_terms, columns, stored};
use super::schema::Fields;
use crate::analysis::segmenter::WordTable;
use crate::analysis::units::Unit;
use crate::analysis::words::Term;
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
    /// By article, in the order in which they came.
    articles: Vec<Kept>,
    /// Their stored forms until the order of all is known, one after the other, in pieces.
    stored: Vec<Vec<u8>>,
}

/// Bytes of a piece of stored articles, unless a single one has more. One piece for all would move as it grows, and the
/// allocator keeps the room that it leaves: 100 MB in the course of a million articles.
const PIECE_BYTES: usize = 1 << 20;

/// What is kept of an article.
struct Kept {
    /// Where its stored form is: the piece, and bytes of this.
    piece: usize,
    bytes: Range<usize>,
    /// Bits of its largest position.
    position_bits: u32,
}

impl SegmentBuilder {
    /// Begins a segment.
    pub(crate) fn new(index: &Index, fields: Fields, analyzer: &Analyzer) -> tantivy::Result<Self> {
        let segment = index.new_segment();
        let schema = index.schema();
        let indexed = schema.fields().filter(|(_, entry)| entry.is_indexed());
        let postings = indexed.map(|(field, entry)| {
            let known = match analyzer.table() {
                Some(table) if [fields.text, fields.title].contains(&field) => Known::Words(Arc::clone(table)),
                _ if [fields.title_units, fields.body_units].contains(&field) => Known::Han,
                _ => Known::Nothing,
            };
            let option = entry.field_type().index_record_option().unwrap_or(IndexRecordOption::Basic);
            Postings::new(field, option, Terms::new(known))
        });
        Ok(Self {
            postings: postings.collect(),
            norms: FieldNormsWriter::for_schema(&schema),
            columns: FastFieldsWriter::from_schema_and_tokenizer_manager(
                &schema,
                index.fast_field_tokenizer().clone(),
            )?,
            articles: Vec::new(),
            stored: Vec::new(),
            analyzer: analyzer.clone(),
            fields,
            schema,
            segment,
        })
    }

    /// Adds an article with its stored form.
    pub(crate) fn add(&mut self, article: &Article, stored: &[u8]) -> tantivy::Result<()> {
        let fields = self.fields;
        let number = self.articles.len() as DocId;
        let title = self.analyzer.analyze(&article.title);
        let body = self.analyzer.analyze(article.body.as_str());
        let places = [fields.title, fields.text].map(|field| self.place_of(field));
        let [in_title, in_text] = self.postings.get_disjoint_mut(places).expect("title and text are two fields");
        title.each_term(|term| {
            in_title.push_term(term);
            in_text.push_term(term);
        });
        body.each_term(|term| in_text.push_term(term));
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
        for postings in &mut self.postings {
            let tokens = postings.end_article();
            self.norms.record(number, postings.field, tokens);
        }
        self.columns.add_document(&columns(&fields, article))?;
        if self.stored.last().is_none_or(|piece| piece.capacity() - piece.len() < stored.len()) {
            self.stored.push(Vec::with_capacity(stored.len().max(PIECE_BYTES)));
        }
        let piece = self.stored.len() - 1;
        let start = self.stored[piece].len();
        self.stored[piece].extend_from_slice(stored);
        let position_bits = body.units.last().map_or(0, |unit| u32::BITS - unit.position.leading_zeros());
        self.articles.push(Kept { piece, bytes: start..start + stored.len(), position_bits });
        Ok(())
    }

    /// Bytes of memory that the segment takes until it is written, those for turning its largest field round included.
    pub(crate) fn bytes(&self) -> usize {
        let tokens = self.postings.iter().map(|postings| postings.tokens.len()).max().unwrap_or(0);
        let turned = tokens * size_of::<(DocId, u32)>();
        let kept: usize = self.postings.iter().map(Postings::bytes).sum();
        let stored: usize = self.stored.iter().map(Vec::capacity).sum();
        let articles = self.articles.capacity() * size_of::<Kept>();
        kept + turned + articles + stored + self.columns.mem_usage() + self.norms.mem_usage()
    }

    /// Writes the segment.
    pub(crate) fn finish(mut self) -> tantivy::Result<SegmentMeta> {
        let count = self.articles.len() as DocId;
        let mut order: Vec<DocId> = (0..count).collect();
        order.sort_by_key(|&article| self.articles[article as usize].position_bits);
        let mapping = DocIdMapping::new_permutation(order.clone())?;
        self.norms.fill_up_to_max_doc(count);
        let norms = FieldNormsSerializer::from_write(self.segment.open_write(SegmentComponent::FieldNorms)?)?;
        self.norms.serialize(norms, Some(&mapping))?;
        let norms = FieldNormReaders::open(self.segment.open_read(SegmentComponent::FieldNorms)?)?;
        let mut serializer = InvertedIndexSerializer::open(&self.segment)?;
        for postings in self.postings {
            if !postings.tokens.is_empty() {
                let norms = norms.get_field(postings.field)?;
                postings.write(&mut serializer, norms, &order)?;
            }
        }
        serializer.close()?;
        let mut columns = self.segment.open_write(SegmentComponent::FastFields)?;
        self.columns.serialize(&mut columns, Some(&mapping))?;
        columns.terminate()?;
        let settings = self.segment.index().settings();
        let mut store = StoreWriter::new(
            self.segment.open_write(SegmentComponent::Store)?,
            settings.docstore_compression,
            settings.docstore_blocksize,
            false,
        )?;
        for article in order {
            let Kept { piece, bytes, .. } = &self.articles[article as usize];
            store.store(&stored(&self.fields, &self.stored[*piece][bytes.clone()]), &self.schema)?;
        }
        store.close()?;
        Ok(self.segment.with_max_doc(count).meta().clone())
    }

    fn postings_of(&mut self, field: Field) -> &mut Postings {
        let place = self.place_of(field);
        &mut self.postings[place]
    }

    fn place_of(&self, field: Field) -> usize {
        let place = self.postings.iter().position(|postings| postings.field == field);
        place.expect("every field of the schema that is asked for has postings")
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
    const fn new(field: Field, option: IndexRecordOption, terms: Terms) -> Self {
        Self { field, option, terms, tokens: Vec::new(), ends: Vec::new() }
    }

    /// Adds a token to the current article.
    fn push(&mut self, term: &[u8]) {
        let number = self.terms.number(term);
        self.tokens.push(number);
    }

    /// Adds a word of a field whose known terms are [`Known::Words`].
    fn push_term(&mut self, term: Term<'_>) {
        match term {
            Term::Known(number) => self.tokens.push(number),
            Term::Other(text) => self.push(text.as_bytes()),
        }
    }

    /// Adds every unit of a text to the current article, of a field whose known terms are [`Known::Han`], if any.
    fn push_units(&mut self, text: &Analyzed) {
        let mut before = None;
        for unit in &text.units {
            let after_break = before.is_some_and(|before| unit.breaks_from(before));
            let number = self.terms.number(text.unit_text(unit).as_bytes());
            self.tokens.push(if after_break { number | AFTER_BREAK } else { number });
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
        size_of::<u32>() * (self.tokens.capacity() + self.ends.capacity() + self.terms.len()) + self.terms.bytes()
    }

    /// Writes the postings term by term, of the articles in this order.
    fn write(
        self,
        serializer: &mut InvertedIndexSerializer,
        norms: Option<FieldNormReader>,
        order: &[DocId],
    ) -> io::Result<()> {
        let field = serializer.new_field(self.field, self.tokens.len() as u64, norms)?;
        if self.option.has_positions() {
            self.write_as::<(DocId, u32)>(field, order)
        } else {
            self.write_as::<DocId>(field, order)
        }
    }

    fn write_as<P: Place>(self, mut field: FieldSerializer<'_>, order: &[DocId]) -> io::Result<()> {
        let (places, starts) = self.turned::<P>(order);
        let mut deltas = Vec::new();
        let places_of = |number: u32| starts[number as usize] as usize..starts[number as usize + 1] as usize;
        let stands_somewhere = |number| !places_of(number).is_empty();
        self.terms.try_for_each_sorted(stands_somewhere, |term, number| {
            write_term(&mut field, term, &places[places_of(number)], self.option.has_freq(), &mut deltas)
        })?;
        field.close()
    }

    /// The places of every token, those of each term together and in order, and where those of each term start, with the
    /// end of the last.
    fn turned<P: Place>(&self, order: &[DocId]) -> (Vec<P>, Vec<u32>) {
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
        for (article, &number) in (0..).zip(order) {
            let mut position = 0;
            for &token in self.tokens_of(number) {
                position += token / AFTER_BREAK;
                let next: &mut u32 = &mut starts[(token % AFTER_BREAK) as usize + 1];
                places[*next as usize] = P::new(article, position);
                *next += 1;
                position += Unit::STEP;
            }
        }
        (places, starts)
    }

    /// The tokens of the article `number`, in the order in which they came.
    fn tokens_of(&self, number: DocId) -> &[u32] {
        let number = number as usize;
        let start = if number == 0 { 0 } else { self.ends[number - 1] };
        &self.tokens[start as usize..self.ends[number] as usize]
    }
}

fn write_term<P: Place>(
    field: &mut FieldSerializer<'_>,
    term: &[u8],
    places: &[P],
    has_frequencies: bool,
    deltas: &mut Vec<u32>,
) -> io::Result<()> {
    // counted where one article follows another: side by side, without a look at how many places each has
    let follows = |(a, b): &(&P, &P)| a.article() != b.article();
    let articles = 1 + places.iter().zip(&places[1..]).filter(follows).count();
    field.new_term(term, articles as u32, has_frequencies)?;
    for places in places.chunk_by(|a, b| a.article() == b.article()) {
        let frequency = if has_frequencies { places.len() as u32 } else { 0 };
        deltas.clear();
        let mut before = 0;
        let positions = places.iter().filter_map(|place| place.position());
        deltas.extend(positions.map(|position| position - std::mem::replace(&mut before, position)));
        field.write_doc(places[0].article(), frequency, deltas);
    }
    field.close_term()
}

/// The terms of a field and their numbers: first those that are known beforehand, then the others in the order in which
/// they come.
struct Terms {
    known: Known,
    others: HashMap<Box<[u8]>, u32, RandomState>,
    /// Bytes of the texts of `others`.
    others_bytes: usize,
}

/// Terms that have a number without a look into memory: nearly all of a text.
enum Known {
    /// None.
    Nothing,
    /// The words of the dictionary, by their numbers there.
    Words(Arc<WordTable>),
    /// The characters from [`FIRST_HAN`] to [`LAST_HAN`], by their places in Unicode.
    Han,
}

/// The block that holds all but rare characters (Unicode, CJK Unified Ideographs).
const FIRST_HAN: char = '\u{4E00}';
const LAST_HAN: char = '\u{9FFF}';

impl Known {
    fn len(&self) -> u32 {
        match self {
            Self::Nothing => 0,
            Self::Words(table) => table.len(),
            Self::Han => u32::from(LAST_HAN) - u32::from(FIRST_HAN) + 1,
        }
    }

    /// Hands over those terms whose numbers are wanted, in the order of their bytes, which is that of their numbers.
    fn try_for_each<E>(
        &self,
        wanted: impl Fn(u32) -> bool,
        mut take: impl FnMut(&[u8], u32) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut numbers = (0..self.len()).filter(|&number| wanted(number));
        match self {
            Self::Nothing => Ok(()),
            Self::Words(table) => numbers.try_for_each(|number| take(table.text(number).as_bytes(), number)),
            Self::Han => numbers.try_for_each(|number| {
                let c = char::from_u32(u32::from(FIRST_HAN) + number).expect("the block holds characters only");
                take(c.encode_utf8(&mut [0; 4]).as_bytes(), number)
            }),
        }
    }
}

/// Number among [`Known::Han`] of the character that a term is.
fn han_number(term: &[u8]) -> Option<u32> {
    let &[a, b, c] = term else { return None };
    let code = u32::from(a & 0x0F) << 12 | u32::from(b & 0x3F) << 6 | u32::from(c & 0x3F);
    // three bytes that are no character begin with less
    let is_han = a >= 0xE0 && (u32::from(FIRST_HAN)..=u32::from(LAST_HAN)).contains(&code);
    is_han.then(|| code - u32::from(FIRST_HAN))
}

impl Terms {
    fn new(known: Known) -> Self {
        Self { known, others: HashMap::default(), others_bytes: 0 }
    }

    fn len(&self) -> usize {
        self.known.len() as usize + self.others.len()
    }

    fn number(&mut self, term: &[u8]) -> u32 {
        if matches!(self.known, Known::Han)
            && let Some(number) = han_number(term)
        {
            return number;
        }
        if let Some(&number) = self.others.get(term) {
            return number;
        }
        let number = self.len() as u32;
        self.others_bytes += term.len();
        self.others.insert(term.into(), number);
        number
    }

    /// Hands over the terms in the order of their bytes, each with its number; of those known beforehand only what is wanted,
    /// which most are not.
    fn try_for_each_sorted<E>(
        &self,
        wanted: impl Fn(u32) -> bool,
        mut take: impl FnMut(&[u8], u32) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut others: Vec<(&[u8], u32)> = self.others.iter().map(|(term, &number)| (&**term, number)).collect();
        others.sort_unstable();
        let mut others = others.into_iter().peekable();
        self.known.try_for_each(wanted, |known, number| {
            while let Some((term, number)) = others.next_if(|(term, _)| *term < known) {
                take(term, number)?;
            }
            take(known, number)
        })?;
        others.try_for_each(|(term, number)| take(term, number))
    }

    fn bytes(&self) -> usize {
        // beside each entry, the table keeps one byte
        self.others.capacity() * (size_of::<(Box<[u8]>, u32)>() + 1) + self.others_bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::dictionary::Dictionary;
    use crate::article::{ArticleId, PlainText};
    use crate::index::document::{article_of_bytes, store};
    use crate::index::schema::{ID, schema};
    use proptest::prelude::*;
    use tantivy::{DocSet, TERMINATED, Term as IndexTerm};

    #[track_caller]
    fn check(known: Known, words: &[String]) {
        let mut terms = Terms::new(known);
        let known = terms.len();
        let numbers: Vec<u32> = words.iter().map(|word| terms.number(word.as_bytes())).collect();
        let mut sorted = Vec::new();
        let collected: Result<(), ()> = terms.try_for_each_sorted(
            |_| true,
            |term, number| {
                sorted.push((term.to_vec(), number));
                Ok(())
            },
        );
        collected.unwrap();
        assert_eq!(sorted.len(), terms.len());
        assert!(sorted.is_sorted_by(|a, b| a.0 < b.0), "in order and each once");
        for (word, number) in words.iter().zip(numbers) {
            assert!(sorted.contains(&(word.clone().into_bytes(), number)), "{word} {number} of {known}");
        }
    }

    proptest! {
        #[test]
        fn terms_come_back_in_the_order_of_their_bytes(words in prop::collection::vec("[ab中国一鿿\u{0}]{1,12}", 0..30)) {
            check(Known::Nothing, &words);
            check(Known::Han, &words);
        }
    }

    #[test]
    fn words_of_the_dictionary_stand_between_the_others() {
        let table = Arc::new(Dictionary::default().whole());
        let words = ["a", "〇", "区块链 云", "龘靐", "zz"].map(str::to_owned);
        check(Known::Words(Arc::clone(&table)), &words);
        assert_eq!(table.text(table.len() - 1).chars().count(), 1);
    }

    /// Long and short articles in turn, in an index of one segment, the way `length_of` tells.
    fn indexed(length_of: fn(u64) -> usize) -> (tantivy::Searcher, Fields) {
        let (schema, fields) = schema();
        let index = Index::create_in_ram(schema);
        let analyzer = Analyzer::for_articles(Arc::new(Dictionary::default()));
        let mut segment = SegmentBuilder::new(&index, fields, &analyzer).unwrap();
        for number in 0..600 {
            let article = Article {
                id: ArticleId::from_u64(number),
                path: "a.jsonl".to_owned(),
                title: format!("第{number}篇"),
                body: PlainText::from_lines(&format!("{}桥", "路".repeat(length_of(number)))),
                author: None,
                date: None,
                categories: Vec::new(),
                url: None,
            };
            segment.add(&article, &store(&article).0).unwrap();
        }
        let mut writer: tantivy::IndexWriter = index.writer_with_num_threads(1, 15_000_000).unwrap();
        writer.add_segment(segment.finish().unwrap()).unwrap();
        writer.commit().unwrap();
        (index.reader().unwrap().searcher(), fields)
    }

    #[test]
    fn whatever_the_order_of_articles_their_parts_belong_together() {
        let (searcher, fields) = indexed(|number| [300, 3, 40][number as usize % 3]);
        let segment = searcher.segment_reader(0);
        let (stored, ids) = (segment.get_store_reader(1).unwrap(), segment.fast_fields().u64(ID).unwrap());
        let lengths = segment.get_fieldnorms_reader(fields.text).unwrap();
        for doc in 0..segment.max_doc() {
            let article = article_of_bytes(&fields, &stored.get_document_bytes(doc).unwrap()).unwrap();
            assert_eq!(ids.first(doc), Some(article.id.to_u64()));
            assert_eq!(lengths.fieldnorm(doc) > 250, article.body.as_str().chars().count() > 250, "{doc}");
            let number = IndexTerm::from_field_text(fields.title_units, &article.id.to_u64().to_string());
            let index = segment.inverted_index(fields.title_units).unwrap();
            let mut postings = index.read_postings(&number, IndexRecordOption::Basic).unwrap().unwrap();
            assert_eq!((postings.doc(), postings.advance()), (doc, TERMINATED));
        }
    }

    #[test]
    fn short_articles_have_narrow_positions_among_long_ones() {
        let bytes_of_bridge = |length_of| {
            let (searcher, fields) = indexed(length_of);
            let index = searcher.segment_reader(0).inverted_index(fields.body_units).unwrap();
            index
                .get_term_info(&IndexTerm::from_field_text(fields.body_units, "桥"))
                .unwrap()
                .unwrap()
                .positions_range
                .len()
        };
        let sorted = bytes_of_bridge(|number| if number < 300 { 3 } else { 300 });
        assert_eq!(bytes_of_bridge(|number| if number % 2 == 0 { 3 } else { 300 }), sorted);
    }
}
