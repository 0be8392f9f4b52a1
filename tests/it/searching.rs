//! Asking: every operator, every filter, and what is said when nothing is found. The expected titles come from the rules
//! in the issue, not from what the program printed.

use std::collections::BTreeSet;

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{TestEnv, post, sample, title};

/// Eight posts in which every query below has a reason to find or not to find.
fn env() -> TestEnv {
    TestEnv::new()
        .post(
            "甲.md",
            post("微光关闭云账本")
                .body("<p>微光科技宣布关闭其 Azul 云账本服务，2021 年 9 月生效。</p>")
                .author("夜航船")
                .date("Fri, 14 May 2021 11:48:00 GMT")
                .categories("新媒体/夜航船/科技"),
        )
        .post(
            "乙.md",
            post("微光发布财报")
                .body("<p>微光季度财报超预期，semiconductor stocks 上涨 10%。</p>")
                .author("南岸财讯")
                .date("2021-05-31 23:59:59")
                .categories("财经媒体/南岸财讯"),
        )
        .post(
            "丙.md",
            post("远帆开放云账本")
                .body("<p>远帆把云账本开放给所有人，用 C++ 与 C# 写成，每只 stock 都上链。</p>")
                .author("南岸财讯")
                .date("2021-06-01 00:00:00")
                .categories("财经媒体/南岸财讯"),
        )
        .post(
            "丁.md",
            post("颱風「白鷺」來襲")
                .body("<p>颱風「白鷺」明晨登陸，習近江停課。</p>")
                .author("島嶼週刊")
                .date("2022-01-01 00:00:00")
                .categories("港台媒体/島嶼週刊"),
        )
        .post(
            "戊.md",
            post("台风白鹭过境")
                .body("<p>台风“白鹭”过境，微光总部停电，型号 PD1728_A 的电话无法接通。</p>")
                .date("2021-12-31 23:59:59")
                .categories("新媒体/夜航船/社会"),
        )
        .post("己.md", post("菜谱").body("<p>西红柿炒鸡蛋。全国人民代表大会今天开幕。</p>").categories("生活"))
        .indexed()
}

const A: &str = "微光关闭云账本";
const B: &str = "微光发布财报";
const C: &str = "远帆开放云账本";
const D: &str = "颱風「白鷺」來襲";
const E: &str = "台风白鹭过境";
const F: &str = "菜谱";

#[track_caller]
fn check(env: &TestEnv, query: &str, expected: &[&str]) {
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(env.complete(query), expected, "{query}");
}

#[test]
fn every_operator_does_what_it_says() {
    let env = env();
    for (query, expected) in [
        ("微光", &[A, B, E][..]),
        ("微光 云账本", &[A]),
        ("微光 AND 云账本", &[A]),
        ("财报 OR 远帆", &[B, C]),
        ("财报 或 远帆", &[B, C]),
        ("财报 | 远帆", &[B, C]),
        ("微光 -财报", &[A, E]),
        ("微光 NOT 财报", &[A, E]),
        ("微光 (财报 OR 台风)", &[B, E]),
        ("-微光", &[C, D, F]),
        ("\"关闭云账本\"", &[A]),
        ("\"云账\"", &[A, C]),
        ("\"微光 云账本\"", &[]),
        ("\"微光 账本\"~9", &[A]),
        ("\"微光 账本\"~3", &[A]), // 关闭云
        ("\"微光 账本\"~2", &[]),
        ("\"远帆 停电\"~3", &[]),
        ("semi*", &[B]),
        ("微*", &[A, B, E]),
        ("财报^3", &[B]),
        ("*", &[A, B, C, D, E, F]),
        ("", &[A, B, C, D, E, F]),
    ] {
        check(&env, query, expected);
    }
}

#[test]
fn fields_look_where_they_say() {
    let env = env();
    for (query, expected) in [
        ("title:微光", &[A, B][..]),
        ("body:停电", &[E]),
        ("title:停电", &[]),
        ("标题:财报", &[B]),
        ("author:南岸财讯", &[B, C]),
        ("作者:南岸财讯 云账本", &[C]),
        ("category:夜航船", &[A, E]),
        ("category:新媒体/夜航船/科技", &[A]),
        ("category:新媒体", &[A, E]),
        ("-category:新媒体 微光", &[B]),
        ("title:(微光 财报)", &[B]),
    ] {
        check(&env, query, expected);
    }
}

