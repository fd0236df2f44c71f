//! The canonical request: parsed once, decided on, and sent as the bytes it names.
//!
//! A rule that is matched on one reading of a URL while another reading is sent is a hole (`/x/../v1/refunds` passes
//! a rule on `/v1/refunds` and arrives there). So there is one reading: text becomes a [`Request`] here or is refused,
//! and the HTTP/1.1 request target, the HTTP/2 pseudo headers and the policy's target are all made from it. What a
//! server might read differently than it is written is refused, not repaired.

mod body;
mod error;
mod headers;
mod location;
mod method;
mod path;

use std::fmt;

use bytes::Bytes;
use distri_core::policy::{Scheme, Target};

pub use body::MAX_BODY;
pub use error::RequestError;
pub use headers::{MAX_HEADER_BYTES, MAX_HEADERS};
pub use location::{MAX_TARGET, QueryPair};

use location::Location;
pub(crate) use path::decode;

/// One outgoing request in its only form.
///
/// `Debug` prints scheme, method, host and port: everything else may hold a value.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    method: String,
    location: Location,
    headers: Vec<(String, String)>,
    body: Bytes,
}

impl Request {
    /// Reads a request once.
    ///
    /// Known methods are put in upper case. The URL's fragment is dropped; other parts are kept byte for byte, except
    /// that spaces and non-ASCII characters are percent-encoded and the host becomes an A-label. Header names become
    /// lower case; `accept-encoding`, `keep-alive` and a harmless `connection` are dropped, because they are ours, and
    /// `host` and `content-length` are dropped when they say what is true and refused when not.
    ///
    /// # Errors
    /// What does not have one meaning is refused with its rule; see [`RequestError`].
    pub fn parse(method: &str, url: &str, headers: Vec<(String, String)>, body: Vec<u8>) -> Result<Self, RequestError> {
        let method = method::parse(method)?;
        let location = Location::parse(url)?;
        let headers = headers::parse(headers, &location, body.len())?;
        body::check(&headers, &body)?;
        Ok(Self {
            method,
            location,
            headers,
            body: Bytes::from(body),
        })
    }

    /// Upper case.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// TLS or not.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.location.scheme
    }

    /// A-label in lower case without a trailing dot, or a canonical address, IPv6 in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.location.host
    }

    /// Never implied.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.location.port
    }

    /// Begins with `/`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.location.path
    }

    /// The query's pairs in their order, percent-encoded as they are sent; `None` without a `?`.
    #[must_use]
    pub fn query(&self) -> Option<&[QueryPair]> {
        self.location.query.as_deref()
    }

    /// Names in lower case, in the order given.
    #[must_use]
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// The value of the first header called `name` (lower case).
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        headers::get(&self.headers, name)
    }

    /// At most [`MAX_BODY`] bytes.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// What a policy decides on.
    #[must_use]
    pub fn target(&self) -> Target<'_> {
        Target {
            scheme: self.scheme(),
            host: self.host(),
            port: self.port(),
            path: self.path(),
            method: self.method(),
        }
    }

    /// Host, and the port unless it is the scheme's own: the `Host` header and `:authority`.
    #[must_use]
    pub fn authority(&self) -> String {
        self.location.authority()
    }

    /// Path and query: the request target of HTTP/1.1 and `:path`.
    #[must_use]
    pub fn path_and_query(&self) -> String {
        self.location.path_and_query()
    }

    /// The canonical URL; parsing it gives the same request again.
    #[must_use]
    pub fn url(&self) -> String {
        self.location.url()
    }

    /// Whether the request may be sent twice without doing more than once (RFC 9110, section 9.2.2).
    #[must_use]
    pub fn is_idempotent(&self) -> bool {
        matches!(self.method.as_str(), "GET" | "HEAD" | "OPTIONS" | "PUT" | "DELETE")
    }
}

/// New contents for some fields of a request; where it goes cannot be changed.
#[derive(Default)]
pub(crate) struct Change {
    /// Values by their place among the headers.
    pub(crate) headers: Vec<(usize, String)>,
    /// Values, escaped, by their place in the query.
    pub(crate) pairs: Vec<(usize, String)>,
    /// The body.
    pub(crate) body: Option<Bytes>,
}

impl Request {
    /// The same request with other contents; `None` where it would be over a limit.
    pub(crate) fn changed(&self, change: Change) -> Option<Self> {
        let mut request = self.clone();
        for (at, value) in change.headers {
            request.headers.get_mut(at)?.1 = value;
        }
        for (at, value) in change.pairs {
            request.location.query.as_mut()?.get_mut(at)?.value = Some(value);
        }
        if let Some(body) = change.body {
            request.body = body;
        }
        let headers: usize = request
            .headers
            .iter()
            .map(|(name, value)| name.len() + value.len())
            .sum();
        let within = headers <= MAX_HEADER_BYTES
            && request.location.path_and_query().len() <= MAX_TARGET
            && request.body.len() <= MAX_BODY;
        within.then_some(request)
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Request({} {}://{})",
            self.method,
            self.scheme().as_str(),
            self.authority()
        )
    }
}
