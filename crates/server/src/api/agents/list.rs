//! `GET /v1/agents`: the agent definitions of the account.

use distri_core::authz::Scope;
use distri_vault::Caller;

use super::view::View;
use crate::error::ApiError;
use crate::input::Input;
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, schema_of};

pub(crate) static ROUTE: Route = Route {
    name: "list_agents",
    path: "/v1/agents",
    summary: "List the agents",
    about: "Sorted by name, without their texts.",
    gives: &[Gives::json(200, "The agents", schema_of::<Vec<View>>)],
    scope: Some(Scope::Read),
    run: Run::Caller(list),
    ..Route::BLANK
};

fn list(caller: &Caller<'_>, _input: &Input) -> Result<Reply, ApiError> {
    let agents = caller.agents()?.into_iter().map(View::from);
    Reply::json(&agents.collect::<Vec<_>>())
}
