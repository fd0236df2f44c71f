//! Refusals as pages: what is wrong, in words, with a way on and the id of the request.

use http::StatusCode;
use http::header::{HeaderName, RETRY_AFTER, SET_COOKIE};
use maud::html;

use super::component::{encoded, prose};
use super::visit::{page, see_other};
use super::{layout, next};
use crate::error::{ApiError, Code};
use crate::reply::Reply;
use crate::route::{Route, Run, Verb};

/// The header with a request's id, as the log of the process has it where it tells why a request failed.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What a browser gets instead of the page that it asked for at `target`.
pub(crate) fn reply(route: Option<&Route>, target: &str, error: &ApiError, id: &str) -> Reply {
    let is_member = route.is_some_and(|it| matches!(it.run, Run::Member(_)));
    if error.code == Code::NotAuthenticated && is_member {
        return with_cookie(sign_in(route, target), error);
    }
    // 401 would ask a browser for a password of its own.
    let status = match error.code {
        Code::NotAuthenticated => StatusCode::FORBIDDEN,
        code => code.status(),
    };
    let main = html! {
        h1 { (title(status)) }
        p { (prose(&super::form::sentence(&error.message))) "." }
        p { a href="/" { "Go to the secrets" } }
        p.quiet.small { "Request " code { (id) } }
    };
    let reply = with_cookie(page(layout::visitor(title(status), &main)).status(status), error);
    match error.code {
        Code::TooMany | Code::Unavailable => reply.header(RETRY_AFTER, "1"),
        _ => reply,
    }
}

fn with_cookie(mut reply: Reply, error: &ApiError) -> Reply {
    if let Some(cookie) = &error.cookie {
        reply.headers.append(SET_COOKIE, cookie.clone());
    }
    reply
}

/// Whoever is not signed in signs in, and gets the page that they asked for then.
fn sign_in(route: Option<&Route>, target: &str) -> Reply {
    let is_page = route.is_some_and(|it| it.verb == Verb::Get);
    match next::checked(target).filter(|it| is_page && *it != next::HOME) {
        Some(target) => see_other(&format!("/sign-in?next={}", encoded(target))),
        None if is_page => see_other("/sign-in"),
        // What the form said is gone: it must not be done later by somebody else.
        None => see_other("/sign-in?done=ended"),
    }
}

fn title(status: StatusCode) -> &'static str {
    match status {
        StatusCode::FORBIDDEN => "Not permitted",
        StatusCode::NOT_FOUND => "Not found",
        StatusCode::PAYLOAD_TOO_LARGE => "Too large",
        StatusCode::TOO_MANY_REQUESTS => "Too many requests",
        StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED => "Changed meanwhile",
        status if status.is_server_error() => "Something failed",
        _ => "This cannot be done",
    }
}
