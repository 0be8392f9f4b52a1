//! The folder of an index, as the engine sees it: [`MmapDirectory`] but for some things.
//!
//! - Files that are replaced whole (the list of segments, the list of files, the manifest) are sealed: their last line is a
//!   checksum of the lines before it, checked whenever they are read. The engine has such checksums for the files of segments
//!   only.
//! - Columns and stored articles, in which a damaged byte could ask for any amount of memory, are read with some care.
//! - A reader may have no right to write here.
//! - A writer wants a commit to be durable before what it replaces is removed.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tantivy::directory::error::{DeleteError, LockError, OpenReadError, OpenWriteError};
use tantivy::directory::{
    Directory, DirectoryLock, FileHandle, INDEX_WRITER_LOCK, Lock, MmapDirectory, WatchCallback, WatchHandle, WritePtr,
};
use xxhash_rust::xxh3::xxh3_64;

use super::checksums::check_segment_file;
use super::open::META;
use super::read_file::{self, ReadFile};
use super::store_file::{self, StoreFile};
use crate::error::Error;

/// How the folder of an index is opened: one function, so that tests can put a folder in between that fails.
pub(super) type OpenFolder<'a> = &'a dyn Fn(&Path) -> Result<Box<dyn Directory>, Error>;

/// The folder, for who searches: files are mapped.
pub(super) fn for_reading(dir: &Path) -> Result<Box<dyn Directory>, Error> {
    on_disk(dir, Access::Mapped)
}

/// The folder, for who writes, and reads what was written once more to merge it: see [`ReadFile`].
pub(super) fn for_writing(dir: &Path) -> Result<Box<dyn Directory>, Error> {
    on_disk(dir, Access::Read)
}

fn on_disk(dir: &Path, access: Access) -> Result<Box<dyn Directory>, Error> {
    let files = MmapDirectory::open(dir).map_err(tantivy::TantivyError::from)?;
    Ok(Box::new(IndexDirectory { files, dir: dir.to_owned(), access }))
}

/// How the files of segments come into memory.
#[derive(Debug, Clone, Copy)]
enum Access {
    Mapped,
    Read,
}

/// [`MmapDirectory`] with sealed lists, in which locks that need a right to write are done without, and a list of segments
/// is durable once it is written.
///
/// The engine locks while it opens the segments of a commit, so that no writer removes one of their files meanwhile. On a
/// read-only file system nobody does; in a folder of somebody else the worst is an error, and asking again helps.
///
/// It makes the names of files durable before it replaces the list of segments, but not after. A power cut could then bring
/// back an old list whose files, and whose manifest, have been removed.
#[derive(Debug, Clone)]
struct IndexDirectory {
    files: MmapDirectory,
    dir: PathBuf,
    access: Access,
}

impl Directory for IndexDirectory {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        let is = |ending| path.extension().is_some_and(|found| found == ending);
        let file = match self.access {
            Access::Read if read_file::ENDINGS.into_iter().any(is) => {
                Arc::new(ReadFile::open(&self.files, &self.dir, path)?)
            }
            Access::Mapped | Access::Read => self.files.get_file_handle(path)?,
        };
        if is(COLUMNS_ENDING) && check_segment_file(&self.dir.join(path)).map_err(refused(path))?.is_none() {
            return Err(refused(path)(broken()));
        }
        Ok(if is(store_file::ENDING) { Arc::new(StoreFile::new(file)) } else { file })
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        self.files.delete(path)
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.files.exists(path)
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        self.files.open_write(path)
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        let mut bytes = self.files.atomic_read(path)?;
        let Some(content) = unsealed(&bytes) else { return Err(refused(path)(broken())) };
        bytes.truncate(content.len());
        Ok(bytes)
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        write_whole(&self.dir.join(path), &sealed(data))?;
        if path == Path::new(META) { self.files.sync_directory() } else { Ok(()) }
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.files.sync_directory()
    }

    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        if lock.filepath == INDEX_WRITER_LOCK.filepath {
            // who writes holds `WriterLock`; the engine's is not let go where another thread is just starting a program
            return Ok(DirectoryLock::from(Box::new(())));
        }
        match self.files.acquire_lock(lock) {
            Err(LockError::IoError(error))
                if matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem) =>
            {
                Ok(DirectoryLock::from(Box::new(())))
            }
            acquired => acquired,
        }
    }

    fn watch(&self, callback: WatchCallback) -> tantivy::Result<WatchHandle> {
        self.files.watch(callback)
    }
}

/// Ending of the columns. A damaged one may ask the engine for any amount of memory, which ends the program. So they are
/// compared with their checksum when they are opened, once in a process: 1.6 ms for 16 MiB, the columns of more than a million
/// articles. That reads the file, for what is mapped counts as memory of the process once it is looked at.
const COLUMNS_ENDING: &str = "fast";

/// Puts a file in place whole or not at all, durable but for its name. The engine does the same, and leaves only the owner
/// a right to read it: here that is for the user to say (`umask`), as with every other file of the index.
fn write_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(path.parent().unwrap_or(Path::new("")))?;
    file.write_all(content)?;
    file.as_file().sync_data()?;
    file.into_temp_path().persist(path)?;
    Ok(())
}

fn refused(path: &Path) -> impl Fn(io::Error) -> OpenReadError {
    |error| OpenReadError::wrap_io_error(error, path.to_owned())
}

fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, BROKEN_SEAL)
}

/// What is said of a file that is not as it was written.
pub(super) const BROKEN_SEAL: &str = "its checksum does not fit";

/// Characters of a seal: sixteen hexadecimal digits and the end of the line.
const SEAL_BYTES: usize = 17;

fn seal(content: &[u8]) -> String {
    format!("{:016x}\n", xxh3_64(content))
}

/// `content`, and a last line that speaks for it.
fn sealed(content: &[u8]) -> Vec<u8> {
    [content, seal(content).as_bytes()].concat()
}

/// What [`sealed`] was given; `None` when any byte has changed since.
pub(super) fn unsealed(bytes: &[u8]) -> Option<&[u8]> {
    let (content, found) = bytes.split_at_checked(bytes.len().checked_sub(SEAL_BYTES)?)?;
    (seal(content).as_bytes() == found).then_some(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_breaks_with_any_byte() {
        let bytes = sealed("{\"a\":\n1}\n".as_bytes());
        assert_eq!(unsealed(&bytes), Some("{\"a\":\n1}\n".as_bytes()));
        assert_eq!(unsealed(&sealed(b"")), Some(&b""[..]));
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[at] ^= 1 << bit;
                assert_eq!(unsealed(&changed), None, "byte {at}, bit {bit}");
            }
            assert_eq!(unsealed(&bytes[..at]), None, "cut to {at} bytes");
        }
    }
}
