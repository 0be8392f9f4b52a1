//! What ends a command, and the words for it: each library error and each mistake of the user mapped to a message with
//! the hint that helps.

use std::io;
use std::path::{Path, PathBuf};

use souwen::analysis::user_words::WordFault;
use souwen::bench::compare;
use souwen::error::Error;
use souwen::index::Writer;
use souwen::index::open::OtherAnalysis;
use souwen::messages::{Lang, Message};

use super::{dict, settings};

/// Why a command could not be carried out.
#[derive(Debug)]
pub(super) enum Failure {
    /// Standard output refused.
    Output(io::Error),
    /// The library failed on the index in this folder.
    Index { dir: PathBuf, error: Error },
    /// The index in this folder was made with other rules of analysis.
    OtherAnalysis { dir: PathBuf },
    /// No folder of articles is known.
    CorpusUnknown,
    /// The damaged index does not say which folder of articles it was made from.
    CorpusForgotten { dir: PathBuf },
    /// The user has no home, so there is no place for an index.
    NoHome,
    /// A file of the user's could not be read or written.
    File { path: PathBuf, error: io::Error },
    /// An environment variable or a key of the file holds no value of its kind.
    BadSetting { name: String, value: String, expected: Message<'static> },
    /// The file holds a key that is no setting.
    UnknownSetting { file: String, key: String },
    /// The file cannot be understood.
    BadConfigFile { file: String, reason: String },
    /// This can be no word of a dictionary.
    BadWord { word: String, fault: WordFault },
    /// The value of a date option is no date.
    BadDate { option: &'static str, value: String },
    /// The file holds no queries to measure.
    NoQueries { file: PathBuf },
    /// There is nothing to find in the index.
    EmptyIndex,
    /// No run was saved under this name.
    UnknownRun { name: String, known: Vec<String> },
    /// Another version of souwen saved the run.
    OtherRunFormat { name: String, found: u32 },
    /// The file of a saved run cannot be understood.
    BadRun { path: PathBuf, reason: String },
    /// A search that was started to be timed failed.
    ColdSearch { query: String, reason: String },
    /// The user has had enough, and there is nothing to show yet.
    Interrupted,
}

/// Only standard output is written through plain `?`: other files are named.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl Failure {
    /// For `map_err` on what the library does with the index in `dir`.
    pub(super) fn index(dir: &Path) -> impl Fn(Error) -> Self {
        move |error| Self::Index { dir: dir.to_owned(), error }
    }

    /// For `map_err` on operations on the file or folder `path`.
    pub(super) fn file(path: &Path) -> impl Fn(io::Error) -> Self {
        move |error| Self::File { path: path.to_owned(), error }
    }

    /// Whether the reader of standard output has left.
    pub(super) fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// What to tell; with a second line where there is a way out.
    pub(super) fn text(&self, lang: Lang) -> String {
        let in_lang = |message: Message<'_>| message.in_lang(lang).to_string();
        match self {
            Self::Output(error) => in_lang(Message::OutputRefused { reason: &error.to_string() }),
            Self::Index { dir, error } => index_text(dir, error, lang),
            Self::OtherAnalysis { dir } => in_lang(Message::OtherAnalysis { index: &shown(dir) }),
            Self::CorpusUnknown => in_lang(Message::CorpusUnknown),
            Self::CorpusForgotten { dir } => in_lang(Message::CorpusForgotten { index: &shown(dir) }),
            Self::NoHome => in_lang(Message::NoHome),
            Self::File { path, error } => {
                in_lang(Message::FileRefused { path: &shown(path), reason: &error.to_string() })
            }
            Self::BadSetting { name, value, expected } => {
                in_lang(Message::BadSetting { name, value, expected: &in_lang(*expected) })
            }
            Self::UnknownSetting { file, key } => {
                in_lang(Message::UnknownSetting { file, key, known: &lang.list(&settings::KEYS) })
            }
            Self::BadConfigFile { file, reason } => in_lang(Message::BadConfigFile { file, reason }),
            Self::BadWord { word, fault } => in_lang(dict::word_fault(word, *fault)),
            Self::BadDate { option, value } => in_lang(Message::BadDate { option, value }),
            Self::NoQueries { file } => in_lang(Message::NoQueries { file: &shown(file) }),
            Self::EmptyIndex => in_lang(Message::EmptyIndex),
            Self::UnknownRun { name, known } if known.is_empty() => in_lang(Message::NoSavedRun { name }),
            Self::UnknownRun { name, known } => in_lang(Message::UnknownRun { name, known: &lang.list(known) }),
            Self::OtherRunFormat { name, found } => {
                in_lang(Message::OtherRunFormat { name, found: *found, expected: compare::FORMAT })
            }
            Self::BadRun { path, reason } => in_lang(Message::FileRefused { path: &shown(path), reason }),
            Self::ColdSearch { query, reason } => in_lang(Message::ColdSearchFailed { query, reason }),
            Self::Interrupted => in_lang(Message::Interrupted),
        }
    }
}

fn index_text(dir: &Path, error: &Error, lang: Lang) -> String {
    let index = &shown(dir);
    let in_lang = |message: Message<'_>| message.in_lang(lang).to_string();
    match error {
        Error::NoIndex(_) => in_lang(Message::IndexMissing { index }),
        Error::NoCorpus(corpus) => in_lang(Message::CorpusMissing { corpus: &shown(corpus) }),
        Error::CorpusGone { corpus, articles } => {
            in_lang(Message::CorpusGone { corpus: &shown(corpus), articles: *articles })
        }
        Error::MassDelete { corpus, removed, articles } => {
            in_lang(Message::MassDelete { corpus: &shown(corpus), removed: *removed, articles: *articles })
        }
        Error::NotOurs(_) => in_lang(Message::NotAnIndex { index }),
        Error::Format { found, expected } => {
            in_lang(Message::OtherFormat { index, found: *found, expected: *expected })
        }
        Error::OtherAnalysis(OtherAnalysis::Dictionary) => in_lang(Message::OtherDictionary { index }),
        Error::OtherAnalysis(OtherAnalysis::Rules) => in_lang(Message::OtherAnalysis { index }),
        Error::OtherCorpus { of, asked } => {
            in_lang(Message::OtherCorpus { index, of: &shown(of), asked: &shown(asked) })
        }
        Error::OtherZone { of, asked } => in_lang(Message::OtherZone { index, of, asked }),
        Error::Zone(zone) => in_lang(Message::BadSetting {
            name: settings::ZONE.key,
            value: zone,
            expected: &in_lang(Message::ExpectedZone),
        }),
        Error::Locked { holder: Some(Writer { pid, since }), .. } => {
            let since = &since.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
            in_lang(Message::LockHeld { index, pid: *pid, since })
        }
        Error::Locked { holder: None, .. } => in_lang(Message::LockHeldBySomeone { index }),
        Error::Damaged { part } => in_lang(Message::IndexDamaged { index, reason: part }),
        Error::Io { path, source } => in_lang(Message::FileRefused { path: &shown(path), reason: &source.to_string() }),
        Error::TimedOut { timeout } => in_lang(Message::SearchTimedOut { seconds: timeout.as_secs_f64() }),
        Error::Engine(error) => in_lang(Message::EngineFailed { index, reason: &error.to_string() }),
        other => in_lang(Message::EngineFailed { index, reason: &other.to_string() }),
    }
}

/// A path for people.
pub(super) fn shown(path: &Path) -> String {
    path.display().to_string()
}
