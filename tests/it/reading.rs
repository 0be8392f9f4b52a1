//! Reading: every format, encoding and dialect, and every file accounted for.

use encoding_rs::{BIG5, GB18030};
use insta::assert_snapshot;
use serde_json::json;
use souwen::article::Article;

use crate::support::{TestEnv, post, sample};

/// The article that this file is read as.
#[track_caller]
fn read(path: &str, content: impl AsRef<[u8]>) -> Article {
    TestEnv::new().file(path, content).indexed().article(path)
}

/// What a file of several articles is read as: title, author, date, categories, address.
#[track_caller]
fn list(path: &str, content: impl AsRef<[u8]>) -> Vec<String> {
    let articles = TestEnv::new().file(path, content).indexed().articles();
    let show = |a: Article| {
        let paths: Vec<String> = a.categories.iter().map(ToString::to_string).collect();
        let date = a.date.map(|date| date.to_string()).unwrap_or_default();
        [a.title, a.body.into_string(), a.author.unwrap_or_default(), date, paths.join("; "), a.url.unwrap_or_default()]
            .join(" | ")
    };
    articles.into_iter().map(show).collect()
}

#[test]
fn dialects_of_front_matter_are_understood() {
    for (head, author, date, categories) in [
        (
            "author: 夜航船\ndate: 2021-05-14T11:48:00+08:00\ncategories: [新媒体, 科技]",
            "夜航船",
            "2021-05-14T03:48:00Z",
            "新媒体 / 科技",
        ),
        (
            "author:\n  name: 夜航船\npublished: 2021-05-14\ntags:\n  - 科技\n  - 链",
            "夜航船",
            "2021-05-13T16:00:00Z",
            "科技; 链",
        ),
        (
            "source: 夜航船\npubDate: Fri, 14 May 2021 11:48:00 GMT\ncategory: 科技",
            "夜航船",
            "2021-05-14T11:48:00Z",
            "科技",
        ),
        ("Author: \"夜航船\"\nDate: 2021年5月14日 11:48", "夜航船", "2021-05-14T03:48:00Z", ""),
    ] {
        let article = read("a.md", format!("---\ntitle: 题\n{head}\n---\n正文。\n"));
        let paths: Vec<String> = article.categories.iter().map(ToString::to_string).collect();
        let date_read = article.date.map(|date| date.to_string()).unwrap_or_default();
        let seen = (article.title.as_str(), article.author.as_deref(), date_read.as_str(), paths.join("; "));
        assert_eq!(seen, ("题", Some(author), date, categories.to_owned()), "{head}");
        assert_eq!(article.body.as_str(), "正文。");
    }
    let described = read("b.md", "---\ntitle: 题\ndescription: 只有摘要\n---\n");
    assert_eq!(described.body.as_str(), "只有摘要");
}

#[test]
fn dates_are_read_in_every_form_and_never_made_up() {
    for (typed, moment) in [
        ("Fri, 14 May 2021 11:48:00 GMT", "2021-05-14T11:48:00Z"),
        ("Mon, 14 May 2021 11:48:00 GMT", "2021-05-14T11:48:00Z"), // the wrong weekday
        ("Fri, 14 May 2021 19:48:00 +0800", "2021-05-14T11:48:00Z"),
        ("2021-05-14T11:48:00Z", "2021-05-14T11:48:00Z"),
        ("2021-05-14T19:48:00+08:00", "2021-05-14T11:48:00Z"),
        ("2021-05-14 11:48:00", "2021-05-14T03:48:00Z"),
        ("2021-05-14 11:48", "2021-05-14T03:48:00Z"),
        ("2021-05-14", "2021-05-13T16:00:00Z"),
        ("2021年5月14日 11:48", "2021-05-14T03:48:00Z"),
        ("2021年5月14日", "2021-05-13T16:00:00Z"),
        ("", ""),
        ("前几天", ""),
        ("2021-13-45", ""),
    ] {
        let env = TestEnv::new().file("a.md", format!("---\ntitle: 题\ndate: '{typed}'\n---\n文\n"));
        let summary = env.sync("corpus");
        let date = env.article("a.md").date.map(|date| date.to_string()).unwrap_or_default();
        assert_eq!(date, moment, "{typed}");
        let odd = if moment.is_empty() && !typed.is_empty() { json!({"bad_date": 1}) } else { json!({}) };
        assert_eq!(summary["problems_by_kind"], odd, "{typed}");
    }
    let env = TestEnv::new().file("a.md", "---\ntitle: 题\ndate: 2021-05-14 11:48:00\n---\n文\n");
    env.sync("corpus --zone +09:00");
    assert_eq!(env.article("a.md").date.unwrap().to_string(), "2021-05-14T02:48:00Z");
}

