//! Where in a file something stands: offsets while parsing, line and column in messages.

use std::fmt::Write as _;

/// Why a file is no agent definition, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {message}")]
pub struct DefinitionError {
    /// The file as the caller names it.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// One sentence.
    pub message: String,
}

/// Something in a definition that is probably a mistake and stops nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Warning {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// One sentence.
    pub message: String,
}

/// A message about the byte at `offset` of the whole file.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub(super) offset: usize,
    pub(super) message: String,
}

impl Fault {
    pub(super) fn at(offset: usize, message: impl Into<String>) -> Self {
        Self {
            offset,
            message: message.into(),
        }
    }

    pub(super) fn into_error(self, file: &str, text: &str) -> DefinitionError {
        let (line, column) = position(text, self.offset);
        DefinitionError {
            file: file.to_owned(),
            line,
            column,
            message: self.message,
        }
    }

    pub(super) fn into_warning(self, text: &str) -> Warning {
        let (line, column) = position(text, self.offset);
        Warning {
            line,
            column,
            message: self.message,
        }
    }
}

/// Line and column of the byte at `offset`, both from 1; an offset at the end is on the last line there is.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let mut offset = text.floor_char_boundary(offset);
    if offset == text.len() && text.ends_with('\n') {
        offset -= 1;
    }
    let before = &text[..offset];
    let line_start = before.rfind('\n').map_or(0, |it| it + 1);
    let line = 1 + before.bytes().filter(|b| *b == b'\n').count();
    // A byte order mark is no column.
    let column = 1 + before[line_start..].chars().filter(|c| *c != '\u{FEFF}').count();
    (line, column)
}

/// Text of the file inside a message: in backticks, cut short, without control characters that could steer a terminal.
pub(super) fn quoted(text: &str) -> String {
    const LONGEST: usize = 64;
    let mut shown = String::from("`");
    for c in text.chars().take(LONGEST) {
        if c.is_control() {
            // Writing to a string cannot fail.
            let _ = write!(shown, "{}", c.escape_default());
        } else {
            shown.push(c);
        }
    }
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown.push('`');
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_from_one_in_characters() {
        let cases = [
            ("", 0, (1, 1)),
            ("abc", 2, (1, 3)),
            ("abc", 99, (1, 4)),
            ("a\nbc", 2, (2, 1)),
            ("a\nbc\n", 5, (2, 3)),
            ("é\nüx", 5, (2, 2)),
            ("\u{FEFF}---", 3, (1, 1)),
            ("a\r\nb", 3, (2, 1)),
            ("\n", 1, (1, 1)),
        ];
        for (text, offset, expected) in cases {
            assert_eq!(position(text, offset), expected, "{text:?} at {offset}");
        }
    }

    #[test]
    fn quoted_text_is_short_and_inert() {
        assert_eq!(quoted("a"), "`a`");
        assert_eq!(quoted("\u{1b}[31m"), "`\\u{1b}[31m`");
        assert_eq!(quoted(&"x".repeat(70)).chars().count(), 64 + 3);
    }
}
