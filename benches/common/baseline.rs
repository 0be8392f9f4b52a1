//! The obvious pipeline: what one would write in an afternoon with tantivy and tantivy-jieba.
//!
//! 1. Walk the folder, read every file, cut off the front matter, drop whatever stands between `<` and `>`.
//! 2. Index title and body with tantivy-jieba as it comes (search mode, HMM), positions and stored text, tantivy's
//!    default compression, two indexing threads.
//! 3. Ask with tantivy's `QueryParser`, the words of the query joined by OR, and cut snippets with its
//!    `SnippetGenerator`.
//!
//! It reads no dates, sections, authors, encodings, feeds or JSON, keeps no record for a refresh, finds no string that
//! jieba cuts otherwise, and does not rank beyond BM25.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use tantivy::collector::TopDocs;
use tantivy::query::{Query, QueryParser};
use tantivy::schema::{Field, STORED, Schema, TextFieldIndexing, TextOptions, Value};
use tantivy::snippet::SnippetGenerator;
use tantivy::tokenizer::{TextAnalyzer, Token};
use tantivy::{Index, Searcher, TantivyDocument, doc};
use tantivy_jieba::JiebaTokenizer;
use walkdir::WalkDir;

use super::{MEMORY_BYTES, THREADS};

const TOKENIZER: &str = "jieba";

fn schema() -> Schema {
    let indexing = TextFieldIndexing::default()
        .set_tokenizer(TOKENIZER)
        .set_index_option(tantivy::schema::IndexRecordOption::WithFreqsAndPositions);
    let text = TextOptions::default().set_indexing_options(indexing).set_stored();
    let mut schema = Schema::builder();
    schema.add_text_field("path", STORED);
    schema.add_text_field("title", text.clone());
    schema.add_text_field("body", text);
    schema.build()
}

/// Indexes every file below `corpus`; gives the bytes read.
pub(crate) fn build(corpus: &Path, dir: &Path) -> u64 {
    let schema = schema();
    let field = |name| schema.get_field(name).expect("a field of the schema");
    let (path, title, body) = (field("path"), field("title"), field("body"));
    let index = Index::create_in_dir(dir, schema.clone()).expect("an empty folder");
    index.tokenizers().register(TOKENIZER, JiebaTokenizer::new());
    let mut writer = index.writer_with_num_threads::<TantivyDocument>(THREADS, MEMORY_BYTES).expect("no other writer");
    let mut bytes = 0;
    for entry in WalkDir::new(corpus).into_iter().filter_map(Result::ok).filter(|entry| entry.file_type().is_file()) {
        let content = std::fs::read(entry.path()).expect("a readable file");
        bytes += content.len() as u64;
        let content = String::from_utf8_lossy(&content);
        let (headline, html) = split_front_matter(&content);
        let file = entry.path().to_string_lossy().into_owned();
        let document = doc!(path => file, title => headline, body => without_tags(html));
        writer.add_document(document).expect("the writer lives");
    }
    writer.commit().expect("there is room for an index");
    writer.wait_merging_threads().expect("there is room for an index");
    bytes
}

/// The title, and what follows the second `---`.
fn split_front_matter(content: &str) -> (&str, &str) {
    let content = content.trim_start();
    let matter = content.strip_prefix("---").and_then(|rest| rest.split_once("\n---"));
    let Some((matter, body)) = matter else { return ("", content) };
    let title = matter.lines().find_map(|line| line.strip_prefix("title:")).unwrap_or_default();
    (title.trim().trim_matches('\''), body)
}

fn without_tags(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' if inside => inside = false,
            c if !inside => text.push(c),
            _ => {}
        }
    }
    text
}

/// An open index of the obvious pipeline.
pub(crate) struct Baseline {
    searcher: Searcher,
    parser: QueryParser,
    tokenizer: TextAnalyzer,
    title: Field,
    body: Field,
}

/// What a page of the obvious pipeline shows for a hit.
pub(crate) struct Hit {
    pub(crate) title: String,
    /// `None` where tantivy's generator panicked: it does on some overlapping tokens.
    pub(crate) snippet: Option<String>,
}

