//! `POST /v1/secrets/reveal`: a person reads the values of an environment, which is recorded before any is opened.

use std::collections::BTreeSet;

use distri_core::SecretKey;
use distri_core::authz::Scope;
use distri_vault::Caller;
use schemars::JsonSchema;
use serde::Deserialize;

use super::reveal::{Revealed, size};
use crate::api::field::each;
use crate::error::ApiError;
use crate::input::{Input, environment};
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, Takes, Verb, schema_of};

/// The most keys of one request.
const KEYS: usize = 1_000;

pub(crate) static ROUTE: Route = Route {
    verb: Verb::Post,
    name: "reveal_secrets",
    path: "/v1/secrets/reveal",
    summary: "Read the values of an environment",
    about: "All of them, or those that are named, which must be there. One audit record of it is written before any value \
            is opened.",
    body: Takes::json(schema_of::<Body>),
    gives: &[Gives::json(
        200,
        "The values, sorted by key",
        schema_of::<Vec<Revealed<'_>>>,
    )],
    refuses: &[404],
    scope: Some(Scope::Reveal),
    run: Run::Caller(reveal),
    ..Route::BLANK
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RevealAll")]
struct Body {
    /// The environment, `default` without it; no other is looked into.
    environment: Option<String>,
    /// These keys; all without it.
    only: Option<Vec<String>>,
}

fn reveal(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    let body: Body = input.json()?;
    let environment = environment(body.environment.as_deref())?;
    if body.only.as_ref().is_some_and(|it| it.len() > KEYS) {
        return Err(ApiError::invalid(format!("`only` has more than {KEYS} keys")));
    }
    let only = body.only.map(|it| each("only", &it)).transpose()?;
    let only: Option<BTreeSet<SecretKey>> = only.map(|it| it.into_iter().collect());
    let revealed = caller.reveal_all(&environment, only.as_ref())?;
    let size: usize = revealed.iter().map(size).sum();
    Reply::values(&revealed.iter().map(Revealed::from).collect::<Vec<_>>(), size)
}
