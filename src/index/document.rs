//! Article to tantivy document and back.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tantivy::TantivyDocument;
use tantivy::schema::Value;
use xxhash_rust::xxh3::xxh3_64;

use super::packing::Packed;
use super::schema::Fields;
use super::stored::take_number;
use crate::analysis::normalize::Normalized;
use crate::article::{Article, ArticleId, CategoryPath, PlainText, one_line};
use crate::corpus::MAX_LEVELS;
use crate::error::Error;

/// Parts the levels of a category in terms and columns; no level holds it, for it is a control character.
pub(crate) const LEVEL_END: char = '\u{1f}';

/// An [`Article`] as it is stored.
#[derive(Serialize, Deserialize)]
struct Stored<'a> {
    place: Place<'a>,
    said: Said<'a>,
}

/// Where an article stands.
#[derive(Serialize, Deserialize)]
struct Place<'a> {
    /// `None` where the file is the article, and the path names it whole.
    id: Option<u64>,
    path: Packed<'a>,
}

/// What an article says.
#[derive(Serialize, Deserialize)]
struct Said<'a> {
    title: Packed<'a>,
    body: Packed<'a>,
    author: Option<Packed<'a>>,
    /// Seconds since 1970, and nanoseconds.
    date: Option<(i64, i32)>,
    /// Each path as its [`category_term`].
    categories: Vec<Packed<'a>>,
    url: Option<Packed<'a>>,
}

/// The stored form of an article, and a hash of all it says; where it stands is not part of that.
pub(crate) fn store(article: &Article) -> (Vec<u8>, u64) {
    let Article { id, path, title, body, author, date, categories, url } = article;
    let is_of_path = *id == ArticleId::of(path.as_bytes(), "");
    let place = Place { id: (!is_of_path).then(|| id.to_u64()), path: path.as_str().into() };
    let said = Said {
        title: title.as_str().into(),
        body: body.as_str().into(),
        author: author.as_deref().map(Packed::from),
        date: date.map(|date| (date.as_second(), date.subsec_nanosecond())),
        categories: categories.iter().map(|path| Packed(category_term(path.levels()).into())).collect(),
        url: url.as_deref().map(Packed::from),
    };
    // a structure is written as its parts one after the other
    let place = postcard::to_stdvec(&place).expect("an article is plain data");
    let said_from = place.len();
    let bytes = postcard::to_extend(&said, place).expect("an article is plain data");
    let hash = xxh3_64(&bytes[said_from..]);
    (bytes, hash)
}

/// The columns of an article.
pub(crate) fn columns(fields: &Fields, article: &Article) -> TantivyDocument {
    let mut document = TantivyDocument::new();
    document.add_u64(fields.id, article.id.to_u64());
    if let Some(author) = &article.author {
        document.add_text(fields.author_name, author);
    }
    if let Some(date) = article.date {
        document.add_i64(fields.date, date.as_second());
    }
    for path in all_prefixes(&article.categories) {
        document.add_text(fields.category_path, path);
    }
    document
}

/// What the engine's store holds of an article: its [stored form](store).
pub(crate) fn stored(fields: &Fields, stored: &[u8]) -> TantivyDocument {
    let mut document = TantivyDocument::new();
    document.add_bytes(fields.article, stored);
    document
}

/// The article that a stored document holds.
pub(crate) fn article(fields: &Fields, document: &TantivyDocument) -> Result<Article, Error> {
    article_of(document.get_first(fields.article).and_then(|value| value.as_bytes()))
}

/// The same from the bytes of the engine's store, which the engine would read one after the other.
pub(crate) fn article_of_bytes(fields: &Fields, document: &[u8]) -> Result<Article, Error> {
    article_of(only_value(fields, document))
}

/// The value of a document that stores nothing but an article: the number of values, then the field, a type and the value
/// with its length. Numbers are as in the engine's `VInt`.
fn only_value<'a>(fields: &Fields, mut document: &'a [u8]) -> Option<&'a [u8]> {
    const BYTES: u8 = 4;
    let values = take_number(&mut document)?;
    let field = document.split_off(..size_of::<u32>())?;
    let kind = document.split_off_first()?;
    let length = take_number(&mut document)?;
    let is_article = values == 1 && field == fields.article.field_id().to_le_bytes() && *kind == BYTES;
    (is_article && length == document.len() as u64).then_some(document)
}

