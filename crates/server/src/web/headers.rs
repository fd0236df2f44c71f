//! The headers of every page: nothing is loaded but our own stylesheet, script and icon, nobody frames it, nothing keeps it.

use http::HeaderValue;
use http::header::{CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_FRAME_OPTIONS};

use crate::reply::Reply;

/// What a page may load and do.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; \
                      frame-ancestors 'none'; base-uri 'none'";

const OPENER: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// The reply with them. `no-store` is every reply's, unless it says otherwise.
pub(crate) fn secured(mut reply: Reply) -> Reply {
    let headers = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_FRAME_OPTIONS, "DENY"),
        // With `no-referrer` browsers send `origin: null` with our own forms.
        (REFERRER_POLICY, "same-origin"),
        (OPENER, "same-origin"),
        (RESOURCE, "same-origin"),
    ];
    for (name, value) in headers {
        reply.headers.insert(name, HeaderValue::from_static(value));
    }
    reply
}
