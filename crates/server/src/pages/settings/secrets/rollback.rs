//! `/settings/secrets/{key}/rollback`: an earlier value becomes the newest version.

use super::piece::path_of;
use super::{asked, expected};
use crate::error::ApiError;
use crate::reply::Reply;
use crate::route::{Route, Run};
use crate::web::Visit;

pub(crate) static ROUTE: Route = Route {
    name: "rollback_by_form",
    path: "/settings/secrets/{key}/rollback",
    run: Run::Member(rollback),
    ..Route::FORM
};

fn rollback(visit: &Visit<'_>) -> Result<Reply, ApiError> {
    let (key, environment) = (visit.input.key()?, asked(visit)?);
    let refused = |_| ApiError::invalid("the form names no version to go back to");
    let version = visit.form.text("version").parse().map_err(refused)?;
    let expected = expected(&visit.form)?;
    visit.caller.rollback_at(&key, &environment, Some(version), expected)?;
    Ok(visit.done(&path_of(&key, &environment, ""), "rolled-back"))
}
