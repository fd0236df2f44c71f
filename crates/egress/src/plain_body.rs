//! A request's body without its `content-encoding`: what must be looked into before it leaves.

use std::io::{self, Cursor};

use bytes::{Bytes, BytesMut};
use tokio::io::AsyncReadExt;

use crate::decode::{Coding, decoder, layers};
use crate::request::{MAX_BODY, Request};

/// What a request's body is behind its `content-encoding`.
pub(crate) enum PlainBody {
    /// It is not encoded.
    AsItIs,
    /// Decoded.
    Decoded(Bytes),
    /// An encoding that is not understood, data that does not decode, or more than a request may have.
    Unreadable,
}

impl PlainBody {
    /// Undoes the encoding of `request`'s body.
    pub(crate) async fn of(request: &Request) -> Self {
        let Some(encoding) = request.header("content-encoding") else {
            return Self::AsItIs;
        };
        match layers(encoding.split(',')) {
            None => Self::Unreadable,
            Some(layers) if layers.is_empty() => Self::AsItIs,
            Some(layers) => decoded(request.body().clone(), &layers)
                .await
                .unwrap_or(Self::Unreadable),
        }
    }
}

async fn decoded(body: Bytes, layers: &[Coding]) -> io::Result<PlainBody> {
    let Some(reader) = decoder(Cursor::new(body), layers).await? else {
        return Ok(PlainBody::AsItIs);
    };
    let mut plain = BytesMut::new();
    let mut reader = reader.take(MAX_BODY as u64 + 1);
    while reader.read_buf(&mut plain).await? > 0 {}
    Ok(match plain.len() > MAX_BODY {
        true => PlainBody::Unreadable,
        false => PlainBody::Decoded(plain.freeze()),
    })
}
