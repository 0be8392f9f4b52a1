//! Text to terms: units and words of whole articles, the segmenter's two dictionaries for a query, and what
//! tantivy-jieba takes for the same articles.
//!
//! `words` includes the units, as each tokenizer does. Not measured: the engine that takes the terms.

mod common;

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use souwen::analysis::Analyzer;
use souwen::analysis::normalize::Normalized;
use tantivy::tokenizer::{TokenStream, Tokenizer};

/// Articles that are analysed in turn.
const ARTICLES: usize = 200;

fn main() {
    let indexed = common::Indexed::new();
    let texts: Vec<String> = indexed.articles(ARTICLES).into_iter().map(|article| article.body.into_string()).collect();
    let bytes: usize = texts.iter().map(String::len).sum();
    let analyzer = Analyzer::for_articles(common::dictionary());
    let mut criterion = Criterion::default().sample_size(20).configure_from_args();

    let mut group = criterion.benchmark_group("articles");
    group.throughput(Throughput::Bytes(bytes as u64));
    group.bench_function("fold", |bencher| {
        bencher.iter(|| texts.iter().map(|text| Normalized::new(text).as_str().len()).sum::<usize>());
    });
    group.bench_function("units", |bencher| {
        bencher.iter(|| texts.iter().map(|text| analyzer.analyze(text).units.len()).sum::<usize>());
    });
    group.bench_function("words", |bencher| {
        bencher.iter(|| texts.iter().map(|text| analyzer.analyze(text).words().len()).sum::<usize>());
    });
    group.bench_function("tantivy-jieba", |bencher| {
        let mut tokenizer = tantivy_jieba::JiebaTokenizer::new();
        bencher.iter(|| texts.iter().map(|text| count(&mut tokenizer.token_stream(text))).sum::<usize>());
    });
    group.finish();

    let mut group = criterion.benchmark_group("dictionary");
    let dictionary = common::dictionary();
    group.bench_function("slice for 关闭区块链服务", |bencher| {
        bencher.iter(|| dictionary.slice(black_box("关闭区块链服务")));
    });
    group.sample_size(10);
    group.bench_function("whole", |bencher| bencher.iter(|| dictionary.whole()));
    group.finish();

    let mut group = criterion.benchmark_group("query");
    for (name, analyzer) in [("slice", Analyzer::for_queries(dictionary)), ("whole", analyzer)] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| analyzer.analyze(black_box("微软 关闭区块链服务")).words().len());
        });
    }
    group.finish();
    criterion.final_summary();
}

fn count(tokens: &mut impl TokenStream) -> usize {
    let mut count = 0;
    tokens.process(&mut |_| count += 1);
    count
}
