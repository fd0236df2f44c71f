//! Where a request goes: the URL in its parts, each in its only form.

use distri_core::policy::{HostPattern, Scheme};
use http::uri::PathAndQuery;
use url::Url;

use super::RequestError;
use super::body::is_override;
use super::path;

/// The most bytes that path and query may have together.
pub const MAX_TARGET: usize = 32 * 1024;

/// One pair of a query, percent-encoded as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryPair {
    /// Before the first `=`.
    pub name: String,
    /// Behind it; `None` without one.
    pub value: Option<String>,
}

#[derive(Clone, PartialEq, Eq)]
pub(super) struct Location {
    pub(super) scheme: Scheme,
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) path: String,
    pub(super) query: Option<Vec<QueryPair>>,
}

impl Location {
    /// Takes the text apart by hand and through the WHATWG parser, and accepts only what both read alike.
    pub(super) fn parse(text: &str) -> Result<Self, RequestError> {
        if text.chars().any(char::is_control) {
            return Err(RequestError::Control);
        }
        let raw = Raw::split(text)?;
        if raw.path.len() + raw.query.map_or(0, str::len) > MAX_TARGET {
            return Err(RequestError::TargetTooLong);
        }
        let host = parse_authority(raw.authority)?;
        path::check(raw.path)?;

        let url = Url::parse(text).map_err(|_| RequestError::Host)?;
        let read_host = url.host_str().unwrap_or_default();
        let same_path = same_bytes(raw.path, url.path()) || (raw.path.is_empty() && url.path() == "/");
        let same_query = match (raw.query, url.query()) {
            (Some(raw), Some(read)) => same_bytes(raw, read),
            (raw, read) => raw == read,
        };
        if read_host.strip_suffix('.').unwrap_or(read_host) != host
            || url.scheme() != raw.scheme.as_str()
            || !same_path
            || !same_query
        {
            return Err(RequestError::RoundTrip);
        }
        let port = url.port().unwrap_or(raw.scheme.default_port());
        if port == 0 {
            return Err(RequestError::Port);
        }
        let query = url.query().map(parse_query);
        if query.iter().flatten().any(|pair| is_override(pair.name.as_bytes())) {
            return Err(RequestError::MethodOverride);
        }
        let location = Self {
            scheme: raw.scheme,
            host,
            port,
            path: url.path().to_owned(),
            query,
        };
        location.sent_as_written()
    }

    pub(super) fn authority(&self) -> String {
        if self.port == self.scheme.default_port() {
            self.host.clone()
        } else {
            self.full_authority()
        }
    }

    pub(super) fn full_authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    pub(super) fn path_and_query(&self) -> String {
        let mut target = self.path.clone();
        let mut separator = '?';
        for pair in self.query.iter().flatten() {
            target.push(separator);
            target.push_str(&pair.name);
            if let Some(value) = &pair.value {
                target.push('=');
                target.push_str(value);
            }
            separator = '&';
        }
        target
    }

    pub(super) fn url(&self) -> String {
        format!(
            "{}://{}{}",
            self.scheme.as_str(),
            self.authority(),
            self.path_and_query()
        )
    }

    /// Refuses what the HTTP library or a second parse would send or read in another way.
    fn sent_as_written(self) -> Result<Self, RequestError> {
        let target = self.path_and_query();
        if target.len() > MAX_TARGET {
            return Err(RequestError::TargetTooLong);
        }
        let sent = PathAndQuery::try_from(target.as_str()).map_err(|_| RequestError::RoundTrip)?;
        let url = self.url();
        let again = Url::parse(&url).map_err(|_| RequestError::RoundTrip)?;
        if sent.as_str() == target && again.as_str() == url {
            Ok(self)
        } else {
            Err(RequestError::RoundTrip)
        }
    }
}

struct Raw<'t> {
    scheme: Scheme,
    authority: &'t str,
    path: &'t str,
    query: Option<&'t str>,
}

impl<'t> Raw<'t> {
    fn split(text: &'t str) -> Result<Self, RequestError> {
        let (scheme, rest) = text.split_once("://").ok_or(RequestError::Scheme)?;
        let scheme = match scheme {
            it if it.eq_ignore_ascii_case("https") => Scheme::Https,
            it if it.eq_ignore_ascii_case("http") => Scheme::Http,
            _ => return Err(RequestError::Scheme),
        };
        if rest.starts_with(['/', '\\']) {
            return Err(RequestError::Scheme);
        }
        let rest = rest.split_once('#').map_or(rest, |(before, _)| before);
        let (rest, query) = rest
            .split_once('?')
            .map_or((rest, None), |(before, query)| (before, Some(query)));
        let (authority, path) = rest.split_at(rest.find(['/', '\\']).unwrap_or(rest.len()));
        Ok(Self {
            scheme,
            authority,
            path,
            query,
        })
    }
}

/// The host by the same reading as a binding's, so that equal names are equal texts.
fn parse_authority(authority: &str) -> Result<String, RequestError> {
    if authority.contains('@') {
        return Err(RequestError::Userinfo);
    }
    let end = match authority.strip_prefix('[') {
        Some(_) => authority.find(']').map_or(authority.len(), |it| it + 1),
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, port) = authority.split_at(end);
    let digits = port.strip_prefix(':').unwrap_or(port);
    if !digits.bytes().all(|b| b.is_ascii_digit()) || (!digits.is_empty() && digits.parse::<u16>().is_err()) {
        return Err(RequestError::Port);
    }
    if host.starts_with('*') {
        return Err(RequestError::Host);
    }
    host.parse::<HostPattern>()
        .map(|it| it.to_string())
        .map_err(|_| RequestError::Host)
}

fn parse_query(query: &str) -> Vec<QueryPair> {
    query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name, value)) => QueryPair {
                name: name.to_owned(),
                value: Some(value.to_owned()),
            },
            None => QueryPair {
                name: pair.to_owned(),
                value: None,
            },
        })
        .collect()
}

/// Whether both mean the same bytes: the parser may add escapes, and nothing else.
fn same_bytes(raw: &str, read: &str) -> bool {
    raw.split('/').count() == read.split('/').count() && path::decode(raw.as_bytes()) == path::decode(read.as_bytes())
}
