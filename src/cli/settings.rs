//! What holds, and why: every setting from the command line, else the environment, else the configuration file, else its
//! default. Values are checked here, once.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use souwen::index::SyncOptions;
use souwen::index::open::parse_zone;
use souwen::messages::{Lang, Message};
use souwen::search::request::SearchRequest;

use super::args::duration;
use super::bytes;
use super::config_file::ConfigFile;
use super::console::Color;
use super::failure::Failure;

/// Where a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    CommandLine,
    Environment,
    File,
    Default,
}

/// A value, and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sourced<T> {
    pub(super) value: T,
    pub(super) origin: Origin,
}

/// The settings in force.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) index: Option<Sourced<PathBuf>>,
    pub(super) lang: Sourced<Lang>,
    pub(super) color: Sourced<Color>,
    pub(super) limit: Sourced<usize>,
    pub(super) threads: Sourced<usize>,
    pub(super) memory: Sourced<u64>,
    pub(super) zone: Option<Sourced<String>>,
    pub(super) commit_every: Sourced<u64>,
    pub(super) synonyms: Sourced<SynonymGroups>,
    pub(super) timeout: Sourced<Duration>,
    pub(super) max_file_size: Sourced<u64>,
    pub(super) max_line_size: Sourced<u64>,
    pub(super) max_expansion: Sourced<u64>,
    pub(super) file: ConfigFile,
}

/// What was typed of them.
#[derive(Debug, Default)]
pub(super) struct Typed {
    pub(super) index: Option<PathBuf>,
    pub(super) lang: Option<Lang>,
    pub(super) color: Option<Color>,
    pub(super) limit: Option<usize>,
    pub(super) threads: Option<usize>,
    pub(super) memory: Option<u64>,
    pub(super) zone: Option<String>,
    pub(super) commit_every: Option<u64>,
    pub(super) synonyms: Option<SynonymGroups>,
    pub(super) timeout: Option<Duration>,
    pub(super) max_file_size: Option<u64>,
    pub(super) max_line_size: Option<u64>,
    pub(super) max_expansion: Option<u64>,
}

/// Which groups of names a query is widened by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SynonymGroups {
    /// The built-in ones and the user's.
    All,
    /// The user's.
    Own,
    None,
}

impl SynonymGroups {
    /// As it is written in the file.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::All => "true",
            Self::Own => "own",
            Self::None => "false",
        }
    }
}

/// A setting that is written as text: its name, how it is read, and what to say when it cannot be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setting<T> {
    /// Name of the option and of the key in the file.
    pub(super) key: &'static str,
    parse: fn(&str) -> Option<T>,
    expected: Message<'static>,
}

/// Less would be ignored: the engine alone wants 15 MB.
const MIN_MEMORY_BYTES: u64 = 32_000_000;

pub(super) const INDEX: Setting<PathBuf> =
    Setting { key: "index", parse: |text| Some(PathBuf::from(text)), expected: Message::ExpectedFolder };
pub(super) const LANG: Setting<Lang> = Setting {
    key: "lang",
    parse: |text| matches!(text, "en" | "zh").then(|| Lang::from_locale(text)),
    expected: Message::ExpectedLang,
};
pub(super) const COLOR: Setting<Color> =
    Setting { key: "color", parse: |text| Color::from_str(text, false).ok(), expected: Message::ExpectedColor };
pub(super) const LIMIT: Setting<usize> = Setting {
    key: "limit",
    parse: |text| text.parse().ok().filter(|limit| *limit <= SearchRequest::MAX_LIMIT),
    expected: Message::ExpectedNumber { least: 0, most: SearchRequest::MAX_LIMIT as u64 },
};
pub(super) const THREADS: Setting<usize> = Setting {
    key: "threads",
    parse: |text| text.parse().ok().filter(|threads| (1..=MAX_THREADS).contains(threads)),
    expected: Message::ExpectedNumber { least: 1, most: MAX_THREADS as u64 },
};
/// More than any machine that this is meant for has cores.
const MAX_THREADS: usize = 256;
pub(super) const MEMORY: Setting<u64> = Setting {
    key: "memory",
    parse: |text| bytes::parse(text).filter(|bytes| *bytes >= MIN_MEMORY_BYTES),
    expected: Message::ExpectedSize,
};
pub(super) const ZONE: Setting<String> = Setting {
    key: "zone",
    parse: |text| parse_zone(text).map(|_| text.trim().to_owned()),
    expected: Message::ExpectedZone,
};
pub(super) const COMMIT_EVERY: Setting<u64> = Setting {
    key: "commit-every",
    parse: |text| text.parse().ok().filter(|articles| (1..=MAX_COMMIT_EVERY).contains(articles)),
    expected: Message::ExpectedNumber { least: 1, most: MAX_COMMIT_EVERY },
};
pub(super) const SYNONYMS: Setting<SynonymGroups> = Setting {
    key: "synonyms",
    parse: |text| {
        let groups = [SynonymGroups::All, SynonymGroups::Own, SynonymGroups::None];
        groups.into_iter().find(|groups| groups.name() == text)
    },
    expected: Message::ExpectedSynonyms,
};
pub(super) const TIMEOUT: Setting<Duration> =
    Setting { key: "timeout", parse: |text| duration(text).ok(), expected: Message::ExpectedTime };
