//! Saved feeds, RSS and Atom, by feed-rs: an entry is an article. JSON Feed is read with the other JSON. Pure.

use std::borrow::Cow;
use std::ops::{Add, Sub};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use feed_rs::model::{Entry, Feed, Person};
use jiff::Timestamp;

use super::{Draft, Drafts, ProblemKind, dates, fields, format, json, shortened};
use crate::article::{CategoryPath, PlainText, one_line};
use crate::text::{decode_entities, html_to_text};

/// No feed has more; each takes a kilobyte of memory before it is known what it holds.
const MAX_ENTRIES: usize = 100_000;

/// What names a text in a document of XML. Such names are not resolved.
const ENTITY: &str = "<!ENTITY";

/// Reads a feed. When it breaks off or is broken, the entries before the break are taken and the loss is reported.
pub(super) fn read(text: &str, out: &mut Drafts<'_>) {
    let text = without_prolog(text);
    // each may stand for others, and a few lines so for any amount of text
    if format::preliminaries(text).contains(ENTITY) {
        out.remark(None, ProblemKind::BadFeed, format!("{ENTITY} …>"));
    }
    if text.matches("<item").chain(text.matches("<entry")).nth(MAX_ENTRIES).is_some() {
        return out.remark(None, ProblemKind::BadFeed, format!("entries > {MAX_ENTRIES}"));
    }
    let feed = match parse(text, out) {
        Ok(feed) => feed,
        Err(error) => {
            let mended = with_escaped_ampersands(text);
            match parse(&mended, out) {
                Ok(feed) => feed,
                Err(_) => {
                    out.remark(None, ProblemKind::BadFeed, error);
                    let Some(feed) = whole_entries(&mended).and_then(|text| parse(&text, out).ok()) else { return };
                    feed
                }
            }
        }
    };
    if feed.entries.is_empty() {
        return out.remark(None, ProblemKind::Empty, "");
    }
    let outlet = feed.title.as_ref().map(|title| label(&title.content)).filter(|title| !title.is_empty());
    for entry in feed.entries {
        let (draft, id) = draft(entry, outlet.as_deref());
        let entry = id.unwrap_or_else(|| json::entry_key(&draft, b""));
        out.take(None, Draft { entry, ..draft }, false);
    }
}

/// The text is decoded already; what its prolog says about bytes does not hold any more.
fn without_prolog(text: &str) -> &str {
    let start = text.trim_start();
    match start.strip_prefix("<?xml").and_then(|rest| rest.split_once("?>")) {
        Some((_, rest)) => rest.trim_start(),
        None => start,
    }
}

fn parse(text: &str, out: &mut Drafts<'_>) -> Result<Feed, String> {
    let zone = out.zone.clone();
    let bad_dates = Arc::new(Mutex::new(Vec::new()));
    let bad = Arc::clone(&bad_dates);
    let parser = feed_rs::parser::Builder::new()
        // a made-up id would be another one each time
        .id_generator(|_, _, _| String::new())
        .timestamp_parser(move |text| {
            let date = dates::parse_date(text, &zone);
            if date.is_err()
                && !text.trim().is_empty()
                && let Ok(mut bad) = bad.lock()
            {
                bad.push(shortened(text));
            }
            date.ok().map(moment)
        })
        .build();
    let feed = parser.parse(text.as_bytes()).map_err(|error| one_line(&error.to_string()))?;
    for text in bad_dates.lock().map(|mut bad| std::mem::take(&mut *bad)).unwrap_or_default() {
        out.remark(None, ProblemKind::BadDate, text);
    }
    Ok(feed)
}

/// A moment in the type that feed-rs wants (chrono's), whose default is the beginning of 1970.
fn moment<T: Default + Add<Duration, Output = T> + Sub<Duration, Output = T>>(stamp: Timestamp) -> T {
    let distance = Duration::from_nanos(u64::try_from(stamp.as_nanosecond().unsigned_abs()).unwrap_or_default());
    if stamp.as_nanosecond() < 0 { T::default() - distance } else { T::default() + distance }
}

/// The feed in which every `&` outside CDATA begins a reference that XML knows: feeds hold bare ones, and HTML's.
fn with_escaped_ampersands(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let step = if rest.starts_with("<![CDATA[") {
            rest.find("]]>").unwrap_or(rest.len())
        } else {
            if rest.starts_with('&') && !is_xml_reference(&rest[1..]) {
                out.push_str("&amp;");
                rest = &rest[1..];
                continue;
            }
            1
        };
        out.push_str(&rest[..step]);
        rest = &rest[step..];
    }
    out.push_str(rest);
    out
}

