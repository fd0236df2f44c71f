//! `GET /v1/secrets`: the secrets of the account, without their values.

use distri_core::Environment;
use distri_core::authz::Scope;
use distri_vault::Caller;
use distri_vault::secrets::ListSecrets;
use schemars::JsonSchema;
use serde::Deserialize;

use super::view::SecretView;
use crate::error::ApiError;
use crate::input::{Input, named};
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, schema_of};

pub(crate) static ROUTE: Route = Route {
    name: "list_secrets",
    path: "/v1/secrets",
    summary: "List the secrets",
    about: "Sorted by key and environment. A secret that fails its integrity check is listed with what is wrong; the \
            others are not affected by it.",
    query: Some(schema_of::<Query>),
    gives: &[Gives::json(
        200,
        "The secrets, without their values",
        schema_of::<Vec<SecretView>>,
    )],
    scope: Some(Scope::Read),
    run: Run::Caller(list),
    ..Route::BLANK
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Query {
    /// One environment; all of them without it.
    environment: Option<String>,
    /// Also those that were deleted and can be brought back.
    #[serde(default)]
    deleted: bool,
}

fn list(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    let query: Query = input.query()?;
    let environment: Option<Environment> = query.environment.map(|it| named("environment", &it)).transpose()?;
    let listed = caller.list(&ListSecrets {
        environment,
        deleted: query.deleted,
    })?;
    let views = listed
        .into_iter()
        .map(|it| SecretView::from(it.info).damaged(it.damage));
    Reply::json(&views.collect::<Vec<_>>())
}
