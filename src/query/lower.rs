//! Query tree to engine: the only place where the parts of a query meet the fields of the index.
//!
//! Every text becomes concepts, the things that an article can hold or lack: a word, or a string that no dictionary knows.
//! Three queries come out of one tree, each finding all that the one before finds:
//!
//! 1. `words`: every concept by its word. Cheap, and enough for most pages.
//! 2. `strict`: every concept by its word or, wherever the segmenter cut, by its characters. This is what "found" means.
//! 3. `relaxed`: at least one of the words, those of quoted strings included. Filters and exclusions stay strict.
//!
//! A concept that has other names ([`synonyms`](super::synonyms)) is held by any of them, and scored once.
//!
//! Function words (`data/function-words.txt`) never decide whether an article is found, unless there is nothing else.

use std::cell::RefCell;
use std::collections::HashSet;
use std::ops::Bound;
use std::rc::Rc;
use std::sync::{Arc, LazyLock};

use foldhash::fast::RandomState;
use tantivy::Term;
use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, EmptyQuery, InvertedIndexRangeQuery, Occur, PhrasePrefixQuery,
    Query as EngineQuery, RangeQuery, TermQuery,
};
use tantivy::schema::{Field as EngineField, IndexRecordOption};

use super::any::AnyQuery;
use super::ast::{DateRange, Field, Mode, Query, Text};
use super::deadline::{Deadline, TimedQuery};
use super::exact::{HoldsQuery, Way};
use super::lexicon::Lexicon;
use super::near::NearQuery;
use super::part::Part;
use super::synonyms::{OtherName, OtherNames, Synonyms};
use crate::analysis::units::{Unit, UnitKind};
use crate::analysis::words::WordKind;
use crate::analysis::{Analyzed, Analyzer, words};
use crate::index::document::{LEVEL_END, category_levels, category_term};
use crate::index::schema::Fields;

/// More concepts than this are no question but a pasted text; the first ones decide.
const MAX_CONCEPTS: usize = 128;
/// Words of a text that are looked at: enough for as many concepts. Each is compared with all others.
const MAX_WORDS: usize = 1024;
/// A union of more is watched, see [`TimedQuery`]; the engine then finds no blocks to leave out. One of no more is done with a
/// million articles in a tenth of a second.
const MAX_UNWATCHED: usize = 16;
/// Terms that a prefix may stand for inside a longer string.
const MAX_EXPANSIONS: u32 = 10_000;
/// Weight of a question word in the score: enough to decide between equals. Measured in `docs/ranking.md`.
pub(crate) const QUESTION_WEIGHT: f32 = 0.1;
/// Weight of a word that is made of other words of the query, or is inside one: the same evidence, counted in part.
const OVERLAP_WEIGHT: f32 = 0.4;

type Engine = Box<dyn EngineQuery>;

/// A query, ready for the engine.
pub(crate) struct Lowered {
    /// See the module's doc.
    pub(crate) words: Engine,
    /// `words` in its parts, where it is made of words and filters alone.
    pub(crate) unfiltered: Option<Unfiltered>,
    /// What `words` finds, to be counted.
    pub(crate) counted: Option<Engine>,
    /// See the module's doc; `None` when it finds just what `words` finds.
    pub(crate) strict: Option<Engine>,
    /// See the module's doc; `None` when an article cannot hold a part of the query.
    pub(crate) relaxed: Option<Engine>,
    /// What is scored.
    pub(crate) clauses: Vec<Clause>,
    /// When the queries stop: whoever runs one asks afterwards whether it did.
    pub(crate) deadline: Deadline,
}

/// Words, and the filters beside them.
pub(crate) struct Unfiltered {
    pub(crate) words: Engine,
    pub(crate) terms: Vec<Term>,
    pub(crate) filter: Engine,
}

/// One text of the query that is scored and marked.
#[derive(Debug, Clone)]
pub(crate) struct Clause {
    pub(crate) mode: Mode,
    /// The words that are looked up, in order.
    pub(crate) terms: Vec<ScoredTerm>,
    /// What an article must hold of it.
    pub(crate) concepts: Vec<Concept>,
    /// Other names for some of these.
    pub(crate) others: Vec<OtherNames>,
    /// Its units, for nearness.
    pub(crate) units: Vec<UnitKey>,
}

