//! `/settings/secrets/{key}/undelete`: brings a deleted secret back.

use super::asked;
use super::piece::path_of;
use crate::error::ApiError;
use crate::reply::Reply;
use crate::route::{Route, Run};
use crate::web::Visit;

pub(crate) static ROUTE: Route = Route {
    name: "undelete_by_form",
    path: "/settings/secrets/{key}/undelete",
    run: Run::Member(undelete),
    ..Route::FORM
};

fn undelete(visit: &Visit<'_>) -> Result<Reply, ApiError> {
    let (key, environment) = (visit.input.key()?, asked(visit)?);
    visit.caller.undelete(&key, &environment)?;
    Ok(visit.done(&path_of(&key, &environment, ""), "undeleted"))
}
