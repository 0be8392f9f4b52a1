//! A query of the engine for what an article may hold a part of: words, and units in a row.
//!
//! The engine cannot skip through a union that holds phrases: it reads the positions of each in every article that holds its
//! units. This one does (MaxScore, Turtle and Flood 1995). Once there is a score to beat, articles are looked for only by
//! the parts without which it cannot be reached, and the others are looked up in these. What costs least comes first;
//! positions are read last, in the few articles that could still get there: a row cannot occur more often than its rarest
//! unit.
//!
//! Where the best are asked for, the articles that hold a rare part come first. They are few and score most, so that there is
//! a high score to beat before the many articles that hold only frequent parts are gone through.

use std::cmp::Reverse;
use std::fmt;
use std::sync::Arc;

use tantivy::query::{Bm25Weight, EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::schema::Field;
use tantivy::{DocId, DocSet, Score, SegmentReader, TERMINATED, Term};

use super::deadline::{Deadline, Watch};
use super::exact::{Filter, Known, Located, Row, WeighedWord, Word, explain_match, known, located, seek, unscored};
use super::kept::{Bits, DocBits};
use super::lexicon::{InSegment, Lexicon};
use super::lower::UnitKey;

/// Something that an article may hold; its score is that of BM25.
#[derive(Debug)]
pub(crate) enum Part {
    /// A word with its weight.
    Word(Term, Score),
    /// Units in a row in one field. These fields say nothing of the length of a text. With the same in all fields, by which
    /// it is told where a unit stands nowhere.
    Row(Located, Arc<[Located]>),
    /// What is found by, but not scored.
    Unscored(Box<dyn Query>),
}

impl Part {
    /// A row in each of `fields`.
    pub(crate) fn rows(fields: &[Field], units: &[UnitKey]) -> Vec<Self> {
        let rows: Arc<[Located]> = fields.iter().map(|&field| located(field, units)).collect();
        rows.iter().map(|row| Self::Row(row.clone(), Arc::clone(&rows))).collect()
    }
}

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
        let weighed = |part: &Part| -> tantivy::Result<Weighed> {
            Ok(match part {
                Part::Word(term, weight) => Weighed::Word(WeighedWord::new(&self.lexicon, scoring, term, *weight)?),
                Part::Row(units, anywhere) => {
                    let terms: Vec<Term> = units.iter().map(|(_, term)| term.clone()).collect();
                    let weight = match scoring {
                        EnableScoring::Enabled { statistics_provider, .. } => {
                            Some(Bm25Weight::for_terms(statistics_provider, &terms)?)
                        }
                        EnableScoring::Disabled { .. } => None,
                    };
                    let anywhere = anywhere.iter().map(|row| known(&self.lexicon, row)).collect();
                    Weighed::Row { units: known(&self.lexicon, units), anywhere, weight }
                }
                Part::Unscored(query) => Weighed::Unscored(query.weight(unscored(scoring))?),
            })
        };
        Ok(Box::new(AnyWeight {
            parts: self.parts.iter().map(weighed).collect::<tantivy::Result<_>>()?,
            filter: self.filter.as_ref().map(|filter| filter.weight(unscored(scoring))).transpose()?,
            lexicon: Arc::clone(&self.lexicon),
            deadline: self.deadline,
        }))
    }
}

/// A part of a query of one index; without a weight it does not score.
enum Weighed {
    Word(WeighedWord),
    Row { units: Known, anywhere: Vec<Known>, weight: Option<Bm25Weight> },
    Unscored(Box<dyn Weight>),
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

    /// Looks for documents by those parts that do not stand `beside` them.
    fn scorer_of(&self, reader: &SegmentReader, mut parts: Vec<Stream>, beside: usize) -> tantivy::Result<AnyScorer> {
        for group in [0..beside, beside..parts.len()] {
            parts[group].sort_by(|a, b| a.most.total_cmp(&b.most));
        }
        let sums = parts.iter().scan(0.0, |sum, part| {
            *sum += part.most;
            Some(*sum)
        });
        Ok(AnyScorer {
            sums: sums.collect(),
            docs: vec![0; parts.len()],
            most: parts.iter().map(|part| part.most).collect(),
            scores: vec![0.0; self.parts.len()],
            parts,
            optional: beside,
            filter: self.filter.as_ref().map(|filter| filter.scorer(reader, 1.0)).transpose()?.map(Filter::new),
            threshold: Score::MIN,
            doc: 0,
            score: 0.0,
            watch: Watch::new(self.deadline),
        })
    }
}

