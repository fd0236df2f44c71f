//! Whether a slot still opens: its provider is asked, and what it gives unwraps the instance key.

use distri_core::authz::Keys;
use distri_core::ids::SlotId;
use distri_store::rows::SlotRow;

use super::SlotInfo;
use crate::root_key::Surroundings;
use crate::unlock::open_slot;
use crate::{Caller, VaultError};

/// What trying a slot came to.
#[derive(Debug)]
pub struct VerifiedSlot {
    /// The slot.
    pub slot: SlotInfo,
    /// Whether it opens, or why not.
    pub opens: Result<(), VaultError>,
}

impl Caller<'_> {
    /// Tries every slot, or the one asked for, and says of each whether it opens.
    ///
    /// # Errors
    /// [`VaultError::NoSlot`]; what is wrong with a slot is part of the answer.
    pub fn verify_slots(
        &self,
        around: &mut Surroundings<'_>,
        only: Option<SlotId>,
    ) -> Result<Vec<VerifiedSlot>, VaultError> {
        let _allowed = self.authorize::<Keys>()?;
        let rows = self.vault.store.read(|work| Ok::<_, VaultError>(work.slots()?))?;
        let chosen: Vec<SlotRow> = rows
            .into_iter()
            .filter(|it| only.is_none_or(|id| it.id == id))
            .collect();
        if let (true, Some(id)) = (chosen.is_empty(), only) {
            return Err(VaultError::NoSlot(id));
        }
        let mut verified = Vec::new();
        for row in chosen {
            let opens = self.opens(around, &row);
            verified.push(VerifiedSlot {
                slot: SlotInfo::of(row, around),
                opens,
            });
        }
        Ok(verified)
    }

    /// Whether `row` opens to the instance key in use.
    pub(super) fn opens(&self, around: &mut Surroundings<'_>, row: &SlotRow) -> Result<(), VaultError> {
        let found = open_slot(around, self.vault.keyring.instance(), row)?.ring;
        let ring = self.vault.store.read(|work| self.vault.instance_ring(work))?;
        match found.fingerprint() == ring.fingerprint() {
            true => Ok(()),
            false => Err(VaultError::Key { what: "instance key" }),
        }
    }
}
