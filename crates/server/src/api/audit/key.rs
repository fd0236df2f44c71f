//! `GET /v1/audit/key`: the public key that checks the log's checkpoints.

use distri_vault::Caller;
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::ApiError;
use crate::input::Input;
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, schema_of};

pub(crate) static ROUTE: Route = Route {
    name: "get_audit_key",
    path: "/v1/audit/key",
    summary: "Read the log's public key",
    about: "It is no secret; whoever checks an export gets it by another way than the export.",
    gives: &[Gives::json(200, "The key", schema_of::<View>)],
    run: Run::Caller(key),
    ..Route::BLANK
};

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AuditKey")]
struct View {
    /// In the form of Go's `sumdb/note`.
    key: String,
}

fn key(caller: &Caller<'_>, _input: &Input) -> Result<Reply, ApiError> {
    Reply::json(&View {
        key: caller.audit_key(),
    })
}
