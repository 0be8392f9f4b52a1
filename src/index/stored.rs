//! Stored articles of an index, read from the files that the engine writes.
//!
//! The engine's own reader makes a new context of zstd for every block, which asks the processor what it can do. Within a
//! virtual machine that leaves it, and takes 8 µs, a third of what the block takes. This one keeps its contexts.
//!
//! What stands in such a file ([`tantivy::store`]): blocks, a list of them in layers, and an end that tells where the list
//! begins. Numbers are of variable length, if nothing else is said.
//!
//! - The list is the number of layers, where each ends, counted from behind these numbers, and the layers. A layer is groups:
//!   the number of entries, the first document and the first byte, then for each entry how many documents and bytes it has.
//!   Entries of the last layer are blocks, those of another are groups of the next.
//! - A block is its bytes when it is unpacked, in four bytes, and a frame of zstd. Unpacked, it is documents, where each
//!   begins, and their number, these in four bytes each.

use std::io;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use foldhash::fast::RandomState;
use lru::LruCache;
use tantivy::directory::{FileSlice, OwnedBytes};
use tantivy::index::SegmentComponent;
use tantivy::{DocAddress, DocId, Searcher};
use tantivy_common::HasLen;
use zstd::bulk::Decompressor;

use super::store_file::{BLOCKS_END_AT, END_BYTES};

const _: () = assert!(tantivy::INDEX_FORMAT_VERSION == 7, "another version of the engine may write other files");

/// The articles of all segments of one commit.
pub(crate) struct StoredArticles {
    segments: Vec<Blocks>,
    /// Blocks by their segment and first byte.
    unpacked: Mutex<LruCache<(u32, usize), OwnedBytes, RandomState>>,
    /// So many of them at most.
    kept: usize,
    /// As many as there were readers at once.
    contexts: Mutex<Vec<Decompressor<'static>>>,
}

/// The file of one segment.
struct Blocks {
    packed: FileSlice,
    layers: Vec<OwnedBytes>,
}

impl StoredArticles {
    /// Of the segments of `engine`; so many unpacked blocks are kept.
    pub(super) fn open(engine: &Searcher, kept: usize) -> tantivy::Result<Self> {
        let open = |segment: &tantivy::SegmentReader| Ok(Blocks::open(&segment.open_read(SegmentComponent::Store)?)?);
        Ok(Self {
            segments: engine.segment_readers().iter().map(open).collect::<tantivy::Result<_>>()?,
            // a cache with a bound makes room for all at once
            unpacked: Mutex::new(LruCache::unbounded_with_hasher(RandomState::default())),
            kept,
            contexts: Mutex::default(),
        })
    }

    /// The bytes of a document. Of one that there is not, they are an error or another's.
    pub(crate) fn document(&self, DocAddress { segment_ord, doc_id }: DocAddress) -> tantivy::Result<OwnedBytes> {
        let blocks = &self.segments[segment_ord as usize];
        let (first, bytes) = blocks.block_of(doc_id).ok_or_else(|| damaged("the list of blocks"))?;
        let key = (segment_ord, bytes.start);
        // a cache that someone left is whole
        let unpacked = || self.unpacked.lock().unwrap_or_else(PoisonError::into_inner);
        let known = unpacked().get(&key).cloned();
        let block = match known {
            Some(block) => block,
            None => {
                let block = self.unpack(&blocks.packed.read_bytes_slice(bytes)?)?;
                let mut unpacked = unpacked();
                unpacked.put(key, block.clone());
                if unpacked.len() > self.kept {
                    unpacked.pop_lru();
                }
                block
            }
        };
        let document = within(&block, doc_id - first).ok_or_else(|| damaged("a block"))?;
        Ok(block.slice(document))
    }

    fn unpack(&self, packed: &[u8]) -> io::Result<OwnedBytes> {
        let contexts = || self.contexts.lock().unwrap_or_else(PoisonError::into_inner);
        let (bytes, frame) = packed.split_first_chunk().ok_or_else(|| damaged("a block"))?;
        let bytes = u32::from_le_bytes(*bytes) as usize;
        let known = contexts().pop();
        let mut context = known.map_or_else(Decompressor::new, Ok)?;
        let mut block = Vec::with_capacity(bytes);
        let written = context.decompress_to_buffer(frame, &mut block)?;
        contexts().push(context);
        if written == bytes { Ok(OwnedBytes::new(block)) } else { Err(damaged("a block")) }
    }
}

impl Blocks {
    fn open(file: &FileSlice) -> io::Result<Self> {
        let blocks_end = || {
            let end = file.len().checked_sub(END_BYTES)?;
            let place = file.read_bytes_slice(end + BLOCKS_END_AT.start..end + BLOCKS_END_AT.end).ok()?;
            let place = usize::try_from(u64::from_le_bytes(*place.first_chunk()?)).ok()?;
            (place <= end).then_some((place, end))
        };
        let (blocks_end, end) = blocks_end().ok_or_else(|| damaged("the end"))?;
        let list = file.read_bytes_slice(blocks_end..end)?;
        let layers = layers(&list).ok_or_else(|| damaged("the list of blocks"))?;
        Ok(Self { packed: file.slice_to(blocks_end), layers })
    }

