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
    let summary = survives(&beside().file("laughs.xml", xml));
    assert_eq!(
        (&summary["problems"][0]["path"], &summary["problems"][0]["kind"]),
        (&"laughs.xml".into(), &"bad_feed".into())
    );
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
    let env = beside().file("bomb.jsonl.gz", gz.finish().unwrap());
    let summary = survives(&env);
    assert_eq!(summary["problems"][0]["kind"], "bloated", "{summary}");
    let told = env.run("index --verbose").succeeds().stderr;
    assert!(told.contains("bomb.jsonl.gz: unpacks to too much"), "{told}");
    assert!(told.contains("--max-expansion") && !told.contains("--max-file-size"), "{told}");
    let summary = survives(&beside().file("cut.jsonl.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\x03garbage"));
    assert_eq!(summary["problems"][0]["path"], "cut.jsonl.gz", "{summary}");
}

#[test]
fn a_path_of_ten_thousand_levels_costs_sixteen() {
    let levels: Vec<String> = (0..10_000).map(|i| format!("层{i}")).collect();
    let article = |title: &str, categories: serde_json::Value| {
        serde_json::json!({"title": title, "categories": categories, "body": "字"}).to_string()
    };
    let lines = [
        article("列表", levels.clone().into()),
        article("斜线", [levels.join("/")].into()),
        article("短", ["层1"].into()),
    ];
    let env = beside().file("deep.jsonl", lines.join("\n"));
    let summary = survives(&env);
    let remarks: Vec<_> = summary["problems"].as_array().unwrap().iter().map(|p| (&p["kind"], &p["line"])).collect();
    assert_eq!(remarks, [(&"shortened".into(), &1.into()), (&"shortened".into(), &2.into())], "{summary}");
    assert_eq!(env.complete("category:层14/层15"), ["列表", "斜线"]);
    assert_eq!(env.complete("category:层16"), [""; 0]);
    assert_eq!(env.complete("category:层1"), ["列表", "斜线", "短"]);
}

#[test]
fn titles_names_and_addresses_are_cut_and_the_article_is_in() {
    let long = |text: &str| text.repeat(1_000_000);
    let line = serde_json::json!({
        "title": long("题"), "author": long("名"), "url": format!("https://x/{}", long("a")),
        "tags": vec![long("标")], "body": "其余照旧",
    });
    let env = beside().file("long.jsonl", line.to_string());
    let summary = survives(&env);
    let details: Vec<_> = summary["problems"].as_array().unwrap().iter().map(|p| &p["detail"]).collect();
    assert_eq!(details, ["title > 10000", "author > 10000", "url > 10000", "category > 200"]);
    let article = env.article("long.jsonl");
    let chars = |text: &str| text.chars().count();
    assert_eq!(
        (chars(&article.title), article.author.as_deref().map(chars), article.url),
        (10_000, Some(10_000), None)
    );
    assert_eq!(env.complete("\"其余照旧\"").len(), 1);
}

#[test]
fn text_without_end_or_pause_takes_time_in_step_with_its_size() {
    let pieces = [
        "字",
        "人民代表大会",
        "a-1",
        "1.",
        "3.5,",
        "か",
        "각",
        "a\u{301}",
        "\u{200b}",
        "+",
        "C#",
        "[",
        "> ",
        "*_*_",
        "*a_ ",
        "[a](",
        "![",
        "`a``",
        "<",
        "- ",
        "|",
        "~~a",
        "[^a]",
        "<a ",
        "&",
        "&amp;",
        "<b><i><table>",
        "<p ",
        "\\",
    ];
    let mut env = beside();
    for (number, piece) in pieces.iter().enumerate() {
        let text = piece.repeat(300_000 / piece.len());
        env = env.file(&format!("{number:02}.txt"), &text).file(&format!("{number:02}.md"), format!("# 题\n\n{text}"));
    }
    survives(&env);
}

#[test]
fn a_feed_and_a_document_of_very_many_entries_are_read() {
    let feed =
        format!("<rss version=\"2.0\"><channel>{}</channel></rss>", "<item><title>甲</title></item>".repeat(5000));
    let env = beside()
        .file("many.xml", feed)
        .file("many.json", format!("[{}]", "{},".repeat(50_000) + "{\"title\":\"乙\",\"body\":\"丙\"}"))
        .file("deep.xml", format!("<rss version=\"2.0\"><channel><item><description>{}", "<a>".repeat(100_000)));
    let summary = survives(&env);
    assert_eq!(summary["added"], 5002, "{summary}");
}

#[test]
fn front_matter_in_the_shape_of_a_trap_costs_only_itself() {
    let deep: String = (0..2000).map(|i| format!("{}a:\n", " ".repeat(i))).collect();
    let keys: String = (0..50_000).map(|i| format!("k{i}: v\n")).collect();
    let env = beside()
        .file("brackets.md", format!("---\ntitle: {}\n---\n文一\n", "[".repeat(100_000)))
        .file("deep.md", format!("---\n{deep}---\n文二\n"))
        .file("keys.md", format!("---\n{keys}---\n文三\n"))
        .file("open.md", format!("---\n{keys}文四\n"));
    survives(&env);
    assert_eq!(env.complete("\"文四\"").len(), 1);
}

