//! A new version of the account's key: what is wrapped or sealed from now on is under it.
//!
//! The old versions stay, because data keys, session data and observed requests are under them. `reseal` brings the data
//! keys along.

use distri_core::audit::{ActionKind, KeyChange};
use distri_core::authz::Keys;
use distri_core::envelope::AccountKey;
use distri_store::rows::AccountKeyRow;

use crate::{Caller, VaultError};

impl Caller<'_> {
    /// Adds a version of the account's key, and answers with its number.
    ///
    /// # Errors
    /// [`VaultError::Denied`], [`VaultError::Store`].
    pub fn rotate_account(&self) -> Result<u32, VaultError> {
        let _allowed = self.authorize::<Keys>()?;
        self.change(|work| {
            let (newest, _) = self.newest_account_key(work)?;
            let ring = self.vault.instance_ring(work)?;
            let version = newest
                .version
                .checked_add(1)
                .ok_or(VaultError::Key { what: "account key" })?;
            work.put_account_key(&AccountKeyRow {
                account: self.account,
                version,
                wrapped: ring.wrap_account_key(self.account, version, &AccountKey::random()),
                uses: 0,
                created_at: self.now(),
            })?;
            let mut record = self.record(ActionKind::KeyRotateAccount);
            record.keys = Some(KeyChange::AccountRotated { version });
            Ok((version, vec![record]))
        })
    }
}
