//! A query of the engine for what an article may hold a part of: words, and units in a row.
//!
//! The engine cannot skip through a union that holds phrases: it reads the positions of each in every article that holds its
//! units. This one does. Once there is a score to beat, articles are looked for only by the parts without which it cannot be
//! reached (MaxScore, Turtle and Flood 1995), a window of documents at a time: bits tell which of these may hold which
//! parts, and those whose parts cannot score enough together are left out, 64 at once. What is left is looked up by postings,
//! and positions are read last, in the few articles that could still get there: a row cannot occur more often than its
//! rarest unit.
//!
//! Where the best are asked for, the articles that hold a rare part come first. They are few and score most, so that there is
//! a high score to beat before the many articles that hold only frequent parts are gone through.

use std::cmp::Reverse;
use std::fmt;
use std::sync::Arc;

use tantivy::query::{EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::{DocId, DocSet, Score, SegmentReader, TERMINATED};

use super::deadline::{Deadline, Watch};
use super::exact::{Filter, explain_match, unscored};
use super::kept::Bits;
use super::lexicon::{InSegment, Lexicon};
use super::part::{Mask, Part, Stream, WINDOW, Weighed, meet};

/// Finds the documents that hold at least one of some parts and that a filter finds, too. The score is the sum of those of
/// the parts.
#[derive(Clone)]
pub(crate) struct AnyQuery {
    parts: Arc<[Part]>,
    filter: Option<Arc<dyn Query>>,
    lexicon: Arc<Lexicon>,
    deadline: Deadline,
}

impl AnyQuery {
    pub(crate) fn new(
        parts: Vec<Part>,
        filter: Option<Box<dyn Query>>,
        lexicon: &Arc<Lexicon>,
        deadline: Deadline,
    ) -> Self {
        Self { parts: parts.into(), filter: filter.map(Arc::from), lexicon: Arc::clone(lexicon), deadline }
    }
}

impl fmt::Debug for AnyQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AnyQuery({:?}, filter: {:?})", self.parts, self.filter)
    }
}

impl Query for AnyQuery {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        let weighed = |part: &Part| part.weighed(&self.lexicon, scoring);
        Ok(Box::new(AnyWeight {
            parts: self.parts.iter().map(weighed).collect::<tantivy::Result<_>>()?,
            filter: self.filter.as_ref().map(|filter| filter.weight(unscored(scoring))).transpose()?,
            lexicon: Arc::clone(&self.lexicon),
            deadline: self.deadline,
        }))
    }
}

struct AnyWeight {
    parts: Vec<Weighed>,
    filter: Option<Box<dyn Weight>>,
    lexicon: Arc<Lexicon>,
    deadline: Deadline,
}

impl AnyWeight {
    /// What the segment holds of the parts that are `wanted` by their places in the query, in that order.
    fn streams(
        &self,
        reader: &SegmentReader,
        boost: Score,
        wanted: impl Iterator<Item = usize>,
    ) -> tantivy::Result<Vec<Stream>> {
        let segment = self.lexicon.in_segment(reader);
        let mut streams = Vec::with_capacity(self.parts.len());
        for order in wanted {
            // where time is up, what is opened is not looked at
            if self.deadline.has_passed() {
                break;
            }
            streams.extend(self.parts[order].open(&segment, boost, order, self.deadline)?);
        }
        Ok(streams)
    }

    /// Looks for documents that score more than `threshold` by those parts that do not stand `beside` them.
    fn scorer_of(
        &self,
        reader: &SegmentReader,
        mut parts: Vec<Stream>,
        beside: usize,
        threshold: Score,
    ) -> tantivy::Result<AnyScorer> {
        for group in [0..beside, beside..parts.len()] {
            parts[group].sort_by(|a, b| a.most.total_cmp(&b.most));
        }
        let sums = parts.iter().scan(0.0, |sum, part| {
            *sum += part.most;
            Some(*sum)
        });
        let filter = self.filter.as_ref().map(|filter| filter.scorer(reader, 1.0)).transpose()?;
        let (within, filter) = match filter.map(|filter| filter.downcast::<Bits>()) {
            Some(Ok(bits)) => (Some(*bits), None),
            Some(Err(filter)) => (None, Some(Filter::new(filter))),
            None => (None, None),
        };
        let mut scorer = AnyScorer {
            sums: sums.collect(),
            scores: vec![0.0; self.parts.len()],
            parts,
            optional: beside,
            within,
            filter,
            threshold: Score::MIN,
            candidates: [0; _],
            start: 0,
            end: 0,
            doc: 0,
            score: 0.0,
            segment: self.lexicon.in_segment(reader),
            deadline: self.deadline,
            watch: Watch::new(self.deadline),
        };
        scorer.raise(threshold);
        scorer.begin();
        Ok(scorer)
    }
}

