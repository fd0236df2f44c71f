//! Inviting somebody: a link that they use once.

use distri_core::audit::{About, ActionKind};
use distri_core::authz::{Action, Denied, Members, Role};
use distri_core::credential::{PlainInvitation, PresentedInvitation};
use distri_core::ids::MemberId;
use distri_core::{AccountName, EmailAddress, Timestamp};
use distri_store::UnitOfWork;
use distri_store::rows::InvitationRow;
use serde::Serialize;

use super::INVITATION_LASTS;
use crate::revision::Revised;
use crate::{Caller, Unauthenticated, Vault, VaultError};

/// Who is invited, and to what.
#[derive(Clone, Debug)]
pub struct NewInvitation {
    /// What they will sign in with.
    pub email: EmailAddress,
    /// What they will be able to do.
    pub role: Role,
}

/// What is known of an invitation.
#[derive(Clone, Debug, Serialize)]
pub struct InvitationView {
    /// Its identifier.
    pub id: MemberId,
    /// To which account.
    pub account: AccountName,
    /// For whom.
    pub email: EmailAddress,
    /// With which role.
    pub role: Role,
    /// Who made it.
    pub created_by: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// Whether somebody signs in with this address already: then their password is asked for, and no name.
    pub is_known: bool,
}

impl Caller<'_> {
    /// Invites somebody. The link's secret is in the answer and nowhere else. What it gives outlives the session of whoever
    /// makes it, so the password is asked for.
    ///
    /// # Errors
    /// [`VaultError::MemberExists`]; [`Denied::Above`] for a role greater than one's own; [`Denied::NotFresh`].
    pub fn invite(&self, new: &NewInvitation) -> Result<(PlainInvitation, InvitationView), VaultError> {
        let _allowed = self.authorize::<Members>()?;
        self.permitted(self.not_above("invite", new.role))?;
        self.permitted(self.authority.freshly(Members::WORD))?;
        let plain = PlainInvitation::random();
        let now = self.now();
        let mut row = InvitationRow {
            id: MemberId::new(self.vault.clock.as_ref()),
            account: self.account,
            hash: self.vault.keyring.hash_credential(&plain.presented()),
            email: new.email.clone(),
            role: new.role,
            created_at: now,
            created_by: self.authority.actor().name.clone(),
            expires_at: now.checked_add(INVITATION_LASTS).unwrap_or(now),
            mac: Vec::new(),
        };
        self.vault.sign_row(&mut row);
        let view = self.change(|work| {
            if let Some(person) = work.person_by_email(&new.email)?
                && work.member(self.account, person.id)?.is_some()
            {
                return Err(VaultError::MemberExists(new.email.clone()));
            }
            work.drop_expired_invitations(now)?;
            // Only the newest invitation of somebody is good: who invites again has lost the link, or wants another role.
            for earlier in work.invitations(self.account)? {
                if earlier.email == new.email {
                    work.delete_invitation(earlier.id)?;
                }
            }
            work.put_invitation(&row)?;
            let mut record = self.record(ActionKind::MemberInvite);
            record.about = Some(row.about());
            Ok((self.vault.view_invitation(work, &row)?, vec![record]))
        })?;
        Ok((plain, view))
    }

    /// The invitations that were not used yet, oldest first.
    ///
    /// # Errors
    /// [`VaultError::Denied`], [`VaultError::Store`].
    pub fn invitations(&self) -> Result<Vec<InvitationView>, VaultError> {
        let _allowed = self.authorize::<Members>()?;
        self.read(|work| {
            let mut rows = work.invitations(self.account)?;
            rows.retain(|it| it.expires_at > self.now());
            rows.iter().map(|it| self.vault.view_invitation(work, it)).collect()
        })
    }

    /// Withdraws an invitation: its link is of no use from then on.
    ///
    /// # Errors
    /// [`VaultError::NoInvitation`].
    pub fn withdraw_invitation(&self, id: MemberId) -> Result<(), VaultError> {
        let _allowed = self.authorize::<Members>()?;
        self.change(|work| {
            let rows = work.invitations(self.account)?;
            let row = rows
                .into_iter()
                .find(|it| it.id == id)
                .ok_or(VaultError::NoInvitation)?;
            work.delete_invitation(id)?;
            let mut record = self.record(ActionKind::MemberRemove);
            record.about = Some(About {
                revision: 1,
                grants: Vec::new(),
                ..row.about()
            });
            Ok(((), vec![record]))
        })
    }

    /// Nobody gives, changes or takes a role above their own.
    pub(super) fn not_above(&self, what: &'static str, role: Role) -> Result<(), Denied> {
        let own = self.authority.actor().role;
        match role > own {
            true => Err(Denied::Above {
                what,
                role: own.as_str(),
                above: role.as_str(),
            }),
            false => Ok(()),
        }
    }
}

impl Vault {
    /// What an invitation is for, before it is accepted.
    ///
    /// # Errors
    /// [`Unauthenticated::Invitation`] when it was used, withdrawn, has expired or is none.
    pub fn invitation(&self, link: &PresentedInvitation) -> Result<InvitationView, VaultError> {
        self.store.read(|work| {
            let row = self.believed_invitation(work, link)?;
            self.view_invitation(work, &row)
        })
    }

    pub(super) fn believed_invitation(
        &self,
        work: &mut dyn UnitOfWork,
        link: &PresentedInvitation,
    ) -> Result<InvitationRow, VaultError> {
        let hash = self.keyring.hash_credential(link);
        let row = work.invitation_by_hash(&hash)?;
        let row = row.filter(|it| it.expires_at > self.clock.now());
        let row = row.ok_or(Unauthenticated::Invitation)?;
        self.check_row(work, &row)?;
        Ok(row)
    }

    fn view_invitation(&self, work: &mut dyn UnitOfWork, row: &InvitationRow) -> Result<InvitationView, VaultError> {
        let account = work.account_by_id(row.account)?;
        let account = account.ok_or(Unauthenticated::Invitation)?;
        self.check_account(work, &account)?;
        Ok(InvitationView {
            id: row.id,
            account: account.name,
            email: row.email.clone(),
            role: row.role,
            created_by: row.created_by.clone(),
            created_at: row.created_at,
            expires_at: row.expires_at,
            is_known: work.person_by_email(&row.email)?.is_some(),
        })
    }
}
