//! Splits an agent file at its delimiter lines.
//!
//! Only a line that is `---` and nothing else but trailing white space delimits. Dashes inside a line, in the body, or
//! on a line of a multi-line TOML string do not: splitting at every `---` is what broke such files before.

use std::ops::Range;

use super::position::Fault;

/// The two parts of an agent file, as ranges of its bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Split {
    pub(super) frontmatter: Range<usize>,
    pub(super) body: Range<usize>,
}

pub(super) fn split(text: &str) -> Result<Split, Fault> {
    let mut lines = lines(text).skip_while(|line| {
        text[line.clone()]
            .trim_matches(['\u{FEFF}', ' ', '\t', '\r', '\n'])
            .is_empty()
    });
    let opening = match lines.next() {
        Some(line) if is_delimiter(text[line.clone()].trim_start_matches('\u{FEFF}')) => line,
        Some(line) => return Err(Fault::at(line.start, "an agent definition begins with a line `---`")),
        None => {
            return Err(Fault::at(
                0,
                "the file is empty; an agent definition begins with a line `---`",
            ));
        }
    };

    let mut open_string = None;
    let mut first_inside_string = None;
    let mut closing = None;
    for line in lines {
        if is_delimiter(&text[line.clone()]) {
            if open_string.is_none() {
                closing = Some(line);
                break;
            }
            first_inside_string.get_or_insert(line.clone());
        }
        open_string = string_open_after(&text[line], open_string);
    }
    // A string that is never closed swallows every delimiter: end at the first, and TOML's parser names the string.
    let closing = closing.or(first_inside_string).ok_or_else(|| {
        Fault::at(
            opening.start,
            "the frontmatter that begins here has no closing line `---`",
        )
    })?;
    Ok(Split {
        frontmatter: opening.end..closing.start,
        body: trimmed(text, closing.end),
    })
}

fn is_delimiter(line: &str) -> bool {
    line.trim_end() == "---"
}

/// The lines of `text` as ranges, each with its line end.
fn lines(text: &str) -> impl Iterator<Item = Range<usize>> {
    text.split_inclusive('\n').scan(0, |start, line| {
        let range = *start..*start + line.len();
        *start = range.end;
        Some(range)
    })
}

/// The body from `start`, without blank lines before and white space after it.
fn trimmed(text: &str, start: usize) -> Range<usize> {
    let body = &text[start..];
    let end = start + body.trim_end().len();
    let blank: usize = body
        .split_inclusive('\n')
        .take_while(|line| line.trim().is_empty())
        .map(str::len)
        .sum();
    (start + blank).min(end)..end
}

/// Which of TOML's multi-line strings (`"""` or `'''`) is open after `line`.
fn string_open_after(line: &str, mut open: Option<u8>) -> Option<u8> {
    let bytes = line.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        let triple = bytes[at..].starts_with(&[byte; 3]);
        match open {
            Some(quote) if byte == quote && triple => {
                // Up to two more quotes are the string's own last characters.
                let run = bytes[at..].iter().take_while(|it| **it == quote).count();
                at += run.min(5);
                open = None;
            }
            Some(b'"') if byte == b'\\' => at += 2,
            Some(_) => at += 1,
            None => match byte {
                b'#' => return None,
                b'"' | b'\'' if triple => {
                    open = Some(byte);
                    at += 3;
                }
                b'"' | b'\'' => at = after_string(bytes, at),
                _ => at += 1,
            },
        }
    }
    open
}

/// The index after the one-line string that opens at `at`.
fn after_string(bytes: &[u8], at: usize) -> usize {
    let quote = bytes[at];
    let mut at = at + 1;
    while at < bytes.len() && bytes[at] != quote {
        at += if quote == b'"' && bytes[at] == b'\\' { 2 } else { 1 };
    }
    at + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (&str, &str) {
        let split = split(text).expect("a frontmatter");
        (&text[split.frontmatter], &text[split.body])
    }

    #[test]
    fn only_delimiter_lines_split() {
        let cases = [
            ("---\na = 1\n---\n", "a = 1\n", ""),
            ("---\na = 1\n---", "a = 1\n", ""),
            ("---\n---\nbody", "", "body"),
            ("\u{FEFF}---\r\na = 1\r\n---\r\nbody\r\n", "a = 1\r\n", "body"),
            ("\n\n--- \t\na = 1\n---  \n\n  body\n\n", "a = 1\n", "  body"),
            (
                "---\na = \"x --- y\" # ---\n---\none\n---\ntwo",
                "a = \"x --- y\" # ---\n",
                "one\n---\ntwo",
            ),
            (
                "---\na = \"\"\"\n---\n\"\"\"\n---\nbody",
                "a = \"\"\"\n---\n\"\"\"\n",
                "body",
            ),
            (
                "---\na = '''\n---\n''''' # \"\"\"\n---\nbody",
                "a = '''\n---\n''''' # \"\"\"\n",
                "body",
            ),
            (
                "---\na = \"\"\"\\\"\"\"\n---\n\"\"\"\n---\nbody",
                "a = \"\"\"\\\"\"\"\n---\n\"\"\"\n",
                "body",
            ),
            (
                "---\na = '\"\"\"'\nb = \"'''\"\n---\nbody",
                "a = '\"\"\"'\nb = \"'''\"\n",
                "body",
            ),
            ("---\na = \"\"\"\n---\nbody", "a = \"\"\"\n", "body"),
        ];
        for (text, frontmatter, body) in cases {
            assert_eq!(parts(text), (frontmatter, body), "{text:?}");
        }
    }

    #[test]
    fn a_missing_delimiter_is_named() {
        for (text, offset, word) in [
            ("", 0, "empty"),
            (" \n\n", 0, "empty"),
            ("name = 1\n", 0, "begins with"),
            ("\n# Agent\n---\n", 1, "begins with"),
            (" ---\n---\n", 0, "begins with"),
            ("---\nname = 1\n", 0, "no closing"),
            ("----\n---\n", 0, "begins with"),
        ] {
            let fault = split(text).expect_err(text);
            assert_eq!(fault.offset, offset, "{text:?}");
            assert!(fault.message.contains(word), "{text:?}: {}", fault.message);
        }
    }
}
