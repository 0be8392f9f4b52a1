//! The format that the program exists for, with every habit of its generator. The texts are invented; the real five are
//! read too where `SOUWEN_SHARED` is set.

use std::fs;

use souwen::article::Article;

use crate::support::{TestEnv, shared, title};

/// An image shows the title as it was before the generator made it fit for a file name.
const IMAGE: &str = "
---
title: '渡口_Night Shift_摆渡船试航一周，乘客都说太安静'
categories: 
 - 城市
 - 江潮
 - 今日江岸
headimg: 'https://img.example.com/cover/202504/08/2215.jpg?size=1/w/1440|strip'
author: 江潮
comments: false
date: Tue, 08 Apr 2025 22:15:00 GMT
thumbnail: 'https://img.example.com/cover/202504/08/2215.jpg?size=1/w/1440|strip'
---

<div>   
<img src=\"https://img.example.com/cover/2215.jpg?size=1\" alt=\"渡口“Night Shift”摆渡船试航一周，乘客都说太安静\" data-v-7 referrerpolicy=\"no-referrer\"><p><span class=\"note\" label=\"注\">供稿：</span><a href=\"https://mp.example.com/s/1\" target=\"_blank\"><span class=\"note\">北岸见闻（ID：beian）</span></a></p>
<p>江潮公司的 Heron 摆渡船上周起夜里也开，渡口的末班从22点推到凌晨1点。</p>
<p><strong>夜</strong>航灯怎么装？船长答得慢，<em>乘客</em>也不急。</p>
</div>
            ";

/// Quotation marks round quotation marks, and a section whose name holds a hyphen.
const QUOTES: &str = "
---
title: \"\"\"\"\"\"\"\"\"'TeaIndex：山城茶馆普查'\"\"\"\"\"\"\"\"\"
categories: 
    - 数据
    - 茶数网 - 每日快报
author: 茶数网 - 每日快报
comments: false
date: Sun, 09 Feb 2025 06:40:12 GMT
thumbnail: ''
---

<div>   
TeaIndex：山城茶馆普查  
</div>
            ";

/// The title stands in a linked image below the text.
const LINKED_IMAGE: &str = "
---
title: '一张站票 19.5 元：夜班公交调价之后'
categories: 
 - 交通
 - 路书（原车友志）
 - 站台
author: 路书（原车友志）
date: Sat, 15 Mar 2025 20:29:55 GMT
---

<div>   
<p>夜班公交的站票从 18 元调到 19.5 元。</p>
<p style=\"text-align: center\"><a href=\"https://img.example.com/a.png\"><img alt=\"一张站票 19.5 元：夜班公交调价之后\" src=\"https://img.example.com/a.png\"></a></p>
<p class=\"end\"> —— 完 —— </p>
</div>
            ";

/// A date without a zone, entities for braces, and no original of the title.
const LOCAL_DATE: &str = "---
title: '“三明三暗”之后_ 老灯塔重新亮了'
categories: 
 - 海岸
author: 路书
date: 2025-04-08 11:48:00
---
<div><p>值班表上印着 &#123;name&#125; 与 light&#123;&#125;，没有人改过。</p></div>";

fn seeds() -> TestEnv {
    let posts = [("a.md", IMAGE), ("b.md", QUOTES), ("c.md", LINKED_IMAGE), ("d.md", LOCAL_DATE)];
    posts.into_iter().fold(TestEnv::new(), |env, (path, post)| env.file(path, post)).indexed()
}

#[test]
fn every_post_has_its_title_date_author_and_sections() {
    let seen: Vec<String> = seeds()
        .articles()
        .iter()
        .map(|a| {
            let paths: Vec<String> = a.categories.iter().map(ToString::to_string).collect();
            format!("{} | {} | {} | {}", a.title, a.date.unwrap(), a.author.as_deref().unwrap(), paths.join("; "))
        })
        .collect();
    assert_eq!(
        seen,
        [
            "渡口“Night Shift”摆渡船试航一周，乘客都说太安静 | 2025-04-08T22:15:00Z | 江潮 | 城市 / 江潮 / 今日江岸",
            "TeaIndex：山城茶馆普查 | 2025-02-09T06:40:12Z | 茶数网 - 每日快报 | 数据 / 茶数网 - 每日快报",
            "一张站票 19.5 元：夜班公交调价之后 | 2025-03-15T20:29:55Z | 路书（原车友志） | 交通 / 路书（原车友志） / 站台",
            "“三明三暗”之后_ 老灯塔重新亮了 | 2025-04-08T03:48:00Z | 路书 | 海岸",
        ]
    );
}

