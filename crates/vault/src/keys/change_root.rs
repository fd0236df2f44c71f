//! A new root key in the place of all others.

use distri_core::audit::key_change::Slot;
use distri_core::audit::{ActionKind, KeyChange};
use distri_core::authz::Keys;

use super::SlotInfo;
use super::add_slot::trust;
use crate::root_key::{Enrolled, RootKeyError, Surroundings};
use crate::unlock::new_slot;
use crate::{Caller, VaultError};

impl Caller<'_> {
    /// Wraps the instance key under the root key that `enrol` makes, and drops every other slot. Nothing else is touched.
    ///
    /// The new key is kept before the slot that needs it is; an old key file is left for its owner to destroy.
    ///
    /// # Errors
    /// [`VaultError::RootKey`] when the new key cannot be kept: then the old ones still open everything.
    pub fn change_root(
        &self,
        around: &mut Surroundings<'_>,
        enrol: impl FnOnce(&mut Surroundings<'_>) -> Result<Enrolled, RootKeyError>,
    ) -> Result<SlotInfo, VaultError> {
        let _allowed = self.authorize::<Keys>()?;
        let enrolled = enrol(around)?;
        trust(around, &enrolled)?;
        let (slot, dropped) = self.change(|work| {
            let ring = self.vault.instance_ring(work)?;
            let slot = new_slot(&ring, self.vault.clock.as_ref(), &enrolled);
            let dropped = work.slots()?;
            for old in &dropped {
                work.delete_slot(old.id)?;
            }
            work.put_slot(&slot)?;
            let mut record = self.record(ActionKind::RootKeyChange);
            record.keys = Some(KeyChange::SlotAdded(Slot {
                slot: slot.id,
                provider: slot.provider.clone(),
                root_key: slot.root_fingerprint.clone(),
            }));
            Ok(((slot, dropped), vec![record]))
        })?;
        self.distrust(around, &dropped, &slot);
        Ok(SlotInfo::of(slot, around))
    }
}
