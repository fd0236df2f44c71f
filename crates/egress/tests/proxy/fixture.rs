//! A proxy for a run with one bound secret, the server behind it, and clients that speak to it byte by byte.

use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE64;
use distri_core::clock::SystemClock;
use distri_egress::proxy::ProxyLimits;
use distri_egress::{EgressLimits, Proxy, ProxyConfig};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::support::{Age, Authority, Body, Server, answer, release};

/// How long an answer may take that is sure to come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) const VALUE: &str = "sk_live_0123456789abcdef";
/// The host that the secret is bound to.
pub(crate) const BOUND: &str = "api.example.com";
/// A host of which the run knows nothing.
pub(crate) const OTHER: &str = "other.example";

/// A proxy and the server that answers for every host.
pub(crate) struct World {
    pub(crate) authority: Authority,
    pub(crate) server: Server,
    pub(crate) proxy: Proxy,
}

/// How a world differs from the usual one.
pub(crate) struct Setting {
    pub(crate) alpn: &'static [&'static str],
    pub(crate) lock: bool,
    pub(crate) limits: ProxyLimits,
    pub(crate) upstream: EgressLimits,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            alpn: &["http/1.1"],
            lock: false,
            limits: ProxyLimits::default(),
            upstream: EgressLimits::default(),
        }
    }
}

impl World {
    /// With a server that tells what it was asked.
    pub(crate) async fn new() -> Self {
        Self::with(Setting::default(), tell).await
    }

    pub(crate) async fn with<F, R>(setting: Setting, handler: F) -> Self
    where
        F: Fn(http::Request<Incoming>) -> R + Clone + Send + Sync + 'static,
        R: Future<Output = http::Response<Body>> + Send + 'static,
    {
        let authority = Authority::new();
        let server = Server::start(&authority, BOUND, Age::Valid, setting.alpn, handler).await;
        let proxy = proxy(&authority, &server, &setting);
        Self {
            authority,
            server,
            proxy,
        }
    }

    /// A tunnel to `authority`; the stream when the proxy has opened it, else its whole answer.
    pub(crate) async fn connect(&self, authority: &str) -> Result<TcpStream, String> {
        let mut stream = TcpStream::connect(self.proxy.address()).await.unwrap();
        let head = format!("CONNECT {authority} HTTP/1.1\r\n{}\r\n\r\n", self.credential());
        // One that is closed already has said why.
        let _ = stream.write_all(head.as_bytes()).await;
        let answer = read_head(&mut stream).await;
        if answer.starts_with("HTTP/1.1 200 ") {
            return Ok(stream);
        }
        Err(answer + &read_all(&mut stream).await)
    }

    /// TLS inside of a tunnel to the bound host.
    pub(crate) async fn inside(&self, alpn: &[&str]) -> TlsStream<TcpStream> {
        let stream = self.connect(&format!("{BOUND}:443")).await.unwrap();
        self.tls(stream, BOUND, alpn).await.unwrap()
    }

    /// TLS that trusts the run's authority and nobody else.
    pub(crate) async fn tls(
        &self,
        stream: TcpStream,
        name: &str,
        alpn: &[&str],
    ) -> std::io::Result<TlsStream<TcpStream>> {
        tls(self.proxy.certificate().as_bytes(), stream, name, alpn).await
    }

    /// What comes back to `bytes` inside of a tunnel to the bound host, until the proxy closes.
    pub(crate) async fn ask_inside(&self, bytes: &[u8]) -> String {
        let mut stream = self.inside(&["http/1.1"]).await;
        ask(&mut stream, bytes).await
    }

    /// What comes back to `bytes` on the listener, until the proxy closes.
    pub(crate) async fn ask(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.proxy.address()).await.unwrap();
        ask(&mut stream, bytes).await
    }

    /// The header that lets a client in.
    pub(crate) fn credential(&self) -> String {
        let url = self.proxy.url();
        let userinfo = url.strip_prefix("http://").unwrap().split('@').next().unwrap();
        format!("Proxy-Authorization: Basic {}", BASE64.encode(userinfo.as_bytes()))
    }
}

pub(crate) fn proxy(authority: &Authority, server: &Server, setting: &Setting) -> Proxy {
    let secrets = release(&[("A_KEY", VALUE.as_bytes(), &[BOUND, "*.wild.example"])]);
    let origins = [
        "api.example.com:443",
        "other.example:443",
        "other.example:80",
        "a.wild.example:443",
    ];
    let egress = server.egress(authority, &origins, secrets, setting.upstream.clone());
    let config = ProxyConfig {
        lock: setting.lock,
        limits: setting.limits.clone(),
        ..ProxyConfig::default()
    };
    Proxy::start(egress, config, &SystemClock).unwrap()
}

/// TLS that trusts the authorities in `pem` and nobody else.
pub(crate) async fn tls(
    pem: &[u8],
    stream: TcpStream,
    name: &str,
    alpn: &[&str],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        roots.add(certificate.unwrap()).unwrap();
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|it| it.as_bytes().to_vec()).collect();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

/// A handler that tells what it was asked: method, target, then the header fields in order, then the body.
pub(crate) async fn tell(request: http::Request<Incoming>) -> http::Response<Body> {
    let (head, body) = request.into_parts();
    let mut told = format!("{} {}\n", head.method, head.uri.path_and_query().unwrap());
    for (name, value) in &head.headers {
        told += &format!("{name}: {}\n", value.to_str().unwrap());
    }
    let body = body.collect().await.unwrap().to_bytes();
    told += &String::from_utf8_lossy(&body);
    let mut response = answer(told);
    response.headers_mut().insert("alt-svc", "h3=\":443\"".parse().unwrap());
    response
}

/// Writes `bytes` and reads until the other side closes.
pub(crate) async fn ask(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), bytes: &[u8]) -> String {
    stream.write_all(bytes).await.unwrap();
    stream.flush().await.unwrap();
    read_all(stream).await
}

pub(crate) async fn read_all(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut all = Vec::new();
    // A client that is told off may see the connection end in any way.
    let _ = timeout(PATIENCE, stream.read_to_end(&mut all))
        .await
        .expect("the proxy closes the connection");
    String::from_utf8_lossy(&all).into_owned()
}

/// A head up to its empty line.
pub(crate) async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut head = Vec::new();
    let read = async {
        while !head.ends_with(b"\r\n\r\n") {
            match stream.read_u8().await {
                Ok(byte) => head.push(byte),
                Err(_) => break,
            }
        }
    };
    timeout(PATIENCE, read).await.expect("the proxy answers");
    String::from_utf8_lossy(&head).into_owned()
}

/// Status and rule of an answer.
pub(crate) fn verdict(answer: &str) -> (u16, String) {
    let status = answer.split(' ').nth(1).and_then(|it| it.parse().ok()).unwrap_or(0);
    let rule = answer.lines().find_map(|it| it.strip_prefix("x-distri-rule: "));
    (status, rule.unwrap_or("passed on").to_owned())
}
