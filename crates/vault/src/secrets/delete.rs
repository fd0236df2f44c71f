//! Deleting: recoverable, and no longer given to anybody.

use distri_core::audit::ActionKind;
use distri_core::authz::Write;
use distri_core::{Environment, SecretKey};

use super::{SecretInfo, check_version};
use crate::{Caller, VaultError};

impl Caller<'_> {
    /// Deletes a secret. It can be undeleted; nothing is released or revealed of it until then.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], [`VaultError::Integrity`].
    pub fn delete(&self, key: &SecretKey, environment: &Environment) -> Result<SecretInfo, VaultError> {
        self.delete_at(key, environment, None)
    }

    /// The same, when it is at the version that the caller expects.
    ///
    /// # Errors
    /// As [`delete`](Self::delete); [`VaultError::Stale`].
    pub fn delete_at(
        &self,
        key: &SecretKey,
        environment: &Environment,
        expected_version: Option<u32>,
    ) -> Result<SecretInfo, VaultError> {
        let allowed = self.authorize::<Write>()?;
        self.change(|work| {
            let mut view = self.live(&allowed, work, environment, key)?;
            check_version(&view, expected_version)?;
            let now = self.now();
            view.secret.deleted_at = Some(now);
            view.secret.updated_at = now;
            self.sign(&mut view.secret, &view.policy);
            work.put_secret(&view.secret)?;
            let record = self.record_about(ActionKind::Delete, &view);
            Ok((view.into(), vec![record]))
        })
    }
}
