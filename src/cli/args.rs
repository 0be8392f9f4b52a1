//! What was typed, and the text of `--help`. Values that can be set elsewhere, too, are options here and become
//! [`Settings`](super::settings::Settings).

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args as Options, Parser, Subcommand, ValueEnum};
use souwen::messages::Lang;
use souwen::search::request::Sort;

use super::console::Color;
use super::settings::{self, SynonymGroups, Typed};

/// Full-text search over a folder of Chinese news
#[derive(Debug, Parser)]
#[command(name = "souwen", version, about, after_help = EXAMPLES, max_term_width = 100)]
// a shell alias with options must not forbid them on the command line
#[command(disable_help_subcommand = true, args_override_self = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(super) command: Command,

    /// Folder of the index [env: SOUWEN_INDEX] [default: `index` here, else in the user's data folder]
    #[arg(long, global = true, value_name = "DIR", help_heading = "Global options")]
    pub(super) index: Option<PathBuf>,

    /// When to use colour, by default on terminals only [env: SOUWEN_COLOR]
    #[arg(long, global = true, value_name = "WHEN", help_heading = "Global options")]
    pub(super) color: Option<Color>,

    /// Language of messages, by default that of the locale [env: SOUWEN_LANG]
    #[arg(long, global = true, value_name = "LANG", help_heading = "Global options", value_parser = lang())]
    pub(super) lang: Option<Lang>,
}

const EXAMPLES: &str = "\
Examples:
  souwen index ~/news              take in a folder of articles, or what has changed in it
  souwen search 微软 区块链        the articles with these words, best first
  souwen show 8qk2                 one of them, by the beginning of its id

See `souwen COMMAND --help` for more. Exit codes: 0 found, 1 nothing found, 2 error.";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Index(IndexArgs),
    Watch(WatchArgs),
    Search(SearchArgs),
    Show(ShowArgs),
    Stats(StatsArgs),
    Optimize(OptimizeArgs),
    Analyze(AnalyzeArgs),
    Dict(DictArgs),
    Eval(EvalArgs),
    Verify(VerifyArgs),
    Export(ExportArgs),
    Bench(BenchArgs),
    /// Show every setting in force, and where it comes from
    Config,
    Generate(GenerateArgs),
}

/// Bring the index in step with a folder of articles
#[derive(Debug, Options)]
#[command(after_help = INDEXING)]
pub(super) struct IndexArgs {
    /// Folder of articles [default: that of the index, else `corpus`]
    pub(super) corpus: Option<PathBuf>,

    /// Start over, whatever the index holds
    #[arg(long)]
    pub(super) rebuild: bool,

    /// Read every file and compare, even where size and time say that it has not changed
    #[arg(long)]
    pub(super) verify_content: bool,

    /// Remove articles even when most of the index goes, or the folder is empty
    #[arg(long)]
    pub(super) allow_mass_delete: bool,

    /// Threads that read, and threads that write [env: SOUWEN_THREADS] [default: one per core]
    #[arg(long, value_name = "N", value_parser = settings::THREADS.parser())]
    pub(super) threads: Option<usize>,

    /// Memory for articles on their way into the index [env: SOUWEN_MEMORY] [default: 512MiB]
    #[arg(long, value_name = "SIZE", value_parser = settings::MEMORY.parser())]
    pub(super) memory: Option<u64>,

    /// Time zone of dates that name none [env: SOUWEN_ZONE] [default: that of the index, else +08:00]
    #[arg(long, value_name = "ZONE", allow_hyphen_values = true, value_parser = settings::ZONE.parser())]
    pub(super) zone: Option<String>,

    /// Make what was read so far durable every N articles [env: SOUWEN_COMMIT_EVERY] [default: 100000]
    #[arg(long, value_name = "N", value_parser = settings::COMMIT_EVERY.parser())]
    pub(super) commit_every: Option<u64>,