impl Weight for AnyWeight {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let streams = self.streams(reader, boost, 0..self.parts.len())?;
        let mut scorer = self.scorer_of(reader, streams, 0)?;
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
        let mut scorer = self.scorer_of(reader, streams, frequent)?;
        scorer.raise(threshold);
        let mut found = Vec::new();
        let mut doc = scorer.settle(0);
        while doc != TERMINATED {
            found.push(doc);
            scorer.raise(callback(doc, scorer.score));
            doc = scorer.advance();
        }
        let others = &scorer.parts[..frequent];
        if others.is_empty() || scorer.is_too_little(scorer.sums[frequent - 1]) {
            return Ok(());
        }
        let mut places: Vec<usize> = others.iter().map(|part| part.order).collect();
        places.sort_unstable();
        let streams = self.streams(reader, 1.0, places.into_iter())?;
        // one that scores as much as the last of the best, and stands before it, is better
        let threshold = scorer.threshold.next_down();
        let mut scorer = self.scorer_of(reader, streams, 0)?;
        scorer.raise(threshold);
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
    streams.sort_by_key(|stream| Reverse(stream.size_hint()));
    let all = streams.iter().map(Stream::size_hint).fold(0, u32::saturating_add);
    let mut rare = 0;
    let is_rare = |stream: &&Stream| {
        rare += stream.size_hint();
        rare <= all / SHARE
    };
    streams.len() - streams.iter().rev().take_while(is_rare).count()
}

/// Postings of a part in one segment.
enum Held {
    Word(Word),
    Row(Row),
    Unscored(Box<dyn Scorer>),
}

/// A row is looked for by documents that are known to hold its units in any field, if these are no more than so many times
/// those that hold the rarest unit.
const MAX_SURPLUS: u32 = 2;

/// The engine's length of a text in a field that says nothing of it.
const NO_LENGTH: u8 = 1;

impl Weighed {
    /// `None` where no document of the segment holds it.
    fn open(
        &self,
        segment: &InSegment,
        boost: Score,
        order: usize,
        deadline: Deadline,
    ) -> tantivy::Result<Option<Stream>> {
        let mut among: Option<Bits> = None;
        let mut add = |set: Option<Arc<DocBits>>| match (set.map(Bits::new), &mut among) {
            (Some(bits), Some(among)) => among.and(bits),
            (Some(bits), among) => *among = Some(bits),
            (None, _) => {}
        };
        let (held, weight) = match self {
            Self::Word(word) => {
                let Some(opened) = word.open(segment, boost)? else { return Ok(None) };
                add(segment.set(std::iter::once(&word.entry), deadline)?);
                (Held::Word(opened), word.weight.as_ref())
            }
            Self::Row { units, anywhere, weight } => {
                let Some(row) = Row::open(segment, units, deadline)? else { return Ok(None) };
                for unit in 0..units.len() {
                    add(segment.set(anywhere.iter().map(|row| &row[unit].1), deadline)?);
                }
                (Held::Row(row), weight.as_ref())
            }
            Self::Unscored(query) => (Held::Unscored(query.scorer(segment.reader(), 1.0)?), None),
        };
        let weight = weight.map(|weight| weight.boost_by(boost));
        let most = weight.as_ref().map_or(0.0, Bm25Weight::max_score);
        let is_led = match (&held, &among) {
            // one with a word does not pay: its postings are gone through anyway
            (Held::Row(row), Some(among)) => among.size_hint() <= row.size_hint().saturating_mul(MAX_SURPLUS),
            _ => false,
        };
        Ok(Some(Stream { held, among, is_led, weight, most, order, is_here: false, here: 0.0 }))
    }
}

/// A part in one segment, with what is known of its scores.
struct Stream {
    held: Held,
    /// No other document holds it, where that is known.
    among: Option<Bits>,
    /// Whether few of these do not hold its units, so that it is looked for by them.
    is_led: bool,
    weight: Option<Bm25Weight>,
    /// No document scores more.
    most: Score,
    /// Place among the parts of the query.
    order: usize,
    /// Whether the candidate holds it, and what that scores at most.
    is_here: bool,
    here: Score,
}

