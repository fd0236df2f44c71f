//! `GET /v1/secrets/configured`: which of the providers' keys are set, and never a value.

use std::collections::BTreeSet;

use distri_core::SecretKey;
use distri_core::authz::Scope;
use distri_core::catalogue::Catalogue;
use distri_vault::Caller;
use distri_vault::secrets::ListSecrets;
use schemars::JsonSchema;
use serde::Serialize;

use super::InEnvironment;
use crate::error::ApiError;
use crate::input::{Input, environment};
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, schema_of};

pub(crate) static ROUTE: Route = Route {
    name: "list_configured",
    path: "/v1/secrets/configured",
    summary: "Say which keys are set",
    about: "The keys of the providers, then every other key of the environment.",
    query: Some(schema_of::<InEnvironment>),
    gives: &[Gives::json(200, "The keys", schema_of::<Vec<Configured>>)],
    scope: Some(Scope::Read),
    run: Run::Caller(configured),
    ..Route::BLANK
};

#[derive(Serialize, JsonSchema)]
struct Configured {
    /// The key.
    key: String,
    /// Whether it is set.
    is_set: bool,
    /// Whether it is masked; an endpoint's address is not.
    sensitive: bool,
}

fn configured(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    let query: InEnvironment = input.query()?;
    let environment = environment(query.environment.as_deref())?;
    let listed = caller.list(&ListSecrets {
        environment: Some(environment),
        deleted: false,
    })?;
    let mut set: BTreeSet<SecretKey> = listed.into_iter().map(|it| it.info.key).collect();
    let known = Catalogue::builtin().providers().iter().flat_map(|it| &it.keys);
    let mut keys: Vec<Configured> = known
        .map(|it| Configured {
            key: it.key.to_string(),
            is_set: set.remove(&it.key),
            sensitive: it.sensitive,
        })
        .collect();
    keys.extend(set.into_iter().map(|it| Configured {
        key: it.into(),
        is_set: true,
        sensitive: true,
    }));
    Reply::json(&keys)
}
