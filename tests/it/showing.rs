//! Showing: what people see at two widths, in colour and in two languages, and what programs may rely on.

use std::io::Read;
use std::process::Stdio;

use insta::assert_snapshot;
use serde_json::Value;

use crate::support::{TestEnv, post, sample};

fn env() -> TestEnv {
    TestEnv::new()
        .post(
            "科技/甲.md",
            post("微光关闭云账本，客户有半年时间迁移")
                .body("<p>本报讯，秋雨连绵。微光科技十日宣布，将于明年三月关闭“青册”云账本服务。“客户有半年时间。”发言人林溪说。</p><p>此举在业内早有预兆；三年来，云账本的客户减少了七成，而维护费用翻了一番。</p><p>GPT-4 助手不受影响。</p>")
                .author("夜航船")
                .date("Fri, 14 May 2021 11:48:00 GMT")
                .categories("新媒体/夜航船/科技"),
        )
        .post(
            "港台/乙.md",
            post("微光「雲賬本」停服，用戶怎麼搬家？").body("<p>微光 ＡＩ 公司的雲賬本將停止服務。</p>").author("島嶼週刊").date("2021-05-15 08:00:00").categories("港台媒体/島嶼週刊"),
        )
        .post("丙.md", post("微光食堂的新菜").body("<p>食堂今天有鱼。</p>"))
        .indexed()
}

