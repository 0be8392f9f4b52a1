//! The newest or oldest documents of those that a query finds, without looking at all of them: where many are found, the
//! first of them lie within a short span of dates, and only the documents in that need a look.

use std::sync::OnceLock;

use jiff::Timestamp;
use tantivy::query::{EnableScoring, Query as EngineQuery};
use tantivy::{DocAddress, DocSet, SeekDangerResult, SegmentReader, TERMINATED};

use super::request::Sort;
use crate::error::Error;
use crate::index::schema::{DATE, Fields, ID};
use crate::query::deadline::Deadline;
use crate::query::lexicon::Lexicon;
use crate::query::{DateRange, Query, lower};

/// Dates that tell how those of an index are spread.
const SAMPLES: usize = 1024;
/// A span is chosen to hold so many times as many documents as are wanted, or up to twice that, so that it rarely holds
/// too few. Spans of few lengths are asked for, so that what lies in them is kept (see [`Lexicon::filter`]).
const MARGIN: usize = 4;
/// Where it does, one that is so many times as long is looked at.
const STEP: usize = 8;
/// A span with more of all documents than one in so many is not worth its look.
const LEAST_GAIN: usize = 4;

/// Some of the dates of an index, ascending; read when they are first asked for.
#[derive(Default)]
pub(super) struct Sample(OnceLock<Vec<i64>>);

impl Sample {
    fn dates(&self, segments: &[SegmentReader]) -> Result<&[i64], Error> {
        if let Some(dates) = self.0.get() {
            return Ok(dates);
        }
        let documents: usize = segments.iter().map(|segment| segment.max_doc() as usize).sum();
        let mut dates = Vec::with_capacity(SAMPLES);
        for segment in segments {
            let column = segment.fast_fields().i64(DATE)?;
            dates.extend(
                (0..segment.max_doc()).step_by(documents.div_ceil(SAMPLES)).filter_map(|doc| column.first(doc)),
            );
        }
        dates.sort_unstable();
        Ok(self.0.get_or_init(|| dates))
    }

    /// Spans of dates at the end where `sort` begins, one larger than the other, that may hold the first `wanted` of
    /// `found` documents.
    fn spans(
        &self,
        segments: &[SegmentReader],
        sort: Sort,
        wanted: usize,
        found: usize,
    ) -> Result<impl Iterator<Item = DateRange>, Error> {
        let dates = self.dates(segments)?;
        let first = wanted.saturating_mul(MARGIN).saturating_mul(dates.len()) / found.max(1);
        let first = first.checked_next_power_of_two().unwrap_or(usize::MAX);
        let counts =
            [first, first.saturating_mul(STEP)].into_iter().take_while(|&count| count < dates.len() / LEAST_GAIN);
        // what cannot be said leaves the span open there, which is longer
        let at = |second: i64| Timestamp::from_second(second).ok();
        Ok(counts.map(move |count| {
            let (from, until) = match sort {
                Sort::Oldest => (None, at(dates[count].saturating_add(1))),
                Sort::Newest | Sort::Relevance => (at(dates[dates.len() - 1 - count]), None),
            };
            DateRange { from, until, typed: String::new() }
        }))
    }
}

/// A document in the order of dates: those without one last, then by id.
type Dated = ((bool, Option<i64>, u64), DocAddress);

/// The first `wanted` documents that `query` finds, in the order of `sort`, where about `found` are found; `None` where no
/// short span of dates holds as many.
pub(super) fn first(
    searcher: &tantivy::Searcher,
    fields: &Fields,
    (sample, lexicon): (&Sample, &Lexicon),
    query: &dyn EngineQuery,
    sort: Sort,
    (wanted, found): (usize, usize),
    deadline: Deadline,
) -> Result<Option<Vec<DocAddress>>, Error> {
    if found / LEAST_GAIN / MARGIN < wanted {
        return Ok(None);
    }
    for range in sample.spans(searcher.segment_readers(), sort, wanted, found)? {
        let span = lower::dates(fields, &range);
        let span = lexicon.filter(&Query::Date(range), span, deadline);
        let mut dated = within(searcher, query, &*span, sort, deadline)?;
        if dated.len() >= wanted {
            dated.sort_unstable();
            dated.truncate(wanted);
            return Ok(Some(dated.into_iter().map(|(_, address)| address).collect()));
        }
    }
    Ok(None)
}

