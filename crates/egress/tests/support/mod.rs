//! Real servers on loopback with certificates of a test authority, and an `Egress` that reaches them.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use distri_core::alarm::Watch;
use distri_core::clock::SystemClock;
use distri_core::envelope::Keyring;
use distri_core::ids::RunId;
use distri_core::placeholder::{PlaceholderId, Shape};
use distri_core::policy::Policy;
use distri_core::release::{Release, ReleasedSecret};
use distri_core::value::SecretValue;
use distri_egress::{Egress, EgressConfig, EgressError, EgressLimits, Request, Response};
use http_body_util::{BodyExt, Full, combinators::BoxBody};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

pub type Body = BoxBody<Bytes, std::io::Error>;

/// A certificate authority with its PEM file.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub file: tempfile::NamedTempFile,
}

/// How the certificate of a server differs from a good one.
#[derive(Clone, Copy, PartialEq)]
pub enum Age {
    Valid,
    Expired,
    Future,
}

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), params.self_signed(&key).unwrap().pem()).unwrap();
        Self {
            issuer: Issuer::new(params, key),
            file,
        }
    }

    fn acceptor(&self, name: &str, age: Age, alpn: &[&str]) -> TlsAcceptor {
        let mut params = CertificateParams::new(name.split(' ').map(str::to_owned).collect::<Vec<_>>()).unwrap();
        match age {
            Age::Valid => {}
            Age::Expired => params.not_after = rcgen::date_time_ymd(2001, 1, 1),
            Age::Future => params.not_before = rcgen::date_time_ymd(4000, 1, 1),
        }
        let key = KeyPair::generate().unwrap();
        let chain: Vec<CertificateDer<'static>> = vec![params.signed_by(&key, &self.issuer).unwrap().der().clone()];
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let mut config =
            rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(chain, key)
                .unwrap();
        config.alpn_protocols = alpn.iter().map(|it| it.as_bytes().to_vec()).collect();
        TlsAcceptor::from(Arc::new(config))
    }
}

/// A running server; it counts what reaches it.
pub struct Server {
    pub address: SocketAddr,
    pub connections: Arc<AtomicUsize>,
    pub requests: Arc<AtomicUsize>,
}

impl Server {
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    /// An HTTPS server named `name`, or each of several names between spaces, that speaks the first protocol of `alpn` which the client offers.
    pub async fn start<F, R>(authority: &Authority, name: &str, age: Age, alpn: &[&str], handler: F) -> Self
    where
        F: Fn(http::Request<Incoming>) -> R + Clone + Send + Sync + 'static,
        R: Future<Output = http::Response<Body>> + Send + 'static,
    {
        let requests = Arc::<AtomicUsize>::default();
        let counter = requests.clone();
        let acceptor = authority.acceptor(name, age, alpn);
        let mut server = Self::accept(move |tcp| {
            let (acceptor, handler, counter) = (acceptor.clone(), handler.clone(), counter.clone());
            async move {
                let Ok(stream) = acceptor.accept(tcp).await else { return };
                let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                let service = service_fn(move |request| {
                    counter.fetch_add(1, Ordering::SeqCst);
                    let answer = handler(request);
                    async move { Ok::<_, Infallible>(answer.await) }
                });
                let io = TokioIo::new(stream);
                if http2 {
                    drop(
                        hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                            .serve_connection(io, service)
                            .await,
                    );
                } else {
                    drop(
                        hyper::server::conn::http1::Builder::new()
                            .serve_connection(io, service)
                            .await,
                    );
                }
            }
        })
        .await;
        server.requests = requests;
        server
    }

