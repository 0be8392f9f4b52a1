//! The dim line about an article: outlet · date · categories · id · path. Shared by the renderers for people.

use std::io::{self, Write};
use std::path::Path;

use super::paint::{META, paint};
use super::{Style, sanitize, width};
use crate::article::CategoryPath;

/// Stands between two pieces of the line.
const SEPARATOR: &str = " · ";

/// What the line is made from.
pub(super) struct Meta<'a> {
    pub(super) author: Option<&'a str>,
    pub(super) date: Option<jiff::Timestamp>,
    pub(super) categories: &'a [CategoryPath],
    pub(super) id: String,
    /// Path below the corpus folder.
    pub(super) path: &'a str,
}

/// Writes the pieces on as few lines as hold them, each line indented.
///
/// A piece too wide for a line is wrapped; a path never is, so that it can be copied whole. Where it is a link, it is
/// shortened in the middle instead.
pub(super) fn write(out: &mut dyn Write, meta: &Meta<'_>, indent_cols: usize, style: &Style) -> io::Result<()> {
    let room_cols = style.width_cols() - indent_cols.min(style.width_cols() / 2);
    let indent = " ".repeat(indent_cols);
    let mut line = String::new();
    let mut lines = Vec::new();
    for piece in pieces(meta, style) {
        push(&mut line, &mut lines, &piece, room_cols);
    }
    let link = style.links.as_deref().and_then(|folder| file_url(folder, meta.path));
    let path = sanitize::clean(meta.path);
    let path = if link.is_some() { width::truncate_middle(&path, room_cols) } else { path };
    if !line.is_empty() && width::cols(&line) + width::cols(SEPARATOR) + width::cols(&path) <= room_cols {
        line.push_str(SEPARATOR);
    } else if !line.is_empty() {
        lines.push(std::mem::take(&mut line));
    }
    for line in lines {
        out.write_all(indent.as_bytes())?;
        paint(out, &line, META, style.colour)?;
        writeln!(out)?;
    }
    out.write_all(indent.as_bytes())?;
    paint(out, &line, META, style.colour)?;
    if let Some(url) = &link {
        write!(out, "\x1b]8;;{url}\x1b\\")?;
    }
    paint(out, &path, META, style.colour)?;
    if link.is_some() {
        write!(out, "\x1b]8;;\x1b\\")?;
    }
    writeln!(out)
}

/// Everything but the path, clean.
fn pieces(meta: &Meta<'_>, style: &Style) -> Vec<String> {
    let categories: Vec<String> = meta.categories.iter().map(ToString::to_string).collect();
    let pieces =
        [meta.author.unwrap_or_default().to_owned(), meta.date.map_or_else(String::new, |date| style.date(date)), {
            categories.join("; ")
        }];
    let pieces = pieces.iter().map(String::as_str).chain([meta.id.as_str()]);
    pieces.filter(|piece| !piece.is_empty()).map(|piece| sanitize::clean(piece).into_owned()).collect()
}

/// Adds `piece` to `line` if it fits there, else to new lines.
fn push(line: &mut String, lines: &mut Vec<String>, piece: &str, room_cols: usize) {
    if !line.is_empty() && width::cols(line) + width::cols(SEPARATOR) + width::cols(piece) <= room_cols {
        line.push_str(SEPARATOR);
        line.push_str(piece);
        return;
    }
    if !line.is_empty() {
        lines.push(std::mem::take(line));
    }
    let mut wrapped: Vec<String> =
        width::wrap(piece, room_cols).into_iter().map(|part| piece[part].to_owned()).collect();
    *line = wrapped.pop().unwrap_or_default();
    lines.append(&mut wrapped);
}

/// `file:` URL of a file in `folder` (RFC 8089, empty host); `None` when the names are not known exactly.
fn file_url(folder: &Path, path: &str) -> Option<String> {
    let folder = folder.to_str()?.replace('\\', if cfg!(windows) { "/" } else { "\\" });
    if path.contains(char::REPLACEMENT_CHARACTER) {
        return None;
    }
    let mut url = "file://".to_owned();
    if !folder.starts_with('/') {
        url.push('/'); // C:/…
    }
    for byte in folder.trim_end_matches('/').bytes().chain([b'/']).chain(path.bytes()) {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' | b':' => {
                url.push(char::from(byte))
            }
            _ => url.push_str(&format!("%{byte:02X}")),
        }
    }
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_escaped() {
        let url = file_url(Path::new("/tmp/my news/"), "甲/a;\u{1b}]b.md").unwrap();
        assert_eq!(url, "file:///tmp/my%20news/%E7%94%B2/a%3B%1B%5Db.md");
        assert_eq!(file_url(Path::new("/tmp"), "\u{fffd}.md"), None);
    }
}
