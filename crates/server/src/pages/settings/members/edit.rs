//! `/settings/members/{id}`: a member's role.

use distri_core::authz::Role;
use distri_vault::VaultError;
use distri_vault::people::MemberView;
use maud::{Markup, html};

use super::{member, roles};
use crate::error::ApiError;
use crate::reply::Reply;
use crate::route::{Route, Run};
use crate::web::choice::select;
use crate::web::{Faults, Visit, form};

pub(crate) static ROUTE: Route = Route {
    name: "member_page",
    path: "/settings/members/{id}",
    run: Run::Member(show),
    ..Route::BLANK
};

pub(crate) static FORM: Route = Route {
    name: "change_role_by_form",
    path: "/settings/members/{id}",
    run: Run::Member(change),
    ..Route::FORM
};

const TITLE: &str = "Change role";

fn show(visit: &Visit<'_>) -> Result<Reply, ApiError> {
    Ok(visit.page(TITLE, &page(visit, &member(visit)?, &Faults::default())))
}

fn change(visit: &Visit<'_>) -> Result<Reply, ApiError> {
    let member = member(visit)?;
    let mut faults = Faults::default();
    let again = |visit: &Visit<'_>, faults: &Faults| visit.again(TITLE, &page(visit, &member, faults));
    let Some(role) = visit.form.parsed::<Role>("role", &mut faults) else {
        return Ok(again(visit, &faults));
    };
    visit.freshly(again, |visit| match visit.caller.change_role(member.id, role) {
        Ok(_) => Ok(visit.done("/settings/members", "role")),
        Err(error @ VaultError::LastOwner) => Ok(again(visit, &Faults::one("role", form::sentence(&error)))),
        Err(error) => Err(error.into()),
    })
}

fn page(visit: &Visit<'_>, member: &MemberView, faults: &Faults) -> Markup {
    html! {
        p.crumbs { a href="/settings/members" { "Members" } }
        h1 { (member.name) }
        p { (member.email) }
        (faults.summary())
        form.stack method="post" action={ "/settings/members/" (member.id) } {
            (visit.token())
            (select("role", "Role", &roles(visit), member.role.as_str()))
            p.hint { "It holds from their next request on, for their tokens too." }
            (visit.password_again(faults, false))
            div.actions {
                button.primary type="submit" { (TITLE) }
                a.button href="/settings/members" { "Cancel" }
            }
        }
    }
}
