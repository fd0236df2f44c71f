//! `secrets delete`: recoverable, after saying which agents may break.

use clap::Args;

use super::known_agents;
use super::place::{Place, env_option};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal;

/// Delete a secret; `undelete` brings it back
///
/// Names the agents that require the key: definitions in `*.md` here and below `./agents`, and those that were pushed.
/// Asks on a terminal; elsewhere it needs --yes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Delete {
    #[command(flatten)]
    place: Place,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

const EXAMPLES: &str = "\
Examples:
  distri secrets delete STRIPE_API_KEY
  distri secrets delete STRIPE_API_KEY --env dev --yes";

impl Delete {
    /// Deletes it.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let key = self.place.key()?;
        let context = Context::open()?;
        let caller = context.caller()?;
        caller.get(&key, &self.place.environment)?;

        let agents = known_agents::that_require(&key, &caller);
        if !agents.is_empty() {
            terminal::warning(&format!(
                "deleting a secret may break agents that depend on it: {}",
                agents.join(", ")
            ));
        }
        if !self.yes && !terminal::confirmed(&format!("Delete '{key}'?"), "delete")? {
            terminal::note("Nothing was deleted.");
            return Ok(Exit::Failed);
        }
        caller.delete(&key, &self.place.environment)?;
        terminal::note(&format!("Secret '{key}' deleted."));
        terminal::hint(&format!(
            "`distri secrets undelete {key}{}` brings it back",
            env_option(&self.place.environment)
        ));
        Ok(Exit::Ok)
    }
}
