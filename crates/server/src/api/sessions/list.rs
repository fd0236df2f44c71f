//! `GET /v1/sessions/{id}/values`: all data of a session.

use distri_core::authz::Scope;
use distri_vault::Caller;
use distri_vault::sessions::SessionPiece;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::as_json;
use crate::error::ApiError;
use crate::input::Input;
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, schema_of};

pub(crate) static ROUTE: Route = Route {
    name: "list_session_values",
    path: "/v1/sessions/{id}/values",
    summary: "Read the data of a session",
    about: "What has not expired. A session that nothing was written to has none.",
    gives: &[Gives::json(200, "The data", schema_of::<Values>)],
    scope: Some(Scope::Resolve),
    run: Run::Caller(list),
    ..Route::BLANK
};

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SessionValues")]
struct Values {
    /// Each name with its value.
    values: Map<String, Value>,
}

fn list(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    let mut values = Map::new();
    let mut size = 0;
    for SessionPiece { name, data } in caller.session_all(input.parameter("id"))? {
        size += name.len() + data.len() + 8;
        values.insert(name, as_json(&data)?);
    }
    Reply::values(&Values { values }, size)
}
