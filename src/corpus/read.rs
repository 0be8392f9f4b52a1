//! One file to [`Chunk`]s: the only place that opens articles. Sequential, cheap, and bounded in memory whatever the file
//! holds: JSON Lines stream through in runs of whole lines, everything else is one chunk of limited size.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::ops::ControlFlow;

use flate2::bufread::MultiGzDecoder;

use super::format::{self, Plan};
use super::problem::{Problem, ProblemKind};
use super::walk::SourceFile;

/// Bounds on what is read, so that no file can exhaust time or memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// A file that is not JSON Lines. 32 MiB of text is fifteen novels; a page or feed beyond that is a mistake. One
    /// article of that size takes some forty times as much memory on its way into the index.
    pub max_file_bytes: u64,
    /// A line of JSON Lines. Longer lines are left out one by one; no article has 5,000,000 characters.
    pub max_line_bytes: usize,
    /// What a compressed JSON Lines file may expand to. 64 GiB are some 20,000,000 articles, hours of indexing.
    pub max_expanded_bytes: u64,
    /// How many times larger than compressed the content may be. News text reaches 4, very repetitive JSON 50; a bomb has
    /// 1,000 (the most that deflate can do).
    pub max_expansion: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_file_bytes: 32 << 20, max_line_bytes: 16 << 20, max_expanded_bytes: 64 << 30, max_expansion: 200 }
    }
}

/// Part of a file, ready for [`parse`](super::parse).
#[derive(Debug, Clone)]
pub struct Chunk {
    /// As [`SourceFile::path`].
    pub path: String,
    /// As [`SourceFile::raw_path`].
    pub raw_path: Vec<u8>,
    /// As [`SourceFile::is_corpus`].
    pub is_corpus: bool,
    /// The content, decompressed, in the file's encoding.
    pub bytes: Vec<u8>,
    /// What part of the file it is.
    pub part: Part,
    /// What was left out of the file before or within this chunk.
    pub problems: Vec<Problem>,
}

/// What part of a file a [`Chunk`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// Whole lines of a JSON Lines file.
    Lines {
        /// Number of the first of them in the file, from 1.
        first: u64,
    },
}

impl Chunk {
    /// File name without folders and without `.gz`.
    pub(super) fn name(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        strip_gz(name).unwrap_or(name)
    }

    /// File name without its ending.
    pub(super) fn stem(&self) -> &str {
        let name = self.name();
        match name.rsplit_once('.') {
            // an ending is short and plain: `1.5 亿人出行` has none
            Some((stem, ending)) if !stem.is_empty() && format::is_ending(ending) => stem,
            _ => name,
        }
    }
}

/// Size at which a run of lines is handed on: large enough to make handing over cheap, small enough to spread one file
/// over all threads.
const CHUNK_BYTES: usize = 1 << 20;
/// Bytes that are looked at to decide how to read a file.
const HEAD_BYTES: usize = 64 << 10;
/// The expansion of a compressed file is judged from here on; small files may compress as well as they like.
const FREE_EXPANSION_BYTES: u64 = 16 << 20;

