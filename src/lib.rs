//! souwen
pub mod analysis;
pub mod article;
pub mod corpus;
pub mod discover;
pub mod error;
pub mod eval;
pub mod index;
pub mod messages;
pub mod query;
pub mod render;
pub mod search;
pub mod text;
pub mod verify;
