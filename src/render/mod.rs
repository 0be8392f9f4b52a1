//! Results -> bytes. Every renderer writes plain data into a given [`Write`](std::io::Write): `terminal` and `article`
//! for people, `json`, `tsv` and `paths` for programs.
//!
//! Nothing here knows the command line, tantivy, stdout or the environment: what depends on them (colour, width, zone,
//! language) comes in as a [`Style`]. Text of articles reaches a terminal only through [`sanitize`].

#[cfg(test)]
mod fixtures;
mod meta;
mod paint;

pub mod article;
pub mod json;
pub mod paths;
pub mod sanitize;
pub mod terminal;
pub mod tsv;
pub mod width;

use std::path::PathBuf;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::messages::Lang;

/// How people want to see results.
#[derive(Debug, Clone)]
pub struct Style {
    /// Bold, dim and red; without it, matches are not marked at all.
    pub colour: bool,
    /// The corpus folder, absolute, to make paths clickable (OSC 8); `None` leaves them plain.
    pub links: Option<PathBuf>,
    /// Columns of the terminal; less than [`Style::MIN_WIDTH_COLS`] counts as that.
    pub width_cols: usize,
    /// Zone in which dates are shown.
    pub zone: TimeZone,
    /// Language of labels and hints.
    pub lang: Lang,
}

impl Style {
    /// Narrower than this, labels no longer fit and lines fold anyway.
    pub const MIN_WIDTH_COLS: usize = 20;

    /// [`Style::width_cols`], at least [`Style::MIN_WIDTH_COLS`].
    fn width_cols(&self) -> usize {
        self.width_cols.max(Self::MIN_WIDTH_COLS)
    }

    /// `2021-05-14 19:48` in the zone asked for.
    fn date(&self, date: Timestamp) -> String {
        date.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
    }
}
