//! Results as JSON Lines: one object a line. This is a promise to programs, version 1.
//!
//! Every object has `"type"` and `"v": 1`. Within a version fields are only added, never removed, renamed or given
//! another meaning; a change beyond that makes `"v": 2`. Readers ignore fields and types that they do not know.
//!
//! A search prints one line of type `hit` for each hit, best first, and nothing else unless asked: so
//! `souwen search --json 微软 | jq -r .title` is all one needs, and no output means nothing found.
//!
//! | field of `hit` | |
//! |---|---|
//! | `rank` | place among all hits, from 1 |
//! | `id` | twelve characters, the same as long as the article keeps its place; `souwen show` takes it |
//! | `path` | file below the corpus folder |
//! | `title` | text, `""` where there is none |
//! | `title_marks` | array of marks in `title` |
//! | `author` | text or `null` |
//! | `date` | RFC 3339 in the zone asked for, or `null` |
//! | `categories` | array of paths, each an array of names, outermost first |
//! | `url` | text or `null` |
//! | `score` | number; comparable within one search only |
//! | `snippet` | object or `null`: `text`; `byte_start`, where it starts in the body of `souwen show --json`; `marks`, relative to `text`; `cut_before` and `cut_after`, whether a sentence is cut there |
//! | `missing` | array of the query's words that the article lacks; `[]` for a complete hit |
//! | `explanation` | array of lines; only with `--explain` |
//!
//! A mark is `{"bytes": [start, end], "chars": [start, end]}`, end excluded: bytes of UTF-8 and Unicode code points (the
//! characters of Python and jq; JavaScript strings count UTF-16 units).
//!
//! With `--explain` a line of type `query` comes first: `understood`, an array of lines. With `--facets` a line of type
//! `facets` comes last: `total` (`articles`, and `at_least`: whether there may be more), `categories` (`path`,
//! `articles`), `authors` (`name`, `articles`), `months` (`month` as `YYYY-MM`, `articles`). Then
//! `jq 'select(.type == "hit")'` keeps the hits.
//!
//! `souwen show --json` prints one line of type `article`: `id`, `path`, `title`, `title_marks`, `author`, `date`,
//! `categories`, `url`, `body` (one paragraph a line), `body_marks`.
//!
//! Other commands print one line each, `watch` one for each batch:
//!
//! | type | of | fields |
//! |---|---|---|
//! | `sync` | `index` | `index`, `corpus`; numbers of files: `files`, `with_articles`, `without_articles`, `skipped`; of articles: `added`, `changed`, `unchanged`, `removed`, `moved`, `articles`; `problems_by_kind`; `problems` and `older_problems` (`path`, `line`, `kind`, `detail`); `bytes`, `seconds`, `megabytes_per_second` |
//! | `batch` | `watch` | `time`, `added`, `changed`, `removed`, `moved`, `articles`, `problems` (their number), `seconds` |
//! | `optimize` | `optimize` | `before` and `after` (as in `stats`), `seconds` |
//! | `verify` | `verify` | `whole`, `articles`, `files`, `bytes`, `damage` (`part`, `kind`, `article`, `detail`), `damage_count`, `seconds`, `repair` (as `sync`, or `null`) |
//! | `verify` | `verify --oracle` | `seed`, `strings`, `contained`, `quoted`, `disagreements` (`string`, `article`, `fault`), `disagreement_count` |
//! | `stats`, `analysis`, `eval`, `bench`, `bench_index`, `bench_compare` | `stats`, `analyze`, `eval`, `bench` | the fields of [`Stats`](crate::index::stats::Stats), of what `analyze` prints, of [`Measures`](crate::eval::Measures), [`Report`](crate::bench::report::Report), [`IndexingReport`](crate::bench::indexing::IndexingReport), [`Comparison`](crate::bench::compare::Comparison) |
//! | `word`, `discovery` | `dict list`, `dict discover` | a line for each word: `word`, `frequency`, `file`; the fields of [`Discovery`](crate::discover::Discovery) |
//!
//! Text is unchanged; what could disturb a terminal is written as a `\u` escape, which any reader undoes.

use std::io::{self, Write};
use std::ops::Range;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::ser::Formatter;

use super::sanitize::is_hostile;
use crate::article::{Article, ArticleId, CategoryPath};
use crate::search::results::{Facets, Hit, SearchResults, Snippet, Total};

/// Version of the promise in the module documentation.
const VERSION: u32 = 1;

