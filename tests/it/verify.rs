//! Damage: `souwen verify` finds all of it, nothing else is brought down by it, and `--repair` takes it back.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use insta::assert_snapshot;
use serde_json::Value;
use souwen::analysis::dictionary::Dictionary;
use souwen::verify::inspect;

use crate::support::{Run, TestEnv, post, sample, write};

fn three() -> TestEnv {
    TestEnv::new()
        .post(
            "a.md",
            post("甲城开通地铁")
                .body("<p>甲城的地铁今日开通。</p>")
                .author("江潮")
                .date("2024-03-11")
                .categories("新闻/交通"),
        )
        .post(
            "b.md",
            post("乙城开通轻轨")
                .body("<p>乙城的轻轨明日开通。</p>")
                .author("江潮")
                .date("2024-03-12")
                .categories("新闻/交通"),
        )
        .post("夹/c.md", post("GPT-4 发布").body("<p>有人说好，有人说不好。</p>").categories("科技"))
        .indexed()
}

/// Three articles, one of them deleted, in two segments: an index with every kind of file.
fn every_kind_of_file() -> TestEnv {
    let env = three();
    env.write("b.md", post("乙城开通轻轨").body("<p>乙城的轻轨推迟开通。</p>").text());
    env.write("d.md", post("丁城来信").body("<p>丁城有信。</p>").text());
    env.run("index --quiet").succeeds();
    env
}

fn index(env: &TestEnv) -> PathBuf {
    env.cwd().join("index")
}

/// The files of an index, but for those that only keep others away.
fn files(index: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(index).unwrap().map(|entry| entry.unwrap());
    let entries = entries.map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()));
    entries.filter(|(name, _)| !name.ends_with(".lock")).collect()
}

/// What can happen to a file.
#[derive(Debug, Clone, Copy)]
enum Blow {
    /// These bits of this byte are turned.
    Flip(usize, u8),
    /// The file ends here.
    Cut(usize),
    /// The file is gone.
    Delete,
}

impl Blow {
    fn strike(self, path: &Path, whole: &[u8]) {
        match self {
            Self::Flip(at, bits) => {
                let mut bytes = whole.to_vec();
                bytes[at] ^= bits;
                fs::write(path, bytes).unwrap();
            }
            Self::Cut(len) => fs::write(path, &whole[..len.min(whole.len() - 1)]).unwrap(),
            Self::Delete => fs::remove_file(path).unwrap(),
        }
    }
}

/// SplitMix64, as anywhere else.
struct Random(u64);

impl Random {
    fn below(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % below.max(1) as u64) as usize
    }

    /// Flips all over a file, and more at its ends, where its structure stands; two cuts, and its end.
    fn blows(&mut self, len: usize, flips: usize) -> Vec<Blow> {
        let mut blows = vec![Blow::Delete, Blow::Cut(0), Blow::Cut(len - 1), Blow::Cut(self.below(len))];
        for n in 0..flips {
            let at = match n % 4 {
                0 => self.below(len.min(64)),
                1 => len - 1 - self.below(len.min(250)),
                _ => self.below(len),
            };
            let bits = if n % 3 == 0 { 0xFF } else { 1 << self.below(8) };
            blows.push(Blow::Flip(at, bits));
        }
        blows
    }
}

/// Damages every file of the index in many ways, one at a time, and hands over each.
fn damaged(index: &Path, flips_of_file: usize, seed: u64, mut look: impl FnMut(&str, Blow)) {
    let mut random = Random(seed);
    for (name, whole) in files(index) {
        for blow in random.blows(whole.len(), flips_of_file) {
            blow.strike(&index.join(&name), &whole);
            look(&name, blow);
            fs::write(index.join(&name), &whole).unwrap();
        }
    }
}

/// Whether an index is damaged, as `souwen verify` sees it.
fn is_found(index: &Path) -> bool {
    match inspect(index, &Arc::new(Dictionary::default()), 1, &|_| {}) {
        Ok(inspection) => !inspection.is_whole(),
        Err(error) => panic!("{error}"),
    }
}

