//! `POST /v1/secrets`: sets a value, of a new secret or as the next version of one.

use distri_core::SecretKey;
use distri_core::authz::Scope;
use distri_core::catalogue::Catalogue;
use distri_vault::Caller;
use distri_vault::secrets::{SetOutcome, SetSecret};
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::VALUE_BODY;
use super::view::SecretView;
use crate::api::field::About;
use crate::api::value::{Encoding, ValueText};
use crate::error::ApiError;
use crate::input::{Expected, Input, environment, named};
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, Takes, Verb, schema_of};
use crate::together::Later;

pub(crate) static ROUTE: Route = Route {
    verb: Verb::Post,
    name: "set_secret",
    path: "/v1/secrets",
    summary: "Set a secret",
    about: "A new secret, or the next version of one: the versions before it stay in the history, and a deleted secret \
            comes back. A well-known key is bound to its service's hosts when it is new.",
    headers: &[
        (
            "if-match",
            "The version that the client has seen, such as `\"3\"`: another one is refused with 412",
        ),
        (
            "if-none-match",
            "`*`: a secret that is there already is refused with 412",
        ),
    ],
    body: Takes::json_up_to(VALUE_BODY, schema_of::<Body>),
    gives: &[
        Gives::json(201, "The secret is new", schema_of::<Set>),
        Gives::json(200, "The secret has a new version", schema_of::<Set>),
    ],
    refuses: &[404, 409, 412],
    scope: Some(Scope::Write),
    run: Run::Together(upsert),
    ..Route::BLANK
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SetSecret")]
struct Body {
    /// Its key, `[A-Z_][A-Z0-9_]{0,127}`.
    key: String,
    value: ValueText,
    /// How the value is written, `text` without it.
    #[serde(default)]
    encoding: Encoding,
    /// Its environment, `default` without it.
    environment: Option<String>,
    #[serde(flatten)]
    about: About,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SecretSet")]
struct Set {
    #[serde(flatten)]
    secret: SecretView,
    /// Whether it was deleted and is back.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schemars(with = "bool")]
    undeleted: bool,
}

fn upsert<'c>(caller: &'c Caller<'c>, input: &Input) -> Result<Later<'c>, ApiError> {
    let body: Body = input.json()?;
    let key: SecretKey = named("key", &body.key)?;
    let edits = body.about.read()?;
    let value = body.value.decode(body.encoding)?;
    let expected = input.expected_version()?;
    let request = SetSecret {
        default_policy: Catalogue::builtin().policy_for(&key),
        hosts: edits.hosts,
        agents: edits.agents,
        delivery: edits.delivery,
        body: edits.body,
        note: edits.note,
        expires_at: edits.expires_at,
        rotate_every_days: edits.rotate_every_days,
        expected_version: expected.version(),
        must_exist: expected == Expected::Some,
        ..SetSecret::new(key, environment(body.environment.as_deref())?, value)
    };
    let begun = caller.begin_set(request)?;
    Ok(Box::new(move || set(begun.finish()?)))
}

fn set(outcome: SetOutcome) -> Result<Reply, ApiError> {
    let version = outcome.info.version;
    let status = if outcome.created {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    let set = Set {
        secret: outcome.info.into(),
        undeleted: outcome.undeleted,
    };
    Ok(Reply::json(&set)?.status(status).version(version))
}