/// Writes the hits, and what else was asked for, dates in `zone`.
pub fn write_results(out: &mut dyn Write, results: &SearchResults, zone: &TimeZone) -> io::Result<()> {
    if let Some(understood) = &results.understood {
        write_line(out, "query", &QueryLine { understood })?;
    }
    for hit in &results.hits {
        write_line(out, "hit", &HitLine::of(hit, zone))?;
    }
    if let Some(facets) = &results.facets {
        write_line(out, "facets", &FacetsLine::of(facets, results.total))?;
    }
    Ok(())
}

/// Writes one article; the marks are sorted byte ranges of its title and of its body.
pub fn write_article(
    out: &mut dyn Write,
    article: &Article,
    title_marks: &[Range<usize>],
    body_marks: &[Range<usize>],
    zone: &TimeZone,
) -> io::Result<()> {
    let body = article.body.as_str();
    let line = ArticleLine {
        id: article.id,
        path: &article.path,
        title: &article.title,
        title_marks: marks(&article.title, title_marks),
        author: article.author.as_deref(),
        date: article.date.map(|date| rfc3339(date, zone)),
        categories: &article.categories,
        url: article.url.as_deref(),
        body,
        body_marks: marks(body, body_marks),
    };
    write_line(out, "article", &line)
}

/// Writes the fields of `value` as one line of the type `name`: the way in which every command speaks to programs.
pub fn write_line(out: &mut dyn Write, name: &'static str, value: &impl Serialize) -> io::Result<()> {
    #[derive(Serialize)]
    struct Line<'a, T> {
        r#type: &'static str,
        v: u32,
        #[serde(flatten)]
        value: &'a T,
    }
    let line = Line { r#type: name, v: VERSION, value };
    write_safe_line(out, &line)
}

/// Writes `value` as a line of JSON that disturbs no terminal.
pub(crate) fn write_safe_line(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut *out, TerminalSafe))?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
struct QueryLine<'a> {
    understood: &'a [String],
}

#[derive(Serialize)]
struct HitLine<'a> {
    rank: usize,
    id: ArticleId,
    path: &'a str,
    title: &'a str,
    title_marks: Vec<Mark>,
    author: Option<&'a str>,
    date: Option<String>,
    categories: &'a [CategoryPath],
    url: Option<&'a str>,
    score: f32,
    snippet: Option<SnippetValue<'a>>,
    missing: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<&'a [String]>,
}

impl<'a> HitLine<'a> {
    fn of(hit: &'a Hit, zone: &TimeZone) -> Self {
        Self {
            rank: hit.rank,
            id: hit.id,
            path: &hit.path,
            title: &hit.title.text,
            title_marks: marks(&hit.title.text, &hit.title.marks),
            author: hit.author.as_deref(),
            date: hit.date.map(|date| rfc3339(date, zone)),
            categories: &hit.categories,
            url: hit.url.as_deref(),
            score: hit.score,
            snippet: hit.snippet.as_ref().map(SnippetValue::of),
            missing: &hit.missing,
            explanation: hit.explanation.as_deref(),
        }
    }
}

#[derive(Serialize)]
struct SnippetValue<'a> {
    text: &'a str,
    byte_start: usize,
    marks: Vec<Mark>,
    cut_before: bool,
    cut_after: bool,
}

impl<'a> SnippetValue<'a> {
    fn of(snippet: &'a Snippet) -> Self {
        Self {
            text: &snippet.passage.text,
            byte_start: snippet.byte_start,
            marks: marks(&snippet.passage.text, &snippet.passage.marks),
            cut_before: snippet.cut_before,
            cut_after: snippet.cut_after,
        }
    }
}

#[derive(Serialize)]
struct FacetsLine<'a> {
    total: Total,
    categories: Vec<CategoryCount<'a>>,
    authors: Vec<AuthorCount<'a>>,
    months: Vec<MonthCount<'a>>,
}

#[derive(Serialize)]
struct CategoryCount<'a> {
    path: &'a CategoryPath,
    articles: u64,
}

#[derive(Serialize)]
struct AuthorCount<'a> {
    name: &'a str,
    articles: u64,
}

#[derive(Serialize)]
struct MonthCount<'a> {
    month: &'a str,
    articles: u64,
}

