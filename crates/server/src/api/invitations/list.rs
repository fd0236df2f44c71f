//! `GET /v1/invitations`: the invitations that were not used yet.

use distri_core::authz::Scope;
use distri_vault::Caller;

use super::view::View;
use crate::error::ApiError;
use crate::input::Input;
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, schema_of};

pub(crate) static ROUTE: Route = Route {
    name: "list_invitations",
    path: "/v1/invitations",
    summary: "List the invitations",
    about: "Those that were not used yet, oldest first.",
    gives: &[Gives::json(
        200,
        "The invitations, without their texts",
        schema_of::<Vec<View>>,
    )],
    scope: Some(Scope::Admin),
    run: Run::Caller(list),
    ..Route::BLANK
};

fn list(caller: &Caller<'_>, _input: &Input) -> Result<Reply, ApiError> {
    let invitations = caller.invitations()?.into_iter().map(View::from);
    Reply::json(&invitations.collect::<Vec<_>>())
}
