//! Checks what the index finds against what the articles hold: a scan of every stored text, written as plainly as can be.
//!
//! The scan shares the folding of characters with the index and nothing else: it spells out on its own what a unit is and
//! when a string is contained (see [`analysis::units`](crate::analysis::units) for the rule).

use std::collections::HashSet;

use serde::Serialize;

use crate::analysis::normalize::Normalized;
use crate::article::{Article, ArticleId};
use crate::error::Error;
use crate::query::Query;
use crate::query::ast::{Mode, Text};
use crate::search::Searcher;

/// Strings that were asked for, and where index and scan disagree.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct OracleReport {
    /// Strings compared.
    pub strings: usize,
    /// Hits of the scan, over all strings.
    pub contained: u64,
    /// Hits of quoted queries, over all strings.
    pub quoted: u64,
    /// Disagreements, at most [`OracleReport::MAX_DISAGREEMENTS`].
    pub disagreements: Vec<Disagreement>,
    /// How many there are.
    pub disagreement_count: u64,
}

/// An article on which index and scan disagree.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Disagreement {
    /// What was asked.
    pub string: String,
    /// The article.
    pub article: ArticleId,
    /// What is wrong.
    pub fault: Fault,
}

/// How an index can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// It holds the string and the quoted query does not find it.
    MissedQuoted,
    /// It does not hold the string and the quoted query finds it.
    WronglyQuoted,
    /// It holds the string and the query without quotes does not find it.
    MissedUnquoted,
}

impl OracleReport {
    /// More are counted but not kept.
    pub const MAX_DISAGREEMENTS: usize = 100;
}

/// Every article of an index, prepared for scanning.
#[derive(Debug)]
pub struct Oracle {
    articles: Vec<Scanned>,
}

#[derive(Debug)]
struct Scanned {
    id: ArticleId,
    title: String,
    body: String,
    spelled_title: String,
    spelled_body: String,
}

impl Oracle {
    /// Reads all articles of `searcher` into memory: about four times their text.
    ///
    /// # Errors
    /// What the engine says.
    pub fn new(searcher: &Searcher) -> Result<Self, Error> {
        let mut articles = Vec::new();
        searcher.each_article(&mut |Article { id, title, body, .. }| {
            let body = body.into_string();
            let (spelled_title, spelled_body) = (spell(&title), spell(&body));
            articles.push(Scanned { id, title, body, spelled_title, spelled_body });
        })?;
        Ok(Self { articles })
    }

    /// Articles that hold `string` in title or body.
    #[must_use]
    pub fn holding(&self, string: &str) -> HashSet<ArticleId> {
        let spelled = spell(string);
        let needle = spelled.trim_matches([UNIT_END, BREAK]);
        if needle.is_empty() {
            return HashSet::new();
        }
        let needle = format!("{UNIT_END}{needle}{UNIT_END}");
        let holds =
            |article: &&Scanned| article.spelled_title.contains(&needle) || article.spelled_body.contains(&needle);
        self.articles.iter().filter(holds).map(|article| article.id).collect()
    }

    /// A string of 1 to `max_units` units out of some article; `None` when there is no text at all. `random` gives
    /// numbers below its argument.
    pub fn draw(&self, max_units: usize, random: &mut dyn FnMut(usize) -> usize) -> Option<String> {
        for _ in 0..1000 {
            let article = self.articles.get(random(self.articles.len().max(1)))?;
            let text = if random(5) == 0 { &article.title } else { &article.body };
            let normalized = Normalized::new(text);
            let units = crate::analysis::units::units(normalized.as_str());
            if units.is_empty() {
                continue;
            }
            let first = random(units.len());
            let last = (first + random(max_units)).min(units.len() - 1);
            let bytes = normalized.original(units[first].bytes.start..units[last].bytes.end);
            return Some(text[bytes].to_owned());
        }
        None
    }

