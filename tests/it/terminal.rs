//! On a terminal: colour, links, width, the pager and the progress bar, as a pseudo terminal sees them. Unix only: the
//! pseudo terminals of Windows are another thing, and translate what is written to them.

use std::fmt::Write as _;
use std::fs;
use std::io::Read;
use std::process::Stdio;

use pty_process::Size;
use pty_process::blocking::{Command, open};

use crate::support::{Run, TestEnv, post};

/// Which outputs lead to the terminal; the other one is a pipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Terminal {
    /// What is written comes as standard output.
    Both,
    Out,
    Err,
}

/// Runs `souwen` on a terminal of 60 columns.
#[track_caller]
fn run(env: &TestEnv, terminal: Terminal, args: &[&str]) -> Run {
    let (mut screen, other_end) = open().unwrap();
    screen.resize(Size::new(24, 60)).unwrap();
    let command = Command::from(env.command(args)).stdin(Stdio::null());
    let command = match terminal {
        Terminal::Both => command,
        Terminal::Out => command.stderr(Stdio::piped()),
        Terminal::Err => command.stdout(Stdio::piped()),
    };
    let child = command.spawn(other_end).unwrap();
    let (mut written, mut buffer) = (Vec::new(), [0; 4096]);
    // when nobody is left at the other end, some systems say 0 and Linux says EIO
    while let Ok(count @ 1..) = screen.read(&mut buffer) {
        written.extend_from_slice(&buffer[..count]);
    }
    let piped = child.wait_with_output().unwrap();
    let text = |bytes| env.normalized(&String::from_utf8(bytes).unwrap().replace("\r\n", "\n"));
    let (stdout, stderr) = match terminal {
        Terminal::Err => (piped.stdout, written),
        Terminal::Both | Terminal::Out => (written, piped.stderr),
    };
    Run { code: piped.status.code().unwrap_or(-1), stdout: text(stdout), stderr: text(stderr) }
}

/// Two articles, and a terminal that knows colours.
fn env() -> TestEnv {
    let long = "夜里的渡口很安静，只有船上的灯还亮着。".repeat(4);
    on_terminal(TestEnv::new())
        .post("夜航/甲 1.md", post("渡口的灯").body(&format!("<p>{long}</p>")))
        .post("乙.md", post("渡口停航").body("<p>大雾，渡口停航一天。</p>"))
        .indexed()
}

fn on_terminal(env: TestEnv) -> TestEnv {
    env.var("TERM", "xterm-256color").var("PATH", &std::env::var("PATH").unwrap_or_default())
}

const ESCAPE: &str = "⟨ESC⟩[";
/// How marked words begin.
const MARK: &str = "⟨ESC⟩[1m⟨ESC⟩[31m";

#[test]
fn colour_is_for_terminals_that_know_it_and_people_who_want_it() {
    for (variable, option, is_coloured) in [
        (("TERM", "xterm-256color"), "auto", true),
        (("TERM", "xterm-256color"), "never", false),
        (("TERM", "dumb"), "auto", false),
        (("NO_COLOR", "1"), "auto", false),
        (("NO_COLOR", "1"), "always", true),
        (("CLICOLOR", "0"), "auto", false),
    ] {
        let env = env().var(variable.0, variable.1);
        let shown = run(&env, Terminal::Both, &["search", "渡口", "--color", option]).succeeds();
        assert_eq!(shown.stdout.contains(MARK), is_coloured, "{variable:?} {option}: {shown}");
        assert_eq!(shown.stdout.contains(ESCAPE), is_coloured, "{variable:?} {option}: {shown}");
    }
    let env = env().var("SOUWEN_COLOR", "never");
    assert!(!run(&env, Terminal::Both, &["search", "渡口"]).stdout.contains(ESCAPE));
}

#[test]
fn each_output_has_colour_only_where_it_is_a_terminal_itself() {
    let env = env();
    let failed = run(&env, Terminal::Err, &["show", "zzzz"]);
    assert!(failed.stderr.contains(&format!("{MARK}error:")), "{failed}");
    let failed = run(&env, Terminal::Out, &["show", "zzzz"]);
    assert!(failed.stderr.starts_with("souwen: error: "), "{failed}");
    let found = run(&env, Terminal::Err, &["search", "渡口"]);
    assert!(!found.stdout.contains(ESCAPE), "{found}");
    let found = run(&env, Terminal::Out, &["search", "渡口"]);
    assert!(found.stdout.contains(MARK), "{found}");
}

#[test]
fn lines_are_as_long_as_the_terminal_is_wide_whatever_columns_says() {
    let found = run(&env().var("COLUMNS", "100"), Terminal::Both, &["search", "安静", "--color", "never"]).succeeds();
    let widths: Vec<usize> = found.stdout.lines().map(souwen::render::width::cols).collect();
    assert!(widths.iter().all(|&width| width <= 60) && widths.iter().any(|&width| width > 50), "{found}");
}

