//! HOT PATH 2: a request to a page of hits.
//!
//! 1. The query tree is lowered into three engine queries, each finding more than the one before (`query/lower.rs`).
//! 2. The engine gives the best candidates of the first; only if these do not fill the page, of the next.
//! 3. These are ranked again with all that the index knows of them ([`rank`]), in stretches: the engine's first [`POOL`],
//!    and for the pages behind these the next 900, then the next 9,000; half as many of articles that lack some words. What
//!    follows keeps the engine's order. A stretch does not depend on the page that asks, so pages neither overlap nor leave
//!    gaps, however deep they are.
//!    Where hits are sorted by date, all that the second query finds stand before what the third finds, and most of them
//!    are never looked at ([`dates`]).
//! 4. The articles of the page are fetched, marked ([`matching`]) and cut to snippets ([`snippet`]).
//!
//! Nothing is counted or fetched that the request did not ask for.

mod dates;
pub(crate) mod facets;
mod hints;
mod matching;
mod rank;
pub mod request;
pub mod results;
pub mod snippet;
mod top;

use std::collections::HashSet;
use std::sync::Arc;

use jiff::tz::TimeZone;
use tantivy::collector::sort_key::SortByStaticFastValue;
use tantivy::collector::{Collector, Count, DocSetCollector, TopDocs};
use tantivy::query::{EnableScoring, Query as EngineQuery};
use tantivy::{DocAddress, Order, TantivyDocument};

use crate::analysis::Analyzer;
use crate::analysis::dictionary::Dictionary;
use crate::article::{Article, ArticleId};
use crate::error::Error;
use crate::index::ArticleIndex;
use crate::index::document::{article, article_of_bytes};
use crate::index::guard::guarded;
use crate::index::schema::{DATE, Fields, ID};
use crate::index::stored::StoredArticles;
use crate::query::deadline::Deadline;
use crate::query::exact::Filter;
use crate::query::lexicon::Lexicon;
use crate::query::lower::{Lowered, Unfiltered, lower};
use crate::query::synonyms::Synonyms;
use matching::Matcher;
use request::{SearchRequest, Sort};
use results::{Hit, Marked, SearchResults, Total};
use top::Top;

/// Candidates that are ranked with all that is known of them before the first pages are shown. More change less than
/// 0.002 nDCG@10, see `docs/ranking.md`.
const POOL: usize = 100;
/// The same of articles that lack some words: more change the mean over five tasks by 0.0003.
const RELAXED_POOL: usize = 50;
/// Every stretch of candidates ends this many times as far down as the one before: few are needed to reach any page.
const STRETCH_GROWTH: usize = 10;
/// Candidates behind this keep the engine's order: ranking takes some microseconds and kilobytes for each, and nobody
/// reads that far.
const MAX_RANKED: usize = 10_000;

/// Answers requests from one commit of an index. Cheap to clone, safe to share.
#[derive(Clone)]
pub struct Searcher {
    engine: tantivy::Searcher,
    lexicon: Arc<Lexicon>,
    stored: Arc<StoredArticles>,
    sample: Arc<dates::Sample>,
    fields: Fields,
    analyzer: Analyzer,
    synonyms: Arc<Synonyms>,
    zone: TimeZone,
}

impl ArticleIndex {
    /// A searcher of the commit that was last when this was called, with the built-in synonyms.
    ///
    /// # Errors
    /// What the engine says when it opens the segments.
    pub fn searcher(&self, dictionary: Arc<Dictionary>) -> Result<Searcher, Error> {
        let engine = self.reader()?.searcher();
        let stored = Arc::new(self.stored(&engine)?);
        let lexicon = Arc::new(Lexicon::new(engine.segment_readers()));
        let analyzer = Analyzer::for_queries(dictionary);
        let (sample, synonyms, zone) = (Arc::default(), Synonyms::built_in(), self.zone());
        Ok(Searcher { engine, lexicon, stored, sample, fields: self.fields, analyzer, synonyms, zone })
    }
}