    /// Compares index and scan on `strings`. `read` makes a query without quotes of a string: its plain words, or what a
    /// person who types it gets.
    ///
    /// # Errors
    /// What the search says.
    pub fn compare(
        &self,
        searcher: &Searcher,
        strings: impl IntoIterator<Item = String>,
        read: &dyn Fn(&str) -> Query,
    ) -> Result<OracleReport, Error> {
        let mut report = OracleReport::default();
        for string in strings {
            let holding = self.holding(&string);
            let quoted = searcher.all_ids(&Query::Text(Text::new(&string, Mode::Exact)))?;
            let unquoted = searcher.all_ids(&read(&string))?;
            report.strings += 1;
            report.contained += holding.len() as u64;
            report.quoted += quoted.len() as u64;
            let missed = |found: &HashSet<ArticleId>, fault| {
                holding.difference(found).map(move |&article| (article, fault)).collect::<Vec<_>>()
            };
            let wrong = quoted.difference(&holding).map(|&article| (article, Fault::WronglyQuoted));
            let faults = missed(&quoted, Fault::MissedQuoted).into_iter().chain(wrong);
            for (article, fault) in faults.chain(missed(&unquoted, Fault::MissedUnquoted)) {
                report.disagreement_count += 1;
                if report.disagreements.len() < OracleReport::MAX_DISAGREEMENTS {
                    report.disagreements.push(Disagreement { string: string.clone(), article, fault });
                }
            }
        }
        Ok(report)
    }
}

/// Stands after each unit.
const UNIT_END: char = '\u{1}';
/// Stands for any run of punctuation.
const BREAK: char = '\u{2}';

/// Spells a text unit by unit: `把 “Plan B” 给` becomes `把·|·plan·b·|·给`, with a mark for `·` at both ends.
fn spell(text: &str) -> String {
    let folded = Normalized::new(text);
    let mut spelled = String::from(UNIT_END);
    let mut run = ' ';
    for c in folded.as_str().chars() {
        let kind = kind(c);
        let goes_on = kind == run && matches!(kind, 'a' | '0');
        if !goes_on && matches!(run, 'a' | '0') {
            spelled.push(UNIT_END);
        }
        match kind {
            'a' | '0' => spelled.push(c),
            '字' => spelled.extend([c, UNIT_END]),
            '，' if !spelled.ends_with(&format!("{BREAK}{UNIT_END}")) => spelled.extend([BREAK, UNIT_END]),
            _ => {}
        }
        run = kind;
    }
    if matches!(run, 'a' | '0') {
        spelled.push(UNIT_END);
    }
    spelled
}

/// `a` a letter, `0` a digit, `字` what stands for itself, `，` punctuation, ` ` white space.
fn kind(c: char) -> char {
    let code = u32::from(c);
    if c == '\n' {
        '，'
    } else if c.is_whitespace() {
        ' '
    } else if "+#%&@$=<>¢£¤¥°±×÷‰々〇".contains(c)
        || (0x20A0..=0x20CF).contains(&code)
        || (0x2190..=0x23FF).contains(&code)
        || (0x2600..=0x27BF).contains(&code)
        || (0x2B00..=0x2BFF).contains(&code)
        || (0x1F000..=0x1FAFF).contains(&code)
        || (0x3400..=0x4DBF).contains(&code)
        || (0x4E00..=0x9FFF).contains(&code)
        || (0x20000..=0x3FFFF).contains(&code)
        || ('ぁ'..='ゖ').contains(&c)
        || ('ゝ'..='ゟ').contains(&c)
        || ('ァ'..='ヺ').contains(&c)
        || ('ー'..='ヿ').contains(&c)
        || ('가'..='힣').contains(&c)
        || (0x1100..=0x11FF).contains(&code)
        || (0x3131..=0x318E).contains(&code)
    {
        '字'
    } else if c.is_numeric() {
        '0'
    } else if c.is_alphabetic() {
        'a'
    } else {
        '，'
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_spelled_unit_by_unit() {
        let shown = spell("把 “Plan B”给 GPT-4、10%！").replace(UNIT_END, "·").replace(BREAK, "|");
        assert_eq!(shown, "·把·|·plan·b·|·给·gpt·|·4·|·10·%·|·");
    }
}
