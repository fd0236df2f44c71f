//! `tokens revoke`: for good, from the next request on.

use clap::Args;
use distri_core::ids::TokenId;
use distri_core::{AccountName, Clock, SystemClock};
use distri_vault::tokens::{TokenState, TokenView};

use super::view::TokenJson;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{output, terminal};

/// Revoke a token, by its name or its identifier; it stops at its next request
#[derive(Debug, Args)]
pub(crate) struct Revoke {
    /// The name of a token in use, or the identifier of any
    token: String,
    /// The account
    #[arg(long, value_name = "NAME", default_value = "default")]
    account: AccountName,
    /// JSON on standard output: the token as it is now
    #[arg(long)]
    json: bool,
}

impl Revoke {
    /// Revokes it.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let context = Context::open()?;
        let caller = context.caller_in(&self.account)?;
        let id = match self.token.parse::<TokenId>() {
            Ok(id) => id,
            Err(_) => named(&caller.tokens()?, &self.token)?,
        };
        let revoked = caller.revoke_token(id)?;
        if self.json {
            output::json(&TokenJson::new(&revoked))?;
        }
        terminal::note(&format!("Token '{}' revoked.", revoked.name));
        Ok(Exit::Ok)
    }
}

/// The token with this name that is not revoked yet.
fn named(tokens: &[TokenView], name: &str) -> Result<TokenId, Failure> {
    let is_meant = |it: &&TokenView| it.name.as_str() == name && it.state(SystemClock.now()) != TokenState::Revoked;
    let found = tokens.iter().find(is_meant).and_then(|it| it.id.parse().ok());
    found.ok_or_else(|| {
        Failure::new(Exit::Missing, "there is no token with this name in use")
            .hint("`distri tokens list --all` shows all")
    })
}
