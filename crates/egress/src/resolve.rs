//! Names to addresses, once for each connection; what was checked here is what is dialled.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use distri_core::policy::HostPattern;
use tokio::time::timeout;

use crate::address::{is_loopback, special};
use crate::broker::{Cleared, Reach};
use crate::error::EgressError;

/// `HOST:PORT:ADDR:PORT`: connections to this host and port go to this address, without asking a resolver.
///
/// The operator's word, for private networks and tests: the address may be any, also a special-purpose one. The
/// certificate is still verified against the URL's host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolveOverride {
    host: String,
    port: u16,
    address: SocketAddr,
}

impl FromStr for ResolveOverride {
    type Err = ResolveOverrideError;

    fn from_str(text: &str) -> Result<Self, ResolveOverrideError> {
        let (host, rest) = split_host(text).ok_or(ResolveOverrideError::Form)?;
        let (port, address) = rest.split_once(':').ok_or(ResolveOverrideError::Form)?;
        if host.starts_with('*') {
            return Err(ResolveOverrideError::Host);
        }
        let host = host
            .parse::<HostPattern>()
            .map_err(|_| ResolveOverrideError::Host)?
            .to_string();
        let (ip, to) = split_host(address).ok_or(ResolveOverrideError::Form)?;
        let bare = ip.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
        let ip: IpAddr = match bare {
            Some(v6) => IpAddr::V6(v6.parse().map_err(|_| ResolveOverrideError::Address)?),
            None => IpAddr::V4(ip.parse().map_err(|_| ResolveOverrideError::Address)?),
        };
        Ok(Self {
            host,
            port: parse_port(port)?,
            address: SocketAddr::new(ip, parse_port(to)?),
        })
    }
}

impl std::fmt::Display for ResolveOverride {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.host, self.port, self.address)
    }
}

/// Why text is no override.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResolveOverrideError {
    /// Not four parts.
    #[error(
        "an override is `HOST:PORT:ADDR:PORT`, as in `api.example.com:443:127.0.0.1:8443`; an IPv6 address stands in brackets"
    )]
    Form,
    /// No host.
    #[error("the host of an override is a host name or address, without a wildcard")]
    Host,
    /// No address.
    #[error("the address of an override is an IPv4 address, or an IPv6 address in brackets")]
    Address,
    /// No port.
    #[error("a port is a number from 1 to 65535")]
    Port,
}

/// The checked addresses of a destination, in the order in which they are tried. Never empty.
pub(crate) struct Checked(Vec<SocketAddr>);

impl Checked {
    pub(crate) fn addresses(&self) -> &[SocketAddr] {
        &self.0
    }
}

/// Resolves the destination of `cleared`.
///
/// All answers are judged and the special-purpose ones dropped, so that a mixed answer cannot lead inside.
pub(crate) async fn resolve(
    cleared: &Cleared,
    overrides: &[ResolveOverride],
    limit: Duration,
) -> Result<Checked, EgressError> {
    let request = &cleared.request;
    let told: Vec<SocketAddr> = overrides
        .iter()
        .filter(|it| it.host == request.host() && it.port == request.port())
        .map(|it| it.address)
        .collect();
    if !told.is_empty() {
        return local_if_in_clear(told, cleared);
    }
    let fail = |reason| EgressError::Resolve {
        place: cleared.place.clone(),
        reason,
    };
    let answers = timeout(limit, look_up(request.host(), request.port()))
        .await
        .unwrap_or(Err("the resolver does not answer"))
        .map_err(fail)?;
    local_if_in_clear(judge(answers, cleared)?, cleared)
}

/// A value without TLS stays on this machine, whatever the name and the operator's override say.
fn local_if_in_clear(addresses: Vec<SocketAddr>, cleared: &Cleared) -> Result<Checked, EgressError> {
    match &cleared.in_clear {
        Some(key) if !addresses.iter().all(|it| is_loopback(it.ip())) => Err(EgressError::Cleartext {
            key: key.clone(),
            place: cleared.place.clone(),
        }),
        _ => Ok(Checked(addresses)),
    }
}

fn judge(answers: Vec<SocketAddr>, cleared: &Cleared) -> Result<Vec<SocketAddr>, EgressError> {
    let mut kept = Vec::new();
    let mut refused = None;
    for answer in answers {
        match special(answer.ip()) {
            None => kept.push(answer),
            Some(_) if cleared.reach == Reach::Local && is_loopback(answer.ip()) => kept.push(answer),
            Some(range) => refused = refused.or(Some((answer.ip(), range))),
        }
    }
    // A binding to this machine means this machine, whatever `localhost` resolves to.
    if cleared.reach == Reach::Local {
        kept.retain(|it| is_loopback(it.ip()));
    }
    let place = || cleared.place.clone();
    match (kept.is_empty(), refused) {
        (false, _) => Ok(kept),
        (true, Some((address, range))) => Err(EgressError::SpecialAddress {
            place: place(),
            address,
            range,
        }),
        (true, None) => Err(EgressError::Resolve {
            place: place(),
            reason: "no answer can be dialled",
        }),
    }
}

