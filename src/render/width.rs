//! Text measured, wrapped, cut and filled up by terminal columns (a Chinese character takes two).
//!
//! Widths are those of [`unicode_width`]; characters of ambiguous width (“”…—) count as one column, as terminals draw
//! them unless told otherwise. Text is expected to be clean (see `sanitize`).

use std::borrow::Cow;
use std::ops::Range;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::search::snippet::{splits_cluster, splits_word};

/// Columns that `text` takes.
#[must_use]
pub fn cols(text: &str) -> usize {
    text.width()
}

/// `text` with blanks behind it up to `width_cols`.
#[must_use]
pub fn pad(text: &str, width_cols: usize) -> String {
    format!("{text}{}", " ".repeat(width_cols.saturating_sub(cols(text))))
}

/// `text` if it fits into `width_cols`, else its beginning and `…`.
#[must_use]
pub fn truncate(text: &str, width_cols: usize) -> Cow<'_, str> {
    if cols(text) <= width_cols {
        return Cow::Borrowed(text);
    }
    let end = fitting_bytes(text, width_cols.saturating_sub(1));
    Cow::Owned(format!("{}…", &text[..end]))
}

/// `text` if it fits into `width_cols`, else its beginning, `…`, and its end: for paths, whose end says most.
#[must_use]
pub fn truncate_middle(text: &str, width_cols: usize) -> Cow<'_, str> {
    if cols(text) <= width_cols {
        return Cow::Borrowed(text);
    }
    let room_cols = width_cols.saturating_sub(1);
    let head_end = fitting_bytes(text, room_cols / 3);
    let room_cols = room_cols - cols(&text[..head_end]);
    let starts = clusters(text).map(|cluster| cluster.start).skip_while(|&start| start < head_end);
    let tail_start = starts.into_iter().find(|&start| cols(&text[start..]) <= room_cols).unwrap_or(text.len());
    Cow::Owned(format!("{}…{}", &text[..head_end], &text[tail_start..]))
}

/// Bytes at the start of `text` that take at most `width_cols`.
fn fitting_bytes(text: &str, width_cols: usize) -> usize {
    let mut used_cols = 0;
    let fitting = clusters(text).take_while(|cluster| {
        used_cols += cols(&text[cluster.clone()]);
        used_cols <= width_cols
    });
    fitting.last().map_or(0, |cluster| cluster.end)
}

/// The lines of `text` for a terminal, as byte ranges: at most `width_cols` wide, without the blanks at their ends.
///
/// Latin words and numbers stay whole and Chinese punctuation keeps to its side of a line end (避头尾) wherever a line
/// can hold them. Line feeds count as blanks.
#[must_use]
pub fn wrap(text: &str, width_cols: usize) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let mut start = skip_blanks(text, 0);
    while start < text.len() {
        let end = line_end(text, start, width_cols);
        lines.push(start..start + text[start..end].trim_end().len());
        start = skip_blanks(text, end);
    }
    lines
}

/// First byte from `from` on that is not blank.
fn skip_blanks(text: &str, from: usize) -> usize {
    text.len() - text[from..].trim_start().len()
}

/// Where the line that begins at `start` ends; blanks at its end may stand out.
fn line_end(text: &str, start: usize, width_cols: usize) -> usize {
    let mut used_cols = 0;
    let mut break_at = None;
    for cluster in clusters_from(text, start) {
        if cluster.start > start && may_break(text, cluster.start) {
            break_at = Some(cluster.start);
        }
        let part = &text[cluster.clone()];
        used_cols += cols(part);
        if used_cols > width_cols && !part.trim().is_empty() {
            let hard = if cluster.start > start { cluster.start } else { cluster.end };
            return break_at.unwrap_or(hard);
        }
    }
    text.len()
}

/// What people see as single characters, as byte ranges.
fn clusters(text: &str) -> impl Iterator<Item = Range<usize>> {
    clusters_from(text, 0)
}

/// [`clusters`] from the byte `start` on.
fn clusters_from(text: &str, mut start: usize) -> impl Iterator<Item = Range<usize>> {
    let ends = text[start..].char_indices().map(move |(i, c)| start + i + c.len_utf8());
    ends.filter(|&end| !splits_cluster(text, end)).map(move |end| {
        let cluster = start..end;
        start = end;
        cluster
    })
}

