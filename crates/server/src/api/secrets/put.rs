//! `PUT /v1/secrets/{key}`: the next version of a secret that is there.

use distri_core::authz::Scope;
use distri_vault::Caller;
use distri_vault::secrets::SetSecret;
use schemars::JsonSchema;
use serde::Deserialize;

use super::view::SecretView;
use super::{IF_MATCH, InEnvironment, VALUE_BODY};
use crate::api::value::{Encoding, ValueText};
use crate::error::ApiError;
use crate::input::{Input, environment};
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, Takes, Verb, schema_of};
use crate::together::Later;

pub(crate) static ROUTE: Route = Route {
    verb: Verb::Put,
    name: "set_value",
    path: "/v1/secrets/{key}",
    summary: "Set the value of a secret that is there",
    about: "The next version. Its policy, note and expiry stay.",
    query: Some(schema_of::<InEnvironment>),
    headers: IF_MATCH,
    body: Takes::json_up_to(VALUE_BODY, schema_of::<Body>),
    gives: &[Gives::json(
        200,
        "The secret has a new version",
        schema_of::<SecretView>,
    )],
    refuses: &[404, 409, 412],
    scope: Some(Scope::Write),
    run: Run::Together(put),
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SetValue")]
struct Body {
    value: ValueText,
    /// How the value is written, `text` without it.
    #[serde(default)]
    encoding: Encoding,
}

fn put<'c>(caller: &'c Caller<'c>, input: &Input) -> Result<Later<'c>, ApiError> {
    let query: InEnvironment = input.query()?;
    let body: Body = input.json()?;
    let value = body.value.decode(body.encoding)?;
    let request = SetSecret {
        expected_version: input.expected_version()?.version(),
        must_exist: true,
        ..SetSecret::new(input.key()?, environment(query.environment.as_deref())?, value)
    };
    let begun = caller.begin_set(request)?;
    Ok(Box::new(move || {
        let info = begun.finish()?.info;
        let version = info.version;
        Ok(Reply::json(&SecretView::from(info))?.version(version))
    }))
}
