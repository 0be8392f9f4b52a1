//! Which segments are merged after a commit, so that refreshes leave few of them and the space of removed articles comes
//! back, while no small refresh has to write a large part of the index anew.
//!
//! Never while deletions wait for their commit. The engine gives the first operation of a writer the stamp of the commit
//! before it. A merge that meets this deletion takes it for applied in a segment whose deletions bear that stamp, too, and
//! goes on behind it: the article would come back.

use tantivy::IndexWriter;
use tantivy::index::{SegmentId, SegmentMeta};
use tantivy::indexer::{LogMergePolicy, MergeCandidate, MergePolicy};

/// Segments of fewer articles are merged as soon as there are [`MAX_SMALL`]: that takes less than half a second.
const SMALL_ARTICLES: u32 = 10_000;
/// So many small segments become one. Every query asks every segment for every term: a few small ones more make it slower
/// by a fifth.
const MAX_SMALL: usize = 4;
/// So many large ones of a size become one. Where more wait, as at the end of a run over millions of articles, one is made
/// on each core.
const MIN_LARGE: usize = 8;
/// Segments are of a size where the largest has up to four times the articles of the smallest: those of one run are, and what
/// became of eight of them is not.
const SIZE_LOG2: f64 = 2.0;
/// So many are merged at a time, of all cores together: three files of each are open meanwhile (see `read_file.rs`), and some
/// systems let a program open no more than 256.
const MAX_OPEN: usize = 72;
/// A segment with a larger share of removed articles is written anew without them.
const MAX_REMOVED: f32 = 0.1;

/// Small segments are merged early, large ones once there are [`MIN_LARGE`] of a size, and each alone where many of its
/// articles are gone.
fn candidates(segments: &[SegmentMeta], threads: usize) -> Vec<MergeCandidate> {
    let is_small = |segment: &SegmentMeta| segment.num_docs() < SMALL_ARTICLES;
    let (small, large): (Vec<_>, Vec<_>) = segments.iter().cloned().partition(is_small);
    let mut by_size = LogMergePolicy::default();
    by_size.set_min_num_segments(MIN_LARGE);
    by_size.set_level_log_size(SIZE_LOG2);
    let mut groups: Vec<_> = by_size.compute_merge_candidates(&large).into_iter().map(|group| group.0).collect();
    if small.len() >= MAX_SMALL {
        let small = small.iter().map(SegmentMeta::id);
        // what a long run leaves at each commit goes where the others go
        match groups.last_mut() {
            Some(group) => group.extend(small),
            None => groups.push(small.collect()),
        }
    }
    let mut candidates: Vec<_> = groups.iter().flat_map(|group| parts(group, threads)).collect();
    let has_many_removed =
        |segment: &&SegmentMeta| segment.num_deleted_docs() as f32 > MAX_REMOVED * segment.max_doc() as f32;
    for segment in segments.iter().filter(has_many_removed) {
        if !candidates.iter().any(|candidate| candidate.0.contains(&segment.id())) {
            candidates.push(MergeCandidate(vec![segment.id()]));
        }
    }
    candidates
}

/// Parts that differ by one segment at the most; as many as there are threads, if that makes them neither too small nor too
/// large.
fn parts(segments: &[SegmentId], threads: usize) -> Vec<MergeCandidate> {
    let least = segments.len().div_ceil(MAX_OPEN / threads);
    let parts = least.max(threads.min(segments.len() / MIN_LARGE));
    (0..parts)
        .map(|part| [part, part + 1].map(|border| border * segments.len() / parts))
        .map(|[start, end]| MergeCandidate(segments[start..end].to_vec()))
        .collect()
}

/// Merges what should be, after a commit and with nothing added or deleted since; `threads` segments are made at a time.
pub(super) fn merge(writer: &mut IndexWriter, threads: usize) -> tantivy::Result<()> {
    let threads = threads.clamp(1, MAX_OPEN / MIN_LARGE);
    loop {
        let candidates = candidates(&writer.index().searchable_segment_metas()?, threads);
        if candidates.is_empty() {
            return Ok(());
        }
        for at_once in candidates.chunks(threads) {
            let merges: Vec<_> = at_once.iter().map(|MergeCandidate(segments)| writer.merge(segments)).collect();
            merges.into_iter().try_for_each(|merge| merge.wait().map(drop))?;
        }
    }
}

#[cfg(test)]
mod tests {
    use tantivy::Index;
    use tantivy::schema::Schema;

    use super::*;

    /// How many segments of these sizes are merged into each new one, by `threads` threads.
    fn merged(sizes: &[u32], threads: usize) -> Vec<usize> {
        let index = Index::create_in_ram(Schema::builder().build());
        let segment = |&articles: &u32| index.new_segment_meta(SegmentId::generate_random(), articles);
        let segments: Vec<SegmentMeta> = sizes.iter().map(segment).collect();
        let candidates = candidates(&segments, threads);
        let mut met: Vec<&SegmentId> = candidates.iter().flat_map(|candidate| &candidate.0).collect();
        met.sort_unstable();
        assert!(met.is_sorted_by(|a, b| a < b), "each in one part only");
        candidates.iter().map(|candidate| candidate.0.len()).collect()
    }

    #[test]
    fn large_segments_are_merged_on_every_core_but_not_too_many_at_once() {
        assert_eq!(merged(&[20_000; 7], 2), [0; 0]);
        assert_eq!(merged(&[20_000; 8], 2), [8]);
        assert_eq!(merged(&[20_000; 50], 2), [25, 25]);
        assert_eq!(merged(&[20_000; 50], 4), [12, 13, 12, 13]);
        assert_eq!(merged(&[20_000; 20], 2), [10, 10]);
        assert_eq!(merged(&[20_000; 20], 8), [6, 7, 7]);
        assert_eq!(merged(&[20_000; 100], 1), [50, 50]);
        assert!(merged(&[20_000; 100], 8).iter().all(|part| [8, 9].contains(part)));
        assert_eq!(merged(&[1_000_000, 20_000, 20_000], 2), [0; 0]);
        let (larger, smaller) = ([39_000; 5], [10_000; 5]);
        assert_eq!(merged(&[&larger[..], &smaller].concat(), 2), [10]);
        assert_eq!(merged(&[&[80_000; 4][..], &[10_000; 4]].concat(), 2), [0; 0]);
    }

    #[test]
    fn four_small_segments_become_one() {
        assert_eq!(merged(&[1_000_000, 10, 10, 10], 2), [0; 0]);
        assert_eq!(merged(&[1_000_000, 9_999, 10, 10, 10], 2), [4]);
        assert_eq!(merged(&[[20_000; 14], [9_999; 14]].concat(), 2), [14, 14]);
    }
}
