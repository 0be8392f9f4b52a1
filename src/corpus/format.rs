//! Which format a file is in: by its ending, corrected by its content. Pure.

use super::read::{Chunk, Part};
use super::{Drafts, ProblemKind};
use super::{decode, feed, front_matter, html, json, markdown, plain, post};

/// How to read a file from disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plan {
    /// In runs of lines.
    Lines,
    /// At once.
    Whole,
    /// Not at all.
    Skip,
}

/// Endings that stand for a format, in lower case, and those of files that nobody takes for articles.
const MARKDOWN: &[&str] = &["md", "markdown", "mdown", "mkd", "mdx"];
const HTML: &[&str] = &["html", "htm", "xhtml", "shtml"];
const PLAIN: &[&str] = &["txt", "text"];
const JSON: &[&str] = &["json"];
const JSON_LINES: &[&str] = &["jsonl", "ndjson"];
const XML: &[&str] = &["xml", "rss", "atom", "rdf"];
const NO_ARTICLE: &[&str] = &[
    "png", "jpg", "jpeg", "gif", "webp", "avif", "bmp", "tif", "tiff", "ico", "svg", "psd", "heic", "mp3", "mp4",
    "m4a", "m4v", "mkv", "mov", "avi", "flv", "wav", "ogg", "webm", "css", "scss", "sass", "less", "styl", "js", "mjs",
    "cjs", "ts", "jsx", "tsx", "map", "vue", "ejs", "pug", "swig", "njk", "woff", "woff2", "ttf", "otf", "eot", "pdf",
    "doc", "docx", "xls", "xlsx", "ppt", "pptx", "epub", "mobi", "zip", "tar", "tgz", "bz2", "xz", "zst", "7z", "rar",
    "db", "sqlite", "sqlite3", "exe", "dll", "so", "dylib", "bin", "dat", "wasm", "class", "jar", "pyc", "py", "rb",
    "rs", "go", "c", "h", "cc", "cpp", "hpp", "java", "kt", "swift", "sh", "bash", "bat", "ps1", "sql", "csv", "tsv",
    "parquet", "yml", "yaml", "toml", "ini", "cfg", "conf", "lock", "log", "bak", "tmp", "swp", "part", "torrent",
    "opml", "xsl", "xslt", "xsd", "dtd",
];

fn ending(name: &str) -> String {
    name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default()
}

fn is_one_of(ending: &str, endings: &[&str]) -> bool {
    endings.contains(&ending)
}

/// Whether what follows the last dot of a file name is an ending and not part of a title.
pub(super) fn is_ending(ending: &str) -> bool {
    let ending = ending.to_ascii_lowercase();
    [MARKDOWN, HTML, PLAIN, JSON, JSON_LINES, XML, NO_ARTICLE].iter().any(|endings| is_one_of(&ending, endings))
}

/// How to read a file of this name (without `.gz`) that begins with `head`.
pub(super) fn plan(name: &str, head: &[u8]) -> Plan {
    let ending = ending(name);
    if is_one_of(&ending, JSON_LINES) {
        // lines of UTF-16 cannot be told apart as bytes
        let wide = head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff");
        return if wide { Plan::Whole } else { Plan::Lines };
    }
    if is_one_of(&ending, NO_ARTICLE) {
        let is_article = decode::decode(head).is_ok_and(|head| sniff(&ending, &head.text) != Format::NoArticle);
        return if is_article { Plan::Whole } else { Plan::Skip };
    }
    let may_be_lines = !is_one_of(&ending, MARKDOWN) && !is_one_of(&ending, HTML) && !is_one_of(&ending, XML);
    if may_be_lines && is_json_lines(head) { Plan::Lines } else { Plan::Whole }
}

/// Whether the first line is a JSON object and the next one begins like one.
fn is_json_lines(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let Some(end) = head.iter().position(|&b| b == b'\n') else { return false };
    head.starts_with(b"{")
        && head[end..].trim_ascii_start().starts_with(b"{")
        && serde_json::from_slice::<serde::de::IgnoredAny>(&head[..end]).is_ok()
}

