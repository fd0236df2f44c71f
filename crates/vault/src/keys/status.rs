//! What keys there are: fingerprints, never keys.

use distri_core::Timestamp;
use distri_store::rows::SlotRow;
use serde::Serialize;

use crate::root_key::{Surroundings, provider};
use crate::{Vault, VaultError};

/// One slot, as people see it.
#[derive(Clone, Debug, Serialize)]
pub struct SlotInfo {
    /// The slot.
    pub id: String,
    /// The provider's word.
    pub provider: String,
    /// Where its root key is.
    pub place: String,
    /// Which root key opens it.
    pub root_key: String,
    /// Which instance key is inside.
    pub instance_key: String,
    /// When it was added.
    pub created_at: Timestamp,
}

impl SlotInfo {
    pub(super) fn of(row: SlotRow, around: &Surroundings<'_>) -> Self {
        let place = match provider(&row.provider) {
            Some((_, it)) => it
                .place(around, &row.parameters)
                .unwrap_or_else(|error| error.to_string()),
            None => "not known to this version".to_owned(),
        };
        Self {
            id: row.id.to_string(),
            provider: row.provider,
            place,
            root_key: row.root_fingerprint,
            instance_key: row.instance_fingerprint,
            created_at: row.created_at,
        }
    }
}

/// The keys of an installation, as people see them.
#[derive(Clone, Debug, Serialize)]
pub struct KeyStatus {
    /// The slots, oldest first.
    pub slots: Vec<SlotInfo>,
}

impl Vault {
    /// What keys there are.
    ///
    /// # Errors
    /// [`VaultError::Store`].
    pub fn key_status(&self, around: &Surroundings<'_>) -> Result<KeyStatus, VaultError> {
        let rows = self.store.read(|work| Ok::<_, VaultError>(work.slots()?))?;
        Ok(KeyStatus {
            slots: rows.into_iter().map(|it| SlotInfo::of(it, around)).collect(),
        })
    }
}