/// Runs the program with a bound on memory and time; both are far above what a whole index takes.
fn bounded(env: &TestEnv, args: &[&str]) -> Run {
    let plain = env.command(args);
    let mut command = Command::new("sh");
    command
        .args(["-c", "ulimit -v 1500000; exec timeout 20 \"$0\" \"$@\""])
        .arg(plain.get_program())
        .args(plain.get_args());
    command.current_dir(env.cwd()).env_clear().env("HOME", env.home("")).env("PATH", std::env::var_os("PATH").unwrap());
    let output = command.output().unwrap();
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Does what a person does with an index, and gives the exit codes; what is neither an answer nor an error that names the
/// way out goes to `unborne`.
fn borne(env: &TestEnv, commands: &[&[&str]], what: &str, unborne: &mut Vec<String>) -> Vec<i32> {
    let code = |args: &&[&str]| {
        let run = bounded(env, args);
        let is_error = run.code == 2 && run.stderr.contains("souwen verify");
        if !(run.code < 2 || is_error) || run.code < 0 || run.stderr.contains("panicked") {
            unborne.push(format!("{what}, {args:?}: {run}"));
        }
        run.code
    };
    commands.iter().map(code).collect()
}

#[test]
fn a_whole_index_is_called_whole() {
    let env = every_kind_of_file();
    let run = env.run("verify");
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run}");
    assert!(run.stdout.starts_with("the index is whole: 4 articles, "), "{run}");
    assert!(env.run("verify --lang zh").stdout.starts_with("索引完好：4 篇文章，"));
    let outcome = env.run("verify --json").succeeds().json().remove(0);
    assert_eq!(
        (&outcome["type"], &outcome["whole"], &outcome["articles"]),
        (&"verify".into(), &true.into(), &4.into())
    );
    assert_eq!((&outcome["damage"], &outcome["repair"]), (&Value::Array(vec![]), &Value::Null));
    assert_eq!(outcome["files"], files(&index(&env)).len());
    sample().run("verify --index index").succeeds();
}

