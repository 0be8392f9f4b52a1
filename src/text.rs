//! HTML or Markdown in, [`PlainText`] out: inline tags leave no trace, blocks become paragraphs, what a reader would not
//! see is gone. Pure: no I/O, no clock, no globals; any input gives an answer in time and memory linear in its size.
//!
//! HTML goes through html5ever's *tokenizer*, not its tree builder. The tokenizer carries all that is hard about reading
//! foreign HTML (entities, attributes with stray quotes, raw text in `script` and `title`), while a tree would cost three
//! times the time and be as deep as the page wants it to be. What is needed of the tree is one question only, "where does
//! this hidden part end", and counters of open elements answer it (`Walk`): nothing here recurses or keeps a stack, so a
//! page nested 100,000 deep costs no more than a flat one.
//!
//! Markdown is turned into HTML that holds nothing but its blocks and then goes the same way, so HTML inside Markdown is
//! treated as everywhere else.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt::Write as _;

use html5ever::local_name;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::{RawKind, State};
use html5ever::tokenizer::{
    BufferQueue, CharacterTokens, StartTag, Tag, TagToken, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use html5ever::{Attribute, LocalName};
use pulldown_cmark::{Event, Options, Parser, Tag as MdTag, TagEnd as MdTagEnd, TextMergeStream};

use crate::article::PlainText;

/// The text a reader of this HTML fragment sees, a block a paragraph.
#[must_use]
pub fn html_to_text(html: &str) -> PlainText {
    PlainText::from_lines(&walk_html(html, Furniture::Keep, &mut ()))
}

/// The text a reader of this Markdown sees. HTML inside it is read as by [`html_to_text`].
#[must_use]
pub fn markdown_to_text(markdown: &str) -> PlainText {
    html_to_text(&markdown_to_blocks(markdown))
}

/// `text` with its character references (`&#123;`, `&amp;`) decoded once; tags stay as they are.
#[must_use]
pub fn decode_entities(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    struct Collect(RefCell<String>);
    impl TokenSink for Collect {
        type Handle = ();
        fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
            if let CharacterTokens(chars) = token {
                self.0.borrow_mut().push_str(&chars);
            }
            TokenSinkResult::Continue
        }
    }
    // the state of text inside `<title>`: references are decoded, and without an open tag no tag can end it
    let opts = TokenizerOpts { initial_state: Some(State::RawData(RawKind::Rcdata)), ..TokenizerOpts::default() };
    let sink = tokenize(text, Collect(RefCell::new(String::with_capacity(text.len()))), opts);
    Cow::Owned(sink.0.into_inner())
}

/// Whether `text` is meant as HTML: it begins with a tag that stands for a block, or holds tags that make blocks.
#[must_use]
pub fn looks_like_html(text: &str) -> bool {
    let mut rest = text.trim_start();
    while let Some(comment) = rest.strip_prefix("<!--") {
        let Some(end) = comment.find("-->") else { return true };
        rest = comment[end + 3..].trim_start();
    }
    if let Some(tag) = rest.strip_prefix('<') {
        if tag.starts_with(['!', '?']) {
            return true;
        }
        let name: String = tag.chars().take_while(char::is_ascii_alphanumeric).take(16).collect();
        let ends = tag[name.len()..].starts_with(|c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/'));
        if ends && Kind::of(&LocalName::from(name.to_ascii_lowercase())).is_block() {
            return true;
        }
    }
    ["</p>", "<br", "</div>", "<p>", "</li>", "</P>", "<BR", "</DIV>"].iter().any(|tag| text.contains(tag))
}

/// Which parts of a page are text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Furniture {
    /// All visible text, for a fragment that is an article's body.
    Keep,
    /// Without navigation, page header and footer, side columns and controls, for whole pages.
    Drop,
}

/// Looks on while a document is walked. `raw` is the text so far, before [`PlainText::from_lines`] cleans it; its length
/// marks a place in the text.
pub(crate) trait Observer {
    /// A start tag, visible or not.
    fn open(&mut self, _kind: Kind, _attrs: &[Attribute], _raw: &str) {}
    /// An end tag that closes something.
    fn close(&mut self, _kind: Kind, _raw: &str) {}
    /// Text that is dropped because it stands in `root`.
    fn dropped(&mut self, _root: Kind, _text: &str) {}
}

