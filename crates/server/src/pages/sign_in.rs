//! `/sign-in`: with an address and a password.

use distri_core::EmailAddress;
use distri_vault::people::LogIn;
use distri_vault::{Unauthenticated, VaultError};
use http::StatusCode;
use http::header::RETRY_AFTER;
use maud::{Markup, html};
use serde::Deserialize;

use crate::error::ApiError;
use crate::reply::Reply;
use crate::route::{Route, Run};
use crate::web::{Faults, Field, Visitor, form, next};

pub(crate) static ROUTE: Route = Route {
    name: "sign_in_page",
    path: "/sign-in",
    run: Run::Visitor(show),
    ..Route::BLANK
};

pub(crate) static FORM: Route = Route {
    name: "sign_in",
    path: "/sign-in",
    run: Run::Visitor(sign_in),
    ..Route::FORM
};

const TITLE: &str = "Sign in";

#[derive(Deserialize)]
struct Query {
    /// The page to go on with.
    #[serde(default)]
    next: String,
}

fn show(visitor: &Visitor<'_>) -> Result<Reply, ApiError> {
    let query: Query = visitor.input.query()?;
    let page = page(visitor, &query.next, "", &Faults::default());
    Ok(visitor.page(TITLE, &page))
}

fn sign_in(visitor: &Visitor<'_>) -> Result<Reply, ApiError> {
    let form = &visitor.form;
    let again = |faults: &Faults| visitor.again(TITLE, &page(visitor, form.raw("next"), form.text("email"), faults));
    // Text that is no address is nobody's, and gets the same answer.
    let Ok(email) = form.text("email").parse::<EmailAddress>() else {
        visitor.failed();
        return Ok(again(&wrong(Unauthenticated::LogIn)));
    };
    let signed_in = visitor.app.vault.log_in(&LogIn {
        email: &email,
        password: &form.password("password"),
        peer: visitor.peer,
        previous: visitor.session.as_ref(),
    });
    match signed_in {
        Ok(signed_in) => {
            let next = next::checked(form.raw("next")).unwrap_or(next::HOME);
            Ok(visitor.signed_in(&signed_in, next))
        }
        Err(VaultError::Unauthenticated(Unauthenticated::TooMany)) => {
            let reply = again(&wrong(Unauthenticated::TooMany)).status(StatusCode::TOO_MANY_REQUESTS);
            Ok(reply.header(RETRY_AFTER, "900"))
        }
        Err(VaultError::Unauthenticated(reason)) => {
            visitor.failed();
            Ok(again(&wrong(reason)))
        }
        Err(error) => Err(error.into()),
    }
}

fn wrong(reason: Unauthenticated) -> Faults {
    Faults::one("email", form::sentence(&reason))
}

fn page(visitor: &Visitor<'_>, next: &str, email: &str, faults: &Faults) -> Markup {
    html! {
        h1 { (TITLE) }
        form.stack method="post" action="/sign-in" {
            (visitor.token())
            @if let Some(next) = next::checked(next) { input type="hidden" name="next" value=(next); }
            (Field {
                name: "email", label: "E-mail address", kind: "email", autocomplete: "username", value: email,
                fault: faults.of("email"), is_first: true, ..Field::default()
            })
            (Field {
                name: "password", label: "Password", kind: "password", autocomplete: "current-password",
                ..Field::default()
            })
            button.primary type="submit" { "Sign in" }
        }
        p.quiet.small { "There is no password by default. Who starts the server sees a link for the first owner; everybody else is invited." }
    }
}
