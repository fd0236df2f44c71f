//! `/settings/members`: the members and the invitations that were not used yet.

use distri_vault::people::{InvitationView, MemberView};
use maud::{Markup, html};

use crate::error::ApiError;
use crate::reply::Reply;
use crate::route::{Route, Run};
use crate::web::component::{Tone, badge, table_of_actions};
use crate::web::{Visit, when};

pub(crate) static ROUTE: Route = Route {
    name: "members_page",
    path: "/settings/members",
    run: Run::Member(show),
    ..Route::BLANK
};

fn show(visit: &Visit<'_>) -> Result<Reply, ApiError> {
    let members = visit.caller.members()?;
    let invitations = visit.caller.invitations()?;
    let main = html! {
        div.head {
            div {
                h1 { "Members" }
                p { "Who signs in to the account " strong { (visit.view.account) } ", and what they may do." }
            }
            div.actions { a.button.primary href="/settings/members/invite" { "Invite" } }
        }
        (members_table(visit, &members))
        @if !invitations.is_empty() {
            h2 { "Invitations" }
            (pending(visit, &invitations))
        }
    };
    Ok(visit.page("Members", &main))
}

fn members_table(visit: &Visit<'_>, members: &[MemberView]) -> Markup {
    table_of_actions(
        "The members",
        &["Name", "E-mail address", "Role", "Since"],
        html! { @for it in members { (row(visit, it)) } },
    )
}

fn row(visit: &Visit<'_>, member: &MemberView) -> Markup {
    html! {
        tr {
            th scope="row" {
                (member.name)
                @if member.id == visit.view.person { " " (badge(Tone::Plain, "you")) }
                @if let Some(damage) = &member.damage { " " (badge(Tone::Bad, "damaged")) br; span.small { (damage) } }
            }
            td data-label="Address" { (member.email) }
            td data-label="Role" { (member.role) }
            td data-label="Since" { (when(member.created_at)) br; span.quiet.small { "by " (member.created_by) } }
            td.actions {
                // Nobody changes or removes whoever is above them.
                @if member.role <= visit.view.role {
                    a.button.slight href={ "/settings/members/" (member.id) } aria-label={ "Change " (member.name) } { "Change" }
                    a.button.slight href={ "/settings/members/" (member.id) "/remove" } aria-label={ "Remove " (member.name) } { "Remove" }
                }
            }
        }
    }
}

fn pending(visit: &Visit<'_>, invitations: &[InvitationView]) -> Markup {
    let rows = html! {
        @for it in invitations {
            tr {
                th scope="row" { (it.email) }
                td data-label="Role" { (it.role) }
                td data-label="Invited" { (when(it.created_at)) br; span.quiet.small { "by " (it.created_by) } }
                td data-label="Good until" { (when(it.expires_at)) }
                td.actions {
                    form method="post" action={ "/settings/members/invitations/" (it.id) "/withdraw" } {
                        (visit.token())
                        button.slight type="submit" aria-label={ "Withdraw the invitation of " (it.email) } { "Withdraw" }
                    }
                }
            }
        }
    };
    table_of_actions(
        "Invitations that were not used yet",
        &["E-mail address", "Role", "Invited", "Good until"],
        rows,
    )
}
