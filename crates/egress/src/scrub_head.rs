//! The head of a response as a run sees it: values replaced, and only fields that are true of what the run gets.
//!
//! The run gets the body decoded and scrubbed. Its length is known at its end only, its digests are those of other
//! bytes (and a digest of a text with a short value in it can be searched for the value), and where ranges are not
//! passed on none are on offer. `etag` stays: it is the server's name for what it has, good for asking again.

use http::header::{CONTENT_ENCODING, HeaderValue};
use http::response::Parts;
use hyper::ext::ReasonPhrase;

use crate::scrub::Scrubber;

/// Of the connection, or (`alt-svc`) a way around the next request's checks.
const OF_THE_CONNECTION: &[&str] = &[
    "alt-svc",
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Digests of the bytes that the server sent (RFC 9530 and its forerunners; the object stores' own).
const DIGESTS: &[&str] = &["content-digest", "content-md5", "digest", "repr-digest", "x-goog-hash"];
const DIGEST_PREFIX: &str = "x-amz-checksum-";

/// What happens to a body between the wire and the run.
pub(crate) struct Changes {
    /// A content coding is undone.
    pub(crate) decoded: bool,
    /// Values are replaced.
    pub(crate) scrubbed: bool,
    /// There is none: the length is what another request would get.
    pub(crate) bodiless: bool,
    /// Ranges of it are not passed on.
    pub(crate) whole: bool,
}

impl Changes {
    /// Whether a field says something that is still true.
    fn keep(&self, name: &str) -> bool {
        match name {
            "content-encoding" => !self.decoded,
            "content-length" => !self.decoded && (self.bodiless || !self.scrubbed),
            "accept-ranges" => !self.whole,
            _ if DIGESTS.contains(&name) || name.starts_with(DIGEST_PREFIX) => !self.decoded && !self.scrubbed,
            _ => !OF_THE_CONNECTION.contains(&name),
        }
    }
}

/// As the server wrote it (HTTP/1.1), or the status code's usual phrase.
pub(crate) fn reason(head: &Parts, scrubber: &Scrubber) -> String {
    match head.extensions.get::<ReasonPhrase>() {
        Some(phrase) => String::from_utf8_lossy(&scrubber.text(phrase.as_bytes())).into_owned(),
        None => head.status.canonical_reason().unwrap_or_default().to_owned(),
    }
}

/// The fields that stay, in the server's order.
pub(crate) fn fields(head: &Parts, changes: &Changes, scrubber: &Scrubber) -> Vec<(String, String)> {
    let kept = head.headers.iter().filter(|(name, _)| changes.keep(name.as_str()));
    kept.map(|(name, value)| {
        // Scrubbed as bytes: what is no UTF-8 would lose its needles when it becomes text.
        let value = scrubber.text(value.as_bytes());
        (scrubber.name(name.as_str()).into_owned(), text(&value))
    })
    .collect()
}

/// All `content-encoding` fields as one.
pub(crate) fn encodings(head: &Parts) -> String {
    let fields = head.headers.get_all(CONTENT_ENCODING).iter();
    fields
        .map(HeaderValue::as_bytes)
        .map(text)
        .collect::<Vec<_>>()
        .join(", ")
}

/// UTF-8 where it is; else one character for each byte (ISO 8859-1).
fn text(value: &[u8]) -> String {
    match std::str::from_utf8(value) {
        Ok(text) => text.to_owned(),
        Err(_) => value.iter().map(|it| char::from(*it)).collect(),
    }
}
