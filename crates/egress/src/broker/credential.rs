//! Which fields of a request carry credentials.
//!
//! A header is a credential's when a word of its name says so. The list is of words and not of names because every
//! service has a name of its own (`x-figma-token`, `dd-api-key`, `xi-api-key`); what no word tells (`user-agent`,
//! `referer`, `x-title`, `cookie`) is written into logs or shown to others by many servers.

use crate::request::{Request, decode};

const WORDS: &[&str] = &[
    "apikey",
    "auth",
    "authentication",
    "authorization",
    "bearer",
    "credential",
    "credentials",
    "key",
    "passphrase",
    "password",
    "secret",
    "token",
];

/// Names with such a word that are no credential's: logged, compared or echoed.
const EXCEPT: &[&str] = &[
    "idempotency-key",
    "sec-websocket-key",
    "x-csrf-token",
    "x-idempotency-key",
    "x-xsrf-token",
];

/// Whether a placeholder is honoured in the header `name` (lower case).
pub(super) fn is_credential_header(name: &str) -> bool {
    !EXCEPT.contains(&name) && name.split('-').any(|word| WORDS.contains(&word))
}

/// Headers that carry nothing but a credential, whoever the server is.
const KNOWN_HEADERS: &[&str] = &[
    "api-key",
    "apikey",
    "authorization",
    "ocp-apim-subscription-key",
    "private-token",
    "x-access-token",
    "x-amz-security-token",
    "x-api-key",
    "x-apikey",
    "x-auth-key",
    "x-auth-token",
    "x-goog-api-key",
    "x-token",
    "x-vault-token",
];

/// The same of queries.
const KNOWN_PAIRS: &[&str] = &[
    "access_token",
    "api-key",
    "api_key",
    "apikey",
    "auth_token",
    "client_secret",
    "private_token",
    "subscription-key",
    "x-amz-signature",
];

/// A field of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Field {
    /// The header at this place.
    Header(usize),
    /// The query's pair at this place.
    Pair(usize),
    /// The body.
    Body,
}

/// Where in the request a credential stands that is not this run's, in words: neither in one of `filled`, nor `known`
/// as a value that the run was given.
pub(super) fn stranger(request: &Request, filled: &[Field], known: impl Fn(&[u8]) -> bool) -> Option<String> {
    let strange = |field: Field, text: &[u8]| !text.is_empty() && !filled.contains(&field) && !known(text);
    for (at, (name, value)) in request.headers().iter().enumerate() {
        if KNOWN_HEADERS.contains(&name.as_str()) && strange(Field::Header(at), value.as_bytes()) {
            return Some(format!("header {name}"));
        }
    }
    for (at, pair) in request.query().into_iter().flatten().enumerate() {
        let name = String::from_utf8_lossy(&decode(pair.name.as_bytes())).to_ascii_lowercase();
        let value = decode(pair.value.as_deref().unwrap_or_default().as_bytes());
        if KNOWN_PAIRS.contains(&name.as_str()) && strange(Field::Pair(at), &value) {
            return Some("the query".to_owned());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_the_name_tells_a_credential_from_what_servers_log() {
        for name in [
            "authorization",
            "x-api-key",
            "dd-api-key",
            "private-token",
            "x-shopify-access-token",
            "apikey",
        ] {
            assert!(is_credential_header(name), "{name}");
        }
        for name in [
            "cookie",
            "user-agent",
            "referer",
            "x-forwarded-for",
            "x-title",
            "idempotency-key",
            "x-csrf-token",
            "monkey",
            "origin",
        ] {
            assert!(!is_credential_header(name), "{name}");
        }
    }
}
