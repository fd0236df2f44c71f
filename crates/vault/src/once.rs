//! Requests that are sent again: the answer to the first one is kept for a day, sealed under the account's key.
//!
//! A request is told by a key that its client made, among the requests of one credential. It is kept as session data of
//! a session that no client can name.

use std::time::Duration;

use distri_core::digest::Digesting;
use distri_core::envelope::{SessionContext, next_use};
use distri_store::UnitOfWork;
use distri_store::rows::SessionDataRow;
use serde::{Deserialize, Serialize};

use crate::{Caller, VaultError};

/// No client's: the names of sessions have no control characters.
const SESSION: &str = "\u{1}requests";
/// How long an answer is kept.
const KEPT: Duration = Duration::from_secs(24 * 3_600);

/// What is known of a request that was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It is the first with this key, and is now under way.
    Now,
    /// Another one with this key is under way, or broke off: whether it was done is not known.
    Before,
    /// The key was used for another request.
    ForAnother,
    /// It was answered.
    Answered(KeptAnswer),
}

/// An answer to be given again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptAnswer {
    /// The status.
    pub status: u16,
    /// The version, where it has one.
    pub etag: Option<String>,
    /// The body; nothing of one that was shown once.
    pub body: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    request: String,
    answer: Option<KeptAnswer>,
}

impl Caller<'_> {
    /// Begins a request with `key`, unless there was one; `request` are all bytes that tell it from another.
    ///
    /// # Errors
    /// [`VaultError::Store`], [`VaultError::Key`].
    pub fn begin_once(&self, key: &str, request: &[&[u8]]) -> Result<Begun, VaultError> {
        let name = self.once_name(key);
        let request = digest_of(request);
        let begun = self.vault.store.write(|work| {
            if let Some(row) = work.session_data(self.account, SESSION, &name, self.now())? {
                return self.begun(work, &row, &request);
            }
            let kept = Kept {
                request: request.clone(),
                answer: None,
            };
            self.keep(work, &name, &kept)?;
            Ok(Begun::Now)
        });
        self.noticing(begun)
    }

    /// Keeps the answer to a request that was begun.
    ///
    /// # Errors
    /// [`VaultError::Store`], [`VaultError::Key`].
    pub fn end_once(&self, key: &str, request: &[&[u8]], answer: &KeptAnswer) -> Result<(), VaultError> {
        let name = self.once_name(key);
        let kept = Kept {
            request: digest_of(request),
            answer: Some(answer.clone()),
        };
        let written = self.vault.store.write(|work| self.keep(work, &name, &kept));
        self.noticing(written)
    }

    /// Forgets a request that was begun and refused: it may be sent again, changed or not.
    ///
    /// # Errors
    /// [`VaultError::Store`].
    pub fn forget_once(&self, key: &str) -> Result<(), VaultError> {
        let name = self.once_name(key);
        let store = &self.vault.store;
        store.write(|work| Ok(work.delete_session_data(self.account, SESSION, &name).map(drop)?))
    }
}

impl Caller<'_> {
    fn begun(&self, work: &mut dyn UnitOfWork, row: &SessionDataRow, request: &str) -> Result<Begun, VaultError> {
        let damaged = || VaultError::Key { what: "kept answer" };
        let key = self.account_key(work, row.account_key_version)?;
        let data = key.open_session(&self.once_context(&row.name), &row.sealed);
        let data = data.map_err(|_| damaged())?;
        let kept: Kept = serde_json::from_slice(&data).map_err(|_| damaged())?;
        Ok(match kept.answer {
            _ if kept.request != request => Begun::ForAnother,
            None => Begun::Before,
            Some(answer) => Begun::Answered(answer),
        })
    }

    fn keep(&self, work: &mut dyn UnitOfWork, name: &str, kept: &Kept) -> Result<(), VaultError> {
        let data = serde_json::to_vec(kept).map_err(|_| VaultError::Key { what: "kept answer" })?;
        let (mut key_row, key) = self.newest_account_key(work)?;
        key_row.uses = next_use(key_row.uses)?;
        work.put_account_key(&key_row)?;
        let now = self.now();
        work.put_session_data(&SessionDataRow {
            account: self.account,
            session: SESSION.to_owned(),
            name: name.to_owned(),
            account_key_version: key_row.version,
            sealed: key.seal_session(&self.once_context(name), &data),
            expires_at: now.checked_add(KEPT).ok(),
            updated_at: now,
        })?;
        Ok(())
    }

    /// One credential's keys are not another's.
    fn once_name(&self, key: &str) -> String {
        let actor = self.authority.actor();
        let id = actor.id.map(|it| it.to_string()).unwrap_or_default();
        digest_of(&[actor.kind.as_str().as_bytes(), id.as_bytes(), key.as_bytes()])
    }

    fn once_context<'a>(&self, name: &'a str) -> SessionContext<'a> {
        SessionContext {
            instance: self.vault.keyring.instance(),
            account: self.account,
            session: SESSION,
            name,
        }
    }
}

/// Of pieces, each with its length: so that none can be taken for the end of the one before it.
fn digest_of(pieces: &[&[u8]]) -> String {
    let mut digesting = Digesting::default();
    for piece in pieces {
        digesting.update(&(piece.len() as u64).to_be_bytes());
        digesting.update(piece);
    }
    digesting.so_far().to_string()
}
