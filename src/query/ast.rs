//! The query as a tree of plain data: what was asked, and nothing about how an
//! engine answers. It can be serialised, compared, and printed back.
//!
//! May depend on the names of syntax only; knows no schema, no engine, no
//! terminal, no clock.
//!
//! # Canonical trees
//! [`Query::and`], [`Query::or`] and [`Query::not`] build them, and so does the
//! parser: an `And` has two children or more, none of them `And` or `All`; an
//! `Or` has two or more, none of them `Or`; a `Not` holds no `Not`; a text is
//! not empty (between quotes: not only white space) and its weight lies in
//! [`MIN_WEIGHT`]`..=`[`MAX_WEIGHT`]. For these `parse(display(q)) == q`, at
//! any time and in any time zone, within the limits of the parser. Other trees print as one of the same meaning.
//!
//! Walking, printing and dropping recurse once per level. The parser limits the
//! levels, see [`parse::MAX_DEPTH`](super::parse::MAX_DEPTH).

use std::fmt::{self, Write as _};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::syntax;

/// The smallest weight: a clause never vanishes because of it.
pub const MIN_WEIGHT: f32 = 0.01;

/// The largest weight: enough to put a clause before all others, while sums of
/// a thousand clauses keep their precision in `f32`.
pub const MAX_WEIGHT: f32 = 100.0;

/// A query. `Display` prints the canonical syntax, in which dates are exact
/// instants; `{:#}` prints dates as the person typed them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Query {
    /// Every article: an empty query, or `*` alone.
    All,
    /// Articles with this text.
    Text(Text),
    /// Articles of this time.
    Date(DateRange),
    /// Articles that every child finds.
    And(Vec<Query>),
    /// Articles that some child finds.
    Or(Vec<Query>),
    /// Articles that the child does not find. It may stand alone.
    Not(Box<Query>),
}

/// One clause of text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Text {
    /// Where to look.
    #[serde(default)]
    pub field: Field,
    /// As typed, without quotes and escapes; not normalised. It may consist of
    /// signs only (`-`, `:`), so that analysis finds no term in it: such a
    /// clause asks for nothing and should exclude nothing.
    pub text: String,
    /// How to look.
    #[serde(default)]
    pub mode: Mode,
    /// Factor of the score; 1 unless the query says otherwise.
    #[serde(default = "no_weight")]
    pub weight: f32,
}

fn no_weight() -> f32 {
    1.0
}

/// The part of an article that a text is looked for in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// Wherever the engine looks by default.
    #[default]
    Any,
    /// The headline.
    Title,
    /// The plain text of the article.
    Body,
    /// A category path such as `新媒体/虎嗅`, or some of its levels.
    Category,
    /// The person or the outlet.
    Author,
    /// The address of the original.
    Url,
}

/// How a text is to be found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Unquoted: the text is cut into words, and all of them are asked for.
    #[default]
    Words,
    /// Quoted: exactly this string, wherever the segmenter cuts.
    Exact,
    /// `"…"~N`: all words of the text with at most this many others between them.
    Near(u32),
    /// `微软*`: something that begins with the text.
    Prefix,
}

/// The time from `from` (included) until `until` (excluded); `None` is open.
///
/// Two ranges are equal if their instants are: `typed` is a label.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DateRange {
    /// The first instant.
    pub from: Option<Timestamp>,
    /// The first instant after the range.
    pub until: Option<Timestamp>,
    /// The clause as typed, behind the English name of its key (`after:7天`);
    /// empty if nobody typed it. Only for showing: read again on another day,
    /// `after:7天` is another range.
    #[serde(default)]
    pub typed: String,
}

impl PartialEq for DateRange {
    fn eq(&self, other: &Self) -> bool {
        (self.from, self.until) == (other.from, other.until)
    }
}