impl Baseline {
    /// Opens the index in `dir`. tantivy-jieba keeps its dictionary for the life of the process, so only the first call
    /// pays for it; `dictionary` brings one that was loaded for this call.
    pub(crate) fn open(dir: &Path, dictionary: Option<tantivy_jieba::jieba_rs::Jieba>) -> Self {
        let index = Index::open_in_dir(dir).expect("it was built before");
        let jieba = dictionary.map_or_else(JiebaTokenizer::new, JiebaTokenizer::with_jieba);
        index.tokenizers().register(TOKENIZER, jieba);
        let field = |name| index.schema().get_field(name).expect("a field of the schema");
        let (title, body) = (field("title"), field("body"));
        let reader = index.reader().expect("it was built before");
        Self {
            searcher: reader.searcher(),
            parser: QueryParser::for_index(&index, vec![title, body]),
            tokenizer: index.tokenizers().get(TOKENIZER).expect("registered above"),
            title,
            body,
        }
    }

    /// The words of `typed` joined by OR, through the query parser. Left to itself the parser makes a strict phrase of
    /// every unspaced query; words that are made of others would become phrases, too, and are left to their parts.
    fn parse(&self, typed: &str) -> Box<dyn Query> {
        let mut tokenizer = self.tokenizer.clone();
        let words: Vec<String> = tokens(&mut tokenizer, typed);
        let mut seen = HashSet::new();
        let plain = |word: &String| word.chars().any(char::is_alphanumeric) && seen.insert(word.clone());
        let words: Vec<String> = words.into_iter().filter(plain).collect();
        let single: Vec<&str> =
            words.iter().filter(|word| tokens(&mut tokenizer, word).len() == 1).map(String::as_str).collect();
        let (query, _) = self.parser.parse_query_lenient(&single.join(" OR "));
        query
    }

    /// The first ten documents.
    pub(crate) fn ids(&self, typed: &str) -> usize {
        let query = self.parse(typed);
        let top = TopDocs::with_limit(10).order_by_score();
        self.searcher.search(&query, &top).expect("the index is whole").len()
    }

    /// The first ten documents with titles and snippets.
    pub(crate) fn page(&self, typed: &str) -> Vec<Hit> {
        let query = self.parse(typed);
        let top = TopDocs::with_limit(10).order_by_score();
        let found = self.searcher.search(&query, &top).expect("the index is whole");
        let snippets = self.snippets_of(&*query);
        let hit = |(_, address)| {
            let document: TantivyDocument = self.searcher.doc(address).expect("the index is whole");
            let text = |field| document.get_first(field).and_then(|value| value.as_str()).unwrap_or_default();
            Hit { title: text(self.title).to_owned(), snippet: snippets.cut(text(self.body)) }
        };
        found.into_iter().map(hit).collect()
    }

    /// tantivy's snippets for the words of `typed`.
    pub(crate) fn snippets(&self, typed: &str) -> Snippets {
        self.snippets_of(&*self.parse(typed))
    }

    fn snippets_of(&self, query: &dyn Query) -> Snippets {
        let mut generator = SnippetGenerator::create(&self.searcher, query, self.body).expect("the body is indexed");
        generator.set_max_num_chars(SNIPPET_BYTES);
        Snippets(generator)
    }
}

/// About the 120 characters of souwen's: what tantivy takes as characters are bytes.
const SNIPPET_BYTES: usize = 360;

/// tantivy's generator for one query.
pub(crate) struct Snippets(SnippetGenerator);

impl Snippets {
    /// The passage of `text` as HTML; `None` where the generator panicked.
    pub(crate) fn cut(&self, text: &str) -> Option<String> {
        catch_unwind(AssertUnwindSafe(|| self.0.snippet(text).to_html())).ok()
    }
}

fn tokens(tokenizer: &mut TextAnalyzer, text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    tokenizer.token_stream(text).process(&mut |token: &Token| tokens.push(token.text.clone()));
    tokens
}
