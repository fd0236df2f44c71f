//! `GET /v1/secrets/{key}`: what is known of one secret, without its value.

use distri_core::authz::Scope;
use distri_vault::Caller;
use http::StatusCode;

use super::InEnvironment;
use super::view::SecretView;
use crate::error::ApiError;
use crate::input::{Input, environment};
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, schema_of};

pub(crate) static ROUTE: Route = Route {
    name: "get_secret",
    path: "/v1/secrets/{key}",
    summary: "Look at a secret",
    about: "Everything but its value. The entity tag is the version.",
    query: Some(schema_of::<InEnvironment>),
    headers: &[(
        "if-none-match",
        "A version that the client has: 304 when it is the one in use",
    )],
    gives: &[
        Gives::json(200, "The secret, without its value", schema_of::<SecretView>),
        Gives::nothing(304, "The client has this version"),
    ],
    refuses: &[404],
    scope: Some(Scope::Read),
    run: Run::Caller(get),
    ..Route::BLANK
};

fn get(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    let query: InEnvironment = input.query()?;
    let info = caller.get(&input.key()?, &environment(query.environment.as_deref())?)?;
    let version = info.version;
    if input.has_version(version)? {
        return Ok(Reply::nothing().status(StatusCode::NOT_MODIFIED).version(version));
    }
    Ok(Reply::json(&SecretView::from(info))?.version(version))
}