/// Whether a line may end before the character at `at`.
fn may_break(text: &str, at: usize) -> bool {
    let (Some(prev), Some(next)) = (text[..at].chars().next_back(), text[at..].chars().next()) else { return true };
    if next.is_whitespace() || never_starts_a_line(next) || never_ends_a_line(prev) {
        return false;
    }
    if prev.is_whitespace() {
        return true;
    }
    let pair = prev == next && matches!(prev, '—' | '…'); // —— and …… are one sign each
    (is_chinese(prev) || is_chinese(next)) && !pair && !splits_word(text, at)
}

/// Characters beside which a line may end without a blank: wide ones, and Chinese punctuation that counts as narrow.
fn is_chinese(c: char) -> bool {
    c.width() == Some(2) || matches!(c, '“' | '”' | '‘' | '’' | '—' | '…' | '·')
}

/// Closing marks (GB/T 15834 §5.1.10: they do not stand at the start of a line).
fn never_starts_a_line(c: char) -> bool {
    matches!(
        c,
        '。' | '，'
            | '、'
            | '；'
            | '：'
            | '！'
            | '？'
            | '）'
            | '》'
            | '」'
            | '』'
            | '】'
            | '〉'
            | '〕'
            | '”'
            | '’'
            | '…'
            | '·'
            | '％'
            | '℃'
            | '～'
            | '々'
            | '｡'
            | '､'
            | '.'
            | ','
            | ';'
            | ':'
            | '!'
            | '?'
            | ')'
            | ']'
            | '}'
            | '%'
    )
}

/// Opening marks (the same rule at the end of a line).
fn never_ends_a_line(c: char) -> bool {
    matches!(c, '（' | '《' | '「' | '『' | '【' | '〈' | '〔' | '“' | '‘' | '￥' | '(' | '[' | '{' | '$' | '#')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check_wrap(text: &str, width_cols: usize, expected: &[&str]) {
        let lines: Vec<&str> = wrap(text, width_cols).into_iter().map(|line| &text[line]).collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn wraps_by_columns_and_spares_words() {
        check_wrap("", 10, &[]);
        check_wrap("一二三四五六七", 6, &["一二三", "四五六", "七"]);
        check_wrap("一二三四五", 5, &["一二", "三四", "五"]);
        check_wrap("云河发布GPT-4助手", 11, &["云河发布", "GPT-4助手"]);
        check_wrap("stocks fell again today", 12, &["stocks fell", "again today"]);
        check_wrap("abcdefghij", 4, &["abcd", "efgh", "ij"]);
        check_wrap("一段\n二段  三段", 6, &["一段", "二段", "三段"]);
        check_wrap("一二 三四", 4, &["一二", "三四"]);
    }

    #[test]
    fn punctuation_keeps_to_its_side() {
        check_wrap("一二三，四五", 6, &["一二", "三，四", "五"]);
        check_wrap("一二《三》四", 6, &["一二", "《三》", "四"]);
        check_wrap("一二三”。四", 6, &["一二", "三”。", "四"]);
        check_wrap("他说——好的", 6, &["他说——", "好的"]);
        check_wrap("。。。。。", 4, &["。。", "。。", "。"]);
    }

    #[test]
    fn joined_characters_stay_joined() {
        check_wrap("👩\u{200d}🚀👩\u{200d}🚀", 2, &["👩\u{200d}🚀", "👩\u{200d}🚀"]);
        check_wrap("e\u{301}e\u{301}", 1, &["e\u{301}", "e\u{301}"]);
    }

    #[test]
    fn cuts_and_fills_up() {
        for (text, width_cols, expected) in [("一二三", 6, "一二三"), ("一二三四", 6, "一二…"), ("abcd", 3, "ab…")]
        {
            assert_eq!(truncate(text, width_cols), expected);
        }
        assert_eq!(truncate_middle("posts/2021/一篇很长的文章.md", 20), "posts/…很长的文章.md");
        assert_eq!(pad("一二", 6), "一二  ");
        assert_eq!(pad("一二三", 4), "一二三");
    }

    proptest! {
        #[test]
        fn no_line_is_too_wide_and_nothing_is_lost(
            text in "[甲乙丙丁a-c0-9 ，。“”《》……👩\u{301}\u{200d}]{0,60}",
            width_cols in 2usize..30,
        ) {
            let lines = wrap(&text, width_cols);
            let mut end = 0;
            for line in &lines {
                prop_assert!(text[end..line.start].trim().is_empty());
                let shown = &text[line.clone()];
                prop_assert!(!shown.is_empty());
                prop_assert!(cols(shown) <= width_cols || clusters(shown).count() == 1, "{:?}", shown);
                end = line.end;
            }
            prop_assert!(text[end..].trim().is_empty());
        }
    }
}
