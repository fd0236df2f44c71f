//! Writing a version: the one place where a value becomes the next version of a secret.

use distri_core::authz::{Action, Allowed, Write};
use distri_core::ids::SecretId;
use distri_core::{Environment, Policy, SecretKey, SecretValue};
use distri_store::UnitOfWork;
use distri_store::rows::{Change, OpenableRow, SecretRow, SecretView, VersionRow};

use super::{Edit, not_found};
use crate::integrity::version_gone;
use crate::opening::Present;
use crate::{Caller, VaultError};

/// What the next version of a secret is made of.
pub(super) struct NextVersion<'a> {
    pub(super) key: &'a SecretKey,
    pub(super) environment: &'a Environment,
    pub(super) value: &'a SecretValue,
    pub(super) policy: Policy,
    pub(super) change: Change,
    pub(super) note: Edit<Option<String>>,
    pub(super) expires_at: Edit<Option<distri_core::Timestamp>>,
    pub(super) rotate_every_days: Edit<Option<u32>>,
}

impl Caller<'_> {
    /// The live secret called `key`, verified. One beyond the permission's limits is not there.
    pub(super) fn live<A: Action>(
        &self,
        allowed: &Allowed<A>,
        work: &mut dyn UnitOfWork,
        environment: &Environment,
        key: &SecretKey,
    ) -> Result<SecretView, VaultError> {
        match work.secret(self.account, environment, key)?.within(allowed) {
            Some(view) if view.secret.deleted_at.is_none() => self.verified(work, view),
            _ => Err(not_found(key, environment)),
        }
    }

    /// The same with what opens its current version.
    pub(super) fn live_openable<A: Action>(
        &self,
        allowed: &Allowed<A>,
        work: &mut dyn UnitOfWork,
        environment: &Environment,
        key: &SecretKey,
    ) -> Result<OpenableRow, VaultError> {
        match work.openable(self.account, environment, key)?.within(allowed) {
            Some(row) if row.view.secret.deleted_at.is_none() => {
                self.check_openable(&row)?;
                Ok(row)
            }
            _ => Err(not_found(key, environment)),
        }
    }

    /// The version a pointer row names.
    pub(super) fn current_version(&self, work: &mut dyn UnitOfWork, row: &SecretRow) -> Result<VersionRow, VaultError> {
        self.stored_version(work, row, row.current_version)
    }

    /// A version that a pointer row names.
    pub(super) fn stored_version(
        &self,
        work: &mut dyn UnitOfWork,
        row: &SecretRow,
        version: u32,
    ) -> Result<VersionRow, VaultError> {
        work.version(row.id, version)?.ok_or_else(|| version_gone(row, version))
    }

    /// Seals and stores the next version and points the secret at it. A deleted secret comes back with it. A place beyond
    /// the permission's limits is refused, whatever is there.
    pub(super) fn write_version(
        &self,
        allowed: &Allowed<Write>,
        work: &mut dyn UnitOfWork,
        existing: Option<&Present>,
        next: NextVersion<'_>,
    ) -> Result<SecretView, VaultError> {
        allowed.place(next.environment, next.key)?;
        let now = self.now();
        let policy = next.policy.canonical();
        let (mut row, version, value_changed_at) = match existing {
            None => (self.new_row(next.key, next.environment), 1, now),
            Some(Present { view, .. }) => {
                let version = view.secret.latest_version.checked_add(1);
                let version = version.ok_or_else(|| VaultError::VersionsExhausted(view.secret.key.clone()))?;
                (view.secret.clone(), version, view.value_changed_at)
            }
        };
        let sealing = self.seal(work, &row, existing, version, &policy, next.value)?;

        match next.change {
            Change::Staged => row.staged_version = Some(version),
            Change::Promoted => {
                row.staged_version = None;
                row.current_version = version;
            }
            Change::Value | Change::Policy | Change::Rollback { .. } => row.current_version = version,
        }
        row.latest_version = version;
        row.updated_at = now;
        row.deleted_at = None;
        next.note.apply(&mut row.note);
        next.expires_at.apply(&mut row.expires_at);
        next.rotate_every_days.apply(&mut row.rotate_every_days);
        self.sign(&mut row, &policy);
        work.put_secret(&row)?;
        if let Some(data_key) = &sealing.new_data_key {
            work.put_data_key(data_key)?;
        }
        work.put_version(&VersionRow {
            secret: row.id,
            version,
            data_key: sealing.data_key,
            policy: policy.clone(),
            sealed: sealing.sealed,
            change: next.change,
            created_at: now,
            created_by: allowed.actor().name.clone(),
        })?;
        let value_changed_at = match next.change {
            Change::Policy | Change::Staged => value_changed_at,
            Change::Value | Change::Promoted | Change::Rollback { .. } => now,
        };
        Ok(SecretView {
            secret: row,
            has_current: true,
            policy,
            highest_stored: version,
            value_changed_at,
        })
    }

    fn new_row(&self, key: &SecretKey, environment: &Environment) -> SecretRow {
        let now = self.now();
        SecretRow {
            id: SecretId::new(self.vault.clock.as_ref()),
            account: self.account,
            environment: environment.clone(),
            key: key.clone(),
            current_version: 1,
            latest_version: 1,
            note: None,
            expires_at: None,
            rotate_every_days: None,
            staged_version: None,
            created_at: now,
            updated_at: now,
            deleted_at: None,
            mac: Vec::new(),
        }
    }
}
