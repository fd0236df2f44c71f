//! Retention: the bodies of old records go; numbers, leaves and MACs stay, and every proof still verifies.

use distri_core::Timestamp;
use distri_core::audit::{ActionKind, LogChange};
use distri_core::authz::Oversee;
use distri_store::Flush;

use super::log::Sign;
use crate::{Caller, VaultError};

/// What pruning did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pruned {
    /// The last number without a body; 0 when nothing was old enough.
    pub through: u64,
    /// How many bodies were dropped.
    pub dropped: u64,
}

impl Caller<'_> {
    /// Drops the bodies of the records before the first one that was written at `before` or later. The record of it,
    /// and a checkpoint over that, commit with it.
    ///
    /// # Errors
    /// [`VaultError::Denied`], [`VaultError::Future`], [`VaultError::Log`].
    pub fn prune_audit(&self, before: Timestamp) -> Result<Pruned, VaultError> {
        let _allowed = self.authorize::<Oversee>()?;
        if before > self.now() {
            return Err(VaultError::Future);
        }
        let (pruned, _) = self.vault.commit(Flush::Each, Sign::Now, |work| {
            let through = work.audit_through(before)?;
            let dropped = work.prune_audit(through)?;
            let mut record = self.record(ActionKind::AuditPrune);
            record.log = Some(LogChange::Pruned { through });
            let records = if dropped == 0 { Vec::new() } else { vec![record] };
            Ok((Pruned { through, dropped }, records))
        })?;
        if pruned.dropped > 0 {
            // The bodies are still in the write-ahead log until it is folded into the database.
            self.vault.store.fold()?;
        }
        Ok(pruned)
    }
}
