//! `/settings/members/{id}/remove`: asks, then removes a member, with the tokens that act for them.

use distri_vault::VaultError;
use distri_vault::people::MemberView;
use maud::{Markup, html};

use super::member;
use crate::error::ApiError;
use crate::reply::Reply;
use crate::route::{Route, Run};
use crate::web::{Faults, Visit, form};

pub(crate) static ROUTE: Route = Route {
    name: "remove_member_page",
    path: "/settings/members/{id}/remove",
    run: Run::Member(show),
    ..Route::BLANK
};

pub(crate) static FORM: Route = Route {
    name: "remove_member_by_form",
    path: "/settings/members/{id}/remove",
    run: Run::Member(remove),
    ..Route::FORM
};

const TITLE: &str = "Remove member";

fn show(visit: &Visit<'_>) -> Result<Reply, ApiError> {
    Ok(visit.page(TITLE, &page(visit, &member(visit)?, &Faults::default())))
}

fn remove(visit: &Visit<'_>) -> Result<Reply, ApiError> {
    let member = member(visit)?;
    match visit.caller.remove_member(member.id) {
        // Who removes themselves has nothing more to see here.
        Ok(_) if member.id == visit.view.person => Ok(visit.done("/sign-in", "ended")),
        Ok(_) => Ok(visit.done("/settings/members", "member-removed")),
        Err(error @ VaultError::LastOwner) => {
            let faults = Faults::one("remove", form::sentence(&error));
            Ok(visit.again(TITLE, &page(visit, &member, &faults)))
        }
        Err(error) => Err(error.into()),
    }
}

fn page(visit: &Visit<'_>, member: &MemberView, faults: &Faults) -> Markup {
    html! {
        p.crumbs { a href="/settings/members" { "Members" } }
        h1 { "Remove " (member.name) "?" }
        (faults.summary())
        div.warning-box {
            p {
                strong { (member.email) } " loses the account " strong { (visit.view.account) } " at the next request. "
                "The tokens that they made here are revoked; programs that use them are refused. "
                "If they are in no other account, their address, name and password are removed too."
            }
        }
        form.stack method="post" action={ "/settings/members/" (member.id) "/remove" } {
            (visit.token())
            div.actions {
                button.danger id="remove" type="submit" { (TITLE) }
                a.button href="/settings/members" { "Cancel" }
            }
        }
    }
}
