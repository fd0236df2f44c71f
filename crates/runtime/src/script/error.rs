//! What can go wrong between a tools file and its bundle; whatever has a place in a file says where.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::{FILE_LIMIT, MODULE_LIMIT, TOTAL_LIMIT};

/// Why there is no bundle.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// A file cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file has bytes that are not UTF-8.
    #[error("`{path}` is not UTF-8 text: bad byte at offset {offset}")]
    NotText {
        /// The file, relative to the root.
        path: String,
        /// Offset of the first bad byte.
        offset: usize,
    },
    /// The entry's extension is not one of a script.
    #[error("`{path}` is not a script: expected .tsx, .ts, .mts, .jsx, .js or .mjs")]
    NotScript {
        /// The file, relative to the root.
        path: String,
    },
    /// The entry is not inside the root, perhaps by a symbolic link.
    #[error("`{}` is outside of the project's root `{}`", path.display(), root.display())]
    EntryOutside {
        /// The entry after links were followed.
        path: PathBuf,
        /// The root after links were followed.
        root: PathBuf,
    },
    /// The parser, or the checks of the language's early errors, refused the file.
    #[error("{at}: {message}")]
    Syntax {
        /// Where.
        at: Box<Position>,
        /// The first complaint.
        message: String,
    },
    /// Valid TypeScript that has no plain JavaScript here.
    #[error("{at}: {what} not supported in tools")]
    Unsupported {
        /// Where.
        at: Box<Position>,
        /// Which construct, with its verb: `decorators are`.
        what: &'static str,
    },
    /// Nested so deeply that walking it could exhaust the stack.
    #[error("{at}: nested too deeply")]
    TooDeep {
        /// Where the limit was passed.
        at: Box<Position>,
    },
    /// A module of Node.js.
    #[error("{at}: cannot import `{specifier}`: tools have no file system and no network of their own")]
    Builtin {
        /// The import.
        at: Box<Position>,
        /// As written.
        specifier: String,
    },
    /// A package.
    #[error("{at}: cannot import `{specifier}`: npm packages are not bundled; use `fetch`")]
    Package {
        /// The import.
        at: Box<Position>,
        /// As written.
        specifier: String,
    },
    /// A URL or a path from the file system's root.
    #[error("{at}: cannot import `{specifier}`: only relative paths can be imported")]
    NotRelative {
        /// The import.
        at: Box<Position>,
        /// As written.
        specifier: String,
    },
    /// A relative import that leads to no file.
    #[error("{at}: cannot find `{specifier}`")]
    Missing {
        /// The import.
        at: Box<Position>,
        /// As written.
        specifier: String,
    },
    /// A relative import that leaves the root, by `..` or by a symbolic link.
    #[error("{at}: cannot import `{specifier}`: it is outside of the project's root")]
    Outside {
        /// The import.
        at: Box<Position>,
        /// As written.
        specifier: String,
    },
    /// A relative import of a file that is neither a script nor JSON.
    #[error("{at}: cannot import `{specifier}`: it is neither a script nor JSON")]
    Kind {
        /// The import.
        at: Box<Position>,
        /// As written.
        specifier: String,
    },
    /// An imported JSON file does not parse.
    #[error("{at}: not JSON: {message}")]
    Json {
        /// Where.
        at: Box<Position>,
        /// What the parser said.
        message: String,
    },
    /// One file is over [`FILE_LIMIT`].
    #[error("`{path}` has more than {FILE_LIMIT} bytes")]
    FileLimit {
        /// The file, relative to the root.
        path: String,
    },
    /// All files together are over [`TOTAL_LIMIT`].
    #[error("the tools file and its imports have more than {TOTAL_LIMIT} bytes")]
    TotalLimit,
    /// More files than [`MODULE_LIMIT`].
    #[error("the tools file imports more than {MODULE_LIMIT} modules")]
    ModuleLimit,
    /// The compiler did not start, panicked, or takes longer than 10 s.
    #[error("cannot compile `{path}`: {reason}")]
    Compiler {
        /// The file, relative to the root.
        path: String,
        /// Why.
        reason: String,
    },
}

