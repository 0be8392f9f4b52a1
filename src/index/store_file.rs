//! A file of stored articles that does not ask for more memory than any article takes.
//!
//! Each block of such a file says first how large it is when it is unpacked, and the engine makes room for that before it
//! looks further: four gigabytes, where a damaged byte says so. A program can bear an error, but not that.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use tantivy::HasLen;
use tantivy::directory::{FileHandle, OwnedBytes};

/// Ending of these files.
pub(super) const ENDING: &str = "store";

/// More than any block holds: some text and an article more, which comes from a file of 64 MiB at most (see
/// [`Limits`](crate::corpus::Limits)) and may have grown when it was decoded.
const MAX_BLOCK_BYTES: u32 = 256 << 20;

/// Behind the blocks stands a list of them, then this many bytes that begin with a version and the end of the blocks, then
/// the footer that every file of the engine has.
const END_BYTES: usize = 28;
/// The last bytes of a footer are its length and a number.
const FOOTER_END_BYTES: usize = 8;

/// The file, where blocks are looked at before they are handed over.
#[derive(Debug)]
pub(super) struct StoreFile {
    file: Arc<dyn FileHandle>,
    blocks_end: usize,
}

impl StoreFile {
    pub(super) fn new(file: Arc<dyn FileHandle>) -> Self {
        // where it is too damaged to tell, the engine finds no block either
        let blocks_end = blocks_end(&*file).unwrap_or(0);
        Self { file, blocks_end }
    }
}

fn blocks_end(file: &dyn FileHandle) -> Option<usize> {
    let number = |at: usize, bytes: usize| {
        let bytes = file.read_bytes(at..at.checked_add(bytes).filter(|end| *end <= file.len())?).ok()?;
        bytes.iter().rev().try_fold(0usize, |number, byte| number.checked_mul(256)?.checked_add(usize::from(*byte)))
    };
    let footer_end = file.len().checked_sub(FOOTER_END_BYTES)?;
    let footer_bytes = number(footer_end, 4)?;
    let end = footer_end.checked_sub(footer_bytes)?.checked_sub(END_BYTES)?;
    number(end + 4, 8)
}

impl FileHandle for StoreFile {
    fn read_bytes(&self, range: Range<usize>) -> io::Result<OwnedBytes> {
        let is_in_blocks = range.end <= self.blocks_end;
        let bytes = self.file.read_bytes(range)?;
        match bytes.first_chunk::<4>() {
            Some(first) if is_in_blocks && u32::from_le_bytes(*first) > MAX_BLOCK_BYTES => {
                Err(io::Error::new(io::ErrorKind::InvalidData, "a block of stored articles has no possible size"))
            }
            _ => Ok(bytes),
        }
    }
}

impl HasLen for StoreFile {
    fn len(&self) -> usize {
        self.file.len()
    }
}