#[test]
fn dates_are_exact_on_both_sides() {
    let env = env();
    for (query, expected) in [
        ("date:2021-05", &[A, B][..]),
        ("date:2021-06", &[C]),
        ("date:2021-05-31", &[B]),
        ("date:2021-06-01", &[C]),
        ("date:2021", &[A, B, C, E]),
        ("date:2022", &[D]),
        ("date:2021年5月", &[A, B]),
        ("after:2021-06-01", &[C, D, E]),
        ("after:2021-06", &[C, D, E]),
        ("before:2021-06", &[A, B]),
        ("after:2022", &[D]),
        ("日期:2021年5月31日", &[B]),
        ("date:2021-05..2021-06", &[A, B, C]),
        ("after:7d", &[]),
        ("after:3个月", &[]),
        ("date:昨天", &[]),
    ] {
        check(&env, query, expected);
    }
}

/// `before:2021-06` leaves June out or takes it in; whichever it is, the option that says "all of it included" takes it in.
#[test]
fn dates_as_options_take_in_the_whole_span() {
    let env = env();
    let titles = |args: &str| {
        let mut titles = env.titles(args);
        titles.sort();
        titles
    };
    let sorted = |titles: &[&str]| {
        let mut titles: Vec<String> = titles.iter().map(|title| (*title).to_owned()).collect();
        titles.sort();
        titles
    };
    assert_eq!(titles("--since 2021-06 --until 2021-06"), sorted(&[C]));
    assert_eq!(titles("--until 2021-05-31"), sorted(&[A, B]));
    assert_eq!(titles("--since 2021-12-31"), sorted(&[D, E]));
    assert_eq!(titles("--since 2021-12-31 --until 2021"), sorted(&[E]));
}

/// The dates are reckoned from now, so a test that midnight interrupts begins anew.
#[test]
fn dates_reckoned_from_today_are_exact_on_both_sides() {
    let today = || jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(8))).date();
    loop {
        let day = today();
        check_dates_reckoned_from(day);
        if today() == day {
            return;
        }
    }
}

#[track_caller]
fn check_dates_reckoned_from(today: jiff::civil::Date) {
    use jiff::ToSpan;
    let ago = |span: jiff::Span| today.checked_sub(span).unwrap();
    let first = |day: jiff::civil::Date| format!("{day} 00:00:00");
    let last = |day: jiff::civil::Date| format!("{day} 23:59:59");
    let env = [
        ("三月之外", last(ago(3.months()).yesterday().unwrap())),
        ("三月之内", first(ago(3.months()))),
        ("七日之外", last(ago(8.days()))),
        ("七日之内", first(ago(7.days()))),
        ("前夜", last(ago(2.days()))),
        ("昨晨", first(ago(1.day()))),
        ("昨夜", last(ago(1.day()))),
        ("今晨", first(today)),
        ("今夜", last(today)),
        ("明晨", first(today.tomorrow().unwrap())),
    ]
    .into_iter()
    .fold(TestEnv::new(), |env, (title, date)| env.post(&format!("{title}.md"), post(title).date(&date)))
    .indexed();

    const WEEK: [&str; 6] = ["七日之内", "前夜", "昨晨", "昨夜", "今晨", "今夜"];
    for query in ["date:today", "date:今天", "日期:今日"] {
        check(&env, query, &["今晨", "今夜"]);
    }
    for query in ["date:昨天", "date:yesterday"] {
        check(&env, query, &["昨晨", "昨夜"]);
    }
    check(&env, "before:昨天", &["三月之外", "三月之内", "七日之外", "七日之内", "前夜"]);
    check(&env, "after:昨天", &["昨晨", "昨夜", "今晨", "今夜", "明晨"]);
    for query in ["after:7d", "after:7天"] {
        check(&env, query, &[&WEEK[..], &["明晨"]].concat());
    }
    check(&env, "date:7d", &WEEK);
    check(&env, "before:7d", &["三月之外", "三月之内", "七日之外"]);
    for query in ["after:3个月", "after:3m"] {
        check(&env, query, &[&WEEK[..], &["三月之内", "七日之外", "明晨"]].concat());
    }
    check(&env, "date:3个月", &[&WEEK[..], &["三月之内", "七日之外"]].concat());
    check(&env, "before:3个月", &["三月之外"]);

    let since = |args: &str| env.titles(&format!("--sort oldest {args}"));
    assert_eq!(since("--since 7d --until 昨天"), ["七日之内", "前夜", "昨晨", "昨夜"]);
    assert_eq!(since("--since 3个月 --until 7天"), [&["三月之内", "七日之外"], &WEEK[..]].concat());
}

