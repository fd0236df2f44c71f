//! `members role`.

use clap::Args;
use distri_core::{AccountName, EmailAddress};

use super::find::member;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal;

/// Give a member another role; it holds at their next request, and for their tokens
#[derive(Debug, Args)]
pub(crate) struct Role {
    /// The address that they sign in with
    email: EmailAddress,
    /// owner, admin, member or viewer
    role: distri_core::authz::Role,
    /// The account
    #[arg(long, value_name = "NAME", default_value = "default")]
    account: AccountName,
}

impl Role {
    /// Changes it.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let context = Context::open()?;
        let caller = context.caller_in(&self.account)?;
        let changed = caller.change_role(member(&caller, &self.email)?, self.role)?;
        terminal::note(&format!("{} is {} now.", changed.email, changed.role));
        Ok(Exit::Ok)
    }
}
