//! Dates as people write them, turned into spans of exact instants.
//!
//! Pure: the current moment, and with it the time zone, is an argument.
//!
//! # What a date means
//! Each form names a *span*, its first instant included and its end excluded,
//! computed in the zone of the given moment; neighbouring spans leave no gap.
//!
//! | form | span |
//! |---|---|
//! | `2021` `2021年` | the year |
//! | `2021-05` `2021-5` `2021/05` `2021.05` `2021年5月` | the month |
//! | `2021-05-14` `2021/5/14` `2021.05.14` `20210514` `2021年5月14日` | the day |
//! | `2021-05-14T11:48` `2021年5月14日11:48` | the minute; with `:05` behind it, the second |
//! | `2021-05-14T11:48Z` `2021-05-14T11:48:05+08:00` | the same in a zone of its own |
//! | `today` 今天 今日, `yesterday` 昨天 昨日, 前天 | the day |
//! | `this-week` 本周 这周, `last-week` 上周 | Monday to Sunday |
//! | `this-month` 本月 这个月, `last-month` 上月 上个月 | the month |
//! | `this-year` 今年, `last-year` 去年, 前年 | the year |
//! | `7d` 7天, `2w` 2周, `3m` 3个月, `1y` 1年 | from the start of the day that long ago to the end of today |
//! | `12h` 12小时 | from that long ago, to the second, to the end of today |
//!
//! Months and years are those of the calendar: a month before 31 March is the
//! last day of February. Four digits and 年 are a year, fewer a number of years.
//! White space around 年月日 and full-width characters make no difference;
//! the traditional forms (週, 個月, 小時, 這) are known as well.
//!
//! # What is asked of it
//! - `after:X` and `--since X`: from the first instant of X on, so X is included.
//! - `before:X`: everything before the first instant of X, so X is excluded.
//!   `after:X` and `before:X` divide all time.
//! - `date:X`: the span of X.
//! - `--until X`: up to the last instant of X, so X is included: `--since 2021-05
//!   --until 2021-05` is May 2021, like `date:2021-05`.
//! - `date:X..Y`: from the first instant of X to the last of Y, in either order;
//!   `date:X..` and `date:..Y` are open. `date:X..<Y` leaves Y out.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _, Zoned};
use serde::{Deserialize, Serialize};

use super::ast::DateRange;
use super::syntax::{DateKey, folded};

/// What one date stands for, from `start` (included) to `end` (excluded).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The first instant.
    pub start: Timestamp,
    /// The first instant that no longer belongs to it; later than `start`.
    pub end: Timestamp,
}

/// Reads one date in any form of the [module's table](self) as a person at the
/// moment `now` means it; `None` if it is no date, or no date that exists. For
/// the command line: `--since` takes the `start`, `--until` the `end`.
pub fn parse_date_span(text: &str, now: &Zoned) -> Option<Span> {
    let text = folded(text.trim());
    let zone = now.time_zone();
    named(&text, now).or_else(|| calendar(&text, zone)).or_else(|| moment(&text)).or_else(|| relative(&text, now))
}

/// The range of the clause `key:value`.
pub(super) fn parse_clause(key: DateKey, value: &str, now: &Zoned) -> Option<DateRange> {
    let (from, until) = match key {
        DateKey::After => (Some(parse_date_span(value, now)?.start), None),
        DateKey::Before => (None, Some(parse_date_span(value, now)?.start)),
        DateKey::On => on(value, now)?,
    };
    let value = value.trim();
    let typed = if value.contains(char::is_whitespace) {
        format!("{}:\"{value}\"", key.name())
    } else {
        format!("{}:{value}", key.name())
    };
    Some(DateRange { from, until, typed })
}

