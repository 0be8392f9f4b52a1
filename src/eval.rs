//! Measures the ranking: queries with known answers go through the same search as those of people.
//!
//! Corpus, queries and judgments come in the usual forms: JSON Lines, `id<TAB>query` lines, TREC qrels; the ranking goes out
//! as a TREC run. Gains are binary; a query without any judged answer is left out, one whose answers are not found counts 0.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use serde::Serialize;

use crate::article::ArticleId;
use crate::error::Error;
use crate::query::parse;
use crate::search::Searcher;
use crate::search::request::SearchRequest;

/// Depth of the ranking: that of recall@100.
pub const DEPTH: usize = 100;

/// Judgments: for each query the ids of its relevant documents.
pub type Judgments = HashMap<String, HashSet<String>>;

/// Means over all judged queries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Measures {
    /// Queries that were counted.
    pub queries: usize,
    /// Normalised discounted cumulative gain of the first ten (Järvelin and Kekäläinen 2002).
    pub ndcg_10: f64,
    /// Reciprocal rank of the first answer, if it is among the first ten.
    pub mrr_10: f64,
    /// Share of queries whose first hit is an answer.
    pub success_1: f64,
    /// Share of the answers among the first hundred.
    pub recall_100: f64,
}

/// Reads TREC qrels: `query 0 document gain` lines; a gain above 0 is an answer.
#[must_use]
pub fn parse_judgments(text: &str) -> Judgments {
    let mut judgments = Judgments::new();
    for line in text.lines() {
        let columns: Vec<&str> = line.split_whitespace().collect();
        if let [query, _, document, gain] = columns[..] {
            let answers = judgments.entry(query.to_owned()).or_default();
            if gain.parse::<f64>().is_ok_and(|gain| gain > 0.0) {
                answers.insert(document.to_owned());
            }
        }
    }
    judgments
}

/// Reads `id<TAB>query` lines.
pub fn parse_queries(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines().filter_map(|line| line.split_once('\t'))
}

/// The names of the documents of a JSON Lines file: each line's own `id`, by the id of its article. `file` is the name of the
/// file. A line without an id has no name, and so is never an answer.
#[must_use]
pub fn parse_names(file: &[u8], lines: &str) -> HashMap<ArticleId, String> {
    #[derive(serde::Deserialize)]
    struct Document {
        id: serde_json::Value,
    }
    let name = |line: &str| match serde_json::from_str(line).ok()? {
        Document { id: serde_json::Value::String(id) } => Some(id),
        Document { id: serde_json::Value::Number(id) } => Some(id.to_string()),
        Document { .. } => None,
    };
    lines.lines().filter_map(name).map(|name| (ArticleId::of(file, &name), name)).collect()
}

/// Runs every query and compares with the judgments; the run in TREC's form is appended to `run`. `names` gives the
/// documents of the corpus their names.
///
/// # Errors
/// What the search says.
pub fn evaluate<'q>(
    searcher: &Searcher,
    queries: impl Iterator<Item = (&'q str, &'q str)>,
    judgments: &Judgments,
    names: &HashMap<ArticleId, String>,
    run: &mut String,
) -> Result<Measures, Error> {
    let now = jiff::Zoned::now();
    let mut rankings: HashMap<&str, Vec<&str>> = HashMap::new();
    for (id, text) in queries {
        let request = SearchRequest { query: parse(text, &now).query, limit: DEPTH, ..SearchRequest::default() };
        let found = searcher.ids(&request)?;
        let ranking: Vec<&str> = found.iter().filter_map(|(id, _)| names.get(id).map(String::as_str)).collect();
        for (rank, (name, (_, score))) in ranking.iter().zip(&found).enumerate() {
            writeln!(run, "{id} Q0 {name} {} {score:.6} souwen", rank + 1).expect("a string takes every write");
        }
        rankings.insert(id, ranking);
    }
    Ok(measure(&rankings, judgments))
}

/// The measures of `rankings`.
fn measure(rankings: &HashMap<&str, Vec<&str>>, judgments: &Judgments) -> Measures {
    let mut sum = Measures::default();
    for (query, answers) in judgments {
        sum.queries += 1;
        let ranking = rankings.get(query.as_str()).map_or(&[][..], Vec::as_slice);
        let is_answer = |name: &&str| answers.contains(*name);
        let discount = |rank: usize| 1.0 / (rank as f64 + 2.0).log2();
        let first_ten = || ranking.iter().take(10).enumerate().filter(|(_, name)| is_answer(name));
        let ideal: f64 = (0..answers.len().min(10)).map(discount).sum();
        if ideal > 0.0 {
            sum.ndcg_10 += first_ten().map(|(rank, _)| discount(rank)).sum::<f64>() / ideal;
            sum.recall_100 +=
                ranking.iter().take(DEPTH).filter(|name| is_answer(name)).count() as f64 / answers.len() as f64;
        }
        sum.mrr_10 += first_ten().next().map_or(0.0, |(rank, _)| 1.0 / (rank as f64 + 1.0));
        sum.success_1 += f64::from(u8::from(ranking.first().is_some_and(is_answer)));
    }
    let queries = sum.queries.max(1) as f64;
    Measures {
        queries: sum.queries,
        ndcg_10: sum.ndcg_10 / queries,
        mrr_10: sum.mrr_10 / queries,
        success_1: sum.success_1 / queries,
        recall_100: sum.recall_100 / queries,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_called_by_their_own_ids() {
        let names = parse_names(b"a.jsonl", "{\"id\":\"d1\",\"title\":\"x\"}\n{\"id\":7}\n{\"title\":\"y\"}\nno\n");
        assert_eq!(names.len(), 2);
        assert_eq!(names[&ArticleId::of(b"a.jsonl", "d1")], "d1");
        assert_eq!(names[&ArticleId::of(b"a.jsonl", "7")], "7");
    }

    #[test]
    fn measures_follow_their_definitions() {
        let judgments = parse_judgments("a 0 x 1\na 0 y 1\na 0 z 0\nb 0 x 1\nc 0 q 1\n");
        let rankings = HashMap::from([("a", vec!["x", "n", "y"]), ("b", vec!["n", "x"])]);
        let measures = measure(&rankings, &judgments);
        let ndcg_a = (1.0 + 0.5) / (1.0 + 1.0 / 3f64.log2());
        assert_eq!(measures.queries, 3);
        assert!((measures.ndcg_10 - (ndcg_a + 1.0 / 3f64.log2()) / 3.0).abs() < 1e-12);
        assert!((measures.mrr_10 - 1.5 / 3.0).abs() < 1e-12);
        assert!((measures.success_1 - 1.0 / 3.0).abs() < 1e-12);
        assert!((measures.recall_100 - 2.0 / 3.0).abs() < 1e-12);
    }
}
