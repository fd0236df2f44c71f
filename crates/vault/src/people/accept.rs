//! Accepting an invitation: somebody new gets a password, somebody known gives theirs.

use std::net::IpAddr;

use distri_core::Label;
use distri_core::credential::PresentedInvitation;
use distri_core::ids::PersonId;
use distri_store::StoreError;
use distri_store::rows::PersonRow;

use super::Password;
use super::log_in::{NewSession, SignedIn};
use crate::{Unauthenticated, Vault, VaultError};

/// What whoever accepts an invitation gives.
pub struct Joining {
    /// What somebody new is called. Somebody known keeps their name.
    pub name: Option<Label>,
    /// The new password of somebody new, the password of somebody known.
    pub password: Password,
}

impl Vault {
    /// Makes whoever was invited a member, and signs them in. The invitation is used up by that.
    ///
    /// # Errors
    /// [`Unauthenticated::Invitation`]; [`Unauthenticated::LogIn`] when somebody known gives another password;
    /// [`VaultError::Password`] when the new one is not good enough.
    pub fn accept_invitation(
        &self,
        link: &PresentedInvitation,
        joining: &Joining,
        peer: IpAddr,
    ) -> Result<SignedIn, VaultError> {
        let view = self.invitation(link)?;
        let (person, is_new) = if view.is_known {
            (self.prove(&view.email, &joining.password, peer)?, false)
        } else {
            joining.password.check_new()?;
            let nameless = || VaultError::UselessToken("somebody new needs a name");
            let mut person = PersonRow {
                id: PersonId::new(self.clock.as_ref()),
                email: view.email.clone(),
                name: joining.name.clone().ok_or_else(nameless)?,
                password: self.hashing.hash(&joining.password),
                created_at: self.clock.now(),
                revision: 1,
                mac: Vec::new(),
            };
            self.sign_row(&mut person);
            (person, true)
        };
        let session = NewSession::random();
        let joined = self.commit_now(|work| {
            // Once more, in the unit that uses it up: two may accept at once.
            let row = self.believed_invitation(work, link)?;
            work.delete_invitation(row.id)?;
            if is_new {
                work.put_person(&person)?;
            } else if work.person(person.id)?.is_none() {
                // They left with the last account or membership that they had, since they gave their password.
                return Err(Unauthenticated::Invitation.into());
            }
            if work.member(row.account, person.id)?.is_some() {
                return Err(VaultError::MemberExists(person.email.clone()));
            }
            let added = self.add_member(work, row.id, row.account, &person, row.role, &row.created_by)?;
            let (view, opened) = self.open_session(work, &session, &person, row.account)?;
            Ok((view, vec![added, opened]))
        });
        match joined {
            Ok((view, _)) => Ok(session.signed_in(view)),
            // Somebody with this address came by another invitation meanwhile.
            Err(VaultError::Store(StoreError::Conflict)) => Err(VaultError::MemberExists(view.email)),
            Err(error) => Err(error),
        }
    }
}
