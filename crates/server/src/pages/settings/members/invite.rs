//! `/settings/members/invite`: a link for somebody, shown in the answer to the form and nowhere else.

use distri_core::credential::PlainInvitation;
use distri_vault::VaultError;
use distri_vault::people::{InvitationView, NewInvitation};
use http::header::HOST;
use maud::{Markup, html};

use super::roles;
use crate::error::ApiError;
use crate::reply::Reply;
use crate::route::{Route, Run};
use crate::web::choice::select;
use crate::web::form::sentence;
use crate::web::{Faults, Field, Form, Visit, when};

pub(crate) static ROUTE: Route = Route {
    name: "invite_page",
    path: "/settings/members/invite",
    run: Run::Member(show),
    ..Route::BLANK
};

pub(crate) static FORM: Route = Route {
    name: "invite_by_form",
    path: "/settings/members/invite",
    run: Run::Member(invite),
    ..Route::FORM
};

const TITLE: &str = "Invite somebody";

fn show(visit: &Visit<'_>) -> Result<Reply, ApiError> {
    // Who may not invite is told so before they fill a form.
    visit.caller.invitations()?;
    Ok(visit.page(TITLE, &page(visit, &visit.form, &Faults::default())))
}

fn invite(visit: &Visit<'_>) -> Result<Reply, ApiError> {
    let mut faults = Faults::default();
    let form = &visit.form;
    let again = |visit: &Visit<'_>, faults: &Faults| visit.again(TITLE, &page(visit, form, faults));
    let email = form.parsed("email", &mut faults);
    let role = form.parsed("role", &mut faults);
    let (Some(email), Some(role)) = (email, role) else {
        return Ok(again(visit, &faults));
    };
    let new = NewInvitation { email, role };
    visit.freshly(again, |visit| match visit.caller.invite(&new) {
        Ok((link, view)) => Ok(visit.page("Invitation", &made(&origin(visit), &link, &view))),
        Err(error @ VaultError::MemberExists(_)) => Ok(again(visit, &Faults::one("email", sentence(&error)))),
        Err(error) => Err(error.into()),
    })
}

fn page(visit: &Visit<'_>, form: &Form, faults: &Faults) -> Markup {
    let role = form.given("role").unwrap_or("member");
    html! {
        p.crumbs { a href="/settings/members" { "Members" } }
        h1 { (TITLE) }
        (faults.summary())
        form.stack method="post" action="/settings/members/invite" {
            (visit.token())
            (Field {
                name: "email", label: "E-mail address", kind: "email", value: form.text("email"), fault: faults.of("email"),
                hint: "What they will sign in with. Nothing is sent to it: you give them the link.",
                is_first: faults.are_none(), ..Field::default()
            })
            (select("role", "Role", &roles(visit), role))
            (visit.password_again(faults, false))
            div.actions {
                button.primary type="submit" { "Make the link" }
                a.button href="/settings/members" { "Cancel" }
            }
        }
    }
}

fn made(origin: &str, link: &PlainInvitation, view: &InvitationView) -> Markup {
    html! {
        p.crumbs { a href="/settings/members" { "Members" } }
        h1 { "Invitation" }
        div.warning-box role="status" { p { strong { "This is shown once." } " Whoever opens the link first becomes the member." } }
        div.card {
            p { "For " strong { (view.email) } ", as " (view.role) ", good until " (when(view.expires_at)) "." }
            pre.value id="link" tabindex="0" aria-label="The link" { (origin) "/join/" (link.expose_secret()) }
            button type="button" data-copies="link" hidden { "Copy" }
        }
        p { a.button href="/settings/members" { "Done" } }
    }
}

/// This server as the browser that asks has reached it, which is a name of it.
fn origin(visit: &Visit<'_>) -> String {
    let parts = &visit.input.parts;
    let header = parts.headers.get(HOST).and_then(|it| it.to_str().ok());
    let host = parts
        .uri
        .authority()
        .map(|it| it.as_str())
        .or(header)
        .unwrap_or_default();
    let scheme = if visit.app.settings.now().is_secure() {
        "https"
    } else {
        "http"
    };
    format!("{scheme}://{host}")
}
