//! `POST /v1/secrets/{key}/undelete`: a deleted secret comes back at the version it had.

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
    name: "undelete_secret",
    path: "/v1/secrets/{key}/undelete",
    summary: "Bring a deleted secret back",
    about: "At the version it had.",
    query: Some(schema_of::<InEnvironment>),
    gives: &[Gives::json(200, "The secret as it is now", schema_of::<SecretView>)],
    refuses: &[404, 409],
    scope: Some(Scope::Write),
    run: Run::Caller(undelete),
    ..Route::BLANK
};

fn undelete(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    let query: InEnvironment = input.query()?;
    let info = caller.undelete(&input.key()?, &environment(query.environment.as_deref())?)?;
    let version = info.version;
    Ok(Reply::json(&SecretView::from(info))?.version(version))
}