impl Stream {
    /// Moves to the first document at or after `target` that may hold it.
    fn seek(&mut self, target: DocId) -> DocId {
        match (&mut self.held, &self.among) {
            (Held::Row(_), Some(among)) if self.is_led => among.first_from(target),
            (Held::Row(row), _) => row.seek(target),
            (Held::Word(word), _) => seek(&mut *word.postings, target),
            (Held::Unscored(scorer), _) => seek(scorer, target),
        }
    }

    /// Looks at `doc` by postings alone: no document before the one that is given, and at or after `doc`, holds it.
    fn look(&mut self, doc: DocId) -> DocId {
        let next = match &mut self.held {
            Held::Word(word) => seek(&mut *word.postings, doc),
            Held::Row(row) => row.probe(doc),
            Held::Unscored(scorer) => seek(scorer, doc),
        };
        self.is_here = next == doc;
        self.here = match (&self.held, &self.weight) {
            (Held::Word(word), _) if self.is_here => word.score(),
            (Held::Row(row), Some(weight)) if self.is_here => weight.score(NO_LENGTH, row.most_starts()),
            _ => 0.0,
        };
        next
    }

    /// Documents that hold it, at most.
    fn size_hint(&self) -> u32 {
        match &self.held {
            Held::Word(word) => word.postings.size_hint(),
            Held::Row(row) => row.size_hint(),
            Held::Unscored(scorer) => scorer.size_hint(),
        }
    }

    /// Reads positions, where only these tell, in the document that [`look`](Self::look) has found.
    fn look_closely(&mut self) {
        if let Held::Row(row) = &mut self.held
            && row.len() > 1
        {
            let count = row.starts().len() as u32;
            self.is_here = count > 0;
            self.here = self.weight.as_ref().filter(|_| count > 0).map_or(0.0, |weight| weight.score(NO_LENGTH, count));
        }
    }
}

struct AnyScorer {
    /// Those that can score most last.
    parts: Vec<Stream>,
    /// For each part, the document before which it has none that was not looked at.
    docs: Vec<DocId>,
    /// What each part can score.
    most: Vec<Score>,
    /// What it and those before it can score together.
    sums: Vec<Score>,
    /// So many parts cannot pass the threshold together: nothing is looked for by them.
    optional: usize,
    filter: Option<Filter>,
    /// Only documents that score more are found.
    threshold: Score,
    doc: DocId,
    score: Score,
    /// Scores of the parts in the order of the query: summed up in another, they would differ in the last bit.
    scores: Vec<Score>,
    watch: Watch,
}

impl AnyScorer {
    fn raise(&mut self, threshold: Score) {
        self.threshold = threshold;
        while self.sums.get(self.optional).is_some_and(|&sum| self.is_too_little(sum)) {
            self.optional += 1;
        }
    }

    /// Whether a score of at most `most` does not pass the threshold, whatever was lost in sums.
    fn is_too_little(&self, most: Score) -> bool {
        const ROUNDING: Score = 1.0001;
        most * ROUNDING <= self.threshold
    }

    /// HOT: moves to the first match at or after `target`.
    fn settle(&mut self, mut target: DocId) -> DocId {
        self.doc = loop {
            let optional = self.optional.checked_sub(1).map_or(0.0, |last| self.sums[last]);
            let (mut doc, mut most) = (TERMINATED, optional);
            let needed = self.docs[self.optional..].iter_mut().zip(&mut self.parts[self.optional..]);
            for ((at, part), &part_most) in needed.zip(&self.most[self.optional..]) {
                if *at < target {
                    *at = part.seek(target);
                }
                if *at < doc {
                    (doc, most) = (*at, optional + part_most);
                } else if *at == doc {
                    most += part_most;
                }
            }
            if doc == TERMINATED || !self.is_too_little(most) && self.is_match(doc, most) {
                break doc;
            }
            if self.watch.is_over() {
                break TERMINATED;
            }
            target = doc + 1;
        };
        self.doc
    }

