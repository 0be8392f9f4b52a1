//! JSON: lines of articles, documents that are an article or a list of them, JSON Feed. Pure.

use serde_json::{Map, Value};

use super::{Draft, Drafts, Kept, ProblemKind, decode, fields, shortened};
use crate::article::Article;
use crate::export;

/// Names under which a document may hold its list of articles.
const LISTS: &[&str] = &["items", "articles", "data", "results", "posts", "news", "docs"];

/// Reads JSON Lines, the first of which is line `first` of the file. A bad line costs only itself.
pub(super) fn read_lines(bytes: &[u8], first: u64, out: &mut Drafts<'_>) {
    let decoded;
    let text = match simdutf8::basic::from_utf8(bytes) {
        Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
        Err(_) => {
            decoded = decode_lines(bytes, first, out);
            &decoded
        }
    };
    for (line, number) in text.split('\n').zip(first..) {
        let line = line.trim_ascii();
        if line.is_empty() {
            continue;
        }
        match serde_json::from_str::<Value>(line) {
            Ok(Value::Object(keys)) => read_article(keys, Some(number), EntryKey::Needed(line.as_bytes()), None, out),
            Ok(other) => out.remark(Some(number), ProblemKind::BadJson, shortened(&other.to_string())),
            Err(error) => out.remark(Some(number), ProblemKind::BadJson, reason(&error)),
        }
    }
}

/// The lines as UTF-8: those that are keep their bytes, the others are decoded together, with a remark on each that was
/// damaged.
fn decode_lines(bytes: &[u8], first: u64, out: &mut Drafts<'_>) -> String {
    if decode::is_binary(bytes) && decode::decode(bytes).is_err() {
        out.remark(Some(first), ProblemKind::NotText, "");
        return String::new();
    }
    let lines: Vec<&[u8]> = bytes.split(|&b| b == b'\n').collect();
    let is_utf8: Vec<bool> = lines.iter().map(|line| simdutf8::basic::from_utf8(line).is_ok()).collect();
    let foreign: Vec<&[u8]> =
        lines.iter().zip(&is_utf8).filter(|(_, is_utf8)| !**is_utf8).map(|(line, _)| *line).collect();
    let foreign = foreign.join(&b'\n');
    let decoded = decode::decode(&foreign).map(|decoded| (decoded.text.into_owned(), decoded.encoding));
    let (text, encoding) = decoded.unwrap_or_else(|_| (String::from_utf8_lossy(&foreign).into_owned(), "UTF-8"));
    let mut foreign = text.split('\n');
    let mut whole = String::with_capacity(bytes.len() * 3 / 2);
    for ((line, is_utf8), number) in lines.into_iter().zip(is_utf8).zip(first..) {
        if is_utf8 {
            whole.push_str(&String::from_utf8_lossy(line));
        } else if let Some(line) = foreign.next() {
            if line.contains('\u{fffd}') {
                out.remark(Some(number), ProblemKind::BadEncoding, encoding);
            }
            whole.push_str(line);
        }
        whole.push('\n');
    }
    whole
}

/// Reads a whole JSON file: an article, a list of articles, an object that holds such a list (a JSON Feed, say), or one
/// object after the other.
pub(super) fn read_document(text: &str, out: &mut Drafts<'_>) {
    let mut found = false;
    for document in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
        match document {
            Ok(Value::Array(items)) => found |= read_list(items, None, out),
            Ok(Value::Object(mut keys)) => {
                let list = LISTS.iter().find(
                    |name| matches!(keys.get(**name), Some(Value::Array(items)) if items.iter().any(Value::is_object)),
                );
                let list = list.and_then(|name| keys.remove(*name));
                match list {
                    Some(Value::Array(items)) => {
                        let outlet = keys.get("authors").or_else(|| keys.get("author")).and_then(fields::name);
                        let outlet = outlet.or_else(|| keys.get("title").and_then(fields::name));
                        found |= read_list(items, outlet.as_deref(), out);
                    }
                    _ if has_article(&keys) => {
                        found = true;
                        // several objects in one file are told apart like lines
                        let entry = if out.drafts.is_empty() { EntryKey::WholeFile } else { EntryKey::Needed(b"") };
                        read_article(keys, None, entry, None, out);
                    }
                    _ => {}
                }
            }
            Ok(_) => {}
            Err(error) => {
                found = true;
                out.remark(Some(error.line() as u64), ProblemKind::BadJson, reason(&error));
                break;
            }
        }
    }
    if !found {
        // settings, package lists and the like
        out.remark(None, ProblemKind::NotAnArticle, "");
    }
}

