//! What keys there are: fingerprints, never keys.

use distri_core::Timestamp;
use distri_core::authz::Keys;
use distri_store::UnitOfWork;
use distri_store::rows::{SlotRow, Stale};
use serde::{Deserialize, Serialize};

use crate::closed::inert;
use crate::root_key::{Surroundings, provider};
use crate::{Caller, VaultError};

/// The keys of an installation and of one account, as people see them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeyStatus {
    /// The slots, oldest first.
    pub slots: Vec<SlotInfo>,
    /// The instance keys that there were, oldest first; the last one is in use, and the others are as the database has
    /// them.
    pub instance_keys: Vec<KeyInfo>,
    /// The versions of the account's key, oldest first; the last one wraps new data keys.
    pub account_keys: Vec<AccountKeyInfo>,
}

/// One slot.
#[derive(Clone, Debug, Serialize, Deserialize)]
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

/// One key of a history.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeyInfo {
    /// Its number, from 1.
    pub version: u32,
    /// Which key.
    pub fingerprint: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// One version of an account's key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AccountKeyInfo {
    /// Which.
    #[serde(flatten)]
    pub key: KeyInfo,
    /// How often it has drawn a nonce.
    pub uses: u64,
    /// How many data keys are under it.
    pub data_keys: u64,
}

impl SlotInfo {
    pub(super) fn of(row: SlotRow, around: &Surroundings<'_>) -> Self {
        let place = Self::place(&row, around);
        Self::at(row, place)
    }

    fn place(row: &SlotRow, around: &Surroundings<'_>) -> String {
        match provider(&row.provider) {
            Some((_, it)) => match it.place(around, &row.parameters) {
                Ok(place) => inert(&place),
                Err(error) => error.to_string(),
            },
            None => "not known to this version".to_owned(),
        }
    }

    fn at(row: SlotRow, place: String) -> Self {
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

impl Caller<'_> {
    /// What keys there are.
    ///
    /// # Errors
    /// [`VaultError::Denied`], [`VaultError::Store`].
    pub fn key_status(&self, around: &Surroundings<'_>) -> Result<KeyStatus, VaultError> {
        let _allowed = self.authorize::<Keys>()?;
        self.read(|work| {
            Ok(KeyStatus {
                slots: self
                    .slots(work)?
                    .into_iter()
                    .map(|it| SlotInfo::of(it, around))
                    .collect(),
                instance_keys: self.instance_keys(work)?,
                account_keys: self.account_keys(work)?,
            })
        })
    }

    /// The same without the places of root keys, for whoever is not on the host: those are the operator's.
    ///
    /// # Errors
    /// As [`key_status`](Self::key_status).
    pub fn key_status_without_places(&self) -> Result<KeyStatus, VaultError> {
        let _allowed = self.authorize::<Keys>()?;
        self.read(|work| {
            let slots = self.slots(work)?.into_iter();
            Ok(KeyStatus {
                slots: slots.map(|it| SlotInfo::at(it, String::new())).collect(),
                instance_keys: self.instance_keys(work)?,
                account_keys: self.account_keys(work)?,
            })
        })
    }

    /// The slots. Each has the instance key in use.
    fn slots(&self, work: &mut dyn UnitOfWork) -> Result<Vec<SlotRow>, VaultError> {
        let in_use = self.vault.instance_ring(work)?.fingerprint().to_string();
        let slots = work.slots()?;
        match slots.iter().find(|it| it.instance_fingerprint != in_use) {
            Some(other) => Err(VaultError::Tampered {
                what: "key slot",
                name: other.id.to_string(),
                reason: "the instance key that it names is not the one in use",
            }),
            None => Ok(slots),
        }
    }

    /// The history, which ends with the key in use. What it says of the keys before is held against the log where that is
    /// verified.
    fn instance_keys(&self, work: &mut dyn UnitOfWork) -> Result<Vec<KeyInfo>, VaultError> {
        let rows = work.instance_keys()?;
        let in_use = self.vault.instance_ring(work)?.fingerprint().to_string();
        if let Some(last) = rows.last().filter(|it| it.fingerprint != in_use) {
            return Err(VaultError::Tampered {
                what: "instance key",
                name: last.fingerprint.clone(),
                reason: "the history of keys does not end with the one in use",
            });
        }
        if !rows.is_empty() {
            let info = rows.into_iter().map(|it| KeyInfo {
                version: it.version,
                fingerprint: it.fingerprint,
                created_at: it.created_at,
            });
            return Ok(info.collect());
        }
        Ok(vec![KeyInfo {
            version: 1,
            fingerprint: self.vault.instance_ring(work)?.fingerprint().to_string(),
            created_at: work.instance()?.map_or(self.now(), |it| it.created_at),
        }])
    }

    fn account_keys(&self, work: &mut dyn UnitOfWork) -> Result<Vec<AccountKeyInfo>, VaultError> {
        let (mut info, mut below) = (Vec::new(), 0);
        for row in work.account_keys(self.account)? {
            let through = work.count_stale_data_keys(self.account, Stale::WrappedBelow(row.version + 1))?;
            info.push(AccountKeyInfo {
                key: KeyInfo {
                    version: row.version,
                    fingerprint: self.vault.unwrap_account_key(work, &row)?.fingerprint().to_string(),
                    created_at: row.created_at,
                },
                uses: row.uses,
                data_keys: through - below,
            });
            below = through;
        }
        Ok(info)
    }
}
