//! Reading the audit log.

use distri_core::audit::Record;
use distri_core::authz::Audit;

use crate::{Caller, VaultError};

impl Caller<'_> {
    /// The newest `limit` records of the account with their sequence numbers, oldest of them first.
    ///
    /// # Errors
    /// [`VaultError::Denied`], [`VaultError::Store`].
    pub fn audit_newest(&self, limit: u32) -> Result<Vec<(u64, Record)>, VaultError> {
        let _allowed = self.authorize::<Audit>()?;
        self.vault
            .store
            .read(|work| Ok(work.newest_records(self.account, limit)?))
    }

    /// Up to `limit` records after sequence number `after`, oldest first: the way to read all of them in pages.
    ///
    /// # Errors
    /// [`VaultError::Denied`], [`VaultError::Store`].
    pub fn audit_after(&self, after: u64, limit: u32) -> Result<Vec<(u64, Record)>, VaultError> {
        let _allowed = self.authorize::<Audit>()?;
        self.vault
            .store
            .read(|work| Ok(work.records(self.account, after, limit)?))
    }
}