impl Clause {
    /// What an article may hold a part of: words, and pairs of neighbours in strings.
    fn parts(&self) -> usize {
        let parts = |concept: &Concept| match concept.term {
            None if self.mode == Mode::Words => concept.units.len().saturating_sub(1).max(1),
            _ => 1,
        };
        self.concepts.iter().map(parts).sum()
    }
}

impl Clause {
    /// The word that a string to be contained is, if it is one of Chinese characters: articles with that word contain the
    /// string, for such words are cut from runs of characters without a gap.
    fn word_of_string(&self) -> Option<&str> {
        let all = 0..self.units.len();
        let is_han = self.units.iter().all(|unit| unit.kind == UnitKind::Han);
        // the words of a body are not indexed apart from those of its title
        let has_words = self.concepts.iter().all(|concept| concept.field != Field::Body);
        let is_word = |scored: &&ScoredTerm| self.mode == Mode::Exact && is_han && has_words && scored.units == all;
        self.terms.iter().find(is_word).map(|scored| scored.term.as_str())
    }
}

/// A word with its weight in the score.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ScoredTerm {
    pub(crate) term: String,
    pub(crate) weight: f32,
    pub(crate) kind: WordKind,
    pub(crate) class: WordClass,
    /// The units of the clause it is made of.
    pub(crate) units: std::ops::Range<usize>,
}

/// Something an article holds or lacks.
#[derive(Debug, Clone)]
pub(crate) struct Concept {
    /// As typed.
    pub(crate) label: String,
    /// The word; `None` for a string that is no word.
    pub(crate) term: Option<String>,
    /// The same as a sequence of units.
    pub(crate) units: Vec<UnitKey>,
    /// Which units of the clause these are.
    pub(crate) span: std::ops::Range<usize>,
    pub(crate) field: Field,
    pub(crate) weight: f32,
}

/// A unit as it is looked up.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct UnitKey {
    pub(crate) text: String,
    pub(crate) kind: UnitKind,
    /// Distance to the first unit of the same text, see [`Unit::position`].
    pub(crate) position: u32,
}

/// What a word does in a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WordClass {
    /// It names what is looked for.
    Content,
    /// Grammar, see `data/function-words.txt`.
    Function,
    /// It asks, see `data/question-words.txt`.
    Question,
}

impl WordClass {
    pub(crate) fn of(folded: &str) -> Self {
        static LISTS: LazyLock<[HashSet<&'static str, RandomState>; 2]> = LazyLock::new(|| {
            [include_str!("../../data/question-words.txt"), include_str!("../../data/function-words.txt")]
                .map(|list| list.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect())
        });
        let [question, function] = &*LISTS;
        if question.contains(folded) {
            Self::Question
        } else if function.contains(folded) {
            Self::Function
        } else {
            Self::Content
        }
    }
}

/// Which of the three queries is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tier {
    Words,
    Strict,
}

/// Lowers `query` for an index with these fields.
pub(crate) fn lower(
    query: &Query,
    fields: &Fields,
    analyzer: &Analyzer,
    synonyms: &Synonyms,
    lexicon: &Arc<Lexicon>,
    deadline: Deadline,
) -> Lowered {
    lexicon.begin_search();
    let lowering = Lowering { fields, analyzer, synonyms, lexicon, deadline, clauses: RefCell::default() };
    let mut clauses = Vec::new();
    lowering.collect(query, &mut clauses);
    let words = lowering.tier(query, Tier::Words).unwrap_or_else(nothing_asked);
    // nearness and beginnings are looked for by units alone, however the segmenter cuts
    let by_word = |clause: &Clause| match clause.mode {
        Mode::Near(_) | Mode::Prefix => false,
        Mode::Words | Mode::Exact => {
            clause.concepts.iter().any(|concept| concept.term.is_some()) || clause.word_of_string().is_some()
        }
    };
    let differs = clauses.iter().any(by_word);
    let strict = differs.then(|| lowering.tier(query, Tier::Strict).unwrap_or_else(nothing_asked));
    let relaxed = lowering.relaxed(query);
    let (unfiltered, counted) = (lowering.unfiltered(query), lowering.counted(query));
    Lowered { words, unfiltered, counted, strict, relaxed, clauses, deadline }
}

fn nothing_asked() -> Engine {
    Box::new(AllQuery)
}

fn unscored(query: Engine) -> Engine {
    Box::new(ConstScoreQuery::new(query, 0.0))
}

