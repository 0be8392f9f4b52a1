//! The doors that foreign data comes in by, as the tests of the project define them.

#[path = "../../tests/it/anything.rs"]
pub mod anything;
