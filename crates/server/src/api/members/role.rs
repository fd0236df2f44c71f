//! `PATCH /v1/members/{id}`: another role for a member.

use distri_core::authz::Scope;
use distri_vault::Caller;
use schemars::JsonSchema;
use serde::Deserialize;

use super::person;
use super::view::View;
use crate::error::ApiError;
use crate::input::{Input, named};
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, Takes, Verb, schema_of};

pub(crate) static ROUTE: Route = Route {
    verb: Verb::Patch,
    name: "change_role",
    path: "/v1/members/{id}",
    summary: "Give a member another role",
    about: "It holds at their next request, and for their tokens. Nobody gives or changes a role above their own.",
    body: Takes::json(schema_of::<Body>),
    gives: &[Gives::json(200, "The member as they are now", schema_of::<View>)],
    refuses: &[404, 409],
    scope: Some(Scope::Admin),
    run: Run::Caller(change),
    ..Route::BLANK
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ChangeRole")]
struct Body {
    /// `owner`, `admin`, `member` or `viewer`.
    role: String,
}

fn change(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    let body: Body = input.json()?;
    let member = caller.change_role(person(input)?, named("role", &body.role)?)?;
    Reply::json(&View::from(member))
}
