//! Names of fields and shapes of their values, as front matter and JSON use them. Pure.

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{Drafts, ProblemKind, dates};
use crate::article::{CategoryPath, PlainText, one_line};
use crate::text::{decode_entities, html_to_text, looks_like_html};

/// Names by which each field goes, in lower case, the preferred first.
const TITLE: &[&str] = &["title", "headline", "subject"];
const AUTHOR: &[&str] =
    &["author", "authors", "source", "creator", "outlet", "media", "byline", "publisher", "site_name"];
const DATE: &[&str] = &[
    "date",
    "published",
    "pubdate",
    "pub_date",
    "publish_date",
    "publishdate",
    "published_at",
    "date_published",
    "datepublished",
    "publish_time",
    "publishtime",
    "pub_time",
    "pubtime",
    "datetime",
    "time",
    "timestamp",
    "created",
    "created_at",
    "createdat",
    "date_modified",
    "updated",
    "lastmod",
];
const CATEGORIES: &[&str] = &["categories", "category", "section", "sections", "channel", "column"];
const TAGS: &[&str] = &["tags", "tag", "keywords", "topics"];
const URL: &[&str] =
    &["url", "link", "href", "source_url", "original_url", "canonical", "canonical_url", "external_url", "permalink"];
const ID: &[&str] = &["id", "guid", "_id", "uuid", "docid", "doc_id"];
const HTML_BODY: &[&str] = &["content_html", "html"];
const BODY: &[&str] = &["body", "text", "content", "content_text", "article", "passage"];
const SUMMARY: &[&str] = &["description", "summary", "excerpt", "abstract", "digest"];

/// The fields of one article.
#[derive(Debug, Clone, Default)]
pub(super) struct Fields {
    pub(super) title: String,
    pub(super) author: Option<String>,
    pub(super) date: Option<Timestamp>,
    pub(super) categories: Vec<CategoryPath>,
    pub(super) url: Option<String>,
    pub(super) id: Option<String>,
    pub(super) body: PlainText,
    pub(super) summary: PlainText,
}

/// Takes the fields of an article out of `keys`. Names match in any case; of two names for one field the preferred one
/// that is not empty counts.
pub(super) fn read(keys: Map<String, Value>, line: Option<u64>, out: &mut Drafts<'_>) -> Fields {
    let mut keys: Vec<(String, Value)> = keys
        .into_iter()
        .filter(|(_, value)| !is_empty(value))
        .map(|(key, value)| (key.to_ascii_lowercase(), value))
        .collect();
    let mut take = |names: &[&str]| -> Option<Value> {
        let at = names.iter().find_map(|name| keys.iter().position(|(key, _)| key == name))?;
        Some(keys.swap_remove(at).1)
    };
    let html_body = take(HTML_BODY).and_then(long_text).map(|html| html_to_text(&html));
    let body =
        html_body.unwrap_or_else(|| take(BODY).and_then(long_text).map(|text| text_of(&text)).unwrap_or_default());
    let mut categories = take(CATEGORIES).map(|value| category_paths(&value)).unwrap_or_default();
    if categories.is_empty() {
        categories = take(TAGS).map(|value| tag_paths(&value)).unwrap_or_default();
    }
    Fields {
        title: take(TITLE).as_ref().and_then(name).map(|text| one_line(&decode_entities(&text))).unwrap_or_default(),
        author: take(AUTHOR)
            .as_ref()
            .and_then(name)
            .map(|text| one_line(&decode_entities(&text)))
            .filter(|text| !text.is_empty()),
        date: take(DATE).and_then(|value| date(&value, line, out)),
        categories,
        url: take(URL).as_ref().and_then(name).and_then(|text| url(&text)),
        id: take(ID).as_ref().and_then(name),
        body,
        summary: take(SUMMARY).and_then(long_text).map(|text| text_of(&text)).unwrap_or_default(),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(keys) => keys.is_empty(),
        _ => false,
    }
}

/// Text that is HTML or has lines.
pub(super) fn text_of(text: &str) -> PlainText {
    if looks_like_html(text) { html_to_text(text) } else { PlainText::from_lines(&decode_entities(text)) }
}