fn on(value: &str, now: &Zoned) -> Option<(Option<Timestamp>, Option<Timestamp>)> {
    let value = folded(value);
    let Some((first, last)) = value.split_once("..") else {
        let span = parse_date_span(&value, now)?;
        return Some((Some(span.start), Some(span.end)));
    };
    // `Some(None)` is an open side, `None` one that is no date
    let side = |text: &str| match text.trim() {
        "" => Some(None),
        date => parse_date_span(date, now).map(Some),
    };
    if let Some(last) = last.strip_prefix('<') {
        return Some((side(first)?.map(|s| s.start), side(last)?.map(|s| s.start)));
    }
    match (side(first)?, side(last)?) {
        (Some(a), Some(b)) => Some((Some(a.start.min(b.start)), Some(a.end.max(b.end)))),
        (a, b) => Some((a.map(|s| s.start), b.map(|s| s.end))),
    }
}

/// From the first instant of `first` to the first of `next`. Both ends come
/// from the same function, so neighbouring spans touch in any time zone.
fn days(first: Date, next: Date, zone: &TimeZone) -> Option<Span> {
    let start = start_of(first, zone)?;
    let end = start_of(next, zone)?;
    // a day that a zone skipped (Samoa, 30 December 2011) has no instants
    (start < end).then_some(Span { start, end })
}

/// The first instant of the day: midnight, or the end of a gap over it.
fn start_of(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    Some(day.to_zoned(zone.clone()).ok()?.timestamp())
}

fn day_span(day: Date, zone: &TimeZone) -> Option<Span> {
    days(day, day.tomorrow().ok()?, zone)
}

fn month_span(day: Date, zone: &TimeZone) -> Option<Span> {
    let first = day.first_of_month();
    days(first, first.checked_add(1.month()).ok()?, zone)
}

fn year_span(day: Date, zone: &TimeZone) -> Option<Span> {
    let first = day.first_of_year();
    days(first, first.checked_add(1.year()).ok()?, zone)
}

/// Monday to Sunday, as in ISO 8601 and in China.
fn week_span(day: Date, zone: &TimeZone) -> Option<Span> {
    let monday = day.checked_sub(i64::from(day.weekday().to_monday_zero_offset()).days()).ok()?;
    days(monday, monday.checked_add(7.days()).ok()?, zone)
}

fn named(text: &str, now: &Zoned) -> Option<Span> {
    let today = now.date();
    let zone = now.time_zone();
    let ago = |span: jiff::Span| today.checked_sub(span).ok();
    match text {
        "today" | "今天" | "今日" => day_span(today, zone),
        "yesterday" | "昨天" | "昨日" => day_span(ago(1.day())?, zone),
        "前天" => day_span(ago(2.days())?, zone),
        "this-week" | "本周" | "本週" | "这周" | "這週" => week_span(today, zone),
        "last-week" | "上周" | "上週" => week_span(ago(1.week())?, zone),
        "this-month" | "本月" | "这个月" | "這個月" => month_span(today, zone),
        "last-month" | "上月" | "上个月" | "上個月" => month_span(ago(1.month())?, zone),
        "this-year" | "今年" => year_span(today, zone),
        "last-year" | "去年" => year_span(ago(1.year())?, zone),
        "前年" => year_span(ago(2.years())?, zone),
        _ => None,
    }
}

fn relative(text: &str, now: &Zoned) -> Option<Span> {
    let mut cursor = Cursor(text);
    // four digits keep the arithmetic far from every overflow
    let count = i64::from(cursor.number(1, 4)?);
    let day = now.date();
    let first = match cursor.0 {
        "h" | "小时" | "小時" => None,
        "d" | "天" => Some(count.days()),
        "w" | "周" | "週" => Some(count.weeks()),
        "m" | "个月" | "個月" => Some(count.months()),
        "y" | "年" => Some(count.years()),
        _ => return None,
    };
    let zone = now.time_zone();
    let start = match first {
        Some(span) => start_of(day.checked_sub(span).ok()?, zone)?,
        None => now.timestamp().checked_sub(SignedDuration::from_hours(count)).ok()?,
    };
    let end = start_of(day.tomorrow().ok()?, zone)?;
    (start < end).then_some(Span { start, end })
}

