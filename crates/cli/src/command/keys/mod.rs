//! `distri keys`: what unlocks the store, and changing it; a verb in a file each.

mod add_slot;
mod change_root;
mod init;
mod new_key;
mod reseal;
mod retire_slot;
mod rotate;
mod status;
mod trust;
mod verify;

pub(in crate::command) use self::trust::have_confirmed;

use clap::{Args, Subcommand};

use crate::exit::Exit;
use crate::failure::Failure;

/// See or change what unlocks the store
///
/// A root key wraps the instance key, and that wraps everything else. Each key slot has the instance key under the root
/// key of one provider: a file of mode 0600, a systemd credential, a hardware module, Vault or OpenBao, a passphrase.
/// Any one slot opens the store.
#[derive(Debug, Args)]
#[command(disable_help_subcommand = true)]
pub(crate) struct Keys {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Status(status::Status),
    Init(init::Init),
    AddSlot(add_slot::AddSlot),
    Trust(trust::Trust),
    Verify(verify::Verify),
    RetireSlot(retire_slot::RetireSlot),
    ChangeRoot(change_root::ChangeRoot),
    Rotate(rotate::Rotate),
    Reseal(reseal::Reseal),
}

impl Keys {
    /// Runs the verb.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        match self.verb {
            Verb::Status(it) => it.run(),
            Verb::Init(it) => it.run(),
            Verb::AddSlot(it) => it.run(),
            Verb::Trust(it) => it.run(),
            Verb::Verify(it) => it.run(),
            Verb::RetireSlot(it) => it.run(),
            Verb::ChangeRoot(it) => it.run(),
            Verb::Rotate(it) => it.run(),
            Verb::Reseal(it) => it.run(),
        }
    }
}
