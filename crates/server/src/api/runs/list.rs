//! `GET /v1/runs`: the newest runs whose requests were recorded.

use distri_core::Timestamp;
use distri_core::authz::Scope;
use distri_vault::Caller;
use distri_vault::observed::{KEPT_RUNS, ObservedRun};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::view::RequestView;
use crate::error::ApiError;
use crate::input::Input;
use crate::page::limit;
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, schema_of};

pub(crate) static ROUTE: Route = Route {
    name: "list_runs",
    path: "/v1/runs",
    summary: "List the runs whose requests were recorded",
    about: "Newest first, with their requests. At most 50 are kept.",
    query: Some(schema_of::<Query>),
    gives: &[Gives::json(200, "The runs", schema_of::<Vec<RunView>>)],
    scope: Some(Scope::Read),
    run: Run::Caller(list),
    ..Route::BLANK
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Query {
    /// How many runs, 1 to 1,000.
    limit: Option<u32>,
}

/// A run and its requests.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ObservedRun")]
pub(super) struct RunView {
    /// The run, a UUID.
    run: String,
    /// When it began.
    #[schemars(with = "String")]
    at: Timestamp,
    /// Its agent; a command has none.
    agent: Option<String>,
    /// The environment of its secrets.
    environment: String,
    /// The keys of its secrets.
    secrets: Vec<String>,
    /// Its requests, each once.
    requests: Vec<RequestView>,
    /// How many more there were.
    left_out: u64,
}

fn list(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    let query: Query = input.query()?;
    let limit = limit(query.limit, KEPT_RUNS)?;
    let runs = caller.observed_runs(u32::try_from(limit).unwrap_or(KEPT_RUNS))?;
    Reply::json(&runs.into_iter().map(RunView::from).collect::<Vec<_>>())
}

impl From<ObservedRun> for RunView {
    fn from(run: ObservedRun) -> Self {
        Self {
            run: run.run.to_string(),
            at: run.about.at,
            agent: run.about.agent.map(String::from),
            environment: run.about.environment.into(),
            secrets: run.about.secrets.into_iter().map(String::from).collect(),
            requests: run.requests.into_iter().map(RequestView::from).collect(),
            left_out: run.left_out,
        }
    }
}
