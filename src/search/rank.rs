//! Ranks candidates with all that the index knows of them. The score of an article is the sum of five parts:
//!
//! - words: BM25 (Robertson and Zaragoza 2009) over the words, those of the title counted more;
//! - borders: characters that stand side by side in the query across a border of words, and in the article too. This
//!   holds together what the segmenter cut wrongly; within words it would only count the word again;
//! - pairs: neighbouring words of the query that stand near each other (as in Metzler and Croft 2005);
//! - window: how much of the query stands together in the best window of [`WINDOW_CHARS`] characters, so that a long
//!   article does not win by holding one word here and another there;
//! - lead: words that stand in the title or in the first [`LEAD_CHARS`] characters, where news says what it is about.
//!
//! How the constants were found, and what each part is worth, is in `docs/ranking.md`.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use tantivy::fieldnorm::FieldNormReader;
use tantivy::query::Bm25StatisticsProvider;
use tantivy::{DocAddress, Term};

use super::Candidate;
use super::top::Top;
use crate::analysis::units::{Unit, UnitKind};
use crate::analysis::words::WordKind;
use crate::error::Error;
use crate::index::schema::{Fields, ID};
use crate::query::deadline::Deadline;
use crate::query::kept::DocBits;
use crate::query::lexicon::{Entry, InSegment, Lexicon};
use crate::query::lower::{Clause, Concept, Lowered, QUESTION_WEIGHT, ScoredTerm, WordClass};
use crate::query::postings::{Place, Postings};

/// Saturation of a word's frequency.
const K1: f32 = 0.9;
/// How much the length of an article counts.
const B: f32 = 0.75;
/// Occurrences that one in the title is worth, beside the one it is anyhow.
const TITLE_BONUS: f32 = 3.0;
/// Saturation of borders and pairs: the first place says nearly all.
const PLACE_K1: f32 = 0.5;
/// Weight of the parts beside that of the words, which is 1.
const BORDER_WEIGHT: f32 = 0.25;
/// Weight of words that are neighbours in the query, and of those with one word between.
const PAIR_WEIGHTS: [f32; 2] = [0.25, 0.125];
/// See [`BORDER_WEIGHT`].
const WINDOW_WEIGHT: f32 = 0.3;
/// See [`BORDER_WEIGHT`].
const LEAD_WEIGHT: f32 = 0.1;
/// Words with fewer characters between them are near each other.
const NEAR_CHARS: u32 = 8;
/// Two or three sentences.
const WINDOW_CHARS: u32 = 120;
/// The title and about the first sentence.
const LEAD_CHARS: u32 = 50;
/// A function or question word counts this part of its idf in a window.
const FUNCTION_IN_WINDOW: f32 = 0.3;
/// Sums in another order may differ by this.
const ROUNDING: f32 = 1.0001;
/// Where positions of the body begin when those of the title come first; more than any title is long.
const BODY_START: u32 = 1 << 20;

/// Counting by characters touches this many postings at most; that takes about 5 ms.
const CHEAP_POSTINGS: u64 = 200_000;

/// Inverse document frequency as in BM25: `ln(1 + (N - n + 0.5) / (n + 0.5))` (Lucene's form, never negative).
fn idf(documents: u64, holding: u64) -> f32 {
    let (documents, holding) = (documents as f32, holding.min(documents) as f32);
    (1.0 + (documents - holding + 0.5) / (holding + 0.5)).ln()
}

/// BM25's saturation: 0 without an occurrence, and never more than `k1 + 1`. `norm` is `k1` for a text of average length.
fn saturate(frequency: f32, k1: f32, norm: f32) -> f32 {
    (k1 + 1.0) * frequency / (frequency + norm)
}

/// The worth of places where something stands.
fn place(count: u32) -> f32 {
    saturate(count as f32, PLACE_K1, PLACE_K1)
}

/// How much a concept says: the idf of its word, or of its rarest unit.
pub(crate) fn concept_weight(documents: u64, lexicon: &Lexicon, fields: &Fields, concept: &Concept) -> f32 {
    let holding = match &concept.term {
        Some(term) => lexicon.doc_freq(&Term::from_field_text(fields.text, term)).unwrap_or(0),
        None => rarest(lexicon, fields, concept),
    };
    idf(documents, holding)
}

