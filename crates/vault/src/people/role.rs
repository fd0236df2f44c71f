//! Changing a member's role.

use distri_core::audit::{About, ActionKind};
use distri_core::authz::{Action, Members, Role};
use distri_core::ids::PersonId;
use distri_store::UnitOfWork;
use distri_store::rows::MemberRow;

use super::MemberView;
use crate::revision::Revised;
use crate::{Caller, VaultError};

impl Caller<'_> {
    /// Gives a member another role. It holds at their next request, and for their tokens. The password is asked for.
    ///
    /// # Errors
    /// [`VaultError::NoMember`]; [`VaultError::LastOwner`]; [`Denied::Above`](distri_core::authz::Denied::Above);
    /// [`Denied::NotFresh`](distri_core::authz::Denied::NotFresh).
    pub fn change_role(&self, person: PersonId, role: Role) -> Result<MemberView, VaultError> {
        let _allowed = self.authorize::<Members>()?;
        self.permitted(self.not_above("make", role))?;
        self.permitted(self.authority.freshly(Members::WORD))?;
        self.change(|work| {
            let (mut member, person) = self.believed_member(work, person)?;
            self.not_above("change", member.role)?;
            if member.role == role {
                return Ok((MemberView::new(&member, person), Vec::new()));
            }
            self.keep_an_owner(work, &member)?;
            member.role = role;
            member.revision = member.revision.saturating_add(1);
            self.vault.sign_row(&mut member);
            work.put_member(&member)?;
            let mut record = self.record(ActionKind::MemberRole);
            record.about = Some(About {
                name: person.email.to_string(),
                ..member.about()
            });
            Ok((MemberView::new(&member, person), vec![record]))
        })
    }

    /// Refuses what would leave the account without an owner whose row is believed.
    pub(super) fn keep_an_owner(&self, work: &mut dyn UnitOfWork, leaving: &MemberRow) -> Result<(), VaultError> {
        if leaving.role != Role::Owner {
            return Ok(());
        }
        for other in work.members(self.account)? {
            if other.role == Role::Owner && other.id != leaving.id && self.vault.check_row(work, &other).is_ok() {
                return Ok(());
            }
        }
        Err(VaultError::LastOwner)
    }
}
