//! An index in the making, in the folder of one that cannot be opened any more.
//!
//! The files of its segments have names of their own, and so have manifests. The lists of the engine, whose names are those of
//! the old index, are kept in memory up to the first commit. That writes them, the list of segments last: until then the
//! folder holds every file of the old index as it was, from then on it holds the new one. What is left of the old index
//! then is [removed](super::open::remove_strays).

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tantivy::Directory;
use tantivy::directory::error::{DeleteError, LockError, OpenReadError, OpenWriteError};
use tantivy::directory::{DirectoryLock, FileHandle, Lock, WatchCallback, WatchHandle, WritePtr};

use super::open::{LISTS, META, has_commit};

/// The folder as the new index sees it: without the lists of the old one.
#[derive(Debug, Clone)]
pub(super) struct Replacement {
    folder: Box<dyn Directory>,
    /// `None` once they are written.
    lists: Arc<Mutex<Option<Lists>>>,
}

/// Contents by name.
type Lists = BTreeMap<PathBuf, Vec<u8>>;

impl Replacement {
    pub(super) fn new(folder: Box<dyn Directory>) -> Self {
        Self { folder, lists: Arc::new(Mutex::new(Some(Lists::new()))) }
    }

    fn lists(&self) -> MutexGuard<'_, Option<Lists>> {
        self.lists.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_list(path: &Path) -> bool {
    LISTS.iter().any(|list| path == Path::new(list))
}

impl Directory for Replacement {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        self.folder.get_file_handle(path)
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        self.folder.delete(path)
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        match &*self.lists() {
            Some(lists) if is_list(path) => Ok(lists.contains_key(path)),
            _ => self.folder.exists(path),
        }
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        self.folder.open_write(path)
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        match &*self.lists() {
            Some(lists) if is_list(path) => {
                lists.get(path).cloned().ok_or_else(|| OpenReadError::FileDoesNotExist(path.to_owned()))
            }
            _ => self.folder.atomic_read(path),
        }
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        let mut held = self.lists();
        let Some(lists) = held.as_mut().filter(|_| is_list(path)) else {
            drop(held);
            return self.folder.atomic_write(path, data);
        };
        if path != Path::new(META) || !has_commit(data) {
            lists.insert(path.to_owned(), data.to_vec());
            return Ok(());
        }
        for (path, data) in lists.iter().filter(|(path, _)| *path != Path::new(META)) {
            self.folder.atomic_write(path, data)?;
        }
        self.folder.atomic_write(path, data)?;
        *held = None;
        Ok(())
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.folder.sync_directory()
    }

    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        self.folder.acquire_lock(lock)
    }

    fn watch(&self, callback: WatchCallback) -> tantivy::Result<WatchHandle> {
        self.folder.watch(callback)
    }
}