fn calendar(text: &str, zone: &TimeZone) -> Option<Span> {
    let unspaced: String;
    let text = if text.contains('年') {
        unspaced = text.chars().filter(|c| !c.is_whitespace()).collect();
        &unspaced
    } else {
        text
    };
    let mut cursor = Cursor(text);
    let year = i16::try_from(cursor.number(4, 4)?).ok()?;
    if let Some((month, day)) = cursor.month_and_day_digits() {
        return day_span(date(year, month, day)?, zone);
    }
    let mark = cursor.one_of(&['-', '/', '.', '年']);
    if cursor.is_done() {
        return if matches!(mark, None | Some('年')) { year_span(date(year, 1, 1)?, zone) } else { None };
    }
    let mark = mark?;
    let chinese = mark == '年';
    let month = cursor.number(1, 2)?;
    if chinese {
        cursor.one_of(&['月'])?;
    }
    if cursor.is_done() {
        return month_span(date(year, month, 1)?, zone);
    }
    if !chinese {
        cursor.one_of(&[mark])?;
    }
    let day = date(year, month, cursor.number(1, 2)?)?;
    if chinese {
        cursor.one_of(&['日', '号', '號'])?;
    }
    if cursor.is_done() {
        return day_span(day, zone);
    }
    let joined = cursor.one_of(&['t', ' ']).is_some();
    if !joined && !chinese {
        return None;
    }
    time_span(day, &mut cursor, zone)
}

/// The minute or the second of `day` that stands at the cursor.
fn time_span(day: Date, cursor: &mut Cursor<'_>, zone: &TimeZone) -> Option<Span> {
    let hour = cursor.number(1, 2)?;
    cursor.one_of(&[':'])?;
    let minute = cursor.number(2, 2)?;
    let second = match cursor.one_of(&[':']) {
        Some(_) => Some(cursor.number(2, 2)?),
        None => None,
    };
    if !cursor.is_done() {
        return None;
    }
    let part = |number: u32| i8::try_from(number).ok();
    let time = Time::new(part(hour)?, part(minute)?, part(second.unwrap_or(0))?, 0).ok()?;
    let start = day.to_datetime(time).to_zoned(zone.clone()).ok()?.timestamp();
    let length = SignedDuration::from_secs(if second.is_some() { 1 } else { 60 });
    Some(Span { start, end: start.checked_add(length).ok()? })
}

/// A moment with an offset of its own, as `Display` of a range prints it.
fn moment(text: &str) -> Option<Span> {
    let (_, time) = text.split_once('t')?;
    let start: Timestamp = text.to_ascii_uppercase().parse().ok()?;
    let clock = time.split(['z', '+', '-']).next().unwrap_or(time);
    let length = match clock {
        fraction if fraction.contains(['.', ',']) => SignedDuration::from_nanos(1),
        seconds if seconds.matches(':').count() == 2 => SignedDuration::from_secs(1),
        _ => SignedDuration::from_secs(60),
    };
    // the last moment that exists must still be readable
    Some(Span { start, end: start.checked_add(length).unwrap_or(Timestamp::MAX) })
}

fn date(year: i16, month: u32, day: u32) -> Option<Date> {
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// What is left of the text to be read.
struct Cursor<'a>(&'a str);

