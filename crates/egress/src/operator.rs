//! Requests of the operator's own, such as to a key provider: no agent has a word in them.
//!
//! No run and no release is behind one, so nothing is placed and nothing scrubbed. Certificates are verified as always.
//! The address is the operator's word: it may be any, also a private one; without TLS it is dialled on this machine only.
//! Errors name the host and never a path, a header or a body.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use distri_core::policy::Scheme;
use http::header::{ACCEPT_ENCODING, CONNECTION, HOST};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use zeroize::Zeroizing;

use crate::address::is_loopback;
use crate::dial::{connect, http_error};
use crate::error::EgressError;
use crate::request::Request;
use crate::{resolve, tls};

/// TCP and TLS together.
const CONNECT: Duration = Duration::from_secs(5);
/// From the request to the last byte of the answer.
const ANSWER: Duration = Duration::from_secs(10);
/// A wrapped key and the words around it are far smaller.
const MAX_ANSWER: usize = 64 * 1024;

/// What came back.
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body. It may hold a key.
    pub body: Zeroizing<Vec<u8>>,
}

/// Sends `request` over a connection of its own and waits for the whole answer, also from inside of a runtime.
///
/// # Errors
/// [`EgressError`]: the host cannot be reached, is not trusted, or does not answer in time.
pub fn send(request: &Request, ca_file: Option<&PathBuf>) -> Result<Answer, EgressError> {
    let place = request.authority();
    let failed = |reason: String| EgressError::Http {
        place: place.clone(),
        reason,
    };
    let ca_files: Vec<PathBuf> = ca_file.into_iter().cloned().collect();
    let tls = tls::http1_only(&*tls::client_config(&ca_files)?);
    // A runtime cannot be entered from within another one's thread; a thread of its own can always wait.
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.map_err(|error| failed(error.to_string()))?;
            runtime.block_on(exchange(request, tls))
        });
        let ended = waiting.join();
        ended.unwrap_or_else(|_| Err(failed("it broke off".to_owned())))
    })
}

async fn exchange(request: &Request, config: Arc<rustls::ClientConfig>) -> Result<Answer, EgressError> {
    let place = || request.authority();
    let open = async {
        let answers = resolve::look_up(request.host(), request.port()).await;
        let addresses = answers.map_err(|reason| EgressError::Resolve { place: place(), reason })?;
        let addresses = local_in_clear(request, addresses)?;
        let tcp = connect(&addresses, Instant::now() + CONNECT).await;
        let tcp = tcp.map_err(|reason| EgressError::Connect { place: place(), reason })?;
        if request.scheme() == Scheme::Http {
            return Ok(Box::new(tcp) as Box<dyn Stream>);
        }
        let untrusted = |fault| EgressError::Tls { place: place(), fault };
        let name = tls::server_name(request.host()).map_err(untrusted)?;
        let stream = TlsConnector::from(config).connect(name, tcp).await;
        let stream = stream.map_err(|error| untrusted(tls::fault(&error)))?;
        Ok(Box::new(stream) as Box<dyn Stream>)
    };
    let stream = timeout(CONNECT, open).await.map_err(|_| EgressError::ConnectTimeout {
        place: place(),
        after: CONNECT,
    })??;
    timeout(ANSWER, converse(request, stream))
        .await
        .map_err(|_| EgressError::HeaderTimeout {
            place: place(),
            after: ANSWER,
        })?
}

/// A token or a key without TLS stays on this machine.
fn local_in_clear(request: &Request, mut addresses: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, EgressError> {
    if request.scheme() == Scheme::Http {
        addresses.retain(|it| is_loopback(it.ip()));
    }
    match addresses.is_empty() {
        true => Err(EgressError::Connect {
            place: request.authority(),
            reason: "without TLS only this machine is dialled; use `https://`".to_owned(),
        }),
        false => Ok(addresses),
    }
}

async fn converse(request: &Request, stream: Box<dyn Stream>) -> Result<Answer, EgressError> {
    let place = || request.authority();
    let failed = |error: hyper::Error| http_error(place(), &error);
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
    let connection = tokio::spawn(connection);
    let mut message = http::Request::builder()
        .method(request.method())
        .uri(request.path_and_query())
        .header(HOST, request.authority())
        .header(ACCEPT_ENCODING, "identity")
        .header(CONNECTION, "close");
    for (name, value) in request.headers() {
        message = message.header(name, value);
    }
    let message = message
        .body(Full::<Bytes>::new(request.body().clone()))
        .expect("a canonical request has valid parts");
    let answer = sender.send_request(message).await.map_err(failed)?;
    let status = answer.status().as_u16();
    let body = Limited::new(answer.into_body(), MAX_ANSWER).collect().await;
    connection.abort();
    match body {
        Ok(body) => Ok(Answer {
            status,
            body: Zeroizing::new(body.to_bytes().to_vec()),
        }),
        Err(error) => Err(match error.downcast::<hyper::Error>() {
            Ok(error) => failed(*error),
            Err(_) => EgressError::BodyTooLarge {
                place: place(),
                limit: MAX_ANSWER as u64,
            },
        }),
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}
