//! `DELETE /v1/tokens/{id}`: a token stops at its next request, for good.

use distri_core::authz::Scope;
use distri_core::ids::TokenId;
use distri_vault::Caller;

use crate::error::ApiError;
use crate::input::Input;
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, Verb};

pub(crate) static ROUTE: Route = Route {
    verb: Verb::Delete,
    name: "revoke_token",
    path: "/v1/tokens/{id}",
    summary: "Revoke a token",
    about: "It stops at its next request, for good. One that is revoked already stays as it is.",
    gives: &[Gives::nothing(204, "It is revoked")],
    refuses: &[404],
    scope: Some(Scope::Admin),
    run: Run::Caller(revoke),
    ..Route::BLANK
};

fn revoke(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    let id: TokenId = input
        .parameter("id")
        .parse()
        .map_err(|_| ApiError::not_found("token"))?;
    caller.revoke_token(id)?;
    Ok(Reply::nothing())
}
