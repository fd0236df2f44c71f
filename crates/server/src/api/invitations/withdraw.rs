//! `DELETE /v1/invitations/{id}`: an invitation is of no use any more.

use distri_core::authz::Scope;
use distri_core::ids::MemberId;
use distri_vault::Caller;

use crate::error::ApiError;
use crate::input::Input;
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, Verb};

pub(crate) static ROUTE: Route = Route {
    verb: Verb::Delete,
    name: "withdraw_invitation",
    path: "/v1/invitations/{id}",
    summary: "Withdraw an invitation",
    about: "Its text is of no use from then on.",
    gives: &[Gives::nothing(204, "It is withdrawn")],
    refuses: &[404],
    scope: Some(Scope::Admin),
    run: Run::Caller(withdraw),
    ..Route::BLANK
};

fn withdraw(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    let id: MemberId = input
        .parameter("id")
        .parse()
        .map_err(|_| ApiError::not_found("invitation"))?;
    caller.withdraw_invitation(id)?;
    Ok(Reply::nothing())
}
