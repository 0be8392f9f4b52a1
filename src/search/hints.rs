//! Why a page is empty, and what would find something.

use tantivy::collector::Count;
use tantivy::query::AllQuery;

use super::Searcher;
use super::request::SearchRequest;
use super::results::{Hint, Total};
use crate::error::Error;
use crate::query::ast::{Field, Query};
use crate::query::deadline::Deadline;

/// The likely causes, most certain first. Costs a few searches, and is only asked when nothing was found.
pub(crate) fn explain(
    searcher: &Searcher,
    request: &SearchRequest,
    total: Total,
    deadline: Deadline,
) -> Result<Vec<Hint>, Error> {
    let count = |query: &Query| count(searcher, query, deadline);
    if searcher.articles() == 0 {
        return Ok(vec![Hint::EmptyIndex]);
    }
    if total.articles > 0 || request.offset > 0 {
        let hits = count(&request.query)?;
        if hits > 0 {
            return Ok(vec![Hint::PageBehindLast { hits }]);
        }
    }
    let mut hints = Vec::new();
    let parts: &[Query] = match &request.query {
        Query::And(children) => children,
        single => std::slice::from_ref(single),
    };
    for part in parts {
        let filter = match part {
            Query::Date(range) => {
                if let Some((first, last)) = searcher.dates()?
                    && (range.from.is_some_and(|from| from > last) || range.until.is_some_and(|until| until <= first))
                {
                    hints.push(Hint::DatesOutside { first, last });
                    continue;
                }
                part
            }
            Query::Text(text) if matches!(text.field, Field::Category | Field::Author | Field::Url) => part,
            Query::Not(_) => part,
            _ => continue,
        };
        let others = Query::and(parts.iter().filter(|other| !std::ptr::eq(*other, filter)).cloned());
        let articles = count(&others)?;
        if articles > 0 {
            hints.push(Hint::FilterExcludesAll { filter: format!("{filter:#}"), articles });
        }
    }
    let mut all_occur = true;
    for part in parts {
        let Query::Text(text) = part else { continue };
        if matches!(text.field, Field::Category | Field::Author | Field::Url) {
            continue;
        }
        if count(part)? == 0 {
            all_occur = false;
            hints.push(Hint::NoSuchWord { word: text.text.clone() });
        }
    }
    if all_occur
        && hints.is_empty()
        && request.all_words
        && let Some(relaxed) = searcher.lowered(&request.query, deadline).relaxed
    {
        let articles = searcher.run(&relaxed, &Count, deadline)? as u64;
        if articles > 0 {
            hints.push(Hint::NotTogether { articles });
        }
    }
    Ok(hints)
}

/// Articles that `query` finds with every word.
fn count(searcher: &Searcher, query: &Query, deadline: Deadline) -> Result<u64, Error> {
    if matches!(query, Query::All) {
        return Ok(searcher.engine.search(&AllQuery, &Count)? as u64);
    }
    let lowered = searcher.lowered(query, deadline);
    let strict = lowered.strict.as_ref().unwrap_or(&lowered.words);
    Ok(searcher.run(strict, &Count, deadline)? as u64)
}
