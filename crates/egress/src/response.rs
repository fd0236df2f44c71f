//! What came back: the head at once, the body piece by piece, decoded, scrubbed and within bounds.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::header::TRANSFER_ENCODING;
use http::response::Parts;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::timeout;

use crate::decode::{Coding, Progress, Wire, decoder, is_chunked_only, layers};
use crate::dial::http_error;
use crate::error::EgressError;
use crate::limits::EgressLimits;
use crate::pool::{Origin, Pool};
use crate::request::Request;
use crate::scrub::Scrubber;
use crate::scrub_body::BodyScrub;
use crate::scrub_head::{self, Changes};

/// Decoded bytes handed out at once, at most.
const PIECE: usize = 64 * 1024;

/// A response whose head is here and whose body is being read.
///
/// No value that the run holds only as a placeholder is in it: each is replaced by its placeholder. Dropped before its
/// end, it closes the exchange. `Debug` prints the status only.
pub struct Response {
    /// 200 to 599.
    pub status: u16,
    /// As the server wrote it (HTTP/1.1), or the status code's usual phrase.
    pub reason: String,
    /// Names in lower case, in the server's order, without those that are not true of the body as it is read here:
    /// `content-encoding`, `content-length` and digests, where it is decoded or may be scrubbed.
    pub headers: Vec<(String, String)>,
    body: Body,
    scrub: BodyScrub,
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
    /// By the rules of HTTP there is none; what comes all the same is coded or not, and nobody would look into it.
    Nothing(Wire),
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
        scrubber: &Scrubber,
    ) -> Result<Self, EgressError> {
        let (head, incoming) = answer.into_parts();
        let status = head.status.as_u16();
        let whole = scrubber.wants_whole(request.host());
        if let Some(reason) = unwanted(status, whole) {
            return Err(EgressError::Http {
                place,
                reason: reason.into(),
            });
        }
        let encodings = scrub_head::encodings(&head);
        let bodiless = request.method() == "HEAD" || matches!(status, 204 | 304);
        let layers = layers(encodings.split(','));
        let changes = Changes {
            decoded: layers.as_ref().is_none_or(|it| !it.is_empty()),
            scrubbed: !scrubber.is_idle(),
            bodiless,
            whole,
        };
        let progress = Arc::<Progress>::default();
        let wire = Wire::new(incoming, progress.clone());
        let body = match layers {
            _ if bodiless => Body::Nothing(wire),
            Some(layers) if is_framed(&head) && layers.is_empty() => Body::Plain(wire),
            Some(layers) if is_framed(&head) => Body::Coded(wire, layers),
            // What is not understood is not passed on: nobody behind could look into it.
            _ => return Err(EgressError::Encoding { place }),
        };
        Ok(Self {
            status,
            reason: scrub_head::reason(&head, scrubber),
            headers: scrub_head::fields(&head, &changes, scrubber),
            body,
            scrub: BodyScrub::new(scrubber),
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

    /// The next piece of the body, decoded and scrubbed; `None` once it is complete.
    ///
    /// # Errors
    /// A broken connection, a pause, a limit, or data that does not decode. After an error every further call fails:
    /// a body that was cut short never looks complete, and what was held back of it is gone.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, EgressError> {
        loop {
            match self.read().await {
                Ok(Some(piece)) => {
                    let shown = self.scrub.piece(piece);
                    if !shown.is_empty() {
                        return Ok(Some(shown));
                    }
                }
                Ok(None) => {
                    self.body = Body::Ended;
                    if let Some(returning) = self.returning.take()
                        && self.progress.ended()
                    {
                        returning.put_back();
                    }
                    return Ok(self.scrub.finish());
                }
                Err(error) => {
                    self.body = Body::Failed;
                    self.scrub.fail();
                    self.returning = None;
                    return Err(error);
                }
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

    /// The next piece as the server meant it.
    async fn read(&mut self) -> Result<Option<Bytes>, EgressError> {
        match timeout(self.limits.idle, self.next()).await {
            Ok(Ok(read)) => self.within_bounds(read),
            Ok(Err(error)) => Err(self.failure(&error)),
            Err(_) => Err(EgressError::IdleTimeout {
                place: self.place.clone(),
                after: self.limits.idle,
            }),
        }
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
            Body::Nothing(wire) => match wire.next().await? {
                None => Ok(None),
                Some(_) => Err(io::Error::other("the server sends a body where there is none")),
            },
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

/// Why a response of this status is not taken.
fn unwanted(status: u16, whole: bool) -> Option<&'static str> {
    match status {
        ..200 => Some("the server switches to another protocol"),
        // 226 is a difference to another version (RFC 3229): a part as well.
        206 | 226 if whole => Some("the server sends a part although all of it was asked for"),
        _ => None,
    }
}

/// Whether the body is in chunks at most: a coding below the chunks is not undone by anybody here.
fn is_framed(head: &Parts) -> bool {
    let mut fields = head.headers.get_all(TRANSFER_ENCODING).iter().peekable();
    fields.peek().is_none() || is_chunked_only(fields.map(|it| it.as_bytes()))
}
