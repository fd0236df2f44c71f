//! `/settings/secrets/{key}/promote`: takes the staged value into use.

use super::asked;
use super::piece::path_of;
use crate::error::ApiError;
use crate::reply::Reply;
use crate::route::{Route, Run};
use crate::web::Visit;

pub(crate) static ROUTE: Route = Route {
    name: "promote_by_form",
    path: "/settings/secrets/{key}/promote",
    run: Run::Member(promote),
    ..Route::FORM
};

fn promote(visit: &Visit<'_>) -> Result<Reply, ApiError> {
    let (key, environment) = (visit.input.key()?, asked(visit)?);
    visit.caller.promote(&key, &environment)?;
    Ok(visit.done(&path_of(&key, &environment, ""), "promoted"))
}
