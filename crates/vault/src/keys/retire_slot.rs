//! One way less to unlock the installation. The last one that works stays.

use distri_core::audit::key_change::Slot;
use distri_core::audit::{ActionKind, KeyChange};
use distri_core::authz::Keys;
use distri_core::ids::SlotId;
use distri_store::rows::SlotRow;

use super::SlotInfo;
use crate::root_key::Surroundings;
use crate::{Caller, VaultError};

impl Caller<'_> {
    /// Removes a slot, after another one was seen to open. What its root key can still open are older copies of the
    /// database.
    ///
    /// # Errors
    /// [`VaultError::NoSlot`], [`VaultError::LastSlot`].
    pub fn retire_slot(&self, around: &mut Surroundings<'_>, id: SlotId) -> Result<SlotInfo, VaultError> {
        let _allowed = self.authorize::<Keys>()?;
        let rows = self.vault.store.read(|work| Ok::<_, VaultError>(work.slots()?))?;
        let (retired, others): (Vec<SlotRow>, Vec<SlotRow>) = rows.into_iter().partition(|it| it.id == id);
        let retired = retired.into_iter().next().ok_or(VaultError::NoSlot(id))?;
        let stays = self.one_that_opens(around, &others)?;
        self.change(|work| {
            // Another process may have retired the one that was seen to open.
            if !work.slots()?.iter().any(|it| it.id == stays) {
                return Err(VaultError::LastSlot(String::new()));
            }
            work.delete_slot(id)?;
            let mut record = self.record(ActionKind::KeyRetireSlot);
            record.keys = Some(KeyChange::SlotRetired(Slot {
                slot: id,
                provider: retired.provider.clone(),
                root_key: retired.root_fingerprint.clone(),
            }));
            Ok(((), vec![record]))
        })?;
        Ok(SlotInfo::of(retired, around))
    }

    /// The first of `slots` that opens now.
    fn one_that_opens(&self, around: &mut Surroundings<'_>, slots: &[SlotRow]) -> Result<SlotId, VaultError> {
        let mut reasons = String::new();
        for row in crate::unlock::in_order(slots) {
            match self.opens(around, row) {
                Ok(()) => return Ok(row.id),
                Err(error) => reasons.push_str(&format!("; slot {} does not open now: {error}", row.id)),
            }
        }
        Err(VaultError::LastSlot(reasons))
    }
}
