//! `DELETE /v1/sessions/{id}`: removes all data of a session.

use distri_core::authz::Scope;
use distri_vault::Caller;

use crate::error::ApiError;
use crate::input::Input;
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, Verb};

pub(crate) static ROUTE: Route = Route {
    verb: Verb::Delete,
    name: "end_session",
    path: "/v1/sessions/{id}",
    summary: "Remove the data of a session",
    about: "Whether there was any or not.",
    gives: &[Gives::nothing(204, "There is none")],
    scope: Some(Scope::Resolve),
    run: Run::Caller(end),
    ..Route::BLANK
};

fn end(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    caller.session_end(input.parameter("id"))?;
    Ok(Reply::nothing())
}
