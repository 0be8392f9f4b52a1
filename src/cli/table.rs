//! Columns of text, lined up by the columns of a terminal.

use std::io::{self, Write};

use souwen::render::{sanitize, width};

/// Blanks between two columns.
const GAP: &str = "  ";

/// Writes `rows` below each other, every cell but the last of a row as wide as its column. Cells are made harmless here.
pub(super) fn write<const N: usize>(out: &mut dyn Write, rows: &[[String; N]]) -> io::Result<()> {
    let rows: Vec<[_; N]> = rows.iter().map(|row| row.each_ref().map(|cell| sanitize::clean(cell))).collect();
    let widths: [usize; N] =
        std::array::from_fn(|column| rows.iter().map(|row| width::cols(&row[column])).max().unwrap_or(0));
    for row in &rows {
        let cells = row.iter().zip(widths).map(|(cell, width_cols)| width::pad(cell, width_cols));
        let line = cells.collect::<Vec<_>>().join(GAP);
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_takes_two_columns() {
        let rows = [["词", "位置", "类"], ["gpt-4", "12", ""]].map(|row| row.map(str::to_owned));
        let mut out = Vec::new();
        write(&mut out, &rows).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "词     位置  类\ngpt-4  12\n");
    }
}
