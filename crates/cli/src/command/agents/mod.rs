//! `distri agents`: the agent definitions of a project.

mod check;
mod list;
mod needs;
mod push;
mod readme;

use clap::{Args, Subcommand};

use crate::exit::Exit;
use crate::failure::Failure;

/// Agent definitions.
#[derive(Args, Debug)]
pub(crate) struct Agents {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the agents of this project and whether their secrets are set
    List(list::List),
    /// Check definitions: errors and warnings with file, line and column
    Check(check::Check),
    /// Keep definitions with the account, so that its members see which secrets each needs
    Push(push::Push),
    /// Write the section "Required secrets" into an agent's README
    Readme(readme::Readme),
}

impl Agents {
    /// Runs the verb.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        match self.command {
            Command::List(it) => it.run(),
            Command::Check(it) => it.run(),
            Command::Push(it) => it.run(),
            Command::Readme(it) => it.run(),
        }
    }
}
