//! Looking at a secret without its value.

use distri_core::authz::Read;
use distri_core::{Environment, SecretKey};

use super::SecretInfo;
use crate::{Caller, VaultError};

impl Caller<'_> {
    /// What is known of one secret.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], [`VaultError::Integrity`].
    pub fn get(&self, key: &SecretKey, environment: &Environment) -> Result<SecretInfo, VaultError> {
        let allowed = self.authorize::<Read>()?;
        self.read(|work| Ok(self.live(&allowed, work, environment, key)?.into()))
    }
}
