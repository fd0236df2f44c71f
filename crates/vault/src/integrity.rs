//! Pointer rows: signed when written, verified whenever read.

use std::cmp::Ordering;

use distri_core::Policy;
use distri_core::audit::ActionKind;
use distri_core::envelope::Canonical;
use distri_core::ids::InstanceId;
use distri_store::UnitOfWork;
use distri_store::rows::{AuditRow, NumberedAuditRow, OpenableRow, SecretRow, SecretView};

use crate::audit::log::log_damaged;
use crate::{Caller, VaultError};

impl Caller<'_> {
    /// Sets the MAC of a row that is about to be written with `policy` in its current version.
    pub(crate) fn sign(&self, row: &mut SecretRow, policy: &Policy) {
        let canonical = canonical(self.vault.keyring.instance(), row, policy);
        row.mac = self.vault.keyring.mac_row(&canonical).as_bytes().to_vec();
    }

    /// Believes a row that was read, or says which check it fails.
    pub(crate) fn verified(&self, work: &mut dyn UnitOfWork, view: SecretView) -> Result<SecretView, VaultError> {
        self.check(work, &view)?;
        Ok(view)
    }

    /// As [`verified`](Self::verified), on a borrowed row.
    pub(crate) fn check(&self, work: &mut dyn UnitOfWork, view: &SecretView) -> Result<(), VaultError> {
        self.check_row(view)?;
        match work.newest_change(view.secret.id)? {
            Some(newest) => self.check_against_log(&view.secret, &newest),
            // Its body was dropped, as retention does with old ones.
            None => Ok(()),
        }
    }

    /// The same for a row that was read with its newest record.
    pub(crate) fn check_openable(&self, row: &OpenableRow) -> Result<(), VaultError> {
        self.check_row(&row.view)?;
        match &row.newest_change {
            Some(NumberedAuditRow { row: Some(newest), .. }) => self.check_against_log(&row.view.secret, newest),
            Some(NumberedAuditRow { seq, row: None }) => Err(log_damaged(format!("record {seq}: it cannot be read"))),
            None => Ok(()),
        }
    }

    fn check_row(&self, view: &SecretView) -> Result<(), VaultError> {
        if !view.has_current {
            return Err(version_gone(&view.secret, view.secret.current_version));
        }
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

    /// Somebody may put back an old row together with its versions, and remove those since: each carries a valid MAC.
    /// The log still knows of a later change, and it cannot be cut without its owner's key.
    fn check_against_log(&self, row: &SecretRow, newest: &AuditRow) -> Result<(), VaultError> {
        let seq = newest.entry.seq;
        let record = self.vault.log().meaning_of(newest);
        let Some(record) = record.map_err(|reason| log_damaged(format!("record {seq}: {reason}")))? else {
            return Ok(());
        };
        let Some(logged) = record.subjects.iter().find(|it| it.secret == row.id) else {
            return Ok(());
        };
        let compared = row.current_version.cmp(&logged.version);
        let is_older = match (record.action, compared) {
            // What was purged has no row.
            (ActionKind::Purge, _) => true,
            // The record names the staged version. A later one, of this unit of work, is not in the log yet.
            (ActionKind::Stage, _) => {
                row.latest_version < logged.version
                    || (row.latest_version == logged.version && row.staged_version != Some(logged.version))
            }
            (ActionKind::Unstage, _) => {
                row.latest_version < logged.version || row.staged_version == Some(logged.version)
            }
            // The record of this unit of work is not in the log yet.
            (_, Ordering::Greater) => false,
            (_, Ordering::Less) => true,
            (_, Ordering::Equal) => {
                (record.action == ActionKind::Delete) != row.deleted_at.is_some()
                    || (logged.expires_at.is_some() && logged.expires_at != row.expires_at)
            }
        };
        match is_older {
            true => Err(damaged(
                row,
                &format!("its row is older than record {seq} of the audit log"),
            )),
            false => Ok(()),
        }
    }
}

/// The error for a row that fails a check.
pub(crate) fn damaged(row: &SecretRow, reason: &str) -> VaultError {
    VaultError::Integrity {
        key: row.key.clone(),
        environment: row.environment.clone(),
        secret: row.id,
        version: row.current_version,
        reason: reason.to_owned(),
    }
}

/// The same for a version that its row says there is.
pub(crate) fn version_gone(row: &SecretRow, version: u32) -> VaultError {
    damaged(row, &format!("its version {version} is gone"))
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
    // Each begins with a word of its own and is left out when there is none: rows of before have no other bytes.
    if let Some(days) = row.rotate_every_days {
        canonical.text("rotate-every").number(days.into());
    }
    if let Some(version) = row.staged_version {
        canonical.text("staged").number(version.into());
    }
    canonical
}
