//! A response's body from the wire to cleartext: gzip, br, zstd, deflate, within bounds.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use async_compression::tokio::bufread::{BrotliDecoder, DeflateDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder};
use async_compression::zstd::DParameter;
use bytes::{Buf, Bytes};
use hyper::body::{Body, Incoming};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, BufReader, ReadBuf};

/// More layers than this are an attempt to multiply ratios.
const MAX_LAYERS: usize = 2;

/// Decoders need at most this much history: 8 MiB (RFC 9659).
const ZSTD_WINDOW_LOG: u32 = 23;

/// A content coding that is undone here (RFC 9110, section 8.4.1; RFC 7932; RFC 8878).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Gzip,
    Brotli,
    Zstd,
    Deflate,
}

/// Reads `content-encoding` fields into the layers to undo, outermost first; `None` for what is not understood.
pub(crate) fn layers<'v>(fields: impl Iterator<Item = &'v str>) -> Option<Vec<Coding>> {
    let mut layers = Vec::new();
    for name in fields
        .flat_map(|it| it.split(','))
        .map(|it| it.trim().to_ascii_lowercase())
    {
        match name.as_str() {
            "" | "identity" => {}
            "gzip" | "x-gzip" => layers.push(Coding::Gzip),
            "br" => layers.push(Coding::Brotli),
            "zstd" => layers.push(Coding::Zstd),
            "deflate" => layers.push(Coding::Deflate),
            _ => return None,
        }
    }
    layers.reverse();
    (layers.len() <= MAX_LAYERS).then_some(layers)
}

/// Whether `transfer-encoding` fields name exactly one coding, `chunked` (RFC 9112, section 6.1).
pub(crate) fn is_chunked_only<'v>(fields: impl Iterator<Item = &'v [u8]>) -> bool {
    let mut codings = fields
        .flat_map(|it| it.split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii);
    codings.next().is_some_and(|it| it.eq_ignore_ascii_case(b"chunked")) && codings.next().is_none()
}

/// The cleartext of `wire`, `None` where the body is empty, which no coding's decoder would accept.
///
/// Every decoder reads on after the end of its data, so that bytes behind it are an error and the wire is read to its
/// end.
pub(crate) async fn decoder(
    mut wire: impl AsyncBufRead + Unpin + Send + Sync + 'static,
    layers: &[Coding],
) -> io::Result<Option<Pin<Box<dyn AsyncRead + Send + Sync>>>> {
    let Some(first) = wire.fill_buf().await?.first().copied() else {
        return Ok(None);
    };
    let mut reader: Pin<Box<dyn AsyncBufRead + Send + Sync>> = Box::pin(wire);
    for (index, layer) in layers.iter().enumerate() {
        // `deflate` means zlib, but some servers send it bare; a zlib header's low nibble is 8 (RFC 1950).
        let bare = index == 0 && first & 0x0f != 8;
        reader = match layer {
            Coding::Gzip => {
                let mut it = GzipDecoder::new(reader);
                it.multiple_members(true);
                Box::pin(BufReader::new(it))
            }
            Coding::Brotli => {
                let mut it = BrotliDecoder::new(reader);
                it.multiple_members(true);
                Box::pin(BufReader::new(it))
            }
            Coding::Zstd => {
                let mut it = ZstdDecoder::with_params(reader, &[DParameter::window_log_max(ZSTD_WINDOW_LOG)]);
                it.multiple_members(true);
                Box::pin(BufReader::new(it))
            }
            Coding::Deflate if bare => {
                let mut it = DeflateDecoder::new(reader);
                it.multiple_members(true);
                Box::pin(BufReader::new(it))
            }
            Coding::Deflate => {
                let mut it = ZlibDecoder::new(reader);
                it.multiple_members(true);
                Box::pin(BufReader::new(it))
            }
        };
    }
    Ok(Some(reader))
}

/// The body as it arrives.
pub(crate) struct Wire {
    body: Incoming,
    chunk: Bytes,
    progress: Arc<Progress>,
}

/// What was seen of the wire, readable while a decoder owns it.
#[derive(Default)]
pub(crate) struct Progress {
    received: AtomicU64,
    ended: AtomicBool,
}

impl Progress {
    pub(crate) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    pub(crate) fn ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }
}

impl Wire {
    pub(crate) fn new(body: Incoming, progress: Arc<Progress>) -> Self {
        Self {
            body,
            chunk: Bytes::new(),
            progress,
        }
    }

    /// The next piece, without a copy; `None` at the end.
    pub(crate) async fn next(&mut self) -> io::Result<Option<Bytes>> {
        if self.fill_buf().await?.is_empty() {
            return Ok(None);
        }
        Ok(Some(std::mem::take(&mut self.chunk)))
    }
}

impl AsyncBufRead for Wire {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        while this.chunk.is_empty() && !this.progress.ended() {
            match ready!(Pin::new(&mut this.body).poll_frame(cx)) {
                // Trailers are dropped: nothing here reads them, and they would pass by the scrubber.
                Some(Ok(frame)) => this.chunk = frame.into_data().unwrap_or_default(),
                Some(Err(error)) => return Poll::Ready(Err(io::Error::other(error))),
                None => this.progress.ended.store(true, Ordering::Relaxed),
            }
            this.progress
                .received
                .fetch_add(this.chunk.len() as u64, Ordering::Relaxed);
        }
        Poll::Ready(Ok(&this.chunk))
    }

    fn consume(self: Pin<&mut Self>, amount: usize) {
        self.get_mut().chunk.advance(amount);
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let available = ready!(self.as_mut().poll_fill_buf(cx))?;
        let len = available.len().min(buf.remaining());
        buf.put_slice(&available[..len]);
        self.consume(len);
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_undone_from_the_outside_in() {
        use Coding::{Brotli, Gzip};
        for (fields, expected) in [
            (&["gzip"][..], Some(vec![Gzip])),
            (&["GZIP, identity"], Some(vec![Gzip])),
            (&["br, gzip"], Some(vec![Gzip, Brotli])),
            (&["br", "gzip"], Some(vec![Gzip, Brotli])),
            (&[""], Some(vec![])),
            (&["gzip, gzip, gzip"], None),
            (&["compress"], None),
        ] {
            assert_eq!(layers(fields.iter().copied()), expected, "{fields:?}");
        }
    }
}