/// Longer than any search of articles that a person waits for; what takes longer is an accident.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);
pub(super) const MAX_FILE_SIZE: Setting<u64> =
    Setting { key: "max-file-size", parse: file_size, expected: Message::ExpectedFileSize };
pub(super) const MAX_LINE_SIZE: Setting<u64> =
    Setting { key: "max-line-size", parse: file_size, expected: Message::ExpectedFileSize };
pub(super) const MAX_EXPANSION: Setting<u64> = Setting {
    key: "max-expansion",
    parse: |text| text.parse().ok().filter(|times| (1..=MAX_MAX_EXPANSION).contains(times)),
    expected: Message::ExpectedNumber { least: 1, most: MAX_MAX_EXPANSION },
};
/// More than any compression reaches.
const MAX_MAX_EXPANSION: u64 = 1_000_000;
/// Offsets into a text are kept in 32 bits here and there; a file of this size may have a text half as long again.
const MAX_MAX_FILE_SIZE: u64 = 1 << 30;
/// As good as never.
const MAX_COMMIT_EVERY: u64 = 1_000_000_000;

fn file_size(text: &str) -> Option<u64> {
    bytes::parse(text).filter(|bytes| (1..=MAX_MAX_FILE_SIZE).contains(bytes))
}

/// Every key that the file may hold.
pub(super) const KEYS: [&str; 13] = [
    INDEX.key,
    LANG.key,
    COLOR.key,
    LIMIT.key,
    THREADS.key,
    MEMORY.key,
    ZONE.key,
    COMMIT_EVERY.key,
    SYNONYMS.key,
    TIMEOUT.key,
    MAX_FILE_SIZE.key,
    MAX_LINE_SIZE.key,
    MAX_EXPANSION.key,
];

impl<T> Setting<T> {
    /// The setting's environment variable.
    pub(super) fn variable(&self) -> String {
        variable(self.key)
    }

    /// The same reading for clap, which tells what is wrong in English.
    pub(super) fn parser(self) -> impl Fn(&str) -> Result<T, String> + Clone {
        let Self { parse, expected, .. } = self;
        move |text| parse(text).ok_or_else(|| format!("expected {}", expected.in_lang(Lang::En)))
    }

    /// The value that holds, if any does.
    fn pick(
        &self,
        typed: Option<T>,
        environment: &Environment,
        file: &ConfigFile,
    ) -> Result<Option<Sourced<T>>, Failure> {
        if let Some(value) = typed {
            return Ok(Some(Sourced { value, origin: Origin::CommandLine }));
        }
        let variable = self.variable();
        let (name, text, origin) = if let Some(text) = environment.text(&variable) {
            (variable, text, Origin::Environment)
        } else if let Some(text) = file.get(self.key) {
            (format!("{}: {}", file.shown_path(), self.key), text.to_owned(), Origin::File)
        } else {
            return Ok(None);
        };
        match (self.parse)(&text) {
            Some(value) => Ok(Some(Sourced { value, origin })),
            None => Err(Failure::BadSetting { name, value: text, expected: self.expected }),
        }
    }
}

/// `SOUWEN_COMMIT_EVERY` for `commit-every`.
pub(super) fn variable(key: &str) -> String {
    format!("SOUWEN_{}", key.to_uppercase().replace('-', "_"))
}

impl<T> Sourced<T> {
    fn or_default(picked: Option<Self>, default: T) -> Self {
        picked.unwrap_or(Self { value: default, origin: Origin::Default })
    }
}

impl Settings {
    /// Puts together what holds.
    pub(super) fn resolve(typed: Typed, environment: &Environment, file: ConfigFile) -> Result<Self, Failure> {
        let defaults = SyncOptions::default();
        let mut index = INDEX.pick(typed.index, environment, &file)?;
        if let Some(Sourced { value, origin: Origin::File }) = &mut index {
            *value = file.resolve_path(value, environment);
        }
        Ok(Self {
            index,
            lang: Sourced::or_default(LANG.pick(typed.lang, environment, &file)?, locale(environment)),
            color: Sourced::or_default(COLOR.pick(typed.color, environment, &file)?, Color::Auto),
            limit: Sourced::or_default(LIMIT.pick(typed.limit, environment, &file)?, SearchRequest::default().limit),
            threads: Sourced::or_default(THREADS.pick(typed.threads, environment, &file)?, defaults.threads),
            memory: Sourced::or_default(MEMORY.pick(typed.memory, environment, &file)?, defaults.memory_bytes as u64),
            zone: ZONE.pick(typed.zone, environment, &file)?,
            commit_every: Sourced::or_default(
                COMMIT_EVERY.pick(typed.commit_every, environment, &file)?,
                defaults.commit_every,
            ),
            synonyms: Sourced::or_default(SYNONYMS.pick(typed.synonyms, environment, &file)?, SynonymGroups::All),
            timeout: Sourced::or_default(TIMEOUT.pick(typed.timeout, environment, &file)?, DEFAULT_TIMEOUT),
            max_file_size: Sourced::or_default(
                MAX_FILE_SIZE.pick(typed.max_file_size, environment, &file)?,
                defaults.limits.max_file_bytes,
            ),
            max_line_size: Sourced::or_default(
                MAX_LINE_SIZE.pick(typed.max_line_size, environment, &file)?,
                defaults.limits.max_line_bytes as u64,
            ),
            max_expansion: Sourced::or_default(
                MAX_EXPANSION.pick(typed.max_expansion, environment, &file)?,
                defaults.limits.max_expansion,
            ),
            file,
        })
    }
}

