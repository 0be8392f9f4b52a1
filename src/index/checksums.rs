//! Whether the files of an index are, byte for byte, as they were written. Every byte of every file counts:
//!
//! | file | protected by |
//! |---|---|
//! | the list of segments with the commit, the list of files, the manifest | a seal, see `directory.rs` |
//! | files of segments | the engine's footer: a checksum of all before it, of which only one spelling is right |
//!
//! The lock files hold nothing that is relied on.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use flate2::Crc;
use serde::{Deserialize, Serialize};
use tantivy::index::{SegmentComponent, SegmentMeta};

use super::directory::unsealed;
use super::manifest::{self, Manifest};
use super::open::{ArticleIndex, LISTS, is_segment_file};
use crate::error::Error;

/// What is wrong with a file.
#[derive(Debug)]
pub(crate) enum FileFault {
    /// It is not there.
    Missing,
    /// It is not as it was written.
    Changed,
    /// The file system refuses.
    Refused(io::Error),
}

/// The files that an index consists of; where it cannot be opened, all that look like it.
pub(crate) fn files(dir: &Path, index: Option<&ArticleIndex>) -> Result<Vec<PathBuf>, Error> {
    let mut files: Vec<PathBuf> = LISTS.iter().map(PathBuf::from).collect();
    if let Some(index) = index {
        files.push(PathBuf::from(&index.commit().manifest));
        files.extend(index.tantivy.searchable_segment_metas()?.iter().flat_map(segment_files));
    } else {
        for entry in fs::read_dir(dir).map_err(Error::io(dir))? {
            let name = PathBuf::from(entry.map_err(Error::io(dir))?.file_name());
            if is_segment_file(&name) || is_manifest(&name) {
                files.push(name);
            }
        }
    }
    files.sort();
    Ok(files)
}

fn segment_files(segment: &SegmentMeta) -> Vec<PathBuf> {
    use SegmentComponent::{Delete, FastFields, FieldNorms, Positions, Postings, Store, Terms};
    let deletes = segment.has_deletes().then_some(Delete);
    let parts = [FastFields, FieldNorms, Positions, Postings, Store, Terms].into_iter().chain(deletes);
    parts.map(|part| segment.relative_path(part)).collect()
}

fn is_manifest(name: &Path) -> bool {
    name.to_string_lossy().starts_with(manifest::PREFIX)
}

/// Checks the file `name` of the folder `dir`, and gives its size in bytes.
pub(crate) fn check(dir: &Path, name: &Path) -> Result<u64, FileFault> {
    let is_whole = if LISTS.iter().any(|list| name == Path::new(list)) {
        let bytes = fs::read(dir.join(name))?;
        unsealed(&bytes).map(|_| bytes.len() as u64)
    } else if is_manifest(name) {
        let bytes = fs::read(dir.join(name))?;
        Manifest::from_bytes(&bytes).map(|_| bytes.len() as u64)
    } else {
        check_segment_file(&dir.join(name))?
    };
    is_whole.ok_or(FileFault::Changed)
}

impl From<io::Error> for FileFault {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::NotFound { Self::Missing } else { Self::Refused(error) }
    }
}

/// Bytes that are read at once.
const BUFFER_BYTES: usize = 1 << 18;
/// What the engine puts at the end of a footer.
const FOOTER_MAGIC: u32 = 1337;
/// Length of the footer and [`FOOTER_MAGIC`].
const FOOTER_END_BYTES: u64 = 8;
/// The engine's footers have about 100 bytes.
const MAX_FOOTER_BYTES: u64 = 1000;

/// The size of the file when it agrees with its footer.
pub(super) fn check_segment_file(path: &Path) -> io::Result<Option<u64>> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    let Some(end) = size.checked_sub(FOOTER_END_BYTES) else { return Ok(None) };
    file.seek(SeekFrom::Start(end))?;
    let mut last = [0; FOOTER_END_BYTES as usize];
    file.read_exact(&mut last)?;
    let Some(body_bytes) = body_bytes(end, last) else { return Ok(None) };
    file.seek(SeekFrom::Start(body_bytes))?;
    let mut footer = vec![0; (end - body_bytes) as usize];
    file.read_exact(&mut footer)?;

    file.seek(SeekFrom::Start(0))?;
    let mut body = file.take(body_bytes);
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut crc = Crc::new();
    loop {
        match body.read(&mut buffer)? {
            0 => break,
            count => crc.update(&buffer[..count]),
        }
    }
    Ok(is_footer_of(&footer, crc.sum()).then_some(size))
}

/// Where the footer that ends at `footer_end` begins; `last` stands behind it.
fn body_bytes(footer_end: u64, last: [u8; FOOTER_END_BYTES as usize]) -> Option<u64> {
    let [a, b, c, d, magic @ ..] = last;
    let footer_bytes = u64::from(u32::from_le_bytes([a, b, c, d]));
    let is_footer = footer_bytes <= MAX_FOOTER_BYTES && magic == FOOTER_MAGIC.to_le_bytes();
    footer_end.checked_sub(footer_bytes).filter(|_| is_footer)
}

/// The engine's footer, as it spells it.
#[derive(PartialEq, Serialize, Deserialize)]
struct Footer {
    version: EngineVersion,
    crc: u32,
}

/// See [`tantivy::Version`], which keeps its parts to itself.
#[derive(PartialEq, Serialize, Deserialize)]
struct EngineVersion {
    major: u32,
    minor: u32,
    patch: u32,
    index_format_version: u32,
}

/// Whether `footer` is what this engine, or one with an earlier patch, writes behind a body with this checksum.
fn is_footer_of(footer: &[u8], crc: u32) -> bool {
    let Ok(found) = serde_json::from_slice::<Footer>(footer) else { return false };
    let spelled = serde_json::to_vec(&found).expect("five numbers");
    let engine = serde_json::to_value(tantivy::version()).and_then(serde_json::from_value::<EngineVersion>);
    let engine = engine.expect("the engine's footers are read so, too");
    let patch = found.version.patch.min(engine.patch);
    spelled == footer && found == Footer { version: EngineVersion { patch, ..engine }, crc }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_footer_has_one_spelling() {
        let version = serde_json::to_string(tantivy::version()).unwrap();
        let footer = format!("{{\"version\":{version},\"crc\":17}}");
        assert!(is_footer_of(footer.as_bytes(), 17), "{footer}");
        assert!(!is_footer_of(footer.as_bytes(), 18));
        for at in 0..footer.len() {
            for bit in 0..8 {
                let mut changed = footer.clone().into_bytes();
                changed[at] ^= 1 << bit;
                assert!(!is_footer_of(&changed, 17), "{}", String::from_utf8_lossy(&changed));
            }
        }
    }
}
