//! `GET /v1/audit`: who did what, to which versions, for whom.

use std::borrow::Cow;

use distri_core::audit::{ActionKind, Record};
use distri_core::authz::Scope;
use distri_core::{AgentName, Environment, SecretKey};
use distri_vault::Caller;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

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
    /// Only alarms.
    #[serde(default)]
    alarms: bool,
    /// Only this action, such as `secret.set`.
    action: Option<String>,
    /// Only about this key.
    key: Option<String>,
    /// Only in this environment.
    environment: Option<String>,
    /// Only for this agent.
    agent: Option<String>,
    /// Only by actors of this name.
    actor: Option<String>,
}

/// A record with its number.
#[derive(Serialize)]
struct RecordView {
    seq: u64,
    #[serde(flatten)]
    record: Record,
}

fn list(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    let query: Query = input.query()?;
    let limit = limit(query.limit, 100)?;
    let cursor = Cursor {
        list: "audit",
        account: caller.account(),
    };
    let before = query.cursor.as_deref().map(|it| cursor.number(it)).transpose()?;
    let wanted = Wanted::read(query)?;
    let page = caller.audit_page(before, limit, &|it| wanted.includes(it))?;
    let records = page.records.into_iter().map(|(seq, record)| RecordView { seq, record });
    let reply = Reply::json(&records.collect::<Vec<_>>())?;
    Ok(cursor.link(reply, input, page.older))
}

/// Which records are asked for.
struct Wanted {
    alarms: bool,
    action: Option<String>,
    key: Option<SecretKey>,
    environment: Option<Environment>,
    agent: Option<AgentName>,
    actor: Option<String>,
}

impl Wanted {
    fn read(query: Query) -> Result<Self, ApiError> {
        Ok(Self {
            alarms: query.alarms,
            action: query.action,
            key: query.key.map(|it| named("key", &it)).transpose()?,
            environment: query.environment.map(|it| named("environment", &it)).transpose()?,
            agent: query.agent.map(|it| named("agent", &it)).transpose()?,
            actor: query.actor,
        })
    }

    fn includes(&self, record: &Record) -> bool {
        (!self.alarms || record.action == ActionKind::Alarm)
            && self.action.as_deref().is_none_or(|it| it == record.action.as_str())
            && self
                .key
                .as_ref()
                .is_none_or(|it| record.subjects.iter().any(|subject| subject.key == *it))
            && self
                .environment
                .as_ref()
                .is_none_or(|it| record.environment.as_ref() == Some(it))
            && self.agent.as_ref().is_none_or(|it| record.agent.as_ref() == Some(it))
            && self.actor.as_deref().is_none_or(|it| it == record.actor.name)
    }
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
