//! Opens and creates the index folder, and decides whether an index may be used at all.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tantivy::store::{Compressor, ZstdCompressor};
use tantivy::{Directory, Index, IndexReader, IndexSettings, ReloadPolicy, Searcher};

use super::checksums;
use super::directory::{BROKEN_SEAL, OpenFolder, for_reading, unsealed};
use super::guard::guarded;
use super::lock;
use super::manifest;
use super::replacement::Replacement;
use super::schema::{Fields, schema};
use super::stored::StoredArticles;
use crate::analysis::fingerprint::Fingerprint;
use crate::error::Error;

/// Version of everything souwen writes into an index folder. An index of another version is built anew from its corpus.
pub const FORMAT: u32 = 7;

/// Bytes of text that are compressed together. Larger blocks are smaller on disk and slower for each hit: on cctv, 32 kB would
/// take 0.3 MB less, of 42, and 8 kB 0.2 MB more.
const STORE_BLOCK_BYTES: usize = 12 << 10;
/// Level of zstd, on its scale of 1 to 22. On cctv, level 1 takes 0.6 MB more, of 42, and level 9 0.1 MB less. No search takes
/// noticeably longer than with level 1.
const STORE_ZSTD_LEVEL: i32 = 4;

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
        Self::open_in(dir, &for_reading)
    }

    /// The same, in the folder that `open_folder` gives.
    pub(super) fn open_in(dir: &Path, open_folder: OpenFolder<'_>) -> Result<Self, Error> {
        let meta = dir.join(META);
        let bytes = fs::read(&meta).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound if is_empty(dir) => Error::NoIndex(dir.to_owned()),
            std::io::ErrorKind::NotFound if is_remains(dir) => damaged(&format!("{META} is missing")),
            std::io::ErrorKind::NotFound => Error::NotOurs(dir.to_owned()),
            _ => Error::io(&meta)(error),
        })?;
        let commit = commit_of(&bytes, dir)?;
        let tantivy = guarded(|| Ok(Index::open(open_folder(dir)?)?))?;
        let (schema, fields) = schema();
        if tantivy.schema() != schema {
            return Err(damaged("schema"));
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
        guarded(|| self.open_reader())
    }

    fn open_reader(&self) -> Result<IndexReader, Error> {
        let mut index = self.tantivy.clone();
        let segments = index.searchable_segment_metas()?;
        // segments side by side; the threads are worth their start only where a query may take long
        if segments.iter().map(|segment| u64::from(segment.num_docs())).sum::<u64>() >= MANY_ARTICLES {
            let threads = std::thread::available_parallelism().map_or(1, usize::from);
            index.set_multithread_executor(threads.min(segments.len()))?;
        }
        // articles are read by a reader of our own
        Ok(index.reader_builder().reload_policy(ReloadPolicy::Manual).doc_store_cache_num_blocks(0).try_into()?)
    }

    /// The stored articles of all segments of `engine`.
    pub(crate) fn stored(&self, engine: &Searcher) -> Result<StoredArticles, Error> {
        guarded(|| Ok(StoredArticles::open(engine, STORE_CACHE_BYTES / STORE_BLOCK_BYTES)?))
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
pub(super) const META: &str = "meta.json";
/// tantivy's list of files that it may remove.
pub(super) const MANAGED: &str = ".managed.json";
/// The files that the engine replaces whole.
pub(super) const LISTS: [&str; 2] = [META, MANAGED];

/// The folder that the index in `dir` was made from, even when the index itself is of another format or damaged; `None`
/// when there is none, or it does not say.
#[must_use]
pub fn remembered_corpus(dir: &Path) -> Option<PathBuf> {
    remembered(dir).map(|remembered| remembered.corpus)
}

/// The zone of the index in `dir`, as [`remembered_corpus`].
pub(super) fn remembered_zone(dir: &Path) -> Option<String> {
    remembered(dir)?.zone.filter(|zone| parse_zone(zone).is_some())
}

/// What does not depend on the format of a [`Commit`].
#[derive(Deserialize)]
struct Remembered {
    corpus: PathBuf,
    zone: Option<String>,
}

fn remembered(dir: &Path) -> Option<Remembered> {
    let (meta, _) = first_object::<Meta>(&fs::read(dir.join(META)).ok()?)?;
    serde_json::from_str(&meta.payload?).ok()
}

/// Articles of the index in `dir`, as [`remembered_corpus`]; 0 when it does not say.
pub(super) fn remembered_articles(dir: &Path) -> u64 {
    #[derive(Deserialize)]
    struct Segments {
        segments: Vec<Segment>,
    }
    #[derive(Deserialize)]
    struct Segment {
        max_doc: u64,
        deletes: Option<Deletes>,
    }
    #[derive(Deserialize)]
    struct Deletes {
        num_deleted_docs: u64,
    }
    let left = |segment: &Segment| {
        segment.max_doc.saturating_sub(segment.deletes.as_ref().map_or(0, |deletes| deletes.num_deleted_docs))
    };
    let meta = fs::read(dir.join(META)).ok();
    let list = meta.and_then(|meta| first_object::<Segments>(&meta));
    list.map_or(0, |(list, _)| list.segments.iter().map(left).sum())
}

/// Whether `dir` holds an index of souwen, readable or not.
#[must_use]
pub fn is_index(dir: &Path) -> bool {
    match fs::read(dir.join(META)) {
        Ok(meta) => !matches!(commit_of(&meta, dir), Err(Error::NotOurs(_))),
        Err(_) => is_remains(dir),
    }
}

/// What souwen reads of tantivy's list of segments.
#[derive(Deserialize)]
struct Meta {
    payload: Option<String>,
}

/// The list of segments in a file that need not be whole, and whether a seal, whole or not, follows it: other programs
/// and earlier formats write none.
fn first_object<T: DeserializeOwned>(bytes: &[u8]) -> Option<(T, bool)> {
    let mut objects = serde_json::Deserializer::from_slice(bytes).into_iter();
    let meta = objects.next()?.ok()?;
    Some((meta, !bytes[objects.byte_offset()..].trim_ascii().is_empty()))
}

fn damaged(part: &str) -> Error {
    Error::Damaged { part: part.to_owned() }
}

/// Whether the content of a [`META`] without its seal speaks of a commit.
pub(super) fn has_commit(meta: &[u8]) -> bool {
    first_object::<Meta>(meta).is_some_and(|(meta, _)| meta.payload.is_some())
}

/// The commit that the content of a `meta.json` speaks of.
fn commit_of(meta: &[u8], dir: &Path) -> Result<Commit, Error> {
    #[derive(Deserialize)]
    struct Versioned {
        format: u32,
    }
    let broken = || damaged(&format!("{META}: {BROKEN_SEAL}"));
    let (Meta { payload }, is_sealed) = first_object(meta).ok_or_else(broken)?;
    if is_sealed && unsealed(meta).is_none() {
        return Err(broken());
    }
    let Some(payload) = payload else {
        // ours, but killed before its first commit
        return Err(if is_sealed { Error::NoIndex(dir.to_owned()) } else { Error::NotOurs(dir.to_owned()) });
    };
    let Versioned { format: found } = serde_json::from_str(&payload).map_err(|_| Error::NotOurs(dir.to_owned()))?;
    if found != FORMAT {
        return Err(Error::Format { found, expected: FORMAT });
    }
    if !is_sealed {
        return Err(broken());
    }
    serde_json::from_str(&payload).map_err(|_| damaged("commit"))
}

/// Files that tantivy and souwen write.
fn is_index_file(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name == META || is_beginning(path) || name.starts_with(manifest::PREFIX) || is_segment_file(path)
}

/// Files of a segment are named by 32 hexadecimal digits and an ending.
pub(super) fn is_segment_file(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let stem = name.split('.').next().unwrap_or_default();
    stem.len() == 32 && stem.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Whether a folder holds an index without its list of segments, and nothing else.
fn is_remains(dir: &Path) -> bool {
    let Ok(entries) = fs::read_dir(dir) else { return false };
    let paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    let is_manifest =
        |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(manifest::PREFIX));
    paths.iter().any(is_manifest) && paths.iter().all(|path| is_index_file(path))
}

/// Whether a folder holds nothing, or nothing but what a writer leaves behind that was killed before there was an index.
fn is_empty(dir: &Path) -> bool {
    let counts = |entry: std::io::Result<fs::DirEntry>| entry.is_ok_and(|entry| !is_beginning(&entry.path()));
    fs::read_dir(dir).map_or(true, |entries| !entries.into_iter().any(counts))
}

/// Files that are there before [`META`].
fn is_beginning(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.is_file() && (name == lock::FILE || name == MANAGED || name.starts_with(".tantivy-") || is_unfinished(&name))
}

/// A file that was to be replaced as a whole, by a writer that was killed over it: it is written as `.tmp` and six
/// characters, and then renamed.
fn is_unfinished(name: &str) -> bool {
    name.strip_prefix(".tmp").is_some_and(|rest| rest.len() == 6 && rest.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// Removes [unfinished](is_unfinished) files. Only who holds the lock of the writer knows that nobody is writing them.
pub(super) fn remove_unfinished(dir: &Path) -> Result<(), Error> {
    for entry in fs::read_dir(dir).map_err(Error::io(dir))? {
        let path = entry.map_err(Error::io(dir))?.path();
        if path.is_file() && path.file_name().is_some_and(|name| is_unfinished(&name.to_string_lossy())) {
            fs::remove_file(&path).map_err(Error::io(&path))?;
        }
    }
    Ok(())
}

/// Removes files of segments that neither the index nor the engine knows, and so would stay forever: those of an index that
/// was [replaced](Replacement), or was to be when the writer was killed. Only who holds the lock of the writer knows that
/// nobody is writing them.
pub(super) fn remove_strays(dir: &Path) -> Result<(), Error> {
    let index = ArticleIndex::open(dir)?;
    let mut known = index.tantivy.directory().list_managed_files();
    known.extend(checksums::files(dir, Some(&index))?);
    for entry in fs::read_dir(dir).map_err(Error::io(dir))? {
        let path = entry.map_err(Error::io(dir))?.path();
        let is_known = path.file_name().is_some_and(|name| known.contains(Path::new(name)));
        if path.is_file() && is_segment_file(&path) && !is_known {
            fs::remove_file(&path).map_err(Error::io(&path))?;
        }
    }
    Ok(())
}

/// Creates an empty index in `dir`, or what will [replace](Replacement) one that cannot be read any more.
pub(super) fn create(dir: &Path, folder: Box<dyn Directory>) -> Result<Index, Error> {
    fs::create_dir_all(dir).map_err(Error::io(dir))?;
    let folder = if dir.join(META).exists() || is_remains(dir) {
        Box::new(Replacement::new(folder))
    } else if is_empty(dir) {
        folder
    } else {
        return Err(Error::NotOurs(dir.to_owned()));
    };
    let compression = ZstdCompressor { compression_level: Some(STORE_ZSTD_LEVEL) };
    let settings = IndexSettings {
        docstore_compression: Compressor::Zstd(compression),
        docstore_blocksize: STORE_BLOCK_BYTES,
        ..IndexSettings::default()
    };
    Ok(Index::create(folder, schema().0, settings)?)
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
