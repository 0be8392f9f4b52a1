//! `souwen watch`: what happens to the folder shows in the index by itself, and the program ends when it is told to.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{TestEnv, post};

/// A machine may be as slow as it likes; only what never comes is a failure.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program at work on the corpus.
struct Watching {
    child: Child,
    lines: Receiver<String>,
    errors: Receiver<String>,
}

impl Watching {
    /// Starts, and waits for the first batch.
    #[track_caller]
    fn start(env: &TestEnv, args: &[&str]) -> (Self, Value) {
        Self::of(env.command(&[&["watch", "corpus", "--json"], args].concat()))
    }

    #[track_caller]
    fn of(mut command: Command) -> (Self, Value) {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = lines_of(child.stdout.take().unwrap());
        let errors = lines_of(child.stderr.take().unwrap());
        let watching = Self { child, lines, errors };
        let first = watching.batch();
        (watching, first)
    }

    /// The next batch.
    #[track_caller]
    fn batch(&self) -> Value {
        let line = self.lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no batch; {:?}", self.said()));
        serde_json::from_str(&line).unwrap()
    }

    /// Batches up to the one after which the index holds so many articles.
    #[track_caller]
    fn until_articles(&self, articles: u64) -> Vec<Value> {
        let mut batches = vec![self.batch()];
        while batches.last().unwrap()["articles"] != articles {
            batches.push(self.batch());
        }
        batches
    }

    /// Waits for a line on standard error that holds `text`.
    #[track_caller]
    fn until_said(&self, text: &str) {
        let mut said = Vec::new();
        while let Ok(line) = self.errors.recv_timeout(PATIENCE) {
            if line.contains(text) {
                return;
            }
            said.push(line);
        }
        panic!("never said: {text}; but {said:?}");
    }

    fn said(&self) -> Vec<String> {
        self.errors.try_iter().collect()
    }