/// The formats that articles come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Post,
    Page,
    Markdown,
    Plain,
    Json,
    Lines,
    Feed,
    NoArticle,
}

/// The format of a whole file with this ending and text.
fn sniff(ending: &str, text: &str) -> Format {
    let start = text.trim_start();
    let page = is_page(start);
    if is_one_of(ending, JSON_LINES) {
        return Format::Lines;
    }
    if is_one_of(ending, JSON) {
        return Format::Json;
    }
    if is_one_of(ending, XML) {
        return if is_feed(start) {
            Format::Feed
        } else if page {
            Format::Page
        } else {
            Format::NoArticle
        };
    }
    // documents of YAML are parted by the same line as front matter
    let is_settings = is_one_of(ending, &["yml", "yaml", "toml"]);
    if !is_settings && matches!(front_matter::split(text), front_matter::Split::Closed { .. }) {
        return Format::Post;
    }
    if page {
        return Format::Page;
    }
    if is_one_of(ending, NO_ARTICLE) {
        return Format::NoArticle;
    }
    if is_one_of(ending, HTML) {
        return Format::Page;
    }
    if is_one_of(ending, MARKDOWN) {
        return Format::Markdown;
    }
    if is_one_of(ending, PLAIN) {
        return Format::Plain;
    }
    if is_feed(start) {
        Format::Feed
    } else if start.starts_with('<') && crate::text::looks_like_html(start) {
        Format::Page
    } else if start.starts_with(['{', '[']) && is_json(start) {
        Format::Json
    } else if start.starts_with("# ") || start.starts_with("## ") {
        Format::Markdown
    } else {
        Format::Plain
    }
}

/// Whether text that begins with a bracket is JSON as far as can be told cheaply.
fn is_json(start: &str) -> bool {
    match serde_json::from_str::<serde::de::IgnoredAny>(start) {
        Ok(_) => true,
        // several objects one after the other
        Err(error) => error.is_syntax() && error.to_string().starts_with("trailing characters"),
    }
}

/// `start` after XML's and HTML's preliminaries: prolog, comments, document type.
fn first_element(mut start: &str) -> &str {
    loop {
        start = start.trim_start();
        let (open, close) = if start.starts_with("<?") {
            ("<?", "?>")
        } else if start.starts_with("<!--") {
            ("<!--", "-->")
        } else if start.starts_with("<!") {
            ("<!", ">")
        } else {
            return start;
        };
        let inside = &start[open.len()..];
        // a document type may hold declarations, each of which ends like itself
        let declared = if open == "<!" { declarations(inside) } else { "" };
        let Some(end) = inside[declared.len()..].find(close) else { return "" };
        start = &inside[declared.len() + end + close.len()..];
    }
}

/// What a document type, which begins before `inside`, declares itself, and all before it.
fn declarations(inside: &str) -> &str {
    let before = inside.find(['[', '>']).filter(|&at| inside[at..].starts_with('['));
    let end = before.and_then(|before| Some(before + inside[before..].find(']')?));
    &inside[..end.unwrap_or_default()]
}

/// What stands before the first element of a document of XML.
pub(super) fn preliminaries(text: &str) -> &str {
    &text[..text.len() - first_element(text).len()]
}

