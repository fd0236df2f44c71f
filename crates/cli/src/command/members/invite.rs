//! `members invite`: the link's secret is printed once.

use clap::Args;
use distri_core::authz::Role;
use distri_core::{AccountName, EmailAddress};
use distri_vault::people::NewInvitation;
use serde::Serialize;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::table::minute;
use crate::{output, terminal};

/// Invite somebody; the secret of their link is printed once, on standard output
///
/// It is good once, for a week, at `/join/SECRET` of the server. An earlier invitation of the same address is of
/// no use from then on.
#[derive(Debug, Args)]
pub(crate) struct Invite {
    /// The address that they will sign in with
    email: EmailAddress,
    /// What they will be able to do: owner, admin, member or viewer
    #[arg(long, default_value = "member")]
    role: Role,
    /// The account
    #[arg(long, value_name = "NAME", default_value = "default")]
    account: AccountName,
    /// JSON on standard output: {invitation, email, role, account, expires_at}
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct InvitationJson<'a> {
    invitation: &'a str,
    email: &'a EmailAddress,
    role: Role,
    account: &'a AccountName,
    expires_at: distri_core::Timestamp,
}

impl Invite {
    /// Invites them.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let new = NewInvitation {
            email: self.email,
            role: self.role,
        };
        let context = Context::open()?;
        let (plain, view) = context.caller_in(&self.account)?.invite(&new)?;
        if self.json {
            output::json(&InvitationJson {
                invitation: &plain,
                email: &view.email,
                role: view.role,
                account: &view.account,
                expires_at: view.expires_at,
            })?;
        } else {
            output::line(&plain)?;
        }
        terminal::note(&format!(
            "{} is invited as {} until {}.",
            view.email,
            view.role,
            minute(view.expires_at)
        ));
        Ok(Exit::Ok)
    }
}
