//! An authority for the servers of one selftest, and their certificates, the bad ones too.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::PrivateKeyDer;
use tokio_rustls::TlsAcceptor;

use crate::error::SelftestError;

/// An authority that nobody trusts who is not told to.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: String,
}

/// What is wrong with a server's certificate.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    None,
    Expired,
    WrongName,
    UnknownAuthority,
}

impl Authority {
    /// An authority whose key is never written.
    ///
    /// # Errors
    /// The library makes no certificate.
    pub fn new() -> Result<Self, SelftestError> {
        Self::with(KeyPair::generate().map_err(failed)?)
    }

    /// The authority of `directory`, made there where it is not: `ca.pem` is what another proxy has to trust.
    ///
    /// # Errors
    /// The files cannot be read or written.
    pub fn kept_in(directory: &Path) -> Result<Self, SelftestError> {
        let (key_file, certificate_file) = (directory.join("ca.key"), directory.join("ca.pem"));
        let fail = |path: &Path| {
            let path = path.to_owned();
            move |source| SelftestError::File { path, source }
        };
        if key_file.exists() {
            let pem = fs::read_to_string(&key_file).map_err(fail(&key_file))?;
            return Self::with(KeyPair::from_pem(&pem).map_err(failed)?);
        }
        fs::create_dir_all(directory).map_err(fail(directory))?;
        let key = KeyPair::generate().map_err(failed)?;
        let private = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&key_file);
        private
            .and_then(|mut it| it.write_all(key.serialize_pem().as_bytes()))
            .map_err(fail(&key_file))?;
        let made = Self::with(key)?;
        fs::write(&certificate_file, made.certificate()).map_err(fail(&certificate_file))?;
        Ok(made)
    }

    fn with(key: KeyPair) -> Result<Self, SelftestError> {
        let mut params = CertificateParams::new(Vec::new()).map_err(failed)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "distri selftest");
        let certificate = params.self_signed(&key).map_err(failed)?.pem();
        Ok(Self {
            issuer: Issuer::new(params, key),
            certificate,
        })
    }

    /// The authority's certificate, in PEM.
    #[must_use]
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// A server's side of TLS for `names`.
    pub(crate) fn acceptor(&self, names: &[String], flaw: Flaw, alpn: &[u8]) -> Result<TlsAcceptor, SelftestError> {
        let names = match flaw {
            Flaw::WrongName => vec!["another-name.invalid".to_owned()],
            _ => names.to_vec(),
        };
        let mut params = CertificateParams::new(names).map_err(failed)?;
        if flaw == Flaw::Expired {
            params.not_before = rcgen::date_time_ymd(2000, 1, 1);
            params.not_after = rcgen::date_time_ymd(2001, 1, 1);
        }
        let key = KeyPair::generate().map_err(failed)?;
        let certificate = match flaw {
            Flaw::UnknownAuthority => params.self_signed(&key),
            _ => params.signed_by(&key, &self.issuer),
        };
        let chain = vec![certificate.map_err(failed)?.der().clone()];
        let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(failed)?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(failed)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(failed)?;
        config.alpn_protocols = vec![alpn.to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

fn failed(error: impl ToString) -> SelftestError {
    SelftestError::Certificate(error.to_string())
}
