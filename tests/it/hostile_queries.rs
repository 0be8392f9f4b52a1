//! Queries that strangers may type, or programs: an answer or a clear refusal, within the time limit.

use std::time::{Duration, Instant};

use crate::support::{Run, TestEnv, post};

/// A vocabulary of many words with one beginning, and articles full of one character.
fn env() -> TestEnv {
    let words: Vec<String> = (0..20_000).map(|i| format!("a{i}")).collect();
    let mut env = TestEnv::new().post("多词.md", post("多词").body(&format!("<p>{}</p>", words.join(" "))));
    for i in 0..20 {
        let text = format!("{}桥{i}。", "的一了是".repeat(2000));
        env = env.post(&format!("{i:02}.md"), post(&format!("单字 {i}")).body(&format!("<p>{text}</p>")));
    }
    env.indexed()
}

/// Any end but a crash, and soon.
#[track_caller]
fn ends(env: &TestEnv, query: &str) -> Run {
    let started = Instant::now();
    let run = env.run_args(&["search", "--json", "--facets", "--", query]);
    let shown: String = query.chars().take(60).collect();
    assert!((0..=2).contains(&run.code), "{shown}: {run}");
    assert!(run.code < 2 || run.stderr.contains("no answer within 10 s"), "{shown}: {run}");
    // the limit is 10 s, and a machine that tests something else meanwhile may take its time to notice
    assert!(started.elapsed() < Duration::from_secs(60), "{shown}: {:?}", started.elapsed());
    run
}

#[test]
fn queries_that_ask_for_too_much_end() {
    let env = env();
    let groups = format!("{}桥{}", "(".repeat(50_000), ")".repeat(50_000));
    let words = |joint: &str| (0..3000).map(|i| format!("a{i}")).collect::<Vec<_>>().join(joint);
    let fields: String = (0..2000).map(|i| format!("title:桥{i} author:a{i} ")).collect();
    for query in [
        "a*",
        "一* 的*",
        "\"a1 a2 a*\"",
        "title:a* OR body:a* OR category:a* OR url:a*",
        &groups,
        &words(" OR "),
        &words(" -"),
        &fields,
        &"桥".repeat(30_000),
        &"的一".repeat(15_000),
        &format!("\"{}\"", "的一了是".repeat(2500)),
        &format!("\"{}\"~100000", "的 ".repeat(500)),
        &format!("\"{}\"~4294967295", "的 一 了 是 桥 ".repeat(100)),
        "(a+)+$ .*?[a-z]{1,99999} (?:(?:(?:x*)*)*)",
        &"\"".repeat(60_000),
        &"\\".repeat(60_000),
        &"-".repeat(60_000),
        &"^9".repeat(30_000),
        &"a-1".repeat(20_000),
        &"1.".repeat(30_000),
        &"か".repeat(30_000),
    ] {
        ends(&env, query);
    }
    assert_eq!(ends(&env, "桥7").code, 0);
}

#[test]
fn a_query_of_a_hundred_kilobytes_is_read_as_far_as_it_goes() {
    let run = ends(&env(), &"桥7 ".repeat(25_000));
    assert!(run.stderr.contains("note: "), "{run}");
}

#[test]
fn what_takes_too_long_is_refused_with_a_way_out() {
    let env = env();
    let long = format!("\"{}\"~100000", "的 一 了 是 ".repeat(100));
    for (variables, option) in [(None, Some("1ms")), (Some(("SOUWEN_TIMEOUT", "1ms")), None)] {
        let mut command = env.command(&["search", &long]);
        command.args(option.map(|time| format!("--timeout={time}")));
        command.envs(variables);
        let output = command.output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{stderr}");
        insta::allow_duplicates! {
            insta::assert_snapshot!(stderr, @r"
            souwen: error: no answer within 0.001 s
            hint: ask for fewer words, or for rarer ones, or allow more time with --timeout
            ");
        }
    }
    let env = env.var("SOUWEN_LANG", "zh");
    let run = env.run_args(&["search", &long, "--timeout", "1ms"]);
    assert!(run.stderr.contains("0.001 秒内没有得出结果"), "{run}");
    for bad in ["0", "-1", "soon", "1e300"] {
        assert_eq!(env.run_args(&["search", "桥", &format!("--timeout={bad}")]).code, 2, "{bad}");
    }
}

#[test]
fn a_time_limit_changes_no_answer() {
    let env = env();
    for query in ["桥 的", "\"一了是的\"", "\"的 桥\"~3", "a19*", "桥1 OR 桥2 -单字", "的一了是的一了"]
    {
        let answer = |time: &str| {
            let run = env.run_args(&["search", "--json", "--explain", "-n", "50", "--timeout", time, query]);
            (run.code, run.stdout)
        };
        assert!(answer("100s") == answer("24h"), "{query}");
    }
}

#[cfg(unix)]
#[test]
fn arguments_that_are_no_text_are_refused() {
    use std::os::unix::ffi::OsStrExt;
    let env = TestEnv::new().post("a.md", post("题")).indexed();
    for name in ["search", "show", "analyze"] {
        let mut command = env.command(&[name]);
        command.arg(std::ffi::OsStr::from_bytes(b"\xff\xfe\xd0\x1b[31m"));
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{name}");
        assert!(!output.stderr.contains(&0x1b), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
