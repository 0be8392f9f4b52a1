//! What a query asks for, told from its tree alone, and how much of an index it finds. Every query has one of each.

use serde::{Deserialize, Serialize};

use crate::query::ast::{Field, Mode, Query, Text};
use crate::search::request::Sort;

/// What a query asks for. One that asks for several things goes by the last of them in this order, which is about what
/// sets the work for the engine apart most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// `区块链`.
    OneWord,
    /// `关闭区块链服务`: too long for one word, see [`Kind::MAX_WORD_CHARS`].
    Unspaced,
    /// `微软 区块链`.
    SeveralWords,
    /// `title:区块链`.
    InField,
    /// `"一箱一码"`.
    Quoted,
    /// `GP*`.
    Prefix,
    /// `"微软 退出"~5`.
    Near,
    /// `微软 OR 谷歌`.
    Either,
    /// `区块链 -微软`.
    Excluding,
    /// `区块链 after:2021`, `author:`, `category:`, `url:`.
    Filtered,
    /// Newest or oldest first, with whatever query; also the list of all articles, which is sorted so.
    Sorted,
}

impl Kind {
    /// Every kind, in order.
    pub const ALL: [Self; 11] = [
        Self::OneWord,
        Self::Unspaced,
        Self::SeveralWords,
        Self::InField,
        Self::Quoted,
        Self::Prefix,
        Self::Near,
        Self::Either,
        Self::Excluding,
        Self::Filtered,
        Self::Sorted,
    ];

    /// Words of more characters than this beyond ASCII are rare; what is longer counts as several without blanks.
    pub const MAX_WORD_CHARS: usize = 4;

    /// The kind of a query whose hits stand in the order `sort`.
    #[must_use]
    pub fn of(query: &Query, sort: Sort) -> Self {
        if sort == Sort::Relevance { Self::of_tree(query) } else { Self::Sorted }
    }

    fn of_tree(query: &Query) -> Self {
        let most = |least: Self, children: &[Query]| children.iter().map(Self::of_tree).fold(least, Self::max);
        match query {
            Query::All => Self::Sorted,
            Query::Text(text) => Self::of_text(text),
            Query::Date(_) => Self::Filtered,
            Query::And(children) => most(Self::SeveralWords, children),
            Query::Or(children) => most(Self::Either, children),
            Query::Not(child) => Self::of_tree(child).max(Self::Excluding),
        }
    }

    fn of_text(text: &Text) -> Self {
        let by_field = match text.field {
            Field::Any => Self::OneWord,
            Field::Title | Field::Body => Self::InField,
            Field::Category | Field::Author | Field::Url => Self::Filtered,
        };
        let by_mode = match text.mode {
            Mode::Words if text.text.chars().filter(|c| !c.is_ascii()).count() > Self::MAX_WORD_CHARS => Self::Unspaced,
            Mode::Words => Self::OneWord,
            Mode::Exact => Self::Quoted,
            Mode::Near(_) => Self::Near,
            Mode::Prefix => Self::Prefix,
        };
        by_field.max(by_mode)
    }
}

/// How many articles hold all that a query asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finds {
    /// None.
    Nothing,
    /// Up to [`Finds::RARE`].
    Few,
    /// More than few, less than many.
    Some,
    /// More than few, and at least one in [`Finds::FREQUENT`].
    Many,
}

impl Finds {
    /// Every class, in order.
    pub const ALL: [Self; 4] = [Self::Nothing, Self::Few, Self::Some, Self::Many];

    /// A page of hits holds as many.
    pub const RARE: u64 = 10;

    /// One article in so many.
    pub const FREQUENT: u64 = 100;

    /// The class of a query that finds `found` of the `articles` of an index.
    #[must_use]
    pub const fn of(found: u64, articles: u64) -> Self {
        match found {
            0 => Self::Nothing,
            1..=Self::RARE => Self::Few,
            _ if found.saturating_mul(Self::FREQUENT) < articles => Self::Some,
            _ => Self::Many,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::bench::log;
    use crate::query::parse;

    fn kind(typed: &str, sort: Sort) -> Kind {
        let now: jiff::Zoned = "2026-11-22T12:00:00+08:00[+08:00]".parse().unwrap();
        Kind::of(&parse(typed, &now).query, sort)
    }

    #[track_caller]
    fn check(typed: &str, expected: Kind) {
        assert_eq!(kind(typed, Sort::Relevance), expected, "{typed}");
    }

    #[test]
    fn the_tree_tells_the_kind() {
        check("区块链", Kind::OneWord);
        check("blockchain", Kind::OneWord);
        check("关闭区块链服务", Kind::Unspaced);
        check("微软 区块链", Kind::SeveralWords);
        check("微软 关闭区块链服务", Kind::SeveralWords);
        check("标题：区块链", Kind::InField);
        check("“一箱一码”", Kind::Quoted);
        check("\"一箱一码\" 微软", Kind::Quoted);
        check("GP*", Kind::Prefix);
        check("\"微软 退出\"~5", Kind::Near);
        check("微软 或 谷歌", Kind::Either);
        check("微软 -谷歌", Kind::Excluding);
        check("微软 date:2021", Kind::Filtered);
        check("author:新华", Kind::Filtered);
        check("*", Kind::Sorted);
        check("", Kind::Sorted);
    }

    #[test]
    fn of_several_things_the_rarer_one_names_the_query() {
        check("title:\"区块链\"", Kind::Quoted);
        check("(微软 OR \"谷歌\") 收购", Kind::Either);
        check("微软 OR 谷歌 -苹果", Kind::Excluding);
        check("区块链 -微软 after:2021", Kind::Filtered);
        assert_eq!(kind("区块链 -微软 after:2021", Sort::Newest), Kind::Sorted);
        assert_eq!(kind("区块链", Sort::Oldest), Kind::Sorted);
    }

    #[test]
    fn the_built_in_queries_hold_every_kind_several_times() {
        let mut counts: HashMap<Kind, usize> = HashMap::new();
        for logged in log::built_in() {
            *counts.entry(kind(&logged.text, logged.sort)).or_default() += 1;
        }
        for of_kind in Kind::ALL {
            assert!(counts.get(&of_kind).is_some_and(|&count| count >= 5), "{of_kind:?}: {counts:?}");
        }
    }

    #[test]
    fn classes_of_hits_have_borders() {
        for (found, articles, finds) in [
            (0, 0, Finds::Nothing),
            (0, 1_000_000, Finds::Nothing),
            (1, 1, Finds::Few),
            (10, 20, Finds::Few),
            (11, 1_100, Finds::Many),
            (11, 1_101, Finds::Some),
            (9_999, 1_000_000, Finds::Some),
            (10_000, 1_000_000, Finds::Many),
        ] {
            assert_eq!(Finds::of(found, articles), finds, "{found} of {articles}");
        }
    }
}
