//! One connection to an address that was checked: TCP, TLS, and the HTTP handshake that both sides agreed on.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use distri_core::policy::Scheme;
use http_body_util::Full;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;

use crate::broker::Cleared;
use crate::error::EgressError;
use crate::limits::EgressLimits;
use crate::resolve::Checked;
use crate::tls;

/// How long one address is tried while another one is left.
const ATTEMPT: Duration = Duration::from_secs(2);

/// A connection's sending half.
pub(crate) enum Sender {
    Http1(http1::SendRequest<Full<Bytes>>),
    Http2(http2::SendRequest<Full<Bytes>>),
}

/// Opens a connection for `cleared`. The connection's task ends when its senders are gone.
pub(crate) async fn dial(
    cleared: &Cleared,
    checked: &Checked,
    config: &Arc<rustls::ClientConfig>,
    limits: &EgressLimits,
) -> Result<Sender, EgressError> {
    let place = || cleared.place.clone();
    let open = async {
        let deadline = Instant::now() + limits.connect;
        let tcp = connect(checked.addresses(), deadline)
            .await
            .map_err(|reason| EgressError::Connect { place: place(), reason })?;
        // Small requests in both directions: Nagle's algorithm against delayed acknowledgements costs 40 ms each.
        tcp.set_nodelay(true).map_err(|error| EgressError::Connect {
            place: place(),
            reason: error.kind().to_string(),
        })?;
        if cleared.request.scheme() == Scheme::Http {
            return handshake1(tcp, limits)
                .await
                .map_err(|error| http_error(place(), &error));
        }
        let untrusted = |fault| EgressError::Tls { place: place(), fault };
        let name = tls::server_name(cleared.request.host()).map_err(untrusted)?;
        let stream = TlsConnector::from(config.clone())
            .connect(name, tcp)
            .await
            .map_err(|error| untrusted(tls::fault(&error)))?;
        let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        if http2 {
            handshake2(stream, limits).await
        } else {
            handshake1(stream, limits).await
        }
        .map_err(|error| http_error(place(), &error))
    };
    match timeout(limits.connect, open).await {
        Ok(opened) => opened,
        Err(_) => Err(EgressError::ConnectTimeout {
            place: place(),
            after: limits.connect,
        }),
    }
}

/// A protocol error in the libraries' words, which never hold bytes of the message.
pub(crate) fn http_error(place: String, error: &hyper::Error) -> EgressError {
    let mut reason = error.to_string();
    if let Some(cause) = std::error::Error::source(error) {
        let said = if let Some(io) = cause.downcast_ref::<std::io::Error>() {
            Some(io.kind().to_string())
        } else if let Some(http2) = cause.downcast_ref::<h2::Error>() {
            // Its text has what the server wrote into a GOAWAY frame as debug data, which may be a value.
            let io = http2.get_io().map(|it| it.kind().to_string());
            io.or_else(|| http2.reason().map(|it| it.to_string()))
        } else {
            Some(cause.to_string())
        };
        reason.extend(said.map(|it| format!(": {it}")));
    }
    EgressError::Http { place, reason }
}

/// A TCP connection to the first of `addresses` that takes it.
pub(crate) async fn connect(addresses: &[SocketAddr], deadline: Instant) -> Result<TcpStream, String> {
    let mut reason = String::new();
    for (index, address) in addresses.iter().enumerate() {
        let last = index + 1 == addresses.len();
        let until = if last {
            deadline
        } else {
            deadline.min(Instant::now() + ATTEMPT)
        };
        match timeout_at(until, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => reason = error.kind().to_string(),
            Err(_) => reason = "the connection timed out".into(),
        }
    }
    Err(reason)
}

async fn handshake1<S>(stream: S, limits: &EgressLimits) -> hyper::Result<Sender>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) = http1::Builder::new()
        .max_headers(limits.response_headers)
        .max_buf_size(limits.response_head.max(8192))
        .handshake(TokioIo::new(stream))
        .await?;
    // The error reaches the request that waits on the sender.
    tokio::spawn(async move { drop(connection.with_upgrades().await) });
    Ok(Sender::Http1(sender))
}

async fn handshake2<S>(stream: S, limits: &EgressLimits) -> hyper::Result<Sender>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(limits.response_head).unwrap_or(u32::MAX))
        .initial_stream_window_size(1024 * 1024)
        .initial_connection_window_size(8 * 1024 * 1024)
        .keep_alive_interval(limits.keep_alive)
        .handshake(TokioIo::new(stream))
        .await?;
    tokio::spawn(async move { drop(connection.await) });
    Ok(Sender::Http2(sender))
}