fn boosted(query: Engine, weight: f32) -> Engine {
    if weight == 1.0 { query } else { Box::new(BoostQuery::new(query, weight)) }
}

fn union(mut queries: Vec<Engine>) -> Engine {
    match queries.len() {
        0 => Box::new(EmptyQuery),
        1 => queries.swap_remove(0),
        _ => Box::new(BooleanQuery::union(queries)),
    }
}

struct Lowering<'a> {
    fields: &'a Fields,
    analyzer: &'a Analyzer,
    synonyms: &'a Synonyms,
    lexicon: &'a Arc<Lexicon>,
    deadline: Deadline,
    /// Clauses made so far: every query of the three asks for them, and cutting a text into words is most of the work.
    clauses: RefCell<Vec<(Text, Rc<Clause>)>>,
}

impl Lowering<'_> {
    fn timed(&self, query: Engine) -> Engine {
        Box::new(TimedQuery::new(query, self.deadline))
    }

    fn holds(&self, way: Way) -> Engine {
        Box::new(HoldsQuery::new(way, self.lexicon, self.deadline))
    }

    /// A union of however many.
    fn wide_union(&self, queries: Vec<Engine>) -> Engine {
        let is_wide = queries.len() > MAX_UNWATCHED;
        let union = union(queries);
        if is_wide { self.timed(union) } else { union }
    }
}

