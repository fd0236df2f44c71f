//! `PATCH /v1/secrets/{key}`: policy, note and expiry of a secret; its value stays.

use distri_core::authz::Scope;
use distri_vault::Caller;
use distri_vault::secrets::UpdateSecret;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::view::SecretView;
use super::{IF_MATCH, InEnvironment};
use crate::api::field::About;
use crate::error::ApiError;
use crate::input::{Input, environment};
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, Takes, Verb, schema_of};

pub(crate) static ROUTE: Route = Route {
    verb: Verb::Patch,
    name: "edit_secret",
    path: "/v1/secrets/{key}",
    summary: "Edit what is known of a secret",
    about: "What is left out stays. A changed policy is a new version with the same value, because it is sealed in.",
    query: Some(schema_of::<InEnvironment>),
    headers: IF_MATCH,
    body: Takes::json(schema_of::<Body>),
    gives: &[Gives::json(200, "The secret as it is now", schema_of::<Edited>)],
    refuses: &[404, 409, 412],
    scope: Some(Scope::Write),
    run: Run::Caller(patch),
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "EditSecret")]
struct Body {
    #[serde(flatten)]
    about: About,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SecretEdited")]
struct Edited {
    #[serde(flatten)]
    secret: SecretView,
    /// Whether anything is different now.
    changed: bool,
    /// Whether hosts, agents or delivery are: that is a new version.
    policy_changed: bool,
}

fn patch(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    let query: InEnvironment = input.query()?;
    let body: Body = input.json()?;
    let edits = body.about.read()?;
    let request = UpdateSecret {
        hosts: edits.hosts,
        agents: edits.agents,
        delivery: edits.delivery,
        body: edits.body,
        note: edits.note,
        expires_at: edits.expires_at,
        rotate_every_days: edits.rotate_every_days,
        expected_version: input.expected_version()?.version(),
    };
    let outcome = caller.update(&input.key()?, &environment(query.environment.as_deref())?, &request)?;
    let version = outcome.info.version;
    let edited = Edited {
        secret: outcome.info.into(),
        changed: outcome.changed,
        policy_changed: outcome.policy_changed,
    };
    Ok(Reply::json(&edited)?.version(version))
}
