//! `souwen bench`: figures that add up, runs that can be compared, and a clear word where nothing can be measured.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Run, TestEnv, post, sample, write};

/// The index of the project's corpus. Its home folder is left alone: saved runs go to that of the test.
fn index() -> String {
    sample().cwd().join("index").to_str().unwrap().to_owned()
}

/// `souwen bench` on it; arguments parted by blanks.
fn bench(env: &TestEnv, args: &str) -> Run {
    let index = index();
    env.run_args(&[&["bench", "--index", &index][..], &args.split_whitespace().collect::<Vec<_>>()].concat())
}

/// Its figures.
#[track_caller]
fn measured(env: &TestEnv, args: &str) -> Value {
    let line = bench(env, &format!("--json {args}")).succeeds().json().remove(0);
    assert_eq!((&line["type"], &line["v"]), (&"bench".into(), &1.into()));
    line
}

/// With a file `log` of queries in the current folder.
fn with_log(queries: &str) -> TestEnv {
    let env = TestEnv::new();
    write(&env.cwd().join("log"), queries);
    env
}

fn sum(values: &[Value], field: &str) -> u64 {
    values.iter().map(|value| value[field].as_u64().unwrap()).sum()
}

fn values(object: &Value) -> Vec<Value> {
    object.as_object().unwrap().values().cloned().collect()
}

#[test]
fn the_built_in_queries_are_measured_and_all_counts_add_up() {
    let line = measured(&TestEnv::new(), "--repeat 2");
    assert_eq!((&line["queries"], &line["rounds"], &line["threads"]), (&200.into(), &2.into(), &1.into()));
    assert_eq!(
        (&line["start"], &line["snippets"], &line["interrupted"]),
        (&"warm".into(), &true.into(), &false.into())
    );
    assert_eq!(line["index"]["articles"], 148);
    assert!(line["machine"]["cores"].as_u64().unwrap() >= 1);
    assert_eq!(line["all"]["count"], 400);
    for parts in [values(&line["kinds"]), values(&line["finds"]), line["histogram"].as_array().unwrap().clone()] {
        assert_eq!(sum(&parts, "count"), 400);
    }
    assert_eq!(line["kinds"].as_object().unwrap().len(), 11, "queries of every kind");
    assert!(line["finds"]["nothing"]["count"].as_u64() > Some(0) && line["finds"]["many"]["count"].as_u64() > Some(0));
    for latencies in values(&line["kinds"]).iter().chain([&line["all"]]) {
        let figures =
            ["p50_us", "p90_us", "p99_us", "p99_9_us", "max_us"].map(|name| latencies[name].as_f64().unwrap());
        assert!(figures[0] > 0.0 && figures.is_sorted(), "{latencies}");
        assert!(latencies["queries_per_second"].as_f64().unwrap() > 0.0);
    }
}

#[test]
fn the_slowest_queries_come_with_their_plans() {
    let line = measured(&TestEnv::new(), "--repeat 1");
    let slowest = line["slowest"].as_array().unwrap();
    let times: Vec<f64> = slowest.iter().map(|slow| slow["best_us"].as_f64().unwrap()).collect();
    assert_eq!(times.len(), 10);
    assert!(times.is_sorted_by(|a, b| a >= b), "{times:?}");
    for slow in slowest {
        assert!(slow["worst_us"].as_f64() >= slow["best_us"].as_f64());
        assert!(slow["plan"][0].as_str().unwrap().starts_with("query: "), "{slow}");
        assert!(line["kinds"].as_object().unwrap().contains_key(slow["kind"].as_str().unwrap()));
    }
    let queries: HashSet<&str> = slowest.iter().map(|slow| slow["query"].as_str().unwrap()).collect();
    assert!(queries.len() >= 9, "one may stand there in two orders: {queries:?}");
}

