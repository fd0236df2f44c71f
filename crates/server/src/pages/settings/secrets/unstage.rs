//! `/settings/secrets/{key}/unstage`: gives the staged value up.

use super::asked;
use super::piece::path_of;
use crate::error::ApiError;
use crate::reply::Reply;
use crate::route::{Route, Run};
use crate::web::Visit;

pub(crate) static ROUTE: Route = Route {
    name: "unstage_by_form",
    path: "/settings/secrets/{key}/unstage",
    run: Run::Member(unstage),
    ..Route::FORM
};

fn unstage(visit: &Visit<'_>) -> Result<Reply, ApiError> {
    let (key, environment) = (visit.input.key()?, asked(visit)?);
    visit.caller.unstage(&key, &environment)?;
    Ok(visit.done(&path_of(&key, &environment, ""), "unstaged"))
}
