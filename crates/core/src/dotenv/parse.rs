//! Reading a `.env` file.
//!
//! ```text
//! line  = [ "export" ] KEY "=" value [ "#" comment ]
//! value = "'" any bytes but ' "'"                     as they stand, also over several lines
//!       | '"' text with \n \r \t \" \\ \$ \` '"'      also over several lines
//!       | text                                        trimmed; ends before white space and `#`
//! ```

use std::collections::BTreeMap;

use zeroize::Zeroizing;

/// One `KEY=value`.
pub struct Line {
    /// Where it begins, from 1.
    pub number: usize,
    /// As written; whether it is a secret's key is for the caller to say.
    pub key: String,
    /// The value after unquoting; it may be empty.
    pub value: Zeroizing<Vec<u8>>,
}

/// Why a file is not read: the line, never its text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct DotenvError {
    /// From 1.
    pub line: usize,
    /// One sentence.
    pub reason: String,
}

/// Reads the whole file.
///
/// # Errors
/// The first line that is none of the forms, bytes that are not UTF-8, NUL, and a key that is there twice.
pub fn parse(bytes: &[u8]) -> Result<Vec<Line>, DotenvError> {
    parse_each(bytes)?.into_iter().collect()
}

/// Reads each `KEY=value` by itself, for whoever shows what is wrong with all of them. After one that cannot be read it
/// goes on at the next line; a quote that is not closed has the rest of the file in it.
///
/// # Errors
/// Bytes that are not UTF-8.
pub fn parse_each(bytes: &[u8]) -> Result<Vec<Result<Line, DotenvError>>, DotenvError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].iter().filter(|it| **it == b'\n').count() + 1;
        DotenvError {
            line,
            reason: "it is not UTF-8; `--from-file` and `--format json` take any bytes".to_owned(),
        }
    })?;
    let mut reader = Reader { rest: text, line: 1 };
    let mut lines = Vec::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    while let Some(read) = reader.entry().transpose() {
        lines.push(match read {
            Ok(line) => match seen.get(&line.key) {
                Some(first) => Err(DotenvError {
                    line: line.number,
                    reason: format!("this key is on line {first} already"),
                }),
                None => {
                    seen.insert(line.key.clone(), line.number);
                    Ok(line)
                }
            },
            Err(error) => {
                reader.skip_line();
                Err(error)
            }
        });
    }
    Ok(lines)
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
}

