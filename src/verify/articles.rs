//! Compares every stored article, analysed anew, with what the index holds of it.
//!
//! An index is ordered by terms and an article is not, so the two are compared by sums: each token (a term, where it
//! stands and how often) has a hash, and the hashes of all tokens of an article in a field are added up, once from the
//! postings and once from the stored text. The sums are equal when the tokens are; that they are equal otherwise has a
//! chance of 1 in 2⁶⁴ for each article and field. What this needs of memory is one number for each article and field,
//! whatever the length of the texts.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use tantivy::columnar::{Column, StrColumn};
use tantivy::fieldnorm::FieldNormReader;
use tantivy::postings::Postings;
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, DocSet, SegmentReader, TERMINATED, TantivyDocument, TantivyError};
use xxhash_rust::xxh3::xxh3_64;

use super::{Damage, DamageKind, Inspection, Share, in_parallel};
use crate::analysis::{Analyzed, Analyzer};
use crate::article::{Article, ArticleId};
use crate::error::Error;
use crate::index::ArticleIndex;
use crate::index::document::{all_category_terms, all_prefixes, article, store};
use crate::index::manifest::Manifest;
use crate::index::schema::{AUTHOR_NAME, CATEGORY_PATH, DATE, Fields, ID, schema};

/// Articles that a thread compares at a time.
const ARTICLES_OF_TASK: u32 = 512;

/// Compares all articles of the index, and these with the manifest; adds their number and what does not agree.
pub(super) fn compare(
    index: &ArticleIndex,
    manifest: &Manifest,
    analyzer: &Analyzer,
    threads: usize,
    progress: &(dyn Fn(f64) + Sync),
    inspection: &mut Inspection,
) -> Result<(), Error> {
    let searcher = index.reader()?.searcher();
    let fields = Indexed::all();
    // both halves take about the same time
    let all: u64 = searcher.segment_readers().iter().map(|segment| u64::from(segment.max_doc())).sum();
    let share = Share::new(2 * all * fields.len() as u64, progress);
    let listed = Listed::of(manifest);
    listed.repeated().for_each(|damage| inspection.add(damage));
    for segment in searcher.segment_readers() {
        let sums = in_parallel(threads, fields.len(), &|at| {
            let sums = sums_of_postings(segment, &fields[at]);
            share.add(u64::from(segment.max_doc()));
            sums
        });
        let sums = sums.into_iter().collect::<Result<Vec<_>, Error>>()?;
        let tasks = segment.max_doc().div_ceil(ARTICLES_OF_TASK) as usize;
        let compared = in_parallel(threads, tasks, &|task| {
            let first = task as u32 * ARTICLES_OF_TASK;
            let docs = first..segment.max_doc().min(first + ARTICLES_OF_TASK);
            share.add(u64::from(ARTICLES_OF_TASK) * fields.len() as u64);
            Comparison { segment, handles: &index.fields, fields: &fields, sums: &sums, analyzer, listed: &listed }
                .of_articles(docs)
        });
        for found in compared {
            inspection.add_all(found?);
        }
    }
    listed.lost().for_each(|damage| inspection.add(damage));
    inspection.articles = searcher.num_docs();
    Ok(())
}

/// The articles of the manifest, sorted by id.
struct Listed {
    /// Id and content hash.
    articles: Vec<(ArticleId, u64)>,
    /// Which of them the index has.
    met: Vec<AtomicBool>,
}

impl Listed {
    fn of(manifest: &Manifest) -> Self {
        let ids = manifest.files.iter().flat_map(|(path, file)| file.ids(path));
        let mut articles: Vec<(ArticleId, u64)> = ids.collect();
        articles.sort_unstable();
        let met = articles.iter().map(|_| AtomicBool::new(false)).collect();
        Self { articles, met }
    }

    fn repeated(&self) -> impl Iterator<Item = Damage> {
        let repeated = self.articles.windows(2).filter(|pair| pair[0].0 == pair[1].0);
        repeated.map(|pair| Damage::of_article(pair[0].0, ID, DamageKind::Repeated))
    }

    /// Notes that the index has an article, and tells what is wrong about that.
    fn meet(&self, id: ArticleId, hash: u64) -> Option<DamageKind> {
        let Ok(at) = self.articles.binary_search_by_key(&id, |(id, _)| *id) else { return Some(DamageKind::Unlisted) };
        if self.met[at].swap(true, Ordering::Relaxed) {
            return Some(DamageKind::Repeated);
        }
        (self.articles[at].1 != hash).then_some(DamageKind::Stored)
    }

