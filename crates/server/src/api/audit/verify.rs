//! `GET /v1/audit/verify`: whether every record is as distri wrote it.

use std::borrow::Cow;

use distri_core::authz::Scope;
use distri_vault::Caller;
use distri_vault::audit::AuditReport;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use crate::error::ApiError;
use crate::input::Input;
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, schema_of};

pub(crate) static ROUTE: Route = Route {
    name: "verify_log",
    path: "/v1/audit/verify",
    summary: "Check the audit log",
    about: "The server checks its own log: every record, its checkpoints, and what was delivered. Whoever does not believe \
            the server takes an export and the public key, from elsewhere.",
    gives: &[Gives::json(200, "What was found", schema_of::<View>)],
    scope: Some(Scope::Admin),
    run: Run::Caller(verify),
    ..Route::BLANK
};

#[derive(Serialize)]
#[serde(transparent)]
struct View(AuditReport);

fn verify(caller: &Caller<'_>, _input: &Input) -> Result<Reply, ApiError> {
    Reply::json(&View(caller.verify_audit()?))
}

impl JsonSchema for View {
    fn schema_name() -> Cow<'static, str> {
        "AuditReport".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let count = |what: &str| json_schema!({ "type": "integer", "minimum": 0, "description": what });
        json_schema!({
            "type": "object",
            "required": ["size", "head", "checkpoints", "delivered", "waiting", "pruned_through", "rollbacks", "unheld", "findings"],
            "properties": {
                "size": count("How many records there are"),
                "head": { "type": "string", "description": "The tree's head over them" },
                "checkpoints": count("How many are signed"),
                "delivered": count("How many of them are outside of the database"),
                "waiting": count("How many are on their way"),
                "pruned_through": count("Up to which record only leaves are left"),
                "rollbacks": count("How many rollbacks were accepted"),
                "unheld": count("How many rows may be older than the records that were not pruned, so that nothing says whether they belong there"),
                "findings": {
                    "type": "array",
                    "description": "What does not fit; none where all is well",
                    "items": {
                        "type": "object",
                        "required": ["seq", "what"],
                        "properties": { "seq": { "type": "integer" }, "what": { "type": "string" } },
                    },
                },
            },
        })
    }
}
