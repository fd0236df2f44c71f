//! The key slots: what opens this installation, and changing it.

use distri_core::Timestamp;
use distri_core::audit::ActionKind;
use distri_core::authz::Keys;
use distri_core::envelope::RootKey;
use serde::Serialize;

use crate::open::{new_slot, root_from_new_passphrase};
use crate::root_key::{Passphrase, RootKeyError, file, passphrase};
use crate::{Caller, Home, Vault, VaultError};

/// One slot, as people see it.
#[derive(Clone, Debug, Serialize)]
pub struct SlotInfo {
    /// The slot.
    pub id: String,
    /// The provider's word.
    pub provider: String,
    /// Which root key opens it.
    pub root_key: String,
    /// Which instance key is inside.
    pub instance_key: String,
    /// When it was added.
    pub created_at: Timestamp,
}

/// Where the next root key is kept.
pub enum NewRoot<'a> {
    /// In the home's key file. It must not be there yet.
    KeyFile(&'a Home),
    /// In a passphrase, which the function asks for.
    Passphrase(&'a mut dyn FnMut() -> Result<Passphrase, RootKeyError>),
}

impl Vault {
    /// The slots, oldest first.
    ///
    /// # Errors
    /// [`VaultError::Store`].
    pub fn slots(&self) -> Result<Vec<SlotInfo>, VaultError> {
        let rows = self.store.read(|work| Ok::<_, VaultError>(work.slots()?))?;
        let info = rows.into_iter().map(|it| SlotInfo {
            id: it.id.to_string(),
            provider: it.provider,
            root_key: it.root_fingerprint,
            instance_key: it.instance_fingerprint,
            created_at: it.created_at,
        });
        Ok(info.collect())
    }
}

impl Caller<'_> {
    /// Wraps the instance key under a new root key and drops the slots of the old ones. Nothing else is touched.
    ///
    /// The new key is on the disk before the slot that needs it; the old key file is left for its owner to destroy.
    ///
    /// # Errors
    /// [`VaultError::RootKey`] when the new key cannot be kept: then the old one still opens everything.
    pub fn change_root(&self, new: NewRoot<'_>) -> Result<SlotInfo, VaultError> {
        let _allowed = self.authorize::<Keys>()?;
        let (provider, parameters, root) = match new {
            NewRoot::KeyFile(home) => {
                let root = RootKey::random();
                file::create(&home.root_key(), &root)?;
                (file::PROVIDER, "{}".to_owned(), root)
            }
            NewRoot::Passphrase(ask) => {
                let (parameters, root) = root_from_new_passphrase(ask)?;
                (passphrase::PROVIDER, parameters, root)
            }
        };
        let slot = new_slot(
            &self.vault.keyring,
            self.vault.clock.as_ref(),
            provider,
            &parameters,
            &root,
        );
        self.change(|work| {
            for old in work.slots()? {
                work.delete_slot(old.id)?;
            }
            work.put_slot(&slot)?;
            Ok(((), vec![self.record(ActionKind::RootKeyChange)]))
        })?;
        Ok(SlotInfo {
            id: slot.id.to_string(),
            provider: slot.provider,
            root_key: slot.root_fingerprint,
            instance_key: slot.instance_fingerprint,
            created_at: slot.created_at,
        })
    }
}
