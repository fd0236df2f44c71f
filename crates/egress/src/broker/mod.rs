//! The broker: puts the values of a run's placeholders into its requests, where their policies permit it.
//!
//! | module | owns |
//! |---|---|
//! | [`guard`] | no value that the run itself holds leaves towards a place outside its own hosts |
//! | [`sight`] | every placeholder in a request, of this run and of others, in whatever encoding |
//! | [`places`] | where a placeholder is honoured, and the request with the value in its place |
//! | [`escape`] | a value as header, query, JSON or form text, or the reason why it cannot be one |
//! | [`credential`] | which fields carry credentials, and credentials that are not this run's |
//! | [`spots`] | where a run's secrets stand, for an observer: it decides nothing |
//! | [`views`] | the texts of a request that are searched |
//!
//! The order is fixed. First the guard looks at what the run sent. Then every place that is honoured is filled, in one
//! pass over the canonical request that makes two requests: the *placed* one, and a *blank* one in which the honoured
//! placeholders are cut out. The blank one must then be free of placeholders in every encoding that the redactor
//! knows: what is not honoured is refused, wherever it stands. The policy is asked with the same canonical target that
//! the placed request is sent to, and placing cannot change that target.

mod credential;
mod escape;
mod guard;
mod places;
mod sight;
mod spots;
mod views;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use bytes::Bytes;
use distri_core::alarm::{Alarm, AlarmRule, Watch};
use distri_core::placeholder::PlaceholderId;
use distri_core::policy::Scheme;
use distri_core::release::{Release, ReleasedSecret};

use crate::error::EgressError;
use crate::plain_body::PlainBody;
use crate::request::Request;

pub(crate) use guard::{Cleared, Reach};
pub(crate) use spots::Spotter;
pub(crate) use views::bare_host;

use guard::Guard;
use places::Filled;
use sight::{Sighted, Sights};

/// Decides on the requests of one run and puts values into them.
pub(crate) struct Broker {
    release: Arc<Release>,
    watch: Arc<Watch>,
    guard: Guard,
    sights: Sights,
}

impl Broker {
    pub(crate) fn new(release: Arc<Release>, watch: Arc<Watch>) -> Self {
        Self {
            guard: Guard::new(release.clone()),
            sights: Sights::new(&release),
            release,
            watch,
        }
    }

    /// What was released to this run.
    pub(crate) fn release(&self) -> &Release {
        &self.release
    }

    /// Where `request` goes, as messages name it.
    pub(crate) fn place_of(&self, request: &Request) -> String {
        self.guard.place(request)
    }

    /// Whether a request's body must be readable: otherwise nobody can say what is in it.
    pub(crate) fn reads_bodies(&self) -> bool {
        self.release.secrets.iter().any(|it| !it.policy.is_unbound())
    }

    /// Decides on `request` and fills its honoured places.
    pub(crate) fn clear(&self, request: Request, body: &PlainBody) -> Result<Cleared, EgressError> {
        if self.watch.is_frozen() {
            return Err(EgressError::Frozen);
        }
        let plain = match body {
            PlainBody::AsItIs => None,
            PlainBody::Decoded(plain) => Some(plain),
            PlainBody::Unreadable => {
                return Err(EgressError::EncodedBody {
                    place: self.guard.place(&request),
                });
            }
        };
        let cleared = self.guard.clear(request, plain)?;
        let seen = self.sights.look(&cleared.request, plain);
        self.refuse_foreign(&cleared, &seen)?;
        if seen.own.is_empty() {
            self.refuse_strangers(&cleared)?;
            return Ok(cleared);
        }
        self.place(cleared, &seen, plain)
    }

    /// Placeholders of other runs have no business in this one.
    fn refuse_foreign(&self, cleared: &Cleared, seen: &Sighted) -> Result<(), EgressError> {
        let Some(found) = seen.foreign else { return Ok(()) };
        let spot = self.sights.spot_of_foreign(&cleared.request);
        self.raise(AlarmRule::OtherRun, &spot, cleared, Some(found), None);
        Err(EgressError::OtherRun {
            spot,
            place: cleared.place.clone(),
        })
    }

