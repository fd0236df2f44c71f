//! `POST /v1/secrets/resolve`: values leave to a program; the record of it is on the disk before the answer.

use std::collections::BTreeMap;
use std::str::FromStr;

use distri_core::SecretKey;
use distri_core::authz::Scope;
use distri_core::ids::RunId;
use distri_core::release::Release;
use distri_vault::Caller;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::value::{Encoding, Shown};
use crate::error::ApiError;
use crate::input::{Input, environment, named};
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, Takes, Verb, schema_of};
use crate::together::Later;

/// The most keys of one request.
const KEYS: usize = 1_000;

pub(crate) static ROUTE: Route = Route {
    verb: Verb::Post,
    name: "resolve_secrets",
    path: "/v1/secrets/resolve",
    summary: "Get the values of secrets",
    about: "The release is recorded, with versions and hosts, before any value is opened. Keys that are not set, have \
            expired, or may not be used by this agent are left out.",
    body: Takes::json(schema_of::<Body>),
    gives: &[Gives::json(200, "The values", schema_of::<Resolved<'_>>)],
    scope: Some(Scope::Resolve),
    run: Run::Together(resolve),
    ..Route::BLANK
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Resolve")]
struct Body {
    /// The keys, at most 1,000.
    keys: Vec<String>,
    /// The environment, `default` without it; no other is looked into.
    environment: Option<String>,
    /// For which agent; a program that is none has none.
    agent: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Resolved<'v> {
    /// Each key with its value.
    resolved: BTreeMap<&'v str, Shown<'v>>,
    /// The keys whose values are written as base64, because they are no text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    base64: Vec<&'v str>,
}

fn resolve<'c>(caller: &'c Caller<'c>, input: &Input) -> Result<Later<'c>, ApiError> {
    let body: Body = input.json()?;
    if body.keys.len() > KEYS {
        return Err(ApiError::invalid(format!("`keys` has more than {KEYS} keys")));
    }
    // What no key can be called is not set.
    let keys = body.keys.iter().filter_map(|it| SecretKey::from_str(it).ok()).collect();
    let agent = body.agent.map(|it| named("agent", &it)).transpose()?;
    let environment = environment(body.environment.as_deref())?;
    let begun = caller.begin_release(RunId::new(input.clock.as_ref()), agent, environment, keys)?;
    Ok(Box::new(move || resolved(&begun.finish()?)))
}

fn resolved(release: &Release) -> Result<Reply, ApiError> {
    let size = release
        .secrets
        .iter()
        .map(|it| it.key.as_str().len() + it.value.len())
        .sum();
    let resolved: BTreeMap<_, _> = release
        .secrets
        .iter()
        .map(|it| (it.key.as_str(), Shown(&it.value)))
        .collect();
    let is_base64 = |it: &(&&str, &Shown<'_>)| it.1.encoding() == Encoding::Base64;
    let base64 = resolved.iter().filter(is_base64).map(|it| *it.0).collect();
    Reply::values(&Resolved { resolved, base64 }, size)
}
