//! Pointer rows: signed when written, verified whenever read.

use distri_core::Policy;
use distri_core::envelope::Canonical;
use distri_core::ids::InstanceId;
use distri_store::rows::{SecretRow, SecretView};

use crate::{Caller, VaultError};

impl Caller<'_> {
    /// Sets the MAC of a row that is about to be written with `policy` in its current version.
    pub(crate) fn sign(&self, row: &mut SecretRow, policy: &Policy) {
        let canonical = canonical(self.vault.keyring.instance(), row, policy);
        row.mac = self.vault.keyring.mac_row(&canonical).as_bytes().to_vec();
    }

    /// Believes a row that was read, or says which check it fails.
    pub(crate) fn verified(&self, view: SecretView) -> Result<SecretView, VaultError> {
        self.check(&view)?;
        Ok(view)
    }

    /// As [`verified`](Self::verified), on a borrowed row.
    pub(crate) fn check(&self, view: &SecretView) -> Result<(), VaultError> {
        let keyring = &self.vault.keyring;
        let canonical = canonical(keyring.instance(), &view.secret, &view.policy);
        if keyring.verify_row(&canonical, &view.secret.mac).is_err() {
            return Err(damaged(&view.secret, "its row or policy was changed outside distri"));
        }
        // An old pointer row carries an old but valid MAC; the versions written since give it away.
        if view.highest_stored != view.secret.latest_version {
            return Err(damaged(&view.secret, "its row is older than its versions"));
        }
        Ok(())
    }
}

/// The error for a row that fails a check.
pub(crate) fn damaged(row: &SecretRow, reason: &str) -> VaultError {
    VaultError::Integrity {
        key: row.key.clone(),
        environment: row.environment.clone(),
        reason: reason.to_owned(),
    }
}

fn canonical(instance: InstanceId, row: &SecretRow, policy: &Policy) -> Canonical {
    let mut canonical = Canonical::new("row.secret");
    let time = |it: distri_core::Timestamp| it.as_millisecond().to_be_bytes();
    canonical
        .bytes(instance.as_bytes())
        .bytes(row.account.as_bytes())
        .bytes(row.id.as_bytes())
        .text(row.environment.as_str())
        .text(row.key.as_str())
        .number(row.current_version.into())
        .number(row.latest_version.into())
        .bytes(policy.hash().as_bytes())
        .optional(row.note.as_ref().map(|it| it.as_bytes()))
        .optional(row.expires_at.map(time).as_ref().map(|it| &it[..]))
        .bytes(&time(row.created_at))
        .bytes(&time(row.updated_at))
        .optional(row.deleted_at.map(time).as_ref().map(|it| &it[..]));
    canonical
}
