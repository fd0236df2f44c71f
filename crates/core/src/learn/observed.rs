//! One request as it was sent: where it went, and which secrets stood where in it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::names::SecretKey;
use crate::policy::{Scheme, Target};

/// The most bytes of a path that are kept; it is cut between segments.
pub const MAX_PATH: usize = 256;

/// One request, without a value, a query, a header's text or a body.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObservedRequest {
    /// Upper case.
    pub method: String,
    /// TLS or not.
    pub scheme: Scheme,
    /// As policies compare it; a secret in it is replaced.
    pub host: String,
    /// Never implied.
    pub port: u16,
    /// Begins with `/`. A secret in it is replaced, and what is longer than [`MAX_PATH`] is cut.
    pub path: String,
    /// Each time that one of the run's secrets stood in it.
    pub carried: Vec<Carried>,
}

/// A secret at a spot of a request: its value, or its placeholder before the broker filled it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Carried {
    /// The secret.
    pub key: SecretKey,
    /// Where it stood.
    pub spot: Spot,
}

/// Where in a request a secret stood.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Spot {
    /// A word of a header that carries credentials.
    Header(String),
    /// The whole user name or password of Basic credentials.
    Basic,
    /// The whole value of a pair.
    Query,
    /// A whole string of a JSON body, or the whole value of a pair of a form.
    Body,
    /// Where the broker fills no placeholder: `the path`, `header cookie`.
    Elsewhere(String),
}

impl ObservedRequest {
    /// What a policy decides on.
    #[must_use]
    pub fn target(&self) -> Target<'_> {
        Target {
            scheme: self.scheme,
            host: &self.host,
            port: self.port,
            path: &self.path,
            method: &self.method,
        }
    }

    /// Where `key` stood in it.
    pub fn spots<'r>(&'r self, key: &'r SecretKey) -> impl Iterator<Item = &'r Spot> {
        self.carried.iter().filter(move |it| it.key == *key).map(|it| &it.spot)
    }

    /// Scheme where it is not TLS, host, and port where it is not the scheme's own.
    #[must_use]
    pub fn origin(&self) -> String {
        let scheme = match self.scheme {
            Scheme::Https => "",
            Scheme::Http => "http://",
        };
        if self.port == self.scheme.default_port() {
            format!("{scheme}{}", self.host)
        } else {
            format!("{scheme}{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Display for ObservedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}{}", self.method, self.origin(), self.path)
    }
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(name) => write!(f, "header {name}"),
            Self::Basic => f.write_str("Basic credentials"),
            Self::Query => f.write_str("the query"),
            Self::Body => f.write_str("the body"),
            Self::Elsewhere(words) => f.write_str(words),
        }
    }
}
