//! Postings of a term in one segment, read from the files that the engine writes.
//!
//! A search moves over many blocks of postings to look at one document, and wants to know how often it holds the term, and
//! seldom where. The engine's own reader takes some eighty instructions for each block that it passes over, and unpacks all
//! numbers of those that it stops at; this one takes a dozen, and unpacks documents only: a single number can be read where it is
//! packed. It keeps to what stands in the files and knows nothing of scores.
//!
//! What stands there, as the engine's serializers write it ([`tantivy::postings::serializer`], [`tantivy::positions`]):
//!
//! - Documents come in full blocks of [`BLOCK`] and a rest. Where there are full blocks, a list of them comes first, behind its
//!   length in bytes: for each its last document, the bits of a document, then, in fields that have them, the bits of a
//!   frequency, the sum of the frequencies, and two bytes about scores.
//! - A full block is the packed differences of its documents less one, then its packed frequencies less one. The rest is the
//!   same with numbers of variable length, and frequencies as they are.
//! - Positions, differences within a document, are the number of full blocks, the bits of each, the packed blocks, and the
//!   rest with numbers of variable length.

use std::ops::Range;
use std::sync::OnceLock;

use bitpacking::{BitPacker, BitPacker4x};
use tantivy::directory::{CompositeFile, OwnedBytes};
use tantivy::index::SegmentComponent;
use tantivy::postings::TermInfo;
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, SegmentReader, TERMINATED};
use tantivy_common::VInt;

const _: () = assert!(tantivy::INDEX_FORMAT_VERSION == 7, "another version of the engine may write other files");

/// Numbers of a full block.
const BLOCK: usize = BitPacker4x::BLOCK_LEN;
/// Bytes of a full block for each bit of its numbers.
const BYTES_PER_BIT: usize = BLOCK / 8;

/// The postings and positions of all fields of one segment, opened when they are first asked for.
#[derive(Default)]
pub(super) struct Lists {
    fields: OnceLock<Vec<Option<FieldLists>>>,
}

/// The bytes that the places of terms are counted in.
struct FieldLists {
    option: IndexRecordOption,
    postings: OwnedBytes,
    positions: OwnedBytes,
}

impl Lists {
    /// The postings of a term of `field`, that `info` tells the place of.
    pub(super) fn open(&self, reader: &SegmentReader, field: Field, info: &TermInfo) -> tantivy::Result<Box<Postings>> {
        let fields = match self.fields.get() {
            Some(fields) => fields,
            None => {
                let fields = FieldLists::of_all(reader)?;
                self.fields.get_or_init(|| fields)
            }
        };
        let lists = fields[field.field_id() as usize].as_ref().expect("a field with a term has postings");
        Ok(Box::new(Postings::open(lists, info)?))
    }
}

impl FieldLists {
    fn of_all(reader: &SegmentReader) -> tantivy::Result<Vec<Option<Self>>> {
        /// The number of all tokens stands before the postings of a field.
        const BEFORE: usize = size_of::<u64>();
        let file = |part| Ok::<_, tantivy::TantivyError>(CompositeFile::open(&reader.open_read(part)?)?);
        let postings = file(SegmentComponent::Postings)?;
        let positions = file(SegmentComponent::Positions)?;
        let of_field = |(field, entry): (Field, &tantivy::schema::FieldEntry)| {
            let option = entry.field_type().get_index_record_option();
            let files = postings.open_read(field).zip(positions.open_read(field));
            let Some((option, (postings, positions))) = option.zip(files) else { return Ok(None) };
            let (postings, positions) = (postings.slice_from(BEFORE).read_bytes()?, positions.read_bytes()?);
            Ok(Some(Self { option, postings, positions }))
        };
        reader.schema().fields().map(of_field).collect()
    }
}

