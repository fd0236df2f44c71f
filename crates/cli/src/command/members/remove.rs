//! `members remove`: with the tokens that acted for them.

use clap::Args;
use distri_core::{AccountName, EmailAddress};

use super::find::member;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal;

/// Remove a member from an account; their tokens for it are revoked with that
///
/// Somebody whose last account it was is gone with their address, name and password; invited again, they are somebody new.
///
/// Asks on a terminal; elsewhere it needs --yes.
#[derive(Debug, Args)]
pub(crate) struct Remove {
    /// The address that they sign in with
    email: EmailAddress,
    /// The account
    #[arg(long, value_name = "NAME", default_value = "default")]
    account: AccountName,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

impl Remove {
    /// Removes them.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let context = Context::open()?;
        let caller = context.caller_in(&self.account)?;
        let person = member(&caller, &self.email)?;
        if !self.yes && !terminal::confirmed(&format!("Remove {}?", self.email), "remove")? {
            terminal::note("Nobody was removed.");
            return Ok(Exit::Failed);
        }
        let revoked = caller.remove_member(person)?;
        terminal::note(&format!("{} is no member any more.", self.email));
        for token in revoked {
            terminal::note(&format!("  token '{}' revoked", token.name));
        }
        Ok(Exit::Ok)
    }
}
