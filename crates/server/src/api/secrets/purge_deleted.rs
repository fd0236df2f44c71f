//! `POST /v1/secrets/purge`: what was deleted long ago is destroyed beyond recovery.

use distri_core::authz::Scope;
use distri_vault::Caller;
use schemars::JsonSchema;
use serde::Deserialize;

use super::purge::PurgedView;
use crate::api::field::instant;
use crate::error::ApiError;
use crate::input::Input;
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, Takes, Verb, schema_of};

pub(crate) static ROUTE: Route = Route {
    verb: Verb::Post,
    name: "purge_deleted",
    path: "/v1/secrets/purge",
    summary: "Destroy what was deleted long ago",
    about: "Every secret, in every environment, that was deleted before an instant. For owners and admins.",
    body: Takes::json(schema_of::<Body>),
    gives: &[Gives::json(
        200,
        "What was destroyed, and where something of it still is",
        schema_of::<PurgedView>,
    )],
    scope: Some(Scope::Write),
    run: Run::Caller(purge),
    ..Route::BLANK
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PurgeDeleted")]
struct Body {
    /// What was deleted before this instant (RFC 3339).
    deleted_before: String,
}

fn purge(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    let body: Body = input.json()?;
    let purged = caller.purge_deleted(instant("deleted_before", &body.deleted_before)?)?;
    Reply::json(&PurgedView::from(purged))
}
