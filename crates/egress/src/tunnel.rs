//! A connection whose bytes are not looked into: only to a place that no secret of the run is bound to.

use distri_core::policy::Scheme;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::broker::Reach;
use crate::client::Egress;
use crate::dial::connect;
use crate::error::EgressError;
use crate::plain_body::PlainBody;
use crate::request::{Request, RequestError};
use crate::resolve::resolve;

/// A host and a port in their only form, by the same reading as a request's URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place(Request);

impl Place {
    /// Reads `host:port`, the request target of `CONNECT` (RFC 9112, section 3.2.3).
    ///
    /// # Errors
    /// What does not have one meaning, as in a URL, and a port that is left out.
    pub fn parse(authority: &str) -> Result<Self, RequestError> {
        if authority.contains(['/', '?', '#', '\\']) {
            return Err(RequestError::Host);
        }
        let port = authority.rsplit_once(':').map_or("", |(_, port)| port);
        if port.is_empty() || !port.bytes().all(|b| b.is_ascii_digit()) {
            return Err(RequestError::Port);
        }
        Request::parse("GET", &format!("https://{authority}/"), Vec::new(), Vec::new()).map(Self)
    }

    /// Where `request` goes.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        Self::parse(&format!("{}:{}", request.host(), request.port())).expect("a canonical request's place is one")
    }

    /// A-label in lower case without a trailing dot, or a canonical address, IPv6 in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.host()
    }

    /// 1 to 65535.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.0.port()
    }

    /// Host, and the port unless it is the scheme's own.
    #[must_use]
    pub fn authority(&self, scheme: Scheme) -> String {
        if self.port() == scheme.default_port() {
            self.host().to_owned()
        } else {
            format!("{}:{}", self.host(), self.port())
        }
    }
}

impl Egress {
    /// Whether a secret of this run is bound to `place` over `scheme`, by any path and method.
    #[must_use]
    pub fn is_bound(&self, scheme: Scheme, place: &Place) -> bool {
        let secrets = &self.broker().release().secrets;
        let mut bindings = secrets.iter().flat_map(|it| &it.policy.hosts);
        bindings.any(|it| it.is_at(scheme, place.host(), place.port()))
    }

    /// `place` as errors name it, a value in it redacted.
    pub(crate) fn shown(&self, place: &Place) -> String {
        self.broker().place_of(&place.0)
    }

    /// Opens a connection to `place` for bytes that nobody looks into.
    ///
    /// The name is searched for values like any other, and the address is checked like any other; a binding to
    /// loopback opens nothing here.
    ///
    /// # Errors
    /// A refusal or a failure, see [`EgressError`].
    pub async fn tunnel(&self, place: &Place) -> Result<TcpStream, EgressError> {
        let mut cleared = self.broker().clear(place.0.clone(), &PlainBody::AsItIs)?;
        cleared.reach = Reach::Public;
        let config = self.config();
        let limit = config.limits.connect;
        let open = async {
            let checked = resolve(&cleared, &config.resolve, limit).await?;
            let stream = connect(checked.addresses(), Instant::now() + limit).await;
            stream
                .and_then(|it| {
                    it.set_nodelay(true)
                        .map(|()| it)
                        .map_err(|error| error.kind().to_string())
                })
                .map_err(|reason| EgressError::Connect {
                    place: cleared.place.clone(),
                    reason,
                })
        };
        match timeout(limit, open).await {
            Ok(opened) => opened,
            Err(_) => Err(EgressError::ConnectTimeout {
                place: cleared.place.clone(),
                after: limit,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_place_is_one_place_or_none() {
        use RequestError::{Control, Host, Port, Userinfo};
        let name = |labels: usize| format!("{}example:443", "a.".repeat(labels));
        for (text, read) in [
            ("api.example.com:443", Ok(("api.example.com", 443))),
            ("API.Example.com:443", Ok(("api.example.com", 443))),
            ("api.example.com.:443", Ok(("api.example.com", 443))),
            ("api.example.com:8443", Ok(("api.example.com", 8443))),
            ("bücher.example:443", Ok(("xn--bcher-kva.example", 443))),
            ("[::1]:443", Ok(("[::1]", 443))),
            ("2130706433:80", Ok(("127.0.0.1", 80))),
            ("api.example.com", Err(Port)),
            ("api.example.com:", Err(Port)),
            ("api.example.com:0", Err(Port)),
            ("api.example.com:65536", Err(Port)),
            ("api.example.com:+443", Err(Port)),
            ("[::1]", Err(Port)),
            (":443", Err(Host)),
            ("a@api.example.com:443", Err(Userinfo)),
            ("api.example.com%00.evil.com:443", Err(Host)),
            ("api.example.com\0.evil.com:443", Err(Control)),
            ("api.example.com\t:443", Err(Control)),
            ("api.example.com/:443", Err(Host)),
            ("api.example.com:443/x:443", Err(Host)),
            ("evil.com#api.example.com:443", Err(Host)),
            ("evil.com?api.example.com:443", Err(Host)),
            ("evil.com\\api.example.com:443", Err(Host)),
            ("api.example.com:443:443", Err(Port)),
            ("*.example.com:443", Err(Host)),
        ] {
            let place = Place::parse(text);
            let place = place.as_ref().map(|it| (it.host(), it.port())).map_err(|it| *it);
            assert_eq!(place, read, "{text:?}");
        }
        assert!(Place::parse(&name(123)).is_ok(), "253 bytes");
        assert_eq!(Place::parse(&name(124)), Err(Host), "255 bytes");
    }
}