    /// HOT: whether `doc`, where or behind which all parts stand that are needed, passes the threshold. By where they stand
    /// it scores at most `most`.
    fn is_match(&mut self, doc: DocId, mut most: Score) -> bool {
        // what a bit tells comes first
        for (part, &at) in self.parts.iter_mut().zip(&self.docs).take(self.optional) {
            part.is_here = at <= doc && part.among.as_ref().is_none_or(|among| among.contains(doc));
            most -= if part.is_here { 0.0 } else { part.most };
        }
        if self.is_too_little(most) {
            return false;
        }
        // then those that are needed, for they need not move
        for i in (0..self.parts.len()).rev() {
            let part = &mut self.parts[i];
            if i >= self.optional {
                part.is_here = self.docs[i] == doc;
            }
            if part.is_here {
                self.docs[i] = part.look(doc);
                most += part.here - part.most;
                if self.is_too_little(most) {
                    return false;
                }
            }
        }
        if self.filter.as_mut().is_some_and(|filter| !filter.finds(doc)) {
            return false;
        }
        let mut is_held = false;
        self.scores.fill(0.0);
        for i in (0..self.parts.len()).rev() {
            let part = &mut self.parts[i];
            if !part.is_here {
                continue;
            }
            most -= part.here;
            part.look_closely();
            most += part.here;
            is_held |= part.is_here;
            self.scores[part.order] = part.here;
            if self.is_too_little(most) {
                return false;
            }
        }
        self.score = self.scores.iter().sum();
        is_held && self.score > self.threshold
    }
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
        self.parts.iter().map(Stream::size_hint).fold(0, u32::saturating_add)
    }
}

impl Scorer for AnyScorer {
    fn score(&mut self) -> Score {
        self.score
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tantivy::query::TermQuery;
    use tantivy::schema::IndexRecordOption;
    use tantivy::tokenizer::{SimpleTokenizer, TextAnalyzer};
    use tantivy::{DocAddress, Index, IndexWriter, doc};

    use super::*;

    /// Documents of the letters `texts`, in segments of seven.
    fn index(texts: &[String]) -> (Index, Field) {
        let mut schema = tantivy::schema::Schema::builder();
        let field = schema.add_text_field("text", tantivy::schema::TEXT);
        let index = Index::create_in_ram(schema.build());
        index.tokenizers().register("default", TextAnalyzer::from(SimpleTokenizer::default()));
        let mut writer: IndexWriter = index.writer_with_num_threads(1, 15_000_000).unwrap();
        writer.set_merge_policy(Box::new(tantivy::indexer::NoMergePolicy));
        for texts in texts.chunks(7) {
            for text in texts {
                writer.add_document(doc!(field => text.as_str())).unwrap();
            }
            writer.commit().unwrap();
        }
        (index, field)
    }

    proptest! {
        /// What is skipped would not have been among the best.
        #[test]
        fn the_best_are_those_of_all(
            texts in prop::collection::vec("([a-f] ){1,9}", 1..40),
            words in prop::collection::vec("[a-f]", 1..4),
            rows in prop::collection::vec("[a-f]{1,3}", 1..5),
            filter in prop::option::of("[a-f]"),
            limit in 1usize..12,
        ) {
            let (index, field) = index(&texts);
            let searcher = index.reader().unwrap().searcher();
            let lexicon = Arc::new(Lexicon::new(searcher.segment_readers()));
            let term = |text: &str| Term::from_field_text(field, text);
            let word = words.iter().map(|word| Part::Word(term(word), 0.4));
            let row = |row: &String| -> Part {
                let units: Located = (0..).zip(row.chars().map(|c| term(&c.to_string()))).collect();
                Part::Row(units.clone(), [units].into())
            };
            let parts = word.chain(rows.iter().map(row)).collect();
            let filter = filter.map(|filter| -> Box<dyn Query> {
                Box::new(TermQuery::new(term(&filter), IndexRecordOption::Basic))
            });
            let query = AnyQuery::new(parts, filter, &lexicon, Deadline::default());
            let weight = query.weight(EnableScoring::enabled_from_searcher(&searcher)).unwrap();
            let better = |a: &(Score, DocAddress), b: &(Score, DocAddress)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
            let (mut all, mut best) = (Vec::new(), Vec::new());
            for (ordinal, segment) in (0..).zip(searcher.segment_readers()) {
                weight.for_each(segment, &mut |doc, score| all.push((score, DocAddress::new(ordinal, doc)))).unwrap();
                let threshold = |best: &[(Score, DocAddress)]| best.get(limit - 1).map_or(Score::MIN, |last| last.0);
                let least = threshold(&best);
                let mut take = |doc, score| {
                    best.push((score, DocAddress::new(ordinal, doc)));
                    best.sort_by(better);
                    best.truncate(limit);
                    threshold(&best)
                };
                weight.for_each_pruning(least, segment, &mut take).unwrap();
            }
            all.sort_by(better);
            all.truncate(limit);
            prop_assert_eq!(best, all);
        }
    }
}
