//! Why the proxy did not pass a request on: one sentence, one rule, one status; never a value.

use http::StatusCode;
use serde_json::json;

use crate::error::EgressError;
use crate::request::{MAX_BODY, RequestError};

/// Why a request was not passed on, or got no response.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("a line of the request's head does not end in CR LF")]
    LineEnding,
    #[error("the first line of a request is `METHOD TARGET HTTP/1.1`, with one space between and no `#`")]
    RequestLine,
    #[error("the proxy speaks HTTP/1.1, and HTTP/2 inside of tunnels")]
    Version,
    #[error("a header line is `name: value` in printable ASCII, not folded and without a space before the colon")]
    Field,
    #[error("the request's head has more than 100 fields or is too large")]
    HeadTooLarge,
    #[error("`content-length` is one plain number, and does not stand beside `transfer-encoding`")]
    ContentLength,
    #[error("the only `transfer-encoding` of a request is `chunked`, once, over HTTP/1.1")]
    TransferEncoding,
    #[error("a chunk of the request's body has no plain size or is not followed by CR LF")]
    Chunk,
    #[error("a request's body has no trailer fields")]
    Trailer,
    #[error("`CONNECT` has no body")]
    ConnectBody,
    #[error("a tunnel leads to one place: there is no `CONNECT` inside of it")]
    ConnectInside,
    #[error("a request to a proxy has an absolute URL, and one in a tunnel begins with `/`")]
    Target,
    #[error("a request over HTTP/1.1 has one `host` header")]
    NoHost,
    #[error("the request is not for the host that its connection was opened for")]
    OtherHost,
    #[error("the header `connection` names other headers, which belong to the request")]
    Connection,
    #[error("`upgrade` to another protocol than `websocket` is not possible here")]
    Upgrade,
    #[error("a WebSocket is asked for by `GET` over HTTP/1.1 with version 13 and one key of 16 bytes in base64")]
    Handshake,
    #[error("`expect` has another value than `100-continue`")]
    Expect,
    #[error(
        "this proxy is for one run of `distri`: its credential stands in `HTTPS_PROXY` of the command that was run"
    )]
    Credential,
    #[error("`{0}` is not open to this run: with `--lock` only the hosts of its secrets are")]
    Locked(String),
    #[error("a secret is bound to this host: in a tunnel to it only TLS is spoken")]
    NotTls,
    #[error("too many connections at once")]
    TooManyConnections,
    #[error("the request's body did not come to its end in time")]
    SlowBody,
    #[error(transparent)]
    Request(#[from] RequestError),
    #[error(transparent)]
    Egress(#[from] EgressError),
}

impl Refusal {
    /// The rule's stable name.
    pub(super) fn rule(&self) -> &'static str {
        match self {
            Self::LineEnding => "line-ending",
            Self::RequestLine => "request-line",
            Self::Version => "http-version",
            Self::Field => "header-line",
            Self::HeadTooLarge => "headers-too-large",
            Self::ContentLength => "content-length",
            Self::TransferEncoding => "transfer-encoding",
            Self::Chunk => "chunk",
            Self::Trailer => "trailer",
            Self::ConnectBody => "connect-body",
            Self::ConnectInside => "connect-inside",
            Self::Target => "target",
            Self::NoHost => "no-host",
            Self::OtherHost => "other-host",
            Self::Connection => "connection",
            Self::Upgrade => "upgrade",
            Self::Handshake => "websocket-handshake",
            Self::Expect => "expect",
            Self::Credential => "proxy-credential",
            Self::Locked(_) => "locked",
            Self::NotTls => "not-tls",
            Self::TooManyConnections => "too-many-connections",
            Self::SlowBody => "slow-body",
            Self::Request(error) => error.rule(),
            Self::Egress(error) => error.rule(),
        }
    }

    /// What a client is told by number.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Version => StatusCode::HTTP_VERSION_NOT_SUPPORTED,
            Self::HeadTooLarge | Self::Request(RequestError::HeadersTooLarge) => {
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE
            }
            // RFC 9110, section 15.5.20: the client may try again over a connection of its own.
            Self::OtherHost | Self::Request(RequestError::HostHeader) => StatusCode::MISDIRECTED_REQUEST,
            Self::Expect => StatusCode::EXPECTATION_FAILED,
            Self::Credential => StatusCode::PROXY_AUTHENTICATION_REQUIRED,
            Self::Locked(_) => StatusCode::FORBIDDEN,
            Self::TooManyConnections => StatusCode::SERVICE_UNAVAILABLE,
            Self::SlowBody => StatusCode::REQUEST_TIMEOUT,
            Self::Request(RequestError::BodyTooLarge) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Request(RequestError::TargetTooLong) => StatusCode::URI_TOO_LONG,
            Self::Egress(EgressError::ConnectTimeout { .. } | EgressError::HeaderTimeout { .. }) => {
                StatusCode::GATEWAY_TIMEOUT
            }
            Self::Egress(error) if error.is_refusal() => StatusCode::FORBIDDEN,
            Self::Egress(_) => StatusCode::BAD_GATEWAY,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// The fields of the answer.
    pub(super) fn headers(&self) -> Vec<(&'static str, &'static str)> {
        let mut headers = vec![("content-type", "application/json"), ("x-distri-rule", self.rule())];
        if matches!(self, Self::Credential) {
            headers.push(("proxy-authenticate", "Basic realm=\"distri\""));
        }
        headers
    }

    /// The body of the answer.
    pub(super) fn body(&self) -> String {
        json!({ "error": self.to_string(), "code": self.rule() }).to_string()
    }
}

/// The limit as a refusal, before the body is read.
pub(super) fn body_within_limit(length: u64) -> Result<(), Refusal> {
    if length > MAX_BODY as u64 {
        Err(RequestError::BodyTooLarge.into())
    } else {
        Ok(())
    }
}
