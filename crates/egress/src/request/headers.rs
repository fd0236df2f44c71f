//! Header fields: names in lower case, values in ASCII, nothing of the connection.

use super::RequestError;
use super::location::Location;

/// The most header fields a request may have.
pub const MAX_HEADERS: usize = 100;

/// The most bytes that names and values may have together.
pub const MAX_HEADER_BYTES: usize = 64 * 1024;

/// Made by the connection itself (RFC 9110, section 7.6.1): from a caller they are an attempt at another framing.
const HOP_BY_HOP: &[&str] = &[
    "expect",
    "http2-settings",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Frameworks take the method from these, behind the policy's back.
const METHOD_OVERRIDE: &[&str] = &["x-http-method", "x-http-method-override", "x-method-override"];

const SINGLE: &[&str] = &[
    "authorization",
    "content-encoding",
    "content-length",
    "content-type",
    "host",
];

pub(super) fn parse(
    headers: Vec<(String, String)>,
    location: &Location,
    body: usize,
) -> Result<Vec<(String, String)>, RequestError> {
    if headers.len() > MAX_HEADERS
        || headers
            .iter()
            .map(|(name, value)| name.len() + value.len())
            .sum::<usize>()
            > MAX_HEADER_BYTES
    {
        return Err(RequestError::HeadersTooLarge);
    }
    let mut kept: Vec<(String, String)> = Vec::with_capacity(headers.len());
    let mut singles = Vec::new();
    for (name, value) in headers {
        let name = parse_name(&name)?;
        let value = parse_value(value)?;
        if let Some(single) = SINGLE.iter().find(|it| **it == name) {
            if singles.contains(single) {
                return Err(RequestError::HeaderRepeated);
            }
            singles.push(single);
        }
        if is_kept(&name, &value, location, body)? {
            kept.push((name, value));
        }
    }
    Ok(kept)
}

pub(super) fn get<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    headers
        .iter()
        .find(|(it, _)| it == name)
        .map(|(_, value)| value.as_str())
}

fn is_kept(name: &str, value: &str, location: &Location, body: usize) -> Result<bool, RequestError> {
    match name {
        // What is decoded here is asked for here.
        "accept-encoding" | "keep-alive" => Ok(false),
        "connection" if value.eq_ignore_ascii_case("keep-alive") || value.eq_ignore_ascii_case("close") => Ok(false),
        "connection" => Err(RequestError::HopByHop),
        "host"
            if value.eq_ignore_ascii_case(&location.authority())
                || value.eq_ignore_ascii_case(&location.full_authority()) =>
        {
            Ok(false)
        }
        "host" => Err(RequestError::HostHeader),
        "content-length" if value == body.to_string() => Ok(false),
        "content-length" => Err(RequestError::ContentLength),
        _ if HOP_BY_HOP.contains(&name) || name.starts_with("proxy-") => Err(RequestError::HopByHop),
        _ if METHOD_OVERRIDE.contains(&name) => Err(RequestError::MethodOverride),
        _ => Ok(true),
    }
}

/// Narrower than a token: CGI-like servers read `_` as `-`, so that `content_length` would be a second one.
fn parse_name(name: &str) -> Result<String, RequestError> {
    let valid = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if valid {
        Ok(name.to_ascii_lowercase())
    } else {
        Err(RequestError::HeaderName)
    }
}

fn parse_value(value: String) -> Result<String, RequestError> {
    if !value.bytes().all(|b| b == b'\t' || (b' '..=b'~').contains(&b)) {
        return Err(RequestError::HeaderValue);
    }
    let trimmed = value.trim_matches([' ', '\t']);
    Ok(if trimmed.len() == value.len() {
        value
    } else {
        trimmed.to_owned()
    })
}
