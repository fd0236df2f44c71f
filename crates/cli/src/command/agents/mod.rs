//! Agent definitions.

use clap::Args;

use crate::exit::Exit;
use crate::failure::Failure;

/// Agent definitions.
#[derive(Debug, Args)]
pub(crate) struct Agents {}

impl Agents {
    /// Runs the verb.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        Ok(Exit::Ok)
    }
}
