//! Selection of the passage that a person is shown for a hit.
//!
//! Pure: it is given the body and where the query matched, and knows neither the index nor how a passage is printed.
//! Two steps:
//!
//! 1. `best_window` finds the stretch of matches that covers the most different words, and the closest together.
//! 2. `grow` turns it into whole sentences, then into more of them while they fit; a sentence that is longer than the
//!    passage may be is cut, at a clause, a word or at least a character as people see it.
//!
//! Work is proportional to the matches times the different words, plus a few passages; never to the body, so a hit in a
//! megabyte costs what a hit in a short flash costs.

use std::ops::Range;

use unicode_width::UnicodeWidthChar;

use super::results::{Marked, Snippet};

/// A place in a text where a word of the query matched.
#[derive(Debug, Clone, PartialEq)]
pub struct Match {
    /// Bytes of the text, on character borders. Other ranges are ignored.
    pub bytes: Range<usize>,
    /// Number of the word in the query: what counts is how many different words a passage holds.
    pub term: usize,
    /// How much the word says, such as its inverse document frequency. Greater is rarer.
    pub weight: f32,
}

/// The passage of `body` that answers best, at most `max_chars` characters long.
///
/// `matches` are sorted by their start and may overlap. Without any (only the title matched) the passage is the lead.
/// `None` when the body is blank or `max_chars` is 0.
#[must_use]
pub fn select(body: &str, matches: &[Match], max_chars: usize) -> Option<Snippet> {
    if max_chars == 0 {
        return None;
    }
    let lead = body.trim_start().chars().next()?;
    let core = best_window(body, matches, max_chars).unwrap_or_else(|| {
        let start = body.len() - body.trim_start().len();
        start..start + lead.len_utf8()
    });
    let passage = grow(body, core, max_chars);
    Some(Snippet {
        byte_start: passage.start,
        cut_before: !is_sentence_border(body, body[..passage.start].trim_end().len())
            && !is_sentence_border(body, passage.start),
        cut_after: !is_sentence_border(body, passage.end),
        passage: Marked { marks: marks_within(body, matches, &passage), text: body[passage].to_owned() },
    })
}

/// What to mark in a `text` that is shown whole, such as a title: matches that overlap or touch become one.
///
/// `matches` are sorted by their start.
#[must_use]
pub fn marks(text: &str, matches: &[Match]) -> Vec<Range<usize>> {
    marks_within(text, matches, &(0..text.len()))
}

/// Marks of `part`, relative to its start, never wider than the matches they come from.
fn marks_within(text: &str, matches: &[Match], part: &Range<usize>) -> Vec<Range<usize>> {
    let mut marks: Vec<Range<usize>> = Vec::new();
    let ahead = matches.partition_point(|m| m.bytes.start < part.end);
    for m in matches[..ahead].iter().filter(|m| text.get(m.bytes.clone()).is_some()) {
        let (start, end) = (m.bytes.start.max(part.start), m.bytes.end.min(part.end));
        if start >= end {
            continue;
        }
        let (start, end) = (start - part.start, end - part.start);
        match marks.last_mut() {
            Some(last) if start <= last.end => last.end = last.end.max(end),
            _ => marks.push(start..end),
        }
    }
    marks
}

/// A match with its place on a scale of characters that is exact within any window of `max_chars`.
struct Occurrence {
    bytes: Range<usize>,
    char_start: usize,
    char_end: usize,
}

/// Bytes from the first to the last match of the best window of `max_chars` characters: the greatest sum of weights of
/// different words, then the shortest, then the first. `None` without matches.
fn best_window(body: &str, matches: &[Match], max_chars: usize) -> Option<Range<usize>> {
    let occurrences = locate(body, matches, max_chars);
    let mut words = words(matches, &occurrences);
    let mut best: Option<(f64, usize, Range<usize>)> = None;
    for (_, first) in &occurrences {
        let limit = first.char_start.saturating_add(max_chars);
        let (mut score, mut char_end, mut byte_end) = (0.0, first.char_start, first.bytes.start);
        for word in &mut words {
            // the earliest end of this word from here on: those that start before can never be of use again
            while word.ends.get(word.next).is_some_and(|&i| occurrences[i].1.char_start < first.char_start) {
                word.next += 1;
            }
            if let Some((_, o)) = word.ends.get(word.next).map(|&i| &occurrences[i])
                && o.char_end <= limit
            {
                score += word.weight;
                char_end = char_end.max(o.char_end);
                byte_end = byte_end.max(o.bytes.end);
            }
        }
        let span_chars = char_end - first.char_start;
        if best.as_ref().is_none_or(|(s, chars, _)| score > *s || (score == *s && span_chars < *chars)) {
            best = Some((score, span_chars, first.bytes.start..byte_end));
        }
    }
    best.map(|(_, _, window)| window)
}

