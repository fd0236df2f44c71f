//! A tunnel to a place that a secret is bound to: TLS ends here, and only requests to that place go on.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Buf, BytesMut};
use distri_core::policy::Scheme;
use rustls::server::Acceptor;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use super::exchange::Scope;
use super::opaque::relay;
use super::refusal::Refusal;
use super::wire::Wire;
use super::{Shared, http1, http2};
use crate::tunnel::Place;

/// The first byte of TLS: a handshake record (RFC 8446, section 5.1).
const HANDSHAKE: u8 = 0x16;

/// A fatal `unrecognized_name` (RFC 6066, section 3), in clear as it comes before any key.
const UNRECOGNIZED_NAME: &[u8] = &[0x15, 3, 3, 0, 2, 2, 112];

/// Serves a tunnel to `place`; `ahead` was sent before the tunnel was there.
pub(super) async fn serve(stream: TcpStream, ahead: BytesMut, place: Place, shared: Arc<Shared>) {
    let deadline = Instant::now() + shared.limits.handshake;
    let mut stream = Ahead { ahead, stream };
    match timeout_at(deadline, stream.first()).await {
        Ok(Ok(Some(HANDSHAKE))) => {}
        Ok(Ok(Some(_))) => return without_tls(stream, place, &shared).await,
        _ => return,
    }
    let Ok(Some(tls)) = timeout_at(deadline, handshake(stream, &place, &shared)).await else {
        return;
    };
    let scope = Scope::Inside(Scheme::Https, place);
    if tls.get_ref().1.alpn_protocol() == Some(b"h2") {
        http2::serve(tls, scope, shared).await;
    } else {
        http1::serve(Wire::new(tls, shared.limits.clone()), scope, &shared).await;
    }
}

/// Cleartext belongs to a place that a secret is bound to by `http://`, which is this machine. To a place that no secret
/// is bound to any protocol may be spoken, and only what is HTTP can be learned from.
async fn without_tls(stream: Ahead, place: Place, shared: &Shared) {
    if shared.egress.is_bound(Scheme::Http, &place) {
        let wire = Wire::new(stream, shared.limits.clone());
        return http1::serve(wire, Scope::Inside(Scheme::Http, place), shared).await;
    }
    let refusal = match shared.egress.is_bound(Scheme::Https, &place) {
        true => Refusal::NotTls,
        false => match shared.egress.tunnel(&place).await {
            Ok(upstream) => return relay(stream.stream, stream.ahead, upstream, shared.limits.silence).await,
            Err(error) => error.into(),
        },
    };
    let wire = Wire::new(stream, shared.limits.clone());
    wire.refuse_and_close(&refusal, false).await;
}

/// Ends TLS as `place`, for a client that asks for exactly it.
async fn handshake(stream: Ahead, place: &Place, shared: &Shared) -> Option<TlsStream<Ahead>> {
    let started = match LazyConfigAcceptor::new(Acceptor::default(), stream).await {
        Ok(started) => started,
        Err(error) => {
            tracing::debug!(%error, "no TLS from the client");
            return None;
        }
    };
    let host = place.host();
    let asked = started.client_hello().server_name().map(str::to_owned);
    let same = match &asked {
        Some(name) => name.eq_ignore_ascii_case(host),
        // An address is never named (RFC 6066, section 3).
        None => is_address(host),
    };
    if !same {
        tracing::debug!(
            rule = Refusal::OtherHost.rule(),
            "refused: the server name is not the tunnel's host"
        );
        let mut stream = started.io;
        drop(stream.write_all(UNRECOGNIZED_NAME).await);
        drop(stream.shutdown().await);
        return None;
    }
    let config = match shared.authority.config_for(host) {
        Ok(config) => config,
        Err(error) => {
            tracing::warn!(%error, "no certificate could be made");
            return None;
        }
    };
    match started.into_stream(config).await {
        Ok(tls) => Some(tls),
        Err(error) => {
            // Most often: it does not trust the run's authority, because it reads none of the variables.
            tracing::debug!(%error, "the client ended the TLS handshake");
            None
        }
    }
}

fn is_address(host: &str) -> bool {
    host.starts_with('[') || host.parse::<std::net::Ipv4Addr>().is_ok()
}

/// A client's stream, with what was read of it already.
pub(super) struct Ahead {
    ahead: BytesMut,
    stream: TcpStream,
}

impl Ahead {
    /// The first byte, which stays to be read; `None` at the end.
    async fn first(&mut self) -> io::Result<Option<u8>> {
        if self.ahead.is_empty() {
            self.stream.read_buf(&mut self.ahead).await?;
        }
        Ok(self.ahead.first().copied())
    }
}

impl AsyncRead for Ahead {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.ahead.is_empty() {
            return Pin::new(&mut this.stream).poll_read(cx, buf);
        }
        let len = this.ahead.len().min(buf.remaining());
        buf.put_slice(&this.ahead[..len]);
        this.ahead.advance(len);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Ahead {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
