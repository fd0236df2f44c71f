//! `PUT /v1/runs/{id}/requests`: a runtime says where the requests of its run went.

use distri_core::authz::Scope;
use distri_vault::Caller;
use distri_vault::observed::{ObservedAbout, ObservedBatch};
use schemars::JsonSchema;
use serde::Deserialize;

use super::view::RequestView;
use crate::api::field::{each, instant};
use crate::error::ApiError;
use crate::input::{Input, environment, named};
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, Takes, Verb, schema_of};

/// The most bytes of a body.
const BODY: usize = 4 << 20;
/// The most requests of a batch, and secrets of a run.
const MOST: usize = 4_096;

pub(crate) static ROUTE: Route = Route {
    verb: Verb::Put,
    name: "observe_run",
    path: "/v1/runs/{id}/requests",
    summary: "Record the requests of a run",
    about: "In batches, each with its number; one that is there already is replaced. They are sealed, and the newest 50 runs \
            are kept.",
    body: Takes::json_up_to(BODY, schema_of::<Body>),
    gives: &[Gives::nothing(204, "They are recorded")],
    refuses: &[404],
    scope: Some(Scope::Resolve),
    run: Run::Caller(observe),
    ..Route::BLANK
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ObservedBatch")]
struct Body {
    /// The batch's number, from 1.
    #[schemars(range(min = 1))]
    batch: u32,
    /// When the run began (RFC 3339).
    at: String,
    /// The run's agent; a command has none.
    agent: Option<String>,
    /// The environment of its secrets.
    environment: Option<String>,
    /// The keys of the run's secrets.
    secrets: Vec<String>,
    /// The requests that are new, and how often each was sent.
    requests: Vec<RequestView>,
    /// How many more there were that are not recorded.
    #[serde(default)]
    left_out: u32,
}

fn observe(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    let run = super::run(input)?;
    let body: Body = input.json()?;
    if body.requests.len() > MOST || body.secrets.len() > MOST {
        return Err(ApiError::invalid(format!(
            "`requests` and `secrets` have at most {MOST} entries"
        )));
    }
    if body.batch == 0 {
        return Err(ApiError::invalid("`batch` is a number from 1"));
    }
    let about = ObservedAbout {
        at: instant("at", &body.at)?,
        agent: body.agent.map(|it| named("agent", &it)).transpose()?,
        environment: environment(body.environment.as_deref())?,
        secrets: each("secrets", &body.secrets)?,
    };
    let requests = body.requests.into_iter().map(RequestView::read);
    let batch = ObservedBatch {
        about,
        requests: requests.collect::<Result<_, _>>()?,
        left_out: body.left_out.into(),
    };
    caller.observe(run, body.batch, &batch)?;
    Ok(Reply::nothing())
}