/// All documents that `query` finds in a span of dates.
fn within(
    searcher: &tantivy::Searcher,
    query: &dyn EngineQuery,
    span: &dyn EngineQuery,
    sort: Sort,
    deadline: Deadline,
) -> Result<Vec<Dated>, Error> {
    let scoring = EnableScoring::disabled_from_searcher(searcher);
    let (weight, span) = (query.weight(scoring)?, span.weight(scoring)?);
    let mut dated = Vec::new();
    for (ordinal, segment) in (0..).zip(searcher.segment_readers()) {
        let mut in_span = span.scorer(segment, 1.0)?;
        let mut doc = in_span.doc();
        if doc == TERMINATED {
            continue;
        }
        let (dates, ids) = (segment.fast_fields().i64(DATE)?, segment.fast_fields().u64(ID)?);
        let (mut outcome, mut found) = weight.scorer_danger(segment, doc, 1.0)?;
        loop {
            doc = match outcome {
                SeekDangerResult::Found => {
                    if !segment.is_deleted(doc) {
                        let key = sort_key(sort, dates.first(doc), ids.first(doc).unwrap_or_default());
                        dated.push((key, DocAddress::new(ordinal, doc)));
                    }
                    in_span.advance()
                }
                SeekDangerResult::SeekLowerBound(next) if next == TERMINATED => break,
                SeekDangerResult::SeekLowerBound(next) => in_span.seek(next),
            };
            if doc == TERMINATED {
                break;
            }
            outcome = found.seek_danger(doc);
        }
        deadline.check()?;
    }
    Ok(dated)
}

/// What documents are sorted by: missing dates last, ids ascending, as the engine sorts.
pub(super) fn sort_key(sort: Sort, date: Option<i64>, id: u64) -> (bool, Option<i64>, u64) {
    let date_in_order = if sort == Sort::Newest { date.map(|date| -date) } else { date };
    (date.is_none(), date_in_order, id)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tantivy::query::TermQuery;
    use tantivy::schema::IndexRecordOption;
    use tantivy::{Index, IndexWriter, TantivyDocument, Term};

    use super::*;
    use crate::index::schema::schema;

    /// Articles with these dates, in segments of 400; every second holds a word, and every seventh was deleted.
    fn searcher(dates: &[Option<i64>]) -> (tantivy::Searcher, Fields) {
        let (schema, fields) = schema();
        let index = Index::create_in_ram(schema);
        let mut writer: IndexWriter = index.writer_with_num_threads(1, 15_000_000).unwrap();
        writer.set_merge_policy(Box::new(tantivy::indexer::NoMergePolicy));
        for (segment, dates) in dates.chunks(400).enumerate() {
            for (number, date) in dates.iter().enumerate() {
                let mut document = TantivyDocument::new();
                document.add_u64(fields.id, (segment * 1000 + number * 7 % 400) as u64);
                document.add_text(fields.text, if number % 2 == 0 { "桥" } else { "路" });
                document.add_text(fields.title, if number % 7 == 0 { "gone" } else { "here" });
                if let Some(date) = date {
                    document.add_i64(fields.date, *date);
                }
                writer.add_document(document).unwrap();
            }
            writer.commit().unwrap();
        }
        writer.delete_term(Term::from_field_text(fields.title, "gone"));
        writer.commit().unwrap();
        (index.reader().unwrap().searcher(), fields)
    }

    #[test]
    fn a_span_is_looked_at_where_many_are_found() {
        let dates: Vec<Option<i64>> = (0..1000).map(Some).collect();
        let (searcher, fields) = searcher(&dates);
        let query = TermQuery::new(Term::from_field_text(fields.text, "桥"), IndexRecordOption::Basic);
        let first = |sort, found| {
            let (sample, lexicon) = (Sample::default(), Lexicon::new(searcher.segment_readers()));
            let first =
                first(&searcher, &fields, (&sample, &lexicon), &query, sort, (2, found), Deadline::default()).unwrap();
            let date = |address: DocAddress| {
                let columns = searcher.segment_reader(address.segment_ord).fast_fields();
                columns.i64(DATE).unwrap().first(address.doc_id).unwrap()
            };
            first.map(|first| first.into_iter().map(date).collect::<Vec<_>>())
        };
        // 996, a multiple of seven in its segment, and 0 were deleted
        assert_eq!(first(Sort::Newest, 428), Some(vec![998, 994]));
        assert_eq!(first(Sort::Oldest, 428), Some(vec![2, 4]));
        assert_eq!(first(Sort::Newest, 60), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        /// What lies outside of the span would not have been among the first.
        #[test]
        fn the_first_of_a_span_are_the_first_of_all(
            dates in prop::collection::vec(prop::option::weighted(0.9, 0i64..300), 500..1200),
            wanted in 1usize..6,
            is_newest in any::<bool>(),
        ) {
            let (searcher, fields) = searcher(&dates);
            let sort = if is_newest { Sort::Newest } else { Sort::Oldest };
            let query = TermQuery::new(Term::from_field_text(fields.text, "桥"), IndexRecordOption::Basic);
            let everything = lower::dates(&fields, &DateRange { from: None, until: None, typed: String::new() });
            let mut all = within(&searcher, &query, &*everything, sort, Deadline::default()).unwrap();
            all.sort_unstable();
            let counts = (wanted, all.len());
            let (sample, lexicon) = (Sample::default(), Lexicon::new(searcher.segment_readers()));
            // the second time, the documents of the span are kept
            for _ in 0..2 {
                lexicon.begin_search();
                let first = first(&searcher, &fields, (&sample, &lexicon), &query, sort, counts, Deadline::default()).unwrap();
                if let Some(first) = first {
                    let expected: Vec<DocAddress> = all.iter().take(wanted).map(|(_, address)| *address).collect();
                    prop_assert_eq!(first, expected);
                }
            }
        }
    }
}
