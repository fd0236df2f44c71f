//! Whether all that is stored is as it was written: each version of each secret opens, and each row that says who may do
//! what is believed, as it would be at its use. No value goes further than this.
//!
//! What is looked at is what is there. What should be there besides is for the audit log to say
//! ([`verify_audit`](crate::Caller::verify_audit)).

use distri_core::authz::{Actor, Authority, Read};
use distri_core::ids::AccountId;
use distri_store::{StoreError, UnitOfWork};

use crate::{Caller, Vault, VaultError};

/// What was looked at, in every account.
#[derive(Debug, Default)]
pub struct Soundness {
    /// Secrets, deleted ones included.
    pub secrets: Looked,
    /// How many versions of them were opened.
    pub versions: u64,
    /// Accounts, members, invitations and tokens.
    pub access: Looked,
    /// Agent definitions.
    pub agents: Looked,
}

/// Things of a kind.
#[derive(Debug, Default)]
pub struct Looked {
    /// How many are as they were written.
    pub sound: u64,
    /// How many are not.
    pub damaged: u64,
    /// What is wrong with the first of these.
    pub first: Option<VaultError>,
}

impl Looked {
    /// Counts one; an error that says nothing about what is stored is passed on.
    fn at<T>(&mut self, checked: Result<T, VaultError>) -> Result<Option<T>, VaultError> {
        match checked {
            Ok(sound) => {
                self.sound += 1;
                Ok(Some(sound))
            }
            Err(error) if is_damage(&error) => {
                self.damaged += 1;
                self.first.get_or_insert(error);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// Whether an error says that something stored is not as it was written.
fn is_damage(error: &VaultError) -> bool {
    matches!(
        error,
        VaultError::Integrity { .. }
            | VaultError::Tampered { .. }
            | VaultError::Key { .. }
            | VaultError::Store(StoreError::Damaged { .. })
    )
}

impl Vault {
    /// Looks at everything, for the user of this machine. What is first found to be damaged is recorded as an alarm.
    ///
    /// # Errors
    /// [`VaultError::Store`], [`VaultError::Log`]. What is damaged is in the answer.
    pub fn soundness(&self, actor: &Actor) -> Result<Soundness, VaultError> {
        let (found, first) = self.store.read(|work| {
            let mut found = Soundness::default();
            let accounts = work.accounts()?;
            for row in &accounts {
                found.access.at(self.check_account(work, row))?;
                self.caller_for(actor, row.id).look(work, &mut found)?;
            }
            Ok::<_, VaultError>((found, accounts.first().map(|it| it.id)))
        })?;
        if let Some(account) = first {
            let caller = self.caller_for(actor, account);
            let errors = [&found.secrets, &found.access, &found.agents];
            for error in errors.into_iter().filter_map(|it| it.first.as_ref()) {
                caller.notice(error, None);
            }
        }
        Ok(found)
    }

    /// Whoever owns the machine, in an account that was found and not named.
    pub(crate) fn caller_for(&self, actor: &Actor, account: AccountId) -> Caller<'_> {
        Caller {
            vault: self,
            account,
            authority: Authority::of(actor.clone()),
            person: None,
            expires_at: None,
        }
    }
}

impl Caller<'_> {
    fn look(&self, work: &mut dyn UnitOfWork, found: &mut Soundness) -> Result<(), VaultError> {
        let allowed = self.authority.authorize::<Read>(self.account)?;
        let walked = self.open_each(&allowed, work, |checked| {
            found.versions += u64::from(found.secrets.at(checked)?.unwrap_or(0));
            Ok(())
        });
        // A row that cannot be read at all ends the walk.
        if let Err(error) = walked {
            found.secrets.at::<()>(Err(error))?;
        }
        self.look_at_access(work, &mut found.access)?;
        let agents = work.agent_definitions(self.account).map_err(VaultError::from);
        for row in each(agents, &mut found.agents)? {
            found.agents.at(self.vault.check_row(work, &row))?;
        }
        Ok(())
    }

    fn look_at_access(&self, work: &mut dyn UnitOfWork, access: &mut Looked) -> Result<(), VaultError> {
        let vault = self.vault;
        let members = work.members(self.account).map_err(VaultError::from);
        for member in each(members, access)? {
            let checked = match work.person(member.person) {
                Ok(Some(person)) => vault
                    .check_row(work, &person)
                    .and_then(|()| vault.check_row(work, &member)),
                // The log knows whether there should be one.
                Ok(None) => vault.check_row(work, &member),
                Err(error) => Err(error.into()),
            };
            access.at(checked)?;
        }
        let invitations = work.invitations(self.account).map_err(VaultError::from);
        for row in each(invitations, access)? {
            access.at(vault.check_row(work, &row))?;
        }
        let tokens = work.tokens(self.account).map_err(VaultError::from);
        for row in each(tokens, access)? {
            access.at(vault.check_row(work, &row))?;
        }
        Ok(())
    }
}

/// The rows; none where one of them cannot be read, which is counted.
fn each<R>(rows: Result<Vec<R>, VaultError>, looked: &mut Looked) -> Result<Vec<R>, VaultError> {
    match rows {
        Ok(rows) => Ok(rows),
        Err(error) => {
            looked.at::<()>(Err(error))?;
            Ok(Vec::new())
        }
    }
}