impl Observer for () {}

/// Value of an attribute of a tag.
pub(crate) fn attr<'a>(attrs: &'a [Attribute], name: &str) -> Option<&'a str> {
    attrs.iter().find(|attr| &*attr.name.local == name).map(|attr| &*attr.value)
}

/// Walks `html` and gives the raw text: `\n` between blocks, white space not yet collapsed.
pub(crate) fn walk_html<O: Observer>(html: &str, furniture: Furniture, observer: &mut O) -> String {
    let html = with_bounded_attributes(html);
    let walk = Walk {
        raw: String::with_capacity(html.len()),
        furniture,
        open: [0; KINDS],
        hidden: None,
        break_pending: false,
        observer,
    };
    tokenize(&html, Sink(RefCell::new(walk)), TokenizerOpts::default()).0.into_inner().raw
}

/// Runs html5ever's tokenizer over the whole of `text`.
fn tokenize<S: TokenSink>(text: &str, sink: S, opts: TokenizerOpts) -> S {
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from_slice(text));
    let tokenizer = Tokenizer::new(sink, opts);
    // a sink that asks for nothing stops the tokenizer at the end of the input only
    while !matches!(tokenizer.feed(&queue), html5ever::interface::TokenizerResult::Done) {}
    tokenizer.end();
    tokenizer.sink
}

macro_rules! kinds {
    ($($variant:ident = $($name:tt)|+),+ $(,)?) => {
        /// The elements that matter to text; the tag names of one kind behave the same.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Kind { $($variant,)+ Other }

        impl Kind {
            fn of(name: &LocalName) -> Self {
                match *name {
                    $($(local_name!($name))|+ => Self::$variant,)+
                    _ => Self::Other,
                }
            }
        }
    };
}

kinds! {
    P = "p", Div = "div", Span = "span", A = "a", Img = "img", Br = "br", Strong = "strong", B = "b", Em = "em", I = "i",
    Font = "font", U = "u", Small = "small", Code = "code", Sub = "sub", Sup = "sup",
    Section = "section", Article = "article", Main = "main", Figure = "figure", Figcaption = "figcaption",
    H1 = "h1", H2 = "h2", Heading = "h3" | "h4" | "h5" | "h6",
    Ul = "ul", Ol = "ol", Li = "li", Dl = "dl", Dd = "dd" | "dt",
    Table = "table", Rows = "tbody" | "thead" | "tfoot" | "caption" | "colgroup", Tr = "tr", Td = "td" | "th",
    Pre = "pre" | "listing", Blockquote = "blockquote", Block = "address" | "center" | "details" | "summary" | "fieldset" |
        "legend" | "hgroup" | "dir" | "search" | "optgroup" | "option",
    Html = "html", Head = "head", Body = "body", Form = "form",
    Nav = "nav", Header = "header", Footer = "footer", Aside = "aside", Menu = "menu", Dialog = "dialog",
    Button = "button" | "label", Select = "select" | "datalist",
    Script = "script", Style = "style", Title = "title", Textarea = "textarea",
    Rawtext = "xmp" | "iframe" | "noembed" | "noframes", Noscript = "noscript", Template = "template",
    Svg = "svg", Media = "video" | "audio" | "canvas" | "object", RubyText = "rt" | "rp",
    Time = "time", Meta = "meta", Link = "link", Hr = "hr",
    Void = "area" | "base" | "col" | "embed" | "input" | "source" | "track" | "wbr" | "param" | "basefont" | "bgsound" |
        "frame" | "keygen",
}

/// Number of [`Kind`]s, for tables by kind.
const KINDS: usize = Kind::Other as usize + 1;

impl Kind {
    /// Starts and ends a paragraph.
    fn is_block(self) -> bool {
        use Kind::*;
        matches!(
            self,
            P | Div
                | Section
                | Article
                | Main
                | Figure
                | Figcaption
                | H1
                | H2
                | Heading
                | Ul
                | Ol
                | Li
                | Dl
                | Dd
                | Table
                | Rows
                | Tr
                | Pre
                | Blockquote
                | Block
                | Html
                | Head
                | Body
                | Form
                | Nav
                | Header
                | Footer
                | Aside
                | Menu
                | Dialog
                | Br
                | Hr
                | Media
                | Title
        )
    }

