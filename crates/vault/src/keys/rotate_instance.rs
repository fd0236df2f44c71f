//! A new instance key: account keys and slots are wrapped anew, in one unit of work.
//!
//! Before it everything is under the old key and after it under the new one, so there is nothing to resume. What hangs
//! from the evidence key stays (`docs/adr/0011-the-evidence-key-outlives-the-instance-key.md`): MACs, tokens, placeholders and the signatures of checkpoints.

use std::collections::BTreeMap;
use std::sync::Arc;

use distri_core::audit::{ActionKind, KeyChange};
use distri_core::authz::Keys;
use distri_core::envelope::{InstanceRing, RootKey};
use distri_core::ids::SlotId;
use distri_store::UnitOfWork;
use distri_store::rows::{AccountKeyRow, InstanceKeyRow};
use serde::Serialize;

use crate::closed::{ClosedSlot, ClosedSlots};
use crate::root_key::Surroundings;
use crate::unlock::{in_order, open_slot, refilled};
use crate::{Caller, VaultError};

/// Which key took over from which.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InstanceRotated {
    /// The old one's fingerprint.
    pub from: String,
    /// The new one's.
    pub to: String,
}

impl Caller<'_> {
    /// Replaces the instance key. Every slot has to open now, because each gets the new key under its own root key.
    ///
    /// # Errors
    /// [`VaultError::SlotsClosed`] names the slots that do not open: then nothing was changed.
    pub fn rotate_instance(&self, around: &mut Surroundings<'_>) -> Result<InstanceRotated, VaultError> {
        let _allowed = self.authorize::<Keys>()?;
        let roots = self.root_keys(around)?;
        let (rotated, ring) = self.change(|work| {
            let old = self.vault.instance_ring(work)?;
            let new = old.successor();
            for row in work.every_account_key()? {
                let key = old.unwrap_account_key(row.account, row.version, &row.wrapped);
                let key = key.map_err(|_| VaultError::Key { what: "account key" })?;
                let wrapped = new.wrap_account_key(row.account, row.version, &key);
                work.rewrap_account_key(&AccountKeyRow { wrapped, ..row })?;
            }
            refill_slots(work, &roots, &new)?;
            work.put_evidence_key(&new.wrap_evidence(&self.vault.keyring))?;
            let rotated = InstanceRotated {
                from: old.fingerprint().to_string(),
                to: new.fingerprint().to_string(),
            };
            self.remember(work, &rotated)?;
            let mut record = self.record(ActionKind::KeyRotateInstance);
            record.keys = Some(KeyChange::InstanceRotated {
                from: rotated.from.clone(),
                to: rotated.to.clone(),
            });
            Ok(((rotated, Arc::new(new)), vec![record]))
        })?;
        self.vault.instance_key.set(ring);
        Ok(rotated)
    }

    /// The root key of every slot.
    fn root_keys(&self, around: &mut Surroundings<'_>) -> Result<BTreeMap<SlotId, RootKey>, VaultError> {
        let slots = self.vault.store.read(|work| Ok::<_, VaultError>(work.slots()?))?;
        let (mut roots, mut closed) = (BTreeMap::new(), Vec::new());
        for slot in in_order(&slots) {
            match open_slot(around, self.vault.keyring.instance(), slot) {
                Ok(unlocked) => drop(roots.insert(slot.id, unlocked.root)),
                Err(why) => closed.push(ClosedSlot::of(slot, why)),
            }
        }
        match closed.is_empty() {
            true => Ok(roots),
            false => Err(VaultError::SlotsClosed(ClosedSlots(closed))),
        }
    }

    /// Adds to the history that people see. The first key has no row until there is a second one.
    fn remember(&self, work: &mut dyn UnitOfWork, rotated: &InstanceRotated) -> Result<(), VaultError> {
        let mut newest = work.instance_keys()?.last().map_or(0, |it| it.version);
        if newest == 0 {
            let created_at = work.instance()?.map_or(self.now(), |it| it.created_at);
            newest = 1;
            work.put_instance_key(&InstanceKeyRow {
                version: newest,
                fingerprint: rotated.from.clone(),
                created_at,
            })?;
        }
        work.put_instance_key(&InstanceKeyRow {
            version: newest + 1,
            fingerprint: rotated.to.clone(),
            created_at: self.now(),
        })?;
        Ok(())
    }
}

/// Puts the new instance key into every slot. One that came since its root keys were asked for stops it.
fn refill_slots(
    work: &mut dyn UnitOfWork,
    roots: &BTreeMap<SlotId, RootKey>,
    new: &InstanceRing,
) -> Result<(), VaultError> {
    for slot in work.slots()? {
        let fits = |it: &&RootKey| it.fingerprint().to_string() == slot.root_fingerprint;
        let root = roots.get(&slot.id).filter(fits).ok_or(VaultError::SlotsChanged)?;
        work.delete_slot(slot.id)?;
        work.put_slot(&refilled(&slot, new, root))?;
    }
    Ok(())
}
