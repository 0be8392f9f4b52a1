//! Posts: front matter, then a body in HTML or Markdown. Pure.
//!
//! The generator of the seed format writes `_` for each of `: / \ ? * “ ” < > | [ ]` in titles, since it uses them as
//! file names. Where the body shows the original (an image's `alt`, a heading, a line or link of the text), that is the
//! title.

use html5ever::Attribute;

use super::{Draft, Drafts, ProblemKind, fields, front_matter, markdown};
use crate::article::{PlainText, one_line};
use crate::text::{Furniture, Kind, Observer, attr, looks_like_html, markdown_to_blocks, walk_html};

/// Reads a text that begins with front matter.
pub(super) fn read(text: &str, out: &mut Drafts<'_>) {
    let front_matter::Split::Closed { head, body, is_toml } = front_matter::split(text) else {
        return markdown::read(text, out);
    };
    let (keys, error) = front_matter::read(head, is_toml);
    if let Some(error) = error {
        out.remark(None, ProblemKind::BadFrontMatter, error);
    }
    let fields = fields::read(keys, None, out);
    let mut marks = Marks::default();
    let raw = if starts_like_html(body) {
        walk_html(body, Furniture::Keep, &mut marks)
    } else {
        walk_html(&markdown_to_blocks(body), Furniture::Keep, &mut marks)
    };
    let mut body = PlainText::from_lines(&raw);
    let mut title = fields.title;
    if title.is_empty() {
        title = marks.headings.first().cloned().unwrap_or_default();
    } else if let Some(original) = original_title(&title, &marks, &body) {
        title = original;
    }
    if body.as_str().is_empty() {
        body = fields.summary;
    }
    let draft = Draft {
        entry: String::new(),
        title,
        body,
        author: fields.author,
        date: fields.date,
        categories: fields.categories,
        url: fields.url,
        kept: None,
    };
    out.take(None, draft, true);
}

/// Whether a body is HTML rather than Markdown with some HTML in it.
fn starts_like_html(body: &str) -> bool {
    body.trim_start().starts_with('<') && looks_like_html(body)
}

/// What may hold the original title.
#[derive(Debug, Default)]
pub(super) struct Marks {
    alts: Vec<String>,
    /// Non-empty ones, in order.
    pub(super) headings: Vec<String>,
    /// Where the text of the open heading begins.
    heading_start: Option<usize>,
}

/// An article has few images and headings that matter; what comes later is not its title.
const MAX_MARKS: usize = 64;
/// Bytes beyond which a text is no title.
const MAX_TITLE_BYTES: usize = 1024;

impl Observer for Marks {
    fn open(&mut self, kind: Kind, attrs: &[Attribute], raw: &str) {
        match kind {
            Kind::Img if self.alts.len() < MAX_MARKS => {
                let alt = attr(attrs, "alt").filter(|alt| alt.len() <= MAX_TITLE_BYTES).map(one_line);
                self.alts.extend(alt.filter(|alt| !alt.is_empty()));
            }
            Kind::H1 | Kind::H2 | Kind::Heading => self.heading_start = Some(raw.len()),
            _ => {}
        }
    }

    fn close(&mut self, kind: Kind, raw: &str) {
        if let (Kind::H1 | Kind::H2 | Kind::Heading, Some(start)) = (kind, self.heading_start.take()) {
            let heading = raw.get(start..).filter(|text| text.len() <= MAX_TITLE_BYTES).map(one_line);
            if self.headings.len() < MAX_MARKS {
                self.headings.extend(heading.filter(|text| !text.is_empty()));
            }
        }
    }
}

/// The title as it was before the generator made it fit for a file name.
fn original_title(title: &str, marks: &Marks, body: &PlainText) -> Option<String> {
    let first = marks.alts.first().into_iter();
    let candidates = first.chain(&marks.headings).chain(marks.alts.iter().skip(1));
    let whole = candidates.filter(|text| text.as_str() != title).find(|text| became(text, title)).cloned();
    if whole.is_some() || !title.contains('_') {
        return whole;
    }
    original_within(title, body.as_str()).or_else(|| with_quotations(title, body.as_str()))
}