    /// Leave out files that are larger, but for JSON Lines [env: SOUWEN_MAX_FILE_SIZE] [default: 32MiB]
    #[arg(long, value_name = "SIZE", value_parser = settings::MAX_FILE_SIZE.parser())]
    pub(super) max_file_size: Option<u64>,

    /// Leave out lines of JSON Lines that are longer [env: SOUWEN_MAX_LINE_SIZE] [default: 16MiB]
    #[arg(long, value_name = "SIZE", value_parser = settings::MAX_LINE_SIZE.parser())]
    pub(super) max_line_size: Option<u64>,

    /// Read no more of a `.gz` than N times its size [env: SOUWEN_MAX_EXPANSION] [default: 200]
    #[arg(long, value_name = "N", value_parser = settings::MAX_EXPANSION.parser())]
    pub(super) max_expansion: Option<u64>,

    /// Print errors only
    #[arg(short, long)]
    pub(super) quiet: bool,

    /// Name every problem, those of files that have not changed too
    #[arg(short, long, conflicts_with_all = ["quiet", "json"])]
    pub(super) verbose: bool,

    /// Print the summary as JSON, with every problem
    #[arg(long)]
    pub(super) json: bool,
}

/// Keep the index in step with a folder of articles until told to end
#[derive(Debug, Options)]
#[command(after_help = WATCHING)]
pub(super) struct WatchArgs {
    /// Folder of articles [default: that of the index, else `corpus`]
    pub(super) corpus: Option<PathBuf>,

    /// Look at all files again and again, where the system does not tell of changes (network folders)
    #[arg(long)]
    pub(super) poll: bool,

    /// Print one JSON object for each batch
    #[arg(long)]
    pub(super) json: bool,
}

/// Find articles, those with all the words first
#[derive(Debug, Options)]
#[command(after_help = QUERIES)]
pub(super) struct SearchArgs {
    /// Words to find, and what the query language makes of them (see below)
    pub(super) query: Vec<String>,

    /// Hits on a page [env: SOUWEN_LIMIT] [default: 10]
    #[arg(short = 'n', long, value_name = "N", value_parser = settings::LIMIT.parser())]
    pub(super) limit: Option<usize>,

    /// Which page
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) page: u32,

    /// Order of the hits
    #[arg(long, value_name = "ORDER", default_value = "relevance", value_parser = sort())]
    pub(super) sort: Sort,

    /// Leave out articles that lack some of the words
    #[arg(long)]
    pub(super) all: bool,

    /// Find the words as typed only, not other names for the same [env: SOUWEN_SYNONYMS=false]
    #[arg(long)]
    pub(super) no_synonyms: bool,

    /// Give up after so long, in seconds or as 500ms or 2m [env: SOUWEN_TIMEOUT] [default: 10]
    #[arg(long, value_name = "TIME", value_parser = settings::TIMEOUT.parser())]
    pub(super) timeout: Option<Duration>,

    /// Only this section, such as 新媒体/虎嗅 or 虎嗅 (several: any of them)
    #[arg(short, long, value_name = "PATH", help_heading = "Filters")]
    pub(super) category: Vec<String>,

    /// Only this outlet or person (several: any of them)
    #[arg(short, long, value_name = "NAME", help_heading = "Filters")]
    pub(super) author: Vec<String>,

    /// Only from this date on: 2021, 2021-05, 2021-05-14, 昨天, 7d, 3个月
    #[arg(long, value_name = "DATE", help_heading = "Filters")]
    pub(super) since: Option<String>,

    /// Only up to this date, all of it included
    #[arg(long, value_name = "DATE", help_heading = "Filters")]
    pub(super) until: Option<String>,

    /// Count categories, authors and months over all matches
    #[arg(long, help_heading = "Output")]
    pub(super) facets: bool,

    /// Tell how the query was understood and where each score comes from
    #[arg(long, help_heading = "Output")]
    pub(super) explain: bool,

    /// How to print the hits
    #[arg(long, value_name = "FORMAT", help_heading = "Output", default_value = "text")]
    pub(super) format: Format,

    /// Print one JSON object a line, as --format json does
    #[arg(long, help_heading = "Output", conflicts_with_all = ["paths", "format"])]
    pub(super) json: bool,

    /// Print paths only, below the folder of articles, as --format paths does
    #[arg(short = 'l', long, help_heading = "Output", conflicts_with = "format")]
    pub(super) paths: bool,
}