#[test]
fn full_width_signs_work_as_their_twins() {
    let env = env();
    for (typed, twin) in [
        ("“关闭云账本”", "\"关闭云账本\""),
        ("「关闭云账本」", "\"关闭云账本\""),
        ("微光　（财报　OR　台风）", "微光 (财报 OR 台风)"),
        ("微光　－财报", "微光 -财报"),
        ("title：微光", "title:微光"),
        ("ＰＤ１７２８＿Ａ", "PD1728_A"),
        ("date：２０２１－０６", "date:2021-06"),
        ("财报｜远帆", "财报|远帆"),
    ] {
        let found = env.complete(typed);
        assert!(!found.is_empty(), "{typed}");
        assert_eq!(found, env.complete(twin), "{typed}");
    }
}

#[test]
fn strings_are_found_wherever_the_segmenter_cuts() {
    let env = env();
    for (query, expected) in [
        ("关闭云账本服务", &[A][..]),
        ("闭云账", &[A]),
        ("近江", &[D]),
        ("人民代表大会", &[F]),
        ("民代表", &[F]),
        ("2021年9月", &[A]),
        ("2021 年 9 月", &[A]),
        ("\"2021年9月\"", &[A]),
        ("C++", &[C]),
        ("C#", &[C]),
        ("PD1728_A", &[E]),
        ("pd1728_a", &[E]),
        ("10%", &[B]),
        ("stock", &[B, C]),
        ("stocks", &[B, C]),
        ("\"stock\"", &[C]),
        ("semiconductors", &[B]),
        ("azul", &[A]),
    ] {
        check(&env, query, expected);
    }
}

#[test]
fn both_scripts_find_each_other() {
    let env = env();
    check(&env, "台风 白鹭", &[D, E]);
    check(&env, "颱風 白鷺", &[D, E]);
    check(&env, "\"白鷺\"", &[D, E]);
    check(&env, "财報", &[B]);
}

#[test]
fn no_text_of_a_user_is_an_error() {
    let env = env();
    for query in [
        "C#",
        "微光 AND (",
        "-微光",
        "（：“”　",
        "\"",
        "((((",
        "))))",
        "OR",
        "AND NOT",
        "title:",
        "title:(",
        "date:",
        "date:foo",
        "after:..",
        "\"微光",
        "~5",
        "^2",
        "*^",
        "\\",
        "\\\\",
        "-",
        "--",
        "---",
        "||",
        "&&",
        "!",
        "?",
        "a:b:c",
        "https://x.y/z?q=1",
        "\"\"~3",
        "()",
        "-()",
        "-\"\"",
        "微光^999999999999999999",
        "\"a b\"~99999999999999999999",
        "\u{200b}",
        "\u{202e}",
        "𠮷",
        "👩‍🚀",
        "é e\u{301}",
        "NOT NOT NOT 微光",
        "微光*财报*",
        "before:99999",
        "date:2021-99",
        "after:99999999d",
        "\u{0}\u{1}",
        "title:title:title:x",
        "或",
        "或 或",
        "\"微光\"\"财报\"",
        "[a TO b]",
        "{}",
        "/regex/",
        "<>",
    ] {
        if query.contains('\0') {
            continue; // no command line can hold it
        }
        let run = env.run_args(&["search", "--", query]);
        assert!(run.code < 2, "{query}: {run}");
        assert!(!run.stderr.contains("error") && !run.stderr.contains("panicked"), "{query}: {run}");
    }
    let long = "微光 ( \"".repeat(20_000);
    assert!(env.run_args(&["search", "--", &long[..long.len().min(100_000)]]).code < 2);
}

