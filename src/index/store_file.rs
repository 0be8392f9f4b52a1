//! A file of stored articles that does not ask for more memory than any article takes.
//!
//! Each block of such a file says first how large it is when it is unpacked, and the list of blocks how long it is, and the
//! engine makes room for that before it looks further: four gigabytes, where a damaged byte says so. A program can bear an
//! error, but not that.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use tantivy::HasLen;
use tantivy::directory::{FileHandle, OwnedBytes};
use tantivy_common::{BinarySerializable, VInt};

/// Ending of these files.
pub(super) const ENDING: &str = "store";

/// More than any block holds: some text and an article more, which comes from a file of 64 MiB at most (see
/// [`Limits`](crate::corpus::Limits)) and may have grown when it was decoded.
const MAX_BLOCK_BYTES: u32 = 256 << 20;

/// Behind the blocks stands a list of them, then this many bytes that begin with a version and the end of the blocks, then
/// the footer that every file of the engine has.
pub(super) const END_BYTES: usize = 28;
/// Where the end of the blocks, which is where the list begins, stands in these, the lowest byte first.
pub(super) const BLOCKS_END_AT: Range<usize> = 4..12;
/// The last bytes of a footer are its length and a number.
const FOOTER_END_BYTES: usize = 8;

/// The file, where blocks are looked at before they are handed over.
#[derive(Debug)]
pub(super) struct StoreFile {
    file: Arc<dyn FileHandle>,
    /// `None` where the file is too damaged to tell: the engine finds no block either then.
    blocks_end: Option<usize>,
}

impl StoreFile {
    pub(super) fn new(file: Arc<dyn FileHandle>) -> Self {
        Self { blocks_end: blocks_end(&*file), file }
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
    number(end + BLOCKS_END_AT.start, BLOCKS_END_AT.len())
}

impl FileHandle for StoreFile {
    fn read_bytes(&self, range: Range<usize>) -> io::Result<OwnedBytes> {
        let is_in_blocks = self.blocks_end.is_some_and(|end| range.end <= end);
        let is_list = self.blocks_end == Some(range.start);
        let bytes = self.file.read_bytes(range)?;
        let damaged = |what| Err(io::Error::new(io::ErrorKind::InvalidData, what));
        match bytes.first_chunk::<4>() {
            Some(first) if is_in_blocks && u32::from_le_bytes(*first) > MAX_BLOCK_BYTES => {
                damaged("a block of stored articles has no possible size")
            }
            // a layer of the list takes a byte at least
            _ if is_list && !VInt::deserialize(&mut &*bytes).is_ok_and(|layers| layers.0 <= bytes.len() as u64) => {
                damaged("the list of blocks has no possible length")
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Two bytes of blocks, then a list that says it has so many layers, then the end, and a footer of nothing.
    fn file(list: &[u8]) -> StoreFile {
        let mut bytes = [b"bb", list].concat();
        bytes.extend_from_slice(&[&1u32.to_le_bytes()[..], &2u64.to_le_bytes(), &[0; END_BYTES - 12]].concat());
        bytes.extend_from_slice(&[0; FOOTER_END_BYTES]);
        StoreFile::new(Arc::new(OwnedBytes::new(bytes)))
    }

    #[test]
    fn a_list_of_more_layers_than_bytes_is_not_handed_over() {
        // the last byte of a number has its highest bit set
        for (list, is_possible) in [([0x82, 1, 1, 1], true), ([1, 0, 0, 0x81], false), ([0xFF, 1, 1, 1], false)] {
            let file = file(&list);
            assert_eq!(file.read_bytes(2..2 + list.len()).is_ok(), is_possible, "{list:?}");
            assert!(file.read_bytes(3..2 + list.len()).is_ok(), "{list:?}, a part of it");
        }
    }
}
