//! `souwen index` again: only what differs is taken in, and what comes out is what a fresh index would hold.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use insta::assert_snapshot;
use proptest::prelude::*;
use serde_json::{Value, json};
use souwen::analysis::dictionary::{Dictionary, UserWord};
use souwen::article::Article;
use souwen::error::Error;
use souwen::index::{ArticleIndex, SyncOptions, SyncReport, sync};
use souwen::query::parse;
use souwen::search::request::SearchRequest;
use souwen::search::results::Facets;

use crate::support::{TestEnv, post, sample, write};

fn three() -> TestEnv {
    TestEnv::new()
        .post("a.md", post("第一篇").body("<p>甲城开通地铁。</p>"))
        .post("b.md", post("第二篇").body("<p>乙城开通地铁。</p>"))
        .post("夹/c.md", post("第三篇").body("<p>丙城开通轻轨。</p>"))
}

/// Added, changed, unchanged, removed.
fn counts(summary: &Value) -> [u64; 4] {
    ["added", "changed", "unchanged", "removed"].map(|name| summary[name].as_u64().unwrap())
}

/// Sets the time of the last change to an hour from now, as an editor at work might.
fn touch(path: &Path) {
    let file = fs::File::options().append(true).open(path).unwrap();
    file.set_modified(SystemTime::now() + Duration::from_secs(3600)).unwrap();
}

/// Makes every file of the corpus an hour old, so that no run takes it for one that is still being written.
fn age(env: &TestEnv) {
    for file in souwen::corpus::walk(&env.corpus()) {
        let file = fs::File::options().append(true).open(file.unwrap().full).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(3600)).unwrap();
    }
}

/// Rewrites a file so that neither its size nor its time tells.
fn rewrite_unseen(path: &Path, from: &str, to: &str) {
    assert_eq!(from.len(), to.len());
    let time = fs::metadata(path).unwrap().modified().unwrap();
    fs::write(path, fs::read_to_string(path).unwrap().replace(from, to)).unwrap();
    fs::File::options().append(true).open(path).unwrap().set_modified(time).unwrap();
}