    /// A TLS server that does with each stream what `script` says.
    pub async fn raw<F, R>(authority: &Authority, name: &str, script: F) -> Self
    where
        F: Fn(TlsStream<TcpStream>) -> R + Clone + Send + Sync + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        Self::raw_as("http/1.1", authority, name, script).await
    }

    /// The same for a protocol of the test's own making.
    pub async fn raw_as<F, R>(alpn: &str, authority: &Authority, name: &str, script: F) -> Self
    where
        F: Fn(TlsStream<TcpStream>) -> R + Clone + Send + Sync + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        let acceptor = authority.acceptor(name, Age::Valid, &[alpn]);
        Self::accept(move |tcp| {
            let (acceptor, script) = (acceptor.clone(), script.clone());
            async move {
                if let Ok(stream) = acceptor.accept(tcp).await {
                    script(stream).await;
                }
            }
        })
        .await
    }

    /// One that is not there: nobody is given a port so low, as one would be that was free a moment ago.
    pub fn nowhere() -> Self {
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], 1)),
            connections: Arc::default(),
            requests: Arc::default(),
        }
    }

    /// A TCP server that does with each stream what `script` says.
    pub async fn accept<F, R>(script: F) -> Self
    where
        F: Fn(TcpStream) -> R + Send + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::<AtomicUsize>::default();
        let counter = connections.clone();
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                tcp.set_nodelay(true).unwrap();
                tokio::spawn(script(tcp));
            }
        });
        Self {
            address,
            connections,
            requests: Arc::default(),
        }
    }

    /// An `Egress` for which `api.example.com` is this server, without secrets and with the usual limits.
    pub fn egress_without_secrets(&self, authority: &Authority) -> Egress {
        self.egress(
            authority,
            &["api.example.com:443"],
            release(&[]),
            EgressLimits::default(),
        )
    }

    /// An `Egress` for which `name:port` is this server.
    pub fn egress(&self, authority: &Authority, origins: &[&str], release: Release, limits: EgressLimits) -> Egress {
        let resolve = origins
            .iter()
            .map(|it| format!("{it}:{}", self.address).parse().unwrap())
            .collect();
        let config = EgressConfig {
            resolve,
            ca_files: vec![authority.file.path().to_owned()],
            limits,
            ..EgressConfig::default()
        };
        Egress::new(config, Arc::new(release), Arc::new(Watch::none())).unwrap()
    }
}

/// A release of `(key, value, hosts)`.
pub fn release(secrets: &[(&str, &[u8], &[&str])]) -> Release {
    let secret = |(key, value, hosts): &(&str, &[u8], &[&str])| ReleasedSecret {
        key: key.parse().unwrap(),
        version: 1,
        value: SecretValue::new(value.to_vec()).unwrap(),
        placeholder: None,
        policy: Policy {
            hosts: hosts.iter().map(|it| it.parse().unwrap()).collect(),
            ..Policy::default()
        },
    };
    Release {
        run: RunId::new(&SystemClock),
        secrets: secrets.iter().map(secret).collect(),
        placeholders: None,
    }
}

/// A release in which every secret is held as a placeholder.
pub fn held(secrets: &[(&str, &[u8], &[&str])]) -> Release {
    let keyring = Keyring::create(&SystemClock);
    let mut release = release(secrets);
    for (index, secret) in release.secrets.iter_mut().enumerate() {
        let id = PlaceholderId::new(7, index).unwrap();
        let shape = Shape::of(&secret.key, secret.value.expose_secret());
        secret.placeholder = Some(keyring.placeholders().mint(id, &shape));
    }
    release.placeholders = Some(keyring.placeholders().clone());
    release
}

/// What `release` gives the run for `key`.
pub fn placeholder(release: &Release, key: &str) -> String {
    String::from_utf8(release.get(key).unwrap().given().to_vec()).unwrap()
}

pub fn get(url: &str) -> Request {
    Request::parse("GET", url, vec![], vec![]).unwrap()
}

pub fn full(body: impl Into<Bytes>) -> Body {
    Full::new(body.into()).map_err(|never| match never {}).boxed()
}

pub fn answer(body: impl Into<Bytes>) -> http::Response<Body> {
    http::Response::new(full(body))
}

pub async fn read(response: Response) -> Result<Bytes, EgressError> {
    response.bytes(64 * 1024 * 1024).await
}