/// Reads `file` and gives its chunks to `emit`, in order, until that breaks. Chunks given before an error stand.
///
/// # Errors
/// What keeps (the rest of) the file from being read: it cannot be opened, is damaged, meets one of `limits`, or is
/// [`NotAnArticle`](ProblemKind::NotAnArticle).
pub fn read_chunks(
    file: &SourceFile,
    limits: &Limits,
    emit: &mut dyn FnMut(Chunk) -> ControlFlow<()>,
) -> Result<(), Problem> {
    let problem = |kind: ProblemKind, detail: String| Problem { path: file.path.clone(), line: None, kind, detail };
    let failed = |error: io::Error| match error.get_ref().and_then(|inner| inner.downcast_ref::<TooMuch>()) {
        Some(too_much) => problem(ProblemKind::Bloated, too_much.to_string()),
        None => problem(ProblemKind::Unreadable, error.to_string()),
    };
    let opened = File::open(&file.full).map_err(failed)?;
    // what is written while it is read, perhaps without end, is for the next run
    let size = opened.metadata().map_err(failed)?.len();
    let name = file.path.rsplit('/').next().unwrap_or_default();
    let (mut source, name): (Box<dyn Read>, &str) = match strip_gz(name) {
        Some(inner) => (Box::new(Expanding::new(opened, limits.clone())), inner),
        None => (Box::new(opened.take(size)), name),
    };
    let is_plain = name.len() == file.path.rsplit('/').next().map_or(0, str::len);

    let mut head = Vec::with_capacity(HEAD_BYTES.min(usize::try_from(file.size).unwrap_or(HEAD_BYTES) + 1));
    source.by_ref().take(HEAD_BYTES as u64).read_to_end(&mut head).map_err(failed)?;
    let chunk = |bytes: Vec<u8>, part: Part, problems: Vec<Problem>| Chunk {
        path: file.path.clone(),
        raw_path: file.raw_path.clone(),
        is_corpus: file.is_corpus,
        bytes,
        part,
        problems,
    };
    match format::plan(name, &head) {
        Plan::Skip => Err(problem(ProblemKind::NotAnArticle, String::new())),
        Plan::Whole => {
            let max = limits.max_file_bytes;
            if is_plain && size > max {
                return Err(problem(ProblemKind::TooLarge, format!("{size} B > {max} B")));
            }
            let mut bytes = head;
            source.take((max + 1).saturating_sub(bytes.len() as u64)).read_to_end(&mut bytes).map_err(failed)?;
            if bytes.len() as u64 > max {
                return Err(problem(ProblemKind::TooLarge, format!("> {max} B")));
            }
            let _ = emit(chunk(bytes, Part::Whole, Vec::new()));
            Ok(())
        }
        Plan::Lines => {
            let mut lines =
                Lines { buffer: head, source, line: 1, max_line_bytes: limits.max_line_bytes, problems: Vec::new() };
            let mut is_blank = true;
            while let Some((bytes, first)) = lines.next_run().map_err(failed)? {
                is_blank &= bytes.trim_ascii().is_empty() && lines.problems.is_empty();
                let problems = lines.problems.drain(..);
                let problems = problems
                    .map(|(line, detail)| Problem { line: Some(line), ..problem(ProblemKind::TooLarge, detail) });
                let problems = problems.collect();
                if emit(chunk(bytes, Part::Lines { first }, problems)).is_break() {
                    break;
                }
            }
            if is_blank { Err(problem(ProblemKind::Empty, String::new())) } else { Ok(()) }
        }
    }
}

/// `name` without `.gz`.
fn strip_gz(name: &str) -> Option<&str> {
    let at = name.len().checked_sub(3)?;
    (name.is_char_boundary(at) && name[at..].eq_ignore_ascii_case(".gz")).then(|| &name[..at])
}

/// Cuts a stream into runs of whole lines.
struct Lines {
    /// What was read and not yet given out.
    buffer: Vec<u8>,
    source: Box<dyn Read>,
    /// Number of the first line in `buffer`.
    line: u64,
    max_line_bytes: usize,
    /// Lines left out since the last run.
    problems: Vec<(u64, String)>,
}

impl Lines {
    /// The next whole lines and the number of the first; `None` at the end.
    fn next_run(&mut self) -> io::Result<Option<(Vec<u8>, u64)>> {
        // no line end stands before this place of the buffer
        let mut searched = 0;
        loop {
            match self.buffer[searched..].iter().rposition(|&b| b == b'\n') {
                Some(end) if self.buffer.len() >= CHUNK_BYTES => {
                    let rest = self.buffer.split_off(searched + end + 1);
                    let run = std::mem::replace(&mut self.buffer, rest);
                    return Ok(Some(self.numbered(run)));
                }
                Some(_) => {}
                None if self.buffer.len() > self.max_line_bytes => {
                    self.skip_line()?;
                    searched = 0;
                    continue;
                }
                None => searched = self.buffer.len(),
            }
            if self.source.by_ref().take(CHUNK_BYTES as u64).read_to_end(&mut self.buffer)? == 0 {
                let run = std::mem::take(&mut self.buffer);
                if run.is_empty() && self.problems.is_empty() {
                    return Ok(None);
                }
                return Ok(Some(self.numbered(run)));
            }
        }
    }

