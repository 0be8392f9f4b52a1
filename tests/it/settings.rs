//! Settings: command line, environment, file, default, in this order; and what is generated from the arguments.

use insta::assert_snapshot;

use crate::support::{TestEnv, post, write};

fn many() -> TestEnv {
    let env =
        (0..6).fold(TestEnv::new(), |env, i| env.post(&format!("{i}.md"), post("台风").body("<p>台风登陆。</p>")));
    env.indexed()
}

#[test]
fn the_nearest_setting_wins() {
    let env = many();
    assert_eq!(env.hits("台风").len(), 6);
    write(&env.home(".config/souwen/config.toml"), "limit = 4\nlang = \"zh\"\n");
    assert_eq!(env.hits("台风").len(), 4, "the file over the default");
    let env = env.var("SOUWEN_LIMIT", "3");
    assert_eq!(env.hits("台风").len(), 3, "the environment over the file");
    assert_eq!(env.hits("台风 --limit 2").len(), 2, "the command line over the environment");
    assert!(env.run("search 台风").stdout.starts_with("共 6 篇"), "the language of the file");
    assert!(env.run("search 台风 --lang en").stdout.starts_with("6 articles"));
}

#[test]
fn config_shows_what_is_in_force_and_from_where() {
    let env = TestEnv::new().post("a.md", post("题")).var("SOUWEN_LIMIT", "3").var("SOUWEN_MEMORY", "64MB");
    write(&env.home(".config/souwen/config.toml"), "limit = 4\nzone = \"+09:00\"\nthreads = 2\n");
    assert_snapshot!(env.run("config --color never"), @"
    exit 0
    ── stdout
    configuration file: [DIR]/home/.config/souwen/config.toml

    index          [DIR]/home/work/index  current folder
    lang           en                               locale
    color          never                            command line
    limit          3                                SOUWEN_LIMIT
    threads        2                                configuration file
    memory         64MB                             SOUWEN_MEMORY
    zone           +09:00                           configuration file
    commit-every   100000                           default
    synonyms       true                             default
    timeout        10s                              default
    max-file-size  32MiB                            default
    max-line-size  16MiB                            default
    max-expansion  200                              default
    ");
    assert_snapshot!(env.run("config --lang zh --index 别处"), @"
    exit 0
    ── stdout
    配置文件：[DIR]/home/.config/souwen/config.toml

    index          [DIR]/home/work/别处  命令行
    lang           zh                              命令行
    color          auto                            默认
    limit          3                               SOUWEN_LIMIT
    threads        2                               配置文件
    memory         64MB                            SOUWEN_MEMORY
    zone           +09:00                          配置文件
    commit-every   100000                          默认
    synonyms       true                            默认
    timeout        10s                             默认
    max-file-size  32MiB                           默认
    max-line-size  16MiB                           默认
    max-expansion  200                             默认
    ");
}

#[test]
fn a_bad_setting_is_named_with_its_place() {
    let env = many().var("SOUWEN_LIMIT", "many");
    assert_snapshot!(env.run("search 台风"), @r#"
        exit 2
        ── stderr
        souwen: error: SOUWEN_LIMIT is "many", expected a number from 0 to 10000
        "#);
    let env = many();
    write(&env.home(".config/souwen/config.toml"), "colour = \"never\"\n");
    assert_snapshot!(env.run("search 台风"), @r#"
    exit 2
    ── stderr
    souwen: error: "[DIR]/home/.config/souwen/config.toml": "colour" is no setting
    hint: settings are index, lang, color, limit, threads, memory, zone, commit-every, synonyms, timeout, max-file-size, max-line-size, max-expansion
    "#);
    write(&env.home(".config/souwen/config.toml"), "limit = \n");
    assert_snapshot!(env.run("search 台风"), @r#"
        exit 2
        ── stderr
        souwen: error: "[DIR]/home/.config/souwen/config.toml": line 1: string values must be quoted, expected literal string
        "#);
}

#[test]
fn a_bad_line_among_the_users_words_is_told_once() {
    let env = many();
    write(&env.home(".config/souwen/words.txt"), "江湾日报\nnews\n");
    write(&env.home("more.txt"), "江湾晚报\n");
    let more = env.home("more.txt");
    for args in [
        &["dict", "add", "夜航船"][..],
        &["dict", "import", more.to_str().unwrap()],
        &["search", "台风"],
        &["analyze", "台风"],
    ] {
        let run = env.run_args(args).succeeds();
        assert_eq!(run.stderr.matches("1 bad line").count(), 1, "{args:?}: {run}");
    }
}

#[test]
fn the_locale_chooses_the_language() {
    for (name, value, start) in [
        ("LANG", "zh_CN.UTF-8", "共 6 篇"),
        ("LC_ALL", "zh_TW.UTF-8", "共 6 篇"),
        ("LANG", "fr_FR", "6 articles"),
        ("SOUWEN_LANG", "zh", "共 6 篇"),
    ] {
        let run = many().var(name, value).run("search 台风");
        assert!(run.stdout.starts_with(start), "{name}={value}: {run}");
    }
}

#[test]
fn completions_and_man_pages_are_generated() {
    let env = TestEnv::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = env.run(&format!("generate completions {shell}")).succeeds();
        assert!(run.stdout.contains("souwen") && run.stdout.contains("analyze"), "{shell}");
    }
    env.run("generate man pages").succeeds();
    let page = std::fs::read_to_string(env.cwd().join("pages/souwen-search.1")).unwrap();
    assert!(page.contains("facets"), "{page}");
}

#[test]
fn help_is_short_and_names_the_query_language() {
    let env = TestEnv::new();
    assert_snapshot!(env.run("--help"), @"
    exit 0
    ── stdout
    Full-text search over a folder of Chinese news, from the terminal

    Usage: souwen [OPTIONS] <COMMAND>

    Commands:
      index     Bring the index in step with a folder of articles
      watch     Keep the index in step with a folder of articles until told to end
      search    Find articles, those with all the words first
      show      Print one article, through $PAGER on a terminal
      stats     Describe the index: articles, dates, categories, sizes, settings
      optimize  Merge the parts of the index into one, and give back the space of removed articles
      analyze   Print the terms that a text is cut into, with positions and offsets
      dict      Words of your own, which are then cut whole
      eval      Measure the ranking on queries with known answers
      verify    Check the index for damage, and repair it
      export    Write all articles of the index as JSON Lines
      bench     Measure how fast queries are answered, or an index is made
      config    Show every setting in force, and where it comes from
      generate  Print completions for a shell, or write man pages

    Options:
      -h, --help     Print help
      -V, --version  Print version

    Global options:
          --index <DIR>   Folder of the index [env: SOUWEN_INDEX] [default: `index` here, else in the
                          user's data folder]
          --color <WHEN>  When to use colour, by default on terminals only [env: SOUWEN_COLOR] [possible
                          values: auto, always, never]
          --lang <LANG>   Language of messages, by default that of the locale [env: SOUWEN_LANG]
                          [possible values: en, zh]

    Examples:
      souwen index ~/news              take in a folder of articles, or what has changed in it
      souwen search 微软 区块链        the articles with these words, best first
      souwen show 8qk2                 one of them, by the beginning of its id

    See `souwen COMMAND --help` for more. Exit codes: 0 found, 1 nothing found, 2 error.
    ");
    let help = env.run("search --help").succeeds().stdout;
    for part in ["OR", "title:", "after:", "~5", "--category", "--since", "--facets", "--explain", "--json", "--paths"]
    {
        assert!(help.contains(part), "{part} in {help}");
    }
}
