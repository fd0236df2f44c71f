//! `GET /v1/audit/who-did`: the records that name a secret, in a span of time.

use distri_core::authz::Scope;
use distri_core::{Environment, SecretKey, Timestamp};
use distri_vault::Caller;
use schemars::JsonSchema;
use serde::Deserialize;

use super::RecordView;
use crate::api::field::instant;
use crate::error::ApiError;
use crate::input::{Input, named};
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, schema_of};

pub(crate) static ROUTE: Route = Route {
    name: "who_did",
    path: "/v1/audit/who-did",
    summary: "Say who did something with a secret",
    about: "The records that name its key, oldest first.",
    query: Some(schema_of::<Query>),
    gives: &[Gives::json(200, "Records", schema_of::<Vec<RecordView>>)],
    scope: Some(Scope::Admin),
    run: Run::Caller(who_did),
    ..Route::BLANK
};

/// A secret and a span of time.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Query {
    /// The secret's key.
    key: String,
    /// Only in this environment.
    environment: Option<String>,
    /// From this instant (RFC 3339); from the beginning without it.
    from: Option<String>,
    /// Before this instant; until now without it.
    to: Option<String>,
}

/// The same, read.
pub(super) struct Question {
    pub(super) key: SecretKey,
    pub(super) environment: Option<Environment>,
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
}

impl Query {
    pub(super) fn read(self, now: Timestamp) -> Result<Question, ApiError> {
        // What this very moment brought is meant as well.
        let end = now.checked_add(jiff::SignedDuration::from_millis(1)).unwrap_or(now);
        Ok(Question {
            key: named("key", &self.key)?,
            environment: self.environment.map(|it| named("environment", &it)).transpose()?,
            from: self.from.map_or(Ok(Timestamp::UNIX_EPOCH), |it| instant("from", &it))?,
            to: self.to.map_or(Ok(end), |it| instant("to", &it))?,
        })
    }
}

fn who_did(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    let Question {
        key,
        environment,
        from,
        to,
    } = input.query::<Query>()?.read(input.clock.now())?;
    let records = caller.who_did(&key, environment.as_ref(), from, to)?;
    let records = records.into_iter().map(|(seq, record)| RecordView { seq, record });
    Reply::json(&records.collect::<Vec<_>>())
}
