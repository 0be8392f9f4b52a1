//! Every message, label and hint that people see, in English and Chinese, in one table.
//!
//! To add one, add an entry to the table below: name, arguments, `en`, `zh`, and a `hint` where there is a way out. The
//! compiler refuses an entry without both languages, an argument that does not exist and one that a language forgets
//! (as an unused variable). `--help` is English only and not here.
//!
//! ```
//! use souwen::messages::{Lang, Message};
//!
//! let message = Message::UnknownArticle { id: "zzz" };
//! assert_eq!(
//!     message.in_lang(Lang::En).to_string(),
//!     "no article has the id \"zzz\"\nhint: ids are shown by `souwen search`"
//! );
//! ```
//!
//! House style: lower case, no final dot, values quoted, the hint on a line of its own. Arguments may come from articles
//! and users: what could disturb a terminal is taken out of them.

use std::fmt::{self, Write};

use crate::corpus::ProblemKind;
use crate::render::sanitize;

/// Language of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Simplified Chinese.
    Zh,
}

impl Lang {
    /// The language for a POSIX or BCP 47 locale (`zh_CN.UTF-8`, `zh-Hant-TW`, `zh`): Chinese for any Chinese, else
    /// English.
    #[must_use]
    pub fn from_locale(locale: &str) -> Self {
        let language = locale.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
        if language.eq_ignore_ascii_case("zh") { Self::Zh } else { Self::En }
    }

    /// Words as a list: `a, b` or `甲、乙`.
    #[must_use]
    pub fn list<S: AsRef<str>>(self, words: &[S]) -> String {
        let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
        words.join(match self {
            Self::En => ", ",
            Self::Zh => "、",
        })
    }
}

/// A [`Message`] in a language, to be printed. Several lines when there is a hint; no line feed at the end.
#[derive(Debug, Clone, Copy)]
pub struct Localized<'a> {
    message: Message<'a>,
    lang: Lang,
}

impl fmt::Display for Localized<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.message.write(self.lang, &mut Clean(f))
    }
}

/// Cleans whatever is written through it, arguments included.
struct Clean<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl Clean<'_, '_> {
    fn start_hint(&mut self, lang: Lang) -> fmt::Result {
        self.0.write_char('\n')?;
        Message::HintLabel.write(lang, self)
    }
}

impl Write for Clean<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write_str(&sanitize::clean(text))
    }
}

/// The English noun for a number of things.
fn plural(count: u64, one: &'static str, many: &'static str) -> &'static str {
    if count == 1 { one } else { many }
}

/// A name with what parts it from the rest; nothing where there is no name.
struct Label<'a>(&'a str, &'static str);

impl fmt::Display for Label<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, "{}{}", self.0, self.1) }
    }
}

/// Both texts of an entry, for the tests.
#[cfg(test)]
struct Template {
    name: &'static str,
    en: &'static str,
    zh: &'static str,
}

/// Makes the enum, its texts and the list of templates from the table.
macro_rules! messages {
    ($(
        $(#[$doc:meta])*
        $name:ident $({ $($field:ident: $type:ty),+ })?
        en($($en:tt)+) zh($($zh:tt)+)
        $(hint en($($hint_en:tt)+) zh($($hint_zh:tt)+))?
        ;
    )+) => {
        /// Something to tell a person. Fields are the values that the text names.
        #[allow(missing_docs, reason = "fields are explained by the texts they stand in")]
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub enum Message<'a> {
            $( $(#[$doc])* $name $({ $($field: $type),+ })?, )+
        }

        impl Message<'_> {
            fn write(&self, lang: Lang, out: &mut Clean<'_, '_>) -> fmt::Result {
                match (*self, lang) {
                    $(
                        (Self::$name $({ $($field),+ })?, Lang::En) => {
                            write!(out, $($en)+)?;
                            $( out.start_hint(lang)?; write!(out, $($hint_en)+)?; )?
                        }
                        (Self::$name $({ $($field),+ })?, Lang::Zh) => {
                            write!(out, $($zh)+)?;
                            $( out.start_hint(lang)?; write!(out, $($hint_zh)+)?; )?
                        }
                    )+
                }
                Ok(())
            }
        }

        #[cfg(test)]
        const TEMPLATES: &[Template] = &[$(
            Template { name: stringify!($name), en: first!($($en)+), zh: first!($($zh)+) },
            $( Template { name: stringify!($name), en: first!($($hint_en)+), zh: first!($($hint_zh)+) }, )?
        )+];
    };
}

/// The template itself, without the arguments behind it.
#[cfg(test)]
macro_rules! first {
    ($template:literal $($arguments:tt)*) => {
        $template
    };
}

impl Message<'static> {
    /// The name of a kind of problem.
    #[must_use]
    pub const fn of_kind(kind: ProblemKind) -> Self {
        match kind {
            ProblemKind::Unreadable => Self::KindUnreadable,
            ProblemKind::NotAFile => Self::KindNotAFile,
            ProblemKind::TooLarge => Self::KindTooLarge,
            ProblemKind::NotText => Self::KindNotText,
            ProblemKind::NotAnArticle => Self::KindNotAnArticle,
            ProblemKind::BadEncoding => Self::KindEncoding,
            ProblemKind::BadFrontMatter => Self::KindFrontMatter,
            ProblemKind::BadDate => Self::KindDate,
            ProblemKind::BadJson => Self::KindJson,
            ProblemKind::BadFeed => Self::KindFeed,
            ProblemKind::Empty => Self::KindEmpty,
            ProblemKind::UnclosedFrontMatter => Self::KindUnclosed,
            ProblemKind::Shortened => Self::KindShortened,
            ProblemKind::Bloated => Self::KindBloated,
        }
    }
}

impl<'a> Message<'a> {
    /// The message in `lang`.
    #[must_use]
    pub fn in_lang(self, lang: Lang) -> Localized<'a> {
        Localized { message: self, lang }
    }
}

