//! The files below a folder, in a fixed order. Reads directories and metadata, never content.
//!
//! Left out without a word: hidden files and folders (names that begin with a dot) and folders that hold a search index.
//! Symbolic links are followed; one that leads to a folder above it is reported.

use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::problem::{Problem, ProblemKind};
use crate::article::one_line;

/// A file below the corpus folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Below the folder, levels parted by `/`; not valid UTF-8 is shown with replacement characters. May hold control
    /// characters, as file names may.
    pub path: String,
    /// The same without any loss, for ids and for telling files apart.
    pub raw_path: Vec<u8>,
    /// Whether there is no other file: it was named itself, not a folder that holds it.
    pub is_corpus: bool,
    /// Where to open it.
    pub full: PathBuf,
    /// Bytes on disk.
    pub size: u64,
    /// Time of the last change, nanoseconds since 1970; 0 where the file system tells none.
    pub modified_ns: i64,
}

/// Every file below `root`, folder by folder, sorted by name. What is no regular file, or cannot be looked at, is a
/// [`Problem`].
pub fn walk(root: &Path) -> impl Iterator<Item = Result<SourceFile, Problem>> {
    let base = root.to_owned();
    let real_base = root.canonicalize().unwrap_or_else(|_| base.clone());
    let mut entries = WalkDir::new(root)
        .follow_links(true)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| entry.depth() == 0 || !(is_hidden(entry) || is_index(entry)));
    std::iter::from_fn(move || {
        loop {
            match entries.next()? {
                Ok(entry) if entry.file_type().is_dir() => {
                    // walkdir sees a circle only once it is closed; a link to a folder that holds this one would bring
                    // in the whole corpus, and its neighbours, a second time before that
                    if entry.depth() > 0
                        && entry.path_is_symlink()
                        && entry.path().canonicalize().is_ok_and(|target| real_base.starts_with(target))
                    {
                        entries.skip_current_dir();
                        return Some(Err(circle(&base, entry.path())));
                    }
                }
                Ok(entry) => return Some(look_at(&base, &entry)),
                Err(error) => return Some(Err(refused(&base, &error))),
            }
        }
    })
}

/// A link to a folder that it lies in.
fn circle(root: &Path, link: &Path) -> Problem {
    let target = link.read_link().unwrap_or_default();
    let detail = format!("-> {}", one_line(&target.to_string_lossy()));
    Problem { path: relative(root, link).0, line: None, kind: ProblemKind::NotAFile, detail }
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.file_name().as_encoded_bytes().starts_with(b".")
}

/// A folder that tantivy, and so souwen, wrote: its list of segments tells, whatever the folder is called.
fn is_index(entry: &DirEntry) -> bool {
    entry.file_type().is_dir() && {
        let has = |name: &str| entry.path().join(name).is_file();
        has("meta.json") && (has(".managed.json") || entry.file_name() == "index")
    }
}

fn look_at(root: &Path, entry: &DirEntry) -> Result<SourceFile, Problem> {
    let (path, raw_path) = relative(root, entry.path());
    let metadata = entry.metadata().map_err(|error| refused(root, &error))?;
    if !metadata.is_file() {
        return Err(Problem { path, line: None, kind: ProblemKind::NotAFile, detail: String::new() });
    }
    let modified_ns = metadata.modified().map_or(0, |time| match time.duration_since(std::time::UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |ns| -ns),
    });
    Ok(SourceFile {
        path,
        raw_path,
        is_corpus: entry.depth() == 0,
        full: entry.path().to_owned(),
        size: metadata.len(),
        modified_ns,
    })
}

/// `path` below `root`, to show and to tell apart.
fn relative(root: &Path, path: &Path) -> (String, Vec<u8>) {
    let below = path.strip_prefix(root).unwrap_or(path);
    // a corpus may be a single file
    let below = if below.as_os_str().is_empty() { path.file_name().map_or(path, Path::new) } else { below };
    let mut raw = Vec::with_capacity(below.as_os_str().len());
    for (i, level) in below.components().enumerate() {
        if i > 0 {
            raw.push(b'/');
        }
        raw.extend_from_slice(level.as_os_str().as_encoded_bytes());
    }
    (String::from_utf8_lossy(&raw).into_owned(), raw)
}

fn refused(root: &Path, error: &walkdir::Error) -> Problem {
    if let (Some(link), Some(_)) = (error.path(), error.loop_ancestor()) {
        return circle(root, link);
    }
    let path = error.path().map(|path| relative(root, path).0).unwrap_or_default();
    let io = error.io_error();
    let is_link = error.path().is_some_and(Path::is_symlink);
    let detail = io.map_or_else(|| error.to_string(), ToString::to_string);
    let kind = if is_link { ProblemKind::NotAFile } else { ProblemKind::Unreadable };
    Problem { path, line: None, kind, detail }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Paths, with `!kind` behind those that are problems.
    fn listing(root: &Path) -> Vec<String> {
        walk(root)
            .map(|found| {
                found.map_or_else(|problem| format!("{} !{}", problem.path, problem.kind.name()), |file| file.path)
            })
            .collect()
    }

    #[test]
    fn lists_files_in_order_and_leaves_out_hidden_ones_and_indexes() {
        let dir = tempfile::tempdir().unwrap();
        for path in [
            "b.md",
            "a/2.md",
            "a/1.md",
            ".git/config",
            ".hidden.md",
            "index/meta.json",
            "index/x.store",
            "old/meta.json",
            "old/.managed.json",
            "index.md",
            "data/meta.json",
        ] {
            let full = dir.path().join(path);
            std::fs::create_dir_all(full.parent().unwrap()).unwrap();
            std::fs::write(full, "x").unwrap();
        }
        assert_eq!(listing(dir.path()), ["a/1.md", "a/2.md", "b.md", "data/meta.json", "index.md"]);
    }

    #[test]
    fn a_single_file_is_a_corpus() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("一篇.md");
        std::fs::write(&file, "字").unwrap();
        let found = walk(&file).next().unwrap().unwrap();
        assert_eq!((found.path.as_str(), found.size, found.modified_ns > 0), ("一篇.md", 3, true));
        assert_eq!(listing(&dir.path().join("missing")).len(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_but_not_in_circles() {
        use std::os::unix::fs::symlink;
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("corpus");
        std::fs::create_dir_all(root.join("a")).unwrap();
        std::fs::write(dir.path().join("outside.md"), "x").unwrap();
        symlink(dir.path().join("outside.md"), root.join("link.md")).unwrap();
        symlink(&root, root.join("a/up")).unwrap();
        symlink("nowhere", root.join("broken.md")).unwrap();
        symlink(dir.path(), root.join("outside")).unwrap();
        assert_eq!(listing(&root), ["a/up !not_a_file", "broken.md !not_a_file", "link.md", "outside !not_a_file"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_socket_is_reported_and_odd_names_keep_their_bytes() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        let dir = tempfile::tempdir().unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(dir.path().join("s.md")).unwrap();
        std::fs::write(dir.path().join(OsStr::from_bytes(b"\xd0\xc2.md")), "x").unwrap();
        let found: Vec<_> = walk(dir.path()).collect();
        assert_eq!(found[0].as_ref().unwrap_err().kind, ProblemKind::NotAFile);
        let odd = found[1].as_ref().unwrap();
        assert_eq!((odd.raw_path.as_slice(), odd.path.as_str()), (&b"\xd0\xc2.md"[..], "\u{fffd}\u{fffd}.md"));
    }
}
