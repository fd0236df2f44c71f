//! Listing secrets: all of them, or a page.
//!
//! Checking one secret takes a look into the audit log, so that only what is shown is checked. Rows come from the database a
//! part at a time: a page costs the page, however many secrets there are.

use std::collections::BTreeSet;
use std::ops::ControlFlow::{self, Break, Continue};

use distri_core::authz::{Allowed, Read};
use distri_core::{Environment, SecretKey};
use distri_store::UnitOfWork;
use distri_store::lists::{Part, Place, Which};
use distri_store::rows::SecretView;

use super::SecretInfo;
use crate::{Caller, VaultError};

/// How many rows are read at a time, at most.
const PART: usize = 500;

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
pub struct Page {
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
    pub fn list_page(&self, request: &ListSecrets, page: &PageOf) -> Result<Page, VaultError> {
        let environment = request.environment.as_ref();
        self.page(
            match request.deleted {
                true => Which::All(environment),
                false => Which::Live(environment),
            },
            page,
        )
    }

    /// A page of those that are deleted and can be brought back.
    ///
    /// # Errors
    /// [`VaultError::Denied`], [`VaultError::Store`].
    pub fn list_deleted(&self, page: &PageOf) -> Result<Page, VaultError> {
        self.page(Which::Deleted, page)
    }

    /// The secrets of these keys in every environment, sorted, without the deleted ones.
    ///
    /// # Errors
    /// [`VaultError::Denied`], [`VaultError::Store`].
    pub fn list_called<'k>(&self, keys: impl IntoIterator<Item = &'k SecretKey>) -> Result<Vec<Listed>, VaultError> {
        let allowed = self.authorize::<Read>()?;
        let keys: BTreeSet<&SecretKey> = keys.into_iter().collect();
        let checked = self.read(|work| self.called(&allowed, work, keys.iter().copied()))?;
        Ok(self.listed(checked))
    }

    /// The secrets of keys, each with what came of its check.
    pub(super) fn called<'k, A>(
        &self,
        allowed: &Allowed<A>,
        work: &mut dyn UnitOfWork,
        keys: impl IntoIterator<Item = &'k SecretKey>,
    ) -> Result<Vec<Checked>, VaultError> {
        let mut checked = Vec::new();
        for key in keys {
            let there = work.secrets_called(self.account, key)?.within(allowed);
            for view in there.into_iter().filter(|it| it.secret.deleted_at.is_none()) {
                checked.push((self.check(work, &view), view));
            }
        }
        Ok(checked)
    }

    fn page(&self, which: Which<'_>, page: &PageOf) -> Result<Page, VaultError> {
        let allowed = self.authorize::<Read>()?;
        let after = page.after.as_ref();
        let from = after.map_or_else(Place::beginning, |(key, environment)| Place::after(key, environment));
        let limit = page.limit.unwrap_or(usize::MAX);
        let (checked, has_more) = self.read(|work| {
            let mut checked = Vec::new();
            let mut has_more = false;
            // One more says whether the list goes on.
            let most = limit.saturating_add(1);
            self.walk(&allowed, work, which, from.clone(), most, |work, view| {
                if checked.len() == limit {
                    has_more = true;
                    return Ok(Break(()));
                }
                checked.push((self.check(work, &view), view));
                Ok(Continue(()))
            })?;
            Ok((checked, has_more))
        })?;
        Ok(Page {
            listed: self.listed(checked),
            has_more,
        })
    }

    /// Gives each secret within the permission to `each`, in order, until it has seen enough.
    ///
    /// What is hidden is passed over without a trace: the list goes on until it is full or has ended. Where the permission
    /// names its keys, only those are read. `likely` is how many rows are likely to be enough.
    pub(super) fn walk<A>(
        &self,
        allowed: &Allowed<A>,
        work: &mut dyn UnitOfWork,
        which: Which<'_>,
        mut from: Place,
        likely: usize,
        mut each: impl FnMut(&mut dyn UnitOfWork, SecretView) -> Result<ControlFlow<()>, VaultError>,
    ) -> Result<(), VaultError> {
        if let Some(keys) = &self.authority.limits().keys {
            for key in keys {
                let there = work.secrets_called(self.account, key)?.within(allowed).into_iter();
                let listed = there.filter(|it| {
                    let secret = &it.secret;
                    which.has(&secret.environment, secret.deleted_at.is_some())
                        && from.is_before(&secret.key, &secret.environment)
                });
                for view in listed {
                    if each(work, view)?.is_break() {
                        return Ok(());
                    }
                }
            }
            return Ok(());
        }
        let mut rows = likely.min(PART);
        loop {
            let part = Part {
                which,
                from: &from,
                limit: u32::try_from(rows).expect("it is at most `PART`"),
            };
            let batch = work.secrets_from(self.account, part)?;
            for view in batch.found.within(allowed) {
                if each(work, view)?.is_break() {
                    return Ok(());
                }
            }
            match batch.rest {
                // What was likely was not enough, for what is hidden: a small page must not ask for a few rows at a time.
                Some(rest) => (from, rows) = (rest, PART),
                None => return Ok(()),
            }
        }
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
