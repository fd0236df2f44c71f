//! `POST /v1/secrets/import`: many values in one unit of work, planned first.

use std::collections::BTreeSet;

use distri_core::SecretKey;
use distri_core::authz::Scope;
use distri_core::catalogue::Catalogue;
use distri_vault::Caller;
use distri_vault::secrets::{ImportEntry, ImportSecrets, OnConflict, Planned};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::value::{Encoding, ValueText};
use crate::error::ApiError;
use crate::input::{Input, environment, named};
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, Takes, Verb, schema_of};

/// The most values of one import.
const ENTRIES: usize = 1_000;
/// The most bytes of its body.
const BODY: usize = 8 << 20;

pub(crate) static ROUTE: Route = Route {
    verb: Verb::Post,
    name: "import_secrets",
    path: "/v1/secrets/import",
    summary: "Import secrets",
    about: "All of them or none. With `dry_run` nothing is set, and the plan says what would be.",
    body: Takes::json_up_to(BODY, schema_of::<Body>),
    gives: &[Gives::json(200, "What was done, or would be", schema_of::<Imported>)],
    refuses: &[409],
    scope: Some(Scope::Write),
    run: Run::Caller(import),
    ..Route::BLANK
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Import")]
struct Body {
    /// The environment, `default` without it.
    environment: Option<String>,
    /// The values, at most 1,000, each key once.
    secrets: Vec<Entry>,
    /// What to do with keys that hold another value already, `fail` without it.
    #[serde(default)]
    on_conflict: Conflict,
    /// Only plan.
    #[serde(default)]
    dry_run: bool,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ImportEntry")]
struct Entry {
    /// Its key.
    key: String,
    value: ValueText,
    /// How the value is written, `text` without it.
    #[serde(default)]
    encoding: Encoding,
}

#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "OnConflict")]
pub(super) enum Conflict {
    /// Leave them as they are.
    Skip,
    /// Change nothing at all.
    #[default]
    Fail,
    /// Set the new value; the old one stays in the history.
    Replace,
}

#[derive(Serialize, JsonSchema)]
struct Imported {
    /// What each key is, in the order given.
    plan: Vec<PlanView>,
    /// How many values were set.
    set: usize,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Planned")]
struct PlanView {
    /// The key.
    key: String,
    /// `new`, `changed` or `same`.
    plan: &'static str,
}

fn import(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    let body: Body = input.json()?;
    if body.secrets.len() > ENTRIES {
        return Err(ApiError::invalid(format!("`secrets` has more than {ENTRIES} values")));
    }
    let mut seen = BTreeSet::new();
    let mut entries = Vec::with_capacity(body.secrets.len());
    for entry in body.secrets {
        let key: SecretKey = named("key", &entry.key)?;
        if !seen.insert(key.clone()) {
            return Err(ApiError::invalid(format!("`{key}` is there twice")));
        }
        entries.push(ImportEntry {
            default_policy: Catalogue::builtin().policy_for(&key),
            value: entry.value.decode(entry.encoding)?,
            key,
        });
    }
    let outcome = caller.import(ImportSecrets {
        environment: environment(body.environment.as_deref())?,
        entries,
        on_conflict: body.on_conflict.into(),
        dry_run: body.dry_run,
    })?;
    let plan = outcome.plan.into_iter().map(|(key, planned)| PlanView {
        key: key.into(),
        plan: word(planned),
    });
    Reply::json(&Imported {
        plan: plan.collect(),
        set: outcome.set,
    })
}

fn word(planned: Planned) -> &'static str {
    match planned {
        Planned::New => "new",
        Planned::Changed => "changed",
        Planned::Same => "same",
    }
}

impl From<Conflict> for OnConflict {
    fn from(conflict: Conflict) -> Self {
        match conflict {
            Conflict::Skip => Self::Skip,
            Conflict::Fail => Self::Fail,
            Conflict::Replace => Self::Replace,
        }
    }
}
