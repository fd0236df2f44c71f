//! `members password`: for somebody who has forgotten theirs.

use clap::Args;
use distri_core::EmailAddress;

use crate::context::Embedded;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{hidden, terminal};
use distri_vault::FirstUse;

/// Give somebody a new password, asked for on the terminal; every session of theirs ends
///
/// Also lets in whoever is kept from signing in because too many log-ins with their address failed. It is done on the host
/// of the store.
#[derive(Debug, Args)]
pub(crate) struct Password {
    /// The address that they sign in with
    email: EmailAddress,
}

impl Password {
    /// Resets it.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let context = Embedded::open(FirstUse::KeyFile)?;
        let caller = context.caller()?;
        let mut typed = hidden::ask_text(&format!("New password of {} (hidden): ", self.email))?;
        let password = distri_vault::people::Password::new(std::mem::take(&mut *typed));
        caller.reset_password(&self.email, &password)?;
        terminal::note(&format!("{} has a new password.", self.email));
        Ok(Exit::Ok)
    }
}
