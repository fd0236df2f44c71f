//! A host name as a policy writes it: an A-label, or one wildcard as the whole left label.

use std::fmt;
use std::str::FromStr;

use url::Host;

/// `api.stripe.com`, or `*.slack.com` for exactly one label in place of the star.
///
/// Kept as lower-case A-labels (RFC 5890) without a trailing dot, so that two spellings of one name are one
/// pattern and a look-alike in another script shows as `xn--…`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostPattern {
    wildcard: bool,
    name: String,
}

impl HostPattern {
    /// Whether `host`, an A-label or an address in its canonical text, is one this pattern names.
    #[must_use]
    pub fn matches(&self, host: &str) -> bool {
        if !self.wildcard {
            return self.name == host;
        }
        host.split_once('.')
            .is_some_and(|(label, rest)| !label.is_empty() && rest == self.name)
    }

    /// Whether the pattern names this machine itself: `localhost` or a loopback address.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        if self.wildcard {
            return false;
        }
        match Host::parse(&self.name) {
            Ok(Host::Ipv4(address)) => address.is_loopback(),
            Ok(Host::Ipv6(address)) => address.is_loopback(),
            _ => self.name == "localhost",
        }
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.wildcard {
            f.write_str("*.")?;
        }
        f.write_str(&self.name)
    }
}

impl FromStr for HostPattern {
    type Err = HostError;

    fn from_str(text: &str) -> Result<Self, HostError> {
        let (wildcard, name) = match text.strip_prefix("*.") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        if name.contains('*') {
            return Err(HostError::Wildcard);
        }
        if name.is_empty()
            || name.len() > 253
            || name
                .chars()
                .any(|c| c.is_control() || c.is_whitespace() || "/?#@%\\".contains(c))
        {
            return Err(HostError::Name);
        }
        let host = Host::parse(name).map_err(|_| HostError::Name)?;
        let is_name = matches!(host, Host::Domain(_));
        let name = host.to_string();
        let name = name.strip_suffix('.').unwrap_or(&name).to_owned();
        if is_name && !name.split('.').all(is_label) {
            return Err(HostError::Name);
        }
        if wildcard && (!is_name || !name.contains('.')) {
            return Err(HostError::Wildcard);
        }
        Ok(Self { wildcard, name })
    }
}

/// Letters, digits, hyphens and underscores, 1 to 63 (RFC 1035, with the underscore that real names have).
fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// Why text is no host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// No host name and no address.
    #[error("not a host name or address")]
    Name,
    /// A star that is not the whole left label of a name with at least two more labels.
    #[error("a wildcard is only possible as the whole left label before a domain, as in `*.example.com`")]
    Wildcard,
}
