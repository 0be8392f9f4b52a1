//! Which segments are merged after a commit, so that refreshes leave few of them and the space of removed articles comes
//! back, while no small refresh has to write a large part of the index anew.
//!
//! Never while deletions wait for their commit. The engine gives the first operation of a writer the stamp of the commit
//! before it. A merge that meets this deletion takes it for applied in a segment whose deletions bear that stamp, too, and
//! goes on behind it: the article would come back.

use tantivy::IndexWriter;
use tantivy::index::SegmentMeta;
use tantivy::indexer::{LogMergePolicy, MergeCandidate, MergePolicy};

/// Segments of fewer articles are merged as soon as there are [`MAX_SMALL`]: that takes less than half a second.
const SMALL_ARTICLES: u32 = 10_000;
/// So many small segments become one. Every query asks every segment for every term: a few small ones more make it slower
/// by a fifth.
const MAX_SMALL: usize = 4;
/// So many large ones of a size become one. Where more wait, as at the end of a run over millions of articles, several are
/// made of them, side by side: a merge keeps all that it reads in memory, and all in one would take gigabytes.
const MAX_LARGE: usize = 8;
/// A segment with a larger share of removed articles is written anew without them.
const MAX_REMOVED: f32 = 0.1;

/// Small segments are merged early, large ones by [`MAX_LARGE`] of a size, sizes being what the engine takes for one; and
/// each alone where many of its articles are gone.
fn candidates(segments: &[SegmentMeta]) -> Vec<MergeCandidate> {
    let is_small = |segment: &SegmentMeta| segment.num_docs() < SMALL_ARTICLES;
    let (small, large): (Vec<_>, Vec<_>) = segments.iter().cloned().partition(is_small);
    let mut by_size = LogMergePolicy::default();
    by_size.set_min_num_segments(MAX_LARGE);
    let of_a_size = by_size.compute_merge_candidates(&large);
    let groups = of_a_size.iter().flat_map(|MergeCandidate(segments)| segments.chunks_exact(MAX_LARGE));
    let mut candidates: Vec<MergeCandidate> = groups.map(|group| MergeCandidate(group.to_vec())).collect();
    if small.len() >= MAX_SMALL {
        candidates.push(MergeCandidate(small.iter().map(SegmentMeta::id).collect()));
    }
    let has_many_removed =
        |segment: &&SegmentMeta| segment.num_deleted_docs() as f32 > MAX_REMOVED * segment.max_doc() as f32;
    for segment in segments.iter().filter(has_many_removed) {
        if !candidates.iter().any(|candidate| candidate.0.contains(&segment.id())) {
            candidates.push(MergeCandidate(vec![segment.id()]));
        }
    }
    candidates
}

/// Merges what should be, after a commit and with nothing added or deleted since; `threads` segments are made at a time.
pub(super) fn merge(writer: &mut IndexWriter, threads: usize) -> tantivy::Result<()> {
    loop {
        let candidates = candidates(&writer.index().searchable_segment_metas()?);
        if candidates.is_empty() {
            return Ok(());
        }
        for at_once in candidates.chunks(threads.max(1)) {
            let merges: Vec<_> = at_once.iter().map(|MergeCandidate(segments)| writer.merge(segments)).collect();
            merges.into_iter().try_for_each(|merge| merge.wait().map(drop))?;
        }
    }
}

#[cfg(test)]
mod tests {
    use tantivy::Index;
    use tantivy::index::SegmentId;
    use tantivy::schema::Schema;

    use super::*;

    /// How many segments of these sizes are merged into each new one.
    fn merged(sizes: &[u32]) -> Vec<usize> {
        let index = Index::create_in_ram(Schema::builder().build());
        let segment = |&articles: &u32| index.new_segment_meta(SegmentId::generate_random(), articles);
        let segments: Vec<SegmentMeta> = sizes.iter().map(segment).collect();
        candidates(&segments).iter().map(|candidate| candidate.0.len()).collect()
    }

    #[test]
    fn large_segments_are_merged_by_eight_however_many_wait() {
        assert_eq!(merged(&[20_000; 7]), [0; 0]);
        assert_eq!(merged(&[20_000; 50]), [8; 6]);
        assert_eq!(merged(&[1_000_000, 20_000, 20_000]), [0; 0]);
    }

    #[test]
    fn four_small_segments_become_one() {
        assert_eq!(merged(&[1_000_000, 10, 10, 10]), [0; 0]);
        assert_eq!(merged(&[1_000_000, 9_999, 10, 10, 10]), [4]);
    }
}
