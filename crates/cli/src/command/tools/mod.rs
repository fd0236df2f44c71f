//! `distri tools`: an agent's tools without a model.

mod call;
mod list;

use clap::{Args, Subcommand};

use crate::exit::Exit;
use crate::failure::Failure;

/// The tools of an agent.
#[derive(Args, Debug)]
pub(crate) struct Tools {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the tools of an agent; no secret needs to be set
    List(list::List),
    /// Call one tool with the agent's secrets
    Call(Box<call::Call>),
}

impl Tools {
    /// Runs the verb.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        match self.command {
            Command::List(it) => it.run(),
            Command::Call(it) => it.run(),
        }
    }
}
