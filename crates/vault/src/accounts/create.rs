//! Making an account: a name, and a key that none of the others has.

use distri_core::audit::ActionKind;
use distri_core::authz::{Accounts, ActorKind, Denied, Role};
use distri_core::envelope::{AccountKey, InstanceRing};
use distri_core::ids::{AccountId, MemberId};
use distri_core::{AccountName, Clock};
use distri_store::rows::{AccountKeyRow, AccountRow};
use distri_store::{StoreError, UnitOfWork};

use super::AccountView;
use crate::revision::account_about;
use crate::{Caller, VaultError};

impl Caller<'_> {
    /// Makes an account. A person who makes one is its first owner.
    ///
    /// # Errors
    /// [`VaultError::AccountExists`]; [`VaultError::Denied`], for tokens always: one is for one account.
    pub fn create_account(&self, name: &AccountName) -> Result<AccountView, VaultError> {
        let allowed = self.authorize::<Accounts>()?;
        let by_somebody = match allowed.actor().kind {
            ActorKind::Token | ActorKind::Nobody => Err(Denied::Beyond { what: "account" }),
            ActorKind::Local | ActorKind::Member => Ok(()),
        };
        self.permitted(by_somebody)?;
        let vault = self.vault;
        let clock = vault.clock.as_ref();
        let created = self.change(|work| {
            if work.account(name)?.is_some() {
                return Err(VaultError::AccountExists(name.clone()));
            }
            let ring = vault.instance_ring(work)?;
            let row = create_account(work, &ring, clock, name)?;
            let mut record = self.record(ActionKind::AccountCreate);
            // The first record of its own log.
            record.account = row.id;
            record.about = Some(account_about(&row));
            let mut records = vec![record];
            if let Some(person) = self.person {
                let person = work.person(person)?.ok_or(VaultError::NoMember)?;
                let by = allowed.actor().name.as_str();
                records.push(vault.add_member(work, MemberId::new(clock), row.id, &person, Role::Owner, by)?);
            }
            Ok((AccountView::new(row, Some(Role::Owner)), records))
        });
        match created {
            // Another process was first.
            Err(VaultError::Store(StoreError::Conflict)) => Err(VaultError::AccountExists(name.clone())),
            other => other,
        }
    }
}

/// Writes an account with the first version of its key.
pub(crate) fn create_account(
    work: &mut dyn UnitOfWork,
    ring: &InstanceRing,
    clock: &dyn Clock,
    name: &AccountName,
) -> Result<AccountRow, VaultError> {
    let row = AccountRow {
        id: AccountId::new(clock),
        name: name.clone(),
        created_at: clock.now(),
    };
    work.create_account(&row)?;
    work.put_account_key(&AccountKeyRow {
        account: row.id,
        version: 1,
        wrapped: ring.wrap_account_key(row.id, 1, &AccountKey::random()),
        uses: 0,
        created_at: row.created_at,
    })?;
    Ok(row)
}