fn rarest(lexicon: &Lexicon, fields: &Fields, concept: &Concept) -> u64 {
    let term = |text: &str| Term::from_field_text(fields.body_units, text);
    let holding = concept.units.iter().map(|unit| lexicon.doc_freq(&term(&unit.text)).unwrap_or(0));
    holding.min().unwrap_or(0)
}

/// Whether counting all that holds the concepts by their characters costs little. A single character has no positions to
/// look at.
pub(crate) fn is_cheap(lexicon: &Lexicon, fields: &Fields, clauses: &[Clause]) -> bool {
    let concepts = clauses.iter().flat_map(|clause| &clause.concepts);
    let cost = |concept: &Concept| rarest(lexicon, fields, concept) / if concept.units.len() == 1 { 10 } else { 1 };
    concepts.map(cost).sum::<u64>() < CHEAP_POSTINGS
}

/// The best `wanted` of `found`, scored anew, best first; ties by id.
pub(crate) fn rank(
    searcher: &tantivy::Searcher,
    lexicon: &Arc<Lexicon>,
    fields: &Fields,
    lowered: &Lowered,
    found: &[(f32, DocAddress)],
    wanted: usize,
    explain: bool,
) -> Result<Vec<Candidate>, Error> {
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let asked = Asked::new(searcher.num_docs(), lexicon, fields, &lowered.clauses)?;
    let mut addresses: Vec<DocAddress> = found.iter().map(|&(_, address)| address).collect();
    addresses.sort_unstable();
    let (mut segments, mut sketches) = (Vec::new(), Vec::with_capacity(addresses.len()));
    for in_segment in addresses.chunk_by(|a, b| a.segment_ord == b.segment_ord) {
        let segment = lexicon.in_segment(searcher.segment_reader(in_segment[0].segment_ord));
        let mut postings = PostingsOfAsked::new(segment, fields, &asked, lowered.deadline)?;
        for &address in in_segment {
            lowered.deadline.check()?;
            sketches.push((segments.len(), postings.sketch(address)?));
        }
        segments.push(postings);
    }
    // what those score that may score most rules out most of the others before their positions are read
    let likely = wanted.min(sketches.len());
    if likely < sketches.len() {
        sketches.select_nth_unstable_by(likely, |(_, a), (_, b)| b.most.total_cmp(&a.most));
    }
    let (likely, others) = sketches.split_at_mut(likely);
    let mut best = Top::new(wanted);
    let mut ranked: Vec<Candidate> = Vec::with_capacity(addresses.len());
    for group in [likely, others] {
        // positions are read in the order in which they stand
        group.sort_unstable_by_key(|(_, sketch)| sketch.address);
        for (segment, sketch) in group {
            if sketch.most * ROUNDING < best.threshold() {
                continue;
            }
            lowered.deadline.check()?;
            let evidence = segments[*segment].evidence(sketch);
            let parts = asked.score(evidence);
            best.offer(parts.sum(), sketch.address);
            let explanation = explain.then(|| parts.explain(&asked, evidence));
            ranked.push(Candidate { score: parts.sum(), address: sketch.address, explanation });
        }
    }
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score));
    sort_equals(&mut ranked, searcher)?;
    ranked.truncate(wanted);
    Ok(ranked)
}

/// Brings candidates with one score in the order of their ids. Only these are looked up: ids have no order in a segment, and
/// each brings another page of the column into memory.
fn sort_equals(ranked: &mut [Candidate], searcher: &tantivy::Searcher) -> Result<(), Error> {
    let mut columns = Vec::new();
    for equals in ranked.chunk_by_mut(|a, b| a.score == b.score).filter(|equals| equals.len() > 1) {
        if columns.is_empty() {
            let segments = searcher.segment_readers().iter();
            columns = segments.map(|segment| segment.fast_fields().u64(ID)).collect::<Result<Vec<_>, _>>()?;
        }
        let id = |DocAddress { segment_ord, doc_id }: DocAddress| columns[segment_ord as usize].first(doc_id);
        equals.sort_by_cached_key(|candidate| id(candidate.address));
    }
    Ok(())
}

/// What is asked, in one row: the clauses of the query one after the other.
struct Asked {
    terms: Vec<AskedTerm>,
    /// Different units.
    units: Vec<AskedUnit>,
    borders: Vec<Border>,
    /// Content leaves that are neighbours (0), or have one between (1): indexes into `terms`.
    pairs: Vec<(usize, usize, usize)>,
    average_length: f32,
}