#[test]
fn people_see_where_what_and_how_long() {
    let env = with_log("区块链\n\"一箱一码\"\n");
    let run = bench(&env, "--queries log --repeat 2").succeeds();
    for part in [
        "cores, ",
        "148 articles",
        "2 of \"log\", each asked 2 times",
        "warm",
        "10 hits with snippets",
        "p99.9",
        "queries/s",
        "all queries",
        "one word",
        "quoted",
        "finds up to 10",
        "█",
        "slowest queries",
        "must hold: 区块链",
    ] {
        assert!(run.stdout.contains(part), "{part} in {run}");
    }
    let run = bench(&env, "--queries log --repeat 1 --lang zh").succeeds();
    for part in ["148 篇文章", "各问 1 次", "单个词", "加引号", "最慢的查询"] {
        assert!(run.stdout.contains(part), "{part} in {run}");
    }
}

#[test]
fn a_line_of_a_log_is_a_query_and_may_name_an_order() {
    let env = with_log("\n微软 区块链\r\n# 话题\n\n区块链\tnewest\n关闭区块链服务\n");
    let line = measured(&env, "--queries log --repeat 1 --no-snippets");
    assert_eq!((&line["log"], &line["queries"], &line["snippets"]), (&"log".into(), &4.into(), &false.into()));
    let kinds: Vec<&String> = line["kinds"].as_object().unwrap().keys().collect();
    for kind in ["sorted", "several_words", "unspaced"] {
        assert!(kinds.iter().any(|known| *known == kind), "{kind} in {kinds:?}");
    }
    assert_eq!(kinds.len(), 3, "`# 话题` are two words");
}

#[test]
fn a_run_is_set_against_a_saved_one() {
    let env = with_log("区块链\n\"一箱一码\"\n微软 区块链\n");
    let run = bench(&env, "--queries log --repeat 20 --save base").succeeds();
    assert!(run.stderr.contains("saved as \"base\""), "{run}");
    let saved = env.home(".local/share/souwen/bench/base.json");
    let original = fs::read_to_string(&saved).unwrap();

    // other tests run meanwhile, hence the bound
    let compare = "--queries log --repeat 20 --compare base";
    let run = bench(&env, &format!("{compare} --max-slowdown 1000 --json")).succeeds();
    let line = &run.json()[1];
    assert_eq!((&line["type"], &line["name"]), (&"bench_compare".into(), &"base".into()));
    assert_eq!(line["differences"], Value::Array(Vec::new()));
    assert!(line["all"]["p50"].as_f64().unwrap() > 0.0 && line["kinds"]["quoted"]["p50"].as_f64().unwrap() > 0.0);
    assert!(line["slowdown"]["ratio"].as_f64() >= line["all"]["p50"].as_f64());
    assert!(bench(&env, compare).succeeds().stdout.contains("times as long as \"base\""));

    let mut fast: Value = serde_json::from_str(&original).unwrap();
    let report = &mut fast["report"];
    for time in ["p50_us", "p90_us", "p99_us", "p99_9_us", "max_us"] {
        report["all"][time] = 0.001.into();
    }
    write(&saved, fast.to_string());
    let run = bench(&env, &format!("{compare} --max-slowdown 1.2"));
    assert_eq!(run.code, 1, "{run}");
    assert!(run.stderr.contains("of all queries takes") && run.stderr.contains("allowed is 1.2"), "{run}");
    bench(&env, compare).succeeds();
}

#[test]
fn what_was_measured_otherwise_is_named() {
    let env = with_log("区块链\n");
    write(&env.cwd().join("other"), "微软\n");
    bench(&env, "--queries log --repeat 1 --save base").succeeds();
    let run = bench(&env, "--queries other --repeat 1 --threads 2 --no-snippets --compare base").succeeds();
    assert!(run.stderr.contains("\"base\" was measured with other queries, threads, snippets\n"), "{run}");
}

