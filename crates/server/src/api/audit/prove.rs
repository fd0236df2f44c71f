//! `GET /v1/audit/{id}/proof`: one record with the proof that it is in the log.

use std::borrow::Cow;

use distri_core::authz::Scope;
use distri_core::ids::RecordId;
use distri_vault::Caller;
use distri_vault::audit::{ProvenRecord, RecordRef};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use crate::error::ApiError;
use crate::input::Input;
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, schema_of};

pub(crate) static ROUTE: Route = Route {
    name: "prove_record",
    path: "/v1/audit/{id}/proof",
    summary: "Prove that a record is in the log",
    about: "By its identifier or its number. Anybody checks it with the public key alone: `docs/audit.md`.",
    gives: &[Gives::json(200, "The record and its proof", schema_of::<View>)],
    refuses: &[404],
    scope: Some(Scope::Admin),
    run: Run::Caller(prove),
    ..Route::BLANK
};

#[derive(Serialize)]
#[serde(transparent)]
struct View(ProvenRecord);

fn prove(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    let text = input.parameter("id");
    let number = text.parse().ok().map(RecordRef::Seq);
    let id = || text.parse::<RecordId>().ok().map(RecordRef::Id);
    let which = number.or_else(id).ok_or_else(|| ApiError::not_found("audit record"))?;
    Reply::json(&View(caller.prove_audit(which)?))
}

impl JsonSchema for View {
    fn schema_name() -> Cow<'static, str> {
        "ProvenRecord".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "required": ["seq", "leaf", "proof", "key"],
            "properties": {
                "seq": { "type": "integer", "minimum": 1 },
                "leaf": { "type": "string", "description": "Its hash in the tree" },
                "record": { "type": "object", "description": "The record; not where it was pruned" },
                "canonical": { "type": "string", "description": "What the leaf is the hash of, in base64" },
                "proof": { "type": "string", "description": "A C2SP tlog-proof" },
                "key": { "type": "string", "description": "The public key" },
            },
        })
    }
}
