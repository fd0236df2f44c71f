//! `keys retire-slot`: one way less to unlock the store.

use clap::Args;
use distri_core::ids::SlotId;
use distri_vault::FirstUse;
use distri_vault::keys::RetiredSlot;
use distri_vault::root_key::Surroundings;

use crate::context::{self, Embedded};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal;

/// Remove a way to unlock the store; the last one that works stays
///
/// Another slot is opened first. Afterwards destroy the root key that is retired, and its copies. What it still opens are
/// older copies of the database: when it may be in wrong hands, `distri keys rotate instance` too.
#[derive(Debug, Args)]
pub(crate) struct RetireSlot {
    /// The slot, as `keys status` shows it
    #[arg(value_name = "SLOT")]
    slot: SlotId,
}

impl RetireSlot {
    /// Removes it.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let context = Embedded::open(FirstUse::Refuse)?;
        let home = context::home()?;
        let mut ask = context::ask_passphrase;
        let mut around = Surroundings::of(&home, &mut ask);
        let RetiredSlot { slot, same_key } = context.caller()?.retire_slot(&mut around, self.slot)?;
        terminal::note(&match same_key.first() {
            None => format!("Root key {} opens the store no more: {}.", slot.root_key, slot.place),
            Some(other) => format!(
                "Key slot {} is gone; root key {} still opens the store, by slot {other}.",
                slot.id, slot.root_key
            ),
        });
        Ok(Exit::Ok)
    }
}