    /// Has no content and no end tag.
    fn is_void(self) -> bool {
        use Kind::*;
        matches!(self, Br | Hr | Img | Meta | Link | Void)
    }

    /// Never text for a reader.
    fn is_dropped(self) -> bool {
        use Kind::*;
        matches!(
            self,
            Script | Style | Title | Textarea | Rawtext | Noscript | Template | Svg | Media | RubyText | Select
        )
    }

    /// Dropped from whole pages. Forms are not: old sites wrap whole pages into one.
    fn is_furniture(self) -> bool {
        use Kind::*;
        matches!(self, Nav | Footer | Aside | Menu | Dialog | Button)
    }

    /// What the tokenizer must do with the content.
    fn raw_kind(self) -> Option<RawKind> {
        match self {
            Kind::Script => Some(RawKind::ScriptData),
            Kind::Style | Kind::Rawtext => Some(RawKind::Rawtext),
            Kind::Title | Kind::Textarea => Some(RawKind::Rcdata),
            _ => None,
        }
    }

    /// Whether the start tag `next` ends this element though it was not closed (HTML's optional end tags, and HTML that
    /// breaks out of a drawing).
    fn ends_before(self, next: Self) -> bool {
        use Kind::*;
        match self {
            P => next.is_block() && next != Br,
            Li => next == Li,
            Dd => next == Dd,
            Td => matches!(next, Td | Tr | Rows),
            Tr => matches!(next, Tr | Rows),
            Rows => next == Rows,
            RubyText => next == RubyText || next.is_block(),
            Svg => matches!(next, P | Div | Span | Img | Br | Table | Ul | Ol | H1 | H2 | Heading | Strong | Body),
            _ => false,
        }
    }
}

/// A part of the document that is not text.
struct Hidden {
    root: Kind,
    /// Tells unknown elements from each other.
    root_name: LocalName,
    /// Open elements inside, by kind; of unknown kind only those named like the root.
    inside: [u32; KINDS],
}

/// One walk over a document.
struct Walk<'a, O> {
    raw: String,
    furniture: Furniture,
    /// Open elements outside hidden parts, by kind. An end tag of a kind that is open here closes what is hidden inside.
    open: [u32; KINDS],
    hidden: Option<Box<Hidden>>,
    /// A line break of the source stands between `raw` and what follows.
    break_pending: bool,
    observer: &'a mut O,
}

/// The tokenizer hands out tokens by shared reference.
struct Sink<'a, O>(RefCell<Walk<'a, O>>);