/// Name of the first element, without its namespace, in lower case.
fn first_name(start: &str) -> String {
    let name = first_element(start).strip_prefix('<').unwrap_or_default();
    let end = name.find(|c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/')).unwrap_or(name.len());
    let name = name.get(..end.min(64)).unwrap_or_default();
    name.rsplit(':').next().unwrap_or_default().to_ascii_lowercase()
}

fn is_feed(start: &str) -> bool {
    start.starts_with('<') && matches!(first_name(start).as_str(), "rss" | "feed" | "rdf" | "entry")
}

fn is_page(start: &str) -> bool {
    start.starts_with('<')
        && (start.get(..14).is_some_and(|doctype| doctype.eq_ignore_ascii_case("<!doctype html"))
            || matches!(first_name(start).as_str(), "html" | "head" | "body"))
}

/// Reads whatever the chunk holds.
pub(super) fn read(chunk: &Chunk, out: &mut Drafts<'_>) {
    if let Part::Lines { first } = chunk.part {
        return json::read_lines(&chunk.bytes, first, out);
    }
    if chunk.bytes.trim_ascii().is_empty() {
        return out.remark(None, ProblemKind::Empty, "");
    }
    let Ok(decoded) = decode::decode(&chunk.bytes) else {
        return out.remark(None, ProblemKind::NotText, "");
    };
    if decoded.damaged {
        out.remark(None, ProblemKind::BadEncoding, decoded.encoding);
    }
    let text = &*decoded.text;
    match sniff(&ending(chunk.name()), text) {
        Format::Post => post::read(text, out),
        Format::Page => html::read(text, out),
        Format::Markdown => markdown::read(text, out),
        Format::Plain => plain::read(text, out),
        Format::Json => json::read_document(text, out),
        Format::Lines => json::read_lines(text.as_bytes(), 1, out),
        Format::Feed => feed::read(text, out),
        Format::NoArticle => out.remark(None, ProblemKind::NotAnArticle, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, text: &str, format: Format) {
        assert_eq!(sniff(&ending(name), text), format, "{name}: {text:?}");
    }

    #[test]
    fn the_ending_says_and_the_content_corrects() {
        check("a.md", "一段文字", Format::Markdown);
        check("a.md", "\n---\ntitle: 甲\n---\n正文", Format::Post);
        check("a.txt", "---\ntitle: 甲\n---\n正文", Format::Post);
        check("a.html", "---\ntitle: 甲\n---\n<p>正文", Format::Post);
        check("a.html", "<p>正文", Format::Page);
        check("a.md", "<!DOCTYPE html><title>甲</title>", Format::Page);
        check("a.php", "<!-- x --><HTML lang=zh>", Format::Page);
        check("a.xml", "<?xml version=\"1.0\"?>\n<!-- x --><rss version=\"2.0\">", Format::Feed);
        check("a.xml", "<!DOCTYPE rss [<!ENTITY a \"b\"> <!ENTITY c \"d\">] ><rss>", Format::Feed);
        check("a.xml", "<!DOCTYPE urlset [<!ENTITY a \"b\">]><urlset/>", Format::NoArticle);
        check("a.xml", "<!DOCTYPE rss [<!ENTITY", Format::NoArticle);
        check("feed", "<feed xmlns=\"http://www.w3.org/2005/Atom\">", Format::Feed);
        check("a.rdf", "<rdf:RDF>", Format::Feed);
        check("sitemap.xml", "<urlset/>", Format::NoArticle);
        check("a", "{\"title\":\"甲\"}", Format::Json);
        check("a", "{\"title\":\"甲\"}\n{\"title\":\"乙\"}", Format::Json);
        check("a", "[视频] 一段文字", Format::Plain);
        check("a", "# 标题\n文字", Format::Markdown);
        check("a", "文字", Format::Plain);
        check("a.js", "let a = 1;", Format::NoArticle);
        check("a.yml", "---\ntitle: 甲\n", Format::NoArticle);
    }

    #[test]
    fn an_ending_is_no_part_of_a_title() {
        assert!(is_ending("MD") && is_ending("html") && !is_ending("5 亿") && !is_ending(""));
    }

    #[test]
    fn json_lines_are_known_by_two_objects() {
        assert_eq!(plan("a.json", b"{\"a\":1}\n{\"b\":2}\n"), Plan::Lines);
        assert_eq!(plan("a.json", b"{\"a\":1}\n"), Plan::Whole);
        assert_eq!(plan("a.json", b"{\n\"a\":1}\n"), Plan::Whole);
        assert_eq!(plan("a.jsonl", b"\xff\xfe{\0"), Plan::Whole);
        assert_eq!(plan("a", b"{\"a\":1}\n{\"b\":2}\n"), Plan::Lines);
    }
}
