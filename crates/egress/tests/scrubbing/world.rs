//! A run with placeholders, and a TLS server that answers with the bytes of a test.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::sync::Arc;

use distri_core::release::Release;
use distri_egress::{Egress, EgressError, EgressLimits, Response};
use distri_redact::encodings::ENCODINGS;
use distri_redact::{MIN_NEEDLE, weakness};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use crate::support::{Authority, Server, get, held, placeholder};

/// A token with a published prefix: its placeholder has its length.
pub(crate) const TOKEN: &str = "sk_live_51HG7dKJhgfd765KJHgfd7654jhgfKJHG";
/// A value that every escaping changes: its placeholder has another length.
pub(crate) const PHRASE: &str = "p&ss <w>\"o'r=d+ü/7~x";

/// The secrets of the run that most tests have.
pub(crate) fn release() -> Release {
    held(&[
        ("DB_PHRASE", PHRASE.as_bytes(), &["db.example.com"]),
        ("STRIPE_API_KEY", TOKEN.as_bytes(), &["api.example.com"]),
    ])
}

/// What a run holds in the place of the values.
pub(crate) struct Given {
    /// For [`TOKEN`].
    pub(crate) token: String,
    /// For [`PHRASE`].
    pub(crate) phrase: String,
}

impl Given {
    pub(crate) fn by(release: &Release) -> Self {
        Self {
            token: placeholder(release, "STRIPE_API_KEY"),
            phrase: placeholder(release, "DB_PHRASE"),
        }
    }
}

/// A run's way out and the server that it reaches by two names.
pub(crate) struct World {
    pub(crate) egress: Egress,
    pub(crate) server: Server,
}

impl World {
    /// A server that answers a request for `/N` with `replies[N]` and reads the next request.
    pub(crate) async fn answering(release: Release, replies: Vec<Vec<u8>>) -> Self {
        let replies = Arc::new(replies);
        let answer = move |mut stream: TlsStream<TcpStream>, index: usize| {
            let replies = replies.clone();
            async move {
                let _ = stream.write_all(&replies[index]).await;
                let _ = stream.flush().await;
                Some(stream)
            }
        };
        Self::scripted(release, EgressLimits::default(), answer).await
    }

    /// A server that does `script` for each request, with the number in its path, for as long as it gets the stream back.
    pub(crate) async fn scripted<F, R>(release: Release, limits: EgressLimits, script: F) -> Self
    where
        F: Fn(TlsStream<TcpStream>, usize) -> R + Clone + Send + Sync + 'static,
        R: Future<Output = Option<TlsStream<TcpStream>>> + Send + 'static,
    {
        let authority = Authority::new();
        let server = Server::raw(&authority, "*.example.com", {
            move |mut stream| {
                let script = script.clone();
                async move {
                    while let Some(index) = path(&mut stream).await {
                        match script(stream, index).await {
                            Some(back) => stream = back,
                            None => return,
                        }
                    }
                }
            }
        });
        Self::new(release, server.await, &authority, limits)
    }

    pub(crate) fn new(release: Release, server: Server, authority: &Authority, limits: EgressLimits) -> Self {
        let origins = ["api.example.com:443", "elsewhere.example.com:443"];
        Self {
            egress: server.egress(authority, &origins, release, limits),
            server,
        }
    }

    pub(crate) async fn send(&self, index: usize) -> Result<Response, EgressError> {
        self.egress.send(get(&format!("https://api.example.com/{index}"))).await
    }

    /// Everything of an answer: status line and fields, then the body.
    pub(crate) async fn get(&self, index: usize) -> (Seen, Vec<u8>) {
        let response = self.send(index).await.unwrap();
        let head = Seen::of(&response);
        (head, response.bytes(1 << 30).await.unwrap().to_vec())
    }
}

/// The head of a response.
pub(crate) struct Seen {
    pub(crate) status: u16,
    pub(crate) reason: String,
    pub(crate) headers: Vec<(String, String)>,
}

impl Seen {
    pub(crate) fn of(response: &Response) -> Self {
        Self {
            status: response.status,
            reason: response.reason.clone(),
            headers: response.headers.clone(),
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|it| it.0 == name).map(|it| it.1.as_str())
    }

    pub(crate) fn text(&self) -> String {
        format!("{} {} {:?}", self.status, self.reason, self.headers)
    }
}

/// Collects a body until it ends or fails.
pub(crate) async fn collect(mut response: Response) -> (Vec<u8>, Option<EgressError>) {
    let mut all = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(piece)) => all.extend_from_slice(&piece),
            Ok(None) => {
                assert!(response.chunk().await.unwrap().is_none(), "an end stays an end");
                return (all, None);
            }
            Err(error) => {
                assert!(response.chunk().await.is_err(), "an error is followed by nothing else");
                return (all, Some(error));
            }
        }
    }
}

/// A form of a value that stands in `text`, also over line breaks of any kind.
pub(crate) fn surviving(text: &[u8]) -> Option<String> {
    let latin1: String = text.iter().map(|it| char::from(*it)).collect();
    let text = ["=\r\n", "=\n", "\\r\\n", "\\n"]
        .iter()
        .fold(latin1, |text, it| text.replace(it, ""));
    let text: &[u8] = &text.chars().map(|it| it as u8).collect::<Vec<_>>();
    let joined: Vec<u8> = text.iter().copied().filter(|it| !matches!(it, b'\r' | b'\n')).collect();
    for value in [TOKEN, PHRASE].map(str::as_bytes) {
        assert!(weakness(value).is_none());
        for encoding in ENCODINGS {
            let forms = encoding.forms(value);
            let stands = |form: &[u8]| {
                [text, &joined]
                    .iter()
                    .any(|it| it.windows(form.len()).any(|it| it == form))
            };
            if forms.iter().any(|it| it.len() >= MIN_NEEDLE && stands(it)) {
                return Some(encoding.name().to_owned());
            }
        }
    }
    None
}

/// Reads a request's head and returns the number in its path; `None` at the end of the stream.
pub(crate) async fn path(stream: &mut TlsStream<TcpStream>) -> Option<usize> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    head.split(' ').nth(1).unwrap().trim_start_matches('/').parse().ok()
}

/// `HTTP/1.1 200 OK` with a body of known length.
pub(crate) fn sized(head: &str, body: &[u8]) -> Vec<u8> {
    let mut reply = format!("HTTP/1.1 200 OK\r\n{head}content-length: {}\r\n\r\n", body.len()).into_bytes();
    reply.extend_from_slice(body);
    reply
}

/// The same in chunks of these bytes.
pub(crate) fn chunked<'c>(head: &str, chunks: impl IntoIterator<Item = &'c [u8]>) -> Vec<u8> {
    let mut reply = format!("HTTP/1.1 200 OK\r\n{head}transfer-encoding: chunked\r\n\r\n").into_bytes();
    for chunk in chunks.into_iter().filter(|it| !it.is_empty()) {
        reply.extend(format!("{:x}\r\n", chunk.len()).bytes());
        reply.extend_from_slice(chunk);
        reply.extend(b"\r\n");
    }
    reply.extend(b"0\r\n\r\n");
    reply
}
