//! The instance key in use, and the next one after another process has replaced it.
//!
//! A process keeps the root key that opened it. Where an account key does not unwrap, the slot of that root key is opened
//! again in the same unit of work: it has the instance key of that very state of the database. So a rotation takes no
//! process by surprise, whatever it is in the middle of, and nobody is asked for anything.

use std::sync::{Arc, PoisonError, RwLock};

use distri_core::envelope::{AccountKey, InstanceRing, RootKey};
use distri_store::UnitOfWork;
use distri_store::rows::AccountKeyRow;

use crate::unlock::{Unlocked, open_with};
use crate::{Vault, VaultError};

/// The instance key that this process has, and how it gets the next one.
pub(crate) struct InstanceKeyInUse {
    root: RootKey,
    ring: RwLock<Arc<InstanceRing>>,
}

impl InstanceKeyInUse {
    pub(crate) fn new(unlocked: Unlocked) -> Self {
        Self {
            root: unlocked.root,
            ring: RwLock::new(Arc::new(unlocked.ring)),
        }
    }

    /// The key as it was last seen: good for trying to unwrap, not for wrapping.
    pub(crate) fn in_use(&self) -> Arc<InstanceRing> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The next one, after it was committed.
    pub(crate) fn set(&self, ring: Arc<InstanceRing>) {
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = ring;
    }
}

impl Vault {
    /// The instance key of the database as this unit of work sees it. What is wrapped in the unit is wrapped under it.
    pub(crate) fn instance_ring(&self, work: &mut dyn UnitOfWork) -> Result<Arc<InstanceRing>, VaultError> {
        let in_use = self.instance_key.in_use();
        let (fingerprint, root) = (in_use.fingerprint().to_string(), &self.instance_key.root);
        let needed = root.fingerprint().to_string();
        let slots = work.slots()?;
        let own: Vec<_> = slots.iter().filter(|it| it.root_fingerprint == needed).collect();
        if own.is_empty() {
            // The slot was retired; that alone changes nothing here.
            return match slots.iter().any(|it| it.instance_fingerprint == fingerprint) {
                true => Ok(in_use),
                false => Err(VaultError::Locked(
                    "the instance key was replaced after the slot that opened this process was retired; start it again"
                        .to_owned(),
                )),
            };
        }
        // A row can say of itself what it likes. What this root key opens was written by an owner of it.
        let found = own.iter().find_map(|it| open_with(root, in_use.instance(), it).ok());
        let found = found.ok_or(VaultError::Key { what: "instance key" })?;
        if found.fingerprint() == in_use.fingerprint() {
            return Ok(in_use);
        }
        let found = Arc::new(found);
        self.instance_key.set(found.clone());
        Ok(found)
    }

    /// Unwraps an account key, with the next instance key where there is one.
    pub(crate) fn unwrap_account_key(
        &self,
        work: &mut dyn UnitOfWork,
        row: &AccountKeyRow,
    ) -> Result<AccountKey, VaultError> {
        let unwrap = |ring: &InstanceRing| ring.unwrap_account_key(row.account, row.version, &row.wrapped);
        if let Ok(key) = unwrap(&self.instance_key.in_use()) {
            return Ok(key);
        }
        let ring = self.instance_ring(work)?;
        unwrap(&ring).map_err(|_| VaultError::Key { what: "account key" })
    }
}
