//! `/join`: accepting an invitation, by the link that whoever invited has sent.
//!
//! As in [`setup`](super::setup), a cookie carries the link's secret to the form.

use distri_core::Label;
use distri_core::credential::{Invitation, PresentedInvitation};
use distri_vault::people::{InvitationView, Joining};
use distri_vault::{Unauthenticated, VaultError};
use maud::{Markup, html};

use crate::error::{ApiError, Code};
use crate::reply::Reply;
use crate::route::{Route, Run};
use crate::web::cookie::Cookie;
use crate::web::visit::see_other;
use crate::web::{Faults, Field, Visitor, form, next};

pub(crate) static LINK: Route = Route {
    name: "invitation_link",
    path: "/join/{invitation}",
    run: Run::Visitor(follow),
    ..Route::BLANK
};

pub(crate) static ROUTE: Route = Route {
    name: "join_page",
    path: "/join",
    run: Run::Visitor(show),
    ..Route::BLANK
};

pub(crate) static FORM: Route = Route {
    name: "join",
    path: "/join",
    run: Run::Visitor(join),
    ..Route::FORM
};

const TITLE: &str = "Join";

fn follow(visitor: &Visitor<'_>) -> Result<Reply, ApiError> {
    let text = visitor.input.parameter("invitation");
    let link: PresentedInvitation = text.parse().map_err(|_| no_link())?;
    let reply = see_other("/join");
    Ok(Cookie::Invitation.set(&visitor.app.settings.now(), reply, link.expose_secret()))
}

fn show(visitor: &Visitor<'_>) -> Result<Reply, ApiError> {
    let (_, view) = invitation(visitor)?;
    Ok(visitor.page(TITLE, &page(visitor, &view, &Faults::default())))
}

fn join(visitor: &Visitor<'_>) -> Result<Reply, ApiError> {
    let (link, view) = invitation(visitor)?;
    let mut faults = Faults::default();
    let again = |faults: &Faults| visitor.again(TITLE, &page(visitor, &view, faults));
    let password = visitor.form.password("password");
    let mut name: Option<Label> = None;
    if !view.is_known {
        name = visitor.form.parsed("name", &mut faults);
        if let Err(error) = password.check_new() {
            faults.add("password", form::sentence(&error));
        }
    }
    if !faults.are_none() {
        return Ok(again(&faults));
    }
    let joining = Joining { name, password };
    let signed_in = match visitor.app.vault.accept_invitation(&link, &joining, visitor.peer) {
        Ok(signed_in) => signed_in,
        Err(VaultError::Unauthenticated(Unauthenticated::LogIn)) => {
            visitor.failed();
            return Ok(again(&Faults::one("password", "This is not your password.")));
        }
        Err(VaultError::Unauthenticated(Unauthenticated::Invitation)) => return Err(no_link()),
        Err(error) => return Err(error.into()),
    };
    if let Some(previous) = &visitor.session {
        visitor.app.vault.log_out(previous)?;
    }
    let reply = visitor.signed_in(&signed_in, next::HOME);
    Ok(Cookie::Invitation.clear(&visitor.app.settings.now(), reply))
}

fn invitation(visitor: &Visitor<'_>) -> Result<(PresentedInvitation, InvitationView), ApiError> {
    let found = Cookie::Invitation.read::<Invitation>(&visitor.app.settings.now(), &visitor.input.parts.headers);
    let link = found.ok_or_else(no_link)?;
    match visitor.app.vault.invitation(&link) {
        Ok(view) => Ok((link, view)),
        Err(VaultError::Unauthenticated(_)) => Err(no_link()),
        Err(error) => Err(error.into()),
    }
}

fn no_link() -> ApiError {
    ApiError::new(
        Code::NotAuthenticated,
        "the invitation was used, was withdrawn or has expired; ask for another one",
    )
}

fn page(visitor: &Visitor<'_>, view: &InvitationView, faults: &Faults) -> Markup {
    let form = &visitor.form;
    html! {
        h1 { "Join " (view.account) }
        p { (view.created_by) " invites " strong { (view.email) } " as " (view.role) "." }
        (faults.summary())
        form.stack method="post" action="/join" {
            (visitor.token())
            // For the password manager, which remembers what comes before the password.
            input type="hidden" name="email" autocomplete="username" value=(view.email);
            @if !view.is_known {
                (Field {
                    name: "name", label: "Your name", autocomplete: "name", value: form.text("name"),
                    fault: faults.of("name"), is_first: faults.are_none(), ..Field::default()
                })
            }
            (Field {
                name: "password",
                label: if view.is_known { "Your password" } else { "A new password" },
                kind: "password",
                autocomplete: if view.is_known { "current-password" } else { "new-password" },
                hint: if view.is_known { "You have one already on this server." }
                    else { "12 characters or more; a few words make a good one." },
                fault: faults.of("password"), is_first: view.is_known && faults.are_none(), ..Field::default()
            })
            button.primary type="submit" { "Join" }
        }
    }
}
