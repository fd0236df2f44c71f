//! `distri members`: who may sign in to an account's pages; a verb in a file each.

mod find;
mod invite;
mod list;
mod password;
mod remove;
mod role;

use clap::{Args, Subcommand};

use crate::exit::Exit;
use crate::failure::Failure;

/// List, invite, change and remove the members of an account
#[derive(Debug, Args)]
#[command(disable_help_subcommand = true)]
pub(crate) struct Members {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    List(list::List),
    Invite(invite::Invite),
    Role(role::Role),
    Remove(remove::Remove),
    Password(password::Password),
}

impl Members {
    /// Runs the verb.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        match self.verb {
            Verb::List(it) => it.run(),
            Verb::Invite(it) => it.run(),
            Verb::Role(it) => it.run(),
            Verb::Remove(it) => it.run(),
            Verb::Password(it) => it.run(),
        }
    }
}
