//! A form that a person looks at again before it is done: what they sent goes back to their browser sealed, so that its
//! page has no value in it and no server keeps anything.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use distri_core::Timestamp;
use distri_core::authz::Write;
use distri_core::credential::PresentedSession;
use distri_core::envelope::{SessionContext, next_use};
use jiff::SignedDuration;
use zeroize::Zeroizing;

use crate::{Caller, VaultError};

/// How long a form may be looked at.
const LASTS: SignedDuration = SignedDuration::from_mins(30);
/// The name under which forms are sealed. No session data of anybody has one with a control character.
const SEALED_AS: &str = "\u{1}form";
/// The version of the account key, and when it was sealed, in milliseconds.
const HEAD: usize = 4 + 8;

impl Caller<'_> {
    /// Seals what a form brought, for the same session and for half an hour.
    ///
    /// # Errors
    /// [`VaultError::Denied`], [`VaultError::Uses`].
    pub fn hold_form(&self, session: &PresentedSession, form: &[u8]) -> Result<String, VaultError> {
        let _allowed = self.authorize::<Write>()?;
        let (version, key) = self.vault.store.write(|work| {
            let (mut row, key) = self.newest_account_key(work)?;
            row.uses = next_use(row.uses)?;
            work.put_account_key(&row)?;
            Ok::<_, VaultError>((row.version, key))
        })?;
        let at = self.now().as_millisecond();
        let name = self.held_name(session, at);
        let mut bytes = Vec::with_capacity(HEAD + form.len() + 64);
        bytes.extend_from_slice(&version.to_be_bytes());
        bytes.extend_from_slice(&at.to_be_bytes());
        bytes.extend(key.seal_session(&self.held_context(&name), form));
        Ok(BASE64URL_NOPAD.encode(&bytes))
    }

    /// What a form brought; nothing when it is another session's, was changed, or was sealed too long ago.
    ///
    /// # Errors
    /// [`VaultError::Denied`], [`VaultError::Store`].
    pub fn held_form(&self, session: &PresentedSession, text: &str) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
        let _allowed = self.authorize::<Write>()?;
        let Ok(bytes) = BASE64URL_NOPAD.decode(text.as_bytes()) else {
            return Ok(None);
        };
        let Some((version, rest)) = bytes
            .split_first_chunk()
            .map(|(it, rest)| (u32::from_be_bytes(*it), rest))
        else {
            return Ok(None);
        };
        let Some((at, sealed)) = rest
            .split_first_chunk()
            .map(|(it, rest)| (i64::from_be_bytes(*it), rest))
        else {
            return Ok(None);
        };
        let age = Timestamp::from_millisecond(at).map(|it| self.now().duration_since(it));
        if !age.is_ok_and(|it| !it.is_negative() && it < LASTS) {
            return Ok(None);
        }
        let key = match self.read(|work| self.account_key(work, version)) {
            Ok(key) => key,
            Err(VaultError::Key { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let name = self.held_name(session, at);
        Ok(key.open_session(&self.held_context(&name), sealed).ok())
    }

    fn held_name(&self, session: &PresentedSession, at: i64) -> String {
        let hash = self.vault.keyring.hash_credential(session);
        format!("{} {at}", HEXLOWER.encode(hash.as_bytes()))
    }

    fn held_context<'a>(&self, name: &'a str) -> SessionContext<'a> {
        SessionContext {
            instance: self.vault.keyring.instance(),
            account: self.account,
            session: SEALED_AS,
            name,
        }
    }
}
