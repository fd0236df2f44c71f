//! Another proxy on the command line: where it is, what it was told, and the servers behind it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use distri_core::SecretValue;
use distri_selftest::authority::Authority;
use distri_selftest::black_box::{Behind, place};
use distri_selftest::{Corpus, Only, OtherProxy, Outcome};

use crate::exit::Exit;
use crate::failure::Failure;

/// What is said of another proxy.
#[derive(Debug, Args)]
#[command(next_help_heading = "Another proxy")]
pub(super) struct Other {
    /// Try this proxy instead: `http://[USER:PASSWORD@]HOST:PORT`
    #[arg(long, value_name = "URL", requires_all = ["proxy_ca", "upstream", "placeholder", "value_file"])]
    proxy: Option<String>,
    /// The certificate of the authority by which it ends TLS, in PEM
    #[arg(long, value_name = "PATH")]
    proxy_ca: Option<PathBuf>,
    /// The directory of the servers' authority; made where it is not
    #[arg(long, value_name = "DIR")]
    upstream: Option<PathBuf>,
    /// What the proxy replaces
    #[arg(long, value_name = "TEXT")]
    placeholder: Option<String>,
    /// A file with the value that it puts there: one that opens nothing
    #[arg(long, value_name = "PATH")]
    value_file: Option<PathBuf>,
    /// The host that the value may go to
    #[arg(long, value_name = "HOST", default_value = "bound.selftest.invalid")]
    host: String,
    /// A host that it may not go to
    #[arg(long, value_name = "HOST", default_value = "other.selftest.invalid")]
    other_host: String,
    /// Where the servers listen: this port and the six after it
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9443")]
    listen: SocketAddr,
}

/// Another proxy, read.
pub(super) struct Named {
    authority: Authority,
    proxy: OtherProxy,
    host: String,
    other_host: String,
    listen: SocketAddr,
}

impl Other {
    /// Reads the files, and makes the authority where it is wanted; `None` where no other proxy is named.
    pub(super) fn read(self) -> Result<Option<Named>, Failure> {
        let authority = self.upstream.as_deref().map(Authority::kept_in).transpose()?;
        let (Some(url), Some(ca), Some(authority), Some(placeholder), Some(value)) =
            (self.proxy, self.proxy_ca, authority, self.placeholder, self.value_file)
        else {
            return Ok(None);
        };
        let (address, credential) = place(&url)?;
        let mut value = read(&value)?;
        if value.ends_with(b"\n") {
            value.pop();
        }
        let value = SecretValue::new(value).map_err(|error| Failure::new(Exit::Usage, error.to_string()))?;
        Ok(Some(Named {
            authority,
            proxy: OtherProxy {
                address,
                credential,
                ca: read(&ca)?,
                placeholder,
                value,
            },
            host: self.host,
            other_host: self.other_host,
            listen: self.listen,
        }))
    }
}

impl Named {
    /// Starts the servers behind and tries the chosen rows.
    pub(super) async fn try_all(self, corpus: &Corpus, only: &[Only]) -> Result<Vec<Outcome>, Failure> {
        let behind = Behind::start(self.authority, &self.host, &self.other_host, Some(self.listen)).await?;
        Ok(behind.try_all(corpus, only, &self.proxy).await?)
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path)
        .map_err(|error| Failure::new(Exit::Missing, format!("cannot read `{}`", path.display())).cause(error))
}
