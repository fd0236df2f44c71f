//! `/settings/you/sessions`: ends one of one's sessions, or all but this.

use crate::error::ApiError;
use crate::reply::Reply;
use crate::route::{Route, Run};
use crate::web::Visit;

pub(crate) static FORM: Route = Route {
    name: "end_sessions",
    path: "/settings/you/sessions",
    run: Run::Member(end),
    ..Route::FORM
};

fn end(visit: &Visit<'_>) -> Result<Reply, ApiError> {
    visit
        .app
        .vault
        .end_sessions(visit.session, visit.form.given("session"))?;
    Ok(visit.done("/settings/you", "sessions"))
}
