//! Staging: the next value beside the one in use, so that both are good while their service learns the new one.
//!
//! A staged version never comes into use itself: promoting seals its value again as the newest version, under the policy
//! of that moment. So a policy that was narrowed in between holds, and a rollback finds no value that was never in use.

use distri_core::audit::{ActionKind, Record};
use distri_core::authz::{Allowed, Write};
use distri_core::{Environment, SecretKey, SecretValue};
use distri_store::UnitOfWork;
use distri_store::rows::{Change, SecretView};

use super::versioning::NextVersion;
use super::{Edit, SecretInfo, UpdateSecret, check_note};
use crate::opening::Present;
use crate::{Caller, VaultError};

impl Caller<'_> {
    /// Stages a value. One that was staged before stays in the history.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], [`VaultError::Integrity`].
    pub fn stage(
        &self,
        key: &SecretKey,
        environment: &Environment,
        value: &SecretValue,
    ) -> Result<SecretInfo, VaultError> {
        let allowed = self.authorize::<Write>()?;
        self.change(|work| {
            let present = self.live_openable(&allowed, work, environment, key)?;
            let (info, record) = self.stage_in(&allowed, work, &present.into(), value)?;
            Ok((info, vec![record]))
        })
    }

    /// Changes what is known about a secret and stages a value, which is sealed with the policy as it is then: both, or
    /// nothing.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], [`VaultError::Stale`], [`VaultError::Integrity`].
    pub fn update_and_stage(
        &self,
        key: &SecretKey,
        environment: &Environment,
        request: &UpdateSecret,
        value: &SecretValue,
    ) -> Result<SecretInfo, VaultError> {
        let allowed = self.authorize::<Write>()?;
        check_note(&request.note)?;
        self.change(|work| {
            // Nothing is read again: what was written is believed because it was written here, whatever a trigger, or a
            // server that lies, has made of it.
            let (_, mut records, present) = self.update_in(&allowed, work, key, environment, request)?;
            let (info, record) = self.stage_in(&allowed, work, &present, value)?;
            records.push(record);
            Ok((info, records))
        })
    }

    fn stage_in(
        &self,
        allowed: &Allowed<Write>,
        work: &mut dyn UnitOfWork,
        present: &Present,
        value: &SecretValue,
    ) -> Result<(SecretInfo, Record), VaultError> {
        let next = NextVersion {
            key: &present.view.secret.key,
            environment: &present.view.secret.environment,
            value,
            policy: present.view.policy.clone(),
            change: Change::Staged,
            note: Edit::Keep,
            expires_at: Edit::Keep,
            rotate_every_days: Edit::Keep,
        };
        let view = self.write_version(allowed, work, Some(present), next)?;
        let record = self.record_staged(ActionKind::Stage, &view, view.secret.latest_version);
        Ok((view.into(), record))
    }

    /// Takes the staged value into use, as the newest version. The one before it stays in the history.
    ///
    /// # Errors
    /// [`VaultError::NotStaged`], [`VaultError::NotFound`], [`VaultError::Integrity`].
    pub fn promote(&self, key: &SecretKey, environment: &Environment) -> Result<SecretInfo, VaultError> {
        let allowed = self.authorize::<Write>()?;
        self.change(|work| {
            let present = self.live_openable(&allowed, work, environment, key)?;
            let view = &present.view;
            let staged = staged_version(view)?;
            let version = self.stored_version(work, &view.secret, staged)?;
            let value = self.open_to_reseal(&allowed, work, &view.secret, &version)?;
            let next = NextVersion {
                key,
                environment,
                value: &value,
                policy: view.policy.clone(),
                change: Change::Promoted,
                note: Edit::Keep,
                expires_at: Edit::Keep,
                rotate_every_days: Edit::Keep,
            };
            let view = self.write_version(&allowed, work, Some(&present.into()), next)?;
            let record = self.record_about(ActionKind::Promote, &view);
            Ok((view.into(), vec![record]))
        })
    }

    /// Gives the staged value up. Its version stays in the history.
    ///
    /// # Errors
    /// [`VaultError::NotStaged`], [`VaultError::NotFound`], [`VaultError::Integrity`].
    pub fn unstage(&self, key: &SecretKey, environment: &Environment) -> Result<SecretInfo, VaultError> {
        let allowed = self.authorize::<Write>()?;
        self.change(|work| {
            let mut view = self.live(&allowed, work, environment, key)?;
            let staged = staged_version(&view)?;
            view.secret.staged_version = None;
            view.secret.updated_at = self.now();
            self.sign(&mut view.secret, &view.policy);
            work.put_secret(&view.secret)?;
            let record = self.record_staged(ActionKind::Unstage, &view, staged);
            Ok((view.into(), vec![record]))
        })
    }

    /// The subject of such a record is the staged version, not the one in use.
    fn record_staged(&self, action: ActionKind, view: &SecretView, staged: u32) -> Record {
        let mut record = self.record_about(action, view);
        record.subjects[0].version = staged;
        record
    }
}

fn staged_version(view: &SecretView) -> Result<u32, VaultError> {
    let staged = view.secret.staged_version;
    staged.ok_or_else(|| VaultError::NotStaged(view.secret.key.clone()))
}
