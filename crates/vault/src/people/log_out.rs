//! Signing out: this browser, another one, or all.

use data_encoding::HEXLOWER;
use distri_core::Timestamp;
use distri_core::audit::{ActionKind, Record};
use distri_core::credential::PresentedSession;
use distri_core::envelope::CredentialHash;
use distri_store::rows::WebSessionRow;
use serde::Serialize;

use crate::{Caller, Unauthenticated, Vault, VaultError};

/// A browser in which somebody is signed in, as they see it.
#[derive(Clone, Debug, Serialize)]
pub struct OpenSession {
    /// What to name it by when it is to end: nobody can sign in with it.
    pub id: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last seen, to the minute.
    pub seen_at: Timestamp,
    /// When it ends whatever happens.
    pub expires_at: Timestamp,
    /// Whether it is the one that asks.
    pub is_this: bool,
}

impl Vault {
    /// Ends a session. One that has ended already stays so.
    ///
    /// # Errors
    /// [`VaultError::Store`].
    pub fn log_out(&self, session: &PresentedSession) -> Result<(), VaultError> {
        let caller = match self.authenticate_session(session) {
            Ok((caller, _)) => Some(caller),
            Err(VaultError::Store(error)) => return Err(error.into()),
            // Whatever else is wrong with it: it ends.
            Err(_) => None,
        };
        let hash = self.keyring.hash_credential(session);
        self.commit_now(|work| {
            let was_there = work.delete_web_session(&hash)?;
            let closed = caller.as_ref().filter(|_| was_there);
            Ok((
                (),
                closed
                    .map(|it| it.record(ActionKind::SessionClose))
                    .into_iter()
                    .collect(),
            ))
        })?;
        Ok(())
    }

    /// The sessions of whoever has this one, oldest first.
    ///
    /// # Errors
    /// [`Unauthenticated::NoSession`], [`VaultError::Store`].
    pub fn open_sessions(&self, session: &PresentedSession) -> Result<Vec<OpenSession>, VaultError> {
        let (_, view) = self.authenticate_session(session)?;
        let this = self.keyring.hash_credential(session);
        let mut rows = self
            .store
            .read(|work| Ok::<_, VaultError>(work.web_sessions(view.person)?))?;
        rows.retain(|it| self.is_open(it));
        let open = rows.into_iter().map(|it| OpenSession {
            id: name(&it.hash),
            created_at: it.created_at,
            seen_at: it.seen_at,
            expires_at: it.expires_at,
            is_this: it.hash == this,
        });
        Ok(open.collect())
    }

    /// Ends one of the sessions of whoever has this one, or with `None` all of them but this; how many ended.
    ///
    /// # Errors
    /// [`Unauthenticated::NoSession`], [`VaultError::Store`].
    pub fn end_sessions(&self, session: &PresentedSession, id: Option<&str>) -> Result<usize, VaultError> {
        let (caller, view) = self.authenticate_session(session)?;
        let this = self.keyring.hash_credential(session);
        let (ended, _) = self.commit_now(|work| {
            let rows = work.web_sessions(view.person)?;
            let is_meant = |it: &&WebSessionRow| match id {
                Some(id) => name(&it.hash) == id,
                None => it.hash != this,
            };
            let mut records: Vec<Record> = Vec::new();
            for row in rows.iter().filter(is_meant) {
                work.delete_web_session(&row.hash)?;
                records.push(caller.record(ActionKind::SessionClose));
            }
            Ok((records.len(), records))
        })?;
        Ok(ended)
    }
}

impl Caller<'_> {
    /// The sessions of the person who acts end, but for one.
    pub(super) fn end_others(
        &self,
        work: &mut dyn distri_store::UnitOfWork,
        except: &CredentialHash,
    ) -> Result<usize, VaultError> {
        let person = self.person.ok_or(Unauthenticated::NoSession)?;
        Ok(work.delete_web_sessions(person, Some(except))?)
    }
}

/// Half of the hash: enough to tell a person's sessions apart.
fn name(hash: &CredentialHash) -> String {
    HEXLOWER.encode(&hash.as_bytes()[..16])
}