impl SearchArgs {
    /// The format asked for, in whichever way.
    pub(super) const fn format(&self) -> Format {
        match (self.json, self.paths) {
            (true, _) => Format::Json,
            (_, true) => Format::Paths,
            _ => self.format,
        }
    }
}

const INDEXING: &str = "\
Takes in what is new or changed and removes what is gone: posts with front matter, Markdown, plain
text, HTML pages, JSON Lines (also .gz), RSS, Atom and JSON feeds. What cannot be read is named on
standard error, the first few of each kind, by the run that meets it, and costs nothing else: the
exit code is 0.

Examples:
  souwen index ~/news     make or refresh the index of this folder
  souwen index            refresh the index of the folder it was made from";

const WATCHING: &str = "\
Brings the index in step first, and then after every change, a moment after the last file of a
batch is complete; prints a line for each batch that changed something. Ends on Ctrl+C or SIGTERM,
with exit code 0. Between batches others may write: `souwen index` works as ever meanwhile.

Examples:
  souwen watch ~/news
  souwen watch --json | jq .articles";

const QUERIES: &str = "\
Without words, all articles are listed, newest first. Where there is no index but a folder `corpus`,
the index is made first.

Queries:
  微软 区块链               both words
  '\"关闭区块链\"'            exactly this string, wherever words end
  微软 OR 谷歌              either (also 或); ( ) group
  微软 -财报                without the second (also NOT 财报)
  title:微软 author:新华    in the title, of this outlet; also body: category: url:
  after:2021-05 before:7d   dates; also date:2021
  '\"微软 亚马逊\"~5'         at most five characters apart
  semi*                     beginning so
  区块链^2 微软             the first weighs double

Examples:
  souwen search 区块链 --since 2021-05 --category 虎嗅
  souwen search 微软 -l
  souwen search 微软 --json | jq -r .title";

/// Print one article, through $PAGER on a terminal
#[derive(Debug, Options)]
pub(super) struct ShowArgs {
    /// Its id, as search shows it, or the beginning of it
    pub(super) id: String,

    /// Mark what answers this query
    #[arg(long, value_name = "QUERY")]
    pub(super) query: Option<String>,

    /// Print it as JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// Describe the index: articles, dates, categories, sizes, settings
#[derive(Debug, Options)]
pub(super) struct StatsArgs {
    /// Print it as JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// Merge the parts of the index into one, and give back the space of removed articles
#[derive(Debug, Options)]
#[command(after_help = OPTIMIZING)]
pub(super) struct OptimizeArgs {
    /// Print the sizes before and after as JSON
    #[arg(long)]
    pub(super) json: bool,
}

const OPTIMIZING: &str = "\
`souwen index` keeps the index in good shape by itself. This is for the last of it, as before an index is
copied elsewhere. Until it ends it takes the space of the index once more; searching goes on meanwhile.

Exit codes: 0 done, 2 error.";

/// Print the terms that a text is cut into, with positions and offsets
#[derive(Debug, Options)]
pub(super) struct AnalyzeArgs {
    /// The text
    #[arg(required = true)]
    pub(super) text: Vec<String>,

    /// Print them as JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// Words of your own, which are then cut whole
#[derive(Debug, Options)]
#[command(after_help = WORDS)]
pub(super) struct DictArgs {
    #[command(subcommand)]
    pub(super) command: DictCommand,

