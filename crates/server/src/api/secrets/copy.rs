//! `POST /v1/secrets/copy`: secrets from one environment to another; no value leaves the vault.

use distri_core::authz::Scope;
use distri_vault::Caller;
use distri_vault::secrets::CopySecrets;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::import::Conflict;
use crate::api::field::each;
use crate::error::ApiError;
use crate::input::{Input, named};
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, Takes, Verb, schema_of};

pub(crate) static ROUTE: Route = Route {
    verb: Verb::Post,
    name: "copy_secrets",
    path: "/v1/secrets/copy",
    summary: "Copy secrets to another environment",
    about: "Values and policies, all of them or none. No value leaves the vault.",
    body: Takes::json(schema_of::<Body>),
    gives: &[Gives::json(200, "What was copied", schema_of::<Copied>)],
    refuses: &[404, 409],
    scope: Some(Scope::Write),
    run: Run::Caller(copy),
    ..Route::BLANK
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Copy")]
struct Body {
    /// From which environment.
    from: String,
    /// To which.
    to: String,
    /// These keys; all without it.
    only: Option<Vec<String>>,
    /// What to do with keys that are there already, `fail` without it.
    #[serde(default)]
    on_conflict: Conflict,
}

#[derive(Serialize, JsonSchema)]
struct Copied {
    /// The keys that were copied.
    copied: Vec<String>,
    /// The keys that were there already and stay.
    skipped: Vec<String>,
}

fn copy(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    let body: Body = input.json()?;
    let only = body.only.map(|it| each("only", &it)).transpose()?;
    let outcome = caller.copy(&CopySecrets {
        from: named("from", &body.from)?,
        to: named("to", &body.to)?,
        only: only.map(|it| it.into_iter().collect()),
        on_conflict: body.on_conflict.into(),
    })?;
    Reply::json(&Copied {
        copied: outcome.copied.into_iter().map(String::from).collect(),
        skipped: outcome.skipped.into_iter().map(String::from).collect(),
    })
}
