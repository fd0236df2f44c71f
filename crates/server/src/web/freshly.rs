//! The password again, in the form of what needs it.

use distri_core::credential::PresentedSession;
use distri_vault::{Unauthenticated, VaultError};
use http::StatusCode;
use http::header::RETRY_AFTER;
use maud::{Markup, html};

use super::cookie::Cookie;
use super::form::{Faults, Form, sentence};
use super::visit::stale_form;
use super::{Field, Visit};
use crate::error::ApiError;
use crate::reply::Reply;

impl Visit<'_> {
    /// Does what a form asks for, for whoever gave the password a short while ago or gives it with the form. Else the form
    /// comes back, from `again`.
    pub(crate) fn freshly(
        &self,
        again: impl Fn(&Visit<'_>, &Faults) -> Reply,
        act: impl FnOnce(&Visit<'_>) -> Result<Reply, ApiError>,
    ) -> Result<Reply, ApiError> {
        if self.view.is_fresh {
            return act(self);
        }
        let vault = &self.app.vault;
        let signed_in = match vault.reauthenticate(self.session, &self.form.password("password"), self.peer) {
            Ok(signed_in) => signed_in,
            Err(VaultError::Unauthenticated(Unauthenticated::LogIn)) => {
                self.failed();
                return Ok(again(self, &Faults::one("password", "This is not your password.")));
            }
            Err(VaultError::Unauthenticated(reason @ Unauthenticated::TooMany)) => {
                let reply = again(self, &Faults::one("password", sentence(&reason)));
                return Ok(reply.status(StatusCode::TOO_MANY_REQUESTS).header(RETRY_AFTER, "900"));
            }
            Err(error) => return Err(error.into()),
        };
        // The password has given the session another text: the answer and its forms are of that one.
        let session = signed_in.session.presented();
        let done = self.in_session(&session, act);
        let (settings, text) = (&self.app.settings.now(), session.expose_secret());
        match done {
            Ok(reply) => Ok(Cookie::Session.set(settings, reply, text)),
            // The text of before is none any more: without the new one a refusal would sign them out.
            Err(error) => Err(Cookie::Session.set_with(settings, error, text)),
        }
    }

    fn in_session(
        &self,
        session: &PresentedSession,
        act: impl FnOnce(&Visit<'_>) -> Result<Reply, ApiError>,
    ) -> Result<Reply, ApiError> {
        let (caller, view) = self.app.vault.authenticate_session(session)?;
        // Another tab has switched it while the password was checked.
        if caller.account() != self.caller.account() {
            return Err(stale_form());
        }
        act(&Visit {
            caller: &caller,
            session,
            view: &view,
            form: Form::default(),
            ..*self
        })
    }

    /// The field for it, where it will be asked for; with the cursor in it where it is the first one.
    pub(crate) fn password_again(&self, faults: &Faults, is_first: bool) -> Markup {
        html! {
            @if !self.view.is_fresh {
                // For the password manager, which keeps passwords by what comes before them.
                input type="hidden" name="username" autocomplete="username" value=(self.view.email);
                (Field {
                    name: "password", label: "Your password", kind: "password", autocomplete: "current-password",
                    hint: "You gave it more than ten minutes ago.", fault: faults.of("password"),
                    is_first: is_first && faults.are_none(), ..Field::default()
                })
            }
        }
    }
}