#[test]
fn a_saved_run_that_cannot_be_read_is_refused_before_anything_is_measured() {
    let env = with_log("区块链\n");
    let compare = "--queries log --repeat 1 --compare base";
    let refused = |part: &str| {
        let run = bench(&env, compare);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run}");
        assert!(run.stderr.contains(part), "{part} in {run}");
    };
    refused("hint: `souwen bench --save NAME` keeps one");
    let folder = env.home(".local/share/souwen/bench");
    write(&folder.join("昨天.json"), "{}");
    refused("hint: there are 昨天");
    write(&folder.join("base.json"), "{\"format\": 9, \"news\": []}");
    refused("the run saved as \"base\" has format 9, this souwen reads format 1");
    write(&folder.join("base.json"), "{\"format\": 1, \"report\": 7}");
    refused("base.json\": ");
}

#[test]
fn questions_come_at_a_fixed_rate() {
    let line = measured(&with_log("区块链\n\"一箱一码\"\n"), "--queries log --rate 100 --duration 1s");
    assert_eq!((&line["rate"], &line["duration_seconds"], &line["rounds"]), (&100.0.into(), &1.0.into(), &Value::Null));
    assert_eq!(line["all"]["count"], 100);
    assert!(line["seconds"].as_f64().unwrap() >= 0.98, "{line}");
}

#[test]
fn a_rate_that_cannot_be_kept_is_told() {
    let run = bench(&TestEnv::new(), "--rate 1000000 --repeat 1").succeeds();
    assert!(run.stderr.contains("of 1000000 queries/s were answered"), "{run}");
}

#[test]
fn several_threads_share_the_questions() {
    let line = measured(&TestEnv::new(), "--repeat 1 --threads 3");
    assert_eq!((&line["threads"], &line["all"]["count"]), (&3.into(), &200.into()));
}

#[test]
fn a_time_ends_a_run() {
    let line = measured(&with_log("区块链\n"), "--queries log --duration 100ms");
    assert!(line["all"]["count"].as_u64().unwrap() > 0);
    assert!(line["seconds"].as_f64().unwrap() < 30.0);
}

#[test]
fn cold_runs_start_the_program_for_each_query() {
    let env = with_log("区块链\n\"不见于任何文章的字\"\n微软\tnewest\n-微软\n");
    let cold = measured(&env, "--queries log --repeat 2 --cold");
    assert_eq!((&cold["start"], &cold["all"]["count"]), (&"cold".into(), &8.into()));
    let warm = measured(&env, "--queries log --repeat 2");
    assert!(cold["all"]["p50_us"].as_f64() > warm["all"]["p50_us"].as_f64(), "{cold} {warm}");
    let env = env.var("SOUWEN_LIMIT", "3");
    assert_eq!(measured(&env, "--queries log --repeat 1 --cold --no-snippets")["limit"], 3);
}

#[test]
fn the_index_is_as_large_as_its_folder() {
    let line = measured(&with_log("区块链\n"), "--queries log --repeat 1");
    let files = fs::read_dir(index()).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len());
    assert_eq!(line["index"]["bytes"], files.sum::<u64>());
}

