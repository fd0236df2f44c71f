//! Listing secrets.

use distri_core::Environment;
use distri_core::authz::Read;

use super::SecretInfo;
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

impl Caller<'_> {
    /// The secrets, sorted by key and environment.
    ///
    /// # Errors
    /// [`VaultError::Denied`], [`VaultError::Store`].
    pub fn list(&self, request: &ListSecrets) -> Result<Vec<Listed>, VaultError> {
        let allowed = self.authorize::<Read>()?;
        let checked = self.read(|work| {
            let views = work
                .secrets(self.account, request.environment.as_ref(), request.deleted)?
                .within(&allowed);
            let checked = views.into_iter().map(|view| (self.check(work, &view), view));
            Ok(checked.collect::<Vec<_>>())
        })?;
        let listed = checked.into_iter().map(|(check, view)| Listed {
            damage: self.noticing(check).err().map(|error| error.to_string()),
            info: view.into(),
        });
        Ok(listed.collect())
    }
}
