//! The whole way of a file, and what strangers may send.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use super::*;
use crate::corpus::read::Part;

/// A chunk as [`read_chunks`] would make it of a small file.
pub(super) fn chunk(path: &str, bytes: &[u8]) -> Chunk {
    let part = if format::plan(path, bytes) == format::Plan::Lines { Part::Lines { first: 1 } } else { Part::Whole };
    Chunk {
        path: path.to_owned(),
        raw_path: path.as_bytes().to_vec(),
        is_corpus: false,
        bytes: bytes.to_vec(),
        part,
        problems: Vec::new(),
    }
}

/// Reads a file of this name and content.
pub(super) fn read_file(path: &str, bytes: &[u8]) -> Parsed {
    parse(&chunk(path, bytes), &ReadOptions::default())
}

#[test]
fn every_file_of_a_folder_is_accounted_for() {
    let dir = tempfile::tempdir().unwrap();
    let files: &[(&str, &[u8])] = &[
        ("a.md", "---\ntitle: 甲\n---\n<p>文</p>".as_bytes()),
        ("b.md", b""),
        ("c.txt", "文字\n".as_bytes()),
        ("d.html", b"<p>x"),
        ("e.jsonl", b"{\"title\":\"x\"}\n{}\n"),
        ("f.png", b"\x89PNG\r\n\x1a\n"),
        ("g", &[0, 1, 2, 3, 4, 5, 6, 7]),
        ("h.xml", b"<urlset></urlset>"),
        ("i.json", b"[]"),
        ("j.css", b"p { color: red }"),
        ("k.jsonl", b"\n\n"),
    ];
    for (name, bytes) in files {
        std::fs::write(dir.path().join(name), bytes).unwrap();
    }
    let options = ReadOptions::default();
    let mut lines = Vec::new();
    for file in walk(dir.path()) {
        let file = file.unwrap();
        let mut found = Vec::new();
        let end = read_chunks(&file, &options.limits, &mut |chunk| {
            let parsed = parse(&chunk, &options);
            found.extend(parsed.articles.iter().map(|article| format!("+{}", article.title)));
            found.extend(parsed.problems.iter().map(|problem| problem.kind.name().to_owned()));
            ControlFlow::Continue(())
        });
        found.extend(end.err().map(|problem| problem.kind.name().to_owned()));
        lines.push(format!("{} {}", file.path, found.join(" ")));
    }
    assert_eq!(
        lines,
        [
            "a.md +甲",
            "b.md empty",
            "c.txt +c",
            "d.html +d",
            "e.jsonl +x empty",
            "f.png not_an_article",
            "g not_text",
            "h.xml not_an_article",
            "i.json not_an_article",
            "j.css not_an_article",
            "k.jsonl empty",
        ]
    );
}

#[test]
fn damage_is_remarked_and_names_the_encoding() {
    let parsed = read_file("a.txt", b"\xe5\xb8\x82\xe6\x94\xbf\xe5\xba\x9c\xe4\xbb\x8a\xe5\xa4\xa9\xe5\xae\xa3\xe5\xb8\x83\xe6\x96\xb0\xe7\x9a\x84\xe5\x9b\xbe\xff");
    assert_eq!(parsed.articles.len(), 1);
    assert_eq!(parsed.problems[0].to_string(), "a.txt: damaged encoding: UTF-8");
}

/// Runs `bytes` as a file of each name; each must end in good time, whatever comes of it.
#[track_caller]
fn survives(names: &[&str], bytes: &[u8]) {
    for name in names {
        let start = Instant::now();
        let _ = read_file(name, bytes);
        // some hundred times what it takes, so that a busy machine is no failure; what is quadratic takes hours
        assert!(start.elapsed() < Duration::from_secs(20), "{name} took {:?}", start.elapsed());
    }
}

/// Every format.
const ALL: &[&str] = &["a.md", "a.html", "a.txt", "a.jsonl", "a.json", "a.xml", "a"];

#[test]
fn hostile_html_is_read_in_good_time() {
    let many = |unit: &str, bytes: usize| unit.repeat(bytes / unit.len());
    let post = |body: String| format!("---\ntitle: 甲\n---\n<div>{body}");
    for unit in [
        "<div>",
        "<b>",
        "</b>",
        "<div hidden>",
        "<svg>",
        "<table><tr><td>",
        "<a href=x>甲",
        "&amp;",
        "&#123;",
        "&bogus",
        "<",
        "<!--",
        "<p\u{0}>",
        "甲\n",
        "<h1>",
        "<article>",
        "<i></b>",
    ] {
        survives(&["a.md", "a.html"], post(many(unit, 2 << 20)).as_bytes());
    }
    let attributes: String = (0..300_000).map(|i| format!(" a{i}=\">\"")).collect();
    survives(&["a.md", "a.html"], post(format!("<p{attributes}>文</p>")).as_bytes());
    survives(&["a.md", "a.html"], post(format!("<p {}>文</p>", many("a/b\"c='", 2 << 20))).as_bytes());
}

#[test]
fn deeply_nested_pages_keep_their_text() {
    let page = format!("{}底{}", "<div><span>".repeat(100_000), "</span></div>".repeat(100_000));
    assert_eq!(read_file("a.html", page.as_bytes()).articles[0].body.as_str(), "底");
}

#[test]
fn hostile_markdown_and_text_are_read_in_good_time() {
    for unit in [
        "> ", "- ", "[", "![", "](", "**", "*a ", "_a", "`", "<a", "1. ", "|", "\n---\n", "~~", "[a](<b", "&lt;",
        "甲：", "\t", "[^1]", "[a]: b\n",
    ] {
        survives(&["a.md", "a.txt", "a"], unit.repeat((256 << 10) / unit.len()).as_bytes());
    }
}

#[test]
fn hostile_data_is_read_in_good_time() {
    for unit in [
        "[",
        "{\"a\":",
        "{}\n",
        "\"",
        "1",
        "<rss version='2.0'>",
        "<item>",
        "<feed><entry>",
        "---\n",
        "a: b\n",
        "- - ",
        "\0",
        "\u{feff}",
        "&a ",
        "<!DOCTYPE a [<!ENTITY b 'c'>",
    ] {
        survives(ALL, unit.repeat((1 << 20) / unit.len()).as_bytes());
    }
    let feed = format!("<rss version='2.0'><channel><item><title>甲</title><description>{}", "<a>".repeat(200_000));
    survives(&["a.xml"], feed.as_bytes());
}

proptest::proptest! {
    #[test]
    fn no_bytes_panic(bytes: Vec<u8>, name in 0..ALL.len()) {
        let parsed = read_file(ALL[name], &bytes);
        for article in parsed.articles {
            proptest::prop_assert_eq!(PlainText::from_lines(article.body.as_str()), article.body.clone());
        }
    }

    #[test]
    fn no_text_panics(text in "(---\n|title: |[甲a\"' ]|\n|<[a-z]{1,4}|[<>=/]|&[a-z#0-9]{1,4};|# |\\*\\*|\\{\"title\":|\\}){0,30}", name in 0..ALL.len()) {
        let parsed = read_file(ALL[name], text.as_bytes());
        // `read_chunks` reports JSON Lines without any
        let is_blank = text.trim().is_empty();
        proptest::prop_assert!(is_blank || !parsed.articles.is_empty() || !parsed.problems.is_empty());
    }
}
