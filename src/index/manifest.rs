//! What the index holds, file by file, so that a refresh reads only what changed.
//!
//! The manifest is written under a new name before each commit, and the commit's payload names it: index and manifest
//! change together or not at all, and a killed run leaves both as they were. It is compressed: names of files that lie
//! together resemble each other. Ids, which do not, are left out where the name of the file gives them.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

use serde::{Deserialize, Serialize};
use tantivy::Directory;
use tantivy::directory::error::DeleteError;

use super::directory::unsealed;
use crate::article::ArticleId;
use crate::corpus::{Problem, SourceFile};
use crate::error::Error;

/// Every file that gave articles, by its path below the corpus, as the file system spells it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) files: BTreeMap<Vec<u8>, FileEntry>,
}

/// One file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileEntry {
    /// Size and time of the last change when it was read; `None` when it was not read to its end, so that the next run
    /// reads it again.
    pub(crate) stamp: Option<Stamp>,
    pub(crate) articles: Vec<Listed>,
    /// What was wrong with it; counted by every run until the file changes.
    pub(crate) problems: Vec<Problem>,
}

/// An article of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Listed {
    /// What its id differs in from that of a file that is an article: 0 for such a file.
    id_difference: u64,
    #[serde(with = "postcard::fixint::le")]
    content_hash: u64,
}

/// What tells a file that changed without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stamp {
    pub(crate) size: u64,
    pub(crate) modified_ns: i64,
    /// Whether it had changed so shortly before that another change may have left no sign: the next run reads it again.
    pub(crate) is_young: bool,
}

impl Stamp {
    /// Whether `file` looks as it did when it was read.
    pub(crate) fn fits(&self, file: &SourceFile) -> bool {
        (self.size, self.modified_ns) == (file.size, file.modified_ns)
    }
}

/// The quickest: another tenth is not worth the wait at the end of each run.
const ZSTD_LEVEL: i32 = 1;

/// File names begin with this; a number follows.
pub(super) const PREFIX: &str = "manifest-";

impl Manifest {
    /// Number of articles in all files.
    pub(crate) fn articles(&self) -> u64 {
        self.files.values().map(|file| file.articles.len() as u64).sum()
    }

    /// Writes the manifest into `folder`, which is `dir`, under a name that is not yet used, and gives that name. The commit
    /// that names it makes it durable.
    pub(crate) fn save(&self, folder: &dyn Directory, dir: &Path) -> Result<String, Error> {
        let last = names(dir)?.into_iter().filter_map(|name| name[PREFIX.len()..].parse::<u64>().ok()).max();
        let name = format!("{PREFIX}{}", last.map_or(0, |last| last + 1));
        let plain = postcard::to_stdvec(self).expect("a manifest is plain data");
        let bytes = zstd::bulk::compress(&plain, ZSTD_LEVEL).map_err(Error::io(dir.join(&name)))?;
        folder.atomic_write(Path::new(&name), &bytes).map_err(Error::io(dir.join(&name)))?;
        Ok(name)
    }

    /// Reads the manifest `name`.
    pub(crate) fn load(dir: &Path, name: &str) -> Result<Self, Error> {
        let path = dir.join(name);
        let bytes = fs::read(&path).map_err(Error::io(&path))?;
        Self::from_bytes(&bytes).ok_or_else(|| Error::Damaged { part: name.to_owned() })
    }

    /// Back from the content of a file; `None` when it is not as it was written.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        postcard::from_bytes(&zstd::decode_all(unsealed(bytes)?).ok()?).ok()
    }

    /// Removes every manifest but `name`: those of earlier commits, and of runs that were killed.
    pub(crate) fn remove_others(folder: &dyn Directory, dir: &Path, name: &str) -> Result<(), Error> {
        for other in names(dir)?.into_iter().filter(|other| other != name) {
            folder.delete(Path::new(&other)).map_err(|error| match error {
                DeleteError::FileDoesNotExist(path) => Error::io(dir.join(path))(io::ErrorKind::NotFound.into()),
                DeleteError::IoError { io_error, filepath } => {
                    Error::io(dir.join(filepath))(io::Error::new(io_error.kind(), io_error))
                }
            })?;
        }
        Ok(())
    }
}

impl FileEntry {
    /// Lists articles, given as [`ids`](Self::ids) gives them.
    pub(crate) fn list(path: &[u8], articles: impl Iterator<Item = (ArticleId, u64)>) -> Vec<Listed> {
        let of_path = ArticleId::of(path, "").to_u64();
        let listed =
            |(id, content_hash): (ArticleId, u64)| Listed { id_difference: id.to_u64() ^ of_path, content_hash };
        articles.map(listed).collect()
    }

    /// Ids with their content hashes, of the file at `path` below the corpus.
    pub(crate) fn ids(&self, path: &[u8]) -> impl Iterator<Item = (ArticleId, u64)> {
        let of_path = ArticleId::of(path, "").to_u64();
        let id = move |listed: &Listed| ArticleId::from_u64(listed.id_difference ^ of_path);
        self.articles.iter().map(move |listed| (id(listed), listed.content_hash))
    }
}

fn names(dir: &Path) -> Result<Vec<String>, Error> {
    let entries = fs::read_dir(dir).map_err(Error::io(dir))?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    Ok(names.filter(|name| name.starts_with(PREFIX)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::directory::for_writing;

    #[test]
    fn what_was_saved_comes_back_and_ids_that_paths_give_take_no_room() {
        let dir = tempfile::tempdir().unwrap();
        let folder = for_writing(dir.path()).unwrap();
        let saved = |entry_of: fn(u32) -> String| {
            let mut manifest = Manifest::default();
            let mut ids = Vec::new();
            for number in 0..1000 {
                let path = format!("{number}.md").into_bytes();
                let article = (ArticleId::of(&path, &entry_of(number)), u64::from(number));
                let articles = FileEntry::list(&path, [article].into_iter());
                manifest.files.insert(path, FileEntry { articles, ..FileEntry::default() });
                ids.push(article);
            }
            let name = manifest.save(&*folder, dir.path()).unwrap();
            let loaded = Manifest::load(dir.path(), &name).unwrap();
            let mut loaded: Vec<_> = loaded.files.iter().flat_map(|(path, file)| file.ids(path)).collect();
            loaded.sort_by_key(|(_, hash)| *hash);
            assert_eq!(loaded, ids);
            fs::metadata(dir.path().join(name)).unwrap().len()
        };
        let (with_ids, without) = (saved(|number| number.to_string()), saved(|_| String::new()));
        assert!(without + 7000 < with_ids, "{without} {with_ids}");
    }
}
