//! `/settings/you`: one's sessions, and the form for another password.

use distri_vault::people::OpenSession;
use maud::{Markup, html};

use super::password;
use crate::error::ApiError;
use crate::reply::Reply;
use crate::route::{Route, Run};
use crate::web::component::{Tone, badge};
use crate::web::{Faults, Visit, when};

pub(crate) static ROUTE: Route = Route {
    name: "you_page",
    path: "/settings/you",
    run: Run::Member(show),
    ..Route::BLANK
};

pub(super) const TITLE: &str = "You";

fn show(visit: &Visit<'_>) -> Result<Reply, ApiError> {
    Ok(visit.page(TITLE, &page(visit, &Faults::default())?))
}

pub(super) fn page(visit: &Visit<'_>, faults: &Faults) -> Result<Markup, ApiError> {
    let sessions = visit.app.vault.open_sessions(visit.session)?;
    Ok(html! {
        div.head {
            div {
                h1 { (visit.view.name) }
                p { (visit.view.email) ", " (visit.view.role) " of " (visit.view.account) }
            }
        }
        (faults.summary())
        section.card {
            h2 { "Where you are signed in" }
            ul.plain {
                @for it in &sessions { li { (session(visit, it)) } }
            }
            @if sessions.len() > 1 {
                form method="post" action="/settings/you/sessions" {
                    (visit.token())
                    button type="submit" { "Sign out everywhere else" }
                }
            }
        }
        section.card {
            h2 { "Password" }
            (password::form(visit, faults))
        }
    })
}

fn session(visit: &Visit<'_>, session: &OpenSession) -> Markup {
    html! {
        span {
            "Since " (when(session.created_at))
            @if session.is_this { " " (badge(Tone::Good, "this browser")) }
            br;
            span.quiet.small { "last seen " (when(session.seen_at)) ", ends by " (when(session.expires_at)) }
        }
        @if !session.is_this {
            form method="post" action="/settings/you/sessions" {
                (visit.token())
                input type="hidden" name="session" value=(session.id);
                button.slight type="submit" aria-label={ "Sign out the browser that is signed in since " (session.created_at) } { "Sign out" }
            }
        }
    }
}
