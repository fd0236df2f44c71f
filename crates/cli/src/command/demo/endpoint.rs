//! The services of the demo: TLS on loopback, under the real service's name and under a thief's.
//!
//! It keeps what it got, and answers; whether that was right is for [`super::checks`] to say.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;
use zeroize::Zeroizing;

use crate::exit::Exit;
use crate::failure::Failure;

use super::authority;

/// The host that the key is for.
pub(super) const MAIL: &str = "api.sendgrid.com";
/// A host that it is not for.
pub(super) const COLLECTOR: &str = "collector.example";

/// A request as it arrived.
pub(super) struct Received {
    /// The host it was meant for.
    pub(super) host: String,
    /// `POST /v3/mail/send`.
    pub(super) line: String,
    /// The `Authorization` header.
    pub(super) authorization: Zeroizing<Vec<u8>>,
    /// All of it: line, headers, body.
    pub(super) whole: Zeroizing<Vec<u8>>,
}

/// Both hosts, behind one listener.
pub(super) struct Endpoint {
    address: SocketAddr,
    seen: Arc<Seen>,
}

/// The next request, which gets no answer before this is dropped.
pub(super) struct Held {
    arrival: oneshot::Receiver<()>,
    _answer: oneshot::Sender<()>,
}

#[derive(Default)]
struct Seen {
    requests: Mutex<Vec<Received>>,
    hold: Mutex<Option<(oneshot::Sender<()>, oneshot::Receiver<()>)>>,
}

impl Endpoint {
    /// Starts to listen; the authority that vouches for it goes into `ca_file`.
    pub(super) async fn start(ca_file: &Path) -> Result<Self, Failure> {
        let failed = |error| Failure::new(Exit::Failed, "cannot start a mail service on loopback").cause(error);
        let (acceptor, pem) = authority::tls(&[MAIL, COLLECTOR])?;
        std::fs::write(ca_file, pem).map_err(failed)?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let seen = Arc::<Seen>::default();
        tokio::spawn(accept(listener, acceptor, seen.clone()));
        Ok(Self { address, seen })
    }

    /// The options of a command, run in the project, that lead requests for `host` here.
    pub(super) fn options(&self, host: &str) -> [String; 2] {
        let resolve = format!("--resolve={host}:443:{}", self.address);
        [resolve, "--ca-file=../ca.pem".to_owned()]
    }

    /// Makes the next request wait for its answer.
    pub(super) fn hold_next(&self) -> Held {
        let (arrived, arrival) = oneshot::channel();
        let (answer, answered) = oneshot::channel();
        *lock(&self.seen.hold) = Some((arrived, answered));
        Held {
            arrival,
            _answer: answer,
        }
    }

    /// What has arrived so far.
    pub(super) fn received(&self) -> MutexGuard<'_, Vec<Received>> {
        lock(&self.seen.requests)
    }
}

impl Held {
    /// Ready when the request is there.
    pub(super) async fn arrived(&mut self) {
        // An error is an endpoint that is gone, and then nothing will arrive.
        if (&mut self.arrival).await.is_err() {
            std::future::pending().await
        }
    }
}

async fn accept(listener: TcpListener, acceptor: TlsAcceptor, seen: Arc<Seen>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream, acceptor.clone(), seen.clone()));
    }
}

async fn serve(stream: TcpStream, acceptor: TlsAcceptor, seen: Arc<Seen>) {
    // A client that breaks off has its reasons, and it names them.
    let Ok(stream) = acceptor.accept(stream).await else {
        return;
    };
    let service = service_fn(move |request| answer(request, seen.clone()));
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn answer(
    request: http::Request<Incoming>,
    seen: Arc<Seen>,
) -> Result<http::Response<Full<Bytes>>, hyper::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let received = Received::new(&head, &body);
    let echo = head.uri.path() == "/echo";
    let reply = match echo {
        true => [b"you sent ", &received.authorization[..]].concat(),
        false => Vec::new(),
    };
    lock(&seen.requests).push(received);
    let held = lock(&seen.hold).take();
    if let Some((arrived, answered)) = held {
        let _ = arrived.send(());
        // Dropped is answered.
        let _ = answered.await;
    }
    let mut response = http::Response::new(Full::new(Bytes::from(reply)));
    if !echo {
        *response.status_mut() = http::StatusCode::ACCEPTED;
    }
    Ok(response)
}

impl Received {
    fn new(head: &http::request::Parts, body: &[u8]) -> Self {
        let header = |name| head.headers.get(name).map_or(&b""[..], |it| it.as_bytes());
        let line = format!("{} {}", head.method, head.uri);
        let mut whole = Zeroizing::new(line.clone().into_bytes());
        for (name, value) in &head.headers {
            for part in [b"\n", name.as_str().as_bytes(), b": ", value.as_bytes()] {
                whole.extend_from_slice(part);
            }
        }
        whole.extend_from_slice(b"\n\n");
        whole.extend_from_slice(body);
        Self {
            host: String::from_utf8_lossy(header("host")).into_owned(),
            line,
            authorization: Zeroizing::new(header("authorization").to_vec()),
            whole,
        }
    }
}

/// A panic elsewhere does not make what arrived less true.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
