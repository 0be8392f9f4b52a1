//! The index against a plain scan of every text: a quoted string finds just the articles that hold it, the same without
//! quotes finds at least these.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use serde_json::json;
use souwen::article::ArticleId;
use souwen::query::ast::{Mode, Query, Text};
use souwen::query::parse;
use souwen::search::Searcher;
use souwen::search::request::{SearchRequest, Sort};
use souwen::verify::{Oracle, OracleReport};

use crate::support::{TestEnv, broadcast_posts, sample, shared};

/// Numbers below the argument, the same in every run (the constants of Knuth's MMIX generator).
fn random(mut state: u64) -> impl FnMut(usize) -> usize {
    move |below| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((state >> 33) as usize) % below.max(1)
    }
}

fn drawn(oracle: &Oracle, strings: usize, max_units: usize) -> Vec<String> {
    let mut random = random(2026);
    (0..strings).map(|_| oracle.draw(max_units, &mut random).expect("the corpus holds text")).collect()
}

fn words(string: &str) -> Query {
    Query::Text(Text::new(string, Mode::Words))
}

/// What a person gets who types the string.
fn typed(string: &str) -> Query {
    parse(string, &jiff::Timestamp::UNIX_EPOCH.to_zoned(jiff::tz::TimeZone::UTC)).query
}

#[track_caller]
fn agree(report: &OracleReport) {
    let first = &report.disagreements[..report.disagreements.len().min(10)];
    assert_eq!(report.disagreement_count, 0, "of {} strings, the first: {first:#?}", report.strings);
}

#[track_caller]
fn check(searcher: &Searcher, oracle: &Oracle, strings: Vec<String>) {
    let report = oracle.compare(searcher, strings, &words).unwrap();
    assert!(report.contained > 0, "nothing was compared");
    agree(&report);
}

#[test]
fn a_quoted_string_finds_just_the_articles_that_hold_it() {
    let searcher = sample().searcher();
    let oracle = Oracle::new(&searcher).unwrap();
    for max_units in [3, 8, 30] {
        check(&searcher, &oracle, drawn(&oracle, 2000, max_units));
    }
}

#[test]
fn typing_a_string_finds_at_least_the_articles_that_hold_it() {
    let searcher = sample().searcher();
    let oracle = Oracle::new(&searcher).unwrap();
    // what reads as syntax asks for something else
    let syntax = |c: char| "()（）|｜\"“”「」『』:：-－*＊^＾~～\\".contains(c);
    let plain = drawn(&oracle, 4000, 8).into_iter().filter(|string| !string.contains(syntax) && !string.contains('或'));
    let report = oracle.compare(&searcher, plain, &typed).unwrap();
    assert!(report.strings > 2000, "{} strings", report.strings);
    agree(&report);
}

#[test]
fn strings_that_no_article_holds_are_not_found_in_quotes() {
    let searcher = sample().searcher();
    let oracle = Oracle::new(&searcher).unwrap();
    let mut random = random(7);
    // ends of two drawn strings, put together
    let strings = drawn(&oracle, 2000, 4);
    let joined = (0..1000).map(|_| strings[random(2000)].clone() + &strings[random(2000)]).collect::<Vec<_>>();
    let report = oracle.compare(&searcher, joined, &words).unwrap();
    assert!(report.contained < 500, "most of them stand nowhere");
    agree(&report);
}

/// What may be asked, in quotes and with operators.
enum Asked {
    String(String),
    Since(u32),
    Every(Vec<Self>),
    Any(Vec<Self>),
    Without(Box<Self>, Box<Self>),
}

/// Characters of [`lotteries`], the first in nearly every article, the last in few.
const DRAWN: [char; 9] = ['甲', '乙', '丙', '丁', '戊', '己', '庚', '辛', '，'];

impl Asked {
    fn random(depth: usize, random: &mut impl FnMut(usize) -> usize) -> Self {
        let some = |random: &mut dyn FnMut(usize) -> usize| 2 + random(2);
        match random(if depth == 0 { 2 } else { 8 }) {
            0..2 => Self::String((0..1 + random(3)).map(|_| DRAWN[random(8)]).collect()),
            2 => Self::Every(vec![Self::random(depth - 1, random), Self::Since(2000 + random(20) as u32)]),
            3..5 => Self::Any((0..some(random)).map(|_| Self::random(depth - 1, random)).collect()),
            5 => Self::Without(Box::new(Self::random(depth - 1, random)), Box::new(Self::random(0, random))),
            _ => Self::Every((0..some(random)).map(|_| Self::random(depth - 1, random)).collect()),
        }
    }

