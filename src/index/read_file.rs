//! A file of the index for who reads each byte of it once, to merge segments.
//!
//! What is mapped counts as memory of the process until it is unmapped, which the engine does when a merge is done: merging a
//! million articles into two segments, that would be all of the index, gigabytes. Here only pieces are in memory, as long as
//! they are used.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use tantivy::HasLen;
use tantivy::directory::error::OpenReadError;
use tantivy::directory::{Directory, FileHandle, MmapDirectory, OwnedBytes};
use tantivy_common::file_slice::WrapFile;

/// Endings of files with postings, positions and stored articles. All others together are a tenth of an index.
pub(super) const ENDINGS: [&str; 3] = ["idx", "pos", "store"];

/// Longer pieces are mapped, each for itself: all stored articles of a segment, postings of its most frequent characters.
/// Shorter ones are read, as mapping takes longer.
const MAX_READ_BYTES: usize = 256 << 10;

/// The file, not yet in memory.
#[derive(Debug)]
pub(super) struct ReadFile {
    file: WrapFile,
    folder: MmapDirectory,
    path: PathBuf,
}

impl ReadFile {
    /// Opens `path`, of the folder `dir`, which `folder` maps files of.
    pub(super) fn open(folder: &MmapDirectory, dir: &Path, path: &Path) -> Result<Self, OpenReadError> {
        let file = File::open(dir.join(path)).and_then(WrapFile::new).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => OpenReadError::FileDoesNotExist(path.to_owned()),
            _ => OpenReadError::wrap_io_error(error, path.to_owned()),
        })?;
        Ok(Self { file, folder: folder.clone(), path: path.to_owned() })
    }
}

impl FileHandle for ReadFile {
    fn read_bytes(&self, range: Range<usize>) -> io::Result<OwnedBytes> {
        match range.len() {
            0 => Ok(OwnedBytes::empty()),
            1..=MAX_READ_BYTES => self.file.read_bytes(range),
            _ => self.folder.get_file_handle(&self.path).map_err(io::Error::other)?.read_bytes(range),
        }
    }
}

impl HasLen for ReadFile {
    fn len(&self) -> usize {
        self.file.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_those_of_the_file_read_or_mapped() {
        let dir = tempfile::tempdir().unwrap();
        let content: Vec<u8> = (0..3 * MAX_READ_BYTES).map(|at| (at / 7) as u8).collect();
        std::fs::write(dir.path().join("a"), &content).unwrap();
        let folder = MmapDirectory::open(dir.path()).unwrap();
        let file = ReadFile::open(&folder, dir.path(), Path::new("a")).unwrap();
        assert_eq!(file.len(), content.len());
        for range in [0..0, 7..7, 3..10, 1..1 + MAX_READ_BYTES, 1..2 + MAX_READ_BYTES, 0..content.len()] {
            assert_eq!(file.read_bytes(range.clone()).unwrap().as_slice(), &content[range]);
        }
        let missing = ReadFile::open(&folder, dir.path(), Path::new("b"));
        assert!(matches!(missing, Err(OpenReadError::FileDoesNotExist(_))), "{missing:?}");
    }
}
