//! Results as a table of tab-separated values, for spreadsheets and `cut`.
//!
//! First a line of column names: rank, score, id, date, author, categories, title, path. Tabs, line feeds and control
//! characters inside a value become blanks or go; categories are joined by ` / ` inside a path and by `; ` between
//! paths; a missing value is empty. New columns may be added at the end.

use std::io::{self, Write};

use jiff::tz::TimeZone;

use super::{json, sanitize};
use crate::search::results::SearchResults;

/// Writes the hits, best first, dates in `zone`.
pub fn write_results(out: &mut dyn Write, results: &SearchResults, zone: &TimeZone) -> io::Result<()> {
    writeln!(out, "rank\tscore\tid\tdate\tauthor\tcategories\ttitle\tpath")?;
    for hit in &results.hits {
        let categories: Vec<String> = hit.categories.iter().map(ToString::to_string).collect();
        let values = [
            hit.rank.to_string(),
            format!("{:.4}", hit.score),
            hit.id.to_string(),
            hit.date.map_or_else(String::new, |date| json::rfc3339(date, zone)),
            hit.author.clone().unwrap_or_default(),
            categories.join("; "),
            hit.title.text.clone(),
            hit.path.clone(),
        ];
        writeln!(out, "{}", values.map(|value| sanitize::clean(&value).into_owned()).join("\t"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::fixtures::{results, zone};

    #[test]
    fn has_a_header_and_clean_values() {
        let mut results = results();
        results.hits[1].title.text = "甲\t乙\n丙\u{1b}[0m".to_owned();
        let mut out = Vec::new();
        write_results(&mut out, &results, &zone()).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap(), @r"
        rank	score	id	date	author	categories	title	path
        1	12.5000	2x0170jkjr5s	2024-05-10T19:48:00+08:00	北岸日报	新媒体 / 北岸 / 科技; 公司	微光科技将关闭账本服务：客户有半年时间迁移	科技/2024-05-10-微光_关闭账本服务.md
        2	3.2500	7r552x4s8q4n				甲 乙 丙[0m	misc/brief.jsonl
        ");
    }
}
