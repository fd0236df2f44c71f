//! What the account has, by key: which environments have it, which miss it.

use std::collections::BTreeMap;

use distri_core::{Environment, SecretKey};
use distri_vault::secrets::{FindKeys, Listed, MOST_COUNTED, Tally};
use maud::{Markup, html};

use crate::error::ApiError;
use crate::web::Visit;

/// How many keys are on one page.
pub(super) const PAGE: usize = 100;

/// What is said about all secrets beside a page of them.
pub(super) struct Overview {
    /// The environments in which there is anything, and the default one: that one first.
    pub(super) environments: Vec<Environment>,
    tally: Tally,
}

/// The keys of one page.
pub(super) struct KeysShown {
    /// Each with its secrets.
    pub(super) keys: Vec<(SecretKey, BTreeMap<Environment, Listed>)>,
    /// How many were found, on all pages.
    pub(super) found: Count,
    /// The key after which the next page begins, where there is one.
    pub(super) next: Option<SecretKey>,
}

/// How many there are, as far as they were counted.
#[derive(Clone, Copy)]
pub(super) struct Count(u32);

impl Overview {
    pub(super) fn of(visit: &Visit<'_>) -> Result<Self, ApiError> {
        let tally = visit.caller.tally()?;
        let others = tally.environments.iter().filter(|it| !it.is_default()).cloned();
        Ok(Self {
            environments: std::iter::once(Environment::default()).chain(others).collect(),
            tally,
        })
    }

    /// Whether there is no secret at all.
    pub(super) fn is_empty(&self) -> bool {
        self.tally.keys == 0
    }

    /// How many can be brought back.
    pub(super) fn deleted(&self) -> Count {
        Count(self.tally.deleted)
    }

    /// A page of the keys that have `text` in their name or in a note, whatever its capitals.
    pub(super) fn page(&self, visit: &Visit<'_>, text: &str, after: Option<&SecretKey>) -> Result<KeysShown, ApiError> {
        let page = visit.caller.find_keys(&FindKeys {
            text,
            after,
            limit: PAGE,
        })?;
        let by_environment =
            |listed: Vec<Listed>| listed.into_iter().map(|it| (it.info.environment.clone(), it)).collect();
        let keys: Vec<_> = page
            .keys
            .into_iter()
            .map(|(key, listed)| (key, by_environment(listed)))
            .collect();
        Ok(KeysShown {
            found: Count(page.found.unwrap_or(self.tally.keys)),
            next: keys.last().filter(|_| page.has_more).map(|it| it.0.clone()),
            keys,
        })
    }
}

impl Count {
    pub(super) fn is_none(self) -> bool {
        self.0 == 0
    }

    /// `1 key`, `12 keys`, `more than 1000 keys`.
    pub(super) fn of(self, one: &str, many: &str) -> Markup {
        html! {
            @if self.0 > MOST_COUNTED { "more than " (MOST_COUNTED) " " (many) }
            @else { (self.0) " " @if self.0 == 1 { (one) } @else { (many) } }
        }
    }
}
