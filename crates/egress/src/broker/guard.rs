//! The decision: a released value leaves only towards its own hosts.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use distri_core::policy::{Binding, Scheme};
use distri_core::release::{Release, ReleasedSecret};
use distri_redact::{Redactor, weakness};

use super::views;
use crate::error::EgressError;
use crate::request::Request;

/// A request that the guard let pass. Only [`Guard::clear`] makes one, and only it can be sent.
#[must_use]
pub(crate) struct Cleared {
    pub(crate) request: Request,
    /// How errors name the destination: host, and port where it is not the scheme's own; a value in it redacted.
    pub(crate) place: String,
    pub(crate) reach: Reach,
    /// A secret whose value stands in a request without TLS, so that it must not leave this machine.
    pub(crate) in_clear: Option<String>,
}

/// Which addresses the request may be dialled at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Reach {
    /// Globally reachable ones.
    Public,
    /// Loopback as well, because a released secret's own binding names this machine.
    Local,
}

/// Knows what was released to this run.
pub(super) struct Guard {
    release: Arc<Release>,
    /// All values at once: most requests hold none and are decided by one search.
    any: Redactor,
    /// The values in lower case, as they would stand in a host name.
    any_lower: Redactor,
    /// One for each secret, made when the first request holds a value. Within one redactor a value hides another
    /// that is equal to it or part of it, and with it the other's policy.
    each: OnceLock<Vec<Needle>>,
}

struct Needle {
    value: Redactor,
    lower: Redactor,
}

impl Guard {
    pub(super) fn new(release: Arc<Release>) -> Self {
        let all = |lower: bool| {
            let add = |builder: distri_redact::RedactorBuilder, secret: &ReleasedSecret| add(builder, secret, lower);
            // A run that sends nothing makes no needles.
            release.secrets.iter().fold(Redactor::builder(), add).build_later()
        };
        let (any, any_lower) = (all(false), all(true));
        Self {
            release,
            any,
            any_lower,
            each: OnceLock::new(),
        }
    }

    /// Decides on `request`: what it holds against where it goes.
    ///
    /// `plain` is the body without `content-encoding`, where it has one.
    pub(super) fn clear(&self, request: Request, plain: Option<&Bytes>) -> Result<Cleared, EgressError> {
        let held = self.held(&request, plain);
        let place = self.place(&request);
        let target = request.target();
        let outside = |secret: &&ReleasedSecret| !secret.policy.allows(&target);

        if let Some(secret) = held.iter().map(|it| &self.release.secrets[*it]).find(outside) {
            return Err(outside_hosts(&request, &place, secret));
        }
        let in_clear = match held.first() {
            Some(index) if request.scheme() == Scheme::Http => Some(self.release.secrets[*index].key.to_string()),
            _ => None,
        };
        if let Some(key) = &in_clear
            && !names_this_machine(request.host())
        {
            return Err(EgressError::Cleartext {
                key: key.clone(),
                place,
            });
        }
        let local = |binding: &Binding| binding.host().is_loopback() && binding.covers(&target);
        let reach = match self.release.secrets.iter().any(|it| it.policy.hosts.iter().any(local)) {
            true => Reach::Local,
            false => Reach::Public,
        };
        Ok(Cleared {
            request,
            place,
            reach,
            in_clear,
        })
    }

    /// Indexes of the secrets whose value stands in the request, in any encoding.
    fn held(&self, request: &Request, plain: Option<&Bytes>) -> BTreeSet<usize> {
        let mut held = BTreeSet::new();
        let host = views::host(request);
        let names = views::header_names(request);
        let mut texts = views::texts(request);
        texts.extend(plain.map(|it| views::body_texts(it)).unwrap_or_default());
        let lower = || host.iter().map(Vec::as_slice).chain([names.as_slice()]);

        // Weak values are no needles; where one is bound, its bytes are searched as they are.
        for (index, secret) in self.release.secrets.iter().enumerate() {
            let value = secret.value.expose_secret();
            if !secret.policy.is_unbound()
                && weakness(value).is_some()
                && (texts.iter().any(|text| contains(text, value))
                    || lower().any(|text| contains(text, &value.to_ascii_lowercase())))
            {
                held.insert(index);
            }
        }
        let found = texts.iter().any(|text| self.any.find(text).is_some())
            || lower().any(|text| self.any_lower.find(text).is_some());
        if found {
            let each = self.each.get_or_init(|| self.needles());
            for (index, needle) in each.iter().enumerate() {
                let stands = texts.iter().any(|text| needle.value.find(text).is_some());
                if stands || lower().any(|text| needle.lower.find(text).is_some()) {
                    held.insert(index);
                }
            }
        }
        held
    }

    /// Whether `text` holds a value of this run.
    pub(super) fn knows(&self, text: &[u8]) -> bool {
        self.any.find(text).is_some()
    }

    fn needles(&self) -> Vec<Needle> {
        let one = |secret: &ReleasedSecret, lower| add(Redactor::builder(), secret, lower).build();
        self.release
            .secrets
            .iter()
            .map(|it| Needle {
                value: one(it, false),
                lower: one(it, true),
            })
            .collect()
    }

    /// How messages name the destination, a value in it redacted.
    pub(super) fn place(&self, request: &Request) -> String {
        let authority = request.authority();
        let shown = self.any_lower.redact_str(&authority);
        let [_, joined] = views::host(request);
        match self.any_lower.find(&joined) {
            // Cut into labels: the dots keep the redactor from seeing it.
            Some(found) if shown == authority.as_str() => format!("[redacted:{}]", found.label),
            _ => shown.into_owned(),
        }
    }
}

/// Whether `host` is this machine whatever a resolver says: `localhost` or a loopback address.
fn names_this_machine(host: &str) -> bool {
    host.parse::<distri_core::policy::HostPattern>()
        .is_ok_and(|it| it.is_loopback())
}

fn add(
    builder: distri_redact::RedactorBuilder,
    secret: &ReleasedSecret,
    lower: bool,
) -> distri_redact::RedactorBuilder {
    let value = secret.value.expose_secret();
    if lower {
        builder.secret(secret.key.as_str(), &value.to_ascii_lowercase())
    } else {
        builder.secret(secret.key.as_str(), value)
    }
}

/// The refusal of a secret towards a place that its policy does not name.
pub(super) fn outside_hosts(request: &Request, place: &str, secret: &ReleasedSecret) -> EgressError {
    EgressError::OutsideHosts {
        key: secret.key.to_string(),
        place: described(request, place, secret),
        bound: hosts(secret),
    }
}

/// The destination with what may be the only difference to the secret's hosts: no TLS, or the method.
fn described(request: &Request, place: &str, secret: &ReleasedSecret) -> String {
    if request.scheme() == Scheme::Http {
        format!("http://{place}")
    } else if secret.policy.hosts.iter().any(|it| it.host().matches(request.host())) {
        format!("{} {place}", request.method())
    } else {
        place.to_owned()
    }
}

fn hosts(secret: &ReleasedSecret) -> String {
    if secret.policy.hosts.is_empty() {
        return "no host".to_owned();
    }
    secret
        .policy
        .hosts
        .iter()
        .map(|it| format!("`{it}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn contains(text: &[u8], value: &[u8]) -> bool {
    memchr::memmem::find(text, value).is_some()
}
