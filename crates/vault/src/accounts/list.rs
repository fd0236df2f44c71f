//! The accounts that a caller can work in.

use distri_core::authz::{ActorKind, Role};
use distri_core::ids::AccountId;
use distri_core::{AccountName, Timestamp};
use distri_store::rows::AccountRow;
use serde::{Deserialize, Serialize};

use crate::{Caller, VaultError};

/// An account, as somebody sees it who can work in it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AccountView {
    /// Its identifier.
    pub id: AccountId,
    /// Its name.
    pub name: AccountName,
    /// What they may do in it.
    pub role: Option<Role>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl AccountView {
    pub(crate) fn new(row: AccountRow, role: Option<Role>) -> Self {
        Self {
            id: row.id,
            name: row.name,
            role,
            created_at: row.created_at,
        }
    }
}

impl Caller<'_> {
    /// The accounts in which this caller can work: all for the user of this machine, those of their memberships for a
    /// person, and for a token the one that it is for. One that is not believed is left out, after an alarm.
    ///
    /// # Errors
    /// [`VaultError::Store`].
    pub fn accounts(&self) -> Result<Vec<AccountView>, VaultError> {
        let actor = self.authority.actor();
        let (views, left_out) = self.read(|work| {
            let all = work.accounts()?;
            let memberships = match self.person {
                Some(person) => work.memberships(person)?,
                None => Vec::new(),
            };
            let role_in = |account: AccountId| match actor.kind {
                ActorKind::Local => Some(Role::Owner),
                ActorKind::Token => (account == self.account).then_some(actor.role),
                ActorKind::Nobody => None,
                ActorKind::Member => memberships.iter().find(|it| it.account == account).map(|it| it.role),
            };
            let theirs = all.into_iter().filter_map(|it| role_in(it.id).map(|role| (it, role)));
            let (mut views, mut left_out) = (Vec::new(), Vec::new());
            for (row, role) in theirs {
                match self.vault.check_account(work, &row) {
                    Ok(()) => views.push(AccountView::new(row, Some(role))),
                    Err(error @ VaultError::Tampered { .. }) => left_out.push(error),
                    Err(error) => return Err(error),
                }
            }
            Ok((views, left_out))
        })?;
        for error in left_out {
            self.notice(&error, None);
        }
        Ok(views)
    }
}
