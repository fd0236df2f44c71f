//! The servers behind: on loopback, writing down all that arrives, answering what the present row says.
//!
//! They forgive everything that a careless server forgives (bare line feeds, repeated fields, a length beside chunks):
//! what was smuggled through must be seen here as the requests it was meant to be.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::authority::{Authority, Flaw};
use crate::error::SelftestError;

/// The way in by which something arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// HTTPS, HTTP/1.1.
    Good,
    /// HTTPS on a port that no secret is bound to.
    OtherPort,
    /// No TLS.
    Clear,
    /// A certificate whose time is over.
    Expired,
    /// A certificate for another name.
    WrongName,
    /// A certificate of nobody.
    UnknownAuthority,
    /// HTTPS, HTTP/2.
    Http2,
}

impl Door {
    /// In the order of their ports; the name that rows use.
    pub(crate) const ALL: [(Self, &'static str); 7] = [
        (Self::Good, "PORT"),
        (Self::OtherPort, "OTHER_PORT"),
        (Self::Clear, "CLEAR_PORT"),
        (Self::Expired, "EXPIRED_PORT"),
        (Self::WrongName, "WRONG_NAME_PORT"),
        (Self::UnknownAuthority, "UNKNOWN_PORT"),
        (Self::Http2, "HTTP2_PORT"),
    ];

    fn flaw(self) -> Flaw {
        match self {
            Self::Expired => Flaw::Expired,
            Self::WrongName => Flaw::WrongName,
            Self::UnknownAuthority => Flaw::UnknownAuthority,
            _ => Flaw::None,
        }
    }
}

/// A request as it arrived.
#[derive(Clone)]
pub(crate) struct Received {
    pub(crate) door: Door,
    /// Head and body.
    pub(crate) bytes: Vec<u8>,
}

/// What the servers answer, in the pieces in which it is written; then the connection breaks or goes on.
#[derive(Clone, Default)]
pub(crate) struct Reply {
    pub(crate) pieces: Vec<Vec<u8>>,
    pub(crate) breaks: bool,
}

/// The servers.
pub(crate) struct Upstream {
    addresses: [SocketAddr; Door::ALL.len()],
    state: Arc<State>,
    // They end with this.
    _serving: JoinSet<()>,
}

#[derive(Default)]
struct State {
    received: Mutex<Vec<Received>>,
    reply: Mutex<Option<Arc<Reply>>>,
}

impl Upstream {
    /// Starts a server for each door: on the ports from `first` on, or on free ones.
    pub(crate) async fn start(
        authority: &Authority,
        names: &[String],
        first: Option<SocketAddr>,
    ) -> Result<Self, SelftestError> {
        let state = Arc::<State>::default();
        let mut serving = JoinSet::new();
        let mut addresses = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)); Door::ALL.len()];
        for (at, (door, _)) in Door::ALL.into_iter().enumerate() {
            let wanted = first.map_or(addresses[at], |it| {
                SocketAddr::new(it.ip(), it.port().saturating_add(u16::try_from(at).unwrap_or(0)))
            });
            let listener = TcpListener::bind(wanted).await.map_err(SelftestError::Listen)?;
            addresses[at] = listener.local_addr().map_err(SelftestError::Listen)?;
            let alpn: &[u8] = if door == Door::Http2 { b"h2" } else { b"http/1.1" };
            let acceptor = authority.acceptor(names, door.flaw(), alpn)?;
            serving.spawn(accept(listener, door, acceptor, state.clone()));
        }
        Ok(Self {
            addresses,
            state,
            _serving: serving,
        })
    }

    /// Where `door` listens.
    pub(crate) fn address(&self, door: Door) -> SocketAddr {
        let at = Door::ALL.iter().position(|it| it.0 == door).unwrap_or(0);
        self.addresses[at]
    }

    /// Forgets what arrived; the next requests are answered by `reply`, or with thanks.
    pub(crate) fn begin(&self, reply: Option<Reply>) {
        self.state.received().clear();
        *self.state.reply.lock().unwrap_or_else(PoisonError::into_inner) = reply.map(Arc::new);
    }

    /// What arrived since.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.state.received().clone()
    }
}