/// The documents that hold a term, one after the other. Stands nowhere until it is moved.
pub(crate) struct Postings {
    /// Documents in all.
    count: u32,
    option: IndexRecordOption,
    /// The list of full blocks, and these.
    entries: OwnedBytes,
    packed: OwnedBytes,
    positions: Option<Positions>,
    /// The block that it stands in; behind the full ones comes the rest.
    block: usize,
    /// Where the block begins in `packed`.
    start: usize,
    frequencies: Frequencies,
    /// Positions of all blocks before it.
    positions_before: u64,
    /// The last document of the block before it.
    previous: DocId,
    /// Documents from here on are not in the block, but in one behind it. 0 until a block is asked for.
    end: DocId,
    /// Documents of the block. Behind `len` of them comes [`TERMINATED`].
    docs: [DocId; BLOCK],
    len: usize,
    /// Place of the document that it stands at.
    at: usize,
    /// Frequencies of a block less one, and which these are.
    less_one: Vec<u32>,
    unpacked: Option<Frequencies>,
    unpacker: BitPacker4x,
}

impl Postings {
    fn open(lists: &FieldLists, info: &TermInfo) -> tantivy::Result<Self> {
        let mut packed = lists.postings.slice(info.postings_range.clone());
        let entries = if info.doc_freq as usize >= BLOCK {
            let bytes = VInt::deserialize_u64(&mut packed)? as usize;
            let (entries, blocks) = packed.split(bytes);
            packed = blocks;
            entries
        } else {
            OwnedBytes::empty()
        };
        let positions = if lists.option.has_positions() {
            Some(Positions::open(lists.positions.slice(info.positions_range.clone()))?)
        } else {
            None
        };
        Ok(Self {
            count: info.doc_freq,
            option: lists.option,
            entries,
            packed,
            positions,
            block: 0,
            start: 0,
            frequencies: Frequencies { start: 0, bits: None },
            positions_before: 0,
            previous: 0,
            end: 0,
            docs: [TERMINATED; _],
            len: 0,
            at: 0,
            less_one: Vec::new(),
            unpacked: None,
            unpacker: BitPacker4x::new(),
        })
    }

    /// Documents in all, deleted ones included.
    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    /// The document that it stands at; [`TERMINATED`] behind the last one.
    pub(crate) fn doc(&self) -> DocId {
        self.docs[self.at]
    }

    /// The document that it stands at and those behind it, up to the end of a block; none behind the last one.
    pub(crate) fn rest_of_block(&self) -> &[DocId] {
        &self.docs[self.at..self.len]
    }

    /// HOT: moves to the first document at or after `target`, which it gives. Stays where it is if that is behind `target`.
    pub(crate) fn seek(&mut self, target: DocId) -> DocId {
        /// So many documents are looked at one after the other before the rest of the block is searched.
        const NEAR: usize = 4;
        if target >= self.end {
            self.pass(target);
            self.at = self.docs.partition_point(|&doc| doc < target);
        } else {
            let rest = &self.docs[self.at..];
            let near = rest.iter().take(NEAR).take_while(|&&doc| doc < target).count();
            self.at += if near < NEAR { near } else { rest.partition_point(|&doc| doc < target) };
        }
        self.doc()
    }

    /// Moves to the first block, the next one, or behind the last one.
    pub(crate) fn advance_block(&mut self) {
        if self.end <= TERMINATED {
            self.pass(self.end);
        } else {
            (self.len, self.at) = (0, 0);
            self.docs[0] = TERMINATED;
        }
    }

    /// HOT: moves to the first block at or behind this one that does not end before `target`.
    fn pass(&mut self, target: DocId) {
        let full = match self.option {
            IndexRecordOption::Basic => self.pass_full::<5>(target),
            IndexRecordOption::WithFreqs => self.pass_full::<8>(target),
            IndexRecordOption::WithFreqsAndPositions => self.pass_full::<12>(target),
        };
        match full {
            Some(entry) => self.unpack(&entry),
            None => self.read_rest(),
        }
    }

