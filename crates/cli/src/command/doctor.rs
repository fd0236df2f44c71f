//! What this machine can enforce.

use clap::Args;

use crate::exit::Exit;
use crate::failure::Failure;

/// What this machine can enforce.
#[derive(Debug, Args)]
pub(crate) struct Doctor {}

impl Doctor {
    /// Runs the verb.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        Ok(Exit::Ok)
    }
}
