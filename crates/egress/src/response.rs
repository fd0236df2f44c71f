//! What came back: the head at once, the body piece by piece, decoded and within bounds.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_ENCODING, HeaderName, HeaderValue};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::timeout;

use crate::decode::{Coding, Progress, Wire, decoder, layers};
use crate::dial::http_error;
use crate::error::EgressError;
use crate::limits::EgressLimits;
use crate::pool::{Origin, Pool};
use crate::request::Request;

/// Decoded bytes handed out at once, at most.
const PIECE: usize = 64 * 1024;

/// Of the connection, or (`alt-svc`) a way around the next request's checks.
const DROPPED: &[&str] = &[
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

/// A response whose head is here and whose body is being read.
///
/// Dropped before its end, it closes the exchange. `Debug` prints the status only.
pub struct Response {
    /// 200 to 599.
    pub status: u16,
    /// As the server wrote it (HTTP/1.1), or the status code's usual phrase.
    pub reason: String,
    /// Names in lower case, in the server's order. Where the body was decoded, without `content-encoding` and
    /// `content-length`.
    pub headers: Vec<(String, String)>,
    body: Body,
    decoded: u64,
    encodings: String,
    place: String,
    limits: EgressLimits,
    progress: Arc<Progress>,
    returning: Option<Returning>,
}

enum Body {
    Plain(Wire),
    Coded(Wire, Vec<Coding>),
    Decoding(Pin<Box<dyn AsyncRead + Send + Sync>>),
    Ended,
    Failed,
}

impl Response {
    pub(crate) fn new(
        answer: http::Response<Incoming>,
        request: &Request,
        place: String,
        limits: &EgressLimits,
        returning: Option<Returning>,
    ) -> Result<Self, EgressError> {
        let (head, incoming) = answer.into_parts();
        let status = head.status.as_u16();
        if status < 200 {
            return Err(EgressError::Http {
                place,
                reason: "the server switches to another protocol".into(),
            });
        }
        let encodings = head
            .headers
            .get_all(CONTENT_ENCODING)
            .iter()
            .map(text)
            .collect::<Vec<_>>()
            .join(", ");
        let bodiless = request.method() == "HEAD" || matches!(status, 204 | 205 | 304);
        let layers = match bodiless {
            true => Vec::new(),
            // What is not understood is not passed on: nobody behind could look into it.
            false => layers(encodings.split(',')).ok_or_else(|| EgressError::Encoding { place: place.clone() })?,
        };
        let kept = |name: &HeaderName| {
            let name = name.as_str();
            !DROPPED.contains(&name) && (layers.is_empty() || !matches!(name, "content-encoding" | "content-length"))
        };
        let headers = head
            .headers
            .iter()
            .filter(|(name, _)| kept(name))
            .map(|(name, value)| (name.as_str().to_owned(), text(value)))
            .collect();
        let reason = match head.extensions.get::<hyper::ext::ReasonPhrase>() {
            Some(phrase) => String::from_utf8_lossy(phrase.as_bytes()).into_owned(),
            None => head.status.canonical_reason().unwrap_or_default().to_owned(),
        };
        let progress = Arc::<Progress>::default();
        let wire = Wire::new(incoming, progress.clone());
        let body = if layers.is_empty() {
            Body::Plain(wire)
        } else {
            Body::Coded(wire, layers)
        };
        Ok(Self {
            status,
            reason,
            headers,
            body,
            decoded: 0,
            encodings,
            place,
            limits: limits.clone(),
            progress,
            returning,
        })
    }

    /// The value of the first header called `name` (lower case).
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(it, _)| it == name)
            .map(|(_, value)| value.as_str())
    }

    /// The next piece of the decoded body; `None` once it is complete.
    ///
    /// # Errors
    /// A broken connection, a pause, a limit, or data that does not decode. After an error every further call fails:
    /// a body that was cut short never looks complete.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, EgressError> {
        let read = match timeout(self.limits.idle, self.next()).await {
            Ok(Ok(read)) => self.within_bounds(read),
            Ok(Err(error)) => Err(self.failure(&error)),
            Err(_) => Err(EgressError::IdleTimeout {
                place: self.place.clone(),
                after: self.limits.idle,
            }),
        };
        match read {
            Ok(Some(piece)) => Ok(Some(piece)),
            Ok(None) => {
                self.body = Body::Ended;
                if let Some(returning) = self.returning.take()
                    && self.progress.ended()
                {
                    returning.put_back();
                }
                Ok(None)
            }
            Err(error) => {
                self.body = Body::Failed;
                self.returning = None;
                Err(error)
            }
        }
    }

    /// The whole body.
    ///
    /// # Errors
    /// As [`chunk`](Self::chunk), and when it has more than `limit` bytes.
    pub async fn bytes(mut self, limit: usize) -> Result<Bytes, EgressError> {
        let mut all = BytesMut::new();
        while let Some(piece) = self.chunk().await? {
            if piece.len() > limit - all.len() {
                return Err(EgressError::BodyTooLarge {
                    place: self.place,
                    limit: limit as u64,
                });
            }
            all.extend_from_slice(&piece);
        }
        Ok(all.freeze())
    }

    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        if let Body::Coded(..) = &self.body
            && let Body::Coded(wire, layers) = std::mem::replace(&mut self.body, Body::Failed)
        {
            self.body = match decoder(wire, &layers).await? {
                Some(reader) => Body::Decoding(reader),
                None => Body::Ended,
            };
        }
        match &mut self.body {
            Body::Plain(wire) => wire.next().await,
            Body::Decoding(reader) => {
                let mut piece = BytesMut::with_capacity(PIECE);
                let read = reader.read_buf(&mut piece).await?;
                Ok((read > 0).then(|| piece.freeze()))
            }
            Body::Ended => Ok(None),
            Body::Failed | Body::Coded(..) => Err(io::Error::other("the body has already failed")),
        }
    }

    fn within_bounds(&mut self, read: Option<Bytes>) -> Result<Option<Bytes>, EgressError> {
        let Some(piece) = read else { return Ok(None) };
        self.decoded += piece.len() as u64;
        let limits = &self.limits;
        if self.decoded > limits.response_body {
            return Err(EgressError::BodyTooLarge {
                place: self.place.clone(),
                limit: limits.response_body,
            });
        }
        if self.decoded > limits.decode_grace && self.decoded / limits.decode_ratio > self.progress.received() {
            return Err(EgressError::Bomb {
                place: self.place.clone(),
                ratio: limits.decode_ratio,
            });
        }
        Ok(Some(piece))
    }

    fn failure(&self, error: &io::Error) -> EgressError {
        let place = self.place.clone();
        match error.get_ref().and_then(|it| it.downcast_ref::<hyper::Error>()) {
            Some(error) => http_error(place, error),
            None if matches!(self.body, Body::Decoding(_)) => EgressError::Decode {
                place,
                encoding: self.encodings.clone(),
            },
            None => EgressError::Http {
                place,
                reason: error.to_string(),
            },
        }
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Response({})", self.status)
    }
}

/// An HTTP/1.1 connection on its way back to the pool, when the body has been read to its end.
pub(crate) struct Returning {
    pool: Arc<Pool>,
    origin: Origin,
    sender: http1::SendRequest<http_body_util::Full<Bytes>>,
}

impl Returning {
    pub(crate) fn new(
        pool: Arc<Pool>,
        origin: Origin,
        sender: http1::SendRequest<http_body_util::Full<Bytes>>,
    ) -> Self {
        Self { pool, origin, sender }
    }

    fn put_back(self) {
        self.pool.put_back(self.origin, self.sender);
    }
}

/// UTF-8 where it is, so that a value in it stays findable; else one character for each byte (ISO 8859-1).
fn text(value: &HeaderValue) -> String {
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => text.to_owned(),
        Err(_) => value.as_bytes().iter().map(|b| char::from(*b)).collect(),
    }
}
