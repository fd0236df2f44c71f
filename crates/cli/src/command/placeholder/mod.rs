//! `distri placeholder`: what runs are given instead of values, found again.

mod identify;

use clap::{Args, Subcommand};

use crate::exit::Exit;
use crate::failure::Failure;

/// Say whose a placeholder is
///
/// A run holds a placeholder instead of the value of each secret that has hosts. Each is made for one secret of one run,
/// so one that turns up somewhere says where it comes from.
#[derive(Debug, Args)]
#[command(disable_help_subcommand = true)]
pub(crate) struct Placeholder {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Identify(identify::Identify),
}

impl Placeholder {
    /// Runs the verb.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        match self.verb {
            Verb::Identify(it) => it.run(),
        }
    }
}
