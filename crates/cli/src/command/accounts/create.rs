//! `accounts create`.

use clap::Args;
use distri_core::AccountName;

use crate::context::Embedded;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{output, terminal};
use distri_vault::FirstUse;

/// Make an account; on the host of the store
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// Its name
    name: AccountName,
    /// JSON on standard output: {id, name, role, created_at}
    #[arg(long)]
    json: bool,
}

impl Create {
    /// Makes it.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let account = Embedded::open(FirstUse::KeyFile)?
            .caller()?
            .create_account(&self.name)?;
        if self.json {
            output::json(&account)?;
        }
        terminal::note(&format!("Account '{}' made.", account.name));
        terminal::hint(&format!(
            "`distri members invite EMAIL --role owner --account {}` lets somebody in",
            account.name
        ));
        Ok(Exit::Ok)
    }
}
