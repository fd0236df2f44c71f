//! `/sign-out`: ends the session in the store; the cookie goes too.

use crate::error::ApiError;
use crate::reply::Reply;
use crate::route::{Route, Run};
use crate::web::Visit;
use crate::web::cookie::Cookie;

pub(crate) static ROUTE: Route = Route {
    name: "sign_out",
    path: "/sign-out",
    run: Run::Member(sign_out),
    ..Route::FORM
};

fn sign_out(visit: &Visit<'_>) -> Result<Reply, ApiError> {
    visit.app.vault.log_out(visit.session)?;
    let reply = visit.done("/sign-in", "signed-out");
    Ok(Cookie::Session.clear(&visit.app.settings.now(), reply))
}
