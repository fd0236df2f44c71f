//! One way less to unlock the installation. The last one that works stays.

use distri_core::audit::key_change::Slot;
use distri_core::audit::{ActionKind, KeyChange};
use distri_core::authz::Keys;
use distri_core::ids::SlotId;
use distri_store::rows::SlotRow;

use super::SlotInfo;
use super::verify_slot::opens;
use crate::closed::{ClosedSlot, ClosedSlots};
use crate::root_key::{RootKeyError, Surroundings};
use crate::unlock::in_order;
use crate::{Caller, VaultError};

/// What retiring a slot came to.
#[derive(Debug)]
pub struct RetiredSlot {
    /// The slot that is gone.
    pub slot: SlotInfo,
    /// Slots that are there and say that they are for the same root key: it opens the store by them.
    pub same_key: Vec<SlotId>,
}

impl Caller<'_> {
    /// Removes a slot, after another one was seen to open. What its root key can still open are older copies of the
    /// database.
    ///
    /// # Errors
    /// [`VaultError::NoSlot`], [`VaultError::LastSlot`].
    pub fn retire_slot(&self, around: &mut Surroundings<'_>, id: SlotId) -> Result<RetiredSlot, VaultError> {
        let _allowed = self.authorize::<Keys>()?;
        let rows = self.vault.store.read(|work| Ok::<_, VaultError>(work.slots()?))?;
        let (retired, others): (Vec<SlotRow>, Vec<SlotRow>) = rows.into_iter().partition(|it| it.id == id);
        let retired = retired.into_iter().next().ok_or(VaultError::NoSlot(id))?;
        let stays = self.one_that_opens(around, &others)?;
        let left = self.change(|work| {
            work.delete_slot(id)?;
            let left = work.slots()?;
            // Another process may have retired the one that was seen to open.
            if !left.iter().any(|it| it.id == stays.id) {
                return Err(VaultError::LastSlot(ClosedSlots::default()));
            }
            let mut record = self.record(ActionKind::KeyRetireSlot);
            record.keys = Some(KeyChange::SlotRetired(Slot {
                slot: id,
                provider: retired.provider.clone(),
                root_key: retired.root_fingerprint.clone(),
            }));
            Ok((left, vec![record]))
        })?;
        self.distrust(around, std::slice::from_ref(&retired), &stays);
        let same_key = left.iter().filter(|it| it.root_fingerprint == retired.root_fingerprint);
        Ok(RetiredSlot {
            same_key: same_key.map(|it| it.id).collect(),
            slot: SlotInfo::of(retired, around),
        })
    }

    /// Takes back the operator's word for slots that are gone: where their rows are put back, nobody is asked for them. A
    /// row that only has the same parameters keeps no word, since anybody could have copied it: only one that opens does.
    pub(super) fn distrust(&self, around: &Surroundings<'_>, gone: &[SlotRow], opens: &SlotRow) {
        let is_kept = |row: &SlotRow| opens.provider == row.provider && opens.parameters == row.parameters;
        for row in gone.iter().filter(|it| !is_kept(it)) {
            // What is no line was never in the list.
            match around.trusted.remove(&row.provider, &row.parameters) {
                Ok(()) | Err(RootKeyError::Parameters) => {}
                Err(error) => self
                    .vault
                    .complain(format!("key slot {} is gone, and still trusted here: {error}", row.id)),
            }
        }
    }

    /// The first of `slots` that opens now.
    fn one_that_opens(&self, around: &mut Surroundings<'_>, slots: &[SlotRow]) -> Result<SlotRow, VaultError> {
        let ring = self.vault.store.read(|work| self.vault.instance_ring(work))?;
        let mut closed = Vec::new();
        for row in in_order(slots) {
            match opens(around, row, &ring) {
                Ok(()) => return Ok(row.clone()),
                Err(why) => closed.push(ClosedSlot::of(row, why)),
            }
        }
        Err(VaultError::LastSlot(ClosedSlots(closed)))
    }
}
