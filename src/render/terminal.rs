//! Results for people, from top to bottom:
//!
//! 1. how many there are, and how long it took; with an explanation, the query as it was read;
//! 2. the hits: rank and title, the dim line about the article, what it lacks, the snippet; hits that lack a word follow
//!    below a dividing line;
//! 3. counts by section, outlet and month; hints when there is nothing to see.
//!
//! Lines are wrapped by display columns. Without colour matches stay unmarked, as in ripgrep.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::io::{self, Write};
use std::time::Duration;

use super::meta::{self, Meta};
use super::paint::{self, Layout, META, MISSING, PLAIN, TITLE, paint};
use super::{Style, sanitize, width};
use crate::article::CategoryPath;
use crate::messages::Message;
use crate::search::results::{Facets, Hint, Hit, Marked, SearchResults, Snippet, Total};

/// A snippet takes about this many lines.
const SNIPPET_LINES: usize = 3;
/// No snippet is longer, however wide the terminal: two or three sentences.
const MAX_SNIPPET_CHARS: usize = 120;
/// Columns that the rank usually takes.
const RANK_COLS: usize = 4;
/// Rows of a table of counts; the rest is a number. `json` has them all.
const FACET_ROWS: usize = 12;

/// Characters to ask for, so that a snippet of Chinese takes two or three lines of this terminal.
#[must_use]
pub fn snippet_chars(style: &Style) -> usize {
    // a column pair a line is lost to punctuation that may not stand at a line's end
    let chars_per_line = style.width_cols().saturating_sub(RANK_COLS + 2) / 2;
    (SNIPPET_LINES * chars_per_line).min(MAX_SNIPPET_CHARS)
}

/// Writes a page of results.
pub fn write_results(out: &mut dyn Write, results: &SearchResults, elapsed: Duration, style: &Style) -> io::Result<()> {
    write_header(out, results, elapsed, style)?;
    if let Some(understood) = &results.understood {
        writeln!(out, "\n{}", Message::Understood.in_lang(style.lang))?;
        write_explanation(out, understood, 2, style)?;
    }
    let last_rank = results.hits.last().map_or(0, |hit| hit.rank);
    let rank_cols = (last_rank.to_string().len() + 2).max(RANK_COLS);
    let mut divided = false;
    for hit in &results.hits {
        writeln!(out)?;
        if !hit.missing.is_empty() && !divided {
            divided = true;
            write_divider(out, style)?;
        }
        write_hit(out, hit, rank_cols, style)?;
    }
    if let Some(facets) = &results.facets {
        write_facets(out, facets, style)?;
    }
    if !results.hints.is_empty() {
        writeln!(out)?;
        write_hints(out, &results.hints, style)?;
    }
    Ok(())
}

/// Writes why nothing was found and what would find something, one line each. Other formats have no place for hints;
/// the command line writes them beside the output.
pub fn write_hints(out: &mut dyn Write, hints: &[Hint], style: &Style) -> io::Result<()> {
    for hint in hints {
        let text = format!("{}{}", Message::HintLabel.in_lang(style.lang), hint_text(hint, style));
        write_wrapped(out, &text, 2, PLAIN, style)?;
    }
    Ok(())
}

fn hint_text(hint: &Hint, style: &Style) -> String {
    let day = |date| style.date(date).chars().take("2021-05-14".len()).collect::<String>();
    let message = match hint {
        Hint::EmptyIndex => Message::EmptyIndex,
        Hint::NoSuchWord { word } => Message::NoSuchWord { word },
        Hint::FilterExcludesAll { filter, articles } => Message::FilterExcludesAll { filter, articles: *articles },
        Hint::DatesOutside { first, last } => {
            let (first, last) = (day(*first), day(*last));
            return Message::DatesOutside { first: &first, last: &last }.in_lang(style.lang).to_string();
        }
        Hint::PageBehindLast { hits } => Message::PageBehindLast { hits: *hits },
        Hint::NotTogether { articles } => Message::NotTogether { articles: *articles },
    };
    message.in_lang(style.lang).to_string()
}

