//! Reads a query as a person types it. It never fails: what cannot be read as
//! syntax is text, and a [`Note`] says so.
//!
//! Pure: depends on the tree, the table of syntax and the reading of dates; the
//! current moment is an argument. Time is linear in the input.
//!
//! # Grammar
//! ```text
//! query    = [ any ] ;
//! any      = all , { or , all } ;
//! all      = term , { [ and ] , term } ;              (* a space means AND *)
//! term     = { "NOT" } , [ "-" ] , clause ;
//! clause   = [ field , ":" , [ blank ] ] , ( group | quoted | word )
//!          | datekey , ":" , [ blank ] , ( group | quoted | date ) ;
//! group    = "(" , [ any ] , ")" , [ weight ] ;
//! quoted   = quote , { char | "\" , quote | "\\" } , quote , [ "~" , digits ] , [ weight ] ;
//! word     = "*"                                      (* everything *)
//!          | letters , [ "*" ] , [ weight ] ;         (* with "*": a prefix *)
//! weight   = "^" , ( digits , [ "." , [ digits ] ] | "." , digits ) ;
//! date     = span | [ span ] , ".." , [ "<" ] , [ span ] ;
//! and      = "AND" | "&&" ;
//! or       = "OR" | "或" | "|" | "||" ;
//! field    = "title" | "body" | "category" | "author" | "url"     | (* and their other names *) ;
//! datekey  = "after" | "before" | "date"                          | (* and their other names *) ;
//! quote    = '"' … '"' | "“" … "”" | "「" … "」" | "『" … "』" ;
//! letters  = one or more characters other than blank, "(", ")", "|" and an opening quote,
//!            or such a character after "\" ;
//! span     = (* see the module `dates` *) ;
//! ```
//! `NOT` binds tighter than AND, AND tighter than OR.
//!
//! # Names before a colon
//! | name | also |
//! |---|---|
//! | `title` | 标题 標題 |
//! | `body` | 正文 内容 內容 |
//! | `category` | `cat` 分类 分類 栏目 欄目 |
//! | `author` | `source` 作者 来源 來源 |
//! | `url` | `link` 链接 鏈接 連結 网址 網址 |
//! | `after` | 之后 之後 |
//! | `before` | 之前 |
//! | `date` | 日期 |
//!
//! # Where people and grammar might disagree
//! - Full-width `（）：　＂－＊＾～｜＆．` and full-width letters and digits are read
//!   like ASCII wherever they are syntax; inside text they stay as typed. Names
//!   of fields ignore case; `AND`, `OR` and `NOT` are upper case and, like 或,
//!   stand alone: 或者 and `ANDROID` are text. `|` needs no spaces around it.
//! - `-` excludes at the start of a token (after a blank, `(`, `|` or directly
//!   after `title:`) if a word with a letter or digit, a quote, a group or `*`
//!   follows directly. `GPT-4`, `a - b`, `--help`, `->` are text.
//! - Operators with nothing to their left or right are text (note); those made
//!   of signs are passed over. Several between the same two clauses are one,
//!   which is OR if any of them is.
//! - A `)` that closes nothing is passed over, a `(` that stays open is closed at
//!   the end (notes). Parentheses nested deeper than [`MAX_DEPTH`] are passed
//!   over, their content is read (note).
//! - An unclosed quote is passed over, so that the rest is read as words (note).
//!   A quote that lacks its own twin may be closed by `"` or `”` (`“微软"`).
//!   Empty quotes and empty groups ask for nothing.
//! - A field reaches over one clause: `title:(a b)`, `title:"a b"`, `title:a`. A
//!   blank after the colon is allowed if a word, quote or group follows that is
//!   neither operator nor exclusion nor another field; else `title:` is text. A
//!   field inside a group wins over the one before the group.
//! - A name that is no field leaves `name:value` as text (note). `12:30`,
//!   `https://…`, `C:\…` are text without a note.
//! - A date that cannot be read leaves `date:value` as text (note). A weight on a
//!   date is passed over, as dates filter and do not score.
//! - `^2` after a group multiplies the weights inside. Weights are kept within
//!   [`MIN_WEIGHT`](super::ast::MIN_WEIGHT) and [`MAX_WEIGHT`](super::ast::MAX_WEIGHT).
//! - A backslash makes the sign after it text: blank `( ) | " “ 「 - : * ^ ~ & \`.
//!   Before an operator word (`\AND`) it makes that word text. Before anything
//!   else it is text itself.

use std::ops::Range;

use jiff::Zoned;
use serde::{Deserialize, Serialize};

use super::ast::{Field, Mode, Query, Text, clamp_weight};
use super::dates;
use super::syntax::{self, DateKey, KEYS, Key, Operator, Quote, twin};

/// Characters that are read; what follows is cut. A query this long is a
/// pasted article, and each of its characters may cost a list of postings.
pub const MAX_CHARS: usize = 10_000;

/// Levels of parentheses. Each adds at most three levels to the tree (`Not`,
/// `Or`, `And`), five in JSON: twenty keep a tree within the 128 levels that
/// `serde_json` reads, and every recursion over it shallow.
pub const MAX_DEPTH: usize = 20;

/// Clauses of a query; each costs the engine a walk over postings.
pub const MAX_CLAUSES: usize = 1024;

/// Notes that are kept: enough for every mistake of a person, and no more for
/// a pasted binary.
pub const MAX_NOTES: usize = 64;

/// What was understood of a query.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parsed {
    /// A canonical tree, see [`ast`](super::ast).
    pub query: Query,
    /// What was read otherwise than it looks, in the order it was met.
    pub notes: Vec<Note>,
}

