//! Bringing a deleted secret back.

use distri_core::audit::ActionKind;
use distri_core::authz::Write;
use distri_core::{Environment, SecretKey};

use super::{SecretInfo, not_found};
use crate::{Caller, VaultError};

impl Caller<'_> {
    /// Brings a deleted secret back at the version it had.
    ///
    /// # Errors
    /// [`VaultError::NotDeleted`], [`VaultError::NotFound`], [`VaultError::Integrity`].
    pub fn undelete(&self, key: &SecretKey, environment: &Environment) -> Result<SecretInfo, VaultError> {
        let allowed = self.authorize::<Write>()?;
        self.change(|work| {
            let view = work
                .secret(self.account, environment, key)?
                .within(&allowed)
                .ok_or_else(|| not_found(key, environment))?;
            let mut view = self.verified(work, view)?;
            if view.secret.deleted_at.take().is_none() {
                return Err(VaultError::NotDeleted(key.clone()));
            }
            view.secret.updated_at = self.now();
            self.sign(&mut view.secret, &view.policy);
            work.put_secret(&view.secret)?;
            let record = self.record_about(ActionKind::Undelete, &view);
            Ok((view.into(), vec![record]))
        })
    }
}