fn write_header(out: &mut dyn Write, results: &SearchResults, elapsed: Duration, style: &Style) -> io::Result<()> {
    let elapsed = &duration(elapsed);
    let Total { articles, at_least } = results.total;
    let message = match articles {
        0 if results.hits.is_empty() => Message::NothingFound { elapsed },
        0 if !at_least => Message::NoneComplete { elapsed },
        _ => Message::Found { articles, more: if at_least { "+" } else { "" }, elapsed },
    };
    write_wrapped(out, &message.in_lang(style.lang).to_string(), 0, META, style)
}

/// `0.4 ms`, `12 ms`, `1.2 s`.
fn duration(elapsed: Duration) -> String {
    let ms = elapsed.as_secs_f64() * 1e3;
    match ms {
        ..9.95 => format!("{ms:.1} ms"),
        ..999.5 => format!("{ms:.0} ms"),
        _ => format!("{:.1} s", ms / 1e3),
    }
}

fn write_divider(out: &mut dyn Write, style: &Style) -> io::Result<()> {
    let label = format!("── {} ", Message::LackSomeWords.in_lang(style.lang));
    let label = width::truncate(&label, style.width_cols());
    let rest = "─".repeat(style.width_cols() - width::cols(&label));
    paint(out, &format!("{label}{rest}"), META, style.colour)?;
    writeln!(out, "\n")
}

fn write_hit(out: &mut dyn Write, hit: &Hit, indent_cols: usize, style: &Style) -> io::Result<()> {
    paint(out, &format!("{:>1$} ", format!("{}.", hit.rank), indent_cols - 1), META, style.colour)?;
    write_title(out, &hit.title, indent_cols, style)?;
    let about = Meta {
        author: hit.author.as_deref(),
        date: hit.date,
        categories: &hit.categories,
        id: hit.id.short(),
        path: &hit.path,
    };
    meta::write(out, &about, indent_cols, style)?;
    if !hit.missing.is_empty() {
        let words = style.lang.list(&hit.missing);
        let missing = Message::Missing { words: &words }.in_lang(style.lang).to_string();
        write!(out, "{:indent_cols$}", "")?;
        write_wrapped(out, &missing, indent_cols, MISSING, style)?;
    }
    if let Some(snippet) = &hit.snippet {
        write_snippet(out, snippet, indent_cols, style)?;
    }
    if let Some(explanation) = &hit.explanation {
        let score = Message::Score { score: hit.score }.in_lang(style.lang).to_string();
        write!(out, "{:indent_cols$}", "")?;
        write_wrapped(out, &score, indent_cols, META, style)?;
        write_explanation(out, explanation, indent_cols + 2, style)?;
    }
    Ok(())
}

/// Writes a title behind what the caller wrote of its line.
pub(super) fn write_title(out: &mut dyn Write, title: &Marked, indent_cols: usize, style: &Style) -> io::Result<()> {
    let mut title = sanitize::clean_marked(title);
    if title.text.trim().is_empty() {
        let text = Message::Untitled.in_lang(style.lang).to_string();
        title = Cow::Owned(Marked { text, marks: Vec::new() });
    }
    paint::lines(out, &title.text, &title.marks, &layout(indent_cols, TITLE, style))
}

fn write_snippet(out: &mut dyn Write, snippet: &Snippet, indent_cols: usize, style: &Style) -> io::Result<()> {
    let passage = sanitize::clean_marked(&snippet.passage);
    let before = if snippet.cut_before { "…" } else { "" };
    let after = if snippet.cut_after { "…" } else { "" };
    let text = format!("{before}{}{after}", passage.text);
    let shift = before.len();
    let marks: Vec<_> = passage.marks.iter().map(|mark| mark.start + shift..mark.end + shift).collect();
    if !text.trim().is_empty() {
        write!(out, "{:indent_cols$}", "")?;
        paint::lines(out, &text, &marks, &layout(indent_cols, PLAIN, style))?;
    }
    Ok(())
}

