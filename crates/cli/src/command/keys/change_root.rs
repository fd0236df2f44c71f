//! `keys change-root`: one new root key, and no other slot any more.

use std::path::PathBuf;

use clap::Args;
use distri_vault::root_key::{RootKeyError, Surroundings, file, passphrase};
use distri_vault::{FirstUse, VaultError};

use super::new_key::{keep_a_copy, new_passphrase};
use crate::context::{self, Embedded};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal;

/// Wrap the instance key under a new root key; the old ones open nothing any more
///
/// Secrets are not touched. Afterwards destroy the old key file, and its copies. What the old root key still opens are
/// older copies of the database.
#[derive(Debug, Args)]
#[command(after_help = CHANGE)]
#[group(required = true, multiple = false)]
pub(crate) struct ChangeRoot {
    /// To a passphrase
    #[arg(long)]
    passphrase: bool,
    /// To a new key file: PATH, or the usual place when there is none there
    #[arg(long, value_name = "PATH", num_args = 0..=1)]
    key_file: Option<Option<PathBuf>>,
}

const CHANGE: &str = "\
DISTRI_NEW_PASSPHRASE_FILE names a file with the new passphrase where there is no terminal. For other providers, and to
keep the old slots until the new one has proved itself: `distri keys add-slot`, `verify`, `retire-slot`.

Examples:
  distri keys change-root --passphrase
  distri keys change-root --key-file /media/stick/distri.key";

impl ChangeRoot {
    /// Changes it.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let context = Embedded::open(FirstUse::Refuse)?;
        let caller = context.caller()?;
        let home = context::home()?;
        let mut ask = context::ask_passphrase;
        let mut around = Surroundings::of(&home, &mut ask);
        let slot = match self.key_file {
            None => caller.change_root(&mut around, |_| {
                passphrase::enrol(&mut || new_passphrase("DISTRI_NEW_PASSPHRASE_FILE"))
            })?,
            Some(path) => {
                let place = path.clone().unwrap_or_else(|| home.root_key());
                let changed = caller.change_root(&mut around, |around| file::enrol_new(around, path));
                let slot = changed.map_err(|error| {
                    let is_taken = matches!(error, VaultError::RootKey(RootKeyError::Io { .. })) && place.exists();
                    let failure = Failure::from(error);
                    if is_taken {
                        failure.hint("a key file is never replaced: name a new path with `--key-file PATH`")
                    } else {
                        failure
                    }
                })?;
                keep_a_copy(&place);
                slot
            }
        };
        terminal::note(&format!(
            "Root key {} opens the store now, and no other.",
            slot.root_key
        ));
        Ok(Exit::Ok)
    }
}