#[test]
fn titles_get_back_what_the_generator_took() {
    for (title, body, expected) in [
        ("_白鹭_来了", "<img src=\"a.png\" alt=\"“白鹭”来了\"><p>文</p>", "“白鹭”来了"),
        ("涨价_ 谁赢_ _附表_", "<p>文</p><img alt=\"涨价? 谁赢? [附表]\">", "涨价? 谁赢? [附表]"),
        ("甲_乙：一场_1_2_的比赛", "<h1>甲/乙：一场“1:2”的比赛</h1><p>文</p>", "甲/乙：一场“1:2”的比赛"),
        // another picture's text is no title
        ("型号 PD1728_A 入网", "<img alt=\"一张照片\"><p>文</p>", "型号 PD1728_A 入网"),
        ("没有_线索", "<p>文</p>", "没有_线索"),
    ] {
        let env = TestEnv::new().post("a.md", post(title).body(body)).indexed();
        assert_eq!(env.article("a.md").title, expected);
        assert_eq!(env.complete(&format!("\"{expected}\"")).len(), 1, "{expected}");
        assert_eq!(env.complete(expected).len(), 1, "{expected}");
    }
}

#[test]
fn front_matter_that_is_no_yaml_is_read_key_by_key_and_reported() {
    let env = TestEnv::new().file(
        "a.md",
        "---\ntitle: 'It's 5G, not magic'\nauthor: 夜航船\ncategories: \n - 科技\n - 通信\ndate: Fri, 14 May 2021 11:48:00 GMT\n---\n<p>文</p>",
    );
    let summary = env.sync("corpus");
    assert_eq!(summary["problems_by_kind"], json!({"bad_front_matter": 1}));
    let article = env.article("a.md");
    assert_eq!(article.title, "It's 5G, not magic");
    assert_eq!(article.author.as_deref(), Some("夜航船"));
    assert_eq!(article.categories[0].levels(), ["科技", "通信"]);
    assert_eq!(article.date.unwrap().to_string(), "2021-05-14T11:48:00Z");
}

#[test]
fn every_encoding_is_read_as_the_same_text() {
    let text = post("颱風「白鷺」來襲")
        .body("<p>江灣市今天停課停工，地鐵地面段停運，市民請留在家中。</p>")
        .date("2021-05-14 11:48:00")
        .text();
    let utf16 = |bom: [u8; 2], bytes: fn(u16) -> [u8; 2]| {
        [bom].into_iter().chain(text.encode_utf16().map(bytes)).flatten().collect::<Vec<u8>>()
    };
    for (name, bytes) in [
        ("UTF-8", text.clone().into_bytes()),
        ("UTF-8 with BOM", [b"\xef\xbb\xbf", text.as_bytes()].concat()),
        ("UTF-16LE", utf16([0xff, 0xfe], u16::to_le_bytes)),
        ("UTF-16BE", utf16([0xfe, 0xff], u16::to_be_bytes)),
        ("GB18030", GB18030.encode(&text).0.into_owned()),
        ("Big5", BIG5.encode(&text).0.into_owned()),
        ("carriage returns", text.replace('\n', "\r\n").into_bytes()),
    ] {
        let env = TestEnv::new().file("a.md", &bytes);
        let summary = env.sync("corpus");
        assert_eq!(summary["problems_by_kind"], json!({}), "{name}");
        let article = env.article("a.md");
        assert_eq!(article.title, "颱風「白鷺」來襲", "{name}");
        assert_eq!(article.body.as_str(), "江灣市今天停課停工，地鐵地面段停運，市民請留在家中。", "{name}");
        assert!(article.date.is_some(), "{name}");
        assert_eq!(env.complete("地铁停运").len(), 1, "{name}");
    }
}

#[test]
fn damaged_bytes_are_reported_and_the_rest_is_found() {
    let mut bytes = post("题").body("<p>前面的话很长很长，后面的话也很长很长。</p>").text().into_bytes();
    let at = bytes.windows(3).position(|window| window == "后".as_bytes()).unwrap();
    bytes[at + 1] = 0x20;
    let env = TestEnv::new().file("a.md", bytes);
    let summary = env.sync("corpus");
    assert_eq!(summary["problems_by_kind"], json!({"bad_encoding": 1}));
    assert_eq!(env.complete("\"前面的话\"").len(), 1);
}

