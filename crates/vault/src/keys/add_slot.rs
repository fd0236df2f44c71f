//! One more way to unlock the installation, beside those that there are.

use distri_core::audit::key_change::Slot;
use distri_core::audit::{ActionKind, KeyChange};
use distri_core::authz::Keys;
use distri_store::UnitOfWork;
use distri_store::rows::SlotRow;

use super::SlotInfo;
use crate::root_key::{Enrolled, KeyProvider, RootKeyError, Surroundings, provider};
use crate::unlock::new_slot;
use crate::{Caller, VaultError};

impl Caller<'_> {
    /// Adds the slot that `enrol` makes. Its provider has to give the same root key again before anything is stored,
    /// unless it is one that only works elsewhere, such as a credential of a service. What it names is trusted here from
    /// then on.
    ///
    /// # Errors
    /// [`VaultError::RootKey`], [`VaultError::SlotExists`]: then nothing was changed.
    pub fn add_slot(
        &self,
        around: &mut Surroundings<'_>,
        enrol: impl FnOnce(&mut Surroundings<'_>) -> Result<Enrolled, RootKeyError>,
    ) -> Result<SlotInfo, VaultError> {
        let _allowed = self.authorize::<Keys>()?;
        let enrolled = enrol(around)?;
        check(around, &enrolled)?;
        trust(around, &enrolled)?;
        let slot = self.change(|work| {
            if let Some(same) = work.slots()?.iter().find(|it| is_same(it, &enrolled)) {
                return Err(VaultError::SlotExists(same.id));
            }
            let ring = self.vault.instance_ring(work)?;
            let slot = new_slot(&ring, self.vault.clock.as_ref(), &enrolled);
            let record = self.put_slot(work, &slot)?;
            Ok((slot, vec![record]))
        })?;
        Ok(SlotInfo::of(slot, around))
    }

    /// Writes a slot; the record of it is the answer.
    pub(super) fn put_slot(
        &self,
        work: &mut dyn UnitOfWork,
        slot: &SlotRow,
    ) -> Result<distri_core::audit::Record, VaultError> {
        work.put_slot(slot)?;
        let mut record = self.record(ActionKind::KeyAddSlot);
        record.keys = Some(KeyChange::SlotAdded(Slot {
            slot: slot.id,
            provider: slot.provider.clone(),
            root_key: slot.root_fingerprint.clone(),
        }));
        Ok(record)
    }
}

/// Keeps the operator's word for what a new slot names: before the slot, which could not be asked without it.
pub(super) fn trust(around: &Surroundings<'_>, enrolled: &Enrolled) -> Result<(), VaultError> {
    let needs_word = provider(enrolled.provider).map(|(_, it)| it.leads_outside(&enrolled.parameters));
    match needs_word.transpose()? {
        Some(true) => Ok(around.trusted.add(enrolled.provider, &enrolled.parameters)?),
        Some(false) | None => Ok(()),
    }
}

/// Whether a slot has the same root key from the same place.
fn is_same(row: &SlotRow, enrolled: &Enrolled) -> bool {
    row.provider == enrolled.provider
        && row.parameters == enrolled.parameters
        && row.root_fingerprint == enrolled.root.fingerprint().to_string()
}

/// A key that cannot be had again would lock its owner out.
fn check(around: &mut Surroundings<'_>, enrolled: &Enrolled) -> Result<(), VaultError> {
    let needs_person = enrolled.provider == crate::root_key::passphrase::FromPassphrase.word();
    let is_elsewhere = enrolled.provider == crate::root_key::credential::Credential.word();
    let Some((_, it)) = provider(enrolled.provider).filter(|_| !needs_person && !is_elsewhere) else {
        return Ok(());
    };
    let found = it.root_key(around, &enrolled.vouched())?.fingerprint().to_string();
    let needed = enrolled.root.fingerprint().to_string();
    match found == needed {
        true => Ok(()),
        false => Err(RootKeyError::Wrong {
            provider: it.word(),
            found,
            needed,
        }
        .into()),
    }
}