#[test]
fn a_run_is_summed_up_for_people() {
    let env = three();
    env.write("photo.png", b"\x89PNG\r\n\x1a\n\0\0");
    env.write("empty.md", b"");
    assert_snapshot!(env.run("index corpus"), @r"
        exit 0
        ── stdout
        articles: 3 added, 0 changed, 0 unchanged, 0 removed
        files: 5 seen, 3 with articles, 1 failed, 1 of other kinds
        problems: 1 (1 empty)
        time: [TIME]
        ── stderr
        souwen: warning: empty.md: empty
        ");
    assert_snapshot!(env.run("index"), @r"
        exit 0
        ── stdout
        nothing has changed: 3 articles
        files: 5 seen, 3 with articles, 1 failed, 1 of other kinds
        problems: 1 (1 empty)
        time: [TIME]
        ── stderr
        souwen: note: 1 problem in files that have not changed
        hint: `souwen index --verbose` names all problems
        ");
    env.write("a.md", post("第一篇").body("<p>改了。</p>").text());
    fs::remove_file(env.corpus().join("b.md")).unwrap();
    env.write("d.md", post("第四篇").body("<p>新的。</p>").text());
    assert_snapshot!(env.run("index --lang zh"), @r"
        exit 0
        ── stdout
        文章：新增 1 篇，更新 1 篇，未变 1 篇，移除 1 篇
        文件：查看 5 个，含文章 3 个，失败 1 个，其他类型 1 个
        问题：1 个（内容为空 1 个）
        用时：[TIME]
        ── stderr
        souwen: 注意：未变动的文件中有 1 个问题
        提示：用 `souwen index --verbose` 查看全部问题
        ");
}

#[test]
fn each_kind_of_difference_is_counted_as_itself() {
    let env = three();
    assert_eq!(counts(&env.sync("corpus")), [3, 0, 0, 0]);
    assert_eq!(counts(&env.sync("")), [0, 0, 3, 0], "nothing happened");
    touch(&env.corpus().join("a.md"));
    assert_eq!(counts(&env.sync("")), [0, 0, 3, 0], "touched, but says the same");
    env.write("a.md", post("第一篇").body("<p>甲城停运。</p>").text());
    assert_eq!(counts(&env.sync("")), [0, 1, 2, 0], "changed");
    env.write("d.md", post("第四篇").body("<p>丁城。</p>").text());
    assert_eq!(counts(&env.sync("")), [1, 0, 3, 0], "added");
    fs::remove_file(env.corpus().join("b.md")).unwrap();
    assert_eq!(counts(&env.sync("")), [0, 0, 3, 1], "removed");
    fs::rename(env.corpus().join("夹/c.md"), env.corpus().join("e.md")).unwrap();
    let summary = env.sync("");
    assert_eq!((counts(&summary), &summary["moved"]), ([1, 0, 2, 1], &json!(1)), "moved");
    assert_eq!(summary["articles"], 3);
    assert_eq!(env.complete("\"甲城停运\""), ["第一篇"]);
    assert!(env.complete("地铁").is_empty(), "what has gone is not found");
}

/// What changes behind the back of size and time is a change only to who opens the file.
#[test]
fn a_run_over_an_unchanged_corpus_says_so_and_opens_no_file() {
    let env = three();
    age(&env);
    let env = env.indexed();
    let paths = ["a.md", "b.md", "夹/c.md"].map(|path| env.corpus().join(path));
    for path in &paths {
        rewrite_unseen(path, "城", "镇");
    }
    assert!(env.run("index").succeeds().stdout.starts_with("nothing has changed: 3 articles\n"));
    let summary = env.sync("");
    assert_eq!((counts(&summary), &summary["bytes"]), ([0, 0, 3, 0], &json!(0)));
    assert_eq!(env.complete("\"甲城\""), ["第一篇"], "as it was read");
    touch(&paths[0]);
    assert_eq!(counts(&env.sync("")), [0, 1, 2, 0], "opened, it is another article");
}

#[test]
fn verifying_content_finds_what_size_and_time_hide() {
    let env = three().file("bad.md", b"");
    age(&env);
    let env = env.indexed();
    rewrite_unseen(&env.corpus().join("b.md"), "乙城", "辛城");
    assert_eq!(counts(&env.sync("")), [0, 0, 3, 0]);
    let summary = env.sync("--verify-content");
    assert_eq!(counts(&summary), [0, 1, 2, 0]);
    assert_eq!(summary["problems"], json!([]), "an earlier run told them");
    assert_eq!(summary["older_problems"].as_array().unwrap().len(), 1);
    assert_eq!(env.complete("辛城"), ["第二篇"]);
    assert_eq!(counts(&env.sync("--verify-content")), [0, 0, 3, 0]);
}

/// File systems tell times in steps: two writes within one look alike.
#[test]
fn a_file_that_was_young_when_it_was_read_is_read_again_without_repeating_its_problems() {
    let env = three().file("bad.md", b"").indexed();
    rewrite_unseen(&env.corpus().join("a.md"), "甲城", "壬城");
    let summary = env.sync("");
    assert_eq!(counts(&summary), [0, 1, 2, 0]);
    assert_eq!((&summary["problems"], summary["older_problems"].as_array().unwrap().len()), (&json!([]), 1));
    age(&env);
    env.sync("");
    assert_eq!(env.sync("")["bytes"], 0, "and no more once it is old enough");
}

fn many() -> TestEnv {
    (0..30).fold(TestEnv::new(), |env, i| {
        env.post(&format!("{}/{i:02}.md", i % 3), post(&format!("第{i}篇")).body("<p>江湾地铁。</p>"))
    })
}

#[test]
fn a_run_that_would_remove_most_articles_is_refused_with_a_way_out() {
    let env = many().indexed();
    for i in (0..30).filter(|i| i % 3 != 0) {
        fs::remove_file(env.corpus().join(format!("{}/{i:02}.md", i % 3))).unwrap();
    }
    env.write("new.md", post("新的一篇").body("<p>也在。</p>").text());
    assert_snapshot!(env.run("index"), @r#"
        exit 2
        ── stderr
        souwen: error: 20 of 30 articles would be removed, for "[DIR]/home/work/corpus" holds them no more; nothing is removed
        hint: is its disk mounted? if they are meant to go, `--allow-mass-delete` removes them
        "#);
    assert_eq!(env.run("index --commit-every 1").code, 2);
    assert_eq!(env.articles().len(), 30, "the index is as it was");
    assert_eq!(counts(&env.sync("--allow-mass-delete")), [1, 0, 10, 20]);
    assert_eq!(env.articles().len(), 11);
}

#[test]
fn an_empty_or_vanished_folder_empties_no_index() {
    let env = three().indexed();
    let aside = env.cwd().join("aside");
    fs::rename(env.corpus(), &aside).unwrap();
    for args in ["index", "index corpus", "index --rebuild"] {
        let run = env.run(args);
        assert_eq!(run.code, 2, "{args}: {run}");
        assert!(run.stderr.contains("is gone; the index keeps its 3 articles\nhint: is its disk mounted?"), "{run}");
    }
    fs::create_dir(env.corpus()).unwrap();
    for args in ["index", "index --rebuild"] {
        let run = env.run(args);
        assert_eq!(run.code, 2, "{args}: {run}");
        assert!(run.stderr.contains("3 of 3 articles would be removed"), "{run}");
    }
    assert_snapshot!(env.run("index --lang zh"), @r"
        exit 2
        ── stderr
        souwen: 错误：“[DIR]/home/work/corpus”中已没有索引所含 3 篇文章中的 3 篇，本应移除；未移除任何文章
        提示：磁盘是否已挂载？如果确实要移除，加上 `--allow-mass-delete`
        ");
    assert_eq!(env.articles().len(), 3);

    // an index that cannot be read any more keeps its files, too
    env.edit_commit("\\\"format\\\":7", "\\\"format\\\":99");
    assert!(env.run("index --rebuild").stderr.contains("3 of 3 articles would be removed"));
    env.edit_commit("\\\"format\\\":99", "\\\"format\\\":7");
    assert_eq!(env.articles().len(), 3);

    fs::remove_dir(env.corpus()).unwrap();
    fs::rename(&aside, env.corpus()).unwrap();
    assert_eq!(counts(&env.sync("")), [0, 0, 3, 0]);
}

/// As when the disk goes away in the very moment in which the run looks.
#[cfg(unix)]
#[test]
fn a_folder_that_vanishes_during_the_walk_empties_no_index() {
    let dir = tempfile::tempdir().unwrap();
    let (corpus, index) = (dir.path().join("corpus"), dir.path().join("index"));
    write(&corpus.join("a.md"), post("第一篇").body("<p>甲城。</p>").text());
    let words = Arc::new(Dictionary::default());
    refresh(&index, &corpus, &words, false).unwrap();
    let walking = std::sync::atomic::AtomicBool::new(true);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while walking.load(std::sync::atomic::Ordering::Relaxed) {
                fs::rename(&corpus, dir.path().join("aside")).unwrap();
                fs::rename(dir.path().join("aside"), &corpus).unwrap();
            }
        });
        for _ in 0..200 {
            let outcome = refresh(&index, &corpus, &words, false);
            assert!(outcome.as_ref().map_or(true, |report| report.removed == 0), "{outcome:?}");
        }
        walking.store(false, std::sync::atomic::Ordering::Relaxed);
    });
    assert_eq!(seen(&index).articles.len(), 1);
}

#[test]
fn lines_that_vanish_from_one_file_are_guarded_alike_and_a_rebuild_too() {
    let lines = |count: usize| -> String {
        (0..count).map(|i| format!("{{\"id\":\"{i}\",\"title\":\"第{i}条\",\"body\":\"地铁\"}}\n")).collect()
    };
    let env = TestEnv::new().file("n.jsonl", lines(30)).indexed();
    env.write("n.jsonl", lines(5));
    for args in ["index", "index --rebuild"] {
        let run = env.run(args);
        assert!(run.code == 2 && run.stderr.contains("25 of 30 articles would be removed"), "{args}: {run}");
    }
    assert_eq!(env.articles().len(), 30);
    env.run("index --rebuild --allow-mass-delete").succeeds();
    assert_eq!(env.articles().len(), 5);
    let other = env.cwd().join("other");
    write(&other.join("a.md"), post("别处").text());
    env.run("index --rebuild other").succeeds();
    assert_eq!(env.articles().len(), 1, "another folder is a wish, not an accident");
}

#[test]
fn moved_articles_are_told_from_new_ones_and_are_no_loss() {
    let env = many().indexed();
    fs::rename(env.corpus().join("1"), env.corpus().join("一")).unwrap();
    env.write("new.md", post("新的一篇").body("<p>也在。</p>").text());
    assert_snapshot!(env.run("index"), @r"
        exit 0
        ── stdout
        articles: 11 added, 0 changed, 20 unchanged, 10 removed
        moved: 10 of the added, each removed elsewhere
        files: 31 seen, 31 with articles, 0 failed, 0 of other kinds
        time: [TIME]
        ");
    for folder in ["0", "一", "2"] {
        write(&env.cwd().join("corpus/all/x"), "");
        fs::rename(env.corpus().join(folder), env.corpus().join("all").join(folder)).unwrap();
    }
    let summary = env.sync("--commit-every 1");
    assert_eq!(counts(&summary), [30, 0, 1, 30], "nearly all have moved, and none is lost");
    assert_eq!(summary["moved"], 30);
    assert_eq!(env.complete("地铁").len(), 30);
}

#[test]
fn an_edit_of_the_same_length_is_seen() {
    let env = three();
    env.sync("corpus");
    let path = env.corpus().join("a.md");
    let text = fs::read_to_string(&path).unwrap().replace('甲', "辛");
    fs::write(&path, text).unwrap();
    assert_eq!(counts(&env.sync("")), [0, 1, 2, 0]);
}

#[test]
fn ids_stay_through_refreshes_and_rebuilds() {
    let env = three();
    env.sync("corpus");
    let ids = |env: &TestEnv| env.articles().into_iter().map(|a| (a.path, a.id)).collect::<BTreeMap<_, _>>();
    let before = ids(&env);
    env.write("a.md", post("另一个题目").body("<p>完全不同的话。</p>").text());
    env.write("0.md", post("排在前面").body("<p>新的。</p>").text());
    env.sync("");
    let after = ids(&env);
    assert!(before.iter().all(|(path, id)| after[path] == *id));
    env.sync("--rebuild");
    assert_eq!(ids(&env), after);
}

#[test]
fn lines_of_one_file_come_and_go_one_by_one() {
    let env = TestEnv::new().file(
        "n.jsonl",
        "{\"id\":\"1\",\"title\":\"一\",\"body\":\"甲城\"}\n{\"id\":\"2\",\"title\":\"二\",\"body\":\"乙城\"}\n",
    );
    assert_eq!(counts(&env.sync("corpus")), [2, 0, 0, 0]);
    env.write(
        "n.jsonl",
        "{\"id\":\"2\",\"title\":\"二\",\"body\":\"乙城改\"}\n{\"id\":\"3\",\"title\":\"三\",\"body\":\"丙城\"}\n",
    );
    assert_eq!(counts(&env.sync("")), [1, 1, 0, 1]);
    assert_eq!(env.articles().len(), 2);
}

#[test]
fn a_problem_is_counted_by_every_run_and_named_by_the_one_that_meets_it() {
    let env = three().file("bad.md", b"").file("odd.jsonl", "{\"title\":\"好\",\"body\":\"文\"}\n{坏\n");
    let first = env.sync("corpus");
    let second = env.sync("");
    assert_eq!(first["problems"].as_array().unwrap().len(), 2);
    assert_eq!((&second["problems"], &second["older_problems"]), (&json!([]), &first["problems"]));
    for summary in [first, second] {
        assert_eq!(summary["problems_by_kind"], json!({"bad_json": 1, "empty": 1}));
        assert_eq!(summary["files"], 5);
    }
}

#[test]
fn many_problems_of_a_kind_are_named_in_part_and_counted() {
    let odd = |i: usize| format!("---\ntitle: \"{i}\"号\n---\n第 {i} 篇\n");
    let env = (0..12).fold(three(), |env, i| env.file(&format!("odd/{i:02}.md"), odd(i))).file("empty.md", b"");
    let run = env.run("index corpus");
    assert_eq!(run.stderr.matches("odd front matter: ").count(), 10, "{run}");
    assert!(run.stderr.contains("warning: empty.md: empty\n"), "the other kinds are not crowded out: {run}");
    assert!(run.stderr.contains("warning: and 2 more: odd front matter\nhint: `souwen index --verbose`"), "{run}");

    env.write("odd/12.md", odd(12));
    let run = env.run("index");
    assert_eq!(run.stderr.matches("odd front matter: ").count(), 1, "{run}");
    assert!(
        run.stderr.contains("odd/12.md") && run.stderr.contains("note: 13 problems in files that have not"),
        "{run}"
    );

    let run = env.run("index --verbose");
    assert_eq!(run.stderr.matches("odd front matter: ").count(), 13, "{run}");
    assert!(run.stderr.contains("empty.md") && !run.stderr.contains("hint"), "{run}");
    assert_eq!(env.sync("")["older_problems"].as_array().unwrap().len(), 14);
}

#[test]
fn an_index_of_other_settings_is_refused_with_a_way_out() {
    let env = three().indexed();
    fs::create_dir(env.cwd().join("other")).unwrap();
    assert_snapshot!(env.run("index other"), @r#"
        exit 2
        ── stderr
        souwen: error: the index at "index" holds the articles of "[DIR]/home/work/corpus", not of "[DIR]/home/work/other"
        hint: `--index DIR` makes a second index, `--rebuild` replaces this one
        "#);
    assert_snapshot!(env.run("index --zone +09:00"), @r#"
        exit 2
        ── stderr
        souwen: error: the index at "index" takes dates without a zone as +08:00, not as +09:00
        hint: `souwen index --zone +09:00 --rebuild` reads all dates anew, `--zone +08:00` goes on as before
        "#);
    assert_snapshot!(env.run("index nowhere"), @r#"
        exit 2
        ── stderr
        souwen: error: no folder "nowhere"
        hint: `souwen index FOLDER` takes a folder of articles
        "#);
    assert_snapshot!(env.run("index --zone +09:00 --lang zh"), @r"
        exit 2
        ── stderr
        souwen: 错误：“index”处的索引把没有时区的日期当作 +08:00，而不是 +09:00
        提示：用 `souwen index --zone +09:00 --rebuild` 重新读取全部日期，用 `--zone +08:00` 则照旧
        ");
    env.run("index --zone +8").succeeds();
    assert_eq!(env.complete("地铁").len(), 2, "the index is as it was");
    env.run("index --zone +09:00 --rebuild").succeeds();
    env.run("index").succeeds();
}

#[test]
fn an_index_of_another_format_is_refused_with_a_way_out() {
    let env = three().indexed();
    env.edit_commit("\\\"format\\\":7", "\\\"format\\\":99");
    assert_snapshot!(env.run("search 地铁"), @r#"
    exit 2
    ── stderr
    souwen: error: the index at "index" has format 99, this souwen reads format 7
    hint: `souwen index --rebuild FOLDER` makes it anew
    "#);
    assert_snapshot!(env.run("index --lang zh"), @r"
        exit 2
        ── stderr
        souwen: 错误：“index”处的索引是第 99 版格式，本程序读取第 7 版
        提示：用 `souwen index --rebuild 文件夹` 重建
        ");
    env.run("index --rebuild corpus --quiet").succeeds();
    assert_eq!(env.complete("地铁").len(), 2);
}

#[test]
fn an_index_of_other_rules_is_refused_with_a_way_out() {
    let env = three().indexed();
    env.edit_commit("normalize 1", "normalize 0");
    assert_snapshot!(env.run("search 地铁"), @r#"
        exit 2
        ── stderr
        souwen: error: the index at "index" was made with other analysis settings
        hint: `souwen index --rebuild` makes it anew
        "#);
    assert_snapshot!(env.run("index"), @r#"
    exit 2
    ── stderr
    souwen: error: the index at "index" was made with other analysis settings
    hint: `souwen index --rebuild` makes it anew
    "#);
    env.run("index --rebuild --quiet").succeeds();
    assert_eq!(env.complete("地铁").len(), 2);
}

#[test]
fn a_damaged_index_is_named_and_rebuilt_on_demand() {
    let env = three().indexed();
    fs::write(env.cwd().join("index/meta.json"), "{").unwrap();
    let run = env.run("search 地铁");
    assert_eq!(run.code, 2, "{run}");
    assert!(run.stderr.contains("damaged") && run.stderr.contains("hint: "), "{run}");
    env.run("index --rebuild corpus --quiet").succeeds();
    assert_eq!(env.complete("地铁").len(), 2);
}

#[test]
fn a_folder_with_files_of_others_is_not_taken() {
    let env = three();
    write(&env.cwd().join("papers/thesis.txt"), "年深日久");
    for args in ["index corpus --index papers", "index corpus --rebuild --index papers"] {
        let run = env.run(args);
        assert_eq!(run.code, 2, "{run}");
        assert!(run.stderr.contains("no souwen index"), "{run}");
    }
    assert_eq!(fs::read_dir(env.cwd().join("papers")).unwrap().count(), 1);
}

#[test]
fn the_sample_corpus_refreshes_to_nothing_and_rebuilds_to_the_same() {
    let env = TestEnv::new();
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus");
    let summary = env.sync(&format!("--index index --threads 1 {corpus}"));
    assert_eq!(counts(&summary), [148, 0, 0, 0]);
    assert_eq!(counts(&env.sync("--index index")), [0, 0, 148, 0]);
    assert_eq!(env.articles(), sample().articles(), "whatever the number of threads");
}

#[test]
fn another_dictionary_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (corpus, index) = (dir.path().join("corpus"), dir.path().join("index"));
    write(&corpus.join("a.md"), post("题").body("<p>云账本</p>").text());
    let word = UserWord { word: "云账本".to_owned(), frequency: None };
    let with_word = Arc::new(Dictionary::new(&[word]));
    refresh(&index, &corpus, &Arc::new(Dictionary::default()), false).unwrap();
    let refused = refresh(&index, &corpus, &with_word, false);
    assert!(matches!(refused, Err(Error::OtherAnalysis { .. })), "{refused:?}");
    refresh(&index, &corpus, &with_word, true).unwrap();
    refresh(&index, &corpus, &with_word, false).unwrap();
}

/// While every article is replaced by another of another outlet, a searcher sees as many articles as ever, and of the new
/// ones as many as some commit holds.
#[test]
fn searching_while_indexing_answers_from_a_whole_commit() {
    const ARTICLES: u64 = 3_000;
    const COMMIT_EVERY: u64 = 250;
    let write_all = |env: &TestEnv, outlet: &str| {
        for i in 0..ARTICLES {
            let body = format!("<p>{outlet}消息，第 {i} 班渡船离岸。</p>");
            env.write(&format!("{}/{i}.md", i % 10), post("航班").author(outlet).body(&body).text());
        }
    };
    let env = TestEnv::new();
    write_all(&env, "早报");
    let env = env.indexed();
    write_all(&env, "晚报的晚报");

    // one thread takes the articles one by one, so commits come exactly every so many
    let args = ["index", "--quiet", "--threads", "1", "--commit-every", &COMMIT_EVERY.to_string()];
    let mut indexing = env.command(&args).spawn().unwrap();
    let mut seen = vec![0];
    let status = loop {
        let ended = indexing.try_wait().unwrap();
        let run = env.run("search 渡船 --facets -n 1 --json").succeeds();
        assert_eq!(run.stderr, "");
        let lines = run.json();
        let by = |outlet: &str| {
            let authors = lines[1]["authors"].as_array().unwrap().iter();
            authors
                .filter(|author| author["name"] == outlet)
                .map(|author| author["articles"].as_u64().unwrap())
                .sum::<u64>()
        };
        let new = by("晚报的晚报");
        assert_eq!(lines[1]["total"], json!({"articles": ARTICLES, "at_least": false}), "with {new} new ones");
        assert_eq!((by("早报") + new, new % COMMIT_EVERY), (ARTICLES, 0), "with {new} new ones");
        assert!(new >= *seen.last().unwrap(), "{new} after {seen:?}");
        seen.push(new);
        if let Some(status) = ended {
            break status;
        }
    };
    assert!(status.success());
    assert_eq!(seen.last(), Some(&ARTICLES));
    assert!(seen.iter().any(|&new| 0 < new && new < ARTICLES), "no commit on the way was seen: {seen:?}");
}

fn refresh(index: &Path, corpus: &Path, words: &Arc<Dictionary>, rebuild: bool) -> Result<SyncReport, Error> {
    let options =
        SyncOptions { threads: 2, memory_bytes: 64 << 20, rebuild, allow_mass_delete: true, ..SyncOptions::default() };
    sync(index, corpus, words, &options, &|_| {})
}

/// What happens to a corpus between two runs.
#[derive(Debug, Clone)]
enum Step {
    Write(usize, usize),
    Lines(usize, Vec<usize>),
    Delete(usize),
    Move(usize, usize),
    Touch(usize),
    Run,
    Rebuild,
    /// A run that is killed after so many milliseconds.
    Kill(u64),
}

const FILES: usize = 6;
const TEXTS: [&str; 5] =
    ["江湾地铁今日通车", "台风白鹭明晨登陆江湾", "微光关闭云账本", "江湾马拉松开跑，台风停赛", "地铁 stocks 上涨 10%"];

fn step() -> impl Strategy<Value = Step> {
    let (file, text) = (|| 0..FILES, || 0..TEXTS.len());
    prop_oneof![
        3 => (file(), text()).prop_map(|(file, text)| Step::Write(file, text)),
        2 => (file(), prop::collection::vec(text(), 0..4)).prop_map(|(file, texts)| Step::Lines(file, texts)),
        2 => file().prop_map(Step::Delete),
        2 => (file(), file()).prop_map(|(from, to)| Step::Move(from, to)),
        1 => file().prop_map(Step::Touch),
        3 => Just(Step::Run),
        1 => Just(Step::Rebuild),
        2 => (0..200u64).prop_map(Step::Kill),
    ]
}

fn take(corpus: &Path, step: &Step) {
    let md = |file: &usize| corpus.join(format!("f{}/{file}.md", file % 2));
    let lines = |file: &usize| corpus.join(format!("{file}.jsonl"));
    match step {
        Step::Write(file, text) => write(&md(file), post(TEXTS[*text]).body(TEXTS[(text + file) % TEXTS.len()]).text()),
        Step::Lines(file, texts) => {
            // the same text twice is the same article twice
            let text: String = texts
                .iter()
                .map(|text| format!("{}\n", json!({"title": TEXTS[*text], "body": TEXTS[*text]})))
                .collect();
            write(&lines(file), text);
        }
        Step::Delete(file) => {
            let _ = fs::remove_file(md(file));
            let _ = fs::remove_file(lines(file));
        }
        Step::Move(from, to) => {
            fs::create_dir_all(md(to).parent().unwrap()).unwrap();
            let _ = fs::rename(md(from), md(to));
        }
        Step::Touch(file) if md(file).exists() => touch(&md(file)),
        Step::Touch(_) | Step::Run | Step::Rebuild | Step::Kill(_) => {}
    }
}

/// Everything that a user could see of an index, scores aside: those count the dead until segments are merged.
#[derive(Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) articles: Vec<Article>,
    answers: Vec<(u64, Vec<String>, Option<Facets>)>,
}

pub(crate) fn seen(index: &Path) -> Seen {
    let searcher = ArticleIndex::open(index).unwrap().searcher(Arc::new(Dictionary::default())).unwrap();
    let mut articles = Vec::new();
    searcher.each_article(&mut |article| articles.push(article)).unwrap();
    articles.sort_by_key(|article| article.id);
    let now = jiff::Timestamp::UNIX_EPOCH.to_zoned(jiff::tz::TimeZone::UTC);
    let queries = ["", "江湾", "台风 江湾", "\"湾地\"", "stock", "-地铁", "云账本 OR 马拉松", "title:台风", "公司"];
    let answers = queries.map(|query| {
        let request = SearchRequest {
            query: parse(query, &now).query,
            limit: SearchRequest::MAX_LIMIT,
            all_words: true,
            facets: true,
            snippet_chars: 0,
            ..SearchRequest::default()
        };
        let results = searcher.search(&request).unwrap();
        let mut ids: Vec<String> = results.hits.iter().map(|hit| hit.id.to_string()).collect();
        ids.sort();
        (results.total.articles, ids, results.facets)
    });
    Seen { articles, answers: answers.into() }
}

/// Starts the program on an index and kills it after a while, unless it has ended.
fn kill_run(index: &Path, corpus: &Path, after: Duration) {
    let paths = [index, corpus].map(|path| path.to_str().unwrap());
    let args = ["index", "--index", paths[0], "--quiet", "--allow-mass-delete", "--commit-every", "1", paths[1]];
    let mut run = TestEnv::new().command(&args).current_dir(corpus).spawn().unwrap();
    std::thread::sleep(after);
    let _ = run.kill();
    run.wait().unwrap();
}

/// Whatever happened to the folder and to the runs, one run later the index is a fresh one.
fn a_refreshed_index_is_a_fresh_one_after(steps: &[Step]) -> Result<(), TestCaseError> {
    let dir = tempfile::tempdir().unwrap();
    let (corpus, index) = (dir.path().join("corpus"), dir.path().join("index"));
    fs::create_dir(&corpus).unwrap();
    let words = Arc::new(Dictionary::default());
    for step in steps {
        take(&corpus, step);
        match step {
            Step::Run | Step::Rebuild => {
                refresh(&index, &corpus, &words, matches!(step, Step::Rebuild)).unwrap();
            }
            Step::Kill(after_ms) => kill_run(&index, &corpus, Duration::from_millis(*after_ms)),
            _ => {}
        }
    }
    let report = refresh(&index, &corpus, &words, false).unwrap();
    prop_assert_eq!(report.files, report.with_articles + report.without_articles + report.skipped);
    let fresh = dir.path().join("fresh");
    let fresh_report = refresh(&fresh, &corpus, &words, false).unwrap();
    prop_assert_eq!(report.articles, fresh_report.added);
    prop_assert_eq!(report.problems_by_kind, fresh_report.problems_by_kind);
    prop_assert_eq!(seen(&index), seen(&fresh));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_refreshed_index_is_a_fresh_one(steps in prop::collection::vec(step(), 1..14)) {
        a_refreshed_index_is_a_fresh_one_after(&steps)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    #[ignore = "takes 5 minutes; run with cargo test --test it -- --ignored many_refreshed_indexes_are_fresh_ones"]
    fn many_refreshed_indexes_are_fresh_ones(steps in prop::collection::vec(step(), 1..30)) {
        a_refreshed_index_is_a_fresh_one_after(&steps)?;
    }
}
