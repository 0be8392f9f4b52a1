//! Finds where an article answers a query: the concepts of the query in its title and body.
//!
//! Works on units, as "contains" does, so it agrees with the strict query on what an article holds; offsets lead back to
//! the text as it is written, whatever folding changed. What an article holds and what is marked in it differ in three
//! ways:
//!
//! - A word is marked where it stands as a word. Where it is only a part of a longer one (马克 in 马克思, 北京 in 北京市)
//!   it is marked only in an article that holds it nowhere else, in title or body: there it is why the article was found.
//!   A longer word that is made of words (人民代表大会) counts as these. Strings in quotes, beginnings of words and strings
//!   that no dictionary knows are marked wherever they stand.
//! - A single character beside longer strings is marked only where it touches one of them.
//! - Function words that belong to a word of the query are marked with it: an article must hold 2021, but what is marked
//!   is `2021年`.

use std::collections::HashMap;
use std::ops::Range;

use foldhash::fast::RandomState;

use super::snippet::Match;
use crate::analysis::Analyzer;
use crate::analysis::normalize::Normalized;
use crate::analysis::units::{Stretches, Unit, UnitKind};
use crate::analysis::words::{WordKind, stem};
use crate::query::ast::{Field, Mode};
use crate::query::lower::{Clause, Concept, UnitKey, WordClass};

/// The concepts of a query, compiled.
#[derive(Debug)]
pub(crate) struct Matcher {
    /// The concepts as typed.
    labels: Vec<String>,
    patterns: Vec<Pattern>,
    /// Patterns by the first unit, letters by their stem.
    by_first: HashMap<String, Vec<usize>, RandomState>,
    /// Patterns of one run of letters or digits that may go on.
    prefixes: Vec<usize>,
    /// A bit for the first character of every pattern, by the last bits of its code: most of a text needs no further look. A
    /// stem begins as its word does.
    firsts: [u64; FIRST_CHARS / 64],
}

/// See [`Matcher::firsts`]. Of forty characters, as long queries have, few share a bit with another.
const FIRST_CHARS: usize = 1024;

#[derive(Debug)]
struct Pattern {
    /// The concepts that a text holds where it matches: one, or for another name of several, all of these.
    concepts: Range<usize>,
    units: Vec<UnitKey>,
    field: Field,
    weight: f32,
    kind: PatternKind,
    /// Whether it is a word of Han characters, which may be a part of a longer one.
    is_han_word: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PatternKind {
    /// A word: letters match by their stem, and a code with or without its hyphens.
    Word,
    /// Exactly these units and breaks.
    Exact,
    /// The last unit may go on.
    Prefix,
}

/// What an article holds of a query.
#[derive(Debug)]
pub(crate) struct Found {
    /// What to mark in the title, sorted by start.
    pub(crate) title: Vec<Match>,
    /// The same in the body.
    pub(crate) body: Vec<Match>,
    /// For each concept, in the order of [`Matcher::labels`], whether the article holds it.
    pub(crate) held: Vec<bool>,
}

/// A place where a pattern matches, before it is decided whether it is marked.
struct Place {
    pattern: usize,
    /// Bytes of the text, and of what it is folded to.
    bytes: Range<usize>,
    folded: Range<usize>,
}

impl Matcher {
    /// `weight` gives the importance of a concept, see [`Match::weight`].
    pub(crate) fn new(clauses: &[Clause], weight: impl Fn(&Concept) -> f32) -> Self {
        let mut matcher = Self {
            labels: Vec::new(),
            patterns: Vec::new(),
            by_first: HashMap::default(),
            prefixes: Vec::new(),
            firsts: [0; FIRST_CHARS / 64],
        };
        for clause in clauses {
            let kind = match clause.mode {
                Mode::Exact => PatternKind::Exact,
                Mode::Prefix => PatternKind::Prefix,
                Mode::Words | Mode::Near(_) => PatternKind::Word,
            };
            let first = matcher.labels.len();
            for concept in clause.concepts.iter().filter(|concept| !concept.units.is_empty()) {
                let number = matcher.labels.len();
                matcher.labels.push(concept.label.clone());
                let (concepts, field, weight) = (number..number + 1, concept.field, weight(concept));
                for units in with_function_words(clause, concept) {
                    let concepts = concepts.clone();
                    matcher.add(Pattern { concepts, units, field, weight, kind, is_han_word: false });
                }
                let (units, is_han_word) = (concept.units.clone(), is_han_word(concept.term.as_ref(), &concept.units));
                matcher.add(Pattern { concepts, units, field, weight, kind, is_han_word });
            }
            for others in &clause.others {
                let typed = &clause.concepts[others.concepts.clone()];
                let weight = typed.iter().map(&weight).fold(0.0, f32::max);
                for name in &others.names {
                    let concepts = first + others.concepts.start..first + others.concepts.end;
                    let (units, field) = (name.units.clone(), typed[0].field);
                    let is_han_word = is_han_word(name.term.as_ref(), &units);
                    matcher.add(Pattern { concepts, units, field, weight, kind, is_han_word });
                }
            }
        }
        matcher
    }

