//! The address of a server in its one form, so that two texts for the same server are equal.

use std::fmt;
use std::net::IpAddr;

use distri_core::policy::Scheme;
use url::{Host, Url};

use crate::exit::Exit;
use crate::failure::Failure;

/// Scheme, host, port and the path that all routes begin with; it ends in `/v1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BaseUrl {
    pub(super) scheme: Scheme,
    /// IPv6 in brackets.
    pub(super) host: String,
    pub(super) port: u16,
    /// `/v1`, or more before it where a proxy has it.
    pub(super) path: String,
}

impl BaseUrl {
    /// Reads an address; a slash at its end and a missing `/v1` do not matter.
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        let refused = |reason: &str| {
            Failure::new(Exit::Usage, format!("the server's address {reason}"))
                .hint("it is such as `https://distri.example.com/v1`")
        };
        let url = Url::parse(text.trim()).map_err(|_| refused("is no URL"))?;
        let scheme = match url.scheme() {
            "https" => Scheme::Https,
            "http" => Scheme::Http,
            _ => return Err(refused("begins with `https://`")),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused("has no credentials in it: `distri login` keeps the token"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refused("ends with its path"));
        }
        let host = url.host().ok_or_else(|| refused("names a host"))?;
        if scheme == Scheme::Http && !is_this_machine(&host) {
            return Err(refused(
                "begins with `https://`: without TLS the token and every value would cross the network in clear",
            ));
        }
        let path = url.path().trim_end_matches('/');
        let path = match path.rsplit('/').next() {
            Some("v1") => path.to_owned(),
            _ => format!("{path}/v1"),
        };
        Ok(Self {
            scheme,
            host: host.to_string(),
            port: url.port().unwrap_or(scheme.default_port()),
            path,
        })
    }

    /// Host, and the port unless it is the scheme's own.
    pub(crate) fn place(&self) -> String {
        match self.port == self.scheme.default_port() {
            true => self.host.clone(),
            false => format!("{}:{}", self.host, self.port),
        }
    }
}

/// By the address itself, never by how a name begins or ends: `127.0.0.1.example.com` is somebody else's.
fn is_this_machine(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => name.eq_ignore_ascii_case("localhost"),
        Host::Ipv4(ip) => IpAddr::V4(*ip).is_loopback(),
        Host::Ipv6(ip) => IpAddr::V6(*ip).is_loopback(),
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme.as_str(), self.place(), self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        BaseUrl::parse(text).ok().map(|it| it.to_string())
    }

    #[test]
    fn every_way_of_writing_a_server_is_one() {
        for text in [
            "https://distri.example.com/v1",
            "https://distri.example.com/v1/",
            "https://distri.example.com",
            "https://distri.example.com/",
            "https://DISTRI.example.com:443/v1//",
            " https://distri.example.com/v1\n",
        ] {
            assert_eq!(read(text).as_deref(), Some("https://distri.example.com/v1"), "{text:?}");
        }
        for (text, form) in [
            ("http://localhost:7777", "http://localhost:7777/v1"),
            ("http://127.0.0.9:7777/v1", "http://127.0.0.9:7777/v1"),
            ("http://[::1]:7777", "http://[::1]:7777/v1"),
            ("https://example.com:8443/distri", "https://example.com:8443/distri/v1"),
            ("https://example.com/a/v1", "https://example.com/a/v1"),
        ] {
            assert_eq!(read(text).as_deref(), Some(form), "{text:?}");
        }
    }

    #[test]
    fn without_tls_only_this_machine_is_one() {
        for text in [
            "http://example.com",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "http://example.com/localhost",
            "http://10.0.0.1",
            "http://0.0.0.0",
            "https://user@example.com",
            "https://user:word@example.com",
            "https://example.com/?x=1",
            "https://example.com/#x",
            "ftp://example.com",
            "example.com",
            "",
        ] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }
}
