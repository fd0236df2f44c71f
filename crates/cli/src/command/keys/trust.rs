//! `keys trust`: the operator's word for what a key slot names.

use clap::Args;
use distri_core::ids::SlotId;
use distri_vault::keys::SlotToTrust;
use distri_vault::root_key::Surroundings;

use crate::context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal;

/// Let a key slot be asked here: the service, module or file that it names
///
/// A slot's row in the database says where its root key is, and whoever can write to the database can write rows. So a slot
/// that names a service, a module or a file is asked only where the operator has said so, outside the database: `add-slot`
/// says so where it runs. This says it elsewhere: on another server of the same database, or in a home that was restored.
#[derive(Debug, Args)]
#[command(after_help = LIST)]
pub(crate) struct Trust {
    /// The slot, as `keys status` and the message show it
    #[arg(value_name = "SLOT")]
    slot: SlotId,
    /// Trust it without asking
    #[arg(long, short)]
    yes: bool,
}

const LIST: &str = "\
What is trusted is in `key-providers` beside the configuration, or in the file that DISTRI_KEY_PROVIDERS_FILE names: a line
for each slot, word for word. Copy the file to servers that are to ask the same.";

impl Trust {
    /// Trusts it.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        context::only_here()?;
        let home = context::home()?;
        let mut ask = context::ask_passphrase;
        let around = Surroundings::of(&home, &mut ask);
        let found = SlotToTrust::find(&home, &around, self.slot)?;
        let id = found.slot.id.clone();
        if !found.is_needed {
            terminal::note(&format!("Key slot {id} may be asked here already."));
            return Ok(Exit::Ok);
        }
        have_confirmed(&found, self.yes)?;
        found.trust(&around)?;
        terminal::note(&format!("Key slot {id} may be asked here now."));
        terminal::hint(&format!("`distri keys verify {id}` asks it"));
        Ok(Exit::Ok)
    }
}

/// Shows all that would be trusted, and has a person say yes to it.
pub(in crate::command) fn have_confirmed(found: &SlotToTrust, yes: bool) -> Result<(), Failure> {
    let slot = &found.slot;
    terminal::note(&format!(
        "Key slot {} ({}) names {}:",
        slot.id, slot.provider, slot.place
    ));
    for (name, value) in &found.parameters {
        terminal::note(&format!("  {name}: {value}"));
    }
    let question = "Have it asked for the root key, with your token or PIN?";
    match yes || terminal::confirmed(question, "trust it")? {
        true => Ok(()),
        false => Err(Failure::new(Exit::Failed, "it is not trusted")),
    }
}
