//! Dates as news writes them. Pure: nothing here knows what day it is.
//!
//! A date is read word by word, in whatever order the words come: numeric dates (`2021-05-14`, `2021/5/14`,
//! `2021年5月14日`, `20210514`), English ones (`Fri, 14 May 2021`, `May 14, 2021`), a clock time, morning or afternoon, a
//! zone. Weekdays are read over, for half of the wrong ones come from wrong programs, not from wrong dates. `CST` is
//! China Standard Time, +08:00: in Chinese news the American one does not occur. A time without a zone is in the zone
//! that the caller gives; a date without a time is its midnight.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::{Offset, TimeZone};

/// The text is no date that an article can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BadDate;

/// Articles date from these years; anything else is a mistake or a placeholder such as `0001-01-01`.
const YEARS: std::ops::RangeInclusive<i16> = 1900..=2100;

/// Longer than any date; bounds the work on text that is none.
const MAX_BYTES: usize = 128;

/// Reads a date out of text.
pub(super) fn parse_date(text: &str, zone: &TimeZone) -> Result<Timestamp, BadDate> {
    let text = text.trim();
    if text.len() > MAX_BYTES {
        return Err(BadDate);
    }
    let text: String = text.chars().map(to_ascii).collect();
    // nine digits of seconds begin in 1973; fewer are no date, and 8, 12 and 14 are a date without marks between
    if matches!(text.len(), 9..=11 | 13 | 15..) && text.bytes().all(|b| b.is_ascii_digit()) {
        return parse_unix(text.parse().map_err(|_| BadDate)?);
    }
    let mut read = Reading::default();
    let mut rest = text.as_str();
    while let Some(first) = rest.chars().next() {
        rest = match first {
            c if c.is_whitespace() || matches!(c, ',' | '(' | ')' | '[' | ']' | ';') => &rest[c.len_utf8()..],
            '0'..='9' => read.digits(rest)?,
            '+' | '-' => read.offset(rest)?,
            c if c.is_ascii_alphabetic() => read.word(rest)?,
            _ => read.chinese(rest)?,
        };
    }
    read.finish(zone)
}

/// Seconds since 1970, or milliseconds, microseconds or nanoseconds when they are too many for seconds.
pub(super) fn parse_unix(number: i64) -> Result<Timestamp, BadDate> {
    let stamp = match number.unsigned_abs() {
        0..100_000_000_000 => Timestamp::from_second(number),
        100_000_000_000..100_000_000_000_000 => Timestamp::from_millisecond(number),
        100_000_000_000_000..100_000_000_000_000_000 => Timestamp::from_microsecond(number),
        _ => Timestamp::from_nanosecond(i128::from(number)),
    };
    let stamp = stamp.map_err(|_| BadDate)?;
    if YEARS.contains(&stamp.to_zoned(TimeZone::UTC).year()) { Ok(stamp) } else { Err(BadDate) }
}

/// Full-width digits and punctuation as ASCII.
fn to_ascii(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '−' | '–' => '-',
        _ => c,
    }
}

/// What the words so far have said.
#[derive(Default)]
struct Reading {
    year: Option<i16>,
    month: Option<i8>,
    day: Option<i8>,
    time: Option<(i8, i8, i8, i32)>,
    /// Hours to add to a time up to 12; `Some(0)` is the morning.
    half: Option<i8>,
    zone: Option<TimeZone>,
}

/// Sets `slot` once.
fn set<T>(slot: &mut Option<T>, value: T) -> Result<(), BadDate> {
    if slot.is_some() {
        return Err(BadDate);
    }
    *slot = Some(value);
    Ok(())
}

/// The digits that `text` begins with, and what follows.
fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

fn number<T: std::str::FromStr>(digits: &str) -> Result<T, BadDate> {
    digits.parse().map_err(|_| BadDate)
}

