//! `POST /v1/secrets/{key}/rollback`: an earlier value becomes the newest version.

use distri_core::authz::Scope;
use distri_vault::Caller;
use schemars::JsonSchema;
use serde::Deserialize;

use super::view::SecretView;
use super::{IF_MATCH, InEnvironment};
use crate::error::ApiError;
use crate::input::{Input, environment};
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, Takes, Verb, schema_of};

pub(crate) static ROUTE: Route = Route {
    verb: Verb::Post,
    name: "roll_back_secret",
    path: "/v1/secrets/{key}/rollback",
    summary: "Bring an earlier value back",
    about: "As a new version with the policy of now: a rollback does not widen where a value may go.",
    query: Some(schema_of::<InEnvironment>),
    headers: IF_MATCH,
    body: Takes::json(schema_of::<Body>),
    gives: &[Gives::json(
        200,
        "The secret has a new version",
        schema_of::<SecretView>,
    )],
    refuses: &[404, 409, 412],
    scope: Some(Scope::Write),
    run: Run::Caller(rollback),
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Rollback")]
struct Body {
    /// The version whose value comes back; without it the value before the present one.
    version: Option<u32>,
}

fn rollback(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    let query: InEnvironment = input.query()?;
    let body: Body = input.json()?;
    let (key, environment) = (input.key()?, environment(query.environment.as_deref())?);
    let info = caller.rollback_at(&key, &environment, body.version, input.expected_version()?.version())?;
    let version = info.version;
    Ok(Reply::json(&SecretView::from(info))?.version(version))
}
