//! Files of the user's, read and rewritten: words, synonyms, saved runs; and where the first two stand.
//!
//! Words stand in `words.txt` in the configuration folder, for every index, and in `INDEX.words.txt` beside the folder
//! `INDEX` of an index, for that one (`index.words.txt` beside `index`). Where both name a word, the file of the index counts.
//! Synonyms stand likewise in `synonyms.txt` and `INDEX.synonyms.txt`; their groups add up.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::failure::Failure;
use super::place::Place;
use super::settings::Settings;

/// The words.
pub(super) const WORDS: &str = "words.txt";
/// The synonyms.
pub(super) const SYNONYMS: &str = "synonyms.txt";

/// Where a file of the user's stands, for every index and for one.
#[derive(Debug)]
pub(super) struct Paths {
    /// In the configuration folder; unknown when the user has no home.
    pub(super) everywhere: Option<PathBuf>,
    /// Beside the index.
    pub(super) beside: PathBuf,
}

impl Paths {
    /// Of the file `name`.
    pub(super) fn of(name: &str, place: &Place, settings: &Settings) -> Self {
        let everywhere = settings.file.path.as_deref().and_then(Path::parent).map(|folder| folder.join(name));
        // `.` and `..` have no name
        let dir = match place.dir.file_name() {
            Some(_) => place.dir.clone(),
            None => place.dir.canonicalize().unwrap_or_else(|_| place.dir.clone()),
        };
        let mut beside = dir.file_name().unwrap_or_default().to_owned();
        beside.push(".");
        beside.push(name);
        Self { everywhere, beside: dir.with_file_name(beside) }
    }

    /// All of them, the one that counts more last.
    pub(super) fn all(&self) -> impl Iterator<Item = &Path> {
        self.everywhere.as_deref().into_iter().chain([self.beside.as_path()])
    }
}

/// The text of a file; `None` when there is none.
pub(super) fn read(path: &Path) -> Result<Option<String>, Failure> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(Failure::file(path)(error)),
    }
}

/// Writes `text` in place of the file, see [`replace`].
pub(super) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    replace(path, |file| file.write_all(text.as_bytes()).map_err(Failure::file(path)))
}

/// Puts what `fill` writes in place of the file: whoever reads meanwhile sees the old one or the new one, whole. When
/// `fill` fails, nothing has changed.
pub(super) fn replace<T>(path: &Path, fill: impl FnOnce(&mut fs::File) -> Result<T, Failure>) -> Result<T, Failure> {
    // a link stays a link
    let path = &path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let refused = Failure::file(path);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(&refused)?;
    let mut builder = tempfile::Builder::new();
    let permissions = fs::metadata(path).map(|metadata| metadata.permissions());
    let mut file = builder.prefix(".souwen-").tempfile_in(folder).map_err(&refused)?;
    let filled = fill(file.as_file_mut())?;
    file.as_file().sync_all().map_err(&refused)?;
    match permissions {
        Ok(permissions) => file.as_file().set_permissions(permissions).map_err(&refused)?,
        Err(_) => readable(file.as_file()).map_err(&refused)?,
    }
    file.persist(path).map_err(|error| refused(error.error))?;
    Ok(filled)
}

/// Gives a new file the rights that files usually have; temporary ones are made private.
#[cfg(unix)]
fn readable(file: &fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_: &fs::File) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join(WORDS);
        assert_eq!(read(&path).unwrap(), None);
        for text in ["# 词\n元宇宙 5\n", "大模型\n"] {
            write(&path, text).unwrap();
            assert_eq!(read(&path).unwrap().as_deref(), Some(text));
        }
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }
}
