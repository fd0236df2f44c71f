//! What a server sends back, and what may come back of it.

use super::Subject;
use crate::answer::Answer;
use crate::client::Heard;
use crate::corpus::{Back, Packing, ReplyRow};
use crate::error::SelftestError;
use crate::requests::packed;
use crate::upstream::{Reply, find};

impl Subject<'_> {
    /// The bytes of a row, in the pieces in which they are sent.
    pub(super) async fn reply(&self, row: &ReplyRow) -> Result<Reply, SelftestError> {
        let fill = |text: &String| self.names.fill(text);
        let line = |bytes: Vec<u8>| [bytes, b"\r\n".to_vec()].concat();
        let mut head = Vec::new();
        if !row.hint.is_empty() {
            head.extend(b"HTTP/1.1 103 Early Hints\r\n");
            for hint in &row.hint {
                head.extend(line(fill(hint)?));
            }
            head.extend(b"\r\n");
        }
        head.extend(line([b"HTTP/1.1 ".to_vec(), fill(&row.status)?].concat()));
        for header in &row.headers {
            head.extend(line(fill(header)?));
        }
        if !row.packed.is_empty() {
            let codings: Vec<&str> = row.packed.iter().map(|it| it.name()).collect();
            head.extend(format!("content-encoding: {}\r\n", codings.join(", ")).into_bytes());
        }
        let plain = fill(&row.body)?.repeat(row.times);
        let body = if row.members {
            let (one, two) = plain.split_at(plain.len() / 2);
            let two = packed(two.to_vec(), &row.packed).await;
            [packed(one.to_vec(), &row.packed).await, two].concat()
        } else {
            packed(plain, &row.packed).await
        };

        let mut pieces = Vec::new();
        match row.chunks {
            None => {
                head.extend(format!("content-length: {}\r\n\r\n", body.len()).into_bytes());
                pieces.push([head, body].concat());
            }
            Some(size) => {
                head.extend(b"transfer-encoding: chunked\r\n\r\n");
                pieces.push(head);
                for chunk in body.chunks(size) {
                    pieces.push([format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat());
                }
                let mut last = b"0\r\n".to_vec();
                for trailer in &row.trailers {
                    last.extend(line(fill(trailer)?));
                }
                pieces.push(line(last));
            }
        }
        let mut missing = row.short.unwrap_or(0);
        while missing > 0
            && let Some(piece) = pieces.last_mut()
        {
            let cut = missing.min(piece.len());
            piece.truncate(piece.len() - cut);
            missing -= cut;
            if piece.is_empty() {
                pieces.pop();
            }
        }
        Ok(Reply {
            pieces,
            breaks: row.short.is_some(),
        })
    }

    /// What came back, in words, and whether it is right.
    pub(super) async fn judge_reply(&self, row: &ReplyRow, heard: &Heard) -> Result<(String, bool), SelftestError> {
        let answers = Answer::all(&heard.bytes, heard.ended);
        let answer = answers.iter().find(|it| it.status >= 200);
        let body = match answer {
            Some(answer) => answer.plain().await,
            None => Vec::new(),
        };
        if let Some(form) = self.leaks.find(&heard.bytes).or_else(|| self.leaks.find(&body)) {
            return Ok((format!("the value comes back ({form})"), false));
        }
        // The request was sent once: a redirect is not followed.
        let requests = self.upstream.received().len();
        if requests != 1 {
            return Ok((format!("{requests} requests arrive"), false));
        }
        let absent = row.absent.as_ref().map(|it| self.names.fill(it)).transpose()?;
        if absent.is_some_and(|it| find(&heard.bytes, &it).is_some()) {
            return Ok(("what must not come back does".to_owned(), false));
        }
        let half = self.names.fill("{V|first-half}")?;
        let whole = answer.is_some_and(|it| it.whole && it.status < 500);
        if row.expect == Back::Cut && find(&body, &half).is_some() {
            return Ok(("half of the value comes back".to_owned(), false));
        }
        let sent = self.names.fill(&row.body)?.repeat(row.times);
        let seen = row.seen.as_ref().map(|it| self.names.fill(it)).transpose()?;
        let as_seen = !self.own || seen.is_none_or(|it| body == it);
        let rule = answer
            .and_then(|it| it.field("x-distri-rule"))
            .map_or_else(String::new, |it| format!(" ({it})"));
        Ok(match (row.expect, whole) {
            (Back::Nothing, _) => (format!("no value comes back{rule}"), true),
            (Back::Cut, false) => (format!("cut off, without the value{rule}"), true),
            (Back::Cut, true) => ("it looks whole".to_owned(), false),
            (_, false) => (format!("it does not come whole{rule}"), false),
            (Back::Unchanged, true) if body == sent => ("unchanged".to_owned(), true),
            (Back::Unchanged, true) => ("changed".to_owned(), false),
            (Back::Scrubbed, true) if as_seen => ("whole, without the value".to_owned(), true),
            (Back::Scrubbed, true) => ("whole, and not as it should be".to_owned(), false),
        })
    }
}

impl Packing {
    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Br => "br",
            Self::Zstd => "zstd",
            Self::Deflate => "deflate",
        }
    }
}
