//! Revealing: a person reads values.

use std::collections::BTreeSet;

use distri_core::audit::ActionKind;
use distri_core::authz::Reveal;
use distri_core::{Environment, SecretKey, SecretValue};

use super::{SecretInfo, not_found};
use crate::integrity::damaged;
use crate::opening::{AccountKeys, data_key_in};
use crate::record::subject;
use crate::{Caller, VaultError};

/// A value, revealed.
pub struct Revealed {
    /// What is known of the secret.
    pub info: SecretInfo,
    /// Its cleartext.
    pub value: SecretValue,
}

impl Caller<'_> {
    /// Reveals one secret's value, the current version or another one.
    ///
    /// The record commits before the value is opened: what was never recorded was never shown.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], [`VaultError::NoVersion`], [`VaultError::Integrity`].
    pub fn reveal(
        &self,
        key: &SecretKey,
        environment: &Environment,
        version: Option<u32>,
    ) -> Result<Revealed, VaultError> {
        self.noticing(self.reveal_recorded(key, environment, version))
    }

    fn reveal_recorded(
        &self,
        key: &SecretKey,
        environment: &Environment,
        version: Option<u32>,
    ) -> Result<Revealed, VaultError> {
        let allowed = self.authorize::<Reveal>()?;
        let ((view, version, data_key, keys), recorded) = self.commit_before_opening(|work| {
            let view = self.live(&allowed, work, environment, key)?;
            let number = version.unwrap_or(view.secret.current_version);
            let missing = || VaultError::NoVersion {
                key: key.clone(),
                version: number,
            };
            let version = work.version(view.secret.id, number)?.ok_or_else(missing)?;
            let data_key = self.data_key_of(work, &view.secret, &version)?;
            let mut keys = AccountKeys::default();
            keys.load(self, work, &data_key)?;
            let mut record = self.record(ActionKind::Reveal);
            record.environment = Some(environment.clone());
            record.subjects = vec![subject(&view)];
            record.subjects[0].version = number;
            Ok(((view, version, data_key, keys), record))
        })?;
        let value = self.open(&allowed, &recorded, &keys, &view.secret, &version, &data_key)?;
        let mut info = SecretInfo::from(view);
        info.version = version.version;
        Ok(Revealed { info, value })
    }

    /// Reveals the values of an environment, all of them or those named, in one record.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] names the first key that is not there; [`VaultError::Integrity`].
    pub fn reveal_all(
        &self,
        environment: &Environment,
        only: Option<&BTreeSet<SecretKey>>,
    ) -> Result<Vec<Revealed>, VaultError> {
        self.noticing(self.reveal_all_recorded(environment, only))
    }

    fn reveal_all_recorded(
        &self,
        environment: &Environment,
        only: Option<&BTreeSet<SecretKey>>,
    ) -> Result<Vec<Revealed>, VaultError> {
        let allowed = self.authorize::<Reveal>()?;
        let ((rows, keys), recorded) = self.commit_before_opening(|work| {
            let mut rows = work.openables(self.account, environment)?.within(&allowed);
            if let Some(only) = only {
                rows.retain(|it| only.contains(&it.view.secret.key));
                if let Some(key) = only
                    .iter()
                    .find(|key| !rows.iter().any(|it| it.view.secret.key == **key))
                {
                    return Err(not_found(key, environment));
                }
            }
            let mut keys = AccountKeys::default();
            for row in &rows {
                self.check_openable(row)?;
                keys.take(self, work, row)?;
            }
            let mut record = self.record(ActionKind::Reveal);
            record.environment = Some(environment.clone());
            record.subjects = rows.iter().map(|it| subject(&it.view)).collect();
            Ok(((rows, keys), record))
        })?;
        rows.into_iter()
            .map(|row| {
                if row.version.secret != row.view.secret.id {
                    return Err(damaged(&row.view.secret, "its version belongs to another secret"));
                }
                let value = self.open(
                    &allowed,
                    &recorded,
                    &keys,
                    &row.view.secret,
                    &row.version,
                    data_key_in(&row)?,
                )?;
                Ok(Revealed {
                    info: row.view.into(),
                    value,
                })
            })
            .collect()
    }
}
