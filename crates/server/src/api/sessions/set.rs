//! `POST /v1/sessions/{id}/values`: writes a piece of session data.

use distri_core::authz::Scope;
use distri_vault::Caller;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::api::field::instant;
use crate::error::{ApiError, Code};
use crate::input::Input;
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, Takes, Verb, schema_of};

/// The most bytes of a body: 256 KiB of data, and the rest.
const BODY: usize = 320 << 10;

pub(crate) static ROUTE: Route = Route {
    verb: Verb::Post,
    name: "set_session_value",
    path: "/v1/sessions/{id}/values",
    summary: "Write a piece of session data",
    about: "It is sealed under the account's key, and is the same that handlers see as `session`. At most 256 KiB.",
    body: Takes::json_up_to(BODY, schema_of::<Body>),
    gives: &[Gives::nothing(204, "It is written")],
    scope: Some(Scope::Resolve),
    run: Run::Caller(set),
    ..Route::BLANK
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SessionValue")]
struct Body {
    /// Its name, at most 256 bytes.
    key: String,
    /// Any JSON.
    value: Value,
    /// When it is no longer there (RFC 3339); never without it.
    expiry: Option<String>,
}

fn set(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    let body: Body = input.json()?;
    let expiry = body.expiry.map(|it| instant("expiry", &it)).transpose()?;
    let data = serde_json::to_vec(&body.value).map(Zeroizing::new);
    let data = data.map_err(|_| ApiError::new(Code::Internal, "the value cannot be written as JSON"))?;
    caller.session_set(input.parameter("id"), &body.key, &data, expiry)?;
    Ok(Reply::nothing())
}