/// The valid matches with their index, measured in characters; a match longer than a passage counts as its beginning.
fn locate(body: &str, matches: &[Match], max_chars: usize) -> Vec<(usize, Occurrence)> {
    let far_bytes = max_chars.saturating_mul(4);
    let (mut at_byte, mut at_char) = (0, 0usize);
    let mut occurrences = Vec::with_capacity(matches.len());
    for (i, m) in matches.iter().enumerate() {
        let Some(text) = body.get(m.bytes.clone()) else { continue };
        if text.is_empty() || m.bytes.start < at_byte {
            continue;
        }
        let gap = &body[at_byte..m.bytes.start];
        at_char += if gap.len() > far_bytes { max_chars + 1 } else { gap.chars().count() };
        at_byte = m.bytes.start;
        let (mut chars, mut bytes) = (0, 0);
        for c in text.chars().take(max_chars) {
            chars += 1;
            bytes += c.len_utf8();
        }
        let bytes = at_byte..at_byte + bytes;
        occurrences.push((i, Occurrence { bytes, char_start: at_char, char_end: at_char + chars }));
    }
    occurrences
}

/// One word of the query in [`best_window`].
struct Word {
    weight: f64,
    /// Its occurrences, the one that ends first in front.
    ends: Vec<usize>,
    /// First of `ends` that does not start before the window.
    next: usize,
}

/// Groups occurrences by word.
fn words(matches: &[Match], occurrences: &[(usize, Occurrence)]) -> Vec<Word> {
    let mut order: Vec<usize> = (0..occurrences.len()).collect();
    let term = |i: usize| matches[occurrences[i].0].term;
    order.sort_by_key(|&i| (term(i), occurrences[i].1.char_end)); // stable, so ties stay in order
    order
        .chunk_by(|&a, &b| term(a) == term(b))
        .map(|ends| Word {
            weight: ends.iter().map(|&i| usable_weight(matches[occurrences[i].0].weight)).fold(0.0, f64::max),
            ends: ends.to_vec(),
            next: 0,
        })
        .collect()
}

/// Every word counts for something, and none for so much that sums lose the others.
fn usable_weight(weight: f32) -> f64 {
    if weight.is_nan() { 1e-3 } else { f64::from(weight.clamp(1e-3, 1e6)) }
}

/// The passage around `core`: at most `max_chars`, whole sentences where they fit.
fn grow(body: &str, core: Range<usize>, max_chars: usize) -> Range<usize> {
    let spare = max_chars.saturating_sub(body[core.clone()].chars().count());
    let before = border_before(body, core.start, spare);
    let after = border_after(body, core.end, spare);
    let half = spare / 2;
    let passage = match (before, after) {
        (Some(start), Some(end)) if start.chars + end.chars <= spare => {
            let spare = spare - start.chars - end.chars;
            add_sentences(body, start.byte..end.byte, spare)
        }
        (Some(start), _) if start.chars <= half => start.byte..cut_after(body, core.end, spare - start.chars),
        (_, Some(end)) if end.chars <= half => cut_before(body, core.start, spare - end.chars)..end.byte,
        _ => cut_before(body, core.start, half)..cut_after(body, core.end, spare - half),
    };
    let start = core.start - body[passage.start..core.start].trim_start().len();
    let end = core.end + body[core.end..passage.end].trim_end().len();
    start..end
}

