//! `POST /v1/releases`: a run gets its secrets, with their policies and placeholders; nothing where one is missing.
//!
//! `resolve` is for programs that want values; this is for runtimes that hold them back behind placeholders.

use std::collections::BTreeSet;

use distri_core::SecretKey;
use distri_core::authz::Scope;
use distri_core::ids::RunId;
use distri_core::policy::Binding;
use distri_core::release::ReleasedSecret;
use distri_vault::Caller;
use distri_vault::secrets::{ReleaseSecrets, Selection};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::field::{each, names_of};
use crate::api::value::{Encoding, Shown};
use crate::error::ApiError;
use crate::input::{Input, environment, named};
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, Takes, Verb, schema_of};

/// The most keys of one request.
const KEYS: usize = 1_000;

pub(crate) static ROUTE: Route = Route {
    verb: Verb::Post,
    name: "release_secrets",
    path: "/v1/releases",
    summary: "Give a run its secrets",
    about: "All secrets that the agent may use, or those that are named. Where a required one cannot be given nothing \
            is recorded and nothing given, and all that are missing are named. Else the release is recorded, with \
            versions and hosts, before any value is opened.",
    body: Takes::json(schema_of::<Body>),
    gives: &[Gives::json(200, "The secrets", schema_of::<Released<'_>>)],
    refuses: &[422],
    scope: Some(Scope::Resolve),
    run: Run::Caller(release),
    ..Route::BLANK
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewRelease")]
struct Body {
    /// The run, a UUID; a new one without it.
    run: Option<String>,
    /// The environment, `default` without it; no other is looked into.
    environment: Option<String>,
    /// For which agent; a command has none.
    agent: Option<String>,
    /// These keys and no others, all of which must be there; without it all that the agent may use.
    only: Option<Vec<String>>,
    /// Keys that must be among all.
    #[serde(default)]
    required: Vec<String>,
    /// The staged value of each secret that has one, to try it before it is promoted.
    #[serde(default)]
    staged: bool,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Release")]
struct Released<'r> {
    /// The run that the record names.
    run: String,
    /// The secrets, sorted by key.
    secrets: Vec<View<'r>>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ReleasedSecret")]
struct View<'r> {
    /// Its key.
    key: &'r str,
    /// The version.
    version: u32,
    value: Shown<'r>,
    /// How the value is written: `base64` when it is no text.
    encoding: Encoding,
    /// What the run holds instead of the value; null where it holds the value.
    placeholder: Option<&'r str>,
    /// By what it is recognised, and of which secret of which record it is; null where there is none.
    mark: Option<MarkView<'r>>,
    /// Where the value may go.
    hosts: Vec<String>,
    /// The agents that may use it; null for all of them.
    agents: Option<Vec<String>>,
    /// `auto`, `placeholder` or `value`.
    delivery: &'static str,
    /// Whether the value may be put into a request's body.
    body: bool,
}

/// What tells a placeholder of this run from any other text.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PlaceholderMark")]
struct MarkView<'r> {
    /// The part that no text has by chance, without prefix and filler.
    text: &'r str,
    /// The number of the release's audit record.
    record: u64,
    /// The secret's place in it, from 0.
    place: usize,
}

fn release(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    let body: Body = input.json()?;
    let run = match &body.run {
        Some(text) => named("run", text)?,
        None => RunId::new(input.clock.as_ref()),
    };
    let request = ReleaseSecrets {
        agent: body.agent.as_deref().map(|it| named("agent", it)).transpose()?,
        environment: environment(body.environment.as_deref())?,
        selection: selection(&body)?,
    };
    let release = match body.staged {
        false => caller.release(run, &request)?,
        true => caller.release_staged(run, &request)?,
    };
    let size: usize = release.secrets.iter().map(|it| it.value.len() + 640).sum();
    let released = Released {
        run: release.run.to_string(),
        secrets: release.secrets.iter().map(View::from).collect(),
    };
    Reply::values(&released, size)
}

fn selection(body: &Body) -> Result<Selection, ApiError> {
    let keys = |field: &str, texts: &[String]| -> Result<BTreeSet<SecretKey>, ApiError> {
        if texts.len() > KEYS {
            return Err(ApiError::invalid(format!("`{field}` has more than {KEYS} keys")));
        }
        Ok(each(field, texts)?.into_iter().collect())
    };
    match &body.only {
        None => Ok(Selection::All {
            required: keys("required", &body.required)?,
        }),
        Some(_) if !body.required.is_empty() => Err(ApiError::invalid(
            "`only` requires each of its keys; leave `required` out",
        )),
        Some(only) => Ok(Selection::Only(keys("only", only)?)),
    }
}

impl<'r> From<&'r ReleasedSecret> for View<'r> {
    fn from(secret: &'r ReleasedSecret) -> Self {
        let value = Shown(&secret.value);
        Self {
            key: secret.key.as_str(),
            version: secret.version,
            encoding: value.encoding(),
            value,
            placeholder: secret.placeholder.as_ref().map(|it| it.as_str()),
            mark: secret.placeholder.as_ref().map(|it| MarkView {
                text: it.core(),
                record: it.id().release(),
                place: it.id().subject(),
            }),
            hosts: secret.policy.hosts.iter().map(Binding::to_string).collect(),
            agents: names_of(&secret.policy.agents),
            delivery: secret.policy.delivery.as_str(),
            body: secret.policy.body,
        }
    }
}
