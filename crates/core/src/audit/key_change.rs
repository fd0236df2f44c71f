//! A change of the keys, as its record has it. Keys are named by their fingerprints.

use serde::{Deserialize, Serialize};

use crate::envelope::Canonical;
use crate::ids::SlotId;

/// What was done to the keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum KeyChange {
    /// A slot opens the installation from now on.
    SlotAdded(Slot),
    /// A slot opens it no more.
    SlotRetired(Slot),
    /// A new instance key.
    InstanceRotated {
        /// The old one.
        from: String,
        /// The new one.
        to: String,
    },
    /// A new version of the account's key.
    AccountRotated {
        /// The version.
        version: u32,
    },
    /// Data keys were wrapped anew under a version of the account's key.
    Resealed(Resealed),
    /// Data keys were replaced, and the values under them sealed anew.
    Renewed(Resealed),
}

/// A slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slot {
    /// Its identifier.
    pub slot: SlotId,
    /// Its provider's word.
    pub provider: String,
    /// Its root key.
    pub root_key: String,
}

/// How many data keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resealed {
    /// The version of the account's key that wraps them.
    pub version: u32,
    /// How many.
    pub data_keys: u64,
}

impl KeyChange {
    pub(super) fn append_to(&self, canonical: &mut Canonical) {
        canonical.text("keys");
        match self {
            Self::SlotAdded(slot) => slot.append_to("slot-added", canonical),
            Self::SlotRetired(slot) => slot.append_to("slot-retired", canonical),
            Self::InstanceRotated { from, to } => {
                canonical.text("instance-rotated").text(from).text(to);
            }
            Self::AccountRotated { version } => {
                canonical.text("account-rotated").number((*version).into());
            }
            Self::Resealed(resealed) => resealed.append_to("resealed", canonical),
            Self::Renewed(resealed) => resealed.append_to("renewed", canonical),
        }
    }
}

impl Slot {
    fn append_to(&self, word: &str, canonical: &mut Canonical) {
        canonical
            .text(word)
            .bytes(self.slot.as_bytes())
            .text(&self.provider)
            .text(&self.root_key);
    }
}

impl Resealed {
    fn append_to(&self, word: &str, canonical: &mut Canonical) {
        canonical.text(word).number(self.version.into()).number(self.data_keys);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_changes_have_the_same_bytes_and_json_keeps_each() {
        let slot = |byte: u8, provider: &str, root_key: &str| Slot {
            slot: SlotId::from_bytes([byte; 16]),
            provider: provider.to_owned(),
            root_key: root_key.to_owned(),
        };
        let rotated = |from: &str, to: &str| KeyChange::InstanceRotated {
            from: from.to_owned(),
            to: to.to_owned(),
        };
        let resealed = |version, data_keys| Resealed { version, data_keys };
        let changes = [
            KeyChange::SlotAdded(slot(1, "file", "a")),
            KeyChange::SlotAdded(slot(2, "file", "a")),
            KeyChange::SlotAdded(slot(1, "transit", "a")),
            KeyChange::SlotAdded(slot(1, "file", "b")),
            KeyChange::SlotRetired(slot(1, "file", "a")),
            rotated("a", "b"),
            rotated("b", "b"),
            rotated("a", "a"),
            KeyChange::AccountRotated { version: 2 },
            KeyChange::AccountRotated { version: 3 },
            KeyChange::Resealed(resealed(2, 1)),
            KeyChange::Resealed(resealed(3, 1)),
            KeyChange::Resealed(resealed(2, 2)),
            KeyChange::Renewed(resealed(2, 1)),
        ];
        let bytes = |it: &KeyChange| {
            let mut canonical = Canonical::new("t");
            it.append_to(&mut canonical);
            canonical.as_ref().to_vec()
        };
        for (index, change) in changes.iter().enumerate() {
            let json = serde_json::to_string(change).expect("serialises");
            assert_eq!(serde_json::from_str::<KeyChange>(&json).expect("parses"), *change);
            for other in &changes[..index] {
                assert_ne!(bytes(change), bytes(other), "{change:?} {other:?}");
            }
        }
    }
}
