//! What came back over HTTP/1, and whether it is whole.

use async_compression::tokio::bufread::{BrotliDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder};
use tokio::io::AsyncReadExt as _;

use crate::upstream::find;

/// One response.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Status line and fields, the names as they came.
    pub(crate) head: String,
    /// Without chunks.
    pub(crate) body: Vec<u8>,
    /// Its own framing says that nothing is missing.
    pub(crate) whole: bool,
}

impl Answer {
    /// All responses in `bytes`, informational ones too. A body without a length ends with the connection, and is
    /// whole when `ended`.
    pub(crate) fn all(mut bytes: &[u8], ended: bool) -> Vec<Self> {
        let mut answers = Vec::new();
        while let Some(end) = find(bytes, b"\r\n\r\n").map(|it| it + 4) {
            let (head, rest) = bytes.split_at(end);
            let (answer, left) = Self::read(head, rest, ended);
            answers.push(answer);
            bytes = left;
        }
        answers
    }

    fn read<'b>(head: &[u8], rest: &'b [u8], ended: bool) -> (Self, &'b [u8]) {
        let mut answer = Self {
            status: String::from_utf8_lossy(head)
                .split(' ')
                .nth(1)
                .and_then(|it| it.parse().ok())
                .unwrap_or(0),
            head: String::from_utf8_lossy(head).into_owned(),
            body: Vec::new(),
            whole: true,
        };
        let left = if matches!(answer.status, 100..200 | 204 | 304) {
            rest
        } else if answer
            .field("transfer-encoding")
            .is_some_and(|it| it.eq_ignore_ascii_case("chunked"))
        {
            match answer.read_chunks(rest) {
                Some(left) => left,
                None => {
                    answer.whole = false;
                    &[]
                }
            }
        } else if let Some(length) = answer.field("content-length").and_then(|it| it.parse::<usize>().ok()) {
            answer.whole = rest.len() >= length;
            let (body, left) = rest.split_at(length.min(rest.len()));
            answer.body = body.to_vec();
            left
        } else {
            answer.whole = ended;
            answer.body = rest.to_vec();
            &[]
        };
        (answer, left)
    }

    /// `None` where the last chunk is not there.
    fn read_chunks<'b>(&mut self, mut rest: &'b [u8]) -> Option<&'b [u8]> {
        loop {
            let line_end = find(rest, b"\r\n")?;
            let line = String::from_utf8_lossy(&rest[..line_end]);
            let size = usize::from_str_radix(line.split(';').next()?.trim(), 16).ok()?;
            rest = &rest[line_end + 2..];
            if size == 0 {
                // Trailer fields, or none.
                let end = if rest.starts_with(b"\r\n") {
                    2
                } else {
                    find(rest, b"\r\n\r\n")? + 4
                };
                self.head.push_str(&String::from_utf8_lossy(&rest[..end]));
                return Some(&rest[end..]);
            }
            self.body.extend_from_slice(&rest[..size.min(rest.len())]);
            rest = rest.get(size + 2..)?;
        }
    }

    /// The value of the first field called `name`.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let fields = self.head.lines().filter_map(|it| it.split_once(':'));
        let mut named = fields.filter(|it| it.0.eq_ignore_ascii_case(name));
        named.next().map(|it| it.1.trim())
    }

    /// The body without its codings, as far as it can be read.
    pub(crate) async fn plain(&self) -> Vec<u8> {
        let mut body = self.body.clone();
        let codings = self.field("content-encoding").unwrap_or_default();
        for coding in codings.split(',').rev() {
            let mut out = Vec::new();
            // What does not decode to its end was cut; what came before is what a client could read.
            let _ = match coding.trim() {
                "gzip" => {
                    let mut reader = GzipDecoder::new(&body[..]);
                    reader.multiple_members(true);
                    reader.read_to_end(&mut out).await
                }
                "br" => BrotliDecoder::new(&body[..]).read_to_end(&mut out).await,
                "zstd" => ZstdDecoder::new(&body[..]).read_to_end(&mut out).await,
                "deflate" => ZlibDecoder::new(&body[..]).read_to_end(&mut out).await,
                _ => return body,
            };
            body = out;
        }
        body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn responses_are_told_apart_and_a_cut_is_seen() {
        let two = b"HTTP/1.1 103 Early\r\na: b\r\n\r\nHTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
        let all = Answer::all(two, true);
        assert_eq!(
            (all.len(), all[1].status, &all[1].body[..], all[1].whole),
            (2, 200, &b"abc"[..], true)
        );
        for (cut, whole) in [
            (two.len(), true),
            (two.len() - 2, false),
            (two.len() - 7, false),
            (two.len() - 9, false),
        ] {
            assert_eq!(Answer::all(&two[..cut], true)[1].whole, whole, "{cut}");
        }
        let sized = b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc";
        assert!(Answer::all(sized, true)[0].whole);
        assert!(!Answer::all(&sized[..sized.len() - 1], true)[0].whole);
    }
}
