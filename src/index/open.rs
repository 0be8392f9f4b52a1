//! Opens and creates the index folder, and decides whether an index may be used at all.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use tantivy::directory::MmapDirectory;
use tantivy::store::{Compressor, ZstdCompressor};
use tantivy::{Index, IndexReader, IndexSettings, ReloadPolicy};

use super::directory::ReaderDirectory;
use super::lock;
use super::schema::{Fields, schema};
use crate::analysis::fingerprint::Fingerprint;
use crate::error::Error;

/// Version of everything souwen writes into an index folder. An index of another version is built anew from its corpus.
pub const FORMAT: u32 = 2;

/// Bytes of text that are compressed together. Larger blocks are smaller on disk and slower for each hit.
const STORE_BLOCK_BYTES: usize = 32 << 10;
/// Level of zstd, on its scale of 1 to 22. Decompression does not slow down with it.
const STORE_ZSTD_LEVEL: i32 = 3;

/// Stored text that a reader keeps decompressed, of all segments together: whoever asks many queries of one reader meets the
/// same articles again and again, and decompressing their blocks takes longer than anything else about a hit.
const STORE_CACHE_BYTES: usize = 64 << 20;

/// What every commit says about itself, beside tantivy's own account of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// See [`FORMAT`].
    pub format: u32,
    /// The analysis that the terms came from.
    pub fingerprint: Fingerprint,
    /// Folder that the articles came from.
    pub corpus: PathBuf,
    /// Zone of dates that name none, as in [`parse_zone`].
    pub zone: String,
    /// Moment of the commit.
    pub committed: Timestamp,
    /// Name of the manifest that tells which files the index holds.
    pub(crate) manifest: String,
}

/// An index folder, opened.
#[derive(Debug)]
pub struct ArticleIndex {
    pub(crate) tantivy: Index,
    pub(crate) fields: Fields,
    pub(crate) dir: PathBuf,
    commit: Commit,
}

impl ArticleIndex {
    /// Opens the index in `dir`.
    ///
    /// # Errors
    /// [`Error::NoIndex`], [`Error::NotOurs`], [`Error::Format`], [`Error::Damaged`], or what the engine says.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        let meta = dir.join(META);
        let text = fs::read_to_string(&meta).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound if is_empty(dir) => Error::NoIndex(dir.to_owned()),
            std::io::ErrorKind::NotFound => Error::NotOurs(dir.to_owned()),
            _ => Error::io(&meta)(error),
        })?;
        let commit = commit_of(&text, dir)?;
        let tantivy = Index::open(ReaderDirectory(MmapDirectory::open(dir).map_err(tantivy::TantivyError::from)?))?;
        let (schema, fields) = schema();
        if tantivy.schema() != schema {
            return Err(Error::Damaged { part: "schema".to_owned() });
        }
        Ok(Self { tantivy, fields, dir: dir.to_owned(), commit })
    }

    /// What the last commit said when the index was opened.
    #[must_use]
    pub const fn commit(&self) -> &Commit {
        &self.commit
    }

    /// Why this index may miss articles when asked with `fingerprint`; `None` when it was made with just that.
    #[must_use]
    pub fn other_analysis(&self, fingerprint: &Fingerprint) -> Option<OtherAnalysis> {
        let made_with = &self.commit.fingerprint;
        if made_with.rules != fingerprint.rules {
            Some(OtherAnalysis::Rules)
        } else if made_with.dictionary != fingerprint.dictionary {
            Some(OtherAnalysis::Dictionary)
        } else {
            None
        }
    }

    /// A reader of the last commit. It does not follow later ones.
    pub(crate) fn reader(&self) -> Result<IndexReader, Error> {
        let mut index = self.tantivy.clone();
        let segments = index.searchable_segment_metas()?;
        // segments side by side; the threads are worth their start only where a query may take long
        if segments.iter().map(|segment| u64::from(segment.num_docs())).sum::<u64>() >= MANY_ARTICLES {
            let threads = std::thread::available_parallelism().map_or(1, usize::from);
            index.set_multithread_executor(threads.min(segments.len()))?;
        }
        let blocks = STORE_CACHE_BYTES / STORE_BLOCK_BYTES / segments.len().max(1);
        let reader =
            index.reader_builder().reload_policy(ReloadPolicy::Manual).doc_store_cache_num_blocks(blocks.max(1));
        Ok(reader.try_into()?)
    }

    /// Zone of the dates of the index.
    #[must_use]
    pub fn zone(&self) -> TimeZone {
        parse_zone(&self.commit.zone).unwrap_or(TimeZone::UTC)
    }
}

/// From here on a string of frequent characters takes longer to find than a thread to start.
const MANY_ARTICLES: u64 = 200_000;

/// How the analysis of an index differs from today's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OtherAnalysis {
    /// Another version of the rules: its terms cannot be compared.
    #[error("other rules of analysis")]
    Rules,
    /// Other words: some articles were cut differently, so word searches may miss them; exact search does not.
    #[error("another dictionary")]
    Dictionary,
}

/// tantivy's list of segments; where it stands, an index stands.
const META: &str = "meta.json";