#[test]
fn what_could_not_be_read_as_syntax_is_said() {
    let env = env();
    assert_snapshot!(env.run_args(&["search", "-l", "--all", "tilte:微光 date:昨昨天 \"财报 ("]), @r#"
        exit 1
        ── stderr
        souwen: note: "tilte" is no field, read as text
        hint: fields are title, body, category, author, url, after, before, date
        souwen: note: "昨昨天" is no date, read as text
        hint: dates are written as 2021, 2021-05, 2021-05-14, today or 7d
        souwen: note: a quotation mark is not closed, read without it
        souwen: note: a parenthesis is not closed, closed at the end
        hint: no article holds "tilte:微光"
        hint: no article holds "date:昨昨天"
        "#);
}

#[test]
fn hits_with_every_word_come_first_and_the_others_say_what_they_lack() {
    let env = env();
    assert_snapshot!(env.run("search 微光 云账本 停电 --lang zh"), @r"
        exit 0
        ── stdout
        没有文章包含全部词语 · [TIME]

        ── 以下文章缺少部分词语 ────────────────────────────────────────────────────────

         1. 微光关闭云账本
            夜航船 · 2021-05-14 19:48 · 新媒体 / 夜航船 / 科技 · m7g5mb5v · 甲.md
            缺少：停电
            微光科技宣布关闭其 Azul 云账本服务，2021 年 9 月生效。

         2. 远帆开放云账本
            南岸财讯 · 2021-06-01 00:00 · 财经媒体 / 南岸财讯 · ygyt09a6 · 丙.md
            缺少：微光、停电
            远帆把云账本开放给所有人，用 C++ 与 C# 写成，每只 stock 都上链。

         3. 台风白鹭过境
            2021-12-31 23:59 · 新媒体 / 夜航船 / 社会 · 2sy067qz · 戊.md
            缺少：云、账本
            台风“白鹭”过境，微光总部停电，型号 PD1728_A 的电话无法接通。

         4. 微光发布财报
            南岸财讯 · 2021-05-31 23:59 · 财经媒体 / 南岸财讯 · 3qm9fw9g · 乙.md
            缺少：云、账本、停电
            微光季度财报超预期，semiconductor stocks 上涨 10%。
        ");
    let hits = env.hits("微光 云账本");
    assert_eq!(title(&hits[0]), A);
    assert_eq!(hits[0]["missing"], json!([]));
    assert!(hits.len() > 1);
    for hit in &hits[1..] {
        assert!(!hit["missing"].as_array().unwrap().is_empty(), "{hit}");
    }
    assert_eq!(env.titles("--all 微光 云账本"), [A]);
}

#[test]
fn an_excluded_word_or_a_filter_is_never_relaxed() {
    let env = env();
    for args in [
        "微光 云账本 -财报",
        "微光 云账本 --category 夜航船",
        "微光 云账本 date:2021-05-14",
        "微光 云账本 -author:南岸财讯",
    ] {
        let titles = env.titles(args);
        assert!(!titles.is_empty(), "{args}");
        assert!(!titles.contains(&B.to_owned()), "{args}: {titles:?}");
    }
}

#[test]
fn a_hit_that_is_no_hit_lacks_something_and_holds_something() {
    for query in ["领取优惠券", "微软 霓虹鲸鱼", "会员中心", "导航栏配色 台风"] {
        for hit in sample().hits_args(&[query]) {
            let marked = !hit["title_marks"].as_array().unwrap().is_empty()
                || !hit["snippet"]["marks"].as_array().unwrap().is_empty();
            assert!(marked, "{query} shows nothing of itself in {hit}");
        }
    }
}

#[test]
fn nothing_found_names_the_likely_cause() {
    let env = env();
    assert_snapshot!(env.run("search 魑魅魍魉"), @r#"
        exit 1
        ── stdout
        nothing found · [TIME]

        hint: no article holds "魑魅魍魉"
        "#);
    assert_snapshot!(env.run("search 微光 --since 2030"), @r"
        exit 1
        ── stdout
        nothing found · [TIME]

        hint: the index holds articles from 2021-05-14 to 2022-01-01
        ");
    assert_snapshot!(env.run("search 财报 --author 夜航船"), @r#"
        exit 1
        ── stdout
        nothing found · [TIME]

        hint: without "author:夜航船" the query finds 1 article
        "#);
    assert_snapshot!(env.run("search 财报 --page 3"), @r"
        exit 1
        ── stdout
        1 article · [TIME]

        hint: the page lies behind the last of 1 hit
        ");
    assert_snapshot!(env.run("search --all 财报 白鹭"), @r"
        exit 1
        ── stdout
        nothing found · [TIME]

        hint: no article holds all the words, but 3 hold some of them: search without
          `--all`
        ");
    assert_snapshot!(env.run("search 财报 --category 没有的栏目 --lang zh"), @r"
        exit 1
        ── stdout
        没有找到 · [TIME]

        提示：去掉“category:没有的栏目”可找到 1 篇
        ");
    assert_snapshot!(env.run("search 财报 --since 昨昨天"), @r#"
        exit 2
        ── stderr
        souwen: error: --since is "昨昨天", which is no date
        hint: dates are written as 2021, 2021-05, 2021-05-14, today or 7d
        "#);
}

#[test]
fn orders_put_articles_without_a_date_last() {
    let env = env();
    assert_eq!(env.titles("--sort newest"), [D, E, C, B, A, F]);
    assert_eq!(env.titles("--sort oldest"), [A, B, C, E, D, F]);
    assert_eq!(env.titles(""), [D, E, C, B, A, F], "without words the newest come first");
    assert_eq!(env.titles("--sort oldest --all 微光"), [A, B, E]);
    assert_eq!(env.titles("--sort newest --all 微光"), [E, B, A]);
}

#[test]
fn pages_neither_overlap_nor_leave_gaps() {
    for args in
        ["微软", "的", "--sort newest", "--sort oldest", "台风 白鹭 区块链", "", "--sort newest 新能源汽车 大模型"]
    {
        let all: Vec<_> = sample().hits(&format!("-n 500 {args}")).iter().map(|hit| hit["id"].clone()).collect();
        let mut paged = Vec::new();
        for page in 1.. {
            let hits = sample().hits(&format!("-n 7 --page {page} {args}"));
            let ranks: Vec<_> = hits.iter().map(|hit| hit["rank"].as_u64().unwrap()).collect();
            assert_eq!(ranks, (paged.len() as u64 + 1..).take(hits.len()).collect::<Vec<_>>());
            if hits.is_empty() {
                break;
            }
            paged.extend(hits.iter().map(|hit| hit["id"].clone()));
        }
        assert!(!all.is_empty(), "{args}");
        assert_eq!(paged, all, "{args}");
    }
}

/// Enough articles for three stretches of the ranking, in which the engine's order is not that of the ranking: the two
/// words stand at the beginning or late, close together or far apart.
fn ferries() -> TestEnv {
    let line = |i: usize| {
        let filler = |count: usize| "灯塔看守记下水位。".repeat(count);
        let body = format!("{}渡口{}夜航。{}", filler(i * 7 % 11), filler(i % 3), "渡口。".repeat(i * 5 % 4));
        format!("{}\n", json!({"id": i.to_string(), "title": format!("第 {i} 班"), "body": body}))
    };
    TestEnv::new().file("n.jsonl", (0..1_200).map(line).collect::<String>()).indexed()
}

#[test]
fn pages_behind_the_first_hundred_hits_are_ranked_too_and_each_hit_comes_once() {
    let env = ferries();
    let all = env.hits("渡口 夜航 -n 1200 --explain");
    let ids = |hits: &[Value]| hits.iter().map(|hit| hit["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(ids(&all).into_iter().collect::<BTreeSet<_>>().len(), 1_200);
    let paged: Vec<String> =
        (1..=12).flat_map(|page| ids(&env.hits(&format!("渡口 夜航 -n 100 --page {page}")))).collect();
    assert_eq!(paged, ids(&all), "whatever the size of a page");
    assert_eq!(ids(&env.hits("渡口 夜航 -n 10 --page 11")), paged[100..110]);

    let scores: Vec<f64> = all.iter().map(|hit| hit["score"].as_f64().unwrap()).collect();
    assert!(scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
    for stretch in [&all[..100], &all[100..1_000], &all[1_000..]] {
        let near = |hit: &Value| hit["explanation"].to_string().contains("near each other");
        assert!(stretch.iter().all(near), "every hit has been ranked");
    }
    assert!(scores[100] > scores[999], "the order behind the first hundred is that of the scores");
}

#[test]
fn ties_have_an_order_of_their_own() {
    let env = (0..30).fold(TestEnv::new(), |env, i| {
        env.post(&format!("{i:02}.md"), post("同题").body("<p>一模一样的一段话。</p>").date("2021-05-14 11:48:00"))
    });
    let env = env.indexed();
    for sort in ["relevance", "newest", "oldest"] {
        let ids = |args: &str| env.hits(args).iter().map(|hit| hit["id"].clone()).collect::<Vec<_>>();
        let all = ids(&format!("-n 30 --sort {sort} 同题"));
        let pages: Vec<_> = (1..=3).flat_map(|page| ids(&format!("-n 10 --page {page} --sort {sort} 同题"))).collect();
        assert_eq!(all, pages, "{sort}");
        assert_eq!(all.len(), 30);
        assert!(all.is_sorted_by(|a, b| a.as_str() < b.as_str()), "{sort}: that of the ids");
    }
}

#[test]
fn options_filter_as_the_query_does() {
    let env = env();
    for (options, query) in [
        ("--category 夜航船", "category:夜航船"),
        ("--category 新媒体/夜航船", "category:新媒体/夜航船"),
        ("--author 南岸财讯", "author:南岸财讯"),
        ("-c 社会 -c 南岸财讯", "category:社会 OR category:南岸财讯"),
    ] {
        let mut found = env.titles(options);
        found.sort();
        assert!(!found.is_empty(), "{options}");
        assert_eq!(found, env.complete(query), "{options}");
    }
}

#[test]
fn facets_count_all_matches_and_every_level() {
    let env = env();
    let run = env.run("search 微光 --facets -n 1 --json");
    let facets = run.json().pop().unwrap();
    assert_eq!(facets["total"], json!({"articles": 3, "at_least": false}));
    assert_eq!(
        facets["categories"],
        json!([
            {"path": ["新媒体"], "articles": 2},
            {"path": ["新媒体", "夜航船"], "articles": 2},
            {"path": ["新媒体", "夜航船", "社会"], "articles": 1},
            {"path": ["新媒体", "夜航船", "科技"], "articles": 1},
            {"path": ["财经媒体"], "articles": 1},
            {"path": ["财经媒体", "南岸财讯"], "articles": 1},
        ])
    );
    assert_eq!(facets["authors"], json!([{"name": "南岸财讯", "articles": 1}, {"name": "夜航船", "articles": 1}]));
    assert_eq!(
        facets["months"],
        json!([{"month": "2021-12", "articles": 1}, {"month": "2021-05", "articles": 2}]),
        "in the zone of the index: the post of 23:59:59 is of May"
    );
    assert_snapshot!(env.run("search 微光 --facets -n 0"), @r"
        exit 0
        ── stdout
        3 articles · [TIME]

        categories
          新媒体      2
            夜航船    2
              社会    1
              科技    1
          财经媒体    1
            南岸财讯  1

        authors
          南岸财讯  1
          夜航船    1

        months
          2021-12  1
          2021-05  2
        ");
}

#[test]
fn an_explanation_tells_what_was_understood_and_where_scores_come_from() {
    let env = env();
    let run = env.run("search 微光 账本 --author 夜航船 --explain --json");
    let lines = run.json();
    assert_eq!(lines[0]["type"], "query");
    let understood = lines[0]["understood"].to_string();
    for part in ["微光", "账本", "author:夜航船"] {
        assert!(understood.contains(part), "{understood}");
    }
    let explanation = lines[1]["explanation"].as_array().unwrap();
    for part in ["微光", "账本", "in the title", "near each other"] {
        assert!(explanation.iter().any(|line| line.as_str().unwrap().contains(part)), "{part} in {explanation:?}");
    }
    let parts: f64 =
        explanation.iter().map(|line| line.as_str().unwrap().split(' ').next().unwrap().parse::<f64>().unwrap()).sum();
    let score = lines[1]["score"].as_f64().unwrap();
    assert!((parts - score).abs() < 0.05, "the parts make {parts}, the score is {score}");
}

#[test]
fn a_title_counts_more_and_nearness_counts() {
    let env = TestEnv::new()
        .post("a.md", post("杂谈").body("<p>冰川与大桥。</p><p>说了许多别的话，然后才说到航线，又过了很久。</p>"))
        .post("b.md", post("冰川航线").body("<p>今天开通，明天停运，后天再说。</p>"))
        .post("c.md", post("见闻").body("<p>这里有冰川航线，风景很好，说了许多别的话。</p>"))
        .indexed();
    assert_eq!(env.titles("冰川 航线"), ["冰川航线", "见闻", "杂谈"]);
    assert_eq!(env.titles("冰川航线"), ["冰川航线", "见闻", "杂谈"]);
}

#[test]
fn the_sample_corpus_answers_its_example_queries() {
    let env = sample();
    for (query, in_first) in [
        ("微软 区块链", "区块链"),
        ("台风 白鹭", "白鹭"),
        ("PD1728_A", "PD1728_A"),
        ("C#", "C#"),
        ("C++", "C++"),
        ("石向阳", ""),
        ("车门把手 召回", "召回"),
        ("stock", "stock"),
        ("stocks", "tocks"),
        ("元宇宙", "元宇宙"),
        ("碳中和", "碳中和"),
    ] {
        let hit = env.hits(query).remove(0);
        assert_eq!(hit["missing"], json!([]), "{query}");
        assert!(title(&hit).contains(in_first), "{query}: {hit}");
    }
    let titles = env.complete("台风 白鹭");
    assert!(titles.iter().any(|title| title.contains("白鹭")), "{titles:?}");
    let traditional = sample().hits_args(&["-n", "100", "--all", "台风 白鹭", "--category", "港台媒体"]);
    assert!(!traditional.is_empty(), "the traditional article");
}

#[test]
fn a_repost_in_another_section_is_an_article_of_its_own() {
    let env = sample();
    let hits = env.hits_args(&["--all", "“写坏了十一个笔记本”"]);
    let mut seen: Vec<(&str, String)> =
        hits.iter().map(|hit| (hit["path"].as_str().unwrap(), hit["categories"].to_string())).collect();
    seen.sort_unstable();
    assert_eq!(
        seen,
        [
            (
                "传统媒体/洛水晚报/读书/外卖骑手写了一本《敲门》，第一章是怎样找到七号楼.md",
                json!([["传统媒体", "洛水晚报", "读书"]]).to_string()
            ),
            (
                "地方媒体/洛水晚报/社会/外卖骑手写了一本《敲门》，第一章是怎样找到七号楼.md",
                json!([["地方媒体", "洛水晚报", "社会"]]).to_string()
            ),
        ]
    );
    assert_eq!((&hits[0]["title"], &hits[0]["date"]), (&hits[1]["title"], &hits[1]["date"]), "the same story");
    assert_ne!(hits[0]["id"], hits[1]["id"]);
    for hit in &hits {
        let article = env.run(&format!("show --json {}", hit["id"].as_str().unwrap())).json().remove(0);
        assert_eq!((&article["path"], &article["categories"]), (&hit["path"], &hit["categories"]));
    }
    assert_eq!(env.complete("“写坏了十一个笔记本” category:社会").len(), 1);
}

#[test]
fn the_furniture_of_pages_is_not_found() {
    for words in ["霓虹鲸鱼", "导航栏配色", "会员中心", "领取优惠券", "友情链接"] {
        assert!(sample().complete(words).is_empty(), "{words}");
        assert!(sample().complete(&format!("\"{words}\"")).is_empty(), "{words}");
    }
}