/// Whole sentences that fit into `spare` characters: what follows first, since that is how people read on. Bylines,
/// captions and lines of dots, which have no full stop or no word, only come along between sentences.
fn add_sentences(body: &str, mut passage: Range<usize>, mut spare: usize) -> Range<usize> {
    let is_prose = |part: Range<usize>| {
        let text = &body[part];
        text.rfind(is_stop).is_some_and(|stop| text[..stop].contains(char::is_alphanumeric))
    };
    let mut reach = passage.end;
    let mut left = spare;
    while let Some(c) = body[reach..].chars().next()
        && let Some(end) = left.checked_sub(1).and_then(|left| border_after(body, reach + c.len_utf8(), left))
    {
        reach = end.byte;
        left -= 1 + end.chars;
        if is_prose(passage.end..reach) {
            passage.end = reach;
            spare = left;
        }
    }
    let mut reach = passage.start;
    let mut left = spare;
    while let Some(c) = body[..reach].chars().next_back()
        && let Some(start) = left.checked_sub(1).and_then(|left| border_before(body, reach - c.len_utf8(), left))
    {
        reach = start.byte;
        left -= 1 + start.chars;
        if is_prose(reach..passage.start) {
            passage.start = reach;
        }
    }
    passage
}

/// A place in the body, `chars` characters away from where the search for it began.
#[derive(Clone, Copy)]
struct Place {
    byte: usize,
    chars: usize,
}

/// Places from `from` to `max_chars` characters behind it.
fn places_after(body: &str, from: usize, max_chars: usize) -> impl Iterator<Item = Place> {
    let starts = body[from..].char_indices().map(move |(i, _)| from + i).chain([body.len()]);
    starts.take(max_chars.saturating_add(1)).enumerate().map(|(chars, byte)| Place { byte, chars })
}

/// Places from `from` to `max_chars` characters before it, nearest first.
fn places_before(body: &str, from: usize, max_chars: usize) -> impl Iterator<Item = Place> {
    let starts = [from].into_iter().chain(body[..from].char_indices().rev().map(|(i, _)| i));
    starts.take(max_chars.saturating_add(1)).enumerate().map(|(chars, byte)| Place { byte, chars })
}

/// Nearest end of a sentence at or behind `from`.
fn border_after(body: &str, from: usize, max_chars: usize) -> Option<Place> {
    places_after(body, from, max_chars).find(|place| is_sentence_border(body, place.byte))
}

/// Nearest end of a sentence at or before `from`.
fn border_before(body: &str, from: usize, max_chars: usize) -> Option<Place> {
    places_before(body, from, max_chars).find(|place| is_sentence_border(body, place.byte))
}

/// Where to cut at most `max_chars` behind `from`.
fn cut_after(body: &str, from: usize, max_chars: usize) -> usize {
    cut(body, from, places_after(body, from, max_chars), max_chars)
}

/// Where to cut at most `max_chars` before `from`.
fn cut_before(body: &str, from: usize, max_chars: usize) -> usize {
    cut(body, from, places_before(body, from, max_chars), max_chars)
}

/// A cut gives up this many characters to fall between clauses: about one clause of Chinese news.
const CLAUSE_CHARS: usize = 12;

/// The farthest of `places` that does not split a word; a little nearer when that falls between clauses.
fn cut(body: &str, from: usize, places: impl Iterator<Item = Place>, max_chars: usize) -> usize {
    let (mut clause, mut word, mut cluster) = (None, None, from);
    for place in places {
        if !splits_cluster(body, place.byte) {
            cluster = place.byte;
            if !splits_word(body, place.byte) {
                word = Some(place.byte);
                if is_clause_border(body, place.byte) && place.chars + CLAUSE_CHARS >= max_chars {
                    clause = Some(place.byte);
                }
            }
        }
    }
    clause.or(word).unwrap_or(cluster)
}

/// Whether `at` lies behind a comma or a blank.
fn is_clause_border(body: &str, at: usize) -> bool {
    let prev = body[..at].chars().next_back();
    prev.is_some_and(|c| c.is_whitespace() || matches!(c, '，' | '、' | '：' | '；' | ','))
}

/// No sentence is closed by more quotes and brackets than this; bounds the look back.
const MAX_CLOSERS: usize = 6;