    fn add(&mut self, pattern: Pattern) {
        let number = self.patterns.len();
        let first = &pattern.units[0];
        let (word, bit) = place_of_first(first.text.chars().next().map_or(0, u32::from));
        self.firsts[word] |= bit;
        if pattern.kind == PatternKind::Prefix && pattern.units.len() == 1 && is_run(first.kind) {
            self.prefixes.push(number);
        } else {
            let key = if pattern.kind == PatternKind::Word {
                stem(&first.text, first.kind)
            } else {
                std::borrow::Cow::from(&first.text)
            };
            self.by_first.entry(key.into_owned()).or_default().push(number);
        }
        self.patterns.push(pattern);
    }

    /// The concepts as typed.
    pub(crate) fn labels(&self) -> impl Iterator<Item = &str> {
        self.labels.iter().map(String::as_str)
    }

    /// Whether a pattern may begin with the character of this code.
    fn may_begin_with(&self, code: u32) -> bool {
        let (word, bit) = place_of_first(code);
        self.firsts[word] & bit != 0
    }

    /// Looks through an article.
    pub(crate) fn find(&self, title: &str, body: &str, analyzer: &Analyzer) -> Found {
        let mut held = vec![false; self.labels.len()];
        if self.patterns.is_empty() {
            return Found { title: Vec::new(), body: Vec::new(), held };
        }
        let normalized = [title, body].map(Normalized::new);
        let places = [self.places(&normalized[0], Field::Title), self.places(&normalized[1], Field::Body)];
        let mut counts = vec![0; self.patterns.len()];
        for place in places.iter().flatten() {
            held[self.patterns[place.pattern].concepts.clone()].fill(true);
            counts[place.pattern] += 1;
        }
        // a word that stands in one place only is marked there anyway: most need no look at what is around them
        let is_part = |place: &Place, normalized: &Normalized| {
            counts[place.pattern] > 1
                && self.patterns[place.pattern].is_han_word
                && analyzer.is_part_of_word(normalized.as_str(), place.folded.clone())
        };
        let mut is_word_somewhere = vec![false; self.patterns.len()];
        let is_part = [0, 1].map(|text| {
            let mut is_part_at = |place: &Place| {
                let is_part = is_part(place, &normalized[text]);
                is_word_somewhere[place.pattern] |= !is_part;
                is_part
            };
            places[text].iter().map(&mut is_part_at).collect::<Vec<bool>>()
        });
        let mut is_part = is_part.into_iter().flatten();
        let [title, body] = places.map(|mut places| {
            places.retain(|place| !(is_part.next().unwrap_or(false) && is_word_somewhere[place.pattern]));
            self.drop_lone_characters(&mut places);
            let matches = places.into_iter().map(|Place { pattern, bytes, .. }| {
                let Pattern { concepts, weight, .. } = &self.patterns[pattern];
                Match { bytes, term: concepts.start, weight: *weight }
            });
            matches.collect()
        });
        Found { title, body, held }
    }

    /// HOT: every place in a text, which is the `field` of an article, sorted by start.
    fn places(&self, normalized: &Normalized, field: Field) -> Vec<Place> {
        let mut places = Vec::new();
        let folded = normalized.as_str();
        let mut stretches = Stretches::new(folded);
        while let Some(stretch) = stretches.next() {
            let Range { start, end } = stretch.first.bytes;
            let mut find = |number| {
                let mut units = stretch.units(number).chain(stretches.clone().flat_map(|stretch| stretch.units(0)));
                let Some(first) = units.next() else { return };
                self.find_at(&first, &units, folded, field, |pattern, end| {
                    let found = first.bytes.start..end;
                    places.push(Place { pattern, bytes: normalized.original(found.clone()), folded: found });
                });
            };
            if stretch.first.kind != UnitKind::Han || end - start != 3 {
                let first = folded[start..].chars().next();
                if first.is_some_and(|first| self.may_begin_with(first.into())) {
                    find(0);
                }
                continue;
            }
            let (chars, _) = folded.as_bytes()[start..start + 3 * stretch.count].as_chunks();
            for (number, [_, second, third]) in chars.iter().enumerate() {
                // the last two bytes of a character end with the last bits of its code
                if self.may_begin_with(u32::from(second % 64) << 6 | u32::from(third % 64)) {
                    find(number);
                }
            }
        }
        places
    }

