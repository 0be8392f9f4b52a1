//! What a machine does to an index: processes killed, disks full, folders that cannot be written or read. Each time the
//! index opens, holds what was committed, and the next run completes it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use souwen::article::Article;

use crate::refresh::seen;
use crate::support::{Run, TestEnv, post, write};

/// Copies a folder.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A stream of numbers that look drawn by chance (Marsaglia's xorshift64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// How long `run` takes, at least a millisecond.
fn millis_of(run: impl FnOnce()) -> u64 {
    let started = Instant::now();
    run();
    u64::try_from(started.elapsed().as_millis()).unwrap().max(1)
}

/// Kills `kills` runs at moments drawn by chance, each after edits and deletes drawn by chance, and after each checks that
/// the index opens, holds every article once, and lost none that was committed and is still there. Now and then, and at
/// the end, a run is left in peace, and the index must equal a fresh one.
fn kill_runs(env: &TestEnv, kills: u64, commit_every: u64, edits: u64) {
    let index = env.cwd().join("index");
    let mut chance = Chance(20_261_122);
    let files: Vec<PathBuf> = souwen::corpus::walk(&env.corpus()).map(|file| file.unwrap().full).collect();
    let commit_every = commit_every.to_string();
    let args = ["index", "corpus", "--quiet", "--allow-mass-delete", "--commit-every", &commit_every];
    let (mut cut_short, mut committed) = (0, BTreeMap::new());
    // how long a run takes is learnt on the way: from scratch, and otherwise
    let whole_ms = millis_of(|| drop(env.run_args(&args).succeeds()));
    let mut last_ms = [whole_ms, whole_ms];
    for kill in 0..kills {
        let from_scratch = kill % 10 == 0;
        if from_scratch && index.exists() {
            fs::remove_dir_all(&index).unwrap();
            committed = BTreeMap::new();
        }
        for _ in 0..edits {
            let file = &files[usize::try_from(chance.below(files.len() as u64)).unwrap()];
            match chance.below(4) {
                0 => drop(fs::remove_file(file)),
                _ => write(file, format!("# 第{kill}次\n\n江湾 {} 路改道。\n", chance.below(1_000_000))),
            }
        }
        let mut run = env.command(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let last_ms = &mut last_ms[usize::from(!from_scratch)];
        std::thread::sleep(Duration::from_millis(chance.below(*last_ms)));
        run.kill().unwrap();
        let is_cut_short = !run.wait().unwrap().success();
        cut_short += u64::from(is_cut_short);
        *last_ms = if is_cut_short { *last_ms + *last_ms / 8 } else { (*last_ms * 3 / 4).max(5) };

        let held = held(&index);
        for path in committed.keys() {
            let is_there = env.corpus().join(path).exists();
            assert!(!is_there || held.contains_key(path), "kill {kill}: {path:?} was committed and is lost");
        }
        committed = held;
        if kill % 20 == 19 || kill + 1 == kills {
            env.run_args(&args).succeeds();
            let fresh = env.cwd().join("fresh");
            env.run_args(&["index", "--index", "fresh", "corpus", "--quiet"]).succeeds();
            assert!(seen(&index) == seen(&fresh), "kill {kill}: not what a fresh index holds");
            fs::remove_dir_all(&fresh).unwrap();
            committed = self::held(&index);
        }
    }
    eprintln!("{kills} kills, {cut_short} of them before the end of the run");
    assert!(cut_short >= kills / 4, "{cut_short} of {kills} runs were cut short");
}

/// The articles of an index by path; none when there is no index yet.
fn held(index: &Path) -> BTreeMap<String, Article> {
    let mut held = BTreeMap::new();
    match souwen::index::ArticleIndex::open(index) {
        Ok(_) => {
            for article in seen(index).articles {
                let twice = held.insert(format!("{}#{}", article.path, article.id), article);
                assert!(twice.is_none(), "{twice:?} is there twice");
            }
        }
        Err(souwen::error::Error::NoIndex(_)) => {}
        Err(error) => panic!("{error}"),
    }
    held.into_iter()
        .map(|(path, article)| (path.split_once('#').map_or(path.clone(), |(path, _)| path.to_owned()), article))
        .collect()
}

#[test]
fn killed_runs_lose_nothing_that_was_committed() {
    let env = TestEnv::new();
    copy(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/corpus")), &env.corpus());
    fs::remove_dir_all(env.corpus().join("jsonl")).unwrap();
    fs::remove_dir_all(env.corpus().join("feeds")).unwrap();
    kill_runs(&env, 8, 10, 5);
}

#[test]
fn a_killed_repair_leaves_the_broken_index_or_the_new_one() {
    let env = TestEnv::new();
    for i in 0..500 {
        env.write(&format!("{i}.md"), post(&format!("快讯{i}")).body("<p>渡船离岸。</p>").text());
    }
    let env = env.indexed();
    let (index, broken) = (env.cwd().join("index"), env.cwd().join("broken"));
    let list = fs::read_to_string(index.join("meta.json")).unwrap();
    fs::write(index.join("meta.json"), list.replacen("segments", "Segments", 1)).unwrap();
    copy(&index, &broken);
    // as long as a whole repair takes, so that most are cut short
    let mut longest_ms = millis_of(|| drop(env.run("verify --repair").succeeds()));
    let (mut chance, mut kept) = (Chance(20_261_126), 0);
    for kill in 0..10 {
        fs::remove_dir_all(&index).unwrap();
        copy(&broken, &index);
        let mut run = env.command(&["verify", "--repair"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(chance.below(longest_ms)));
        run.kill().unwrap();
        if run.wait().unwrap().code().is_some() {
            longest_ms = (longest_ms * 3 / 4).max(5);
        }
        if env.run("stats").code == 2 {
            kept += 1;
            for entry in fs::read_dir(&broken).unwrap() {
                let name = entry.unwrap().file_name();
                // the engine's list of what it may remove, and who wrote last
                let may_differ = name == ".managed.json" || name == ".souwen-writer.lock";
                let is_kept = || fs::read(broken.join(&name)).ok() == fs::read(index.join(&name)).ok();
                assert!(may_differ || is_kept(), "kill {kill}: {}", name.display());
            }
            env.run("verify --repair").succeeds();
        }
        env.run("verify").succeeds();
        assert_eq!(env.articles().len(), 500, "kill {kill}");
    }
    assert!(kept > 0, "every repair was done before it could be killed");
}

#[test]
#[ignore = "takes 10 minutes; run with SOUWEN_POSTS=FOLDER cargo test --test it -- --ignored --nocapture two_hundred_killed"]
fn two_hundred_killed_runs_on_real_posts_lose_nothing_that_was_committed() {
    let posts = std::env::var_os("SOUWEN_POSTS").expect("SOUWEN_POSTS names a folder of posts");
    let env = TestEnv::new();
    for (i, file) in souwen::corpus::walk(Path::new(&posts)).map(Result::unwrap).step_by(10).take(2_000).enumerate() {
        let to = env.corpus().join(format!("{}/{i}.md", i % 20));
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(file.full, to).unwrap();
    }
    kill_runs(&env, 240, 100, 40);
}

#[cfg(unix)]
#[test]
fn the_lock_of_a_killed_writer_is_no_obstacle_and_that_of_a_living_one_is_named() {
    let env = TestEnv::new();
    for i in 0..3_000 {
        env.write(&format!("{i}.md"), post(&format!("快讯{i}")).body("<p>渡船离岸。</p>").text());
    }
    // stopped, a process holds its lock for as long as the test likes
    let mut writer = env.command(&["index", "corpus", "--quiet"]).spawn().unwrap();
    let lock = env.cwd().join("index/.souwen-writer.lock");
    while !fs::read_to_string(&lock).is_ok_and(|text| text.ends_with('}')) {
        assert!(writer.try_wait().unwrap().is_none(), "it ended before it could be stopped");
    }
    let id = writer.id().to_string();
    assert!(Command::new("kill").args(["-STOP", &id]).status().unwrap().success());
    let run = env.run("index corpus");
    assert_eq!(run.code, 2, "{run}");
    assert!(run.stderr.contains(&format!("has been held by process {id} since 20")), "{run}");
    assert!(run.stderr.contains("hint: wait until it is done, or end that process"), "{run}");
    writer.kill().unwrap();
    writer.wait().unwrap();
    env.run("index corpus").succeeds();
    assert_eq!(env.articles().len(), 3_000);
}

/// As a program does that was just being started when the last run ended: it has every open file for a moment.
#[test]
fn a_lock_of_the_engine_that_somebody_still_holds_is_no_obstacle() {
    let env = TestEnv::new().post("a.md", post("第一篇").body("<p>甲城。</p>")).indexed();
    let path = env.cwd().join("index/.tantivy-writer.lock");
    let file = fs::File::options().write(true).create(true).truncate(false).open(path).unwrap();
    file.lock().unwrap();
    env.write("b.md", post("第二篇").body("<p>乙城。</p>").text());
    assert_eq!(env.sync("")["added"], 1);
    env.run("optimize").succeeds();
}

/// Runs a script of the shell with a mount table of its own. `None`, and a word about it, where that is not allowed.
#[cfg(target_os = "linux")]
fn with_own_mounts(env: &TestEnv, script: &str) -> Option<String> {
    let may = Command::new("unshare").args(["-m", "true"]).output().is_ok_and(|output| output.status.success());
    if !may {
        eprintln!("skipped, mounting is not allowed here");
        return None;
    }
    let mut command = Command::new("unshare");
    command.args(["-m", "sh", "-ec", script]).current_dir(env.cwd()).env("SOUWEN", env!("CARGO_BIN_EXE_souwen"));
    let output = command.env("HOME", env.home("")).env("LANG", "C").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    Some(text)
}

#[cfg(target_os = "linux")]
#[test]
fn a_reader_needs_no_right_to_write() {
    let env = TestEnv::new().post("a.md", post("第一篇").body("<p>甲城开通地铁。</p>")).indexed();
    let script = "
        mount --bind index index; mount -o remount,bind,ro index
        ! touch index/x 2>/dev/null
        $SOUWEN search 地铁 -l; $SOUWEN stats | head -n 1; $SOUWEN verify --oracle 10
        $SOUWEN index || echo exit $?";
    let Some(text) = with_own_mounts(&env, script) else { return };
    assert!(text.starts_with("a.md\n"), "{text}");
    assert!(text.contains("exit 2") && text.contains("Read-only file system"), "{text}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_leaves_the_last_commit_and_a_larger_one_completes_it() {
    let env = TestEnv::new();
    for i in 0..400 {
        // no two alike, so that they take room
        let body: String =
            (0..300).map(|j| char::from_u32(0x4e00 + (i * 7919 + j * 104_729) % 20_000).unwrap()).collect();
        env.write(&format!("{i:03}.md"), post(&format!("快讯{i}")).body(&format!("<p>{body}</p>")).text());
    }
    let script = "
        mkdir disk; mount -t tmpfs -o size=1500k tmpfs disk
        mkdir few; cp corpus/00*.md few
        $SOUWEN index --index disk/index few --quiet
        mount --bind corpus few
        $SOUWEN index --index disk/index --commit-every 50 2>&1 || echo exit $?
        echo held $($SOUWEN search --index disk/index -n 1000 -l | wc -l)
        mount -o remount,size=100M disk
        $SOUWEN index --index disk/index --quiet
        echo then $($SOUWEN search --index disk/index -n 1000 -l | wc -l)
        $SOUWEN verify --index disk/index --oracle 50";
    let Some(text) = with_own_mounts(&env, script) else { return };
    assert!(text.contains("exit 2") && text.contains("No space left on device"), "{text}");
    let held: u64 = text.split_once("held ").unwrap().1.lines().next().unwrap().trim().parse().unwrap();
    assert!((10..400).contains(&held), "{text}");
    assert!(text.contains("then 400\n") && text.contains("index and scan agree"), "{text}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_is_unmounted_costs_no_article() {
    let env = TestEnv::new();
    for i in 0..30 {
        write(&env.cwd().join(format!("disk/{i}.md")), post(&format!("快讯{i}")).body("<p>渡船离岸。</p>").text());
    }
    fs::create_dir(env.corpus()).unwrap();
    let script = "
        mount --bind disk corpus; $SOUWEN index corpus --quiet
        umount corpus; $SOUWEN index 2>&1 || echo exit $?
        echo held $($SOUWEN search -n 100 -l | wc -l)
        mount --bind disk corpus; $SOUWEN index";
    let Some(text) = with_own_mounts(&env, script) else { return };
    assert!(text.contains("30 of 30 articles would be removed") && text.contains("exit 2\nheld 30\n"), "{text}");
    assert!(text.contains("nothing has changed: 30 articles"), "{text}");
}

/// Runs the program as a user who is neither root nor the owner of anything; `None` where that is not allowed. Who may do
/// anything is refused nothing.
#[cfg(target_os = "linux")]
fn as_nobody(env: &TestEnv, args: &str) -> Option<Run> {
    let program = env.home("souwen");
    if !program.exists() {
        // where it lies otherwise may be for one user alone
        fs::copy(env!("CARGO_BIN_EXE_souwen"), &program).unwrap();
        env.cwd().ancestors().take(3).for_each(|folder| allow(folder, 0o755));
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&program).args(args.split_whitespace());
    let output = command.current_dir(env.cwd()).env("HOME", env.home("")).env("LANG", "C").output().ok()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let run =
        Run { code: output.status.code().unwrap_or(-1), stdout: text(&output.stdout), stderr: text(&output.stderr) };
    if run.stderr.contains("setpriv:") {
        eprintln!("skipped, becoming another user is not allowed here");
        return None;
    }
    Some(run)
}

#[cfg(target_os = "linux")]
fn allow(path: &Path, mode: u32) {
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_read_is_named_and_keeps_its_articles() {
    let env = TestEnv::new()
        .post("a.md", post("第一篇").body("<p>甲城。</p>"))
        .post("b.md", post("第二篇").body("<p>乙城。</p>"))
        .post("夹/c.md", post("第三篇").body("<p>丙城。</p>"));
    let (file, folder) = (env.corpus().join("b.md"), env.corpus().join("夹"));
    allow(&file, 0o000);
    fs::create_dir(env.cwd().join("index")).unwrap();
    allow(&env.cwd().join("index"), 0o777);
    let Some(run) = as_nobody(&env, "index corpus") else { return };
    let run = run.succeeds();
    assert!(run.stderr.contains("b.md: cannot be read: Permission denied"), "{run}");
    assert!(run.stdout.contains("2 added"), "{run}");
    allow(&file, 0o644);
    assert!(as_nobody(&env, "index").unwrap().succeeds().stdout.contains("1 added"));
    allow(&file, 0o000);
    allow(&folder, 0o000);
    let run = as_nobody(&env, "index --verify-content").unwrap().succeeds();
    allow(&folder, 0o755);
    assert!(run.stderr.contains("b.md: cannot be read") && run.stderr.contains("夹: cannot be read"), "{run}");
    assert!(run.stdout.starts_with("nothing has changed: 3 articles"), "{run}");
}

#[cfg(target_os = "linux")]
#[test]
fn an_index_of_somebody_else_is_read_and_not_written() {
    let env = TestEnv::new().post("a.md", post("第一篇").body("<p>甲城。</p>")).indexed();
    for args in ["search 甲城", "stats", "verify", "verify --oracle 5", "export"] {
        let Some(run) = as_nobody(&env, args) else { return };
        run.succeeds();
    }
    for args in ["index", "index --rebuild", "optimize"] {
        let run = as_nobody(&env, args).unwrap();
        assert!(
            run.code == 2 && run.stderr.contains("index/.souwen-writer.lock\": Permission denied"),
            "{args}: {run}"
        );
    }
    assert_eq!(env.complete("甲城"), ["第一篇"]);
}

/// Files come and go, and grow and shrink, while they are read; once they rest, one run is enough.
#[test]
fn files_that_change_while_they_are_read_are_read_right_in_the_end() {
    let env = TestEnv::new();
    let lines = |count: u64| -> String {
        (0..count).map(|i| format!("{{\"id\":\"{i}\",\"title\":\"第{i}条\",\"body\":\"渡船离岸\"}}\n")).collect()
    };
    for i in 0..300 {
        env.write(&format!("{i}.md"), post(&format!("快讯{i}")).body("<p>渡船离岸。</p>").text());
    }
    env.write("n.jsonl", lines(20_000));
    let mut chance = Chance(7);
    for _ in 0..3 {
        let args = ["index", "corpus", "--quiet", "--allow-mass-delete", "--commit-every", "1000"];
        let mut run = env.command(&args).stderr(Stdio::null()).spawn().unwrap();
        while run.try_wait().unwrap().is_none() {
            env.write("n.jsonl", lines(chance.below(20_000)));
            let file = env.corpus().join(format!("{}.md", chance.below(300)));
            if fs::remove_file(&file).is_err() {
                write(&file, post("回来了").body("<p>渡船离岸。</p>").text());
            }
        }
        assert!(run.wait().unwrap().success());
    }
    env.run("index --quiet --allow-mass-delete").succeeds();
    env.run_args(&["index", "--index", "fresh", "corpus", "--quiet"]).succeeds();
    assert!(seen(&env.cwd().join("index")) == seen(&env.cwd().join("fresh")));
}
