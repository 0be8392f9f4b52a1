//! One writer at a time. The lock is the operating system's, on an open file, so that it ends with its process however
//! that ends; what stands in the file only tells who holds it.

use std::fs::{self, File, TryLockError};
use std::io::{Read as _, Write as _};
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Name of the file in the index folder.
pub(super) const FILE: &str = ".souwen-writer.lock";

/// Held as long as it lives.
#[derive(Debug)]
pub(crate) struct WriterLock(File);

/// Closing the file would not do where another thread is just starting a program, which holds the file until it runs.
impl Drop for WriterLock {
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

/// Who writes to an index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writer {
    /// Process id.
    pub pid: u32,
    /// Since when.
    pub since: Timestamp,
}

impl WriterLock {
    /// Locks the folder `dir`, which is made when it is not there.
    pub(crate) fn acquire(dir: &Path) -> Result<Self, Error> {
        fs::create_dir_all(dir).map_err(Error::io(dir))?;
        let path = dir.join(FILE);
        let mut file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(Error::io(&path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                let holder = file.read_to_string(&mut text).ok().and_then(|_| serde_json::from_str(&text).ok());
                return Err(Error::Locked { dir: dir.to_owned(), holder });
            }
            Err(TryLockError::Error(error)) => return Err(Error::io(&path)(error)),
        }
        let holder = Writer { pid: std::process::id(), since: Timestamp::now() };
        let text = serde_json::to_string(&holder).expect("two numbers");
        // without it a second writer is refused all the same, it just cannot say by whom
        let _ = file.set_len(0).and_then(|()| file.write_all(text.as_bytes()));
        Ok(Self(file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_writer_learns_who_holds_the_lock() {
        let dir = tempfile::tempdir().unwrap();
        let first = WriterLock::acquire(dir.path()).unwrap();
        let Err(Error::Locked { holder: Some(holder), .. }) = WriterLock::acquire(dir.path()) else {
            panic!("two writers at a time");
        };
        assert_eq!(holder.pid, std::process::id());
        drop(first);
        WriterLock::acquire(dir.path()).unwrap();
    }
}