#[test]
fn html_becomes_the_text_that_a_reader_sees() {
    for (html, text) in [
        ("<p>区<b>块</b><i>链</i>服务</p>", "区块链服务"),
        ("<p>甲</p><p>乙</p>丙<br>丁<div>戊</div>", "甲\n乙\n丙\n丁\n戊"),
        ("<p>A&amp;B &lt;b&gt; &amp;lt; &#20013; &#x6587;</p>", "A&B <b> &lt; 中 文"),
        (
            "<p>甲</p><script>隐1</script><style>隐2</style><!-- 隐3 --><p hidden>隐4</p><p style=\"display:none\">隐5</p><template>隐6</template><noscript></noscript>乙",
            "甲\n乙",
        ),
        ("<p>见<a href=\"https://x.example\">原文</a>。</p>", "见原文。"),
        ("<ul><li>一</li><li>二</li></ul><table><tr><td>三</td><td>四</td></tr></table>", "一\n二\n三 四"),
        ("<p>没有关的<b>标签<p>照样<div>读", "没有关的标签\n照样\n读"),
    ] {
        let env = TestEnv::new().post("a.md", post("题").body(html)).indexed();
        assert_eq!(env.article("a.md").body.as_str(), text, "{html}");
    }
}

#[test]
fn a_whole_page_gives_title_and_main_text() {
    let page = "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>修收音机的人 - 街角</title>\
        <meta property=\"article:published_time\" content=\"2021-05-14T11:48:00+08:00\"><style>.x{color:red}</style></head>\
        <body><nav><a>首页</a><a>订阅中心</a></nav><header>站点口号</header><main><article><h1>修收音机的人</h1>\
        <p>他修了四十年收音机。</p><script>var 秘密=1</script></article></main><footer>版权声明</footer></body></html>";
    let article = read("a.html", page);
    assert_eq!(article.title, "修收音机的人");
    assert!(article.body.as_str().contains("他修了四十年收音机。"), "{:?}", article.body);
    for furniture in ["首页", "订阅中心", "秘密", "color", "版权声明"] {
        assert!(!article.body.as_str().contains(furniture), "{furniture} in {:?}", article.body);
    }
    assert_eq!(article.date.unwrap().to_string(), "2021-05-14T03:48:00Z");
}

#[test]
fn markdown_and_plain_text_are_articles_too() {
    let markdown =
        read("notes/a.md", "# 山脊笔记\n\n**没有**信号的[地方](https://x.example)，`grep` 也没用。\n\n- 一\n- 二\n");
    assert_eq!(markdown.title, "山脊笔记");
    assert!(markdown.body.as_str().contains("没有信号的地方，grep 也没用。"), "{:?}", markdown.body);
    let plain = read("b.txt", "石头\r\n\r\n他捡了一千块石头。\r\n又放回去一半。\r\n");
    assert_eq!(plain.title, "石头");
    assert!(plain.body.as_str().contains("他捡了一千块石头。"), "{:?}", plain.body);
}

const LINES: &str = r#"{"id":"1","title":"甲","body":"甲文","date":"2021-05-14 11:48:00","author":"夜航船","categories":["新媒体","科技"],"url":"https://x.example/1","likes":3}
{"id":2,"title":"乙","text":"乙文","source":"港湾","category":"科技/通信","link":"https://x.example/2"}

{"title":"丙","content":"丙文","tags":["链","云"],"extra":{"deep":[1,2]}}
{"title":"丁","content_html":"<p>丁<b>文</b></p>"}
"#;

#[test]
fn json_lines_give_one_article_each() {
    let expected = [
        "丁 | 丁文 |  |  |  | ",
        "丙 | 丙文 |  |  | 链; 云 | ",
        "乙 | 乙文 | 港湾 |  | 科技 / 通信 | https://x.example/2",
        "甲 | 甲文 | 夜航船 | 2021-05-14T03:48:00Z | 新媒体 / 科技 | https://x.example/1",
    ];
    assert_eq!(list("n.jsonl", LINES), expected);
    assert_eq!(list("n.txt", LINES), expected, "by content, whatever the ending");
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut gz, LINES.as_bytes()).unwrap();
    assert_eq!(list("n.jsonl.gz", gz.finish().unwrap()), expected);
}

