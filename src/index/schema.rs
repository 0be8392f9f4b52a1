//! The fields of the index, and which stage needs each of them.

use tantivy::schema::{FAST, Field, IndexRecordOption, STORED, Schema, TextFieldIndexing, TextOptions};

/// Handles of every field.
///
/// | field | terms | serves |
/// |---|---|---|
/// | `text` | words of title and body, with frequencies | finding candidates, BM25 |
/// | `title` | words of the title, with frequencies | BM25, `title:` |
/// | `title_units`, `body_units` | units with positions | "contains", nearness |
/// | `author`, `url` | units with positions | `author:`, `url:` |
/// | `category` | every run of levels of every path, folded | `category:` |
/// | `id` | number | deleting, `show`, the order of equals |
/// | `date` | seconds since 1970 | date filters, sorting, months |
/// | `category_path`, `author_name` | as written | facets |
/// | `article` | the article, stored | hits, snippets, `show`, `export` |
#[derive(Debug, Clone, Copy)]
pub struct Fields {
    pub(crate) id: Field,
    pub(crate) text: Field,
    pub(crate) title: Field,
    pub(crate) title_units: Field,
    pub(crate) body_units: Field,
    pub(crate) author: Field,
    pub(crate) url: Field,
    pub(crate) category: Field,
    pub(crate) date: Field,
    pub(crate) category_path: Field,
    pub(crate) author_name: Field,
    pub(crate) article: Field,
}

/// Names of the columns that are asked for by name.
pub(crate) const ID: &str = "id";
/// See [`ID`].
pub(crate) const DATE: &str = "date";
/// See [`ID`].
pub(crate) const CATEGORY_PATH: &str = "category_path";
/// See [`ID`].
pub(crate) const AUTHOR_NAME: &str = "author_name";

/// Builds the schema with its handles.
pub(crate) fn schema() -> (Schema, Fields) {
    // the engine never cuts a text: segments are built, and queries made, from terms of our own
    let terms = |option: IndexRecordOption, fieldnorms: bool| {
        let indexing =
            TextFieldIndexing::default().set_tokenizer("raw").set_index_option(option).set_fieldnorms(fieldnorms);
        TextOptions::default().set_indexing_options(indexing)
    };
    let words = || terms(IndexRecordOption::WithFreqs, true);
    let units = || terms(IndexRecordOption::WithFreqsAndPositions, false);
    let mut schema = Schema::builder();
    let fields = Fields {
        id: schema.add_u64_field(ID, FAST),
        text: schema.add_text_field("text", words()),
        title: schema.add_text_field("title", words()),
        title_units: schema.add_text_field("title_units", units()),
        body_units: schema.add_text_field("body_units", units()),
        author: schema.add_text_field("author", units()),
        url: schema.add_text_field("url", units()),
        category: schema.add_text_field("category", terms(IndexRecordOption::Basic, false)),
        date: schema.add_i64_field(DATE, FAST),
        category_path: schema.add_text_field(CATEGORY_PATH, TextOptions::default().set_fast("raw")),
        author_name: schema.add_text_field(AUTHOR_NAME, TextOptions::default().set_fast("raw")),
        article: schema.add_bytes_field("article", STORED),
    };
    (schema.build(), fields)
}
