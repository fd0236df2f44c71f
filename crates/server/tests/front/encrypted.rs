//! TLS: both protocols, and a key that others may read.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use distri_core::SystemClock;
use distri_server::{ServeError, Server, Settings, TlsError};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;

use crate::support::TestServer;

/// Writes a certificate for `localhost` and its key; gives the certificate.
fn certificate(directory: &Path) -> rustls::pki_types::CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    fs::write(directory.join("cert.pem"), made.cert.pem()).expect("writes");
    let key = directory.join("key.pem");
    fs::write(&key, made.signing_key.serialize_pem()).expect("writes");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).expect("a mode");
    made.cert.der().clone()
}

/// The version that answered, the status and the body.
async fn get(
    server: &TestServer,
    root: rustls::pki_types::CertificateDer<'static>,
    protocol: &[u8],
) -> (http::Version, u16, Vec<u8>) {
    let mut roots = RootCertStore::empty();
    roots.add(root).expect("a root");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let stream = tokio::net::TcpStream::connect(server.address).await.expect("connects");
    let name = ServerName::try_from("localhost").expect("a name");
    let stream = TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
        .expect("a handshake");
    let request = http::Request::get("https://localhost/healthz").header("host", "localhost");
    let request = request.body(Empty::<bytes::Bytes>::new()).expect("a request");
    let response = if protocol == b"h2" {
        let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .expect("HTTP/2");
        tokio::spawn(connection);
        sender.send_request(request).await
    } else {
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.expect("HTTP/1");
        tokio::spawn(connection);
        sender.send_request(request).await
    };
    let (parts, body) = response.expect("a response").into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    (parts.version, parts.status.as_u16(), body.to_vec())
}

#[test]
fn both_protocols_are_answered_over_tls() {
    let directory = tempfile::tempdir().expect("a directory");
    let root = certificate(directory.path());
    let server = TestServer::start_with(|it| {
        it.tls_cert = Some(directory.path().join("cert.pem"));
        it.tls_key = Some(directory.path().join("key.pem"));
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let ok = b"ok\n".to_vec();
    let http2 = runtime.block_on(get(&server, root.clone(), b"h2"));
    assert_eq!(http2, (http::Version::HTTP_2, 200, ok.clone()));
    let http1 = runtime.block_on(get(&server, root, b"http/1.1"));
    assert_eq!(http1, (http::Version::HTTP_11, 200, ok));
}

#[test]
fn a_key_that_others_may_read_and_files_that_are_none_are_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    certificate(directory.path());
    let (cert, key) = (directory.path().join("cert.pem"), directory.path().join("key.pem"));
    let bind = |cert: &Path, key: &Path| {
        let settings = Settings {
            bind: ([127, 0, 0, 1], 0).into(),
            tls_cert: Some(cert.to_owned()),
            tls_key: Some(key.to_owned()),
            ..Settings::default()
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let (_home, vault) = crate::support::new_vault();
        match runtime.block_on(Server::bind(vault, Arc::new(SystemClock), settings)) {
            Err(ServeError::Tls(error)) => error,
            _ => panic!("it starts"),
        }
    };
    fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).expect("a mode");
    assert!(matches!(bind(&cert, &key), TlsError::Open { mode: 0o640, .. }));
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).expect("a mode");
    assert!(matches!(
        bind(&key, &key),
        TlsError::Empty(_) | TlsError::Unreadable { .. }
    ));
    fs::set_permissions(&cert, fs::Permissions::from_mode(0o600)).expect("a mode");
    assert!(matches!(bind(&cert, &cert), TlsError::Unreadable { .. }));
    assert!(matches!(
        bind(&directory.path().join("none"), &key),
        TlsError::Unreadable { .. }
    ));
    let other = tempfile::tempdir().expect("a directory");
    certificate(other.path());
    assert!(matches!(
        bind(&cert, &other.path().join("key.pem")),
        TlsError::Rejected(_)
    ));
}