impl<O: Observer> TokenSink for Sink<'_, O> {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            CharacterTokens(text) => self.0.borrow_mut().text(&text),
            TagToken(tag) if tag.kind == StartTag => return self.0.borrow_mut().open(&tag),
            TagToken(tag) => self.0.borrow_mut().close(&tag),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl<O: Observer> Walk<'_, O> {
    fn open(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        let kind = Kind::of(&tag.name);
        if self.hidden.as_ref().is_some_and(|hidden| hidden.root.ends_before(kind)) {
            self.hidden = None;
        }
        self.observer.open(kind, &tag.attrs, &self.raw);
        if let Some(hidden) = &mut self.hidden {
            let in_drawing = hidden.root == Kind::Svg;
            if !(kind.is_void() || in_drawing && tag.self_closing) {
                if kind != Kind::Other || tag.name == hidden.root_name {
                    hidden.inside[kind as usize] += 1;
                }
                if let Some(raw) = kind.raw_kind().filter(|_| !in_drawing) {
                    return TokenSinkResult::RawData(raw);
                }
            }
            return TokenSinkResult::Continue;
        }
        if kind.is_block() {
            self.end_paragraph();
            self.open[Kind::P as usize] = 0;
        } else if kind == Kind::Td {
            self.raw.push(' ');
        }
        if kind.is_void() || (kind == Kind::Svg && tag.self_closing) {
            return TokenSinkResult::Continue;
        }
        if self.hides(kind) || is_hidden(&tag.attrs) {
            let (root, root_name) = (kind, tag.name.clone());
            self.hidden = Some(Box::new(Hidden { root, root_name, inside: [0; KINDS] }));
        } else {
            self.open[kind as usize] += 1;
        }
        kind.raw_kind().map_or(TokenSinkResult::Continue, TokenSinkResult::RawData)
    }

    fn close(&mut self, tag: &Tag) {
        let kind = Kind::of(&tag.name);
        if let Some(hidden) = &mut self.hidden {
            let inside = &mut hidden.inside[kind as usize];
            let is_root = kind == hidden.root && (kind != Kind::Other || tag.name == hidden.root_name);
            if *inside > 0 && (kind != Kind::Other || is_root) {
                *inside -= 1;
            } else if is_root {
                self.observer.close(kind, &self.raw);
                self.hidden = None;
            } else if kind != Kind::Other && self.open[kind as usize] > 0 {
                self.hidden = None;
            }
            if is_root || self.hidden.is_some() {
                return;
            }
        }
        self.observer.close(kind, &self.raw);
        let open = &mut self.open[kind as usize];
        *open = open.saturating_sub(1);
        if kind.is_block() {
            self.end_paragraph();
        }
    }

    fn hides(&self, kind: Kind) -> bool {
        let in_article = self.open[Kind::Article as usize] + self.open[Kind::Main as usize] > 0;
        kind.is_dropped()
            || self.furniture == Furniture::Drop && (kind.is_furniture() || kind == Kind::Header && !in_article)
    }

    fn end_paragraph(&mut self) {
        self.break_pending = false;
        if !self.raw.ends_with('\n') {
            self.raw.push('\n');
        }
    }

    fn text(&mut self, text: &str) {
        if let Some(hidden) = &self.hidden {
            self.observer.dropped(hidden.root, text);
            return;
        }
        if self.open[Kind::Pre as usize] > 0 {
            self.raw.push_str(text);
            return;
        }
        let mut rest = text;
        loop {
            if self.break_pending {
                rest = rest.trim_start_matches([' ', '\t', '\n', '\r', '\u{c}']);
                let Some(next) = rest.chars().next() else { return };
                self.break_pending = false;
                self.raw.truncate(self.raw.trim_end_matches([' ', '\t']).len());
                let last = self.raw.chars().next_back();
                if !(last.is_some_and(is_wide) && is_wide(next)) {
                    self.raw.push(' ');
                }
            }
            let Some(end) = rest.find('\n') else {
                self.raw.push_str(rest);
                return;
            };
            self.raw.push_str(&rest[..end]);
            rest = &rest[end + 1..];
            self.break_pending = true;
        }
    }
}

/// Han, kana and their punctuation, between which a line break in the source is no space:
/// CSS Text Module Level 3, 4.1.3 "Segment Break Transformation Rules".
fn is_wide(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{a4cf}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe4f}' | '\u{ff01}'..='\u{ff60}'
        | '\u{20000}'..='\u{3ffff}')
}

/// Whether the author hid the element.
fn is_hidden(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| match attr.name.local {
        local_name!("hidden") => true,
        local_name!("style") => {
            let value: &str = &attr.value;
            value.len() >= 12 && value.as_bytes().windows(4).any(|w| w.eq_ignore_ascii_case(b"none")) && {
                let tight: String =
                    value.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_lowercase()).collect();
                tight.split(';').any(|rule| rule.starts_with("display:none"))
            }
        }
        _ => false,
    })
}

/// More attributes than any real tag has. The tokenizer compares each attribute of a tag with all before it, so a tag of
/// a million attributes would keep it busy for hours.
const MAX_ATTRIBUTES: usize = 256;
/// Documents up to this size cannot hold enough attributes to matter (at 2 bytes each, 8,000: some milliseconds).
const FEW_BYTES: usize = 16 << 10;

