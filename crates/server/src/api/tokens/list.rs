//! `GET /v1/tokens`: the tokens of the account, or one's own.

use distri_core::authz::Scope;
use distri_vault::Caller;

use super::view::View;
use crate::error::ApiError;
use crate::input::Input;
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, schema_of};

pub(crate) static ROUTE: Route = Route {
    name: "list_tokens",
    path: "/v1/tokens",
    summary: "List the tokens",
    about: "Oldest first, revoked ones included: all of the account for owners and admins, else one's own.",
    gives: &[Gives::json(
        200,
        "The tokens, without their texts",
        schema_of::<Vec<View>>,
    )],
    scope: Some(Scope::Admin),
    run: Run::Caller(list),
    ..Route::BLANK
};

fn list(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    let now = input.clock.now();
    let views = caller.tokens()?.into_iter().map(|it| View::new(it, now));
    Reply::json(&views.collect::<Vec<_>>())
}
