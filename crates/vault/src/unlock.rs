//! Unlocking: which slot opens, and what each of them needs.

use std::collections::HashMap;

use distri_core::Clock;
use distri_core::envelope::{EvidenceKey, InstanceRing, Keyring, RootKey, SlotContext, Wrapped};
use distri_core::ids::{InstanceId, SlotId};
use distri_store::rows::SlotRow;

use crate::VaultError;
use crate::closed::{Closed, ClosedSlot, ClosedSlots, inert};
use crate::root_key::{Enrolled, KeyProvider, RootKeyError, Surroundings, Vouched, passphrase, provider, vouched};

/// An unlocked instance key, and the root key that did it.
pub(crate) struct Unlocked {
    pub(crate) ring: InstanceRing,
    pub(crate) root: RootKey,
}

/// What is unlocked of a database: its instance key, and the keyring of its evidence key.
pub(crate) struct Opened {
    pub(crate) unlocked: Unlocked,
    pub(crate) keyring: Keyring,
    /// Slots that were not asked, because nobody has vouched for what they name, or who did cannot be read.
    pub(crate) foreign: ClosedSlots,
}

/// Unlocks what is stored.
pub(crate) fn unlock(
    around: &mut Surroundings<'_>,
    instance: InstanceId,
    slots: &[SlotRow],
    evidence: Option<&Wrapped<EvidenceKey>>,
) -> Result<Opened, VaultError> {
    let trusted = around.trusted.clone();
    around.trusted = trusted.as_of_now();
    let unlocked = open_any(around, instance, slots);
    let foreign = foreign(around, slots);
    around.trusted = trusted;
    let unlocked = unlocked?;
    let keyring = unlocked.ring.keyring(evidence);
    let keyring = keyring.map_err(|_| VaultError::Key { what: "evidence key" })?;
    Ok(Opened {
        unlocked,
        keyring,
        foreign,
    })
}

/// The most slots of one provider that are asked at once: a row costs nothing to write, and time to ask.
const MAX_ASKED: usize = 16;

/// Opens the first slot that opens. When none does, each one's reason is said.
fn open_any(around: &mut Surroundings<'_>, instance: InstanceId, slots: &[SlotRow]) -> Result<Unlocked, VaultError> {
    let mut closed = Vec::new();
    let mut asked: HashMap<&str, usize> = HashMap::new();
    for slot in in_order(slots) {
        let asked = asked.entry(&slot.provider).or_default();
        let opened = match *asked < MAX_ASKED {
            true => open_slot(around, instance, slot),
            false => Err(Closed::TooMany(MAX_ASKED)),
        };
        match opened {
            Ok(unlocked) => return Ok(unlocked),
            Err(why) => {
                // What nobody vouches for was not asked, and keeps nobody from being asked.
                *asked += usize::from(!matches!(why, Closed::NotTrusted { .. }));
                closed.push(ClosedSlot::of(slot, why));
            }
        }
    }
    Err(match closed.is_empty() {
        true => VaultError::NoSlots,
        false => VaultError::NoneOpens(ClosedSlots(closed)),
    })
}

/// The slots that nobody can be seen to have vouched for. None of them is asked.
fn foreign(around: &Surroundings<'_>, slots: &[SlotRow]) -> ClosedSlots {
    let closed = slots.iter().filter_map(|slot| {
        let (_, it) = provider(&slot.provider)?;
        match follow(it, around, slot) {
            Err(why @ (Closed::NotTrusted { .. } | Closed::RootKey(RootKeyError::Trusted { .. }))) => {
                Some(ClosedSlot::of(slot, why))
            }
            Ok(_) | Err(_) => None,
        }
    });
    ClosedSlots(closed.collect())
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
) -> Result<Unlocked, Closed> {
    let root = root_key(around, slot)?;
    let ring = open_with(&root, instance, slot)?;
    Ok(Unlocked { ring, root })
}

/// Opens a slot with its root key.
pub(crate) fn open_with(root: &RootKey, instance: InstanceId, slot: &SlotRow) -> Result<InstanceRing, Closed> {
    InstanceRing::unlock(root, &context(instance, slot.id, &slot.provider), &slot.wrapped).map_err(|_| Closed::Inside)
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

fn root_key(around: &mut Surroundings<'_>, slot: &SlotRow) -> Result<RootKey, Closed> {
    let (_, it) = provider(&slot.provider).ok_or(Closed::UnknownProvider)?;
    let parameters = follow(it, around, slot)?;
    let root = it.root_key(around, &parameters)?;
    let found = root.fingerprint().to_string();
    match found == slot.root_fingerprint {
        true => Ok(root),
        false if it.word() == passphrase::FromPassphrase.word() => Err(RootKeyError::WrongPassphrase.into()),
        false => Err(RootKeyError::Wrong {
            provider: it.word(),
            found,
            needed: inert(&slot.root_fingerprint),
        }
        .into()),
    }
}

/// The parameters to follow for a slot, when they may be followed.
fn follow<'s>(it: &dyn KeyProvider, around: &Surroundings<'_>, slot: &'s SlotRow) -> Result<Vouched<'s>, Closed> {
    match vouched(it, around, &slot.parameters)? {
        Some(parameters) => Ok(parameters),
        None => Err(Closed::NotTrusted {
            place: inert(&it.place(around, &slot.parameters)?),
        }),
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