/// The text of a value that may be long; a list of paragraphs is text as well.
fn long_text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Array(items) => {
            let lines: Vec<String> = items.into_iter().filter_map(long_text).collect();
            (!lines.is_empty()).then(|| lines.join("\n"))
        }
        Value::Object(mut keys) => {
            ["html", "value", "text", "content"].iter().find_map(|key| keys.remove(*key)).and_then(long_text)
        }
        _ => None,
    }
}

/// The text of a value that stands for one thing: text, a number, something with a name, or several of these.
pub(super) fn name(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Array(items) => items.iter().filter_map(name).collect::<Vec<_>>().join("、"),
        Value::Object(keys) => {
            return ["name", "title", "term", "label", "nickname", "href", "url"]
                .iter()
                .find_map(|key| keys.get(*key))
                .and_then(name);
        }
        Value::Bool(_) | Value::Null => return None,
    };
    (!text.trim().is_empty()).then_some(text)
}

/// An address. The generator of the seed format writes braces as references; other references are no business of a URL.
pub(super) fn url(text: &str) -> Option<String> {
    let mut text = Cow::Borrowed(text);
    if text.contains('&') {
        text = Cow::Owned(text.replace("&#123;", "{").replace("&#125;", "}").replace("&amp;", "&"));
    }
    let text = one_line(&text);
    // `permalink: /:year/:title/` and the like lead nowhere
    (text.contains("://") || text.starts_with("//") || text.starts_with("www.")).then_some(text)
}

fn date(value: &Value, line: Option<u64>, out: &mut Drafts<'_>) -> Option<Timestamp> {
    let Value::Number(number) = value else {
        return name(value).and_then(|text| out.date(line, &text));
    };
    let seconds = number.as_i64().or_else(|| number.as_f64().map(|seconds| seconds as i64))?;
    if seconds == 0 {
        // how programs write that they do not know
        return None;
    }
    let date = match seconds {
        // 20210514 is a day; as seconds it would lie in August 1970
        19_000_101..=21_001_231 => dates::parse_date(&seconds.to_string(), out.zone),
        _ => dates::parse_unix(seconds),
    };
    if date.is_err() {
        out.remark(line, ProblemKind::BadDate, number.to_string());
    }
    date.ok()
}

/// Categories: a flat list is the levels of one path, a list of lists is several paths, `a/b` is two levels.
fn category_paths(value: &Value) -> Vec<CategoryPath> {
    let paths: Vec<CategoryPath> = match value {
        Value::Array(items) if items.iter().all(|item| !matches!(item, Value::Array(_) | Value::Object(_))) => {
            CategoryPath::new(items.iter().filter_map(level)).into_iter().collect()
        }
        // a level that was written `[视频]` and so became a list
        Value::Array(items) if items.iter().any(Value::is_string) && items.iter().all(is_single) => {
            CategoryPath::new(items.iter().filter_map(|item| match item {
                Value::Array(_) => level(item).map(|text| format!("[{text}]")),
                other => level(other),
            }))
            .into_iter()
            .collect()
        }
        Value::Array(items) => items
            .iter()
            .filter_map(|item| match item {
                Value::Array(levels) => CategoryPath::new(levels.iter().filter_map(level)),
                other => level(other).and_then(|text| CategoryPath::new([text])),
            })
            .collect(),
        other => level(other).and_then(|text| CategoryPath::new(text.split(['/', '>', '／']))).into_iter().collect(),
    };
    without_repeats(paths)
}

fn is_single(item: &Value) -> bool {
    !matches!(item, Value::Object(_)) && item.as_array().is_none_or(|levels| levels.len() == 1)
}

/// Tags: each is a path of its own.
fn tag_paths(value: &Value) -> Vec<CategoryPath> {
    without_repeats(match value {
        Value::Array(items) => items.iter().filter_map(level).filter_map(|tag| CategoryPath::new([tag])).collect(),
        other => level(other)
            .map(|text| text.split([',', '，', ';', '；', '、']).filter_map(|tag| CategoryPath::new([tag])).collect())
            .unwrap_or_default(),
    })
}

/// Each path once, in the order of first appearance.
pub(super) fn without_repeats(mut paths: Vec<CategoryPath>) -> Vec<CategoryPath> {
    // an article has few categories; one that has thousands is spam, and keeps the first
    paths.truncate(MAX_CATEGORIES);
    let mut seen = std::collections::HashSet::new();
    paths.retain(|path| seen.insert(path.clone()));
    paths
}

