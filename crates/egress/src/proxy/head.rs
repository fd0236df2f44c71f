//! The head of an HTTP/1 request, read by the letter of RFC 9112 and without its leniencies.
//!
//! Every leniency (a bare line feed, a folded line, a space before the colon, a length beside a transfer coding) is
//! how two readers of the same bytes come to see two different requests. A client's library writes none of them.

use memchr::memchr_iter;

use super::refusal::Refusal;
use crate::request::MAX_HEADERS;

/// A request's head.
pub(super) struct Head {
    pub(super) method: String,
    /// As written.
    pub(super) target: String,
    /// HTTP/1.0: no chunks, and the connection ends with the response.
    pub(super) is_old: bool,
    /// Names in lower case, in their order, without those of the framing.
    pub(super) headers: Vec<(String, String)>,
    pub(super) framing: Framing,
}

/// Where the body ends (RFC 9112, section 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// There is none.
    Bodiless,
    Length(u64),
    Chunked,
}

impl Head {
    /// Reads a head that [`end`] has found.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        let text = bytes.strip_suffix(b"\r\n\r\n").unwrap_or(bytes);
        let mut lines = text
            .split(|b| *b == b'\n')
            .map(|it| it.strip_suffix(b"\r").unwrap_or(it));
        let (method, target, is_old) = parse_line(lines.next().unwrap_or_default())?;
        let mut headers = Vec::new();
        for line in lines {
            if headers.len() == MAX_HEADERS {
                return Err(Refusal::HeadTooLarge);
            }
            headers.push(parse_field(line)?);
        }
        let mut head = Self {
            method,
            target,
            is_old,
            headers,
            framing: Framing::Bodiless,
        };
        head.framing = head.take_framing()?;
        Ok(head)
    }

    pub(super) fn is_connect(&self) -> bool {
        self.method == "CONNECT"
    }

    pub(super) fn is_head(&self) -> bool {
        self.method.eq_ignore_ascii_case("HEAD")
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|(it, _)| it == name)
    }

    /// The values of `name`.
    pub(super) fn values<'h>(&'h self, name: &'h str) -> impl Iterator<Item = &'h str> {
        self.headers
            .iter()
            .filter(move |(it, _)| it == name)
            .map(|(_, value)| value.as_str())
    }

    /// Removes the fields called `name` and returns their values.
    pub(super) fn take(&mut self, name: &str) -> Vec<String> {
        let taken = self.headers.extract_if(.., |(it, _)| it == name);
        taken.map(|(_, value)| value).collect()
    }

    fn take_framing(&mut self) -> Result<Framing, Refusal> {
        let (lengths, codings) = (self.take("content-length"), self.take("transfer-encoding"));
        match (lengths.as_slice(), codings.as_slice()) {
            ([], []) => Ok(Framing::Bodiless),
            _ if self.is_connect() => Err(Refusal::ConnectBody),
            ([length], []) => parse_length(length).map(Framing::Length),
            ([], [coding]) if coding.eq_ignore_ascii_case("chunked") && !self.is_old => Ok(Framing::Chunked),
            ([], _) => Err(Refusal::TransferEncoding),
            _ => Err(Refusal::ContentLength),
        }
    }
}

/// Where the head at the beginning of `bytes` ends; `None` while it is incomplete. Bytes before `from` were seen.
pub(super) fn end(bytes: &[u8], from: usize) -> Result<Option<usize>, Refusal> {
    // Not the empty lines that RFC 9112 would skip, and not the first byte of TLS.
    if bytes.first().is_some_and(|it| !it.is_ascii_alphabetic()) {
        return Err(Refusal::RequestLine);
    }
    for at in memchr_iter(b'\n', &bytes[from..]).map(|it| from + it) {
        let Some(line) = bytes[..at].strip_suffix(b"\r") else {
            return Err(Refusal::LineEnding);
        };
        if line.ends_with(b"\n") {
            return Ok(Some(at + 1));
        }
    }
    Ok(None)
}

fn parse_line(line: &[u8]) -> Result<(String, String, bool), Refusal> {
    let text = std::str::from_utf8(line).map_err(|_| Refusal::RequestLine)?;
    let mut words = text.split(' ');
    let (Some(method), Some(target), Some(version), None) = (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(Refusal::RequestLine);
    };
    // A fragment is never sent (RFC 9112, section 3.2).
    let is_plain = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_graphic() && b != b'#');
    if !is_plain(method) || !is_plain(target) {
        return Err(Refusal::RequestLine);
    }
    let is_old = match version {
        "HTTP/1.1" => false,
        "HTTP/1.0" => true,
        _ => return Err(Refusal::Version),
    };
    Ok((method.to_owned(), target.to_owned(), is_old))
}

fn parse_field(line: &[u8]) -> Result<(String, String), Refusal> {
    let colon = memchr::memchr(b':', line).ok_or(Refusal::Field)?;
    let (name, value) = (&line[..colon], trim(&line[colon + 1..]));
    let is_name = !name.is_empty()
        && name
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(b));
    let is_value = value.iter().all(|b| *b == b'\t' || (b' '..=b'~').contains(b));
    match (
        is_name && is_value,
        std::str::from_utf8(name),
        std::str::from_utf8(value),
    ) {
        (true, Ok(name), Ok(value)) => Ok((name.to_ascii_lowercase(), value.to_owned())),
        _ => Err(Refusal::Field),
    }
}