/// Two units that are neighbours in the query across a border of words: indexes into `Asked::units`. The index holds no
/// postings of pairs, so the weight is the mean idf of the words that touch there, which ranks as well as the true idf.
struct Border {
    units: (usize, usize),
    weight: f32,
}

/// A unit, looked up in both fields.
struct AskedUnit {
    text: String,
    in_title: Arc<Entry>,
    in_body: Arc<Entry>,
}

struct AskedTerm {
    text: String,
    in_text: Arc<Entry>,
    in_title: Arc<Entry>,
    /// Weight in the query times idf.
    weight: f32,
    idf: f32,
    class: WordClass,
    is_leaf: bool,
    /// Whether it is one of Chinese characters alone: no text holds it that does not hold these.
    is_han: bool,
    /// Indexes into `Asked::units`, with their distance from the first.
    units: Vec<(usize, u32)>,
    /// The same for other names of a concept that the term is, or is a part of.
    others: Vec<Vec<(usize, u32)>>,
}

/// What the index knows of a candidate.
#[derive(Default)]
struct Evidence {
    length: f32,
    /// For each term, its frequency in title and body together, and in the title.
    frequencies: Vec<(u32, u32)>,
    /// For each term that is a leaf, where it stands: title first, then from [`BODY_START`] on the body.
    places: Vec<Vec<u32>>,
    /// For each border, how often it occurs.
    borders: Vec<u32>,
}

impl Asked {
    fn new(documents: u64, lexicon: &Lexicon, fields: &Fields, clauses: &[Clause]) -> Result<Self, Error> {
        let tokens = lexicon.total_num_tokens(fields.text)?;
        let average_length = (tokens as f32 / lexicon.total_num_docs()?.max(1) as f32).max(1.0);
        let mut asked =
            Self { terms: Vec::new(), units: Vec::new(), borders: Vec::new(), pairs: Vec::new(), average_length };
        let mut known: HashMap<&str, usize> = HashMap::new();
        let mut leaves = Vec::new();
        for clause in clauses {
            let units: Vec<usize> = clause.units.iter().map(|unit| asked.unit(lexicon, fields, &unit.text)).collect();
            for term in &clause.terms {
                let entry = |field| lexicon.entry(&Term::from_field_text(field, &term.term));
                let in_text = entry(fields.text);
                let idf = idf(documents, lexicon.documents(&in_text)?);
                let number = *known.entry(&term.term).or_insert_with(|| {
                    let span = term.units.clone();
                    let first = clause.units[span.start].position;
                    asked.terms.push(AskedTerm {
                        text: term.term.clone(),
                        in_text,
                        in_title: entry(fields.title),
                        weight: 0.0,
                        idf,
                        class: term.class,
                        is_leaf: term.kind != WordKind::Compound,
                        is_han: clause.units[span.clone()].iter().all(|unit| unit.kind == UnitKind::Han),
                        units: span.map(|unit| (units[unit], clause.units[unit].position - first)).collect(),
                        others: Vec::new(),
                    });
                    asked.terms.len() - 1
                });
                asked.terms[number].weight += term.weight * idf;
                if term.kind != WordKind::Compound && term.class == WordClass::Content {
                    leaves.push(number);
                }
            }
            asked.find_borders(clause, &units, &known);
            asked.find_others(lexicon, fields, clause, &known);
        }
        for (distance, _) in PAIR_WEIGHTS.iter().enumerate() {
            for pair in leaves.windows(distance + 2) {
                let (a, b) = (pair[0], pair[distance + 1]);
                let same = |&(_, x, y): &(usize, usize, usize)| (x, y) == (a, b) || (x, y) == (b, a);
                if a != b && !asked.pairs.iter().any(same) {
                    asked.pairs.push((distance, a, b));
                }
            }
        }
        Ok(asked)
    }

    fn unit(&mut self, lexicon: &Lexicon, fields: &Fields, text: &str) -> usize {
        self.units.iter().position(|known| known.text == text).unwrap_or_else(|| {
            let entry = |field| lexicon.entry(&Term::from_field_text(field, text));
            let (in_title, in_body) = (entry(fields.title_units), entry(fields.body_units));
            self.units.push(AskedUnit { text: text.to_owned(), in_title, in_body });
            self.units.len() - 1
        })
    }

