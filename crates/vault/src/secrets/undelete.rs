//! Bringing a deleted secret back.

use distri_core::audit::ActionKind;
use distri_core::authz::Write;
use distri_core::{Environment, SecretKey};

use super::{SecretInfo, not_found};
use crate::record::subject;
use crate::{Caller, VaultError};

impl Caller<'_> {
    /// Brings a deleted secret back at the version it had.
    ///
    /// # Errors
    /// [`VaultError::NotDeleted`], [`VaultError::NotFound`], [`VaultError::Integrity`].
    pub fn undelete(&self, key: &SecretKey, environment: &Environment) -> Result<SecretInfo, VaultError> {
        let _allowed = self.authorize::<Write>()?;
        self.vault.store.write(|work| {
            let view = work
                .secret(self.account, environment, key)?
                .ok_or_else(|| not_found(key, environment))?;
            let mut view = self.verified(view)?;
            if view.secret.deleted_at.take().is_none() {
                return Err(VaultError::NotDeleted(key.clone()));
            }
            view.secret.updated_at = self.now();
            self.sign(&mut view.secret, &view.policy);
            work.put_secret(&view.secret)?;
            let mut record = self.record(ActionKind::Undelete);
            record.environment = Some(environment.clone());
            record.subjects = vec![subject(&view)];
            work.append(&record)?;
            Ok(view.into())
        })
    }
}
