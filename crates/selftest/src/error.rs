//! Why a selftest did not come to a result.

use std::io;
use std::path::PathBuf;

use distri_egress::EgressError;
use distri_egress::proxy::ProxyError;

/// Why a selftest did not come to a result. A row that fails is none of these.
#[derive(Debug, thiserror::Error)]
pub enum SelftestError {
    /// A row of the corpus cannot be read.
    #[error("the corpus cannot be read: {0}")]
    Corpus(String),
    /// No port on loopback.
    #[error("cannot listen on loopback: {0}")]
    Listen(#[source] io::Error),
    /// No certificates.
    #[error("cannot make certificates for loopback servers: {0}")]
    Certificate(String),
    /// A file.
    #[error("cannot use `{}`: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The broker does not start.
    #[error(transparent)]
    Broker(#[from] EgressError),
    /// The built-in proxy does not start.
    #[error(transparent)]
    Proxy(#[from] ProxyError),
    /// The proxy's URL.
    #[error("a proxy's URL is `http://[USER:PASSWORD@]HOST:PORT`")]
    ProxyUrl,
    /// The other proxy does not do what it is for.
    #[error("the proxy does not put the value in the place of the placeholder: {0}")]
    NotConfigured(String),
}
