//! From an article and a query to the passage that is shown: souwen's selection alone, its marking (the words found in
//! the whole text), and tantivy's `SnippetGenerator`, which does both at once.

mod common;

use criterion::{Criterion, Throughput};
use souwen::search::snippet::{Match, select};

use common::baseline::Baseline;

/// Articles that passages are cut from.
const ARTICLES: usize = 100;
/// Words that occur all over the news.
const WORDS: [&str; 3] = ["经济", "学校", "发展"];
/// Length of the passages.
const MAX_CHARS: usize = 120;

fn main() {
    let indexed = common::Indexed::new();
    let articles = indexed.articles(ARTICLES);
    let typed = WORDS.join(" ");
    let mut criterion = Criterion::default().sample_size(20).configure_from_args();
    let mut group = criterion.benchmark_group("snippets");
    group.throughput(Throughput::Elements(articles.len() as u64));

    let matches: Vec<Vec<Match>> = articles.iter().map(|article| matches(article.body.as_str())).collect();
    group.bench_function("select", |bencher| {
        let cut = |(article, matches): (&souwen::article::Article, &Vec<Match>)| {
            select(article.body.as_str(), matches, MAX_CHARS).map_or(0, |snippet| snippet.passage.text.len())
        };
        bencher.iter(|| articles.iter().zip(&matches).map(cut).sum::<usize>());
    });
    group.bench_function("mark", |bencher| {
        let query = common::query(&typed);
        bencher.iter(|| articles.iter().map(|article| indexed.searcher.marks(&query, article).1.len()).sum::<usize>());
    });
    group.bench_function("tantivy", |bencher| {
        let dir = tempfile::tempdir().expect("there is room for an index");
        common::baseline::build(&common::corpus(), dir.path());
        let snippets = Baseline::open(dir.path(), None).snippets(&typed);
        bencher.iter(|| articles.iter().filter_map(|article| snippets.cut(article.body.as_str())).count());
    });
    group.finish();
    criterion.final_summary();
}

/// Where the words occur, in order.
fn matches(body: &str) -> Vec<Match> {
    let of_word = |(term, word): (usize, &&'static str)| {
        let at = |(start, word): (usize, &str)| Match { bytes: start..start + word.len(), term, weight: 1.0 };
        body.match_indices(*word).map(at).collect::<Vec<_>>()
    };
    let mut matches: Vec<Match> = WORDS.iter().enumerate().flat_map(of_word).collect();
    matches.sort_by_key(|found| found.bytes.start);
    matches
}