    /// A run with the number of its first line. In place of a line that is too long stands an empty one.
    fn numbered(&mut self, mut run: Vec<u8>) -> (Vec<u8>, u64) {
        let first = self.line;
        self.line += run.iter().filter(|&&b| b == b'\n').count() as u64;
        if run.len() > self.max_line_bytes {
            let mut kept = Vec::with_capacity(run.len());
            for (line, number) in run.split_inclusive(|&b| b == b'\n').zip(first..) {
                if line.len() > self.max_line_bytes {
                    self.problems.push((number, format!("> {} B", self.max_line_bytes)));
                    kept.push(b'\n');
                } else {
                    kept.extend_from_slice(line);
                }
            }
            run = kept;
        }
        (run, first)
    }

    /// Reads over the line that the buffer begins, which is too long, holding no more than a buffer of it.
    fn skip_line(&mut self) -> io::Result<()> {
        self.problems.push((self.line, format!("> {} B", self.max_line_bytes)));
        loop {
            if let Some(end) = self.buffer.iter().position(|&b| b == b'\n') {
                self.buffer.drain(..=end);
                self.line += 1;
                return Ok(());
            }
            self.buffer.clear();
            if self.source.by_ref().take(CHUNK_BYTES as u64).read_to_end(&mut self.buffer)? == 0 {
                return Ok(());
            }
        }
    }
}

/// A compressed file that stops when it expands too much.
struct Expanding {
    decoder: MultiGzDecoder<BufReader<Counted>>,
    expanded: u64,
    limits: Limits,
}

/// Counts what is read of a file.
struct Counted {
    file: File,
    read: u64,
}

/// Why [`Expanding`] stopped.
#[derive(Debug, thiserror::Error)]
enum TooMuch {
    #[error("> {0} B")]
    Bytes(u64),
    #[error("> {0} × {1} B")]
    Ratio(u64, u64),
}

impl Expanding {
    fn new(file: File, limits: Limits) -> Self {
        Self { decoder: MultiGzDecoder::new(BufReader::new(Counted { file, read: 0 })), expanded: 0, limits }
    }
}

impl Read for Expanding {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.decoder.read(out)?;
        self.expanded += count as u64;
        let Limits { max_expanded_bytes, max_expansion, .. } = self.limits;
        let compressed = self.decoder.get_ref().get_ref().read;
        if self.expanded > max_expanded_bytes {
            return Err(io::Error::other(TooMuch::Bytes(max_expanded_bytes)));
        }
        if self.expanded > FREE_EXPANSION_BYTES && self.expanded / max_expansion.max(1) > compressed {
            return Err(io::Error::other(TooMuch::Ratio(max_expansion, compressed)));
        }
        Ok(count)
    }
}

impl Read for Counted {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(out)?;
        self.read += count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;
    use crate::corpus::walk;