/// Writes lines of an explanation; their own indentation shows how they hang together.
pub fn write_explanation(out: &mut dyn Write, lines: &[String], indent_cols: usize, style: &Style) -> io::Result<()> {
    for line in lines {
        let own_cols = line.len() - line.trim_start_matches(' ').len();
        let indent_cols = (indent_cols + own_cols).min(style.width_cols() / 2);
        let text = sanitize::clean(line);
        if text.trim().is_empty() {
            continue;
        }
        write!(out, "{:indent_cols$}", "")?;
        write_wrapped(out, &text, indent_cols, META, style)?;
    }
    Ok(())
}

/// Writes clean text without marks behind what the caller wrote of its line.
fn write_wrapped(
    out: &mut dyn Write,
    text: &str,
    indent_cols: usize,
    ansi: anstyle::Style,
    style: &Style,
) -> io::Result<()> {
    paint::lines(out, text, &[], &layout(indent_cols, ansi, style))
}

fn layout(indent_cols: usize, ansi: anstyle::Style, style: &Style) -> Layout {
    Layout { width_cols: style.width_cols(), indent_cols, style: ansi, colour: style.colour }
}

/// Writes counts by section, outlet and month.
pub fn write_facets(out: &mut dyn Write, facets: &Facets, style: &Style) -> io::Result<()> {
    write_counts(out, Message::Categories, &category_rows(&facets.categories), style)?;
    let rows = |counts: &[(String, u64)]| counts.iter().map(|(name, count)| (name.clone(), *count)).collect::<Vec<_>>();
    write_counts(out, Message::Authors, &rows(&facets.authors), style)?;
    write_counts(out, Message::Months, &rows(&facets.months), style)
}

/// Writes a table of two columns; nothing when it has no rows.
fn write_counts(out: &mut dyn Write, heading: Message<'_>, rows: &[(String, u64)], style: &Style) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    paint(out, &heading.in_lang(style.lang).to_string(), TITLE, style.colour)?;
    writeln!(out)?;
    let shown = &rows[..rows.len().min(FACET_ROWS)];
    let labels: Vec<Cow<'_, str>> = shown.iter().map(|(label, _)| sanitize::clean(label)).collect();
    let count_cols = shown.iter().map(|(_, count)| count.to_string().len()).max().unwrap_or(0);
    let room_cols = style.width_cols() - (count_cols + 4).min(style.width_cols() / 2);
    let label_cols = labels.iter().map(|label| width::cols(label)).max().unwrap_or(0).min(room_cols);
    for (label, (_, count)) in labels.iter().zip(shown) {
        writeln!(out, "  {}  {count:>count_cols$}", width::pad(&width::truncate(label, label_cols), label_cols))?;
    }
    if rows.len() > shown.len() {
        let more = Message::MoreRows { rows: (rows.len() - shown.len()) as u64 }.in_lang(style.lang).to_string();
        paint(out, &format!("  {more}"), META, style.colour)?;
        writeln!(out)?;
    }
    Ok(())
}

