//! Article to tantivy document and back.

use std::collections::BTreeSet;

use tantivy::TantivyDocument;
use tantivy::schema::Value;
use xxhash_rust::xxh3::xxh3_64;

use super::schema::Fields;
use crate::analysis::normalize::Normalized;
use crate::article::{Article, CategoryPath};
use crate::corpus::MAX_LEVELS;
use crate::error::Error;

/// Parts the levels of a category in terms and columns; no level holds it, for it is a control character.
pub(crate) const LEVEL_END: char = '\u{1f}';

/// The stored form of an article, and a hash of all it says.
pub(crate) fn store(article: &Article) -> (Vec<u8>, u64) {
    let bytes = postcard::to_stdvec(article).expect("an article is plain data");
    let hash = xxh3_64(&bytes);
    (bytes, hash)
}

/// The columns of an article, and its stored form.
pub(crate) fn columns(fields: &Fields, article: &Article, stored: &[u8]) -> TantivyDocument {
    let mut document = TantivyDocument::new();
    document.add_u64(fields.id, article.id.to_u64());
    if let Some(author) = &article.author {
        document.add_text(fields.author_name, author);
    }
    if let Some(date) = article.date {
        document.add_i64(fields.date, date.as_second());
    }
    for path in article.categories.iter().flat_map(prefixes).collect::<BTreeSet<_>>() {
        document.add_text(fields.category_path, path);
    }
    document.add_bytes(fields.article, stored);
    document
}

/// The article that a stored document holds.
pub(crate) fn article(fields: &Fields, document: &TantivyDocument) -> Result<Article, Error> {
    document
        .get_first(fields.article)
        .and_then(|value| value.as_bytes())
        .and_then(|bytes| postcard::from_bytes(bytes).ok())
        .ok_or(Error::Damaged { part: "stored article".to_owned() })
}

/// The terms of all paths of an article, each once.
pub(crate) fn all_category_terms(paths: &[CategoryPath]) -> BTreeSet<String> {
    paths.iter().flat_map(category_terms).collect()
}

/// Every run of levels of a path as a term: asking for any level, or any levels in a row, finds it. A `/` inside a name
/// counts as a level too, because in a query it cannot be told from one; levels beyond [`MAX_LEVELS`] are not found.
fn category_terms(path: &CategoryPath) -> Vec<String> {
    let levels = path.levels().iter().flat_map(|level| category_levels(level));
    let folded: Vec<String> = levels.take(MAX_LEVELS).collect();
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
