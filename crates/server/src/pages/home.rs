//! `/`: leads to the secrets.

use crate::error::ApiError;
use crate::reply::Reply;
use crate::route::{Route, Run};
use crate::web::visit::see_other;
use crate::web::{Visitor, next};

pub(crate) static ROUTE: Route = Route {
    name: "home_page",
    path: "/",
    run: Run::Visitor(show),
    ..Route::BLANK
};

fn show(_visitor: &Visitor<'_>) -> Result<Reply, ApiError> {
    Ok(see_other(next::HOME))
}
