//! TLS to the server: its certificate is always verified, for the name in the URL.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client;

use super::socket::Socket;
use super::url::Tls;

/// What a handshake needs.
#[derive(Clone)]
pub(super) struct Handshake(Arc<ClientConfig>);

impl Handshake {
    /// Reads the authorities.
    pub(super) fn new(tls: &Tls) -> io::Result<Self> {
        let roots = match tls {
            // Never used, and trusts nobody.
            Tls::Off => RootCertStore::empty(),
            Tls::Verified { authorities: None } => RootCertStore {
                roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
            },
            Tls::Verified {
                authorities: Some(path),
            } => {
                let failed = |reason: String| io::Error::other(format!("cannot use `{}`: {reason}", path.display()));
                let mut roots = RootCertStore::empty();
                let certificates = CertificateDer::pem_file_iter(path).map_err(|it| failed(it.to_string()))?;
                for certificate in certificates {
                    let certificate = certificate.map_err(|it| failed(it.to_string()))?;
                    roots.add(certificate).map_err(|it| failed(it.to_string()))?;
                }
                if roots.is_empty() {
                    return Err(failed("it has no certificate in PEM form".to_owned()));
                }
                roots
            }
        };
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(Arc::new(config)))
    }

    /// With the host that the certificate must be for.
    pub(super) fn with(&self, host: &str) -> HandshakeWith {
        HandshakeWith {
            connector: TlsConnector::from(self.0.clone()),
            host: host.to_owned(),
        }
    }
}

/// A handshake with one host.
pub(super) struct HandshakeWith {
    connector: TlsConnector,
    host: String,
}

impl TlsConnect<Socket> for HandshakeWith {
    type Stream = Protected;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Protected>> + Send>>;

    fn connect(self, socket: Socket) -> Self::Future {
        Box::pin(async move {
            let name = ServerName::try_from(self.host)
                .map_err(|_| io::Error::other("the host is no name that a certificate can have"))?;
            Ok(Protected(self.connector.connect(name, socket).await?))
        })
    }
}

/// A socket inside of TLS.
pub(super) struct Protected(client::TlsStream<Socket>);

impl TlsStream for Protected {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl AsyncRead for Protected {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Protected {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
