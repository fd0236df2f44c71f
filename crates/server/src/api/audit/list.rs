//! `GET /v1/audit`: who did what, to which versions, for whom.

use std::borrow::Cow;

use distri_core::audit::{ActionKind, Record};
use distri_core::authz::Scope;
use distri_vault::Caller;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::audit_filter::{AuditFilter, action, from, until};
use crate::error::ApiError;
use crate::input::{Input, named};
use crate::page::{Cursor, limit};
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, schema_of};

pub(crate) static ROUTE: Route = Route {
    name: "list_records",
    path: "/v1/audit",
    summary: "Read the audit log",
    about: "Newest first, in pages. Where few records are wanted a page may have fewer than `limit`, or none, and there \
            is more all the same while it has a `link`.",
    query: Some(schema_of::<Query>),
    gives: &[Gives::json(200, "Records", schema_of::<Vec<RecordView>>)],
    scope: Some(Scope::Admin),
    run: Run::Caller(list),
    ..Route::BLANK
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Query {
    /// How many records, 1 to 1,000; 100 without it.
    limit: Option<u32>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Only records after this number, oldest first: the way to read all of them in order. Of the other fields it goes with
    /// `limit` and `alarms`.
    after: Option<u64>,
    /// Only alarms.
    #[serde(default)]
    alarms: bool,
    /// Only this action.
    #[schemars(extend("enum" = actions()))]
    action: Option<String>,
    /// Only about this key.
    key: Option<String>,
    /// Only in this environment.
    environment: Option<String>,
    /// Only for this agent.
    agent: Option<String>,
    /// Only by actors of this name.
    actor: Option<String>,
    /// Only in this run.
    run: Option<String>,
    /// Only what was `done`, or only what was `denied`.
    outcome: Option<String>,
    /// Only from this day (UTC) or instant on.
    from: Option<String>,
    /// Only until the end of this day (UTC), or before this instant.
    to: Option<String>,
}

/// Every action, as the document lists them; null is what an absent one is.
fn actions() -> Vec<Option<&'static str>> {
    let all = ActionKind::ALL.iter().map(|it| Some(it.as_str()));
    all.chain([None]).collect()
}

/// A record with its number.
#[derive(Serialize)]
pub(crate) struct RecordView {
    pub(crate) seq: u64,
    #[serde(flatten)]
    pub(crate) record: Record,
}

fn list(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    let query: Query = input.query()?;
    let limit = limit(query.limit, 100)?;
    if let Some(after) = query.after {
        return list_after(caller, &query, after, limit);
    }
    let cursor = Cursor {
        list: "audit",
        account: caller.account(),
    };
    let before = query.cursor.as_deref().map(|it| cursor.number(it)).transpose()?;
    let filter = filter(query)?;
    let page = caller.audit_page(before, limit, &|it| filter.includes(it))?;
    let records = page.records.into_iter().map(|(seq, record)| RecordView { seq, record });
    let reply = Reply::json(&records.collect::<Vec<_>>())?;
    Ok(cursor.link(reply, input, page.older))
}

fn list_after(caller: &Caller<'_>, query: &Query, after: u64, limit: usize) -> Result<Reply, ApiError> {
    let others = [
        &query.cursor,
        &query.action,
        &query.key,
        &query.environment,
        &query.agent,
        &query.actor,
        &query.run,
        &query.outcome,
        &query.from,
        &query.to,
    ];
    if others.iter().any(|it| it.is_some()) {
        return Err(ApiError::invalid("`after` goes with `limit` and `alarms` only"));
    }
    let limit = u32::try_from(limit).unwrap_or(u32::MAX);
    let records = match query.alarms {
        true => caller.alarms(Some(after), limit)?,
        false => caller.audit_after(after, limit)?,
    };
    let records = records.into_iter().map(|(seq, record)| RecordView { seq, record });
    Reply::json(&records.collect::<Vec<_>>())
}

fn filter(query: Query) -> Result<AuditFilter, ApiError> {
    Ok(AuditFilter {
        alarms: query.alarms,
        action: query.action.map(|it| action(&it)).transpose()?,
        key: query.key.map(|it| named("key", &it)).transpose()?,
        environment: query.environment.map(|it| named("environment", &it)).transpose()?,
        agent: query.agent.map(|it| named("agent", &it)).transpose()?,
        actor: query.actor,
        run: query.run.map(|it| named("run", &it)).transpose()?,
        ended: query.outcome.map(|it| named("outcome", &it)).transpose()?,
        from: query.from.map(|it| from("from", &it)).transpose()?,
        until: query.to.map(|it| until("to", &it)).transpose()?,
    })
}

impl JsonSchema for RecordView {
    fn schema_name() -> Cow<'static, str> {
        "Record".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "description": "An audit record. Fields beside the required ones are there where the action has them; \
                            `docs/audit.md` has all of them.",
            "required": ["seq", "id", "at", "account", "actor", "action", "outcome"],
            "properties": {
                "seq": { "type": "integer", "minimum": 1, "description": "Its number in the log" },
                "id": { "type": "string", "format": "uuid" },
                "at": { "type": "string", "format": "date-time" },
                "account": { "type": "string", "format": "uuid" },
                "actor": {
                    "type": "object",
                    "required": ["kind", "name", "role"],
                    "properties": {
                        "kind": { "type": "string" },
                        "name": { "type": "string" },
                        "role": { "type": "string" },
                    },
                },
                "action": { "type": "string" },
                "environment": { "type": "string" },
                "subjects": { "type": "array", "items": { "type": "object" } },
                "agent": { "type": "string" },
                "run": { "type": "string", "format": "uuid" },
                "alarm": { "type": "object" },
                "about": { "type": "object" },
                "log": {},
                "outcome": { "description": "`done`, or `{\"denied\": rule}`" },
            },
        })
    }
}
