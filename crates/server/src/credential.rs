//! Which credential a request brings: `x-api-key: TOKEN` or `authorization: Bearer TOKEN`.
//!
//! One credential, once: where two differ nobody knows which of them a proxy or a log has looked at.

use distri_core::credential::{CredentialError, PresentedToken};
use distri_core::ids::AccountId;
use http::HeaderMap;
use http::header::{AUTHORIZATION, HeaderName};

use crate::error::{ApiError, Code};

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const WORKSPACE: HeaderName = HeaderName::from_static("x-workspace-id");

/// The token that a request brings. One that is mistyped or cut short is known by its checksum.
pub(crate) fn token(headers: &HeaderMap) -> Result<PresentedToken, ApiError> {
    let text = text(headers)?.ok_or_else(ApiError::not_authenticated)?;
    text.parse()
        .map_err(|error: CredentialError| ApiError::new(Code::NotAuthenticated, error.to_string()))
}

/// The original's clients may name their account beside the token. A token is for one account, so it must be that one.
pub(crate) fn workspace(headers: &HeaderMap, account: AccountId) -> Result<(), ApiError> {
    match single(headers, &WORKSPACE)? {
        Some(id) if id.parse() != Ok(account) => Err(ApiError::new(
            Code::NotFound,
            "`x-workspace-id` (of the command line `DISTRI_WORKSPACE_ID` or the profile) names no account of this token; leave it out",
        )),
        _ => Ok(()),
    }
}

fn text(headers: &HeaderMap) -> Result<Option<&str>, ApiError> {
    let key = single(headers, &API_KEY)?;
    let bearer = match single(headers, &AUTHORIZATION)? {
        None => None,
        Some(value) => Some(bearer(value).ok_or_else(ApiError::not_authenticated)?),
    };
    match (key, bearer) {
        (Some(key), Some(bearer)) if key != bearer => Err(ApiError::invalid(
            "`x-api-key` and `authorization` bring different credentials; send one of them",
        )),
        (Some(token), _) | (None, Some(token)) => Ok(Some(token)),
        (None, None) => Ok(None),
    }
}

fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, ApiError> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| ApiError::not_authenticated()),
        _ => Err(ApiError::invalid(format!("the header `{name}` is there twice"))),
    }
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(fields: &[(&'static str, &'static str)]) -> Result<Option<String>, Code> {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, http::HeaderValue::from_static(value));
        }
        text(&headers).map(|it| it.map(str::to_owned)).map_err(|it| it.code)
    }

    #[test]
    fn both_forms_are_read_and_conflicts_refused() {
        let token = Ok(Some("t".to_owned()));
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&[("x-api-key", "t")]), token);
        assert_eq!(read(&[("authorization", "Bearer t")]), token);
        assert_eq!(read(&[("authorization", "bearer  t")]), token);
        assert_eq!(read(&[("x-api-key", "t"), ("authorization", "Bearer t")]), token);
        assert_eq!(
            read(&[("x-api-key", "t"), ("authorization", "Bearer u")]),
            Err(Code::Invalid)
        );
        assert_eq!(read(&[("x-api-key", "t"), ("x-api-key", "t")]), Err(Code::Invalid));
        for wrong in ["Basic dDp0", "Bearer", "Bearer ", "t"] {
            assert_eq!(
                read(&[("authorization", wrong)]),
                Err(Code::NotAuthenticated),
                "{wrong}"
            );
        }
    }
}
