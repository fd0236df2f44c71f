//! What a page's handler gets: who is there, what they sent, and how to answer.

use std::net::IpAddr;

use bytes::Bytes;
use distri_core::authz::{Action, Denied};
use distri_core::credential::{PlainSession, PresentedSession, Session};
use distri_core::ids::AccountId;
use distri_vault::Caller;
use distri_vault::people::{SessionView, SignedIn};
use http::header::LOCATION;
use http::{HeaderValue, StatusCode};
use maud::{Markup, html};

use super::cookie::Cookie;
use super::{Form, layout, notice};
use crate::app::App;
use crate::error::{ApiError, Code};
use crate::input::Input;
use crate::reply::Reply;
use crate::route::Verb;

const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

/// The field that shows that a form is of a page of ours.
const TOKEN: &str = "csrf";

/// Somebody who is signed in, at a page. A form has been checked before: where it comes from, and its token.
pub(crate) struct Visit<'a> {
    pub(crate) app: &'a App,
    /// Who acts, with the role that they have now.
    pub(crate) caller: &'a Caller<'a>,
    pub(crate) session: &'a PresentedSession,
    /// What is known of the session.
    pub(crate) view: &'a SessionView,
    pub(crate) input: &'a Input,
    pub(crate) peer: IpAddr,
    /// What they sent; empty where they only look.
    pub(crate) form: Form,
}

impl<'a> Visit<'a> {
    /// Checks a form before anything else looks at it.
    pub(crate) fn new(
        app: &'a App,
        (caller, view): &'a (Caller<'a>, SessionView),
        session: &'a PresentedSession,
        input: &'a Input,
        peer: IpAddr,
    ) -> Result<Self, ApiError> {
        let form = checked(app, session, Some(caller.account()), input)?;
        Ok(Self {
            app,
            caller,
            session,
            view,
            input,
            peer,
            form,
        })
    }

    /// Whether they may do this: for what is shown. The use case asks again, and records a refusal.
    pub(crate) fn may<A: Action>(&self) -> bool {
        let asked = self.caller.authority().authorize::<A>(self.caller.account());
        match asked.map(drop) {
            // The password is asked for when it comes to that.
            Ok(()) | Err(Denied::NotFresh { .. }) => true,
            Err(_) => false,
        }
    }

    /// The hidden field of each form.
    pub(crate) fn token(&self) -> Markup {
        token(self.app, self.session, Some(self.caller.account()))
    }

    /// A page.
    pub(crate) fn page(&self, title: &str, main: &Markup) -> Reply {
        let main = html! { (notice::shown(self.input.parts.uri.query())) (main) };
        page(layout::member(self, title, &main))
    }

    /// A page with a form that cannot be followed as it is.
    pub(crate) fn again(&self, title: &str, main: &Markup) -> Reply {
        page(layout::member(self, title, main)).status(StatusCode::UNPROCESSABLE_ENTITY)
    }

    /// Counts a password that was not the right one against the address that it came from.
    pub(crate) fn failed(&self) {
        self.app.limits.failures.take(&self.peer);
    }

    /// What follows a form: the page at `path`, which says what was done. `done` is a word of [`notice`].
    pub(crate) fn done(&self, path: &str, done: &str) -> Reply {
        see_other(&noticed(path, done))
    }
}

/// Somebody who need not be signed in, at a page.
pub(crate) struct Visitor<'a> {
    pub(crate) app: &'a App,
    pub(crate) input: &'a Input,
    pub(crate) peer: IpAddr,
    pub(crate) form: Form,
    /// The session that their browser has, if any. Nobody has looked whether it is good.
    pub(crate) session: Option<PresentedSession>,
    /// What the tokens of their forms are bound to while there is no session.
    visit: PresentedSession,
    is_new: bool,
}

impl<'a> Visitor<'a> {
    /// Checks a form before anything else looks at it.
    pub(crate) fn new(app: &'a App, input: &'a Input, peer: IpAddr) -> Result<Self, ApiError> {
        let read = |cookie: Cookie| cookie.read::<Session>(&app.settings.now(), &input.parts.headers);
        let visit = read(Cookie::Visit);
        let is_new = visit.is_none();
        if is_new && is_form(input) {
            return Err(ApiError::new(
                Code::Forbidden,
                "the form came without its cookie; open its page again, with cookies allowed",
            ));
        }
        let visit = visit.unwrap_or_else(|| PlainSession::random().presented());
        Ok(Self {
            app,
            input,
            peer,
            form: checked(app, &visit, None, input)?,
            session: read(Cookie::Session),
            visit,
            is_new,
        })
    }

    /// The hidden field of each form.
    pub(crate) fn token(&self) -> Markup {
        token(self.app, &self.visit, None)
    }

    /// A page.
    pub(crate) fn page(&self, title: &str, main: &Markup) -> Reply {
        let main = html! { (notice::shown(self.input.parts.uri.query())) (main) };
        let reply = page(layout::visitor(title, &main));
        match self.is_new {
            true => Cookie::Visit.set(&self.app.settings.now(), reply, self.visit.expose_secret()),
            false => reply,
        }
    }

    /// A page with a form that cannot be followed as it is.
    pub(crate) fn again(&self, title: &str, main: &Markup) -> Reply {
        self.page(title, main).status(StatusCode::UNPROCESSABLE_ENTITY)
    }

    /// Counts a form with a credential that was not good against the address that it came from.
    pub(crate) fn failed(&self) {
        self.app.limits.failures.take(&self.peer);
    }

    /// Signed in: a session that nobody knew before, and a visit that is over.
    pub(crate) fn signed_in(&self, signed_in: &SignedIn, path: &str) -> Reply {
        let settings = &self.app.settings.now();
        let reply = Cookie::Session.set(settings, see_other(path), signed_in.session.expose_secret());
        Cookie::Visit.clear(settings, reply)
    }
}

/// The page at `path`, asked for with GET whatever came before.
pub(crate) fn see_other(path: &str) -> Reply {
    Reply::nothing().status(StatusCode::SEE_OTHER).header(LOCATION, path)
}

/// The address of a page that says what was done.
pub(crate) fn noticed(path: &str, done: &str) -> String {
    debug_assert!(notice::is_known(done), "`{done}` has no sentence");
    let sign = if path.contains('?') { '&' } else { '?' };
    format!("{path}{sign}done={done}")
}

pub(crate) fn page(markup: Markup) -> Reply {
    Reply::bytes(HTML, Bytes::from(markup.into_string()))
}

fn is_form(input: &Input) -> bool {
    input.parts.method.as_str() == Verb::Post.as_str()
}

/// The form with its token compared; none where a page is only asked for.
fn checked(app: &App, session: &PresentedSession, account: Option<AccountId>, input: &Input) -> Result<Form, ApiError> {
    if !is_form(input) {
        return Ok(Form::default());
    }
    let form = Form::read(input)?;
    match app.vault.is_csrf(session, account, form.raw(TOKEN)) {
        true => Ok(form),
        false => Err(stale_form()),
    }
}

/// The refusal of a form of a page that shows something else than the session does now.
pub(super) fn stale_form() -> ApiError {
    ApiError::new(
        Code::Forbidden,
        "this form is no longer good: it belongs to another session or another account; open its page again",
    )
}

fn token(app: &App, session: &PresentedSession, account: Option<AccountId>) -> Markup {
    html! { input type="hidden" name=(TOKEN) value=(app.vault.csrf(session, account).expose_secret()); }
}
