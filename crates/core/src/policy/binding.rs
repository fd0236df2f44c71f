//! A binding: one place where a secret's value may go, as `[METHODS ][http://]host[:port][/path-prefix]`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::host::{HostError, HostPattern};

/// How a request travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// TLS.
    Https,
    /// Cleartext.
    Http,
}

impl Scheme {
    /// `https` or `http`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Https => "https",
            Self::Http => "http",
        }
    }

    /// 443 or 80.
    #[must_use]
    pub fn default_port(self) -> u16 {
        match self {
            Self::Https => 443,
            Self::Http => 80,
        }
    }
}

/// Where a canonical request goes: the tuple that a policy decides on.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// TLS or not.
    pub scheme: Scheme,
    /// A-label or canonical address, lower case, no trailing dot, IPv6 in brackets.
    pub host: &'a str,
    /// Never implied: the scheme's own where the URL named none.
    pub port: u16,
    /// Canonical path, beginning with `/`.
    pub path: &'a str,
    /// Upper case.
    pub method: &'a str,
}

/// One place where a value may go.
///
/// HTTPS only, unless the binding says `http://` and the host is loopback. The port is always compared: without
/// one the scheme's own is meant. A path prefix is compared by whole segments.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Binding {
    host: HostPattern,
    port: u16,
    scheme: Scheme,
    path: Vec<String>,
    methods: Vec<String>,
}

impl Binding {
    /// Whether a request to `target` is inside this binding.
    #[must_use]
    pub fn covers(&self, target: &Target<'_>) -> bool {
        self.is_at(target.scheme, target.host, target.port)
            && (self.methods.is_empty() || self.methods.iter().any(|it| it == target.method))
            && self.covers_path(target.path)
    }

    /// The host or wildcard that it names.
    #[must_use]
    pub fn host(&self) -> &HostPattern {
        &self.host
    }

    /// Whether it is about this host and port over `scheme`, whatever the path and method.
    #[must_use]
    pub fn is_at(&self, scheme: Scheme, host: &str, port: u16) -> bool {
        self.scheme == scheme && self.port == port && self.host.matches(host)
    }

    fn covers_path(&self, path: &str) -> bool {
        let mut segments = path.strip_prefix('/').unwrap_or(path).split('/');
        self.path.iter().all(|prefix| segments.next() == Some(prefix))
    }
}

impl fmt::Display for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.methods.is_empty() {
            write!(f, "{} ", self.methods.join(","))?;
        }
        if self.scheme == Scheme::Http {
            f.write_str("http://")?;
        }
        write!(f, "{}", self.host)?;
        if self.port != self.scheme.default_port() {
            write!(f, ":{}", self.port)?;
        }
        for segment in &self.path {
            write!(f, "/{segment}")?;
        }
        Ok(())
    }
}

impl FromStr for Binding {
    type Err = BindingError;

    fn from_str(text: &str) -> Result<Self, BindingError> {
        let (methods, place) = match text.split_once(' ') {
            Some((methods, place)) => (parse_methods(methods)?, place),
            None => (Vec::new(), text),
        };
        let (scheme, rest) = match place.split_once("://") {
            None => (Scheme::Https, place),
            Some(("https", rest)) => (Scheme::Https, rest),
            Some(("http", rest)) => (Scheme::Http, rest),
            Some(_) => return Err(BindingError::Scheme),
        };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, port) = split_port(authority)?;
        let host: HostPattern = host.parse()?;
        if scheme == Scheme::Http && !host.is_loopback() {
            return Err(BindingError::Cleartext);
        }
        Ok(Self {
            host,
            port: port.unwrap_or(scheme.default_port()),
            scheme,
            path: parse_path(path)?,
            methods,
        })
    }
}

impl TryFrom<String> for Binding {
    type Error = BindingError;

    fn try_from(text: String) -> Result<Self, BindingError> {
        text.parse()
    }
}

impl From<Binding> for String {
    fn from(binding: Binding) -> Self {
        binding.to_string()
    }
}

/// Why text is no binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BindingError {
    /// The host part.
    #[error(transparent)]
    Host(#[from] HostError),
    /// Another scheme than HTTPS or loopback HTTP.
    #[error("a binding's scheme is `https` (which need not be written) or `http://` for loopback")]
    Scheme,
    /// Cleartext to another machine.
    #[error("`http://` is only possible for `localhost` and loopback addresses")]
    Cleartext,
    /// A port outside 1 to 65535.
    #[error("a port is a number from 1 to 65535")]
    Port,
    /// A path that does not stay as it is written.
    #[error("a path prefix has plain segments without `.`, `..`, `%`, `?`, `#`, `\\` or empty parts")]
    Path,
    /// A method that is no token.
    #[error("methods are upper-case words separated by commas, as in `GET,POST api.example.com`")]
    Method,
}

fn parse_methods(text: &str) -> Result<Vec<String>, BindingError> {
    let mut methods = Vec::new();
    for method in text.split(',') {
        if method.is_empty() || method.len() > 16 || !method.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(BindingError::Method);
        }
        methods.push(method.to_owned());
    }
    methods.sort();
    methods.dedup();
    Ok(methods)
}

fn split_port(authority: &str) -> Result<(&str, Option<u16>), BindingError> {
    let after_host = match authority.strip_prefix('[') {
        Some(_) => authority.find(']').map_or(authority.len(), |it| it + 1),
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, port) = authority.split_at(after_host);
    if port.is_empty() {
        return Ok((host, None));
    }
    let digits = port.strip_prefix(':').ok_or(BindingError::Port)?;
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(BindingError::Port);
    }
    match digits.parse::<u16>() {
        Ok(0) | Err(_) => Err(BindingError::Port),
        Ok(port) => Ok((host, Some(port))),
    }
}