impl State {
    /// A panic elsewhere does not make what arrived less true.
    fn received(&self) -> MutexGuard<'_, Vec<Received>> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_down(&self, door: Door, bytes: Vec<u8>) {
        self.received().push(Received { door, bytes });
    }

    fn reply(&self) -> Arc<Reply> {
        const THANKS: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nthanks";
        let reply = self.reply.lock().unwrap_or_else(PoisonError::into_inner).clone();
        reply.unwrap_or_else(|| {
            Arc::new(Reply {
                pieces: vec![THANKS.to_vec()],
                breaks: false,
            })
        })
    }
}

async fn accept(listener: TcpListener, door: Door, acceptor: TlsAcceptor, state: Arc<State>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    connections.spawn(serve(stream, door, acceptor.clone(), state.clone()));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, door: Door, acceptor: TlsAcceptor, state: Arc<State>) {
    if stream.set_nodelay(true).is_err() {
        return;
    }
    if door == Door::Clear {
        return http1(stream, door, &state).await;
    }
    // Whoever does not like the certificate goes away.
    let Ok(stream) = acceptor.accept(stream).await else {
        return;
    };
    if door != Door::Http2 {
        return http1(stream, door, &state).await;
    }
    let service = service_fn(move |request| http2_answer(request, state.clone()));
    let builder = http2::Builder::new(TokioExecutor::new());
    drop(builder.serve_connection(TokioIo::new(stream), service).await);
}

async fn http1<S>(mut stream: S, door: Door, state: &State)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut input = Vec::new();
    while let Some(request) = read_request(&mut stream, &mut input).await {
        let to_head = request.starts_with(b"HEAD ");
        state.write_down(door, request);
        let reply = state.reply();
        for piece in &reply.pieces {
            let head_end = find(piece, b"\r\n\r\n").map_or(piece.len(), |it| it + 4);
            let piece = if to_head { &piece[..head_end] } else { &piece[..] };
            if stream.write_all(piece).await.is_err() || stream.flush().await.is_err() {
                return;
            }
        }
        if reply.breaks {
            return;
        }
    }
    drop(stream.shutdown().await);
}

/// The next request as a careless server reads it; what is left stays in `input`.
async fn read_request<S: AsyncRead + Unpin>(stream: &mut S, input: &mut Vec<u8>) -> Option<Vec<u8>> {
    let head_end = loop {
        let end = find(input, b"\n\r\n").map(|it| it + 3);
        match end.or_else(|| find(input, b"\n\n").map(|it| it + 2)) {
            Some(end) => break end,
            None => more(stream, input).await?,
        }
    };
    let head = String::from_utf8_lossy(&input[..head_end]).to_ascii_lowercase();
    let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let end = if field("transfer-encoding:").is_some_and(|it| it.contains("chunked")) {
        loop {
            match find(&input[head_end..], b"0\r\n\r\n") {
                Some(at) => break head_end + at + 5,
                None => more(stream, input).await?,
            }
        }
    } else {
        let length = field("content-length:")
            .and_then(|it| it.parse::<usize>().ok())
            .unwrap_or(0);
        let end = head_end.saturating_add(length);
        while input.len() < end {
            more(stream, input).await?;
        }
        end
    };
    Some(input.drain(..end).collect())
}

async fn more<S: AsyncRead + Unpin>(stream: &mut S, input: &mut Vec<u8>) -> Option<()> {
    const PATIENCE: Duration = Duration::from_secs(30);
    match timeout(PATIENCE, stream.read_buf(input)).await {
        Ok(Ok(read)) if read > 0 => Some(()),
        _ => None,
    }
}

async fn http2_answer(
    request: http::Request<Incoming>,
    state: Arc<State>,
) -> Result<http::Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let target = head.uri.path_and_query().map_or("", |it| it.as_str());
    let mut bytes = format!("{} {target} HTTP/2\n", head.method).into_bytes();
    for (name, value) in &head.headers {
        bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\n"].concat());
    }
    bytes.push(b'\n');
    if let Ok(body) = body.collect().await {
        bytes.extend(body.to_bytes());
    }
    state.write_down(Door::Http2, bytes);
    Ok(http::Response::new(Full::new(Bytes::from_static(b"thanks"))))
}

pub(crate) fn find(text: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::find(text, needle)
}