/// The folder that the index in `dir` was made from, even when the index itself is of another format or damaged; `None`
/// when there is none, or it does not say.
#[must_use]
pub fn remembered_corpus(dir: &Path) -> Option<PathBuf> {
    #[derive(Deserialize)]
    struct Remembered {
        corpus: PathBuf,
    }
    let meta: Meta = serde_json::from_str(&fs::read_to_string(dir.join(META)).ok()?).ok()?;
    serde_json::from_str::<Remembered>(&meta.payload?).ok().map(|remembered| remembered.corpus)
}

/// Whether `dir` holds an index of souwen, readable or not.
#[must_use]
pub fn is_index(dir: &Path) -> bool {
    let meta = fs::read_to_string(dir.join(META));
    meta.is_ok_and(|text| !matches!(commit_of(&text, dir), Err(Error::NotOurs(_))))
}

/// What souwen reads of tantivy's list of segments.
#[derive(Deserialize)]
struct Meta {
    payload: Option<String>,
}

/// The commit that the text of a `meta.json` speaks of.
fn commit_of(meta: &str, dir: &Path) -> Result<Commit, Error> {
    #[derive(Deserialize)]
    struct Versioned {
        format: u32,
    }
    let damaged = |part: &str| Error::Damaged { part: part.to_owned() };
    let meta_json: Meta = serde_json::from_str(meta).map_err(|_| damaged(META))?;
    let Some(payload) = meta_json.payload else {
        // ours, but killed before its first commit
        let ours = meta.contains("\"body_units\"");
        return Err(if ours { Error::NoIndex(dir.to_owned()) } else { Error::NotOurs(dir.to_owned()) });
    };
    let Versioned { format: found } = serde_json::from_str(&payload).map_err(|_| Error::NotOurs(dir.to_owned()))?;
    if found != FORMAT {
        return Err(Error::Format { found, expected: FORMAT });
    }
    serde_json::from_str(&payload).map_err(|_| damaged("commit"))
}

/// Files that tantivy (named by 32 hexadecimal digits, or hidden) and souwen write.
fn is_index_file(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let stem = name.split('.').next().unwrap_or_default();
    name == META
        || name == ".managed.json"
        || name == lock::FILE
        || name.starts_with(".tantivy-")
        || name.starts_with(super::manifest::PREFIX)
        || stem.len() == 32 && stem.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Whether a folder holds nothing, or nothing but the lock of a writer.
fn is_empty(dir: &Path) -> bool {
    let counts = |entry: std::io::Result<fs::DirEntry>| entry.is_ok_and(|entry| entry.file_name() != lock::FILE);
    fs::read_dir(dir).map_or(true, |entries| !entries.into_iter().any(counts))
}

/// Creates an empty index in `dir`, in place of one that cannot be read any more. Files of others are never touched.
pub(crate) fn create(dir: &Path) -> Result<Index, Error> {
    fs::create_dir_all(dir).map_err(Error::io(dir))?;
    if dir.join(META).exists() {
        for entry in fs::read_dir(dir).map_err(Error::io(dir))? {
            let path = entry.map_err(Error::io(dir))?.path();
            if path.is_file() && is_index_file(&path) && !path.ends_with(lock::FILE) {
                fs::remove_file(&path).map_err(Error::io(&path))?;
            }
        }
    } else if !is_empty(dir) {
        return Err(Error::NotOurs(dir.to_owned()));
    }
    let compression = ZstdCompressor { compression_level: Some(STORE_ZSTD_LEVEL) };
    let settings = IndexSettings {
        docstore_compression: Compressor::Zstd(compression),
        docstore_blocksize: STORE_BLOCK_BYTES,
        ..IndexSettings::default()
    };
    let directory = MmapDirectory::open(dir).map_err(tantivy::TantivyError::from)?;
    Ok(Index::create(directory, schema().0, settings)?)
}

/// A time zone from `+08:00`, `-5`, `UTC` or, where the system knows it, a name such as `Asia/Shanghai`.
#[must_use]
pub fn parse_zone(text: &str) -> Option<TimeZone> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("utc") || text.eq_ignore_ascii_case("z") {
        return Some(TimeZone::UTC);
    }
    let Some(sign) = text.chars().next().filter(|c| matches!(c, '+' | '-')) else {
        return TimeZone::get(text).ok();
    };
    let (hours, minutes) = match text[1..].split_once(':') {
        Some((hours, minutes)) => (hours, minutes),
        None if text.len() == 5 && text.is_ascii() => text[1..].split_at(2),
        None => (&text[1..], "0"),
    };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<i32>().ok()).flatten();
    let seconds = digits(hours)? * 3600 + digits(minutes).filter(|&minutes| minutes < 60)? * 60;
    let offset = jiff::tz::Offset::from_seconds(if sign == '-' { -seconds } else { seconds }).ok()?;
    (seconds <= 14 * 3600).then(|| TimeZone::fixed(offset))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_read_in_the_usual_ways() {
        let eight = Some(TimeZone::fixed(jiff::tz::offset(8)));
        for text in ["+08:00", "+8", "+0800", "+08"] {
            assert_eq!(parse_zone(text), eight, "{text}");
        }
        assert_eq!(parse_zone("utc"), Some(TimeZone::UTC));
        for text in ["", "+", "+25:00", "+08:99", "东八区", "+８"] {
            assert_eq!(parse_zone(text), None, "{text}");
        }
    }
}
