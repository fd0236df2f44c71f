//! `GET /v1/agents/{name}/check`: whether an agent would get its secrets in an environment.

use std::collections::BTreeMap;

use distri_core::SecretKey;
use distri_core::authz::Scope;
use distri_vault::Caller;
use distri_vault::secrets::SecretInfo;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::ApiError;
use crate::input::{Input, environment};
use crate::need::Need;
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, schema_of};

pub(crate) static ROUTE: Route = Route {
    name: "check_agent",
    path: "/v1/agents/{name}/check",
    summary: "Check whether an agent would start",
    about: "Whether each of its secrets is set, has not expired, and may be used by it.",
    query: Some(schema_of::<Query>),
    gives: &[Gives::json(200, "What was found", schema_of::<Checked>)],
    refuses: &[404],
    scope: Some(Scope::Read),
    run: Run::Caller(check),
    ..Route::BLANK
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Query {
    /// The environment, `default` without it; no other is looked into.
    environment: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CheckedAgent")]
struct Checked {
    /// Whether every required secret can be given.
    starts: bool,
    /// Each secret that it names.
    secrets: Vec<View>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SecretNeed")]
struct View {
    /// The key.
    key: String,
    /// Whether it does not start without it.
    required: bool,
    /// `set`, `missing`, `expired` or `not_for_this_agent`.
    state: &'static str,
}

fn check(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    let query: Query = input.query()?;
    let name = super::name(input)?;
    let info = caller.agent(&name)?.info;
    let environment = environment(query.environment.as_deref())?;
    let named = info.required.iter().chain(&info.optional);
    let there = caller.list_called(named, Some(&environment))?;
    let now = input.clock.now();
    let secrets: BTreeMap<SecretKey, SecretInfo> = there.into_iter().map(|it| (it.info.key.clone(), it.info)).collect();
    let state = |key: &SecretKey| Need::of(&name, secrets.get(key), now);
    let view = |required: bool| {
        move |key: &SecretKey| View {
            key: key.to_string(),
            required,
            state: state(key).as_str(),
        }
    };
    let starts = info.required.iter().all(|it| state(it) == Need::Set);
    let required = info.required.iter().map(view(true));
    let secrets: Vec<View> = required.chain(info.optional.iter().map(view(false))).collect();
    Reply::json(&Checked { starts, secrets })
}