/// An article that the engine found.
#[derive(Debug, Clone, PartialEq)]
struct Candidate {
    score: f32,
    address: DocAddress,
    explanation: Option<Vec<String>>,
}

/// Where an article stands, and what it is sorted by where all are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    is_undated: bool,
    date: Option<i64>,
    id: u64,
    address: DocAddress,
}

/// A page of candidates.
struct Page {
    candidates: Vec<Candidate>,
    /// How many of the articles up to the end of the page hold every word.
    full: usize,
    /// Articles that hold every word, where these were counted.
    counted: Option<Total>,
}

impl Searcher {
    /// The same with other synonyms.
    #[must_use]
    pub fn with_synonyms(self, synonyms: Arc<Synonyms>) -> Self {
        Self { synonyms, ..self }
    }

    fn lowered(&self, query: &crate::query::Query, deadline: Deadline) -> Lowered {
        lower(query, &self.fields, &self.analyzer, &self.synonyms, &self.lexicon, deadline)
    }

    /// Runs a query of the engine over one segment after the other, as the engine does, while there is time.
    fn run<C: Collector>(&self, query: &dyn EngineQuery, collector: &C, deadline: Deadline) -> Result<C::Fruit, Error> {
        let scoring = if collector.requires_scoring() {
            EnableScoring::enabled_from_statistics_provider(&*self.lexicon, &self.engine)
        } else {
            EnableScoring::disabled_from_searcher(&self.engine)
        };
        let weight = query.weight(scoring)?;
        let mut found = Vec::new();
        for (ordinal, segment) in (0..).zip(self.engine.segment_readers()) {
            found.push(collector.collect_segment(&*weight, ordinal, segment)?);
            deadline.check()?;
        }
        Ok(collector.merge_fruits(found)?)
    }

    /// Answers `request`.
    ///
    /// # Errors
    /// What the engine says: a damaged or vanished file. [`Error::TimedOut`] when it takes longer than it may.
    pub fn search(&self, request: &SearchRequest) -> Result<SearchResults, Error> {
        guarded(|| self.answer(request))
    }

    fn answer(&self, request: &SearchRequest) -> Result<SearchResults, Error> {
        let lowered = self.lowered(&request.query, Deadline::after(request.timeout));
        let limit = request.limit.min(SearchRequest::MAX_LIMIT);
        let wanted = self.wanted(request, limit);
        let Page { candidates, full, counted } = self.page(&lowered, limit, wanted, request)?;

        let matcher = Matcher::new(&lowered.clauses, |concept| {
            rank::concept_weight(self.articles(), &self.lexicon, &self.fields, concept)
        });
        let hits = (request.offset + 1..)
            .zip(candidates)
            .map(|(rank, candidate)| {
                lowered.deadline.check()?;
                let mut hit = self.hit(rank, candidate, &matcher, request)?;
                // of alternatives, an article needs to hold only one
                if rank <= full {
                    hit.missing.clear();
                }
                Ok(hit)
            })
            .collect::<Result<Vec<_>, Error>>()?;
        let strict = lowered.strict.as_ref().unwrap_or(&lowered.words);
        let total = self.total(&lowered, full, wanted, counted)?;
        let facets = request.facets.then(|| facets::count(&self.engine, strict, &self.zone)).transpose()?;
        lowered.deadline.check()?;
        let hints = if hits.is_empty() && limit > 0 {
            hints::explain(self, request, total, lowered.deadline)?
        } else {
            Vec::new()
        };
        let understood = request.explain.then(|| understood(request, &lowered));
        Ok(SearchResults { total, hits, facets, hints, understood })
    }

    /// The ids of a page with their scores; nothing is fetched or marked.
    ///
    /// # Errors
    /// As [`Searcher::search`].
    pub fn ids(&self, request: &SearchRequest) -> Result<Vec<(ArticleId, f32)>, Error> {
        guarded(|| self.ids_of_page(request))
    }

