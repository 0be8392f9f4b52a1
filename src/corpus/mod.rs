//! A folder of files to articles. The only module besides `index` that touches the disk, and only in its first two steps:
//!
//! 1. [`walk`] lists the files below a folder, in a fixed order (`walk.rs`);
//! 2. [`read_chunks`] reads one of them into [`Chunk`]s: a whole file, or about 1 MiB of whole lines of a JSON Lines file
//!    (`read.rs`). This is sequential and cheap;
//! 3. [`parse`] turns one chunk into articles. It is pure and may run on any thread:
//!    1. the bytes become text (`decode.rs`);
//!    2. ending and content say which format it is (`format.rs`);
//!    3. the format's reader makes drafts of articles: `post.rs` (front matter and a body), `html.rs` (whole pages),
//!       `markdown.rs`, `plain.rs`, `json.rs` (JSON Lines, JSON files, JSON Feed), `feed.rs` (RSS, Atom); names of fields
//!       and shapes of values that the formats share are in `fields.rs`, dates in `dates.rs`;
//!    4. the drafts become [`Article`]s with ids.
//!
//! Every file that is walked is accounted for: it gives an article, or a problem that
//! [costs the article](ProblemKind::costs_the_article), or it is [no article](ProblemKind::NotAnArticle). Remarks on
//! articles that were taken are problems, too. Foreign data never panics and costs time and memory bounded by [`Limits`].

mod dates;
mod decode;
mod feed;
mod fields;
mod format;
mod front_matter;
mod html;
mod json;
mod markdown;
mod plain;
mod post;
mod problem;
mod read;
mod walk;

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

pub use problem::{Problem, ProblemKind};
pub use read::{Chunk, Limits, Part, read_chunks};
pub use walk::{SourceFile, walk};

use crate::article::{Article, ArticleId, CategoryPath, PlainText, one_line};

/// How to read what the files leave open.
#[derive(Debug, Clone)]
pub struct ReadOptions {
    /// Zone of dates that name none.
    pub zone: TimeZone,
    /// Bounds on what is read.
    pub limits: Limits,
}

impl Default for ReadOptions {
    /// China's time: the sources are Chinese news.
    fn default() -> Self {
        Self { zone: TimeZone::fixed(jiff::tz::offset(8)), limits: Limits::default() }
    }
}

/// What a chunk held.
#[derive(Debug, Clone, Default)]
pub struct Parsed {
    /// In the order of the file. Ids are distinct within the chunk; the chunks of one file may repeat each other's, see
    /// [`repeated_id`].
    pub articles: Vec<Article>,
    /// What was lost, and remarks on what was not.
    pub problems: Vec<Problem>,
}

/// Reads the articles of a chunk. Pure: no I/O, no clock, no output, no panic whatever the bytes are.
#[must_use]
pub fn parse(chunk: &Chunk, options: &ReadOptions) -> Parsed {
    let mut parsed = Parsed { articles: Vec::new(), problems: chunk.problems.clone() };
    let mut out = Drafts { zone: &options.zone, stem: chunk.stem(), drafts: Vec::new(), remarks: Vec::new() };
    format::read(chunk, &mut out);
    let mut seen: HashMap<ArticleId, u32> = HashMap::new();
    for draft in out.drafts {
        let kept = draft.kept.as_ref().filter(|_| chunk.is_corpus);
        let first = kept.map_or_else(|| ArticleId::of(&chunk.raw_path, &draft.entry), |kept| kept.id);
        let path = kept.map_or_else(|| chunk.path.clone(), |kept| kept.path.clone());
        let count = seen.entry(first).or_default();
        let id = repeated_id(first, *count);
        *count += 1;
        parsed.articles.push(draft.into_article(id, path));
    }
    let problem = |remark: Remark| Problem {
        path: chunk.path.clone(),
        line: remark.line,
        kind: remark.kind,
        detail: remark.detail,
    };
    parsed.problems.extend(out.remarks.into_iter().map(problem));
    parsed
}

/// The id of the `count`th repetition (0: the first of its kind) of an id within one file, where two items have the same
/// key. [`parse`] uses it within a chunk; whoever puts the chunks of a file together uses it across them.
#[must_use]
pub fn repeated_id(first: ArticleId, count: u32) -> ArticleId {
    if count == 0 { first } else { ArticleId::of(&first.to_u64().to_be_bytes(), &count.to_string()) }
}

/// An article while its format's reader gathers it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Draft {
    /// Key inside the file; empty where the file is the article.
    entry: String,
    title: String,
    body: PlainText,
    author: Option<String>,
    date: Option<Timestamp>,
    categories: Vec<CategoryPath>,
    url: Option<String>,
    /// What an exported article was called; it is again when its file is the whole corpus, so that nothing else can be
    /// called the same.
    kept: Option<Kept>,
}

