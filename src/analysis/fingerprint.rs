//! Which analysis an index was made with. An index answers rightly only to the analysis it was made by, and tantivy
//! stores no more than the names of its tokenizers, so the fingerprint travels in the commit payload.

use serde::{Deserialize, Serialize};

use super::dictionary::Dictionary;
use super::{normalize, units, words};

/// The rules and the words an index was cut with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// Folding, units and word rules of souwen, and the versions of what they stand on.
    pub rules: String,
    /// [`Dictionary::hash`].
    pub dictionary: u64,
}

impl Fingerprint {
    /// Of this program with these words.
    #[must_use]
    pub fn new(dictionary: &Dictionary) -> Self {
        let (major, minor, patch) = unicode_normalization::UNICODE_VERSION;
        let rules = format!(
            "normalize {} units {} words {} unicode {major}.{minor}.{patch} jieba-rs {JIEBA_RS}",
            normalize::VERSION,
            units::VERSION,
            words::VERSION,
        );
        Self { rules, dictionary: dictionary.hash() }
    }
}

/// The minor version of jieba-rs in Cargo.toml; a new one may cut differently.
const JIEBA_RS: &str = "0.11";
