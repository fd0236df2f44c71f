//! A new password: with the old one by its owner, or without by whoever has the machine.

use std::net::IpAddr;

use distri_core::EmailAddress;
use distri_core::audit::{ActionKind, Record};
use distri_core::authz::{ActorKind, Denied, Keys};
use distri_core::credential::PresentedSession;
use distri_store::UnitOfWork;
use distri_store::rows::PersonRow;

use super::Password;
use crate::revision::Revised;
use crate::{Caller, Vault, VaultError};

impl Vault {
    /// Changes a password. Every other session of the person ends.
    ///
    /// # Errors
    /// [`VaultError::Password`] when the new one is not good enough; as [`reauthenticate`](Self::reauthenticate).
    pub fn change_password(
        &self,
        session: &PresentedSession,
        old: &Password,
        new: &Password,
        peer: IpAddr,
    ) -> Result<(), VaultError> {
        new.check_new()?;
        let (caller, view) = self.authenticate_session(session)?;
        self.prove(&view.email, old, peer)?;
        let hashed = self.hashing.hash(new);
        let this = self.keyring.hash_credential(session);
        self.commit_now(|work| {
            let record = caller.put_password(work, &view.email, &hashed)?;
            caller.end_others(work, &this)?;
            Ok(((), vec![record]))
        })?;
        Ok(())
    }
}

impl Caller<'_> {
    /// Gives somebody who has forgotten theirs a new password. Only for the user of the machine, who has the keys anyway.
    /// Every session of the person ends, and failed log-ins no longer count.
    ///
    /// # Errors
    /// [`VaultError::NoMember`] when nobody signs in with this address; [`VaultError::Password`].
    pub fn reset_password(&self, email: &EmailAddress, new: &Password) -> Result<(), VaultError> {
        let _allowed = self.authorize::<Keys>()?;
        let actor = self.authority.actor();
        let is_local = match actor.kind {
            ActorKind::Local => Ok(()),
            _ => Err(Denied::Role {
                action: "reset a password",
                role: actor.role.as_str(),
            }),
        };
        self.permitted(is_local)?;
        new.check_new()?;
        let hashed = self.vault.hashing.hash(new);
        self.change(|work| {
            let person = work.person_by_email(email)?.ok_or(VaultError::NoMember)?;
            let record = self.put_password(work, email, &hashed)?;
            work.delete_web_sessions(person.id, None)?;
            self.vault.forget_failures(work, email)?;
            Ok(((), vec![record]))
        })
    }

    fn put_password(
        &self,
        work: &mut dyn UnitOfWork,
        email: &EmailAddress,
        hashed: &str,
    ) -> Result<Record, VaultError> {
        let row = work.person_by_email(email)?.ok_or(VaultError::NoMember)?;
        self.vault.check_row(work, &row)?;
        let mut row = PersonRow {
            password: hashed.to_owned(),
            revision: row.revision.saturating_add(1),
            ..row
        };
        self.vault.sign_row(&mut row);
        work.put_person(&row)?;
        let mut record = self.record(ActionKind::PersonPassword);
        record.about = Some(row.about());
        Ok(record)
    }
}
