//! Files that strangers may send: each costs itself at most, none the others, and every one is accounted for.

use std::time::{Duration, Instant};

use crate::support::{TestEnv, post};

/// A corpus with one good article, whose index must hold it whatever stands beside it.
fn beside() -> TestEnv {
    TestEnv::new().post("good.md", post("好文章").body("<p>这一篇总要找到。</p>"))
}

/// Indexes, and checks what holds for every corpus.
#[track_caller]
fn survives(env: &TestEnv) -> serde_json::Value {
    let started = Instant::now();
    let summary = env.sync("corpus");
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    let count = |name: &str| summary[name].as_u64().unwrap();
    assert_eq!(count("files"), count("with_articles") + count("without_articles") + count("skipped"), "{summary}");
    assert_eq!(env.complete("\"总要找到\""), ["好文章"]);
    summary
}

#[test]
fn deep_html_is_read() {
    let env = beside()
        .file("deep.html", format!("<html><body>{}<p>深处的话{}", "<div>".repeat(50_000), "</div>".repeat(50_000)));
    let env = env.post("b.md", post("乱标签").body(&"<b><i><table><tr>".repeat(20_000)));
    survives(&env);
    assert_eq!(env.complete("\"深处的话\"").len(), 1);
}

#[test]
fn billion_laughs_are_not_laughed() {
    let mut xml = "<?xml version=\"1.0\"?><!DOCTYPE rss [<!ENTITY a0 \"哈\">".to_owned();
    for i in 1..20 {
        xml += &format!("<!ENTITY a{i} \"{}\">", format!("&a{};", i - 1).repeat(10));
    }
    xml += "]><rss version=\"2.0\"><channel><title>x</title><item><title>&a19;</title><description>&a19;</description></item></channel></rss>";
    survives(&beside().file("laughs.xml", xml));
    let mut yaml = "---\na0: &a0 [哈]\n".to_owned();
    for i in 1..20 {
        yaml += &format!("a{i}: &a{i} [{}]\n", format!("*a{}, ", i - 1).repeat(9));
    }
    survives(&beside().file("laughs.md", yaml + "title: 题\n---\n文\n"));
}

#[test]
fn an_endless_line_and_a_file_of_zeros_cost_only_themselves() {
    let env = beside()
        .file("long.txt", "字".repeat(3_000_000))
        .file(
            "long.jsonl",
            format!("{{\"title\":\"{}\n{{\"title\":\"短\",\"body\":\"短行仍在\"}}\n", "x".repeat(20 << 20)),
        )
        .file("zeros.md", vec![0; 1 << 20])
        .file("noise.txt", (0..100_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect::<Vec<_>>());
    let summary = survives(&env);
    assert_eq!(env.complete("\"短行仍在\"").len(), 1);
    let named = |path: &str| summary["problems"].as_array().unwrap().iter().any(|p| p["path"] == path);
    assert!(named("zeros.md") && named("long.jsonl") && named("noise.txt"), "{summary}");
}

#[test]
fn json_as_deep_as_a_well_is_a_problem_and_no_crash() {
    let deep = format!("{{\"title\":{}1{}}}\n", "[".repeat(100_000), "]".repeat(100_000));
    let env = beside().file("deep.jsonl", &deep).file("deep.json", &deep);
    let summary = survives(&env);
    assert_eq!(summary["without_articles"], 2, "{summary}");
}

#[test]
fn a_bomb_in_gzip_stops_at_the_limit() {
    use std::io::Write;
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let zeros = vec![b' '; 1 << 20];
    (0..256).for_each(|_| gz.write_all(&zeros).unwrap());
    let summary = survives(&beside().file("bomb.jsonl.gz", gz.finish().unwrap()));
    assert_eq!(summary["problems"][0]["kind"], "too_large", "{summary}");
    let summary = survives(&beside().file("cut.jsonl.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\x03garbage"));
    assert_eq!(summary["problems"][0]["path"], "cut.jsonl.gz", "{summary}");
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::symlink;
    use std::process::Command;

    use super::*;

    #[test]
    fn pipes_and_circles_are_named_and_not_entered() {
        let env = beside();
        let corpus = env.corpus();
        assert!(Command::new("mkfifo").arg(corpus.join("pipe.md")).status().unwrap().success());
        std::fs::create_dir(corpus.join("sub")).unwrap();
        symlink("..", corpus.join("sub/up")).unwrap();
        symlink("nowhere.md", corpus.join("dangling.md")).unwrap();
        let summary = survives(&env);
        let mut named: Vec<&str> =
            summary["problems"].as_array().unwrap().iter().map(|p| p["path"].as_str().unwrap()).collect();
        named.sort_unstable();
        assert_eq!(named, ["dangling.md", "pipe.md", "sub/up"]);
        assert_eq!(summary["added"], 1);
    }

    #[test]
    fn names_with_line_ends_and_escapes_are_harmless() {
        let env = beside()
            .post("a\nb\u{1b}[31m.md", post("怪名字").body("<p>名字里有换行。</p>"))
            .file("c\nd\u{1b}]0;x\u{7}.md", "");
        let run = env.run("index corpus");
        assert!(!run.stderr.contains("⟨ESC⟩") && !run.stdout.contains("⟨ESC⟩"), "{run}");
        for args in ["search 怪名字", "search 怪名字 -l", "search 怪名字 --json", "search 怪名字 --format tsv"]
        {
            let run = env.run(args).succeeds();
            assert!(!run.stdout.contains("⟨ESC⟩"), "{run}");
        }
        assert_eq!(env.run("search 怪名字 -l").stdout.lines().count(), 1);
        assert_eq!(env.run("search 怪名字 --format tsv").stdout.lines().count(), 2);
    }

    #[test]
    fn a_name_that_is_no_text_is_read() {
        use std::os::unix::ffi::OsStrExt;
        let env = beside();
        let name = std::ffi::OsStr::from_bytes(b"\xff\xfe\xb0\xa1.md");
        std::fs::write(env.corpus().join(name), post("无名").body("<p>名字不是文字。</p>").text()).unwrap();
        survives(&env);
        assert_eq!(env.complete("\"名字不是文字\""), ["无名"]);
    }
}
