//! The endpoint: one small answer to every request, or a long download.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::{BODY, DOWNLOAD, HOST, text};

/// Starts the server; its authority's certificate goes into `authority`.
pub(super) async fn serve(authority: &Path) -> Result<SocketAddr, String> {
    let mut params = CertificateParams::new(Vec::new()).map_err(text)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().map_err(text)?;
    std::fs::write(authority, params.self_signed(&key).map_err(text)?.pem()).map_err(text)?;
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().map_err(text)?;
    let certificate = CertificateParams::new(vec![HOST.to_owned()]).and_then(|it| it.signed_by(&key, &issuer));
    let chain = vec![certificate.map_err(text)?.der().clone()];
    let key = PrivateKeyDer::try_from(key.serialize_der())?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|it| it.with_no_client_auth().with_single_cert(chain, key))
        .map_err(text)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(text)?;
    let address = listener.local_addr().map_err(text)?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                drop(stream.set_nodelay(true));
                if let Ok(stream) = acceptor.accept(stream).await {
                    drop(answer(stream).await);
                }
            });
        }
    });
    Ok(address)
}

/// The same answer to every head, but for the download.
async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> std::io::Result<()> {
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{BODY}",
        BODY.len()
    );
    let block: Vec<u8> = (0..1 << 20)
        .map(|it: u32| (it.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    let mut seen = Vec::with_capacity(4096);
    loop {
        seen.clear();
        while !seen.ends_with(b"\r\n\r\n") {
            if stream.read_buf(&mut seen).await? == 0 {
                return Ok(());
            }
        }
        let length = seen.strip_prefix(DOWNLOAD).map(|it| String::from_utf8_lossy(it));
        match length.and_then(|it| it.split(' ').next().and_then(|it| it.parse::<usize>().ok())) {
            None => stream.write_all(answer.as_bytes()).await?,
            Some(blocks) => {
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", blocks * block.len());
                stream.write_all(head.as_bytes()).await?;
                for _ in 0..blocks {
                    stream.write_all(&block).await?;
                }
            }
        }
    }
}