/// Whether the generator may have made `title` out of `original`: some characters became `_`, and punctuation may have
/// been dropped.
fn became(original: &str, title: &str) -> bool {
    let (mut left, mut dropped) = (original.chars().filter(|c| !c.is_whitespace()), 0);
    for expected in title.chars().filter(|c| !c.is_whitespace()) {
        loop {
            match left.next() {
                Some(c) if c == expected || expected == '_' && is_replaced(c) => break,
                Some(c) if !c.is_alphanumeric() && dropped < MAX_DROPPED => dropped += 1,
                _ => return false,
            }
        }
    }
    left.all(|c| !c.is_alphanumeric()) && !original.is_empty()
}

/// More characters than this are not dropped from a title; it is another one.
const MAX_DROPPED: usize = 6;

/// Characters that are written `_`; the generator's set, and the quotation marks and brackets of other scripts and forms.
fn is_replaced(c: char) -> bool {
    matches!(
        c,
        ':' | '/'
            | '\\'
            | '?'
            | '*'
            | '“'
            | '”'
            | '<'
            | '>'
            | '|'
            | '['
            | ']'
            | '"'
            | '\''
            | '‘'
            | '’'
            | '「'
            | '」'
            | '『'
            | '』'
    )
}

/// A stretch of `text` that became `title` character by character.
fn original_within(title: &str, text: &str) -> Option<String> {
    // look for the longest part that was not replaced, then compare round it
    let (start, part) = title
        .split('_')
        .scan(0, |at, part| {
            let start = *at;
            *at += part.len() + 1;
            Some((start, part))
        })
        .max_by_key(|(_, part)| part.len())?;
    if part.chars().count() < 2 {
        return None;
    }
    let (before, after) = (&title[..start], &title[start + part.len()..]);
    let same = |expected: char, found: char| expected == found || expected == '_' && is_replaced(found);
    // a common part may occur often; the title stands near the top or nowhere
    for (at, _) in text.match_indices(part).take(MAX_MARKS) {
        let mut found_start = at;
        let mut left = text[..at].chars().rev();
        let begins = before.chars().rev().all(|expected| {
            left.next().is_some_and(|found| {
                found_start -= found.len_utf8();
                same(expected, found)
            })
        });
        let mut found_end = at + part.len();
        let mut right = text[found_end..].chars();
        let ends = after.chars().all(|expected| {
            right.next().is_some_and(|found| {
                found_end += found.len_utf8();
                same(expected, found)
            })
        });
        if begins && ends && &text[found_start..found_end] != title {
            return Some(text[found_start..found_end].to_owned());
        }
    }
    None
}

/// Characters of a quotation within a title.
const MAX_QUOTATION_CHARS: usize = 30;

