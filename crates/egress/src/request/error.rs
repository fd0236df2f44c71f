//! Why text is no request: one rule each.

/// Why text is no canonical request. The sentence never repeats the input, which may hold a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// No method that may be sent.
    #[error("the method is an upper-case word of at most 16 letters, and not `CONNECT`, `TRACE` or `TRACK`")]
    Method,
    /// Not `https://` or `http://`.
    #[error("the URL begins with `https://` or `http://`, with exactly two slashes")]
    Scheme,
    /// A control character anywhere in the URL.
    #[error("the URL has a control character")]
    Control,
    /// `user:password@`.
    #[error("the URL has credentials before `@`: put them into the `authorization` header")]
    Userinfo,
    /// No host.
    #[error("the URL has no valid host name or address")]
    Host,
    /// A port outside 1 to 65535.
    #[error("the URL's port is no number from 1 to 65535")]
    Port,
    /// A backslash, which some servers read as a slash.
    #[error("the URL's path has a backslash, written or as `%5c`")]
    Backslash,
    /// `.` or `..` in any spelling.
    #[error("the URL's path has a `.` or `..` segment, written or escaped")]
    DotSegment,
    /// `//` in the path.
    #[error("the URL's path has an empty segment (`//`)")]
    EmptySegment,
    /// `%2f`.
    #[error("the URL's path has an escaped slash (`%2f`)")]
    EscapedSlash,
    /// `%00` to `%1f`, `%7f`.
    #[error("the URL's path has an escaped control character")]
    EscapedControl,
    /// `%` without two hexadecimal digits.
    #[error("the URL's path has a `%` that begins no escape")]
    Escape,
    /// Bytes that are no UTF-8, overlong forms included.
    #[error("the URL's path has escaped bytes that are not UTF-8")]
    Utf8,
    /// Another reading of the same text exists.
    #[error("the URL is not read the same way everywhere")]
    RoundTrip,
    /// Over [`MAX_TARGET`](super::MAX_TARGET).
    #[error("path and query together are over 32768 bytes")]
    TargetTooLong,
    /// The method named again in a header, a query or a form.
    #[error("the method is overridden by a header, a query or a form field: the policy would decide on another one")]
    MethodOverride,
    /// No field name, or one with `_`, which servers read as `-`.
    #[error("a header's name is made of letters, digits and `-`")]
    HeaderName,
    /// A value with line breaks, NUL or beyond ASCII.
    #[error("a header's value has a line break, a control character or a character beyond ASCII")]
    HeaderValue,
    /// A header of the connection, not of the request.
    #[error(
        "the request has a header that belongs to the connection (`te`, `upgrade`, `transfer-encoding`, `expect`, `proxy-*` …)"
    )]
    HopByHop,
    /// `host` that is not the URL's.
    #[error("the `host` header is not the URL's host")]
    HostHeader,
    /// `content-length` that is not the body's.
    #[error("the `content-length` header is not the body's length")]
    ContentLength,
    /// A header that may stand once only.
    #[error(
        "a header that may stand once only (`authorization`, `content-type`, `content-encoding`, `host`, `content-length`) is repeated"
    )]
    HeaderRepeated,
    /// Over [`MAX_HEADERS`](super::MAX_HEADERS) or [`MAX_HEADER_BYTES`](super::MAX_HEADER_BYTES).
    #[error("the request has more than 100 headers, or more than 65536 bytes of them")]
    HeadersTooLarge,
    /// Over [`MAX_BODY`](super::MAX_BODY).
    #[error("the request's body is over 33554432 bytes (32 MiB)")]
    BodyTooLarge,
}

impl RequestError {
    /// The rule's stable name, for records and vectors.
    #[must_use]
    pub fn rule(self) -> &'static str {
        match self {
            Self::Method => "method",
            Self::Scheme => "scheme",
            Self::Control => "control",
            Self::Userinfo => "userinfo",
            Self::Host => "host",
            Self::Port => "port",
            Self::Backslash => "backslash",
            Self::DotSegment => "dot-segment",
            Self::EmptySegment => "empty-segment",
            Self::EscapedSlash => "escaped-slash",
            Self::EscapedControl => "escaped-control",
            Self::Escape => "escape",
            Self::Utf8 => "utf8",
            Self::RoundTrip => "round-trip",
            Self::TargetTooLong => "target-too-long",
            Self::MethodOverride => "method-override",
            Self::HeaderName => "header-name",
            Self::HeaderValue => "header-value",
            Self::HopByHop => "hop-by-hop",
            Self::HostHeader => "host-header",
            Self::ContentLength => "content-length",
            Self::HeaderRepeated => "header-repeated",
            Self::HeadersTooLarge => "headers-too-large",
            Self::BodyTooLarge => "body-too-large",
        }
    }
}