impl Reader<'_> {
    /// The next `KEY=value`, or `None` at the end of the file.
    fn entry(&mut self) -> Result<Option<Line>, DotenvError> {
        loop {
            self.skip_blanks();
            match self.rest.as_bytes().first() {
                None => return Ok(None),
                Some(b'\n' | b'\r') => self.end_of_line()?,
                Some(b'#') => self.comment()?,
                Some(_) => break,
            }
        }
        let number = self.line;
        if let Some(rest) = self
            .rest
            .strip_prefix("export")
            .filter(|it| it.starts_with([' ', '\t']))
        {
            self.rest = rest;
            self.skip_blanks();
        }
        let key = self.key()?;
        self.skip_blanks();
        let value = match self.rest.as_bytes().first() {
            Some(b'\'') => self.single_quoted()?,
            Some(b'"') => self.double_quoted()?,
            _ => return self.unquoted().map(|value| Some(Line { number, key, value })),
        };
        self.skip_blanks();
        if self.rest.starts_with('#') {
            self.comment()?;
        } else {
            self.end_of_line()?;
        }
        Ok(Some(Line { number, key, value }))
    }

    /// A word and `=`. Wrapped base64 also ends in `=`: two of them, or a very long word, are no key.
    fn key(&mut self) -> Result<String, DotenvError> {
        const MAX_WORD: usize = 160;
        let end = self
            .rest
            .find(['=', '\n'])
            .filter(|it| self.rest.as_bytes()[*it] == b'=');
        let not_a_pair = || self.error("it is not `KEY=value`; a value of several lines needs quotes");
        let (word, rest) = self.rest.split_at(end.ok_or_else(not_a_pair)?);
        let word = word.trim_end_matches([' ', '\t']);
        let rest = &rest[1..];
        if word.is_empty()
            || word.len() > MAX_WORD
            || word.starts_with('#')
            || word.contains([' ', '\t', '\r', '\'', '"', '\0'])
            || rest.starts_with('=')
        {
            return Err(not_a_pair());
        }
        let key = word.to_owned();
        self.rest = rest;
        Ok(key)
    }

    fn single_quoted(&mut self) -> Result<Zeroizing<Vec<u8>>, DotenvError> {
        let body = &self.rest[1..];
        let Some(end) = body.find('\'') else {
            self.rest = "";
            return Err(self.error("its single quote is not closed"));
        };
        let value = self.text(&body[..end]);
        self.line += newlines(&body[..end]);
        self.rest = &body[end + 1..];
        value
    }

    fn double_quoted(&mut self) -> Result<Zeroizing<Vec<u8>>, DotenvError> {
        let body = &self.rest[1..];
        let mut value = Zeroizing::new(Vec::with_capacity(body.len()));
        // The first of them; the value is read to its end all the same, so that what follows is not taken for lines.
        let mut fault = None;
        let mut bytes = body.bytes().enumerate();
        while let Some((index, byte)) = bytes.next() {
            match byte {
                b'"' => {
                    self.line += newlines(&body[..index]);
                    self.rest = &body[index + 1..];
                    return fault.map_or(Ok(value), Err);
                }
                b'\\' => value.push(match bytes.next().map(|it| it.1) {
                    Some(b'n') => b'\n',
                    Some(b'r') => b'\r',
                    Some(b't') => b'\t',
                    Some(literal @ (b'"' | b'\\' | b'$' | b'`')) => literal,
                    other => {
                        fault.get_or_insert_with(|| DotenvError {
                            line: self.line + newlines(&body[..index]),
                            reason: "inside double quotes `\\` stands before one of n r t \" \\ $ `".to_owned(),
                        });
                        other.unwrap_or_default()
                    }
                }),
                0 => {
                    fault.get_or_insert_with(|| self.error(NUL));
                }
                other => value.push(other),
            }
        }
        self.rest = "";
        Err(fault.unwrap_or_else(|| self.error("its double quote is not closed")))
    }

    fn unquoted(&mut self) -> Result<Zeroizing<Vec<u8>>, DotenvError> {
        let end = self.rest.find('\n').unwrap_or(self.rest.len());
        let (line, _) = self.rest.split_at(end);
        let line = line.strip_suffix('\r').unwrap_or(line);
        let mut before = b' ';
        let mut bytes = line.bytes();
        let comment = bytes.position(|byte| {
            let begins = byte == b'#' && matches!(before, b' ' | b'\t');
            before = byte;
            begins
        });
        let value = self.text(line[..comment.unwrap_or(line.len())].trim_matches([' ', '\t']))?;
        if value.contains(&b'\r') {
            return Err(self.error("it has a carriage return inside; put the value in quotes"));
        }
        self.rest = &self.rest[end..];
        self.end_of_line()?;
        Ok(value)
    }

    fn text(&self, text: &str) -> Result<Zeroizing<Vec<u8>>, DotenvError> {
        if text.contains('\0') {
            Err(self.error(NUL))
        } else {
            Ok(Zeroizing::new(text.as_bytes().to_vec()))
        }
    }

    fn comment(&mut self) -> Result<(), DotenvError> {
        self.rest = &self.rest[self.rest.find('\n').unwrap_or(self.rest.len())..];
        self.end_of_line()
    }

    fn end_of_line(&mut self) -> Result<(), DotenvError> {
        let rest = self.rest.strip_prefix('\r').unwrap_or(self.rest);
        if let Some(rest) = rest.strip_prefix('\n') {
            self.rest = rest;
            self.line += 1;
            Ok(())
        } else if rest.is_empty() {
            self.rest = rest;
            Ok(())
        } else {
            Err(self.error("there is text after the closing quote"))
        }
    }

    /// To the next line, from wherever something was wrong.
    fn skip_line(&mut self) {
        match self.rest.find('\n') {
            Some(end) => {
                self.rest = &self.rest[end + 1..];
                self.line += 1;
            }
            None => self.rest = "",
        }
    }

    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
    }

    fn error(&self, reason: &str) -> DotenvError {
        DotenvError {
            line: self.line,
            reason: reason.to_owned(),
        }
    }
}

const NUL: &str = "it has a NUL byte; `--from-file` and `--format json` take any bytes";

fn newlines(text: &str) -> usize {
    text.bytes().filter(|it| *it == b'\n').count()
}
