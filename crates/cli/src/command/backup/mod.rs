//! `distri backup`: making, checking and restoring backups; a verb in a file each.

mod create;
mod failure;
mod keys;
mod restore;
mod verify;

use clap::{Args, Subcommand};

use crate::exit::Exit;
use crate::failure::Failure;

/// Back up the store to one encrypted file, check such a file, and restore it
///
/// A backup is one moment of the whole database, made while it is in use, encrypted to age recipients. Values in it
/// stay sealed: using them takes the age identity and the root key.
#[derive(Debug, Args)]
#[command(disable_help_subcommand = true)]
pub(crate) struct Backup {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Create(create::Create),
    Verify(verify::Verify),
    Restore(restore::Restore),
}

impl Backup {
    /// Runs the verb.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        match self.verb {
            Verb::Create(it) => it.run(),
            Verb::Verify(it) => it.run(),
            Verb::Restore(it) => it.run(),
        }
    }
}
