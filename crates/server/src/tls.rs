//! TLS of the server: the certificate and its key, from PEM files.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use distri_vault::root_key::file::is_credential;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Reads both files. HTTP/2 is offered first.
pub(crate) fn read(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unreadable(certificate, &error))?;
    if chain.is_empty() {
        return Err(TlsError::Empty(certificate.to_owned()));
    }
    let open = if is_credential(key) { 0o007 } else { 0o077 };
    if let Ok(mode) = fs::metadata(key).map(|it| it.permissions().mode() & 0o7777)
        && mode & open != 0
    {
        return Err(TlsError::Open {
            path: key.to_owned(),
            mode,
        });
    }
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| unreadable(key, &error))?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|it| it.with_no_client_auth().with_single_cert(chain, private))
        .map_err(TlsError::Rejected)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn unreadable(path: &Path, error: &rustls::pki_types::pem::Error) -> TlsError {
    use rustls::pki_types::pem::Error;
    let reason = match error {
        Error::Io(error) => error.to_string(),
        Error::NoItemsFound => "it has no such PEM section".to_owned(),
        // The parser's words may repeat a line of the key.
        _ => "it is no PEM file".to_owned(),
    };
    TlsError::Unreadable {
        path: path.to_owned(),
        reason,
    }
}

/// Why TLS cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file.
    #[error("cannot use `{}`: {reason}", .path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A file without a certificate.
    #[error("`{}` has no certificate", .0.display())]
    Empty(PathBuf),
    /// A private key that others may read.
    #[error("`{}` is open to its group or others (mode {mode:04o}); `chmod 600` it", .path.display())]
    Open {
        /// The key's file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// They do not belong together, or are not usable.
    #[error("the certificate and its key cannot be used together")]
    Rejected(#[source] rustls::Error),
}
