//! Where the index lies, and which folder of articles it is made from.

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use souwen::index::open;

use super::failure::Failure;
use super::settings::{Origin, Settings};

/// The folder of articles that is taken when none is named, in the current folder.
pub(super) const CORPUS: &str = "corpus";
/// The folder of the index beside it.
const INDEX: &str = "index";

/// Where the index lies.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) dir: PathBuf,
    pub(super) reason: Reason,
}

/// Why it lies there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// Somebody said so.
    Set(Origin),
    /// The current folder holds an index, or a folder of articles.
    CurrentFolder,
    /// Nothing else was known.
    DataFolder,
}

impl Place {
    /// Decides; only looks, and makes nothing.
    pub(super) fn find(settings: &Settings) -> Result<Self, Failure> {
        if let Some(index) = &settings.index {
            return Ok(Self { dir: index.value.clone(), reason: Reason::Set(index.origin) });
        }
        // another program's folder `index` is not ours to take
        if open::is_index(Path::new(INDEX)) || Path::new(CORPUS).is_dir() {
            return Ok(Self { dir: INDEX.into(), reason: Reason::CurrentFolder });
        }
        let folders = etcetera::choose_base_strategy().map_err(|_| Failure::NoHome)?;
        Ok(Self { dir: folders.data_dir().join("souwen").join(INDEX), reason: Reason::DataFolder })
    }

    /// The folder of articles for `souwen index`: the one named, else the one that the index was made from, else the one
    /// in the current folder.
    pub(super) fn corpus(&self, named: Option<&Path>) -> Result<PathBuf, Failure> {
        if let Some(named) = named {
            return Ok(named.to_owned());
        }
        open::remembered_corpus(&self.dir).or_else(corpus_here).ok_or(Failure::CorpusUnknown)
    }

    /// The folder that the index was made from, where the index is too damaged to say: the one that it lies beside.
    pub(super) fn remembered_corpus(&self) -> Option<PathBuf> {
        let beside = || corpus_here().filter(|_| self.reason == Reason::CurrentFolder);
        open::remembered_corpus(&self.dir).or_else(beside)
    }
}

/// The folder of articles in the current folder.
pub(super) fn corpus_here() -> Option<PathBuf> {
    Some(PathBuf::from(CORPUS)).filter(|corpus| corpus.is_dir())
}