impl Reading {
    /// A number, and with it the whole date or time that it begins.
    fn digits<'a>(&mut self, text: &'a str) -> Result<&'a str, BadDate> {
        let (digits, after) = split_digits(text);
        match after.chars().next() {
            Some(':' | '时' | '時' | '点' | '點') if digits.len() <= 2 => self.clock(digits, after),
            Some('-' | '/' | '.' | '年') if digits.len() == 4 => {
                set(&mut self.year, number(digits)?)?;
                self.month_and_day(&after[after.chars().next().map_or(0, char::len_utf8)..])
            }
            Some('月') => self.month_and_day(text),
            // 14-May-2021
            Some('-') if digits.len() <= 2 && after[1..].starts_with(|c: char| c.is_ascii_alphabetic()) => {
                set(&mut self.day, number(digits)?)?;
                let rest = self.word(&after[1..])?;
                Ok(rest.strip_prefix('-').unwrap_or(rest))
            }
            _ => match digits.len() {
                1 | 2 if self.day.is_none() => {
                    set(&mut self.day, number(digits)?)?;
                    let after =
                        ["st", "nd", "rd", "th"].iter().find_map(|end| after.strip_prefix(end)).unwrap_or(after);
                    Ok(after.strip_prefix(['日', '号', '號']).unwrap_or(after))
                }
                // RFC 850 and RFC 822 wrote two digits
                2 if self.month.is_some() => {
                    let year: i16 = number(digits)?;
                    set(&mut self.year, if year < 50 { 2000 + year } else { 1900 + year })?;
                    Ok(after)
                }
                4 if self.year.is_none() => {
                    set(&mut self.year, number(digits)?)?;
                    Ok(after)
                }
                // after the T of the basic ISO format
                4 | 6 if self.day.is_some() && self.time.is_none() => {
                    self.packed_clock(digits)?;
                    Ok(after)
                }
                8 | 12 | 14 => {
                    set(&mut self.year, number(&digits[..4])?)?;
                    set(&mut self.month, number(&digits[4..6])?)?;
                    set(&mut self.day, number(&digits[6..8])?)?;
                    if digits.len() > 8 {
                        self.packed_clock(&digits[8..])?;
                    }
                    Ok(after)
                }
                _ => Err(BadDate),
            },
        }
    }

    /// `05-14`, `5月14日`, `5/14`, after the year.
    fn month_and_day<'a>(&mut self, text: &'a str) -> Result<&'a str, BadDate> {
        let (month, after) = split_digits(text.trim_start());
        set(&mut self.month, number(month)?)?;
        let Some(rest) = after.trim_start().strip_prefix(['-', '/', '.', '月']) else { return Ok(after) };
        let (day, after) = split_digits(rest.trim_start());
        if day.is_empty() {
            return Ok(after);
        }
        set(&mut self.day, number(day)?)?;
        Ok(after.strip_prefix(['日', '号', '號']).unwrap_or(after))
    }

    /// `11:48`, `11:48:00.123`, `11时48分`, from the hour on.
    fn clock<'a>(&mut self, hour: &str, after: &'a str) -> Result<&'a str, BadDate> {
        let skip = |text: &'a str| &text[text.chars().next().map_or(0, char::len_utf8)..];
        let (minute, mut rest) = split_digits(skip(after));
        let (mut second, mut nanos) = ("0", 0);
        if rest.starts_with([':', '分']) {
            let (digits, after_second) = split_digits(skip(rest));
            rest = after_second;
            if !digits.is_empty() {
                second = digits;
                rest = rest.strip_prefix('秒').unwrap_or(rest);
            }
            if let Some(fraction) =
                rest.strip_prefix(['.', ',']).filter(|text| text.starts_with(|c: char| c.is_ascii_digit()))
            {
                let (digits, after_fraction) = split_digits(fraction);
                let nine: String = digits.chars().chain("000000000".chars()).take(9).collect();
                (nanos, rest) = (number(&nine)?, after_fraction);
            }
        }
        let minute = if minute.is_empty() { 0 } else { number(minute)? };
        set(&mut self.time, (number(hour)?, minute, number(second)?, nanos))?;
        Ok(rest)
    }

    /// `1148`, `114800`.
    fn packed_clock(&mut self, digits: &str) -> Result<(), BadDate> {
        let second = if digits.len() == 6 { number(&digits[4..])? } else { 0 };
        set(&mut self.time, (number(&digits[..2])?, number(&digits[2..4])?, second, 0))
    }

    /// `+0800`, `+08:00`, `-5`; a dash before the time is read over.
    fn offset<'a>(&mut self, text: &'a str) -> Result<&'a str, BadDate> {
        let (hours, after) = split_digits(&text[1..]);
        if hours.is_empty() || self.time.is_none() {
            return text.strip_prefix('-').ok_or(BadDate);
        }
        let (hours, minutes, rest) = match (hours.len(), after.strip_prefix(':')) {
            (1 | 2, Some(rest)) => match split_digits(rest) {
                (minutes, rest) if minutes.len() <= 2 => (hours, minutes, rest),
                _ => return Err(BadDate),
            },
            (1 | 2, None) => (hours, "0", after),
            (4, _) => (&hours[..2], &hours[2..], after),
            _ => return Err(BadDate),
        };
        let seconds = number::<i32>(hours)? * 3600 + number::<i32>(minutes)? * 60;
        let seconds = if text.starts_with('-') { -seconds } else { seconds };
        let zone = TimeZone::fixed(Offset::from_seconds(seconds).map_err(|_| BadDate)?);
        // `GMT+0800` says more than `GMT`
        self.zone = Some(zone);
        Ok(rest)
    }

    /// Months, weekdays, `AM`, `PM`, `T`, names of zones.
    fn word<'a>(&mut self, text: &'a str) -> Result<&'a str, BadDate> {
        let end = text.find(|c: char| !(c.is_ascii_alphabetic() || matches!(c, '/' | '_'))).unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        let lower = word.to_ascii_lowercase();
        const MONTHS: [&str; 12] = [
            "january",
            "february",
            "march",
            "april",
            "may",
            "june",
            "july",
            "august",
            "september",
            "october",
            "november",
            "december",
        ];
        const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
        let rest_after_dot = rest.strip_prefix('.').unwrap_or(rest);
        if lower.len() >= 3 {
            if let Some(month) =
                MONTHS.iter().position(|name| name.starts_with(&lower) || lower == "sept" && *name == "september")
            {
                set(&mut self.month, month as i8 + 1)?;
                return Ok(rest_after_dot);
            }
            if DAYS.iter().any(|name| name.starts_with(&lower)) || lower == "thur" || lower == "tues" {
                return Ok(rest_after_dot);
            }
        }
        let hours = match lower.as_str() {
            "t" | "at" | "of" => return Ok(rest),
            "am" | "pm" => {
                set(&mut self.half, if lower == "pm" { 12 } else { 0 })?;
                return Ok(rest);
            }
            "z" | "ut" | "utc" | "gmt" => 0,
            "cst" | "hkt" | "bjt" | "sgt" | "pht" | "awst" => 8,
            "jst" | "kst" => 9,
            "ist" => return self.set_zone(Offset::from_seconds(5 * 3600 + 1800), rest),
            "est" => -5,
            "edt" => -4,
            "cdt" => -5,
            "mst" => -7,
            "pst" => -8,
            "mdt" => -6,
            "pdt" => -7,
            "bst" | "cet" | "met" => 1,
            "cest" | "eet" => 2,
            "msk" => 3,
            "asia/shanghai" | "asia/chongqing" | "asia/hong_kong" | "asia/taipei" | "asia/macau" | "asia/singapore" => {
                8
            }
            // RFC 9557 puts the zone's name behind the offset; by itself it would need the zone database
            _ if word.contains('/') && self.zone.is_some() => return Ok(rest),
            _ => return Err(BadDate),
        };
        self.set_zone(Offset::from_hours(hours), rest)
    }

    /// A zone's name after an offset is a comment, as in `+0800 (CST)`.
    fn set_zone<'a>(&mut self, offset: Result<Offset, jiff::Error>, rest: &'a str) -> Result<&'a str, BadDate> {
        let offset = offset.map_err(|_| BadDate)?;
        self.zone.get_or_insert(TimeZone::fixed(offset));
        Ok(rest)
    }

    /// 上午, 下午, 星期五, 北京时间.
    fn chinese<'a>(&mut self, text: &'a str) -> Result<&'a str, BadDate> {
        for (word, half) in [("上午", 0), ("凌晨", 0), ("早上", 0), ("下午", 12), ("晚上", 12), ("中午", 12)]
        {
            if let Some(rest) = text.strip_prefix(word) {
                set(&mut self.half, half)?;
                return Ok(rest);
            }
        }
        for word in ["北京时间", "北京時間", "台北时间", "台北時間", "香港時間"] {
            if let Some(rest) = text.strip_prefix(word) {
                return self.set_zone(Offset::from_hours(8), rest);
            }
        }
        for word in ["星期", "礼拜", "禮拜", "周", "週"] {
            if let Some(rest) = text.strip_prefix(word) {
                return rest.strip_prefix(['一', '二', '三', '四', '五', '六', '日', '天']).ok_or(BadDate);
            }
        }
        Err(BadDate)
    }

    fn finish(self, zone: &TimeZone) -> Result<Timestamp, BadDate> {
        let (Some(year), Some(month)) = (self.year, self.month) else { return Err(BadDate) };
        if !YEARS.contains(&year) {
            return Err(BadDate);
        }
        // a month alone, as in `2021年5月`, is its first day
        let date = Date::new(year, month, self.day.unwrap_or(1)).map_err(|_| BadDate)?;
        let (mut hour, minute, second, nanos) = self.time.unwrap_or_default();
        match self.half {
            Some(12) if hour < 12 => hour += 12,
            Some(0) if hour == 12 => hour = 0,
            _ => {}
        }
        // a day may end with 24:00, a minute with a leap second
        let (hour, next_day) = if hour == 24 && minute == 0 { (0, true) } else { (hour, false) };
        let time = Time::new(hour, minute, second.min(59), nanos).map_err(|_| BadDate)?;
        let date = if next_day { date.tomorrow().map_err(|_| BadDate)? } else { date };
        if second > 60 {
            return Err(BadDate);
        }
        let zone = self.zone.unwrap_or_else(|| zone.clone());
        Ok(date.to_datetime(time).to_zoned(zone).map_err(|_| BadDate)?.timestamp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn china() -> TimeZone {
        TimeZone::fixed(jiff::tz::offset(8))
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let date = parse_date(text, &china()).map_or("bad".to_owned(), |date| date.to_string());
        assert_eq!(date, expected, "{text}");
    }

    #[test]
    fn dates_of_mail_and_feeds() {
        check("Fri, 14 May 2021 11:48:00 GMT", "2021-05-14T11:48:00Z");
        check("Mon, 14 May 2021 11:48:00 GMT", "2021-05-14T11:48:00Z");
        check("14 May 2021 11:48 +0800", "2021-05-14T03:48:00Z");
        check("fri, 14 may 2021 11:48:00 cst", "2021-05-14T03:48:00Z");
        check("Fri, 14 May 2021 11:48:00 EDT", "2021-05-14T15:48:00Z");
        check("Fri, 14 May 2021 11:48:00 -0700 (PDT)", "2021-05-14T18:48:00Z");
        check("Friday, 14-May-21 11:48:00 GMT", "2021-05-14T11:48:00Z");
        check("Fri May 14 11:48:00 CST 2021", "2021-05-14T03:48:00Z");
        check("Fri May 14 2021 11:48:00 GMT+0800 (CST)", "2021-05-14T03:48:00Z");
    }

    #[test]
    fn dates_of_iso_8601() {
        check("2021-05-14T11:48:00Z", "2021-05-14T11:48:00Z");
        check("2021-05-14T11:48:00.25+08:00", "2021-05-14T03:48:00.25Z");
        check("2021-05-14T11:48+0800", "2021-05-14T03:48:00Z");
        check("2021-05-14T11:48:00+08:00[Asia/Shanghai]", "2021-05-14T03:48:00Z");
        check("20210514T114800Z", "2021-05-14T11:48:00Z");
        check("2021-05-14", "2021-05-13T16:00:00Z");
        check("20210514", "2021-05-13T16:00:00Z");
        check("20210514114800", "2021-05-14T03:48:00Z");
    }

    #[test]
    fn dates_as_chinese_pages_write_them() {
        check("2021-05-14 11:48:00", "2021-05-14T03:48:00Z");
        check("2021/05/14 11:48", "2021-05-14T03:48:00Z");
        check("2021.5.14", "2021-05-13T16:00:00Z");
        check("2021年5月14日 11:48", "2021-05-14T03:48:00Z");
        check("2021年05月14日11:48:05", "2021-05-14T03:48:05Z");
        check("２０２１年５月１４日　１１：４８", "2021-05-14T03:48:00Z");
        check("2021年5月14日 星期五 下午3:20", "2021-05-14T07:20:00Z");
        check("2021年5月14日（周五）上午9时5分", "2021-05-14T01:05:00Z");
        check("2021年5月", "2021-04-30T16:00:00Z");
        check("2021-05-14 11:48:00 (北京时间)", "2021-05-14T03:48:00Z");
        check("May 14, 2021 3:20 PM", "2021-05-14T07:20:00Z");
        check("2021-05-14 24:00", "2021-05-14T16:00:00Z");
    }

    #[test]
    fn numbers_are_seconds_or_less() {
        check("1620992880", "2021-05-14T11:48:00Z");
        check("1620992880000", "2021-05-14T11:48:00Z");
        assert_eq!(parse_unix(i64::MAX), Err(BadDate));
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "昨天",
            "3小时前",
            "2021-13-01",
            "2021-02-30",
            "0001-01-01",
            "2021",
            "0000-00-00 00:00:00",
            "May",
            "2021-05-14 25:00",
            "Invalid Date",
            "2021-05-14 2022-05-14",
            "1899-12-31",
            "2101-01-01",
            "11:48",
            // found by fuzzing: more minutes than a number holds
            "2021-05-14 11:48 +0:306666666",
            "--",
            "99999999999999999999",
        ] {
            check(text, "bad");
        }
        check(&"2".repeat(10_000), "bad");
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "[0-9年月日:T/+. a-zA-Z,()-]{0,40}|\\PC{0,40}") {
            let _ = parse_date(&text, &china());
        }
    }
}