    /// A credential that is not this run's, towards a host that one of its secrets is bound to: somebody else's key in
    /// place of the account's own.
    fn refuse_strangers(&self, cleared: &Cleared) -> Result<(), EgressError> {
        let request = &cleared.request;
        let target = request.target();
        let bound = |it: &&ReleasedSecret| it.placeholder.is_some() && it.policy.allows(&target);
        let Some(secret) = self.release.secrets.iter().find(bound) else {
            return Ok(());
        };
        let Some(spot) = credential::stranger(request, &[], |text| self.guard.knows(text)) else {
            return Ok(());
        };
        self.raise(AlarmRule::ForeignCredential, &spot, cleared, None, Some(secret));
        Err(EgressError::ForeignCredential {
            spot,
            key: secret.key.to_string(),
            place: cleared.place.clone(),
        })
    }

    fn place(&self, mut cleared: Cleared, seen: &Sighted, plain: Option<&Bytes>) -> Result<Cleared, EgressError> {
        let target = cleared.request.target();
        for index in &seen.own {
            let secret = &self.release.secrets[*index];
            if !secret.policy.allows(&target) {
                return Err(self.outside(&cleared, seen, secret));
            }
        }
        let candidates: Vec<&ReleasedSecret> = seen.own.iter().map(|it| &self.release.secrets[*it]).collect();
        let Filled {
            placed,
            blank,
            keys,
            fields,
        } = places::fill(&cleared.request, &candidates, &cleared.place)?;

        // What is left in the blank request is not honoured. Without a change it is the request itself.
        let left = self
            .sights
            .look(&blank, plain.filter(|_| blank.body() == cleared.request.body()));
        if let Some(index) = left.own.first() {
            let secret = &self.release.secrets[*index];
            let spot = self.sights.spot(&blank, *index);
            let again = keys.iter().any(|it| *it == secret.key.as_str());
            let rule = match again {
                _ if left.in_host => AlarmRule::DnsLabel,
                true => AlarmRule::TooOften,
                false => AlarmRule::WrongPlace,
            };
            self.raise(rule, &spot, &cleared, None, Some(secret));
            let (key, place) = (secret.key.to_string(), cleared.place);
            return Err(match again {
                true => EgressError::TooOften { key, spot, place },
                false => EgressError::WrongPlace {
                    key,
                    spot,
                    place,
                    body: secret.policy.body,
                },
            });
        }
        for (at, key) in keys.iter().enumerate() {
            if keys[..at].contains(key) {
                let secret = candidates.iter().find(|it| it.key.as_str() == key);
                self.raise(AlarmRule::TooOften, "request", &cleared, None, secret.copied());
                return Err(EgressError::TooOften {
                    key: key.clone(),
                    spot: "another place".to_owned(),
                    place: cleared.place,
                });
            }
        }
        if let Some(spot) = credential::stranger(&cleared.request, &fields, |text| self.guard.knows(text)) {
            let secret = candidates.first().copied();
            self.raise(AlarmRule::ForeignCredential, &spot, &cleared, None, secret);
            return Err(EgressError::ForeignCredential {
                spot,
                key: keys.first().cloned().unwrap_or_default(),
                place: cleared.place,
            });
        }
        debug_assert_eq!(
            format!("{:?}", placed.target()),
            format!("{:?}", cleared.request.target())
        );
        if cleared.request.scheme() == Scheme::Http {
            cleared.in_clear = keys.first().cloned();
        }
        cleared.request = placed;
        Ok(cleared)
    }

    /// A placeholder on its way to a place that its secret's policy does not name.
    fn outside(&self, cleared: &Cleared, seen: &Sighted, secret: &ReleasedSecret) -> EgressError {
        let request = &cleared.request;
        let index = self.release.secrets.iter().position(|it| it.key == secret.key);
        let spot = index.map_or_else(String::new, |it| self.sights.spot(request, it));
        let named = secret.policy.hosts.iter().any(|it| it.host().matches(request.host()));
        let rule = if seen.in_host {
            AlarmRule::DnsLabel
        } else if named && request.scheme() == Scheme::Http {
            AlarmRule::Cleartext
        } else {
            AlarmRule::WrongHost
        };
        self.raise(rule, &spot, cleared, None, Some(secret));
        guard::outside_hosts(request, &cleared.place, secret)
    }

    fn raise(
        &self,
        rule: AlarmRule,
        spot: &str,
        cleared: &Cleared,
        found: Option<PlaceholderId>,
        secret: Option<&ReleasedSecret>,
    ) {
        self.watch.raise(&Alarm {
            rule,
            place: format!("request: {spot}"),
            destination: Some(cleared.place.clone()),
            step: None,
            found: found.or_else(|| secret?.placeholder.as_ref().map(|it| it.id())),
            key: secret.map(|it| it.key.clone()),
        });
    }
}
