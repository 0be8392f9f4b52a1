//! Counts categories, authors and months over all that a query finds.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::{Column, StrColumn};
use tantivy::query::Query;
use tantivy::{DocId, Score, SegmentOrdinal, SegmentReader};

use super::results::Facets;
use crate::article::CategoryPath;
use crate::error::Error;
use crate::index::document::path_of_column;
use crate::index::schema::{AUTHOR_NAME, CATEGORY_PATH, DATE};

/// Seconds of a day; dates are counted by day first, and days by month at the end, so that no article costs a calendar.
const DAY: i64 = 86_400;

/// Counts over everything that `query` finds; months are those of `zone`.
pub(crate) fn count(searcher: &tantivy::Searcher, query: &dyn Query, zone: &TimeZone) -> Result<Facets, Error> {
    let offset = i64::from(zone.to_offset(Timestamp::UNIX_EPOCH).seconds());
    let Counts { categories, authors, days } = searcher.search(query, &FacetCollector { offset })?;
    let mut months: BTreeMap<String, u64> = BTreeMap::new();
    for (day, count) in days {
        if let Ok(moment) = Timestamp::from_second(day * DAY) {
            *months.entry(moment.to_zoned(TimeZone::UTC).strftime("%Y-%m").to_string()).or_default() += count;
        }
    }
    let categories = categories.into_iter().filter_map(|(path, count)| Some((path_of_column(&path)?, count)));
    Ok(Facets {
        categories: most_first(categories.collect::<Vec<(CategoryPath, u64)>>()),
        authors: most_first(authors.into_iter().collect()),
        months: months.into_iter().rev().collect(),
    })
}

fn most_first<T: Ord>(mut counts: Vec<(T, u64)>) -> Vec<(T, u64)> {
    counts.sort_by(|(a, a_count), (b, b_count)| b_count.cmp(a_count).then_with(|| a.cmp(b)));
    counts
}

#[derive(Debug, Default)]
struct Counts {
    categories: HashMap<String, u64>,
    authors: HashMap<String, u64>,
    /// By days since 1970 in the zone asked for.
    days: HashMap<i64, u64>,
}

struct FacetCollector {
    /// Seconds that the zone is ahead of UTC.
    offset: i64,
}

impl Collector for FacetCollector {
    type Fruit = Counts;
    type Child = SegmentFacets;

    fn for_segment(&self, _: SegmentOrdinal, segment: &SegmentReader) -> tantivy::Result<SegmentFacets> {
        let columns = segment.fast_fields();
        Ok(SegmentFacets {
            categories: Names::of(columns.str(CATEGORY_PATH)?),
            authors: Names::of(columns.str(AUTHOR_NAME)?),
            dates: columns.i64(DATE)?,
            offset: self.offset,
            days: HashMap::new(),
        })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<tantivy::Result<Counts>>) -> tantivy::Result<Counts> {
        let mut all = Counts::default();
        for counts in segments {
            let counts = counts?;
            counts.categories.into_iter().for_each(|(name, count)| *all.categories.entry(name).or_default() += count);
            counts.authors.into_iter().for_each(|(name, count)| *all.authors.entry(name).or_default() += count);
            counts.days.into_iter().for_each(|(day, count)| *all.days.entry(day).or_default() += count);
        }
        Ok(all)
    }
}

/// The names of a column, counted by their ordinals.
struct Names {
    column: Option<StrColumn>,
    counts: Vec<u64>,
}

impl Names {
    fn of(column: Option<StrColumn>) -> Self {
        let names = column.as_ref().map_or(0, |column| column.num_terms());
        Self { column, counts: vec![0; names] }
    }

    fn add(&mut self, doc: DocId) {
        for ordinal in self.column.iter().flat_map(|column| column.term_ords(doc)) {
            self.counts[ordinal as usize] += 1;
        }
    }

    fn counted(self) -> tantivy::Result<HashMap<String, u64>> {
        let mut counted = HashMap::new();
        let Some(column) = self.column else { return Ok(counted) };
        for (ordinal, count) in (0..).zip(self.counts).filter(|(_, count)| *count > 0) {
            let mut name = String::new();
            column.ord_to_str(ordinal, &mut name)?;
            counted.insert(name, count);
        }
        Ok(counted)
    }
}

struct SegmentFacets {
    categories: Names,
    authors: Names,
    dates: Column<i64>,
    offset: i64,
    days: HashMap<i64, u64>,
}

impl SegmentCollector for SegmentFacets {
    type Fruit = tantivy::Result<Counts>;

    fn collect(&mut self, doc: DocId, _: Score) {
        self.categories.add(doc);
        self.authors.add(doc);
        if let Some(date) = self.dates.first(doc) {
            *self.days.entry((date + self.offset).div_euclid(DAY)).or_default() += 1;
        }
    }

    fn harvest(self) -> tantivy::Result<Counts> {
        Ok(Counts { categories: self.categories.counted()?, authors: self.authors.counted()?, days: self.days })
    }
}