/// Without the spaces and tabs around, and nothing else of what other trimming takes along (RFC 9110, section 5.6.3).
fn trim(value: &[u8]) -> &[u8] {
    let blank = |b: &u8| matches!(b, b' ' | b'\t');
    let start = value.iter().position(|b| !blank(b)).unwrap_or(value.len());
    let end = value.iter().rposition(|b| !blank(b)).map_or(start, |it| it + 1);
    &value[start..end]
}

/// Digits as every reader understands them: no sign, no list, no leading zero.
fn parse_length(text: &str) -> Result<u64, Refusal> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    match text.parse() {
        Ok(length) if plain => Ok(length),
        _ => Err(Refusal::ContentLength),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_ends_at_its_empty_line_and_nowhere_else() {
        for (bytes, found) in [
            ("GET / HTTP/1.1\r\nhost: a\r\n\r\nbody", Ok(Some(27))),
            ("GET / HTTP/1.1\r\n\r\n", Ok(Some(18))),
            ("GET / HTTP/1.1\r\nhost: a\r\n", Ok(None)),
            ("GET / HTTP/1.1\r\nhost: a\r\n\r", Ok(None)),
            ("", Ok(None)),
            ("\r\nGET / HTTP/1.1\r\n\r\n", Err("request-line")),
            ("\nGET / HTTP/1.1\r\n\r\n", Err("request-line")),
            ("\u{16}\u{3}\u{1}", Err("request-line")),
            ("GET / HTTP/1.1\n\n", Err("line-ending")),
            ("GET / HTTP/1.1\r\nhost: a\n\r\n", Err("line-ending")),
            ("GET / HTTP/1.1\r\nhost: a\r\n\n", Err("line-ending")),
        ] {
            for from in 0..=bytes.len().min(1) {
                assert_eq!(end(bytes.as_bytes(), from).map_err(|it| it.rule()), found, "{bytes:?}");
            }
        }
    }

    #[test]
    fn what_two_readers_could_see_differently_is_refused() {
        for (fields, expected) in [
            ("host: a", Ok(Framing::Bodiless)),
            ("content-length: 5", Ok(Framing::Length(5))),
            ("Content-Length:5", Ok(Framing::Length(5))),
            ("content-length: 0", Ok(Framing::Length(0))),
            ("transfer-encoding: Chunked", Ok(Framing::Chunked)),
            ("content-length: 5\r\ntransfer-encoding: chunked", Err("content-length")),
            ("transfer-encoding: chunked\r\ncontent-length: 5", Err("content-length")),
            ("content-length: 5\r\ncontent-length: 5", Err("content-length")),
            ("content-length: 5\r\ncontent-length: 6", Err("content-length")),
            ("content-length: 5, 5", Err("content-length")),
            ("content-length: +5", Err("content-length")),
            ("content-length: 05", Err("content-length")),
            ("content-length: 0x5", Err("content-length")),
            ("content-length:", Err("content-length")),
            ("content-length: 99999999999999999999", Err("content-length")),
            ("transfer-encoding: chunked, identity", Err("transfer-encoding")),
            ("transfer-encoding: gzip, chunked", Err("transfer-encoding")),
            (
                "transfer-encoding: chunked\r\ntransfer-encoding: chunked",
                Err("transfer-encoding"),
            ),
            ("transfer-encoding: xchunked", Err("transfer-encoding")),
            ("transfer-encoding: chunked\u{c}", Err("header-line")),
            ("content-length: \t 5 \t", Ok(Framing::Length(5))),
            ("transfer-encoding : chunked", Err("header-line")),
            ("transfer\u{b}-encoding: chunked", Err("header-line")),
            ("a: b\r\n c", Err("header-line")),
            ("a: b\r\n\tc", Err("header-line")),
            (" a: b", Err("header-line")),
            ("a b: c", Err("header-line")),
            (": b", Err("header-line")),
            ("no colon", Err("header-line")),
            ("a: b\rc", Err("header-line")),
            ("a: b\0c", Err("header-line")),
            ("a: \u{fc}", Err("header-line")),
        ] {
            let head = format!("POST / HTTP/1.1\r\n{fields}\r\n\r\n");
            let framing = Head::parse(head.as_bytes()).map(|it| it.framing);
            assert_eq!(framing.map_err(|it| it.rule()), expected, "{fields:?}");
        }
        for (line, rule) in [
            ("GET  / HTTP/1.1", "request-line"),
            ("GET / HTTP/1.1 ", "request-line"),
            ("GET\t/\tHTTP/1.1", "request-line"),
            ("GET /a b HTTP/1.1", "request-line"),
            ("GET /\u{fc} HTTP/1.1", "request-line"),
            ("GET /a#b HTTP/1.1", "request-line"),
            ("GET /", "request-line"),
            ("GET / HTTP/2.0", "http-version"),
            ("GET / http/1.1", "http-version"),
            ("GET / HTTP/1.10", "http-version"),
        ] {
            let head = format!("{line}\r\n\r\n");
            assert_eq!(
                Head::parse(head.as_bytes()).err().map(|it| it.rule()),
                Some(rule),
                "{line:?}"
            );
        }
        for fields in ["content-length: 0", "transfer-encoding: chunked"] {
            let head = format!("CONNECT a:443 HTTP/1.1\r\n{fields}\r\n\r\n");
            assert_eq!(
                Head::parse(head.as_bytes()).err().map(|it| it.rule()),
                Some("connect-body")
            );
        }
        let old = b"POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n";
        assert_eq!(Head::parse(old).err().map(|it| it.rule()), Some("transfer-encoding"));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_a_head_or_a_refusal(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            if let Ok(Some(at)) = end(&bytes, 0) {
                drop(Head::parse(&bytes[..at]));
            }
        }
    }
}
