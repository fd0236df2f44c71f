//! `accounts delete`: destroying an account beyond recovery.

use clap::Args;
use distri_core::AccountName;
use distri_vault::accounts::DeletedAccount;

use crate::command::secrets::purge::say_copies;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{output, terminal};

/// Destroy an account beyond recovery: its keys, and everything that they seal
///
/// Its secrets, sessions, agents, members and tokens go with it; tokens stop at their next request. What was recorded stays
/// in the audit log. Afterwards it is said which backups still have it.
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub(crate) struct Delete {
    /// Its name
    name: AccountName,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    /// JSON on standard output
    #[arg(long)]
    json: bool,
}

const NOTES: &str = "\
The account that the installation was made with stays: its owners look after the installation. JSON: {id, name, secrets,
versions, tokens, members, copies: {backups: [{at, path, recipients}], log, on_a_server}}.

Examples:
  distri accounts delete acme
  distri accounts delete acme --yes --json";

impl Delete {
    /// Deletes it.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let context = Context::open()?;
        let caller = context.caller_in(&self.name)?;
        let question = format!(
            "Destroy account '{}' and everything in it {} beyond recovery?",
            self.name,
            context.place()
        );
        if !self.yes && !terminal::confirmed(&question, "destroy it")? {
            terminal::note("Nothing was destroyed.");
            return Ok(Exit::Failed);
        }
        let (deleted, backups) = caller.delete_account(&self.name)?;
        if self.json {
            output::json(&deleted)?;
        }
        say(&deleted);
        if backups > 0 {
            terminal::warning(&format!(
                "{backups} of the server's backups may still have it; its operator knows where they are"
            ));
        }
        Ok(Exit::Ok)
    }
}

fn say(deleted: &DeletedAccount) {
    let counted = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    terminal::note(&format!(
        "Account '{}' destroyed: {} in {}, {}, {}.",
        deleted.name,
        counted(deleted.secrets, "secret"),
        counted(deleted.versions, "version"),
        counted(deleted.members, "member"),
        counted(deleted.tokens, "token"),
    ));
    say_copies(&deleted.copies);
}
