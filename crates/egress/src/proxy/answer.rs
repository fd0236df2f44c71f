//! A response on its way to the client: only the fields of the response itself, and a length that is true.

use bytes::{Bytes, BytesMut};
use http::StatusCode;

use super::refusal::Refusal;
use super::wire::Expects;
use crate::error::EgressError;
use crate::response::Response;

/// A response whose head is here.
pub(super) struct Answer {
    response: Response,
    /// To a request with `HEAD`.
    to_head: bool,
    /// The bytes that the head announces and that have not come yet.
    left: Option<u64>,
}

/// A body that is not what its head announces, or does not come to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum Cut {
    #[error("the body is shorter or longer than its head says")]
    Length,
    #[error(transparent)]
    Egress(#[from] EgressError),
}

impl Answer {
    pub(super) fn new(response: Response, to_head: bool) -> Self {
        let left = response.header("content-length").and_then(|it| it.parse().ok());
        Self {
            response,
            to_head,
            left,
        }
    }

    pub(super) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.response.status).unwrap_or(StatusCode::BAD_GATEWAY)
    }

    /// Whether the head is all there is, whatever it announces (RFC 9110, section 6.4.1).
    pub(super) fn is_bodiless(&self) -> bool {
        self.to_head || matches!(self.response.status, 204 | 304)
    }

    /// The fields to pass on, without those of the length.
    pub(super) fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.response.headers.iter();
        all.map(|(name, value)| (name.as_str(), value.as_str()))
            .filter(|(name, value)| *name != "content-length" && is_one_line(value))
    }

    /// What the head says of the length; nothing where the body ends by other means, and for 204 (RFC 9110, 8.6).
    pub(super) fn length(&self) -> Option<u64> {
        self.left.filter(|_| self.response.status != 204)
    }

    /// The next piece of the body; `None` once it is complete.
    pub(super) async fn chunk(&mut self) -> Result<Option<Bytes>, Cut> {
        let piece = self.response.chunk().await?;
        let Some(left) = &mut self.left else { return Ok(piece) };
        match &piece {
            Some(bytes) => *left = left.checked_sub(bytes.len() as u64).ok_or(Cut::Length)?,
            None if *left > 0 => return Err(Cut::Length),
            None => {}
        }
        Ok(piece)
    }

    /// Writes the head for HTTP/1; returns whether the body is to be sent in chunks.
    pub(super) fn write_head(&self, out: &mut BytesMut, expects: Expects) -> bool {
        write_status(out, self.status(), &self.response.reason);
        for (name, value) in self.headers() {
            write_field(out, name, value);
        }
        let chunked = match self.length() {
            Some(length) => {
                write_field(out, "content-length", &length.to_string());
                false
            }
            None if self.is_bodiless() => false,
            None if expects.is_old => false,
            None => {
                write_field(out, "transfer-encoding", "chunked");
                true
            }
        };
        end_head(out, expects);
        chunked
    }
}

/// Writes a refusal as a whole response for HTTP/1.
pub(super) fn write_refusal(out: &mut BytesMut, refusal: &Refusal, expects: Expects) {
    let status = refusal.status();
    // Of a refused `CONNECT` most clients show nothing but this line.
    let usual = status.canonical_reason().unwrap_or_default();
    write_status(out, status, &format!("{usual} (distri: {})", refusal.rule()));
    for (name, value) in refusal.headers() {
        write_field(out, name, value);
    }
    let body = refusal.body();
    write_field(out, "content-length", &body.len().to_string());
    end_head(out, expects);
    if !expects.head_only {
        out.extend_from_slice(body.as_bytes());
    }
}

/// Writes the head that turns the connection into a WebSocket.
pub(super) fn write_switch(out: &mut BytesMut, accept: &str, headers: &[(String, String)]) {
    write_status(out, StatusCode::SWITCHING_PROTOCOLS, "Switching Protocols");
    write_field(out, "connection", "Upgrade");
    write_field(out, "upgrade", "websocket");
    write_field(out, "sec-websocket-accept", accept);
    for (name, value) in headers.iter().filter(|(_, value)| is_one_line(value)) {
        write_field(out, name, value);
    }
    out.extend_from_slice(b"\r\n");
}

/// Whether a value cannot end its field, and begin another one.
fn is_one_line(value: &str) -> bool {
    !value.bytes().any(|b| matches!(b, b'\r' | b'\n' | 0))
}

fn write_status(out: &mut BytesMut, status: StatusCode, reason: &str) {
    let plain = reason.bytes().all(|b| (b' '..=b'~').contains(&b));
    let reason = if plain {
        reason
    } else {
        status.canonical_reason().unwrap_or_default()
    };
    out.extend_from_slice(b"HTTP/1.1 ");
    out.extend_from_slice(status.as_str().as_bytes());
    out.extend_from_slice(b" ");
    out.extend_from_slice(reason.as_bytes());
    out.extend_from_slice(b"\r\n");
}

fn write_field(out: &mut BytesMut, name: &str, value: &str) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(value.as_bytes());
    out.extend_from_slice(b"\r\n");
}

fn end_head(out: &mut BytesMut, expects: Expects) {
    if expects.close {
        write_field(out, "connection", "close");
    }
    out.extend_from_slice(b"\r\n");
}