    /// Hands the other names of concepts to the terms that these are made of.
    fn find_others(&mut self, lexicon: &Lexicon, fields: &Fields, clause: &Clause, known: &HashMap<&str, usize>) {
        for others in &clause.others {
            for name in &others.names {
                let units: Vec<(usize, u32)> =
                    name.units.iter().map(|unit| (self.unit(lexicon, fields, &unit.text), unit.position)).collect();
                let is_in =
                    |term: &&ScoredTerm| others.units.start <= term.units.start && term.units.end <= others.units.end;
                for term in clause.terms.iter().filter(is_in) {
                    self.terms[known[term.term.as_str()]].others.push(units.clone());
                }
            }
        }
    }

    /// Neighbouring units that no word of the clause holds both of.
    fn find_borders(&mut self, clause: &Clause, units: &[usize], known: &HashMap<&str, usize>) {
        for right in 1..clause.units.len() {
            let left = right - 1;
            let touch = clause.units[right].position - clause.units[left].position == Unit::STEP;
            let inside = clause.terms.iter().any(|term| term.units.contains(&left) && term.units.contains(&right));
            let pair = (units[left], units[right]);
            if !touch || inside || self.borders.iter().any(|border| border.units == pair) {
                continue;
            }
            let touching = clause.terms.iter().filter(|term| {
                term.kind != WordKind::Compound && (term.units.contains(&left) || term.units.contains(&right))
            });
            let (mut sum, mut count, mut factor) = (0.0, 0.0f32, 1.0);
            for term in touching {
                sum += known.get(term.term.as_str()).map_or(0.0, |&number| self.terms[number].idf);
                count += 1.0;
                if term.class == WordClass::Question {
                    factor = QUESTION_WEIGHT;
                }
            }
            self.borders.push(Border { units: pair, weight: factor * sum / count.max(1.0) });
        }
    }

    /// The most that a candidate may score, by how often it holds words and units, wherever these stand.
    fn most(&self, length: f32, frequencies: &[(u32, u32)], unit_counts: &[u32]) -> f32 {
        let count = |units: &[(usize, u32)]| units.iter().map(|&(unit, _)| unit_counts[unit]).min().unwrap_or(0);
        // a string stands nowhere more often than its rarest unit
        let places = |term: &AskedTerm| count(&term.units) + term.others.iter().map(|name| count(name)).sum::<u32>();
        let norm = self.norm(length);
        let words = self.terms.iter().zip(frequencies).map(|(term, &(text, title))| {
            let others: u32 = term.others.iter().map(|name| count(name)).sum();
            term.weight * saturate((text + others) as f32 + TITLE_BONUS * (title + others) as f32, K1, norm)
        });
        let borders = self
            .borders
            .iter()
            .map(|&Border { units: (left, right), weight }| weight * place(unit_counts[left].min(unit_counts[right])));
        let pairs = self.pairs.iter().map(|&(distance, a, b)| {
            let near = if places(&self.terms[b]) > 0 { places(&self.terms[a]) } else { 0 };
            self.pair_weight(distance, a, b) * place(near)
        });
        let leaves = || self.terms.iter().filter(|term| term.is_leaf && places(term) > 0);
        words.sum::<f32>()
            + BORDER_WEIGHT * borders.sum::<f32>()
            + pairs.sum::<f32>()
            + WINDOW_WEIGHT * leaves().map(AskedTerm::idf_in_window).sum::<f32>()
            + LEAD_WEIGHT * leaves().map(|term| term.weight).sum::<f32>()
    }

    /// How much the length of a text weakens its words.
    fn norm(&self, length: f32) -> f32 {
        K1 * (1.0 - B + B * length / self.average_length)
    }

    fn pair_weight(&self, distance: usize, a: usize, b: usize) -> f32 {
        PAIR_WEIGHTS[distance] * (self.terms[a].idf + self.terms[b].idf) / 2.0
    }

