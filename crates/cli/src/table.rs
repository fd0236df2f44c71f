//! Tables of plain text: columns as wide as their widest cell, two spaces between.

use distri_core::Timestamp;

use crate::terminal::inert;

/// The most characters of one cell; a longer text ends in `…`.
const MAX_CELL: usize = 60;

/// The lines of a table under its headings. Cells are made inert and put on one line.
pub(crate) fn table(headings: &[&str], rows: Vec<Vec<String>>) -> String {
    let mut lines: Vec<Vec<String>> = vec![headings.iter().map(|it| (*it).to_owned()).collect()];
    lines.extend(rows.into_iter().map(|row| row.iter().map(|it| cell(it)).collect()));
    let width = |column: usize| lines.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..headings.len()).map(width).collect();
    let lines = lines.iter().map(|row| {
        let padded: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(text, width)| format!("{text:width$}"))
            .collect();
        padded.join("  ").trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// An instant as tables show it: UTC, to the minute.
pub(crate) fn minute(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%d %H:%MZ").to_string()
}

fn cell(text: &str) -> String {
    let text = inert(text).replace(['\n', '\t'], " ");
    if text.chars().count() <= MAX_CELL {
        return text;
    }
    text.chars().take(MAX_CELL - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_and_cells_stay_on_their_line() {
        let rows = vec![
            vec!["A".to_owned(), "x\ny\u{1b}[31m".to_owned()],
            vec!["LONGER".to_owned(), String::new()],
        ];
        assert_eq!(
            table(&["KEY", "NOTE"], rows),
            "KEY     NOTE\nA       x y\u{FFFD}[31m\nLONGER"
        );
        assert_eq!(cell(&"n".repeat(61)).chars().count(), MAX_CELL);
    }
}
