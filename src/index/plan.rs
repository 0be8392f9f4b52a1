//! What differs between the corpus folder and the manifest: the part of a sync that looks at files without opening them.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use jiff::Timestamp;

use super::manifest::{FileEntry, Manifest, Stamp};
use super::sync::{Progress, SyncReport};
use crate::corpus::{self, Problem, ProblemKind, SourceFile};

/// What a run has to do.
pub(super) struct Plan {
    /// Files to read.
    pub(super) read: Vec<SourceFile>,
    /// Their bytes.
    pub(super) bytes: u64,
    /// Files of the manifest that are gone.
    pub(super) gone: Vec<Vec<u8>>,
    /// Whether the folder holds nothing at all, and could be looked at.
    pub(super) is_folder_empty: bool,
    /// What the walk could not look at; each is a file or folder.
    refused: Vec<Problem>,
    /// Problems that an earlier run told of files that look unchanged and are read again all the same.
    told: HashMap<Vec<u8>, Vec<Problem>>,
    /// When the walk began, nanoseconds since 1970.
    began_ns: i64,
}

/// Files that changed less than this before they were looked at may change again without a sign: file systems tell times
/// in steps, those of FAT are two seconds.
const YOUNG_NS: i64 = 2_000_000_000;

impl Plan {
    /// Compares; `every_file` reads even those that look unchanged.
    pub(super) fn new(
        corpus: &Path,
        manifest: &Manifest,
        every_file: bool,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Self {
        let began_ns = i64::try_from(Timestamp::now().as_nanosecond()).unwrap_or(i64::MAX);
        let (mut read, mut refused, mut told, mut bytes) = (Vec::new(), Vec::new(), HashMap::new(), 0);
        let mut kept = HashSet::new();
        for (seen, file) in (1..).zip(corpus::walk(corpus)) {
            match file {
                Ok(file) => {
                    let known = manifest.files.get_key_value(&file.raw_path);
                    if let Some((path, _)) = known {
                        kept.insert(path.as_slice());
                    }
                    let alike = known.filter(|(_, entry)| entry.stamp.is_some_and(|stamp| stamp.fits(&file)));
                    let is_young = |entry: &FileEntry| entry.stamp.is_some_and(|stamp| stamp.is_young);
                    if alike.is_none_or(|(_, entry)| every_file || is_young(entry)) {
                        if let Some((path, entry)) = alike.filter(|(_, entry)| !entry.problems.is_empty()) {
                            told.insert(path.clone(), entry.problems.clone());
                        }
                        bytes += file.size;
                        read.push(file);
                    }
                }
                Err(problem) => refused.push(problem),
            }
            progress(Progress::Walking(seen));
        }
        // where nothing could be looked at, as when the folder goes away just now, nothing is known to be gone
        let is_all_refused = read.is_empty() && kept.is_empty() && !refused.is_empty();
        let is_refused = |path: &[u8]| {
            let path = String::from_utf8_lossy(path);
            is_all_refused
                || refused.iter().any(|problem| {
                    let below = path.strip_prefix(problem.path.as_str());
                    below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                })
        };
        let gone = manifest.files.keys().filter(|path| !kept.contains(path.as_slice()) && !is_refused(path));
        let gone = gone.cloned().collect();
        let is_folder_empty = read.is_empty() && kept.is_empty() && refused.is_empty();
        progress(Progress::Total(bytes));
        Self { read, bytes, gone, is_folder_empty, refused, told, began_ns }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.read.is_empty() && self.gone.is_empty()
    }

    /// What tells whether file number `file` of those to read changes from now on.
    pub(super) fn stamp(&self, file: usize) -> Stamp {
        let SourceFile { size, modified_ns, .. } = self.read[file];
        Stamp { size, modified_ns, is_young: modified_ns > self.began_ns - YOUNG_NS }
    }

    /// Counts what the index holds after the run, and which of it the run did not touch.
    pub(super) fn account(self, report: &mut SyncReport, manifest: Manifest) {
        report.articles = manifest.articles();
        report.unchanged = report.articles - report.added - report.changed;
        let read: HashSet<&[u8]> = self.read.iter().map(|file| file.raw_path.as_slice()).collect();
        for (path, mut entry) in manifest.files {
            report.files += 1;
            let skipped = || entry.problems.iter().all(|problem| problem.kind == ProblemKind::NotAnArticle);
            match entry.articles.is_empty() {
                false => report.with_articles += 1,
                true if skipped() => report.skipped += 1,
                true => report.without_articles += 1,
            }
            entry.problems.retain(|problem| problem.kind != ProblemKind::NotAnArticle);
            let told = self.told.get(&path);
            let is_read = read.contains(path.as_slice());
            for problem in entry.problems {
                let is_new = is_read && told.is_none_or(|told| !told.contains(&problem));
                if is_new { &mut report.problems } else { &mut report.older_problems }.push(problem);
            }
        }
        report.files += self.refused.len() as u64;
        report.without_articles += self.refused.len() as u64;
        report.problems.extend(self.refused);
        for problem in report.problems.iter().chain(&report.older_problems) {
            *report.problems_by_kind.entry(problem.kind.name()).or_default() += 1;
        }
    }
}
