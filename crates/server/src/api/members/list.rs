//! `GET /v1/members`: who can work in the account.

use distri_core::authz::Scope;
use distri_vault::Caller;

use super::view::View;
use crate::error::ApiError;
use crate::input::Input;
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, schema_of};

pub(crate) static ROUTE: Route = Route {
    name: "list_members",
    path: "/v1/members",
    summary: "List the members",
    about: "Oldest first.",
    gives: &[Gives::json(200, "The members", schema_of::<Vec<View>>)],
    scope: Some(Scope::Admin),
    run: Run::Caller(list),
    ..Route::BLANK
};

fn list(caller: &Caller<'_>, _input: &Input) -> Result<Reply, ApiError> {
    let members = caller.members()?.into_iter().map(View::from);
    Reply::json(&members.collect::<Vec<_>>())
}
