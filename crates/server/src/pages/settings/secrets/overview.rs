//! What the account has, by key: which environments have it, which miss it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use distri_core::{Environment, SecretKey};
use distri_vault::secrets::{ListSecrets, Listed};

use crate::error::ApiError;
use crate::web::Visit;

/// How many keys are on one page.
pub(super) const PAGE: usize = 100;

/// A key with its secrets.
pub(super) type Row<'a> = (&'a SecretKey, &'a BTreeMap<Environment, Listed>);

/// All keys of the account.
pub(super) struct Overview {
    /// The environments in which there is anything, and the default one: that one first.
    pub(super) environments: Vec<Environment>,
    /// The secrets of each key.
    pub(super) keys: BTreeMap<SecretKey, BTreeMap<Environment, Listed>>,
    /// Those that can be brought back.
    pub(super) deleted: Vec<Listed>,
}

impl Overview {
    pub(super) fn of(visit: &Visit<'_>) -> Result<Self, ApiError> {
        let listed = visit.caller.list(&ListSecrets {
            environment: None,
            deleted: true,
        })?;
        let (deleted, live): (Vec<_>, Vec<_>) = listed.into_iter().partition(|it| it.info.deleted_at.is_some());
        let mut environments: BTreeSet<Environment> = live.iter().map(|it| it.info.environment.clone()).collect();
        environments.remove(&Environment::default());
        let mut keys: BTreeMap<SecretKey, BTreeMap<Environment, Listed>> = BTreeMap::new();
        for it in live {
            keys.entry(it.info.key.clone())
                .or_default()
                .insert(it.info.environment.clone(), it);
        }
        Ok(Self {
            environments: std::iter::once(Environment::default()).chain(environments).collect(),
            keys,
            deleted,
        })
    }

    /// The keys of one page after the key `after`, and where the next page goes on.
    pub(super) fn page(&self, after: Option<&SecretKey>) -> (Vec<Row<'_>>, Option<&SecretKey>) {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut rest = self.keys.range((start, Bound::Unbounded));
        let page: Vec<_> = rest.by_ref().take(PAGE).collect();
        let next = page.last().map(|it| it.0).filter(|_| rest.next().is_some());
        (page, next)
    }

    /// The keys that have `text` in their name or in a note, whatever its capitals.
    pub(super) fn search(&mut self, text: &str) {
        let text = text.to_lowercase();
        let fits = |it: &Listed| {
            let note = it.info.note.as_deref().unwrap_or_default();
            note.to_lowercase().contains(&text)
        };
        self.keys
            .retain(|key, found| key.as_str().to_lowercase().contains(&text) || found.values().any(fits));
    }
}