impl ScriptError {
    /// Where in which file, for the errors that have a place.
    pub fn position(&self) -> Option<&Position> {
        match self {
            Self::Syntax { at, .. }
            | Self::Unsupported { at, .. }
            | Self::TooDeep { at }
            | Self::Builtin { at, .. }
            | Self::Package { at, .. }
            | Self::NotRelative { at, .. }
            | Self::Missing { at, .. }
            | Self::Outside { at, .. }
            | Self::Kind { at, .. }
            | Self::Json { at, .. } => Some(at),
            Self::Read { .. }
            | Self::NotText { .. }
            | Self::NotScript { .. }
            | Self::EntryOutside { .. }
            | Self::FileLimit { .. }
            | Self::TotalLimit
            | Self::ModuleLimit
            | Self::Compiler { .. } => None,
        }
    }
}

/// A place in a file; displays as `path:line:column`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// Relative to the root, with `/`.
    pub path: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// The line, or the part of a long one around the place; no line break, no control character.
    pub excerpt: String,
    /// How many characters of `excerpt` precede the place.
    pub indent: usize,
    /// How many characters of `excerpt` the place covers, at least 1.
    pub width: usize,
}

impl Position {
    /// The place of `start..end`, byte offsets into `source`; offsets past the end mean the end.
    pub(super) fn of(path: &str, source: &str, start: usize, end: usize) -> Box<Self> {
        let start = floor_char_boundary(source, start);
        let end = floor_char_boundary(source, end).max(start);
        let before = source[..start]
            .rfind(is_line_break)
            .map_or(0, |at| at + line_break_len(source, at));
        let after = source[start..]
            .find(is_line_break)
            .map_or(source.len(), |at| start + at);
        let line = 1 + lines_before(&source[..before]);
        let column = source[before..start].chars().count();

        let skipped = column.saturating_sub(EXCERPT / 2);
        let excerpt: String = source[before..after]
            .chars()
            .skip(skipped)
            .take(EXCERPT)
            .map(|it| if it.is_control() { ' ' } else { it })
            .collect();
        let indent = column - skipped;
        let room = excerpt.chars().count().saturating_sub(indent).max(1);
        let width = source[start..end.min(after)].chars().count().clamp(1, room);
        Box::new(Self {
            path: path.to_owned(),
            line,
            column: column + 1,
            excerpt,
            indent,
            width,
        })
    }

    /// The excerpt and, below it, carets under the place; two lines without a final line break.
    pub fn pointer(&self) -> String {
        format!(
            "{}\n{}{}",
            self.excerpt,
            " ".repeat(self.indent),
            "^".repeat(self.width)
        )
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.path, self.line, self.column)
    }
}

/// Most characters of an excerpt: a terminal's line.
const EXCERPT: usize = 100;

/// ECMA-262, 12.3: these four end a line (CR LF ends one).
fn is_line_break(it: char) -> bool {
    matches!(it, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

fn line_break_len(source: &str, at: usize) -> usize {
    source[at..].chars().next().map_or(0, char::len_utf8)
}

fn lines_before(text: &str) -> usize {
    let breaks = text.chars().filter(|it| is_line_break(*it)).count();
    breaks - text.matches("\r\n").count()
}

fn floor_char_boundary(source: &str, at: usize) -> usize {
    source.floor_char_boundary(at.min(source.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_counts_lines_and_characters() {
        let source = "a\r\nbé = ü;\u{2028}c";
        let at = Position::of("x.ts", source, source.find('ü').unwrap_or(0), source.len());
        assert_eq!(at.to_string(), "x.ts:2:6");
        assert_eq!(at.pointer(), "bé = ü;\n     ^^");
        let end = Position::of("x.ts", source, 999, 9999);
        assert_eq!((end.line, end.column, end.width), (3, 2, 1));
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let source = format!("{}!{}", "x".repeat(5_000), "y".repeat(5_000));
        let at = Position::of("x.ts", &source, 5_000, 5_001);
        assert_eq!((at.line, at.column, at.indent), (1, 5_001, EXCERPT / 2));
        assert_eq!(at.excerpt.chars().nth(at.indent), Some('!'));
    }
}
