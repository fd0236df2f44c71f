//! Connections: accepted up to a number, each with limits on its headers and on how long it may take over them.

use std::convert::Infallible;
use std::path::Path;
use std::pin::pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tower_service::Service;

use crate::app::App;
use crate::limits::HEAD_BYTES;
use crate::router::Peer;
use crate::tls::{self, TlsError};

/// The most header fields of a request.
const HEADERS: usize = 64;
/// The most requests at once in one connection of HTTP/2.
const STREAMS: u32 = 64;
/// How long a scrape waits for the database.
const SCRAPE_WAITS: Duration = Duration::from_secs(2);
/// After the operating system has refused a connection, for want of file descriptors say.
const BREATH: Duration = Duration::from_millis(50);

/// The certificate in use, which can be replaced.
pub(crate) struct Tls(RwLock<Arc<ServerConfig>>);

impl Tls {
    pub(crate) fn read(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        Ok(Self(RwLock::new(tls::read(certificate, key)?)))
    }

    /// Takes another one for connections from now on.
    pub(crate) fn replace(&self, config: Arc<ServerConfig>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = config;
    }

    fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.0.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

/// Accepts connections until `ended`; gives back those that are still open.
pub(crate) async fn accept(
    app: Arc<App>,
    listener: TcpListener,
    tls: Option<&Tls>,
    router: Router,
    mut ended: watch::Receiver<()>,
) -> JoinSet<()> {
    let places = Arc::new(Semaphore::new(app.settings.now().max_connections));
    let mut connections = JoinSet::new();
    loop {
        let Ok(place) = places.clone().acquire_owned().await else {
            return connections;
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = ended.changed() => return connections,
        };
        // Those that ended are forgotten.
        while connections.try_join_next().is_some() {}
        let Ok((stream, address)) = accepted else {
            tokio::time::sleep(BREATH).await;
            continue;
        };
        // An answer is one write; waiting for more to send would cost 40 ms (Nagle against delayed acknowledgement).
        let _ = stream.set_nodelay(true);
        let (app, acceptor) = (app.clone(), tls.map(Tls::acceptor));
        let service = Connection {
            router: router.clone(),
            peer: Peer(address.ip().to_canonical()),
        };
        let ended = ended.clone();
        connections.spawn(async move {
            let _connected = app.metrics.connected();
            let time = app.settings.now().request_timeout;
            match acceptor {
                None => http1(stream, service, time, ended).await,
                Some(acceptor) => encrypted(acceptor, stream, service, time, ended).await,
            }
            drop(place);
        });
    }
}

/// What a connection's requests are answered by.
#[derive(Clone)]
struct Connection {
    router: Router,
    peer: Peer,
}

impl Connection {
    fn answer(
        &self,
        mut request: Request<Incoming>,
    ) -> impl Future<Output = Result<Response<Body>, Infallible>> + use<> {
        request.extensions_mut().insert(self.peer);
        self.router.clone().call(request)
    }
}

async fn encrypted(
    acceptor: TlsAcceptor,
    stream: TcpStream,
    service: Connection,
    time: Duration,
    ended: watch::Receiver<()>,
) {
    let Ok(Ok(stream)) = tokio::time::timeout(time, acceptor.accept(stream)).await else {
        return;
    };
    match stream.get_ref().1.alpn_protocol() {
        Some(b"h2") => http2(stream, service, time, ended).await,
        _ => http1(stream, service, time, ended).await,
    }
}

async fn http1(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    service: Connection,
    time: Duration,
    mut ended: watch::Receiver<()>,
) {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(time)
        .max_headers(HEADERS)
        .max_buf_size(HEAD_BYTES);
    let answers = service_fn(move |request| service.answer(request));
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), answers));
    // Errors of a connection are the client's: it went away, or sent no HTTP.
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = ended.changed() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

async fn http2(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    service: Connection,
    time: Duration,
    mut ended: watch::Receiver<()>,
) {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(u32::try_from(HEAD_BYTES).unwrap_or(u32::MAX))
        .keep_alive_interval(time)
        .keep_alive_timeout(time);
    let answers = service_fn(move |request| service.answer(request));
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), answers));
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = ended.changed() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

/// Serves `GET /metrics` in clear, to whoever can reach the address. Without a listener it waits for ever.
pub(crate) async fn serve_metrics(app: Arc<App>, listener: Option<TcpListener>) {
    let Some(listener) = listener else {
        return std::future::pending().await;
    };
    // A scrape is short; more than these at once are no scrapes.
    let places = Arc::new(Semaphore::new(8));
    loop {
        let (Ok(place), Ok((stream, _))) = (places.clone().acquire_owned().await, listener.accept().await) else {
            tokio::time::sleep(BREATH).await;
            continue;
        };
        let app = app.clone();
        tokio::spawn(async move {
            let answers = service_fn(move |request: Request<Incoming>| {
                let app = app.clone();
                async move { Ok::<_, Infallible>(metrics(app, &request).await) }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(Duration::from_secs(5))
                .keep_alive(false)
                .serve_connection(TokioIo::new(stream), answers);
            let _ = connection.await;
            drop(place);
        });
    }
}

async fn metrics(app: Arc<App>, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let mut response;
    if request.uri().path() == "/metrics" {
        let mut webhook = None;
        if app.vault.has_webhook() {
            let asked = app.clone();
            let ask = move || asked.vault.webhook_status();
            webhook = Some(app.webhook.standing(SCRAPE_WAITS, ask).await);
        }
        response = Response::new(Full::from(app.metrics.text(
            app.vault.room(),
            app.vault.is_unwitnessed(),
            webhook,
        )));
        let media = http::HeaderValue::from_static("text/plain; version=0.0.4");
        response.headers_mut().insert(http::header::CONTENT_TYPE, media);
    } else {
        response = Response::new(Full::from("metrics are at /metrics\n"));
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response
}