/// See [`Draft::kept`].
#[derive(Debug, Clone, PartialEq, Eq)]
struct Kept {
    id: ArticleId,
    path: String,
}

/// Characters of a title, an author and an address. The longest title of any news has some hundreds, and these are shown,
/// sorted and counted whole.
const MAX_LINE_CHARS: usize = 10_000;
/// Characters of the name of a section.
const MAX_LEVEL_CHARS: usize = 200;
/// Levels of a section. Every run of levels is a term of the index: 16 make 136 terms, 10,000 would make 50,000,000.
pub(crate) const MAX_LEVELS: usize = 16;

impl Draft {
    /// Keeps what should be short within its bounds, whatever a file holds; tells what was cut.
    fn shorten(&mut self) -> Vec<String> {
        let mut cut = Vec::new();
        for (name, text) in [("title", Some(&mut self.title)), ("author", self.author.as_mut())] {
            if text.is_some_and(|text| cut_after(text, MAX_LINE_CHARS)) {
                cut.push(format!("{name} > {MAX_LINE_CHARS}"));
            }
        }
        // a part of an address leads nowhere
        if self.url.as_ref().is_some_and(|url| url.chars().nth(MAX_LINE_CHARS).is_some()) {
            self.url = None;
            cut.push(format!("url > {MAX_LINE_CHARS}"));
        }
        let (mut is_deep, mut is_wide) = (false, false);
        for path in &mut self.categories {
            let mut levels = path.levels().to_vec();
            is_deep |= levels.len() > MAX_LEVELS;
            levels.truncate(MAX_LEVELS);
            levels.iter_mut().for_each(|level| is_wide |= cut_after(level, MAX_LEVEL_CHARS));
            *path = CategoryPath::new(levels).unwrap_or_else(|| path.clone());
        }
        if is_deep {
            cut.push(format!("category: levels > {MAX_LEVELS}"));
        }
        if is_wide {
            cut.push(format!("category > {MAX_LEVEL_CHARS}"));
        }
        cut
    }

    fn into_article(self, id: ArticleId, path: String) -> Article {
        Article {
            id,
            path,
            title: self.title,
            body: self.body,
            author: self.author,
            date: self.date,
            categories: self.categories,
            url: self.url,
        }
    }
}

/// A problem before it knows its file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Remark {
    line: Option<u64>,
    kind: ProblemKind,
    detail: String,
}

/// Cuts `text` after so many characters, if it has more.
fn cut_after(text: &mut String, max_chars: usize) -> bool {
    let end = text.char_indices().nth(max_chars).map(|(at, _)| at);
    end.inspect(|&at| text.truncate(text[..at].trim_end().len())).is_some()
}

/// What the readers of formats write to.
struct Drafts<'a> {
    zone: &'a TimeZone,
    /// File name without its ending: the title of last resort.
    stem: &'a str,
    drafts: Vec<Draft>,
    remarks: Vec<Remark>,
}

/// The longest part of a value that a problem holds.
const SHORT_CHARS: usize = 80;

impl Drafts<'_> {
    fn remark(&mut self, line: Option<u64>, kind: ProblemKind, detail: impl Into<String>) {
        self.remarks.push(Remark { line, kind, detail: detail.into() });
    }

    /// Takes `draft`, or reports it as empty when it has neither title nor body. `fallback_title` is for formats where
    /// the file is the article.
    fn take(&mut self, line: Option<u64>, mut draft: Draft, fallback_title: bool) {
        if draft.title.is_empty() && draft.body.as_str().is_empty() {
            return self.remark(line, ProblemKind::Empty, "");
        }
        if draft.title.is_empty() && fallback_title {
            draft.title = one_line(self.stem);
        }
        for detail in draft.shorten() {
            self.remark(line, ProblemKind::Shortened, detail);
        }
        self.drafts.push(draft);
    }

    /// A date out of text, with a remark when there is text but no date in it.
    fn date(&mut self, line: Option<u64>, text: &str) -> Option<Timestamp> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        let date = dates::parse_date(text, self.zone).ok();
        if date.is_none() {
            self.remark(line, ProblemKind::BadDate, shortened(text));
        }
        date
    }
}

/// `text` as problems name it: one line, not too long.
fn shortened(text: &str) -> String {
    let line: String = text.chars().take(SHORT_CHARS * 4).collect();
    let line = one_line(&line);
    let mut short: String = line.chars().take(SHORT_CHARS).collect();
    if short.len() < line.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests;