    /// The block that a document is in: its first document, and its bytes.
    fn block_of(&self, doc: DocId) -> Option<(DocId, Range<usize>)> {
        let mut found = (0, 0..0);
        for layer in &self.layers {
            found = entry_of(layer.get(found.1.start..)?, doc)?;
        }
        (found.1.end <= self.packed.len()).then_some(found)
    }
}

fn layers(list: &OwnedBytes) -> Option<Vec<OwnedBytes>> {
    let mut rest = list.as_slice();
    let count = take_number(&mut rest)?;
    let mut ends = Vec::new();
    for _ in 0..count {
        ends.push(usize::try_from(take_number(&mut rest)?).ok()?);
    }
    let from = list.len() - rest.len();
    let mut start = 0;
    let layer = |end: usize| {
        let layer = rest.get(start..end).is_some().then(|| list.slice(from + start..from + end));
        start = end;
        layer
    };
    ends.into_iter().map(layer).collect()
}

/// The entry that `doc` is in, in the groups that a layer goes on with: its first document, and its bytes.
fn entry_of(mut groups: &[u8], doc: DocId) -> Option<(DocId, Range<usize>)> {
    let mut number = || take_number(&mut groups);
    loop {
        let count = number()?;
        let mut first = DocId::try_from(number()?).ok()?;
        let mut start = usize::try_from(number()?).ok()?;
        for _ in 0..count {
            let behind = first.checked_add(number()?.try_into().ok()?)?;
            let end = start.checked_add(number()?.try_into().ok()?)?;
            if (first..behind).contains(&doc) {
                return Some((first, start..end));
            }
            (first, start) = (behind, end);
        }
    }
}

/// Where the document at `place` of a block is.
fn within(block: &[u8], place: DocId) -> Option<Range<usize>> {
    let (rest, count) = block.split_last_chunk()?;
    let starts = (u32::from_le_bytes(*count) as usize).checked_mul(size_of::<u32>())?;
    let (documents, starts) = rest.split_at_checked(rest.len().checked_sub(starts)?)?;
    let start_of = |place: usize| starts.as_chunks().0.get(place).map(|start| u32::from_le_bytes(*start) as usize);
    let place = place as usize;
    let (start, end) = (start_of(place)?, start_of(place + 1).unwrap_or(documents.len()));
    (start <= end && end <= documents.len()).then_some(start..end)
}

/// Takes a number off the front: seven bits a byte, the lowest first, the last byte with the eighth bit.
pub(super) fn take_number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let byte = bytes.split_off_first()?;
        number |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 != 0 {
            return Some(number);
        }
    }
    None
}

fn damaged(part: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{part} of stored articles is not as it was written"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tantivy::schema::{STORED, Schema};
    use tantivy::store::{Compressor, ZstdCompressor};
    use tantivy::{Index, IndexSettings, IndexWriter, doc};

    use super::*;

    /// Texts of so many bytes each, in blocks of some 100 bytes.
    fn index(lengths: &[usize]) -> Searcher {
        let mut schema = Schema::builder();
        let field = schema.add_text_field("text", STORED);
        let settings = IndexSettings {
            docstore_compression: Compressor::Zstd(ZstdCompressor::default()),
            docstore_blocksize: 100,
            ..IndexSettings::default()
        };
        let index = Index::builder().schema(schema.build()).settings(settings).create_in_ram().unwrap();
        let mut writer: IndexWriter = index.writer_with_num_threads(1, 15_000_000).unwrap();
        writer.set_merge_policy(Box::new(tantivy::indexer::NoMergePolicy));
        for lengths in lengths.chunks(lengths.len().div_ceil(2).max(1)) {
            for (number, length) in lengths.iter().enumerate() {
                writer.add_document(doc!(field => number.to_string().repeat(*length))).unwrap();
            }
            writer.commit().unwrap();
        }
        index.reader().unwrap().searcher()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20))]

        #[test]
        fn documents_are_those_of_the_engine(lengths in prop::collection::vec(0usize..200, 0..300)) {
            let searcher = index(&lengths);
            // few blocks, so that most are unpacked anew
            let articles = StoredArticles::open(&searcher, 2).unwrap();
            for (ordinal, segment) in (0..).zip(searcher.segment_readers()) {
                let engine = segment.get_store_reader(1).unwrap();
                for doc in (0..segment.max_doc()).chain((0..segment.max_doc()).rev()) {
                    let bytes = articles.document(DocAddress::new(ordinal, doc)).unwrap();
                    let expected = engine.get_document_bytes(doc).unwrap();
                    prop_assert_eq!(bytes.as_slice(), expected.as_slice());
                    prop_assert!(articles.unpacked.lock().unwrap().len() <= 2);
                }
                prop_assert!(articles.document(DocAddress::new(ordinal, segment.max_doc())).is_err());
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..60), doc in 0u32..20) {
            if let Ok(blocks) = Blocks::open(&FileSlice::from(bytes.clone())) {
                blocks.block_of(doc);
            }
            if let Some(document) = within(&bytes, doc) {
                prop_assert!(document.end <= bytes.len());
            }
            entry_of(&bytes, doc);
        }
    }
}
