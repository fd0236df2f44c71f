//! `/settings/you/password`: another password, with the old one. Every other session of the person ends.

use distri_vault::{Unauthenticated, VaultError};
use maud::{Markup, html};

use super::show::{TITLE, page};
use crate::error::ApiError;
use crate::reply::Reply;
use crate::route::{Route, Run};
use crate::web::{Faults, Field, Visit};

pub(crate) static FORM: Route = Route {
    name: "change_password",
    path: "/settings/you/password",
    run: Run::Member(change),
    ..Route::FORM
};

fn change(visit: &Visit<'_>) -> Result<Reply, ApiError> {
    let (old, new) = (visit.form.password("old"), visit.form.password("new"));
    let changed = visit.app.vault.change_password(visit.session, &old, &new, visit.peer);
    let faults = match changed {
        Ok(()) => return Ok(visit.done("/settings/you", "password")),
        Err(VaultError::Password(error)) => Faults::one("new", crate::web::form::sentence(&error)),
        Err(VaultError::Unauthenticated(Unauthenticated::LogIn)) => {
            visit.failed();
            Faults::one("old", "This is not your password.")
        }
        Err(error) => return Err(error.into()),
    };
    Ok(visit.again(TITLE, &page(visit, &faults)?))
}

pub(super) fn form(visit: &Visit<'_>, faults: &Faults) -> Markup {
    html! {
        form.stack method="post" action="/settings/you/password" {
            (visit.token())
            // For the password manager, which remembers what comes before the password.
            input type="hidden" name="email" autocomplete="username" value=(visit.view.email);
            (Field {
                name: "old", label: "The password until now", kind: "password", autocomplete: "current-password",
                fault: faults.of("old"), ..Field::default()
            })
            (Field {
                name: "new", label: "A new password", kind: "password", autocomplete: "new-password",
                hint: "12 characters or more; a few words make a good one. Every other browser is signed out.",
                fault: faults.of("new"), ..Field::default()
            })
            button type="submit" { "Change password" }
        }
    }
}
