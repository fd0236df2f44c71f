//! `GET /v1/audit/who-did`: the records that name a secret, in a span of time.

use distri_core::authz::Scope;
use distri_core::{Environment, SecretKey, Timestamp};
use distri_vault::Caller;
use distri_vault::audit::{Kept, WhoDid};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::RecordView;
use crate::api::field::instant;
use crate::error::ApiError;
use crate::input::{Input, named};
use crate::page::limit;
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, schema_of};

pub(crate) static ROUTE: Route = Route {
    name: "who_did",
    path: "/v1/audit/who-did",
    summary: "Say who did something with a secret",
    about: "The records that name its key, oldest first, in pages. A key that the log has never known is not found.",
    query: Some(schema_of::<Query>),
    gives: &[Gives::json(200, "A page of records", schema_of::<View>)],
    scope: Some(Scope::Admin),
    run: Run::Caller(who_did),
    ..Route::BLANK
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Query {
    /// The secret's key.
    key: String,
    /// Only in this environment.
    environment: Option<String>,
    /// From this instant (RFC 3339); from the beginning without it.
    from: Option<String>,
    /// Before this instant; until now without it.
    to: Option<String>,
    /// Only records after this number: `next` of the page before.
    after: Option<u64>,
    /// How many records, 1 to 1,000; 1,000 without it.
    limit: Option<u32>,
}

/// A page of records, oldest first.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "WhoDid")]
struct View {
    /// The records.
    records: Vec<RecordView>,
    /// The number after which the next page is; missing when this was the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
    /// The first record that is left, where the log was pruned and what was asked for begins before that: what was done until
    /// then is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    kept: Option<KeptView>,
}

/// The first record that is left of a log whose beginning was pruned.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Kept")]
struct KeptView {
    /// Its number.
    seq: u64,
    /// When it was written.
    at: String,
}

impl From<Kept> for KeptView {
    fn from(kept: Kept) -> Self {
        Self {
            seq: kept.seq,
            at: kept.at.to_string(),
        }
    }
}

/// A secret and a span of time.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
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

impl Asked {
    pub(super) fn read(self, now: Timestamp) -> Result<Question, ApiError> {
        // What this very moment brought is meant as well.
        let end = now.checked_add(jiff::SignedDuration::from_millis(1)).unwrap_or(now);
        let question = Question {
            key: named("key", &self.key)?,
            environment: self.environment.map(|it| named("environment", &it)).transpose()?,
            from: self.from.map_or(Ok(Timestamp::UNIX_EPOCH), |it| instant("from", &it))?,
            to: self.to.map_or(Ok(end), |it| instant("to", &it))?,
        };
        match question.from < question.to {
            true => Ok(question),
            false => Err(ApiError::invalid("`from` must be before `to`")),
        }
    }
}

fn who_did(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    let query: Query = input.query()?;
    let (after, limit) = (query.after.unwrap_or(0), limit(query.limit, 1_000)?);
    let asked = Asked {
        key: query.key,
        environment: query.environment,
        from: query.from,
        to: query.to,
    };
    let Question {
        key,
        environment,
        from,
        to,
    } = asked.read(input.clock.now())?;
    let page = caller.who_did(&WhoDid {
        key,
        environment,
        from,
        to,
        after,
        limit,
    })?;
    let records = page.records.into_iter();
    Reply::json(&View {
        records: records.map(|(seq, record)| RecordView { seq, record }).collect(),
        next: page.next,
        kept: page.kept.map(KeptView::from),
    })
}