#[test]
fn words_with_and_without_blanks_in_either_script_find_the_post() {
    let env = seeds();
    let post = "渡口“Night Shift”摆渡船试航一周，乘客都说太安静";
    for query in [
        "渡口 摆渡船",
        "夜里开摆渡船",
        "渡口 擺渡船",
        "夜裡開擺渡船",
        "Night Shift 摆渡船",
        "heron",
        "“Night Shift”摆渡船",
    ] {
        assert_eq!(env.titles(query).first().map(String::as_str), Some(post), "{query}");
    }
}

#[test]
fn a_word_is_found_across_inline_tags_and_shown_with_the_other() {
    let env = seeds();
    assert_eq!(env.complete("\"夜航灯怎么装\"").len(), 1);
    let hit = env.hits("渡口 摆渡船").remove(0);
    let snippet = hit["snippet"]["text"].as_str().unwrap();
    assert!(snippet.contains("渡口") && snippet.contains("摆渡船"), "{snippet}");
}

#[test]
fn braces_are_braces_in_text_and_search() {
    let env = seeds();
    assert_eq!(env.article("d.md").body.as_str(), "值班表上印着 {name} 与 light{}，没有人改过。");
    assert_eq!(env.complete("\"{name}\"").len(), 1);
    assert!(env.complete("123").is_empty(), "the number of an entity is no text");
}

#[test]
fn the_real_five_are_read_and_ranked() {
    let Some(shared) = shared("the five seed samples") else { return };
    let env = TestEnv::new();
    let summary = env.sync(&format!("--index index {}", shared.join("corpora/seed-samples").display()));
    assert_eq!((&summary["files"], &summary["added"], &summary["without_articles"]), (&5.into(), &5.into(), &0.into()));

    let articles = env.articles();
    let of = |author: &str| articles.iter().filter(|a| a.author.as_deref() == Some(author)).collect::<Vec<_>>();
    let path = |article: &Article| article.categories.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    // what must come out stands in the files; no sentence of theirs stands here
    let raw = |article: &Article| fs::read_to_string(shared.join("corpora/seed-samples").join(&article.path)).unwrap();
    let between =
        |text: &str, start: &str, end: &str| text.split_once(start).unwrap().1.split_once(end).unwrap().0.to_owned();

    let [seed] = of("虎嗅")[..] else { panic!("the seed article") };
    assert_eq!(seed.title, between(&raw(seed), "alt=\"", "\""));
    assert_eq!(
        (seed.date.unwrap().to_string().as_str(), path(seed).as_str()),
        ("2021-05-14T11:48:00Z", "新媒体 / 虎嗅 / 首页资讯")
    );
    let [quotes] = of("199IT - 首页更新")[..] else { panic!("the article in quotation marks") };
    assert_eq!(quotes.title, between(&raw(quotes), "\"'", "'\""));
    assert_eq!(
        (quotes.date.unwrap().to_string().as_str(), path(quotes).as_str()),
        ("2021-03-21T22:06:54Z", "新媒体 / 199IT - 首页更新")
    );
    assert_eq!(of("快科技（原驱动之家）").len(), 3);
    for article in of("快科技（原驱动之家）") {
        // a colon is all that the generator may have lost of these
        let typed = between(&raw(article), "title: '", "'\n");
        let alike = |text: &str| text.replace(['_', '“', '”', '"', ':', '：'], "");
        assert_eq!(alike(&article.title), alike(&typed));
        assert_eq!(path(article), "新媒体 / 快科技（原驱动之家） / 最新新闻");
        assert!(article.date.is_some());
    }

    for query in ["微软 区块链", "微軟 區塊鏈", "关闭区块链服务"] {
        let hit = env.hits(query).remove(0);
        assert_eq!(title(&hit), seed.title, "{query}");
        assert_eq!(hit["missing"], serde_json::json!([]), "{query}");
    }
    let hit = env.hits("微软 区块链").remove(0);
    let snippet = hit["snippet"]["text"].as_str().unwrap();
    assert!(snippet.contains("微软") && snippet.contains("区块链"), "{snippet}");
}