/// A remark on a part of the input. It says what happened; the words for it,
/// in the language of the reader, are the command line's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// What happened.
    pub kind: NoteKind,
    /// Where: bytes of the input, on character borders.
    pub at: Range<usize>,
}

/// The kinds of remarks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoteKind {
    /// `name:value` with a name that is none of [`known_fields`]: read as text.
    UnknownField(String),
    /// The value of `date:`, `after:` or `before:` is no date: read as text.
    UnreadableDate(String),
    /// A quotation mark without its twin: the rest is read as words.
    UnclosedQuote,
    /// `(` without `)`: closed at the end.
    UnclosedGroup,
    /// `)` without `(`: passed over.
    UnopenedGroup,
    /// Parentheses below [`MAX_DEPTH`]: passed over, their content is read.
    TooDeep,
    /// An operator with nothing to its left or right: a word is read as text,
    /// signs are passed over.
    LoneOperator(String),
    /// The input has more than [`MAX_CHARS`]: the rest is not read.
    TooLong,
    /// The query has more than [`MAX_CLAUSES`]: the rest is dropped.
    TooManyClauses,
}

/// The English names that may stand before a colon, for messages.
pub fn known_fields() -> impl Iterator<Item = &'static str> {
    KEYS.iter().map(|(_, names)| names[0])
}

/// Reads `input` as a person at the moment `now`, in its time zone, means it.
///
/// Never fails; an empty input is [`Query::All`].
pub fn parse(input: &str, now: &Zoned) -> Parsed {
    let read = input.char_indices().nth(MAX_CHARS).map_or(input.len(), |(at, _)| at);
    let mut parser = Parser {
        input: &input[..read],
        at: 0,
        now,
        depth: 0,
        ignored_groups: 0,
        clauses: 0,
        missing_quotes: Vec::new(),
        notes: Vec::new(),
    };
    let query = parser.any(Scope::Text(Field::Any)).unwrap_or(Query::All);
    if read < input.len() {
        parser.note(NoteKind::TooLong, read..input.len());
    }
    Parsed { query, notes: parser.notes }
}

/// What the clauses at hand belong to.
#[derive(Clone, Copy)]
enum Scope {
    Text(Field),
    /// With the start of the key if the value stands directly behind it, so
    /// that `date:foo` can become text as a whole.
    Date(DateKey, Option<usize>),
}

/// What stands between two clauses.
enum Joint {
    And,
    Or,
    /// Operators that join nothing, as text.
    Words(Vec<Query>),
}

struct Parser<'a> {
    input: &'a str,
    /// Bytes read so far.
    at: usize,
    now: &'a Zoned,
    /// Groups that are open.
    depth: usize,
    /// Parentheses open beyond [`MAX_DEPTH`].
    ignored_groups: usize,
    clauses: usize,
    /// Quotes that do not close between here and the end. Remembering them
    /// keeps a text full of opening quotes linear.
    missing_quotes: Vec<Quote>,
    notes: Vec<Note>,
}

