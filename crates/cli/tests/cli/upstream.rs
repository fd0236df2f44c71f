//! A real HTTPS server on loopback that answers to the names of services, with a certificate authority of its own.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// Names that it has a certificate for; a path of [`PENDING`] is never answered.
const NAMES: [&str; 5] = [
    "api.sendgrid.com",
    "hooks.example.com",
    "api.stripe.com",
    "api.openai.com",
    "github.com",
];
const PENDING: &str = "/pending";
/// How long something may take that is sure to come.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server; it ends with the test's process.
pub(crate) struct Upstream {
    address: SocketAddr,
    directory: tempfile::TempDir,
    seen: Arc<Mutex<Vec<Arrived>>>,
    news: Receiver<()>,
}

/// One request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Arrived {
    /// `METHOD https://host/path`, the host as the request says it.
    pub(crate) line: String,
    /// Names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Upstream {
    /// Starts it. It answers `202 Accepted`, and what came as `authorization` as its body, unless the host is an API's.
    pub(crate) fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (acceptor, authority) = tls();
        std::fs::write(directory.path().join("ca.pem"), authority).unwrap();
        let seen = Arc::<Mutex<Vec<Arrived>>>::default();
        let (addresses, address) = channel();
        let (tell, news) = channel();
        let record = Arc::clone(&seen);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                addresses.send(listener.local_addr().unwrap()).unwrap();
                while let Ok((tcp, _)) = listener.accept().await {
                    let (acceptor, record, tell) = (acceptor.clone(), Arc::clone(&record), tell.clone());
                    tokio::spawn(async move {
                        if let Ok(stream) = acceptor.accept(tcp).await {
                            serve(stream, record, tell).await;
                        }
                    });
                }
            });
        });
        Self {
            address: address.recv_timeout(PATIENCE).unwrap(),
            directory,
            seen,
            news,
        }
    }

    /// The options of `distri` that lead to it.
    pub(crate) fn options(&self) -> Vec<String> {
        let resolve = NAMES.map(|name| ["--resolve".to_owned(), format!("{name}:443:{}", self.address)]);
        let authority = ["--ca-file".to_owned(), self.authority().display().to_string()];
        resolve.into_iter().flatten().chain(authority).collect()
    }

    /// Its own address, for which its certificate is good too.
    pub(crate) fn place(&self) -> String {
        format!("https://{}", self.address)
    }

    /// `args` and [`options`](Self::options).
    pub(crate) fn and_options(&self, args: &[&str]) -> Vec<String> {
        args.iter().map(|it| (*it).to_owned()).chain(self.options()).collect()
    }

    /// The file with its authority's certificate.
    pub(crate) fn authority(&self) -> PathBuf {
        self.directory.path().join("ca.pem")
    }

    /// Everything that has arrived.
    pub(crate) fn arrived(&self) -> Vec<Arrived> {
        self.seen.lock().unwrap().clone()
    }

    /// The only request that has arrived.
    #[track_caller]
    pub(crate) fn only(&self) -> Arrived {
        let mut arrived = self.arrived();
        assert_eq!(arrived.len(), 1, "{arrived:?}");
        arrived.remove(0)
    }

    /// Waits for a request.
    pub(crate) fn wait(&self) {
        self.news.recv_timeout(PATIENCE).unwrap();
    }
}

async fn serve(
    stream: tokio_rustls::server::TlsStream<tokio::net::TcpStream>,
    record: Arc<Mutex<Vec<Arrived>>>,
    tell: Sender<()>,
) {
    let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let (record, tell) = (Arc::clone(&record), tell.clone());
        async move {
            let arrived = arrive(request).await;
            let pends = arrived.line.ends_with(PENDING);
            let reply = reply(&arrived);
            record.lock().unwrap().push(arrived);
            // Not every test waits for the news.
            let _ = tell.send(());
            if pends {
                std::future::pending::<()>().await;
            }
            Ok::<_, Infallible>(reply)
        }
    });
    let io = TokioIo::new(stream);
    // A client that goes away early is no failure of a test.
    if is_http2 {
        let http2 = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
        drop(http2.serve_connection(io, service).await);
    } else {
        drop(
            hyper::server::conn::http1::Builder::new()
                .serve_connection(io, service)
                .await,
        );
    }
}

/// What services of these names answer: an empty list of an API, a repository with one branch, else an echo.
fn reply(arrived: &Arrived) -> hyper::Response<Full<Bytes>> {
    let authorization = arrived.headers.get("authorization");
    let (host, path) = arrived
        .line
        .split_once("://")
        .and_then(|(_, rest)| rest.split_once('/'))
        .unwrap_or_default();
    let (status, kind, text) = match host {
        "api.stripe.com" | "api.openai.com" => (
            200,
            "application/json",
            r#"{"object":"list","data":[],"has_more":false}"#.to_owned(),
        ),
        "github.com" if authorization.is_none() => (401, "text/plain", String::new()),
        "github.com" if path.ends_with("info/refs") => (
            200,
            "text/plain",
            format!("{}\trefs/heads/main\n", "0123456789".repeat(4)),
        ),
        _ => (202, "text/plain", authorization.cloned().unwrap_or_default()),
    };
    hyper::Response::builder()
        .status(status)
        .header("content-type", kind)
        .header("www-authenticate", "Basic realm=\"repositories\"")
        .body(Full::new(Bytes::from(text)))
        .unwrap()
}

async fn arrive(request: hyper::Request<Incoming>) -> Arrived {
    let (head, body) = request.into_parts();
    let headers: BTreeMap<_, _> = head
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let host = match head.uri.authority() {
        Some(authority) => authority.to_string(),
        None => headers.get("host").cloned().unwrap_or_default(),
    };
    Arrived {
        line: format!("{} https://{host}{}", head.method, head.uri.path()),
        headers,
        body: body
            .collect()
            .await
            .map(|it| it.to_bytes().to_vec())
            .unwrap_or_default(),
    }
}

/// A server's side of TLS for all names, and its authority's certificate.
fn tls() -> (TlsAcceptor, String) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    // OpenSSL takes a certificate whose issuer has the same name for self-signed.
    params
        .distinguished_name
        .push(DnType::CommonName, "upstream's authority");
    let key = KeyPair::generate().unwrap();
    let authority = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);

    let key = KeyPair::generate().unwrap();
    let names = NAMES.into_iter().chain(["127.0.0.1"]).map(str::to_owned);
    let certificate = CertificateParams::new(names.collect::<Vec<_>>())
        .unwrap()
        .signed_by(&key, &issuer)
        .unwrap();
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    (TlsAcceptor::from(Arc::new(config)), authority)
}
