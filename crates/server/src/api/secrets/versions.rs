//! `GET /v1/secrets/{key}/versions`: who wrote which version, when and why.

use distri_core::Timestamp;
use distri_core::authz::Scope;
use distri_core::policy::Binding;
use distri_vault::Caller;
use distri_vault::secrets::HistoryEntry;
use schemars::JsonSchema;
use serde::Serialize;

use super::InEnvironment;
use crate::api::field::names_of;
use crate::error::ApiError;
use crate::input::{Input, environment};
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, schema_of};

pub(crate) static ROUTE: Route = Route {
    name: "list_versions",
    path: "/v1/secrets/{key}/versions",
    summary: "List the versions of a secret",
    about: "All of them, newest first, without their values.",
    query: Some(schema_of::<InEnvironment>),
    gives: &[Gives::json(200, "The versions", schema_of::<Vec<VersionView>>)],
    refuses: &[404],
    scope: Some(Scope::Read),
    run: Run::Caller(versions),
    ..Route::BLANK
};

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Version")]
struct VersionView {
    /// The version, from 1.
    version: u32,
    /// Whether it is the one in use.
    current: bool,
    /// Whether it waits beside the one in use.
    staged: bool,
    /// `value`, `policy`, `staged`, `promoted` or `rollback`.
    change: &'static str,
    /// The version whose value a rollback brought back.
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<u32>,
    /// When it was written.
    #[schemars(with = "String")]
    created_at: Timestamp,
    /// Who wrote it.
    created_by: String,
    /// Where the value might go.
    hosts: Vec<String>,
    /// The agents that might use it; null for all of them.
    agents: Option<Vec<String>>,
    /// `auto`, `placeholder` or `value`.
    delivery: &'static str,
    /// Whether the value might be put into a request's body.
    body: bool,
}

fn versions(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    let query: InEnvironment = input.query()?;
    let history = caller.history(&input.key()?, &environment(query.environment.as_deref())?)?;
    Reply::json(&history.into_iter().map(VersionView::from).collect::<Vec<_>>())
}

impl From<HistoryEntry> for VersionView {
    fn from(entry: HistoryEntry) -> Self {
        Self {
            version: entry.version,
            current: entry.current,
            staged: entry.staged,
            change: entry.change,
            origin: entry.origin,
            created_at: entry.created_at,
            created_by: entry.created_by,
            hosts: entry.policy.hosts.iter().map(Binding::to_string).collect(),
            agents: names_of(&entry.policy.agents),
            delivery: entry.policy.delivery.as_str(),
            body: entry.policy.body,
        }
    }
}
