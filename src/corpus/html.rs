//! Whole HTML pages: what the head says about the article, and its text without the page round it. Pure.
//!
//! The text is that of the longest `<article>`, or of `<main>`, or of the whole body without navigation, headers, footers,
//! side columns and controls. Where a page has none of these elements, this keeps too much rather than too little.

use std::ops::Range;

use html5ever::Attribute;

use super::markdown::without_title;
use super::{Draft, Drafts, fields};
use crate::article::{CategoryPath, PlainText, one_line};
use crate::text::{Furniture, Kind, Observer, attr, walk_html};

/// Reads a whole page.
pub(super) fn read(text: &str, out: &mut Drafts<'_>) {
    let mut page = Page::default();
    let mut raw = walk_html(text, Furniture::Drop, &mut page);
    page.close_all(raw.len());
    let mut part = page.main_part(&raw);
    if raw[part.clone()].trim().is_empty() {
        // a page that is all furniture is no page of ours, but its text is better than none
        raw = walk_html(text, Furniture::Keep, &mut ());
        part = 0..raw.len();
    }
    let title = page.title();
    let draft = Draft {
        body: without_title(PlainText::from_lines(&raw[part]), &title),
        title,
        author: page.author.best().or(page.site).filter(|text| !text.is_empty()),
        date: page.date.best().and_then(|text| out.date(None, &text)),
        categories: page.section.and_then(|text| CategoryPath::new([text])).into_iter().collect(),
        url: page.url.best().and_then(|text| fields::url(&text)),
        entry: String::new(),
        kept: None,
    };
    out.take(None, draft, true);
}

/// A value that several places of a page give; the place of the lowest rank is believed.
#[derive(Debug, Default)]
struct Ranked(Option<(u8, String)>);

impl Ranked {
    fn offer(&mut self, rank: u8, text: &str) {
        if self.0.as_ref().is_none_or(|(best, _)| rank < *best) {
            let text = one_line(text);
            if !text.is_empty() && text.len() <= MAX_VALUE_BYTES {
                self.0 = Some((rank, text));
            }
        }
    }

    fn best(&self) -> Option<String> {
        self.0.as_ref().map(|(_, text)| text.clone())
    }
}

/// Longer values are no titles, names, dates or addresses.
const MAX_VALUE_BYTES: usize = 2048;
/// Parts and headings that are remembered of one page.
const MAX_PARTS: usize = 256;

/// What a page says about itself, gathered on the way through.
#[derive(Debug, Default)]
struct Page {
    og_title: Option<String>,
    title_text: String,
    headings: Vec<String>,
    heading_start: Option<usize>,
    author: Ranked,
    site: Option<String>,
    date: Ranked,
    url: Ranked,
    section: Option<String>,
    articles: Nested,
    mains: Nested,
}

/// Outermost elements of one kind, as parts of the raw text.
#[derive(Debug, Default)]
struct Nested {
    depth: usize,
    start: usize,
    parts: Vec<Range<usize>>,
}

impl Nested {
    fn open(&mut self, at: usize) {
        if self.depth == 0 {
            self.start = at;
        }
        self.depth += 1;
    }

    fn close(&mut self, at: usize) {
        if self.depth == 1 && self.parts.len() < MAX_PARTS {
            self.parts.push(self.start..at);
        }
        self.depth = self.depth.saturating_sub(1);
    }

    fn longest(&self, raw: &str) -> Option<Range<usize>> {
        self.parts.iter().filter(|part| !raw[(*part).clone()].trim().is_empty()).max_by_key(|part| part.len()).cloned()
    }
}

impl Observer for Page {
    fn open(&mut self, kind: Kind, attrs: &[Attribute], raw: &str) {
        match kind {
            Kind::Article => self.articles.open(raw.len()),
            Kind::Main => self.mains.open(raw.len()),
            Kind::H1 => self.heading_start = Some(raw.len()),
            Kind::Meta => self.meta(attrs),
            Kind::Link if attr(attrs, "rel").is_some_and(|rel| rel.eq_ignore_ascii_case("canonical")) => {
                self.url.offer(1, attr(attrs, "href").unwrap_or_default());
            }
            Kind::Time => {
                let is_published = attr(attrs, "pubdate").is_some() || attr(attrs, "itemprop") == Some("datePublished");
                self.date.offer(if is_published { 3 } else { 9 }, attr(attrs, "datetime").unwrap_or_default());
            }
            _ => {}
        }
    }

    fn close(&mut self, kind: Kind, raw: &str) {
        match kind {
            Kind::Article => self.articles.close(raw.len()),
            Kind::Main => self.mains.close(raw.len()),
            Kind::H1 => {
                let heading = self.heading_start.take().and_then(|start| raw.get(start..)).map(one_line);
                if self.headings.len() < MAX_PARTS {
                    self.headings.extend(heading.filter(|text| !text.is_empty() && text.len() <= MAX_VALUE_BYTES));
                }
            }
            _ => {}
        }
    }

    fn dropped(&mut self, root: Kind, text: &str) {
        if root == Kind::Title && self.title_text.len() < MAX_VALUE_BYTES {
            self.title_text.push_str(text);
        }
    }
}

