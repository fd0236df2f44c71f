//! `tokens create`: the text is printed once.

use std::collections::BTreeSet;

use clap::Args;
use distri_core::authz::{AddressRange, Limits, Scopes};
use distri_core::{AccountName, AgentName, Clock, Environment, Label, SecretKey, SystemClock};
use distri_vault::tokens::NewToken;

use super::view::{self, TokenJson};
use crate::context::Context;
use crate::duration::Expiry;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{output, terminal};

/// Make a token; its text is printed once, on standard output
///
/// A token permits what its scopes say, as far as its limits go, and never more than whoever made it. What is beyond its
/// limits is, for its holder, not there. Only a hash of it is kept.
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub(crate) struct Create {
    /// What to call it
    name: Label,
    /// What it is for, separated by commas: read, write, reveal, resolve, admin
    #[arg(long, value_name = "SCOPES", default_value = "read,resolve")]
    scopes: Scopes,
    /// When it stops working: `90d`, a date, an instant or `never`
    #[arg(long, value_name = "WHEN", default_value = LASTS)]
    expires: Expiry,
    /// Only this key; may be repeated
    #[arg(long = "key", value_name = "KEY")]
    keys: Vec<SecretKey>,
    /// Only this agent, and the secrets that it may use; may be repeated
    #[arg(long = "agent", value_name = "NAME")]
    agents: Vec<AgentName>,
    /// Only this environment; may be repeated
    #[arg(long = "env", value_name = "NAME")]
    environments: Vec<Environment>,
    /// Only requests from these addresses, such as 10.0.0.0/8; may be repeated
    #[arg(long = "address", value_name = "RANGE")]
    addresses: Vec<AddressRange>,
    /// The account
    #[arg(long, value_name = "NAME", default_value = "default")]
    account: AccountName,
    /// JSON on standard output
    #[arg(long)]
    json: bool,
}

/// As long as a token lasts by the API and the page.
const LASTS: &str = "90d";

const NOTES: &str = "\
JSON: {id, name, scopes, limits: {keys, agents, environments, addresses}, role, created_at,
created_by, expires_at, revoked_at, last_used_at, state, token}; of limits only those there are.

Scopes: read sees keys and policies; write changes secrets and agent definitions; reveal reads values as
a person; resolve hands values to runs; admin is for tokens, members and the audit log.

Examples:
  distri tokens create ci --scopes read,resolve --agent payment_agent --env prod
  distri tokens create backup --scopes reveal --address 10.0.0.0/8 --expires 30d";

impl Create {
    /// Makes it.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let expires_at = self
            .expires
            .resolve(SystemClock.now())
            .map_err(|error| Failure::new(Exit::Usage, error.to_string()))?;
        let new = NewToken {
            name: self.name,
            scopes: self.scopes,
            limits: Limits {
                keys: set(self.keys),
                agents: set(self.agents),
                environments: set(self.environments),
                addresses: set(self.addresses),
            },
            expires_at,
        };
        let context = Context::open()?;
        let (plain, token) = context.caller_in(&self.account)?.create_token(&new)?;
        if self.json {
            output::json(&TokenJson::new(&token).with_text(&plain))?;
            return Ok(Exit::Ok);
        }
        output::line(&plain)?;
        terminal::note(&format!(
            "Token '{}' made. It is shown once; only a hash is kept.",
            token.name
        ));
        terminal::note(&format!("  scopes {}; limits {}", token.scopes, view::limits(&token)));
        if token.expires_at.is_none() {
            terminal::hint("a token that never expires is revoked by hand: `--expires 90d` makes one that ends");
        }
        Ok(Exit::Ok)
    }
}

/// Nothing named limits nothing.
fn set<T: Ord>(named: Vec<T>) -> Option<BTreeSet<T>> {
    (!named.is_empty()).then(|| named.into_iter().collect())
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_token_lasts_as_long_as_one_of_the_api() {
        assert_eq!(super::LASTS, format!("{}d", distri_vault::tokens::TOKEN_DAYS));
    }
}
