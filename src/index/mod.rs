//! The index: what is in it, how it is opened, and how it is kept in step with the corpus.
//!
//! [`schema`] names the fields, `document.rs` fills them, [`open`] decides whether an index may be used, [`sync`](mod@sync)
//! writes it, `manifest.rs` remembers which files it holds, `optimize.rs` makes one segment of many.

mod budget;
mod directory;
pub(crate) mod document;
mod lock;
mod manifest;
pub mod open;
mod optimize;
pub mod schema;
mod segment;
pub mod stats;
pub mod sync;

pub use lock::Writer;
pub use open::ArticleIndex;
pub use optimize::{OptimizeReport, optimize};
pub use stats::Stats;
pub use sync::{Progress, SyncOptions, SyncReport, sync};
