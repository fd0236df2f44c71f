//! `keys init`: the choice of what unlocks a new store.

use std::sync::Arc;

use clap::Args;
use distri_core::SystemClock;
use distri_vault::{FirstUse, Vault};

use super::new_key::{PASSPHRASE, keep_a_copy, new_passphrase};
use crate::context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal;

/// Set the store up before its first use
///
/// Not needed for a key file: the first `distri secrets set` makes one.
#[derive(Debug, Args)]
#[command(after_help = PASSPHRASE)]
pub(crate) struct Init {
    /// Unlock with a passphrase instead of a key file
    #[arg(long)]
    passphrase: bool,
}

impl Init {
    /// Sets it up.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        context::only_here()?;
        let home = context::home()?;
        if Vault::is_set_up(&home)? {
            let location = home.location();
            return Err(Failure::new(Exit::Conflict, format!("`{location}` is set up already"))
                .hint("`distri keys add-slot` and `change-root` change what unlocks it"));
        }
        let first_use = if self.passphrase {
            FirstUse::Passphrase
        } else {
            FirstUse::KeyFile
        };
        let mut ask = || new_passphrase("DISTRI_PASSPHRASE_FILE");
        Vault::open(&home, Arc::new(SystemClock), first_use, &mut ask)?;
        terminal::note("The store is set up.");
        if !self.passphrase {
            keep_a_copy(&home.root_key());
        }
        Ok(Exit::Ok)
    }
}