    /// HOT: passes full blocks that end before `target`. Gives the entry of the one that it stands in then.
    fn pass_full<const ENTRY_BYTES: usize>(&mut self, target: DocId) -> Option<Entry> {
        let (entries, _) = self.entries.as_chunks::<ENTRY_BYTES>();
        let rest = &entries[self.block..];
        // two simple loops take fewer steps than one that does both
        let passed = rest.iter().take_while(|entry| last_of(entry) < target).count();
        for entry in rest[..passed].iter().map(Entry::read) {
            self.start += (usize::from(entry.document_bits) + usize::from(entry.frequency_bits)) * BYTES_PER_BIT;
            self.positions_before += u64::from(entry.positions);
            self.previous = entry.last;
        }
        self.block += passed;
        rest.get(passed).map(Entry::read)
    }

    fn unpack(&mut self, entry: &Entry) {
        let previous = (self.previous > 0).then_some(self.previous);
        let packed = &self.packed[self.start..];
        let bytes = self.unpacker.decompress_strictly_sorted(previous, packed, &mut self.docs, entry.document_bits);
        self.frequencies = Frequencies { start: self.start + bytes, bits: Some(entry.frequency_bits) };
        self.end = entry.last + 1;
        (self.len, self.at) = (BLOCK, 0);
    }

    /// The same for documents behind the last full block.
    fn read_rest(&mut self) {
        let mut rest = &self.packed[self.start..];
        let mut doc = self.previous;
        self.len = self.count as usize % BLOCK;
        for read in &mut self.docs[..self.len] {
            doc += variable(&mut rest);
            *read = doc;
        }
        self.docs[self.len..].fill(TERMINATED);
        self.frequencies = Frequencies { start: self.packed.len() - rest.len(), bits: None };
        self.end = DocId::MAX;
        self.at = 0;
    }

    /// HOT: how often the document that it stands at holds the term; once where the field does not say.
    pub(crate) fn frequency(&mut self) -> u32 {
        let (at, Frequencies { start, bits }) = (self.at, self.frequencies);
        1 + match bits {
            Some(bits) if self.unpacked != Some(self.frequencies) => packed_number(&self.packed[start..], bits, at),
            _ => self.less_one(self.frequencies)[at],
        }
    }

    /// The frequencies of a block less one.
    fn less_one(&mut self, wanted: Frequencies) -> &[u32] {
        if self.unpacked != Some(wanted) {
            self.unpacked = Some(wanted);
            self.less_one.resize(BLOCK, 0);
            let mut packed = &self.packed[wanted.start..];
            if let Some(bits) = wanted.bits {
                self.unpacker.decompress(packed, &mut self.less_one, bits);
            } else if self.option.has_freq() {
                let rest = self.count as usize % BLOCK;
                self.less_one[..rest].iter_mut().for_each(|read| *read = variable(&mut packed) - 1);
            }
        }
        &self.less_one
    }

    /// Where the positions of the document that it stands at are.
    pub(crate) fn place(&self) -> Place {
        Place { frequencies: self.frequencies, at: self.at, positions_before: self.positions_before }
    }

    /// HOT: appends where the document at `place`, now or earlier, holds the term, each position moved by `offset`. Nothing in
    /// a field without positions. Documents in their order cost least.
    pub(crate) fn append_positions(&mut self, place: Place, offset: u32, positions: &mut Vec<u32>) {
        self.each_position(place, |position| {
            positions.push(offset + position);
            true
        });
    }

    /// HOT: hands over where the document at `place` holds the term, in order, while `goes_on` says so; see
    /// [`append_positions`](Self::append_positions).
    pub(super) fn each_position(&mut self, place: Place, goes_on: impl FnMut(u32) -> bool) {
        let less_one = self.less_one(place.frequencies);
        let (before, count) = (place.at as u32 + less_one[..place.at].iter().sum::<u32>(), 1 + less_one[place.at]);
        let from = place.positions_before + u64::from(before);
        if let Some(of_all) = &mut self.positions {
            of_all.each(from, count as usize, goes_on);
        }
    }

