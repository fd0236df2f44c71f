//! The variables by which clients find the proxy and trust its authority: one list, each with its readers.
//!
//! `docs/clients.md` has the same list for people; a test holds the two together.

use std::ffi::OsString;

use super::{Proxy, TrustFiles};

/// A variable of a child's environment.
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it is set to.
    pub means: Means,
    /// Who reads it.
    pub readers: &'static str,
}

/// What a variable is set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Means {
    /// The proxy's URL, with the run's credential.
    Proxy,
    /// The hosts that are reached without the proxy.
    Direct,
    /// The file with all certificates.
    Bundle,
    /// The file with the run's authority, for clients that add it to what they trust.
    Authority,
    /// This very text.
    Text(&'static str),
}

const fn variable(name: &'static str, means: Means, readers: &'static str) -> Variable {
    Variable { name, means, readers }
}

/// What is set for a child of a run with a proxy; what a child inherits of these names is replaced.
pub const VARIABLES: &[Variable] = &[
    variable(
        "HTTPS_PROXY",
        Means::Proxy,
        "Go, Python, Node.js 24, .NET, cargo, most others",
    ),
    variable("https_proxy", Means::Proxy, "curl, git, wget, Ruby; Go and Python too"),
    variable(
        "HTTP_PROXY",
        Means::Proxy,
        "the same for `http://`; not curl, which CGI servers have made wary of it",
    ),
    variable("http_proxy", Means::Proxy, "the same for `http://`"),
    variable(
        "ALL_PROXY",
        Means::Proxy,
        "curl, httpx and others, where no other one fits; one that was inherited would lead past the broker",
    ),
    variable("all_proxy", Means::Proxy, "the same"),
    variable("NO_PROXY", Means::Direct, "all of them"),
    variable("no_proxy", Means::Direct, "all of them"),
    variable(
        "NODE_USE_ENV_PROXY",
        Means::Text("1"),
        "Node.js from 22.21 and 24.5: `fetch`, `http` and `https` take the proxy from the variables above",
    ),
    variable(
        "SSL_CERT_FILE",
        Means::Bundle,
        "OpenSSL and what is built on it (Python's `ssl`, httpx, Ruby, PHP), Go, rustls with native roots, uv, .NET on Linux",
    ),
    variable(
        "REQUESTS_CA_BUNDLE",
        Means::Bundle,
        "Python requests, and pip and the Azure CLI through it",
    ),
    variable(
        "CURL_CA_BUNDLE",
        Means::Bundle,
        "curl; requests where its own is not set",
    ),
    variable("GIT_SSL_CAINFO", Means::Bundle, "git over https"),
    variable("AWS_CA_BUNDLE", Means::Bundle, "AWS CLI, boto3 and other AWS SDKs"),
    variable("PIP_CERT", Means::Bundle, "pip"),
    variable("CARGO_HTTP_CAINFO", Means::Bundle, "cargo"),
    variable(
        "HTTPLIB2_CA_CERTS",
        Means::Bundle,
        "Python httplib2, and older Google clients through it",
    ),
    variable("CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE", Means::Bundle, "gcloud"),
    variable(
        "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
        Means::Bundle,
        "gRPC's C core and what is built on it",
    ),
    variable(
        "NIX_SSL_CERT_FILE",
        Means::Bundle,
        "nix, and programs that it has built",
    ),
    variable(
        "NODE_EXTRA_CA_CERTS",
        Means::Authority,
        "Node.js, Bun, npm, Electron: added to the built-in ones",
    ),
    variable("DENO_CERT", Means::Authority, "Deno: added to the built-in ones"),
];

/// Loopback, where the child's own servers are: whatever it says to them, it could say without us.
const LOOPBACK: &str = "localhost,127.0.0.1,::1";

impl Proxy {
    /// The variables with their values for a child of this run.
    ///
    /// Loopback is reached directly, unless a secret of the run is bound to it.
    #[must_use]
    pub fn environment(&self, files: &TrustFiles) -> Vec<(&'static str, OsString)> {
        let secrets = &self.shared.egress.broker().release().secrets;
        let bound = secrets
            .iter()
            .any(|it| it.policy.hosts.iter().any(|it| it.host().is_loopback()));
        let value = |means| match means {
            Means::Proxy => self.url().as_str().into(),
            Means::Direct if bound => OsString::new(),
            Means::Direct => LOOPBACK.into(),
            Means::Bundle => files.bundle().into(),
            Means::Authority => files.authority().into(),
            Means::Text(text) => text.into(),
        };
        VARIABLES.iter().map(|it| (it.name, value(it.means))).collect()
    }
}
