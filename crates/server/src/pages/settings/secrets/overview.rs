//! What the account has, by key: which environments have it, which miss it.

use std::collections::{BTreeMap, BTreeSet};

use distri_core::{Environment, SecretKey};
use distri_vault::secrets::{Listed, Survey};

use crate::error::ApiError;
use crate::web::Visit;

/// How many keys are on one page.
pub(super) const PAGE: usize = 100;

/// All secrets of the account, of which only those are checked that a page shows.
pub(super) struct Overview<'c> {
    survey: Survey<'c>,
    /// The environments in which there is anything, and the default one: that one first.
    pub(super) environments: Vec<Environment>,
    /// How many can be brought back.
    pub(super) deleted: usize,
}

/// The keys of one page.
pub(super) struct Page {
    /// Each with its secrets.
    pub(super) keys: BTreeMap<SecretKey, BTreeMap<Environment, Listed>>,
    /// How many were found, on all pages.
    pub(super) found: usize,
    /// The key after which the next page begins, where there is one.
    pub(super) next: Option<SecretKey>,
}

impl<'c> Overview<'c> {
    pub(super) fn of(visit: &Visit<'c>) -> Result<Self, ApiError> {
        let survey = visit.caller.survey()?;
        let live = survey.iter().filter(|it| !it.is_deleted());
        let mut environments: BTreeSet<Environment> = live.map(|it| it.environment().clone()).collect();
        environments.remove(&Environment::default());
        Ok(Self {
            deleted: survey.iter().filter(|it| it.is_deleted()).count(),
            environments: std::iter::once(Environment::default()).chain(environments).collect(),
            survey,
        })
    }

    /// Whether there is no secret at all.
    pub(super) fn is_empty(&self) -> bool {
        self.survey.iter().all(|it| it.is_deleted())
    }

    /// A page of the keys that have `text` in their name or in a note, whatever its capitals.
    pub(super) fn page(&self, text: &str, after: Option<&SecretKey>) -> Result<Page, ApiError> {
        let text = text.to_lowercase();
        let has_it = |shown: &str| shown.to_lowercase().contains(&text);
        let live = self.survey.iter().filter(|it| !it.is_deleted());
        let fitting = live.filter(|it| text.is_empty() || has_it(it.key().as_str()) || it.note().is_some_and(has_it));
        let mut keys: Vec<&SecretKey> = fitting.map(|it| it.key()).collect();
        keys.dedup();
        let found = keys.len();
        if let Some(after) = after {
            keys.drain(..keys.partition_point(|it| *it <= after));
        }
        let has_more = keys.len() > PAGE;
        keys.truncate(PAGE);
        let next = keys.last().filter(|_| has_more).map(|it| (*it).clone());
        let listed = self
            .survey
            .listed(|it| !it.is_deleted() && keys.binary_search(&it.key()).is_ok())?;
        let mut page: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
        for it in listed {
            let environments = page.entry(it.info.key.clone()).or_default();
            environments.insert(it.info.environment.clone(), it);
        }
        Ok(Page {
            keys: page,
            found,
            next,
        })
    }

    /// Those that can be brought back.
    pub(super) fn deleted(&self) -> Result<Vec<Listed>, ApiError> {
        Ok(self.survey.listed(|it| it.is_deleted())?)
    }
}