    /// HOT: leaves those of `docs` that are among the postings.
    pub(super) fn keep(&mut self, docs: &mut Vec<DocId>) {
        /// Where a block meets so few documents, each is searched for in it.
        const FEW: usize = 12;
        let (mut kept, mut next) = (0, 0);
        while let Some(&target) = docs.get(next) {
            self.seek(target);
            let block = self.rest_of_block();
            if block.is_empty() {
                break;
            }
            let end = next + docs[next..].partition_point(|&doc| doc < self.end);
            if end - next <= FEW {
                let mut rest = block;
                for i in next..end {
                    let doc = docs[i];
                    rest = &rest[rest.partition_point(|&other| other < doc)..];
                    docs[kept] = doc;
                    kept += usize::from(rest.first() == Some(&doc));
                }
            } else {
                // side by side, without a branch that could be guessed wrong
                let mut at = 0;
                while next < end && at < block.len() {
                    let (doc, other) = (docs[next], block[at]);
                    docs[kept] = doc;
                    kept += usize::from(doc == other);
                    next += usize::from(doc <= other);
                    at += usize::from(other <= doc);
                }
            }
            next = end;
        }
        docs.truncate(kept);
    }

    /// HOT: appends the documents of `window`, and how often each holds the term.
    pub(super) fn list(&mut self, window: Range<DocId>, docs: &mut Vec<DocId>, frequencies: &mut Vec<u32>) {
        self.seek(window.start);
        loop {
            let rest = self.rest_of_block();
            let inside = rest.partition_point(|&doc| doc < window.end);
            let (is_end, from) = (inside < rest.len() || rest.is_empty(), self.at);
            if inside > 0 {
                docs.extend_from_slice(&rest[..inside]);
                frequencies
                    .extend(self.less_one(self.frequencies)[from..from + inside].iter().map(|&less_one| less_one + 1));
            }
            if is_end {
                self.at += inside;
                break;
            }
            self.advance_block();
        }
    }

    /// The first document at or after `from`, and the end of the stretch from there on that is unpacked.
    pub(super) fn stretch(&mut self, from: DocId) -> (DocId, DocId) {
        (self.seek(from), self.end.min(TERMINATED))
    }

    /// HOT: appends the documents of `stretch`, which ends where one does that [`stretch`](Self::stretch) gave, or before.
    pub(super) fn collect(&mut self, stretch: Range<DocId>, docs: &mut Vec<DocId>) {
        self.seek(stretch.start);
        let rest = self.rest_of_block();
        docs.extend_from_slice(&rest[..rest.partition_point(|&doc| doc < stretch.end)]);
    }
}

/// Where the frequencies of a block begin in `packed`, and the bits of each; `None` in the rest.
#[derive(Clone, Copy, PartialEq)]
struct Frequencies {
    start: usize,
    bits: Option<u8>,
}

/// A document among the postings of a term.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    frequencies: Frequencies,
    at: usize,
    /// Positions of all blocks before its own.
    positions_before: u64,
}

/// What the list of full blocks says of one.
struct Entry {
    last: DocId,
    document_bits: u8,
    /// None and 0 in a field that has none.
    frequency_bits: u8,
    positions: u32,
}

impl Entry {
    fn read<const BYTES: usize>(bytes: &[u8; BYTES]) -> Self {
        Self {
            last: last_of(bytes),
            // the bits above tell a way to write differences that the engine has no other of
            document_bits: bytes[4] & 0x1f,
            frequency_bits: if BYTES > 5 { bytes[5] } else { 0 },
            positions: if BYTES > 8 { number_at(bytes, 6) } else { 0 },
        }
    }
}

/// HOT: the last document of the full block of an entry.
fn last_of<const BYTES: usize>(entry: &[u8; BYTES]) -> DocId {
    number_at(entry, 0)
}

/// Where the documents of a term hold it, all in one row.
struct Positions {
    bytes: OwnedBytes,
    /// Where the bits of the full blocks stand, one byte for each, and the blocks behind them.
    bits: Range<usize>,
    /// A full block, or the rest, and where it begins.
    block: usize,
    start: usize,
    /// Numbers of the block that were passed over: none of a full one.
    passed: usize,
}