impl Query {
    /// Everything in `children` at once. `All` adds nothing and is left out;
    /// without children, that is everything.
    pub fn and(children: impl IntoIterator<Item = Query>) -> Query {
        let mut flat = Vec::new();
        for child in children {
            match child {
                Query::All => {}
                Query::And(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        match flat.len() {
            0 => Query::All,
            1 => flat.remove(0),
            _ => Query::And(flat),
        }
    }

    /// Anything in `children`; without children, nothing at all: `Not(All)`.
    pub fn or(children: impl IntoIterator<Item = Query>) -> Query {
        let mut flat = Vec::new();
        for child in children {
            match child {
                Query::Or(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        match flat.len() {
            0 => Query::Not(Box::new(Query::All)),
            1 => flat.remove(0),
            _ => Query::Or(flat),
        }
    }

    /// What `child` does not find; a double negation is none.
    #[expect(clippy::should_implement_trait, reason = "`!query` would read as a test")]
    pub fn not(child: Query) -> Query {
        match child {
            Query::Not(inner) => *inner,
            other => Query::Not(Box::new(other)),
        }
    }

    /// The query with the weight of each text multiplied by `factor`.
    #[must_use]
    pub fn weighted(mut self, factor: f32) -> Query {
        self.scale(factor);
        self
    }

    fn scale(&mut self, factor: f32) {
        match self {
            Query::All | Query::Date(_) => {}
            Query::Text(text) => text.weight = clamp_weight(text.weight * factor),
            Query::And(children) | Query::Or(children) => {
                for child in children {
                    child.scale(factor);
                }
            }
            Query::Not(child) => child.scale(factor),
        }
    }
}

/// `weight` within the limits; what is no number weighs 1.
pub(super) fn clamp_weight(weight: f32) -> f32 {
    if weight.is_nan() { 1.0 } else { weight.clamp(MIN_WEIGHT, MAX_WEIGHT) }
}

impl Text {
    /// A text to be found anywhere, with weight 1.
    pub fn new(text: impl Into<String>, mode: Mode) -> Text {
        Text { field: Field::Any, text: text.into(), mode, weight: 1.0 }
    }

    /// The same text, looked for in `field`.
    #[must_use]
    pub fn in_field(self, field: Field) -> Text {
        Text { field, ..self }
    }
}

impl Field {
    /// The English name that stands before the colon; empty for `Any`.
    pub fn name(self) -> &'static str {
        match self {
            Field::Any => "",
            Field::Title => "title",
            Field::Body => "body",
            Field::Category => "category",
            Field::Author => "author",
            Field::Url => "url",
        }
    }
}

impl DateRange {
    /// A range that nobody typed, such as one made from command-line options.
    pub fn new(from: Option<Timestamp>, until: Option<Timestamp>) -> DateRange {
        DateRange { from, until, typed: String::new() }
    }

    /// Whether `moment` lies in the range.
    pub fn contains(&self, moment: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= moment) && self.until.is_none_or(|until| moment < until)
    }
}

// ── printing ──

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Query::All => f.write_str("*"),
            Query::Text(text) => fmt_as(text, f),
            Query::Date(range) => fmt_as(range, f),
            Query::And(children) if children.is_empty() => f.write_str("*"),
            Query::Or(children) if children.is_empty() => f.write_str("-*"),
            Query::And(children) => {
                fmt_children(f, children, " ", |child| matches!(child, Query::And(_) | Query::Or(_)))
            }
            Query::Or(children) => fmt_children(f, children, " OR ", |child| matches!(child, Query::Or(_))),
            Query::Not(child) => {
                let inner = if f.alternate() { format!("{child:#}") } else { child.to_string() };
                let bare = !matches!(**child, Query::And(_) | Query::Or(_) | Query::Not(_));
                if bare && syntax::can_negate(&inner) { write!(f, "-{inner}") } else { write!(f, "-({inner})") }
            }
        }
    }
}

fn fmt_children(
    f: &mut fmt::Formatter<'_>,
    children: &[Query],
    joint: &str,
    needs_group: impl Fn(&Query) -> bool,
) -> fmt::Result {
    for (i, child) in children.iter().enumerate() {
        if i > 0 {
            f.write_str(joint)?;
        }
        let grouped = children.len() > 1 && needs_group(child);
        if grouped {
            f.write_char('(')?;
        }
        fmt_as(child, f)?;
        if grouped {
            f.write_char(')')?;
        }
    }
    Ok(())
}

/// Prints `value` with the flags of `f` (`{:#}` stays `{:#}`).
fn fmt_as(value: &impl fmt::Display, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    value.fmt(f)
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let weight = clamp_weight(self.weight);
        let plain = weight == 1.0;
        if self.field != Field::Any {
            write!(f, "{}:", self.field.name())?;
        }
        match self.mode {
            Mode::Words if self.text.is_empty() => f.write_str("\"\"")?,
            // a word with a key before it or a weight behind it is no operator
            Mode::Words if plain && self.field == Field::Any && syntax::is_operator(&self.text) => {
                write!(f, "\\{}", self.text)?;
            }
            Mode::Words => fmt_word(f, &self.text)?,
            Mode::Prefix => {
                fmt_word(f, &self.text)?;
                f.write_char('*')?;
            }
            Mode::Exact => fmt_quoted(f, &self.text)?,
            Mode::Near(words) => {
                fmt_quoted(f, &self.text)?;
                write!(f, "~{words}")?;
            }
        }
        if plain { Ok(()) } else { write!(f, "^{weight}") }
    }
}

fn fmt_word(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let key_colon = syntax::key(text).map(|(_, colon)| colon);
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|&(_, next)| next);
        let escape = syntax::breaks_word(c)
            || key_colon == Some(at)
            || match syntax::twin(c) {
                '-' => at == 0,
                '*' => next.is_none(),
                '^' => next.is_some_and(|n| matches!(syntax::twin(n), '0'..='9' | '.')),
                _ if c == '\\' => next.is_none_or(syntax::escapable) || (at == 0 && syntax::is_operator(&text[1..])),
                _ => false,
            };
        if escape {
            f.write_char('\\')?;
        }
        f.write_char(c)?;
    }
    Ok(())
}

