//! `distri completions`: what a shell needs to complete verbs and options.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;

/// Print completions for a shell
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

const EXAMPLES: &str = "\
Examples:
  distri completions bash > ~/.local/share/bash-completion/completions/distri
  distri completions zsh > ~/.zfunc/_distri
  distri completions fish > ~/.config/fish/completions/distri.fish";

impl Completions {
    /// Prints them.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut super::Cli::command(), "distri", &mut script);
        output::bytes(&script)?;
        Ok(Exit::Ok)
    }
}
