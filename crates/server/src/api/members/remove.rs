//! `DELETE /v1/members/{id}`: a member leaves, and their tokens with them.

use distri_core::authz::Scope;
use distri_vault::Caller;
use schemars::JsonSchema;
use serde::Serialize;

use super::person;
use crate::api::tokens::View;
use crate::error::ApiError;
use crate::input::Input;
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, Verb, schema_of};

pub(crate) static ROUTE: Route = Route {
    verb: Verb::Delete,
    name: "remove_member",
    path: "/v1/members/{id}",
    summary: "Remove a member",
    about: "Their tokens for the account are revoked with that. Somebody whose last account it was is gone with their address, \
            name and password.",
    gives: &[Gives::json(200, "The tokens that were revoked", schema_of::<Removed>)],
    refuses: &[404, 409],
    scope: Some(Scope::Admin),
    run: Run::Caller(remove),
    ..Route::BLANK
};

/// A member who is none any more.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RemovedMember")]
struct Removed {
    /// The tokens that are revoked with that.
    revoked: Vec<View>,
}

fn remove(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    let now = input.clock.now();
    let revoked = caller.remove_member(person(input)?)?.into_iter();
    Reply::json(&Removed {
        revoked: revoked.map(|it| View::new(it, now)).collect(),
    })
}