impl Page {
    fn meta(&mut self, attrs: &[Attribute]) {
        let name = ["property", "name", "itemprop"].iter().find_map(|key| attr(attrs, key));
        let (Some(name), Some(content)) = (name, attr(attrs, "content")) else { return };
        let short = || Some(one_line(content)).filter(|text| !text.is_empty() && text.len() <= MAX_VALUE_BYTES);
        match name.trim().to_ascii_lowercase().as_str() {
            "og:title" => self.og_title = self.og_title.take().or_else(short),
            "author" | "article:author" | "og:article:author" | "byl" | "weibo:article:author"
                if !content.contains("://") =>
            {
                self.author.offer(0, content);
            }
            "source" | "mediaid" | "article:source" => self.author.offer(1, content),
            "og:site_name" | "application-name" => self.site = self.site.take().or_else(short),
            "article:published_time" | "og:published_time" | "datepublished" => self.date.offer(0, content),
            "pubdate"
            | "publishdate"
            | "publish_date"
            | "publish-date"
            | "weibo:article:create_at"
            | "article:create_at" => {
                self.date.offer(1, content);
            }
            "date" | "dc.date" | "dc.date.issued" | "dcterms.date" => self.date.offer(2, content),
            "article:modified_time" | "og:updated_time" | "lastmod" => self.date.offer(10, content),
            "article:section" | "columnname" => self.section = self.section.take().or_else(short),
            "og:url" => self.url.offer(0, content),
            _ => {}
        }
    }

    /// Elements that were never closed end with the page.
    fn close_all(&mut self, end: usize) {
        for nested in [&mut self.articles, &mut self.mains] {
            if nested.depth > 0 {
                nested.depth = 1;
                nested.close(end);
            }
        }
    }

    /// The part of the text that is the article. A page of many short `<article>`s is a list: then they all count.
    fn main_part(&self, raw: &str) -> Range<usize> {
        let whole = self.mains.longest(raw).unwrap_or(0..raw.len());
        match self.articles.longest(raw) {
            Some(part) if self.articles.parts.len() == 1 || part.len() * 4 >= whole.len() => part,
            _ => whole,
        }
    }

    /// og:title, or the page's title, without the site's name when a heading confirms what the title is; or a heading.
    fn title(&self) -> String {
        let named = self.og_title.clone().unwrap_or_else(|| one_line(&self.title_text));
        if named.is_empty() {
            return self.headings.first().cloned().unwrap_or_default();
        }
        let confirmed = self.headings.iter().find(|heading| {
            named.strip_prefix(heading.as_str()).is_some_and(|rest| {
                let rest = rest.trim_start();
                rest.starts_with(['-', '_', '|', '–', '—', '·', '－', '｜', '«', '<', '/', ',', '，', '(', '（'])
            })
        });
        confirmed.cloned().unwrap_or(named)
    }
}

#[cfg(test)]
mod tests {
    use crate::article::Article;
    use crate::corpus::tests::read_file;

    fn page(html: &str) -> Article {
        let mut parsed = read_file("网页.html", html.as_bytes());
        assert_eq!(parsed.articles.len(), 1, "{:?}", parsed.problems);
        parsed.articles.remove(0)
    }

    #[track_caller]
    fn check(html: &str, title: &str, body: &str) {
        let article = page(html);
        assert_eq!((article.title.as_str(), article.body.as_str()), (title, body));
    }

    #[test]
    fn a_page_is_its_article() {
        let article = page(
            "<!DOCTYPE html><html><head><meta charset=utf-8><title>新桥通车_某市要闻_某网</title>\
             <meta name=author content='某记者'><meta property='article:published_time' content='2021-05-14T11:48:00+08:00'>\
             <link rel=canonical href='https://example.org/1'><meta property='article:section' content='要闻'><script>var x = '<p>';</script></head>\
             <body><header><h1>某网</h1></header><nav><a>首页</a></nav><div><aside>广告</aside><article><header><h1>新桥通车</h1></header>\
             <p>第一段。</p><p hidden>隐藏</p><p>第二段。</p><footer>版权</footer></article></div><footer>联系我们</footer></body></html>",
        );
        assert_eq!((article.title.as_str(), article.body.as_str()), ("新桥通车", "第一段。\n第二段。"));
        assert_eq!(article.author.as_deref(), Some("某记者"));
        assert_eq!(article.date.unwrap().to_string(), "2021-05-14T03:48:00Z");
        assert_eq!(
            (article.categories[0].to_string().as_str(), article.url.as_deref()),
            ("要闻", Some("https://example.org/1"))
        );
    }

    #[test]
    fn where_the_title_comes_from() {
        check("<title>甲 - 某网</title><h1>乙</h1><p>文", "甲 - 某网", "乙\n文");
        check("<title>甲 - 某网</title><h1>甲</h1><p>文", "甲", "文");
        check("<meta property=og:title content='甲&amp;乙'><title>丙</title><p>文", "甲&乙", "文");
        check("<h1>甲<br>乙</h1><p>文", "甲 乙", "甲\n乙\n文");
        check("<p>文", "网页", "文");
        check("<title>甲</title>", "甲", "");
    }

    #[test]
    fn where_the_text_comes_from() {
        check(
            "<title>甲</title><body><form><p>表单里的正文<input value=x><button>提交</button></form><menu><li>菜单</menu>",
            "甲",
            "表单里的正文",
        );
        check("<title>甲</title><div>旁边</div><main><p>正文<main></main>", "甲", "正文");
        check(
            "<title>甲</title><article>一一一一一一<article>二</article></article><article>三</article>",
            "甲",
            "一一一一一一\n二",
        );
        check("<title>甲</title><nav>只有导航</nav>", "甲", "只有导航");
        check("<title>甲</title><time datetime='2021-05-14'>今天</time><article>", "甲", "今天");
    }
}
