//! What holds whatever the bytes are, one function for each door that foreign data comes in by. Each takes any bytes, does
//! what the program does with them, and fails when a promise of the library is broken: nothing panics, every offset lies
//! on a character border, every text has the shape that its type promises.
//!
//! `fuzzed.rs` runs these on kept inputs and random changes of them, `fuzz/` for as long as one likes.

use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use souwen::analysis::Analyzer;
use souwen::analysis::dictionary::Dictionary;
use souwen::analysis::normalize::Normalized;
use souwen::article::{Article, ArticleId, PlainText, one_line};
use souwen::corpus::{Chunk, Parsed, Part, ReadOptions, parse as parse_chunk};
use souwen::index::{ArticleIndex, SyncOptions, sync};
use souwen::query::{parse, parse_date_span};
use souwen::search::Searcher;
use souwen::search::request::SearchRequest;
use souwen::search::snippet::{Match, select};
use souwen::text::{decode_entities, html_to_text, looks_like_html, markdown_to_text};

/// A door: what its inputs are called, and what is done with them.
pub type Door = (&'static str, fn(&[u8]));

/// All of them.
pub const DOORS: [Door; 9] = [
    ("front_matter", front_matter),
    ("html", html),
    ("decoding", decoding),
    ("dates", dates),
    ("json_lines", json_lines),
    ("feeds", feeds),
    ("queries", queries),
    ("snippets", snippets),
    ("folding", folding),
];

/// A post: front matter and a body.
pub fn front_matter(bytes: &[u8]) {
    read("a.md", bytes, Part::Whole);
    read("a.md", &[b"---\n", bytes, b"\n---\n"].concat(), Part::Whole);
}

/// A page, and a fragment of HTML or Markdown.
pub fn html(bytes: &[u8]) {
    read("a.html", bytes, Part::Whole);
    let text = String::from_utf8_lossy(bytes);
    is_plain(&html_to_text(&text));
    is_plain(&markdown_to_text(&text));
    let _ = (looks_like_html(&text), decode_entities(&text));
}

/// A file in any encoding, whose format only its content tells.
pub fn decoding(bytes: &[u8]) {
    read("a.txt", bytes, Part::Whole);
    read("a", bytes, Part::Whole);
    read("a.js", bytes, Part::Whole);
}

/// A date in an article, in a query and as an option.
pub fn dates(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let line = serde_json::json!({ "title": "题", "date": text }).to_string();
    let read = read("a.jsonl", line.as_bytes(), Part::Lines { first: 1 });
    assert_eq!(read.articles.len(), 1, "a bad date costs no article");
    if let Some(span) = parse_date_span(&text, &now()) {
        assert!(span.start <= span.end, "{span:?}");
    }
    let _ = parse(&format!("after:\"{text}\" date:{text}"), &now());
}

/// A run of lines of JSON, and a document of JSON.
pub fn json_lines(bytes: &[u8]) {
    read("a.jsonl", bytes, Part::Lines { first: 1 });
    read("a.json", bytes, Part::Whole);
}

/// RSS, Atom.
pub fn feeds(bytes: &[u8]) {
    read("a.xml", bytes, Part::Whole);
    read("a.rss", &[b"<rss version=\"2.0\"><channel>", bytes, b"</channel></rss>"].concat(), Part::Whole);
}

/// A query: read, printed, read again, answered by an index.
pub fn queries(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let parsed = parse(&text, &now());
    for note in &parsed.notes {
        assert!(text.get(note.at.clone()).is_some(), "a note beside the text: {note:?}");
    }
    let printed = parsed.query.to_string();
    if printed.chars().count() < souwen::query::parse::MAX_CHARS {
        assert_eq!(parse(&printed, &now()).query, parsed.query, "{printed}");
    }
    let request = SearchRequest { query: parsed.query, facets: true, explain: true, limit: 3, ..Default::default() };
    let results = searcher().search(&request).expect("no query is an error");
    for hit in results.hits {
        are_within(&hit.title.text, &hit.title.marks);
        if let Some(snippet) = hit.snippet {
            are_within(&snippet.passage.text, &snippet.passage.marks);
        }
    }
}

/// A query, a line end, and an article that it is marked in and a passage is taken from.
pub fn snippets(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (query, text) = text.split_once('\n').unwrap_or(("微软", &text));
    let (title, body) = text.split_once('\n').unwrap_or(("", text));
    let article = Article {
        id: ArticleId::of(b"a", ""),
        path: "a".to_owned(),
        title: one_line(title),
        body: PlainText::from_lines(body),
        author: None,
        date: None,
        categories: Vec::new(),
        url: None,
    };
    let (in_title, in_body) = searcher().marks(&parse(query, &now()).query, &article);
    are_within(&article.title, &in_title);
    are_within(article.body.as_str(), &in_body);
    let matches = (0..).zip(in_body).map(|(term, bytes)| Match { bytes, term: term % 5, weight: 1.0 });
    let matches: Vec<Match> = matches.collect();
    for max_chars in [0, 1, 40, 120] {
        let Some(snippet) = select(article.body.as_str(), &matches, max_chars) else { continue };
        let passage = &snippet.passage;
        assert!(article.body.as_str()[snippet.byte_start..].starts_with(&passage.text), "the passage stands elsewhere");
        are_within(&passage.text, &passage.marks);
    }
}

/// Any text through the chain of analysis, with the way back to what was written.
pub fn folding(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let analyzed = analyzer().analyze(&text);
    let folded = analyzed.normalized.as_str();
    assert_eq!(Normalized::new(folded).as_str(), folded, "what is folded folds to itself");
    let mut last = 0;
    for unit in &analyzed.units {
        assert!(unit.bytes.start >= last && unit.bytes.start < unit.bytes.end, "{unit:?} behind {last}");
        assert!(folded.get(unit.bytes.clone()).is_some(), "{unit:?}");
        last = unit.bytes.end;
        let original = analyzed.normalized.original(unit.bytes.clone());
        assert!(text.get(original.clone()).is_some_and(|part| !part.is_empty()), "{unit:?} comes from {original:?}");
    }
    for word in analyzed.words() {
        assert!(folded.get(word.bytes.clone()).is_some_and(|part| !part.is_empty()), "{word:?}");
        assert!(!word.term.is_empty() && word.unit < analyzed.units.len(), "{word:?}");
    }
}

/// What a file of this name gives; every article has the shape that the types promise.
fn read(name: &str, bytes: &[u8], part: Part) -> Parsed {
    let (path, raw_path) = (name.to_owned(), name.as_bytes().to_vec());
    let chunk = Chunk { path, raw_path, bytes: bytes.to_vec(), part, problems: Vec::new(), is_corpus: false };
    let parsed = parse_chunk(&chunk, &ReadOptions::default());
    if part == Part::Whole {
        assert!(!parsed.articles.is_empty() || !parsed.problems.is_empty(), "a file that is not accounted for");
    }
    let mut ids: Vec<ArticleId> = parsed.articles.iter().map(|article| article.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), parsed.articles.len(), "two articles with one id");
    for article in &parsed.articles {
        is_plain(&article.body);
        assert!(!(article.title.is_empty() && article.body.as_str().is_empty()), "an article of nothing");
        let levels = article.categories.iter().flat_map(|path| path.levels());
        for line in levels.chain([&article.title]).chain(&article.author).chain(&article.url) {
            assert_eq!(*line, one_line(line));
        }
    }
    for problem in &parsed.problems {
        assert!(!problem.detail.contains(char::is_control), "{problem:?}");
    }
    parsed
}