/// The language to complain in when the settings cannot be read.
pub(super) fn fallback_lang(typed: Option<Lang>, environment: &Environment) -> Lang {
    let set = || environment.text(&LANG.variable()).and_then(|text| (LANG.parse)(&text));
    typed.or_else(set).unwrap_or_else(|| locale(environment))
}

/// The language of the locale: the first of these variables that is set counts, as POSIX says; where none is, the
/// system's own setting does.
fn locale(environment: &Environment) -> Lang {
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(|name| environment.text(name));
    Lang::from_locale(&set.or_else(sys_locale::get_locale).unwrap_or_default())
}

/// Environment variables.
pub(super) struct Environment(Lookup);

/// From a name to its value.
type Lookup = Box<dyn Fn(&str) -> Option<OsString>>;

impl Environment {
    /// Those of the process.
    pub(super) fn of_process() -> Self {
        Self(Box::new(|name| std::env::var_os(name)))
    }

    /// A variable; an empty one counts as not set.
    pub(super) fn get(&self, name: &str) -> Option<OsString> {
        (self.0)(name).filter(|value| !value.is_empty())
    }

    /// A variable as text.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(|value| value.to_string_lossy().into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &'static [(&'static str, &'static str)]) -> Environment {
        Environment(Box::new(|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into())))
    }

    fn file(text: &str) -> ConfigFile {
        ConfigFile::parse(Some("/home/甲/.config/souwen/config.toml".into()), text).unwrap()
    }

    #[test]
    fn the_command_line_comes_before_the_environment_and_that_before_the_file() {
        const VARIABLES: &[(&str, &str)] = &[("SOUWEN_LIMIT", "20"), ("SOUWEN_MEMORY", "64MB"), ("SOUWEN_ZONE", "")];
        let typed = Typed { limit: Some(5), ..Typed::default() };
        let file = file("limit = 30\nmemory = \"1GiB\"\nzone = \"+09:00\"\ncommit-every = 7");
        let settings = Settings::resolve(typed, &environment(VARIABLES), file).unwrap();
        assert_eq!(settings.limit, Sourced { value: 5, origin: Origin::CommandLine });
        assert_eq!(settings.memory, Sourced { value: 64_000_000, origin: Origin::Environment });
        assert_eq!(settings.zone, Some(Sourced { value: "+09:00".to_owned(), origin: Origin::File }));
        assert_eq!(settings.commit_every, Sourced { value: 7, origin: Origin::File });
        assert_eq!(settings.color, Sourced { value: Color::Auto, origin: Origin::Default });
        assert_eq!(settings.index, None);
    }

    #[test]
    fn a_bad_value_is_named_with_its_place() {
        let resolve = |variables, text| Settings::resolve(Typed::default(), &environment(variables), file(text));
        let text = |result: Result<Settings, Failure>| result.unwrap_err().text(Lang::En);
        assert_eq!(text(resolve(&[("SOUWEN_LANG", "fr")], "")), "SOUWEN_LANG is \"fr\", expected en or zh");
        assert_eq!(
            text(resolve(&[], "threads = 0")),
            "/home/甲/.config/souwen/config.toml: threads is \"0\", expected a number from 1 to 256"
        );
    }

    #[test]
    fn paths_in_the_file_are_seen_from_the_file() {
        for (written, meant) in [
            ("~/news/index", "/home/甲/news/index"),
            ("/srv/index", "/srv/index"),
            ("index", "/home/甲/.config/souwen/index"),
        ] {
            let file = file(&format!("index = \"{written}\""));
            let settings = Settings::resolve(Typed::default(), &environment(&[("HOME", "/home/甲")]), file).unwrap();
            assert_eq!(settings.index, Some(Sourced { value: meant.into(), origin: Origin::File }));
        }
    }

    #[test]
    fn the_locale_is_asked_in_the_order_of_posix() {
        assert_eq!(locale(&environment(&[("LANG", "zh_CN.UTF-8"), ("LC_ALL", "C")])), Lang::En);
        assert_eq!(locale(&environment(&[("LANG", "zh_CN.UTF-8"), ("LC_ALL", "")])), Lang::Zh);
        assert_eq!(locale(&environment(&[("LANG", "en_US"), ("LC_MESSAGES", "zh_TW")])), Lang::Zh);
    }
}