/// Whether `text`, which follows a `&`, makes a reference of XML.
fn is_xml_reference(text: &str) -> bool {
    let Some((name, _)) = text.as_bytes().iter().take(12).position(|&b| b == b';').map(|end| text.split_at(end)) else {
        return false;
    };
    match name.strip_prefix('#') {
        Some(number) => match number.strip_prefix(['x', 'X']) {
            Some(hex) => !hex.is_empty() && hex.bytes().all(|b| b.is_ascii_hexdigit()),
            None => !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()),
        },
        None => matches!(name, "amp" | "lt" | "gt" | "quot" | "apos"),
    }
}

/// The feed up to the last entry that is whole.
fn whole_entries(text: &str) -> Option<String> {
    let (cut, end) = match (text.rfind("</item>"), text.rfind("</entry>")) {
        (Some(at), _) if text.contains("<channel") => (at + "</item>".len(), "</channel></rss>"),
        (Some(at), _) => (at + "</item>".len(), "</rdf:RDF>"),
        (None, Some(at)) => (at + "</entry>".len(), "</feed>"),
        (None, None) => return None,
    };
    Some(format!("{}{end}", &text[..cut]))
}

/// An entry, and its own id.
fn draft(entry: Entry, outlet: Option<&str>) -> (Draft, Option<String>) {
    let content = entry.content.and_then(|content| content.body).map(|html| body(&html)).unwrap_or_default();
    let body = if content.as_str().is_empty() {
        entry.summary.map(|summary| body(&summary.content)).unwrap_or_default()
    } else {
        content
    };
    let author = entry.authors.iter().find_map(person).or_else(|| outlet.map(str::to_owned));
    let categories = entry.categories.iter().filter_map(|category| {
        let term = category.label.as_deref().filter(|label| !label.trim().is_empty()).unwrap_or(&category.term);
        CategoryPath::new([decode_entities(term)])
    });
    let url = entry.links.iter().find(|link| link.rel.as_deref().is_none_or(|rel| rel == "alternate"));
    let draft = Draft {
        entry: String::new(),
        title: entry.title.map(|title| label(&title.content)).unwrap_or_default(),
        body,
        author,
        date: entry.published.or(entry.updated).and_then(|date| {
            Timestamp::new(date.timestamp(), i32::try_from(date.timestamp_subsec_nanos()).unwrap_or_default()).ok()
        }),
        categories: fields::without_repeats(categories.collect()),
        url: url.or(entry.links.first()).and_then(|link| fields::url(&link.href)),
        kept: None,
    };
    (draft, Some(entry.id).filter(|id| !id.is_empty()))
}

/// Content is HTML, unless it has no tags; then its lines count.
fn body(content: &str) -> PlainText {
    if content.contains('<') { html_to_text(content) } else { PlainText::from_lines(&decode_entities(content)) }
}

/// A title or name, which may hold tags and references though it should not.
fn label(text: &str) -> String {
    let text = if text.contains("</") || text.contains("<br") {
        Cow::Owned(html_to_text(text).into_string())
    } else {
        decode_entities(text)
    };
    one_line(&text)
}

/// RSS writes persons as `address (name)`, of which feed-rs takes the address away.
fn person(person: &Person) -> Option<String> {
    let name = label(person.name.as_deref()?);
    let inner = name.strip_prefix('(').and_then(|name| name.strip_suffix(')')).unwrap_or(&name).trim();
    (!inner.is_empty()).then(|| inner.to_owned())
}

#[cfg(test)]
mod tests {
    use crate::article::ArticleId;
    use crate::corpus::ProblemKind;
    use crate::corpus::tests::read_file;