fn is_plain(text: &PlainText) {
    assert_eq!(PlainText::from_lines(text.as_str()), *text);
}

fn are_within(text: &str, marks: &[std::ops::Range<usize>]) {
    let mut last = 0;
    for mark in marks {
        assert!(mark.start >= last && text.get(mark.clone()).is_some_and(|part| !part.is_empty()), "{mark:?}");
        last = mark.end;
    }
}

/// 2026-01-01 in China.
fn now() -> jiff::Zoned {
    Timestamp::from_second(1_767_225_600).expect("a moment").to_zoned(TimeZone::fixed(jiff::tz::offset(8)))
}

fn analyzer() -> &'static Analyzer {
    static ANALYZER: OnceLock<Analyzer> = OnceLock::new();
    ANALYZER.get_or_init(|| Analyzer::for_articles(Arc::default()))
}

/// An index of three articles. The engine keeps it in memory, so the folder can go.
fn searcher() -> &'static Searcher {
    static SEARCHER: OnceLock<Searcher> = OnceLock::new();
    SEARCHER.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder of one's own");
        let (corpus, index) = (folder.path().join("corpus"), folder.path().join("index"));
        std::fs::create_dir(&corpus).expect("a new folder");
        let lines = [
            r#"{"title":"微软关闭区块链服务","body":"微软 5 月 14 日说，Azure 区块链服务将关闭，GPT-4 与 C# 不变。","date":"2021-05-14","author":"云栈科技","category":"新媒体/科技"}"#,
            r#"{"title":"台风登陆，江湾停课","body":"今日起停课。\n大桥封闭，列车停运，渡口停航。","date":"2025-07-01","author":"江湾日报","category":"要闻"}"#,
            r#"{"title":"無題","body":"習近江與馬克思。"}"#,
        ];
        std::fs::write(corpus.join("a.jsonl"), lines.join("\n")).expect("a new file");
        let dictionary = Arc::new(Dictionary::default());
        sync(&index, &corpus, &dictionary, &SyncOptions::default(), &|_| {}).expect("a small corpus");
        let index = ArticleIndex::open(&index).expect("the index just made");
        index.searcher(dictionary).expect("the index just made")
    })
}
