//! Names for the same thing: whoever asks for one finds the others. Applied to queries only, so a group can be added at any
//! time, and always as one more way to hold a concept, so no article is lost.
//!
//! The format is one group a line, names separated by commas: `北约, 北大西洋公约组织, NATO`; `#` begins a comment. Names
//! are compared by their units, as "contains" is, so width, case and traditional characters make no difference. Pure.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use foldhash::fast::RandomState;

use super::lower::{Concept, UnitKey, keys};
use crate::analysis::normalize::Normalized;
use crate::analysis::units::{Unit, units};

/// Groups of names.
#[derive(Debug, Clone, Default)]
pub struct Synonyms {
    groups: Vec<Vec<Member>>,
    /// Groups of a name, by [`key`].
    by_name: HashMap<String, Vec<usize>, RandomState>,
}

/// A name in a group.
#[derive(Debug, Clone, PartialEq)]
struct Member {
    /// As written.
    label: String,
    key: String,
}

/// A line that makes no group: it has fewer than two different names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadGroup {
    /// Counted from 1.
    pub line: usize,
    /// As it stands in the file.
    pub text: String,
}

/// Other names for some neighbouring concepts of a text.
#[derive(Debug, Clone)]
pub(crate) struct OtherNames {
    /// Which concepts of the clause the name is made of.
    pub(crate) concepts: Range<usize>,
    /// Which units of the clause it is made of.
    pub(crate) units: Range<usize>,
    /// The others.
    pub(crate) names: Vec<OtherName>,
}

/// One of them.
#[derive(Debug, Clone)]
pub(crate) struct OtherName {
    /// As the group has it.
    pub(crate) label: String,
    /// The word, where it is one.
    pub(crate) term: Option<String>,
    pub(crate) units: Vec<UnitKey>,
}

impl Synonyms {
    /// No groups at all.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// The groups of `data/synonyms.txt`: names of countries, agencies and companies.
    #[must_use]
    pub fn built_in() -> Arc<Self> {
        static BUILT_IN: LazyLock<Arc<Synonyms>> = LazyLock::new(|| {
            let mut synonyms = Synonyms::none();
            synonyms.add(include_str!("../../data/synonyms.txt"));
            Arc::new(synonyms)
        });
        Arc::clone(&BUILT_IN)
    }

    /// Adds the groups of a file, and tells which of its lines are bad. A name may stand in several groups.
    pub fn add(&mut self, text: &str) -> Vec<BadGroup> {
        let mut bad = Vec::new();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for (number, line) in (1..).zip(text.lines()) {
            let names = line.split('#').next().unwrap_or_default();
            if names.trim().is_empty() {
                continue;
            }
            let mut group: Vec<Member> = Vec::new();
            for name in names.split([',', '，']) {
                let member = Member { label: name.trim().to_owned(), key: key_of(name) };
                if !member.key.is_empty() && !group.iter().any(|known| known.key == member.key) {
                    group.push(member);
                }
            }
            if group.len() < 2 {
                bad.push(BadGroup { line: number, text: line.to_owned() });
                continue;
            }
            for member in &group {
                self.by_name.entry(member.key.clone()).or_default().push(self.groups.len());
            }
            self.groups.push(group);
        }
        bad
    }

    /// Number of groups.
    #[must_use]
    pub fn len(&self) -> usize {
        self.groups.len()
    }

    /// Whether there is no group.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// The names in a text that have others: the longest ones, from the left, each made of whole concepts. `term` gives the
    /// word that a name is, if it is one.
    pub(crate) fn others(
        &self,
        text: &[UnitKey],
        concepts: &[Concept],
        term: &dyn Fn(&str) -> Option<String>,
    ) -> Vec<OtherNames> {
        let mut found = Vec::new();
        let mut first = 0;
        while !self.is_empty() && first < concepts.len() {
            let named = (first..concepts.len()).rev().find_map(|last| {
                let units = concepts[first].span.start..concepts[last].span.end;
                // a word that came up before stands there only
                let name = key(text.get(units.clone())?);
                Some((last, units, name.clone(), self.by_name.get(&name)?))
            });
            let Some((last, units, name, groups)) = named else {
                first += 1;
                continue;
            };
            let mut names: Vec<OtherName> = Vec::new();
            for member in groups.iter().flat_map(|&group| &self.groups[group]).filter(|member| member.key != name) {
                if !names.iter().any(|known| known.label == member.label) {
                    let (label, units) = (member.label.clone(), spelled(&member.label));
                    names.push(OtherName { term: term(&label), label, units });
                }
            }
            found.push(OtherNames { concepts: first..last + 1, units, names });
            first = last + 1;
        }
        found
    }
}

/// The units of a name.
fn spelled(name: &str) -> Vec<UnitKey> {
    let normalized = Normalized::new(name);
    keys(normalized.as_str(), &units(normalized.as_str()))
}

/// The [`key`] of the units of a name.
fn key_of(name: &str) -> String {
    let normalized = Normalized::new(name);
    let folded = normalized.as_str();
    joined(units(folded).iter().map(|unit| (&folded[unit.bytes.clone()], unit.position)))
}

/// The same for two strings exactly when one contains the other from end to end.
fn key(units: &[UnitKey]) -> String {
    joined(units.iter().map(|unit| (unit.text.as_str(), unit.position)))
}

/// Texts of units, and between them whether punctuation stands there.
fn joined<'t>(units: impl Iterator<Item = (&'t str, u32)>) -> String {
    let mut key = String::new();
    let mut before = None;
    for (text, position) in units {
        if let Some(before) = before {
            key.push(if position - before > Unit::STEP { '\u{2}' } else { '\u{1}' });
        }
        key.push_str(text);
        before = Some(position);
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_group_is_sound() {
        let mut synonyms = Synonyms::none();
        assert_eq!(synonyms.add(include_str!("../../data/synonyms.txt")), []);
        assert!(synonyms.len() > 100);
    }

    #[test]
    fn lines_with_one_name_are_bad() {
        let mut synonyms = Synonyms::none();
        let bad = synonyms.add("\u{feff}# x\n北约, ＮＡＴＯ # 军事\n\n北约\nNATO，nato, ，\n沪, 上海\n");
        assert_eq!(bad.iter().map(|bad| bad.line).collect::<Vec<_>>(), [4, 5]);
        assert_eq!(synonyms.len(), 2);
    }
}