    fn ids_of_page(&self, request: &SearchRequest) -> Result<Vec<(ArticleId, f32)>, Error> {
        let lowered = self.lowered(&request.query, Deadline::after(request.timeout));
        let limit = request.limit.min(SearchRequest::MAX_LIMIT);
        let page = self.page(&lowered, limit, self.wanted(request, limit), request)?;
        let id = |candidate: &Candidate| -> Result<_, Error> {
            Ok((ArticleId::from_u64(self.date_and_id(candidate.address)?.1), candidate.score))
        };
        page.candidates.iter().map(id).collect()
    }

    /// Every article that `query` finds with all its words, in no order.
    ///
    /// # Errors
    /// As [`Searcher::search`].
    pub fn all_ids(&self, query: &crate::query::Query) -> Result<HashSet<ArticleId>, Error> {
        guarded(|| self.ids_of_all(query))
    }

    fn ids_of_all(&self, query: &crate::query::Query) -> Result<HashSet<ArticleId>, Error> {
        let lowered = self.lowered(query, Deadline::default());
        let strict = lowered.strict.as_ref().unwrap_or(&lowered.words);
        let found = self.engine.search(strict, &DocSetCollector)?;
        found.into_iter().map(|address| Ok(ArticleId::from_u64(self.date_and_id(address)?.1))).collect()
    }