    fn lost(&self) -> impl Iterator<Item = Damage> {
        let unmet = self.articles.iter().zip(&self.met).filter(|(_, met)| !met.load(Ordering::Relaxed));
        unmet.map(|((id, _), _)| Damage::of_article(*id, ID, DamageKind::Lost))
    }
}

/// A field with postings.
struct Indexed {
    name: String,
    field: Field,
    option: IndexRecordOption,
    has_norms: bool,
}

impl Indexed {
    fn all() -> Vec<Self> {
        let (schema, _) = schema();
        let indexed = schema.fields().filter(|(_, entry)| entry.is_indexed());
        let of = |(field, entry): (Field, &tantivy::schema::FieldEntry)| Self {
            name: entry.name().to_owned(),
            field,
            option: entry.field_type().index_record_option().unwrap_or(IndexRecordOption::Basic),
            has_norms: entry.has_fieldnorms(),
        };
        indexed.map(of).collect()
    }
}

/// The tokens of an article in a field: the sum of their hashes, and their number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Tokens {
    sum: u64,
    count: u32,
}

impl Tokens {
    /// Adds a term that stands somewhere, without saying where, `count` times.
    fn add(&mut self, term_hash: u64, count: u32) {
        self.sum = self.sum.wrapping_add(mixed(term_hash).wrapping_mul(u64::from(count)));
        self.count += count;
    }

    /// Adds a term at a place.
    fn add_at(&mut self, term_hash: u64, position: u32) {
        self.sum = self.sum.wrapping_add(mixed(term_hash ^ mixed(u64::from(position) + 1)));
        self.count += 1;
    }

    fn add_words(&mut self, text: &Analyzed) {
        text.words().iter().for_each(|word| self.add(xxh3_64(word.term.as_bytes()), 1));
    }

    fn add_units(&mut self, text: &Analyzed) {
        let first = text.units.first().map_or(0, |unit| unit.position);
        for unit in &text.units {
            self.add_at(xxh3_64(text.unit_text(unit).as_bytes()), unit.position - first);
        }
    }
}

/// SplitMix64's finalizer (Steele, Lea and Flood 2014): sums of its values tell sets apart.
const fn mixed(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    hash ^ (hash >> 31)
}

/// The tokens of every article of a segment, as the postings of a field have them.
fn sums_of_postings(segment: &SegmentReader, indexed: &Indexed) -> Result<Vec<Tokens>, Error> {
    let mut sums = vec![Tokens::default(); segment.max_doc() as usize];
    let inverted = segment.inverted_index(indexed.field)?;
    let mut terms = inverted.terms().stream().map_err(TantivyError::from)?;
    let mut positions = Vec::new();
    while terms.advance() {
        let info = terms.value();
        let term_hash = xxh3_64(terms.key());
        let mut postings = inverted.read_postings_from_terminfo(info, indexed.option).map_err(TantivyError::from)?;
        let mut articles = 0;
        while postings.doc() != TERMINATED {
            let tokens = &mut sums[postings.doc() as usize];
            if indexed.option.has_positions() {
                postings.positions(&mut positions);
                positions.iter().for_each(|&position| tokens.add_at(term_hash, position));
            } else {
                tokens.add(term_hash, if indexed.option.has_freq() { postings.term_freq() } else { 1 });
            }
            articles += 1;
            postings.advance();
        }
        if articles != info.doc_freq {
            return Err(Error::Damaged { part: format!("postings of {}", indexed.name) });
        }
    }
    Ok(sums)
}

/// What is needed to compare the articles of a segment.
struct Comparison<'a> {
    segment: &'a SegmentReader,
    handles: &'a Fields,
    fields: &'a [Indexed],
    /// For each of the fields, the tokens of each article.
    sums: &'a [Vec<Tokens>],
    analyzer: &'a Analyzer,
    listed: &'a Listed,
}