/// Whether a sentence ends at `at`: a paragraph's start and end, and behind `。！？；…` with the quotes and brackets that
/// close there. ASCII `.!?` only before a blank, and not where the full stop belongs to an abbreviation.
fn is_sentence_border(body: &str, at: usize) -> bool {
    /// First byte of the characters from U+4000 to U+9FFF, nearly all that Chinese is written in. No mark is among them.
    const HAN: std::ops::RangeInclusive<u8> = 0xE4..=0xE9;
    let byte = |at: usize| body.as_bytes().get(at);
    if at.checked_sub(3).and_then(byte).is_some_and(|lead| HAN.contains(lead))
        && byte(at).is_some_and(|&next| next != b'\n')
    {
        return false;
    }
    let (before, after) = body.split_at(at);
    let (Some(prev), Some(next)) = (before.chars().next_back(), after.chars().next()) else { return true };
    if prev == '\n' || next == '\n' {
        return true;
    }
    if !(is_stop(prev) || is_closer(prev)) || is_stop(next) || is_closer(next) || attaches(next) {
        return false;
    }
    if matches!(next, '，' | '、' | '：' | ',' | ':') {
        return false; // “……。”，他说
    }
    let mut head = before.chars().rev();
    let closers = head.clone().take(MAX_CLOSERS).take_while(|&c| is_closer(c)).count();
    let stop = if closers == 0 { head.next() } else { head.nth(closers) };
    match stop {
        Some('!' | '?') => next.is_whitespace(),
        Some('.') => next.is_whitespace() && (closers > 0 || !is_abbreviated(head, after)),
        Some(c) if is_stop(c) => !is_inside_title(after),
        _ => false,
    }
}

/// Characters that end a sentence.
fn is_stop(c: char) -> bool {
    matches!(c, '。' | '！' | '？' | '；' | '…' | '⋯' | '｡' | '!' | '?' | '.')
}

/// Quotes and brackets that stay with the sentence they close.
fn is_closer(c: char) -> bool {
    matches!(c, '”' | '’' | '」' | '』' | '）' | '》' | '】' | '〉' | '〕' | '"' | '\'' | ')' | ']')
}

/// Whether a book title that began before goes on in `after`, as in 《你好！明天》. Titles are short.
fn is_inside_title(after: &str) -> bool {
    after.chars().take(20).find(|c| matches!(c, '《' | '》' | '\n')) == Some('》')
}

/// Words that news writes with a full stop which ends no sentence.
const ABBREVIATIONS: [&str; 17] =
    ["mr", "mrs", "ms", "dr", "st", "vs", "inc", "ltd", "corp", "co", "prof", "gen", "sen", "rep", "fig", "etc", "jr"];

/// Whether the full stop between `head` (read backwards) and `after` is one of `U.S.`, `Inc.`, `No. 5`, `1. `.
fn is_abbreviated(head: impl Iterator<Item = char> + Clone, after: &str) -> bool {
    let word: Vec<char> = head.take(6).take_while(|c| c.is_alphanumeric()).collect();
    let is_word = |abbreviation: &&'static str| {
        word.len() == abbreviation.len() && abbreviation.chars().rev().eq(word.iter().map(char::to_ascii_lowercase))
    };
    let letter_or_number = match word[..] {
        [] => false,
        [c] => c.is_ascii_alphanumeric(),
        [a, b] => a.is_ascii_digit() && b.is_ascii_digit(),
        _ => false,
    };
    let next = after.chars().find(|c| !c.is_whitespace());
    letter_or_number
        || ABBREVIATIONS.iter().any(is_word)
        || (is_word(&"no") && next.is_some_and(char::is_numeric))
        || next.is_some_and(char::is_lowercase)
}

/// Whether `c` is drawn together with the character before it: combining marks, joiners, variation selectors, skin tones.
fn attaches(c: char) -> bool {
    (c.width() == Some(0) && !c.is_whitespace()) || ('\u{1f3fb}'..='\u{1f3ff}').contains(&c)
}

/// Whether a cut at `at` falls inside what a person sees as one character. Not the whole of UAX 29, but marks, emoji
/// joined or coloured, flags, and Hangul written in parts.
pub(crate) fn splits_cluster(text: &str, at: usize) -> bool {
    let (Some(prev), Some(next)) = (text[..at].chars().next_back(), text[at..].chars().next()) else { return false };
    let flag = |c: char| ('\u{1f1e6}'..='\u{1f1ff}').contains(&c);
    attaches(next) || prev == '\u{200d}' || (flag(prev) && flag(next))
}

/// What a number in news is usually followed by: it says little without.
const UNITS: &str = "年月日号时点分秒亿万千百十元美欧港英人名个家次届件部台辆米公吨里度倍折岁股";

