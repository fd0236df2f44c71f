//! `GET /v1/runs/{id}/requests`: where the requests of one run went.

use distri_core::authz::Scope;
use distri_vault::Caller;

use super::list::RunView;
use crate::error::ApiError;
use crate::input::Input;
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, schema_of};

pub(crate) static ROUTE: Route = Route {
    name: "get_requests",
    path: "/v1/runs/{id}/requests",
    summary: "Read the requests of a run",
    about: "Of a run that was recorded, and of those whose secrets the token reaches.",
    gives: &[Gives::json(200, "The run and its requests", schema_of::<RunView>)],
    refuses: &[404],
    scope: Some(Scope::Read),
    run: Run::Caller(requests),
    ..Route::BLANK
};

fn requests(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    Reply::json(&RunView::from(caller.observed_run(super::run(input)?)?))
}
