//! Nothing that an article, a file name or an argument holds can command a terminal: no control character but line ends,
//! and none that turns the direction of text, comes out of any command, on either output.

use std::fs;

use crate::support::{Run, TestEnv, write};

/// Sets the title of the window, clears the screen, erases the line above, turns text round, in C0 and C1 codes.
const EVIL: &str = "恶意\u{1b}]0;题\u{7}\u{1b}[2J\u{9b}1A\u{202e}倒\u{2066}\r\u{8}\u{7f}\u{90}q\u{9c}\u{200f}意";

/// The same as JSON writes it.
fn json() -> String {
    serde_json::to_string(EVIL).unwrap()
}

/// The same in references of HTML.
fn html() -> String {
    EVIL.chars().map(|c| format!("&#{};", u32::from(c))).collect()
}

fn env() -> TestEnv {
    let (json, html, name) = (json(), html(), EVIL.replace(['\r', '\u{7f}'], ""));
    let line = |id: &str| {
        format!(
            "{{\"id\":{id},\"title\":{json},\"body\":{json},\"author\":{json},\"url\":\"https://x/\u{9b}5m\u{202e}\",\
             \"date\":{json},\"categories\":[{json},{json}]}}\n"
        )
    };
    let env = TestEnv::new()
        .file("a.jsonl", line("1") + &line(&json) + "坏\u{1b}[31m行\n{\"title\": \u{1b}}\n")
        .file("b.html", format!("<title>{html}</title><meta name=author content=\"{html}\"><p>{html} 恶意"))
        .file("c.md", format!("---\ntitle: {EVIL}\nauthor: {EVIL}\ndate: {EVIL}\ncategories: [{EVIL}]\n---\n恶意 {EVIL}\n"))
        .file("d.xml", format!("<rss version=\"2.0\"><channel><title>{EVIL}</title><item><title>恶意 {html}</title></item></channel></rss>"))
        .file("e.txt", "恶意".to_owned() + EVIL)
        .file("f.json", "{\"title\": \u{1b}[31m")
        .var("PAGER", "cat");
    if cfg!(unix) {
        env.write(&format!("{name}/{name}.md"), "恶意的路径");
        env.write(&format!("{name}.md"), "---\ntitle: 恶意\ndate: \u{1b}[31m\n没有结束");
        env.write(&format!("{name}.bad.md"), b"\0\0\0\0");
        write(&env.cwd().join(format!("{name}.tsv")), format!("{EVIL}\n"));
    }
    env
}

