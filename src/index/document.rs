//! Article to tantivy document and back.

use std::collections::BTreeSet;

use tantivy::TantivyDocument;
use tantivy::schema::Value;
use xxhash_rust::xxh3::xxh3_64;

use super::budget::Share;
use super::schema::Fields;
use crate::analysis::normalize::Normalized;
use crate::article::{Article, CategoryPath};
use crate::error::Error;

/// Parts the levels of a category in terms and columns; no level holds it, for it is a control character.
pub(crate) const LEVEL_END: char = '\u{1f}';

/// An article on its way into the index. It holds its share of the memory budget until the engine takes it.
pub(crate) struct Document {
    fields: TantivyDocument,
    _share: Share,
}

/// The stored form of an article, and a hash of all it says.
pub(crate) fn store(article: &Article) -> (Vec<u8>, u64) {
    let bytes = postcard::to_stdvec(article).expect("an article is plain data");
    let hash = xxh3_64(&bytes);
    (bytes, hash)
}

impl Document {
    /// Bytes that the document of an article takes in memory: its text stands in it four times.
    pub(crate) fn cost_bytes(article: &Article) -> usize {
        4 * (article.title.len() + article.body.as_str().len())
    }

    pub(crate) fn new(fields: &Fields, article: &Article, stored: &[u8], share: Share) -> Self {
        let mut document = TantivyDocument::new();
        document.add_u64(fields.id, article.id.to_u64());
        document.add_text(fields.text, &article.title);
        document.add_text(fields.text, article.body.as_str());
        document.add_text(fields.title, &article.title);
        document.add_text(fields.title_units, &article.title);
        document.add_text(fields.body_units, article.body.as_str());
        if let Some(author) = &article.author {
            document.add_text(fields.author, author);
            document.add_text(fields.author_name, author);
        }
        if let Some(url) = &article.url {
            document.add_text(fields.url, url);
        }
        if let Some(date) = article.date {
            document.add_i64(fields.date, date.as_second());
        }
        for term in article.categories.iter().flat_map(category_terms).collect::<BTreeSet<_>>() {
            document.add_text(fields.category, term);
        }
        for path in article.categories.iter().flat_map(prefixes).collect::<BTreeSet<_>>() {
            document.add_text(fields.category_path, path);
        }
        document.add_bytes(fields.article, stored);
        Self { fields: document, _share: share }
    }
}

impl tantivy::Document for Document {
    type Value<'a> = <TantivyDocument as tantivy::Document>::Value<'a>;
    type FieldsValuesIter<'a> = <TantivyDocument as tantivy::Document>::FieldsValuesIter<'a>;

    fn iter_fields_and_values(&self) -> Self::FieldsValuesIter<'_> {
        tantivy::Document::iter_fields_and_values(&self.fields)
    }

    fn into_tantivy_document(self) -> TantivyDocument {
        self.fields
    }
}

/// The article that a stored document holds.
pub(crate) fn article(fields: &Fields, document: &TantivyDocument) -> Result<Article, Error> {
    document
        .get_first(fields.article)
        .and_then(|value| value.as_bytes())
        .and_then(|bytes| postcard::from_bytes(bytes).ok())
        .ok_or(Error::Damaged { part: "stored article".to_owned() })
}

/// Every run of levels of a path as a term: asking for any level, or any levels in a row, finds it. A `/` inside a name
/// counts as a level too, because in a query it cannot be told from one.
fn category_terms(path: &CategoryPath) -> Vec<String> {
    let folded: Vec<String> = path.levels().iter().flat_map(|level| category_levels(level)).collect();
    let mut terms = Vec::new();
    for start in 0..folded.len() {
        for end in start..folded.len() {
            terms.push(category_term(&folded[start..=end]));
        }
    }
    terms
}

/// The folded levels that a category name, or a path typed with `/` or `>`, stands for.
pub(crate) fn category_levels(typed: &str) -> Vec<String> {
    let folded = Normalized::new(typed);
    let levels = folded.as_str().split(['/', '>']).map(str::trim).filter(|level| !level.is_empty());
    levels.map(str::to_owned).collect()
}

/// The term for folded levels that follow each other.
pub(crate) fn category_term(levels: &[String]) -> String {
    levels.join(&LEVEL_END.to_string())
}

/// The path and every path above it, as written, for counting.
fn prefixes(path: &CategoryPath) -> Vec<String> {
    (1..=path.levels().len()).map(|depth| category_term(&path.levels()[..depth])).collect()
}

/// Back from what [`prefixes`] wrote.
pub(crate) fn path_of_column(text: &str) -> Option<CategoryPath> {
    CategoryPath::new(text.split(LEVEL_END))
}
