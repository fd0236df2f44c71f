//! `members list`.

use clap::Args;
use distri_core::AccountName;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::table::{minute, table};
use crate::{output, terminal};

/// List members, oldest first
///
/// Members whose stored rows fail their integrity check are named on standard error; they cannot act, and
/// the exit code is 8.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// The account
    #[arg(long, value_name = "NAME", default_value = "default")]
    account: AccountName,
    /// JSON on standard output: an array of {id, email, name, role, created_at, created_by}
    #[arg(long)]
    json: bool,
}

impl List {
    /// Lists them.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let members = Context::open()?.caller_in(&self.account)?.members()?;
        for damage in members.iter().filter_map(|it| it.damage.as_ref()) {
            terminal::error(damage);
        }
        if self.json {
            output::json(&members)?;
        } else if members.is_empty() {
            terminal::note("No members found.");
        } else {
            let rows = members.iter().map(|it| {
                vec![
                    it.email.to_string(),
                    it.name.to_string(),
                    it.role.to_string(),
                    minute(it.created_at),
                    it.created_by.clone(),
                ]
            });
            output::line(&table(
                &["EMAIL", "NAME", "ROLE", "SINCE", "INVITED BY"],
                rows.collect(),
            ))?;
        }
        Ok(match members.iter().any(|it| it.damage.is_some()) {
            true => Exit::Integrity,
            false => Exit::Ok,
        })
    }
}
