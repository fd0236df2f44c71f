//! `POST /v1/secrets/{key}/promote`: the staged value is the one in use.

use distri_core::authz::Scope;
use distri_vault::Caller;

use super::InEnvironment;
use super::view::SecretView;
use crate::error::ApiError;
use crate::input::{Input, environment};
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, Verb, schema_of};

pub(crate) static ROUTE: Route = Route {
    verb: Verb::Post,
    name: "promote_value",
    path: "/v1/secrets/{key}/promote",
    summary: "Take the staged value into use",
    about: "As the newest version. The one before it stays in the history.",
    query: Some(schema_of::<InEnvironment>),
    gives: &[Gives::json(
        200,
        "The secret has a new version",
        schema_of::<SecretView>,
    )],
    refuses: &[404, 409],
    scope: Some(Scope::Write),
    run: Run::Caller(promote),
    ..Route::BLANK
};

fn promote(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    let query: InEnvironment = input.query()?;
    let info = caller.promote(&input.key()?, &environment(query.environment.as_deref())?)?;
    let version = info.version;
    Ok(Reply::json(&SecretView::from(info))?.version(version))
}
