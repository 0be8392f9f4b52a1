//! `souwen optimize`: one segment, no dead weight, and the same answers.

use std::fs;

use insta::assert_snapshot;

use crate::support::{TestEnv, post};

/// Three segments, one article removed.
fn refreshed_often() -> TestEnv {
    let env = TestEnv::new().post("a.md", post("第一篇").body("<p>甲城开通地铁。</p>"));
    for (name, title, body) in [("b.md", "第二篇", "乙城开通地铁。"), ("c.md", "第三篇", "丙城开通轻轨。")]
    {
        env.sync("corpus");
        env.write(name, post(title).body(&format!("<p>{body}</p>")).text());
    }
    env.sync("");
    fs::remove_file(env.corpus().join("b.md")).unwrap();
    env.sync("");
    env
}

/// Articles, segments and removed articles that still take space.
fn sizes(env: &TestEnv) -> [u64; 3] {
    let stats = env.run("stats --json").succeeds().json().remove(0);
    ["articles", "segments", "deleted"].map(|name| stats[name].as_u64().unwrap())
}

#[test]
fn many_segments_become_one_and_searches_find_the_same() {
    let env = refreshed_often();
    let found = env.complete("开通");
    let [articles, segments, _] = sizes(&env);
    assert!(segments > 1, "{segments}");
    let report = env.run("optimize --json").succeeds().json().remove(0);
    assert_eq!((&report["type"], report["before"]["segments"].as_u64()), (&"optimize".into(), Some(segments)));
    assert_eq!(sizes(&env), [articles, 1, 0]);
    assert_eq!(env.complete("开通"), found);
    assert_eq!(env.sync("")["unchanged"], articles, "a refresh knows the index again");
}

#[test]
fn refreshes_leave_few_segments_and_no_removed_articles_by_themselves() {
    let mut env = TestEnv::new();
    for i in 0..12 {
        env = env.post(&format!("{i}.md"), post(&format!("第{i}篇")).body("<p>甲城开通地铁。</p>"));
    }
    env.sync("corpus");
    for round in 0..12 {
        env.write(&format!("{round}.md"), post("改过").body(&format!("<p>乙城{round}路通车。</p>")).text());
        env.sync("");
        let [articles, segments, removed] = sizes(&env);
        assert!(segments <= 4 && removed <= 1, "round {round}: {segments} segments, {removed} removed");
        assert_eq!(articles, 12);
    }
    assert_eq!(env.complete("通车").len(), 12);
}

#[test]
fn the_space_of_removed_articles_comes_back() {
    let body = (0..3000).map(|i| format!("<p>第{i}段说的是各不相同的事{}。</p>", i * 7919)).collect::<String>();
    let env = TestEnv::new().post("a.md", post("短").body("<p>甲城。</p>")).post("b.md", post("长").body(&body));
    env.sync("corpus");
    fs::remove_file(env.corpus().join("b.md")).unwrap();
    env.sync("");
    env.run("optimize").succeeds();
    let stats = env.run("stats --json").succeeds().json().remove(0);
    let rest = stats["bytes"].as_u64().unwrap();
    assert!(rest < body.len() as u64 / 4, "{rest} bytes are left");
    assert_eq!(env.complete("甲城"), ["短"]);
}

#[test]
fn it_says_when_there_is_nothing_to_do_or_no_index() {
    let env = TestEnv::new().post("a.md", post("第一篇").body("<p>甲城开通地铁。</p>")).indexed();
    assert_snapshot!(env.run("optimize"), @r"
        exit 0
        ── stdout
        nothing to merge: 1 article in one segment
        ");
    let env = TestEnv::new();
    assert_eq!(env.run("optimize").code, 2);
    assert!(!env.cwd().join("index").exists(), "no folder is made for an index that is not there");
}