pub(crate) async fn look_up(host: &str, port: u16) -> Result<Vec<SocketAddr>, &'static str> {
    let bare = host
        .strip_prefix('[')
        .and_then(|it| it.strip_suffix(']'))
        .unwrap_or(host);
    if let Ok(ip) = bare.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, port)]);
    }
    match tokio::net::lookup_host((host, port)).await {
        Ok(answers) => Ok(answers.collect()),
        Err(_) => Err("the name does not resolve"),
    }
}

fn split_host(text: &str) -> Option<(&str, &str)> {
    match text.strip_prefix('[') {
        Some(_) => {
            let end = text.find("]:")?;
            Some((&text[..=end], &text[end + 2..]))
        }
        None => text.split_once(':'),
    }
}

fn parse_port(text: &str) -> Result<u16, ResolveOverrideError> {
    match text.parse::<u16>() {
        Ok(port) if port != 0 && text.bytes().all(|b| b.is_ascii_digit()) => Ok(port),
        _ => Err(ResolveOverrideError::Port),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Request;

    fn cleared(url: &str, reach: Reach) -> Cleared {
        let request = Request::parse("GET", url, vec![], vec![]).expect(url);
        Cleared {
            place: request.authority(),
            request,
            reach,
            in_clear: None,
        }
    }

    fn answers(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|it| it.parse().expect(it)).collect()
    }

    #[test]
    fn an_override_has_four_parts() {
        use ResolveOverrideError::{Address, Form, Host, Port};
        for (text, canonical) in [
            (
                "API.example.com.:443:127.0.0.1:8443",
                Ok("api.example.com:443:127.0.0.1:8443"),
            ),
            ("a.example:443:[::1]:8443", Ok("a.example:443:[::1]:8443")),
            ("[2001:db8::1]:443:10.0.0.1:443", Ok("[2001:db8::1]:443:10.0.0.1:443")),
            ("a.example:443:127.0.0.1", Err(Form)),
            ("a.example", Err(Form)),
            ("a.example:443:::1:8443", Err(Address)),
            ("a.example:443:b.example:8443", Err(Address)),
            ("a.example:0:127.0.0.1:8443", Err(Port)),
            ("a.example:443:127.0.0.1:+1", Err(Port)),
            ("*.example.com:443:127.0.0.1:8443", Err(Host)),
            ("a b:443:127.0.0.1:8443", Err(Host)),
        ] {
            let parsed = text.parse::<ResolveOverride>().map(|it| it.to_string());
            assert_eq!(parsed, canonical.map(str::to_owned), "{text}");
        }
    }

    #[test]
    fn of_a_mixed_answer_only_public_addresses_stay() {
        let mixed = answers(&[
            "127.0.0.1:443",
            "1.1.1.1:443",
            "[fd00:ec2::254]:443",
            "[2606:4700::1111]:443",
        ]);
        let checked = judge(mixed, &cleared("https://a.example/", Reach::Public)).expect("two are public");
        assert_eq!(checked, answers(&["1.1.1.1:443", "[2606:4700::1111]:443"]));
    }

    #[test]
    fn a_local_binding_opens_loopback_and_nothing_else() {
        let place = cleared("http://localhost:11434/", Reach::Local);
        let all = answers(&["10.0.0.1:1", "1.1.1.1:1", "127.0.0.1:1", "[::1]:1"]);
        assert_eq!(
            judge(all, &place).expect("loopback"),
            answers(&["127.0.0.1:1", "[::1]:1"])
        );
        assert_eq!(
            judge(answers(&["10.0.0.1:1"]), &place).err().map(|it| it.rule()),
            Some("special-address")
        );
    }

    #[tokio::test]
    async fn a_value_in_clear_stays_on_this_machine_even_by_override() {
        let place = Cleared {
            in_clear: Some("A_KEY".into()),
            ..cleared("http://localhost:80/", Reach::Public)
        };
        for (told, rule) in [
            ("localhost:80:10.0.0.1:80", Some("cleartext")),
            ("localhost:80:127.0.0.1:80", None),
        ] {
            let told = [told.parse().expect(told)];
            assert_eq!(
                resolve(&place, &told, Duration::from_secs(10))
                    .await
                    .err()
                    .map(|it| it.rule()),
                rule
            );
        }
    }

    #[tokio::test]
    async fn addresses_in_urls_are_judged_in_every_spelling() {
        for url in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://0177.0.0.1/",
            "http://[::1]/",
            "http://[::ffff:7f00:1]/",
            "http://169.254.169.254/latest/meta-data",
            "http://[fd00:ec2::254]/",
            "http://0.0.0.0/",
            "http://[64:ff9b::a9fe:a9fe]/",
        ] {
            let error = resolve(&cleared(url, Reach::Public), &[], Duration::from_secs(10))
                .await
                .err()
                .expect(url);
            assert_eq!(error.rule(), "special-address", "{url}");
            assert!(error.to_string().contains("--resolve"), "{error}");
        }
    }
}
