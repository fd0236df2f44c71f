//! The demo's certificate authority: made for one demo, trusted through `--ca-file` alone, its key never written.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::exit::Exit;
use crate::failure::Failure;

/// A server's side of TLS for `names`, and the authority's certificate in PEM form.
pub(super) fn tls(names: &[&str]) -> Result<(TlsAcceptor, String), Failure> {
    let mut params = CertificateParams::new(Vec::new()).map_err(failed)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().map_err(failed)?;
    let pem = params.self_signed(&key).map_err(failed)?.pem();
    let issuer = Issuer::new(params, key);

    let key = KeyPair::generate().map_err(failed)?;
    let names: Vec<String> = names.iter().map(|it| (*it).to_owned()).collect();
    let certificate = CertificateParams::new(names).and_then(|it| it.signed_by(&key, &issuer));
    let certificate = certificate.map_err(failed)?.der().clone();
    let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(failed)?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(failed)?
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .map_err(failed)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok((TlsAcceptor::from(Arc::new(config)), pem))
}

fn failed(error: impl ToString) -> Failure {
    Failure::new(Exit::Failed, "cannot make a certificate for the mail service").cause(error.to_string())
}
