//! The operator's word for what a slot names: for one that came by another server, with a restored home or from before.
//!
//! The store need not open for it, and nothing that the slot names is asked: its row is shown, and a line written.

use distri_core::ids::SlotId;
use distri_store::Store;
use distri_store::rows::SlotRow;

use super::SlotInfo;
use crate::closed::inert;
use crate::root_key::{RootKeyError, Surroundings, provider};
use crate::{Home, Vault, VaultError};

/// A slot as its row has it, believed by nobody yet.
pub struct SlotToTrust {
    /// The slot.
    pub slot: SlotInfo,
    /// Every parameter with its value: all that would be trusted.
    pub parameters: Vec<(String, String)>,
    /// Whether anybody's word is needed, and is not there.
    pub is_needed: bool,
    row: SlotRow,
}

impl SlotToTrust {
    /// The slot in the database of `home`.
    ///
    /// # Errors
    /// [`VaultError::NoSlot`]; parameters that are damaged.
    pub fn find(home: &Home, around: &Surroundings<'_>, id: SlotId) -> Result<Self, VaultError> {
        if !Vault::is_set_up(home)? {
            return Err(VaultError::Locked("nothing is set up here yet".to_owned()));
        }
        home.make()?;
        let rows = Store::open(&home.location())?.read(|work| Ok::<_, VaultError>(work.slots()?))?;
        Self::among(rows, around, id)
    }

    /// The slot among rows.
    pub(crate) fn among(rows: Vec<SlotRow>, around: &Surroundings<'_>, id: SlotId) -> Result<Self, VaultError> {
        let row = rows.into_iter().find(|it| it.id == id).ok_or(VaultError::NoSlot(id))?;
        let (_, it) = provider(&row.provider).ok_or(VaultError::UnknownProvider(id))?;
        let is_trusted = || around.trusted.has(&row.provider, &row.parameters);
        Ok(Self {
            is_needed: it.leads_outside(&row.parameters)? && !is_trusted()?,
            parameters: listed(&row.parameters)?,
            slot: SlotInfo::of(row.clone(), around),
            row,
        })
    }

    /// What would be trusted, as the row has it.
    pub(crate) fn row(&self) -> &SlotRow {
        &self.row
    }

    /// Trusts it here from now on.
    ///
    /// # Errors
    /// The list cannot be written.
    pub fn trust(&self, around: &Surroundings<'_>) -> Result<(), VaultError> {
        Ok(around.trusted.add(&self.row.provider, &self.row.parameters)?)
    }
}

/// Each as JSON text, in which nothing is left out and nothing steers a terminal. The provider has read them: there are no
/// others than its own, and none is there twice.
fn listed(parameters: &str) -> Result<Vec<(String, String)>, RootKeyError> {
    let parsed: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(parameters).map_err(|_| RootKeyError::Parameters)?;
    let listed = parsed
        .into_iter()
        .map(|(name, it)| (inert(&name), inert(&it.to_string())));
    Ok(listed.collect())
}
