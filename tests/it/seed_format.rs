//! The format that the program exists for, with every habit of its generator. The texts are invented; the real five are
//! read too where `SOUWEN_SHARED` is set.

use std::fs;

use souwen::article::Article;

use crate::support::{TestEnv, shared, title};

const ALL_IN: &str = "
---
title: '曾经_All In_云账本的微光，如今要收摊了？'
categories: 
 - 新媒体
 - 夜航船
 - 首页资讯
headimg: 'https://img.example.com/cover/202405/14/1854.jpg?imageView2/1/w/1440|imageMogr2/strip'
author: 夜航船
comments: false
date: Fri, 14 May 2021 11:48:00 GMT
thumbnail: 'https://img.example.com/cover/202405/14/1854.jpg?imageView2/1/w/1440|imageMogr2/strip'
---

<div>   
<img src=\"https://img.example.com/cover/1854.jpg?imageView2/1\" alt=\"曾经“All In”云账本的微光，如今要收摊了？\" data-v-30 referrerpolicy=\"no-referrer\"><p><span class=\"text-remarks\" label=\"备注\">本文来自公众号：</span><a href=\"https://mp.example.com/s/1\" target=\"_blank\"><span class=\"text-remarks\">远岸（ID：yuanan）</span></a></p>
<p>微光科技将于今年9月10日关闭其 Lumen 云账本服务。客户有半年时间搬走数据。</p>
<p><strong>云</strong>账本是什么？客户说不清，<em>微光</em>也说不清。</p>
</div>
            ";

const QUOTES: &str = "
---
title: \"\"\"\"\"\"\"\"\"'HarborView：海运业2035'\"\"\"\"\"\"\"\"\"
categories: 
    - 新媒体
    - 港湾咨询 - 首页更新
author: 港湾咨询 - 首页更新
comments: false
date: Sun, 21 Mar 2021 22:06:54 GMT
thumbnail: ''
---

<div>   
HarborView：海运业2035  
</div>
            ";

const SUM: &str = "
---
title: '2+2=8 微光表格闹笑话：三个版本都中招'
categories: 
 - 新媒体
 - 快马（原驿站网）
 - 最新新闻
author: 快马（原驿站网）
date: Sat, 22 Jan 2022 20:29:55 GMT
---

<div>   
<p>微光表格一度把 2+2 算成 8。</p>
<p style=\"text-align: center\"><a href=\"https://img.example.com/a.png\"><img alt=\"2+2=8 微光表格闹笑话：三个版本都中招\" src=\"https://img.example.com/a.png\"></a></p>
<p class=\"end\"> - THE END -</p>
</div>
            ";

const LOCAL: &str = "---
title: '“四连涨”之后_ 今晚油价下调了'
categories: 
 - 新媒体
author: 快马
date: 2021-05-14 11:48:00
---
<div><p>模板写着 &#123;name&#125; 与 config&#123;&#125;，加满一箱少花 7 元。</p></div>";

fn seeds() -> TestEnv {
    let env = TestEnv::new().file("a.md", ALL_IN).file("b.md", QUOTES).file("c.md", SUM).file("d.md", LOCAL);
    env.indexed()
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
            "曾经“All In”云账本的微光，如今要收摊了？ | 2021-05-14T11:48:00Z | 夜航船 | 新媒体 / 夜航船 / 首页资讯",
            "HarborView：海运业2035 | 2021-03-21T22:06:54Z | 港湾咨询 - 首页更新 | 新媒体 / 港湾咨询 - 首页更新",
            "2+2=8 微光表格闹笑话：三个版本都中招 | 2022-01-22T20:29:55Z | 快马（原驿站网） | 新媒体 / 快马（原驿站网） / 最新新闻",
            "“四连涨”之后_ 今晚油价下调了 | 2021-05-14T03:48:00Z | 快马 | 新媒体",
        ]
    );
}

#[test]
fn words_with_and_without_blanks_in_either_script_find_the_post() {
    let env = seeds();
    let post = "曾经“All In”云账本的微光，如今要收摊了？";
    for query in
        ["微光 云账本", "关闭云账本服务", "微光 雲賬本", "關閉雲賬本服務", "All In 云账本", "lumen", "“All In”云账本"]
    {
        assert_eq!(env.titles(query).first().map(String::as_str), Some(post), "{query}");
    }
}

#[test]
fn a_word_is_found_across_inline_tags_and_shown_with_the_other() {
    let env = seeds();
    assert_eq!(env.complete("\"云账本是什么\"").len(), 1);
    let hit = env.hits("微光 云账本").remove(0);
    let snippet = hit["snippet"]["text"].as_str().unwrap();
    assert!(snippet.contains("微光") && snippet.contains("云账本"), "{snippet}");
}

#[test]
fn braces_are_braces_in_text_and_search() {
    let env = seeds();
    assert_eq!(env.article("d.md").body.as_str(), "模板写着 {name} 与 config{}，加满一箱少花 7 元。");
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
