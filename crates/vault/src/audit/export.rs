//! Exporting the log for people who have only the public key.

use distri_core::audit::export::{ExportCheckpoint, ExportEntry, ExportHeader, FORMAT};
use distri_core::audit::merkle::Tree;
use distri_core::authz::Audit;
use distri_store::UnitOfWork;
use serde::Serialize;

use super::log::log_damaged;
use crate::{Caller, Vault, VaultError};

const PAGE: u32 = 2_000;

/// What an export has beside records, leaves and checkpoints.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExportOptions {
    /// A proof for each record: then a verifier can name the very record that was changed. Needs the whole tree in
    /// memory, 64 bytes a record.
    pub proofs: bool,
}

impl Vault {
    /// The public key that checks this installation's checkpoints.
    #[must_use]
    pub fn audit_key(&self) -> String {
        self.keyring.checkpoint_signer().key().to_string()
    }
}

impl Caller<'_> {
    /// The public key that checks this installation's checkpoints.
    #[must_use]
    pub fn audit_key(&self) -> String {
        self.vault.audit_key()
    }

    /// Gives the log to `write`, a line at a time: bodies of this account's records, leaves of all.
    ///
    /// A checkpoint over everything is signed first, so that nothing in the export is without a signature.
    ///
    /// # Errors
    /// [`VaultError::Log`] names the first record that is not believed; what `write` fails with.
    pub fn export_audit<E: From<VaultError> + From<distri_store::StoreError>>(
        &self,
        options: ExportOptions,
        mut write: impl FnMut(&str) -> Result<(), E>,
    ) -> Result<u64, E> {
        let _allowed = self.authorize::<Audit>()?;
        let mark = self.vault.checkpoint()?;
        self.vault.store.read(|work| {
            let missing = || log_damaged("its newest checkpoint is gone");
            let newest = work.checkpoint_over(mark.size)?.ok_or_else(missing)?;
            write(&line(&ExportHeader {
                format: FORMAT.to_owned(),
                key: self.vault.audit_key(),
                account: self.account,
                checkpoint: newest.note,
            }))?;
            let tree = options.proofs.then(|| tree(work, mark.size)).transpose()?;
            self.export_entries(work, mark.size, tree.as_ref(), &mut write)?;
            Ok(mark.size)
        })
    }

    fn export_entries<E: From<VaultError> + From<distri_store::StoreError>>(
        &self,
        work: &mut dyn UnitOfWork,
        size: u64,
        tree: Option<&Tree>,
        write: &mut impl FnMut(&str) -> Result<(), E>,
    ) -> Result<(), E> {
        let log = self.vault.log();
        let mut checkpoints = work.checkpoints(0, u32::MAX)?.into_iter().peekable();
        let mut after = 0;
        while after < size {
            for numbered in work.audit_rows(after, PAGE)? {
                let seq = numbered.seq;
                if seq > size {
                    break;
                }
                let damaged = |reason| log_damaged(format!("record {seq}: {reason}"));
                if seq != after + 1 {
                    return Err(log_damaged(format!("record {} is missing", after + 1)).into());
                }
                let row = numbered.row.ok_or_else(|| damaged("a column of it is damaged"))?;
                let record = log.record_of(&row).map_err(damaged)?;
                write(&line(&ExportEntry {
                    seq,
                    leaf: row.entry.leaf,
                    record: record.filter(|it| it.account == self.account),
                    proof: tree.and_then(|it| it.inclusion(seq - 1)),
                }))?;
                after = seq;
                while let Some(row) = checkpoints.next_if(|it| it.size <= seq) {
                    if row.size < size {
                        write(&line(&ExportCheckpoint { checkpoint: row.note }))?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// The tree over the first `size` records.
fn tree(work: &mut dyn UnitOfWork, size: u64) -> Result<Tree, VaultError> {
    const MANY: u32 = 50_000;
    let mut leaves = Vec::new();
    while (leaves.len() as u64) < size {
        let have = leaves.len() as u64;
        let wanted = u32::try_from(size - have).unwrap_or(MANY).min(MANY);
        let page = work.audit_leaves(have, wanted)?;
        if page.is_empty() {
            return Err(log_damaged("records are missing at its end"));
        }
        leaves.extend(page);
    }
    Ok(Tree::new(leaves))
}

fn line(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("records and hashes serialise")
}
