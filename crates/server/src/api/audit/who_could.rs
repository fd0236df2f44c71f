//! `GET /v1/audit/who-could`: which agents and people could have used a secret, in a span of time.

use std::borrow::Cow;

use distri_core::authz::Scope;
use distri_vault::Caller;
use distri_vault::audit::{CouldUse, WhoCould};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use super::who_did::Asked;
use crate::error::ApiError;
use crate::input::Input;
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, schema_of};

pub(crate) static ROUTE: Route = Route {
    name: "who_could",
    path: "/v1/audit/who-could",
    summary: "Say who could have used a secret",
    about: "Reconstructed from the log's records of the secret, of members and of tokens, and from what is stored where they \
            were pruned: whoever had a role or a token that was good for it, whether they used it or not. A key that the log \
            has never known is not found.",
    query: Some(schema_of::<Asked>),
    gives: &[Gives::json(200, "Who could have used it", schema_of::<View>)],
    scope: Some(Scope::Admin),
    run: Run::Caller(who_could),
    ..Route::BLANK
};

#[derive(Serialize)]
#[serde(transparent)]
struct View(CouldUse);

fn who_could(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    let question = input.query::<Asked>()?.read(input.clock.now())?;
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
        let source = serde_json::json!({
            "type": "string",
            "enum": ["log", "database", "presumed"],
            "description": "What says so: records, a stored row where they were pruned, or neither: then the most is assumed",
        });
        json_schema!({
            "type": "object",
            "required": ["spans", "people", "pruned"],
            "properties": {
                "spans": {
                    "type": "array",
                    "description": "Spans of time with a policy",
                    "items": {
                        "type": "object",
                        "required": ["environment", "from", "to", "version", "agents", "hosts", "source"],
                        "properties": {
                            "environment": { "type": "string" },
                            "from": { "type": "string", "format": "date-time" },
                            "to": { "type": "string", "format": "date-time" },
                            "version": { "type": "integer" },
                            "agents": { "description": "`all`, or `{\"only\": [name]}`" },
                            "hosts": { "type": "array", "items": { "type": "string" } },
                            "seq": { "type": "integer", "description": "The record that says so" },
                            "source": source.clone(),
                        },
                    },
                },
                "people": {
                    "type": "array",
                    "description": "Who could have used it, each with the times in which nothing changed about that",
                    "items": {
                        "type": "object",
                        "required": ["kind", "name", "environment", "from", "to", "may_reveal", "may_release", "source"],
                        "properties": {
                            "kind": { "type": "string", "enum": ["local", "member", "token"] },
                            "name": { "type": "string" },
                            "id": { "type": "string", "format": "uuid", "description": "The person or the token, where it is known" },
                            "environment": { "type": "string" },
                            "from": { "type": "string", "format": "date-time" },
                            "to": { "type": "string", "format": "date-time" },
                            "role": { "type": "string", "description": "Missing where it is not known: the greatest is assumed" },
                            "scopes": { "type": "array", "items": { "type": "string" }, "description": "Of a token" },
                            "addresses": { "type": "array", "items": { "type": "string" }, "description": "To which a token is limited" },
                            "may_reveal": { "type": "boolean", "description": "Whether the value could have been read" },
                            "may_release": { "type": "boolean", "description": "Whether it could have been handed to a run" },
                            "agents": { "description": "For which agents: `all`, or `{\"only\": [name]}`" },
                            "source": source,
                        },
                    },
                },
                "damaged": {
                    "type": "array",
                    "items": { "type": "string" },
                    "description": "What is wrong with stored rows that it would rest on: the most that they can have been is assumed",
                },
                "pruned": { "type": "boolean", "description": "Whether the log's beginning was pruned" },
                "kept": {
                    "type": "object",
                    "required": ["seq", "at"],
                    "description": "The first record that is left, where others were pruned",
                    "properties": {
                        "seq": { "type": "integer" },
                        "at": { "type": "string", "format": "date-time" },
                    },
                },
            },
        })
    }
}