/// `html` in which no tag has more than [`MAX_ATTRIBUTES`] attributes; the others are cut.
fn with_bounded_attributes(html: &str) -> Cow<'_, str> {
    if html.len() <= FEW_BYTES {
        return Cow::Borrowed(html);
    }
    let bytes = html.as_bytes();
    let (mut kept, mut out, mut at) = (0, String::new(), 0);
    while let Some(start) = html[at..].find('<').map(|i| at + i) {
        at = start + 1;
        if !bytes.get(at).is_some_and(u8::is_ascii_alphabetic) {
            continue;
        }
        let (end, cut) = scan_tag(bytes, at);
        if let Some(cut) = cut {
            out.push_str(&html[kept..cut]);
            kept = end;
        }
        at = end;
    }
    if kept == 0 {
        return Cow::Borrowed(html);
    }
    out.push_str(&html[kept..]);
    Cow::Owned(out)
}

/// Where the tag whose name starts at `at` ends (index of `>`, or the end), and where its attributes get too many. All
/// these are places of ASCII bytes, so cutting there keeps UTF-8 whole.
fn scan_tag(bytes: &[u8], mut at: usize) -> (usize, Option<usize>) {
    let mut count = 0;
    let mut cut = None;
    let is_break = |b: u8| b.is_ascii_whitespace() || b == b'/';
    while at < bytes.len() && !is_break(bytes[at]) && bytes[at] != b'>' {
        at += 1;
    }
    loop {
        let gap = at;
        while at < bytes.len() && is_break(bytes[at]) {
            at += 1;
        }
        if at >= bytes.len() || bytes[at] == b'>' {
            return (at, cut);
        }
        count += 1;
        if count > MAX_ATTRIBUTES && cut.is_none() && gap < at {
            cut = Some(gap);
        }
        at += 1;
        while at < bytes.len() && !is_break(bytes[at]) && !matches!(bytes[at], b'>' | b'=') {
            at += 1;
        }
        let mut value = at;
        while value < bytes.len() && bytes[value].is_ascii_whitespace() {
            value += 1;
        }
        if bytes.get(value) != Some(&b'=') {
            continue;
        }
        at = value + 1;
        while at < bytes.len() && bytes[at].is_ascii_whitespace() {
            at += 1;
        }
        match bytes.get(at) {
            Some(&quote @ (b'"' | b'\'')) => {
                let rest = &bytes[at + 1..];
                at = rest.iter().position(|&b| b == quote).map_or(bytes.len(), |i| at + i + 2);
            }
            _ => {
                while at < bytes.len() && !bytes[at].is_ascii_whitespace() && bytes[at] != b'>' {
                    at += 1;
                }
            }
        }
    }
}

/// Markdown as HTML of blocks, line breaks and its own raw HTML; emphasis and links leave only their text.
pub(crate) fn markdown_to_blocks(markdown: &str) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_FOOTNOTES;
    let mut html = String::with_capacity(markdown.len() + markdown.len() / 8);
    let mut image_depth = 0usize;
    for event in TextMergeStream::new(Parser::new_ext(markdown, options)) {
        match event {
            Event::Start(MdTag::Image { .. }) => {
                image_depth += 1;
                if image_depth == 1 {
                    html.push_str("<img alt=\"");
                }
            }
            Event::End(MdTagEnd::Image) => {
                image_depth = image_depth.saturating_sub(1);
                if image_depth == 0 {
                    html.push_str("\">");
                }
            }
            Event::Start(MdTag::Heading { level, .. }) => {
                let _ = write!(html, "<h{}>", level as usize);
            }
            Event::End(MdTagEnd::Heading(level)) => {
                let _ = write!(html, "</h{}>", level as usize);
            }
            Event::Start(MdTag::TableCell) => html.push_str("<td>"),
            Event::End(MdTagEnd::TableCell) => html.push_str("</td>"),
            Event::Start(MdTag::CodeBlock(_)) => html.push_str("<pre>\n"),
            Event::End(MdTagEnd::CodeBlock) => html.push_str("</pre>"),
            Event::Start(
                MdTag::Paragraph
                | MdTag::Item
                | MdTag::BlockQuote(_)
                | MdTag::TableRow
                | MdTag::TableHead
                | MdTag::FootnoteDefinition(_),
            ) => html.push_str("<div>"),
            Event::End(
                MdTagEnd::Paragraph
                | MdTagEnd::Item
                | MdTagEnd::BlockQuote(_)
                | MdTagEnd::TableRow
                | MdTagEnd::TableHead
                | MdTagEnd::FootnoteDefinition,
            ) => html.push_str("</div>"),
            Event::Text(text) => push_escaped(&mut html, &text),
            Event::Code(text) => push_escaped(&mut html, &text),
            Event::Html(raw) | Event::InlineHtml(raw) if image_depth == 0 => html.push_str(&raw),
            Event::SoftBreak => html.push('\n'),
            Event::HardBreak | Event::Rule if image_depth == 0 => html.push_str("<br>"),
            _ => {}
        }
    }
    html
}

