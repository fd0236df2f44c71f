//! `keys rotate`: a new key in the place of one that there is.

use clap::{Args, Subcommand};
use distri_vault::FirstUse;
use distri_vault::root_key::Surroundings;

use crate::context::{self, Embedded};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal;

/// Replace the instance key or the account's key, while everything goes on
///
/// Commands and servers that run meanwhile go on with the new key by themselves.
#[derive(Debug, Args)]
pub(crate) struct Rotate {
    #[command(subcommand)]
    key: Key,
}

#[derive(Debug, Subcommand)]
enum Key {
    /// A new instance key: account keys and key slots are wrapped anew
    #[command(after_help = INSTANCE)]
    Instance,
    /// A new version of the account's key: new secrets, session data and observed requests are under it
    #[command(after_help = "`distri keys reseal` brings the data keys of the secrets that there are along.")]
    Account,
}

const INSTANCE: &str = "\
Every key slot has to open now, because each gets the new key under its own root key: retire those that cannot. The old key
opens older copies of the database and nothing else. Tokens, placeholders and the public key of the audit log stay.";

impl Rotate {
    /// Replaces it.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let context = Embedded::open(FirstUse::Refuse)?;
        let caller = context.caller()?;
        match self.key {
            Key::Instance => {
                let home = context::home()?;
                let mut ask = context::ask_passphrase;
                let rotated = caller.rotate_instance(&mut Surroundings::of(&home, &mut ask))?;
                terminal::note(&format!("Instance key {} took over from {}.", rotated.to, rotated.from));
            }
            Key::Account => {
                let version = caller.rotate_account()?;
                terminal::note(&format!("The account's key has version {version} now."));
                terminal::hint("`distri keys reseal` brings the secrets that there are under it");
            }
        }
        Ok(Exit::Ok)
    }
}
