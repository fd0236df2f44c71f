//! The members of an account.

use distri_core::authz::{Members, Role};
use distri_core::ids::PersonId;
use distri_core::{EmailAddress, Label, Timestamp};
use distri_store::UnitOfWork;
use distri_store::rows::{MemberRow, PersonRow};
use serde::{Deserialize, Serialize};

use crate::{Caller, VaultError};

/// A member, as people see them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MemberView {
    /// Who.
    pub id: PersonId,
    /// What they sign in with.
    pub email: EmailAddress,
    /// What they are called.
    pub name: Label,
    /// What they may do here.
    pub role: Role,
    /// Since when.
    pub created_at: Timestamp,
    /// Who invited them.
    pub created_by: String,
    /// Which check the rows fail, if any: such a member cannot act.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub damage: Option<String>,
}

impl MemberView {
    pub(super) fn new(member: &MemberRow, person: PersonRow) -> Self {
        Self {
            id: person.id,
            email: person.email,
            name: person.name,
            role: member.role,
            created_at: member.created_at,
            created_by: member.created_by.clone(),
            damage: None,
        }
    }
}

impl Caller<'_> {
    /// The members of the account, oldest first.
    ///
    /// # Errors
    /// [`VaultError::Denied`], [`VaultError::Store`].
    pub fn members(&self) -> Result<Vec<MemberView>, VaultError> {
        let _allowed = self.authorize::<Members>()?;
        let checked = self.read(|work| {
            let mut checked = Vec::new();
            for member in work.members(self.account)? {
                let Some(person) = work.person(member.person)? else {
                    continue;
                };
                let check = self.check_member(work, &member, &person);
                checked.push((MemberView::new(&member, person), check));
            }
            Ok(checked)
        })?;
        let views = checked.into_iter().map(|(view, check)| MemberView {
            damage: self.noticing(check).err().map(|error| error.to_string()),
            ..view
        });
        Ok(views.collect())
    }

    fn check_member(
        &self,
        work: &mut dyn UnitOfWork,
        member: &MemberRow,
        person: &PersonRow,
    ) -> Result<(), VaultError> {
        self.vault.check_row(work, person)?;
        self.vault.check_row(work, member)
    }

    /// A member of the account with their row, both believed.
    pub(super) fn believed_member(
        &self,
        work: &mut dyn UnitOfWork,
        person: PersonId,
    ) -> Result<(MemberRow, PersonRow), VaultError> {
        let member = work.member(self.account, person)?.ok_or(VaultError::NoMember)?;
        let person = work.person(person)?.ok_or(VaultError::NoMember)?;
        self.check_member(work, &member, &person)?;
        Ok((member, person))
    }
}
