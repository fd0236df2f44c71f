//! `DELETE /v1/members/{id}`: a member leaves, and their tokens with them.

use distri_core::authz::Scope;
use distri_vault::Caller;

use super::person;
use crate::error::ApiError;
use crate::input::Input;
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, Verb};

pub(crate) static ROUTE: Route = Route {
    verb: Verb::Delete,
    name: "remove_member",
    path: "/v1/members/{id}",
    summary: "Remove a member",
    about: "Their tokens for the account are revoked with that.",
    gives: &[Gives::nothing(204, "They are no member")],
    refuses: &[404, 409],
    scope: Some(Scope::Admin),
    run: Run::Caller(remove),
    ..Route::BLANK
};

fn remove(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    caller.remove_member(person(input)?)?;
    Ok(Reply::nothing())
}
