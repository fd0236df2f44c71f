//! Members, invitations and accounts over HTTP.

use distri_core::authz::Role;
use distri_core::credential::PresentedInvitation;
use distri_core::ids::{AccountId, MemberId, PersonId};
use distri_core::{AccountName, EmailAddress, Timestamp};
use distri_vault::accounts::{AccountView, DeletedAccount};
use distri_vault::people::{InvitationView, MemberView, NewInvitation};
use distri_vault::secrets::Copies;
use distri_vault::tokens::TokenView;
use serde::Deserialize;
use serde_json::json;
use zeroize::Zeroizing;

use super::call::Call;
use super::client::Client;
use crate::exit::Exit;
use crate::failure::Failure;

impl Client {
    pub(crate) fn members(&self) -> Result<Vec<MemberView>, Failure> {
        self.ask(Call::get(&["members"]))
    }

    pub(crate) fn change_role(&self, person: PersonId, role: Role) -> Result<MemberView, Failure> {
        let call = Call::patch(&["members", &person.to_string()]);
        self.ask(call.json(&json!({ "role": role }), 0)?)
    }

    pub(crate) fn remove_member(&self, person: PersonId) -> Result<Vec<TokenView>, Failure> {
        #[derive(Deserialize)]
        struct Removed {
            revoked: Vec<TokenView>,
        }
        let removed: Removed = self.ask(Call::delete(&["members", &person.to_string()]))?;
        Ok(removed.revoked)
    }

    /// Invites somebody; the text of the invitation comes along this once.
    pub(crate) fn invite(&self, new: &NewInvitation) -> Result<(Zeroizing<String>, InvitationView), Failure> {
        #[derive(Deserialize)]
        struct Invited {
            invitation: String,
            id: MemberId,
            email: EmailAddress,
            role: Role,
            created_by: String,
            created_at: Timestamp,
            expires_at: Timestamp,
        }
        let body = json!({ "email": new.email, "role": new.role });
        let invited: Invited = self.ask(Call::post(&["invitations"]).json(&body, 0)?)?;
        let text = Zeroizing::new(invited.invitation);
        // As for a token: it is shown as it is.
        if text.parse::<PresentedInvitation>().is_err() {
            return Err(self.stranger());
        }
        let account = self.accounts()?.into_iter().next().ok_or_else(|| self.stranger())?;
        let view = InvitationView {
            id: invited.id,
            account: account.name,
            email: invited.email,
            role: invited.role,
            created_by: invited.created_by,
            created_at: invited.created_at,
            expires_at: invited.expires_at,
            is_known: false,
        };
        Ok((text, view))
    }

    pub(crate) fn accounts(&self) -> Result<Vec<AccountView>, Failure> {
        self.ask(Call::get(&["accounts"]))
    }

    /// Destroys the account that the token is for; also how many backups may still have it, whose places the server keeps to
    /// its operator.
    pub(crate) fn delete_account(&self, name: &AccountName) -> Result<(DeletedAccount, usize), Failure> {
        #[derive(Deserialize)]
        struct Deleted {
            id: AccountId,
            name: AccountName,
            secrets: usize,
            versions: usize,
            members: usize,
            tokens: usize,
            backups: usize,
        }
        let deleted: Deleted = self.ask(Call::delete(&["accounts", name.as_str()]))?;
        let account = DeletedAccount {
            id: deleted.id,
            name: deleted.name,
            secrets: deleted.secrets,
            versions: deleted.versions,
            tokens: deleted.tokens,
            members: deleted.members,
            copies: Copies::default(),
        };
        Ok((account, deleted.backups))
    }

    /// Whether the token is for the account of this name: it is for one, whoever holds it. The default name means that one.
    pub(crate) fn is_for(&self, account: &AccountName) -> Result<(), Failure> {
        if *account == AccountName::default() || self.accounts()?.iter().any(|it| it.name == *account) {
            return Ok(());
        }
        Err(
            Failure::new(Exit::Missing, format!("there is no account `{account}` for this token"))
                .hint("a token is for one account: use another profile, or leave `--account` out"),
        )
    }
}
