//! The index: what is in it, how it is opened, and how it is kept in step with the corpus.
//!
//! [`schema`] names the fields, `document.rs` fills them, [`open`] decides whether an index may be used, [`sync`](mod@sync)
//! writes it, `plan.rs`, `run.rs` and `guard.rs` being its parts, `manifest.rs` remembers which files it holds.

mod budget;
mod directory;
pub(crate) mod document;
#[cfg(test)]
mod faults;
mod guard;
mod lock;
mod manifest;
pub mod open;
mod plan;
mod run;
pub mod schema;
mod segment;
pub mod stats;
pub mod sync;

pub use lock::Writer;
pub use open::ArticleIndex;
pub use stats::Stats;
pub use sync::{Progress, SyncOptions, SyncReport, sync};