    /// The chunks of a file of this name and content, and how reading ended.
    fn read(name: &str, content: &[u8], limits: &Limits) -> (Vec<Chunk>, Result<(), Problem>) {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(name), content).unwrap();
        let file = walk(dir.path()).next().unwrap().unwrap();
        let mut chunks = Vec::new();
        let end = read_chunks(&file, limits, &mut |chunk| {
            chunks.push(chunk);
            ControlFlow::Continue(())
        });
        (chunks, end)
    }

    fn gz(content: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    fn lines(count: usize) -> Vec<u8> {
        (0..count).flat_map(|i| format!("{{\"id\":{i},\"title\":\"第{i}条\"}}\n").into_bytes()).collect()
    }

    #[test]
    fn lines_come_in_runs_that_add_up_to_the_file() {
        let content = lines(100_000);
        for (name, bytes) in [("a.jsonl", content.clone()), ("a.jsonl.gz", gz(&content)), ("a.json", content.clone())] {
            let (chunks, end) = read(name, &bytes, &Limits::default());
            assert_eq!(end, Ok(()));
            assert!(chunks.len() > 2, "{name}");
            let whole: Vec<u8> = chunks.iter().flat_map(|chunk| chunk.bytes.clone()).collect();
            assert!(whole == content, "{name}");
            let mut line = 1;
            for chunk in chunks {
                assert_eq!(chunk.part, Part::Lines { first: line });
                assert!(chunk.bytes.ends_with(b"\n") && chunk.bytes.len() <= 2 * CHUNK_BYTES);
                line += chunk.bytes.iter().filter(|&&b| b == b'\n').count() as u64;
            }
        }
    }

    #[test]
    fn a_line_that_is_too_long_is_left_out_alone() {
        let limits = Limits { max_line_bytes: 2 << 20, ..Limits::default() };
        let mut content = b"{\"title\":\"one\"}\n".to_vec();
        content.resize(9 << 20, b'x');
        content.extend_from_slice(b"\n{\"title\":\"three\"}\n");
        let (chunks, end) = read("a.jsonl", &content, &limits);
        assert_eq!(end, Ok(()));
        let problems: Vec<_> = chunks.iter().flat_map(|chunk| &chunk.problems).map(|p| (p.line, p.kind)).collect();
        assert_eq!(problems, [(Some(2), ProblemKind::TooLarge)]);
        let last = chunks.last().unwrap();
        assert_eq!((&last.bytes[..], last.part), (&b"{\"title\":\"three\"}\n"[..], Part::Lines { first: 3 }));

        let (chunks, _) = read("a.jsonl", &vec![b'x'; 5 << 20], &limits);
        assert_eq!((chunks.len(), chunks[0].bytes.len(), chunks[0].problems.len()), (1, 0, 1));
    }

    #[test]
    fn limits_name_what_they_refuse() {
        let small = Limits { max_file_bytes: 1000, max_expanded_bytes: 2 << 20, ..Limits::default() };
        let kind = |name: &str, content: &[u8], limits: &Limits| read(name, content, limits).1.unwrap_err().kind;
        assert_eq!(kind("a.md", &[b'x'; 1001], &small), ProblemKind::TooLarge);
        assert_eq!(kind("a.md.gz", &gz(&[b'x'; 1001]), &small), ProblemKind::TooLarge);
        assert_eq!(kind("a.jsonl.gz", &gz(&lines(100_000)), &small), ProblemKind::Bloated);
        assert_eq!(kind("bomb.jsonl.gz", &gz(&vec![b'\n'; 40 << 20]), &Limits::default()), ProblemKind::Bloated);
        assert_eq!(kind("cut.jsonl.gz", &gz(&lines(1000))[..500], &small), ProblemKind::Unreadable);
        assert_eq!(kind("not.jsonl.gz", b"not gzip", &small), ProblemKind::Unreadable);
        assert_eq!(kind("photo.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF", &small), ProblemKind::NotAnArticle);
        assert_eq!(kind("site.css", b"body { margin: 0 }", &small), ProblemKind::NotAnArticle);
    }

    #[test]
    fn reading_stops_when_the_reader_has_enough() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a.jsonl"), lines(100_000)).unwrap();
        let file = walk(dir.path()).next().unwrap().unwrap();
        let mut count = 0;
        let end = read_chunks(&file, &Limits::default(), &mut |_| {
            count += 1;
            ControlFlow::Break(())
        });
        assert_eq!((end, count), (Ok(()), 1));
    }

    #[test]
    fn a_file_that_went_away_is_unreadable() {
        let file = SourceFile {
            path: "x.md".into(),
            raw_path: b"x.md".to_vec(),
            is_corpus: false,
            full: "/nowhere/x.md".into(),
            size: 1,
            modified_ns: 0,
        };
        let end = read_chunks(&file, &Limits::default(), &mut |_| ControlFlow::Continue(()));
        assert_eq!(end.unwrap_err().kind, ProblemKind::Unreadable);
    }
}