    /// Change the words of this index only, not those of every index
    #[arg(long, global = true)]
    pub(super) for_index: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum DictCommand {
    /// Add a word, or give it another frequency
    Add {
        /// The word, 2 to 20 Han characters
        word: String,
        /// How often it occurs among 60 million words [default: just enough to keep it whole]
        #[arg(value_parser = clap::value_parser!(u64).range(1..=souwen::analysis::user_words::MAX_FREQUENCY))]
        frequency: Option<u64>,
    },
    /// Take a word out again
    Remove {
        /// The word
        word: String,
    },
    /// List the words and the files they stand in
    List {
        /// Print one JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Add the words of a file in jieba's format (- for standard input)
    Import {
        /// The file
        file: PathBuf,
    },
    /// Name the lines that have no effect, and why; exit code 1 when there are any
    Check {
        /// A file in jieba's format [default: your own ones]
        file: Option<PathBuf>,
    },
    Discover(DiscoverArgs),
}

/// Propose words that the articles use and no dictionary knows, best first
#[derive(Debug, Options)]
pub(super) struct DiscoverArgs {
    /// Words to propose
    #[arg(short = 'n', long, value_name = "N", default_value_t = 100)]
    pub(super) limit: usize,

    /// Occurrences that a word must have at least
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(2..))]
    pub(super) min_count: u32,

    /// Print the words only, one a line, as `souwen dict import -` takes them
    #[arg(long, conflicts_with = "json")]
    pub(super) words: bool,

    /// Print one JSON object a line
    #[arg(long)]
    pub(super) json: bool,
}

const WORDS: &str = "\
Words stand in two plain text files, `words.txt` beside config.toml, for every index, and
`INDEX.words.txt` beside the folder INDEX of an index, for that one, which counts where both name a
word. One word a line: `word [frequency] [tag]`; # begins a comment. After a change,
`souwen index --rebuild` cuts all articles anew; until then, words may be missed in articles that
were cut before, exact strings in quotes are not.

Other names for the same thing stand in `synonyms.txt` and `INDEX.synonyms.txt` beside them, one
group a line: `北约, 北大西洋公约组织, NATO`. They need no rebuild.

Examples:
  souwen dict add 江湾日报
  souwen dict discover --words -n 50 > new.txt    look through it, then
  souwen dict import new.txt";

/// Measure the ranking on queries with known answers
#[derive(Debug, Options)]
#[command(after_help = "\
Queries are `id<TAB>query` lines, judgments and the run are in TREC's formats. Documents go by the
`id` of their line; without --corpus and with an index of a folder, by the ids that search shows.

Example:
  souwen eval --corpus news.jsonl.gz --queries queries.tsv --qrels qrels.txt --run run.txt")]
pub(super) struct EvalArgs {
    /// JSON Lines to index for this once [default: the index in force]
    #[arg(long, value_name = "FILE")]
    pub(super) corpus: Option<PathBuf>,

    /// The queries
    #[arg(long, value_name = "FILE")]
    pub(super) queries: PathBuf,

    /// The judgments
    #[arg(long, value_name = "FILE")]
    pub(super) qrels: PathBuf,

    /// Write the ranking of every query here
    #[arg(long, value_name = "FILE")]
    pub(super) run: Option<PathBuf>,

    /// Find the words as typed only, not other names for the same [env: SOUWEN_SYNONYMS=false]
    #[arg(long)]
    pub(super) no_synonyms: bool,

    /// Threads that index the corpus [env: SOUWEN_THREADS] [default: one per core]
    #[arg(long, value_name = "N", value_parser = settings::THREADS.parser())]
    pub(super) threads: Option<usize>,

    /// Print the measures as JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// Check the index for damage, and repair it
#[derive(Debug, Options)]
#[command(after_help = VERIFYING)]
pub(super) struct VerifyArgs {
    /// Make a damaged index anew from its folder of articles
    #[arg(long, conflicts_with = "oracle")]
    pub(super) repair: bool,

    /// Instead, compare what the index finds with a plain scan, for N strings
    #[arg(long, value_name = "N")]
    pub(super) oracle: Option<usize>,