#[test]
fn a_larger_limit_takes_a_larger_file() {
    let env = beside().file("large.txt", "字".repeat(100_000));
    let run = env.run("index corpus --max-file-size 200kB").succeeds();
    insta::assert_snapshot!(run, @r"
    exit 0
    ── stdout
    articles: 1 added, 0 changed, 0 unchanged, 0 removed
    files: 2 seen, 1 with articles, 1 failed, 0 of other kinds
    problems: 1 (1 too large)
    time: [TIME]
    ── stderr
    souwen: warning: large.txt: too large: 300000 B > 200000 B
    hint: `souwen index --rebuild` takes more with a higher `--max-file-size`
    ");
    assert_eq!(env.sync("--rebuild")["added"], 2, "the default is larger");
    assert_eq!(env.run("index --max-file-size 2GiB").code, 2);
}

#[test]
fn a_larger_limit_takes_a_longer_line_and_a_denser_archive() {
    use std::io::Write;
    let line = |chars| format!("{{\"title\": \"长行\", \"body\": \"{}\"}}\n", "字".repeat(chars));
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    (0..600).for_each(|_| gz.write_all(line(10_000).as_bytes()).unwrap());
    // the long one stands in the middle of what is read at once
    let long = [line(10), line(100_000), line(10)].concat();
    let env = beside().file("long.jsonl", long).file("dense.jsonl.gz", gz.finish().unwrap());
    let told = env.run("index corpus --max-line-size 200kB --max-expansion 2").succeeds();
    for part in ["long.jsonl:2: too large", "--max-line-size", "dense.jsonl.gz: unpacks to too much", "--max-expansion"]
    {
        assert!(told.stderr.contains(part), "{part}: {told}");
    }
    assert_eq!(told.stderr.matches("warning").count(), 2, "all other lines are short enough: {told}");
    assert_eq!(env.sync("--rebuild --max-expansion 2000")["added"], 1 + 3 + 600);
    assert_eq!(env.run("index --max-expansion 0").code, 2);
}

#[test]
#[ignore = "takes 2 minutes and 200 MB of disk; run with `cargo test --test it million -- --ignored`"]
fn a_million_tiny_files_are_an_index() {
    let env = TestEnv::new();
    for folder in 0..1000 {
        let dir = env.corpus().join(format!("{folder:03}"));
        std::fs::create_dir_all(&dir).unwrap();
        // a file has no more than some ten thousand names on most file systems
        let source = dir.join("0000.md");
        std::fs::write(&source, post("小").body("<p>一篇。</p>").text()).unwrap();
        (1..1000).for_each(|i| std::fs::hard_link(&source, dir.join(format!("{i:04}.md"))).unwrap());
    }
    assert_eq!(env.sync("corpus")["added"], 1_000_000);
    assert_eq!(env.sync("")["unchanged"], 1_000_000);
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::symlink;
    use std::process::Command;

    use super::*;

    #[test]
    fn pipes_devices_and_circles_are_named_and_not_entered() {
        let env = beside();
        let corpus = env.corpus();
        let _socket = std::os::unix::net::UnixListener::bind(corpus.join("socket.md")).unwrap();
        symlink("/dev/zero", corpus.join("zero.md")).unwrap();
        symlink("b", corpus.join("a")).unwrap();
        symlink("a", corpus.join("b")).unwrap();
        // only root may make these
        let block = Command::new("mknod").arg(corpus.join("block.md")).args(["b", "7", "99"]).output();
        let has_block = block.is_ok_and(|output| output.status.success());
        assert!(Command::new("mkfifo").arg(corpus.join("pipe.md")).status().unwrap().success());
        std::fs::create_dir(corpus.join("sub")).unwrap();
        symlink("..", corpus.join("sub/up")).unwrap();
        symlink("nowhere.md", corpus.join("dangling.md")).unwrap();
        let summary = survives(&env);
        let mut named: Vec<&str> =
            summary["problems"].as_array().unwrap().iter().map(|p| p["path"].as_str().unwrap()).collect();
        named.sort_unstable();
        named.retain(|path| *path != "block.md");
        assert_eq!(named, ["a", "b", "dangling.md", "pipe.md", "socket.md", "sub/up", "zero.md"]);
        let failed = named.len() + usize::from(has_block);
        assert_eq!((&summary["added"], &summary["without_articles"]), (&1.into(), &failed.into()));
    }

    #[test]
    fn folders_deeper_than_a_path_may_be_long_are_named() {
        let env = beside();
        let level = "深".repeat(80);
        let (inner, outer) = (env.home("inner"), env.home("outer"));
        std::fs::create_dir(&inner).unwrap();
        std::fs::write(inner.join("a.md"), "深处").unwrap();
        for _ in 0..30 {
            std::fs::create_dir(&outer).unwrap();
            std::fs::rename(&inner, outer.join(&level)).unwrap();
            std::fs::rename(&outer, &inner).unwrap();
        }
        std::fs::rename(&inner, env.corpus().join("深")).unwrap();
        let summary = survives(&env);
        let problems = summary["problems"].as_array().unwrap();
        assert_eq!((problems.len(), &problems[0]["kind"]), (1, &"unreadable".into()), "{summary}");
        assert!(problems[0]["path"].as_str().unwrap().starts_with(&format!("深/{level}/{level}/")), "{summary}");
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
