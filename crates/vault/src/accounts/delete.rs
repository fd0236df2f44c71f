//! Deleting an account: its keys are destroyed with everything that they seal, and every credential for it stops.
//!
//! There is a record for each secret, token, member, invitation and definition, for each person who is a member of nothing
//! else, and one for the account: whatever of it is put back later is older than the log. What was recorded stays, and
//! verifies as before.

use distri_core::AccountName;
use distri_core::audit::{About, ActionKind, Record};
use distri_core::authz::{Allowed, DeleteAccount};
use distri_core::ids::AccountId;
use distri_store::UnitOfWork;
use distri_store::rows::AccountRow;
use serde::Serialize;

use crate::audit::log::log_damaged;
use crate::revision::{Revised, account_about};
use crate::secrets::Copies;
use crate::{Caller, VaultError};

/// What was deleted.
#[derive(Clone, Debug, Serialize)]
pub struct DeletedAccount {
    /// Its identifier.
    pub id: AccountId,
    /// Its name.
    pub name: AccountName,
    /// How many secrets it had, deleted ones included.
    pub secrets: usize,
    /// How many versions of them there were.
    pub versions: usize,
    /// How many tokens stopped with it.
    pub tokens: usize,
    /// How many members it had.
    pub members: usize,
    /// Where something of it may still be.
    pub copies: Copies,
}

impl Caller<'_> {
    /// Destroys the account that this caller acts in, beyond recovery; `name` is its name, said once more.
    ///
    /// The one that the installation was made with stays: its owners are those who look after the installation.
    ///
    /// # Errors
    /// [`VaultError::NoAccount`] for another name; [`VaultError::FirstAccount`]; [`VaultError::Integrity`], [`VaultError::Tampered`]: then nothing is deleted.
    pub fn delete_account(&self, name: &AccountName) -> Result<DeletedAccount, VaultError> {
        let allowed = self.authorize::<DeleteAccount>()?;
        let is_first = self.vault.is_first_account(self.account)?;
        let (row, mut deleted) = self.change(|work| {
            let found = work.account_by_id(self.account)?.filter(|it| it.name == *name);
            let row = found.ok_or_else(|| VaultError::NoAccount(name.clone()))?;
            self.vault.check_account(work, &row)?;
            if is_first {
                return Err(VaultError::FirstAccount);
            }
            let mut deleted = DeletedAccount {
                id: row.id,
                name: row.name.clone(),
                secrets: 0,
                versions: 0,
                tokens: 0,
                members: 0,
                copies: Copies::default(),
            };
            let mut records = self.secrets_gone(work, &allowed)?;
            deleted.secrets = records.len();
            let credentials = self.credentials_gone(work)?;
            let revoked = credentials.iter().filter(|it| it.action == ActionKind::TokenRevoke);
            deleted.tokens = revoked.count();
            deleted.members = work.members(self.account)?.len();
            records.extend(credentials);
            records.extend(self.agents_gone(work)?);
            records.push(self.account_gone(work, &row)?);
            deleted.versions = work.delete_account(self.account)?;
            Ok(((row, deleted), records))
        })?;
        deleted.copies = self.vault.copies(Some(row.created_at))?;
        Ok(deleted)
    }

    /// A record for each secret. They are believed first: a row that was moved here from elsewhere is not destroyed.
    fn secrets_gone(
        &self,
        work: &mut dyn UnitOfWork,
        allowed: &Allowed<DeleteAccount>,
    ) -> Result<Vec<Record>, VaultError> {
        let views = work.secrets(self.account, None, true)?.within(allowed);
        let records = views.iter().map(|view| {
            self.check(work, view)?;
            Ok(self.record_about(ActionKind::Purge, view))
        });
        records.collect()
    }

    /// Records that the tokens in use, the members and the invitations are none any more.
    fn credentials_gone(&self, work: &mut dyn UnitOfWork) -> Result<Vec<Record>, VaultError> {
        let mut records = Vec::new();
        for token in work.tokens(self.account)? {
            // Of one that is revoked the log knows that already.
            if token.revoked_at.is_none() {
                records.push(self.revoke_in(work, token)?.1);
            }
        }
        for member in work.members(self.account)? {
            let person = work.person(member.person)?;
            let name = person.as_ref().map(|it| it.email.to_string());
            records.push(self.gone(
                ActionKind::MemberRemove,
                About {
                    name: name.unwrap_or_else(|| member.person.to_string()),
                    ..member.about()
                },
            ));
            let memberships = work.memberships(member.person)?;
            if let Some(person) = person
                && memberships.iter().all(|it| it.account == self.account)
            {
                records.push(self.password_gone(work, &person)?);
            }
        }
        for invitation in work.invitations(self.account)? {
            records.push(self.gone(ActionKind::MemberRemove, invitation.about()));
        }
        Ok(records)
    }

    fn agents_gone(&self, work: &mut dyn UnitOfWork) -> Result<Vec<Record>, VaultError> {
        let rows = work.agent_definitions(self.account)?;
        let records = rows.into_iter().map(|row| {
            let mut record = self.gone(ActionKind::AgentRemove, row.about());
            record.agent = Some(row.name);
            record
        });
        Ok(records.collect())
    }

    /// The record of the account itself: in the log of the installation's first one, because nobody reads its own any more.
    fn account_gone(&self, work: &mut dyn UnitOfWork, row: &AccountRow) -> Result<Record, VaultError> {
        let first = work.audit_rows(0, 1)?.into_iter().find_map(|it| it.row);
        let mut record = self.gone(ActionKind::AccountDelete, account_about(row));
        record.account = first
            .ok_or_else(|| log_damaged("its first record is gone"))?
            .entry
            .account;
        Ok(record)
    }

    /// That something is no longer there: one revision after its last.
    fn gone(&self, action: ActionKind, about: About) -> Record {
        let mut record = self.record(action);
        record.about = Some(About {
            revision: about.revision.saturating_add(1),
            grants: Vec::new(),
            ..about
        });
        record
    }
}