    /// Ends it with a signal; gives its exit code.
    #[cfg(unix)]
    fn end(&mut self, signal: &str) -> Option<i32> {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("does not end");
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines_of(stream: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (send, lines) = channel();
    std::thread::spawn(move || {
        BufReader::new(stream).lines().map_while(Result::ok).try_for_each(|line| send.send(line))
    });
    lines
}

fn two() -> TestEnv {
    TestEnv::new().post("a.md", post("第一篇").body("<p>甲城。</p>")).post("b.md", post("第二篇").body("<p>乙城。</p>"))
}

fn counts(batch: &Value) -> [u64; 4] {
    ["added", "changed", "removed", "articles"].map(|name| batch[name].as_u64().unwrap())
}

/// What is added, edited, moved and deleted, one after the other, with these options.
#[track_caller]
fn check_changes_are_picked_up(args: &[&str]) {
    let env = two();
    let (watching, first) = Watching::start(&env, args);
    assert_eq!((&first["type"], counts(&first)), (&Value::from("batch"), [2, 0, 0, 2]));
    env.write("新/c.md", post("第三篇").body("<p>丙城。</p>").text());
    assert_eq!(watching.until_articles(3).len(), 1);
    assert_eq!(env.complete("丙城"), ["第三篇"]);
    env.write("a.md", post("第一篇").body("<p>改成辛城。</p>").text());
    assert_eq!(counts(&watching.batch()), [0, 1, 0, 3]);
    assert_eq!(env.complete("辛城"), ["第一篇"]);
    fs::rename(env.corpus().join("新"), env.corpus().join("旧")).unwrap();
    let batch = watching.batch();
    assert_eq!((counts(&batch), &batch["moved"]), ([1, 0, 1, 3], &Value::from(1)));
    fs::remove_file(env.corpus().join("b.md")).unwrap();
    assert_eq!(counts(&watching.batch()), [0, 0, 1, 2]);
    assert!(env.complete("乙城").is_empty());
}

#[test]
fn what_is_added_edited_moved_and_deleted_shows_by_itself() {
    check_changes_are_picked_up(&[]);
}

#[test]
fn polling_sees_the_same() {
    check_changes_are_picked_up(&["--poll"]);
}

#[cfg(target_os = "linux")]
#[test]
fn where_the_system_can_watch_no_more_it_polls_by_itself() {
    // the limits of a user namespace of one's own leave everybody else alone
    for limit in ["max_inotify_instances", "max_inotify_watches"] {
        let limited = format!("echo 0 > /proc/sys/user/{limit} && exec \"$0\" \"$@\"");
        let may = Command::new("unshare").args(["-Ur", "sh", "-c", &limited, "true"]).output();
        if !may.is_ok_and(|output| output.status.success()) {
            eprintln!("skipped, a user namespace is not allowed here");
            return;
        }
        let env = two();
        let plain = env.command(&["watch", "corpus", "--json"]);
        let mut command = Command::new("unshare");
        command.args(["-Ur", "sh", "-c", &limited]).arg(plain.get_program()).args(plain.get_args());
        command.current_dir(env.cwd()).env("HOME", env.home("")).env("LANG", "C");
        let (watching, _) = Watching::of(command);
        watching.until_said("the system does not tell of changes");
        env.write("c.md", post("第三篇").body("<p>丙城。</p>").text());
        watching.until_articles(3);
        assert_eq!(env.complete("丙城"), ["第三篇"]);
    }
}

#[test]
fn a_burst_of_files_comes_in_batches() {
    const FILES: u64 = 1_000;
    let env = two();
    let (watching, _) = Watching::start(&env, &[]);
    for i in 0..FILES {
        env.write(&format!("{}/{i}.md", i % 7), post(&format!("快讯{i}")).body("<p>渡船离岸。</p>").text());
    }
    let batches = watching.until_articles(FILES + 2);
    assert!(batches.len() < 100, "{} batches", batches.len());
    assert_eq!(env.complete("渡船").len() as u64, FILES);
}

#[test]
#[ignore = "takes a minute; run with cargo test --test it -- --ignored a_burst_of_ten_thousand"]
fn a_burst_of_ten_thousand_files_comes_in_whole() {
    let env = two();
    let (watching, _) = Watching::start(&env, &[]);
    for i in 0..10_000 {
        env.write(&format!("{}/{i}.md", i % 100), post(&format!("快讯{i}")).body("<p>渡船离岸。</p>").text());
    }
    let batches = watching.until_articles(10_002);
    assert!(batches.len() < 500, "{} batches", batches.len());
}

#[cfg(unix)]
#[test]
fn it_ends_cleanly_when_told_to_even_in_the_middle_of_a_batch() {
    for signal in ["-INT", "-TERM"] {
        let env = two();
        let (mut watching, _) = Watching::start(&env, &[]);
        assert_eq!(watching.end(signal), Some(0), "{signal}");
        assert_eq!(env.articles().len(), 2);

        for i in 0..2_000 {
            env.write(&format!("{i}.md"), post(&format!("快讯{i}")).body("<p>渡船离岸。</p>").text());
        }
        let command = ["watch", "--json"];
        let child = env.command(&command).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(250));
        let mut watching = Watching { child, lines: channel().1, errors: channel().1 };
        assert_eq!(watching.end(signal), Some(0), "{signal}");
        let held = env.articles().len();
        assert!((2..=2_002).contains(&held), "{held}");
        env.run("index").succeeds();
        assert_eq!(env.articles().len(), 2_002);
    }
}

#[test]
fn others_may_index_between_batches_and_it_goes_on() {
    let env = two();
    let (watching, _) = Watching::start(&env, &[]);
    let mut run = env.run("index --rebuild");
    while run.stderr.contains(" held by ") {
        run = env.run("index --rebuild");
    }
    run.succeeds();
    env.write("c.md", post("第三篇").body("<p>丙城。</p>").text());
    watching.until_articles(3);
}

#[test]
fn a_folder_that_empties_is_told_once_and_watching_goes_on() {
    let env = two();
    let (watching, _) = Watching::start(&env, &[]);
    let aside = env.cwd().join("aside");
    fs::rename(env.corpus(), &aside).unwrap();
    watching.until_said("is gone; the index keeps its 2 articles");
    fs::create_dir(env.corpus()).unwrap();
    watching.until_said("2 of 2 articles would be removed");
    watching.until_said("watching goes on");
    fs::remove_dir(env.corpus()).unwrap();
    fs::rename(&aside, env.corpus()).unwrap();
    env.write("c.md", post("第三篇").body("<p>丙城。</p>").text());
    assert_eq!(counts(watching.until_articles(3).last().unwrap()), [1, 0, 0, 3]);
}

/// What another process holds is waited for.
#[test]
fn a_locked_index_is_waited_for() {
    let env = two().indexed();
    let lock = fs::File::options().write(true).open(env.cwd().join("index/.souwen-writer.lock")).unwrap();
    lock.lock().unwrap();
    let args = ["watch", "corpus", "--json"];
    let mut child = env.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (lines, errors) = (lines_of(child.stdout.take().unwrap()), lines_of(child.stderr.take().unwrap()));
    let watching = Watching { child, lines, errors };
    watching.until_said("has been held by process");
    drop(lock);
    env.write("c.md", post("第三篇").body("<p>丙城。</p>").text());
    watching.until_articles(3);
}
