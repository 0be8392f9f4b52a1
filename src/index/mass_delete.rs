//! Refuses a run that would empty the index: where most articles are gone at once, a disk that is not mounted or a wrong
//! folder is likelier than a wish.

use std::path::PathBuf;

use crate::error::Error;

/// What a run may remove.
pub(super) struct Guard {
    /// The folder of articles.
    pub(super) corpus: PathBuf,
    /// Articles that the index holds before the run.
    pub(super) articles: u64,
    /// Whether these are the articles of another folder, which a rebuild replaces.
    pub(super) is_of_other: bool,
    /// Whether somebody said that all may go.
    pub(super) is_off: bool,
}

/// So many may always go: in an index that small, half of it is no sign of anything.
const FEW_ARTICLES: u64 = 10;

impl Guard {
    /// Refuses when removing so many articles takes more than half of the index, or any when the folder holds nothing.
    pub(super) fn check(&self, removed: u64, is_folder_empty: bool) -> Result<(), Error> {
        if !self.is_off && (self.is_most(removed) || is_folder_empty && removed > 0) {
            return Err(Error::MassDelete { corpus: self.corpus.clone(), removed, articles: self.articles });
        }
        Ok(())
    }

    /// Articles that an index loses which is replaced by one of `articles`. Those of another folder are meant to go, but
    /// not for nothing.
    pub(super) fn removed_by_rebuild(&self, articles: u64) -> u64 {
        if self.is_of_other && articles > 0 { 0 } else { self.articles.saturating_sub(articles) }
    }

    /// Whether that is more than half, and more than a few.
    pub(super) fn is_most(&self, removed: u64) -> bool {
        removed > FEW_ARTICLES && removed > self.articles / 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(articles: u64, removed: u64, is_folder_empty: bool, passes: bool) {
        let guard = Guard { corpus: PathBuf::new(), articles, is_of_other: false, is_off: false };
        assert_eq!(guard.check(removed, is_folder_empty).is_ok(), passes, "{removed} of {articles}");
        assert!(Guard { is_off: true, ..guard }.check(removed, is_folder_empty).is_ok());
    }

    #[test]
    fn more_than_half_does_not_go_unasked() {
        check(100, 50, false, true);
        check(100, 51, false, false);
        check(21, 10, false, true);
        check(21, 11, false, false);
        check(10, 10, false, true);
        check(3, 3, true, false);
        check(0, 0, true, true);
    }
}