/// Sections as a tree: every section below the one that holds it, brothers by count, names indented by level.
fn category_rows(categories: &[(CategoryPath, u64)]) -> Vec<(String, u64)> {
    let counts: HashMap<&[String], u64> = categories.iter().map(|(path, count)| (path.levels(), *count)).collect();
    let mut ordered: Vec<&(CategoryPath, u64)> = categories.iter().collect();
    ordered.sort_by_cached_key(|(path, count)| {
        let levels = path.levels();
        let of = |depth: usize| counts.get(&levels[..depth]).copied().unwrap_or(*count);
        (1..=levels.len()).map(|depth| (Reverse(of(depth)), levels[depth - 1].clone())).collect::<Vec<_>>()
    });
    let row = |(path, count): &(CategoryPath, u64)| {
        let levels = path.levels();
        // levels that are not counted themselves stay in the name
        let known = (1..levels.len()).rev().find(|&depth| counts.contains_key(&levels[..depth])).unwrap_or(0);
        (format!("{}{}", "  ".repeat(known), levels[known..].join(" / ")), *count)
    };
    ordered.into_iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::Lang;
    use crate::render::fixtures::{ELAPSED, facets, marked, results, style};

    /// What is written, with escapes in a readable form.
    fn shown(results: &SearchResults, style: &Style) -> String {
        let mut out = Vec::new();
        write_results(&mut out, results, ELAPSED, style).unwrap();
        String::from_utf8(out).unwrap().replace('\u{1b}', "⟨ESC⟩")
    }

    #[track_caller]
    fn check_widths(text: &str, width_cols: usize) {
        for line in text.lines().filter(|line| !line.contains(".md")) {
            assert!(width::cols(line) <= width_cols, "{line}");
        }
    }

    #[test]
    fn a_page_of_80_columns() {
        let text = shown(&results(), &style(80, false, Lang::Zh));
        check_widths(&text, 80);
        insta::assert_snapshot!(text, @r"
        共 1 篇 · 4.2 ms

         1. 微光科技将关闭账本服务：客户有半年时间迁移
            北岸日报 · 2024-05-10 19:48 · 新媒体 / 北岸 / 科技; 公司 · 2x0170jk
            科技/2024-05-10-微光_关闭账本服务.md
            微光科技十日宣布，将于明年三月关闭“云册”账本服务。“客户有半年时间迁移数据。”
            该公司发言人林溪说。 这是微光第3次关停区块链业务，GPT-4助手不受影响；…

        ── 以下文章缺少部分词语 ────────────────────────────────────────────────────────

         2. （无标题）
            7r552x4s · misc/brief.jsonl
            缺少：账本、区块链
            …的微光一号卫星入轨。
        ");
    }

    #[test]
    fn a_page_of_40_columns() {
        let text = shown(&results(), &style(40, false, Lang::En));
        check_widths(&text, 40);
        insta::assert_snapshot!(text, @r"
        1 article · 4.2 ms

         1. 微光科技将关闭账本服务：客户有半年时
            间迁移
            北岸日报 · 2024-05-10 19:48
            新媒体 / 北岸 / 科技; 公司
            2x0170jk
            科技/2024-05-10-微光_关闭账本服务.md
            微光科技十日宣布，将于明年三月关闭
            “云册”账本服务。“客户有半年时间迁移
            数据。”该公司发言人林溪说。 这是微光
            第3次关停区块链业务，GPT-4助手不受影
            响；…

        ── these lack some of the words ────────

         2. (untitled)
            7r552x4s · misc/brief.jsonl
            missing: 账本, 区块链
            …的微光一号卫星入轨。
        ");
    }

    #[test]
    fn a_page_in_colour() {
        insta::assert_snapshot!(shown(&results(), &style(80, true, Lang::Zh)), @r"
        ⟨ESC⟩[2m共 1 篇 · 4.2 ms⟨ESC⟩[0m

        ⟨ESC⟩[2m 1. ⟨ESC⟩[0m⟨ESC⟩[1m⟨ESC⟩[31m微光⟨ESC⟩[0m⟨ESC⟩[1m科技将关闭⟨ESC⟩[0m⟨ESC⟩[1m⟨ESC⟩[31m账本⟨ESC⟩[0m⟨ESC⟩[1m服务：客户有半年时间迁移⟨ESC⟩[0m
            ⟨ESC⟩[2m北岸日报 · 2024-05-10 19:48 · 新媒体 / 北岸 / 科技; 公司 · 2x0170jk⟨ESC⟩[0m
            ⟨ESC⟩[2m科技/2024-05-10-微光_关闭账本服务.md⟨ESC⟩[0m
            ⟨ESC⟩[1m⟨ESC⟩[31m微光⟨ESC⟩[0m科技十日宣布，将于明年三月关闭“云册”⟨ESC⟩[1m⟨ESC⟩[31m账本⟨ESC⟩[0m服务。“客户有半年时间迁移数据。”
            该公司发言人林溪说。 这是⟨ESC⟩[1m⟨ESC⟩[31m微光⟨ESC⟩[0m第3次关停⟨ESC⟩[1m⟨ESC⟩[31m区块链⟨ESC⟩[0m业务，GPT-4助手不受影响；…

        ⟨ESC⟩[2m── 以下文章缺少部分词语 ────────────────────────────────────────────────────────⟨ESC⟩[0m

        ⟨ESC⟩[2m 2. ⟨ESC⟩[0m⟨ESC⟩[1m（无标题）⟨ESC⟩[0m
            ⟨ESC⟩[2m7r552x4s · ⟨ESC⟩[0m⟨ESC⟩[2mmisc/brief.jsonl⟨ESC⟩[0m
            ⟨ESC⟩[33m缺少：账本、区块链⟨ESC⟩[0m
            …的⟨ESC⟩[1m⟨ESC⟩[31m微光⟨ESC⟩[0m一号卫星入轨。
        ");
    }

    #[test]
    fn a_narrow_page_in_colour() {
        insta::assert_snapshot!(shown(&results(), &style(40, true, Lang::En)), @r"
        ⟨ESC⟩[2m1 article · 4.2 ms⟨ESC⟩[0m

        ⟨ESC⟩[2m 1. ⟨ESC⟩[0m⟨ESC⟩[1m⟨ESC⟩[31m微光⟨ESC⟩[0m⟨ESC⟩[1m科技将关闭⟨ESC⟩[0m⟨ESC⟩[1m⟨ESC⟩[31m账本⟨ESC⟩[0m⟨ESC⟩[1m服务：客户有半年时⟨ESC⟩[0m
            ⟨ESC⟩[1m间迁移⟨ESC⟩[0m
            ⟨ESC⟩[2m北岸日报 · 2024-05-10 19:48⟨ESC⟩[0m
            ⟨ESC⟩[2m新媒体 / 北岸 / 科技; 公司⟨ESC⟩[0m
            ⟨ESC⟩[2m2x0170jk⟨ESC⟩[0m
            ⟨ESC⟩[2m科技/2024-05-10-微光_关闭账本服务.md⟨ESC⟩[0m
            ⟨ESC⟩[1m⟨ESC⟩[31m微光⟨ESC⟩[0m科技十日宣布，将于明年三月关闭
            “云册”⟨ESC⟩[1m⟨ESC⟩[31m账本⟨ESC⟩[0m服务。“客户有半年时间迁移
            数据。”该公司发言人林溪说。 这是⟨ESC⟩[1m⟨ESC⟩[31m微光⟨ESC⟩[0m
            第3次关停⟨ESC⟩[1m⟨ESC⟩[31m区块链⟨ESC⟩[0m业务，GPT-4助手不受影
            响；…

        ⟨ESC⟩[2m── these lack some of the words ────────⟨ESC⟩[0m

        ⟨ESC⟩[2m 2. ⟨ESC⟩[0m⟨ESC⟩[1m(untitled)⟨ESC⟩[0m
            ⟨ESC⟩[2m7r552x4s · ⟨ESC⟩[0m⟨ESC⟩[2mmisc/brief.jsonl⟨ESC⟩[0m
            ⟨ESC⟩[33mmissing: 账本, 区块链⟨ESC⟩[0m
            …的⟨ESC⟩[1m⟨ESC⟩[31m微光⟨ESC⟩[0m一号卫星入轨。
        ");
    }

    #[test]
    fn paths_are_links_when_asked_for() {
        let mut results = results();
        results.hits.truncate(1);
        results.hits[0].snippet = None;
        let style = Style { links: Some("/home/me/news".into()), ..style(40, false, Lang::En) };
        insta::assert_snapshot!(shown(&results, &style), @r"
        1 article · 4.2 ms

         1. 微光科技将关闭账本服务：客户有半年时
            间迁移
            北岸日报 · 2024-05-10 19:48
            新媒体 / 北岸 / 科技; 公司
            2x0170jk
            ⟨ESC⟩]8;;file:///home/me/news/%E7%A7%91%E6%8A%80/2024-05-10-%E5%BE%AE%E5%85%89_%E5%85%B3%E9%97%AD%E8%B4%A6%E6%9C%AC%E6%9C%8D%E5%8A%A1.md⟨ESC⟩\科技/2024-05-10-微光_关闭账本服务.md⟨ESC⟩]8;;⟨ESC⟩\
        ");
    }

    #[test]
    fn marks_keep_to_traditional_and_full_width_text() {
        let mut results = results();
        results.hits.truncate(1);
        let hit = &mut results.hits[0];
        hit.title = marked("微光將停用區塊鏈：ＧＰＴ－４不受影響", &["區塊鏈", "ＧＰＴ－４"]);
        hit.snippet.as_mut().unwrap().passage = marked("「區塊鏈業務」已經結束。", &["區塊鏈"]);
        insta::assert_snapshot!(shown(&results, &style(40, true, Lang::Zh)), @r"
        ⟨ESC⟩[2m共 1 篇 · 4.2 ms⟨ESC⟩[0m

        ⟨ESC⟩[2m 1. ⟨ESC⟩[0m⟨ESC⟩[1m微光將停用⟨ESC⟩[0m⟨ESC⟩[1m⟨ESC⟩[31m區塊鏈⟨ESC⟩[0m⟨ESC⟩[1m：⟨ESC⟩[0m⟨ESC⟩[1m⟨ESC⟩[31mＧＰＴ－４⟨ESC⟩[0m⟨ESC⟩[1m不受影響⟨ESC⟩[0m
            ⟨ESC⟩[2m北岸日报 · 2024-05-10 19:48⟨ESC⟩[0m
            ⟨ESC⟩[2m新媒体 / 北岸 / 科技; 公司⟨ESC⟩[0m
            ⟨ESC⟩[2m2x0170jk⟨ESC⟩[0m
            ⟨ESC⟩[2m科技/2024-05-10-微光_关闭账本服务.md⟨ESC⟩[0m
            「⟨ESC⟩[1m⟨ESC⟩[31m區塊鏈⟨ESC⟩[0m業務」已經結束。…
        ");
    }

    #[test]
    fn escapes_from_articles_stay_out() {
        let mut results = results();
        results.hits.remove(0);
        let evil = "\u{1b}[2J\u{202e}微光\u{1b}]8;;http://bad\u{7}\u{9b}1m\n第二行";
        let hit = &mut results.hits[0];
        hit.title = marked(evil, &["微光", "第二"]);
        hit.path = evil.to_owned();
        hit.author = Some(evil.to_owned());
        hit.categories = vec![CategoryPath::new([evil]).unwrap()];
        hit.missing = vec![evil.to_owned()];
        hit.explanation = Some(vec![evil.to_owned()]);
        hit.snippet.as_mut().unwrap().passage = marked(evil, &["微光"]);
        results.understood = Some(vec![evil.to_owned()]);
        results.facets = Some(Facets { authors: vec![(evil.to_owned(), 1)], ..Facets::default() });
        results.hints = vec![Hint::NoSuchWord { word: evil.to_owned() }];
        let text = shown(&results, &style(80, false, Lang::En));
        assert!(!text.contains("⟨ESC⟩") && !text.contains(|c| c != '\n' && sanitize::is_hostile(c)));
        insta::assert_snapshot!(text, @r#"
        1 article · 4.2 ms

        query as understood
          [2J微光]8;;http://bad1m 第二行

        ── these lack some of the words ────────────────────────────────────────────────

         2. [2J微光]8;;http://bad1m 第二行
            [2J微光]8;;http://bad1m 第二行 · [2J微光 ]8;;http://bad 1m 第二行 · 7r552x4s
            [2J微光]8;;http://bad1m 第二行
            missing: [2J微光]8;;http://bad1m 第二行
            …[2J微光]8;;http://bad1m 第二行
            score 3.2500
              [2J微光]8;;http://bad1m 第二行

        authors
          [2J微光]8;;http://bad1m 第二行  1

        hint: no article holds "[2J微光]8;;http://bad1m 第二行"
        "#);
    }

    #[test]
    fn counts_stand_in_tables() {
        let mut results = results();
        results.hits.clear();
        results.total = Total { articles: 100, at_least: true };
        let mut counts = facets();
        counts.months = (1..=14).map(|month| (format!("month {month:02}"), 20 - month)).collect();
        results.facets = Some(counts);
        insta::assert_snapshot!(shown(&results, &style(40, false, Lang::Zh)), @r"
        共 100+ 篇 · 4.2 ms

        分类
          新媒体    12
            北岸     8
              科技   8
            午后     4
          公司       9

        来源
          北岸日报      8
          Harbour Wire  4

        月份
          month 01  19
          month 02  18
          month 03  17
          month 04  16
          month 05  15
          month 06  14
          month 07  13
          month 08  12
          month 09  11
          month 10  10
          month 11   9
          month 12   8
          另有 2 项
        ");
    }

    #[test]
    fn nothing_found_says_why() {
        let mut results = results();
        results.hits.clear();
        results.total.articles = 0;
        results.hints = vec![
            Hint::EmptyIndex,
            Hint::NoSuchWord { word: "量子鲸".to_owned() },
            Hint::FilterExcludesAll { filter: "author:北岸".to_owned(), articles: 1 },
            Hint::DatesOutside {
                first: "2023-12-31T16:00:00Z".parse().unwrap(),
                last: "2025-06-01T00:00:00Z".parse().unwrap(),
            },
            Hint::PageBehindLast { hits: 7 },
            Hint::NotTogether { articles: 5 },
        ];
        insta::assert_snapshot!(shown(&results, &style(80, false, Lang::En)), @r#"
        nothing found · 4.2 ms

        hint: the index holds no article, `souwen index FOLDER` fills it
        hint: no article holds "量子鲸"
        hint: without "author:北岸" the query finds 1 article
        hint: the index holds articles from 2024-01-01 to 2025-06-01
        hint: the page lies behind the last of 7 hits
        hint: no article holds all the words, but 5 hold some of them: search without
          `--all`
        "#);
        insta::assert_snapshot!(shown(&results, &style(40, false, Lang::Zh)), @r"
        没有找到 · 4.2 ms

        提示：索引中没有文章，可用 `souwen
          index 文件夹` 建立
        提示：没有文章包含“量子鲸”
        提示：去掉“author:北岸”可找到 1 篇
        提示：索引中的文章从 2024-01-01 到
          2025-06-01
        提示：总共只有 7 条结果，没有这一页
        提示：没有文章包含全部词语，但有 5 篇
          包含其中一部分：请去掉 `--all` 再搜
        ");
    }

    #[test]
    fn an_explanation_shows_its_steps() {
        let mut results = results();
        results.hits.remove(0);
        results.total.articles = 0;
        results.hits[0].explanation =
            Some(vec!["sum of".to_owned(), "  title:微光 2.25".to_owned(), "  body:微光 1.0".to_owned()]);
        results.understood = Some(vec!["all of".to_owned(), "  微光".to_owned(), "  账本".to_owned()]);
        insta::assert_snapshot!(shown(&results, &style(80, false, Lang::En)), @r"
        no article holds every word · 4.2 ms

        query as understood
          all of
            微光
            账本

        ── these lack some of the words ────────────────────────────────────────────────

         2. (untitled)
            7r552x4s · misc/brief.jsonl
            missing: 账本, 区块链
            …的微光一号卫星入轨。
            score 3.2500
              sum of
                title:微光 2.25
                body:微光 1.0
        ");
    }

    #[test]
    fn times_are_short() {
        for (us, expected) in [(400, "0.4 ms"), (9_960, "10 ms"), (12_400, "12 ms"), (1_234_000, "1.2 s")] {
            assert_eq!(duration(Duration::from_micros(us)), expected);
        }
    }

    #[test]
    fn snippets_fit_the_terminal() {
        assert_eq!([40, 80, 200].map(|cols| snippet_chars(&style(cols, false, Lang::En))), [51, 111, 120]);
    }
}
