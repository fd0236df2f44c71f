//! Session data: what a conversation keeps between runs, sealed under the account's key.

use distri_core::Timestamp;
use distri_core::authz::Resolve;
use distri_core::envelope::{SessionContext, next_use};
use distri_store::rows::SessionDataRow;
use zeroize::Zeroizing;

use crate::{Caller, Vault, VaultError};

/// The most bytes a session's or a piece's name may have.
const MAX_NAME_LEN: usize = 256;
/// The most bytes a piece of session data may have.
const MAX_DATA_LEN: usize = 256 * 1024;

/// A piece of session data.
pub struct SessionPiece {
    /// Its name.
    pub name: String,
    /// What was written.
    pub data: Zeroizing<Vec<u8>>,
}

impl Vault {
    /// Removes session data and kept answers that have expired: nothing gives them out any more.
    ///
    /// # Errors
    /// [`VaultError::Store`].
    pub fn drop_expired_sessions(&self) -> Result<(), VaultError> {
        let now = self.clock.now();
        self.store.write(|work| Ok(work.drop_expired_session_data(now)?))
    }
}

impl Caller<'_> {
    /// A piece of session data, if it is there and has not expired.
    ///
    /// # Errors
    /// [`VaultError::Key`] when it was changed in the database.
    pub fn session_get(&self, session: &str, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
        let _allowed = self.authorize::<Resolve>()?;
        check_session(session)?;
        self.read(|work| {
            let Some(row) = work.session_data(self.account, session, name, self.now())? else {
                return Ok(None);
            };
            let key = self.account_key(work, row.account_key_version)?;
            let context = self.session_context(session, name);
            key.open_session(&context, &row.sealed)
                .map(Some)
                .map_err(|_| VaultError::Key { what: "session data" })
        })
    }

    /// Every piece of session data that has not expired, sorted by name.
    ///
    /// # Errors
    /// [`VaultError::Key`] when one was changed in the database.
    pub fn session_all(&self, session: &str) -> Result<Vec<SessionPiece>, VaultError> {
        let _allowed = self.authorize::<Resolve>()?;
        check_session(session)?;
        self.read(|work| {
            let mut all = Vec::new();
            for row in work.all_session_data(self.account, session, self.now())? {
                let key = self.account_key(work, row.account_key_version)?;
                let context = self.session_context(session, &row.name);
                let data = key.open_session(&context, &row.sealed);
                let data = data.map_err(|_| VaultError::Key { what: "session data" })?;
                all.push(SessionPiece { name: row.name, data });
            }
            Ok(all)
        })
    }

    /// Removes all session data of a session.
    ///
    /// # Errors
    /// [`VaultError::Store`].
    pub fn session_end(&self, session: &str) -> Result<(), VaultError> {
        let _allowed = self.authorize::<Resolve>()?;
        check_session(session)?;
        self.vault
            .store
            .write(|work| Ok(work.delete_session(self.account, session)?))
    }

    /// Writes a piece of session data.
    ///
    /// # Errors
    /// [`VaultError::TooLong`].
    pub fn session_set(
        &self,
        session: &str,
        name: &str,
        data: &[u8],
        expires_at: Option<Timestamp>,
    ) -> Result<(), VaultError> {
        let _allowed = self.authorize::<Resolve>()?;
        check_session(session)?;
        for (what, len, max) in [
            ("the session's name", session.len(), MAX_NAME_LEN),
            ("the name of the session data", name.len(), MAX_NAME_LEN),
            ("the session data", data.len(), MAX_DATA_LEN),
        ] {
            if len > max {
                return Err(VaultError::TooLong { what, len, max });
            }
        }
        let written = self.vault.store.write(|work| {
            let (mut key_row, key) = self.newest_account_key(work)?;
            key_row.uses = next_use(key_row.uses)?;
            work.put_account_key(&key_row)?;
            work.put_session_data(&SessionDataRow {
                account: self.account,
                session: session.to_owned(),
                name: name.to_owned(),
                account_key_version: key_row.version,
                sealed: key.seal_session(&self.session_context(session, name), data),
                expires_at,
                updated_at: self.now(),
            })?;
            Ok(())
        });
        self.noticing(written)
    }

    /// Removes a piece of session data; whether there was one.
    ///
    /// # Errors
    /// [`VaultError::Store`].
    pub fn session_delete(&self, session: &str, name: &str) -> Result<bool, VaultError> {
        let _allowed = self.authorize::<Resolve>()?;
        check_session(session)?;
        self.vault
            .store
            .write(|work| Ok(work.delete_session_data(self.account, session, name)?))
    }

    fn session_context<'a>(&self, session: &'a str, name: &'a str) -> SessionContext<'a> {
        SessionContext {
            instance: self.vault.keyring.instance(),
            account: self.account,
            session,
            name,
        }
    }
}

/// Names with control characters are distri's own ([`once`](crate::once)).
fn check_session(session: &str) -> Result<(), VaultError> {
    match session.is_empty() || session.chars().any(char::is_control) {
        true => Err(VaultError::SessionName),
        false => Ok(()),
    }
}