impl Weight for AnyWeight {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let streams = self.streams(reader, boost, 0..self.parts.len())?;
        let mut scorer = self.scorer_of(reader, streams, 0, Score::MIN)?;
        scorer.settle(0);
        Ok(Box::new(scorer))
    }

    fn explain(&self, reader: &SegmentReader, doc: DocId) -> tantivy::Result<Explanation> {
        explain_match(self, reader, doc, "some of the words, or units in a row")
    }

    /// Documents are handed over in two rounds, each in order: first those that hold a rare part, then the others. The rare
    /// parts score most, so that few of the many others are worth a look.
    fn for_each_pruning(
        &self,
        threshold: Score,
        reader: &SegmentReader,
        callback: &mut dyn FnMut(DocId, Score) -> Score,
    ) -> tantivy::Result<()> {
        let mut streams = self.streams(reader, 1.0, 0..self.parts.len())?;
        let frequent = frequent_first(&mut streams);
        let mut scorer = self.scorer_of(reader, streams, frequent, threshold)?;
        let mut found = Vec::new();
        let mut doc = scorer.settle(0);
        while doc != TERMINATED {
            found.push(doc);
            scorer.raise(callback(doc, scorer.score));
            doc = scorer.advance();
        }
        let others = &scorer.parts[..frequent];
        if others.is_empty() || is_too_little(scorer.sums[frequent - 1], scorer.threshold) {
            return Ok(());
        }
        let mut places: Vec<usize> = others.iter().map(|part| part.order).collect();
        places.sort_unstable();
        let streams = self.streams(reader, 1.0, places.into_iter())?;
        // one that scores as much as the last of the best, and stands before it, is better
        let threshold = scorer.threshold.next_down();
        let mut scorer = self.scorer_of(reader, streams, 0, threshold)?;
        let mut doc = scorer.settle(0);
        while doc != TERMINATED {
            // without its rare parts, it scores less than it did
            if found.binary_search(&doc).is_err() {
                scorer.raise(callback(doc, scorer.score).next_down());
            }
            doc = scorer.advance();
        }
        Ok(())
    }
}

/// Puts those parts last that are rare beside all together; gives the number of the others.
fn frequent_first(streams: &mut [Stream]) -> usize {
    /// Documents of the rare parts are no more than one of so many.
    const SHARE: u32 = 8;
    streams.sort_by_key(|stream| Reverse(stream.size));
    let all = streams.iter().map(|stream| stream.size).fold(0, u32::saturating_add);
    let mut rare = 0;
    let is_rare = |stream: &&Stream| {
        rare += stream.size;
        rare <= all / SHARE
    };
    streams.len() - streams.iter().rev().take_while(is_rare).count()
}

struct AnyScorer {
    /// Those that can score most last.
    parts: Vec<Stream>,
    /// What each part and those before it can score together.
    sums: Vec<Score>,
    /// So many parts cannot pass the threshold together: nothing is looked for by them.
    optional: usize,
    /// What the filter finds, where that is known.
    within: Option<Bits>,
    /// The filter, where it is not.
    filter: Option<Filter>,
    /// Only documents that score more are found.
    threshold: Score,
    /// Documents of the window from `start` to `end` that may match.
    candidates: Mask,
    start: DocId,
    end: DocId,
    doc: DocId,
    score: Score,
    /// Scores of the parts in the order of the query: summed up in another, they would differ in the last bit.
    scores: Vec<Score>,
    segment: InSegment,
    deadline: Deadline,
    watch: Watch,
}

impl AnyScorer {
    fn raise(&mut self, threshold: Score) {
        self.threshold = threshold;
        while self.sums.get(self.optional).is_some_and(|&sum| is_too_little(sum, self.threshold)) {
            self.optional += 1;
        }
    }

    /// Tells the parts which of them documents are looked for by.
    fn begin(&mut self) {
        let (beside, needed) = self.parts.split_at_mut(self.optional);
        let found = needed.iter().map(|part| part.size).fold(0, u32::saturating_add);
        beside.iter_mut().for_each(|part| part.begin(&self.segment, Some(found)));
        needed.iter_mut().for_each(|part| part.begin(&self.segment, None));
    }