    /// Hands over every article, in the order of the index.
    ///
    /// # Errors
    /// What the engine says.
    pub fn each_article(&self, take: &mut dyn FnMut(Article)) -> Result<(), Error> {
        for segment in self.engine.segment_readers() {
            guarded(|| {
                let store = segment.get_store_reader(1).map_err(tantivy::TantivyError::from)?;
                for document in store.iter::<TantivyDocument>(segment.alive_bitset()) {
                    take(article(&self.fields, &document?)?);
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Hands over every article, the oldest first and those without a date last; among equals, by id.
    ///
    /// # Errors
    /// What the engine says, or `take`, which ends it.
    pub fn each_article_by_date<E: From<Error>>(
        &self,
        mut take: impl FnMut(Article) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut places = guarded(|| self.places())?;
        places.sort_unstable();
        places.into_iter().try_for_each(|place| take(guarded(|| self.fetch(place.address))?))
    }

    /// Every article, for [`Searcher::each_article_by_date`].
    fn places(&self) -> Result<Vec<Place>, Error> {
        let segments = (0..).zip(self.engine.segment_readers());
        let addresses =
            segments.flat_map(|(ord, segment)| segment.doc_ids_alive().map(move |doc| DocAddress::new(ord, doc)));
        let place = |address| -> Result<_, Error> {
            let (date, id) = self.date_and_id(address)?;
            Ok(Place { is_undated: date.is_none(), date, id, address })
        };
        addresses.map(place).collect()
    }

    /// Hits from the first to the end of the page; there are no more than articles.
    fn wanted(&self, request: &SearchRequest, limit: usize) -> usize {
        self.at_most_all(request.offset.saturating_add(limit))
    }

    /// `count`, or the number of articles where that is less.
    fn at_most_all(&self, count: usize) -> usize {
        count.min(usize::try_from(self.engine.num_docs()).unwrap_or(usize::MAX))
    }

    /// The candidates of a page.
    fn page(&self, lowered: &Lowered, limit: usize, wanted: usize, request: &SearchRequest) -> Result<Page, Error> {
        let (mut found, counted) = self.candidates(lowered, wanted, request)?;
        found.truncate(wanted);
        let full = found.len();
        if full < wanted && !request.all_words {
            let known: HashSet<DocAddress> = found.iter().map(|candidate| candidate.address).collect();
            found.extend(self.relaxed_candidates(lowered, wanted - full, known, request)?);
        }
        let candidates = found.into_iter().skip(request.offset).take(limit).collect();
        Ok(Page { candidates, full, counted })
    }

    /// The best `wanted` articles that hold every word, in order; and their number, where it was counted in passing.
    fn candidates(
        &self,
        lowered: &Lowered,
        wanted: usize,
        request: &SearchRequest,
    ) -> Result<(Vec<Candidate>, Option<Total>), Error> {
        let sort =
            if lowered.clauses.is_empty() && request.sort == Sort::Relevance { Sort::Newest } else { request.sort };
        if sort != Sort::Relevance {
            return self.by_date(lowered, sort, wanted);
        }
        let Some(strict) = &lowered.strict else {
            // strings are looked for in every article that holds their characters: once, for the best and the number
            let mut count = None;
            let mut best = |limit| {
                let best = TopDocs::with_limit(limit).order_by_score();
                let (found, all) = self.run(&lowered.words, &(best, Count), lowered.deadline)?;
                count = Some(all);
                Ok(found)
            };
            let found = self.by_score(&mut best, POOL, wanted, HashSet::new(), lowered, request)?;
            return Ok((found, count.map(exactly)));
        };
        let mut found = match lowered.unfiltered.as_ref().zip(lowered.counted.as_deref()) {
            Some((unfiltered, filtered)) => {
                let mut best = self.best_filtered(unfiltered, filtered, lowered.deadline);
                self.by_score(&mut best, POOL, wanted, HashSet::new(), lowered, request)?
            }
            None => {
                let mut best = self.best(&lowered.words, lowered.deadline);
                self.by_score(&mut best, POOL, wanted, HashSet::new(), lowered, request)?
            }
        };
        if found.len() < wanted {
            let known = found.iter().map(|candidate| candidate.address).collect();
            found.extend(self.by_score(
                &mut self.best(strict, lowered.deadline),
                POOL,
                wanted - found.len(),
                known,
                lowered,
                request,
            )?);
        }
        Ok((found, None))
    }

    /// At least the best `wanted` articles that lack some words: all but those `known`.
    fn relaxed_candidates(
        &self,
        lowered: &Lowered,
        wanted: usize,
        known: HashSet<DocAddress>,
        request: &SearchRequest,
    ) -> Result<Vec<Candidate>, Error> {
        let Some(relaxed) = &lowered.relaxed else { return Ok(Vec::new()) };
        let mut best = self.best(relaxed, lowered.deadline);
        self.by_score(&mut best, RELAXED_POOL, wanted, known, lowered, request)
    }

    /// What gives a number of documents that `query` finds, best first by the engine's score.
    fn best(
        &self,
        query: &dyn EngineQuery,
        deadline: Deadline,
    ) -> impl FnMut(usize) -> Result<Vec<(f32, DocAddress)>, Error> {
        move |limit| {
            let weight = query.weight(EnableScoring::enabled_from_statistics_provider(&*self.lexicon, &self.engine))?;
            let mut top = Top::new(limit);
            for (ordinal, segment) in (0..).zip(self.engine.segment_readers()) {
                let alive = segment.alive_bitset();
                weight.for_each_pruning(top.threshold(), segment, &mut |doc, score| {
                    if alive.is_some_and(|alive| alive.is_deleted(doc)) {
                        return top.threshold();
                    }
                    top.offer(score, DocAddress::new(ordinal, doc))
                })?;
                deadline.check()?;
            }
            Ok(top.into_sorted())
        }
    }

    /// The same for words with filters: words are looked up in what a filter finds, where that is little, or known and there
    /// are several words. Otherwise the engine skips through words alone, and what it gives is looked up in the filter: through
    /// one word it skips faster than that.
    fn best_filtered(
        &self,
        unfiltered: &Unfiltered,
        filtered: &dyn EngineQuery,
        deadline: Deadline,
    ) -> impl FnMut(usize) -> Result<Vec<(f32, DocAddress)>, Error> {
        /// A filter that finds fewer than one document for so many with the words is where these are looked up.
        const RARE: u32 = 8;
        /// A filter that is known is worth it where it finds fewer than one of so many documents.
        const NARROW: u32 = 4;
        move |limit| {
            let scoring = EnableScoring::enabled_from_statistics_provider(&*self.lexicon, &self.engine);
            let (words, filtered) = (unfiltered.words.weight(scoring)?, filtered.weight(scoring)?);
            let filter = unfiltered.filter.weight(EnableScoring::disabled_from_searcher(&self.engine))?;
            let mut top = Top::new(limit);
            for (ordinal, segment) in (0..).zip(self.engine.segment_readers()) {
                let mut filter = Filter::new(filter.scorer(segment, 1.0)?);
                let in_segment = self.lexicon.in_segment(segment);
                let holding = unfiltered.terms.iter().map(|term| in_segment.documents(&self.lexicon.entry(term)));
                let rarest = holding.collect::<tantivy::Result<Vec<u32>>>()?.into_iter().min().unwrap_or(0);
                let is_narrow = filter.size_hint() < segment.max_doc() / NARROW;
                let is_known = filter.is_known() && is_narrow && unfiltered.terms.len() > 1;
                let is_looked_up = is_known || filter.size_hint() < rarest / RARE;
                let alive = segment.alive_bitset();
                let threshold = top.threshold();
                let mut offer = |doc, score| {
                    if alive.is_some_and(|alive| alive.is_deleted(doc)) {
                        return top.threshold();
                    }
                    if !is_looked_up && !filter.finds(doc) {
                        return top.threshold();
                    }
                    top.offer(score, DocAddress::new(ordinal, doc))
                };
                let weight = if is_looked_up { &filtered } else { &words };
                weight.for_each_pruning(threshold, segment, &mut offer)?;
                deadline.check()?;
            }
            Ok(top.into_sorted())
        }
    }

    /// At least the best `wanted` articles of those that `best` gives, without those `known`, stretch by stretch, the first of
    /// `end` candidates: see the module's doc.
    fn by_score(
        &self,
        best: &mut dyn FnMut(usize) -> Result<Vec<(f32, DocAddress)>, Error>,
        mut end: usize,
        wanted: usize,
        mut known: HashSet<DocAddress>,
        lowered: &Lowered,
        request: &SearchRequest,
    ) -> Result<Vec<Candidate>, Error> {
        let mut ranked: Vec<Candidate> = Vec::new();
        let mut least = f32::INFINITY;
        loop {
            let room = end - ranked.len();
            let limit = self.at_most_all(known.len() + room).max(1);
            let mut found = best(limit)?;
            let is_all = found.len() < limit || limit >= self.at_most_all(usize::MAX);
            // what the stretches before hold is taken out rather than counted off: among equals, the engine's choice
            // may depend on how many it is asked for
            found.retain(|(_, address)| !known.contains(address));
            let is_last = is_all && found.len() <= room;
            found.truncate(room);
            known.extend(found.iter().map(|(_, address)| address));
            let needed = wanted.saturating_sub(ranked.len());
            if request.sort != Sort::Relevance && (is_last || found.len() >= needed) {
                // nothing follows whose score depends on the others of the stretch
                found = self.in_order(found, |&(_, address)| address, request.sort)?;
                found.truncate(needed);
            }
            let mut stretch = if end <= MAX_RANKED {
                // another order than that of the ranking needs all of a stretch
                let needed = if request.sort == Sort::Relevance { needed } else { usize::MAX };
                rank::rank(&self.engine, &self.lexicon, &self.fields, lowered, &found, needed, request.explain)?
            } else {
                let unranked = |(score, address)| Candidate { score, address, explanation: None };
                found.into_iter().map(unranked).collect()
            };
            // scores do not rise from one stretch to the next
            stretch.iter_mut().for_each(|candidate| candidate.score = candidate.score.min(least));
            least = stretch.last().map_or(least, |candidate| candidate.score);
            ranked.extend(self.in_order(stretch, |candidate| candidate.address, request.sort)?);
            if is_last || ranked.len() >= wanted {
                return Ok(ranked);
            }
            end *= STRETCH_GROWTH;
        }
    }

    /// A stretch in the order asked for.
    fn in_order<T>(&self, stretch: Vec<T>, address: impl Fn(&T) -> DocAddress, sort: Sort) -> Result<Vec<T>, Error> {
        if sort == Sort::Relevance {
            return Ok(stretch);
        }
        let key = |item: &T| self.date_and_id(address(item)).map(|(date, id)| dates::sort_key(sort, date, id));
        let keys = stretch.iter().map(key).collect::<Result<Vec<_>, _>>()?;
        let mut dated: Vec<_> = keys.into_iter().zip(stretch).collect();
        dated.sort_by_key(|(key, _)| *key);
        Ok(dated.into_iter().map(|(_, item)| item).collect())
    }

    /// The first `wanted` articles that hold every word, by date, and their number, where it was counted in passing.
    fn by_date(&self, lowered: &Lowered, sort: Sort, wanted: usize) -> Result<(Vec<Candidate>, Option<Total>), Error> {
        let candidates = |addresses: Vec<DocAddress>| -> Vec<Candidate> {
            addresses.into_iter().map(|address| Candidate { score: 0.0, address, explanation: None }).collect()
        };
        let (countable, at_least) = self.countable(lowered);
        let all = lowered.strict.as_ref().unwrap_or(&lowered.words);
        let wanted = wanted.max(1);
        let mut total = None;
        if at_least || lowered.clauses.is_empty() {
            let counted = self.run(countable, &Count, lowered.deadline)?;
            total = Some(Total { articles: counted as u64, at_least });
            let (wanted, deadline) = ((wanted, counted), lowered.deadline);
            let kept = (&*self.sample, &*self.lexicon);
            if let Some(first) = dates::first(&self.engine, &self.fields, kept, all, sort, wanted, deadline)? {
                return Ok((candidates(first), total));
            }
        }
        let order = if sort == Sort::Oldest { Order::Asc } else { Order::Desc };
        let date = SortByStaticFastValue::<i64>::for_field(DATE);
        let id = SortByStaticFastValue::<u64>::for_field(ID);
        let top = TopDocs::with_limit(wanted).order_by(((date, order), (id, Order::Asc)));
        let (found, counted) = self.run(all, &(top, Count), lowered.deadline)?;
        // how many a page does not show is told as it is in any order
        let total = total.filter(|_| found.len() >= wanted).unwrap_or(exactly(counted));
        Ok((candidates(found.into_iter().map(|(_, address)| address).collect()), Some(total)))
    }

    /// What is counted to tell how many articles are found, and whether there may be more: looking for strings costs too
    /// much where their characters are frequent.
    fn countable<'l>(&self, lowered: &'l Lowered) -> (&'l dyn EngineQuery, bool) {
        match &lowered.strict {
            Some(strict) if rank::is_cheap(&self.lexicon, &self.fields, &lowered.clauses) => (&**strict, false),
            strict => (lowered.counted.as_deref().unwrap_or(&*lowered.words), strict.is_some()),
        }
    }

    fn date_and_id(&self, address: DocAddress) -> Result<(Option<i64>, u64), Error> {
        let columns = self.engine.segment_reader(address.segment_ord).fast_fields();
        let date = columns.i64(DATE)?.first(address.doc_id);
        Ok((date, columns.u64(ID)?.first(address.doc_id).unwrap_or_default()))
    }

    /// Exact where the page has room left, or where counting costs less than it takes to notice.
    fn total(&self, lowered: &Lowered, found: usize, wanted: usize, counted: Option<Total>) -> Result<Total, Error> {
        if let Some(total) = counted.or((found < wanted).then(|| exactly(found))) {
            return Ok(total);
        }
        let (query, at_least) = self.countable(lowered);
        Ok(Total { articles: self.run(query, &Count, lowered.deadline)? as u64, at_least })
    }

    fn hit(&self, rank: usize, candidate: Candidate, matcher: &Matcher, request: &SearchRequest) -> Result<Hit, Error> {
        let article = self.fetch(candidate.address)?;
        let found = matcher.find(&article.title, article.body.as_str(), &self.analyzer);
        let missing = missing(matcher, &found.held);
        let marks = snippet::marks(&article.title, &found.title);
        Ok(Hit {
            rank,
            id: article.id,
            path: article.path,
            title: Marked { text: article.title, marks },
            author: article.author,
            date: article.date,
            categories: article.categories,
            url: article.url,
            score: candidate.score,
            snippet: snippet::select(article.body.as_str(), &found.body, request.snippet_chars),
            missing,
            explanation: candidate.explanation,
        })
    }

    fn fetch(&self, address: DocAddress) -> Result<Article, Error> {
        article_of_bytes(&self.fields, &self.stored.document(address)?)
    }

    /// Articles whose id begins with `prefix`, at most `limit`; more than one when the prefix is too short.
    ///
    /// # Errors
    /// As [`Searcher::search`].
    pub fn by_id(&self, prefix: &str, limit: usize) -> Result<Vec<Article>, Error> {
        guarded(|| self.with_prefix(prefix, limit))
    }

    fn with_prefix(&self, prefix: &str, limit: usize) -> Result<Vec<Article>, Error> {
        let Some((first, last)) = ArticleId::range_of_prefix(prefix) else { return Ok(Vec::new()) };
        let at = |id: ArticleId| std::ops::Bound::Included(tantivy::Term::from_field_u64(self.fields.id, id.to_u64()));
        let query = tantivy::query::RangeQuery::new(at(first), at(last));
        let found = self.engine.search(&query, &TopDocs::with_limit(limit.max(1)).order_by_score())?;
        found.into_iter().map(|(_, address)| self.fetch(address)).collect()
    }

    /// Where `article` answers `query`: marks in the title and in the body.
    #[must_use]
    pub fn marks(&self, query: &crate::query::Query, article: &Article) -> (Marks, Marks) {
        let matcher = Matcher::new(&self.lowered(query, Deadline::default()).clauses, |_| 1.0);
        let found = matcher.find(&article.title, article.body.as_str(), &self.analyzer);
        (snippet::marks(&article.title, &found.title), snippet::marks(article.body.as_str(), &found.body))
    }

    /// First and last date of all articles; `None` when none has one.
    fn dates(&self) -> Result<Option<(jiff::Timestamp, jiff::Timestamp)>, Error> {
        let dates = crate::index::stats::dates(&self.engine)?;
        Ok(dates.first.zip(dates.last))
    }

    /// Number of articles.
    #[must_use]
    pub fn articles(&self) -> u64 {
        self.engine.num_docs()
    }
}

fn exactly(articles: usize) -> Total {
    Total { articles: articles as u64, at_least: false }
}

/// Byte ranges of a text, see [`Marked::marks`].
pub type Marks = Vec<std::ops::Range<usize>>;

/// The concepts that an article does not hold, each once.
fn missing(matcher: &Matcher, held: &[bool]) -> Vec<String> {
    let mut missing: Vec<String> = Vec::new();
    for (label, held) in matcher.labels().zip(held) {
        if !held && !missing.iter().any(|known| known == label) {
            missing.push(label.to_owned());
        }
    }
    missing
}

/// The query as it was understood, one line a step.
fn understood(request: &SearchRequest, lowered: &Lowered) -> Vec<String> {
    let mut lines = vec![format!("query: {:#}", request.query)];
    for clause in &lowered.clauses {
        let concepts: Vec<String> = clause
            .concepts
            .iter()
            .map(|concept| match &concept.term {
                Some(term) if *term == concept.label => term.clone(),
                Some(term) => format!("{} (as {term})", concept.label),
                None => format!("\"{}\"", concept.label),
            })
            .collect();
        lines.push(format!("must hold: {}", concepts.join(" + ")));
        for others in &clause.others {
            let typed = clause.concepts[others.concepts.clone()].iter().map(|concept| concept.label.as_str());
            let names: Vec<&str> = others.names.iter().map(|name| name.label.as_str()).collect();
            lines.push(format!("{} is also: {}", typed.collect::<Vec<_>>().join(" + "), names.join(", ")));
        }
        // products of weights, without what the arithmetic leaves behind their third digit
        let rounded = |weight: f32| (weight * 1e3).round() / 1e3;
        let terms = clause.terms.iter().map(|term| format!("{}^{}", term.term, rounded(term.weight)));
        lines.push(format!("scored: {}", terms.collect::<Vec<_>>().join(" ")));
    }
    lines
}