#[test]
fn damage_is_named_and_repaired() {
    let env = three();
    let index = index(&env);
    let store = files(&index).into_keys().find(|name| name.ends_with(".store")).unwrap();
    let whole = fs::read(index.join(&store)).unwrap();
    Blow::Flip(20, 1).strike(&index.join(&store), &whole);
    fs::remove_file(index.join("manifest-0")).unwrap();
    let shown = |run: Run| run.to_string().replace(&store, "[FILE].store");
    assert_snapshot!(shown(env.run("verify")), @r"
        exit 1
        ── stdout
        [FILE].store: not as it was written
        manifest-0: missing
        the index is damaged: 2 faults
        hint: `souwen verify --repair` makes it anew from its folder of articles
        ");
    assert_snapshot!(shown(env.run("verify --lang zh")), @r"
        exit 1
        ── stdout
        [FILE].store：内容与写入时不符
        manifest-0：缺失
        索引已损坏：2 处
        提示：用 `souwen verify --repair` 从文章文件夹重建
        ");
    let outcome = env.run("verify --json").json().remove(0);
    assert_eq!((&outcome["whole"], &outcome["damage_count"]), (&false.into(), &2.into()));
    assert_eq!(
        (&outcome["damage"][1]["part"], &outcome["damage"][1]["kind"]),
        (&"manifest-0".into(), &"missing".into())
    );
    let repaired = shown(env.run("verify --repair"));
    assert!(repaired.starts_with("exit 0\n── stdout\nthe index is whole: 3 articles, "), "{repaired}");
    assert!(repaired.contains("[FILE].store: not as it was written\nmanifest-0: missing\n"), "{repaired}");
    assert_eq!(env.complete("地铁"), ["甲城开通地铁"]);
    env.run("verify --repair").succeeds();
}

#[test]
fn an_index_is_not_repaired_from_nothing() {
    let env = three();
    let index = index(&env);
    fs::write(index.join("meta.json"), &fs::read(index.join("meta.json")).unwrap()[1..]).unwrap();
    let before = files(&index);
    let away = env.cwd().join("away");
    fs::rename(env.corpus(), &away).unwrap();
    let run = env.run("verify --repair");
    assert_eq!(run.code, 2, "{run}");
    assert!(run.stderr.contains("souwen index --rebuild FOLDER"), "{run}");
    fs::create_dir(env.corpus()).unwrap();
    let run = env.run("verify --repair");
    assert_eq!(run.code, 2, "an empty folder: {run}");
    assert_eq!(files(&index), before);
    fs::remove_dir(env.corpus()).unwrap();
    fs::rename(&away, env.corpus()).unwrap();
    env.run("verify --repair").succeeds();
    assert_eq!(env.complete("地铁"), ["甲城开通地铁"]);
}

#[test]
fn what_cannot_be_checked_is_an_error() {
    let env = TestEnv::new();
    assert_eq!(env.run("verify").code, 2, "no index");
    assert!(!env.home(".local/share/souwen/index").exists(), "and none is made");
    let env = three();
    write(&env.cwd().join("index.words.txt"), "甲城的\n");
    let run = env.run("verify");
    assert_eq!(run.code, 2, "{run}");
    assert!(run.stderr.contains("another dictionary"), "{run}");
}

/// Every file is as it was written, but they do not belong together.
#[test]
fn an_index_is_compared_with_its_articles() {
    let (env, other) = (three(), three());
    let changed = post("甲城开通地铁").body("<p>甲城的地铁今日停运。</p>").author("江湖").date("2024-03-11");
    other.write("a.md", changed.categories("新闻/交通").text());
    for env in [&env, &other] {
        env.run("index --rebuild --quiet --threads 1 corpus").succeeds();
    }
    let (index, other) = (index(&env), index(&other));
    let of = |index: &Path, ending: &str| files(index).into_iter().find(|(name, _)| name.ends_with(ending)).unwrap();
    let cases: [(&[&str], &str, &str); 5] = [
        (&[".store"], "stored", "article"),
        (&[".store"], "terms", "body_units"),
        (&[".fast"], "column", "author_name"),
        (&[".idx", ".pos", ".term"], "terms", "body_units"),
        (&[".idx", ".pos", ".term"], "terms", "author"),
    ];
    for (endings, kind, part) in cases {
        let wholes = endings.iter().map(|ending| of(&index, ending)).collect::<Vec<_>>();
        for ((name, _), ending) in wholes.iter().zip(endings) {
            fs::write(index.join(name), of(&other, ending).1).unwrap();
        }
        let run = env.run("verify --json");
        assert_eq!(run.code, 1, "{endings:?}: {run}");
        let damage = run.json().remove(0)["damage"].clone();
        let is_it = |damage: &Value| damage["kind"] == kind && damage["part"] == part && damage["article"].is_string();
        assert!(damage.as_array().unwrap().iter().any(is_it), "{endings:?}: {damage}");
        for (name, whole) in wholes {
            fs::write(index.join(name), whole).unwrap();
        }
    }
    fs::copy(other.join("manifest-1"), index.join("manifest-1")).unwrap();
    assert_eq!(env.run("verify --json").json()[0]["damage"][0]["kind"], "stored");
}

/// A lock of somebody else's, a half-written manifest of a killed run: nothing that verify should mind.
#[test]
fn what_a_killed_run_leaves_behind_is_no_damage() {
    let env = three();
    let index = index(&env);
    fs::write(index.join("manifest-7"), "half a manif").unwrap();
    fs::write(index.join("0123456789abcdef0123456789abcdef.store"), "half a store").unwrap();
    env.run("verify").succeeds();
}

#[test]
fn every_flip_is_found_and_none_brings_a_search_down() {
    let env = every_kind_of_file();
    let index = index(&env);
    let mut blows = 0;
    damaged(&index, 24, 1, |name, blow| {
        blows += 1;
        assert!(is_found(&index), "{name}, {blow:?}");
    });
    assert!(blows > 200, "{blows}");
    assert!(!is_found(&index), "and what was put back is whole");
    let mut unborne = Vec::new();
    damaged(&index, 3, 2, |name, blow| {
        borne(&env, &[&["search", "地铁 OR 开通"]], &format!("{name}, {blow:?}"), &mut unborne);
    });
    assert!(unborne.is_empty(), "{unborne:#?}");
}

#[test]
fn a_damaged_index_is_made_anew() {
    let env = every_kind_of_file();
    let index = index(&env);
    // the file of deletions comes first: a new index has none
    let kinds = ["del", "store", "idx", "pos", "term", "fast", "fieldnorm", "-0", "-1", "meta.json", ".managed.json"];
    for kind in kinds {
        for blow in [Blow::Delete, Blow::Flip(40, 0xFF), Blow::Cut(100)] {
            let Some((name, whole)) = files(&index).into_iter().find(|(name, _)| name.ends_with(kind)) else {
                continue;
            };
            blow.strike(&index.join(&name), &whole);
            env.run("index --rebuild --quiet corpus").succeeds();
            assert_eq!(env.titles("地铁"), ["甲城开通地铁"], "{name}, {blow:?}");
        }
    }
    fs::write(index.join("meta.json"), b"\xff\xfe\0garbage").unwrap();
    env.run("index --rebuild --quiet corpus").succeeds();
    assert!(!is_found(&index));
}

#[test]
#[ignore = "takes 10 minutes; run with cargo test --release --test it thousands -- --ignored --nocapture"]
fn thousands_of_flips_are_found_and_borne() {
    let env = every_kind_of_file();
    let index = index(&env);
    let mut found = 0;
    damaged(&index, 1500, 11, |name, blow| {
        assert!(is_found(&index), "{name}, {blow:?}");
        found += 1;
    });
    let id = env.hits("地铁")[0]["id"].as_str().unwrap().to_owned();
    let commands: [&[&str]; 6] = [
        &["search", "地铁 OR 开通", "--facets"],
        &["search", "\"有人说\""],
        &["search", "--sort", "newest"],
        &["show", &id],
        &["stats"],
        &["export"],
    ];
    let (mut answers, mut errors, mut unborne) = (0, 0, Vec::new());
    damaged(&index, 120, 12, |name, blow| {
        for code in borne(&env, &commands, &format!("{name}, {blow:?}"), &mut unborne) {
            *if code == 2 { &mut errors } else { &mut answers } += 1;
        }
    });
    assert!(unborne.is_empty(), "{unborne:#?}");
    eprintln!("{found} blows found; {answers} answers and {errors} errors of damaged indexes");
}
