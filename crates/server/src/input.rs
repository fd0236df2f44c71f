//! What a request brings, read by its handler into types: path, query, headers, body.
//!
//! Reading happens after authentication. No error repeats what was sent: a value may stand in the wrong place. What cannot
//! be read at all is spoken of in [`unread`].

use std::sync::Arc;

use bytes::Bytes;
use distri_core::{Clock, Environment, SecretKey};
use http::header::{HeaderName, IF_MATCH, IF_NONE_MATCH};
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::error::{ApiError, Code};
use crate::unread;

/// A request whose body has arrived.
pub(crate) struct Input {
    pub(crate) parts: Parts,
    /// The parameters of the path, percent-decoded.
    pub(crate) path: Vec<(String, String)>,
    pub(crate) body: Bytes,
    /// The server's clock.
    pub(crate) clock: Arc<dyn Clock>,
}

impl Input {
    /// A parameter of the path. The router has put it there.
    pub(crate) fn parameter(&self, name: &str) -> &str {
        let found = self.path.iter().find(|it| it.0 == name);
        found.map_or("", |it| it.1.as_str())
    }

    /// The parameter `key` of the path. A name that no secret can have is one that is not there.
    pub(crate) fn key(&self) -> Result<SecretKey, ApiError> {
        self.parameter("key").parse().map_err(|_| ApiError::not_found("secret"))
    }

    /// The query as a type.
    pub(crate) fn query<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        let query = self.parts.uri.query().unwrap_or_default();
        serde_urlencoded::from_str(query).map_err(|error| unread::query::<T>(query, &error))
    }

    /// The body as a type, from JSON.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        self.json_or("")
    }

    /// The same where the route takes text of the type `other` as well, and this is not it.
    pub(crate) fn json_or<T: DeserializeOwned>(&self, other: &str) -> Result<T, ApiError> {
        if !is_json(&self.parts.headers) {
            let more = match other {
                "" => String::new(),
                other => format!(" or `{other}`"),
            };
            return Err(ApiError::new(
                Code::MediaType,
                format!("the body of this route is `application/json`{more}"),
            ));
        }
        serde_json::from_slice(&self.body).map_err(|error| unread::body::<T>(&self.body, &error))
    }

    /// The body as text, when it is of this type.
    pub(crate) fn text(&self, media: &str) -> Result<Option<&str>, ApiError> {
        if !is_of_type(&self.parts.headers, media) {
            return Ok(None);
        }
        let text = std::str::from_utf8(&self.body);
        text.map(Some)
            .map_err(|_| ApiError::invalid("the body is no text (UTF-8)"))
    }

    /// A header that is there at most once, as text.
    pub(crate) fn header(&self, name: &HeaderName) -> Result<Option<&str>, ApiError> {
        let mut values = self.parts.headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (None, _) => Ok(None),
            (Some(value), None) => {
                let text = value.to_str();
                text.map(Some)
                    .map_err(|_| ApiError::invalid(format!("the header `{name}` has bytes that no text has")))
            }
            _ => Err(ApiError::invalid(format!("the header `{name}` is there twice"))),
        }
    }

    /// The version that the client expects: of `if-match`, or none with `if-none-match: *`.
    pub(crate) fn expected_version(&self) -> Result<Expected, ApiError> {
        let refused = || ApiError::invalid("`if-match` is one version in quotes, such as `\"3\"`, or `*`");
        match (self.header(&IF_MATCH)?, self.header(&IF_NONE_MATCH)?) {
            (None, None) => Ok(Expected::Any),
            (Some("*"), None) => Ok(Expected::Some),
            (Some(tag), None) => version_of(tag).map(Expected::Version).ok_or_else(refused),
            (None, Some("*")) => Ok(Expected::None),
            _ => Err(refused()),
        }
    }

    /// Whether the client has `version` already, by `if-none-match`.
    pub(crate) fn has_version(&self, version: u32) -> Result<bool, ApiError> {
        let tags = self.header(&IF_NONE_MATCH)?.unwrap_or_default();
        let mut tags = tags.split(',').map(|it| it.trim().trim_start_matches("W/"));
        Ok(tags.any(|it| it == "*" || version_of(it) == Some(version)))
    }
}

/// What a client expects to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// Whatever is there, or nothing.
    Any,
    /// Whatever is there.
    Some,
    /// Nothing is there.
    None,
    /// This version.
    Version(u32),
}

impl Expected {
    /// The version as use cases take it, 0 for none.
    pub(crate) fn version(self) -> Option<u32> {
        match self {
            Self::Any | Self::Some => None,
            Self::None => Some(0),
            Self::Version(version) => Some(version),
        }
    }
}

/// The environment that a field names, or the default one.
pub(crate) fn environment(field: Option<&str>) -> Result<Environment, ApiError> {
    field.map_or_else(|| Ok(Environment::default()), |it| named("environment", it))
}

/// A field as a type that says itself what it takes. Its errors repeat nothing.
pub(crate) fn named<T>(field: &str, text: &str) -> Result<T, ApiError>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    text.parse()
        .map_err(|error| ApiError::invalid(format!("`{field}`: {error}")))
}

fn version_of(tag: &str) -> Option<u32> {
    let digits = tag.strip_prefix('"')?.strip_suffix('"')?;
    let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
    is_number.then(|| digits.parse().ok()).flatten()
}

/// Without a type it is JSON.
fn is_json(headers: &http::HeaderMap) -> bool {
    !headers.contains_key(http::header::CONTENT_TYPE) || is_of_type(headers, "application/json")
}

fn is_of_type(headers: &http::HeaderMap, media: &str) -> bool {
    let sent = headers.get(http::header::CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let essence = sent.map(|it| it.split(';').next().unwrap_or_default().trim());
    essence.is_some_and(|it| it.eq_ignore_ascii_case(media))
}