/// More categories than any article stands in.
const MAX_CATEGORIES: usize = 100;

fn level(value: &Value) -> Option<String> {
    name(value).map(|text| decode_entities(&text).into_owned())
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use serde_json::json;

    use super::*;

    fn fields(value: Value) -> (Fields, Vec<ProblemKind>) {
        let mut out = Drafts { zone: &TimeZone::UTC, stem: "", drafts: Vec::new(), remarks: Vec::new() };
        let Value::Object(keys) = value else { panic!("keys and values") };
        let fields = read(keys, None, &mut out);
        (fields, out.remarks.into_iter().map(|remark| remark.kind).collect())
    }

    #[track_caller]
    fn check_categories(value: Value, expected: &[&str]) {
        let (fields, _) = fields(value);
        assert_eq!(fields.categories.iter().map(ToString::to_string).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn categories_are_paths() {
        check_categories(json!({"categories": ["新闻", "科技"]}), &["新闻 / 科技"]);
        check_categories(json!({"categories": [["新闻", "科技"], ["要闻"], ["要闻"]]}), &["新闻 / 科技", "要闻"]);
        check_categories(json!({"categories": ["电视", ["视频"]]}), &["电视 / [视频]"]);
        check_categories(json!({"categories": ["要闻", ["新闻", "科技"]]}), &["要闻", "新闻 / 科技"]);
        check_categories(json!({"category": "新闻/科技"}), &["新闻 / 科技"]);
        check_categories(json!({"category": "科技", "tags": ["甲"]}), &["科技"]);
        check_categories(json!({"categories": [], "tags": ["甲", "乙", "甲"]}), &["甲", "乙"]);
        check_categories(json!({"keywords": "甲，乙, 丙"}), &["甲", "乙", "丙"]);
        check_categories(json!({"categories": [{"name": "甲"}, {"name": "乙"}]}), &["甲", "乙"]);
        check_categories(json!({"category": 5, "section": null}), &["5"]);
        check_categories(json!({"categories": ["A &amp; B", ""]}), &["A & B"]);
    }

    #[test]
    fn fields_go_by_many_names() {
        let (article, problems) = fields(json!({
            "Title": "甲 &#123;乙&#125;", "pubDate": "2021-05-14 11:48", "authors": [{"name": "某人"}, {"name": "另一人"}],
            "link": {"href": "https://example.org/?a=&#123;1&#125;&copy=2"}, "guid": 17, "content": "<p>一</p><p>二</p>", "excerpt": "摘要",
        }));
        assert_eq!(article.title, "甲 {乙}");
        assert_eq!(article.date.unwrap().to_string(), "2021-05-14T11:48:00Z");
        assert_eq!(article.author.as_deref(), Some("某人、另一人"));
        assert_eq!(article.url.as_deref(), Some("https://example.org/?a={1}&copy=2"));
        assert_eq!(article.id.as_deref(), Some("17"));
        assert_eq!((article.body.as_str(), article.summary.as_str()), ("一\n二", "摘要"));
        assert_eq!(problems, []);
    }

    #[test]
    fn a_date_may_be_a_number_and_may_be_wrong() {
        let date = |value: Value| fields(json!({"date": value}));
        assert_eq!(date(json!(1_620_992_880)).0.date.unwrap().to_string(), "2021-05-14T11:48:00Z");
        assert_eq!(date(json!(1_620_992_880_500_i64)).0.date.unwrap().to_string(), "2021-05-14T11:48:00.5Z");
        assert_eq!(date(json!(20_210_514)).0.date.unwrap().to_string(), "2021-05-14T00:00:00Z");
        assert_eq!(date(json!(0)), (Fields::default(), vec![]));
        assert_eq!(date(json!("昨天")).1, [ProblemKind::BadDate]);
        assert_eq!(date(json!(1e300)).1, [ProblemKind::BadDate]);
    }

    impl PartialEq for Fields {
        fn eq(&self, other: &Self) -> bool {
            format!("{self:?}") == format!("{other:?}")
        }
    }
}