/// Whether an object has a title or a body, and so is an article.
fn has_article(keys: &Map<String, Value>) -> bool {
    let is_text = |name: &str| keys.iter().any(|(key, value)| key.eq_ignore_ascii_case(name) && value.is_string());
    let has_body = ["body", "text", "content", "content_html", "content_text"].into_iter().any(is_text);
    has_body || is_text("title") && ["date", "published", "url", "link", "author", "source"].into_iter().any(is_text)
}

fn read_list(items: Vec<Value>, outlet: Option<&str>, out: &mut Drafts<'_>) -> bool {
    let mut found = false;
    for item in items {
        if let Value::Object(keys) = item {
            found = true;
            read_article(keys, None, EntryKey::Needed(b""), outlet, out);
        }
    }
    found
}

/// How an article is told from the others of its file.
enum EntryKey<'a> {
    /// It is the only one.
    WholeFile,
    /// By its own id or, in the last resort, by these bytes of the file.
    Needed(&'a [u8]),
}

fn read_article(
    keys: Map<String, Value>,
    line: Option<u64>,
    entry: EntryKey<'_>,
    outlet: Option<&str>,
    out: &mut Drafts<'_>,
) {
    if let Some(article) = export::article_of(&keys) {
        return out.take(line, exported(article), false);
    }
    let fields = fields::read(keys, line, out);
    let body = if fields.body.as_str().is_empty() { fields.summary } else { fields.body };
    let mut draft = Draft {
        entry: String::new(),
        title: fields.title,
        body,
        author: fields.author.or_else(|| outlet.map(crate::article::one_line)),
        date: fields.date,
        categories: fields.categories,
        url: fields.url,
        kept: None,
    };
    let is_whole_file = matches!(entry, EntryKey::WholeFile);
    if let EntryKey::Needed(bytes) = entry {
        draft.entry = fields.id.unwrap_or_else(|| entry_key(&draft, bytes));
    }
    out.take(line, draft, is_whole_file);
}

/// An article that `souwen export` wrote: its values are clean.
fn exported(article: Article) -> Draft {
    let Article { id, path, title, body, author, date, categories, url } = article;
    Draft { entry: id.to_string(), title, body, author, date, categories, url, kept: Some(Kept { id, path }) }
}

/// A key for an article without an id: its address, or its title and date, or a hash of what there is. Never its place,
/// so that an article put in before it does not rename it.
pub(super) fn entry_key(draft: &Draft, bytes: &[u8]) -> String {
    if let Some(url) = &draft.url {
        return url.clone();
    }
    match draft.date {
        Some(date) if !draft.title.is_empty() => format!("{}\n{date}", draft.title),
        _ => {
            let mut hash = xxhash_rust::xxh3::Xxh3::new();
            if bytes.is_empty() {
                hash.update(draft.title.as_bytes());
                hash.update(b"\n");
                hash.update(draft.body.as_str().as_bytes());
            } else {
                hash.update(bytes);
            }
            format!("#{:016x}", hash.digest())
        }
    }
}

/// An error of serde_json without the place, which would be that within the line.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or_default();
    crate::article::one_line(text)
}

#[cfg(test)]
mod tests {
    use encoding_rs::GB18030;

    use super::*;
    use crate::corpus::tests::read_file;
    use crate::corpus::{Parsed, parse};

    fn titles(parsed: &Parsed) -> Vec<&str> {
        parsed.articles.iter().map(|article| article.title.as_str()).collect()
    }

    #[test]
    fn a_line_is_an_article() {
        let text = "{\"id\":\"x1\",\"title\":\"甲\",\"text\":\"一\\n二\",\"source\":\"某网\",\"category\":\"科技\",\"date\":1620992880}\n\n{\"title\":\"乙\",\"content_html\":\"<p>三</p>\",\"url\":\"https://example.org/2\",\"other\":[1]}\n";
        let parsed = read_file("a.jsonl", text.as_bytes());
        assert_eq!((titles(&parsed), parsed.problems.len()), (vec!["甲", "乙"], 0));
        let [one, two] = &parsed.articles[..] else { panic!() };
        assert_eq!((one.body.as_str(), one.author.as_deref(), two.body.as_str()), ("一\n二", Some("某网"), "三"));
        assert_eq!(one.id, crate::article::ArticleId::of(b"a.jsonl", "x1"));
        assert_eq!(two.id, crate::article::ArticleId::of(b"a.jsonl", "https://example.org/2"));
    }

