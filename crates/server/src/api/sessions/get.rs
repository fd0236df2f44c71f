//! `GET /v1/sessions/{id}/values/{name}`: one piece of session data.

use distri_core::authz::Scope;
use distri_vault::Caller;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::as_json;
use crate::error::ApiError;
use crate::input::Input;
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, schema_of};

pub(crate) static ROUTE: Route = Route {
    name: "get_session_value",
    path: "/v1/sessions/{id}/values/{name}",
    summary: "Read a piece of session data",
    about: "Null when it is not there or has expired.",
    gives: &[Gives::json(200, "The value", schema_of::<One>)],
    scope: Some(Scope::Resolve),
    run: Run::Caller(get),
    ..Route::BLANK
};

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "OneSessionValue")]
struct One {
    /// The value.
    value: Value,
}

fn get(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    let data = caller.session_get(input.parameter("id"), input.parameter("name"))?;
    let size = data.as_ref().map_or(0, |it| it.len());
    let value = data.map_or(Ok(Value::Null), |it| as_json(&it))?;
    Reply::values(&One { value }, size)
}
