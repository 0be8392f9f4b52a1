//! One article for a reader: title, what is known about it, its address, and its paragraphs with an empty line between
//! them, the query's words marked.

use std::io::{self, Write};
use std::ops::Range;

use super::meta::{self, Meta};
use super::paint::{self, Layout, META, PLAIN, paint};
use super::{Style, sanitize, terminal};
use crate::article::Article;
use crate::search::results::Marked;

/// Lines of running text are no longer than this, about forty Chinese characters: longer ones are tiring to read.
const READING_COLS: usize = 80;

/// Writes `article`; the marks are sorted byte ranges of its title and of its body, apart from one another.
pub fn write_article(
    out: &mut dyn Write,
    article: &Article,
    title_marks: &[Range<usize>],
    body_marks: &[Range<usize>],
    style: &Style,
) -> io::Result<()> {
    let title = Marked { text: article.title.clone(), marks: title_marks.to_vec() };
    terminal::write_title(out, &title, 0, style)?;
    let about = Meta {
        author: article.author.as_deref(),
        date: article.date,
        categories: &article.categories,
        id: article.id.to_string(),
        path: &article.path,
    };
    meta::write(out, &about, 0, style)?;
    if let Some(url) = &article.url {
        paint(out, &sanitize::clean(url), META, style.colour)?;
        writeln!(out)?;
    }
    write_body(out, article.body.as_str(), body_marks, style)
}

/// Writes the paragraphs of `body`, each with the marks that lie in it.
fn write_body(out: &mut dyn Write, body: &str, marks: &[Range<usize>], style: &Style) -> io::Result<()> {
    let layout =
        Layout { width_cols: style.width_cols().min(READING_COLS), indent_cols: 0, style: PLAIN, colour: style.colour };
    let mut rest = marks;
    let mut start = 0;
    for line in body.split_inclusive('\n') {
        let end = start + line.len();
        let passed = rest.partition_point(|mark| mark.end <= start);
        rest = &rest[passed..];
        let here = rest.iter().take_while(|mark| mark.start < end);
        let marks = here.map(|mark| mark.start.max(start) - start..mark.end.min(end) - start).collect();
        let paragraph = Marked { text: line.to_owned(), marks };
        let paragraph = sanitize::clean_marked(&paragraph);
        if !paragraph.text.trim().is_empty() {
            writeln!(out)?;
            paint::lines(out, &paragraph.text, &paragraph.marks, &layout)?;
        }
        start = end;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::PlainText;
    use crate::messages::Lang;
    use crate::render::fixtures::{article, marked, style};

    fn shown(article: &Article, words: &[&str], style: &Style) -> String {
        let mut out = Vec::new();
        let title = marked(&article.title, words).marks;
        let body = marked(article.body.as_str(), words).marks;
        write_article(&mut out, article, &title, &body, style).unwrap();
        String::from_utf8(out).unwrap().replace('\u{1b}', "⟨ESC⟩")
    }

    #[test]
    fn reads_like_a_page() {
        insta::assert_snapshot!(shown(&article(), &[], &style(80, false, Lang::Zh)), @r"
        微光科技将关闭账本服务：客户有半年时间迁移
        北岸日报 · 2024-05-10 19:48 · 新媒体 / 北岸 / 科技; 公司 · 2x0170jkjr5s
        科技/2024-05-10-微光_关闭账本服务.md
        https://news.example/a?id=1

        据微光科技十日公告，将于明年三月关闭“云册”账本服务，届时所有数据将被删除。

        A spokesperson said customers have six months to migrate their data.

        完。
        ");
    }

    #[test]
    fn folds_and_marks_on_a_narrow_terminal() {
        insta::assert_snapshot!(shown(&article(), &["微光", "账本", "migrate"], &style(40, true, Lang::Zh)), @r"
        ⟨ESC⟩[1m⟨ESC⟩[31m微光⟨ESC⟩[0m⟨ESC⟩[1m科技将关闭⟨ESC⟩[0m⟨ESC⟩[1m⟨ESC⟩[31m账本⟨ESC⟩[0m⟨ESC⟩[1m服务：客户有半年时间迁⟨ESC⟩[0m
        ⟨ESC⟩[1m移⟨ESC⟩[0m
        ⟨ESC⟩[2m北岸日报 · 2024-05-10 19:48⟨ESC⟩[0m
        ⟨ESC⟩[2m新媒体 / 北岸 / 科技; 公司⟨ESC⟩[0m
        ⟨ESC⟩[2m2x0170jkjr5s⟨ESC⟩[0m
        ⟨ESC⟩[2m科技/2024-05-10-微光_关闭账本服务.md⟨ESC⟩[0m
        ⟨ESC⟩[2mhttps://news.example/a?id=1⟨ESC⟩[0m

        据⟨ESC⟩[1m⟨ESC⟩[31m微光⟨ESC⟩[0m科技十日公告，将于明年三月关闭“云
        册”⟨ESC⟩[1m⟨ESC⟩[31m账本⟨ESC⟩[0m服务，届时所有数据将被删除。

        A spokesperson said customers have six
        months to ⟨ESC⟩[1m⟨ESC⟩[31mmigrate⟨ESC⟩[0m their data.

        完。
        ");
    }

    #[test]
    fn an_article_with_nothing_but_a_name() {
        let mut bare = article();
        bare.title = "\u{1b}\u{7}".to_owned();
        bare.body = PlainText::default();
        (bare.author, bare.date, bare.url) = (None, None, None);
        bare.categories.clear();
        insta::assert_snapshot!(shown(&bare, &[], &style(80, false, Lang::En)), @r"
        (untitled)
        2x0170jkjr5s · 科技/2024-05-10-微光_关闭账本服务.md
        ");
    }

    #[test]
    fn a_mark_over_two_paragraphs_is_painted_in_both() {
        let mut two = article();
        two.body = PlainText::from_lines("甲乙\n丙丁");
        let text = shown(&two, &["乙\n丙"], &style(80, true, Lang::En));
        assert!(text.ends_with("\n甲⟨ESC⟩[1m⟨ESC⟩[31m乙⟨ESC⟩[0m\n\n⟨ESC⟩[1m⟨ESC⟩[31m丙⟨ESC⟩[0m丁\n"), "{text}");
    }
}