impl Lowering<'_> {
    /// The clauses that score and mark: all but filters and what is excluded.
    fn collect(&self, query: &Query, clauses: &mut Vec<Clause>) {
        match query {
            Query::All | Query::Date(_) | Query::Not(_) => {}
            Query::And(children) | Query::Or(children) => {
                for child in children {
                    self.collect(child, clauses);
                }
            }
            Query::Text(text) if is_filter(text.field) => {}
            Query::Text(text) => clauses.push((*self.clause(text)).clone()),
        }
    }

    /// `None` when the query asks for nothing.
    fn tier(&self, query: &Query, tier: Tier) -> Option<Engine> {
        match query {
            Query::All => None,
            Query::Date(_) => self.filter(query),
            Query::Text(_) | Query::Or(_) if filters_only(query) => self.filter(query),
            Query::Not(child) => {
                let excluded = self.tier(child, Tier::Strict);
                // what excludes signs only excludes nothing; what excludes everything leaves nothing
                match excluded {
                    Some(excluded) => Some(all_but(vec![excluded])),
                    None if matches!(**child, Query::All) => Some(Box::new(EmptyQuery)),
                    None => None,
                }
            }
            Query::And(children) => and(self.parts(children, tier)),
            Query::Or(children) => {
                let parts: Option<Vec<Engine>> = children.iter().map(|child| self.tier(child, tier)).collect();
                parts.map(|parts| self.wide_union(parts))
            }
            Query::Text(text) => self.text(text, tier),
        }
    }

    /// A part of the query that is a filter; `None` when it asks for nothing.
    fn filter(&self, query: &Query) -> Option<Engine> {
        Some(self.lexicon.filter(query, self.looked_up(query)?, self.deadline))
    }

    /// A filter that is looked up anew.
    fn looked_up(&self, query: &Query) -> Option<Engine> {
        match query {
            Query::Date(range) => Some(dates(self.fields, range)),
            Query::Text(text) => self.text(text, Tier::Strict),
            Query::Or(children) => {
                Some(self.wide_union(children.iter().map(|child| self.looked_up(child)).collect::<Option<_>>()?))
            }
            Query::All | Query::Not(_) | Query::And(_) => None,
        }
    }

    /// The parts of a conjunction. Those that are looked for in two rounds are looked for together, and with them the filters,
    /// so that no part reads positions of what another rules out.
    fn parts(&self, children: &[Query], tier: Tier) -> Vec<(Occur, Engine)> {
        let way = |child: &Query| match child {
            Query::Text(text) if text.mode == Mode::Words && !is_filter(text.field) => {
                let clause = self.clause(text);
                if self.plain_words(text, &clause, tier).is_some() { None } else { self.way(text, &clause, tier) }
            }
            _ => None,
        };
        let mut ways = Vec::new();
        let mut others = Vec::new();
        for child in children {
            match way(child) {
                Some(way) => ways.push(way),
                None => others.push(child),
            }
        }
        if !ways.is_empty() {
            others.retain(|child| {
                let filter = if filters_only(child) { self.tier(child, tier) } else { None };
                let stays = filter.is_none();
                ways.extend(filter.map(Way::Filter));
                stays
            });
        }
        let together = (!ways.is_empty()).then(|| self.holds(Way::Every(ways)));
        let others = others.into_iter().filter_map(|child| self.part(child, tier));
        together.into_iter().map(|together| (Occur::Must, together)).chain(others).collect()
    }

    /// What the words tier is made of, where the engine can skip through its words.
    fn unfiltered(&self, query: &Query) -> Option<Unfiltered> {
        let Query::And(children) = query else { return None };
        let (filters, texts): (Vec<&Query>, Vec<&Query>) = children.iter().partition(|child| filters_only(child));
        let mut terms = Vec::new();
        let mut words = |child: &&Query| match child {
            Query::Text(text) if text.mode == Mode::Words => {
                let (clause, field) = (self.clause(text), self.fields_of(text.field).0?);
                let held = clause.concepts.iter().filter_map(|concept| concept.term.as_ref());
                terms.extend(held.map(|word| Term::from_field_text(field, word)));
                Some((Occur::Must, self.plain_words(text, &clause, Tier::Words)?))
            }
            _ => None,
        };
        let words = and(texts.iter().map(&mut words).collect::<Option<Vec<_>>>()?)?;
        let filter = and(filters.into_iter().filter_map(|child| self.part(child, Tier::Words)).collect())?;
        Some(Unfiltered { words, terms, filter })
    }

    /// What the words tier finds, where it is made of words and filters alone: articles are only counted by it.
    fn counted(&self, query: &Query) -> Option<Engine> {
        let children = if let Query::And(children) = query { children.as_slice() } else { std::slice::from_ref(query) };
        // of a filter alone, the engine knows the number
        if children.iter().all(filters_only) {
            return None;
        }
        let held = |child: &Query| match child {
            Query::Text(text) if text.mode == Mode::Words && !is_filter(text.field) => {
                let clause = self.clause(text);
                self.plain_words(text, &clause, Tier::Words)?;
                self.way(text, &clause, Tier::Words)
            }
            filter if filters_only(filter) => self.filter(filter).map(Way::Filter),
            _ => None,
        };
        Some(self.holds(Way::Every(children.iter().map(held).collect::<Option<_>>()?)))
    }

    /// A part of a conjunction, in which exclusion needs no detour.
    fn part(&self, query: &Query, tier: Tier) -> Option<(Occur, Engine)> {
        match query {
            Query::Not(child) if !matches!(**child, Query::All) => {
                Some((Occur::MustNot, self.tier(child, Tier::Strict)?))
            }
            other => Some((Occur::Must, self.tier(other, tier)?)),
        }
    }

    /// What finds articles with a part of the words.
    fn relaxed(&self, query: &Query) -> Option<Engine> {
        let mut optional = Vec::new();
        let mut required = Vec::new();
        let children = match query {
            Query::And(children) => children.as_slice(),
            single => std::slice::from_ref(single),
        };
        let mut parts = 0;
        for child in children {
            match child {
                Query::Text(text) if !is_filter(text.field) && matches!(text.mode, Mode::Words | Mode::Exact) => {
                    let clause = self.clause(text);
                    parts += clause.parts();
                    self.any_of(&clause, &mut optional);
                }
                Query::Or(_) => {
                    let mut clauses = Vec::new();
                    self.collect(child, &mut clauses);
                    parts += clauses.iter().map(Clause::parts).sum::<usize>();
                    clauses.iter().for_each(|clause| self.any_of(clause, &mut optional));
                }
                other => required.extend(self.part(other, Tier::Strict)),
            }
        }
        if parts < 2 {
            return None;
        }
        Some(self.any(optional, and(required)))
    }

    /// What holds at least one of `parts`, and what `filter` finds.
    fn any(&self, parts: Vec<Part>, filter: Option<Engine>) -> Engine {
        Box::new(AnyQuery::new(parts, filter, self.lexicon, self.deadline))
    }

    fn any_of(&self, clause: &Clause, optional: &mut Vec<Part>) {
        let (word_field, unit_fields) = self.fields_of(clause.concepts.first().map_or(Field::Any, |c| c.field));
        let strings = || clause.concepts.iter().filter(|concept| concept.term.is_none());
        // a part of a string is no part of what was asked
        let in_string = |scored: &ScoredTerm| {
            clause.mode == Mode::Words
                && strings()
                    .any(|string| string.span.start <= scored.units.start && scored.units.end <= string.span.end)
        };
        // function words have the longest postings and would find everything; a word inside a word of the query finds what
        // nobody asked for
        let content =
            clause.terms.iter().filter(|scored| scored.class == WordClass::Content && scored.kind == WordKind::Leaf);
        for scored in content.filter(|scored| !in_string(scored)) {
            match word_field {
                Some(field) => optional.push(Part::Word(Term::from_field_text(field, &scored.term), scored.weight)),
                None => {
                    let units = &clause.units[scored.units.clone()];
                    optional.extend(Part::rows(&unit_fields, units));
                }
            }
        }
        // other names find, but do not score: beside the name that was typed, they would crowd out what holds other words
        let names = clause.others.iter().flat_map(|others| &others.names);
        let held = |name| self.holds(self.name(name, clause.concepts[0].field, Tier::Words));
        optional.extend(names.map(|name| Part::Unscored(held(name))));
        // what remains of a string is what stands side by side in it
        for pair in strings().flat_map(|string| string.units.windows(string.units.len().clamp(1, 2))) {
            optional.extend(Part::rows(&unit_fields, pair));
        }
    }

    fn text(&self, text: &Text, tier: Tier) -> Option<Engine> {
        match text.field {
            Field::Category => return self.category(text),
            Field::Author => return self.contains(self.fields.author, text),
            Field::Url => return self.contains(self.fields.url, text),
            Field::Any | Field::Title | Field::Body => {}
        }
        let (word_field, unit_fields) = self.fields_of(text.field);
        match text.mode {
            Mode::Words => {
                let clause = self.clause(text);
                let plain = self.plain_words(text, &clause, tier);
                plain.or_else(|| Some(self.holds(self.way(text, &clause, tier)?)))
            }
            Mode::Exact => {
                let clause = self.clause(text);
                if clause.units.is_empty() {
                    return None;
                }
                let word = word_field.zip(clause.word_of_string());
                if let (Some((field, word)), Tier::Words) = (word, tier) {
                    return Some(boosted(term(field, word), text.weight));
                }
                let word = word.map(|(field, word)| (Term::from_field_text(field, word), 1.0));
                let mut parts = vec![(Occur::Must, self.exact(&unit_fields, &clause.units, word))];
                // its words only tell which of many articles are worth a closer look
                let content = clause.terms.iter().filter(|scored| scored.class == WordClass::Content);
                let scored = word_field.into_iter().flat_map(|field| {
                    content.clone().map(move |scored| boosted(term(field, &scored.term), scored.weight))
                });
                parts.extend(scored.map(|word| (Occur::Should, word)));
                and(parts)
            }
            Mode::Near(distance) => {
                let clause = self.clause(text);
                let groups: Vec<&[UnitKey]> = clause.concepts.iter().map(|c| c.units.as_slice()).collect();
                let near = |&field: &EngineField| -> Engine {
                    Box::new(NearQuery::new(field, &groups, distance, self.lexicon, self.deadline))
                };
                (!groups.is_empty()).then(|| union(unit_fields.iter().map(near).map(unscored).collect()))
            }
            Mode::Prefix => {
                let units = self.units(&text.text);
                let ways = unit_fields.iter().map(|&field| unscored(self.prefix_query(field, &units))).collect();
                (!units.is_empty()).then(|| union(ways))
            }
        }
    }

    /// The words of a text, where nothing else is asked for: the engine skips through these.
    fn plain_words(&self, text: &Text, clause: &Clause, tier: Tier) -> Option<Engine> {
        let word_field = self.fields_of(text.field).0.filter(|_| tier == Tier::Words && clause.others.is_empty())?;
        let word = |concept: &Concept| {
            let word = term(word_field, concept.term.as_ref()?);
            Some((Occur::Must, boosted(word, concept.weight)))
        };
        and(clause.concepts.iter().map(word).collect::<Option<Vec<_>>>()?)
    }

    /// How all concepts of a text are held; `None` where it has none.
    fn way(&self, text: &Text, clause: &Clause, tier: Tier) -> Option<Way> {
        let (word_field, unit_fields) = self.fields_of(text.field);
        let held = |concept: &Concept| {
            let word = concept.term.as_ref().zip(word_field);
            let word = word.map(|(word, field)| (Term::from_field_text(field, word), concept.weight));
            match (word, tier) {
                (Some(word), Tier::Words) => Way::Word(word),
                (word, _) => Way::string(&unit_fields, &concept.units, word),
            }
        };
        let mut parts = Vec::new();
        let mut next = 0;
        for others in &clause.others {
            parts.extend(clause.concepts[next..others.concepts.start].iter().map(held));
            let as_typed = Way::Every(clause.concepts[others.concepts.clone()].iter().map(held).collect());
            let names = others.names.iter().map(|name| self.name(name, text.field, tier));
            parts.push(Way::Any(std::iter::once(as_typed).chain(names).collect()));
            next = others.concepts.end;
        }
        parts.extend(clause.concepts[next..].iter().map(held));
        (!parts.is_empty()).then_some(Way::Every(parts))
    }

    /// How another name of a concept is held: by its word, or its units in a row.
    fn name(&self, name: &OtherName, field: Field, tier: Tier) -> Way {
        let (word_field, unit_fields) = self.fields_of(field);
        let word = name.term.as_ref().zip(word_field).map(|(word, field)| (Term::from_field_text(field, word), 1.0));
        match (word, tier) {
            (Some(word), Tier::Words) => Way::Word(word),
            (word, _) => Way::string(&unit_fields, &name.units, word),
        }
    }

    /// Where words of a text are looked up, and where its units.
    fn fields_of(&self, field: Field) -> (Option<EngineField>, Vec<EngineField>) {
        let Fields { text, title, title_units, body_units, .. } = *self.fields;
        match field {
            Field::Title => (Some(title), vec![title_units]),
            // the words of a body are not indexed apart from those of its title
            Field::Body => (None, vec![body_units]),
            _ => (Some(text), vec![title_units, body_units]),
        }
    }

    fn contains(&self, field: EngineField, text: &Text) -> Option<Engine> {
        let units = self.units(&text.text);
        if units.is_empty() {
            return None;
        }
        Some(unscored(match text.mode {
            Mode::Prefix => self.prefix_query(field, &units),
            _ => self.exact(&[field], &units, None),
        }))
    }

    fn category(&self, text: &Text) -> Option<Engine> {
        let levels = category_levels(&text.text);
        if levels.is_empty() {
            return None;
        }
        let wanted = category_term(&levels);
        let at = |text: &str| Term::from_field_text(self.fields.category, text);
        Some(unscored(match text.mode {
            // terms with more levels begin with the same characters; the end of a level is smaller than any character
            Mode::Prefix => self.timed(range_query(at(&wanted), at(&format!("{wanted}{}", char::MAX)))),
            _ => {
                debug_assert!(!levels.iter().any(|level| level.contains(LEVEL_END)));
                Box::new(TermQuery::new(at(&wanted), IndexRecordOption::Basic))
            }
        }))
    }

    fn units(&self, text: &str) -> Vec<UnitKey> {
        let analyzed = self.analyzer.analyze(text);
        keys(analyzed.normalized.as_str(), &analyzed.units)
    }

    fn clause(&self, text: &Text) -> Rc<Clause> {
        if let Some((_, known)) = self.clauses.borrow().iter().find(|(known, _)| known == text) {
            return Rc::clone(known);
        }
        let clause = Rc::new(self.new_clause(text));
        self.clauses.borrow_mut().push((text.clone(), Rc::clone(&clause)));
        clause
    }

    fn new_clause(&self, text: &Text) -> Clause {
        let analyzed = self.analyzer.analyze(&text.text);
        let mut found = analyzed.words();
        found.truncate(MAX_WORDS);
        let class = |word: &words::Word<'_>| WordClass::of(&analyzed.normalized.as_str()[word.bytes.clone()]);
        let leaf = |word: &&words::Word<'_>| word.kind == WordKind::Leaf;
        let is_content = |word: &words::Word<'_>| class(word) == WordClass::Content;
        // a query of nothing else is taken at its word
        let has_content = found.iter().any(is_content);
        let mut terms: Vec<ScoredTerm> = Vec::new();
        for word in &found {
            let class = if has_content { class(word) } else { WordClass::Content };
            let overlaps = shares_evidence(word, &found);
            let weight = text.weight
                * if overlaps { OVERLAP_WEIGHT } else { 1.0 }
                * if class == WordClass::Question { QUESTION_WEIGHT } else { 1.0 };
            if let Some(known) = terms.iter_mut().find(|known| known.term == word.term) {
                known.weight += weight;
            } else if terms.len() < MAX_CONCEPTS {
                let end = analyzed.units.partition_point(|unit| unit.bytes.start < word.bytes.end);
                let (term, kind, units) = (word.term.to_string(), word.kind, word.unit..end);
                terms.push(ScoredTerm { term, weight, kind, class, units });
            }
        }
        let concepts = match text.mode {
            Mode::Exact | Mode::Prefix => vec![self.concept(text, &analyzed, None, 0..analyzed.units.len())],
            Mode::Words | Mode::Near(_) => {
                let leaves = found.iter().filter(leaf).filter(|word| !has_content || is_content(word));
                self.concepts(text, &analyzed, leaves)
            }
        };
        let units = keys(analyzed.normalized.as_str(), &analyzed.units);
        let others = match text.mode {
            Mode::Words => self.synonyms.others(&units, &concepts, &|name| self.whole_word(name)),
            _ => Vec::new(),
        };
        Clause { mode: text.mode, terms, concepts, others, units }
    }

    /// The word that all of `name` is.
    fn whole_word(&self, name: &str) -> Option<String> {
        let analyzed = self.analyzer.analyze(name);
        let all = analyzed.units.first()?.bytes.start..analyzed.units.last()?.bytes.end;
        analyzed.words().into_iter().find(|word| word.bytes == all).map(|word| word.term.into_owned())
    }

    /// The leaves; single characters in a row are a string that no dictionary knows, such as a name.
    fn concepts<'w>(
        &self,
        text: &Text,
        analyzed: &Analyzed,
        leaves: impl Iterator<Item = &'w words::Word<'w>>,
    ) -> Vec<Concept> {
        // spans of units, and the term where the span is one word
        let mut spans: Vec<(std::ops::Range<usize>, Option<String>)> = Vec::new();
        let is_single = |unit: usize| analyzed.units[unit].kind == UnitKind::Han;
        for word in leaves {
            let end = analyzed.units.partition_point(|unit| unit.bytes.start < word.bytes.end);
            let single = end == word.unit + 1 && is_single(word.unit);
            match spans.last_mut() {
                Some((span, term))
                    if single
                        && span.end == word.unit
                        && (term.is_none() || span.len() == 1 && is_single(span.start))
                        && touches(&analyzed.units[word.unit], &analyzed.units[span.end - 1]) =>
                {
                    span.end = end;
                    *term = None;
                }
                _ => spans.push((word.unit..end, Some(word.term.to_string()))),
            }
        }
        if spans.is_empty() && !analyzed.units.is_empty() {
            spans.push((0..analyzed.units.len(), None));
        }
        let mut concepts: Vec<Concept> = Vec::new();
        for (span, term) in spans {
            let concept = self.concept(text, analyzed, term, span);
            let known = |other: &Concept| other.units == concept.units && other.term == concept.term;
            if concepts.len() < MAX_CONCEPTS && !concepts.iter().any(known) {
                concepts.push(concept);
            }
        }
        concepts
    }

    fn concept(&self, text: &Text, analyzed: &Analyzed, term: Option<String>, span: std::ops::Range<usize>) -> Concept {
        let units = &analyzed.units[span.clone()];
        let label = match (units.first(), units.last()) {
            (Some(first), Some(last)) => {
                text.text[analyzed.normalized.original(first.bytes.start..last.bytes.end)].to_owned()
            }
            _ => String::new(),
        };
        Concept {
            label,
            term,
            units: keys(analyzed.normalized.as_str(), units),
            span,
            field: text.field,
            weight: text.weight,
        }
    }
}

