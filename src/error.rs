//! What can go wrong, one variant for each thing a caller can act on.

use std::io;
use std::path::PathBuf;

use tantivy::TantivyError;
use tantivy::directory::error::OpenReadError;

use crate::index::Writer;
use crate::index::open::OtherAnalysis;

/// An operation of the library failed. `Display` says what was wrong; what to do next is the caller's to say.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no index in this folder.
    #[error("no index in {}", .0.display())]
    NoIndex(PathBuf),
    /// The folder of articles is not there, or no folder.
    #[error("{} is not a folder that can be read", .0.display())]
    NoCorpus(PathBuf),
    /// The folder of articles that the index was made from is not there.
    #[error("{}, the folder of the {articles} articles of the index, is gone", corpus.display())]
    CorpusGone {
        /// The folder.
        corpus: PathBuf,
        /// Articles of the index.
        articles: u64,
    },
    /// The folder lacks so much that an accident is likelier than a wish. Nothing was committed that removes more than
    /// half; [`SyncOptions::allow_mass_delete`](crate::index::SyncOptions::allow_mass_delete) says that it is meant.
    #[error("{} no longer holds {removed} of the {articles} articles of the index", corpus.display())]
    MassDelete {
        /// The folder of articles.
        corpus: PathBuf,
        /// Articles that would be removed.
        removed: u64,
        /// Articles of the index.
        articles: u64,
    },
    /// The caller had the work [stopped](crate::index::SyncOptions::stop).
    #[error("stopped before the end")]
    Stopped,
    /// The index folder holds something that souwen did not write.
    #[error("{} holds files, but no souwen index", .0.display())]
    NotOurs(PathBuf),
    /// Another version of souwen wrote the index.
    #[error("the index has format {found}, this souwen reads format {expected}")]
    Format {
        /// What the index says.
        found: u32,
        /// What this program writes.
        expected: u32,
    },
    /// The index was cut with other rules or words, so that searches would miss articles.
    #[error("the index was made with {0}")]
    OtherAnalysis(OtherAnalysis),
    /// The index holds the articles of another folder.
    #[error("the index holds the articles of {}, not of {}", of.display(), asked.display())]
    OtherCorpus {
        /// The folder it was made from.
        of: PathBuf,
        /// The folder asked for.
        asked: PathBuf,
    },
    /// Dates that name no zone were read in another one: those of old and new articles would differ.
    #[error("the index reads dates in the zone {of}, not in {asked}")]
    OtherZone {
        /// The zone of the index, as in [`Commit`](crate::index::open::Commit::zone).
        of: String,
        /// The zone asked for.
        asked: String,
    },
    /// No time zone has this name.
    #[error("unknown time zone \"{0}\"")]
    Zone(String),
    /// Another process writes to the index.
    #[error("another souwen is writing to {}", dir.display())]
    Locked {
        /// The index folder.
        dir: PathBuf,
        /// Who it is, if that can be told.
        holder: Option<Writer>,
    },
    /// A part of the index cannot be understood.
    #[error("damaged index: {part}")]
    Damaged {
        /// Which part.
        part: String,
    },
    /// The file system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// What was read or written.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// The answer would have taken longer than it may.
    #[error("no answer within {} s", timeout.as_secs_f64())]
    TimedOut {
        /// How long it may take.
        timeout: std::time::Duration,
    },
    /// The engine refused.
    #[error(transparent)]
    Engine(tantivy::TantivyError),
}

impl From<TantivyError> for Error {
    /// A file that is missing or not as it was written is damage; the engine's own words for it help nobody.
    fn from(error: TantivyError) -> Self {
        match error {
            TantivyError::OpenReadError(OpenReadError::FileDoesNotExist(path)) => {
                Self::Damaged { part: format!("{} is missing", path.display()) }
            }
            TantivyError::OpenReadError(OpenReadError::IoError { io_error, filepath }) if is_damage(&io_error) => {
                Self::Damaged { part: format!("{}: {io_error}", filepath.display()) }
            }
            TantivyError::IoError(error) if is_damage(&error) => Self::Damaged { part: error.to_string() },
            TantivyError::DataCorruption(corruption) => Self::Damaged { part: format!("{corruption:?}") },
            error => Self::Engine(error),
        }
    }
}

/// Whether the content of a file is at fault, not the file system.
fn is_damage(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof)
}

impl Error {
    /// For `map_err` on operations on `path`.
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