    /// Draw the same strings as the run of --oracle that named this number
    #[arg(long, value_name = "S", requires = "oracle")]
    pub(super) seed: Option<u64>,

    /// Print the outcome as JSON, with every fault
    #[arg(long)]
    pub(super) json: bool,
}

const VERIFYING: &str = "\
Checks that every file of the index is as it was written, that the index holds the articles of its
list of files, and that each stored article, analysed anew, gives the terms and columns of the index.
Nobody can write to the index meanwhile. --repair does nothing to an index that is whole.

--oracle draws strings of 1 to 12 characters or words from the articles. Quoted, each must find
exactly the articles that contain it; without quotes, at least these. Reads all articles into memory.

Exit codes: 0 whole, or index and scan agree; 1 damaged, or they do not; 2 it could not be checked
or repaired.";

/// Write all articles of the index as JSON Lines
#[derive(Debug, Options)]
#[command(after_help = "\
The oldest article comes first. `souwen index FILE` makes the same index of them again, with the
same ids.

Examples:
  souwen export --output news.jsonl.gz
  souwen export | jq -r .title")]
pub(super) struct ExportArgs {
    /// Write to this file, compressed where its name ends with .gz [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

/// Measure how fast queries are answered, or an index is made
#[derive(Debug, Options)]
#[command(args_conflicts_with_subcommands = true, after_help = BENCHING)]
pub(super) struct BenchArgs {
    #[command(subcommand)]
    pub(super) what: Option<BenchWhat>,

    /// Ask the queries of this file, one a line [default: 200 built-in ones]
    #[arg(long, value_name = "FILE")]
    pub(super) queries: Option<PathBuf>,

    /// Ask each query N times
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) repeat: u64,

    /// Ask for so long instead, such as 30s or 2m
    #[arg(long, value_name = "TIME", conflicts_with = "repeat", value_parser = duration)]
    pub(super) duration: Option<Duration>,

    /// Threads that ask, all of one index
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = settings::THREADS.parser())]
    pub(super) threads: usize,

    /// Ask so many queries a second, whether or not the ones before are answered
    #[arg(long, value_name = "QPS", value_parser = rate)]
    pub(super) rate: Option<f64>,

    /// Start a new `souwen search` for each query
    #[arg(long)]
    pub(super) cold: bool,

    /// Leave the snippets out, as `souwen search -l` does
    #[arg(long)]
    pub(super) no_snippets: bool,

    /// Keep the figures under this name
    #[arg(long, value_name = "NAME", value_parser = run_name)]
    pub(super) save: Option<String>,

    /// Set the figures against those kept under this name
    #[arg(long, value_name = "NAME", value_parser = run_name)]
    pub(super) compare: Option<String>,

    /// End with exit code 1 when a figure is more than X times that of --compare
    #[arg(long, value_name = "X", requires = "compare", value_parser = factor)]
    pub(super) max_slowdown: Option<f64>,

    /// Print the figures as JSON
    #[arg(long)]
    pub(super) json: bool,
}

const BENCHING: &str = "\
A line of --queries is a query as one types it; where the hits are to be sorted by date, it ends
with a tab and `newest` or `oldest`. Every query is asked once before, untimed. An answer is what
`souwen search` finds, with its snippets; printing it is timed with --cold only.

--max-slowdown looks at p50, p90 and p99 of all queries and at p50 of each kind.

Examples:
  souwen bench --save before
  souwen bench --compare before --max-slowdown 1.2
  souwen bench --rate 200 --duration 30s --threads 2
  souwen bench index ~/news

Exit codes: 0 measured, 1 slower than --max-slowdown allows, 2 error or interrupted.";

#[derive(Debug, Subcommand)]
pub(super) enum BenchWhat {
    Index(BenchIndexArgs),
}

/// Measure how fast an index of a folder is made, and how large it is
#[derive(Debug, Options)]
#[command(after_help = "The index is made in a temporary folder (TMPDIR) and removed again.")]
pub(super) struct BenchIndexArgs {
    /// Folder of articles [default: that of the index, else `corpus`]
    pub(super) corpus: Option<PathBuf>,

