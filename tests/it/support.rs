//! The small language of the tests: a folder of posts, a command, and what came out of it.
//!
//! ```text
//! let env = TestEnv::new().post("a.md", post("台风登陆").body("<p>江湾停课。</p>"));
//! assert_eq!(env.complete("台风"), ["台风登陆"]);
//! ```

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};

use serde_json::Value;
use souwen::analysis::dictionary::Dictionary;
use souwen::article::Article;
use souwen::index::ArticleIndex;
use souwen::search::Searcher;

/// A home, a current folder in it, and what the program sees of the environment.
pub(crate) struct TestEnv {
    root: PathBuf,
    /// Removes `root`; not kept by the environment that all tests share.
    _dir: Option<tempfile::TempDir>,
    vars: Vec<(String, String)>,
}

/// What a command came to.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// What a person sees: the three things that a snapshot holds.
impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "exit {}", self.code)?;
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                writeln!(f, "── {name}")?;
                text.lines().try_for_each(|line| writeln!(f, "{}", line.trim_end()))?;
            }
        }
        Ok(())
    }
}

impl Run {
    /// The objects on standard output, one a line.
    #[track_caller]
    pub(crate) fn json(&self) -> Vec<Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
    }

    /// For commands that must work.
    #[track_caller]
    pub(crate) fn succeeds(self) -> Self {
        assert_eq!(self.code, 0, "{self}");
        self
    }
}

impl TestEnv {
    /// An empty current folder.
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let env = Self { root: dir.path().canonicalize().unwrap(), _dir: Some(dir), vars: Vec::new() };
        fs::create_dir_all(env.cwd()).unwrap();
        env
    }

    /// The current folder of commands.
    pub(crate) fn cwd(&self) -> PathBuf {
        self.root.join("home/work")
    }

    /// The folder of articles.
    pub(crate) fn corpus(&self) -> PathBuf {
        self.cwd().join("corpus")
    }

    /// Changes what the index says of itself, and the checksum in the last line with it.
    pub(crate) fn edit_commit(&self, from: &str, to: &str) {
        let meta = self.cwd().join("index/meta.json");
        let text = fs::read_to_string(&meta).unwrap();
        let (content, _) = text.trim_end().rsplit_once('\n').unwrap();
        assert!(content.contains(from), "{content}");
        let content = format!("{}\n", content.replace(from, to));
        fs::write(&meta, format!("{content}{:016x}\n", xxhash_rust::xxh3::xxh3_64(content.as_bytes()))).unwrap();
    }

    /// A file of the home folder.
    pub(crate) fn home(&self, path: &str) -> PathBuf {
        self.root.join("home").join(path)
    }

    /// With this environment variable.
    pub(crate) fn var(mut self, name: &str, value: &str) -> Self {
        self.vars.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With this post in the corpus.
    pub(crate) fn post(self, path: &str, post: Post) -> Self {
        self.file(path, post.text())
    }

    /// With this file in the corpus.
    pub(crate) fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.write(path, content);
        self
    }

    /// Writes a file of the corpus.
    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        write(&self.corpus().join(path), content);
    }

    /// With the index of the corpus.
    #[track_caller]
    pub(crate) fn indexed(self) -> Self {
        self.run("index corpus --quiet").succeeds();
        self
    }

    /// Runs `souwen` with these arguments, parted by blanks.
    pub(crate) fn run(&self, args: &str) -> Run {
        self.run_args(&args.split_whitespace().collect::<Vec<_>>())
    }

    /// Runs `souwen` with these arguments.
    pub(crate) fn run_args(&self, args: &[&str]) -> Run {
        let output = assert_cmd::Command::from_std(self.command(args)).output().unwrap();
        Run {
            code: output.status.code().unwrap_or(-1),
            stdout: self.normalized(&String::from_utf8(output.stdout).unwrap()),
            stderr: self.normalized(&String::from_utf8(output.stderr).unwrap()),
        }
    }

    /// The command, for tests that need more than its output.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_souwen"));
        command.args(args).current_dir(self.cwd()).env_clear().env("HOME", self.home("")).env("LANG", "C");
        // the time zone of the machine has no say; if it had, this would show
        command.env("TZ", "America/New_York");
        command.envs(self.vars.iter().map(|(name, value)| (name, value)));
        command
    }

    /// The hits of a search; arguments parted by blanks.
    #[track_caller]
    pub(crate) fn hits(&self, args: &str) -> Vec<Value> {
        self.hits_args(&args.split_whitespace().collect::<Vec<_>>())
    }

    /// The hits of a search.
    #[track_caller]
    pub(crate) fn hits_args(&self, args: &[&str]) -> Vec<Value> {
        let run = self.run_args(&[&["search", "--json"], args].concat());
        assert!(run.code < 2, "{run}");
        run.json().into_iter().filter(|line| line["type"] == "hit").collect()
    }

    /// The titles of a search's hits, in order.
    #[track_caller]
    pub(crate) fn titles(&self, args: &str) -> Vec<String> {
        self.hits(args).iter().map(title).collect()
    }

    /// The titles that hold every word of this one query, sorted.
    #[track_caller]
    pub(crate) fn complete(&self, query: &str) -> Vec<String> {
        let hits = self.hits_args(&["--all", "-n", "10000", "--", query]);
        let mut titles: Vec<String> = hits.iter().map(title).collect();
        titles.sort();
        titles
    }

    /// Brings the index in step and gives the summary.
    #[track_caller]
    pub(crate) fn sync(&self, args: &str) -> Value {
        let run = self.run(&format!("index --json {args}")).succeeds();
        run.json().remove(0)
    }

    /// The index as the library sees it.
    #[track_caller]
    pub(crate) fn searcher(&self) -> Searcher {
        let index = ArticleIndex::open(&self.cwd().join("index")).unwrap();
        index.searcher(Arc::new(Dictionary::default())).unwrap()
    }

    /// Every article of the index, by path and place in its file.
    #[track_caller]
    pub(crate) fn articles(&self) -> Vec<Article> {
        let mut articles = Vec::new();
        self.searcher().each_article(&mut |article| articles.push(article)).unwrap();
        articles.sort_by(|a, b| (&a.path, &a.title).cmp(&(&b.path, &b.title)));
        articles
    }

    /// The article with this path; the only one of its file.
    #[track_caller]
    pub(crate) fn article(&self, path: &str) -> Article {
        let mut articles = self.articles();
        articles.retain(|article| article.path == path);
        assert_eq!(articles.len(), 1, "articles of {path}");
        articles.remove(0)
    }

    /// Output without what differs from run to run.
    pub(crate) fn normalized(&self, text: &str) -> String {
        let text = text.replace(self.root.to_str().unwrap(), "[DIR]").replace(env!("CARGO_MANIFEST_DIR"), "[REPO]");
        let text = text.replace('\u{1b}', "⟨ESC⟩");
        text.split_inclusive('\n').map(without_times).collect()
    }
}