#[test]
fn a_path_is_a_link_where_the_terminal_makes_links_clickable() {
    let link = |env: &TestEnv, terminal, args: &[&str]| {
        let found = run(env, terminal, &[&["search", "安静"], args].concat()).succeeds();
        let (_, rest) = found.stdout.split_once("⟨ESC⟩]8;;file://")?;
        let (url, rest) = rest.split_once("⟨ESC⟩\\").expect("the link has an end");
        assert!(rest.contains("甲 1.md") && rest.contains("⟨ESC⟩]8;;⟨ESC⟩\\"), "{found}");
        Some(url.to_owned())
    };
    let known = env().var("TERM_PROGRAM", "WezTerm");
    let url = link(&known, Terminal::Both, &[]).expect("a link");
    assert_eq!(url, "[DIR]/home/work/corpus/%E5%A4%9C%E8%88%AA/%E7%94%B2%201.md");
    assert_eq!(link(&known, Terminal::Err, &[]), None, "a pipe");
    assert_eq!(link(&known, Terminal::Both, &["--color", "never"]), None);
    assert_eq!(link(&env(), Terminal::Both, &[]), None, "a terminal that nobody knows");
    let far = env().var("TERM_PROGRAM", "WezTerm").var("SSH_CONNECTION", "10.0.0.1 1 10.0.0.2 22");
    assert_eq!(link(&far, Terminal::Both, &[]), None, "the terminal of another machine");
}

#[test]
fn an_article_goes_through_the_pager_on_a_terminal() {
    let env = env().var("PAGER", "cat");
    let id = env.hits("停航")[0]["id"].as_str().unwrap().to_owned();
    let show = ["show", &id, "--query", "渡口"];
    let straight = run(&env, Terminal::Both, &show).succeeds();
    assert!(straight.stdout.contains(&format!("{MARK}渡口")), "{straight}");

    let env = env.var("PAGER", "sed s/^/paged:/");
    let paged = run(&env, Terminal::Both, &show).succeeds();
    let with_prefix: String = straight.stdout.lines().map(|line| format!("paged:{line}\n")).collect();
    assert_eq!(paged.stdout, with_prefix, "all of it, colours too");
    assert!(!run(&env, Terminal::Err, &show).succeeds().stdout.contains("paged"), "a pipe needs no pager");
    assert!(!run(&env, Terminal::Both, &["show", &id, "--json"]).succeeds().stdout.contains("paged"));
    assert!(!run(&env, Terminal::Both, &["show", "zzzz"]).stdout.contains("paged"));

    // whoever leaves early has read enough; where there is no pager, the article comes straight
    let env = env.var("PAGER", "true");
    assert_eq!(run(&env, Terminal::Both, &show).succeeds().stdout, "");
    let env = env.var("PAGER", "no-such-pager --at-all");
    let missing = run(&env, Terminal::Both, &show).succeeds();
    assert!(missing.stdout.ends_with(&straight.stdout), "{missing}");
}

#[test]
fn less_is_told_to_show_colours_unless_the_user_told_it_something_else() {
    let env = env().var("PAGER", "echo LESS=$LESS; cat");
    let id = env.hits("停航")[0]["id"].as_str().unwrap().to_owned();
    let first_line =
        |env: &TestEnv| run(env, Terminal::Both, &["show", &id]).succeeds().stdout.lines().next().map(str::to_owned);
    assert_eq!(first_line(&env).as_deref(), Some("LESS=FRK"));
    assert_eq!(first_line(&env.var("LESS", "S")).as_deref(), Some("LESS=S"));
}

/// Long enough to be waited for.
fn slow() -> TestEnv {
    let mut lines = String::new();
    for i in 0..30_000 {
        let body = format!("第 {i} 班渡船离岸，值班员记下风向、水位和乘客人数，灯塔在远处一明一暗。").repeat(4);
        writeln!(lines, "{{\"title\":\"航班 {i}\",\"body\":\"{body}\"}}").unwrap();
    }
    on_terminal(TestEnv::new()).file("n.jsonl", lines)
}

#[test]
fn a_terminal_is_shown_how_far_indexing_is() {
    let env = slow();
    let shown = run(&env, Terminal::Both, &["index", "corpus", "--threads", "1"]).succeeds();
    assert!(shown.stdout.contains("indexing ") && shown.stdout.contains("% "), "{shown}");
    let (_, left) = shown.stdout.rsplit_once("⟨ESC⟩[2K").expect("the bar is taken away");
    assert!(left.trim_start().starts_with("articles: 30000 added"), "{left}");

    // the bar belongs to standard error
    let shown = run(&env, Terminal::Err, &["index", "--rebuild", "--threads", "1", "--lang", "zh"]).succeeds();
    assert!(shown.stderr.contains("索引 ") && shown.stdout.starts_with("文章：新增 30000 篇"), "{shown}");
    let piped = run(&env, Terminal::Out, &["index", "--rebuild", "--threads", "1"]).succeeds();
    assert!(piped.stdout.starts_with("articles: 30000 added"), "{piped}");
    assert_eq!(piped.stderr, "");
}

#[test]
fn whoever_wants_quiet_or_json_sees_no_bar() {
    let env = slow();
    assert_eq!(run(&env, Terminal::Both, &["index", "corpus", "--quiet"]).succeeds().stdout, "");
    let summary = run(&env, Terminal::Both, &["index", "--rebuild", "--json"]).succeeds();
    assert_eq!(summary.json()[0]["added"], 30000);
    fs::remove_dir_all(env.cwd().join("index")).unwrap();
    assert_eq!(env.run("index corpus --quiet").succeeds().to_string(), "exit 0\n");
}