    /// HOT: moves to the first match at or after `target`.
    fn settle(&mut self, mut target: DocId) -> DocId {
        self.doc = loop {
            let doc = self.candidate(target);
            if doc == TERMINATED || self.is_match(doc) {
                break doc;
            }
            if self.watch.is_over() {
                break TERMINATED;
            }
            target = doc + 1;
        };
        self.doc
    }

    /// The first document at or after `target` that may match.
    fn candidate(&mut self, mut target: DocId) -> DocId {
        loop {
            if let Some(doc) = self.candidate_in_window(target) {
                return doc;
            }
            target = target.max(self.end);
            let needed = self.parts[self.optional..].iter_mut();
            let first = needed.map(|part| part.first_from(target)).min().unwrap_or(TERMINATED);
            if first == TERMINATED || self.watch.is_over() {
                return TERMINATED;
            }
            self.move_to(first / WINDOW * WINDOW);
        }
    }

    /// HOT.
    fn candidate_in_window(&self, target: DocId) -> Option<DocId> {
        let from = target.saturating_sub(self.start);
        let first = from as usize / 64;
        let word = |at: usize| self.candidates[at] & if at == first { u64::MAX << (from % 64) } else { u64::MAX };
        let at = (first..self.candidates.len()).find(|&at| word(at) != 0)?;
        Some(self.start + at as DocId * 64 + word(at).trailing_zeros())
    }

    /// Moves to the window from `start` on.
    fn move_to(&mut self, start: DocId) {
        /// With fewer documents that hold a part, to look at each costs less.
        const FEW: u32 = 64;
        /// Parts whose documents are put together: each may double what that costs.
        const MOST_PARTS: usize = 8;
        (self.start, self.end) = (start, start + WINDOW);
        self.candidates = [0; _];
        let (beside, needed) = self.parts.split_at_mut(self.optional);
        for part in needed {
            part.move_to(&(start..self.end), true);
            join(&mut self.candidates, part.mask());
        }
        if let Some(within) = &self.within {
            within.keep(start, &mut self.candidates);
        }
        let held: u32 = self.candidates.iter().map(|word| word.count_ones()).sum();
        if held == 0 {
            return;
        }
        beside.iter_mut().for_each(|part| part.move_to(&(start..self.end), false));
        if held > FEW && self.threshold >= 0.0 {
            match enough(&self.parts, &self.sums, MOST_PARTS, 0.0, self.threshold) {
                Enough::All => {}
                Enough::None => self.candidates = [0; _],
                Enough::Some(some) => meet(&mut self.candidates, &some),
            }
        }
    }

    /// HOT: whether `doc`, a candidate, passes the threshold.
    fn is_match(&mut self, doc: DocId) -> bool {
        let threshold = self.threshold;
        let mut most = 0.0;
        for part in &mut self.parts {
            part.glance(doc - self.start);
            most += part.here;
        }
        if is_too_little(most, threshold) {
            return false;
        }
        // what can score most comes first
        let mut is_enough = |parts: &mut [Stream], look: &mut dyn FnMut(&mut Stream)| {
            parts.iter_mut().rev().filter(|part| part.is_here).all(|part| {
                most -= part.here;
                look(part);
                most += part.here;
                !is_too_little(most, threshold)
            })
        };
        if !is_enough(&mut self.parts, &mut |part| part.look(doc))
            || !is_enough(&mut self.parts, &mut |part| part.look_up(doc, &self.segment, self.deadline))
            || self.filter.as_mut().is_some_and(|filter| !filter.finds(doc))
            || !is_enough(&mut self.parts, &mut Stream::look_closely)
        {
            return false;
        }
        self.scores.fill(0.0);
        let mut is_held = false;
        for part in self.parts.iter().filter(|part| part.is_here) {
            is_held = true;
            self.scores[part.order] = part.here;
        }
        self.score = self.scores.iter().sum();
        is_held && self.score > self.threshold
    }
}

/// Whether a score of at most `most` does not pass `threshold`, whatever was lost in sums.
fn is_too_little(most: Score, threshold: Score) -> bool {
    const ROUNDING: Score = 1.0001;
    most * ROUNDING <= threshold
}

/// Documents of a window.
#[expect(clippy::large_enum_variant, reason = "never kept: it is handed on, and most are masks")]
enum Enough {
    None,
    Some(Mask),
    All,
}