    /// HOT: the score of one candidate.
    fn score(&self, evidence: &Evidence) -> Parts {
        let norm = self.norm(evidence.length);
        let words =
            self.terms.iter().zip(&evidence.frequencies).map(|(term, &(text, title))| {
                term.weight * saturate(text as f32 + TITLE_BONUS * title as f32, K1, norm)
            });
        let borders = self.borders.iter().zip(&evidence.borders).map(|(border, &count)| border.weight * place(count));
        let pairs = self.pairs.iter().map(|&(distance, a, b)| {
            let near =
                near_count(&evidence.places[a], self.terms[a].width(), &evidence.places[b], self.terms[b].width());
            self.pair_weight(distance, a, b) * place(near)
        });
        let is_lead = |place: &u32| place % BODY_START < LEAD_CHARS * Unit::STEP;
        let leaves = self.terms.iter().zip(&evidence.places).filter(|(term, _)| term.is_leaf);
        let lead = leaves.filter(|(_, places)| places.iter().any(is_lead)).map(|(term, _)| term.weight);
        Parts {
            words: words.sum(),
            borders: BORDER_WEIGHT * borders.sum::<f32>(),
            pairs: pairs.sum(),
            window: WINDOW_WEIGHT * self.best_window(evidence),
            lead: LEAD_WEIGHT * lead.sum::<f32>(),
        }
    }

    /// The greatest sum of idfs of different leaves within one window.
    fn best_window(&self, evidence: &Evidence) -> f32 {
        let leaves = self.terms.iter().zip(&evidence.places).enumerate().filter(|(_, (term, _))| term.is_leaf);
        let mut places: Vec<(u32, usize)> = Vec::with_capacity(evidence.places.iter().map(Vec::len).sum());
        for (number, (_, of_leaf)) in leaves {
            places.extend(of_leaf.iter().map(|&place| (place, number)));
        }
        places.sort_unstable();
        let mut inside = vec![0u32; self.terms.len()];
        let (mut first, mut sum, mut best) = (0, 0.0f32, 0.0f32);
        for &(place, number) in &places {
            inside[number] += 1;
            if inside[number] == 1 {
                sum += self.terms[number].idf_in_window();
            }
            while places[first].0 + WINDOW_CHARS * Unit::STEP < place {
                let left = places[first].1;
                inside[left] -= 1;
                if inside[left] == 0 {
                    sum -= self.terms[left].idf_in_window();
                }
                first += 1;
            }
            best = best.max(sum);
        }
        best
    }
}

impl AskedTerm {
    fn idf_in_window(&self) -> f32 {
        if self.class == WordClass::Content { self.idf } else { FUNCTION_IN_WINDOW * self.idf }
    }

    /// Distance from its first to its last unit.
    fn width(&self) -> u32 {
        self.units.last().map_or(0, |&(_, distance)| distance)
    }
}

/// What postings say of a candidate, without its positions.
struct Sketch {
    address: DocAddress,
    /// The most that it may score, wherever its words stand.
    most: f32,
    length: f32,
    /// Its place among [`PostingsOfAsked::frequencies`], and those among [`PostingsOfAsked::held`].
    number: usize,
    held: Range<usize>,
}

/// A unit that a candidate holds.
struct Held {
    /// Index into `Asked::units`.
    unit: usize,
    is_in_title: bool,
    place: Place,
}

/// What a segment knows of what is asked.
struct PostingsOfAsked<'a> {
    asked: &'a Asked,
    segment: InSegment,
    in_text: Lookup<'a>,
    in_title: Lookup<'a>,
    title_units: Lookup<'a>,
    body_units: Lookup<'a>,
    lengths: FieldNormReader,
    /// For each unit, the documents that hold it, where these are known.
    anywhere: Vec<Option<Arc<DocBits>>>,
    /// For each sketch and term, see [`Evidence::frequencies`].
    frequencies: Vec<(u32, u32)>,
    /// For each sketch, what it holds.
    held: Vec<Held>,
    /// For each unit, how often the title and the body of the document hold it. Room to work in, like the following.
    counts: Vec<(u32, u32)>,
    /// The same together.
    sums: Vec<u32>,
    /// For each unit, where it stands: see [`Evidence::places`].
    positions: Vec<Vec<u32>>,
    evidence: Evidence,
}