    #[test]
    fn a_bad_line_costs_itself() {
        let text = "{\"title\":\"甲\"}\n{\"title\":\n[1]\n{\"id\":1}\n{\"title\":\"乙\",\"date\":\"x\"}";
        let parsed = read_file("a.jsonl", text.as_bytes());
        assert_eq!(titles(&parsed), ["甲", "乙"]);
        let problems: Vec<_> = parsed.problems.iter().map(|p| (p.line.unwrap(), p.kind)).collect();
        use ProblemKind::*;
        assert_eq!(problems, [(2, BadJson), (3, BadJson), (4, Empty), (5, BadDate)]);
        let deep = format!("{{\"title\":\"甲\",\"x\":{}", "[".repeat(100_000));
        assert_eq!(read_file("a.jsonl", deep.as_bytes()).problems[0].kind, BadJson);
    }

    #[test]
    fn ids_do_not_hang_on_the_place() {
        let (a, b) = ("{\"title\":\"甲\"}\n", "{\"title\":\"乙\"}\n");
        let ids = |text: &str| read_file("a.jsonl", text.as_bytes()).articles.iter().map(|a| a.id).collect::<Vec<_>>();
        let (first, second, twice) = (ids(b), ids(&format!("{a}{b}")), ids(&format!("{b}{b}")));
        assert_eq!(first[0], second[1]);
        assert_eq!(first[0], twice[0]);
        assert_ne!(twice[0], twice[1]);
    }

    #[test]
    fn lines_may_be_in_different_encodings() {
        let mut bytes = "{\"title\":\"统一的文字编码\"}\n".as_bytes().to_vec();
        bytes.extend_from_slice(&GB18030.encode("{\"title\":\"这是在旧的编码里\"}\n").0);
        let parsed = read_file("a.jsonl", &bytes);
        assert_eq!(titles(&parsed), ["统一的文字编码", "这是在旧的编码里"]);
        let wide: Vec<u8> =
            "\u{feff}{\"title\":\"甲\"}\n{\"title\":\"乙\"}".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(titles(&read_file("a.jsonl", &wide)), ["甲", "乙"]);
    }

    #[test]
    fn whole_documents() {
        let one = "{\"title\":\"甲\",\n\"body\":\"文\"}";
        let parsed = read_file("甲.json", one.as_bytes());
        assert_eq!(parsed.articles[0].id, crate::article::ArticleId::of("甲.json".as_bytes(), ""));
        assert_eq!(titles(&read_file("a.json", format!("[{one},{one}]").as_bytes())), ["甲", "甲"]);
        assert_eq!(titles(&read_file("a.json", format!("{{\"articles\":[{one}]}}").as_bytes())), ["甲"]);
        let feed = "{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"某网\",\"items\":[{\"id\":\"1\",\"title\":\"甲\",\"content_text\":\"文\",\"date_published\":\"2021-05-14T11:48:00Z\",\"tags\":[\"科技\",\"财经\"]}]}";
        let parsed = read_file("feed.json", feed.as_bytes());
        let article = &parsed.articles[0];
        assert_eq!(
            (article.author.as_deref(), article.categories.len(), article.body.as_str()),
            (Some("某网"), 2, "文")
        );
        for settings in ["{\"name\":\"x\"}", "[1,2]", "{}", "{\"data\":[1]}"] {
            assert_eq!(read_file("package.json", settings.as_bytes()).problems[0].kind, ProblemKind::NotAnArticle);
        }
        assert_eq!(read_file("a.json", b"{\"title\": ").problems[0].kind, ProblemKind::BadJson);
    }

    proptest::proptest! {
        #[test]
        fn any_lines_are_accounted_for(lines in proptest::collection::vec("\\{\"(title|id|date)\":(\"[甲\\\\\"]{0,3}\"|[0-9]{1,20}|null|\\[\\])\\}|\\PC{1,9}", 1..6)) {
            let text = lines.join("\n");
            let chunk = crate::corpus::tests::chunk("a.jsonl", text.as_bytes());
            let parsed = parse(&chunk, &crate::corpus::ReadOptions::default());
            let lost = parsed.problems.iter().filter(|problem| problem.kind.costs_the_article()).count();
            let wanted = text.split('\n').filter(|line| !line.as_bytes().trim_ascii().is_empty()).count();
            proptest::prop_assert_eq!(parsed.articles.len() + lost, wanted);
        }
    }
}