#[track_caller]
fn is_harmless(args: &[&str], run: &Run) {
    for (name, text) in [("stdout", &run.stdout), ("stderr", &run.stderr)] {
        // `Run` shows ESC as ⟨ESC⟩
        let is_evil = |c: char| {
            c.is_control() && !matches!(c, '\n' | '\t')
                || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        let evil = text.find(is_evil).or_else(|| text.find("⟨ESC⟩"));
        assert_eq!(evil, None, "{name} of {args:?}: {text:?}");
    }
}

#[test]
fn no_command_hands_a_terminal_what_articles_and_arguments_hold() {
    let env = env();
    let run = |args: &[&str]| {
        let run = env.run_args(args);
        assert!((0..=2).contains(&run.code), "{args:?}: {run}");
        is_harmless(args, &run);
        run
    };
    run(&["index", "corpus"]);
    run(&["index", "--rebuild", "--verbose"]);
    run(&["index", "--verbose"]);
    run(&["index", "--json"]);
    let found = run(&["search", "恶意", "--json", "-n", "100"]);
    let ids: Vec<String> = found.json().iter().map(|hit| hit["id"].as_str().unwrap().to_owned()).collect();
    assert!(ids.len() >= 5, "{found}");
    for format in [&["--format", "text"][..], &["--json"], &["--format", "tsv"], &["-l"], &["--facets", "--explain"]] {
        for query in ["恶意", "", EVIL, "\"恶意\"", "没有的恶"] {
            run(&[&["search", query], format].concat());
        }
    }
    run(&["search", "--facets", "--json", "--explain", EVIL]);
    for filter in ["--category", "--author", "--since", "--until", "--timeout", "--sort", "--format", "--bad"] {
        run(&["search", "恶意", filter, EVIL]);
    }
    for query in [format!("{EVIL}:x"), format!("after:{EVIL}"), format!("\"{EVIL}"), format!("{EVIL}*^2")] {
        run(&["search", &query]);
    }
    for id in &ids {
        run(&["show", id]);
        run(&["show", id, "--query", EVIL]);
        run(&["show", id, "--json"]);
    }
    run(&["show", EVIL]);
    run(&["stats"]);
    run(&["stats", "--json"]);
    run(&["analyze", EVIL]);
    run(&["analyze", "--json", EVIL]);
    run(&["config"]);
    run(&["verify", "--oracle", "20"]);
    run(&["verify", "--oracle", "20", "--json"]);
    run(&["dict", "add", EVIL]);
    run(&["dict", "remove", EVIL]);
    run(&["dict", "import", EVIL]);
    run(&["dict", "check", EVIL]);
    run(&["dict", "discover", "--min-count", "2"]);
    run(&["eval", "--queries", EVIL, "--qrels", EVIL]);
    run(&["bench", "--queries", EVIL]);
    run(&["bench", "--compare", EVIL]);
    run(&["index", EVIL]);
    run(&["--index", EVIL, "search", "恶意"]);
    run(&["--lang", EVIL, "search", "恶意"]);
    run(&["--color", EVIL, "search", "恶意"]);
    run(&[EVIL]);
}

#[test]
fn files_of_the_user_cannot_command_a_terminal() {
    let env = env().indexed();
    let words = env.home(".config/souwen");
    write(&words.join("words.txt"), format!("{EVIL} {EVIL}\n恶意词 5 {EVIL}\n"));
    write(&words.join("synonyms.txt"), format!("{EVIL}\n恶意, {EVIL}, 恶念\n"));
    write(&env.cwd().join("queries.tsv"), format!("{EVIL}\n1\t{EVIL}\n恶意\n"));
    write(&env.cwd().join("qrels.txt"), format!("{EVIL} 0 {EVIL} 1\n"));
    let check = |args: &[&str]| is_harmless(args, &env.run_args(args));
    check(&["search", "恶意", "--explain"]);
    check(&["dict", "list"]);
    check(&["dict", "check"]);
    check(&["dict", "check", "queries.tsv"]);
    check(&["dict", "import", "queries.tsv"]);
    check(&["eval", "--queries", "queries.tsv", "--qrels", "qrels.txt"]);
    check(&["bench", "--queries", "queries.tsv", "--repeat", "1"]);
    fs::write(words.join("config.toml"), format!("\"{}\" = 3\n", "\\u001b[31m恶")).unwrap();
    check(&["search", "恶意"]);
    fs::write(words.join("config.toml"), "timeout = \"\\u001b[31m\"\n").unwrap();
    check(&["search", "恶意"]);
    fs::write(words.join("config.toml"), "limit = \u{1b}[31m\n").unwrap();
    check(&["search", "恶意"]);
}

/// What is shown comes from the index; a link or a path of an article leads to no other file.
#[test]
fn showing_an_article_reads_no_other_file_and_starts_only_the_pager() {
    let env = TestEnv::new()
        .file(
            "a.jsonl",
            "{\"id\":\"../../secret\",\"title\":\"; touch owned $(touch owned) `touch owned`\",\"path\":\"../../secret.txt\",\
             \"url\":\"file:///etc/passwd\",\"body\":\"| touch owned\"}\n",
        )
        .var("PATH", "/usr/bin:/bin")
        .indexed();
    write(&env.home("secret.txt"), "秘密");
    write(&env.cwd().join("secret.txt"), "秘密");
    let id = env.hits("touch")[0]["id"].as_str().unwrap().to_owned();
    let shown = env.run_args(&["show", &id]).succeeds();
    assert!(shown.stdout.contains("touch owned") && !shown.stdout.contains("秘密"), "{shown}");
    for id in ["../../secret", "secret.txt", "/etc/passwd", "a.jsonl"] {
        assert_ne!(env.run_args(&["show", id]).code, 0, "{id}");
    }
    assert!(!env.cwd().join("owned").exists());
}
