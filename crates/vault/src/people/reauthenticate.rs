//! The password again, before a value is revealed. The session gets a new text by it.

use std::net::IpAddr;

use distri_core::credential::PresentedSession;

use super::Password;
use super::log_in::{NewSession, SignedIn};
use crate::{Unauthenticated, Vault, VaultError};

impl Vault {
    /// Gives a session whose person gives the password again the freshness that reveals need, under a new text.
    ///
    /// # Errors
    /// [`Unauthenticated::LogIn`] when it is not the password; [`Unauthenticated::TooMany`]; [`Unauthenticated::NoSession`].
    pub fn reauthenticate(
        &self,
        session: &PresentedSession,
        password: &Password,
        peer: IpAddr,
    ) -> Result<SignedIn, VaultError> {
        let (caller, view) = self.authenticate_session(session)?;
        let person = self.prove(&view.email, password, peer)?;
        let new = NewSession::random();
        let hash = self.keyring.hash_credential(session);
        let (view, _) = self.commit_now(|work| {
            // Revoked while the password was checked: it must not come back under another text.
            if !work.delete_web_session(&hash)? {
                return Err(Unauthenticated::NoSession.into());
            }
            let (view, record) = self.open_session(work, &new, &person, caller.account)?;
            Ok((view, vec![record]))
        })?;
        Ok(new.signed_in(view))
    }
}
