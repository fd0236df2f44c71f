//! `PUT /v1/secrets/{key}/staged`: a value waits beside the one in use.

use distri_core::authz::Scope;
use distri_vault::Caller;
use schemars::JsonSchema;
use serde::Deserialize;

use super::view::SecretView;
use super::{InEnvironment, VALUE_BODY};
use crate::api::value::{Encoding, ValueText};
use crate::error::ApiError;
use crate::input::{Input, environment};
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, Takes, Verb, schema_of};

pub(crate) static ROUTE: Route = Route {
    verb: Verb::Put,
    name: "stage_value",
    path: "/v1/secrets/{key}/staged",
    summary: "Stage a value beside the one in use",
    about: "Nobody is given it but releases that ask for staged values, until it is promoted. One that was staged before \
            stays in the history.",
    query: Some(schema_of::<InEnvironment>),
    body: Takes::json_up_to(VALUE_BODY, schema_of::<Body>),
    gives: &[Gives::json(200, "The secret as it is now", schema_of::<SecretView>)],
    refuses: &[404, 409],
    scope: Some(Scope::Write),
    run: Run::Caller(stage),
    ..Route::BLANK
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StageValue")]
struct Body {
    value: ValueText,
    /// How the value is written, `text` without it.
    #[serde(default)]
    encoding: Encoding,
}

fn stage(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    let query: InEnvironment = input.query()?;
    let body: Body = input.json()?;
    let value = body.value.decode(body.encoding)?;
    let info = caller.stage(&input.key()?, &environment(query.environment.as_deref())?, &value)?;
    let version = info.version;
    Ok(Reply::json(&SecretView::from(info))?.version(version))
}
