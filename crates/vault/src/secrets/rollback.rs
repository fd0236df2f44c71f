//! Rolling back: an earlier value becomes the newest version.

use distri_core::audit::ActionKind;
use distri_core::authz::Write;
use distri_core::{Environment, SecretKey};
use distri_store::UnitOfWork;
use distri_store::rows::{Change, SecretView};

use super::versioning::NextVersion;
use super::{Edit, SecretInfo, check_version};
use crate::{Caller, VaultError};

impl Caller<'_> {
    /// Makes the value of version `to` the newest version; without `to`, the value before the present one.
    ///
    /// The policy stays the present one: a rollback must not quietly widen where a value may go.
    ///
    /// # Errors
    /// [`VaultError::NoVersion`], [`VaultError::NotFound`], [`VaultError::Integrity`].
    pub fn rollback(
        &self,
        key: &SecretKey,
        environment: &Environment,
        to: Option<u32>,
    ) -> Result<SecretInfo, VaultError> {
        self.rollback_at(key, environment, to, None)
    }

    /// The same, when it is at the version that the caller expects.
    ///
    /// # Errors
    /// As [`rollback`](Self::rollback); [`VaultError::Stale`].
    pub fn rollback_at(
        &self,
        key: &SecretKey,
        environment: &Environment,
        to: Option<u32>,
        expected_version: Option<u32>,
    ) -> Result<SecretInfo, VaultError> {
        let allowed = self.authorize::<Write>()?;
        self.change(|work| {
            let present = self.live_openable(&allowed, work, environment, key)?;
            let view = &present.view;
            check_version(view, expected_version)?;
            let origin = match to {
                Some(version) => version,
                None => previous_value(work, view)?,
            };
            let missing = || VaultError::NoVersion {
                key: key.clone(),
                version: origin,
            };
            let version = work.version(view.secret.id, origin)?.ok_or_else(missing)?;
            let value = self.open_to_reseal(&allowed, work, &view.secret, &version)?;
            let next = NextVersion {
                key,
                environment,
                value: &value,
                policy: view.policy.clone(),
                change: Change::Rollback { origin },
                note: Edit::Keep,
                expires_at: Edit::Keep,
                rotate_every_days: Edit::Keep,
            };
            let view = self.write_version(&allowed, work, Some(&present.into()), next)?;
            let record = self.record_about(ActionKind::Rollback, &view);
            Ok((view.into(), vec![record]))
        })
    }
}

/// The version before the one that brought the present value: changes of policy in between brought none.
fn previous_value(work: &mut dyn UnitOfWork, view: &SecretView) -> Result<u32, VaultError> {
    let versions = work.versions(view.secret.id)?;
    let in_use = || versions.iter().filter(|it| it.change != Change::Staged);
    let brought = in_use()
        .skip_while(|it| it.version > view.secret.current_version)
        .find(|it| it.change != Change::Policy)
        .map_or(1, |it| it.version);
    let before = in_use().find(|it| it.version < brought).map(|it| it.version);
    before.ok_or_else(|| VaultError::NoEarlierValue {
        key: view.secret.key.clone(),
    })
}
