//! An article as a line of JSON that gives it back whole: what `souwen export` writes and `souwen index` reads. Pure.
//!
//! The lines are JSON Lines as any program writes them, with names that every reader of articles knows. They differ from
//! those of other programs in one thing: the key `souwen`, which says that the values are clean already. So nothing in them
//! is taken for HTML or for character references, levels of categories may hold any sign, and ids and paths are kept.
//!
//! | key | value |
//! |---|---|
//! | `souwen` | version of this table, 1 |
//! | `id` | the article's id |
//! | `path` | the file it came from, below its folder |
//! | `title` | text, `""` where there is none |
//! | `author` | text; left out where there is none |
//! | `date` | RFC 3339, in UTC; left out where there is none |
//! | `categories` | array of paths, each an array of names, outermost first |
//! | `url` | text; left out where there is none |
//! | `body` | text, one paragraph a line |

use std::borrow::Cow;
use std::io::{self, Write};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::article::{Article, ArticleId, CategoryPath, PlainText, one_line};
use crate::render::json::write_safe_line;

/// The key that tells these lines from others.
const MARK: &str = "souwen";
/// Version of the table above.
const VERSION: u32 = 1;

/// A line.
#[derive(Debug, Serialize, Deserialize)]
struct Line<'a> {
    souwen: u32,
    id: ArticleId,
    path: Cow<'a, str>,
    title: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    author: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    date: Option<Timestamp>,
    categories: Cow<'a, [CategoryPath]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    url: Option<Cow<'a, str>>,
    body: Cow<'a, str>,
}

/// Writes `article` as a line.
///
/// # Errors
/// What `out` says.
pub fn write_article(out: &mut dyn Write, article: &Article) -> io::Result<()> {
    let Article { id, path, title, body, author, date, categories, url } = article;
    let line = Line {
        souwen: VERSION,
        id: *id,
        path: path.into(),
        title: title.into(),
        author: author.as_deref().map(Cow::from),
        date: *date,
        categories: categories.into(),
        url: url.as_deref().map(Cow::from),
        body: body.as_str().into(),
    };
    write_safe_line(out, &line)
}

/// The article that the keys of a line stand for; `None` when [`write_article`] did not write them.
pub(crate) fn article_of(keys: &Map<String, Value>) -> Option<Article> {
    if keys.get(MARK)?.as_u64()? != u64::from(VERSION) {
        return None;
    }
    let line = Line::deserialize(keys).ok()?;
    let shaped = |text: Cow<'_, str>| one_line(&text);
    Some(Article {
        id: line.id,
        path: line.path.into_owned(),
        title: shaped(line.title),
        // whoever edits a line need not know what shape texts have in an index
        body: PlainText::from_lines(&line.body),
        author: line.author.map(shaped).filter(|author| !author.is_empty()),
        date: line.date,
        categories: line.categories.iter().filter_map(|path| CategoryPath::new(path.levels())).collect(),
        url: line.url.map(shaped).filter(|url| !url.is_empty()),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys(line: &str) -> Map<String, Value> {
        serde_json::from_str(line).unwrap()
    }

    proptest! {
        #[test]
        fn an_article_comes_back_whatever_it_says(
            texts in prop::collection::vec("[甲乙 &;<>/p\"\\\\a\u{1f600}]{0,12}|&amp;|<p>甲</p>|\\PC{0,9}", 5),
            id in 0u64..1 << 60,
            second in prop::option::of(-60_000_000_000i64..250_000_000_000),
            paths in prop::collection::vec(prop::collection::vec("[甲乙/>&; ]{1,4}", 1..4), 0..4),
        ) {
            let optional = |text: &str| Some(one_line(text)).filter(|text| !text.is_empty());
            let article = Article {
                id: ArticleId::from_u64(id),
                path: texts[0].clone(),
                title: one_line(&texts[1]),
                body: PlainText::from_lines(&texts[2].replace(';', "\n")),
                author: optional(&texts[3]),
                date: second.map(|second| Timestamp::from_second(second).unwrap()),
                categories: paths.into_iter().filter_map(CategoryPath::new).collect(),
                url: optional(&texts[4]),
            };
            let mut line = Vec::new();
            write_article(&mut line, &article).unwrap();
            let line = String::from_utf8(line).unwrap();
            prop_assert_eq!(line.matches('\n').count(), 1);
            prop_assert_eq!(article_of(&keys(&line)), Some(article));
        }
    }

    #[test]
    fn lines_of_others_are_none_of_ours() {
        let line = r#"{"souwen":1,"id":"3djsdqcnqg0t","path":"a.md","title":"甲","categories":[],"body":"乙"}"#;
        assert_eq!(article_of(&keys(line)).unwrap().title, "甲");
        for other in [
            line.replace("\"souwen\":1", "\"souwen\":2"),
            line.replace("\"souwen\":1,", ""),
            line.replace("3djs", "甲"),
        ] {
            assert_eq!(article_of(&keys(&other)), None, "{other}");
        }
    }
}
