//! Plain text. Pure.
//!
//! A line is a paragraph, unless the file was wrapped at a fixed width; then an empty line or an indented one begins the
//! next.

use super::{Draft, Drafts, ProblemKind, front_matter};
use crate::article::{PlainText, one_line};

/// Characters beyond which a first line is no title.
const MAX_TITLE_CHARS: usize = 60;

/// Reads a text file. A short first line that stands alone is its title.
pub(super) fn read(text: &str, out: &mut Drafts<'_>) {
    if front_matter::split(text) == front_matter::Split::Unclosed {
        out.remark(None, ProblemKind::UnclosedFrontMatter, "");
    }
    let text = text.trim_start_matches(['\n', ' ']);
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let is_title = rest.lines().next().is_some_and(|line| line.trim().is_empty())
        && !rest.trim().is_empty()
        && first.chars().count() <= MAX_TITLE_CHARS
        && !first.trim_end().ends_with(['。', '，', '；', '.', ',', ';']);
    let (title, body) = if is_title { (one_line(first), rest) } else { (String::new(), text) };
    let body = if is_wrapped(body) { PlainText::from_lines(&unwrapped(body)) } else { PlainText::from_lines(body) };
    out.take(None, Draft { title, body, ..Draft::default() }, true);
}

/// Columns of a line, Han counted as two.
fn columns(line: &str) -> usize {
    line.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
}

fn is_indented(line: &str) -> bool {
    line.starts_with([' ', '\t', '\u{3000}'])
}

/// Whether lines were broken at a fixed width of at most 100 columns: nearly all lines that go on are about as long as
/// the longest.
fn is_wrapped(text: &str) -> bool {
    let lines: Vec<&str> = text.lines().map(str::trim_end).take(500).collect();
    let widest = lines.iter().map(|line| columns(line)).max().unwrap_or_default();
    let going_on = lines.windows(2).filter(|pair| !pair[0].is_empty() && !pair[1].is_empty() && !is_indented(pair[1]));
    let (mut full, mut count) = (0, 0);
    for pair in going_on {
        count += 1;
        full += usize::from(columns(pair[0]) + 10 >= widest);
    }
    (40..=100).contains(&widest) && count >= 5 && full * 10 >= count * 9
}

/// Joins the lines of each paragraph.
fn unwrapped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_paragraph = false;
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() {
            in_paragraph = false;
            out.push('\n');
            continue;
        }
        if is_indented(line) && !out.is_empty() {
            out.push('\n');
        } else if in_paragraph {
            let is_ascii = |c: Option<char>| c.is_some_and(|c| c.is_ascii());
            if is_ascii(out.chars().next_back()) || is_ascii(trimmed.chars().next()) {
                out.push(' ');
            }
        }
        out.push_str(trimmed);
        in_paragraph = true;
    }
    out
}

#[cfg(test)]
mod tests {
    use crate::corpus::tests::read_file;

    #[track_caller]
    fn check(text: &str, title: &str, body: &str) {
        let parsed = read_file("文件名.txt", text.as_bytes());
        let article = &parsed.articles[0];
        assert_eq!((article.title.as_str(), article.body.as_str()), (title, body));
    }

    #[test]
    fn a_first_line_that_stands_alone_is_the_title() {
        check("标题一行\n\n　　第一段。\n　　第二段。\n", "标题一行", "第一段。\n第二段。");
        check("第一段。\n第二段。\n", "文件名", "第一段。\n第二段。");
        check("第一句。\n\n第二段。\n", "文件名", "第一句。\n第二段。");
        check("只有一行", "文件名", "只有一行");
        check("a < b & c\n", "文件名", "a < b & c");
    }

    #[test]
    fn lines_of_fixed_width_are_joined() {
        let line = "甲乙丙丁戊己庚辛壬癸甲乙丙丁戊己庚辛壬癸甲乙丙丁戊己";
        let text = format!("{}\n\n{line}\n尾巴。\n", [line; 7].join("\n"));
        check(&text, "文件名", &format!("{}\n{line}尾巴。", line.repeat(7)));
    }
}
