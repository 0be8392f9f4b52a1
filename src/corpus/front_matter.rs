//! The keys and values at the top of a post. Pure.
//!
//! Almost all front matter of this world is written by programs and uses a corner of YAML in which a line is a key and a
//! value, or an item of a list. [`read_lines`] reads that corner, and says whether it met anything beyond it. If it did,
//! the YAML parser decides; if that fails, what [`read_lines`] got stands, with a remark. So the common case is quick,
//! the general case right, and the broken case loses one line at most.

use serde_json::{Map, Value};

/// Keys and values; front matter of all dialects comes to this.
pub(super) type Keys = Map<String, Value>;

/// Longest front matter: a fence farther away than this is none. The longest in the wild hold some kilobytes.
const MAX_BYTES: usize = 64 << 10;

/// A text that may begin with front matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Split<'a> {
    /// No front matter.
    None,
    /// A fence and a key, but no second fence.
    Unclosed,
    /// Front matter and what follows it.
    Closed {
        /// Between the fences.
        head: &'a str,
        /// After them.
        body: &'a str,
        /// Between `+++` instead of `---`.
        is_toml: bool,
    },
}

/// Parts front matter from the body.
pub(super) fn split(text: &str) -> Split<'_> {
    let start = text.trim_start();
    let (first, rest) = start.split_once('\n').unwrap_or((start, ""));
    let fence = match first.trim_end() {
        "---" => "---",
        "+++" => "+++",
        // Hexo lets one leave out the first fence
        _ if first.starts_with("title:") => "",
        _ => return Split::None,
    };
    let head_start = if fence.is_empty() { start } else { rest };
    if !head_start.lines().find(|line| !line.trim().is_empty()).is_some_and(|line| is_key_line(line, fence == "+++")) {
        // `---` is a rule in Markdown, too
        return Split::None;
    }
    let mut at = 0;
    for line in head_start.split_inclusive('\n') {
        let is_end = match line.trim_end() {
            "---" => fence != "+++",
            "..." => fence == "---",
            "+++" => fence == "+++",
            _ => false,
        };
        if is_end {
            let (head, body) = (&head_start[..at], &head_start[at + line.len()..]);
            return Split::Closed { head, body, is_toml: fence == "+++" };
        }
        at += line.len();
        if at > MAX_BYTES {
            break;
        }
    }
    if fence.is_empty() { Split::None } else { Split::Unclosed }
}

fn is_key_line(line: &str, is_toml: bool) -> bool {
    let line = line.trim_end();
    if line.starts_with('#') {
        return true;
    }
    if is_toml {
        return line.contains('=') || line.starts_with('[');
    }
    key_of(line).is_some()
}

/// Reads what stands between the fences. The error says what was wrong; the keys are what could be read all the same.
pub(super) fn read(head: &str, is_toml: bool) -> (Keys, Option<String>) {
    if is_toml {
        return match head.parse::<toml::Table>() {
            Ok(table) => (table.into_iter().map(|(key, value)| (key, from_toml(value))).collect(), None),
            Err(error) => {
                let lines = head.replace(" = ", ": ");
                (read_lines(&lines).keys, Some(error.message().to_owned()))
            }
        };
    }
    let lines = read_lines(head);
    if lines.is_plain {
        return (lines.keys, None);
    }
    match read_yaml(head) {
        Ok(keys) => (keys, None),
        Err(error) => (lines.keys, Some(error)),
    }
}

fn from_toml(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::String(text),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::Boolean(yes) => yes.into(),
        toml::Value::Datetime(date) => Value::String(date.to_string()),
        toml::Value::Array(items) => items.into_iter().map(from_toml).collect(),
        toml::Value::Table(table) => {
            Value::Object(table.into_iter().map(|(key, value)| (key, from_toml(value))).collect())
        }
    }
}

