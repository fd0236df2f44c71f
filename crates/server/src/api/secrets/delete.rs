//! `DELETE /v1/secrets/{key}`: recoverable, and no longer given to anybody.

use distri_core::authz::Scope;
use distri_vault::Caller;

use super::{IF_MATCH, InEnvironment};
use crate::error::ApiError;
use crate::input::{Input, environment};
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, Verb, schema_of};

pub(crate) static ROUTE: Route = Route {
    verb: Verb::Delete,
    name: "delete_secret",
    path: "/v1/secrets/{key}",
    summary: "Delete a secret",
    about: "It can be undeleted; nothing is given out of it until then.",
    query: Some(schema_of::<InEnvironment>),
    headers: IF_MATCH,
    gives: &[Gives::nothing(204, "It is deleted")],
    refuses: &[404, 412],
    scope: Some(Scope::Write),
    run: Run::Caller(delete),
    ..Route::BLANK
};

fn delete(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    let query: InEnvironment = input.query()?;
    let expected = input.expected_version()?.version();
    caller.delete_at(&input.key()?, &environment(query.environment.as_deref())?, expected)?;
    Ok(Reply::nothing())
}
