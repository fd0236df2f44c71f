//! `audit accept-rollback`: going on with a database that has fallen behind.

use clap::Args;

use crate::context::Embedded;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal;

/// Accept a database that is older than its delivered checkpoints
///
/// After putting an old copy back on purpose. What happened in between stays missing from the log, and the log says
/// from now on that this was accepted, by whom, and how many records are gone. Also accepts that the tip was missing, where
/// nothing says how many records there were.
#[derive(Debug, Args)]
pub(crate) struct AcceptRollback {
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

impl AcceptRollback {
    /// Accepts it.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let context = Embedded::open_for_audit()?;
        if !self.yes && !terminal::confirmed("Go on from this copy of the database?", "accept it")? {
            terminal::note("Nothing was accepted.");
            return Ok(Exit::Failed);
        }
        let behind = context.caller()?.accept_rollback()?;
        terminal::note(&match behind.found == behind.delivered {
            true => format!("Accepted: the log goes on after its {} records.", behind.found),
            false => format!(
                "Accepted: the log goes on after {} records, where there had been {}.",
                behind.found, behind.delivered
            ),
        });
        Ok(Exit::Ok)
    }
}
