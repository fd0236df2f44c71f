//! `/setup`: the first owner, by the link that the server's terminal shows.
//!
//! The link's secret is in the path of an address that only leads on: a cookie carries it to the form, so that it stays in
//! no address bar, no history and no referrer, and is never sent by a script.

use distri_core::credential::{PresentedSetup, Setup};
use distri_vault::people::FirstOwner;
use distri_vault::{Unauthenticated, VaultError};
use maud::{Markup, html};

use crate::error::{ApiError, Code};
use crate::reply::Reply;
use crate::route::{Route, Run};
use crate::web::cookie::Cookie;
use crate::web::visit::see_other;
use crate::web::{Faults, Field, Visitor, form, next};

pub(crate) static LINK: Route = Route {
    name: "setup_link",
    path: "/setup/{secret}",
    run: Run::Visitor(follow),
    ..Route::BLANK
};

pub(crate) static ROUTE: Route = Route {
    name: "setup_page",
    path: "/setup",
    run: Run::Visitor(show),
    ..Route::BLANK
};

pub(crate) static FORM: Route = Route {
    name: "set_up_by_form",
    path: "/setup",
    run: Run::Visitor(set_up),
    ..Route::FORM
};

const TITLE: &str = "Set up distri";

fn follow(visitor: &Visitor<'_>) -> Result<Reply, ApiError> {
    let text = visitor.input.parameter("secret");
    let secret: PresentedSetup = text.parse().map_err(|_| no_link())?;
    let reply = see_other("/setup");
    Ok(Cookie::Setup.set(&visitor.app.settings.now(), reply, secret.expose_secret()))
}

fn show(visitor: &Visitor<'_>) -> Result<Reply, ApiError> {
    secret(visitor)?;
    Ok(visitor.page(TITLE, &page(visitor, &Faults::default())))
}

fn set_up(visitor: &Visitor<'_>) -> Result<Reply, ApiError> {
    let secret = secret(visitor)?;
    let (form, mut faults) = (&visitor.form, Faults::default());
    let again = |faults: &Faults| visitor.again(TITLE, &page(visitor, faults));
    let name = form.parsed("name", &mut faults);
    let email = form.parsed("email", &mut faults);
    let password = form.password("password");
    if let Err(error) = password.check_new() {
        faults.add("password", form::sentence(&error));
    }
    let (Some(name), Some(email), true) = (name, email, faults.are_none()) else {
        return Ok(again(&faults));
    };
    let owner = FirstOwner { email, name, password };
    let signed_in = match visitor.app.vault.set_up(&secret, &owner) {
        Ok(signed_in) => signed_in,
        Err(VaultError::Unauthenticated(Unauthenticated::Setup)) => return Err(no_link()),
        Err(error) => return Err(error.into()),
    };
    let reply = visitor.signed_in(&signed_in, next::HOME);
    Ok(Cookie::Setup.clear(&visitor.app.settings.now(), reply))
}

fn secret(visitor: &Visitor<'_>) -> Result<PresentedSetup, ApiError> {
    let found = Cookie::Setup.read::<Setup>(&visitor.app.settings.now(), &visitor.input.parts.headers);
    found.ok_or_else(no_link)
}

fn no_link() -> ApiError {
    ApiError::new(
        Code::NotAuthenticated,
        "open the link that the server shows when it starts; it is good once and for a day",
    )
}

fn page(visitor: &Visitor<'_>, faults: &Faults) -> Markup {
    let form = &visitor.form;
    html! {
        h1 { (TITLE) }
        p { "You become the first owner: you see everything, and invite the others." }
        (faults.summary())
        form.stack method="post" action="/setup" {
            (visitor.token())
            (Field {
                name: "name", label: "Your name", autocomplete: "name", value: form.text("name"),
                fault: faults.of("name"), is_first: faults.are_none(), ..Field::default()
            })
            (Field {
                name: "email", label: "E-mail address", kind: "email", autocomplete: "username",
                value: form.text("email"), fault: faults.of("email"),
                hint: "What you sign in with. Nothing is sent to it.", ..Field::default()
            })
            (Field {
                name: "password", label: "Password", kind: "password", autocomplete: "new-password",
                fault: faults.of("password"), hint: "12 characters or more; a few words make a good one.",
                ..Field::default()
            })
            button.primary type="submit" { "Become the owner" }
        }
    }
}
