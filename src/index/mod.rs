//! The index: what is in it, how it is opened, and how it is kept in step with the corpus.
//!
//! [`schema`] names the fields, `document.rs` fills them, `packing.rs` keeps stored text short, `stored.rs` reads it, [`open`] decides whether an
//! index may be used, [`sync`](mod@sync) writes it, `plan.rs`, `run.rs` and `mass_delete.rs` being its parts, `manifest.rs`
//! remembers which files it holds, `merging.rs` and `optimize.rs` make one segment of many, `directory.rs` with `read_file.rs`
//! and `store_file.rs` is how the engine sees the folder. `checksums.rs` finds what has changed behind our backs, [`guard`] bears it.

mod budget;
pub(crate) mod checksums;
mod directory;
pub(crate) mod document;
#[cfg(test)]
mod faults;
pub mod guard;
pub(crate) mod lock;
pub(crate) mod manifest;
mod mass_delete;
mod merging;
pub mod open;
mod optimize;
mod packing;
mod plan;
mod read_file;
mod replacement;
mod run;
pub mod schema;
mod segment;
pub mod stats;
mod store_file;
pub(crate) mod stored;
pub mod sync;

pub use lock::Writer;
pub use open::ArticleIndex;
pub use optimize::{OptimizeReport, optimize};
pub use stats::Stats;
pub use sync::{Progress, SyncOptions, SyncReport, sync};
