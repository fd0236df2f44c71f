//! The body: its limit, and the one field that would turn the method into another.

use super::RequestError;
use super::headers;

/// The most bytes a request's body may have.
pub const MAX_BODY: usize = 32 * 1024 * 1024;

pub(super) fn check(headers: &[(String, String)], body: &[u8]) -> Result<(), RequestError> {
    if body.len() > MAX_BODY {
        return Err(RequestError::BodyTooLarge);
    }
    let form = headers::get(headers, "content-type")
        .is_some_and(|it| it.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded"));
    if form && body.split(|b| *b == b'&').any(is_override) {
        return Err(RequestError::MethodOverride);
    }
    Ok(())
}

/// Whether a pair of a form or query is `_method=…`, which Rails, Laravel and others obey.
pub(super) fn is_override(pair: &[u8]) -> bool {
    let name = pair.split(|b| *b == b'=').next().unwrap_or_default();
    super::path::decode(name).eq_ignore_ascii_case(b"_method")
}