fn is_filter(field: Field) -> bool {
    matches!(field, Field::Category | Field::Author | Field::Url)
}

/// Whether a part of a query tells nothing but which articles may be found.
fn filters_only(query: &Query) -> bool {
    match query {
        Query::Date(_) => true,
        Query::Text(text) => is_filter(text.field),
        Query::Or(children) => children.iter().all(filters_only),
        Query::All | Query::Not(_) | Query::And(_) => false,
    }
}

/// Whether other words of the text say the same: a longer one that holds this, or shorter ones that together make it up.
fn shares_evidence(word: &words::Word<'_>, found: &[words::Word<'_>]) -> bool {
    let (start, end) = (word.bytes.start, word.bytes.end);
    let others = || found.iter().filter(|other| other.bytes != word.bytes);
    if others().any(|other| other.bytes.start <= start && end <= other.bytes.end) {
        return true;
    }
    let inside = others().filter(|other| start <= other.bytes.start && other.bytes.end <= end);
    // words are sorted by start
    let covered = inside.fold(
        start,
        |covered, other| if other.bytes.start <= covered { covered.max(other.bytes.end) } else { covered },
    );
    covered == end
}

fn touches(unit: &Unit, before: &Unit) -> bool {
    !unit.breaks_from(before) && !unit.after_blank
}