    fn typed(&self) -> String {
        let all = |parts: &[Self], between: &str| parts.iter().map(Self::typed).collect::<Vec<_>>().join(between);
        match self {
            Self::String(string) => format!("\"{string}\""),
            Self::Since(year) => format!("after:{year}"),
            Self::Every(parts) => format!("({})", all(parts, " ")),
            Self::Any(parts) => format!("({})", all(parts, " OR ")),
            Self::Without(wanted, unwanted) => format!("({} -{})", wanted.typed(), unwanted.typed()),
        }
    }

    /// The articles that it means, found without the index.
    fn scan(&self, oracle: &Oracle, since: &dyn Fn(u32) -> HashSet<ArticleId>) -> HashSet<ArticleId> {
        let sets = |parts: &[Self]| parts.iter().map(|part| part.scan(oracle, since)).collect::<Vec<_>>();
        match self {
            Self::String(string) => oracle.holding(string),
            Self::Since(year) => since(*year),
            Self::Every(parts) => sets(parts).into_iter().reduce(|a, b| &a & &b).unwrap_or_default(),
            Self::Any(parts) => sets(parts).into_iter().reduce(|a, b| &a | &b).unwrap_or_default(),
            Self::Without(wanted, unwanted) => &wanted.scan(oracle, since) - &unwanted.scan(oracle, since),
        }
    }
}

/// Many short articles of few characters, so that most questions are answered by many, and by some here and there.
fn lotteries(seed: u64, count: usize) -> String {
    let mut random = random(seed);
    let mut line = |i: usize| {
        let body: String = (0..12 + random(12)).map(|_| DRAWN[random(9).min(random(9))]).collect();
        let date = format!("{}-06-01", 2000 + random(20));
        format!("{}\n", json!({"id": format!("{seed}-{i}"), "title": "开奖", "body": body, "date": date}))
    };
    (0..count).map(&mut line).collect()
}

#[test]
fn what_operators_make_of_strings_agrees_with_a_scan() {
    let env = TestEnv::new().file("n.jsonl", lotteries(9, 3000)).indexed();
    let searcher = env.searcher();
    let oracle = Oracle::new(&searcher).unwrap();
    let articles = env.articles();
    let since = |year: u32| {
        let is_since = |article: &&souwen::article::Article| {
            article.date.is_some_and(|date| date >= format!("{year}-01-01T00:00:00+08:00").parse().unwrap())
        };
        articles.iter().filter(is_since).map(|article| article.id).collect::<HashSet<_>>()
    };
    let mut random = random(11);
    let mut sizes = Vec::new();
    for number in 0..600 {
        let asked = Asked::random(3, &mut random);
        let (query, expected) = (asked.typed(), asked.scan(&oracle, &since));
        let found = searcher.all_ids(&typed(&query)).unwrap();
        let differing: Vec<_> = found.symmetric_difference(&expected).take(5).collect();
        assert!(differing.is_empty(), "{query}: {} found, {} expected, {differing:?}", found.len(), expected.len());
        if number % 20 == 0 {
            for sort in ["relevance", "newest", "oldest"] {
                let hits = env.hits_args(&["-n", "300", "--sort", sort, &query]);
                let whole = hits.iter().filter(|hit| hit["missing"] == json!([])).count();
                assert_eq!(whole, expected.len().min(300), "{query} by {sort}");
            }
        }
        sizes.push(expected.len());
    }
    let between = |least: usize, most: usize| sizes.iter().filter(|&&size| least <= size && size <= most).count();
    assert!(between(1, 100) > 50 && between(1000, 2999) > 50, "few and many: {sizes:?}");
}

/// A run beside it may replace the index that a search has opened.
#[test]
#[cfg(unix)]
fn an_opened_index_answers_when_its_files_are_gone() {
    let env = TestEnv::new().file("a.md", "# 桥今日通车\n\n澜江大桥今日通车。").indexed();
    let (searcher, request) = (env.searcher(), SearchRequest { query: words("大桥 通车"), ..SearchRequest::default() });
    for file in fs::read_dir(env.cwd().join("index")).unwrap() {
        fs::remove_file(file.unwrap().path()).unwrap();
    }
    assert_eq!(searcher.search(&request).unwrap().hits.len(), 1);
}

