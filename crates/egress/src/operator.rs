//! Requests of the operator's own, such as to a key provider or to a distri server: no agent has a word in them.
//!
//! No run and no release is behind one, so nothing is placed and nothing scrubbed. Certificates are verified as always.
//! The address is the operator's word: it may be any, also a private one; without TLS it is dialled on this machine only.
//! A redirect is an answer like any other: nobody follows it with a credential. Variables that name a proxy are not read:
//! what is sent here is for the host alone. Errors name the host and never a path, a header or a body.

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

/// One request, as it is sent.
pub struct Message {
    /// TLS or not.
    pub scheme: Scheme,
    /// A name, or an address; IPv6 in brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The method.
    pub method: http::Method,
    /// Path and query, percent-encoded.
    pub target: String,
    /// Beside those of the connection.
    pub headers: Vec<(String, String)>,
    /// The body. It may hold a value.
    pub body: Bytes,
}

/// What is waited for, and how much of it is taken.
#[derive(Clone, Copy, Debug)]
pub struct AnswerLimits {
    /// From the request to the last byte of the answer.
    pub time: Duration,
    /// The most bytes of its body.
    pub body: usize,
}

impl AnswerLimits {
    /// For key providers: a wrapped key and the words around it are far smaller.
    const KEEPER: Self = Self {
        time: Duration::from_secs(10),
        body: 64 * 1024,
    };
}

/// What came back.
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: http::HeaderMap,
    /// The body. It may hold a key.
    pub body: Zeroizing<Vec<u8>>,
}

/// Sends `request` over a connection of its own and waits for the whole answer, also from inside of a runtime.
///
/// # Errors
/// [`EgressError`]: the host cannot be reached, is not trusted, or does not answer in time.
pub fn send(request: &Request, ca_file: Option<&PathBuf>) -> Result<Answer, EgressError> {
    let message = Message {
        scheme: request.scheme(),
        host: request.host().to_owned(),
        port: request.port(),
        method: request
            .method()
            .parse()
            .expect("a canonical request has a valid method"),
        target: request.path_and_query(),
        headers: request.headers().to_vec(),
        body: request.body().clone(),
    };
    send_message(&message, AnswerLimits::KEEPER, ca_file)
}

/// The same for a message that no policy is decided on.
///
/// # Errors
/// As [`send`].
pub fn send_message(message: &Message, limits: AnswerLimits, ca_file: Option<&PathBuf>) -> Result<Answer, EgressError> {
    let failed = |reason: String| EgressError::Http {
        place: message.authority(),
        reason,
    };
    let tls = match message.scheme {
        Scheme::Http => None,
        Scheme::Https => {
            let ca_files: Vec<PathBuf> = ca_file.into_iter().cloned().collect();
            Some(tls::http1_only(&*tls::client_config(&ca_files)?))
        }
    };
    // A runtime cannot be entered from within another one's thread; a thread of its own can always wait.
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.map_err(|error| failed(error.to_string()))?;
            runtime.block_on(exchange(message, limits, tls))
        });
        let ended = waiting.join();
        ended.unwrap_or_else(|_| Err(failed("it broke off".to_owned())))
    })
}

impl Message {
    /// Host, and the port unless it is the scheme's own.
    #[must_use]
    pub fn authority(&self) -> String {
        match self.port == self.scheme.default_port() {
            true => self.host.clone(),
            false => format!("{}:{}", self.host, self.port),
        }
    }
}

async fn exchange(
    message: &Message,
    limits: AnswerLimits,
    config: Option<Arc<rustls::ClientConfig>>,
) -> Result<Answer, EgressError> {
    let place = || message.authority();
    let open = async {
        let answers = resolve::look_up(&message.host, message.port).await;
        let addresses = answers.map_err(|reason| EgressError::Resolve { place: place(), reason })?;
        let addresses = local_in_clear(message, addresses)?;
        let tcp = connect(&addresses, Instant::now() + CONNECT).await;
        let tcp = tcp.map_err(|reason| EgressError::Connect { place: place(), reason })?;
        // Head and body are two writes; Nagle's algorithm would hold the second one back.
        let _ = tcp.set_nodelay(true);
        let Some(config) = config else {
            return Ok(Box::new(tcp) as Box<dyn Stream>);
        };
        let untrusted = |fault| EgressError::Tls { place: place(), fault };
        let name = tls::server_name(&message.host).map_err(untrusted)?;
        let stream = TlsConnector::from(config).connect(name, tcp).await;
        let stream = stream.map_err(|error| untrusted(tls::fault(&error)))?;
        Ok(Box::new(stream) as Box<dyn Stream>)
    };
    let stream = timeout(CONNECT, open).await.map_err(|_| EgressError::ConnectTimeout {
        place: place(),
        after: CONNECT,
    })??;
    timeout(limits.time, converse(message, limits.body, stream))
        .await
        .map_err(|_| EgressError::HeaderTimeout {
            place: place(),
            after: limits.time,
        })?
}

/// A token or a key without TLS stays on this machine.
fn local_in_clear(message: &Message, mut addresses: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, EgressError> {
    if message.scheme == Scheme::Http {
        addresses.retain(|it| is_loopback(it.ip()));
    }
    match addresses.is_empty() {
        true => Err(EgressError::Connect {
            place: message.authority(),
            reason: "without TLS only this machine is dialled; use `https://`".to_owned(),
        }),
        false => Ok(addresses),
    }
}

async fn converse(message: &Message, most: usize, stream: Box<dyn Stream>) -> Result<Answer, EgressError> {
    let place = || message.authority();
    let failed = |error: hyper::Error| http_error(place(), &error);
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
    let connection = tokio::spawn(connection);
    let mut request = http::Request::builder()
        .method(&message.method)
        .uri(&message.target)
        .header(HOST, message.authority())
        .header(ACCEPT_ENCODING, "identity")
        .header(CONNECTION, "close");
    for (name, value) in &message.headers {
        request = request.header(name, value);
    }
    let request = request
        .body(Full::<Bytes>::new(message.body.clone()))
        .map_err(|_| EgressError::Http {
            place: place(),
            reason: "the request has a part that HTTP has no form for".to_owned(),
        })?;
    let answer = sender.send_request(request).await.map_err(failed)?;
    let (head, body) = answer.into_parts();
    let body = Limited::new(body, most).collect().await;
    connection.abort();
    match body {
        Ok(body) => Ok(Answer {
            status: head.status.as_u16(),
            headers: head.headers,
            body: Zeroizing::new(body.to_bytes().to_vec()),
        }),
        Err(error) => Err(match error.downcast::<hyper::Error>() {
            Ok(error) => failed(*error),
            Err(_) => EgressError::BodyTooLarge {
                place: place(),
                limit: most as u64,
            },
        }),
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}