    /// Threads that read, and threads that write [env: SOUWEN_THREADS] [default: one per core]
    #[arg(long, value_name = "N", value_parser = settings::THREADS.parser())]
    pub(super) threads: Option<usize>,

    /// Memory for articles on their way into the index [env: SOUWEN_MEMORY] [default: 512MiB]
    #[arg(long, value_name = "SIZE", value_parser = settings::MEMORY.parser())]
    pub(super) memory: Option<u64>,

    /// Print the figures as JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// Print completions for a shell, or write man pages
#[derive(Debug, Options)]
#[command(after_help = "Examples:
  souwen generate completions bash > ~/.local/share/bash-completion/completions/souwen
  souwen generate man ~/.local/share/man/man1")]
pub(super) struct GenerateArgs {
    #[command(subcommand)]
    pub(super) what: Generate,
}

#[derive(Debug, Subcommand)]
pub(super) enum Generate {
    /// Print the completions of a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write a man page for each command into a folder
    Man {
        /// The folder, made when it is not there
        dir: PathBuf,
    },
}

/// How hits are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Text,
    Json,
    Tsv,
    Paths,
}

/// The longest run, seconds: a day.
const MAX_RUN_SECONDS: u64 = 24 * 60 * 60;
/// The highest rate: one question a microsecond.
const MAX_RATE: f64 = 1e6;

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    // a bare number is seconds, as for `sleep`
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let read = || Duration::try_from(text.parse::<jiff::SignedDuration>().ok()?).ok();
    let is_meant = |time: &Duration| !time.is_zero() && time.as_secs() <= MAX_RUN_SECONDS;
    seconds.or_else(read).filter(is_meant).ok_or_else(|| "expected a time such as 30s or 2m, at most a day".to_owned())
}

fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok().filter(|rate| (1e-3..=MAX_RATE).contains(rate));
    rate.ok_or_else(|| format!("expected queries a second, at most {MAX_RATE}"))
}

fn factor(text: &str) -> Result<f64, String> {
    let factor = text.parse().ok().filter(|factor: &f64| factor.is_finite() && *factor > 0.0);
    factor.ok_or_else(|| "expected a number above 0, such as 1.2".to_owned())
}

/// The name of a saved run becomes that of a file.
fn run_name(text: &str) -> Result<String, String> {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let is_name = (1..=100).contains(&text.len()) && !text.starts_with('.') && text.chars().all(is_plain);
    is_name.then(|| text.to_owned()).ok_or_else(|| "expected letters, digits, -, _ and . only".to_owned())
}

fn lang() -> impl TypedValueParser<Value = Lang> {
    PossibleValuesParser::new(["en", "zh"]).map(|name| Lang::from_locale(&name))
}

fn sort() -> impl TypedValueParser<Value = Sort> {
    PossibleValuesParser::new(["relevance", "newest", "oldest"]).map(|name| match name.as_str() {
        "newest" => Sort::Newest,
        "oldest" => Sort::Oldest,
        _ => Sort::Relevance,
    })
}

impl Args {
    /// Those that the program was started with.
    pub(crate) fn of_process() -> Result<Self, clap::Error> {
        Self::try_parse_from(spare_exclusions(std::env::args_os()))
    }

    /// What was typed of the settings.
    pub(super) fn typed(&self) -> Typed {
        let mut typed = Typed { index: self.index.clone(), lang: self.lang, color: self.color, ..Typed::default() };
        match &self.command {
            Command::Index(args) => {
                typed.threads = args.threads;
                typed.memory = args.memory;
                typed.zone = args.zone.clone();
                typed.commit_every = args.commit_every;
                typed.max_file_size = args.max_file_size;
                typed.max_line_size = args.max_line_size;
                typed.max_expansion = args.max_expansion;
            }
            Command::Search(args) => {
                typed.limit = args.limit;
                typed.timeout = args.timeout;
                typed.synonyms = args.no_synonyms.then_some(SynonymGroups::None);
            }
            Command::Bench(BenchArgs { what: Some(BenchWhat::Index(args)), .. }) => {
                typed.threads = args.threads;
                typed.memory = args.memory;
            }
            Command::Eval(args) => {
                typed.synonyms = args.no_synonyms.then_some(SynonymGroups::None);
                typed.threads = args.threads;
            }
            _ => {}
        }
        typed
    }
}

