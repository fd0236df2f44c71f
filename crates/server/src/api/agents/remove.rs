//! `DELETE /v1/agents/{name}`: an agent definition goes; secrets and their policies stay.

use distri_core::authz::Scope;
use distri_vault::Caller;

use crate::error::ApiError;
use crate::input::Input;
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, Verb};

pub(crate) static ROUTE: Route = Route {
    verb: Verb::Delete,
    name: "remove_agent",
    path: "/v1/agents/{name}",
    summary: "Remove an agent definition",
    about: "Secrets and their policies stay as they are.",
    gives: &[Gives::nothing(204, "It is removed")],
    refuses: &[404],
    scope: Some(Scope::Write),
    run: Run::Caller(remove),
    ..Route::BLANK
};

fn remove(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    caller.remove_agent(&super::name(input)?)?;
    Ok(Reply::nothing())
}
