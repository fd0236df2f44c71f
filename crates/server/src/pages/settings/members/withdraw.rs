//! `/settings/members/invitations/{id}/withdraw`: the link is of no use from then on.

use distri_core::ids::MemberId;
use distri_vault::VaultError;

use crate::error::ApiError;
use crate::reply::Reply;
use crate::route::{Route, Run};
use crate::web::Visit;

pub(crate) static FORM: Route = Route {
    name: "withdraw_invitation_by_form",
    path: "/settings/members/invitations/{id}/withdraw",
    run: Run::Member(withdraw),
    ..Route::FORM
};

fn withdraw(visit: &Visit<'_>) -> Result<Reply, ApiError> {
    let id: Result<MemberId, _> = visit.input.parameter("id").parse();
    visit
        .caller
        .withdraw_invitation(id.map_err(|_| VaultError::NoInvitation)?)?;
    Ok(visit.done("/settings/members", "withdrawn"))
}