/// A line with `[TIME]` for `time: 0.43 s, 0.6 MB/s` and for the `2.2 ms` above the hits.
fn without_times(line: &str) -> String {
    for label in ["time: ", "用时："] {
        if line.starts_with(label) {
            return format!("{label}[TIME]\n");
        }
    }
    let Some((before, rest)) = line.rsplit_once(" · ") else { return line.to_owned() };
    let number = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').len();
    let unit = [" ms", " s"].iter().find(|unit| rest[number..].starts_with(**unit));
    match unit.filter(|_| number > 0) {
        Some(unit) => format!("{before} · [TIME]{}", &rest[number + unit.len()..]),
        None => line.to_owned(),
    }
}

/// The index of the corpus that comes with the project, made once for all tests. Nobody writes there.
pub(crate) fn sample() -> &'static TestEnv {
    static SAMPLE: OnceLock<TestEnv> = OnceLock::new();
    SAMPLE.get_or_init(|| {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sample");
        if root.exists() {
            fs::remove_dir_all(&root).unwrap();
        }
        let env = TestEnv { root, _dir: None, vars: Vec::new() };
        fs::create_dir_all(env.cwd()).unwrap();
        env.run_args(&["index", "--index", "index", "--quiet", concat!(env!("CARGO_MANIFEST_DIR"), "/corpus")])
            .succeeds();
        env
    })
}

/// The folder of real news, or `None` and a word about it.
pub(crate) fn shared(what: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("SOUWEN_SHARED").map(PathBuf::from).filter(|folder| folder.is_dir());
    if folder.is_none() {
        eprintln!("skipped, SOUWEN_SHARED is not set: {what}");
    }
    folder
}

/// The broadcast news of the folder of real news, unpacked.
pub(crate) fn broadcast_posts(shared: &Path) -> tempfile::TempDir {
    let unpacked = tempfile::tempdir().unwrap();
    let mut tar = Command::new("tar");
    tar.arg("xzf").arg(shared.join("corpora/cctv-posts.tar.gz")).arg("-C").arg(unpacked.path());
    assert!(tar.status().unwrap().success());
    unpacked
}

/// The title of a hit.
pub(crate) fn title(hit: &Value) -> String {
    hit["title"].as_str().unwrap().to_owned()
}

/// Writes a file with the folders it needs.
pub(crate) fn write(path: &Path, content: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// A post with this title.
pub(crate) fn post(title: &str) -> Post {
    Post { title: title.to_owned(), ..Post::default() }
}

/// A post as the generator writes it.
#[derive(Default)]
pub(crate) struct Post {
    title: String,
    body: String,
    author: String,
    date: String,
    categories: Vec<String>,
}

impl Post {
    pub(crate) fn body(mut self, html: &str) -> Self {
        self.body = html.to_owned();
        self
    }

    pub(crate) fn author(mut self, author: &str) -> Self {
        self.author = author.to_owned();
        self
    }

    pub(crate) fn date(mut self, date: &str) -> Self {
        self.date = date.to_owned();
        self
    }

    pub(crate) fn categories(mut self, path: &str) -> Self {
        self.categories = path.split('/').map(str::to_owned).collect();
        self
    }

    pub(crate) fn text(&self) -> String {
        let Self { title, body, author, date, categories } = self;
        let categories: String = categories.iter().map(|level| format!(" - {level}\n")).collect();
        let mut head = format!("title: '{}'\ncategories: \n{categories}", title.replace('\'', "''"));
        for (key, value) in [("author", author), ("date", date)] {
            if !value.is_empty() {
                head += &format!("{key}: {value}\n");
            }
        }
        format!("\n---\n{head}comments: false\nthumbnail: ''\n---\n\n<div>   \n{body}\n</div>\n            ")
    }
}
