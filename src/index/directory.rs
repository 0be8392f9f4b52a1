//! The folder of an index as the engine sees it. A reader may have no right to write there, and a writer wants a commit
//! to be durable before what it replaces is removed.

use std::io;
use std::path::Path;
use std::sync::Arc;

use tantivy::directory::error::{DeleteError, LockError, OpenReadError, OpenWriteError};
use tantivy::directory::{
    Directory, DirectoryLock, FileHandle, Lock, MmapDirectory, WatchCallback, WatchHandle, WritePtr,
};

use super::open::META;
use crate::error::Error;

/// How the folder of an index is opened: one function, so that tests can put a folder in between that fails.
pub(super) type OpenFolder<'a> = &'a dyn Fn(&Path) -> Result<Box<dyn Directory>, Error>;

/// The folder as it is.
pub(super) fn on_disk(dir: &Path) -> Result<Box<dyn Directory>, Error> {
    let directory = MmapDirectory::open(dir).map_err(tantivy::TantivyError::from)?;
    Ok(Box::new(IndexDirectory(directory)))
}

/// [`MmapDirectory`], but locks that need a right to write are done without, and a list of segments is durable once it is
/// written.
///
/// The engine locks while it opens the segments of a commit, so that no writer removes one of their files meanwhile. On a
/// read-only file system nobody does; in a folder of somebody else the worst is an error, and asking again helps.
///
/// It makes the names of files durable before it replaces the list of segments, but not after. A power cut could then bring
/// back an old list whose files, and whose manifest, have been removed.
#[derive(Debug, Clone)]
struct IndexDirectory(MmapDirectory);

impl Directory for IndexDirectory {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        self.0.get_file_handle(path)
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        self.0.delete(path)
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.0.exists(path)
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        self.0.open_write(path)
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        self.0.atomic_read(path)
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        self.0.atomic_write(path, data)?;
        if path == Path::new(META) { self.0.sync_directory() } else { Ok(()) }
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.0.sync_directory()
    }

    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        match self.0.acquire_lock(lock) {
            Err(LockError::IoError(error))
                if matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem) =>
            {
                Ok(DirectoryLock::from(Box::new(())))
            }
            acquired => acquired,
        }
    }

    fn watch(&self, callback: WatchCallback) -> tantivy::Result<WatchHandle> {
        self.0.watch(callback)
    }
}