/// Units of the folded text `folded`, as they are looked up.
pub(crate) fn keys(folded: &str, units: &[Unit]) -> Vec<UnitKey> {
    let first = units.first().map_or(0, |unit| unit.position);
    let key = |unit: &Unit| UnitKey {
        text: folded[unit.bytes.clone()].to_owned(),
        kind: unit.kind,
        position: unit.position - first,
    };
    units.iter().map(key).collect()
}

fn all_but(excluded: Vec<Engine>) -> Engine {
    let mut parts: Vec<(Occur, Engine)> = vec![(Occur::Must, unscored(Box::new(AllQuery)))];
    parts.extend(excluded.into_iter().map(|query| (Occur::MustNot, query)));
    Box::new(BooleanQuery::new(parts))
}

/// A conjunction; `None` without parts.
fn and(mut parts: Vec<(Occur, Engine)>) -> Option<Engine> {
    if parts.iter().all(|(occur, _)| *occur == Occur::MustNot) {
        return (!parts.is_empty()).then(|| all_but(parts.into_iter().map(|(_, query)| query).collect()));
    }
    if parts.len() == 1 {
        return parts.pop().map(|(_, query)| query);
    }
    Some(Box::new(BooleanQuery::new(parts)))
}

/// Finds the documents with a date in `range`; all score 0.
pub(crate) fn dates(fields: &Fields, range: &DateRange) -> Engine {
    let at = |moment: jiff::Timestamp| Term::from_field_i64(fields.date, moment.as_second());
    // seconds are counted down to whole ones, and so are the dates in the index
    let lower = range.from.map_or(Bound::Included(Term::from_field_i64(fields.date, i64::MIN)), |from| {
        let exact = from.subsec_nanosecond() == 0;
        if exact { Bound::Included(at(from)) } else { Bound::Excluded(at(from)) }
    });
    let upper = range.until.map_or(Bound::Unbounded, |until| {
        let exact = until.subsec_nanosecond() == 0;
        if exact { Bound::Excluded(at(until)) } else { Bound::Included(at(until)) }
    });
    unscored(Box::new(RangeQuery::new(lower, upper)))
}