/// Escapes `text` for HTML. Emphasis that CommonMark does not recognise because it touches Chinese punctuation
/// (`**“引语”**说`) loses its asterisks; between ASCII letters and digits (`2**10`) they stay.
fn push_escaped(html: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '"', '*']) {
        html.push_str(&rest[..at]);
        let mark = &rest[at..];
        match mark.as_bytes()[0] {
            b'&' => html.push_str("&amp;"),
            b'<' => html.push_str("&lt;"),
            b'>' => html.push_str("&gt;"),
            b'"' => html.push_str("&quot;"),
            _ if mark.starts_with("**") => {
                let after = mark[2..].chars().next();
                let before = html.chars().next_back();
                let wide =
                    |c: Option<char>| c.is_some_and(|c| is_wide(c) || matches!(c, '“' | '”' | '‘' | '’' | '—' | '…'));
                if !wide(before) && !wide(after) {
                    html.push_str("**");
                }
                rest = &mark[2..];
                continue;
            }
            _ => html.push('*'),
        }
        rest = &mark[1..];
    }
    html.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(html: &str, text: &str) {
        assert_eq!(html_to_text(html).as_str(), text, "{html}");
    }

    #[test]
    fn inline_tags_leave_no_trace_and_blocks_end_paragraphs() {
        check("<p>微<b>软</b>公<span>司</span></p><p>第二<em>段</em>", "微软公司\n第二段");
        check("甲<br>乙<br/>丙<hr>丁", "甲\n乙\n丙\n丁");
        check("<ul><li>一<li>二<ul><li>三</ul></ul>四", "一\n二\n三\n四");
        check("<table><tr><th>甲</th><td>乙</td></tr><tr><td>丙<td>丁</table>", "甲 乙\n丙 丁");
        check("<dl><dt>甲<dd>乙</dl>", "甲\n乙");
        check("a <b>b</b> c<i> d</i>", "a b c d");
        check("<div>甲<p>乙</p>丙</div>", "甲\n乙\n丙");
        check("", "");
    }

    #[test]
    fn entities_are_decoded_once() {
        check("&lt;b&gt; &amp;lt; &#123;x&#125; &nbsp;&hellip; &copy AT&T", "<b> &lt; {x} … © AT&T");
        assert_eq!(decode_entities("甲 &amp;lt; &#8220;乙&#8221; <b> </title> &x"), "甲 &lt; “乙” <b> </title> &x");
        assert!(matches!(decode_entities("甲<b>"), Cow::Borrowed(_)));
    }

    #[test]
    fn what_is_not_seen_is_dropped() {
        check("甲<script>if (a<b) '</p>'</script>乙<style>p{}</style>丙<!-- 丁 -->", "甲乙丙");
        check("<noscript><p>甲</p></noscript><template><p>乙</p></template>丙", "丙");
        check(
            "甲<span hidden>乙</span>丙<i style='color:red; DISPLAY : None'>丁</i>戊<i style='display:block'>己</i>",
            "甲丙戊己",
        );
        check("甲<img alt='乙' src=x><video>您的浏览器不支持</video>丙<iframe>丁</iframe>", "甲\n丙");
        check("<svg><title>甲</title><text>乙</text></svg>丙<svg/>丁", "丙丁");
        check("<ruby>汉<rp>(</rp><rt>hàn</rt><rp>)</rp></ruby>字", "汉字");
        check("<title>甲<b></title>乙<textarea>丙<p></textarea>", "乙");
        check("<select><option>甲</select>乙", "乙");
    }

    #[test]
    fn hidden_parts_end_where_they_should() {
        check("<div hidden><div>甲</div>乙</div>丙", "丙");
        check("<p hidden>甲<p>乙", "乙");
        check("<ul><li hidden>甲<li>乙</ul>丙", "乙\n丙");
        check("<div><span hidden>甲</div>乙", "乙");
        check("<x-a hidden><x-b>甲</x-b><x-a>乙</x-a>丙</x-a>丁", "丁");
        check("<table><tr><td hidden>甲<td>乙<tr hidden><td>丙<tr><td>丁</table>", "乙\n丁");
        check("<div hidden>甲</p>乙</div>丙", "丙");
        check("<p>甲<br hidden>乙", "甲\n乙");
        check("<svg><path>甲<p>乙", "乙");
    }

    #[test]
    fn line_breaks_of_the_source_are_blanks_except_between_wide_characters() {
        check("<p>区块\n链 and\nmore\n  <b>\n粗</b></p>", "区块链 and more 粗");
        check("<pre>一\n  二\n</pre>三", "一\n二\n三");
        check("甲 \n 乙", "甲乙");
        check("<p>甲。\r\n<p>乙", "甲。\n乙");
    }

    #[test]
    fn stray_quotes_in_attributes_do_not_swallow_text() {
        check("<p><img alt 五连\"结束 x\" h=\"1\" src=\"a.jpg\">正文</p>", "正文");
    }

    #[test]
    fn markdown() {
        #[track_caller]
        fn check(markdown: &str, text: &str) {
            assert_eq!(markdown_to_text(markdown).as_str(), text, "{markdown}");
        }
        check(
            "# 标题\n\n第一*段*的[链接](http://x)，\n换行。\n\n- 一\n- 二\n\n> 引用\n\n```rust\nlet a = \"<b>\";\n```",
            "标题\n第一段的链接，换行。\n一\n二\n引用\nlet a = \"<b>\";",
        );
        check("| 甲 | 乙 |\n|--|--|\n| 1 | 2 |", "甲 乙\n1 2");
        check("甲 <span hidden>乙</span> &amp; <b>丙</b>\n\n<div>\n<p>丁</p>\n</div>", "甲 & 丙\n丁");
        check("他说**“不”**了，**《书》**好\n\n2**10", "他说“不”了，《书》好\n2**10");
        check("![图](a.png)甲\\*乙  \n丙", "甲*乙\n丙");
        check("a < b & c", "a < b & c");
    }

    #[test]
    fn html_is_told_from_text() {
        for html in ["<div>甲", " <!-- x -->\n<p class=x>甲", "甲<br>乙", "<!doctype html>", "甲</p>"] {
            assert!(looks_like_html(html), "{html}");
        }
        for text in ["甲", "a < b", "<3", "<foo> 甲", "", "<divx>", "<b>甲</b>"] {
            assert!(!looks_like_html(text), "{text}");
        }
    }

    #[test]
    fn a_tag_has_a_bounded_number_of_attributes() {
        let filler = "甲".repeat(FEW_BYTES);
        let attributes: String = (0..2000).map(|i| format!(" a{i}='>' b{i}=\"甲\"/c{i}")).collect();
        let html = format!("{filler}<p{attributes}>乙</p><p a=1>丙");
        let bounded = with_bounded_attributes(&html);
        assert!(bounded.len() < html.len() - 20_000 && bounded.ends_with(">乙</p><p a=1>丙"));
        check(&html, &format!("{filler}\n乙\n丙"));
        assert!(matches!(with_bounded_attributes(&filler), Cow::Borrowed(_)));
    }

    proptest::proptest! {
        #[test]
        fn any_html_gives_clean_text(html in "\\PC{0,40}|(<(p|b|div hidden|td|pre|svg|script|x-y)( a='>)?/?>|</(p|b|div|td|pre|svg)>|甲|\n| |\t|&[a-z#0-9]{0,3};|<!--|\u{1b}|\u{0}){0,30}") {
            let text = html_to_text(&html);
            proptest::prop_assert_eq!(PlainText::from_lines(text.as_str()), text.clone());
            let text = markdown_to_text(&html);
            proptest::prop_assert_eq!(PlainText::from_lines(text.as_str()), text.clone());
        }

        #[test]
        fn text_without_markup_stays(text in "[甲乙丙a-z0-9 。，“”]{0,40}") {
            proptest::prop_assert_eq!(html_to_text(&text), PlainText::from_lines(&text));
        }
    }
}