impl Positions {
    fn open(bytes: OwnedBytes) -> tantivy::Result<Self> {
        let mut behind = bytes.clone();
        let blocks = VInt::deserialize_u64(&mut behind)? as usize;
        let first = bytes.len() - behind.len();
        let bits = first..first + blocks;
        Ok(Self { bytes, start: bits.end, bits, block: 0, passed: 0 })
    }

    /// HOT: hands over `count` of them, from the one at `from` on, while `goes_on` says so: each is told as the difference from
    /// the one before.
    fn each(&mut self, from: u64, count: usize, mut goes_on: impl FnMut(u32) -> bool) {
        let (mut at, mut left) = ((from % BLOCK as u64) as usize, count);
        let mut position = 0;
        self.move_to((from / BLOCK as u64) as usize, at);
        while left > 0 {
            let Some(bits) = self.bytes[self.bits.clone()].get(self.block).copied() else {
                let mut rest = &self.bytes[self.start..];
                // a damaged frequency could ask for any amount of memory
                assert!(left <= rest.len(), "a position takes a byte or more in files that are not damaged");
                for _ in 0..left {
                    position += variable(&mut rest);
                    if !goes_on(position) {
                        return;
                    }
                }
                return;
            };
            let inside = left.min(BLOCK - at);
            let packed = &self.bytes[self.start..];
            for at in at..at + inside {
                position += packed_number(packed, bits, at);
                if !goes_on(position) {
                    return;
                }
            }
            left -= inside;
            at = 0;
            self.move_to(self.block + usize::from(left > 0), at);
        }
    }

    /// Moves to the number at `at` of `block`, as near as one comes without reading what is packed.
    fn move_to(&mut self, block: usize, at: usize) {
        /// The sum of so many bytes is a number of 16 bits, of which the processor adds up more at once.
        const FEW: usize = 256;
        if block < self.block || block == self.block && at < self.passed {
            (self.block, self.start, self.passed) = (0, self.bits.end, 0);
        }
        let bits = &self.bytes[self.bits.clone()];
        let sum = |few: &[u8]| usize::from(few.iter().map(|&bits| u16::from(bits)).sum::<u16>());
        self.start += bits[self.block..block].chunks(FEW).map(sum).sum::<usize>() * BYTES_PER_BIT;
        self.block = block;
        if block == bits.len() {
            let mut rest = &self.bytes[self.start..];
            (self.passed..at).for_each(|_| _ = variable(&mut rest));
            (self.start, self.passed) = (self.bytes.len() - rest.len(), at);
        }
    }
}

/// HOT: one number of a packed block of numbers of so many bits. These lie in four lanes, the first number in the first lane,
/// the second in the second; of each four words of 32 bits, one belongs to each lane (`BitPacker4x` of the crate `bitpacking`).
fn packed_number(packed: &[u8], bits: u8, at: usize) -> u32 {
    const LANES: usize = 4;
    let Some(unused) = 32u32.checked_sub(u32::from(bits)).filter(|&unused| unused < 32) else { return 0 };
    let first_bit = at / LANES * usize::from(bits);
    let (words, _) = packed.as_chunks::<4>();
    let at = first_bit / 32 * LANES + at % LANES;
    let low = u32::from_le_bytes(words[at]);
    // the last number of a lane ends with its word
    let high = words.get(at + LANES).map_or(0, |&word| u32::from_le_bytes(word));
    let both = u64::from(high) << 32 | u64::from(low);
    (both >> (first_bit % 32)) as u32 & (u32::MAX >> unused)
}

fn number_at<const BYTES: usize>(bytes: &[u8; BYTES], start: usize) -> u32 {
    let number = bytes.get(start..start + size_of::<u32>()).and_then(|number| number.try_into().ok());
    number.map_or(0, u32::from_le_bytes)
}