#[test]
fn making_an_index_is_measured_and_leaves_nothing_behind() {
    let env = TestEnv::new();
    let temporary = env.cwd().join("tmp");
    fs::create_dir(&temporary).unwrap();
    let env = env.var("TMPDIR", temporary.to_str().unwrap());
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let corpus = corpus.to_str().unwrap();
    let line = env.run_args(&["bench", "index", "--json", "--threads", "1", corpus]).succeeds().json().remove(0);
    assert_eq!((&line["type"], &line["v"], &line["threads"]), (&"bench_index".into(), &1.into(), &1.into()));
    assert_eq!((&line["files"], &line["articles"]), (&136.into(), &148.into()));
    let parts = line["parts"].as_array().unwrap();
    let bytes = |part: &Value| part[1].as_u64().unwrap();
    assert_eq!(line["bytes"], parts.iter().map(bytes).sum::<u64>());
    let names: HashSet<&str> = parts.iter().map(|part| part[0].as_str().unwrap()).collect();
    for part in ["terms", "positions", "postings", "text", "columns", "lengths", "manifest"] {
        assert!(names.contains(part), "{part} in {names:?}");
    }
    let number = |name: &str| line[name].as_f64().unwrap();
    assert!((number("bytes_per_text_byte") - number("bytes") / number("text_bytes")).abs() < 1e-9);
    assert!((number("articles_per_second") * number("seconds") - 148.0).abs() < 1e-6);
    assert!((number("megabytes_per_second") * number("seconds") * 1e6 - number("source_bytes")).abs() < 1.0);
    if cfg!(target_os = "linux") {
        assert!(number("peak_memory_bytes") > 10e6, "{line}");
    }
    assert_eq!(fs::read_dir(&temporary).unwrap().count(), 0, "the index is gone again");

    let run = env.run_args(&["bench", "index", corpus]).succeeds();
    for part in ["[REPO]/corpus", "136 files", "MB/s", "articles/s", "peak memory", "times the text", "positions"] {
        assert!(run.stdout.contains(part), "{part} in {run}");
    }
}

#[test]
fn the_remembered_corpus_is_the_one_that_is_measured() {
    let env = TestEnv::new().post("a.md", post("台风登陆").body("<p>江湾停课。</p>")).indexed();
    let line = env.run("bench index --json").succeeds().json().remove(0);
    assert_eq!((&line["articles"], &line["text_bytes"]), (&1.into(), &("台风登陆江湾停课。".len()).into()));
}

#[test]
fn where_nothing_can_be_measured_that_is_said() {
    let env = with_log("\n \n");
    fs::create_dir(env.home("none")).unwrap();
    let none: PathBuf = env.home("none");
    env.run_args(&["index", "--quiet", "--index", "empty", none.to_str().unwrap()]).succeeds();
    for (args, part) in [
        ("bench", "hint: `souwen index FOLDER`"),
        ("bench --index empty", "the index holds no article"),
        ("bench --queries log --index empty", "\"log\" holds no queries"),
        ("bench --queries nosuch", "\"nosuch\": "),
        ("bench index", "hint: `souwen index FOLDER`"),
        ("bench index nosuch", "no folder \"nosuch\""),
        ("bench --repeat 0", "0"),
        ("bench --repeat 1 --duration 1s", "--duration"),
        ("bench --rate 0", "expected queries a second"),
        ("bench --duration soon", "expected a time such as 30s"),
        ("bench --max-slowdown 2", "--compare"),
        ("bench --save ../x", "expected letters"),
    ] {
        let run = env.run(args);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{args}: {run}");
        assert!(run.stderr.contains(part), "{part} in {run}");
    }
}

/// The signals that a process has handlers for are a bit mask in its status.
#[cfg(target_os = "linux")]
#[test]
fn an_interrupted_run_shows_what_it_has() {
    let env = with_log("区块链\n");
    let index = index();
    let args = ["bench", "--index", &index, "--queries", "log", "--duration", "10m", "--save", "part", "--json"];
    let child = env.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let is_handled = || {
        let status = fs::read_to_string(&status).unwrap();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
        u64::from_str_radix(mask.trim(), 16).unwrap() & 0b10 != 0
    };
    let patience = Instant::now() + Duration::from_secs(60);
    while !is_handled() && Instant::now() < patience {
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_millis(500));
    let sent = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("interrupted"));
    // on a machine that is busy enough, it may not have come to the first question
    if let Some(line) = String::from_utf8(output.stdout).unwrap().lines().next() {
        assert_eq!(serde_json::from_str::<Value>(line).unwrap()["interrupted"], true);
    }
    assert!(!env.home(".local/share/souwen/bench/part.json").exists(), "half a run is not kept");
}
