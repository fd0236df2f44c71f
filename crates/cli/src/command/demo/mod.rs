//! The demo.

use clap::Args;

use crate::exit::Exit;
use crate::failure::Failure;

/// The demo.
#[derive(Debug, Args)]
pub(crate) struct Demo {}

impl Demo {
    /// Runs the verb.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        Ok(Exit::Ok)
    }
}