impl Comparison<'_> {
    fn of_articles(&self, docs: Range<DocId>) -> Result<Inspection, Error> {
        let documents = self.segment.get_store_reader(1).map_err(TantivyError::from)?;
        let columns = Columns::open(self.segment)?;
        let norms = self
            .fields
            .iter()
            .map(|field| field.has_norms.then(|| self.segment.get_fieldnorms_reader(field.field)).transpose());
        let norms = norms.collect::<Result<Vec<_>, TantivyError>>()?;
        let mut found = Inspection::default();
        for doc in docs.filter(|&doc| !self.segment.is_deleted(doc)) {
            let document: TantivyDocument = documents.get(doc)?;
            let article = article(self.handles, &document)?;
            if let Some(kind) = self.listed.meet(article.id, store(&article).1) {
                found.add(Damage::of_article(article.id, "article", kind));
            }
            for name in columns.differing(doc, &article)? {
                found.add(Damage::of_article(article.id, name, DamageKind::Column));
            }
            let expected = self.tokens(&article);
            for (at, field) in self.fields.iter().enumerate() {
                let tokens = self.sums[at][doc as usize];
                let has_length =
                    |norms: &FieldNormReader| norms.fieldnorm_id(doc) == FieldNormReader::fieldnorm_to_id(tokens.count);
                if tokens != expected[at] || !norms[at].as_ref().is_none_or(has_length) {
                    found.add(Damage::of_article(article.id, field.name.as_str(), DamageKind::Terms));
                }
            }
        }
        Ok(found)
    }

    /// The tokens that the article should have, field by field.
    fn tokens(&self, article: &Article) -> Vec<Tokens> {
        let title = self.analyzer.analyze(&article.title);
        let body = self.analyzer.analyze(article.body.as_str());
        let handles = self.handles;
        let tokens_of = |field: Field| {
            let mut tokens = Tokens::default();
            let units_of = |text: &Option<String>, tokens: &mut Tokens| {
                if let Some(text) = text {
                    tokens.add_units(&self.analyzer.analyze(text));
                }
            };
            match field {
                _ if field == handles.text => {
                    tokens.add_words(&title);
                    tokens.add_words(&body);
                }
                _ if field == handles.title => tokens.add_words(&title),
                _ if field == handles.title_units => tokens.add_units(&title),
                _ if field == handles.body_units => tokens.add_units(&body),
                _ if field == handles.author => units_of(&article.author, &mut tokens),
                _ if field == handles.url => units_of(&article.url, &mut tokens),
                _ => {
                    let terms = all_category_terms(&article.categories);
                    terms.iter().for_each(|term| tokens.add(xxh3_64(term.as_bytes()), 1));
                }
            }
            tokens
        };
        self.fields.iter().map(|field| tokens_of(field.field)).collect()
    }
}

/// The columns of a segment.
struct Columns {
    id: Column<u64>,
    date: Column<i64>,
    author: Option<StrColumn>,
    categories: Option<StrColumn>,
}

impl Columns {
    fn open(segment: &SegmentReader) -> Result<Self, Error> {
        let columns = segment.fast_fields();
        Ok(Self {
            id: columns.u64(ID)?,
            date: columns.i64(DATE)?,
            author: columns.str(AUTHOR_NAME)?,
            categories: columns.str(CATEGORY_PATH)?,
        })
    }

    /// The columns that do not hold what `article` says.
    fn differing(&self, doc: DocId, article: &Article) -> Result<Vec<&'static str>, Error> {
        let id = self.id.values_for_doc(doc).eq([article.id.to_u64()]);
        let date = self.date.values_for_doc(doc).eq(article.date.map(|date| date.as_second()));
        let author = texts(self.author.as_ref(), doc)?.iter().eq(&article.author);
        let mut found = texts(self.categories.as_ref(), doc)?;
        found.sort();
        let categories = found.into_iter().eq(all_prefixes(&article.categories));
        let agree = [(ID, id), (DATE, date), (AUTHOR_NAME, author), (CATEGORY_PATH, categories)];
        Ok(agree.into_iter().filter(|(_, agrees)| !agrees).map(|(name, _)| name).collect())
    }
}

/// The texts of a document in a column.
fn texts(column: Option<&StrColumn>, doc: DocId) -> Result<Vec<String>, Error> {
    let Some(column) = column else { return Ok(Vec::new()) };
    let text = |ord| {
        let mut text = String::new();
        column.ord_to_str(ord, &mut text).map_err(TantivyError::from)?;
        Ok(text)
    };
    column.ords().values_for_doc(doc).map(text).collect()
}