    /// Hands over every pattern that matches from the unit `first` on, with the end of the place; `units` are those behind it.
    fn find_at(
        &self,
        first: &Unit,
        units: &(impl Iterator<Item = Unit> + Clone),
        folded: &str,
        field: Field,
        mut found: impl FnMut(usize, usize),
    ) {
        let exact = &folded[first.bytes.clone()];
        let stemmed = stem(exact, first.kind);
        let by_stem = self.by_first.get(stemmed.as_ref()).into_iter().flatten();
        let by_text = (stemmed != exact).then(|| self.by_first.get(exact)).flatten().into_iter().flatten();
        for &number in by_stem.chain(by_text).chain(&self.prefixes) {
            let pattern = &self.patterns[number];
            if pattern.field != Field::Any && pattern.field != field {
                continue;
            }
            if let Some(end) = pattern.end(folded, first, units.clone()) {
                found(number, end);
            }
        }
    }

    /// A single character of a query that also holds longer strings is marked only where it touches another match: alone
    /// it says nothing.
    fn drop_lone_characters(&self, places: &mut Vec<Place>) {
        let is_lone = |pattern: &Pattern| pattern.units.len() == 1 && pattern.units[0].kind == UnitKind::Han;
        if self.patterns.iter().all(is_lone) {
            return;
        }
        let touches: Vec<bool> = (0..places.len())
            .map(|i| {
                let bytes = &places[i].bytes;
                let before = i.checked_sub(1).is_some_and(|before| places[before].bytes.end >= bytes.start);
                let after = places.get(i + 1).is_some_and(|after| after.bytes.start <= bytes.end);
                before || after
            })
            .collect();
        let mut touches = touches.into_iter();
        places.retain(|place| touches.next().unwrap_or(true) || !is_lone(&self.patterns[place.pattern]));
    }
}

impl Pattern {
    /// Where the pattern ends in the folded text if it matches from the unit `first` on, which `units` follow.
    fn end(&self, folded: &str, first: &Unit, mut units: impl Iterator<Item = Unit>) -> Option<usize> {
        let mut before: Option<(Unit, &UnitKey)> = None;
        for (i, key) in self.units.iter().enumerate() {
            let unit = if before.is_some() { units.next()? } else { first.clone() };
            let text = &folded[unit.bytes.clone()];
            let is_last = i + 1 == self.units.len();
            let same = match self.kind {
                _ if text == key.text => true,
                PatternKind::Word => stem(text, unit.kind) == stem(&key.text, key.kind),
                PatternKind::Prefix => is_last && is_run(key.kind) && text.starts_with(&key.text),
                PatternKind::Exact => false,
            };
            if !same {
                return None;
            }
            if let Some((unit_before, key_before)) = &before {
                let is_code = is_run(key.kind) && is_run(key_before.kind);
                if unit.position - unit_before.position != key.position - key_before.position
                    && !(self.kind == PatternKind::Word && is_code)
                {
                    return None;
                }
            }
            before = Some((unit, key));
        }
        before.map(|(last, _)| last.bytes.end)
    }
}

/// Place of a character in [`Matcher::firsts`], by the last bits of its code.
fn place_of_first(code: u32) -> (usize, u64) {
    let place = code as usize % FIRST_CHARS;
    (place / 64, 1 << (place % 64))
}

/// The words of the query that are made of `concept` and function words behind it.
fn with_function_words(clause: &Clause, concept: &Concept) -> Vec<Vec<UnitKey>> {
    let same = |(a, b): (&UnitKey, &UnitKey)| a.text == b.text;
    let longer = clause.terms.iter().filter(|term| term.kind == WordKind::Compound).filter_map(|term| {
        let units = &clause.units[term.units.clone()];
        let rest: String = units.get(concept.units.len()..)?.iter().map(|unit| unit.text.as_str()).collect();
        let is_longer = units.iter().zip(&concept.units).all(same) && WordClass::of(&rest) == WordClass::Function;
        let rebased = |unit: &UnitKey| UnitKey { position: unit.position - units[0].position, ..unit.clone() };
        is_longer.then(|| units.iter().map(rebased).collect())
    });
    longer.collect()
}

fn is_han_word(term: Option<&String>, units: &[UnitKey]) -> bool {
    term.is_some() && units.iter().all(|unit| unit.kind == UnitKind::Han)
}

fn is_run(kind: UnitKind) -> bool {
    matches!(kind, UnitKind::Letters | UnitKind::Digits)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::analysis::dictionary::Dictionary;
    use crate::index::schema::schema;
    use crate::query::deadline::Deadline;
    use crate::query::lexicon::Lexicon;
    use crate::query::lower::lower;
    use crate::query::parse;
    use crate::query::synonyms::Synonyms;

    /// `text` with the matches in brackets, and the words that it lacks.
    #[track_caller]
    fn check(query: &str, text: &str, marked: &str, missing: &[&str]) {
        let analyzer = Analyzer::for_queries(Arc::new(Dictionary::default()));
        let query = parse(query, &"2026-01-01T00:00:00Z[UTC]".parse().unwrap()).query;
        let lexicon = Arc::new(Lexicon::new(&[]));
        let lowered = lower(&query, &schema().1, &analyzer, &Synonyms::built_in(), &lexicon, Deadline::default());
        let matcher = Matcher::new(&lowered.clauses, |_| 1.0);
        let found = matcher.find("", text, &analyzer);
        let mut shown = text.to_owned();
        for mark in super::super::snippet::marks(text, &found.body).into_iter().rev() {
            shown.insert(mark.end, ']');
            shown.insert(mark.start, '[');
        }
        assert_eq!(shown, marked);
        let lacks: Vec<&str> =
            matcher.labels().zip(&found.held).filter(|(_, held)| !**held).map(|(label, _)| label).collect();
        assert_eq!(lacks, missing);
    }

    #[test]
    fn marks_words_wherever_they_stand() {
        check("微软 区块链", "微软关闭区块链，微软称", "[微软]关闭[区块链]，[微软]称", &[]);
        check("微软 元宇宙", "微软关闭区块链", "[微软]关闭区块链", &["元宇宙"]);
        check("关闭区块链", "先关闭旧 Bifang 区块链节点", "先[关闭]旧 Bifang [区块链]节点", &[]);
    }

    #[test]
    fn marks_are_exact_where_folding_changed_the_text() {
        check("微软 azure", "微軟已換 ＡＺＵＲＥ 帳單", "[微軟]已換 [ＡＺＵＲＥ] 帳單", &[]);
    }

    #[test]
    fn a_number_is_marked_with_its_calendar_character() {
        check("2021年", "在 2021 年，2021-05", "在 [2021 年]，[2021]-05", &[]);
        check("2021年", "在2021年度，年底", "在[2021年]度，年底", &[]);
        check("2021年1月1日", "2021年11月1日，1月", "[2021年]11月[1日]，[1月]", &[]);
        check("2021", "在2021年", "在[2021]年", &[]);
        check("年报 2021年", "2021年报、2021年年报", "[2021年报]、[2021年年报]", &[]);
    }

    #[test]
    fn a_word_inside_a_longer_one_is_marked_only_where_there_is_nothing_better() {
        check("马克", "马克思说，马克来了", "马克思说，[马克]来了", &[]);
        check("马克", "马克思主义研究院", "[马克]思主义研究院", &[]);
        check("马克 北京", "马克思在北京，马克思。", "[马克]思在[北京]，[马克]思。", &[]);
        check("\"马克\"", "马克思说，马克来了", "[马克]思说，[马克]来了", &[]);
        check("马克*", "马克思说，马克来了", "[马克]思说，[马克]来了", &[]);
        check("人民", "人民代表大会，人民。", "[人民]代表大会，[人民]。", &[]);
        check("近江", "习近江说，近江来了", "习[近江]说，[近江]来了", &[]);
    }

    #[test]
    fn english_words_match_by_their_stem_and_codes_without_hyphens() {
        check("stocks", "the stock of Stocks", "the [stock] of [Stocks]", &[]);
        check("\"stocks\"", "the stock of Stocks", "the stock of [Stocks]", &[]);
        check("GPT-4", "GPT4 and GPT-4, not GPT-5", "[GPT4] and [GPT-4], not GPT-5", &[]);
        check("C#", "C# C++", "[C#] C++", &[]);
    }

    #[test]
    fn another_name_counts_as_the_one_that_was_typed() {
        check("北约 峰会", "北大西洋公约组织（NATO）开会", "[北大西洋公约组织]（[NATO]）开会", &["峰会"]);
        check("世界卫生组织报告", "世卫组织的报告", "[世卫组织]的[报告]", &[]);
        check("\"北约\"", "北大西洋公约组织", "北大西洋公约组织", &["北约"]);
    }

    #[test]
    fn quotes_mark_the_whole_string_only() {
        check("\"区块链服务\"", "区块链、服务和区块链服务", "区块链、服务和[区块链服务]", &[]);
    }

    #[test]
    fn a_prefix_marks_the_word_that_begins_with_it() {
        check("block*", "blockchain blocks", "[blockchain] [blocks]", &[]);
    }
}
