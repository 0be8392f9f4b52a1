//! The few colours souwen uses, and marked text in them, line by line. Shared by the renderers for people.

use std::io::{self, Write};
use std::ops::Range;

use anstyle::{AnsiColor, Style as Ansi};

use super::width;

/// Titles.
pub(super) const TITLE: Ansi = Ansi::new().bold();
/// Words that matched: bold red, as in ripgrep.
pub(super) const MARK: Ansi = AnsiColor::Red.on_default().bold();
/// Everything about an article that is not its text.
pub(super) const META: Ansi = Ansi::new().dimmed();
/// What an article lacks.
pub(super) const MISSING: Ansi = AnsiColor::Yellow.on_default();
/// Running text.
pub(super) const PLAIN: Ansi = Ansi::new();

/// Writes `text` in `style`, if there is colour.
pub(super) fn paint(out: &mut dyn Write, text: &str, style: Ansi, colour: bool) -> io::Result<()> {
    if colour && !text.is_empty() && !style.is_plain() {
        write!(out, "{style}{text}{style:#}")
    } else {
        out.write_all(text.as_bytes())
    }
}

/// How [`lines`] lays out a text.
pub(super) struct Layout {
    /// Columns of the terminal.
    pub(super) width_cols: usize,
    /// Blanks before every line but the first, which the caller has begun with as many columns.
    pub(super) indent_cols: usize,
    /// Style of the text outside of marks.
    pub(super) style: Ansi,
    /// See [`super::Style::colour`].
    pub(super) colour: bool,
}

/// Writes `text`, wrapped, its marks painted. No style lasts beyond its line, so a pager can start anywhere.
///
/// `marks` are sorted byte ranges of `text`, apart from one another.
pub(super) fn lines(out: &mut dyn Write, text: &str, marks: &[Range<usize>], layout: &Layout) -> io::Result<()> {
    let mut marks = marks.iter().peekable();
    for (i, line) in width::wrap(text, layout.width_cols.saturating_sub(layout.indent_cols)).into_iter().enumerate() {
        if i > 0 {
            write!(out, "{:1$}", "", layout.indent_cols)?;
        }
        let mut at = line.start;
        while let Some(mark) = marks.peek() {
            let (start, end) = (mark.start.max(at), mark.end.min(line.end));
            if start >= line.end {
                break;
            }
            if start < end {
                paint(out, &text[at..start], layout.style, layout.colour)?;
                paint(out, &text[start..end], MARK, layout.colour)?;
                at = end;
            }
            if mark.end > line.end {
                break; // it goes on in the next line
            }
            marks.next();
        }
        paint(out, &text[at..line.end], layout.style, layout.colour)?;
        writeln!(out)?;
    }
    Ok(())
}