impl Cursor<'_> {
    fn is_done(&self) -> bool {
        self.0.is_empty()
    }

    /// A number of `min` to `max` ASCII digits, as many as there are.
    fn number(&mut self, min: usize, max: usize) -> Option<u32> {
        let digits = self.0.bytes().take(max).take_while(u8::is_ascii_digit).count();
        if digits < min {
            return None;
        }
        let (number, rest) = self.0.split_at(digits);
        self.0 = rest;
        number.parse().ok()
    }

    /// The `0514` of `20210514`, if nothing else is left.
    fn month_and_day_digits(&mut self) -> Option<(u32, u32)> {
        let all_digits = self.0.len() == 4 && self.0.bytes().all(|b| b.is_ascii_digit());
        if all_digits { Some((self.number(2, 2)?, self.number(2, 2)?)) } else { None }
    }

    fn one_of(&mut self, allowed: &[char]) -> Option<char> {
        let c = self.0.chars().next().filter(|c| allowed.contains(c))?;
        self.0 = &self.0[c.len_utf8()..];
        Some(c)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A Friday morning in Shanghai.
    fn now() -> Zoned {
        "2021-05-14T11:48:30+08:00[+08:00]".parse().unwrap()
    }

    /// `span` as local times `start..end`, midnight left out.
    fn show(span: Span) -> String {
        let local = |t: Timestamp| {
            let text = t.to_zoned(now().time_zone().clone()).datetime().to_string();
            text.strip_suffix("T00:00:00").map(str::to_owned).unwrap_or(text)
        };
        format!("{}..{}", local(span.start), local(span.end))
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let span = parse_date_span(text, &now()).unwrap_or_else(|| panic!("no date: {text}"));
        assert_eq!(show(span), expected, "{text}");
    }

    #[test]
    fn reads_calendar_dates() {
        for text in ["2021", "2021年", "２０２１", " 2021 "] {
            check(text, "2021-01-01..2022-01-01");
        }
        for text in ["2021-05", "2021-5", "2021/05", "2021.5", "2021年5月", "2021 年 5 月", "２０２１－０５"]
        {
            check(text, "2021-05-01..2021-06-01");
        }
        for text in
            ["2021-05-14", "2021-5-14", "2021/05/14", "2021.05.14", "20210514", "2021年5月14日", "2021年5月14号"]
        {
            check(text, "2021-05-14..2021-05-15");
        }
        check("2021-12", "2021-12-01..2022-01-01");
        check("2024-02", "2024-02-01..2024-03-01");
        for text in
            ["2021-05-14T11:48", "2021-05-14t11:48", "2021-05-14 11:48", "2021年5月14日11:48", "2021年5月14日 11:48"]
        {
            check(text, "2021-05-14T11:48:00..2021-05-14T11:49:00");
        }
        check("2021-05-14T11:48:05", "2021-05-14T11:48:05..2021-05-14T11:48:06");
    }

    #[test]
    fn reads_moments_with_an_offset() {
        check("2021-05-14T03:48Z", "2021-05-14T11:48:00..2021-05-14T11:49:00");
        check("2021-05-14T03:48:05Z", "2021-05-14T11:48:05..2021-05-14T11:48:06");
        check("2021-05-14T04:48:05+01:00", "2021-05-14T11:48:05..2021-05-14T11:48:06");
        check("2021-05-14T03:48:05.5Z", "2021-05-14T11:48:05.5..2021-05-14T11:48:05.500000001");
    }

    #[test]
    fn reads_names() {
        for (names, expected) in [
            (&["today", "TODAY", "今天", "今日"][..], "2021-05-14..2021-05-15"),
            (&["yesterday", "昨天", "昨日"], "2021-05-13..2021-05-14"),
            (&["前天"], "2021-05-12..2021-05-13"),
            (&["this-week", "本周", "本週", "这周"], "2021-05-10..2021-05-17"),
            (&["last-week", "上周", "上週"], "2021-05-03..2021-05-10"),
            (&["this-month", "本月", "这个月"], "2021-05-01..2021-06-01"),
            (&["last-month", "上月", "上个月"], "2021-04-01..2021-05-01"),
            (&["this-year", "今年"], "2021-01-01..2022-01-01"),
            (&["last-year", "去年"], "2020-01-01..2021-01-01"),
            (&["前年"], "2019-01-01..2020-01-01"),
        ] {
            for name in names {
                check(name, expected);
            }
        }
    }

    #[test]
    fn reads_times_ago() {
        for (names, expected) in [
            (&["7d", "7D", "7天", "７天", "1w", "1周", "1週"][..], "2021-05-07..2021-05-15"),
            (&["0d"], "2021-05-14..2021-05-15"),
            (&["3m", "3个月", "3個月"], "2021-02-14..2021-05-15"),
            (&["1y", "1年"], "2020-05-14..2021-05-15"),
            (&["12h", "12小时", "12小時"], "2021-05-13T23:48:30..2021-05-15"),
        ] {
            for name in names {
                check(name, expected);
            }
        }
        let end_of_march: Zoned = "2021-03-31T08:00+08:00[+08:00]".parse().unwrap();
        let span = parse_date_span("1m", &end_of_march).unwrap();
        assert_eq!(show(span), "2021-02-28..2021-04-01");
    }

    #[test]
    fn says_what_is_no_date() {
        for text in [
            "",
            " ",
            "foo",
            "21",
            "202",
            "20215",
            "2021-",
            "2021-13",
            "2021-00",
            "2021-02-30",
            "2021-5-",
            "2021-05/14",
            "2021-123",
            "20211301",
            "202105141",
            "2021年5",
            "2021年13月",
            "5月",
            "3月",
            "7",
            "7x",
            "-7d",
            "12345d",
            "2021-05-14T",
            "2021-05-14T25:00",
            "2021-05-14T11",
            "2021-05-14T11:4",
            "2021-05-14T11:48:5",
            "9999",
            "..",
            "2021-05-14T11:48+99:00",
            "2021..2022",
            "今",
            "昨天天",
        ] {
            assert_eq!(parse_date_span(text, &now()), None, "{text}");
        }
    }

    #[track_caller]
    fn range(key: DateKey, value: &str) -> String {
        let local =
            |t: Option<Timestamp>| t.map_or("∞".into(), |t| t.to_zoned(now().time_zone().clone()).date().to_string());
        let range = parse_clause(key, value, &now()).expect("a date");
        format!("{}..{}", local(range.from), local(range.until))
    }

    #[test]
    fn clauses_are_exact_on_both_sides() {
        assert_eq!(range(DateKey::After, "2021-05"), "2021-05-01..∞");
        assert_eq!(range(DateKey::Before, "2021-05"), "∞..2021-05-01");
        assert_eq!(range(DateKey::On, "2021-05"), "2021-05-01..2021-06-01");
        assert_eq!(range(DateKey::On, "2021-01..2021-03"), "2021-01-01..2021-04-01");
        assert_eq!(range(DateKey::On, "2021-03..2021-01"), "2021-01-01..2021-04-01");
        assert_eq!(range(DateKey::On, "2020..2021年3月14日"), "2020-01-01..2021-03-15");
        assert_eq!(range(DateKey::On, "2021.01..2021.03"), "2021-01-01..2021-04-01");
        assert_eq!(range(DateKey::On, "2021-01..<2021-03"), "2021-01-01..2021-03-01");
        assert_eq!(range(DateKey::On, "2021-01.."), "2021-01-01..∞");
        assert_eq!(range(DateKey::On, "..2021-01"), "∞..2021-02-01");
        assert_eq!(range(DateKey::On, "..<2021-01"), "∞..2021-01-01");
        assert_eq!(range(DateKey::On, "..今天"), "∞..2021-05-15");
        assert_eq!(range(DateKey::On, ".."), "∞..∞");
        for bad in ["foo..2021", "2021..foo", "2021..<", "...", "2021,2022"] {
            let is_open = bad == "2021..<";
            assert_eq!(parse_clause(DateKey::On, bad, &now()).is_some(), is_open, "{bad}");
        }
        assert_eq!(parse_clause(DateKey::After, "2021..2022", &now()), None);
    }

    #[test]
    fn a_day_that_begins_late_begins_at_its_first_instant() {
        // clocks went from 00:00 to 01:00 in São Paulo on 4 November 2018
        let Ok(zone) = TimeZone::get("America/Sao_Paulo") else {
            return;
        };
        let now = now().with_time_zone(zone);
        let gap = parse_date_span("2018-11-04", &now).unwrap();
        assert_eq!(gap.start.to_string(), "2018-11-04T03:00:00Z");
        assert_eq!(gap.end.duration_since(gap.start), SignedDuration::from_hours(23));
        assert_eq!(parse_date_span("2018-11-03", &now).unwrap().end, gap.start);
    }

    fn zones() -> impl Strategy<Value = TimeZone> {
        prop_oneof![
            (-14i8..=14).prop_map(|hours| TimeZone::fixed(jiff::tz::offset(hours))),
            prop::sample::select(vec!["Asia/Shanghai", "America/Sao_Paulo", "Europe/London", "Australia/Lord_Howe"])
                .prop_map(|name| TimeZone::get(name).unwrap_or(TimeZone::UTC)),
        ]
    }

    fn moments() -> impl Strategy<Value = Zoned> {
        (zones(), -2_000_000_000i64..4_000_000_000)
            .prop_map(|(zone, second)| Timestamp::from_second(second).unwrap().to_zoned(zone))
    }

    fn dates() -> impl Strategy<Value = Date> {
        (1800i16..2200, 1i8..=12, 1i8..=31).prop_map(|(y, m, d)| {
            let first = Date::new(y, m, 1).unwrap();
            first.checked_add(i64::from(d.min(first.days_in_month()) - 1).days()).unwrap()
        })
    }

    fn forms() -> impl Strategy<Value = String> {
        let names: Vec<&str> =
            "today 昨天 前天 本周 上周 this-week last-week 本月 上月 今年 去年 前年".split(' ').collect();
        let units = vec!["h", "d", "w", "m", "y", "天", "周", "个月", "小时"];
        prop_oneof![
            (dates(), 0usize..8).prop_map(|(date, form)| {
                let (y, m, d) = (date.year(), date.month(), date.day());
                match form {
                    0 => format!("{y}"),
                    1 => format!("{y}-{m:02}"),
                    2 => format!("{y}年{m}月"),
                    3 => format!("{y}/{m}/{d}"),
                    4 => format!("{y}{m:02}{d:02}"),
                    5 => format!("{y}年{m}月{d}日"),
                    6 => format!("{y}-{m}-{d}T{:02}:{:02}", d % 24, d),
                    _ => format!("{y}-{m:02}-{d:02}T00:00:{d:02}Z"),
                }
            }),
            prop::sample::select(names).prop_map(str::to_owned),
            (0u32..1500, prop::sample::select(units)).prop_map(|(n, unit)| format!("{n}{unit}")),
        ]
    }

    proptest! {
        #[test]
        fn every_form_is_a_span_and_its_clauses_divide_time(form in forms(), now in moments(), at in -9_000_000_000i64..9_000_000_000) {
            let span = parse_date_span(&form, &now).expect("a form of the table");
            prop_assert!(span.start < span.end);
            let [after, before, on] = [DateKey::After, DateKey::Before, DateKey::On]
                .map(|key| parse_clause(key, &form, &now).expect("a form of the table"));
            let nano = SignedDuration::from_nanos(1);
            for at in [Timestamp::from_second(at).unwrap(), span.start, span.start - nano, span.end, span.end - nano] {
                prop_assert_ne!(after.contains(at), before.contains(at));
                prop_assert_eq!(on.contains(at), span.start <= at && at < span.end);
                prop_assert!(!on.contains(at) || after.contains(at));
            }
        }

        #[test]
        fn months_are_the_union_of_their_days_and_years_of_their_months(date in dates(), now in moments()) {
            let read = |text: String| parse_date_span(&text, &now).unwrap();
            let (y, m) = (date.year(), date.month());
            let days: Vec<Span> = (1..=date.days_in_month()).map(|d| read(format!("{y}-{m}-{d}"))).collect();
            let months: Vec<Span> = (1..=12).map(|m| read(format!("{y}年{m}月"))).collect();
            for (whole, parts) in [(read(format!("{y}-{m}")), days), (read(format!("{y}")), months)] {
                prop_assert_eq!(parts[0].start, whole.start);
                prop_assert_eq!(parts[parts.len() - 1].end, whole.end);
                prop_assert!(parts.windows(2).all(|pair| pair[0].end == pair[1].start));
            }
        }

        #[test]
        fn no_text_panics(text in r"[0-9tThdwmy年月日天周:./<+ Z今昨前上本个小时\-]{0,24}", now in moments()) {
            for key in [DateKey::After, DateKey::Before, DateKey::On] {
                let _ = parse_clause(key, &text, &now);
            }
        }
    }
}
