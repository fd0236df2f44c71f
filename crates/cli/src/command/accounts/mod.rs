//! `distri accounts`: the tenants of this installation; a verb in a file each.

mod create;
mod delete;
mod list;

use clap::{Args, Subcommand};

use crate::exit::Exit;
use crate::failure::Failure;

/// List, make and delete accounts
///
/// Each account has secrets, members, tokens and an audit log of its own, under a key of its own.
#[derive(Debug, Args)]
#[command(disable_help_subcommand = true)]
pub(crate) struct Accounts {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Create(create::Create),
    Delete(delete::Delete),
    List(list::List),
}

impl Accounts {
    /// Runs the verb.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        match self.verb {
            Verb::Create(it) => it.run(),
            Verb::Delete(it) => it.run(),
            Verb::List(it) => it.run(),
        }
    }
}