fn article_of(stored: Option<&[u8]>) -> Result<Article, Error> {
    let damaged = || Error::Damaged { part: "stored article".to_owned() };
    let stored: Option<Stored<'_>> = stored.and_then(|bytes| postcard::from_bytes(bytes).ok());
    let Stored { place, said } = stored.ok_or_else(damaged)?;
    let date = said.date.map(|(second, nanosecond)| Timestamp::new(second, nanosecond));
    let categories = said.categories.iter().map(|path| path_of_column(&path.0));
    let text = |packed: Packed<'_>| packed.0.into_owned();
    Ok(Article {
        id: place.id.map_or_else(|| ArticleId::of(place.path.0.as_bytes(), ""), ArticleId::from_u64),
        path: text(place.path),
        title: text(said.title),
        body: PlainText::from_stored(text(said.body)),
        author: said.author.map(text),
        date: date.transpose().map_err(|_| damaged())?,
        categories: categories.collect::<Option<_>>().ok_or_else(damaged)?,
        url: said.url.map(text),
    })
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
    // names of articles are in this shape, see `CategoryPath`
    let folded = Normalized::new(&one_line(typed));
    let levels = folded.as_str().split(['/', '>']).map(str::trim).filter(|level| !level.is_empty());
    levels.map(str::to_owned).collect()
}

/// The term for folded levels that follow each other.
pub(crate) fn category_term(levels: &[String]) -> String {
    levels.join(&LEVEL_END.to_string())
}

/// What the column of categories holds of the paths of an article.
pub(crate) fn all_prefixes(paths: &[CategoryPath]) -> BTreeSet<String> {
    paths.iter().flat_map(prefixes).collect()
}

/// The path and every path above it, as written, for counting.
fn prefixes(path: &CategoryPath) -> Vec<String> {
    (1..=path.levels().len()).map(|depth| category_term(&path.levels()[..depth])).collect()
}

/// Back from what [`prefixes`] wrote, a [`category_term`] of levels as written.
pub(crate) fn path_of_column(text: &str) -> Option<CategoryPath> {
    CategoryPath::new(text.split(LEVEL_END))
}

#[cfg(test)]
mod tests {
    use tantivy::{Index, IndexWriter};

    use super::*;
    use crate::index::schema::schema;

    #[test]
    fn an_article_is_read_from_the_bytes_of_the_store_and_from_no_others() {
        let (schema, fields) = schema();
        let index = Index::create_in_ram(schema);
        let mut writer: IndexWriter = index.writer_with_num_threads(1, 15_000_000).unwrap();
        let article = |chars: usize, id, date: &str| Article {
            id,
            path: "a.md".to_owned(),
            title: "桥今日通车".to_owned(),
            body: PlainText::from_lines(&"桥".repeat(chars)),
            author: Some("记者".to_owned()),
            date: date.parse().ok(),
            categories: [CategoryPath::new(["新闻", "国际 / 亚洲"]), CategoryPath::new(["桥"])]
                .into_iter()
                .flatten()
                .collect(),
            url: Some("https://news.example/桥?id=1".to_owned()),
        };
        let articles = [
            article(10, ArticleId::from_u64(10), "1970-01-01T00:00:00Z"),
            article(200, ArticleId::of(b"a.md", ""), "1969-07-20T20:17:40.25Z"),
            article(40_000, ArticleId::of(b"a.md", "2"), "none"),
        ];
        for article in &articles {
            writer.add_document(stored(&fields, &store(article).0)).unwrap();
        }
        writer.commit().unwrap();
        let searcher = index.reader().unwrap().searcher();
        let stored = searcher.segment_reader(0).get_store_reader(0).unwrap();
        for (doc, article) in (0..).zip(articles) {
            let bytes = stored.get_document_bytes(doc).unwrap();
            for part in [&bytes[1..], &bytes[..bytes.len() - 1], &bytes[..7], &[]] {
                assert!(article_of_bytes(&fields, part).is_err(), "{doc}");
            }
            assert_eq!(article_of_bytes(&fields, &bytes).unwrap(), article);
        }
    }
}
