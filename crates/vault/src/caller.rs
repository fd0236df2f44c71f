//! Who acts, in which account: the context of every use case.

use distri_core::authz::{Action, Actor, Allowed, Authority, Denied};
use distri_core::envelope::AccountKey;
use distri_core::ids::{AccountId, PersonId};
use distri_core::{AccountName, Timestamp};
use distri_store::UnitOfWork;
use distri_store::rows::AccountKeyRow;

use crate::audit::log::log_damaged;
use crate::{Vault, VaultError};

/// An actor in an account.
pub struct Caller<'v> {
    pub(crate) vault: &'v Vault,
    pub(crate) account: AccountId,
    pub(crate) authority: Authority,
    /// The person who acts, or for whom a token does. The user of this machine is none.
    pub(crate) person: Option<PersonId>,
    /// When the credential stops working.
    pub(crate) expires_at: Option<Timestamp>,
}

impl Vault {
    /// Whether this is the account that the installation was made with: the one of the log's first record, because a name
    /// in the table of accounts could be edited.
    pub(crate) fn is_first_account(&self, account: AccountId) -> Result<bool, VaultError> {
        match self.first_account.get() {
            Some(first) => Ok(*first == account),
            None => self.store.read(|work| self.is_first_in(work, account)),
        }
    }

    /// The same inside of a unit of work.
    pub(crate) fn is_first_in(&self, work: &mut dyn UnitOfWork, account: AccountId) -> Result<bool, VaultError> {
        Ok(self.first_account_in(work)? == account)
    }

    /// That account.
    pub(crate) fn first_account_in(&self, work: &mut dyn UnitOfWork) -> Result<AccountId, VaultError> {
        if let Some(first) = self.first_account.get() {
            return Ok(*first);
        }
        let rows = work.audit_rows(0, 1)?;
        let row = rows.into_iter().find(|it| it.seq == 1).and_then(|it| it.row);
        let row = row.ok_or_else(|| log_damaged("its first record is gone"))?;
        self.log()
            .record_of(&row)
            .map_err(|reason| log_damaged(format!("record 1: {reason}")))?;
        Ok(*self.first_account.get_or_init(|| row.entry.account))
    }

    /// The context in which `actor` works on the account called `name`.
    ///
    /// # Errors
    /// [`VaultError::NoAccount`]; [`VaultError::Tampered`], after an alarm, for one that was deleted and put back, or whose
    /// name was changed.
    pub fn caller(&self, actor: Actor, name: &AccountName) -> Result<Caller<'_>, VaultError> {
        let found = self.store.read(|work| {
            let Some(row) = work.account(name)? else {
                return Ok::<_, VaultError>(None);
            };
            let check = self.check_account(work, &row);
            Ok(Some((row.id, check)))
        })?;
        let (account, check) = found.ok_or_else(|| VaultError::NoAccount(name.clone()))?;
        let caller = Caller {
            vault: self,
            account,
            authority: Authority::of(actor),
            person: None,
            expires_at: None,
        };
        caller.noticing(check)?;
        Ok(caller)
    }
}

impl Caller<'_> {
    /// The account that this is about.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// Who acts, by what credential, and what that is good for.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// When the credential stops working; never where there is none.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }

    /// Asks whether the actor may do `A`; a refusal is recorded. Not to be asked inside a unit of work.
    pub(crate) fn authorize<A: Action>(&self) -> Result<Allowed<A>, VaultError> {
        self.permitted(self.authority.authorize(self.account))
    }

    /// The permission, or its refusal after it was recorded.
    pub(crate) fn permitted<T>(&self, decided: Result<T, Denied>) -> Result<T, VaultError> {
        decided.map_err(|denied| {
            self.refused_by_rule(&denied);
            denied.into()
        })
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.vault.clock.now()
    }

    /// One version of this account's key.
    pub(crate) fn account_key(&self, work: &mut dyn UnitOfWork, version: u32) -> Result<AccountKey, VaultError> {
        let row = work
            .account_key(self.account, version)?
            .ok_or(VaultError::Key { what: "account key" })?;
        self.vault.unwrap_account_key(work, &row)
    }

    /// The newest version of this account's key, which wraps new data keys.
    pub(crate) fn newest_account_key(
        &self,
        work: &mut dyn UnitOfWork,
    ) -> Result<(AccountKeyRow, AccountKey), VaultError> {
        let row = work
            .newest_account_key(self.account)?
            .ok_or(VaultError::Key { what: "account key" })?;
        let key = self.vault.unwrap_account_key(work, &row)?;
        Ok((row, key))
    }
}