/// YAML by its rules, within a budget that no honest front matter meets.
fn read_yaml(head: &str) -> Result<Keys, String> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_reader_input_bytes: Some(MAX_BYTES * 2),
            max_events: 20_000,
            max_nodes: 10_000,
            max_aliases: 100,
            max_anchors: 100,
            max_depth: 32,
            flow_nesting_limit: 32,
            max_documents: 1,
            max_total_scalar_bytes: MAX_BYTES * 2,
        },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: 10_000, max_replay_stack_depth: 8 },
        duplicate_keys: serde_saphyr::options::DuplicateKeyPolicy::LastWins,
        non_finite_float_policy: serde_saphyr::options::NonFiniteFloatPolicy::AsString,
        // YAML 1.2, as Hexo reads it: `title: y` is a text
        strict_booleans: true,
        with_snippet: false,
    };
    match serde_saphyr::from_str_with_options::<Value>(head, options) {
        Ok(Value::Object(keys)) => Ok(keys),
        Ok(_) => Err(String::new()),
        Err(error) => Err(crate::article::one_line(&error.to_string())),
    }
}

/// What [`read_lines`] got.
#[derive(Debug, Clone, PartialEq)]
struct Lines {
    keys: Keys,
    /// Every line was of the kind on which YAML agrees.
    is_plain: bool,
}

/// Key by key, line by line; never fails.
fn read_lines(head: &str) -> Lines {
    let mut keys = Keys::new();
    let mut is_plain = true;
    let mut lines = head.lines().peekable();
    while let Some(line) = lines.next() {
        let line = line.trim_end();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let Some((key, value)) = key_of(line) else {
            is_plain = false;
            continue;
        };
        is_plain &= key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') && !key.as_bytes()[0].is_ascii_digit();
        // the lines that belong to this key: items of a list, or more of the value
        let mut items = Vec::new();
        let mut more = String::new();
        let mut indent = None;
        while let Some(next) = lines.next_if(|next| next.starts_with([' ', '\t', '-']) || next.trim().is_empty()) {
            let trimmed = next.trim();
            if trimmed.is_empty() {
                continue;
            }
            let depth = next.len() - next.trim_start().len();
            is_plain &= *indent.get_or_insert(depth) == depth && !next.contains('\t');
            match trimmed.strip_prefix('-').filter(|item| item.is_empty() || item.starts_with(' ')) {
                Some(item) => {
                    let (item, plain) = scalar(item.trim());
                    is_plain &= plain && !item.is_null() && more.is_empty();
                    items.push(item);
                }
                None => {
                    is_plain = false;
                    more.push_str(trimmed);
                    more.push('\n');
                }
            }
        }
        let value = if !items.is_empty() {
            is_plain &= value.is_empty();
            Value::Array(items)
        } else if !more.is_empty() {
            let first = value.trim_start_matches(['|', '>', '-', '+']);
            Value::String(unquoted(&format!("{first}\n{more}")))
        } else {
            let (value, plain) = scalar(value);
            is_plain &= plain;
            value
        };
        is_plain &= keys.insert(key.to_owned(), value).is_none();
    }
    Lines { keys, is_plain }
}

/// `key: value` of a line that is not indented.
fn key_of(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(':')?;
    let is_key = !key.is_empty()
        && key.len() <= 64
        && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
        && !key.starts_with('-');
    (is_key && (value.is_empty() || value.starts_with([' ', '\t']))).then(|| (key, value.trim()))
}

/// One value, and whether YAML says the same.
fn scalar(text: &str) -> (Value, bool) {
    let Some(first) = text.chars().next() else { return (Value::Null, true) };
    let string = |text: &str| Value::String(text.to_owned());
    match first {
        '\'' | '"' => {
            let inner = text.len() > 1 && text.ends_with(first);
            let inner = inner.then(|| &text[1..text.len() - 1]);
            match inner {
                Some(inner) if !inner.contains([first, '\\']) || (first == '\'' && !inner.contains('\'')) => {
                    (string(inner), true)
                }
                Some(inner) if first == '\'' && inner.replace("''", "").find('\'').is_none() => {
                    (Value::String(inner.replace("''", "'")), true)
                }
                _ => (Value::String(unquoted(text)), false),
            }
        }
        // `[甲, 乙]`, perhaps not closed; but `[视频]某事` is text
        '[' if !text[..text.len() - text.ends_with(']') as usize].contains(']') => {
            let inner = text.trim_start_matches('[').trim_end_matches(']');
            let items = inner.split(',').map(str::trim).filter(|item| !item.is_empty());
            (items.map(|item| Value::String(unquoted(item))).collect(), false)
        }
        '[' | '!' | '&' | '*' | '|' | '>' | '%' | '@' | '`' | '{' | '}' | ']' | ',' | '#' | '-' | '?' | ':' | '='
        | '<' | '.' => (string(text), false),
        _ => match text {
            "null" | "Null" | "NULL" | "~" => (Value::Null, true),
            "true" | "True" | "TRUE" => (Value::Bool(true), true),
            "false" | "False" | "FALSE" => (Value::Bool(false), true),
            // numbers as they are written: a title `007` is no 7
            _ => (string(text), !(text.contains(": ") || text.contains(" #") || text.ends_with(':'))),
        },
    }
}

