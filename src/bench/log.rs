//! Logs of queries: one a line, as typed.
//!
//! Where a search would be given `--sort newest`, the line ends with a tab and `newest` (or `oldest`, or `relevance`).
//! Nothing else has a meaning of its own: `#` begins a query like any other character. Blank lines are passed over.

use xxhash_rust::xxh3::Xxh3;

use crate::search::request::Sort;

/// 200 queries of all kinds that suit news of any year. Written for this purpose.
const BUILT_IN: &str = include_str!("../../data/bench-queries.txt");

/// One query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// As typed.
    pub text: String,
    /// Order of the hits.
    pub sort: Sort,
}

/// The queries that come with souwen.
#[must_use]
pub fn built_in() -> Vec<Logged> {
    parse(BUILT_IN)
}

/// Reads a log.
#[must_use]
pub fn parse(text: &str) -> Vec<Logged> {
    let lines = text.strip_prefix('\u{feff}').unwrap_or(text).lines();
    lines.map(str::trim).filter(|line| !line.is_empty()).map(Logged::read).collect()
}

/// Tells two logs apart: the same queries in the same order have the same one, on every machine.
#[must_use]
pub fn hash(log: &[Logged]) -> u64 {
    let mut hash = Xxh3::new();
    for Logged { text, sort } in log {
        hash.update(text.as_bytes());
        hash.update(&[0, *sort as u8]);
    }
    hash.digest()
}

impl Logged {
    fn read(line: &str) -> Self {
        let sort = |name: &str| match name.trim() {
            "relevance" => Some(Sort::Relevance),
            "newest" => Some(Sort::Newest),
            "oldest" => Some(Sort::Oldest),
            _ => None,
        };
        let (text, sort) = line
            .rsplit_once('\t')
            .and_then(|(text, name)| Some((text, sort(name)?)))
            .unwrap_or((line, Sort::Relevance));
        Self { text: text.trim().to_owned(), sort }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_line_is_a_query_and_may_end_with_an_order() {
        let log = parse("\u{feff}微软 区块链\r\n\n  #话题# \n经济\tnewest\n*\toldest\n甲\t乙\n");
        let read: Vec<(&str, Sort)> = log.iter().map(|Logged { text, sort }| (text.as_str(), *sort)).collect();
        assert_eq!(
            read,
            [
                ("微软 区块链", Sort::Relevance),
                ("#话题#", Sort::Relevance),
                ("经济", Sort::Newest),
                ("*", Sort::Oldest),
                ("甲\t乙", Sort::Relevance),
            ]
        );
    }

    #[test]
    fn the_built_in_queries_are_two_hundred_different_ones() {
        let log = built_in();
        assert_eq!(log.len(), 200);
        let different: HashSet<(&str, u8)> = log.iter().map(|one| (one.text.as_str(), one.sort as u8)).collect();
        assert_eq!(different.len(), log.len());
    }

    #[test]
    fn a_hash_tells_queries_and_orders_apart() {
        let hashes = ["甲\n乙", "甲乙", "乙\n甲", "甲\tnewest\n乙", ""].map(|text| hash(&parse(text)));
        assert_eq!(hashes.iter().collect::<HashSet<_>>().len(), hashes.len());
        assert_eq!(hash(&parse("甲\n乙")), hash(&parse("甲\r\n\r\n乙\trelevance\r\n")));
    }
}