impl<'a> PostingsOfAsked<'a> {
    fn new(segment: InSegment, fields: &Fields, asked: &'a Asked, deadline: Deadline) -> Result<Self, Error> {
        let words = |entry: fn(&AskedTerm) -> &Arc<Entry>| Lookup::new(asked.terms.iter().map(entry));
        let units = |entry: fn(&AskedUnit) -> &Arc<Entry>| Lookup::new(asked.units.iter().map(entry));
        let anywhere = |unit: &AskedUnit| segment.set([&unit.in_title, &unit.in_body].into_iter(), deadline);
        let anywhere = asked.units.iter().map(anywhere).collect::<tantivy::Result<_>>()?;
        Ok(Self {
            asked,
            in_text: words(|term| &term.in_text),
            in_title: words(|term| &term.in_title),
            title_units: units(|unit| &unit.in_title),
            body_units: units(|unit| &unit.in_body),
            lengths: segment.reader().get_fieldnorms_reader(fields.text)?,
            segment,
            anywhere,
            frequencies: Vec::new(),
            held: Vec::new(),
            counts: vec![(0, 0); asked.units.len()],
            sums: vec![0; asked.units.len()],
            positions: vec![Vec::new(); asked.units.len()],
            evidence: Evidence { places: vec![Vec::new(); asked.terms.len()], ..Evidence::default() },
        })
    }

    /// HOT: what postings say of the document at `address`, which comes after those that were asked for before.
    fn sketch(&mut self, address: DocAddress) -> Result<Sketch, Error> {
        let (asked, segment, doc) = (self.asked, &self.segment, address.doc_id);
        let (number, first_held) = (self.frequencies.len(), self.held.len());
        for (unit, counts) in self.counts.iter_mut().enumerate() {
            let is_nowhere = self.anywhere[unit].as_ref().is_some_and(|set| !set.contains(doc));
            *counts = (0, 0);
            if !is_nowhere {
                for (count, units, is_in_title) in
                    [(&mut counts.0, &mut self.title_units, true), (&mut counts.1, &mut self.body_units, false)]
                {
                    if let Some(postings) = units.at(unit, doc, segment)? {
                        *count = postings.frequency();
                        self.held.push(Held { unit, is_in_title, place: postings.place() });
                    }
                }
            }
            self.sums[unit] = counts.0 + counts.1;
        }
        for (number, term) in asked.terms.iter().enumerate() {
            let may_be_in = |holds: fn(&(u32, u32)) -> bool| {
                !term.is_han || term.units.iter().all(|&(unit, _)| holds(&self.counts[unit]))
            };
            let is_in_text = may_be_in(|(title, body)| title + body > 0);
            let is_in_title = may_be_in(|(title, _)| *title > 0);
            let text = if is_in_text { self.in_text.frequency(number, doc, segment)? } else { 0 };
            let title = if is_in_title { self.in_title.frequency(number, doc, segment)? } else { 0 };
            self.frequencies.push((text, title));
        }
        let length = self.lengths.fieldnorm(doc) as f32;
        let most = asked.most(length, &self.frequencies[number..], &self.sums);
        Ok(Sketch { address, most, length, number, held: first_held..self.held.len() })
    }

    /// HOT: all that the index knows of the document of `sketch`. Documents in their order cost least.
    fn evidence(&mut self, sketch: &Sketch) -> &Evidence {
        let asked = self.asked;
        let Evidence { length, frequencies, places: term_places, borders } = &mut self.evidence;
        *length = sketch.length;
        frequencies.clear();
        frequencies.extend_from_slice(&self.frequencies[sketch.number..][..asked.terms.len()]);
        self.positions.iter_mut().for_each(Vec::clear);
        for held in &self.held[sketch.held.clone()] {
            let (units, offset) =
                if held.is_in_title { (&mut self.title_units, 0) } else { (&mut self.body_units, BODY_START) };
            if let Some(postings) = units.opened(held.unit) {
                postings.append_positions(held.place, offset, &mut self.positions[held.unit]);
            }
        }
        let positions = &self.positions;
        for (term, found) in asked.terms.iter().zip(&mut *term_places) {
            find_places(&term.units, positions, found);
        }
        let mut named = Vec::new();
        for (number, term) in asked.terms.iter().enumerate().filter(|(_, term)| !term.others.is_empty()) {
            // one concept: its most frequent name counts
            for name in &term.others {
                find_places(name, positions, &mut named);
                let in_title = named.partition_point(|&place| place < BODY_START);
                let (text, title) = &mut frequencies[number];
                *text = (*text).max(named.len() as u32);
                *title = (*title).max(in_title as u32);
                term_places[number].extend_from_slice(&named);
            }
            term_places[number].sort_unstable();
            term_places[number].dedup();
        }
        borders.clear();
        borders.extend(asked.borders.iter().map(|&Border { units: (left, right), .. }| {
            let mut right = right_of(&positions[right], Unit::STEP);
            positions[left].iter().filter(|&&place| right(place)).count() as u32
        }));
        &self.evidence
    }
}

