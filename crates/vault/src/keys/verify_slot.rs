//! Whether a slot still opens: its provider is asked, and what it gives unwraps the instance key.

use distri_core::authz::Keys;
use distri_core::envelope::InstanceRing;
use distri_core::ids::SlotId;
use distri_store::rows::SlotRow;

use super::SlotInfo;
use crate::root_key::Surroundings;
use crate::unlock::open_slot;
use crate::{Caller, Closed, VaultError};

/// What trying a slot came to.
#[derive(Debug)]
pub struct VerifiedSlot {
    /// The slot.
    pub slot: SlotInfo,
    /// Whether it opens, or why not.
    pub opens: Result<(), Closed>,
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
        let ring = self.vault.store.read(|work| self.vault.instance_ring(work))?;
        let mut verified = Vec::new();
        for row in chosen {
            let opens = opens(around, &row, &ring);
            verified.push(VerifiedSlot {
                slot: SlotInfo::of(row, around),
                opens,
            });
        }
        Ok(verified)
    }
}

/// Whether `row` opens to the instance key in use, by what its provider says now.
pub(super) fn opens(around: &mut Surroundings<'_>, row: &SlotRow, in_use: &InstanceRing) -> Result<(), Closed> {
    let found = open_slot(around, in_use.instance(), row)?.ring;
    match found.fingerprint() == in_use.fingerprint() {
        true => Ok(()),
        false => Err(Closed::OtherKey),
    }
}
