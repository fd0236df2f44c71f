//! `distri policy`: what a policy would do, before it is one.

mod replay;
mod requests;
pub(crate) mod trial;

use clap::{Args, Subcommand};

use crate::exit::Exit;
use crate::failure::Failure;

/// See what runs with `--learn` did, and try a policy on it
#[derive(Args, Debug)]
pub(crate) struct Policy {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Replay(Box<replay::Replay>),
    Requests(requests::Requests),
}

impl Policy {
    /// Runs the verb.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        match self.command {
            Command::Replay(it) => it.run(),
            Command::Requests(it) => it.run(),
        }
    }
}
