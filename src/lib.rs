//! Full-text search over a folder of Chinese news: the library behind the `souwen` command.
//!
//! # The flow
//!
//! 1. **corpus** ([`corpus`]): a folder is walked, files are decoded and parsed, whatever their format, into
//!    [`Article`](article::Article)s; what is wrong with one is a [`Problem`](corpus::Problem) beside the others.
//! 2. **text** ([`text`]): HTML or Markdown becomes [`PlainText`](article::PlainText), one paragraph a line. This is what
//!    is indexed, stored, cut and shown.
//! 3. **analysis** ([`analysis`]): text is folded, split into units and cut into words. The one chain for articles and
//!    queries.
//! 4. **index** ([`index`]): [`sync`](index::sync()) writes articles into an engine's index and keeps it in step with the folder;
//!    [`ArticleIndex`](index::ArticleIndex) opens it.
//! 5. **query** ([`query`]): [`parse`](query::parse()) turns what was typed into a [`Query`](query::Query) tree, and `query/lower.rs` turns the tree into
//!    queries of the engine.
//! 6. **search** ([`search`]): a [`SearchRequest`](search::request::SearchRequest) becomes a page of
//!    [`SearchResults`](search::results::SearchResults): candidates from the engine, ranked again, marked, cut to snippets.
//! 7. **render** ([`render`]): results become bytes, for a terminal or a program.
//!
//! The command line stands beside the library (`src/main.rs`, `src/cli/`) and puts these together. [`messages`] holds the
//! words it says, [`error`] what can go wrong, [`eval`] measures the ranking, [`verify`] checks the index
//! byte by byte, against its articles and against a plain scan of these, [`export`] writes them down, [`mod@bench`] measures the speed.
//!
//! # What does not happen
//!
//! - Nothing here prints, exits or reads the environment: only the command line does. Only [`corpus`] and [`index`] touch the
//!   disk.
//! - [`article`], [`text`], [`analysis`], the query tree and its parser, and the choice of snippets do no I/O, know no clock
//!   ("today" is an argument) and keep no state.
//! - No text reaches the index or a query around [`analysis`], and nothing outside it names jieba.
//! - The query tree, requests and results know neither the schema nor the engine: they are plain data that can be sent
//!   elsewhere. [`render`] does not know the engine.
//! - No query is an error. What cannot be read as syntax is text, with a [`Note`](query::Note).
//! - No article is lost without a [`Problem`](corpus::Problem), and none costs the others.
//! - No index is used silently that was made by other rules, another dictionary or another version.
//! - No offset is anything but bytes of the stored plain text, on a character border. Lengths shown to people are
//!   characters or columns of a terminal, and their names say which.
//!
//! # Start reading at
//!
//! [`Searcher::search`](search::Searcher::search) for a question, [`sync`](index::sync()) for the articles, [`analysis`] for what a word is. Data and
//! where it comes from: `data/README.md`. Ranking: `docs/ranking.md`. The query language: `docs/query-language.md`.
//!
//! ```
//! use std::sync::Arc;
//!
//! use souwen::analysis::dictionary::Dictionary;
//! use souwen::index::{ArticleIndex, SyncOptions, sync};
//! use souwen::query::parse;
//! use souwen::search::request::SearchRequest;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = tempfile::tempdir()?;
//! let (corpus, index) = (folder.path().join("news"), folder.path().join("index"));
//! std::fs::create_dir(&corpus)?;
//! std::fs::write(corpus.join("a.md"), "# 桥今日通车\n\n澜江大桥今日通车。")?;
//!
//! let dictionary = Arc::new(Dictionary::default());
//! sync(&index, &corpus, &dictionary, &SyncOptions::default(), &|_| {})?;
//! let searcher = ArticleIndex::open(&index)?.searcher(dictionary)?;
//! let query = parse("大桥 通车", &jiff::Zoned::now()).query;
//! let results = searcher.search(&SearchRequest { query, ..SearchRequest::default() })?;
//! assert_eq!(results.hits[0].title.text, "桥今日通车");
//! # Ok(())
//! # }
//! ```

pub mod analysis;
pub mod article;
pub mod bench;
pub mod corpus;
pub mod discover;
pub mod error;
pub mod eval;
pub mod export;
pub mod index;
pub mod messages;
pub mod query;
pub mod render;
pub mod search;
pub mod text;
pub mod verify;
