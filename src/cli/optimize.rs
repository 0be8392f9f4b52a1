//! `souwen optimize`: one segment instead of many, and what that gave back.

use std::io::Write;

use souwen::index::{OptimizeReport, optimize};
use souwen::messages::Message;
use souwen::render::json;

use super::args::OptimizeArgs;
use super::console::{Console, finish};
use super::failure::Failure;
use super::place::Place;
use super::{Exit, bytes};

/// Does it, and tells what it was worth.
pub(super) fn run(args: &OptimizeArgs, place: &Place, console: &Console) -> Result<Exit, Failure> {
    let report = optimize(&place.dir).map_err(Failure::index(&place.dir))?;
    let mut out = console.out();
    if args.json {
        json::write_line(&mut out, "optimize", &report)?;
    } else {
        for message in summary(&report, &bytes::human(report.before.bytes), &bytes::human(report.after.bytes)) {
            writeln!(out, "{}", console.text(message))?;
        }
    }
    finish(out)?;
    Ok(Exit::Success)
}

/// The outcome, line by line.
fn summary<'a>(report: &OptimizeReport, size_before: &'a str, size_after: &'a str) -> Vec<Message<'a>> {
    let OptimizeReport { before, after, seconds } = report;
    if (before.segments, before.deleted) == (after.segments, after.deleted) {
        return vec![Message::NothingToOptimize { articles: after.articles }];
    }
    vec![
        Message::SegmentsMerged { before: before.segments, after: after.segments },
        Message::RemovedArticlesDropped { articles: before.deleted - after.deleted },
        Message::SizeBeforeAfter { before: size_before, after: size_after },
        Message::IndexTime { seconds: *seconds },
    ]
}
