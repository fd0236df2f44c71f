//! The method: known ones in any case, unknown ones as they are.

use super::RequestError;

const KNOWN: &[&str] = &["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/// `CONNECT` opens a tunnel, `TRACE` and `TRACK` send the request's headers back.
const REFUSED: &[&str] = &["CONNECT", "TRACE", "TRACK"];

/// Unknown methods are case-sensitive (RFC 9110, section 9.1): only upper case is taken, so that a policy's method
/// cannot be missed by its spelling.
pub(super) fn parse(text: &str) -> Result<String, RequestError> {
    if let Some(known) = KNOWN.iter().find(|it| it.eq_ignore_ascii_case(text)) {
        return Ok((*known).to_owned());
    }
    let word = (1..=16).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_uppercase());
    if word && !REFUSED.contains(&text) {
        Ok(text.to_owned())
    } else {
        Err(RequestError::Method)
    }
}
