//! A fresh clone, a first search, and where the index lies.

use std::fs;

use insta::assert_snapshot;

use crate::support::{TestEnv, post, write};

fn fresh() -> TestEnv {
    TestEnv::new().post(
        "a.md",
        post("云账本将关闭").body("<p>微光科技关闭云账本。</p>").author("夜航船").date("2021-05-14 11:48:00"),
    )
}

#[test]
fn the_first_search_makes_the_index_and_answers() {
    let env = fresh();
    assert_snapshot!(env.run("search 云账本"), @r#"
        exit 0
        ── stdout
        1 article · [TIME]

         1. 云账本将关闭
            夜航船 · 2021-05-14 11:48 · 2x461axg · a.md
            微光科技关闭云账本。
        ── stderr
        souwen: no index yet: building one from "corpus"
        articles: 1 added, 0 changed, 0 unchanged, 0 removed
        files: 1 seen, 1 with articles, 0 failed, 0 of other kinds
        time: [TIME]
        "#);
    assert_snapshot!(env.run("search 云账本 -l"), @r"
        exit 0
        ── stdout
        a.md
        ");
    assert!(env.cwd().join("index/meta.json").is_file());
}

#[test]
fn output_for_programs_stays_clean_when_the_index_is_made_first() {
    let env = fresh();
    let run = env.run("search 云账本 --json").succeeds();
    assert_eq!(run.json().len(), 1);
    assert!(run.stderr.contains("building"), "{run}");
}

#[test]
fn without_index_and_corpus_the_way_out_is_named() {
    let env = TestEnv::new();
    for command in ["search 云账本", "stats", "show 8qk2", "index"] {
        let run = env.run(command);
        assert_eq!(run.code, 2, "{run}");
        assert!(run.stderr.contains("hint: `souwen index FOLDER`"), "{run}");
        assert_eq!(run.stdout, "");
    }
    assert_eq!(fs::read_dir(env.cwd()).unwrap().count(), 0, "looking makes nothing");
}

#[test]
fn a_folder_elsewhere_is_searched_from_anywhere() {
    let env = TestEnv::new();
    write(&env.home("news/a.md"), post("云账本将关闭").body("<p>微光科技。</p>").text());
    env.run_args(&["index", "--quiet", env.home("news").to_str().unwrap()]).succeeds();
    assert!(env.home(".local/share/souwen/index/meta.json").is_file());
    assert_eq!(env.titles("云账本"), ["云账本将关闭"]);
    let run = env.command(&["search", "-l", "云账本"]).current_dir("/").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&run.stdout), "a.md\n");
    write(&env.home("news/b.md"), post("云账本又开了").body("<p>微光科技。</p>").text());
    assert_eq!(env.sync("")["added"], 1, "the index remembers its corpus");
}

#[test]
fn the_command_line_the_environment_and_the_file_say_where_it_lies() {
    let env = fresh().var("SOUWEN_INDEX", "by-environment");
    write(&env.home(".config/souwen/config.toml"), "index = \"~/by-file\"\n");
    env.run("index corpus --index by-option --quiet").succeeds();
    env.run("index corpus --quiet").succeeds();
    assert!(env.cwd().join("by-option/meta.json").is_file());
    assert!(env.cwd().join("by-environment/meta.json").is_file());
    let env = env.var("SOUWEN_INDEX", "");
    env.run("index corpus --quiet").succeeds();
    assert!(env.home("by-file/meta.json").is_file());
    assert!(!env.cwd().join("index").exists());
}

#[test]
fn a_folder_named_index_that_is_not_ours_is_left_alone() {
    let env = TestEnv::new();
    write(&env.cwd().join("index/page.html"), "<p>别人的");
    write(&env.home("news/a.md"), post("云账本").body("<p>微光。</p>").text());
    env.run_args(&["index", "--quiet", env.home("news").to_str().unwrap()]).succeeds();
    assert_eq!(fs::read_dir(env.cwd().join("index")).unwrap().count(), 1);
    assert_eq!(env.titles("云账本"), ["云账本"]);
}

#[test]
fn an_unknown_date_is_refused_before_the_index_is_made() {
    let env = fresh();
    assert_eq!(env.run("search 云账本 --since 昨昨天").code, 2);
    assert!(!env.cwd().join("index").exists());
}
