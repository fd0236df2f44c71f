//! Reading records. Each is believed before it is shown.

use distri_core::audit::{Entry, Record};
use distri_core::authz::Audit;
use distri_store::rows::AuditRow;

use super::log::{Log, log_damaged};
use crate::{Caller, VaultError};

/// Records that are held at once where all of them are gone through.
const PAGE: u32 = 2_000;

impl Caller<'_> {
    /// The newest `limit` records of the account with their numbers, oldest of them first.
    ///
    /// # Errors
    /// [`VaultError::Denied`], [`VaultError::Log`] names the first record that is not believed.
    pub fn audit_newest(&self, limit: u32) -> Result<Vec<(u64, Record)>, VaultError> {
        let _allowed = self.authorize::<Audit>()?;
        let rows = self
            .vault
            .store
            .read(|work| Ok::<_, VaultError>(work.newest_audit_rows(self.account, limit)?))?;
        self.believed(&rows)
    }

    /// Up to `limit` records after number `after`, oldest first: the way to read all of them in pages.
    ///
    /// # Errors
    /// [`VaultError::Denied`], [`VaultError::Log`] names the first record that is not believed.
    pub fn audit_after(&self, after: u64, limit: u32) -> Result<Vec<(u64, Record)>, VaultError> {
        let _allowed = self.authorize::<Audit>()?;
        let rows = self
            .vault
            .store
            .read(|work| Ok::<_, VaultError>(work.account_audit_rows(self.account, after, limit)?))?;
        self.believed(&rows)
    }

    /// The records of the account, in pages, to the end or until `each` answers false.
    pub(super) fn each_record(
        &self,
        each: impl FnMut(u64, Record) -> Result<bool, VaultError>,
    ) -> Result<(), VaultError> {
        self.each_record_after(0, PAGE, each)
    }

    /// The same for those after number `after`, with so many in the first page.
    pub(super) fn each_record_after(
        &self,
        mut after: u64,
        first: u32,
        mut each: impl FnMut(u64, Record) -> Result<bool, VaultError>,
    ) -> Result<(), VaultError> {
        let mut many = first.min(PAGE);
        loop {
            let page = self.audit_after(after, many)?;
            many = PAGE;
            let Some(last) = page.last().map(|it| it.0) else {
                return Ok(());
            };
            for (seq, record) in page {
                if !each(seq, record)? {
                    return Ok(());
                }
            }
            after = last;
        }
    }

    /// The records in rows that have bodies, each believed.
    pub(crate) fn believed(&self, rows: &[AuditRow]) -> Result<Vec<(u64, Record)>, VaultError> {
        let log = self.vault.log();
        rows.iter()
            .map(|row| {
                let seq = row.entry.seq;
                match log.record_of(row) {
                    Ok(Some(record)) => Ok((seq, record)),
                    Ok(None) => Err(log_damaged(format!("record {seq}: its body is gone"))),
                    Err(reason) => Err(log_damaged(format!("record {seq}: {reason}"))),
                }
            })
            .collect()
    }
}

impl Log<'_> {
    /// The record in a row that is believed; `None` when its body was pruned. Else what is wrong with it.
    pub(crate) fn record_of(&self, row: &AuditRow) -> Result<Option<Record>, &'static str> {
        let record = self.meaning_of(row)?;
        // Byte for byte: a space more would be a change that its leaf does not show.
        let is_as_written = |it: &Record| serde_json::to_string(it).ok() == row.body;
        match record {
            Some(record) if !is_as_written(&record) => Err("its body was changed"),
            record => Ok(record),
        }
    }

    /// The same for whoever asks only what the record says, which is what its leaf is over.
    pub(crate) fn meaning_of(&self, row: &AuditRow) -> Result<Option<Record>, &'static str> {
        let canonical = row.entry.canonical(self.keyring.instance());
        self.keyring
            .verify_audit(&canonical, &row.mac)
            .map_err(|_| "it was changed, moved or made outside distri")?;
        let Some(body) = &row.body else { return Ok(None) };
        let record: Record = serde_json::from_str(body).map_err(|_| "its body was changed: it is no audit record")?;
        match Entry::of(row.entry.seq, &record) == row.entry {
            true => Ok(Some(record)),
            false => Err("its body was changed"),
        }
    }
}
