//! Unlocking: which slot opens, and what each of them needs.

use distri_core::Clock;
use distri_core::envelope::{EvidenceKey, InstanceRing, Keyring, RootKey, SlotContext, Wrapped};
use distri_core::ids::{InstanceId, SlotId};
use distri_store::rows::SlotRow;

use crate::VaultError;
use crate::root_key::{Enrolled, KeyProvider, RootKeyError, Surroundings, passphrase, provider};

/// An unlocked instance key, and the root key that did it.
pub(crate) struct Unlocked {
    pub(crate) ring: InstanceRing,
    pub(crate) root: RootKey,
}

/// Unlocks what is stored: its instance key, and the keyring of its evidence key.
pub(crate) fn unlock(
    around: &mut Surroundings<'_>,
    instance: InstanceId,
    slots: &[SlotRow],
    evidence: Option<&Wrapped<EvidenceKey>>,
) -> Result<(Unlocked, Keyring), VaultError> {
    let unlocked = open_any(around, instance, slots)?;
    let keyring = unlocked.ring.keyring(evidence);
    let keyring = keyring.map_err(|_| VaultError::Key { what: "evidence key" })?;
    Ok((unlocked, keyring))
}

/// Opens the first slot that opens. When none does, each one's reason is said.
fn open_any(around: &mut Surroundings<'_>, instance: InstanceId, slots: &[SlotRow]) -> Result<Unlocked, VaultError> {
    let mut reasons = Vec::new();
    for slot in in_order(slots) {
        match open_slot(around, instance, slot) {
            Ok(unlocked) => return Ok(unlocked),
            Err(error) => reasons.push((slot, error)),
        }
    }
    Err(match reasons.len() {
        0 => VaultError::Locked("it has no key slot".to_owned()),
        1 => reasons.remove(0).1,
        count => {
            let each = reasons
                .iter()
                .map(|(slot, error)| format!("{}: {error}", slot.provider));
            let each = each.collect::<Vec<_>>().join("; ");
            VaultError::Locked(format!("none of its {count} key slots opens ({each})"))
        }
    })
}

/// Slots in the order in which they are tried: that of the list of providers, then the oldest first.
pub(crate) fn in_order(slots: &[SlotRow]) -> Vec<&SlotRow> {
    let mut ordered: Vec<&SlotRow> = slots.iter().collect();
    ordered.sort_by_key(|it| provider(&it.provider).map_or(usize::MAX, |found| found.0));
    ordered
}

/// Opens one slot. A root key that is not the slot's is named, so that its owner knows which to look for.
pub(crate) fn open_slot(
    around: &mut Surroundings<'_>,
    instance: InstanceId,
    slot: &SlotRow,
) -> Result<Unlocked, VaultError> {
    let root = root_key(around, slot)?;
    let ring = open_with(&root, instance, slot)?;
    Ok(Unlocked { ring, root })
}

/// Opens a slot with its root key.
pub(crate) fn open_with(root: &RootKey, instance: InstanceId, slot: &SlotRow) -> Result<InstanceRing, VaultError> {
    InstanceRing::unlock(root, &context(instance, slot.id, &slot.provider), &slot.wrapped)
        .map_err(|_| VaultError::Key { what: "instance key" })
}

/// The same slot with another instance key inside.
pub(crate) fn refilled(slot: &SlotRow, ring: &InstanceRing, root: &RootKey) -> SlotRow {
    SlotRow {
        instance_fingerprint: ring.fingerprint().to_string(),
        wrapped: ring.wrap_for(root, &context(ring.instance(), slot.id, &slot.provider)),
        ..slot.clone()
    }
}

fn context(instance: InstanceId, slot: SlotId, provider: &str) -> SlotContext<'_> {
    SlotContext {
        instance,
        slot,
        provider,
    }
}

fn root_key(around: &mut Surroundings<'_>, slot: &SlotRow) -> Result<RootKey, VaultError> {
    let needed = &slot.root_fingerprint;
    let Some((_, it)) = provider(&slot.provider) else {
        return Err(VaultError::Locked(format!(
            "its key provider `{}` is not known to this version",
            slot.provider
        )));
    };
    let root = it.root_key(around, &slot.parameters).map_err(|error| match error {
        RootKeyError::Missing { path } => VaultError::Locked(format!(
            "it needs root key {needed}, and there is none at `{}`",
            path.display()
        )),
        RootKeyError::NoAccess { what, how } => {
            VaultError::Locked(format!("it needs root key {needed}, and {what} is not there: {how}"))
        }
        RootKeyError::Keeper { place, fault } => {
            VaultError::Locked(format!("it needs root key {needed}, and {place} {fault}"))
        }
        other => other.into(),
    })?;
    let found = root.fingerprint().to_string();
    match found == *needed {
        true => Ok(root),
        false if it.word() == passphrase::FromPassphrase.word() => Err(RootKeyError::WrongPassphrase.into()),
        false => Err(RootKeyError::Wrong {
            provider: it.word(),
            found,
            needed: needed.clone(),
        }
        .into()),
    }
}

/// The slot that keeps `ring`'s instance key under the root key that was enrolled.
pub(crate) fn new_slot(ring: &InstanceRing, clock: &dyn Clock, enrolled: &Enrolled) -> SlotRow {
    let id = SlotId::new(clock);
    SlotRow {
        id,
        provider: enrolled.provider.to_owned(),
        parameters: enrolled.parameters.clone(),
        root_fingerprint: enrolled.root.fingerprint().to_string(),
        instance_fingerprint: ring.fingerprint().to_string(),
        wrapped: ring.wrap_for(&enrolled.root, &context(ring.instance(), id, enrolled.provider)),
        created_at: clock.now(),
    }
}