impl<'a> FacetsLine<'a> {
    fn of(facets: &'a Facets, total: Total) -> Self {
        let categories = facets.categories.iter().map(|(path, articles)| CategoryCount { path, articles: *articles });
        let authors = facets.authors.iter().map(|(name, articles)| AuthorCount { name, articles: *articles });
        let months = facets.months.iter().map(|(month, articles)| MonthCount { month, articles: *articles });
        Self { total, categories: categories.collect(), authors: authors.collect(), months: months.collect() }
    }
}

#[derive(Serialize)]
struct ArticleLine<'a> {
    id: ArticleId,
    path: &'a str,
    title: &'a str,
    title_marks: Vec<Mark>,
    author: Option<&'a str>,
    date: Option<String>,
    categories: &'a [CategoryPath],
    url: Option<&'a str>,
    body: &'a str,
    body_marks: Vec<Mark>,
}

/// A range in two units.
#[derive(Serialize)]
struct Mark {
    bytes: [usize; 2],
    chars: [usize; 2],
}

/// Adds characters to sorted byte ranges of `text`, in one walk over it.
fn marks(text: &str, ranges: &[Range<usize>]) -> Vec<Mark> {
    let (mut byte, mut chars) = (0, 0);
    let mut chars_to = |end: usize| {
        chars += text[byte..end].chars().count();
        byte = end;
        chars
    };
    let mark = |range: &Range<usize>| Mark {
        bytes: [range.start, range.end],
        chars: [chars_to(range.start), chars_to(range.end)],
    };
    ranges.iter().map(mark).collect()
}

/// `2021-05-14T19:48:00+08:00`.
pub(super) fn rfc3339(date: Timestamp, zone: &TimeZone) -> String {
    date.display_with_offset(zone.to_offset(date)).to_string()
}

/// Compact JSON in which nothing can disturb a terminal.
struct TerminalSafe;