fn term(field: EngineField, text: &str) -> Engine {
    term_query(&Term::from_field_text(field, text))
}

fn term_query(term: &Term) -> Engine {
    Box::new(TermQuery::new(term.clone(), IndexRecordOption::WithFreqs))
}

impl Lowering<'_> {
    /// What contains the units in a row, unscored; `word` finds articles that do so anyway.
    fn exact(&self, fields: &[EngineField], units: &[UnitKey], word: Option<(Term, f32)>) -> Engine {
        match units {
            [] => unscored(Box::new(EmptyQuery)),
            units => unscored(self.holds(Way::string(fields, units, word))),
        }
    }

    /// The units in a row, the last of which may be longer where it is a run of letters or digits.
    fn prefix_query(&self, field: EngineField, units: &[UnitKey]) -> Engine {
        let Some(last) = units.last() else { return Box::new(EmptyQuery) };
        if !matches!(last.kind, UnitKind::Letters | UnitKind::Digits) {
            return self.exact(&[field], units, None);
        }
        if units.len() > 1 {
            let mut query = PhrasePrefixQuery::new_with_offset(positioned(field, units));
            query.set_max_expansions(MAX_EXPANSIONS);
            return self.timed(Box::new(query));
        }
        let at = |text: &str| Term::from_field_text(field, text);
        self.timed(range_query(at(&last.text), at(&format!("{}{}", last.text, char::MAX))))
    }
}

fn positioned(field: EngineField, units: &[UnitKey]) -> Vec<(usize, Term)> {
    units.iter().map(|unit| (unit.position as usize, Term::from_field_text(field, &unit.text))).collect()
}

fn range_query(first: Term, last: Term) -> Engine {
    Box::new(InvertedIndexRangeQuery::new(Bound::Included(first), Bound::Included(last)))
}
