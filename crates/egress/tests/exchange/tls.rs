//! Certificates, and servers that are none.

use std::sync::Arc;

use distri_core::alarm::Watch;
use distri_egress::{EgressError, TlsFault};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::HTTP1;
use crate::support::{Age, Authority, Server, answer, get, release};

#[tokio::test]
async fn a_certificate_must_be_good_and_the_hosts_own() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    for (signer, name, age, fault) in [
        (&stranger, "api.example.com", Age::Valid, TlsFault::UnknownAuthority),
        (&authority, "other.example.com", Age::Valid, TlsFault::WrongName),
        (&authority, "127.0.0.1", Age::Valid, TlsFault::WrongName),
        (&authority, "api.example.com", Age::Expired, TlsFault::Expired),
        (&authority, "api.example.com", Age::Future, TlsFault::NotYetValid),
    ] {
        let server = Server::start(signer, name, age, HTTP1, |_| async { answer("never") }).await;
        let egress = server.egress_without_secrets(&authority);
        let error = egress.send(get("https://api.example.com/")).await.unwrap_err();
        assert!(
            matches!(&error, EgressError::Tls { fault: it, .. } if *it == fault),
            "{error}"
        );
        assert_eq!(server.requests(), 0);
    }
}

#[tokio::test]
async fn a_server_without_tls_is_no_https_server() {
    let server = Server::accept(|mut tcp| async move {
        let _ = tcp.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
        let _ = tcp.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let authority = Authority::new();
    let egress = server.egress_without_secrets(&authority);
    assert_eq!(
        egress.send(get("https://api.example.com/")).await.unwrap_err().rule(),
        "tls"
    );
}

#[tokio::test]
async fn a_file_of_certificates_must_have_some() {
    let config = |text: &str| {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let config = distri_egress::EgressConfig {
            ca_files: vec![file.path().to_owned()],
            ..Default::default()
        };
        distri_egress::Egress::new(config, Arc::new(release(&[])), Arc::new(Watch::none()))
            .err()
            .map(|it| it.rule())
    };
    assert_eq!(config(""), Some("ca-file"));
    assert_eq!(
        config("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        Some("ca-file")
    );
    let missing = distri_egress::EgressConfig {
        ca_files: vec!["/nonexistent.pem".into()],
        ..Default::default()
    };
    assert_eq!(
        distri_egress::Egress::new(missing, Arc::new(release(&[])), Arc::new(Watch::none()))
            .err()
            .map(|it| it.rule()),
        Some("ca-file")
    );
}