/// Whether a cut at `at` falls inside a Latin word, a number with its unit, or a code such as `GPT-4`, `C++`, `3.5`.
pub(crate) fn splits_word(text: &str, at: usize) -> bool {
    let mut before = text[..at].chars().rev().filter(|&c| !attaches(c));
    let mut after = text[at..].chars();
    let (Some(prev), Some(next)) = (before.next(), after.next()) else { return false };
    match (is_wordy(prev), is_wordy(next)) {
        (true, true) => true,
        (true, false) => {
            matches!(next, '%' | '％' | '‰' | '+' | '#' | '°' | '℃')
                || (is_joint(next) && after.next().is_some_and(is_wordy))
                || (prev.is_numeric() && UNITS.contains(next))
        }
        (false, true) => {
            (matches!(prev, '$' | '¥' | '￥' | '€' | '£' | '#' | '@' | '+' | '-') || is_joint(prev))
                && (before.next().is_some_and(is_wordy) || next.is_numeric())
        }
        (false, false) => prev == '+' && next == '+',
    }
}

/// Letters and digits of scripts that put blanks between words, full-width forms included.
fn is_wordy(c: char) -> bool {
    c.is_alphanumeric() && (c.width() == Some(1) || ('\u{ff10}'..='\u{ff5a}').contains(&c))
}