impl Formatter for TerminalSafe {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, c)) = rest.char_indices().find(|&(_, c)| is_hostile(c)) {
            writer.write_all(&rest.as_bytes()[..at])?;
            write!(writer, "\\u{:04x}", u32::from(c))?; // all of them lie in the basic plane
            rest = &rest[at + c.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::article::PlainText;
    use crate::render::fixtures::{article, facets, results, zone};
    use crate::search::results::Marked;

    fn lines(results: &SearchResults) -> String {
        let mut out = Vec::new();
        write_results(&mut out, results, &zone()).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_hit_is_a_line() {
        insta::assert_snapshot!(lines(&results()), @r#"
        {"type":"hit","v":1,"rank":1,"id":"2x0170jkjr5s","path":"科技/2024-05-10-微光_关闭账本服务.md","title":"微光科技将关闭账本服务：客户有半年时间迁移","title_marks":[{"bytes":[0,6],"chars":[0,2]},{"bytes":[21,27],"chars":[7,9]}],"author":"北岸日报","date":"2024-05-10T19:48:00+08:00","categories":[["新媒体","北岸","科技"],["公司"]],"url":"https://news.example/a?id=1","score":12.5,"snippet":{"text":"微光科技十日宣布，将于明年三月关闭“云册”账本服务。“客户有半年时间迁移数据。”该公司发言人林溪说。\n这是微光第3次关停区块链业务，GPT-4助手不受影响；","byte_start":120,"marks":[{"bytes":[0,6],"chars":[0,2]},{"bytes":[63,69],"chars":[21,23]},{"bytes":[157,163],"chars":[53,55]},{"bytes":[176,185],"chars":[60,63]}],"cut_before":false,"cut_after":true},"missing":[]}
        {"type":"hit","v":1,"rank":2,"id":"7r552x4s8q4n","path":"misc/brief.jsonl","title":"","title_marks":[],"author":null,"date":null,"categories":[],"url":null,"score":3.25,"snippet":{"text":"的微光一号卫星入轨。","byte_start":3,"marks":[{"bytes":[3,9],"chars":[1,3]}],"cut_before":true,"cut_after":false},"missing":["账本","区块链"]}
        "#);
    }

    #[test]
    fn facets_and_explanations_come_when_asked_for() {
        let mut results = results();
        results.hits.truncate(1);
        results.hits[0].explanation = Some(vec!["title 3.2".to_owned()]);
        results.understood = Some(vec!["微光 AND 账本".to_owned()]);
        results.facets = Some(facets());
        insta::assert_snapshot!(lines(&results), @r#"
        {"type":"query","v":1,"understood":["微光 AND 账本"]}
        {"type":"hit","v":1,"rank":1,"id":"2x0170jkjr5s","path":"科技/2024-05-10-微光_关闭账本服务.md","title":"微光科技将关闭账本服务：客户有半年时间迁移","title_marks":[{"bytes":[0,6],"chars":[0,2]},{"bytes":[21,27],"chars":[7,9]}],"author":"北岸日报","date":"2024-05-10T19:48:00+08:00","categories":[["新媒体","北岸","科技"],["公司"]],"url":"https://news.example/a?id=1","score":12.5,"snippet":{"text":"微光科技十日宣布，将于明年三月关闭“云册”账本服务。“客户有半年时间迁移数据。”该公司发言人林溪说。\n这是微光第3次关停区块链业务，GPT-4助手不受影响；","byte_start":120,"marks":[{"bytes":[0,6],"chars":[0,2]},{"bytes":[63,69],"chars":[21,23]},{"bytes":[157,163],"chars":[53,55]},{"bytes":[176,185],"chars":[60,63]}],"cut_before":false,"cut_after":true},"missing":[],"explanation":["title 3.2"]}
        {"type":"facets","v":1,"total":{"articles":1,"at_least":false},"categories":[{"path":["新媒体"],"articles":12},{"path":["公司"],"articles":9},{"path":["新媒体","北岸"],"articles":8},{"path":["新媒体","北岸","科技"],"articles":8},{"path":["新媒体","午后"],"articles":4}],"authors":[{"name":"北岸日报","articles":8},{"name":"Harbour Wire","articles":4}],"months":[{"month":"2024-06","articles":3},{"month":"2024-05","articles":9}]}
        "#);
    }

    #[test]
    fn nothing_found_is_no_line() {
        let mut results = results();
        results.hits.clear();
        assert_eq!(lines(&results), "");
    }

    #[test]
    fn an_article_is_a_line() {
        let mut out = Vec::new();
        write_article(&mut out, &article(), &[0..6, 21..27], &[3..9, 15..21], &zone()).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap(), @r#"{"type":"article","v":1,"id":"2x0170jkjr5s","path":"科技/2024-05-10-微光_关闭账本服务.md","title":"微光科技将关闭账本服务：客户有半年时间迁移","title_marks":[{"bytes":[0,6],"chars":[0,2]},{"bytes":[21,27],"chars":[7,9]}],"author":"北岸日报","date":"2024-05-10T19:48:00+08:00","categories":[["新媒体","北岸","科技"],["公司"]],"url":"https://news.example/a?id=1","body":"据微光科技十日公告，将于明年三月关闭“云册”账本服务，届时所有数据将被删除。\nA spokesperson said customers have six months to migrate their data.\n完。","body_marks":[{"bytes":[3,9],"chars":[1,3]},{"bytes":[15,21],"chars":[5,7]}]}"#);
    }

    proptest! {
        #[test]
        fn any_text_makes_a_valid_line_and_comes_back(
            title in any::<String>(),
            passage in any::<String>(),
            path in any::<String>(),
        ) {
            let mut results = results();
            results.hits.truncate(1);
            let hit = &mut results.hits[0];
            let whole = (!title.is_empty()).then_some(0..title.len());
            hit.title = Marked { text: title.clone(), marks: whole.into_iter().collect() };
            hit.snippet.as_mut().unwrap().passage = Marked { text: passage.clone(), marks: vec![] };
            hit.path = path.clone();
            let line = lines(&results);
            prop_assert!(line.ends_with('\n') && !line.trim_end_matches('\n').chars().any(is_hostile));
            let value: Value = serde_json::from_str(&line).unwrap();
            prop_assert_eq!(value["title"].as_str(), Some(title.as_str()));
            prop_assert_eq!(value["snippet"]["text"].as_str(), Some(passage.as_str()));
            prop_assert_eq!(value["path"].as_str(), Some(path.as_str()));
            if !title.is_empty() {
                prop_assert_eq!(value["title_marks"][0]["chars"][1].as_u64(), Some(title.chars().count() as u64));
            }
        }

        #[test]
        fn any_article_makes_a_valid_line(title in any::<String>(), body in any::<String>()) {
            let mut one = article();
            one.title = title.clone();
            one.body = PlainText::from_lines(&body);
            let mut out = Vec::new();
            write_article(&mut out, &one, &[], &[], &zone()).unwrap();
            let value: Value = serde_json::from_slice(&out).unwrap();
            prop_assert_eq!(value["title"].as_str(), Some(title.as_str()));
            prop_assert_eq!(value["body"].as_str(), Some(one.body.as_str()));
        }
    }
}