/// Lets `souwen search 微软 -apple` exclude a word, where clap would read `-a pple`: the hyphen of an excluded word
/// becomes its full-width twin, which means the same to the query language and nothing to clap.
fn spare_exclusions(args: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let (mut searching, mut verbatim) = (false, false);
    let spare = |arg: OsString| {
        let Some(text) = arg.to_str() else { return arg };
        if !searching {
            searching = text == "search";
        } else if text == "--" {
            verbatim = true;
        } else if let Some(word) = text.strip_prefix('-')
            && !verbatim
            && is_excluded_word(word)
        {
            return format!("－{word}").into();
        }
        arg
    };
    args.into_iter().map(spare).collect()
}

/// Whether what follows a hyphen is a word, not an option with or without its value (`-n5`, `-c=科技`, `-c科技`).
fn is_excluded_word(word: &str) -> bool {
    let mut chars = word.chars();
    let (Some(first), rest) = (chars.next(), chars.as_str()) else { return false };
    match first {
        '-' => false,
        c if rest.is_empty() => !c.is_ascii_alphabetic(),
        'n' => !rest.trim_start_matches('=').bytes().all(|b| b.is_ascii_digit()),
        'a' | 'c' => rest.starts_with(|c: char| c.is_ascii() && c != '='),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound() {
        use clap::CommandFactory;
        Args::command().debug_assert();
    }

    #[track_caller]
    fn check(args: &[&str], query: &[&str]) {
        let args = args.iter().map(OsString::from);
        match Args::try_parse_from(spare_exclusions(args)).unwrap().command {
            Command::Search(args) => assert_eq!(args.query, query),
            command => panic!("{command:?}"),
        }
    }

    #[test]
    fn a_word_after_a_hyphen_is_excluded_and_an_option_is_one() {
        check(&["souwen", "search", "微软", "-财报"], &["微软", "－财报"]);
        check(&["souwen", "search", "-apple", "-nvidia", "-c919"], &["－apple", "－nvidia", "－c919"]);
        check(&["souwen", "search", "-\"A B\"", "-(a", "b)", "-5"], &["－\"A B\"", "－(a", "b)", "－5"]);
        check(&["souwen", "search", "-n5", "-c科技", "-a=甲", "-l", "-n", "3", "微软"], &["微软"]);
        check(&["souwen", "search", "--", "-l", "--json"], &["-l", "--json"]);
        check(&["souwen", "--color=never", "search", "-"], &["-"]);
    }

    #[test]
    fn times_are_written_as_people_write_them() {
        for (text, milliseconds) in
            [("30s", 30_000), ("2m", 120_000), ("1m 30s", 90_000), ("250ms", 250), ("5", 5_000), ("0.5", 500)]
        {
            assert_eq!(duration(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
        for text in ["", "0", "-5", "-5s", "soon", "2d", "1e300", "NaN"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn names_of_runs_are_names_of_files() {
        for name in ["before", "v1.2_b-c", "改前"] {
            assert!(run_name(name).is_ok(), "{name}");
        }
        for name in ["", ".", "..", ".hidden", "a/b", "a\\b", "a b", "a:b", "a\0"] {
            assert!(run_name(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn an_unknown_option_is_no_query() {
        for option in ["--jsno", "-x"] {
            let args = ["souwen", "search", "微软", option].map(OsString::from);
            assert!(Args::try_parse_from(spare_exclusions(args)).is_err(), "{option}");
        }
    }
}
