//! `distri tokens`: for programs that use a server; a verb in a file each.

mod create;
mod list;
mod revoke;
mod view;

use clap::{Args, Subcommand};

use crate::exit::Exit;
use crate::failure::Failure;

/// Make, list and revoke tokens for programs
#[derive(Debug, Args)]
#[command(disable_help_subcommand = true)]
pub(crate) struct Tokens {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Create(create::Create),
    List(list::List),
    Revoke(revoke::Revoke),
}

impl Tokens {
    /// Runs the verb.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        match self.verb {
            Verb::Create(it) => it.run(),
            Verb::List(it) => it.run(),
            Verb::Revoke(it) => it.run(),
        }
    }
}