/// Characters that join two words into one.
fn is_joint(c: char) -> bool {
    matches!(c, '.' | ',' | '-' | '_' | '\'' | '’' | '/' | '&' | '@' | ':' | '．')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every occurrence of each of `words` in `body`, all of one weight.
    fn matches(body: &str, words: &[&str]) -> Vec<Match> {
        let mut found: Vec<Match> = words
            .iter()
            .enumerate()
            .flat_map(|(term, word)| {
                body.match_indices(word).map(move |(i, w)| Match { bytes: i..i + w.len(), term, weight: 1.0 })
            })
            .collect();
        found.sort_by_key(|m| m.bytes.start);
        found
    }

    /// The snippet as a person sees it, marks in brackets.
    fn show(body: &str, words: &[&str], max_chars: usize) -> String {
        let Some(snippet) = select(body, &matches(body, words), max_chars) else { return "-".to_owned() };
        let mut text = String::new();
        let mut at = 0;
        for mark in &snippet.passage.marks {
            text += &snippet.passage.text[at..mark.start];
            text += &format!("[{}]", &snippet.passage.text[mark.clone()]);
            at = mark.end;
        }
        text += &snippet.passage.text[at..];
        format!("{}{text}{}", if snippet.cut_before { "…" } else { "" }, if snippet.cut_after { "…" } else { "" })
    }

    #[track_caller]
    fn check(body: &str, words: &[&str], max_chars: usize, expected: &str) {
        assert_eq!(show(body, words, max_chars), expected);
    }

    #[test]
    fn takes_whole_sentences() {
        let body = "昨天下了雨。云河公司宣布，年底关闭旧的账本服务。客户可以迁移数据。股价没有变化。";
        check(body, &["账本"], 20, "云河公司宣布，年底关闭旧的[账本]服务。");
        check(body, &["账本"], 30, "云河公司宣布，年底关闭旧的[账本]服务。客户可以迁移数据。");
        check(body, &["股价"], 30, "客户可以迁移数据。[股价]没有变化。");
    }

    #[test]
    fn bylines_and_captions_are_no_sentences() {
        check("图：新桥\n甲市通车。\n……\n（完）\n下载应用", &["甲"], 30, "[甲]市通车。");
        check("图：新桥\n甲市通车。\n图二\n乙市也是。", &["甲"], 30, "[甲]市通车。\n图二\n乙市也是。");
        check("图：新桥\n甲市通车。", &["新桥"], 30, "图：[新桥]\n甲市通车。");
    }

    #[test]
    fn takes_the_lead_when_only_the_title_matched() {
        check("　甲市开通新桥。全长三公里。通车在明年。", &[], 15, "甲市开通新桥。全长三公里。");
        check("没有任何标点的一段很长的文字", &[], 6, "没有任何标点…");
    }

    #[test]
    fn blank_bodies_and_no_room_give_nothing() {
        for (body, max_chars) in [("", 10), (" \n ", 10), ("有字", 0)] {
            check(body, &["字"], max_chars, "-");
        }
    }

    #[test]
    fn prefers_different_words_then_close_ones() {
        let body = "微光微光微光。\n微光公司。这里隔着很长的一句话，与账本无关。\n微光的账本。";
        check(body, &["微光", "账本"], 8, "[微光]的[账本]。");
    }

    #[test]
    fn a_rare_word_outweighs_two_common_ones() {
        let body = "公司发布公告称。股市平稳。量子芯片试产成功。";
        let mut found = matches(body, &["公司", "公告", "量子"]);
        found[2].weight = 5.0;
        assert_eq!(select(body, &found, 9).unwrap().passage.text, "量子芯片试产成功。");
    }

    #[test]
    fn closing_quotes_stay_with_the_sentence() {
        check("他说：“够了。”然后离开。再见。", &["够"], 10, "他说：“[够]了。”");
        check("（详见附件。）下一句在这里。", &["附件"], 8, "（详见[附件]。）");
        check("他喊：「走！」』众人都走。", &["走"], 8, "他喊：「[走]！」』");
        check("“够了。”，他说。再见。", &["说"], 9, "“够了。”，他[说]。");
    }

    #[test]
    fn a_mark_inside_a_book_title_ends_no_sentence() {
        check("电影《你好！明天》上映。票房不错。", &["明天"], 13, "电影《你好！[明天]》上映。");
    }

    #[test]
    fn ascii_stops_need_a_blank_and_no_abbreviation() {
        check("U.S. firms led by Mr. Wu grew 3.5 percent. Then it fell.", &["3.5"], 45, {
            "U.S. firms led by Mr. Wu grew [3.5] percent."
        });
        check("Is it? Yes! He said \"no.\" Done.", &["Yes"], 5, "[Yes]!");
        check("Is it? Yes! He said \"no.\" Done.", &["said"], 14, "He [said] \"no.\"");
        check("It is No. 5 of Fun Inc. in town.", &["town"], 40, "It is No. 5 of Fun Inc. in [town].");
        check("见 a.b.com 网页。完。", &["网页"], 13, "见 a.b.com [网页]。");
    }

    #[test]
    fn a_long_sentence_is_cut_around_its_words() {
        let body = "这是一个从头到尾没有句号的非常长的句子，其中说到云河公司，也说到账本服务，还说到许多别的事情，\
                    例如天气和交通，以及明年的计划";
        check(body, &["云河", "账本"], 24, "…其中说到[云河]公司，也说到[账本]服务，…");
        check(body, &["这是"], 20, "[这是]一个从头到尾没有句号的非常长的句子，…");
        check(body, &["计划"], 16, "…例如天气和交通，以及明年的[计划]");
    }

    #[test]
    fn a_cut_spares_words_and_numbers() {
        let body = "型号为PD1728_A的手机价格是3999.5元左右而且支持GPT-4助手";
        check(body, &["价格"], 16, "…的手机[价格]是…");
        check(body, &["助手"], 6, "…[助手]");
        check("value of international cooperation agreements", &["cooperation"], 20, "…[cooperation]…");
        check("Supercalifragilistic", &["frag"], 10, "…ali[frag]ili…");
        check("甲乙丙👩\u{200d}🚀丁戊己e\u{301}庚", &["丁"], 3, "…[丁]戊…");
        check("甲乙丙丁戊己e\u{301}庚", &["戊"], 4, "…丁[戊]己…");
    }

    #[test]
    fn touching_marks_become_one_and_none_grows() {
        let body = "区块链服务，区块和链。";
        check(body, &["区块", "区块链", "服务", "链"], 20, "[区块链服务]，[区块]和[链]。");
        assert_eq!(marks(body, &matches(body, &["区块", "链"])), vec![0..9, 18..24, 27..30]);
    }

    #[test]
    fn a_match_longer_than_the_passage_is_cut() {
        check(
            "前言。这是一个很长的引文并且全部匹配。后记。",
            &["这是一个很长的引文并且全部匹配"],
            6,
            "[这是一个很长]…",
        );
    }

    #[test]
    fn odd_matches_are_ignored() {
        let body = "甲乙丙。";
        let odd = |bytes| Match { bytes, term: 0, weight: f32::NAN };
        let found = [odd(0..3), odd(1..3), odd(3..3), odd(6..9), odd(9..900)];
        let snippet = select(body, &found, 10).unwrap();
        assert_eq!(snippet.passage, Marked { text: body.to_owned(), marks: vec![0..3, 6..9] });
    }

    /// Greatest weight that any `max_chars` characters of `body` can hold, found by trying them all.
    fn best_score_of_all(body: &str, matches: &[Match], max_chars: usize) -> f64 {
        let ends: Vec<usize> = body.char_indices().map(|(i, _)| i).chain([body.len()]).collect();
        (0..ends.len())
            .map(|i| score(matches, &(ends[i]..ends[(i + max_chars).min(ends.len() - 1)])))
            .fold(0.0, f64::max)
    }

    /// Weight of the different words that lie wholly in `part`.
    fn score(matches: &[Match], part: &Range<usize>) -> f64 {
        let mut terms: Vec<(usize, f32)> = matches
            .iter()
            .filter(|m| part.start <= m.bytes.start && m.bytes.end <= part.end)
            .map(|m| (m.term, m.weight))
            .collect();
        terms.sort_by_key(|t| t.0);
        terms.dedup_by_key(|t| t.0);
        terms.iter().map(|t| f64::from(t.1)).sum()
    }

    /// A body of odd characters, matches in it whose words have one weight each, and a length.
    fn cases() -> impl Strategy<Value = (String, Vec<Match>, usize)> {
        let character = prop_oneof![
            6 => "[甲乙丙丁戊己庚辛]",
            2 => "[a-cA-C0-9 .,%_-]",
            2 => "[。！？；…，”』）》\"《“\n]",
            1 => "[\u{301}\u{200d}\u{fe0f}👩🚀🇨🇳é\u{1b}]",
        ];
        let body = prop::collection::vec(character, 0..160).prop_map(|parts| parts.concat());
        (body, prop::collection::vec((0usize..160, 1usize..5, 0usize..4), 0..24), 0usize..48).prop_map(
            |(body, places, max_chars)| {
                let ends: Vec<usize> = body.char_indices().map(|(i, _)| i).chain([body.len()]).collect();
                let mut matches: Vec<Match> = places
                    .into_iter()
                    .map(|(start, chars, term)| {
                        let start = start % ends.len();
                        let end = (start + chars.min(max_chars)).min(ends.len() - 1);
                        Match { bytes: ends[start]..ends[end], term, weight: (term + 1) as f32 * 0.5 }
                    })
                    .filter(|m| !m.bytes.is_empty())
                    .collect();
                matches.sort_by_key(|m| m.bytes.start);
                (body, matches, max_chars)
            },
        )
    }

    proptest! {
        #[test]
        fn the_passage_covers_as_much_as_any((body, matches, max_chars) in cases()) {
            let Some(snippet) = select(&body, &matches, max_chars) else {
                prop_assert!(max_chars == 0 || body.trim().is_empty());
                return Ok(());
            };
            let part = snippet.byte_start..snippet.byte_start + snippet.passage.text.len();
            prop_assert_eq!(&body[part.clone()], &snippet.passage.text);
            prop_assert!(snippet.passage.text.chars().count() <= max_chars);
            prop_assert!(!snippet.passage.text.is_empty());
            let best = best_score_of_all(&body, &matches, max_chars);
            prop_assert!((score(&matches, &part) - best).abs() < 1e-6, "{:?} holds less than {}", snippet, best);
        }

        #[test]
        fn marks_are_sorted_apart_and_within((body, matches, max_chars) in cases()) {
            let Some(snippet) = select(&body, &matches, max_chars) else { return Ok(()) };
            let mut end = None;
            for mark in &snippet.passage.marks {
                prop_assert!(mark.start < mark.end);
                prop_assert!(end.is_none_or(|end| end < mark.start));
                prop_assert!(snippet.passage.text.get(mark.clone()).is_some());
                end = Some(mark.end);
                let inner = mark.start + snippet.byte_start..mark.end + snippet.byte_start;
                for (i, _) in body[inner.clone()].char_indices() {
                    prop_assert!(matches.iter().any(|m| m.bytes.contains(&(inner.start + i))), "wider than a match");
                }
            }
        }

        #[test]
        fn no_input_panics(
            body in any::<String>(),
            places in prop::collection::vec((0usize..99, 0usize..99, any::<usize>(), any::<f32>()), 0..9),
            max_chars in prop_oneof![0usize..50, Just(usize::MAX)],
        ) {
            let found: Vec<Match> = places
                .into_iter()
                .map(|(start, end, term, weight)| Match { bytes: start..end, term, weight })
                .collect();
            let _ = select(&body, &found, max_chars);
            let _ = marks(&body, &found);
        }
    }
}
