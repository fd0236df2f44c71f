//! `distri secrets`: a verb in a file each; without a verb it lists.

mod bind;
mod copy;
mod delete;
mod edit;
mod export;
mod get;
mod history;
mod import;
mod known_agents;
mod lint;
mod list;
mod place;
mod policy_args;
mod promote;
pub(crate) mod purge;
mod rollback;
mod set;
mod undelete;
mod unstage;
mod value_source;
mod view;

use clap::{Args, Subcommand};

use crate::exit::Exit;
use crate::failure::Failure;

/// Set, list, delete and look after secrets
///
/// Values are kept encrypted and given to agents at run time. No verb but `get --reveal` and
/// `export --reveal` ever prints one, and both are recorded in the audit log first.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true, after_help = EXAMPLES)]
pub(crate) struct Secrets {
    #[command(flatten)]
    list: list::List,
    #[command(subcommand)]
    verb: Option<Verb>,
}

const EXAMPLES: &str = "\
Examples:
  distri secrets set STRIPE_API_KEY            # asks for the value, hidden
  printf %s \"$VALUE\" | distri secrets set STRIPE_API_KEY
  distri secrets list                          # keys only; `distri secrets` alone does the same
  distri secrets delete STRIPE_API_KEY";

#[derive(Debug, Subcommand)]
enum Verb {
    Set(Box<set::Set>),
    Get(get::Get),
    List(list::List),
    Delete(delete::Delete),
    Undelete(undelete::Undelete),
    Purge(purge::Purge),
    History(history::History),
    Rollback(rollback::Rollback),
    Promote(promote::Promote),
    Unstage(unstage::Unstage),
    Edit(Box<edit::Edit>),
    Bind(bind::Bind),
    Import(import::Import),
    Export(export::Export),
    Copy(copy::Copy),
    Lint(lint::Lint),
}

impl Secrets {
    /// Runs the verb.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        match self.verb {
            None => self.list.run(),
            Some(Verb::Set(it)) => it.run(),
            Some(Verb::Get(it)) => it.run(),
            Some(Verb::List(it)) => it.run(),
            Some(Verb::Delete(it)) => it.run(),
            Some(Verb::Undelete(it)) => it.run(),
            Some(Verb::Purge(it)) => it.run(),
            Some(Verb::History(it)) => it.run(),
            Some(Verb::Rollback(it)) => it.run(),
            Some(Verb::Promote(it)) => it.run(),
            Some(Verb::Unstage(it)) => it.run(),
            Some(Verb::Edit(it)) => it.run(),
            Some(Verb::Bind(it)) => it.run(),
            Some(Verb::Import(it)) => it.run(),
            Some(Verb::Export(it)) => it.run(),
            Some(Verb::Copy(it)) => it.run(),
            Some(Verb::Lint(it)) => it.run(),
        }
    }
}