/// `text` without the quotation marks that a program put round it, however many there are and whether or not they are
/// escaped as they should be. Quotation marks that belong to the text (`"甲"和"乙"`) stay.
fn unquoted(text: &str) -> String {
    let mut text = text.trim();
    while let Some(quote) = text.chars().next().filter(|&c| c == '"' || c == '\'') {
        let count = text.matches(quote).count();
        let inner = &text[1..];
        if count == 1 {
            // opened and never closed
            text = inner.trim();
            break;
        }
        let Some(inner) = inner.strip_suffix(quote) else { break };
        // `"甲"和"乙"`: the outer marks are not a pair
        if count == 4 && !inner.starts_with(quote) && !inner.ends_with(quote) && closes_before_it_opens(inner, quote) {
            break;
        }
        text = inner.trim();
    }
    // marks left on one side only, as where their number was odd
    text.replace("''", "'")
}

/// Whether the first of two marks in `inner` ends a quotation: text follows the mark rather than stands before it.
fn closes_before_it_opens(inner: &str, quote: char) -> bool {
    let mut marks = inner.match_indices(quote).map(|(at, _)| at);
    match (marks.next(), marks.next()) {
        (Some(first), Some(second)) => second > first + 1 && first > 0 && second < inner.len() - 1,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(head: &str, expected: Value, is_valid: bool) {
        let (keys, error) = read(head, false);
        assert_eq!((Value::Object(keys), error.is_none()), (expected, is_valid), "{head}: {error:?}");
    }

    #[test]
    fn the_common_corner_of_yaml() {
        let head = "title: '一篇：\"报道\"'\ncategories: \n - 新闻\n - 科技 - 首页\nauthor: 某报\ncomments: false\ndate: Fri, 14 May 2021 11:48:00 GMT\nthumbnail: ''\n";
        assert!(read_lines(head).is_plain);
        check(
            head,
            json!({"title": "一篇：\"报道\"", "categories": ["新闻", "科技 - 首页"], "author": "某报", "comments": false,
                "date": "Fri, 14 May 2021 11:48:00 GMT", "thumbnail": ""}),
            true,
        );
        check("title: 'it''s'\nempty:\n# comment\nn: 007\n", json!({"title": "it's", "empty": null, "n": "007"}), true);
    }

    #[test]
    fn the_rest_of_yaml() {
        check("a: [甲, \"乙\"]\nb: {c: d}\n", json!({"a": ["甲", "乙"], "b": {"c": "d"}}), true);
        check("a: \"\\u7532\"\nb: >-\n  两\n  行\n", json!({"a": "甲", "b": "两 行"}), true);
        check("a: [甲]\ntitle: y\nb: No\nc: on\n", json!({"a": ["甲"], "title": "y", "b": "No", "c": "on"}), true);
        check("a:\n- [甲, 乙]\n- [丙]\n", json!({"a": [["甲", "乙"], ["丙"]]}), true);
        check("a: 甲\na: 乙\n", json!({"a": "乙"}), true);
        check("a: &x 甲\nb: *x\n", json!({"a": "甲", "b": "甲"}), true);
        check("author:\n  name: 某报\n  url: x\n", json!({"author": {"name": "某报", "url": "x"}}), true);
    }

    #[test]
    fn what_is_no_yaml_is_read_line_by_line() {
        check(
            "title: \"\"\"'甲：乙'\"\"\"\ndate: 2021-05-14\n",
            json!({"title": "甲：乙", "date": "2021-05-14"}),
            false,
        );
        check("title: \"甲\"和\"乙\"\ntags: [a, b\n", json!({"title": "\"甲\"和\"乙\"", "tags": ["a", "b"]}), false);
        check("title: \"甲\"乙\n", json!({"title": "\"甲\"乙"}), false);
        check("title: 甲: 乙\nauthor: @某人\n", json!({"title": "甲: 乙", "author": "@某人"}), false);
        check(
            "title: [视频]甲\ncategories:\n - 电视\n - [视频]乙\n",
            json!({"title": "[视频]甲", "categories": ["电视", "[视频]乙"]}),
            false,
        );
        check("title: 'It's'\n???\ndate: x\n", json!({"title": "It's", "date": "x"}), false);
        check("title: \"甲\n", json!({"title": "甲"}), false);
    }

    #[test]
    fn toml_between_pluses() {
        let Split::Closed { head, body, is_toml: true } =
            split("+++\ntitle = \"甲\"\ndate = 2021-05-14T11:48:00Z\n+++\n文")
        else {
            panic!("no TOML");
        };
        let (keys, error) = read(head, true);
        assert_eq!(
            (Value::Object(keys), error, body),
            (json!({"title": "甲", "date": "2021-05-14T11:48:00Z"}), None, "文")
        );
        let (keys, error) = read("title = \"甲\nauthor = \"乙\"", true);
        assert_eq!((Value::Object(keys), error.is_some()), (json!({"title": "甲", "author": "乙"}), true));
    }

    #[test]
    fn fences() {
        let closed = |text| matches!(split(text), Split::Closed { .. });
        assert!(closed("---\ntitle: 甲\n---\n文"));
        assert!(closed("\n \n---  \ntitle: 甲\n---\t"));
        assert!(closed("---\n# x\ntitle: 甲\n..."));
        assert!(closed("title: 甲\ndate: x\n---\n文"));
        assert_eq!(split("---\ntitle: 甲\n文"), Split::Unclosed);
        assert_eq!(split("---\n\n一段文字。\n\n---\n"), Split::None);
        assert_eq!(split("title: 甲\n文"), Split::None);
        assert_eq!(split(""), Split::None);
        let far = format!("---\ntitle: 甲\n{}---\n", "x: y\n".repeat(100_000));
        assert_eq!(split(&far), Split::Unclosed);
    }

    #[test]
    fn a_billion_laughs_fall_flat() {
        let mut head = "a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha]\n".to_owned();
        for i in 1..12 {
            let row = vec![format!("*a{}", i - 1); 9].join(", ");
            head.push_str(&format!("a{i}: &a{i} [{row}]\n"));
        }
        head.push_str("title: 甲\n");
        let (keys, error) = read(&head, false);
        assert_eq!((keys.get("title"), error.is_some()), (Some(&json!("甲")), true));
        let deep = format!("title: {}\n", "[".repeat(30_000));
        assert!(read(&deep, false).1.is_some());
    }

    proptest::proptest! {
        #[test]
        fn lines_that_are_called_plain_are_what_yaml_says(
            head in r#"((title|date|tags|author): {0,2}('[^'\p{Cc}]{0,8}'|[a-z0-9:#'"甲 -]{0,9}|"[^"\p{Cc}\\]{0,8}")|( - |- )[a-z0-9'"甲:]{1,6}|\n){0,6}"#
        ) {
            // every alternative a line
            let head: String = head.replace("title", "\ntitle").replace("date", "\ndate").replace("tags", "\ntags").replace("author", "\nauthor");
            let lines = read_lines(&head);
            if lines.is_plain && !lines.keys.is_empty() {
                let yaml = read_yaml(&head).map_err(proptest::test_runner::TestCaseError::fail)?;
                for (key, value) in &lines.keys {
                    // numbers and the like keep their spelling here
                    let same = match (value, &yaml[key]) {
                        (Value::String(ours), Value::Number(_)) => ours.starts_with(|c: char| c.is_ascii_digit()),
                        (Value::Array(ours), Value::Array(theirs)) => ours.len() == theirs.len(),
                        (ours, theirs) => ours == theirs,
                    };
                    proptest::prop_assert!(same, "{head:?}: {value} is {}", yaml[key]);
                }
            }
        }

        #[test]
        fn no_text_panics(head in "\\PC{0,60}|([a-z]{1,3}: [\"'甲\\[{-]{0,5}\n){0,5}") {
            let _ = read(&head, false);
            let _ = read(&head, true);
            let _ = split(&head);
        }
    }
}