#[test]
fn a_page_of_hits_at_eighty_columns() {
    assert_snapshot!(env().run("search 微光 云账本"), @r"
        exit 0
        ── stdout
        2 articles · [TIME]

         1. 微光「雲賬本」停服，用戶怎麼搬家？
            島嶼週刊 · 2021-05-15 08:00 · 港台媒体 / 島嶼週刊 · na55w6vv · 港台/乙.md
            微光 ＡＩ 公司的雲賬本將停止服務。

         2. 微光关闭云账本，客户有半年时间迁移
            夜航船 · 2021-05-14 19:48 · 新媒体 / 夜航船 / 科技 · 69zn51qm · 科技/甲.md
            本报讯，秋雨连绵。微光科技十日宣布，将于明年三月关闭“青册”云账本服务。“客户
            有半年时间。”发言人林溪说。 此举在业内早有预兆；三年来，云账本的客户减少了七
            成，而维护费用翻了一番。 GPT-4 助手不受影响。

        ── these lack some of the words ────────────────────────────────────────────────

         3. 微光食堂的新菜
            ygyt09a6 · 丙.md
            missing: 云, 账本
            食堂今天有鱼。
        ");
}

#[test]
fn a_page_of_hits_at_forty_columns() {
    assert_snapshot!(env().var("COLUMNS", "40").run("search 微光 云账本 --lang zh"), @r"
        exit 0
        ── stdout
        共 2 篇 · [TIME]

         1. 微光「雲賬本」停服，用戶怎麼搬家？
            島嶼週刊 · 2021-05-15 08:00
            港台媒体 / 島嶼週刊 · na55w6vv
            港台/乙.md
            微光 ＡＩ 公司的雲賬本將停止服務。

         2. 微光关闭云账本，客户有半年时间迁移
            夜航船 · 2021-05-14 19:48
            新媒体 / 夜航船 / 科技 · 69zn51qm
            科技/甲.md
            微光科技十日宣布，将于明年三月关闭
            “青册”云账本服务。“客户有半年时间。”
            发言人林溪说。

        ── 以下文章缺少部分词语 ────────────────

         3. 微光食堂的新菜
            ygyt09a6 · 丙.md
            缺少：云、账本
            食堂今天有鱼。
        ");
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for width in [20, 33, 40, 61, 80, 120] {
        let env = env().var("COLUMNS", &width.to_string());
        for args in ["search 微光 云账本 --facets", "search 魑魅魍魉", "search 微光 云账本 --explain --lang zh"]
        {
            for line in env.run(args).stdout.lines().filter(|line| !line.contains(".md")) {
                let cols = souwen::render::width::cols(&line.replace("[TIME]", "0.1 ms"));
                assert!(cols <= width, "{cols} > {width}: {line}");
            }
        }
    }
}

#[test]
fn colour_comes_when_asked_for() {
    assert_snapshot!(env().run("search 云账本 --color always -n 1"), @r"
        exit 0
        ── stdout
        ⟨ESC⟩[2m2 articles · [TIME]⟨ESC⟩[0m

        ⟨ESC⟩[2m 1. ⟨ESC⟩[0m⟨ESC⟩[1m微光「⟨ESC⟩[0m⟨ESC⟩[1m⟨ESC⟩[31m雲賬本⟨ESC⟩[0m⟨ESC⟩[1m」停服，用戶怎麼搬家？⟨ESC⟩[0m
            ⟨ESC⟩[2m島嶼週刊 · 2021-05-15 08:00 · 港台媒体 / 島嶼週刊 · na55w6vv · ⟨ESC⟩[0m⟨ESC⟩[2m港台/乙.md⟨ESC⟩[0m
            微光 ＡＩ 公司的⟨ESC⟩[1m⟨ESC⟩[31m雲賬本⟨ESC⟩[0m將停止服務。
        ");
    let coloured = |env: &TestEnv, args: &str| env.run(args).stdout.contains("⟨ESC⟩");
    let plain = env();
    assert!(!coloured(&plain, "search 云账本"), "a pipe is no terminal");
    assert!(!coloured(&plain, "search 云账本 --color never"));
    assert!(coloured(&plain, "search 云账本 --color always"));
    let set = env().var("SOUWEN_COLOR", "always");
    assert!(coloured(&set, "search 云账本"));
    assert!(!coloured(&set, "search 云账本 --color never"), "the command line comes first");
    assert!(!coloured(&env().var("NO_COLOR", "1"), "search 云账本"));
    assert!(!coloured(&env().var("SOUWEN_COLOR", "always"), "search 云账本 --json"), "programs want no colour");
}

#[test]
fn errors_come_in_colour_and_chinese_too() {
    assert_snapshot!(env().run("show zzzz --lang zh --color always"), @r"
        exit 1
        ── stderr
        souwen: ⟨ESC⟩[1m⟨ESC⟩[31m错误：⟨ESC⟩[0m没有编号为“zzzz”的文章
        ⟨ESC⟩[36m提示：⟨ESC⟩[0m编号见 `souwen search` 的结果
        ");
}

/// The text under each mark.
fn marked(text: &Value, marks: &Value) -> Vec<String> {
    let text = text.as_str().unwrap();
    let range = |mark: &Value, unit: &str| {
        let at = |i: usize| usize::try_from(mark[unit][i].as_u64().unwrap()).unwrap();
        (at(0), at(1))
    };
    let texts = marks.as_array().unwrap().iter().map(|mark| {
        let (start, end) = range(mark, "bytes");
        let (first, last) = range(mark, "chars");
        let by_chars: String = text.chars().skip(first).take(last - first).collect();
        assert_eq!(text[start..end], by_chars);
        by_chars
    });
    texts.collect()
}

#[test]
fn json_keeps_its_promise() {
    let env = env();
    let hits = env.hits("微光 云账本");
    assert_eq!(hits.len(), 3);
    for hit in &hits {
        let mut fields: Vec<&str> = hit.as_object().unwrap().keys().map(String::as_str).collect();
        fields.sort_unstable();
        assert_eq!(
            fields,
            [
                "author",
                "categories",
                "date",
                "id",
                "missing",
                "path",
                "rank",
                "score",
                "snippet",
                "title",
                "title_marks",
                "type",
                "url",
                "v"
            ]
        );
        assert_eq!(hit["v"], 1);
        let snippet = &hit["snippet"];
        for field in ["text", "byte_start", "marks", "cut_before", "cut_after"] {
            assert!(!snippet[field].is_null(), "{field} in {snippet}");
        }
        let body = env.run(&format!("show --json {}", hit["id"].as_str().unwrap())).json().remove(0)["body"].clone();
        let start = usize::try_from(snippet["byte_start"].as_u64().unwrap()).unwrap();
        assert!(body.as_str().unwrap()[start..].starts_with(snippet["text"].as_str().unwrap()));
    }
    let night = hits.iter().find(|hit| hit["author"] == "夜航船").unwrap();
    assert_eq!(night["date"], "2021-05-14T19:48:00+08:00");
    assert_eq!(night["categories"], serde_json::json!([["新媒体", "夜航船", "科技"]]));
    assert_eq!(night["missing"], serde_json::json!([]));
    assert_eq!(hits[2]["date"], Value::Null);
    assert_eq!(hits[2]["author"], Value::Null);
    let scores: Vec<f64> = hits.iter().map(|hit| hit["score"].as_f64().unwrap()).collect();
    assert!(scores[0] >= scores[1], "{scores:?}");
}

#[test]
fn marks_lie_on_the_words_also_where_folding_changed_them() {
    let env = env();
    let hit = env.hits("雲賬本 GPT-4").remove(0);
    assert_eq!(marked(&hit["title"], &hit["title_marks"]), ["云账本"]);
    let hit = env.hits("云账本 ai").remove(0);
    assert_eq!(marked(&hit["title"], &hit["title_marks"]), ["雲賬本"]);
    assert_eq!(marked(&hit["snippet"]["text"], &hit["snippet"]["marks"]), ["ＡＩ", "雲賬本"]);
    for hit in sample().hits("-n 50 微软 区块链") {
        for word in marked(&hit["title"], &hit["title_marks"])
            .iter()
            .chain(&marked(&hit["snippet"]["text"], &hit["snippet"]["marks"]))
        {
            let folded = word.replace(['“', '”', '「', '」'], "");
            assert!(
                ["微软", "区块链", "微軟", "區塊鏈", "微软区块链", "区块", "區塊"].contains(&folded.as_str()),
                "{word}"
            );
        }
    }
}

#[test]
fn a_mark_is_never_wider_than_the_match() {
    let env = TestEnv::new()
        .post("a.md", post("马克思诞辰").body("<p>马克思主义研究院。马克去了北京。人民大会堂（北京）。</p>"))
        .indexed();
    let hit = env.hits("马克").remove(0);
    assert_eq!(hit["title_marks"], serde_json::json!([]), "马克思 is another word");
    assert_eq!(hit["snippet"]["marks"].to_string(), r#"[{"bytes":[27,33],"chars":[9,11]}]"#, "{hit}");
    let hit = env.hits("\"马克\"").remove(0);
    assert_eq!(marked(&hit["title"], &hit["title_marks"]), ["马克"], "in quotes it is a string");
    let hit = env.hits("北京").remove(0);
    assert_eq!(marked(&hit["snippet"]["text"], &hit["snippet"]["marks"]), ["北京", "北京"]);
}

#[test]
fn a_part_of_a_word_is_marked_where_an_article_was_found_by_it() {
    let env = TestEnv::new().post("a.md", post("马克思诞辰").body("<p>马克思主义研究院开会。</p>")).indexed();
    let hit = env.hits("马克").remove(0);
    assert_eq!(marked(&hit["title"], &hit["title_marks"]), ["马克"]);
    assert_eq!(marked(&hit["snippet"]["text"], &hit["snippet"]["marks"]), ["马克"]);
}

#[test]
fn a_number_is_marked_with_its_calendar_character() {
    let env =
        TestEnv::new().post("a.md", post("题").body("<p>2021 年 9 月停运，2021-10 复航，年底再议。</p>")).indexed();
    let hit = env.hits("2021年").remove(0);
    assert_eq!(marked(&hit["snippet"]["text"], &hit["snippet"]["marks"]), ["2021 年", "2021"]);
}

#[test]
fn neighbours_that_touch_are_one_mark() {
    let env = TestEnv::new().post("a.md", post("题").body("<p>昨天，关闭云账本服务的消息传来。</p>")).indexed();
    let hit = env.hits("关闭云账本服务").remove(0);
    assert_eq!(marked(&hit["snippet"]["text"], &hit["snippet"]["marks"]), ["关闭云账本服务"]);
}

#[test]
fn snippets_are_whole_sentences_with_both_words() {
    let filler = "这一句只是为了把文章写长，里面什么都没有。".repeat(12);
    let body = format!("<p>{filler}“冰川之下，就是航线！”船长说。{filler}冰川。{filler}</p>");
    let env = TestEnv::new().post("a.md", post("题").body(&body)).indexed();
    let hit = env.hits("冰川 航线").remove(0);
    let text = hit["snippet"]["text"].as_str().unwrap();
    assert!(text.contains("“冰川之下，就是航线！”"), "{text}");
    let starts = |text: &str| ["这一句", "“冰川"].iter().any(|start| text.starts_with(start));
    assert!(hit["snippet"]["cut_before"] == false && starts(text), "{hit}");
    assert!(text.ends_with('。') || hit["snippet"]["cut_after"] == true, "{hit}");
    let lead = TestEnv::new().post("a.md", post("冰川航线").body("<p>第一句是导语。第二句也是。</p>")).indexed();
    assert!(
        lead.hits("冰川")[0]["snippet"]["text"].as_str().unwrap().starts_with("第一句是导语。"),
        "the lead where only the title matched"
    );
}

#[test]
fn tables_and_paths_for_programs() {
    assert_snapshot!(env().run("search 微光 云账本 --format tsv"), @r"
        exit 0
        ── stdout
        rank	score	id	date	author	categories	title	path
        1	2.6660	na55w6vvgcbe	2021-05-15T08:00:00+08:00	島嶼週刊	港台媒体 / 島嶼週刊	微光「雲賬本」停服，用戶怎麼搬家？	港台/乙.md
        2	2.4331	69zn51qmc0ey	2021-05-14T19:48:00+08:00	夜航船	新媒体 / 夜航船 / 科技	微光关闭云账本，客户有半年时间迁移	科技/甲.md
        3	0.2826	ygyt09a6za24				微光食堂的新菜	丙.md
        ");
    assert_snapshot!(env().run("search 微光 云账本 --paths"), @r"
        exit 0
        ── stdout
        港台/乙.md
        科技/甲.md
        丙.md
        ");
    let lines = env().run("search 微光 云账本 --format tsv").stdout;
    let columns: Vec<usize> = lines.lines().map(|line| line.matches('\t').count()).collect();
    assert!(columns.iter().all(|count| *count == columns[0]), "{lines}");
}

#[test]
fn exit_codes_are_those_of_grep() {
    let env = env();
    for (args, code) in [
        ("search 云账本", 0),
        ("search 魑魅魍魉", 1),
        ("search 魑魅魍魉 --json", 1),
        ("search 魑魅魍魉 -l", 1),
        ("search 云账本 --since 昨昨天", 2),
        ("search 云账本 --nosuch", 2),
        ("search 云账本 --sort best", 2),
        ("search 云账本 --page 0", 2),
        ("search 云账本 --index nowhere/at/all", 0), // there is a corpus: the index is made
        ("nosuch", 2),
        ("show zzzz", 1),
        ("stats", 0),
        ("--help", 0),
        ("--version", 0),
    ] {
        let run = env.run(args);
        assert_eq!(run.code, code, "{args}: {run}");
    }
}

#[test]
fn a_reader_who_leaves_is_no_error() {
    for args in
        [&["search", "-n", "500", "--json"][..], &["search", "-n", "500"], &["index", "--json"], &["analyze", "微光"]]
    {
        let mut child = sample().command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let mut told = String::new();
        child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
        assert_eq!((child.wait().unwrap().code(), told.as_str()), (Some(0), ""), "{args:?}");
    }
}

#[test]
fn nothing_from_an_article_steers_the_terminal() {
    let evil = "\u{1b}[31m红\u{1b}]8;;http://x\u{7}链\u{1b}]8;;\u{7}\u{202e}倒\u{9b}5m";
    let lines = [
        serde_json::json!({"title": format!("恶意{evil}"), "body": format!("恶意正文{evil}"), "author": format!("作者{evil}"), "categories": [format!("栏{evil}")], "url": format!("https://x.example/{evil}")}),
    ];
    let env = TestEnv::new().file("n.jsonl", format!("{}\n", lines[0])).file(
        "a.md",
        format!(
            "---\ntitle: \"恶意\\e[31m标题\"\nauthor: \"甲\\u202e乙\"\n---\n<p>恶意&#27;[2J &#x9b;31m文{evil}</p>\n"
        ),
    );
    let mut shown = vec![env.run("index corpus")];
    shown.push(env.run("stats"));
    for args in ["", "--json", "--format tsv", "-l", "--facets", "--explain", "--color always"] {
        shown.push(env.run(&format!("search 恶意 {args}")));
    }
    for hit in env.hits("恶意") {
        let id = hit["id"].as_str().unwrap();
        shown.push(env.run(&format!("show {id}")));
        shown.push(env.run(&format!("show {id} --json")));
    }
    shown.push(env.run_args(&["search", evil]));
    shown.push(env.run_args(&["show", evil]));
    shown.push(env.run_args(&["analyze", evil]));
    for run in shown {
        let own = ["⟨ESC⟩[0m", "⟨ESC⟩[1m", "⟨ESC⟩[2m"];
        let text = own.iter().fold(run.to_string(), |text, code| text.replace(code, ""));
        // the painter's own red stands right behind its bold
        let text = if text.contains("⟨ESC⟩[31m") && run.stdout.contains("⟨ESC⟩[1m⟨ESC⟩[31m") {
            text.replace("⟨ESC⟩[31m", "")
        } else {
            text
        };
        assert!(!text.contains("⟨ESC⟩"), "{text}");
        assert!(!text.contains(['\u{202e}', '\u{9b}', '\u{7}', '\u{7f}']), "{text}");
    }
}

#[test]
fn an_article_is_shown_by_its_id_or_the_beginning_of_it() {
    let env = env();
    let id = env.hits("云账本 林溪")[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(id.len(), 12);
    assert_snapshot!(env.run(&format!("show {} --query 云账本", &id[..8])), @r"
        exit 0
        ── stdout
        微光关闭云账本，客户有半年时间迁移
        夜航船 · 2021-05-14 19:48 · 新媒体 / 夜航船 / 科技 · 69zn51qmc0ey · 科技/甲.md

        本报讯，秋雨连绵。微光科技十日宣布，将于明年三月关闭“青册”云账本服务。“客户有半
        年时间。”发言人林溪说。

        此举在业内早有预兆；三年来，云账本的客户减少了七成，而维护费用翻了一番。

        GPT-4 助手不受影响。
        ");
    assert_eq!(env.run(&format!("show {}", id.to_uppercase())).code, 0, "however it was copied");
    let article = env.run(&format!("show {} --json --query 云账本", &id[..6])).json().remove(0);
    assert_eq!(article["type"], "article");
    assert_eq!(article["id"], id);
    assert_eq!(marked(&article["body"], &article["body_marks"]), ["云账本", "云账本"]);
    assert_snapshot!(env.run("show zzzz"), @r#"
        exit 1
        ── stderr
        souwen: error: no article has the id "zzzz"
        hint: ids are shown by `souwen search`
        "#);
    let env = sample();
    let run = env.run("show 3");
    assert_eq!(run.code, 2, "{run}");
    assert!(run.stderr.contains("hint: "), "{run}");
}

#[test]
fn marks_in_an_article_are_coloured() {
    let env = env();
    let id = env.hits("云账本 ai")[0]["id"].as_str().unwrap().to_owned();
    assert_snapshot!(env.run(&format!("show {id} --query 云账本 --color always")), @r"
        exit 0
        ── stdout
        ⟨ESC⟩[1m微光「⟨ESC⟩[0m⟨ESC⟩[1m⟨ESC⟩[31m雲賬本⟨ESC⟩[0m⟨ESC⟩[1m」停服，用戶怎麼搬家？⟨ESC⟩[0m
        ⟨ESC⟩[2m島嶼週刊 · 2021-05-15 08:00 · 港台媒体 / 島嶼週刊 · na55w6vvgcbe · ⟨ESC⟩[0m⟨ESC⟩[2m港台/乙.md⟨ESC⟩[0m

        微光 ＡＩ 公司的⟨ESC⟩[1m⟨ESC⟩[31m雲賬本⟨ESC⟩[0m將停止服務。
        ");
}

#[test]
fn the_index_describes_itself() {
    let stats = env().run("stats --json").json().remove(0);
    assert_eq!((&stats["type"], &stats["articles"]), (&"stats".into(), &3.into()));
    assert_eq!(stats["undated"], 1);
    let run = env().run("stats");
    for part in
        ["articles", "2021-05-14 to 2021-05-15", "[DIR]/home/work/corpus", "+08:00", "夜航船", "segments", "size"]
    {
        assert!(run.stdout.contains(part), "{part} in {run}");
    }
    let run = env().run("stats --lang zh");
    assert!(run.stdout.contains("文章") && run.stdout.contains("2021-05-14 至 2021-05-15"), "{run}");
}

#[test]
fn analyze_shows_terms_with_positions_and_offsets() {
    let env = TestEnv::new();
    assert_snapshot!(env.run_args(&["analyze", "C++ 與ＧＰＴ－４關閉雲服務"]), @r"
        exit 0
        ── stdout
        words   kind   position  characters  bytes   original
        c++     leaf   0         0..3        0..3    C++
        与      leaf   6         4..5        4..7    與
        gpt     inner  8         5..8        7..16   ＧＰＴ
        gpt4    leaf   8         5..10       7..22   ＧＰＴ－４
        关闭    leaf   13        10..12      22..28  關閉
        云服务  leaf   17        12..15      28..37  雲服務
        服务    inner  19        13..15      31..37  服務

        units  kind     position  characters  bytes   original
        c      letters  0         0..1        0..1    C
        +      symbol   2         1..2        1..2    +
        +      symbol   4         2..3        2..3    +
        与     han      6         4..5        4..7    與
        gpt    letters  8         5..8        7..16   ＧＰＴ
        4      digits   11        9..10       19..22  ４
        关     han      13        10..11      22..25  關
        闭     han      15        11..12      25..28  閉
        云     han      17        12..13      28..31  雲
        服     han      19        13..14      31..34  服
        务     han      21        14..15      34..37  務
        ");
    let terms = env
        .run_args(&["analyze", "--json", "C++、C# iPhone 15 Pro 3.5 10% 5G 2021年 PD1728_A stocks a@b.example"])
        .json()
        .remove(0);
    let words: Vec<&str> =
        terms["words"].as_array().unwrap().iter().map(|word| word["term"].as_str().unwrap()).collect();
    for word in ["c++", "c#", "3.5", "10%", "5g", "pd1728a", "stock"] {
        assert!(words.contains(&word), "{word} in {words:?}");
    }
    for word in &words {
        assert!(word.chars().any(char::is_alphanumeric), "{word:?} is punctuation");
    }
    let text = terms["text"].as_str().unwrap();
    for word in terms["words"].as_array().unwrap() {
        let at = |unit: &str, i: usize| usize::try_from(word[unit][i].as_u64().unwrap()).unwrap();
        assert_eq!(text[at("bytes", 0)..at("bytes", 1)], *word["original"].as_str().unwrap());
        let by_chars: String = text.chars().skip(at("chars", 0)).take(at("chars", 1) - at("chars", 0)).collect();
        assert_eq!(by_chars, *word["original"].as_str().unwrap());
    }
}