/// Documents of the window whose parts can score more than `threshold` together. What they hold beside `parts` scores `most`;
/// `sums` are what each of these and those before it can score. Only the last `exact` are looked at: of the others is thought
/// that every document holds them.
fn enough(parts: &[Stream], sums: &[Score], exact: usize, most: Score, threshold: Score) -> Enough {
    if !is_too_little(most, threshold) {
        return Enough::All;
    }
    let Some((last, others)) = parts.split_last() else { return Enough::None };
    if is_too_little(most + sums[others.len()], threshold) {
        return Enough::None;
    }
    let Some(exact) = exact.checked_sub(1) else { return Enough::All };
    let with = enough(others, sums, exact, most + last.most, threshold);
    match (with, enough(others, sums, exact, most, threshold)) {
        (_, Enough::All) => Enough::All,
        (Enough::None, without) => without,
        (Enough::All, Enough::None) => Enough::Some(*last.mask()),
        (Enough::All, Enough::Some(mut some)) => {
            join(&mut some, last.mask());
            Enough::Some(some)
        }
        (Enough::Some(mut some), without) => {
            meet(&mut some, last.mask());
            if let Enough::Some(more) = without {
                join(&mut some, &more);
            }
            Enough::Some(some)
        }
    }
}

/// Adds to `mask` what is in `other`.
fn join(mask: &mut Mask, other: &Mask) {
    mask.iter_mut().zip(other).for_each(|(word, other)| *word |= other);
}

impl DocSet for AnyScorer {
    fn advance(&mut self) -> DocId {
        if self.doc == TERMINATED { TERMINATED } else { self.settle(self.doc + 1) }
    }

    fn seek(&mut self, target: DocId) -> DocId {
        self.settle(target)
    }

    fn doc(&self) -> DocId {
        self.doc
    }

    fn size_hint(&self) -> u32 {
        self.parts.iter().map(|part| part.size).fold(0, u32::saturating_add)
    }
}