#[test]
fn saved_feeds_give_one_article_an_entry() {
    let rss = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"><channel><title>晚窗</title><link>https://w.example</link>\
        <item><title>甲 &amp; 乙</title><link>https://w.example/1</link><guid>1</guid><pubDate>Fri, 14 May 2021 11:48:00 GMT</pubDate><category>城市</category><description>摘要</description><content:encoded><![CDATA[<p>全<b>文</b></p>]]></content:encoded></item>\
        <item><title>丙</title><link>https://w.example/2</link><guid>2</guid><description>&lt;p&gt;丙文&lt;/p&gt;</description></item></channel></rss>";
    assert_eq!(
        list("f.xml", rss),
        [
            "丙 | 丙文 | 晚窗 |  |  | https://w.example/2",
            "甲 & 乙 | 全文 | 晚窗 | 2021-05-14T11:48:00Z | 城市 | https://w.example/1"
        ]
    );
    let atom = "<?xml version=\"1.0\"?><feed xmlns=\"http://www.w3.org/2005/Atom\"><title>晚窗</title><id>f</id><updated>2021-05-14T11:48:00Z</updated>\
        <entry><title>甲</title><id>1</id><link href=\"https://w.example/1\"/><published>2021-05-14T11:48:00Z</published><updated>2021-05-15T11:48:00Z</updated><author><name>夜航船</name></author><content type=\"html\">&lt;p&gt;甲文&lt;/p&gt;</content></entry></feed>";
    assert_eq!(list("f.atom", atom), ["甲 | 甲文 | 夜航船 | 2021-05-14T11:48:00Z |  | https://w.example/1"]);
    let json = r#"{"version":"https://jsonfeed.org/version/1.1","title":"晚窗","items":[{"id":"1","url":"https://w.example/1","title":"甲","content_html":"<p>甲文</p>","date_published":"2021-05-14T11:48:00Z","authors":[{"name":"夜航船"}],"tags":["城市"]}]}"#;
    assert_eq!(list("feed.json", json), ["甲 | 甲文 | 夜航船 | 2021-05-14T11:48:00Z | 城市 | https://w.example/1"]);
}

#[test]
fn content_decides_where_the_ending_is_silent_or_wrong() {
    let text = post("帖子").body("<p>帖子正文</p>").text();
    for name in ["a.txt", "a", "a.html", "1.5 亿人出行"] {
        let article = read(name, &text);
        assert_eq!((article.title.as_str(), article.body.as_str()), ("帖子", "帖子正文"), "{name}");
    }
    assert_eq!(
        read("page", "<!DOCTYPE html><html><head><title>页</title></head><body><p>页文</p></body></html>").title,
        "页"
    );
}

