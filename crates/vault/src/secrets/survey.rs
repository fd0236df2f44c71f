//! Looking over many secrets to find those that are shown: names first, and only what is shown is checked.
//!
//! Checking one secret takes a look into the audit log. A page of a hundred out of ten thousand pays for a hundred.

use distri_core::authz::Read;
use distri_core::{Environment, SecretKey};
use distri_store::rows::SecretView;

use super::Listed;
use crate::{Caller, VaultError};

/// What the rows say, not yet believed.
pub struct Survey<'c> {
    caller: &'c Caller<'c>,
    views: Vec<SecretView>,
}

/// What a row says of a secret, for finding it.
#[derive(Clone, Copy)]
pub struct Surveyed<'s>(&'s SecretView);

impl Caller<'_> {
    /// The secrets of all environments, sorted by key and environment, deleted ones too.
    ///
    /// # Errors
    /// [`VaultError::Denied`], [`VaultError::Store`].
    pub fn survey(&self) -> Result<Survey<'_>, VaultError> {
        let allowed = self.authorize::<Read>()?;
        let mut views = self.read(|work| Ok(work.secrets(self.account, None, true)?.within(&allowed)))?;
        // A database may sort by the rules of a language; pages need one order everywhere.
        views.sort_by(|a, b| (&a.secret.key, &a.secret.environment).cmp(&(&b.secret.key, &b.secret.environment)));
        Ok(Survey { caller: self, views })
    }
}

impl Survey<'_> {
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Surveyed<'_>> {
        self.views.iter().map(Surveyed)
    }

    /// What is known of those that are shown, each checked.
    ///
    /// # Errors
    /// [`VaultError::Store`].
    pub fn listed(&self, is_shown: impl Fn(Surveyed<'_>) -> bool) -> Result<Vec<Listed>, VaultError> {
        let checked = self.caller.read(|work| {
            let shown = self.views.iter().filter(|it| is_shown(Surveyed(it)));
            Ok(shown
                .map(|it| (self.caller.check(work, it), it.clone()))
                .collect::<Vec<_>>())
        })?;
        let listed = checked.into_iter().map(|(check, view)| Listed {
            damage: self.caller.noticing(check).err().map(|error| error.to_string()),
            info: view.into(),
        });
        Ok(listed.collect())
    }
}

impl<'s> Surveyed<'s> {
    /// Its key.
    #[must_use]
    pub fn key(self) -> &'s SecretKey {
        &self.0.secret.key
    }

    /// Its environment.
    #[must_use]
    pub fn environment(self) -> &'s Environment {
        &self.0.secret.environment
    }

    /// What people wrote about it.
    #[must_use]
    pub fn note(self) -> Option<&'s str> {
        self.0.secret.note.as_deref()
    }

    /// Whether it is deleted and can be brought back.
    #[must_use]
    pub fn is_deleted(self) -> bool {
        self.0.secret.deleted_at.is_some()
    }
}