impl Scorer for AnyScorer {
    fn score(&mut self) -> Score {
        self.score
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;
    use tantivy::query::TermQuery;
    use tantivy::schema::{Field, IndexRecordOption};
    use tantivy::tokenizer::{SimpleTokenizer, TextAnalyzer};
    use tantivy::{DocAddress, Index, IndexWriter, Searcher, Term, doc};

    use super::*;
    use crate::query::exact::Located;

    /// Documents of the letters `texts`, in segments of so many.
    fn index(texts: &[String], documents: usize) -> (Index, Field) {
        let mut schema = tantivy::schema::Schema::builder();
        let field = schema.add_text_field("text", tantivy::schema::TEXT);
        let index = Index::create_in_ram(schema.build());
        index.tokenizers().register("default", TextAnalyzer::from(SimpleTokenizer::default()));
        let mut writer: IndexWriter = index.writer_with_num_threads(1, 15_000_000).unwrap();
        writer.set_merge_policy(Box::new(tantivy::indexer::NoMergePolicy));
        for texts in texts.chunks(documents) {
            for text in texts {
                writer.add_document(doc!(field => text.as_str())).unwrap();
            }
            writer.commit().unwrap();
        }
        (index, field)
    }

    /// What is asked: words, rows of letters, what is found by but not scored, and a filter.
    type Asked = (Vec<String>, Vec<String>, Option<String>, Option<String>);

    fn asked(letters: &'static str) -> impl Strategy<Value = Asked> {
        let some = |count: &str| prop::string::string_regex(&format!("[{letters}]{count}")).unwrap();
        let one = || prop::option::of(some(""));
        (prop::collection::vec(some(""), 1..5), prop::collection::vec(some("{1,3}"), 1..5), one(), one())
    }

    fn weight(searcher: &Searcher, field: Field, lexicon: &Arc<Lexicon>, asked: &Asked) -> Box<dyn Weight> {
        let (words, rows, unscored, filter) = asked;
        let term = |text: &str| Term::from_field_text(field, text);
        let holds =
            |letter: &String| -> Box<dyn Query> { Box::new(TermQuery::new(term(letter), IndexRecordOption::Basic)) };
        let word = words.iter().map(|word| Part::Word(term(word), 0.4));
        let row = |row: &String| -> Part {
            let units: Located = (0..).zip(row.chars().map(|c| term(&c.to_string()))).collect();
            Part::Row(units.clone(), [units].into())
        };
        let unscored = unscored.iter().map(|letter| Part::Unscored(holds(letter)));
        let parts = word.chain(rows.iter().map(row)).chain(unscored).collect();
        // as a search makes it: kept from the second time on
        let filter = filter.as_ref().map(|letter| {
            let asked = crate::query::parse(letter, &jiff::Zoned::now()).query;
            lexicon.filter(&asked, holds(letter), Deadline::default())
        });
        let query = AnyQuery::new(parts, filter, lexicon, Deadline::default());
        query.weight(EnableScoring::enabled_from_searcher(searcher)).unwrap()
    }

    /// Whether a text holds a part of what is asked, by a look at it.
    fn is_found(text: &str, (words, rows, unscored, filter): &Asked) -> bool {
        let letters = text.replace(' ', "");
        let mut parts = words.iter().chain(rows).chain(unscored);
        parts.any(|part| letters.contains(part)) && filter.as_ref().is_none_or(|filter| letters.contains(filter))
    }

    type Found = Vec<(Score, DocAddress)>;

    fn sort(found: &mut Found, limit: usize) {
        found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        found.truncate(limit);
    }

    /// The best of all that are found.
    fn of_all(searcher: &Searcher, weight: &dyn Weight, limit: usize) -> Found {
        let mut all = Vec::new();
        for (ordinal, segment) in (0..).zip(searcher.segment_readers()) {
            weight.for_each(segment, &mut |doc, score| all.push((score, DocAddress::new(ordinal, doc)))).unwrap();
        }
        sort(&mut all, limit);
        all
    }

    /// The best, where the others may be skipped.
    fn skipping(searcher: &Searcher, weight: &dyn Weight, limit: usize) -> Found {
        let mut best = Vec::new();
        for (ordinal, segment) in (0..).zip(searcher.segment_readers()) {
            let threshold = |best: &Found| best.get(limit - 1).map_or(Score::MIN, |last| last.0);
            let least = threshold(&best);
            let mut take = |doc, score| {
                best.push((score, DocAddress::new(ordinal, doc)));
                sort(&mut best, limit);
                threshold(&best)
            };
            weight.for_each_pruning(least, segment, &mut take).unwrap();
        }
        best
    }

    /// All that is found is what a look at the texts finds; and the best, where others may be skipped, are the best of it.
    fn check(texts: &[String], searcher: &Searcher, asked: &Asked, limit: usize, weights: &[Box<dyn Weight>]) {
        let mut all = of_all(searcher, &*weights[0], texts.len());
        assert_eq!(all.len(), texts.iter().filter(|text| is_found(text, asked)).count());
        all.truncate(limit);
        for weight in weights {
            assert_eq!(skipping(searcher, &**weight, limit), all);
        }
    }

    proptest! {
        /// What is skipped would not have been among the best.
        #[test]
        fn the_best_are_those_of_all(
            texts in prop::collection::vec("([a-f] ){1,9}", 1..40),
            asked in asked("a-f"),
            limit in 1usize..12,
        ) {
            let (index, field) = index(&texts, 7);
            let searcher = index.reader().unwrap().searcher();
            let lexicon = Arc::new(Lexicon::new(searcher.segment_readers()));
            let weight = weight(&searcher, field, &lexicon, &asked);
            check(&texts, &searcher, &asked, limit, &[weight]);
        }
    }

    /// Texts in letters from frequent to rare, two segments of them, each of several windows.
    pub(in crate::query) static MANY: LazyLock<(Vec<String>, Searcher, Field, Arc<Lexicon>)> = LazyLock::new(|| {
        const LETTERS: u64 = 16;
        let mut state = 1u64;
        let mut random = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        let mut text = |_| -> String {
            let length = 1 + random(30);
            let letter = |_| {
                let most = 1 + random(LETTERS);
                let most = 1 + random(most);
                let letter = random(most);
                format!("{} ", char::from(b'a' + u8::try_from(letter).unwrap()))
            };
            (0..length).map(letter).collect()
        };
        let texts: Vec<String> = (0..2 * 3 * WINDOW).map(&mut text).collect();
        let (index, field) = index(&texts, texts.len() / 2 + 777);
        let searcher = index.reader().unwrap().searcher();
        let lexicon = Arc::new(Lexicon::new(searcher.segment_readers()));
        (texts, searcher, field, lexicon)
    });

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        /// The same in segments of several windows, whatever was kept of the searches before.
        #[test]
        fn the_best_of_many_are_those_of_all(asked in asked("a-p"), limit in 1usize..200) {
            let (texts, searcher, field, lexicon) = &*MANY;
            lexicon.begin_search();
            let kept = weight(searcher, *field, lexicon, &asked);
            let fresh = Arc::new(Lexicon::new(searcher.segment_readers()));
            let plain = weight(searcher, *field, &fresh, &asked);
            check(texts, searcher, &asked, limit, &[plain, kept]);
        }
    }
}
