//! Copying secrets from one environment to another, values and policies.

use std::collections::BTreeSet;

use distri_core::authz::Write;
use distri_core::{Environment, SecretKey};

use super::import::OnConflict;
use super::set::SetSecret;
use super::{Edit, not_found};
use crate::{Caller, VaultError};

/// What to copy.
#[derive(Clone, Debug)]
pub struct CopySecrets {
    /// From where.
    pub from: Environment,
    /// To where.
    pub to: Environment,
    /// These keys, or all.
    pub only: Option<BTreeSet<SecretKey>>,
    /// What to do with keys that are there already.
    pub on_conflict: OnConflict,
}

/// What copying did.
#[derive(Clone, Debug, Default)]
pub struct CopyOutcome {
    /// The keys that were copied.
    pub copied: Vec<SecretKey>,
    /// The keys that were there already and stay.
    pub skipped: Vec<SecretKey>,
}

impl Caller<'_> {
    /// Copies in one unit of work; no value leaves the vault.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], [`VaultError::Exists`], [`VaultError::Integrity`].
    pub fn copy(&self, request: &CopySecrets) -> Result<CopyOutcome, VaultError> {
        let allowed = self.authorize::<Write>()?;
        self.permitted(allowed.environment(&request.to))?;
        self.change(|work| {
            let mut rows = work.openables(self.account, &request.from)?.within(&allowed);
            if let Some(only) = &request.only {
                rows.retain(|it| only.contains(&it.view.secret.key));
                if let Some(key) = only
                    .iter()
                    .find(|key| !rows.iter().any(|it| it.view.secret.key == **key))
                {
                    return Err(not_found(key, &request.from));
                }
            }
            let mut present = BTreeSet::new();
            for view in work.secrets(self.account, Some(&request.to), false)?.within(&allowed) {
                present.insert(view.secret.key);
            }
            let (there, free): (Vec<_>, Vec<_>) =
                rows.into_iter().partition(|it| present.contains(&it.view.secret.key));
            let there_keys: Vec<SecretKey> = there.iter().map(|it| it.view.secret.key.clone()).collect();
            let mut outcome = CopyOutcome::default();
            let wanted = match request.on_conflict {
                OnConflict::Fail if !there.is_empty() => {
                    return Err(VaultError::Exists {
                        keys: there_keys,
                        environment: request.to.clone(),
                    });
                }
                OnConflict::Replace => free.into_iter().chain(there).collect(),
                OnConflict::Fail | OnConflict::Skip => {
                    outcome.skipped = there_keys;
                    free
                }
            };
            let mut records = Vec::new();
            for row in wanted {
                self.check_openable(&row)?;
                let value = self.open_in_use_to_reseal(&allowed, work, &row)?;
                let policy = row.view.policy;
                let key = row.view.secret.key;
                let request = SetSecret {
                    hosts: Edit::Set(policy.hosts),
                    agents: Edit::Set(policy.agents),
                    delivery: Edit::Set(policy.delivery),
                    note: Edit::Set(row.view.secret.note),
                    expires_at: Edit::Set(row.view.secret.expires_at),
                    rotate_every_days: Edit::Set(row.view.secret.rotate_every_days),
                    ..SetSecret::new(key.clone(), request.to.clone(), value)
                };
                records.push(self.set_in(&allowed, work, &request)?.1);
                outcome.copied.push(key);
            }
            outcome.copied.sort();
            Ok((outcome, records))
        })
    }
}
