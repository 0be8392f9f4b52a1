//! `souwen export`: everything the index holds, as lines that make the same index again.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use insta::assert_snapshot;
use serde_json::{Value, json};
use souwen::query::parse;

use crate::support::{TestEnv, broadcast_posts, post, sample, shared};

/// Texts that a reader of foreign lines would take for something else.
fn tricky() -> TestEnv {
    let lines = [
        json!({"id": 1, "title": "A&amp;amp;B", "text": "用 &amp;lt;p&amp;gt; 分段\n第二段", "date": "2024-03-12T08:00:00Z",
            "categories": [["新媒体", "甲/乙"], ["要闻"]], "author": "某 &amp;lt; 某", "url": "https://example.org/?a=1&b=2"}),
        json!({"id": 2, "title": "", "body": "没有标题，也没有日期。"}),
        json!({"id": 3, "title": "只有标题", "date": "2024-03-12T08:00:00.25Z"}),
    ];
    let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
    TestEnv::new().file("lines.jsonl", lines.join("\n")).post(
        "新媒体/a.md",
        post("台风登陆").body("<p>江湾停课。</p><p>船停航。</p>").date("2024-03-11").categories("新媒体/江潮"),
    )
}

/// The index of an export: another place, another index.
fn imported(export: &Path) -> TestEnv {
    let env = TestEnv::new();
    env.run_args(&["index", "--quiet", "--index", "index", export.to_str().unwrap()]).succeeds();
    env
}

#[track_caller]
fn export(env: &TestEnv, name: &str) -> std::path::PathBuf {
    let file = env.home(name);
    env.run_args(&["export", "--index", "index", "--output", file.to_str().unwrap()]).succeeds();
    file
}

#[test]
fn an_article_is_a_line_and_the_oldest_comes_first() {
    let env = TestEnv::new()
        .post("b.md", post("第二篇").body("<p>乙。</p>").date("2024-03-12"))
        .post("c.md", post("没有日期").body("<p>丙。</p>"))
        .post(
            "新闻/a.md",
            post("第一篇").body("<p>甲。</p><p>又一段。</p>").author("江潮").date("2024-03-11").categories("新闻/江岸"),
        )
        .indexed();
    assert_snapshot!(env.run("export"), @r#"
        exit 0
        ── stdout
        {"souwen":1,"id":"0ay41ta3sfzt","path":"新闻/a.md","title":"第一篇","author":"江潮","date":"2024-03-10T16:00:00Z","categories":[["新闻","江岸"]],"body":"甲。\n又一段。"}
        {"souwen":1,"id":"e2c3jwd6fyqx","path":"b.md","title":"第二篇","date":"2024-03-11T16:00:00Z","categories":[],"body":"乙。"}
        {"souwen":1,"id":"ywrq6hm3re9x","path":"c.md","title":"没有日期","categories":[],"body":"丙。"}
        "#);
}

#[test]
fn an_export_makes_the_same_index_again() {
    for env in [&tricky().indexed(), sample()] {
        let first = export(env, "export.jsonl");
        let again = imported(&first);
        let (mut before, mut after) = (env.articles(), again.articles());
        before.sort_by_key(|article| article.id);
        after.sort_by_key(|article| article.id);
        assert_eq!(before, after);
        for query in ["微软 区块链", "\"第二段\"", "台风 OR 只有标题", "category:要闻", "after:2024-03-12"]
        {
            let hits =
                |env: &TestEnv| env.run_args(&["search", "--index", "index", "--json", "--facets", query]).stdout;
            assert_eq!(hits(env), hits(&again), "{query}");
        }
        let second = export(&again, "again.jsonl");
        assert_eq!(fs::read(&first).unwrap(), fs::read(&second).unwrap());
        let compressed = export(env, "export.jsonl.gz");
        assert_eq!(imported(&compressed).articles(), again.articles());
        assert_eq!(fs::read(compressed).unwrap(), fs::read(export(&again, "again.jsonl.gz")).unwrap());
    }
}

/// Beside other files, ids and paths are those of any lines, so that nothing is called the same as anything else.
#[test]
fn two_exports_of_one_index_can_stand_in_one_folder() {
    let env = tricky().indexed();
    let lines = fs::read(export(&env, "export.jsonl")).unwrap();
    let both = TestEnv::new().file("a.jsonl", &lines).file("b.jsonl", &lines).indexed();
    let articles = both.articles();
    assert_eq!(articles.len(), 8);
    assert!(articles.iter().all(|article| ["a.jsonl", "b.jsonl"].contains(&&*article.path)));
    let mut ids: Vec<_> = articles.iter().map(|article| article.id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 8);
    both.run("verify").succeeds();
}

#[test]
fn a_file_is_replaced_whole_or_not_at_all() {
    let env = tricky().indexed();
    let file = export(&env, "export.jsonl");
    fs::write(env.cwd().join("index/meta.json"), "{").unwrap();
    let before = fs::read(&file).unwrap();
    assert_eq!(env.run_args(&["export", "--output", file.to_str().unwrap()]).code, 2);
    assert_eq!(fs::read(&file).unwrap(), before);
    let beside = fs::read_dir(file.parent().unwrap()).unwrap().count();
    assert_eq!(beside, 2, "the current folder and the export");
}

#[test]
fn what_cannot_be_written_is_named_and_a_closed_pipe_is_forgiven() {
    let env = tricky().indexed();
    let run = env.run("export --output corpus");
    assert_eq!(run.code, 2, "{run}");
    assert!(run.stderr.contains("corpus"), "{run}");
    assert_eq!(TestEnv::new().run("export").code, 2, "no index");

    let env = TestEnv::new().file(
        "many.jsonl",
        (0..2000)
            .map(|n| format!("{{\"id\":{n},\"title\":\"第{n}篇\",\"body\":\"{}\"}}\n", "字".repeat(100)))
            .collect::<String>(),
    );
    let env = env.indexed();
    let mut child = env.command(&["export"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
}

#[test]
#[ignore = "takes 2 minutes; run with SOUWEN_SHARED=… cargo test --test it export -- --ignored"]
fn an_export_of_real_news_makes_the_same_index_again() {
    let Some(shared) = shared("the export of real news") else { return };
    let unpacked = broadcast_posts(&shared);
    for corpus in [unpacked.path(), &shared.join("corpora/feed-posts")] {
        let env = TestEnv::new();
        env.run_args(&["index", "--quiet", "--index", "index", corpus.to_str().unwrap()]).succeeds();
        let first = export(&env, "export.jsonl");
        let again = imported(&first);
        let (mut before, mut after) = (env.articles(), again.articles());
        before.sort_by_key(|article| article.id);
        after.sort_by_key(|article| article.id);
        assert!(before == after, "{}", corpus.display());
        let second = export(&again, "again.jsonl");
        assert!(fs::read(&first).unwrap() == fs::read(&second).unwrap(), "{}", corpus.display());
        // not the order: which of many equals are ranked depends on how an index is cut into segments
        let (before, after) = (env.searcher(), again.searcher());
        for query in include_str!("../../data/bench-queries.txt").lines() {
            let query = parse(query, &jiff::Zoned::now()).query;
            assert!(before.all_ids(&query).unwrap() == after.all_ids(&query).unwrap(), "{query}");
        }
    }
}
