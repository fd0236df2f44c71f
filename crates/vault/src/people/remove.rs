//! Removing a member, with the tokens that acted for them here.
//!
//! Whoever is a member of nothing any more can sign in nowhere: their address, name and password go with the last
//! membership, as they go with an account that is deleted, and a record says so: their row, put back, is older than the
//! log. Invited again, they are somebody new.

use distri_core::audit::{About, ActionKind, Record};
use distri_core::authz::Members;
use distri_core::ids::PersonId;
use distri_store::UnitOfWork;
use distri_store::rows::PersonRow;

use crate::revision::Revised;
use crate::tokens::TokenView;
use crate::{Caller, VaultError};

impl Caller<'_> {
    /// Removes a member from the account, and whoever they were if it was their last. Their tokens for it are revoked with
    /// that; they are in the answer.
    ///
    /// # Errors
    /// [`VaultError::NoMember`]; [`VaultError::LastOwner`]; [`Denied::Above`](distri_core::authz::Denied::Above).
    pub fn remove_member(&self, person: PersonId) -> Result<Vec<TokenView>, VaultError> {
        let _allowed = self.authorize::<Members>()?;
        self.change(|work| {
            let (mut member, person) = self.believed_member(work, person)?;
            self.not_above("remove", member.role)?;
            self.keep_an_owner(work, &member)?;
            member.revision = member.revision.saturating_add(1);
            work.delete_member(member.id)?;
            let is_gone = work.memberships(person.id)?.is_empty();
            if is_gone {
                work.delete_web_sessions(person.id, None)?;
                work.delete_person(person.id)?;
            }
            let mut record = self.record(ActionKind::MemberRemove);
            record.about = Some(About {
                name: person.email.to_string(),
                grants: Vec::new(),
                ..member.about()
            });
            let mut records = vec![record];
            if is_gone {
                records.push(self.password_gone(work, &person)?);
            }
            let mut revoked = Vec::new();
            for token in work.tokens(self.account)? {
                if token.person == Some(person.id) && token.revoked_at.is_none() {
                    let (view, record) = self.revoke_in(work, token)?;
                    revoked.push(view);
                    records.push(record);
                }
            }
            Ok((revoked, records))
        })
    }

    /// The record that somebody's password was destroyed with all that was kept of them.
    pub(crate) fn password_gone(&self, work: &mut dyn UnitOfWork, person: &PersonRow) -> Result<Record, VaultError> {
        let newest = self.vault.logged_revision(work, person.entity())?;
        let mut record = self.record(ActionKind::PersonPassword);
        record.about = Some(About {
            revision: person.revision.max(newest).saturating_add(1),
            ..person.about()
        });
        Ok(record)
    }
}
