//! `GET /v1/audit/who-could`: which agents and people could have used a secret, in a span of time.

use std::borrow::Cow;

use distri_core::authz::Scope;
use distri_vault::Caller;
use distri_vault::audit::{CouldUse, WhoCould};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use super::who_did::Query;
use crate::error::ApiError;
use crate::input::Input;
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, schema_of};

pub(crate) static ROUTE: Route = Route {
    name: "who_could",
    path: "/v1/audit/who-could",
    summary: "Say who could have used a secret",
    about: "Reconstructed from the log, and from the versions where it was pruned.",
    query: Some(schema_of::<Query>),
    gives: &[Gives::json(200, "Who could have used it", schema_of::<View>)],
    scope: Some(Scope::Admin),
    run: Run::Caller(who_could),
    ..Route::BLANK
};

#[derive(Serialize)]
#[serde(transparent)]
struct View(CouldUse);

fn who_could(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    let question = input.query::<Query>()?.read(input.clock.now())?;
    let answer = caller.who_could(&WhoCould {
        key: question.key,
        environment: question.environment,
        from: question.from,
        to: question.to,
    })?;
    Reply::json(&View(answer))
}

impl JsonSchema for View {
    fn schema_name() -> Cow<'static, str> {
        "CouldUse".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "required": ["spans", "people", "pruned"],
            "properties": {
                "spans": {
                    "type": "array",
                    "description": "Spans of time with a policy",
                    "items": {
                        "type": "object",
                        "required": ["environment", "from", "to", "version", "agents", "hosts"],
                        "properties": {
                            "environment": { "type": "string" },
                            "from": { "type": "string", "format": "date-time" },
                            "to": { "type": "string", "format": "date-time" },
                            "version": { "type": "integer" },
                            "agents": { "description": "`all`, or `{\"only\": [name]}`" },
                            "hosts": { "type": "array", "items": { "type": "string" } },
                            "seq": { "type": "integer", "description": "The record that says so" },
                        },
                    },
                },
                "people": { "type": "array", "items": { "type": "object" }, "description": "Whoever acted in the account" },
                "pruned": { "type": "boolean", "description": "Whether the log's beginning was pruned" },
            },
        })
    }
}