#[test]
fn an_article_in_several_sections_is_in_each_level_of_each() {
    let env = TestEnv::new()
        .file("n.jsonl", r#"{"title":"甲","body":"甲文","categories":["新媒体/夜航船/科技","财经/公司"]}"#)
        .indexed();
    for level in [
        "新媒体",
        "夜航船",
        "科技",
        "新媒体/夜航船",
        "夜航船/科技",
        "新媒体 / 夜航船 / 科技",
        "财经",
        "公司",
        "财经/公司",
    ] {
        assert_eq!(env.hits_args(&["--category", level]).len(), 1, "{level}");
    }
    for level in ["新媒体/科技", "财经/夜航船", "新媒", "科技/公司"] {
        assert_eq!(env.hits_args(&["--category", level]).len(), 0, "{level}");
    }
}

#[test]
fn what_cannot_be_read_is_named_with_its_reason_and_costs_nothing_else() {
    let env = TestEnv::new()
        .post("a.md", post("好").body("<p>好文章</p>"))
        .file("b.md", "")
        .file("c.txt", [0, 1, 2, 0, 255, 0, 7, 0, 0, 9])
        .file("d.jsonl", "{\"title\":\"行一\",\"body\":\"文\"}\n{\"title\":\n[1]\n{\"title\":\"行四\",\"body\":\"文\",\"date\":\"何日\"}\n")
        .file("e.xml", "<rss><channel><item><title>坏")
        .file("f.png", b"\x89PNG\r\n\x1a\n\0\0\0")
        .file("style.css", "p { color: red }")
        .file(".hidden.md", "# 藏\n\n藏着");
    assert_snapshot!(env.run("index corpus"), @r#"
        exit 0
        ── stdout
        articles: 3 added, 0 changed, 0 unchanged, 0 removed
        files: 7 seen, 2 with articles, 3 failed, 2 of other kinds
        problems: 6 (1 not text, 1 date not understood, 2 not a JSON article, 1 feed not understood, 1 empty)
        time: [TIME]
        ── stderr
        souwen: warning: c.txt: not text
        souwen: warning: d.jsonl:2: not a JSON article: EOF while parsing a value
        souwen: warning: d.jsonl:3: not a JSON article: [1]
        souwen: warning: e.xml: feed not understood: unable to parse feed: no root element
        souwen: warning: b.md: empty
        souwen: warning: d.jsonl:4: date not understood: "何日"
        "#);
    assert_snapshot!(env.run("index --rebuild --lang zh"), @r"
        exit 0
        ── stdout
        文章：新增 3 篇，更新 0 篇，未变 0 篇，移除 0 篇
        文件：查看 7 个，含文章 2 个，失败 3 个，其他类型 2 个
        问题：6 个（不是文本 1 个、无法理解日期 1 个、不是 JSON 文章 2 个、无法理解订阅源 1 个、内容为空 1 个）
        用时：[TIME]
        ── stderr
        souwen: 警告：c.txt：不是文本
        souwen: 警告：d.jsonl:2：不是 JSON 文章（EOF while parsing a value）
        souwen: 警告：d.jsonl:3：不是 JSON 文章（[1]）
        souwen: 警告：e.xml：无法理解订阅源（unable to parse feed: no root element）
        souwen: 警告：b.md：内容为空
        souwen: 警告：d.jsonl:4：无法理解日期“何日”
        ");
    assert_eq!(env.complete(""), ["好", "行一", "行四"]);
    let summary = env.sync("--rebuild");
    let count = |name: &str| summary[name].as_u64().unwrap();
    assert_eq!(count("files"), 7, "hidden files are not looked at");
    assert_eq!(count("files"), count("with_articles") + count("without_articles") + count("skipped"));
    assert_eq!(summary["articles"], 3);
}

#[cfg(unix)]
#[test]
fn a_file_that_the_system_refuses_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let env =
        TestEnv::new().post("a.md", post("好").body("<p>好文章</p>")).post("b.md", post("锁").body("<p>锁着</p>"));
    let locked = env.corpus().join("b.md");
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::File::open(&locked).is_ok() {
        eprintln!("skipped: this user may read everything");
        return;
    }
    let summary = env.sync("corpus");
    assert_eq!(summary["problems"][0]["kind"], "unreadable");
    assert_eq!(summary["added"], 1);
}

#[test]
fn quiet_is_quiet_and_json_is_one_line() {
    let env = TestEnv::new().post("a.md", post("好").body("<p>好文章</p>")).file("b.md", "");
    let run = env.run("index corpus --quiet").succeeds();
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""));
    let run = env.run("index --json").succeeds();
    assert_eq!(run.stderr, "");
    let [summary] = &run.json()[..] else { panic!("{run}") };
    for field in [
        "type",
        "v",
        "index",
        "corpus",
        "files",
        "with_articles",
        "without_articles",
        "skipped",
        "added",
        "changed",
        "unchanged",
        "removed",
        "articles",
        "problems_by_kind",
        "problems",
        "bytes",
        "seconds",
        "megabytes_per_second",
    ] {
        assert!(!summary[field].is_null(), "{field} in {summary}");
    }
}

#[test]
fn threads_and_memory_change_nothing_but_the_speed() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus");
    let env = TestEnv::new();
    env.sync(&format!("--index index --threads 3 --memory 64MB --commit-every 10 {corpus}"));
    assert_eq!(env.articles(), sample().articles());
    for bad in ["--threads 0", "--memory 1MB", "--memory viel", "--zone Mars/Olympus"] {
        assert_eq!(env.run(&format!("index --index index {bad}")).code, 2, "{bad}");
    }
}

#[test]
fn the_sample_corpus_has_every_quirk_and_loses_nothing() {
    let summary = sample().sync("--index index");
    let count = |name: &str| summary[name].as_u64().unwrap();
    assert_eq!((count("files"), count("with_articles"), count("articles")), (136, 136, 148));
    assert_eq!((count("without_articles"), count("skipped")), (0, 0));
    assert_eq!(summary["problems_by_kind"], json!({"bad_front_matter": 2}));
    let articles = sample().articles();
    for article in &articles {
        assert!(!article.title.is_empty(), "{}", article.path);
        assert!(!article.title.contains("&#") && !article.body.as_str().contains("&#"), "{}", article.path);
        assert!(!article.body.as_str().contains('\u{fffd}'), "{}", article.path);
    }
    assert!(articles.iter().filter(|article| article.date.is_none()).count() <= 1);
    let outlets: std::collections::BTreeSet<_> = articles.iter().filter_map(|article| article.author.clone()).collect();
    assert!(outlets.len() >= 10, "{outlets:?}");
}