/// Searches that ask for the same again are answered by what was kept of those before; a searcher that was never asked
/// knows nothing.
#[test]
fn what_is_kept_changes_no_answer() {
    let env = TestEnv::new().file("n.jsonl", lotteries(9, 3000)).indexed();
    // in segments with gaps
    let gone = |line: &&str| !line.contains("庚辛") && !line.contains("2007-");
    let rest = fs::read_to_string(env.corpus().join("n.jsonl")).unwrap();
    env.write("n.jsonl", rest.lines().filter(gone).map(|line| format!("{line}\n")).collect::<String>());
    env.write("m.jsonl", lotteries(77, 400));
    env.sync("");
    let mut random = random(12);
    let filters = ["", " after:2010", " after:2004 before:2016", " -after:2012", " title:开奖"];
    let queries: Vec<String> = (0..150)
        .map(|_| {
            let words = |random: &mut dyn FnMut(usize) -> usize| -> String {
                (0..1 + random(4)).map(|_| DRAWN[random(8)]).collect()
            };
            let asked = match random(3) {
                0 => Asked::random(2, &mut random).typed(),
                1 => words(&mut random),
                _ => format!("{} {}", words(&mut random), words(&mut random)),
            };
            asked + filters[random(filters.len())]
        })
        .collect();
    let warm = env.searcher();
    let mut found = 0;
    for round in 0..3 {
        for (number, query) in queries.iter().enumerate() {
            let sort = [Sort::Relevance, Sort::Newest, Sort::Oldest][number % 3];
            let request = SearchRequest { query: typed(query), sort, ..SearchRequest::default() };
            let answer = warm.search(&request).unwrap();
            found += answer.hits.len();
            let fresh = env.searcher().search(&request).unwrap();
            assert_eq!(
                format!("{answer:#?}"),
                format!("{fresh:#?}"),
                "{query} by {sort:?}, asked {round} times before"
            );
        }
    }
    assert!(found > 2000, "{found} hits");
}

/// An oracle that cannot find a fault proves nothing.
#[test]
fn the_scan_itself_is_right() {
    let env = TestEnv::new()
        .file("a.txt", "习近江说：2021 年 9 月，ＧＰＴ－４ 關閉。\n")
        .file("b.txt", "说二零二一年，gpt 4。\n")
        .indexed();
    let searcher = env.searcher();
    let oracle = Oracle::new(&searcher).unwrap();
    for (string, holders) in [
        ("近江", 1),
        ("2021年9月", 1),
        ("gpt-4", 1),
        ("关闭", 1),
        ("说", 2),
        ("江说", 1),
        ("闭关", 0),
        ("gpt", 2),
        ("gp", 0),
    ] {
        assert_eq!(oracle.holding(string).len(), holders, "{string}");
    }
}

/// An index of the articles below a folder, each file accounted for.
fn of_real_news(folder: &Path) -> TestEnv {
    let env = TestEnv::new();
    let summary = env.sync(&format!("--index index {}", folder.display()));
    let count = |name: &str| summary[name].as_u64().unwrap();
    assert_eq!(count("files"), count("with_articles") + count("without_articles") + count("skipped"));
    assert!(count("added") >= 1_700, "{summary}");
    env
}

fn search_box_terms(shared: &Path) -> Vec<String> {
    let terms = fs::read_to_string(shared.join("queries/weibo-hot.txt")).unwrap();
    terms.lines().map(str::to_owned).collect()
}

#[test]
fn real_news_agrees_with_the_scan() {
    let Some(shared) = shared("real posts and search-box terms against the scan") else { return };
    let searcher = of_real_news(&shared.join("corpora/feed-posts")).searcher();
    let oracle = Oracle::new(&searcher).unwrap();
    check(&searcher, &oracle, drawn(&oracle, 400, 8));
    check(&searcher, &oracle, search_box_terms(&shared).into_iter().step_by(30).collect());
}

#[test]
#[ignore = "scans 25,000 articles 15,000 times, which takes some minutes"]
fn real_news_agrees_with_the_scan_at_length() {
    let Some(shared) = shared("all real posts and search-box terms against the scan") else { return };
    let unpacked = broadcast_posts(&shared);
    for corpus in [unpacked.path(), &shared.join("corpora/feed-posts")] {
        let searcher = of_real_news(corpus).searcher();
        let oracle = Oracle::new(&searcher).unwrap();
        check(&searcher, &oracle, drawn(&oracle, 5000, 12));
        check(&searcher, &oracle, search_box_terms(&shared).into_iter().take(5000).collect());
    }
}