impl Parser<'_> {
    // ── the grammar, one function a rule; `None` asks for nothing ──

    fn any(&mut self, scope: Scope) -> Option<Query> {
        let mut branches = Vec::new();
        let mut terms = Vec::new();
        let mut has_left = false;
        loop {
            self.pass_over();
            if self.is_done() {
                break;
            }
            match self.joint(has_left, scope) {
                Some(Joint::And) => {}
                Some(Joint::Or) => branches.extend(all(std::mem::take(&mut terms))),
                Some(Joint::Words(words)) => terms.extend(words),
                None => {
                    terms.extend(self.term(scope));
                    has_left = true;
                }
            }
        }
        branches.extend(all(terms));
        if branches.is_empty() { None } else { Some(Query::or(branches)) }
    }

    /// The operators between two terms, if there are any.
    fn joint(&mut self, has_left: bool, scope: Scope) -> Option<Joint> {
        let mut run = Vec::new();
        let mut joint = Joint::And;
        while let Some((operator, len)) = syntax::operator(self.rest()) {
            match operator {
                Operator::And => {}
                Operator::Or => joint = Joint::Or,
                Operator::Not => break,
            }
            run.push(self.advance(len));
            self.pass_over();
        }
        if run.is_empty() {
            return None;
        }
        if has_left && !self.is_done() {
            return Some(joint);
        }
        Some(Joint::Words(run.into_iter().filter_map(|at| self.lone_operator(at, scope)).collect()))
    }

    fn lone_operator(&mut self, at: Range<usize>, scope: Scope) -> Option<Query> {
        let word = self.input[at.clone()].to_owned();
        self.note(NoteKind::LoneOperator(word.clone()), at.clone());
        let has_letters = word.chars().any(char::is_alphanumeric);
        let field = match scope {
            Scope::Text(field) => field,
            Scope::Date(..) => Field::Any,
        };
        if has_letters { self.leaf(Query::Text(Text::new(word, Mode::Words).in_field(field)), at) } else { None }
    }

    fn term(&mut self, scope: Scope) -> Option<Query> {
        let mut negative = false;
        while let Some((Operator::Not, len)) = syntax::operator(self.rest()) {
            let at = self.advance(len);
            self.pass_over();
            if self.is_done() || matches!(syntax::operator(self.rest()), Some((Operator::And | Operator::Or, _))) {
                let word = self.lone_operator(at, scope)?;
                return Some(negate_if(negative, word));
            }
            negative = !negative;
        }
        if self.is_token_start() && self.eat_dash() {
            negative = !negative;
        }
        self.clause(scope, true).map(|clause| negate_if(negative, clause))
    }

    /// A clause at this very place; `None` also if there is none.
    fn clause(&mut self, scope: Scope, may_have_key: bool) -> Option<Query> {
        loop {
            let c = self.peek()?;
            if twin(c) == '(' {
                if self.depth < MAX_DEPTH {
                    return self.group(scope);
                }
                self.pass_over();
            } else if let Some(quote) = Quote::opened_by(c) {
                match self.quoted(quote) {
                    Some((text, at)) => return self.phrase(text, at, scope),
                    None => {
                        let at = self.advance(c.len_utf8());
                        self.note(NoteKind::UnclosedQuote, at);
                    }
                }
            } else if syntax::breaks_word(c) {
                return None;
            } else {
                return self.word(scope, may_have_key);
            }
        }
    }

    fn group(&mut self, scope: Scope) -> Option<Query> {
        let open = self.advance_char();
        let scope = match scope {
            Scope::Date(key, _) => Scope::Date(key, None),
            text => text,
        };
        self.depth += 1;
        let inner = self.any(scope);
        self.depth -= 1;
        if self.peek().is_some() {
            self.advance_char();
        } else if self.clauses <= MAX_CLAUSES {
            self.note(NoteKind::UnclosedGroup, open);
        }
        let weight = self.weight();
        inner.map(|query| query.weighted(weight))
    }

    /// The text between quotes, and where it stands with them.
    fn quoted(&mut self, quote: Quote) -> Option<(String, Range<usize>)> {
        let start = self.at;
        let open = self.peek()?.len_utf8();
        let kinds = [Some(quote), quote.stand_in()];
        let (text, len) = kinds.into_iter().flatten().find_map(|kind| self.quoted_until(open, kind))?;
        self.at += len;
        Some((text, start..self.at))
    }

    fn quoted_until(&mut self, open: usize, kind: Quote) -> Option<(String, usize)> {
        if self.missing_quotes.contains(&kind) {
            return None;
        }
        let mut text = String::new();
        let mut chars = self.rest().char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            if at < open {
                continue;
            }
            if kind.closed_by(c) {
                return Some((text, at + c.len_utf8()));
            }
            let escaped = if c == '\\' { chars.next_if(|&(_, next)| syntax::escapable_in_quotes(next)) } else { None };
            text.push(escaped.map_or(c, |(_, next)| next));
        }
        self.missing_quotes.push(kind);
        None
    }

    fn phrase(&mut self, text: String, at: Range<usize>, scope: Scope) -> Option<Query> {
        let near = self.nearness();
        let weight = self.weight();
        if text.trim().is_empty() {
            return None;
        }
        let field = match scope {
            Scope::Text(field) => field,
            Scope::Date(key, _) => match dates::parse_clause(key, &text, self.now) {
                Some(range) => return self.leaf(Query::Date(range), at),
                None => {
                    self.note(NoteKind::UnreadableDate(text.clone()), at.clone());
                    Field::Any
                }
            },
        };
        let mode = near.map_or(Mode::Exact, Mode::Near);
        self.leaf(Query::Text(Text { field, text, mode, weight: clamp_weight(weight) }), at)
    }

    fn word(&mut self, scope: Scope, may_have_key: bool) -> Option<Query> {
        let start = self.at;
        let raw = &self.input[start..start + syntax::word_len(self.rest())];
        if may_have_key {
            if let Some((key, colon)) = syntax::key(raw) {
                self.advance(colon);
                self.advance_char();
                if let Some(read) = self.value(key, start) {
                    return read.query;
                }
                self.at = start;
            } else if let Some(name) = syntax::unknown_key(raw) {
                self.note(NoteKind::UnknownField(name.to_owned()), start..start + name.len());
            }
        }
        let at = self.advance(raw.len());
        let (field, at) = match scope {
            Scope::Text(field) => (field, at),
            Scope::Date(key, clause_start) => {
                let value = unescape(without_weight(raw).0);
                match dates::parse_clause(key, &value, self.now) {
                    Some(range) => return self.leaf(Query::Date(range), at),
                    None => {
                        self.note(NoteKind::UnreadableDate(value), at.clone());
                        (Field::Any, clause_start.unwrap_or(start)..at.end)
                    }
                }
            }
        };
        let text = word_text(&self.input[at.clone()], field);
        self.leaf(text, at)
    }

    /// What the key before this place, begun at `start`, reaches over.
    fn value(&mut self, key: Key, start: usize) -> Option<Value> {
        let direct = self.peek().is_some_and(|c| !c.is_whitespace());
        if !direct {
            let rest = self.rest();
            self.at += rest.len() - rest.trim_start().len();
            let rest = self.rest();
            let next = twin(self.peek()?);
            let is_other = syntax::operator(rest).is_some() || syntax::key(&rest[..syntax::word_len(rest)]).is_some();
            if next == '-' || is_other {
                return None;
            }
        }
        if matches!(twin(self.peek()?), ')' | '|') {
            return None;
        }
        let scope = match key {
            Key::Text(field) => Scope::Text(field),
            Key::Date(key) => Scope::Date(key, direct.then_some(start)),
        };
        let negative = direct && matches!(key, Key::Text(_)) && self.eat_dash();
        let query = self.clause(scope, false).map(|clause| negate_if(negative, clause));
        Some(Value { query })
    }

    /// `~5` directly behind a quote.
    fn nearness(&mut self) -> Option<u32> {
        let rest = self.rest().strip_prefix(['~', '～'])?;
        let digits: String = rest.chars().map(twin).take_while(char::is_ascii_digit).collect();
        let mark = self.rest().len() - rest.len();
        let bytes: usize = rest.chars().take(digits.len()).map(char::len_utf8).sum();
        let ends = rest[bytes..].chars().next().is_none_or(|c| syntax::breaks_word(c) || twin(c) == '^');
        if digits.is_empty() || !ends {
            return None;
        }
        self.at += mark + bytes;
        // only too many digits can fail
        Some(digits.parse().unwrap_or(u32::MAX))
    }

    /// `^2` directly behind a quote or a group; 1 if there is none.
    fn weight(&mut self) -> f32 {
        let rest = self.rest();
        let len = syntax::word_len(rest);
        match without_weight(&rest[..len]) {
            ("", Some(weight)) => {
                self.at += len;
                weight
            }
            _ => 1.0,
        }
    }

    /// Takes `query` in, unless there are too many clauses: then drops the rest.
    fn leaf(&mut self, query: Query, at: Range<usize>) -> Option<Query> {
        self.clauses += 1;
        if self.clauses <= MAX_CLAUSES {
            return Some(query);
        }
        if self.clauses == MAX_CLAUSES + 1 {
            self.note(NoteKind::TooManyClauses, at.start..self.input.len());
        }
        self.at = self.input.len();
        None
    }

    // ── characters ──

    fn rest(&self) -> &str {
        &self.input[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn advance(&mut self, len: usize) -> Range<usize> {
        let start = self.at;
        self.at += len;
        start..self.at
    }

    fn advance_char(&mut self) -> Range<usize> {
        self.advance(self.peek().map_or(0, char::len_utf8))
    }

    /// Passes over blanks and over parentheses that mean nothing.
    fn pass_over(&mut self) {
        while let Some(c) = self.peek() {
            match twin(c) {
                _ if c.is_whitespace() => {}
                '(' if self.depth == MAX_DEPTH => {
                    if self.ignored_groups == 0 {
                        self.note(NoteKind::TooDeep, self.at..self.at + c.len_utf8());
                    }
                    self.ignored_groups += 1;
                }
                ')' if self.ignored_groups > 0 => self.ignored_groups -= 1,
                ')' if self.depth == 0 => self.note(NoteKind::UnopenedGroup, self.at..self.at + c.len_utf8()),
                _ => return,
            }
            self.advance(c.len_utf8());
        }
    }

    /// Whether the input or the open group ends here; only after [`Self::pass_over`].
    fn is_done(&self) -> bool {
        self.peek().is_none_or(|c| twin(c) == ')')
    }

    fn is_token_start(&self) -> bool {
        let before = self.input[..self.at].chars().next_back();
        before.is_none_or(|c| c.is_whitespace() || matches!(twin(c), '(' | '|'))
    }

    /// Takes a `-` that excludes what follows.
    fn eat_dash(&mut self) -> bool {
        let rest = self.rest();
        let Some(after) = rest.strip_prefix(['-', '－']) else {
            return false;
        };
        let found = syntax::can_negate(after);
        if found {
            self.at += rest.len() - after.len();
        }
        found
    }

    fn note(&mut self, kind: NoteKind, at: Range<usize>) {
        if self.notes.len() < MAX_NOTES {
            self.notes.push(Note { kind, at });
        }
    }
}

/// What a key reaches over, which may ask for nothing (`title:()`).
struct Value {
    query: Option<Query>,
}

fn all(terms: Vec<Query>) -> Option<Query> {
    if terms.is_empty() { None } else { Some(Query::and(terms)) }
}

fn negate_if(negative: bool, query: Query) -> Query {
    if negative { Query::not(query) } else { query }
}

/// The clause that a whole word stands for.
fn word_text(raw: &str, field: Field) -> Query {
    let (base, weight) = match without_weight(raw) {
        ("", Some(_)) => (raw, None),
        split => split,
    };
    let weight = weight.map_or(1.0, clamp_weight);
    let stars = trailing_stars(base);
    let text = unescape(&base[..base.len() - stars]);
    if text.is_empty() {
        return Query::All;
    }
    let mode = if stars > 0 { Mode::Prefix } else { Mode::Words };
    Query::Text(Text { field, text, mode, weight })
}

/// Splits a weight off the end of `raw`. The base is empty only if the weight
/// is all there is.
fn without_weight(raw: &str) -> (&str, Option<f32>) {
    let Some((caret, c)) = raw.char_indices().rfind(|&(_, c)| twin(c) == '^') else {
        return (raw, None);
    };
    let number: String = raw[caret + c.len_utf8()..].chars().map(twin).collect();
    let is_number = number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    match number.parse() {
        Ok(weight) if is_number && !is_escaped(raw, caret) => (&raw[..caret], Some(weight)),
        _ => (raw, None),
    }
}

/// Bytes of the stars at the end of `raw` that are no text.
fn trailing_stars(raw: &str) -> usize {
    let base = raw.trim_end_matches(['*', '＊']);
    let stars = &raw[base.len()..];
    let first = stars.chars().next().map_or(0, char::len_utf8);
    if is_escaped(raw, base.len()) { stars.len() - first } else { stars.len() }
}

/// Whether the character at byte `at` has a backslash before it that is not
/// itself escaped.
fn is_escaped(raw: &str, at: usize) -> bool {
    raw[..at].bytes().rev().take_while(|&b| b == b'\\').count() % 2 == 1
}

fn unescape(raw: &str) -> String {
    if let Some(word) = raw.strip_prefix('\\')
        && syntax::is_operator(word)
    {
        return word.to_owned();
    }
    let mut text = String::with_capacity(raw.len());
    let mut chars = raw.chars().peekable();
    while let Some(c) = chars.next() {
        let escaped = if c == '\\' { chars.next_if(|&next| syntax::escapable(next)) } else { None };
        text.push(escaped.unwrap_or(c));
    }
    text
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::super::ast::DateRange;
    use super::*;

    fn now() -> Zoned {
        "2021-05-14T11:48:30+08:00[+08:00]".parse().unwrap()
    }

    fn read(input: &str) -> Parsed {
        parse(input, &now())
    }

    /// The tree of `input` prints as `expected`, and that reads as the same tree.
    #[track_caller]
    fn check(input: &str, expected: &str) {
        let parsed = read(input);
        assert_eq!(parsed.query.to_string(), expected, "{input}");
        assert_eq!(read(expected).query, parsed.query, "{input}");
    }

    #[track_caller]
    fn check_all(table: &[(&str, &str)]) {
        for (input, expected) in table {
            check(input, expected);
        }
    }

    #[track_caller]
    fn check_notes(input: &str, expected: &[(NoteKind, &str)]) {
        let notes: Vec<_> = read(input).notes.into_iter().map(|n| (n.kind, &input[n.at])).collect();
        assert_eq!(notes, expected, "{input}");
    }

    #[test]
    fn words_are_joined_by_and() {
        check_all(&[
            ("", "*"),
            ("  　\n", "*"),
            ("微软", "微软"),
            ("微软 区块链", "微软 区块链"),
            ("微软　区块链", "微软 区块链"),
            ("微软\t区块链 服务", "微软 区块链 服务"),
            ("关闭区块链服务", "关闭区块链服务"),
            ("a AND b", "a b"),
            ("a && b", "a b"),
            ("a and b or c not d", "a and b or c not d"),
        ]);
    }

    #[test]
    fn or_binds_least_and_not_most() {
        check_all(&[
            ("a OR b", "a OR b"),
            ("a | b", "a OR b"),
            ("a || b", "a OR b"),
            ("微软|苹果", "微软 OR 苹果"),
            ("微软 或 苹果", "微软 OR 苹果"),
            ("“微软”或“苹果”", "\"微软\" OR \"苹果\""),
            ("微软 或者 苹果", "微软 或者 苹果"),
            ("或许 微软", "或许 微软"),
            ("a b OR c d", "a b OR c d"),
            ("a AND b OR c AND d", "a b OR c d"),
            ("a (b OR c) d", "a (b OR c) d"),
            ("a OR (b OR c)", "a OR b OR c"),
            ("a (b (c))", "a b c"),
            ("NOT a b", "-a b"),
            ("a OR NOT b c", "a OR -b c"),
            ("a OR OR b", "a OR b"),
            ("a AND OR b", "a OR b"),
            ("a AND AND b", "a b"),
            ("NOT NOT a", "a"),
            ("NOT -a", "a"),
            ("-(-a)", "a"),
        ]);
    }

    #[test]
    fn a_dash_excludes_only_at_the_start_of_a_token() {
        check_all(&[
            ("-微软", "-微软"),
            ("－微软", "-微软"),
            ("微软 -区块链", "微软 -区块链"),
            ("微软 - 区块链", "微软 \\- 区块链"),
            ("-", "\\-"),
            ("a-b", "a-b"),
            ("GPT-4", "GPT-4"),
            ("-GPT-4", "-GPT-4"),
            ("-\"a b\"", "-\"a b\""),
            ("-(a b)", "-(a b)"),
            ("-(a OR b) c", "-(a OR b) c"),
            ("-title:a", "-title:a"),
            ("title:-a", "-title:a"),
            ("-《三体》", "-《三体》"),
            ("a|-b", "a OR -b"),
            ("--help", "\\--help"),
            ("->", "\\->"),
            ("-_-", "\\-_-"),
            ("\"a\"-b", "\"a\" \\-b"),
            ("-AND", "-\\AND"),
            ("-*", "-*"),
        ]);
    }

    #[test]
    fn user_text_is_never_an_error() {
        check_all(&[
            ("C#", "C#"),
            ("C++ 编程", "C++ 编程"),
            ("10%", "10%"),
            ("3.5 5G PD1728_A", "3.5 5G PD1728_A"),
            ("a@b.com", "a@b.com"),
            ("https://x.cn/a?b=c", "https://x.cn/a?b=c"),
            ("12:30", "12:30"),
            ("11:48:00", "11:48:00"),
            ("foo:bar", "foo:bar"),
            ("小米：发布会", "小米：发布会"),
            ("微软 AND (", "微软"),
            ("微软 AND", "微软 \\AND"),
            ("AND 微软", "\\AND 微软"),
            ("AND", "\\AND"),
            ("OR OR", "\\OR \\OR"),
            ("a OR", "a \\OR"),
            ("a 或", "a \\或"),
            ("a NOT", "a \\NOT"),
            ("NOT", "\\NOT"),
            ("NOT NOT", "-\\NOT"),
            ("NOT OR a", "\\NOT OR a"),
            ("a &&", "a"),
            ("| a |", "a"),
            ("\\|\\| OR ｜\\｜", "\\|\\| OR \\｜"),
            ("(AND)", "\\AND"),
            ("title:(OR a)", "title:OR title:a"),
            (":)", ":"),
            (":-(", ":-"),
            ("^_^", "^_^"),
            ("T_T", "T_T"),
            ("（：“”　", "："),
            ("(", "*"),
            (")", "*"),
            ("()", "*"),
            ("\"", "*"),
            ("\"\"", "*"),
            ("a OR ()", "a"),
            ("() OR a", "a"),
            ("a) b", "a b"),
            ("(a b", "a b"),
            ("a (b OR c", "a (b OR c)"),
            ("f(x)", "f x"),
            ("\\", "\\\\"),
            (r"C:\Users\x", r"C:\Users\x"),
            ("😀 -😀", "😀 \\-😀"),
            ("《三体》 【独家】", "《三体》 【独家】"),
            ("Let's ‘go’", "Let's ‘go’"),
        ]);
    }

    #[test]
    fn quotes_mean_exactly_this() {
        check_all(&[
            ("\"人民代表大会\"", "\"人民代表大会\""),
            ("“人民代表大会”", "\"人民代表大会\""),
            ("”人民“", "\"人民\""),
            ("„a b“", "\"a b\""),
            ("＂a＂", "\"a\""),
            ("“微软\"", "\"微软\""),
            ("\"微软”", "\"微软\""),
            ("\"他说“你好”\"", "\"他说“你好”\""),
            ("「微軟 雲端」", "\"微軟 雲端\""),
            ("『微軟「雲」』", "\"微軟「雲」\""),
            ("微软\"区块链\"服务", "微软 \"区块链\" 服务"),
            ("\"a AND (b) -c*\"", "\"a AND (b) -c*\""),
            (r#""a \" b""#, r#""a \" b""#),
            (r#""C:\x""#, r#""C:\\x""#),
            ("\" \" a", "a"),
            ("\"微软 区块链", "微软 区块链"),
            ("a “b OR c", "a b OR c"),
            ("5\"屏", "5 屏"),
            ("「微軟", "微軟"),
            ("\"a b\"~5", "\"a b\"~5"),
            ("“a b”～５", "\"a b\"~5"),
            ("\"a b\"~5^2", "\"a b\"~5^2"),
            ("\"a b\"~0", "\"a b\"~0"),
            ("\"a b\"~", "\"a b\" ~"),
            ("\"a b\"~5G", "\"a b\" ~5G"),
            ("\"a b\"~99999999999", "\"a b\"~4294967295"),
        ]);
    }

    #[test]
    fn a_star_at_the_end_is_a_prefix() {
        check_all(&[
            ("微软*", "微软*"),
            ("微软＊", "微软*"),
            ("C++*", "C++*"),
            ("微**", "微*"),
            ("5*3", "5*3"),
            ("*a", "*a"),
            (r"5\*", r"5\*"),
            (r"5*\*", r"5*\*"),
            (r"5\**", r"5\**"),
            ("*", "*"),
            ("**", "*"),
            ("a * b", "a b"),
            ("a OR *", "a OR *"),
            ("title:微软*", "title:微软*"),
        ]);
    }

    #[test]
    fn a_caret_and_a_number_at_the_end_are_a_weight() {
        check_all(&[
            ("微软^2", "微软^2"),
            ("微软＾２", "微软^2"),
            ("微软^0.5", "微软^0.5"),
            ("微软^.5", "微软^0.5"),
            ("微软^1", "微软"),
            ("微软^0", "微软^0.01"),
            ("微软^1000", "微软^100"),
            ("微软*^2", "微软*^2"),
            ("\"a b\"^2", "\"a b\"^2"),
            ("\"a\"^2b", "\"a\" \\^2b"),
            ("(a b^2)^3", "a^3 b^6"),
            ("title:(a OR b)^2", "title:a^2 OR title:b^2"),
            ("-a^2", "-a^2"),
            ("a^b", "a^b"),
            ("a^-2", "a^-2"),
            ("a^inf", "a^inf"),
            ("a^1e3", "a\\^1e3"),
            ("a^1.2.3", "a\\^1.2.3"),
            ("a^", "a^"),
            ("^2", "\\^2"),
            ("AND^2", "AND^2"),
        ]);
    }

    #[test]
    fn fields_have_names_in_both_languages() {
        check_all(&[
            ("title:微软", "title:微软"),
            ("TITLE:微软", "title:微软"),
            ("标题：微软", "title:微软"),
            ("標題:微软", "title:微软"),
            ("ｔｉｔｌｅ：微软", "title:微软"),
            ("正文:a 内容:b", "body:a body:b"),
            ("cat:a 分类:b 栏目:c", "category:a category:b category:c"),
            ("source:a 作者:b 来源:c", "author:a author:b author:c"),
            ("link:a 链接:b 网址:c", "url:a url:b url:c"),
            ("category:新媒体/虎嗅", "category:新媒体/虎嗅"),
            ("category:\"首页 资讯\"", "category:\"首页 资讯\""),
            ("title:\"a b\"~3", "title:\"a b\"~3"),
            ("title:(微软 OR 苹果) a", "(title:微软 OR title:苹果) a"),
            ("标题：（微软　苹果）", "title:微软 title:苹果"),
            ("title:(a body:b (c))", "title:a body:b title:c"),
            ("title: 微软 苹果", "title:微软 苹果"),
            ("标题：　“微软”", "title:\"微软\""),
            ("title: (a b)", "title:a title:b"),
            ("title:", "title\\:"),
            ("title: AND a", "title\\: a"),
            ("title: -a", "title\\: -a"),
            ("title: body:a", "title\\: body:a"),
            ("(title:) a", "title\\: a"),
            ("title:|a", "title\\: OR a"),
            ("title:body:a", "title:body\\:a"),
            ("title:12:30", "title:12:30"),
            ("title:C++", "title:C++"),
            ("title:\"a b", "title:a b"),
            ("title:() a", "a"),
            ("url:https://x.cn/a?b=c", "url:https://x.cn/a?b=c"),
            ("title\\:a", "title\\:a"),
            ("subtitle:a", "subtitle:a"),
        ]);
    }

    #[test]
    fn dates_are_exact_and_keep_what_was_typed() {
        for (input, expected, typed) in [
            ("after:2021-05", "after:2021-04-30T16:00:00Z", "after:2021-05"),
            ("之后：2021年5月", "after:2021-04-30T16:00:00Z", "after:2021年5月"),
            ("before:2021-05", "before:2021-04-30T16:00:00Z", "before:2021-05"),
            ("之前:2021-05", "before:2021-04-30T16:00:00Z", "before:2021-05"),
            ("date:2021-05", "date:2021-04-30T16:00:00Z..<2021-05-31T16:00:00Z", "date:2021-05"),
            ("日期:2021-05", "date:2021-04-30T16:00:00Z..<2021-05-31T16:00:00Z", "date:2021-05"),
            ("date: 昨天", "date:2021-05-12T16:00:00Z..<2021-05-13T16:00:00Z", "date:昨天"),
            ("-date:today", "-date:2021-05-13T16:00:00Z..<2021-05-14T16:00:00Z", "-date:today"),
            ("after:7d", "after:2021-05-06T16:00:00Z", "after:7d"),
            ("after:7d^2", "after:2021-05-06T16:00:00Z", "after:7d"),
            (
                "date:\"2021-05-14 11:48\"",
                "date:2021-05-14T03:48:00Z..<2021-05-14T03:49:00Z",
                "date:\"2021-05-14 11:48\"",
            ),
            (
                "date:2021-01..2021-03 a",
                "date:2020-12-31T16:00:00Z..<2021-03-31T16:00:00Z a",
                "date:2021-01..2021-03 a",
            ),
            ("date:..", "date:..", "date:.."),
            (
                "date:(2020 OR 2021)^2",
                "date:2019-12-31T16:00:00Z..<2020-12-31T16:00:00Z OR date:2020-12-31T16:00:00Z..<2021-12-31T16:00:00Z",
                "date:2020 OR date:2021",
            ),
        ] {
            check(input, expected);
            let parsed = read(input);
            assert_eq!(format!("{:#}", parsed.query), typed, "{input}");
            assert_eq!(read(typed), parsed, "{input}");
        }
        check("date:foo", "date\\:foo");
        check("date:-7d", "date\\:-7d");
        check("日期：另行通知", "日期\\：另行通知");
        check("date:(foo 2021", "foo date:2020-12-31T16:00:00Z..<2021-12-31T16:00:00Z");
        check("after:\"foo bar\"", "\"foo bar\"");
        check("date:", "date\\:");
    }

    #[test]
    fn full_width_twins_equal_ascii() {
        for (full, ascii) in [
            ("（微软　ＯＲ　苹果）　－谷歌", "(微软 OR 苹果) -谷歌"),
            ("标题：“微软　Azure”～３＾２", "title:\"微软　Azure\"~3^2"),
            ("微软＊｜苹果", "微软*|苹果"),
            ("ＮＯＴ　ｃａｔ：新闻", "NOT cat:新闻"),
            ("ａｆｔｅｒ：２０２１－０５－１４", "after:2021-05-14"),
            ("日期：２０２１．．２０２２", "date:2021..2022"),
            ("微软　＆＆　苹果", "微软 && 苹果"),
        ] {
            assert_eq!(read(full), read(ascii), "{full}");
        }
    }

    #[test]
    fn notes_say_what_was_read_otherwise() {
        use NoteKind::*;
        let lone = |word: &str| LoneOperator(word.to_owned());
        check_notes("微软 title:a \"b\" -c after:2021", &[]);
        check_notes("https://x.cn 12:30 C:\\x 小米：发布 a: :D", &[]);
        check_notes("foo:bar 发布:a", &[(UnknownField("foo".into()), "foo"), (UnknownField("发布".into()), "发布")]);
        check_notes("date:foo", &[(UnreadableDate("foo".into()), "foo")]);
        check_notes("a “b", &[(UnclosedQuote, "“")]);
        check_notes("微软 AND （", &[(UnclosedGroup, "（")]);
        check_notes("a ）b", &[(UnopenedGroup, "）")]);
        check_notes("a AND", &[(lone("AND"), "AND")]);
        check_notes("或 a |", &[(lone("或"), "或"), (lone("|"), "|")]);
        check_notes("NOT", &[(lone("NOT"), "NOT")]);
        assert_eq!(known_fields().collect::<Vec<_>>().join(" "), "title body category author url after before date");
    }

    #[test]
    fn parentheses_nest_to_a_limit() {
        let nested = |levels: usize| format!("{}a{} b", "-(x OR y ".repeat(levels), ")".repeat(levels));
        assert_eq!(read(&nested(MAX_DEPTH)).notes, []);
        let too_deep = read(&nested(MAX_DEPTH + 3));
        assert_eq!(too_deep.notes.len(), 1, "{:?}", too_deep.notes);
        assert_eq!(too_deep.notes[0].kind, NoteKind::TooDeep);
        assert!(too_deep.query.to_string().ends_with(") b"));
        for levels in [MAX_DEPTH, 5000] {
            let query = read(&nested(levels)).query;
            let json = serde_json::to_string(&query).unwrap();
            assert_eq!(serde_json::from_str::<Query>(&json).unwrap(), query);
            assert_eq!(read(&query.to_string()).query, query);
        }
    }

    #[test]
    fn clauses_are_counted() {
        let many = "(a OR ".repeat(3) + &"b ".repeat(MAX_CLAUSES * 2);
        let parsed = read(&many);
        let kinds: Vec<_> = parsed.notes.iter().map(|n| &n.kind).collect();
        assert_eq!(kinds, [&NoteKind::TooManyClauses]);
        assert_eq!(parsed.query.to_string().matches(['a', 'b']).count(), MAX_CLAUSES);
    }

    #[test]
    fn long_input_is_cut_at_a_character() {
        let parsed = read(&"软".repeat(MAX_CHARS + 1));
        assert_eq!(parsed.notes, [Note { kind: NoteKind::TooLong, at: MAX_CHARS * 3..MAX_CHARS * 3 + 3 }]);
        let Query::Text(text) = parsed.query else { panic!("one word") };
        assert_eq!(text.text.chars().count(), MAX_CHARS);
    }

    /// Takes well under a second; quadratic reading of any of these would be noticed.
    #[test]
    fn hostile_input_takes_linear_time() {
        for piece in [
            "(", ")", "\"", "“", "「", "\\\"", "-", "--", "-(", "^", "a^2^", "*", "\\", "|", "AND ", "OR ", "NOT ",
            "AND ) ", "title:", "title: ", "title:(", "title:\"", "date:", "a:", "~", "\"a\"~", "\"“", "“「", "-\"",
            "()", "NOT (", "(a|", "-(a OR ", "\\*", "　", "或 ",
        ] {
            let input = piece.repeat(MAX_CHARS / piece.chars().count());
            let parsed = read(&input);
            assert!(parsed.notes.len() <= MAX_NOTES);
            let printed = parsed.query.to_string();
            if printed.chars().count() <= MAX_CHARS {
                assert!(read(&printed).query == parsed.query, "{piece}");
            }
        }
    }

    // ── properties ──

    /// Strings dense in everything that is syntax somewhere.
    fn syntax_heavy() -> impl Strategy<Value = String> {
        let pieces = vec![
            " ",
            " ",
            "　",
            "(",
            ")",
            "（",
            "）",
            "\"",
            "“",
            "”",
            "「",
            "」",
            "-",
            "－",
            "*",
            "＊",
            "^",
            "^2",
            "＾",
            "~3",
            "～",
            "|",
            "&&",
            "\\",
            ":",
            "：",
            "AND",
            "OR",
            "NOT",
            "或",
            "ＯＲ",
            "title",
            "title:",
            "标题：",
            "date:",
            "after:",
            "2021-05",
            "7d",
            "..",
            "..<",
            "foo:",
            "微软",
            "a",
            "C++",
            "é",
            "😀",
            ".5",
            "0",
            "\n",
            "\u{200b}",
            "http://",
        ];
        prop::collection::vec(prop::sample::select(pieces), 0..24).prop_map(|pieces| pieces.concat())
    }

    fn texts() -> impl Strategy<Value = String> {
        prop_oneof![syntax_heavy(), any::<String>(), "[a-z微软]{1,4}"]
    }

    fn leaves() -> impl Strategy<Value = Query> {
        let fields = [Field::Any, Field::Any, Field::Title, Field::Body, Field::Category, Field::Author, Field::Url];
        let modes = prop_oneof![
            3 => Just(Mode::Words),
            1 => Just(Mode::Exact),
            1 => any::<u32>().prop_map(Mode::Near),
            1 => Just(Mode::Prefix),
        ];
        let weights = prop_oneof![Just(1.0f32), 0.01f32..=100.0];
        let text = (prop::sample::select(fields.to_vec()), texts(), modes, weights)
            .prop_filter("nothing to ask for", |(_, text, mode, _)| match mode {
                Mode::Words | Mode::Prefix => !text.is_empty(),
                Mode::Exact | Mode::Near(_) => !text.trim().is_empty(),
            })
            .prop_map(|(field, text, mode, weight)| Query::Text(Text { field, text, mode, weight }));
        let bounds =
            (Timestamp::MIN.as_nanosecond()..=Timestamp::MAX.as_nanosecond(), any::<bool>()).prop_map(|(ns, whole)| {
                let moment = Timestamp::from_nanosecond(ns).unwrap();
                if whole { Timestamp::from_second(moment.as_second()).unwrap() } else { moment }
            });
        let date = (prop::option::of(bounds.clone()), prop::option::of(bounds))
            .prop_map(|(from, until)| Query::Date(DateRange::new(from, until)));
        prop_oneof![6 => text, 1 => date, 1 => Just(Query::All)]
    }

    fn trees() -> impl Strategy<Value = Query> {
        leaves().prop_recursive(5, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Query::and),
                prop::collection::vec(inner.clone(), 0..5).prop_map(Query::or),
                inner.prop_map(Query::not),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_as_the_same_tree(query in trees()) {
            let text = query.to_string();
            let parsed = read(&text);
            prop_assert_eq!(&parsed.query, &query, "{}", text);
        }

        #[test]
        fn canonical_syntax_does_not_depend_on_the_clock(query in trees(), second in -9_000_000_000i64..9_000_000_000) {
            let other = Timestamp::from_second(second).unwrap().to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(-7)));
            prop_assert_eq!(parse(&query.to_string(), &other).query, query);
        }

        #[test]
        fn any_input_is_read(input in texts()) {
            let parsed = read(&input);
            for note in &parsed.notes {
                prop_assert!(input.get(note.at.clone()).is_some_and(|text| !text.is_empty()));
            }
            let canonical = read(&parsed.query.to_string());
            prop_assert_eq!(&canonical.query, &parsed.query, "{}", parsed.query);
            prop_assert_eq!(&read(&format!("{:#}", parsed.query)).query, &parsed.query, "{:#}", parsed.query);
            let json = serde_json::to_string(&parsed).unwrap();
            prop_assert_eq!(serde_json::from_str::<Parsed>(&json).unwrap(), parsed);
        }

        #[test]
        fn every_letter_that_was_typed_is_asked_for(words in prop::collection::vec("[a-z微软0-9#+%._]{1,6}", 1..6)) {
            // plain words mean themselves: nothing is lost, nothing becomes syntax
            let input = words.join(" ");
            prop_assert_eq!(read(&input).query.to_string(), input);
        }
    }
}