/// `title` in which `_甲_` is “甲” where the text quotes 甲.
fn with_quotations(title: &str, text: &str) -> Option<String> {
    let mut parts = title.split('_');
    let mut restored = parts.next()?.to_owned();
    let mut found = false;
    let mut rest = parts.peekable();
    while let Some(part) = rest.next() {
        let quoted = format!("“{part}”");
        let is_quotation = rest.peek().is_some()
            && !part.trim().is_empty()
            && part.chars().count() <= MAX_QUOTATION_CHARS
            && text.contains(&quoted);
        if is_quotation {
            restored.push_str(&quoted);
            restored.push_str(rest.next().unwrap_or_default());
            found = true;
        } else {
            restored.push('_');
            restored.push_str(part);
        }
    }
    found.then_some(restored)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::Article;
    use crate::corpus::tests::read_file;

    #[track_caller]
    fn article(text: &str) -> Article {
        let mut parsed = read_file("某报/一篇.md", text.as_bytes());
        assert_eq!(parsed.articles.len(), 1, "{:?}", parsed.problems);
        parsed.articles.remove(0)
    }

    #[test]
    fn a_post_of_the_seed_format() {
        let text = "\n---\ntitle: '_海河号_动车组：首发_ 天津'\ncategories: \n - 新闻\n - 某报\n - 首页\nheadimg: ''\nauthor: 某报\ncomments: false\ndate: Fri, 14 May 2021 11:48:00 GMT\nthumbnail: ''\n---\n\n<div>   \n<img src=\"a.jpg\" alt=\"“海河号”动车组：首发? 天津\"><p>第一段<b>粗</b>体。</p>\n<p>第二段&#123;甲&#125;。</p>  \n</div>\n            ";
        let article = article(text);
        assert_eq!(article.title, "“海河号”动车组：首发? 天津");
        assert_eq!(article.author.as_deref(), Some("某报"));
        assert_eq!(article.date.unwrap().to_string(), "2021-05-14T11:48:00Z");
        assert_eq!(article.categories[0].levels(), ["新闻", "某报", "首页"]);
        assert_eq!(article.body.as_str(), "第一段粗体。\n第二段{甲}。");
        assert_eq!(article.path, "某报/一篇.md");
    }

    #[test]
    fn other_dialects() {
        let other = article(
            "---\ntitle: 甲\npublished: 2021-05-14T11:48:00+08:00\nauthor: {name: 某人, email: x}\ntags: [科技, 区块]\ndescription: 摘要\n---\n## 小标题\n\n正文**一**段。\n",
        );
        assert_eq!(other.author.as_deref(), Some("某人"));
        assert_eq!(other.date.unwrap().to_string(), "2021-05-14T03:48:00Z");
        assert_eq!(other.categories.len(), 2);
        assert_eq!(other.body.as_str(), "小标题\n正文一段。");
        assert_eq!(article("---\ntitle: 甲\ndescription: 摘要\n---\n").body.as_str(), "摘要");
        assert_eq!(article("---\ndate: 2021-05-14\n---\n# 大标题\n正文").title, "大标题");
        assert_eq!(article("---\ndate: 2021-05-14\n---\n正文").title, "一篇");
    }

    #[test]
    fn the_original_title_is_found_where_the_body_has_it() {
        #[track_caller]
        fn check(title: &str, body: &str, expected: &str) {
            assert_eq!(article(&format!("---\ntitle: '{title}'\n---\n{body}")).title, expected);
        }
        check("甲_乙_丙", "<p><img alt='甲“乙”丙'>", "甲“乙”丙");
        check("甲_乙_丙", "<h2>别的</h2><p><img alt='图'><img alt='甲:乙/丙'>", "甲:乙/丙");
        check("甲_乙_丙", "<h1>甲[乙]丙</h1>", "甲[乙]丙");
        check(
            "某市_大桥_通车",
            "<p>开头</p><table><tr><td><a>某市“大桥”通车</a></td><td>某网</td></tr></table>",
            "某市“大桥”通车",
        );
        check("书名", "<img alt='《书名》'>", "《书名》");
        check("甲_乙_丙", "<img alt='甲和乙和丙'>", "甲_乙_丙");
        check("甲乙丙", "<img alt='甲乙丙丁'>", "甲乙丙");
        check("谈_甲乙_和_丙_丁", "<p>所谓“甲乙”，又说“丁”", "谈“甲乙”和_丙_丁");
        check("snake_case", "<p>snake_case", "snake_case");
    }

    #[test]
    fn a_body_may_be_empty_but_not_with_the_title() {
        assert_eq!(article("---\ntitle: 只有标题\n---\n<div>  </div>").body.as_str(), "");
        let parsed = read_file("a.md", "---\nauthor: 某报\n---\n<div> </div>".as_bytes());
        assert_eq!((parsed.articles.len(), parsed.problems[0].kind), (0, ProblemKind::Empty));
    }

    #[test]
    fn broken_front_matter_is_a_remark() {
        let parsed =
            read_file("a.md", "---\ntitle: \"\"\"'甲：乙'\"\"\"\nauthor: 某报\ndate: 前天\n---\n<p>文".as_bytes());
        let kinds: Vec<_> = parsed.problems.iter().map(|problem| problem.kind).collect();
        assert_eq!(kinds, [ProblemKind::BadFrontMatter, ProblemKind::BadDate]);
        assert_eq!((parsed.articles[0].title.as_str(), parsed.articles[0].date), ("甲：乙", None));
    }

    proptest::proptest! {
        #[test]
        fn what_a_generator_did_is_undone(title in "[甲乙丙a1 ：。]{3,9}[:?“][甲乙丙a1]{1,9}") {
            let made: String = title.chars().map(|c| if is_replaced(c) { '_' } else { c }).collect();
            proptest::prop_assert!(became(&title, &made));
            let text = format!("前文\n{title}\n后文");
            let found = original_within(&made, &text);
            proptest::prop_assert!(found.is_none_or(|found| found == title));
        }
    }
}
