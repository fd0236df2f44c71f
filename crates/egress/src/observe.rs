//! Being told of each request that is sent, without its contents: what a binding is learned from.
//!
//! Nothing here decides anything. An observation is made from the same canonical request that the broker decides on,
//! before values are placed in it, and is told when the request has a connection to leave by.

use std::fmt;
use std::sync::Arc;

use distri_core::learn::{MAX_PATH, ObservedRequest};
use distri_core::release::Release;
use distri_redact::Redactor;

use crate::broker::{Spotter, bare_host};
use crate::plain_body::PlainBody;
use crate::request::{Request, decode};

/// Is told of each request that is sent.
pub trait Observer: Send + Sync + fmt::Debug {
    /// `request` is about to leave; it returns soon, since the request waits for it.
    fn sent(&self, request: ObservedRequest);
}

/// Looks at the requests of one run for an observer.
pub(crate) struct Observing {
    observer: Arc<dyn Observer>,
    spotter: Spotter,
    /// Values and placeholders, so that none of them is in a path that is kept.
    hidden: Redactor,
    hidden_lower: Redactor,
}

impl Observing {
    pub(crate) fn new(observer: Arc<dyn Observer>, release: &Release) -> Self {
        let hidden = |form: fn(&[u8]) -> Vec<u8>| {
            let secrets = release.secrets.iter();
            let add = |builder: distri_redact::RedactorBuilder, it: &distri_core::release::ReleasedSecret| {
                let builder = builder.secret(it.key.as_str(), &form(it.value.expose_secret()));
                match &it.placeholder {
                    Some(placeholder) => builder.secret(it.key.as_str(), &form(placeholder.as_str().as_bytes())),
                    None => builder,
                }
            };
            secrets.fold(Redactor::builder(), add).build()
        };
        Self {
            observer,
            spotter: Spotter::new(release),
            hidden: hidden(<[u8]>::to_vec),
            hidden_lower: hidden(<[u8]>::to_ascii_lowercase),
        }
    }

    /// What there is to tell of `request`, whose body is `plain` behind its encoding.
    pub(crate) fn look(&self, request: &Request, plain: &PlainBody) -> ObservedRequest {
        ObservedRequest {
            method: request.method().to_owned(),
            scheme: request.scheme(),
            host: self.host(request.host()),
            port: request.port(),
            path: cut(&self.path(request.path())).to_owned(),
            carried: self.spotter.spots(request, plain),
        }
    }

    pub(crate) fn tell(&self, observed: ObservedRequest) {
        self.observer.sent(observed);
    }

    fn host(&self, host: &str) -> String {
        match self.hidden_lower.find(&bare_host(host)) {
            Some(found) if self.hidden_lower.find(host.as_bytes()).is_none() => format!("[redacted:{}]", found.label),
            _ => self.hidden_lower.redact_str(host).into_owned(),
        }
    }

    /// Segment by segment, because one escape in the middle of a value hides it from a search: such a segment is
    /// replaced whole. What is found only across segments is left out with all of them.
    fn path(&self, path: &str) -> String {
        let shown = path.split('/').map(|segment| {
            let redacted = self.hidden.redact_str(segment);
            match self.hidden.find(&decode(redacted.as_bytes())) {
                Some(found) => format!("[redacted:{}]", found.label),
                None => redacted.into_owned(),
            }
        });
        let shown = shown.collect::<Vec<_>>().join("/");
        match self.hidden.find(&decode(shown.as_bytes())) {
            Some(_) => "/".to_owned(),
            None => shown,
        }
    }
}

/// At most [`MAX_PATH`] bytes, in whole segments.
fn cut(path: &str) -> &str {
    if path.len() <= MAX_PATH {
        return path;
    }
    let fits = path.char_indices().map(|(at, _)| at).take_while(|at| *at <= MAX_PATH);
    let end = fits.last().unwrap_or(0);
    match path[..end].rfind('/') {
        Some(0) | None => "/",
        Some(at) => &path[..at],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_path_is_cut_between_segments() {
        let long = format!("/v1/{}/x", "a".repeat(300));
        assert_eq!(cut(&long), "/v1");
        assert_eq!(cut(&format!("/{}", "é".repeat(300))), "/");
        assert_eq!(cut("/v1/x"), "/v1/x");
    }
}