    const RSS: &str = r#"<?xml version="1.0" encoding="gb2312"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>某网 要闻</title><link>https://example.org/</link>
<item><title><![CDATA[甲 & 乙 &#8220;丙&#8221;]]></title><link>https://example.org/1</link><guid>g1</guid><category>科技</category><category>财经</category>
<pubDate>Mon, 14 May 2021 11:48:00 +0800</pubDate><author>x@example.org (某人)</author><description>摘要</description>
<content:encoded><![CDATA[<p>第一段<b>粗</b></p><p>第二段</p>]]></content:encoded></item>
<item><title>丁</title><link>https://example.org/2</link><pubDate>2021-05-14 11:48:00</pubDate><description>&lt;p&gt;一&amp;nbsp;二&lt;/p&gt;</description></item>
<item><title>戊</title><pubDate>前天</pubDate></item>
</channel></rss>"#;

    #[test]
    fn rss() {
        let parsed = read_file("feed.xml", RSS.as_bytes());
        let [one, two, three] = &parsed.articles[..] else { panic!("{:?}", parsed.problems) };
        assert_eq!((one.title.as_str(), one.body.as_str()), ("甲 & 乙 “丙”", "第一段粗\n第二段"));
        assert_eq!((one.author.as_deref(), one.categories.len()), (Some("某人"), 2));
        assert_eq!(one.date.unwrap().to_string(), "2021-05-14T03:48:00Z");
        assert_eq!(one.id, ArticleId::of(b"feed.xml", "g1"));
        assert_eq!((two.body.as_str(), two.author.as_deref()), ("一 二", Some("某网 要闻")));
        assert_eq!((two.date, two.url.as_deref()), (one.date, Some("https://example.org/2")));
        assert_eq!((three.title.as_str(), three.date), ("戊", None));
        assert_eq!(parsed.problems.iter().map(|p| p.kind).collect::<Vec<_>>(), [ProblemKind::BadDate]);
    }

    #[test]
    fn atom() {
        let text = r#"<feed xmlns="http://www.w3.org/2005/Atom"><title>某博客</title><entry><id>urn:1</id><title type="html">甲&lt;b&gt;乙&lt;/b&gt;</title>
<link rel="self" href="https://example.org/self"/><link href="https://example.org/a"/><updated>2021-05-14T11:48:00Z</updated>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>一</p><p>二</p></div></content></entry></feed>"#;
        let parsed = read_file("atom", text.as_bytes());
        let article = &parsed.articles[0];
        assert_eq!((article.title.as_str(), article.body.as_str()), ("甲乙", "一\n二"));
        assert_eq!(
            (article.url.as_deref(), article.date.unwrap().to_string().as_str()),
            (Some("https://example.org/a"), "2021-05-14T11:48:00Z")
        );
    }

    #[test]
    fn a_feed_that_breaks_off_keeps_its_whole_entries() {
        let cut = &RSS[..RSS.find("<item><title>戊").unwrap() + 20];
        let parsed = read_file("feed.xml", cut.as_bytes());
        assert_eq!(parsed.articles.len(), 2);
        assert!(parsed.problems.iter().any(|p| p.kind == ProblemKind::BadFeed));
        let parsed = read_file("feed.rss", b"<rss><channel>");
        assert_eq!((parsed.articles.len(), parsed.problems[0].kind), (0, ProblemKind::BadFeed));
        let parsed = read_file("feed.rss", b"<rss version=\"2.0\"><channel><title>x</title></channel></rss>");
        assert_eq!(parsed.problems[0].kind, ProblemKind::Empty);
    }

    #[test]
    fn html_entities_and_bare_ampersands_are_forgiven() {
        let text = "<rss version=\"2.0\"><channel><item><title>甲&nbsp;乙 & 丙</title><link>https://example.org/?a=1&b=2</link></item></channel></rss>";
        let parsed = read_file("feed.xml", text.as_bytes());
        assert_eq!(parsed.articles.len(), 1, "{:?}", parsed.problems);
        assert_eq!(parsed.articles[0].title, "甲 乙 & 丙");
        assert_eq!(parsed.articles[0].url.as_deref(), Some("https://example.org/?a=1&b=2"));
    }

    #[test]
    fn names_for_text_are_left_as_they_are_and_reported() {
        let text = "<!DOCTYPE rss [<!ENTITY a \"甲\"><!ENTITY b \"&a;&a;\">]><rss version=\"2.0\"><channel><item><title>&b;乙</title></item></channel></rss>";
        let parsed = read_file("feed.xml", text.as_bytes());
        assert_eq!(parsed.articles[0].title, "&b;乙");
        assert_eq!(parsed.problems[0].kind, ProblemKind::BadFeed);
    }

    proptest::proptest! {
        #[test]
        fn no_feed_panics(inside in "(<(item|entry|title|link href='x'|content)>|</(item|entry|title)>|甲|&[a-z]{0,3};?|<!\\[CDATA\\[|\\]\\]>){0,12}") {
            let _ = read_file("feed.xml", format!("<rss version='2.0'><channel>{inside}").as_bytes());
            let _ = read_file("feed.xml", format!("<feed>{inside}</feed>").as_bytes());
        }
    }
}
