//! `DELETE /v1/accounts/{name}`: an account and everything in it are destroyed.

use distri_core::AccountName;
use distri_core::authz::Scope;
use distri_vault::Caller;
use distri_vault::accounts::DeletedAccount;
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::ApiError;
use crate::input::Input;
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, Verb, schema_of};

pub(crate) static ROUTE: Route = Route {
    verb: Verb::Delete,
    name: "delete_account",
    path: "/v1/accounts/{name}",
    summary: "Destroy the account",
    about: "Beyond recovery: its keys, with its secrets, sessions, agents, members and tokens, this one included. For its \
            owners. The account that the installation was made with stays. What was recorded stays in the audit log.",
    gives: &[Gives::json(200, "What was destroyed", schema_of::<View>)],
    refuses: &[404, 409],
    scope: Some(Scope::Admin),
    run: Run::Caller(delete),
    ..Route::BLANK
};

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DeletedAccount")]
struct View {
    /// Its identifier, a UUID.
    id: String,
    /// Its name.
    name: String,
    /// How many secrets it had, deleted ones included.
    secrets: usize,
    /// How many versions of them there were.
    versions: usize,
    /// How many members it had.
    members: usize,
    /// How many tokens stopped with it.
    tokens: usize,
    /// How many backups were made while it was there, and may still have it. The operator knows where they are.
    backups: usize,
}

fn delete(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    let name: AccountName = input
        .parameter("name")
        .parse()
        .map_err(|_| ApiError::not_found("account"))?;
    let deleted = View::from(caller.delete_account(&name)?);
    // What answers are sealed with is destroyed too.
    Ok(Reply::json(&deleted)?.unkept())
}

impl From<DeletedAccount> for View {
    fn from(it: DeletedAccount) -> Self {
        Self {
            id: it.id.to_string(),
            name: it.name.into(),
            secrets: it.secrets,
            versions: it.versions,
            members: it.members,
            tokens: it.tokens,
            backups: it.copies.backups.len(),
        }
    }
}
