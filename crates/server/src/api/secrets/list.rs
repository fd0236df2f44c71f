//! `GET /v1/secrets`: the secrets of the account, without their values.

use distri_core::Environment;
use distri_core::authz::Scope;
use distri_vault::Caller;
use distri_vault::secrets::Surveyed;
use schemars::JsonSchema;
use serde::Deserialize;

use super::view::SecretView;
use crate::error::ApiError;
use crate::input::{Input, named};
use crate::page::{Cursor, limit};
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, schema_of};

pub(crate) static ROUTE: Route = Route {
    name: "list_secrets",
    path: "/v1/secrets",
    summary: "List the secrets",
    about: "Sorted by key and environment; all of them without `limit`. A secret that fails its integrity check is listed with what is wrong; the \
            others are not affected by it.",
    query: Some(schema_of::<Query>),
    gives: &[Gives::json(
        200,
        "The secrets, without their values",
        schema_of::<Vec<SecretView>>,
    )],
    scope: Some(Scope::Read),
    run: Run::Caller(list),
    ..Route::BLANK
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Query {
    /// How many secrets at most, 1 to 1,000.
    limit: Option<u32>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// One environment; all of them without it.
    environment: Option<String>,
    /// Also those that were deleted and can be brought back.
    #[serde(default)]
    deleted: bool,
}

fn list(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    let query: Query = input.query()?;
    let environment: Option<Environment> = query.environment.map(|it| named("environment", &it)).transpose()?;
    let cursor = Cursor {
        list: "secrets",
        account: caller.account(),
    };
    let after = query.cursor.as_deref().map(|it| cursor.position(it)).transpose()?;
    let survey = caller.survey()?;
    let mut places: Vec<String> = survey
        .iter()
        .filter(|it| query.deleted || !it.is_deleted())
        .filter(|it| environment.as_ref().is_none_or(|wanted| wanted == it.environment()))
        .map(place)
        .filter(|it| after.as_ref().is_none_or(|after| it > after))
        .collect();
    let size = query.limit.map(|it| limit(Some(it), it)).transpose()?;
    let has_more = size.is_some_and(|it| it < places.len());
    places.truncate(size.unwrap_or(usize::MAX));
    // Only what is shown is checked.
    let listed = survey.listed(|it| places.binary_search(&place(it)).is_ok())?;
    let next = places.pop().filter(|_| has_more);
    let views = listed
        .into_iter()
        .map(|it| SecretView::from(it.info).damaged(it.damage));
    let reply = Reply::json(&views.collect::<Vec<_>>())?;
    Ok(cursor.link(reply, input, next))
}

/// A secret's place in the list: no character of keys and environments comes before the space.
fn place(secret: Surveyed<'_>) -> String {
    format!("{} {}", secret.key(), secret.environment())
}