/// Whole segments only, so that `/v1/refunds` does not cover `/v1/refunds-all`; what a server might read
/// differently than it is written (dots, escapes, backslashes, empty parts) is refused.
fn parse_path(path: &str) -> Result<Vec<String>, BindingError> {
    let path = path.strip_suffix('/').unwrap_or(path);
    let Some(rest) = path.strip_prefix('/') else {
        return Ok(Vec::new());
    };
    rest.split('/')
        .map(|segment| {
            let plain = !segment.is_empty()
                && segment != "."
                && segment != ".."
                && segment
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-._~!$&'()*+,=:@".contains(&b));
            if plain {
                Ok(segment.to_owned())
            } else {
                Err(BindingError::Path)
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn target<'a>(scheme: Scheme, host: &'a str, port: u16, path: &'a str, method: &'a str) -> Target<'a> {
        Target {
            scheme,
            host,
            port,
            path,
            method,
        }
    }

    #[test]
    fn a_binding_has_one_canonical_text() {
        let cases = [
            ("API.Stripe.com", "api.stripe.com"),
            ("api.stripe.com.", "api.stripe.com"),
            ("https://api.stripe.com:443/", "api.stripe.com"),
            ("api.stripe.com:8443/v1/", "api.stripe.com:8443/v1"),
            ("POST,GET api.stripe.com/v1", "GET,POST api.stripe.com/v1"),
            ("*.slack.com", "*.slack.com"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("аpi.stripe.com", "xn--pi-6kc.stripe.com"),
            ("http://localhost:11434", "http://localhost:11434"),
            ("http://127.0.0.1", "http://127.0.0.1"),
            ("[::1]:8443", "[::1]:8443"),
            ("2130706433", "127.0.0.1"),
        ];
        for (text, canonical) in cases {
            let binding: Binding = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(binding.to_string(), canonical);
            assert_eq!(canonical.parse::<Binding>(), Ok(binding));
        }
    }

    #[test]
    fn what_is_ambiguous_is_refused() {
        let cases = [
            ("", BindingError::Host(HostError::Name)),
            ("*", BindingError::Host(HostError::Wildcard)),
            ("*.com", BindingError::Host(HostError::Wildcard)),
            ("*example.com", BindingError::Host(HostError::Wildcard)),
            ("a.*.com", BindingError::Host(HostError::Wildcard)),
            ("user@host.example", BindingError::Host(HostError::Name)),
            ("host\0.example", BindingError::Host(HostError::Name)),
            ("http://api.stripe.com", BindingError::Cleartext),
            ("ftp://api.stripe.com", BindingError::Scheme),
            ("api.stripe.com:0", BindingError::Port),
            ("api.stripe.com:+80", BindingError::Port),
            ("api.stripe.com:99999", BindingError::Port),
            ("api.stripe.com/a/../b", BindingError::Path),
            ("api.stripe.com//a", BindingError::Path),
            ("api.stripe.com/%2e", BindingError::Path),
            ("api.stripe.com/a?b", BindingError::Path),
            ("get api.stripe.com", BindingError::Method),
        ];
        for (text, error) in cases {
            assert_eq!(text.parse::<Binding>(), Err(error), "{text:?}");
        }
    }

    #[test]
    fn covering_compares_scheme_host_port_path_and_method() {
        use Scheme::{Http, Https};
        let cases = [
            (
                "api.stripe.com",
                target(Https, "api.stripe.com", 443, "/v1", "GET"),
                true,
            ),
            (
                "api.stripe.com",
                target(Http, "api.stripe.com", 443, "/v1", "GET"),
                false,
            ),
            (
                "api.stripe.com",
                target(Https, "api.stripe.com", 8443, "/v1", "GET"),
                false,
            ),
            (
                "api.stripe.com",
                target(Https, "evil-api.stripe.com", 443, "/", "GET"),
                false,
            ),
            ("*.slack.com", target(Https, "files.slack.com", 443, "/", "GET"), true),
            ("*.slack.com", target(Https, "slack.com", 443, "/", "GET"), false),
            ("*.slack.com", target(Https, "a.b.slack.com", 443, "/", "GET"), false),
            ("*.slack.com", target(Https, "evilslack.com", 443, "/", "GET"), false),
            (
                "h.example/v1/refunds",
                target(Https, "h.example", 443, "/v1/refunds/re_1", "GET"),
                true,
            ),
            (
                "h.example/v1/refunds",
                target(Https, "h.example", 443, "/v1/refunds", "GET"),
                true,
            ),
            (
                "h.example/v1/refunds",
                target(Https, "h.example", 443, "/v1/refunds-all", "GET"),
                false,
            ),
            (
                "h.example/v1/refunds",
                target(Https, "h.example", 443, "/v1", "GET"),
                false,
            ),
            ("GET h.example", target(Https, "h.example", 443, "/", "POST"), false),
            ("http://localhost:1", target(Http, "localhost", 1, "/", "POST"), true),
        ];
        for (text, target, covered) in cases {
            assert_eq!(
                text.parse::<Binding>().expect(text).covers(&target),
                covered,
                "{text} {target:?}"
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn text_never_panics_and_what_parses_prints_back(text in "\\PC{0,40}") {
            if let Ok(binding) = text.parse::<Binding>() {
                proptest::prop_assert_eq!(binding.to_string().parse::<Binding>(), Ok(binding));
            }
        }
    }
}
