//! `tokens list`: what there is, never a text.

use clap::Args;
use distri_core::{AccountName, Clock, SystemClock};
use distri_vault::tokens::{TokenState, TokenView};

use super::view::{self, TokenJson};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::table::{minute, table};
use crate::{output, terminal};

/// List tokens, oldest first
///
/// Tokens whose stored rows fail their integrity check are named on standard error; they do not work, and
/// the exit code is 8.
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub(crate) struct List {
    /// Also those that were revoked or have expired
    #[arg(long)]
    all: bool,
    /// The account
    #[arg(long, value_name = "NAME", default_value = "default")]
    account: AccountName,
    /// JSON on standard output
    #[arg(long)]
    json: bool,
}

const NOTES: &str = "\
JSON: an array of what `tokens create --json` shows, without the token itself; also damage where the row
is not believed.";

impl List {
    /// Lists them.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let now = SystemClock.now();
        let mut tokens = Context::open()?.caller_in(&self.account)?.tokens()?;
        for damage in tokens.iter().filter_map(|it| it.damage.as_ref()) {
            terminal::error(damage);
        }
        let is_damaged = tokens.iter().any(|it| it.damage.is_some());
        if !self.all {
            tokens.retain(|it| matches!(it.state(now), TokenState::Active | TokenState::Damaged));
        }
        if self.json {
            output::json(&tokens.iter().map(TokenJson::new).collect::<Vec<_>>())?;
        } else if tokens.is_empty() {
            terminal::note("No tokens found.");
        } else {
            print(&tokens)?;
        }
        Ok(if is_damaged { Exit::Integrity } else { Exit::Ok })
    }
}

fn print(tokens: &[TokenView]) -> Result<(), Failure> {
    let now = SystemClock.now();
    let rows = tokens.iter().map(|it| {
        vec![
            it.name.to_string(),
            it.state(now).as_str().to_owned(),
            it.scopes.to_string(),
            view::limits(it),
            it.expires_at.map_or_else(|| "never".to_owned(), minute),
            it.last_used_at.map_or_else(|| "never".to_owned(), minute),
            it.created_by.clone(),
            it.id.clone(),
        ]
    });
    let headings = [
        "NAME",
        "STATE",
        "SCOPES",
        "LIMITS",
        "EXPIRES",
        "LAST USED",
        "MADE BY",
        "ID",
    ];
    output::line(&table(&headings, rows.collect()))
}