/// Postings of some terms in one segment, asked for in the order of the documents. They are opened when they are first
/// asked for: where no candidate can hold a term, that never happens.
struct Lookup<'a> {
    terms: Vec<(&'a Entry, Option<Opened>)>,
}

/// Postings, where the segment has any.
type Opened = Option<Box<Postings>>;

impl<'a> Lookup<'a> {
    fn new(terms: impl Iterator<Item = &'a Arc<Entry>>) -> Self {
        Self { terms: terms.map(|entry| (&**entry, None)).collect() }
    }

    /// The postings of `term` at `doc`, if it occurs there.
    fn at(&mut self, term: usize, doc: u32, segment: &InSegment) -> Result<Option<&mut Postings>, Error> {
        let (entry, opened) = &mut self.terms[term];
        let opened = match opened {
            Some(opened) => opened,
            None => opened.insert(segment.postings(entry)?),
        };
        let Some(postings) = opened else { return Ok(None) };
        Ok((postings.seek(doc) == doc).then_some(&mut **postings))
    }

    /// The postings of `term`, if they were asked for, and there are any.
    fn opened(&mut self, term: usize) -> Option<&mut Postings> {
        self.terms[term].1.as_mut()?.as_deref_mut()
    }

    /// How often `term` occurs in `doc`.
    fn frequency(&mut self, term: usize, doc: u32, segment: &InSegment) -> Result<u32, Error> {
        Ok(self.at(term, doc, segment)?.map_or(0, Postings::frequency))
    }
}

/// Where units stand in a row.
fn find_places(units: &[(usize, u32)], positions: &[Vec<u32>], places: &mut Vec<u32>) {
    places.clear();
    let Some((&(first, _), rest)) = units.split_first() else { return };
    places.extend_from_slice(&positions[first]);
    for &(unit, distance) in rest {
        let mut other = right_of(&positions[unit], distance);
        places.retain(|&place| other(place));
    }
}

/// Tells of places, which rise, whether one of `positions`, which are sorted, stands at `distance` behind it.
fn right_of(positions: &[u32], distance: u32) -> impl FnMut(u32) -> bool + '_ {
    let mut at = 0;
    move |place| {
        let wanted = place + distance;
        while positions.get(at).is_some_and(|&position| position < wanted) {
            at += 1;
        }
        positions.get(at) == Some(&wanted)
    }
}

/// How many places of `a` have one of `b` near, before or after.
fn near_count(a: &[u32], a_width: u32, b: &[u32], b_width: u32) -> u32 {
    // between two neighbours the positions differ by one step, and no character stands between
    let near = |from: u32, to: u32| to.saturating_sub(from + Unit::STEP) / Unit::STEP < NEAR_CHARS;
    let mut next = 0;
    let places = a.iter().filter(|&&place| {
        while b.get(next).is_some_and(|&other| other < place) {
            next += 1;
        }
        let after = b.get(next).is_some_and(|&other| near(place + a_width, other));
        let before = next.checked_sub(1).is_some_and(|before| near(b[before] + b_width, place));
        after || before
    });
    places.count() as u32
}

/// The score, part by part.
struct Parts {
    words: f32,
    borders: f32,
    pairs: f32,
    window: f32,
    lead: f32,
}

impl Parts {
    fn sum(&self) -> f32 {
        self.words + self.borders + self.pairs + self.window + self.lead
    }

    fn explain(&self, asked: &Asked, evidence: &Evidence) -> Vec<String> {
        let terms = asked.terms.iter().zip(&evidence.frequencies).filter(|(_, (text, _))| *text > 0);
        let terms = terms.map(|(term, (text, title))| {
            let title = if *title > 0 { format!(", {title} in the title") } else { String::new() };
            format!("{} ×{text}{title} (weight {:.2})", term.text, term.weight)
        });
        vec![
            format!("{:.2} words: {}", self.words, terms.collect::<Vec<_>>().join("; ")),
            // a sum of nothing is -0
            format!("{:.2} characters side by side across word borders", self.borders + 0.0),
            format!("{:.2} neighbouring words near each other", self.pairs + 0.0),
            format!("{:.2} words together in {WINDOW_CHARS} characters", self.window),
            format!("{:.2} words in the title or the first {LEAD_CHARS} characters", self.lead + 0.0),
        ]
    }
}