fn fmt_quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        if c == '\\' || syntax::Quote::Straight.closed_by(c) {
            f.write_char('\\')?;
        }
        f.write_char(c)?;
    }
    f.write_char('"')
}

impl fmt::Display for DateRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() && !self.typed.is_empty() {
            return f.write_str(&self.typed);
        }
        match (self.from, self.until) {
            (None, None) => f.write_str("date:.."),
            (Some(from), None) => write!(f, "after:{from}"),
            (None, Some(until)) => write!(f, "before:{until}"),
            (Some(from), Some(until)) => write!(f, "date:{from}..<{until}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str) -> Query {
        Query::Text(Text::new(text, Mode::Words))
    }

    #[track_caller]
    fn check(query: Query, expected: &str) {
        assert_eq!(query.to_string(), expected);
    }

    #[test]
    fn prints_only_the_parentheses_it_needs() {
        let (a, b, c) = (|| word("a"), || word("b"), || word("c"));
        check(Query::and([a(), Query::or([b(), c()])]), "a (b OR c)");
        check(Query::or([Query::and([a(), b()]), c()]), "a b OR c");
        check(Query::not(Query::and([a(), b()])), "-(a b)");
        check(Query::and([a(), Query::not(b())]), "a -b");
        check(Query::or([Query::All, a()]), "* OR a");
    }

    #[test]
    fn constructors_flatten() {
        let (a, b, c) = (|| word("a"), || word("b"), || word("c"));
        assert_eq!(Query::and([a(), Query::and([b(), c()])]), Query::And(vec![a(), b(), c()]));
        assert_eq!(Query::or([a(), Query::or([b(), c()])]), Query::Or(vec![a(), b(), c()]));
        assert_eq!(Query::and([Query::All, a()]), a());
        assert_eq!(Query::and([]), Query::All);
        assert_eq!(Query::or([]), Query::not(Query::All));
        assert_eq!(Query::not(Query::not(a())), a());
    }

    #[test]
    fn trees_that_are_not_canonical_print_something_of_the_same_meaning() {
        check(Query::And(vec![]), "*");
        check(Query::And(vec![word("a")]), "a");
        check(Query::Or(vec![Query::And(vec![word("a")])]), "a");
        check(Query::Or(vec![]), "-*");
        check(Query::Not(Box::new(Query::not(word("a")))), "-(-a)");
        check(word(""), "\"\"");
        check(Query::Text(Text { weight: f32::NAN, ..Text::new("a", Mode::Words) }), "a");
        check(Query::Text(Text { weight: -3.0, ..Text::new("a", Mode::Words) }), "a^0.01");
    }

    #[test]
    fn escapes_only_what_would_be_read_as_syntax() {
        for (text, expected) in [
            ("C++", "C++"),
            ("https://x.cn/a?b=c", "https://x.cn/a?b=c"),
            ("12:30", "12:30"),
            (r"C:\Users", r"C:\Users"),
            ("title:x", r"title\:x"),
            ("标题：x", r"标题\：x"),
            ("-", r"\-"),
            ("--help", r"\--help"),
            ("GPT-4", "GPT-4"),
            ("AND", r"\AND"),
            ("或", r"\或"),
            ("或者", "或者"),
            ("x^2", r"x\^2"),
            ("^_^", "^_^"),
            ("5*3", "5*3"),
            ("5*", r"5\*"),
            ("f(x)", r"f\(x\)"),
            ("New York", r"New\ York"),
            (r"a\", r"a\\"),
            (r"\(", r"\\\("),
            (r"\AND", r"\\AND"),
        ] {
            check(word(text), expected);
        }
    }

    #[test]
    fn json_is_short_and_forgiving() {
        let query = Query::and([
            Query::Text(Text::new("微软", Mode::Near(3)).in_field(Field::Title)),
            Query::Date(DateRange::new(Some(Timestamp::UNIX_EPOCH), None)),
        ]);
        let json = serde_json::to_string(&query).unwrap();
        assert_eq!(
            json,
            r#"{"and":[{"text":{"field":"title","text":"微软","mode":{"near":3},"weight":1.0}},{"date":{"from":"1970-01-01T00:00:00Z","until":null,"typed":""}}]}"#
        );
        assert_eq!(serde_json::from_str::<Query>(&json).unwrap(), query);
        assert_eq!(serde_json::from_str::<Query>(r#"{"text":{"text":"微软"}}"#).unwrap(), word("微软"));
        assert_eq!(serde_json::from_str::<Query>(r#""all""#).unwrap(), Query::All);
    }
}
