//! Invented results that the renderers' tests share.

use std::time::Duration;

use jiff::tz::{Offset, TimeZone};

use super::Style;
use crate::article::{Article, ArticleId, CategoryPath, PlainText};
use crate::messages::Lang;
use crate::search::results::{Facets, Hit, Marked, SearchResults, Snippet, Total};

/// Beijing, without a time zone database.
pub(super) fn zone() -> TimeZone {
    TimeZone::fixed(Offset::constant(8))
}

pub(super) fn style(width_cols: usize, colour: bool, lang: Lang) -> Style {
    Style { colour, links: None, width_cols, zone: zone(), lang }
}

pub(super) const ELAPSED: Duration = Duration::from_micros(4250);

fn category<const N: usize>(levels: [&str; N]) -> CategoryPath {
    CategoryPath::new(levels).unwrap()
}

/// `text` with the words marked wherever they stand.
pub(super) fn marked(text: &str, words: &[&str]) -> Marked {
    let mut marks: Vec<_> =
        words.iter().flat_map(|word| text.match_indices(word).map(|(i, w)| i..i + w.len())).collect();
    marks.sort_by_key(|mark| mark.start);
    Marked { text: text.to_owned(), marks }
}

/// One complete hit and one that lacks a word.
pub(super) fn results() -> SearchResults {
    let passage = "微光科技十日宣布，将于明年三月关闭“云册”账本服务。“客户有半年时间迁移数据。”该公司发言人林溪说。\n\
                   这是微光第3次关停区块链业务，GPT-4助手不受影响；";
    let whole = Hit {
        rank: 1,
        id: ArticleId::of(b"tech/ledger.md", ""),
        path: "科技/2024-05-10-微光_关闭账本服务.md".to_owned(),
        title: marked("微光科技将关闭账本服务：客户有半年时间迁移", &["微光", "账本"]),
        author: Some("北岸日报".to_owned()),
        date: Some("2024-05-10T11:48:00Z".parse().unwrap()),
        categories: vec![category(["新媒体", "北岸", "科技"]), category(["公司"])],
        url: Some("https://news.example/a?id=1".to_owned()),
        score: 12.5,
        snippet: Some(Snippet {
            passage: marked(passage, &["微光", "账本", "区块链"]),
            byte_start: 120,
            cut_before: false,
            cut_after: true,
        }),
        missing: vec![],
        explanation: None,
    };
    let partial = Hit {
        rank: 2,
        id: ArticleId::of(b"misc/brief.jsonl", "7"),
        path: "misc/brief.jsonl".to_owned(),
        title: marked("", &[]),
        author: None,
        date: None,
        categories: vec![],
        url: None,
        score: 3.25,
        snippet: Some(Snippet {
            passage: marked("的微光一号卫星入轨。", &["微光"]),
            byte_start: 3,
            cut_before: true,
            cut_after: false,
        }),
        missing: vec!["账本".to_owned(), "区块链".to_owned()],
        explanation: None,
    };
    SearchResults {
        total: Total { articles: 1, at_least: false },
        hits: vec![whole, partial],
        facets: None,
        hints: vec![],
        understood: None,
    }
}

pub(super) fn facets() -> Facets {
    Facets {
        categories: vec![
            (category(["新媒体"]), 12),
            (category(["公司"]), 9),
            (category(["新媒体", "北岸"]), 8),
            (category(["新媒体", "北岸", "科技"]), 8),
            (category(["新媒体", "午后"]), 4),
        ],
        authors: vec![("北岸日报".to_owned(), 8), ("Harbour Wire".to_owned(), 4)],
        months: vec![("2024-06".to_owned(), 3), ("2024-05".to_owned(), 9)],
    }
}

pub(super) fn article() -> Article {
    Article {
        id: ArticleId::of(b"tech/ledger.md", ""),
        path: "科技/2024-05-10-微光_关闭账本服务.md".to_owned(),
        title: "微光科技将关闭账本服务：客户有半年时间迁移".to_owned(),
        body: PlainText::from_lines(
            "据微光科技十日公告，将于明年三月关闭“云册”账本服务，届时所有数据将被删除。\n\
             A spokesperson said customers have six months to migrate their data.\n完。",
        ),
        author: Some("北岸日报".to_owned()),
        date: Some("2024-05-10T11:48:00Z".parse().unwrap()),
        categories: vec![category(["新媒体", "北岸", "科技"]), category(["公司"])],
        url: Some("https://news.example/a?id=1".to_owned()),
    }
}
