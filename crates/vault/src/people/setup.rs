//! The first owner: made once, by a link that only whoever sees the server's terminal has.

use distri_core::audit::{ActionKind, Record};
use distri_core::authz::{Actor, ActorKind, Role};
use distri_core::credential::{PlainSetup, PresentedSetup, random, same};
use distri_core::ids::{AccountId, MemberId, PersonId};
use distri_core::{AccountName, EmailAddress, Label, Timestamp};
use distri_store::UnitOfWork;
use distri_store::rows::{MemberRow, PersonRow, SetupRow};

use super::log_in::{NewSession, SignedIn};
use super::{Password, SETUP_LASTS};
use crate::record::new_record;
use crate::revision::Revised;
use crate::{Unauthenticated, Vault, VaultError};

/// Who becomes the first owner.
pub struct FirstOwner {
    /// What they will sign in with.
    pub email: EmailAddress,
    /// What they are called.
    pub name: Label,
    /// Their password.
    pub password: Password,
}

impl Vault {
    /// The secret of the setup link while no account has an owner who can sign in: the same for every server of the
    /// installation, good once and for a day.
    ///
    /// # Errors
    /// [`VaultError::Store`].
    pub fn setup_link(&self) -> Result<Option<PlainSetup>, VaultError> {
        let now = self.clock.now();
        let new = SetupRow {
            nonce: random(),
            created_at: now,
        };
        let row = self.store.write(|work| {
            if work.has_owner()? {
                work.delete_setup()?;
                return Ok::<_, VaultError>(None);
            }
            match work.setup()?.filter(|it| is_good(it, now)) {
                Some(row) => Ok(Some(row)),
                None => {
                    work.put_setup(&new)?;
                    Ok(Some(new))
                }
            }
        })?;
        Ok(row.map(|it| self.keyring.setup_link(&it.nonce)))
    }

    /// Makes the first owner of the default account, and signs them in. The link is used up by that.
    ///
    /// # Errors
    /// [`Unauthenticated::Setup`] when the link is another one, was used or has expired; [`VaultError::Password`].
    pub fn set_up(&self, link: &PresentedSetup, owner: &FirstOwner) -> Result<SignedIn, VaultError> {
        owner.password.check_new()?;
        let now = self.clock.now();
        // Before the work of hashing, and again inside of the unit that uses it up.
        self.store.read(|work| self.check_setup(work, link))?;
        let mut person = PersonRow {
            id: PersonId::new(self.clock.as_ref()),
            email: owner.email.clone(),
            name: owner.name.clone(),
            password: self.hashing.hash(&owner.password),
            created_at: now,
            revision: 1,
            mac: Vec::new(),
        };
        self.sign_row(&mut person);
        let session = NewSession::random();
        let (view, _) = self.commit_now(|work| {
            self.check_setup(work, link)?;
            work.delete_setup()?;
            let missing = || VaultError::NoAccount(AccountName::default());
            let account = work.account(&AccountName::default())?.ok_or_else(missing)?;
            self.check_account(work, &account)?;
            let account = account.id;
            work.put_person(&person)?;
            let id = MemberId::new(self.clock.as_ref());
            let added = self.add_member(work, id, account, &person, Role::Owner, "setup")?;
            let (view, opened) = self.open_session(work, &session, &person, account)?;
            Ok((view, vec![added, opened]))
        })?;
        Ok(session.signed_in(view))
    }

    fn check_setup(&self, work: &mut dyn UnitOfWork, link: &PresentedSetup) -> Result<(), VaultError> {
        let row = work.setup()?.filter(|it| is_good(it, self.clock.now()));
        let is_it = row.is_some_and(|it| {
            let expected = self.keyring.setup_link(&it.nonce);
            same(expected.expose_secret().as_bytes(), link.expose_secret().as_bytes())
        });
        match is_it && !work.has_owner()? {
            true => Ok(()),
            false => Err(Unauthenticated::Setup.into()),
        }
    }

    /// Writes a membership, and gives the record of it.
    pub(crate) fn add_member(
        &self,
        work: &mut dyn UnitOfWork,
        id: MemberId,
        account: AccountId,
        person: &PersonRow,
        role: Role,
        by: &str,
    ) -> Result<Record, VaultError> {
        let mut row = MemberRow {
            id,
            account,
            person: person.id,
            role,
            created_at: self.clock.now(),
            created_by: by.to_owned(),
            revision: 1,
            mac: Vec::new(),
        };
        self.sign_row(&mut row);
        work.put_member(&row)?;
        let actor = Actor {
            kind: ActorKind::Member,
            name: person.email.to_string(),
            role,
            id: Some(person.id.into()),
        };
        let mut record = new_record(self.clock.as_ref(), account, &actor, ActionKind::MemberAdd);
        record.about = Some(distri_core::audit::About {
            name: person.email.to_string(),
            ..row.about()
        });
        Ok(record)
    }
}

fn is_good(row: &SetupRow, now: Timestamp) -> bool {
    let age = now.duration_since(row.created_at);
    !age.is_negative() && age.unsigned_abs() < SETUP_LASTS
}
