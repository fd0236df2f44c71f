//! `distri profiles`: the servers that somebody has logged in to, and which of them is in use.

use clap::{Args, Subcommand};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::profiles::Profiles;
use crate::{output, terminal};

/// List the saved servers, and choose one
///
/// Without a verb it lists them; the active one is marked `*`.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub(crate) struct List {
    #[command(subcommand)]
    verb: Option<Verb>,
    /// JSON on standard output: an array of {name, api_url, active}
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Make a profile the active one
    Use {
        /// Its name
        name: String,
    },
}

impl List {
    /// Lists them, or chooses one.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let profiles = Profiles::here()?;
        let all = profiles.list()?;
        if let Some(Verb::Use { name }) = self.verb {
            if !all.iter().any(|it| it.name == name) {
                return Err(Failure::new(Exit::Missing, format!("there is no profile `{name}`"))
                    .hint(format!("`distri login --profile {name}` makes it")));
            }
            profiles.activate(&name)?;
            terminal::note(&format!("Profile `{name}` is active."));
            return Ok(Exit::Ok);
        }
        if self.json {
            output::json(&all)?;
            return Ok(Exit::Ok);
        }
        if all.is_empty() {
            terminal::note("No profiles found: the store of this machine is in use.");
        }
        for it in &all {
            let mark = if it.active { "*" } else { " " };
            let url = it.api_url.as_deref().unwrap_or("-");
            output::line(&terminal::inert(&format!("{mark} {}  {url}", it.name)))?;
        }
        Ok(Exit::Ok)
    }
}