messages! {
    // ── labels ──

    /// Stands before a hint.
    HintLabel
        en("hint: ") zh("提示：");
    /// Stands before an error that ends the program.
    ErrorLabel
        en("error: ") zh("错误：");
    /// Stands before a problem that does not.
    WarningLabel
        en("warning: ") zh("警告：");
    /// Stands before something that was understood in a way that may surprise.
    NoteLabel
        en("note: ") zh("注意：");
    /// Instead of an empty title.
    Untitled
        en("(untitled)") zh("（无标题）");
    /// Heading of counts by section.
    Categories
        en("categories") zh("分类");
    /// Heading of counts by outlet.
    Authors
        en("authors") zh("来源");
    /// Heading of counts by month.
    Months
        en("months") zh("月份");
    /// Last line of a table that shows only its first rows.
    MoreRows { rows: u64 }
        en("{rows} more") zh("另有 {rows} 项");

    // ── search ──

    /// Above the hits; `more` is `+` where counting stopped early.
    Found { articles: u64, more: &'a str, elapsed: &'a str }
        en("{articles}{more} {} · {elapsed}", plural(articles, "article", "articles"))
        zh("共 {articles}{more} 篇 · {elapsed}");
    /// Above hits that all lack a word.
    NoneComplete { elapsed: &'a str }
        en("no article holds every word · {elapsed}") zh("没有文章包含全部词语 · {elapsed}");
    /// Instead of hits.
    NothingFound { elapsed: &'a str }
        en("nothing found · {elapsed}") zh("没有找到 · {elapsed}");
    /// Between the hits that hold every word and those that do not.
    LackSomeWords
        en("these lack some of the words") zh("以下文章缺少部分词语");
    /// In a hit; `words` come from [`Lang::list`].
    Missing { words: &'a str }
        en("missing: {words}") zh("缺少：{words}");
    /// Above the query as it was read.
    Understood
        en("query as understood") zh("查询理解为");
    /// Above the parts of a score.
    Score { score: f32 }
        en("score {score:.4}") zh("得分 {score:.4}");

    // ── hints of a search: each follows the hint label ──

    /// No article at all.
    EmptyIndex
        en("the index holds no article, `souwen index FOLDER` fills it")
        zh("索引中没有文章，可用 `souwen index 文件夹` 建立");
    /// A word that occurs nowhere.
    NoSuchWord { word: &'a str }
        en("no article holds \"{word}\"") zh("没有文章包含“{word}”");
    /// A filter that leaves nothing.
    FilterExcludesAll { filter: &'a str, articles: u64 }
        en("without \"{filter}\" the query finds {articles} {}", plural(articles, "article", "articles"))
        zh("去掉“{filter}”可找到 {articles} 篇");
    /// Dates outside the index.
    DatesOutside { first: &'a str, last: &'a str }
        en("the index holds articles from {first} to {last}") zh("索引中的文章从 {first} 到 {last}");
    /// A page too far.
    PageBehindLast { hits: u64 }
        en("the page lies behind the last of {hits} {}", plural(hits, "hit", "hits"))
        zh("总共只有 {hits} 条结果，没有这一页");
    /// Words that never stand in one article.
    NotTogether { articles: u64 }
        en("no article holds all the words, but {articles} {} some of them: search without `--all`",
            plural(articles, "holds", "hold"))
        zh("没有文章包含全部词语，但有 {articles} 篇包含其中一部分：请去掉 `--all` 再搜");

    // ── how a query was read ──

    /// `name:value` with a name that is none.
    UnknownField { field: &'a str, fields: &'a str }
        en("\"{field}\" is no field, read as text") zh("“{field}”不是字段名，按文字处理")
        hint en("fields are {fields}") zh("字段有 {fields}");
    /// The value of a date field.
    UnreadableDate { date: &'a str }
        en("\"{date}\" is no date, read as text") zh("“{date}”不是日期，按文字处理")
        hint en("dates are written as 2021, 2021-05, 2021-05-14, today or 7d")
            zh("日期可写作 2021、2021-05、2021-05-14、昨天 或 7天");
    /// A quotation mark without its twin.
    UnclosedQuote
        en("a quotation mark is not closed, read without it") zh("引号没有成对，已忽略");
    /// `(` without `)`.
    UnclosedGroup
        en("a parenthesis is not closed, closed at the end") zh("括号没有闭合，视为在末尾闭合");
    /// `)` without `(`.
    UnopenedGroup
        en("a parenthesis closes nothing, read without it") zh("多余的右括号，已忽略");
    /// Parentheses in parentheses in parentheses.
    GroupsTooDeep
        en("parentheses are nested too deeply, the inner ones are passed over") zh("括号嵌套过深，内层括号已忽略");
    /// An operator with nothing to its left or right.
    LoneOperator { operator: &'a str }
        en("\"{operator}\" joins nothing here, not read as an operator") zh("此处的“{operator}”不连接任何内容，不作运算符");
    /// A pasted text.
    QueryTooLong
        en("the query is too long, its end is not read") zh("查询过长，末尾部分未读取");
    /// See [`Message::QueryTooLong`].
    TooManyClauses
        en("the query has too many parts, the last ones are not read") zh("查询的部分过多，末尾部分未读取");

    // ── show ──

    /// No article has the id.
    UnknownArticle { id: &'a str }
        en("no article has the id \"{id}\"") zh("没有编号为“{id}”的文章")
        hint en("ids are shown by `souwen search`") zh("编号见 `souwen search` 的结果");
    /// Several articles' ids begin so.
    AmbiguousId { id: &'a str, candidates: u64, more: &'a str }
        en("the id \"{id}\" fits {candidates}{more} articles") zh("编号“{id}”对应 {candidates}{more} 篇文章")
        hint en("give more of its characters") zh("请多输入几位");

    // ── index ──

    /// The first search in a fresh clone.
    BuildingFirstIndex { corpus: &'a str }
        en("no index yet: building one from \"{corpus}\"") zh("还没有索引：正在从“{corpus}”建立");
    /// Progress: files are compared with the index; a number follows.
    Walking
        en("looking at files:") zh("查看文件：");
    /// Progress: articles are written.
    Indexing
        en("indexing") zh("索引");
    /// Progress: the index is made durable.
    Committing
        en("committing") zh("提交");
    /// Outcome of a run.
    IndexSummary { added: u64, changed: u64, unchanged: u64, removed: u64 }
        en("articles: {added} added, {changed} changed, {unchanged} unchanged, {removed} removed")
        zh("文章：新增 {added} 篇，更新 {changed} 篇，未变 {unchanged} 篇，移除 {removed} 篇");
    /// Outcome of a run: of the added and removed, those that only stand elsewhere now.
    Moved { moved: u64 }
        en("moved: {moved} of the added, each removed elsewhere") zh("移动：新增中有 {moved} 篇是从别处移来的");
    /// Outcome of a run that had nothing to do.
    NothingChanged { articles: u64 }
        en("nothing has changed: {articles} {}", plural(articles, "article", "articles"))
        zh("没有变化：共 {articles} 篇");
    /// Files that were looked at.
    FilesSeen { files: u64, with_articles: u64, without_articles: u64, skipped: u64 }
        en("files: {files} seen, {with_articles} with articles, {without_articles} failed, {skipped} of other kinds")
        zh("文件：查看 {files} 个，含文章 {with_articles} 个，失败 {without_articles} 个，其他类型 {skipped} 个");
    /// How fast a run was.
    IndexSpeed { seconds: f64, megabytes_per_second: f64 }
        en("time: {seconds:.2} s, {megabytes_per_second:.1} MB/s")
        zh("用时：{seconds:.2} 秒，{megabytes_per_second:.1} MB/秒");
    /// How long a run took that read nothing.
    IndexTime { seconds: f64 }
        en("time: {seconds:.2} s") zh("用时：{seconds:.2} 秒");
    /// `souwen optimize`: parts of the index.
    SegmentsMerged { before: u64, after: u64 }
        en("segments: {before} before, {after} now") zh("段：原有 {before} 个，现有 {after} 个");
    /// `souwen optimize`: articles that were removed earlier.
    RemovedArticlesDropped { articles: u64 }
        en("space of removed articles given back: {articles} {}", plural(articles, "article", "articles"))
        zh("收回已移除文章的空间：{articles} 篇");
    /// `souwen optimize`: bytes on disk.
    SizeBeforeAfter { before: &'a str, after: &'a str }
        en("size: {before} before, {after} now") zh("大小：原为 {before}，现为 {after}");
    /// `souwen optimize` on an index that is as good as it gets.
    NothingToOptimize { articles: u64 }
        en("nothing to merge: {articles} {} in one segment", plural(articles, "article", "articles"))
        zh("无需合并：{articles} 篇文章已在同一段中");
    /// How many problems there were; `kinds` is a list of [`Message::ProblemsOfKind`].
    Problems { problems: u64, kinds: &'a str }
        en("problems: {problems} ({kinds})") zh("问题：{problems} 个（{kinds}）");
    /// Count of a kind of problem.
    ProblemsOfKind { kind: &'a str, problems: u64 }
        en("{problems} {kind}") zh("{kind} {problems} 个");
    /// A problem with its file, and the line where that is known.
    ProblemIn { place: &'a str, reason: &'a str }
        en("{place}: {reason}") zh("{place}：{reason}");
    /// A kind of problem with the words of a library, a name or a bound.
    KindWithDetail { kind: &'a str, detail: &'a str }
        en("{kind}: {detail}") zh("{kind}（{detail}）");
    /// A kind of problem with the value that is to blame.
    KindOfValue { kind: &'a str, value: &'a str }
        en("{kind}: \"{value}\"") zh("{kind}“{value}”");
    /// Problems of a kind that were not named one by one.
    MoreProblems { problems: u64, kind: &'a str }
        en("and {problems} more: {kind}") zh("{kind}，另有 {problems} 个");
    /// Problems that an earlier run named.
    OlderProblems { problems: u64 }
        en("{problems} {} in files that have not changed", plural(problems, "problem", "problems"))
        zh("未变动的文件中有 {problems} 个问题");
    /// The way to those that were not named.
    VerboseNamesProblems
        en("`souwen index --verbose` names all problems") zh("用 `souwen index --verbose` 查看全部问题");
    /// Watching: what a batch did, after the time.
    Batch { time: &'a str, added: u64, changed: u64, removed: u64, articles: u64 }
        en("{time} · {added} added, {changed} changed, {removed} removed · {articles} {}", plural(articles, "article", "articles"))
        zh("{time} · 新增 {added} 篇，更新 {changed} 篇，移除 {removed} 篇 · 共 {articles} 篇");
    /// Watching has begun.
    Watching { corpus: &'a str }
        en("watching \"{corpus}\", Ctrl+C ends it") zh("正在监视“{corpus}”，按 Ctrl+C 结束");
    /// The system cannot tell of changes, so the folder is looked at again and again.
    PollingInstead { reason: &'a str }
        en("the system does not tell of changes ({reason}): looking at all files again and again instead")
        zh("系统无法通知文件变化（{reason}）：改为反复查看所有文件");
    /// Watching goes on after something that failed.
    WatchingOn
        en("watching goes on, and tries again by itself") zh("继续监视，会自动再试");
    /// Beside what was left out for its size.
    RaisesLimit { option: &'a str }
        en("`souwen index --rebuild` takes more with a higher `{option}`") zh("调高 `{option}` 后运行 `souwen index --rebuild` 可收录更多");
    /// Kind of problem: the file system refused.
    KindUnreadable
        en("cannot be read") zh("无法读取");
    /// Kind of problem: a pipe, a device, a link that leads nowhere.
    KindNotAFile
        en("not a regular file") zh("不是普通文件");
    /// Kind of problem: over a limit.
    KindTooLarge
        en("too large") zh("过大");
    /// Kind of problem: compressed data that is far larger when it is not.
    KindBloated
        en("unpacks to too much") zh("解压后过大");
    /// Kind of problem: binary data.
    KindNotText
        en("not text") zh("不是文本");
    /// Kind of problem: an image, a style sheet.
    KindNotAnArticle
        en("not an article") zh("不是文章");
    /// Kind of problem: bytes without meaning in the encoding.
    KindEncoding
        en("damaged encoding") zh("编码损坏");
    /// Kind of problem: front matter that is no YAML, read key by key.
    KindFrontMatter
        en("odd front matter") zh("文件头不规范");
    /// Kind of problem: a date in no known form.
    KindDate
        en("date not understood") zh("无法理解日期");
    /// Kind of problem: no JSON, or none with an article.
    KindJson
        en("not a JSON article") zh("不是 JSON 文章");
    /// Kind of problem: a broken feed.
    KindFeed
        en("feed not understood") zh("无法理解订阅源");
    /// Kind of problem: neither title nor text.
    KindEmpty
        en("empty") zh("内容为空");
    /// Kind of problem: front matter that was taken for text.
    KindUnclosed
        en("front matter without end") zh("文件头没有结束");
    /// Kind of problem: a title, a name or an address longer than any should be.
    KindShortened
        en("too long, cut") zh("过长，已截断");

    // ── indexes that cannot be used ──

    /// There is none, and no corpus to make one from.
    IndexMissing { index: &'a str }
        en("no index at \"{index}\"") zh("“{index}”处没有索引")
        hint en("`souwen index FOLDER` makes one from a folder of articles")
            zh("用 `souwen index 文件夹` 从文章文件夹建立索引");
    /// The folder of articles is not there.
    CorpusMissing { corpus: &'a str }
        en("no folder \"{corpus}\"") zh("没有文件夹“{corpus}”")
        hint en("`souwen index FOLDER` takes a folder of articles") zh("用 `souwen index 文件夹` 指定文章所在的文件夹");
    /// The folder that the index was made from has vanished.
    CorpusGone { corpus: &'a str, articles: u64 }
        en("the folder of articles \"{corpus}\" is gone; the index keeps its {articles} {}", plural(articles, "article", "articles"))
        zh("文章文件夹“{corpus}”不见了，索引中的 {articles} 篇文章保持不变")
        hint en("is its disk mounted? `souwen index --rebuild FOLDER` takes the articles of another folder")
            zh("磁盘是否已挂载？用 `souwen index --rebuild 文件夹` 改用另一个文件夹的文章");
    /// A run would empty the index.
    MassDelete { corpus: &'a str, removed: u64, articles: u64 }
        en("{removed} of {articles} {} would be removed, for \"{corpus}\" holds them no more; nothing is removed",
            plural(articles, "article", "articles"))
        zh("“{corpus}”中已没有索引所含 {articles} 篇文章中的 {removed} 篇，本应移除；未移除任何文章")
        hint en("is its disk mounted? if they are meant to go, `--allow-mass-delete` removes them")
            zh("磁盘是否已挂载？如果确实要移除，加上 `--allow-mass-delete`");
    /// `souwen index` without a folder, and none to remember.
    CorpusUnknown
        en("no folder of articles given, and the index remembers none") zh("没有指定文章文件夹，索引中也没有记录")
        hint en("`souwen index FOLDER` takes a folder of articles") zh("用 `souwen index 文件夹` 指定文章所在的文件夹");
    /// Written by another version.
    OtherFormat { index: &'a str, found: u32, expected: u32 }
        en("the index at \"{index}\" has format {found}, this souwen reads format {expected}")
        zh("“{index}”处的索引是第 {found} 版格式，本程序读取第 {expected} 版")
        hint en("`souwen index --rebuild FOLDER` makes it anew") zh("用 `souwen index --rebuild 文件夹` 重建");
    /// Words are cut in another way now.
    OtherAnalysis { index: &'a str }
        en("the index at \"{index}\" was made with other analysis settings")
        zh("“{index}”处的索引是用不同的分析设置建立的")
        hint en("`souwen index --rebuild` makes it anew") zh("用 `souwen index --rebuild` 重建");
    /// A dictionary has changed.
    OtherDictionary { index: &'a str }
        en("the index at \"{index}\" was made with another dictionary") zh("“{index}”处的索引是用不同的词典建立的")
        hint en("`souwen index --rebuild` makes it anew") zh("用 `souwen index --rebuild` 重建");
    /// Files of the index are damaged.
    IndexDamaged { index: &'a str, reason: &'a str }
        en("the index at \"{index}\" is damaged: {reason}") zh("“{index}”处的索引已损坏：{reason}")
        hint en("`souwen verify` names what is damaged, `souwen verify --repair` makes the index anew")
            zh("用 `souwen verify` 查看损坏之处，用 `souwen verify --repair` 重建索引");
    /// Another process writes.
    LockHeld { index: &'a str, pid: u32, since: &'a str }
        en("the index at \"{index}\" has been held by process {pid} since {since}")
        zh("“{index}”处的索引自 {since} 起被进程 {pid} 占用")
        hint en("wait until it is done, or end that process") zh("请等它完成，或结束该进程");
    /// Another process writes, and did not leave its name.
    LockHeldBySomeone { index: &'a str }
        en("the index at \"{index}\" is held by another process") zh("“{index}”处的索引正被另一个进程占用")
        hint en("wait until it is done") zh("请等它完成");
    /// Made from another folder.
    OtherCorpus { index: &'a str, of: &'a str, asked: &'a str }
        en("the index at \"{index}\" holds the articles of \"{of}\", not of \"{asked}\"")
        zh("“{index}”处的索引来自“{of}”，而不是“{asked}”")
        hint en("`--index DIR` makes a second index, `--rebuild` replaces this one")
            zh("用 `--index 文件夹` 另建索引，或用 `--rebuild` 替换它");
    /// Dates without a zone were read otherwise.
    OtherZone { index: &'a str, of: &'a str, asked: &'a str }
        en("the index at \"{index}\" takes dates without a zone as {of}, not as {asked}")
        zh("“{index}”处的索引把没有时区的日期当作 {of}，而不是 {asked}")
        hint en("`souwen index --zone {asked} --rebuild` reads all dates anew, `--zone {of}` goes on as before")
            zh("用 `souwen index --zone {asked} --rebuild` 重新读取全部日期，用 `--zone {of}` 则照旧");
    /// The folder holds something else.
    NotAnIndex { index: &'a str }
        en("\"{index}\" holds files, but no souwen index") zh("“{index}”中有其他文件，但没有索引")
        hint en("`--index DIR` takes a new or an empty folder") zh("用 `--index 文件夹` 指定新的或空的文件夹");
    /// The engine refused, in its own words.
    EngineFailed { index: &'a str, reason: &'a str }
        en("the index at \"{index}\" could not be used: {reason}") zh("无法使用“{index}”处的索引：{reason}")
        hint en("`souwen verify` tells whether it is damaged, `souwen verify --repair` makes it anew")
            zh("用 `souwen verify` 检查是否损坏，用 `souwen verify --repair` 重建");

    // ── settings ──

    /// Nowhere to put an index.
    NoHome
        en("the home folder is not known") zh("找不到用户的主文件夹")
        hint en("`--index DIR` says where the index lies") zh("用 `--index 文件夹` 指定索引位置");
    /// A file, and what the system says.
    FileRefused { path: &'a str, reason: &'a str }
        en("\"{path}\": {reason}") zh("“{path}”：{reason}");
    /// Standard output, and what the system says.
    OutputRefused { reason: &'a str }
        en("standard output: {reason}") zh("标准输出：{reason}");
    /// A value of another kind; `expected` is one of the entries below.
    BadSetting { name: &'a str, value: &'a str, expected: &'a str }
        en("{name} is \"{value}\", expected {expected}") zh("{name} 的值是“{value}”，应为{expected}");
    /// See [`Message::BadSetting`].
    ExpectedFolder
        en("a folder") zh("文件夹");
    /// See [`Message::BadSetting`].
    ExpectedLang
        en("en or zh") zh(" en 或 zh");
    /// See [`Message::BadSetting`].
    ExpectedColor
        en("auto, always or never") zh(" auto、always 或 never");
    /// See [`Message::BadSetting`].
    ExpectedSize
        en("a size of at least 32MB, such as 512MB or 1GiB") zh("不小于 32MB 的大小，例如 512MB 或 1GiB");
    /// See [`Message::BadSetting`].
    ExpectedFileSize
        en("a size up to 1GiB, such as 64MiB") zh("不超过 1GiB 的大小，例如 64MiB");
    /// See [`Message::BadSetting`].
    ExpectedTime
        en("a time such as 10, 500ms or 2m") zh("时长，例如 10（秒）、500ms 或 2m");
    /// See [`Message::BadSetting`].
    ExpectedZone
        en("an offset such as +08:00, or the name of a zone") zh("时差（例如 +08:00）或时区名");
    /// See [`Message::BadSetting`].
    ExpectedNumber { least: u64, most: u64 }
        en("a number from {least} to {most}") zh(" {least} 到 {most} 之间的数");
    /// A key in the configuration file.
    UnknownSetting { file: &'a str, key: &'a str, known: &'a str }
        en("\"{file}\": \"{key}\" is no setting") zh("“{file}”：没有名为“{key}”的设置")
        hint en("settings are {known}") zh("设置有 {known}");
    /// The configuration file itself.
    BadConfigFile { file: &'a str, reason: &'a str }
        en("\"{file}\": {reason}") zh("“{file}”：{reason}");
    /// `--since` and `--until`.
    BadDate { option: &'a str, value: &'a str }
        en("{option} is \"{value}\", which is no date") zh("{option} 的值“{value}”不是日期")
        hint en("dates are written as 2021, 2021-05, 2021-05-14, today or 7d")
            zh("日期可写作 2021、2021-05、2021-05-14、昨天 或 7天");
    /// The query takes longer than it may.
    SearchTimedOut { seconds: f64 }
        en("no answer within {seconds} s") zh("{seconds} 秒内没有得出结果")
        hint en("ask for fewer words, or for rarer ones, or allow more time with --timeout")
            zh("减少搜索词、换用较少见的词，或用 --timeout 放宽时限");
    /// Heading of the settings.
    ConfigFile { file: &'a str }
        en("configuration file: {file}") zh("配置文件：{file}");
    /// The same, when there is none.
    NoConfigFile { file: &'a str }
        en("configuration file: {file} (does not exist)") zh("配置文件：{file}（不存在）");
    /// Where a setting comes from.
    FromCommandLine
        en("command line") zh("命令行");
    /// Where a setting comes from.
    FromConfigFile
        en("configuration file") zh("配置文件");
    /// Where a setting comes from.
    FromDefault
        en("default") zh("默认");
    /// Where a setting comes from.
    FromLocale
        en("locale") zh("系统语言");
    /// Where a setting comes from.
    FromCurrentFolder
        en("current folder") zh("当前文件夹");
    /// Where a setting comes from.
    FromDataFolder
        en("data folder of the user") zh("用户数据文件夹");
    /// The zone where none is set.
    ZoneOfIndex
        en("that of the index, else +08:00") zh("沿用索引的时区，否则为 +08:00");

    /// See [`Message::BadSetting`].
    ExpectedSynonyms
        en("true, own or false") zh(" true、own 或 false");

    // ── words of the user ──

    /// A search with other words than the index was made with.
    OlderArticlesCutOtherwise { index: &'a str }
        en("the dictionary has changed since the index at \"{index}\" was made: its articles were cut differently, so words may be missed; strings in quotes are not")
        zh("“{index}”处的索引建立之后词典有变：已有文章的切分不同，按词搜索可能有遗漏，加引号的精确搜索不受影响")
        hint en("`souwen index --rebuild` cuts all articles anew") zh("用 `souwen index --rebuild` 重新切分全部文章");
    /// After a change of the words.
    WordsNeedRebuild { index: &'a str }
        en("the articles of the index at \"{index}\" were cut without this change")
        zh("“{index}”处索引的文章仍按原来的词典切分")
        hint en("`souwen index --rebuild` cuts them anew") zh("用 `souwen index --rebuild` 重新切分");
    /// Lines of a dictionary without effect.
    BadWordLines { file: &'a str, lines: u64 }
        en("\"{file}\": {lines} {} passed over", plural(lines, "bad line is", "bad lines are"))
        zh("“{file}”：有 {lines} 行有问题")
        hint en("`souwen dict check` names them") zh("用 `souwen dict check` 查看");
    /// A line of a file of synonyms.
    BadSynonyms { place: &'a str, text: &'a str }
        en("{place}: \"{text}\" is no group of two or more names") zh("{place}：“{text}”不是两个以上名称的组")
        hint en("names of a group are separated by commas") zh("同组名称用逗号分隔");
    /// Done.
    WordAdded { word: &'a str, file: &'a str }
        en("\"{word}\" added to \"{file}\"") zh("已将“{word}”加入“{file}”");
    /// Done.
    WordChanged { word: &'a str, file: &'a str }
        en("\"{word}\" has a new frequency in \"{file}\"") zh("已更新“{file}”中“{word}”的词频");
    /// Nothing to do.
    WordUnchanged { word: &'a str, file: &'a str }
        en("\"{word}\" stands in \"{file}\" already") zh("“{file}”中已有“{word}”");
    /// Done.
    WordRemoved { word: &'a str, file: &'a str }
        en("\"{word}\" removed from \"{file}\"") zh("已从“{file}”移除“{word}”");
    /// Nothing to remove.
    NoUserWord { word: &'a str, file: &'a str }
        en("\"{word}\" does not stand in \"{file}\"") zh("“{file}”中没有“{word}”")
        hint en("`souwen dict list` lists your words") zh("用 `souwen dict list` 列出自定义词语");
    /// Done.
    WordsImported { added: u64, changed: u64, bad: u64, file: &'a str }
        en("\"{file}\": {added} added, {changed} changed, {bad} bad {}", plural(bad, "line", "lines"))
        zh("“{file}”：新增 {added} 个词，更新 {changed} 个，有问题的 {bad} 行");
    /// No words at all.
    NoUserWords { files: &'a str }
        en("no words of your own yet, they would stand in {files}") zh("还没有自定义词语，文件位置：{files}")
        hint en("`souwen dict add WORD` adds one") zh("用 `souwen dict add 词语` 添加");
    /// Outcome of a check.
    WordsChecked { file: &'a str, words: u64, bad: u64 }
        en("{file}: {words} {}, {bad} bad", plural(words, "word", "words")) zh("{file}：{words} 个词，{bad} 行有问题");
    /// What is wrong with a word.
    WordNotHan { text: &'a str }
        en("\"{text}\" has no effect: only words of Han characters are looked up") zh("“{text}”不起作用：词典只用于汉字");
    /// What is wrong with a word.
    WordTooShort { text: &'a str }
        en("\"{text}\" has no effect: single characters are found anyhow") zh("“{text}”不起作用：单字本来就能找到");
    /// What is wrong with a word.
    WordTooLong { text: &'a str, most: u64 }
        en("\"{text}\" is longer than {most} characters") zh("“{text}”超过 {most} 个字");
    /// What is wrong with a word.
    WordHasControl { text: &'a str }
        en("\"{text}\" holds control characters") zh("“{text}”含有控制字符");
    /// What is wrong with a line.
    WordBadFrequency { text: &'a str, most: u64 }
        en("\"{text}\": the frequency is no number from 1 to {most}") zh("“{text}”：词频不是 1 到 {most} 之间的数");
    /// What is wrong with a line.
    WordTooManyColumns { text: &'a str }
        en("\"{text}\" is more than a word, a frequency and a tag") zh("“{text}”除词语、词频、词性外还有多余内容");
    /// What is wrong with a line.
    WordIsDuplicate { text: &'a str, line: u64 }
        en("\"{text}\" stands on line {line} already, the later line counts") zh("“{text}”与第 {line} 行重复，以后一行为准");
    /// No proposals.
    NothingDiscovered
        en("no new words") zh("没有发现新词")
        hint en("`--min-count N` takes rarer ones") zh("用 `--min-count N` 降低次数要求");
    /// Heading of a column.
    ColumnWord
        en("word") zh("词语");
    /// Heading of a column.
    ColumnFrequency
        en("frequency") zh("词频");
    /// Heading of a column.
    ColumnFile
        en("file") zh("文件");
    /// Heading of a column.
    ColumnCount
        en("count") zh("次数");
    /// Heading of a column.
    ColumnCohesion
        en("cohesion") zh("凝固度");
    /// Heading of a column.
    ColumnFreedom
        en("freedom") zh("自由度");
    /// Heading of a column.
    ColumnExample
        en("example") zh("例句");

    // ── export ──

    /// Progress: articles are written.
    Exporting
        en("exporting") zh("导出");
    /// How many, and where they are.
    Exported { articles: u64, file: &'a str }
        en("{articles} {} written to \"{file}\"", plural(articles, "article", "articles"))
        zh("已将 {articles} 篇文章写入“{file}”");

    // ── eval and verify ──

    /// Progress: the index is checked.
    Verifying
        en("checking") zh("检查");
    /// Nothing is wrong.
    IndexWhole { articles: u64, files: u64, bytes: &'a str }
        en("the index is whole: {articles} {}, {files} files, {bytes}", plural(articles, "article", "articles"))
        zh("索引完好：{articles} 篇文章，{files} 个文件，{bytes}");
    /// Something is.
    IndexIsDamaged { count: u64 }
        en("the index is damaged: {count} {}", plural(count, "fault", "faults"))
        zh("索引已损坏：{count} 处")
        hint en("`souwen verify --repair` makes it anew from its folder of articles")
            zh("用 `souwen verify --repair` 从文章文件夹重建");
    /// Before an index is made anew.
    Repairing { corpus: &'a str }
        en("making the index anew from \"{corpus}\"") zh("正在从“{corpus}”重建索引");
    /// There is nothing known to make an index anew from.
    CorpusForgotten { index: &'a str }
        en("the index at \"{index}\" is too damaged to tell which folder it was made from")
        zh("“{index}”处的索引损坏严重，不知道它来自哪个文件夹")
        hint en("`souwen index --rebuild FOLDER` makes it anew") zh("用 `souwen index --rebuild 文件夹` 重建");
    /// Damage.
    FileIsMissing { part: &'a str }
        en("{part}: missing") zh("{part}：缺失");
    /// Damage.
    FileHasChanged { part: &'a str }
        en("{part}: not as it was written") zh("{part}：内容与写入时不符");
    /// Damage to a part that may be unknown.
    PartUnreadable { part: &'a str, reason: &'a str }
        en("{}cannot be read: {reason}", Label(part, ": ")) zh("{}无法读取：{reason}", Label(part, "："));
    /// Damage.
    ArticleUnlisted { article: &'a str }
        en("{article}: in the index, but not in its list of files") zh("{article}：在索引中，但不在文件清单中");
    /// Damage.
    ArticleLost { article: &'a str }
        en("{article}: in the list of files, but not in the index") zh("{article}：在文件清单中，但不在索引中");
    /// Damage.
    ArticleRepeated { article: &'a str }
        en("{article}: there more than once") zh("{article}：重复出现");
    /// Damage.
    ArticleStoredOtherwise { article: &'a str }
        en("{article}: not the text that was taken in") zh("{article}：正文与收录时不符");
    /// Damage.
    TermsDiffer { article: &'a str, part: &'a str }
        en("{article}: the terms of \"{part}\" are not those of its text") zh("{article}：“{part}”的词项与正文不符");
    /// Damage.
    ColumnDiffers { article: &'a str, part: &'a str }
        en("{article}: the column \"{part}\" does not hold what the article says") zh("{article}：“{part}”列与文章不符");

    /// Number of judged queries.
    EvalQueries
        en("queries") zh("查询数");
    /// Queries answered in a second.
    EvalSpeed
        en("queries/s") zh("每秒查询数");
    /// Index and scan agree.
    OracleAgrees { strings: u64, contained: u64, seed: u64 }
        en("index and scan agree on {strings} {}, {contained} {}, seed {seed}",
            plural(strings, "string", "strings"), plural(contained, "hit", "hits"))
        zh("索引与逐篇扫描一致：{strings} 个字符串，{contained} 处命中，种子 {seed}");
    /// They do not.
    OracleDisagrees { strings: u64, disagreements: u64, seed: u64 }
        en("index and scan disagree {disagreements} {} on {strings} {}, seed {seed}",
            plural(disagreements, "time", "times"), plural(strings, "string", "strings"))
        zh("索引与逐篇扫描不一致：{strings} 个字符串中有 {disagreements} 处，种子 {seed}")
        hint en("`souwen index --rebuild` makes the index anew; if it stays so, please report it")
            zh("用 `souwen index --rebuild` 重建；如果仍不一致，请报告");
    /// A disagreement.
    MissedQuoted { string: &'a str, article: &'a str }
        en("{article} holds \"{string}\", the quoted query misses it") zh("{article} 含有“{string}”，加引号没有找到");
    /// A disagreement.
    WronglyQuoted { string: &'a str, article: &'a str }
        en("{article} does not hold \"{string}\", the quoted query finds it") zh("{article} 不含“{string}”，加引号却找到了");
    /// A disagreement.
    MissedUnquoted { string: &'a str, article: &'a str }
        en("{article} holds \"{string}\", the query without quotes misses it")
        zh("{article} 含有“{string}”，不加引号没有找到");

    // ── bench ──

    /// Progress: each query is asked once, untimed.
    WarmingUp
        en("warming up") zh("预热");
    /// Progress: queries are timed.
    Asking
        en("asking") zh("查询");
    /// The program that was measured.
    Program
        en("program") zh("程序");
    /// The machine it ran on.
    MachineLabel
        en("machine") zh("机器");
    /// What the system does not tell.
    Unknown
        en("unknown") zh("未知");
    /// See [`Message::MachineLabel`].
    Cores { cores: u64 }
        en("{cores} {}", plural(cores, "core", "cores")) zh("{cores} 核");
    /// The index that was measured.
    IndexFigures { articles: u64, segments: u64, size: &'a str }
        en("{articles} {}, {segments} {}, {size}",
            plural(articles, "article", "articles"), plural(segments, "segment", "segments"))
        zh("{articles} 篇文章、{segments} 个段、{size}");
    /// What was asked.
    QueriesBuiltIn { queries: u64 }
        en("{queries} built-in {}", plural(queries, "one", "ones")) zh("内置 {queries} 个");
    /// What was asked.
    QueriesOfFile { queries: u64, file: &'a str }
        en("{queries} of \"{file}\"") zh("“{file}”中的 {queries} 个");
    /// How much.
    EachAsked { rounds: u64 }
        en("each asked {rounds} {}", plural(rounds, "time", "times")) zh("各问 {rounds} 次");
    /// How much.
    AskedFor { seconds: f64 }
        en("asked for {seconds} s") zh("持续 {seconds} 秒");
    /// How much at a time.
    Load
        en("load") zh("负载");
    /// See [`Message::Load`].
    ClosedLoop { threads: u64 }
        en("{threads} {}, each question after the answer before", plural(threads, "thread", "threads"))
        zh("{threads} 个线程，答完一个再问下一个");
    /// See [`Message::Load`].
    OpenLoop { rate: f64, threads: u64 }
        en("{rate} queries/s, answered by {threads} {}; waiting counts", plural(threads, "thread", "threads"))
        zh("每秒 {rate} 个查询，由 {threads} 个线程回答，等待计入耗时");
    /// Warm or cold.
    StartLabel
        en("start") zh("启动");
    /// See [`Message::StartLabel`].
    WarmStart
        en("warm: the index is open, each query was asked once before") zh("热：索引已打开，每个查询都先问过一次");
    /// See [`Message::StartLabel`].
    ColdStart
        en("cold: a new process for each query; the files of the index stay in the system's memory")
        zh("冷：每个查询启动一个新进程；索引文件仍在系统内存中");
    /// What a query is answered with.
    Answers
        en("answers") zh("结果");
    /// See [`Message::Answers`].
    HitsWithSnippets { limit: u64 }
        en("{limit} {} with snippets", plural(limit, "hit", "hits")) zh("{limit} 条，带摘要");
    /// See [`Message::Answers`].
    HitsWithoutSnippets { limit: u64 }
        en("{limit} {} without snippets", plural(limit, "hit", "hits")) zh("{limit} 条，不带摘要");
    /// How long the run took.
    TimeTaken
        en("time") zh("用时");
    /// See [`Message::TimeTaken`].
    Answered { answers: u64, seconds: f64, per_second: f64 }
        en("{answers} {} in {seconds:.2} s, {per_second:.0} a second", plural(answers, "answer", "answers"))
        zh("{seconds:.2} 秒内回答 {answers} 次，每秒 {per_second:.0} 次");
    /// Heading of latencies.
    Milliseconds
        en("milliseconds") zh("毫秒");
    /// A row of latencies.
    AllQueries
        en("all queries") zh("全部查询");
    /// A kind of query.
    KindOneWord
        en("one word") zh("单个词");
    /// A kind of query.
    KindUnspaced
        en("unspaced") zh("不带空格的一串");
    /// A kind of query.
    KindSeveralWords
        en("several words") zh("多个词");
    /// A kind of query.
    KindInField
        en("in a field") zh("限定字段");
    /// A kind of query.
    KindQuoted
        en("quoted") zh("加引号");
    /// A kind of query.
    KindPrefix
        en("prefix") zh("前缀");
    /// A kind of query.
    KindNear
        en("near") zh("邻近");
    /// A kind of query.
    KindEither
        en("either") zh("或");
    /// A kind of query.
    KindExcluding
        en("excluding") zh("排除");
    /// A kind of query.
    KindFiltered
        en("filtered") zh("筛选");
    /// A kind of query.
    KindSorted
        en("sorted by date") zh("按日期排序");
    /// How much a query finds.
    FindsNothing
        en("finds nothing") zh("没有结果");
    /// How much a query finds.
    FindsFew { most: u64 }
        en("finds up to {most}") zh("至多 {most} 篇");
    /// How much a query finds.
    FindsSome
        en("finds more") zh("更多");
    /// How much a query finds.
    FindsMany { one_in: u64 }
        en("finds 1 in {one_in}") zh("达到 {one_in} 篇中的 1 篇");
    /// Heading of a histogram; bounds follow.
    HistogramHeading
        en("answers that took up to") zh("耗时不超过以下值的次数");
    /// Heading of queries.
    SlowestHeading
        en("slowest queries") zh("最慢的查询");
    /// One of them; `more` is `+` where counting stopped early.
    SlowQuery { kind: &'a str, articles: u64, more: &'a str, best_ms: f64, worst_ms: f64 }
        en("{kind}, {articles}{more} {}, {best_ms:.3} ms at best, {worst_ms:.3} ms at worst",
            plural(articles, "article", "articles"))
        zh("{kind}，{articles}{more} 篇，最快 {best_ms:.3} 毫秒，最慢 {worst_ms:.3} 毫秒");
    /// Heading of ratios.
    ComparedWith { name: &'a str, souwen: &'a str, date: &'a str }
        en("times as long as \"{name}\" (souwen {souwen}, {date})") zh("相对于“{name}”的耗时倍数（souwen {souwen}，{date}）");
    /// A slowdown that is not allowed.
    TooSlow { figure: &'a str, kind: &'a str, ratio: f64, most: f64 }
        en("{figure} of {kind} takes {ratio:.2} times as long, allowed is {most}")
        zh("{kind}的 {figure} 是原来的 {ratio:.2} 倍，允许 {most} 倍");
    /// A comparison that says little; `differences` are some of the entries below.
    MeasuredOtherwise { name: &'a str, differences: &'a str }
        en("\"{name}\" was measured with other {differences}") zh("“{name}”的测量条件不同：{differences}");
    /// See [`Message::MeasuredOtherwise`].
    OtherMachine
        en("machine") zh("机器");
    /// See [`Message::MeasuredOtherwise`].
    OtherArticles
        en("articles") zh("文章");
    /// See [`Message::MeasuredOtherwise`].
    OtherQueries
        en("queries") zh("查询");
    /// See [`Message::MeasuredOtherwise`].
    OtherStart
        en("start") zh("启动方式");
    /// See [`Message::MeasuredOtherwise`].
    OtherRate
        en("rate") zh("速率");
    /// See [`Message::MeasuredOtherwise`].
    OtherThreads
        en("threads") zh("线程数");
    /// See [`Message::MeasuredOtherwise`].
    OtherLimit
        en("number of hits") zh("结果条数");
    /// See [`Message::MeasuredOtherwise`].
    OtherSnippets
        en("snippets") zh("摘要");
    /// A program that was not built to be fast.
    DebugBuild
        en("this is a debug build, several times slower than a release") zh("这是调试版本，比发布版本慢数倍");
    /// Ctrl+C during a run.
    MeasuredInPart { answers: u64 }
        en("interrupted: these are the figures of the first {answers} {}", plural(answers, "answer", "answers"))
        zh("已中断：以上只是前 {answers} 次回答的数据");
    /// Ctrl+C before there is anything to show.
    Interrupted
        en("interrupted, nothing was measured") zh("已中断，没有测得数据");
    /// More was asked than could be answered.
    RateMissed { rate: f64, achieved: f64 }
        en("only {achieved:.0} of {rate} queries/s were answered, so that the queue grew")
        zh("每秒只回答了 {achieved:.0} 个查询，未达到 {rate} 个，等待越积越长")
        hint en("a lower `--rate` or more `--threads` may keep up") zh("降低 `--rate` 或增加 `--threads` 试试");
    /// A file of queries that holds none.
    NoQueries { file: &'a str }
        en("\"{file}\" holds no queries") zh("“{file}”中没有查询")
        hint en("it holds one query a line") zh("每行写一个查询");
    /// `souwen search` failed that was to be timed.
    ColdSearchFailed { query: &'a str, reason: &'a str }
        en("searching for \"{query}\" failed: {reason}") zh("搜索“{query}”失败：{reason}");
    /// Done.
    RunSaved { name: &'a str, file: &'a str }
        en("saved as \"{name}\": \"{file}\"") zh("已保存为“{name}”：“{file}”");
    /// `--compare` with nothing to compare with.
    NoSavedRun { name: &'a str }
        en("no run was saved as \"{name}\", nor under any other name") zh("没有名为“{name}”的数据，也没有保存过其他数据")
        hint en("`souwen bench --save NAME` keeps one") zh("用 `souwen bench --save 名称` 保存");
    /// `--compare` with a name that is none.
    UnknownRun { name: &'a str, known: &'a str }
        en("no run was saved as \"{name}\"") zh("没有名为“{name}”的数据")
        hint en("there are {known}") zh("已有 {known}");
    /// A saved run of another version.
    OtherRunFormat { name: &'a str, found: u32, expected: u32 }
        en("the run saved as \"{name}\" has format {found}, this souwen reads format {expected}")
        zh("保存为“{name}”的数据是第 {found} 版格式，本程序读取第 {expected} 版")
        hint en("`souwen bench --save` of this version makes one anew") zh("请用本版本的 `souwen bench --save` 重新保存");
    /// How indexing was set up.
    IndexingLoad { threads: u64, memory: &'a str }
        en("{threads} {}, {memory} for articles", plural(threads, "thread", "threads"))
        zh("{threads} 个线程，文章内存 {memory}");
    /// What was indexed.
    Source
        en("source") zh("源文件");
    /// See [`Message::Source`].
    FilesOf { files: u64, size: &'a str }
        en("{files} {}, {size}", plural(files, "file", "files")) zh("{files} 个文件，{size}");
    /// How fast.
    Speed
        en("speed") zh("速度");
    /// See [`Message::Speed`].
    IndexingSpeed { mb_per_second: f64, articles_per_second: f64 }
        en("{mb_per_second:.1} MB/s, {articles_per_second:.0} articles/s")
        zh("{mb_per_second:.1} MB/秒，{articles_per_second:.0} 篇/秒");
    /// The most memory that was held.
    PeakMemory
        en("peak memory") zh("内存峰值");
    /// Titles and plain texts of all articles.
    ExtractedText
        en("extracted text") zh("提取的文字");
    /// The index beside the text.
    TimesTheText { ratio: f64 }
        en("{ratio:.2} times the text") zh("文字的 {ratio:.2} 倍");

    // ── stats ──

    /// How many articles there are.
    StatArticles
        en("articles") zh("文章");
    /// First and last date.
    StatDates
        en("dates") zh("日期");
    /// See [`Message::StatDates`].
    DatesFromTo { first: &'a str, last: &'a str }
        en("{first} to {last}") zh("{first} 至 {last}");
    /// Articles without a date.
    StatUndated
        en("without a date") zh("无日期");
    /// The folder of articles.
    StatCorpus
        en("corpus") zh("文章文件夹");
    /// The folder of the index.
    StatIndex
        en("index") zh("索引位置");
    /// When the index was last written.
    StatCommitted
        en("committed") zh("更新时间");
    /// Zone of dates without one.
    StatZone
        en("time zone") zh("时区");
    /// Version of what is on disk.
    StatFormat
        en("format") zh("格式版本");
    /// Version of the rules.
    StatAnalysis
        en("analysis") zh("分析规则");
    /// Hash of the words.
    StatDictionary
        en("dictionary") zh("词典");
    /// Parts the engine keeps apart.
    StatSegments
        en("segments") zh("段");
    /// Articles whose space has not come back.
    StatDeleted
        en("deleted") zh("已删除");
    /// Bytes on disk.
    StatSize
        en("size") zh("大小");
    /// A part of the index.
    PartText
        en("text") zh("正文");
    /// A part of the index.
    PartPositions
        en("positions") zh("位置");
    /// A part of the index.
    PartPostings
        en("postings") zh("倒排表");
    /// A part of the index.
    PartTerms
        en("terms") zh("词项");
    /// A part of the index.
    PartColumns
        en("columns") zh("列");
    /// A part of the index.
    PartLengths
        en("lengths") zh("长度");
    /// A part of the index.
    PartManifest
        en("manifest") zh("文件清单");
    /// A part of the index.
    PartOther
        en("other") zh("其他");

    // ── analyze ──

    /// Terms of the word fields.
    WordTerms
        en("words") zh("词");
    /// Terms of the character fields.
    UnitTerms
        en("units") zh("单元");
    /// Heading of a column.
    ColumnKind
        en("kind") zh("类别");
    /// Heading of a column.
    ColumnPosition
        en("position") zh("位置");
    /// Heading of a column.
    ColumnChars
        en("characters") zh("字符");
    /// Heading of a column.
    ColumnBytes
        en("bytes") zh("字节");
    /// Heading of a column.
    ColumnOriginal
        en("original") zh("原文");
    /// Kind of word.
    KindLeaf
        en("leaf") zh("基本词");
    /// Kind of word.
    KindCompound
        en("compound") zh("复合词");
    /// Kind of word.
    KindInner
        en("inner") zh("内含词");
    /// Kind of unit.
    KindHan
        en("han") zh("汉字");
    /// Kind of unit.
    KindSyllable
        en("syllable") zh("音节");
    /// Kind of unit.
    KindLetters
        en("letters") zh("字母");
    /// Kind of unit.
    KindDigits
        en("digits") zh("数字");
    /// Kind of unit.
    KindSymbol
        en("symbol") zh("符号");
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Names between braces, without their formats; `{}` has none.
    fn placeholders(template: &str) -> BTreeSet<&str> {
        let names = template.split('{').skip(1).filter_map(|part| part.split_once('}'));
        names.map(|(name, _)| name.split(':').next().unwrap_or(name)).filter(|name| !name.is_empty()).collect()
    }

    #[test]
    fn no_text_is_missing_in_either_language() {
        for Template { name, en, zh } in TEMPLATES {
            assert!(!en.trim().is_empty() && !zh.trim().is_empty(), "{name}");
            assert_eq!(placeholders(en), placeholders(zh), "{name}");
            let only_values = zh.chars().all(|c| !c.is_alphabetic()) || placeholders(zh).len() == 2;
            assert!(only_values || zh.chars().any(|c| ('一'..='龥').contains(&c)), "{name} is not Chinese: {zh}");
            assert!(en.is_ascii() || en.contains('·'), "{name} is not English: {en}");
        }
    }

    #[test]
    fn texts_keep_to_the_house_style() {
        for Template { name, en, zh } in TEMPLATES {
            assert!(!en.starts_with(|c: char| c.is_uppercase()), "{name}: {en}");
            for text in [en, zh] {
                assert!(!text.ends_with(['.', '。', '\n', '!', '！']) && !text.contains('\n'), "{name}: {text}");
            }
            assert!(!zh.contains('"'), "{name} has ASCII quotes: {zh}");
        }
    }

    #[test]
    fn hints_have_a_line_of_their_own() {
        let message = Message::OtherFormat { index: "/tmp/索引", found: 1, expected: 2 };
        insta::assert_snapshot!(message.in_lang(Lang::En), @r#"
        the index at "/tmp/索引" has format 1, this souwen reads format 2
        hint: `souwen index --rebuild FOLDER` makes it anew
        "#);
        insta::assert_snapshot!(message.in_lang(Lang::Zh), @r"
        “/tmp/索引”处的索引是第 1 版格式，本程序读取第 2 版
        提示：用 `souwen index --rebuild 文件夹` 重建
        ");
    }

    #[test]
    fn english_counts() {
        let found = |articles| Message::Found { articles, more: "", elapsed: "3 ms" }.in_lang(Lang::En).to_string();
        assert_eq!([found(1), found(2)], ["1 article · 3 ms", "2 articles · 3 ms"]);
    }

    #[test]
    fn values_cannot_break_out() {
        let message = Message::NoSuchWord { word: "\u{1b}[31m\u{202e}词\n错误：" };
        assert_eq!(message.in_lang(Lang::Zh).to_string(), "没有文章包含“[31m词 错误：”");
    }

    #[test]
    fn locales_choose_the_language() {
        for (locale, lang) in [
            ("zh_CN.UTF-8", Lang::Zh),
            ("zh-Hant-TW", Lang::Zh),
            ("ZH", Lang::Zh),
            ("en_US.UTF-8", Lang::En),
            ("zha", Lang::En),
            ("C", Lang::En),
            ("", Lang::En),
        ] {
            assert_eq!(Lang::from_locale(locale), lang, "{locale}");
        }
    }

    #[test]
    fn lists_use_the_comma_of_their_language() {
        assert_eq!(Lang::En.list(&["甲", "乙"]), "甲, 乙");
        assert_eq!(Lang::Zh.list(&["甲", "乙"]), "甲、乙");
    }
}
