//! From what a person typed to a tree of plain data.
//!
//! 1. [`parse::parse`] reads the string and never fails; what it could not read
//!    as syntax is text in the tree and a [`parse::Note`] beside it.
//! 2. [`dates`] turns `2021-05`, `昨天` or `7d` into spans of exact instants.
//! 3. [`ast::Query`] is the tree; its `Display` prints the same syntax back.
//!
//! 4. [`synonyms`] are other names for what stands in it.
//!
//! Everything of these is pure: no I/O, no clock (the current moment and its time
//! zone are an argument), no globals. What runs inside the engine (`any.rs`,
//! `part.rs`, `exact.rs`, `kept.rs`, `near.rs`, `postings.rs`) knows one moment, at which to stop (`deadline.rs`). The tree knows neither the schema nor an
//! engine nor the terminal.

mod any;
pub mod ast;
pub mod dates;
pub(crate) mod deadline;
pub(crate) mod exact;
pub(crate) mod kept;
pub(crate) mod lexicon;
pub(crate) mod lower;
mod near;
pub mod parse;
mod part;
pub(crate) mod postings;
pub mod synonyms;
mod syntax;

pub use ast::{DateRange, Field, Mode, Query, Text};
pub use dates::{Span, parse_date_span};
pub use parse::{Note, NoteKind, Parsed, parse};

/// Whether a folded word is grammar or asks, and so never what is looked for.
#[must_use]
pub fn is_function_word(folded: &str) -> bool {
    lower::WordClass::of(folded) != lower::WordClass::Content
}
