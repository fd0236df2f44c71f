//! `DELETE /v1/secrets/{key}/staged`: the staged value is given up.

use distri_core::authz::Scope;
use distri_vault::Caller;

use super::InEnvironment;
use crate::error::ApiError;
use crate::input::{Input, environment};
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, Verb, schema_of};

pub(crate) static ROUTE: Route = Route {
    verb: Verb::Delete,
    name: "unstage_value",
    path: "/v1/secrets/{key}/staged",
    summary: "Give the staged value up",
    about: "Its version stays in the history.",
    query: Some(schema_of::<InEnvironment>),
    gives: &[Gives::nothing(204, "Nothing is staged")],
    refuses: &[404, 409],
    scope: Some(Scope::Write),
    run: Run::Caller(unstage),
    ..Route::BLANK
};

fn unstage(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    let query: InEnvironment = input.query()?;
    caller.unstage(&input.key()?, &environment(query.environment.as_deref())?)?;
    Ok(Reply::nothing())
}
