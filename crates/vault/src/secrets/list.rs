//! Listing secrets: all of them, or a page.
//!
//! Checking one secret takes a look into the audit log, so that only what is shown is checked. Rows come from the database a
//! part at a time: a page costs the page, however many secrets there are.

use std::collections::BTreeSet;
use std::ops::ControlFlow::{Break, Continue};

use distri_core::authz::{Allowed, Read};
use distri_core::{Environment, SecretKey};
use distri_store::UnitOfWork;
use distri_store::lists::Place;
use distri_store::rows::SecretView;

use super::SecretInfo;
use super::walk::Which;
use crate::{Caller, VaultError};

/// What to list.
#[derive(Clone, Debug, Default)]
pub struct ListSecrets {
    /// One environment, or all.
    pub environment: Option<Environment>,
    /// Also those that are deleted and can be brought back.
    pub deleted: bool,
}

/// One line of the list.
#[derive(Clone, Debug)]
pub struct Listed {
    /// What is known of it.
    pub info: SecretInfo,
    /// Which check it fails, if any: the rest of the list is not affected by it.
    pub damage: Option<String>,
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct SecretsPage {
    /// What is on it.
    pub listed: Vec<Listed>,
    /// Whether the list goes on.
    pub has_more: bool,
}

/// Which page of a list.
#[derive(Clone, Debug)]
pub struct PageOf {
    /// After which secret, whether it is there or not; none for the first page.
    pub after: Option<(SecretKey, Environment)>,
    /// How many secrets at most; none for all.
    pub limit: Option<usize>,
}

/// A secret with what came of its check.
pub(super) type Checked = (Result<(), VaultError>, SecretView);

impl Caller<'_> {
    /// The secrets, sorted by key and environment.
    ///
    /// # Errors
    /// [`VaultError::Denied`], [`VaultError::Store`].
    pub fn list(&self, request: &ListSecrets) -> Result<Vec<Listed>, VaultError> {
        let all = PageOf {
            after: None,
            limit: None,
        };
        Ok(self.list_page(request, &all)?.listed)
    }

    /// A page of the same list.
    ///
    /// # Errors
    /// [`VaultError::Denied`], [`VaultError::Store`].
    pub fn list_page(&self, request: &ListSecrets, page: &PageOf) -> Result<SecretsPage, VaultError> {
        let which = match request.deleted {
            true => Which::ALL,
            false => Which::LIVE,
        };
        let environment = request.environment.as_ref();
        self.page(Which { environment, ..which }, page)
    }

    /// A page of those that are deleted and can be brought back.
    ///
    /// # Errors
    /// [`VaultError::Denied`], [`VaultError::Store`].
    pub fn list_deleted(&self, page: &PageOf) -> Result<SecretsPage, VaultError> {
        self.page(Which::DELETED, page)
    }

    /// The secrets of these keys in one environment or in every one, sorted, without the deleted ones.
    ///
    /// # Errors
    /// [`VaultError::Denied`], [`VaultError::Store`].
    pub fn list_called<'k>(
        &self,
        keys: impl IntoIterator<Item = &'k SecretKey>,
        environment: Option<&Environment>,
    ) -> Result<Vec<Listed>, VaultError> {
        let allowed = self.authorize::<Read>()?;
        let keys: BTreeSet<&SecretKey> = keys.into_iter().collect();
        let checked = self.read(|work| self.called(&allowed, work, keys.iter().copied(), environment))?;
        Ok(self.listed(checked))
    }

    /// The live secrets of keys, each with what came of its check.
    pub(super) fn called<'k, A>(
        &self,
        allowed: &Allowed<A>,
        work: &mut dyn UnitOfWork,
        keys: impl IntoIterator<Item = &'k SecretKey>,
        environment: Option<&Environment>,
    ) -> Result<Vec<Checked>, VaultError> {
        let which = Which {
            environment,
            ..Which::LIVE
        };
        let mut checked = Vec::new();
        for key in keys {
            for view in self.of_key(allowed, work, key, which)? {
                checked.push((self.check(work, &view), view));
            }
        }
        Ok(checked)
    }

    fn page(&self, which: Which<'_>, page: &PageOf) -> Result<SecretsPage, VaultError> {
        let allowed = self.authorize::<Read>()?;
        let after = page.after.as_ref();
        let from = after.map_or_else(Place::beginning, |(key, environment)| Place::after(key, environment));
        let limit = page.limit.unwrap_or(usize::MAX);
        let (checked, has_more) = self.read(|work| {
            let mut checked = Vec::new();
            let mut has_more = false;
            // One more says whether the list goes on.
            let most = limit.saturating_add(1);
            self.walk(&allowed, work, which, &from, most, |work, view| {
                if checked.len() == limit {
                    has_more = true;
                    return Ok(Break(()));
                }
                checked.push((self.check(work, &view), view));
                Ok(Continue(()))
            })?;
            Ok((checked, has_more))
        })?;
        Ok(SecretsPage {
            listed: self.listed(checked),
            has_more,
        })
    }

    /// Lines of a list, after the alarms about those that fail their check.
    pub(super) fn listed(&self, checked: Vec<Checked>) -> Vec<Listed> {
        let listed = checked.into_iter().map(|(check, view)| Listed {
            damage: self.noticing(check).err().map(|error| error.to_string()),
            info: view.into(),
        });
        listed.collect()
    }
}