/// Takes a number of variable length from `bytes`: seven bits in each, the lowest first; the highest bit marks the last.
fn variable(bytes: &mut &[u8]) -> u32 {
    let (mut number, mut shift) = (0, 0);
    loop {
        let (&byte, behind) = bytes.split_first().expect("numbers are whole in files that are not damaged");
        *bytes = behind;
        number |= u32::from(byte & 0x7f) << shift;
        if byte & 0x80 != 0 {
            return number;
        }
        shift += 7;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tantivy::postings::{Postings as _, SegmentPostings};
    use tantivy::schema::{TextFieldIndexing, TextOptions};
    use tantivy::tokenizer::WhitespaceTokenizer;
    use tantivy::{DocSet, Index, IndexWriter, Searcher, Term, doc};

    use super::*;

    const OPTIONS: [IndexRecordOption; 3] =
        [IndexRecordOption::Basic, IndexRecordOption::WithFreqs, IndexRecordOption::WithFreqsAndPositions];

    /// A segment whose documents hold one word: for each of them, the documents before it that lack the word, and the words
    /// before each occurrence.
    fn segment(documents: &[(u8, Vec<u16>)]) -> Searcher {
        let mut schema = tantivy::schema::Schema::builder();
        let fields = OPTIONS.map(|option| {
            let indexing = TextFieldIndexing::default().set_tokenizer("whitespace").set_index_option(option);
            schema.add_text_field(&format!("{option:?}"), TextOptions::default().set_indexing_options(indexing))
        });
        let index = Index::create_in_ram(schema.build());
        index.tokenizers().register("whitespace", WhitespaceTokenizer::default());
        let mut writer: IndexWriter = index.writer_with_num_threads(1, 15_000_000).unwrap();
        for (without, before) in documents {
            for _ in 0..*without {
                writer.add_document(doc!(fields[0] => "other", fields[1] => "other", fields[2] => "other")).unwrap();
            }
            let text: String = before.iter().map(|&others| format!("{}word ", "- ".repeat(others.into()))).collect();
            let [a, b, c] = fields;
            writer.add_document(doc!(a => text.as_str(), b => text.as_str(), c => text.as_str())).unwrap();
        }
        writer.commit().unwrap();
        index.reader().unwrap().searcher()
    }

    /// The postings of the word by the engine's reader, and by this one.
    fn both(searcher: &Searcher, option: IndexRecordOption) -> (SegmentPostings, Box<Postings>) {
        let field = searcher.schema().get_field(&format!("{option:?}")).unwrap();
        let reader = searcher.segment_reader(0);
        let index = reader.inverted_index(field).unwrap();
        let info = index.get_term_info(&Term::from_field_text(field, "word")).unwrap().unwrap();
        let engine = index.read_postings_from_terminfo(&info, option).unwrap();
        (engine, Lists::default().open(reader, field, &info).unwrap())
    }

    /// What the engine says of all documents.
    fn listed(searcher: &Searcher, option: IndexRecordOption) -> Vec<(DocId, u32, Vec<u32>)> {
        let mut engine = both(searcher, option).0;
        let mut all = Vec::new();
        while engine.doc() != TERMINATED {
            let mut positions = Vec::new();
            engine.positions(&mut positions);
            all.push((engine.doc(), engine.term_freq(), positions));
            engine.advance();
        }
        all
    }

    fn documents() -> impl Strategy<Value = Vec<(u8, Vec<u16>)>> {
        let before = || prop_oneof![9 => 0u16..3, 1 => 0u16..300];
        let without = prop_oneof![9 => Just(0u8), 1 => 0u8..60];
        let times =
            prop_oneof![9 => prop::collection::vec(before(), 1..6), 1 => prop::collection::vec(before(), 100..500)];
        let some = prop::collection::vec((without, times), 1..10);
        // the same again and again make many blocks at little cost
        (some, 1usize..90).prop_map(|(some, times)| vec![some; times].concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        /// What is read is what the engine reads, in whatever steps one moves, whatever one asks for on the way.
        #[test]
        fn reads_what_the_engine_reads(
            documents in documents(),
            steps in prop::collection::vec((prop_oneof![9 => 1u32..9, 1 => 1u32..500], any::<[bool; 3]>()), 1..60),
        ) {
            let searcher = segment(&documents);
            for option in OPTIONS {
                let all = listed(&searcher, option);
                let mut postings = both(&searcher, option).1;
                prop_assert_eq!(postings.count() as usize, all.len());
                let mut target = 0;
                for (step, [wants_frequency, wants_positions, wants_them_twice]) in &steps {
                    let behind = &all[all.partition_point(|(doc, ..)| *doc < target)..];
                    let Some((doc, frequency, positions)) = behind.first() else { break };
                    prop_assert_eq!((postings.seek(target), postings.doc()), (*doc, *doc));
                    prop_assert!(behind.iter().map(|(doc, ..)| doc).take(postings.rest_of_block().len()).eq(postings.rest_of_block()));
                    if *wants_frequency {
                        prop_assert_eq!(postings.frequency(), *frequency);
                    }
                    for _ in 0..u8::from(*wants_positions) + u8::from(*wants_them_twice) {
                        let mut found = vec![7];
                        postings.append_positions(postings.place(), 1000, &mut found);
                        let moved = positions.iter().map(|position| position + 1000);
                        prop_assert_eq!(found, std::iter::once(7).chain(moved).collect::<Vec<u32>>());
                    }
                    target = doc + step;
                }
                prop_assert_eq!(postings.seek(TERMINATED), TERMINATED);
                prop_assert!(postings.rest_of_block().is_empty());
            }
        }

        /// The same far behind, with all that stands between passed over in one step.
        #[test]
        fn reads_what_stands_far_behind(occurrences in 300usize..500, documents in 128usize..200) {
            let searcher = segment(&vec![(0, vec![1; occurrences]); documents]);
            let option = IndexRecordOption::WithFreqsAndPositions;
            let (doc, frequency, positions) = listed(&searcher, option).pop().unwrap();
            let (mut postings, mut found) = (both(&searcher, option).1, Vec::new());
            prop_assert_eq!((postings.seek(doc), postings.frequency()), (doc, frequency));
            postings.append_positions(postings.place(), 0, &mut found);
            prop_assert_eq!(found, positions);
        }

        /// Many documents at once are those that one finds one after the other.
        #[test]
        fn many_at_once_are_what_one_after_the_other_finds(
            documents in documents(),
            windows in prop::collection::vec((0u32..300, 1u32..700), 1..12),
            asked in prop::collection::btree_set(0u32..6000, 0..300),
        ) {
            let searcher = segment(&documents);
            for option in OPTIONS {
                let all = listed(&searcher, option);
                let is_in = |doc: &DocId| all.binary_search_by_key(doc, |(doc, ..)| *doc).is_ok();
                let mut listing = both(&searcher, option).1;
                let mut start = 0;
                for (gap, length) in &windows {
                    let window = start + gap..start + gap + length;
                    let (mut docs, mut frequencies) = (Vec::new(), Vec::new());
                    listing.list(window.clone(), &mut docs, &mut frequencies);
                    let inside = all.iter().filter(|(doc, ..)| window.contains(doc));
                    prop_assert!(inside.map(|(doc, frequency, _)| (doc, frequency)).eq(docs.iter().zip(&frequencies)));
                    start = window.end;
                }

                let mut kept: Vec<DocId> = asked.iter().copied().collect();
                both(&searcher, option).1.keep(&mut kept);
                prop_assert!(kept.iter().eq(asked.iter().filter(|doc| is_in(doc))));

                let (mut blocks, mut stretches, mut by_block, mut by_stretch) =
                    (both(&searcher, option).1, both(&searcher, option).1, Vec::new(), Vec::new());
                blocks.advance_block();
                while !blocks.rest_of_block().is_empty() {
                    by_block.extend_from_slice(blocks.rest_of_block());
                    blocks.advance_block();
                }
                let mut from = 0;
                while from < TERMINATED {
                    let (first, end) = stretches.stretch(from);
                    stretches.collect(first..end, &mut by_stretch);
                    from = end;
                }
                prop_assert!(all.iter().map(|(doc, ..)| doc).eq(&by_block));
                prop_assert_eq!(by_block, by_stretch);
            }
        }
    }
}
