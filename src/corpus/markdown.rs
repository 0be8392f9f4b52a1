//! Plain Markdown, without front matter. Pure.

use super::post::Marks;
use super::{Draft, Drafts, ProblemKind, front_matter};
use crate::article::PlainText;
use crate::text::{Furniture, markdown_to_blocks, walk_html};

/// Reads a Markdown file; its first heading is its title.
pub(super) fn read(text: &str, out: &mut Drafts<'_>) {
    if front_matter::split(text) == front_matter::Split::Unclosed {
        out.remark(None, ProblemKind::UnclosedFrontMatter, "");
    }
    let mut marks = Marks::default();
    let raw = walk_html(&markdown_to_blocks(text), Furniture::Keep, &mut marks);
    let title = marks.headings.into_iter().next().unwrap_or_default();
    let body = without_title(PlainText::from_lines(&raw), &title);
    out.take(None, Draft { title, body, ..Draft::default() }, true);
}

/// `body` without a first paragraph that is the title: it would stand there twice.
pub(super) fn without_title(body: PlainText, title: &str) -> PlainText {
    match body.as_str().strip_prefix(title).filter(|_| !title.is_empty()) {
        Some("") => PlainText::default(),
        Some(rest) if rest.starts_with('\n') => PlainText::from_lines(rest),
        _ => body,
    }
}

#[cfg(test)]
mod tests {
    use crate::corpus::ProblemKind;
    use crate::corpus::tests::read_file;

    #[track_caller]
    fn check(text: &str, title: &str, body: &str) {
        let parsed = read_file("文件名.md", text.as_bytes());
        let article = &parsed.articles[0];
        assert_eq!((article.title.as_str(), article.body.as_str()), (title, body));
    }

    #[test]
    fn the_first_heading_is_the_title() {
        check("# 大标题\n\n第一段。\n\n## 小标题\n\n- 一\n- 二\n", "大标题", "第一段。\n小标题\n一\n二");
        check("大标题\n===\n第一段", "大标题", "第一段");
        check("开头。\n\n## 小标题\n文", "小标题", "开头。\n小标题\n文");
        check("没有标题。", "文件名", "没有标题。");
        check("# 只有标题", "只有标题", "");
    }

    #[test]
    fn front_matter_without_end_is_text() {
        let parsed = read_file("甲.md", "---\ntitle: 甲\n\n正文一段。\n".as_bytes());
        assert_eq!(parsed.problems[0].kind, ProblemKind::UnclosedFrontMatter);
        assert!(parsed.articles[0].body.as_str().contains("正文一段。"));
    }
}
