//! Results as file names, one a line, for other programs (`souwen search … --paths | xargs -d '\n' less`).
//!
//! A file that holds several hits is named once. Names are relative to the corpus folder; control characters are left
//! out of them, `json` has them whole.

use std::collections::HashSet;
use std::io::{self, Write};

use super::sanitize;
use crate::search::results::SearchResults;

/// Writes the paths of the hits, best first.
pub fn write_results(out: &mut dyn Write, results: &SearchResults) -> io::Result<()> {
    let mut seen = HashSet::new();
    for hit in results.hits.iter().filter(|hit| seen.insert(hit.path.as_str())) {
        writeln!(out, "{}", sanitize::clean(&hit.path))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::fixtures::results;

    #[test]
    fn names_each_file_once() {
        let mut results = results();
        results.hits.push(results.hits[0].clone());
        let mut out = Vec::new();
        write_results(&mut out, &results).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap(), @r"
        科技/2024-05-10-微光_关闭账本服务.md
        misc/brief.jsonl
        ");
    }
}
