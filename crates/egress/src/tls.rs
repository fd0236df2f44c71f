//! Certificate verification: Mozilla's roots and the operator's files, always on.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CertificateError, ClientConfig, RootCertStore};

use crate::error::{EgressError, TlsFault};

/// The client's side of TLS 1.2 and 1.3, offering HTTP/2 and HTTP/1.1.
///
/// Early data stays off: a replayed request would use the secret twice.
pub(crate) fn client_config(ca_files: &[PathBuf]) -> Result<Arc<ClientConfig>, EgressError> {
    let mut roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    for path in ca_files {
        let fail = |reason: String| EgressError::CaFile {
            path: path.clone(),
            reason,
        };
        let certificates = CertificateDer::pem_file_iter(path)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| fail(error.to_string()))?;
        if certificates.is_empty() {
            return Err(fail("it has no certificate in PEM form".into()));
        }
        for certificate in certificates {
            roots.add(certificate).map_err(|error| fail(error.to_string()))?;
        }
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("aws-lc-rs has the default versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// The same, offering HTTP/1.1 alone.
pub(crate) fn http1_only(config: &ClientConfig) -> Arc<ClientConfig> {
    let mut config = config.clone();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Arc::new(config)
}

/// The name that the certificate must be for: the URL's host, whatever address it was dialled at.
pub(crate) fn server_name(host: &str) -> Result<ServerName<'static>, TlsFault> {
    let bare = host
        .strip_prefix('[')
        .and_then(|it| it.strip_suffix(']'))
        .unwrap_or(host);
    ServerName::try_from(bare.to_owned())
        .map_err(|_| TlsFault::Other("the host is no name that a certificate can have".into()))
}

/// The rustls error inside an I/O error of the handshake, in the words of this crate.
pub(crate) fn fault(error: &io::Error) -> TlsFault {
    let inner = error.get_ref().and_then(|it| it.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::InvalidCertificate(reason)) => match reason {
            // A signature that does not fit is another authority's of the same name.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => TlsFault::UnknownAuthority,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => TlsFault::WrongName,
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => TlsFault::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => TlsFault::NotYetValid,
            other => TlsFault::Other(format!("its certificate is not valid: {other}")),
        },
        Some(other) => TlsFault::Other(other.to_string()),
        None => TlsFault::Other(format!("the handshake broke off ({})", error.kind())),
    }
}
