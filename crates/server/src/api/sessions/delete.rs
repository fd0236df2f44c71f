//! `DELETE /v1/sessions/{id}/values/{name}`: removes a piece of session data.

use distri_core::authz::Scope;
use distri_vault::Caller;

use crate::error::ApiError;
use crate::input::Input;
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, Verb};

pub(crate) static ROUTE: Route = Route {
    verb: Verb::Delete,
    name: "delete_session_value",
    path: "/v1/sessions/{id}/values/{name}",
    summary: "Remove a piece of session data",
    about: "Whether there was one or not.",
    gives: &[Gives::nothing(204, "It is not there")],
    scope: Some(Scope::Resolve),
    run: Run::Caller(delete),
    ..Route::BLANK
};

fn delete(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    caller.session_delete(input.parameter("id"), input.parameter("name"))?;
    Ok(Reply::nothing())
}
